"""When and whom: the pages a case owes, and whether one owed some time ago should still go out.

Everything here follows from the case, its policy and ``now``. Sending is none of its business.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

from rules.durations import spell
from rules.hours import deadline as open_deadline
from rules.hours import latest_open
from rules.leases import Lease, held, leases
from rules.model import HOLDER, REMINDER, Case, Ended, Ending, Page, Policy, Severity, Silence, Span, Step, StillWanted
from rules.recovery import Done, Duty, Owed, closes, duties, running

_NOT_WANTED = {
    Ended.ANSWERED: StillWanted.ANSWERED,
    Ended.DISMISSED: StillWanted.DISMISSED,
    Ended.RESOLVED: StillWanted.RESOLVED,
    Ended.WITHDRAWN: StillWanted.WITHDRAWN,
}
_OVER = {
    Done.TOLD: StillWanted.ANSWERED,
    Done.RESOLVED: StillWanted.RESOLVED,
    Done.DISMISSED: StillWanted.DISMISSED,
    Done.ASKED: StillWanted.MOVED,
}
_AGAIN = "still no answer: repeat {} of {}"
_ASK_AGAIN = timedelta(hours=8)
"""Open time until somebody is asked again how a case ended: no customer waits for that."""


def deadline(silence: Silence, policy: Policy) -> datetime | None:
    """When the answer is due, at the severity reached so far; None where the open hours end before that."""
    return _instant(silence.start, policy.reply_within[silence.severity], silence.severity, policy)


def pages_due(case: Case, policy: Policy, now: datetime) -> tuple[Page, ...]:
    """Every page ``case`` has come to owe up to ``now``, in the order they fell due.

    A page falls due at the first instant at which the severity known by then owed it, and never once the silence has
    ended: at equal instants posts come before pages.
    """
    ladders = [(silence.after, _ladder(silence, policy)) for silence in case.silences]
    ladders += [(duty.id, _ladder_of(duty, case, policy)) for duty in duties(case, policy)]
    return tuple(page for key, ladder in ladders for page in _pages(case, key, ladder, now))


def next_due(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """The next instant after ``now`` at which ``case`` changes by itself: a page falls due, or it closes."""
    return wanted(case, policy, now)[1]


def wanted(case: Case, policy: Policy, now: datetime) -> tuple[tuple[Page, ...], datetime | None]:
    """Those of ``pages_due`` that are ``still_wanted``, and ``next_due``: both from one look at the ladder."""
    if case.waiting is not None:
        key, waits, terms = case.waiting.after, case.waiting, policy
        ladder = _ladder(case.waiting, policy)
    elif (duty := running(case, policy)) is not None:
        key, waits, terms = duty.id, _as_silence(duty, case, policy), _terms(duty, case, policy)
        ladder = _ladder_of(duty, case, policy)
    else:
        closing = closes(case, policy)
        return (), closing if closing is not None and closing > now else None
    due = _pages(case, key, ladder, now)
    coming = [rung.due for rung in ladder if rung.due > now]
    coming += [lease.end for lease in leases(waits, terms) if lease.end > now]
    coming += [span.end for span in policy.quiet if span.end > now]
    if case.waiting is not None and case.waiting.severity in policy.digest:
        coming += policy.digest_at[bisect_right(policy.digest_at, now) :][:1]
    return (
        tuple(page for page in due if still_wanted(page, case, policy, now) is StillWanted.YES),
        min(coming, default=None),
    )


def reached(silence: Silence, policy: Policy, by: datetime) -> tuple[str, ...]:
    """Who would have been paged about ``silence`` up to ``by`` if nothing went into digests, each once."""
    ladder = _ladder(silence, replace(policy, digest=frozenset()))
    return tuple(dict.fromkeys(to for rung in ladder if rung.due <= by and rung.number >= 0 for to in rung.to))


def lease(case: Case, policy: Policy, now: datetime) -> Lease | None:
    """Who has the case at ``now``, and until when: what its customer waits for, or what we owe them."""
    if case.waiting is not None:
        return held(case.waiting, policy, now)
    duty = running(case, policy)
    return None if duty is None else held(_as_silence(duty, case, policy), policy, now)


def still_wanted(page: Page, case: Case, policy: Policy, now: datetime) -> StillWanted:
    """Whether ``page`` should still go out, given the case as it stands at ``now``, and if not, why."""
    for silence in case.silences:
        if silence.after == page.silence:
            return _NOT_WANTED[silence.ended.how] if silence.ended else _unless_held(page, silence, policy, now)
    for duty in duties(case, policy):
        if duty.id == page.silence:
            if duty.how is not None:
                return _OVER.get(duty.how, StillWanted.DONE)
            return _unless_held(page, _as_silence(duty, case, policy), policy, now)
    return StillWanted.MOVED


def _unless_held(page: Page, silence: Silence, policy: Policy, now: datetime) -> StillWanted:
    lease = held(silence, policy, now)
    # Who has it is told of their own time; everybody else can do without.
    return StillWanted.ACKED if lease is not None and page.due <= lease.start else StillWanted.YES


def next_recipient(policy: Policy, severity: Severity, refused: Collection[str]) -> str | None:
    """Who gets a page that the ``refused`` cannot be given: the next on the ladder, at last the operators."""
    ladder = [to for step in policy.steps if step.concerns(severity) for to in step.to] + [policy.operators]
    return next((to for to in ladder if to not in refused), None)


class _Rung(NamedTuple):
    """One rung of the ladder, as one silence climbs it."""

    due: datetime
    number: int
    to: tuple[str, ...]
    round: int
    why: Callable[[], str]
    """Why its pages are owed; asked for only once they are."""


def _pages(case: Case, key: str, ladder: Sequence[_Rung], now: datetime) -> Iterator[Page]:
    """The pages of one silence or duty, by its ``key``, that have fallen due."""
    for rung in ladder:
        if rung.due <= now:
            for to in rung.to:
                yield Page(case.id, key, rung.round, rung.number, to, rung.due, rung.why())


def _ladder(silence: Silence, policy: Policy, steps: Sequence[_Rung] | None = None) -> list[_Rung]:
    """Every rung ``silence`` ever reaches, up to its end, in the order they fall due.

    Args:
        silence: who waits.
        policy: when and whom.
        steps: the first rungs, one for each step of ``policy``, where they are not counted from its start.
    """
    steps = list(_steps(silence, policy)) if steps is None else steps
    rungs = _rungs(silence, policy, steps) if not silence.holds else _rounds(silence, policy, steps)
    reached = [rung for rung in rungs if silence.ended is None or rung.due < silence.ended.at]
    return sorted(reached, key=lambda rung: (rung.due, rung.round, rung.number))


def _ladder_of(duty: Duty, case: Case, policy: Policy) -> list[_Rung]:
    """The ladder of what we owe a customer: a word to its owner before it is due, then the policy's own people."""
    silence, terms = _as_silence(duty, case, policy), _terms(duty, case, policy)
    instants = [_warned(duty, policy), _instant(duty.due, timedelta(), silence.severity, policy)]
    steps = [
        _Rung(due, number, step.to, 0, partial(_owing, duty, due))
        for number, (due, step) in enumerate(zip(instants[-len(terms.steps) :], terms.steps, strict=True))
        if due is not None
    ]
    again = len(terms.steps)
    return [
        rung._replace(why=partial(_still, duty, rung.number - again + 1, terms.repeats))
        if rung.number >= again
        else rung
        for rung in _ladder(silence, terms, steps)
    ]


