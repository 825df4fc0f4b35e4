"""Where the marks of a chart go: tables of a report in, plain shapes out. Draws nothing; ``page.html`` does.

Small on purpose: bars for rows, stacked columns for time. Every shape carries its value, so that a picture can be held
against the figures.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from monitor.report.values import written
from rules.report.values import Drawn, Table, Unit, Value

WIDTH = 720
_ROW, _LABEL, _SHOWN = 28, 190, 96
"""Height of a bar's row; room for its label and for its value."""
_TALL, _LEFT, _FOOT, _HEAD = 220, 40, 26, 12
_LABELS = 9
"""Labels below a time axis, at most."""
_LEAST, _BARS = 2, 24
"""Fewer rows are no picture; of more, the first are drawn."""
_CHARS = 26


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle that stands for one value."""

    x: float
    y: float
    width: float
    height: float
    series: int
    label: str
    value: str
    """As people read it."""


@dataclass(frozen=True, slots=True)
class Word:
    """Text in a chart."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, ready to be drawn."""

    key: str
    title: str
    described: str
    """What it shows, in a sentence, for whoever cannot see it."""
    width: int
    height: float
    shapes: tuple[Shape, ...]
    words: tuple[Word, ...]
    lines: tuple[float, ...] = ()
    """Heights of lines across, from the top."""
    legend: tuple[str, ...] = ()


def chart(table: Table) -> Chart | None:
    """How ``table`` is drawn; None where it is not, or there is nothing to see."""
    seen = any(size(row.values[column]) for row in table.rows for column in table.series)
    if table.drawn is None or len(table.rows) < _LEAST or not seen:
        return None
    return _bars(table) if table.drawn is Drawn.BARS else _stacks(table)


def size(value: Value) -> float:
    """A value as a length; nothing where it is none."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value) if isinstance(value, int | float) else 0.0


def _bars(table: Table) -> Chart:
    column, rows = table.columns[table.series[0]], table.rows[:_BARS]
    most = 1.0 if column.unit is Unit.SHARE else max(size(row.values[table.series[0]]) for row in rows)
    room = WIDTH - _LABEL - _SHOWN
    shapes, words = [], []
    for place, row in enumerate(rows):
        value, y = row.values[table.series[0]], place * _ROW
        said, long = written(value, column.unit), room * size(value) / most if most else 0
        shapes.append(Shape(_LABEL, y + 5, round(max(long, 1), 1), _ROW - 10, 0, row.label, said))
        words.append(Word(_LABEL - 10, y + _ROW / 2, _short(row.label), "end"))
        words.append(Word(_LABEL + max(long, 1) + 8, y + _ROW / 2, said, quiet=True))
    left = len(table.rows) - len(rows)
    more = f"; {left} more rows are in the table only" if left else ""
    described = f"A bar for each {table.of}: {column.title}. The longest is {_longest(table)}{more}."
    return Chart(table.key, table.title, described, WIDTH, len(rows) * _ROW, tuple(shapes), tuple(words))


def _longest(table: Table) -> str:
    column = table.series[0]
    row = max(table.rows[:_BARS], key=lambda each: size(each.values[column]))
    return f"{row.label} with {written(row.values[column], table.columns[column].unit)}"


def _stacks(table: Table) -> Chart:
    totals = [sum(size(row.values[column]) for column in table.series) for row in table.rows]
    step = _step(max(totals))
    top = step * math.ceil(max(totals) / step)
    room, tall = WIDTH - _LEFT, _TALL - _FOOT - _HEAD
    slot = room / len(table.rows)
    wide = max(min(slot * 0.72, 46), 1)
    shapes, words = [], []
    for place, row in enumerate(table.rows):
        x, y = _LEFT + slot * place + (slot - wide) / 2, float(_HEAD + tall)
        for number, column in enumerate(table.series):
            value = row.values[column]
            high = tall * size(value) / top
            if high:
                y -= high
                said = f"{written(value, table.columns[column].unit)} {table.columns[column].title}"
                shapes.append(Shape(round(x, 1), round(y, 1), round(wide, 1), round(high, 1), number, row.label, said))
        if place % math.ceil(len(table.rows) / _LABELS) == 0:
            words.append(Word(x + wide / 2, _TALL - 8, _when(row.label), "middle", quiet=True))
    ticks = [step * number for number in range(round(top / step) + 1)]
    lines = [_HEAD + tall * (1 - tick / top) for tick in ticks]
    words += [Word(_LEFT - 8, y, f"{tick:,.0f}", "end", quiet=True) for tick, y in zip(ticks, lines, strict=True)]
    legend = tuple(table.columns[column].title for column in table.series)
    peak = max(range(len(totals)), key=totals.__getitem__)
    described = (
        f"A column for each of {len(table.rows)} days or months: {' and '.join(legend)}. The highest is"
        f" {table.rows[peak].label} with {totals[peak]:,.0f}."
    )
    return Chart(
        *(table.key, table.title, described, WIDTH, _TALL, tuple(shapes), tuple(words)),
        lines=tuple(round(y, 1) for y in lines),
        legend=legend,
    )


def _when(label: str) -> str:
    """A day without its year, a month as it is."""
    return label[5:] if len(label) == len("2026-01-01") else label


def _step(most: float) -> float:
    """A round distance between lines, so that there are about four."""
    rough = max(most / 4, 1)
    power = 10 ** math.floor(math.log10(rough))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough))


def _short(label: str) -> str:
    return label if len(label) <= _CHARS else f"{label[: _CHARS - 1]}\u2026"
