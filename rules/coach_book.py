"""The text of coach files -> a ``CoachBook``: checked, compiled, ready to read drafts.

Every mistake is reported with its file and line, and one mistake refuses the whole set, as with the other rule files.
It opens no file, and what is found wrong with a draft is for ``rules.coach`` to say.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rules import draft as drafts
from rules import lengths, phrase, private, whens
from rules.coach_grammar import AdviceText, CoachText
from rules.draft import Draft, Span
from rules.mistakes import Located, Mistake, Mistakes, read_toml, validate
from rules.model import Kind
from rules.pack import LONGEST_FILE, Failure, Proof, short
from rules.promises import promised

_ANY_DAY, _ZONE = datetime(2026, 1, 5, 9, tzinfo=UTC), ZoneInfo("UTC")
_Seek = Callable[[Draft, str, str], list[Span]]
"""Draft, language and network -> where something stands."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a draft is for."""

    network: str | None = None
    """Where it is to be posted, such as ``x``; None is anywhere."""
    answers: Kind = Kind.COMPLAINT
    """What it answers."""
    lang: str | None = None
    """What its reader speaks, for drafts too short to tell."""


@dataclass(frozen=True, slots=True)
class CoachRule:
    """One rule, ready to read drafts."""

    id: str
    file: str
    line: int | None
    must: bool
    say: str
    owner: str | None
    lang: str
    to: frozenset[str]
    networks: frozenset[str]
    limits: Mapping[str, int]
    public: tuple[str, ...]
    at_least: int
    at_most: int
    seeks: tuple[_Seek, ...] = field(repr=False)
    bars: tuple[_Seek, ...] = field(repr=False)

    def applies(self, context: Context, lang: str) -> bool:
        """Whether it has a say in a draft for ``context``, written in ``lang``, whatever its words are."""
        return (
            self.lang in (lang, "any")
            and (not self.to or context.answers.value in self.to)
            and (not self.networks or context.network in self.networks)
            and (not self.limits or context.network in self.limits)
        )

    def found(self, draft: Draft, network: str | None, lang: str) -> list[Span] | None:
        """Where in ``draft`` its fault stands: nowhere if something is missing; None if it finds no fault."""
        spans: list[Span] = []
        for seek in self.seeks:
            found = self._meant(draft, seek(draft, lang, network or ""))
            if not found and not self.at_least:
                return None
            spans += found
        faulty = len(spans) < self.at_least if self.at_least else len(spans) > self.at_most
        if not faulty or any(bar(draft, lang, network or "") for bar in self.bars):
            return None
        return sorted(set(spans)) if not self.at_least else []

    def _meant(self, draft: Draft, spans: list[Span]) -> list[Span]:
        """Those that are not public anyway."""
        if not self.public:
            return spans
        return [span for span in spans if not any(one in _bare(draft.text[slice(*span)]) for one in self.public)]


@dataclass(frozen=True, slots=True)
class CoachBook:
    """All coach rules, compiled. Safe to share between threads."""

    rules: tuple[CoachRule, ...]
    fingerprint: str
    """Changes with every change of the text; the same on every machine."""
    languages: frozenset[str]


NO_COACH = CoachBook((), "", frozenset())
"""Says nothing."""


def load(files: Mapping[str, str]) -> CoachBook:
    """Compile ``files``, name -> text.

    Raises:
        Mistakes: everything that is wrong in any of them; an example that fails is a mistake.
    """
    book, proof = examine(files)
    if proof.failures:
        raise Mistakes(failure.mistake for failure in proof.failures)
    return book


def examine(files: Mapping[str, str]) -> tuple[CoachBook, Proof]:
    """Compile ``files``, name -> text, and try the examples of every rule.

    Raises:
        Mistakes: everything that is wrong in any of them.
    """
    mistakes: list[Mistake] = []
    made: list[tuple[_Making, CoachRule]] = []
    first: dict[str, str] = {}
    for file in sorted(files):
        try:
            located, text = _read(file, files[file])
        except Mistakes as found:
            mistakes += found.all
            continue
        for place, rule in enumerate(text.advice):
            making = _Making(located, text, place)
            made.append((making, making.rule()))
            if rule.id in first:
                making.wrong("id", f"has the id of the one at {first[rule.id]}; give this one another id")
            first.setdefault(rule.id, f"{file}:{located.line(('advice', place, 'id'))}")
            mistakes += making.mistakes
    if mistakes:
        raise Mistakes(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line or 0)))
    rules = tuple(rule for _, rule in made)
    tried = [tried for making, rule in made for tried in making.tried(rule)]
    failures = tuple(failure for failure in tried if failure is not None)
    return CoachBook(rules, _fingerprint(files), frozenset(rule.lang for rule in rules) - {"any"}), Proof(
        len(tried), failures
    )


def _read(file: str, text: str) -> tuple[Located, CoachText]:
    if len(text) > LONGEST_FILE:
        cure = f"{LONGEST_FILE:,} are the most; take some rules out"
        raise Mistakes([Mistake(file, None, f"the file has {len(text):,} characters", cure)])
    located = read_toml(text, file)
    made = validate(CoachText, located)
    if not made.advice:
        raise Mistakes([Mistake(file, None, "the file has no rule", "add an [[advice]], or remove the file")])
    return located, made


