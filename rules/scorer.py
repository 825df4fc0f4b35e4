"""How likely is a post a complaint, is it said to a company at all, and does it accuse? Learned weights over evidence.

Three linear models over the same evidence, read from ``weights.json`` once; ``tools/train.py`` writes that file. Every
post gets the same answer every time. It decides no kind and knows no rule: that is for ``rules.judge``.
"""

import json
import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from operator import mul
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
        self._bias: list[float] = raw["bias"]
        self._names: list[str] = [row[0] for row in raw["cues"]]
        self._signs: list[int] = [row[3] for row in raw["cues"]]
        self._told = [None if row[4] else (f"cue.{row[0]}", row[1]) for row in raw["cues"]]
        self._cues = _by_head([row[5:] for row in raw["cues"]])
        self._numbers = _by_head([row[1:] for row in raw["numbers"]])
        self._address = _by_head([row[1:] for row in raw["address"]])
        self._place = {row[0]: place for place, row in enumerate(raw["grams"])}
        self._squares: list[float] = [row[1] * row[1] for row in raw["grams"]]
        self._grams = _by_head([row[2:] for row in raw["grams"]])
        self._find = seeker([row[2] for row in raw["cues"]])
        self._reason = cache(self._reason_of)

    def weigh(self, masked: str, handles: Sequence[str], tone: float) -> Weighed:
        """What the models make of masked text that names ``handles`` (lower case) and sounds like ``tone``."""
        post = evidence.read(masked)
        hits = self._find(post.line)
        signs = evidence.cold(tone) + sum(map(self._signs.__getitem__, hits))
        numbers = evidence.numbers(post, set(map(self._names.__getitem__, hits)), signs, tone)
        address = evidence.address(handles, post)
        grams = self._known(post)
        length = math.sqrt(math.fsum(map(self._squares.__getitem__, grams))) or 1.0

        def log_odds(head: int) -> float:
            return (
                self._bias[head]
                + math.fsum(map(self._cues[head].__getitem__, hits))
                + math.fsum(map(mul, numbers, self._numbers[head]))
                + math.fsum(map(mul, address, self._address[head]))
                + math.fsum(map(self._grams[head].__getitem__, grams)) / length
            )

        return Weighed(log_odds(0), log_odds(1), log_odds(2), self._reasons(hits, signs, numbers, tone))

    def _known(self, post: Post) -> list[int]:
        """The words and pairs of words of a post that have weights, each once, however often they stand there."""
        found = set(map(self._place.get, evidence.grams(evidence.general(post.tokens))))
        found.discard(None)
        return list(found)  # type: ignore[arg-type]  # None has just gone

    def _reasons(self, hits: Sequence[int], signs: int, numbers: Sequence[float], tone: float) -> tuple[Reason, ...]:
        """The heaviest cues and the tone."""
        told = [reason for hit in hits if (reason := self._reason(hit, signs)) is not None]
        told.sort(key=_heaviest)
        del told[_MOST_TOLD:]
        heard = math.fsum(map(mul, numbers[evidence.SOUND], self._numbers[0][evidence.SOUND]))
        if heard:
            how = "negative" if tone < 0 else "positive"
            weight = heard + (self._share(signs) if evidence.cold(tone) else 0.0)
            told.append(Reason("tone", f"It sounds {how} ({tone:+.2f} on a scale from -1 to 1).", weight))
        return tuple(told)

    def _reason_of(self, hit: int, signs: int) -> Reason | None:
        """What a cue says among so many signs; None where that is little, or nothing to a person."""
        named = self._told[hit]
        weight = self._cues[0][hit] + (self._share(signs) if self._signs[hit] else 0.0)
        return None if named is None or abs(weight) < _TELLING else Reason(*named, weight)

    def _share(self, signs: int) -> float:
        """What each of many signs says in that they are many."""
        counted = evidence.counts(signs)
        return math.fsum(map(mul, counted, self._numbers[0][evidence.SIGNS])) / max(1, signs)


def _heaviest(reason: Reason) -> tuple[float, str]:
    return -abs(reason.weight), reason.rule


def _by_head(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[float(row[head]) for row in rows] for head in range(len(HEADS))]


@lru_cache(maxsize=1)
def bundled() -> Scorer:
    """The scorer that comes with the judge."""
    return Scorer((Path(__file__).parent / "weights.json").read_text(encoding="utf-8"))
