"""All phrases and patterns of all rules, sought in one pass each by RE2: linear time, however hostile they are.

Says which pieces are in a text, by number, and knows nothing of rules.
"""

from collections.abc import Sequence

import re2  # type: ignore[import-untyped]  # the library carries no types

_MEMORY = 64 << 20
_PATTERN_MEMORY = 1 << 20
LARGEST_PATTERN = 1_500
"""Instructions of one compiled pattern; counted repeats multiply them."""
LARGEST_SUM = 30_000
"""Instructions of all patterns together: keeps the worst text under some milliseconds."""


def _options(memory: int) -> "re2.Options":
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = False
    return options


class Pieces:
    """Collects what is to be sought, equal pieces once, and compiles it."""

    def __init__(self) -> None:
        self._phrases: dict[str, int] = {}
        self._patterns: dict[str, int] = {}
        self._sum = 0

    def phrase(self, source: str) -> int:
        """The number of a piece sought in lines of plain words; ``source`` comes from ``rules.phrase``."""
        return self._phrases.setdefault(source, 2 * len(self._phrases))

    def pattern(self, source: str) -> int:
        """The number of an RE2 pattern sought in masked text, case ignored.

        Raises:
            ValueError: RE2 does not take it, it is too large, or it matches nothing at all; "what; what to do".
        """
        if source not in self._patterns:
            self._sum += _checked(source)
            if self._sum > LARGEST_SUM:
                raise ValueError(
                    "is one too many: all patterns together are too large; use phrases where words will do"
                )
        return self._patterns.setdefault(source, 2 * len(self._patterns) + 1)

    def compiled(self) -> "Matcher":
        """A matcher for everything collected so far.

        Raises:
            ValueError: together it is too large.
        """
        return Matcher(tuple(self._phrases), tuple(self._patterns))


class Matcher:
    """Finds the numbers of all pieces that are in a text: even ones for phrases, odd ones for patterns."""

    def __init__(self, phrases: Sequence[str], patterns: Sequence[str]) -> None:
        self._phrases = _compiled(phrases)
        self._patterns = _compiled(patterns)

    def find(self, masked: str, line: Sequence[str]) -> frozenset[int]:
        """The pieces in ``masked`` text and in the ``line`` of its plain words."""
        found: list[int] = []
        if self._phrases is not None and line:
            found += [2 * index for index in self._phrases.Match(f" {' '.join(line)} ") or ()]
        if self._patterns is not None:
            found += [2 * index + 1 for index in self._patterns.Match(masked) or ()]
        return frozenset(found)


def _checked(source: str) -> int:
    try:
        pattern = re2.compile(source, options=_options(_PATTERN_MEMORY))
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error.args[0])
        raise ValueError(f"is no RE2 pattern ({reason}); RE2 knows no look-around and no back-references") from error
    size = max(pattern.programsize, pattern.reverseprogramsize)
    if size > LARGEST_PATTERN:
        raise ValueError("is too large; repeat less, or write phrases")
    if pattern.search("") is not None:
        raise ValueError("matches an empty text and so every post; make some part of it necessary")
    return int(size)


def _compiled(sources: Sequence[str]) -> "re2.Set | None":
    if not sources:
        return None
    # RE2 gives the same answer for "no match" and for "never compiled".
    found = re2.Set.SearchSet(_options(_MEMORY))
    try:
        for source in sources:
            found.Add(source)
        found.Compile()
    except re2.error as error:
        raise ValueError("together the rules are too large to compile; write fewer or shorter ones") from error
    return found