def _warned(duty: Duty, policy: Policy) -> datetime | None:
    """When its owner first hears of a duty: before it is due, and before the hours end in which that can be told."""
    severity = _urgency(duty)
    if duty.owed is not Owed.UPDATE:
        return _instant(duty.due, timedelta(), severity, policy)
    last = latest_open(duty.due, None if severity in policy.always else policy.hours)
    early = max((last or duty.due) - policy.warn_before, duty.since)
    return _instant(early, timedelta(), severity, policy)


def _urgency(duty: Duty) -> Severity:
    """How bad it is to the clock: nobody is woken to say how something ended."""
    return duty.severity if duty.owed is Owed.UPDATE else Severity.LOW


def _terms(duty: Duty, case: Case, policy: Policy) -> Policy:
    """``policy`` as it is for a duty: its owner first, then whom the policy's first step names."""
    warned = _warned(duty, policy)
    holds = [one for silence in case.silences for one in (*silence.holds, *silence.held_after)]
    # Whoever took it last owns it, up to when it is first told; later takers have a lease, as on any ladder.
    owner = next((f"@{one.holder}" for one in reversed(holds) if one.holder and (not warned or one.at < warned)), None)
    concerned = (step.to for step in policy.steps if step.concerns(duty.severity))
    first = next(concerned, (policy.operators,))
    own = first if owner is None else (owner,)
    everybody = tuple(dict.fromkeys((*own, *first)))
    # What we owe is told one by one and at once, however mild it is and however quiet the customer is to be.
    policy = replace(policy, digest=frozenset(), quiet=())
    if duty.owed is Owed.UPDATE:
        return replace(policy, steps=(Step(timedelta(), own), Step(timedelta(), everybody)))
    return replace(policy, steps=(Step(timedelta(), own),), repeat=_ASK_AGAIN)


