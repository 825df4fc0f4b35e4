"""The far end of Reddit: tokens, listings that go on by ``after``, a search, an inbox, and posts by their names."""

import json
import re
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from web_double import Answer, EveryPath, Handler, WebDouble, ill_carried, said

from connectors import load
from connectors.testing import ALIAS, RESPONDER, START
from rules.model import Mention, Side

SHOWN = 1_000
"""The most that a listing shows."""
HOME, ELSEWHERE, WATCHED = "samplebrand_help", "parcels", "delivery"
"""A subreddit of the brand, one that is not listened to, and one that is."""
CUSTOMER = "sample_customer_01"
Thing = dict[str, Any]


class RedditStage:
    """Keeps posts in the order of time, in every listing that they belong to, and answers as Reddit does."""

    module = load("reddit")
    edits = True
    overlaps = True
    page = 100

    def __init__(self, web: WebDouble, folder: Path) -> None:
        self.web = web
        web.answers = EveryPath(self.answer)
        for name in ("id", "secret", "refresh"):
            (folder / name).write_text(f"sample-{name}\n")
        self.settings: Mapping[str, Any] = {
            "base_url": web.url("/api-of-reddit"),
            "client_id_file": folder / "id",
            "client_secret_file": folder / "secret",
            "refresh_token_file": folder / "refresh",
            "own_subreddits": [HOME],
            "timeout": "1s",
        }
        self.now = START + timedelta(minutes=10)
        self.things: dict[str, Thing] = {}
        self.listings: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self.tokens: list[str] = []
        """The tokens that were given and are still good."""
        self.lifetime = 3_600
        self.grants: list[dict[str, str]] = []
        self.limit: dict[str, str] = {
            "x-ratelimit-remaining": "98.0",
            "x-ratelimit-used": "2",
            "x-ratelimit-reset": "9",
        }
        self._refusal: tuple[int, Side | None, dict[str, str]] = (0, None, {})
        self.recorded: dict[str, Any] | None = None
        self.misbehaving: Answer | None = None
        self.login: Any = None
        """What is said to everybody who logs in, instead of a token: status and body."""

    def posts(self, count: int, start: int = 0) -> list[Mention]:
        return [self.post(number, START + timedelta(minutes=number)) for number in range(start, start + count)]

    def post(self, number: int, at: datetime, *, ours: bool = False, reply_to: Mention | None = None) -> Mention:
        """A customer's even posts stand in the brand's own subreddit, odd ones elsewhere, where they name it."""
        name = f"{'t1' if reply_to else 't3'}_{_base36(10_000 + number)}"
        thread = reply_to.thread if reply_to else name
        named = "" if number % 2 == 0 else f"{ALIAS} lost it. "
        place = HOME if number % 2 == 0 else ELSEWHERE
        if reply_to:
            place = (reply_to.url or "").split("/")[4]
        path = f"/r/{place}/comments/{thread[3:]}/parcels/" + (f"{name[3:]}/" if reply_to else "")
        return Mention(
            source="reddit",
            id=name,
            thread=thread,
            author=RESPONDER if ours else f"sample_customer_{number:02}",
            text=f"We have found parcel {number}." if ours else f"Parcel {number}\n\n{named}It is late & I wait.",
            posted_at=at,
            reply_to=reply_to.id if reply_to else None,
            url=f"https://www.reddit.com{path}",
        )

    def publish(self, mentions: Sequence[Mention]) -> None:
        for one in mentions:
            self.put(thing_of(one))

    def put(self, thing: Thing, *more: str) -> None:
        """Show a post, or its new text, in the listings it belongs to and in some ``more``."""
        post = thing["data"]
        name = post["name"]
        if name not in self.things:
            kind = "new" if thing["kind"] == "t3" else "comments"
            own = [f"r/{post['subreddit'].lower()}/{kind}", f"user/{str(post['author']).lower()}/overview"]
            for listing in (*own, *(["search"] if kind == "new" else []), *more):
                insort(self.listings[listing], (post["created_utc"], name))
        self.things[name] = thing

    def at(self, now: datetime) -> None:
        self.now = now

    def remove(self, mention: Mention) -> None:
        """Its author deleted it: it leaves the listings, and is an empty shell by its name."""
        gone = {"author": "[deleted]", "selftext": "[deleted]", "body": "[deleted]"}
        self.things[mention.id]["data"].update(gone)
        for listing in self.listings.values():
            listing[:] = [one for one in listing if one[1] != mention.id]

    def refuse(self, status: int, side: Side | None = None, **headers: str) -> None:
        self._refusal = (status, side, headers)

    def show(self, payload: bytes) -> None:
        self.recorded = json.loads(payload)

    def hostile(self) -> Iterator[str]:
        self.publish(self.posts(3))
        for status in (204, 301, 302, 304, 400, 401, 403, 404, 410, 429, 451, 500, 502, 503):
            self.misbehaving = said(b"<html>no</html>", status=status)
            yield f"status {status}"
        self.misbehaving = None
        for status, body in _LOGINS:
            self.tokens.clear()
            self.login = (status, body)
            yield f"login {body!r}"
        self.login = None
        whole = json.dumps(listed(list(self.things.values()), None)).encode()
        strange = [
            {"kind": kind, "data": {**thing_of(self.posts(1)[0])["data"], name: value}}
            for kind in ("t1", "t3")
            for name in _NAMES
            for value in _VALUES
        ]
        bodies = [
            b"",
            b"\0",
            b"<html>Hi</html>",
            b"{",
            b"[]",
            b"[1]",
            b"{}",
            b"null",
            b'"data"',
            b"\x1f\x8b",
            whole[:-9],
        ]
        bodies += [json.dumps({"kind": "Listing", "data": inside}).encode() for inside in (None, [], 3, {}, "x")]
        children: list[Any] = [None, {}, 3, [None, 1, "x", [], {}, {"kind": "t1"}, {"kind": [], "data": 3}], strange]
        bodies += [json.dumps({"data": {"children": one, "after": "t3_x"}}).encode() for one in children]
        bodies += [
            json.dumps({"data": {"children": [], "after": after}}).encode() for after in (3, [], "\ud800", "x" * 999)
        ]
        bodies += [b'{"data": ' + b"[" * 100_000, bytes(200_000)]
        for body in bodies:
            self.misbehaving = self._but_tokens(said(body))
            yield f"body {body[:30]!r}"
        for how, answer in ill_carried(whole):
            self.misbehaving = self._but_tokens(answer)
            yield how

    def _but_tokens(self, answer: Answer) -> Answer:
        """Misbehave only once somebody has logged in."""
        return lambda handler: self._token(handler) if handler.command == "POST" else answer(handler)

    def answer(self, handler: Handler, path: str) -> None:
        """One request."""
        handler.date_time_string = lambda *_: format_datetime(self.now, usegmt=True)  # type: ignore[method-assign]  # the network's clock
        parts = urlsplit(path)
        place, asked = parts.path.removeprefix("/api-of-reddit/"), dict(parse_qsl(parts.query))
        status, side, headers = self._refusal
        if self.misbehaving is not None:
            self.misbehaving(handler)
        elif status and (side is None or side is (Side.OURS if place.startswith("user/") else Side.THEIRS)):
            if side is None or handler.command == "GET":
                reply(handler, {"message": "no", "error": status}, status, **headers)
            else:
                self._token(handler)
        elif handler.command == "POST":
            self._token(handler)
        elif handler.headers.get("Authorization", "").removeprefix("bearer ") not in self.tokens:
            reply(handler, {"message": "Unauthorized", "error": 401}, 401)
        else:
            found = self._found(place, asked)
            if found is None:
                reply(handler, {"message": "Not Found", "error": 404}, 404)
            else:
                reply(handler, found, **self.limit)

    def _token(self, handler: Handler) -> None:
        asked = dict(parse_qsl(handler.body.decode()))
        self.grants.append({**asked, "authorization": handler.headers.get("Authorization", "")})
        if self.login is not None:
            status, said_so = self.login
            reply(handler, said_so, status)
            return
        self.tokens.append(f"sample-token-{len(self.grants)}")
        given = {"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": self.lifetime, "scope": "*"}
        reply(handler, given)

    def _found(self, place: str, asked: Mapping[str, str]) -> Any:
        if self.recorded is not None:
            return self.recorded.get(place, listed([], None))
        if place == "api/v1/me":
            return {"name": RESPONDER, "id": "abc"}
        if place == "api/info":
            return self._info(asked)
        if place == "search":
            wanted = asked["q"].strip('"').lower()
            return self._listing("search", asked, lambda post: wanted in f"{post['title']} {post['selftext']}".lower())
        if place in ("message/mentions", "message/inbox") or re.fullmatch(
            "(r/[^/]+/(new|comments)|user/[^/]+/overview)", place
        ):
            return self._listing(place.lower(), asked, lambda _: True)
        return None

    def _info(self, asked: Mapping[str, str]) -> Any:
        """What there is of up to a hundred names, of posts or of subreddits."""
        if "sr_name" in asked:
            there = [one for one in asked["sr_name"].split(",") if one in (HOME, WATCHED)]
            return listed([{"kind": "t5", "data": {"display_name": one.title()}} for one in there], None)
        return listed([self.things[one] for one in asked["id"].split(",")[:100] if one in self.things], None)

    def _listing(self, name: str, asked: Mapping[str, str], wanted: Any) -> Any:
        """A page, newest first. A listing that is to go on from what it does not hold any more is empty."""
        order = self.listings.get(name, [])
        end = len(order)
        if after := asked.get("after"):
            key = (self.things[after]["data"]["created_utc"], after) if after in self.things else (0.0, "")
            end = bisect_left(order, key)
            if order[end : end + 1] != [key]:
                return listed([], None)
        size, found = min(int(asked.get("limit", "25")), 100), []
        for index in range(end - 1, max(-1, len(order) - SHOWN - 1), -1):
            thing = self.things[order[index][1]]
            if wanted(thing["data"]):
                found.append(thing)
            if len(found) > size:
                break
        return listed(found[:size], found[size - 1]["data"]["name"] if len(found) > size else None)


