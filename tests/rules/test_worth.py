"""What rules have been worth."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.judge import judge
from rules.model import Mention
from rules.pack import Brand, load
from rules.worth import Worth, claims, wilson

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOK = load(
    {
        "a.toml": """
about = "A."
[[rule]]
id = "zorked"
any = ["zorked"]
forces = "complaint"
why = "It zorked."
[[rule]]
id = "crisis"
any = ["zorked"]
severity = "crisis"
why = "It is bad."
""",
        "b.toml": """
about = "B."
[[rule]]
id = "blarg"
any = ["blarg"]
forces = "complaint"
why = "It blarged."
[[rule]]
id = "joking"
any = ["joking"]
weight = -1
why = "It is a joke."
""",
    },
    Brand("Sample"),
)


def post(text: str, number: int = 0) -> Mention:
    return Mention("x", str(number), "t", "sample_customer_01", text, AT.replace(minute=number))


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    [
        # Wilson's interval as worked out by others: Newcombe, Statistics in Medicine 17 (1998), 857-872, table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(hits: int, tries: int, low: float, high: float) -> None:
    assert wilson(hits, tries) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_lies_between_nothing_and_everything_around_the_share(hits: int, tries: int) -> None:
    found = wilson(min(hits, tries), tries)
    assert found is not None
    share = min(hits, tries) / tries
    assert 0 <= found[0] <= share + 1e-9
    assert share - 1e-9 <= found[1] <= 1
    assert wilson(0, 0) is None


def test_a_rule_claims_a_complaint_or_none_or_says_neither() -> None:
    assert {rule.id: claims(rule) for rule in BOOK.rules} == {
        "zorked": True,
        "crisis": None,
        "blarg": True,
        "joking": False,
    }


def test_fired_last_agreed_and_lost_are_counted_by_rule_and_by_file() -> None:
    worth = Worth(BOOK)
    posts = [
        ("It zorked", True),
        ("It zorked again", None),
        ("It zorked, just joking", False),
        ("It zorked and blarged, blarg", None),
        ("nothing", True),
    ]
    for number, (text, complaint) in enumerate(posts):
        worth.count(post(text, number), own=False, complaint=complaint)
    zorked, blarg, joking = (worth.rules[name] for name in ("zorked", "blarg", "joking"))
    assert (zorked.fired, zorked.complaints, zorked.right, zorked.wrong) == (4, 4, 1, 1)
    assert zorked.last == AT.replace(minute=3)
    assert zorked.lost == 3, "the fourth would be found without it"
    assert (blarg.fired, blarg.lost, blarg.precision, blarg.interval) == (1, 0, None, None)
    assert (joking.fired, joking.right, joking.wrong, joking.lost) == (1, 1, 0, 0)
    assert (worth.files["a.toml"].fired, worth.files["a.toml"].lost) == (4, 3)
    assert (worth.files["b.toml"].fired, worth.files["b.toml"].right) == (2, 1)


def test_what_a_rule_costs_is_what_the_judge_says_without_it() -> None:
    worth = Worth(BOOK)
    texts = [
        "It zorked",
        "blarg",
        "zorked blarg",
        "I was charged twice and nobody answers, this is unacceptable zorked",
    ]
    for text in texts:
        worth.count(post(text), own=False, complaint=None)
    without = BOOK.without({"zorked"})
    lost = [text for text in texts if judge(post(text), BOOK).complaint and not judge(post(text), without).complaint]
    assert worth.rules["zorked"].lost == len(lost) >= 1


def test_our_own_posts_are_no_complaints() -> None:
    worth = Worth(BOOK)
    worth.count(post("It zorked"), own=True, complaint=None)
    assert worth.rules["zorked"].fired == 0
