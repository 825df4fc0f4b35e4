"""Which policy a new case is under: the first that fits, and why; and which none can ever come to."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.choice import Fit, Opening, choose, named, never
from rules.model import Severity

POST = Opening(
    source="x-care",
    networks=frozenset({"x"}),
    severity=Severity.HIGH,
    topics=frozenset({"billing", "delivery"}),
    language="de",
    followers=12_000,
    names=frozenset({"sample"}),
)

# A condition, whether the post above fulfils it, and what is said of it.
CONDITIONS = [
    (Fit(sources=frozenset({"x-care", "reviews"})), "heard through x-care"),
    (Fit(sources=frozenset({"reviews"})), None),
    (Fit(networks=frozenset({"x", "reddit"})), "on x"),
    (Fit(networks=frozenset({"reddit"})), None),
    (Fit(severities=frozenset({Severity.HIGH, Severity.CRISIS})), "it opened as high"),
    (Fit(severities=frozenset({Severity.CRISIS})), None),
    (Fit(topics=frozenset({"billing", "safety"})), "about billing"),
    (Fit(topics=frozenset({"safety"})), None),
    (Fit(languages=frozenset({"de"})), "in the language de"),
    (Fit(languages=frozenset({"en"})), None),
    (Fit(followers=12_000), "12,000 followers or more"),
    (Fit(followers=12_001), None),
    (Fit(names=frozenset({"sample", "samplepay"})), "it names sample"),
    (Fit(names=frozenset({"samplepay"})), None),
]


@pytest.mark.parametrize(("fit", "said"), CONDITIONS)
def test_a_policy_fits_what_fulfils_its_condition_and_says_how(fit: Fit, said: str | None) -> None:
    choice = choose([fit, Fit()], POST)
    assert (choice.place, choice.why) == (
        (1, "no earlier one fits") if said is None else (0, f"the first that fits: {said}")
    )


def test_the_first_that_fits_is_taken_in_the_order_of_the_file() -> None:
    about, on = Fit(topics=frozenset({"billing"})), Fit(networks=frozenset({"x"}))
    assert [choose(each, POST).place for each in ([about, on, Fit()], [on, about, Fit()])] == [0, 0]


def test_of_several_conditions_each_has_to_hold() -> None:
    both = Fit(topics=frozenset({"billing"}), languages=frozenset({"de"}))
    assert choose([both, Fit()], POST).why == "the first that fits: about billing, in the language de"
    assert choose([both, Fit()], replace(POST, language="en")).place == 1


def test_what_is_not_known_fulfils_no_condition() -> None:
    unknown = replace(POST, language=None, followers=None)
    assert choose([Fit(languages=frozenset({"de"})), Fit(followers=1), Fit()], unknown).place == 2


def test_where_none_fits_the_last_is_taken() -> None:
    assert choose([Fit(followers=50_000), Fit(topics=frozenset({"safety"}))], POST).place == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("My SamplePay does not work", {"samplepay"}),
        ("@sample where is it?", {"sample"}),
        ("#Sample, hello", {"sample"}),
        ("samples are free", set()),
        ("I like Sample Post.", {"sample", "sample post"}),
    ],
)
def test_a_name_stands_in_a_post_as_words_of_its_own(text: str, found: set[str]) -> None:
    assert named(["Sample", "SamplePay", "Sample Post"], text) == found


def levels(*of: Severity) -> Fit:
    return Fit(severities=frozenset(of))


@pytest.mark.parametrize(
    ("fits", "lost"),
    [
        pytest.param([Fit(), Fit(followers=10)], (1,), id="after one that fits all"),
        pytest.param([Fit(followers=10), Fit(followers=100), Fit()], (1,), id="fewer followers were asked for before"),
        pytest.param([Fit(followers=100), Fit(followers=10), Fit()], (), id="the stricter one first"),
        pytest.param(
            [levels(Severity.LOW, Severity.NORMAL), levels(Severity.HIGH, Severity.CRISIS), Fit()],
            (2,),
            id="two that together fit all",
        ),
        pytest.param(
            [Fit(topics=frozenset("ab")), Fit(topics=frozenset("ac")), Fit(topics=frozenset("b")), Fit()],
            (2,),
            id="a topic that was asked for before",
        ),
    ],
)
def test_a_policy_is_never_chosen_where_earlier_ones_fit_all_that_it_fits(fits: list[Fit], lost: tuple[int]) -> None:
    assert never(fits) == lost


SOME = st.frozensets(st.sampled_from("abc"), max_size=2)
LEVELS = st.frozensets(st.sampled_from(Severity), max_size=2)
FITS = st.lists(
    st.builds(Fit, SOME, SOME, LEVELS, SOME, SOME, st.sampled_from([0, 10, 100]), SOME), min_size=1, max_size=5
)
OPENINGS = st.builds(
    Opening,
    st.sampled_from("abcd"),
    st.frozensets(st.sampled_from("abcd"), min_size=1),
    st.sampled_from(Severity),
    st.frozensets(st.sampled_from("abcd")),
    st.none() | st.sampled_from("abcd"),
    st.none() | st.integers(0, 200),
    st.frozensets(st.sampled_from("abcd")),
)


@given(FITS, OPENINGS)
def test_no_case_comes_to_a_policy_that_is_said_to_be_never_chosen(fits: list[Fit], opening: Opening) -> None:
    fits = [*fits, Fit()]
    assert choose(fits, opening).place not in never(fits)
