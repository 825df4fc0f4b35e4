"""A local Slack: real HTTP on loopback, Slack's methods, limits and error codes, and faults on demand.

It remembers every call and everything a channel shows, and `check` fails the test on whatever Harken should never
have sent. It lives in the process that starts it, so the client may be killed at any moment, and it may itself be
stopped and started again on the same port without forgetting.
"""

import base64
import contextlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import slack_blocks
from slack_faults import Fault, body, drip, drop, hang, html, late, rate_limited, says, slow, status, truncated
from slack_http import SlackServer
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

if TYPE_CHECKING:
    import ssl

__all__ = ["Call", "Fault", "Shown", "SlackDouble", "body", "checked", "drip", "drop", "hang", "html", "late"]
__all__ += ["rate_limited", "says", "slow", "status", "truncated"]

SCOPES = frozenset({"chat:write", "channels:history", "groups:history", "im:history", "channels:read", "groups:read"})
SCOPES |= {"im:write", "users:read", "users:read.email", "commands", "usergroups:read"}
TOKEN = "xoxb-double"
APP_TOKEN = "xapp-double"
BOT = "U0HARKEN"
Reply = dict[str, Any]


@dataclass
class Call:
    """One request, as it arrived."""

    number: int
    """From 1, over the life of the double."""
    method: str
    args: dict[str, Any]
    token: str
    at: float
    """On the monotonic clock."""
    fault: str | None = None
    accepted: bool = False
    """Slack did what was asked."""


@dataclass
class Shown:
    """One message, as its channel shows it now."""

    ts: str
    user: str
    text: str
    blocks: list[Any]
    metadata: dict[str, Any] | None
    thread_ts: str | None
    broadcast: bool
    edits: int = 0
    past: list[str] = field(default_factory=list)
    """The texts it showed before."""

    @property
    def delivery(self) -> str | None:
        """Our delivery id."""
        return (self.metadata or {}).get("event_payload", {}).get("delivery")


@dataclass
class Channel:
    """One conversation."""

    id: str
    name: str
    member: bool = True
    archived: bool = False
    private: bool = False
    messages: dict[str, Shown] = field(default_factory=dict)


class No(Exception):  # noqa: N818 - it is Slack's answer
    """``ok: false``."""

    def __init__(self, code: str, why: str = "", *, ours: bool = True) -> None:
        super().__init__(code)
        self.code = code
        self.why = why
        self.ours = ours
        """Harken should never have asked; False where the test set the scene for it."""


_ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {
    "auth.test": (set(), set()),
    "chat.postMessage": (
        {"channel"},
        {"text", "blocks", "metadata", "thread_ts", "reply_broadcast", "parse", "link_names", "unfurl_links"}
        | {"unfurl_media", "mrkdwn"},
    ),
    "chat.delete": ({"channel", "ts"}, set()),
    "conversations.replies": ({"channel", "ts"}, {"limit", "cursor"}),
    "chat.update": ({"channel", "ts"}, {"text", "blocks", "metadata", "parse", "link_names"}),
    "conversations.history": (
        {"channel"},
        {"oldest", "latest", "inclusive", "limit", "cursor", "include_all_metadata"},
    ),
    "users.conversations": (set(), {"types", "exclude_archived", "limit", "cursor"}),
    "conversations.open": ({"users"}, {"return_im"}),
    "conversations.info": ({"channel"}, set()),
    "conversations.list": (set(), {"types", "exclude_archived", "limit", "cursor"}),
    "users.lookupByEmail": ({"email"}, set()),
    "users.info": ({"user"}, set()),
    "usergroups.list": (set(), {"include_disabled"}),
    "apps.connections.open": (set(), set()),
    "chat.postEphemeral": ({"channel", "user"}, {"text", "blocks", "parse", "link_names", "thread_ts"}),
    "usergroups.users.list": ({"usergroup"}, {"include_disabled"}),
    "files.getUploadURLExternal": ({"filename", "length"}, {"alt_txt"}),
    "files.completeUploadExternal": ({"files"}, {"channel_id", "thread_ts"}),
}


