"""``[[quiet]]`` tables: maintenance windows. Decides nothing; muted authors are noted by hand, not here.

Times without an offset are read on the wall clock of the window's zone.
"""

from datetime import UTC, datetime
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.calendar import Zone, instant
from rules.model import Span
from rules.quiet import Quiet

LAST = 9999
"""A year in which other zones may be past the last day there is."""


class QuietSettings(BaseModel):
    """``[[quiet]]``: a time in which pages are held back, but for those of a crisis."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = Field(min_length=1, max_length=80, description="what it is for, as the operators are told")
    since: datetime = Field(alias="from", description="when it begins, such as 2026-12-05T22:00:00")
    until: datetime = Field(description="when it ends; what still waits is paged about then")
    zone: Zone = Field("", description="time zone of both; the brand's if left out", validate_default=False)
    sources: tuple[str, ...] = Field((), description="the sources it is about; none: all")
    topics: tuple[str, ...] = Field((), description="topics of the rule files that it is about; none: all")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if not all(1 < at.year < LAST for at in (self.since, self.until)):
            raise ValueError("is at no time that clocks can tell; write a year such as 2026")
        if _instant(self.until, "UTC") <= _instant(self.since, "UTC"):
            raise ValueError("is over before it begins; write an until that is later than from")
        return self

    @property
    def quiet(self) -> Quiet:
        """The window as ``rules/`` reads it."""
        return Quiet(
            span=Span(_instant(self.since, self.zone), _instant(self.until, self.zone)),
            by="the config",
            name=self.name,
            sources=frozenset(self.sources),
            topics=frozenset(self.topics),
        )


def _instant(at: datetime, zone: str) -> datetime:
    return at.astimezone(UTC) if at.tzinfo is not None else instant(at, ZoneInfo(zone), fold=0)
