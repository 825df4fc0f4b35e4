"""The whole program from outside: the real process, a feed and a Slack served over loopback, signals and commands.

Nothing here sleeps for a fixed time: what should happen is waited for, and "nothing more happens" means that the feed
has been read several times since.
"""

import json
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from feed_writer import Item, atom
from running import Running, eventually, free_port, harken, run
from slack_double import Shown, SlackDouble, drop, hang, says
from web_double import WebDouble

COMPLAINT = "Acme charged me twice and nobody answers. This is unacceptable."

RESTORED = "this database is a copy or was moved; what was due is looked up in Slack before it is sent"

CONFIG = """
rules = "{rules}"
state = "{state}"

[brand]
name = "Acme"
aliases = ["acme"]
responders = {{ reviews = ["AcmeCare"] }}

[slack]
base_url = "{slack}"
timeout = "{timeout}"

[health]
listen = "127.0.0.1:{health}"

[[source]]
name = "reviews"
kind = "feed"
every = "1s"
url = "{feed}"
allow_private = true

[[policy]]
name = "standard"
reply_within = {{ low = "8h", normal = "2h", high = "2h", crisis = "2h" }}
  [[policy.step]]
  at = "0m"
  to = ["{to}"]
  [[policy.step]]
  at = "deadline"
  to = ["{to}"]
"""


