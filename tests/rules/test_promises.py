"""What our own words promise: a table of replies, each with when it was posted and when we said we would be back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.promises import Promise, promised

BERLIN = ZoneInfo("Europe/Berlin")


def at(when: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(when).replace(tzinfo=zone).astimezone(UTC)


def test_a_promise_is_an_instant_and_the_words_that_said_so() -> None:
    said = promised("Sorry! We'll get back to you by 3pm.", at("2026-03-03 10:00"), BERLIN, None, "en")
    assert said == Promise(at("2026-03-03 15:00"), "by 3pm")


@pytest.mark.parametrize("text", ["We'll get back to you soon.", "Your 3pm flight is late.", "We are open until 6pm."])
def test_a_time_of_something_else_is_no_promise(text: str) -> None:
    assert promised(text, at("2026-03-03 10:00"), BERLIN, None, "en") is None
