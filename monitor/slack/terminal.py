"""A message as it would look in Slack, for a terminal or a pipe. Reads the blocks that were made for Slack.

Shows other people's words as plain characters: no markup of rich's, no escape sequence, no colour of theirs. It knows
the blocks `render` makes and leaves out what it does not know.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from monitor.slack import Block, Message

_DATE = re.compile(r"<!date\^(-?\d+)\^([^|>^]*)(?:\^[^|>]*)?\|([^>]*)>")
_BOLD = re.compile(r"\*([^*\n]+)\*")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")
"""What steers a terminal. `render` lets none of it through but the two marks that isolate right-to-left script."""


def show(message: Message, *, title: str = "", now: datetime | None = None) -> Panel:
    """``message`` in a box, for rich's console.

    Args:
        message: what `render` made.
        title: the channel, say; plain characters.
        now: what "3 minutes ago" counts from; without it such words are left out.
    """
    body = Group(*(part for block in message.blocks or _bare(message) for part in _block(block, now)))
    return Panel(
        body, title=Text(_clean(title)) if title else None, title_align="left", box=box.ROUNDED, padding=(0, 1)
    )


def plain(message: Message, *, now: datetime | None = None) -> str:
    """``message`` as lines of text without colour, for pipes.

    Args:
        message: what `render` made.
        now: as in `show`.
    """
    return "\n".join(
        line.rstrip() for block in message.blocks or _bare(message) for line in _lines(block, now).split("\n")
    )


def _bare(message: Message) -> list[Block]:
    return [{"type": "section", "text": {"type": "plain_text", "text": unescape(message.text)}}]


def _block(block: Block, now: datetime | None) -> Iterator[RenderableType]:
    kind = block.get("type")
    if kind == "header":
        yield Text(_said(block["text"], now).plain, style="bold")
    elif kind == "section":
        yield _said(block["text"], now)
    elif kind == "context":
        for element in block["elements"]:
            said = _said(element, now)
            said.stylize("dim")
            yield said
    elif kind == "rich_text":
        for part in block["elements"]:
            yield from _rich(part)


def _rich(part: dict[str, Any]) -> Iterator[RenderableType]:
    kind = part["type"]
    if kind == "rich_text_list":
        for item in part["elements"]:
            yield Text("• ").append_text(_words(item))
    elif kind == "rich_text_quote":
        yield Padding(_words(part), (0, 0, 0, 2), style="italic")
    else:
        yield _words(part)


def _words(part: dict[str, Any]) -> Text:
    said = Text()
    for word in part["elements"]:
        if word["type"] == "link":
            said.append(_clean(word.get("text", word["url"])), style=Style(underline=True, link=_clean(word["url"])))
        else:
            said.append(_bare_word(word), style="bold" if word.get("style", {}).get("bold") else "")
    return said


def _said(words: dict[str, Any], now: datetime | None) -> Text:
    """A text object. Markup becomes style; everything else stays the characters it is."""
    if words["type"] != "mrkdwn":
        return Text(_clean(words["text"]))
    dated = _DATE.sub(lambda found: _date(int(found[1]), found[2], found[3], now), words["text"])
    # "(ago)" without anything to count from.
    dated = dated.replace(" ()", "")
    said = Text()
    for number, piece in enumerate(_BOLD.split(dated)):
        said.append(_clean(unescape(piece)), style="bold" if number % 2 else "")
    return said


def _date(seconds: int, tokens: str, fallback: str, now: datetime | None) -> str:
    if tokens != "{ago}":
        return fallback
    return "" if now is None else _ago(now - datetime.fromtimestamp(seconds, UTC))


def _ago(length: Any) -> str:
    minutes = abs(int(length.total_seconds())) // 60
    when = "ago" if length.total_seconds() >= 0 else "from now"
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            amount = minutes // size
            return f"{amount} {unit}{'s' * (amount > 1)} {when}"
    return "just now"


def _lines(block: Block, now: datetime | None) -> str:
    kind = block.get("type")
    if kind in ("header", "section"):
        return _said(block["text"], now).plain
    if kind == "context":
        return "\n".join(_said(element, now).plain for element in block["elements"])
    if kind != "rich_text":
        return ""
    lines: list[str] = []
    for part in block["elements"]:
        if part["type"] == "rich_text_list":
            lines += ["- " + _flat(item) for item in part["elements"]]
        elif part["type"] == "rich_text_quote":
            lines += ["> " + line for line in _flat(part).split("\n")]
        else:
            lines += [_flat(part)]
    return "\n".join(lines)


def _flat(part: dict[str, Any]) -> str:
    """The words of a part; a link is followed by its address, for there is nothing to click on."""
    return "".join(
        _clean(f"{word.get('text', '')} {word['url']}".strip()) if word["type"] == "link" else _bare_word(word)
        for word in part["elements"]
    )


def _bare_word(word: dict[str, Any]) -> str:
    """A word that leads nowhere: text, or a date as it is where nobody can turn it into the reader's own time."""
    return _clean(word["fallback"] if word["type"] == "date" else word["text"])


def _clean(text: str) -> str:
    return _UNSEEN.sub("", text)
