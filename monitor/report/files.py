"""A report as Markdown, CSV and JSON. What customers and others chose as words is escaped for each of them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from monitor.logs import plain
from monitor.report.values import period, plain_value, title, written
from monitor.store.sqlite import stamp
from rules.report.values import Figure, Report, Section, Table

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#!|~&@])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def markdown(report: Report) -> str:
    """The report as Markdown."""
    parts = [f"# {md(title(report))}", md(period(report))]
    if report.quiet is not None:
        parts.append(f"**{md(report.quiet)}**")
    for section in _shown(report):
        parts.append(f"## {md(section.title)}")
        parts += [md(sentence) for sentence in section.says]
        if section.figures:
            parts.append(_md_table(["figure", "value", ""], [_md_figure(figure) for figure in section.figures]))
        for table in section.tables:
            parts.append(f"### {md(table.title)}")
            rows = [[row.label, *_cells(table, row.values)] for row in table.rows]
            parts.append(_md_table([table.of, *(column.title for column in table.columns)], rows))
    return "\n\n".join(parts) + "\n"


def as_csv(report: Report) -> str:
    """The report as CSV: a line for each value, with the ids of the cases behind it."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["section", "key", "row", "column", "value", "unit", "cases"])
    for section in report.sections:
        for figure in section.figures:
            value = plain_value(figure.value)
            line = [section.key, figure.key, "", figure.title, value, figure.unit.value, " ".join(figure.cases)]
            lines.writerow(map(_safe, line))
        for table in section.tables:
            for row in table.rows:
                for column, each in zip(table.columns, row.values, strict=True):
                    place = [section.key, table.key, row.label, column.title]
                    lines.writerow(map(_safe, [*place, plain_value(each), column.unit.value, " ".join(row.cases)]))
    for sentence in report.blind:
        lines.writerow(map(_safe, ["coverage", "blind", "", "", sentence, "text", ""]))
    return out.getvalue()


def as_json(report: Report) -> str:
    """The report as one JSON object; times are in seconds."""
    found: dict[str, Any] = {
        "brand": report.brand,
        "since": stamp(report.since),
        "until": stamp(report.until),
        "zone": report.zone,
        "heard": report.heard,
        "quiet": report.quiet,
        "sources": report.sources,
        "blind": report.blind,
        "sections": [_section(section) for section in report.sections],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _section(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "says": section.says,
        "figures": [
            {
                "key": figure.key,
                "title": figure.title,
                "unit": figure.unit,
                "value": plain_value(figure.value),
                "note": figure.note,
                "cases": figure.cases,
            }
            for figure in section.figures
        ],
        "tables": [
            {
                "key": table.key,
                "title": table.title,
                "of": table.of,
                "columns": [{"title": column.title, "unit": column.unit} for column in table.columns],
                "rows": [
                    {"label": row.label, "values": [plain_value(each) for each in row.values], "cases": row.cases}
                    for row in table.rows
                ],
            }
            for table in section.tables
        ],
    }


def _shown(report: Report) -> Iterator[Section]:
    """What there is to show: of a time in which nothing was heard, only what could not be."""
    return (each for each in report.sections if report.quiet is None or each.key == "coverage")


def _cells(table: Table, values: tuple[Any, ...]) -> list[str]:
    return [written(value, column.unit) for value, column in zip(values, table.columns, strict=True)]


def _md_figure(figure: Figure) -> list[str]:
    return [figure.title, written(figure.value, figure.unit), figure.note]


def _md_table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, *rows]
    shown = [f"| {' | '.join(map(md, line))} |" for line in lines]
    return "\n".join([shown[0], "|" + "---|" * len(head), *shown[1:]])


def md(text: str) -> str:
    """One line of Markdown that shows ``text`` and does nothing else."""
    return _MARKUP.sub(r"\\\1", plain(" ".join(text.split())))


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return "" if value is None else value
    said = plain(value)
    return f"'{said}" if said.startswith(_FORMULA) else said
