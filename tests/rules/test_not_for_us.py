"""Posts that rules take out, and why: spam, jobs, giveaways, quotes of our own posts, other companies of our name."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Kind, Mention, Verdict
from rules.pack import Brand, RuleBook, load

PACKS = Path(judges.__file__).parent / "packs"
BUNDLED = {file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}
PAGE = (PACKS.parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")
NAMESAKES = next(text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "acme-bakery" in text)
BRAND = Brand("Acme", ("acme air",), frozenset({"AcmeHelp", "acme.example"}))
BOOK = load(BUNDLED, BRAND)
WITH_NAMESAKES = load({**BUNDLED, "namesakes.toml": NAMESAKES}, BRAND)
TERRIBLE = "we are sorry for the terrible delay and the broken lift"


def said(text: str, book: RuleBook = BOOK, lang: str | None = None) -> Verdict:
    post = Mention("x", "1", "1", "sample_customer_01", text, datetime(2026, 3, 2, tzinfo=UTC), lang=lang)
    return judge(post, book, addressed=True)


TAKEN_OUT = [
    ("job-offer-shared", "We're hiring! Can you recommend anybody? https://example.org/job"),
    ("giveaway-shared", "Want a broken free phone? RT to win! https://example.org/win"),
    ("giveaway-shared", "Follow and RT for a chance to win a terrible lamp https://example.org/win"),
    ("said-to-be-another", "No, this awful cake was from a different Acme"),
    ("repeats-us", f"RT @AcmeHelp: {TERRIBLE}"),
    ("repeats-us", f"  rt Acme: {TERRIBLE}"),
    ("repeats-us", "RT @AcmeHelp: Es tut uns leid, dass die Anlage kaputt ist und niemand erreichbar war"),
    ("quotes-us", f"\u201c{TERRIBLE}\u201d \u2014 @AcmeHelp"),
    ("quotes-us", f'"{TERRIBLE}" via @AcmeHelp https://example.org/a'),
    ("only-quotes", f"&gt; {TERRIBLE}\n> still no answer"),
]


@pytest.mark.parametrize(("rule", "text"), TAKEN_OUT)
def test_a_post_that_is_not_for_us_is_taken_out_and_its_first_reason_says_so(rule: str, text: str) -> None:
    verdict = said(text)
    assert verdict.kind is Kind.OTHER
    assert verdict.score < 0.05
    assert verdict.reasons[0].rule == rule
    assert verdict.reasons[0].why.startswith("Not for us: ")


@pytest.mark.parametrize(
    "text",
    [
        f"Useless! RT @AcmeHelp: {TERRIBLE}",
        f"\u201c{TERRIBLE}\u201d \u2014 @AcmeHelp. That is a lie, nobody ever fixed it",
        f"> {TERRIBLE}\n\nStill broken, and nobody answers",
        "RT @sample_customer_02: @AcmeHelp lost my bag and nobody answers",
        "@AcmeHelp I entered to win and never got my prize, this is a scam https://example.org/a",
        "@AcmeHelp you are hiring but my application was lost and nobody answers https://example.org/a",
        "@AcmeHelp the other Acme order was never delivered, where is my refund",
    ],
)
def test_who_adds_a_word_of_their_own_is_heard(text: str) -> None:
    assert said(text).kind is Kind.COMPLAINT


@pytest.mark.parametrize(
    "text",
    [
        "The bread at Acme was stale and burnt, never again",
        "@acmebakery my loaf was burnt and nobody answers",
        "@AcmeBakery's cakes are broken and awful",
        "u/acme_bread my loaf was burnt and nobody answers",
        "@acmebakery.example.org you lost my order again",
    ],
)
def test_another_company_of_our_name_is_taken_out_by_its_trade_and_by_its_accounts(text: str) -> None:
    assert said(text).kind is Kind.COMPLAINT
    verdict = said(text, WITH_NAMESAKES)
    assert (verdict.kind, verdict.complaint) == (Kind.OTHER, False)
    assert "the Acme bakery" in verdict.reasons[0].why


@pytest.mark.parametrize(
    "text",
    [
        "Acme cancelled my flight and offered a stale cake",
        "@acmebakery @AcmeHelp you both ignore me, my order is lost",
        "@acmebakeryfan they lost my order again, Acme is useless",
        "acmebakery is a word, but Acme lost my bag",
    ],
)
def test_a_rule_about_a_namesake_leaves_our_own_customers_alone(text: str) -> None:
    assert said(text, WITH_NAMESAKES).kind is Kind.COMPLAINT


def test_a_rule_that_only_names_accounts_is_whole_and_its_examples_are_tried() -> None:
    rule = (
        'about = "A."\n[[rule]]\nid = "a"\nhandles = ["@Acme.Bakery"]\nforces = "other"\nwhy = "B."\n'
        'examples.flag = ["hello @acme.bakery!"]\nexamples.pass = ["hello @acme"]\n'
    )
    assert load({"a.toml": rule}, Brand("Sample")).rules[0].handles == {"acme.bakery"}
    with pytest.raises(Exception, match="does not match its own example"):
        load({"a.toml": rule.replace("hello @acme.bakery", "hello acme.bakery")}, Brand("Sample"))
    with pytest.raises(Exception, match='"handles" should'):
        load({"a.toml": rule.replace("@Acme.Bakery", "Acme Bakery")}, Brand("Sample"))
