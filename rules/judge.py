"""What is this post, how bad is it, and why? ``judge(mention, book) -> Verdict``.

Evidence for a complaint is a sum of log-odds: where every post starts, what the learned weights of ``rules.scorer``
make of its words, looks and tone, and what the rules say. No piece of evidence is a gate; what says most becomes a
reason that a person can read. The same post and the same rules always give the same verdict; who is waiting, and since
when, is for ``rules.silence``.

It is fast because a text is read once, piece by piece (``rules.pieces``), because every rule's words are sought in one
walk over the line (``rules.runs``), and because numbers that depend on a small count are looked up (``rules.scorer``).
"""

import math
import re
from collections.abc import Iterator, Sequence
from operator import attrgetter

from rules import pieces
from rules.book import Rule, RuleBook
from rules.language import UNKNOWN, tell
from rules.model import Kind, Mention, Reason, Severity, Verdict
from rules.pieces import Reading
from rules.scorer import Scorer, Weighed, bundled
from rules.text import BRAND, HANDLE, LINK, clean

START = -0.8
"""Log-odds of a post of which nothing is known."""
THRESHOLD = 0.5
"""A score from here on is a complaint: more likely one than not."""

WORDING = "wording"
"""The rule that stands for all learned evidence too small to name."""

_RANK = attrgetter("rank")
_WAITING = (Kind.COMPLAINT, Kind.QUESTION)
"""The kinds whose authors wait for an answer."""
_MASKS = frozenset((BRAND, HANDLE, LINK))
_HANDLES = re.compile(r"@(\w+)")
_SHOUTING = re.compile(r"\b[A-Z]{3,}\b.*\b[A-Z]{3,}\b", re.DOTALL)

_UNLEARNED = Reason("unlearned", "Most posts are no complaints, and nothing is learned of its language.", -1.1)
_ADDRESSED = Reason("addressed", "It speaks to an account or names us.", 1.4)
_LINK = Reason("link", "It carries a link, as posts that share something do.", -0.6)
_AT_LENGTH = Reason("long", "It is long, as accounts of trouble are.", 0.3)
_IN_BRIEF = Reason("short", "It is short.", -0.6)
_INSISTENT = Reason("insistent", "It insists (??, ?!).", 0.6)
_SHOUTED = Reason("capitals", "Parts of it are shouted in capitals.", 0.2)
_ACCUSES = Reason("accuses", "Its words accuse or blame.")
_NOTHING = Reason("none", "Nothing in it speaks for a complaint or against one.")
_WORDLESS = Reason("none", "It has no words to judge.")
_LONG, _BRIEF = 18, 6
"""More words than the first are long, fewer than the second short."""
_FORCED = 0.98
"""How sure a rule is that decides the kind by itself."""
_ACCUSING = 0.5
"""Log-odds that a complaint accuses or blames from which that makes it worse."""
_SLIGHT = 0.05
"""Log-odds up to here are not told of."""
_DOUBTFUL = 30
"""With more words than this, thanks and praise are manners: something else is being said."""
_WARM = 0.4
"""A tone from here on is praise, if nothing else is said."""


