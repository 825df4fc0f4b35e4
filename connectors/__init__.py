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
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, Protocol, runtime_checkable

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


@dataclass(frozen=True, slots=True)
class Spent:
    """What reading has cost."""

    requests: int = 0
    reads: int = 0
    """Posts that the network charges for."""
    price: float = 0.0
    """In the currency the network charges in."""

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.requests + other.requests, self.reads + other.reads, self.price + other.price)


NOTHING_SPENT = Spent()


class SourceError(Exception):
    """A source could not be read. The message says what happened and what to do, in one line.

    Args:
        what: what happened, for a person who runs Harken.
        cure: what helps.
        retry_after: how long the network asked us to wait, where it did.
        spent: what trying has cost.
    """

    def __init__(
        self,
        what: str,
        *,
        cure: Cure = Cure.RETRY,
        retry_after: timedelta | None = None,
        spent: Spent = NOTHING_SPENT,
    ) -> None:
        super().__init__(what)
        self.cure = cure
        self.retry_after = retry_after
        self.spent = spent


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
    """The sides that are read up to ``until`` once ``more`` is False."""
    until: datetime | None = None
    """Up to when, by the network's clock; None: up to the beginning of this poll."""
    failure: str | None = None
    """Why the other sides could not be read, in one line like that of a ``SourceError``."""
    gaps: tuple[Gap, ...] = ()
    quiet: bool = False
    """Take these in without paging about them (a feed that renamed all its posts)."""
    addressed: frozenset[str] = frozenset()
    """Ids of the mentions that were said to us, whatever their words are: the network notified us of them."""
    warning: str | None = None
    """One line for the log and the operators' channel."""
    spent: Spent = NOTHING_SPENT


STATUS = "status"
"""The role of a source that is our own status page."""


class SourceSettings(BaseModel):
    """The keys every ``[[source]]`` has. A connector's ``Settings`` adds its own, with a description for each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="unique name of this source")
    kind: str = Field(description="which connector reads it: the name of a file in connectors/")
    every: Duration = Field(timedelta(minutes=5), gt=timedelta(0), description="time between two polls")
    max_age: Duration = Field(timedelta(hours=24), description="at first contact, older posts are taken in silently")
    role: Literal["mentions", "status"] = Field(
        "mentions", description='"status": our own status page; what it tells of is ours and prompts a first move'
    )


class MeteredSettings(SourceSettings):
    """The keys of a source whose batches say what they have spent."""

    budget: float | None = Field(None, gt=0, description="most to spend in a month, in the network's currency")
    requests: int | None = Field(None, gt=0, strict=True, description="most requests to make in a month")
    reserve: float = Field(
        0.2, ge=0, lt=1, description="share of both that is kept for our own posts and for looks at open cases"
    )


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

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """Read what came after ``cursor`` (None at first contact), one page at a time.

        Args:
            cursor: what the last committed batch said.
            sides: the sides to read, where the network can read one without the other; the batch says which it did.

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


@dataclass(frozen=True, slots=True)
class Account:
    """How a source is logged in."""

    who: str
    """Whom the network takes us for."""
    sees: tuple[str, ...]
    """What it lets us read, in words."""


@runtime_checkable
class LogsIn(Protocol):
    """A poller that has an account, or none, at its network."""

    def account(self) -> Account:
        """Log in and say as whom, for ``harken check --live``.

        Raises:
            SourceError: it did not work.
        """
        ...


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a source would cost at its settings."""

    posts: float | None
    """Posts a day that its queries find; None where the network does not count."""
    requests: float
    """Requests a day."""
    price: float
    """For thirty days, in the currency the network charges in."""
    spent: Spent = NOTHING_SPENT
    """What asking has cost."""


@runtime_checkable
class Priced(Protocol):
    """A poller whose network charges, or counts, what is read."""

    def estimate(self) -> Estimate:
        """Ask the network how much its queries find, for ``harken sources cost``.

        Raises:
            SourceError: it does not say.
        """
        ...


Accept = Callable[[Batch], None]
"""Commits a batch before it returns; raises if it could not."""


@runtime_checkable
class Live(Protocol):
    """A poller that can also be told of posts as they come. That only shortens the wait: the poll remains the truth."""

    def follow(self, accept: Accept) -> None:
        """Begin to follow, in threads of its own, until ``close``. Does nothing where the settings ask for none.

        The batches' cursors are ignored, and it goes on by itself after failures.
        """
        ...


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


GROUP = "harken.connectors"
"""The entry points by which other packages add kinds: the kind's name, and the module that has the contract."""


@cache
def _others() -> dict[str, EntryPoint]:
    return {found.name: found for found in entry_points(group=GROUP)}


@cache
def _ours() -> frozenset[str]:
    names = (found.name for found in pkgutil.iter_modules(__path__))
    return frozenset(name for name in names if not name.startswith("_") and name != "testing")


def kinds() -> tuple[str, ...]:
    """The names of all connectors.

    Every file in this folder but ``testing`` and those that begin with ``_``, and what other packages add.
    """
    return tuple(sorted(_ours() | _others().keys()))


def load(kind: str) -> Module:
    """The connector called ``kind``; one of ours goes before another of its name.

    Raises:
        KeyError: there is none.
    """
    if kind in _ours():
        return importlib.import_module(f"{__name__}.{kind}")
    module: Module = _others()[kind].load()
    return module
