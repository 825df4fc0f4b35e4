"""Mastodon, and servers that speak its API: who mentions, quotes or tags us, what a search finds, what we say.

It hears what one server knows, as one account of it. Listings are walked backwards by ``max_id``, which leaves no
holes; ``since_id`` does, and going forward by ``min_id`` steps over what arrives late below it: a post of another
server may come hours after its time and stands at its time, so that a sweep finds it and a look forward never would.

Mastodon.py makes the requests. Its typed results are not used: they turn what has a wrong shape into None or leave it
as it is, rename ids, and ask more of the server than was asked of them (its timelines ask what the server allows
before every page). Its own low-level request gives the plain JSON, which is checked here post by post. It is told
neither to wait nor to read rate limits: one header in a wrong shape would be a failure.

It says nothing of what is not public: a message to named people only, or to followers, is no mention even if it names
us. Boosts are none either.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from mastodon import Mastodon
from pydantic import Field

from connectors import BOTH_SIDES, Account, Batch, Context, Cure, Gone, SourceError
from connectors._http import Http, RefusedError
from connectors._mastodon_posts import (
    SOURCE,
    Entry,
    Names,
    UnreadableError,
    ancestors_in,
    depth,
    hashtags,
    identified,
    mention_in,
    naming,
    notification_entry,
    phrase,
    status_entry,
)
from connectors._mastodon_threads import Threads
from connectors._secrets import secret
from connectors._walk import NetworkSettings, Page, StaleError, Stream, Walker
from rules.durations import Duration
from rules.model import Mention, Side

_NETWORK = "Mastodon"
_POSTS = 40
"""Posts on one page: the most that servers give."""
_CLIMBS = 20
"""Conversations asked for while reading one page. The rest of the page is another page."""
_PUSHED = 10
"""Pages of a search that are read at once where new posts have pushed down what was met before."""
_STUBBORN = 3
"""So often a conversation is asked for that the server cannot show, before it is done without."""
_AT_ONCE = 20
"""Posts that a server gives in one request by their ids."""
_OVERLAP = timedelta(minutes=10)
_LOOK = timedelta(seconds=4)
_CODES = requests.codes
_GONE = frozenset({_CODES.not_found, _CODES.gone})
_CURE = "make an access token under Preferences > Development, with the scope read"
_ADVICE = {
    401: "it does not know our token, or wants one; make a new one under Preferences > Development",
    403: "our token may not read this; give it the scope read, and check that the account is not suspended",
    404: "there is nothing at this address; check base_url, and the names in responders",
    422: "it does not understand the request; check hashtags, queries and responders",
    429: "it takes 300 requests in five minutes; set every to a longer time",
}


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
    token = secret(f"{_NETWORK}'s access token", settings.token_env, settings.token_file, _CURE)
    return MastodonPoller(settings, context, token)


class MastodonPoller:
    """Asks for what is new."""

    def __init__(self, settings: Settings, context: Context, token: str) -> None:
        self._http = Http(_NETWORK, base_url=settings.base_url, timeout=settings.timeout, advice=_ADVICE)
        self._client = Mastodon(
            api_base_url=self._http.base_url,
            session=self._http.session,
            request_timeout=settings.timeout.total_seconds(),
            ratelimit_method="throw",
            version_check_mode="none",
            user_agent="harken",
        )
        # given to the constructor, a token that happens to be the name of a file would be read from there
        self._client.access_token = token
        self._names = Names(context.responders, urlsplit(settings.base_url).hostname or "")
        self._responders = tuple(sorted(context.responders))
        self._accounts: dict[str, str] = {}
        """The ids of our accounts."""
        self._threads = Threads(self._above)
        self._failed: dict[str, int] = {}
        """How often a conversation could not be shown."""
        self._by_ids = True
        """Whether the server gives several posts at once by their ids; old ones do not."""
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
                found = self._several(wanted)
                for name in wanted:
                    one = found[name] if name in found else self._single(name)
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
        found = self._ask("/api/v1/accounts/verify_credentials")
        name = self._names.of(found)
        if not name:
            raise SourceError(f"{_NETWORK} does not say who we are; check base_url", cure=Cure.PERSON)
        sees = [f"what mentions {name}", *(f"posts of {one}" for one in self._responders if self._id(one))]
        return Account(f"{name} at {urlsplit(self._http.base_url).hostname}", (*sees, *self._scopes()))

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        self._http.close()

    def _notifications(self, kind: str, floor: datetime | None, token: str | None) -> Page:
        """Posts that the server notified us of. Servers that know no kinds tell of everything."""
        del floor
        try:
            listed = self._listed("/api/v1/notifications", {"types[]": [kind]}, token)
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
            return self._statuses(f"/api/v1/accounts/{self._id(name)}/statuses", {"exclude_reblogs": "true"}, token)
        except RefusedError as refused:
            if refused.status in _GONE:
                self._accounts.pop(name, None)
            raise

    def _search(self, query: str, floor: datetime | None, token: str | None) -> Page:
        """Statuses that a search finds, newest first. It is paged by counting: ``max_id`` there means a whole second.

        What arrived meanwhile has pushed others down, where they are met again: they are passed to what was not met.
        """
        del floor
        first, met = _place(token)
        entries: list[Entry] = []
        for _ in range(_PUSHED):
            asked = {"q": query, "type": "statuses", "limit": _POSTS, "offset": first + len(entries)}
            answer = self._ask("/api/v2/search", asked)
            listed = answer.get("statuses") if isinstance(answer, dict) else None
            if not isinstance(listed, list):
                raise SourceError(f"{_NETWORK} sent an answer without statuses; check base_url")
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
        return self._page([status_entry(one, self._names) for one in self._listed(path, asked, token)], token, keep)

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
            warning=f"{unread} of {far} posts of {_NETWORK} could not be read; please report it" if unread else None,
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

    def _above(self, name: str) -> Mapping[str, str]:
        """The posts above one. A conversation that cannot be shown, even when asked again, has none."""
        try:
            above = ancestors_in(self._ask(f"/api/v1/statuses/{name}/context"))
        except RefusedError as refused:
            if refused.status == _CODES.too_many_requests:
                raise
            if refused.status >= _CODES.server_error:
                self._failed[name] = self._failed.get(name, 0) + 1
                if self._failed[name] < _STUBBORN:
                    raise
            above = {}
        self._failed.pop(name, None)
        return above

    def _several(self, wanted: Sequence[str]) -> dict[str, Mention | None]:
        """Those of some posts that the server gives at once; None for one that is not public any more."""
        found: dict[str, Mention | None] = {}
        for start in range(0, len(wanted) if self._by_ids and len(wanted) > 1 else 0, _AT_ONCE):
            try:
                answer = self._ask("/api/v1/statuses", {"id[]": list(wanted[start : start + _AT_ONCE])})
            except RefusedError as refused:
                if refused.status >= _CODES.server_error or refused.status == _CODES.too_many_requests:
                    raise
                self._by_ids = False
                break
            for one in answer if isinstance(answer, list) else ():
                try:
                    found[identified(one.get("id")) if isinstance(one, dict) else ""] = mention_in(one, self._names)
                except UnreadableError:
                    continue
        return found

    def _single(self, name: str) -> Mention | None:
        """A post as it is now; None where it is gone, or not public any more.

        Raises:
            SourceError: it could not be read.
        """
        try:
            found = self._ask(f"/api/v1/statuses/{name}")
        except RefusedError as refused:
            if refused.status in _GONE:
                return None
            raise
        if isinstance(found, dict) and identified(found.get("id")) == name:
            with contextlib.suppress(UnreadableError):
                return mention_in(found, self._names)
        raise SourceError(f"{_NETWORK} sent something else than the post asked for; check base_url")

    def _id(self, name: str) -> str:
        """The id of one of our accounts, looked up once."""
        if name in self._accounts:
            return self._accounts[name]
        acct = self._names.here(name)
        try:
            found = [self._ask("/api/v1/accounts/lookup", {"acct": acct})]
        except RefusedError as refused:
            if refused.status not in _GONE:
                raise
            answer = self._ask("/api/v1/accounts/search", {"q": acct, "limit": 5, "resolve": "true"})
            found = answer if isinstance(answer, list) else []
        for one in found:
            own = identified(one.get("id")) if isinstance(one, dict) else ""
            if own and self._names.of(one).casefold() == name.casefold():
                self._accounts[name] = own
                return own
        raise SourceError(
            f"{_NETWORK} has no account {name!a}; set responders.mastodon to names such as acme or acme@other.example",
            cure=Cure.PERSON,
        )

    def _scopes(self) -> Sequence[str]:
        """What the token allows, where the server says so."""
        try:
            found = self._ask("/api/v1/apps/verify_credentials")
        except RefusedError:
            return ()
        scopes = found.get("scopes") if isinstance(found, dict) else None
        named = [one for one in scopes if isinstance(one, str) and one.isascii()] if isinstance(scopes, list) else []
        return (f"scopes {' '.join(named)[:100]}",) if named else ()

    def _listed(self, path: str, asked: Mapping[str, Any], token: str | None) -> list[Any]:
        if token is not None and not identified(token):
            raise StaleError
        answer = self._ask(path, {**asked, "limit": _POSTS, **({"max_id": token} if token else {})})
        if not isinstance(answer, list):
            raise SourceError(f"{_NETWORK} sent an answer that is no list; check base_url")
        return answer

    def _ask(self, path: str, asked: Mapping[str, Any] | None = None) -> Any:
        """The plain JSON at ``path``.

        Raises:
            SourceError: there is none.
        """
        with self._http.telling():
            answer = self._client._Mastodon__api_request(  # type: ignore[attr-defined]  # noqa: SLF001 - the only way to plain JSON; see above
                "GET", path, dict(asked or {}), do_ratelimiting=False, return_response_object=True
            )
            return answer.json()


def _place(token: str | None) -> tuple[int, datetime | None]:
    """How many entries lie above a page of a search, and how far down they reached.

    Raises:
        StaleError: the token is none.
    """
    if token is None:
        return 0, None
    first, _, met = token.partition(" ")
    try:
        return int(first), datetime.fromisoformat(met) if met else None
    except ValueError as broken:
        raise StaleError from broken
