"""Handovers: one message to whoever comes on call, with what they take over, exactly once."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest
import slack_blocks
import slack_double as double
from desk import NOON, Desk, made, post
from hypothesis import given
from hypothesis import strategies as st

from monitor import handover
from monitor.setup import Setup
from monitor.slack.client import WebSlack
from monitor.slack.local import LocalPost
from monitor.store import overrides, pages
from monitor.store.overrides import Override
from monitor.store.sqlite import StoreError, in_memory, open_writer
from rules.model import Act, Shift, Span

CONFIG = """
[[policy]]
name = "standard"
reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }
  [[policy.step]]
  at = "0m"
  to = ["#care"]

[[person]]
name = "sam"
slack = "U0SAM"

[[person]]
name = "kim"
slack = "kim@example.org"

[[rota]]
name = "night"
people = ["sam", "kim"]
every = "1d"
start = 2026-03-01
handover = "12:30"
"""
"""Sam is on call at noon, Kim from half past twelve on."""
PEOPLE = {"sam@example.org": "U0SAM", "kim@example.org": "U0KIM"}


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return made(tmp_path, CONFIG)


@pytest.fixture
def desk(tmp_path: Path, setup: Setup) -> Iterator[Desk]:
    store = open_writer(tmp_path / "harken.db", "a test")
    yield Desk(store, setup)
    store.close()


def briefings(desk: Desk) -> list[LocalPost]:
    return [one for one in desk.local.posts if one.message.text.startswith("You are on call")]


def override(desk: Desk, person: str, start: float, end: float) -> int:
    span = Span(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end))
    with desk.store.write("test") as db:
        return overrides.add(db, Override(0, "night", Shift(person, span, override=True), "lee", ""), desk.clock.now)


def words(shown: LocalPost) -> str:
    """What the message says, dates as their moment."""
    return "".join(
        str(node.get("text") or node.get("fallback") or "")
        for node in slack_blocks.walk(shown.message.blocks)
        if node.get("type") in ("text", "date")
    )


class TestWhoAndWhen:
    def test_who_comes_on_call_is_told_once_whatever_else_happens(self, desk: Desk) -> None:
        for minutes in (0, 29, 30, 31, 60, 90):
            desk.at(minutes)
        assert [(one.channel, one.at) for one in briefings(desk)] == [
            ("@kim@example.org", NOON + timedelta(minutes=30))
        ]

    def test_nobody_is_told_when_harken_starts_for_the_first_time(self, desk: Desk) -> None:
        desk.at(0)
        assert briefings(desk) == []

    def test_an_override_begins_and_ends_with_a_handover(self, desk: Desk) -> None:
        override(desk, "kim", 5, 10)
        for minutes in (0, 5, 6, 10, 11):
            desk.at(minutes)
        assert [one.channel for one in briefings(desk)] == ["@kim@example.org", "@U0SAM"]
        assert "until 2026-03-02 12:10 UTC" in words(briefings(desk)[0])

    def test_an_override_that_is_taken_back_hands_back(self, desk: Desk) -> None:
        desk.at(0)
        number = override(desk, "kim", 0, 25)
        desk.at(1)
        with desk.store.write("test") as db:
            overrides.remove(db, number, desk.clock.now)
        desk.at(2)
        assert [one.channel for one in briefings(desk)] == ["@kim@example.org", "@U0SAM"]

    def test_nobody_takes_over_from_themselves(self, desk: Desk) -> None:
        override(desk, "sam", 5, 10)
        override(desk, "sam", 30, 60)
        for minutes in (0, 5, 10, 30, 59):
            desk.at(minutes)
        assert briefings(desk) == []

    def test_who_has_every_day_of_a_week_is_told_on_the_first_only(self, tmp_path: Path) -> None:
        week = ", ".join(f'{day} = ["09:00-17:00"]' for day in ("mon", "tue", "wed", "thu", "fri"))
        hours = f'hours = "desk"\n[[hours]]\nname = "desk"\nweek = {{ {week} }}\n'
        config = CONFIG.replace('every = "1d"', 'every = "7d"').replace("2026-03-01", "2026-03-02")
        store = in_memory()
        desk = Desk(store, made(tmp_path, config.replace('"12:30"', '"09:00"') + hours))
        for hour in range(24 * 13):
            desk.at(60 * hour)
        assert [(one.channel, one.at.isoformat()[:13]) for one in briefings(desk)] == [
            ("@kim@example.org", "2026-03-09T09")
        ]
        store.close()

    def test_two_handovers_while_the_machine_slept_are_one(self, desk: Desk) -> None:
        desk.at(0)
        desk.at(30 + 2 * 24 * 60)
        assert [one.channel for one in briefings(desk)] == ["@kim@example.org"]

    def test_who_is_off_again_before_it_could_be_sent_is_not_told(self, desk: Desk) -> None:
        desk.at(0)
        desk.clock.now = NOON + timedelta(minutes=30)
        desk.line.escalate()
        desk.clock.now = NOON + timedelta(days=1, minutes=30)
        desk.line.escalate()
        desk.line.deliver()
        assert [one.channel for one in briefings(desk)] == ["@U0SAM"]
        with desk.store.read() as db:
            assert pages.count_by_outcome(db)["moved"] == 1

    @given(st.lists(st.integers(0, 4 * 24 * 60), min_size=1, max_size=25), st.data())
    def test_whenever_it_looks_each_change_it_sees_is_told_once_and_to_who_came(
        self, ticks: list[int], data: st.DataObject
    ) -> None:
        store = in_memory()
        desk = Desk(store, SETUP)
        for _ in range(data.draw(st.integers(0, 3))):
            start = data.draw(st.integers(0, 4 * 24 * 60))
            person = data.draw(st.sampled_from(["sam", "kim"]))
            override(desk, person, start, start + data.draw(st.integers(1, 24 * 60)))
        came: list[str] = []
        for minutes in sorted(ticks):
            desk.at(minutes)
            with store.read() as db:
                made_ = [one.shift for one in overrides.of(db, desk.clock.now)]
            came.append(str(SETUP.on_call("night", made_, desk.clock.now)))
        changes = [person for person, _ in groupby(came)][1:]
        assert [one.channel for one in briefings(desk)] == [f"@{SETUP.people[person]}" for person in changes]
        store.close()


@pytest.fixture(scope="module", autouse=True)
def _setup_for_properties(tmp_path_factory: pytest.TempPathFactory) -> None:
    global SETUP  # noqa: PLW0603 - a property takes no fixtures of its own
    SETUP = made(tmp_path_factory.mktemp("handover"), CONFIG)


SETUP: Setup


class TestWhatItSays:
    def test_who_waits_by_clock_and_who_has_what_until_when(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(3)
        desk.hear(post("2", 2, thread="u", by="sample_customer_02"))
        desk.line.act(Act("ack", "sam", desk.clock.now), ("x", "t"), "sample_customer_01", "test")
        desk.at(30)
        (shown,) = briefings(desk)
        said = words(shown)
        assert "You are on call in night now, until 2026-03-03 12:30 UTC. Before you it was sam." in said
        assert "2 wait for an answer" in said
        first, second = said.index("sample_customer_01"), said.index("sample_customer_02")
        assert first < said.index("sam has it until 2026-03-02") < second

    def test_who_was_answered_and_is_owed_more(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(3)
        desk.hear(
            post(
                "2",
                4,
                "We are sorry, we are looking into it and will get back to you by 15:00",
                by="SampleHelp",
                to="1",
            )
        )
        desk.at(5)
        desk.at(30)
        said = words(briefings(desk)[0])
        assert "Nobody is waiting for an answer" in said
        assert "Who was answered and is owed more, the nearest first:" in said
        assert "@sample_customer_01 on x: we would be back, said SampleHelp; due 2026-03-02 " in said

    def test_that_nobody_waits(self, desk: Desk) -> None:
        desk.at(0)
        desk.at(30)
        assert "Nobody is waiting for an answer" in words(briefings(desk)[0])

    def test_what_slack_takes_also_at_its_longest_and_nothing_of_a_customers_is_markup(
        self, tmp_path: Path, setup: Setup
    ) -> None:
        with double.checked(people=dict(PEOPLE)) as local:
            store = open_writer(tmp_path / "other.db", "a test")
            desk = Desk(store, setup, WebSlack(double.TOKEN, local.base_url))
            for number in range(30):
                desk.hear(post(f"p{number}", thread=f"t{number}", by=f"<!channel>{'x' * 80}{number}"))
            desk.at(0)
            desk.at(30)
            shown = [one for one in local.shows("DU0KIM") if one.text.startswith("You are on call")]
            assert len(shown) == 1
            assert "... and 15 more" in repr(shown[0].blocks)
            store.close()


class TestDelivery:
    def test_a_lost_reply_makes_no_second_message(self, tmp_path: Path, setup: Setup) -> None:
        with double.checked(people=dict(PEOPLE)) as local:
            store = open_writer(tmp_path / "other.db", "a test")
            desk = Desk(store, setup, WebSlack(double.TOKEN, local.base_url))
            desk.at(0)
            local.fail(double.drop(accept=True))
            desk.at(30)
            desk.at(40)
            assert len(local.shows("DU0KIM")) == 1
            store.close()

    def test_who_has_left_slack_is_not_told_the_operators_are_and_nothing_stays_owed(
        self, tmp_path: Path, setup: Setup
    ) -> None:
        with double.checked(people=dict(PEOPLE)) as local:
            local.deactivated = {"U0KIM"}
            store = open_writer(tmp_path / "other.db", "a test")
            desk = Desk(store, setup, WebSlack(double.TOKEN, local.base_url))
            for minutes in (0, 30, 31):
                desk.at(minutes)
            assert "@kim cannot be reached" in local.shows("harken-ops")[0].text
            with store.read() as db:
                assert pages.oldest_unsettled(db) is None
            store.close()

    def test_while_slack_takes_nothing_it_waits_and_goes_to_nobody_else(self, tmp_path: Path) -> None:
        fallback = '[fallback]\nurl_env = ["HARKEN_TEST_SECOND"]\nafter = "5m"\n'
        with double.checked(people=dict(PEOPLE)) as local:
            store = open_writer(tmp_path / "other.db", "a test")
            desk = Desk(store, made(tmp_path, CONFIG + fallback), WebSlack(double.TOKEN, local.base_url))
            sent: list[str] = []
            desk.line.outbox.second = lambda title, _text: sent.append(title)
            desk.at(0)
            local.choose = lambda call: double.status(503) if call.method == "chat.postMessage" else None
            for minutes in (30, 31, 36, 42):
                desk.at(minutes)
            assert sent == []
            local.heal()
            desk.at(50)
            assert len(local.shows("DU0KIM")) == 1
            store.close()

    def test_what_the_database_did_not_take_is_noticed_again_and_told_once(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.at(0)
        with monkeypatch.context() as broken:

            def refuse(*_: object) -> int:
                raise StoreError("the disk is full")

            broken.setattr(handover.pages, "owe", refuse)
            with pytest.raises(StoreError):
                desk.at(30)
        desk.at(31)
        desk.at(32)
        assert [one.channel for one in briefings(desk)] == ["@kim@example.org"]
