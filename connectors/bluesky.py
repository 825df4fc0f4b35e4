"""Bluesky, and other servers that speak the AT Protocol: search, notifications, and what our own accounts post.

It polls by plain HTTP. A search is cut by time, because its own cursor stops short. Reposts are no mentions; a post
that quotes another is one, in a thread of its own. A server that knows only repositories and nothing of Bluesky
(no ``app.bsky``) is read for our own side, and is a failure of the other.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors import BOTH_SIDES, Account, Batch, Context, Cure, Gone, SourceError
from connectors._bluesky_posts import POSTS, SOURCE, Posts, is_post, of_feed, of_notifications, of_records, of_views
from connectors._bluesky_session import Session, not_served
from connectors._fetch import shown
from connectors._http import Http, RefusedError
from connectors._secrets import secret
from connectors._walk import NetworkSettings, Page, Read, StaleError, Stream, Walker
from rules.durations import Duration
from rules.model import Mention, Side

_NETWORK = "Bluesky"
_OVERLAP = timedelta(minutes=10)
_LOOK = timedelta(seconds=4)
_MOST = 100
"""Posts of one page, all that the network gives."""
_MOST_LOOKED_AT = 25
"""Posts of one ``getPosts``, all that the network gives."""
_PAGES_OF_NOTHING = 10
"""Pages in a row without a post (likes only, reposts only) that are read as one."""
_BAD_REQUEST = 400
_LONGEST_CURSOR = 2_000
_REASONS = frozenset({"mention", "reply", "quote"})
_TICK = timedelta(milliseconds=1)
_ADVICE = {
    400: "it does not understand the request; check handle and the names in the config, or please report this",
    401: "it does not take our password; make an app password and put it where password_env or password_file says",
    403: "our account may not read this; check that it is not suspended",
    404: "it knows no such thing; check base_url",
    501: "it does not have this; check base_url",
}


class Settings(NetworkSettings):
    """The keys of a source of kind ``bluesky``."""

    base_url: str = Field(
        "https://bsky.social", pattern=r"^https?://[^\s?#@]+$", description="the server our account is at"
    )
    every: Duration = Field(timedelta(minutes=1), gt=timedelta(0), description="time between two polls")
    handle: str = Field(
        min_length=1, description="whom to log in as, best one of the responders: its replies are heard"
    )
    password_env: str = Field("BLUESKY_APP_PASSWORD", description="environment variable with an app password")
    password_file: Path | None = Field(None, description="file that holds it instead")
    queries: tuple[str, ...] = Field((), description="searches beside those for the aliases, in Bluesky's syntax")
    appview: str = Field(
        "",
        pattern=r"^(did:[\w.:%-]+#\w+)?$",
        description="whom a server that has only repositories is to ask about posts, "
        'such as "did:web:api.bsky.app#bsky_appview"',
    )


def connect(settings: Settings, context: Context) -> "BlueskyPoller":
    """A connector for one account; opens nothing yet.

    Raises:
        SourceError: there is no password, or nothing to listen for.
    """
    if not (context.aliases or context.responders or settings.queries):
        raise SourceError(
            "Bluesky has nothing to listen for; set aliases and responders in [brand], or queries here",
            cure=Cure.PERSON,
        )
    cure = "make one under Settings > Privacy and security > App passwords"
    password = secret("Bluesky's app password", settings.password_env, settings.password_file, cure)
    return BlueskyPoller(settings, context, password)


class NotServedError(SourceError):
    """A listing that this server, or this account, does not have."""


class BlueskyPoller:
    """Reads one server, logged in as one account."""

    def __init__(self, settings: Settings, context: Context, password: str) -> None:
        self._http = Http(_NETWORK, base_url=settings.base_url, timeout=settings.timeout, advice=_ADVICE)
        self._session = Session(self._http, settings.handle.removeprefix("@"), password, settings.appview)
        self._responders = sorted(context.responders)
        self._queries = _queries(settings, context)
        self._lacks: set[str] = set()
        """Their listings that the server has not."""
        self._has: set[str] = set()
        """The listings that it has had once: no answer of it can be "there is no such thing" any more."""
        self._told: dict[str, int] = {}
        """How many unreadable posts of a listing were told of."""
        self._repositories_only = self._oldest_first = False
        theirs = {f"search for {query}": self._search(query) for query in self._queries}
        theirs["notifications"] = self._notifications
        self._theirs = frozenset(theirs)
        self._streams = [
            *(Stream(name, Side.THEIRS, self._if_served(name, read)) for name, read in theirs.items()),
            *(Stream(f"posts of {one}", Side.OURS, self._posts_of(one)) for one in self._responders),
        ]
        self._walker = Walker(self._streams, self._http, settings, _OVERLAP)

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """The next page of one search, of the notifications or of our own posts.

        Raises:
            SourceError: nothing could be read.
        """
        return self._walker.poll(cursor, sides)

    def look(self, ids: Sequence[str]) -> Batch | None:
        """These posts as they are now, 25 a request, and the newest of our own.

        Raises:
            SourceError: it could not be checked.
        """
        wanted = list(dict.fromkeys(filter(is_post, ids)))
        found: list[Mention] = []
        there: set[object] = set()
        with self._http.within(_LOOK):
            for first in range(0, len(wanted), _MOST_LOOKED_AT):
                try:
                    views = self._listed(
                        "app.bsky.feed.getPosts", "posts", uris=wanted[first : first + _MOST_LOOKED_AT]
                    )
                except RefusedError as refusal:
                    if not_served(refusal):
                        return None
                    raise
                there |= {view.get("uri") for view in views if isinstance(view, Mapping)}
                found += of_views(views).mentions
            for one in self._responders:
                found += self._posts_of(one)(None, None).mentions
        return Batch(
            mentions=tuple({one.id: one for one in found}.values()),
            gone=tuple(Gone(SOURCE, uri) for uri in wanted if uri not in there),
            spent=self._http.spent(),
        )

    def account(self) -> Account:
        """Log in, and try every listing.

        Raises:
            SourceError: the login failed.
        """
        self._session.again()
        return Account(
            f"{self._session.handle} ({self._session.did or 'of unknown DID'})", tuple(map(_seen, self._streams))
        )

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        self._http.close()

    def _search(self, query: str) -> Read:
        """Newest first, cut by time: a page goes on with all that is older than its last post.

        ``until`` is exclusive, so the last moment is read twice. A cursor serves only where a page holds one moment.
        """

        def read(floor: datetime | None, token: str | None) -> Page:
            del floor  # a page that goes below it says for nothing that the walk may end
            until, _, cursor = (token or "").partition(" ")
            place = {name: value for name, value in (("until", until), ("cursor", cursor)) if value}
            with _stale(token):
                answer = self._session.get(
                    "app.bsky.feed.searchPosts", {"q": query, "sort": "latest", "limit": _MOST, **place}
                )
            views, after = _list_in(answer, "posts"), _cursor_in(answer)
            posts = of_views(views)
            earlier = until if posts.oldest is None else _just_after(posts.oldest)
            goes_on, ends = None, ""
            if after is None and len(views) < _MOST:
                pass
            elif earlier and (not until or earlier < until):
                goes_on = earlier
            elif after not in (None, cursor):
                goes_on = f"{until} {after}" if views or not cursor else None
            elif views:
                ends = f"it shows only {_MOST} posts of one moment"
            return self._page(f"search for {query}", posts, goes_on, ends=ends)

        return read

    def _notifications(self, floor: datetime | None, token: str | None) -> Page:
        """Who spoke to the account that we are logged in as. Nobody else's notifications can be read."""
        if self._responders and not self._session.me() & {one.casefold() for one in self._responders}:
            raise NotServedError(
                f"{_NETWORK}: {self._session.handle} is none of the responders, so replies to them are heard only "
                "where they name the brand; log in as one of them",
                cure=Cure.PERSON,
            )
        method, params = "app.bsky.notification.listNotifications", {"reasons": sorted(_REASONS)}
        read = self._listing(method, "notifications", params, lambda found: of_notifications(found, _REASONS))
        posts, goes_on = read(floor, token)
        return self._page("notifications", posts, goes_on, addressed=True)

    def _posts_of(self, responder: str) -> Read:
        """What one of our accounts posts, replies included; from its repository where the server knows no feeds."""
        params = {"actor": responder, "filter": "posts_with_replies"}
        feed = self._listing("app.bsky.feed.getAuthorFeed", "feed", params, of_feed)
        name = f"posts of {responder}"

        def read(floor: datetime | None, token: str | None) -> Page:
            if self._repositories_only:
                return self._records_of(responder, floor, token)
            try:
                posts, goes_on = feed(floor, token)
            except RefusedError as refusal:
                if not_served(refusal) and name not in self._has:
                    page = self._records_of(responder, floor, None)
                    self._repositories_only = True
                    return page
                if refusal.status == _BAD_REQUEST:
                    raise _unknown(responder) from refusal
                raise
            self._has.add(name)
            return self._page(name, posts, goes_on)

        return read

    def _records_of(self, responder: str, floor: datetime | None, token: str | None) -> Page:
        """Newest first is the usual order of a repository, but some servers list the other way round."""

        def listing() -> tuple[Posts, str | None]:
            params = {"repo": responder, "collection": POSTS, **({"reverse": "true"} if self._oldest_first else {})}
            read = self._listing(
                "com.atproto.repo.listRecords", "records", params, lambda found: of_records(found, responder)
            )
            return read(floor, token)

        try:
            posts, goes_on = listing()
            if goes_on and not self._oldest_first and _ascends(posts.mentions):
                self._oldest_first, token = True, None
                posts, goes_on = listing()
        except RefusedError as refusal:
            if refusal.status == _BAD_REQUEST:
                raise _unknown(responder) from refusal
            raise
        return self._page(f"posts of {responder}", posts, goes_on)

    def _listing(
        self, method: str, name: str, params: Mapping[str, Any], take: Callable[[Sequence[object]], Posts]
    ) -> Callable[[datetime | None, str | None], tuple[Posts, str | None]]:
        """A listing with a cursor. Pages on which there is no post (likes, reposts) are passed over."""

        def read(floor: datetime | None, token: str | None) -> tuple[Posts, str | None]:
            for _ in range(_PAGES_OF_NOTHING):
                with _stale(token):
                    answer = self._session.get(
                        method, {**params, "limit": _MOST, **({} if token is None else {"cursor": token})}
                    )
                found = _list_in(answer, name)
                posts, before = take(found), token
                token = _cursor_in(answer) if found else None
                below = floor is not None and posts.oldest is not None and posts.oldest < floor
                if posts.mentions or token in (None, before) or below:
                    break
            return posts, token

        return read

    def _if_served(self, name: str, read: Read) -> Read:
        """One of their listings: a server may lack some, but not all of them."""

        def reading(floor: datetime | None, token: str | None) -> Page:
            try:
                page = read(floor, token)
            except (RefusedError, NotServedError) as refusal:
                if isinstance(refusal, RefusedError) and (not not_served(refusal) or name in self._has):
                    raise
                said = name not in self._lacks
                self._lacks.add(name)
                if self._lacks >= self._theirs:
                    raise SourceError(
                        f"{_NETWORK} at {shown(self._http.base_url)} has neither search nor notifications for us, so "
                        "nothing that people post is heard; set base_url to a server that has app.bsky, or set appview",
                        cure=Cure.PERSON,
                    ) from refusal
                return Page(warning=f"{refusal}; it goes on without its {name}" if said else None)
            self._lacks.discard(name)
            self._has.add(name)
            return page

        return reading

    def _page(self, name: str, posts: Posts, goes_on: str | None, *, addressed: bool = False, ends: str = "") -> Page:
        warning = None
        if posts.unreadable > self._told.get(name, 0):
            warning = f"{posts.unreadable} posts of {_NETWORK}'s {name} could not be read; please report it"
        self._told[name] = max(posts.unreadable, self._told.get(name, 0))
        ids = frozenset(one.id for one in posts.mentions) if addressed else frozenset()
        return Page(posts.mentions, goes_on, posts.oldest, ends=ends, addressed=ids, warning=warning)

    def _listed(self, method: str, name: str, **params: Any) -> list[Any]:
        return _list_in(self._session.get(method, params), name)


