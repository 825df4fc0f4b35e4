"""Asks that an author be forgotten: their posts, their cases, and what Slack shows of them. The daemon does it."""

import getpass
from pathlib import Path

import click

from monitor import clock
from monitor import config as configs
from monitor.commands import _options
from monitor.logs import plain
from monitor.store import erasures
from monitor.store.sqlite import append_only, held
from rules.mistakes import Mistake, Mistakes


@click.command()
@_options.config
@click.option("--author", required=True, help="Whom to forget: their handle, with or without @.")
@click.option("--source", default=None, help="Only at this source; by default everywhere.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--by", default=None, help="Who asks for it; by default who you are on this machine.")
def command(author: str, source: str | None, file: Path, yes: bool, by: str | None) -> None:
    """Forget an author for good: posts, cases, what people noted about them, and what Slack shows.

    Copies made by "harken backup", logs, reports and debriefs that were written to files are not reached.
    """
    handle = author.removeprefix("@")
    state = configs.load(file).state
    store = append_only(state)
    try:
        with store.read() as db:
            known = erasures.known(db, handle, source)
        if not known:
            where = f" at {source}" if source else ""
            cure = "write the handle as the network does; nothing was erased"
            raise Mistakes([Mistake(author or '""', None, f"nothing is kept of anybody called so{where}", cure)])
        for name, found in known.items():
            counted = ", ".join(f"{count} {what}" for what, count in found.items())
            click.echo(plain(f"{handle} at {name}: {counted}"))
        if not yes:
            click.confirm("Forget all of it for good?", abort=True)
        with store.write("erase") as db:
            erasures.ask(db, handle, source, by or getpass.getuser(), clock.system())
    finally:
        store.close()
    when = "within seconds" if held(state) else 'once the daemon runs again ("harken run")'
    click.echo(f"noted: it is forgotten {when}, and in Slack as soon as Slack takes it")