class World:
    """A feed, a Slack and a folder with a config in it."""

    def __init__(self, folder: Path, slack: SlackDouble, web: WebDouble) -> None:
        self.folder, self.slack, self.web = folder, slack, web
        self.config = folder / "harken.toml"
        self.state = folder / "state" / "harken.db"
        self.state.parent.mkdir()
        self.rules = folder / "rules"
        shutil.copytree(Path(__file__).parents[2] / "rules" / "packs", self.rules)
        self.health = free_port()
        self.items: list[Item] = []
        self.publish()
        self.write()

    def write(self, **changed: Any) -> None:
        """Write the config, apart from what is ``changed`` always the same one."""
        values = {"to": "#care", "rules": self.rules, "state": self.state, "health": self.health, "timeout": "5s"}
        values |= {"slack": self.slack.base_url, "feed": self.web.url()}
        self.config.write_text(CONFIG.format(**values | changed))

    def publish(self, *items: Item) -> None:
        """Put further posts on the feed."""
        self.items += items
        self.web.serve(atom(*self.items), "/feed.xml")

    def polled_again(self, times: int = 2) -> None:
        """Wait until the feed has been read so many times more."""
        seen = len(self.web.requests)
        eventually(lambda: len(self.web.requests) >= seen + times, f"{times} more polls of the feed")

    def pages(self, channel: str = "care") -> list[Shown]:
        """What carries a delivery id there."""
        return [shown for shown in self.slack.shows(channel) if shown.delivery is not None]

    def paged(self, count: int = 1, channel: str = "care") -> None:
        """Wait until so many pages are there."""
        eventually(lambda: len(self.pages(channel)) >= count, f"{count} page(s) in #{channel}")
        assert len(self.pages(channel)) == count

    def cases(self) -> list[dict[str, Any]]:
        """What ``harken cases list`` knows."""
        listed = harken("cases", "list", "--all", "--jsonl", "--config", self.config)
        assert listed.returncode == 0, listed.stderr
        return [json.loads(line) for line in listed.stdout.splitlines()]

    def healthz(self) -> dict[str, Any]:
        """The health line, whatever its status."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/healthz", timeout=5) as answer:
                said, status = json.load(answer), answer.status
        except urllib.error.HTTPError as error:
            with error:
                said, status = json.load(error), error.code
        assert status == (200 if said["ok"] else 503)
        return dict(said)


def post(name: str, text: str = COMPLAINT, **about: Any) -> Item:
    """A post of just now."""
    plain: dict[str, Any] = {"guid": name, "link": f"https://reviews.example/{name}", "text": text}
    return Item(**{**plain, "at": datetime.now(UTC), **about})


@pytest.fixture
def world(tmp_path: Path, slack_double: SlackDouble) -> Iterator[World]:
    with WebDouble() as web:
        yield World(tmp_path, slack_double, web)


@pytest.fixture
def daemon(world: World) -> Iterator[Running]:
    """``harken run`` on an empty feed, listening."""
    with run(world.config) as running:
        running.wait_said("listening")
        yield running


def ended_well(daemon: Running) -> None:
    """SIGTERM, and out with 0 in time."""
    asked = time.monotonic()
    daemon.signal(signal.SIGTERM)
    assert daemon.left() == 0
    assert time.monotonic() - asked < 10
    assert not [line for line in daemon.said if line["level"] in ("error", "critical", "raw")]


def test_a_complaint_is_paged_once_and_the_answer_on_the_feed_ends_it(world: World, daemon: Running) -> None:
    world.publish(post("post-1"))
    world.paged()
    world.polled_again()
    (page,) = world.pages()
    assert "sample_customer_01" in page.text
    assert "waiting" in page.text

    world.publish(post("post-2", "So sorry, the second charge is refunded.", author="AcmeCare", answers="post-1"))
    eventually(lambda: "Answered" in world.pages()[0].text, "the message to say answered")
    (page,) = world.pages()
    eventually(lambda: len(world.slack.shows("care")) > 1, "the thread to be told")
    world.polled_again()

    (told,) = [shown for shown in world.slack.shows("care") if shown.ts != page.ts]
    assert told.thread_ts == page.ts
    assert not told.broadcast
    assert "AcmeCare" in told.text
    assert [shown.ts for shown in world.pages()] == [page.ts]
    assert world.slack.shows("harken-ops") == []
    ended_well(daemon)


def test_history_our_own_posts_and_thanks_page_nobody(world: World) -> None:
    world.publish(post("post-1", at=datetime.now(UTC) - timedelta(days=3)))
    world.publish(post("post-2", "We are sorry about the terrible outage today.", author="AcmeCare"))
    world.publish(post("post-3", "Thank you Acme, lovely service!"))
    with run(world.config) as daemon:
        daemon.wait_said("listening")
        world.publish(post("post-4", author="sample_customer_02"))
        world.paged()
        world.polled_again()
        assert len(world.pages()) == 1
        assert [case["author"] for case in world.cases()] == ["sample_customer_02"]
        ended_well(daemon)


def test_a_second_daemon_on_the_same_database_is_refused_and_told_who_holds_it(world: World, daemon: Running) -> None:
    second = harken("run", "--config", world.config)
    assert second.returncode == 2
    (line,) = second.stderr.splitlines()
    assert f"in use by harken run, process {daemon.process.pid}" in line
    ended_well(daemon)


def test_sigterm_while_slack_does_not_answer_still_ends_in_time_and_the_page_comes_once(world: World) -> None:
    world.write(timeout="30s")
    with run(world.config) as daemon:
        world.publish(post("post-1"))
        world.paged()
        world.slack.fail(hang(accept=True))
        world.publish(post("post-2", author="sample_customer_02"))
        eventually(lambda: len(world.slack.made("chat.postMessage")) == 2, "the post that hangs")
        asked = time.monotonic()
        daemon.signal(signal.SIGTERM)
        assert daemon.left() == 0
        assert time.monotonic() - asked < 10
    with run(world.config) as daemon:
        daemon.wait_said("page sent")
        world.polled_again()
        assert len(world.pages()) == 2, "it had arrived; the channel's history says so"
        ended_well(daemon)


@pytest.mark.parametrize("may_look", [True, False])
def test_a_lost_reply_is_looked_up_and_where_it_cannot_be_the_second_copy_is_labelled(
    world: World, *, may_look: bool
) -> None:
    if not may_look:
        world.slack.fail(says("missing_scope"), on="users.conversations", times=9)
    world.slack.fail(drop(accept=True))
    with run(world.config) as daemon:
        world.publish(post("post-1"))
        daemon.wait_said("page sent")
        world.polled_again()
        assert ["repeat" in shown.text for shown in world.pages()] == ([False] if may_look else [False, True])
        ended_well(daemon)


def test_a_second_sigterm_leaves_at_once(world: World, daemon: Running) -> None:
    world.slack.fail(hang())
    world.publish(post("post-1"))
    eventually(lambda: world.slack.made("chat.postMessage") != [], "the post that hangs")
    daemon.signal(signal.SIGTERM)
    daemon.wait_said("stopping")
    asked = time.monotonic()
    daemon.signal(signal.SIGTERM)
    assert daemon.left() == 1
    assert time.monotonic() - asked < 2


def test_sighup_keeps_the_last_good_config_and_says_so_then_takes_a_good_one(world: World, daemon: Running) -> None:
    good = world.config.read_text()
    world.config.write_text(good.replace("every =", "evry ="))
    daemon.signal(signal.SIGHUP)
    daemon.wait_said("not reloaded, the last good config stays")
    world.paged(channel="harken-ops")
    (said,) = world.slack.shows("harken-ops")
    assert "Not reloaded" in said.text
    assert 'did you mean "every"' in said.text
    assert "harken.toml:" in said.text

    world.publish(post("post-1"))
    world.paged(1)

    world.slack.add("frontline")
    world.write(to="#frontline")
    daemon.signal(signal.SIGHUP)
    daemon.wait_said("reloaded")
    world.publish(post("post-2", author="sample_customer_02"))
    world.paged(channel="frontline")
    assert len(world.pages()) == 1, "the older case stays with the policy it opened under"
    daemon.signal(signal.SIGTERM)
    assert daemon.left() == 0


def test_sighup_takes_new_rules_and_keeps_the_old_ones_where_the_new_are_half_written(
    world: World, daemon: Running
) -> None:
    (world.rules / "half.toml").write_text('about = "Half a file."\n[[rule]]\nid = "broken')
    daemon.signal(signal.SIGHUP)
    daemon.wait_said("not reloaded, the last good config stays")
    world.paged(channel="harken-ops")
    assert "half.toml:3" in world.slack.shows("harken-ops")[0].text
    (world.rules / "half.toml").unlink()
    daemon.signal(signal.SIGHUP)
    daemon.wait_said("reloaded")
    world.publish(post("post-1"))
    world.paged()


@pytest.mark.parametrize(("broken", "code"), [("", 0), ("feed", 1), ("token", 1), ("config", 2), ("no token", 2)])
def test_once_exits_with_0_if_all_is_done_1_if_not_and_2_on_bad_input(world: World, broken: str, code: int) -> None:
    world.publish(post("post-1"))
    if broken == "feed":
        world.write(feed=world.web.url("/missing"))
    if broken == "config":
        world.write(to="nowhere")
    if broken == "token":
        world.slack.token = "xoxb-another"
    once = harken(
        "run", "--once", "--config", world.config, **({"SLACK_BOT_TOKEN": ""} if broken == "no token" else {})
    )
    assert once.returncode == code, once.stderr
    assert len(world.pages()) == (code == 0)
    if code == 2:
        assert once.stderr
        assert all(line.startswith(f"{world.config}") for line in once.stderr.splitlines())


DOOR = """
[[source]]
name = "door"
kind = "inbox"
listen = "127.0.0.1:{port}"
secret_file = "door-secret"
"""


def test_a_source_that_cannot_be_made_keeps_no_other_from_being_read(world: World) -> None:
    with world.config.open("a") as config:
        config.write(DOOR.format(port=free_port()))
    world.publish(post("post-1"))
    once = harken("run", "--once", "--config", world.config)
    assert once.returncode == 1, once.stderr
    world.paged(1)
    checked = harken("check", "--config", world.config)
    assert "door (inbox), read every 5 min (not ready:" in checked.stdout


def test_once_twice_pages_once(world: World) -> None:
    world.publish(post("post-1"))
    assert [harken("run", "--once", "--config", world.config).returncode for _ in range(2)] == [0, 0]
    assert len(world.pages()) == 1


def test_healthz_says_how_harken_is_and_which_source_is_down(world: World, daemon: Running) -> None:
    eventually(lambda: world.healthz()["ready"], "every source to have been tried")
    eventually(lambda: world.healthz()["ok"], "all to be well")
    assert world.healthz()["sources"]["reviews"]["last_success"]
    world.web.answers.clear()
    eventually(lambda: not world.healthz()["ok"], "the source to be down")
    assert "404" in world.healthz()["sources"]["reviews"]["failure"]
    assert [line["event"] for line in daemon.said].count("source is down") == 1


def test_an_inbox_whose_port_is_taken_is_tried_again_and_then_hears(world: World) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    door = f'name = "door"\nkind = "inbox"\nevery = "1s"\nlisten = "127.0.0.1:{port}"\nunsigned = true\n'
    world.config.write_text(world.config.read_text() + f"\n[[source]]\n{door}")
    with taken, run(world.config) as daemon:
        daemon.wait_said("source is down", source="door")
        eventually(lambda: not world.healthz()["ok"], "the health line to say so")
        taken.close()
        daemon.wait_said("source is heard again", source="door")
        eventually(lambda: world.healthz()["ok"], "all to be well")
        mention = {"source": "forum", "id": "1", "thread": "1", "author": "sample_customer_01", "text": COMPLAINT}
        body = json.dumps({**mention, "posted_at": datetime.now(UTC).isoformat()}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/mentions", body, timeout=10) as answer:
            assert answer.status == 200
        world.paged()
        assert [line["event"] for line in daemon.said].count("source is down") == 1


def test_what_a_person_notes_in_a_terminal_beside_the_daemon_ends_the_case(world: World, daemon: Running) -> None:
    world.publish(post("post-1"))
    world.paged()
    (case,) = world.cases()
    assert case["status"] == "waiting"
    shown = harken("cases", "show", case["case"][:6], "--config", world.config)
    assert shown.returncode == 0, shown.stderr
    assert "charged me twice" in shown.stdout
    noted = harken("cases", "answered", case["case"], "--config", world.config)
    assert noted.returncode == 0, noted.stderr
    eventually(lambda: "Answered" in world.pages()[0].text, "the message to say answered")
    assert world.cases()[0]["status"] == "resting"
    world.polled_again()
    assert len(world.pages()) == 1
    ended_well(daemon)


@pytest.mark.parametrize("before", [0, 1])
def test_a_restored_backup_looks_in_slack_before_it_sends(world: World, daemon: Running, before: int) -> None:
    if before:
        world.publish(post("post-1"))
        world.paged()
    copy = world.folder / "copy.db"
    made = harken("backup", copy, "--config", world.config)
    assert made.returncode == 0, made.stderr
    world.publish(post("post-2", author="sample_customer_02"))
    world.paged(before + 1)
    ended_well(daemon)

    for left in world.state.parent.iterdir():
        left.unlink()
    shutil.copy(copy, world.state)
    world.publish(post("post-3", author="sample_customer_03"))
    with run(world.config) as restored:
        world.paged(before + 2)
        world.polled_again()
        assert restored.has_said(RESTORED)
        assert len(world.pages()) == before + 2, "one was sent after the copy was made; Slack's history knows it"
        assert {case["status"] for case in world.cases()} == {"waiting"}
        assert not any("repeat" in shown.text for shown in world.pages())
        ended_well(restored)


RULE = """about = "What only this test says."

