"""How likely is a post a complaint, is it said to a company at all, and does it accuse? Learned weights over evidence.

Three linear models over the same evidence, read from ``weights.json`` once; ``tools/train.py`` writes that file. Every
post gets the same answer every time. It decides no kind and knows no rule: that is for ``rules.judge``.

Each piece of evidence has a row of three weights, one for each model, and the rows are added up together. What follows
from a small count (how it looks, how many signs) is worked out for every count beforehand, or where it first occurs.
"""

import json
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import getitem, mul
from pathlib import Path
from typing import Any, NamedTuple

import re2  # type: ignore[import-untyped]  # the library carries no types

from rules import evidence
from rules.evidence import Post
from rules.model import Reason

HEADS = ("complaint", "addressed", "severe")
"""What the three models answer: is it a complaint, given that it speaks to a company; does it; given that it is a
complaint, does it accuse or blame."""
FORMAT = 1
_MEMORY = 24 << 20
_MOST_KEPT = 4_096
"""Answers kept of what depends on little and is asked again and again."""
_TELLING = 0.2
"""Log-odds from which a cue is told of."""
_MOST_TOLD = 6


Row = tuple[float, float, float]
"""What one piece of evidence says to each of ``HEADS``, in log-odds."""


class Cue(NamedTuple):
    """One hand-written pattern over the line of tokens."""

    name: str
    why: str
    pattern: str
    sign: bool
    """It is a sign of a complaint by itself, and counted with the others of its kind."""
    quiet: bool
    """It helps to weigh but tells a person nothing, such as a first person."""


class Weighed(NamedTuple):
    """What the models make of one post, in log-odds."""

    complaint: float
    addressed: float
    severe: float
    reasons: list[Reason]
    """The cues that said most for or against a complaint, and the tone."""


def _groups(patterns: Sequence[str]) -> list[list[int]]:
    """Patterns that share a set: plain words, open gaps, bounded gaps. One automaton of all of them would explode."""
    groups: list[list[int]] = [[], [], []]
    for place, pattern in enumerate(patterns):
        groups[2 if "{0," in pattern else 1 if "\\w" in pattern or "[^" in pattern else 0].append(place)
    return [group for group in groups if group]


def seeker(patterns: Sequence[str]) -> Callable[[str], list[int]]:
    """What finds the numbers of the ``patterns`` that are in a line.

    Raises:
        ValueError: RE2 does not take one of them.
    """
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    # Tokens are plain letters and signs; a byte a sign makes for a smaller automaton.
    options.encoding = re2.Options.Encoding.LATIN1
    sets = []
    for group in _groups(patterns):
        sought = re2.Set.SearchSet(options)
        try:
            for place in group:
                sought.Add(patterns[place])
            sought.Compile()
        except re2.error as error:
            raise ValueError("a cue's pattern is no RE2 pattern; write it without look-around") from error
        # RE2 builds its automaton as texts come; the first ones should not pay for it.
        sought.Match(" why is my order not here again thanks for nothing i have been waiting 0 days now !+ ")
        sets.append((sought.Match, group))

    def found(line: str) -> list[int]:
        spelt = line.encode()
        return [group[place] for match, group in sets for place in match(spelt) or ()]

    return found


