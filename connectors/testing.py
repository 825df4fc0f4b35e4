"""The contract every connector is held to, for our own tests and for those of connectors written elsewhere.

It needs no test framework: each rule in ``RULES`` is a function that raises ``AssertionError``. It knows no network:
the far end of the connector, under the test's control, is a ``Stage`` that comes with the connector's tests.
"""

# ruff: noqa: S101 - a rule of the contract is an assertion

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from pydantic import ValidationError

from connectors import Batch, Context, Cure, Module, Poller, Server, SourceError, SourceSettings, _wire
from rules.model import Mention

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ENDLESS = 1_000
"""Batches after which a walk is taken to have no end."""
_LOOK = 5.0
"""Seconds a look may take."""
_HOSTILE = 10.0
"""Seconds in which a poll gives up on a far end that misbehaves. A stage sets time-outs below it."""
_LONGEST = 500
"""Characters in the message of a failure: one line of a log."""
_SECRETS = ("token", "secret", "password", "key")


class Stage(Protocol):
    """The far end of one connector, under a test's control."""

    module: Module
    settings: Mapping[str, Any]
    """Working keys of the source, without ``name`` and ``kind``."""
    edits: bool
    """Whether the connector can hear that a post was edited."""

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
            posted_at=_START + timedelta(minutes=number),
        )
        for number in range(start, start + count)
    ]


def settings_of(stage: Stage, **changed: object) -> SourceSettings:
    """The stage's settings as the daemon would read them."""
    kind = stage.module.Settings.__module__.rpartition(".")[2]
    return stage.module.Settings.model_validate({"name": "sample", "kind": kind, **stage.settings, **changed})


def made(stage: Stage) -> Poller | Server:
    """A connector for the stage, new."""
    return stage.module.connect(settings_of(stage), Context())


def walk(stage: Stage, cursor: str | None = None) -> tuple[list[Batch], str | None]:
    """Poll with one connector until there is no more; the batches, and the last cursor."""
    poller = _poller(stage)
    batches = []
    try:
        for _ in range(_ENDLESS):
            batch = poller.poll(cursor)
            batches.append(batch)
            cursor = batch.cursor
            if not batch.more:
                return batches, cursor
    finally:
        poller.close()
    raise AssertionError(f"the walk does not end in {_ENDLESS} batches")


def _poller(stage: Stage) -> Poller:
    poller = made(stage)
    assert isinstance(poller, Poller), "a connector has poll, look and close, or start and close"
    return poller


def _ids(batches: Sequence[Batch]) -> list[str]:
    return [one.id for batch in batches for one in batch.mentions]


def _polls(rule: Rule) -> Rule:
    """Only for connectors that ask."""

    def held(stage: Stage) -> None:
        if not isinstance(made(stage), Server):
            rule(stage)

    held.__name__, held.__doc__ = rule.__name__, rule.__doc__
    return held


def _is_told(rule: Rule) -> Rule:
    """Only for connectors that are told."""

    def held(stage: Stage) -> None:
        if isinstance(made(stage), Server):
            rule(stage)

    held.__name__, held.__doc__ = rule.__name__, rule.__doc__
    return held


def every_setting_is_described_and_no_secret_is_one(stage: Stage) -> None:
    """Config files are checked against ``Settings``; secrets are named there, never written there."""
    model = stage.module.Settings
    assert issubclass(model, SourceSettings), "Settings extends SourceSettings"
    for name, field in model.model_fields.items():
        assert field.description, f"{name} has no description"
        last = name.rpartition("_")[2]
        assert last not in _SECRETS, f"{name} looks like a secret; take {name}_env or {name}_file"
    try:
        settings_of(stage, no_such_key=1)
    except ValidationError:
        pass
    else:
        raise AssertionError("a key that nobody knows is refused")


def connecting_opens_nothing_and_closing_twice_is_fine(stage: Stage) -> None:
    """Every source is connected before the first one runs."""
    before = _open()
    connector = made(stage)
    assert _open() <= before, "connect() leaves a file, socket or thread behind"
    connector.close()
    connector.close()
    assert _open() <= before, "close() leaves a file, socket or thread behind"


