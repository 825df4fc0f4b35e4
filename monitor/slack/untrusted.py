"""Other people's text and addresses made fit to be shown. Pure; knows no message and no layout.

Nothing that leaves here can ping, link, reverse its surroundings, hide, stack up over its neighbours or be longer than
allowed. It does not judge what the words say, and it changes nothing a reader could see in the original post.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote as percent
from urllib.parse import urlsplit

CUT: Final = "…"
_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible, but Persian, Indic scripts and family emoji need them."""
_UNJOINED: Final = {ord(joiner): None for joiner in _JOINERS}
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters and marks that show nothing."""
_MARKS: Final = 4
"""Combining marks one letter may carry; more are piled up to cover other lines."""
_LINES: Final = 25
_ADDRESS: Final = 2000
_NAME: Final = 60
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")


def words(text: str, limit: int) -> str:
    """``text`` over several lines, for a block of its own.

    Args:
        text: anything.
        limit: the most UTF-16 units of the result, which is how the longest way of counting counts.

    Returns:
        What can be shown of it, maybe empty; ends in ``…`` where it was cut.
    """
    # What is far beyond the limit cannot be shown, and need not be read: a post may be two megabytes.
    seen = text[: 4 * limit + 100]
    shown = re.sub(r"[^\S\n]+", " ", _shown(seen))
    shown = re.sub(r" ?\n ?", "\n", shown)
    shown = re.sub(r"\n{3,}", "\n\n", shown).strip()
    lines = shown.split("\n")
    if len(lines) > _LINES:
        return cut("\n".join(lines[:_LINES]) + CUT, limit)
    return cut(shown + CUT if len(seen) < len(text) else shown, limit)


def line(text: str, limit: int) -> str:
    """``text`` on one line, to stand among our own words: right-to-left script is kept from turning those around."""
    flat = re.sub(r"\s+", " ", words(text, limit).translate(_UNJOINED))
    if not flat.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in flat):
        return f"\u2068{cut(flat, limit - 2)}\u2069"
    return flat


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` UTF-16 units; ``…`` stands for what is missing."""
    if _units(text) <= limit:
        return text
    kept = text[: limit - 1]
    while _units(kept) > limit - 1:
        kept = kept[:-1]
    return kept.rstrip(" \n\u200d\u200c") + CUT


def escape(text: str) -> str:
    """``text`` for a field that Slack reads as markup. Once only."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def address(url: str | None) -> str | None:
    """``url`` as a link that leads where it seems to lead, or None where it is no such thing.

    Only http and https, no user name in front of the host, the host in ASCII so that look-alike letters show, and
    everything else that is not plainly part of an address percent-encoded.
    """
    if url is None or len(url) > _ADDRESS or re.search(r"[\x00-\x1f\x7f]", url.strip()):
        return None
    try:
        parts = urlsplit(url.strip())
        name = parts.hostname or ""
        host = f"[{name}]" if ":" in name else name.encode("idna").decode().lower()
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    keep = "%/:=&~-._!$'()*+,;@"
    link = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    link += percent(parts.path, safe=keep, errors="replace")
    link += f"?{percent(parts.query, safe=keep + '?/', errors='replace')}" if parts.query else ""
    link += f"#{percent(parts.fragment, safe=keep + '?/', errors='replace')}" if parts.fragment else ""
    return link if len(link) <= _ADDRESS else None


def host(link: str) -> str:
    """Where an `address` leads, for people. Of a long name the end is kept: it says whose it is."""
    name = link.split("/")[2].removeprefix("www.")
    return name if len(name) <= _NAME else CUT + name[1 - _NAME :]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _shown(text: str) -> str:
    """``text`` without what cannot be seen or moves other characters about."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n")):
        category = unicodedata.category(char)
        if category in ("Mn", "Me"):
            marks += 1
            if marks > _MARKS or char in _BLANK:
                continue
        elif category == "Cf" or char in _BLANK:
            # What shows nothing does not end a pile of marks either.
            if char not in _JOINERS:
                continue
        else:
            marks = 0
        if category in ("Zl", "Zp") or char in "\n\r\v\f\x85":
            kept.append("\n")
        elif char == "\t":
            kept.append(" ")
        else:
            kept.append("\ufffd" if category in ("Cc", "Cs", "Co") else char)
    return "".join(kept)
