"""Whom and what in Slack a config names: people, user groups and channels. Reads the config; asks nobody."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.config import Config
from monitor.rotas import ONCALL
from monitor.second_way import FALLBACK
from monitor.settings import GROUP, person_named
from rules.book import RuleBook


@dataclass(frozen=True, slots=True)
class Roll:
    """Everybody and every place that may be written to, each once, in the config's order."""

    channels: tuple[str, ...] = ()
    """``#name`` or a channel id."""
    people: dict[str, str] = field(default_factory=dict)
    """Slack user id or e-mail address -> how the config calls them."""
    groups: dict[str, str] = field(default_factory=dict)
    """Handle or id of a user group -> how the config calls it."""


def roll(config: Config, book: RuleBook | None = None) -> Roll:
    """Whom ``config`` names, and the channels that the rules of ``book`` route to."""
    channels: dict[str, None] = {}
    people = {person.slack: f"@{person.name}" for person in config.people}
    groups: dict[str, str] = {}
    for to in _recipients(config, book):
        if to == FALLBACK or to.startswith(ONCALL):
            continue
        if to.startswith(GROUP):
            groups.setdefault(to.removeprefix(GROUP), to)
        elif not to.startswith("@"):
            channels.setdefault(to)
        elif person_named(to) is None:
            people.setdefault(to.removeprefix("@"), to)
    for who in config.slack.allow:
        if who.startswith("S"):
            groups.setdefault(who, who)
        elif who != "*":
            people.setdefault(who, who)
    return Roll(tuple(channels), people, groups)


def _recipients(config: Config, book: RuleBook | None) -> Iterator[str]:
    yield config.slack.channel
    yield config.slack.operators
    for policy in config.policies:
        for step in policy.steps:
            yield from step.to
        yield policy.operators
    yield from config.incident.to if config.incident.enabled else ()
    yield from (config.report.to,) if config.report.to is not None else ()
    yield from (rule.route for rule in (book.rules if book else ()) if rule.route and rule.route.startswith("#"))
