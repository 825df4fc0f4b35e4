"""Slips in what our own accounts publish: links that lead nowhere or elsewhere, and posts that turn sour.

Given what was found out about a link and what was said below a post, it says what is wrong and how bad that is. It
follows no link and reads no post.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.durations import spell
from rules.links import site
from rules.model import Severity

ENOUGH = 10
"""Earlier posts with links that show where an account's links usually lead."""
_SHORTENERS = frozenset(
    """bit.ly buff.ly dlvr.it fb.me goo.gl hubs.la hubs.li is.gd lnkd.in ow.ly rebrand.ly shorturl.at t.co t.ly
    tinyurl.com trib.al youtu.be""".split()  # noqa: SIM905 - a paragraph reads better than a list
)
"""Sites that lead elsewhere: where to, only following them tells."""
_TOO_OFTEN = 429
_BAD = range(400, 600)
_SPREAD = ((1, Severity.NORMAL), (3, Severity.HIGH), (10, Severity.CRISIS))
"""How many times as many authors as are needed at least make it how bad."""
_SHARE = 3
"""At least one in so many of those who reply has to complain: many who cheer outweigh a few who do not."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of following a link."""

    url: str
    """As it was written."""
    status: int | None = None
    """The HTTP status of the last answer; None where there was none."""
    final: str | None = None
    """Where it led, after redirects; None where that cannot be told."""
    why: str | None = None
    """Why there was no answer, in a few words."""
    passing: bool = False
    """What kept it from being answered may pass: a time-out, a name server that is out of order."""

    @property
    def wait(self) -> bool:
        """Whether it should be tried once more before anybody is told."""
        return self.passing or (self.status is not None and self.status >= 500)  # noqa: PLR2004 - the server's own faults

    @property
    def lands(self) -> str | None:
        """The site that it leads to; None where that is not known."""
        found = site(self.final or self.url)
        return None if found in _SHORTENERS else found


def fault(checked: Checked) -> str | None:
    """Why customers cannot follow a link, in a few words; None where they can, or where nobody can tell."""
    if checked.why is not None:
        return checked.why
    status = checked.status
    if status is None or status == _TOO_OFTEN or status not in _BAD:
        return None
    refuses = " (to programs at least)" if status in (401, 403) else ""
    return f"answers {status}{refuses}"


def elsewhere(checked: Checked, earlier: Sequence[Collection[str]]) -> str | None:
    """The site that a link leads to where none of the account's earlier links led; None where it is usual.

    Args:
        checked: the link.
        earlier: the sites that each earlier post with links led to, one entry a post.
    """
    lands = checked.lands
    known = [sites for sites in earlier if sites]
    if lands is None or checked.why is not None or len(known) < ENOUGH:
        return None
    return None if any(lands in sites for sites in known) else lands


def lands(url: str) -> str | None:
    """The site that a link which nobody has followed leads to; None where only following it tells."""
    return Checked(url).lands


@dataclass(frozen=True, slots=True)
class Terms:
    """When replies to a post of ours have turned sour."""

    window: timedelta
    """How close together they must be."""
    least: int
    """How many people at least must complain."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply below a post of ours."""

    author: str
    at: datetime
    complains: bool


@dataclass(frozen=True, slots=True)
class Sour:
    """A post of ours has turned sour, or more so."""

    severity: Severity
    at: datetime
    """When it had."""
    authors: int
    """How many people had complained within the window by then."""
    of: int
    """How many had replied in it."""

    @property
    def why(self) -> str:
        """What happened, in words."""
        return f"{self.authors} of the {self.of} people who replied complain"


def sour(replies: Iterable[Reply], terms: Terms) -> tuple[Sour, ...]:
    """Each degree to which a post of ours has turned sour, the mildest first; none where it has not.

    A person counts once in a window, however much they write. What is found depends on the replies alone, not on the
    order in which they were heard.

    Args:
        replies: what was said below it, by others.
        terms: what counts.
    """
    ordered = sorted(replies, key=lambda reply: (reply.at, reply.author))
    times = [reply.at for reply in ordered]
    found: list[Sour] = []
    everybody, angry = _People(), _People()
    start = 0
    for place, reply in enumerate(ordered):
        begin = bisect_right(times, reply.at - terms.window, start, place)
        for old in ordered[start:begin]:
            everybody.leaves(old.author)
            angry.leaves(old.author, old.complains)
        start = begin
        everybody.comes(reply.author)
        angry.comes(reply.author, reply.complains)
        found += _degrees(reply.at, len(angry), len(everybody), terms, len(found))
    return tuple(found)


class _People(dict[str, int]):
    """How often each of some people has spoken within the window; whoever has not is not in it."""

    def comes(self, who: str, count: int = 1) -> None:
        if count:
            self[who] = self.get(who, 0) + 1

    def leaves(self, who: str, count: int = 1) -> None:
        if count:
            self[who] -= 1
            if not self[who]:
                del self[who]


def _degrees(at: datetime, angry: int, everybody: int, terms: Terms, known: int) -> list[Sour]:
    if angry * _SHARE < everybody:
        return []
    return [Sour(severity, at, angry, everybody) for times, severity in _SPREAD[known:] if angry >= times * terms.least]


def told(found: Sour, terms: Terms) -> str:
    """What its owner is told, without which post it is."""
    return f"{found.why} within {spell(terms.window)} ({found.severity.word})"