def judge(
    mention: Mention, book: RuleBook, *, own: bool = False, addressed: bool = False, scorer: Scorer | None = None
) -> Verdict:
    """The verdict on one post. Takes any text whatever and never raises.

    Args:
        mention: the post.
        book: the rules, and who we are.
        own: a responder wrote it.
        addressed: it was written to us or about us, whatever it says; a post that names us always is.
        scorer: the learned weights; the bundled ones if left out.
    """
    text, masked, said, spoken, lang, fired = _read(mention, book, own=own)
    known = None if lang == UNKNOWN else lang
    if own:
        return _own(fired, known)
    english = lang in (None, "en")
    if not english and not any(rule.weight or rule.suggests or rule.forces for rule in fired):
        return _unread(known, read=lang in book.languages)
    line = said.line
    evidence = [rule.reason for rule in fired if rule.weight]
    weighed, tone = None, 0.0
    if not english:
        evidence += _looks(masked, line)
    elif spoken:
        tone = _sound(masked, said, book)
        handles = _handles(mention.text, text)
        to_us = addressed or BRAND in line or not book.called.isdisjoint(handles)
        weighed = (scorer or bundled()).weigh(said.post, handles, tone)
        evidence += _learned(weighed, known=to_us)
    accuses = weighed is not None and weighed.severe >= _ACCUSING
    log_odds = START + math.fsum([reason.weight for reason in evidence])
    if (forced := _forced(fired)) is not None:
        evidence.append(_decided(forced, log_odds))
        log_odds += evidence[-1].weight
    score = round(_logistic(log_odds), 4)
    kind = forced.forces if forced and forced.forces else _kind(score, tone, fired, masked, len(line))
    return Verdict(
        kind=kind,
        severity=_severity(kind, fired, accuses=accuses),
        score=score,
        lang=known,
        marks=frozenset(rule.mark for rule in fired if rule.mark),
        topics=tuple(dict.fromkeys(rule.topic for rule in fired if rule.topic)),
        route=next((rule.route for rule in fired if rule.route), None),
        reasons=_reasons(kind, evidence, fired, forced, accuses=accuses) or (_NOTHING if spoken else _WORDLESS,),
    )


def set_off(mention: Mention, book: RuleBook, *, own: bool = False) -> list[Rule]:
    """The rules that have a say in the verdict on ``mention``, the weightiest first."""
    return _read(mention, book, own=own)[-1]


def _read(
    mention: Mention, book: RuleBook, *, own: bool
) -> tuple[str, str, Reading, list[str], str | None, list[Rule]]:
    """The clean text, the masked text, its pieces, its words without masks, its language, and the rules it sets off."""
    text = clean(mention.text)
    masked = book.mask(text)
    said = pieces.read(masked)
    spoken = [word for word in said.line if word not in _MASKS]
    lang = tell(spoken)
    fired = book.fired(masked, said.line, own=own)
    if lang is None and mention.lang and not any(rule.weight > 0 for rule in fired):
        lang = _hinted(mention.lang)
    applying = [rule for rule in fired if rule.applies(mention, lang or "en")]
    applying.sort(key=_RANK)
    return text, masked, said, spoken, lang, applying


def _handles(raw: str, text: str) -> list[str]:
    """The accounts that a ``text`` names."""
    return [handle.lower() for handle in _HANDLES.findall(text)] if "@" in raw else []


def _sound(masked: str, said: Reading, book: RuleBook) -> float:
    """The tone; emoji have to be spelt first, where there may be some."""
    return book.tone.of(masked, said.spoken, said.lower, said.loud) if masked.isascii() else book.tone(masked)


def _hinted(hint: str | None) -> str | None:
    """The language that the network names, if it names one."""
    code = (hint or "").partition("-")[0].lower()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None  # noqa: PLR2004 - ISO 639-1


def _own(fired: Sequence[Rule], lang: str | None) -> Verdict:
    marking = [rule for rule in fired if rule.mark]
    why = "It is our own post, and it neither only promises to look nor moves the talk elsewhere."
    return Verdict(
        Kind.OTHER,
        Severity.LOW,
        0.0,
        lang,
        marks=frozenset(rule.mark for rule in marking if rule.mark),
        reasons=tuple(Reason(rule.id, rule.why) for rule in marking) or (Reason("own", why),),
    )


def _unread(lang: str | None, *, read: bool) -> Verdict:
    """A post in another language than English of which the rules make nothing: never neutral, a person's to read."""
    said = "the rules for it find nothing in this post" if read else "no rule file reads it"
    why = f"It is in another language ({lang or 'unknown'}), and {said}; a person has to read it."
    return Verdict(Kind.UNJUDGED, Severity.LOW, 0.0, lang, reasons=(Reason("language", why),))


