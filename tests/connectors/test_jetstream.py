"""Bluesky's live stream against a local WebSocket server: what is taken of it, and that nothing it does stops it."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bluesky_double import PASSWORD, Bluesky, Person, Post, tid
from stream_double import HANG_UP, StreamDouble

from connectors import Batch, Context, Gone, Live, bluesky
from connectors._jetstream import Jetstream, Remembered
from connectors._jetstream_words import Words, commit_in, cursor_of, moment_in

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "bluesky_jetstream.jsonl"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BRAND = Person("did:plc:brand", "brand.example.com", "Brand")
ONE, TWO = (Person(f"did:plc:customer{n}", f"sample-customer-0{n}.example.com") for n in (1, 2))
NEWER = "/xrpc/network.bsky.jetstream.subscribeEvents"


def post(by: Person, text: str, number: int = 0, **changed: Any) -> Post:
    return Post(by, text, NOON, NOON + timedelta(seconds=1), tid(NOON, number), **changed)


def line(one: Post, operation: str = "create", seconds: float = 1, **changed: Any) -> str:
    """What the older wire says of it."""
    commit = {"rev": "3k", "operation": operation, "collection": "app.bsky.feed.post", "rkey": one.key}
    if operation != "delete":
        commit |= {"record": one.record(), "cid": "bafy"}
    at = cursor_of(NOON + timedelta(seconds=seconds))
    return json.dumps({"did": one.by.did, "time_us": at, "kind": "commit", "commit": commit, **changed})


def newer(one: Post, operation: str = "create") -> str:
    """What the newer wire says of it."""
    payload = {"$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": 7, "did": one.by.did}
    payload |= {"collection": "app.bsky.feed.post", "rkey": one.key, "operation": operation, "rev": "3k"}
    payload |= {"time": "2026-03-02T12:00:01.000000Z", "record": one.record()}
    return json.dumps({"$type": "message", "payload": payload})


class Heard:
    """What was handed over."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def __call__(self, batch: Batch) -> None:
        self.batches.append(batch)

    def texts(self) -> list[str]:
        return [one.text for batch in self.batches for one in batch.mentions]

    def until(self, true: Callable[[], object]) -> None:
        """Wait until it is so.

        Raises:
            AssertionError: it did not become so.
        """
        end = time.monotonic() + 5
        while not true():
            assert time.monotonic() < end, self.batches
            time.sleep(0.01)


@pytest.fixture
def far() -> Iterator[Bluesky]:
    with Bluesky(people={one.did: one for one in (BRAND, ONE, TWO)}, account=BRAND) as double:
        yield double


@pytest.fixture
def stream() -> Iterator[StreamDouble]:
    with StreamDouble() as double:
        yield double


@pytest.fixture
def heard() -> Heard:
    return Heard()


