"""Other people's text made fit to be shown: the laws each function keeps, whatever it is given."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.slack.untrusted import address, cut, escape, host, line, words

ANY = st.text(st.characters(codec=None), max_size=120)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("text", "limit", "left"),
    [
        ("four", 4, "four"),
        ("fours", 4, "fou…"),
        ("two  words", 5, "two…"),
        ("a\nbc", 3, "a…"),
        ("👍👍", 4, "👍👍"),
        ("👍👍👍", 4, "👍…"),
        ("👩\u200d👧x", 5, "👩…"),
    ],
)
def test_a_text_is_cut_by_what_slack_counts_and_between_words(text: str, limit: int, left: str) -> None:
    assert cut(text, limit) == left


@given(ANY, st.integers(1, 50))
def test_nothing_is_longer_than_allowed(text: str, limit: int) -> None:
    assert units(cut(text, limit)) <= limit
    assert units(words(text, limit)) <= limit
    assert units(line(text, limit + 2)) <= limit + 2


@given(ANY)
def test_what_was_made_fit_once_is_fit(text: str) -> None:
    assert words(words(text, 500), 500) == words(text, 500)


@given(ANY)
def test_a_line_is_one_line_without_edges(text: str) -> None:
    assert line(text, 100) == line(text, 100).strip()
    assert len(line(text, 100).splitlines()) <= 1


@given(st.text())
def test_escaping_is_undone_by_whoever_shows_it_and_by_nothing_else(text: str) -> None:
    assert not set(escape(text)) & set("<>")
    assert unescape(escape(text)) == unescape(text.replace("&", "&amp;"))


@given(st.one_of(ANY, ANY.map("https://news.example/{}".format), ANY.map("http://{}/".format)))
def test_an_address_that_passed_passes_unchanged(url: str) -> None:
    link = address(url)
    assert link is None or address(link) == link


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://www.news.example/a", "news.example"),
        ("http://news.example:8080", "news.example:8080"),
        ("https://" + "a" * 63 + ".example/", "…" + "a" * 51 + ".example"),
        ("https://acme.example." + "a" * 60 + ".other.example/", "…" + "a" * 45 + ".other.example"),
    ],
)
def test_a_link_names_its_host(link: str, name: str) -> None:
    assert host(link) == name
