"""What we owe a customer who was answered: by when, who hears of it, and what ends it."""

from dataclasses import replace

import pytest
from builders import (
    CUSTOMER,
    DESK,
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
    step,
)

from rules.durations import parse
from rules.escalation import next_due, pages_due, still_wanted
from rules.hours import latest_open
from rules.model import Act, Case, Kind, Mark, Policy, Post, Promise, Severity, Status, StillWanted
from rules.recovery import Done, Owed, closes, duties, running, status

CARE = replace(
    policy(step("0m"), step("deadline", "#care", "@lead"), repeats=1),
    update_within={
        Severity.LOW: parse("24h"),
        Severity.NORMAL: parse("8h"),
        Severity.HIGH: parse("4h"),
        Severity.CRISIS: parse("1h"),
    },
    private_rest=parse("2d"),
    follow_up_after=parse("3d"),
)
DAYTIME = replace(CARE, hours=office("Mon", "Tue", "Wed", "Thu", "Fri"))
LATER = at("Sun 23:00")


def holding(when: str, *, until: str | None = None) -> Post:
    """ "We are looking into it", and when we will be back if that is said."""
    return replace(
        said(when, Kind.OTHER, by=DESK, marks=[Mark.HOLDING]),
        promise=None if until is None else Promise(at(until), "by then"),
    )


def handoff(when: str) -> Post:
    return said(when, Kind.OTHER, by=DESK, marks=[Mark.HANDOFF])


def made(*posts: Post, acts: tuple[Act, ...] = ()) -> Case:
    found = case(*posts, acts=acts)
    assert found is not None
    return found


def told(found: Case, rules: Policy = CARE) -> list[tuple[str, str, str, Done | None]]:
    """Every duty: what, since when, until when, and what became of it."""
    return [(duty.owed.value, clock(duty.since), clock(duty.due), duty.how) for duty in duties(found, rules)]


def test_an_answer_that_leaves_nothing_open_leaves_us_owing_nothing() -> None:
    assert told(made(complaint("10:00"), reply("10:20"))) == []


def test_who_is_told_to_wait_hears_from_us_again_within_the_time_of_their_severity() -> None:
    assert told(made(complaint("10:00"), holding("10:20"))) == [("update", "10:20", "18:20", None)]
    worse = made(complaint("10:00", severity=Severity.HIGH), holding("10:20"))
    assert told(worse) == [("update", "10:20", "14:20", None)]


def test_an_update_is_due_in_open_hours_unless_the_severity_ignores_them() -> None:
    found = made(complaint("16:00"), holding("17:00"))
    assert told(found, DAYTIME) == [("update", "17:00", "Tue 16:00", None)]
    assert told(found, replace(DAYTIME, always=frozenset({Severity.NORMAL}))) == [
        ("update", "17:00", "Tue 01:00", None)
    ]


def test_a_promise_is_the_deadline_also_where_it_lies_outside_of_the_hours() -> None:
    found = made(complaint("10:00"), holding("10:20", until="20:00"))
    assert told(found, DAYTIME) == [("update", "10:20", "20:00", None)]


def test_a_promise_without_other_words_of_waiting_is_kept_as_well() -> None:
    answer = replace(reply("10:20"), promise=Promise(at("15:00"), "by 3pm"))
    assert told(made(complaint("10:00"), answer)) == [("update", "10:20", "15:00", None)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (reply("12:00"), Done.TOLD),
        (chaser("12:00"), Done.ASKED),
        (complaint("12:00"), Done.ASKED),
        (said("12:00", Kind.THANKS), None),
        (said("12:00", Kind.PRAISE), None),
    ],
    ids=["a final answer", "a chaser", "a complaint", "thanks", "praise"],
)
def test_an_update_is_owed_until_we_speak_or_the_customer_has_to(after: Post, expected: Done | None) -> None:
    assert told(made(complaint("10:00"), holding("10:20"), after))[0][3] is expected


