"""The far end of Bluesky: a server that speaks the AT Protocol, with our account and twenty customers."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bluesky_double import PASSWORD, Bluesky, Handler, Person, Post, rfc3339, tid
from web_double import bomb, zipped

from connectors import load
from connectors.testing import ALIAS, RESPONDER, START
from rules.model import Mention, Side

BRAND = Person("did:plc:samplebrand", RESPONDER, "Sample Brand")
CUSTOMERS = [Person(f"did:plc:samplecustomer{n:02}", f"sample-customer-{n:02}.example.com") for n in range(20)]
LISTINGS = {
    "posts": "app.bsky.feed.searchPosts",
    "notifications": "app.bsky.notification.listNotifications",
    "feed": "app.bsky.feed.getAuthorFeed",
    "records": "com.atproto.repo.listRecords",
}
SIDES = {
    Side.THEIRS: ("app.bsky.feed.searchPosts", "app.bsky.notification."),
    Side.OURS: ("app.bsky.feed.getAuthorFeed", "com.atproto.repo."),
}
EMPTY = {name: json.dumps({name: []}).encode() for name in LISTINGS}


class BlueskyStage:
    """One server that shows what is published."""

    module = load("bluesky")
    edits = False  # the network has none; what a program of its own changes is heard while it still names us
    overlaps = True
    page = 100

    def __init__(self, double: Bluesky, folder: Path) -> None:
        self.double = double
        kept = folder / "password"
        kept.write_text(PASSWORD)
        double.account = BRAND
        double.people = {one.did: one for one in (BRAND, *CUSTOMERS)}
        self.settings = {
            "base_url": double.url,
            "handle": RESPONDER,
            "password_file": str(kept),
            "timeout": "1s",
        }

    def posts(self, count: int, start: int = 0) -> list[Mention]:
        return [self.post(number, START + timedelta(minutes=number)) for number in range(start, start + count)]

    def post(self, number: int, at: datetime, *, ours: bool = False, reply_to: Mention | None = None) -> Mention:
        by = BRAND if ours else CUSTOMERS[number % len(CUSTOMERS)]
        key = tid(at, number)
        uri = f"at://{by.did}/app.bsky.feed.post/{key}"
        return Mention(
            source="bluesky",
            id=uri,
            thread=reply_to.thread if reply_to else uri,
            author=by.handle,
            text=f"We are on parcel {number}." if ours else f"Parcel {number} of {ALIAS} is late.",
            posted_at=at,
            reply_to=reply_to.id if reply_to else None,
            author_id=by.did,
            author_name=by.name or None,
            url=f"https://bsky.app/profile/{by.handle}/post/{key}",
        )

    def publish(self, mentions: Sequence[Mention]) -> None:
        for one in mentions:
            by = self.double.people[one.author_id or ""]
            reply = {"root": one.thread, "parent": one.reply_to} if one.reply_to else {}
            seen = max(one.posted_at, self.double.now or one.posted_at)
            self.double.put(Post(by, one.text, one.posted_at, seen, one.id.rpartition("/")[2], **reply))

    def at(self, now: datetime) -> None:
        self.double.now = now

    def remove(self, mention: Mention) -> None:
        self.double.remove(mention.id)

    def refuse(self, status: int, side: Side | None = None, **headers: str) -> None:
        begins = ("",) if side is None else SIDES[side]
        self.double.refusals = dict.fromkeys(begins, (status, headers)) if status else {}

    def show(self, payload: bytes) -> None:
        """One listing, the others empty."""
        shown = next(iter(json.loads(payload).keys() & LISTINGS.keys()))
        self.double.bare, self.double.bodies = shown == "records", {}
        for name, method in LISTINGS.items():
            if name == shown or not self.double.bare:
                self.double.bodies[method] = _once(payload if name == shown else EMPTY[name], EMPTY[name])

    def hostile(self) -> Iterator[str]:
        for status in (204, 301, 304, 400, 401, 403, 404, 410, 429, 500, 501, 502, 503):
            self.refuse(status)
            yield f"status {status}"
        self.refuse(0)
        login = "com.atproto.server.createSession"
        for body in (
            b"",
            b"\0",
            b"<html>Hi</html>",
            b"{",
            b"[]",
            b"null",
            b'{"accessJwt": 7}',
            b'{"accessJwt": "a\\nb"}',
        ):
            self.double.bodies = {login: _with(body)}
            yield f"login {body!r}"
        for name, method in LISTINGS.items():
            for odd in _oddities(name):
                self.double.bare = name == "records"
                others = () if self.double.bare else LISTINGS
                self.double.bodies = {**{LISTINGS[other]: _with(EMPTY[other]) for other in others}, method: _with(odd)}
                yield f"{name}: {odd[:80]!r}"
        self.double.bare = False
        whole = json.dumps({"posts": [_view()] * 50, "feed": [], "notifications": []}).encode()
        for packed in (b"no gzip", zipped(whole)[:-30], bomb(50)):
            self.double.bodies = {method: _with(packed, Content_Encoding="gzip") for method in LISTINGS.values()}
            yield "gzip"
        self.double.bodies = dict.fromkeys(
            LISTINGS.values(), lambda handler: handler.wfile.write(b"no http at all\r\n\r\n")
        )
        yield "another protocol"
        self.double.bodies = {login: _silent}
        yield "silence"
        self.double.bodies = {}


def _view(**changed: object) -> dict[str, object]:
    post = Post(CUSTOMERS[1], f"Is {ALIAS} down?", START, START, tid(START))
    return {**post.view(), **changed}


def _oddities(name: str) -> Iterator[bytes]:
    """What no listing called ``name`` should hold."""
    yield from (b"{}", b"[]", b'{"cursor": "x"}', json.dumps({name: None}).encode(), json.dumps({name: {}}).encode())
    record = _view()["record"]
    assert isinstance(record, dict)
    odd: list[object] = [None, 7, -1, "post", [], {}, [None], {"post": None}, {"uri": -1, "reason": ["reply"]}]
    for change in (
        {"uri": None},
        {"uri": -7},
        {"uri": "https://example.com/1"},
        {"author": None},
        {"author": {"did": 1, "handle": ["x"]}},
        {"author": {"handle": ""}},
        {"author": {"handle": "two words\n"}},
        {"record": None},
        {"record": [record]},
        {"record": {**record, "text": None}},
        {"record": {**record, "text": "\ud800\0"}},
        {"record": {**record, "createdAt": "9999-12-31T23:59:59-23:59"}, "indexedAt": None},
        {"record": {**record, "createdAt": "0001-01-01T00:00:00+23:59"}},
        {"record": {**record, "createdAt": -1}, "indexedAt": {}},
        {"record": {**record, "langs": [["en"]]}},
        {"record": {**record, "reply": "x"}},
        {"record": {**record, "reply": {"root": {"uri": 1}, "parent": None}}},
        {"record": {**record, "reply": {"root": {"uri": "javascript:x"}}}},
    ):
        view = _view(**change)
        if name == "feed":
            odd.append({"post": view, "reason": None})
        elif name == "records":
            odd.append({"uri": view["uri"], "value": view["record"]})
        else:
            odd.append({**view, "reason": "reply"})
    for one in odd:
        yield json.dumps({name: [one], "cursor": "again"}).encode()
    yield json.dumps({name: odd, "cursor": {"x": 1}}).encode()
    yield b'{"%s": ' % name.encode() + b"[" * 100_000
    yield b'{"%s": [' % name.encode() + b" " * 21_000_000
    yield json.dumps({name: [], "cursor": rfc3339(START)}).encode()[:-4]


def _with(body: bytes, **headers: str) -> "_Answer":
    return _Answer(body, headers)


class _Answer:
    def __init__(self, body: bytes, headers: dict[str, str]) -> None:
        self._body, self._headers = body, headers

    def __call__(self, handler: Handler) -> None:
        handler.reply(self._body, **self._headers)


def _once(body: bytes, then: bytes) -> "_Answer":
    return _First(body, then)


class _First(_Answer):
    """A first page, and nothing behind it."""

    def __init__(self, body: bytes, then: bytes) -> None:
        super().__init__(body, {})
        self._then = then

    def __call__(self, handler: Handler) -> None:
        later = "cursor=" in handler.path or "until=" in handler.path
        handler.reply(self._then if later else self._body)


def _silent(handler: Handler) -> None:
    handler.server.double.stopping.wait(10)


@contextmanager
def stage(folder: Path) -> Iterator[BlueskyStage]:
    """A stage for one test."""
    with Bluesky() as double:
        yield BlueskyStage(double, folder)
