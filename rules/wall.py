"""The clock on the brand's wall: what "by 3pm", "tomorrow" and "end of day" are as instants. Reads no words.

Every convention about a time that people leave half said stands here, once:

* a day that is only named ends with its working hours; where it has none, or no hours are set, at 18:00; where that
  is over already, at midnight;
* a week that is only named ends with Friday, or with the last working day before it; where that is over, with Sunday;
* a morning ends at noon, lunch at 13:00, an afternoon at 18:00, an evening at 22:00, a night at midnight;
* hours and minutes are counted on the wall, days and weeks by the calendar, working days to the end of the last one;
* a wall time that a clock change skips is as much later as the clock jumped; of one that comes twice, the second
  counts.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rules.hours import deadline
from rules.model import Span

OPENS, CLOSES = time(9), time(18)
"""The hours of a working day where none are set."""
FRIDAY = 4
PARTS = {
    "morning": time(12),
    "noon": time(12),
    "lunch": time(13),
    "afternoon": time(18),
    "evening": time(22),
    "night": time(0),
}
"""When each part of a day ends; a night ends with the day."""
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
_DAWN, _DUSK = 7, 19
_HALF = 12


@dataclass(frozen=True, slots=True)
class Wall:
    """What the clock and the calendar on the wall show when something is said."""

    said: datetime
    zone: ZoneInfo
    hours: Sequence[Span] | None

    @property
    def today(self) -> date:
        """The day on which it is said."""
        return self.said.astimezone(self.zone).date()

    def day(self, after: int) -> date:
        """The day so many days from today."""
        return self.today + after * _DAY

    def at(self, day: date, clock: time, zone: ZoneInfo | None = None) -> datetime:
        """The instant at which a clock on the wall shows ``clock`` on ``day``."""
        shown = datetime.combine(day, clock, zone or self.zone)
        skipped = shown.astimezone(UTC).astimezone(shown.tzinfo).replace(tzinfo=None) != shown.replace(tzinfo=None)
        return shown.replace(fold=0 if skipped else 1).astimezone(UTC)

    def ends(self, part: str, day: date) -> datetime:
        """When a part of ``day`` is over."""
        return self.at(day + _DAY if part == "night" else day, PARTS[part])

    def next(self, part: str) -> datetime:
        """When the next such part of a day is over."""
        today = self.ends(part, self.today)
        return today if today > self.said else self.ends(part, self.day(1))

    def closes(self, day: date) -> datetime:
        """The end of ``day`` as one who works there means it."""
        end = self._closes(day)
        return end if end > self.said else self.at(day + _DAY, time(0))

    def week(self, after: int, last: int = FRIDAY) -> datetime:
        """The end of the week so many weeks from this one, or of its weekday ``last`` (Monday is 0)."""
        monday = self.today - self.today.weekday() * _DAY + after * _WEEK
        days = [monday + number * _DAY for number in range(last + 1)]
        end = self._closes(next((day for day in reversed(days) if self._works(day)), days[-1]))
        return end if end > self.said else self.at(monday + _WEEK, time(0))

    def working_days(self, number: int) -> datetime:
        """The end of the so manieth working day after today."""
        day = self.today
        for _ in range(number):
            day += _DAY
            # A place that is closed for good still has to find a day.
            day = next((later for later in (day + ahead * _DAY for ahead in range(30)) if self._works(later)), day)
        return self.closes(day)

    def working_time(self, length: timedelta) -> datetime | None:
        """When so much open time has passed."""
        return deadline(self.said, length, self._office() if self.hours is None else self.hours)

    def days(self, number: int) -> datetime:
        """The same time on the wall so many days later."""
        shown = self.said.astimezone(self.zone)
        return self.at(shown.date() + number * _DAY, shown.time())

    def clock(self, hour: int, minute: int, day: date | None, zone: ZoneInfo | None, *, dial: int) -> datetime | None:
        """What a time of day means; None where it could be meant otherwise.

        Args:
            hour: as it was said.
            minute: as it was said.
            day: the day that was named, if one was.
            zone: the zone that was named, if one was.
            dial: 24 where the hour can be read in one way only, otherwise 12: then it is the next time that the clock
                shows it, provided that it is by day (07:00 to 18:59).
        """
        hours = [hour] if dial > _HALF else [hour % _HALF, hour % _HALF + _HALF]
        times = [time(each, minute) for each in hours]
        if day is not None:
            named = [self.at(day, each, zone) for each in times if dial > _HALF or _DAWN <= each.hour < _DUSK]
            return named[0] if named else None
        here = self.said.astimezone(zone or self.zone).date()
        ahead = [(self.at(here + later * _DAY, each, zone), each) for later in (0, 1) for each in times]
        until, shown = min(pair for pair in ahead if pair[0] > self.said)
        return until if dial > _HALF or _DAWN <= shown.hour < _DUSK else None

    def _closes(self, day: date) -> datetime:
        worked = self._open(day)
        return min(worked[-1].end, self.at(day + _DAY, time(0))) if worked else self.at(day, CLOSES)

    def _works(self, day: date) -> bool:
        known = self.hours is not None and bool(self.hours) and self.at(day, time(0)) < self.hours[-1].end
        return bool(self._open(day)) if known else day.weekday() <= FRIDAY

    def _open(self, day: date) -> list[Span]:
        """The spans that are open at some time of ``day``."""
        if not self.hours:
            return []
        start, end = self.at(day, time(0)), self.at(day + _DAY, time(0))
        before = bisect_left(self.hours, end, key=lambda span: span.start)
        return [span for span in self.hours[max(before - 8, 0) : before] if span.end > start]

    def _office(self) -> list[Span]:
        days = (self.day(ahead) for ahead in range(120))
        return [Span(self.at(day, OPENS), self.at(day, CLOSES)) for day in days if day.weekday() <= FRIDAY]
