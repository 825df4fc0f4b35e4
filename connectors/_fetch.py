"""One careful HTTP GET: bounded in time, in size and in where it may go.

It follows no more than three redirects, speaks only http and https, and connects only to an address it has checked
itself, on every hop, so that neither a redirect nor a name that resolves differently a second time leads inside.
It ignores proxies, netrc files and cookies, and never retries: the next poll does.
"""

import contextlib
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError, HTTPError

from connectors import Cure, SourceError
from connectors._plain import printable

_HOPS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65_536
_CONNECT = 10.0
"""Seconds for one address to answer; there may be several."""
LONGEST_PAUSE = timedelta(days=1)
_AGENT = "Harken (+feed reader)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered in the end."""

    status: int
    headers: Mapping[str, str]
    """Whatever the case of a name."""
    body: bytes
    """Decompressed. Empty unless the status is 200."""
    url: str
    """Where the answer came from, after redirects."""

    @property
    def retry_after(self) -> timedelta | None:
        """As ``retry_after`` says."""
        return retry_after(self.headers)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the server asks us to wait, by its own clock, at most a day; None where it does not say."""
    asked = headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]{1,9}", asked):
        return min(timedelta(seconds=int(asked)), LONGEST_PAUSE)
    at, now = date_in(asked), date_in(headers.get("Date", ""))
    return None if at is None or now is None else min(max(at - now, timedelta(0)), LONGEST_PAUSE)


def date_in(text: str) -> datetime | None:
    """The moment that a header gives, in UTC; None where it gives none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def get(
    url: str,
    *,
    headers: Mapping[str, str],
    private_headers: Mapping[str, str],
    allow_private: bool,
    limit: int,
    watch: "Watch",
    ca_file: Path | None = None,
) -> Fetched:
    """Read ``url``.

    Args:
        url: where to begin.
        headers: sent on every hop.
        private_headers: secrets, sent to the scheme, host and port of ``url`` only.
        allow_private: addresses that are not on the public internet are fine.
        limit: most bytes of body, after decompression.
        watch: bounds the time for everything together. Used for this one reading; closed at its end.
        ca_file: certificates to trust instead of the public ones.

    Raises:
        SourceError: no answer, not in time, too large, too many redirects, a forbidden address or a broken body.
    """
    here = url
    with contextlib.closing(watch), Session() as session:
        session.verify = str(ca_file) if ca_file else True
        session.mount_everywhere(Transport(watch, allow_private=allow_private))
        for _ in range(_HOPS + 1):
            secrets = private_headers if _origin(here) == _origin(url) else {}
            session.cookies.clear()
            answer = _once(session, here, {**headers, **secrets}, limit, watch)
            if answer.status not in _MOVED:
                return answer
            here = _next(here, answer.headers.get("Location", ""))
    raise SourceError(
        f"{shown(url)} redirects more than {_HOPS} times; set url to the address it ends at", cure=Cure.PERSON
    )


def shown(url: str) -> str:
    """``url`` as a log may show it: no user, no query, printable ASCII, not long."""
    try:
        parts = urlsplit(url)
        bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        bare = "an address that cannot be read"
    return printable(bare, 200)


def _once(session: requests.Session, url: str, headers: Mapping[str, str], limit: int, watch: "Watch") -> Fetched:
    name = shown(url)
    with failures(name, watch, slow="raise timeout if it is always slow"):
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "gzip", **headers}
        with session.get(url, headers=sent, stream=True, allow_redirects=False, timeout=watch.left() + 1) as answer:
            body = b""
            if answer.status_code == requests.codes.ok:
                body = body_of(answer, limit, name, watch, cure="raise max_bytes or ask for a shorter feed")
            return Fetched(answer.status_code, answer.headers, body, url)


@contextlib.contextmanager
def failures(name: str, watch: "Watch", *, slow: str) -> Iterator[None]:
    """Turns whatever goes wrong on the way to ``name`` into a ``SourceError``; ``slow`` says what helps against that.

    Raises:
        SourceError: it did go wrong.
    """
    try:
        yield
    except DecodeError as broken:
        raise SourceError(f"{name} sent a body that is not compressed as it says; the site must mend it") from broken
    except requests.exceptions.SSLError as broken:
        raise SourceError(f"{name} has no valid certificate ({_cause(broken)}); the site must renew it") from broken
    except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as broken:
        if watch.rang:
            raise SourceError(f"{name} did not answer in full within {watch.seconds:g} s; {slow}") from broken
        raise SourceError(f"{name} could not be read ({_cause(broken)}); check the address and the network") from broken


