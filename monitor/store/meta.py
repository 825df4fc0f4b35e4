"""The few facts about the database itself: which acts were seen, how new it is, and whether it is a copy."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from monitor.store.sqlite import instant, maybe_instant, stamp


def acts_seen(db: sqlite3.Connection) -> int:
    """Number of the newest act that conclusions were drawn from."""
    return int(_get(db, "acts_seen") or 0)


def saw_acts(db: sqlite3.Connection, newest: int) -> None:
    """Conclusions were drawn from every act up to number ``newest``."""
    _put(db, "acts_seen", str(newest))


def opinions_seen(db: sqlite3.Connection) -> int:
    """Number of the newest opinion that conclusions were drawn from."""
    return int(_get(db, "opinions_seen") or 0)


def saw_opinions(db: sqlite3.Connection, newest: int) -> None:
    """Conclusions were drawn from every opinion up to number ``newest``."""
    _put(db, "opinions_seen", str(newest))


def incident_acts_seen(db: sqlite3.Connection) -> int:
    """Number of the newest act about an incident that conclusions were drawn from."""
    return int(_get(db, "incident_acts_seen") or 0)


def saw_incident_acts(db: sqlite3.Connection, newest: int) -> None:
    """Conclusions were drawn from every act about an incident up to number ``newest``."""
    _put(db, "incident_acts_seen", str(newest))


def look_before(db: sqlite3.Connection) -> datetime | None:
    """Pages due up to here may have been sent from another copy of this database; None if it is the only one."""
    stamped = _get(db, "look_before")
    return None if stamped is None else instant(stamped)


def restored(db: sqlite3.Connection, now: datetime) -> None:
    """This database is a copy: of what fell due up to ``now``, trust nothing that is not settled."""
    _put(db, "look_before", stamp(now))
    db.execute("update page set doubts = max(doubts, 1) where outcome is null")


def responders(db: sqlite3.Connection) -> str | None:
    """What was known of who speaks for us when posts were last marked by it."""
    return _get(db, "responders")


def marked_by(db: sqlite3.Connection, known: str) -> None:
    """Posts are marked by what is ``known`` of who speaks for us."""
    _put(db, "responders", known)


def newest(db: sqlite3.Connection) -> datetime | None:
    """About when the newest fact was noted; None in a new database. Costs nothing: it looks at the last rows only."""
    row = db.execute(
        "select max(at) from (select max(succeeded_at) as at from source"
        " union all select (select first_seen from mention order by rowid desc limit 1)"
        " union all select (select at from act order by id desc limit 1)"
        " union all select (select settled_at from page order by rowid desc limit 1))"
    ).fetchone()
    return maybe_instant(row[0])


def missing(db: sqlite3.Connection) -> frozenset[str]:
    """Whom and what Slack did not know when it was last asked, and the operators have been told of."""
    return frozenset(json.loads(_get(db, "missing") or "[]"))


def now_missing(db: sqlite3.Connection, places: Iterable[str]) -> None:
    """These are what Slack does not know."""
    _put(db, "missing", json.dumps(sorted(places)))


def _get(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("select value from meta where key = ?", (key,)).fetchone()
    return None if row is None else str(row["value"])


def _put(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("insert or replace into meta values (?, ?)", (key, value))