def test_to_be_told_to_wait_again_is_an_update_and_starts_the_next() -> None:
    assert told(made(complaint("10:00"), holding("10:20"), holding("12:00", until="15:00"))) == [
        ("update", "10:20", "18:20", Done.TOLD),
        ("update", "12:00", "15:00", None),
    ]


def test_the_pieces_of_one_long_reply_are_one_reply() -> None:
    assert told(made(complaint("10:00"), holding("10:20"), reply("10:24"))) == [("update", "10:20", "18:20", None)]
    assert told(made(complaint("10:00"), holding("10:20"), reply("10:25")))[0][3] is Done.TOLD


def test_a_promise_was_kept_if_we_spoke_first_and_in_time() -> None:
    promised = (complaint("10:00"), holding("10:20", until="15:00"))
    (kept,) = duties(made(*promised, reply("15:00")), CARE)
    (late,) = duties(made(*promised, reply("15:01")), CARE)
    (asked,) = duties(made(*promised, chaser("14:00")), CARE)
    (running_,) = duties(made(*promised), CARE)
    assert (kept.kept, late.kept, asked.kept, running_.kept) == (True, False, False, None)


def test_who_has_to_ask_again_waits_for_an_answer_and_one_severity_up() -> None:
    found = made(complaint("10:00"), holding("10:20", until="15:00"), chaser("12:00"))
    assert found.waiting is not None
    assert found.waiting.severity is Severity.LOW.raised
    assert running(found, CARE) is None
    assert all(not page.silence.startswith("update:") for page in pages_due(found, CARE, LATER))


def test_people_say_when_the_update_is_due_and_that_nothing_was_promised() -> None:
    promised = (complaint("10:00"), holding("10:20", until="15:00"))
    assert told(made(*promised, acts=(act("promise", "11:00", until="13:00"),))) == [("update", "10:20", "13:00", None)]
    assert told(made(*promised, acts=(act("promise", "11:00"),))) == [("update", "10:20", "18:20", None)]


def test_people_promise_where_nothing_was_read() -> None:
    found = made(complaint("10:00"), reply("10:20"), acts=(act("promise", "11:00", until="13:00"),))
    assert told(found) == [("update", "11:00", "13:00", None)]


def test_a_promise_that_was_moved_warns_and_pages_anew() -> None:
    promised = (complaint("10:00"), holding("10:20", until="12:00"))
    moved = made(*promised, acts=(act("promise", "11:45", until="14:00"),))
    due = [(clock(page.due), page.to) for page in pages_due(moved, CARE, at("14:00")) if page.due > at("10:20")]
    assert due == [("13:30", "#care"), ("14:00", "#care")]
    before = next(page for page in pages_due(made(*promised), CARE, at("11:30")) if page.silence.startswith("update"))
    assert still_wanted(before, moved, CARE, at("11:50")) is StillWanted.MOVED


def test_its_owner_is_warned_then_paged_with_the_others_then_again_then_the_operators_are() -> None:
    acts = (act("ack", "10:05", by="sample_owner"),)
    found = made(complaint("10:00"), holding("10:20", until="15:00"), acts=acts)
    pages = [page for page in pages_due(found, CARE, LATER) if page.silence.startswith("update")]
    assert seen(pages) == [
        ("14:30", "@sample_owner"),
        ("15:00", "@sample_owner"),
        ("15:00", "#care"),
        ("16:00", "@sample_owner"),
        ("16:00", "#care"),
        ("17:00", "#sample-ops"),
    ]
    assert [page.why for page in pages[:1]] == ['the update that was promised ("by then") is due in 30 min']
    assert pages[1].why == ('the update that was promised ("by then") is due now, and the customer has heard nothing')
    assert pages[3].why == "still the customer has heard nothing: repeat 1 of 1"
    assert pages[5].why == "still the customer has heard nothing, and every page has gone unheard"


def test_a_promise_that_ends_at_night_is_warned_of_before_the_desk_closes_and_paged_when_it_opens() -> None:
    found = made(complaint("10:00"), holding("10:20", until="20:00"))
    pages = [page for page in pages_due(found, DAYTIME, LATER) if page.silence.startswith("update")]
    assert seen(pages)[:2] == [("17:30", "#care"), ("Tue 09:00", "#care")]


