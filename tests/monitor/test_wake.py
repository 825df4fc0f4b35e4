"""People who are woken beside Slack: by an address of their own, for pages that a rota hands them."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import slack_double as double
from desk import NOON, Desk, made, post
from running import harken
from slack_double import SlackDouble, status
from web_double import WebDouble

from monitor import wake
from monitor.cli import run
from monitor.config import load
from monitor.second_way import SecondWay
from monitor.slack import NotSent
from monitor.slack.client import WebSlack
from monitor.store import meta, pages
from monitor.store.sqlite import open_writer
from rules.mistakes import Mistakes
from rules.model import Act

CONFIG = """
[[policy]]
name = "standard"
reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }
repeats = 0
  [[policy.step]]
  at = "0m"
  to = ["oncall:night"]
  [[policy.step]]
  at = "30m"
  to = ["@sam"]
  [[policy.step]]
  at = "40m"
  to = ["#bosses"]

[[rota]]
name = "night"
people = ["sam"]
start = 2026-03-01

[[person]]
name = "sam"
slack = "U0SAM"
"""
WAKE = CONFIG + 'wake = "HARKEN_TEST_WAKE"\nwake_for = ["low", "normal", "high", "crisis"]\n'
PEOPLE = {"sam@example.org": "U0SAM"}


class Own:
    """An address of somebody's own that does as it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.broken = False

    def __call__(self, title: str, text: str) -> None:
        if self.broken:
            raise NotSent("no")
        self.sent.append((title, text))


@pytest.fixture
def own() -> Own:
    return Own()


@pytest.fixture
def local() -> Iterator[SlackDouble]:
    with double.checked(channels=("care", "bosses", "harken-ops"), people=dict(PEOPLE)) as slack:
        yield slack


@pytest.fixture
def open_desk(tmp_path: Path, local: SlackDouble, own: Own) -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def desk(config: str = WAKE) -> Desk:
        store = open_writer(tmp_path / "harken.db", "a test")
        found = Desk(store, made(tmp_path, config), WebSlack(double.TOKEN, local.base_url))
        found.line.outbox.own_way = {"sam": own}.get
        opened.append(found)
        return found

    yield desk
    for one in opened:
        one.store.close()


def at(desk: Desk, minutes: float) -> None:
    """A page to a rota is handed on in one turn and sent in the next."""
    for _ in range(2):
        desk.clock.now = NOON + timedelta(minutes=minutes)
        desk.hear()
        desk.at(minutes)


def outcomes(desk: Desk) -> dict[str, str | None]:
    return {page.recipient: page.outcome for page in desk.owed()}


def test_who_is_on_call_is_woken_beside_the_direct_message_and_each_is_a_page_of_its_own(
    open_desk: Callable[..., Desk], own: Own, local: SlackDouble
) -> None:
    desk = open_desk()
    desk.hear(post("1"))
    at(desk, 0)
    assert outcomes(desk) == {"oncall:night": "handed on", "@sam": "sent", "wake:sam": "sent"}
    assert len(local.shows("DU0SAM")) == 1
    ((title, text),) = own.sent
    assert "@sample_customer_01 on x has waited" in title
    assert "My parcel has been stuck" in text


def test_a_step_that_names_them_wakes_nobody(open_desk: Callable[..., Desk], own: Own) -> None:
    desk = open_desk()
    desk.hear(post("1"))
    at(desk, 0)
    at(desk, 30)
    assert [page.outcome for page in desk.owed() if page.recipient == "@sam"] == ["sent", "sent"]
    assert len(own.sent) == 1


@pytest.mark.parametrize("address", [True, False])
def test_a_page_of_another_severity_and_who_has_no_address_wake_nobody(
    open_desk: Callable[..., Desk], own: Own, tmp_path: Path, address: bool
) -> None:
    late = post("1", text="@sample My parcel arrived broken, I want my money back")
    severity = made(tmp_path, CONFIG).verdict(late, own=False).severity.word
    others = [each for each in ("low", "normal", "high", "crisis") if each != severity]
    desk = open_desk(CONFIG + (f'wake = "HARKEN_TEST_WAKE"\nwake_for = {json.dumps(others)}\n' if address else ""))
    desk.hear(late)
    at(desk, 0)
    assert desk.case().severity.word == severity
    assert "wake:sam" not in outcomes(desk)
    assert own.sent == []


def test_high_and_crisis_wake_unless_the_config_says_otherwise(tmp_path: Path) -> None:
    found = made(tmp_path, CONFIG + 'wake = "HARKEN_TEST_WAKE"\n').wakes["sam"]
    assert {each.word for each in found} == {"high", "crisis"}


def test_somebody_is_woken_while_slack_takes_nothing(
    open_desk: Callable[..., Desk], own: Own, local: SlackDouble
) -> None:
    local.fail(status(503), on=None, times=99)
    desk = open_desk()
    desk.hear(post("1"))
    at(desk, 0)
    assert len(own.sent) == 1
    assert outcomes(desk)["@sam"] is None


def test_an_address_that_takes_nothing_is_tried_again_and_the_operators_hear_of_it_once(
    open_desk: Callable[..., Desk], own: Own, local: SlackDouble
) -> None:
    own.broken = True
    desk = open_desk()
    desk.hear(post("1"))
    for minutes in (0, 1, 2, 5):
        at(desk, minutes)
    assert outcomes(desk)["wake:sam"] is None
    own.broken = False
    at(desk, 11)
    assert len(own.sent) == 1
    assert outcomes(desk)["wake:sam"] == "sent"
    told = [one.text for one in local.shows("harken-ops") if "wake:sam could not be used" in one.text]
    assert len(told) == 1