def _open() -> int:
    return len(os.listdir("/dev/fd")) + threading.active_count()  # noqa: PTH208 - names, not paths


@_polls
def everything_published_is_heard_and_heard_once(stage: Stage) -> None:
    """A walk from nothing hears all; the next hears only what came since."""
    stage.publish(posts(7))
    first, cursor = walk(stage)
    assert sorted(_ids(first)) == sorted(one.id for one in posts(7))
    again, cursor = walk(stage, cursor)
    assert _ids(again) == [], "what was heard is heard again, unchanged"
    stage.publish(posts(3, 7))
    then, _ = walk(stage, cursor)
    assert sorted(_ids(then)) == sorted(one.id for one in posts(3, 7))


@_polls
def a_mention_is_whole_and_survives_the_wire(stage: Stage) -> None:
    """Its time is in UTC, its names are not empty, and nothing in it is unwritable."""
    stage.publish(posts(3))
    batches, _ = walk(stage)
    mentions = [one for batch in batches for one in batch.mentions]
    assert mentions
    for one in mentions:
        _whole(one)


def _whole(one: Mention) -> None:
    assert one.posted_at.tzinfo is UTC, f"{one.id}: posted_at is in UTC"
    assert one.source, f"{one.id}: source is not empty"
    assert not one.author.startswith("@"), f"{one.id}: author has no leading @"
    assert _wire.read(_wire.write(one)) == one, f"{one.id} does not survive the wire"


@_polls
def a_cursor_is_text_and_a_connector_made_anew_goes_on_from_it(stage: Stage) -> None:
    """The daemon keeps the cursor in its database and may restart between any two batches."""
    stage.publish(posts(5))
    cursor: str | None = None
    heard: list[str] = []
    for _ in range(_ENDLESS):
        poller = _poller(stage)
        batch = poller.poll(cursor)
        poller.close()
        assert batch.cursor is None or isinstance(batch.cursor, str)
        cursor = json.loads(json.dumps(batch.cursor).encode("utf-8"))
        heard += _ids([batch])
        if not batch.more:
            break
    assert sorted(set(heard)) == sorted(one.id for one in posts(5))


@_polls
def a_batch_that_was_not_committed_comes_again(stage: Stage) -> None:
    """Killed between poll and commit, the daemon asks again with the cursor it has."""
    stage.publish(posts(4))
    _, cursor = walk(stage)
    stage.publish(posts(4, 4))
    poller = _poller(stage)
    lost = poller.poll(cursor)
    poller.close()
    again, _ = walk(stage, cursor)
    assert set(_ids([lost])) <= set(_ids(again))
    assert sorted(_ids(again)) == sorted(one.id for one in posts(4, 4))


@_polls
def an_edited_post_is_heard_again(stage: Stage) -> None:
    """Where posts can be edited, the later text counts."""
    if not stage.edits:
        return
    stage.publish(posts(3))
    _, cursor = walk(stage)
    edited = replace(posts(1)[0], text="My parcel is lost!")
    stage.publish([edited])
    batches, _ = walk(stage, cursor)
    assert [one.text for batch in batches for one in batch.mentions] == ["My parcel is lost!"]


@_polls
def a_cursor_of_nonsense_is_a_source_error_or_a_new_beginning(stage: Stage) -> None:
    """A restored backup may hold a cursor of another version."""
    stage.publish(posts(2))
    for cursor in ("", "0", "null", "[]", "{}", "\u2603", "x" * 10_000):
        poller = _poller(stage)
        try:
            poller.poll(cursor)
        except SourceError as failure:
            _in_one_line(failure)
        finally:
            poller.close()


@_polls
def a_far_end_that_misbehaves_causes_source_errors_and_nothing_else(stage: Stage) -> None:
    """Whatever comes over the wire, the daemon learns what helps, in one line, in time."""
    for way in stage.hostile():
        poller = _poller(stage)
        began = time.monotonic()
        try:
            for one in poller.poll(None).mentions:
                _whole(one)
        except SourceError as failure:
            _in_one_line(failure)
        except Exception as failure:
            raise AssertionError(f"{way}: {failure!r} instead of a SourceError") from failure
        finally:
            poller.close()
        took = time.monotonic() - began
        assert took < _HOSTILE, f"{way}: it took {took:.1f} s"


