"""What an edit of the rule files changed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.changes import Edit, because, changes, cut_off, turns
from rules.judge import judge
from rules.model import Kind, Mention, Reason, Severity, Verdict
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


WORDS = ["refund", "late", "bitte", "zork"]
RULES = st.lists(
    st.builds(
        lambda word, does, none: rule(f"r-{word}-{does[:3]}", f'{does}\nnone = ["{none}"]').replace(
            f'any = ["r-{word}-{does[:3]}"]', f'any = ["{word}"]'
        ),
        st.sampled_from(WORDS),
        st.sampled_from(["weight = 2", "weight = -2", 'forces = "complaint"', 'severity = "crisis"']),
        st.sampled_from(["never", *WORDS]),
    ),
    max_size=4,
    unique_by=lambda text: text.splitlines()[1],
)


@given(RULES, RULES, st.sampled_from(["en", "de"]), st.lists(st.sampled_from([*WORDS, "the", "und", "?"]), max_size=5))
def test_a_post_that_an_edit_does_not_touch_keeps_its_verdict(
    before: list[str], after: list[str], lang: str, said: list[str]
) -> None:
    always = {"always.toml": HEAD + rule("always")}
    head = f'{HEAD}lang = "{lang}"\n'
    books = [load({**always, **({"e.toml": head + "".join(some)} if some else {})}, BRAND) for some in (before, after)]
    mention = Mention("x", "1", "t", "a", " ".join(said), datetime(2026, 3, 2, tzinfo=UTC), lang="de")
    edit = Edit(*books)
    for own in (False, True):
        if not edit.touches(mention, own=own):
            old, new = (judge(mention, book, own=own) for book in books)
            assert not turns(old, new)
            assert old.score == new.score


def test_a_change_of_the_mood_or_of_our_names_touches_every_post() -> None:
    mention = Mention("x", "1", "t", "a", "nothing", datetime(2026, 3, 2, tzinfo=UTC))
    mood = {**BEFORE, "rules/b.toml": f"{BEFORE['rules/b.toml']}[tone]\nhelp = 0\n"}
    assert Edit(load(BEFORE, BRAND), load(mood, BRAND)).touches(mention, own=False)
    assert Edit(load(BEFORE, BRAND), load(BEFORE, Brand("Other"))).touches(mention, own=False)
    assert not Edit(load(BEFORE, BRAND), load(BEFORE, BRAND)).touches(mention, own=False)


def test_a_verdict_turns_with_what_decides_who_waits_and_not_with_how_sure_it_is() -> None:
    one = Verdict(Kind.COMPLAINT, Severity.NORMAL, 0.6, "en", reasons=(Reason("a", "A.", 1.0), Reason("b", "B.", 0.5)))
    surer = Verdict(
        Kind.COMPLAINT, Severity.NORMAL, 0.9, "en", reasons=(Reason("a", "A.", 2.0), Reason("c", "C.", 0.1))
    )
    worse = Verdict(Kind.COMPLAINT, Severity.HIGH, 0.6, "en", reasons=one.reasons)
    routed = Verdict(Kind.COMPLAINT, Severity.NORMAL, 0.6, "en", reasons=one.reasons, route="press")
    assert not turns(one, surer)
    assert turns(one, worse)
    assert turns(one, routed)
    assert because(one, surer) == ("a", "b", "c")
    assert because(one, worse) == ()
