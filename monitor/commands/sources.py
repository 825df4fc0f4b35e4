"""Shows how far each source is heard: state, lag, gaps, failures, budget; and what one would cost.

Reads beside a running daemon and changes nothing. A source that the daemon has never tried is shown as such: what
nobody has read is not silence.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

import connectors
from connectors import Estimate, Gap, MeteredSettings, Poller, Priced, SourceError, SourceSettings
from monitor import clock
from monitor import config as configs
from monitor.budgets import budget_of, forecast
from monitor.commands import _options
from monitor.logs import plain, redact
from monitor.store import sources, spending
from monitor.store.sources import Source
from monitor.store.spending import Spending
from monitor.store.sqlite import Store, open_reader, stamp
from rules.budget import allowance
from rules.durations import spell
from rules.model import Side

_LOOK_BACK = timedelta(days=30)
_DAYS = 30


@click.group(invoke_without_command=True)
@_options.config
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def command(ctx: click.Context, file: Path, jsonl: bool) -> None:
    """Show how far each source is heard, and what it has cost this month."""
    if ctx.invoked_subcommand is not None:
        return
    config = configs.load(file)
    now = clock.system()
    rows = [_Row(source, *_known(config.state, source.name, now), now) for source in config.sources]
    if jsonl:
        for row in rows:
            click.echo(json.dumps(row.wire()))
        return
    if not rows:
        click.echo("there is no source: nothing is heard; add a [[source]]")
        return
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("source", "kind", "state", "heard up to", "last read", "gaps", "this month"):
        table.add_column(heading, no_wrap=heading != "this month")
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)
    for line in (line for row in rows for line in row.remarks()):
        console.print(Text(f"\n{line}"))


@command.command()
@_options.config
@click.option("--source", "name", default=None, help="Only this source.")
def cost(file: Path, name: str | None) -> None:
    """Ask each network how much a source's queries find, and say what reading it would cost.

    Nothing is read and nothing is stored. X charges for the question itself: half a cent for each query.
    Exits with 1 if a network did not answer.
    """
    config = configs.load(file)
    asked = [source for source in config.sources if name in (None, source.name)]
    if name is not None and not asked:
        raise click.BadParameter(f'no [[source]] is called "{name}"', param_hint="--source")
    answers = [_cost(config, source) for source in asked]
    if not answers:
        click.echo("there is no source: nothing would cost anything; add a [[source]]")
    if not all(answers):
        raise click.exceptions.Exit(1)


def _cost(config: configs.Config, source: SourceSettings) -> bool:
    """Print what a source would cost; whether that could be told."""
    try:
        connector = connectors.load(source.kind).connect(source, config.context(source))
        try:
            said = _priced(source, connector.estimate() if isinstance(connector, Priced) else None, connector)
        finally:
            connector.close()
    except SourceError as error:
        click.echo(plain(redact(f"{source.name}: failed: {error}")))
        return False
    click.echo(plain(f"{source.name}: {said}"))
    return True


def _priced(source: SourceSettings, estimate: Estimate | None, connector: object) -> str:
    if estimate is None:
        often = timedelta(days=1) / source.every
        return f"free; read {often:.0f} times a day" if isinstance(connector, Poller) else "free; it is told by others"
    found = "" if estimate.posts is None else f"about {estimate.posts:,.0f} posts a day, "
    asking = f"; asking cost {estimate.spent.price:.3f}" if estimate.spent.price else ""
    limit = source.budget if isinstance(source, MeteredSettings) else None
    over = f", more than its budget of {limit:,.2f}" if limit is not None and estimate.price > limit else ""
    price = f"{estimate.price:,.2f} in {_DAYS} days" if estimate.price else "free"
    return f"{found}{estimate.requests:,.0f} requests a day; {price}{over}{asking}"


def _known(state: Path, name: str, now: datetime) -> tuple[Source, Spending, list[Gap]]:
    """What the database knows of a source; nothing where there is none yet."""
    if not state.exists():
        return Source(name), Spending(), []
    store: Store = open_reader(state)
    try:
        with store.read() as db:
            gaps = [gap for side in Side for gap in sources.gaps(db, name, side) if gap.until > now - _LOOK_BACK]
            return sources.get(db, name), spending.get(db, name, f"{now:%Y-%m}"), gaps
    finally:
        store.close()


def left_of(config: configs.Config, source: SourceSettings) -> str:
    """How much of a source's budget is left this month; empty where it has none."""
    now = clock.system()
    budget = budget_of(source)
    if budget.price is None and budget.requests is None:
        return ""
    spent = _known(config.state, source.name, now)[1].spent
    used = allowance(budget, spent.price, spent.requests, now).used
    return f"{100 * max(1 - used, 0):.0f} % of this month's budget is left"


