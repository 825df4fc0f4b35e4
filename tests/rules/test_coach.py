"""The coach: 235 labelled replies, each with exactly the advice that it should get."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rules.coach import Advice, Context, coach
from rules.coach_book import CoachBook, load
from rules.draft import LONGEST
from rules.model import Kind

HERE = Path(__file__).parent
PACKS = sorted((HERE.parents[1] / "rules" / "packs" / "coach").glob("*.toml"))
REPLIES = [json.loads(line) for line in (HERE / "coach_replies.jsonl").read_text(encoding="utf-8").splitlines()]
BOOK = load({file.name: file.read_text(encoding="utf-8") for file in PACKS})


def said(text: str, network: str | None = None, to: str = "complaint", book: CoachBook = BOOK) -> tuple[Advice, ...]:
    return coach(text, Context(network, Kind(to)), book)


def ids(text: str, network: str | None = None, to: str = "complaint") -> list[str]:
    return [advice.rule for advice in said(text, network, to)]


@pytest.mark.parametrize("reply", REPLIES, ids=[f"{number}" for number in range(1, len(REPLIES) + 1)])
def test_a_reply_gets_exactly_the_advice_it_needs(reply: dict[str, str]) -> None:
    got = ids(reply["reply"], reply.get("network"), reply.get("to", "complaint"))
    assert sorted(got) == sorted(reply["wants"]), reply["reply"]


def test_the_table_is_large_and_every_rule_of_the_pack_is_in_it() -> None:
    counted = Counter(rule for reply in REPLIES for rule in reply["wants"])
    assert len(REPLIES) >= 100
    assert {rule.id for rule in BOOK.rules} == set(counted)
    assert sum(not reply["wants"] for reply in REPLIES) >= 30
    assert len({json.dumps(reply) for reply in REPLIES}) == len(REPLIES)


def test_the_words_that_advice_is_about_are_pointed_at() -> None:
    text = "Sorry you feel that way.\n\nAs we already told you, we call 07911 123456 today."
    words = {advice.rule: [text[start:end] for start, end in advice.spans] for advice in said(text)}
    assert words == {
        "sorry-you-feel": ["Sorry you feel"],
        "blame": ["As we already told"],
        "phone": ["07911 123456"],
    }


def test_what_must_be_put_right_comes_first_then_in_the_order_of_the_words() -> None:
    found = said("Kindly wait. As per our policy, you should have read it. Sorry if that hurts. We call you at 5pm.")
    assert [advice.rule for advice in found if advice.must] == ["policy", "blame", "sorry-you-feel"]
    assert [advice.must for advice in found] == sorted([advice.must for advice in found], reverse=True)


def test_only_an_answer_to_a_complaint_needs_an_apology() -> None:
    text = "The doors open at 9am."
    assert ids(text) == ["no-apology"]
    assert [ids(text, to=kind) for kind in ("question", "praise", "thanks", "other")] == [[], [], [], []]


def test_too_long_points_at_what_is_too_much_and_says_how_much_it_is() -> None:
    text = "Sorry. We call you at 5pm. " + "x" * 300
    (advice,) = said(text, "x")
    assert (advice.rule, advice.must) == ("too-long", True)
    assert advice.spans == ((280, len(text)),)
    assert advice.say.endswith("(327 of 280 on x)")
    assert said(text) == said(text, "mastodon") == said(text, "a network nobody limits") == ()


def test_a_short_german_draft_is_read_in_the_language_of_its_reader() -> None:
    said_so = coach("Verzeihung!", Context(lang="de"), BOOK)
    assert [advice.rule for advice in said_so] == ["de-what-next"]


def test_a_draft_in_a_language_without_rules_is_read_for_what_is_private_only() -> None:
    text = "Nous sommes désolés, votre colis est arrivé chez sample.customer.01@example.org hier soir."
    assert ids(text) == ["email"]


def test_capitals_curly_signs_and_odd_blanks_hide_nothing() -> None:
    assert "sorry-you-feel" in ids("WE\u2019RE SORRY\u00a0YOU\u200b FEEL THAT WAY")
    assert "blame" in ids("You should\u2019ve checked first, sorry")
    assert "card" in ids("Sorry, 4111\u00a01111\u202f1111\u200b1111")
    assert "order-number" in ids("Sorry, order\u00a0no.\u00a04711-2233")


def test_what_stands_in_a_link_is_no_word_of_ours() -> None:
    assert ids("Sorry. Please see https://example.org/order-12345/you-should-have-read/4111111111111111") == []


@pytest.mark.parametrize("nothing", ["", " ", "\n\t", "\u200b", "\x00", "..."])
def test_nothing_gets_no_advice(nothing: str) -> None:
    assert said(nothing, "x") == ()


HOSTILE = {
    "letters": "a" * 1_000_000,
    "apologies": "sorry " * 170_000,
    "digits": "1 " * 500_000,
    "cards": "4111 1111 1111 1111 " * 50_000,
    "accounts": "DE89 3704 0044 0532 0130 00 " * 36_000,
    "emoji": "\U0001f621" * 250_000,
    "marks": "\u0301" * 500_000,
    "links": "https://example.org/x " * 45_000,
    "names": "acme.com " * 110_000,
    "at": "@" * 1_000_000,
    "brackets": "(" * 1_000_000,
    "half": "\ud800 sorry if " * 80_000,
    "policy": "as per our policy " * 55_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_read_in_a_moment(text: str) -> None:
    began = time.process_time()
    found = said(text, "x")
    assert time.process_time() - began < 5
    assert all(0 <= start < end <= LONGEST for advice in found for start, end in advice.spans)


@given(some.text(max_size=400), some.sampled_from([None, "x", "mastodon", "bluesky", "reddit"]))
def test_spans_are_in_order_inside_the_draft_and_the_same_every_time(text: str, network: str | None) -> None:
    found = said(text, network)
    assert found == said(text, network)
    for advice in found:
        assert list(advice.spans) == sorted(advice.spans)
        assert all(0 <= start < end <= len(text) for start, end in advice.spans)


@given(some.sampled_from([reply["reply"] for reply in REPLIES]), some.sampled_from([" \n", "\t", "\u00a0 "]))
def test_how_a_draft_is_broken_into_lines_does_not_matter(reply: str, blank: str) -> None:
    assert {advice.rule for advice in said(reply)} == {advice.rule for advice in said(reply.replace(". ", f".{blank}"))}
