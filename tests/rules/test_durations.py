"""How lengths of time are read, written and spelt."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.durations import parse, spell, write

WRITTEN = [("90s", 90), ("10m", 600), ("2h", 7200), ("3d", 259200), ("0m", 0), ("3650d", 3650 * 86400)]


@pytest.mark.parametrize(("text", "seconds"), WRITTEN)
def test_a_length_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "-5m", "1.5h", "5 m", "5M", "1h30m", "\u0665m", 5, None, True, "9" * 5000 + "d"]
)
def test_anything_else_is_refused_with_examples(text: object) -> None:
    with pytest.raises(ValueError, match='write it as "90s", "10m", "2h" or "3d"'):
        parse(text)


@pytest.mark.parametrize("text", ["3651d", "9999999999d", "9999999999h"])
def test_more_than_ten_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="longer than ten years"):
        parse(text)


@given(st.integers(0, 3650 * 86400).map(lambda seconds: timedelta(seconds=seconds)))
def test_what_is_written_is_read_back_the_same(length: timedelta) -> None:
    assert parse(write(length)) == length


@pytest.mark.parametrize(
    ("length", "spelt"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=45.9), "45 s"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=5, seconds=30), "5 min 30 s"),
        (timedelta(hours=2, minutes=5, seconds=59), "2 h 5 min"),
        (timedelta(days=1, minutes=5), "1 d"),
        (timedelta(days=3, hours=4, minutes=59), "3 d 4 h"),
        (timedelta(minutes=-10), "-10 min"),
        (timedelta(seconds=-0.5), "0 s"),
    ],
)
def test_people_read_the_two_largest_units(length: timedelta, spelt: str) -> None:
    assert spell(length) == spelt
