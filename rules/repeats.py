"""Whether a post says over again what its author has said before: ``repeats(text, earlier) -> bool``.

Case, punctuation, emoji, handles and links make no difference, nor do a few words around the old ones or slips in a
long text. A number, or a "not", that is different does: "order 12 is late" is no repeat of "order 13 is late". Whether
the author has been answered meanwhile, and whether the old words asked for anything, is for the clock.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from rules.text import HANDLE, LINK, Masker, clean, words

_MASK = Masker((), ())
_MASKS = frozenset({HANDLE, LINK})
_LETTER = re.compile(r"[^\W\d_]")
_NOTS = frozenset(
    "not no never cant cannot dont doesnt didnt isnt wasnt arent wont wouldnt hasnt havent nicht kein keine nie".split()  # noqa: SIM905 - a line reads better than a list
)
_TOLD = 4
"""Words from which on an old post is found again inside a new one."""
_MORE = 8
"""Words that may stand around it there."""
_LONG = 6
"""Words from which on slips are passed over."""
_ALIKE = 0.75
"""Share of all pairs of neighbouring words that two long texts with slips have in common."""


def repeats(text: str, earlier: Iterable[str]) -> bool:
    """Whether ``text`` says the same as one of the texts that its author posted ``earlier``.

    A text without a word in it ("?", a link) repeats nothing; ``silence.bare`` knows the former.
    """
    said = _said(text)
    return any(_same(said, before) for before in map(_said, earlier)) if said else False


def _said(text: str) -> list[str]:
    """The words of ``text``, without handles, links and signs; none where none has a letter."""
    found = [word for word in words(_MASK(clean(text))) if word not in _MASKS and word.isalnum()]
    return found if any(map(_LETTER.search, found)) else []


def _same(said: list[str], before: list[str]) -> bool:
    if said == before:
        return True
    if not before or _fixed(said) != _fixed(before):
        return False
    if _TOLD <= len(before) < len(said) <= len(before) + _MORE and f" {' '.join(before)} " in f" {' '.join(said)} ":
        return True
    if min(len(said), len(before)) < _LONG:
        return False
    pairs, old = set(pairwise(said)), set(pairwise(before))
    return len(pairs & old) >= _ALIKE * len(pairs | old)


def _fixed(said: list[str]) -> list[str]:
    """The words that no repeat changes: numbers, and whether it is so at all."""
    return sorted(word for word in said if word in _NOTS or not word.isalpha())
