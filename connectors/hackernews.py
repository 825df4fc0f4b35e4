"""Hacker News, through the search that Algolia runs for it: stories and comments about us, replies to us, our own.

It needs no account and no SDK. A search shows 1,000 posts at most, so each page is asked for by the time at which the
last one ended. Two of the search's habits are undone here: it finds what only looks like a word, and comments under a
story whose title has it; what is kept holds the word itself. It cannot be told of an edit or a deletion: an edit is
seen when the post is read again, a deletion when it is looked at.
"""

import contextlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import requests
from pydantic import Field

from connectors import BOTH_SIDES, Account, Batch, Context, Cure, Estimate, Gone, SourceError, Spent
from connectors._hackernews_posts import SOURCE, Hit, identified, post_in, posts_in
from connectors._http import Http, RefusedError
from connectors._walk import NetworkSettings, Page, StaleError, Stream, Walker
from rules.durations import Duration
from rules.model import Mention, Side

_ADDRESS = r"^https?://[^\s?#@]+$"
_SEARCH = "https://hn.algolia.com/api/v1"
_ITEMS = "https://hacker-news.firebaseio.com/v0"
_NETWORK = "Hacker News"

_HITS = 100
"""Posts on one page."""
_MOST_HITS = 1_000
"""The most that the search shows of anything."""
_OVERLAP = timedelta(minutes=10)
_OPEN = timedelta(days=14)
"""For so long people can reply to a post."""
_CONVERSATIONS = 200
"""So many of our newest conversations are watched for replies; more would not fit into an address."""
_LOOK = timedelta(seconds=4)
_LOOKED_AT = 10
"""Posts of one look: each is a request of its own."""
_REMEMBERED = 20_000
_WEEK = timedelta(days=7)

_HANDLE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TERMS = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))')
_ADVICE = {
    403: "it shuts us out, perhaps for asking too often; set every to a longer time",
    429: "it takes 10000 requests an hour from one address; set every to a longer time",
}


class Settings(NetworkSettings):
    """The keys of a source of kind ``hackernews``."""

    base_url: str = Field(_SEARCH, pattern=_ADDRESS, description="address of Algolia's search of Hacker News")
    firebase_url: str | None = Field(
        None,
        pattern=_ADDRESS,
        description=f"address that says whether a post still stands; {_ITEMS} unless base_url was changed",
    )
    queries: tuple[str, ...] = Field((), description="searches beside the brand's aliases, in Algolia's syntax")
    every: Duration = Field(timedelta(minutes=2), gt=timedelta(0), description="time between two polls")
    late: Duration = Field(timedelta(hours=2), description="how long after its time a post may still appear or change")


def connect(settings: Settings, context: Context) -> "HackerNewsPoller":
    """A connector for one source; opens nothing yet.

    Raises:
        SourceError: there is nothing to listen for, or a responder's name is none of Hacker News.
    """
    if not (context.aliases or context.responders or settings.queries):
        raise SourceError(
            f"{settings.name} has nothing to listen for; set aliases or responders of [brand], or queries",
            cure=Cure.PERSON,
        )
    for name in context.responders:
        if not _HANDLE.fullmatch(name):
            raise SourceError(f"{name!a} is no name on {_NETWORK}; set responders to user names", cure=Cure.PERSON)
    return HackerNewsPoller(settings, context)


@dataclass(frozen=True, slots=True)
class _Term:
    """Something to search for."""

    asked: str
    holds: re.Pattern[str]
    """What a post has to hold to be meant."""


@dataclass(frozen=True, slots=True)
class _Conversations:
    """Where somebody may answer us."""

    posts: frozenset[str] = frozenset()
    stories: tuple[str, ...] = ()


