"""One HTTP request carried under one deadline. Knows nothing of Slack; follows no redirect; never tries twice.

The standard library's time-out applies to each address dialled and to each read, so a host with many dead addresses
or a server that drips one octet now and then can hold a caller for ever. Here everything together ends in time, and
the caller learns whether anybody was reached at all.
"""

import http.client
import io
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.error import HTTPError

BODY: Final = 32 * 1024 * 1024
"""Octets of one reply that are read. The largest real one is a page of history, some five million."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, unjudged."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


def exchange(
    request: urllib.request.Request, *, tls: ssl.SSLContext, deadline: float, reached: Callable[[], None]
) -> Answer:
    """Send ``request`` and read the whole answer, through the proxy the environment names, if any.

    Args:
        request: what to send.
        tls: whom to trust.
        deadline: on the monotonic clock.
        reached: called once the other end has accepted the connection, before anything is sent to it.

    Raises:
        OSError: the wire failed, or the deadline passed (`TimeoutError`).
        http.client.HTTPException: what came back is not HTTP.
    """
    opener = urllib.request.build_opener(
        _Plain(partial(_PlainConnection, deadline=deadline, reached=reached)),
        _Secure(partial(_SecureConnection, deadline=deadline, reached=reached, context=tls)),
        _StayHere,
    )
    try:
        reply = opener.open(request, timeout=_left(deadline))
    except HTTPError as error:
        reply = error
    with reply:
        headers = {name.lower(): str(value) for name, value in reply.headers.items()}
        return Answer(int(reply.status), headers, reply.read(BODY))


def _left(deadline: float) -> float:
    """Seconds until ``deadline``.

    Raises:
        TimeoutError: it has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no complete answer in time")
    return left


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, connection: Callable[..., http.client.HTTPConnection]) -> None:
        super().__init__()
        self._connection = connection

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, connection: Callable[..., http.client.HTTPConnection]) -> None:
        super().__init__()
        self._connection = connection

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the standard library would take the caller's token along."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _PlainConnection(http.client.HTTPConnection):
    """One connection that ends at ``deadline``, and calls ``reached`` once there is somebody at the other end."""

    def __init__(self, *args: Any, deadline: float, reached: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline = deadline
        self._reached = reached
        # Both are where http.client itself looks them up: how to dial, and what reads the reply.
        self._create_connection = partial(_dial, deadline)
        self.response_class = partial(_Reply, deadline)  # type: ignore[assignment]  # it need not be a class

    def connect(self) -> None:
        super().connect()
        self._reached()
        self.sock.settimeout(_left(self._deadline))


class _SecureConnection(_PlainConnection, http.client.HTTPSConnection):
    """The same under TLS. A failed handshake counts as not reached."""


def _dial(deadline: float, address: tuple[str, int], *_: Any) -> socket.socket:
    """Connect to the first of the host's addresses that answers; all of them together get until ``deadline``.

    The standard library gives each address the whole time-out, and Slack has many addresses.
    """
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    for number, (family, kind, protocol, _name, where) in enumerate(found):
        tube = socket.socket(family, kind, protocol)
        try:
            tube.settimeout(_left(deadline) / (len(found) - number))
            tube.connect(where)
        except OSError:
            tube.close()
            if number == len(found) - 1:
                raise
        else:
            tube.settimeout(_left(deadline))
            return tube
    raise OSError(f"{address[0]} has no address")


class _Reply(http.client.HTTPResponse):
    """A reply whose every read ends at ``deadline``."""

    def __init__(self, deadline: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Paced(deadline, sock, self.fp.detach()))


class _Paced(io.RawIOBase):
    def __init__(self, deadline: float, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._deadline = deadline
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._deadline))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
