"""Which policy a new case is under, and why: the first of a list that fits it. Pure; pins nothing, pages nobody.

A condition that is not named holds always. What is not known of a post (followers, language) fulfils none.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from rules.model import Severity


@dataclass(frozen=True, slots=True)
class Fit:
    """What a case must be like for a policy to be meant for it: each of these that is named has to hold."""

    sources: frozenset[str] = frozenset()
    """Names of configured sources."""
    networks: frozenset[str] = frozenset()
    """Where the post stands: its id space, or the kind of its source."""
    severities: frozenset[Severity] = frozenset()
    topics: frozenset[str] = frozenset()
    """At least one of them."""
    languages: frozenset[str] = frozenset()
    followers: int = 0
    """The author has at least so many."""
    names: frozenset[str] = frozenset()
    """The post uses at least one of these names of the brand."""

    @property
    def every(self) -> bool:
        """Whether it fits whatever comes."""
        return self == Fit()


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a case when it opens, as far as policies ask."""

    source: str
    """Name of the configured source it was heard through."""
    networks: frozenset[str]
    severity: Severity
    topics: frozenset[str] = frozenset()
    language: str | None = None
    followers: int | None = None
    names: frozenset[str] = frozenset()
    """Which of the brand's names the post uses, in lower case."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The policy a case is under."""

    place: int
    """In the list."""
    why: str
    """One plain phrase."""


def choose(fits: Sequence[Fit], opening: Opening) -> Choice:
    """The first of ``fits`` that is meant for ``opening``, or the last one if none is. There is at least one."""
    for place, fit in enumerate(fits):
        reasons = _reasons(fit, opening)
        if reasons is not None:
            said = f"the first that fits: {', '.join(reasons)}" if reasons else _of_a_catch_all(place, fits)
            return Choice(place, said)
    return Choice(len(fits) - 1, "none fits, and it is the last")


def never(fits: Sequence[Fit]) -> tuple[int, ...]:
    """The places of those that no case can ever come to, because an earlier one fits whatever they fit."""
    return tuple(
        place for place, fit in enumerate(fits) if all(choose(fits, opening).place != place for opening in _least(fit))
    )


def named(names: Collection[str], text: str) -> frozenset[str]:
    """Which of the brand's ``names`` stand in ``text`` as words of their own, in lower case."""
    said = text.casefold()
    return frozenset(
        name for name in map(str.casefold, names) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None
    )


def _reasons(fit: Fit, opening: Opening) -> list[str] | None:
    """How each condition of ``fit`` holds; None where one does not."""
    topics, names = sorted(fit.topics & opening.topics), sorted(fit.names & opening.names)
    networks = sorted(fit.networks & opening.networks)
    conditions = [
        (not fit.sources, opening.source in fit.sources, f"heard through {opening.source}"),
        (not fit.networks, bool(networks), f"on {', '.join(networks)}"),
        (not fit.severities, opening.severity in fit.severities, f"it opened as {opening.severity.word}"),
        (not fit.topics, bool(topics), f"about {', '.join(topics)}"),
        (not fit.languages, opening.language in fit.languages, f"in the language {opening.language}"),
        (not fit.followers, (opening.followers or 0) >= fit.followers, f"{fit.followers:,} followers or more"),
        (not fit.names, bool(names), f"it names {', '.join(names)}"),
    ]
    if not all(unasked or holds for unasked, holds, _ in conditions):
        return None
    return [said for unasked, _, said in conditions if not unasked]


def _of_a_catch_all(place: int, fits: Sequence[Fit]) -> str:
    if place:
        return "no earlier one fits"
    return "it fits every case" if len(fits) > 1 else "it is the only one"


def _least(fit: Fit) -> Iterator[Opening]:
    """Cases that just fulfil ``fit`` and nothing beyond: if any case comes to it, one of these does."""
    anything = ""
    for source, network, severity, topic, language, name in product(
        sorted(fit.sources) or [anything],
        sorted(fit.networks) or [anything],
        sorted(fit.severities) or list(Severity),
        sorted(fit.topics) or [anything],
        sorted(fit.languages) or [anything],
        sorted(fit.names) or [anything],
    ):
        yield Opening(
            source,
            frozenset({network}),
            severity,
            frozenset({topic}),
            language,
            fit.followers,
            frozenset({name}),
        )
