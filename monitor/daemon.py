"""The background service: when each source is read, who sends, and what signals do.

It decides nothing about posts or pages (see ``line``). One thread per source at work and per channel at work, so that
none waits for another; the main thread keeps time.
"""

import contextlib
import os
import queue
import random
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as SchedulerPool
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

import connectors
from connectors import Batch, Cure, Live, Poller, Server, SourceError, SourceSettings
from connectors._walk import NetworkSettings
from monitor import own_links, systemd, weekly
from monitor.config import Config
from monitor.line import Line
from monitor.outbox import notice
from monitor.reload import Bad, Good, Reload
from monitor.review import chunks, review
from monitor.store import drills, meta, pages, posts
from monitor.store.sqlite import StoreError, as_json, moved
from monitor.watch import Watch

_TICK = 1.0
"""Longest time, in seconds, between two looks at what is due."""
_CEILING = timedelta(minutes=15)
"""A failing source is tried again at least this often, or at its own pace if that is slower."""
_PAGES_A_TURN = 20
"""Pages read from one source before others get their turn."""
_POLLS = 5
"""Polls a source may miss, or take longer for, before it is stale."""
_SENDERS = 4
_CALENDAR = "the calendar"
"""Who asks for the drills of the config."""
_A_DAY = timedelta(days=1)
_STOP_WITHIN = 8.0
"""Seconds that work in hand gets to finish after the first SIGTERM."""

_log = structlog.get_logger("harken.daemon")


@dataclass
class _Listening:
    """A source at work."""

    settings: SourceSettings
    connector: Poller | Server | None = None
    """None until it could be made."""
    failures: int = 0
    done: bool = field(default=False)
    """Its first read has ended, one way or the other."""
    rechecked: datetime | None = None
    """When the posts of its open cases were last read again."""


