"""What is this post, how bad is it, and why? ``judge(mention, book) -> Verdict``.

Evidence for a complaint is a sum of log-odds: where every post starts, how it sounds, how it looks on the page, and
what the rules say. No piece of evidence is a gate; each becomes a reason that a person can read. The same post and the
same rules always give the same verdict; who is waiting, and since when, is for ``rules.silence``.
"""

import math
import re
from collections.abc import Iterator, Sequence

from rules.book import Rule, RuleBook
from rules.language import UNKNOWN, tell
from rules.model import Kind, Mention, Reason, Severity, Verdict
from rules.text import BRAND, HANDLE, LINK, clean, words

START = -1.9
"""Log-odds of a post of which nothing is known."""
THRESHOLD = 0.5
"""A score from here on is a complaint."""

_WAITING = (Kind.COMPLAINT, Kind.QUESTION)
"""The kinds whose authors wait for an answer."""
_MASKS = frozenset((BRAND, HANDLE, LINK))
_SHOUTING = re.compile(r"\b[A-Z]{3,}\b.*\b[A-Z]{3,}\b", re.DOTALL)

_ADDRESSED = Reason("addressed", "It speaks to an account or names us.", 1.4)
_LINK = Reason("link", "It carries a link, as posts that share something do.", -0.6)
_AT_LENGTH = Reason("long", "It is long, as accounts of trouble are.", 0.3)
_IN_BRIEF = Reason("short", "It is short.", -0.6)
_INSISTENT = Reason("insistent", "It insists (??, ?!).", 0.6)
_SHOUTED = Reason("capitals", "Parts of it are shouted in capitals.", 0.2)
_NOTHING = Reason("none", "Nothing in it speaks for a complaint or against one.")
_WORDLESS = Reason("none", "It has no words to judge.")
_LONG, _BRIEF = 18, 6
"""More words than the first are long, fewer than the second short."""
_FORCED = 0.98
"""How sure a rule is that decides the kind by itself."""
_COLD, _WARMTH, _AUDIBLE = 1.5, 1.2, 0.05
"""Log-odds of a wholly negative and a wholly positive tone, and the least tone that says anything."""
_DOUBTFUL = 30
"""With more words than this, thanks and praise are manners: something else is being said."""
_WARM = 0.4
"""A tone from here on is praise, if nothing else is said."""


def judge(mention: Mention, book: RuleBook, *, own: bool = False) -> Verdict:
    """The verdict on one post; ``own`` says that a responder wrote it. Takes any text whatever and never raises."""
    masked, line, lang, fired = _read(mention, book, own=own)
    known = None if lang == UNKNOWN else lang
    if own:
        return _own(fired, known)
    english = lang in (None, "en")
    if not english and not any(rule.weight or rule.suggests or rule.forces for rule in fired):
        return _unread(known, read=lang in book.languages)
    tone = book.tone(masked) if english else 0.0
    evidence = [*_sound(tone), *_looks(masked, line), *(rule.reason for rule in fired if rule.weight)]
    log_odds = START + math.fsum([reason.weight for reason in evidence])
    if (forced := _forced(fired)) is not None:
        evidence.append(_decided(forced, log_odds))
        log_odds += evidence[-1].weight
    score = _probability(log_odds)
    kind = forced.forces if forced and forced.forces else _kind(score, tone, fired, masked, len(line))
    return Verdict(
        kind=kind,
        severity=_severity(kind, fired),
        score=score,
        lang=known,
        marks=frozenset(rule.mark for rule in fired if rule.mark),
        topics=tuple(dict.fromkeys(rule.topic for rule in fired if rule.topic)),
        route=next((rule.route for rule in fired if rule.route), None),
        reasons=_reasons(kind, evidence, fired) or (_NOTHING if _spoken(line) else _WORDLESS,),
    )


def set_off(mention: Mention, book: RuleBook, *, own: bool = False) -> list[Rule]:
    """The rules that have a say in the verdict on ``mention``, the weightiest first."""
    return _read(mention, book, own=own)[3]


def _read(mention: Mention, book: RuleBook, *, own: bool) -> tuple[str, list[str], str | None, list[Rule]]:
    """The masked text, its words, its language and the rules that it sets off, the weightiest first."""
    masked = book.mask(clean(mention.text))
    line = words(masked)
    lang = tell(_spoken(line))
    fired = book.fired(masked, line, own=own)
    if lang is None and mention.lang and not any(rule.weight > 0 for rule in fired):
        lang = _hinted(mention.lang)
    return masked, line, lang, _weightiest_first([rule for rule in fired if rule.applies(mention, lang or "en")])


def _spoken(line: Sequence[str]) -> list[str]:
    return [word for word in line if word not in _MASKS]


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


def _sound(tone: float) -> Iterator[Reason]:
    """What the tone says for a complaint. Cold words say more than warm words unsay: people are polite."""
    if tone <= -_AUDIBLE:
        yield Reason("tone", f"It sounds negative ({tone:+.2f} on a scale from -1 to 1).", _COLD * -tone)
    elif tone >= _AUDIBLE:
        yield Reason("tone", f"It sounds positive ({tone:+.2f} on a scale from -1 to 1).", _WARMTH * -tone)


def _looks(masked: str, line: Sequence[str]) -> Iterator[Reason]:
    """What the look of the text says, whatever its words."""
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


def _probability(log_odds: float) -> float:
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds)))), 4)


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


def _severity(kind: Kind, fired: Sequence[Rule]) -> Severity:
    """A complaint is ``normal`` and a question ``low``, unless rules know worse."""
    if kind not in _WAITING:
        return Severity.LOW
    severity = Severity.NORMAL if kind is Kind.COMPLAINT else Severity.LOW
    for rule in fired:
        if rule.severity is not None and rule.severity > severity:
            severity = rule.severity
    return severity.raised if any(rule.raises for rule in fired) else severity


def _weightiest_first(fired: list[Rule]) -> list[Rule]:
    return sorted(fired, key=lambda rule: (-(rule.severity or 0), -abs(rule.weight), rule.id))


def _reasons(kind: Kind, evidence: list[Reason], fired: Sequence[Rule]) -> tuple[Reason, ...]:
    """What decided kind and severity without any weight, then the weights, the heaviest first."""
    forced = evidence[-1].rule if evidence else None
    others = [
        rule.reason
        for rule in fired
        if not rule.weight
        and rule.id != forced
        and (
            rule.mark
            or rule.topic
            or rule.route
            or rule.suggests is kind
            or (kind in _WAITING and (rule.severity or rule.raises))
        )
    ]
    return (*others, *sorted(evidence, key=lambda reason: (-abs(reason.weight), reason.rule)))
