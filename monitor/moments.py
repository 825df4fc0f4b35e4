"""Times as people type them, read in their zone: "18:00", "tomorrow 9:00", "fri 18:00", "2026-12-24 18:00", "2h".

Pure, but for the calendar of zones. What cannot be read is refused with what can.
"""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.calendar import DAYS, instant
from rules import durations
from rules.model import Span

HOW = 'write it as "until 18:00", "18:00..22:00", "fri 18:00..mon 9:00", "2026-12-24 18:00..2026-12-25 9:00" or "2h"'
_DAY = timedelta(days=1)
_CLOCK = re.compile(r"(?:(?P<day>\S+)[ T])?(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)", re.IGNORECASE | re.ASCII)
_BETWEEN = re.compile(r"\s*\.\.+\s*|\s+(?:to|until|till)\s+", re.IGNORECASE)
_LEADING = re.compile(r"(?:from|until|till|to|for)\s+", re.IGNORECASE)


def span(text: str, now: datetime, zone: ZoneInfo) -> Span:
    """The time that ``text`` names: from one moment to another, or from now until one.

    Raises:
        ValueError: it names none, or one that is over before it begins; "what; what to do".
    """
    first, *rest = _BETWEEN.split(text.strip(), maxsplit=1)
    first = _LEADING.sub("", first, count=1).strip()
    today = now.astimezone(zone).date()
    start = moment(first, now, zone, today) if rest and first else now
    end = moment(rest[0].strip() if rest else first, start, zone, today)
    if end <= max(start, now):
        raise ValueError("that time is over before it begins; give a later one")
    return Span(max(start, now), end)


def moment(text: str, after: datetime, zone: ZoneInfo, today: date) -> datetime:
    """The first moment after ``after`` that ``text`` names; one with a date, or with "tomorrow", is that one.

    Raises:
        ValueError: it names none.
    """
    if text.lower() == "now":
        return after
    try:
        return after + durations.parse(text.lstrip("+"))
    except ValueError:
        pass
    shape = _CLOCK.fullmatch(text)
    if shape is None:
        raise ValueError(f'"{text}" is no time; {HOW}')
    at = time(int(shape["hour"]), int(shape["minute"]))
    day, from_day = (shape["day"] or "").lower(), after.astimezone(zone).date()
    if day in ("today", "tomorrow"):
        return instant(datetime.combine(today + _DAY * (day == "tomorrow"), at), zone, fold=0)
    if day[:3] in DAYS and day.isalpha():
        from_day += _DAY * ((DAYS.index(day[:3]) - from_day.weekday()) % 7)
    elif day:
        try:
            return instant(datetime.combine(date.fromisoformat(day), at), zone, fold=0)
        except ValueError:
            raise ValueError(f'"{text}" is no time; {HOW}') from None
    found = instant(datetime.combine(from_day, at), zone, fold=0)
    return found if found > after else instant(datetime.combine(from_day + _DAY * (7 if day else 1), at), zone, fold=0)
