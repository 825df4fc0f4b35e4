"""Shows incidents, and notes that everybody in one was answered.

Reads beside a running daemon. What a person decides appends one fact for each customer; the daemon draws the
conclusions.
"""

import getpass
from pathlib import Path

import click

from monitor import clock, storm
from monitor import config as configs
from monitor.commands import _options
from monitor.logs import plain
from monitor.store import incidents
from monitor.store.sqlite import append_only, open_reader
from rules.durations import spell
from rules.mistakes import Mistake, Mistakes
from rules.model import Act


@click.group()
def command() -> None:
    """Show incidents (many customers, one cause), and note that everybody in one was answered."""


@command.command("list")
@_options.config
@click.option("--all", "every", is_flag=True, help="Also those that are over.")
def list_(file: Path, every: bool) -> None:
    """List the incidents that are not over, the oldest first."""
    store = open_reader(configs.load(file).state)
    with store.read() as db:
        found = [(one, incidents.count(db, one.id)) for one in incidents.every(db, running=not every)]
    store.close()
    now = clock.system()
    for one, (members, waiting) in found:
        state = "over" if one.over else "calmer" if one.calm else "rising"
        said = f"{members} customers, {waiting} still wait, for {spell(now - one.began)}"
        click.echo(plain(f"{one.id}  {state}  {one.topic}: {said}"))
    if not found:
        click.echo("there is no incident")


@command.command()
@click.argument("incident")
@_options.config
@click.option("--note", default="", help="What to remember about it, such as where the statement stands.")
@click.option("--by", default=None, help="Who decided it; by default who you are on this machine.")
def answered(incident: str, file: Path, note: str, by: str | None) -> None:
    """Note that a public statement answers everybody who still waits in INCIDENT. That is yours to decide."""
    store = append_only(configs.load(file).state)
    try:
        with store.read() as db:
            found = incidents.starting_with(db, incident.lower()) if incident else []
        if len(found) != 1:
            what = "names several incidents" if found else "names no incident"
            raise Mistakes([Mistake(incident or '""', None, what, '"harken incidents list --all" shows them')])
        act = Act("answered", by or getpass.getuser(), clock.system(), note)
        with store.write("answered all") as db:
            count = storm.answered_all(db, found[0].id, act, "terminal")
    finally:
        store.close()
    click.echo(plain(f"noted: {count} customers of {found[0].id} ({found[0].topic}) answered by {act.by}"))
