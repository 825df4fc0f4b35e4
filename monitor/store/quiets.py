"""Muted authors and maintenance windows: facts, appended by whoever wants them, and ended early by a mark."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.store.posts import Key
from monitor.store.sqlite import as_json, instant, maybe_instant, stamp
from rules.model import Span
from rules.quiet import Quiet

CONFIG = "config"
"""Where windows come from that nobody noted by hand."""


@dataclass(frozen=True, slots=True)
class QuietRow:
    """One of them as it is stored."""

    id: int
    """Given by ``add``."""
    quiet: Quiet
    """As it is now: it ends when it was ended, if it was."""
    note: str
    via: str
    """Where it was noted: ``slack``, ``terminal`` or ``config``."""
    told: bool
    """Its beginning has been seen and told."""


def add(db: sqlite3.Connection, quiet: Quiet, at: datetime, *, via: str, note: str = "") -> int:
    """Note one at ``at``; returns its number."""
    row = db.execute(
        "insert into quiet (name, source, author, sources, topics, since, until, person, at, note, via)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
        (
            quiet.name,
            quiet.source,
            quiet.author,
            as_json(sorted(quiet.sources)),
            as_json(sorted(quiet.topics)),
            stamp(quiet.span.start),
            stamp(quiet.span.end),
            quiet.by,
            stamp(at),
            note,
            via,
        ),
    ).fetchone()
    return int(row["id"])


def end(db: sqlite3.Connection, number: int, by: str, at: datetime) -> bool:
    """End one before its time; False where none of that number lasts or is still to come."""
    done = db.execute(
        "update quiet set ended_at = ?1, ended_by = ?2 where id = ?3 and ended_at is null and until > ?1",
        (stamp(at), by, number),
    )
    return done.rowcount > 0


def get(db: sqlite3.Connection, number: int) -> QuietRow | None:
    """The one of this number."""
    row = db.execute("select * from quiet where id = ?", (number,)).fetchone()
    return None if row is None else _row(row)


def running(db: sqlite3.Connection, now: datetime) -> list[QuietRow]:
    """Those that last at ``now`` or are still to come, the one that ends first at first."""
    rows = db.execute("select * from quiet where coalesce(ended_at, until) > ? order by until, id", (stamp(now),))
    return [_row(row) for row in rows if row["ended_at"] is None or row["ended_at"] > row["since"]]


def touching(db: sqlite3.Connection, source: str, author: str, since: datetime) -> list[QuietRow]:
    """The windows, and the mutes of ``author`` in the id space ``source``, that end after ``since``."""
    rows = db.execute(
        "select * from quiet where author = '' and coalesce(ended_at, until) > ?1 union all"
        " select * from quiet where author <> '' and author = ?2 and source = ?3 and coalesce(ended_at, until) > ?1",
        (stamp(since), author, source),
    )
    return [_row(row) for row in rows]


def unseen(db: sqlite3.Connection, now: datetime) -> list[QuietRow]:
    """Those that have begun or ended, or were ended, since conclusions were drawn from them."""
    rows = db.execute(
        "select * from quiet where told_end = 0"
        " and (coalesce(ended_at, until) <= ?1 or (told = 0 and since <= ?1)) order by id",
        (stamp(now),),
    )
    return [_row(row) for row in rows]


def saw(db: sqlite3.Connection, rows: Iterable[QuietRow], now: datetime) -> None:
    """Conclusions were drawn from these as they are at ``now``."""
    db.executemany(
        "update quiet set told = 1, told_end = ? where id = ?", [(row.quiet.span.end <= now, row.id) for row in rows]
    )


def waiting(db: sqlite3.Connection, quiet: Quiet) -> list[Key]:
    """Threads (source, thread) with a customer who waits and whom this may be about."""
    whose = "and source = ?1 and author = ?2" if quiet.author else ""
    rows = db.execute(
        f"select distinct source, thread from \"case\" where status = 'waiting' {whose}",  # noqa: S608 - ours
        (quiet.source, quiet.author) if quiet.author else (),
    )
    return [(row["source"], row["thread"]) for row in rows]


def count_waiting(db: sqlite3.Connection, quiet: Quiet) -> int:
    """How many cases of a muted author wait."""
    row = db.execute(
        "select count(*) from \"case\" where status = 'waiting' and source = ? and author = ?",
        (quiet.source, quiet.author),
    ).fetchone()
    return int(row[0])


def authors(db: sqlite3.Connection, author: str, source: str | None) -> list[tuple[str, str]]:
    """Whom (source, author) a name may mean, whatever its case, among those who have had a case."""
    rows = db.execute(
        'select distinct source, author from "case" where lower(author) = lower(?) and source = coalesce(?, source)'
        " order by source, author",
        (author, source),
    )
    return [(row["source"], row["author"]) for row in rows]


def _row(row: sqlite3.Row) -> QuietRow:
    ended = maybe_instant(row["ended_at"])
    until = instant(row["until"])
    quiet = Quiet(
        span=Span(instant(row["since"]), until if ended is None else min(until, ended)),
        by=row["person"],
        name=row["name"],
        source=row["source"],
        author=row["author"],
        sources=frozenset(json.loads(row["sources"])),
        topics=frozenset(json.loads(row["topics"])),
    )
    return QuietRow(row["id"], quiet, row["note"], row["via"], bool(row["told"]))
