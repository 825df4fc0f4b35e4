"""All phrases and patterns of all rules, sought at once by RE2: linear time, however hostile they are.

Says which pieces are in a text, by number, and knows nothing of rules. Runs of plain words are one set; a gap between
two runs is looked at only where both are present, for gaps in the set itself would multiply its states.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

import re2  # type: ignore[import-untyped]  # the library carries no types

from rules.phrase import Sought
from rules.runs import Runs

_MEMORY = 64 << 20
_PATTERN_MEMORY = 1 << 20
LARGEST_PATTERN = 1_500
"""Instructions of one compiled pattern; counted repeats multiply them."""
LARGEST_SUM = 20_000
"""Instructions of all patterns together: keeps the worst text under some milliseconds."""


def _options(memory: int) -> "re2.Options":
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    options.case_sensitive = False
    return options


class Pieces:
    """Collects what is to be sought, equal pieces once, and compiles it."""

    def __init__(self) -> None:
        self._phrases: dict[tuple[Sought, ...], int] = {}
        self._patterns: dict[str, int] = {}
        self._sum = 0

    def phrases(self, any_of: Sequence[Sought]) -> int:
        """The number of a piece that is there when one of some phrases is."""
        return self._phrases.setdefault(tuple(any_of), 2 * len(self._phrases))

    def pattern(self, source: str) -> int:
        """The number of an RE2 pattern sought in masked text, case ignored.

        Raises:
            ValueError: RE2 does not take it, it is too large, or it matches an empty text; "what; what to do".
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
        return Matcher(self._phrases, self._patterns)


class _Spread:
    """A phrase with gaps, or phrases near each other: sought in earnest only where all its runs are present."""

    def __init__(self, piece: int, parts: Sequence[frozenset[int]], shape: str) -> None:
        self.piece, self.parts, self._shape = piece, parts, shape

    @cached_property
    def sought(self) -> "re2.Set":
        """What finds it in a line. A set of one answers several times faster than a pattern, which makes a match."""
        return _compiled((self._shape,))


class Matcher:
    """Finds the numbers of all pieces that are in a text: even ones for phrases, odd ones for patterns."""

    def __init__(self, phrases: Mapping[tuple[Sought, ...], int], patterns: Mapping[str, int]) -> None:
        self._shapes = {piece: [sought.shape for sought in any_of] for any_of, piece in phrases.items()}
        self._shapes |= {piece: [source] for source, piece in patterns.items()}
        self._runs = Runs(run for any_of in phrases for sought in any_of for ways in sought.parts for run in ways)
        whole: dict[int, list[int]] = {}
        spreads: list[_Spread] = []
        for any_of, piece in phrases.items():
            for sought in any_of:
                parts = [frozenset(self._runs.ends[run] for run in ways) for ways in sought.parts]
                if len(parts) > 1:
                    spreads.append(_Spread(piece, parts, sought.shape))
                    continue
                for end in parts[0]:
                    whole.setdefault(end, []).append(piece)
        self._whole = {end: tuple(pieces) for end, pieces in whole.items()}
        """The pieces that a run settles by itself."""
        self._spread = _by_rarest(spreads, {end: len(run) for run, end in self._runs.ends.items()})
        """What a run may be a part of, by the rarest run of each."""
        self._patterns = _compiled(tuple(patterns))

    def find(self, masked: str, line: Sequence[str]) -> frozenset[int]:
        """The pieces in ``masked`` text and in the ``line`` of its plain words."""
        found: set[int] = set()
        present = self._runs.present(line)
        for end in self._whole.keys() & present:
            found.update(self._whole[end])
        for end in self._spread.keys() & present:
            for spread in self._spread[end]:
                if spread.piece in found or any(map(present.isdisjoint, spread.parts)):
                    continue
                if spread.sought.Match(f" {' '.join(line)} ") is not None:
                    found.add(spread.piece)
        if self._patterns is not None:
            found.update([2 * index + 1 for index in self._patterns.Match(masked) or ()])
        return frozenset(found)

    def quote(self, piece: int, masked: str, line: Sequence[str]) -> str:
        """The words in which ``piece`` was found; empty if it was not."""
        text = f" {' '.join(line)} " if piece % 2 == 0 else masked
        found = (re2.compile(shape, options=_options(_PATTERN_MEMORY)).search(text) for shape in self._shapes[piece])
        return next((str(match.group()).strip() for match in found if match is not None), "")


def _by_rarest(spreads: Sequence[_Spread], lengths: Mapping[int, int]) -> dict[int, list[_Spread]]:
    """The spreads by the run of each that the fewest of them have, the longest of such."""
    uses = Counter(end for spread in spreads for part in spread.parts for end in part)

    def rarity(part: frozenset[int]) -> tuple[int, int]:
        return max(uses[end] for end in part), -min(lengths[end] for end in part)

    found: dict[int, list[_Spread]] = {}
    for spread in spreads:
        for end in min(spread.parts, key=rarity):
            found.setdefault(end, []).append(spread)
    return found


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
