"""Quantiles and paired differences: values in, values out, held against brute force."""

from datetime import timedelta
from itertools import combinations_with_replacement, product
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.report.quantiles import LEAST_PAIRS, quantile, shift

minutes = st.integers(0, 10_000).map(lambda count: timedelta(minutes=count))
moods = st.integers(-10_000, 10_000).map(lambda count: count / 10_000)


def of(*counts: int) -> list[timedelta]:
    return [timedelta(minutes=count) for count in counts]


@pytest.mark.parametrize(
    ("times", "share", "found"),
    [
        (of(), 0.5, None),
        (of(7), 0.9, 7),
        (of(1, 3), 0.5, 2),
        (of(9, 1, 5), 0.5, 5),
        (of(*range(11)), 0.9, 9),
        (of(0, 10), 0.9, 9),
    ],
)
def test_a_quantile_lies_in_proportion_between_the_two_times_next_to_it(
    times: list[timedelta], share: float, found: float | None
) -> None:
    assert quantile(times, share) == (None if found is None else timedelta(minutes=found))


@given(st.lists(minutes, min_size=1))
def test_the_half_quantile_is_the_median(times: list[timedelta]) -> None:
    assert quantile(times, 0.5) == timedelta(seconds=median(time.total_seconds() for time in times))


def test_nothing_is_claimed_below_ten_pairs() -> None:
    assert shift([-1.0] * (LEAST_PAIRS - 1), [1.0] * (LEAST_PAIRS - 1)) is None
    assert shift([-1.0] * LEAST_PAIRS, [1.0] * LEAST_PAIRS) is not None


@given(st.lists(st.tuples(moods, moods), min_size=10, max_size=60))
def test_the_change_is_the_median_of_the_means_of_each_two_differences(pairs: list[tuple[float, float]]) -> None:
    found = shift([was for was, _ in pairs], [then for _, then in pairs])
    assert found is not None
    differences = [then - was for was, then in pairs]
    means = [(one + other) / 2 for one, other in combinations_with_replacement(differences, 2)]
    assert found.middle == pytest.approx(median(means), abs=1e-9)
    assert found.low <= found.middle <= found.high


def rejected(differences: list[float], guess: float) -> bool:
    """Whether Wilcoxon's exact test of "the middle is ``guess``" says no, over every way to give signs to the ranks."""
    ranks = {
        place: rank
        for rank, place in enumerate(sorted(range(len(differences)), key=lambda i: abs(differences[i] - guess)), 1)
    }
    seen = sum(rank for place, rank in ranks.items() if differences[place] > guess)
    sums = [sum(chosen) for chosen in product(*((0, rank) for rank in ranks.values()))]
    least = min(seen, len(differences) * (len(differences) + 1) // 2 - seen)
    return 2 * sum(each <= least for each in sums) <= 0.05 * len(sums)


@given(st.lists(st.integers(-9_999, 9_999), min_size=10, max_size=11, unique=True), st.integers(-9_999, 9_999))
def test_the_interval_holds_what_the_exact_test_does_not_reject(steps: list[int], guess: int) -> None:
    differences = [step / 10_000 for step in steps]
    found = shift([0.0] * len(steps), differences)
    assert found is not None
    middle = guess / 10_000 + 0.000_013  # lies between all sums, where there are no equals
    magnitudes = [abs(each - middle) for each in differences]
    if len(set(magnitudes)) == len(magnitudes):
        assert (found.low < middle < found.high) is not rejected(differences, middle)


def test_a_large_sample_has_the_limits_of_the_normal_distribution() -> None:
    steps = [number / 1_000 for number in range(-60, 141)]
    found = shift([0.0] * len(steps), steps)
    assert found is not None
    assert found.middle == pytest.approx(0.04)
    # 201 evenly spread differences: their standard deviation over the root of their number, times 1.96 or so.
    assert found.high - found.middle == pytest.approx(found.middle - found.low) == pytest.approx(0.0082, abs=0.001)
    assert found.sure