def body_of(answer: requests.Response, limit: int, name: str, watch: "Watch", *, cure: str) -> bytes:
    """The body as it comes, never more than one piece past ``limit`` in memory.

    Raises:
        SourceError: it is larger; ``cure`` says what helps.
    """
    body = bytearray()
    too_much = SourceError(f"{name} sent more than {limit} bytes; {cure}", cure=Cure.PERSON)
    if int(answer.headers.get("Content-Length") or 0) > limit and "Content-Encoding" not in answer.headers:
        raise too_much
    for piece in answer.raw.stream(_CHUNK, decode_content=True):
        body += piece
        if len(body) > limit:
            raise too_much
        watch.left()
    if watch.rang:  # a body without a length ends quietly when its connection is cut
        raise TimeoutError
    return bytes(body)


def _next(here: str, location: str) -> str:
    try:
        there = urljoin(here, location)
        usable = bool(location) and urlsplit(there).scheme in {"http", "https"} and bool(urlsplit(there).hostname)
    except ValueError:
        usable = False
    if not usable:
        raise SourceError(
            f"{shown(here)} redirects to something that is no web address; check url in a browser", cure=Cure.PERSON
        )
    return there


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _cause(broken: BaseException) -> str:
    """The innermost error in a few words of the system's own, never of the server's."""
    seen: BaseException = broken
    while (deeper := seen.__cause__ or seen.__context__) is not None:
        seen = deeper
    if isinstance(seen, socket.gaierror):
        return "its name was not found"
    if isinstance(seen, ssl.SSLCertVerificationError):
        return printable(seen.verify_message)
    return printable(os.strerror(seen.errno) if isinstance(seen, OSError) and seen.errno else type(seen).__name__)


def private(address: str) -> bool:
    """Whether ``address`` is not on the public internet: private, loopback, link-local, shared, reserved, multicast."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    return not found.is_global or found.is_multicast


class Watch:
    """A deadline that cuts the connection when it passes, wherever the reading stands (even inside a header).

    A read time-out alone is not enough: a server that sends one byte a second never meets it.
    """

    def __init__(self, timeout: timedelta) -> None:
        self.seconds = timeout.total_seconds()
        self.rang = False
        self._end = time.monotonic() + self.seconds
        self._lock = threading.Lock()
        self._cut: list[socket.socket] = []
        self._timer = threading.Timer(self.seconds, self.cut)
        self._timer.daemon = True
        self._timer.start()

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left = self._end - time.monotonic()
        self.rang |= left <= 0
        if self.rang:
            raise TimeoutError
        return left

    def over(self, connection: socket.socket) -> None:
        """Cut ``connection`` at the deadline. Watches a duplicate: TLS takes the original out of our hands."""
        with self._lock:
            self._cut.append(connection.dup())

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._cut:
                connection.close()
            self._cut.clear()

    def cut(self) -> None:
        """Cut the connection now: whoever reads from it fails at once."""
        self.rang = True
        with self._lock:
            for connection in self._cut:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _connected(host: str, port: int, watch: Watch, *, allow_private: bool) -> socket.socket:
    """A connection to an address of ``host`` that was looked up and checked just now.

    Raises:
        OSError: none of its addresses answers.
        SourceError: they are not on the public internet.
    """
    failure: Exception = OSError("no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not allow_private and private(str(address[0])):
            failure = SourceError(
                f"{printable(host)} is at {address[0]}, which is not on the public internet; "
                "set allow_private = true if that is meant",
                cure=Cure.PERSON,
            )
            continue
        connection = socket.socket(family, kind, protocol)
        try:
            watch.over(connection)
            connection.settimeout(min(_CONNECT, watch.left()))
            connection.connect(address)
        except OSError as broken:
            connection.close()
            failure = broken
        else:
            return connection
    raise failure


class Session(requests.Session):
    """A session that knows no proxies and leaves redirects to us: else it would read a redirect's whole body."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def mount_everywhere(self, transport: HTTPAdapter) -> None:
        """Send every request by ``transport``."""
        for scheme in ("http://", "https://"):
            self.mount(scheme, transport)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        del resp
        return None


class Transport(HTTPAdapter):
    """A transport of ``requests`` whose every connection is made by ``_connected``."""

    def __init__(self, watch: Watch, *, allow_private: bool) -> None:
        self._pools = _pools(watch, allow_private=allow_private)
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _pools(watch: Watch, *, allow_private: bool) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self._dns_host, self.port, watch, allow_private=allow_private)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self._dns_host, self.port or 443, watch, allow_private=allow_private)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
