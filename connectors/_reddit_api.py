"""praw as Harken uses it: one request at a time, as JSON, with a token that is renewed when it has to be.

It never sleeps and never tries again by itself, which praw does in both of its layers: how long the network wants to be
left alone is remembered here, for all listings at once, and told as a ``SourceError``.
"""

import math
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import praw
from prawcore.exceptions import OAuthException
from prawcore.rate_limit import RateLimiter

from connectors import Cure, SourceError
from connectors._http import Http, RefusedError

NETWORK = "Reddit"
API, SITE = "https://oauth.reddit.com", "https://www.reddit.com"

_UNAUTHORIZED = 401
_NO_LOGIN = frozenset((400, 401, 403))
"""Statuses by which the network says that it does not take a login."""


class Api:
    """Reddit's API, as one app and perhaps one user. Opens nothing before it is asked.

    Args:
        http: what praw's requests go through.
        login: client id and all the rest that praw would look for in the environment by names of its own.
        agent: how we introduce ourselves.
    """

    def __init__(self, http: Http, login: Mapping[str, str | None], agent: str) -> None:
        self._http = http
        self._reddit = praw.Reddit(
            "DEFAULT",
            requestor_kwargs={"session": http.session},
            oauth_url=f"{http.base_url}/",
            reddit_url=SITE if http.base_url == API else http.base_url,
            user_agent=agent,
            check_for_updates=False,
            check_for_async=False,
            **login,  # type: ignore[arg-type]  # keywords of praw's config, none of its own
        )
        core: Any = self._reddit._core  # noqa: SLF001 - praw shows its session to nobody
        core._rate_limiter = _Unhurried(window_size=0)  # noqa: SLF001 - and this is what sleeps
        self._authorizer = core.authorizer
        self._until = 0.0
        """When, by the monotonic clock, the network allows the next request."""

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        """The JSON at ``path``. A token that was taken back before its time is renewed, once.

        Raises:
            SourceError: there is none.
        """
        ask = partial(self._reddit.request, method="GET", path=path, params=dict(params))
        fresh = self._log_in()
        try:
            return self._once(ask)
        except RefusedError as refused:
            if refused.status != _UNAUTHORIZED or fresh:
                raise
        self._authorizer.access_token = None
        self._log_in()
        return self._once(ask)

    def _log_in(self) -> bool:
        """Get a token, unless there is a good one; whether it did.

        Raises:
            SourceError: there is none to be had.
        """
        if self._authorizer.is_valid():
            return False
        try:
            self._once(self._authorizer.refresh)
        except RefusedError as refused:
            if refused.status in _NO_LOGIN:
                raise _locked_out(f"answered {refused.status} to our login") from refused
            raise
        except SourceError as error:
            if isinstance(error.__cause__, OAuthException):  # with status 200
                raise _locked_out("does not take our login") from error
            raise
        return True

    def _once(self, ask: Callable[[], Any]) -> Any:
        """What one use of praw gives, unless the network has said that it is too soon."""
        left = self._until - time.monotonic()
        if left > 0:
            raise SourceError(
                f"{NETWORK} allows no request for another {math.ceil(left)} s; "
                "set every to a longer time if this is often so",
                retry_after=timedelta(seconds=left),
            )
        try:
            with self._http.telling():
                return ask()
        except RefusedError as refused:
            self._wait(refused.retry_after)
            raise
        finally:
            self._wait(self._http.pause)

    def _wait(self, pause: timedelta | None) -> None:
        if pause is not None:
            self._until = max(self._until, time.monotonic() + pause.total_seconds())


class _Unhurried(RateLimiter):
    """Leaves the network's limit to ``Http``, which reads it from the same headers."""

    def delay(self) -> None:
        """Go on at once."""

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        """Take no notice."""


def _locked_out(what: str) -> SourceError:
    return SourceError(
        f"{NETWORK} {what}; check the client id and secret, and make a new refresh token or check the password",
        cure=Cure.PERSON,
    )
