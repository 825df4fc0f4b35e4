"""The weekly report as a message: a headline, a few sentences, bars. Text in, Block Kit out."""

from monitor.slack import Message, words
from monitor.slack.parts import context, fallback, rich, say, section
from monitor.slack.untrusted import line as one_line
from monitor.slack.untrusted import words as shown

KIND = "weekly"
"""What marks the page of a weekly report: the silence that it is about."""
_LIMIT = 2500
_BRIEF = 200


def message(text: str, *, repeat: bool = False) -> Message:
    """What a channel is told once a week.

    Args:
        text: raw: a headline, sentences a line each, an empty line, and bars; may hold anybody's words.
        repeat: it may have arrived before.
    """
    said, _, bars = text.partition("\n\n")
    headline, _, sentences = said.partition("\n")
    parts = [section(say(one_line(headline, _BRIEF), bold=True), say(f"\n{shown(sentences, _LIMIT)}"))]
    if bars:
        drawn = "\n".join(one_line(each, 120) for each in bars.splitlines())
        parts.append({"type": "rich_text_preformatted", "elements": [say(drawn)]})
    blocks = [context(words.REPEAT)] if repeat else []
    return Message(fallback(one_line(headline, _BRIEF), repeat=repeat), [*blocks, rich(*parts)])
