"""``GET /healthz``: one line of JSON that says how Harken is; ``GET /metrics``: figures for Prometheus.

/healthz answers 200 while every source is heard and every page leaves in time, 503 while not; the body says which.
Neither changes anything.
"""

import shutil
import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors._web import Answer, Web
from monitor.line import Line
from monitor.metrics import exposition
from monitor.store import pages, sources
from monitor.store.sqlite import StoreError, stamp

_LATE = timedelta(minutes=5)
"""A page unsettled for so long is a failure of ours."""
_NO_BODY = 1_000
_DISK = 50_000_000
"""Bytes that have to be free where the database is."""


class Health:
    """Serves the health line in a thread of its own.

    Args:
        line: what is asked about.
        ready: whether every source has been tried once.
        address: host and port; None serves nothing.
        staleness: name of each source that is polled -> how long it may go without being read.
    """

    def __init__(
        self,
        line: Line,
        ready: Callable[[], bool],
        address: tuple[str, int] | None,
        staleness: Callable[[], Mapping[str, timedelta]] = dict,
    ) -> None:
        self._line = line
        self._ready = ready
        self._staleness = staleness
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
        with self._line.store.read() as db:
            oldest = pages.oldest_unsettled(db)
            found = sources.every(db)
        late = oldest is not None and now - oldest > _LATE
        stale = [
            source.name
            for source in found
            if (limit := self._staleness().get(source.name)) is not None and now - (source.succeeded_at or now) > limit
        ]
        full = self._disk_is_full()
        down = [source.name for source in found if source.coverage.failing_since is not None]
        ready = self._ready()
        return {
            "ok": ready and not (late or down or stale or full) and self._line.outbox.locked_out is None,
            "ready": ready,
            "oldest_unsettled_page": None if oldest is None else stamp(oldest),
            "slack": self._line.outbox.locked_out or "ok",
            "stale": stale,
            "disk": "full" if full else "ok",
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

    def _disk_is_full(self) -> bool:
        path = self._line.store.path
        return path is not None and shutil.disk_usage(path.parent).free < _DISK

    def _answer(self, environ: Mapping[str, Any], _read: Callable[[], bytes]) -> Answer:
        if environ["PATH_INFO"] not in ("/healthz", "/metrics"):
            return Answer("404 Not Found", {"error": "there are only /healthz and /metrics here"})
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return Answer("405 Method Not Allowed", {"error": "only GET"}, (("Allow", "GET, HEAD"),))
        if environ["PATH_INFO"] == "/metrics":
            return Answer("200 OK", exposition(self._line))
        report = self.report(self._line.clock())
        return Answer("200 OK" if report["ok"] else "503 Service Unavailable", report)
