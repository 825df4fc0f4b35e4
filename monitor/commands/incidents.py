"""Shows incidents, and notes what a person did about one: took it, put it off, answered everybody in it.

Reads beside a running daemon. What a person decides is appended as facts, for "answered" one for each customer; the
daemon draws the conclusions.
"""

import getpass
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from monitor import clock, storm
from monitor import config as configs
from monitor.commands import _options
from monitor.logs import plain
from monitor.setup import setup
from monitor.store import incidents
from monitor.store.incidents import Member
from monitor.store.sqlite import Store, append_only, open_reader
from rules.durations import spell
from rules.mistakes import Mistake, Mistakes
from rules.model import Act
from rules.surge import Incident


@click.group()
def command() -> None:
    """Show incidents (many customers, one cause), and note what you did about one."""


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
        said = f"{members} customers, {waiting} still wait, for {spell(now - (one.announced or one.began))}"
        click.echo(plain(f"{one.id}  {_state(one)}  {one.matter.about}: {said}"))
    if not found:
        click.echo("there is no incident")


@command.command()
@click.argument("incident")
@_options.config
def show(incident: str, file: Path) -> None:
    """Show one incident: what it is about, what happened, who still waits, and who was told.

    INCIDENT is its id, or as much of the beginning as names one.
    """
    config = configs.load(file)
    store = open_reader(config.state)
    try:
        found = _find(store, incident)
        with store.read() as db:
            seen = storm.seen(db, found.id, setup(config), clock.system())
            waiting, settled = incidents.waiting(db, found.id, -1), incidents.settled(db, found.id)
    finally:
        store.close()
    if seen is not None:
        _show(seen, waiting, settled, ZoneInfo(config.brand.zone))


_by = click.option("--by", default=None, help="Who did it; by default who you are on this machine.")
_note = click.option("--note", default="", help="What to remember about it.")


@command.command()
@click.argument("incident")
@_options.config
@click.option(
    "--for", "length", type=_options.Length(), default=None, help="For how long; by default incident.ack_for."
)
@_note
@_by
def ack(incident: str, file: Path, length: timedelta | None, note: str, by: str | None) -> None:
    """Take INCIDENT: nobody else is paged about it for a while. The customers' clocks run on."""
    _noted(
        incident, file, by, lambda now, who: Act("ack", who, now, note, until=None if length is None else now + length)
    )


@command.command()
@click.argument("incident")
@_options.config
@click.option("--for", "length", type=_options.Length(), default="30m", show_default=True, help="For how long.")
@_note
@_by
def snooze(incident: str, file: Path, length: timedelta, note: str, by: str | None) -> None:
    """Put INCIDENT off for a while: nobody is paged about it until then."""
    _noted(incident, file, by, lambda now, who: Act("snooze", who, now, note, until=now + length))


@command.command()
@click.argument("incident")
@_options.config
@_note
@_by
def unack(incident: str, file: Path, note: str, by: str | None) -> None:
    """Give INCIDENT back: its pages go on."""
    _noted(incident, file, by, lambda now, who: Act("unack", who, now, note))


@command.command()
@click.argument("incident")
@_options.config
@click.option("--case", "only", multiple=True, help="Only this case of it; may be given several times.")
@click.option("--note", default="", help="What to remember about it, such as where the statement stands.")
@click.option("--by", default=None, help="Who decided it; by default who you are on this machine.")
def answered(incident: str, file: Path, only: tuple[str, ...], note: str, by: str | None) -> None:
    """Note that a public statement answers everybody who still waits in INCIDENT. That is yours to decide."""
    store = append_only(configs.load(file).state)
    try:
        found = _find(store, incident)
        act = Act("answered", by or getpass.getuser(), clock.system(), note)
        with store.read() as db:
            waiting = {member.case for member in incidents.waiting(db, found.id, -1)}
        if strange := [case for case in only if case not in waiting]:
            cure = f'"harken incidents show {found.id}" tells who waits'
            raise Mistakes([Mistake(case, None, f"does not wait in {found.id}", cure) for case in strange])
        with store.write("answered all") as db:
            members = storm.answered_all(db, found.id, act, "terminal", only=only or None)
    finally:
        store.close()
    about = found.matter.about
    click.echo(plain(f"noted: {len(members)} customers of {found.id} ({about}) answered by {act.by}"))


def _noted(name: str, file: Path, by: str | None, made: Callable[[datetime, str], Act]) -> None:
    """Append what somebody does now about an incident, and say so."""
    store = append_only(configs.load(file).state)
    try:
        found = _find(store, name)
        act = made(clock.system(), by or getpass.getuser())
        if found.over is not None:
            cure = f'"harken incidents show {found.id}" tells how it ended'
            raise Mistakes([Mistake(found.id, None, "this incident is over", cure)])
        with store.write("act") as db:
            incidents.add_act(db, found.id, act, "terminal")
    finally:
        store.close()
    until = "" if act.until is None else f" for {spell(act.until - act.at)}"
    click.echo(plain(f"noted: {found.id} ({found.matter.about}) {act.act}{until} by {act.by}"))


def _find(store: Store, name: str) -> Incident:
    with store.read() as db:
        found = incidents.starting_with(db, name.lower()) if name else []
    if len(found) != 1:
        what = "names several incidents" if found else "names no incident"
        raise Mistakes([Mistake(name or '""', None, what, '"harken incidents list --all" shows them')])
    return found[0]


def _show(seen: storm.Seen, waiting: list[Member], settled: list[Member], zone: ZoneInfo) -> None:
    shown, incident = seen.shown, seen.shown.incident

    def say(text: str) -> None:
        click.echo(plain(text))

    say(f"incident {incident.id}: {incident.matter.about}, {_state(incident)}")
    say(f"{shown.members} customers, {shown.waiting} still wait, {shown.answered} answered")
    for what, said in (
        ("words in common", ", ".join(shown.cause.words)),
        ("a link in common", shown.cause.link),
        ("the first one", shown.first and f"{shown.first.author} at {shown.first.source}: {shown.first.text}"),
        ("what we said in public", shown.statement and shown.statement.text),
        ("a first word in public, to be checked before you post it", shown.draft if shown.undone else ""),
    ):
        if said:
            say(f"{what}: {said}")
    _list("not told yet", waiting)
    _list("told", [one for one in settled if one.ended == "answered"])
    _list("let go", [one for one in settled if one.ended != "answered"])
    say("\nwhat happened")
    for moment in seen.moments:
        say(f"  {moment.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {moment.why}")


def _list(heading: str, members: list[Member]) -> None:
    if members:
        click.echo(f"\n{heading}")
    for one in members:
        click.echo(plain(f"  {one.case}  {one.severity.word}  {one.author} at {one.source}"))


def _state(incident: Incident) -> str:
    if incident.over:
        return "over"
    if incident.calm:
        return "calmer"
    return "rising" if incident.holding else "announced"
