"""How the demo looks: its colours, and the shapes it draws bars with. Prints nothing itself."""

from dataclasses import dataclass
from typing import Final

from rich.console import Console

from monitor.demo.outcomes import Fate
from rules.model import Severity

SEVERITY: Final = {Severity.LOW: "dim", Severity.NORMAL: "", Severity.HIGH: "yellow", Severity.CRISIS: "bold red"}
FATE: Final = {
    Fate.NEVER: "bold red",
    Fate.LATE: "yellow",
    Fate.WAITING: "cyan",
    Fate.IN_TIME: "green",
    Fate.ASIDE: "dim",
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
    times: str


_DRAWN = Glyphs("─", "━", "┃", "●", "○", "▶", "▁", "·", "×")  # noqa: RUF001 - the cross says "times"
_TYPED = Glyphs("-", "=", "|", "o", "x", ">", "_", "-", "x")


def glyphs(console: Console) -> Glyphs:
    """The shapes that the output of ``console`` can carry."""
    return _TYPED if console.options.ascii_only else _DRAWN
