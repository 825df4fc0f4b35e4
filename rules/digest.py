"""Severities that page nobody one by one: their cases are told together, at times of the day. Pure; sends nothing.

A digest tells of every case that waits, in every digest until it is answered. Whom it goes to says the ladder: whoever
would have been paged about the case by then. A raised severity leaves the digest, and its pages fall due at once.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from rules.escalation import reached
from rules.model import Case, Policy


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest that tells of a case."""

    at: datetime
    to: tuple[str, ...]


def latest(case: Case, policy: Policy, now: datetime, known: datetime) -> Digest | None:
    """The latest digest up to ``now``, if it tells of ``case``. It stands for those that were slept through.

    Args:
        case: the case.
        policy: its policy.
        now: the present instant.
        known: since when the case is known: what was told before cannot have told of it.
    """
    silence, place = case.waiting, bisect_right(policy.digest_at, now)
    if silence is None or silence.severity not in policy.digest or not place:
        return None
    at = policy.digest_at[place - 1]
    to = reached(silence, policy, at) if at >= max(silence.start, known) else ()
    return Digest(at, to) if to else None
