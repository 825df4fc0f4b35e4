"""What somebody who comes on call is told: until when, and who waits. Values in, Block Kit out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitor.slack import Message, words
from monitor.slack.lists import Row, entry
from monitor.slack.parts import Part, context, fallback, moment, rich, say, section
from monitor.slack.untrusted import line as one_line
from rules.leases import Lease
from rules.recovery import Owed

MOST: Final = 15
"""Cases that are listed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A case that waits, and who has it."""

    row: Row
    lease: Lease | None = None


@dataclass(frozen=True, slots=True)
class Owing:
    """A case whose customer was answered and is owed more."""

    row: Row
    owed: Owed
    by: str
    """Who said so."""
    due: datetime


@dataclass(frozen=True, slots=True)
class Briefing:
    """What somebody takes over."""

    rota: str
    before: str
    """Who was on call before them."""
    until: datetime | None
    """When their time ends; None where that is far off."""
    waiting: Sequence[Taken]
    """The nearest deadline first, at most ``MOST``."""
    count: int
    """How many wait in all."""
    owing: Sequence[Owing] = ()
    """The nearest first, at most ``MOST``."""


def message(briefing: Briefing, now: datetime, *, repeat: bool = False) -> Message:
    """The one message at a handover."""
    title = words.ON_CALL.format(rota=one_line(briefing.rota, 60))
    after = words.ON_CALL_AFTER.format(person=one_line(briefing.before, 60))
    until = [say(words.ON_CALL_UNTIL), moment(briefing.until)] if briefing.until else []
    parts: list[Part] = [section(say(title, bold=True), *until, say(after))]
    some = words.ON_CALL_ONE_WAITS if briefing.count == 1 else words.ON_CALL_WAITING.format(count=briefing.count)
    waits = some if briefing.count else words.NOBODY_WAITS
    parts.append(section(say(waits)))
    if listed := [section(*_taken(one, now)) for one in briefing.waiting]:
        parts.append({"type": "rich_text_list", "style": "bullet", "elements": listed})
    if more := briefing.count - len(briefing.waiting):
        parts.append(section(say(words.MORE_CASES.format(count=more))))
    if owing := [section(*_owing(one)) for one in briefing.owing]:
        parts.append(section(say(f"\n{words.ON_CALL_OWED}")))
        parts.append({"type": "rich_text_list", "style": "bullet", "elements": owing})
    blocks = [context(words.REPEAT)] if repeat else []
    return Message(fallback(f"{title}{after} {waits}", repeat=repeat), [*blocks, rich(*parts)])


def _taken(one: Taken, now: datetime) -> list[Part]:
    said: list[Part] = [say(entry(one.row, now))]
    if one.lease is not None:
        holder = one_line(one.lease.holder, 40)
        said += [say(words.ON_CALL_HELD.format(who=holder) if holder else words.ON_CALL_PUT_OFF)]
        said += [moment(one.lease.end)]
    return said


def _owing(one: Owing) -> list[Part]:
    said = words.ON_CALL_OWED_TO.format(
        who=words.WHO.format(handle=one_line(one.row.author, 34)),
        source=one_line(one.row.source, 20),
        what=words.OWED[one.owed],
        by=one_line(one.by, 40),
    )
    return [say(said), moment(one.due), say(f" ({one.row.case})")]
