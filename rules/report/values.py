"""The values a report is made of: figures, tables and what could not be heard, each with the cases behind it.

Holds them and finds them by name; computes nothing (see ``figures``) and knows no format.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Unit(StrEnum):
    """How a value is to be read."""

    COUNT = "count"
    SHARE = "share"
    """From 0 to 1."""
    TIME = "time"
    """A ``timedelta``."""
    NUMBER = "number"
    """A plain number, such as pages in a week."""
    CHANGE = "change"
    """A difference of two moods, with its sign."""
    TEXT = "text"


Value = int | float | timedelta | str | None
"""None where nothing can be said: there is nothing to count, or too little to claim anything."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a report."""

    key: str
    """Names it on the command line and in files; unique within its report."""
    title: str
    unit: Unit
    value: Value
    cases: tuple[str, ...] = ()
    """Ids of the cases it was counted from, in the order they opened."""
    note: str = ""
    """What has to be known to read it, as half a sentence; empty where nothing has."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    label: str
    values: tuple[Value, ...]
    cases: tuple[str, ...] = ()
    """Ids of the cases it was counted from."""


class Drawn(StrEnum):
    """How a table is drawn where there is a screen."""

    BARS = "bars"
    """A bar for each row, of its first drawn column."""
    STACKS = "stacks"
    """A column for each row, of all drawn columns on top of each other: time runs from left to right."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that belong together, row by row."""

    key: str
    title: str
    of: str
    """What a row is: heads the first column."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    drawn: Drawn | None = None
    series: tuple[int, ...] = (0,)
    """Which columns are drawn."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One subject of a report."""

    key: str
    title: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    says: tuple[str, ...] = ()
    """Whole sentences: what the figures amount to, and what they do not say."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A case as lists show it. What was said in it is not here: a report outlives what a customer may have erased."""

    id: str
    source: str
    author: str
    kind: str
    severity: str
    opened: datetime
    first_reply: timedelta | None
    """How long the first answer took; None where there was none."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of customers within a time."""

    brand: str
    since: datetime
    until: datetime
    """Not within it any more."""
    zone: str
    """The zone in which days and hours are counted."""
    heard: int
    """Posts heard within the time, from customers and from us."""
    sections: tuple[Section, ...]
    sources: tuple[str, ...]
    """What was listened to."""
    blind: tuple[str, ...] = ()
    """Where and when nothing could be heard, a sentence each."""
    cases: tuple[Listed, ...] = ()
    """Every case that any figure was counted from, in the order they opened."""

    @property
    def figures(self) -> Iterator[Figure]:
        """All single figures, in their order."""
        return (figure for section in self.sections for figure in section.figures)

    @property
    def tables(self) -> Iterator[Table]:
        """All tables, in their order."""
        return (table for section in self.sections for table in section.tables)

    @property
    def quiet(self) -> str | None:
        """What is said instead of a report where nothing was heard; None where something was.

        Nobody may take a source that could not be heard for one where nobody complained.
        """
        if self.heard:
            return None
        if not self.sources:
            return "Nothing was heard in this time: no source is configured."
        listened = f"Nothing was heard in this time; sources were {', '.join(self.sources)}."
        return f"{listened} Not all of them could be heard, see below." if self.blind else listened

    def figure(self, key: str) -> Figure:
        """The figure called ``key``.

        Raises:
            KeyError: there is none.
        """
        found = next((figure for figure in self.figures if figure.key == key), None)
        if found is None:
            raise KeyError(key)
        return found

    def table(self, key: str) -> Table:
        """The table called ``key``.

        Raises:
            KeyError: there is none.
        """
        found = next((table for table in self.tables if table.key == key), None)
        if found is None:
            raise KeyError(key)
        return found

    def named(self) -> dict[str, tuple[str, ...]]:
        """All that can be listed down to its cases: a figure's key, or a table's with "/" and the row's label."""
        found = {figure.key: figure.cases for figure in self.figures}
        return found | {f"{table.key}/{row.label}": row.cases for table in self.tables for row in table.rows}
