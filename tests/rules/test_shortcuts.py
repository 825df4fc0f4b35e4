"""Every short cut that the judge takes leads where the long way would have led, whatever the text."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules import evidence, pieces, runs, scorer
from rules.judge import judge
from rules.model import Mention, Verdict
from rules.pack import Brand, RuleBook, load
from rules.phrase import compiled
from rules.runs import Runs
from rules.scorer import bundled
from rules.text import BRAND, HANDLE, LINK, Masker, clean, words
from tests.rules.builders import at

FILE = Path(scorer.__file__).parent
WRITTEN = json.loads((FILE / "weights.json").read_text(encoding="utf-8"))
PACKS = {file.name: file.read_text(encoding="utf-8") for file in sorted((FILE / "packs").glob("*.toml"))}
TELLING = """still no refund order waiting 3 hours days worst thanks great love please help why not never again so but
charged twice @AcmeHelp @sample_customer_01 u/acmehelp /u/someone ACME acme's https://example.org/x www.example.org
#fail $45 12 dollars rs 500 9:30pm 10 pm 4471293 soooo NOOO kind of least I i caf\u00e9 M\u00c4RZ \u00dcber
\u0130stanbul don't dont` `a\u00e9 re\u200bfund \U0001f621 \U0001f60a\U0001f60a :( :-) :D :/ ... .. ? ?? ?! !!! ! - --
" ' _ a_b, (ok) \u2026 \u00bd \u0301 &amp; w\u00e4re wo ist mein geld lol can't"""
SAID = st.lists(
    st.tuples(st.sampled_from(TELLING.split()), st.sampled_from([" ", " ", " ", "  ", "\n", ""])), max_size=20
)
TEXTS = st.one_of(SAID.map(lambda said: "".join(word + blank for word, blank in said)), st.text(max_size=80))


@pytest.fixture(scope="module")
def book() -> RuleBook:
    """The bundled rules."""
    return load(PACKS, Brand("Acme", ("acme",), frozenset({"acmehelp"})))


@settings(max_examples=1_000, deadline=None)
@given(TEXTS)
@example("a`b caf\u00e9`s 'tis")
@example("handlemask")
@example("' `")
def test_a_text_read_in_pieces_is_the_text_read_whole(book: RuleBook, text: str) -> None:
    masked = book.mask(clean(text))
    read = pieces.read(masked)
    assert read.line == words(masked)
    assert read.post == evidence.read(masked)
    if masked.isascii():
        assert book.tone.of(masked, read.spoken, read.lower, read.loud) == book.tone(masked)


@settings(max_examples=500, deadline=None)
@given(TEXTS, st.lists(st.sampled_from(["acmehelp", "sample_01", "shop_uk", "team"]), max_size=3), st.floats(-1, 1))
def test_any_post_is_weighed_as_the_file_says(text: str, handles: list[str], tone: float) -> None:
    post = evidence.read(clean(text))
    hits = [row for row in WRITTEN["cues"] if re.search(row[2], post.line, re.ASCII)]
    signs = evidence.cold(tone) + sum(row[3] for row in hits)
    numbers = evidence.numbers(post, {row[0] for row in hits}, signs, tone)
    address = evidence.address(handles, post)
    grams = evidence.grams(evidence.general(post.tokens))
    known = [row for row in WRITTEN["grams"] if row[0] in grams]
    length = math.sqrt(sum(row[1] ** 2 for row in known)) or 1.0
    wanted = [
        WRITTEN["bias"][head]
        + sum(row[5 + head] for row in hits)
        + sum(number * row[1 + head] for number, row in zip(numbers, WRITTEN["numbers"], strict=True))
        + sum(number * row[1 + head] for number, row in zip(address, WRITTEN["address"], strict=True))
        + sum(row[2 + head] for row in known) / length
        for head in range(3)
    ]
    weighed = bundled().weigh(post, handles, tone)
    assert [weighed.complaint, weighed.addressed, weighed.severe] == pytest.approx(wanted, abs=1e-9)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_names_are_masked_as_by_seeking_each_of_them_everywhere(text: str) -> None:
    mask = Masker(["Acme", "Acme App"], ["AcmeHelp"])
    masked = text = clean(text)
    if "://" in masked or "www." in masked:
        masked = re.sub(r"(?i)https?://\S+|www\.\S+", LINK, masked)
    if "@" in masked or "u/" in masked:
        at_or_u = r"(?:@|(?<!\w)/?u/)"
        masked = re.sub(rf"(?i){at_or_u}acmehelp(?:'s)?(?!\w)", BRAND, masked)
        masked = re.sub(rf"{at_or_u}\w+(?:\.\w+\.\w+)?(?:@\w+(?:\.\w+)+)?(?:'s(?!\w))?", HANDLE, masked)
    masked = re.sub(r"(?i)(?<!\w)(?:acme\s+app|acme)(?:'s)?(?!\w)", BRAND, masked)
    assert mask(text) == masked


def test_a_name_that_plain_letters_can_spell_is_sought_in_plain_texts() -> None:
    assert Masker(["\u017fofa"], [])("my sofa") == f"my {BRAND}"


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "b", "a b", "a b a", "bab*", "*bab", "b bab* a", "{number} a", "a|b c"]), max_size=6
    ),
    st.lists(st.sampled_from(["a", "b", "c", "bab", "babc", "cbab", "12", "zz"]), max_size=12),
)
def test_runs_are_found_wherever_they_stand(phrases: list[str], line: list[str]) -> None:
    sought = [compiled(phrase) for phrase in phrases]
    ways = list(dict.fromkeys(run for one in sought for run in one.parts[0]))
    present = Runs(ways).present(line)
    joined = f" {' '.join(line)} "
    for one in sought:
        assert bool(present & {ways.index(run) for run in one.parts[0]}) is bool(re.search(one.shape, joined))


def test_more_words_than_fit_are_refused_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "LARGEST", 3)
    Runs([("a", "b"), ("a", "c"), ("a", "b")])
    with pytest.raises(ValueError, match="too large; write fewer"):
        Runs([("a", "b"), ("c", "d")])


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, min_size=2, max_size=6))
def test_a_verdict_does_not_depend_on_what_was_read_before(book: RuleBook, texts: list[str]) -> None:
    def verdicts(order: list[str]) -> dict[str, Verdict]:
        return {text: judge(Mention("x", "1", "1", "sample_customer_01", text, at("10:00")), book) for text in order}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_MOST_KEPT", 2)
        forgetful = verdicts(texts)
    assert verdicts(texts[::-1]) == forgetful
