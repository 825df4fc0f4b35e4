"""Which cases people said are one person's. Each saying is an act on both sides; the last one of a pair counts."""

import sqlite3

from rules.model import case_id

_MOST = 20
"""Cases that hang together; nobody links more by hand, and each is shown."""


def of(db: sqlite3.Connection, case: str) -> list[str]:
    """Ids of the cases that are linked to ``case`` itself, in the order they were."""
    rows = db.execute(
        "select act, source, thread, author from act where holder = ? and act in ('link', 'unlink') order by id",
        (case,),
    )
    found: dict[str, None] = {}
    for row in rows:
        other = case_id(row["source"], row["thread"], row["author"])
        found.pop(other, None)
        if row["act"] == "link":
            found[other] = None
    return list(found)


def together(db: sqlite3.Connection, case: str) -> list[str]:
    """Ids of the other cases that hang together with ``case``, also over others between, the nearest first."""
    found = [case]
    for each in found:
        found += [other for other in of(db, each) if other not in found]
        if len(found) > _MOST:
            break
    return found[1 : _MOST + 1]
