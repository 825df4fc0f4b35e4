"""Of which weekly reports the files were tried. A fact, so that none is put twice below its message."""

import sqlite3
from datetime import datetime

from monitor.store.sqlite import stamp


def tried(db: sqlite3.Connection, delivery: str) -> bool:
    """Whether the files of the report delivered as ``delivery`` were sent, or may have been."""
    return db.execute("select 1 from weekly_files where delivery = ?", (delivery,)).fetchone() is not None


def begin(db: sqlite3.Connection, delivery: str, at: datetime) -> None:
    """Count the attempt before it is made."""
    db.execute("insert or ignore into weekly_files values (?, ?)", (delivery, stamp(at)))


def not_sent(db: sqlite3.Connection, delivery: str) -> None:
    """The attempt in hand has certainly put nothing below the message."""
    db.execute("delete from weekly_files where delivery = ?", (delivery,))
