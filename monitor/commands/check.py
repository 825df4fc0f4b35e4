"""Says whether the config and the rule files are right, and what they mean.

Reads everything ``harken run`` would read and starts nothing; with ``--live`` it also logs in to Slack and reads each
source once, and keeps nothing of what it read.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import click

import connectors
from connectors import Batch, LogsIn, Poller, SourceError, SourceSettings
from monitor import clock
from monitor import config as configs
from monitor.calendar import DAYS, HoursSettings
from monitor.commands import _options
from monitor.commands.sources import left_of
from monitor.config import COACH, Config, shown
from monitor.logs import plain, redact
from monitor.roll import roll
from monitor.rotas import ONCALL, RotaSettings
from monitor.settings import Person, PolicySettings
from monitor.setup import Setup, setup
from monitor.windows import QuietSettings
from rules.book import Rule, RuleBook
from rules.choice import never
from rules.durations import spell
from rules.mistakes import Mistake, Mistakes, did_you_mean
from rules.model import Severity

_AHEAD = timedelta(days=14)
_PAGES = 10
"""Most pages of a source that one check reads."""


@click.command()
@_options.config
@click.option("--live", is_flag=True, help="Also look everything up in Slack, and read each source once.")
def command(file: Path, live: bool) -> None:
    """Say whether the config and the rule files are right, and what they mean.

    Exits with 0 if they are, with 1 if --live could not reach something, and with 2 if there are mistakes.
    """
    config = configs.load(file)
    made = setup(config)
    _table(_summary(config, made))
    if not live:
        click.echo(f"\n{plain(shown(file))} is right.")
        return
    click.echo()
    mistakes: list[Mistake] = []
    reached = [_reached(name, attempt, mistakes) for name, attempt in _attempts(config, made.book)]
    if mistakes:
        raise Mistakes(mistakes)
    if not all(reached):
        raise click.exceptions.Exit(1)
    click.echo(f"\n{plain(shown(file))} is right, and everything answers.")


def _table(rows: Iterator[tuple[str, str]]) -> None:
    before = ""
    for word, meaning in rows:
        click.echo(f"{'' if word == before else word:<10}{plain(meaning)}")
        before = word


def _summary(config: Config, made: Setup) -> Iterator[tuple[str, str]]:
    brand, slack = config.brand, config.slack
    called = f"; also called {', '.join(brand.aliases)}" if brand.aliases else ""
    yield "brand", f"{brand.name}, {brand.zone}{called}"
    for source, handles in brand.responders.items():
        yield "speaks", f"{source}: {', '.join(handles)}"
    if not any(brand.responders.values()):
        yield "speaks", "nobody: Harken cannot see an answer; name your accounts in brand.responders"
    rules, files = len(made.book.rules), len(config.rule_texts())
    yield "rules", f"{rules} rules in {files} file{'s' * (files != 1)} of {shown(config.rules)}"
    coached, mine = len(made.coach.rules), any((config.rules / COACH).glob("*.toml"))
    noted = "notes on posted replies" if config.coach.notes else "no notes on posted replies"
    yield "coach", f"{coached} rules{'' if mine else ' that Harken comes with'}, {noted}"
    yield "state", f"{shown(config.state)}{'' if config.state.exists() else ' (made by the first run)'}"
    yield "slack", f"cases to {slack.channel}, Harken itself to {slack.operators}, token {_token(config)}"
    for source_settings in config.sources:
        yield "source", _source(config, source_settings)
    if not config.sources:
        yield "source", "none: nothing is heard; add a [[source]]"
    for policy in config.policies:
        yield from (("policy", line) for line in _policy(policy))
        for name in sorted(set(policy.sources) - {source.name for source in config.sources}):
            yield "policy", f"  no [[source]] is called {name}"
        yield from (("policy", line) for line in _unheard(config, policy))
    yield from (("policy", line) for line in _never_chosen(config, made))
    yield from (("route", f"{rule.id} ({rule.file}:{rule.line}) to {rule.route}") for rule in _routing(made))
    for table in config.hours:
        yield "hours", _hours(table)
    yield from (("person", _person(config, person)) for person in config.people)
    yield from (("rota", line) for each in config.rotas for line in _rota(config, made, each))
    yield from (("drill", line) for line in _drill(config))
    yield from (("quiet", line) for window in config.quiets for line in _window(config, window))
    yield "incident", _incident(config)
    weekly = config.report
    yield "report", f"to {weekly.to}, {weekly.weekday} {weekly.at} ({weekly.zone})" if weekly.to else "none by itself"
    yield from _watched(config)
    yield "health", f"http://{config.health.listen}/healthz" if config.health.listen else "not served"


def _watched(config: Config) -> Iterator[tuple[str, str]]:
    if config.fallback.url_env:
        after = spell(config.fallback.after)
        yield "fallback", f"by {', '.join(config.fallback.url_env)}, once Slack has failed for {after}"
    else:
        yield "fallback", "none: while Slack is down nobody is paged; add [fallback]"
    beats = config.heartbeat.url_env
    yield (
        "heartbeat",
        f"by {beats} every {spell(config.heartbeat.every)}" if beats else "none: nobody notices if Harken stops",
    )


def _unheard(config: Config, policy: PolicySettings) -> Iterator[str]:
    """The networks that a policy is for and no source brings; an inbox and a file may bring any."""
    kinds = {source.kind for source in config.sources}
    heard = {name for source in config.sources for name in (source.kind, source.name)}
    for name in sorted(set(policy.networks) - heard):
        if not kinds & {"inbox", "file"}:
            meant = did_you_mean(name, connectors.kinds())
            yield f"  no [[source]] brings {name}" + (f"; did you mean {meant}?" if meant and meant != name else "")


def _never_chosen(config: Config, made: Setup) -> Iterator[str]:
    routes = {rule.route for rule in _routing(made)}
    lost = [config.policies[place].name for place in never([policy.fit for policy in config.policies])]
    for name in lost:
        if name not in routes:
            yield f"{name} is never chosen: earlier ones fit whatever it fits; put it before them"


def _routing(made: Setup) -> Iterator[Rule]:
    return (rule for rule in made.book.rules if rule.route is not None)


def _drill(config: Config) -> Iterator[str]:
    drill = config.drill
    if drill.monthly is not None:
        yield f"to {drill.to} each month: {drill.monthly}, {drill.at} {drill.zone}, {spell(drill.wait)} to take it"


def _rota(config: Config, made: Setup, each: RotaSettings) -> Iterator[str]:
    people = ", ".join(f"@{person}" for person in each.people)
    within = "" if each.hours == "always" else f", in the hours {each.hours} only"
    yield f"{each.name}: {people}, {spell(each.every)} each from {each.start}, {each.handover} {each.zone}{within}"
    steps = (to for policy in config.policies for step in policy.steps for to in step.to)
    if f"{ONCALL}{each.name}" not in steps:
        yield f"  no step names {ONCALL}{each.name}"
    now = clock.system()
    for gap in made.gaps(each.name, (), now, now + _AHEAD):
        yield f"  nobody is on call from {gap.start:%Y-%m-%d %H:%M} to {gap.end:%Y-%m-%d %H:%M} UTC, but for overrides"


def _person(config: Config, person: Person) -> str:
    zone = f", in {person.zone}" if person.zone else ""
    woken = f", woken by {person.wake} for {' and '.join(person.wake_for)}" if person.wake else ""
    if person.wake and not any(person.name in each.people for each in config.rotas):
        woken += "; but in no [[rota]], so by nothing"
    return f"@{person.name} is {person.slack}{zone}{woken}"


def _token(config: Config) -> str:
    place = shown(config.slack.token_file) if config.slack.token_file else config.slack.token_env
    try:
        config.secret(config.slack.token_env, config.slack.token_file)
    except Mistakes:
        return f"from {place} (not there; harken run needs it)"
    return f"from {place}"


def _source(config: Config, source: SourceSettings) -> str:
    said = f"{source.name} ({source.kind}), read every {spell(source.every)}"
    try:
        connectors.load(source.kind).connect(source, config.context(source)).close()
    except SourceError as error:
        return f"{said} (not ready: {error})"
    return said


def _policy(policy: PolicySettings) -> Iterator[str]:
    within = ", ".join(f"{spell(getattr(policy.reply_within, each.word))} {each.word}" for each in reversed(Severity))
    meant = [", ".join(each) for each in (policy.severities, policy.topics, policy.networks, policy.languages) if each]
    meant += [f"{policy.followers:,} followers or more"] * bool(policy.followers)
    meant += [f"posts that name {' or '.join(policy.names)}"] if policy.names else []
    meant += [", ".join(policy.sources)] if policy.sources else []
    only = f" for {'; '.join(meant)}" if meant else ""
    hours = "at all hours" if policy.hours == "always" else f"in the hours {policy.hours}"
    ignoring = f", {' and '.join(policy.always)} at all hours" if policy.hours != "always" and policy.always else ""
    yield f"{policy.name}{only}: answer within {within}; {hours}{ignoring}"
    for step in policy.steps:
        only = f", if {' or '.join(step.severities)}" if step.severities else ""
        yield f"  {step.at:<14}{', '.join(step.to)}{only}"
    if policy.digest:
        yield f"  {' and '.join(policy.digest)} in a digest at {', '.join(policy.digest_at)} ({policy.zone})"
    yield f"  then {policy.repeats} times every {spell(policy.repeat)}, then {policy.operators}"


def _window(config: Config, window: QuietSettings) -> Iterator[str]:
    quiet, about = window.quiet, ", ".join((*window.sources, *window.topics)) or "everything"
    over = " (over)" if quiet.span.end <= clock.system() else ""
    yield f"{quiet.name}: {about}, {quiet.span.start:%Y-%m-%d %H:%M} to {quiet.span.end:%Y-%m-%d %H:%M} UTC{over}"
    for name in sorted(quiet.sources - {source.name for source in config.sources}):
        yield f"  no [[source]] is called {name}"


def _incident(config: Config) -> str:
    said = config.incident
    if not said.enabled:
        return "off: every case is on its own"
    start = f"{said.least} authors or more about one topic within {spell(said.window)}, to {', '.join(said.to)}"
    return f"{start}, then {said.repeats} times every {spell(said.repeat)}, then {config.slack.operators}"


def _hours(table: HoursSettings) -> str:
    week = ", ".join(f"{day} {' '.join(getattr(table.week, day))}" for day in DAYS if getattr(table.week, day))
    closed = f"; closed on {len(table.closed)} days" if table.closed else ""
    return f"{table.name} ({table.zone}): {week}{closed}"


def _attempts(config: Config, book: RuleBook) -> Iterator[tuple[str, Callable[[], str]]]:
    from monitor.commands._live import SlackCheck  # noqa: PLC0415 - only --live needs the SDK

    yield from SlackCheck(config, roll(config, book)).attempts()
    for name in config.fallback.url_env:
        yield "fallback", lambda name=name: _second_way(config, name)  # type: ignore[misc] # binds this one
    for person in config.people:
        if person.wake is not None:
            yield "wake", lambda name=person.wake: _second_way(config, name)  # type: ignore[misc] # binds this one
    for source in config.sources:
        yield source.name, lambda source=source: _read_once(config, source)  # type: ignore[misc] # binds this one


def _reached(name: str, attempt: Callable[[], str], mistakes: list[Mistake]) -> bool:
    from monitor.slack import SlackError  # noqa: PLC0415 - only --live needs the SDK

    try:
        said, good = attempt(), True
    except Mistakes as found:
        mistakes += found.all
        return False
    except (SourceError, SlackError) as error:
        said, good = str(error), False
    click.echo(plain(redact(f"{name:<9} {'' if good else 'failed: '}{said}")))
    return good


def _second_way(config: Config, name: str) -> str:
    from monitor.second_way import known  # noqa: PLC0415 - only --live needs Apprise

    if not known(config.secret(name)):
        raise SourceError(f"{name} holds no address that Apprise knows; see its list of services")
    return f"{name} holds an address that Apprise knows; nothing was sent"


def _read_once(config: Config, source: SourceSettings) -> str:
    connector = connectors.load(source.kind).connect(source, config.context(source))
    try:
        if isinstance(connector, Poller):
            return "; ".join(_polled(config, source, connector))
        connector.start(_refuse)
        return "can listen"
    finally:
        connector.close()


def _polled(config: Config, source: SourceSettings, connector: Poller) -> Iterator[str]:
    """Who we are there, what we may see, what one reading gave, and what is left of the month's budget."""
    if isinstance(connector, LogsIn):
        account = connector.account()
        yield f"{account.who}; sees {', '.join(account.sees)}"
    heard = [connector.poll(None)]
    # Where reading costs nothing, every listing has its turn; what was heard is not kept.
    while heard[-1].more and not heard[-1].spent.price and len(heard) < _PAGES:
        heard.append(connector.poll(heard[-1].cursor))
    mentions = [mention for batch in heard for mention in batch.mentions]
    newest = max((mention.posted_at for mention in mentions), default=None)
    age = f", the newest {spell(max(clock.system() - newest, timedelta()))} old" if newest is not None else ""
    yield f"read {len(mentions)} posts{age}{', and there are more' if heard[-1].more else ''}"
    said = [line for batch in heard for line in (batch.failure, batch.warning)]
    yield from filter(None, (*said, left_of(config, source)))


def _refuse(_batch: Batch) -> None:
    raise SourceError("this is only a check; nothing is kept")
