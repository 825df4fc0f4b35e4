"""What a customer has been through with us before: counted, not guessed."""

import pytest
from builders import act, at, case, chaser, complaint, reply
from hypothesis import given
from hypothesis import strategies as st

from rules.model import Act, Case, Ended, Post
from rules.past import Past, past


def made(*posts: Post, acts: tuple[Act, ...] = ()) -> Case:
    found = case(*posts, acts=acts)
    assert found is not None
    return found


NOW = made(complaint("Sat 10:00"))
WAITING = made(complaint("10:00"))
ANSWERED = made(complaint("10:00"), reply("10:20"))
CHASED = made(complaint("10:00"), chaser("10:10"), reply("11:00"))
RESOLVED = made(complaint("10:00"), reply("10:20"), acts=(act("resolve", "10:30"),))
DISMISSED = made(complaint("10:00"), acts=(act("dismiss", "10:30"),))
WITHDRAWN = made(complaint("10:00", gone="10:40"))


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), Past((), 0, None)),
        ((WAITING,), Past(((None, 1),), 0, None)),
        ((ANSWERED,), Past(((Ended.ANSWERED, 1),), 0, at("10:20"))),
        ((CHASED, ANSWERED), Past(((Ended.ANSWERED, 2),), 1, at("11:00"))),
        ((RESOLVED,), Past(((Ended.RESOLVED, 1),), 0, at("10:20"))),
        ((DISMISSED, WITHDRAWN), Past(((Ended.DISMISSED, 1), (Ended.WITHDRAWN, 1)), 0, None)),
    ],
)
def test_each_other_case_counts_once_by_how_it_stands(others: tuple[Case, ...], told: Past) -> None:
    assert past(NOW, others) == told


def test_what_was_answered_before_in_the_same_case_counts_and_what_it_stands_for_does_not() -> None:
    reopened = made(complaint("10:00"), chaser("10:10"), reply("10:20"), complaint("11:00"))
    assert past(reopened, ()) == Past((), 1, at("10:20"))
    assert past(CHASED, ()) == Past((), 0, None)


def test_that_there_are_still_others_is_kept() -> None:
    assert past(NOW, (ANSWERED,), more=True).more
    assert past(NOW, (ANSWERED,)).cases == 1


@given(st.permutations([WAITING, ANSWERED, CHASED, RESOLVED, DISMISSED, WITHDRAWN]))
def test_in_which_order_cases_are_found_does_not_matter(others: list[Case]) -> None:
    assert past(NOW, others) == past(NOW, sorted(others, key=repr))
    assert past(NOW, others).cases == len(others)
