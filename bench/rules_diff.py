"""How long `harken rules diff` takes over 100,000 stored posts, as a ratio to the minute that it may take.

The posts are synthetic and sized like tweets; one in ten is a complaint that nobody answers, which makes for the most
pages. The edits turn no post, one in a hundred and one in twenty.
"""

import itertools
import random
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

import structlog
from line import START, VIA, mentions

from connectors import Batch
from monitor.clock import Virtual
from monitor.compare import compare
from monitor.config import BUNDLED_RULES, load
from monitor.line import Line
from monitor.setup import Setup, setup
from monitor.slack.local import LocalSlack
from monitor.store.sqlite import Store, in_memory

POSTS = 100_000
LIMIT = 60.0
DAYS = 30
EDITS = {"none": "no such word", "1 in 100": "hallway.*1[0-5]$", "1 in 20": "hallway.*[0-3]$"}


def stored(made: Setup) -> Store:
    """A month of posts, heard and judged, nothing paged."""
    store, clock = in_memory(), Virtual(START)
    line = Line(store, LocalSlack(clock), made, clock)
    rng = random.Random(4)
    entries = mentions(POSTS, rng)
    while chunk := list(itertools.islice(entries, 1_000)):
        clock.now += timedelta(days=DAYS) * len(chunk) / POSTS
        posts = [replace(one, posted_at=clock.now - timedelta(minutes=rng.uniform(0, 400))) for one in chunk]
        line.listen(VIA, Batch(tuple(posts), quiet=True))
    with store.write("heard") as db:
        db.execute("update mention set history = 0")
    return store


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as folder:
        config_file = Path(folder) / "harken.toml"
        config_file.write_text('[brand]\nname = "Acme"\naliases = ["acme"]\nresponders = { bench = ["AcmeHelp"] }\n')
        config = load(config_file)
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(BUNDLED_RULES.glob("*.toml"))}
    live = setup(config, texts)
    store = stored(live)
    now = START + timedelta(days=DAYS)
    for name, pattern in EDITS.items():
        rule = f"about = 'Edit.'\n[[rule]]\nid = 'edit'\npattern = '{pattern}'\nforces = 'complaint'\nwhy = 'Edited.'\n"
        edited = setup(config, {**texts, "edit.toml": rule})
        with store.read() as db:
            began = time.perf_counter()
            found = compare(db, live, edited, since=START - timedelta(days=1), now=now, progress=lambda *_: None)
            took = time.perf_counter() - began
        print(
            f"rules diff, turning {name:8}  {found.judged:,} posts, {len(found.turned):,} turned,"
            f" {len(found.pages):,} pages changed: {took:5.1f} s   {took / LIMIT:.2f} of the {LIMIT:.0f} s allowed"
        )
    store.close()


if __name__ == "__main__":
    main()