def _list_in(answer: Mapping[str, Any], name: str) -> list[Any]:
    found = answer.get(name)
    if not isinstance(found, list):
        raise SourceError(f"{_NETWORK} sent an answer without {name}; check base_url, or please report it")
    return found


def _cursor_in(answer: Mapping[str, Any]) -> str | None:
    """Where a listing goes on; None where it ends."""
    found = answer.get("cursor")
    return str(found)[:_LONGEST_CURSOR] if isinstance(found, str | int) and found != "" else None


@contextlib.contextmanager
def _stale(token: str | None) -> Iterator[None]:
    """Around a request for a later page: it is refused where the place is not good any more.

    Raises:
        StaleError: it is not.
    """
    try:
        yield
    except RefusedError as refusal:
        if token is not None and refusal.status == _BAD_REQUEST and not not_served(refusal):
            raise StaleError from refusal
        raise


def _just_after(at: datetime) -> str:
    """The next millisecond, as the protocol writes it."""
    return (at + _TICK).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ascends(mentions: Sequence[Mention]) -> bool:
    keys = [one.id.rpartition("/")[2] for one in mentions]
    return len(keys) > 1 and keys[0] < keys[-1]


def _unknown(responder: str) -> SourceError:
    return SourceError(
        f"{_NETWORK} does not show the posts of {responder}; correct its name in responders, or let it unblock us",
        cure=Cure.PERSON,
    )


def _seen(stream: Stream) -> str:
    """What one listing gives, in a few words."""
    try:
        found = stream.read(None, None).mentions
    except SourceError as refusal:
        return f"no {stream.name}: {refusal}"
    newest = max((one.posted_at for one in found), default=None)
    return f"{stream.name}: " + (f"newest of {newest:%Y-%m-%d %H:%M} UTC" if newest else "nothing yet")


def _queries(settings: Settings, context: Context) -> tuple[str, ...]:
    """What to search for: what people call us, handles whose notifications we cannot read, and what is asked for."""
    handles = (one for one in sorted(context.responders) if one.casefold() != settings.handle.casefold())
    words = (*map(_phrase, (*context.aliases, *handles)), *settings.queries)
    return tuple({word.casefold(): word for word in reversed(words) if word}.values())[::-1]


def _phrase(words: str) -> str:
    """Words that must stand together, as Bluesky's search wants them."""
    return words if re.fullmatch(r"#?\w+", words) else '"' + words.replace('"', " ").strip() + '"'
