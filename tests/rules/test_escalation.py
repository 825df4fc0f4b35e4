"""When and whom: every rule about pages, and their boundary cases in tables."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import (
    CUSTOMER,
    NEIGHBOUR,
    OPERATORS,
    act,
    at,
    case,
    chaser,
    clock,
    complaint,
    office,
    policy,
    reply,
    said,
    seen,
    silences,
    step,
)

from rules.durations import parse
from rules.escalation import (
    deadline,
    next_due,
    next_recipient,
    pages_due,
    still_wanted,
)
from rules.model import Act, Case, Kind, Page, Policy, Post, Severity, Silence, Step, StillWanted

LOW, NORMAL, HIGH, CRISIS = Severity
LATER = at("Sun 23:00")


def the(*posts: Post, acts: Sequence[Act] = (), of: str = CUSTOMER) -> Case:
    found = case(*posts, acts=acts, of=of)
    assert found is not None
    return found


def ladder(rules: Policy, *posts: Post, now: str = "Sun 23:00") -> list[tuple[str, str]]:
    """When each page was due and to whom, without the word to the operators at its end."""
    return [page for page in seen(pages_due(the(*posts), rules, at(now))) if page[1] != OPERATORS]


def waiting(*posts: Post) -> Silence:
    silence = the(*posts).waiting
    assert silence is not None
    return silence


# Steps, offset from the start or from the deadline


OFFSETS = [
    pytest.param("0m", "10:00", id="0m is the start"),
    pytest.param("45m", "10:45", id="an offset counts from the start of the silence"),
    pytest.param("deadline", "12:00", id="deadline is when the answer is due"),
    pytest.param("deadline-10m", "11:50", id="deadline-10m is ten minutes before that"),
    pytest.param("deadline+15m", "12:15", id="deadline+15m is a quarter of an hour after that"),
    pytest.param("deadline-2h", "10:00", id="an offset that meets the start is the start"),
    pytest.param("deadline-3h", "10:00", id="an offset before the start means the start"),
]


@pytest.mark.parametrize(("when", "expected"), OFFSETS)
def test_a_step_is_offset_from_the_start_or_from_the_deadline_and_never_before_the_start(
    when: str, expected: str
) -> None:
    assert ladder(policy(step(when)), complaint("10:00")) == [(expected, "#care")]


ALLOWED = [(LOW, "18:00"), (NORMAL, "12:00"), (HIGH, "10:30"), (CRISIS, "10:10")]


@pytest.mark.parametrize(("severity", "expected"), ALLOWED)
def test_the_deadline_depends_on_the_severity(severity: Severity, expected: str) -> None:
    words = complaint("10:00", severity=severity)
    assert deadline(waiting(words), policy()) == at(expected)
    assert ladder(policy(), words) == [(expected, "#care")]


INSTANTS = [
    pytest.param((), "11:59:59", [], id="one second before the deadline nothing is owed"),
    pytest.param((), "12:00", ["12:00"], id="exactly at the deadline the page is owed"),
    pytest.param((), "12:00:01", ["12:00"], id="one second after, it still bears the time it was due"),
    pytest.param((), "Sun 12:00", ["12:00"], id="however late the tick, it bears the time it was due"),
    pytest.param((reply("11:59:59"),), "12:00", [], id="an answer one second before the deadline owes nothing"),
    pytest.param((reply("12:00"),), "12:00", [], id="at equal instants posts come before pages"),
    pytest.param((reply("12:00:01"),), "13:00", ["12:00"], id="an answer one second late leaves what was owed"),
    pytest.param((reply("10:00"),), "13:00", [], id="an answer at the very instant of the post owes nothing"),
]


@pytest.mark.parametrize(("posts", "now", "expected"), INSTANTS)
def test_pages_are_stamped_with_when_they_were_due_and_posts_come_before_pages(
    posts: tuple[Post, ...], now: str, expected: list[str]
) -> None:
    assert [when for when, _ in ladder(policy(), complaint("10:00"), *posts, now=now)] == expected


def test_an_answer_at_the_instant_of_the_post_owes_not_even_the_first_step() -> None:
    assert ladder(policy(step("0m")), complaint("10:00"), reply("10:00")) == []


def test_a_step_goes_to_each_of_its_recipients_once() -> None:
    pages = pages_due(the(complaint("10:00")), policy(step("0m", "#care", "@sample_lead")), at("10:00"))
    assert seen(pages) == [("10:00", "#care"), ("10:00", "@sample_lead")]
    assert len({page.delivery for page in pages}) == 2


def test_pages_come_in_the_order_they_fell_due_whatever_the_order_of_the_steps() -> None:
    rules = policy(step("deadline", "#late"), step("0m", "#first"), step("30m", "#then"))
    assert ladder(rules, complaint("10:00")) == [("10:00", "#first"), ("10:30", "#then"), ("12:00", "#late")]


def test_steps_overtaken_while_the_machine_slept_are_all_owed_each_at_its_own_time() -> None:
    rules = policy(step("0m"), step("deadline-10m"), step("deadline"))
    pages = pages_due(the(complaint("10:00")), rules, at("12:30"))
    assert [(clock(page.due), page.step) for page in pages] == [("10:00", 0), ("11:50", 1), ("12:00", 2)]


def test_each_silence_of_a_case_runs_its_own_ladder() -> None:
    answer = reply("10:20")
    pages = pages_due(the(complaint("10:00"), answer, complaint("11:00")), policy(step("0m")), LATER)
    assert [(clock(page.due), page.silence) for page in pages if page.to == "#care"] == [
        ("10:00", ""),
        ("11:00", answer.id),
    ]


def test_several_customers_in_one_thread_are_paged_about_separately() -> None:
    posts = (complaint("10:00"), complaint("10:10", by=NEIGHBOUR))
    pages = [page for who in (CUSTOMER, NEIGHBOUR) for page in pages_due(the(*posts, of=who), policy(), at("12:10"))]
    assert [clock(page.due) for page in pages] == ["12:00", "12:10"]
    assert len({page.case for page in pages}) == 2


WHY = [
    ("0m", "waiting for an answer"),
    ("45m", "no answer after 45 min"),
    ("deadline-10m", "an answer is due in 10 min"),
    ("deadline", "the answer is due now"),
    ("deadline+15m", "the answer is 15 min overdue"),
]


@pytest.mark.parametrize(("when", "expected"), WHY)
def test_a_page_says_why_it_is_owed(when: str, expected: str) -> None:
    assert pages_due(the(complaint("10:00")), policy(step(when)), LATER)[0].why == expected


def test_the_reason_of_a_page_counts_from_the_deadline_as_it_stood_when_it_fell_due() -> None:
    early = pages_due(the(complaint("10:00", severity=Severity.CRISIS)), policy(step("deadline-15m")), LATER)[0]
    assert (clock(early.due), early.why) == ("10:00", "an answer is due in 10 min")
    chased = the(complaint("10:00"), chaser("11:00"))
    late = pages_due(chased, policy(step("deadline-10m"), step("deadline")), LATER)[0]
    assert (clock(late.due), late.why) == ("11:00", "the answer is 30 min overdue")


# Repeats


def test_the_last_step_repeats_every_repeat_three_times_then_the_operators_are_told() -> None:
    pages = pages_due(
        the(complaint("10:00")), policy(step("0m", "#first"), step("deadline", "#care"), repeats=3), LATER
    )
    assert [(clock(page.due), page.step, page.to, page.why) for page in pages] == [
        ("10:00", 0, "#first", "waiting for an answer"),
        ("12:00", 1, "#care", "the answer is due now"),
        ("13:00", 2, "#care", "still no answer: repeat 1 of 3"),
        ("14:00", 3, "#care", "still no answer: repeat 2 of 3"),
        ("15:00", 4, "#care", "still no answer: repeat 3 of 3"),
        ("16:00", 5, OPERATORS, "nobody has answered, and every page has gone unheard"),
    ]


REPEATS = [
    pytest.param(policy(step("0m"), repeats=3), (), ["10:00", "11:00", "12:00", "13:00"], id="from the start on"),
    pytest.param(
        policy(step("deadline-5h"), repeats=3),
        (),
        ["10:00", "11:00", "12:00", "13:00"],
        id="from the start, where the offset lies before the start",
    ),
    pytest.param(
        policy(step("0m"), repeats=3, repeat="20m"), (), ["10:00", "10:20", "10:40", "11:00"], id="every repeat"
    ),
    pytest.param(policy(step("0m"), repeats=0), (), ["10:00"], id="none where none is wanted"),
    pytest.param(policy(repeats=3), (reply("13:00"),), ["12:00"], id="an answer at the instant of the first repeat"),
    pytest.param(policy(repeats=3), (reply("13:30"),), ["12:00", "13:00"], id="an answer between two repeats"),
    pytest.param(
        policy(repeats=3),
        (complaint("13:30", severity=CRISIS),),
        ["12:00", "13:00", "14:00", "15:00"],
        id="a severity raised between repeats changes no rhythm",
    ),
    pytest.param(
        policy(repeats=3, hours=office("Mon", "Tue")),
        (),
        ["12:00", "13:00", "14:00", "15:00"],
        id="within one day's hours",
    ),
    pytest.param(
        policy(step("deadline+4h"), repeats=3, hours=office("Mon", "Tue")),
        (),
        ["16:00", "17:00", "18:00", "Tue 10:00"],
        id="across closing time",
    ),
]


@pytest.mark.parametrize(("rules", "posts", "expected"), REPEATS)
def test_repeats_count_open_time_from_when_the_last_step_fell_due(
    rules: Policy, posts: tuple[Post, ...], expected: list[str]
) -> None:
    assert [when for when, _ in ladder(rules, complaint("10:00"), *posts)] == expected


def test_a_step_that_falls_due_late_by_a_raised_severity_still_repeats_three_times_before_the_operators_are_told() -> (
    None
):
    words = (complaint("10:00", severity=LOW), complaint("15:00", severity=CRISIS))
    assert seen(pages_due(the(*words), policy(repeats=3), LATER)) == [
        ("15:00", "#care"),
        ("16:00", "#care"),
        ("17:00", "#care"),
        ("18:00", "#care"),
        ("19:00", OPERATORS),
    ]


# A raised severity


RAISED = [
    pytest.param((complaint("10:10", severity=HIGH),), "10:30", id="it moves the deadline, counted from the start"),
    pytest.param((complaint("11:00", severity=HIGH),), "11:00", id="past the new deadline it is due at the raise"),
    pytest.param((complaint("10:30", severity=HIGH),), "10:30", id="raised exactly at the new deadline"),
    pytest.param((complaint("12:00", severity=HIGH),), "12:00", id="raised exactly at the old deadline"),
    pytest.param((complaint("12:30", severity=HIGH),), "12:00", id="raised after the old deadline it stays as it was"),
    pytest.param((chaser("10:10"),), "10:30", id="chasing raises it as well"),
    pytest.param(
        (complaint("10:10", severity=HIGH), complaint("10:20", severity=CRISIS)),
        "10:20",
        id="raised twice, due at once",
    ),
    pytest.param((complaint("10:10", severity=LOW),), "12:00", id="a milder word moves nothing"),
]


@pytest.mark.parametrize(("posts", "expected"), RAISED)
def test_a_raised_severity_moves_the_deadline_never_the_start(posts: tuple[Post, ...], expected: str) -> None:
    first = complaint("10:00")
    assert waiting(first, *posts).start == at("10:00")
    assert ladder(policy(), first, *posts) == [(expected, "#care")]


def test_at_the_instant_a_step_would_be_due_the_raise_comes_first() -> None:
    upside_down = replace(
        policy(), reply_within=dict(zip(Severity, map(parse, ("10m", "30m", "2h", "8h")), strict=True))
    )
    assert ladder(upside_down, complaint("10:00"), complaint("10:30", severity=HIGH)) == [("12:00", "#care")]


def test_the_deadline_shown_is_that_of_the_severity_reached() -> None:
    assert deadline(waiting(complaint("10:00"), complaint("10:10", severity=HIGH)), policy()) == at("10:30")


def test_steps_that_a_raise_overtakes_fall_due_together_at_the_raise() -> None:
    rules = policy(step("deadline-10m", "@sample_lead"), step("deadline", "#care"))
    raised = (complaint("10:00"), complaint("11:00", severity=CRISIS))
    assert ladder(rules, *raised) == [("11:00", "@sample_lead"), ("11:00", "#care")]


def test_a_raise_moves_no_step_that_counts_from_the_start() -> None:
    assert ladder(policy(step("1h")), complaint("10:00"), complaint("10:10", severity=CRISIS)) == [("11:00", "#care")]


# Open hours

WEEK = office("Mon", "Tue", "Wed")

HOURS = [
    pytest.param(step("0m"), complaint("10:00"), "10:00", id="0m in open hours is at once"),
    pytest.param(step("0m"), complaint("20:00"), "Tue 09:00", id="0m outside open hours is the next opening"),
    pytest.param(step("0m"), complaint("18:00"), "Tue 09:00", id="0m at the closing instant is the next opening"),
    pytest.param(step("deadline"), complaint("20:00"), "Tue 11:00", id="the deadline counts from the opening"),
    pytest.param(step("deadline"), complaint("16:00"), "18:00", id="a deadline may fall on the closing instant"),
    pytest.param(step("deadline"), complaint("17:30"), "Tue 10:30", id="the rest of a deadline counts the next day"),
    pytest.param(step("deadline-1h"), complaint("17:30"), "Tue 09:30", id="an offset back stays in that day"),
    pytest.param(step("deadline-100m"), complaint("17:30"), "17:50", id="an offset back crosses the night as well"),
    pytest.param(step("deadline+8h"), complaint("10:00"), "Tue 11:00", id="an offset onward crosses the night"),
    pytest.param(
        step("deadline-3h"), complaint("20:00"), "Tue 09:00", id="before the start, while closed: the opening"
    ),
]


@pytest.mark.parametrize(("one", "post", "expected"), HOURS)
def test_all_step_offsets_and_deadlines_0m_included_count_the_policys_open_hours(
    one: Step, post: Post, expected: str
) -> None:
    assert ladder(policy(one, hours=WEEK), post) == [(expected, "#care")]


def test_a_severity_listed_in_always_ignores_the_hours() -> None:
    rules = policy(step("0m"), step("deadline"), hours=WEEK, always=[CRISIS])
    assert ladder(rules, complaint("20:00", severity=CRISIS)) == [("20:00", "#care"), ("20:10", "#care")]
    assert ladder(rules, complaint("20:00", severity=HIGH)) == [("Tue 09:00", "#care"), ("Tue 09:30", "#care")]
    assert deadline(waiting(complaint("20:00", severity=CRISIS)), rules) == at("20:10")


NIGHT = [
    pytest.param(complaint("23:00", severity=CRISIS), ["23:00", "23:00"], id="to one that ignores hours: at once"),
    pytest.param(
        complaint("23:00", severity=HIGH), ["Tue 09:00", "Tue 09:30"], id="to one that does not: at the opening"
    ),
]


@pytest.mark.parametrize(("worse", "expected"), NIGHT)
def test_a_severity_raised_while_closed_is_heard_by_its_own_hours(worse: Post, expected: list[str]) -> None:
    rules = policy(step("0m"), step("deadline"), hours=WEEK, always=[CRISIS])
    assert [when for when, _ in ladder(rules, complaint("20:00", severity=LOW), worse)] == expected


def test_a_deadline_that_a_raise_at_night_puts_in_the_past_is_due_at_the_opening() -> None:
    words = (complaint("17:00"), complaint("23:00", severity=HIGH))
    assert ladder(policy(hours=WEEK), *words) == [("Tue 09:00", "#care")]


def test_a_raise_at_night_that_is_raised_again_is_due_at_the_second_raise() -> None:
    words = (complaint("17:00"), complaint("22:00", severity=HIGH), complaint("23:00", severity=CRISIS))
    assert ladder(policy(hours=WEEK, always=[CRISIS]), *words) == [("23:00", "#care")]


def test_where_the_open_hours_end_before_a_step_nothing_falls_due() -> None:
    rules = policy(hours=office("Mon"), repeats=3)
    assert deadline(waiting(complaint("17:00")), rules) is None
    assert pages_due(the(complaint("17:00")), rules, LATER) == ()
    assert next_due(the(complaint("17:00")), rules, at("17:00")) is None


# What ends it


ENDED = [
    pytest.param((complaint("10:00"), reply("12:30")), (), StillWanted.ANSWERED, id="answered"),
    pytest.param((complaint("10:00"),), (act("answered", "12:30"),), StillWanted.ANSWERED, id="answered in private"),
    pytest.param((complaint("10:00"),), (act("dismiss", "12:30"),), StillWanted.DISMISSED, id="dismissed"),
    pytest.param((complaint("10:00"),), (act("resolve", "12:30"),), StillWanted.RESOLVED, id="resolved"),
    pytest.param((complaint("10:00", gone="12:30"),), (), StillWanted.WITHDRAWN, id="withdrawn"),
    pytest.param(
        (complaint("10:00"), said("12:30", Kind.THANKS)), (), StillWanted.YES, id="waiting, thanks or no thanks"
    ),
]


@pytest.mark.parametrize(("posts", "acts", "expected"), ENDED)
def test_a_page_is_wanted_until_its_silence_ends_and_says_why_not_any_more(
    posts: tuple[Post, ...], acts: tuple[Act, ...], expected: StillWanted
) -> None:
    ended = the(*posts, acts=acts)
    page, *rest = pages_due(ended, policy(repeats=3), LATER)
    assert clock(page.due) == "12:00"
    assert still_wanted(page, ended, policy(), LATER) is expected
    assert bool(rest) is (expected is StillWanted.YES)


def test_a_page_of_an_answered_silence_is_not_wanted_because_a_later_one_waits() -> None:
    again = the(complaint("10:00"), reply("12:30"), complaint("13:00"))
    first, second = pages_due(again, policy(), at("15:00"))
    assert still_wanted(first, again, policy(), LATER) is StillWanted.ANSWERED
    assert still_wanted(second, again, policy(), LATER) is StillWanted.YES


def test_a_page_of_a_silence_that_later_facts_have_renamed_has_moved() -> None:
    before = the(complaint("10:00"), reply("10:20"), complaint("11:00"))
    (page,) = pages_due(before, policy(), at("13:00"))
    late = the(complaint("10:00"), reply("10:20"), reply("10:40"), complaint("11:00"))
    assert still_wanted(page, late, policy(), LATER) is StillWanted.MOVED


def test_a_late_heard_answer_to_all_that_was_said_leaves_nothing_owed_after_it() -> None:
    assert ladder(policy(step("0m"), step("deadline")), complaint("10:00"), reply("10:30")) == [("10:00", "#care")]


# Next due


NEXT = [
    pytest.param((complaint("10:00"),), "09:00", "10:00", id="the first step"),
    pytest.param((complaint("10:00"),), "10:00", "12:00", id="at the instant of one, the one after"),
    pytest.param((complaint("10:00"),), "11:59:59", "12:00", id="one second before it"),
    pytest.param((complaint("10:00"),), "12:00", "13:00", id="then the word to the operators"),
    pytest.param((complaint("10:00"),), "13:00", None, id="then nothing"),
    pytest.param((complaint("10:00"), reply("10:20")), "10:20", "Thu 10:20", id="an answered case closes"),
    pytest.param((complaint("10:00"), reply("10:20")), "Thu 10:20", None, id="a closed case never changes by itself"),
    pytest.param((complaint("10:00", gone="10:10"),), "10:10", None, id="nor does a withdrawn one"),
]


@pytest.mark.parametrize(("posts", "now", "expected"), NEXT)
def test_the_next_due_is_when_the_case_next_changes_by_itself(
    posts: tuple[Post, ...], now: str, expected: str | None
) -> None:
    due = next_due(the(*posts), policy(step("0m"), step("deadline")), at(now))
    assert (due and clock(due)) == expected


# First contact, and being blind


def test_no_gap_stops_a_clock() -> None:
    # What is due is computed without asking how far the source was heard.
    assert ladder(policy(), complaint("10:00")) == [("12:00", "#care")]


def test_history_is_never_paged_about() -> None:
    assert silences(replace(complaint("10:00"), history=True)) == ()


# Recipients and names

REFUSED = [
    pytest.param([], "#care", id="nobody refused: the first on the ladder"),
    pytest.param(["#care"], "@sample_lead", id="the next on the ladder"),
    pytest.param(["#care", "@sample_lead"], OPERATORS, id="at last the operators"),
    pytest.param(["#care", "@sample_lead", OPERATORS], None, id="then nobody is left"),
]


@pytest.mark.parametrize(("refused", "expected"), REFUSED)
def test_what_one_recipient_cannot_be_given_goes_to_the_next(refused: list[str], expected: str | None) -> None:
    rules = policy(step("0m"), step("deadline", "#care", "@sample_lead"))
    assert next_recipient(rules, Severity.NORMAL, refused) == expected


def test_a_step_of_another_severity_is_nobody_to_turn_to() -> None:
    rules = policy(step("0m"), replace(step("0m", "@sample_lead"), severities=frozenset({Severity.CRISIS})))
    assert next_recipient(rules, Severity.NORMAL, ["#care"]) == OPERATORS
    assert next_recipient(rules, Severity.CRISIS, ["#care"]) == "@sample_lead"


def test_a_page_keeps_its_delivery_id_however_its_due_time_and_words_change() -> None:
    page = pages_due(the(complaint("10:00")), policy(), LATER)[0]
    moved = pages_due(the(complaint("10:00"), chaser("10:10")), policy(), LATER)[0]
    assert page.due != moved.due
    assert page.delivery == moved.delivery
    others = [
        Page("another", page.silence, 0, 0, page.to, page.due, ""),
        replace(page, silence="another"),
        replace(page, round=1),
        replace(page, step=1),
        replace(page, to="#another"),
    ]
    assert len({page.delivery, *(other.delivery for other in others)}) == 6
