"""A WebSocket server that sends what a test tells it to. It knows nothing of Harken."""

import contextlib
import queue
import threading
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

HANG_UP = object()
"""Closes the connection without a word."""


class StreamDouble:
    """Sends each line to whoever is connected; what is told while nobody is waits for the next."""

    def __init__(self) -> None:
        self.lines: queue.Queue[Any] = queue.Queue()
        self.asked: list[dict[str, list[str]]] = []
        self.paths: list[str] = []
        self.protocols: list[str | None] = []
        self._stopping = threading.Event()
        self._server: Server = serve(
            self._serve,
            "127.0.0.1",
            0,
            select_subprotocol=lambda _, offered: next(iter(offered), None),
            close_timeout=0.1,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def tell(self, *lines: Any) -> None:
        """Send these, in this order."""
        for line in lines:
            self.lines.put(line)

    def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        self.paths.append(parts.path)
        self.asked.append(parse_qs(parts.query))
        self.protocols.append(connection.subprotocol)
        with contextlib.suppress(ConnectionClosed, OSError):
            while not self._stopping.is_set() and connection.state.name == "OPEN":
                with contextlib.suppress(queue.Empty):
                    line = self.lines.get(timeout=0.02)
                    if line is HANG_UP:
                        connection.socket.close()
                        return
                    connection.send(line)
