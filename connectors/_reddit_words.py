"""Whether a text holds a name. Pure: whole words, whatever their capitals and accents."""

import re
import unicodedata
from collections.abc import Iterable

Names = re.Pattern[str] | None
"""Names to find in a text; None finds nothing."""


def names(terms: Iterable[str]) -> Names:
    """What finds any of these terms; between the words of one may stand any signs and spaces."""
    words = [found for term in terms if (found := re.findall(r"[^\W_]+", _folded(term)))]
    return _whole("|".join(r"[\W_]+".join(one) for one in words))


def handles(accounts: Iterable[str]) -> Names:
    """What finds a call to one of these accounts, such as ``u/name``."""
    return _whole("|".join(f"u/{re.escape(_folded(one))}" for one in accounts), end=r"(?![\w-])")


def holds(text: str, wanted: Names) -> bool:
    """Whether any of the names is in ``text``."""
    return wanted is not None and wanted.search(_folded(text)) is not None


def _whole(ways: str, end: str = r"(?![^\W_])") -> Names:
    return re.compile(rf"(?<![^\W_])(?:{ways}){end}") if ways else None


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))
