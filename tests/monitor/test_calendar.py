"""Timetables become open spans, right across clock changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.calendar import DAYS, HoursSettings, spans
from rules.model import Span


def hours(zone: str = "Europe/Berlin", /, closed: tuple[date, ...] = (), **week: Any) -> HoursSettings:
    return HoursSettings.model_validate({"name": "desk", "zone": zone, "week": week, "closed": closed})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(table: HoursSettings, since: str, until: str) -> list[str]:
    return [f"{span.start:%m-%dT%H:%M}/{span.end:%m-%dT%H:%M}" for span in spans(table, utc(since), utc(until))]


EVERY_DAY: dict[str, Any] = {day: ["00:00-24:00"] for day in DAYS}

# Berlin: clocks went from 02:00 to 03:00 on Sunday 2026-03-29, and from 03:00 back to 02:00 on Sunday 2026-10-25.
TABLE = [
    ("a lunch break makes two spans", hours(mon=["13:30-18:00", "09:00-12:30"]), "2026-01-05", "2026-01-06",
     ["01-05T08:00/01-05T11:30", "01-05T12:30/01-05T17:00"]),
    ("ranges that touch or overlap are one span", hours(mon=["09:00-12:00", "12:00-14:00", "13:00-15:00"]),
     "2026-01-05", "2026-01-06", ["01-05T08:00/01-05T14:00"]),
    ("a span that holds the first instant comes whole", hours(mon=["09:00-18:00"]), "2026-01-05T10:00",
     "2026-01-05T11:00", ["01-05T08:00/01-05T17:00"]),
    ("a span that ends at the first instant is left out", hours(mon=["09:00-18:00"]), "2026-01-05T17:00",
     "2026-01-06", []),
    ("a span that starts at the last instant is left out", hours(mon=["09:00-18:00"]), "2026-01-05",
     "2026-01-05T08:00", []),
    ("a night belongs to the day it opens on", hours(sun=["22:00-06:00"]), "2026-01-05T00:00", "2026-01-06",
     ["01-04T21:00/01-05T05:00"]),
    ("on a closed day nothing opens, and the night before runs to its end",
     hours(closed=(date(2026, 1, 6),), mon=["22:00-06:00"], tue=["09:00-10:00"], wed=["09:00-10:00"]),
     "2026-01-05", "2026-01-08", ["01-05T21:00/01-06T05:00", "01-07T08:00/01-07T09:00"]),
    ("open all week is one span", hours(**EVERY_DAY), "2026-03-28", "2026-03-30T12:00",
     ["03-27T23:00/03-30T22:00"]),
    ("summer time moves the opening in UTC", hours(sat=["09:00-10:00"], mon=["09:00-10:00"]), "2026-03-28",
     "2026-03-31", ["03-28T08:00/03-28T09:00", "03-30T07:00/03-30T08:00"]),
    ("a night with a clock forward is an hour shorter", hours(sat=["22:00-06:00"]), "2026-03-28", "2026-03-29",
     ["03-28T21:00/03-29T04:00"]),
    ("a night with a clock back is an hour longer", hours(sat=["22:00-06:00"]), "2026-10-24", "2026-10-25",
     ["10-24T20:00/10-25T05:00"]),
    ("an opening the clocks jump over is the jump", hours(sun=["02:30-06:00"]), "2026-03-29", "2026-03-30",
     ["03-29T01:00/03-29T04:00"]),
    ("a closing the clocks jump over is the jump", hours(sun=["01:00-02:30"]), "2026-03-29", "2026-03-30",
     ["03-29T00:00/03-29T01:00"]),
    ("a range the clocks jump over is none", hours(sun=["02:10-02:50"]), "2026-03-29", "2026-03-30", []),
    ("an hour shown twice opens at its first showing", hours(sun=["02:30-06:00"]), "2026-10-25", "2026-10-26",
     ["10-25T00:30/10-25T05:00"]),
    ("an hour shown twice closes at its second showing", hours(sun=["01:00-02:30"]), "2026-10-24T12:00",
     "2026-10-26", ["10-24T23:00/10-25T01:30"]),
    ("a day a country skipped is none", hours("Pacific/Apia", fri=["00:00-24:00"]), "2011-12-29", "2011-12-31", []),
    ("half-hour zones are whole", hours("Asia/Kolkata", mon=["09:00-10:00"]), "2026-01-05", "2026-01-06",
     ["01-05T03:30/01-05T04:30"]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "since", "until", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
def test_table(table: HoursSettings, since: str, until: str, expected: list[str]) -> None:
    assert opened(table, since, until) == expected


RANGES = st.builds(
    lambda start, length: (
        f"{start // 4:02}:{start % 4 * 15:02}-{(start + length) // 4 % 24:02}:{(start + length) % 4 * 15:02}"
    ),
    st.integers(0, 95),
    st.integers(1, 95),
)
WEEKS = st.dictionaries(st.sampled_from(DAYS), st.lists(RANGES, min_size=1, max_size=3), min_size=1)
MOMENTS = st.integers(0, 3 * 365 * 24).map(lambda count: utc("2024-01-01") + timedelta(hours=count))
ZONES = st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])


def is_open(table: HoursSettings, moment: datetime) -> bool:
    """Asked of the wall clock, the slow and plain way."""
    wall = moment.astimezone(ZoneInfo(table.zone)).replace(tzinfo=None)
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        minute = (wall - datetime.combine(day, datetime.min.time())) / timedelta(minutes=1)
        for each in () if day in table.closed else getattr(table.week, DAYS[day.weekday()]):
            start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in each.split("-"))
            if start <= minute < (end if end > start else end + 1440):
                return True
    return False


@given(WEEKS, ZONES, MOMENTS)
@settings(max_examples=150, deadline=None)
def test_away_from_clock_changes_spans_say_what_the_wall_clock_says(
    week: dict[str, Any], zone: str, since: datetime
) -> None:
    table = hours(zone, closed=(since.date(),), **week)
    found = spans(table, since, since + timedelta(days=9))
    assert all(span.start < span.end for span in found)
    assert all(before.end < after.start for before, after in pairwise(found))
    for step in range(9 * 24 * 2):
        moment = since + timedelta(minutes=30 * step)
        around = {(moment + timedelta(days=days)).astimezone(ZoneInfo(zone)).utcoffset() for days in (-2, 0, 2)}
        if len(around) == 1:
            assert any(span.start <= moment < span.end for span in found) == is_open(table, moment), moment


@given(WEEKS, ZONES, MOMENTS)
@settings(max_examples=50, deadline=None)
def test_a_longer_look_only_adds_spans(week: dict[str, Any], zone: str, since: datetime) -> None:
    table = hours(zone, **week)
    short, long = (spans(table, since, since + timedelta(days=days)) for days in (20, 40))
    assert short == () or long[: len(short) - 1] == short[:-1]


@pytest.mark.parametrize("edge", [utc("0001-01-01"), utc("9999-12-31T23:59:59")])
def test_the_ends_of_time_are_no_crash(edge: datetime) -> None:
    assert isinstance(spans(hours("Pacific/Kiritimati", **EVERY_DAY), edge, edge), tuple)
    assert isinstance(spans(hours("Pacific/Pago_Pago", **EVERY_DAY), edge, edge), tuple)


@pytest.mark.parametrize(
    "written", ["9:00-17:00", "09:00-09:00", "09:00-24:30", "25:00-26:00", "09:00", "", "09:00\u201317:00"]
)
def test_a_range_written_differently_is_refused_with_examples(written: str) -> None:
    with pytest.raises(ValidationError, match='write it as "09:00-17:30", "22:00-06:00" or "00:00-24:00"'):
        hours(mon=[written])


def test_a_week_that_is_never_open_is_refused() -> None:
    with pytest.raises(ValidationError, match="never open"):
        hours(mon=[])


def test_spans_are_plain_values() -> None:
    assert spans(hours("UTC", mon=["09:00-10:00"]), utc("2026-01-05"), utc("2026-01-06")) == (
        Span(utc("2026-01-05T09:00"), utc("2026-01-05T10:00")),
    )
