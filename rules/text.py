"""The forms of a post that the judge reads: clean text, the same with names masked, and plain words.

Forgets who is named, how long the post is beyond a limit, and every trick with invisible characters. Weighs nothing.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from string import ascii_lowercase

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
_JOINING = b"'`"
_PARTED = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(range(128, 256))
_WORD_OR_SIGN = re.compile(r"[^\W_]+|[^\w\s]")
_DRAWN_OUT = tuple(letter * 3 for letter in ascii_lowercase)
_RUN = re.compile(r"([a-z])\1{2,}")


def clean(text: str) -> str:
    """``text`` cut to length, with entities decoded, compatibility forms folded and invisible characters removed."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - _TAIL]}\n{text[-_TAIL:]}"
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = unicodedata.normalize("NFKC", text.translate(_QUOTES))[:LONGEST]
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)


class Masker:
    """Replaces links, handles and a brand's names in clean text by fixed words.

    Sentiment must not be read out of a name ("Amazing Airlines"), nor may a rule match inside a link.
    """

    def __init__(self, names: Iterable[str], handles: Iterable[str]) -> None:
        own, called = _cleaned(handles), _cleaned(names)
        self._own = _own(_AT, own)
        self._own_at = _own("@", own)
        self._called = re.compile(rf"(?<!\w)(?:{'|'.join(called)}){_END}", re.IGNORECASE) if called else None
        self._begin = _beginnings(names)

    def __call__(self, text: str) -> str:
        """``text`` with each link, handle and name replaced."""
        if "://" in text or "www." in text:
            text = _LINKS.sub(LINK, text)
        if "@" in text or "u/" in text:
            # Without a slash there is but one sign to seek, which is far faster.
            own, handles = (self._own, _HANDLES) if "/" in text else (self._own_at, _HANDLES_AT)
            text = handles.sub(HANDLE, text if own is None else own.sub(BRAND, text))
        return text if self._called is None or self._nowhere(text) else self._called.sub(BRAND, text)

    def _nowhere(self, text: str) -> bool:
        """Whether plain ``text`` cannot have a name in it."""
        if self._begin is None or not text.isascii():
            return False
        low = text.lower()
        return not any(map(low.__contains__, self._begin))


def _own(begin: str, handles: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile(rf"{begin}(?:{'|'.join(handles)}){_END}", re.IGNORECASE) if handles else None


def _beginnings(names: Iterable[str]) -> tuple[str, ...] | None:
    """The first words of ``names`` in lower case; None where plain text may hold one that is spelt otherwise."""
    found = {name.split()[0].lower().removeprefix("@") for name in map(clean, names) if name.strip()}
    return tuple(sorted(found)) if all(map(str.isascii, found)) else None


_LINKS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_AT = r"(?:@|(?<!\w)/?u/)"
_END = r"(?:'s)?(?!\w)"
_NAMED = r"\w+(?:\.\w+\.\w+)?(?:@\w+(?:\.\w+)+)?(?:'s(?!\w))?"
_HANDLES, _HANDLES_AT = re.compile(_AT + _NAMED), re.compile("@" + _NAMED)


def _cleaned(names: Iterable[str]) -> list[str]:
    """Patterns for ``names`` as they look in clean text, the longest first."""
    found = {clean(name).strip().removeprefix("@") for name in names} - {""}
    return [r"\s+".join(map(re.escape, name.split())) for name in sorted(found, key=lambda name: (-len(name), name))]


def words(text: str) -> list[str]:
    """The words of clean text in lower case, without punctuation; emoji and other signs are words of their own."""
    text = text.lower()
    if text.isascii():
        found = text.encode().translate(_PARTED, _JOINING).decode().split()
    else:
        parts = _WORD_OR_SIGN.findall(text.replace("'", ""))
        found = [part for part in parts if not part.isascii() or part.isalnum()]
    # "pleeeease" is "please".
    if any(map(text.__contains__, _DRAWN_OUT)):
        return _RUN.sub(r"\1", " ".join(found)).split()
    return found
