"""Handovers: whoever comes on call gets one message with what they take over. When one happened, rules/rota.py says.

The message is owed in the unit of work that noticed the change, and made when it is sent, so that it shows what is so
by then. Looking costs one question to each rota.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.review import derive
from monitor.setup import Setup
from monitor.slack import Message, words
from monitor.slack import handover as render
from monitor.slack.handover import Briefing, Owing, Taken
from monitor.slack.lists import Row
from monitor.store import cases, overrides, pages
from monitor.store.cases import CaseRow
from monitor.store.pages import PageRow
from rules import recovery, rota
from rules.leases import held
from rules.model import Severity, Shift, Status
from rules.rota import Handover

_PREFIX = "handover:"
_FAR = timedelta(days=60)
_MOST = 200


def named(page: PageRow) -> bool:
    """Whether a page tells somebody what they take over."""
    return page.silence.startswith(_PREFIX)


def changed(db: sqlite3.Connection, setup: Setup, now: datetime) -> dict[str, tuple[str, Handover | None]]:
    """Rota -> who is on call there and was not when it was last looked at; with the handover, where it is one."""
    last, made = overrides.turns(db), overrides.of(db, now)
    found: dict[str, tuple[str, Handover | None]] = {}
    for name in setup.rotas:
        own = [one.shift for one in made if one.rota == name]
        person = setup.on_call(name, own, now)
        if person is not None and person != last.get(name):
            ahead = setup.shifts(name, now, now + _FAR)
            found[name] = person, rota.handover(last.get(name), ahead, own, now, now + _FAR)
    return found


def notice(db: sqlite3.Connection, setup: Setup, now: datetime) -> None:
    """Note who has come on call, and owe each who took over from somebody their one message."""
    for name, (person, taken) in changed(db, setup, now).items():
        overrides.saw_turn(db, name, person, now)
        if taken is not None:
            pages.owe(db, [_page(name, taken, now)])


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody takes over, as it stands."""

    briefing: Briefing
    now: datetime

    def message(self, *, repeat: bool = False) -> Message:
        """What they are told."""
        return render.message(self.briefing, self.now, repeat=repeat)


def seen(db: sqlite3.Connection, page: PageRow, setup: Setup, now: datetime) -> Seen | None:
    """What the page's recipient takes over; None where they are not on call any more."""
    name, before = page.silence.removeprefix(_PREFIX).split(":", 1)
    made = [one.shift for one in overrides.of(db, now) if one.rota == name]
    if page.recipient != f"@{setup.on_call(name, made, now)}":
        return None
    (current, *_) = rota.turns(setup.shifts(name, now, now + _FAR), made, now, now + _FAR)
    waiting = cases.by_clock(db, (Status.WAITING,), _MOST)
    shown = tuple(_taken(db, row, setup, now) for row in waiting[: render.MOST])
    owing = sorted(filter(None, (_owing(db, row, setup) for row in _resting(db))), key=lambda one: one.due)
    briefing = Briefing(name, before, _end(current, now), shown, len(waiting), tuple(owing[: render.MOST]))
    return Seen(briefing, now)


def _resting(db: sqlite3.Connection) -> list[CaseRow]:
    """Cases whose customers were answered, at most ``_MOST``."""
    return cases.by_clock(db, (Status.RESTING,), _MOST)


def _owing(db: sqlite3.Connection, row: CaseRow, setup: Setup) -> Owing | None:
    """What we owe the customer of an answered case: a promise, or word on how it ended."""
    case = derive(db, row)
    duty = None if case is None else recovery.running(case, setup.pinned(db, row.policy, row.opened_at))
    return None if duty is None else Owing(_row(row), duty.owed, duty.by, duty.due)


def _end(current: Shift, now: datetime) -> datetime | None:
    """When a time on call ends; None where that is further off than was looked."""
    return current.span.end if current.span.end < now + _FAR else None


def _taken(db: sqlite3.Connection, row: CaseRow, setup: Setup, now: datetime) -> Taken:
    case = derive(db, row)
    policy = setup.pinned(db, row.policy, row.opened_at)
    lease = None if case is None or case.waiting is None else held(case.waiting, policy, now)
    return Taken(_row(row), lease)


def _row(row: CaseRow) -> Row:
    return Row(row.id, row.severity, row.author, row.source, row.since, row.deadline)


def _page(name: str, taken: Handover, now: datetime) -> PageRow:
    to, about = f"@{taken.person}", f"{_PREFIX}{name}:{taken.before}"
    delivery = hashlib.blake2s(f"{about}\0{to}\0{now.isoformat()}".encode(), digest_size=10).hexdigest()
    why = words.HANDED_OVER.format(person=taken.person, rota=name, before=taken.before)
    return PageRow(delivery, None, about, 0, 0, to, now, why, None, Severity.NORMAL, None)
