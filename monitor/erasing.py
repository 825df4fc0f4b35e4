"""Forgets people who asked for it, and what is older than the config lets it be kept. Decides nothing about cases.

Terminals append what is asked; the daemon does it, each author in one unit of work. What Slack shows is taken away by
the outbox.
"""

from datetime import datetime, timedelta

import structlog

from monitor.review import review
from monitor.setup import Setup
from monitor.store import erasures, incidents, links, pages
from monitor.store.erasures import Erasure
from monitor.store.sqlite import Store

_CHUNK = 200
"""Threads or posts forgotten in one unit of work."""

_log = structlog.get_logger("harken.erasing")


def carry_out(store: Store, setup: Setup, now: datetime) -> bool:
    """Forget every author of whom it was asked. Returns whether there was one."""
    with store.read() as db:
        asked = erasures.asked(db)
    for erasure in asked:
        _erase(store, setup, erasure, now)
    return bool(asked)


def keep_within(store: Store, others: timedelta | None, cases: timedelta | None, now: datetime) -> int:
    """Forget what is older than it may be kept; returns how many posts that were.

    Args:
        store: where they are.
        others: how long posts in threads without a case are kept; None is for ever.
        cases: how long cases are kept that are over, with their posts; None is for ever.
        now: the present instant.
    """
    total = 0
    while others is not None:
        with store.write("retention") as db:
            erasures.wipe(db)
            old = erasures.old_posts(db, now - others, _CHUNK)
            erasures.forget_posts(db, old, now)
        total += len(old)
        if len(old) < _CHUNK:
            break
    while cases is not None:
        with store.write("retention") as db:
            erasures.wipe(db)
            threads = erasures.old_threads(db, now - cases, _CHUNK)
            ids, posts = erasures.of_threads(db, threads)
            held = erasures.of_incidents(db, ids)
            erasures.forget_cases(db, ids)
            erasures.forget_posts(db, posts, now)
            for incident in sorted(held):
                incidents.outdate(db, incident)
        total += len(posts)
        if len(threads) < _CHUNK:
            break
    if total:
        _log.info("posts were forgotten, as the config says", posts=total)
    return total


def _erase(store: Store, setup: Setup, erasure: Erasure, now: datetime) -> None:
    with store.write("erase") as db:
        erasures.wipe(db)
        posts = erasures.posts_of(db, erasure.author, erasure.source)
        cases = erasures.cases_of(db, erasure.author, erasure.source)
        held = erasures.of_incidents(db, cases)
        erasures.retract(db, cases)
        for other in {other for case in cases for other in links.together(db, case)}:
            pages.outdate(db, other)
        erasures.forget_cases(db, cases)
        erasures.forget_posts(db, erasures.with_replies(db, [(source, post) for source, post, _, _ in posts]), now)
        for source, author in {(source, author) for source, _, _, author in posts}:
            erasures.forget_author(db, source, author, now)
        threads = sorted({(source, thread) for source, _, thread, _ in posts})
        review(db, threads, now, setup, retold=set(threads))
        for incident in sorted(held):
            incidents.outdate(db, incident)
        erasures.done(db, erasure, now)
    _log.info("an author was erased", posts=len(posts), cases=len(cases))
