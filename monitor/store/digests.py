"""Digests: which cases were gathered for whom, and when. What became of a digest itself stands with the pages."""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.store import cases
from monitor.store.cases import CaseRow
from monitor.store.sqlite import instant, stamp

_PREFIX = "d-"


@dataclass(frozen=True, slots=True)
class Gathered:
    """A digest that is to be owed."""

    name: str
    at: datetime
    recipient: str
    cases: int


def name(recipient: str) -> str:
    """What a page is about that is a digest for ``recipient``; no case is called so."""
    return _PREFIX + hashlib.blake2s(recipient.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()


def named(case: str) -> bool:
    """Whether what a page is about is a digest and no case."""
    return case.startswith(_PREFIX)


def gather(db: sqlite3.Connection, case: str, at: datetime, recipients: Iterable[str]) -> None:
    """The digests of ``at`` for these recipients tell of a case."""
    for recipient in recipients:
        digest = (name(recipient), stamp(at))
        db.execute("insert or ignore into digest values (?, ?, ?, 0)", (*digest, recipient))
        db.execute("insert or ignore into gathered values (?, ?, ?)", (*digest, case))


def not_owed(db: sqlite3.Connection) -> list[Gathered]:
    """Digests for which no page is owed yet."""
    rows = db.execute(
        "select d.name, d.at, d.recipient, count(*) as cases from digest d"
        " join gathered g on g.name = d.name and g.at = d.at where d.owed = 0 group by d.name, d.at"
    )
    return [Gathered(row["name"], instant(row["at"]), row["recipient"], row["cases"]) for row in rows]


def owed(db: sqlite3.Connection, digest: Gathered) -> None:
    """A page is owed for a digest."""
    db.execute("update digest set owed = 1 where name = ? and at = ?", (digest.name, stamp(digest.at)))


def waiting(db: sqlite3.Connection, digest: str, at: datetime) -> list[CaseRow]:
    """Cases that were gathered for a digest and still wait: the nearest deadline first."""
    rows = db.execute(
        'select c.* from gathered g join "case" c on c.id = g."case" where g.name = ? and g.at = ?'
        " and c.status = 'waiting' order by c.deadline is null, c.deadline, c.since, c.id",
        (digest, stamp(at)),
    )
    return [cases.from_row(row) for row in rows]


def telling(db: sqlite3.Connection, case: str) -> list[tuple[datetime, str, str]]:
    """When and for whom a case was gathered, and what became of that digest; ``owed`` until it is settled."""
    rows = db.execute(
        "select d.at, d.recipient, coalesce(p.outcome, 'owed') as outcome from gathered g"
        " join digest d on d.name = g.name and d.at = g.at"
        ' left join page p on p."case" = d.name and p.due = d.at and p.recipient = d.recipient'
        ' where g."case" = ? order by d.at, d.recipient',
        (case,),
    )
    return [(instant(row["at"]), row["recipient"], row["outcome"]) for row in rows]
