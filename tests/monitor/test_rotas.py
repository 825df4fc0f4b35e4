"""Rotas in the config, on the line, and from a terminal."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk import NOON, Desk, made, post

from monitor.calendar import HoursSettings, spans
from monitor.cli import run
from monitor.config import load
from monitor.rotas import RotaSettings, shifts
from monitor.store import overrides
from monitor.store.overrides import Override
from monitor.store.sqlite import open_writer
from rules.mistakes import Mistakes
from rules.model import Shift, Span

PEOPLE = "".join(f'\n[[person]]\nname = "{name}"\nslack = "U0{name.upper()}"\n' for name in ("sam", "kim"))
ROTA = '\n[[rota]]\nname = "night"\npeople = ["sam", "kim"]\nevery = "1d"\nstart = 2026-03-01\nhandover = "12:30"\n'
LADDER = """
[[policy]]
name = "standard"
reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }
repeats = 0
  [[policy.step]]
  at = "0m"
  to = ["oncall:night"]
  [[policy.step]]
  at = "deadline"
  to = ["oncall:night", "#bosses"]
"""


def settings(**about: object) -> RotaSettings:
    plain = {"name": "night", "people": ("sam", "kim"), "start": date(2026, 3, 2), "zone": "Europe/Berlin"}
    return RotaSettings.model_validate({**plain, **about})


class TestTurns:
    @pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
    @pytest.mark.parametrize("every", ["1d", "7d", "10d"])
    def test_a_handover_keeps_its_time_on_the_wall_over_every_change_of_clocks(self, zone: str, every: str) -> None:
        rota = settings(every=every, zone=zone)
        since = datetime(2026, 3, 2, tzinfo=UTC)
        found = shifts(rota, {}, since, since + timedelta(days=730))
        assert {one.span.start.astimezone(ZoneInfo(zone)).strftime("%H:%M") for one in found} == {"09:00"}
        assert all(before.span.end == after.span.start for before, after in pairwise(found))
        assert [one.person for one in found[:4]] == ["sam", "kim", "sam", "kim"]

    def test_whoever_asks_in_the_middle_gets_the_same_turns_as_who_asks_from_the_beginning(self) -> None:
        rota = settings(every="7d")
        since = datetime(2026, 3, 2, tzinfo=UTC)
        everything = shifts(rota, {}, since, since + timedelta(days=400))
        for days in range(0, 300, 13):
            at = since + timedelta(days=days)
            some = shifts(rota, {}, at, at + timedelta(days=20))
            assert set(some) <= set(everything)
            assert some[0].span.start <= max(at, everything[0].span.start) < some[0].span.end

    def test_nobody_is_on_call_before_the_rota_begins_or_outside_of_its_hours(self) -> None:
        hours = HoursSettings.model_validate(
            {"name": "desk", "zone": "Europe/Berlin", "week": {"mon": ["09:00-17:00"]}}
        )
        since = datetime(2026, 2, 1, tzinfo=UTC)
        found = shifts(settings(hours="desk"), {"desk": hours}, since, since + timedelta(days=60))
        assert found[0].span.start == datetime(2026, 3, 2, 8, tzinfo=UTC)
        assert {one.span.start.weekday() for one in found} == {0}


class TestHolidays:
    def test_public_holidays_of_a_region_are_closed_but_for_days_that_open_all_the_same(self) -> None:
        week = {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"], "wed": ["09:00-17:00"], "thu": ["09:00-17:00"]}
        table = {"name": "desk", "zone": "Europe/Berlin", "week": week, "holidays": ["DE-BY"]}
        since, until = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)

        def days(**about: object) -> list[int]:
            return [one.start.day for one in spans(HoursSettings.model_validate({**table, **about}), since, until)]

        assert days() == [5, 7, 8]
        assert days(open=["2026-01-06"]) == [5, 6, 7, 8]
        assert days(holidays=["DE-BE"]) == [5, 6, 7, 8]

    def test_a_region_that_nobody_knows_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="whose holidays nobody knows"):
            HoursSettings.model_validate({"name": "d", "week": {"mon": ["09:00-17:00"]}, "holidays": ["XX"]})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = open_writer(tmp_path / "harken.db", "a test")
    yield Desk(store, made(tmp_path, LADDER + PEOPLE + ROTA))
    store.close()


def at(desk: Desk, minutes: float) -> None:
    """A page to a rota is handed on in one turn and sent in the next."""
    for _ in range(2):
        desk.clock.now = NOON + timedelta(minutes=minutes)
        desk.hear()
        desk.at(minutes)


def sent(desk: Desk) -> list[tuple[int, str]]:
    pages = [page for page in desk.owed() if page.outcome == "sent"]
    return sorted(((page.due - NOON) // timedelta(minutes=1), page.recipient) for page in pages)


class TestOnTheLine:
    def test_a_page_goes_to_whoever_is_on_call_when_it_is_sent_also_after_a_handover_in_the_middle(
        self, desk: Desk
    ) -> None:
        desk.hear(post("1"))
        at(desk, 0)
        at(desk, 60)
        assert sent(desk) == [(0, "@sam"), (60, "#bosses"), (60, "@kim")]

    def test_an_override_goes_before_the_turn(self, desk: Desk) -> None:
        shift = Shift("kim", Span(NOON - timedelta(hours=1), NOON + timedelta(minutes=20)), override=True)
        with desk.store.write("test") as db:
            overrides.add(db, Override(0, "night", shift, "sam", ""), NOON)
        desk.hear(post("1"))
        at(desk, 0)
        assert sent(desk) == [(0, "@kim")]

    def test_where_nobody_is_on_call_the_next_recipient_is_paged_at_once_and_the_operators_are_told(
        self, tmp_path: Path
    ) -> None:
        later = ROTA.replace("2026-03-01", "2026-05-01")
        store = open_writer(tmp_path / "harken.db", "a test")
        desk = Desk(store, made(tmp_path, LADDER + PEOPLE + later))
        desk.hear(post("1"))
        at(desk, 0)
        assert (0, "#bosses") in sent(desk)
        told = [one.message.text for one in desk.local.posts if one.channel == "#harken-ops"]
        assert any("nobody is on call" in one for one in told)
        store.close()

    @pytest.mark.parametrize("begins", ["2026-03-04", "2026-03-20", "2028-01-01"])
    def test_the_operators_hear_of_a_gap_days_ahead_and_once_however_long_it_is(
        self, tmp_path: Path, begins: str
    ) -> None:
        later = ROTA.replace("2026-03-01", begins)
        store = open_writer(tmp_path / "harken.db", "a test")
        desk = Desk(store, made(tmp_path, LADDER + PEOPLE + later))
        for minutes in (0, 1, 61, 122):
            at(desk, minutes)
        told = [one.message.text for one in desk.local.posts if "nobody is on call in night from" in one.message.text]
        assert len(told) == 1
        store.close()


MISTAKES = [
    (ROTA.replace('"kim"', '"kin"') + PEOPLE, 'nobody is called "@kin"; did you mean "@kim"?'),
    (LADDER.replace("oncall:night", "oncall:nigth") + PEOPLE + ROTA, 'did you mean "oncall:night"?'),
    (ROTA.replace('"1d"', '"36h"') + PEOPLE, "is no number of days"),
    (ROTA.replace('"12:30"', '"25:00"') + PEOPLE, "is no time of day"),
    (ROTA.replace('"12:30"', '"12"') + PEOPLE, "is no time of day"),
    (ROTA.replace('"12:30"', '"12:30+05:00"') + PEOPLE, "is no time of day"),
    (ROTA + 'hours = "desc"\n' + PEOPLE, 'no [[hours]] table is called "desc"'),
    ('[slack]\noperators = "oncall:night"\n' + PEOPLE + ROTA, "is a rota, which may have nobody"),
    (ROTA + ROTA + PEOPLE, 'another [[rota]] is called "night" already'),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_wrong_rota_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Mistakes) as caught:
        made(tmp_path, text)
    assert said in str(caught.value)


class TestTerminal:
    @pytest.fixture(autouse=True)
    def here(self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_who_is_on_call_now_and_at_any_moment(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["oncall", "who", "--at", "2026-03-02 12:29"]) == 0
        assert capsys.readouterr().out == "night: sam, until Mon 2026-03-02 12:30 (UTC)\n"
        assert run(["oncall", "who", "--at", "2026-03-02 12:30", "--jsonl"]) == 0
        assert json.loads(capsys.readouterr().out)["person"] == "kim"
        assert run(["oncall", "who", "--at", "2026-02-02 12:30"]) == 1
        assert capsys.readouterr().out == "night: nobody\n"

    def test_who_has_a_zone_of_their_own_sees_it_in_that_too(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "160")
        made(tmp_path, LADDER + PEOPLE + 'zone = "America/New_York"\n' + ROTA)
        assert run(["oncall", "who", "--at", "2026-03-02 12:30"]) == 0
        assert capsys.readouterr().out == (
            "night: kim, until Tue 2026-03-03 12:30 (UTC), for them Tue 07:30 (America/New_York)\n"
        )
        assert run(["oncall", "who", "--at", "2026-03-02 12:29"]) == 0
        assert capsys.readouterr().out == "night: sam, until Mon 2026-03-02 12:30 (UTC)\n"
        assert run(["oncall", "show", "--days", "4"]) == 0
        assert "kim  for them " in capsys.readouterr().out.replace("kim   ", "kim  ")

    def test_the_calendar_shows_turns(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["oncall", "show", "--days", "3"]) == 0
        said = capsys.readouterr().out
        assert "sam" in said
        assert "kim" in said
        assert run(["oncall", "show", "--days", "3", "--jsonl"]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert all(before["until"] == after["since"] for before, after in pairwise(rows))

    def test_an_override_is_noted_listed_shown_and_taken_back(self, capsys: pytest.CaptureFixture[str]) -> None:
        start = datetime.now(UTC) + timedelta(days=1)
        times = ["--from", start.isoformat(), "--to", (start + timedelta(hours=2)).isoformat()]
        assert run(["oncall", "override", "night", "@kim", *times, "--by", "sam", "--note", "a swap"]) == 0
        assert "noted as 1: kim is on call in night for 2 h" in capsys.readouterr().out
        assert run(["oncall", "overrides"]) == 0
        assert "1: night, kim from" in capsys.readouterr().out
        assert run(["oncall", "who", "--at", (start + timedelta(hours=1)).isoformat()]) == 0
        assert "night: kim" in capsys.readouterr().out
        assert run(["oncall", "overrides", "--remove", "1"]) == 0
        assert run(["oncall", "overrides", "--remove", "1"]) == 2
        assert "there is no override of this number" in capsys.readouterr().err
        assert run(["oncall", "overrides"]) == 0
        assert "no overrides to come" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["override", "nigth", "kim", "--to", "2099-01-01"], 'did you mean "night"?'),
            (["override", "night", "kin", "--to", "2099-01-01"], 'did you mean "kim"?'),
            (["override", "night", "kim", "--to", "2020-01-01"], "over before it begins"),
            (["override", "night", "kim", "--to", "soon"], "is no moment"),
            (["override", "night", "kim", "--to", "9999-12-31 23:59"], "is no moment"),
            (["override", "night", "kim"], "--to"),
            (["who", "--rota", "day"], "there is no rota of this name"),
        ],
    )
    def test_bad_input_says_what_to_do(self, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["oncall", *words]) == 2
        assert said in capsys.readouterr().err


def test_check_shows_the_rota_and_its_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path, PEOPLE + ROTA.replace("2026-03-01", "2098-03-01"))
    assert load(tmp_path / "harken.toml").rotas[0].zone == "UTC"
    assert run(["check"]) == 0
    said = capsys.readouterr().out
    assert "night: @sam, @kim, 1 d each from 2098-03-01, 12:30 UTC" in said
    assert "no step names oncall:night" in said
    assert "nobody is on call from" in said
