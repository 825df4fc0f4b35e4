"""When and whom: the pages a case owes, and whether one owed some time ago should still go out.

Everything here follows from the case, its policy and ``now``. Sending is none of its business.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

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
_AGAIN = "still no answer: repeat {} of {}"


def deadline(silence: Silence, policy: Policy) -> datetime | None:
    """When the answer is due, at the severity reached so far; None where the open hours end before that."""
    return _instant(silence.start, policy.reply_within[silence.severity], silence.severity, policy)


def pages_due(case: Case, policy: Policy, now: datetime) -> tuple[Page, ...]:
    """Every page ``case`` has come to owe up to ``now``, in the order they fell due.

    A page falls due at the first instant at which the severity known by then owed it, and never once the silence has
    ended: at equal instants posts come before pages.
    """
    return tuple(page for silence in case.silences for page in _pages(case, silence, _ladder(silence, policy), now))


def next_due(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """The next instant after ``now`` at which ``case`` changes by itself: a page falls due, or it closes."""
    return wanted(case, policy, now)[1]


def wanted(case: Case, policy: Policy, now: datetime) -> tuple[tuple[Page, ...], datetime | None]:
    """Those of ``pages_due`` that are ``still_wanted``, and ``next_due``: both from one look at the ladder."""
    if case.waiting is None:
        closing = closes(case, policy.rest)
        return (), closing if closing is not None and closing > now else None
    ladder = _ladder(case.waiting, policy)
    return tuple(_pages(case, case.waiting, ladder, now)), next((rung.due for rung in ladder if rung.due > now), None)


def still_wanted(page: Page, case: Case) -> StillWanted:
    """Whether ``page`` should still go out, given the case as it stands now, and if not, why."""
    for silence in case.silences:
        if silence.after == page.silence:
            return StillWanted.YES if silence.ended is None else _NOT_WANTED[silence.ended.how]
    return StillWanted.MOVED


def next_recipient(policy: Policy, refused: Collection[str]) -> str | None:
    """Who gets a page that the ``refused`` cannot be given: the next on the ladder, at last the operators."""
    ladder = [to for step in policy.steps for to in step.to] + [policy.operators]
    return next((to for to in ladder if to not in refused), None)


class _Rung(NamedTuple):
    """One rung of the ladder, as one silence climbs it."""

    due: datetime
    number: int
    to: tuple[str, ...]
    why: Callable[[], str]
    """Why its pages are owed; asked for only once they are."""


def _pages(case: Case, silence: Silence, ladder: Sequence[_Rung], now: datetime) -> Iterator[Page]:
    """The pages of one silence that have fallen due."""
    for rung in ladder:
        if rung.due <= now:
            for to in rung.to:
                yield Page(case.id, silence.after, 0, rung.number, to, rung.due, rung.why())


def _ladder(silence: Silence, policy: Policy) -> list[_Rung]:
    """Every rung ``silence`` ever reaches, up to its end, in the order they fall due."""
    reached = [rung for rung in _rungs(silence, policy) if silence.ended is None or rung.due < silence.ended.at]
    return sorted(reached, key=lambda rung: (rung.due, rung.number))


def _rungs(silence: Silence, policy: Policy) -> Iterator[_Rung]:
    """The policy's steps, the repeats of the last one, and the word to the operators after them."""
    due = None
    for number, step in enumerate(policy.steps):
        due = _first_owed(silence, policy, silence.start, partial(_length, step, policy))
        if due is not None:
            yield _Rung(due, number, step.to, partial(_why, step, due, silence, policy))
    if due is None:
        return
    last, number = policy.steps[-1], len(policy.steps) - 1
    for turn in range(1, policy.repeats + 2):
        again = _first_owed(silence, policy, due, dict.fromkeys(Severity, turn * policy.repeat).__getitem__)
        if again is None:
            return
        unheard = turn > policy.repeats
        why = "nobody has answered, and every page has gone unheard" if unheard else _AGAIN.format(turn, policy.repeats)
        yield _Rung(again, number + turn, (policy.operators,) if unheard else last.to, partial(str, why))


def _length(step: Step, policy: Policy, severity: Severity) -> timedelta:
    """Open time from the start of a silence to ``step``; an offset before the start means the start."""
    allowance = policy.reply_within[severity] if step.from_deadline else timedelta()
    return max(allowance + step.offset, timedelta())


def _why(step: Step, due: datetime, silence: Silence, policy: Policy) -> str:
    """What a person has to know: counted from the deadline as it stood when the step fell due, by the wall clock."""
    if not step.from_deadline:
        return f"no answer after {spell(step.offset)}" if step.offset > timedelta() else "waiting for an answer"
    severity = max(severity for since, severity in silence.severities if since <= due)
    until = _instant(silence.start, policy.reply_within[severity], severity, policy)
    if until is None or until == due:
        return "the answer is due now"
    return f"an answer is due in {spell(until - due)}" if until > due else f"the answer is {spell(due - until)} overdue"


def _first_owed(
    silence: Silence, policy: Policy, start: datetime, length: Callable[[Severity], timedelta]
) -> datetime | None:
    """The first instant at which as much open time had passed after ``start`` as the severity known by then allows.

    A raised severity moves the instant nearer, at the earliest to the first open instant from the raise on; what was
    owed before the raise stays where it was.
    """
    raises = [since for since, _ in silence.severities[1:]]
    for (since, severity), raised in zip_longest(silence.severities, raises):
        at = _instant(start, length(severity), severity, policy)
        if at is not None and at < since:
            at = _instant(since, timedelta(), severity, policy)
        if at is not None and (raised is None or at < raised):
            return at
    return None


def _instant(start: datetime, length: timedelta, severity: Severity, policy: Policy) -> datetime | None:
    return open_deadline(start, length, None if severity in policy.always else policy.hours)
