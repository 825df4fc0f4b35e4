"""Phrases as people write them in rule files -> RE2 patterns over a line of plain words. Matches nothing itself.

A phrase is plain words: "still waiting". A lone ``*`` stands for up to three words, a ``*`` at a word's end or
beginning for any letters, ``|`` parts words that may stand in for each other, and ``{brand}``, ``{handle}``, ``{link}``
and ``{number}`` stand for our names, anybody's handle, a link and a number.
"""

import re
from collections.abc import Sequence
from itertools import permutations

from rules.text import BRAND, HANDLE, LINK, clean, words

_NAMES = {"{brand}": BRAND, "{handle}": HANDLE, "{link}": LINK, "{number}": "[0-9]+"}
_GAP = 3
_NO_PLAIN_WORD = frozenset("()[]^\\+$<>")
_SHORTEST_STEM = 3


def compiled(phrases: Sequence[str]) -> str:
    """A pattern for any one of ``phrases`` in a line of words with a space before, between and after them.

    Raises:
        ValueError: a phrase cannot be read; the message is "what; what to do".
    """
    return f" (?:{'|'.join(_phrase(phrase) for phrase in phrases)}) "


def compiled_near(phrases: Sequence[str], within: int) -> str:
    """A pattern for all of ``phrases`` in any order with at most ``within`` words between one and the next.

    Raises:
        ValueError: a phrase cannot be read, or there are not two or three.
    """
    if len(phrases) not in (2, 3):
        raise ValueError(f"names {len(phrases)}; name two or three phrases")
    parts = [_phrase(phrase) for phrase in phrases]
    between = rf" (?:[^ ]+ ){{0,{within}}}"
    return f" (?:{'|'.join(between.join(order) for order in permutations(parts))}) "


def _phrase(phrase: str) -> str:
    if found := next((sign for sign in phrase if sign in _NO_PLAIN_WORD), None):
        raise ValueError(f'has a "{found}", which no plain word has; leave it out, or write an RE2 pattern = "..."')
    parts = phrase.split()
    if not parts or parts[0] == "*" or parts[-1] == "*":
        raise ValueError('begins or ends with a "*" of its own; begin and end with a word')
    return "".join(rf"(?:[^ ]+ ){{0,{_GAP}}}" if part == "*" else f"{_ways(part)} " for part in parts).rstrip(" ")


def _ways(part: str) -> str:
    ways = [_word(word) for word in part.split("|")]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _word(word: str) -> str:
    if word.startswith("{"):
        if word not in _NAMES:
            raise ValueError(f'has "{word}"; known are {", ".join(_NAMES)}')
        return _NAMES[word]
    plain = words(clean(word.strip("*")))
    if not plain or "*" in word.strip("*"):
        raise ValueError(f'has "{word}", which is no word; write words, with "*" only at a word\'s end or beginning')
    if "*" in word and max(map(len, plain)) < _SHORTEST_STEM:
        raise ValueError(f'has "{word}", which fits almost anything; give at least {_SHORTEST_STEM} letters')
    before, after = ("[^ ]*" if starred else "" for starred in (word[0] == "*", word[-1] == "*"))
    return before + " ".join(map(re.escape, plain)) + after
