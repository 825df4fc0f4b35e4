"""Slips: what is wrong with a link, where an account's links usually lead, and when replies have turned sour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rules.model import Severity
from rules.slips import ENOUGH, Checked, Reply, Terms, elsewhere, fault, lands, sour, told

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TERMS = Terms(timedelta(minutes=30), 3)
URL = "https://www.acme.example/x"


@pytest.mark.parametrize(
    ("checked", "wrong", "waits"),
    [
        (Checked(URL, 200, URL), None, False),
        (Checked(URL, 204, URL), None, False),
        (Checked(URL, 304, URL), None, False),
        (Checked(URL, 399, URL), None, False),
        (Checked(URL, 400, URL), "answers 400", False),
        (Checked(URL, 401, URL), "answers 401 (to programs at least)", False),
        (Checked(URL, 403, URL), "answers 403 (to programs at least)", False),
        (Checked(URL, 404, URL), "answers 404", False),
        (Checked(URL, 410, URL), "answers 410", False),
        (Checked(URL, 429, URL), None, False),
        (Checked(URL, 500, URL), "answers 500", True),
        (Checked(URL, 503, URL), "answers 503", True),
        (Checked(URL, 599, URL), "answers 599", True),
        (Checked(URL, 999, URL), None, True),
        (Checked(URL, None, URL, "did not answer", passing=True), "did not answer", True),
        (Checked(URL, 302, URL, "redirects more than 5 times"), "redirects more than 5 times", False),
    ],
)
def test_a_link_is_at_fault_where_customers_get_no_page(checked: Checked, wrong: str | None, waits: bool) -> None:
    assert fault(checked) == wrong
    assert checked.wait is waits


def test_a_link_leads_elsewhere_only_where_enough_is_known_of_the_account() -> None:
    strange = Checked("https://bit.ly/1", 200, "https://acme-prizes.example/win")
    usual = [{"acme.example"}] * ENOUGH
    assert elsewhere(strange, usual) == "acme-prizes.example"
    assert elsewhere(strange, usual[1:]) is None
    assert elsewhere(strange, [*usual[1:], set(), set()]) is None
    assert elsewhere(strange, [*usual, {"acme-prizes.example", "acme.example"}]) is None
    assert elsewhere(Checked(URL, 200, "https://shop.acme.example/y"), usual) is None


def test_where_nobody_knows_where_a_link_leads_it_is_not_called_strange() -> None:
    usual = [{"acme.example"}] * ENOUGH
    assert elsewhere(Checked("https://t.co/abc", 429), usual) is None
    assert elsewhere(Checked("https://other.example", why="did not answer"), usual) is None
    assert lands("https://t.co/abc") is None
    assert lands("https://www.acme.co.uk/x") == "acme.co.uk"


def reply(who: int, minutes: float = 0, *, complains: bool = True) -> Reply:
    return Reply(f"sample_customer_{who:02}", NOON + timedelta(minutes=minutes), complains)


@pytest.mark.parametrize(
    ("case", "replies", "found"),
    [
        ("nobody replied", [], []),
        ("two complain where three are needed", [reply(1), reply(2)], []),
        ("three complain", [reply(1), reply(2, 1), reply(3, 2)], [(Severity.NORMAL, 2, 3, 3)]),
        ("one person complains three times", [reply(1), reply(1, 1), reply(1, 2)], []),
        ("one of two complains", [reply(1), reply(2, complains=False)], []),
        (
            "the third one complains a second before the window is over",
            [reply(1), reply(2, 1), reply(3, 30 - 1 / 60)],
            [(Severity.NORMAL, 30 - 1 / 60, 3, 3)],
        ),
        ("the third one complains when the window is just over", [reply(1), reply(2, 1), reply(3, 30)], []),
        (
            "three of nine complain",
            [reply(n, complains=n <= 3) for n in range(9, 0, -1)],
            [(Severity.NORMAL, 0, 3, 3)],
        ),
        (
            "three of ten complain, after the seven who do not",
            [*(reply(n, 0, complains=False) for n in range(4, 11)), *(reply(n, 1) for n in range(1, 4))],
            [],
        ),
        (
            "nine complain: worse",
            [reply(n, n) for n in range(1, 10)],
            [(Severity.NORMAL, 3, 3, 3), (Severity.HIGH, 9, 9, 9)],
        ),
        (
            "thirty complain: a crisis",
            [reply(n, n / 2) for n in range(1, 31)],
            [(Severity.NORMAL, 1.5, 3, 3), (Severity.HIGH, 4.5, 9, 9), (Severity.CRISIS, 15, 30, 30)],
        ),
        (
            "three in the morning and three at night",
            [*(reply(n, n) for n in range(3)), *(reply(n, 600 + n) for n in range(3))],
            [(Severity.NORMAL, 2, 3, 3)],
        ),
    ],
)  # fmt: skip
def test_replies_have_turned_sour(
    case: str, replies: list[Reply], found: list[tuple[Severity, float, int, int]]
) -> None:
    got = [(one.severity, (one.at - NOON) / timedelta(minutes=1), one.authors, one.of) for one in sour(replies, TERMS)]
    assert got == [(severity, pytest.approx(minutes), many, of) for severity, minutes, many, of in found], case


def test_its_owner_is_told_how_many_and_how_bad() -> None:
    (found,) = sour([reply(1), reply(2), reply(3), reply(3, complains=False)], TERMS)
    assert told(found, TERMS) == "3 of the 3 people who replied complain within 30 min (normal)"


REPLIES = some.lists(
    some.builds(reply, some.integers(0, 12), some.integers(0, 90), complains=some.booleans()), max_size=60
)


@given(REPLIES, some.randoms())
def test_the_order_in_which_replies_are_heard_does_not_matter(replies: list[Reply], chance: object) -> None:
    shuffled = list(replies)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sour(shuffled, TERMS) == sour(replies, TERMS)


@given(REPLIES)
def test_what_is_found_agrees_with_counting_by_hand(replies: list[Reply]) -> None:
    ordered = sorted(replies, key=lambda one: (one.at, one.author))
    for found in sour(replies, TERMS):
        windows = [
            [one for one in ordered[: last + 1] if one.at > ordered[last].at - TERMS.window]
            for last in range(len(ordered))
            if ordered[last].at == found.at
        ]
        counts = {
            (len({one.author for one in window if one.complains}), len({one.author for one in window}))
            for window in windows
        }
        assert (found.authors, found.of) in counts
        assert found.authors >= TERMS.least
        assert found.authors * 3 >= found.of


@given(REPLIES)
def test_it_only_gets_worse_and_each_degree_is_found_once(replies: list[Reply]) -> None:
    found = sour(replies, TERMS)
    assert [one.severity for one in found] == sorted({one.severity for one in found})
    assert [one.at for one in found] == sorted(one.at for one in found)
