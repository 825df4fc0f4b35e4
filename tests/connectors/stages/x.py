"""The far end of X: recent search and counts, users, their mentions and posts, and single posts."""

import json
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from web_double import Answer, EveryPath, Handler, WebDouble, ill_carried, said

from connectors import load
from connectors.testing import ALIAS, RESPONDER, START
from rules.model import Mention, Side

TOKEN = "sample-bearer"
OURS = "9000"
EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
WINDOW = timedelta(days=7)
LISTED = {"mentions": 800, "tweets": 3_200}
Raw = dict[str, Any]

FIELDS = {
    "tweet.fields": set(
        re.split(
            " ",
            "author_id conversation_id created_at edit_history_tweet_ids entities id in_reply_to_user_id lang "
            "note_tweet public_metrics referenced_tweets text",
        )
    ),
    "user.fields": {"created_at", "id", "name", "public_metrics", "username"},
    "expansions": {"author_id", "in_reply_to_user_id", "referenced_tweets.id"},
}
PAGED = {"max_results", "start_time", "end_time", "since_id", "until_id"}
TAKES = {
    "search": {*FIELDS, *PAGED, "query", "next_token"},
    "counts": {"query", "granularity", "start_time", "end_time"},
    "listing": {*FIELDS, *PAGED, "pagination_token", "exclude"},
    "posts": {*FIELDS, "ids"},
    "users": {"usernames", "user.fields"},
}


class RefusedError(Exception):
    """A request that X would not take."""

    def __init__(self, body: Raw, status: int = 400) -> None:
        super().__init__(body)
        self.body, self.status = body, status


