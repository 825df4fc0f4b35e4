"""Drills: who asked for one, whom it pages, and what came of it. Facts, appended by terminals and by the daemon.

Everything about a drill carries ``SOURCE``: it is no customer, and nothing that counts or lists customers counts it.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.store.sqlite import instant, maybe_instant, stamp
from rules.durations import spell

SOURCE = "harken.drill"
"""The id space, and the source, of what is said in drills; nobody else's posts are taken in under it."""


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill as it is stored."""

    id: int
    to: str
    """Whom it pages."""
    wait: timedelta
    """How long it waits for somebody to take it."""
    by: str
    asked_at: datetime
    case: str | None = None
    """Id of its case, once it has begun."""
    begun_at: datetime | None = None
    over_at: datetime | None = None
    taken_by: str | None = None
    taken_at: datetime | None = None
    why: str = ""
    """What went wrong, in words; empty where somebody took it."""

    @property
    def thread(self) -> str:
        """The thread, and the only post in it."""
        return f"drill-{self.id}"

    @property
    def took(self) -> timedelta | None:
        """How long it was until somebody took it."""
        return None if self.taken_at is None or self.begun_at is None else self.taken_at - self.begun_at

    @property
    def result(self) -> str | None:
        """What came of it, in words; None while it runs."""
        if self.over_at is None:
            return None
        return self.why if self.took is None else f"{self.taken_by} took it after {spell(self.took)}"


def ask(db: sqlite3.Connection, to: str, wait: timedelta, by: str, at: datetime) -> int:
    """Note that somebody wants a drill; returns its number. The daemon begins it."""
    row = db.execute(
        "insert into drill (recipient, wait, asked_by, asked_at) values (?, ?, ?, ?) returning id",
        (to, wait.total_seconds(), by, stamp(at)),
    ).fetchone()
    return int(row["id"])


def asked(db: sqlite3.Connection, by: str, since: datetime) -> bool:
    """Whether ``by`` has asked for a drill after ``since``."""
    row = db.execute("select max(asked_at) from drill where asked_by = ?", (by,)).fetchone()
    return row[0] is not None and instant(row[0]) > since


def get(db: sqlite3.Connection, number: int) -> Drill | None:
    """The drill of this number."""
    row = db.execute("select * from drill where id = ?", (number,)).fetchone()
    return None if row is None else _drill(row)


def of_thread(db: sqlite3.Connection, thread: str) -> Drill | None:
    """The drill that a thread of ``SOURCE`` belongs to."""
    number = thread.removeprefix("drill-")
    return get(db, int(number)) if number.isdecimal() else None


def running(db: sqlite3.Connection) -> list[Drill]:
    """Drills that were asked for and are not over."""
    return list(map(_drill, db.execute("select * from drill where over_at is null order by id")))


def every(db: sqlite3.Connection, limit: int) -> list[Drill]:
    """The latest drills, the newest first."""
    return list(map(_drill, db.execute("select * from drill order by id desc limit ?", (limit,))))


def pin(db: sqlite3.Connection, drill: Drill, policy: str) -> None:
    """The case of a drill opens under the policy pinned as ``policy``."""
    db.execute("update drill set policy = ? where id = ?", (policy, drill.id))


def policy(db: sqlite3.Connection, thread: str) -> str | None:
    """The name of the policy that the case in a drill's thread opens under."""
    found = of_thread(db, thread)
    row = db.execute("select policy from drill where id = ?", (0 if found is None else found.id,)).fetchone()
    return None if row is None else row["policy"]


def begun(db: sqlite3.Connection, drill: Drill, case: str, at: datetime) -> None:
    """A drill has begun: its case is open."""
    db.execute('update drill set "case" = ?, begun_at = ? where id = ?', (case, stamp(at), drill.id))


def over(db: sqlite3.Connection, ended: Drill) -> None:
    """A drill is over, as ``ended`` says."""
    if ended.over_at is None:
        return
    taken = None if ended.taken_at is None else stamp(ended.taken_at)
    db.execute(
        "update drill set over_at = ?, taken_by = ?, taken_at = ?, why = ? where id = ? and over_at is null",
        (stamp(ended.over_at), ended.taken_by, taken, ended.why, ended.id),
    )


def _drill(row: sqlite3.Row) -> Drill:
    return Drill(
        id=row["id"],
        to=row["recipient"],
        wait=timedelta(seconds=row["wait"]),
        by=row["asked_by"],
        asked_at=instant(row["asked_at"]),
        case=row["case"],
        begun_at=maybe_instant(row["begun_at"]),
        over_at=maybe_instant(row["over_at"]),
        taken_by=row["taken_by"],
        taken_at=maybe_instant(row["taken_at"]),
        why=row["why"],
    )
