"""Pages to whoever stands behind a name: who is on call in a rota, or the channel in which a user group is called.

Resolved when the page's turn to be sent comes; it is settled, and the same page owed to them, in one unit of work.
Sends nothing.
"""

import sqlite3
from dataclasses import replace
from datetime import datetime

from monitor.rotas import ONCALL
from monitor.second_way import WAKE
from monitor.settings import first_channel
from monitor.setup import Setup
from monitor.store import cases, overrides, pages
from monitor.store.pages import PageRow
from rules.model import Page

HANDED_ON = "handed on"


def to_rota(db: sqlite3.Connection, page: PageRow, setup: Setup, now: datetime) -> bool:
    """Owe a page to a rota to whoever is on call now, and to what wakes them; False, and nothing done, if nobody is."""
    name = page.recipient.removeprefix(ONCALL)
    made = [one.shift for one in overrides.of(db, now) if one.rota == name]
    person = setup.on_call(name, made, now)
    if person is None:
        return False
    woken = page.severity in setup.wakes.get(person, ())
    to = (f"@{person}", *[f"{WAKE}{person}"] * woken)
    _hand_on(db, page, [readdressed(page, each) for each in to], now)
    return True


def to_group(db: sqlite3.Connection, page: PageRow, group: str, setup: Setup, now: datetime) -> None:
    """Owe a page to a user group (``S...`` in Slack) to the channel of its case, where the group is called.

    That is the first channel of the case's policy, or of the incident's recipients, else where cases appear.
    """
    row = cases.get(db, page.case or "")
    steps = setup.pinned(db, row.policy, row.opened_at).steps if row is not None else ()
    ladder = [to for step in steps for to in step.to] or (setup.incident.to if setup.incident else ())
    channel = first_channel(ladder) or setup.channel
    # The group is part of its name: the channel may be owed a page of the same step beside it.
    named = readdressed(page, f"{channel} {page.recipient}")
    _hand_on(db, page, [replace(named, recipient=channel, calls=group)], now)


def _hand_on(db: sqlite3.Connection, page: PageRow, to: list[PageRow], now: datetime) -> None:
    pages.settle(db, [page.delivery], HANDED_ON, now)
    # In doubt is only what a restored backup owes: the other copy may have handed it on already.
    pages.owe(db, [replace(each, doubts=page.doubts) for each in to])


def readdressed(page: PageRow, to: str) -> PageRow:
    """The same page of a case, owed to somebody else."""
    delivery = replace(page_of(page), to=to).delivery
    return replace(page, delivery=delivery, recipient=to, calls=None, attempts=0, doubts=0, not_before=None)


def page_of(row: PageRow) -> Page:
    """The page as ``rules/`` knows it."""
    return Page(row.case or "", row.silence, row.round, row.step, row.recipient, row.due, row.why)
