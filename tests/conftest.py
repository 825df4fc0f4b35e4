"""Fixtures more than one folder of tests asks for."""

from collections.abc import Iterator

import pytest
from slack_double import SlackDouble, checked


@pytest.fixture
def slack_double() -> Iterator[SlackDouble]:
    """A local Slack that fails the test if anything unexpected was sent to it."""
    with checked() as slack:
        yield slack
