"""Times as people type them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.moments import span

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "text", "start", "end"),
    [
        # The night in which the clocks go forward, and the one in which they go back.
        ("2026-03-28T22:00Z", "1:00..4:00", "2026-03-29T00:00Z", "2026-03-29T02:00Z"),
        ("2026-10-24T21:00Z", "1:00..4:00", "2026-10-24T23:00Z", "2026-10-25T03:00Z"),
        ("2026-03-02T12:00Z", "mon 13:01..mon 13:00", "2026-03-02T12:01Z", "2026-03-09T12:00Z"),
        ("2026-03-02T12:00Z", "Monday 12:00", "2026-03-02T12:00Z", "2026-03-09T11:00Z"),
        ("2026-03-02T12:00Z", "now until tomorrow 9:00", "2026-03-02T12:00Z", "2026-03-03T08:00Z"),
        ("2026-03-02T12:00Z", "today 18:00 to tomorrow 9:00", "2026-03-02T17:00Z", "2026-03-03T08:00Z"),
        ("2026-03-02T12:00Z", "for 90m", "2026-03-02T12:00Z", "2026-03-02T13:30Z"),
        ("2026-03-02T12:00Z", "1h..2h", "2026-03-02T13:00Z", "2026-03-02T15:00Z"),
        ("2026-03-02T12:00Z", "2026-03-02 10:00..2026-03-02 18:00", "2026-03-02T12:00Z", "2026-03-02T17:00Z"),
        ("2026-03-02T12:00Z", "2026-03-03T09:00..2026-03-03T18:00", "2026-03-03T08:00Z", "2026-03-03T17:00Z"),
    ],
)
def test_times_are_those_of_the_wall_clock(now: str, text: str, start: str, end: str) -> None:
    found = span(text, datetime.fromisoformat(now), BERLIN)
    assert (found.start, found.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize("text", ["", "soon", "24:00", "9", "..", "10:00..", "0m", "someday 9:00", "2026-02-30 9:00"])
def test_what_is_no_time_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="; "):
        span(text, datetime(2026, 3, 2, 12, tzinfo=UTC), BERLIN)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - made aware below
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_a_time_of_day_is_the_next_one_and_never_more_than_a_day_off(
    now: datetime, hour: int, minute: int, zone: str
) -> None:
    at = now.replace(tzinfo=UTC)
    found = span(f"{hour}:{minute:02}", at, ZoneInfo(zone))
    assert found.start == at < found.end <= at + timedelta(hours=25, minutes=30)
