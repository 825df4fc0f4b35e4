"""A post that says over again what its author has said before, and posts that only look like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.repeats import repeats

SAME = [
    ("My order is late", "my order is late", "other capitals"),
    ("My order is late!!!", "My order is late.", "other punctuation"),
    ("@AcmeHelp my order is late", "my order is late @AcmeHelp @acme", "other handles"),
    ("my order is late https://example.org/a", "my order is late", "a link more"),
    ("my order is late 😡😡", "my order is late", "an emoji more"),
    ("Hello", "HELLO???", "one word"),
    ("I still can't log in", "i still cant log in", "an apostrophe less"),
    ("pleeease answer me", "please answer me", "a word drawn out"),
    ("Again: my order is late, hello?", "My order is late", "a few words around it"),
    ("@AcmeHelp Where is my parcel?? Anybody there?", "@AcmeHelp where is my parcel", "a call behind it"),
    (
        "The app has been crashing all day on my new phone please help me",
        "The app has been crashing all day on my phone please help me",
        "a word more in a long one",
    ),
    ("Wo bleibt mein Paket?", "wo bleibt mein paket", "German"),
    ("荷物はどこですか", "荷物はどこですか?", "Japanese"),
    ("order 12 is late", "Order 12 is late!", "the same number"),
]
OTHER = [
    ("My order is here", "My order is late", "another word"),
    ("order 12 is late", "order 13 is late", "another number"),
    ("My order 12 is late", "My order is late", "a number more"),
    (
        "It does not work on my new phone since the update came",
        "It does work on my new phone since the update came",
        "it is not so",
    ),
    ("?", "?", "no word"),
    ("https://example.org/a", "https://example.org/a", "a link alone"),
    ("@AcmeHelp", "@AcmeHelp", "a handle alone"),
    ("123", "123", "a number alone"),
    ("", "", "nothing"),
    ("", "My order is late", "a deleted post"),
    ("My order is late", "", "after a deleted post"),
    ("late", "My order is late", "a part of it"),
    ("Thanks, it has arrived", "Has it arrived", "an answer in the same words"),
    ("ok my order is late", "is late", "too few words to know them again"),
    (
        "My order is late and I have called twice and been told to wait and nobody knows where it is",
        "My order is late",
        "much more than before",
    ),
]


@pytest.mark.parametrize(("text", "before", "why"), SAME, ids=[row[2] for row in SAME])
def test_the_same_again_repeats(text: str, before: str, why: str) -> None:
    assert repeats(text, ["Hi there, a quick question", before])


@pytest.mark.parametrize(("text", "before", "why"), OTHER, ids=[row[2] for row in OTHER])
def test_something_else_does_not(text: str, before: str, why: str) -> None:
    assert not repeats(text, [before])


def test_a_first_post_repeats_nothing() -> None:
    assert not repeats("My order is late", [])


@given(st.text())
def test_what_has_a_word_in_it_repeats_itself_whatever_it_is(text: str) -> None:
    assert repeats(f"late {text}", [f"late {text}"])
