"""coach(draft, context, book) -> advice: what could be better in a reply before it is posted, and where.

It reads a draft as its customer would: does somebody own it, say sorry once, say what happens next and when; and does
it blame, hide behind words or give away what is private? It writes nothing and posts nothing: people do.
"""

from dataclasses import dataclass

from rules import language
from rules.coach_book import CoachBook, CoachRule, Context
from rules.draft import Draft, Span
from rules.lengths import length

__all__ = ["Advice", "Context", "coach"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One suggestion about a draft."""

    rule: str
    say: str
    """The suggestion: one short, concrete sentence."""
    must: bool
    """It should not be posted like this; otherwise it could be better."""
    spans: tuple[Span, ...] = ()
    """Where the words stand that it is about, in characters of the draft; none where something is missing."""


def coach(draft: str, context: Context, book: CoachBook) -> tuple[Advice, ...]:
    """What there is to say about ``draft``: the gravest first, then in the order of the words.

    Args:
        draft: a reply that is not posted yet. The first 20,000 characters are read.
        context: what it is for.
        book: the rules.
    """
    read = Draft(draft)
    if not read.words:
        return ()
    lang = _language(read, context, book)
    found = [
        _advice(rule, spans, read, context)
        for rule in book.rules
        if rule.applies(context, lang) and (spans := rule.found(read, context.network, lang)) is not None
    ]
    return tuple(sorted(found, key=lambda advice: (not advice.must, advice.spans[:1] or ((len(draft), 0),))))


def _language(draft: Draft, context: Context, book: CoachBook) -> str:
    """What the draft is written in; where that cannot be told, what its reader speaks, else English."""
    told = language.tell(draft.words)
    if told is None and context.lang in book.languages:
        return str(context.lang)
    return told or "en"


def _advice(rule: CoachRule, spans: list[Span], draft: Draft, context: Context) -> Advice:
    limit = rule.limits.get(context.network or "")
    say = rule.say
    if limit is not None and context.network is not None:
        say = f"{say} ({length(draft.text, context.network):,} of {limit:,} on {context.network})"
    return Advice(rule.id, say, rule.must, tuple(spans))
