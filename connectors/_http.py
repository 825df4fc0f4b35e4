"""HTTP to a network's API, for SDKs built on ``requests`` and for connectors that need none.

Every request is bounded in time and size, counted, and sent to ``base_url`` wherever the SDK would have sent it. What
the network answers besides JSON is a ``SourceError`` that says what helps, the same for all networks. It follows no
redirect, knows no proxy, never retries and never sleeps: the next poll comes anyway.
"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from connectors import Cure, SourceError, Spent
from connectors._fetch import LONGEST_PAUSE, Session, Transport, Watch, body_of, date_in, failures, retry_after, shown
from connectors._plain import printable

_LARGEST = 20_000_000
"""Bytes of one answer, after decompression."""
_SAID = 2_000
"""Characters kept of what a network says of a refusal."""
_SOON = timedelta(seconds=1)
_EPOCH = 1_000_000_000
"""A rate limit's reset below this is a number of seconds, from here on a moment since 1970."""

_CURES: Mapping[int, tuple[Cure, str]] = {
    400: (Cure.BUG, "it does not understand the request; please report this"),
    401: (Cure.PERSON, "it does not know our token; make a new one and put it where the config says"),
    402: (Cure.PERSON, "it wants to be paid; add credits or set a smaller budget"),
    403: (Cure.PERSON, "our account may not read this; check its permissions"),
    404: (Cure.PERSON, "there is nothing at this address; check base_url and the names in the config"),
    410: (Cure.PERSON, "it is gone for good; check base_url"),
    429: (Cure.RETRY, "we ask too often; set every to a longer time if this lasts"),
}


class RefusedError(SourceError):
    """The network answered, and it was no. Connectors may look at why.

    Args:
        what: as for ``SourceError``.
        status: the HTTP status.
        said: what the network said, printable and short; never part of the message.
    """

    def __init__(self, what: str, *, status: int, said: str, cure: Cure, retry_after: timedelta | None) -> None:
        super().__init__(what, cure=cure, retry_after=retry_after)
        self.status = status
        self.said = said