class SlackDouble:
    """One workspace.

    Args:
        channels: names of the channels, without ``#``; our bot is in all of them.
        people: e-mail address -> user id.
        port: where to listen; 0 picks one, and keeps it over a stop and start.
    """

    def __init__(
        self,
        channels: tuple[str, ...] = ("care", "harken-ops"),
        people: dict[str, str] | None = None,
        port: int = 0,
    ) -> None:
        self.channels = {f"C{number:08X}": Channel(f"C{number:08X}", name) for number, name in enumerate(channels, 1)}
        self.people = people if people is not None else {"sample@example.org": "U0SAMPLE"}
        self.deactivated: set[str] = set()
        """Ids of those who have left: their address finds nobody, and messages to them are taken all the same."""
        self.guests: set[str] = set()
        self.groups: dict[str, set[str]] = {}
        """User group -> the ids in it."""
        self.handles: dict[str, str] = {}
        """Handle of a user group -> its id."""
        self.callable: set[str] = set()
        """Ids of groups that messages may call."""
        self.disabled: set[str] = set()
        """Ids of groups that were switched off."""
        self.whispers: list[tuple[str, str, str, list[Any]]] = []
        """What one user only was shown: channel, user, text, blocks."""
        self.carried: dict[str, tuple[str, int, bytes | None]] = {}
        """File id -> its name, the length that was announced, and its content once it has come."""
        self.files: list[tuple[str, str, str, bytes]] = []
        """What was put below messages: channel, the message's ts, name, content."""
        self.port = port
        self.token = TOKEN
        self.tls: ssl.SSLContext | None = None
        """Given before `start`: speak TLS."""
        self.scopes = ",".join(sorted(SCOPES))
        self.calls: list[Call] = []
        self.unexpected: list[str] = []
        self.choose: Callable[[Call], Fault | None] = lambda _call: None
        """Asked when no fault of `fail` fits."""
        self.page_limit = 999
        """The most messages one page of history holds; Slack gives some apps 15."""
        self.pace = 0.0
        """Seconds between two posts in one channel, below which Slack says 429; 0 never does."""
        self.acks: dict[str, dict[str, Any]] = {}
        """Envelopes acknowledged over the WebSocket, by envelope id."""
        self._faults: list[tuple[Fault, Callable[[Call], bool], list[int]]] = []
        self._ticks = itertools.count(1)
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self._last_post: dict[str, float] = {}
        self._server: SlackServer | None = None
        self._threads: list[threading.Thread] = []
        self.tubes: set[socket.socket] = set()
        self._links: Server | None = None
        self._linked: list[ServerConnection] = []

    # Its life.
    @property
    def base_url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/api/"

    def start(self) -> Self:
        self.stopping.clear()
        self._server = SlackServer(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        self._run(self._server.serve_forever, 0.02)
        return self

    def stop(self) -> None:
        """Refuse connections and break the open ones; everything seen stays known."""
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            with self.lock:
                for tube in self.tubes:
                    with contextlib.suppress(OSError):
                        tube.shutdown(socket.SHUT_RDWR)
            self._server.server_close()
        if self._links is not None:
            self._links.shutdown()
            self._links = None
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()
        self._server = None

    @property
    def listening(self) -> bool:
        """It can be reached."""
        return self._server is not None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # What a test sets up.
    def fail(
        self,
        fault: Fault,
        *,
        on: str | None = "chat.postMessage",
        times: int = 1,
        where: Callable[[Call], bool] = lambda _call: True,
    ) -> None:
        """Let the next ``times`` calls of method ``on`` (None: of any) that satisfy ``where`` go wrong like this."""
        fits: Callable[[Call], bool] = lambda call: on in (None, call.method) and where(call)  # noqa: E731 - it closes over two
        with self.lock:
            self._faults.append((fault, fits, [times]))

    def heal(self) -> None:
        """No more faults."""
        with self.lock:
            self._faults.clear()
            self.choose = lambda _call: None

    def add(self, name: str, **about: Any) -> Channel:
        """A further channel."""
        with self.lock:
            channel = Channel(f"C{len(self.channels) + 1:08X}", name, **about)
            self.channels[channel.id] = channel
            return channel

    def say(self, channel: str, text: str, thread: str | None = None) -> str:
        """Somebody else posts, in a thread if one is named; returns the ts."""
        with self.lock:
            shown = Shown(self._stamp(), "U0SOMEBODY", text, [], None, thread, broadcast=False)
            self.named(channel).messages[shown.ts] = shown
            return shown.ts

    # What a test asks.
    def named(self, name: str) -> Channel:
        """The channel of that name, with or without ``#``, or id."""
        wanted = name.removeprefix("#")
        return next(channel for channel in self.channels.values() if wanted in (channel.name, channel.id))

    def shows(self, name: str) -> list[Shown]:
        """What is in that channel now, in time order, threads included."""
        with self.lock:
            return [replace(shown) for shown in self.named(name).messages.values()]

    def deliveries(self) -> dict[str, list[tuple[str, str]]]:
        """Delivery id -> every (channel name, ts) that carries it. More than one is a copy."""
        found: dict[str, list[tuple[str, str]]] = {}
        with self.lock:
            for channel in self.channels.values():
                for shown in channel.messages.values():
                    if shown.delivery is not None:
                        found.setdefault(shown.delivery, []).append((channel.name, shown.ts))
        return found

    def made(self, method: str) -> list[Call]:
        """The calls of that method so far."""
        with self.lock:
            return [call for call in self.calls if call.method == method]

    def forgive(self) -> list[str]:
        """What was unexpected until now; forgets it."""
        with self.lock:
            forgiven, self.unexpected = self.unexpected, []
            return forgiven

    def check(self) -> None:
        """Fail where anything came that Harken should never send."""
        assert not self.unexpected, "\n".join(self.unexpected)

    # Socket Mode.
    def push(self, kind: str, payload: Reply, envelope: str | None = None) -> str:
        """Send an envelope to one open socket, as a click would; returns its id."""
        with self.lock:
            envelope = envelope or f"envelope-{next(self._ticks)}"
            link = self._linked[-1]
        link.send(json.dumps({"envelope_id": envelope, "type": kind, "payload": payload}))
        return envelope

    def hang_up(self) -> None:
        """Close every socket, as Slack does now and then."""
        with self.lock:
            links = list(self._linked)
        for link in links:
            link.close()
        self.wait_for(lambda: not set(links) & set(self._linked))

    @property
    def linked(self) -> int:
        """How many sockets are open."""
        with self.lock:
            return len(self._linked)

    @staticmethod
    def wait_for(true: Callable[[], object], seconds: float = 10) -> None:
        """Return as soon as ``true()``; fail when it does not come."""
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, "it did not come"
            time.sleep(0.005)

    # The inside.
    def _run(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _stamp(self) -> str:
        """A ts that grows with time and never repeats."""
        return f"{int(time.time())}.{next(self._ticks):06d}"

    def _fault(self, call: Call) -> Fault | None:
        for fault, fits, left in self._faults:
            if left[0] > 0 and fits(call):
                left[0] -= 1
                return fault
        return self.choose(call)

    def take(self, method: str, args: dict[str, Any], token: str) -> tuple[Reply, Fault | None]:
        """One request: do it or not, and say how the reply is to go out."""
        with self.lock:
            call = Call(len(self.calls) + 1, method, args, token, time.monotonic())
            self.calls.append(call)
            fault = self._fault(call)
            call.fault = fault.name if fault else None
        if fault is not None and not fault.accept:
            return {}, fault
        if fault is not None and fault.after:
            self.stopping.wait(fault.after)
        with self.lock:
            try:
                reply = {"ok": True, **self._do(method, args, token)}
                call.accepted = True
            except No as no:
                reply = {"ok": False, "error": no.code}
                if no.why:
                    reply["response_metadata"] = {"messages": [f"[ERROR] {no.why}"]}
                if no.ours:
                    self.unexpected.append(f"call {call.number}, {method}: {no.code} {no.why}".rstrip())
                if no.code == "ratelimited":
                    fault = rate_limited()
            return reply, fault

    def _do(self, method: str, args: dict[str, Any], token: str) -> Reply:
        if method not in _ARGUMENTS:
            raise No("unknown_method")
        if not token:
            raise No("not_authed")
        if token != (APP_TOKEN if method == "apps.connections.open" else self.token):
            raise No("invalid_auth", ours=False)
        needed, allowed = _ARGUMENTS[method]
        odd = sorted(args.keys() - needed - allowed)
        absent = sorted(needed - args.keys())
        if odd or absent:
            raise No(
                "invalid_arguments",
                " ".join([f"not an argument: {odd}"] * bool(odd) + [f"missing: {absent}"] * bool(absent)),
            )
        done: Reply = getattr(self, "_" + method.replace(".", "_").lower())(args)
        return done

    def _auth_test(self, _args: dict[str, Any]) -> Reply:
        return {
            "url": self.base_url,
            "team": "Double",
            "user": "harken",
            "team_id": "T0DOUBLE",
            "user_id": BOT,
            "bot_id": "B0HARKEN",
        }

    def _chat_postmessage(self, args: dict[str, Any]) -> Reply:
        channel = self._channel(args["channel"], by_name=True)
        self._writable(channel)
        if self.pace and time.monotonic() - self._last_post.get(channel.id, -1e9) < self.pace:
            raise No("ratelimited", ours=False)
        blocks = _content(args, self.callable)
        thread = args.get("thread_ts")
        if thread is not None and thread not in channel.messages:
            raise No("thread_not_found", f"there is no message {thread} in #{channel.name}")
        if args.get("reply_broadcast") and thread is None:
            raise No("invalid_arguments", "reply_broadcast without thread_ts")
        shown = Shown(
            self._stamp(),
            BOT,
            args.get("text", ""),
            blocks,
            _metadata(args),
            thread,
            broadcast=bool(args.get("reply_broadcast")),
        )
        self._last_post[channel.id] = time.monotonic()
        channel.messages[shown.ts] = shown
        return {"channel": channel.id, "ts": shown.ts, "message": _as_history(shown, metadata=True)}

    def _chat_delete(self, args: dict[str, Any]) -> Reply:
        channel = self._channel(args["channel"])
        shown = channel.messages.get(args["ts"])
        if shown is None:
            raise No("message_not_found", ours=False)
        if shown.user != BOT:
            raise No("cant_delete_message", ours=False)
        del channel.messages[args["ts"]]
        return {"channel": channel.id, "ts": shown.ts}

    def _conversations_replies(self, args: dict[str, Any]) -> Reply:
        channel = self._channel(args["channel"])
        shown = channel.messages.get(args["ts"])
        if shown is None:
            raise No("thread_not_found", ours=False)
        top = shown.thread_ts or shown.ts
        thread = [one for one in channel.messages.values() if top in (one.ts, one.thread_ts)]
        return {"messages": [_as_history(one, metadata=False) for one in thread], "has_more": False}

    def _chat_update(self, args: dict[str, Any]) -> Reply:
        channel = self._channel(args["channel"])
        self._writable(channel)
        shown = channel.messages.get(args["ts"])
        if shown is None:
            raise No("message_not_found", f"there is no message {args['ts']} in #{channel.name}")
        if shown.user != BOT:
            raise No("cant_update_message", "somebody else wrote it")
        blocks = _content(args, self.callable, before=shown.blocks)
        shown.past.append(shown.text)
        shown.text = args.get("text", shown.text)
        shown.blocks = blocks
        shown.metadata = _metadata(args) or shown.metadata
        shown.edits += 1
        return {"channel": channel.id, "ts": shown.ts, "text": shown.text}

    def _conversations_history(self, args: dict[str, Any]) -> Reply:
        channel = self._channel(args["channel"])
        if not channel.member:
            raise No("not_in_channel", ours=False)
        limit = min(int(args.get("limit", 100)), self.page_limit)
        oldest = _ts(args.get("oldest", "0"))
        latest = _ts(args.get("latest", "9999999999.0"))
        edges = _true(args.get("inclusive", False))
        before = _ts(base64.b64decode(args["cursor"]).decode()) if args.get("cursor") else (1 << 62, 0)
        # As in Slack: what the channel itself shows, the newest first.
        visible = [
            shown
            for shown in reversed(channel.messages.values())
            if (shown.thread_ts is None or shown.broadcast)
            and _ts(shown.ts) < before
            and (oldest < _ts(shown.ts) < latest or (edges and _ts(shown.ts) in (oldest, latest)))
        ]
        page = visible[:limit]
        more = len(visible) > limit
        known = _true(args.get("include_all_metadata", False))
        return {
            "messages": [_as_history(shown, metadata=known) for shown in page],
            "has_more": more,
            "response_metadata": {"next_cursor": base64.b64encode(page[-1].ts.encode()).decode() if more else ""},
        }

    def _users_conversations(self, args: dict[str, Any]) -> Reply:
        if not {"public_channel", "private_channel"} >= set(args.get("types", "public_channel").split(",")):
            raise No("invalid_types")
        found = [
            {"id": channel.id, "name": channel.name, "is_archived": channel.archived}
            for channel in self.channels.values()
            if channel.member
            and channel.id.startswith("C")
            and not (channel.archived and _true(args.get("exclude_archived", False)))
        ]
        return self._paged(found, args)

    def _paged(self, found: list[Reply], args: dict[str, Any]) -> Reply:
        start, size = int(args.get("cursor") or 0), min(int(args.get("limit", 100)), self.page_limit)
        following = str(start + size) if start + size < len(found) else ""
        return {"channels": found[start : start + size], "response_metadata": {"next_cursor": following}}

    def _conversations_open(self, args: dict[str, Any]) -> Reply:
        user = args["users"]
        if user not in self.people.values():
            raise No("user_not_found", ours=False)
        channel = self.channels.setdefault("D" + user, Channel("D" + user, "D" + user))
        return {"channel": {"id": channel.id}}

    def _users_lookupbyemail(self, args: dict[str, Any]) -> Reply:
        user = self.people.get(args["email"])
        if user is None or user in self.deactivated:
            raise No("users_not_found", ours=False)
        return {"user": self._user(user)}

    def _users_info(self, args: dict[str, Any]) -> Reply:
        if args["user"] not in self.people.values():
            raise No("user_not_found", ours=False)
        return {"user": self._user(args["user"])}

    def _user(self, user: str) -> Reply:
        about = {"deleted": user in self.deactivated, "is_bot": False, "is_restricted": user in self.guests}
        return {"id": user, "name": "sample", **about}

    def _usergroups_list(self, args: dict[str, Any]) -> Reply:
        shown = [
            {"id": group, "handle": handle, "name": handle, "date_delete": int(group in self.disabled)}
            for handle, group in self.handles.items()
            if group not in self.disabled or _true(args.get("include_disabled", False))
        ]
        return {"usergroups": shown}

    def _conversations_info(self, args: dict[str, Any]) -> Reply:
        known = {one.id: one for one in self.channels.values() if one.member or not one.private}
        if args["channel"] not in known:
            raise No("channel_not_found", ours=False)
        return {"channel": self._about(known[args["channel"]])}

    def _conversations_list(self, args: dict[str, Any]) -> Reply:
        if args.get("types", "public_channel") != "public_channel":
            raise No("invalid_types")
        found = [self._about(one) for one in self.channels.values() if one.id.startswith("C") and not one.private]
        return self._paged(found, args)

    @staticmethod
    def _about(channel: Channel) -> Reply:
        about = {"is_member": channel.member, "is_archived": channel.archived, "is_private": channel.private}
        return {"id": channel.id, "name": channel.name, **about}

    def _chat_postephemeral(self, args: dict[str, Any]) -> Reply:
        channel = self._channel(args["channel"])
        self._writable(channel)
        if args["user"] not in self.people.values():
            raise No("user_not_in_channel", ours=False)
        self.whispers.append((channel.name, args["user"], args.get("text", ""), _content(args, self.callable)))
        return {"message_ts": self._stamp()}

    def _usergroups_users_list(self, args: dict[str, Any]) -> Reply:
        if args["usergroup"] not in self.groups:
            raise No("no_such_subteam", ours=False)
        return {"users": sorted(self.groups[args["usergroup"]])}

    def _files_getuploadurlexternal(self, args: dict[str, Any]) -> Reply:
        if "files:write" not in self.scopes.split(","):
            raise No("missing_scope", ours=False)
        name = f"F{len(self.carried) + 1:08X}"
        self.carried[name] = (args["filename"], int(args["length"]), None)
        return {"file_id": name, "upload_url": self.base_url.replace("/api/", f"/upload/{name}")}

    def carry(self, name: str, content: bytes) -> int:
        """Take the content of a file; the HTTP status of the reply."""
        with self.lock:
            file, length, before = self.carried.get(name, ("", -1, None))
            if before is not None or len(content) != length:
                self.unexpected.append(f"{len(content)} octets for {name}, of which {length} were announced")
                return 400
            self.carried[name] = (file, length, content)
            return 200

    def _files_completeuploadexternal(self, args: dict[str, Any]) -> Reply:
        channel = self._channel(args["channel_id"])
        shared = json.loads(args["files"])
        for each in shared:
            name, _, content = self.carried.get(each["id"], ("", 0, None))
            if content is None:
                raise No("file_not_found", each["id"])
            self.files.append((channel.name, args["thread_ts"], name, content))
        return {"files": [{"id": each["id"]} for each in shared]}

    def _apps_connections_open(self, _args: dict[str, Any]) -> Reply:
        if self._links is None:
            self._links = serve(self._link, "127.0.0.1", 0)
            self._run(self._links.serve_forever)
        return {"url": f"ws://127.0.0.1:{self._links.socket.getsockname()[1]}/link/?ticket={next(self._ticks)}"}

    def _link(self, link: ServerConnection) -> None:
        with self.lock:
            self._linked.append(link)
        link.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0HARKEN"}}))
        with contextlib.suppress(ConnectionClosed):
            for said in link:
                ack = json.loads(said)
                with self.lock:
                    if ack["envelope_id"] in self.acks:
                        self.unexpected.append(f"{ack['envelope_id']} was acknowledged twice")
                    self.acks[ack["envelope_id"]] = ack.get("payload") or {}
        with self.lock:
            self._linked.remove(link)

    def _channel(self, wanted: str, *, by_name: bool = False) -> Channel:
        for channel in self.channels.values():
            if wanted == channel.id or (by_name and wanted.removeprefix("#") == channel.name):
                return channel
        raise No("channel_not_found", f"no channel is called {wanted}")

    @staticmethod
    def _writable(channel: Channel) -> None:
        if channel.archived:
            raise No("is_archived", ours=False)
        if not channel.member:
            raise No("not_in_channel", ours=False)


def _content(args: dict[str, Any], may_call: set[str], before: list[Any] | None = None) -> list[Any]:
    """The blocks of a post or an edit, if Slack would take it."""
    text = args.get("text", "")
    blocks = args.get("blocks", before or [])
    if not isinstance(text, str):
        raise No("invalid_arguments", "text is no string")
    if not text.strip() and not blocks:
        raise No("no_text")
    if len(text) > 40_000:
        raise No("msg_too_long")
    if wrong := slack_blocks.faults(blocks):
        raise No("invalid_blocks", "; ".join(wrong))
    if slack_blocks.size(blocks) > slack_blocks.TOTAL:
        raise No("msg_blocks_too_long")
    called = {f"!subteam^{group}" for group in may_call}
    if loud := [ping for ping in slack_blocks.pings(blocks, text) if ping not in called]:
        raise No("invalid_arguments", f"nobody asked for a mention of {loud}")
    if args.get("parse") != "none" or _true(args.get("link_names", True)):
        raise No("invalid_arguments", "without parse=none and link_names off, Slack looks for names by itself")
    if _true(args.get("unfurl_links", False)) or _true(args.get("unfurl_media", False)):
        raise No("invalid_arguments", "nobody asked for a preview")
    return list(blocks)


def _metadata(args: dict[str, Any]) -> dict[str, Any] | None:
    metadata = args.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or metadata.keys() != {"event_type", "event_payload"}:
        raise No("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise No("invalid_metadata_schema")
    if len(json.dumps(metadata)) > 16_000:
        raise No("metadata_too_large")
    return metadata


def _as_history(shown: Shown, *, metadata: bool) -> Reply:
    said: Reply = {"type": "message", "ts": shown.ts, "user": shown.user, "text": shown.text, "blocks": shown.blocks}
    if shown.user == BOT:
        said["bot_id"] = "B0HARKEN"
    if shown.thread_ts is not None:
        said["thread_ts"] = shown.thread_ts
    if shown.broadcast:
        said["subtype"] = "thread_broadcast"
    if metadata and shown.metadata is not None:
        said["metadata"] = shown.metadata
    return said


def _ts(text: str) -> tuple[int, int]:
    whole, _, rest = text.partition(".")
    return int(whole), int(rest.ljust(6, "0")[:6] or 0)


def _true(value: Any) -> bool:
    return value in (True, 1, "1", "true")


@contextlib.contextmanager
def checked(**about: Any) -> Iterator[SlackDouble]:
    """A double that fails the block it serves if anything unexpected came."""
    with SlackDouble(**about) as slack:
        yield slack
    slack.check()
