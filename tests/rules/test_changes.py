"""What an edit of the rule files changed."""

import pytest

from rules.changes import changes, cut_off
from rules.pack import Brand, load

BRAND = Brand("Acme", ("acme",), frozenset({"acmehelp"}))
HEAD = 'about = "A test."\n'


def rule(name: str, more: str = "weight = 1") -> str:
    return f'[[rule]]\nid = "{name}"\nany = ["{name}"]\nwhy = "It says so."\n{more}\n'


BEFORE = {"rules/a.toml": HEAD + rule("one") + rule("two"), "rules/b.toml": HEAD + rule("three")}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (BEFORE, "no change"),
        ({**BEFORE, "rules/a.toml": f"# a comment\n\n{BEFORE['rules/a.toml']}"}, "no change"),
        ({**BEFORE, "rules/a.toml": HEAD + rule("two") + rule("one")}, "no change"),
        ({**BEFORE, "rules/b.toml": HEAD + rule("three") + rule("four")}, "+1 rule (b.toml)"),
        ({"rules/a.toml": BEFORE["rules/a.toml"]}, "-1 rule (b.toml)"),
        ({**BEFORE, "rules/b.toml": HEAD + rule("three", "weight = 2")}, "1 rule changed (b.toml)"),
        (
            {**BEFORE, "rules/b.toml": HEAD + rule("three", 'weight = 1\nexamples.flag = ["three"]')},
            "1 rule changed (b.toml)",
        ),
        ({**BEFORE, "rules/a.toml": 'topic = "delivery"\n' + BEFORE["rules/a.toml"]}, "2 rules changed (a.toml)"),
        (
            {"rules/a.toml": HEAD + rule("one", "raises = true") + rule("six"), "rules/c.toml": HEAD + rule("five")},
            "+2 rules, -2, 1 changed (a.toml, b.toml, c.toml)",
        ),
        ({**BEFORE, "rules/b.toml": f"{BEFORE['rules/b.toml']}[tone]\nhelp = 0\n"}, "the mood dictionary"),
    ],
)
def test_what_changed_is_counted_by_rule_and_named_by_file(after: dict[str, str], said: str) -> None:
    found = changes(load(BEFORE, BRAND), load(after, BRAND))
    assert str(found) == said
    assert bool(found) is (said != "no change")


def test_another_name_of_ours_is_a_change_of_no_rule() -> None:
    found = changes(load(BEFORE, BRAND), load(BEFORE, Brand("Other")))
    assert str(found) == "our names or accounts"
    assert not found.files


def test_a_rule_that_moves_to_another_file_is_the_same_rule() -> None:
    moved = {"rules/a.toml": HEAD + rule("one"), "rules/b.toml": HEAD + rule("three") + rule("two")}
    assert not changes(load(BEFORE, BRAND), load(moved, BRAND))


def test_a_file_cut_in_the_middle_of_a_line_is_noticed_also_where_it_still_reads_well() -> None:
    whole = {"a.toml": HEAD + rule("one", "weight = 1.5")}
    cut = {"a.toml": whole["a.toml"][:-3]}
    assert load(cut, BRAND).rules[0].weight == 1
    (mistake,) = cut_off(whole, cut)
    assert str(mistake).startswith("a.toml:6: stops in the middle of a line")


def test_an_editor_that_never_ends_the_last_line_is_let_be() -> None:
    ragged = {"a.toml": (HEAD + rule("one")).rstrip(), "new.toml": (HEAD + rule("two")).rstrip()}
    assert cut_off({"a.toml": ragged["a.toml"]}, ragged) == ()
    assert cut_off(BEFORE, BEFORE) == ()


def test_a_book_without_some_rules_is_as_if_they_had_never_been_written() -> None:
    book = load(BEFORE, BRAND)
    thinner = book.without({"one"})
    assert [made.id for made in thinner.rules] == ["two", "three"]
    assert [found.id for found in thinner.fired("one two", ["one", "two"], own=False)] == ["two"]
    assert {found.id for found in book.fired("one two", ["one", "two"], own=False)} == {"one", "two"}
