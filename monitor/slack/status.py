"""What ``/harken status`` answers: who waits, how far each source is heard, what is owed. Values in, Block Kit out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.slack import Message, words
from monitor.slack.lists import sentences
from monitor.slack.untrusted import line as one_line
from rules.durations import spell

_MOST = 25
_QUIETS = 10


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a source is heard."""

    source: str
    until: datetime | None
    """Everything up to then is known; None where it was never read."""
    failure: str | None
    """Why it is down; None where it is not."""


def status(
    heard: Sequence[Heard],
    now: datetime,
    *,
    waiting: int,
    resting: int,
    oldest: datetime | None,
    quiet: Sequence[str] = (),
) -> Message:
    """What is so now.

    Args:
        heard: every source.
        now: the present instant.
        waiting: how many wait.
        resting: how many are answered and may speak up again.
        oldest: when the oldest page fell due that is not settled; None where every one is.
        quiet: who is muted, and which maintenance lasts or is to come, a line each.
    """
    lines = [words.STATUS_CASES.format(waiting=waiting, resting=resting)]
    lines += [_line(one, now) for one in heard[:_MOST]]
    lines += [words.MORE_SOURCES.format(count=len(heard) - _MOST)] if len(heard) > _MOST else []
    lines += [words.QUIET_LISTED.format(quiet=one_line(one, 300)) for one in quiet[:_QUIETS]]
    lines += [words.MORE_QUIET.format(count=len(quiet) - _QUIETS)] if len(quiet) > _QUIETS else []
    owed = words.STATUS_SETTLED if oldest is None else words.STATUS_OLDEST.format(age=spell(now - oldest))
    return sentences(*lines, owed)


def _line(one: Heard, now: datetime) -> str:
    mark = words.STATUS_WELL if one.until is not None and not one.failure else words.STATUS_ILL
    return words.STATUS_SOURCE.format(mark=mark, source=one_line(one.source, 60), said=_said(one, now))


def _said(one: Heard, now: datetime) -> str:
    if one.failure:
        return words.STATUS_DOWN.format(why=one_line(one.failure, 200))
    if one.until is None:
        return words.STATUS_NEVER
    return words.STATUS_HEARD.format(ago=spell(max(now - one.until, timedelta())))
