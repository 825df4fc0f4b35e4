"""The parts that messages are made of: Block Kit elements out of values. Lays nothing out, knows no case.

``context`` and ``date`` make markup, which Slack interprets: give them our own words only. All others may hold
anybody's.
"""

from datetime import UTC, datetime
from typing import Any

from monitor.slack import Block, words
from monitor.slack.untrusted import address, cut, escape, host
from monitor.slack.untrusted import line as one_line
from monitor.slack.untrusted import words as shown
from rules.model import Mention

Part = dict[str, Any]
"""One element of a rich_text section."""


def handle(author: str) -> str:
    """How an author is called among our own words."""
    name = one_line(author.removeprefix("@"), 34)
    return words.WHO.format(handle=name) if name else words.NOBODY


def quote(mention: Mention, limit: int) -> Part:
    """What a post says, in at most ``limit`` characters."""
    text = shown(mention.text, limit) or words.NO_TEXT
    return {"type": "rich_text_quote", "elements": [say(text)]}


def link(label: str, url: str | None) -> list[Part]:
    """A link that says where it leads, if it leads anywhere."""
    leads = address(url)
    if leads is None:
        return []
    return [say("  "), {"type": "link", "url": leads, "text": label.format(host=host(leads))}]


def fallback(said: str, *, repeat: bool = False) -> str:
    """The text for notifications, escaped as a whole."""
    mark = words.REPEAT_MARK if repeat else ""
    return escape(mark + said)


def date(at: datetime, style: str = words.DATE) -> str:
    """An instant in the reader's own zone and language; UTC where Slack cannot show it so."""
    plain = _plain_date(at)
    return f"<!date^{int(at.timestamp())}^{style}|{plain}>" if at.timestamp() >= 0 else plain


def moment(at: datetime) -> Part:
    """The same among plain words: a part of a rich_text section."""
    if at.timestamp() < 0:
        return say(_plain_date(at))
    return {"type": "date", "timestamp": int(at.timestamp()), "format": words.DATE, "fallback": _plain_date(at)}


def context(ours: str) -> Block:
    """A small line of markup. Never give it anybody else's words."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": ours, "verbatim": True}]}


def stated(ours: str) -> Block:
    """A line of markup, as large as what people write. Never give it anybody else's words."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": ours, "verbatim": True}}


def plain(text: str, limit: int) -> Block:
    """Text that Slack does not interpret."""
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def rich(*parts: Part) -> Block:
    """A block of sections, quotes and lists."""
    return {"type": "rich_text", "elements": list(parts)}


def section(*parts: Part) -> Part:
    """A run of text, links and dates; what shows nothing is left out, for Slack refuses it."""
    shown = [part for part in parts if part.get("text") != ""]
    return {"type": "rich_text_section", "elements": shown or [say(words.NO_TEXT)]}


def say(text: str, *, bold: bool = False) -> Part:
    """Words that Slack does not interpret."""
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _plain_date(at: datetime) -> str:
    return words.PLAIN_DATE.format(at=at.astimezone(UTC).isoformat(" ", "minutes").removesuffix("+00:00"))
