"""How far a source has been heard, and whether a case may page by it. Reads no source and stops no clock."""

from dataclasses import dataclass
from datetime import datetime

from rules.model import Silence


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a source has been heard."""

    theirs: datetime | None
    """Everything people posted up to here has been read; None before the first full read."""
    ours: datetime | None
    """Everything our own accounts posted up to here has been read."""
    failing_since: datetime | None = None
    """Since when reading fails; None while it works."""

    @property
    def heard(self) -> datetime | None:
        """Up to when both sides have been read."""
        return min(self.theirs, self.ours) if self.theirs is not None and self.ours is not None else None


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether a case may page yet, judged by what has been heard."""

    may_page: bool
    blind_since: datetime | None = None
    """Set where an answer may have been given that nobody could hear: pages then say so."""


def hearing(silence: Silence, coverage: Coverage) -> Hearing:
    """Whether ``silence`` may page: once both sides were read past its post, or reading failed (then pages say so).

    Where only what people say cannot be read, answers are heard all the same, and nothing is said of blindness.
    """
    heard, ours, failing = coverage.heard, coverage.ours, coverage.failing_since
    if failing is None:
        return Hearing(may_page=heard is not None and heard >= silence.start)
    if ours is not None and ours > failing:
        return Hearing(may_page=ours >= silence.start)
    return Hearing(may_page=True, blind_since=heard or failing)
