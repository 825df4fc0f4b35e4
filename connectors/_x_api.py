"""X's API through tweepy: what is asked for, what is refused, and what it costs.

It asks for less when X no longer knows a field, and says so once. It neither pages nor waits by itself.
"""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import requests
import tweepy

from connectors import Cure, SourceError, Spent
from connectors._http import Http, RefusedError
from connectors._plain import printable
from connectors._walk import StaleError, TooOldError
from connectors._x_posts import Post, identified, listed, named, posts_in

_BELIEVED = "https://api.twitter.com"
"""Where tweepy sends everything."""
_BATCH = 100
_ADVICE = {
    401: "it does not know our bearer token; make a new one in the developer console and put it where the config says",
    402: "it has no credits left; buy some in the developer console, or set a smaller budget",
    403: "the app may not read this; check its access in the developer console",
    429: "we ask too often; set every to a longer time, or make fewer queries",
}
_NOT_SERVED = frozenset({400, 403, 404, 405, 501})
_ALLOWED = re.compile(r"one of \[[^\]]*\]?")
"""What X would have liked better: not what it refused."""
_VALUE = re.compile(r"value \[([^\]]*)\]")
_NAME = re.compile(r"[\w.]+")
_TOKENS = ("next_token", "pagination_token")
_GONE = re.compile(r"resource-not-found|not-authorized-for-resource|not found|authorization", re.IGNORECASE)


class Bill:
    """What is charged. X charges a post once a day by UTC, however often it is read that day.

    Args:
        once: whether that is so.
    """

    def __init__(self, *, once: bool) -> None:
        self._once = once
        self._day: date | None = None
        self._read: set[str] = set()
        self._due = Spent()

    def add(self, ids: Iterable[str], price: float, day: date | None) -> None:
        """Posts that were read on ``day``, by the network's clock."""
        names = list(ids)
        if self._once and day is not None:
            if day != self._day:
                self._day, self._read = day, set()
            names = [one for one in dict.fromkeys(names) if one not in self._read]
            self._read.update(names)
        self._due += Spent(reads=len(names), price=len(names) * price)

    def fee(self, price: float) -> None:
        """Something else that was charged."""
        self._due += Spent(price=price)

    def settle(self) -> Spent:
        """What was charged since this was last asked."""
        due, self._due = self._due, Spent()
        return due


