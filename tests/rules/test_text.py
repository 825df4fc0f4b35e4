"""What the judge reads of a text: cleaned, masked, in words, and in which language."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language import UNKNOWN, tell
from rules.text import BRAND, HANDLE, LINK, LONGEST, Masker, clean, words

MASK = Masker(["Acme", "Acme App", "C&A"], ["AcmeHelp", "acme.example.org"])


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("re\u200bfu\u00adnd", "refund"),
        ("\ufeffa\u202eb\u2066c", "abc"),
        ("a\0b\x1b[31m", "ab[31m"),
        ("you&#39;re &amp; &lt;3", "you're & <3"),
        ("\uff32\uff45fund \U0001d42b", "Refund r"),
        ("don\u2019t", "don't"),
        ("\ud800x", "\ufffdx"),
        ("u\u0308", "\u00fc"),
        ("❤\ufe0f", "❤"),
        ("line\none\ttab", "line\none\ttab"),
    ],
)
def test_tricks_with_characters_come_to_nothing(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_of_a_long_text_head_and_tail_are_kept() -> None:
    read = clean("a" * 5_000 + "b" * 5_000)
    assert len(read) == LONGEST + 1
    assert (read[:1_500], read[-500:]) == ("a" * 1_500, "b" * 500)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("@AcmeHelp hi @someone_1!", f"{BRAND} hi {HANDLE}!"),
        ("@acmehelper", HANDLE),
        ("u/AcmeHelp and /u/someone", f"{BRAND} and {HANDLE}"),
        ("@acme.example.org @name.bsky.social. @me@social.example", f"{BRAND} {HANDLE}. {HANDLE}"),
        ("see HTTPS://Example.org/acme?x=@y now", f"see {LINK} now"),
        ("www.example.org", LINK),
        ("ACME's app, acme  app, Acmes", f"{BRAND} app, {BRAND}, Acmes"),
        ("#acme fail", f"#{BRAND} fail"),
        ("C&A rocks", f"{BRAND} rocks"),
        ("thanks @AcmeHelp.Great", f"thanks {BRAND}.Great"),
    ],
)
def test_names_handles_and_links_are_masked(text: str, masked: str) -> None:
    assert MASK(clean(text)) == masked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't STOP, re-try: 3x!", "dont stop re try 3x"),
        ("pleeeease soooo 10000", "please so 10000"),
        ("why 😡😡 caf\u00e9-bar…", "why 😡 😡 caf\u00e9 bar"),
        ("snake_case #hash_tag", "snake case hash tag"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_words_are_plain(text: str, found: str) -> None:
    assert " ".join(words(clean(text))) == found


@settings(max_examples=500)
@given(st.text(max_size=300))
def test_words_of_words_are_the_same_words(text: str) -> None:
    once = words(clean(text))
    assert all(word and not word.isspace() for word in once)
    assert words(clean(" ".join(once))) == once


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "where is my order"),
        ("en", "thank you"),
        (None, "refund pls"),
        (None, "iphone 12"),
        (None, "ugh"),
        (None, "\u03c9"),
        (None, "im fr"),
        (None, "12345 67"),
        ("de", "wo ist mein geld"),
        ("es", "el servicio es p\u00e9simo"),
        ("tr", "sipari\u015fim hala gelmedi"),
        ("ja", "\u8fd4\u91d1\u3057\u3066\u304f\u3060\u3055\u3044"),
        ("ru", "\u0433\u0434\u0435 \u043c\u043e\u0439 \u0437\u0430\u043a\u0430\u0437"),
        (UNKNOWN, "\ua000\ua001\ua002 \ua003\ua004"),
    ],
)
def test_a_language_is_told_where_it_can_be(lang: str | None, text: str) -> None:
    assert tell(text.split()) == lang