@contextlib.contextmanager
def following(
    far: Bluesky, url: bool | str, accept: Callable[[Batch], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[bluesky.BlueskyPoller]:
    monkeypatch.setenv("BLUESKY_APP_PASSWORD", PASSWORD)
    keys = {"name": "sky", "kind": "bluesky", "base_url": far.url, "handle": BRAND.handle, "jetstream": url}
    context = Context(frozenset((BRAND.handle,)), ("acme",))
    with contextlib.closing(bluesky.connect(bluesky.Settings.model_validate(keys), context)) as poller:
        assert isinstance(poller, Live)
        poller.follow(accept)
        yield poller


@contextlib.contextmanager
def reading(url: str, accept: Callable[[Batch], None], **changed: Any) -> Iterator[Jetstream]:
    """A stream whose times are those of a test."""
    profile = {one.did: {"handle": one.handle} for one in (BRAND, ONE, TWO)}
    made = Jetstream(
        url,
        names=("acme", BRAND.handle),
        accounts=1,
        ours=lambda: {BRAND.did: BRAND.handle},
        profiles=lambda dids: {did: profile[did] for did in dids if did in profile},
        heard=Remembered(),
        accept=accept,
        **{"wait": 0.05, **changed},
    )
    made.start()
    with contextlib.closing(made):
        yield made


# what is handed over


@pytest.mark.parametrize("path", ["", "/subscribe", NEWER])
def test_a_post_is_handed_over_as_the_poll_will_give_it(
    far: Bluesky, stream: StreamDouble, heard: Heard, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    written = newer if path == NEWER else line
    first = post(ONE, "Acme is down", langs=("en",))
    answer = post(BRAND, "We know.", 1, root=first.uri, parent=first.uri)
    with following(far, stream.url + path, heard, monkeypatch) as poller:
        heard.until(lambda: far.asked("resolveHandle"))
        time.sleep(0.1)
        stream.tell(written(first), written(answer), written(post(TWO, "macme is no word of ours")))
        heard.until(lambda: len(heard.texts()) == 2)
        far.put(first)
        far.put(answer)
        far.now = NOON + timedelta(minutes=1)
        polled, cursor = [], None
        while True:
            batch = poller.poll(cursor)
            polled += batch.mentions
            cursor = batch.cursor
            if not batch.more:
                break
    assert {one for batch in heard.batches for one in batch.mentions} == set(polled)
    assert all(batch.sides == frozenset() and batch.cursor is None for batch in heard.batches)
    wanted = "collections" if path == NEWER else "wantedCollections"
    assert stream.asked[0][wanted] == ["app.bsky.feed.post"]
    assert "cursor" not in stream.asked[0]
    assert stream.paths[0] == (path or "/subscribe")
    assert stream.protocols[0] == ("xrpc.v1.json" if path == NEWER else None)


def test_nothing_is_followed_unless_the_settings_ask_for_it(
    far: Bluesky, stream: StreamDouble, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = threading.active_count()
    with following(far, url=False, accept=heard, monkeypatch=monkeypatch):
        assert threading.active_count() == before
    assert stream.paths == []


def test_what_speaks_to_us_is_addressed_whatever_its_words(stream: StreamDouble, heard: Heard) -> None:
    ours = post(BRAND, "News")
    reply = post(ONE, "hm", 1, root=ours.uri, parent=ours.uri)
    quote = post(ONE, "look at this", 2, quotes=ours.uri)
    named = post(TWO, "acme", 3)
    said = post(TWO, "you there", 4)
    facet = {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": BRAND.did}], "index": {}}
    with_facet = json.loads(line(said))
    with_facet["commit"]["record"]["facets"] = [None, facet]
    with reading(stream.url, heard):
        time.sleep(0.3)
        stream.tell(line(ours), line(reply), line(quote), line(named), json.dumps(with_facet))
        heard.until(lambda: len(heard.texts()) == 5)
    assert frozenset().union(*(one.addressed for one in heard.batches)) == {reply.uri, quote.uri, said.uri}


def test_an_edit_and_a_deletion_of_what_was_heard_are_told_and_other_deletions_are_not(
    stream: StreamDouble, heard: Heard
) -> None:
    known, unknown = post(ONE, "acme is slow"), post(TWO, "nothing of ours", 1)
    edited = post(ONE, "acme has lost my money")
    with reading(stream.url, heard):
        stream.tell(line(unknown, "delete"), line(known), line(edited, "update"), line(known, "delete"))
        heard.until(lambda: any(batch.gone for batch in heard.batches))
    assert heard.texts() == ["acme is slow", "acme has lost my money"]
    assert [gone for batch in heard.batches for gone in batch.gone] == [Gone("bluesky", known.uri)]


def test_a_deletion_of_what_the_poll_heard_is_told(
    far: Bluesky, stream: StreamDouble, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = post(ONE, "acme is slow")
    far.put(known)
    with following(far, stream.url, heard, monkeypatch) as poller:
        poller.poll(None)
        stream.tell(line(known, "delete"))
        heard.until(lambda: any(batch.gone for batch in heard.batches))


def test_who_cannot_be_named_is_left_to_the_poll(stream: StreamDouble, heard: Heard) -> None:
    stranger = Person("did:plc:stranger", "stranger.example.com")
    with reading(stream.url, heard):
        stream.tell(line(post(stranger, "acme")), line(post(ONE, "acme, too")))
        heard.until(lambda: heard.texts() == ["acme, too"])


def test_a_new_handle_is_asked_for(
    far: Bluesky, stream: StreamDouble, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with following(far, stream.url, heard, monkeypatch):
        stream.tell(line(post(ONE, "acme 1")))
        heard.until(heard.texts)
        far.people[ONE.did] = Person(ONE.did, "renamed.example.com")
        renamed = {"did": ONE.did, "time_us": 1, "kind": "identity", "identity": {"did": ONE.did, "handle": "x"}}
        stream.tell(json.dumps(renamed), line(post(ONE, "acme 2", 1)))
        heard.until(lambda: len(heard.texts()) == 2)
    assert [one.author for batch in heard.batches for one in batch.mentions] == [ONE.handle, "renamed.example.com"]


# what goes wrong


def test_a_stream_that_drops_goes_on_a_little_before_where_it_was(stream: StreamDouble, heard: Heard) -> None:
    with reading(stream.url, heard):
        stream.tell(line(post(ONE, "acme 1")), line(post(ONE, "unheard", 1), seconds=60), HANG_UP)
        stream.tell(line(post(ONE, "acme 2", 2)), HANG_UP, line(post(ONE, "acme 3", 3)))
        heard.until(lambda: heard.texts() == ["acme 1", "acme 2", "acme 3"])
    assert stream.asked[1]["cursor"] == [str(cursor_of(NOON + timedelta(seconds=55)))]


def test_frames_of_garbage_stop_nothing(stream: StreamDouble, heard: Heard) -> None:
    good = line(post(ONE, "acme"))
    odd: list[object] = [
        *(
            "",
            "{",
            "null",
            "[]",
            "7",
            b"\xff\xfe",
            b"\0" * 100,
            "[" * 50_000,
            good[:-9],
            good.replace('"did"', '"dad"'),
        ),
        *(good.replace(str(cursor_of(NOON + timedelta(seconds=1))), at) for at in ("-1", "9" * 40, "null", '"x"')),
        json.dumps({"did": 1, "kind": "commit", "commit": {"collection": "app.bsky.feed.post", "record": "acme"}}),
        json.dumps({"did": ONE.did, "time_us": 1, "commit": ["app.bsky.feed.post", "acme"]}),
        json.dumps({"$type": "error", "error": "ConsumerTooSlow", "message": "app.bsky.feed.post acme"}),
        json.dumps({"$type": "message", "payload": {"collection": "app.bsky.feed.post", "record": {"text": "acme"}}}),
    ]
    with reading(stream.url, heard):
        stream.tell(*odd, line(post(TWO, "acme, too", 1)))
        heard.until(lambda: heard.texts() == ["acme, too"])
    assert len(stream.asked) == 1


def test_a_frame_of_five_megabytes_is_not_read(stream: StreamDouble, heard: Heard) -> None:
    with reading(stream.url, heard):
        stream.tell("acme app.bsky.feed.post " * 250_000)
        heard.until(lambda: len(stream.asked) > 1)
        stream.tell(line(post(ONE, "acme")))
        heard.until(lambda: heard.texts() == ["acme"])
    assert len(stream.asked) == 2


def test_silence_counts_as_a_broken_stream(stream: StreamDouble, heard: Heard) -> None:
    with reading(stream.url, heard, silence=0.1):
        stream.tell(line(post(ONE, "acme")))
        heard.until(heard.texts)
        heard.until(lambda: any("breaks off (TimeoutError)" in (batch.warning or "") for batch in heard.batches))
    assert len(stream.asked) >= 3


def test_a_stream_that_is_not_there_is_said_once_and_tried_ever_later(heard: Heard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with reading(f"ws://127.0.0.1:{port}", heard, wait=0.01):
        heard.until(lambda: heard.batches)
        time.sleep(0.3)
    (said,) = heard.batches
    assert said.warning is not None
    assert f"127.0.0.1:{port} breaks off (ConnectionRefusedError)" in said.warning
    assert said.sides == frozenset()


def test_a_batch_that_could_not_be_stored_stops_nothing(stream: StreamDouble, heard: Heard) -> None:
    def accept(batch: Batch) -> None:
        if "full" in batch.mentions[0].text:
            raise OSError("the disk is full")
        heard(batch)

    with reading(stream.url, accept):
        stream.tell(line(post(ONE, "acme: full")))
        time.sleep(0.5)
        stream.tell(line(post(ONE, "acme", 1)))
        heard.until(lambda: heard.texts() == ["acme"])


@pytest.mark.parametrize("state", ["reading", "waiting to connect", "connecting"])
def test_it_stops_within_a_second_whatever_it_is_doing(
    far: Bluesky, stream: StreamDouble, heard: Heard, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        unanswered = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        url = {"reading": stream.url, "waiting to connect": "ws://127.0.0.1:1", "connecting": unanswered}[state]
        with following(far, url, heard, monkeypatch) as poller:
            time.sleep(0.5)
            began = time.monotonic()
            poller.close()
            assert time.monotonic() - began < 1


def test_a_dropped_stream_loses_nothing_because_the_poll_hears_it(
    far: Bluesky, stream: StreamDouble, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with following(far, stream.url, heard, monkeypatch) as poller:
        polled = set[str]()
        cursor: str | None = None
        for number in range(40):
            one = post(ONE, f"acme {number}", number)
            far.put(one)
            stream.tell(HANG_UP if number % 3 else line(one))
        while True:
            batch = poller.poll(cursor)
            polled |= {mention.text for mention in batch.mentions}
            cursor = batch.cursor
            if not batch.more:
                break
    assert polled == {f"acme {number}" for number in range(40)}


@pytest.mark.parametrize("url", ["yes", "http://x.example", "ws://", "wss://user@x.example/"])
def test_an_address_that_is_no_stream_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no address of a stream"):
        bluesky.Settings.model_validate({"name": "sky", "kind": "bluesky", "handle": "x", "jetstream": url})


# which lines concern us


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize(
    ("name", "text", "concerns"),
    [
        ("acme", "acme", True),
        ("acme", "Is ACME down?", True),
        ("acme", "first line\nacme", True),
        ("acme", "\tacme", True),
        ("acme", "#acme and @acme.example", True),
        ("acme", "macme", False),
        ("acme", "acmes", False),
        ("acme", "\u00e9acme", False),
        ("acme app", "the acme\napp", True),
        ("acme app", "acme, app", False),
        ("Z\u00fcrich AG", "z\u00dcRICH ag", True),
        ("Z\u00fcrich AG", "Zu\u0308rich AG", True),
        ("Zu\u0308rich", "Z\u00fcrich", True),
        ("a&b", "<a&b>", True),
        ('the "one"', 'it is THE "one"!', True),
        ("\U0001f680ship", "go \U0001f680ship", True),
        ("\u30a2\u30af\u30e1", "\u3053\u308c\u306f\u30a2\u30af\u30e1\u3067\u3059", True),
        ("50% off", "50% OFF", True),
        ("a.b", "a-b", False),
    ],
)
def test_a_word_is_found_as_a_word_however_a_program_writes_its_json(
    name: str, text: str, concerns: bool, raw: bool
) -> None:
    written = json.loads(line(post(ONE, text)))
    as_bytes = json.dumps(written, ensure_ascii=not raw)
    if raw:  # as Go writes it
        as_bytes = as_bytes.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    words, commit = Words((name,), ()), commit_in(as_bytes.encode())
    assert commit is not None
    assert words.concern_us(commit) is concerns
    assert words.may_concern_us(as_bytes.encode()) or not concerns


def test_without_words_and_accounts_nothing_concerns_us() -> None:
    assert not Words((), ()).may_concern_us(line(post(ONE, "acme")).encode())
    assert not Words(("", " "), ()).may_concern_us(line(post(ONE, "acme")).encode())


def test_as_many_words_as_anybody_has_are_sought_at_once() -> None:
    words = Words([f"brand {number} gmbh" for number in range(10_000)], [BRAND.did])
    assert words.may_concern_us(line(post(ONE, "brand 9999 GmbH")).encode())
    assert not words.may_concern_us(line(post(ONE, "brand x gmbh")).encode())


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recorded stream is not on this machine")
def test_every_recorded_line_is_read_and_every_post_in_it_can_be_heard(heard: Heard) -> None:
    lines = RECORDED.read_bytes().splitlines()
    parsed = [json.loads(one) for one in lines]
    about_posts = [one for one in parsed if one.get("commit", {}).get("collection") == "app.bsky.feed.post"]
    commits = [commit for one in lines if (commit := commit_in(one))]
    assert [commit.key for commit in commits] == [one["commit"]["rkey"] for one in about_posts]
    assert all(moment_in(one) is not None for one in lines)
    everything = Words((), [one["did"] for one in parsed])
    assert all(
        everything.may_concern_us(one) and everything.concern_us(commit_in(one)) for one in lines if commit_in(one)
    )  # type: ignore[arg-type]  # it is one
    made = Jetstream(
        "ws://127.0.0.1:1",
        names=(),
        accounts=0,
        ours=dict,
        profiles=lambda dids: {did: {"handle": "sample.example.com"} for did in dids},
        heard=Remembered(),
        accept=heard,
    )
    assert len(made._batch(commits).mentions) == len([one for one in commits if one.operation != "delete"])
