"""Linking by hand: people say that two cases are one person's. Harken never finds that out by itself, nor tries.

A link shows the cases in each other's messages and counts their histories together. It answers nothing: each case keeps
its own clock.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.review import derive
from monitor.setup import Setup
from monitor.slack.links import Linked
from monitor.store import cases, links, posts
from monitor.store.cases import CaseRow
from rules import recovery
from rules.model import Act

LINK, UNLINK = "link", "unlink"


def note(db: sqlite3.Connection, one: CaseRow, other: CaseRow, act: Act, via: str) -> bool:
    """Append that two cases are one person's, or that they are not, to what people did about each.

    Args:
        db: the unit of work.
        one: a case.
        other: another one.
        act: ``link`` or ``unlink``; whom it is about is filled in.
        via: from where it was said.

    Returns:
        False where nothing is noted, because it is so already.
    """
    if one.id == other.id or (other.id in links.of(db, one.id)) is (act.act == LINK):
        return False
    for about, to in ((one, other), (other, one)):
        said = Act(act.act, act.by, act.at, act.note, to=to.id)
        posts.add_act(db, said, about.thread_key, about.author, via)
    return True


def rows(db: sqlite3.Connection, case: str) -> list[CaseRow]:
    """The cases that hang together with ``case``, the nearest first."""
    return [row for other in links.together(db, case) if (row := cases.get(db, other)) is not None]


def shown(db: sqlite3.Connection, others: Sequence[CaseRow], setup: Setup, now: datetime) -> tuple[Linked, ...]:
    """How linked cases stand, for messages."""
    found = []
    for row in others:
        case = derive(db, row)
        if case is not None:
            status = recovery.status(case, now, setup.pinned(db, row.policy, row.opened_at))
            standing = case.standing
            found.append(Linked(row.id, row.source, row.author, status, standing.severity, standing.settled))
    return tuple(found)
