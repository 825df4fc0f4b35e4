"""Taking a case, on the line: who is paged, what the message shows, and what a terminal notes."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import CUSTOMER, LADDER, NOON, Desk, made, post

from monitor.cli import run
from monitor.history import read
from monitor.rehearse import Rehearsal
from monitor.store.sqlite import open_writer
from rules.mistakes import Mistakes
from rules.model import Act

PERSON = '\n[[person]]\nname = "sam"\nslack = "U123"\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    store = open_writer(tmp_path / "harken.db", "a test")
    yield Desk(store, made(tmp_path, LADDER + PERSON))
    store.close()


def does(desk: Desk, what: str, minutes: float, **about: object) -> None:
    now = desk.clock.now = NOON + timedelta(minutes=minutes)
    desk.line.act(Act(what, "sam", now, **about), ("x", "t"), CUSTOMER, "test")  # type: ignore[arg-type]


def sent(desk: Desk) -> list[tuple[int, str]]:
    """Minutes after noon at which a page was due, and to whom, as far as it was sent."""
    pages = [page for page in desk.owed() if page.outcome == "sent"]
    return sorted(((page.due - NOON) // timedelta(minutes=1), page.recipient) for page in pages)


def test_who_takes_a_case_quietens_the_ladder_and_is_paged_first_when_the_time_is_over(desk: Desk) -> None:
    desk.hear(post("1"))
    desk.at(1)
    does(desk, "ack", 5, until=NOON + timedelta(minutes=90))
    for minutes in (60, 80, 90, 99, 100):
        desk.clock.now = NOON + timedelta(minutes=minutes)
        desk.hear()
        desk.at(minutes)
    assert sent(desk) == [(0, "#care"), (80, "@sam"), (90, "@sam"), (100, "#bosses"), (100, "#care")]


def test_the_message_shows_who_has_it_and_stops_when_nobody_does(desk: Desk) -> None:
    desk.hear(post("1"))
    desk.at(1)
    does(desk, "ack", 5, until=NOON + timedelta(minutes=30))
    desk.at(6)
    assert "sam has it" in repr(desk.shown()[0].message)
    desk.at(31)
    assert "sam has it" not in repr(desk.shown()[0].message)
    does(desk, "snooze", 32, until=NOON + timedelta(minutes=50))
    desk.at(33)
    assert "Put off until" in repr(desk.shown()[0].message)


def test_a_page_that_was_owed_and_not_sent_is_settled_as_acked(desk: Desk) -> None:
    desk.hear(post("1"))
    does(desk, "ack", 0.5)
    desk.at(1)
    assert [page.outcome for page in desk.owed()] == ["acked"]
    assert desk.shown() == []


def test_an_answer_ends_it_like_any_silence(desk: Desk) -> None:
    desk.hear(post("1"))
    desk.at(1)
    does(desk, "ack", 5)
    desk.hear(post("2", 1, "We are sorry", by="SampleHelp", to="1"))
    for minutes in (60, 120, 240):
        desk.at(minutes)
    assert sent(desk) == [(0, "#care")]


class TestTerminal:
    def case(self, desk: Desk) -> str:
        desk.hear(post("1"))
        desk.at(0)
        return desk.case().id

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["ack"], "ack by sam"),
            (["ack", "--for", "45m"], "ack for 45 min by sam"),
            (["snooze"], "snooze for 30 min by sam"),
            (["snooze", "--for", "2h"], "snooze for 2 h by sam"),
            (["unack"], "unack by sam"),
        ],
    )
    def test_each_act_is_one_fact_and_one_line(
        self, desk: Desk, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        name, *rest = words
        assert run(["cases", name, self.case(desk)[:6], *rest, "--by", "sam"]) == 0
        assert said in capsys.readouterr().out

    def test_a_case_is_assigned_to_somebody_there_is(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        case = self.case(desk)
        assert run(["cases", "assign", case, "@sam", "--by", "kim"]) == 0
        assert "assign to sam by kim" in capsys.readouterr().out
        assert run(["cases", "assign", case, "sma"]) == 2
        assert 'did you mean "sam"?' in capsys.readouterr().err
        assert run(["cases", "assign", case, "U0456"]) == 0

    def test_a_case_in_which_nobody_waits_cannot_be_taken(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        case = self.case(desk)
        desk.hear(post("2", 0, "We are sorry", by="SampleHelp", to="1"))
        assert run(["cases", "ack", case]) == 2
        assert "nobody waits in this case, it is resting" in capsys.readouterr().err

    def test_a_length_that_is_none_is_refused(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["cases", "snooze", self.case(desk), "--for", "soon"]) == 2
        assert "is no length of time" in capsys.readouterr().err


class TestHistory:
    def lines(self, **about: str) -> list[bytes]:
        mention = {"source": "x", "id": "1", "thread": "t", "author": CUSTOMER, "text": post("1").text}
        act = {"source": "x", "thread": "t", "author": CUSTOMER, "by": "sam", "at": "2026-03-02T12:05:00Z", **about}
        return [json.dumps(one).encode() for one in ({**mention, "posted_at": "2026-03-02T12:00:00Z"}, act)]

    def test_an_ack_is_rehearsed(self, tmp_path: Path) -> None:
        history = read(self.lines(act="ack", until="2026-03-02T13:30:00Z"), "history")
        rehearsal = Rehearsal(made(tmp_path, LADDER + PERSON), history)
        for _ in rehearsal.play():
            pass
        told = [(record.what, record.at.strftime("%H:%M"), record.to) for record in rehearsal.records()]
        rehearsal.close()
        assert told[:5] == [
            ("opened", "12:00", None),
            ("paged", "12:00", "#care"),
            ("acked", "12:05", None),
            ("paged", "13:20", "@sam"),
            ("paged", "13:30", "@sam"),
        ]

    @pytest.mark.parametrize(
        ("about", "said"),
        [
            ({"act": "snooze"}, "a snooze needs until"),
            ({"act": "assign"}, "to assign needs to"),
            ({"act": "ack", "until": "soon"}, "until is no RFC 3339 time"),
            ({"act": "ack", "until": "2026-03-02T13:30:00"}, "until has no time zone"),
        ],
    )
    def test_an_act_that_lacks_what_it_needs_is_a_mistake_with_its_line(self, about: dict[str, str], said: str) -> None:
        with pytest.raises(Mistakes, match=rf"history:2: {said}"):
            read(self.lines(**about), "history")


class TestPolicies:
    BOTH = (
        LADDER + '\n[[policy]]\nname = "press"\nsources = ["nothing"]\n[[policy.step]]\nat = "30m"\nto = ["#press"]\n'
    )

    def test_a_running_case_is_under_another_policy_once_somebody_says_so_and_under_its_own_until_then(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        store = open_writer(tmp_path / "harken.db", "a test")
        desk = Desk(store, made(tmp_path, self.BOTH))
        desk.hear(post("1"))
        desk.at(0)
        case = desk.case().id
        assert run(["cases", "policy", case, "pres"]) == 2
        assert 'no policy is called so; did you mean "press"?' in capsys.readouterr().err
        assert run(["cases", "policy", case, "press", "--by", "sam"]) == 0
        for minutes in (1, 30, 60):
            desk.clock.now = NOON + timedelta(minutes=minutes)
            desk.hear()
            desk.at(minutes)
        assert sent(desk) == [(0, "#care"), (30, "#press")]
        store.close()