def test_who_has_taken_the_case_by_then_is_not_woken(open_desk: Callable[..., Desk], own: Own) -> None:
    own.broken = True
    desk = open_desk()
    desk.hear(post("1"))
    at(desk, 0)
    own.broken = False
    desk.clock.now = NOON + timedelta(minutes=5)
    desk.line.act(Act("ack", "sam", desk.clock.now), ("x", "t"), "sample_customer_01", "test")
    at(desk, 11)
    assert own.sent == []
    assert outcomes(desk)["wake:sam"] == "acked"


def test_after_a_crash_in_the_middle_it_is_sent_again_labelled(open_desk: Callable[..., Desk], own: Own) -> None:
    desk = open_desk()
    desk.hear(post("1"))
    desk.at(0)
    (waking,) = [page for page in desk.owed() if page.recipient == "wake:sam"]
    with desk.store.write("test") as db:
        pages.begin(db, waking.delivery)
    at(desk, 1)
    assert [title.startswith("(possible repeat)") for title, _ in own.sent] == [True]


def test_after_a_restored_backup_it_is_labelled_and_the_direct_message_is_looked_up(
    open_desk: Callable[..., Desk], own: Own, local: SlackDouble
) -> None:
    desk = open_desk()
    desk.hear(post("1"))
    desk.clock.now = NOON
    desk.line.escalate()
    with desk.store.write("test") as db:
        meta.restored(db, NOON)
    at(desk, 0)
    assert [title.startswith("(possible repeat)") for title, _ in own.sent] == [True]
    assert local.made("conversations.history")
    assert "possible repeat" not in local.shows("DU0SAM")[0].text


def test_after_two_crashes_in_the_middle_it_is_given_up(open_desk: Callable[..., Desk], own: Own) -> None:
    desk = open_desk()
    desk.hear(post("1"))
    desk.at(0)
    (waking,) = [page for page in desk.owed() if page.recipient == "wake:sam"]
    with desk.store.write("test") as db:
        pages.begin(db, waking.delivery)
        pages.begin(db, waking.delivery)
    at(desk, 1)
    assert own.sent == []
    assert outcomes(desk)["wake:sam"] == "doubtful"


def test_an_address_that_is_gone_from_the_environment_is_told_to_the_operators(
    open_desk: Callable[..., Desk], local: SlackDouble
) -> None:
    desk = open_desk()
    desk.line.outbox.own_way = lambda _person: None
    desk.hear(post("1"))
    at(desk, 0)
    at(desk, 1)
    assert outcomes(desk)["wake:sam"] == "refused"
    assert any("wake:sam: there is no address" in one.text for one in local.shows("harken-ops"))


class TestConfig:
    def test_run_says_which_variable_is_not_set_and_starts_nothing(self, tmp_path: Path) -> None:
        made(tmp_path, WAKE)
        left = harken("run", "--config", tmp_path / "harken.toml")
        assert left.returncode == 2
        assert "the environment variable HARKEN_TEST_WAKE is not set" in left.stderr
        assert not (tmp_path / "harken.db").exists()

    def test_the_way_is_that_of_the_config_in_force(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made(tmp_path, WAKE)
        way = wake.ways(lambda: load(tmp_path / "harken.toml"))
        assert way("sam") is None
        monkeypatch.setenv("HARKEN_TEST_WAKE", "ntfys://example.org/topic")
        assert isinstance(way("sam"), SecondWay)
        made(tmp_path, CONFIG)
        assert way("sam") is None
        wake.ready(load(tmp_path / "harken.toml"))

    def test_an_address_in_the_config_itself_is_a_mistake(self, tmp_path: Path) -> None:
        with pytest.raises(Mistakes, match="is no name of an environment variable; put the secret in one"):
            made(tmp_path, CONFIG + 'wake = "ntfys://example.org/topic"\n')

    def test_check_shows_it_and_live_says_whether_apprise_knows_it(
        self, tmp_path: Path, local: SlackDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SLACK_BOT_TOKEN", double.TOKEN)
        monkeypatch.setenv("HARKEN_TEST_WAKE", "nonsense")
        made(tmp_path, f'{WAKE}zone = "Asia/Tokyo"\n[slack]\nbase_url = "{local.base_url}"\n')
        assert run(["check", "--live"]) == 1
        said = capsys.readouterr().out
        assert (
            "@sam is U0SAM, in Asia/Tokyo, woken by HARKEN_TEST_WAKE for low and normal and high and crisis\n" in said
        )
        assert "\nwake      failed: HARKEN_TEST_WAKE holds no address that Apprise knows" in said
        assert "nonsense" not in said

    def test_check_says_of_somebody_in_no_rota_that_nothing_wakes_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        made(tmp_path, '[[person]]\nname = "sam"\nslack = "U0SAM"\nwake = "HARKEN_TEST_WAKE"\n')
        assert run(["check"]) == 0
        assert "woken by HARKEN_TEST_WAKE for high and crisis; but in no [[rota]], so by nothing\n" in (
            capsys.readouterr().out
        )

    def test_apprise_is_given_the_address_and_the_words(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made(tmp_path, WAKE)
        with WebDouble() as web:
            web.answers["/hook"] = lambda handler: handler.reply(b"{}", kind="application/json")
            port = web.url().rpartition(":")[2].partition("/")[0]
            monkeypatch.setenv("HARKEN_TEST_WAKE", f"json://127.0.0.1:{port}/hook?method=GET")
            way = wake.ways(lambda: load(tmp_path / "harken.toml"))("sam")
            assert way is not None
            way("title", "text")
            assert len(web.requests) == 1
