"""What is left when the story is over: a table of every case, and a chart of every silence. Decides nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.demo import look
from monitor.demo.look import FATE, SEVERITY, Glyphs
from monitor.demo.outcomes import Fate, Outcome, Wait
from monitor.slack import untrusted
from rules.durations import spell
from rules.model import Span

_TITLES: Final = {
    Fate.NEVER: "Nobody has answered",
    Fate.LATE: "Answered too late",
    Fate.WAITING: "Still in time",
    Fate.IN_TIME: "Answered in time",
    Fate.ASIDE: "Set aside by a person",
}
_COUNTED: Final = {Fate.IN_TIME: "answered in time", Fate.LATE: "too late", Fate.NEVER: "not at all"}
_ROOMY = 96
"""From this many columns on, the table can afford wider gaps."""
_WIDEST, _NARROWEST = 150, 10
_WIDTHS: Final = (8, 11, 16, 14)
"""Severity, waited, answer, paged."""
_DAY_AND_HOUR = 6
"""Columns of the ruler's first words."""
_TICK = timedelta(hours=6)


def table(console: Console, outcomes: Sequence[Outcome]) -> Table:
    """Every case, the worst first: who, where, what they said, how bad, how long, who answered, who was paged."""
    gap = 2 if console.width >= _ROOMY else 1
    first = max(min(console.width, _WIDEST) - sum(_WIDTHS) - gap * len(_WIDTHS), _NARROWEST)
    drawn = look.glyphs(console)
    shown = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    headings = ("customer, what they said", "severity", "waited", "answer", "paged")
    for heading, width in zip(headings, (first, *_WIDTHS), strict=True):
        shown.add_column(heading, width=width, overflow="ellipsis")
    for fate, group in groupby(sorted(outcomes, key=lambda outcome: outcome.fate), key=lambda outcome: outcome.fate):
        cases = list(group)
        shown.add_row()
        shown.add_row(Text(f"{_TITLES[fate]} ({len(cases)})", FATE[fate], no_wrap=True))
        for outcome in cases:
            said = untrusted.line(outcome.said, first)
            shown.add_row(
                Text.assemble((outcome.author, "bold"), (f" {outcome.source}", "dim"), ("\n" + said, "dim italic")),
                Text(outcome.severity.word, SEVERITY[outcome.severity]),
                Text("\n").join(Text(spell(wait.length), FATE[wait.fate]) for wait in outcome.waits),
                Text("\n").join(_answer(wait) for wait in outcome.waits[-1:]),
                _paged(outcome, drawn),
            )
    return shown


def _answer(wait: Wait) -> Text:
    late = f"\n{spell(wait.overdue)} late" if wait.overdue else ""
    if wait.ended is None:
        due = f"\ndue {wait.deadline:%a %H:%M}" if wait.deadline and not late else ""
        return Text.assemble(("nobody", FATE[wait.fate]), late, (due, "dim"))
    if wait.fate is Fate.ASIDE:
        return Text.assemble(wait.ended.by, (f"\n{wait.ended.how}", "dim"))
    return Text.assemble(wait.ended.by, (late or "\nin time", FATE[wait.fate]))


def _paged(outcome: Outcome, drawn: Glyphs) -> Text:
    if not outcome.paged:
        return Text(drawn.none, "dim")
    return Text("\n".join(f"{to} {drawn.times}{count}" if count > 1 else to for to, count in outcome.paged.items()))


def chart(console: Console, outcomes: Sequence[Outcome]) -> Text:
    """One bar per case over time: how long it waited, where its deadline was, when it was answered."""
    drawn = look.glyphs(console)
    label = max(len(outcome.author) for outcome in outcomes) + 1
    start = min(outcome.waits[0].start for outcome in outcomes).replace(minute=0)
    end = max(wait.end for outcome in outcomes for wait in outcome.waits)
    scale = _Scale(start, end, max(min(console.width, _WIDEST) - label - 1, _NARROWEST))
    lines = [Text.assemble(" " * label, scale.ruler())]
    lines += [Text.assemble(one.author.ljust(label), scale.bar(one, drawn)) for one in outcomes]
    if (hours := outcomes[0].hours) is not None:
        desk = "".join(drawn.open if _open(at, hours) else " " for at in scale.columns)
        lines.append(Text.assemble("desk is open".ljust(label), desk, style="dim"))
    lines.append(Text.assemble(" " * label, _legend(drawn)))
    return Text("\n", no_wrap=True, overflow="crop").join(lines)


