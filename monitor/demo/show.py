"""The demo on a console: what happens as it happens, the pages as Slack would show them, and what came of it all.

It shows what the line did and nothing else: every word comes from a rehearsal's records and the Slack it posted to.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn
from rich.rule import Rule
from rich.text import Text

from monitor import demo
from monitor.demo.closing import chart, summary, table
from monitor.demo.outcomes import outcomes
from monitor.rehearse import Record, Rehearsal
from monitor.slack import terminal, untrusted
from monitor.slack.local import LocalPost
from monitor.store import cases
from rules.model import Mention, Severity

_LABELS: Final = {
    "opened": ("waiting", "cyan"),
    "reopened": ("waiting", "cyan"),
    "raised": ("worse", "yellow"),
    "paged": ("page", "bold magenta"),
    "answered": ("answered", "green"),
}
_AUTHOR, _SAID = 18, 300
"""Columns of a handle, and the most characters of a post that are told."""
_MESSAGE = 92
"""The most columns a message in a box takes."""
_A_LINE, _A_PAGE, _A_MESSAGE = timedelta(milliseconds=18), timedelta(milliseconds=50), timedelta(milliseconds=400)
"""How long a reader is left with a line, with a page told in a line, and with a page shown whole."""


def show(console: Console, *, live: bool) -> None:
    """Play the story of ``monitor.demo`` and show it.

    Args:
        console: where to.
        live: show the clock, and leave a reader time to follow.
    """
    messages: dict[str, LocalPost] = {}

    def watch(shown: LocalPost) -> None:
        if shown.delivery is not None:
            messages.setdefault(shown.delivery, shown)

    rehearsal = demo.rehearsal(watch)
    try:
        telling = _Telling(console, rehearsal, messages)
        telling.open()
        _play(telling, live=live)
        found = outcomes(rehearsal, rehearsal.records())
        _headline(console, "Every case")
        console.print(table(console, found))
        _headline(console, "Every silence")
        console.print(chart(console, found))
        console.print()
        console.print(summary(found, len(telling.posts)))
    finally:
        rehearsal.close()


def _play(telling: "_Telling", *, live: bool) -> None:
    """Run the rehearsal to its end, telling what happens; with a clock and a bar below if ``live``."""
    columns = (TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.fields[counts]}"))
    total = len(demo.history())
    # Pauses are kept to a timetable, so that a slow machine pauses less instead of finishing late.
    next_at = time.monotonic()
    with Progress(*columns, console=telling.console, transient=True, disable=not live) as progress:
        clock = progress.add_task("", total=total, counts="")

        def tick(at: datetime, pause: timedelta) -> None:
            nonlocal next_at
            counts = f"{telling.waiting} waiting, {telling.pages} pages"
            progress.update(clock, description=f"[bold]{at:%A %H:%M}[/]", counts=counts)
            if live:
                next_at += pause.total_seconds()
                time.sleep(max(next_at - time.monotonic(), 0))

        for taken in telling.rehearsal.play():
            progress.update(clock, completed=taken)
            telling.tell(tick)
        telling.tell(tick)


class _Telling:
    """Tells, line by line, what has happened since it told last.

    Args:
        console: where to.
        rehearsal: what is played.
        messages: what Slack showed first of each page, by delivery.
    """

    def __init__(self, console: Console, rehearsal: Rehearsal, messages: dict[str, LocalPost]) -> None:
        self.console, self.rehearsal = console, rehearsal
        self.posts = {(post.source, post.id): post for post in demo.history() if isinstance(post, Mention)}
        self.waiting = self.pages = 0
        self._messages = messages
        self._told: set[Record] = set()
        self._authors: dict[str, str] = {}
        self._paged: set[str] = set()
        self._day = ""

    def open(self) -> None:
        """Say what is going to be seen."""
        networks = len({source for source, _ in self.posts})
        brand = self.rehearsal.line.setup.brand
        said = f"Harken hears two days of {brand}: {len(self.posts)} posts on {networks} networks."
        self.console.print(Text(said, "bold"))
        self.console.print(
            Text("The line is the real one; its clock is virtual, its Slack is inside this process.", "dim")
        )

    def tell(self, tick: Callable[[datetime, timedelta], None]) -> None:
        """Tell what is new.

        Args:
            tick: told of each instant, and for how long to leave the reader with it.
        """
        for record in self.rehearsal.records():
            if record in self._told:
                continue
            self._told.add(record)
            self._count(record)
            if f"{record.at:%A}" != self._day:
                self._day = f"{record.at:%A}"
                _headline(self.console, self._day)
            self.console.print(self._line(record), no_wrap=True, overflow="ellipsis")
            pause = _A_LINE
            if record.what == "paged":
                pause = _A_PAGE
                if self._worth_a_box(record):
                    pause = _A_MESSAGE
                    self._box(record)
                self._paged.add(record.case)
            tick(record.at, pause)

    def _count(self, record: Record) -> None:
        self.waiting += {"opened": 1, "reopened": 1, "answered": -1, "dismissed": -1}.get(record.what, 0)
        self.pages += record.what == "paged"

    def _line(self, record: Record) -> Text:
        label, style = _LABELS.get(record.what, (record.what, "dim"))
        post = self.posts.get((record.source, record.mention or ""))
        if record.what in ("opened", "reopened") and post is not None:
            self._authors[record.case] = post.author
            words = Text.assemble((f"on {post.source}: ", "dim"), (untrusted.line(post.text, _SAID), "italic"))
        elif record.what == "paged":
            words = Text.assemble((f"{record.to}: ", "bold"), record.why)
        else:
            words = Text(record.why.removeprefix(f"{self._authors[record.case]} "))
        author = self._authors[record.case].ljust(_AUTHOR)
        return Text.assemble((f"{record.at:%H:%M}  ", "dim"), (f"{label:<9}  ", style), f"{author}  ", words)

    def _worth_a_box(self, record: Record) -> bool:
        """The first page about each case that is high or worse; the others are told in a line."""
        with self.rehearsal.store.read() as db:
            row = cases.get(db, record.case)
        return record.case not in self._paged and row is not None and row.severity >= Severity.HIGH

    def _box(self, record: Record) -> None:
        message = self._messages[record.delivery or ""]
        box = terminal.show(message.message, title=message.channel, now=record.at)
        box.width = min(max(self.console.width - 7, 20), _MESSAGE)
        self.console.print(Padding(box, (0, 0, 0, 7)))


def _headline(console: Console, words: str) -> None:
    console.print()
    console.print(Rule(Text(words, "bold"), style="dim", align="left"))