[[rule]]
id = "zorked"
any = ["zorked"]
forces = "complaint"
why = "Says that it zorked."
examples.flag = ["it zorked"]
"""


def saved(world: World, text: str, *, in_place: bool = False) -> float:
    """Save a rule file, as editors do or by writing over it; returns when."""
    file = world.rules / "zorked.toml"
    if in_place:
        with file.open("w") as written:
            for line in text.splitlines(keepends=True):
                written.write(line)
                written.flush()
    else:
        new = file.with_suffix(".new")
        new.write_text(text)
        new.replace(file)
    return time.monotonic()


def told(world: World, count: int) -> list[str]:
    """What the operators' channel shows, once it is so much."""
    eventually(lambda: len(world.slack.shows("harken-ops")) >= count, f"{count} notices")
    said = [shown.text for shown in world.slack.shows("harken-ops")]
    assert len(said) == count
    return said


@pytest.mark.parametrize("in_place", [False, True])
def test_a_saved_rule_takes_effect_within_two_seconds_and_the_operators_are_told(
    world: World, daemon: Running, *, in_place: bool
) -> None:
    world.publish(post("post-1", "Acme zorked on my street today"))
    world.polled_again()
    at = saved(world, RULE, in_place=in_place)
    daemon.wait_said("reloaded", changed="rules reloaded: +1 rule (zorked.toml)")
    assert time.monotonic() - at < 2
    world.publish(post("post-2", "Acme zorked on my street today", author="sample_customer_02"))
    world.paged()
    assert "sample_customer_02" in world.pages()[0].text
    assert "rules reloaded: +1 rule (zorked.toml)" in told(world, 1)[0]
    ended_well(daemon)


