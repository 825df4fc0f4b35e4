"""A drill from a terminal, through the real process, to a person who presses a button in a local Slack."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import slack_double as double
from feed_writer import atom
from running import Running, environment, eventually, harken, run
from slack_double import SlackDouble
from test_daemon import World
from web_double import WebDouble

from monitor.slack import words

PEOPLE = """
[[person]]
name = "sam"
slack = "sam@example.org"

[[rota]]
name = "desk"
people = ["sam"]
start = 2026-01-05
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SLACK_APP_TOKEN", double.APP_TOKEN)
    with SlackDouble(people={"sam@example.org": "U0SAM"}) as slack, WebDouble() as web:
        made = World(tmp_path, slack, web)
        web.serve(atom(), "/feed.xml")
        text = made.config.read_text(encoding="utf-8").replace("[slack]", '[slack]\napp_token_env = "SLACK_APP_TOKEN"')
        made.config.write_text(text + PEOPLE, encoding="utf-8")
        yield made
        slack.check()


@pytest.fixture
def daemon(world: World) -> Iterator[Running]:
    with run(world.config) as running:
        running.wait_said("listening")
        yield running


def drilled(world: World) -> list[dict[str, object]]:
    listed = harken("drills", "--jsonl", "--config", world.config)
    assert listed.returncode == 0, listed.stderr
    return [json.loads(line) for line in listed.stdout.splitlines()]


def test_a_drill_pages_who_is_on_call_and_ends_well_once_they_press_the_button(world: World, daemon: Running) -> None:
    eventually(lambda: world.slack.linked == 2, "two sockets")
    command = [sys.executable, "-m", "monitor", "drill", "--wait", "60s", "--config", str(world.config)]
    with Running(command, environment(), talking=True) as terminal:
        eventually(lambda: "DU0SAM" in world.slack.channels, "the direct message")
        eventually(lambda: bool(world.pages("DU0SAM")), "the page")
        (page,) = world.pages("DU0SAM")
        assert words.DRILL in page.text
        (block,) = [one["block_id"] for one in page.blocks if one["type"] == "actions"]
        action = {"action_id": "take", "block_id": block}
        click = {"type": "block_actions", "user": {"id": "U0SAM"}, "channel": {"id": "DU0SAM"}, "actions": [action]}
        world.slack.push("interactive", click)
        assert terminal.left(60) == 0
        assert terminal.process.stdout is not None
        said = terminal.process.stdout.read()
        terminal.process.stdout.close()
        assert terminal.process.stdin is not None
        terminal.process.stdin.close()
    assert "page to @sam: sent" in said
    assert "sam took it after" in said
    eventually(lambda: "The drill is over" in world.pages("DU0SAM")[0].text, "the message that says so")
    (drill,) = drilled(world)
    assert (drill["taken_by"], drill["to"]) == ("sam", "oncall:desk")
    assert world.cases() == []


def test_a_drill_that_nobody_takes_leaves_with_one(world: World, daemon: Running) -> None:
    done = harken("drill", "--to", "#care", "--wait", "2s", "--config", world.config)
    assert done.returncode == 1, done.stderr
    assert "nobody took it within 2 s" in done.stdout


def test_where_no_daemon_works_a_drill_says_so_and_notes_nothing(world: World) -> None:
    done = harken("drill", "--config", world.config)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no daemon works on this database; start" in done.stderr
