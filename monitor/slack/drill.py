"""The mark that every message about a drill carries, and what it says when the drill is over. Pure."""

from monitor.slack import Message, words
from monitor.slack.parts import rich, say, section
from monitor.slack.untrusted import escape
from monitor.slack.untrusted import line as one_line

_LONGEST = 300


def marked(message: Message, result: str | None) -> Message:
    """``message`` with the mark in its notification and on top.

    Args:
        message: what would be shown if a customer had said it.
        result: what came of the drill, raw; None while it runs.
    """
    said = words.DRILL if result is None else words.DRILL_OVER.format(result=one_line(result, _LONGEST))
    how = [say(f" {words.DRILL_HOW}")] if result is None else []
    return Message(f"{escape(said)} {message.text}", [rich(section(say(said, bold=True), *how)), *message.blocks])


def marked_plainly(title: str, text: str) -> tuple[str, str]:
    """The same for a way out that is not Slack."""
    return f"{words.DRILL} {title}", f"{words.DRILL} {words.DRILL_HOW}\n{text}"
