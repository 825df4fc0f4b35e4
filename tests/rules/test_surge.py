"""One-off or systemic: counts, times and texts in, answers out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import surge
from rules.model import Mention, Severity
from rules.surge import Incident, Terms

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TEN = timedelta(minutes=10)
TERMS = Terms(TEN, 10, ("#care",), "#ops", timedelta(minutes=30), 2)
INCIDENT = Incident("i-1", "billing", NOON, NOON, 10)


def post(text: str) -> Mention:
    return Mention("x", text, "t", "sample_customer_01", text, NOON)


@pytest.mark.parametrize(
    ("expected", "count", "likely"),
    [(1.0, 0, 1.0), (1.0, 2, 0.2642), (1.0, 5, 0.00366), (10.0, 20, 0.003454)],
)
def test_the_tail_is_that_of_poisson(expected: float, count: int, likely: float) -> None:
    assert surge.tail(count, expected) == pytest.approx(likely, rel=0.01, abs=1e-6) or count <= expected


@given(st.floats(1.0, 1000.0), st.integers(2, 50))
def test_what_is_needed_lies_above_the_usual_and_never_below_the_least(expected: float, least: int) -> None:
    found = surge.needed(expected, least)
    assert found >= least
    assert found > expected
    assert surge.needed(expected + 50, least) >= found


@given(st.integers(2, 1000))
def test_it_ends_lower_than_it_began(needed: int) -> None:
    assert surge.still(needed) < needed / 2


def test_a_topic_that_is_always_busy_needs_more_than_a_quiet_one() -> None:
    day = timedelta(days=1)
    assert surge.needed(surge.usual(0, timedelta(0), TEN), 10) == 10
    assert surge.needed(surge.usual(144 * 20, day, TEN), 10) > 40


def test_its_ladder_is_at_once_then_repeats_then_the_operators() -> None:
    due = list(surge.ladder(INCIDENT, TERMS, NOON + timedelta(days=1)))
    assert [((one.due - NOON) // timedelta(minutes=1), one.to) for one in due] == [
        (0, "#care"),
        (30, "#care"),
        (60, "#care"),
        (90, "#ops"),
    ]


def test_exactly_when_it_is_over_nothing_more_is_owed() -> None:
    over = Incident("i-1", "billing", NOON, NOON, 10, calm=NOON, over=NOON + timedelta(minutes=30))
    assert len(list(surge.ladder(over, TERMS, NOON + timedelta(days=1)))) == 1


def test_it_stands_for_its_members_pages_but_not_for_a_crisis_nor_for_a_holders_own() -> None:
    assert surge.holds(0, Severity.HIGH)
    assert not surge.holds(0, Severity.CRISIS)
    assert not surge.holds(-1, Severity.LOW)


def test_the_cause_is_what_many_say_but_not_the_brand_nor_small_words() -> None:
    posts = [post(f"@sample Sample charged twice, they have taken {n} https://a.example/b") for n in range(8)]
    found = surge.cause([*posts, post("something else entirely")], ["Sample"])
    assert found.words == ("charged", "taken", "twice")
    assert found.link == "https://a.example/b"
