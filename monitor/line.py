"""The straight line, as one class: listen, weigh, escalate, deliver. Read this first.

    connector.poll(cursor) -> Batch
        listen     judge every new post; ONE unit of work stores posts, verdicts, cursor and the cases they change
        escalate   whatever the clock or a person changed: pages owed, in the unit of work that found them owed
        look       re-read the post at its network just before a page
        deliver    still wanted? send, then settle (see outbox)

The daemon, ``--once``, rehearsals and the demo all run this one; only the clock, the store and Slack differ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from sqlite3 import Connection

import structlog

from connectors import NOTHING_SPENT, Batch, Cure, Gap, Poller, SourceError, SourceSettings, Spent
from monitor import covers, digest, drills, erasing, handover, maintenance, own_posts, quiets, surges
from monitor.acts import note
from monitor.budgets import budget_of, over_budget, told_of
from monitor.clock import Clock
from monitor.outbox import Outbox, by_second_way, notice
from monitor.review import chunks, derive, review
from monitor.second_way import FALLBACK
from monitor.setup import Setup
from monitor.slack import Slack, words
from monitor.store import (
    cases,
    digests,
    erasures,
    incidents,
    meta,
    opinions,
    overrides,
    pages,
    posts,
    sources,
    spending,
)
from monitor.store import quiets as stored_quiets
from monitor.store.cases import CaseRow
from monitor.store.drills import SOURCE as DRILLED
from monitor.store.opinions import Opinion
from monitor.store.posts import Heard, Key
from monitor.store.sources import Source
from monitor.store.sqlite import Store, stamp
from monitor.weigh import Weigher, oldest
from rules import silence
from rules.budget import Allowance, allowance
from rules.hearing import Coverage
from rules.model import Act, Mention, Side, Span

_GAPS_EVERY = timedelta(hours=1)
_SWEPT_EVERY = timedelta(hours=1)
_READ_ANEW_EVERY = timedelta(hours=23)
"""What was deleted at its network is to go within a day."""
_AHEAD = timedelta(days=3)
"""How long before a rota has nobody the operators are told."""
_FAR = timedelta(days=60)
"""How far ahead the end of such a time is sought: by its end it is known again an hour later."""
_LOOK_AT_ONCE = 50
"""Posts re-read in one look."""

_log = structlog.get_logger("harken.line")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch came to."""

    new: int
    """Posts not known before."""
    owed: int
    """Pages newly owed."""


