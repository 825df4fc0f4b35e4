"""The story that ``harken demo`` tells: two days of a parcel service that does not exist, posts and answers and all.

It only brings the history and its config together for a rehearsal; it draws nothing and decides nothing.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from monitor import config
from monitor.history import read
from monitor.rehearse import Deed, Rehearsal
from monitor.setup import setup
from monitor.slack.local import LocalPost
from rules.model import Mention

CONFIG = Path(__file__).parent / "demo.toml"
HISTORY = Path(__file__).parent / "history.jsonl"
UNTIL = datetime(2026, 3, 4, 20, tzinfo=UTC)
"""When the story ends: some are still waiting then."""


def history() -> list[Mention | Deed]:
    """Everything that is posted and done in it."""
    with HISTORY.open("rb") as lines:
        return read(lines, HISTORY.name)


def rehearsal(watch: Callable[[LocalPost], None] | None = None) -> Rehearsal:
    """The line, ready to hear the story.

    Args:
        watch: told of everything that appears in the Slack of this process.
    """
    return Rehearsal(setup(config.load(CONFIG)), history(), UNTIL, watch)
