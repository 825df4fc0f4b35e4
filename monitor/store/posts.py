"""Mentions with their verdicts, earlier texts by hash, and what people did: the facts every case is derived from."""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.store.drills import SOURCE
from monitor.store.sqlite import as_json, instant, maybe_instant, stamp
from rules.model import Act, Kind, Mark, Mention, Post, Promise, Reason, Severity, Verdict

Key = tuple[str, str]
"""(source, id) of a mention, or (source, thread) of a thread."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A mention, what the judge said of it, and what the clock makes of it; see ``words`` for what edits added."""

    mention: Mention
    verdict: Verdict
    """On the text as it stands."""
    post: Post
    """Its first text."""
    via: str
    """Name of the configured source it was heard through."""
    first_seen: datetime
    addressed: bool = False
    """The network notified us of it: it was said to us, whatever its words are."""

    @property
    def key(self) -> Key:
        """(source, id)."""
        return self.mention.source, self.mention.id

    @property
    def thread(self) -> Key:
        """(source, thread)."""
        return self.mention.source, self.mention.thread


_COLUMNS = (
    "source, id, thread, author, text, posted_at, reply_to, author_id, author_name, followers, lang, url, via,"
    " first_seen, own, verdict, counts_from, kind, severity, marks, bare, history, gone_at, addressed,"
    " promise_until, promise_phrase"
)
_WORDS = (
    "select id, author, own, posted_at, counts_from, kind, severity, marks, reply_to, gone_at, bare, history,"
    " promise_until, promise_phrase from mention where source = ?1 and {where} = ?2"
    " union all "
    "select m.id, author, own, posted_at, r.counts_from, r.kind, r.severity, r.marks, reply_to, gone_at, r.bare, 0,"
    " promise_until, promise_phrase"
    # A cross join begins with the mentions: who never edits costs one look into an index that holds only words.
    " from mention m cross join revision r on r.source = m.source and r.id = m.id and r.counts_from is not null"
    " where m.source = ?1 and m.{where} = ?2"
    " union all "
    # That it was missed, people say when they see it; it waits from then on, and nobody waits less for it.
    "select m.id, author, own, posted_at, o.at, 'complaint', 1, '', reply_to, gone_at, 0, 0, null, null"
    " from mention m cross join opinion o on o.source = m.source and o.mention = m.id and o.opinion = 'missed'"
    " where m.source = ?1 and m.{where} = ?2"
)
"""A post's first word, every further one that an edit added, and one for each time that people said it was missed."""
_OF_THREAD, _OF_MENTION = _WORDS.format(where="thread"), _WORDS.format(where="id")


def find(db: sqlite3.Connection, keys: Sequence[Key]) -> dict[Key, Heard]:
    """Those of the mentions called ``keys`` (source, id) that are known."""
    if not keys:
        return {}
    # A join, because SQLite does not look up `(a, b) in (values ...)` in an index.
    wanted = ", ".join(["(?, ?)"] * len(keys))
    rows = db.execute(
        f"with wanted (source, id) as (values {wanted}) select {_COLUMNS} from wanted join mention using (source, id)",  # noqa: S608 - only our own column names and question marks
        [part for key in keys for part in key],
    )
    return {(row["source"], row["id"]): _heard(row) for row in rows}


def called(db: sqlite3.Connection, names: Collection[str], source: str | None = None) -> list[Heard]:
    """Posts whose id or address is one of ``names``, of one source if it is given; a slash at its end is nothing.

    Reads every post: for people, who wait for a moment.
    """
    marks = ", ".join("?" * len(names))
    rows = db.execute(
        f"select {_COLUMNS} from mention where (id in ({marks}) or rtrim(url, '/') in ({marks}))"  # noqa: S608 - only our own column names and question marks
        " and source = coalesce(?, source) order by source, id",
        [*names, *names, source],
    )
    return [_heard(row) for row in rows]


def saying(db: sqlite3.Connection, text: str, limit: int) -> list[Key]:
    """Threads (source, thread) in which a post holds ``text``, or its author is called so; the newest first.

    Reads every post: for people, who wait for a moment.
    """
    rows = db.execute(
        "select source, thread from mention"
        " where (instr(lower(text), lower(?1)) or lower(author) = lower(ltrim(?1, '@'))) and source <> ?3"
        " group by source, thread order by max(posted_at) desc limit ?2",
        (text, limit, SOURCE),
    )
    return [(row["source"], row["thread"]) for row in rows]


def count_by_source(db: sqlite3.Connection) -> dict[str, int]:
    """How many posts were heard, by the configured source they were heard through."""
    rows = db.execute("select via, count(*) from mention where via <> ? group by via", (SOURCE,))
    return {row[0]: row[1] for row in rows}


def count_acts(db: sqlite3.Connection) -> dict[str, int]:
    """How often people did what about customers' cases."""
    rows = db.execute("select act, count(*) from act where source <> ? group by act", (SOURCE,))
    return {row[0]: row[1] for row in rows}


