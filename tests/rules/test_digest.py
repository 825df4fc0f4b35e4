"""Severities that are gathered: which digest tells of a case, and whom."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import CUSTOMER, act, at, case, chaser, complaint, policy, reply, step

from rules.digest import Digest, latest
from rules.escalation import next_due, pages_due
from rules.model import Case, Policy, Post, Severity


def gathered(*times: str) -> Policy:
    """Low waits for digests at these times; its ladder is #care at once and the lead after eight hours."""
    rules = policy(step("0m"), step("deadline", "@sample_lead"))
    return replace(rules, digest=frozenset({Severity.LOW}), digest_at=tuple(map(at, times)))


RULES = gathered("09:00", "15:00", "Tue 09:00", "Tue 15:00")


def the(*posts: Post) -> Case:
    found = case(*posts)
    assert found is not None
    return found


def low(when: str) -> Post:
    return complaint(when, severity=Severity.LOW)


def told(posts: Sequence[Post], now: str, known: str = "00:00") -> Digest | None:
    return latest(the(*posts), RULES, at(now), at(known))


def test_exactly_at_its_time_a_digest_tells_of_the_case_and_a_second_before_it_does_not() -> None:
    assert told([low("10:00")], "15:00") == Digest(at("15:00"), ("#care",))
    assert told([low("10:00")], "14:59:59") is None


def test_a_customer_who_begins_to_wait_at_the_very_time_is_in_it() -> None:
    assert told([low("15:00")], "15:00") == Digest(at("15:00"), ("#care",))


def test_it_goes_to_everybody_whom_the_ladder_would_have_reached_by_then() -> None:
    assert told([low("10:00")], "Tue 09:00") == Digest(at("Tue 09:00"), ("#care", "@sample_lead", "#sample-ops"))
    assert told([low("Tue 03:00")], "Tue 09:00") == Digest(at("Tue 09:00"), ("#care",))


@pytest.mark.parametrize(
    "posts", [[low("10:00"), reply("14:00")], [complaint("10:00")], [low("10:00"), chaser("14:00")]]
)
def test_who_is_answered_or_worse_is_in_none(posts: list[Post]) -> None:
    assert told(posts, "15:00") is None


def test_what_is_heard_after_a_digest_waits_for_the_next() -> None:
    assert told([low("10:00")], "18:00", known="15:00:01") is None
    assert told([low("10:00")], "Tue 09:00", known="15:00:01") is not None


def test_no_page_of_its_own_is_owed_as_long_as_it_is_gathered() -> None:
    assert pages_due(the(low("10:00")), RULES, at("Sun 10:00")) == ()


def test_a_raise_makes_the_steps_whose_time_is_over_due_at_once() -> None:
    found = case(low("10:00"), acts=[act("raise", "13:00")], of=CUSTOMER)
    assert found is not None
    pages = pages_due(found, RULES, at("13:00"))
    assert [(page.step, page.due) for page in pages] == [(0, at("13:00")), (1, at("13:00"))]


def test_the_next_digest_is_when_to_look_again() -> None:
    waiting = the(low("10:00"))
    looks = [at("10:00")]
    while (due := next_due(waiting, RULES, looks[-1])) is not None:
        looks.append(due)
    assert looks[1:] == [at("15:00"), at("Tue 09:00"), at("Tue 15:00")]
