"""Bluesky, and other servers that speak the AT Protocol: search, notifications, and what our own accounts post.

It polls by plain HTTP. A search is cut by time, because its own cursor stops short. Reposts are no mentions; a post
that quotes another is one, in a thread of its own. A server that knows only repositories and nothing of Bluesky
(no ``app.bsky``) is read for our own side, and is a failure of the other.
"""

import contextlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from connectors import BOTH_SIDES, Accept, Account, Batch, Context, Cure, Gone, SourceError
from connectors._bluesky_listings import Found, Listing, list_in, search
from connectors._bluesky_posts import SOURCE, is_post, of_feed, of_notifications, of_views
from connectors._bluesky_records import Records, unknown
from connectors._bluesky_session import BAD_REQUEST, Session, not_served
from connectors._fetch import shown
from connectors._http import Http, RefusedError
from connectors._jetstream import ANYWHERE, Jetstream, Remembered
from connectors._secrets import secret
from connectors._walk import NetworkSettings, Page, Read, Stream, Walker
from rules.durations import Duration
from rules.model import Mention, Side

_NETWORK = "Bluesky"
_OVERLAP = timedelta(minutes=10)
_LOOK = timedelta(seconds=4)
_MOST_LOOKED_AT = 25
"""Posts of one ``getPosts``, all that the network gives."""
_REASONS = frozenset({"mention", "reply", "quote"})
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
    jetstream: bool | str = Field(
        False, description='follow the live stream, too: true for a public one, or its address such as "wss://..."'
    )
    appview: str = Field(
        "",
        pattern=r"^(did:[\w.:%-]+#\w+)?$",
        description="whom a server that has only repositories is to ask about posts, "
        'such as "did:web:api.bsky.app#bsky_appview"',
    )

    @field_validator("jetstream")
    @classmethod
    def _a_stream(cls, stream: bool | str) -> bool | str:
        if isinstance(stream, str) and not re.fullmatch(r"wss?://[^\s#@/?]+[^\s#@]*", stream):
            raise ValueError('is no address of a stream; write true, or one that begins with "wss://"')
        return stream


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
        self._settings = settings
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
        self._repositories_only = False
        theirs = {f"search for {query}": self._search(f"search for {query}", query) for query in self._queries}
        theirs["notifications"] = self._notifications
        self._theirs = frozenset(theirs)
        self._streams = [
            *(Stream(name, Side.THEIRS, self._if_served(name, read)) for name, read in theirs.items()),
            *(Stream(f"posts of {one}", Side.OURS, self._posts_of(one)) for one in self._responders),
        ]
        self._heard = Remembered()
        self._names = (*context.aliases, *self._responders)
        self._stream: Jetstream | None = None
        take = partial(of_notifications, reasons=_REASONS)
        params = {"reasons": sorted(_REASONS)}
        self._notified = Listing(
            self._session, "app.bsky.notification.listNotifications", "notifications", params, take
        )
        self._walker = Walker(self._streams, self._http, settings, _OVERLAP)

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """The next page of one search, of the notifications or of our own posts.

        Raises:
            SourceError: nothing could be read.
        """
        batch = self._walker.poll(cursor, sides)
        self._heard.add(one.id for one in batch.mentions)
        return batch

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

    def follow(self, accept: Accept) -> None:
        """Follow the live stream where the settings ask for it; what it misses, the poll hears."""
        where = self._settings.jetstream
        if where is False:
            return
        self._stream = Jetstream(
            where if isinstance(where, str) else ANYWHERE,
            names=self._names,
            accounts=len(self._responders),
            ours=self._our_dids,
            profiles=self._profiles,
            heard=self._heard,
            accept=accept,
        )
        self._stream.start()

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        self._http.close()
        if self._stream is not None:
            self._stream.close()

    def _our_dids(self) -> dict[str, str]:
        """DID -> handle of those of our accounts that the server knows."""
        found = {one: one for one in self._responders if one.startswith("did:")}
        for one in self._responders:
            with contextlib.suppress(RefusedError):
                did = self._session.get("com.atproto.identity.resolveHandle", {"handle": one}).get("did")
                found |= {did: one} if isinstance(did, str) else {}
        return found

    def _profiles(self, dids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """DID -> author, as a post view has it."""
        found = self._listed("app.bsky.actor.getProfiles", "profiles", actors=list(dids))
        return {str(one.get("did")): one for one in found if isinstance(one, Mapping)}

    def _search(self, name: str, query: str) -> Read:
        return lambda _, token: self._page(name, search(self._session, query, token))

    def _notifications(self, floor: datetime | None, token: str | None) -> Page:
        """Who spoke to the account that we are logged in as. Nobody else's notifications can be read."""
        if self._responders and not self._session.me() & {one.casefold() for one in self._responders}:
            raise NotServedError(
                f"{_NETWORK}: {self._session.handle} is none of the responders, so replies to them are heard only "
                "where they name the brand; log in as one of them",
                cure=Cure.PERSON,
            )
        return self._page("notifications", self._notified(floor, token), addressed=True)

    def _posts_of(self, responder: str) -> Read:
        """What one of our accounts posts, replies included; from its repository where the server knows no feeds."""
        params = {"actor": responder, "filter": "posts_with_replies"}
        feed = Listing(self._session, "app.bsky.feed.getAuthorFeed", "feed", params, of_feed)
        records = Records(self._session, self._settings, responder)
        name = f"posts of {responder}"

        def read(floor: datetime | None, token: str | None) -> Page:
            if self._repositories_only:
                return self._page(name, records(floor, token))
            try:
                found = feed(floor, token)
            except RefusedError as refusal:
                if not_served(refusal) and name not in self._has:
                    found = records(floor, None)
                    self._repositories_only = True
                    return self._page(name, found)
                if refusal.status == BAD_REQUEST:
                    raise unknown(responder) from refusal
                raise
            self._has.add(name)
            return self._page(name, found)

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

    def _page(self, name: str, found: Found, *, addressed: bool = False) -> Page:
        posts, warning = found.posts, None
        if posts.unreadable > self._told.get(name, 0):
            warning = f"{posts.unreadable} posts of {_NETWORK}'s {name} could not be read; please report it"
        self._told[name] = max(posts.unreadable, self._told.get(name, 0))
        ids = frozenset(one.id for one in posts.mentions) if addressed else frozenset()
        return Page(posts.mentions, found.next, posts.oldest, ends=found.ends, addressed=ids, warning=warning)

    def _listed(self, method: str, name: str, **params: Any) -> list[Any]:
        return list_in(self._session.get(method, params), name)


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
