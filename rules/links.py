"""The links in a text, where they stand, and whose site they lead to. Follows none of them.

Sites are told apart by the bundled list of public suffixes: ``shop.acme.co.uk`` and ``www.acme.co.uk`` are both of
``acme.co.uk``.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from publicsuffixlist import PublicSuffixList

_WRITTEN = re.compile(r"https?://[^\s<>\"\u201c\u201d\u00ab\u00bb]+", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,24}(?::\d{1,5})?(?:/[^\s<>\"]*)?(?![\w@])",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/?#@\s]*@)?(\[[0-9a-f:.]+\]|[^/?#:@\s\[\]]+)(?::\d*)?(?=[/?#]|$)", re.IGNORECASE
)
_AROUND = ".,;:!?'\u2019*_~\u2026"
_LONGEST = 2_000


class Link(NamedTuple):
    """A link as it stands in a text."""

    url: str
    start: int
    end: int


def written(text: str) -> Iterator[Link]:
    """The addresses in ``text`` that say ``http`` or ``https``, without the punctuation around them."""
    for found in _WRITTEN.finditer(text):
        url = _trimmed(found[0])
        if len(url) <= _LONGEST and site(url) is not None:
            yield Link(url, found.start(), found.start() + len(url))


def counted(text: str) -> Iterator[Link]:
    """What a network takes for a link in ``text``: written ones, and bare names such as ``acme.com/help``."""
    taken = list(written(text))
    yield from taken
    for found in _BARE.finditer(text):
        name = _trimmed(found[0])
        if not any(link.start <= found.start() < link.end for link in taken) and _suffix(name.partition("/")[0]):
            yield Link(name, found.start(), found.start() + len(name))


def host(url: str) -> str | None:
    """The host of ``url`` in lower case and in ASCII; None where there is none."""
    found = _HOST.match(url)
    try:
        return None if found is None else found[1].rstrip(".").encode("idna").decode().lower() or None
    except ValueError:
        return None


def site(url: str) -> str | None:
    """Whose site ``url`` leads to: the part of its host that somebody has registered, else the host."""
    found = host(url)
    if found is None or found[0] == "[" or found.rpartition(".")[2].isdigit():
        return found
    return _suffixes().privatesuffix(found) or found


def _trimmed(url: str) -> str:
    while url and (
        url[-1] in _AROUND or (url[-1] in ")]}" and url.count(url[-1]) > url.count("([{"[")]}".index(url[-1])]))
    ):
        url = url[:-1]
    return url


def _suffix(name: str) -> str | None:
    return _suffixes().privatesuffix(name.partition(":")[0].lower(), accept_unknown=False)


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
