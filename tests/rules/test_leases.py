"""An ack is a lease, not an answer: it quietens the ladder, ends, and the next round begins."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from builders import CUSTOMER, act, at, case, chaser, clock, complaint, office, policy, reply, said, silences, step
from hypothesis import given
from hypothesis import strategies as st

from rules.escalation import next_due, pages_due, still_wanted
from rules.leases import held, leases
from rules.model import HOLDER, REMINDER, Act, Case, Hold, Kind, Page, Policy, Post, Severity, StillWanted
from rules.silence import cases

HOLDER_OF = "sample_colleague"
LADDER = policy(step("0m"), step("deadline"), step("deadline+30m", "#bosses"), repeats=1)
"""For a normal complaint at 10:00: 10:00, 12:00, 12:30 to the bosses, again 13:30, and 14:30 to the operators."""
LATER = at("Wed 10:00")


def the(*posts: Post, acts: Sequence[Act]) -> Case:
    found = case(*posts, acts=acts)
    assert found is not None
    return found


def ladder(rules: Policy, *posts: Post, acts: Sequence[Act], now: str = "Wed 10:00") -> list[tuple[str, int, int, str]]:
    """When each page was due, its round, its step and to whom."""
    pages = pages_due(the(*posts, acts=acts), rules, at(now))
    return [(clock(page.due), page.round, page.step, page.to) for page in pages]


def lease(*posts: Post, acts: Sequence[Act], rules: Policy = LADDER) -> list[tuple[str, str, str, bool]]:
    """Holder, start, end, and whether the next round begins with its end."""
    (silence,) = silences(*posts, acts=acts)
    return [(one.holder, clock(one.start), clock(one.end), one.lapses) for one in leases(silence, rules)]


LEASES = [
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "12:05", True)],
        id="as long as the policy says",
    ),
    pytest.param(
        (complaint("10:00", severity=Severity.CRISIS),),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "10:35", True)],
        id="shorter for a crisis",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:05", until="10:20"),),
        [(HOLDER_OF, "10:05", "10:20", True)],
        id="as long as was said",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("snooze", "10:05", until="10:35"),),
        [("", "10:05", "10:35", True)],
        id="put off: nobody has it",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("assign", "10:05", to="sample_friend"),),
        [("sample_friend", "10:05", "12:05", True)],
        id="assigned",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:05"), act("unack", "10:30")),
        [(HOLDER_OF, "10:05", "10:30", True)],
        id="given back",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:05"), act("assign", "10:30", to="sample_friend")),
        [(HOLDER_OF, "10:05", "10:30", False), ("sample_friend", "10:30", "12:30", True)],
        id="passed on",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:05"), act("ack", "12:05")),
        [(HOLDER_OF, "10:05", "12:05", True), (HOLDER_OF, "12:05", "14:05", True)],
        id="taken anew at the instant it ended: too late",
    ),
    pytest.param(
        (complaint("10:00"), complaint("10:30")),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "10:30", True)],
        id="the customer complains again",
    ),
    pytest.param(
        (complaint("10:00"), said("10:30", Kind.QUESTION)),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "10:30", True)],
        id="asks",
    ),
    pytest.param(
        (complaint("10:00"), chaser("10:30")),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "10:30", True)],
        id="chases",
    ),
    pytest.param(
        (complaint("10:00"), said("10:30", Kind.OTHER)),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "12:05", True)],
        id="only says something",
    ),
    pytest.param(
        (complaint("10:00"), complaint("10:07")),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "12:05", True)],
        id="two minutes after the ack: it crossed",
    ),
    pytest.param(
        (complaint("10:00"), complaint("10:07:01")),
        (act("ack", "10:05"),),
        [(HOLDER_OF, "10:05", "10:07:01", True)],
        id="a second more: it did not",
    ),
    pytest.param((complaint("10:00"),), (act("unack", "10:05"),), [], id="nothing to give back"),
    pytest.param((complaint("10:00"),), (act("ack", "09:00"),), [], id="before anybody waited"),
]


@pytest.mark.parametrize(("posts", "acts", "expected"), LEASES)
def test_a_lease_lasts_until_its_time_is_over_somebody_else_has_it_or_the_customer_speaks_up(
    posts: tuple[Post, ...], acts: tuple[Act, ...], expected: list[tuple[str, str, str, bool]]
) -> None:
    assert lease(*posts, acts=acts) == expected


ROUNDS = [
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:05", until="11:00"),),
        [
            ("10:00", 0, 0, "#care"),
            ("10:50", 0, REMINDER, "@sample_colleague"),
            ("11:00", 1, HOLDER, "@sample_colleague"),
            ("11:10", 1, 0, "#care"),
            ("12:00", 1, 1, "#care"),
            ("12:30", 1, 2, "#bosses"),
            ("13:30", 1, 3, "#bosses"),
            ("14:30", 1, 4, "#sample-ops"),
        ],
        id="over before the deadline: the holder, the step reached, then the steps to come",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "11:55", until="12:45"),),
        [
            ("10:00", 0, 0, "#care"),
            ("12:35", 0, REMINDER, "@sample_colleague"),
            ("12:45", 1, HOLDER, "@sample_colleague"),
            ("12:55", 1, 2, "#bosses"),
            ("13:55", 1, 3, "#bosses"),
            ("14:55", 1, 4, "#sample-ops"),
        ],
        id="over after two steps: only the latest is told, no replay",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "11:55", until="12:45"), act("ack", "12:50", until="20:00")),
        [
            ("10:00", 0, 0, "#care"),
            ("12:35", 0, REMINDER, "@sample_colleague"),
            ("12:45", 1, HOLDER, "@sample_colleague"),
            ("19:50", 1, REMINDER, "@sample_colleague"),
            ("20:00", 2, HOLDER, "@sample_colleague"),
            ("20:10", 2, 2, "#bosses"),
            ("21:10", 2, 3, "#bosses"),
            ("22:10", 2, 4, "#sample-ops"),
        ],
        id="taken again while only the holder knew: a round of its own",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("snooze", "10:05", until="11:00"),),
        [
            ("10:00", 0, 0, "#care"),
            ("11:00", 1, 0, "#care"),
            ("12:00", 1, 1, "#care"),
            ("12:30", 1, 2, "#bosses"),
            ("13:30", 1, 3, "#bosses"),
            ("14:30", 1, 4, "#sample-ops"),
        ],
        id="put off: nobody has to be told first",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:05"), act("unack", "10:30")),
        [
            ("10:00", 0, 0, "#care"),
            ("10:30", 1, 0, "#care"),
            ("12:00", 1, 1, "#care"),
            ("12:30", 1, 2, "#bosses"),
            ("13:30", 1, 3, "#bosses"),
            ("14:30", 1, 4, "#sample-ops"),
        ],
        id="given back: the others at once",
    ),
    pytest.param(
        (complaint("10:00"), complaint("11:00")),
        (act("ack", "10:05"),),
        [
            ("10:00", 0, 0, "#care"),
            ("11:00", 1, HOLDER, "@sample_colleague"),
            ("11:10", 1, 0, "#care"),
            ("12:00", 1, 1, "#care"),
            ("12:30", 1, 2, "#bosses"),
            ("13:30", 1, 3, "#bosses"),
            ("14:30", 1, 4, "#sample-ops"),
        ],
        id="the customer speaks up: the holder hears of it at once",
    ),
    pytest.param(
        (complaint("10:00"), reply("11:30")),
        (act("ack", "10:05"),),
        [("10:00", 0, 0, "#care")],
        id="answered in time: nobody hears anything",
    ),
    pytest.param(
        (complaint("10:00"),),
        (act("ack", "10:00"),),
        [
            ("11:50", 0, REMINDER, "@sample_colleague"),
            ("12:00", 1, HOLDER, "@sample_colleague"),
            ("12:10", 1, 1, "#care"),
            ("12:30", 1, 2, "#bosses"),
            ("13:30", 1, 3, "#bosses"),
            ("14:30", 1, 4, "#sample-ops"),
        ],
        id="taken at the instant of a page: the act comes first",
    ),
]


@pytest.mark.parametrize(("posts", "acts", "expected"), ROUNDS)
def test_once_a_lease_is_over_its_holder_comes_first_then_the_latest_step_reached_then_those_to_come(
    posts: tuple[Post, ...], acts: tuple[Act, ...], expected: list[tuple[str, int, int, str]]
) -> None:
    assert ladder(LADDER, *posts, acts=acts) == expected


def test_a_lease_that_ends_at_night_pages_when_the_policys_hours_open() -> None:
    rules = policy(step("0m"), hours=office("Mon", "Tue"))
    found = ladder(rules, complaint("17:00"), acts=[act("ack", "17:05", until="20:00")])
    assert ("Tue 09:00", 1, HOLDER, "@sample_colleague") in found
    assert ("Tue 09:10", 1, 0, "#care") in found


def test_a_short_lease_has_no_reminder() -> None:
    found = ladder(LADDER, complaint("10:00"), acts=[act("ack", "10:05", until="10:20")])
    assert REMINDER not in [number for _, _, number, _ in found]


def test_a_page_not_sent_yet_is_not_wanted_once_somebody_has_the_case_and_wanted_again_after() -> None:
    taken = the(complaint("10:00"), acts=[act("ack", "10:05", until="11:00")])
    page = pages_due(taken, LADDER, at("10:00"))[0]
    assert still_wanted(page, taken, LADDER, at("10:30")) is StillWanted.ACKED
    reminder, over = pages_due(taken, LADDER, at("11:00"))[1:3]
    assert (reminder.step, over.step) == (REMINDER, HOLDER)
    assert still_wanted(reminder, taken, LADDER, at("10:55")) is StillWanted.YES
    assert still_wanted(over, taken, LADDER, at("11:00")) is StillWanted.YES


def test_who_has_it_now() -> None:
    (silence,) = silences(complaint("10:00"), acts=[act("ack", "10:05", until="11:00")])
    now = [held(silence, LADDER, at(when)) for when in ("10:04", "10:05", "10:59", "11:00")]
    assert [one.holder if one else None for one in now] == [None, HOLDER_OF, HOLDER_OF, None]


def test_an_ack_belongs_to_the_silence_in_which_it_was_given() -> None:
    first, second = silences(complaint("10:00"), reply("11:00"), complaint("12:00"), acts=[act("ack", "10:05")])
    assert first.holds == (Hold(at("10:05"), "ack", HOLDER_OF, HOLDER_OF),)
    assert second.holds == ()


# Laws

MINUTE = timedelta(minutes=1)
START = at("00:00")


@st.composite
def acts(draw: st.DrawFn) -> list[Act]:
    found = []
    for minute in sorted(draw(st.lists(st.integers(0, 300), max_size=5))):
        what = draw(st.sampled_from(["ack", "ack", "snooze", "assign", "unack"]))
        when = START + minute * MINUTE
        length = draw(st.none() | st.integers(0, 200))
        until = when + length * MINUTE if length is not None else None
        until = when + 30 * MINUTE if what == "snooze" and until is None else until
        found.append(
            Act(what, draw(st.sampled_from(["a", "b"])), when, to="c" if what == "assign" else "", until=until)
        )
    return found


@st.composite
def threads(draw: st.DrawFn) -> list[Post]:
    found = []
    for number, minute in enumerate(sorted(draw(st.lists(st.integers(0, 300), min_size=1, max_size=5)))):
        own = number > 0 and draw(st.integers(0, 4)) == 0
        when = START + minute * MINUTE
        kind = draw(st.sampled_from([Kind.COMPLAINT, Kind.QUESTION, Kind.OTHER]))
        severity = draw(st.sampled_from(Severity))
        found.append(Post(str(number), "desk" if own else CUSTOMER, own, when, when, kind, severity))
    return found


HORIZON = START + 3_000 * MINUTE


def case_of(thread: Sequence[Post], done: Sequence[Act]) -> Case | None:
    return cases("sample", "thread", thread, {CUSTOMER: done}).get(CUSTOMER)


def pages(thread: Sequence[Post], done: Sequence[Act], now: object = HORIZON) -> tuple[Page, ...]:
    found = case_of(thread, done)
    return pages_due(found, LADDER, now) if found else ()  # type: ignore[arg-type]


@given(threads(), acts())
def test_nobody_but_the_holder_is_paged_while_somebody_has_it(thread: list[Post], done: list[Act]) -> None:
    found = case_of(thread, done)
    for silence in found.silences if found else ():
        for one in leases(silence, LADDER):
            inside = [
                page
                for page in pages(thread, done)
                if page.silence == silence.after and one.start <= page.due < one.end
            ]
            assert {page.step for page in inside} <= {REMINDER}
            assert {page.to for page in inside} <= {f"@{one.holder}"}


@given(threads(), acts())
def test_a_lease_that_lapsed_is_never_the_last_word(thread: list[Post], done: list[Act]) -> None:
    found = case_of(thread, done)
    if found is None or found.waiting is None:
        return
    for one in leases(found.waiting, LADDER):
        if one.lapses:
            assert any(
                page.due >= one.end and page.step >= HOLDER
                for page in pages(thread, done)
                if page.silence == found.waiting.after
            )


@given(threads(), acts())
def test_leases_never_overlap_and_no_two_pages_share_a_name(thread: list[Post], done: list[Act]) -> None:
    found = case_of(thread, done)
    for silence in found.silences if found else ():
        ends = [(one.start, one.end) for one in leases(silence, LADDER)]
        assert all(start <= end for start, end in ends)
        assert all(before[1] <= after[0] for before, after in pairwise(ends))
    names = [page.delivery for page in pages(thread, done)]
    assert len(names) == len(set(names))


@given(threads(), acts(), st.lists(st.integers(0, 1500), min_size=1, max_size=6))
def test_any_tick_spacing_sees_the_same_pages_as_acts_and_posts_come_in(
    thread: list[Post], done: list[Act], ticks: list[int]
) -> None:
    def known(now: object) -> set[Page]:
        heard = [post for post in thread if post.posted_at <= now]  # type: ignore[operator]
        noted = [one for one in done if one.at <= now]  # type: ignore[operator]
        return set(pages(heard, noted, now)) if heard else set()

    instants = [START + minute * MINUTE for minute in sorted(ticks)]
    assert set().union(*(known(now) for now in instants)) == known(instants[-1])


@given(threads(), acts())
def test_from_next_due_to_next_due_every_page_is_seen_at_its_instant(thread: list[Post], done: list[Act]) -> None:
    found = case_of(thread, done)
    if found is None or found.waiting is None:
        return
    now, seen = max([*(post.posted_at for post in thread), *(one.at for one in done)]), set[Page]()
    while (coming := next_due(found, LADDER, now)) is not None:
        now = coming
        seen |= {page for page in pages_due(found, LADDER, now) if page.due == now}
    last = max([*(post.posted_at for post in thread), *(one.at for one in done)])
    assert seen == {page for page in pages_due(found, LADDER, HORIZON + 9_999 * MINUTE) if page.due > last}
