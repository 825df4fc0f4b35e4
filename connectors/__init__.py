"""Listen: what a connector is, what it hands over, how it fails, and how one is found.

One network is one file in this folder. A connector reads its network and nothing else: it knows neither the store nor
Slack, keeps no state between polls beyond what it hands back in the cursor, and never sleeps on a rate limit.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from rules.durations import Duration
from rules.model import Mention, Side

BOTH_SIDES = frozenset(Side)


class Cure(StrEnum):
    """What helps against a failure."""

    RETRY = "retry"
    """It passes by itself; try again later."""
    PERSON = "person"
    """It lasts until somebody changes the config or the account."""
    BUG = "bug"
    """Our mistake, or a reply nobody has seen before."""


class SourceError(Exception):
    """A source could not be read. The message says what happened and what to do, in one line.

    Args:
        what: what happened, for a person who runs Harken.
        cure: what helps.
        retry_after: how long the network asked us to wait, where it did.
    """

    def __init__(self, what: str, *, cure: Cure = Cure.RETRY, retry_after: timedelta | None = None) -> None:
        super().__init__(what)
        self.cure = cure
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that was deleted or made private."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A time during which one side of a source was not heard, and never will be."""

    side: Side
    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll heard. Committed whole, together with its cursor, or not at all."""

    mentions: tuple[Mention, ...] = ()
    """Both sides: theirs, and what our own accounts posted."""
    gone: tuple[Gone, ...] = ()
    cursor: str | None = None
    """Opaque to everybody else; handed to the next poll. Made from what the server said, never from our clock."""
    more: bool = False
    """Poll again at once: the walk has not reached the newest post."""
    sides: frozenset[Side] = BOTH_SIDES
    """The sides that are read up to now once ``more`` is False."""
    gaps: tuple[Gap, ...] = ()
    quiet: bool = False
    """Take these in without paging about them (a feed that renamed all its posts)."""
    warning: str | None = None
    """One line for the log and the operators' channel."""


class SourceSettings(BaseModel):
    """The keys every ``[[source]]`` has. A connector's ``Settings`` adds its own, with a description for each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="unique name of this source")
    kind: str = Field(description="which connector reads it: the name of a file in connectors/")
    every: Duration = Field(timedelta(minutes=5), gt=timedelta(0), description="time between two polls")
    max_age: Duration = Field(timedelta(hours=24), description="at first contact, older posts are taken in silently")


@dataclass(frozen=True, slots=True)
class Context:
    """What a connector may know besides its own settings."""

    responders: frozenset[str] = frozenset()
    """Handles that speak for us on this network, without ``@``."""
    aliases: tuple[str, ...] = ()
    """What people call the brand."""


@runtime_checkable
class Poller(Protocol):
    """A connector that asks its network for what is new."""

    def poll(self, cursor: str | None) -> Batch:
        """Read what came after ``cursor`` (None at first contact), one page at a time.

        Raises:
            SourceError: the source could not be read. Nothing is lost: the cursor stays where it was.
        """
        ...

    def look(self, ids: Sequence[str]) -> Batch | None:
        """Re-read these posts and the replies to them just before a page, within five seconds.

        Returns None where the network offers no way to do so. The batch's cursor is ignored.

        Raises:
            SourceError: it could not be checked.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


Accept = Callable[[Batch], None]
"""Commits a batch before it returns; raises if it could not."""


@runtime_checkable
class Server(Protocol):
    """A connector that is told: it listens, and hands over what arrives."""

    def start(self, accept: Accept) -> None:
        """Begin to listen, in threads of its own.

        Raises:
            SourceError: it cannot listen there.
        """
        ...

    def close(self) -> None:
        """Finish the request in hand and stop listening."""
        ...


class Module(Protocol):
    """What a file in this folder defines."""

    Settings: type[SourceSettings]

    def connect(self, settings: Any, context: Context) -> Poller | Server:
        """Make a connector from its settings; opens nothing yet."""
        ...


def kinds() -> tuple[str, ...]:
    """The names of all connectors: every file in this folder but ``testing`` and those that begin with ``_``."""
    names = (found.name for found in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if not name.startswith("_") and name != "testing"))


def load(kind: str) -> Module:
    """The connector called ``kind``.

    Raises:
        KeyError: there is no such file in this folder.
    """
    if kind not in kinds():
        raise KeyError(kind)
    return importlib.import_module(f"{__name__}.{kind}")
