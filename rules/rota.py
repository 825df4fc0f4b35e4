"""Who is on call at a moment, and when nobody is: plain arithmetic over shifts. Knows no zones and no calendar.

Whoever made the shifts did: see ``monitor.rotas``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from rules.model import Shift, Span


def on_call(shifts: Sequence[Shift], overrides: Sequence[Shift], at: datetime) -> Shift | None:
    """The shift that holds at ``at``: an override before the rota, and of overrides the one that was made last.

    Args:
        shifts: the rota's own, not overlapping.
        overrides: in the order they were made.
        at: the moment.
    """
    for shift in (*reversed(overrides), *shifts):
        if shift.span.start <= at < shift.span.end:
            return shift
    return None


def timeline(
    shifts: Sequence[Shift], overrides: Sequence[Shift], since: datetime, until: datetime
) -> tuple[Shift | Span, ...]:
    """Who is on call from ``since`` to ``until``, in time order and without a hole: shifts, and spans where nobody is.

    Neighbours of the same person and kind are one.
    """
    pieces: list[Shift | Span] = []
    for piece in _pieces(shifts, overrides, since, until):
        last = pieces[-1] if pieces else None
        if isinstance(last, Span) and isinstance(piece, Span):
            pieces[-1] = Span(last.start, piece.end)
        elif isinstance(last, Shift) and isinstance(piece, Shift) and _alike(last, piece):
            pieces[-1] = Shift(last.person, Span(last.span.start, piece.span.end), last.override)
        else:
            pieces.append(piece)
    return tuple(pieces)


def turns(shifts: Sequence[Shift], overrides: Sequence[Shift], since: datetime, until: datetime) -> tuple[Shift, ...]:
    """Who is on call from ``since`` to ``until``, each as long as nobody else is: their own turns and others' alike."""
    found: list[Shift] = []
    for piece in timeline(shifts, overrides, since, until):
        if isinstance(piece, Span):
            continue
        last = found[-1] if found else None
        if last is not None and last.person == piece.person and last.span.end == piece.span.start:
            found[-1] = Shift(last.person, Span(last.span.start, piece.span.end))
        else:
            found.append(Shift(piece.person, piece.span))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Handover:
    """Somebody has come on call, and somebody else has gone."""

    person: str
    before: str
    until: datetime
    """When the next one comes, or nobody is on call; the horizon where that lies beyond."""


def handover(
    before: str | None, shifts: Sequence[Shift], overrides: Sequence[Shift], at: datetime, horizon: datetime
) -> Handover | None:
    """Whether somebody has taken over by ``at``. Nobody takes over from themselves, nor where nobody was known before.

    Args:
        before: who was on call last, as far as it was looked at; also before a time in which nobody was.
        shifts: the rota's own.
        overrides: in the order they were made.
        at: the moment.
        horizon: how far ahead the end is sought.
    """
    found = on_call(shifts, overrides, at)
    if found is None or before is None or found.person == before:
        return None
    (current, *_) = turns(shifts, overrides, at, horizon)
    return Handover(found.person, before, current.span.end)


def swapped(turns: Sequence[Shift], pair: tuple[str, str], now: datetime) -> tuple[Shift, Shift] | None:
    """Two people's next turns that have not begun, each given to the other: what the first takes, then the second.

    None where one of them has none, or they are one.
    """
    coming = [
        next((turn for turn in turns if turn.person == person and turn.span.start > now), None) for person in pair
    ]
    mine, theirs = coming
    if mine is None or theirs is None or pair[0] == pair[1]:
        return None
    return Shift(pair[0], theirs.span, override=True), Shift(pair[1], mine.span, override=True)


def gaps(shifts: Sequence[Shift], overrides: Sequence[Shift], since: datetime, until: datetime) -> tuple[Span, ...]:
    """When nobody is on call from ``since`` to ``until``."""
    return tuple(piece for piece in timeline(shifts, overrides, since, until) if isinstance(piece, Span))


def _pieces(
    shifts: Sequence[Shift], overrides: Sequence[Shift], since: datetime, until: datetime
) -> Iterator[Shift | Span]:
    ends = {end for shift in (*shifts, *overrides) for end in (shift.span.start, shift.span.end)}
    for start, end in pairwise(sorted({since, until} | {end for end in ends if since < end < until})):
        found = on_call(shifts, overrides, start)
        yield Span(start, end) if found is None else Shift(found.person, Span(start, end), found.override)


def _alike(one: Shift, other: Shift) -> bool:
    return (one.person, one.override) == (other.person, other.override)
