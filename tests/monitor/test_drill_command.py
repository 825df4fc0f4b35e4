"""Drills: whom a terminal may drill, what the config says of them, and when the calendar asks for one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk import made, opened

from monitor.cli import run
from monitor.config import Config, load
from monitor.daemon import Daemon
from monitor.reload import Reload
from monitor.store import drills
from rules.mistakes import Mistakes

PEOPLE = '\n[[person]]\nname = "sam"\nslack = "U0SAM"\n[[rota]]\nname = "desk"\npeople = ["sam"]\nstart = 2026-01-05\n'


def config(folder: Path, text: str) -> Config:
    made(folder, text)
    return load(folder / "harken.toml")


class TestConfig:
    def test_a_drill_goes_to_the_first_rota_unless_the_config_says_otherwise(self, tmp_path: Path) -> None:
        assert config(tmp_path, PEOPLE).drill.to == "oncall:desk"
        assert config(tmp_path, PEOPLE + '[drill]\nto = "#care"\n').drill.to == "#care"
        assert config(tmp_path, "").drill.to == ""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (PEOPLE + '[drill]\nto = "oncall:desc"\n', 'did you mean "oncall:desk"?'),
            (PEOPLE + '[drill]\nto = "@sma"\n', 'did you mean "@sam"?'),
            (PEOPLE + '[drill]\nmonthly = "31"\n', "is no day that every month has"),
            (PEOPLE + '[drill]\nmonthly = "1st may"\n', "is no day that every month has"),
            (PEOPLE + '[drill]\nwait = "0m"\n', "should be greater than 0 seconds"),
            (PEOPLE + '[drill]\nat = "00:30"\n', "is in the first hour of a day"),
            (PEOPLE + '[drill]\nat = "noon"\n', "is no time of day"),
            ('[drill]\nmonthly = "15"\n', "there is nobody to drill"),
        ],
    )
    def test_a_wrong_drill_is_refused_with_its_line(self, tmp_path: Path, text: str, said: str) -> None:
        with pytest.raises(Mistakes, match=r"harken.toml:\d+: ") as caught:
            config(tmp_path, text)
        assert said in str(caught.value)


class TestCalendar:
    @pytest.mark.parametrize("monthly", ["1st tue", "last fri", "15", "last", "1"])
    @pytest.mark.parametrize("at", ["01:00", "02:30", "10:00", "23:59"])
    @pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
    def test_every_month_has_one_drill_on_its_day_and_at_its_time(
        self, tmp_path: Path, monthly: str, at: str, zone: str
    ) -> None:
        text = f'[drill]\nmonthly = "{monthly}"\nat = "{at}"\nzone = "{zone}"\n'
        trigger = config(tmp_path, PEOPLE + text).drill.trigger()
        assert trigger is not None
        now, fired = datetime(2025, 1, 1, tzinfo=UTC) - timedelta(hours=12), list[datetime]()
        for _ in range(26):
            following = trigger.get_next_fire_time(None, now)
            fired.append(following.astimezone(ZoneInfo(zone)))
            # An hour that comes twice brings one drill: whoever asks for it sees to that.
            now = following + timedelta(days=1)
        months = [one.year * 12 + one.month for one in fired]
        assert months == list(range(months[0], months[0] + 26))
        if at == "10:00":
            assert {one.strftime("%H:%M") for one in fired} == {"10:00"}

    def test_check_says_when_drills_happen_by_themselves(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        config(tmp_path, PEOPLE + '[drill]\nmonthly = "last fri"\n')
        assert run(["check"]) == 0
        assert "to oncall:desk each month: last fri, 10:00 UTC, 15 min to take it" in capsys.readouterr().out

    def test_without_a_day_there_is_none_by_itself(self, tmp_path: Path) -> None:
        assert config(tmp_path, PEOPLE).drill.trigger() is None

    def test_the_daemon_asks_for_a_drill_when_the_calendar_says_so_and_plans_anew_when_the_config_changes(
        self, tmp_path: Path
    ) -> None:
        with opened(tmp_path, PEOPLE + '[drill]\nmonthly = "15"\nwait = "5m"\n') as desk:
            now = load(tmp_path / "harken.toml")
            daemon = Daemon(desk.line, now, Reload(now, desk.line.setup, {}, lambda: now))
            daemon._plan_drills()
            job = daemon._scheduler.get_job(drills.SOURCE)
            assert job is not None
            job.func()
            desk.clock.now += timedelta(hours=1)
            job.func()
            with desk.store.read() as db:
                (drill,) = drills.running(db)
            assert (drill.to, drill.wait, drill.by) == ("oncall:desk", timedelta(minutes=5), "the calendar")
            daemon.config = config(tmp_path, PEOPLE)
            daemon._plan_drills()
            assert daemon._scheduler.get_job(drills.SOURCE) is None


class TestTerminal:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--to", "@sma"], 'did you mean "@sam"?'),
            (["--to", "sam"], "is nobody who can be paged"),
            (["--wait", "soon"], "is no length of time"),
        ],
    )
    def test_bad_input_says_what_to_do(
        self,
        tmp_path: Path,
        words: list[str],
        said: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with opened(tmp_path, PEOPLE):
            assert run(["drill", *words]) == 2
        assert said in capsys.readouterr().err

    def test_past_drills_are_listed_the_newest_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with opened(tmp_path, PEOPLE) as desk:
            assert run(["drills"]) == 0
            assert "no drill yet" in capsys.readouterr().out
            for by in ("lee", "kim"):
                with desk.store.write("test") as db:
                    drills.ask(db, "oncall:desk", timedelta(minutes=1), by, desk.clock.now)
            desk.at(0)
            desk.at(1)
            assert run(["drills"]) == 0
            said = capsys.readouterr().out
        assert said.index("kim") < said.index("lee")
        assert said.count("nobody took it within 1 min") == 2
