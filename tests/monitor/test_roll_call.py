"""The roll: who or what is missing in Slack is told to the operators before a page needs it, and once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import slack_double as double
from desk import NOON, Desk
from slack_double import SlackDouble, says, status

from monitor.config import load
from monitor.roll import roll
from monitor.roll_call import RollCall
from monitor.setup import setup
from monitor.slack import SlackError
from monitor.slack.client import WebSlack
from monitor.store.sqlite import open_writer

CONFIG = """
[brand]
name = "Sample"

[slack]
allow = ["S0CARE", "U0GUEST"]

[[policy]]
name = "standard"
  [[policy.step]]
  at = "0m"
  to = ["#care", "@U0LEE", "group:care-team"]
  [[policy.step]]
  at = "deadline"
  to = ["oncall:night", "@sam"]

[[rota]]
name = "night"
people = ["sam", "kim"]
every = "1d"
start = 2026-03-01
handover = "12:30"
zone = "Europe/Berlin"

[[person]]
name = "sam"
slack = "sam@example.org"

[[person]]
name = "kim"
slack = "U0KIM"
"""
PEOPLE = {"sam@example.org": "U0SAM", "k@example.org": "U0KIM", "l@example.org": "U0LEE", "g@example.org": "U0GUEST"}


@pytest.fixture
def local() -> Iterator[SlackDouble]:
    with double.checked(people=dict(PEOPLE)) as slack:
        slack.handles["care-team"] = "S0CARE"
        yield slack


class Office:
    def __init__(self, folder: Path, local: SlackDouble) -> None:
        (folder / "harken.toml").write_text(CONFIG, encoding="utf-8")
        self.config = load(folder / "harken.toml")
        slack = WebSlack(double.TOKEN, local.base_url)
        self.desk = Desk(open_writer(folder / "harken.db", "a test"), setup(self.config), slack)
        self.local, self.slack = local, slack
        self.roll_call = RollCall(self.desk.line, lambda: self.config, slack)

    def day(self, number: int) -> None:
        """What a day's call comes to."""
        self.desk.clock.now = NOON + timedelta(days=number)
        self.roll_call.call()
        self.desk.line.outbox.deliver_to("#harken-ops")

    def told(self) -> list[str]:
        return [one.text.removeprefix("Harken: ") for one in self.local.shows("harken-ops")]


@pytest.fixture
def office(tmp_path: Path, local: SlackDouble) -> Iterator[Office]:
    made = Office(tmp_path, local)
    yield made
    made.desk.store.close()


def test_everybody_and_every_place_that_the_config_names_is_on_the_roll_once(office: Office) -> None:
    found = roll(office.config)
    assert found.channels == ("#care", "#harken-ops")
    assert found.people == {"sam@example.org": "@sam", "U0KIM": "@kim", "U0LEE": "@U0LEE", "U0GUEST": "U0GUEST"}
    assert found.groups == {"care-team": "group:care-team", "S0CARE": "S0CARE"}


def test_nothing_is_told_while_everybody_is_there(office: Office) -> None:
    office.day(0)
    assert office.told() == []


def test_who_is_missing_is_told_with_when_they_are_next_on_call_and_once(office: Office) -> None:
    office.local.deactivated = {"U0SAM", "U0KIM"}
    office.local.disabled = {"S0CARE"}
    office.local.named("care").member = False
    for number in range(3):
        office.day(number)
    assert sorted(office.told()) == [
        '#care cannot be reached in Slack: it is there, but our app is not in it; type "/invite @harken" there',
        (
            "@kim (U0KIM) cannot be reached in Slack: they were deactivated, or are an app; name somebody else;"
            " on call in night now"
        ),
        (
            "@sam (sam@example.org) cannot be reached in Slack: nobody active has that address in Slack; write the one"
            " they use there, or their user id; on call in night from Tue 2026-03-03 12:30 (Europe/Berlin)"
        ),
        "S0CARE cannot be reached in Slack: that user group is disabled; enable it in Slack, or name another",
        "group:care-team cannot be reached in Slack: that user group is disabled; enable it in Slack, or name another",
    ]


def test_the_next_process_does_not_tell_it_again(office: Office, tmp_path: Path, local: SlackDouble) -> None:
    office.local.deactivated = {"U0KIM"}
    office.day(0)
    office.roll_call = RollCall(office.desk.line, lambda: office.config, office.slack)
    office.day(1)
    assert len(office.told()) == 1


def test_who_was_found_in_between_and_leaves_again_is_told_again(office: Office) -> None:
    for number, gone in enumerate(({"U0KIM"}, set[str](), {"U0KIM"}, {"U0KIM"})):
        office.local.deactivated = gone
        office.day(number)
    assert len(office.told()) == 2


def test_nobody_is_asked_about_twice_a_day(office: Office) -> None:
    office.day(0)
    before = len(office.local.calls)
    office.desk.clock.now += timedelta(hours=23)
    office.roll_call.call()
    assert len(office.local.calls) == before
    office.desk.clock.now += timedelta(hours=1)
    office.roll_call.call()
    assert len(office.local.calls) == 2 * before


def test_a_token_that_may_not_look_says_nothing_about_anybody(office: Office) -> None:
    office.local.choose = lambda call: says("missing_scope") if call.method.startswith("users.") else None
    office.day(0)
    assert office.told() == []


def test_while_slack_does_not_answer_nobody_is_missing_and_they_are_asked_about_the_next_time(
    office: Office,
) -> None:
    office.local.deactivated = {"U0KIM"}
    office.local.choose = lambda call: status(503) if call.method == "users.info" else None
    with pytest.raises(SlackError):
        office.day(0)
    assert office.told() == []
    office.local.heal()
    office.desk.clock.now += timedelta(minutes=15)
    office.roll_call.call()
    office.desk.line.outbox.deliver_to("#harken-ops")
    assert len(office.told()) == 1
