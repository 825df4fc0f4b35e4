"""Writes a consistent copy of the database, also while the daemon runs.

The copy knows that it is one: what it says is owed is looked up in Slack before it is sent.
"""

from pathlib import Path

import click

from monitor import config as configs
from monitor.commands import _options
from monitor.logs import plain
from monitor.store.sqlite import backup


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@_options.config
def command(target: Path, file: Path) -> None:
    """Write a consistent copy of the database to FILE, which must not exist yet.

    To restore it, stop the daemon and put the copy in the place of the `state` file; remove files beside it that end
    in -wal and -shm.
    """
    state = configs.load(file).state
    backup(state, target)
    size = target.stat().st_size / 1e6
    click.echo(plain(f"{configs.shown(target)}: a copy of {configs.shown(state)}, {size:.1f} MB"))
