"""Says what became of customers within a time: who was answered and how soon, who never was, and what recurs.

Reads beside a running daemon and changes nothing. Every figure can be listed down to its cases.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from monitor import clock, logs
from monitor import config as configs
from monitor.commands import _options
from monitor.commands.rehearse import play, read_history
from monitor.config import Config
from monitor.logs import plain
from monitor.rehearse import Rehearsal
from monitor.report import files, text
from monitor.report.gather import Scope, facts, told_by_others
from monitor.report.page import html
from monitor.setup import setup
from monitor.store import cases
from monitor.store.posts import Key
from monitor.store.sqlite import Store, open_reader
from rules.mistakes import Mistake, Mistakes, did_you_mean
from rules.report.values import Report
from rules.report.whole import report as counted

_WEEK = timedelta(days=7)
_YEARS = range(1900, 9000)
"""Years that can be reported on: the calendar must have room for what lies before and after."""
_WRITERS = {"html": html, "markdown": files.markdown, "csv": files.as_csv, "json": files.as_json}


@click.command()
@_options.config
@click.option(
    "--since",
    type=_options.Length(),
    default=None,
    help="How long a time it is about; by default 7d, or all of --history.",
)
@click.option("--until", type=_options.Instant(), default=None, help="When that time ends; by default now.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *_WRITERS]),
    default=None,
    help="How it is written; by default as the name of --out ends, else text.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it into this file.")
@click.option("--cases", "figure", metavar="FIGURE", help="List the cases behind one figure instead; ? lists figures.")
@click.option(
    "--history",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Report on this recorded history, rehearsed, instead of the database.",
)
def command(
    *,
    file: Path,
    since: timedelta | None,
    until: datetime | None,
    form: str | None,
    out: Path | None,
    figure: str | None,
    history: Path | None,
) -> None:
    """Say what became of customers: heard, answered and how soon, never answered, and what recurs.

    A report of the terminal, a web page in one file with charts, Markdown, CSV or JSON.
    Figures are of cases that opened, and waits that began, within the time.
    """
    config = configs.load(file)
    if until is not None and until.year not in _YEARS:
        raise Mistakes([Mistake(str(until.year), None, "nobody was heard in that year", "give a later --until")])
    if history is None:
        store = open_reader(config.state)
        end = until or clock.system()
        try:
            made = _counted(
                store, config, Scope(end - (since or _WEEK), end, config.brand.zone, told_by_others(config))
            )
            if figure is not None:
                _list(store, made, figure)
                return
        finally:
            store.close()
    else:
        made = _rehearsed(history, config, since, until, figure)
        if figure is not None:
            return
    form = form or _form(out)
    if form == "text":
        with out.open("w", encoding="utf-8") if out else click.open_file("-", "w") as stream:
            text.show(made, Console(file=stream, highlight=False, width=120 if out else None))
        return
    written = _WRITERS[form](made)
    if out is None:
        click.echo(written, nl=False)
    else:
        out.write_text(written, encoding="utf-8")
        click.echo(f"wrote {configs.shown(out)}", err=True)


def _form(out: Path | None) -> str:
    """The format that a file's name asks for."""
    ends = {".html": "html", ".htm": "html", ".md": "markdown", ".csv": "csv", ".json": "json"}
    return ends.get(out.suffix.lower(), "text") if out else "text"


def _counted(store: Store, config: Config, scope: Scope) -> Report:
    errors = Console(stderr=True)
    with store.read() as db, Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:

        def track(threads: Sequence[Key]) -> Iterator[Key]:
            return iter(progress.track(threads, description="reading cases"))

        return counted(facts(db, setup(config), scope, track))


def _rehearsed(
    history: Path, config: Config, since: timedelta | None, until: datetime | None, figure: str | None
) -> Report:
    """The report on a history, once the line has been run over it."""
    logs.set_up(level=logging.WARNING)  # every page is in the report
    entries = read_history(history)
    rehearsal = Rehearsal(setup(config), entries, until)
    began = rehearsal.clock.now
    try:
        play(rehearsal, len(entries))
        end = rehearsal.until
        scope = Scope(began if since is None else end - since, end, config.brand.zone, rehearsed=True)
        made = _counted(rehearsal.store, config, scope)
        if figure is not None:
            _list(rehearsal.store, made, figure)
    finally:
        rehearsal.close()
    return made


def _list(store: Store, made: Report, figure: str) -> None:
    """The cases behind a figure, one a line: id, source, customer, state, when it opened."""
    named = made.named()
    if figure == "?":
        for name, ids in named.items():
            click.echo(plain(f"{name}  {len(ids)} cases"))
        return
    if figure not in named:
        meant = did_you_mean(figure, list(named))
        cure = f'did you mean "{meant}"?' if meant else '"--cases ?" lists them'
        raise Mistakes([Mistake(figure or '""', None, "no figure is called so", cure)])
    with store.read() as db:
        for name in named[figure]:
            row = cases.get(db, name)
            if row is None:
                click.echo(plain(name))
                continue
            opened = f"{row.opened_at:%Y-%m-%d %H:%M} UTC"
            click.echo(plain(f"{row.id}  {row.source}  {row.author}  {row.severity.word}  {row.status}  {opened}"))
