"""What people say of a case once its customer was answered: resolved, promised, still open, made good, followed up.

One place for Slack's controls, Slack's commands and the terminal: what each says becomes an act, or a reason why not.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.slack import after, words
from rules.durations import parse
from rules.model import Act, Status
from rules.recovery import Duty, Owed

NONE = "none"
"""Nothing was promised, or no longer."""
DEEDS = ("promise", "gesture", "resolve", "open", "no_contact", "followed", "skip")
_MORNING = time(9)
_FITS = {
    "open": Owed.PRIVATE,
    "no_contact": Owed.PRIVATE,
    "followed": Owed.FOLLOW_UP,
    "skip": Owed.FOLLOW_UP,
}
"""What has to be owed for a deed to say something."""
_TYPED = {"resolved": "resolve", "promise": "promise", "gesture": "gesture", "skip": "skip"}


def refusal(act: str, status: Status, duty: Duty | None) -> str | None:
    """Why nothing comes of ``act`` as the case stands; None where something does.

    Args:
        act: one of ``DEEDS``, or who takes care of it: ``take`` and ``back``.
        status: how the case stands.
        duty: what its customer is owed after an answer.
    """
    if act == "gesture":
        return None
    if status is Status.WAITING:
        return None if act == "resolve" else words.STILL_WAITS
    wanted = _FITS.get(act)
    if wanted is not None:
        return None if duty is not None and duty.owed is wanted else words.NOTHING_OWED
    if act == "resolve":
        return None if status is Status.RESTING else words.NOTHING_OWED
    if act in ("take", "back"):
        return None if duty is not None else words.NOT_WAITING.format(status=status)
    return None if status in (Status.RESTING, Status.CLOSED) else words.NOTHING_OWED


def hindrance(act: str, status: Status, duty: Duty | None) -> str | None:
    """The same as ``refusal``, for a terminal."""
    return None if refusal(act, status, duty) is None else _hindered(act, status)


def _hindered(act: str, status: Status) -> str:
    if status is Status.WAITING:
        return words.WAITS_FIRST
    return words.NONE_OWED if act in _FITS else words.NOBODY_IN_IT.format(status=status)


def pressed(what: str, choice: str, who: str, now: datetime, zone: str) -> Act | None:
    """The act that a control stands for; None if it is none that we know."""
    if what == after.RESOLVE and choice in words.RESOLVED_WAYS:
        return Act("resolve", who, now, to="" if choice == "unasked" else choice)
    if what == after.PROMISE and choice in words.UPDATE_WAYS:
        return Act("promise", who, now, until=_until(choice, now, zone))
    return Act(what, who, now) if what in (after.OPEN, after.NO_CONTACT, after.FOLLOWED, after.SKIP) else None


def typed(what: str, said: str, who: str, now: datetime) -> Act:
    """The act that a command stands for.

    Args:
        what: one of ``COMMANDS``.
        said: what was typed after the case.
        who: who typed it.
        now: the present instant.

    Raises:
        ValueError: it says no length of time where one is needed.
    """
    if what != "promise":
        return Act(_TYPED[what], who, now, note=said)
    return Act("promise", who, now, until=None if said == NONE else now + parse(said))


COMMANDS = tuple(_TYPED)


def named(what: str) -> str:
    """The act that a command notes."""
    return _TYPED[what]


def _until(choice: str, now: datetime, zone: str) -> datetime | None:
    if choice == NONE:
        return None
    if choice != "tomorrow":
        return now + parse(choice)
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(tomorrow, _MORNING, ZoneInfo(zone)).astimezone(now.tzinfo)
