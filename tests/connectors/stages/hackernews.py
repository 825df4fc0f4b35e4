"""The far end of Hacker News: Algolia's search by date, its items, and Hacker News' own."""

import json
from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from web_double import Answer, EveryPath, Handler, WebDouble, ill_carried, said

from connectors import load
from connectors.testing import ALIAS, RESPONDER, START
from rules.model import Mention, Side

FIRST = 40_000_000
SHOWN = 1_000
"""The most that a search shows of anything."""
Hit = dict[str, Any]


class HackerNewsStage:
    """Keeps posts, newest last, and answers as the two APIs do."""

    module = load("hackernews")
    edits = True
    overlaps = True
    page = 100

    def __init__(self, web: WebDouble) -> None:
        self.web = web
        web.answers = EveryPath(self.answer)
        self.settings: Mapping[str, Any] = {
            "base_url": web.url("/api/v1"),
            "firebase_url": web.url("/v0"),
            "timeout": "1s",
        }
        self.now = START + timedelta(minutes=10)
        self.hits: dict[str, Hit] = {}
        self._order: list[tuple[int, str]] = []
        self._refusal: tuple[int, Side | None, dict[str, str]] = (0, None, {})
        self._recorded: list[Any] | None = None
        self.misbehaving: Answer | None = None

    def posts(self, count: int, start: int = 0) -> list[Mention]:
        return [self.post(number, START + timedelta(minutes=number)) for number in range(start, start + count)]

    def post(self, number: int, at: datetime, *, ours: bool = False, reply_to: Mention | None = None) -> Mention:
        name = str(FIRST + number)
        return Mention(
            source="hackernews",
            id=name,
            thread=reply_to.thread if reply_to else name,
            author=RESPONDER if ours else f"sample_customer_{number:02}",
            text=f"We have found parcel {number} & it's on its way." if ours else f"Parcel {number} is late.",
            posted_at=at,
            reply_to=reply_to.id if reply_to else None,
            url=f"https://news.ycombinator.com/item?id={name}",
        )

    def publish(self, mentions: Sequence[Mention]) -> None:
        for one in mentions:
            self.put(hit_of(one))

    def put(self, hit: Hit) -> None:
        """Index a post, or its new text."""
        name = hit["objectID"]
        if name not in self.hits:
            insort(self._order, (hit["created_at_i"], name))
        self.hits[name] = hit

    def at(self, now: datetime) -> None:
        self.now = now

    def remove(self, mention: Mention) -> None:
        del self.hits[mention.id]
        self._order = [one for one in self._order if one[1] != mention.id]

    def refuse(self, status: int, side: Side | None = None, **headers: str) -> None:
        self._refusal = (status, side, headers)

    def show(self, payload: bytes) -> None:
        self._recorded = json.loads(payload)["hits"]

    def hostile(self) -> Iterator[str]:
        self.publish(self.posts(3))
        for status in (204, 301, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503):
            self.misbehaving = said(b"<html>no</html>", status=status)
            yield f"status {status}"
        whole = json.dumps(_found(list(self.hits.values()), 0, 100)).encode()
        strange = [{**hit_of(self.posts(1)[0]), name: value} for name in _NAMES for value in _VALUES]
        bodies = [
            b"",
            b"\0",
            b"<html>Hi</html>",
            b"{",
            b"[]",
            b"[1]",
            b"{}",
            b"null",
            b'"hits"',
            b"\x1f\x8b",
            whole[:-9],
        ]
        bodies += [json.dumps({"hits": hits}).encode() for hits in (None, {}, 3, [None, 1, "x", [], {}], strange)]
        bodies += [json.dumps({**_found([], 0, 100), "hits": strange * 20, "hitsPerPage": -5}).encode()]
        bodies += [b'{"hits": ' + b"[" * 100_000, bytes(200_000)]
        for body in bodies:
            self.misbehaving = said(body)
            yield f"body {body[:30]!r}"
        for how, answer in ill_carried(whole):
            self.misbehaving = answer
            yield how

    def answer(self, handler: Handler, path: str) -> None:
        """One request."""
        handler.date_time_string = lambda *_: format_datetime(self.now, usegmt=True)  # type: ignore[method-assign]  # the network's clock
        if self.misbehaving is not None:
            self.misbehaving(handler)
            return
        place, asked = urlsplit(path).path, {name: found[0] for name, found in parse_qs(urlsplit(path).query).items()}
        status, side, headers = self._refusal
        if status and (side is None or side is _side(asked)):
            said(json.dumps({"message": "no", "status": status}).encode(), status=status, **headers)(handler)
        elif place == "/api/v1/search_by_date":
            _reply(handler, self._search(asked))
        elif place.startswith("/api/v1/items/"):
            hit = self.hits.get(place.rpartition("/")[2])
            _reply(handler, _item(hit) if hit else {"status": 404, "error": "Not Found"}, 200 if hit else 404)
        elif place.startswith("/v0/item/"):
            hit = self.hits.get(place.rpartition("/")[2].removesuffix(".json"))
            _reply(handler, _firebase(hit) if hit else None)
        else:
            _reply(handler, {"status": 404, "error": "Not Found"}, 404)

    def _search(self, asked: Mapping[str, str]) -> dict[str, Any]:
        number, size = int(asked.get("page", "0")), min(int(asked.get("hitsPerPage", "20")), SHOWN)
        tags, query = _tags(asked.get("tags", "")), asked.get("query", "")
        fields = asked.get("restrictSearchableAttributes", "title,story_text,comment_text,url,author,story_title")
        wanted = query.strip('"').lower()
        if self._recorded is not None:
            kept = [one for one in self._recorded if query or all(each & set(one["_tags"]) for each in tags)]
            return _found(kept, 0, size)
        low, high = _bounds(asked.get("numericFilters", ""))
        found: list[Hit] = []
        for index in range(bisect_right(self._order, (high, "~")) - 1, -1, -1):
            second, name = self._order[index]
            if second < low or len(found) >= min((number + 1) * size, SHOWN):
                break
            hit = self.hits[name]
            if all(not each.isdisjoint(hit["_tags"]) for each in tags) and (
                not wanted or any(wanted in (hit.get(field) or "").lower() for field in fields.split(","))
            ):
                found.append(hit)
        return _found(found[number * size :], number, size)


