"""docs/rules.md names every key, and what it shows works."""

import re
from pathlib import Path

import pytest

from rules.grammar import PackText, RuleText
from rules.judge import START
from rules.pack import Brand, load
from rules.phrase import compiled
from rules.text import LONGEST

PAGE = (Path(__file__).parent.parent.parent / "docs" / "rules.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", [*RuleText.model_fields, *PackText.model_fields])
def test_every_key_is_described(key: str) -> None:
    written = {"rule": "[[rule]]", "tone": "[tone]", "examples": "`examples.flag`"}.get(key, f"`{key}`")
    assert written in PAGE


def test_the_files_shown_are_good_ones() -> None:
    shown = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    brand = Brand("Acme", (), frozenset({"AcmeHelp"}))
    assert [len(load({"shown.toml": text}, brand).rules) for text in shown] == [1, 2]


def test_every_phrase_shown_can_be_read() -> None:
    table = PAGE.split("| write |")[1].split("\n\n")[0]
    phrases = [found.replace(r"\|", "|") for found in re.findall(r'`"(.*?)"`', table)]
    assert len(phrases) >= 10
    assert all(compiled(phrase).parts for phrase in phrases)


def test_the_numbers_shown_are_those_of_the_judge() -> None:
    assert f"added to {START}" in PAGE
    assert f"up to {LONGEST:,} characters" in PAGE
