"""What is known of a case's customer beside the case: the facts behind ``rules.past``, and no more than a few of them.

A customer is an account at one source. Nothing here looks for the same person anywhere else.
"""

import sqlite3

from monitor.review import derive
from monitor.store import cases
from monitor.store.cases import CaseRow
from rules.model import Case
from rules.past import Past, past

_MOST = 10
"""Other cases that are read: each means reading a thread."""


def past_of(db: sqlite3.Connection, row: CaseRow, case: Case) -> Past:
    """The history of the customer of ``row``, which stands as ``case``."""
    found = [one for one in cases.of_author(db, row.source, row.author, _MOST + 2) if one.id != row.id]
    others = (derive(db, one) for one in found[:_MOST])
    return past(case, filter(None, others), more=len(found) > _MOST)
