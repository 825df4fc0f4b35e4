"""Starts the real ``harken``, life after life, each a process that kills itself at a labelled point.

A line on standard input asks for a life: the command line, the points at which to die, and at which passing of any of
them. The answer is two lines: the process id, and at its end the exit code. A line in its log names the point. The
kill is SIGKILL: nothing is flushed, closed or rolled back. Lives are forked from here, so that libraries are loaded
once; each opens everything else by itself. What is checked afterwards is none of its business.
"""

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any

import connectors.feed
import connectors.file
import connectors.inbox
import monitor.commands.run
from monitor.cli import run
from monitor.slack.client import WebSlack
from monitor.store.sqlite import Store

COMMIT = ("before begin", "before commit", "after commit")
CALL = ("before", "after")
CALLS = ("post page", "post narration", "update", "find")
DIES = "dies"
LOADED = (connectors.feed, connectors.file, connectors.inbox, monitor.commands.run)


@dataclass
class Death:
    """Where this life ends."""

    at: frozenset[str] = frozenset()
    nth: int = 1
    guard: threading.Lock = field(default_factory=threading.Lock)

    def passing(self, point: str) -> None:
        """Die here, if this is one of the points and its turn."""
        if point not in self.at:
            return
        with self.guard:
            self.nth -= 1
            if self.nth <= 0:
                os.write(2, json.dumps({"event": DIES, "level": "info", "point": point}).encode() + b"\n")
                os.kill(os.getpid(), signal.SIGKILL)


death = Death()


def _write(real: Callable[..., Any]) -> Callable[..., Any]:
    @contextlib.contextmanager
    def write(self: Store, label: str) -> Iterator[Connection]:
        death.passing(f"{label}: before begin")
        with real(self, label) as db:
            yield db
            death.passing(f"{label}: before commit")
        death.passing(f"{label}: after commit")

    return write


def _call(real: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
    def call(*args: Any, **about: Any) -> Any:
        point = name(**about)
        death.passing(f"{point}: before")
        answer = real(*args, **about)
        death.passing(f"{point}: after")
        return answer

    return call


def _kind_of_post(delivery: str | None = None, **_: object) -> str:
    return "post page" if delivery else "post narration"


def _set_points() -> None:
    Store.write = _write(Store.write)  # type: ignore[method-assign]
    WebSlack.post = _call(WebSlack.post, _kind_of_post)  # type: ignore[method-assign]
    WebSlack.update = _call(WebSlack.update, lambda **_: "update")  # type: ignore[method-assign]
    WebSlack.find = _call(WebSlack.find, lambda **_: "find")  # type: ignore[method-assign]


def _lives() -> None:
    for line in sys.stdin:
        wish = json.loads(line)
        process = os.fork()
        if not process:
            death.at, death.nth = frozenset(wish["at"]), wish["nth"]
            os._exit(run(wish["args"]))
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _set_points()
    _lives()
