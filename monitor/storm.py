"""Incidents at work: notices surges as posts come in, lets cases join, owes the incident's own pages, sees it end.

When many cases are one incident is decided in ``rules.surge``. All of this costs what is new or due: a topic is counted
only when somebody has just asked about it.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.review import derive
from monitor.setup import Setup
from monitor.slack import Message
from monitor.slack import storm as render
from monitor.slack.render import narration
from monitor.slack.storm import StormView
from monitor.store import cases, incidents, pages, posts
from monitor.store.pages import PageRow
from monitor.store.posts import Heard, Key
from rules import surge
from rules.model import Act, Kind, Page, Severity
from rules.story import Moment
from rules.surge import Incident, Terms

_ASKING = frozenset({Kind.COMPLAINT, Kind.QUESTION})
_LISTED = 12
_READ = 200
"""Posts from which the likely cause is told."""


def notice(db: sqlite3.Connection, fresh: Iterable[Heard], known: Collection[Key], now: datetime, setup: Setup) -> bool:
    """See whether posts just taken in make an incident or join one. Returns whether anything came of it.

    Args:
        db: the unit of work that stored the posts, and the cases they changed.
        fresh: new posts, and those that read anew.
        known: which of them (source, id) were known before: what an edit makes of them counts from now.
        now: the present instant.
        setup: what is in force.
    """
    asking = [
        (one, now if one.key in known and one.post.kind not in _ASKING else one.post.counts_from)
        for one in fresh
        if one.verdict.kind in _ASKING and one.verdict.topics and not one.post.own and not one.post.history
    ]
    incidents.index(db, asking)
    terms = setup.incident
    if terms is None:
        return False
    topics = {topic for one, _ in asking for topic in one.verdict.topics}
    weighed = [_weigh(db, topic, asking, now, terms) for topic in sorted(topics)]
    return any(weighed)


def _weigh(
    db: sqlite3.Connection, topic: str, asking: Sequence[tuple[Heard, datetime]], now: datetime, terms: Terms
) -> bool:
    """Let what is new join the incident about a topic, or begin one if there are too many to be chance."""
    running = incidents.rising(db, topic)
    if running is not None:
        # The clock may have come further than the last tick.
        keep(db, running, terms, now)
        running = incidents.rising(db, topic)
    if running is not None:
        # Counted from a window before it was noticed: what came late belongs to it as well.
        joining = [
            (*one.thread, one.mention.author)
            for one, at in asking
            if topic in one.verdict.topics and at > running.began - terms.window
        ]
        _join(db, running, joining, now)
        keep(db, running, terms, now)
        return True
    newest = max(at for one, at in asking if topic in one.verdict.topics)
    start = newest - terms.window
    found = incidents.authors(db, topic, start, newest)
    if found < terms.least:
        return False
    first = incidents.first_heard(db) or start
    since = max(start - surge.BASELINE, first)
    before = incidents.author_windows(db, topic, since, start, terms.window.total_seconds())
    least = surge.needed(surge.usual(before, start - since, terms.window), terms.least)
    if found < least:
        return False
    told = incidents.about(db, topic, start)
    begun = Incident(incidents.name(topic, now), topic, told[0][4], now, least)
    incidents.put(db, begun, now)
    _join(db, begun, ((source, thread, author) for source, thread, author, _, _ in told), now)
    keep(db, begun, terms, now)
    return True


def _join(db: sqlite3.Connection, incident: Incident, asking: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Whoever of these (source, thread, author) is waiting joins with the silence they wait in."""
    for source, thread, author in dict.fromkeys(asking):
        row = cases.of_threads(db, [(source, thread)]).get((source, thread), {}).get(author)
        case = None if row is None else derive(db, row)
        if case is not None and case.waiting is not None:
            incidents.join(db, incident.id, case.id, case.waiting.after, now)


def touched(db: sqlite3.Connection, changed: Iterable[str], now: datetime, setup: Setup) -> None:
    """Members changed: their incidents show it, and may be over."""
    if setup.incident is None:
        return
    for name in sorted(set(incidents.of_cases(db, list(changed)).values())):
        found = incidents.get(db, name)
        if found is not None:
            keep(db, found[0], setup.incident, now)


def keep(db: sqlite3.Connection, incident: Incident, terms: Terms, now: datetime) -> None:
    """Owe what its ladder has come to owe, and see whether it has become calm or is over."""
    calm, again = incident.calm, None
    if calm is None:
        # As many asked when it began, so there is always somebody at that place.
        place, since = surge.still(incident.needed), incident.began - terms.window
        ends = (incidents.nth_author(db, incident.topic, since, place) or now) + 2 * terms.window
        calm, again = (ends, None) if ends <= now else (None, ends)
    _, left = incidents.count(db, incident.id)
    over = incident.over or (now if calm is not None and not left else None)
    kept = replace(incident, calm=calm, over=over)
    following = None if over is not None else surge.next_due(kept, terms, now)
    incidents.put(db, kept, min(filter(None, (again, following)), default=None))
    if left or over is None:
        worst = incidents.waiting(db, incident.id, 1)
        severity = max(Severity.HIGH, worst[0].severity if worst else Severity.HIGH)
        pages.owe(db, (_page(kept, due, severity) for due in surge.ladder(kept, terms, now)))


def _page(incident: Incident, due: surge.Due, severity: Severity) -> PageRow:
    page = Page(incident.id, "", 0, due.step, due.to, due.due, due.why)
    return PageRow(
        page.delivery, page.case, page.silence, page.round, page.step, page.to, page.due, page.why, None, severity, None
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident with its story, as the outbox shows it."""

    shown: StormView
    revision: int
    moments: tuple[Moment, ...]

    def narration(self, moment: Moment) -> Message:
        """One moment of its story, for the thread."""
        return narration(moment.why)

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
    told = incidents.about(db, incident.topic, incident.began, _READ)
    heard = posts.find(db, [(source, id_) for source, _, _, id_, _ in told])
    texts = [heard[key].mention for source, _, _, id_, _ in told if (key := (source, id_)) in heard]
    had, left = incidents.count(db, name)
    shown = StormView(
        incident=incident,
        members=had,
        waiting=left,
        sources=tuple(incidents.sources(db, name)),
        worst=tuple(incidents.waiting(db, name, _LISTED)),
        cause=surge.cause(texts, setup.names),
        first=texts[0] if texts else None,
        brand=setup.brand,
    )
    return Seen(shown, revision, surge.moments(incident, now))


def answered_all(db: sqlite3.Connection, name: str, act: Act, via: str) -> int:
    """Note that a person has answered everybody whom an incident holds. Returns how many that were."""
    members = incidents.waiting(db, name, -1)
    for member in members:
        row = cases.get(db, member.case)
        if row is not None:
            posts.add_act(db, act, row.thread_key, row.author, via)
    return len(members)
