"""What the people who edit the rules say counts: weights turn verdicts both ways, forces wins, until ends a rule."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Kind, Mention, Verdict
from rules.pack import Brand, RuleBook, load

PACKS = Path(judges.__file__).parent / "packs"
BUNDLED: Mapping[str, str] = {file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def with_rule(does: str, any_of: str = "zork") -> RuleBook:
    """The bundled rules and one of an operator's own."""
    own = f'about = "Ours."\n[[rule]]\nid = "ours"\nany = ["{any_of}"]\nwhy = "We know better."\n{does}\n'
    return load({**BUNDLED, "ours.toml": own}, Brand("Acme", (), frozenset({"AcmeHelp"})))


def said(text: str, book: RuleBook, at: datetime = NOON) -> Verdict:
    return judge(Mention("x", "1", "1", "sample_customer_01", text, at), book)


SILENT = with_rule('topic = "nothing"')
CALM = """\
@AcmeHelp the zork came today
@AcmeHelp what a lovely zork
@AcmeHelp thank you for the zork
@AcmeHelp do you sell a zork in blue?
@AcmeHelp zork
"""
PLAIN_TROUBLE = """\
@AcmeHelp my zork is late
@AcmeHelp the zork does not load
@AcmeHelp disappointed with the zork
@AcmeHelp your zork is slow
"""
SURE = """\
@AcmeHelp worst zork ever, it broke twice and nobody answers, I want my money back
@AcmeHelp still no zork after three weeks, this is a scam, you will hear from my lawyer
"""


@pytest.mark.parametrize("text", CALM.splitlines())
def test_a_weight_of_four_makes_a_complaint_of_ordinary_words(text: str) -> None:
    assert not said(text, SILENT).complaint
    verdict = said(text, with_rule("weight = 4"))
    assert verdict.complaint
    assert any(reason.rule == "ours" and reason.weight == 4 for reason in verdict.reasons)


@pytest.mark.parametrize("text", PLAIN_TROUBLE.splitlines())
def test_a_weight_of_minus_four_clears_a_plain_complaint(text: str) -> None:
    assert said(text, SILENT).complaint
    verdict = said(text, with_rule("weight = -4"))
    assert not verdict.complaint
    assert any(reason.rule == "ours" and reason.weight == -4 for reason in verdict.reasons)


@pytest.mark.parametrize("text", SURE.splitlines())
def test_the_strongest_weight_clears_even_what_everything_speaks_for(text: str) -> None:
    assert said(text, SILENT).score > 0.95
    assert not said(text, with_rule("weight = -10")).complaint


@pytest.mark.parametrize("text", (CALM + PLAIN_TROUBLE + SURE).splitlines())
@pytest.mark.parametrize("kind", ["complaint", "question", "praise", "thanks", "other"])
def test_forces_wins_over_everything_else_that_is_said(kind: str, text: str) -> None:
    verdict = said(text, with_rule(f'forces = "{kind}"'))
    assert verdict.kind is Kind(kind)
    assert verdict.complaint is (kind == "complaint")
    assert (verdict.score > 0.95) if kind == "complaint" else (verdict.score < 0.05)
    assert verdict.reasons[0].rule == "ours"


def test_forces_wins_over_the_strongest_weights() -> None:
    own = (
        'about = "Ours."\n'
        '[[rule]]\nid = "heavy"\nany = ["zork"]\nweight = 10\nwhy = "Heavy."\n'
        '[[rule]]\nid = "ours"\nany = ["zork"]\nforces = "other"\nwhy = "We know better."\n'
    )
    book = load({**BUNDLED, "ours.toml": own}, Brand("Acme"))
    assert said("zork", book).kind is Kind.OTHER


@pytest.mark.parametrize("does", ["weight = 4", 'forces = "complaint"'])
def test_a_rule_ends_with_its_last_day_and_the_verdict_is_what_it_was_without_it(does: str) -> None:
    book = with_rule(f"{does}\nuntil = 2026-03-02")
    text = "@AcmeHelp the zork came today"
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert said(text, book, midnight - timedelta(seconds=1)).complaint
    assert said(text, book, midnight) == said(text, load(BUNDLED, book.brand), midnight)