def requests_of(web: WebDouble) -> list[tuple[str, dict[str, str]]]:
    """Paths and parameters of every request so far."""
    parts = [urlsplit(path) for path, _ in web.requests]
    return [(one.path.removeprefix("/api-of-reddit/"), dict(parse_qsl(one.query))) for one in parts]


def thing_of(one: Mention) -> Thing:
    """A mention as Reddit lists it."""
    path = (one.url or "").removeprefix("https://www.reddit.com")
    shared = {
        "name": one.id,
        "id": one.id[3:],
        "author": one.author,
        "created_utc": one.posted_at.timestamp(),
        "subreddit": path.split("/")[2],
        "permalink": path,
        "edited": False,
        "stickied": False,
    }
    if one.reply_to:
        reply = {
            "body": one.text,
            "parent_id": one.reply_to,
            "link_id": one.thread,
            "is_submitter": False,
            "replies": "",
        }
        return {"kind": "t1", "data": {**shared, **reply}}
    title, _, text = one.text.partition("\n\n")
    return {"kind": "t3", "data": {**shared, "title": title, "selftext": text, "is_self": True, "url": one.url}}


def listed(children: list[Any], after: str | None) -> Thing:
    """A listing."""
    return {"kind": "Listing", "data": {"children": children, "after": after, "before": None, "dist": len(children)}}


_NAMES = (
    "name",
    "id",
    "author",
    "created_utc",
    "title",
    "selftext",
    "body",
    "link_id",
    "parent_id",
    "permalink",
    "url",
)
_VALUES = (None, "", -1, 0, 1.5, True, [], {}, "\0", "\ud800", "x" * 5_000, 10**30, 253402300799, "//evil.example/x")
_LOGINS: tuple[tuple[int, Any], ...] = (
    (200, {"error": "invalid_grant"}),
    (200, {}),
    (200, []),
    (200, {"access_token": None, "expires_in": "soon", "scope": None}),
    (200, {"access_token": "a\nb", "expires_in": 3600, "scope": "*"}),
    (400, {"message": "Bad Request", "error": 400}),
    (401, {"message": "Unauthorized", "error": 401}),
)


def reply(handler: Handler, found: object, status: int = 200, **headers: str) -> None:
    """Answer with JSON."""
    said(json.dumps(found).encode(), status=status, **headers)(handler)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[last] + digits
    return digits


@contextmanager
def stage(folder: Path) -> Iterator[RedditStage]:
    """A stage for one test."""
    with WebDouble() as web:
        yield RedditStage(web, folder)
