"""One-off or systemic: who asks about a topic, in how many weeks, and whether that has changed at some day.

Looks further back than the report's own time, for a week cannot show what recurs. It groups by the topics of verdicts
only and never says that two authors are one person.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.report.dossier import Dossier, Facts, Storm
from rules.report.values import Column, Drawn, Row, Section, Table, Unit
from rules.surge import cause

BACK = timedelta(weeks=12)
"""How far before the end of a report recurrence is looked for."""
_WEEK, _DAY = timedelta(weeks=1), timedelta(days=1)
_WEEKS, _AUTHORS = 3, 3
"""In so many weeks and from so many people: it recurs. So many weeks have to be known for it to be told."""
_DAYS = 14
"""Fewer days show no change."""
_RARE = 0.01
"""A change that chance alone shows so seldom is none of chance's; of several topics one in twenty would be too many."""
_READ = 300
"""Posts whose words are read for a name."""
_HOW = (
    "Systemic: at least three people in at least three of the last twelve weeks; one-off: one person, or one week. A"
    " change is told where Pettitt's test on the people of each day finds one that chance shows in one series of a"
    " hundred."
)


class Pattern(StrEnum):
    """What a topic looks like over weeks."""

    ONE_OFF = "one-off"
    """One person, or all within one week."""
    RETURNING = "returning"
    """In two weeks, or from two people: it may become either."""
    SYSTEMIC = "systemic"
    """Several people, week after week."""
    EARLY = "too early to say"
    """Too few weeks are known."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a topic is spread over people and weeks."""

    authors: int
    weeks: int
    """Weeks in which somebody asked."""
    known: int
    """Weeks that were looked at."""
    pattern: Pattern
    change: str | None
    """Since when there are more of them, or fewer; None where that cannot be told."""


def topics(facts: Facts) -> Section:
    """Every topic of the time, the commonest first, and the incidents of the time."""
    groups: dict[str, list[Dossier]] = {}
    for each in facts.opened:
        for topic in each.topics:
            groups.setdefault(topic, []).append(each)
    rows = []
    for topic, dossiers in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        asked = (facts.about or {}).get(topic, ())
        spread_ = spread(asked, facts.known, facts.until)
        said = [each.first for each in dossiers[:_READ] if each.first is not None]
        words = ", ".join(cause(said, facts.names).words[:5]) if len(said) > 1 else ""
        weeks = f"{spread_.weeks} of {spread_.known}" if spread_.known else "none known"
        people = len({each.person for each in dossiers})
        values = (len(dossiers), people, weeks, spread_.pattern.value, spread_.change or "", words)
        rows.append(Row(topic, values, tuple(each.case.id for each in dossiers)))
    columns = (
        Column("cases", Unit.COUNT),
        Column("people", Unit.COUNT),
        Column("weeks heard in", Unit.TEXT),
        Column("pattern", Unit.TEXT),
        Column("change", Unit.TEXT),
        Column("in their words", Unit.TEXT),
    )
    tables = [Table("topics", "Topics", "topic", columns, tuple(rows), Drawn.BARS)] if rows else []
    tables += [_storms(facts.storms)] if facts.storms else []
    return Section("topics", "One-off or systemic", (), tuple(tables), (_HOW,) if rows else ())


def spread(asked: Sequence[tuple[datetime, str]], known: datetime | None, until: datetime) -> Spread:
    """How a topic is spread over people and weeks.

    Args:
        asked: when somebody asked about it, and who.
        known: since when posts have been heard at all; None where none have.
        until: the end of what is looked at; the weeks count back from here.
    """
    since = until - BACK
    asked = [(at, who) for at, who in asked if since <= at < until]
    authors = len({who for _, who in asked})
    weeks = len({(until - at - timedelta(microseconds=1)) // _WEEK for at, _ in asked})
    whole = timedelta() if known is None else until - max(known, since)
    looked_at = math.ceil(whole / _WEEK)
    if looked_at < _WEEKS:
        pattern = Pattern.EARLY
    elif authors <= 1 or weeks <= 1:
        pattern = Pattern.ONE_OFF
    else:
        pattern = Pattern.SYSTEMIC if weeks >= _WEEKS and authors >= _AUTHORS else Pattern.RETURNING
    return Spread(authors, weeks, looked_at, pattern, _change(asked, whole // _DAY, until))


def _change(asked: Sequence[tuple[datetime, str]], days: int, until: datetime) -> str | None:
    per_day = Counter((until - at - timedelta(microseconds=1)) // _DAY for at, who in set(asked))
    counts = [per_day[back] for back in range(days - 1, -1, -1)]
    place = change_point(counts)
    if place is None:
        return None
    before, after = sum(counts[:place]) / place, sum(counts[place:]) / (days - place)
    return f"{'more' if after > before else 'fewer'} since {until - (days - place) * _DAY:%Y-%m-%d}"


def change_point(counts: Sequence[int]) -> int | None:
    """The place from which on ``counts`` are others than before; None where chance may have made the difference.

    A. N. Pettitt, "A non-parametric approach to the change-point problem", Applied Statistics 28 (1979), 126-135: the
    split at which the ranks of the two sides differ most. It asks nothing about how the counts are distributed; many
    equal ones make it more careful, not less.
    """
    total = len(counts)
    if total < _DAYS:
        return None
    ordered = sorted(counts)
    first: dict[int, int] = {}
    for place, value in enumerate(ordered):
        first.setdefault(value, place)
    often = Counter(counts)
    # Twice the mean rank among equals, so that all stay whole numbers.
    ranks = [2 * first[value] + often[value] + 1 for value in counts]
    best, place, sum_ = 0, 0, 0
    for number, rank in enumerate(ranks, 1):
        sum_ += rank
        reach = abs(sum_ - number * (total + 1))
        if reach > best:
            best, place = reach, number
    likely = 2 * math.exp(-6 * best * best / (total**3 + total**2))
    return place if likely < _RARE and 0 < place < total else None


def _storms(storms: Sequence[Storm]) -> Table:
    rows = tuple(
        Row(
            each.incident.id,
            (
                each.incident.topic,
                len(each.cases),
                f"{each.incident.began:%Y-%m-%d %H:%M} UTC",
                None if each.incident.calm is None else each.incident.calm - each.incident.began,
            ),
            each.cases,
        )
        for each in storms
    )
    columns = (
        Column("topic", Unit.TEXT),
        Column("customers", Unit.COUNT),
        Column("began", Unit.TEXT),
        Column("until no more came", Unit.TIME),
    )
    return Table("incidents", "Incidents", "incident", columns, rows)
