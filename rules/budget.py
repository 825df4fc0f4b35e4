"""How much may still be read this month, of what, and how fast. Counts nothing itself and knows no prices."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rules.model import Side

LEVELS = (50, 80, 100)
"""Per cent of a budget at which the operators are told."""
_FREE = 0.1
"""Up to this share nothing slows down: a first contact costs much at once and says nothing of the month."""
_SLOWEST = 24.0
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a source may spend in a calendar month (UTC), and what is kept back of it."""

    price: float | None = None
    requests: int | None = None
    reserve: float = 0.2
    """The share that is kept for our own posts and for looks at open cases."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a budget allows now."""

    used: float
    """The share that is spent, of price or requests, whichever is nearer its end; 0 without a budget."""
    sides: frozenset[Side]
    """What may be read: both sides, ours alone from the reserve on, none at the end."""
    pace: float = 1.0
    """How many times longer than usual to wait between two readings, so that it lasts."""
    reached: datetime | None = None
    """When, at the rate of this month so far, it will be used up; None if not before the month ends."""

    @property
    def level(self) -> int:
        """The highest of ``LEVELS`` that is reached; 0 below all."""
        return max((level for level in LEVELS if 100 * self.used >= level), default=0)


def month(now: datetime) -> tuple[datetime, datetime]:
    """The first moment of the calendar month of ``now``, and of the next one, in UTC."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=31)).replace(day=1)


def allowance(budget: Budget, price: float, requests: int, now: datetime) -> Allowance:
    """What ``budget`` allows at ``now``.

    Args:
        budget: the limits.
        price: spent in this month, in the same currency.
        requests: made in this month.
        now: the present instant.
    """
    shares = [price / budget.price] if budget.price else []
    shares += [requests / budget.requests] if budget.requests else []
    used = max(shares, default=0.0)
    first, last = month(now)
    rate = used / max(now - first, _DAY).total_seconds()
    reached = (
        now + timedelta(seconds=(1 - used) / rate) if used and 1 - used < rate * (last - now).total_seconds() else None
    )
    if used >= 1:
        return Allowance(used, frozenset(), reached=now)
    left = 1 - budget.reserve - used
    if left <= 0:
        return Allowance(used, frozenset((Side.OURS,)), reached=reached)
    pace = rate * (last - now).total_seconds() / left if used > _FREE else 1.0
    return Allowance(used, frozenset(Side), min(max(pace, 1.0), _SLOWEST), reached)
