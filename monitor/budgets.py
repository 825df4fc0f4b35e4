"""What a source's budget means for people: the limits from its settings, and the words for how far they are used."""

from datetime import datetime

from connectors import Cure, MeteredSettings, SourceError, SourceSettings
from monitor.slack import words
from rules.budget import Allowance, Budget, month
from rules.model import Side


def budget_of(via: SourceSettings) -> Budget:
    """The limits that a source's settings name; none for one whose network costs nothing."""
    return Budget(via.budget, via.requests, via.reserve) if isinstance(via, MeteredSettings) else Budget()


def over_budget(via: SourceSettings, allowed: Allowance, now: datetime) -> SourceError:
    """Why a source is not read, or not all of it."""
    _, ends = month(now)
    kept = words.BUDGET_KEPT if allowed.sides else ""
    what = words.BUDGET_SPENT.format(source=via.name, now=now, kept=kept, day=ends.day, ends=ends)
    return SourceError(what, cure=Cure.PERSON)


def told_of(source: str, allowed: Allowance) -> str:
    """How far a source's budget is used, and what follows."""
    what = words.BUDGET_OVER if not allowed.sides else words.BUDGET_RESERVE
    if Side.THEIRS in allowed.sides:
        what = forecast(allowed)
    return words.BUDGET.format(source=source, used=100 * allowed.used, what=what)


def forecast(allowed: Allowance) -> str:
    """When it would be used up at this rate, and what is done against it; empty if it lasts."""
    if allowed.reached is None:
        return ""
    end = words.BUDGET_END.format(day=allowed.reached.day, end=allowed.reached)
    return end + (words.BUDGET_SLOWER.format(pace=allowed.pace) if allowed.pace > 1 else "")
