"""What a report counts: cases in, figures out, each with the cases behind it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import CUSTOMER, DESK, act, at, case, chaser, complaint, policy, reply, said

from rules.hours import open_between
from rules.model import Act, Kind, Mark, Policy, Post, Promise, Reason, Severity, Span, Verdict
from rules.report.dossier import Dossier, Facts, Opined, Sent
from rules.report.values import Report
from rules.report.whole import report
from rules.silence import answered

NINE_TO_FIVE = tuple(Span(at(f"{day} 09:00"), at(f"{day} 17:00")) for day in ("Mon", "Tue", "Wed", "Thu", "Fri"))


def dossier(*posts: Post, acts: Sequence[Act] = (), under: Policy | None = None, **more: object) -> Dossier:
    found = case(*posts, acts=acts)
    assert found is not None
    start = found.silences[0].start
    return replace(
        Dossier(
            case=replace(found, id=f"case-{start:%d%H%M%S}"),
            policy=under or policy(),
            kind=posts[0].kind,
            topics=(),
            period=f"{start:%Y-%m-%d}",
            hour=start.hour,
            words=tuple(post for post in posts if not post.own),
            replies=tuple(answered(posts).get(CUSTOMER, ())),
        ),
        **more,
    )


def counted(*dossiers: Dossier, **more: object) -> Report:
    facts = Facts("Sample", "UTC", at("00:00"), at("Sun 00:00"), 5, ("x",), (), ("2026-03-02",), dossiers)
    return report(replace(facts, **more))


def test_customers_are_answered_or_not_and_what_is_none_of_ours_is_neither() -> None:
    made = counted(
        dossier(complaint("10:00"), reply("10:30")),
        dossier(complaint("11:00")),
        dossier(complaint("12:00"), acts=[act("dismiss", "12:05")]),
        dossier(complaint("13:00", gone="13:10")),
        dossier(said("14:00", Kind.QUESTION), acts=[act("resolve", "15:00")]),
    )
    named = ("heard", "complaints", "answered", "unanswered", "dismissed", "withdrawn")
    assert [made.figure(key).value for key in named] == [5, 4, 2, 1, 1, 1]
    assert made.figure("unanswered").cases == ("case-02110000",)
    assert made.table("heard_by_kind").rows[0].values == (4, 1, 1, 1, 1)


def test_who_waited_before_and_waits_still_is_not_forgotten() -> None:
    made = counted(dossier(complaint("10:00")), since=at("Tue 00:00"))
    assert (made.figure("heard").value, made.figure("from_before").value) == (0, 1)
    assert made.figure("from_before").cases == ("case-02100000",)


def test_first_replies_have_a_median_a_ninetieth_percentile_and_those_who_still_wait_beside_them() -> None:
    answered_ = [
        dossier(complaint(f"{hour}:00"), reply(f"{hour}:{minutes}")) for hour, minutes in ((10, 10), (11, 20), (12, 40))
    ]
    made = counted(*answered_, dossier(complaint("13:00")))
    first = made.figure("first_reply")
    assert (first.value, first.note) == (timedelta(minutes=20), "of 3; 1 still wait")
    assert made.figure("first_reply_p90").value == timedelta(minutes=36)
    assert len(first.cases) == 3
    row = made.table("first_reply_by_severity").rows[0]
    assert (row.label, row.values[-2:], len(row.cases)) == ("normal", (3, 1), 4)
    assert [each.label for each in made.table("first_reply_by_hour").rows] == ["10:00", "11:00", "12:00", "13:00"]


def test_working_hours_count_only_what_is_open_and_a_severity_that_ignores_them_does_not() -> None:
    under = policy(hours=NINE_TO_FIVE, always=[Severity.CRISIS])
    made = counted(
        dossier(complaint("16:00"), reply("Tue 10:00"), under=under),
        dossier(complaint("16:30", severity=Severity.CRISIS), reply("Tue 10:30"), under=under),
    )
    assert made.figure("first_reply").value == timedelta(hours=18)
    rows = {row.label: row.values for row in made.table("first_reply_by_severity").rows}
    assert rows["normal"][:3:2] == (timedelta(hours=18), timedelta(hours=2))
    assert rows["crisis"][:3:2] == (timedelta(hours=18), timedelta(hours=18))


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("08:00", "09:00", 0),
        ("08:00", "10:00", 1),
        ("16:00", "Tue 10:00", 2),
        ("10:00", "11:00", 1),
        ("11:00", "10:00", 0),
    ],
)
def test_open_time_between_two_instants_is_that_of_the_spans_between_them(since: str, until: str, hours: int) -> None:
    assert open_between(at(since), at(until), NINE_TO_FIVE) == timedelta(hours=hours)


def test_a_deadline_is_kept_up_to_its_instant_and_missed_also_by_who_never_answers() -> None:
    made = counted(
        dossier(complaint("10:00"), reply("12:00")),
        dossier(complaint("11:00"), reply("13:00:01")),
        dossier(complaint("12:00")),
        dossier(complaint("Sat 23:00")),
    )
    kept = made.figure("deadlines_kept")
    assert (kept.value, kept.note) == (pytest.approx(1 / 3), "1 of 3 waits that were due")
    assert made.figure("deadlines_missed").cases == ("case-02110000", "case-02120000")


def test_who_has_to_ask_again_asked_before_we_told() -> None:
    made = counted(
        dossier(complaint("10:00"), chaser("10:30"), reply("11:00")), dossier(complaint("12:00"), reply("12:10"))
    )
    asked = made.figure("asked_before_told")
    assert (asked.value, asked.cases) == (0.5, ("case-02100000",))


def test_who_says_at_once_that_nobody_answers_has_not_had_to_ask_us_again() -> None:
    made = counted(
        dossier(chaser("10:00", Kind.COMPLAINT), reply("10:10")),
        dossier(chaser("11:00", Kind.COMPLAINT), chaser("11:30"), reply("12:00")),
        dossier(complaint("12:00"), reply("12:10"), chaser("14:00"), reply("14:10")),
    )
    assert made.figure("asked_before_told").cases == ("case-02110000", "case-02120000")


def test_a_promise_is_kept_by_who_is_back_in_time_and_speaks_first_and_one_not_due_is_neither() -> None:
    def promising(when: str, until: str) -> Post:
        return replace(reply(when), promise=Promise(at(until), "by then"))

    under = replace(policy(), update_within=dict.fromkeys(Severity, timedelta(hours=4)))
    made = counted(
        dossier(complaint("09:00"), promising("09:10", "15:00"), reply("15:00"), under=under),
        dossier(complaint("10:00"), promising("10:10", "15:00"), reply("15:00:01"), under=under),
        dossier(complaint("11:00"), promising("11:10", "15:00"), chaser("14:00"), reply("14:10"), under=under),
        dossier(complaint("12:00"), promising("12:10", "15:00"), under=under),
        dossier(complaint("Sat 13:00"), promising("Sat 13:10", "Sun 15:00"), under=under),
    )
    kept = made.figure("promises_kept")
    assert (kept.value, made.figure("promises_broken").value) == (0.25, 3)
    assert made.figure("promises_broken").cases == ("case-02100000", "case-02110000", "case-02120000")
    assert made.figure("asked_before_told").cases == ("case-02110000",)


def test_what_was_taken_private_is_told_with_how_it_ended() -> None:
    under = replace(policy(), private_rest=timedelta(days=1))
    handed = said("10:10", Kind.OTHER, by=DESK, marks=[Mark.HANDOFF])
    made = counted(
        dossier(complaint("10:00"), handed, acts=[act("no_contact", "11:00")], under=under),
        dossier(complaint("09:00"), handed, under=under),
    )
    rows = {row.label: row.values[0] for row in made.table("private_by_ending").rows}
    assert rows == {"no contact": 1, "nobody has said": 1}
    assert made.figure("private").value == 2


def test_an_update_counts_from_a_holding_reply_and_a_follow_up_from_an_answer_nobody_came_back_to() -> None:
    holding = said("10:10", Kind.OTHER, by=DESK, marks=[Mark.HOLDING])
    made = counted(
        dossier(complaint("10:00"), holding, reply("11:40")),
        dossier(complaint("12:00"), reply("12:10"), reply("Tue 12:10")),
        dossier(complaint("13:00"), reply("13:10"), said("13:20", Kind.THANKS), reply("Tue 13:30")),
    )
    assert made.figure("update").value == timedelta(minutes=90)
    follow = made.figure("follow_up")
    assert (follow.value, follow.cases) == (timedelta(days=1), ("case-02120000",))


def test_a_customer_who_comes_back_is_another_wait_and_counts_as_come_back() -> None:
    made = counted(dossier(complaint("10:00"), reply("10:10"), complaint("11:00"), reply("11:30")))
    assert made.figure("next_reply").value == timedelta(minutes=30)
    assert made.figure("came_back").value == 1.0


def test_moods_are_compared_by_person_and_nothing_is_claimed_below_ten() -> None:
    def people(count: int) -> list[Dossier]:
        made = [
            dossier(complaint("10:00"), reply("10:10"), said("10:20", Kind.THANKS), before=-0.5, after=0.25)
            for _ in range(count)
        ]
        return [
            replace(each, case=replace(each.case, id=f"case-{number}", author=f"sample_{number}"))
            for number, each in enumerate(made)
        ]

    nine = people(9)
    again = replace(nine[0], case=replace(nine[0].case, id="case-again"))
    few = counted(*nine, again)
    assert (few.figure("mood_pairs").value, few.figure("mood_change").value) == (9, None)
    assert few.figure("mood_before").value is None
    enough = counted(*people(10))
    assert (enough.figure("mood_change").value, enough.figure("thanked").value) == (0.75, 1.0)
    assert "rose" in next(each.says[0] for each in enough.sections if each.key == "recovery")


def test_a_rule_is_right_where_people_said_what_it_says() -> None:
    verdict = Verdict(Kind.COMPLAINT, Severity.NORMAL, 0.9, "en", reasons=(Reason("broken", "it says broken"),))
    opined = [Opined(verdict, True, "case-1"), Opined(verdict, True, None), Opined(verdict, False, "case-2")]
    row = counted(opined=opined, claims={"broken": True, "thanks": False}).table("rules").rows[0]
    assert (row.label, row.values[0], row.values[1:3]) == ("broken", pytest.approx(2 / 3), (2, 3))
    assert row.cases == ("case-1", "case-2")


def test_pages_count_by_person_and_week_and_a_night_once_however_often_it_rang() -> None:
    sent = [
        Sent("@first", at("23:00"), "2026-03-02", "case-1"),
        Sent("@first", at("Tue 02:00"), "2026-03-02", "case-1"),
        Sent("@second", at("12:00"), None, "case-2"),
        Sent("#care", at("23:00"), "2026-03-02", "case-1"),
    ]
    made = counted(sent=sent, until=at("00:00") + timedelta(weeks=2))
    assert (made.figure("pages").value, made.figure("nights").value) == (4, 1)
    assert made.figure("pages_per_person").value == 3 / 2 / 2
    assert made.table("pages_by_recipient").rows[0].values == (2, 1.0, 1)


def test_of_a_time_in_which_a_source_was_blind_nobody_says_that_it_was_quiet() -> None:
    blind = counted(heard=0, blind=("x has not been heard since 2026-03-02 10:00.",))
    assert "Not all of them could be heard" in (blind.quiet or "")
    assert counted(heard=0).quiet == "Nothing was heard in this time; sources were x."
    assert counted(heard=1).quiet is None
    assert blind.sections[-1].says == blind.blind


def test_every_figure_and_row_is_listed_down_to_cases_that_the_report_knows() -> None:
    made = counted(dossier(complaint("10:00"), reply("10:30")), dossier(complaint("11:00"), chaser("11:30")))
    known = {each.id for each in made.cases}
    listed = made.named()
    assert {name for ids in listed.values() for name in ids} <= known
    assert all(listed[f"heard_by_kind/{row.label}"] for row in made.table("heard_by_kind").rows)
