"""The learned weights: that they are what the model card says, and are read as they were learned."""

import json
import math
import re
from pathlib import Path

import pytest

from rules import evidence, scorer
from rules.scorer import Scorer, bundled

FILE = Path(scorer.__file__).parent / "weights.json"
WRITTEN = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_file_is_small_and_holds_no_account_link_number_or_rare_run_of_words() -> None:
    assert FILE.stat().st_size <= 300_000
    grams = [row[0] for row in WRITTEN["grams"]]
    assert all(1 <= len(gram.split()) <= 2 for gram in grams)
    assert not [gram for gram in grams if "@" in gram or "http" in gram or any(sign in gram for sign in "123456789")]
    assert max(len(word) for gram in grams for word in gram.split()) < 16


def test_every_cue_says_in_a_sentence_what_it_found() -> None:
    for name, why, *_ in WRITTEN["cues"]:
        assert why[0].isupper(), name
        assert why.endswith((".", ").")), name
        assert len(why) < 80, name


def test_a_sign_of_a_complaint_never_speaks_against_one() -> None:
    assert [row[0] for row in WRITTEN["cues"] if row[3] and row[5] < 0] == []


def test_to_whom_a_post_speaks_says_nothing_of_what_it_says() -> None:
    about = [row for row in [*WRITTEN["cues"], *WRITTEN["numbers"]] if row[0] in evidence.ABOUT_HANDLES]
    assert about
    assert {weight for row in about for weight in (row[-3], row[-1])} == {0.0}


def test_weights_for_other_evidence_are_refused_with_a_cure() -> None:
    for key, value in (("format", 0), ("numbers", []), ("address", [])):
        with pytest.raises(ValueError, match="train them again"):
            Scorer(json.dumps(WRITTEN | {key: value}))


def test_a_post_is_weighed_as_the_file_says() -> None:
    text, tone = "handlemask why is my order not here? Thanks for nothing!!", -0.6
    post = evidence.read(text)
    hits = [row for row in WRITTEN["cues"] if re.search(row[2], post.line)]
    signs = evidence.cold(tone) + sum(row[3] for row in hits)
    numbers = evidence.numbers(post, {row[0] for row in hits}, signs, tone)
    known = [row for row in WRITTEN["grams"] if row[0] in evidence.grams(evidence.general(post.tokens))]
    length = math.sqrt(sum(row[1] ** 2 for row in known))
    wanted = [
        WRITTEN["bias"][head]
        + sum(row[5 + head] for row in hits)
        + sum(number * row[1 + head] for number, row in zip(numbers, WRITTEN["numbers"], strict=True))
        + sum(row[2 + head] for row in known) / length
        for head in range(3)
    ]
    assert len(known) > 10
    weighed = bundled().weigh(post, (), tone)
    assert [weighed.complaint, weighed.addressed, weighed.severe] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Can't  LOGIN since 9:30pm!!!", ["cant", "login", "since", "xtime", "!+"]),
        (
            "paid \u00a340 and 12 dollars for order 4471293",
            ["paid", "xmoney", "and", "xmoney", "for", "order", "xcode"],
        ),
        ("handlemask soooo slow ?! linkmask", ["xuser", "soo", "slow", "?!+", "xurl"]),
        ("brandmask 2 days... \U0001f621 :)", ["xuser", "0", "days", "..", "xneg", "xpos"]),
        ("caf\u00e9 closed rs 500", ["cafe", "closed", "xmoney"]),
        ("", []),
        ("\u6f22\u5b57 \ud800", []),
    ],
)
def test_a_text_is_read_as_tokens(text: str, tokens: list[str]) -> None:
    assert evidence.read(text).tokens == tokens


def test_what_is_broken_differs_that_it_is_broken_does_not() -> None:
    said = [
        evidence.grams(evidence.general(evidence.read(f"my {thing} broke").tokens)) for thing in ("phone", "jacket")
    ]
    assert said[0] == said[1] != set()
    assert "my xthing" in said[0]