class HackerNewsPoller:
    """Asks for what is new."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._responders = tuple(sorted(context.responders))
        self._http = Http(_NETWORK, base_url=settings.base_url, timeout=settings.timeout, advice=_ADVICE)
        items = settings.firebase_url or (_ITEMS if settings.base_url == _SEARCH else None)
        self._items = None if items is None else _firebase(items, settings.timeout)
        self._apis = tuple(filter(None, (self._http, self._items)))
        self._terms = (*map(_alias, context.aliases), *map(_query, settings.queries))
        self._ours = _Conversations()
        self._warned = False
        self._threads: dict[str, str] = {}
        """The story of each comment met lately: Hacker News itself only knows a comment's parent."""
        streams = [Stream(f"search for {one.asked}", Side.THEIRS, partial(self._search, one)) for one in self._terms]
        if self._responders:
            streams.append(Stream("replies to us", Side.THEIRS, self._replies))
            streams.append(Stream("own posts", Side.OURS, self._own))
        self._walker = Walker(streams, self._http, settings, _OVERLAP)

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """The next page of one listing.

        Raises:
            SourceError: no listing could be read.
        """
        return self._walker.poll(cursor, sides)

    def look(self, ids: Sequence[str]) -> Batch:
        """Re-read the first few of these posts, and our own newest, within four seconds.

        Raises:
            SourceError: one of them could not be read.
        """
        wanted = [one for one in dict.fromkeys(ids) if identified(one)][:_LOOKED_AT]
        try:
            with contextlib.ExitStack() as bounds:
                for http in self._apis:
                    bounds.enter_context(http.within(_LOOK))
                ours = self._own(None, None).mentions if self._responders else ()
                found = [self._item(one) for one in wanted]
        except SourceError as error:
            error.spent = self._spent()
            raise
        return Batch(
            mentions=(*(one for one in found if isinstance(one, Mention)), *ours),
            gone=tuple(one for one in found if isinstance(one, Gone)),
            spent=self._spent(),
        )

    def account(self) -> Account:
        """Nobody has to log in; what can be seen all the same.

        Raises:
            SourceError: it could not be asked.
        """
        sees = [f"{self._count(_asking(one))} posts that hold {one.asked}" for one in self._terms]
        for name in self._responders:
            count = self._count({"tags": f"author_{name}"})
            sees.append(f"{count} posts of {name}{'' if count else '; check the name, capitals count'}")
        return Account("nobody: no account is needed", tuple(sees))

    def estimate(self) -> Estimate:
        """How many posts a day the searches found in the last week, and how many requests a day finding them takes.

        Raises:
            SourceError: it does not say.
        """
        self._count({"tags": "story"})
        since = {} if self._http.now is None else _between(self._http.now - _WEEK, None)
        found = sum(self._count({**_asking(one), **since}) for one in self._terms)
        rounds = timedelta(days=1) / self._settings.every
        listings = len(self._terms) + (3 if self._responders else 0)
        return Estimate(found / _WEEK.days if since else None, listings * rounds, 0.0, self._spent())

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        for http in self._apis:
            http.close()

    def _search(self, term: _Term, floor: datetime | None, token: str | None) -> Page:
        """Posts that hold one term."""
        return self._page(
            _asking(term),
            floor,
            token,
            keep=lambda hit: bool(term.holds.search(_folded(f"{hit.mention.text}\n{hit.link}"))),
        )

    def _replies(self, floor: datetime | None, token: str | None) -> Page:
        """Comments under our stories, and answers to our comments."""
        if token is None or not self._ours.stories:
            self._ours = self._conversations()
        ours = self._ours
        if not ours.stories:
            return Page()
        stories = ",".join(f"story_{one}" for one in ours.stories)
        page = self._page(
            {"tags": f"comment,({stories})"},
            floor,
            token,
            keep=lambda hit: hit.mention.thread in ours.posts or hit.mention.reply_to in ours.posts,
            addresses=lambda one: one.reply_to in ours.posts and one.author not in self._responders,
        )
        if len(ours.stories) < _CONVERSATIONS or self._warned:
            return page
        self._warned = True
        said = f"we speak in many conversations; replies are heard in the newest {_CONVERSATIONS}, or if they name us"
        return replace(page, warning="; ".join(filter(None, (page.warning, said))))

    def _own(self, floor: datetime | None, token: str | None) -> Page:
        """What our own accounts post."""
        return self._page({"tags": self._authors()}, floor, token)

    def _conversations(self) -> _Conversations:
        """Where we have spoken lately, from our own newest posts."""
        hits, _ = posts_in(self._ask({"tags": self._authors(), "hitsPerPage": str(_MOST_HITS)}))
        now = self._http.now or max((one.mention.posted_at for one in hits), default=None)
        recent = [one.mention for one in hits if now is None or one.mention.posted_at >= now - _OPEN]
        stories = dict.fromkeys(one.thread for one in recent)
        return _Conversations(frozenset(one.id for one in recent), tuple(stories)[:_CONVERSATIONS])

    def _authors(self) -> str:
        return f"({','.join(f'author_{name}' for name in self._responders)})"

    def _page(
        self,
        asked: Mapping[str, str],
        floor: datetime | None,
        token: str | None,
        *,
        keep: Callable[[Hit], bool] = lambda _: True,
        addresses: Callable[[Mention], bool] = lambda _: False,
    ) -> Page:
        """One page of a listing, by the time at which the last one ended.

        Several posts may share the second at which a page ends, so the next one begins with it; if a page is all of
        one second, the next is the page behind it.
        """
        until, number = _place(token)
        answer = self._ask({**asked, **_between(floor, until), "hitsPerPage": str(_HITS), "page": str(number)})
        hits, unread = posts_in(answer)
        mentions = tuple(one.mention for one in hits if keep(one))
        self._remember(one.mention for one in hits)
        oldest = min((one.mention.posted_at for one in hits), default=None)
        goes_on = len(answer["hits"]) >= _size(answer)
        return Page(
            mentions=mentions,
            next=_next(oldest, until, number) if goes_on else None,
            oldest=oldest,
            ends="its posts cannot be read" if goes_on and oldest is None else "",
            addressed=frozenset(one.id for one in mentions if addresses(one)),
            warning=f"{unread} of {len(answer['hits'])} posts of {_NETWORK} could not be read; please report it"
            if unread
            else None,
        )

    def _ask(self, params: Mapping[str, str]) -> dict[str, Any]:
        """What a search finds, newest first."""
        answer = self._http.get("/search_by_date", params)
        if not isinstance(answer, dict) or not isinstance(answer.get("hits"), list):
            raise SourceError(f"{_NETWORK} sent an answer without hits; check base_url")
        return answer

    def _count(self, params: Mapping[str, str]) -> int:
        found = self._ask({**params, "hitsPerPage": "1"}).get("nbHits")
        return found if isinstance(found, int) else 0

    def _item(self, name: str) -> Mention | Gone | None:
        """A post as it is now; None where it stands but cannot be read."""
        found = self._indexed(name) if self._items is None else self._items.get(f"/item/{name}.json")
        if found is None:
            return Gone(SOURCE, name)
        if not isinstance(found, dict) or identified(found.get("id")) != name:
            raise SourceError(f"{_NETWORK} sent another post than was asked for; check base_url and firebase_url")
        post = {"author": found.get("by"), "created_at_i": found.get("time"), "parent_id": found.get("parent"), **found}
        if post.get("deleted") or post.get("dead") or post["author"] is None:
            return Gone(SOURCE, name)
        if identified(post["parent_id"]) and not identified(post.get("story_id")):
            post["story_id"] = self._threads.get(name) or self._story_of(name)
        hit = post_in(post)
        return None if hit is None else hit.mention

    def _indexed(self, name: str) -> Any:
        """A post as the search has it; None where it has none."""
        try:
            return self._http.get(f"/items/{name}")
        except RefusedError as refused:
            if refused.status == requests.codes.not_found:
                return None
            raise

    def _story_of(self, name: str) -> Any:
        found = self._indexed(name)
        return found.get("story_id") if isinstance(found, dict) else None

    def _remember(self, mentions: Iterable[Mention]) -> None:
        if len(self._threads) > _REMEMBERED:
            self._threads.clear()
        self._threads.update((one.id, one.thread) for one in mentions)

    def _spent(self) -> Spent:
        return sum((http.spent() for http in self._apis), Spent())


