"""One-off or systemic? Many authors at once about one topic, more than that topic is used to, are one incident.

Pure: from counts, times and texts to answers. Which cases are its members, what was sent and what anybody did are kept
by others. It groups by the topics of verdicts only, and never says that two authors are one person.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.durations import spell
from rules.model import Mention, Severity
from rules.story import Moment, What

BASELINE = timedelta(days=1)
"""How far back a topic's own usual traffic is looked at."""
_RARE = 1e-6
"""A count that chance alone brings about so seldom is none of chance's."""
_USUAL_AT_LEAST = 1.0
"""Authors in a window that count as usual where little or nothing is known yet."""
_CALM_SHARE = 2
"""It is over when twice the time brings fewer authors than this part of what began it."""
_WORDS = 6
_LINK = re.compile(r"https?://[^\s<>\"')\]]+")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SMALL_WORDS = """
about after again been being cannot could does doing dont even ever every from have having here into just like
more much only over please really same should since some still than that their them then there these they this
those today very want wants were what when where which while will with would your yours aber auch beim bitte
dass diese dieser doch eine einem einen einer euch haben hier immer kein keine nicht noch nach oder schon seit
sich sind ueber und warum wenn werden wieder wird
"""
_SMALL = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Terms:
    """When many cases are one incident, and who hears of it when."""

    window: timedelta
    least: int
    """Fewer authors within a window are never an incident."""
    to: tuple[str, ...]
    operators: str
    repeat: timedelta
    repeats: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Many cases, one cause."""

    id: str
    topic: str
    began: datetime
    """When the first post of the window was posted that gave it away."""
    noticed: datetime
    """When it came to be known: its ladder counts from here."""
    needed: int
    """So many authors in one window are more than this topic is used to."""
    calm: datetime | None = None
    """Since when no more people come than usual; it takes in nobody from then on."""
    over: datetime | None = None
    """When the last of its members was answered or dismissed, once it was calm."""


@dataclass(frozen=True, slots=True)
class Due:
    """One notice of an incident's ladder."""

    step: int
    to: str
    due: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What an incident is likely about."""

    words: tuple[str, ...]
    """What its posts have in common, the commonest first."""
    link: str | None
    """The address that most of those who give one give."""


def usual(authors: int, known: timedelta, window: timedelta) -> float:
    """How many authors a window brings, as far as is known.

    Args:
        authors: how many different ones there were, window by window, over ``known``.
        known: the time looked at.
        window: the window's length.
    """
    return max(authors / max(known / window, 1.0), _USUAL_AT_LEAST)


def needed(expected: float, least: int) -> int:
    """The smallest number of authors in one window that is a surge where ``expected`` are usual."""
    count = max(least, math.ceil(expected))
    while tail(count, expected) >= _RARE:
        count += 1
    return count


def tail(count: int, expected: float) -> float:
    """How likely ``count`` or more are where ``expected`` come on average (Poisson)."""
    if count <= expected:
        return 1.0
    # Past the mean each term is smaller than the one before: sum the tail itself, not one minus the rest.
    term = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    total, number = 0.0, count
    while term > total * 1e-12 and term > 0.0:
        total += term
        number += 1
        term *= expected / number
    return min(total, 1.0)


def still(needed_then: int) -> int:
    """How many authors within two windows are so few that a surge of ``needed_then`` in one is over: hysteresis."""
    return max(math.ceil(needed_then / _CALM_SHARE) - 1, 0)


def ladder(incident: Incident, terms: Terms, now: datetime) -> Iterator[Due]:
    """Every notice that an incident has come to owe up to ``now``: at once, then repeats, at last the operators."""
    for step in range(terms.repeats + 2):
        due = incident.noticed + step * terms.repeat
        if due > now or (incident.over is not None and due >= incident.over):
            return
        unheard = step > terms.repeats
        if unheard:
            why = "every page about this incident has gone unheard"
        elif step:
            why = f"customers still wait: repeat {step} of {terms.repeats}"
        else:
            why = f"many people at once are waiting, all about {incident.topic}"
        for to in dict.fromkeys((terms.operators,) if unheard else terms.to):
            yield Due(step, to, due, why)


def next_due(incident: Incident, terms: Terms, now: datetime) -> datetime | None:
    """The next instant after ``now`` at which its ladder owes something; None where it has come to its end."""
    coming = (incident.noticed + step * terms.repeat for step in range(terms.repeats + 2))
    return next((due for due in coming if due > now), None)


def holds(step: int, severity: Severity) -> bool:
    """Whether an incident stands for a page of one of its members: not for a crisis, nor for what a holder is owed."""
    return step >= 0 and severity < Severity.CRISIS


def cause(posts: Sequence[Mention], known: Collection[str] = ()) -> Cause:
    """What many posts have in common.

    Args:
        posts: some of them.
        known: names of the brand, which are in all of them anyway.
    """
    names = {word.casefold() for name in known for word in _WORD.findall(name)}
    counted: Counter[str] = Counter()
    links: Counter[str] = Counter()
    for post in posts:
        links.update(set(_LINK.findall(post.text)))
        said = {word.casefold() for word in _WORD.findall(_LINK.sub(" ", re.sub(r"@\S+", " ", post.text)))}
        counted.update(said - names - _SMALL)
    # A word of one post in four says something about them all; ties go by the alphabet, so that order says nothing.
    often = [(word, times) for word, times in counted.items() if times > 1 and 4 * times >= len(posts)]
    common = tuple(word for word, _ in sorted(often, key=lambda one: (-one[1], one[0]))[:_WORDS])
    link = min(((-times, url) for url, times in links.items() if times > 1), default=None)
    return Cause(common, None if link is None else link[1])


def moments(incident: Incident, now: datetime) -> tuple[Moment, ...]:
    """What happened to an incident as a whole up to ``now``, in time order."""
    told = [(incident.noticed, f"many people at once wait for an answer about {incident.topic}")]
    ended = "everybody in it has been answered or dismissed: it is over"
    if incident.calm is not None:
        calm = f"no more people come than usual; it took {spell(incident.calm - incident.began)}"
        together = incident.over is not None and incident.over <= incident.calm
        told.append((incident.calm, f"{calm}; {ended}" if together else calm))
        if incident.over is not None and not together:
            told.append((incident.over, ended))
    return tuple(Moment(at, What.INCIDENT, None, why) for at, why in told if at <= now)