def test_a_promise_over_a_week_end_is_warned_of_on_friday() -> None:
    found = made(complaint("Fri 10:00"), holding("Fri 10:20", until="Sun 12:00"))
    pages = [page for page in pages_due(found, DAYTIME, LATER) if page.silence.startswith("update")]
    assert seen(pages) == [("Fri 17:30", "#care")]


def test_who_takes_an_update_is_left_alone_for_a_while() -> None:
    promised = (complaint("10:00"), holding("10:20", until="15:00"))
    taken = made(*promised, acts=(act("ack", "15:05", by="sample_owner"),))
    pages = [page for page in pages_due(taken, CARE, LATER) if page.silence.startswith("update")]
    assert seen(pages)[:2] == [("14:30", "#care"), ("15:00", "#care")]
    assert [page.due for page in pages if at("15:05") < page.due < at("16:55")] == []
    assert ("17:05", "@sample_owner") in seen(pages)
    assert next_due(taken, CARE, at("15:05")) == at("16:55")


def test_who_takes_it_before_it_is_told_owns_it_and_is_not_asked_about_it_earlier() -> None:
    acts = (act("ack", "10:25", by="sample_owner"),)
    found = made(complaint("10:00"), holding("10:20", until="15:00"), acts=acts)
    pages = [page for page in pages_due(found, CARE, at("15:30")) if page.silence.startswith("update")]
    assert seen(pages) == [("14:30", "@sample_owner"), ("15:00", "@sample_owner"), ("15:00", "#care")]


def test_no_page_about_an_update_goes_out_once_it_is_given() -> None:
    promised = (complaint("10:00"), holding("10:20", until="15:00"))
    page = next(one for one in pages_due(made(*promised), CARE, at("15:00")) if one.due == at("15:00"))
    assert still_wanted(page, made(*promised), CARE, at("15:00")) is StillWanted.YES
    given = made(*promised, reply("15:00"))
    assert still_wanted(page, given, CARE, at("15:01")) is StillWanted.ANSWERED
    assert page not in pages_due(given, CARE, LATER)


def test_a_case_does_not_close_before_we_owe_nothing_more() -> None:
    waits = made(complaint("10:00"), holding("10:20", until="15:00"))
    assert closes(waits, CARE) is None
    assert status(waits, LATER, CARE) is Status.RESTING
    given = made(complaint("10:00"), holding("10:20", until="15:00"), reply("14:00"))
    assert closes(given, CARE) == at("Thu 14:00")
    assert status(given, at("Thu 14:00"), CARE) is Status.CLOSED


def test_what_is_taken_elsewhere_rests_and_then_somebody_is_asked_how_it_ended() -> None:
    found = made(complaint("10:00", severity=Severity.CRISIS), handoff("10:20"))
    assert told(found) == [("private", "10:20", "Wed 10:20", None)]
    pages = [page for page in pages_due(found, CARE, at("Wed 20:00")) if page.silence.startswith("private")]
    assert seen(pages) == [("Wed 10:20", "#care"), ("Wed 18:20", "#care")]
    assert pages[0].why == "it was taken elsewhere 2 d ago: how did it end?"


@pytest.mark.parametrize(
    ("deed", "how", "following"),
    [
        ("resolve", Done.RESOLVED, [("follow-up", "Wed 11:00")]),
        ("open", Done.OPEN, [("update", "Wed 11:00")]),
        ("no_contact", Done.NO_CONTACT, []),
    ],
)
def test_what_was_taken_elsewhere_ends_as_its_owner_says(
    deed: str, how: Done, following: list[tuple[str, str]]
) -> None:
    found = made(complaint("10:00"), handoff("10:20"), acts=(act(deed, "Wed 11:00"),))
    first, *rest = duties(found, CARE)
    assert first.how is how
    assert [(duty.owed.value, clock(duty.since)) for duty in rest] == following


