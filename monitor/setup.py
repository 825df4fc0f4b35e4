"""What is in force: the rule book, who speaks for us, and the policies. Swapped whole on a reload, never changed."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.config import Config
from monitor.settings import PolicySettings
from monitor.store import cases
from rules.model import Policy
from rules.pack import Brand, RuleBook, load


@dataclass(frozen=True)
class Setup:
    """What every stage of the line needs to know about the deployment."""

    brand: str
    book: RuleBook
    responders: Mapping[str, frozenset[str]]
    """Source (a mention's id space) -> handles that speak for us there, in lower case."""
    policies: tuple[PolicySettings, ...]
    operators: str
    people: Mapping[str, str] = field(default_factory=dict)
    """Name of a person -> their Slack user id or e-mail address."""
    _pinned: dict[str, PolicySettings] = field(default_factory=dict, compare=False)

    def own(self, source: str, author: str) -> bool:
        """Whether ``author`` speaks for us at ``source``."""
        return author.casefold() in self.responders.get(source, frozenset())

    def policy_for(self, via: str) -> PolicySettings:
        """The policy a new case heard through ``via`` is pinned to: the first that fits, or the last one there is."""
        return next((policy for policy in self.policies if policy.fits(via)), self.policies[-1])

    def pinned(self, db: sqlite3.Connection, name: str, since: datetime) -> Policy:
        """The policy pinned as ``name``, with its open hours from ``since`` on."""
        if name not in self._pinned:
            self._pinned[name] = PolicySettings.model_validate_json(cases.pinned(db, name))
        return self._pinned[name].policy(since)


def setup(config: Config) -> Setup:
    """What ``config`` and its rule files put in force.

    Raises:
        Mistakes: a rule file is wrong.
    """
    handles = {
        name: frozenset(handle.casefold() for handle in spoken) for name, spoken in config.brand.responders.items()
    }
    brand = Brand(config.brand.name, config.brand.aliases, frozenset().union(*handles.values()))
    return Setup(
        brand=config.brand.name,
        book=load(config.rule_texts(), brand),
        responders=handles,
        policies=config.policies,
        operators=config.slack.operators,
        people={person.name: person.slack for person in config.people},
    )
