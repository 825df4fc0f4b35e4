"""Runs of plain words, all sought at once in a line of words: one look-up a word, however many runs there are.

A run is a path from word to word, and runs that begin alike share their beginning. A word of a run may stand for many:
``*`` at either end is any letters, ``[0-9]+`` a number; which of these a word fits is asked once and remembered. Knows
nothing of gaps, patterns or rules.
"""

from collections.abc import Iterable, Sequence

import re2  # type: ignore[import-untyped]  # the library carries no types

Run = tuple[str, ...]
LARGEST = 400_000
"""Words of all runs together, shared beginnings counted once."""
_MOST_KEPT = 1 << 14
"""Words remembered that begin no run and stand in none."""
_Place = int
_Word = tuple[tuple[str, ...], tuple[_Place, ...], list[_Place]]
"""What a word can be in a run; the places it leads to by itself; those of them that lead on."""
_NOTHING: _Word = ((), (), [])


class Runs(dict[str, _Word]):
    """The runs, and what is known of words. A run is known by the place that it ends in.

    Raises:
        ValueError: together they are too large; "what; what to do".
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        super().__init__()
        self._next: dict[tuple[_Place, str], _Place] = {}
        self.ends = {run: self._added(run) for run in runs}
        """Run -> the place it ends in."""
        self._words = {word for _, word in self._next}
        self._leading = {place for place, _ in self._next}
        self._stems = sorted(word for word in self._words if "*" in word or "[" in word)
        self._fits = _fitting(self._stems)

    def _added(self, run: Run) -> _Place:
        place = 0
        for word in run:
            place = self._next.setdefault((place, word), len(self._next) + 1)
        if len(self._next) > LARGEST:
            raise ValueError("together the rules are too large; write fewer or shorter ones")
        return place

    def __missing__(self, word: str) -> _Word:
        ways = [word] if word in self._words else []
        if self._fits is not None:
            ways += [self._stems[fits] for fits in self._fits.Match(word) or ()]
        led = tuple(self._next[0, way] for way in ways if (0, way) in self._next)
        found = (tuple(ways), led, [place for place in led if place in self._leading]) if ways else _NOTHING
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[word] = found
        return found

    def present(self, line: Sequence[str]) -> set[_Place]:
        """The places that runs lead to in ``line``, those in which one ends among them."""
        found: list[_Place] = []
        led: list[_Place] = []
        after = self._next.get
        for ways, begun, leading in map(self.__getitem__, line):
            found += begun
            if led and ways:
                on = [place for last in led for way in ways if (place := after((last, way)))]
                found += on
                led = leading + on
            else:
                led = leading
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
