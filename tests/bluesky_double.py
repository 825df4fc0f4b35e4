"""A small server that speaks as much of the AT Protocol as a reader of Bluesky needs. It knows nothing of Harken.

It pages as the real one does: search takes ``since`` (inclusive), ``until`` (exclusive) and a cursor that counts posts
and stops short; feeds and notifications have a cursor of their last entry's time; repositories list by key.
"""

import bisect
import contextlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PASSWORD = "abcd-efgh-ijkl-mnop"
DEEPEST = 1_000
"""How far a search's cursor goes."""

Query = dict[str, list[str]]


def tid(at: datetime, number: int = 0) -> str:
    """The key of a record written at ``at``."""
    value = int((at - EPOCH) / timedelta(microseconds=1)) << 10 | number % 1024
    return "".join(DIGITS[value >> shift & 31] for shift in range(60, -1, -5))


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Person:
    did: str
    handle: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """One post, or with ``reposts`` one repost."""

    by: Person
    text: str
    created: datetime
    indexed: datetime
    key: str
    root: str = ""
    parent: str = ""
    quotes: str = ""
    langs: tuple[str, ...] = ()
    reposts: str = ""

    @property
    def uri(self) -> str:
        return f"at://{self.by.did}/app.bsky.feed.{'repost' if self.reposts else 'post'}/{self.key}"

    @property
    def sorted_at(self) -> datetime:
        return min(self.created, self.indexed)

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "text": self.text,
            "createdAt": rfc3339(self.created),
        }
        if self.langs:
            record["langs"] = list(self.langs)
        if self.root:
            record["reply"] = {
                name: {"uri": uri, "cid": "bafy"} for name, uri in (("root", self.root), ("parent", self.parent))
            }
        if self.quotes:
            record["embed"] = {"$type": "app.bsky.embed.record", "record": {"uri": self.quotes, "cid": "bafy"}}
        return record

    def author(self) -> dict[str, Any]:
        return {"did": self.by.did, "handle": self.by.handle, "displayName": self.by.name, "labels": []}

    def view(self) -> dict[str, Any]:
        return {
            "uri": self.uri,
            "cid": "bafy",
            "author": self.author(),
            "record": self.record(),
            "replyCount": 0,
            "repostCount": 0,
            "likeCount": 0,
            "quoteCount": 0,
            "indexedAt": rfc3339(self.indexed),
            "labels": [],
        }


class Listing:
    """Entries by time, newest first when they are read."""

    def __init__(self) -> None:
        self._keys: list[tuple[datetime, str]] = []
        self._entries: dict[str, tuple[datetime, str, str]] = {}

    def put(self, at: datetime, name: str, text: str, body: str) -> None:
        if name in self._entries:
            self._keys.remove((self._entries[name][0], name))
        bisect.insort(self._keys, (at, name))
        self._entries[name] = (at, text, body)

    def drop(self, name: str) -> None:
        if name in self._entries:
            self._keys.remove((self._entries.pop(name)[0], name))

    def below(
        self, key: tuple[datetime, str] | None, wanted: Callable[[str], bool]
    ) -> Iterable[tuple[datetime, str, str]]:
        """(time, name, body) of what lies below ``key`` and whose text is wanted."""
        at = len(self._keys) if key is None else bisect.bisect_left(self._keys, key)
        for place in range(at - 1, -1, -1):
            moment_, name = self._keys[place]
            _, text, body = self._entries[name]
            if wanted(text):
                yield moment_, name, body


