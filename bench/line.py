"""How fast the line is: mentions a second, the cost of a tick, from fetch to Slack, memory, start-up.

Run with `make bench`. Each figure is a ratio, or stands beside the limit it is held to; absolute figures depend on the
machine. Posts are synthetic and sized like tweets.
"""

import contextlib
import dataclasses
import itertools
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import requests
import structlog
from running import eventually, free_port, run
from slack_double import SlackDouble

from connectors import Batch, SourceSettings, _wire
from monitor.clock import Virtual
from monitor.line import Line
from monitor.setup import Setup
from monitor.slack.local import LocalSlack
from monitor.store import cases, pages
from monitor.store.sqlite import Store, open_writer
from rules.model import Mention

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VIA = SourceSettings(name="bench", kind="bench")
CHATTER = (
    "Walked past the new @acme shop on the way to work, looks nice from outside",
    "Is anybody else going to the acme talk at the conference tomorrow afternoon?",
    "acme parcels everywhere in our hallway today, must be the holidays coming up",
    "Reading about how acme sorts a million boxes a night. Logistics is fascinating",
    "My cat has decided that the acme box is hers now and nobody may touch it",
    "Thanks acme, the driver waited until I was down the stairs. Much appreciated!",
)
COMPLAINTS = (
    "@acme my parcel has been stuck for nine days and nobody answers my mails. Where is it?",
    "@acme you charged me twice for order 4471 and support hung up on me. I want a refund",
    "Third time this week that acme delivered to the wrong house. Unacceptable.",
)
"""Chatter outnumbers complaints nine to one, as it does around a brand that people like."""


def mentions(count: int, rng: random.Random, *, complaints: float = 0.1) -> Iterator[Mention]:
    for number in range(count):
        text = rng.choice(COMPLAINTS if rng.random() < complaints else CHATTER)
        author = f"sample_customer_{rng.randrange(10**6):06d}"
        yield Mention("bench", str(number), str(number), author, f"{text} {number}", START)


def made_setup() -> Setup:
    from monitor.config import load  # noqa: PLC0415 - reads the environment's packs once
    from monitor.setup import setup  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "harken.toml"
        config.write_text('[brand]\nname = "Acme"\naliases = ["acme"]\nresponders = { bench = ["AcmeHelp"] }\n')
        return setup(load(config))


@contextlib.contextmanager
def new_line(setup: Setup) -> Iterator[tuple[Line, Virtual, Store]]:
    clock = Virtual(START)
    with tempfile.TemporaryDirectory() as folder:
        store = open_writer(Path(folder) / "harken.db", "the benchmark")
        yield Line(store, LocalSlack(clock), setup, clock), clock, store
        store.close()


def throughput(setup: Setup, what: str, count: int = 20_000, size: int = 100) -> None:
    batches = list(_batched(mentions(count, random.Random(1)), size))
    with new_line(setup) as (line, _, _):
        line.listen(VIA, Batch(batches[0]))
        began = time.perf_counter()
        for batch in batches[1:]:
            line.listen(VIA, Batch(batch))
        rate = (count - size) / (time.perf_counter() - began)
    asked = f"{size} a batch   {rate / 5_000:.2f} of the 5,000 asked"
    print(f"listen + weigh + commit, {what:<24} {rate:8,.0f} mentions/s, {asked}")


def _batched(entries: Iterator[Mention], size: int) -> Iterator[tuple[Mention, ...]]:
    while chunk := tuple(itertools.islice(entries, size)):
        yield chunk


