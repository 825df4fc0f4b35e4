"""Whether a case may page yet, by how far its source has been heard."""

import pytest
from builders import at, complaint, silences

from rules.hearing import Coverage, Hearing, hearing

HEARING = [
    pytest.param(Coverage(None, None), Hearing(may_page=False), id="nothing read yet: wait"),
    pytest.param(Coverage(at("10:30"), None), Hearing(may_page=False), id="our side never read: wait"),
    pytest.param(Coverage(None, at("10:30")), Hearing(may_page=False), id="their side never read: wait"),
    pytest.param(Coverage(at("10:30"), at("09:59:59")), Hearing(may_page=False), id="our side not read past it: wait"),
    pytest.param(
        Coverage(at("09:59:59"), at("10:30")), Hearing(may_page=False), id="their side not read past it: wait"
    ),
    pytest.param(Coverage(at("10:00"), at("10:30")), Hearing(may_page=True), id="both sides read past its post: page"),
    pytest.param(
        Coverage(None, None, at("09:00")),
        Hearing(may_page=True, blind_since=at("09:00")),
        id="reading has failed from the beginning: page, and say since when",
    ),
    pytest.param(
        Coverage(at("09:30"), at("09:40"), at("09:45")),
        Hearing(may_page=True, blind_since=at("09:30")),
        id="reading fails now: page, and say up to when it was checked",
    ),
]


@pytest.mark.parametrize(("coverage", "expected"), HEARING)
def test_no_case_pages_until_both_sides_were_read_past_its_post_or_reading_failed(
    coverage: Coverage, expected: Hearing
) -> None:
    (silence,) = silences(complaint("10:00"))
    assert hearing(silence, coverage) == expected
