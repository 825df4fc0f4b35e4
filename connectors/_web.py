"""A waitress server in threads of its own that starts and stops cleanly. It knows nothing of what it serves.

It reads a request whole before anybody works on it, in a temporary file if it is large, so a slow sender holds up no
thread; and it never waits for ever on anybody.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from waitress import wasyncore
from waitress.server import create_server

_SLACK = 1_000_000
"""Bytes above ``max_bytes`` that are still read, so that the sender gets to see the 413."""
_THREADS = 4
_PATIENCE = 30.0
"""Seconds a request may take to arrive, and an idle connection to stay."""
_FINISH = 5.0
"""Seconds a request in hand gets to finish when the inbox closes."""


class Answer(NamedTuple):
    """What the sender is told."""

    status: str
    said: dict[str, Any] | str
    """JSON, or plain text."""
    headers: tuple[tuple[str, str], ...] = ()


class Web:
    """A waitress server in threads of its own that can be stopped cleanly and does not wait for ever on anybody."""

    def __init__(
        self,
        listening: socket.socket,
        answer: Callable[[Mapping[str, Any], Callable[[], bytes]], Answer],
        max_bytes: int,
    ) -> None:
        self._answer = answer
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            self._application,
            map=self._sockets,
            sockets=[listening],
            threads=_THREADS,
            ident=None,
            max_request_body_size=max_bytes + _SLACK,
            max_request_header_size=32_768,
            channel_timeout=int(_PATIENCE),
            cleanup_interval=5,
            log_socket_errors=False,
            asyncore_use_poll=True,
        )
        self.port = int(self._server.effective_port)
        self._arriving: WeakKeyDictionary[Any, tuple[object, float]] = WeakKeyDictionary()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name=f"inbox:{self.port}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more, let the threads finish what they have, send what is to be sent, let go of every socket."""
        self._server.accepting = False
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=_FINISH)
        self._stopping = True
        self._server.pull_trigger()
        self._thread.join(_FINISH)
        end = time.monotonic() + 1
        while time.monotonic() < end and any(one.total_outbufs_len for one in self._server.active_channels.values()):
            wasyncore.loop(timeout=0.05, use_poll=True, map=self._sockets, count=1)
        wasyncore.close_all(self._sockets)

    def _loop(self) -> None:
        while not self._stopping:
            wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
            self._hang_up_on_the_slow()

    def _hang_up_on_the_slow(self) -> None:
        """Idle clients go by themselves; one that sends a byte now and then could hold on for ever."""
        now = time.monotonic()
        for channel in list(self._server.active_channels.values()):
            arriving = channel.request
            seen, since = self._arriving.get(channel, (None, now))
            if arriving is None or seen is not arriving:
                self._arriving[channel] = (arriving, now)
            elif now - since > _PATIENCE:
                channel.will_close = True

    def _application(self, environ: Mapping[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        status, said, headers = self._answer(environ, environ["wsgi.input"].read)
        kind = "text/plain; charset=utf-8" if isinstance(said, str) else "application/json"
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode() + b"\n"
        plain = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(status, [*plain, *headers])
        return [body]
