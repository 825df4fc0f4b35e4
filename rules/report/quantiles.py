"""Numbers about many numbers: quantiles, and what two measurements of the same people differ by.

Plain methods that a reader can look up, exact where that is affordable; no chance, and no claim from too few.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

LEAST_PAIRS = 10
"""With fewer, nothing is claimed about a difference."""
_EXACT_UP_TO = 40
"""So many pairs have their limits counted out; beyond, the normal distribution is as good as that."""
_SURE = 1.959963984540054
"""Standard deviations of the normal distribution between which 95 % of it lie."""
_STEP = 10_000
"""Moods have four decimals: counted in these steps they are whole numbers, and nothing is lost."""


def quantile(times: Sequence[timedelta], share: float) -> timedelta | None:
    """The time that ``share`` of ``times`` do not exceed; None if there are none.

    Between two of them it lies in proportion: definition 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in
    statistical packages", The American Statistician 50 (1996), 361-365, which spreadsheets use as well. For one half it
    is the median.
    """
    if not times:
        return None
    ordered = sorted(times)
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much a second measurement of the same people differs from the first."""

    middle: float
    low: float
    high: float
    """The true difference lies from ``low`` to ``high`` with 95 % certainty."""

    @property
    def sure(self) -> bool:
        """Whether it is one at all."""
        return self.low > 0 or self.high < 0


def shift(before: Sequence[float], after: Sequence[float]) -> Shift | None:
    """What ``after`` differs from ``before`` by, pair by pair; None with fewer than ``LEAST_PAIRS``.

    The median of the pairwise means of the differences (Hodges and Lehmann) with the limits of Wilcoxon's signed-rank
    test, as in M. Hollander and D. A. Wolfe, "Nonparametric Statistical Methods", sections 3.1 to 3.3. It asks only
    that the differences lie evenly about their middle, and one mad pair cannot carry it away.
    """
    found = sorted(round((then - was) * _STEP) for was, then in zip(before, after, strict=True))
    if len(found) < LEAST_PAIRS:
        return None
    walsh = len(found) * (len(found) + 1) // 2
    cut = _cut(len(found))
    middle = (_walsh(found, (walsh - 1) // 2) + _walsh(found, walsh // 2)) / 2
    return Shift(
        *(each / (2 * _STEP) for each in (middle, _walsh(found, cut), _walsh(found, walsh - 1 - cut))),
    )


def _walsh(found: Sequence[int], place: int) -> int:
    """The sum at ``place``, from 0, among the sums of each two of ``found`` (sorted), each with itself as well."""
    low, high = 2 * found[0], 2 * found[-1]
    while low < high:
        middle = (low + high) // 2
        if _sums_up_to(found, middle) > place:
            high = middle
        else:
            low = middle + 1
    return low


def _sums_up_to(found: Sequence[int], most: int) -> int:
    """How many sums of two of ``found`` do not exceed ``most``: one walk from both ends."""
    count, right = 0, len(found) - 1
    for left, value in enumerate(found):
        while right >= left and value + found[right] > most:
            right -= 1
        if right < left:
            break
        count += right - left + 1
    return count


def _cut(pairs: int) -> int:
    """How many sums are left out at either end for 95 %."""
    if pairs > _EXACT_UP_TO:
        spread = math.sqrt(pairs * (pairs + 1) * (2 * pairs + 1) / 24)
        return max(math.floor(pairs * (pairs + 1) / 4 - _SURE * spread) - 1, 0)
    # Of all 2^n ways to give signs to the ranks, how many have each sum.
    ways = [1]
    for rank in range(1, pairs + 1):
        padded = ways + [0] * rank
        ways = [here + (padded[at - rank] if at >= rank else 0) for at, here in enumerate(padded)]
    reached, total = [], 0
    for count in ways:
        total += count
        reached.append(total)
    return bisect_right(reached, 2**pairs * 0.025) - 1
