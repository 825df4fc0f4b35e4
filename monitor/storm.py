"""Incidents as people see them and act on them. When there is one, and who is in it, is for ``surges``."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.setup import Setup
from monitor.slack import Message
from monitor.slack import storm as render
from monitor.slack.render import narration
from monitor.slack.storm import StormView
from monitor.store import cases, incidents, posts
from monitor.store.incidents import Member
from rules import surge
from rules.model import Act, Mention, Page, StillWanted
from rules.story import Moment

_LISTED = 12
_READ = 200
"""Posts from which the likely cause is told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident with its story, as the outbox shows it."""

    shown: StormView
    revision: int
    moments: tuple[Moment, ...]

    def narration(self, moment: Moment) -> Message:
        """One moment of its story, for the thread."""
        return narration(moment.why)

    def wanted(self, page: Page, setup: Setup, now: datetime) -> StillWanted:
        """Whether a page about it should still go out: as long as somebody in it waits and nobody has it."""
        if setup.incident is None or (self.shown.incident.holding and not self.shown.waiting):
            return StillWanted.ANSWERED
        return surge.still_wanted(page, self.shown.incident, setup.incident, now)

    @property
    def told(self) -> str:
        """Names the last thing that happened."""
        return self.moments[-1].key

    def news(self, told: str) -> Sequence[Moment]:
        """What happened after the moment called ``told``."""
        keys = [moment.key for moment in self.moments]
        return self.moments[keys.index(told) + 1 :] if told in keys else self.moments[1:][-1:]

    def message(self, *, repeat: bool = False) -> Message:
        """The incident's message in a channel."""
        return render.message(self.shown, repeat=repeat)

    def page_message(self, page: Page, *, repeat: bool = False) -> Message:
        """The notice that it has come to its next step."""
        return render.page_message(self.shown, page, repeat=repeat)

    def plainly(self, page: Page, *, repeat: bool = False) -> tuple[str, str]:
        """The same as title and plain text."""
        return render.plainly(self.shown, page, repeat=repeat)


def seen(db: sqlite3.Connection, name: str, setup: Setup, now: datetime) -> Seen | None:
    """Gather what is known of an incident: its worst members, and its likely cause."""
    found = incidents.get(db, name)
    if found is None:
        return None
    incident, revision = found
    told = incidents.about(db, incident.matter, incident.began - surge.AN_INSTANT, _READ)
    heard = posts.find(db, [(one.source, one.mention) for one in told])
    texts = [heard[key].mention for one in told if (key := (one.source, one.mention)) in heard]
    had, left = incidents.count(db, name)
    ours, announced = incidents.statement(db, name), incidents.announcement(db, name)
    shown = StormView(
        incident=incident,
        members=had,
        waiting=left,
        answered=incidents.count_answered(db, name),
        sources=tuple(incidents.sources(db, name)),
        worst=tuple(incidents.waiting(db, name, _LISTED)),
        cause=surge.cause(texts, setup.names),
        first=texts[0] if texts else None,
        brand=setup.brand,
        draft=setup.first_word(incident.topic),
        lease=None if setup.incident is None else surge.lease(incident, setup.incident, now),
        statement=None if ours is None else _post(db, ours),
        announcement=None if announced is None else _post(db, announced),
        told=tuple(incidents.settled(db, name, _LISTED)),
        joined=incidents.last_joined(db, name),
        controls=setup.controls and setup.incident is not None,
    )
    return Seen(shown, revision, surge.moments(incident, now))


def answered_all(
    db: sqlite3.Connection,
    name: str,
    act: Act,
    via: str,
    *,
    until: datetime | None = None,
    only: Collection[str] | None = None,
) -> list[Member]:
    """Note that a person has answered those whom an incident holds, a fact for each. Returns whom.

    Who waits no more is left alone, so that doing it again does nothing.

    Args:
        db: the connection.
        name: the incident.
        act: what the person did, and when.
        via: where from.
        until: only those who had joined by then: whom the person saw.
        only: only these cases.
    """
    members = [one for one in incidents.waiting(db, name, -1, until) if only is None or one.case in only]
    for member in members:
        row = cases.get(db, member.case)
        if row is not None:
            posts.add_act(db, act, row.thread_key, row.author, via)
    if members:
        incidents.add_act(db, name, act, via)
    return members


def _post(db: sqlite3.Connection, key: posts.Key) -> Mention | None:
    found = posts.find(db, [key]).get(key)
    return None if found is None or found.post.gone_at is not None else found.mention
