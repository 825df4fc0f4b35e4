"""How likely is a post a complaint, is it said to a company at all, and does it accuse? Learned weights over evidence.

Three linear models over the same evidence, read from ``weights.json`` once; ``tools/train.py`` writes that file. Every
post gets the same answer every time. It decides no kind and knows no rule: that is for ``rules.judge``.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
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
_MEMORY = 64 << 20
_TELLING = 0.2
"""Log-odds from which a cue is told of."""
_MOST_TOLD = 6

Weights = tuple[float, float, float]


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
    reasons: tuple[Reason, ...]
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
    return lambda line: [group[found] for match, group in sets for found in match(line) or ()]


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
        self.bias: Weights = tuple(raw["bias"])
        self._names: list[str] = [row[0] for row in raw["cues"]]
        self._signs: list[int] = [row[3] for row in raw["cues"]]
        self._cues: list[Weights] = [tuple(row[5:8]) for row in raw["cues"]]
        self._told = [None if row[4] else (f"cue.{row[0]}", row[1]) for row in raw["cues"]]
        self._numbers: list[Weights] = [tuple(row[1:4]) for row in raw["numbers"]]
        self._address: list[float] = [row[2] for row in raw["address"]]
        self._grams = _by_first_word({row[0]: (row[1] * row[1], *row[2:5]) for row in raw["grams"]})
        self._find = seeker([row[2] for row in raw["cues"]])

    def weigh(self, masked: str, handles: Sequence[str], tone: float) -> Weighed:
        """What the models make of masked text that names ``handles`` (lower case) and sounds like ``tone``."""
        post = evidence.read(masked)
        hits = self._find(post.line)
        signs = evidence.cold(tone)
        for hit in hits:
            signs += self._signs[hit]
        numbers = evidence.numbers(post, {self._names[hit] for hit in hits}, signs, tone)
        complaint, addressed, severe = self.bias
        for hit in hits:
            one, two, three = self._cues[hit]
            complaint += one
            addressed += two
            severe += three
        for number, (one, two, three) in zip(numbers, self._numbers, strict=True):
            if number:
                complaint += number * one
                addressed += number * two
                severe += number * three
        if handles:
            addressed += math.fsum(map(float.__mul__, evidence.address(handles, post), self._address))
        one, two, three = self._said(post)
        reasons = self._reasons(hits, signs, numbers, tone)
        return Weighed(complaint + one, addressed + two, severe + three, reasons)

    def _said(self, post: Post) -> Weights:
        """What the words and pairs of words say, each once, however often they stand there."""
        found: dict[str, tuple[float, float, float, float]] = {}
        last = self._grams[evidence.START_OF_POST]
        for token in (*evidence.general(post.tokens), evidence.END_OF_POST):
            if token in last:
                found.update([last[token]])
            last = self._grams.get(token) or {}
            if "" in last:
                found.update([last[""]])
        length = one = two = three = 0.0
        for square, *said in found.values():
            length += square
            one += said[0]
            two += said[1]
            three += said[2]
        length = math.sqrt(length) or 1.0
        return one / length, two / length, three / length

    def _reasons(self, hits: Sequence[int], signs: int, numbers: Sequence[float], tone: float) -> tuple[Reason, ...]:
        """The heaviest cues and the tone. What many signs say together is shared out among them."""
        counted = zip(numbers[evidence.SIGNS], self._numbers[evidence.SIGNS], strict=True)
        each = math.fsum(number * weights[0] for number, weights in counted) / max(1, signs)
        told = []
        for hit in hits:
            named = self._told[hit]
            if named is not None:
                weight = self._cues[hit][0] + (each if self._signs[hit] else 0.0)
                if abs(weight) >= _TELLING:
                    told.append(Reason(*named, weight))
        told.sort(key=lambda reason: (-abs(reason.weight), reason.rule))
        del told[_MOST_TOLD:]
        heard = zip(numbers[evidence.SOUND], self._numbers[evidence.SOUND], strict=True)
        sounds = math.fsum(number * weights[0] for number, weights in heard)
        if sounds:
            how = "negative" if tone < 0 else "positive"
            weight = sounds + (each if evidence.cold(tone) else 0.0)
            told.append(Reason("tone", f"It sounds {how} ({tone:+.2f} on a scale from -1 to 1).", weight))
        return tuple(told)


_Gram = tuple[str, tuple[float, float, float, float]]


def _by_first_word(grams: Mapping[str, tuple[float, float, float, float]]) -> dict[str, dict[str, _Gram]]:
    """First word -> second word, empty for the word alone -> the run of words and what it says."""
    found: dict[str, dict[str, _Gram]] = {evidence.START_OF_POST: {}}
    for gram, says in grams.items():
        first, _, second = gram.partition(" ")
        found.setdefault(first, {})[second] = (gram, says)
    return found


@lru_cache(maxsize=1)
def bundled() -> Scorer:
    """The scorer that comes with the judge."""
    return Scorer((Path(__file__).parent / "weights.json").read_text(encoding="utf-8"))
