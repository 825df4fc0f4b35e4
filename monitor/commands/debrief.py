"""Writes the debrief of a case or an incident, and tracks what people agreed to change.

Reads beside a running daemon; an action is a fact of its own that nothing is derived from.
"""

import getpass
import json
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import clock
from monitor import config as configs
from monitor import debrief as debriefing
from monitor.commands import _options
from monitor.logs import plain
from monitor.setup import setup
from monitor.store import cases, debriefs, incidents
from monitor.store.cases import CaseRow
from monitor.store.debriefs import Action
from monitor.store.sqlite import Store, append_only, open_reader, stamp
from rules.mistakes import Mistake, Mistakes
from rules.surge import Incident


class _ShowsWhatItDoesNotKnow(click.Group):
    """A group in which a word that is no command is a case or an incident to show."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it, ``show`` put before what begins with no command."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowsWhatItDoesNotKnow)
def command() -> None:
    """Write the debrief of a case or an incident, and track what is to change.

    "harken debrief CASE" is short for "harken debrief show CASE".
    """


@command.command()
@click.argument("about", metavar="CASE|INCIDENT")
@_options.config
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it into this file, if it is not there."
)
def show(about: str, file: Path, out: Path | None) -> None:
    """Write the debrief as Markdown: a time line with its facts, and the questions to answer.

    CASE or INCIDENT is an id, or as much of the beginning as names one.
    """
    config = configs.load(file)
    made, now, zone = setup(config), clock.system(), config.brand.zone
    store = open_reader(config.state)
    try:
        found = _find(store, about)
        with store.read() as db:
            if isinstance(found, Incident):
                written: str | None = debriefing.of_incident(db, found, made, zone, now)
            else:
                written = debriefing.of_case(db, found, made, zone, now)
    finally:
        store.close()
    if written is None:
        raise Mistakes([Mistake(about, None, "nothing is left of this case", "its posts belong to others by now")])
    if out is None:
        click.echo(written, nl=False)
        return
    if out.exists():
        cure = "people may have answered in it: name another file, or remove this one"
        raise Mistakes([Mistake(configs.shown(out), None, "exists already", cure)])
    out.write_text(written, encoding="utf-8")
    click.echo(f"wrote {configs.shown(out)}", err=True)


@command.group()
def action() -> None:
    """Track what people agreed to change."""


_by = click.option("--by", default=None, help="Who notes it; by default who you are on this machine.")


@action.command()
@click.argument("about", metavar="CASE|INCIDENT")
@click.argument("what")
@_options.config
@click.option("--who", default=None, help="Who is to do it; by default you.")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day by which it is to be done.")
@_by
def add(about: str, what: str, *, file: Path, who: str | None, due: datetime | None, by: str | None) -> None:
    """Note WHAT is to change after a case or an incident."""
    if not what.strip():
        raise Mistakes([Mistake('""', None, "says nothing", "write what is to change")])
    store = append_only(configs.load(file).state)
    noted_by = by or getpass.getuser()
    day = None if due is None else due.date()
    try:
        found = _find(store, about)
        with store.write("action") as db:
            made = Action(0, found.id, what, who or noted_by, day, noted_by, clock.system())
            number = debriefs.add(db, made)
    finally:
        store.close()
    until = "" if day is None else f" by {day}"
    click.echo(plain(f"noted: {number} ({found.id}) {what}, {who or noted_by}{until}"))


@action.command("list")
@click.argument("about", metavar="[CASE|INCIDENT]", required=False)
@_options.config
@click.option("--all", "every", is_flag=True, help="Also those that are done.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def list_(about: str | None, file: Path, every: bool, jsonl: bool) -> None:
    """List what is still to be done, the nearest day first."""
    store = open_reader(configs.load(file).state)
    try:
        name = None if about is None else _find(store, about).id
        with store.read() as db:
            found = debriefs.every(db, name, finished=every)
    finally:
        store.close()
    if jsonl:
        for one in found:
            click.echo(json.dumps(_wire(one), ensure_ascii=False))
        return
    if not found:
        click.echo("nothing is to be done")
        return
    _show(found, clock.system().date())


@action.command()
@click.argument("number", type=click.IntRange(1))
@_options.config
@click.option("--note", default="", help="What came of it.")
@_by
def done(number: int, file: Path, note: str, by: str | None) -> None:
    """Note that action NUMBER is done."""
    store = append_only(configs.load(file).state)
    who = by or getpass.getuser()
    try:
        with store.write("done") as db:
            found = debriefs.get(db, number)
            fresh = found is not None and debriefs.done(db, number, who, clock.system(), note)
    finally:
        store.close()
    if found is None:
        cure = '"harken debrief action list --all" shows them'
        raise Mistakes([Mistake(str(number), None, "no action has this number", cure)])
    if not fresh:
        what = f"was done on {found.done_at:%Y-%m-%d} by {found.done_by}"
        raise Mistakes([Mistake(str(number), None, plain(what), "nothing is left to note")])
    click.echo(plain(f"noted: {number} ({found.about}) {found.what} done by {who}"))


def _find(store: Store, about: str) -> CaseRow | Incident:
    """The case or the incident that ``about``, an id or its beginning, names."""
    name = about.lower()
    with store.read() as db:
        found: list[CaseRow | Incident] = []
        if incidents.named(name):
            found += incidents.starting_with(db, name)
        elif name:
            found += cases.starting_with(db, name)
    if len(found) == 1:
        return found[0]
    what = "names several" if found else "names no case and no incident"
    cure = "write more of it" if found else '"harken cases list --all" and "harken incidents list --all" show them'
    raise Mistakes([Mistake(about or '""', None, what, cure)])


def _show(found: list[Action], today: date) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "about", "what", "who", "by"):
        table.add_column(heading, overflow="fold")
    for one in found:
        late = one.late(today)
        done_at = "" if one.done_at is None else f"done {one.done_at:%Y-%m-%d}"
        due = done_at or ("" if one.due is None else f"{one.due}{', late' if late else ''}")
        cells = (str(one.id), one.about, one.what, one.who, due)
        table.add_row(*(Text(plain(cell)) for cell in cells), style="red" if late else "dim" if done_at else "")
    Console(highlight=False).print(table)


def _wire(one: Action) -> dict[str, object]:
    return {
        "id": one.id,
        "about": one.about,
        "what": one.what,
        "who": one.who,
        "due": None if one.due is None else one.due.isoformat(),
        "by": one.by,
        "at": stamp(one.at),
        "done_at": None if one.done_at is None else stamp(one.done_at),
        "done_by": one.done_by,
        "note": one.note,
    }
