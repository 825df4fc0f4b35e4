"""The dead-man's switch: an address is called as long as an audit passes, so that somebody else notices our silence.

It calls, and nothing more; what all is well means is said by ``audit``.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
import structlog

_TIMEOUT = 10
_log = structlog.get_logger("harken.heartbeat")


class Heartbeat:
    """Calls ``url`` every so often while ``audit`` says that all is well.

    Args:
        url: the address; a secret, never shown.
        every: time between two calls.
        audit: how Harken is; ``ok`` is the sum of it.
    """

    def __init__(self, url: str, every: timedelta, audit: Callable[[], dict[str, Any]]) -> None:
        self._url = url
        self._every = every.total_seconds()
        self._audit = audit
        self._stop = threading.Event()
        self._held_back = self._unreached = False

    def start(self) -> None:
        """Begin to call, in a thread of its own."""
        threading.Thread(target=self._run, name="harken-heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Call no more."""
        self._stop.set()

    def beat(self) -> bool:
        """Audit, and call if all is well. Returns whether the call arrived."""
        report = self._audit()
        if report["ok"] is self._held_back:
            self._held_back = not report["ok"]
            if self._held_back:
                _log.warning("the heartbeat stops: not all is well", wrong=report.get("wrong"))
            else:
                _log.warning("the heartbeat goes on")
        if self._held_back:
            return False
        try:
            answer = requests.get(self._url, timeout=_TIMEOUT, allow_redirects=False)
            arrived = answer.ok
        except requests.RequestException:
            arrived = False
        if arrived is self._unreached:
            self._unreached = not arrived
            _log.warning(
                "the heartbeat's address does not answer" if self._unreached else "the heartbeat arrives again"
            )
        return arrived

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self.beat()
