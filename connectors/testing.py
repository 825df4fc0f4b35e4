"""The contract every connector is held to, for our own tests and for those of connectors written elsewhere.

It needs no test framework: each rule in ``RULES`` is a function that raises ``AssertionError``. It knows no network:
the far end of the connector, under the test's control, is a ``Stage`` that comes with the connector's tests, and a
``Network`` where the connector reads by walks.
"""

# ruff: noqa: S101 - a rule of the contract is an assertion

import json
import os
import threading
import time
from dataclasses import replace

from pydantic import ValidationError

from connectors import Batch, Server, SourceError, SourceSettings
from connectors._network_rules import NETWORK_RULES, simulate
from connectors._stage import (
    ALIAS,
    ENDLESS,
    HOSTILE,
    LOOK,
    RESPONDER,
    START,
    Network,
    NotTakenError,
    Rule,
    Stage,
    ids,
    in_one_line,
    made,
    news,
    poller,
    posts,
    settings_of,
    walk,
    whole,
)
from rules.model import Mention

__all__ = [
    "ALIAS",
    "RESPONDER",
    "RULES",
    "START",
    "Network",
    "NotTakenError",
    "Rule",
    "Stage",
    "heard",
    "made",
    "posts",
    "settings_of",
    "simulate",
    "walk",
]

_SECRETS = ("token", "secret", "password", "key")


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
    stage.publish(stage.posts(7))
    first, cursor = walk(stage)
    assert sorted(ids(first)) == sorted(one.id for one in stage.posts(7))
    again, cursor = walk(stage, cursor)
    assert news(stage, again, first) == [], "what was heard is heard again, and changed"
    stage.publish(stage.posts(3, 7))
    then, _ = walk(stage, cursor)
    assert sorted(one.id for one in news(stage, then, first)) == sorted(one.id for one in stage.posts(3, 7))


@_polls
def a_mention_is_whole_and_survives_the_wire(stage: Stage) -> None:
    """Its time is in UTC, its names are not empty, and nothing in it is unwritable."""
    stage.publish(stage.posts(3))
    batches, _ = walk(stage)
    mentions = [one for batch in batches for one in batch.mentions]
    assert mentions
    for one in mentions:
        whole(one)


@_polls
def a_cursor_is_text_and_a_connector_made_anew_goes_on_from_it(stage: Stage) -> None:
    """The daemon keeps the cursor in its database and may restart between any two batches."""
    stage.publish(stage.posts(5))
    cursor: str | None = None
    heard: list[str] = []
    for _ in range(ENDLESS):
        asked = poller(stage)
        batch = asked.poll(cursor)
        asked.close()
        assert batch.cursor is None or isinstance(batch.cursor, str)
        cursor = json.loads(json.dumps(batch.cursor).encode("utf-8"))
        heard += ids([batch])
        if not batch.more:
            break
    assert sorted(set(heard)) == sorted(one.id for one in stage.posts(5))


@_polls
def a_batch_that_was_not_committed_comes_again(stage: Stage) -> None:
    """Killed between poll and commit, the daemon asks again with the cursor it has."""
    stage.publish(stage.posts(4))
    before, cursor = walk(stage)
    stage.publish(stage.posts(4, 4))
    asked = poller(stage)
    lost = asked.poll(cursor)
    asked.close()
    again, _ = walk(stage, cursor)
    assert set(ids([lost])) <= set(ids(again))
    assert sorted(one.id for one in news(stage, again, before)) == sorted(one.id for one in stage.posts(4, 4))


@_polls
def an_edited_post_is_heard_again(stage: Stage) -> None:
    """Where posts can be edited, the later text counts."""
    if not stage.edits:
        return
    stage.publish(stage.posts(3))
    before, cursor = walk(stage)
    edited = replace(stage.posts(1)[0], text="My parcel is lost!")
    stage.publish([edited])
    batches, _ = walk(stage, cursor)
    assert [one.text for one in news(stage, batches, before)] == ["My parcel is lost!"]


@_polls
def a_cursor_of_nonsense_is_a_source_error_or_a_new_beginning(stage: Stage) -> None:
    """A restored backup may hold a cursor of another version."""
    stage.publish(stage.posts(2))
    for cursor in ("", "0", "null", "[]", "{}", "\u2603", "x" * 10_000):
        asked = poller(stage)
        try:
            asked.poll(cursor)
        except SourceError as failure:
            in_one_line(failure)
        finally:
            asked.close()


@_polls
def a_far_end_that_misbehaves_causes_source_errors_and_nothing_else(stage: Stage) -> None:
    """Whatever comes over the wire, the daemon learns what helps, in one line, in time."""
    for way in stage.hostile():
        asked = poller(stage)
        began = time.monotonic()
        try:
            for one in asked.poll(None).mentions:
                whole(one)
        except SourceError as failure:
            in_one_line(failure)
        except Exception as failure:
            raise AssertionError(f"{way}: {failure!r} instead of a SourceError") from failure
        finally:
            asked.close()
        took = time.monotonic() - began
        assert took < HOSTILE, f"{way}: it took {took:.1f} s"


@_polls
def a_look_gives_the_posts_asked_for_or_says_that_it_cannot(stage: Stage) -> None:
    """Just before a page, within five seconds, at no change of what is known."""
    stage.publish(stage.posts(3))
    before, cursor = walk(stage)
    asked = poller(stage)
    began = time.monotonic()
    looked = asked.look([stage.posts(2)[1].id, "no such post"])
    took = time.monotonic() - began
    asked.close()
    assert took < LOOK, f"it took {took:.1f} s"
    assert looked is None or stage.posts(2)[1].id in {*ids([looked]), *(one.id for one in looked.gone)}
    assert news(stage, walk(stage, cursor)[0], before) == []


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
        stage.publish(stage.posts(3))
        assert ids(heard) == [one.id for one in stage.posts(3)]
        for one in heard[0].mentions:
            whole(one)
        failing.set()
        try:
            stage.publish(stage.posts(1, 3))
        except NotTakenError:
            pass
        else:
            raise AssertionError("it confirmed what could not be committed")
        failing.clear()
        stage.publish(stage.posts(1, 3))
        for way in stage.hostile():
            assert len(ids(heard)) == 4, f"{way}: something was taken"  # noqa: PLR2004 - three and one
        stage.publish(stage.posts(1, 4))
        assert ids(heard) == [one.id for one in stage.posts(5)]
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
    *NETWORK_RULES,
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
