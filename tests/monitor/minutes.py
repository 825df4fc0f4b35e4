"""An oracle for working hours: it steps through every minute of two years and asks what the clock on the wall shows.

It shares no arithmetic with what it checks. A door is open from the first minute at which its clock has come to the
opening, until the last minute at which its clock has yet to come to the closing.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, count
from zoneinfo import ZoneInfo

from holidays import country_holidays

MINUTE = timedelta(minutes=1)
_DAY = 24 * 60
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MARGIN = 3 * _DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = 15
"""Zones change at quarters of an hour only; within one, the clock on the wall goes on minute by minute."""


class Wall:
    """What the clocks of a zone have shown by, and will yet show from, each minute of two years.

    Args:
        zone: the zone.
        year: the first of the two years.
    """

    def __init__(self, zone: str, year: int) -> None:
        self.zone = zone
        self.first = datetime(year, 1, 1, tzinfo=UTC)
        self.last = datetime(year + 2, 1, 1, tzinfo=UTC)
        self.start = self.first - _MARGIN * MINUTE
        shown = array("l", self._readings())
        self.latest = array("l", accumulate(shown, max))
        """The furthest the clock had come by each minute."""
        self.earliest = array("l", accumulate(reversed(shown), min))
        self.earliest.reverse()
        """The least the clock will yet show from each minute on."""

    def _readings(self) -> Iterator[int]:
        """What the wall shows at each minute, as minutes from 1970 on a clock that never changes."""
        place, at = ZoneInfo(self.zone), self.start
        while at < self.last + _MARGIN * MINUTE:
            shift = at.astimezone(place).utcoffset()
            assert shift is not None
            shown = (at - _EPOCH + shift) // MINUTE
            yield from range(shown, shown + _QUARTER)
            at += _QUARTER * MINUTE


@cache
def wall(zone: str, year: int) -> Wall:
    """One for each zone: it takes a while."""
    return Wall(zone, year)


class Door:
    """A timetable, minute by minute.

    Args:
        on: the clock at the door.
        week: weekday -> ranges such as "22:00-06:00".
        closed: days on which nothing opens.
        opened: days that open whatever else is said.
        holidays: regions whose holidays are closed.
    """

    def __init__(
        self,
        on: Wall,
        week: dict[str, list[str]],
        closed: tuple[date, ...] = (),
        opened: tuple[date, ...] = (),
        holidays: tuple[str, ...] = (),
    ) -> None:
        self.wall = on
        self.open = bytearray(len(on.latest))
        free = [country_holidays(*region.split("-")) for region in holidays]
        for number in count(on.latest[0] // _DAY):
            if number * _DAY > on.latest[-1]:
                break
            day = date(1970, 1, 1) + timedelta(days=number)
            if day not in opened and (day in closed or any(day in each for each in free)):
                continue
            for written in week.get(_DAYS[day.weekday()], ()):
                opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in written.split("-"))
                closes += _DAY if closes <= opens else 0
                begin = bisect_left(on.latest, number * _DAY + opens)
                end = bisect_left(on.earliest, number * _DAY + closes)
                if begin < end:
                    self.open[begin:end] = b"\1" * (end - begin)
        self.passed = array("l", accumulate(self.open, initial=0))
        """Open minutes before each minute."""

    def spans(self) -> list[tuple[datetime, datetime]]:
        """The open times, as far as the clock was watched."""
        found, at = [], self.open.find(1)
        while at >= 0:
            end = self.open.find(0, at)
            end = len(self.open) if end < 0 else end
            found.append((self._instant(at), self._instant(end)))
            at = self.open.find(1, end)
        return found

    def deadline(self, since: datetime, allowance: timedelta) -> datetime | None:
        """The first instant by which so much open time has passed; the first open one, if it is none."""
        begin, over = divmod(since - self.wall.start, MINUTE)
        if not allowance:
            if self.open[begin]:
                return since
            at = self.open.find(1, begin)
            return None if at < 0 else self._instant(at)
        needed = self.passed[begin] * MINUTE + (over if self.open[begin] else timedelta()) + allowance
        whole = -(-needed // MINUTE)
        if whole > self.passed[-1]:
            return None
        return self._instant(bisect_left(self.passed, whole)) - (whole * MINUTE - needed)

    def _instant(self, minute: int) -> datetime:
        return self.wall.start + minute * MINUTE
