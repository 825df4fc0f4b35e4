"""Gathers from the store what a report is counted from. Reads only, and counts nothing itself.

Every case is derived from the facts that were known by the end of the report's time, so that a report of last month is
the same today as it was then.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from monitor.config import Config
from monitor.setup import Setup
from monitor.store import cases, incidents, opinions, posts, reports, sources
from monitor.store.posts import Heard, Key
from monitor.store.sources import Source
from rules import silence
from rules.model import Case, Ended, Kind, Policy, Post
from rules.report.dossier import Dossier, Facts, Opined, Sent, Storm
from rules.report.topics import BACK
from rules.text import clean
from rules.worth import claims

_TOLD = "inbox"
"""The kind of source that others tell."""

Track = Callable[[Sequence[Key]], Iterator[Key]]
"""Hands on threads one by one, and may show how far it has come."""

_DAY = timedelta(days=1)
_DAYS = 62
"""A longer report is told by months."""
_EVENING, _MORNING = 22, 7
_STALE = timedelta(hours=1)
"""A source that has not been read for so long has not been heard."""
_READ = (None, "en")
"""Languages whose mood can be read; None is too little text to tell."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which time a report is about, and where days begin."""

    since: datetime
    until: datetime
    zone: str
    told: frozenset[str] = frozenset()
    """Sources that others tell: that they are silent is no sign of anything."""
    rehearsed: bool = False
    """Nothing was listened to: no source can have been missed."""


def told_by_others(config: Config) -> frozenset[str]:
    """The sources that are told and not read."""
    return frozenset(source.name for source in config.sources if source.kind == _TOLD)


def facts(db: sqlite3.Connection, setup: Setup, scope: Scope, track: Track = iter) -> Facts:
    """All that a report about ``scope`` is counted from."""
    since, until = scope.since, scope.until
    gathered = _Gathered(db, setup, scope)
    for key in track(reports.threads(db, since, until)):
        gathered.thread(key)
    gathered.opinions()
    known = reports.first_post(db)
    return Facts(
        brand=setup.brand,
        zone=scope.zone,
        since=since,
        until=until,
        heard=reports.count(db, since, until),
        sources=tuple(dict.fromkeys((*setup.kinds, *reports.heard_through(db)))),
        blind=tuple(_blind(db, setup, scope)),
        periods=gathered.periods(),
        dossiers=sorted(gathered.dossiers, key=lambda each: (each.case.silences[0].start, each.case.id)),
        sent=[Sent(to, at, gathered.night(at), case) for to, at, case in reports.sent(db, since, until)],
        about=reports.asked(db, until - BACK, until),
        known=known,
        storms=[
            Storm(each, reports.members(db, each.id)) for each in incidents.every(db) if since <= each.noticed < until
        ],
        opined=list(gathered.opined.values()),
        claims={rule.id: said for rule in setup.book.rules if (said := claims(rule)) is not None},
        names=setup.names,
    )


