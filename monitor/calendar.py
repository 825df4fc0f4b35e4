"""Turns a weekly timetable in a zone into plain open spans in UTC. Decides nothing; ``rules/`` counts over the spans.

Clocks that change are taken as people at the door would: opening means the first moment the wall clock shows that time
or has jumped past it, closing means the last.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from rules.mistakes import did_you_mean
from rules.model import Span

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_FIRST = datetime.min.replace(tzinfo=UTC) + 3 * _DAY
_LAST = datetime.max.replace(tzinfo=UTC) - 3 * _DAY
"""As far as zones can be asked: they shift by up to a day, and a night opens the day before."""
_RANGE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        meant = did_you_mean(name, available_timezones())
        cure = f'did you mean "{meant}"?' if meant else 'write it as "Europe/Berlin" or "UTC"'
        raise ValueError(f"is no time zone; {cure}") from None
    return name


@lru_cache
def _minutes(written: str) -> tuple[int, int]:
    """Opening and closing in minutes from midnight; a closing past 24 hours is on the next day."""
    shape = _RANGE.fullmatch(written)
    hour, minute, end_hour, end_minute = map(int, shape.groups()) if shape else (0, 0, 0, 0)
    start, end, day = hour * 60 + minute, end_hour * 60 + end_minute, 24 * 60
    if start == end or end > day:
        raise ValueError('holds no range of hours; write it as "09:00-17:30", "22:00-06:00" or "00:00-24:00"')
    return start, end if end > start else end + day


def _ranges(ranges: tuple[str, ...]) -> tuple[str, ...]:
    for each in ranges:
        _minutes(each)
    return ranges


def _regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    for region in regions:
        try:
            _holidays(region, 2026)
        except NotImplementedError:
            raise ValueError(f'names "{region}", whose holidays nobody knows; write "DE", "DE-BE" or "US-CA"') from None
    return regions


@lru_cache(maxsize=256)
def _holidays(region: str, year: int) -> frozenset[date]:
    """The public holidays of a country or a region (ISO 3166) in one year."""
    from holidays import country_holidays  # noqa: PLC0415 - most timetables name no region

    country, _, part = region.partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=year))


Zone = Annotated[str, AfterValidator(_zone)]
Ranges = Annotated[tuple[str, ...], AfterValidator(_ranges)]


class Week(BaseModel):
    """``week`` of an ``[[hours]]`` table: the open ranges of each day, on the wall clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mon: Ranges = Field((), description='open on Mondays, such as ["09:00-12:30", "13:30-18:00"]')
    tue: Ranges = Field((), description="open on Tuesdays")
    wed: Ranges = Field((), description="open on Wednesdays")
    thu: Ranges = Field((), description="open on Thursdays")
    fri: Ranges = Field((), description="open on Fridays")
    sat: Ranges = Field((), description="open on Saturdays")
    sun: Ranges = Field((), description="open on Sundays")

    @model_validator(mode="after")
    def _ever_open(self) -> Self:
        if not any(getattr(self, day) for day in DAYS):
            raise ValueError('is never open; give at least one day its hours, such as mon = ["09:00-17:30"]')
        return self


class HoursSettings(BaseModel):
    """``[[hours]]``: a named timetable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description='how policies name it; "always" is taken')
    zone: Zone = Field("", description="time zone of the timetable; the brand's if left out", validate_default=False)
    week: Week = Field(description="the open ranges of each day of the week")
    closed: tuple[date, ...] = Field((), description="days on which nothing opens, such as 2026-12-25")
    open: tuple[date, ...] = Field((), description="days that open although they are holidays or closed")
    holidays: Annotated[tuple[str, ...], AfterValidator(_regions)] = Field(
        (), description='countries or regions whose public holidays are closed, such as ["DE-BE", "AT"]'
    )


def spans(hours: HoursSettings, since: datetime, until: datetime) -> tuple[Span, ...]:
    """The open spans that touch ``since`` to ``until``, in time order and apart from each other.

    They are not cut at ``since`` and ``until``. A range that runs past midnight belongs to the day it opens on; on a
    closed day nothing opens.
    """
    zone = ZoneInfo(hours.zone)
    first, last = (min(max(moment, _FIRST), _LAST).astimezone(zone).date() for moment in (since, until))
    joined: list[Span] = []
    for span in _opened(hours, zone, first - _DAY, last):
        if span.end <= since or span.start >= until or span.start >= span.end:
            continue
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return tuple(joined)


def moments(times: Iterable[str], zone: str, since: datetime, until: datetime) -> Iterator[datetime]:
    """When clocks in ``zone`` show these times of day, such as ``09:00``, day by day; each once, in time order."""
    first, last = (min(max(moment, _FIRST), _LAST).astimezone(ZoneInfo(zone)).date() for moment in (since, until))
    shown = sorted(set(map(time.fromisoformat, times)))
    for days in range((last - first).days + 1):
        yield from (instant(datetime.combine(first + days * _DAY, at), ZoneInfo(zone), fold=0) for at in shown)


def is_open(hours: Sequence[Span], at: datetime) -> bool:
    """Whether ``at`` lies within one of the spans, which are in time order."""
    place = bisect_right(hours, at, key=lambda span: span.start)
    return place > 0 and at < hours[place - 1].end


def opens_at(hours: HoursSettings, at: str) -> bool:
    """Whether a timetable is open at a time of day, on one day of the week at least."""
    minute, day = time.fromisoformat(at), 24 * 60
    now = minute.hour * 60 + minute.minute
    ranges = (_minutes(each) for weekday in DAYS for each in getattr(hours.week, weekday))
    return any(start <= now < end or start <= now + day < end for start, end in ranges)


def open_in_a_year(hours: HoursSettings) -> timedelta:
    """How long a timetable is open in 52 weeks that have no closed day."""
    week = (_minutes(each) for day in DAYS for each in getattr(hours.week, day))
    return 52 * timedelta(minutes=sum(end - start for start, end in week))


def _opened(hours: HoursSettings, zone: ZoneInfo, first: date, last: date) -> Iterator[Span]:
    day = first
    while day <= last:
        ranges = () if _closed(hours, day) else getattr(hours.week, DAYS[day.weekday()])
        midnight = datetime.combine(day, time())
        for start, end in sorted(map(_minutes, ranges)):
            yield Span(
                instant(midnight + timedelta(minutes=start), zone, fold=0),
                instant(midnight + timedelta(minutes=end), zone, fold=1),
            )
        day += _DAY


def _closed(hours: HoursSettings, day: date) -> bool:
    if day in hours.open:
        return False
    return day in hours.closed or any(day in _holidays(region, day.year) for region in hours.holidays)


def instant(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    """The instant at which clocks in ``zone`` show ``wall``: of two the earlier for fold 0, of none the jump itself."""
    earlier, later = sorted(wall.replace(tzinfo=zone, fold=each).astimezone(UTC) for each in (0, 1))
    if later.astimezone(zone).replace(tzinfo=None) == wall:
        return (earlier, later)[fold]
    while later - earlier > timedelta(seconds=1):  # the clocks jump over ``wall`` somewhere between these two
        middle = earlier + (later - earlier) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            earlier = middle
        else:
            later = middle
    return later.replace(microsecond=0)
