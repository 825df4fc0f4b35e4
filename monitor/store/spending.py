"""What reading each source has cost, month by month."""

import sqlite3
from dataclasses import dataclass

from connectors import NOTHING_SPENT, Spent


@dataclass(frozen=True, slots=True)
class Spending:
    """What one source has cost in one calendar month."""

    spent: Spent = NOTHING_SPENT
    told: int = 0
    """The level, in per cent of its budget, that the operators know of."""


def get(db: sqlite3.Connection, source: str, month: str) -> Spending:
    """What ``source`` has cost in ``month``, such as ``2026-11``."""
    row = db.execute("select * from spending where source = ? and month = ?", (source, month)).fetchone()
    return Spending() if row is None else Spending(Spent(row["requests"], row["reads"], row["price"]), row["told"])


def add(db: sqlite3.Connection, source: str, month: str, spent: Spent) -> None:
    """``source`` has cost so much more in ``month``."""
    db.execute(
        "insert into spending (source, month, requests, reads, price) values (?, ?, ?, ?, ?) on conflict do update"
        " set requests = requests + excluded.requests, reads = reads + excluded.reads, price = price + excluded.price",
        (source, month, spent.requests, spent.reads, spent.price),
    )


def tell(db: sqlite3.Connection, source: str, month: str, level: int) -> None:
    """The operators are told that ``level`` per cent are spent."""
    db.execute("update spending set told = ? where source = ? and month = ?", (level, source, month))
