"""Case rows: their facts (key, opening, pinned policy) and what was derived from the posts, kept for speed."""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.store.drills import SOURCE
from monitor.store.posts import Key
from monitor.store.sqlite import instant, maybe_instant, stamp
from rules.model import Severity, Status

VOID = "void"
"""What is derived of a case of which nothing is left."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as it is stored. From ``status`` on everything can be rebuilt from the posts."""

    id: str
    source: str
    thread: str
    author: str
    via: str
    opened_at: datetime
    opened_by: str
    """Id of the post that opened it."""
    policy: str
    """Hash of the policy it was pinned to."""
    chosen: str
    """Why that one."""
    status: Status
    severity: Severity
    since: datetime
    deadline: datetime | None
    next_due: datetime | None
    revision: int
    """Counts what changed, so that a message knows whether it is up to date."""
    derived: str
    owed: str = ""
    """What the customer is owed after an answer; empty if nothing."""
    owed_due: datetime | None = None

    @property
    def thread_key(self) -> Key:
        """(source, thread)."""
        return self.source, self.thread


def put(db: sqlite3.Connection, row: CaseRow) -> None:
    """Store a case in place of what was known of it."""
    db.execute(
        'insert or replace into "case" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        (
            row.id,
            row.source,
            row.thread,
            row.author,
            row.via,
            stamp(row.opened_at),
            row.opened_by,
            row.policy,
            row.status.value,
            int(row.severity),
            stamp(row.since),
            None if row.deadline is None else stamp(row.deadline),
            None if row.next_due is None else stamp(row.next_due),
            row.revision,
            row.derived,
            row.chosen,
            row.owed,
            None if row.owed_due is None else stamp(row.owed_due),
        ),
    )


def void(db: sqlite3.Connection, case_id: str) -> None:
    """Nothing is left of a case: it is withdrawn and changes no more by itself."""
    db.execute(
        'update "case" set status = ?, next_due = null, deadline = null, revision = revision + 1, derived = ?'
        " where id = ?",
        (Status.WITHDRAWN.value, VOID, case_id),
    )


def get(db: sqlite3.Connection, case_id: str) -> CaseRow | None:
    """The case called ``case_id``."""
    row = db.execute('select * from "case" where id = ?', (case_id,)).fetchone()
    return None if row is None else from_row(row)


def starting_with(db: sqlite3.Connection, prefix: str) -> list[CaseRow]:
    """Cases whose id begins with ``prefix``, at most two: enough to tell whether it names one."""
    rows = db.execute('select * from "case" where id >= ? and id < ? limit 2', (prefix, prefix + "\U0010ffff"))
    return [from_row(row) for row in rows]


def of_threads(db: sqlite3.Connection, keys: Sequence[Key]) -> dict[Key, dict[str, CaseRow]]:
    """The cases of these threads (source, thread), by thread and customer."""
    found: dict[Key, dict[str, CaseRow]] = {}
    if keys:
        wanted = ", ".join(["(?, ?)"] * len(keys))
        rows = db.execute(
            f"with wanted (source, thread) as (values {wanted})"  # noqa: S608 - question marks only
            ' select * from wanted join "case" using (source, thread)',
            [part for key in keys for part in key],
        )
        for row in rows:
            found.setdefault((row["source"], row["thread"]), {})[row["author"]] = from_row(row)
    return found


def of_author(db: sqlite3.Connection, source: str, author: str, limit: int) -> list[CaseRow]:
    """An account's cases at one source, the newest silence first."""
    rows = db.execute(
        'select * from "case" where source = ? and author = ? order by since desc limit ?', (source, author, limit)
    )
    return [from_row(row) for row in rows]


def due_threads(db: sqlite3.Connection, now: datetime) -> list[Key]:
    """Threads (source, thread) with a case that changes by itself by ``now``."""
    rows = db.execute('select source, thread from "case" where next_due <= ?', (stamp(now),))
    return list(dict.fromkeys((row["source"], row["thread"]) for row in rows))


