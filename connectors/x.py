"""X, through tweepy: posts that name us, mentions of our accounts and replies to them, and what our accounts say.

X charges for every post it gives, so each page says what it cost. It is read as an app, which sees what is public. The
search goes back seven days. tweepy makes the requests; it neither pages, waits nor retries.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests
from pydantic import Field

from connectors import BOTH_SIDES, Account, Batch, Context, Cure, Estimate, Gone, SourceError, Spent
from connectors._http import RefusedError
from connectors._secrets import secret
from connectors._walk import NetworkSettings, Page, StaleError, Stream, Walker
from connectors._x_api import Api, Bill
from connectors._x_posts import SOURCE, Post, identified, named, posts_in
from rules.durations import Duration
from rules.model import Mention, Side

_PAGE = 100
_FEW = 5
"""The fewest posts that a listing of an account gives at once."""
_OVERLAP = timedelta(minutes=2)
_LOOK = timedelta(seconds=4)
_SENDERS = 15
"""Accounts counted by one query."""
_WEEK, _MONTH = 7, 30
_MENTIONS, _OWN = 800, 3_200
"""The most that X lists of an account's mentions, and of its posts."""
_WORD = re.compile(r"#?\w+")
_OPERATORS = frozenset({"or", "and", "not"})


class Settings(NetworkSettings):
    """The keys of a source of kind ``x``."""

    base_url: str = Field("https://api.x.com", pattern=r"^https?://[^\s?#@]+$", description="address of X's API")
    token_env: str | None = Field("X_BEARER_TOKEN", description="environment variable with the app's bearer token")
    token_file: Path | None = Field(None, description="file with the app's bearer token, instead of token_env")
    queries: tuple[str, ...] = Field((), description="searches beside the brand's aliases, in X's syntax")
    query_length: int = Field(512, ge=64, le=4_096, description="longest query that X takes, in characters")
    late: Duration = Field(timedelta(minutes=15), description="how long after its time a post may still appear")
    price_read: float = Field(0.005, ge=0, description="price of reading one post")
    price_own: float = Field(0.001, ge=0, description="price of reading one post of our own accounts")
    price_user: float = Field(0.01, ge=0, description="price of looking an account up, once in each run")
    price_count: float = Field(0.005, ge=0, description="price of counting what one query finds")
    once_a_day: bool = Field(
        True, description="X charges a post once a day (UTC), however often it is read; false: each time"
    )


def connect(settings: Settings, context: Context) -> "XPoller":
    """A connector for one source; opens nothing yet, but reads its token.

    Raises:
        SourceError: the token is missing, there is nothing to listen for, or what there is X cannot take.
    """
    if not (context.aliases or context.responders or settings.queries):
        raise SourceError(
            f"{settings.name} has nothing to listen for; set aliases or responders of [brand], or queries",
            cure=Cure.PERSON,
        )
    for handle in context.responders:
        if not named(handle):
            raise SourceError(f"{handle!a} is no handle on X; set responders to names without @", cure=Cure.PERSON)
    cure = "make one in X's developer console"
    token = secret("X's bearer token", settings.token_env, settings.token_file, cure)
    return XPoller(settings, context, Api(token, settings.base_url, settings.timeout))


