"""Reddit, through praw: what is posted in subreddits, what names us anywhere, our inbox, and what we say ourselves.

praw makes the requests and keeps the token; its models, which fetch whenever they are touched, its streams, its
retries and its sleeping are not used. In a subreddit of ours everything is said to us; in others, what names us or
answers us. Private messages are never read. A listing shows about 1,000 things and a comment can only be found where it
was posted: what that hides is a gap, or stands in the page on Reddit.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from connectors import BOTH_SIDES, Account, Batch, Context, Cure, Estimate, Gone, SourceError
from connectors._http import Http, RefusedError
from connectors._reddit_api import API, NETWORK, SITE, Api
from connectors._reddit_posts import SOURCE, Post, fullname, listing
from connectors._reddit_words import handles, holds, names
from connectors._secrets import secret
from connectors._walk import NetworkSettings, Page, Read, StaleError, Stream, Walker
from rules.durations import Duration
from rules.model import Mention, Side

_INBOX = ("mentions", "inbox")
_PAGE = 100
_SHOWN = 900
"""A listing that ends after so many things may have been cut off: it shows 1,000, less those that were removed."""
_FOUND = 200
"""The same for a search, which shows about 250."""
_OVERLAP = timedelta(minutes=10)
_ABSENT = frozenset((403, 404, 410))
"""Statuses by which a network, or a token without the scope for it, shows no inbox."""
_LOOK = timedelta(seconds=4)
_REMEMBERED = 20_000
_SCOPES = "identity, read, history and privatemessages"

_HANDLE = re.compile(r"[A-Za-z0-9_-]{1,30}")
_Subreddit = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{2,30}$")]
_ADVICE = {
    302: "there is no such subreddit; check subreddits and own_subreddits",
    401: "it does not take our token; check that the app still exists, and make a new refresh token",
    403: f"we may not read this; check that no subreddit is private and that the login has the scopes {_SCOPES}",
    404: "there is no such subreddit or account; check subreddits, own_subreddits, responders and base_url",
    429: "it takes 100 requests a minute from one app; set every to a longer time",
}


class Settings(NetworkSettings):
    """The keys of a source of kind ``reddit``."""

    base_url: str = Field(
        API,
        pattern=r"^https?://[^\s?#@]+$",
        description=f"address of Reddit's API; tokens come from {SITE} unless it was changed",
    )
    client_id_env: str = Field("REDDIT_CLIENT_ID", description="environment variable with the app's client id")
    client_id_file: Path | None = Field(None, description="file that holds it instead")
    client_secret_env: str = Field(
        "REDDIT_CLIENT_SECRET",
        description="environment variable with the app's secret; empty for an installed app, which has none",
    )
    client_secret_file: Path | None = Field(None, description="file that holds it instead")
    refresh_token_env: str | None = Field(
        None, description="environment variable with a user's refresh token; without a user there is no inbox"
    )
    refresh_token_file: Path | None = Field(None, description="file that holds it instead")
    username_env: str | None = Field(
        None, description="for a script app: environment variable with a user's name, instead of a refresh token"
    )
    password_env: str | None = Field(None, description="environment variable with that user's password")
    password_file: Path | None = Field(None, description="file that holds it instead")
    own_subreddits: tuple[_Subreddit, ...] = Field(
        (), description="subreddits of the brand: everything in them is said to us"
    )
    subreddits: tuple[_Subreddit, ...] = Field(
        (), description="other subreddits: what names us in them, or answers us, concerns us"
    )
    queries: tuple[str, ...] = Field((), description="searches beside the brand's aliases, in Reddit's syntax")
    every: Duration = Field(timedelta(minutes=2), gt=timedelta(0), description="time between two polls")
    late: Duration = Field(
        timedelta(hours=3), description="how long after its time a post may still appear, as one that is approved does"
    )

    @property
    def user(self) -> bool:
        """Whether there is a user to log in as."""
        return bool(self.refresh_token_env or self.refresh_token_file or self.username_env)

    @model_validator(mode="after")
    def _one_login(self) -> "Settings":
        script = (self.username_env, self.password_env or self.password_file)
        if any(script) and not all(script):
            raise ValueError("username_env and password_env go together; set both or neither")
        if any(script) and (self.refresh_token_env or self.refresh_token_file):
            raise ValueError("has two logins; set a refresh token or a password, not both")
        if any(script) and not (self.client_secret_env or self.client_secret_file):
            raise ValueError("has a password, which only an app with a secret may use; set refresh_token_env instead")
        return self


def connect(settings: Settings, context: Context) -> "RedditPoller":
    """A connector for one source; opens nothing yet.

    Raises:
        SourceError: a secret is missing, there is nothing to listen for, or a responder's name is none of Reddit.
    """
    for name in context.responders:
        if not _HANDLE.fullmatch(name):
            raise SourceError(f"{name!a} is no name on {NETWORK}; set responders to user names", cure=Cure.PERSON)
    if not (context.aliases or context.responders or settings.queries or settings.own_subreddits or settings.user):
        raise SourceError(
            f"{settings.name} has nothing to listen for; set aliases or responders of [brand], or own_subreddits",
            cure=Cure.PERSON,
        )
    return RedditPoller(settings, context, _login(settings))


class RedditPoller:
    """Asks for what is new."""

    def __init__(self, settings: Settings, context: Context, login: Mapping[str, str | None]) -> None:
        self._settings = settings
        self._responders = tuple(sorted(context.responders))
        self._us = frozenset(name.lower() for name in context.responders)
        self._http = Http(NETWORK, base_url=settings.base_url, timeout=settings.timeout, advice=_ADVICE)
        agent = f"python:harken (by /u/{self._responders[0]})" if self._responders else "python:harken"
        self._api = Api(self._http, login, agent)
        self._named = names(context.aliases)
        self._called = handles(self._responders)
        self._ours: dict[str, None] = {}
        """Our own posts met lately, to know what answers them."""
        self._unknown = set(self._responders) if settings.subreddits else set()
        """The responders whose newest posts have not been met yet."""
        self._emptied: set[str] = set()
        """The pages that were empty although the ones before said that there is more."""
        self._well = False
        """Whether the last listing could be read."""
        self._walker = Walker(tuple(self._streams(context)), self._http, settings, _OVERLAP)

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """The next page of one listing.

        Raises:
            SourceError: no listing could be read.
        """
        return self._walker.poll(cursor, sides)

    def look(self, ids: Sequence[str]) -> Batch:
        """Re-read these posts, a hundred in one request, and the newest of our own, within four seconds.

        Raises:
            SourceError: they could not be read.
        """
        wanted = [one for one in dict.fromkeys(ids) if fullname(one)]
        found: list[Mention | Gone] = []
        try:
            with self._http.within(_LOOK):
                for start in range(0, len(wanted), _PAGE):
                    found += self._info(wanted[start : start + _PAGE])
                for name in self._responders:
                    found += self._own(name, None).mentions
        except SourceError as error:
            error.spent = self._http.spent()
            raise
        return Batch(
            mentions=tuple(one for one in found if isinstance(one, Mention)),
            gone=tuple(one for one in found if isinstance(one, Gone)),
            spent=self._http.spent(),
        )

    def account(self) -> Account:
        """Log in; as whom, and which of the subreddits there are.

        Raises:
            SourceError: it did not work.
        """
        sees = ["submissions and comments"]
        who = "nobody: without a user it reads, but has no inbox"
        if self._settings.user:
            me = self._api.get("api/v1/me", {})
            name = me.get("name") if isinstance(me, dict) else None
            if not isinstance(name, str) or not _HANDLE.fullmatch(name):
                raise SourceError(f"{NETWORK} does not say who we are; check base_url")
            who = f"u/{name}"
            sees += ["its inbox"]
            if name.lower() not in self._us:
                sees += [f"but u/{name} is no responder; add it to responders of [brand] if it speaks for you"]
        sees += self._there([*self._settings.own_subreddits, *self._settings.subreddits])
        return Account(who, tuple(sees))

    def estimate(self) -> Estimate:
        """How many requests a day it takes. Reddit does not count posts; what it charges is agreed with each customer.

        Raises:
            SourceError: never.
        """
        rounds = timedelta(days=1) / self._settings.every
        return Estimate(None, self._listings * rounds, 0.0)

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        self._http.close()

    def _streams(self, context: Context) -> Iterator[Stream]:
        """What is listened to: what people say, then what we say."""
        given = self._settings
        theirs: list[tuple[str, Callable[[str | None], Page], bool]] = []
        for listed, read in ((given.own_subreddits, self._own_subreddit), (given.subreddits, self._subreddit)):
            if place := "+".join(listed):
                theirs += [(f"posts in r/{place}", partial(read, f"r/{place}/new"), False)]
                theirs += [(f"comments in r/{place}", partial(read, f"r/{place}/comments"), False)]
        for term in context.aliases:
            theirs.append((f"search for {term}", partial(self._search, _asking(term), self._names), False))
        for query in given.queries:
            theirs.append((f"search for {query}", partial(self._search, query, lambda _: True), False))
        if given.user:
            theirs += [(f"inbox ({name})", partial(self._inbox, f"message/{name}"), True) for name in _INBOX]
        ours = [(f"posts of u/{name}", partial(self._own, name)) for name in self._responders]
        self._listings = len(theirs) + len(ours)
        yield from (Stream(name, Side.THEIRS, _from_newest(read), optional) for name, read, optional in theirs)
        yield from (Stream(name, Side.OURS, _from_newest(read)) for name, read in ours)

    def _own_subreddit(self, path: str, token: str | None) -> Page:
        """Everything in subreddits of ours."""
        return self._page(path, {}, token, addresses=lambda _: True)

    def _subreddit(self, path: str, token: str | None) -> Page:
        """What concerns us in other subreddits."""
        self._meet()
        return self._page(path, {}, token, keep=self._concerns)

    def _search(self, query: str, keep: Callable[[Post], bool], token: str | None) -> Page:
        """Submissions that a search finds; it is generous with what it takes for a word."""
        return self._page("search", {"q": query, "sort": "new", "type": "link"}, token, keep=keep, most=_FOUND)

    def _inbox(self, path: str, token: str | None) -> Page:
        """What Reddit notified us of: replies to us, and posts that call us. Private messages are left alone."""
        well = self._well
        try:
            return self._page(path, {}, token, addresses=lambda _: True)
        except SourceError as error:
            self._well = well
            if not well or not isinstance(error, RefusedError) or error.status not in _ABSENT:
                error.cure = Cure.RETRY  # nothing can be read just now: that does not mean that there is no inbox
            raise

    def _own(self, name: str, token: str | None) -> Page:
        """What one of our accounts posts."""
        page = self._page(f"user/{name}/overview", {"sort": "new"}, token, keep=self._is_ours)
        self._unknown.discard(name)
        self._ours.update(dict.fromkeys(one.id for one in page.mentions))
        while len(self._ours) > _REMEMBERED:
            del self._ours[next(iter(self._ours))]
        return page

    def _meet(self) -> None:
        """Learn our own newest posts, once, so that answers to them are known; it blinds nothing if that fails."""
        for name in sorted(self._unknown):
            with contextlib.suppress(SourceError):
                self._own(name, None)

    def _is_ours(self, post: Post) -> bool:
        return post.mention.author.lower() in self._us

    def _names(self, post: Post) -> bool:
        """Whether it says what people call us."""
        return self._is_ours(post) or holds(f"{post.mention.text}\n{post.link}", self._named)

    def _speaks_to_us(self, post: Post) -> bool:
        """Whether it calls one of us, answers us, or stands under a submission of ours."""
        return (
            post.mention.reply_to in self._ours
            or post.under.lower() in self._us
            or holds(post.mention.text, self._called)
        )

    def _concerns(self, post: Post) -> bool:
        goes_on = post.goes_on and holds(post.above, self._named)
        return goes_on or self._names(post) or self._speaks_to_us(post)

    def _page(
        self,
        path: str,
        asked: Mapping[str, str],
        token: str | None,
        *,
        keep: Callable[[Post], bool] = lambda _: True,
        addresses: Callable[[Post], bool] | None = None,
        most: int = _SHOWN,
    ) -> Page:
        """One page of a listing, whose token is how many things were shown before it, and the last of them."""
        before, after = _place(token)
        more = {} if after is None else {"after": after}
        self._well = False
        page = listing(self._api.get(path, {**asked, "limit": str(_PAGE), **more}))
        self._well = True
        if token and not page.shown and self._first_time(f"{path} {token}"):
            raise StaleError  # the post that it was to go on from may have been removed meanwhile
        posts = [one for one in page.posts if keep(one)]
        shown = before + page.shown
        speaks = addresses or self._speaks_to_us
        return Page(
            mentions=tuple(one.mention for one in posts),
            next=f"{shown} {page.after}" if page.after else None,
            oldest=page.oldest,
            ends=f"it shows no more than the newest {shown}" if page.after is None and shown >= most else "",
            addressed=frozenset(one.mention.id for one in posts if speaks(one) and not self._is_ours(one)),
            warning=f"{page.unread} of {page.shown} posts of {NETWORK} could not be read; please report it"
            if page.unread
            else None,
        )

    def _first_time(self, page: str) -> bool:
        """Whether this page is empty for the first time; where it stays so, the listing ends there."""
        if page in self._emptied:
            return False
        if len(self._emptied) >= _REMEMBERED:
            self._emptied.clear()
        self._emptied.add(page)
        return True

    def _info(self, wanted: Sequence[str]) -> Iterator[Mention | Gone]:
        """These posts as they are now; what is not shown any more is gone."""
        page = listing(self._api.get("api/info", {"id": ",".join(wanted)}))
        found: dict[str, Mention | Gone] = {one.id: one for one in page.gone}
        found |= {one.mention.id: one.mention for one in page.posts}
        yield from (found[name] for name in wanted if name in found)
        if not page.unread:
            yield from (Gone(SOURCE, name) for name in wanted if name not in found)

    def _there(self, named: Sequence[str]) -> list[str]:
        """What there is of some subreddits, in words; nothing where the network does not say."""
        if not named:
            return []
        try:
            answer = self._api.get("api/info", {"sr_name": ",".join(named)})
            children = [one["data"]["display_name"].lower() for one in answer["data"]["children"]]
        except (RefusedError, KeyError, TypeError, AttributeError):
            return []
        return [f"r/{one}" if one.lower() in children else f"but not r/{one}; check its name" for one in named]


def _login(settings: Settings) -> dict[str, str | None]:
    """All that praw would otherwise look for in the environment by names of its own."""

    def one(what: str, env: str | None, file: Path | None, cure: str) -> str | None:
        return secret(f"Reddit's {what}", env, file, cure) if env or file else None

    app = f"make an app at {SITE}/prefs/apps"
    return {
        "client_id": secret("Reddit's client id", settings.client_id_env, settings.client_id_file, app),
        "client_secret": one("client secret", settings.client_secret_env, settings.client_secret_file, app),
        "refresh_token": one(
            "refresh token", settings.refresh_token_env, settings.refresh_token_file, "log in once to get one"
        ),
        "username": one("user name", settings.username_env, None, "set it"),
        "password": one("password", settings.password_env, settings.password_file, "set it"),
        "redirect_uri": None,
    }


def _from_newest(read: Callable[[str | None], Page]) -> Read:
    """A listing of Reddit begins at its newest thing, wherever its reading is to end."""
    return lambda _, token: read(token)


def _asking(alias: str) -> str:
    """A search for an alias, as a phrase where it is more than a word."""
    words = " ".join(alias.replace('"', " ").split())
    return words if words.isalnum() else f'"{words}"'


def _place(token: str | None) -> tuple[int, str | None]:
    """How many things stand before a page, and the last of them."""
    if token is None:
        return 0, None
    count, _, after = token.partition(" ")
    if not (count.isdecimal() and len(count) < 10 and after):  # noqa: PLR2004 - no listing is that long
        raise StaleError
    return int(count), after
