"""Shows who is on call, and notes who takes somebody else's time.

Reads beside a running daemon. An override appends one fact; the daemon takes it into account at the next page.
"""

import getpass
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import clock, covers
from monitor import config as configs
from monitor.commands import _options
from monitor.config import Config
from monitor.logs import plain
from monitor.rotas import RotaSettings, shifts
from monitor.setup import setup
from monitor.store import overrides
from monitor.store.overrides import Override
from monitor.store.sqlite import append_only, open_reader, stamp
from rules import rota
from rules.durations import spell
from rules.mistakes import Mistake, Mistakes, did_you_mean
from rules.model import Shift, Span

_NOBODY = "nobody"


_rota = click.option("--rota", "name", default=None, help="Only this rota.")


@click.group()
def command() -> None:
    """Show who is on call, and note who takes somebody else's time."""


@command.command()
@_options.config
@_rota
@click.option("--at", type=_options.Moment(), default=None, help='When, such as "2026-01-31 09:00"; now if left out.')
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def who(file: Path, name: str | None, at: datetime | None, jsonl: bool) -> None:
    """Say who is on call. Exits with 1 where nobody is."""
    config = configs.load(file)
    found = []
    for each in _rotas(config, name):
        when = clock.system() if at is None else _in_zone(at, each)
        shift = rota.on_call(*_shifts(config, each, when, when + timedelta(days=1)), when)
        found.append(shift)
        until = None if shift is None else f"{shift.span.end.astimezone(ZoneInfo(each.zone)):%a %Y-%m-%d %H:%M}"
        theirs = "" if shift is None else _theirs(config, each, shift.person, shift.span.end)
        person = _NOBODY if shift is None else shift.person
        if jsonl:
            ends = None if shift is None else stamp(shift.span.end)
            click.echo(json.dumps({"rota": each.name, "person": shift and shift.person, "until": ends}))
        else:
            click.echo(plain(f"{each.name}: {person}" + (f", until {until} ({each.zone}){theirs}" if until else "")))
    if not all(found):
        raise click.exceptions.Exit(1)


@command.command()
@_options.config
@_rota
@click.option("--days", type=click.IntRange(1, 400), default=14, show_default=True, help="How far ahead.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def show(file: Path, name: str | None, days: int, jsonl: bool) -> None:
    """Show who is on call in the days to come, with the gaps."""
    config = configs.load(file)
    now = clock.system()
    console = Console(highlight=False)
    for each in _rotas(config, name):
        pieces = rota.timeline(*_shifts(config, each, now, now + timedelta(days=days)), now, now + timedelta(days=days))
        if jsonl:
            for piece in pieces:
                click.echo(json.dumps(_wire(each, piece)))
            continue
        table = Table(title=f"{each.name} ({each.zone})", title_justify="left", box=None, pad_edge=False)
        for heading in ("from", "to", "for", "who", ""):
            table.add_column(heading)
        for piece in pieces:
            table.add_row(*_row(config, each, piece))
        console.print(table)


@command.command()
@click.argument("name", metavar="ROTA")
@click.argument("person")
@_options.config
@click.option("--from", "since", type=_options.Moment(), default=None, help="From when; now if left out.")
@click.option("--to", "until", type=_options.Moment(), required=True, help='Until when, such as "2026-01-31 09:00".')
@click.option("--note", default="", help="What to remember about it.")
@click.option("--by", default=None, help="Who says so; by default who you are on this machine.")
def override(
    *, name: str, person: str, file: Path, since: datetime | None, until: datetime, note: str, by: str | None
) -> None:
    """Put PERSON on call in ROTA for a time, whoever's turn it is. Whoever it concerns is told."""
    config = configs.load(file)
    now = clock.system()
    (each,) = _rotas(config, name)
    taking = _person(config, person)
    start, end = now if since is None else _in_zone(since, each), _in_zone(until, each)
    if end <= max(start, now):
        raise Mistakes([Mistake("--to", None, "that time is over before it begins", "give a later one")])
    store = append_only(config.state)
    try:
        with store.write("override") as db:
            taken = Shift(taking, Span(start, end))
            number = covers.cover(db, name, taken, now, by=by or getpass.getuser(), note=note)
    finally:
        store.close()
    click.echo(plain(f"noted as {number}: {taking} is on call in {name} for {spell(end - start)}"))


@command.command()
@click.argument("name", metavar="ROTA")
@click.argument("person")
@click.argument("other")
@_options.config
@click.option("--note", default="a swap", show_default=True, help="What to remember about it.")
@click.option("--by", default=None, help="Who says so; by default who you are on this machine.")
def swap(*, name: str, person: str, other: str, file: Path, note: str, by: str | None) -> None:
    """Let PERSON and OTHER take each other's next turn in ROTA. Exits with 1 where one of them has none to come."""
    config = configs.load(file)
    now = clock.system()
    (each,) = _rotas(config, name)
    pair = _person(config, person), _person(config, other)
    if pair[0] == pair[1]:
        raise Mistakes([Mistake(other, None, "nobody swaps with themselves", "name two people")])
    store = append_only(config.state)
    try:
        with store.write("swap") as db:
            found = covers.swap(db, setup(config), name, pair, now, by=by or getpass.getuser(), note=note)
    finally:
        store.close()
    if found is None:
        click.echo(plain(f"{pair[0]} or {pair[1]} has no turn in {name} that is still to begin; nothing was noted"))
        raise click.exceptions.Exit(1)
    for shift in found:
        click.echo(plain(f"{shift.person} is on call in {name} {covers.spelt(shift.span, ZoneInfo(each.zone))}"))


@command.command("overrides")
@_options.config
@click.option("--remove", type=int, default=None, help="Take the override of this number back.")
def overrides_(file: Path, remove: int | None) -> None:
    """List the overrides to come, with their numbers; take one back."""
    config = configs.load(file)
    now = clock.system()
    if remove is not None:
        _remove(config, remove, now)
        return
    lines = [
        f"{one.id}: {one.rota}, {one.shift.person} from {stamp(one.shift.span.start)[:16]} to"
        f" {stamp(one.shift.span.end)[:16]} UTC, by {one.by}{f' ({one.note})' if one.note else ''}"
        for one in _known(config, now)
    ]
    for line in lines or ["there are no overrides to come"]:
        click.echo(plain(line))


def _remove(config: Config, number: int, now: datetime) -> None:
    store = append_only(config.state)
    try:
        with store.write("override") as db:
            done = overrides.remove(db, number, now)
    finally:
        store.close()
    if not done:
        cure = '"harken oncall overrides" shows them'
        raise Mistakes([Mistake(str(number), None, "there is no override of this number", cure)])
    click.echo(f"taken back: {number}")


def _rotas(config: Config, name: str | None) -> list[RotaSettings]:
    found = [each for each in config.rotas if name in (None, each.name)]
    if not found:
        known = [each.name for each in config.rotas]
        meant = did_you_mean(name or "", known)
        cure = f'did you mean "{meant}"?' if meant else "add a [[rota]] to the config"
        what = "there is no rota" if name is None else "there is no rota of this name"
        raise Mistakes([Mistake(name or str(config.file), None, what, cure)])
    return found


def _person(config: Config, person: str) -> str:
    who_by_name = person.removeprefix("@")
    known = [each.name for each in config.people]
    if who_by_name not in known:
        meant = did_you_mean(who_by_name, known)
        cure = f'did you mean "{meant}"?' if meant else "name a [[person]] of the config"
        raise Mistakes([Mistake(person or '""', None, "nobody is called so", cure)])
    return who_by_name


def _in_zone(at: datetime, each: RotaSettings) -> datetime:
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(each.zone))).astimezone(UTC)


