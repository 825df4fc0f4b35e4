"""What we owe a customer who was answered: to be told more, to be asked how it ended, to be asked if it is right.

An answer that only promises to look starts a clock of our own; so does one that takes the talk elsewhere, and so does
somebody's word that a case is resolved. Each is a ``Duty``, and it runs until it is done or the customer speaks first.
Pages are none of its business (see ``escalation``), and neither is what the customer said (see ``silence``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import zip_longest

from rules.hours import deadline
from rules.model import Act, Case, Ended, Ending, Hold, Mark, Page, Policy, Severity, Silence, Status


class Owed(StrEnum):
    """What a customer is owed."""

    UPDATE = "update"
    """To hear from us again: we said that we would look into it, or when we would be back."""
    PRIVATE = "private"
    """Nothing in public. It was taken elsewhere, and somebody has to say how that ended."""
    FOLLOW_UP = "follow-up"
    """To be asked whether what was resolved is right by now."""


class Done(StrEnum):
    """How a duty came to its end."""

    TOLD = "told"
    """We spoke to them again."""
    ASKED = "asked"
    """They had to speak first."""
    RESOLVED = "resolved"
    OPEN = "open"
    """It ended nowhere: they are to hear from us again."""
    NO_CONTACT = "no_contact"
    """They never came."""
    FOLLOWED = "followed"
    SKIPPED = "skip"
    DISMISSED = "dismissed"


_ENDS = {
    "open": (Owed.PRIVATE, Done.OPEN),
    "no_contact": (Owed.PRIVATE, Done.NO_CONTACT),
    "followed": (Owed.FOLLOW_UP, Done.FOLLOWED),
    "skip": (Owed.FOLLOW_UP, Done.SKIPPED),
}
"""Which duty each deed ends, and how."""
_TOGETHER = timedelta(minutes=5)
"""A further post of ours that comes so soon belongs to the one before it: long replies come in pieces."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that we owe a customer."""

    owed: Owed
    after: str
    """Id of what it follows: our answer, or a person's act."""
    by: str
    """Who said so."""
    since: datetime
    due: datetime
    severity: Severity
    """How bad the silence was which it follows."""
    promise: str | None = None
    """The words that said when, if any did; empty where a person said it to us."""
    moved: datetime | None = None
    """When a person said last that it is due at another time than was read."""
    holds: tuple[Hold, ...] = ()
    """Who took care of it, in time order."""
    ended: datetime | None = None
    how: Done | None = None
    note: str = ""
    """What was said about its end."""

    @property
    def id(self) -> str:
        """Tells it from every other duty and every silence of its case; another one once it is due at another time."""
        return f"{self.owed}:{self.after}" + ("" if self.moved is None else f":{self.moved.isoformat()}")

    @property
    def kept(self) -> bool | None:
        """Whether we spoke in time and first; None while that is open."""
        return None if self.ended is None else self.how is not Done.ASKED and self.ended <= self.due


def owed(page: Page) -> Owed | None:
    """What a page is about that is no silence; None for those of a silence."""
    what, mark, _ = page.silence.partition(":")
    return Owed(what) if mark and what in set(Owed) else None


def duties(case: Case, policy: Policy) -> tuple[Duty, ...]:
    """Everything that was ever owed to the customer of ``case`` after an answer, in time order."""
    following = zip_longest(case.silences, case.silences[1:])
    return tuple(duty for silence, then in following for duty in _of(silence, then, policy))


def running(case: Case, policy: Policy) -> Duty | None:
    """What we owe the customer now, apart from an answer; None if nothing."""
    found = duties(case, policy) if case.waiting is None else ()
    return found[-1] if found and found[-1].ended is None else None


def status(case: Case, now: datetime, policy: Policy) -> Status:
    """Where ``case`` stands at ``now``. An answered case rests, and closes once we owe the customer nothing more."""
    settled = case.settled
    if settled is None:
        return Status.WAITING
    if settled.how is Ended.WITHDRAWN:
        return Status.WITHDRAWN
    if settled.how is Ended.DISMISSED:
        return Status.DISMISSED
    if settled.how is Ended.RESOLVED:
        return Status.CLOSED
    closing = closes(case, policy)
    return Status.RESTING if closing is None or now < closing else Status.CLOSED


def closes(case: Case, policy: Policy) -> datetime | None:
    """When ``case`` closes if nobody speaks again.

    None where the customer waits, where we owe them something, and where a person or its author has ended it. A case
    whose author spoke up and took it back closes no earlier than that.
    """
    settled, last = case.settled, case.silences[-1].ended
    if settled is None or last is None or settled.how is not Ended.ANSWERED:
        return None
    ends = [duty.ended for duty in duties(case, policy)]
    if None in ends:
        return None
    return max(max([settled.at, *filter(None, ends)]) + policy.rest, last.at)


