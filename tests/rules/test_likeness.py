"""What posts without a topic have in common, and how rarely ordinary traffic is taken for an incident."""

import random
from collections import Counter, deque
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate

import pytest

from rules import likeness, surge
from rules.likeness import LINK, NOTHING, WORD

DAY = timedelta(days=1)
TEN = timedelta(minutes=10)
LEAST = 10


def subjects(text: str) -> set[str]:
    return set(likeness.subjects(text, (), ["Sample"]))


class TestSubjects:
    def test_a_post_with_a_topic_is_about_that_and_nothing_else(self) -> None:
        assert likeness.subjects("the carousel in the wizard", ("billing",)) == ("billing",)

    def test_moods_small_words_names_handles_and_what_any_complaint_says_tell_nothing(self) -> None:
        said = subjects(
            "@sample_help Sample this is terrible, please answer, your customer service never helps with that"
        )
        assert said == {NOTHING}

    def test_words_and_links_are_what_is_left(self) -> None:
        said = subjects("The carousel keeps spinning, see https://a.example/b?c=d. Carousel!")
        assert {WORD + "carousel", WORD + "spinning", LINK + "https://a.example/b?c=d"} <= said

    def test_a_post_of_a_thousand_words_has_few_subjects(self) -> None:
        letters = "abcdefghij"
        many = " ".join(letters[n // 100] + letters[n // 10 % 10] + letters[n % 10] + "xy" for n in range(1000))
        assert len(subjects(many)) <= 26


class TestMatter:
    def test_a_post_belongs_to_a_matter_of_words_if_it_shares_two_of_them(self) -> None:
        matter = likeness.matter("words:carousel,spinning,wizard")
        assert matter.of({"word:carousel", "word:wizard", NOTHING})
        assert not matter.of({"word:carousel", "word:boat"})
        assert matter.about == '"carousel, spinning, wizard"'

    def test_a_link_and_any_of_several_topics_are_matters_too(self) -> None:
        assert likeness.matter("link:https://a.example/b").of({"link:https://a.example/b"})
        assert likeness.matter("link:https://a.example/b").about == "a link to a.example"
        assert likeness.matter("topics:billing,fault").of({"fault"})
        assert likeness.matter("billing").of({"billing"})


class TestCluster:
    def test_words_that_are_said_together_are_one_matter_and_others_are_not(self) -> None:
        posts = [{"word:carousel", "word:spinning"}] * 12 + [{"word:boat", "word:sinking"}] * 11
        surging = {"word:carousel": 12, "word:spinning": 12, "word:boat": 11, "word:sinking": 11}
        assert likeness.cluster(surging, posts) == ("word:carousel", "word:spinning")

    def test_one_word_alone_is_no_matter(self) -> None:
        assert likeness.cluster({"word:carousel": 30}, [{"word:carousel"}] * 30) == ()
        assert likeness.cluster({}, []) == ()


def false_incidents(seed: int, days: int, a_day: float) -> int:
    """Incidents in quiet traffic: people who have nothing in common but a language, more of them by day than by night.

    Words are as unequal as those of a language: the commonest is said by about one in twelve. The day before is known
    window by window, as it is to Harken.
    """
    chance = random.Random(seed)
    words = [f"word:{number}" for number in range(2000)]
    weights = list(accumulate(1 / (number + 8) for number in range(2000)))
    windows = int(DAY / TEN)
    past: deque[tuple[int, Counter[str]]] = deque(maxlen=windows)
    before: Counter[str] = Counter()
    authors, found = 0, 0
    for number in range(days * windows):
        hour = (number % windows) / 6
        busy = 1.8 if 8 <= hour < 20 else 0.2
        here = poisson(chance, a_day / windows * busy)
        posts = [set(chance.choices(words, cum_weights=weights, k=8)) for _ in range(here)]
        counts = Counter(word for post in posts for word in post)
        known = len(past) * TEN
        many = [word for word, count in counts.items() if count >= LEAST]
        usual = {word: surge.usual(before[word], known, TEN) for word in many}
        found += bool(surges(counts, posts, before, authors, usual))
        if len(past) == windows:
            gone, old = past[0]
            authors, before = authors - gone, before - old
        past.append((here, counts))
        authors, before = authors + here, before + counts
    return found


def surges(
    counts: Counter[str], posts: Sequence[set[str]], before: Counter[str], authors: int, usual: dict[str, float]
) -> tuple[str, ...]:
    """The decision as the line makes it, from the same functions."""
    surging, needed = {}, {}
    for word, often in usual.items():
        count = counts[word]
        share = likeness.expected(before[word], authors, len(posts))
        needed[word] = surge.needed(max(often, share), LEAST)
        if count >= needed[word]:
            surging[word] = count
    words = likeness.cluster(surging, posts)
    both = sum(len(post.intersection(words)) >= 2 for post in posts)
    return words if words and both >= min(needed[word] for word in words) else ()


def poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, chance.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + chance.expovariate(1.0)
    return count


@pytest.mark.parametrize(("a_day", "days"), [(100, 30), (1000, 10), (6000, 3)])
def test_in_weeks_of_quiet_traffic_nothing_is_taken_for_an_incident(a_day: int, days: int) -> None:
    """Twice a month of a small brand, ten days of a middling one, three of a large one: not one."""
    assert [false_incidents(seed, days, a_day) for seed in range(2)] == [0, 0]


def test_the_first_hours_of_a_busy_brand_are_no_incident_either() -> None:
    assert sum(false_incidents(seed, 1, 6000) for seed in range(3)) == 0


def test_a_cluster_in_such_traffic_is_found() -> None:
    chance = random.Random(1)
    words = [f"word:{number}" for number in range(2000)]
    noise = [set(chance.choices(words, k=8)) for _ in range(20)]
    same = [{"word:carousel", "word:spinning", *chance.choices(words, k=5)} for _ in range(12)]
    posts = [*noise, *same]
    counts = Counter(word for post in posts for word in post)
    found = surges(
        counts, posts, Counter(), 400, dict.fromkeys([word for word, count in counts.items() if count >= LEAST], 1.0)
    )
    assert set(found) == {"word:carousel", "word:spinning"}
