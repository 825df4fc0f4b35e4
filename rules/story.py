"""What happened to a case and when, told from its facts: for Slack threads, terminals and rehearsals alike."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rules.durations import spell
from rules.model import Act, Case, Ended, Hold, Link, Policy, Silence
from rules.recovery import Done, Duty, Owed, closes, duties


class What(StrEnum):
    """The kinds of moment in a case's life."""

    OPENED = "opened"
    REOPENED = "reopened"
    RAISED = "raised"
    ACKED = "acked"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    UNACKED = "unacked"
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    LINKED = "linked"
    UNLINKED = "unlinked"
    PROMISED = "promised"
    """We owe the customer a further word, and it is known until when."""
    BROKEN = "broken"
    """It did not come in time, or they had to ask first."""
    HANDED_OFF = "handed_off"
    """The talk was taken elsewhere."""
    REOPENED_IN_PRIVATE = "still_open"
    NO_CONTACT = "no_contact"
    GESTURE = "gesture"
    FOLLOWED_UP = "followed_up"
    SKIPPED = "skipped"
    INCIDENT = "incident"
    """Many cases became one incident, or it went on or ended: see ``surge``."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a case."""

    at: datetime
    what: What
    mention: str | None
    """Id of the post that caused it; None where a person or the clock did."""
    why: str
    """One plain sentence."""

    @property
    def key(self) -> str:
        """Tells this moment from every other of its case."""
        return f"{self.what}|{self.at.isoformat()}|{self.mention or ''}"


def story(case: Case, policy: Policy, now: datetime) -> tuple[Moment, ...]:
    """Everything that happened to ``case`` up to ``now``, in time order.

    Args:
        case: the case.
        policy: what it is under.
        now: the present instant.
    """
    moments: list[Moment] = []
    for number, silence in enumerate(case.silences):
        moments += _of_silence(silence, case.author, reopened=number > 0)
        closing = closes(replace(case, silences=case.silences[: number + 1]), policy)
        spoke_up = [following.start for following in case.silences[number + 1 : number + 2]]
        if closing is not None and closing <= now and all(closing < start for start in spoke_up):
            moments.append(Moment(closing, What.CLOSED, None, f"quiet for {spell(policy.rest)} after the answer"))
    for duty in duties(case, policy):
        moments += _of_duty(duty, case.author, now)
    # Sorting is stable: at one instant what ended comes before what it started.
    return tuple(sorted([*moments, *map(_linked, case.links)], key=lambda moment: moment.at))


def _of_silence(silence: Silence, author: str, *, reopened: bool) -> list[Moment]:
    what, verb = (What.REOPENED, "is waiting again") if reopened else (What.OPENED, "is waiting for an answer")
    first = silence.severities[0][1]
    moments = [Moment(silence.start, what, silence.words[0], f"{author} {verb} ({first.word})")]
    for at, severity in silence.severities[1:]:
        because = f"{author} asked again" if silence.chased else f"{author} wrote again, and worse"
        by = dict(silence.raised).get(at)
        because = f"{by} says that it is worse" if by is not None else because
        moments.append(Moment(at, What.RAISED, None, f"{because}: now {severity.word}"))
    moments += map(_held, silence.holds)
    moments.sort(key=lambda moment: moment.at)
    if silence.ended is not None:
        ended, waited = silence.ended, spell(silence.ended.at - silence.start)
        says = {
            Ended.ANSWERED: f"answered by {ended.by} after {waited}",
            Ended.DISMISSED: f"dismissed by {ended.by} after {waited}",
            Ended.RESOLVED: f"resolved by {ended.by} after {waited}",
            Ended.WITHDRAWN: f"{author} took it back after {waited}",
        }
        by_post = ended.how is Ended.ANSWERED and not ended.id.startswith("act:")
        moments.append(Moment(ended.at, What(ended.how.value), ended.id if by_post else None, says[ended.how]))
    decided = (Moment(one.at, What(one.how.value), None, f"{one.how} by {one.by}") for one in silence.decided)
    return [*moments, *decided, *map(_held, silence.held_after), *map(_done, silence.deeds)]


def _of_duty(duty: Duty, author: str, now: datetime) -> list[Moment]:
    """What became of something that we owed a customer."""
    moments = []
    read = duty.moved is None and not duty.after.startswith("act:")
    after, within = duty.after if read else None, spell(duty.due - duty.since)
    if duty.owed is Owed.PRIVATE:
        why = f"{duty.by} took it elsewhere: in {within} somebody is asked how it ended"
        moments.append(Moment(duty.since, What.HANDED_OFF, after, why))
    if duty.owed is Owed.UPDATE and read:
        said = "told them to wait" if duty.promise is None else f'said "{duty.promise}"'
        moments.append(Moment(duty.since, What.PROMISED, after, f"{duty.by} {said}: an update is due in {within}"))
    if duty.owed is Owed.UPDATE and duty.how is Done.ASKED and duty.ended is not None:
        why = f"{author} spoke before the update that was owed"
        moments.append(Moment(min(duty.ended, duty.due), What.BROKEN, None, why))
    elif duty.owed is Owed.UPDATE and duty.due < (duty.ended or now):
        moments.append(Moment(duty.due, What.BROKEN, None, "the update that was owed did not come in time"))
    return moments


def _done(deed: Act) -> Moment:
    note = f": {deed.note}" if deed.note else ""
    what, why = {
        "promise": (What.PROMISED, _promise(deed)),
        "open": (What.REOPENED_IN_PRIVATE, f"{deed.by} says that it is still open"),
        "no_contact": (What.NO_CONTACT, f"{deed.by} says that the customer never came"),
        "gesture": (What.GESTURE, f"{deed.by} made it good{f' ({deed.to})' if deed.to else ''}"),
        "followed": (What.FOLLOWED_UP, f"{deed.by} asked the customer whether it is right"),
        "skip": (What.SKIPPED, f"{deed.by} left the follow-up"),
    }[deed.act]
    return Moment(deed.at, what, None, why + note)


def _promise(deed: Act) -> str:
    if deed.until is None:
        return f"{deed.by} says that nothing was promised"
    return f"{deed.by} says that an update is due in {spell(deed.until - deed.at)}"


def _held(hold: Hold) -> Moment:
    until = "" if hold.until is None else f" for {spell(hold.until - hold.at)}"
    what, why = {
        "ack": (What.ACKED, f"{hold.by} has it{until}"),
        "assign": (What.ASSIGNED, f"{hold.by} asked {hold.holder} to take it"),
        "snooze": (What.SNOOZED, f"{hold.by} put it off{until}"),
        "unack": (What.UNACKED, f"{hold.by} gave it back"),
    }[hold.act]
    return Moment(hold.at, what, None, why)


def _linked(link: Link) -> Moment:
    if link.same:
        return Moment(link.at, What.LINKED, None, f"{link.by} says that case {link.case} is the same person's")
    return Moment(link.at, What.UNLINKED, None, f"{link.by} says that case {link.case} is somebody else's")