class Scorer:
    """The weights, ready to weigh. Safe to share between threads."""

    def __init__(self, text: str) -> None:
        """Reads the text of a weights file.

        Raises:
            ValueError: it was written for other evidence; "what; what to do".
        """
        raw: dict[str, Any] = json.loads(text)
        if (
            raw["format"] != FORMAT
            or [row[0] for row in raw["numbers"]] != list(evidence.NUMBERS)
            or [row[0] for row in raw["address"]] != list(evidence.ADDRESS)
        ):
            raise ValueError("the weights were learned for other evidence than this version reads; train them again")
        self._bias: Row = _row(raw["bias"])
        self._names: list[str] = [row[0] for row in raw["cues"]]
        self._signs: list[int] = [row[3] for row in raw["cues"]]
        self._telling = frozenset(place for place, name in enumerate(self._names) if name in evidence.TOGETHER)
        self._told = [None if row[4] else (f"cue.{row[0]}", row[1]) for row in raw["cues"]]
        self._cues = [_row(row[5:]) for row in raw["cues"]]
        self._numbers = [_row(row[1:]) for row in raw["numbers"]]
        self._looks = _looks(self._numbers)
        self._cold, self._warm = self._numbers[evidence.SOUND]
        self._address = [_row(row[1:]) for row in raw["address"]]
        self._grams = [(square * square, *_row(weights)) for _, square, *weights in raw["grams"]]
        self._words: dict[str, int] = {}
        self._pairs: dict[tuple[str, ...], int] = {}
        for place, (gram, *_) in enumerate(raw["grams"]):
            said = tuple(gram.split(" "))
            if len(said) == 1:
                self._words[said[0]] = place
            else:
                self._pairs[said] = place
        self._find = seeker([row[2] for row in raw["cues"]])
        self._company = lru_cache(_MOST_KEPT)(self._company_of)
        self._spoken_to = lru_cache(_MOST_KEPT)(self._spoken_to_of)
        self._among = lru_cache(_MOST_KEPT)(self._told_among)

    def weigh(self, post: Post, handles: Sequence[str], tone: float) -> Weighed:
        """What the models make of a post that names ``handles`` (lower case) and sounds like ``tone``."""
        hits = self._find(post.line)
        signs = evidence.cold(tone) + sum(map(self._signs.__getitem__, hits))
        telling = tuple(filter(self._telling.__contains__, hits))
        sound = self._sound(tone)
        rows = [
            self._bias,
            self._company(min(post.words, evidence.BRIEF + 1), telling, signs),
            sound,
            *map(self._cues.__getitem__, hits),
            *map(getitem, self._looks, post.counts),
        ]
        if handles:
            rows.append(self._spoken_to(tuple(evidence.address(handles, post))))
        grams = self._known(post)
        if grams:
            rows.append(grams)
        complaint, addressed, severe = map(sum, zip(*rows, strict=True))
        return Weighed(complaint, addressed, severe, self._reasons(hits, signs, tone, sound[0]))

    def _known(self, post: Post) -> Row | None:
        """What the words and pairs of words of a post say that have weights, each once; their vector has length 1."""
        said = post.general
        known = {*map(self._words.get, said), *map(self._pairs.get, evidence.pairs(said))}
        known.discard(None)
        if not known:
            return None
        grams = map(self._grams.__getitem__, known)  # type: ignore[arg-type]  # None has just gone
        squares, complaint, addressed, severe = map(sum, zip(*grams, strict=True))
        length = math.sqrt(squares)
        return complaint / length, addressed / length, severe / length

    def _company_of(self, words: int, telling: tuple[int, ...], signs: int) -> Row:
        """What signs of a complaint and a few cues say in each other's company."""
        counted = evidence.together(words, {self._names[hit] for hit in telling}, signs)
        return _weighed(counted, self._numbers[evidence.COMPANY])

    def _spoken_to_of(self, address: tuple[float, ...]) -> Row:
        return _weighed(address, self._address)

    def _sound(self, tone: float) -> Row:
        """What the tone says, apart from being a sign."""
        (one, two, three), loud = self._cold if tone < 0 else self._warm, abs(tone)
        return one * loud, two * loud, three * loud

    def _reasons(self, hits: Sequence[int], signs: int, tone: float, heard: float) -> list[Reason]:
        """The heaviest cues and the tone, ``heard`` being what it says for a complaint."""
        told = [reason for reason in map(self._among(signs).__getitem__, hits) if reason is not None]
        if len(told) > _MOST_TOLD:
            told.sort(key=_heaviest)
            del told[_MOST_TOLD:]
        if heard:
            how = "negative" if tone < 0 else "positive"
            weight = heard + (self._share(signs) if evidence.cold(tone) else 0.0)
            told.append(Reason("tone", f"It sounds {how} ({tone:+.2f} on a scale from -1 to 1).", weight))
        return told

    def _told_among(self, signs: int) -> list[Reason | None]:
        """What each cue says among so many signs; None where that is little, or nothing to a person."""
        share = self._share(signs)
        weights = [row[0] + share * sign for row, sign in zip(self._cues, self._signs, strict=True)]
        return [
            None if named is None or abs(weight) < _TELLING else Reason(*named, weight)
            for named, weight in zip(self._told, weights, strict=True)
        ]

    def _share(self, signs: int) -> float:
        """What each of many signs says in that they are many."""
        return _weighed(evidence.counts(signs), self._numbers[evidence.SIGNS])[0] / max(1, signs)


def _heaviest(reason: Reason) -> tuple[float, str]:
    return -abs(reason.weight), reason.rule


def _row(weights: Sequence[float]) -> Row:
    complaint, addressed, severe = map(float, weights)
    return complaint, addressed, severe


def _weighed(numbers: Sequence[float], weights: Sequence[Row]) -> Row:
    """The sum of some numbers for each of the heads."""
    return _row([math.fsum(map(mul, numbers, column)) for column in zip(*weights, strict=True)])


def _looks(weights: Sequence[Row]) -> list[list[Row]]:
    """What each count of a post's looks says, from 0 to the most of it."""
    tables, place = [], 0
    for most, becomes in evidence.LOOKS:
        width = len(becomes(0))
        tables.append([_weighed(becomes(count), weights[place : place + width]) for count in range(most + 1)])
        place += width
    return tables


@lru_cache(maxsize=1)
def bundled() -> Scorer:
    """The scorer that comes with the judge."""
    return Scorer((Path(__file__).parent / "weights.json").read_text(encoding="utf-8"))
