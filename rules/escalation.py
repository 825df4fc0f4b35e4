"""When and whom: the pages a case owes, and whether one owed some time ago should still go out.

Everything here follows from the case, its policy and ``now``. Sending is none of its business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.durations import spell
from rules.hours import deadline as open_deadline
from rules.model import Case, Ended, Page, Policy, Severity, Silence, Step, StillWanted
from rules.silence import closes

_NOT_WANTED = {
    Ended.ANSWERED: StillWanted.ANSWERED,
    Ended.DISMISSED: StillWanted.DISMISSED,
    Ended.RESOLVED: StillWanted.RESOLVED,
    Ended.WITHDRAWN: StillWanted.WITHDRAWN,
}


def deadline(silence: Silence, policy: Policy) -> datetime | None:
    """When the answer is due, at the severity reached so far; None where the open hours end before that."""
    return _instant(silence.start, policy.reply_within[silence.severity], silence.severity, policy)


def pages_due(case: Case, policy: Policy, now: datetime) -> tuple[Page, ...]:
    """Every page ``case`` has come to owe up to ``now``, in the order they fell due.

    A page falls due at the first instant at which the severity known by then owed it, and never once the silence has
    ended: at equal instants posts come before pages.
    """
    return tuple(page for silence in case.silences for page in _ladder(case, silence, policy) if page.due <= now)


def next_due(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """The next instant after ``now`` at which ``case`` changes by itself: a page falls due, or it closes."""
    if case.waiting is None:
        closing = closes(case, policy.rest)
        return closing if closing is not None and closing > now else None
    return min((page.due for page in _ladder(case, case.waiting, policy) if page.due > now), default=None)


def still_wanted(page: Page, case: Case) -> StillWanted:
    """Whether ``page`` should still go out, given the case as it stands now, and if not, why."""
    for silence in case.silences:
        if silence.after == page.silence:
            return StillWanted.YES if silence.ended is None else _NOT_WANTED[silence.ended.how]
    return StillWanted.MOVED


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a source has been heard."""

    theirs: datetime | None
    """Everything people posted up to here has been read; None before the first full read."""
    ours: datetime | None
    """Everything our own accounts posted up to here has been read."""
    failing_since: datetime | None = None
    """Since when reading fails; None while it works."""

    @property
    def heard(self) -> datetime | None:
        """Up to when both sides have been read."""
        return min(self.theirs, self.ours) if self.theirs is not None and self.ours is not None else None


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether a case may page yet, judged by what has been heard."""

    may_page: bool
    blind_since: datetime | None = None
    """Set where an answer may have been given that nobody could hear: pages then say so."""


def hearing(silence: Silence, coverage: Coverage) -> Hearing:
    """Whether ``silence`` may page: once both sides were read past its post, or reading failed (then pages say so)."""
    heard = coverage.heard
    if coverage.failing_since is not None:
        return Hearing(may_page=True, blind_since=heard or coverage.failing_since)
    return Hearing(may_page=heard is not None and heard >= silence.start)


def choose_policy(policies: Sequence[Policy]) -> Policy:
    """The policy a new case is pinned to: the first one."""
    return policies[0]


def _ladder(case: Case, silence: Silence, policy: Policy) -> list[Page]:
    """Every page ``silence`` ever owes, up to its end, in the order they fall due."""
    pages = []
    for number, step, why in _rungs(policy):
        due = _first_owed(silence, step, policy)
        if due is not None and (silence.ended is None or due < silence.ended.at):
            pages += [Page(case.id, silence.after, 0, number, to, due, why) for to in step.to]
    return sorted(pages, key=lambda page: (page.due, page.step))


def _rungs(policy: Policy) -> list[tuple[int, Step, str]]:
    """The policy's steps, the repeats of the last one, and the word to the operators after them, numbered."""
    rungs = [(number, step, _why(step)) for number, step in enumerate(policy.steps)]
    last = policy.steps[-1]
    for turn in range(1, policy.repeats + 1):
        again = Step(last.offset + turn * policy.repeat, last.to, last.from_deadline)
        rungs.append((len(rungs), again, f"still no answer: repeat {turn} of {policy.repeats}"))
    unheard = Step(last.offset + (policy.repeats + 1) * policy.repeat, (policy.operators,), last.from_deadline)
    rungs.append((len(rungs), unheard, "nobody has answered, and every page has gone unheard"))
    return rungs


def _why(step: Step) -> str:
    if not step.from_deadline:
        return f"no answer after {spell(step.offset)}" if step.offset > timedelta() else "waiting for an answer"
    if step.offset < timedelta():
        return f"an answer is due in {spell(-step.offset)}"
    return f"the answer is {spell(step.offset)} overdue" if step.offset > timedelta() else "the answer is due now"


def _first_owed(silence: Silence, step: Step, policy: Policy) -> datetime | None:
    """The first instant at which ``step`` was owed, given how severe the silence was known to be at each instant.

    A raised severity moves the instant nearer, at the earliest to the moment of the raise; a step that was owed before
    the raise stays where it was.
    """
    for turn, (since, severity) in enumerate(silence.severities):
        allowance = policy.reply_within[severity] if step.from_deadline else timedelta()
        at = _instant(silence.start, max(allowance + step.offset, timedelta()), severity, policy)
        raised = silence.severities[turn + 1][0] if turn + 1 < len(silence.severities) else None
        if at is not None and (raised is None or at < raised):
            return max(at, since)
    return None


def _instant(start: datetime, length: timedelta, severity: Severity, policy: Policy) -> datetime | None:
    return open_deadline(start, length, None if severity in policy.always else policy.hours)