def count_since(db: sqlite3.Connection, since: datetime) -> int:
    """How many posts there are from ``since`` on, drills aside."""
    row = db.execute("select count(*) from mention where posted_at >= ? and source <> ?", (stamp(since), SOURCE))
    return int(row.fetchone()[0])


def since(db: sqlite3.Connection, start: datetime) -> Iterator[Heard]:
    """Every post from ``start`` on, both sides, deleted ones too, drills aside; in no special order, few at a time."""
    rows = db.execute(
        f"select {_COLUMNS} from mention where posted_at >= ? and source <> ?",  # noqa: S608 - the same
        (stamp(start), SOURCE),
    )
    return map(_heard, rows)


def first_seen(db: sqlite3.Connection, key: Key) -> datetime:
    """When mention ``key`` (source, id) was first heard."""
    row = db.execute("select first_seen from mention where source = ? and id = ?", key).fetchone()
    return instant(row["first_seen"])


def put(db: sqlite3.Connection, heard: Iterable[Heard]) -> None:
    """Store these mentions, in place of what was known of them."""
    db.executemany(
        f"insert or replace into mention ({_COLUMNS}) values ({', '.join(['?'] * 26)})",  # noqa: S608 - the same
        [_row(one) for one in heard],
    )


def keep_revision(db: sqlite3.Connection, old: Heard, seen: datetime, further: Post | None) -> None:
    """Remember that ``old``'s text was replaced: its hash and its verdict, never the text; and what the edit added."""
    db.execute(
        "insert into revision values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            old.mention.source,
            old.mention.id,
            stamp(seen),
            hashlib.sha256(old.mention.text.encode("utf-8", "surrogatepass")).hexdigest(),
            _verdict_text(old.verdict),
            *((None,) * 5 if further is None else _clock(further)),
        ),
    )


def mark_gone(db: sqlite3.Connection, key: Key, seen: datetime) -> tuple[Key, str] | None:
    """Note that a mention is gone since ``seen``, and forget its text.

    Returns its thread (source, thread) and its author, or None where there is nothing new in that.
    """
    row = db.execute(
        "update mention set text = '', gone_at = ? where source = ? and id = ? and gone_at is null"
        " returning source, thread, author",
        (stamp(seen), *key),
    ).fetchone()
    return None if row is None else ((row["source"], row["thread"]), row["author"])


def thread(db: sqlite3.Connection, key: Key) -> list[Post]:
    """Every word of a thread (source, thread): its posts, and what edits added to them."""
    return [_post(row) for row in db.execute(_OF_THREAD, key)]


def words(db: sqlite3.Connection, key: Key) -> list[Post]:
    """Every word of one mention (source, id)."""
    return [_post(row) for row in db.execute(_OF_MENTION, key)]


def texts(db: sqlite3.Connection, key: Key) -> list[Heard]:
    """Everything said in a thread (source, thread), in time order."""
    rows = db.execute(
        f"select {_COLUMNS} from mention where source = ? and thread = ? order by posted_at, own, id",  # noqa: S608 - the same
        key,
    )
    return [_heard(row) for row in rows]


def earlier(
    db: sqlite3.Connection, whose: Collection[tuple[Key, str]]
) -> dict[tuple[Key, str], list[tuple[str, datetime, str]]]:
    """What these customers have said in these threads: by (source, thread) and author, id, time and text of each."""
    found = {}
    for key, author in whose:
        rows = db.execute(
            "select id, posted_at, text from mention where source = ? and thread = ? and author = ? and own = 0",
            (*key, author),
        )
        if said := [(row["id"], instant(row["posted_at"]), row["text"]) for row in rows]:
            found[key, author] = said
    return found


def of_open_cases(db: sqlite3.Connection, via: str) -> list[str]:
    """Ids of the customers' posts, heard through ``via`` and not gone, in cases that wait or rest; the newest first."""
    rows = db.execute(
        'select m.id from "case" c join mention m on m.source = c.source and m.thread = c.thread'
        " and m.author = c.author where c.status in ('waiting', 'resting') and m.via = ? and m.gone_at is null"
        " order by m.posted_at desc",
        (via,),
    )
    return [row["id"] for row in rows]


def younger(db: sqlite3.Connection, via: str, since: datetime) -> list[str]:
    """Ids of the customers' posts, heard through ``via`` since then and not gone; the newest first."""
    rows = db.execute(
        "select id from mention where via = ? and own = 0 and gone_at is null and posted_at >= ?"
        " order by posted_at desc",
        (via, stamp(since)),
    )
    return [row["id"] for row in rows]


def mark_own(
    db: sqlite3.Connection, responders: Mapping[str, frozenset[str]], statuses: Collection[str] = ()
) -> set[Key]:
    """Bring the stored posts in line with who speaks for us now; returns the threads (source, thread) that changed.

    Args:
        db: the connection.
        responders: source -> handles, lower case, that speak for us there.
        statuses: configured sources of which everything is ours.
    """
    changed: set[Key] = set()
    for row in db.execute("select distinct source, author, via, own from mention").fetchall():
        own = row["via"] in statuses or row["author"].casefold() in responders.get(row["source"], frozenset())
        if own != bool(row["own"]):
            rows = db.execute(
                "update mention set own = ? where source = ? and author = ? and via = ? returning source, thread",
                (own, row["source"], row["author"], row["via"]),
            )
            changed |= {(one["source"], one["thread"]) for one in rows}
    return changed


