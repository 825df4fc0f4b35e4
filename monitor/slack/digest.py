"""A digest as Slack shows it: who waits, in one message. Values in, Block Kit out; reads nothing, sends nothing.

It quotes nobody, so that a post which is deleted later has left no words here. Names stand in ``rich_text`` only.
"""

from dataclasses import dataclass
from datetime import datetime

from monitor.slack import Block, Message, words
from monitor.slack.controls import controls
from monitor.slack.parts import context, date, fallback, handle, link, plain, rich, say, section
from monitor.slack.untrusted import line as one_line
from rules.durations import spell
from rules.leases import Lease
from rules.model import Severity

_TITLE = 150
_WITH_CONTROLS, _WITHOUT = 20, 40
"""Cases in one message: Slack takes 50 blocks, and some 13,000 characters in them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One case of a digest."""

    case: str
    severity: Severity
    author: str
    source: str
    topics: tuple[str, ...]
    since: datetime
    deadline: datetime | None
    url: str | None
    """The post that opened it."""
    lease: Lease | None


@dataclass(frozen=True, slots=True)
class DigestView:
    """What a digest says."""

    at: datetime
    """When it was due."""
    now: datetime
    waiting: int
    listed: tuple[Entry, ...]
    """Of those, the ones with the nearest deadlines."""
    brand: str
    controls: bool
    """Cases can be acted on from Slack."""


def most(*, controls: bool) -> int:
    """How many cases one message lists."""
    return _WITH_CONTROLS if controls else _WITHOUT


def message(view: DigestView, *, repeat: bool = False) -> Message:
    """Who waits, the nearest deadline first.

    Args:
        view: the digest.
        repeat: it may have arrived before.
    """
    title = _title(view)
    blocks: list[Block] = [context(words.REPEAT)] if repeat else []
    blocks += [{"type": "header", "text": plain(title, _TITLE)}, context(words.DIGEST_AT.format(at=date(view.at)))]
    for entry in view.listed:
        blocks += [rich(section(say(_line(entry, view.now)), *link(words.OPEN_POST, entry.url)))]
        blocks += [controls(entry.case, entry.lease)] if view.controls else []
    more = view.waiting - len(view.listed)
    blocks += [rich(section(say(words.MORE_CASES.format(count=more))))] if more > 0 else []
    return Message(fallback(title, repeat=repeat), blocks)


def plainly(view: DigestView, *, repeat: bool = False) -> tuple[str, str]:
    """The same as title and plain text, for a way out that is not Slack."""
    mark = words.REPEAT_MARK if repeat else ""
    more = view.waiting - len(view.listed)
    lines = [_line(entry, view.now) for entry in view.listed]
    lines += [words.MORE_CASES.format(count=more)] if more > 0 else []
    return mark + _title(view), "\n".join(lines)


def _title(view: DigestView) -> str:
    said = words.DIGEST_ONE if view.waiting == 1 else words.DIGEST
    return said.format(count=view.waiting, brand=one_line(view.brand, 60))


def _line(entry: Entry, now: datetime) -> str:
    due = words.NOT_DUE
    if entry.deadline is not None:
        late = entry.deadline <= now
        due = words.OVERDUE.format(late=spell(now - entry.deadline)) if late else ""
        due = due or words.DUE_IN.format(left=spell(entry.deadline - now))
    said = words.LISTED.format(
        level=words.LEVEL[entry.severity],
        who=handle(entry.author),
        source=one_line(entry.source, 20),
        waited=spell(now - entry.since),
        due=due,
    )
    topics = one_line(", ".join(entry.topics), 60)
    about = words.TOPICS.format(topics=topics) if topics else ""
    lease = entry.lease
    held = words.LISTED_HELD.format(who=one_line(lease.holder, 40)) if lease is not None and lease.holder else ""
    return f"{said}{about}{held} ({entry.case})"
