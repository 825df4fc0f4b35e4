"""The ``[drill]`` table: whom a drill pages, and when one happens by itself. Starts none."""

import re
from collections.abc import Sequence
from datetime import time, timedelta
from typing import TYPE_CHECKING, Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from monitor.calendar import Zone
from monitor.rotas import ONCALL, Clock
from monitor.settings import Recipient
from rules.durations import Duration

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_DAY = re.compile(r"[1-9]|1[0-9]|2[0-8]|last|(1st|2nd|3rd|4th|last) (mon|tue|wed|thu|fri|sat|sun)")


def _day(written: str) -> str:
    if not _DAY.fullmatch(written):
        raise ValueError('is no day that every month has; write "1st tue", "last fri", "15" or "last"')
    return written


def _after_one(at: str) -> str:
    if time.fromisoformat(at).hour == 0:
        # The scheduler leaves a day out on which the clocks have changed, for what is to happen in its first hour.
        raise ValueError('is in the first hour of a day; write a later time, such as "10:00"')
    return at


class Drills(BaseModel):
    """``[drill]``: drills, by hand and by the month."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Recipient = Field(
        "", description='whom a drill pages, such as "oncall:desk"; the first rota if left out', validate_default=False
    )
    wait: Duration = Field(
        timedelta(minutes=15), gt=timedelta(0), description="how long it waits for somebody to take it"
    )
    monthly: Annotated[str, AfterValidator(_day)] | None = Field(
        None, description='the day of each month with a drill: "1st tue", "last fri", "15" ...; absent: none by itself'
    )
    at: Annotated[Clock, AfterValidator(_after_one)] = Field("10:00", description="the time of that day")
    zone: Zone = Field("", description="time zone of that time; the brand's if left out", validate_default=False)

    def filled(self, zone: str, rotas: Sequence[str]) -> Self:
        """The same with the brand's zone, and the first of the rotas, where nothing else is said."""
        to = self.to or (f"{ONCALL}{rotas[0]}" if rotas else "")
        return self.model_copy(update={"zone": self.zone or zone, "to": to})

    def trigger(self) -> "CronTrigger | None":
        """When drills happen by themselves, as the scheduler has it; None for never."""
        if self.monthly is None:
            return None
        from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - only the daemon needs it

        at = time.fromisoformat(self.at)
        return CronTrigger(day=self.monthly, hour=at.hour, minute=at.minute, timezone=ZoneInfo(self.zone))