@dataclass
class Bluesky:
    """The server: what it holds, and how it misbehaves."""

    people: dict[str, Person] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    requests: list[tuple[str, Query, Mapping[str, str]]] = field(default_factory=list)
    account: Person = Person("did:plc:nobody", "nobody")
    now: datetime | None = None
    most: int = 100
    refusals: dict[str, tuple[int, Mapping[str, str]]] = field(default_factory=dict)
    """Beginning of a method -> status and headers."""
    bodies: dict[str, Callable[["Handler"], None]] = field(default_factory=dict)
    """Method -> another answer than the right one."""
    bare: bool = False
    """It knows repositories only."""
    ascending: bool = False
    """Its repositories list the oldest record first, unless asked for the reverse."""
    irreversible: bool = False
    """Its repositories list the oldest record first and refuse the reverse; their cursor is inclusive."""

    def __post_init__(self) -> None:
        self._search, self._told = Listing(), Listing()
        self._feeds: dict[str, Listing] = {}
        self._logins = 0
        self._tokens: set[str] = set()
        self._lock = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.double = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def asked(self, method: str) -> list[Query]:
        """The queries of every request for ``method``."""
        return [query for path, query, _ in self.requests if path.endswith(method)]

    def clock(self) -> datetime:
        newest = max((post.indexed for post in self.posts.values()), default=EPOCH + timedelta(days=20_000))
        return self.now or newest + timedelta(minutes=1)

    def put(self, post: Post) -> None:
        """Show a post to whom it concerns."""
        with self._lock:
            self.posts[post.uri] = post
            feed = self._feeds.setdefault(post.by.did, Listing())
            if post.reposts:
                reason = {
                    "$type": "app.bsky.feed.defs#reasonRepost",
                    "by": post.author(),
                    "indexedAt": rfc3339(post.indexed),
                }
                of = self.posts[post.reposts].view()
                feed.put(post.sorted_at, post.uri, "", json.dumps({"post": of, "reason": reason}))
                return
            view = post.view()
            body = json.dumps(view)
            self._search.put(post.sorted_at, post.uri, post.text.casefold(), body)
            feed.put(post.sorted_at, post.uri, "", f'{{"post": {body}}}')
            if reason := self._reason(post):
                note = {
                    **{name: view[name] for name in ("uri", "cid", "author", "record")},
                    "reason": reason,
                    "isRead": False,
                }
                note["indexedAt"] = rfc3339(post.sorted_at)
                self._told.put(post.sorted_at, post.uri, reason, json.dumps(note))

    def like(self, by: Person, at: datetime) -> None:
        """Somebody likes something of ours."""
        note = {
            "uri": f"at://{by.did}/app.bsky.feed.like/{tid(at)}",
            "cid": "bafy",
            "author": {"did": by.did, "handle": by.handle},
        }
        note |= {"reason": "like", "record": {"$type": "app.bsky.feed.like"}, "indexedAt": rfc3339(at)}
        self._told.put(at, str(note["uri"]), "like", json.dumps(note))

    def remove(self, uri: str) -> None:
        with self._lock:
            post = self.posts.pop(uri)
            self._search.drop(uri)
            self._told.drop(uri)
            self._feeds[post.by.did].drop(uri)

    def expire(self) -> None:
        """No access token is good any more."""
        self._tokens.clear()

    def _reason(self, post: Post) -> str:
        if post.by == self.account:
            return ""
        if post.parent.startswith(f"at://{self.account.did}/") or post.root.startswith(f"at://{self.account.did}/"):
            return "reply"
        if post.quotes.startswith(f"at://{self.account.did}/"):
            return "quote"
        return "mention" if f"@{self.account.handle}" in post.text else ""

    # what follows answers requests, each in a thread of its own

    def answer(self, handler: "Handler", method: str, query: Query, body: bytes) -> None:
        refused = next((refusal for begin, refusal in self.refusals.items() if method.startswith(begin)), None)
        if refused is not None:
            handler.refuse(refused[0], "Refused", **refused[1])
        elif method in self.bodies:
            self.bodies[method](handler)
        elif method.startswith("com.atproto.server."):
            self._log_in(handler, method, body)
        elif (token := handler.headers.get("Authorization", "")).removeprefix("Bearer ") not in self._tokens:
            known = token.startswith("Bearer access-")
            handler.refuse(*((400, "ExpiredToken") if known else (401, "AuthenticationRequired")))
        elif self.bare and method.startswith("app.bsky."):
            handler.refuse(501, "MethodNotImplemented")
        else:
            self._query(handler, method, query)

    def _query(self, handler: "Handler", method: str, query: Query) -> None:
        answers: dict[str, Callable[[Query], str]] = {
            "app.bsky.feed.searchPosts": self._searched,
            "app.bsky.feed.getPosts": self._looked_up,
            "app.bsky.feed.getAuthorFeed": self._feed,
            "app.bsky.notification.listNotifications": self._notified,
            "app.bsky.actor.getProfiles": self._profiles,
            "com.atproto.repo.listRecords": self._records,
            "com.atproto.identity.resolveHandle": self._resolved,
        }
        if method not in answers:
            return handler.refuse(404, "XRPCNotSupported")
        try:
            with self._lock:
                found = answers[method](query)
        except (ValueError, KeyError) as wrong:
            return handler.refuse(400, "InvalidRequest", message=str(wrong))
        return handler.reply(found.encode())

    def _log_in(self, handler: "Handler", method: str, body: bytes) -> None:
        if method.endswith("refreshSession"):
            if handler.headers.get("Authorization") != f"Bearer refresh-{self._logins}" or body:
                return handler.refuse(400, "ExpiredToken")
        else:
            sent = json.loads(body)
            if sent["identifier"] not in {self.account.handle, self.account.did} or sent["password"] != PASSWORD:
                return handler.refuse(401, "AuthenticationRequired", message="Invalid identifier or password")
        self._logins += 1
        access = f"access-{self._logins}"
        self._tokens.add(access)
        session = {"accessJwt": access, "refreshJwt": f"refresh-{self._logins}", "active": True}
        return handler.reply(json.dumps({**session, "handle": self.account.handle, "did": self.account.did}).encode())

    def _limit(self, query: Query) -> int:
        limit = int(query.get("limit", ["50"])[0])
        if not 1 <= limit <= 100:
            raise ValueError("limit must be between 1 and 100")
        return min(limit, self.most)

    def _searched(self, query: Query) -> str:
        words = query["q"][0].strip('"').casefold()
        limit, start = self._limit(query), int(query.get("cursor", ["0"])[0])
        until = query.get("until", [""])[0]
        since = moment(query["since"][0]) if "since" in query else None
        found: list[str] = []
        more = False
        for place, (at, _, body) in enumerate(
            self._search.below((moment(until), "") if until else None, lambda text: words in text)
        ):
            if since is not None and at < since:
                break
            if len(found) == limit:
                more = True
                break
            if place >= start:
                found.append(body)
        end = start + len(found)
        return _joined("posts", found, str(end) if more and end < DEEPEST else None)

    def _page(self, name: str, listing: Listing, query: Query, wanted: Callable[[str], bool] = lambda _: True) -> str:
        limit, key = self._limit(query), None
        if "cursor" in query:
            at, _, uri = query["cursor"][0].partition("::")
            key = (moment(at), uri)
        found, last = [], ""
        for at_, uri_, body in listing.below(key, wanted):
            if len(found) == limit:
                return _joined(name, found, last)
            found.append(body)
            last = f"{at_.isoformat()}::{uri_}"
        return _joined(name, found, None)

    def _notified(self, query: Query) -> str:
        reasons = query.get("reasons", [])
        return self._page("notifications", self._told, query, lambda reason: not reasons or reason in reasons)

    def _feed(self, query: Query) -> str:
        return self._page("feed", self._feeds.setdefault(self._did(query["actor"][0]), Listing()), query)

    def _did(self, name: str) -> str:
        for person in self.people.values():
            if name in {person.did, person.handle}:
                return person.did
        raise ValueError("Profile not found")

    def _looked_up(self, query: Query) -> str:
        uris = query["uris"]
        if len(uris) > 25 or not all(uri.startswith("at://") for uri in uris):
            raise ValueError("uris must be an array of at-uris, at most 25")
        return _joined("posts", [json.dumps(self.posts[uri].view()) for uri in uris if uri in self.posts], None)

    def _profiles(self, query: Query) -> str:
        people = [person for person in self.people.values() if person.did in query["actors"]]
        return _joined(
            "profiles",
            [json.dumps({"did": one.did, "handle": one.handle, "displayName": one.name}) for one in people],
            None,
        )

    def _resolved(self, query: Query) -> str:
        return json.dumps({"did": self._did(query["handle"][0])})

    def _records(self, query: Query) -> str:
        did = self._did(query["repo"][0])
        if self.irreversible:
            return self._forward(did, query)
        newest_first = (query.get("reverse") == ["true"]) == self.ascending
        mine = sorted(
            (post for post in self.posts.values() if post.by.did == did and not post.reposts), key=lambda post: post.key
        )
        ordered = mine[::-1] if newest_first else mine
        if "cursor" in query:
            keys = [post.key for post in ordered]
            ordered = ordered[keys.index(query["cursor"][0]) + 1 :]
        limit = self._limit(query)
        page = ordered[:limit]
        bodies = [json.dumps({"uri": post.uri, "cid": "bafy", "value": post.record()}) for post in page]
        return _joined("records", bodies, page[-1].key if len(ordered) > limit else None)

    def _forward(self, did: str, query: Query) -> str:
        if "reverse" in query:
            raise ValueError("reverse not supported yet")
        start = query.get("cursor", ["app.bsky.feed.post/"])[0].removeprefix("app.bsky.feed.post/")
        mine = sorted(post.key for post in self.posts.values() if post.by.did == did and post.key >= start)
        page = [self.posts[f"at://{did}/app.bsky.feed.post/{key}"] for key in mine[: self._limit(query)]]
        bodies = [json.dumps({"uri": post.uri, "cid": "bafy", "value": post.record()}) for post in page]
        more = len(page) == self._limit(query)
        return _joined("records", bodies, f"app.bsky.feed.post/{page[-1].key}" if more else None)


def _joined(name: str, bodies: list[str], cursor: str | None) -> str:
    place = "" if cursor is None else f', "cursor": {json.dumps(cursor)}'
    return f'{{"{name}": [{", ".join(bodies)}]{place}}}'


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = 20
    server: "_Server"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        double = self.server.double
        double.requests.append((parts.path, query, dict(self.headers.items())))
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with contextlib.suppress(OSError):  # the reader hung up, as it should on some
            double.answer(self, parts.path.removeprefix("/xrpc/"), query, body)

    do_POST = do_GET  # noqa: N815 - as the base class calls it

    def date_time_string(self, timestamp: float | None = None) -> str:
        del timestamp
        return format_datetime(self.server.double.clock(), usegmt=True)

    def reply(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        """A whole answer; ``Retry_After="3"`` becomes the header Retry-After."""
        self.send_response(status)
        for name, value in {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def refuse(self, status: int, error: str, *, message: str = "no", **headers: str) -> None:
        self.reply(json.dumps({"error": error, "message": message}).encode(), status=status, **headers)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    double: Bluesky