def test_what_was_resolved_is_followed_up_and_renewed_complaints_reopen_it() -> None:
    resolved = act("resolve", "11:00")
    base = (complaint("10:00"), reply("10:20"))
    assert told(made(*base, acts=(resolved,))) == [("follow-up", "11:00", "Thu 11:00", None)]
    again = made(*base, complaint("Tue 09:00"), acts=(resolved,))
    assert told(again) == [("follow-up", "11:00", "Thu 11:00", Done.ASKED)]
    assert again.waiting is not None


@pytest.mark.parametrize(("deed", "how"), [("followed", Done.FOLLOWED), ("skip", Done.SKIPPED)])
def test_a_follow_up_is_done_or_left_with_a_reason(deed: str, how: Done) -> None:
    acts = (act("resolve", "11:00"), replace(act(deed, "Thu 12:00"), note="they moved away"))
    (duty,) = duties(made(complaint("10:00"), reply("10:20"), acts=acts), CARE)
    assert (duty.how, duty.note) == (how, "they moved away")


def test_to_thank_for_thanks_is_no_follow_up() -> None:
    found = made(complaint("10:00"), reply("10:20"), reply("12:00"), acts=(act("resolve", "11:00"),))
    assert told(found) == [("follow-up", "11:00", "Thu 11:00", None)]


def test_deeds_that_fit_nothing_change_nothing() -> None:
    acts = tuple(act(deed, "12:00") for deed in ("open", "no_contact", "followed", "skip", "gesture"))
    found = made(complaint("10:00"), holding("10:20"), acts=acts)
    assert told(found) == [("update", "10:20", "18:20", None)]
    assert told(made(complaint("10:00"), reply("10:20"), acts=acts)) == []


def test_where_a_policy_says_never_no_clock_runs_after_an_answer() -> None:
    silent = policy()
    acts = (act("resolve", "11:00"),)
    for answer in (holding("10:20", until="15:00"), handoff("10:20")):
        assert told(made(complaint("10:00"), answer, acts=acts), silent) == []


def test_every_duty_has_a_name_of_its_own() -> None:
    acts = (act("promise", "11:00", until="13:00"), act("resolve", "14:00"))
    found = made(complaint("10:00"), holding("10:20"), holding("10:40", until="12:00"), acts=acts)
    names = [duty.id for duty in duties(found, CARE)]
    assert len(set(names)) == len(names) == 3
    assert [duty.owed for duty in duties(found, CARE)] == [Owed.UPDATE, Owed.UPDATE, Owed.FOLLOW_UP]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("Mon 10:00", "10:00"),
        ("Mon 18:00", "18:00"),
        ("Mon 20:00", "18:00"),
        ("Wed 08:00", "Tue 18:00"),
        ("08:00", None),
    ],
)
def test_the_latest_open_instant_is_now_or_when_it_closed(when: str, expected: str | None) -> None:
    assert latest_open(at(when), office("Mon", "Tue")) == (None if expected is None else at(expected))
    assert latest_open(at(when), None) == at(when)


def test_what_becomes_of_a_customer_after_an_answer_is_part_of_the_story() -> None:
    from rules.story import story  # noqa: PLC0415 - only here

    acts = (
        act("promise", "11:00", until="13:00"),
        replace(act("gesture", "11:30"), note="a voucher", to="20 EUR"),
        act("resolve", "14:00"),
        act("skip", "15:00"),
    )
    found = made(complaint("10:00"), holding("10:20", until="12:00"), acts=acts)
    happened = [f"{clock(one.at)} {one.what}: {one.why}" for one in story(found, CARE, LATER)]
    assert happened == [
        f"10:00 opened: {CUSTOMER} is waiting for an answer (normal)",
        f"10:20 answered: answered by {DESK} after 20 min",
        "11:00 promised: sample_colleague says that an update is due in 2 h",
        "11:30 gesture: sample_colleague made it good (20 EUR): a voucher",
        "13:00 broken: the update that was owed did not come in time",
        "14:00 resolved: resolved by sample_colleague",
        "15:00 skipped: sample_colleague left the follow-up",
    ]
