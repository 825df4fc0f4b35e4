"""The only clock. Everything else is told what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

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
