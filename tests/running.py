"""Runs the real ``harken`` as a process of its own, for tests. Knows the command line and nothing of the inside."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from slack_double import TOKEN

ROOT = Path(__file__).parent.parent
DEADLINE = 20.0
"""Seconds after which something that should have happened counts as not happening; the machine may be busy."""


def eventually(true: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """Return as soon as ``true()``; fail, naming ``what`` was waited for, when it does not come."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def free_port() -> int:
    """A port of the loopback on which nobody listens just now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """What a child process needs: our code and the double's token."""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    return {**os.environ, "PYTHONPATH": paths, "SLACK_BOT_TOKEN": TOKEN, **more}


def harken(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, args)],
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


class Running:
    """A process in the background, its log lines as they come.

    Args:
        command: what to run.
        env: its environment.
        talking: its standard input and output are pipes.
    """

    def __init__(self, command: list[str], env: Mapping[str, str], *, talking: bool = False) -> None:
        self.said: list[dict[str, Any]] = []
        talk = subprocess.PIPE if talking else subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, env=env, stdin=talk, stdout=talk, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            try:
                self.said.append(json.loads(line))
            except ValueError:
                self.said.append({"event": line.rstrip("\n"), "level": "raw"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.left()

    def left(self, seconds: float = DEADLINE) -> int:
        """Its exit code, once it has left and everything it said was read."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def has_said(self, event: str, **about: object) -> bool:
        """Whether a log line says ``event``, with these values."""
        return any(
            line.get("event") == event and all(line.get(key) == value for key, value in about.items())
            for line in list(self.said)
        )

    def wait_said(self, event: str, **about: object) -> None:
        """Wait until a log line says ``event``."""

        def there() -> bool:
            return self.has_said(event, **about) or self.process.poll() is not None

        eventually(there, f"{event!r} in the log; it says {self.said}")
        self._reader.join(0 if self.process.poll() is None else DEADLINE)
        assert self.has_said(event, **about), f"it left with {self.process.poll()}; its log: {self.said}"


def run(config: Path) -> Running:
    """``harken run`` in the background."""
    return Running([sys.executable, "-m", "monitor", "run", "--config", str(config)], environment())