class _Gathered:
    """What was gathered so far, thread by thread."""

    def __init__(self, db: sqlite3.Connection, setup: Setup, scope: Scope) -> None:
        self.db, self.setup, self.scope = db, setup, scope
        self.zone = ZoneInfo(scope.zone)
        self.monthly = scope.until - scope.since > _DAYS * _DAY
        self.dossiers: list[Dossier] = []
        self.opined: dict[Key, Opined] = {}

    def thread(self, key: Key) -> None:
        """Take in one thread, as it stood at the end of the time."""
        until = self.scope.until
        words = [
            word if word.gone_at is None or word.gone_at < until else replace(word, gone_at=None)
            for word in posts.thread(self.db, key)
            if word.counts_from < until
        ]
        acts = {author: [act for act in done if act.at < until] for author, done in posts.acts(self.db, key).items()}
        rows = cases.of_threads(self.db, [key]).get(key, {})
        replies = silence.answered(words)
        found = silence.cases(*key, words, acts)
        if not found:
            return
        heard = {one.mention.id: one for one in posts.texts(self.db, key)}
        for author, case in found.items():
            if author in rows:
                policy = self.setup.pinned(self.db, rows[author].policy, rows[author].opened_at)
                said = sorted({word.id: word for word in words if word.author == author}.values(), key=_when)
                self.dossiers.append(self._dossier(case, policy, said, replies.get(author, ()), heard))
                self._opined(case, heard)

    def _dossier(
        self, case: Case, policy: Policy, said: Sequence[Post], replies: Sequence[Post], heard: dict[str, Heard]
    ) -> Dossier:
        first = case.silences[0]
        opened = heard[first.words[0]]
        local = first.start.astimezone(self.zone)
        before = after = None
        if first.ended is not None and first.ended.how is Ended.ANSWERED:
            later = [heard[word.id] for word in said if word.posted_at > first.ended.at and word.id in heard]
            moods = [mood for one in later if (mood := self._mood(one)) is not None]
            if moods:
                before, after = self._mood(opened), fmean(moods)
        return Dossier(
            case=case,
            policy=policy,
            kind=next((word.kind for word in said if word.id == opened.mention.id), Kind.OTHER),
            topics=opened.verdict.topics,
            period=self._period(local.date()),
            hour=local.hour,
            words=tuple(said),
            replies=tuple(replies),
            first=None if opened.post.gone_at is not None else opened.mention,
            before=before,
            after=after,
        )

    def _mood(self, heard: Heard) -> float | None:
        if heard.verdict.lang not in _READ or heard.post.gone_at is not None:
            return None
        book = self.setup.book
        return book.tone(book.mask(clean(heard.mention.text)))

    def _opined(self, case: Case, heard: dict[str, Heard]) -> None:
        """What people made of the posts of a case by what they did about it; see ``monitor.said``."""
        for each in case.silences:
            settled = each.settled
            if settled is None or settled.how is Ended.WITHDRAWN:
                continue
            for word in each.words:
                one = heard[word]
                dismissed = settled.how is Ended.DISMISSED
                if self._within(one.post.posted_at) and (dismissed or one.verdict.complaint):
                    self.opined[one.key] = Opined(one.verdict, not dismissed, case.id)

    def opinions(self) -> None:
        """What people said of single posts counts for more."""
        said = {one.post: one for one in opinions.every(self.db) if one.at < self.scope.until}
        for key, heard in posts.find(self.db, list(said)).items():
            if self._within(heard.post.posted_at):
                known = self.opined.get(key)
                self.opined[key] = Opined(heard.verdict, said[key].complaint, known.case if known else None)

    def _within(self, at: datetime) -> bool:
        return self.scope.since <= at < self.scope.until

    def _period(self, day: date) -> str:
        return f"{day:%Y-%m}" if self.monthly else f"{day:%Y-%m-%d}"

    def periods(self) -> tuple[str, ...]:
        """Every day, or month, of the time."""
        first = self.scope.since.astimezone(self.zone).date()
        last = (self.scope.until - timedelta(microseconds=1)).astimezone(self.zone).date()
        days = (first + number * _DAY for number in range((last - first).days + 1))
        return tuple(dict.fromkeys(map(self._period, days)))

    def night(self, at: datetime) -> str | None:
        """The evening of the night in which an instant lies; None by day."""
        local = at.astimezone(self.zone)
        if local.hour >= _EVENING:
            return local.date().isoformat()
        return (local.date() - _DAY).isoformat() if local.hour < _MORNING else None


def _when(post: Post) -> tuple[datetime, str]:
    return post.posted_at, post.id


_SIDES = {"theirs": "what people say", "ours": "what we say ourselves"}


def _blind(db: sqlite3.Connection, setup: Setup, scope: Scope) -> Iterator[str]:
    """A sentence for each time in which something could not be heard."""
    zone = ZoneInfo(scope.zone)

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

    for name, side, since, until, why in reports.gaps(db, scope.since, scope.until):
        yield f"{name}: {_SIDES[side]} from {at(since)} to {at(until)} was not heard ({why})."
    if scope.rehearsed:
        return
    known = {source.name: source for source in sources.every(db)}
    for name in setup.kinds:
        source = known.get(name, Source(name))
        failing, heard = source.coverage.failing_since, source.coverage.heard
        if source.met_at is None and name not in scope.told:
            yield f"{name} has never been heard: nothing is known of it."
        elif failing is not None and failing < scope.until:
            yield f"{name} has not been heard since {at(failing)}."
        elif name in scope.told:
            continue
        elif heard is not None and heard < scope.until - _STALE:
            yield f"{name} has been heard up to {at(heard)} only."
        if source.met_at is not None and source.met_at > scope.since:
            yield f"{name} was first heard on {at(source.met_at)}: of the time before, little or nothing is known."
