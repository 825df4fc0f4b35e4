"""A report for the terminal."""

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from monitor.logs import plain
from monitor.report.values import period, title, written
from rules.report.values import Drawn, Report, Section, Table, Unit

_BAR = 24
_PARTS = " ▏▎▍▌▋▊▉█"
_WIDE = 100
"""So many characters have room for bars."""
_ROWS = 24
"""Rows of a table that a terminal shows; a file has them all."""


def show(report: Report, console: Console) -> None:
    """Print ``report``."""
    console.print(Text(plain(title(report)), "bold"))
    console.print(Text(plain(period(report)), "dim"))
    if report.quiet is not None:
        console.print(Text(f"\n{plain(report.quiet)}", "bold"))
    for section in report.sections:
        if report.quiet is None or section.key == "coverage":
            _section(section, console)


def _section(section: Section, console: Console) -> None:
    console.print()
    console.rule(Text(section.title, "bold"), align="left", style="dim")
    if section.figures:
        grid = Grid(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        grid.add_column()
        grid.add_column(justify="right", no_wrap=True)
        grid.add_column(style="dim")
        for figure in section.figures:
            value = written(figure.value, figure.unit)
            grid.add_row(Text(figure.title), Text(plain(value), "bold"), Text(plain(figure.note)))
        console.print(grid)
    for sentence in section.says:
        console.print(Text(plain(sentence), "yellow" if section.key == "coverage" else "dim"))
    for table in section.tables:
        if table.rows:
            console.print()
            console.print(_grid(table, wide=console.width >= _WIDE))
            if len(table.rows) > _ROWS:
                console.print(Text(f"and {len(table.rows) - _ROWS} more rows; --format csv has them all", "dim"))


def _grid(table: Table, *, wide: bool) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, title=table.title, title_justify="left", title_style="bold")
    grid.add_column(
        table.of, overflow="fold", min_width=min(max((len(row.label) for row in table.rows), default=0), 16)
    )
    bars = wide and table.drawn is Drawn.BARS and table.columns[0].unit is not Unit.TEXT
    if bars:
        grid.add_column("", no_wrap=True)
    for column in table.columns:
        text = column.unit is Unit.TEXT
        grid.add_column(column.title, justify="left" if text else "right", no_wrap=not text)
    rows = table.rows[:_ROWS]
    most = max((_size(row.values[0]) for row in table.rows), default=0.0)
    for row in rows:
        cells = [Text(plain(row.label))]
        if bars:
            cells.append(Text(bar(_size(row.values[0]), most), "cyan"))
        values = zip(row.values, table.columns, strict=True)
        grid.add_row(*cells, *(Text(plain(written(value, column.unit))) for value, column in values))
    return grid


def _size(value: object) -> float:
    seconds = getattr(value, "total_seconds", None)
    return float(seconds()) if seconds else float(value) if isinstance(value, int | float) else 0.0


def bar(size: float, most: float, width: int = _BAR) -> str:
    """A bar of at most ``width`` characters, to an eighth of one."""
    eighths = round(8 * width * size / most) if most > 0 else 0
    return _PARTS[8] * (eighths // 8) + _PARTS[eighths % 8].strip()