def summary(outcomes: Sequence[Outcome], posts: int) -> Text:
    """All of it in a sentence or two, and what to do next.

    Args:
        outcomes: every case.
        posts: how many posts were heard.
    """
    fates = Counter(outcome.fate for outcome in outcomes)
    pages = sum(sum(outcome.paged.values()) for outcome in outcomes)
    paged = sum(bool(outcome.paged) for outcome in outcomes)
    told = [f"{fates[fate]} {words}" for fate, words in _COUNTED.items() if fates[fate]]
    if others := len(outcomes) - sum(fates[fate] for fate in _COUNTED):
        told.append(f"{others} others")
    return Text.assemble(
        (f"{posts} posts, {len(outcomes)} cases: ", "bold"),
        f"{', '.join(told)}.\n",
        (f"{pages} pages", "bold"),
        f" about {paged} of the cases; the other {len(outcomes) - paged} woke nobody.\n\n",
        "Your own brand next: ",
        ("harken init my-desk", "bold cyan"),
        " writes a config and rule files to edit,\nand ",
        ("harken check", "bold cyan"),
        " says what is still missing in them.",
    )


def _open(at: datetime, hours: Sequence[Span]) -> bool:
    return any(span.start <= at < span.end for span in hours)


def _legend(drawn: Glyphs) -> Text:
    return Text("  ").join(
        Text.assemble((shape, style), f" {word}")
        for shape, style, word in (
            (drawn.waiting, "green", "waiting"),
            (drawn.deadline, "bold", "due"),
            (drawn.overdue, "red", "late"),
            (drawn.answered, "green", "answered"),
            (drawn.unanswered, "red", "nobody yet"),
        )
    )


class _Scale:
    """Instants to columns."""

    def __init__(self, start: datetime, end: datetime, width: int) -> None:
        self._start, self._width = start, width
        self._each = (end - start) / (width - 1)
        self.columns = [start + self._each * column for column in range(width)]

    def column(self, at: datetime) -> int:
        """The column in which ``at`` lies; the last one for all that lies beyond."""
        return min(int((at - self._start) / self._each), self._width - 1)

    def ruler(self) -> Text:
        """The hours, and the days where they begin."""
        line = [" "] * (self._width + 8)
        line[:_DAY_AND_HOUR] = f"{self._start:%a %H}"
        tick = self._start.replace(hour=self._start.hour // 6 * 6)
        while tick <= self.columns[-1]:
            words = f"{tick:%a}" if tick.hour == 0 else f"{tick:%H}"
            at = self.column(tick) if tick >= self._start else 0
            if at > _DAY_AND_HOUR:
                line[at : at + len(words)] = words
            tick += _TICK
        return Text("".join(line).rstrip(), "dim")

    def bar(self, outcome: Outcome, drawn: Glyphs) -> Text:
        """All waits of a case on one line."""
        cells = [(" ", "")] * self._width
        for wait in outcome.waits:
            first, last = self.column(wait.start), self.column(wait.end)
            due = self._width if wait.deadline is None else self.column(wait.deadline)
            for column in range(first, last + 1):
                cells[column] = (drawn.overdue, "red") if column > due else (drawn.waiting, "green")
            if wait.overdue:
                # However short, what came late ends past its deadline.
                last = min(max(last, due + 1), self._width - 1)
            if wait.overdue or last < due < self._width - 1:
                cells[due] = (drawn.deadline, "bold" if wait.overdue else "dim")
            cells[last] = self._end(wait, drawn)
        return Text.assemble(*cells)

    def _end(self, wait: Wait, drawn: Glyphs) -> tuple[str, str]:
        if wait.ended is None:
            return drawn.unanswered, FATE[wait.fate]
        return drawn.aside if wait.fate is Fate.ASIDE else drawn.answered, FATE[wait.fate]
