"""A network, from outside: the real process reads Hacker News and Bluesky over loopback, and pages a local Slack."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from running import Running, eventually, harken, run
from slack_double import SlackDouble

from connectors.testing import ALIAS, RESPONDER, Network
from rules.model import Mention

STAGES = Path(__file__).parents[1] / "connectors" / "stages"
COMPLAINT = f"{ALIAS} charged me twice and nobody answers. This is unacceptable."

CONFIG = """
[brand]
name = "Sample"
aliases = ["{alias}"]
responders = {{ {kind} = ["{responder}"] }}

[slack]
base_url = "{slack}"

[[source]]
name = "the network"
kind = "{kind}"
every = "1s"
sweep = "2s"
recheck = "2s"
{keys}

[[policy]]
name = "standard"
reply_within = {{ low = "8h", normal = "2h", high = "2h", crisis = "2h" }}
  [[policy.step]]
  at = "0m"
  to = ["#care"]
"""


def module(kind: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"story_stage_{kind}", STAGES / f"{kind}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str | Path) else str(value).lower()


class World:
    """One network, a Slack, and a daemon that reads the one and pages the other."""

    def __init__(self, folder: Path, kind: str, stage: Network, slack: SlackDouble) -> None:
        self.stage, self.slack = stage, slack
        keys = "\n".join(f"{name} = {toml(value)}" for name, value in stage.settings.items())
        self.config = folder / "harken.toml"
        values = {"alias": ALIAS, "kind": kind, "responder": RESPONDER, "slack": slack.base_url, "keys": keys}
        self.config.write_text(CONFIG.format(**values), encoding="utf-8")

    def now(self) -> datetime:
        """The present second, told to the network, too."""
        at = datetime.now(UTC).replace(microsecond=0)
        self.stage.at(at)
        return at

    def until(self, true: object, what: str) -> None:
        """Wait, while the network's clock goes on."""
        assert callable(true)

        def now_true() -> bool:
            self.now()
            return bool(true())

        eventually(now_true, what)

    def complaint(self) -> Mention:
        said = replace(self.stage.post(1, self.now()), text=COMPLAINT)
        self.stage.publish([said])
        return said

    def shown(self) -> str:
        return repr([one.blocks for one in self.slack.shows("care")])


@contextmanager
def a_world(folder: Path, kind: str) -> Iterator[World]:
    with module(kind).stage(folder) as stage, SlackDouble() as slack:
        yield World(folder, kind, stage, slack)
        slack.check()


@pytest.fixture(params=["bluesky", "hackernews", "mastodon", "reddit", "x"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def daemon(world: World) -> Iterator[Running]:
    world.now()
    with run(world.config) as running:
        running.wait_said("listening")
        yield running


def test_a_complaint_pages_and_an_answer_on_the_network_itself_stops_the_clock(world: World, daemon: Running) -> None:
    said = world.complaint()
    world.until(lambda: "charged me twice" in world.shown(), "the page")
    world.stage.publish([world.stage.post(2, world.now(), ours=True, reply_to=said)])
    world.until(lambda: "Answered by" in world.shown(), "the message that shows the answer")


def test_a_deleted_post_is_taken_back_from_slack(world: World, daemon: Running) -> None:
    said = world.complaint()
    world.until(lambda: "charged me twice" in world.shown(), "the page")
    world.stage.remove(said)
    world.until(lambda: "charged me twice" not in world.shown(), "the message without the words")


def test_what_it_costs_and_how_far_it_is_heard_is_said(world: World, daemon: Running) -> None:
    world.complaint()
    world.until(lambda: "charged me twice" in world.shown(), "the page")
    said = harken("sources", "--config", world.config).stdout
    assert "the network" in said
    assert "requests" in said
    assert "heard" in said


def test_a_source_that_is_changed_while_it_is_read_goes_on_where_it_was(world: World, daemon: Running) -> None:
    world.complaint()
    world.until(lambda: "charged me twice" in world.shown(), "the page")
    text = world.config.read_text(encoding="utf-8")
    world.config.write_text(text.replace('every = "1s"', 'every = "2s"'), encoding="utf-8")
    world.until(lambda: daemon.has_said("reloaded"), "the reload")
    pages = len(world.slack.shows("care"))
    later = replace(world.stage.post(3, world.now()), text=f"{ALIAS} lost my parcel and nobody answers. Shame on you.")
    world.stage.publish([later])
    world.until(lambda: "lost my parcel" in world.shown(), "the page about the second customer")
    assert len([one for one in world.slack.shows("care") if one.delivery is not None]) == pages + 1
