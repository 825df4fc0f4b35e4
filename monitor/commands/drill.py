"""Pages whoever is on call with a marked test case, and measures how soon they take it.

Notes that a drill is wanted, and nothing else: the running daemon sends it down the whole line, as a customer's
complaint would go. Waits, and tells what happens.
"""

import getpass
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from monitor import clock
from monitor import config as configs
from monitor.commands import _options
from monitor.config import Config, unknown
from monitor.logs import plain
from monitor.settings import StepSettings
from monitor.store import drills, pages
from monitor.store.drills import Drill
from monitor.store.pages import PageRow
from monitor.store.sqlite import Store, append_only, held
from rules.durations import spell
from rules.mistakes import Mistake, Mistakes

_LOOK = 0.3
"""Seconds between two looks at what has happened."""
_TAKEN_UP = 30.0
"""Seconds: a daemon that has not begun by then is not going to."""


@click.command()
@_options.config
@click.option(
    "--to", default=None, help='Whom to page: "oncall:ROTA", "@person" or "#channel"; else as the config has it.'
)
@click.option(
    "--wait", type=_options.Length(), default=None, help="How long somebody has to take it; else as configured."
)
@click.option("--by", default=None, help="Who asks for it; by default who you are on this machine.")
def command(file: Path, to: str | None, wait: timedelta | None, by: str | None) -> None:
    """Page whoever is on call with a marked test case, and measure how soon they take it.

    It goes down the whole line of the running daemon, says everywhere that it is a drill, counts for no customer, and
    ends by itself. Exits with 0 if somebody took it in time, and with 1 if not.
    """
    config = configs.load(file)
    whom, longest = _recipient(config, to), wait or config.drill.wait
    if not held(config.state):
        cure = 'start "harken run", which does it, and try again'
        raise Mistakes([Mistake(str(config.state), None, "no daemon works on this database", cure)])
    store = append_only(config.state)
    try:
        with store.write("drill") as db:
            number = drills.ask(db, whom, longest, by or getpass.getuser(), clock.system())
        click.echo(plain(f"drill {number}, to {whom}, for {spell(longest)} at most"))
        drill = _wait(store, number, ZoneInfo(config.brand.zone))
    finally:
        store.close()
    if drill is None:
        cure = "see what its log says, and whether it is of the same version"
        raise Mistakes([Mistake(f"drill {number}", None, "the daemon has not taken it up", cure)])
    click.echo(plain(drill.result or ""))
    if drill.taken_by is None:
        raise click.exceptions.Exit(1)


def _wait(store: Store, number: int, zone: ZoneInfo) -> Drill | None:
    """The drill once it is over, telling meanwhile what happens; None if nobody has taken it up."""
    started, told = time.monotonic(), set[str]()
    while True:
        with store.read() as db:
            drill = drills.get(db, number)
            sent = pages.of_case(db, drill.case) if drill is not None and drill.case is not None else []
        if drill is None or (drill.begun_at is None and time.monotonic() - started > _TAKEN_UP):
            return None
        for at, what in sorted(_moments(drill, sent)):
            if what not in told:
                told.add(what)
                click.echo(plain(f"{at.astimezone(zone):%H:%M:%S}  {what}"))
        if drill.over_at is not None:
            return drill
        time.sleep(_LOOK)


def _moments(drill: Drill, sent: list[PageRow]) -> Iterator[tuple[datetime, str]]:
    if drill.begun_at is not None:
        yield drill.begun_at, "its complaint is heard and judged"
    for page in sent:
        if page.outcome is not None and page.settled_at is not None:
            yield page.settled_at, f"page to {page.recipient}: {page.outcome}"


def _recipient(config: Config, to: str | None) -> str:
    """Whom to page.

    Raises:
        Mistakes: there is nobody like that.
    """
    whom = to or config.drill.to
    if not whom:
        cure = 'give --to "oncall:ROTA", "@person" or "#channel", or [drill] to in the config'
        raise Mistakes([Mistake("--to", None, "there is nobody to drill", cure)])
    try:
        StepSettings(at="0m", to=(whom,))
    except ValueError:
        cure = 'write "oncall:ROTA", "@person" or "#channel"'
        raise Mistakes([Mistake(whom, None, "is nobody who can be paged", cure)]) from None
    wrong = unknown(whom, [one.name for one in config.people], [one.name for one in config.rotas])
    if wrong is not None:
        raise Mistakes([Mistake("--to", None, *wrong)])
    return whom
