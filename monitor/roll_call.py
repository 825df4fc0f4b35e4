"""Once a day: is everybody and every place that the config names still in Slack? Before a page needs them.

The operators are told once of each that is missing, and again only after it had been found in between. It asks a few at
a time, as Slack likes it, and what Slack does not answer it asks again later.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from monitor import covers
from monitor.config import Config
from monitor.line import Line
from monitor.outbox import notice
from monitor.roll import Roll, roll
from monitor.slack import Refused, SlackError, words
from monitor.slack.client import WebSlack
from monitor.slack.directory import cure
from monitor.store import meta, pages
from monitor.store.sqlite import StoreError

_EVERY: Final = timedelta(minutes=15)
_DAILY: Final = timedelta(hours=24)
_AT_ONCE: Final = 20
"""Questions to Slack in one go: it takes some fifty a minute, and pages come first."""
_UNKNOWABLE: Final = frozenset({"missing_scope", "too_many_channels"})
"""Slack's answers that say nothing about who or what was asked for."""

_log = structlog.get_logger("harken.roll_call")


class RollCall:
    """Calls the roll until the process ends.

    Args:
        line: whose operators are told.
        config: what is in force.
        slack: who is asked.
    """

    def __init__(self, line: Line, config: Callable[[], Config], slack: WebSlack) -> None:
        self._line = line
        self._config = config
        self._slack = slack
        self._asked: dict[str, datetime] = {}

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, name="harken-roll-call", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.call()
            except (SlackError, StoreError) as error:
                _log.info("not everybody could be looked up in Slack; it is tried again", why=str(error))
            except Exception:  # noqa: BLE001 - a thread must not die silently
                _log.exception("the roll could not be called; this is a bug, please report it")
            threading.Event().wait(_EVERY.total_seconds())

    def call(self) -> None:
        """Look up whoever was not looked up within a day, and tell the operators of who is newly missing.

        Raises:
            SlackError: Slack does not answer; who was not asked about yet is asked about the next time.
            StoreError: the database refused.
        """
        now = self._line.clock()
        named = roll(self._config(), self._line.setup.book)
        called = {**dict(zip(named.channels, named.channels, strict=True)), **named.people, **named.groups}
        due = [place for place in called if now - self._asked.get(place, now - _DAILY) >= _DAILY]
        for place in due[:_AT_ONCE]:
            try:
                self._look_up(place, named)
            except Refused as refused:
                if refused.code not in _UNKNOWABLE:
                    self._note(place, called[place], cure(refused), now)
            else:
                self._note(place, called[place], None, now)
            self._asked[place] = now

    def _look_up(self, place: str, named: Roll) -> None:
        """Ask Slack about one of the roll.

        Raises:
            SlackError: `Refused` where it is not there.
        """
        if place in named.channels:
            self._slack.inside(place)
        elif place in named.groups:
            self._slack.directory.group(place)
        else:
            self._slack.directory.active(place)

    def _note(self, place: str, name: str, why: str | None, now: datetime) -> None:
        """Remember that somebody is missing, or is there after all; the operators are told of the former once."""
        with self._line.store.read() as db:
            missing = meta.missing(db)
        if (place in missing) == (why is not None):
            return
        with self._line.store.write("roll call") as db:
            missing = meta.missing(db)
            if why is None:
                meta.now_missing(db, missing - {place})
                return
            meta.now_missing(db, missing | {place})
            shown = name if place in name else f"{name} ({place})"
            what = words.MISSING.format(who=shown, why=why, ahead=self._ahead(name.removeprefix("@"), now))
            pages.owe(db, [notice(self._line.setup.operators, what, now, key=f"missing {place} {now.isoformat()}")])
        self._line.wake()

    def _ahead(self, person: str, now: datetime) -> str:
        """When somebody is next on call, if they are."""
        setup, said = self._line.setup, []
        for each in self._config().rotas:
            if person in each.people:
                with self._line.store.read() as db:
                    turns = covers.turns(db, setup, each.name, now)
                start = next((turn.span.start for turn in turns if turn.person == person), None)
                when = words.ON_CALL_NOW if start is not None and start <= now else start and _spelt(start, each.zone)
                said += [words.ON_CALL_WHEN.format(rota=each.name, when=when)] if when else []
        return words.AHEAD.format(said=words.COVER_AND.join(said)) if said else ""


def _spelt(at: datetime, zone: str) -> str:
    return words.ON_CALL_FROM.format(at=at.astimezone(ZoneInfo(zone)), zone=zone)