class Daemon:
    """Runs the line until it is told to stop.

    Args:
        line: the line.
        config: what the config file says now.
        reload: reads the config and the rule files anew.
    """

    def __init__(self, line: Line, config: Config, reload: Reload) -> None:
        self.line = line
        self.line.wake = self.wake
        self.config = config
        self._reload = reload
        self._watch = Watch(lambda: (self.config.file, self.config.rules), lambda: self._signals.put("reload"))
        self._signals: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stopping = False
        self._links = own_links.Links(line)
        self.share: weekly.Share | None = None
        """Puts files below messages in Slack; without it there is no weekly report."""
        self._store_failed = False
        self._listening: dict[str, _Listening] = {}
        self._senders = ThreadPoolExecutor(_SENDERS, "harken-send")
        self._sending: set[Future[None]] = set()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": SchedulerPool(config.daemon.threads),
                "links": SchedulerPool(1),
                "weekly": SchedulerPool(1),
            },
            job_defaults={"misfire_grace_time": None, "coalesce": True},
        )

    def wake(self) -> None:
        """Pages may have come to be owed. Callable from any thread."""
        self._signals.put("wake")

    @property
    def ready(self) -> bool:
        """Every source has been tried once."""
        return all(one.done for one in self._listening.values())

    @property
    def patience(self) -> dict[str, timedelta]:
        """How long each polled source may go without being read: some polls, and time to be told of its failure."""
        return {
            name: _POLLS * one.settings.every * self.line.allowed(one.settings).pace + self.config.daemon.told_after
            for name, one in self._listening.items()
            if isinstance(one.connector, Poller)
        }

    def run(self) -> None:
        """Listen, escalate and deliver until SIGTERM or SIGINT; SIGHUP and saves reload."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, lambda _number, _frame: self._signals.put("reload"))
        begin(self.line)
        self._scheduler.start()
        self._plan_drills()
        self._listen(self.config, {})
        self._scheduler.add_job(self._follow, "interval", seconds=own_links.EVERY.total_seconds(), executor="links")
        every = weekly.EVERY.total_seconds()
        soon = self.line.clock()
        self._scheduler.add_job(self._report, "interval", seconds=every, executor="weekly", next_run_time=soon)
        self._watch.start()
        systemd.notify("READY=1")
        _log.info("listening", sources=len(self._listening), state=str(self.config.state))
        while not self._stopping:
            self._tick()
            if "reload" in self._words():
                self._on_reload()
        self._stop()

    def once(self, seconds: float = 60.0) -> bool:
        """Poll each source once, escalate, deliver. Returns whether every source was read and every page settled.

        Args:
            seconds: how long deliveries that Slack puts off are waited for.
        """
        begin(self.line)
        heard = True
        for source in self.config.sources:
            try:
                heard = self._read_once(source) and heard
            except SourceError as error:
                self.line.failed(source, error)
                heard = False
        self._links.turn()
        end = time.monotonic() + seconds
        while True:
            self.line.escalate()
            self.line.deliver()
            with self.line.store.read() as db:
                owed = pages.oldest_unsettled(db) is not None
            if not owed or self.line.outbox.locked_out or time.monotonic() > end:
                return heard and not owed
            time.sleep(_TICK / 4)

    def _read_once(self, source: SourceSettings) -> bool:
        connector = self._connect(source)
        try:
            if not isinstance(connector, Poller):
                _log.info("not polled: it is told by others, while the daemon runs", source=source.name)
                return True
            while self.line.poll(source, connector):
                pass
            return True
        finally:
            connector.close()

    def _follow(self) -> None:
        """Follow links that our own accounts have published, beside everything else."""
        try:
            self._links.turn()
        except StoreError as error:
            self._not_stored(error)
        except Exception:  # noqa: BLE001 - the next turn comes whatever happened
            _log.exception("links could not be followed; this is a bug, please report it")

    def _report(self) -> None:
        """Owe the weekly report once its week has ended, beside everything else."""
        if self.share is None:
            return
        try:
            if weekly.turn(self.line.store, self.config, self.line.setup, self.line.clock(), self.share):
                self.wake()
        except StoreError as error:
            self._not_stored(error)
        except Exception:  # noqa: BLE001 - the next turn comes whatever happened
            _log.exception("the weekly report could not be made; this is a bug, please report it")

    def _tick(self) -> None:
        systemd.notify("WATCHDOG=1")
        try:
            self.line.escalate()
            for recipient in self.line.outbox.waiting():
                self._sending.add(self._senders.submit(self._deliver_to, recipient))
            self._sending = {sending for sending in self._sending if not sending.done()}
            self._stored()
        except StoreError as error:
            self._not_stored(error)

    def _deliver_to(self, recipient: str) -> None:
        try:
            self.line.outbox.deliver_to(recipient)
        except StoreError as error:
            self._not_stored(error)
        except Exception:  # noqa: BLE001 - a thread of the pool must not die silently
            _log.exception("a page could not be sent; this is a bug, please report it", to=recipient)
        else:
            self.wake()

    def _words(self) -> list[str]:
        """What was signalled since the last call; waits for the first, at most a tick."""
        said = []
        try:
            said.append(self._signals.get(timeout=_TICK))
            while True:
                said.append(self._signals.get_nowait())
        except queue.Empty:
            return said

    def _listen(self, config: Config, before: Mapping[str, _Listening]) -> None:
        """Put the sources of ``config`` to work; those that have not changed since ``before`` go on."""
        for source in config.sources:
            if source.name in before:
                self._listening[source.name] = before[source.name]
                continue
            listening = self._listening[source.name] = _Listening(source)
            self._begin(listening)

    def _begin(self, listening: _Listening) -> None:
        """Put one source to work; one that cannot be made (a secret is not there yet) is tried again."""
        source = listening.settings
        try:
            listening.connector = self._connect(source)
        except SourceError as error:
            self.line.failed(source, error)
            listening.failures += 1
            listening.done = True
            self._later(self._begin, listening, backed_off(source.every, listening.failures, error))
            return
        if isinstance(listening.connector, Poller):
            if isinstance(listening.connector, Live):
                listening.connector.follow(lambda batch: self._accept(source, batch, beside=True))
            first = random.uniform(0, min(1.0, source.every.total_seconds()))  # noqa: S311 - spreads the load only
            self._later(self._poll, listening, timedelta(seconds=first))
        else:
            self._serve(listening)

    def _connect(self, source: SourceSettings) -> Poller | Server:
        connector = connectors.load(source.kind).connect(source, self.config.context(source))
        if isinstance(connector, Poller):
            self.line.pollers[source.name], self.line.via[source.name] = connector, source
        return connector

    def _serve(self, listening: _Listening) -> None:
        """Open the door of a source that others tell; one that cannot be opened is tried again at the source's pace."""
        source = listening.settings
        assert isinstance(listening.connector, Server)  # noqa: S101 - the other kind is polled
        try:
            listening.connector.start(lambda batch: self._accept(source, batch))
        except SourceError as error:
            self.line.failed(source, error)
            self._later(self._serve, listening, source.every)
        else:
            self.line.reached(source)
        listening.done = True

    def _accept(self, source: SourceSettings, batch: Batch, *, beside: bool = False) -> None:
        """Take in what a source was told; ``beside`` the polls, it says nothing of how far the source is heard."""
        try:
            self.line.listen(source, batch, looked=beside)
        except StoreError as error:
            self._not_stored(error)
            raise

    def _later(self, work: Callable[[_Listening], None], listening: _Listening, delay: timedelta) -> None:
        self._scheduler.add_job(
            work,
            "date",
            run_date=self.line.clock() + delay,
            args=[listening],
            id=listening.settings.name,
            replace_existing=True,
        )

    def _poll(self, listening: _Listening) -> None:
        """Read one source, and say when next: at its pace, at once while there is more, or later while it fails."""
        every = listening.settings.every
        delay = every
        assert isinstance(listening.connector, Poller)  # noqa: S101 - the other kind is served
        try:
            for _ in range(_PAGES_A_TURN):
                if self._stopping or not self.line.poll(listening.settings, listening.connector):
                    break
            else:
                delay = timedelta()
            listening.failures = 0
            if delay:
                delay *= self.line.allowed(listening.settings).pace
                self._recheck(listening)
        except SourceError as error:
            if self._works(listening):
                self.line.failed(listening.settings, error)
            listening.failures += 1
            delay = max(backed_off(every, listening.failures, error), error.retry_after or timedelta())
        except StoreError as error:
            self._not_stored(error)
        except Exception:  # noqa: BLE001 - the next poll has to be scheduled whatever happened
            _log.exception(
                "a source could not be taken in; this is a bug, please report it", source=listening.settings.name
            )
        finally:
            listening.done = True
            if self._works(listening):
                self._later(self._poll, listening, delay)

    def _recheck(self, listening: _Listening) -> None:
        """Now and then, read the posts of open cases again; if that fails, the next time will do."""
        settings, now = listening.settings, self.line.clock()
        if not isinstance(settings, NetworkSettings) or self._stopping:
            return
        if listening.rechecked is not None and now - listening.rechecked < settings.recheck:
            return
        listening.rechecked = now
        assert isinstance(listening.connector, Poller)  # noqa: S101 - the other kind is served
        try:
            self.line.recheck(settings, listening.connector)
        except SourceError as error:
            _log.info("open cases could not be read again", source=settings.name, why=str(error))

    def _works(self, listening: _Listening) -> bool:
        """Whether a source is still wanted: one that we closed ourselves has not failed."""
        return not self._stopping and self._listening.get(listening.settings.name) is listening

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            os._exit(1)
        self._stopping = True
        self._signals.put("stop")

    def _stop(self) -> None:
        """Finish the unit of work in hand; what Slack has not answered by then is in doubt, and looked up next time."""
        systemd.notify("STOPPING=1")
        _log.info("stopping")
        end = time.monotonic() + _STOP_WITHIN
        self._scheduler.pause()
        self._links.stop()
        self._watch.stop()
        for listening in self._listening.values():
            if listening.connector is not None:
                self._senders.submit(listening.connector.close)
        self._senders.shutdown(wait=False)
        wait(self._sending, timeout=max(end - time.monotonic(), 0))
        self.line.store.close()
        _log.info("stopped")
        # Threads that wait for a network would keep the interpreter from ending; nothing of theirs is unsaved.
        os._exit(0)

    def _on_reload(self) -> None:
        """Put the config and rule files in force as they are now; with any mistake, the last good ones stay."""
        systemd.notify("RELOADING=1")
        found = self._reload()
        try:
            if isinstance(found, Good):
                self._put_in_force(found)
            for mistake in found.mistakes if isinstance(found, Bad) else ():
                _log.error("not reloaded, the last good config stays", mistake=str(mistake))
            if found.told is not None:
                self._tell(found.told)
        except StoreError as error:
            self._not_stored(error)
        finally:
            systemd.notify("READY=1")

    def _put_in_force(self, good: Good) -> None:
        config = good.config
        same = {
            source.name: self._listening[source.name]
            for source in config.sources
            if source.name in self._listening
            and self._listening[source.name].settings == source
            and config.context(source) == self.config.context(source)
        }
        for name, listening in self._listening.items():
            if name not in same:
                self._drop(name, listening)
        if (config.state, config.slack) != (self.config.state, self.config.slack):
            _log.warning("changes of `state` and `[slack]` take effect at the next start")
        # Never empty in between: a poll that ends just now must find its source still wanted.
        self.config, self.line.setup, self._listening = config, good.setup, dict(same)
        self._listen(config, same)
        self._plan_drills()
        _log.info("reloaded", sources=len(self._listening), changed=good.told)
        apply_responders(self.line)

    def _drop(self, name: str, listening: _Listening) -> None:
        self.line.pollers.pop(name, None)
        self.line.via.pop(name, None)
        with contextlib.suppress(JobLookupError):
            self._scheduler.remove_job(name)
        if listening.connector is not None:
            listening.connector.close()

    def _plan_drills(self) -> None:
        """Have the scheduler ask for the drills that the config wants by the month."""
        with contextlib.suppress(JobLookupError):
            self._scheduler.remove_job(drills.SOURCE)
        trigger = self.config.drill.trigger()
        if trigger is not None:
            self._scheduler.add_job(self._ask_for_drill, trigger, id=drills.SOURCE)

    def _ask_for_drill(self) -> None:
        drill, now = self.config.drill, self.line.clock()
        try:
            with self.line.store.write("drill") as db:
                # An hour that comes twice, when the clocks go back, brings one drill.
                if not drills.asked(db, _CALENDAR, now - _A_DAY):
                    drills.ask(db, drill.to, drill.wait, _CALENDAR, now)
        except StoreError as error:
            self._not_stored(error)
        self.wake()

    def _tell(self, what: str) -> None:
        now = self.line.clock()
        with self.line.store.write("tell") as db:
            pages.owe(db, [notice(self.line.setup.operators, what, now, key=f"reload {now.isoformat()}")])
        self.wake()

    def _stored(self) -> None:
        if self._store_failed:
            self._store_failed = False
            _log.info("the database takes writes again")

    def _not_stored(self, error: StoreError) -> None:
        if not self._store_failed:
            _log.error("nothing can be stored; every source stays where it was", why=str(error))
        self._store_failed = True


