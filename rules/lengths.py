"""How long a text is to a network, and where it would have to end. Cuts nothing.

X counts what it weighs (a link is 23, an emoji or a Chinese character 2), Mastodon counts what looks like one
character and takes links for 23, Bluesky counts what looks like one character, everybody else counts code points.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping

import regex

from rules.links import counted, written

_LINK = 23
"""What X and Mastodon count for a link, however long it is."""
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that count once on X; all others count twice."""
_EMOJI = regex.compile(
    r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3"
)
_SEEN = regex.compile(r"\X")
_REMOTE = regex.compile(r"(?<![\w/@])(@\w+(?:[\w.-]*\w)?)@[\w-]+(?:\.[\w-]+)+")

_Piece = tuple[int, int, int]
"""Where it starts, where it ends, and what it counts for."""


def length(text: str, network: str) -> int:
    """How long ``text`` is on ``network``, in what the network counts."""
    return sum(weight for _, _, weight in _pieces(text, network))


def fits(text: str, network: str, limit: int) -> int:
    """How many characters of ``text`` fit into ``limit`` on ``network``: all of them, or up to where it is too long."""
    total = 0
    for start, _, weight in _pieces(text, network):
        total += weight
        if total > limit:
            return start
    return len(text)


def _pieces(text: str, network: str) -> Iterator[_Piece]:
    if network == "x":
        links = ((link.start, link.end, _LINK) for link in counted(text))
        return _around(text, links, _weight)
    if network == "mastodon":
        links = ((link.start, link.end, _LINK) for link in written(text))
        remote = ((found.start(), found.end(), len(found[1])) for found in _REMOTE.finditer(text))
        return _around(text, (*links, *remote), lambda _: 1)
    if network == "bluesky":
        return _around(text, (), lambda _: 1)
    return ((place, place + 1, 1) for place in range(len(text)))


def _around(text: str, fixed: Iterable[_Piece], weigh: Callable[[str], int]) -> Iterator[_Piece]:
    """The pieces of fixed weight in their order, and one for everything between that looks like one character."""
    place = 0
    for start, end, weight in sorted(fixed):
        if start >= place:
            yield from _seen(text, place, start, weigh)
            yield start, end, weight
            place = end
    yield from _seen(text, place, len(text), weigh)


def _seen(text: str, start: int, end: int, weigh: Callable[[str], int]) -> Iterator[_Piece]:
    for found in _SEEN.finditer(text, start, end):
        yield found.start(), found.end(), weigh(found[0])


def _weight(sign: str) -> int:
    if _EMOJI.match(sign):
        return 2
    return sum(
        1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2 for char in unicodedata.normalize("NFC", sign)
    )


LIMITS: Mapping[str, int] = {"x": 280, "bluesky": 300, "mastodon": 500, "reddit": 10_000}
"""How long a post may be unless a rule says otherwise."""
