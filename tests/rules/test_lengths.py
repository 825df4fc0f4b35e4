"""How long a text is to each network."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rules.lengths import fits, length

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


@pytest.mark.parametrize(
    ("network", "text", "counted"),
    [
        ("x", "", 0),
        ("x", "hello", 5),
        ("x", "\u00e9", 1),
        ("x", "e\u0301", 1),
        ("x", "\u201cquoted\u201d \u2026", 11),
        ("x", "\u6f22\u5b57", 4),
        ("x", FAMILY, 2),
        ("x", "\U0001f1e9\U0001f1ea", 2),
        ("x", "#\ufe0f\u20e3", 2),
        ("x", "https://example.org/" + "a" * 100, 23),
        ("x", "see http://a.co now", 31),
        ("x", "acme.com", 23),
        ("x", "Go to acme.com/help.", 30),
        ("x", "done.Nothing else", 17),
        ("x", "mail me@acme.com", 16),
        ("mastodon", FAMILY, 1),
        ("mastodon", "https://example.org/" + "a" * 100, 23),
        ("mastodon", "acme.com", 8),
        ("mastodon", "@sample@example.social hello", 13),
        ("bluesky", FAMILY + "e\u0301", 2),
        ("bluesky", "https://example.org/" + "a" * 10, 30),
        ("reddit", FAMILY, 7),
        ("reddit", "https://example.org/", 20),
        ("elsewhere", "hello", 5),
    ],
)
def test_a_network_counts_in_its_own_way(network: str, text: str, counted: int) -> None:
    assert length(text, network) == counted


def test_what_fits_ends_where_the_limit_is_passed() -> None:
    assert fits("hello", "x", 5) == 5
    assert fits("hello", "x", 4) == 4
    assert fits("ab" + FAMILY + "c", "x", 3) == 2
    assert fits("ab https://example.org/aaa", "mastodon", 25) == 3


@given(some.text(max_size=200), some.sampled_from(["x", "mastodon", "bluesky", "reddit"]), some.integers(1, 50))
def test_what_fits_is_no_longer_than_the_limit(text: str, network: str, limit: int) -> None:
    end = fits(text, network, limit)
    assert (end == len(text)) == (length(text, network) <= limit)
