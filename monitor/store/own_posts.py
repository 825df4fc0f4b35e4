"""The links of our own posts and what came of following them, and what was said below our posts."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.store.posts import Key
from monitor.store.sqlite import instant, stamp
from rules.model import Kind
from rules.slips import Checked, Reply


@dataclass(frozen=True, slots=True)
class Due:
    """A link that is to be followed."""

    source: str
    mention: str
    url: str
    tries: int
    """How often it has been tried."""
    author: str
    """The account that published it."""
    post: str | None
    """Address of the post that it is in."""


@dataclass(frozen=True, slots=True)
class Root:
    """A post of ours that others reply to."""

    source: str
    id: str
    author: str
    url: str | None
    posted_at: datetime


def owe(db: sqlite3.Connection, source: str, mention: str, urls: Iterable[str], now: datetime) -> None:
    """These links of a post are to be followed; one that is known stays as it is."""
    db.executemany(
        "insert into link (source, mention, url, not_before) values (?, ?, ?, ?) on conflict do nothing",
        [(source, mention, url, stamp(now)) for url in urls],
    )


def due(db: sqlite3.Connection, now: datetime, limit: int) -> list[Due]:
    """Links to follow now, the longest due first; none that its post does not have any more."""
    rows = db.execute(
        "select l.*, m.author, m.url as post from link l join mention m on m.source = l.source and m.id = l.mention"
        " where l.not_before <= ? and m.gone_at is null and instr(m.text, l.url)"
        " order by l.not_before, l.source, l.mention, l.url limit ?",
        (stamp(now), limit),
    )
    return [Due(row["source"], row["mention"], row["url"], row["tries"], row["author"], row["post"]) for row in rows]


def known(db: sqlite3.Connection, url: str, since: datetime) -> Checked | None:
    """What came of following ``url`` last, if that was not before ``since``."""
    row = db.execute(
        "select * from link where url = ? and checked_at >= ? order by checked_at desc limit 1", (url, stamp(since))
    ).fetchone()
    return None if row is None else Checked(url, row["status"], row["final"], row["why"])


def put_off(db: sqlite3.Connection, link: Due, until: datetime) -> None:
    """It was tried, and is tried again no sooner than ``until``."""
    db.execute(
        "update link set tries = tries + 1, not_before = ? where source = ? and mention = ? and url = ?",
        (stamp(until), link.source, link.mention, link.url),
    )


def checked(db: sqlite3.Connection, link: Due, found: Checked, now: datetime) -> None:
    """Note what came of following it; it is not followed again."""
    db.execute(
        "update link set tries = tries + 1, not_before = null, checked_at = ?, status = ?, final = ?, why = ?"
        " where source = ? and mention = ? and url = ?",
        (stamp(now), found.status, found.final, found.why, link.source, link.mention, link.url),
    )


def earlier(db: sqlite3.Connection, link: Due, limit: int) -> list[tuple[str, list[Checked]]]:
    """The account's other posts, the newest first: the text of each, and its links that were followed."""
    posts = db.execute(
        "select id, text from mention where own = 1 and source = ? and author = ? and id <> ? and instr(text, '://')"
        " order by posted_at desc limit ?",
        (link.source, link.author, link.mention, limit),
    ).fetchall()
    found = []
    for post in posts:
        rows = db.execute(
            "select * from link where source = ? and mention = ? and checked_at is not null", (link.source, post["id"])
        )
        links = [Checked(row["url"], row["status"], row["final"], row["why"]) for row in rows]
        found.append((post["text"], links))
    return found


def every(db: sqlite3.Connection) -> list[Checked]:
    """What came of every link that was followed, in the order of that."""
    rows = db.execute("select * from link where checked_at is not null order by checked_at, source, mention, url")
    return [Checked(row["url"], row["status"], row["final"], row["why"]) for row in rows]


def roots(db: sqlite3.Connection, threads: Sequence[Key]) -> list[Root]:
    """Those of ``threads`` (source, thread) that began with a post of ours."""
    found = []
    for key in threads:
        row = db.execute(
            "select source, id, author, url, posted_at from mention where source = ? and id = ? and own = 1", key
        ).fetchone()
        if row is not None:
            found.append(Root(*(row["source"], row["id"], row["author"], row["url"]), instant(row["posted_at"])))
    return found


def replies(db: sqlite3.Connection, root: Root, since: datetime, until: datetime) -> list[Reply]:
    """What others have said below a post of ours between two instants, but for what is gone."""
    rows = db.execute(
        "select author, counts_from, kind from mention where source = ? and thread = ? and own = 0 and history = 0"
        " and gone_at is null and counts_from between ? and ?",
        (root.source, root.id, stamp(since), stamp(until)),
    )
    return [Reply(row["author"], instant(row["counts_from"]), row["kind"] == Kind.COMPLAINT.value) for row in rows]
