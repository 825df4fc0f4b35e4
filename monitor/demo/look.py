"""How the demo looks: colours, glyphs and the two ways to shorten other people's words. Prints nothing itself."""

from dataclasses import dataclass
from textwrap import shorten
from typing import Final

from rich.console import Console

from monitor.demo.outcomes import Fate
from monitor.slack import untrusted
from rules.model import Severity

SEVERITY: Final = {Severity.LOW: "dim", Severity.NORMAL: "", Severity.HIGH: "yellow", Severity.CRISIS: "bold red"}
FATE: Final = {
    Fate.NEVER: "bold red",
    Fate.LATE: "yellow",
    Fate.WAITING: "cyan",
    Fate.IN_TIME: "green",
    Fate.ASIDE: "dim",
}
WHAT: Final = {
    "opened": "cyan",
    "reopened": "cyan",
    "raised": "yellow",
    "paged": "magenta",
    "answered": "green",
    "dismissed": "dim",
}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What bars and lines are drawn with. Every state has a shape of its own, for those who see no colours."""

    waiting: str
    overdue: str
    deadline: str
    answered: str
    aside: str
    unanswered: str
    open: str
    none: str
    more: str


_DRAWN = Glyphs("─", "━", "┃", "●", "○", "▶", "▁", "–", "…")
_TYPED = Glyphs("-", "=", "|", "o", "x", ">", "_", "-", "...")


def glyphs(console: Console) -> Glyphs:
    """The shapes that the output of ``console`` can carry."""
    return _TYPED if console.options.ascii_only else _DRAWN


def brief(text: str, width: int, more: str) -> str:
    """As many whole words of ``text`` as fit one line of ``width`` columns."""
    return shorten(untrusted.line(text, 1000), width, placeholder=more)
