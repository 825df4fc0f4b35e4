"""Shows the whole line at work on a bundled story. No keys, no network, no files written.

Decides nothing and draws nothing itself: the story and its drawing are in ``monitor/demo/``.
"""

import io
import logging
import sys

import click
from rich.console import Console

from monitor import logs
from monitor.demo.show import show


@click.command()
@click.option("--plain", is_flag=True, help="No colours, no pauses, no moving cursor; as into a pipe.")
def command(*, plain: bool) -> None:
    """Play two days of a parcel service's posts through the real line, on a virtual clock and a Slack of its own.

    Shows who waited for how long, who would have been paged and why. Takes seconds, and touches nothing.
    """
    # The show tells of every page itself; the log may speak of trouble only.
    logs.set_up(level=logging.WARNING)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character gets a question mark, not a crash.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, emoji=False)
    if plain or not console.is_terminal or console.is_dumb_terminal or not sys.stdout.isatty():
        show(Console(highlight=False, emoji=False, force_terminal=False, color_system=None), live=False)
    else:
        show(console, live=True)
