"""What our own accounts publish, as it comes in: their links are noted, and replies that turn sour are told at once.

All of it in the unit of work that stores the posts. What is a slip is decided in ``rules.slips``; the links are
followed elsewhere (see ``own_links``), for that takes time.
"""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from monitor.outbox import notice
from monitor.setup import Setup
from monitor.slack import words
from monitor.store import own_posts, pages
from monitor.store.own_posts import Root
from monitor.store.posts import Heard, Key
from rules import links, slips
from rules.model import Kind, Severity


def heard(db: sqlite3.Connection, fresh: Collection[Heard], now: datetime, setup: Setup) -> bool:
    """Look at posts just taken in. Returns whether somebody is owed a word about one.

    Args:
        db: the unit of work that stored them.
        fresh: new posts, and those that read anew.
        now: the present instant.
        setup: what is in force.
    """
    if setup.links:
        for one in fresh:
            if one.post.own and not one.post.history:
                urls = (link.url for link in links.written(one.mention.text))
                own_posts.owe(db, one.mention.source, one.mention.id, urls, now)
    return _sour(db, fresh, now, setup)


def _sour(db: sqlite3.Connection, fresh: Iterable[Heard], now: datetime, setup: Setup) -> bool:
    terms = setup.sour
    if terms is None:
        return False
    # A post of ours may be heard after what was said below it.
    angry: dict[Key, list[datetime]] = {one.thread: [] for one in fresh if one.post.own and one.key == one.thread}
    for one in fresh:
        below = one.mention.thread != one.mention.id and not one.post.own and not one.post.history
        if below and one.post.kind is Kind.COMPLAINT:
            angry.setdefault(one.thread, []).append(one.post.counts_from)
    owed = 0
    for root in own_posts.roots(db, list(angry)):
        times = angry[root.source, root.id]
        if _told(db, root, Severity.CRISIS, setup):
            continue
        since, until = (min(times), max(times)) if times else (root.posted_at, now)
        replies = own_posts.replies(db, root, since - terms.window, until + terms.window)
        for found in slips.sour(replies, terms):
            said, key = f"{_called(root)} {slips.told(found, terms)}", _key(root, found.severity)
            told = [replace(notice(to, said, now, key=key), severity=found.severity) for to in setup.owners]
            owed += pages.owe(db, told)
    return owed > 0


def _told(db: sqlite3.Connection, root: Root, degree: Severity, setup: Setup) -> bool:
    """Whether its owners know already that a post has turned sour to this degree."""
    key = _key(root, degree)
    return all(pages.get(db, notice(to, "", root.posted_at, key=key).delivery) is not None for to in setup.owners)


def _key(root: Root, degree: Severity) -> str:
    return f"sour {root.source} {root.id} {degree.word}"


def _called(root: Root) -> str:
    where = "" if root.url is None else words.NOTE.format(note=root.url)
    at = words.AT_UTC.format(at=root.posted_at)
    return words.BELOW.format(author=root.author, source=root.source, at=at, where=where)
