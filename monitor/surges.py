"""Incidents at work: notices surges as posts come in, lets cases join, owes the incident's own pages, sees it end.

When many cases are one incident is decided in ``rules.surge``. All of this costs what is new or due: a subject is
counted only when somebody has just asked about it.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor import statements
from monitor.review import derive
from monitor.setup import Setup
from monitor.store import cases, incidents, pages, posts
from monitor.store.incidents import About
from monitor.store.pages import PageRow
from monitor.store.posts import Heard, Key
from monitor.store.sqlite import Store
from rules import likeness, surge
from rules.likeness import NOTHING, WORD, matter
from rules.model import Kind, Page, Severity, StillWanted
from rules.surge import Incident, Terms

_ASKING = frozenset({Kind.COMPLAINT, Kind.QUESTION})


def notice(
    db: sqlite3.Connection, fresh: Collection[Heard], known: Collection[Key], now: datetime, setup: Setup
) -> set[str]:
    """See whether posts just taken in make an incident or join one. Returns the incidents that changed.

    Args:
        db: the unit of work that stored the posts, and the cases they changed.
        fresh: new posts, and those that read anew.
        known: which of them (source, id) were known before.
        now: the present instant.
        setup: what is in force.
    """
    asking = [post for one in fresh if (post := _index(db, one, setup, known=one.key in known)) is not None]
    terms = setup.incident
    if terms is None:
        return set()
    for running in incidents.due(db, now) if asking else ():
        # The clock may have come further than the last tick: who comes after a calm joins nothing.
        keep(db, running, terms, now)
    changed = statements.heard(db, fresh, now, setup)
    for name in sorted(changed):
        changed |= _let_in(db, name, terms)
    theirs = {(one.thread, one.mention.author) for one in fresh if not one.post.own}
    changed |= _join(db, sorted(theirs), terms)
    loose = [post for post in asking if not _held(db, post)]
    changed |= _begin(db, loose, now, terms) if loose else set()
    for name in sorted(changed):
        _show_and_keep(db, name, terms, now)
    return changed


def touched(
    db: sqlite3.Connection, changed: Iterable[str], now: datetime, setup: Setup, *, seen: Collection[str] = ()
) -> None:
    """Cases changed: the incidents they are in, but for those ``seen`` since, show it and may be over."""
    if setup.incident is None:
        return
    for name in sorted(set(incidents.of_cases(db, list(changed)).values()) - set(seen)):
        _show_and_keep(db, name, setup.incident, now)


def tick(db: sqlite3.Connection, names: Iterable[str], now: datetime, terms: Terms) -> None:
    """The clock or a person changed these incidents."""
    for name in names:
        _show_and_keep(db, name, terms, now)


def forget(db: sqlite3.Connection, keys: Iterable[Key]) -> None:
    """The texts of these posts (source, id) are gone: so are the words they shared with others."""
    for key in keys:
        incidents.forget_words(db, key)


def keep(db: sqlite3.Connection, incident: Incident, terms: Terms, now: datetime) -> None:
    """Owe what its ladder has come to owe, and see whether it has become calm or is over."""
    calm, again = incident.calm, None
    if calm is None:
        ends = _calms(db, incident, terms, now)
        calm, again = (ends, None) if ends <= now else (None, ends)
    _, left = incidents.count(db, incident.id)
    over = None
    if calm is not None and not left:
        over = max(calm, incidents.last_ended(db, incident.id) or calm)
    kept = replace(incident, calm=calm, over=over)
    following = min(filter(None, (again, surge.next_due(kept, terms, now))), default=None)
    if kept == incident:
        incidents.look_again(db, incident.id, following)
    else:
        incidents.put(db, kept, following)
    worst = incidents.waiting(db, incident.id, 1)
    severity = max(Severity.HIGH, worst[0].severity if worst else Severity.HIGH)
    owed = (
        page for page in surge.ladder(kept, terms, now) if surge.still_wanted(page, kept, terms, now) is StillWanted.YES
    )
    pages.owe(db, (_page(page, severity) for page in owed))


def rebuild(store: Store, now: datetime, setup: Setup) -> None:
    """Make everything anew that is derived of incidents: what posts are about, who is a member, what is over."""
    terms = setup.incident
    with store.write("rebuild") as db:
        incidents.forget_derived(db)
        for one in list(posts.since(db, surge.FIRST)):
            _index(db, one, setup, known=True)
        if terms is not None:
            _join(db, list(incidents.asking(db)), terms)
            for incident in incidents.every(db):
                keep(db, incident, terms, now)


def _index(db: sqlite3.Connection, one: Heard, setup: Setup, *, known: bool) -> About | None:
    """Note what a post asks about; None where it asks nothing."""
    if one.post.own or one.post.history:
        return None
    at = one.post.counts_from
    if known and one.post.kind not in _ASKING:
        # An edit made it ask: it counts from when that was seen.
        later = [word.counts_from for word in posts.words(db, one.key) if word.kind in _ASKING]
        at = min(later, default=at)
    post = About(one.mention.source, one.mention.thread, one.mention.author, one.mention.id, at)
    asks = one.verdict.kind in _ASKING
    incidents.index(db, post, likeness.subjects(one.mention.text, one.verdict.topics, setup.names) if asks else ())
    return post if asks else None


def _join(db: sqlite3.Connection, whose: Iterable[tuple[Key, str]], terms: Terms) -> set[str]:
    """Let the cases of these customers (thread, author) join what they belong to; returns which incidents changed."""
    changed: set[str] = set()
    if not incidents.any_at_all(db):
        return changed
    for thread, author in whose:
        row = cases.of_threads(db, [thread]).get(thread, {}).get(author)
        case = None if row is None else derive(db, row)
        if case is None:
            continue
        asked = incidents.asked(db, thread[0], [word for one in case.silences for word in one.words])
        since = min((one.at for one in asked.values()), default=None)
        taking = [] if since is None else incidents.taking(db, since)
        changed |= incidents.settle(db, case, surge.memberships(case.silences, asked, taking, terms.window))
    return changed


def _held(db: sqlite3.Connection, post: About) -> bool:
    """Whether an incident stands for the pages of whoever wrote this."""
    row = cases.of_threads(db, [(post.source, post.thread)]).get((post.source, post.thread), {}).get(post.author)
    return row is not None and incidents.holds_any(db, row.id)


@dataclass(frozen=True, slots=True)
class _Window:
    """What is counted: the authors of the last window, against those of the day before it."""

    db: sqlite3.Connection
    terms: Terms
    now: datetime
    newest: datetime

    @property
    def start(self) -> datetime:
        return self.newest - self.terms.window

    @property
    def since(self) -> datetime:
        """As far back as anything is known, a day at most."""
        first = incidents.first_heard(self.db) or self.start
        return min(max(self.start - surge.BASELINE, first), self.start)

    def found(self, topic: str) -> int:
        """Authors in the window whom no incident holds."""
        return incidents.authors(self.db, matter(topic), self.start, self.newest)

    def before(self, topic: str) -> int:
        """Authors, window by window, before it."""
        return incidents.author_windows(
            self.db, matter(topic), self.since, self.start, self.terms.window.total_seconds()
        )

    def needed(self, topic: str, share: float = 0.0) -> int:
        """So many are a surge; ``share`` of the window's authors would be usual at its present traffic."""
        usual = surge.usual(self.before(topic), self.start - self.since, self.terms.window)
        return surge.needed(max(usual, share), self.terms.least)


