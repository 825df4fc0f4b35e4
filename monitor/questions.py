"""What ``/harken`` answers: who waits, what is mine, one case, what is heard. Reads only, and for one reader.

It never says that nobody waits without saying what is not heard.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor import storm_clicks
from monitor.actors import Actors
from monitor.coaching import context_of
from monitor.config import Config
from monitor.line import Line
from monitor.quiets import told
from monitor.review import derive
from monitor.slack import Message, render, words
from monitor.slack.coach import coached
from monitor.slack.controls import Command
from monitor.slack.lists import Row, listing, sentences
from monitor.slack.status import Heard, status
from monitor.store import cases, pages, posts, quiets, sources
from monitor.store.cases import CaseRow
from monitor.store.sources import Source
from monitor.views import View, view
from rules import escalation
from rules.coach import coach
from rules.coach_book import Context
from rules.leases import Lease
from rules.model import Status
from rules.recovery import Duty, running

_MOST = 200


def lease_of(line: Line, row: CaseRow, now: datetime) -> Lease | None:
    """Who has a case now."""
    with line.store.read() as db:
        case = derive(db, row)
        policy = line.setup.pinned(db, row.policy, row.opened_at)
    return None if case is None else escalation.lease(case, policy, now)


def duty_of(line: Line, row: CaseRow) -> Duty | None:
    """What the customer of a case is owed after an answer."""
    with line.store.read() as db:
        case = derive(db, row)
        policy = line.setup.pinned(db, row.policy, row.opened_at)
    return None if case is None else running(case, policy)


def details(line: Line, row: CaseRow, now: datetime) -> Message:
    """Every reason and everything that happened to a case."""
    seen = _view(line, row, now)
    if seen is None:
        return sentences(words.NO_CASE)
    return render.details(seen.shown, [moment.why for moment in seen.moments])


def standing(line: Line, row: CaseRow, now: datetime, said: str) -> Message:
    """How a case stands, for who took it to stand otherwise; ``said`` is what comes of what they did."""
    seen = _view(line, row, now)
    return sentences(said) if seen is None else render.standing(seen.shown, said)


def _view(line: Line, row: CaseRow, now: datetime) -> View | None:
    with line.store.read() as db:
        case = derive(db, row)
        return None if case is None else view(db, row, case, line.setup, now)


class Questions:
    """Answers commands.

    Args:
        line: what is asked about.
        config: what is in force.
        actors: who is who.
    """

    def __init__(self, line: Line, config: Callable[[], Config], actors: Actors) -> None:
        self._line = line
        self._config = config
        self._actors = actors

    def answer(self, command: Command) -> Message:
        """What the command asks for; how to ask, if that is unknown."""
        answers = {
            "open": self._open,
            "mine": self._mine,
            "case": self._case,
            "find": self._find,
            "status": self._status,
            "coach": self._coach,
            "incidents": self._incidents,
        }
        name, *rest = command.said or ("help",)
        return answers[name](command, rest) if name in answers else sentences(words.HELP)

    def _open(self, _command: Command, _rest: Sequence[str]) -> Message:
        rows, now = self._waiting(), self._line.clock()
        return listing(rows, now, empty=words.NOBODY_WAITS, remark=self._unheard())

    def _mine(self, command: Command, _rest: Sequence[str]) -> Message:
        who = self._actors.name(command.user)
        rows = [row for row in self._waiting() if row.holder and row.holder == who]
        return listing(rows, self._line.clock(), empty=words.NOTHING_MINE)

    def _case(self, _command: Command, rest: Sequence[str]) -> Message:
        with self._line.store.read() as db:
            found = cases.starting_with(db, rest[0].lower()) if rest and rest[0].isalnum() else []
        if len(found) == 1:
            return storm_clicks.with_incident(
                details(self._line, found[0], self._line.clock()), self._line, found[0].id
            )
        shown = storm_clicks.shown(self._line, rest[0].lower()) if rest and not found else None
        return shown or sentences(words.NOTHING_FOUND)

    def _incidents(self, _command: Command, _rest: Sequence[str]) -> Message:
        return storm_clicks.listed(self._line)

    def _find(self, _command: Command, rest: Sequence[str]) -> Message:
        text = " ".join(rest)
        if not text:
            return sentences(words.HELP)
        with self._line.store.read() as db:
            keys = posts.saying(db, text, _MOST)
            rows = [row for of_thread in cases.of_threads(db, keys).values() for row in of_thread.values()]
        rows.sort(key=lambda row: row.since, reverse=True)
        return listing([self._row(row) for row in rows], self._line.clock(), empty=words.NOTHING_FOUND)

    def _status(self, _command: Command, _rest: Sequence[str]) -> Message:
        now = self._line.clock()
        with self._line.store.read() as db:
            counts = cases.count_by_status(db)
            known = {source.name: source for source in sources.every(db)}
            oldest = pages.oldest_unsettled(db)
            quiet = quiets.running(db, now)
        zone = ZoneInfo(self._config().brand.zone)
        waiting, resting = counts.get(Status.WAITING, 0), counts.get(Status.RESTING, 0)
        heard = [_heard(source.name, known.get(source.name)) for source in self._config().sources]
        lasting = [told(row, zone) for row in quiet]
        standing = status(heard, now, waiting=waiting, resting=resting, oldest=oldest, quiet=lasting)
        storms = storm_clicks.lines(self._line)
        return Message(standing.text, [*standing.blocks, *(sentences(*storms).blocks if storms else [])])

    def _coach(self, command: Command, _rest: Sequence[str]) -> Message:
        """What could be better in a draft; the id of a case before it says what it is for."""
        text, context = command.text, Context()
        first, _, rest = text.partition(" ")
        with self._line.store.read() as db:
            row = cases.get(db, first.lower())
            if row is not None:
                text, context = rest.strip(), context_of(db, row)
        if not text:
            return sentences(words.COACH_HOW)
        return coached(text, coach(text, context, self._line.setup.coach))

    def _waiting(self) -> list[Row]:
        with self._line.store.read() as db:
            rows = cases.by_clock(db, (Status.WAITING,), _MOST)
        return [self._row(row) for row in rows]

    def _row(self, row: CaseRow) -> Row:
        lease = lease_of(self._line, row, self._line.clock()) if row.status is Status.WAITING else None
        holder = lease.holder if lease is not None else ""
        return Row(row.id, row.severity, row.author, row.source, row.since, row.deadline, holder)

    def _unheard(self) -> str:
        """A remark where something is not heard: then "nobody waits" is not the whole truth."""
        with self._line.store.read() as db:
            known = {source.name: source for source in sources.every(db)}
        deaf = [
            source.name
            for source in self._config().sources
            if source.name not in known or known[source.name].coverage.failing_since is not None
        ]
        return words.UNHEARD.format(sources=", ".join(deaf)) if deaf else ""


def _heard(name: str, row: Source | None) -> Heard:
    """How far a source is heard."""
    if row is None:
        return Heard(name, None, None)
    failing = row.coverage.failing_since is not None
    return Heard(name, row.coverage.heard or row.succeeded_at, row.failure if failing else None)
