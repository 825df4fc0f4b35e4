"""Draws ``docs/demo.svg``, the picture in the README, from ``harken demo``: one night of it and the chart.

    python docs/picture.py docs/demo.svg

The same code and story give the same bytes. It shows excerpts of what the demo prints, and changes none of it.
"""

import io
import logging
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from monitor import logs
from monitor.demo.show import show

WIDTH = 100
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_PARTS = (("Harken hears", "Tuesday"), ("Wednesday", "07:05"), ("Every silence", None))
"""Excerpts: the line each begins with, and the line it ends before."""


def draw() -> str:
    """The picture."""
    drawn = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in _excerpts():
        drawn.print(line)
    svg = drawn.export_svg(title="harken demo")
    # A picture that fetches its font from elsewhere is not shown everywhere, and tells others who looks at it.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("font-family: Fira Code, monospace", f"font-family: {_FONTS}")


def _excerpts() -> list[Text]:
    whole = io.StringIO()
    show(
        Console(width=WIDTH, file=whole, force_terminal=True, color_system="truecolor", highlight=False, emoji=False),
        live=False,
    )
    lines = Text.from_ansi(whole.getvalue()).split("\n")
    kept: list[Text] = []
    for begins, ends in _PARTS:
        inside = False
        for line in lines:
            inside = (inside or line.plain.startswith(begins)) and not (ends and line.plain.startswith(ends))
            if inside:
                kept.append(line)
        if ends == "07:05":
            kept.append(Text())
    return kept


if __name__ == "__main__":
    logs.set_up(level=logging.WARNING)
    Path(sys.argv[1]).write_text(draw(), encoding="utf-8")
