"""Compiled rules: what one rule says, and which rules a post sets off. Reads no files and weighs nothing."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from rules.match import Matcher
from rules.model import Kind, Mark, Mention, Reason, Severity
from rules.text import BRAND, Masker, clean, words
from rules.tone import Tone

_NAMELESS = Masker((), ())
_HANDLE = re.compile(r"(?:@|(?<!\w)/?u/)(\w+)((?:[.-]\w+)*)")
NOTHING = -1
"""The piece that rules without words wait for: always there."""


@dataclass(frozen=True, slots=True)
class Brand:
    """Us: what must not be read as sentiment."""

    name: str
    aliases: tuple[str, ...] = ()
    handles: frozenset[str] = frozenset()
    """The accounts that speak for us, on any network."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to weigh."""

    id: str
    file: str
    line: int | None
    why: str
    topic: str | None
    owner: str | None
    weight: float
    forces: Kind | None
    suggests: Kind | None
    mark: Mark | None
    severity: Severity | None
    raises: bool
    lang: str
    own: bool
    """It reads our replies; otherwise what customers say."""
    networks: frozenset[str]
    followers: int
    handles: frozenset[str]
    """Accounts of which a post must name one, in lower case without "@"; none: it need name nobody."""
    ends: datetime | None
    route: str | None
    """Name of the policy that cases it opens are under, or the "#channel" where they appear first."""
    meaning: str = field(repr=False)
    """Changes with everything that was written about it, and with nothing else."""
    needs: frozenset[int] = field(repr=False)
    """Pieces of the matcher that must all be there."""
    bars: frozenset[int] = field(repr=False)
    """Pieces of which none may be there."""
    reason: Reason = field(init=False, repr=False)
    """What it says for or against a complaint when it fires."""
    rank: tuple[int, float, str] = field(init=False, repr=False)
    """Where it stands among others: the worst first, then the weightiest."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rank", (-(self.severity or 0), -abs(self.weight), self.id))
        object.__setattr__(self, "reason", Reason(self.id, self.why, self.weight))

    def applies(self, mention: Mention, lang: str) -> bool:
        """Whether it has a say in ``mention`` at all, whatever the words are."""
        return (
            self.lang in (lang, "any")
            and (not self.networks or mention.source in self.networks)
            and (mention.followers or 0) >= self.followers
            and (self.ends is None or mention.posted_at < self.ends)
            and self.named(mention.text)
        )

    def named(self, text: str) -> bool:
        """Whether ``text`` names one of the accounts that the rule asks for, if it asks for any."""
        return not self.handles or any(
            found[1].lower() in self.handles or found[0].lstrip("@/").removeprefix("u/").lower() in self.handles
            for found in _HANDLE.finditer(clean(text))
        )


@dataclass(frozen=True, slots=True, eq=False)
class RuleBook:
    """All rules, compiled. Safe to share between threads."""

    rules: tuple[Rule, ...]
    brand: Brand
    fingerprint: str
    """Changes with every change of the text or the brand; the same on every machine."""
    languages: frozenset[str]
    """The languages that some rule reads, English always among them."""
    tone: Tone = field(repr=False)
    mask: Masker = field(repr=False)
    """Clean text -> text with our names, handles and links masked."""
    matcher: Matcher = field(repr=False)
    _waiting: Mapping[int, tuple[Rule, ...]] = field(init=False, repr=False)
    """The rules by one piece that they need."""
    called: frozenset[str] = field(init=False, repr=False)
    """Our names in lower case."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "called", frozenset(map(str.lower, (self.brand.name, *self.brand.aliases))))
        waiting: dict[int, list[Rule]] = {}
        for rule in self.rules:
            waiting.setdefault(min(rule.needs, default=NOTHING), []).append(rule)
        object.__setattr__(self, "_waiting", {piece: tuple(rules) for piece, rules in waiting.items()})

    def fired(self, masked: str, line: list[str], *, own: bool) -> list[Rule]:
        """The rules whose words are in a post, given as masked text and as its plain words; in no special order."""
        pieces = self.matcher.find(masked, line)
        waiting = self._waiting
        return [
            rule
            for piece in (NOTHING, *pieces)
            for rule in waiting.get(piece, ())
            if rule.own is own and rule.needs <= pieces and rule.bars.isdisjoint(pieces)
        ]

    def without(self, ids: Collection[str]) -> "RuleBook":
        """The same book, but for the rules called ``ids``. Costs next to nothing: what was compiled is shared."""
        return replace(self, rules=tuple(rule for rule in self.rules if rule.id not in ids))

    def matches(self, rule: Rule, text: str) -> frozenset[bool]:
        """Whether what ``rule`` looks for is in ``text``, wherever and whenever it was posted.

        ``{brand}`` in the text stands for one of our names. Both answers where it depends on whether our own name,
        which may be any word, is masked.
        """
        read = clean(text.replace("{brand}", BRAND))
        maskeds = {self.mask(read), _NAMELESS(read)}
        return frozenset(
            rule.named(read) and rule in self.fired(masked, words(masked), own=rule.own) for masked in maskeds
        )

    def quote(self, rule: Rule, masked: str, line: list[str]) -> list[str]:
        """The words of a post that set ``rule`` off, masked text and plain words being given."""
        quotes = (self.matcher.quote(piece, masked, line) for piece in sorted(rule.needs))
        return [quote for quote in quotes if quote]
