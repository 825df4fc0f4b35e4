"""What is told of a case: each moment once, at its own time, and nothing of it untold later."""

import pytest
from builders import CUSTOMER, DESK, act, at, case, clock, complaint, edit, policy, reply, said

from rules.model import Act, Kind, Post, Severity
from rules.story import story

POLICY = policy()


def told(*posts: Post, acts: tuple[Act, ...] = (), now: str = "Sun 23:00") -> list[str]:
    found = case(*posts, acts=acts)
    assert found is not None
    return [f"{clock(moment.at)} {moment.what}: {moment.why}" for moment in story(found, POLICY, at(now))]


OPENED = f"10:00 opened: {CUSTOMER} is waiting for an answer (normal)"
ANSWERED = f"10:20 answered: answered by {DESK} after 20 min"
CLOSED = "Thu 10:20 closed: quiet for 3 d after the answer"

STORIES = [
    pytest.param((complaint("10:00"), reply("10:20")), (), [OPENED, ANSWERED, CLOSED], id="answered, then closed"),
    pytest.param(
        (complaint("10:00"), reply("10:20")),
        (act("resolve", "10:30"),),
        [OPENED, ANSWERED, "10:30 resolved: resolved by sample_colleague"],
        id="answered, then resolved by a person",
    ),
    pytest.param(
        (complaint("10:00"), reply("10:20"), said("11:00", Kind.QUESTION)),
        (act("dismiss", "10:30"),),
        [
            OPENED,
            ANSWERED,
            "10:30 dismissed: dismissed by sample_colleague",
            f"11:00 reopened: {CUSTOMER} is waiting again (normal)",
        ],
        id="what was decided before a case reopened stays told",
    ),
    pytest.param(
        (complaint("10:00"), reply("10:20"), complaint("11:00", gone="11:05")),
        (),
        [
            OPENED,
            ANSWERED,
            f"11:00 reopened: {CUSTOMER} is waiting again (normal)",
            f"11:05 withdrawn: {CUSTOMER} took it back after 5 min",
            CLOSED,
        ],
        id="reopened, taken back, then closed as if nothing had been said",
    ),
    pytest.param(
        (complaint("10:00"), reply("10:20"), complaint("Fri 10:00", gone="Fri 10:05")),
        (),
        [
            OPENED,
            ANSWERED,
            CLOSED,
            f"Fri 10:00 reopened: {CUSTOMER} is waiting again (normal)",
            f"Fri 10:05 withdrawn: {CUSTOMER} took it back after 5 min",
            "Fri 10:05 closed: quiet for 3 d after the answer",
        ],
        id="closed, reopened, taken back: closed again",
    ),
    pytest.param(
        (complaint("10:00"), reply("10:20"), complaint("Fri 10:00")),
        (),
        [OPENED, ANSWERED, CLOSED, f"Fri 10:00 reopened: {CUSTOMER} is waiting again (normal)"],
        id="that it had closed stays told after it reopened",
    ),
    pytest.param(
        edit(complaint("10:00"), seen="11:00", kind=Kind.COMPLAINT, severity=Severity.HIGH),
        (),
        [OPENED, f"11:00 raised: {CUSTOMER} wrote again, and worse: now high"],
        id="raised by an edit",
    ),
]


@pytest.mark.parametrize(("posts", "acts", "expected"), STORIES)
def test_everything_that_happened_to_a_case_is_told_in_time_order(
    posts: tuple[Post, ...], acts: tuple[Act, ...], expected: list[str]
) -> None:
    assert told(*posts, acts=acts) == expected


def test_a_closing_is_told_at_its_instant_and_not_before() -> None:
    posts = (complaint("10:00"), reply("10:20"))
    assert told(*posts, now="Thu 10:19:59") == [OPENED, ANSWERED]
    assert told(*posts, now="Thu 10:20") == [OPENED, ANSWERED, CLOSED]


def test_who_speaks_up_at_the_instant_of_the_closing_finds_the_case_open() -> None:
    assert CLOSED not in told(complaint("10:00"), reply("10:20"), complaint("Thu 10:20"))


def test_an_answer_names_the_post_and_a_decision_names_none() -> None:
    found = case(complaint("10:00"), reply("10:20"), acts=[act("resolve", "10:30")])
    assert found is not None
    assert [moment.mention for moment in story(found, POLICY, at("11:00"))] == [
        f"{CUSTOMER} 10:00",
        f"{DESK} 10:20",
        None,
    ]
