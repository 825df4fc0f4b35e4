"""``harken rules report``: what each rule has been worth over stored history. Reads only."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from monitor import clock, said
from monitor import config as configs
from monitor.commands import _options
from monitor.config import Config
from monitor.logs import plain
from monitor.setup import Setup, setup
from monitor.store import posts
from monitor.store.sqlite import open_reader, stamp
from rules.book import Rule
from rules.durations import spell
from rules.worth import Tally, Worth

_HOW = (
    "right: people agreed, of all posts of which they said something: they answered or resolved the case"
    ' ("complaint"), dismissed it ("not a complaint"), or noted one that was missed. In brackets where the true share'
    " lies with 95 % certainty (Wilson's interval).\n"
    "cost: complaints that would no longer be judged to be any without the rule, or without the file."
)
_NOBODY = (
    'Nobody has said yet which of these were complaints: "harken cases answered", "dismiss" and "missed" do, and so'
    " does an answer on the network."
)


@click.command("report")
@_options.config
@_options.since
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line: each file, then its rules.")
def command(file: Path, since: timedelta, jsonl: bool) -> None:
    """Say what each rule has been worth: how often it fired, how often people agreed, what it would cost to drop it.

    Judges the stored posts by the rules as they are now, and counts what people made of them.
    """
    config = configs.load(file)
    made = setup(config)
    start = clock.system() - since
    worth, read = _counted(config, made, start)
    if jsonl:
        for line in _lines(worth):
            click.echo(json.dumps(line, ensure_ascii=False))
        return
    _show(worth, read, since)


def _counted(config: Config, made: Setup, start: datetime) -> tuple[Worth, int]:
    """The tallies, and how many posts were read for them."""
    worth = Worth(made.book)
    store = open_reader(config.state)
    errors = Console(stderr=True)
    read = 0
    try:
        with store.read() as db, Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
            opinions = said.complaints(db)
            for heard in progress.track(posts.since(db, start), posts.count_since(db, start), description="judging"):
                if heard.post.gone_at is None:
                    read += 1
                    worth.count(heard.mention, own=heard.post.own, complaint=opinions.get(heard.key))
    finally:
        store.close()
    return worth, read


def _lines(worth: Worth) -> Iterator[dict[str, Any]]:
    for file, rules in _by_file(worth).items():
        yield {"what": "file", "file": file, **_wire(worth.files[file])}
        for rule in rules:
            yield {
                "what": "rule",
                "rule": rule.id,
                "file": file,
                "line": rule.line,
                "owner": rule.owner,
                **_wire(worth.rules[rule.id]),
            }


def _wire(tally: Tally) -> dict[str, Any]:
    low, high = tally.interval or (None, None)
    return {
        "fired": tally.fired,
        "complaints": tally.complaints,
        "right": tally.right,
        "wrong": tally.wrong,
        "precision": tally.precision,
        "low": low,
        "high": high,
        "last": None if tally.last is None else stamp(tally.last),
        "cost": tally.lost,
    }


def _by_file(worth: Worth) -> dict[str, list[Rule]]:
    files: dict[str, list[Rule]] = {}
    for rule in worth.book.rules:
        files.setdefault(rule.file, []).append(rule)
    return files


def _show(worth: Worth, read: int, since: timedelta) -> None:
    console = Console(highlight=False)
    if not read:
        console.print(f"Nothing was heard in the last {spell(since)}: there is nothing to report yet.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("rule", overflow="fold")
    for heading in ("fired", "complaints", "right", "", "last fired", "cost"):
        table.add_column(heading, justify="left" if heading == "last fired" else "right", no_wrap=True)
    for file, rules in _by_file(worth).items():
        table.add_row(*_row(file.rpartition("/")[2], worth.files[file]), style="bold")
        for rule in rules:
            table.add_row(*_row(f"  {rule.id}{_rests(rule)}", worth.rules[rule.id]))
    console.print(table)
    console.print(f"\n{read:,} posts of the last {spell(since)}.")
    judged = any(tally.precision is not None for tally in worth.rules.values())
    console.print(_HOW if judged else _NOBODY)


def _rests(rule: Rule) -> str:
    return f" (rests since {rule.ends:%Y-%m-%d})" if rule.ends is not None and rule.ends <= clock.system() else ""


def _row(name: str, tally: Tally) -> tuple[Text, ...]:
    share = "" if tally.precision is None else f"{tally.right}/{tally.right + tally.wrong}"
    between = (
        ""
        if tally.interval is None
        else f"{tally.precision:.0%} ({100 * tally.interval[0]:.0f}-{100 * tally.interval[1]:.0f})"
    )
    last = "never" if tally.last is None else f"{tally.last:%Y-%m-%d}"
    cost = str(tally.lost) if tally.complaints else ""
    columns = (name, f"{tally.fired:,}", f"{tally.complaints:,}", share, between, last, cost)
    return tuple(Text(plain(column)) for column in columns)
