"""How fast networks are read, on one core: a function for each measurement, each prints its own line.

Run with `make bench`, or `python bench/networks.py NAME ...` for some. Lines of Bluesky's live stream are the recorded
ones where ../shared/data lies beside the project, else synthetic.
"""

import importlib.util
import json
import random
import string
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from stream_double import StreamDouble

from connectors import Batch, Context, Poller, Spent, kinds, load
from connectors._bluesky_posts import of_views
from connectors._jetstream import Jetstream, Remembered
from connectors._jetstream_words import Words
from connectors._walk import NetworkSettings
from connectors.testing import ALIAS, RESPONDER, START, Network, settings_of, walk

PAYLOADS = ROOT.parent / "shared" / "data" / "payloads"
ALIASES = 1_000
ASKED = 5_000
"""Lines of the live stream a second that one core must manage."""
TURNS = 4

Measurement = Callable[[], bool]
"""Prints what it measured; False where that is less than was asked for."""


def bluesky_posts() -> bool:
    """Posts a second out of pages of a search."""
    views = [
        {
            "uri": f"at://did:plc:sample{number}/app.bsky.feed.post/3k{number}",
            "author": {
                "did": f"did:plc:sample{number}",
                "handle": f"sample-{number}.example.com",
                "displayName": "Sample",
            },
            "record": {"text": "Where is my parcel? " * 10, "createdAt": "2026-03-02T12:00:00.000Z", "langs": ["en"]},
            "indexedAt": "2026-03-02T12:00:01.000Z",
        }
        for number in range(100)
    ]
    page = json.dumps({"posts": views}).encode()
    return told("bluesky: posts read", rate(lambda: of_views(json.loads(page)["posts"]), 100, 50))


def jetstream_lines() -> bool:
    """Lines a second that are sieved, all of them and posts alone, none or one in a hundred about us."""
    words = Words(names(), ("did:plc:samplebrand",))
    good = True
    for what, lines in (("as they come", recorded()), ("posts only", posts_of(recorded()))):
        for every in (0, 100):
            some = with_ours(lines, every)
            sieved = rate(lambda some=some: [words.may_concern_us(line) for line in some], len(some), 20)
            good &= told(f"jetstream: lines sieved, {what}, {one_in(every)}", sieved, asked=ASKED)
    return good


def jetstream_stream() -> bool:
    """Lines a second over a WebSocket on this machine, until they are handed over; the sender's time is counted too."""
    lines = with_ours(posts_of(recorded()), 100)
    count = 20_000 // len(lines) * len(lines)
    expected, heard, done = count // 100, 0, threading.Event()

    def accept(batch: Batch) -> None:
        nonlocal heard
        heard += len(batch.mentions)
        if heard >= expected:
            done.set()

    with StreamDouble() as double:
        stream = Jetstream(
            double.url,
            names=names(),
            accounts=0,
            ours=dict,
            profiles=lambda dids: {did: {"handle": "sample.example.com"} for did in dids},
            heard=Remembered(),
            accept=accept,
        )
        double.tell(*([line.decode() for line in lines] * (count // len(lines))))
        began = time.process_time()
        stream.start()
        whole = done.wait(60)
        took = time.process_time() - began
        stream.close()
    print(f"{'':4}{heard} of {expected} posts about us were handed over" + ("" if whole else ": too few"))
    return told("jetstream: lines received, sieved and handed over", count / took, asked=ASKED) and whole


def told(what: str, measured: float, *, asked: float = 0) -> bool:
    """Print one figure, and say whether it is enough."""
    print(f"{what:70} {measured:12,.0f}/s" + (f"  (asked {asked:,.0f})" if asked else ""))
    return measured >= asked


def rate(work: Callable[[], object], count: int, times: int) -> float:
    """How many a second, in the best of some turns of ``times`` times ``count``."""
    best = float("inf")
    for _ in range(TURNS):
        began = time.process_time()
        for _ in range(times):
            work()
        best = min(best, time.process_time() - began)
    return count * times / best


def names() -> list[str]:
    """So many brands that nobody speaks of."""
    rng = random.Random(7)
    return ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(6, 12))) for _ in range(ALIASES)] + [
        "samplebrand"
    ]


def recorded() -> list[bytes]:
    """A hundred lines of the live stream."""
    path = PAYLOADS / "bluesky_jetstream.jsonl"
    return path.read_bytes().splitlines() if path.is_file() else [synthetic(number) for number in range(100)]


