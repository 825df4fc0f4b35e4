"""The far end of Mastodon: one server of its kind, with accounts, timelines, notifications and a search."""

import json
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
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

Status = dict[str, Any]
Asked = Mapping[str, list[str]]
MOST = 40
OURS = "109000000000000001"


class MastodonStage:
    """Keeps statuses by their ids, and lists them as the server does: newest id first, below ``max_id``.

    A customer's post tags us, mentions us or only names us: each in turn is listed in one place alone.
    """

    module = load("mastodon")
    edits = True
    overlaps = True
    page = MOST

    def __init__(self, web: WebDouble, token_file: Path) -> None:
        self.web = web
        web.answers = EveryPath(self.answer)
        token_file.write_text("sample-token\n", "ascii")
        self.settings: Mapping[str, Any] = {
            "base_url": web.url(""),
            "token_file": str(token_file),
            "timeout": "1s",
            "late": "1h",
        }
        self.now = START + timedelta(minutes=10)
        self.statuses: dict[str, Status] = {}
        self.accounts = {RESPONDER: OURS}
        self.missing: set[str] = set()
        """Addresses that this server does not have."""
        self.headers: dict[str, str] = {}
        self._lists: dict[str, list[tuple[int, str]]] = {}
        self._notified: list[dict[str, Any]] = []
        self._refusal: tuple[int, Side | None, dict[str, str]] = (0, None, {})
        self._recorded: Any = None
        self.misbehaving: Answer | None = None

    def posts(self, count: int, start: int = 0) -> list[Mention]:
        return [self.post(number, START + timedelta(minutes=number)) for number in range(start, start + count)]

    def post(self, number: int, at: datetime, *, ours: bool = False, reply_to: Mention | None = None) -> Mention:
        name = str((int(at.timestamp() * 1000) << 16) + number)
        author = RESPONDER if ours else f"sample_customer_{number:02}@other.example"
        words = (
            f"Parcel {number} is late. #{ALIAS}",
            f"@{RESPONDER} parcel {number} is late.",
            f"{ALIAS} lost {number}.",
        )
        return Mention(
            source="mastodon",
            id=name,
            thread=reply_to.thread if reply_to else name,
            author=author,
            text=f"We have found parcel {number} & it's on its way." if ours else words[number % 3],
            posted_at=at,
            reply_to=reply_to.id if reply_to else None,
            author_id=OURS if ours else str(109000000000001000 + number),
            author_name="Sample",
            followers=3,
            lang="en",
            url=f"https://mastodon.example/@{author}/{name}",
        )

    def publish(self, mentions: Sequence[Mention]) -> None:
        for one in mentions:
            self.put(status_of(one))

    def put(self, status: Status, lists: Sequence[str] | None = None) -> None:
        """Keep a status, or its new text; in these lists, or in those where it belongs."""
        name, text = status["id"], status["content"]
        if name not in self.statuses:
            for where in _lists_of(status) if lists is None else lists:
                insort(self._lists.setdefault(where, []), (int(name), name))
            if f"@{RESPONDER} " in text and lists is None:
                self.notify("mention", status)
        self.statuses[name] = status

    def notify(self, kind: str, status: Status) -> None:
        at = max(self.now, datetime.fromisoformat(status["created_at"]))
        own = {"id": str(len(self._notified) + 1), "type": kind, "created_at": at.isoformat()}
        self._notified.append({**own, "account": status["account"], "_status": status["id"]})

    def at(self, now: datetime) -> None:
        self.now = now

    def remove(self, mention: Mention) -> None:
        del self.statuses[mention.id]
        for listed in self._lists.values():
            listed[:] = [one for one in listed if one[1] != mention.id]
        self._notified = [one for one in self._notified if one["_status"] != mention.id]

    def refuse(self, status: int, side: Side | None = None, **headers: str) -> None:
        self._refusal = (status, side, headers)

    def show(self, payload: bytes) -> None:
        """A recording holds the answers by the last word of their address."""
        self._recorded = json.loads(payload)

    def hostile(self) -> Iterator[str]:
        self.publish(self.posts(3))
        for status in (204, 301, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503):
            self.misbehaving = said(b"<html>no</html>", status=status)
            yield f"status {status}"
        good = status_of(self.posts(1)[0])
        whole = json.dumps([good]).encode()
        strange: list[Any] = [{**good, name: value} for name in _NAMES for value in _VALUES]
        strange += [{**good, "account": {**good["account"], "acct": value}} for value in _VALUES]
        told = [{"id": "1", "type": "mention", "created_at": "9999-12-31T23:59:59Z", "status": one} for one in strange]
        bodies = [b"", b"\0", b"<html>Hi</html>", b"{", b"[]", b"[1]", b"{}", b"null", b'"x"', b"\x1f\x8b", whole[:-9]]
        bodies += [json.dumps(found).encode() for found in ([None, 1, "x", [], {}], {"statuses": None}, strange, told)]
        bodies += [b"[" * 100_000, bytes(200_000)]
        for body in bodies:
            self.misbehaving = said(body)
            yield f"body {body[:30]!r}"
        self.misbehaving = said(whole, X_RateLimit_Remaining="many", X_RateLimit_Reset="never", Link="<")
        yield "headers"
        for how, answer in ill_carried(whole):
            self.misbehaving = answer
            yield how

    def answer(self, handler: Handler, path: str) -> None:
        """One request."""
        handler.date_time_string = lambda *_: format_datetime(self.now, usegmt=True)  # type: ignore[method-assign]  # the network's clock
        if self.misbehaving is not None:
            self.misbehaving(handler)
            return
        parts = urlsplit(path)
        asked, place = parse_qs(parts.query), parts.path
        status, side, headers = self._refusal
        own = place.startswith("/api/v1/accounts/")
        listing = own or place.startswith(("/api/v1/timelines/", "/api/v1/notifications", "/api/v2/search"))
        if status and (side is None or (listing and own is (side is Side.OURS))):
            said(b'{"error": "no"}', status=status, **headers)(handler)
        elif self.headers_of(handler).get("authorization") != "Bearer sample-token":
            said(b'{"error": "The access token is invalid"}', status=401)(handler)
        elif self._recorded is not None and listing and "lookup" not in place:
            last = "statuses" if own else place.split("/")[3]
            kept = self._recorded.get(last, [] if "search" not in place else {"statuses": []})
            empty = "max_id" in asked or asked.get("offset", ["0"]) != ["0"] or asked.get("types[]") == ["quote"]
            self._reply(handler, ({"statuses": []} if "search" in place else []) if empty else kept)
        else:
            found = None if place in self.missing else self._found(place, asked)
            self._reply(handler, found)

    @staticmethod
    def headers_of(handler: Handler) -> dict[str, str]:
        return {name.lower(): value for name, value in handler.headers.items()}

    def _reply(self, handler: Handler, found: object) -> None:
        body = json.dumps({"error": "Record not found"} if found is None else found).encode()
        said(body, status=404 if found is None else 200, **self.headers)(handler)

    def _found(self, place: str, asked: Asked) -> object | None:
        routes: list[tuple[str, Callable[[str, Asked], object | None]]] = [
            ("/api/v1/timelines/", self._listed),
            ("/api/v1/notifications", lambda _, asked: self._notifications(asked)),
            ("/api/v2/search", lambda _, asked: self._search(asked)),
            ("/api/v1/accounts/", self._accounts),
            ("/api/v1/statuses", self._statuses),
            ("/api/v1/apps/verify_credentials", lambda *_: {"name": "Harken", "scopes": ["read"]}),
        ]
        return next(
            (route(place.removeprefix(start), asked) for start, route in routes if place.startswith(start)), None
        )

    def _listed(self, where: str, asked: Asked) -> list[Status]:
        listed = self._lists.get(where, [])
        end = bisect_left(listed, (int(asked["max_id"][0]), "")) if "max_id" in asked else len(listed)
        return [self.statuses[name] for _, name in reversed(listed[max(end - _limit(asked), 0) : end])]

    def _notifications(self, asked: Asked) -> list[dict[str, Any]]:
        end = int(asked["max_id"][0]) - 1 if "max_id" in asked else len(self._notified)
        found: list[dict[str, Any]] = []
        for one in reversed(self._notified):
            if int(one["id"]) <= end and one["type"] in asked.get("types[]", [one["type"]]):
                found.append({**one, "status": self.statuses[one["_status"]]})
            if len(found) == _limit(asked):
                break
        return found

    def _search(self, asked: Asked) -> dict[str, Any]:
        listed, first = self._lists.get("search", []), int(asked.get("offset", ["0"])[0])
        end = max(len(listed) - first, 0)
        found = [self.statuses[name] for _, name in reversed(listed[max(end - _limit(asked), 0) : end])]
        return {"accounts": [], "hashtags": [], "statuses": found}

    def _accounts(self, rest: str, asked: Asked) -> object | None:
        if rest == "verify_credentials":
            return _account(RESPONDER, OURS)
        if rest in {"lookup", "search"}:
            name = asked["acct" if rest == "lookup" else "q"][0]
            found = [_account(acct, own) for acct, own in self.accounts.items() if acct == name]
            return found if rest == "search" else found[0] if found else None
        return self._listed(rest, asked)

    def _statuses(self, rest: str, asked: Asked) -> object | None:
        _, name, *what = rest.split("/") if rest else ("", "")
        if not name:
            return [self.statuses[one] for one in asked.get("id[]", []) if one in self.statuses]
        status = self.statuses.get(name)
        if status is None or not what:
            return status
        above: list[Status] = []
        while status and status["in_reply_to_id"]:
            status = self.statuses.get(status["in_reply_to_id"])
            above[:0] = [status] if status else []
        return {"ancestors": above, "descendants": []}


