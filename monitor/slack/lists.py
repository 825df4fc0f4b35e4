"""What ``/harken`` answers: lists of cases, for one reader, made of values. Asks nobody, sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.slack import Message, words
from monitor.slack.parts import rich, say, section
from monitor.slack.untrusted import cut, escape
from monitor.slack.untrusted import line as one_line
from rules.durations import spell
from rules.model import Severity

_MOST = 15
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """One case of a list."""

    case: str
    severity: Severity
    author: str
    source: str
    since: datetime
    deadline: datetime | None
    holder: str = ""
    """Who has it now."""


def listing(rows: Sequence[Row], now: datetime, *, empty: str, remark: str = "") -> Message:
    """Cases by clock.

    Args:
        rows: the cases, in order.
        now: the present instant.
        empty: what to say where there are none.
        remark: our own words below them.
    """
    lines = [entry(row, now) for row in rows[:_MOST]]
    lines += [words.MORE_CASES.format(count=len(rows) - _MOST)] if len(rows) > _MOST else []
    return sentences(*(lines or [empty]), *filter(None, [remark]))


def sentences(*lines: str) -> Message:
    """Lines of plain words, which Slack shows and does not interpret."""
    return Message(
        escape(one_line("\n".join(lines), 300)), [rich(*(section(say(cut(line, _LONGEST))) for line in lines))]
    )


def entry(row: Row, now: datetime) -> str:
    """One case on one line."""
    due = words.NOT_DUE
    if row.deadline is not None:
        late = row.deadline <= now
        due = words.OVERDUE.format(late=spell(now - row.deadline)) if late else ""
        due = due or words.DUE_IN.format(left=spell(row.deadline - now))
    said = words.LISTED.format(
        level=words.LEVEL[row.severity],
        who=words.WHO.format(handle=one_line(row.author, 34)),
        source=one_line(row.source, 20),
        waited=spell(now - row.since),
        due=due,
    )
    held = words.LISTED_HELD.format(who=one_line(row.holder, 40)) if row.holder else ""
    return f"{said}{held} ({row.case})"