def _as_silence(duty: Duty, case: Case, policy: Policy) -> Silence:
    """``duty`` as a silence of ours, so that one ladder and one kind of lease serve both."""
    warned = _warned(duty, policy)
    ended = None if duty.ended is None else Ending(duty.id, duty.ended, Ended.ANSWERED, "")
    return Silence(
        after=duty.id,
        start=duty.since,
        words=next((one.words for one in reversed(case.silences) if one.start <= duty.since), ()),
        severities=((duty.since, _urgency(duty)),),
        chased=False,
        ended=ended,
        holds=tuple(one for one in duty.holds if warned is not None and warned <= one.at),
    )


def _rounds(silence: Silence, policy: Policy, steps: Sequence[_Rung]) -> Iterator[_Rung]:
    """The first round up to the first lease; after each lease that lapses another one, up to the next lease."""
    taken = leases(silence, policy)
    ends = [lease.start for lease in taken]
    yield from _before(ends[:1], _rungs(silence, policy, steps))
    number = 0
    for place, (lease, following) in enumerate(zip_longest(taken, ends[1:])):
        if lease.reminder is not None:
            # Several leases may follow each other in one round: a reminder is named by its lease.
            due = lease.reminder
            yield _Rung(due, REMINDER, (f"@{lease.holder}",), place, partial(_nearly_over, lease, due))
        if lease.lapses:
            number += 1
            yield from _before([following] if following else [], _again(silence, policy, steps, lease, number))


def _before(limits: Sequence[datetime], rungs: Iterable[_Rung]) -> Iterator[_Rung]:
    """Those of the rungs that fall due before the first of ``limits``, if there is one."""
    return (rung for rung in rungs if not limits or rung.due < limits[0])


def _again(silence: Silence, policy: Policy, steps: Sequence[_Rung], lease: Lease, number: int) -> Iterator[_Rung]:
    """A round after a lease: its holder first, then the latest step reached, then those still to come."""
    severity = max(level for since, level in silence.severities if since <= lease.end)
    over = _instant(lease.end, timedelta(), severity, policy)
    if over is None:
        return
    since = over
    if lease.holder and not lease.returned:
        yield _Rung(over, HOLDER, (f"@{lease.holder}",), number, partial(_over, lease))
        later = _instant(lease.end, policy.holder_first, severity, policy)
        if later is None:
            return
        since = later
    heard = _let_through(silence, policy, since)
    if heard is None:
        return
    since = heard
    reached = [step for step in steps if step.due <= lease.end]
    concerned = [step for step in reached if policy.steps[step.number].concerns(severity)]
    if concerned and severity not in policy.digest:
        latest = max(concerned, key=lambda step: step.number)
        yield latest._replace(due=since, round=number, why=partial(_latest, lease))
    coming = [step._replace(due=max(step.due, since), round=number) for step in steps if step not in reached]
    yield from coming
    climbed = [*(step._replace(due=since) for step in reached), *coming]
    yield from _repeats(silence, policy, climbed, number)


def _rungs(silence: Silence, policy: Policy, steps: Sequence[_Rung]) -> Iterator[_Rung]:
    """The policy's steps, the repeats of the last one, and the word to the operators after them."""
    yield from steps
    yield from _repeats(silence, policy, steps, 0)


def _steps(silence: Silence, policy: Policy) -> Iterator[_Rung]:
    for number, step in enumerate(policy.steps):
        due = _first_owed(silence, policy, step)
        if due is not None:
            yield _Rung(due, number, step.to, 0, partial(_why, step, due, silence, policy))


def _repeats(silence: Silence, policy: Policy, steps: Sequence[_Rung], round_: int) -> Iterator[_Rung]:
    """The last step that concerns the severity again and again, then a word to the operators.

    Nothing as long as that step has not fallen due. Where a raised severity has another last step, its repeats begin
    anew from there, and what was repeated before stays as it was. After one that was held back the others are counted
    from when it fell due, so that they do not come all at once.
    """
    done, begun, last, start, before = 0, 0, -1, silence.start, 0
    for since, severity, raised in _levels(silence):
        concerned = [number for number, step in enumerate(policy.steps) if step.concerns(severity)]
        if severity in policy.digest or not concerned or all(step.number != concerned[-1] for step in steps):
            continue
        if concerned[-1] != last:
            last, begun, before = concerned[-1], done, 0
            # An earlier step that comes later than this one is still the one to count from.
            start = next(step.due for step in reversed(steps) if step.number <= last)
        for turn in range(done - begun + 1, policy.repeats + 2):
            length = (turn - before) * policy.repeat
            unheld, due = _instant(start, length, severity, policy), _owed_at(start, length, severity, since, policy)
            if unheld is None or due is None or (raised is not None and due >= raised):
                break
            if _quiet(unheld, policy) is not None:
                start, before = due, turn
            done += 1
            unheard = turn > policy.repeats
            why = (
                "nobody has answered, and every page has gone unheard"
                if unheard
                else _AGAIN.format(turn, policy.repeats)
            )
            to = (policy.operators,) if unheard else policy.steps[last].to
            yield _Rung(due, len(policy.steps) - 1 + done, to, round_, partial(str, why))


