"""What is to be forgotten of a person, and what was: requests, what Slack still shows, and the marks that are left.

Of what was forgotten only hashes stay, so that a post which is read again is not taken in again.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.store.drills import SOURCE
from monitor.store.posts import Key
from monitor.store.sqlite import instant, stamp

_OPEN = "'waiting', 'resting'"
_SAME_AUTHOR = "lower(author) = lower(?) and source = coalesce(?, source)"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody asked that an author be forgotten."""

    id: int
    author: str
    source: str | None
    """At one source only."""


@dataclass(frozen=True, slots=True)
class Retraction:
    """A message that Slack still shows, and its thread."""

    channel: str
    ts: str


def ask(db: sqlite3.Connection, author: str, source: str | None, by: str, now: datetime) -> None:
    """Ask that an author be forgotten."""
    db.execute(
        "insert into erasure (author, source, asked_by, asked_at) values (?, ?, ?, ?)", (author, source, by, stamp(now))
    )


def asked(db: sqlite3.Connection) -> list[Erasure]:
    """What is still to be done."""
    rows = db.execute("select id, author, source from erasure where done_at is null order by id")
    return [Erasure(row["id"], row["author"], row["source"]) for row in rows]


def done(db: sqlite3.Connection, erasure: Erasure, now: datetime) -> None:
    """It is done: who it was about is forgotten as well."""
    db.execute("update erasure set done_at = ?, author = '' where id = ?", (stamp(now), erasure.id))


def known(db: sqlite3.Connection, author: str, source: str | None) -> dict[str, dict[str, int]]:
    """How much there is about an author: source -> counts of posts, cases and pages."""
    rows = db.execute(
        "select source, count(*) as posts,"
        ' (select count(*) from "case" c where c.source = m.source and lower(c.author) = lower(?1)) as cases,'
        ' (select count(*) from page join "case" c on c.id = page."case" where c.source = m.source'
        " and lower(c.author) = lower(?1)) as pages"
        " from mention m where lower(author) = lower(?1) and own = 0 and source = coalesce(?2, source) group by source",
        (author, source),
    )
    return {row["source"]: {"posts": row["posts"], "cases": row["cases"], "pages": row["pages"]} for row in rows}


def posts_of(db: sqlite3.Connection, author: str, source: str | None) -> list[tuple[str, str, str, str]]:
    """An author's posts: source, id, thread, and the handle as it is written there."""
    rows = db.execute(
        f"select source, id, thread, author from mention where {_SAME_AUTHOR} and own = 0",  # noqa: S608 - our own words
        (author, source),
    )
    return [(row["source"], row["id"], row["thread"], row["author"]) for row in rows]


def cases_of(db: sqlite3.Connection, author: str, source: str | None) -> list[str]:
    """Ids of an author's cases."""
    rows = db.execute(f'select id from "case" where {_SAME_AUTHOR}', (author, source))  # noqa: S608 - the same
    return [row["id"] for row in rows]


def retract(db: sqlite3.Connection, cases: Iterable[str]) -> None:
    """Owe it to Slack that whatever shows these cases is taken away: messages, pages, and digests that name them."""
    for case in cases:
        db.execute(
            "insert or ignore into retraction (recipient, channel, ts)"
            ' select recipient, channel, ts from message where "case" = ?1'
            " union select recipient, channel, ts from page where \"case\" = ?1 and outcome = 'sent' and ts is not null"
            ' union select p.recipient, p.channel, p.ts from gathered g join page p on p."case" = g.name'
            " and p.due = g.at where g.\"case\" = ?1 and p.outcome = 'sent' and p.ts is not null"
            # What an incident's later pages and a handover listed is not made anew, as its message is.
            ' union select p.recipient, p.channel, p.ts from member b join page p on p."case" = b.incident'
            " where b.\"case\" = ?1 and p.outcome = 'sent' and p.ts is not null and not exists (select 1 from message m"
            ' where m."case" = p."case" and m.channel = p.channel and m.ts = p.ts)'
            " union select recipient, channel, ts from page where \"case\" is null and silence like 'handover:%'"
            " and outcome = 'sent' and ts is not null and due >= (select opened_at from \"case\" where id = ?1)",
            (case,),
        )


def to_retract(db: sqlite3.Connection, recipient: str, now: datetime, limit: int) -> list[Retraction]:
    """Messages at ``recipient`` to be taken away, that may be tried at ``now``."""
    rows = db.execute(
        "select channel, ts from retraction where recipient = ? and (not_before is null or not_before <= ?) limit ?",
        (recipient, stamp(now), limit),
    )
    return [Retraction(row["channel"], row["ts"]) for row in rows]


def retracted(db: sqlite3.Connection, gone: Retraction) -> None:
    """The message is gone."""
    db.execute("delete from retraction where channel = ? and ts = ?", (gone.channel, gone.ts))


def put_off(db: sqlite3.Connection, left: Retraction, until: datetime) -> None:
    """Try the message again no sooner than ``until``."""
    db.execute(
        "update retraction set not_before = ? where channel = ? and ts = ?", (stamp(until), left.channel, left.ts)
    )


def with_replies(db: sqlite3.Connection, keys: Iterable[Key]) -> list[Key]:
    """These posts (source, id) and our replies to them, which would be taken for answers to somebody else."""
    found: dict[Key, None] = dict.fromkeys(keys)
    left = list(found)
    while left:
        rows = db.execute("select source, id from mention where own = 1 and source = ? and reply_to = ?", left.pop())
        further = [key for row in rows if (key := (row["source"], row["id"])) not in found]
        found |= dict.fromkeys(further)
        left += further
    return list(found)


