"""The links of our own posts, each followed once and then told about if customers cannot follow it.

A job beside the line: it holds no unit of work while it waits for a server, and follows so many links a turn and no
more. What is wrong with a link is decided in ``rules.slips``.
"""

import sqlite3
import time
from datetime import datetime, timedelta

import structlog

from monitor.follow import follow
from monitor.line import Line
from monitor.outbox import notice
from monitor.setup import Setup
from monitor.slack import words
from monitor.store import own_posts as store
from monitor.store import pages
from monitor.store.own_posts import Due
from rules import links, slips
from rules.slips import Checked

EVERY = timedelta(seconds=20)
_AT_ONCE = 20
"""Links followed in one turn."""
_APART = 0.5
"""Seconds between two links."""
_AGAIN = timedelta(minutes=2)
"""What may pass is tried once more after so long, before anybody is told."""
_TRIES = 2
_FRESH = timedelta(hours=1)
"""A link that was followed so lately is not followed for another post."""
_EARLIER = 300
"""An account's posts that show where its links usually lead."""

_log = structlog.get_logger("harken.links")


class Links:
    """Follows what is due.

    Args:
        line: whose store, clock and setup it uses.
        allow_private: addresses that are not on the public internet are fine. For tests, whose servers are here.
    """

    def __init__(self, line: Line, *, allow_private: bool = False) -> None:
        self._line = line
        self._allow_private = allow_private
        self._stopping = False

    def stop(self) -> None:
        """Begin no further link."""
        self._stopping = True

    def turn(self, seconds: float = 60.0) -> int:
        """Follow what is due, so many links at most, and begin none after ``seconds``. Returns how many were.

        Raises:
            StoreError: the database refused; what was found is found again.
        """
        line = self._line
        if not line.setup.links:
            return 0
        with line.store.read() as db:
            due = store.due(db, line.clock(), _AT_ONCE)
        end = time.monotonic() + seconds
        for number, link in enumerate(due):
            if self._stopping or time.monotonic() > end:
                return number
            self._one(link)
        return len(due)

    def _one(self, link: Due) -> None:
        line = self._line
        with line.store.read() as db:
            found = store.known(db, link.url, line.clock() - _FRESH)
        if found is None:
            found = follow(link.url, allow_private=self._allow_private)
            time.sleep(_APART)
        with line.store.read() as db:
            slip = slips.fault(found) or _elsewhere(db, link, found)
        now, owed = line.clock(), 0
        with line.store.write("link") as db:
            if found.wait and link.tries + 1 < _TRIES:
                store.put_off(db, link, now + _AGAIN)
            else:
                store.checked(db, link, found, now)
                owed = 0 if slip is None else _tell(db, link, slip, line.setup, now)
        if owed:
            _log.info("a link of ours leads nowhere, or elsewhere", source=link.source, post=link.mention)
            line.wake()


def _elsewhere(db: sqlite3.Connection, link: Due, found: Checked) -> str | None:
    """What is said of a link that leads where none of the account's has led; None where it is usual."""
    earlier = [_sites(text, followed) for text, followed in store.earlier(db, link, _EARLIER)]
    strange = slips.elsewhere(found, earlier)
    if strange is None:
        return None
    return words.LINK_STRANGE.format(site=strange, known=sum(map(bool, earlier)))


def _tell(db: sqlite3.Connection, link: Due, slip: str, setup: Setup, now: datetime) -> int:
    """Owe the owners a word about a link that customers cannot follow, or that leads where none has led."""
    where = "" if link.post is None else words.NOTE.format(note=link.post)
    what = words.LINK_WRONG.format(author=link.author, source=link.source, url=link.url, wrong=slip, where=where)
    key = f"link {link.source} {link.author} {link.url} {now:%Y-%m-%d}"
    return pages.owe(db, [notice(to, what, now, key=key) for to in setup.owners])


def _sites(text: str, followed: list[Checked]) -> frozenset[str]:
    """The sites that the links of one post led to, as far as they are known."""
    known = {checked.url: checked.lands for checked in followed if checked.why is None}
    sites = (known.get(link.url, slips.lands(link.url)) for link in links.written(text))
    return frozenset(site for site in sites if site is not None)