def _firebase(address: str, timeout: timedelta) -> Http:
    """Hacker News' own API. It says ``null`` of what there is not, which is no failure."""
    return Http(_NETWORK, base_url=address, timeout=timeout, passes=frozenset({requests.codes.ok}))


def _asking(term: _Term) -> dict[str, str]:
    return {
        "query": term.asked,
        "tags": "(story,comment)",
        "advancedSyntax": "true",
        "typoTolerance": "false",
        "restrictSearchableAttributes": "title,story_text,comment_text,url",
    }


def _alias(alias: str) -> _Term:
    """An alias is looked for as it is, whole."""
    return _Term(f'"{alias.replace(chr(34), " ").strip()}"', _holding([(alias, True)]))


def _query(query: str) -> _Term:
    """A search of somebody's own. What it finds has to hold one of its words, or begin with one outside of quotes."""
    found = [(quoted or bare, bool(quoted)) for no, quoted, bare in _TERMS.findall(query) if not no]
    return _Term(query, _holding(found))


def _holding(terms: Iterable[tuple[str, bool]]) -> re.Pattern[str]:
    """Matches folded text that holds one of these terms; those that have to be whole end where a word does."""
    ways = []
    for term, whole in terms:
        if words := re.findall(r"[^\W_]+", _folded(term)):
            ways.append(r"[\W_]+".join(words) + (r"(?![^\W_])" if whole else ""))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(ways)})")


def _folded(text: str) -> str:
    """Without accents and capitals, as the search compares."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _between(floor: datetime | None, until: int | None) -> dict[str, str]:
    bounds = [] if floor is None else [f"created_at_i>={int(floor.timestamp())}"]
    bounds += [] if until is None else [f"created_at_i<={until}"]
    return {"numericFilters": ",".join(bounds)} if bounds else {}


def _place(token: str | None) -> tuple[int | None, int]:
    """The second at which a page begins, and which page of it."""
    if token is None:
        return None, 0
    until, _, number = token.partition(" ")
    if not (until.isdecimal() and number.isdecimal()):
        raise StaleError
    return int(until), int(number)


def _next(oldest: datetime | None, until: int | None, number: int) -> str | None:
    if oldest is None:
        return None
    last = int(oldest.timestamp())
    return f"{last} 0" if until is None or last < until else f"{until} {number + 1}"


def _size(answer: Mapping[str, Any]) -> int:
    """How many posts a full page has; a server may give fewer than were asked for."""
    said = answer.get("hitsPerPage")
    return min(said, _HITS) if isinstance(said, int) and said > 0 else _HITS
