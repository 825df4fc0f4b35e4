"""A month's budget: what may be read, how fast, and what is kept back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.budget import Budget, allowance, month
from rules.model import Side

MID = datetime(2026, 11, 16, tzinfo=UTC)
BOTH = frozenset(Side)
OURS = frozenset((Side.OURS,))


def test_without_a_budget_everything_may_be_read_at_the_usual_pace() -> None:
    found = allowance(Budget(), 1_000.0, 1_000_000, MID)
    assert (found.used, found.sides, found.pace, found.reached, found.level) == (0.0, BOTH, 1.0, None, 0)


@pytest.mark.parametrize(
    ("spent", "sides", "level"),
    [
        (0.0, BOTH, 0),
        (49.9, BOTH, 0),
        (50.0, BOTH, 50),
        (79.9, BOTH, 50),
        (80.0, OURS, 80),
        (99.9, OURS, 80),
        (100.0, frozenset(), 100),
        (130.0, frozenset(), 100),
    ],
)
def test_the_reserve_is_for_our_own_side_and_at_the_end_nothing_is_read(
    spent: float, sides: frozenset[Side], level: int
) -> None:
    found = allowance(Budget(price=100.0), spent, 0, MID)
    assert (found.sides, found.level) == (sides, level)


def test_whichever_limit_is_nearer_its_end_counts() -> None:
    budget = Budget(price=100.0, requests=1_000)
    assert allowance(budget, 10.0, 900, MID).used == 0.9
    assert allowance(budget, 95.0, 10, MID).used == 0.95


def test_a_rate_that_lasts_for_the_month_slows_nothing() -> None:
    found = allowance(Budget(price=100.0, reserve=0.0), 50.0, 0, MID)
    assert (found.pace, found.reached) == (1.0, None)


def test_a_rate_that_does_not_last_is_slowed_and_says_when_it_would_end() -> None:
    found = allowance(Budget(price=100.0, reserve=0.0), 75.0, 0, MID)
    assert found.pace == 3.0
    assert found.reached == MID + timedelta(days=5)


def test_what_a_first_contact_costs_slows_nothing_yet() -> None:
    assert allowance(Budget(price=100.0), 9.0, 0, datetime(2026, 11, 1, 0, 5, tzinfo=UTC)).pace == 1.0


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ((2026, 12, 31), (2026, 12, 1), (2027, 1, 1)),
        ((2028, 2, 29), (2028, 2, 1), (2028, 3, 1)),
        ((2026, 1, 1), (2026, 1, 1), (2026, 2, 1)),
    ],
)
def test_a_month_is_the_calendars(
    now: tuple[int, int, int], first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert month(datetime(*now, 5, tzinfo=UTC)) == (datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC))


@given(rate=st.floats(0.1, 50), seed=st.integers(1, 24))
def test_however_much_there_is_to_read_the_reserve_is_never_touched_by_what_people_say(rate: float, seed: int) -> None:
    budget, spent = Budget(price=100.0, reserve=0.2), 0.0
    now, last = month(MID)
    while now < last:
        found = allowance(budget, spent, 0, now)
        if Side.THEIRS in found.sides:
            spent += rate * seed / 24
        now += timedelta(hours=seed) * found.pace
    assert spent <= 80.0 + rate * seed / 24
