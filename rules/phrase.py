"""Phrases as people write them in rule files -> what to seek in a line of plain words. Seeks nothing itself.

A phrase is plain words: "still waiting". A lone ``*`` stands for up to three words, a ``*`` at a word's end or
beginning for any letters, ``|`` parts words that may stand in for each other, ``_`` ties two words into one of those,
and ``{brand}``, ``{handle}``, ``{link}`` and ``{number}`` stand for our names, anybody's handle, a link and a number.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations, product

from rules.runs import Run
from rules.text import BRAND, HANDLE, LINK, clean, words

_NAMES = {"{brand}": BRAND, "{handle}": HANDLE, "{link}": LINK, "{number}": "[0-9]+"}
_NO_PLAIN_WORD = frozenset("()[]^\\+$<>")
_LETTERS = "[^ ]*"
_GAP = 3
_MOST_GAPS = 3
_MOST_WAYS = 2_000
_SHORTEST_STEM = 3

_Words = list[list[str]]
"""Words that follow each other, each with its alternatives."""


@dataclass(frozen=True, slots=True)
class Sought:
    """One phrase, or several near each other, ready to be sought."""

    parts: tuple[tuple[Run, ...], ...]
    """Runs of words between gaps, each in all its ways of saying it; one way of every run must be there."""
    shape: str
    """A pattern for the runs in their places."""


def compiled(phrase: str) -> Sought:
    """One phrase.

    Raises:
        ValueError: it cannot be read; the message is "what; what to do".
    """
    runs = _runs(phrase)
    between = _between(_GAP)
    shape = f" {between.join(map(_shape, runs))} "
    return Sought(tuple(map(_ways, runs)), shape)


def compiled_near(phrases: Sequence[str], within: int) -> Sought:
    """All of ``phrases`` in any order, with at most ``within`` words between one and the next.

    Raises:
        ValueError: a phrase cannot be read, or there are not two or three.
    """
    if len(phrases) not in (2, 3):
        raise ValueError(f"names {len(phrases)}; name two or three phrases")
    runs = [_runs(phrase) for phrase in phrases]
    shapes = [_between(_GAP).join(map(_shape, run)) for run in runs]
    between = _between(within)
    shape = f" (?:{'|'.join(between.join(order) for order in permutations(shapes))}) "
    return Sought(tuple(_ways(part) for run in runs for part in run), shape)


def _runs(phrase: str) -> list[_Words]:
    """The runs of words of ``phrase`` between its gaps."""
    if found := next((sign for sign in phrase if sign in _NO_PLAIN_WORD), None):
        raise ValueError(f'has a "{found}", which no plain word has; leave it out, or write an RE2 pattern = "..."')
    words_and_gaps = phrase.split()
    if not words_and_gaps or words_and_gaps[0] == "*" or words_and_gaps[-1] == "*":
        raise ValueError('begins or ends with a "*" of its own; begin and end with a word')
    runs: list[_Words] = [[]]
    for part in words_and_gaps:
        if part == "*":
            runs.append([])
        else:
            runs[-1].append([_word(word) for word in part.split("|")])
    if len(runs) > _MOST_GAPS + 1 or not all(runs):
        raise ValueError(f'has too many "*"; {_MOST_GAPS} apart from each other are the most')
    if sum(math.prod(map(len, run)) for run in runs) > _MOST_WAYS:
        raise ValueError(f'says it in more than {_MOST_WAYS:,} ways; use fewer "|", or several phrases')
    return runs


def _ways(run: _Words) -> tuple[Run, ...]:
    return tuple(tuple(" ".join(way).replace(_LETTERS, "*").split()) for way in product(*run))


def _shape(run: _Words) -> str:
    return " ".join(ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})" for ways in run)


def _between(most: int) -> str:
    return rf" (?:[^ ]+ ){{0,{most}}}"


def _word(word: str) -> str:
    if word.startswith("{"):
        if word not in _NAMES:
            raise ValueError(f'has "{word}"; known are {", ".join(_NAMES)}')
        return _NAMES[word]
    stem = word.strip("*")
    plain = words(clean(stem))
    if not plain or "*" in stem:
        raise ValueError(f'has "{word}", which is no word; write words, with "*" only at a word\'s end or beginning')
    if stem != word and max(map(len, plain)) < _SHORTEST_STEM:
        raise ValueError(f'has "{word}", which fits almost anything; give at least {_SHORTEST_STEM} letters')
    before, after = (_LETTERS if starred else "" for starred in (word[0] == "*", word[-1] == "*"))
    return before + " ".join(map(re.escape, plain)) + after
