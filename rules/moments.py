"""The times that a text names, each with its place and the instant it means. Knows the words of no language.

"tomorrow morning", "by 3pm EST on Friday", "in the next 2 hours": small pieces are found first, and pieces side by side
are one time. What is over, repeats, or could be meant otherwise ("3 hours ago", "every day", "a few days", "12/05") is
no time at all. Which words make a piece is said by a ``Tongue``, what half a time means by ``rules.wall``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rules.wall import FRIDAY, Wall


@dataclass(frozen=True, slots=True)
class Moment:
    """A time named in a text."""

    start: int
    """Where its words begin, with the word that leads them ("by")."""
    end: int
    until: datetime
    firm: bool
    """Said as a limit ("by", "within") and not only as a time."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language speaks of times. Groups of the patterns that a language has no use for stay empty."""

    pieces: re.Pattern[str]
    """One alternative for each of ``KINDS``, in a group of that name, and in it the groups that its sense asks for."""
    glue: re.Pattern[str]
    """What may stand between two pieces of one time."""
    lead: re.Pattern[str]
    """What stands before a time: ``firm`` words for a limit, ``bad`` ones for what is no promise."""
    trail: re.Pattern[str]
    """What stands behind: ``latest`` for a limit, ``over`` for what is no promise."""
    lasting: frozenset[str]
    """First words of leads that a length of time may have: "in 2 hours", and not "at 2 hours"."""
    before: frozenset[str]
    """First words of leads by which a week-end means that it has not begun."""
    numbers: Mapping[str, int]
    units: Mapping[str, timedelta]
    """By their first letters."""
    weekdays: tuple[str, ...]
    """Their first letters, Monday first."""
    months: tuple[str, ...]
    parts: Mapping[str, str]
    """The parts of a day by their first letters, as in ``rules.wall``."""
    dial: int
    """Hours on the clock that people have in mind where they do not say: 12 or 24."""


ZONES = {
    name: ZoneInfo(zone)
    for zone, names in {
        "UTC": ("utc", "gmt"),
        "America/New_York": ("et", "est", "edt", "eastern"),
        "America/Chicago": ("ct", "cst", "cdt", "central"),
        "America/Denver": ("mt", "mst", "mdt", "mountain"),
        "America/Los_Angeles": ("pt", "pst", "pdt", "pacific"),
        "Europe/London": ("bst",),
        "Europe/Berlin": ("cet", "cest", "mez", "mesz"),
        "Australia/Sydney": ("aest", "aedt"),
    }.items()
    for name in names
}
"""What people call zones. Summer's and winter's names are one: few tell them apart."""

_FARTHEST = timedelta(days=92)
_LEADS = 60
"""Characters in front of a time in which the words that lead it stand."""
_NOON = 12
_HALVES = {"morning": "a", "afternoon": "p", "evening": "p", "night": "p"}
_EARLY, _MIDDLE = 1, 2
_DAY = timedelta(days=1)

_Piece = re.Match[str]
_Sense = date | datetime | str
"""A day, an instant, a part of a day."""
CLOSING = "closing"


def moments(text: str, wall: Wall, tongue: Tongue) -> list[Moment]:
    """The times to come that ``text`` names, in the order of their places."""
    found = []
    for pieces in _groups(text, tongue):
        start, end = pieces[0].start(), pieces[-1].end()
        lead = tongue.lead.search(text, max(start - _LEADS, 0), start)
        trail = tongue.trail.match(text, end)
        if (lead and lead["bad"]) or (trail and trail["over"]):
            continue
        until = _meant(pieces, wall, tongue, lead[0].casefold().split()[0] if lead else "")
        if until is not None and wall.said < until <= wall.said + _FARTHEST:
            firm = bool((lead and lead["firm"]) or trail)
            found.append(Moment(lead.start() if lead else start, trail.end() if trail else end, until, firm))
    return found


def _groups(text: str, tongue: Tongue) -> Iterator[list[_Piece]]:
    """Pieces that stand side by side, with nothing but glue between."""
    group: list[_Piece] = []
    for piece in tongue.pieces.finditer(text):
        if group and tongue.glue.fullmatch(text, group[-1].end(), piece.start()) is None:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


@dataclass(slots=True)
class _Said:
    """What the pieces of one time say."""

    days: set[date] = field(default_factory=set)
    instants: list[datetime] = field(default_factory=list)
    part: str | None = None
    clocks: list[_Piece] = field(default_factory=list)

    def take(self, senses: Sequence[_Sense]) -> bool:
        """Add what one piece means; whether it means anything."""
        for sense in senses:
            if isinstance(sense, datetime):
                self.instants.append(sense)
            elif isinstance(sense, date):
                self.days.add(sense)
            else:
                self.part = sense
        return bool(senses)


def _meant(pieces: list[_Piece], wall: Wall, tongue: Tongue, lead: str) -> datetime | None:
    """The instant that pieces side by side mean together; None where they mean none, or several."""
    said = _Said()
    for piece in pieces:
        kind = next(kind for kind in KINDS if piece[kind] is not None)
        if kind == "hour":
            said.clocks.append(piece)
        elif not said.take(_SENSES[kind](piece, wall, tongue, lead)):
            return None
    # "Friday 5 May" is one day said twice.
    if len(said.instants) + len(said.clocks) > 1 or len(said.days) > 1 or (said.instants and said.days):
        return None
    if said.instants:
        return said.instants[0]
    day = next(iter(said.days), None)
    if said.clocks:
        return _at(said, day, wall, tongue, lead)
    if said.part == CLOSING or said.part is None:
        return wall.closes(day or wall.today)
    return wall.ends(said.part, day) if day else wall.next(said.part)


