"""A person takes a case by a button: the real process, its real sockets, a local Slack."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import slack_double as double
from feed_writer import atom
from running import Running, eventually, harken, run
from slack_double import SlackDouble
from test_daemon import CONFIG, World, post
from web_double import WebDouble


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SLACK_APP_TOKEN", double.APP_TOKEN)
    with SlackDouble(people={"sam@example.org": "U0SAM"}) as slack, WebDouble() as web:
        made = World(tmp_path, slack, web)
        web.serve(atom(), "/feed.xml")
        text = made.config.read_text(encoding="utf-8").replace("[slack]", '[slack]\napp_token_env = "SLACK_APP_TOKEN"')
        made.config.write_text(f'{text}\n[[person]]\nname = "sam"\nslack = "sam@example.org"\n', encoding="utf-8")
        yield made
        slack.check()


@pytest.fixture
def daemon(world: World) -> Iterator[Running]:
    with run(world.config) as running:
        running.wait_said("listening")
        yield running


def test_a_click_is_acknowledged_noted_and_shown_in_the_message_and_in_the_terminal(
    world: World, daemon: Running
) -> None:
    assert "app_token_env" not in CONFIG
    world.publish(post("1"))
    world.paged()
    eventually(lambda: world.slack.linked == 2, "two sockets")
    case = world.cases()[0]["case"]
    action = {"action_id": "take", "block_id": f"case:{case}"}
    channel = {"id": world.slack.named("care").id}
    click = {"type": "block_actions", "user": {"id": "U0SAM"}, "channel": channel, "actions": [action]}
    envelope = world.slack.push("interactive", click)
    eventually(lambda: envelope in world.slack.acks, "the acknowledgement")
    eventually(lambda: "sam has it" in repr(world.pages()[0].blocks), "the message that shows who has it")
    shown = harken("cases", "show", case, "--config", world.config)
    assert "sam has it" in shown.stdout
    command = {"command": "/harken", "text": "mine", "user_id": "U0SAM", "channel_id": channel["id"]}
    world.slack.push("slash_commands", command)
    eventually(lambda: case in repr(world.slack.whispers), "the answer to /harken mine")
