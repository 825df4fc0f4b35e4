"""What "all is well" means: the audit behind ``/healthz`` and the heartbeat. It reads, and mends nothing.

It costs what is due, however many posts and cases are stored, and says in a sentence whatever is wrong.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitor.clock import Steady
from monitor.line import Line
from monitor.store import meta, pages, sources
from monitor.store.sources import Source
from monitor.store.sqlite import stamp
from rules.durations import spell

_LATE = timedelta(minutes=5)
"""A page unsettled for so long, or a ladder not looked at for so long, is a failure of ours."""
_AHEAD = timedelta(minutes=1)
"""Clocks are set by so much all the time, and no harm comes of it."""
_DISK = 50_000_000
"""Bytes that have to be free where the database is."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an audit found."""

    wrong: tuple[str, ...]
    """A sentence for each thing that is wrong; empty while all is well."""
    ready: bool
    clock: str | None
    """Why the clock cannot be trusted, if so."""
    disk_full: bool
    oldest_unsettled: datetime | None
    """When the oldest page fell due that is not settled."""
    stale: tuple[str, ...]
    """Sources not read for longer than they may be."""
    sources: tuple[Source, ...]


class Audit:
    """Looks after the line. Callable from several threads.

    Args:
        line: what is looked at.
        ready: whether every source has been tried once.
        staleness: name of each source that is polled -> how long it may go without being read.
        listening: names of the sources there are; None means all that are known.
        monotonic: seconds on a clock that nobody sets.
    """

    def __init__(
        self,
        line: Line,
        ready: Callable[[], bool],
        staleness: Callable[[], Mapping[str, timedelta]] = dict,
        listening: Callable[[], frozenset[str] | None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._ready = ready
        self._staleness = staleness
        self._listening = listening
        self._steady = Steady(line.clock, monotonic)

    def __call__(self, now: datetime) -> Found:
        """How Harken is at ``now``."""
        wanted, limits = self._listening(), self._staleness()
        with self._line.store.read() as db:
            oldest = pages.oldest_unsettled(db)
            newest = meta.newest(db)
            known = tuple(one for one in sources.every(db) if wanted is None or one.name in wanted)
        stale = tuple(one.name for one in known if one.name in limits and _since(one, now) > limits[one.name])
        full = _is_full(self._line.store.path)
        clock = self._steady() or _before(newest, now)
        return Found(
            wrong=tuple(self._wrong(now, oldest, known, stale, clock, full=full)),
            ready=self._ready(),
            clock=clock,
            disk_full=full,
            oldest_unsettled=oldest,
            stale=stale,
            sources=known,
        )

    def _wrong(
        self,
        now: datetime,
        oldest: datetime | None,
        known: tuple[Source, ...],
        stale: tuple[str, ...],
        clock: str | None,
        *,
        full: bool,
    ) -> Iterator[str]:
        if not self._ready():
            yield "not every source has been tried yet"
        if oldest is not None and now - oldest > _LATE:
            yield f"a page has been due for {spell(now - oldest)} and is not settled"
        looked = self._line.escalated
        if looked is not None and now - looked > _LATE:
            yield f"no ladder has been looked at for {spell(now - looked)}"
        if self._line.outbox.locked_out is not None:
            yield self._line.outbox.locked_out
        for source in known:
            if source.coverage.failing_since is not None:
                yield f"{source.name} is down: {source.failure}"
            elif source.name in stale:
                yield f"{source.name} has not been read for {spell(_since(source, now))}"
        if clock is not None:
            yield clock
        if full:
            yield "the disk of the database is full"


def _since(source: Source, now: datetime) -> timedelta:
    return now - (source.succeeded_at or now)


def _before(newest: datetime | None, now: datetime) -> str | None:
    """Why the clock is wrong, if something is known that has not happened yet."""
    if newest is None or newest - now <= _AHEAD:
        return None
    return f"the clock says {stamp(now)[:16]} UTC, and the newest fact is of {stamp(newest)[:16]} UTC"


def _is_full(path: Path | None) -> bool:
    return path is not None and shutil.disk_usage(path.parent).free < _DISK
