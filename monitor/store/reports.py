"""What a report reads beside cases and posts: threads of a time, pages sent, topics, gaps; never drills. Reads only."""

import sqlite3
from datetime import datetime

from monitor.store.drills import SOURCE
from monitor.store.posts import Key
from monitor.store.sqlite import instant, stamp


def threads(db: sqlite3.Connection, since: datetime, until: datetime) -> list[Key]:
    """Threads (source, thread) with a case that a time concerns, in the order their first cases opened.

    Those in which somebody waits, and those in which anything was said, deleted or done from ``since`` on: nothing
    else can tell what stood open at ``until``.
    """
    rows = db.execute(
        "select c.source, c.thread from \"case\" c where c.opened_at < ?2 and c.source <> ?3 and (c.status = 'waiting'"
        " or c.opened_at >= ?1 or exists (select 1 from mention m where m.source = c.source and m.thread = c.thread"
        " and (m.posted_at >= ?1 or m.counts_from >= ?1 or m.gone_at >= ?1))"
        " or exists (select 1 from act a where a.source = c.source and a.thread = c.thread and a.at >= ?1))"
        " group by c.source, c.thread order by min(c.opened_at), c.source, c.thread",
        (stamp(since), stamp(until), SOURCE),
    )
    return [(row["source"], row["thread"]) for row in rows]


def first_post(db: sqlite3.Connection) -> datetime | None:
    """When the oldest post was posted that was heard as news and not as history."""
    found = db.execute("select min(posted_at) from mention where history = 0 and source <> ?", (SOURCE,)).fetchone()[0]
    return None if found is None else instant(found)


def count(db: sqlite3.Connection, since: datetime, until: datetime) -> int:
    """How many posts were posted within a time, by customers and by us."""
    found = db.execute(
        "select count(*) from mention where posted_at >= ? and posted_at < ? and source <> ?",
        (stamp(since), stamp(until), SOURCE),
    )
    return int(found.fetchone()[0])


def sent(db: sqlite3.Connection, since: datetime, until: datetime) -> list[tuple[str, datetime, str | None]]:
    """Pages about customers that reached somebody within a time: to whom, when, and the case's or incident's id."""
    rows = db.execute(
        'select recipient, settled_at, "case" from page where outcome = \'sent\' and "case" is not null'
        " and settled_at >= ?1 and settled_at < ?2"
        ' and not exists (select 1 from "case" c where c.id = page."case" and c.source = ?3)'
        " order by settled_at, recipient",
        (stamp(since), stamp(until), SOURCE),
    )
    return [(row[0], instant(row[1]), row[2]) for row in rows]


def asked(db: sqlite3.Connection, since: datetime, until: datetime) -> dict[str, list[tuple[datetime, str]]]:
    """Topic -> when somebody asked about it within a time, and who (their source and handle)."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    rows = db.execute(
        "select topic, at, source || char(0) || author from topic_post where at >= ? and at < ? and source <> ?"
        " order by at",
        (stamp(since), stamp(until), SOURCE),
    )
    for topic, at, who in rows:
        found.setdefault(topic, []).append((instant(at), who))
    return found


def members(db: sqlite3.Connection, incident: str) -> tuple[str, ...]:
    """The cases that an incident has held, as they joined."""
    rows = db.execute('select distinct "case" from member where incident = ? order by joined, "case"', (incident,))
    return tuple(row[0] for row in rows)


def gaps(db: sqlite3.Connection, since: datetime, until: datetime) -> list[tuple[str, str, datetime, datetime, str]]:
    """Gaps that touch a time: source, side, from when, until when, why; as they began."""
    rows = db.execute(
        "select source, side, since, until, why from gap where since < ?2 and until > ?1 order by since, source, side",
        (stamp(since), stamp(until)),
    )
    return [(row[0], row[1], instant(row[2]), instant(row[3]), row[4]) for row in rows]


def heard_through(db: sqlite3.Connection) -> list[str]:
    """The sources that posts were heard through, by name."""
    return [row[0] for row in db.execute("select distinct via from mention where via <> ? order by via", (SOURCE,))]