class Line:
    """Everything between a connector's batch and Slack.

    Args:
        store: where facts are kept.
        slack: where pages go.
        setup: what is in force; may be replaced between two units of work.
        clock: what time it is.
        told_after: how long a source may fail before the operators are told.
    """

    def __init__(
        self,
        store: Store,
        slack: Slack,
        setup: Setup,
        clock: Clock,
        *,
        told_after: timedelta = timedelta(minutes=15),
    ) -> None:
        self.store = store
        self.setup = setup
        self.clock = clock
        self.pollers: dict[str, Poller] = {}
        self.via: dict[str, SourceSettings] = {}
        """The settings of the pollers' sources."""
        self.outbox = Outbox(store, slack, clock, lambda: self.setup, self.look)
        self._told_after = told_after
        self._gaps_seen: datetime | None = None
        self._swept: datetime | None = None
        self._read_anew: dict[str, datetime] = {}
        self._unclean = False
        """What was forgotten may still stand in the log of changes beside the file."""
        self._synced: Setup | None = None
        self.escalated: datetime | None = None
        """When the last ``escalate`` came to its end."""
        self.wake: Callable[[], None] = lambda: None
        """Called whenever pages may have come to be owed."""

    def poll(self, via: SourceSettings, poller: Poller) -> bool:
        """Read one page of a source and take it in. Returns whether there is more to read at once.

        Raises:
            SourceError: the source could not be read; the cursor stays where it was.
            StoreError: the database refused; nothing was stored.
        """
        started = self.clock()
        allowed = self.allowed(via)
        if not allowed.sides:
            raise over_budget(via, allowed, started)
        with self.store.read() as db:
            cursor = sources.get(db, via.name).cursor
        try:
            batch = poller.poll(cursor, allowed.sides)
        except SourceError:
            raise
        except Exception as error:
            wrong = words.BUG.format(what=f"{type(error).__name__}: {error}")
            raise SourceError(wrong, cure=Cure.BUG) from error
        if Side.THEIRS not in allowed.sides and not batch.more:
            batch = replace(batch, failure=batch.failure or str(over_budget(via, allowed, started)))
        self.listen(via, batch, started)
        return batch.more

    def allowed(self, via: SourceSettings) -> Allowance:
        """What the source's budget allows to read now."""
        now = self.clock()
        with self.store.read() as db:
            spent = spending.get(db, via.name, _month(now)).spent
        return allowance(budget_of(via), spent.price, spent.requests, now)

    def listen(
        self, via: SourceSettings, batch: Batch, started: datetime | None = None, *, looked: bool = False
    ) -> Taken:
        """Take in what a source heard: all of it and its cursor, or nothing.

        Args:
            via: the source.
            batch: what it heard.
            started: when reading began; everything up to then has been read once ``batch.more`` is False.
            looked: the batch came beside the polls: it says nothing about how far the source has been heard.

        Raises:
            StoreError: the database refused; nothing was stored.
        """
        now, setup = self.clock(), self.setup
        self._sync(now)
        batch = self._remembered(batch)
        keys = list({(mention.source, mention.id) for mention in batch.mentions})
        with self.store.read() as db:
            known = posts.find(db, keys)
            said = posts.earlier(db, {((one.source, one.thread), one.author) for one in batch.mentions})
            met = looked or sources.get(db, via.name).met_at is not None
        weigher = Weigher(setup, via.name, now, oldest(via, batch, now, met=met), batch.addressed, said)
        fresh = weigher.fresh(batch.mentions, known)
        with self.store.write("listen") as db:
            source = sources.get(db, via.name)
            # Whoever was erased since the batch was weighed does not come back by it.
            gone = erasures.forgotten(db, [_told(one.mention) for one in fresh])
            fresh = [one for one in fresh if one.key not in gone]
            posts.put(db, fresh)
            retold = _note_changes(db, fresh, known, batch, now)
            _note_gaps(db, via.name, batch.gaps)
            _note_spending(db, setup, via, batch.spent, now)
            if not looked:
                sources.put(db, _heard(source, batch, now, started or now))
            back = not looked and batch.failure is None
            asked = {one.thread for one in fresh if silence.asks(one.verdict.kind) and not one.post.own}
            touched = cases.of_threads(db, list({one.thread for one in fresh} | retold)).keys()
            reviewed = review(db, sorted(asked | touched), now, setup, retold=retold)
            stormy = set() if via.name == DRILLED else surges.notice(db, fresh, known, now, setup)
            slipped = own_posts.heard(db, fresh, now, setup)
            surges.forget(db, [(gone.source, gone.id) for gone in batch.gone])
            surges.touched(db, reviewed.changed, now, setup, seen=stormy)
            if source.told and back and not batch.more:
                _tell(db, setup, words.HEARD_AGAIN.format(source=via.name), now)
            if batch.warning:
                # A file that goes on being wrong is one word an hour to the operators; the log has them all.
                warned = words.WARNS.format(source=via.name, warning=batch.warning)
                _tell(db, setup, warned, now, key=f"{via.name} warns {now:%Y-%m-%d %H}")
        since = source.coverage.failing_since
        if since is not None and back and not batch.more:
            _log.info("source is heard again", source=via.name, failing_since=stamp(since))
        if since is None and batch.failure is not None and not looked:
            _log.error("source is heard in part only", source=via.name, why=batch.failure)
        if batch.warning:
            _log.warning("source warns", source=via.name, warning=batch.warning)
        if reviewed.owed or reviewed.changed or stormy or slipped:
            self.wake()
        return Taken(sum(one.key not in known for one in fresh), reviewed.owed)

    def _remembered(self, batch: Batch) -> Batch:
        """``batch`` without what was forgotten."""
        told = list(map(_told, batch.mentions))
        with self.store.read() as db:
            gone = erasures.forgotten(db, told)
        kept = tuple(one for one in batch.mentions if (one.source, one.id) not in gone) if gone else batch.mentions
        return replace(batch, mentions=kept) if gone else batch

    def failed(self, via: SourceSettings, error: SourceError) -> None:
        """Note that a source could not be read. Logged once when it goes down, not at every try."""
        now = self.clock()
        with self.store.write("source failed") as db:
            source = sources.get(db, via.name)
            since = source.coverage.failing_since
            coverage = replace(source.coverage, failing_since=since or now)
            sources.put(db, replace(source, coverage=coverage, failure=str(error)))
            _note_spending(db, self.setup, via, error.spent, now)
        if since is None:
            _log.error("source is down", source=via.name, why=str(error), cure=error.cure.value)
        self.wake()

    def reached(self, via: SourceSettings) -> None:
        """Note that a source that others tell can be told: it listens. Logged where it could not before."""
        with self.store.write("source reached") as db:
            source = sources.get(db, via.name)
            since = source.coverage.failing_since
            if since is not None:
                coverage = replace(source.coverage, failing_since=None)
                sources.put(db, replace(source, coverage=coverage, failure=None, told=False))
            if source.told:
                _tell(db, self.setup, words.HEARD_AGAIN.format(source=via.name), self.clock())
        if since is not None:
            _log.info("source is heard again", source=via.name, failing_since=stamp(since))

    def act(self, act: Act, thread: Key, author: str, via: str) -> None:
        """Note what a person did, and draw the conclusions."""
        with self.store.write("act") as db:
            note(db, act, thread, author, via)
        self.escalate()

    def opine(self, opinion: Opinion, via: str) -> None:
        """Note what a person made of a post, and draw the conclusions."""
        with self.store.write("opinion") as db:
            opinions.add(db, [opinion], via)
        self.escalate()

    def escalate(self) -> None:
        """Whatever the clock or a person changed since the last call: pages owed, cases closed, operators told.

        Costs what is due, however many cases are open.
        """
        now, setup = self.clock(), self.setup
        self._sync(now)
        drills.keep(self.store, setup, now, self.listen)
        if erasing.carry_out(self.store, setup, now):
            self._unclean = True
            self.wake()
        self._keep_within(now)
        if self._unclean:
            self._unclean = not self.store.clean()
        with self.store.read() as db:
            quiet = stored_quiets.unseen(db, now)
            acted, newest = posts.acts_after(db, meta.acts_seen(db))
            thought, newest_opinion = opinions.after(db, meta.opinions_seen(db))
            threads = sorted(acted | thought | set(cases.due_threads(db, now)) | quiets.threads(db, quiet))
            down = [one for one in sources.failing(db, now - self._told_after) if not one.told]
            moves = posts.moves_after(db, meta.acts_seen(db)) if acted else []
        if moves:
            with self.store.write("move") as db:
                for key, author, name in moves:
                    if (policy := setup.called(name)) is not None:
                        cases.repin(db, key, author, setup.pin(db, policy), words.PUT_THERE)
        for chunk in chunks(threads):
            with self.store.write("escalate") as db:
                surges.touched(db, review(db, chunk, now, setup).changed, now, setup)
        self._storms(now)
        self._digests()
        self._second_way(now)
        self._warn_of_gaps(now)
        self._handovers(now)
        if acted or thought or down or quiet:
            with self.store.write("tell") as db:
                maintenance.tell(db, setup, quiet, now)
                meta.saw_acts(db, newest)
                meta.saw_opinions(db, newest_opinion)
                for source in down:
                    sources.put(db, replace(source, told=True))
                    what = words.NOT_HEARD.format(source=source.name, since=_since(source), why=source.failure)
                    _tell(db, setup, what, now)
        self.escalated = now

    def _keep_within(self, now: datetime) -> None:
        """Forget what is older than the config lets it be kept."""
        others, ended = self.setup.keep_others, self.setup.keep_cases
        if (others, ended) != (None, None) and (self._swept is None or now - self._swept >= _SWEPT_EVERY):
            self._swept = now
            self._unclean = erasing.keep_within(self.store, others, ended, now) > 0 or self._unclean

    def _sync(self, now: datetime) -> None:
        """Make the maintenance windows of a new setup facts."""
        if self._synced is not self.setup:
            with self.store.write("quiet") as db:
                quiets.sync(db, self.setup, now)
            self._synced = self.setup

    def mute(self, whom: Key, length: timedelta, by: str, via: str) -> int:
        """Mute an author (source, author) for a while, and draw the conclusions; returns the number of that."""
        with self.store.write("mute") as db:
            number = quiets.mute(db, whom, length, self.clock(), by=by, via=via)
        self.escalate()
        return number

    def _storms(self, now: datetime) -> None:
        """See what the clock and people changed about incidents."""
        terms = self.setup.incident
        if terms is None:
            return
        with self.store.read() as db:
            due = [one.id for one in incidents.due(db, now)]
            acted, newest = incidents.acts_after(db, meta.incident_acts_seen(db))
        if due or acted:
            with self.store.write("incidents") as db:
                surges.tick(db, sorted({*due, *acted}), now, terms)
                meta.saw_incident_acts(db, newest)

    def _handovers(self, now: datetime) -> None:
        """See who has come on call since the last look, and who has taken over whose time."""
        if not self.setup.rotas:
            return
        with self.store.read() as db:
            changed = handover.changed(db, self.setup, now)
            untold = overrides.untold(db)
        if changed or untold:
            with self.store.write("handover") as db:
                handover.notice(db, self.setup, now)
                covers.tell(db, self.setup, now)

    def _digests(self) -> None:
        """Owe the digests that cases were gathered for; all that is due has been reviewed by now."""
        with self.store.read() as db:
            due = digests.not_owed(db)
        if due:
            with self.store.write("digests") as db:
                digest.owe(db)

    def _warn_of_gaps(self, now: datetime) -> None:
        """Tell the operators, once for each, of times in the days ahead in which a rota has nobody."""
        setup = self.setup
        if not setup.rotas or (self._gaps_seen is not None and now - self._gaps_seen < _GAPS_EVERY):
            return
        self._gaps_seen = now
        with self.store.write("gaps") as db:
            made = overrides.of(db, now)
            for name in setup.rotas:
                shifts = [one.shift for one in made if one.rota == name]
                for gap in setup.gaps(name, shifts, now, now + _FAR):
                    if gap.start < now + _AHEAD:
                        what, key = _of_gap(name, gap, now + _FAR)
                        _tell(db, setup, what, now, key=key)

    def _second_way(self, now: datetime) -> None:
        """Owe to the second way out whatever Slack has not taken for too long; it stays owed to Slack as well."""
        after = self.setup.fallback_after
        if after is None:
            return
        with self.store.read() as db:
            stuck = pages.stuck(db, now - after, FALLBACK)
        if stuck:
            with self.store.write("second way") as db:
                # What one person is told about themselves wakes nobody else.
                everybodys = [page for page in stuck if page.case is not None or page.recipient == self.setup.operators]
                pages.owe(db, map(by_second_way, everybodys))

    def deliver(self) -> None:
        """Send whatever is owed and may be sent now, channel after channel."""
        self.outbox.deliver()

    def look(self, row: CaseRow, due: datetime) -> bool:
        """Re-read the posts of a case at its network, unless both sides were read since its page fell due.

        What is found is taken in as if it had been polled. Returns whether anything was read.

        Raises:
            SourceError: it could not be checked.
        """
        poller = self.pollers.get(row.via)
        if poller is None:
            return False
        with self.store.read() as db:
            heard = sources.get(db, row.via).coverage.heard
            case = derive(db, row)
        if case is None or (heard is not None and heard >= due):
            return False
        return self._look(row.via, poller, case.silences[-1].words)

    def recheck(self, via: SourceSettings, poller: Poller) -> None:
        """Re-read every post that open cases wait or rest on: what was deleted or edited is told by no listing.

        Once a day the others as well, as far back as the config says.

        Raises:
            SourceError: some could not be read.
        """
        now, young = self.clock(), self.setup.look_for_deletions
        before = self._read_anew.get(via.name)
        with self.store.read() as db:
            ids = posts.of_open_cases(db, via.name)
            if young is not None and (before is None or now - before >= _READ_ANEW_EVERY):
                self._read_anew[via.name] = now
                ids = list(dict.fromkeys([*ids, *posts.younger(db, via.name, now - young)]))
        for start in range(0, len(ids), _LOOK_AT_ONCE):
            self._look(via.name, poller, ids[start : start + _LOOK_AT_ONCE])

    def _look(self, name: str, poller: Poller, ids: Sequence[str]) -> bool:
        via = self.via.get(name) or SourceSettings(name=name, kind="look")
        allowed = self.allowed(via)
        if not allowed.sides:
            raise over_budget(via, allowed, self.clock())
        batch = poller.look(ids)
        if batch is not None:
            self.listen(via, batch, looked=True)
        return batch is not None


