"""Working hours against an oracle that steps through every minute of two years, in nine zones."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from minutes import MINUTE, Door, Wall, wall

from monitor.calendar import HoursSettings, spans
from monitor.settings import PolicySettings, StepSettings
from rules import escalation
from rules.hours import deadline
from rules.model import Severity, Silence

ZONES = {
    "UTC": 2025,
    "Europe/Berlin": 2025,
    "America/New_York": 2025,
    "America/Santiago": 2025,
    "Asia/Kolkata": 2025,
    "Australia/Lord_Howe": 2025,
    "Pacific/Auckland": 2025,
    # Ramadan turns the clocks back and forth here, and there a whole day was left out.
    "Africa/Casablanca": 2025,
    "Pacific/Apia": 2011,
}
"""Zone -> the first of the two years; Lord Howe changes by half an hour, and the south by its own spring."""

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Table:
    """A timetable, as the config has it and as the oracle reads it."""

    week: dict[str, list[str]]
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()
    holidays: tuple[str, ...] = ()
    seen: dict[str, Any] = field(default_factory=dict)

    def settings(self, zone: str) -> HoursSettings:
        about = {"week": self.week, "closed": self.closed, "open": self.open, "holidays": self.holidays}
        return HoursSettings.model_validate({"name": "desk", "zone": zone, **about})

    def door(self, on: Wall) -> Door:
        if on.zone not in self.seen:
            self.seen[on.zone] = Door(on, self.week, self.closed, self.open, self.holidays)
        door: Door = self.seen[on.zone]
        return door


def _exceptions(*days: str) -> tuple[date, ...]:
    """The same days of every year that is looked at."""
    return tuple(date.fromisoformat(f"{year}-{day}") for year in (2011, 2012, 2025, 2026) for day in days)


TABLES = {
    "a plain week with holidays": Table({day: ["09:00-17:30"] for day in WEEK[:5]}, holidays=("DE-BE", "US")),
    "days split by a break, with exceptions": Table(
        {day: ["13:30-18:00", "08:15-12:00"] for day in WEEK[:6]},
        closed=_exceptions("03-30", "04-05", "10-26", "12-24"),
        open=_exceptions("12-25", "01-01", "04-06"),
        holidays=("AU-NSW",),
    ),
    "nights over every change of the clocks": Table(
        {day: ["22:00-06:00"] for day in WEEK}, closed=_exceptions("03-29", "11-02"), open=_exceptions("11-02")
    ),
    "openings and closings within the hours that are skipped or come twice": Table(
        {
            "sat": ["23:30-00:30"],
            "sun": ["00:15-00:45", "01:30-02:15", "02:30-03:30", "23:45-01:15"],
            "wed": ["02:45-03:10"],
        }
    ),
    "open but for a quarter of an hour": Table({day: ["00:00-23:45"] for day in WEEK}),
    "open all the time": Table({day: ["00:00-24:00"] for day in WEEK}),
}
NIGHTS = TABLES["nights over every change of the clocks"]
ALLOWANCES = (timedelta(), MINUTE, timedelta(minutes=90), timedelta(hours=8), timedelta(days=2, seconds=7))


@cache
def opened(table: str, zone: str) -> tuple[Any, ...]:
    on = wall(zone, ZONES[zone])
    return spans(TABLES[table].settings(zone), on.first, on.last)


def agree(found: datetime | None, expected: datetime | None, on: Wall) -> None:
    """The calendar was asked for two years: of what comes after them only its last span knows anything."""
    if expected is None or expected > on.last:
        assert found in (None, expected)
    else:
        assert found == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("table", TABLES)
def test_every_minute_of_two_years_is_open_or_closed_as_the_clock_on_the_wall_says(table: str, zone: str) -> None:
    on = wall(zone, ZONES[zone])
    expected = [(start, end) for start, end in TABLES[table].door(on).spans() if end > on.first and start < on.last]
    found = [(span.start, span.end) for span in opened(table, zone)]
    if table == "open all the time":
        assert len(found) == len(expected) == 1
    else:
        assert found == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("table", TABLES)
def test_a_deadline_counts_open_minutes_from_any_of_them(table: str, zone: str) -> None:
    on, hours = wall(zone, ZONES[zone]), opened(table, zone)
    door, since = TABLES[table].door(on), on.first
    while since < on.last - timedelta(days=30):
        for allowance in ALLOWANCES:
            agree(deadline(since, allowance, hours), door.deadline(since, allowance), on)
        since += timedelta(minutes=397, seconds=11)


@given(st.data())
def test_whatever_the_moment_and_the_allowance_the_deadline_is_the_oracles(data: st.DataObject) -> None:
    table, zone = data.draw(st.sampled_from(sorted(TABLES))), data.draw(st.sampled_from(sorted(ZONES)))
    on = wall(zone, ZONES[zone])
    since = on.first + timedelta(seconds=data.draw(st.integers(0, 690 * 24 * 3600)))
    allowance = timedelta(seconds=data.draw(st.integers(0, 20 * 24 * 3600)))
    agree(deadline(since, allowance, opened(table, zone)), TABLES[table].door(on).deadline(since, allowance), on)


@given(severity=st.sampled_from(Severity), minute=st.integers(0, 300 * 24 * 60), zone=st.sampled_from(sorted(ZONES)))
@example(severity=Severity.CRISIS, minute=0, zone="Europe/Berlin")
def test_a_policy_counts_the_same_hours_and_a_severity_in_always_counts_every_minute(
    severity: Severity, minute: int, zone: str
) -> None:
    on = wall(zone, ZONES[zone])
    since = on.first + minute * MINUTE
    policy = PolicySettings(
        hours="desk", timetable=NIGHTS.settings(zone), step=(StepSettings(at="deadline", to=("#care",)),)
    ).policy(since)
    within = policy.reply_within[severity]
    expected = since + within if severity is Severity.CRISIS else NIGHTS.door(on).deadline(since, within)
    assert escalation.deadline(waits(since, severity), policy) == expected


def waits(since: datetime, severity: Severity) -> Silence:
    return Silence("", since, ("1",), ((since, severity),), chased=False)
