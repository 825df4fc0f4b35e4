"""A report as one web page: no script, no request, nothing that anybody wrote is taken for markup.

The page forbids itself everything but its own style by a Content-Security-Policy, names that style by its hash, and
escapes every word in it (Jinja2's autoescape).
"""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from monitor.logs import plain
from monitor.report import charts
from monitor.report.values import period, title, written
from rules.report.values import Report, Unit

_HERE = Path(__file__).parent
_HEADLINES = (
    "heard",
    "answered",
    "unanswered",
    "first_reply",
    "deadlines_kept",
    "asked_before_told",
)
LISTED = 200
"""Cases named behind one figure; the command line and CSV have them all."""
INDEXED = 2_000
"""Cases in the list at the end."""
_BAD = frozenset({"unanswered", "deadlines_missed", "from_before", "promises_broken"})
"""Figures that are bad news when they are not zero."""


def html(report: Report) -> str:
    """The report as the text of an HTML file."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    known = {figure.key: figure for figure in report.figures}
    sections = [each for each in report.sections if report.quiet is None or each.key == "coverage"]
    return _template().render(
        report=report,
        title=title(report),
        period=period(report),
        headlines=[known[key] for key in _HEADLINES if key in known] if report.quiet is None else [],
        sections=sections,
        chart=charts.chart,
        written=written,
        numeric=lambda unit: unit is not Unit.TEXT,
        bad=lambda figure: figure.key in _BAD and bool(figure.value),
        indexed=report.cases[:INDEXED],
        anchored={each.id for each in report.cases[:INDEXED]},
        listed=LISTED,
        style=Markup(style),  # noqa: S704 - our own file, named by its hash
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("page.html")


def _harmless(value: object) -> object:
    """Words without characters that turn the direction of what follows, or that no page may hold."""
    return plain(value) if type(value) is str else value
