"""A message as a picture: an SVG of our own, with text that can be selected, light or dark as its reader's system is.

It needs no browser and no library. Where lines break is decided here, by the widths of the commonest sans-serif
letters; every usual face is about as wide.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from monitor.slack import Message
from tools.gallery.reading import Piece, Run, read

_WIDTH, _EDGE, _FACE = 720, 16, 36
_LEFT = _EDGE + _FACE + 10
_ROOM = _WIDTH - _LEFT - _EDGE
_LOOKS = {"header": (18, 25), "text": (15, 22), "small": (13, 19), "quote": (15, 22), "list": (15, 22)}
"""Size of the letters, and from line to line."""
_INDENT = {"quote": 16, "list": 24}
_BUTTON, _PAD, _GAP = 30, 12, 8
_SIGNS = 0x2190
"""From here on most letters are signs and emoji."""
_SLACK = 1.03
"""How much wider than ours a reader's letters may be before a line runs over its edge."""
_NARROW = {
    **dict.fromkeys("ijl", 222),
    **dict.fromkeys(" !,./:;[]\\ft|I'", 278),
    **dict.fromkeys("()-r`", 333),
    **dict.fromkeys('"*', 370),
    **dict.fromkeys("cksvxyzJ", 500),
    **dict.fromkeys("&ABEKPSVXY", 667),
    **dict.fromkeys("wCDHNRU", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("mM", 833),
    **dict.fromkeys("%W", 920),
    "@": 1015,
    "\N{BULLET}": 350,
    "·": 333,
    "…": 1000,
}
"""Thousandths of the size, by letter; all others are 556 wide, signs and emoji 1300."""
_UNSEEN = re.compile("[\ufe0f\u200d\u2066-\u2069]")
_STYLE = """
.paper { fill: #fff; stroke: #ddd } .ink { fill: #1d1c1d } .faint { fill: #616061 } .link { fill: #1264a3 }
.bar { fill: #ddd } .tag { fill: #eee } .edge { fill: none; stroke: #bbb } .go { fill: #007a5a } .on-go { fill: #fff }
.face { fill: #123b4a } .letter { fill: #ffd166; font-weight: 900 }
@media (prefers-color-scheme: dark) {
  .paper { fill: #1a1d21; stroke: #3f4146 } .ink { fill: #d1d2d3 } .faint { fill: #ababad } .link { fill: #4aa3df }
  .bar { fill: #4b4e54 } .tag { fill: #34373c } .edge { stroke: #62656b } .go { fill: #148567 } }
text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; white-space: pre }
.bold { font-weight: bold }
"""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A part of the picture, and how far down the next one begins."""

    shapes: tuple[str, ...]
    below: float


def draw(message: Message, about: str, now: datetime) -> str:
    """The picture.

    Args:
        message: what Harken shows.
        about: what it is, for those who do not see it.
        now: when it is looked at.
    """
    top = _EDGE + 14.0
    shapes = [*_author(now)]
    y = top + 8
    for piece in read(message.blocks, now):
        drawn = _actions(piece, y) if piece.kind == "actions" else _piece(piece, y)
        shapes += drawn.shapes
        y = drawn.below
    height = round(max(y + 8, _EDGE * 2 + _FACE))
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"'
                f' height="{height}" role="img">'
            ),
            f"<title>{escape(about)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
            *shapes,
            "</svg>",
            "",
        ]
    )


def _author(now: datetime) -> Iterator[str]:
    yield f'<rect class="face" x="{_EDGE}" y="{_EDGE}" width="{_FACE}" height="{_FACE}" rx="6"/>'
    middle = _EDGE + _FACE / 2
    yield f'<text class="letter" x="{middle}" y="{middle + 7}" font-size="20" text-anchor="middle">H</text>'
    y = _EDGE + 14
    yield f'<text class="ink bold" x="{_LEFT}" y="{y}" font-size="15">Harken</text>'
    tag = _LEFT + _wide(Run("Harken", bold=True), 15) + 6
    yield f'<rect class="tag" x="{tag:.1f}" y="{y - 11}" width="28" height="14" rx="2"/>'
    yield f'<text class="faint bold" x="{tag + 14:.1f}" y="{y - 0.5}" font-size="10" text-anchor="middle">APP</text>'
    yield f'<text class="faint" x="{tag + 36:.1f}" y="{y}" font-size="12">{now:%H:%M}</text>'


def _piece(piece: Piece, y: float) -> _Drawn:
    size, step = _LOOKS[piece.kind]
    indent = _INDENT.get(piece.kind, 0)
    shapes: list[str] = []
    y += 6 if piece.kind == "header" else 2
    for row in piece.rows:
        began = y
        bold = piece.kind == "header"
        lines = _lines([replace(run, bold=run.bold or bold) for run in row], _ROOM - indent, size)
        for line in lines:
            shapes.append(_text(line, _LEFT + indent, y + step - size * 0.4, size, faint=piece.kind == "small"))
            y += step
        if piece.kind == "list":
            shapes.append(f'<circle class="ink" cx="{_LEFT + 13}" cy="{began + step - size * 0.75:.1f}" r="2.5"/>')
        if piece.kind == "quote":
            box = f'y="{began + 2:.1f}" width="4" height="{y - began:.1f}"'
            shapes.append(f'<rect class="bar" x="{_LEFT}" {box} rx="2"/>')
    return _Drawn(tuple(shapes), y + (5 if piece.kind == "list" else 3))


def _actions(piece: Piece, y: float) -> _Drawn:
    shapes: list[str] = []
    x, y = float(_LEFT), y + 6
    for (label,), style in zip(piece.rows, piece.styles, strict=True):
        named = replace(label, bold=True)
        width = _wide(named, 14) + 2 * _PAD + (18 if style == "menu" else 0)
        if x > _LEFT and x + width > _WIDTH - _EDGE:
            x, y = float(_LEFT), y + _BUTTON + _GAP
        frame, ink = ("go", "on-go") if style == "primary" else ("edge", "ink")
        shapes.append(f'<rect class="{frame}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_BUTTON}" rx="4"/>')
        at = f'x="{x + _PAD:.1f}" y="{y + 20:.1f}" font-size="14"'
        shapes.append(f'<text class="{ink} bold" {at}>{escape(label.text)}</text>')
        if style == "menu":
            tip = x + width - _PAD - 5
            shapes.append(f'<path class="faint" d="M{tip - 5:.1f} {y + 13:.1f}h10l-5 6z"/>')
        x += width + _GAP
    return _Drawn(tuple(shapes), y + _BUTTON + 4)


def _text(line: Sequence[Run], x: float, y: float, size: int, *, faint: bool) -> str:
    spans = "".join(_span(run) for run in line)
    return f'<text class="{"faint" if faint else "ink"}" x="{x:.1f}" y="{y:.1f}" font-size="{size}">{spans}</text>'


def _span(run: Run) -> str:
    looks = [*(["link"] if run.url else []), *(["bold"] if run.bold else [])]
    said = escape(run.text)
    return f'<tspan class="{" ".join(looks)}">{said}</tspan>' if looks else said


def _wide(run: Run, size: int) -> float:
    """How wide these characters are, about."""
    widths = (_NARROW.get(char, 556 if char.isalnum() or ord(char) < _SIGNS else 1300) for char in _seen(run.text))
    return sum(widths) * size / 1000 * (1.08 if run.bold else 1.0) * _SLACK


def _seen(text: str) -> str:
    return _UNSEEN.sub("", text)


def _lines(runs: Sequence[Run], room: float, size: int) -> list[list[Run]]:
    """``runs`` cut into lines, between words where there is one."""
    lines: list[list[Run]] = [[]]
    used = 0.0
    for word in _words(runs, room, size):
        width = _wide(word, size)
        if word.text == "\n" or (used + width > room and word.text.strip()):
            lines.append([])
            used = 0.0
        if word.text == "\n" or (not lines[-1] and len(lines) > 1 and not word.text.strip()):
            continue
        lines[-1].append(word)
        used += width
    return [_joined(line) for line in lines]


def _words(runs: Sequence[Run], room: float, size: int) -> Iterator[Run]:
    for run in runs:
        for text in re.findall(r"\n|[^\S\n]+|[^\s]+", run.text):
            rest = text
            while _wide(replace(run, text=rest), size) > room:
                fits = max(1, int(len(rest) * room / _wide(replace(run, text=rest), size)) - 1)
                yield replace(run, text=rest[:fits])
                rest = rest[fits:]
            yield replace(run, text=rest)


def _joined(line: Sequence[Run]) -> list[Run]:
    """Neighbours that look alike, as one."""
    found: list[Run] = []
    for run in line:
        if found and (found[-1].bold, found[-1].url) == (run.bold, run.url):
            found[-1] = replace(run, text=found[-1].text + run.text)
        else:
            found.append(run)
    return found