class _Row:
    """One source, for people and for programs."""

    def __init__(
        self, settings: SourceSettings, source: Source, spent: Spending, gaps: list[Gap], now: datetime
    ) -> None:
        self._settings = settings
        self._source = source
        self._spent = spent.spent
        self._gaps = gaps
        self._now = now
        self._budget = budget_of(settings)
        self._allowed = allowance(self._budget, spent.spent.price, spent.spent.requests, now)

    @property
    def state(self) -> str:
        """One word or a few."""
        coverage = self._source.coverage
        if coverage.failing_since is not None:
            return "in part" if self._reads_some else "down"
        if self._source.succeeded_at is None and coverage.heard is None:
            return "never read"
        return "heard" if self._source.met_at is not None else "first read"

    @property
    def _reads_some(self) -> bool:
        """A side of it is read although another fails."""
        failing, read = self._source.coverage.failing_since, self._source.succeeded_at
        return failing is not None and read is not None and read >= failing

    def cells(self) -> list[Text]:
        """Its line in the table."""
        colour = {"down": "bold red", "in part": "red", "never read": "yellow"}.get(self.state, "")
        failing = self._source.coverage.failing_since
        since = f" for {spell(self._now - failing)}" if failing is not None else ""
        return [
            Text(plain(self._settings.name)),
            Text(plain(self._settings.kind)),
            Text(self.state + since, colour),
            Text(self._ago(self._source.coverage.heard)),
            Text(self._ago(self._source.succeeded_at)),
            Text(str(len(self._gaps)) if self._gaps else ""),
            Text(self._month()),
        ]

    def remarks(self) -> Iterator[str]:
        """What does not fit into a table: why it is down, what was missed, how long the budget lasts."""
        name = plain(self._settings.name)
        if self._source.failure is not None:
            yield plain(redact(f"{name}: {self._source.failure}"))
        for gap in self._gaps:
            yield plain(f"{name}: {gap.side} not heard from {_minute(gap.since)} to {_minute(gap.until)}: {gap.why}")
        if ahead := forecast(self._allowed):
            yield f"{name}: {100 * self._allowed.used:.0f} % of its budget is used{ahead}"

    def _month(self) -> str:
        spent, budget = self._spent, self._budget
        limit = f" of {budget.requests:,}" if budget.requests else ""
        said = [f"{spent.requests:,}{limit} requests"] if spent.requests or limit else []
        money = f" of {budget.price:,.2f}" if budget.price else ""
        said += [f"{spent.price:,.2f}{money}"] if spent.price or money else []
        return ", ".join(said)

    def _ago(self, moment: datetime | None) -> str:
        return "" if moment is None else f"{spell(max(self._now - moment, timedelta()))} ago"

    def wire(self) -> dict[str, Any]:
        """The same as JSON."""
        coverage, spent = self._source.coverage, self._spent
        return {
            "source": self._settings.name,
            "kind": self._settings.kind,
            "state": self.state,
            "theirs_until": _stamped(coverage.theirs),
            "ours_until": _stamped(coverage.ours),
            "last_success": _stamped(self._source.succeeded_at),
            "failing_since": _stamped(coverage.failing_since),
            "failure": self._source.failure,
            "gaps": [
                {"side": gap.side, "since": stamp(gap.since), "until": stamp(gap.until), "why": gap.why}
                for gap in self._gaps
            ],
            "month": {"requests": spent.requests, "reads": spent.reads, "price": round(spent.price, 4)},
            "budget_used": round(self._allowed.used, 4),
        }


def _stamped(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
