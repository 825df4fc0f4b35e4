"""How far each source has been heard: cursors, failures, gaps."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors import Gap
from monitor.store.drills import SOURCE
from monitor.store.sqlite import maybe_instant, stamp
from rules.hearing import Coverage
from rules.model import Side

_UNHEARD = Coverage(None, None)


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one configured source."""

    name: str
    cursor: str | None = None
    met_at: datetime | None = None
    """When the first full read ended; None until then."""
    coverage: Coverage = _UNHEARD
    succeeded_at: datetime | None = None
    failure: str | None = None
    """What went wrong last, while it fails."""
    told: bool = False
    """The operators know that it is failing."""


def get(db: sqlite3.Connection, name: str) -> Source:
    """What is known of the source called ``name``; a blank one if it was never read."""
    row = db.execute("select * from source where name = ?", (name,)).fetchone()
    return Source(name) if row is None else _source(row)


def every(db: sqlite3.Connection) -> list[Source]:
    """All sources that were ever read or tried, by name."""
    return [_source(row) for row in db.execute("select * from source where name <> ? order by name", (SOURCE,))]


def failing(db: sqlite3.Connection, since: datetime) -> list[Source]:
    """Sources that have failed from ``since``, or an earlier moment, until now."""
    rows = db.execute("select * from source where failing_since <= ? order by name", (stamp(since),))
    return [_source(row) for row in rows]


def put(db: sqlite3.Connection, source: Source) -> None:
    """Store what is known of a source."""

    def text(moment: datetime | None) -> str | None:
        return None if moment is None else stamp(moment)

    db.execute(
        "insert or replace into source values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            source.name,
            source.cursor,
            text(source.met_at),
            text(source.coverage.theirs),
            text(source.coverage.ours),
            text(source.succeeded_at),
            text(source.coverage.failing_since),
            source.failure,
            source.told,
        ),
    )


def add_gaps(db: sqlite3.Connection, name: str, gaps: Iterable[Gap]) -> None:
    """Note times during which one side of a source was not heard."""
    db.executemany(
        "insert into gap (source, side, since, until, why) values (?, ?, ?, ?, ?)",
        [(name, gap.side.value, stamp(gap.since), stamp(gap.until), gap.why) for gap in gaps],
    )


def gaps(db: sqlite3.Connection, name: str, side: Side) -> list[Gap]:
    """The gaps of one side of a source, oldest first."""
    rows = db.execute("select * from gap where source = ? and side = ? order by since", (name, side.value))
    return [
        Gap(side, datetime.fromisoformat(row["since"]), datetime.fromisoformat(row["until"]), row["why"])
        for row in rows
    ]


def _source(row: sqlite3.Row) -> Source:
    return Source(
        name=row["name"],
        cursor=row["cursor"],
        met_at=maybe_instant(row["met_at"]),
        coverage=Coverage(
            maybe_instant(row["theirs_until"]),
            maybe_instant(row["ours_until"]),
            maybe_instant(row["failing_since"]),
        ),
        succeeded_at=maybe_instant(row["succeeded_at"]),
        failure=row["failure"],
        told=bool(row["told"]),
    )
