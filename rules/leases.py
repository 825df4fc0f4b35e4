"""Who has a silence, since when and until when: an ack is a lease, not an answer.

It follows from what people did, what the customer said since, and the policy. What is owed once a lease is over is for
``rules.escalation``.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from rules.model import Policy, Severity, Silence

CROSSED = timedelta(minutes=2)
"""A word that comes so soon after an ack has crossed it: whoever took the case sees it anyway."""
_REMINDER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lease:
    """A time during which nobody else is paged about a silence."""

    holder: str
    """Who has it; empty where somebody put it off for a while."""
    start: datetime
    end: datetime
    """When it is over, unless it is answered before."""
    lapses: bool
    """The next round begins with its end; otherwise somebody took the case before that."""
    returned: bool = False
    """Its holder gave it back."""
    reminder: datetime | None = None
    """When the holder is told that it is nearly over."""


def leases(silence: Silence, policy: Policy) -> tuple[Lease, ...]:
    """Every lease on ``silence``, in time order, none overlapping another."""
    return tuple(_leases(silence, policy))


def held(silence: Silence, policy: Policy, now: datetime) -> Lease | None:
    """The lease that holds at ``now``, if one does."""
    return next((one for one in leases(silence, policy) if one.start <= now < one.end), None)


def _leases(silence: Silence, policy: Policy) -> Iterator[Lease]:
    for hold, then in zip_longest(silence.holds, silence.holds[1:]):
        if hold.act == "unack":
            continue
        until = max(hold.until or hold.at + policy.ack_for[_severity(silence, hold.at)], hold.at)
        asked = bisect_right(silence.asked, hold.at + CROSSED)
        end = min([until, *silence.asked[asked : asked + 1]])
        taken, returned = then is not None and then.at < end, False
        if taken:
            end, returned = then.at, then.act == "unack"
        remind = until - _REMINDER if hold.holder and until - hold.at >= 2 * _REMINDER else end
        yield Lease(
            hold.holder,
            hold.at,
            end,
            lapses=returned or not taken,
            returned=returned,
            reminder=remind if remind < end else None,
        )


def _severity(silence: Silence, at: datetime) -> Severity:
    return max(severity for since, severity in silence.severities if since <= at)
