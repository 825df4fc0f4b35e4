"""One-off or systemic? Many authors at once about one topic, more than that topic is used to, are one incident.

Pure: from counts, times, acts and texts to answers. What was sent and what anybody did are kept by others. What posts
without a topic have in common is for ``likeness``. It never says that two authors are one person.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rules import escalation
from rules.durations import spell
from rules.leases import Lease, held
from rules.likeness import Matter, links, matter, telling
from rules.model import (
    HOLDER,
    REMINDER,
    Act,
    Case,
    Ended,
    Ending,
    Hold,
    Mention,
    Page,
    Policy,
    Severity,
    Silence,
    Step,
    StillWanted,
)
from rules.story import Moment, What

BASELINE = timedelta(days=1)
"""How far back a topic's own usual traffic is looked at."""
FIRST = datetime.min.replace(tzinfo=UTC)
"""Before anything was posted."""
AN_INSTANT = timedelta(microseconds=1)
_RARE = 1e-6
"""A count that chance alone brings about so seldom is none of chance's."""
_USUAL_AT_LEAST = 1.0
"""Authors in a window that count as usual where little or nothing is known yet."""
_CALM_SHARE = 2
"""It is over when twice the time brings fewer authors than this part of what began it."""
_WORDS = 6
_ACTS = frozenset({"ack", "unack", "snooze"})
ANNOUNCED = "announced"
"""The silence that the page of a first move is about; the ladder of a surge is about another one."""


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
    ack_for: timedelta = timedelta(hours=1)
    """How long somebody has an incident who takes it."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Many cases, one cause; or a cause that we know of ourselves, before the cases."""

    id: str
    topic: str
    """What it is about: a topic, or what ``likeness`` found; see ``about``."""
    began: datetime
    """When the first post of the window was posted that gave it away."""
    noticed: datetime
    """When it came to be known: its ladder counts from here."""
    needed: int
    """So many authors in one window are more than this topic is used to; 0 as long as only we ourselves speak of it."""
    calm: datetime | None = None
    """Since when no more people come than usual; it takes in nobody from then on."""
    over: datetime | None = None
    """When the last of its members was answered or dismissed, once it was calm."""
    announced: datetime | None = None
    """When our own status page told of it."""
    holds: tuple[Hold, ...] = ()
    """Who took care of it, in time order."""

    @property
    def matter(self) -> Matter:
        """What a post has to be about to belong to it."""
        return matter(self.topic)

    @property
    def holding(self) -> bool:
        """Whether it stands for the pages of its members: not as long as only our status page speaks of it."""
        return self.needed > 0

    def since(self, window: timedelta) -> datetime:
        """From when on what was posted belongs to it: what comes late as well."""
        return self.began - window if self.announced is None else self.announced - BASELINE


@dataclass(frozen=True, slots=True)
class Asked:
    """A post that asks, as far as incidents are concerned."""

    at: datetime
    """From when on it counts."""
    seen: datetime
    subjects: frozenset[str]


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


def memberships(
    silences: Iterable[Silence], asked: Mapping[str, Asked], incidents: Sequence[Incident], window: timedelta
) -> dict[str, tuple[str, datetime]]:
    """Which incident each silence of one case belongs to, and since when; by the silence's ``after``.

    It follows from the posts and the incidents alone, not from the order in which they were heard. A silence belongs
    to one incident at most: to one that stands for its pages if there is such a one, then to the one it met first.

    Args:
        silences: the case's.
        asked: those of its posts that ask, by id.
        incidents: all that may concern it.
        window: the length of the window.
    """
    found = {}
    for silence in silences:
        met = [
            (not one.holding, max(one.noticed, asked[word].seen), one.id)
            for one in incidents
            if silence.ended is None or silence.ended.at > (one.announced or one.began)
            for word in silence.words
            if word in asked and _takes(one, asked[word], window)
        ]
        if met:
            _, since, incident = min(met)
            found[silence.after] = incident, since
    return found


def _takes(incident: Incident, asked: Asked, window: timedelta) -> bool:
    within = incident.since(window) < asked.at and (incident.calm is None or asked.at <= incident.calm)
    return within and incident.matter.of(asked.subjects)


def held_by(acts: Iterable[Act]) -> tuple[Hold, ...]:
    """Who took care of an incident, from what people did about it."""
    taken = (act for act in sorted(acts, key=lambda act: act.at) if act.act in _ACTS)
    return tuple(Hold(act.at, act.act, act.by, act.by if act.act == "ack" else "", act.until) for act in taken)


def ladder(incident: Incident, terms: Terms, now: datetime) -> tuple[Page, ...]:
    """Every notice that an incident has come to owe up to ``now``: at once, then repeats, at last the operators.

    It is the ladder of a case of one step: whoever takes the incident is the only one to hear of it for a while.
    """
    if not incident.holding:
        return _first_move(incident, terms) if incident.over is None else ()
    pages = escalation.pages_due(as_case(incident), as_policy(terms), now)
    return tuple(replace(page, why=_why(incident, page, terms)) for page in pages)


