"""A storm from outside: the real process, a status page and a local Slack; a person takes it and answers everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import slack_double as double
from feed_writer import atom
from running import Running, eventually, harken, run
from slack_double import Shown, SlackDouble
from test_daemon import World, post
from web_double import WebDouble

STATUS = """
[[source]]
name = "status"
kind = "feed"
role = "status"
every = "1s"
url = "{url}"
allow_private = true

[[person]]
name = "sam"
slack = "sam@example.org"
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SLACK_APP_TOKEN", double.APP_TOKEN)
    with SlackDouble(people={"sam@example.org": "U0SAM"}) as slack, WebDouble() as web:
        made = World(tmp_path, slack, web)
        web.serve(atom(), "/feed.xml")
        web.serve(atom(), "/status.xml")
        text = made.config.read_text(encoding="utf-8").replace("[slack]", '[slack]\napp_token_env = "SLACK_APP_TOKEN"')
        made.config.write_text(text + STATUS.format(url=web.url("/status.xml")), encoding="utf-8")
        yield made
        slack.check()


@pytest.fixture
def daemon(world: World) -> Iterator[Running]:
    with run(world.config) as running:
        running.wait_said("listening")
        yield running


def about(world: World, words: str) -> list[Shown]:
    """Messages about an incident as a whole, as they are shown now."""
    return [one for one in world.slack.shows("care") if one.thread_ts is None and words in one.text]


def test_trouble_on_the_status_page_then_a_storm_is_one_incident_that_a_person_takes_and_answers(
    world: World, daemon: Running
) -> None:
    trouble = post("s1", "Payments are charged twice. Investigating - we are on it.", author="Acme Status")
    world.web.serve(atom(trouble), "/status.xml")
    eventually(lambda: bool(about(world, "Before they ask")), "the first move")

    world.publish(*(post(f"c{n}", author=f"sample_customer_{n:02}") for n in range(15)))
    eventually(lambda: bool(about(world, "Incident")), "the storm, in the same message")
    assert len(world.pages()) <= 3
    listed = harken("incidents", "list", "--config", world.config)
    assert "15 customers, 15 still wait" in listed.stdout
    incident = listed.stdout.split()[0]

    def click(action: str, **more: str) -> None:
        channel = {"id": world.slack.named("care").id}
        actions = [{"action_id": action, "block_id": f"incident:{incident}", **more}]
        payload = {"type": "block_actions", "user": {"id": "U0SAM"}, "channel": channel, "actions": actions}
        world.slack.push("interactive", payload)

    eventually(lambda: world.slack.linked == 2, "two sockets")
    click("take")
    eventually(
        lambda: "sam has it" in harken("incidents", "show", incident, "--config", world.config).stdout, "the lease"
    )

    statement = post(
        "p1", "Some of you were charged twice. Nobody loses money over it, we are on it.", author="AcmeCare"
    )
    world.publish(statement)
    eventually(
        lambda: "what we said in public" in harken("incidents", "show", incident, "--config", world.config).stdout,
        "the statement",
    )
    answered = harken("incidents", "answered", incident, "--by", "sam", "--config", world.config)
    assert "noted: 15 customers" in answered.stdout
    eventually(lambda: {case["status"] for case in world.cases()} == {"resting"}, "everybody answered")
    assert "15 answered" in harken("incidents", "show", incident, "--config", world.config).stdout
