"""Shows muted authors and maintenance windows, and notes new ones and their ends.

Reads beside a running daemon. Each appends one fact, and each ends by itself; the daemon draws the conclusions.
"""

import getpass
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor import clock
from monitor import config as configs
from monitor.commands import _options
from monitor.config import Config
from monitor.logs import plain
from monitor.quiets import LONGEST, mute, muted, told
from monitor.store import quiets
from monitor.store.posts import Key
from monitor.store.quiets import QuietRow
from monitor.store.sqlite import Store, append_only, open_reader, stamp
from rules.durations import spell, write
from rules.mistakes import Mistake, Mistakes
from rules.model import Span
from rules.quiet import Quiet

_note = click.option("--note", default="", help="What to remember about it.")
_by = click.option("--by", default=None, help="Who says so; by default who you are on this machine.")
_LIST = '"harken mutes list" shows them'


@click.group()
def command() -> None:
    """Show muted authors and maintenance windows, and note new ones; each ends by itself, and a crisis knows none."""


@command.command("list")
@_options.config
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def list_(file: Path, jsonl: bool) -> None:
    """List who is muted and which maintenance lasts or is to come, with numbers and how many wait."""
    config = configs.load(file)
    store = open_reader(config.state)
    with store.read() as db:
        rows = quiets.running(db, clock.system())
        waiting = {row.id: quiets.count_waiting(db, row.quiet) for row in rows}
    store.close()
    zone = ZoneInfo(config.brand.zone)
    for row in rows:
        if jsonl:
            click.echo(json.dumps(_wire(row, waiting[row.id])))
            continue
        count = f"; cases that wait: {waiting[row.id]}" if row.quiet.author else ""
        click.echo(plain(told(row, zone) + count))
    if not rows and not jsonl:
        click.echo("nobody is muted, and no maintenance lasts or is to come")


@command.command()
@click.argument("author")
@_options.config
@click.option("--source", default=None, help="Where they post, if authors of several sources are called so.")
@click.option("--for", "length", type=_options.Length(), default="1d", show_default=True, help="For how long.")
@_note
@_by
def add(*, author: str, file: Path, source: str | None, length: timedelta, note: str, by: str | None) -> None:
    """Mute AUTHOR for a while: nobody is paged about them unless it becomes a crisis. Their clocks run on."""
    if not timedelta(0) < length <= LONGEST:
        cure = f'write up to "{write(LONGEST)}"; a mute can be renewed'
        raise Mistakes([Mistake("--for", None, "that is no length a mute can have", cure)])
    now = clock.system()
    store = append_only(configs.load(file).state)
    try:
        whom = _author(store, author, source)
        with store.write("mute") as db:
            known = muted(db, whom, now)
            number = mute(db, whom, length, now, by=by or getpass.getuser(), via="terminal", note=note)
    finally:
        store.close()
    until = f"; {known.id} mutes them already" if known is not None else ""
    click.echo(plain(f"noted as {number}: {whom[1]} on {whom[0]} is muted for {spell(length)}{until}"))


@command.command()
@click.argument("name")
@_options.config
@click.option("--from", "since", type=_options.Moment(), default=None, help="From when; now if left out.")
@click.option("--for", "length", type=_options.Length(), required=True, help='For how long, such as "2h".')
@click.option("--source", "sources", multiple=True, help="Only this source; may be given several times.")
@click.option("--topic", "topics", multiple=True, help="Only this topic; may be given several times.")
@_note
@_by
def window(
    *,
    name: str,
    file: Path,
    since: datetime | None,
    length: timedelta,
    sources: tuple[str, ...],
    topics: tuple[str, ...],
    note: str,
    by: str | None,
) -> None:
    """Hold pages back during the maintenance NAME, but for those of a crisis; the operators are told."""
    config, now = configs.load(file), clock.system()
    start = now if since is None else _in_zone(since, config)
    if not name.strip() or length <= timedelta(0) or start + length <= now:
        what = "that time is over before it begins" if name.strip() else "a window needs a name"
        raise Mistakes([Mistake(name or '""', None, what, 'such as "database upgrade" --for 2h')])
    _known(config, sources, topics)
    quiet = Quiet(
        Span(start, start + length),
        by or getpass.getuser(),
        name=name,
        sources=frozenset(sources),
        topics=frozenset(topics),
    )
    store = append_only(config.state)
    try:
        with store.write("window") as db:
            number = quiets.add(db, quiet, now, via="terminal", note=note)
    finally:
        store.close()
    click.echo(plain(f"noted as {number}: pages are held back for {spell(length)} ({name})"))


@command.command()
@click.argument("number", type=int)
@_options.config
@_by
def end(number: int, file: Path, by: str | None) -> None:
    """End the one of this NUMBER now: whoever still waits is paged about at once."""
    store = append_only(configs.load(file).state)
    try:
        with store.write("end") as db:
            row = quiets.get(db, number)
            done = quiets.end(db, number, by or getpass.getuser(), clock.system())
    finally:
        store.close()
    if row is None or not done:
        what = "there is none of this number" if row is None else "it is over already"
        raise Mistakes([Mistake(str(number), None, what, _LIST)])
    click.echo(plain(f"ended: {row.quiet.name or f'{row.quiet.author} on {row.quiet.source}'}"))


def _author(store: Store, author: str, source: str | None) -> Key:
    name = author.removeprefix("@")
    with store.read() as db:
        found = quiets.authors(db, name, source)
    if not found:
        cure = '"harken cases list --all" shows who has had one'
        raise Mistakes([Mistake(author or '""', None, "no customer with a case is called so", cure)])
    if len(found) > 1:
        where = ", ".join(f"{each} ({at})" for at, each in found)
        raise Mistakes([Mistake(author, None, f"several are called so: {where}", "say which with --source")])
    return found[0]


def _known(config: Config, sources: tuple[str, ...], topics: tuple[str, ...]) -> None:
    """Check that there are such sources and topics."""
    from monitor.setup import setup  # noqa: PLC0415 - compiles the rules, which only windows about topics need
    from rules.mistakes import did_you_mean  # noqa: PLC0415 - the same

    known = {"source": [source.name for source in config.sources]}
    known["topic"] = sorted({rule.topic for rule in setup(config).book.rules if rule.topic}) if topics else []
    wrong = []
    for kind, names in (("source", sources), ("topic", topics)):
        for name in names:
            if name not in known[kind]:
                meant = did_you_mean(name, known[kind])
                cure = f'did you mean "{meant}"?' if meant else f"there are {', '.join(known[kind]) or 'none'}"
                wrong.append(Mistake(name or '""', None, f"there is no {kind} of this name", cure))
    if wrong:
        raise Mistakes(wrong)


def _in_zone(at: datetime, config: Config) -> datetime:
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(config.brand.zone))).astimezone(UTC)


def _wire(row: QuietRow, waiting: int) -> dict[str, Any]:
    quiet = row.quiet
    return {
        "number": row.id,
        "name": quiet.name or None,
        "source": quiet.source or None,
        "author": quiet.author or None,
        "sources": sorted(quiet.sources),
        "topics": sorted(quiet.topics),
        "since": stamp(quiet.span.start),
        "until": stamp(quiet.span.end),
        "by": quiet.by,
        "note": row.note,
        "waiting": waiting if quiet.author else None,
    }
