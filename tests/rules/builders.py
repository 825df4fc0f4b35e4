"""Short names for the posts, policies and instants that the tests of the clock are made of. Decides nothing.

An instant is written ``"10:00"``, ``"10:00:01"`` or ``"Tue 10:00"``; without a day it is Monday, 2 March 2026, in UTC.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rules.durations import parse
from rules.model import Act, Case, Kind, Mark, Page, Policy, Post, Severity, Silence, Span, Step, Verdict
from rules.silence import cases, edited

CUSTOMER = "sample_customer_01"
NEIGHBOUR = "sample_customer_02"
DESK = "SampleBrandHelp"
OPERATORS = "#sample-ops"

_MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ALLOWED = {Severity.LOW: "8h", Severity.NORMAL: "2h", Severity.HIGH: "30m", Severity.CRISIS: "10m"}


def at(when: str) -> datetime:
    day, _, clock = when.rpartition(" ")
    hours, minutes, *seconds = map(int, clock.split(":"))
    return _MONDAY + timedelta(
        days=_DAYS.index(day or "Mon"), hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0
    )


def clock(instant: datetime) -> str:
    """The way back from ``at``, with the day left out on Monday and the seconds where they are zero."""
    shown = instant.strftime("%a %H:%M:%S").removeprefix("Mon ")
    return shown.removesuffix(":00")


def said(
    when: str,
    kind: Kind,
    *,
    by: str = CUSTOMER,
    to: Post | str | None = None,
    severity: Severity = Severity.NORMAL,
    marks: Sequence[Mark] = (),
    gone: str | None = None,
    bare: bool = False,
    history: bool = False,
) -> Post:
    """What a customer posted. Its id is its author and its time: ``"sample_customer_01 10:00"``."""
    return Post(
        id=f"{by} {when}",
        author=by,
        own=by == DESK,
        posted_at=at(when),
        counts_from=at(when),
        kind=kind,
        severity=severity,
        marks=frozenset(marks),
        reply_to=to.id if isinstance(to, Post) else to,
        gone_at=at(gone) if gone else None,
        bare=bare,
        history=history,
    )


def complaint(
    when: str,
    *,
    by: str = CUSTOMER,
    to: Post | str | None = None,
    severity: Severity = Severity.NORMAL,
    gone: str | None = None,
) -> Post:
    return said(when, Kind.COMPLAINT, by=by, to=to, severity=severity, gone=gone)


def chaser(when: str, kind: Kind = Kind.OTHER) -> Post:
    return said(when, kind, marks=[Mark.CHASER])


def nudge(when: str) -> Post:
    """A bare "?"."""
    return said(when, Kind.OTHER, bare=True)


def reply(when: str, *, to: Post | str | None = None, gone: str | None = None) -> Post:
    return said(when, Kind.OTHER, by=DESK, to=to, gone=gone)


def edit(
    *words: Post,
    seen: str,
    kind: Kind,
    severity: Severity = Severity.NORMAL,
    marks: Sequence[Mark] = (),
    nudge: bool = False,
) -> tuple[Post, ...]:
    """All that a post has amounted to, its words so far first, once an edit of it was seen."""
    further = edited(words, Verdict(kind, severity, 0.5, "en", frozenset(marks)), nudge=nudge, seen=at(seen))
    return words if further is None else (*words, further)


def act(what: str, when: str, *, by: str = "sample_colleague", to: str = "", until: str | None = None) -> Act:
    return Act(what, by, at(when), to=to, until=at(until) if until else None)


def case(*posts: Post, acts: Sequence[Act] = (), of: str = CUSTOMER) -> Case | None:
    return cases("sample", "thread", posts, {of: acts}).get(of)


def silences(*posts: Post, acts: Sequence[Act] = (), of: str = CUSTOMER) -> tuple[Silence, ...]:
    found = case(*posts, acts=acts, of=of)
    return found.silences if found else ()


def step(when: str, *to: str) -> Step:
    """A step written as in the config: ``0m``, ``30m``, ``deadline``, ``deadline-10m``, ``deadline+15m``."""
    offset = when.removeprefix("deadline")
    length = parse(offset.lstrip("+-") or "0m")
    return Step(-length if offset.startswith("-") else length, to or ("#care",), from_deadline=when != offset)


def policy(
    *steps: Step,
    hours: Sequence[Span] | None = None,
    always: Sequence[Severity] = (),
    repeat: str = "1h",
    repeats: int = 0,
) -> Policy:
    """A policy whose operators come an hour after its last step, unless ``repeats`` says otherwise."""
    return Policy(
        name="sample",
        reply_within={severity: parse(allowed) for severity, allowed in _ALLOWED.items()},
        steps=steps or (step("deadline"),),
        operators=OPERATORS,
        hours=None if hours is None else tuple(hours),
        always=frozenset(always),
        repeat=parse(repeat),
        repeats=repeats,
    )


def office(*days: str) -> tuple[Span, ...]:
    """Open from 9 to 18 on each of these days."""
    return tuple(Span(at(f"{day} 09:00"), at(f"{day} 18:00")) for day in days)


def seen(pages: Sequence[Page]) -> list[tuple[str, str]]:
    """When each page was due, and to whom."""
    return [(clock(page.due), page.to) for page in pages]
