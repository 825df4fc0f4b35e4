"""Who takes somebody else's time on call: facts, appended from terminals and taken back by a mark.

And who was on call when it was last looked at, so that a handover is noticed once.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.store.sqlite import instant, stamp
from rules.model import Shift, Span


@dataclass(frozen=True, slots=True)
class Override:
    """One override as it is stored."""

    id: int
    """Given by ``add``."""
    rota: str
    shift: Shift
    by: str
    note: str
    made_at: datetime | None = None
    removed: bool = False


def add(db: sqlite3.Connection, made: Override, at: datetime) -> int:
    """Note an override made at ``at``; returns its number."""
    shift = made.shift
    row = db.execute(
        "insert into override (rota, person, since, until, made_by, made_at, note) values (?, ?, ?, ?, ?, ?, ?)"
        " returning id",
        (made.rota, shift.person, stamp(shift.span.start), stamp(shift.span.end), made.by, stamp(at), made.note),
    ).fetchone()
    return int(row["id"])


def remove(db: sqlite3.Connection, number: int, at: datetime) -> bool:
    """Take an override back; False where there is none of that number."""
    done = db.execute("update override set removed_at = ? where id = ? and removed_at is null", (stamp(at), number))
    return done.rowcount > 0


def of(db: sqlite3.Connection, since: datetime) -> list[Override]:
    """The overrides that end after ``since`` and were not taken back, in the order they were made."""
    rows = db.execute("select * from override where removed_at is null and until > ? order by id", (stamp(since),))
    return list(map(_override, rows))


def untold(db: sqlite3.Connection) -> list[Override]:
    """The overrides of which, or of whose end, those whom they concern have not been told."""
    rows = db.execute(
        "select * from override where (told = 0 and removed_at is null)"
        " or (told = 1 and removed_at is not null and told_removed = 0) order by id"
    )
    return [_override(row) for row in rows]


def told(db: sqlite3.Connection, made: Iterable[Override]) -> None:
    """Those whom these concern have been told of them as they are."""
    db.executemany(
        "update override set told = 1, told_removed = ? where id = ?", [(one.removed, one.id) for one in made]
    )


def _override(row: sqlite3.Row) -> Override:
    return Override(
        id=row["id"],
        rota=row["rota"],
        shift=Shift(row["person"], Span(instant(row["since"]), instant(row["until"])), override=True),
        by=row["made_by"],
        note=row["note"],
        made_at=instant(row["made_at"]),
        removed=row["removed_at"] is not None,
    )


def turns(db: sqlite3.Connection) -> dict[str, str]:
    """Rota -> who was on call there when somebody last was, as far as it was looked at."""
    return {row["rota"]: row["person"] for row in db.execute("select rota, person from turn")}


def saw_turn(db: sqlite3.Connection, rota: str, person: str, at: datetime) -> None:
    """``person`` was on call in ``rota`` at ``at``."""
    db.execute("insert or replace into turn values (?, ?, ?)", (rota, person, stamp(at)))