def add_act(db: sqlite3.Connection, act: Act, thread_key: Key, author: str, via: str) -> None:
    """Append what a person did about the case of ``author`` in a thread."""
    db.execute(
        "insert into act (act, source, thread, author, person, at, note, via, holder, until)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(act.act, *thread_key, author, act.by, stamp(act.at), act.note, via),
            *(act.to or None, None if act.until is None else stamp(act.until)),
        ),
    )


def acts(db: sqlite3.Connection, key: Key) -> dict[str, list[Act]]:
    """What people did in a thread (source, thread), by customer, in the order it was noted."""
    found: dict[str, list[Act]] = {}
    for row in db.execute("select * from act where source = ? and thread = ? order by id", key):
        act = Act(
            *(row["act"], row["person"], instant(row["at"]), row["note"]),
            *(row["holder"] or "", maybe_instant(row["until"])),
        )
        found.setdefault(row["author"], []).append(act)
    return found


def acts_after(db: sqlite3.Connection, last: int) -> tuple[set[Key], int]:
    """The threads of the acts appended after number ``last``, and the number of the newest one."""
    rows = db.execute("select id, source, thread from act where id > ? order by id", (last,)).fetchall()
    return {(row["source"], row["thread"]) for row in rows}, rows[-1]["id"] if rows else last


def moves_after(db: sqlite3.Connection, last: int) -> list[tuple[Key, str, str]]:
    """The acts after number ``last`` that put a case under another policy: its thread, its customer, the policy."""
    rows = db.execute(
        "select source, thread, author, holder from act where act = 'policy' and id > ? order by id", (last,)
    )
    return [((row["source"], row["thread"]), row["author"], row["holder"] or "") for row in rows]


def _post(row: sqlite3.Row) -> Post:
    return Post(
        id=row["id"],
        author=row["author"],
        own=bool(row["own"]),
        posted_at=instant(row["posted_at"]),
        counts_from=instant(row["counts_from"]),
        kind=Kind(row["kind"]),
        severity=Severity(row["severity"]),
        marks=_marks(row["marks"]),
        reply_to=row["reply_to"],
        gone_at=maybe_instant(row["gone_at"]),
        bare=bool(row["bare"]),
        history=bool(row["history"]),
        promise=None if row["promise_until"] is None else Promise(instant(row["promise_until"]), row["promise_phrase"]),
    )


def _heard(row: sqlite3.Row) -> Heard:
    return Heard(
        mention=Mention(
            source=row["source"],
            id=row["id"],
            thread=row["thread"],
            author=row["author"],
            text=row["text"],
            posted_at=instant(row["posted_at"]),
            reply_to=row["reply_to"],
            author_id=row["author_id"],
            author_name=row["author_name"],
            followers=row["followers"],
            lang=row["lang"],
            url=row["url"],
        ),
        verdict=_verdict(row["verdict"]),
        post=_post(row),
        via=row["via"],
        first_seen=instant(row["first_seen"]),
        addressed=bool(row["addressed"]),
    )


def _row(heard: Heard) -> tuple[object, ...]:
    mention, post = heard.mention, heard.post
    return (
        mention.source,
        mention.id,
        mention.thread,
        mention.author,
        mention.text,
        stamp(post.posted_at),
        mention.reply_to,
        mention.author_id,
        mention.author_name,
        mention.followers,
        mention.lang,
        mention.url,
        heard.via,
        stamp(heard.first_seen),
        post.own,
        _verdict_text(heard.verdict),
        *_clock(post),
        post.history,
        None if post.gone_at is None else stamp(post.gone_at),
        heard.addressed,
        *((None, None) if post.promise is None else (stamp(post.promise.until), post.promise.phrase)),
    )


def _clock(word: Post) -> tuple[object, ...]:
    return stamp(word.counts_from), word.kind.value, int(word.severity), " ".join(sorted(word.marks)), word.bare


def _marks(text: str) -> frozenset[Mark]:
    return frozenset(map(Mark, text.split())) if text else frozenset()


def _verdict_text(verdict: Verdict) -> str:
    return as_json(
        {
            "kind": verdict.kind,
            "severity": int(verdict.severity),
            "score": verdict.score,
            "lang": verdict.lang,
            "marks": sorted(verdict.marks),
            "topics": verdict.topics,
            "route": verdict.route,
            "reasons": [(reason.rule, reason.why, reason.weight) for reason in verdict.reasons],
        }
    )


def _verdict(text: str) -> Verdict:
    stored = json.loads(text)
    return Verdict(
        kind=Kind(stored["kind"]),
        severity=Severity(stored["severity"]),
        score=stored["score"],
        lang=stored["lang"],
        marks=frozenset(map(Mark, stored["marks"])),
        topics=tuple(stored["topics"]),
        route=stored["route"],
        reasons=tuple(Reason(*reason) for reason in stored["reasons"]),
    )
