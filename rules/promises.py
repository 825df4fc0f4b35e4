"""When we said we would be back: ``promised(text, posted_at, zone, hours, lang) -> Promise | None``.

Reads our own reply. A time alone is no promise: "your 3pm flight", "we are open until 6", "delivery by Friday" are
about something else. A promise is a time that stands to words which say that *we* shall be heard of again, in one
sentence, in the future and on no condition. Where that is not sure it is silent: "soon", "a few hours", "if", "maybe",
a question.

It takes any text and any length, in linear time, and never raises.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rules import english, german
from rules.model import Promise, Span
from rules.moments import moments
from rules.text import clean
from rules.wall import Wall

_TONGUES = {"en": english, "de": german}
_SENTENCE = re.compile(
    r"""(?:(?<![ap]\.m)(?<!approx)\.(?!\s(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez))[.!;]*|[!;][.!;]*|(?P<asks>[!.]*\?+))
    (?=\s|$)|\n+|\s\^|\s[/-]\s?[A-Z]{1,3}$""",
    re.VERBOSE,
)
"""What ends a sentence. In German a day of the month has a full stop behind it."""


def promised(
    text: str, posted_at: datetime, zone: ZoneInfo, hours: Sequence[Span] | None, lang: str | None
) -> Promise | None:
    """The first time by which ``text`` says that we are heard of again; None if it says none, or may not.

    Args:
        text: our own reply, as posted.
        posted_at: when.
        zone: the brand's zone, in which "3pm" and "tomorrow" are meant.
        hours: open hours as in ``Policy.hours``: what "end of day" and "2 business days" mean; None is always open.
        lang: the language that the judge told, if it did. English and German are read.
    """
    tongues = [tongue for code, tongue in _TONGUES.items() if lang in (None, code)]
    wall = Wall(posted_at, zone, hours)
    try:
        found = [
            (moment, sentence)
            for sentence in _sentences(clean(text))
            for tongue in tongues
            for moment in moments(sentence, wall, tongue.TIMES)
            if tongue.binds(sentence, moment)
        ]
    except OverflowError:
        # It was posted at the end of time.
        return None
    if not found:
        return None
    moment, sentence = min(found, key=lambda pair: pair[0].until)
    return Promise(moment.until, sentence[moment.start : moment.end].strip(" ,"))


def _sentences(text: str) -> list[str]:
    """The sentences of ``text`` that ask nothing."""
    found, start = [], 0
    for end in _SENTENCE.finditer(text):
        if not end["asks"]:
            found.append(text[start : end.start()])
        start = end.end()
    return [*found, text[start:]]
