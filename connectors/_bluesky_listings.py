"""Bluesky's listings, one page at a time: a search, which is cut by time, and those that have a cursor of their own.

They decide where a listing goes on, and where it only seems to. They know nothing of walks and sides.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors import SourceError
from connectors._bluesky_posts import Posts, of_views
from connectors._bluesky_session import BAD_REQUEST, Session, not_served
from connectors._http import RefusedError
from connectors._walk import StaleError

_MOST = 100
"""Posts of one page, all that the network gives."""
_PAGES_OF_NOTHING = 10
"""Pages in a row without a post (likes only, reposts only) that are read as one."""
_LONGEST_CURSOR = 2_000
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Found:
    """One page."""

    posts: Posts
    next: str | None
    """Where it goes on; None where it ends."""
    ends: str = ""
    """Why it ends although there is more."""


def search(session: Session, query: str, token: str | None) -> Found:
    """The newest posts that a search finds, or at a token those that are older than the page before.

    Its cursor stops short, so it is cut by time. ``until`` is exclusive: the last moment is read twice. A cursor serves
    only where a page holds nothing but one moment.

    Raises:
        StaleError: the token is not good any more.
        SourceError: it could not be read.
    """
    until, _, cursor = (token or "").partition(" ")
    place = {name: value for name, value in (("until", until), ("cursor", cursor)) if value}
    with _stale(token):
        answer = session.get("app.bsky.feed.searchPosts", {"q": query, "sort": "latest", "limit": _MOST, **place})
    views, after = list_in(answer, "posts"), _cursor_in(answer)
    posts = of_views(views)
    earlier = until if posts.oldest is None else _just_after(posts.oldest)
    if after is None and len(views) < _MOST:
        return Found(posts, None)
    if earlier and (not until or earlier < until):
        return Found(posts, earlier)
    if after not in (None, cursor):
        return Found(posts, f"{until} {after}" if views or not cursor else None)
    return Found(posts, None, ends=f"it shows only {_MOST} posts of one moment" if views else "")


class Listing:
    """A listing with a cursor. Pages on which there is no post (likes, reposts) are passed over.

    Args:
        session: where it is asked for.
        method: what is asked.
        name: what the answer calls its entries.
        params: how it is asked.
        take: makes posts of the entries.
    """

    def __init__(
        self, session: Session, method: str, name: str, params: Mapping[str, Any], take: Callable[[list[Any]], Posts]
    ) -> None:
        self._session, self._method, self._name, self._take = session, method, name, take
        self._params = {**params, "limit": _MOST}

    def __call__(self, floor: datetime | None, token: str | None) -> Found:
        """The newest page, or the one at ``token``.

        Raises:
            StaleError: the token is not good any more.
            SourceError: it could not be read.
        """
        for _ in range(_PAGES_OF_NOTHING):
            with _stale(token):
                place = {} if token is None else {"cursor": token}
                answer = self._session.get(self._method, {**self._params, **place})
            entries = list_in(answer, self._name)
            posts, before = self._take(entries), token
            token = _cursor_in(answer) if entries else None
            below = floor is not None and posts.oldest is not None and posts.oldest < floor
            if posts.mentions or token in (None, before) or below:
                break
        return Found(posts, token)


def list_in(answer: Mapping[str, Any], name: str) -> list[Any]:
    """The entries of an answer.

    Raises:
        SourceError: it has none, not even an empty list.
    """
    found = answer.get(name)
    if not isinstance(found, list):
        raise SourceError(f"Bluesky sent an answer without {name}; check base_url, or please report it")
    return found


def _cursor_in(answer: Mapping[str, Any]) -> str | None:
    """Where a listing goes on; None where it ends."""
    found = answer.get("cursor")
    return str(found)[:_LONGEST_CURSOR] if isinstance(found, str | int) and found != "" else None


def _just_after(at: datetime) -> str:
    """The next millisecond, as the protocol writes it."""
    return (at + _TICK).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextlib.contextmanager
def _stale(token: str | None) -> Iterator[None]:
    """Around a request for a later page: it is refused where the place is not good any more.

    Raises:
        StaleError: it is not.
    """
    try:
        yield
    except RefusedError as refusal:
        if token is not None and refusal.status == BAD_REQUEST and not not_served(refusal):
            raise StaleError from refusal
        raise
