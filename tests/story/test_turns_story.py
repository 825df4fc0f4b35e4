"""People come, go and swap, with the real process, its real sockets and a local Slack."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import slack_blocks
import slack_double as double
from feed_writer import atom
from running import eventually, harken, run
from slack_double import SlackDouble
from test_daemon import World, post
from web_double import WebDouble

PEOPLE = {f"{name}@example.org": f"U0{name.upper()}" for name in ("sam", "kim")}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SLACK_APP_TOKEN", double.APP_TOKEN)
    with SlackDouble(people=dict(PEOPLE)) as slack, WebDouble() as web:
        made = World(tmp_path, slack, web)
        web.serve(atom(), "/feed.xml")
        text = made.config.read_text(encoding="utf-8").replace("[slack]", '[slack]\napp_token_env = "SLACK_APP_TOKEN"')
        people = "".join(f'\n[[person]]\nname = "{mail[:3]}"\nslack = "{mail}"\n' for mail in PEOPLE)
        start = datetime.now(UTC).date() - timedelta(days=1)
        rota = f'\n[[rota]]\nname = "night"\npeople = ["sam", "kim"]\nevery = "7d"\nstart = {start}\n'
        made.config.write_text(text + people + rota, encoding="utf-8")
        yield made
        slack.check()


def shown(slack: SlackDouble, channel: str) -> list[str]:
    there = channel in {one.name for one in list(slack.channels.values())}
    return [one.text for one in slack.shows(channel)] if there else []


def test_who_takes_over_by_a_command_is_told_what_they_take_over_and_who_is_relieved_hears_of_it(world: World) -> None:
    with run(world.config) as daemon:
        daemon.wait_said("listening")
        eventually(lambda: world.slack.linked == 2, "two sockets")
        world.publish(post("1"))
        world.paged()
        command = {"command": "/harken", "text": "cover night 2h", "user_id": "U0KIM"}
        world.slack.push("slash_commands", {**command, "channel_id": world.slack.named("care").id})
        eventually(lambda: len(shown(world.slack, "DU0KIM")) == 1, "the handover")
        eventually(lambda: len(shown(world.slack, "DU0SAM")) == 1, "the word to who is relieved")
        said = world.slack.shows("DU0KIM")[0]
        assert said.text.startswith("You are on call in night now. Before you it was sam. 1 waits for")
        assert "sample_customer_01" in repr(said.blocks)
        assert slack_blocks.faults(said.blocks) == []
        assert "kim is on call in night instead of sam" in shown(world.slack, "DU0SAM")[0]
        assert "night: kim" in harken("oncall", "who", "--config", world.config).stdout
        assert len(shown(world.slack, "DU0KIM")) == 1


def test_who_has_left_is_told_to_the_operators_when_the_daemon_starts_and_by_check(world: World) -> None:
    world.slack.deactivated = {"U0KIM"}
    with run(world.config) as daemon:
        daemon.wait_said("listening")
        eventually(lambda: bool(shown(world.slack, "harken-ops")), "the word to the operators")
        (said,) = shown(world.slack, "harken-ops")
        assert said.startswith("Harken: @kim (kim@example.org) cannot be reached in Slack: nobody active has that")
        assert "; on call in night from " in said
    checked = harken("check", "--live", "--config", world.config)
    assert checked.returncode == 1
    assert "person    failed: @kim (kim@example.org): nobody active has that address" in checked.stdout