def hit_of(one: Mention) -> Hit:
    """A mention as the search has it: a story that leads to us, or a comment."""
    kind = "comment" if one.reply_to else "story"
    return {
        "objectID": one.id,
        "author": one.author,
        "created_at": one.posted_at.isoformat(),
        "created_at_i": int(one.posted_at.timestamp()),
        "title": None if one.reply_to else one.text,
        "url": None if one.reply_to else f"https://www.{ALIAS}.example/{one.id}",
        "story_text": None,
        "comment_text": escape(one.text) if one.reply_to else None,
        "parent_id": int(one.reply_to) if one.reply_to else None,
        "story_id": int(one.thread),
        "story_title": "Parcels" if one.reply_to else None,
        "points": 1,
        "_tags": [kind, f"author_{one.author}", f"story_{one.thread}"],
    }


_NAMES = ("objectID", "author", "created_at_i", "title", "parent_id", "story_id", "_tags", "url")
_VALUES = (None, "", -1, 0, 1.5, True, [], {}, "\0", "\ud800", "x" * 5_000, 10**30, 253402300799, "@sample")


def _found(hits: list[Any], number: int, size: int) -> dict[str, Any]:
    return {"hits": hits, "page": number, "nbHits": len(hits), "nbPages": 1, "hitsPerPage": size, "query": ""}


def _tags(text: str) -> list[set[str]]:
    """Tags are ANDed, those in parentheses ORed."""
    found: list[set[str]] = []
    for index, part in enumerate(text.replace(")", "(").split("(")):
        names = [name for name in part.split(",") if name]
        found += [set(names)] if index % 2 else [{name} for name in names]
    return [one for one in found if one]


def _bounds(text: str) -> tuple[int, int]:
    low, high = 0, 2**60
    for part in filter(None, text.split(",")):
        if part.startswith("created_at_i>="):
            low = int(part.removeprefix("created_at_i>="))
        else:
            high = int(part.removeprefix("created_at_i<="))
    return low, high


def _side(asked: Mapping[str, str]) -> Side:
    """Whose listing is asked for. That of our newest 1,000 posts says where people may answer us."""
    own = "author_" in asked.get("tags", "") and asked.get("hitsPerPage") != str(SHOWN)
    return Side.OURS if own else Side.THEIRS


def _item(hit: Hit) -> dict[str, Any]:
    names = ("author", "created_at", "created_at_i", "title", "url", "points", "parent_id", "story_id")
    text = hit["comment_text"] or hit["story_text"]
    return {"id": int(hit["objectID"]), "text": text, "children": [], **{name: hit[name] for name in names}}


def _firebase(hit: Hit) -> dict[str, Any]:
    found = {
        "id": int(hit["objectID"]),
        "by": hit["author"],
        "time": hit["created_at_i"],
        "type": hit["_tags"][0],
        "title": hit["title"],
        "text": hit["comment_text"] or hit["story_text"],
        "parent": hit["parent_id"],
        **hit.get("_firebase", {}),
    }
    return {name: value for name, value in found.items() if value is not None}


def _reply(handler: Handler, found: object, status: int = 200) -> None:
    said(json.dumps(found).encode(), status=status)(handler)


@contextmanager
def stage(folder: Path) -> Iterator[HackerNewsStage]:
    """A stage for one test."""
    del folder
    with WebDouble() as web:
        yield HackerNewsStage(web)
