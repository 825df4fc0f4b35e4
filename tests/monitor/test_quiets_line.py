"""Muted authors and maintenance windows, through the real line on a virtual clock, and from a terminal."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk import ANGRY, CUSTOMER, DESK, LADDER, NOON, Desk, made, opened, post

from monitor.cli import run
from monitor.config import load
from monitor.line import Line
from monitor.rehearse import Rehearsal
from monitor.review import derive, rebuild
from monitor.setup import setup
from monitor.slack import render
from monitor.store import cases, quiets
from monitor.store.quiets import QuietRow
from monitor.views import view
from rules.mistakes import Mistakes
from rules.model import Act, Severity, Status

BURNED = "@sample your product caught fire, my child was burned, I am calling my lawyer"
WINDOW = """
[[quiet]]
name = "database upgrade"
from = 2026-03-02T12:30:00
until = 2026-03-02T14:00:00
"""
DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as it:
        yield it


def mute(desk: Desk, minutes: float, length: timedelta = DAY, author: str = CUSTOMER) -> int:
    desk.clock.now = NOON + timedelta(minutes=minutes)
    return desk.line.mute(("x", author), length, "sample_agent_01", "terminal")


def hear(desk: Desk, minutes: float, *mentions: object) -> None:
    desk.clock.now = NOON + timedelta(minutes=minutes)
    desk.hear(*mentions)  # type: ignore[arg-type]


def paged(desk: Desk) -> list[tuple[float, str, str | None]]:
    """Minutes after noon at which each page was due, to whom, and what became of it."""
    return [((page.due - NOON) / timedelta(minutes=1), page.recipient, page.outcome) for page in desk.owed()]


def told(desk: Desk) -> list[str]:
    """What the operators were told."""
    return [one.message.text for one in desk.shown("#harken-ops")]


def listed(desk: Desk) -> list[QuietRow]:
    with desk.store.read() as db:
        return quiets.running(db, desk.clock())


class TestMutes:
    def test_nobody_is_paged_about_a_muted_author_and_at_the_end_steps_overtaken_together_are_one_page(
        self, desk: Desk
    ) -> None:
        hear(desk, 0, post("0", 0, "@sample do you ship to Norway?", by=CUSTOMER, thread="before"))
        mute(desk, 0.5)
        hear(desk, 1, post("1", 1))
        for minutes in (2, 60, 61, 300):
            desk.at(minutes)
        assert [page for page in paged(desk) if page[0] > 0] == []
        desk.at(24 * 60 + 1)
        (before, *held) = [page for page in paged(desk) if page[1] == "#care" and page[2] == "sent"]
        assert before[0] == 0
        assert len(held) == 2
        assert all(page[0] == 24 * 60 + 0.5 for page in held)

    def test_the_customers_clock_runs_on_and_the_case_is_listed(self, desk: Desk) -> None:
        mute(desk, 0)
        hear(desk, 1, post("1", 1))
        desk.at(2)
        row = desk.case()
        assert (row.status, row.deadline) == (Status.WAITING, NOON + timedelta(minutes=61))
        with desk.store.read() as db:
            assert quiets.count_waiting(db, listed(desk)[0].quiet) == 1

    def test_a_crisis_pages_all_the_same(self, desk: Desk) -> None:
        mute(desk, 0)
        hear(desk, 1, post("1", 1, BURNED))
        desk.at(1)
        assert desk.case().severity is Severity.CRISIS
        assert paged(desk) == [(1, "#care", "sent")]

    def test_what_is_raised_to_a_crisis_meanwhile_pages_at_once(self, desk: Desk) -> None:
        mute(desk, 0)
        hear(desk, 1, post("1", 1))
        desk.at(5)
        row = desk.case()
        while desk.case().severity < Severity.CRISIS:
            desk.line.act(Act("raise", "sample_agent_01", desk.clock()), row.thread_key, row.author, "terminal")
            desk.clock.now += timedelta(minutes=1)
        desk.line.deliver()
        assert [(to, outcome) for _, to, outcome in paged(desk)] == [("#care", "sent")]

    def test_others_are_paged_about_as_ever(self, desk: Desk) -> None:
        mute(desk, 0)
        hear(desk, 1, post("1", 1, by="sample_customer_02"))
        desk.at(1)
        assert paged(desk) == [(1, "#care", "sent")]

    def test_who_is_answered_meanwhile_is_paged_about_never(self, desk: Desk) -> None:
        mute(desk, 0)
        hear(desk, 1, post("1", 1))
        hear(desk, 90, post("a", 90, "We are sorry", by=DESK, to="1"))
        desk.at(25 * 60)
        assert paged(desk) == []

    def test_ended_early_it_ends_for_everybody_who_waits_at_once(self, desk: Desk) -> None:
        number = mute(desk, 0)
        hear(desk, 1, post("1", 1))
        desk.at(5)
        desk.clock.now = NOON + timedelta(minutes=30)
        with desk.store.write("end") as db:
            assert quiets.end(db, number, "sam", desk.clock())
            assert not quiets.end(db, number, "sam", desk.clock())
        desk.at(30)
        assert paged(desk) == [(30, "#care", "sent")]
        assert listed(desk) == []

    def test_what_was_due_before_stays_as_it_was(self, desk: Desk) -> None:
        hear(desk, 0, post("1", 0))
        desk.at(0)
        mute(desk, 10, timedelta(hours=3))
        for minutes in (60, 120, 190, 191):
            desk.at(minutes)
        assert sorted(paged(desk)[:3]) == [(0, "#care", "sent"), (190, "#bosses", "sent"), (190, "#care", "sent")]

    def test_its_message_says_so_until_when_and_by_whom_and_no_longer_once_it_is_over(self, desk: Desk) -> None:
        hear(desk, 0, post("1", 0))
        desk.at(0)
        mute(desk, 10, timedelta(hours=1))
        desk.line.deliver()
        (shown,) = desk.shown()
        assert "Its author is muted, by sample_agent_01" in str(shown.message.blocks)
        desk.at(71)
        assert "muted" not in str(desk.shown()[0].message.blocks)

    def test_a_case_in_a_mute_is_in_no_digest_until_it_is_over(self, tmp_path: Path) -> None:
        ladder = LADDER.replace("repeats = 0", 'repeats = 0\ndigest = ["low"]\ndigest_at = ["13:00", "14:00"]')
        with opened(tmp_path, ladder) as desk:
            mute(desk, 0, timedelta(minutes=90))
            hear(desk, 1, post("1", 1, "@sample do you ship to Norway?"))
            desk.at(60)
            assert desk.shown() == []
            desk.at(120)
            assert len(desk.shown()) == 1

    def test_deriving_everything_anew_changes_nothing(self, desk: Desk) -> None:
        mute(desk, 0, timedelta(hours=1))
        hear(desk, 1, post("1", 1))
        desk.at(90)
        before, row = paged(desk), desk.case()
        rebuild(desk.store, desk.clock(), desk.line.setup)
        assert (paged(desk), desk.case().next_due) == (before, row.next_due)

    def test_a_process_that_dies_after_a_mute_ends_it_all_the_same(self, desk: Desk) -> None:
        mute(desk, 0, timedelta(hours=1))
        hear(desk, 1, post("1", 1))
        desk.line = Line(desk.store, desk.local, desk.line.setup, desk.clock)
        desk.at(61)
        assert [page[1:] for page in paged(desk) if page[1] == "#care"][-1] == ("#care", "sent")

    def test_details_say_so(self, desk: Desk) -> None:
        mute(desk, 0)
        hear(desk, 1, post("1", 1))
        row = desk.case()
        with desk.store.read() as db:
            case = derive(db, row)
            assert case is not None
            shown = view(db, row, case, desk.line.setup, desk.clock()).shown
        assert "Its author is muted, by sample_agent_01" in str(render.details(shown, []).blocks)


class TestWindows:
    def test_it_holds_pages_back_and_the_operators_are_told_at_its_start_and_its_end(self, tmp_path: Path) -> None:
        with opened(tmp_path, LADDER + WINDOW) as desk:
            hear(desk, 10, post("1", 10))
            for minutes in (10, 29, 30, 70, 119):
                desk.at(minutes)
            assert paged(desk) == [(10, "#care", "sent")]
            until = "Pages are held back until 2026-03-02 14:00 UTC, but for those of a crisis"
            assert told(desk) == [f"Harken: quiet: database upgrade. {until}"]
            hear(desk, 119.5, post("2", 119.5, BURNED, by="sample_customer_02", thread="u"))
            desk.at(119.5)
            assert len(desk.shown()) == 2
            desk.at(120)
            desk.at(121)
            assert told(desk)[1:] == ["Harken: database upgrade is over: whoever still waits is paged about now"]
            assert {(page[0], page[1]) for page in paged(desk)} >= {(120, "#care"), (120, "#bosses")}

    def test_a_zone_makes_it_the_wall_clock_of_that_zone(self, tmp_path: Path) -> None:
        window = made(tmp_path, f'{LADDER}{WINDOW}zone = "Europe/Berlin"\n').quiets[0]
        assert window.span.start == NOON - timedelta(minutes=30)
        offset = WINDOW.replace("T12:30:00", "T12:30:00-02:00").replace("T14:00:00", "T15:00:00Z")
        assert made(tmp_path, LADDER + offset).quiets[0].span.start == NOON + timedelta(minutes=150)

    def test_one_about_a_topic_holds_back_only_that(self, tmp_path: Path) -> None:
        with opened(tmp_path, f'{LADDER}{WINDOW}topics = ["billing"]\n') as desk:
            desk.at(30)
            hear(
                desk,
                31,
                post("1", 31, "@sample you charged me twice for my order"),
                post("2", 31, "@sample my parcel is stuck for nine days", by="sample_customer_02", thread="u"),
            )
            desk.at(31)
            with desk.store.read() as db:
                quiet = {row.thread for row in cases.every(db)} - {"u"}
            assert quiet == {"t"}
            assert len(desk.shown()) == 1
            assert "sample_customer_02" in desk.shown()[0].message.text
            assert "(billing)" in told(desk)[0]

    def test_one_about_a_source_holds_back_only_what_was_heard_there(self, tmp_path: Path) -> None:
        with opened(tmp_path, f'{LADDER}{WINDOW}sources = ["reviews"]\n') as desk:
            hear(desk, 31, post("1", 31))
            desk.at(31)
            assert len(desk.shown()) == 1

    def test_one_taken_out_of_the_config_is_over_at_once(self, tmp_path: Path) -> None:
        with opened(tmp_path, LADDER + WINDOW) as desk:
            desk.at(30)
            hear(desk, 31, post("1", 31))
            desk.at(40)
            assert desk.shown() == []
            desk.line.setup = made(tmp_path)
            desk.at(41)
            assert paged(desk) == [(41, "#care", "sent")]
            assert "is over" in told(desk)[-1]

    def test_a_restart_within_it_neither_tells_of_it_again_nor_lets_pages_through(self, tmp_path: Path) -> None:
        with opened(tmp_path, LADDER + WINDOW) as desk:
            desk.at(31)
            hear(desk, 32, post("1", 32))
            desk.line = Line(desk.store, desk.local, made(tmp_path, LADDER + WINDOW), desk.clock)
            desk.at(40)
            assert desk.shown() == []
            assert len(told(desk)) == 1

    def test_one_that_is_over_already_is_nothing(self, tmp_path: Path) -> None:
        with opened(tmp_path, LADDER + WINDOW.replace("2026-03-02", "2026-02-02")) as desk:
            desk.at(0)
            assert (told(desk), listed(desk)) == ([], [])

    def test_a_rehearsal_knows_of_it(self, tmp_path: Path) -> None:
        rehearsal = Rehearsal(made(tmp_path, LADDER + WINDOW), [post("1", 40)], NOON + timedelta(minutes=150))
        for _ in rehearsal.play():
            pass
        due = {record.at for record in rehearsal.paged()}
        rehearsal.close()
        assert due == {NOON + timedelta(minutes=120)}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                '[[quiet]]\nname = "a"\nfrom = 9999-12-31T23:00:00-12:00\nuntil = 9999-12-31T23:59:00-14:00\n',
                "is at no time that clocks can tell",
            ),
            (
                '[[quiet]]\nname = "a"\nfrom = 2026-03-02T12:00:00\nuntil = 2026-03-02T12:00:00\n',
                "over before it begins",
            ),
            ('[[quiet]]\nname = "a"\nfrom = 2026-03-02T12:00:00\n', '"until" is missing'),
            (f'{WINDOW}topics = ["biling"]\n', 'no rule has the topic "biling"; did you mean "billing"?'),
        ],
    )
    def test_a_wrong_one_is_a_mistake(self, tmp_path: Path, text: str, said: str) -> None:
        with pytest.raises(Mistakes, match=said.replace("?", r"\?")):
            made(tmp_path, text)


class TestTerminal:
    @pytest.fixture(autouse=True)
    def here(self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("monitor.clock.system", desk.clock)

    def test_an_author_is_muted_listed_and_heard_again(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        hear(desk, 0, post("1", 0))
        assert run(["mutes", "list"]) == 0
        assert capsys.readouterr().out == "nobody is muted, and no maintenance lasts or is to come\n"
        assert run(["mutes", "add", f"@{CUSTOMER.upper()}", "--for", "7d", "--by", "sam", "--note", "a quarrel"]) == 0
        assert capsys.readouterr().out == f"noted as 1: {CUSTOMER} on x is muted for 7 d\n"
        assert run(["mutes", "list"]) == 0
        assert capsys.readouterr().out == (
            f"1: {CUSTOMER} on x, from 2026-03-02 12:00 to 2026-03-09 12:00 (UTC), by sam (a quarrel);"
            " cases that wait: 1\n"
        )
        assert run(["mutes", "list", "--jsonl"]) == 0
        assert json.loads(capsys.readouterr().out)["waiting"] == 1
        assert run(["cases", "show", desk.case().id]) == 0
        assert "pages held back until 2026-03-09 12:00:00: its author is muted, by sam" in capsys.readouterr().out
        desk.at(60)
        assert [page for page in paged(desk) if page[0] > 0] == []
        assert run(["mutes", "end", "1", "--by", "kim"]) == 0
        assert capsys.readouterr().out == f"ended: {CUSTOMER} on x\n"
        desk.at(61)
        assert (60, "#care", "sent") in paged(desk)

    def test_a_window_is_noted_from_a_terminal_as_well(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        args = ["mutes", "window", "upgrade", "--from", "2026-03-02 12:30", "--for", "1h", "--topic", "billing"]
        assert run(args) == 0
        assert "noted as 1: pages are held back for 1 h (upgrade)" in capsys.readouterr().out
        desk.at(31)
        assert "quiet: upgrade (billing)" in told(desk)[0]
        assert run(["mutes", "list"]) == 0
        assert "upgrade (billing), from 2026-03-02 12:30 to 2026-03-02 13:30" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (["add", "nobody"], "no customer with a case is called so"),
            (["add", CUSTOMER, "--for", "91d"], "no length a mute can have"),
            (["add", CUSTOMER, "--source", "reddit"], "no customer with a case is called so"),
            (["end", "9"], "there is none of this number"),
            (["window", "a", "--for", "1h", "--topic", "biling"], 'did you mean "billing"?'),
            (["window", "a", "--for", "1h", "--source", "nowhere"], "there is no source of this name"),
            (["window", "a", "--for", "1h", "--from", "2026-03-02 10:00"], "over before it begins"),
            (["window", " ", "--for", "1h"], "a window needs a name"),
        ],
    )
    def test_what_cannot_be_is_bad_input(
        self, desk: Desk, args: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        hear(desk, 0, post("1", 0))
        assert run(["mutes", *args]) == 2
        assert said in capsys.readouterr().err
        assert listed(desk) == []

    def test_two_customers_of_one_name_are_told_apart_by_where_they_post(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        hear(desk, 0, post("1", 0), replace(post("1", 0), source="reddit"))
        assert run(["mutes", "add", CUSTOMER]) == 2
        assert "several are called so" in capsys.readouterr().err
        assert run(["mutes", "add", CUSTOMER, "--source", "reddit"]) == 0
        assert [(row.quiet.source, row.quiet.author) for row in listed(desk)] == [("reddit", CUSTOMER)]


def test_check_says_what_is_held_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path, f'{WINDOW}sources = ["nowhere"]\n')
    assert run(["check"]) == 0
    said = capsys.readouterr().out
    assert "quiet     database upgrade: nowhere, 2026-03-02 12:30 to 2026-03-02 14:00 UTC (over)" in said
    assert "no [[source]] is called nowhere" in said


def test_a_setup_of_the_same_config_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER + WINDOW) as desk:
        desk.at(31)
        desk.line.setup = setup(load(tmp_path / "harken.toml"))
        hear(desk, 32, post("1", 32, ANGRY))
        desk.at(33)
        assert len(listed(desk)) == len(told(desk)) == 1