def _in_one_line(failure: SourceError) -> None:
    said = str(failure)
    assert said.isprintable(), f"{said!r} is no plain line"
    assert len(said) <= _LONGEST, f"{said!r} is too long"
    assert "; " in said, f"{said!r} does not say what to do"
    assert isinstance(failure.cure, Cure)
    assert failure.retry_after is None or failure.retry_after >= timedelta(0)


@_polls
def a_look_gives_the_posts_asked_for_or_says_that_it_cannot(stage: Stage) -> None:
    """Just before a page, within five seconds, at no change of what is known."""
    stage.publish(posts(3))
    _, cursor = walk(stage)
    poller = _poller(stage)
    began = time.monotonic()
    looked = poller.look([posts(2)[1].id, "no such post"])
    took = time.monotonic() - began
    poller.close()
    assert took < _LOOK, f"it took {took:.1f} s"
    assert looked is None or posts(2)[1].id in {*_ids([looked]), *(one.id for one in looked.gone)}
    assert _ids(walk(stage, cursor)[0]) == []


@_is_told
def what_is_told_is_handed_over_before_it_is_confirmed(stage: Stage) -> None:
    """What was confirmed and not committed would be lost."""
    heard: list[Batch] = []
    failing = threading.Event()

    def accept(batch: Batch) -> None:
        if failing.is_set():
            raise OSError("the disk is full")
        heard.append(batch)

    server = made(stage)
    assert isinstance(server, Server)
    server.start(accept)
    try:
        stage.publish(posts(3))
        assert _ids(heard) == [one.id for one in posts(3)]
        for one in heard[0].mentions:
            _whole(one)
        failing.set()
        try:
            stage.publish(posts(1, 3))
        except NotTakenError:
            pass
        else:
            raise AssertionError("it confirmed what could not be committed")
        failing.clear()
        stage.publish(posts(1, 3))
        for way in stage.hostile():
            assert len(_ids(heard)) == 4, f"{way}: something was taken"  # noqa: PLR2004 - three and one
        stage.publish(posts(1, 4))
        assert _ids(heard) == [one.id for one in posts(5)]
    finally:
        server.close()
        server.close()


@_is_told
def closing_frees_what_starting_took(stage: Stage) -> None:
    """A reload closes the old connector and starts the new one in its place."""
    before = _open()
    for _ in range(3):
        server = made(stage)
        assert isinstance(server, Server)
        server.start(lambda _: None)
        server.close()
    assert _open() <= before, "close() leaves a file, socket or thread behind"


RULES: tuple[Rule, ...] = (
    every_setting_is_described_and_no_secret_is_one,
    connecting_opens_nothing_and_closing_twice_is_fine,
    everything_published_is_heard_and_heard_once,
    a_mention_is_whole_and_survives_the_wire,
    a_cursor_is_text_and_a_connector_made_anew_goes_on_from_it,
    a_batch_that_was_not_committed_comes_again,
    an_edited_post_is_heard_again,
    a_cursor_of_nonsense_is_a_source_error_or_a_new_beginning,
    a_far_end_that_misbehaves_causes_source_errors_and_nothing_else,
    a_look_gives_the_posts_asked_for_or_says_that_it_cannot,
    what_is_told_is_handed_over_before_it_is_confirmed,
    closing_frees_what_starting_took,
)
"""Each is one sentence of the contract; a rule that does not concern a connector passes."""


def heard(stage: Stage, payload: bytes) -> list[Mention]:
    """What the connector makes of one recorded payload."""
    module = made(stage)
    if isinstance(module, Server):
        batches: list[Batch] = []
        module.start(batches.append)
        try:
            stage.show(payload)
        finally:
            module.close()
    else:
        stage.show(payload)
        batches, _ = walk(stage)
    return [one for batch in batches for one in batch.mentions]
