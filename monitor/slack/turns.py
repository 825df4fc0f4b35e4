"""What people are told about time on call: who has it, what became of a cover or a swap. Values in, Block Kit out."""

from collections.abc import Sequence
from datetime import datetime

from monitor.slack import Message, words
from monitor.slack.parts import Part, fallback, moment, rich, say, section
from monitor.slack.untrusted import line as one_line
from rules.model import Shift, Span


def who(rotas: Sequence[tuple[str, Sequence[Shift]]], now: datetime) -> Message:
    """Who is on call in each rota now, until when, and who is next.

    Args:
        rotas: name -> its turns from ``now`` on.
        now: the present instant.
    """
    lines = [_who(one_line(name, 60), turns, now) for name, turns in rotas]
    return _message(words.WHO_IS if lines else words.NO_ROTAS, lines)


def covered(rota: str, span: Span, zone: str) -> Message:
    """Somebody has taken over a time."""
    said = words.COVERED.format(rota=one_line(rota, 60))
    return _message("", [[say(said), *_span(span), say(words.READ_IN.format(zone=zone))], [say(words.UNCOVER)]])


def swapped(rota: str, other: str, mine: Span, theirs: Span) -> Message:
    """Two people have taken each other's turn."""
    said = words.SWAPPED.format(rota=one_line(rota, 60))
    gives = words.SWAPPED_FOR.format(other=one_line(other, 60))
    return _message("", [[say(said), *_span(mine), say(gives), *_span(theirs), say(".")], [say(words.UNCOVER)]])


def uncovered(undone: Sequence[tuple[str, Shift]]) -> Message:
    """What was taken back."""
    return _message(
        "",
        [
            [
                say(words.UNCOVERED.format(person=one_line(shift.person, 60), rota=one_line(rota, 60))),
                *_span(shift.span),
            ]
            for rota, shift in undone
        ],
    )


def _who(rota: str, turns: Sequence[Shift], now: datetime) -> list[Part]:
    said: list[Part] = [say(rota, bold=True)]
    current, following = (turns[0], turns[1:]) if turns and turns[0].span.start <= now else (None, turns)
    if current is None:
        said += [say(words.WHO_NOBODY)]
        said += [moment(following[0].span.start)] if following else [say(words.WHO_FAR)]
    else:
        said += [say(words.WHO_NOW.format(person=one_line(current.person, 60))), moment(current.span.end)]
    if following:
        gap = current is not None and following[0].span.start > current.span.end
        said += [say(words.WHO_NEXT.format(person=one_line(following[0].person, 60)))]
        said += [say(words.WHO_FROM), moment(following[0].span.start)] if gap else []
    return said


def _span(span: Span) -> list[Part]:
    return [moment(span.start), say(words.SPAN_TO), moment(span.end)]


def _message(title: str, lines: Sequence[Sequence[Part]]) -> Message:
    parts = [section(say(title))] if title else []
    parts += [section(*line) for line in lines]
    said = " ".join(str(part.get("text") or part.get("fallback") or "") for line in lines for part in line)
    return Message(fallback(one_line(f"{title} {said}", 300)), [rich(*parts)])
