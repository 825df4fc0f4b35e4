"""The forms of a post that the judge reads: clean text, the same with names masked, and plain words.

Forgets who is named, how long the post is beyond a limit, and every trick with invisible characters. Weighs nothing.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 2_000
"""Characters that are read of a post: its head and its tail, where people say what they want."""
_TAIL = 500

BRAND, HANDLE, LINK = "brandmask", "handlemask", "linkmask"
"""What stands in the masked text for our names, for anybody's handle and for a link."""

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u00b4": "'", "\u2032": "'", "\u201c": '"', "\u201d": '"'}
)

# Punctuation parts words; an apostrophe joins them, so that "don't" and "dont" are one word.
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): None, ord("`"): None}
_WORD_OR_SIGN = re.compile(r"[^\W_]+|[^\w\s]")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")


def clean(text: str) -> str:
    """``text`` cut to length, with entities decoded, compatibility forms folded and invisible characters removed."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - _TAIL]}\n{text[-_TAIL:]}"
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = unicodedata.normalize("NFKC", text.translate(_QUOTES))[: 2 * LONGEST]
    return _INVISIBLE.sub("", text)


class Masker:
    """Replaces links, handles and a brand's names in clean text by fixed words.

    Sentiment must not be read out of a name ("Amazing Airlines"), nor may a rule match inside a link.
    """

    def __init__(self, names: Iterable[str], handles: Iterable[str]) -> None:
        own = "|".join(re.escape(handle) for handle in sorted({clean(h) for h in handles} - {""}, key=_longest_first))
        called = "|".join(
            r"\s+".join(map(re.escape, name.split()))
            for name in sorted({clean(name).strip() for name in names} - {""}, key=_longest_first)
        )
        shapes = (
            r"(?P<link>https?://\S+|www\.\S+)",
            rf"(?P<own>(?:@|(?<!\w)/?u/)(?:{own})(?!\w)(?:'s(?!\w))?)" if own else "",
            r"(?P<handle>(?:@|(?<!\w)/?u/)\w+(?:\.\w+\.\w+)?(?:@\w+(?:\.\w+)+)?(?:'s(?!\w))?)",
            rf"(?P<brand>(?<!\w)(?:{called})(?:'s)?(?!\w))" if called else "",
        )
        self._shape = re.compile("|".join(filter(None, shapes)), re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """``text`` with each link, handle and name replaced."""
        return self._shape.sub(_mask, text)


def _longest_first(name: str) -> tuple[int, str]:
    return -len(name), name


def _mask(found: re.Match[str]) -> str:
    return {"link": LINK, "handle": HANDLE}.get(found.lastgroup or "", BRAND)


def words(text: str) -> list[str]:
    """The words of clean text in lower case, without punctuation; emoji and other signs are words of their own."""
    text = text.lower()
    if text.isascii():
        found = text.translate(_ASCII).split()
    else:
        parts = _WORD_OR_SIGN.findall(text.replace("'", ""))
        found = [part for part in parts if not part.isascii() or part.isalnum()]
    line = " ".join(found)
    # "pleeeease" is "please"; the search is cheap, the rewrite is rare.
    return _DRAWN_OUT.sub(r"\1", line).split() if _DRAWN_OUT.search(line) else found