def _note_changes(
    db: Connection, fresh: Sequence[Heard], known: Mapping[Key, Heard], batch: Batch, now: datetime
) -> set[Key]:
    """Note what edits added, keep a trace of earlier texts, mark what is gone; returns the threads that read anew."""
    retold = set()
    for one in fresh:
        if (old := known.get(one.key)) is not None:
            retold |= {old.thread, one.thread}
            if old.mention.text != one.mention.text:
                words, nudge = posts.words(db, one.key), silence.bare(one.mention.text)
                posts.keep_revision(db, old, now, silence.edited(words, one.verdict, nudge=nudge, seen=now))
    for gone in batch.gone:
        if (whose := posts.mark_gone(db, (gone.source, gone.id), now)) is not None:
            thread, author = whose
            retold.add(thread)
            pages.owe_redactions(db, *thread, author)
    return retold


def _told(mention: Mention) -> tuple[str, str, str, datetime]:
    return mention.source, mention.id, mention.author, mention.posted_at


def _heard(source: Source, batch: Batch, now: datetime, started: datetime) -> Source:
    """The source after a batch: its cursor, and how far each side has been read."""
    if batch.more:
        return replace(source, cursor=batch.cursor, succeeded_at=now)
    began = batch.until or started
    newest = max((min(mention.posted_at, now) for mention in batch.mentions), default=began)
    until = max(began, newest)
    failing = None if batch.failure is None else source.coverage.failing_since or now
    return replace(
        source,
        cursor=batch.cursor,
        met_at=source.met_at or now,
        coverage=Coverage(
            theirs=until if Side.THEIRS in batch.sides else source.coverage.theirs,
            ours=until if Side.OURS in batch.sides else source.coverage.ours,
            failing_since=failing,
        ),
        succeeded_at=now,
        failure=batch.failure,
        told=source.told and failing is not None,
    )


