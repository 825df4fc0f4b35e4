"""A line on a virtual clock with a real database and a Slack inside the process, for tests of what happens when."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors import Batch, Gone, SourceSettings
from monitor.clock import Virtual
from monitor.config import load
from monitor.line import Line
from monitor.setup import Setup, setup
from monitor.slack import Slack
from monitor.slack.local import LocalPost, LocalSlack
from monitor.store import cases, pages
from monitor.store.cases import CaseRow
from monitor.store.pages import PageRow
from monitor.store.sqlite import Store, open_writer
from rules.model import Mention

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANGRY = "@sample My parcel has been stuck for nine days, nobody answers and I want my money back"
CALM = "Walked past the sample shop today"
CUSTOMER = "sample_customer_01"
DESK = "SampleHelp"
LADDER = """
[[policy]]
name = "standard"
reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }
repeats = 0
  [[policy.step]]
  at = "0m"
  to = ["#care"]
  [[policy.step]]
  at = "deadline"
  to = ["#care", "#bosses"]
"""


def made(folder: Path, more: str = LADDER) -> Setup:
    """What a small config puts in force."""
    file = folder / "harken.toml"
    file.write_text(
        f'[brand]\nname = "Sample"\naliases = ["sample"]\nresponders = {{ x = ["{DESK}"] }}\n{more}', encoding="utf-8"
    )
    return setup(load(file))


def post(
    id_: str, minutes: float = 0, text: str = ANGRY, *, by: str = CUSTOMER, to: str | None = None, thread: str = "t"
) -> Mention:
    """A post, ``minutes`` after noon."""
    return Mention("x", id_, thread, by, text, NOON + timedelta(minutes=minutes), reply_to=to)


class Desk:
    """The line with everything it needs, and short words for what tests do with it."""

    via = SourceSettings(name="sample-x", kind="x")

    def __init__(self, store: Store, made: Setup, slack: Slack | None = None) -> None:
        self.clock = Virtual(NOON)
        self.local = LocalSlack(self.clock)
        self.store = store
        self.line = Line(store, slack or self.local, made, self.clock)

    def hear(self, *mentions: Mention, gone: Sequence[str] = (), **batch: object) -> None:
        """One poll that brought these posts."""
        gone_posts = tuple(Gone("x", id_) for id_ in gone)
        self.line.listen(self.via, Batch(mentions, gone_posts, **batch))  # type: ignore[arg-type]

    def at(self, minutes: float) -> None:
        """Let the clock run to ``minutes`` after noon, then tick and send."""
        self.clock.now = NOON + timedelta(minutes=minutes)
        self.line.escalate()
        self.line.deliver()

    def case(self) -> CaseRow:
        """The only case there is."""
        with self.store.read() as db:
            (row,) = cases.every(db)
        return row

    def owed(self) -> list[PageRow]:
        """Every page ever owed."""
        with self.store.read() as db:
            return [page for row in cases.every(db) for page in pages.of_case(db, row.id)]

    def shown(self, channel: str = "#care") -> list[LocalPost]:
        """What people see in a channel."""
        return [one for one in self.local.posts if one.channel == channel and one.visible]


@contextmanager
def opened(folder: Path, more: str = LADDER, *, met: bool = True, slack: Slack | None = None) -> Iterator[Desk]:
    """A desk on a database file; ``met`` says whether its source has been read before."""
    setup = made(folder, more)
    store = open_writer(folder / "harken.db", "a test")
    desk = Desk(store, setup, slack)
    if met:
        desk.hear()
    try:
        yield desk
    finally:
        store.close()
