"""Posts by subject, incidents, what people did about them, and which silences they hold.

Facts: that an incident was noticed, when, about what, how many it took and when it was calm again (``incident``, up to
``calm``; ``announced`` and the post that announced it), what people did (``incident_act``), and which of our posts
spoke of it (``statement``). Everything else can be made again from the posts: ``topic_post`` and ``member`` whole, and
of an incident ``over`` and ``next_due``.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.store.posts import Key
from monitor.store.sqlite import instant, maybe_instant, stamp
from rules.likeness import LINK, WORD, Matter
from rules.model import Act, Case, Severity
from rules.surge import Asked, Incident, held_by

_PREFIX = "i-"
_ABOUT = (
    "select source, thread, author, mention, min(at) as at from topic_post where topic in ({marks})"
    " and at > ? and at <= ? group by source, mention having count(*) >= ?"
)
"""Posts about a matter: (after, until, least) follow its subjects."""
_NUMBER = "cast(strftime('%s', substr(at, 1, 19)) / ? as integer)"
"""The number of the window that an instant lies in; its length in seconds comes first."""
_EVER = "9999"


@dataclass(frozen=True, slots=True)
class Member:
    """A case in an incident, as lists show it."""

    case: str
    source: str
    author: str
    severity: Severity
    since: datetime
    deadline: datetime | None
    ended: str = ""
    """How its silence ended: ``answered``, ``dismissed`` ...; empty while it waits."""


@dataclass(frozen=True, slots=True)
class About:
    """Where a post stands that is about a matter."""

    source: str
    thread: str
    author: str
    mention: str
    at: datetime


def name(topic: str, noticed: datetime) -> str:
    """The id of the incident about ``topic`` that was noticed then; no case is called so."""
    return _PREFIX + hashlib.blake2s(f"{topic}\0{stamp(noticed)}".encode(), digest_size=4).hexdigest()


def named(case: str) -> bool:
    """Whether what a page or a message is about is an incident and no case."""
    return case.startswith(_PREFIX)


def index(db: sqlite3.Connection, post: About, subjects: Sequence[str]) -> None:
    """Note what a post asks about, and from when on, in place of what was known of it."""
    db.execute("delete from topic_post where source = ? and mention = ?", (post.source, post.mention))
    db.executemany(
        "insert into topic_post values (?, ?, ?, ?, ?, ?)",
        [(each, stamp(post.at), post.source, post.thread, post.author, post.mention) for each in subjects],
    )


def asked(db: sqlite3.Connection, source: str, mentions: Iterable[str]) -> dict[str, Asked]:
    """Those of these posts that ask, by id."""
    found: dict[str, tuple[datetime, datetime, set[str]]] = {}
    for mention in mentions:
        rows = db.execute(
            "select t.topic, t.at, m.first_seen from topic_post t join mention m on m.source = t.source"
            " and m.id = t.mention where t.source = ? and t.mention = ?",
            (source, mention),
        )
        for row in rows:
            at = instant(row["at"])
            found.setdefault(mention, (at, max(at, instant(row["first_seen"])), set()))[2].add(row["topic"])
    return {mention: Asked(at, seen, frozenset(subjects)) for mention, (at, seen, subjects) in found.items()}


def asked_of(db: sqlite3.Connection, told: Iterable[About]) -> dict[tuple[str, str], Asked]:
    """The same for posts of any source, by (source, id)."""
    return {
        (post.source, mention): one for post in told for mention, one in asked(db, post.source, [post.mention]).items()
    }


def asking(db: sqlite3.Connection) -> Iterator[tuple[Key, str]]:
    """Every (source, thread) and author that has asked anything."""
    rows = db.execute("select distinct source, thread, author from topic_post order by 1, 2, 3").fetchall()
    return (((row["source"], row["thread"]), row["author"]) for row in rows)


def authors(db: sqlite3.Connection, matter: Matter, after: datetime, until: datetime) -> int:
    """How many authors asked about a matter after one instant and up to another whom no incident holds."""
    row = db.execute(
        f"select count(distinct source || char(0) || author) from ({_about(matter)}) t"  # noqa: S608 - ours
        ' where not exists (select 1 from "case" c join member m on m."case" = c.id and m.waits = 1'
        " join incident i on i.id = m.incident and i.needed > 0"
        " where c.source = t.source and c.thread = t.thread and c.author = t.author)",
        (*matter.subjects, stamp(after), stamp(until), matter.least),
    ).fetchone()
    return int(row[0])


def author_windows(db: sqlite3.Connection, matter: Matter, after: datetime, until: datetime, seconds: float) -> int:
    """The same, but an author counts anew in each window of so many ``seconds``, and who was in an incident never."""
    row = db.execute(
        f"select count(distinct source || char(0) || author || char(0) || {_NUMBER})"  # noqa: S608 - ours
        f' from ({_about(matter)}) t where not exists (select 1 from "case" c join member m on m."case" = c.id'
        " join incident i on i.id = m.incident and i.needed > 0"
        " where c.source = t.source and c.thread = t.thread and c.author = t.author)",
        (seconds, *matter.subjects, stamp(after), stamp(until), matter.least),
    ).fetchone()
    return int(row[0])


def first_heard(db: sqlite3.Connection) -> datetime | None:
    """When the first post was posted that asks anything."""
    return maybe_instant(db.execute("select min(at) from topic_post").fetchone()[0])


def nth_author(db: sqlite3.Connection, matter: Matter, after: datetime, place: int) -> datetime | None:
    """When the author at ``place`` spoke last about a matter, the latest being 0; None if there is none."""
    row = db.execute(
        f"select max(at) as last from ({_about(matter)}) group by source, author order by last desc limit 1 offset ?",  # noqa: S608 - ours
        (*matter.subjects, stamp(after), _EVER, matter.least, place),
    ).fetchone()
    return None if row is None else instant(row["last"])


def about(db: sqlite3.Connection, matter: Matter, after: datetime, limit: int = -1) -> list[About]:
    """Posts about a matter after an instant, in time order."""
    rows = db.execute(
        f"{_about(matter)} order by at, source, mention limit ?",
        (*matter.subjects, stamp(after), _EVER, matter.least, limit),
    )
    return [About(row["source"], row["thread"], row["author"], row["mention"], instant(row["at"])) for row in rows]


def subjects_between(db: sqlite3.Connection, subject: str, after: datetime, until: datetime) -> list[frozenset[str]]:
    """What the posts with this subject are about, each post one set."""
    found: dict[tuple[str, str], set[str]] = {}
    rows = db.execute(
        "select a.source, a.mention, b.topic from topic_post a join topic_post b on b.source = a.source"
        " and b.mention = a.mention where a.topic = ? and a.at > ? and a.at <= ?",
        (subject, stamp(after), stamp(until)),
    )
    for row in rows:
        found.setdefault((row["source"], row["mention"]), set()).add(row["topic"])
    return list(map(frozenset, found.values()))


def _about(matter: Matter) -> str:
    return _ABOUT.format(marks=", ".join("?" * len(matter.subjects)))


def put(db: sqlite3.Connection, incident: Incident, next_due: datetime | None, post: Key | None = None) -> None:
    """Store an incident in place of what was known of it; its messages no longer show it.

    Args:
        db: the connection.
        incident: the incident.
        next_due: when it changes by itself.
        post: the post of ours that announced it, where it is new.
    """
    db.execute(
        "insert into incident (id, topic, began, noticed, needed, calm, over, announced, post_source, post_id,"
        " next_due, revision) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) on conflict (id) do update set"
        " began = excluded.began, noticed = excluded.noticed, needed = excluded.needed, calm = excluded.calm,"
        " over = excluded.over, next_due = excluded.next_due, revision = revision + 1",
        (
            incident.id,
            incident.topic,
            stamp(incident.began),
            stamp(incident.noticed),
            incident.needed,
            _maybe(incident.calm),
            _maybe(incident.over),
            _maybe(incident.announced),
            *(post or (None, None)),
            _maybe(next_due),
        ),
    )
    outdate(db, incident.id, revise=False)


def outdate(db: sqlite3.Connection, incident: str, *, revise: bool = True) -> None:
    """The incident or its members have changed: its messages no longer show it."""
    if revise:
        db.execute("update incident set revision = revision + 1 where id = ?", (incident,))
    db.execute('update message set stale = 1 where "case" = ?', (incident,))


def look_again(db: sqlite3.Connection, incident: str, next_due: datetime | None) -> None:
    """Note when an incident changes by itself."""
    db.execute("update incident set next_due = ? where id = ?", (_maybe(next_due), incident))


def get(db: sqlite3.Connection, incident: str) -> tuple[Incident, int] | None:
    """The incident called so, and its revision."""
    row = db.execute("select * from incident where id = ?", (incident,)).fetchone()
    return None if row is None else (_incident(db, row), row["revision"])


def starting_with(db: sqlite3.Connection, prefix: str) -> list[Incident]:
    """Incidents whose id begins with ``prefix``, at most two."""
    rows = db.execute("select * from incident where id >= ? and id < ? limit 2", (prefix, prefix + "\U0010ffff"))
    return [_incident(db, row) for row in rows]


def rising(db: sqlite3.Connection) -> list[Incident]:
    """The incidents that are not calm yet."""
    return [_incident(db, row) for row in db.execute("select * from incident where calm is null order by noticed, id")]


def taking(db: sqlite3.Connection, at: datetime) -> list[Incident]:
    """The incidents that may take in what was posted at ``at`` or later."""
    rows = db.execute("select * from incident where calm is null or calm >= ? order by noticed, id", (stamp(at),))
    return [_incident(db, row) for row in rows]


def due(db: sqlite3.Connection, now: datetime) -> list[Incident]:
    """Incidents that change by themselves by ``now``."""
    return [_incident(db, row) for row in db.execute("select * from incident where next_due <= ?", (stamp(now),))]


def next_due(db: sqlite3.Connection) -> datetime | None:
    """The earliest instant at which any incident changes by itself."""
    return maybe_instant(db.execute("select min(next_due) from incident where next_due is not null").fetchone()[0])


def every(db: sqlite3.Connection, *, running: bool = False) -> list[Incident]:
    """All incidents, or those that are not over, as they were noticed."""
    where = " where over is null" if running else ""
    rows = db.execute(f"select * from incident{where} order by noticed, id")  # noqa: S608 - ours
    return [_incident(db, row) for row in rows]


def add_act(db: sqlite3.Connection, incident: str, act: Act, via: str) -> None:
    """Append what a person did about an incident as a whole."""
    db.execute(
        "insert into incident_act (incident, act, person, at, until, note, via) values (?, ?, ?, ?, ?, ?, ?)",
        (incident, act.act, act.by, stamp(act.at), _maybe(act.until), act.note, via),
    )


def acts(db: sqlite3.Connection, incident: str) -> list[Act]:
    """What people did about an incident as a whole, in the order it was noted."""
    rows = db.execute("select * from incident_act where incident = ? order by id", (incident,))
    return [
        Act(row["act"], row["person"], instant(row["at"]), row["note"], until=maybe_instant(row["until"]))
        for row in rows
    ]


def acts_after(db: sqlite3.Connection, last: int) -> tuple[list[str], int]:
    """The incidents of the acts appended after number ``last``, and the number of the newest one."""
    rows = db.execute("select id, incident from incident_act where id > ? order by id", (last,)).fetchall()
    return list(dict.fromkeys(row["incident"] for row in rows)), rows[-1]["id"] if rows else last


def state(db: sqlite3.Connection, incident: str, post: Key, at: datetime) -> None:
    """A post of ours (source, id) speaks of the incident in public."""
    db.execute("insert into statement values (?, ?, ?, ?) on conflict do nothing", (incident, *post, stamp(at)))


def statement(db: sqlite3.Connection, incident: str) -> Key | None:
    """Our first post (source, id) that speaks of the incident in public."""
    row = db.execute(
        "select source, mention from statement where incident = ? order by at, source, mention limit 1", (incident,)
    ).fetchone()
    return None if row is None else (row["source"], row["mention"])


def announced_by(db: sqlite3.Connection, post: Key) -> str | None:
    """The incident that this post of ours (source, id) announced."""
    row = db.execute("select id from incident where post_source = ? and post_id = ?", post).fetchone()
    return None if row is None else str(row["id"])


def announcement(db: sqlite3.Connection, incident: str) -> Key | None:
    """The post of ours (source, id) that announced the incident."""
    row = db.execute("select post_source, post_id from incident where id = ?", (incident,)).fetchone()
    return None if row is None or row["post_id"] is None else (row["post_source"], row["post_id"])


def announced_at(db: sqlite3.Connection, source: str) -> list[Incident]:
    """The incidents that posts of this source announced and that are not calm yet, the latest first."""
    rows = db.execute(
        "select * from incident where post_source = ? and calm is null order by announced desc, id", (source,)
    )
    return [_incident(db, row) for row in rows]


def settle(db: sqlite3.Connection, case: Case, found: Mapping[str, tuple[str, datetime]]) -> set[str]:
    """These silences of a case belong to these incidents since then, and no others. Returns which incidents changed."""
    rows = db.execute('select silence, incident, joined from member where "case" = ?', (case.id,)).fetchall()
    known = {row["silence"]: (str(row["incident"]), instant(row["joined"])) for row in rows}
    if known == dict(found):
        return set()
    db.execute('delete from member where "case" = ?', (case.id,))
    db.executemany(
        'insert into member ("case", silence, incident, joined, waits) values (?, ?, ?, ?, 1)',
        [(case.id, silence, incident, stamp(joined)) for silence, (incident, joined) in found.items()],
    )
    saw(db, case.id, case)
    return {incident for incident, _ in (*known.values(), *found.values())}


def saw(db: sqlite3.Connection, case_id: str, case: Case | None) -> None:
    """How the silences of a case ended that incidents hold; of a case of which nothing is left, all are withdrawn."""
    for row in db.execute('select silence from member where "case" = ?', (case_id,)).fetchall():
        ended, at = "withdrawn", None
        for silence in () if case is None else case.silences:
            if silence.after == row["silence"]:
                ended = "" if silence.ended is None else silence.ended.how.value
                at = None if silence.ended is None else silence.ended.at
        db.execute(
            'update member set waits = ?, ended = ?, ended_at = ? where "case" = ? and silence = ?',
            (not ended, ended, _maybe(at), case_id, row["silence"]),
        )


def holding(db: sqlite3.Connection, case: str, silence: str) -> str | None:
    """The incident that stands for the pages of a silence."""
    row = db.execute(
        "select incident from member join incident on incident.id = member.incident"
        ' where "case" = ? and silence = ? and needed > 0',
        (case, silence),
    ).fetchone()
    return None if row is None else str(row["incident"])


def holds_any(db: sqlite3.Connection, case: str) -> bool:
    """Whether an incident stands for pages of this case now."""
    row = db.execute(
        'select 1 from member join incident on incident.id = member.incident where "case" = ? and waits = 1'
        " and needed > 0",
        (case,),
    ).fetchone()
    return row is not None


def any_at_all(db: sqlite3.Connection) -> bool:
    """Whether there ever was an incident."""
    return db.execute("select 1 from incident limit 1").fetchone() is not None


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


def waiting(db: sqlite3.Connection, incident: str, limit: int, until: datetime | None = None) -> list[Member]:
    """Members that still wait: the worst first, then the nearest deadline; those only that had joined by ``until``."""
    return _members(db, "m.waits = 1 and m.joined <= ?", incident, limit, _EVER if until is None else stamp(until))


def settled(db: sqlite3.Connection, incident: str, limit: int = -1) -> list[Member]:
    """Members that wait no more, the worst first."""
    return _members(db, "m.waits = 0 and m.joined <= ?", incident, limit, _EVER)


def _members(db: sqlite3.Connection, where: str, incident: str, limit: int, until: str) -> list[Member]:
    rows = db.execute(
        'select c.*, m.ended from member m join "case" c on c.id = m."case"'  # noqa: S608 - ours
        f" where {where} and m.incident = ?"
        " order by c.severity desc, c.deadline is null, c.deadline, c.since, c.id limit ?",
        (until, incident, limit),
    )
    return [
        Member(
            *(row["id"], row["source"], row["author"], Severity(row["severity"])),
            *(instant(row["since"]), maybe_instant(row["deadline"]), row["ended"]),
        )
        for row in rows
    ]


def count(db: sqlite3.Connection, incident: str) -> tuple[int, int]:
    """How many members an incident has had, and how many of them still wait."""
    row = db.execute("select count(*), coalesce(sum(waits), 0) from member where incident = ?", (incident,)).fetchone()
    return int(row[0]), int(row[1])


def count_answered(db: sqlite3.Connection, incident: str) -> int:
    """How many of its members were told something: answered in public or elsewhere."""
    row = db.execute("select count(*) from member where incident = ? and ended = 'answered'", (incident,)).fetchone()
    return int(row[0])


def last_joined(db: sqlite3.Connection, incident: str) -> datetime | None:
    """When the last of its members joined."""
    return maybe_instant(db.execute("select max(joined) from member where incident = ?", (incident,)).fetchone()[0])


def last_ended(db: sqlite3.Connection, incident: str) -> datetime | None:
    """When the last of its members was answered or dismissed, as far as that is known."""
    return maybe_instant(db.execute("select max(ended_at) from member where incident = ?", (incident,)).fetchone()[0])


def forget_words(db: sqlite3.Connection, post: Key) -> None:
    """Forget which words and links a post (source, id) shared with others."""
    db.execute(
        "delete from topic_post where source = ? and mention = ? and (topic glob ? or topic glob ?)",
        (*post, WORD + "*", LINK + "*"),
    )


def forget_derived(db: sqlite3.Connection) -> None:
    """Throw away what can be made again: who is a member, what posts are about, and what follows from these."""
    for statement in (
        "delete from member",
        "delete from topic_post",
        "update incident set over = null, next_due = null",
    ):
        db.execute(statement)


def sources(db: sqlite3.Connection, incident: str) -> list[str]:
    """The places its members were heard at."""
    rows = db.execute(
        'select distinct c.source from member m join "case" c on c.id = m."case" where m.incident = ? order by 1',
        (incident,),
    )
    return [row["source"] for row in rows]


def _maybe(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _incident(db: sqlite3.Connection, row: sqlite3.Row) -> Incident:
    return Incident(
        id=row["id"],
        topic=row["topic"],
        began=instant(row["began"]),
        noticed=instant(row["noticed"]),
        needed=row["needed"],
        calm=maybe_instant(row["calm"]),
        over=maybe_instant(row["over"]),
        announced=maybe_instant(row["announced"]),
        holds=held_by(acts(db, row["id"])),
    )
