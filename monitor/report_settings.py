"""The ``[report]`` table: where the weekly report goes, and when. Makes none."""

from datetime import datetime, time, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from monitor.calendar import DAYS, Zone, instant
from monitor.rotas import Clock
from monitor.settings import Channel


class WeeklyReport(BaseModel):
    """``[report]``: what became of customers, posted to a channel once a week."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Channel | None = Field(None, description='the channel it is posted to, such as "#care"; absent: no report')
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = Field(
        "mon", description="the day on which it is posted"
    )
    at: Clock = Field("09:00", description="the time of that day; the report's week ends then")
    zone: Zone = Field("", description="time zone of that time; the brand's if left out", validate_default=False)

    def filled(self, zone: str) -> Self:
        """The same with the brand's zone, where nothing else is said."""
        return self.model_copy(update={"zone": self.zone or zone})

    def weeks_end(self, now: datetime) -> datetime:
        """The latest instant, up to ``now``, at which a report's week ended."""
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone).date()
        day = local - timedelta(days=(local.weekday() - DAYS.index(self.weekday)) % 7)
        ends = (
            instant(datetime.combine(each, time.fromisoformat(self.at)), zone, fold=0)
            for each in (day, day - timedelta(days=7))
        )
        return next(end for end in ends if end <= now)

    def weeks_start(self, end: datetime) -> datetime:
        """When the week that ends at ``end`` began, by the clock on the wall."""
        zone = ZoneInfo(self.zone)
        day = end.astimezone(zone).date() - timedelta(days=7)
        return instant(datetime.combine(day, time.fromisoformat(self.at)), zone, fold=0)
