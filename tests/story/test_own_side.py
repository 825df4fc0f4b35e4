"""Our own side, from outside: the real process reads a file of posts, and a local Slack shows what comes of it."""

import json
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running import eventually, harken, run
from slack_double import SlackDouble

PACKS = Path(__file__).parents[2] / "rules" / "packs"
CONFIG = """
rules = "mine"

[brand]
name = "Acme"
aliases = ["acme"]
responders = {{ x = ["AcmeHelp"] }}

[slack]
base_url = "{slack}"

[coach]
notes = true

[own_posts]
links = true
least = 3
to = ["#social"]

[[source]]
name = "drop"
kind = "file"
path = "drop.jsonl"
every = "1s"
"""
RULE = """
about = "Ours."
[[advice]]
id = "say-parcel"
any = ["consignment"]
severity = "must"
say = "Say parcel."
examples.flag = ["your consignment"]
"""


class World:
    def __init__(self, folder: Path, slack: SlackDouble) -> None:
        self.config, self.drop, self.rules = folder / "harken.toml", folder / "drop.jsonl", folder / "mine"
        self.slack = slack
        shutil.copytree(PACKS, self.rules)
        self.drop.write_text("")
        self.config.write_text(CONFIG.format(slack=slack.base_url))

    def says(self, by: str, text: str, id_: str, *, to: str | None = None, ago: float = 1) -> None:
        """A line more in the file; what answers nothing begins a thread."""
        at = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
        line = {"source": "x", "id": id_, "thread": to or id_, "reply_to": to, "author": by, "text": text}
        with self.drop.open("a") as drop:
            drop.write(json.dumps({**line, "posted_at": at, "url": f"https://x.example/{id_}"}) + "\n")

    def told(self, channel: str) -> list[str]:
        return [shown.text for shown in self.slack.shows(channel)]


@pytest.fixture
def world(tmp_path: Path, slack_double: SlackDouble) -> World:
    slack_double.add("social")
    return World(tmp_path, slack_double)


def test_the_owner_hears_within_a_minute_that_replies_turn_sour(world: World) -> None:
    world.says("AcmeHelp", "Our new app is out", "root", ago=300)
    with run(world.config) as daemon:
        daemon.wait_said("listening")
        for number in range(3):
            world.says(f"sample_customer_{number}", "@acme it crashes all the time, refund me", f"r{number}", to="root")
        posted = time.monotonic()
        eventually(lambda: bool(world.told("social")), "a word to the owner", 60)
        assert time.monotonic() - posted < 60
        (said,) = world.told("social")
        assert "(https://x.example/root) 3 of the 3 people who replied complain within 30 min (normal)" in said


def test_once_follows_the_links_of_what_it_heard_and_leads_nowhere_inside(world: World) -> None:
    world.says("AcmeHelp", "See http://169.254.169.254/latest and http://127.0.0.1:9/x", "root")
    once = harken("run", "--once", "--config", world.config)
    assert once.returncode == 0, once.stderr
    said = sorted(world.told("social"))
    assert [one.partition(", which ")[2] for one in said] == [
        "leads to an address that is not on the public internet (https://x.example/root)"
    ] * 2
    assert harken("run", "--once", "--config", world.config).returncode == 0
    assert len(world.told("social")) == 2


def test_a_coach_rule_takes_effect_when_it_is_saved(world: World) -> None:
    with run(world.config) as daemon:
        daemon.wait_said("listening")
        world.says("sample_customer_1", "@acme my parcel is late and nobody answers", "c1")
        eventually(lambda: len(world.told("care")) == 1, "the case")
        (world.rules / "coach" / "ours.toml").write_text(RULE)
        daemon.wait_said("reloaded", changed="coach rules reloaded: 36 of them")
        world.says("AcmeHelp", "Sorry, your consignment arrives today.", "a1", to="c1", ago=0)
        eventually(lambda: len(world.told("care")) == 2, "the answer in the thread")
        (note,) = [shown for shown in world.slack.shows("care") if shown.thread_ts is not None]
        assert not note.broadcast
        assert "Say parcel." in repr(note.blocks)
        (world.rules / "coach" / "ours.toml").write_text(RULE.replace("any =", "anny ="))
        daemon.wait_said("not reloaded, the last good config stays")