def _nearly_over(lease: Lease, at: datetime) -> str:
    return f"you have had this case since {lease.start:%H:%M} UTC; in {spell(lease.end - at)} others are paged again"


def _over(lease: Lease) -> str:
    return f"you have had this case for {spell(lease.end - lease.start)}, and nobody has answered"


def _latest(lease: Lease) -> str:
    if not lease.holder:
        return f"it was put off for {spell(lease.end - lease.start)}, and nobody has answered"
    how = "gave it back after" if lease.returned else "has had it for"
    return f"{lease.holder} {how} {spell(lease.end - lease.start)}, and nobody has answered"


def _owing(duty: Duty, at: datetime) -> str:
    """Why somebody hears of a duty at ``at``."""
    ago = spell(duty.due - duty.since)
    if duty.owed is Owed.PRIVATE:
        return f"it was taken elsewhere {ago} ago: how did it end?"
    if duty.owed is Owed.FOLLOW_UP:
        return f"it was resolved {ago} ago: ask the customer whether it is right by now"
    what = "an update" if duty.promise is None else "the update that was promised"
    said = f' ("{duty.promise}")' if duty.promise else ""
    if at < duty.due:
        return f"{what}{said} is due in {spell(duty.due - at)}"
    late = f"{spell(at - duty.due)} overdue" if at > duty.due else "due now"
    return f"{what}{said} is {late}, and the customer has heard nothing"


def _still(duty: Duty, turn: int, repeats: int) -> str:
    said = {
        Owed.UPDATE: "the customer has heard nothing",
        Owed.PRIVATE: "nobody says how it ended",
        Owed.FOLLOW_UP: "the customer has not been asked",
    }[duty.owed]
    return (
        f"still {said}, and every page has gone unheard"
        if turn > repeats
        else f"still {said}: repeat {turn} of {repeats}"
    )


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


def _first_owed(silence: Silence, policy: Policy, step: Step) -> datetime | None:
    """The first instant at which as much open time had passed since its start as the severity known by then allows.

    A raised severity moves the instant nearer, at the earliest to the first open instant from the raise on; what was
    owed before the raise stays where it was.
    """
    for since, severity, raised in _levels(silence):
        if not step.concerns(severity) or severity in policy.digest:
            continue
        at = _owed_at(silence.start, _length(step, policy, severity), severity, since, policy)
        if at is not None and (raised is None or at < raised):
            return at
    return None


def _levels(silence: Silence) -> Iterator[tuple[datetime, Severity, datetime | None]]:
    """From when on the silence had which severity, and until when; None for the last."""
    raises = [since for since, _ in silence.severities[1:]]
    for (since, severity), raised in zip_longest(silence.severities, raises):
        yield since, severity, raised


def _owed_at(
    start: datetime, length: timedelta, severity: Severity, since: datetime, policy: Policy
) -> datetime | None:
    """When ``length`` has passed after ``start`` and nothing holds it back; not before ``since`` of ``severity``."""
    at = _instant(start, length, severity, policy)
    if at is not None and at < since:
        at = _instant(since, timedelta(), severity, policy)
    return at if at is None else _after_quiet(at, severity, policy)


def _let_through(silence: Silence, policy: Policy, at: datetime) -> datetime | None:
    """``at``, or the first open instant after it at which nothing holds back the severity known by then."""
    if not policy.quiet:
        return at
    for since, severity, raised in _levels(silence):
        found = _after_quiet(max(at, since), severity, policy)
        if found is not None and (raised is None or found < raised):
            return found
    return None


def _after_quiet(at: datetime, severity: Severity, policy: Policy) -> datetime | None:
    """The first open instant from ``at`` on at which pages of this severity are not held back."""
    found: datetime | None = at
    while found is not None and severity < Severity.CRISIS and (span := _quiet(found, policy)) is not None:
        found = _instant(span.end, timedelta(), severity, policy)
    return found


def _quiet(at: datetime, policy: Policy) -> Span | None:
    """The quiet time that ``at`` lies in."""
    place = bisect_right(policy.quiet, at, key=lambda span: span.start)
    return policy.quiet[place - 1] if place and at < policy.quiet[place - 1].end else None


def _instant(start: datetime, length: timedelta, severity: Severity, policy: Policy) -> datetime | None:
    return open_deadline(start, length, None if severity in policy.always else policy.hours)
