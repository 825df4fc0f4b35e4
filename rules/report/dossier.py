"""What a report is counted from: each case with what was said in it, pages, posts by topic, and what was not heard.

Values only. Days, hours and nights come as the brand's zone has them: whoever gathered them knew the zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rules.model import Case, Kind, Mention, Policy, Post, Verdict
from rules.surge import Incident


@dataclass(frozen=True, slots=True)
class Dossier:
    """One case, as it stood at the end of the report's time."""

    case: Case
    policy: Policy
    kind: Kind
    """What the post was taken for that opened it."""
    topics: tuple[str, ...]
    period: str
    """The day on which it opened, or the month in a long report."""
    hour: int
    """The hour of the day at which it opened, 0 to 23."""
    words: tuple[Post, ...] = ()
    """What its customer said in the thread, in time order."""
    replies: tuple[Post, ...] = ()
    """What we answered this customer, in time order."""
    first: Mention | None = None
    """The post that opened it; None where it is gone."""
    before: float | None = None
    """The mood of the first word, from -1 to 1; None where it cannot be read."""
    after: float | None = None
    """The mean mood of what they wrote after our first answer; None where they wrote nothing, or nothing readable."""

    @property
    def person(self) -> tuple[str, str]:
        """Who waits: never matched across networks."""
        return self.case.source, self.case.author


@dataclass(frozen=True, slots=True)
class Sent:
    """A page that reached somebody within the report's time."""

    to: str
    at: datetime
    night: str | None
    """The evening of the night in which it came; None by day."""
    case: str | None


@dataclass(frozen=True, slots=True)
class Opined:
    """A post of which people said whether it is a complaint."""

    verdict: Verdict
    complaint: bool
    case: str | None


@dataclass(frozen=True, slots=True)
class Storm:
    """An incident that was noticed within the report's time."""

    incident: Incident
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report is counted from."""

    brand: str
    zone: str
    since: datetime
    until: datetime
    heard: int
    """Posts heard within the time, from customers and from us."""
    sources: tuple[str, ...]
    blind: tuple[str, ...]
    """Where and when nothing could be heard, a sentence each."""
    periods: tuple[str, ...]
    """Every day, or month, of the time."""
    dossiers: Sequence[Dossier]
    """In the order the cases opened: those that opened or changed within the time, and those that waited through it."""
    sent: Sequence[Sent] = ()
    about: Mapping[str, Sequence[tuple[datetime, str]]] | None = None
    """Topic -> when somebody asked about it and who, over the weeks up to ``until``."""
    known: datetime | None = None
    """Since when posts have been heard at all, within those weeks."""
    storms: Sequence[Storm] = ()
    opined: Sequence[Opined] = ()
    claims: Mapping[str, bool] | None = None
    """Rule -> what it says where it matches: a complaint, or none."""
    names: tuple[str, ...] = ()
    """What the brand is called, which is in all posts anyway."""

    @property
    def opened(self) -> list[Dossier]:
        """The cases that opened within the time."""
        return [each for each in self.dossiers if self.within(each.case.silences[0].start)]

    def within(self, at: datetime) -> bool:
        """Whether an instant lies within the report's time."""
        return self.since <= at < self.until
