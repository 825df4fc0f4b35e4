"""Working-hours arithmetic over plain spans. Knows no zones, holidays or weekdays: whoever made the spans did."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from rules.model import Span


def deadline(since: datetime, allowance: timedelta, hours: Sequence[Span] | None) -> datetime | None:
    """The instant at which ``allowance`` of open time has passed after ``since``.

    Args:
        since: where the clock starts.
        allowance: open time, not negative. Zero means the first open instant at or after ``since``.
        hours: open spans in time order, not overlapping; None is always open.

    Returns:
        The instant, at the latest the closing instant of the span that uses the allowance up; None where the spans end
        before that.
    """
    if hours is None:
        return since + allowance
    left = allowance
    first = max(bisect_right(hours, since, key=lambda span: span.start) - 1, 0)
    for span in hours[first:]:
        start = max(span.start, since)
        if start >= span.end:
            continue
        if left <= span.end - start:
            return start + left
        left -= span.end - start
    return None


def open_between(since: datetime, until: datetime, hours: Sequence[Span] | None) -> timedelta:
    """How much open time lies between two instants; nothing if ``until`` comes first.

    Args:
        since: where it begins.
        until: where it ends.
        hours: open spans in time order, not overlapping; None is always open.
    """
    if hours is None:
        return max(until - since, timedelta())
    first = max(bisect_right(hours, since, key=lambda span: span.start) - 1, 0)
    total = timedelta()
    for span in hours[first:]:
        if span.start >= until:
            break
        total += max(min(span.end, until) - max(span.start, since), timedelta())
    return total


def latest_open(at: datetime, hours: Sequence[Span] | None) -> datetime | None:
    """The last instant up to ``at`` at which it was open, or had just closed.

    Args:
        at: any instant.
        hours: open spans in time order, not overlapping; None is always open.

    Returns:
        The instant; None where nothing opens before ``at``.
    """
    if hours is None:
        return at
    before = bisect_right(hours, at, key=lambda span: span.start) - 1
    return None if before < 0 else min(hours[before].end, at)