class _Making:
    """One rule on its way from text to what reads drafts, with what is wrong in it."""

    def __init__(self, located: Located, file: CoachText, place: int) -> None:
        self._located, self._file, self._place = located, file, place
        self._text: AdviceText = file.advice[place]
        self.mistakes: list[Mistake] = []

    def wrong(self, key: str, sentence: str, index: int | None = None) -> None:
        """Note a mistake at ``key``: "what; what to do"."""
        what, _, cure = sentence.partition("; ")
        path = ("advice", self._place, key) if index is None else ("advice", self._place, key, index)
        self.mistakes.append(self._located.mistake(path, f'rule "{self._text.id}" {what}', cure))

    def rule(self) -> CoachRule:
        """The rule, as far as it could be made."""
        text = self._text
        seeks = tuple(self._seeks())
        if not seeks:
            self.wrong("id", "looks for nothing; give it any, all, near, pattern or finds")
        bars = [self._phrases("none", text.none)] if text.none else []
        bars += [_SENSES[sense] for sense in text.lacks if sense != "length"]
        return CoachRule(
            id=text.id,
            file=self._located.file,
            line=self._located.line(("advice", self._place, "id")),
            must=text.severity == "must",
            say=text.say,
            owner=text.owner or self._file.owner,
            lang=self._file.lang,
            to=frozenset(text.to),
            networks=frozenset(text.networks),
            limits=dict(text.limits),
            public=tuple(map(_bare, text.public)),
            at_least=text.at_least,
            at_most=text.at_most,
            seeks=seeks,
            bars=tuple(bars),
        )

    def tried(self, rule: CoachRule) -> Iterator[Failure | None]:
        """What came of each of its examples; None is well. They are read as meant for the strictest network."""
        network = min(rule.limits, key=rule.limits.__getitem__) if rule.limits else next(iter(rule.networks), None)
        lang = "en" if rule.lang == "any" else rule.lang
        examples = self._text.examples
        for key, texts, wanted in (("flag", examples.flag, True), ("pass", examples.skip, False)):
            for index, text in enumerate(texts):
                line = self._located.line(("advice", self._place, "examples", key, index))
                failed = (rule.found(Draft(text), network, lang) is not None) is not wanted
                yield Failure(rule.id, self._located.file, line, text, wanted) if failed else None

    def _seeks(self) -> Iterator[_Seek]:
        text = self._text
        if text.any:
            yield self._phrases("any", text.any)
        for index, one in enumerate(text.all):
            yield self._phrases("all", (one,), index)
        if text.near:
            yield self._compiled(
                "near", lambda: drafts.any_of([phrase.compiled_near(text.near, text.within)]), words=True
            )
        if text.pattern is not None:
            source = text.pattern
            yield self._compiled("pattern", lambda: drafts.pattern(source), words=False)
        if text.finds == "length":
            limits = dict(text.limits)
            yield lambda draft, _, network: _too_long(draft, network, limits)
        elif text.finds is not None:
            yield _SENSES[text.finds]

    def _phrases(self, key: str, phrases: Sequence[str], index: int | None = None) -> _Seek:
        sought = []
        for place, one in enumerate(phrases):
            try:
                sought.append(phrase.compiled(one))
            except ValueError as error:
                self.wrong(key, f'{key} phrase "{short(one)}" {error}', place if index is None else index)
        return self._compiled(key, lambda: drafts.any_of(sought), words=True) if sought else _nothing

    def _compiled(self, key: str, compiled: Callable[[], drafts.Pattern], *, words: bool) -> _Seek:
        try:
            sought = compiled()
        except ValueError as error:
            self.wrong(key, f"{key} {error}")
            return _nothing
        return (lambda draft, *_: draft.phrases(sought)) if words else (lambda draft, *_: draft.patterns(sought))


def _nothing(*_: object) -> list[Span]:
    return []


def _too_long(draft: Draft, network: str, limits: Mapping[str, int]) -> list[Span]:
    """What is too much for ``network``."""
    limit = limits.get(network)
    fits = len(draft.text) if limit is None else lengths.fits(draft.text, network, limit)
    return [(fits, len(draft.text))] if fits < len(draft.text) else []


def _when(text: str, lang: str) -> list[Span]:
    """Where ``text`` says when: any time that a customer can count on, and whatever is taken for a promise of ours."""
    found = list(whens.whens(text, lang))
    if not found and promised(text, _ANY_DAY, _ZONE, None, lang) is not None:
        found = [(0, len(text))]
    return found


_SENSES: Mapping[str, _Seek] = {
    "card": lambda draft, *_: draft.said(private.cards(draft.plain)),
    "email": lambda draft, *_: draft.said(private.mails(draft.plain)),
    "iban": lambda draft, *_: draft.said(private.accounts(draft.plain)),
    "link": lambda draft, *_: draft.links,
    "phone": lambda draft, lang, _: draft.said(private.phones(draft.plain, lang)),
    "when": lambda draft, lang, _: _when(draft.plain, lang),
}


def _bare(text: str) -> str:
    """``text`` as it is compared: whatever its capitals, and how its figures are grouped."""
    return "".join(char for char in text.lower() if char.isalnum() or char in "@.")


def _fingerprint(files: Mapping[str, str]) -> str:
    spelt = "".join(f"{len(part)}:{part}" for file in sorted(files) for part in (file, files[file]))
    return hashlib.blake2s(spelt.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
