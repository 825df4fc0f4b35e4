"""Times in which pages are held back: whom they concern, and what falls due when they are over."""

from dataclasses import replace

import pytest
from builders import OPERATORS, act, at, case, complaint, office, policy, seen, step

from rules.escalation import deadline, next_due, pages_due
from rules.model import Case, Page, Policy, Severity, Span
from rules.quiet import Quiet, holding, spans

LATER = at("Sun 10:00")


def during(start: str, end: str, **about: object) -> Quiet:
    return Quiet(Span(at(start), at(end)), "sample_colleague", **about)  # type: ignore[arg-type]


def with_quiet(rules: Policy, *times: tuple[str, str]) -> Policy:
    return replace(rules, quiet=spans(during(*each) for each in times))


def the(found: Case | None) -> Case:
    assert found is not None
    return found


def owed(rules: Policy, *quiet: tuple[str, str], severity: Severity = Severity.NORMAL) -> list[tuple[str, str]]:
    return seen(pages_due(the(case(complaint("10:00", severity=severity))), with_quiet(rules, *quiet), LATER))


LADDER = policy(step("0m"), step("deadline", "@sample_lead"))
"""Normal: #care at 10:00, the lead at 12:00, the operators at 13:00."""


def test_what_falls_due_in_a_quiet_time_falls_due_at_its_end() -> None:
    assert owed(LADDER, ("09:00", "11:00")) == [("11:00", "#care"), ("12:00", "@sample_lead"), ("13:00", OPERATORS)]


@pytest.mark.parametrize(
    ("quiet", "due"),
    [
        pytest.param(("10:00", "11:00"), "11:00", id="it begins at the very instant"),
        pytest.param(("09:00", "10:00"), "10:00", id="it ends at the very instant"),
        pytest.param(("10:00:01", "11:00"), "10:00", id="it begins a second later"),
        pytest.param(("09:00", "10:00:01"), "10:00:01", id="it ends a second later"),
    ],
)
def test_it_lasts_from_its_first_instant_up_to_and_not_including_its_last(quiet: tuple[str, str], due: str) -> None:
    assert owed(LADDER, quiet)[0] == (due, "#care")


def test_steps_that_were_held_back_together_fall_due_together() -> None:
    assert owed(LADDER, ("09:00", "15:00"))[:2] == [("15:00", "#care"), ("15:00", "@sample_lead")]


def test_repeats_are_counted_from_what_was_held_back_and_do_not_come_all_at_once() -> None:
    rules = policy(step("0m"), repeats=2)
    held = [("10:00", "#care"), ("18:00", "#care"), ("19:00", "#care"), ("20:00", OPERATORS)]
    assert owed(rules, ("10:30", "18:00")) == held


def test_a_crisis_ignores_it() -> None:
    assert owed(LADDER, ("09:00", "18:00"), severity=Severity.CRISIS)[0] == ("10:00", "#care")


def test_what_becomes_a_crisis_meanwhile_is_paged_about_at_once() -> None:
    rules = with_quiet(LADDER, ("09:00", "18:00"))
    raised = the(case(complaint("10:00"), complaint("11:00", severity=Severity.CRISIS)))
    assert seen(pages_due(raised, rules, at("11:00"))) == [("11:00", "#care"), ("11:00", "@sample_lead")]


def test_what_gets_worse_and_is_no_crisis_waits_for_the_end() -> None:
    rules = with_quiet(LADDER, ("09:00", "18:00"))
    raised = the(case(complaint("10:00"), complaint("11:00", severity=Severity.HIGH)))
    assert seen(pages_due(raised, rules, LATER))[0] == ("18:00", "#care")


def test_the_customers_clock_runs_on() -> None:
    silence = the(case(complaint("10:00"))).silences[-1]
    assert deadline(silence, with_quiet(LADDER, ("09:00", "18:00"))) == at("12:00")


def test_its_end_outside_of_the_hours_waits_for_the_next_opening() -> None:
    rules = policy(step("0m"), hours=office("Mon", "Tue"))
    assert owed(rules, ("09:00", "20:00"))[0] == ("Tue 09:00", "#care")


def test_a_lease_that_lapses_meanwhile_begins_its_round_with_the_holder_and_goes_on_at_the_end() -> None:
    rules = with_quiet(LADDER, ("10:30", "18:00"))
    held = the(case(complaint("10:00"), acts=[act("ack", "10:10", by="sam")]))
    pages = [page for page in pages_due(held, rules, LATER) if page.round == 1]
    assert seen(pages)[:3] == [("12:10", "@sam"), ("18:00", "#care"), ("18:00", "@sample_lead")]


def test_its_end_is_when_to_look_again() -> None:
    assert next_due(
        the(case(complaint("10:00"))), with_quiet(LADDER, ("09:00", "09:30"), ("09:40", "11:00")), at("10:00")
    ) == at("11:00")


def test_a_page_keeps_its_name_whether_it_was_held_back_or_not() -> None:
    waits = the(case(complaint("10:00")))
    names = [
        {page.delivery: page for page in pages_due(waits, each, LATER)}
        for each in (LADDER, with_quiet(LADDER, ("09:00", "18:00")))
    ]
    assert names[0].keys() == names[1].keys()
    assert all(isinstance(page, Page) for page in names[0].values())


class TestWhom:
    @pytest.mark.parametrize(
        ("about", "concerned"),
        [
            ({}, True),
            ({"source": "x", "author": "sample_customer_01"}, True),
            ({"source": "reddit", "author": "sample_customer_01"}, False),
            ({"source": "x", "author": "sample_customer_02"}, False),
            ({"sources": frozenset({"x-care"})}, True),
            ({"sources": frozenset({"reviews"})}, False),
            ({"topics": frozenset({"billing", "safety"})}, True),
            ({"topics": frozenset({"safety"})}, False),
            ({"sources": frozenset({"x-care"}), "topics": frozenset({"safety"})}, False),
        ],
    )
    def test_a_mute_is_about_one_author_and_a_window_about_sources_and_topics(
        self, about: dict[str, object], concerned: bool
    ) -> None:
        quiet = during("09:00", "10:00", **about)
        assert quiet.concerns("x", "sample_customer_01", "x-care", ["billing"]) is concerned

    def test_times_that_touch_or_overlap_are_one(self) -> None:
        quiets = [
            during("12:00", "13:00"),
            during("09:00", "10:00"),
            during("10:00", "11:00"),
            during("09:30", "09:40"),
        ]
        assert spans([*quiets, during("15:00", "15:00")]) == (
            Span(at("09:00"), at("11:00")),
            Span(at("12:00"), at("13:00")),
        )

    def test_of_several_that_hold_the_one_that_ends_last_is_named_and_none_holds_a_crisis(self) -> None:
        short, long = during("09:00", "11:00"), during("09:00", "12:00")
        assert holding([long, short], Severity.HIGH, at("10:00")) == long
        assert holding([long, short], Severity.CRISIS, at("10:00")) is None
        assert holding([short], Severity.LOW, at("11:00")) is None