class Api:
    """What X is asked. Everything it gives is a dictionary."""

    def __init__(self, token: str, base_url: str, timeout: timedelta) -> None:
        self.http = Http(
            "X",
            base_url=base_url.rstrip("/").removesuffix("/2"),
            timeout=timeout,
            instead_of=_BELIEVED,
            advice=_ADVICE,
        )
        logging.getLogger("tweepy").setLevel(logging.INFO)  # it logs its bearer token at DEBUG
        self.client = tweepy.Client(token, return_type=dict, wait_on_rate_limit=False)
        self.client.session = self.http.session
        self.handles: dict[str, str] = {}
        """Our accounts' handles by id, as far as they have been asked for."""
        self._asked = {
            "expansions": ["author_id"],
            "tweet_fields": ["author_id", "conversation_id", "created_at", "lang", "note_tweet", "referenced_tweets"],
            "user_fields": ["name", "public_metrics", "username"],
        }
        self._say: list[str] = []

    def warning(self) -> str | None:
        """What is to be said, once."""
        said, self._say = "; ".join(self._say), []
        return said or None

    def posts(self, ask: Callable[..., Any], *args: Any, **params: Any) -> dict[str, Any]:
        """A page of posts, with all that X knows of them.

        Raises:
            TooOldError: X does not go back that far.
            StaleError: X does not know the token any more.
            SourceError: it was refused, or is no page.
        """
        answer = self._answer(ask, *args, **params)
        if isinstance(answer.get("data"), list) or isinstance(answer.get("meta"), dict):
            return answer
        errors = [one for one in listed(answer.get("errors")) if isinstance(one, dict)]
        if not errors:
            raise SourceError("X sent an answer without posts; check base_url")
        why = printable(str(errors[0].get("title") or errors[0].get("detail") or "no reason given"))
        raise SourceError(f"X shows nothing here ({why}); check the app's access", cure=Cure.PERSON)

    def count(self, query: str) -> int:
        """How many posts a query finds in seven days.

        Raises:
            SourceError: it does not say.
        """
        with self.http.telling():
            answer = self.client.get_recent_tweets_count(query, granularity="day")
        if not isinstance(answer, dict):
            raise SourceError("X sent an answer without counts; check base_url")
        meta = answer.get("meta")
        total = meta.get("total_tweet_count") if isinstance(meta, dict) else None
        if type(total) is int:
            return total
        counts = [one.get("tweet_count") for one in listed(answer.get("data")) if isinstance(one, dict)]
        return sum(one for one in counts if type(one) is int)

    def id_of(self, handle: str) -> str:
        """The id of one of our accounts, and remember it.

        Raises:
            SourceError: there is no such account, or X does not say.
        """
        for name, known in self.handles.items():
            if known == handle:
                return name
        user = self._user(handle)
        name = identified(user.get("id"))
        if not name or named(user.get("username")).casefold() not in ("", handle.casefold()):
            raise SourceError(
                f"X knows no account {printable(handle)!r}; correct the responders in the config", cure=Cure.PERSON
            )
        self.handles[name] = handle
        return name

    def _user(self, handle: str) -> dict[str, Any]:
        """An account, asked for in the one way or in the other: not every server has both."""
        try:
            with self.http.telling():
                answer = self.client.get_user(username=handle)
        except RefusedError as refused:
            if refused.status not in _NOT_SERVED:
                raise
            with self.http.telling():
                answer = self.client.get_users(usernames=[handle])
        data = answer.get("data") if isinstance(answer, dict) else None
        found = listed(data)[0] if listed(data) else data
        return found if isinstance(found, dict) else {}

    def looked_up(self, ids: Sequence[str]) -> tuple[list[Post], set[str]]:
        """These posts in the versions asked for, and the ids of those that are gone.

        Raises:
            SourceError: X does not say.
        """
        found: list[Post] = []
        gone: set[str] = set()
        for start in range(0, len(ids), _BATCH):
            wanted = list(ids[start : start + _BATCH])
            answer = self._answer(self.client.get_tweets, wanted)
            if not (listed(answer.get("data")) or listed(answer.get("errors"))):
                raise SourceError("X sent neither posts nor why there are none; it is asked again")
            found += posts_in(answer, self.handles)[0]
            gone |= {name for one in listed(answer.get("errors")) if (name := _gone(one)) in wanted}
        return found, gone - {one.version for one in found}

    def _answer(self, ask: Callable[..., Any], *args: Any, **params: Any) -> dict[str, Any]:
        """What X says to a question about posts, asked for less until it answers."""
        while True:
            try:
                with self.http.telling():
                    answer = ask(*args, **{name: list(names) for name, names in self._asked.items() if names}, **params)
            except RefusedError as refused:
                if refused.status != requests.codes.bad_request:
                    raise
                said = _ALLOWED.sub("", refused.said)
                if params.get("start_time") and "start_time" in said:
                    raise TooOldError("it does not go back that far (its search: seven days)") from refused
                if self._drops(said):
                    continue
                if any(params.get(one) for one in _TOKENS):
                    raise StaleError from refused
                raise
            if not isinstance(answer, dict):
                raise SourceError("X sent an answer without posts; check base_url")
            return answer

    def _drops(self, said: str) -> bool:
        """Whether a refusal names something that was asked for, which is then asked for no more."""
        words = set(_NAME.findall(" ".join(_VALUE.findall(said)) or said))
        about = [one for one in self._asked if one.replace("_", ".") in said]
        if not about:
            words = {one for one in words if "_" in one}
        dropped = [(one, name) for one in about or self._asked for name in self._asked[one] if name in words]
        dropped = dropped or [(one, name) for one in about for name in self._asked[one]]
        for one, name in dropped:
            self._asked[one].remove(name)
            if name == "referenced_tweets":
                self._asked[one].append("referenced_posts")
            else:
                self._say.append(f"X does not know {name} any more; it is read without it, please report this")
        return bool(dropped)


def _gone(error: Any) -> str:
    """The id of what an error says is not there, or not for us; empty where it says something else."""
    if not isinstance(error, dict) or not _GONE.search(f"{error.get('type')} {error.get('title')}"):
        return ""
    return identified(error.get("resource_id")) or identified(error.get("value"))
