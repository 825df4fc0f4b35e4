"""The second way out, the heartbeat and the figures: who watches the watchman."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import LADDER, NOON, Desk, made, post
from prometheus_client.parser import text_string_to_metric_families
from slack_double import SlackDouble, says, status
from web_double import WebDouble

from connectors import Batch, SourceError, Spent
from monitor.config import load
from monitor.health import Health
from monitor.heartbeat import Heartbeat
from monitor.metrics import exposition
from monitor.second_way import SecondWay, known
from monitor.slack import NotSent
from monitor.slack.client import WebSlack
from monitor.store.sqlite import open_writer
from rules.mistakes import Mistakes
from rules.model import Act

SECOND = '[fallback]\nurl_env = ["HARKEN_TEST_SECOND"]\nafter = "5m"\n'


class Second:
    """A second way out that does as it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.broken = False

    def __call__(self, title: str, text: str) -> None:
        if self.broken:
            raise NotSent("no")
        self.sent.append((title, text))


@pytest.fixture
def local() -> Iterator[SlackDouble]:
    with SlackDouble(channels=("care", "bosses", "harken-ops")) as slack:
        yield slack


@pytest.fixture
def desk(tmp_path: Path, local: SlackDouble) -> Iterator[Desk]:
    store = open_writer(tmp_path / "harken.db", "a test")
    desk = Desk(store, made(tmp_path, LADDER + SECOND), WebSlack("xoxb-double", local.base_url))
    desk.line.outbox.second = Second()
    yield desk
    store.close()


def second(desk: Desk) -> Second:
    assert isinstance(desk.line.outbox.second, Second)
    return desk.line.outbox.second


class TestSecondWay:
    def test_pages_that_slack_does_not_take_for_five_minutes_go_the_second_way_once_and_stay_owed_to_slack(
        self, desk: Desk, local: SlackDouble
    ) -> None:
        local.fail(status(503), on="chat.postMessage", times=99)
        desk.hear(post("1"))
        for minutes in (0, 1, 2, 4):
            desk.at(minutes)
        assert second(desk).sent == []
        for minutes in (5, 6, 7, 8):
            desk.at(minutes)
        [(title, text)] = second(desk).sent
        assert "sample_customer_01" in title
        assert "nine days" in text
        local.heal()
        desk.at(20)
        assert [shown.delivery is not None for shown in local.shows("care")] == [True]
        assert len(second(desk).sent) == 1

    def test_a_refused_token_goes_the_second_way_too(self, desk: Desk, local: SlackDouble) -> None:
        local.fail(says("invalid_auth"), on="chat.postMessage", times=99)
        desk.hear(post("1"))
        for minutes in (0, 5, 7):
            desk.at(minutes)
        assert len(second(desk).sent) == 1
        local.forgive()

    def test_a_short_trouble_is_no_reason(self, desk: Desk, local: SlackDouble) -> None:
        local.fail(status(503), on="chat.postMessage")
        desk.hear(post("1"))
        for minutes in (0, 1, 2, 6, 9):
            desk.at(minutes)
        assert second(desk).sent == []

    def test_who_was_answered_meanwhile_is_not_paged_about(self, desk: Desk, local: SlackDouble) -> None:
        local.fail(status(503), on="chat.postMessage", times=99)
        second(desk).broken = True
        desk.hear(post("1"))
        for minutes in (0, 5, 6):
            desk.at(minutes)
        desk.hear(post("2", 6, "We are sorry", by="SampleHelp", to="1"))
        second(desk).broken = False
        desk.at(15)
        assert second(desk).sent == []

    def test_what_it_does_not_take_is_tried_again(self, desk: Desk, local: SlackDouble) -> None:
        local.fail(status(503), on="chat.postMessage", times=99)
        second(desk).broken = True
        desk.hear(post("1"))
        for minutes in (0, 5, 6):
            desk.at(minutes)
        second(desk).broken = False
        desk.at(15)
        assert len(second(desk).sent) == 1

    def test_a_step_may_name_it(self, tmp_path: Path) -> None:
        ladder = '[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["fallback"]\n'
        store = open_writer(tmp_path / "harken.db", "a test")
        desk = Desk(store, made(tmp_path, ladder + SECOND))
        desk.line.outbox.second = Second()
        desk.hear(post("1"))
        desk.at(0)
        assert len(second(desk).sent) == 1
        store.close()

    def test_a_step_that_names_it_where_there_is_none_is_a_mistake_with_its_line(self, tmp_path: Path) -> None:
        with pytest.raises(Mistakes, match=r"harken.toml:\d+: there is no second way out; add \[fallback\]"):
            made(tmp_path, '[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["fallback"]\n')

    def test_apprise_posts_plain_text_and_one_address_that_works_is_enough(self) -> None:
        with WebDouble() as web:
            web.answers["/hook"] = lambda handler: handler.reply(b"{}", kind="application/json")
            port = web.url().rpartition(":")[2].partition("/")[0]
            works, broken = f"json://127.0.0.1:{port}/hook?method=GET", "json://127.0.0.1:1/hook"
            SecondWay([broken, "nonsense", works])("@sample_customer_01 waits", "<b>no markup</b> <!channel>")
            assert len(web.requests) == 1
            with pytest.raises(NotSent, match="second way out"):
                SecondWay([broken])("title", "text")
            assert known(works)
            assert not known("nonsense")


