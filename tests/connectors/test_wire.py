"""The wire format: strict in what it takes, one form in what it gives."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import _wire
from connectors._wire import WireError, read, write
from rules.model import Mention

LEAST = {
    "source": "reviews",
    "id": "1",
    "thread": "1",
    "author": "sample_customer_01",
    "text": "Where is my parcel?",
    "posted_at": "2026-01-31T09:30:00Z",
}
MENTION = Mention(
    "reviews", "1", "1", "sample_customer_01", "Where is my parcel?", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
)


def line(**changed: object) -> str:
    return json.dumps({**LEAST, **changed})


def test_a_line_with_only_the_needed_keys_is_a_mention_whose_other_fields_are_null() -> None:
    assert read(line()) == MENTION
    assert read(line().encode()) == MENTION


def test_keys_nobody_knows_are_ignored() -> None:
    assert read(line(colour="red", nested={"deep": [1, 2]})) == MENTION


def test_optional_keys_may_be_null() -> None:
    names = {field.name: None for field in fields(Mention) if field.name not in LEAST}
    assert read(line(**names)) == MENTION


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (line(followers="FIGURE").replace('"FIGURE"', "9" * 5000), "not JSON"),
        ("[]", "it is a list, not a JSON object"),
        ("null", "it is null, not a JSON object"),
        ('"words"', "it is text, not a JSON object"),
        (line(id=None), "id is null, not text"),
        (line(id=7), "id is a number, not text"),
        (line(id=""), "id is empty"),
        (line(thread=" "), "thread is empty"),
        (line(author=""), "author is empty"),
        (line(text=["a"]), "text is a list, not text"),
        (line(url=True), "url is true or false, not text"),
        (line(followers="12"), "followers is text, not a whole number"),
        (line(followers=True), "followers is true or false, not a whole number"),
        (line(followers=1.5), "followers is a number, not a whole number"),
        (line(followers=-1), "followers is not between 0 and"),
        (line(followers=2**63), "followers is not between 0 and"),
        (line(posted_at=1769851800), "posted_at is a number, not text"),
        (line(posted_at="1769851800"), "posted_at is not a time of RFC 3339"),
        (line(posted_at="2026-01-31"), "posted_at is not a time of RFC 3339"),
        (line(posted_at="2026-01-31T09:30:00"), "posted_at is not a time of RFC 3339 with a zone"),
        (line(posted_at="٢٠٢٦-01-31T09:30:00Z"), "posted_at is not a time of RFC 3339"),
        (line(posted_at="2026-02-30T09:30:00Z"), "posted_at is not a moment"),
        (line(posted_at="0000-01-01T00:00:00Z"), "posted_at is not a moment"),
        (line(posted_at="0001-01-01T00:00:00+14:00"), "posted_at is not a moment"),
        (line(posted_at="9999-12-31T23:59:59-01:00"), "posted_at is not a moment"),
        (line(posted_at="9999-12-31T23:59:60Z"), "posted_at is not a moment"),
    ],
)
def test_what_is_no_mention_is_refused_with_a_sentence_that_names_the_field(text: str, what: str) -> None:
    for form in (text, text.encode()):
        with pytest.raises(WireError) as refused:
            read(form)
        assert what in str(refused.value)
        assert "\n" not in str(refused.value)


def test_every_wrong_field_of_a_line_is_named_at_once() -> None:
    with pytest.raises(WireError, match="id is missing, and text is null, not text"):
        read(json.dumps({name: value for name, value in {**LEAST, "text": None}.items() if name != "id"}))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31t09:30:00z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31 10:30:00+01:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30:00-00:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30:00.25Z", datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-01-31T09:30:00.1234567891Z", datetime(2026, 1, 31, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_turned_into_utc(written: str, at: datetime) -> None:
    found = read(line(posted_at=written)).posted_at
    assert (found, found.tzinfo) == (at, UTC)


def test_a_handle_loses_one_leading_at_sign() -> None:
    assert read(line(author="@sample_customer_01")).author == "sample_customer_01"
    assert read(line(author="@")).author == "@"


def test_nul_lone_surrogates_and_broken_utf8_become_the_replacement_character() -> None:
    assert read(line(text="a\0b")).text == "a\ufffdb"
    assert read(line(text="a\0b").encode()).text == "a\ufffdb"
    assert read(line(text="a\ud800b")).text == "a\ufffdb"
    assert read(line(text="a\ud800b", id="\udfff")).id == "\ufffd"
    assert read(json.dumps({**LEAST, "text": "a\ud800b"}, ensure_ascii=False)).text == "a\ufffdb"
    assert read(line(text="a?b").encode().replace(b"?", b"\xff")).text == "a\ufffdb"
    assert read("\ufeff" + line()) == MENTION
    assert read(b"\xef\xbb\xbf" + line().encode()) == MENTION


def test_a_text_that_spells_a_nul_escape_keeps_its_backslash() -> None:
    assert read(line(text="\\u0000")).text == "\\u0000"


def test_a_parsed_value_is_held_to_the_same_rules_as_a_line() -> None:
    assert _wire.mention(dict(LEAST)) == MENTION
    assert _wire.mention({**LEAST, "text": "a\0b"}).text == "a\ufffdb"
    for wrong in (None, [], {}, {**LEAST, "id": 1}, {**LEAST, 7: "x", "text": None}):
        with pytest.raises(WireError):
            _wire.mention(wrong)


def test_what_is_written_is_one_line_of_ascii_without_nulls() -> None:
    written = write(replace(MENTION, text="late\n\x1b[31m \u202e\u0085\u2028 ärger", author_name=None))
    assert written.isascii()
    assert len(written.splitlines()) == 1
    assert list(json.loads(written)) == list(LEAST)


INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - the strategy wants naive bounds
WORDS = st.text(max_size=40)
NAMES = WORDS.filter(lambda text: text.strip("\0 ") and text.strip() and not text.startswith("@"))


@given(
    st.builds(
        Mention,
        source=NAMES,
        id=NAMES,
        thread=NAMES,
        author=NAMES,
        text=WORDS,
        posted_at=INSTANTS,
        reply_to=st.none() | NAMES,
        author_name=st.none() | WORDS,
        followers=st.none() | st.integers(0, 2**63 - 1),
        url=st.none() | WORDS,
    )
)
def test_writing_and_reading_give_the_same_mention(mention: Mention) -> None:
    clean = {name: _clean(getattr(mention, name)) for name in (field.name for field in fields(Mention))}
    assert read(write(mention)) == Mention(**clean)  # type: ignore[arg-type]  # the same fields
    assert read(write(mention).encode()) == Mention(**clean)  # type: ignore[arg-type]  # the same fields


def _clean(value: object) -> object:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def test_another_zone_is_written_as_utc() -> None:
    there = replace(MENTION, posted_at=MENTION.posted_at.astimezone(timezone(timedelta(hours=2))))
    assert write(there) == write(MENTION)