class Http:
    """One network's API. Safe to use from several threads.

    Args:
        network: what people call it; messages begin with it.
        base_url: where the API really is.
        timeout: most time for one answer, from the first byte sent to the last one read.
        instead_of: the address that the SDK believes in; what it sends there goes to ``base_url``.
        advice: status -> what helps on this network, where that is more than is true of all.
        passes: statuses that the SDK, or the connector, sees for itself.
    """

    def __init__(
        self,
        network: str,
        *,
        base_url: str,
        timeout: timedelta,
        instead_of: str | None = None,
        advice: Mapping[int, str] | None = None,
        passes: frozenset[int] = frozenset(),
    ) -> None:
        self.network = network
        self.base_url = base_url.rstrip("/")
        self.session = Session()
        """For the SDK."""
        self.session.mount_everywhere(_Bounded(self))
        self.now: datetime | None = None
        """The network's clock at its last answer; None where it does not say."""
        self.pause: timedelta | None = None
        """How long the network allows no further request like the last; None while it does."""
        self._instead_of = instead_of
        self._timeout = timeout
        self._advice = advice or {}
        self._passes = passes
        self._lock = threading.Lock()
        self._watches: set[Watch] = set()
        self._closed = False
        self._requests = 0
        self._deadline = threading.local()

    def get(self, path: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at ``path`` below ``base_url``.

        Raises:
            SourceError: there is none; ``RefusedError`` where the network said no.
        """
        with self.telling():
            return self.session.get(f"{self.base_url}{path}", params=params, headers=headers).json()

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON that posting ``body`` as JSON to ``path`` below ``base_url`` gives.

        Raises:
            SourceError: there is none; ``RefusedError`` where the network said no.
        """
        with self.telling():
            return self.session.post(f"{self.base_url}{path}", json=body, headers=headers).json()

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Around every use of an SDK: turns what it makes of a failure back into the ``SourceError`` it was.

        Raises:
            SourceError: the use failed.
        """
        try:
            yield
        except SourceError:
            raise
        except Exception as broken:
            raise _first(broken) or SourceError(
                f"{self.network} sent an answer that cannot be read ({type(broken).__name__}); "
                "it passes, or please report it",
                cure=Cure.RETRY if isinstance(broken, ValueError) else Cure.BUG,
            ) from broken

    @contextlib.contextmanager
    def within(self, limit: timedelta) -> Iterator[None]:
        """Everything that this thread asks inside ends by then, answered or not."""
        self._deadline.at = time.monotonic() + limit.total_seconds()
        try:
            yield
        finally:
            del self._deadline.at

    def spent(self) -> Spent:
        """The requests made since this was last asked."""
        with self._lock:
            made, self._requests = self._requests, 0
        return Spent(requests=made)

    def close(self) -> None:
        """Cut short whatever is under way. Safe to call again, from any thread."""
        with self._lock:
            self._closed = True
            for watch in self._watches:
                watch.cut()
        self.session.close()

    def there(self, url: str) -> str:
        """Where a request to ``url`` really goes."""
        if self._instead_of is not None and url.startswith(self._instead_of):
            return self.base_url + url.removeprefix(self._instead_of)
        return url

    @contextlib.contextmanager
    def watching(self) -> Iterator[Watch]:
        """A deadline for one request.

        Raises:
            SourceError: the connector was closed meanwhile.
        """
        at = getattr(self._deadline, "at", None)
        left = (
            self._timeout
            if at is None
            else timedelta(seconds=min(at - time.monotonic(), self._timeout.total_seconds()))
        )
        if left <= timedelta(0):
            raise SourceError(f"{self.network} did not answer in time; it is tried again")
        watch = Watch(left)
        with self._lock:
            self._watches.add(watch)
            self._requests += 1
            if self._closed:
                watch.cut()
        try:
            yield watch
        except SourceError as cut:
            if self._closed:
                raise SourceError(f"{self.network} was being read when it was closed; read it again") from cut
            raise
        finally:
            watch.close()
            with self._lock:
                self._watches.discard(watch)

    def judged(self, answer: requests.Response) -> None:
        """Remember what the headers of ``answer`` say, and refuse one that holds no JSON.

        Raises:
            SourceError: it does not.
        """
        self.now = date_in(answer.headers.get("Date", ""))
        self.pause = _exhausted(answer.headers, self.now)
        status = answer.status_code
        if status in self._passes:
            return
        if status != requests.codes.ok:
            raise self._refusal(answer)
        if answer.content.lstrip()[:1] not in (b"{", b"["):
            raise SourceError(
                f"{self.network} sent something that is no JSON; check base_url ({shown(self.base_url)}), "
                "or wait until the network is mended"
            )

    def _refusal(self, answer: requests.Response) -> RefusedError:
        status = answer.status_code
        wait = retry_after(answer.headers) or self.pause
        if status in _CURES:
            cure, advice = _CURES[status]
            advice = self._advice.get(status, advice)
        elif status in self._advice:
            cure, advice = Cure.PERSON, self._advice[status]
        elif status >= requests.codes.server_error:
            cure, advice = Cure.RETRY, "it is out of order, and tried again until it is mended"
        elif status < requests.codes.bad_request:
            cure, advice = Cure.PERSON, "there is no answer here; check base_url"
        else:
            cure, advice = Cure.PERSON, "it refuses the request; check the config of this source"
        what = f"{self.network} answered {status} to {urlsplit(answer.url).path[:100]}; {advice}"
        return RefusedError(what, status=status, said=_said(answer), cure=cure, retry_after=wait)


class _Bounded(HTTPAdapter):
    """Sends each request over a connection of its own that is cut at the deadline, and reads its body within bounds."""

    def __init__(self, http: Http) -> None:
        super().__init__(max_retries=0)
        self._http = http

    def send(self, request: requests.PreparedRequest, *_: Any, verify: Any = True, **__: Any) -> requests.Response:
        http = self._http
        request.url = http.there(request.url or "")
        name = http.network
        with http.watching() as watch, failures(name, watch, slow="raise timeout if it is always slow"):
            transport = Transport(watch, allow_private=True)
            with contextlib.closing(transport):
                answer = transport.send(request, stream=True, timeout=watch.left() + 1, verify=verify)
                with contextlib.closing(answer):
                    body = body_of(answer, _LARGEST, name, watch, cure="ask for fewer posts at once")
                answer._content, answer._content_consumed = body, True  # type: ignore[attr-defined]  # noqa: SLF001 - read here, within bounds, what requests would read later without any
        http.judged(answer)
        return answer


def _first(broken: BaseException) -> SourceError | None:
    """The failure that an SDK wrapped in its own."""
    seen: BaseException | None = broken
    while seen is not None:
        if isinstance(seen, SourceError):
            return seen
        inner = getattr(seen, "original_exception", None)
        seen = inner if isinstance(inner, BaseException) else seen.__cause__ or seen.__context__
    return None


def _said(answer: requests.Response) -> str:
    """What an API says of a refusal, wherever it says it."""
    try:
        return printable(json.dumps(json.loads(answer.content[:100_000])), _SAID)
    except (ValueError, RecursionError):
        return printable(answer.content[:_SAID].decode("ascii", "replace"), _SAID)


def _exhausted(headers: Mapping[str, str], now: datetime | None) -> timedelta | None:
    """How long no further request is allowed, from any of the usual rate-limit headers; None while one is."""
    for prefix in ("x-rate-limit-", "x-ratelimit-", "ratelimit-"):
        try:
            left = float(headers[f"{prefix}remaining"])
            reset = headers[f"{prefix}reset"].strip()
        except (KeyError, ValueError):
            continue
        wait = _wait(reset, now)
        return None if left >= 1 or wait is None else min(max(wait, _SOON), LONGEST_PAUSE)
    return None


def _wait(reset: str, now: datetime | None) -> timedelta | None:
    """A limit's reset, given in seconds, as a moment since 1970 or in ISO 8601, as a length of time."""
    try:
        seconds = float(reset)
        if not 0 <= seconds < 1e11:  # noqa: PLR2004 - beyond any calendar
            return None
        if seconds < _EPOCH:
            return timedelta(seconds=min(seconds, LONGEST_PAUSE.total_seconds()))
        at = datetime.fromtimestamp(seconds, UTC)
    except ValueError:
        try:
            at = datetime.fromisoformat(reset)
        except ValueError:
            return None
    return None if now is None or at.tzinfo is None else at - now