def _note_gaps(db: Connection, via: str, gaps: Sequence[Gap]) -> None:
    """Remember what was not heard, and have the messages of the cases that it touches say so."""
    sources.add_gaps(db, via, gaps)
    for gap in gaps:
        for case in cases.waiting_since(db, via, gap.until):
            pages.outdate(db, case)


def _note_spending(db: Connection, setup: Setup, via: SourceSettings, spent: Spent, now: datetime) -> None:
    """Count what was spent, and tell the operators once at each level of the budget."""
    if spent == NOTHING_SPENT:
        return
    month = _month(now)
    spending.add(db, via.name, month, spent)
    so_far = spending.get(db, via.name, month)
    allowed = allowance(budget_of(via), so_far.spent.price, so_far.spent.requests, now)
    if allowed.level > so_far.told:
        spending.tell(db, via.name, month, allowed.level)
        _tell(db, setup, told_of(via.name, allowed), now, key=f"{via.name} budget {month} {allowed.level}")


def _of_gap(rota: str, gap: Span, horizon: datetime) -> tuple[str, str]:
    """What is said of a time in which nobody is on call, and the name by which it is said once."""
    ends = gap.end < horizon
    until = words.ROTA_GAP_TO.format(at=words.AT_UTC.format(at=gap.end)) if ends else words.ROTA_GAP_ON
    what = words.ROTA_GAP.format(rota=rota, since=gap.start, until=until)
    return what, f"{rota} gap {gap.end.isoformat() if ends else f'in {_month(gap.start)}'}"


def _month(now: datetime) -> str:
    return f"{now:%Y-%m}"


def _since(source: Source) -> str:
    since = source.coverage.failing_since
    return words.FIRST_TRY if since is None else words.AT_UTC.format(at=since)


def _tell(db: Connection, setup: Setup, what: str, now: datetime, *, key: str | None = None) -> None:
    """Owe the operators a notice; one notice for each ``key``, if there is one."""
    pages.owe(db, [notice(setup.operators, what, now, key=key)])
