"""Lists the drills there were, and how soon somebody took each. Reads only."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import config as configs
from monitor.commands import _options
from monitor.logs import plain
from monitor.store import drills
from monitor.store.drills import Drill
from monitor.store.sqlite import open_reader, stamp


@click.command()
@_options.config
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many at most.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def command(file: Path, limit: int, jsonl: bool) -> None:
    """List the drills there were, the newest first, and how soon somebody took each."""
    config = configs.load(file)
    store = open_reader(config.state)
    try:
        with store.read() as db:
            found = drills.every(db, limit)
    finally:
        store.close()
    if jsonl:
        for drill in found:
            click.echo(json.dumps(_wire(drill)))
        return
    console, zone = Console(highlight=False), ZoneInfo(config.brand.zone)
    if not found:
        console.print('there has been no drill yet; "harken drill" starts one')
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("drill", "when", "to", "asked for by", "result"):
        table.add_column(heading)
    for drill in found:
        when = f"{drill.asked_at.astimezone(zone):%Y-%m-%d %H:%M}"
        result = Text(
            plain(drill.result or "is running"), "" if drill.taken_by or drill.over_at is None else "bold red"
        )
        table.add_row(str(drill.id), when, Text(plain(drill.to)), Text(plain(drill.by)), result)
    console.print(table)


def _wire(drill: Drill) -> dict[str, Any]:
    took = drill.took
    return {
        "drill": drill.id,
        "to": drill.to,
        "by": drill.by,
        "asked_at": stamp(drill.asked_at),
        "begun_at": None if drill.begun_at is None else stamp(drill.begun_at),
        "over_at": None if drill.over_at is None else stamp(drill.over_at),
        "taken_by": drill.taken_by,
        "seconds": None if took is None else took.total_seconds(),
        "why": drill.why,
    }
