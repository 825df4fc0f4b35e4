"""What the coach says, as Slack shows it: to the writer of a draft alone, or as a note on a reply. Pure; sends nothing.

The writer's words stand in ``rich_text`` only, which Slack shows and does not interpret.
"""

from collections.abc import Iterator, Sequence

from monitor.slack import Block, Message, words
from monitor.slack.lists import sentences
from monitor.slack.parts import Part, fallback, rich, say, section
from monitor.slack.untrusted import line as one_line
from monitor.slack.untrusted import words as shown
from rules.coach import Advice

_DRAFT = 2_500
_SAID = 400
_MOST = 12


def coached(draft: str, found: Sequence[Advice]) -> Message:
    """What is said of a draft, its words in bold."""
    if not found:
        return sentences(words.COACH_FINE)
    quoted = {"type": "rich_text_quote", "elements": list(_painted(draft, found)) or [say(words.NO_TEXT)]}
    heading = section(say(words.COACH_SAYS, bold=True))
    return Message(fallback(words.COACH_SAYS), [rich(quoted, heading, _listed(found))])


def noted(message: Message, found: Sequence[Advice]) -> Message:
    """A narration with a note on the reply that it tells of."""
    if not found:
        return message
    return Message(message.text, [*message.blocks, rich(section(say(words.COACH_NOTE)), _listed(found))])


def _listed(found: Sequence[Advice]) -> Part:
    return {"type": "rich_text_list", "style": "bullet", "elements": [_said(advice) for advice in found[:_MOST]]}


def _said(advice: Advice) -> Block:
    level = words.COACH_MUST if advice.must else words.COACH_SHOULD
    rule = words.COACH_RULE.format(rule=one_line(advice.rule, 64))
    return section(say(level, bold=advice.must), say(one_line(advice.say, _SAID)), say(rule))


def _painted(draft: str, found: Sequence[Advice]) -> Iterator[Part]:
    """The draft, what the advice is about in bold."""
    place = 0
    for start, end in sorted({span for advice in found for span in advice.spans}):
        begin = max(start, place)
        if begin < end <= _DRAFT:
            yield from _piece(draft[place:begin])
            yield from _piece(draft[begin:end], bold=True)
            place = end
    yield from _piece(draft[place : max(place, _DRAFT)])


def _piece(text: str, *, bold: bool = False) -> Iterator[Part]:
    """A part of the draft, fit to be shown; it stands as far from its neighbours as it did."""
    said = shown(text, _DRAFT)
    if said or text:
        before, after = _gap(text[: len(text) - len(text.lstrip())]), _gap(text[len(text.rstrip()) :])
        yield say(f"{before}{said}{after}" if said else before or " ", bold=bold)


def _gap(blank: str) -> str:
    return "\n" if "\n" in blank else " " if blank else ""
