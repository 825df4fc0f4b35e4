"""What people agreed to change after a case or an incident, and whether it was done. Facts; nobody reminds by them."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from monitor.store.sqlite import instant, maybe_instant, stamp


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody is to do."""

    id: int
    about: str
    """Id of the case or the incident."""
    what: str
    who: str
    due: date | None
    by: str
    """Who noted it."""
    at: datetime
    done_at: datetime | None = None
    done_by: str = ""
    note: str = ""
    """What was said when it was done."""

    def late(self, today: date) -> bool:
        """Whether it should have been done before ``today``."""
        return self.done_at is None and self.due is not None and self.due < today


def add(db: sqlite3.Connection, action: Action) -> int:
    """Note an action, whatever its own number; returns the number it has from now on."""
    row = db.execute(
        "insert into debrief_action (about, what, who, due, noted_by, noted_at) values (?, ?, ?, ?, ?, ?) returning id",
        (
            *(action.about, action.what, action.who, None if action.due is None else action.due.isoformat()),
            *(action.by, stamp(action.at)),
        ),
    ).fetchone()
    return int(row["id"])


def get(db: sqlite3.Connection, number: int) -> Action | None:
    """The action of this number."""
    row = db.execute("select * from debrief_action where id = ?", (number,)).fetchone()
    return None if row is None else _action(row)


def done(db: sqlite3.Connection, number: int, by: str, at: datetime, note: str) -> bool:
    """Note that an action is done. Returns False where it was done before, which stands."""
    changed = db.execute(
        "update debrief_action set done_at = ?, done_by = ?, note = ? where id = ? and done_at is null",
        (stamp(at), by, note, number),
    )
    return changed.rowcount > 0


def every(db: sqlite3.Connection, about: str | None = None, *, finished: bool = True) -> list[Action]:
    """Actions, of one case or incident or of all, in the order they are due; those without a day come last."""
    rows = db.execute(
        "select * from debrief_action where about = coalesce(?, about) and (? or done_at is null)"
        " order by done_at is not null, due is null, due, id",
        (about, finished),
    )
    return [_action(row) for row in rows]


def _action(row: sqlite3.Row) -> Action:
    return Action(
        id=row["id"],
        about=row["about"],
        what=row["what"],
        who=row["who"],
        due=None if row["due"] is None else date.fromisoformat(row["due"]),
        by=row["noted_by"],
        at=instant(row["noted_at"]),
        done_at=maybe_instant(row["done_at"]),
        done_by=row["done_by"],
        note=row["note"],
    )
