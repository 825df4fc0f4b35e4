"""Mastodon, and servers that speak its API: who mentions, quotes or tags us, what a search finds, what we say.

It hears what one server knows, as one account of it. Listings are walked backwards by ``max_id``, which leaves no
holes; ``since_id`` does, and going forward by ``min_id`` steps over what arrives late below it: a post of another
server may come hours after its time and stands at its time, so that a sweep finds it and a look forward never would.

It says nothing of what is not public: a message to named people only, or to followers, is no mention even if it names
us. Boosts are none either.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from pydantic import Field

from connectors import BOTH_SIDES, Account, Batch, Context, Cure, Gone, SourceError
from connectors._http import RefusedError
from connectors._mastodon_posts import (
    SOURCE,
    Entry,
    Names,
    depth,
    hashtags,
    identified,
    naming,
    notification_entry,
    phrase,
    status_entry,
)
from connectors._mastodon_server import GONE, NETWORK, POSTS, Server
from connectors._mastodon_threads import Threads
from connectors._secrets import secret
from connectors._walk import NetworkSettings, Page, StaleError, Stream, Walker
from rules.durations import Duration
from rules.model import Mention, Side

_CLIMBS = 20
"""Conversations asked for while reading one page. The rest of the page is another page."""
_PUSHED = 10
"""Pages of a search that are read at once where new posts have pushed down what was met before."""
_OVERLAP = timedelta(minutes=10)
_LOOK = timedelta(seconds=4)
_CODES = requests.codes
_CURE = "make an access token under Preferences > Development, with the scope read"


class Settings(NetworkSettings):
    """The keys of a source of kind ``mastodon``."""

    base_url: str = Field(
        pattern=r"^https?://[^\s?#@]+$",
        description="address of the server that has our account, such as https://mastodon.social",
    )
    token_env: str = Field("MASTODON_TOKEN", description="environment variable with our account's access token")
    token_file: Path | None = Field(None, description="file with the token, instead of the variable")
    hashtags: tuple[str, ...] | None = Field(
        None, description="hashtags to follow, without #; the brand's aliases if left out"
    )
    queries: tuple[str, ...] = Field((), description="searches beside the brand's aliases")
    local: bool = Field(False, description="read all that the server's own people post, and keep what names us")
    every: Duration = Field(timedelta(minutes=2), gt=timedelta(0), description="time between two polls")
    late: Duration = Field(timedelta(hours=6), description="how long after its time a post may still appear or change")


def connect(settings: Settings, context: Context) -> "MastodonPoller":
    """A connector for one account; opens nothing yet.

    Raises:
        SourceError: there is no token, or nothing to listen for.
    """
    if not (context.aliases or context.responders or settings.queries or settings.hashtags):
        raise SourceError(
            f"{settings.name} has nothing to listen for; set aliases or responders of [brand], or hashtags",
            cure=Cure.PERSON,
        )
    token = secret(f"{NETWORK}'s access token", settings.token_env, settings.token_file, _CURE)
    return MastodonPoller(settings, context, token)


class MastodonPoller:
    """Asks for what is new."""

    def __init__(self, settings: Settings, context: Context, token: str) -> None:
        self._names = Names(context.responders, urlsplit(settings.base_url).hostname or "")
        self._server = Server(settings.base_url, settings.timeout, token, self._names)
        self._http = self._server.http
        self._responders = tuple(sorted(context.responders))
        self._threads = Threads(self._server.above)
        tags = hashtags(context.aliases if settings.hashtags is None else settings.hashtags)
        self._walker = Walker(
            [
                Stream("mentions", Side.THEIRS, partial(self._notifications, "mention")),
                Stream("quotes", Side.THEIRS, partial(self._notifications, "quote"), optional=True),
                *(Stream(f"#{tag}", Side.THEIRS, partial(self._timeline, f"tag/{quote(tag)}")) for tag in tags),
                *(
                    Stream(f"search for {query}", Side.THEIRS, partial(self._search, query), optional=True)
                    for query in dict.fromkeys((*map(phrase, context.aliases), *settings.queries))
                ),
                *([Stream("local posts", Side.THEIRS, self._local)] if settings.local else []),
                *(Stream(f"posts of {name}", Side.OURS, partial(self._own, name)) for name in self._responders),
            ],
            self._http,
            settings,
            _OVERLAP,
        )
        self._us = naming((*context.aliases, *tags, *self._responders))

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """The next page of one listing.

        Raises:
            SourceError: no listing could be read.
        """
        return self._walker.poll(cursor, sides)

    def look(self, ids: Sequence[str]) -> Batch:
        """Re-read these posts, and our own newest, within four seconds.

        Raises:
            SourceError: one of them could not be read in time.
        """
        wanted = list(dict.fromkeys(one for one in ids if identified(one)))
        mentions: list[Mention] = []
        gone: list[Gone] = []
        try:
            with self._http.within(_LOOK):
                found = self._server.several(wanted)
                for name in wanted:
                    one = found[name] if name in found else self._server.single(name)
                    if isinstance(one, Mention):
                        mentions += self._placed([one])
                    elif one is None:
                        gone.append(Gone(SOURCE, name))
                for responder in self._responders:
                    mentions += self._own(responder, None, None).mentions
        except SourceError as error:
            error.spent = self._http.spent()
            raise
        unique = {one.id: one for one in mentions}
        return Batch(mentions=tuple(unique.values()), gone=tuple(gone), spent=self._http.spent())

    def account(self) -> Account:
        """Log in and say as whom.

        Raises:
            SourceError: it did not work.
        """
        found = self._server.ask("/api/v1/accounts/verify_credentials")
        name = self._names.of(found)
        if not name:
            raise SourceError(f"{NETWORK} does not say who we are; check base_url", cure=Cure.PERSON)
        sees = [f"what mentions {name}", *(f"posts of {one}" for one in self._responders if self._server.id_of(one))]
        return Account(f"{name} at {urlsplit(self._http.base_url).hostname}", (*sees, *self._server.scopes()))

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        self._http.close()

    def _notifications(self, kind: str, floor: datetime | None, token: str | None) -> Page:
        """Posts that the server notified us of. Servers that know no kinds tell of everything."""
        del floor
        try:
            listed = self._server.listed("/api/v1/notifications", {"types[]": [kind]}, token)
        except RefusedError as refused:
            if kind == "quote" and refused.status == _CODES.bad_request:
                refused.cure = Cure.PERSON
            raise
        page = self._page([notification_entry(kind, one, self._names) for one in listed], token)
        return replace(page, addressed=frozenset(one.id for one in page.mentions))

    def _timeline(self, path: str, floor: datetime | None, token: str | None) -> Page:
        """A timeline of statuses."""
        del floor
        return self._statuses(f"/api/v1/timelines/{path}", {}, token)

    def _local(self, floor: datetime | None, token: str | None) -> Page:
        """What the server's own people post and names us."""
        del floor
        return self._statuses(
            "/api/v1/timelines/public", {"local": "true"}, token, keep=lambda one: bool(self._us.search(one.text))
        )

    def _own(self, name: str, floor: datetime | None, token: str | None) -> Page:
        """What one of our accounts posts and replies."""
        del floor
        try:
            return self._statuses(
                f"/api/v1/accounts/{self._server.id_of(name)}/statuses", {"exclude_reblogs": "true"}, token
            )
        except RefusedError as refused:
            if refused.status in GONE:
                self._server.forget(name)
            raise

    def _search(self, query: str, floor: datetime | None, token: str | None) -> Page:
        """Statuses that a search finds, newest first. It is paged by counting: ``max_id`` there means a whole second.

        What arrived meanwhile has pushed others down, where they are met again: they are passed to what was not met.
        """
        del floor
        first, met = _place(token)
        entries: list[Entry] = []
        for _ in range(_PUSHED):
            asked = {"q": query, "type": "statuses", "limit": POSTS, "offset": first + len(entries)}
            answer = self._server.ask("/api/v2/search", asked)
            listed = answer.get("statuses") if isinstance(answer, dict) else None
            if not isinstance(listed, list):
                raise SourceError(f"{NETWORK} sent an answer without statuses; check base_url")
            entries += [status_entry(one, self._names) for one in listed]
            reached = depth(entries)
            if not listed or met is None or reached is None or reached <= met:
                break
        return self._page(entries, None, first=first)

    def _statuses(
        self,
        path: str,
        asked: Mapping[str, Any],
        token: str | None,
        keep: Callable[[Mention], bool] = lambda _: True,
    ) -> Page:
        return self._page(
            [status_entry(one, self._names) for one in self._server.listed(path, asked, token)], token, keep
        )

    def _page(
        self,
        entries: Sequence[Entry],
        token: str | None,
        keep: Callable[[Mention], bool] = lambda _: True,
        first: int | None = None,
    ) -> Page:
        """A page, as far down as its conversations can be asked for at once. Only an empty page ends a listing.

        Args:
            entries: what was listed, newest first.
            token: where the page begins.
            keep: what of it is about us.
            first: the number of its first entry, in a listing that is paged by counting.
        """
        mentions = [one.mention for one in entries if one.mention]
        self._threads.learn(mentions)
        far = self._reach(entries, keep)
        entries = entries[:far]
        unread = sum(one.unread for one in entries)
        last = next((one.id for one in reversed(entries) if one.id), None)
        oldest = depth(entries)
        if first is None:
            after = last if last != token else None
        else:
            after = f"{first + far} {oldest.isoformat() if oldest else ''}" if far else None
        return Page(
            mentions=tuple(self._placed(one.mention for one in entries if one.mention and keep(one.mention))),
            next=after,
            oldest=oldest,
            ends="its posts cannot be read" if entries and last is None and first is None else "",
            warning=f"{unread} of {far} posts of {NETWORK} could not be read; please report it" if unread else None,
        )

    def _reach(self, entries: Sequence[Entry], keep: Callable[[Mention], bool]) -> int:
        """How many entries can be placed in their threads with as many requests as one page may take."""
        climbs = 0
        for number, entry in enumerate(entries):
            if entry.mention is None or self._threads.known(entry.mention) or not keep(entry.mention):
                continue
            if climbs == _CLIMBS:
                return number
            self._threads.climb(entry.mention)
            climbs += 1
        return len(entries)

    def _placed(self, mentions: Iterable[Mention]) -> list[Mention]:
        """Mentions with their threads."""
        return [replace(one, thread=self._threads.climb(one)) for one in mentions]


def _place(token: str | None) -> tuple[int, datetime | None]:
    """How many entries lie above a page of a search, and how far down they reached.

    Raises:
        StaleError: the token is none.
    """
    if token is None:
        return 0, None
    first, _, reached = token.partition(" ")
    try:
        met = datetime.fromisoformat(reached) if reached else None
    except ValueError as broken:
        raise StaleError from broken
    if not first.isdecimal() or (met and met.tzinfo is None):
        raise StaleError
    return int(first), met
