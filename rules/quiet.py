"""Times in which pages about some cases are held back: an author is muted, or there is maintenance. Pure.

Each ends by itself. A crisis knows none of them, and no customer's clock stops for one: what would have fallen due
meanwhile falls due at its end, as long as somebody still waits.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from rules.model import Severity, Span


@dataclass(frozen=True, slots=True)
class Quiet:
    """Pages about some cases are held back for a time, but for those of a crisis."""

    span: Span
    by: str
    """Who wanted it so."""
    name: str = ""
    """What a maintenance window is called; empty where an author is muted."""
    source: str = ""
    author: str = ""
    """Who is muted, and in which id space."""
    sources: frozenset[str] = frozenset()
    """The configured sources that a window is about; none: all."""
    topics: frozenset[str] = frozenset()
    """The topics that it is about; none: all."""

    def concerns(self, source: str, author: str, via: str, topics: Collection[str]) -> bool:
        """Whether it is about a case: of ``author`` in the id space ``source``, heard through ``via``."""
        if self.author:
            return (source, author) == (self.source, self.author)
        return (not self.sources or via in self.sources) and (not self.topics or not self.topics.isdisjoint(topics))


def spans(quiets: Iterable[Quiet]) -> tuple[Span, ...]:
    """When any of them lasts, in time order and apart from each other."""
    joined: list[Span] = []
    for span in sorted((quiet.span for quiet in quiets), key=lambda span: (span.start, span.end)):
        if span.start >= span.end:
            continue
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return tuple(joined)


def holding(quiets: Iterable[Quiet], severity: Severity, now: datetime) -> Quiet | None:
    """The one that holds pages of ``severity`` back at ``now``, if one does; of several the one that ends last."""
    lasting = [quiet for quiet in quiets if quiet.span.start <= now < quiet.span.end]
    return max(lasting, key=lambda quiet: quiet.span.end) if lasting and severity < Severity.CRISIS else None