def still_wanted(page: Page, incident: Incident, terms: Terms, now: datetime) -> StillWanted:
    """Whether one of these should still go out, and if not, why."""
    if page.silence == ANNOUNCED:
        return StillWanted.MOVED if incident.holding else StillWanted.YES
    return escalation.still_wanted(page, as_case(incident), as_policy(terms), now)


def next_due(incident: Incident, terms: Terms, now: datetime) -> datetime | None:
    """The next instant after ``now`` at which its ladder owes something; None where it has come to its end."""
    if not incident.holding or incident.over is not None:
        return None
    return escalation.next_due(as_case(incident), as_policy(terms), now)


def as_case(incident: Incident) -> Case:
    """An incident as the ladder sees it: one silence, which ends when the incident is over."""
    ended = None if incident.over is None else Ending("over", incident.over, Ended.ANSWERED, "")
    silence = Silence(
        after="",
        start=incident.noticed,
        words=(),
        severities=((incident.noticed, Severity.HIGH),),
        chased=False,
        ended=ended,
        holds=incident.holds,
    )
    return Case(incident.id, "", "", "", (silence,))


def as_policy(terms: Terms) -> Policy:
    """What an incident is under."""
    return Policy(
        name="incident",
        reply_within=dict.fromkeys(Severity, terms.repeat),
        steps=(Step(timedelta(), tuple(dict.fromkeys(terms.to))),),
        operators=terms.operators,
        repeat=terms.repeat,
        repeats=terms.repeats,
        ack_for=dict.fromkeys(Severity, terms.ack_for),
    )


def _first_move(incident: Incident, terms: Terms) -> tuple[Page, ...]:
    why = f"our own status page tells of trouble with {incident.matter.about}: say something before people ask"
    to = dict.fromkeys(terms.to)
    return tuple(Page(incident.id, ANNOUNCED, 0, 0, each, incident.noticed, why) for each in to)


def _why(incident: Incident, page: Page, terms: Terms) -> str:
    about = incident.matter.about
    if page.step == REMINDER:
        return f"you have the incident about {about}; soon others are paged about it again"
    if page.step == HOLDER:
        return f"you have had the incident about {about} for a while, and customers still wait"
    if page.step > terms.repeats:
        return "every page about this incident has gone unheard"
    if page.step:
        return f"customers still wait: repeat {page.step} of {terms.repeats}"
    return f"many people at once are waiting, all about {about}" if not page.round else "customers still wait"


def holds(step: int, severity: Severity) -> bool:
    """Whether an incident stands for a page of one of its members: not for a crisis, nor for what a holder is owed."""
    return step >= 0 and severity < Severity.CRISIS


def cause(posts: Sequence[Mention], known: Collection[str] = ()) -> Cause:
    """What many posts have in common.

    Args:
        posts: some of them.
        known: names of the brand, which are in all of them anyway.
    """
    counted: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for post in posts:
        shared.update(links(post.text))
        counted.update(telling(post.text, known))
    # A word of one post in four says something about them all; ties go by the alphabet, so that order says nothing.
    often = [(word, times) for word, times in counted.items() if times > 1 and 4 * times >= len(posts)]
    common = tuple(word for word, _ in sorted(often, key=lambda one: (-one[1], one[0]))[:_WORDS])
    link = min(((-times, url) for url, times in shared.items() if times > 1), default=None)
    return Cause(common, None if link is None else link[1])


def moments(incident: Incident, now: datetime) -> tuple[Moment, ...]:
    """What happened to an incident as a whole up to ``now``, in time order."""
    about = incident.matter.about
    told = []
    if incident.announced is not None:
        told.append((incident.announced, f"our own status page tells of trouble with {about}"))
    if incident.holding:
        told.append((incident.noticed, f"many people at once wait for an answer about {about}"))
    told += [(hold.at, _held(hold)) for hold in incident.holds]
    told.sort(key=lambda one: one[0])
    ended = "everybody in it has been answered or dismissed: it is over"
    if incident.calm is not None:
        lasted = spell(incident.calm - (incident.announced or incident.began))
        calm = f"no more people come than usual; it took {lasted}"
        calm = calm if incident.holding else f"our own status page says that it is over; it took {lasted}"
        together = incident.over is not None and incident.over <= incident.calm
        told.append((incident.calm, f"{calm}; {ended}" if together else calm))
        if incident.over is not None and not together:
            told.append((incident.over, ended))
    return tuple(Moment(at, What.INCIDENT, None, why) for at, why in told if at <= now)


def _held(hold: Hold) -> str:
    until = "" if hold.until is None else f" for {spell(hold.until - hold.at)}"
    said = {"ack": "has it", "snooze": "put it off", "unack": "gave it back"}[hold.act]
    return f"{hold.by} {said}{until}"


def lease(incident: Incident, terms: Terms, now: datetime) -> Lease | None:
    """Who has it now, or until when it is put off."""
    return None if incident.over is not None else held(as_case(incident).silences[0], as_policy(terms), now)
