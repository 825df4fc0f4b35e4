"""The straight line on a virtual clock over recorded history. Nothing leaves the process.

Posts are taken in at the instant they were posted, pages fall due at their own instants, and what happened is told
from the facts at the end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from connectors import Batch, SourceSettings
from monitor.clock import Virtual
from monitor.line import Line
from monitor.review import derive
from monitor.setup import Setup
from monitor.slack.local import LocalPost, LocalSlack
from monitor.store import cases, digests, incidents, pages, sources
from monitor.store.cases import CaseRow
from monitor.store.opinions import Opinion
from monitor.store.pages import PageRow
from monitor.store.sources import Source
from monitor.store.sqlite import in_memory
from rules.model import Act, Mention
from rules.story import story
from rules.surge import AN_INSTANT, moments

AFTERWARDS = timedelta(days=3)
"""How long a rehearsal goes on after the last post unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did about a case, in a history file."""

    act: Act
    source: str
    thread: str
    author: str


@dataclass(frozen=True, slots=True)
class Told:
    """A post as a source brought it."""

    mention: Mention
    via: str
    """Name of the configured source."""
    quiet: bool
    """It was taken in as history: it starts nothing."""
    addressed: bool = False
    """The network notified us of it."""


Entry = Mention | Told | Deed | Opinion


@dataclass(frozen=True, slots=True)
class Record:
    """Something that happened in a rehearsal."""

    at: datetime
    what: str
    case: str
    source: str
    thread: str
    mention: str | None
    """Id of the post that caused it; for ``paged`` the post waited on."""
    why: str
    step: int | None = None
    to: str | None = None
    delivery: str | None = None
    """For ``paged``: the page's id in Slack."""


class Rehearsal:
    """One run of the line over a history.

    Args:
        setup: what is in force.
        history: posts, and people's deeds and opinions, at least one, in any order.
        until: when it ends; by default three days after the last of them.
        watch: told of everything Slack shows, as it comes to be shown.
    """

    def __init__(
        self,
        setup: Setup,
        history: Sequence[Entry],
        until: datetime | None = None,
        watch: Callable[[LocalPost], None] | None = None,
    ) -> None:
        self._history = sorted(history, key=_at)
        self.until = until or _at(self._history[-1]) + AFTERWARDS
        self.clock = Virtual(min(_at(self._history[0]), self.until))
        self.slack = LocalSlack(self.clock, watch)
        self.store = in_memory()
        self.line = Line(self.store, self.slack, setup, self.clock)
        with self.store.write("rehearsal") as db:
            for via in self._vias():
                # Met before it began: a rehearsal has no first contact.
                sources.put(db, Source(via, met_at=self.clock.now))

    def play(self) -> Iterator[int]:
        """Run it to its end. Yields how many entries of the history have been taken in, at every instant of them."""
        taken = 0
        for at, group in groupby(self._history, key=_at):
            if at > self.until:
                break
            self._wait(at)
            entries = list(group)
            self._take([self._told(entry) for entry in entries if isinstance(entry, Mention | Told)])
            for entry in entries:
                if isinstance(entry, Deed):
                    self.line.act(entry.act, (entry.source, entry.thread), entry.author, "history")
                elif isinstance(entry, Opinion):
                    # Both sides have been heard up to now: nothing has to be waited for before it is paged about.
                    for via in self._vias():
                        self.line.listen(SourceSettings(name=via, kind="rehearsal"), Batch())
                    self.line.opine(entry, "history")
            self._deliver()
            taken += len(entries)
            yield taken
        self._wait(self.until)
        self.line.escalate()
        self._deliver()

    def records(self) -> list[Record]:
        """What happened up to now, in time order."""
        with self.store.read() as db:
            told = [record for row in cases.every(db) for record in self._story(row)]
        told += self._incidents()
        told += self._digests()
        told += self.paged()
        # Sorting is stable: at one instant what a post did comes before the pages.
        return sorted(told, key=lambda record: record.at)

    def paged(self) -> list[Record]:
        """The pages sent up to now, in time order."""
        with self.store.read() as db:
            by_id: dict[str | None, CaseRow] = {row.id: row for row in cases.every(db)}
            storms = {incident.id for incident in incidents.every(db)}
            sent = pages.every_settled(db, "sent")
        return [_paged(page, by_id.get(page.case)) for page in sent if page.case in by_id or page.case in storms]

    def _digests(self) -> Iterator[Record]:
        with self.store.read() as db:
            told = [(row, digests.telling(db, row.id)) for row in cases.every(db)]
        for row, digest in told:
            for at, to, _ in (one for one in digest if one[2] == "sent"):
                yield Record(
                    at, "digest", row.id, row.source, row.thread, None, f"one of those in the digest for {to}", to=to
                )

    def _incidents(self) -> Iterator[Record]:
        with self.store.read() as db:
            found = [(one, incidents.about(db, one.matter, one.began - AN_INSTANT, 1)) for one in incidents.every(db)]
        for incident, told in found:
            source, thread = (told[0].source, told[0].thread) if told else ("", "")
            first = told[0].mention if told else None
            for moment in moments(incident, self.clock.now):
                yield Record(moment.at, moment.what, incident.id, source, thread, first, moment.why)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def _story(self, row: CaseRow) -> Iterator[Record]:
        with self.store.read() as db:
            case = derive(db, row)
            policy = self.line.setup.pinned(db, row.policy, row.opened_at)
        for moment in story(case, policy, self.clock.now) if case else ():
            yield Record(moment.at, moment.what, row.id, row.source, row.thread, moment.mention, moment.why)

    def _vias(self) -> set[str]:
        return {
            entry.via if isinstance(entry, Told) else self.line.setup.via(entry.source)
            for entry in self._history
            if not isinstance(entry, Deed | Opinion)
        }

    def _told(self, entry: Mention | Told) -> Told:
        return entry if isinstance(entry, Told) else Told(entry, self.line.setup.via(entry.source), quiet=False)

    def _take(self, posts: Sequence[Told]) -> None:
        for (via, quiet), group in groupby(sorted(posts, key=_kind), key=_kind):
            told = list(group)
            addressed = frozenset(one.mention.id for one in told if one.addressed)
            batch = Batch(tuple(one.mention for one in told), quiet=quiet, addressed=addressed)
            self.line.listen(SourceSettings(name=via, kind="rehearsal"), batch)

    def _deliver(self) -> None:
        """Send all that is owed, however much it is: what one thread is owed must not wait for another."""
        self.line.deliver()
        while self.line.outbox.waiting():
            self.line.deliver()

    def _wait(self, until: datetime) -> None:
        """Let the clock run: whatever falls due before ``until`` does so at its own instant."""
        while True:
            with self.store.read() as db:
                due = min(filter(None, (cases.next_due(db), incidents.next_due(db))), default=None)
            if due is None or due >= until:
                break
            self.clock.now = due
            self.line.escalate()
            self._deliver()
        self.clock.now = until


def _paged(page: PageRow, row: CaseRow | None) -> Record:
    return Record(
        at=page.due,
        what="paged",
        case=page.case or "",
        source="" if row is None else row.source,
        thread="" if row is None else row.thread,
        mention=page.mention,
        why=page.why,
        step=page.step,
        to=page.recipient,
        delivery=page.delivery,
    )


def _kind(post: Told) -> tuple[str, bool]:
    return post.via, post.quiet


def _at(entry: Entry) -> datetime:
    match entry:
        case Mention():
            return entry.posted_at
        case Told():
            return entry.mention.posted_at
        case Deed():
            return entry.act.at
        case Opinion():
            return entry.at
