"""Policies that ask what a case is like, and ladders by severity: from the config to the pages, on a virtual clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk import Desk, made, opened, post

from monitor.cli import run
from monitor.rehearse import Rehearsal
from monitor.review import derive
from monitor.slack import render
from monitor.views import view
from rules.mistakes import Mistakes
from rules.model import Act, Severity

DIVIDED = """
[[policy]]
name = "crisis room"
severities = ["crisis"]
  [[policy.step]]
  at = "0m"
  to = ["#crisis"]
[[policy]]
name = "money"
topics = ["billing"]
networks = ["x"]
  [[policy.step]]
  at = "0m"
  to = ["#money"]
[[policy]]
name = "loud"
followers = 10000
  [[policy.step]]
  at = "0m"
  to = ["#press"]
[[policy]]
name = "the rest"
  [[policy.step]]
  at = "0m"
  to = ["#care"]
  [[policy.step]]
  at = "10m"
  to = ["@U0000001"]
  severities = ["high", "crisis"]
"""
BILLED = "@sample you charged me twice for my order, I want my money back"
STUCK = "@sample My parcel has been stuck for nine days and nobody answers"
ASKS = "@sample do you ship to Norway?"
BURNED = "@sample your product caught fire, my child was burned, I am calling my lawyer"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path, DIVIDED) as it:
        yield it


def chosen(desk: Desk) -> tuple[str, str]:
    """The name of the only case's policy, and why it is under it."""
    row = desk.case()
    with desk.store.read() as db:
        return desk.line.setup.pinned(db, row.policy, row.opened_at).name, row.chosen


def test_a_case_takes_the_first_policy_that_fits_and_says_why(desk: Desk) -> None:
    desk.hear(post("1", text=BILLED))
    desk.at(1)
    assert chosen(desk) == ("money", "the first that fits: on x, about billing")
    assert len(desk.shown("#money")) == 1
    assert desk.shown() == []


def test_a_crisis_is_the_crisis_rooms_whatever_it_is_about(desk: Desk) -> None:
    desk.hear(post("1", text=f"{BURNED}, and you charged me twice"))
    desk.at(1)
    assert chosen(desk)[0] == "crisis room"


def test_who_is_heard_by_many_is_the_press_desks(desk: Desk) -> None:
    desk.hear(replace(post("1", text=STUCK), followers=10_000))
    assert chosen(desk) == ("loud", "the first that fits: 10,000 followers or more")


def test_a_case_that_gets_worse_keeps_its_policy_and_climbs_the_steps_of_its_new_severity(desk: Desk) -> None:
    desk.hear(post("1", text=ASKS))
    desk.at(5)
    assert chosen(desk) == ("the rest", "no earlier one fits")
    desk.at(20)
    assert desk.shown("@U0000001") == []
    row = desk.case()
    while desk.case().severity < Severity.HIGH:
        desk.clock.now += timedelta(minutes=1)
        desk.line.act(Act("raise", "sample_agent_01", desk.clock()), row.thread_key, row.author, "terminal")
    desk.at(25)
    assert chosen(desk)[0] == "the rest"
    paged = [(page.step, page.recipient, page.outcome) for page in desk.owed()]
    assert paged == [(0, "#care", "sent"), (1, "@U0000001", "sent")]


def test_slacks_details_say_under_which_policy_a_case_is_and_why(desk: Desk) -> None:
    desk.hear(post("1", text=BILLED))
    row = desk.case()
    with desk.store.read() as db:
        case = derive(db, row)
        assert case is not None
        shown = view(db, row, case, desk.line.setup, desk.clock())
    said = str(render.details(shown.shown, []).blocks)
    assert "Under the policy money (the first that fits: on x, about billing)" in said


def test_a_person_who_moves_a_case_is_named_as_the_reason(desk: Desk) -> None:
    desk.hear(post("1", text=STUCK))
    row = desk.case()
    desk.line.act(Act("policy", "sample_agent_01", desk.clock(), to="loud"), row.thread_key, row.author, "terminal")
    assert chosen(desk) == ("loud", "a person put it there")
    desk.line.act(Act("policy", "sample_agent_01", desk.clock(), to="gone"), row.thread_key, row.author, "terminal")
    assert chosen(desk)[0] == "loud"


def test_the_terminal_says_why_a_case_is_under_its_policy(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    desk.hear(post("1", text=BILLED))
    assert run(["cases", "show", desk.case().id]) == 0
    assert "policy money (the first that fits: on x, about billing)" in capsys.readouterr().out


def test_a_rehearsal_goes_by_the_same_choice(tmp_path: Path) -> None:
    rehearsal = Rehearsal(made(tmp_path, DIVIDED), [post("1", text=BILLED), post("2", text=STUCK, thread="u", by="b")])
    for _ in rehearsal.play():
        pass
    first = {record.thread: record.to for record in reversed(rehearsal.paged())}
    rehearsal.close()
    assert first == {"t": "#money", "u": "#care"}


class TestCheck:
    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_it_says_whom_each_policy_is_for(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        made(tmp_path, DIVIDED)
        assert run(["check"]) == 0
        said = capsys.readouterr().out
        assert "money for billing; x: answer within" in said
        assert "loud for 10,000 followers or more: answer" in said
        assert "@U0000001, if high or crisis" in said
        assert "never chosen" not in said

    def test_it_warns_of_a_policy_that_is_never_chosen(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        made(tmp_path, '[[policy]]\nname = "all"\n[[policy]]\nname = "late"\ntopics = ["billing"]\n')
        assert run(["check"]) == 0
        assert "late is never chosen: earlier ones fit whatever it fits" in capsys.readouterr().out

    def test_it_warns_of_a_network_that_no_source_brings(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        networks = '[[policy]]\nname = "a"\nnetworks = ["redit", "hackernews"]\n'
        made(tmp_path, f'{networks}[[source]]\nname = "hn"\nkind = "hackernews"\n')
        assert run(["check"]) == 0
        said = capsys.readouterr().out
        assert "no [[source]] brings redit; did you mean reddit?" in said
        assert "brings hackernews" not in said

    def test_a_topic_that_no_rule_has_is_a_mistake(self, tmp_path: Path) -> None:
        with pytest.raises(Mistakes) as raised:
            made(tmp_path, '[[policy]]\nname = "a"\n[[policy]]\nname = "b"\ntopics = ["billing", "biling"]\n')
        (mistake,) = raised.value.all
        assert mistake.line == 9
        assert (mistake.what, mistake.cure) == ('no rule has the topic "biling"', 'did you mean "billing"?')
