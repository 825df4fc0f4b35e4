"""Stages for the stories of this folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_double import SlackDouble
from stage import EMPLOYED, Scene, Stage, user

CHANNELS = ("care", "bosses", "desk", "harken-ops")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Sets a stage. Whatever Slack would never have taken fails the story."""
    made: list[Stage] = []
    people = {f"{name}@example.org": user(name) for name in (*EMPLOYED, "guest")}
    with SlackDouble(channels=CHANNELS, people=people) as slack:

        def make(config: str | None = None, **about: Any) -> Stage:
            stage = Stage(tmp_path, slack, **about) if config is None else Stage(tmp_path, slack, config, **about)
            made.append(stage)
            return stage

        yield make
        for stage in made:
            stage.close()
    slack.check()
