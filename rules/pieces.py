"""The pieces of a text between blanks, each read once for everybody who asks what it is.

Rules, tone and evidence read a text in words of their own, but all of them part it at blanks first, and people write
the same few thousand words over and over. So what each makes of a piece is worked out where the piece is new and
remembered, and a post costs one look-up a piece. Weighs nothing, and reads no piece otherwise than they do.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from rules import evidence, tone
from rules.evidence import Shape
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
    shape: Shape
    """What it is as evidence."""


class Pieces(NamedTuple):
    """All pieces of a text, reader by reader."""

    line: list[str]
    """``words`` of the text."""
    spoken: Sequence[str]
    lower: list[str]
    loud: int
    """How many are all in capitals."""
    shapes: Sequence[Shape]


class _Known(dict[str, Piece]):
    """What is remembered. Begins anew when it is full: that costs less than to keep count of what was used."""

    def __missing__(self, text: str) -> Piece:
        if len(self) >= _MOST_KEPT:
            self.clear()
        spoken = tone.bare(text)
        found = Piece(tuple(words(text)), spoken, spoken.lower(), spoken.isupper(), evidence.shape(text))
        self[text] = found
        return found


_known = _Known()


def read(masked: str) -> Pieces:
    """The pieces of clean, masked text."""
    found = masked.split()
    if not found:
        return Pieces([], (), [], 0, ())
    plain, spoken, lower, loud, shapes = zip(*map(_known.__getitem__, found), strict=True)
    # A lone "`" parts words in any text but a plain one, where it joins them.
    line = words(masked) if "`" in masked else list(chain.from_iterable(plain))
    return Pieces(line, spoken, list(lower), sum(loud), shapes)
