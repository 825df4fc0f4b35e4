"""How long a report takes: a store of many cases, most of them answered, and the report on all of them.

python bench/report.py [CASES]
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from connectors import Batch, SourceSettings
from monitor import logs
from monitor.clock import Virtual
from monitor.config import load
from monitor.line import Line
from monitor.report.gather import Scope, facts
from monitor.report.page import html
from monitor.setup import setup
from monitor.slack.local import LocalSlack
from monitor.store.sqlite import open_writer
from rules.model import Mention
from rules.report.whole import report

START = datetime(2026, 3, 2, tzinfo=UTC)
SAID = (
    "My parcel is late and nobody answers",
    "I was charged twice, I want a refund",
    "The app crashes since the update",
)


def posts(number: int) -> tuple[Mention, ...]:
    """One conversation: a complaint, mostly an answer, often thanks."""
    at = START + timedelta(seconds=number)
    who, thread = f"sample_{number % 60_000}", f"t{number}"
    asked = Mention("x", f"a{number}", thread, who, SAID[number % 3], at)
    reply = Mention(
        "x", f"r{number}", thread, "SampleHelp", "Sorry, here it is", at + timedelta(minutes=9), f"a{number}"
    )
    thanks = Mention("x", f"t{number}", thread, who, "Thanks, great help", at + timedelta(minutes=12), f"r{number}")
    return (asked, reply, thanks)[: 1 + (number % 10 > 0) + (number % 2)]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    logs.set_up(level=50)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "harken.toml"
        file.write_text('[brand]\nname = "Sample"\nresponders = { x = ["SampleHelp"] }\n')
        made, store = setup(load(file)), open_writer(Path(folder) / "harken.db", "bench")
        end = START + timedelta(seconds=count) + timedelta(hours=1)
        line = Line(store, LocalSlack(Virtual(end)), made, Virtual(end))
        line.listen(SourceSettings(name="x", kind="x"), Batch())
        for first in range(0, count, 1_000):
            mentions = tuple(post for number in range(first, min(first + 1_000, count)) for post in posts(number))
            line.listen(SourceSettings(name="x", kind="x"), Batch(mentions))
        began = time.perf_counter()
        with store.read() as db:
            gathered = facts(db, made, Scope(START, end, "UTC", rehearsed=True))
        read = time.perf_counter()
        found = report(gathered)
        counted = time.perf_counter()
        page = html(found)
        written = time.perf_counter()
        store.close()
    steps = f"read {read - began:.1f}, count {counted - read:.1f}, write {written - counted:.1f}"
    print(f"report: {count:,} cases in {written - began:.1f} s ({steps}), a page of {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
