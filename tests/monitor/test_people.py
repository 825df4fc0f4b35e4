"""People in Slack: who is missing or has left is passed over at once, and the operators hear of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import slack_double as double
from desk import Desk, made, post
from slack_double import SlackDouble

from monitor.slack.client import WebSlack
from monitor.store.sqlite import open_writer

LADDER = """
[[policy]]
name = "standard"
reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }
repeats = 0
  [[policy.step]]
  at = "0m"
  to = ["FIRST"]
  [[policy.step]]
  at = "deadline"
  to = ["#bosses"]

[[person]]
name = "sam"
slack = "U0SAM"

[[person]]
name = "kim"
slack = "kim@example.org"

[[rota]]
name = "night"
people = ["ROTA"]
start = 2026-03-01
"""
PEOPLE = {"sam@example.org": "U0SAM", "kim@example.org": "U0KIM"}


@pytest.fixture
def local() -> Iterator[SlackDouble]:
    with double.checked(channels=("bosses", "harken-ops"), people=dict(PEOPLE)) as slack:
        yield slack


def desk(folder: Path, local: SlackDouble, to: str, turn: str = "sam") -> Desk:
    store = open_writer(folder / "harken.db", "a test")
    config = LADDER.replace("FIRST", to).replace("ROTA", turn)
    return Desk(store, made(folder, config), WebSlack(double.TOKEN, local.base_url))


def settled(desk: Desk) -> list[tuple[str, str | None]]:
    return [(page.recipient, page.outcome) for page in desk.owed()]


def paged(desk: Desk) -> None:
    desk.hear(post("1"))
    for _ in range(4):
        desk.at(0)


@pytest.mark.parametrize(
    ("to", "turn", "why"),
    [
        ("@sam", "sam", "user_disabled"),
        ("@U0SAM", "sam", "user_disabled"),
        ("@kim", "kim", "users_not_found"),
        ("@kim@example.org", "kim", "users_not_found"),
        ("@nobody@example.org", "kim", "users_not_found"),
        ("@U0NOBODY", "kim", "user_not_found"),
        ("oncall:night", "sam", "user_disabled"),
        ("oncall:night", "kim", "users_not_found"),
    ],
)
def test_who_is_missing_or_was_deactivated_is_passed_over_at_once_and_the_operators_are_told(
    tmp_path: Path, local: SlackDouble, to: str, turn: str, why: str
) -> None:
    local.deactivated = {"U0SAM", "U0KIM"}
    at = desk(tmp_path, local, to, turn)
    paged(at)
    assert settled(at)[-1] == ("#bosses", "sent")
    assert [outcome for _, outcome in settled(at)].count("sent") == 1
    assert any(f"cannot be reached: {why}" in shown.text for shown in local.shows("harken-ops"))
    assert not any(channel.startswith("D") for channel in local.channels)
    at.store.close()


def test_who_leaves_after_they_were_paged_once_is_passed_over_by_the_next_process(
    tmp_path: Path, local: SlackDouble
) -> None:
    at = desk(tmp_path, local, "@sam")
    paged(at)
    assert settled(at) == [("@sam", "sent")]
    at.store.close()
    local.deactivated = {"U0SAM"}
    at = desk(tmp_path, local, "@sam")
    at.clock.now = at.clock.now.replace(hour=12)
    at.hear(post("2", 1, thread="other", by="sample_customer_02"))
    for _ in range(3):
        at.at(1)
    assert settled(at)[-1] == ("#bosses", "sent")
    at.store.close()


def test_a_guest_is_paged_like_everybody_else(tmp_path: Path, local: SlackDouble) -> None:
    local.guests = {"U0SAM"}
    at = desk(tmp_path, local, "@sam")
    paged(at)
    assert settled(at) == [("@sam", "sent")]
    at.store.close()


def test_a_person_whose_account_in_the_config_changes_is_paged_at_the_new_one(
    tmp_path: Path, local: SlackDouble
) -> None:
    at = desk(tmp_path, local, "@sam")
    paged(at)
    at.store.close()
    local.people["other@example.org"] = "U0OTHER"
    store = open_writer(tmp_path / "harken.db", "a test")
    config = LADDER.replace("FIRST", "@sam").replace("ROTA", "sam").replace('"U0SAM"', '"U0OTHER"')
    at = Desk(store, made(tmp_path, config), WebSlack(double.TOKEN, local.base_url))
    at.hear(post("2", 1, thread="other", by="sample_customer_02"))
    at.at(1)
    assert [channel for channel in local.channels if channel.startswith("D")] == ["DU0SAM", "DU0OTHER"]
    at.store.close()
