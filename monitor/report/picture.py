"""A report's headlines and days as a picture (PNG), for places that show no web page. Draws figures, counts nothing.

Only what Harken itself chose as words stands in it: the font that comes with Pillow knows little beyond Latin letters,
and a picture with boxes for names would say nothing.
"""

import io
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from monitor.report.charts import size
from monitor.report.values import written
from rules.report.values import Report, Row

_WIDE, _TALL, _EDGE = 1200, 628, 56
_PAPER, _INK, _QUIET, _LINE = "#ffffff", "#1c2430", "#5c6675", "#e2e0da"
_ANSWERED, _UNANSWERED = "#0b7285", "#e8590c"
_TILES: Final = (
    ("heard", "customers asked"),
    ("unanswered", "never answered"),
    ("first_reply", "first reply, median"),
    ("deadlines_kept", "deadlines kept"),
    ("asked_before_told", "asked before we told"),
)
_TOP, _FOOT = 250, 540
"""Where the columns end and begin, from the top."""


def picture(report: Report) -> bytes:
    """The report's headlines, and a column for each day: answered, and never answered above."""
    image = Image.new("RGB", (_WIDE, _TALL), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((_EDGE, 40), f"{report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}", _QUIET, _font(26))
    if report.quiet is None:
        _tiles(draw, report)
        _columns(draw, report.table("heard_by_time").rows)
    else:
        draw.text((_EDGE, 120), "Nothing was heard in this time.", _INK, _font(40))
        if report.blind:
            draw.text((_EDGE, 180), "Not every source could be heard.", _UNANSWERED, _font(30))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _tiles(draw: ImageDraw.ImageDraw, report: Report) -> None:
    room = (_WIDE - 2 * _EDGE) / len(_TILES)
    for place, (key, said) in enumerate(_TILES):
        figure, x = report.figure(key), _EDGE + place * room
        bad = key == "unanswered" and bool(figure.value)
        draw.text((x, 92), written(figure.value, figure.unit), _UNANSWERED if bad else _INK, _font(44))
        draw.text((x, 150), said, _QUIET, _font(21))


def _columns(draw: ImageDraw.ImageDraw, rows: tuple[Row, ...]) -> None:
    most = max([1, *(size(row.values[1]) + size(row.values[2]) for row in rows)])
    slot = (_WIDE - 2 * _EDGE) / len(rows)
    wide = min(slot * 0.6, 90)
    draw.line((_EDGE, _FOOT, _WIDE - _EDGE, _FOOT), _LINE, 2)
    for place, row in enumerate(rows):
        x, y = _EDGE + slot * (place + 0.5), float(_FOOT)
        for value, colour in ((row.values[1], _ANSWERED), (row.values[2], _UNANSWERED)):
            high = (_FOOT - _TOP) * size(value) / most
            if high:
                draw.rounded_rectangle((x - wide / 2, y - max(high, 2), x + wide / 2, y), 4, colour)
                y -= high
        draw.text((x, y - 8), f"{size(row.values[0]):,.0f}", _INK, _font(22), anchor="ms")
        draw.text((x, _FOOT + 32), row.label[5:], _QUIET, _font(20), anchor="ms")
    for x, colour, said in ((_EDGE, _ANSWERED, "answered"), (_EDGE + 150, _UNANSWERED, "never answered")):
        draw.rounded_rectangle((x, 590, x + 18, 608), 4, colour)
        draw.text((x + 28, 599), said, _QUIET, _font(20), anchor="lm")


def _font(height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)
