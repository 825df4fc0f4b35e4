"""How every case of a rehearsal turned out: who waited for how long, who answered, who was paged. Draws nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from monitor.rehearse import Record, Rehearsal
from monitor.review import derive
from monitor.store import cases, posts
from monitor.views import view
from rules.escalation import deadline
from rules.model import Ended, Ending, Policy, Severity, Silence, Span


class Fate(IntEnum):
    """What became of a silence, the worst first."""

    NEVER = 0
    """Overdue at the end, and nobody has answered."""
    LATE = 1
    WAITING = 2
    """Nobody has answered, and there is still time."""
    IN_TIME = 3
    ASIDE = 4
    """A person closed it, or the customer took it back: no answer was needed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One silence, up to its ending or the end of the rehearsal."""

    start: datetime
    end: datetime
    deadline: datetime | None
    ended: Ending | None

    @property
    def length(self) -> timedelta:
        """How long the customer waited."""
        return self.end - self.start

    @property
    def overdue(self) -> timedelta:
        """How far it went past its deadline; zero if it did not."""
        return timedelta() if self.deadline is None else max(self.end - self.deadline, timedelta())

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if self.ended is None:
            return Fate.NEVER if self.overdue else Fate.WAITING
        if self.ended.how is not Ended.ANSWERED:
            return Fate.ASIDE
        return Fate.LATE if self.overdue else Fate.IN_TIME


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case, looked back upon."""

    case: str
    author: str
    source: str
    said: str
    """Its customer's first word, as posted."""
    severity: Severity
    """The highest it reached."""
    waits: tuple[Wait, ...]
    """In time order."""
    paged: Mapping[str, int]
    """Recipient -> how often they were paged about it."""
    hours: tuple[Span, ...] | None
    """The open hours of its policy; None is always open."""

    @property
    def worst(self) -> Wait:
        """The wait that went worst; among equals the longest."""
        return min(self.waits, key=lambda wait: (wait.fate, -wait.length))

    @property
    def fate(self) -> Fate:
        """What became of the case: of the wait that went worst."""
        return self.worst.fate


def outcomes(rehearsal: Rehearsal, records: Sequence[Record]) -> list[Outcome]:
    """Every case of ``rehearsal`` as it stands now, in the order they opened.

    Args:
        rehearsal: played to its end.
        records: what happened in it.
    """
    setup, now = rehearsal.line.setup, rehearsal.clock.now
    paged: dict[str, Counter[str]] = {}
    for record in records:
        if record.to is not None:
            paged.setdefault(record.case, Counter())[record.to] += 1
    found = []
    with rehearsal.store.read() as db:
        for row in cases.every(db):
            case = derive(db, row)
            if case is None:
                continue
            first = case.source, case.silences[0].words[0]
            seen = view(db, row, case, setup, now)
            found.append(
                Outcome(
                    case=case.id,
                    author=case.author,
                    source=case.source,
                    said=posts.find(db, [first])[first].mention.text,
                    severity=max(silence.severity for silence in case.silences),
                    waits=tuple(_wait(silence, seen.policy, now) for silence in case.silences),
                    paged=paged.get(case.id, {}),
                    hours=seen.policy.hours,
                )
            )
    return sorted(found, key=lambda outcome: (outcome.waits[0].start, outcome.case))


def _wait(silence: Silence, policy: Policy, now: datetime) -> Wait:
    return Wait(
        start=silence.start,
        end=silence.ended.at if silence.ended else now,
        deadline=deadline(silence, policy),
        ended=silence.ended,
    )