class XPoller:
    """Asks for what is new."""

    def __init__(self, settings: Settings, context: Context, api: Api) -> None:
        self._settings = settings
        self._responders = tuple(sorted(context.responders))
        self._api = api
        self._http = api.http
        self._bill = Bill(once=settings.once_a_day)
        self._queries = tuple(queries(settings, context))
        self._unlisted: set[str] = set()
        """Our accounts whose mentions this server does not list; said once."""
        self._named = re.compile(rf"(?<![\w@])@(?:{'|'.join(self._responders)})(?!\w)", re.IGNORECASE)
        streams = [
            *(Stream(f"mentions of {one}", Side.THEIRS, partial(self._mentions, one)) for one in self._responders),
            *(
                Stream(f"search {number}" if number > 1 else "search", Side.THEIRS, partial(self._search, query))
                for number, query in enumerate(self._queries, 1)
            ),
            *(Stream(f"posts of {one}", Side.OURS, partial(self._own, one)) for one in self._responders),
        ]
        self._listings = len(streams)
        self._walker = Walker(streams, self._http, settings, _OVERLAP)

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """The next page of one listing.

        Raises:
            SourceError: no listing could be read.
        """
        try:
            batch = self._walker.poll(cursor, sides)
        except SourceError as error:
            error.spent += self._bill.settle()
            raise
        return replace(batch, spent=batch.spent + self._bill.settle())

    def look(self, ids: Sequence[str]) -> Batch:
        """Re-read these posts, and what we have said since the oldest of them, within four seconds.

        Raises:
            SourceError: it could not be checked.
        """
        wanted = [one for one in dict.fromkeys(ids) if identified(one)]
        try:
            with self._http.within(_LOOK):
                posts, gone = self._looked_up(wanted)
                since = {"since_id": min(wanted, key=int)} if wanted else {}
                pages = [self._answers(one, since) for one in self._responders]
        except SourceError as error:
            error.spent = self._spent()
            raise
        return Batch(
            mentions=(*(one.mention for one in posts), *(one for page in pages for one in page.mentions)),
            gone=tuple(Gone(SOURCE, one) for one in wanted if one in gone),
            warning=self._api.warning(),
            spent=self._spent(),
        )

    def account(self) -> Account:
        """Who the token is, as far as an app can tell, and which listings answer.

        Raises:
            SourceError: none does.
        """
        sees: list[str] = []
        failures: list[SourceError] = []
        tried: list[tuple[str, Callable[[], str]]] = [("search", self._counted)] if self._queries else []
        if self._responders:
            first = self._responders[0]
            self._id(first)
            tried.append((f"mentions of {first}", partial(self._newest, first, self._api.client.get_users_mentions)))
            tried.append((f"posts of {first}", partial(self._newest, first, self._api.client.get_users_tweets)))
        for name, ask in tried:
            try:
                sees.append(f"{name}: {ask()}")
            except SourceError as failure:
                failures.append(failure)
                sees.append(f"{name}: not read, {failure}")
        if len(failures) == len(tried):
            raise failures[0]
        return Account("an app that sees what is public", tuple(sees))

    def estimate(self) -> Estimate:
        """What the searches found in the last week, and what reading that much would cost in thirty days.

        Raises:
            SourceError: X does not say.
        """
        try:
            theirs = sum(self._count(one) for one in self._queries) / _WEEK
            ours = sum(self._count(one) for one in self._senders()) / _WEEK
        except SourceError as error:
            error.spent = self._spent()
            raise
        keys = self._settings
        again = 1.0 if keys.once_a_day else 2 + _OVERLAP / keys.every + keys.late / keys.sweep
        price = (theirs * keys.price_read + ours * keys.price_own) * again * _MONTH
        rounds = timedelta(days=1) / keys.every
        return Estimate(theirs + ours, self._listings * rounds + (theirs + ours) / _PAGE, price, self._spent())

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        self._http.close()

    def _search(self, query: str, floor: datetime | None, token: str | None) -> Page:
        """Posts that a query finds."""
        ask = partial(self._api.client.search_recent_tweets, query)
        return self._page(ask, "next_token", floor, token, price=self._settings.price_read)

    def _mentions(self, handle: str, floor: datetime | None, token: str | None) -> Page:
        """Posts that mention one of our accounts; replies to it do so by themselves."""
        ask = partial(self._api.client.get_users_mentions, self._id(handle))
        try:
            page = self._page(ask, "pagination_token", floor, token, price=self._settings.price_read, most=_MENTIONS)
        except RefusedError as refused:
            if refused.status != requests.codes.not_found or not self._queries:
                raise
            new = handle not in self._unlisted
            self._unlisted.add(handle)
            said = f"X has no list of mentions of {handle}; they are heard by the search alone"
            return Page(warning=said if new else None)
        ours = {one.casefold() for one in self._responders}
        return replace(page, addressed=frozenset(m.id for m in page.mentions if m.author.casefold() not in ours))

    def _own(self, handle: str, floor: datetime | None, token: str | None) -> Page:
        """What one of our accounts posts, replies included."""
        ask = partial(self._api.client.get_users_tweets, self._id(handle))
        return self._page(ask, "pagination_token", floor, token, price=self._settings.price_own, most=_OWN)

    def _answers(self, handle: str, since: Mapping[str, Any]) -> Page:
        """The newest page of what one of our accounts posts."""
        ask = partial(self._api.client.get_users_tweets, self._id(handle), **since)
        return self._page(ask, "pagination_token", None, None, price=self._settings.price_own)

    def _page(
        self,
        ask: Callable[..., Any],
        token_name: str,
        floor: datetime | None,
        token: str | None,
        *,
        price: float,
        most: int | None = None,
    ) -> Page:
        """One page of a listing, which shows ``most`` posts at most."""
        seen, at = _place(token)
        answer = self._api.posts(ask, max_results=_PAGE, start_time=floor, **{token_name: at})
        found, unread = posts_in(answer, self._api.handles)
        self._pay(found, price)
        seen += len(found) + unread
        meta = answer.get("meta")
        after = meta.get("next_token") if isinstance(meta, dict) else None
        goes_on = isinstance(after, str) and bool(after)
        mentions = tuple(one.mention for one in self._current(one for one in found if not one.repost))
        said = f"{unread} posts of X could not be read; please report it" if unread else None
        return Page(
            mentions=mentions,
            next=f"{seen} {after}" if goes_on else None,
            oldest=min((one.at for one in found), default=None),
            ends=f"X lists {most} posts at most" if not goes_on and most and seen >= most else "",
            addressed=frozenset(one.id for one in mentions if self._addresses(one)),
            warning="; ".join(filter(None, (said, self._api.warning()))) or None,
        )

    def _addresses(self, one: Mention) -> bool:
        ours = one.author.casefold() in map(str.casefold, self._responders)
        return bool(self._responders) and not ours and bool(self._named.search(one.text))

    def _looked_up(self, ids: Sequence[str]) -> tuple[list[Post], set[str]]:
        """These posts as they are now, and which are gone."""
        found, gone = self._api.looked_up(ids)
        self._pay(found, self._settings.price_read)
        return self._current(one for one in found if not one.repost), gone

    def _current(self, posts: Iterable[Post]) -> list[Post]:
        """Each post once, in its newest version. Asked for an older one, X gives its old text."""
        newest: dict[str, Post] = {}
        for one in posts:
            known = newest.get(one.mention.id)
            if known is None or int(known.version) < int(one.version):
                newest[one.mention.id] = one
        outdated = [one.newest for one in newest.values() if one.newest != one.version]
        if outdated:
            found, _ = self._api.looked_up(outdated)
            self._pay(found, self._settings.price_read)
            newest |= {one.mention.id: one for one in found if one.mention.id in newest}
        return list(newest.values())

    def _id(self, handle: str) -> str:
        """The id of one of our accounts; looking it up costs something, so it is remembered."""
        new = handle not in self._api.handles.values()
        name = self._api.id_of(handle)
        if new:
            self._bill.fee(self._settings.price_user)
        return name

    def _newest(self, handle: str, ask: Callable[..., Any]) -> str:
        found, _ = posts_in(self._api.posts(ask, self._id(handle), max_results=_FEW), self._api.handles)
        self._pay(found, self._settings.price_own)
        return f"newest post of {max(one.at for one in found):%Y-%m-%d %H:%M} UTC" if found else "no posts yet"

    def _senders(self) -> list[str]:
        """Queries for what our accounts post."""
        some = [self._responders[start : start + _SENDERS] for start in range(0, len(self._responders), _SENDERS)]
        return [" OR ".join(f"from:{one}" for one in few) for few in some]

    def _counted(self) -> str:
        return f"{self._count(self._queries[0])} posts in seven days"

    def _count(self, query: str) -> int:
        found = self._api.count(query)
        self._bill.fee(self._settings.price_count)
        return found

    def _pay(self, posts: Iterable[Post], price: float) -> None:
        self._bill.add((one.version for one in posts), price, self._http.now.date() if self._http.now else None)

    def _spent(self) -> Spent:
        return self._http.spent() + self._bill.settle()


