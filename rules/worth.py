"""What rules have been worth: how often each fired, how often people agreed, and what would be missed without it.

Counts what it is shown; who gave which opinion, and over which time, is for others to gather.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.book import Rule, RuleBook
from rules.judge import judge, set_off
from rules.model import Kind, Mention

_SURE = 1.96
"""Standard deviations of the normal distribution between which 95 % of it lie."""


@dataclass(slots=True)
class Tally:
    """What was counted of a rule, or of all rules of a file together."""

    fired: int = 0
    """Posts in which it matched."""
    complaints: int = 0
    """Those of them that are judged to be complaints."""
    right: int = 0
    """Posts of which people said what the rule said."""
    wrong: int = 0
    """Posts of which people said the opposite."""
    last: datetime | None = None
    """When the newest post was posted in which it matched."""
    lost: int = 0
    """Complaints that would no longer be judged to be any without it."""

    @property
    def precision(self) -> float | None:
        """The share in which people agreed; None where nobody said anything."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies with 95 % certainty."""
        return wilson(self.right, self.right + self.wrong)


def wilson(hits: int, tries: int) -> tuple[float, float] | None:
    """The 95 % score interval for a share of which ``hits`` of ``tries`` were seen; None without any try.

    After E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212. Unlike the usual one it holds for few tries and for shares near 0 or 1.
    """
    if not tries:
        return None
    share, square = hits / tries, _SURE * _SURE
    middle = share + square / (2 * tries)
    reach = _SURE * math.sqrt(share * (1 - share) / tries + square / (4 * tries * tries))
    whole = 1 + square / tries
    return max((middle - reach) / whole, 0.0), min((middle + reach) / whole, 1.0)


def claims(rule: Rule) -> bool | None:
    """What a rule says where it matches: a complaint, or none; None if it says neither."""
    if rule.own:
        return None
    if rule.forces is not None:
        return rule.forces is Kind.COMPLAINT
    if rule.weight:
        return rule.weight > 0
    return None if rule.suggests in (None, Kind.QUESTION) else False


@dataclass(slots=True)
class Worth:
    """Counts posts, one after the other.

    Args:
        book: the rules to count.
    """

    book: RuleBook
    rules: dict[str, Tally] = field(init=False)
    """By the rule's id."""
    files: dict[str, Tally] = field(init=False)
    """By the file's name."""
    _ids: Mapping[str, frozenset[str]] = field(init=False)
    _without: dict[Collection[str], RuleBook] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = {rule.id: Tally() for rule in self.book.rules}
        self.files = {rule.file: Tally() for rule in self.book.rules}
        of_file: dict[str, set[str]] = {}
        for rule in self.book.rules:
            of_file.setdefault(rule.file, set()).add(rule.id)
        self._ids = {file: frozenset(ids) for file, ids in of_file.items()}

    def count(self, mention: Mention, *, own: bool, complaint: bool | None) -> None:
        """Count one post.

        Args:
            mention: the post.
            own: we wrote it.
            complaint: what people made of it; None if nobody said.
        """
        fired = set_off(mention, self.book, own=own)
        judged = not own and judge(mention, self.book).complaint
        for rule in fired:
            claim = claims(rule)
            lost = judged and claim is not False and self._lost(mention, frozenset({rule.id}))
            _note(self.rules[rule.id], mention, judged, _agreed(complaint, {claim}), lost=lost)
        for file in {rule.file: None for rule in fired}:
            said = {claims(rule) for rule in fired if rule.file == file}
            lost = judged and self._lost(mention, self._ids[file])
            _note(self.files[file], mention, judged, _agreed(complaint, said), lost=lost)

    def _lost(self, mention: Mention, ids: frozenset[str]) -> bool:
        if ids not in self._without:
            self._without[ids] = self.book.without(ids)
        return not judge(mention, self._without[ids]).complaint


def _agreed(complaint: bool | None, claimed: Iterable[bool | None]) -> bool | None:
    """Whether people said what was claimed; None where either said nothing. Who claims both claims a complaint."""
    made = {claim for claim in claimed if claim is not None}
    return None if complaint is None or not made else complaint is any(made)


def _note(tally: Tally, mention: Mention, judged: bool, agreed: bool | None, *, lost: bool) -> None:
    tally.fired += 1
    tally.complaints += judged
    tally.right += agreed is True
    tally.wrong += agreed is False
    tally.lost += lost
    tally.last = mention.posted_at if tally.last is None else max(tally.last, mention.posted_at)
