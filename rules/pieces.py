"""The pieces of a text between blanks, each read once for everybody who asks what it is.

Rules, tone and evidence read a text in words of their own, but all of them part it at blanks first, and people write
the same few thousand words over and over. So what each makes of a piece is worked out where the piece is new and
remembered, and a post costs one look-up a piece. Weighs nothing, and reads no piece otherwise than they do.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from rules import evidence, tone
from rules.evidence import Post
from rules.text import words

_MOST_KEPT = 1 << 15
"""Pieces remembered: nine in ten of what people write, and some megabytes."""


class Piece(NamedTuple):
    """One piece of clean, masked text, as each of its readers reads it."""

    plain: tuple[str, ...]
    """The plain words that rules are sought in."""
    spoken: str
    """Without the punctuation around it, as the tone hears it."""
    lower: str
    loud: bool
    """All in capitals."""
    tokens: str
    """What it is as evidence, a space after each token: see ``evidence.Shape``."""
    general: tuple[str, ...]
    counted: int
    low: bool | None


class Reading(NamedTuple):
    """A text, reader by reader."""

    line: list[str]
    """``words`` of the text."""
    spoken: Sequence[str]
    lower: list[str]
    loud: int
    """How many are all in capitals."""
    post: Post


class _Known(dict[str, Piece]):
    """What is remembered. Begins anew when it is full: that costs less than to keep count of what was used."""

    def __missing__(self, text: str) -> Piece:
        if len(self) >= _MOST_KEPT:
            self.clear()
        plain, spoken, shape = tuple(words(text)), tone.bare(text), evidence.shape(text)
        general = tuple(evidence.general(shape.tokens))
        found = Piece(
            plain,
            spoken,
            spoken.lower(),
            spoken.isupper(),
            "".join(f"{token} " for token in shape.tokens),
            plain if plain == general else general,
            shape.counted,
            shape.low,
        )
        self[text] = found
        return found


_known = _Known()


def read(masked: str) -> Reading:
    """Clean, masked text, as all of them read it."""
    found = masked.split()
    if not found:
        return Reading([], (), [], 0, evidence.read(masked))
    plain, spoken, lower, loud, tokens, general, counted, low = zip(*map(_known.__getitem__, found), strict=True)
    # A lone "`" parts words in any text but a plain one, where it joins them.
    line = words(masked) if "`" in masked else list(chain.from_iterable(plain))
    said = list(chain.from_iterable(general))
    post = evidence.post(masked, f" {''.join(tokens) or ' '}", said, sum(counted), low)
    return Reading(line, spoken, list(lower), sum(loud), post)