def queries(settings: Settings, context: Context) -> Iterator[str]:
    """What to search for: names of us in as few queries as X's limit allows, then the settings' own.

    Reposts are left out, and what our own accounts say: that is read elsewhere, for less.

    Raises:
        SourceError: one name, or one query, is longer than X takes.
    """
    without = " -is:retweet"
    for handle in sorted(context.responders):
        if len(without) + len(handle) + 7 <= settings.query_length // 2:
            without += f" -from:{handle}"
    together: list[str] = []
    for term in (*map(_term, context.aliases), *(f"@{one}" for one in sorted(context.responders))):
        if together and len(_joined([*together, term], without)) > settings.query_length:
            yield _joined(together, without)
            together = []
        together.append(term)
        if len(_joined(together, without)) > settings.query_length:
            raise SourceError(f"{term!a:.60} is too long for X's search; use a shorter alias", cure=Cure.PERSON)
    if together:
        yield _joined(together, without)
    for query in settings.queries:
        full = _joined([query], without)
        if len(query) > settings.query_length:
            raise SourceError(f"{query!a:.60} is too long for X's search; split it in two", cure=Cure.PERSON)
        yield full if len(full) <= settings.query_length else query


def _joined(terms: Sequence[str], without: str) -> str:
    return f"({' OR '.join(terms)}){without}"


def _term(alias: str) -> str:
    """An alias as X takes it: a phrase in quotes, unless it is one plain word."""
    plain = " ".join(alias.replace('"', " ").split())
    return plain if _WORD.fullmatch(plain) and plain.casefold() not in _OPERATORS else f'"{plain}"'


def _place(token: str | None) -> tuple[int, str | None]:
    """How many posts the walk has seen, and X's token.

    Raises:
        StaleError: it is no token of ours.
    """
    if token is None:
        return 0, None
    seen, _, at = token.partition(" ")
    if not (seen.isdecimal() and at):
        raise StaleError
    return int(seen), at
