"""``GET /healthz``: one line of JSON that says how Harken is. Answers nothing else and changes nothing.

200 while every source is heard and every page leaves in time, 503 while not; the body says which.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from monitor.line import Line
from monitor.store import pages, sources
from monitor.store.sqlite import StoreError, stamp

_LATE = timedelta(minutes=5)
"""A page unsettled for so long is a failure of ours."""


class Health:
    """Serves the health line in a thread of its own.

    Args:
        line: what is asked about.
        ready: whether every source has been tried once.
        address: host and port; None serves nothing.
    """

    def __init__(self, line: Line, ready: Callable[[], bool], address: tuple[str, int] | None) -> None:
        self._line = line
        self._ready = ready
        self._address = address

    def start(self) -> None:
        """Begin to answer.

        Raises:
            StoreError: it cannot listen there.
        """
        if self._address is None:
            return
        outer = self

        class Answer(BaseHTTPRequestHandler):
            timeout = 10
            wbufsize = -1

            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
                """Nothing: being asked is not worth a line."""

        try:
            server = ThreadingHTTPServer(self._address, Answer)
        except OSError as error:
            host, port = self._address
            raise StoreError(f"cannot listen on {host}:{port}: {error.strerror}; change [health] listen") from error
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="harken-health", daemon=True).start()

    def report(self, now: datetime) -> dict[str, Any]:
        """How Harken is, as plain values; ``ok`` is the sum of it."""
        with self._line.store.read() as db:
            oldest = pages.oldest_unsettled(db)
            found = sources.every(db)
        late = oldest is not None and now - oldest > _LATE
        down = [source.name for source in found if source.coverage.failing_since is not None]
        ready = self._ready()
        return {
            "ok": ready and not late and not down and self._line.outbox.locked_out is None,
            "ready": ready,
            "oldest_unsettled_page": None if oldest is None else stamp(oldest),
            "slack": self._line.outbox.locked_out or "ok",
            "sources": {
                source.name: {
                    "last_success": None if source.succeeded_at is None else stamp(source.succeeded_at),
                    "failing_since": None
                    if source.coverage.failing_since is None
                    else stamp(source.coverage.failing_since),
                    "failure": source.failure,
                }
                for source in found
            },
        }

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        if request.path.partition("?")[0] != "/healthz":
            request.send_error(404)
            return
        report = self.report(self._line.clock())
        body = json.dumps(report).encode() + b"\n"
        request.send_response(200 if report["ok"] else 503)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
