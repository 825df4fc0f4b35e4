"""What a source's budget means for people: the limits from its settings, and the words for how far they are used."""

from datetime import datetime

from connectors import Cure, MeteredSettings, SourceError, SourceSettings
from rules.budget import Allowance, Budget, month
from rules.model import Side


def budget_of(via: SourceSettings) -> Budget:
    """The limits that a source's settings name; none for one whose network costs nothing."""
    return Budget(via.budget, via.requests, via.reserve) if isinstance(via, MeteredSettings) else Budget()


def over_budget(via: SourceSettings, allowed: Allowance, now: datetime) -> SourceError:
    """Why a source is not read, or not all of it."""
    _, ends = month(now)
    kept = ", but for what is kept back for our own posts" if allowed.sides else ""
    what = f"what {via.name} may spend in {now:%B} is used up{kept}"
    return SourceError(f"{what}; raise its budget, or wait until {ends.day} {ends:%B}", cure=Cure.PERSON)


def told_of(allowed: Allowance) -> str:
    """How far a budget is used, and what follows, such as "has used 80 % of its budget ..."."""
    used = f"has used {100 * allowed.used:.0f} % of what it may spend this month"
    if not allowed.sides:
        return f"{used}: it is not read any more until the month ends; raise its budget"
    if Side.THEIRS not in allowed.sides:
        return f"{used}: from now on only our own posts are read, and open cases looked at; raise its budget"
    return f"{used}{forecast(allowed)}"


def forecast(allowed: Allowance) -> str:
    """When it would be used up at this rate, and what is done against it; empty if it lasts."""
    if allowed.reached is None:
        return ""
    slower = f"; it is read {allowed.pace:.1f} times less often, so that it lasts" if allowed.pace > 1 else ""
    return f": at this rate the end is reached on {allowed.reached.day} {allowed.reached:%B}{slower}"