def _shifts(
    config: Config, each: RotaSettings, since: datetime, until: datetime
) -> tuple[tuple[Shift, ...], tuple[Shift, ...]]:
    """The shifts of a rota, and its overrides."""
    hours = {table.name: table for table in config.hours}
    made = tuple(one.shift for one in _known(config, since) if one.rota == each.name)
    return shifts(each, hours, since, until), made


def _known(config: Config, since: datetime) -> list[Override]:
    if not config.state.exists():
        return []
    store = open_reader(config.state)
    try:
        with store.read() as db:
            return overrides.of(db, since)
    finally:
        store.close()


def _wire(each: RotaSettings, piece: Shift | Span) -> dict[str, Any]:
    span = piece.span if isinstance(piece, Shift) else piece
    person = piece.person if isinstance(piece, Shift) else None
    replaced = isinstance(piece, Shift) and piece.override
    return {
        "rota": each.name,
        "since": stamp(span.start),
        "until": stamp(span.end),
        "person": person,
        "override": replaced,
    }


def _theirs(config: Config, each: RotaSettings, person: str, *moments: datetime) -> str:
    """The same moments as somebody reads them whose zone is not the rota's."""
    zone = next((one.zone for one in config.people if one.name == person), "") or each.zone
    if zone == each.zone:
        return ""
    return f", for them {' to '.join(f'{at.astimezone(ZoneInfo(zone)):%a %H:%M}' for at in moments)} ({zone})"


def _row(config: Config, each: RotaSettings, piece: Shift | Span) -> list[Text]:
    span = piece.span if isinstance(piece, Shift) else piece
    times = [Text(f"{at.astimezone(ZoneInfo(each.zone)):%a %Y-%m-%d %H:%M}") for at in (span.start, span.end)]
    length = Text(spell(span.end - span.start))
    if isinstance(piece, Span):
        return [*times, length, Text(_NOBODY, "bold red"), Text("a gap: pages go to the next recipient")]
    about = ("override" if piece.override else "") + _theirs(config, each, piece.person, span.start, span.end)
    return [*times, length, Text(plain(piece.person)), Text(about.removeprefix(", "))]