def tick(setup: Setup) -> None:
    costs = {}
    for open_cases in (10, 1_000, 100_000):
        with new_line(setup) as (line, clock, store):
            rng = random.Random(2)
            for batch in _batched(mentions(open_cases, rng, complaints=1.0), 500):
                line.listen(VIA, Batch(batch))
            with store.write("settle") as db:
                db.execute("update page set outcome = 'sent', settled_at = due")
                db.execute(
                    'update "case" set next_due = ?',
                    ((START + timedelta(days=300)).isoformat(timespec="microseconds"),),
                )
            times = []
            for round_ in range(30):
                clock.now = START + timedelta(days=1, seconds=round_)
                with store.write("make due") as db:
                    db.execute(
                        'update "case" set next_due = ? where id in (select id from "case" order by id limit 10)',
                        (clock.now.isoformat(timespec="microseconds"),),
                    )
                    db.execute("delete from page")
                began = time.perf_counter()
                line.escalate()
                times.append(time.perf_counter() - began)
            costs[open_cases] = statistics.median(times)
            with store.read() as db:
                assert cases.count_by_status(db), "no case opened"
                assert pages.oldest_unsettled(db) is not None, "nothing fell due"
    for open_cases, cost in costs.items():
        print(f"tick, 10 due of {open_cases:7,d}   {cost * 1e3:8.2f} ms   {cost / costs[10]:.2f} of 10 (limit 1.5)")


CONFIG = """
[brand]
name = "Acme"
aliases = ["acme"]
responders = {{ bench = ["AcmeHelp"] }}
[slack]
base_url = "{slack}"
[[source]]
name = "push"
kind = "inbox"
listen = "127.0.0.1:{port}"
unsigned = true
"""


def latency(seconds: int = 20, rate: int = 100) -> None:
    """The real process: posts come in over HTTP at ``rate`` a second, and one in ten is a complaint."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, SlackDouble() as slack:
        config = Path(folder) / "harken.toml"
        config.write_text(CONFIG.format(slack=slack.base_url, port=port))
        began = time.perf_counter()
        with run(config) as daemon:
            daemon.wait_said("listening")
            ready = time.perf_counter() - began
            sent: dict[str, float] = {}
            with requests.Session() as session:
                start = time.monotonic()
                for number, mention in enumerate(mentions(seconds * rate, random.Random(3))):
                    time.sleep(max(start + number / rate - time.monotonic(), 0))
                    now = replace(mention, author=f"sample_{number}", posted_at=datetime.now(UTC))
                    if mention.text.startswith(COMPLAINTS):
                        sent[now.author] = time.monotonic()
                    session.post(f"http://127.0.0.1:{port}/mentions", _wire.write(now).encode()).raise_for_status()
            eventually(lambda: sent.keys() <= _arrived(slack).keys(), "every page to arrive", 60)
            memory = dict(
                line.split(":\t", 1) for line in Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines()
            )
            resident = int(memory["VmHWM"].split()[0]) / 1024
        arrived = _arrived(slack)
    waits = sorted(arrived[author] - at for author, at in sent.items())
    p99 = waits[int(len(waits) * 0.99)]
    print(f"start to listening        {ready * 1e3:8.0f} ms")
    print(
        f"from post to Slack        {statistics.median(waits) * 1e3:8.0f} ms median, {p99 * 1e3:.0f} ms at the 99th"
        f" percentile of {len(waits)} pages at {rate} mentions/s   {p99:.2f} of the 1 s allowed"
    )
    print(f"resident memory, highest  {resident:8.0f} MB   {resident / 150:.2f} of the 150 MB allowed")


def _arrived(slack: SlackDouble) -> dict[str, float]:
    """Author -> when Slack took the first page about them, on the monotonic clock."""
    found: dict[str, float] = {}
    for call in slack.made("chat.postMessage"):
        if author := re.search(r"sample_\d+", call.args["text"]):
            found.setdefault(author[0], call.at)
    return found


def start_up() -> None:
    program = [sys.executable, "-m", "monitor", "--help"]
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(program, check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - began)
    median = statistics.median(times)
    print(f"harken --help             {median * 1e3:8.0f} ms   {median / 0.3:.2f} of the 300 ms allowed")


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    setup = made_setup()
    # Two thousand complaints about four topics at one instant are storms, which ordinary days are not.
    throughput(dataclasses.replace(setup, incident=None), "each on its own")
    throughput(setup, "in a storm")
    tick(setup)
    start_up()
    latency()


if __name__ == "__main__":
    main()
