"""All phrases and patterns of all rules, sought at once: patterns by RE2, in linear time however hostile they are.

Says which pieces are in a text, by number, and knows nothing of rules. Runs of plain words are sought word by word; a
gap between two runs is looked at, by RE2 again, only where both are present.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

import re2  # type: ignore[import-untyped]  # the library carries no types

from rules.phrase import Sought
from rules.runs import Run, Runs

_MEMORY = 32 << 20
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


class _Shape:
    """A phrase with gaps, or phrases near each other; compiled only when all its runs are present somewhere."""

    def __init__(self, source: str) -> None:
        self._source = source

    def found(self, line: Sequence[str]) -> bool:
        return self._sought.Match(f" {' '.join(line)} ") is not None

    @cached_property
    def _sought(self) -> "re2.Set":
        # A set of one answers several times faster than a pattern, which makes a match object.
        return _compiled((self._source,))


_Spread = tuple[int, tuple[frozenset[int], ...], _Shape]
"""A piece, the runs of each of its parts, and how they stand to each other."""


class Matcher:
    """Finds the numbers of all pieces that are in a text: even ones for phrases, odd ones for patterns."""

    def __init__(self, phrases: Mapping[tuple[Sought, ...], int], patterns: Mapping[str, int]) -> None:
        self._shapes = {piece: [sought.shape for sought in any_of] for any_of, piece in phrases.items()}
        self._shapes |= {piece: [source] for source, piece in patterns.items()}
        numbers: dict[Run, int] = {}
        whole: dict[int, list[int]] = {}
        spreads: list[_Spread] = []
        for any_of, piece in phrases.items():
            for sought in any_of:
                parts = [frozenset(numbers.setdefault(run, len(numbers)) for run in ways) for ways in sought.parts]
                if len(parts) > 1:
                    spreads.append((piece, tuple(parts), _Shape(sought.shape)))
                    continue
                for run in parts[0]:
                    whole.setdefault(run, []).append(piece)
        self._runs = Runs(numbers)
        self._whole = {run: tuple(pieces) for run, pieces in whole.items()}
        """The pieces that a run settles by itself."""
        self._spread = _by_rarest(spreads, [sum(map(len, run)) for run in numbers])
        """What a run may be a part of, by the rarest run of each."""
        self._patterns = _compiled(tuple(patterns))

    def find(self, masked: str, line: Sequence[str]) -> frozenset[int]:
        """The pieces in ``masked`` text and in the ``line`` of its plain words."""
        found: set[int] = set()
        present = self._runs.present(line)
        whole, spread_from = self._whole.get, self._spread.get
        for run in present:
            if (settled := whole(run)) is not None:
                found.update(settled)
            for piece, parts, shape in spread_from(run, ()):
                if piece not in found and not any(map(present.isdisjoint, parts)) and shape.found(line):
                    found.add(piece)
        if self._patterns is not None:
            found.update([2 * index + 1 for index in self._patterns.Match(masked) or ()])
        return frozenset(found)

    def quote(self, piece: int, masked: str, line: Sequence[str]) -> str:
        """The words in which ``piece`` was found; empty if it was not."""
        text = f" {' '.join(line)} " if piece % 2 == 0 else masked
        found = (re2.compile(shape, options=_options(_PATTERN_MEMORY)).search(text) for shape in self._shapes[piece])
        return next((str(match.group()).strip() for match in found if match is not None), "")


def _by_rarest(spreads: Sequence[_Spread], lengths: Sequence[int]) -> dict[int, list[_Spread]]:
    """The spreads by the run of each that the fewest of them have, the longest of such; without the part it is of."""
    uses = Counter(run for _, parts, _ in spreads for part in parts for run in part)

    def rarity(part: frozenset[int]) -> tuple[int, int]:
        return max(uses[run] for run in part), -min(lengths[run] for run in part)

    found: dict[int, list[_Spread]] = {}
    for piece, parts, shape in spreads:
        rarest = min(parts, key=rarity)
        others = tuple(part for part in parts if part is not rarest)
        for run in rarest:
            found.setdefault(run, []).append((piece, others, shape))
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
