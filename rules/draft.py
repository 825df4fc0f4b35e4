"""A text as its writer sees it: its plain words, and where in the text each stands. Weighs nothing.

Phrases and patterns are sought as in any rule file, but what is found has its place, so that it can be shown.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import re2  # type: ignore[import-untyped]  # the library carries no types

from rules.links import counted
from rules.phrase import Sought
from rules.text import Masker, clean, words

LONGEST = 20_000
"""Characters that are read of a draft: twice what the most patient network takes."""
MOST = 50
"""Finds of one kind that are kept."""
_MEMORY = 8 << 20
_PIECE = re.compile(r"\S+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ODD = re.compile(r"[^\S\n ]|[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_EDGES = re.compile(r"^[^\w@#€$£]+|[^\w€$£%]+$")
_MASK = Masker((), ())

Span = tuple[int, int]
Pattern = Any
"""What RE2 made of a pattern; the library carries no types."""


class Draft:
    """A text that is not posted yet.

    Args:
        text: anything.
    """

    def __init__(self, text: str) -> None:
        self.text = _SURROGATE.sub("\ufffd", text[:LONGEST])
        self.plain = _ODD.sub(" ", self.text)
        """The text with a blank for every odd or invisible one, so that nothing stands elsewhere in it."""
        self._places: list[Span] = []
        said: list[str] = []
        for found in _PIECE.finditer(self.text):
            span = _bare(found)
            for word in words(_MASK(clean(found[0]))):
                said.append(word)
                self._places.append(span)
        self.words: Sequence[str] = said
        self._line = f" {' '.join(said)} "
        self._starts = _starts(said)

    def phrases(self, sought: Pattern) -> list[Span]:
        """Where any of the phrases of ``sought`` stands, see ``any_of``."""
        return list(islice(self._phrases(sought), MOST))

    def _phrases(self, sought: Pattern) -> Iterator[Span]:
        place = 0
        while (found := sought.search(self._line, place)) is not None:
            # The blank behind one phrase may be the blank before the next.
            place = max(found.end() - 1, found.start() + 1)
            first, last = self._starts[found.start() + 1], self._starts[found.end() - 2]
            yield self._places[first][0], self._places[last][1]

    def patterns(self, sought: Pattern) -> list[Span]:
        """Where a pattern stands in the text as it is, but for what is only a part of a link."""
        return self.said(found.span() for found in sought.finditer(self.plain))

    def said(self, spans: Iterable[Span]) -> list[Span]:
        """The first of ``spans`` that are no part of a link."""
        return list(islice((span for span in spans if not any(_inside(span, link) for link in self.links)), MOST))

    @cached_property
    def links(self) -> list[Span]:
        """Where links stand."""
        return [(link.start, link.end) for link in counted(self.text)]


def any_of(phrases: Sequence[Sought]) -> Pattern:
    """What seeks the first of some phrases.

    Raises:
        ValueError: they are too many; "what; what to do".
    """
    return pattern("|".join(f"(?:{sought.shape})" for sought in phrases))


def pattern(source: str) -> Pattern:
    """What seeks an RE2 pattern, case ignored.

    Raises:
        ValueError: RE2 does not take it, or it matches an empty text; "what; what to do".
    """
    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = _MEMORY, False, False
    try:
        made = re2.compile(source, options=options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error.args[0])
        raise ValueError(f"is no RE2 pattern ({reason}); RE2 knows no look-around and no back-references") from error
    if made.search("") is not None:
        raise ValueError("matches an empty text and so every draft; make some part of it necessary")
    return made


def _inside(span: Span, link: Span) -> bool:
    return link[0] <= span[0] and span[1] <= link[1]


def _bare(found: re.Match[str]) -> Span:
    """A piece between blanks without the punctuation around it, unless it is nothing else."""
    bare = _EDGES.sub("", found[0])
    start = found[0].index(bare) if bare else 0
    return (found.start() + start, found.start() + start + len(bare)) if bare else found.span()


def _starts(said: Sequence[str]) -> list[int]:
    """For each character of the line of words, with a blank at either end, the word it is of or stands before."""
    of: list[int] = [0]
    for number, word in enumerate(said):
        of += [number] * (len(word) + 1)
    return of
