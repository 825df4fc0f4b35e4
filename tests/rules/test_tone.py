"""The tone is vaderSentiment's compound score to the last digit, whatever the text."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from rules.tone import Tone

REFERENCE = SentimentIntensityAnalyzer()
TONE = Tone({})
CHANGES = {"help": 0.0, "refund": -0.8, "unacceptable": -2.5, "great": 1.0}

TELLING = sorted(
    {*list(REFERENCE.lexicon)[::40], *BOOSTER_DICT, *NEGATE, *" ".join(SPECIAL_CASES).split()}
    | {"no", "or", "nor", "at", "very", "least", "kind", "of", "but", "so", "this", "doubt", "the", "phone"}
)
SPOKEN = st.builds(
    lambda word, loud, end: (word.upper() if loud else word) + end,
    st.sampled_from(TELLING),
    st.booleans(),
    st.sampled_from(["", "", "", "!", "?", "...", ",", "'s", "😡", "!!!"]),
)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(SPOKEN, max_size=14).map(" ".join))
@example("least good")
@example("never so this good, without doubt")
@example("good but BAD but good good")
def test_telling_words_in_any_order_score_as_the_library_scores_them(text: str) -> None:
    assert TONE(text) == REFERENCE.polarity_scores(text)["compound"]


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_scores_as_the_library_scores_it(text: str) -> None:
    assert TONE(text) == REFERENCE.polarity_scores(text)["compound"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*CHANGES, "not", "very", "so", "HELP", "REFUND!", "is"]), max_size=8).map(" ".join))
def test_a_changed_dictionary_scores_as_the_library_would_with_the_same_change(text: str) -> None:
    changed = SentimentIntensityAnalyzer()
    changed.lexicon = {word: value for word, value in {**changed.lexicon, **CHANGES}.items() if value or word != "help"}
    assert Tone(CHANGES)(text) == changed.polarity_scores(text)["compound"]


def test_a_word_changed_to_nothing_is_forgotten() -> None:
    assert TONE("help") > 0
    assert Tone({"help": 0})("help") == 0
