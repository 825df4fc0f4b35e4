"""The only clock. Everything else is told what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Answers with the present instant, aware, in UTC."""


def system() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Virtual:
    """A clock that stands still until it is set: rehearsals, the demo and tests run on it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The instant it was set to."""
        return self.now


class Steady:
    """Says when the clock was set: it and one that nobody can set no longer agree on how much time has passed.

    Args:
        wall: the clock that is looked after.
        monotonic: seconds on a clock that only runs.
    """

    _LEAST = timedelta(minutes=1)
    """Clocks are set by less than this all the time."""
    _UNTRUSTED = timedelta(minutes=10)
    """How long a clock that was set is not trusted: time for people to look."""

    def __init__(self, wall: Clock, monotonic: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._started = self._now()
        self._set: tuple[timedelta, timedelta] | None = None
        """When it was set, on the other clock, and by how much."""

    def __call__(self) -> str | None:
        """Why the clock is not to be trusted now; None while it is."""
        wall, run = self._now()
        by = (wall - self._started[0]) - (run - self._started[1])
        if abs(by) >= self._LEAST:
            self._started, self._set = (wall, run), (run, by)
        if self._set is None or run - self._set[0] >= self._UNTRUSTED:
            return None
        minutes = self._set[1] / timedelta(minutes=1)
        return f"the clock was set {'forward' if minutes > 0 else 'back'} by {abs(minutes):.0f} min"

    def _now(self) -> tuple[datetime, timedelta]:
        return self._wall(), timedelta(seconds=self._monotonic())