def _learned(weighed: Weighed, *, known: bool) -> list[Reason]:
    """What the learned weights say, so that it adds up; ``known`` to speak to us, or as likely as they say."""
    found = weighed.reasons
    rest = weighed.complaint - START - math.fsum([reason.weight for reason in found])
    found.append(Reason(WORDING, "Its other words, and how they are put, all together.", rest))
    if not known:
        both = _logistic(weighed.complaint) * _logistic(weighed.addressed)
        doubt = math.log(both / (1 - both)) - weighed.complaint
        if doubt < -_SLIGHT:
            found.append(Reason("stranger", "It may not speak to us at all.", doubt))
    return found


def _looks(masked: str, line: Sequence[str]) -> Iterator[Reason]:
    """What the look of a text says where no weights are learned."""
    yield _UNLEARNED
    if HANDLE in line or BRAND in line:
        yield _ADDRESSED
    if LINK in line:
        yield _LINK
    if len(line) > _LONG:
        yield _AT_LENGTH
    elif len(line) < _BRIEF:
        yield _IN_BRIEF
    if "??" in masked or "?!" in masked or "!?" in masked:
        yield _INSISTENT
    if _SHOUTING.search(masked):
        yield _SHOUTED


def _forced(fired: Sequence[Rule]) -> Rule | None:
    """The rule that decides the kind; where rules disagree, a complaint rather than none."""
    deciding = [rule for rule in fired if rule.forces]
    return next((rule for rule in deciding if rule.forces is Kind.COMPLAINT), deciding[0]) if deciding else None


def _decided(rule: Rule, log_odds: float) -> Reason:
    sure = math.log(_FORCED / (1 - _FORCED))
    wanted = max(log_odds, sure) if rule.forces is Kind.COMPLAINT else min(log_odds, -sure)
    return Reason(rule.id, rule.why, wanted - log_odds)


def _logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def _kind(score: float, tone: float, fired: Sequence[Rule], masked: str, length: int) -> Kind:
    """The kind of a post that no rule decides. Thanks and praise start no silence, so they must be beyond doubt."""
    if score >= THRESHOLD:
        return Kind.COMPLAINT
    suggested = {rule.suggests for rule in fired}
    if "?" in masked or Kind.QUESTION in suggested:
        return Kind.QUESTION
    troubled = sum(rule.weight for rule in fired) > 0
    if Kind.THANKS in suggested and (troubled or length <= _DOUBTFUL):
        # Trouble told politely asks for something, too.
        return Kind.QUESTION if troubled else Kind.THANKS
    if troubled or length > _DOUBTFUL:
        return Kind.OTHER
    if Kind.PRAISE in suggested or tone >= _WARM:
        return Kind.PRAISE
    return Kind.OTHER


def _severity(kind: Kind, fired: Sequence[Rule], *, accuses: bool) -> Severity:
    """A complaint is ``normal``, or ``high`` if it accuses, and a question ``low``, unless rules know worse."""
    if kind not in _WAITING:
        return Severity.LOW
    severity = Severity.LOW
    if kind is Kind.COMPLAINT:
        severity = Severity.HIGH if accuses else Severity.NORMAL
    for rule in fired:
        if rule.severity is not None and rule.severity > severity:
            severity = rule.severity
    return severity.raised if any(rule.raises for rule in fired) else severity


def _reasons(
    kind: Kind, evidence: list[Reason], fired: Sequence[Rule], forced: Rule | None, *, accuses: bool
) -> tuple[Reason, ...]:
    """What forced the kind, what decided kind and severity without any weight, then weights, the nameless last."""
    weighed = evidence[:-1] if forced else evidence
    others = [
        rule.reason
        for rule in fired
        if not rule.weight
        and rule is not forced
        and (
            rule.mark
            or rule.topic
            or rule.route
            or rule.suggests is kind
            or (kind in _WAITING and (rule.severity or rule.raises))
        )
    ]
    if accuses and kind is Kind.COMPLAINT:
        others.append(_ACCUSES)
    by_weight = sorted(weighed, key=lambda reason: (reason.rule == WORDING, -abs(reason.weight), reason.rule))
    return (*evidence[len(weighed) :], *others, *by_weight)
