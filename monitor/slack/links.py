"""What a message says of the other cases of one person, which people linked by hand. Values in, Block Kit out."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.slack import words
from monitor.slack.parts import Part, handle, moment, say, section
from monitor.slack.untrusted import line as one_line
from rules.model import Ending, Severity, Status

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Linked:
    """Another case that people say is the same person's."""

    case: str
    source: str
    author: str
    status: Status
    severity: Severity
    settled: Ending | None
    """What it came to; None while it waits."""


def others(linked: Sequence[Linked], *, waits: bool) -> list[Part]:
    """The other cases, how each stands, and that an answer to one is no answer to this one.

    Args:
        linked: the others.
        waits: this case still waits.
    """
    parts = [section(say(words.LINKED, bold=True))]
    parts += [{"type": "rich_text_list", "style": "bullet", "elements": [_other(one) for one in linked[:_LISTED]]}]
    more = len(linked) - _LISTED
    parts += [section(say(words.MORE_CASES.format(count=more)))] if more > 0 else []
    if waits and any(one.settled is not None for one in linked):
        parts += [section(say(words.LINKED_NOT_ANSWERED))]
    return parts


def _other(one: Linked) -> Part:
    level = f"{words.LEVEL[one.severity]}: " if one.settled is None else ""
    said = words.LINKED_CASE.format(
        level=level, who=handle(one.author), source=one_line(one.source, 20), case=one_line(one.case, 40)
    )
    if one.settled is None:
        return section(say(said), say(words.LINKED_WAITS))
    how = words.LINKED_ENDED[one.settled.how].format(who=one_line(one.settled.by, 40))
    return section(say(said), say(how), moment(one.settled.at))
