"""Who takes over whose time on call: noted as facts, taken back by a mark, and told to everybody whom it concerns.

Slack and the terminal note the same facts; the daemon alone tells people, once, whoever noted them.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from monitor.outbox import notice
from monitor.setup import Setup
from monitor.slack import words
from monitor.store import overrides, pages
from monitor.store.overrides import Override
from rules import rota
from rules.model import Shift, Span

FAR = timedelta(days=60)
"""How far ahead turns are sought."""


def turns(db: sqlite3.Connection, setup: Setup, name: str, now: datetime) -> tuple[Shift, ...]:
    """Who is on call in a rota from ``now`` on, each as long as nobody else is."""
    made = [one.shift for one in overrides.of(db, now) if one.rota == name]
    return rota.turns(setup.shifts(name, now, now + FAR), made, now, now + FAR)


def cover(db: sqlite3.Connection, name: str, shift: Shift, now: datetime, *, by: str, note: str = "") -> int:
    """Put somebody on call in a rota for a time; returns the number of the override."""
    taken = Shift(shift.person, shift.span, override=True)
    return overrides.add(db, Override(0, name, taken, by, note), now)


def swap(
    db: sqlite3.Connection,
    setup: Setup,
    name: str,
    pair: tuple[str, str],
    now: datetime,
    *,
    by: str,
    note: str = "a swap",
) -> tuple[Shift, Shift] | None:
    """Let two people take each other's next turn that has not begun.

    Returns:
        What the first takes over and what the second does; None, and nothing is noted, where one of them has no turn
        within ``FAR``.
    """
    found = rota.swapped(turns(db, setup, name, now), pair, now)
    for shift in found or ():
        cover(db, name, shift, now, by=by, note=note)
    return found


def take_back(db: sqlite3.Connection, by: str, now: datetime) -> list[Override]:
    """Take back what ``by`` noted last and is not over: one override, or the two of a swap. Returns them."""
    mine = [one for one in overrides.of(db, now) if one.by == by]
    last = [one for one in mine if one.made_at == mine[-1].made_at]
    for one in last:
        overrides.remove(db, one.id, now)
    return last


def tell(db: sqlite3.Connection, setup: Setup, now: datetime) -> None:
    """Owe a word to everybody concerned by what was noted or taken back since the last call."""
    untold = overrides.untold(db)
    for (_, by, removed), group in groupby(untold, key=lambda one: (one.made_at, one.by, one.removed)):
        made = list(group)
        told = [(one, _whose(db, setup, one)) for one in made if one.shift.span.end > now and one.rota in setup.rotas]
        for person in sorted({name for one, whose in told for name in (one.shift.person, *whose)}):
            if person in setup.people and (removed or person != by):
                mine = [said for said in told if person in (said[0].shift.person, *said[1])]
                key = f"overrides {' '.join(str(one.id) for one in made)} {person} {removed}"
                pages.owe(db, [notice(f"@{person}", _said(setup, person, mine), now, key=key)])
        overrides.told(db, made)


def _whose(db: sqlite3.Connection, setup: Setup, made: Override) -> list[str]:
    """Who would be on call without an override, in their order."""
    span = made.shift.span
    before = [one.shift for one in overrides.of(db, span.start) if one.rota == made.rota and one.id < made.id]
    found = rota.turns(setup.shifts(made.rota, span.start, span.end), before, span.start, span.end)
    return [name for name in dict.fromkeys(shift.person for shift in found) if name != made.shift.person]


def _said(setup: Setup, person: str, told: Sequence[tuple[Override, list[str]]]) -> str:
    sentences = []
    for one, whose in told:
        zone = ZoneInfo(setup.zones.get(person) or setup.rotas[one.rota].zone)
        of = words.COVER_OF.format(people=words.COVER_AND.join(whose)) if whose else ""
        span = spelt(one.shift.span, zone)
        what = words.COVER.format(person=one.shift.person, rota=one.rota, of=of, span=span)
        sentences.append(words.COVER_UNDONE.format(what=what) if one.removed else what)
    first = told[0][0]
    note = words.NOTE.format(note=first.note) if first.note else ""
    return words.COVER_NOTED.format(said="; ".join(sentences), by=first.by, note=note)


def spelt(span: Span, zone: ZoneInfo) -> str:
    """A time for people who read it in ``zone``."""
    start, end = (f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}" for at in (span.start, span.end))
    return f"from {start} to {end} ({zone.key})"
