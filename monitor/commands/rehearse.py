"""Runs recorded history through the real line on a virtual clock, and says what would have happened.

Sends nothing and stores nothing: no keys, no network, no database file.
"""

import json
import logging
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from monitor import config as configs
from monitor import logs
from monitor.commands import _options
from monitor.history import read
from monitor.rehearse import Deed, Record, Rehearsal
from monitor.setup import setup
from monitor.store.sqlite import stamp
from rules.mistakes import Mistake, Mistakes
from rules.model import Mention

_COLOURS = {"opened": "red", "reopened": "red", "raised": "yellow", "paged": "magenta", "answered": "green"}


@click.command()
@click.argument("history", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@_options.config
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
@click.option("--until", type=_options.Instant(), help="When to stop; by default three days after the last post.")
def command(history: Path, file: Path, jsonl: bool, until: datetime | None) -> None:
    """Run the history in FILE (mentions as JSON lines, - for standard input) through the line on a virtual clock.

    Prints what happened and when: cases opened, answered and reopened, pages and whom they would have woken.
    """
    # Every page is in the records; the log may speak of trouble only.
    logs.set_up(level=logging.WARNING)
    made = setup(configs.load(file))
    entries = read_history(history)
    rehearsal = Rehearsal(made, entries, until)
    console = Console(highlight=False)
    play(rehearsal, len(entries))
    records = rehearsal.records()
    rehearsal.close()
    if jsonl:
        for record in records:
            click.echo(json.dumps(_wire(record)))
        return
    _show(console, records, len(entries), rehearsal.until)


def read_history(history: Path) -> list[Mention | Deed]:
    """The posts and acts in a history file, or on standard input for ``-``.

    Raises:
        Mistakes: it is none, or there is nothing in it.
    """
    name = "stdin" if str(history) == "-" else configs.shown(history)
    if str(history) == "-":
        entries = read(sys.stdin.buffer, name)
    else:
        with history.open("rb") as lines:
            entries = read(lines, name)
    if not entries:
        raise Mistakes(
            [Mistake(name, None, "there is nothing in it", "give a file of mentions, one JSON object a line")]
        )
    return entries


def play(rehearsal: Rehearsal, entries: int) -> None:
    """Run a rehearsal to its end, and show how far it has come."""
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("rehearsing", total=entries)
        for taken in rehearsal.play():
            progress.update(task, completed=taken)


def _wire(record: Record) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "at": stamp(record.at).replace("+00:00", "Z").replace(".000000Z", "Z"),
        "what": record.what,
        "case": record.case,
        "source": record.source,
        "thread": record.thread,
        "mention": record.mention,
    }
    if record.what == "paged":
        wire |= {"step": record.step, "to": record.to}
    return {**wire, "why": record.why}


def _show(console: Console, records: list[Record], posts: int, until: datetime) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("when (UTC)", "what", "case", "why"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "why")
    for record in records:
        why = record.why if record.to is None else f"{record.to}: {record.why}"
        table.add_row(
            f"{record.at:%Y-%m-%d %H:%M:%S}",
            Text(record.what, _COLOURS.get(record.what, "")),
            record.case,
            Text(logs.plain(why)),
        )
    if records:
        console.print(table)
        console.print()
    counts = Counter(record.what for record in records)
    said = ", ".join(f"{number} {what}" for what, number in counts.most_common()) or "nothing asked for an answer"
    console.print(f"{posts} posts and acts until {until:%Y-%m-%d %H:%M} UTC: {said}")
