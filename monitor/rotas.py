"""``[[rota]]`` tables: who takes turns, expanded from a zone's calendar into plain shifts. Decides nothing.

A handover at nine stays at nine on the wall clock, whatever the clocks do in between.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from monitor.calendar import HoursSettings, Zone, instant, spans
from rules.durations import Duration
from rules.model import Shift, Span

ONCALL = "oncall:"
"""How a step names a rota: ``oncall:NAME``."""
_DAY = timedelta(days=1)


_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _whole_days(length: timedelta) -> timedelta:
    if length < _DAY or length % _DAY:
        raise ValueError('is no number of days; write "1d", "7d" or "14d"')
    return length


def _clock(at: str) -> str:
    if not _TIME.fullmatch(at):
        raise ValueError('is no time of day; write it as "09:00"')
    return at


Clock = Annotated[str, AfterValidator(_clock)]


class RotaSettings(BaseModel):
    """``[[rota]]``: people who take turns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[\w.-]+$", description='how steps name it: "oncall:NAME"')
    people: tuple[str, ...] = Field(min_length=1, description="names of [[person]] tables, in their order")
    every: Annotated[Duration, AfterValidator(_whole_days)] = Field(
        timedelta(days=7), description="length of a turn, in whole days"
    )
    start: date = Field(description="the day on which the first of them begins, such as 2026-01-05")
    handover: Clock = Field("09:00", description="time of day at which turns change")
    zone: Zone = Field("", description="time zone of the handover; the brand's if left out", validate_default=False)
    hours: str = Field("always", description='"always", or the [[hours]] table outside of which nobody is on call')


def shifts(
    rota: RotaSettings, hours: Mapping[str, HoursSettings], since: datetime, until: datetime
) -> tuple[Shift, ...]:
    """The shifts that touch ``since`` to ``until``, in time order."""
    turns = [turn for turn in _turns(rota, since, until) if turn.span.end > since]
    if rota.hours == "always":
        return tuple(turns)
    opened = spans(hours[rota.hours], since, until)
    cut = (
        Shift(turn.person, Span(max(turn.span.start, span.start), min(turn.span.end, span.end)))
        for turn in turns
        for span in opened
    )
    return tuple(shift for shift in cut if shift.span.start < shift.span.end)


def _turns(rota: RotaSettings, since: datetime, until: datetime) -> Iterator[Shift]:
    zone, handover = ZoneInfo(rota.zone), time.fromisoformat(rota.handover)

    def begins(number: int) -> datetime:
        return instant(datetime.combine(rota.start + number * rota.every, handover), zone, fold=0)

    number = max((since.astimezone(zone).date() - rota.start) // rota.every - 1, 0)
    while (start := begins(number)) < until:
        yield Shift(rota.people[number % len(rota.people)], Span(start, begins(number + 1)))
        number += 1