class XStage:
    """Keeps posts by id, which is by time, and answers as X does."""

    module = load("x")
    edits = False
    """The contract's edit takes our name out of the post, and the search then finds it no more; test_x has others."""
    overlaps = True
    page = 100

    def __init__(self, web: WebDouble, folder: Path) -> None:
        self.web = web
        web.answers = EveryPath(self.answer)
        secret = folder / "bearer"
        secret.write_text(TOKEN)
        self.settings: Mapping[str, Any] = {"base_url": web.url(""), "token_file": secret, "timeout": "1s"}
        self.now = START
        self.raw: dict[int, Raw] = {}
        self.users: dict[str, Raw] = {OURS: user_of(OURS, RESPONDER)}
        self.fields = {name: set(allowed) for name, allowed in FIELDS.items()}
        self.absent: set[str] = set()
        """Paths that this server does not have."""
        self.private: set[str] = set()
        self._ids: dict[str, list[int]] = {"all": []}
        self._refusal: tuple[int, Side | None, dict[str, str]] = (0, None, {})
        self._recorded: dict[str, Any] | None = None
        self.misbehaving: Answer | None = None
        self.left: dict[str, str] = {}
        """Rate-limit headers."""

    def posts(self, count: int, start: int = 0) -> list[Mention]:
        return [self.post(number, START + timedelta(minutes=number)) for number in range(start, start + count)]

    def post(self, number: int, at: datetime, *, ours: bool = False, reply_to: Mention | None = None) -> Mention:
        name = str(id_at(at, number))
        author = RESPONDER if ours else f"sample_customer_{number:02}"
        return Mention(
            source="x",
            id=name,
            thread=reply_to.thread if reply_to else name,
            author=author,
            text=f"We have found parcel {number} & it is <on> its way."
            if ours
            else f"{ALIAS}, parcel {number} is late.",
            posted_at=at,
            reply_to=reply_to.id if reply_to else None,
            author_id=OURS if ours else str(10_000 + number),
            author_name=author.replace("_", " "),
            followers=7,
            lang="en",
            url=f"https://x.com/{author}/status/{name}",
        )

    def publish(self, mentions: Sequence[Mention]) -> None:
        for one in mentions:
            self.users.setdefault(str(one.author_id), user_of(str(one.author_id), one.author))
            old = self.raw.get(int(one.id))
            if old is None:
                self.put(raw_of(one))
            elif old["text"] != escaped(one.text):
                self.edit(one.id, one.text)

    def put(self, raw: Raw) -> None:
        """Show a post, or replace it. It is at least so late."""
        own = int(raw["id"])
        self.now = max(self.now, datetime.fromisoformat(raw["created_at"]) + timedelta(seconds=30))
        if own not in self.raw:
            for key in ("all", raw["author_id"]):
                insort(self._ids.setdefault(key, []), own)
        self.raw[own] = raw

    def edit(self, name: str, text: str) -> str:
        """A new version of a post, ten minutes later; the search shows it instead of the old one."""
        old = self.raw[int(name)]
        new = str(int(name) + (600_000 << 22))
        versions = [*old["edit_history_tweet_ids"], new]
        at = datetime.fromisoformat(old["created_at"]) + timedelta(minutes=10)
        old["edit_history_tweet_ids"] = versions
        self.put(
            {**old, "id": new, "text": escaped(text), "created_at": time_of(at), "edit_history_tweet_ids": versions}
        )
        return new

    def at(self, now: datetime) -> None:
        self.now = now

    def remove(self, mention: Mention) -> None:
        raw = self.raw.pop(int(mention.id))
        for key in ("all", raw["author_id"]):
            self._ids[key].remove(int(mention.id))

    def refuse(self, status: int, side: Side | None = None, **headers: str) -> None:
        self._refusal = (status, side, headers)

    def show(self, payload: bytes) -> None:
        self._recorded = json.loads(payload)

    def hostile(self) -> Iterator[str]:
        self.publish(self.posts(3))
        for status in (204, 301, 304, 400, 401, 402, 403, 404, 410, 429, 500, 502, 503):
            self.misbehaving = said(b"<html>no</html>", status=status)
            yield f"status {status}"
        good = next(iter(self.raw.values()))
        users = {"users": list(self.users.values())}
        strange = [{**good, name: value} for name in [*good, "note_tweet"] for value in _VALUES]
        people = [{**self.users[OURS], "id": good["author_id"], name: value} for name in _PERSON for value in _VALUES]
        wholes: list[Any] = [
            *(None, [], [1], {}, 1, "data", {"data": None}, {"data": 3}, {"data": "x"}, {"errors": 1}, {"errors": [1]}),
            {"meta": {"result_count": 0}},
            {"data": {"id": -1}},
            {"errors": [{"title": 5, "type": None}]},
            {"data": [None, 1, "x", [], {}, good], "includes": None, "meta": None},
            {"data": strange, "includes": users, "meta": {"next_token": 5}},
            {"data": strange * 9, "includes": {"users": people}, "meta": {"next_token": "again"}},
            {"data": [good], "includes": {"users": [None, 5, *people]}, "meta": {}},
        ]
        whole = json.dumps({"data": [good] * 50, "includes": users, "meta": {}}).encode()
        bodies = [json.dumps(one).encode() for one in wholes]
        bodies += [b"", b"\0", b"<html>Hi</html>", b"{", b"\x1f\x8b", whole[:-9], b'{"data": ' + b"[" * 100_000]
        lookup = json.dumps({"data": {"id": OURS, "username": RESPONDER}}).encode()
        for body in bodies:
            for first in (None, lookup):
                self.misbehaving = lambda handler, body=body, first=first: said(
                    first if first and "/users/by" in handler.path else body
                )(handler)
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
        parts = urlsplit(path)
        place, asked = parts.path, {name: found[0] for name, found in parse_qs(parts.query).items()}
        status, side, headers = self._refusal
        try:
            refusing = status if side in (None, _side(place)) else 0
            self._let_in(place, handler.headers["Authorization"], refusing)
            _reply(handler, self._found(place, asked), **self.left)
        except RefusedError as refused:
            _reply(handler, refused.body, refused.status, **headers)

    def _let_in(self, place: str, bearer: str, refusing: int) -> None:
        if bearer != f"Bearer {TOKEN}":
            raise RefusedError({"title": "Unauthorized", "status": 401}, 401)
        if refusing:
            raise RefusedError({"title": "no", "status": refusing}, refusing)
        if any(re.search(one, place) for one in self.absent):
            raise RefusedError({"title": "Not Found", "status": 404}, 404)

    def _found(self, place: str, asked: Mapping[str, str]) -> Raw:
        if place == "/2/tweets/search/recent":
            self._check(asked, "search")
            return self._listing("all", asked, matches(asked["query"], self.users), "next_token")
        if place == "/2/tweets/counts/recent":
            self._check(asked, "counts")
            return self._counted(matches(asked["query"], self.users))
        if place == "/2/tweets":
            self._check(asked, "posts")
            return self._looked_up(asked)
        if place == "/2/users/by":
            self._check(asked, "users")
            found = [self._user(one) for one in asked["usernames"].split(",")]
            return {"data": [one for one in found if one]} if any(found) else _missing("usernames", asked["usernames"])
        if place.startswith("/2/users/"):
            return self._about(place, asked)
        raise RefusedError({"title": "Not Found", "status": 404}, 404)

    def _about(self, place: str, asked: Mapping[str, str]) -> Raw:
        """An account, or one of its listings."""
        found = re.fullmatch(r"/2/users/(\d+)/(mentions|tweets)", place)
        if found is None:
            name = place.removeprefix("/2/users/by/username/")
            return {"data": self._user(name)} if self._user(name) else _missing("username", name)
        self._check(asked, "listing")
        if found[1] in self.private:
            error = {"title": "Authorization Error", "detail": "Sorry", "parameter": "id", "resource_id": found[1]}
            return {"errors": [{**error, "type": "https://api.twitter.com/2/problems/not-authorized-for-resource"}]}
        if found[2] == "tweets":
            return self._listing(found[1], asked, lambda _: True, "pagination_token")
        keep = matches(f"@{self.users[found[1]]['username']}", self.users)
        return self._listing("all", asked, keep, "pagination_token", LISTED["mentions"])

    def _counted(self, keep: Any) -> Raw:
        since = id_at(self.now - WINDOW, 0)
        total = sum(keep(one) for one in self.raw.values() if int(one["id"]) > since)
        return {"data": [{"tweet_count": total}], "meta": {"total_tweet_count": total}}

    def _check(self, asked: Mapping[str, str], kind: str) -> None:
        """Refuse what X does not know, and say what it would have liked."""
        for name, value in asked.items():
            if name not in TAKES[kind]:
                raise RefusedError(_invalid(name, value, f"The query parameter [{name}] is not one of [{TAKES[kind]}]"))
            for one in value.split(",") if name in FIELDS else ():
                if one not in self.fields[name]:
                    allowed = ",".join(sorted(self.fields[name]))
                    said = f"The `{name}` query parameter value [{one}] is not one of [{allowed}]"
                    raise RefusedError(_invalid(name, value, said))
        least = 10 if kind == "search" else 5
        if not least <= int(asked.get("max_results", "10")) <= 100:
            raise RefusedError(_invalid("max_results", asked["max_results"], f"must be between {least} and 100"))
        if len(asked.get("query", "")) > 512:
            raise RefusedError(_invalid("query", asked["query"], "Rules must be no longer than 512 characters"))

    def _listing(self, key: str, asked: Mapping[str, str], keep: Any, token: str, most: int = LISTED["tweets"]) -> Raw:
        """A page of what ``keep`` keeps, newest first. The search has no end but a window; an account's list has."""
        window = token == "next_token"
        most = 10**9 if window else most
        if self._recorded is not None:
            return self._recorded if window else {"meta": {"result_count": 0}}
        low = int(asked.get("since_id", "-1")) + 1
        if "start_time" in asked:
            since = datetime.fromisoformat(asked["start_time"])
            if window and since < self.now - WINDOW:
                said = f"Invalid 'start_time':'{since}'. 'start_time' must be on or after {self.now - WINDOW}"
                raise RefusedError(_invalid("start_time", asked["start_time"], said))
            low = max(low, id_at(since, 0))
        elif window:
            low = max(low, id_at(self.now - WINDOW, 0))
        until, _, seen = asked.get(token, f"{2**63}.0").partition(".")
        if not (until.isdecimal() and seen.isdecimal()):
            raise RefusedError(_invalid(token, asked[token], f"The `{token}` query parameter value is not valid"))
        ids, size = self._ids.get(key, []), min(int(asked.get("max_results", "10")), most - int(seen))
        found: list[Raw] = []
        last = bisect_left(ids, low)
        index = bisect_right(ids, int(until) - 1) - 1
        while index >= last and len(found) < size:
            raw = self.raw[ids[index]]
            if raw["edit_history_tweet_ids"][-1] == raw["id"] and keep(raw):
                found.append(raw)
            index -= 1
        meta: Raw = {"result_count": len(found)}
        count = int(seen) + len(found)
        if found and index >= last and count < most:
            meta["next_token"] = f"{found[-1]['id']}.{count}"
        return {**self._shown(found, asked), "meta": meta} if found else {"meta": meta}

    def _looked_up(self, asked: Mapping[str, str]) -> Raw:
        names = asked["ids"].split(",")
        if len(names) > 100 or not all(re.fullmatch("[0-9]{1,19}", one) for one in names):
            raise RefusedError(_invalid("ids", asked["ids"], "is not valid"))
        found = [self.raw[int(one)] for one in names if int(one) in self.raw]
        lost = [_missing("ids", one)["errors"][0] for one in names if int(one) not in self.raw]
        return {**(self._shown(found, asked) if found else {}), **({"errors": lost} if lost else {})}

    def _shown(self, found: Sequence[Raw], asked: Mapping[str, str]) -> Raw:
        """As much of these posts as was asked for."""
        fields = {
            "id",
            "text",
            "edit_history_tweet_ids",
            "edit_history_post_ids",
            *asked.get("tweet.fields", "").split(","),
        }
        shown: Raw = {"data": [{name: value for name, value in one.items() if name in fields} for one in found]}
        if "author_id" in asked.get("expansions", ""):
            people = {"id", "name", "username", *asked.get("user.fields", "").split(",")}
            users = [self.users[one] for one in dict.fromkeys(each["author_id"] for each in found) if one in self.users]
            shown["includes"] = {"users": [{name: one[name] for name in one if name in people} for one in users]}
        return shown

    def _user(self, handle: str) -> Raw | None:
        return next((one for one in self.users.values() if one["username"].lower() == handle.lower()), None)


