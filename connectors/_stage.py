"""The far end of a connector under test, and what the rules of the contract need to put questions to it."""

# ruff: noqa: S101 - a rule of the contract is an assertion

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from connectors import Batch, Context, Cure, Module, Poller, Server, SourceError, SourceSettings, _wire
from rules.model import Mention, Side

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENDLESS = 1_000
"""Batches after which a walk is taken to have no end."""
LOOK = 5.0
"""Seconds a look may take."""
HOSTILE = 10.0
"""Seconds in which a poll gives up on a far end that misbehaves. A stage sets time-outs below it."""
LONGEST = 500
"""Characters in the message of a failure: one line of a log."""
RESPONDER, ALIAS = "sample_brand", "samplebrand"
"""Who speaks for us at the far end, and what people call us."""
CONTEXT = Context(frozenset((RESPONDER,)), (ALIAS,))


class Stage(Protocol):
    """The far end of one connector, under a test's control."""

    module: Module
    settings: Mapping[str, Any]
    """Working keys of the source, without ``name`` and ``kind``."""
    edits: bool
    """Whether the connector can hear that a post was edited."""
    overlaps: bool
    """Whether it reads again, now and then, what it has read: what it says then has to be the same."""

    def posts(self, count: int, start: int = 0) -> list[Mention]:
        """So many plain posts, a minute apart, numbered from ``start``, as the connector gives them."""
        ...

    def publish(self, mentions: Sequence[Mention]) -> None:
        """Make the far end show these posts beside the earlier ones; to a connector that is told, tell it.

        Raises:
            NotTakenError: the connector is one that is told, and did not confirm.
        """
        ...

    def show(self, payload: bytes) -> None:
        """Make the far end show what was once recorded of the real one, and nothing else."""
        ...

    def hostile(self) -> Iterator[str]:
        """Misbehave in another way at each step, and say how."""
        ...


@runtime_checkable
class Network(Stage, Protocol):
    """The far end of a connector that reads a network by walks: it has a clock, two sides and bad days."""

    page: int
    """Posts on one page of its listings."""

    def at(self, now: datetime) -> None:
        """Set its clock: the ``Date`` of its answers. What was published is shown from then on, whatever its time."""
        ...

    def post(self, number: int, at: datetime, *, ours: bool = False, reply_to: Mention | None = None) -> Mention:
        """A post as the connector gives it: by a customer, about ``ALIAS``, or by ``RESPONDER``.

        A reply is in the thread of what it answers; any other post is a thread of its own.
        """
        ...

    def remove(self, mention: Mention) -> None:
        """Delete a post at its network."""
        ...

    def refuse(self, status: int, side: Side | None = None, **headers: str) -> None:
        """Answer every request, or those for one side's listings, with an error; 0 is an end to that."""
        ...


class NotTakenError(Exception):
    """A connector that is told did not confirm what it was told."""


Rule = Callable[[Stage], None]


def posts(count: int, start: int = 0) -> list[Mention]:
    """So many plain posts, a minute apart, numbered from ``start``."""
    return [
        Mention(
            source="sample",
            id=f"https://sample.example/{number}",
            thread=f"https://sample.example/{number}",
            author=f"sample_customer_{number:02}",
            text=f"Parcel {number} is late.",
            posted_at=START + timedelta(minutes=number),
        )
        for number in range(start, start + count)
    ]


def settings_of(stage: Stage, **changed: object) -> SourceSettings:
    """The stage's settings as the daemon would read them."""
    kind = stage.module.Settings.__module__.rpartition(".")[2]
    return stage.module.Settings.model_validate({"name": "sample", "kind": kind, **stage.settings, **changed})


def made(stage: Stage) -> Poller | Server:
    """A connector for the stage, new."""
    return stage.module.connect(settings_of(stage), CONTEXT)


def walk(stage: Stage, cursor: str | None = None) -> tuple[list[Batch], str | None]:
    """Poll with one connector until there is no more; the batches, and the last cursor."""
    batches = []
    with contextlib.closing(poller(stage)) as walker:
        for _ in range(ENDLESS):
            batch = walker.poll(cursor)
            batches.append(batch)
            cursor = batch.cursor
            if not batch.more:
                return batches, cursor
    raise AssertionError(f"the walk does not end in {ENDLESS} batches")


def poller(stage: Stage) -> Poller:
    """A connector that asks, new."""
    found = made(stage)
    assert isinstance(found, Poller), "a connector has poll, look and close, or start and close"
    return found


def ids(batches: Sequence[Batch]) -> list[str]:
    """The ids of all mentions of some batches, in their order."""
    return [one.id for batch in batches for one in batch.mentions]


def news(stage: Stage, batches: Sequence[Batch], before: Sequence[Batch]) -> list[Mention]:
    """What ``batches`` say that was not said ``before``; where nothing is read twice, all that they say."""
    said = {one for batch in before for one in batch.mentions} if stage.overlaps else set()
    return [one for batch in batches for one in batch.mentions if one not in said]


def whole(one: Mention) -> None:
    """Holds a mention to what the store and the wire need of it.

    Raises:
        AssertionError: it is not so.
    """
    assert one.posted_at.tzinfo is UTC, f"{one.id}: posted_at is in UTC"
    assert one.source, f"{one.id}: source is not empty"
    assert not one.author.startswith("@"), f"{one.id}: author has no leading @"
    assert _wire.read(_wire.write(one)) == one, f"{one.id} does not survive the wire"


def in_one_line(failure: SourceError) -> None:
    """Holds a failure to what a log and a person need of it.

    Raises:
        AssertionError: it is not so.
    """
    said = str(failure)
    assert said.isprintable(), f"{said!r} is no plain line"
    assert len(said) <= LONGEST, f"{said!r} is too long"
    assert "; " in said, f"{said!r} does not say what to do"
    assert isinstance(failure.cure, Cure)
    assert failure.retry_after is None or failure.retry_after >= timedelta(0)
