"""One life of Harken after the other: asks ``child`` for it, and tells what it said and how it ended."""

import contextlib
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from running import DEADLINE, Running, environment


class Life:
    """One process.

    Args:
        process: its id.
        lives: who started it.
        first: how many log lines were there before.
    """

    def __init__(self, process: int, lives: "Lives", first: int) -> None:
        self.process = process
        self._lives = lives
        self._first = first
        self.code: int | None = None
        """Its exit code, once it has ended and ``over`` was asked."""

    @property
    def said(self) -> list[dict[str, Any]]:
        """Its log lines so far."""
        return self._lives.log.said[self._first :]

    def has_said(self, event: str) -> bool:
        return any(line.get("event") == event for line in self.said)

    def over(self, seconds: float = 0) -> bool:
        """Whether it ends within that time."""
        if self.code is None:
            with contextlib.suppress(queue.Empty):
                self.code = self._lives.answers.get(block=seconds > 0, timeout=seconds)
        return self.code is not None

    def signal(self, number: signal.Signals) -> None:
        if not self.over():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process, number)


class Lives:
    """Where lives come from."""

    def __init__(self) -> None:
        child = Path(__file__).with_name("child.py")
        self.answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.log = Running([sys.executable, str(child)], environment(), talking=True)
        self._last: Life | None = None
        threading.Thread(target=self._hear, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last is not None:
            self._last.signal(signal.SIGKILL)
        self.log.process.communicate()
        self.log.left()

    def _hear(self) -> None:
        for line in self.log.process.stdout or ():
            self.answers.put(int(line))

    def start(self, *args: str, at: Sequence[str] = (), nth: int = 1) -> Life:
        """A new life, once the last one is over."""
        assert self._last is None or self._last.over(DEADLINE)
        asked = self.log.process.stdin
        assert asked is not None
        asked.write(json.dumps({"args": args, "at": at, "nth": nth}) + "\n")
        asked.flush()
        self._last = Life(self.answers.get(timeout=DEADLINE), self, len(self.log.said))
        return self._last
