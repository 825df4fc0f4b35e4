"""From facts to cases, and from cases to pages owed: the bridge between the store and ``rules/``.

It derives, it never sends. All it writes apart from the pages owed can be thrown away and made again (``rebuild``).
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from monitor import quiets
from monitor.setup import Setup
from monitor.slack import words
from monitor.store import cases, digests, drills, incidents, links, meta, pages, posts, sources
from monitor.store.cases import CaseRow
from monitor.store.pages import PageRow
from monitor.store.posts import Key
from monitor.store.sqlite import Store
from rules import digest, escalation, recovery, silence
from rules.hearing import Coverage, hearing
from rules.model import Case, Page, Policy, Status

CHUNK = 100
"""Threads reviewed in one unit of work."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What became of some threads."""

    owed: int
    """Pages newly owed."""
    changed: tuple[str, ...]
    """Ids of the cases that are not what they were."""


def review(
    db: sqlite3.Connection, threads: Sequence[Key], now: datetime, setup: Setup, *, retold: Collection[Key] = ()
) -> Reviewed:
    """Derive every case of ``threads`` (source, thread) anew and note the pages they owe at ``now``.

    Args:
        db: the connection of the unit of work that stored what changed.
        threads: which threads.
        now: the present instant.
        setup: what is in force.
        retold: those of the threads in which a post's text changed, so that messages show it.
    """
    known = cases.of_threads(db, threads)
    coverage: dict[str, Coverage] = {}
    look_before = meta.look_before(db)
    owed, changed = 0, []
    for key in threads:
        rows = known.get(key, {})
        derived = silence.cases(*key, posts.thread(db, key), posts.acts(db, key))
        for author, case in derived.items():
            row = rows.get(author) or _open(db, case, setup)
            policy = quiets.held_back(db, setup.pinned(db, row.policy, row.opened_at), row, case)
            if row.via not in coverage:
                coverage[row.via] = sources.get(db, row.via).coverage
            due, next_due = _owed(case, policy, now, coverage[row.via])
            owed += pages.owe(db, (_page_row(page, case, coverage[row.via], look_before) for page in due))
            _gather(db, case, policy, now, coverage[row.via])
            now_is = _derived(row, case, policy, now, next_due)
            altered = key in retold or now_is.derived != row.derived
            if altered:
                changed.append(case.id)
                incidents.saw(db, case.id, case)
                for each in (case.id, *links.together(db, case.id)):
                    pages.outdate(db, each)
            if altered or next_due != row.next_due:
                cases.put(db, replace(now_is, revision=row.revision + altered))
        for author in rows.keys() - derived.keys():
            _void(db, rows[author])
    return Reviewed(owed, tuple(changed))


def rebuild(store: Store, now: datetime, setup: Setup) -> None:
    """Derive every case of every thread anew, a chunk at a time."""
    with store.read() as db:
        threads = cases.every_thread(db)
    for chunk in chunks(threads):
        with store.write("rebuild") as db:
            review(db, chunk, now, setup)


def chunks(threads: Iterable[Key]) -> Iterator[list[Key]]:
    """``threads`` in pieces that fit one unit of work."""
    left = iter(threads)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def derive(db: sqlite3.Connection, row: CaseRow) -> Case | None:
    """The case of ``row`` from its facts; None where its posts are no longer what made it."""
    key = row.thread_key
    return silence.cases(*key, posts.thread(db, key), posts.acts(db, key)).get(row.author)


def _open(db: sqlite3.Connection, case: Case, setup: Setup) -> CaseRow:
    """A row for a case that was not known: its facts, pinned."""
    first = case.silences[0]
    key = (case.source, first.words[0])
    heard = posts.find(db, [key])[key]
    chosen = setup.policy_for(setup.opening(heard, first.severities[0][1]), heard.verdict.route)
    drilled = drills.policy(db, case.thread) if case.source == drills.SOURCE else None
    return CaseRow(
        id=case.id,
        source=case.source,
        thread=case.thread,
        author=case.author,
        via=heard.via,
        opened_at=first.start,
        opened_by=first.words[0],
        policy=drilled or setup.pin(db, chosen.policy),
        chosen=words.CHOSEN_DRILL if drilled else chosen.why,
        status=Status.WAITING,
        severity=first.severity,
        since=first.start,
        deadline=None,
        next_due=None,
        revision=0,
        derived="",
    )


def _owed(case: Case, policy: Policy, now: datetime, coverage: Coverage) -> tuple[Sequence[Page], datetime | None]:
    """The pages the case's present silence owes at ``now``, and when to look at it next."""
    due, next_due = escalation.wanted(case, policy, now)
    if due and case.waiting is not None and not hearing(case.waiting, coverage).may_page:
        return (), due[0].due
    return due, next_due


def _gather(db: sqlite3.Connection, case: Case, policy: Policy, now: datetime, coverage: Coverage) -> None:
    """Let the latest digest tell of the case, if it is to be told so."""
    waiting = case.waiting
    if waiting is None or waiting.severity not in policy.digest or not hearing(waiting, coverage).may_page:
        return
    found = digest.latest(case, policy, now, posts.first_seen(db, (case.source, waiting.words[0])))
    if found is not None:
        digests.gather(db, case.id, found.at, found.to)


def _page_row(page: Page, case: Case, coverage: Coverage, look_before: datetime | None) -> PageRow:
    waiting = case.silences[-1]
    return PageRow(
        delivery=page.delivery,
        case=page.case,
        silence=page.silence,
        round=page.round,
        step=page.step,
        recipient=page.to,
        due=page.due,
        why=page.why,
        mention=waiting.words[0],
        severity=waiting.severity,
        blind_since=hearing(waiting, coverage).blind_since,
        doubts=int(look_before is not None and page.due <= look_before),
    )


def _derived(row: CaseRow, case: Case, policy: Policy, now: datetime, next_due: datetime | None) -> CaseRow:
    """``row`` with everything that follows from the facts."""
    last, standing = case.silences[-1], case.standing
    status = recovery.status(case, now, policy)
    quiet = next((span.end for span in policy.quiet if span.start <= now < span.end), "")
    lease = escalation.lease(case, policy, now)
    holding = "" if lease is None else f"{lease.holder} {lease.start} {lease.end}"
    duty = recovery.running(case, policy)
    linked = "".join(f"|{link.case} {link.same}" for link in case.links)
    holding = f"{holding}|{quiet}" if quiet else holding
    endings = "|".join(ending.id for ending in (last.ended, case.settled) if ending is not None)
    told: list[object] = [
        status,
        last.after,
        len(last.words),
        last.words[0],
        last.severity,
        last.chased,
        holding,
        endings,
    ]
    if last.ended is not None:
        told += [duty and f"{duty.id} {duty.due}", len(last.deeds), len(last.later), last.thanked]
    return replace(
        row,
        status=status,
        severity=standing.severity,
        since=standing.start,
        deadline=escalation.deadline(standing, policy),
        next_due=next_due,
        derived="|".join(map(str, told)) + linked,
        owed="" if duty is None else duty.owed.value,
        owed_due=None if duty is None else duty.due,
    )


def _void(db: sqlite3.Connection, row: CaseRow) -> None:
    """Nothing is left of this case: its author turned out to speak for us, or its posts belong to another thread."""
    if row.derived != cases.VOID:
        cases.void(db, row.id)
        incidents.saw(db, row.id, None)
        pages.outdate(db, row.id)
