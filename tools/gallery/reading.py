"""Block Kit read as Slack reads it: into pieces that a page or a picture can show. Knows the blocks Harken makes."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

_DATE = re.compile(r"<!date\^(-?\d+)\^([^|>^]*)\|[^>]*>")
_GROUP = re.compile(r"<!subteam\^\w+>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that look alike."""

    text: str
    bold: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message, from one edge to the other."""

    kind: str
    """``header``, ``text``, ``small``, ``quote``, ``list`` or ``actions``."""
    rows: tuple[tuple[Run, ...], ...]
    """Paragraphs; of a list its items, of actions their labels."""
    styles: tuple[str, ...] = ()
    """Of actions, what each is: ``primary``, ``button`` or ``menu``."""


def read(blocks: list[dict[str, Any]], now: datetime) -> list[Piece]:
    """What Slack shows of ``blocks`` to somebody who looks at them at ``now`` in UTC.

    Raises:
        KeyError: a block of a kind that Harken did not make when this was written.
    """
    return [piece for block in blocks for piece in _KINDS[block["type"]](block, now)]


def _header(block: dict[str, Any], now: datetime) -> list[Piece]:
    return [Piece("header", ((_text(block["text"], now)),))]


def _section(block: dict[str, Any], now: datetime) -> list[Piece]:
    return [Piece("text", (_text(block["text"], now),))]


def _context(block: dict[str, Any], now: datetime) -> list[Piece]:
    runs: list[Run] = []
    for element in block["elements"]:
        runs += [Run("  "), *_text(element, now)] if runs else _text(element, now)
    return [Piece("small", (tuple(runs),))]


def _rich_text(block: dict[str, Any], now: datetime) -> list[Piece]:
    pieces = []
    for part in block["elements"]:
        if part["type"] == "rich_text_list":
            pieces.append(Piece("list", tuple(_words(item, now) for item in part["elements"])))
        else:
            kind = "quote" if part["type"] == "rich_text_quote" else "text"
            pieces.append(Piece(kind, (_words(part, now),)))
    return pieces


def _actions(block: dict[str, Any], _now: datetime) -> list[Piece]:
    labels, styles = [], []
    for element in block["elements"]:
        label = element.get("text") or element["placeholder"]
        labels.append((Run(label["text"]),))
        styles.append(element.get("style", "button") if element["type"] == "button" else "menu")
    return [Piece("actions", tuple(labels), tuple(styles))]


_KINDS = {
    "header": _header,
    "section": _section,
    "context": _context,
    "rich_text": _rich_text,
    "actions": _actions,
}


def _text(said: dict[str, Any], now: datetime) -> tuple[Run, ...]:
    if said["type"] == "plain_text":
        return (Run(said["text"]),)
    dated = _DATE.sub(lambda found: _shown(int(found[1]), found[2], now), said["text"])
    pieces = enumerate(_BOLD.split(_GROUP.sub("*@care-team*", dated)))
    return tuple(Run(unescape(piece), bold=number % 2 == 1) for number, piece in pieces if piece)


def _words(part: dict[str, Any], now: datetime) -> tuple[Run, ...]:
    runs = []
    for word in part["elements"]:
        bold = word.get("style", {}).get("bold", False)
        if word["type"] == "link":
            runs.append(Run(word.get("text") or word["url"], bold, word["url"]))
        elif word["type"] == "date":
            runs.append(Run(_shown(word["timestamp"], word["format"], now), bold))
        else:
            runs.append(Run(word["text"], bold))
    return tuple(runs)


def _shown(seconds: int, form: str, now: datetime) -> str:
    """A date by Slack's tokens."""
    at = datetime.fromtimestamp(seconds, UTC)
    days = (at.date() - now.date()).days
    day = {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days, f"{at:%b} {at.day}, {at.year}")
    return form.format(date_short_pretty=day, time=f"{at:%H:%M}", ago=_ago(at, now))


def _ago(at: datetime, now: datetime) -> str:
    minutes = abs(int((now - at).total_seconds())) // 60
    when = "ago" if at <= now else "from now"
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if amount := minutes // size:
            return f"{amount} {unit}{'s' * (amount > 1)} {when}"
    return "now"
