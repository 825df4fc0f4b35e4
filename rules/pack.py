"""The text of rule files -> a ``RuleBook``: checked, compiled, ready to match.

One file is one topic. Every mistake is reported with its file and line, and one mistake refuses the whole set. It
opens no file, asks no clock and weighs nothing: what matched is for ``rules.judge`` to weigh.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rules import phrase
from rules.book import Brand, Rule, RuleBook
from rules.grammar import PackText, RuleText
from rules.match import Pieces
from rules.mistakes import Located, Mistake, Mistakes, read_toml, validate
from rules.model import Kind, Mark, Severity
from rules.text import Masker
from rules.tone import Tone

__all__ = ["Brand", "RuleBook", "examine", "load"]

MOST_RULES = 20_000
LONGEST_FILE = 8_000_000
"""Characters in one file."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that its rule gets wrong."""

    rule: str
    file: str
    line: int | None
    text: str
    wanted: bool
    """It should have matched."""

    @property
    def mistake(self) -> Mistake:
        """The failure as what it is when a book is loaded: a mistake."""
        says = "does not match its own example" if self.wanted else "matches an example that it must let pass"
        what = f'rule "{self.rule}" {says}: "{short(self.text)}"'
        return Mistake(self.file, self.line, what, "correct its phrases or the example")


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of trying every example."""

    tried: int
    failures: tuple[Failure, ...]


def load(files: Mapping[str, str], brand: Brand) -> RuleBook:
    """Compile ``files``, name -> text.

    Raises:
        Mistakes: everything that is wrong in any of them; an example that fails is a mistake.
    """
    book, proof = examine(files, brand)
    if proof.failures:
        raise Mistakes(failure.mistake for failure in proof.failures)
    return book


def examine(files: Mapping[str, str], brand: Brand) -> tuple[RuleBook, Proof]:
    """Compile ``files``, name -> text, and try the examples of every rule.

    Raises:
        Mistakes: everything that is wrong in any of them, failed examples with the rest.
    """
    if crowded := _crowded(files):
        raise Mistakes(crowded)
    mistakes: list[Mistake] = []
    packs: list[tuple[Located, PackText]] = []
    for file in sorted(files):
        try:
            packs.append(_pack(file, files[file]))
        except Mistakes as found:
            mistakes += found.all
    mistakes += _repeated(packs)
    pieces = Pieces()
    drafts = [_Draft(located, pack, place, pieces) for located, pack in packs for place in range(len(pack.rule))]
    sound = [draft for draft in drafts if not draft.mistakes]
    try:
        book = _book([draft.rule for draft in sound], [pack for _, pack in packs], pieces, brand, files)
    except ValueError as error:
        what, _, cure = str(error).partition("; ")
        raise Mistakes([*mistakes, Mistake("rules", None, what, cure)]) from error
    tried = [tried for draft in sound for tried in draft.tried(book)]
    failures = tuple(failure for failure in tried if failure is not None)
    mistakes += [mistake for draft in drafts for mistake in draft.mistakes]
    if mistakes:
        mistakes += [failure.mistake for failure in failures]
        raise Mistakes(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line or 0)))
    return book, Proof(len(tried), failures)


def _pack(file: str, text: str) -> tuple[Located, PackText]:
    located = read_toml(text, file)
    pack = validate(PackText, located)
    if not pack.rule and not pack.tone:
        raise Mistakes([Mistake(file, None, "the file has no rule", "add a [[rule]], or remove the file")])
    return located, pack


def _crowded(files: Mapping[str, str]) -> list[Mistake]:
    """What is too large to be read at all: said before anything is parsed, for that takes long."""
    counts = {file: files[file].count("[[rule]]") for file in sorted(files)}
    mistakes = [
        Mistake(
            file,
            None,
            f"the file has {len(files[file]):,} characters and {count:,} rules",
            f"{LONGEST_FILE:,} and {MOST_RULES:,} are the most; take some out",
        )
        for file, count in counts.items()
        if len(files[file]) > LONGEST_FILE or count > MOST_RULES
    ]
    if not mistakes and (total := sum(counts.values())) > MOST_RULES:
        cure = f"{MOST_RULES:,} are the most; take some out"
        mistakes.append(Mistake("rules", None, f"there are {total:,} rules in all", cure))
    return mistakes


def _repeated(packs: list[tuple[Located, PackText]]) -> list[Mistake]:
    first: dict[str, str] = {}
    mistakes = []
    for located, pack in packs:
        for place, rule in enumerate(pack.rule):
            path = ("rule", place, "id")
            if rule.id in first:
                what = f'a rule "{rule.id}" stands at {first[rule.id]} already'
                mistakes.append(located.mistake(path, what, "give this one another id"))
            first.setdefault(rule.id, f"{located.file}:{located.line(path)}")
    return mistakes


class _Draft:
    """One rule on its way from text to pieces, with what is wrong in it."""

    def __init__(self, located: Located, pack: PackText, place: int, pieces: Pieces) -> None:
        self._located, self._pack, self._place = located, pack, place
        self._text = pack.rule[place]
        self.mistakes: list[Mistake] = []
        self._check()
        self.rule = self._rule(self._needs(pieces), self._bars(pieces))

    def tried(self, book: RuleBook) -> Iterator[Failure | None]:
        """What came of each of its examples; None is well."""
        examples = self._text.examples
        for key, texts, wanted in (("flag", examples.flag, True), ("pass", examples.skip, False)):
            for index, text in enumerate(texts):
                line = self._located.line(("rule", self._place, "examples", key, index))
                failed = wanted not in book.matches(self.rule, text)
                yield Failure(self.rule.id, self._located.file, line, text, wanted) if failed else None

    def _check(self) -> None:
        text = self._text
        if not (text.any or text.all or text.near or text.pattern or text.followers or text.handles):
            self._wrong("id", "looks for nothing; give it any, all, near, pattern, handles or followers")
        if self._own and text.mark not in (Mark.HOLDING, Mark.HANDOFF):
            self._wrong("id", 'reads our own posts but has no mark; give it mark = "holding" or mark = "handoff"')
        if not self._own and text.mark in (Mark.HOLDING, Mark.HANDOFF):
            self._wrong("mark", f'"{text.mark}" is for our own posts; add by = "us", or take the mark out')
        does = (text.weight, text.forces, text.suggests, text.mark, text.severity, text.raises, text.topic, text.route)
        if not any(does):
            self._wrong("id", "changes nothing; give it a weight, forces, suggests, mark, severity, topic or route")

    def _wrong(self, key: str, sentence: str, index: int | None = None) -> None:
        what, _, cure = sentence.partition("; ")
        path = ("rule", self._place, key) if index is None else ("rule", self._place, key, index)
        self.mistakes.append(self._located.mistake(path, f'rule "{self._text.id}" {what}', cure))

    def _needs(self, pieces: Pieces) -> frozenset[int]:
        text = self._text
        needs = [self._phrases("any", text.any, pieces)] if text.any else []
        needs += [self._phrases("all", (one,), pieces, index) for index, one in enumerate(text.all)]
        if text.near:
            needs.append(self._piece("near", lambda: pieces.phrases([phrase.compiled_near(text.near, text.within)])))
        if text.pattern:
            source = text.pattern
            needs.append(self._piece("pattern", lambda: pieces.pattern(source)))
        return frozenset(needs)

    def _bars(self, pieces: Pieces) -> frozenset[int]:
        none = self._text.none
        return frozenset([self._phrases("none", none, pieces)] if none else [])

    def _phrases(self, key: str, phrases: Sequence[str], pieces: Pieces, index: int | None = None) -> int:
        sought = []
        for place, one in enumerate(phrases):
            try:
                sought.append(phrase.compiled(one))
            except ValueError as error:
                self._wrong(key, f'{key} phrase "{short(one)}" {error}', place if index is None else index)
        return pieces.phrases(sought)

    def _piece(self, key: str, compiled: Callable[[], int]) -> int:
        try:
            return compiled()
        except ValueError as error:
            self._wrong(key, f"{key} {error}")
            return 0

    @property
    def _own(self) -> bool:
        return self._pack.by == "us"

    def _rule(self, needs: frozenset[int], bars: frozenset[int]) -> Rule:
        text, pack = self._text, self._pack
        return Rule(
            id=text.id,
            file=self._located.file,
            line=self._located.line(("rule", self._place, "id")),
            why=text.why,
            topic=text.topic or pack.topic,
            owner=text.owner or pack.owner,
            weight=text.weight,
            forces=Kind(text.forces) if text.forces else None,
            suggests=Kind(text.suggests) if text.suggests else None,
            mark=text.mark,
            severity=Severity.of(text.severity) if text.severity else None,
            raises=text.raises,
            lang=pack.lang,
            own=self._own,
            networks=frozenset(text.networks),
            followers=text.followers,
            handles=frozenset(handle.removeprefix("@").lower() for handle in text.handles),
            ends=_ends(text.until),
            route=text.route,
            meaning=_meaning(text, pack),
            needs=needs,
            bars=bars,
        )


def _ends(until: date | None) -> datetime | None:
    """The first instant after the day ``until``; None where there is none."""
    if until is None or until == date.max:
        return None
    return datetime.combine(until + timedelta(days=1), time(), UTC)


def _meaning(text: RuleText, pack: PackText) -> str:
    """A fingerprint of one rule with what it takes over from its file."""
    spelt = repr((text.model_dump_json(), pack.topic, pack.owner, pack.lang, pack.by))
    return hashlib.blake2s(spelt.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def _book(
    rules: Sequence[Rule], packs: Sequence[PackText], pieces: Pieces, brand: Brand, files: Mapping[str, str]
) -> RuleBook:
    return RuleBook(
        rules=tuple(rules),
        brand=brand,
        fingerprint=_fingerprint(files, brand),
        languages=frozenset({"en"} | {pack.lang for pack in packs if pack.rule} - {"any"}),
        tone=Tone({word.lower(): value for pack in packs for word, value in pack.tone.items()}),
        mask=Masker((brand.name, *brand.aliases), brand.handles),
        matcher=pieces.compiled(),
    )


def _fingerprint(files: Mapping[str, str], brand: Brand) -> str:
    parts = [part for file in sorted(files) for part in (file, files[file])]
    parts += ["", brand.name, *brand.aliases, "", *sorted(brand.handles)]
    spelt = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2s(spelt.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def short(text: str) -> str:
    """``text`` as a message quotes it."""
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004 - fits a terminal line
