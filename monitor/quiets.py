"""Muted authors and maintenance windows at work: noted, and looked up for the cases that they concern.

What they hold back is decided in ``rules.quiet`` and ``rules.escalation``. They are facts, also those of the config:
one that was taken out of it has been all the same.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.setup import Setup
from monitor.store import posts, quiets
from monitor.store.cases import CaseRow
from monitor.store.drills import SOURCE as DRILLS
from monitor.store.posts import Key
from monitor.store.quiets import CONFIG, QuietRow
from rules.model import Case, Policy, Span
from rules.quiet import Quiet, holding, spans

LONGEST = timedelta(days=90)
"""How long an author can be muted at most."""


def sync(db: sqlite3.Connection, setup: Setup, now: datetime) -> None:
    """Note the windows of the config that are not over, and the end of those that it has no more."""
    wanted = {quiet for quiet in setup.quiets if quiet.span.end > now}
    known = {row.quiet: row.id for row in quiets.running(db, now) if row.via == CONFIG}
    for quiet in wanted - known.keys():
        quiets.add(db, quiet, now, via=CONFIG)
    for quiet in known.keys() - wanted:
        quiets.end(db, known[quiet], "the config", now)


def concerning(db: sqlite3.Connection, row: CaseRow, case: Case) -> list[Quiet]:
    """All that have held or will hold back pages about the silence that waits."""
    # A drill that nobody hears of would say that nobody came.
    if case.waiting is None or row.source == DRILLS:
        return []
    found = quiets.touching(db, row.source, row.author, case.waiting.start)
    if not found:
        return []
    heard = posts.find(db, [(row.source, case.waiting.words[0])])
    topics = [topic for one in heard.values() for topic in one.verdict.topics]
    return [one.quiet for one in found if one.quiet.concerns(row.source, row.author, row.via, topics)]


def held_back(db: sqlite3.Connection, policy: Policy, row: CaseRow, case: Case) -> Policy:
    """``policy`` as it is for this case: with the times in which its pages are held back."""
    found = concerning(db, row, case)
    return replace(policy, quiet=spans(found)) if found else policy


def lasting(db: sqlite3.Connection, row: CaseRow, case: Case, now: datetime) -> Quiet | None:
    """What holds back the pages about a case now."""
    return None if case.waiting is None else holding(concerning(db, row, case), case.waiting.severity, now)


def mute(
    db: sqlite3.Connection, whom: Key, length: timedelta, now: datetime, *, by: str, via: str, note: str = ""
) -> int:
    """Mute an author (source, author) from ``now`` on; returns its number."""
    source, author = whom
    quiet = Quiet(Span(now, now + min(length, LONGEST)), by, source=source, author=author)
    return quiets.add(db, quiet, now, via=via, note=note)


def muted(db: sqlite3.Connection, whom: Key, now: datetime) -> QuietRow | None:
    """The mute of an author (source, author) that lasts longest from ``now`` on, if one lasts."""
    lasting = [row for row in quiets.running(db, now) if (row.quiet.source, row.quiet.author) == whom]
    return lasting[-1] if lasting else None


def told(row: QuietRow, zone: ZoneInfo) -> str:
    """One of them in a line of plain words: who or what, until when, by whom."""
    quiet = row.quiet
    parts = [*sorted(quiet.sources), *sorted(quiet.topics)]
    what = f"{quiet.author} on {quiet.source}" if quiet.author else f"{quiet.name} ({', '.join(parts) or 'everything'})"
    since, until = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (quiet.span.start, quiet.span.end))
    note = f" ({row.note})" if row.note else ""
    return f"{row.id}: {what}, from {since} to {until} ({zone.key}), by {quiet.by}{note}"


def threads(db: sqlite3.Connection, rows: Iterable[QuietRow]) -> set[Key]:
    """Threads (source, thread) to be looked at anew for these."""
    return {key for row in rows for key in quiets.waiting(db, row.quiet)}
