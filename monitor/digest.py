"""Digests at work: owes the page of each, and gathers what it says when it is sent.

Which cases a digest tells of is decided in ``rules.digest`` and noted as a case is reviewed. It is read anew when it is
sent: who was answered meanwhile is in it no more.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.review import derive
from monitor.setup import Setup
from monitor.slack import Message, words
from monitor.slack import digest as render
from monitor.slack.digest import DigestView, Entry
from monitor.store import digests, pages, posts
from monitor.store.cases import CaseRow
from monitor.store.pages import PageRow
from monitor.store.posts import Heard
from rules.leases import held
from rules.model import Case, Page, Policy, Severity
from rules.story import Moment


@dataclass(frozen=True, slots=True)
class Seen:
    """A digest as the outbox sends it. It is told once, and stays as it was."""

    shown: DigestView
    revision = 0
    told = ""

    def news(self, _told: str) -> Sequence[Moment]:
        """Nothing happens to it."""
        return ()

    def message(self, *, repeat: bool = False) -> Message:
        """The digest."""
        return render.message(self.shown, repeat=repeat)

    def page_message(self, _page: Page, *, repeat: bool = False) -> Message:
        """The same: there is nothing it could be a reply to."""
        return self.message(repeat=repeat)

    def plainly(self, _page: Page, *, repeat: bool = False) -> tuple[str, str]:
        """The same as title and plain text."""
        return render.plainly(self.shown, repeat=repeat)


def owe(db: sqlite3.Connection) -> int:
    """Owe the page of every digest that cases were gathered for. Returns how many."""
    found = digests.not_owed(db)
    for digest in found:
        pages.owe(db, [_page(digest)])
        digests.owed(db, digest)
    return len(found)


def _page(digest: digests.Gathered) -> PageRow:
    """Its page: the minute since 1970 tells one digest for the same recipient from the others."""
    minute = int(digest.at.timestamp()) // 60
    why = (words.DIGEST_WHY if digest.cases > 1 else words.DIGEST_WHY_ONE).format(count=digest.cases)
    page = Page(digest.name, "", 0, minute, digest.recipient, digest.at, why)
    return PageRow(page.delivery, page.case, "", 0, minute, page.to, page.due, page.why, None, Severity.LOW, None)


def seen(db: sqlite3.Connection, name: str, at: datetime, setup: Setup, now: datetime) -> Seen:
    """Gather what the digest of ``at`` says at ``now``: who still waits, and is still to be told in a digest."""
    waiting = [row for row in digests.waiting(db, name, at) if _gathered(db, row, setup)]
    derived = [(row, derive(db, row)) for row in waiting[: render.most(controls=setup.controls)]]
    cases = [(row, case) for row, case in derived if case is not None and case.waiting is not None]
    heard = posts.find(db, [(row.source, case.silences[-1].words[0]) for row, case in cases])
    listed = tuple(
        _entry(
            row, case, heard[row.source, case.silences[-1].words[0]], setup.pinned(db, row.policy, row.opened_at), now
        )
        for row, case in cases
    )
    return Seen(DigestView(at, now, len(waiting), listed, setup.brand, controls=setup.controls))


def _gathered(db: sqlite3.Connection, row: CaseRow, setup: Setup) -> bool:
    return row.severity in setup.pinned(db, row.policy, row.opened_at).digest


def _entry(row: CaseRow, case: Case, opened: Heard, policy: Policy, now: datetime) -> Entry:
    return Entry(
        case=row.id,
        severity=row.severity,
        author=row.author,
        source=row.source,
        topics=opened.verdict.topics,
        since=row.since,
        deadline=row.deadline,
        url=opened.mention.url,
        lease=held(case.silences[-1], policy, now),
    )