def test_a_broken_save_keeps_the_last_good_rules_and_its_mistake_is_told_with_file_and_line(
    world: World, daemon: Running
) -> None:
    saved(world, RULE)
    told(world, 1)
    saved(world, RULE[:-4], in_place=True)
    assert "zorked.toml:8: this is not TOML" in told(world, 2)[1]
    world.publish(post("post-1", "Acme zorked on my street today"))
    world.paged()
    saved(world, RULE.replace('"zorked"]', '"zork*"]'))
    assert "rules reloaded: 1 rule changed (zorked.toml)" in told(world, 3)[2]
    world.publish(post("post-2", "Acme zorks on my street today", author="sample_customer_02"))
    world.paged(2)
    daemon.signal(signal.SIGTERM)
    assert daemon.left() == 0


def test_a_saved_config_takes_effect_and_cases_that_run_keep_their_policy(world: World, daemon: Running) -> None:
    world.publish(post("post-1"))
    world.paged()
    world.slack.add("frontline")
    world.write(to="#frontline")
    assert "config reloaded: [[policy]] changed" in told(world, 1)[0]
    world.publish(post("post-2", author="sample_customer_02"))
    world.paged(channel="frontline")
    assert len(world.pages()) == 1, "the older case stays with the policy it opened under"
    ended_well(daemon)