def posts_of(lines: Sequence[bytes]) -> list[bytes]:
    """Those that are posts, as often as makes a hundred or more."""
    found = [line for line in lines if b'"record":{"$type":"app.bsky.feed.post"' in line]
    return found * -(-100 // len(found))


def with_ours(lines: Sequence[bytes], every: int) -> list[bytes]:
    """The lines with one about us in ``every`` of them."""
    if not every:
        return list(lines)
    return [synthetic(place, "samplebrand") if place % every == 0 else line for place, line in enumerate(lines)]


def synthetic(number: int, word: str = "somebody") -> bytes:
    """A post of 300 characters about ``word``, as the stream writes it."""
    text = f"{word}: where is parcel {number}?\n" + "It was to be here a week ago, and nobody answers. " * 5
    record = {"$type": "app.bsky.feed.post", "createdAt": "2026-03-02T12:00:00.000Z", "langs": ["en"], "text": text}
    commit = {
        "rev": "3k",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"3k{number}",
        "record": record,
    }
    line = {"did": f"did:plc:sample{number}", "time_us": 1_772_452_800_000_000, "kind": "commit", "commit": commit}
    return json.dumps(line, separators=(",", ":")).encode()


def one_in(every: int) -> str:
    """In words."""
    return f"one in {every} about us" if every else "none about us"


class Size(NamedTuple):
    """A brand."""

    name: str
    posts: int
    """A day, one in ten of them our own replies."""
    aliases: int


SIZES = (Size("small", 20, 1), Size("middle", 1_000, 3), Size("large", 20_000, 10))
HOURS = 6
"""So much of a day is run; the rest is multiplied."""


@contextmanager
def far_end(kind: str) -> Iterator[Network]:
    """The simulator that the tests hold a connector against."""
    path = ROOT / "tests" / "connectors" / "stages" / f"{kind}.py"
    spec = importlib.util.spec_from_file_location(f"bench_stage_{kind}", path)
    assert spec is not None and spec.loader is not None  # noqa: PT018 - one thing: that there is one
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder, module.stage(Path(folder)) as stage:
        yield stage


def networks() -> list[str]:
    """Every kind that reads by walks."""
    return [kind for kind in kinds() if issubclass(load(kind).Settings, NetworkSettings)]


def posts_read() -> bool:
    """Posts a second through a whole connector: requests, its SDK, reading, walking; only its own thread is counted."""
    for kind in networks():
        with far_end(kind) as stage:
            many = [stage.post(number, START + timedelta(seconds=number)) for number in range(2_000)]
            stage.publish(many)
            stage.at(START + timedelta(hours=1))
            began = time.thread_time()
            heard = sum(len(batch.mentions) for batch in walk(stage)[0])
            told(f"{kind}: posts read, requests and all", heard / (time.thread_time() - began))
    return True


def days() -> bool:
    """Requests a day and price a month at the default pace, against each network's simulator, for three brands."""
    print(
        "".join([f"{'a day at the default pace':26}", *(f"{f'{one.name}: {one.posts:,} posts':>26}" for one in SIZES)])
    )
    for kind in networks():
        spent = [a_day(kind, size) for size in SIZES]
        print("".join([f"{kind + ': requests a day':26}", *(f"{one.requests:>26,}" for one in spent)]))
        if any(one.price for one in spent):
            print("".join([f"{kind + ': price of 30 days':26}", *(f"{30 * one.price:>26,.2f}" for one in spent)]))
    return True


def a_day(kind: str, size: Size) -> Spent:
    """What a day of a brand costs."""
    with far_end(kind) as stage:
        defaults = {name: load(kind).Settings.model_fields[name].default for name in ("every", "late", "sweep")}
        settings = settings_of(stage, **defaults)
        aliases = (ALIAS, *(f"{ALIAS}{number}" for number in range(1, size.aliases)))
        poller = load(kind).connect(settings, Context(frozenset((RESPONDER,)), aliases))
        assert isinstance(poller, Poller)
        spent, cursor, now, shown = Spent(), None, START, 0
        count = size.posts * HOURS // 24
        made: list[Any] = []
        for number in range(count):
            last = made[-1] if made and number % 10 == 0 else None
            at = START + number * timedelta(hours=HOURS) / count
            made.append(stage.post(number, at.replace(microsecond=0), ours=last is not None, reply_to=last))
        # What a first contact costs is no part of a day.
        _, cursor = a_round(poller, cursor)
        while now < START + timedelta(hours=HOURS):
            now += settings.every
            fresh = [one for one in made[shown:] if one.posted_at <= now]
            shown += len(fresh)
            stage.publish(fresh)
            stage.at(now)
            cost, cursor = a_round(poller, cursor)
            spent += cost
        poller.close()
    return Spent(spent.requests * 24 // HOURS, spent.reads * 24 // HOURS, spent.price * 24 / HOURS)


def a_round(poller: Poller, cursor: str | None) -> tuple[Spent, str | None]:
    """Read each listing once; what that cost, and the cursor."""
    spent, more = Spent(), True
    while more:
        batch = poller.poll(cursor)
        spent, cursor, more = spent + batch.spent, batch.cursor, batch.more
    return spent, cursor


MEASUREMENTS: tuple[Measurement, ...] = (posts_read, bluesky_posts, jetstream_lines, jetstream_stream, days)


def main(wanted: Sequence[str]) -> int:
    """Take all measurements, or those that are wanted."""
    chosen = [one for one in MEASUREMENTS if not wanted or one.__name__ in wanted]
    print(f"{ALIASES:,} aliases, one core")
    good = [one() for one in chosen]  # all of them, whatever the first says
    return int(not all(good))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
