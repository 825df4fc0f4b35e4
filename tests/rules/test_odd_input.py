"""What becomes of odd input, one stated outcome each; docs/judging.md says the same in words."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Kind, Mention
from rules.pack import Brand, load

PACKS = Path(judges.__file__).parent / "packs"
PAGE = (PACKS.parents[1] / "docs" / "judging.md").read_text(encoding="utf-8")
BRAND = Brand("Acme", (), frozenset({"AcmeHelp"}))
BOOK = load({file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}, BRAND)
MEGABYTE = "the weather is fine " * 50_000

ODD: dict[str, Sequence[tuple[str, Kind]]] = {
    "empty text": [("", Kind.OTHER), (" \n\t ", Kind.OTHER), ("\u200b\u2060", Kind.OTHER)],
    "only emoji": [("\U0001f621\U0001f621", Kind.OTHER), ("\U0001f389", Kind.PRAISE)],
    "only links": [
        ("https://example.org/terrible-refund", Kind.OTHER),
        ("https://example.org/a www.example.org/b", Kind.OTHER),
        ("@AcmeHelp @worst_refund_scam", Kind.OTHER),
    ],
    "a text of 1 MB": [
        (MEGABYTE, Kind.OTHER),
        ("@AcmeHelp I was charged twice, refund please. " + MEGABYTE, Kind.COMPLAINT),
        (MEGABYTE + " @AcmeHelp I was charged twice, refund please", Kind.COMPLAINT),
    ],
    "invalid UTF-8, NULs": [
        ("@AcmeHelp ref\0und please", Kind.COMPLAINT),
        ("@AcmeHelp \ud800 refund please \udfff", Kind.COMPLAINT),
        (b"@AcmeHelp \xff\xfe refund please".decode("utf-8", "replace"), Kind.COMPLAINT),
    ],
    "mixed scripts": [
        ("@AcmeHelp \u0433\u0434\u0435 my order? refund please", Kind.COMPLAINT),
        (
            "\u043c\u043e\u0439 \u0437\u0430\u043a\u0430\u0437 \u043d\u0435 \u043f\u0440\u0438\u0448\u0435\u043b order",
            Kind.UNJUDGED,
        ),
        ("@AcmeHelp \u8fd4\u91d1\u3057\u3066\u304f\u3060\u3055\u3044 refund", Kind.UNJUDGED),
    ],
    "look-alike letters": [
        ("@AcmeHelp \uff52\uff45\uff46\uff55\uff4e\uff44 please", Kind.COMPLAINT),
        ("@AcmeHelp \U0001d42b\U0001d41e\U0001d41f\U0001d42e\U0001d427\U0001d41d please", Kind.COMPLAINT),
        ("r\u0435fund pl\u0435ase", Kind.OTHER),
    ],
    "invisible characters": [
        ("@AcmeHelp re\u200bfund please", Kind.COMPLAINT),
        ("@AcmeHelp re\u00adfu\u2060nd my mo\ufeffney", Kind.COMPLAINT),
    ],
    "HTML entities": [
        ("@AcmeHelp you&#39;ve charged me twice &amp; I&nbsp;want a re&shy;fund", Kind.COMPLAINT),
        ("&#0;&#xD800;&lt;&gt;", Kind.OTHER),
    ],
    "all capitals": [
        ("@ACMEHELP MY ORDER NEVER ARRIVED", Kind.COMPLAINT),
        ("THANK YOU SO MUCH @ACMEHELP", Kind.THANKS),
    ],
    "a language without spaces": [
        ("\u8fd4\u91d1\u3057\u3066\u304f\u3060\u3055\u3044", Kind.UNJUDGED),
        ("\u6211\u7684\u8ba2\u5355\u8fd8\u6ca1\u6709\u5230", Kind.UNJUDGED),
        (
            "\u0e09\u0e31\u0e19\u0e22\u0e31\u0e07\u0e44\u0e21\u0e48\u0e44\u0e14\u0e49\u0e23\u0e31\u0e1a\u0e40\u0e07\u0e34\u0e19\u0e04\u0e37\u0e19",
            Kind.UNJUDGED,
        ),
    ],
}


@pytest.mark.parametrize(("text", "kind"), [row for rows in ODD.values() for row in rows])
def test_odd_input_has_its_stated_outcome(text: str, kind: Kind) -> None:
    post = Mention("x", "1", "1", "sample_customer_01", text, datetime(2026, 3, 2, tzinfo=UTC))
    judge(post, BOOK)
    start = time.perf_counter()
    verdict = judge(post, BOOK)
    assert time.perf_counter() - start < 0.05
    assert verdict.kind is kind
    assert verdict.reasons


def test_every_outcome_is_stated_in_the_docs() -> None:
    table = PAGE.split("| input | outcome |")[1].split("\n\n")[0]
    assert [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()[2:]] == list(ODD)


def test_a_text_without_words_says_so() -> None:
    post = Mention("x", "1", "1", "a", "https://example.org/a", datetime(2026, 3, 2, tzinfo=UTC))
    assert judge(post, BOOK).reasons[0].why == "It has no words to judge."
