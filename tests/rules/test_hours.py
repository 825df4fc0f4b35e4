"""Working-hours arithmetic: boundary cases in a table, and its laws against a walk minute by minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from builders import at, clock, office
from hypothesis import given
from hypothesis import strategies as st

from rules.durations import parse
from rules.hours import deadline
from rules.model import Span

WEEK = office("Mon", "Tue", "Wed")
SPLIT = (Span(at("09:00"), at("12:00")), Span(at("12:00"), at("13:00")), Span(at("14:00"), at("18:00")))

TABLE = [
    pytest.param("10:00", "2h", WEEK, "12:00", id="open time passes as on any clock"),
    pytest.param("10:00", "0m", WEEK, "10:00", id="nothing, while open, is now"),
    pytest.param("08:00", "0m", WEEK, "09:00", id="nothing, before opening, is the opening"),
    pytest.param("08:00", "1h", WEEK, "10:00", id="time before opening does not count"),
    pytest.param("09:00", "0m", WEEK, "09:00", id="the opening instant is open"),
    pytest.param("17:59:59", "0m", WEEK, "17:59:59", id="the last second is open"),
    pytest.param("18:00", "0m", WEEK, "Tue 09:00", id="the closing instant is not"),
    pytest.param("17:00", "1h", WEEK, "18:00", id="time that runs out exactly at closing is up at closing"),
    pytest.param("17:00", "3601s", WEEK, "Tue 09:00:01", id="one second more is up one second after the next opening"),
    pytest.param("17:00", "2h", WEEK, "Tue 10:00", id="the rest counts on from the next opening"),
    pytest.param("17:00", "11h", WEEK, "Wed 10:00", id="a whole day may lie between"),
    pytest.param("20:00", "30m", WEEK, "Tue 09:30", id="after closing it starts with the next opening"),
    pytest.param("11:30", "1h", SPLIT, "12:30", id="spans that touch are one"),
    pytest.param("11:30", "2h", SPLIT, "14:30", id="a lunch break does not count"),
    pytest.param("13:30", "0m", SPLIT, "14:00", id="in the break it is the end of the break"),
    pytest.param("Wed 17:00", "1h", WEEK, "Wed 18:00", id="the last closing instant can be reached"),
    pytest.param("Wed 17:00", "3601s", WEEK, None, id="beyond the last closing there is no instant"),
    pytest.param("Wed 18:00", "0m", WEEK, None, id="nor from the last closing on"),
    pytest.param("10:00", "1h", (), None, id="never open is never"),
    pytest.param("08:00", "0m", (Span(at("08:30"), at("08:30")), *WEEK), "09:00", id="an empty span is never open"),
    pytest.param("Sat 22:00", "10h", None, "Sun 08:00", id="without hours it is always open"),
]


@pytest.mark.parametrize(("since", "allowance", "hours", "expected"), TABLE)
def test_a_deadline_is_where_the_open_time_has_passed(
    since: str, allowance: str, hours: Sequence[Span] | None, expected: str | None
) -> None:
    found = deadline(at(since), parse(allowance), hours)
    assert (found and clock(found)) == expected


START = at("00:00")
MINUTE = timedelta(minutes=1)


def spans_of(cuts: Sequence[int]) -> tuple[Span, ...]:
    edges = [START + cut * MINUTE for cut in sorted(set(cuts))]
    return tuple(Span(opens, closes) for opens, closes in zip(edges[::2], edges[1::2], strict=False))


SPANS = st.lists(st.integers(0, 120), max_size=8).map(spans_of)
MINUTES = st.integers(0, 130).map(lambda minutes: minutes * MINUTE)
INSTANTS = MINUTES.map(lambda minutes: START + minutes)


def is_open(instant: datetime, hours: Sequence[Span]) -> bool:
    return any(span.start <= instant < span.end for span in hours)


def walked(since: datetime, allowance: timedelta, hours: Sequence[Span]) -> datetime | None:
    """The deadline, found by looking at every minute in turn."""
    instant, left = since, allowance
    while instant < START + timedelta(hours=5):
        if not left and (allowance or is_open(instant, hours)):
            return instant
        if is_open(instant, hours):
            left -= MINUTE
        instant += MINUTE
    return None


@given(INSTANTS, MINUTES, SPANS)
def test_a_deadline_is_the_one_that_walking_minute_by_minute_finds(
    since: datetime, allowance: timedelta, hours: tuple[Span, ...]
) -> None:
    assert deadline(since, allowance, hours) == walked(since, allowance, hours)


@given(INSTANTS, MINUTES, MINUTES.filter(bool), SPANS)
def test_two_allowances_in_a_row_are_their_sum(
    since: datetime, first: timedelta, second: timedelta, hours: tuple[Span, ...]
) -> None:
    between = deadline(since, first, hours)
    assert (between and deadline(between, second, hours)) == (between and deadline(since, first + second, hours))


@given(INSTANTS, MINUTES, MINUTES, SPANS)
def test_more_time_is_never_due_sooner(
    since: datetime, shorter: timedelta, more: timedelta, hours: tuple[Span, ...]
) -> None:
    late = deadline(since, shorter + more, hours)
    early = deadline(since, shorter, hours)
    assert late is None or (early is not None and since <= early <= late)
