"""People who ask to be forgotten, and words that are kept no longer than the config says."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import CUSTOMER, DESK, NOON, post
from slack_double import SlackDouble
from slack_faults import status
from test_clicks import PEOPLE, Office

from monitor.cli import run
from monitor.erasing import keep_within
from monitor.store import cases, erasures
from monitor.store.sqlite import open_reader
from rules.model import Status

OTHER = "sample_customer_02"
WORDS = "purple hippopotamus"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with SlackDouble(people=dict(PEOPLE), channels=("care", "bosses", "harken-ops")) as local:
        made = Office(tmp_path, local)
        yield made
        made.sockets.close()
        made.desk.store.close()
        local.check()


def opened(office: Office) -> None:
    """A customer waits, with a page in Slack and a story in its thread; another one waits in the same thread."""
    office.desk.hear(post("1", 0, f"@sample my {WORDS} never came, I want my money back"))
    office.desk.at(0)
    office.click("take", case=office.desk.case().id)
    office.desk.at(1)
    office.desk.hear(post("2", 1, f"Sorry @{CUSTOMER}, we look after your order", by=DESK, to="1"))
    office.desk.at(2)
    office.desk.hear(post("3", 2, "@sample mine is broken, I want my money back", by=OTHER))
    office.desk.at(3)


def ask(office: Office, author: str = CUSTOMER) -> None:
    with office.desk.store.write("ask") as db:
        erasures.ask(db, author, None, "sam", office.desk.clock())


def shown(office: Office) -> str:
    """Everything that Slack still shows."""
    return repr([message.text + repr(message.blocks) for message in office.local.named("care").messages.values()])


def test_nothing_is_left_of_who_is_erased_in_the_file_or_in_slack(office: Office, tmp_path: Path) -> None:
    opened(office)
    assert CUSTOMER in shown(office)
    assert WORDS in shown(office)
    ask(office, CUSTOMER.upper())
    office.desk.at(4)
    assert CUSTOMER not in shown(office)
    assert WORDS not in shown(office)
    with office.desk.store.read() as db:
        db.execute("pragma wal_checkpoint(truncate)")
    left = b"".join(file.read_bytes() for file in tmp_path.glob("harken.db*"))
    assert CUSTOMER.encode() not in left
    assert WORDS.encode() not in left


def test_nobody_is_paged_any_more_and_others_in_the_thread_wait_on(office: Office) -> None:
    opened(office)
    ask(office)
    office.desk.at(4)
    with office.desk.store.read() as db:
        (left,) = cases.every(db)
    assert (left.author, left.status) == (OTHER, Status.WAITING)
    office.desk.at(300)
    assert OTHER in shown(office)
    assert CUSTOMER not in shown(office)


def test_what_was_erased_is_not_taken_in_again_and_what_comes_later_is(office: Office) -> None:
    opened(office)
    ask(office)
    office.desk.at(4)
    office.desk.hear(post("1", 0, f"@sample my {WORDS} never came, I want my money back"))
    office.desk.hear(post("0", -60, f"@sample is my {WORDS} on its way?"))
    with office.desk.store.read() as db:
        assert erasures.known(db, CUSTOMER, None) == {}
    office.desk.at(60)
    office.desk.hear(post("9", 60, "@sample this is terrible, nothing works"))
    with office.desk.store.read() as db:
        assert erasures.known(db, CUSTOMER, None)["x"]["posts"] == 1


def test_slack_is_asked_until_it_takes_the_messages_away(office: Office) -> None:
    opened(office)
    office.local.fail(status(503), on="conversations.replies", times=2)
    ask(office)
    office.desk.at(4)
    assert CUSTOMER in shown(office)
    for minute in range(5, 15):
        office.desk.at(minute)
    assert CUSTOMER not in shown(office)
    office.local.forgive()


def test_what_people_wrote_in_the_thread_is_theirs_and_stays(office: Office) -> None:
    opened(office)
    channel = office.local.named("care")
    top = next(iter(channel.messages.values()))
    office.local.say("care", "I called them", thread=top.ts)
    ask(office)
    office.desk.at(4)
    assert "I called them" in shown(office)
    assert CUSTOMER not in shown(office)


def test_it_is_done_after_a_restart_if_nobody_was_there_to_do_it(office: Office) -> None:
    opened(office)
    ask(office)
    office.desk.line.escalate()
    with office.desk.store.read() as db:
        assert erasures.asked(db) == []


class TestTerminal:
    def config(self, tmp_path: Path) -> str:
        return str(tmp_path / "harken.toml")

    def test_who_asks_is_told_what_goes_and_is_asked(
        self, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        opened(office)
        assert run(["erase", "--author", f"@{CUSTOMER}", "--yes", "--config", self.config(tmp_path)]) == 0
        said = capsys.readouterr().out
        assert f"{CUSTOMER} at x: 1 posts, 1 cases" in said
        assert "noted" in said
        office.desk.at(4)
        assert CUSTOMER not in shown(office)

    @pytest.mark.parametrize("command", ["erase", "export"])
    def test_who_is_not_known_is_bad_input(
        self, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
    ) -> None:
        opened(office)
        assert run([command, "--author", "sample_nobody", "--config", self.config(tmp_path)]) == 2
        assert "nothing is kept of anybody called so" in capsys.readouterr().err

    def test_everything_that_is_kept_is_written_down(
        self, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        opened(office)
        assert run(["export", "--author", CUSTOMER, "--config", self.config(tmp_path)]) == 0
        found = json.loads(capsys.readouterr().out)
        assert [one["text"] for one in found["posts"]] == [f"@sample my {WORDS} never came, I want my money back"]
        (case,) = found["cases"]
        assert [act["act"] for act in case["acts"]] == ["ack"]
        assert case["pages"]
        out = tmp_path / "export.json"
        assert run(["export", "--author", CUSTOMER, "--out", str(out), "--config", self.config(tmp_path)]) == 0
        assert json.loads(out.read_text())["posts"] == found["posts"]
        assert run(["export", "--author", CUSTOMER, "--out", str(out), "--config", self.config(tmp_path)]) == 2


class TestRetention:
    def test_only_what_is_over_and_old_is_forgotten(self, office: Office, tmp_path: Path) -> None:
        desk = office.desk
        desk.hear(post("1"))
        desk.hear(post("n", 0, "@sample love it, great!", by=OTHER, thread="praise"))
        desk.at(0)
        week = timedelta(days=7)
        assert keep_within(desk.store, week, week, NOON + timedelta(days=30)) == 1
        desk.hear(post("2", 1, "Here is your refund, sorry.", by=DESK, to="1"))
        desk.at(5 * 24 * 60)
        assert desk.case().status is Status.CLOSED
        assert keep_within(desk.store, week, week, NOON + timedelta(days=6)) == 0
        assert keep_within(desk.store, None, None, NOON + timedelta(days=30)) == 0
        assert keep_within(desk.store, week, week, NOON + timedelta(days=30)) == 2
        reader = open_reader(tmp_path / "harken.db")
        with reader.read() as db:
            assert cases.every(db) == []
        reader.close()
        desk.hear(post("1"))
        with desk.store.read() as db:
            assert cases.every(db) == []

    def test_the_daemon_does_it_by_the_hour(self, tmp_path: Path) -> None:
        with SlackDouble(people=dict(PEOPLE), channels=("care", "bosses", "harken-ops")) as local:
            made = Office(tmp_path, local, more='\n[retention]\nothers = "7d"\n')
            made.desk.hear(post("n", 0, "@sample love it, great!", by=OTHER, thread="praise"))
            made.desk.at(8 * 24 * 60)
            with made.desk.store.read() as db:
                assert erasures.known(db, OTHER, None) == {}
            made.sockets.close()
            made.desk.store.close()