def status_of(one: Mention, **changed: Any) -> Status:
    """A mention as the server has it."""
    return {
        "id": one.id,
        "created_at": one.posted_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "in_reply_to_id": one.reply_to,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": one.lang,
        "uri": f"https://mastodon.example/users/sample/statuses/{one.id}",
        "url": one.url,
        "edited_at": None,
        "content": f"<p>{escape(one.text)}</p>",
        "reblog": None,
        "quote": None,
        "account": _account(one.author, one.author_id or ""),
        "tags": [],
        "mentions": [],
        **changed,
    }


_NAMES = ("id", "account", "created_at", "content", "in_reply_to_id", "visibility", "url", "reblog", "spoiler_text")
_VALUES = (None, "", -1, 0, 1.5, True, [], {}, "\0", "\ud800", "x" * 5_000, 10**30, "9999-12-31T23:59:59Z", "@", "a b")


def _account(acct: str, own: str) -> dict[str, Any]:
    return {
        "id": own,
        "username": acct.partition("@")[0],
        "acct": acct,
        "display_name": "Sample",
        "followers_count": 3,
        "url": f"https://{acct.partition('@')[2] or 'mastodon.example'}/@{acct.partition('@')[0]}",
    }


def _lists_of(status: Status) -> Iterator[str]:
    if status["account"].get("acct") == RESPONDER:
        yield f"{OURS}/statuses"
    elif f"#{ALIAS}" in status["content"]:
        yield f"tag/{ALIAS}"
    elif ALIAS in status["content"]:
        yield "search"
    elif f"@{RESPONDER} " not in status["content"]:
        yield f"tag/{ALIAS}"  # a post with another text than its first: it is listed where it was


def _limit(asked: Asked) -> int:
    return min(int(asked.get("limit", ["20"])[0]), MOST)


@contextmanager
def stage(folder: Path) -> Iterator[MastodonStage]:
    """A stage for one test."""
    with WebDouble() as web:
        yield MastodonStage(web, folder / "token")
