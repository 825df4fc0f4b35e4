"""Who is on call, and when nobody is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from builders import at, clock
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Shift, Span
from rules.rota import gaps, handover, on_call, timeline, turns

MINUTE = timedelta(minutes=1)


def shift(person: str, start: str, end: str, *, override: bool = False) -> Shift:
    return Shift(person, Span(at(start), at(end)), override)


WEEK = (shift("sam", "09:00", "12:00"), shift("kim", "12:00", "18:00"))
TAKEN = shift("lee", "11:00", "13:00", override=True)


@pytest.mark.parametrize(
    ("when", "overrides", "expected"),
    [
        ("08:59", (), None),
        ("09:00", (), "sam"),
        ("11:59", (), "sam"),
        ("12:00", (), "kim"),
        ("18:00", (), None),
        ("11:00", (TAKEN,), "lee"),
        ("12:59", (TAKEN,), "lee"),
        ("13:00", (TAKEN,), "kim"),
        ("12:00", (TAKEN, shift("sam", "11:30", "12:30", override=True)), "sam"),
    ],
)
def test_an_override_goes_before_the_rota_and_the_last_one_made_before_the_others(
    when: str, overrides: Sequence[Shift], expected: str | None
) -> None:
    found = on_call(WEEK, overrides, at(when))
    assert (found.person if found else None) == expected


def test_the_timeline_has_no_hole_and_says_where_nobody_is() -> None:
    pieces = timeline(WEEK, (TAKEN,), at("08:00"), at("20:00"))
    said = [
        (clock(piece.start), clock(piece.end), None)
        if isinstance(piece, Span)
        else (clock(piece.span.start), clock(piece.span.end), piece.person)
        for piece in pieces
    ]
    assert said == [
        ("08:00", "09:00", None),
        ("09:00", "11:00", "sam"),
        ("11:00", "13:00", "lee"),
        ("13:00", "18:00", "kim"),
        ("18:00", "20:00", None),
    ]
    assert [clock(gap.start) for gap in gaps(WEEK, (), at("08:00"), at("20:00"))] == ["08:00", "18:00"]


SHIFTS = st.lists(
    st.tuples(st.integers(0, 100), st.integers(1, 60), st.sampled_from(["sam", "kim", "lee"])), max_size=6
)


def made(rows: list[tuple[int, int, str]], *, apart: bool) -> tuple[Shift, ...]:
    found: list[Shift] = []
    for start, length, person in sorted(rows) if apart else rows:
        begins = at("00:00") + start * MINUTE
        if apart and found and begins < found[-1].span.end:
            continue
        found.append(Shift(person, Span(begins, begins + length * MINUTE), override=not apart))
    return tuple(found)


@given(SHIFTS, SHIFTS)
def test_the_timeline_is_at_every_minute_what_on_call_says(
    base: list[tuple[int, int, str]], over: list[tuple[int, int, str]]
) -> None:
    shifts, overrides = made(base, apart=True), made(over, apart=False)
    since, until = at("00:00"), at("00:00") + 170 * MINUTE
    pieces = timeline(shifts, overrides, since, until)

    def holds(moment: datetime) -> str | None:
        (piece,) = [
            one for one in pieces if (span := one if isinstance(one, Span) else one.span).start <= moment < span.end
        ]
        return None if isinstance(piece, Span) else piece.person

    for minute in range(170):
        moment = since + minute * MINUTE
        found = on_call(shifts, overrides, moment)
        assert holds(moment) == (found.person if found else None)


@pytest.mark.parametrize(
    ("before", "when", "person", "until"),
    [
        (None, "09:00", None, ""),
        ("sam", "09:00", None, ""),
        ("sam", "12:00", "kim", "18:00"),
        ("sam", "12:01", "kim", "18:00"),
        ("sam", "18:00", None, ""),
        ("kim", "09:00", "sam", "11:00"),
        ("sam", "11:00", "lee", "13:00"),
        ("lee", "13:00", "kim", "18:00"),
        ("kim", "13:00", None, ""),
    ],
)
def test_who_comes_on_call_takes_over_from_who_was_last_and_never_from_themselves(
    before: str | None, when: str, person: str | None, until: str
) -> None:
    overrides = () if when in ("12:00", "12:01") else (TAKEN,)
    found = handover(before, WEEK, overrides, at(when), at("20:00"))
    assert (found and found.person, found and found.before) == (person, person and before)
    assert (clock(found.until) if found else "") == until


def test_an_override_for_whose_turn_it_is_anyway_is_one_turn() -> None:
    doubled = shift("sam", "10:00", "14:00", override=True)
    found = turns(WEEK, (doubled,), at("08:00"), at("20:00"))
    assert [(one.person, clock(one.span.start), clock(one.span.end)) for one in found] == [
        ("sam", "09:00", "14:00"),
        ("kim", "14:00", "18:00"),
    ]
