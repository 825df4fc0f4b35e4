"""One-off or systemic: people, weeks, and the day of a change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.report.topics import Pattern, change_point, spread

UNTIL = datetime(2026, 3, 30, tzinfo=UTC)
LONG_AGO = UNTIL - timedelta(weeks=30)


def asked(*when: tuple[int, str]) -> list[tuple[datetime, str]]:
    """Who asked how many days before the end."""
    return [(UNTIL - timedelta(days=days, hours=-1), who) for days, who in when]


@pytest.mark.parametrize(
    ("sentence", "when", "pattern"),
    [
        ("one person, week after week, is one-off", [(1, "a"), (9, "a"), (16, "a")], Pattern.ONE_OFF),
        ("many people in one week are one-off", [(1, "a"), (2, "b"), (3, "c"), (4, "d")], Pattern.ONE_OFF),
        ("three people in three weeks are systemic", [(1, "a"), (9, "b"), (16, "c")], Pattern.SYSTEMIC),
        ("two people in three weeks may become either", [(1, "a"), (9, "b"), (16, "a")], Pattern.RETURNING),
        ("three people in two weeks may become either", [(1, "a"), (2, "b"), (9, "c")], Pattern.RETURNING),
        ("what is older than twelve weeks does not count", [(1, "a"), (2, "b"), (100, "c")], Pattern.ONE_OFF),
    ],
)
def test_a_topic_is_told_by_its_people_and_weeks(sentence: str, when: list[tuple[int, str]], pattern: Pattern) -> None:
    assert spread(asked(*when), LONG_AGO, UNTIL).pattern is pattern, sentence


def test_nothing_is_said_of_recurrence_before_three_weeks_are_known() -> None:
    when = asked((1, "a"), (9, "b"), (13, "c"))
    assert spread(when, UNTIL - timedelta(days=14), UNTIL).pattern is Pattern.EARLY
    assert spread(when, UNTIL - timedelta(days=15), UNTIL).pattern is Pattern.RETURNING
    assert spread([], None, UNTIL) == spread([], None, UNTIL)
    assert spread([], None, UNTIL).known == 0


def test_a_rise_is_told_with_its_day() -> None:
    when = asked(*((days, f"sample_{days}_{number}") for days in range(1, 15) for number in range(4)))
    assert spread(when, UNTIL - timedelta(days=56), UNTIL).change == "more since 2026-03-16"


@pytest.mark.parametrize(
    ("counts", "place"),
    [
        ([0] * 13 + [9] * 0, None),
        ([0] * 20 + [5] * 20, 20),
        ([7] * 10 + [1] * 30, 10),
        ([3] * 40, None),
        ([1, 2] * 20, None),
    ],
)
def test_a_change_is_found_where_the_sides_differ_most_and_nowhere_else(counts: list[int], place: int | None) -> None:
    assert change_point(counts) == place


@given(st.lists(st.integers(0, 6), min_size=14, max_size=40))
def test_the_change_is_the_split_that_pettitts_sum_of_signs_says(counts: list[int]) -> None:
    def reach(place: int) -> int:
        return abs(sum((one > other) - (one < other) for one in counts[:place] for other in counts[place:]))

    found = change_point(counts)
    if found is not None:
        assert reach(found) == max(map(reach, range(1, len(counts))))