class TestHeartbeat:
    def test_it_beats_while_all_is_well_and_stops_while_not(self, desk: Desk) -> None:
        with WebDouble() as web:
            web.serve(b"ok", "/beat", kind="text/plain")
            health = Health(desk.line, lambda: True, None, lambda: {"sample-x": timedelta(minutes=30)})
            heart = Heartbeat(web.url("/beat"), timedelta(minutes=1), lambda: health.report(desk.clock()))
            desk.hear()
            assert heart.beat()
            desk.line.failed(desk.via, SourceError("the server does not answer"))
            assert not heart.beat()
            desk.hear()
            assert heart.beat()
            desk.clock.now = NOON + timedelta(minutes=31)
            assert not heart.beat()
            assert len(web.requests) == 2

    def test_a_page_that_is_late_stops_it(self, desk: Desk, local: SlackDouble) -> None:
        local.fail(status(503), on="chat.postMessage", times=99)
        health = Health(desk.line, lambda: True, None)
        desk.hear(post("1"))
        desk.at(0)
        assert health.report(desk.clock())["ok"]
        desk.clock.now = NOON + timedelta(minutes=6)
        assert not health.report(desk.clock())["ok"]

    def test_an_address_that_does_not_answer_breaks_nothing(self) -> None:
        heart = Heartbeat("http://127.0.0.1:1/beat", timedelta(minutes=1), lambda: {"ok": True})
        assert not heart.beat()


class TestMetrics:
    def test_the_figures_are_those_of_the_facts_and_prometheus_can_read_them(self, desk: Desk) -> None:
        desk.hear(post("1"), spent=Spent(3, 40, 0.25))
        desk.at(10)
        desk.line.act(Act("ack", "sam", desk.clock.now), ("x", "t"), "sample_customer_01", "test")
        desk.line.failed(desk.via, SourceError("down"))
        families = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(exposition(desk.line))
            for sample in family.samples
        }
        assert families["harken_posts_total", "sample-x"] == 1
        assert [value for key, value in families.items() if key[0] == "harken_cases"] == [1]
        assert families["harken_pages_total", "sent"] == 1
        assert families["harken_acts_total", "ack"] == 1
        assert families["harken_source_failing", "sample-x"] == 1
        assert families["harken_source_ours_lag_seconds", "sample-x"] == 600
        assert families["harken_longest_wait_seconds",] == 600
        assert families["harken_source_price_month", "sample-x"] == 0.25


def test_the_config_knows_its_second_way_and_its_heartbeat(tmp_path: Path) -> None:
    file = tmp_path / "harken.toml"
    file.write_text(f'[brand]\nname = "Sample"\n{SECOND}[heartbeat]\nurl_env = "HARKEN_TEST_BEAT"\n', encoding="utf-8")
    config = load(file)
    assert config.fallback.url_env == ("HARKEN_TEST_SECOND",)
    assert config.heartbeat.every == timedelta(minutes=1)
    assert json.loads(config.model_dump_json())["fallback"]["after"]
    assert Batch().spent == Spent()
