"""What people make of posts, from the terminal to the clock and to the report on the rules."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import ANGRY, CALM, CUSTOMER, DESK, LADDER, NOON, Desk, opened, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import Batch
from monitor.cli import run
from monitor.store import cases, opinions
from monitor.store.opinions import MISSED, NOT_A_COMPLAINT, Opinion
from rules.model import Act, Status

STATE = 'state = "harken.db"\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose folder the commands run in, at the time on its clock."""
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path) as made:
        monkeypatch.setattr("monitor.clock.system", lambda: made.clock.now)
        yield made


def said(desk: Desk) -> list[Opinion]:
    with desk.store.read() as db:
        return opinions.every(db)


def statuses(desk: Desk) -> dict[str, Status]:
    with desk.store.read() as db:
        return {row.author: row.status for row in cases.every(db)}


def report(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert run(["rules", "report", "--jsonl", *args]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {line.get("rule") or line["file"]: line for line in lines}


def test_who_dismisses_a_case_says_of_the_words_of_that_silence_that_they_are_no_complaint(desk: Desk) -> None:
    desk.hear(post("1"), post("2", 1, "@sample hello? nobody answers"))
    desk.at(5)
    assert run(["cases", "dismiss", desk.case().id, "--note", "a joke", "--by", "sample_agent"]) == 0
    assert said(desk) == [
        Opinion(NOT_A_COMPLAINT, ("x", id_), "sample_agent", desk.clock.now, "a joke") for id_ in "12"
    ]
    desk.at(6)
    assert desk.case().status is Status.DISMISSED


def test_the_words_of_an_earlier_silence_are_not_spoken_of(desk: Desk) -> None:
    desk.at(10)
    desk.hear(post("1"), post("2", 1, "Sorry! It is refunded.", by=DESK, to="1"), post("3", 9, f"{ANGRY} again"))
    assert run(["cases", "dismiss", desk.case().id]) == 0
    assert [opinion.post for opinion in said(desk)] == [("x", "3")]


def test_to_answer_or_to_resolve_is_no_opinion_about_a_post(desk: Desk) -> None:
    desk.hear(post("1"))
    desk.at(1)
    assert run(["cases", "answered", desk.case().id]) == 0
    assert run(["cases", "resolve", desk.case().id]) == 0
    assert said(desk) == []


@pytest.mark.parametrize(
    "name",
    ["77", "https://x.example/status/77", "https://x.example/status/77/", "https://x.example/status/77?s=20#top"],
)
def test_a_missed_complaint_named_as_people_have_it_waits_from_then_on_and_is_paged(desk: Desk, name: str) -> None:
    desk.hear(replace(post("77", text=CALM), url="https://x.example/status/77"))
    desk.at(30)
    assert statuses(desk) == {}
    assert run(["cases", "missed", name, "--by", "sample_agent", "--note", "broken door"]) == 0
    assert said(desk) == [Opinion(MISSED, ("x", "77"), "sample_agent", desk.clock.now, "broken door")]
    desk.at(31)
    desk.hear()
    desk.at(32)
    row = desk.case()
    assert (row.status, row.severity.word) == (Status.WAITING, "normal")
    assert row.since == NOON + timedelta(minutes=30)
    (page,) = desk.shown()
    assert "sample_agent says that it is a complaint and was missed: broken door" in json.dumps(page.message.blocks)
    desk.at(91)
    assert len(desk.shown("#bosses")) == 1


def test_a_missed_complaint_that_was_taken_in_as_history_waits_as_well(tmp_path: Path, desk: Desk) -> None:
    desk.line.listen(desk.via, Batch((post("1", -60, CALM),), quiet=True))
    assert run(["cases", "missed", "1"]) == 0
    desk.at(1)
    assert desk.case().status is Status.WAITING


def test_a_missed_complaint_answered_after_is_answered(desk: Desk) -> None:
    desk.hear(post("1", text=CALM))
    desk.at(10)
    assert run(["cases", "missed", "1"]) == 0
    desk.at(11)
    desk.hear(post("2", 12, "Sorry about that, it is mended now.", by=DESK, to="1"))
    desk.at(13)
    assert desk.case().status is Status.RESTING


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere"], "nowhere: no stored post is called so; copy its address, or its id\n"),
        ([""], '"": no stored post is called so; copy its address, or its id\n'),
        (["1"], "1: posts of reviews, x are called so; say which with --source\n"),
        (["2"], "2: we wrote this ourselves; name the customer's post\n"),
        (["3"], "3: this post was deleted, and its text with it; name another one\n"),
    ],
)
def test_what_cannot_have_been_missed_is_said(
    desk: Desk, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    other = replace(post("1", text=CALM), source="reviews")
    desk.hear(post("1", text=CALM), other, post("2", by=DESK), post("3", text=CALM, by="sample_customer_03"))
    desk.hear(gone=["3"])
    assert run(["cases", "missed", *args]) == 2
    assert capsys.readouterr().err == said
    assert run(["cases", "missed", "1", "--source", "reviews"]) == 0


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whoever_waits_goes_on_waiting_whatever_is_said_to_have_been_missed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("missed")
    authors = [CUSTOMER, "sample_customer_02", DESK]
    count = data.draw(st.integers(1, 6))
    history = [
        post(
            str(n),
            n,
            data.draw(st.sampled_from([ANGRY, CALM, "Thank you!", "?"])),
            by=data.draw(st.sampled_from(authors)),
        )
        for n in range(count)
    ]
    with opened(folder) as desk:
        desk.at(count)
        desk.hear(*history)
        before = {row.author: row.since for row in rows(desk) if row.status is Status.WAITING}
        named = data.draw(st.sampled_from([one for one in history if one.author != DESK] or history))
        with desk.store.write("missed") as db:
            opinions.add(db, [Opinion(MISSED, ("x", named.id), "sample_agent", desk.clock.now)], "a test")
        desk.at(count + 1)
        after = {row.author: row.since for row in rows(desk) if row.status is Status.WAITING}
    assert before.items() <= after.items()
    assert named.author == DESK or named.author in after


def rows(desk: Desk) -> Sequence[cases.CaseRow]:
    with desk.store.read() as db:
        return cases.every(db)


def test_the_report_counts_what_people_said_and_did(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    bad = "@sample charged me twice, I want my money back, this is unacceptable"
    for n in range(4):
        desk.at(n)
        desk.hear(post(str(n), n, bad, by=f"sample_customer_{n}", thread=f"t{n}"))
    desk.hear(post("9", 9, "We are sorry, it is refunded.", by=DESK, to="0", thread="t0"))
    desk.at(10)
    by_author = {row.author: row.id for row in rows(desk)}
    assert run(["cases", "dismiss", by_author["sample_customer_1"]]) == 0
    assert run(["cases", "resolve", by_author["sample_customer_2"]]) == 0
    desk.at(11)
    found = report(capsys)
    rule, line = next((name, line) for name, line in found.items() if line["what"] == "rule" and line["right"])
    assert (line["fired"], line["complaints"], line["right"], line["wrong"]) == (4, 4, 2, 1)
    assert line["precision"] == pytest.approx(2 / 3)
    assert line["low"] < line["precision"] < line["high"]
    assert found[line["file"]]["fired"] == 4
    assert line["last"].startswith("2026-03-02T12:03")
    assert report(capsys, "--since", "1m")[rule]["fired"] == 0


def test_a_word_about_a_post_counts_for_more_than_what_was_done(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.hear(post("1"))
    desk.at(1)
    assert run(["cases", "dismiss", desk.case().id]) == 0
    desk.at(2)
    wrong = {name for name, line in report(capsys).items() if line["wrong"]}
    assert wrong
    assert run(["cases", "missed", "1"]) == 0
    found = report(capsys)
    assert not {name for name, line in found.items() if line["wrong"] and name in wrong}
    assert all(found[name]["right"] == 1 for name in wrong)


def test_the_report_speaks_in_words_where_there_is_nothing_to_show(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "report"]) == 0
    assert capsys.readouterr().out == "Nothing was heard in the last 30 d: there is nothing to report yet.\n"
    desk.hear(post("1"))
    assert run(["rules", "report", "--since", "2d"]) == 0
    out = capsys.readouterr().out
    assert "1 posts of the last 2 d." in out
    assert "Nobody has said yet which of these were complaints" in out
    assert "never" in out


def test_a_length_of_time_that_is_none_is_refused(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "report", "--since", "soon"]) == 2
    assert "'soon' is no length of time; write it as \"30d\"" in capsys.readouterr().err


def test_a_report_and_an_act_need_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harken.toml").write_text(f'{STATE}[brand]\nname = "Sample"\n{LADDER}')
    assert run(["rules", "report"]) == 2
    assert run(["cases", "missed", "1"]) == 2
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect("file:harken.db?mode=ro", uri=True)


def test_an_act_from_slack_or_a_history_says_the_same_as_from_a_terminal(desk: Desk) -> None:
    desk.hear(post("1"))
    desk.at(1)
    desk.line.act(Act("dismiss", "sample_agent", desk.clock.now), ("x", "t"), CUSTOMER, "slack")
    assert [opinion.post for opinion in said(desk)] == [("x", "1")]