def _begin(db: sqlite3.Connection, loose: Sequence[About], now: datetime, terms: Terms) -> set[str]:
    """See whether what these posts are about surges, topic by topic; returns the incidents that changed."""
    asked = incidents.asked_of(db, loose)
    changed: set[str] = set()
    subjects = {subject for one in asked.values() for subject in one.subjects}
    for topic in sorted(one for one in subjects if one != NOTHING and not one.startswith(WORD)):
        window = _Window(db, terms, now, max(one.at for one in asked.values() if topic in one.subjects))
        found = window.found(topic)
        if found >= terms.least and found >= (needed := window.needed(topic)):
            changed |= _noticed(window, topic, needed)
    words = sorted(one for one in subjects if one.startswith(WORD))
    if words:
        newest = max(one.at for one in asked.values() if NOTHING in one.subjects)
        changed |= _begin_by_words(_Window(db, terms, now, newest), words)
    return changed


def _begin_by_words(window: _Window, words: Sequence[str]) -> set[str]:
    """See whether posts without a topic have words in common that they usually have not."""
    present = window.found(NOTHING)
    if present < window.terms.least:
        return set()
    before = window.before(NOTHING)
    surging: dict[str, int] = {}
    needed: dict[str, int] = {}
    for word in words:
        found = window.found(word)
        if found >= window.terms.least:
            share = likeness.expected(window.before(word), before, present)
            needed[word] = window.needed(word, share)
            if found >= needed[word]:
                surging[word] = found
    said = incidents.subjects_between(window.db, NOTHING, window.start, window.newest) if surging else []
    together = likeness.cluster(surging, said)
    if not together:
        return set()
    topic, least = likeness.topic_of(together), min(needed[word] for word in together)
    return _noticed(window, topic, least) if window.found(topic) >= least else set()


def _noticed(window: _Window, topic: str, needed: int) -> set[str]:
    """There is an incident from now on: a new one, or one that our own status page has told of already."""
    db, now = window.db, window.now
    began = incidents.about(db, matter(topic), window.start, 1)[0].at
    announced = (one for one in incidents.rising(db) if not one.holding and one.matter.of(matter(topic).subjects))
    known = next(announced, None)
    if known is not None:
        begun = replace(known, began=began, noticed=now, needed=needed)
    else:
        begun = Incident(incidents.name(topic, now), topic, began, now, needed)
    incidents.put(db, begun, now)
    return {begun.id} | _let_in(db, begun.id, window.terms)


def _let_in(db: sqlite3.Connection, name: str, terms: Terms) -> set[str]:
    """Let everybody join an incident who has asked about it already; returns the incidents that changed."""
    found = incidents.get(db, name)
    asked = [] if found is None else incidents.about(db, found[0].matter, found[0].since(terms.window))
    return _join(db, dict.fromkeys(((one.source, one.thread), one.author) for one in asked), terms)


def _calms(db: sqlite3.Connection, incident: Incident, terms: Terms, now: datetime) -> datetime:
    """When it is calm unless somebody else comes: hysteresis."""
    if not incident.holding:
        return (incident.announced or incident.noticed) + surge.BASELINE
    # As many asked when it began, so there is always somebody at that place.
    place, since = surge.still(incident.needed), incident.began - terms.window
    return (incidents.nth_author(db, incident.matter, since, place) or now) + 2 * terms.window


def _show_and_keep(db: sqlite3.Connection, name: str, terms: Terms, now: datetime) -> None:
    incidents.outdate(db, name)
    found = incidents.get(db, name)
    if found is not None:
        keep(db, found[0], terms, now)


def _page(page: Page, severity: Severity) -> PageRow:
    return PageRow(
        *(page.delivery, page.case, page.silence, page.round, page.step, page.to, page.due, page.why, None),
        severity=severity,
        blind_since=None,
    )
