"""Posts by topic, incidents, and which silences they hold.

That an incident was noticed, when and about what, is a fact, as is the opening of a case. Posts by topic can be made
again from the verdicts (``index``).
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.store.posts import Heard
from monitor.store.sqlite import instant, maybe_instant, stamp
from rules.model import Severity
from rules.surge import Incident

_PREFIX = "i-"


@dataclass(frozen=True, slots=True)
class Member:
    """A case in an incident, as lists show it."""

    case: str
    source: str
    author: str
    severity: Severity
    since: datetime
    deadline: datetime | None


def name(topic: str, noticed: datetime) -> str:
    """The id of the incident about ``topic`` that was noticed then; no case is called so."""
    return _PREFIX + hashlib.blake2s(f"{topic}\0{stamp(noticed)}".encode(), digest_size=4).hexdigest()


def named(case: str) -> bool:
    """Whether what a page or a message is about is an incident and no case."""
    return case.startswith(_PREFIX)


def index(db: sqlite3.Connection, asking: Iterable[tuple[Heard, datetime]]) -> None:
    """Note under which topics posts ask, and from when on."""
    for heard, at in asking:
        source, thread, author = heard.mention.source, heard.mention.thread, heard.mention.author
        db.execute("delete from topic_post where source = ? and mention = ?", heard.key)
        db.executemany(
            "insert into topic_post values (?, ?, ?, ?, ?, ?)",
            [(topic, stamp(at), source, thread, author, heard.mention.id) for topic in heard.verdict.topics],
        )


def authors(db: sqlite3.Connection, topic: str, after: datetime, until: datetime) -> int:
    """How many authors asked about ``topic`` after one instant and up to another whom no incident holds."""
    row = db.execute(
        "select count(distinct source || char(0) || author) from topic_post t where topic = ? and at > ? and at <= ?"
        ' and not exists (select 1 from "case" c join member m on m."case" = c.id and m.waits = 1'
        " where c.source = t.source and c.thread = t.thread and c.author = t.author)",
        (topic, stamp(after), stamp(until)),
    ).fetchone()
    return int(row[0])


def author_windows(db: sqlite3.Connection, topic: str, after: datetime, until: datetime, seconds: float) -> int:
    """The same, but an author counts anew in each window of so many ``seconds``."""
    row = db.execute(
        "select count(distinct source || char(0) || author || char(0) ||"
        " cast(strftime('%s', substr(at, 1, 19)) / ?4 as integer))"
        " from topic_post where topic = ?1 and at > ?2 and at <= ?3",
        (topic, stamp(after), stamp(until), seconds),
    ).fetchone()
    return int(row[0])


def first_heard(db: sqlite3.Connection) -> datetime | None:
    """When the first post was posted that asks anything."""
    return maybe_instant(db.execute("select min(at) from topic_post").fetchone()[0])


def nth_author(db: sqlite3.Connection, topic: str, after: datetime, place: int) -> datetime | None:
    """When the author at ``place`` spoke last about ``topic``, the latest being 0; None if there is none."""
    row = db.execute(
        "select max(at) as last from topic_post where topic = ? and at > ? group by source, author"
        " order by last desc limit 1 offset ?",
        (topic, stamp(after), place),
    ).fetchone()
    return None if row is None else instant(row["last"])


def about(
    db: sqlite3.Connection, topic: str, since: datetime, limit: int = -1
) -> list[tuple[str, str, str, str, datetime]]:
    """Posts about ``topic`` from an instant on: source, thread, author, id, when; in time order."""
    rows = db.execute(
        "select source, thread, author, mention, at from topic_post where topic = ? and at >= ?"
        " order by at, source, mention limit ?",
        (topic, stamp(since), limit),
    )
    return [(row["source"], row["thread"], row["author"], row["mention"], instant(row["at"])) for row in rows]


def put(db: sqlite3.Connection, incident: Incident, next_due: datetime | None) -> None:
    """Store an incident in place of what was known of it; its messages no longer show it."""
    db.execute(
        "insert into incident (id, topic, began, noticed, needed, calm, over, next_due, revision)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, 0) on conflict (id) do update set calm = excluded.calm,"
        " over = excluded.over, next_due = excluded.next_due, revision = revision + 1",
        (
            incident.id,
            incident.topic,
            stamp(incident.began),
            stamp(incident.noticed),
            incident.needed,
            None if incident.calm is None else stamp(incident.calm),
            None if incident.over is None else stamp(incident.over),
            None if next_due is None else stamp(next_due),
        ),
    )
    db.execute('update message set stale = 1 where "case" = ?', (incident.id,))


def get(db: sqlite3.Connection, incident: str) -> tuple[Incident, int] | None:
    """The incident called so, and its revision."""
    row = db.execute("select * from incident where id = ?", (incident,)).fetchone()
    return None if row is None else (_incident(row), row["revision"])


def starting_with(db: sqlite3.Connection, prefix: str) -> list[Incident]:
    """Incidents whose id begins with ``prefix``, at most two."""
    rows = db.execute("select * from incident where id >= ? and id < ? limit 2", (prefix, prefix + "\U0010ffff"))
    return list(map(_incident, rows))


def rising(db: sqlite3.Connection, topic: str) -> Incident | None:
    """The incident about ``topic`` that is not calm yet."""
    row = db.execute("select * from incident where calm is null and topic = ?", (topic,)).fetchone()
    return None if row is None else _incident(row)


def due(db: sqlite3.Connection, now: datetime) -> list[Incident]:
    """Incidents that change by themselves by ``now``."""
    return list(map(_incident, db.execute("select * from incident where next_due <= ?", (stamp(now),))))


def next_due(db: sqlite3.Connection) -> datetime | None:
    """The earliest instant at which any incident changes by itself."""
    return maybe_instant(db.execute("select min(next_due) from incident where next_due is not null").fetchone()[0])


def every(db: sqlite3.Connection, *, running: bool = False) -> list[Incident]:
    """All incidents, or those that are not over, as they were noticed."""
    where = " where over is null" if running else ""
    return list(map(_incident, db.execute(f"select * from incident{where} order by noticed, id")))  # noqa: S608 - ours


def join(db: sqlite3.Connection, incident: str, case: str, silence: str, now: datetime) -> None:
    """The incident holds this silence from now on, unless another one does already."""
    db.execute(
        "insert into member values (?, ?, ?, ?, 1) on conflict do nothing", (case, silence, incident, stamp(now))
    )


def saw(db: sqlite3.Connection, case: str, silence: str | None) -> None:
    """This silence of a case is the one that waits, or none: whoever joined with another has been answered."""
    db.execute('update member set waits = silence is ? where "case" = ?', (silence, case))


def holding(db: sqlite3.Connection, case: str, silence: str) -> str | None:
    """The incident that holds a silence."""
    row = db.execute('select incident from member where "case" = ? and silence = ?', (case, silence)).fetchone()
    return None if row is None else str(row["incident"])


def of_cases(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, str]:
    """Which of these cases are members, and of what: the latest incident."""
    found = {}
    for case in ids:
        row = db.execute(
            'select incident from member where "case" = ? order by joined desc limit 1', (case,)
        ).fetchone()
        if row is not None:
            found[case] = str(row["incident"])
    return found


def waiting(db: sqlite3.Connection, incident: str, limit: int) -> list[Member]:
    """Members that still wait: the worst first, then the nearest deadline."""
    rows = db.execute(
        'select c.* from member m join "case" c on c.id = m."case" where m.incident = ? and m.waits = 1'
        " order by c.severity desc, c.deadline is null, c.deadline, c.since, c.id limit ?",
        (incident, limit),
    )
    return [
        Member(
            *(row["id"], row["source"], row["author"], Severity(row["severity"])),
            *(instant(row["since"]), maybe_instant(row["deadline"])),
        )
        for row in rows
    ]


def count(db: sqlite3.Connection, incident: str) -> tuple[int, int]:
    """How many members an incident has had, and how many of them still wait."""
    row = db.execute("select count(*), coalesce(sum(waits), 0) from member where incident = ?", (incident,)).fetchone()
    return int(row[0]), int(row[1])


def sources(db: sqlite3.Connection, incident: str) -> list[str]:
    """The places its members were heard at."""
    rows = db.execute(
        'select distinct c.source from member m join "case" c on c.id = m."case" where m.incident = ? order by 1',
        (incident,),
    )
    return [row["source"] for row in rows]


def _incident(row: sqlite3.Row) -> Incident:
    return Incident(
        id=row["id"],
        topic=row["topic"],
        began=instant(row["began"]),
        noticed=instant(row["noticed"]),
        needed=row["needed"],
        calm=maybe_instant(row["calm"]),
        over=maybe_instant(row["over"]),
    )
