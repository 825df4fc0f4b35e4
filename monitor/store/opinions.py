"""What people made of single posts: no complaint, or a complaint that was missed. Facts, only ever added to."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.store.posts import Key
from monitor.store.sqlite import instant, stamp

NOT_A_COMPLAINT, MISSED = "not a complaint", "missed"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody made of a post."""

    opinion: str
    """``not a complaint`` or ``missed``."""
    post: Key
    """(source, id)."""
    by: str
    at: datetime
    note: str = ""

    @property
    def complaint(self) -> bool:
        """Whether it says that the post is a complaint."""
        return self.opinion == MISSED


def add(db: sqlite3.Connection, opinions: Iterable[Opinion], via: str) -> None:
    """Append what people said, ``via`` Slack, a terminal or a history file."""
    db.executemany(
        "insert into opinion (opinion, source, mention, person, at, note, via) values (?, ?, ?, ?, ?, ?, ?)",
        [(one.opinion, *one.post, one.by, stamp(one.at), one.note, via) for one in opinions],
    )


def missed(db: sqlite3.Connection, post: Key) -> Opinion | None:
    """The newest word that a post (source, id) is a complaint that was missed."""
    row = db.execute(
        "select * from opinion where source = ? and mention = ? and opinion = 'missed' order by id desc limit 1", post
    ).fetchone()
    return None if row is None else _opinion(row)


def every(db: sqlite3.Connection) -> list[Opinion]:
    """All opinions, as they were given."""
    return [_opinion(row) for row in db.execute("select * from opinion order by id")]


def after(db: sqlite3.Connection, last: int) -> tuple[set[Key], int]:
    """The threads of the opinions appended after number ``last``, and the number of the newest one."""
    rows = db.execute(
        "select opinion.id, source, thread from opinion join mention using (source)"
        " where mention.id = opinion.mention and opinion.id > ? order by opinion.id",
        (last,),
    ).fetchall()
    return {(row["source"], row["thread"]) for row in rows}, rows[-1]["id"] if rows else last


def _opinion(row: sqlite3.Row) -> Opinion:
    return Opinion(row["opinion"], (row["source"], row["mention"]), row["person"], instant(row["at"]), row["note"])