def _at(said: _Said, day: date | None, wall: Wall, tongue: Tongue, lead: str) -> datetime | None:
    """A time of day, whatever else was said of the day."""
    piece = said.clocks[0]
    shown = piece["till"] or piece["hour"]
    hour, minute = int(shown), int(piece["minute"] or 0)
    zone = None
    if piece["zone"] and (zone := ZONES.get(piece["zone"].casefold().removesuffix(" time"))) is None:
        return None
    exact = hour > _NOON or shown.startswith("0") or (tongue.dial > _NOON and hour > _NOON // 2)
    half = (piece["half"] or _HALVES.get(said.part or "", "")).casefold()
    if half and hour <= _NOON:
        hour, exact = hour % _NOON + (_NOON if half == "p" else 0), True
    elif piece["plain"] is not None and lead not in tongue.before:
        return None
    return wall.clock(hour, minute, day, zone, dial=24 if exact else 12)


def _nothing(_piece: _Piece, _wall: Wall, _tongue: Tongue, _lead: str) -> tuple[_Sense, ...]:
    return ()


def _length(piece: _Piece, wall: Wall, tongue: Tongue, lead: str) -> tuple[_Sense, ...]:
    if lead not in tongue.lasting:
        return ()
    if piece["number"] is None:
        return (wall.said + timedelta(minutes=30),)
    word = piece["number"].casefold()
    number = 2 if piece["two"] else tongue.numbers.get(word) or int(word)
    length = next(length for start, length in tongue.units.items() if piece["unit"].casefold().startswith(start))
    if length >= _DAY:
        days = number * length // _DAY
        # A working week has five days.
        return (wall.working_days(days if length == _DAY else 5 * number) if piece["working"] else wall.days(days),)
    until = wall.working_time(number * length) if piece["working"] else wall.said + number * length
    return (until,) if until else ()


def _weekend(_piece: _Piece, wall: Wall, tongue: Tongue, lead: str) -> tuple[_Sense, ...]:
    return (wall.week(0) if lead in tongue.before else wall.closes(wall.day(6 - wall.today.weekday())),)


def _week(piece: _Piece, wall: Wall, _tongue: Tongue, _lead: str) -> tuple[_Sense, ...]:
    last = _EARLY if piece["early"] else _MIDDLE if piece["mid"] else FRIDAY
    return (wall.week(1 if piece["next"] else 0, last),)


def _month(_piece: _Piece, wall: Wall, _tongue: Tongue, _lead: str) -> tuple[_Sense, ...]:
    following = (wall.today.replace(day=1) + 32 * _DAY).replace(day=1)
    return (wall.closes(following - _DAY),)


def _weekday(piece: _Piece, wall: Wall, tongue: Tongue, _lead: str) -> tuple[_Sense, ...]:
    """The day so called; today's own name may mean today or in a week, and so means neither."""
    name, today = piece["name"].casefold(), wall.today.weekday()
    number = next(number for number, start in enumerate(tongue.weekdays) if name.startswith(start))
    senses: tuple[_Sense, ...] = ()
    if piece["coming"]:
        senses = (wall.day(number - today + 7),)
    elif number != today or piece["this"]:
        senses = (wall.day((number - today) % 7),)
    return (*senses, *_part_of(piece["also"], tongue)) if senses else ()


def _date(piece: _Piece, wall: Wall, tongue: Tongue, _lead: str) -> tuple[_Sense, ...]:
    """A date; without a year, or without a month, the next one."""
    text, today = piece["date"].casefold(), wall.today
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    named = next((number for number, name in enumerate(tongue.months, 1) if name in text), None)
    try:
        if "-" in text:
            return (date(*numbers),)
        month = named or (numbers[1] if len(numbers) > 1 else None)
        if month is None:
            dated = today.replace(day=numbers[0])
            return (dated if dated >= today else (today.replace(day=1) + 32 * _DAY).replace(day=numbers[0]),)
        dated = date(today.year, month, numbers[0])
        return (dated if dated >= today else date(today.year + 1, month, numbers[0]),)
    except (ValueError, TypeError):
        return ()


def _daypart(piece: _Piece, wall: Wall, tongue: Tongue, _lead: str) -> tuple[_Sense, ...]:
    part = _part_of(piece["part"], tongue)
    return (wall.today, *part) if piece["ours"] else part


def _part_of(word: str | None, tongue: Tongue) -> tuple[str, ...]:
    found = (part for start, part in tongue.parts.items() if word and word.casefold().startswith(start))
    return tuple(found)[:1]


_SENSES: Mapping[str, Callable[[_Piece, Wall, Tongue, str], tuple[_Sense, ...]]] = {
    "over": _nothing,
    "length": _length,
    "date": _date,
    "closing": lambda *_: (CLOSING,),
    "weekend": _weekend,
    "week": _week,
    "month": _month,
    "workday": lambda _piece, wall, *_: (wall.working_days(1),),
    "after": lambda _piece, wall, *_: (wall.day(2),),
    "tomorrow": lambda piece, wall, tongue, _: (wall.day(1), *_part_of(piece["early_on"], tongue)),
    "today": lambda _piece, wall, *_: (wall.today,),
    "tonight": lambda _piece, wall, *_: (wall.today, "night"),
    "weekday": _weekday,
    "daypart": _daypart,
}
KINDS = ("hour", *_SENSES)
"""What a piece may be."""