def id_at(at: datetime, number: int) -> int:
    """The id of a post: when it was made, and which of that moment it is."""
    return (round((at - EPOCH) / timedelta(milliseconds=1)) << 22) + number


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def time_of(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def raw_of(one: Mention, **changed: Any) -> Raw:
    """A mention as X has it."""
    answers = {"referenced_tweets": [{"type": "replied_to", "id": one.reply_to}]} if one.reply_to else {}
    return {
        "id": one.id,
        "text": escaped(one.text),
        "author_id": one.author_id,
        "conversation_id": one.thread,
        "created_at": time_of(one.posted_at),
        "edit_history_tweet_ids": [one.id],
        "lang": one.lang,
        **answers,
        **changed,
    }


def user_of(name: str, handle: str) -> Raw:
    return {"id": name, "username": handle, "name": handle.replace("_", " "), "public_metrics": {"followers_count": 7}}


def matches(query: str, users: Mapping[str, Raw]) -> Any:
    """What a query finds: alternatives in parentheses, and what is left out behind them."""
    wanted, _, rest = query.rpartition(")") if ")" in query else (query, "", "")
    terms = [one.strip("() ").strip('"').lower() for one in wanted.split(" OR ")]
    ways = [re.compile(rf"(?<![\w@]){re.escape(one)}(?!\w)") for one in terms if not one.startswith("from:")]
    senders = {one.removeprefix("from:") for one in terms if one.startswith("from:")}
    banned = {one.removeprefix("-from:").lower() for one in rest.split() if one.startswith("-from:")}

    def keep(raw: Raw) -> bool:
        references = raw.get("referenced_tweets") or []
        if "-is:retweet" in rest and any(one["type"] == "retweeted" for one in references):
            return False
        author = users.get(raw["author_id"], {}).get("username", "").lower()
        text = (raw.get("note_tweet") or raw)["text"].lower()
        return author not in banned and (author in senders or any(one.search(text) for one in ways))

    return keep


_PERSON = ("id", "username", "name", "public_metrics")
_VALUES = (
    None,
    "",
    -1,
    0,
    1.5,
    True,
    [],
    {},
    [1],
    {"id": []},
    "\0",
    "\ud800",
    "x" * 500,
    10**30,
    "9999-99-99",
    "@sample",
)


def _invalid(name: str, value: str, said: str) -> Raw:
    return {
        "errors": [{"parameters": {name: [value]}, "message": said}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }


def _missing(parameter: str, value: str) -> Raw:
    error = {
        "value": value,
        "detail": f"Could not find {parameter}: [{value}].",
        "title": "Not Found Error",
        "parameter": parameter,
        "resource_id": value,
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }
    return {"errors": [error]}


def _side(place: str) -> Side | None:
    """Whose listing a path is; looking somebody up is nobody's."""
    if place.startswith("/2/users/by"):
        return None
    return Side.OURS if re.fullmatch(r"/2/users/\d+/tweets", place) else Side.THEIRS


def _reply(handler: Handler, found: object, status: int = 200, **headers: str) -> None:
    said(json.dumps(found).encode(), status=status, **headers)(handler)


@contextmanager
def stage(folder: Path) -> Iterator[XStage]:
    """A stage for one test."""
    with WebDouble() as web:
        yield XStage(web, folder)
