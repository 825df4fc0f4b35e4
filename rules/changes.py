"""What an edit of the rule files changed: two rule books in, what is new, gone or different out.

It compares what was written, and verdicts that others gave; it judges no post itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.book import Rule, RuleBook
from rules.mistakes import Mistake
from rules.model import Mention, Verdict
from rules.text import clean, words


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two rule books."""

    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]
    changed: tuple[Rule, ...]
    """As they are now."""
    tone: bool
    """The mood dictionary differs."""
    brand: bool
    """Our names or accounts differ."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.tone or self.brand)

    @property
    def files(self) -> tuple[str, ...]:
        """The files whose rules are concerned, without their folder, each once."""
        names = {rule.file.rpartition("/")[2] for rule in (*self.added, *self.removed, *self.changed)}
        return tuple(sorted(names))

    def __str__(self) -> str:
        """For people: "+2 rules, -1, 3 changed (billing.toml)"."""
        counts = (("+{}", self.added), ("-{}", self.removed), ("{} changed", self.changed))
        said = [form.format(len(rules)) for form, rules in counts if rules]
        if said:
            first, _, rest = said[0].partition(" ")
            said[0] = " ".join(filter(None, (first, "rule" if first.lstrip("+-") == "1" else "rules", rest)))
            said[-1] += f" ({', '.join(self.files)})"
        said += ["the mood dictionary"] * self.tone + ["our names or accounts"] * self.brand
        return ", ".join(said) or "no change"


def changes(before: RuleBook, after: RuleBook) -> Changes:
    """What of ``before`` is not so in ``after``. A rule is the same rule as long as it keeps its id."""
    old, new = ({rule.id: rule for rule in book.rules} for book in (before, after))
    return Changes(
        added=tuple(rule for rule in after.rules if rule.id not in old),
        removed=tuple(rule for rule in before.rules if rule.id not in new),
        changed=tuple(rule for rule in after.rules if rule.id in old and old[rule.id].meaning != rule.meaning),
        tone=before.tone.lexicon != after.tone.lexicon,
        brand=before.brand != after.brand,
    )


class Edit:
    """One rule book made into another, and which posts that can matter to.

    Args:
        before: the rules as they were.
        after: as they are.
    """

    def __init__(self, before: RuleBook, after: RuleBook) -> None:
        found = changes(before, after)
        self._books = before, after
        self._everywhere = found.tone or found.brand
        self._ids = {rule.id for rule in (*found.added, *found.removed, *found.changed)}

    def touches(self, mention: Mention, *, own: bool) -> bool:
        """Whether the verdict on a post can differ: some rule that the edit concerns has its words in it.

        Far cheaper than two verdicts; ``own`` says that we wrote it.
        """
        if self._everywhere:
            return True
        masked = self._books[0].mask(clean(mention.text))
        line = words(masked)
        return any(rule.id in self._ids for book in self._books for rule in book.fired(masked, line, own=own))


def cut_off(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Mistake, ...]:
    """The files of ``after`` (name -> text) that stop in the middle of a line, though they did not ``before``.

    So does a file that is being written, or whose writer died: "weight = 1.5" cut to "weight = 1" is still a number.
    """
    return tuple(
        Mistake(
            file,
            text.count("\n") + 1,
            "stops in the middle of a line, as a file does that was not written to its end",
            "save it again, with an end to its last line",
        )
        for file, text in sorted(after.items())
        if not text.endswith("\n") and before.get(file, "").endswith("\n")
    )


def turns(before: Verdict, after: Verdict) -> bool:
    """Whether two verdicts on one post differ in anything that decides who waits, how long, and who is paged."""
    return (before.kind, before.severity, before.marks, before.route) != (
        after.kind,
        after.severity,
        after.marks,
        after.route,
    )


def because(before: Verdict, after: Verdict) -> tuple[str, ...]:
    """The evidence that two verdicts on one post do not share, by name, the weightiest first."""
    said = [{(reason.rule, reason.weight) for reason in verdict.reasons} for verdict in (before, after)]
    differing = sorted(said[0] ^ said[1], key=lambda evidence: (-abs(evidence[1]), evidence[0]))
    return tuple(dict.fromkeys(rule for rule, _ in differing))