def forget_cases(db: sqlite3.Connection, cases: Sequence[str]) -> None:
    """Nothing is left of these cases, of what was paged about them, and of what people did about them."""
    for case in cases:
        key = db.execute('select source, thread, author from "case" where id = ?', (case,)).fetchone()
        if key is not None:
            _drop(db, "act", "source = ? and thread = ? and author = ?", tuple(key))
        _drop(db, "act", "act in ('link', 'unlink') and holder = ?", (case,))
        for table in ("page", "message", "member", "gathered"):
            db.execute(f'delete from {table} where "case" = ?', (case,))  # noqa: S608 - names of our own
        db.execute("delete from debrief_action where about = ?", (case,))
        db.execute('delete from "case" where id = ?', (case,))


def forget_posts(db: sqlite3.Connection, keys: Iterable[Key], now: datetime) -> None:
    """Nothing is left of these posts (source, id) but a mark by which they are known if they are read again."""
    for source, post in keys:
        for table in ("revision", "mention"):
            db.execute(f"delete from {table} where source = ? and id = ?", (source, post))  # noqa: S608 - the same
        _drop(db, "opinion", "source = ? and mention = ?", (source, post))
        for table in ("topic_post", "link", "statement"):
            db.execute(f"delete from {table} where source = ? and mention = ?", (source, post))  # noqa: S608 - the same
        _mark(db, _hash(source, post), now)


def forget_author(db: sqlite3.Connection, source: str, author: str, now: datetime) -> None:
    """What the author posted at ``source`` before ``now`` is not taken in again, and no mute names them."""
    db.execute("delete from quiet where source = ? and lower(author) = lower(?)", (source, author))
    _mark(db, _hash(source, author.casefold(), "author"), now)


def forgotten(db: sqlite3.Connection, posts: Iterable[tuple[str, str, str, datetime]]) -> set[Key]:
    """Those of the posts (source, id, author, when) that were forgotten, or whose author was after they were posted."""
    if db.execute("select 1 from tombstone limit 1").fetchone() is None:
        return set()
    found = set()
    for source, post, author, at in posts:
        rows = db.execute(
            "select hash, at from tombstone where hash in (?, ?)",
            (_hash(source, post), _hash(source, author.casefold(), "author")),
        )
        if any(row["hash"] == _hash(source, post) or at <= instant(row["at"]) for row in rows):
            found.add((source, post))
    return found


def old_posts(db: sqlite3.Connection, before: datetime, limit: int) -> list[Key]:
    """Posts (source, id) first heard before ``before`` in threads without a case."""
    rows = db.execute(
        "select source, id from mention m where first_seen < ? and source <> 'harken.drill' and not exists"
        ' (select 1 from "case" c where c.source = m.source and c.thread = m.thread) limit ?',
        (stamp(before), limit),
    )
    return [(row["source"], row["id"]) for row in rows]


def old_threads(db: sqlite3.Connection, before: datetime, limit: int) -> list[Key]:
    """Threads (source, thread) all of whose cases are over, owe nothing, and have heard nothing since ``before``."""
    rows = db.execute(
        f'select source, thread from "case" group by source, thread having sum(status in ({_OPEN})) = 0'  # noqa: S608 - the same
        " and sum(owed <> '') = 0 and (select max(m.first_seen) from mention m where m.source = \"case\".source"
        ' and m.thread = "case".thread) < ? limit ?',
        (stamp(before), limit),
    )
    return [(row["source"], row["thread"]) for row in rows]


def of_threads(db: sqlite3.Connection, threads: Iterable[Key]) -> tuple[list[str], list[Key]]:
    """The cases and the posts (source, id) of these threads (source, thread)."""
    cases, posts = [], []
    for key in threads:
        cases += [row["id"] for row in db.execute('select id from "case" where source = ? and thread = ?', key)]
        rows = db.execute("select source, id from mention where source = ? and thread = ?", key)
        posts += [(row["source"], row["id"]) for row in rows]
    return cases, posts


def of_incidents(db: sqlite3.Connection, cases: Iterable[str]) -> set[str]:
    """Incidents that hold these cases."""
    found = set()
    for case in cases:
        found |= {row["incident"] for row in db.execute('select incident from member where "case" = ?', (case,))}
    return found


def _drop(db: sqlite3.Connection, table: str, where: str, whose: Sequence[str]) -> None:
    """Delete acts or opinions. The newest of all is emptied: its number would be given again, to one taken for seen."""
    blank = "act = 'erased', thread = '', author = '', holder = null"
    if table == "opinion":
        blank = "opinion = 'erased', mention = ''"
    db.execute(
        f"update {table} set {blank}, source = '{SOURCE}', person = '', note = ''"  # noqa: S608 - names of our own
        f" where {where} and id = (select max(id) from {table})",
        whose,
    )
    db.execute(f"delete from {table} where {where}", whose)  # noqa: S608 - the same


def owe_one(db: sqlite3.Connection, recipient: str, gone: Retraction) -> None:
    """Owe it to Slack that one message is taken away."""
    db.execute(
        "insert or ignore into retraction (recipient, channel, ts) values (?, ?, ?)", (recipient, gone.channel, gone.ts)
    )


def wipe(db: sqlite3.Connection) -> None:
    """From now on what is deleted is overwritten in the file."""
    db.execute("pragma secure_delete = on")


def _mark(db: sqlite3.Connection, mark: str, now: datetime) -> None:
    db.execute("insert or replace into tombstone values (?, ?)", (mark, stamp(now)))


def _hash(*parts: str) -> str:
    return hashlib.blake2s("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
