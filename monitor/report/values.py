"""How a value of a report is written for people: times in two units, shares in per cent. Escapes nothing."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from rules.durations import spell
from rules.report.values import Report, Unit, Value

NONE = "-"
"""What stands where nothing can be said."""


def written(value: Value, unit: Unit) -> str:
    """``value`` as people read it."""
    if value is None:
        return NONE
    if isinstance(value, timedelta):
        return spell(timedelta(seconds=round(value.total_seconds())))
    if isinstance(value, str):
        return value or NONE
    if unit is Unit.SHARE:
        return f"{value:.0%}"
    if unit is Unit.CHANGE:
        return f"{value:+.2f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def plain_value(value: Value) -> int | float | str | None:
    """``value`` as machines read it: times in seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def title(report: Report) -> str:
    """Whose report it is."""
    return f"{report.brand}: what became of customers"


def period(report: Report) -> str:
    """The report's time, in its zone."""
    zone = ZoneInfo(report.zone)
    since, until = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (report.since, report.until))
    return f"{since} to {until} ({report.zone})"
