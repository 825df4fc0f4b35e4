"""Runs of plain words, all sought at once in a line of words: one look-up a word, however many runs there are.

A run is a path from word to word, and runs that begin alike share their beginning. A word of a run may stand for many:
``*`` at either end is any letters, ``[0-9]+`` a number; which of these a word fits is asked once and remembered. Knows
nothing of gaps, patterns or rules.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import re2  # type: ignore[import-untyped]  # the library carries no types

Run = tuple[str, ...]
LARGEST = 400_000
"""Words of all runs together, shared beginnings counted once."""
_MOST_KEPT = 1 << 15
"""Words remembered, those that stand in no run among them."""


class _Place:
    """Where a run has got to: whether one ends here, and how those go on that do not."""

    __slots__ = ("end", "on")

    def __init__(self) -> None:
        self.end: int | None = None
        self.on: dict[str, _Place] | None = None


class _Word(NamedTuple):
    """What one word is to the runs."""

    ways: tuple[str, ...] = ()
    """The words of runs that it fits."""
    ends: tuple[int, ...] = ()
    """The runs that it is by itself."""
    begins: Sequence[dict[str, _Place]] = ()
    """How the runs go on that it begins."""


_NOTHING = _Word()


class Runs(dict[str, _Word]):
    """The runs, each by the number of its place among ``runs``, and what is known of words.

    Raises:
        ValueError: together they are too large; "what; what to do".
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        super().__init__()
        self._begin = _Place()
        self._words: set[str] = set()
        size = 0
        for number, run in enumerate(runs):
            place = self._begin
            for word in run:
                if place.on is None:
                    place.on = {}
                if (on := place.on.get(word)) is None:
                    on = place.on[word] = _Place()
                    size += 1
                place = on
            place.end = number
            self._words.update(run)
            if size > LARGEST:
                raise ValueError("together the rules are too large; write fewer or shorter ones")
        self._stems = sorted(word for word in self._words if "*" in word or "[" in word)
        self._fits = _fitting(self._stems)

    def __missing__(self, word: str) -> _Word:
        ways = [word] if word in self._words else []
        if self._fits is not None:
            ways += [self._stems[fits] for fits in self._fits.Match(word) or ()]
        found = _NOTHING
        if ways:
            begin = self._begin.on or {}
            places = [begin[way] for way in ways if way in begin]
            found = _Word(
                tuple(ways),
                tuple(place.end for place in places if place.end is not None),
                [place.on for place in places if place.on is not None],
            )
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[word] = found
        return found

    def present(self, line: Sequence[str]) -> set[int]:
        """The numbers of the runs that stand in ``line``."""
        found: list[int] = []
        led: Sequence[dict[str, _Place]] = ()
        for ways, ends, begins in map(self.__getitem__, line):
            found += ends
            here = begins
            for on in led:
                for way in ways:
                    if way in on:
                        place = on[way]
                        if place.end is not None:
                            found.append(place.end)
                        if place.on is not None:
                            here = [*here, place.on]
            led = here
        return set(found)


def _fitting(stems: Sequence[str]) -> "re2.Set | None":
    """What tells which of the ``stems`` a word fits."""
    if not stems:
        return None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 16 << 20
    fits = re2.Set.FullMatchSet(options)
    try:
        for stem in stems:
            fits.Add(stem.replace("*", "[^ ]*"))
        fits.Compile()
    except re2.error as error:
        raise ValueError("together the rules are too large; write fewer words with a *") from error
    return fits
