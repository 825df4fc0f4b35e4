"""How warm or cold a text sounds, from -1 to 1: vaderSentiment's compound score, several times faster.

The library's lexicons and tables are used as they are, and the result is the library's to the last digit; only the
words that its lexicon knows are visited. Nothing here knows of brands, complaints or what to do about them.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from string import punctuation

from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]  # the library carries no types
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

_SCALAR: float = N_SCALAR
_CAPITALS: float = C_INCR
_BOOSTERS: dict[str, float] = BOOSTER_DICT
_IDIOMS: dict[str, float] = SPECIAL_CASES
_NEGATIONS = frozenset(NEGATE)
_NEAR = 3
"""How many words before a word can change what it says."""
_TURNING = _NEGATIONS.union(
    _BOOSTERS, " ".join((*_BOOSTERS, *_IDIOMS)).split(), ("no", "or", "nor", "so", "this", "least")
)
_TURNING |= {"never", "without", "doubt"}
"""Words that change what another says: where none of them is near, a word says what the lexicon says."""


@lru_cache(maxsize=1)
def _bundled() -> tuple[dict[str, float], dict[int, str]]:
    """The library's lexicon, and its emoji by code point."""
    reference = SentimentIntensityAnalyzer()
    return reference.lexicon, {ord(sign): name for sign, name in reference.emojis.items() if len(sign) == 1}


class Tone:
    """The library's lexicon with ``changes`` laid over it: a word's value from -4 to 4, or 0 to forget the word."""

    def __init__(self, changes: Mapping[str, float]) -> None:
        bundled, self._emoji = _bundled()
        self.lexicon = {word: value for word, value in {**bundled, **changes}.items() if value or word not in changes}
        # A booster is never scored itself, whatever the lexicon says of it.
        self._scored = {word: value for word, value in self.lexicon.items() if word not in _BOOSTERS}

    def __call__(self, text: str) -> float:
        """The compound score of ``text``. Cost grows with the length; cap it before."""
        if not text.isascii():
            text = self._spell_emoji(text)
        spoken = [bare(token) for token in text.split()]
        return self.of(text, spoken, [word.lower() for word in spoken], sum(map(str.isupper, spoken)))

    def of(self, text: str, spoken: Sequence[str], lower: list[str], capitals: int) -> float:
        """The compound score of ``text`` in which there is no emoji, and whose words are known.

        Args:
            text: the text.
            spoken: its words, each ``bare``.
            lower: the same in lower case.
            capitals: how many are all in capitals.
        """
        places = [place for place, word in enumerate(lower) if word in self._scored]
        if not places:
            return 0.0
        shouted = spoken if 0 < len(spoken) - capitals < len(spoken) else lower
        if "kind" in lower:
            places = [
                place for place in places if not (lower[place] == "kind" and lower[place + 1 : place + 2] == ["of"])
            ]
        value = self._value if "n't" in text.lower() else self._plain_value
        found = [value(lower, shouted, place) for place in places]
        if "but" in lower:
            _weigh_contrast(found, places, lower.index("but"))
        total = float(sum(found))
        if total:
            total += math.copysign(_emphasis(text), total)
        return round(total / math.sqrt(total * total + 15), 4)

    def _spell_emoji(self, text: str) -> str:
        spelt, after_space = [], True
        for sign in text:
            name = self._emoji.get(ord(sign))
            if name is None:
                spelt.append(sign)
                after_space = sign == " "
            else:
                spelt.append(name if after_space else f" {name}")
                after_space = False
        return "".join(spelt)

    def _plain_value(self, lower: list[str], shouted: Sequence[str], place: int) -> float:
        """The same as ``_value`` in a text without any "n't"."""
        if not _TURNING.isdisjoint(lower[max(0, place - _NEAR) : place + _NEAR]):
            return self._value(lower, shouted, place)
        value = self._scored[lower[place]]
        if shouted[place].isupper():
            value += _CAPITALS if value > 0 else -_CAPITALS
        return value

    def _value(self, lower: list[str], shouted: Sequence[str], place: int) -> float:
        """What the word at ``place`` says, given its neighbours."""
        lexicon, word = self.lexicon, lower[place]
        value = lexicon[word]
        before = lower[max(0, place - _NEAR) : place][::-1]
        if word == "no" and place != len(lower) - 1 and lower[place + 1] in lexicon:
            value = 0.0
        if "no" in before and ("no" in before[:2] or before[0] in ("or", "nor")):
            value = lexicon[word] * _SCALAR
        if shouted[place].isupper():
            value += _CAPITALS if value > 0 else -_CAPITALS
        for distance, neighbour in enumerate(before):
            if neighbour in lexicon:
                continue
            if neighbour in _BOOSTERS:
                value += _boost(neighbour, shouted[place - distance - 1], value) * (1, 0.95, 0.9)[distance]
            value *= _negation(before, distance)
            if distance == _NEAR - 1:
                value = _idiom(lower, place, value)
        if before and before[0] == "least" and "least" not in lexicon and before[1:2] not in (["at"], ["very"]):
            value *= _SCALAR
        return value


def bare(token: str) -> str:
    """A word without the punctuation around it."""
    if token.isalnum():
        return token
    word = token.strip(punctuation)
    # Two characters or fewer were probably an emoticon.
    return word if len(word) > 2 else token  # noqa: PLR2004 - the library's number


def _boost(word: str, spoken: str, value: float) -> float:
    boost = _BOOSTERS[word]
    if value < 0:
        boost = -boost
    if spoken.isupper():
        boost += _CAPITALS if value > 0 else -_CAPITALS
    return boost


def _negation(before: list[str], distance: int) -> float:
    """The factor by which the word at ``distance`` before turns a value round."""
    word = before[distance]
    if distance == 1:
        if word == "never" and before[0] in ("so", "this"):
            return 1.25
        if word == "without" and before[0] == "doubt":
            return 1.0
    if distance == _NEAR - 1:
        if (word == "never" and before[1] in ("so", "this")) or before[0] in ("so", "this"):
            return 1.25
        if word == "without" and "doubt" in before[:2]:
            return 1.0
    return _SCALAR if word in _NEGATIONS or "n't" in word else 1.0


def _idiom(lower: list[str], place: int, value: float) -> float:
    """``value``, or what an idiom around ``place`` says instead."""
    three, two, one, zero = lower[place - 3 : place + 1]
    pairs = (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}")
    for idiom in (f"{one} {zero}", f"{two} {one} {zero}", pairs[2], pairs[0], pairs[1]):
        if idiom in _IDIOMS:
            value = _IDIOMS[idiom]
            break
    for length in (2, 3):
        ahead = lower[place : place + length]
        if len(ahead) == length:
            value = _IDIOMS.get(" ".join(ahead), value)
    for pair in pairs:
        value += _BOOSTERS.get(pair, 0.0)
    return value


def _weigh_contrast(found: list[float], places: list[int], but: int) -> None:
    """What comes before "but" counts half, what comes after it half as much again; as the library does it."""
    for value in found:
        # The library looks each value up again and so changes the first equal one.
        first = found.index(value)
        if places[first] < but:
            found[first] = value * 0.5
        elif places[first] > but:
            found[first] = value * 1.5


def _emphasis(text: str) -> float:
    questions = text.count("?")
    asked = 0.0 if questions <= 1 else questions * 0.18 if questions <= 3 else 0.96  # noqa: PLR2004 - the library's
    return min(text.count("!"), 4) * 0.292 + asked
