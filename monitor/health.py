"""``GET /healthz``: one line of JSON that says how Harken is; ``GET /metrics``: figures for Prometheus.

/healthz answers 200 while all is well, 503 while not; the body says what is wrong. What that means is said by
``audit``. Neither changes anything.
"""

import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors._web import Answer, Web
from monitor.audit import Audit
from monitor.line import Line
from monitor.metrics import exposition
from monitor.store.sqlite import StoreError, stamp

_NO_BODY = 1_000


class Health:
    """Serves the health line in a thread of its own.

    Args:
        line: what is asked about.
        ready: whether every source has been tried once.
        address: host and port; None serves nothing.
        staleness: name of each source that is polled -> how long it may go without being read.
        listening: names of the sources there are; None means all that are known.
    """

    def __init__(
        self,
        line: Line,
        ready: Callable[[], bool],
        address: tuple[str, int] | None,
        staleness: Callable[[], Mapping[str, timedelta]] = dict,
        listening: Callable[[], frozenset[str] | None] = lambda: None,
    ) -> None:
        self._line = line
        self._audit = Audit(line, ready, staleness, listening)
        self._address = address

    def start(self) -> None:
        """Begin to answer.

        Raises:
            StoreError: it cannot listen there.
        """
        if self._address is None:
            return
        try:
            listening = socket.create_server(self._address, reuse_port=False)
        except OSError as error:
            host, port = self._address
            raise StoreError(f"cannot listen on {host}:{port}: {error.strerror}; change [health] listen") from error
        self._web = Web(listening, self._answer, _NO_BODY)

    def report(self, now: datetime) -> dict[str, Any]:
        """How Harken is, as plain values; ``ok`` is the sum of it."""
        found = self._audit(now)
        return {
            "ok": not found.wrong,
            "wrong": list(found.wrong),
            "ready": found.ready,
            "oldest_unsettled_page": None if found.oldest_unsettled is None else stamp(found.oldest_unsettled),
            "slack": self._line.outbox.locked_out or "ok",
            "stale": list(found.stale),
            "clock": found.clock or "ok",
            "disk": "full" if found.disk_full else "ok",
            "sources": {
                source.name: {
                    "last_success": None if source.succeeded_at is None else stamp(source.succeeded_at),
                    "failing_since": None
                    if source.coverage.failing_since is None
                    else stamp(source.coverage.failing_since),
                    "failure": source.failure,
                }
                for source in found.sources
            },
        }

    def _answer(self, environ: Mapping[str, Any], _read: Callable[[], bytes]) -> Answer:
        if environ["PATH_INFO"] not in ("/healthz", "/metrics"):
            return Answer("404 Not Found", {"error": "there are only /healthz and /metrics here"})
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return Answer("405 Method Not Allowed", {"error": "only GET"}, (("Allow", "GET, HEAD"),))
        if environ["PATH_INFO"] == "/metrics":
            return Answer("200 OK", exposition(self._line))
        report = self.report(self._line.clock())
        return Answer("200 OK" if report["ok"] else "503 Service Unavailable", report)