def begin(line: Line) -> None:
    """Before the first unit of work: find out whether this database is a copy, and who speaks for us by now."""
    with line.store.write("begin") as db:
        copied = moved(line.store, db)
        if copied:
            meta.restored(db, line.clock())
    if copied:
        _log.warning("this database is a copy or was moved; what was due is looked up in Slack before it is sent")
    apply_responders(line)


def apply_responders(line: Line) -> None:
    """Bring stored posts in line with who speaks for us now, and the cases with them."""
    now, current = line.clock(), line.setup
    speaking = {source: sorted(handles) for source, handles in current.responders.items()}
    known = as_json(speaking if not current.statuses else [speaking, sorted(current.statuses)])
    with line.store.write("responders") as db:
        if meta.responders(db) == known:
            return
        threads = posts.mark_own(db, current.responders, current.statuses)
        meta.marked_by(db, known)
    for chunk in chunks(sorted(threads)):
        with line.store.write("responders") as db:
            review(db, chunk, now, current, retold=chunk)


def backed_off(every: timedelta, failures: int, error: SourceError) -> timedelta:
    """How long to leave a failing source alone: ever longer up to a ceiling, and that at once if it takes a person."""
    ceiling = max(every, _CEILING)
    if error.cure is Cure.PERSON:
        return ceiling
    return min(every * (1 << min(failures - 1, 16)), ceiling)
