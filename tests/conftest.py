"""Fixtures more than one folder of tests asks for."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from slack_double import SlackDouble, checked

# Time limits of single examples fail on a busy machine and prove nothing.
settings.register_profile("harken", deadline=None)
settings.load_profile("harken")


@pytest.fixture
def slack_double() -> Iterator[SlackDouble]:
    """A local Slack that fails the test if anything unexpected was sent to it."""
    with checked() as slack:
        yield slack