def _of(silence: Silence, then: Silence | None, policy: Policy) -> Iterator[Duty]:
    """The duties between the end of ``silence`` and the start of the one that follows."""
    if silence.ended is None:
        return
    facts: list[Ending | Act] = [silence.ended, *silence.later, *silence.decided, *silence.deeds]
    duty: Duty | None = None
    for fact in sorted(facts, key=lambda one: one.at):
        before, duty = duty, _after(fact, duty, silence.severity, policy)
        if before is not None and (duty is None or duty.after != before.after):
            yield _over(before, fact.at, _how(fact), silence, fact.note if isinstance(fact, Act) else "")
    if duty is not None:
        yield _over(duty, None if then is None else then.start, None if then is None else Done.ASKED, silence)


def _after(fact: Ending | Act, duty: Duty | None, severity: Severity, policy: Policy) -> Duty | None:
    """What is owed once ``fact`` is known, where ``duty`` was owed before."""
    if isinstance(fact, Ending):
        further = _of_ending(fact, severity, policy)
        return duty if duty is not None and further is None and _leaves(fact, duty) else further
    if fact.act == "promise":
        return _moved(fact, duty, severity, policy)
    if duty is None or fact.act not in _ENDS or _ENDS[fact.act][0] is not duty.owed:
        return duty
    return _update(_named(fact), fact.by, fact.at, severity, policy) if fact.act == "open" else None


def _leaves(answer: Ending, duty: Duty) -> bool:
    """Whether we owe as much after a final answer as before."""
    if answer.how is not Ended.ANSWERED:
        return False
    piece = not answer.id.startswith("act:") and answer.at - duty.since < _TOGETHER
    # Thanking for thanks does not ask whether all is right.
    return piece or duty.owed is Owed.FOLLOW_UP


def _of_ending(ending: Ending, severity: Severity, policy: Policy) -> Duty | None:
    """What an answer or a decision leaves us owing."""
    at = ending.at
    if ending.how is Ended.RESOLVED and policy.follow_up_after is not None:
        return Duty(Owed.FOLLOW_UP, ending.id, ending.by, at, at + policy.follow_up_after, severity)
    if ending.how is not Ended.ANSWERED:
        return None
    promise = ending.promise
    if Mark.HANDOFF in ending.marks and policy.private_rest is not None:
        due = at + policy.private_rest if promise is None else promise.until
        return Duty(Owed.PRIVATE, ending.id, ending.by, at, due, severity, promise.phrase if promise else None)
    if promise is not None:
        if severity not in policy.update_within:
            return None
        return Duty(Owed.UPDATE, ending.id, ending.by, at, promise.until, severity, promise.phrase)
    return _update(ending.id, ending.by, at, severity, policy) if Mark.HOLDING in ending.marks else None


def _update(after: str, by: str, since: datetime, severity: Severity, policy: Policy) -> Duty | None:
    """To be told more, as soon as the policy says; None where it says nothing, or opens no more."""
    within = policy.update_within.get(severity)
    hours = None if severity in policy.always else policy.hours
    due = None if within is None else deadline(since, within, hours)
    return None if due is None else Duty(Owed.UPDATE, after, by, since, due, severity)


def _moved(deed: Act, duty: Duty | None, severity: Severity, policy: Policy) -> Duty | None:
    """A person says when we will be back, or that nothing was promised."""
    if duty is None or duty.owed is not Owed.UPDATE:
        if deed.until is None or severity not in policy.update_within:
            return duty
        return Duty(Owed.UPDATE, _named(deed), deed.by, deed.at, deed.until, severity, "")
    if deed.until is not None:
        return replace(duty, due=deed.until, promise="", moved=deed.at)
    unpromised = _update(duty.after, duty.by, duty.since, severity, policy)
    return None if unpromised is None else replace(unpromised, moved=deed.at)


def _over(duty: Duty, ended: datetime | None, how: Done | None, silence: Silence, note: str = "") -> Duty:
    """``duty`` as it ended, with who took care of it meanwhile."""
    holds = tuple(one for one in silence.held_after if duty.since < one.at and (ended is None or one.at < ended))
    return replace(duty, holds=holds, ended=ended, how=how, note=note)


def _how(fact: Ending | Act) -> Done:
    if isinstance(fact, Act):
        return _ENDS[fact.act][1] if fact.act in _ENDS else Done.TOLD
    return {Ended.RESOLVED: Done.RESOLVED, Ended.DISMISSED: Done.DISMISSED}.get(fact.how, Done.TOLD)


def _named(deed: Act) -> str:
    return f"act:{deed.act}:{deed.at.isoformat()}:{deed.by}"
