"""What is known of a case's customer beside the case: the facts behind ``rules.past``, and no more than a few of them.

A customer is an account at one source, and whatever cases people linked to theirs by hand. Nothing here looks for the
same person anywhere else.
"""

import sqlite3
from collections.abc import Sequence

from monitor.review import derive
from monitor.store import cases
from monitor.store.cases import CaseRow
from rules.model import Case
from rules.past import Past, past

_MOST = 10
"""Other cases that are read: each means reading a thread."""


def past_of(db: sqlite3.Connection, row: CaseRow, case: Case, linked: Sequence[CaseRow] = ()) -> Past:
    """The history of the customer of ``row``.

    Args:
        db: the connection.
        row: their case.
        case: what it stands as.
        linked: other cases that are theirs, as people say, with all that their accounts have been through.
    """
    accounts = dict.fromkeys((one.source, one.author) for one in (row, *linked))
    theirs = [one for account in accounts for one in cases.of_author(db, *account, _MOST + 2) if one.id != row.id]
    theirs.sort(key=lambda one: one.since, reverse=True)
    others = (derive(db, one) for one in theirs[:_MOST])
    return past(case, filter(None, others), more=len(theirs) > _MOST)