def waiting_since(db: sqlite3.Connection, via: str, until: datetime) -> list[str]:
    """Ids of the cases heard through ``via`` whose customers have waited from before ``until``."""
    rows = db.execute(
        'select id from "case" where status = ? and via = ? and since < ?', (Status.WAITING.value, via, stamp(until))
    )
    return [row["id"] for row in rows]


def next_due(db: sqlite3.Connection) -> datetime | None:
    """The earliest instant at which any case changes by itself."""
    return maybe_instant(db.execute('select min(next_due) from "case" where next_due is not null').fetchone()[0])


def every(db: sqlite3.Connection) -> list[CaseRow]:
    """All customers' cases, in the order they opened."""
    rows = db.execute('select * from "case" where source <> ? order by opened_at, id', (SOURCE,))
    return [from_row(row) for row in rows]


def every_thread(db: sqlite3.Connection) -> list[Key]:
    """Every thread (source, thread) that has posts."""
    return [(row[0], row[1]) for row in db.execute("select distinct source, thread from mention")]


def by_clock(db: sqlite3.Connection, statuses: Sequence[Status], limit: int) -> list[CaseRow]:
    """Customers' cases in these states: nearest deadline first, cases without one last."""
    marks = ", ".join("?" * len(statuses))
    rows = db.execute(
        f'select * from "case" where status in ({marks}) and source <> ?'  # noqa: S608 - question marks only
        " order by deadline is null, deadline, since limit ?",
        [*(status.value for status in statuses), SOURCE, limit],
    )
    return [from_row(row) for row in rows]


def count_open(db: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How many customers' cases wait or rest, by state and severity."""
    rows = db.execute(
        "select status, severity, count(*) as found from \"case\" where status in ('waiting', 'resting')"
        " and source <> ? group by status, severity",
        (SOURCE,),
    )
    return {(row["status"], Severity(row["severity"]).word): row["found"] for row in rows}


def oldest_waiting(db: sqlite3.Connection) -> datetime | None:
    """Since when the customer has waited who waits longest."""
    row = db.execute(
        "select since from \"case\" where status = 'waiting' and source <> ? order by since limit 1", (SOURCE,)
    ).fetchone()
    return None if row is None else instant(row["since"])


def count_by_status(db: sqlite3.Connection) -> dict[Status, int]:
    """How many customers' cases there are in each state."""
    rows = db.execute('select status, count(*) from "case" where source <> ? group by status', (SOURCE,))
    return {Status(row[0]): row[1] for row in rows}


def pin(db: sqlite3.Connection, policy: str) -> str:
    """Store a policy's JSON once and return its hash, the name cases are pinned to it by."""
    name = hashlib.sha256(policy.encode()).hexdigest()[:16]
    db.execute("insert or ignore into policy values (?, ?)", (name, policy))
    return name


def repin(db: sqlite3.Connection, key: Key, author: str, policy: str, why: str) -> None:
    """Put the case of ``author`` in a thread (source, thread) under the policy pinned as ``policy``, and say why."""
    db.execute(
        'update "case" set policy = ?, chosen = ? where source = ? and thread = ? and author = ?',
        (policy, why, *key, author),
    )


def pinned(db: sqlite3.Connection, name: str) -> str:
    """The JSON of the policy pinned as ``name``.

    Raises:
        KeyError: there is none.
    """
    row = db.execute("select json from policy where hash = ?", (name,)).fetchone()
    if row is None:
        raise KeyError(name)
    return str(row["json"])


def from_row(row: sqlite3.Row) -> CaseRow:
    """A case as it stands in the database."""
    return CaseRow(
        id=row["id"],
        source=row["source"],
        thread=row["thread"],
        author=row["author"],
        via=row["via"],
        opened_at=instant(row["opened_at"]),
        opened_by=row["opened_by"],
        policy=row["policy"],
        chosen=row["chosen"],
        status=Status(row["status"]),
        severity=Severity(row["severity"]),
        since=instant(row["since"]),
        deadline=maybe_instant(row["deadline"]),
        next_due=maybe_instant(row["next_due"]),
        revision=row["revision"],
        derived=row["derived"],
        owed=row["owed"],
        owed_due=maybe_instant(row["owed_due"]),
    )
