"""Slack over the wire: one call, one attempt, one deadline, and every failure told apart.

It never retries, never sleeps and never guesses: whoever calls decides what a failure means for a page.
"""

import contextlib
import http.client
import logging
import math
import re
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.web.slack_response import SlackResponse

from monitor.slack import Doubtful, LockedOut, Message, NotSent, Posted, Refused, SlackError, replies
from monitor.slack.directory import Directory
from monitor.slack.upload import Uploads
from monitor.slack.wire import exchange

DELIVERY: Final = "harken_delivery"
"""The ``event_type`` of the metadata that carries our delivery id."""

TIMEOUT: Final = timedelta(seconds=8)
"""Below the ten seconds within which the daemon has to stop."""

SKEW: Final = timedelta(minutes=10)
"""How far Slack's clock, which names the messages, may be behind the one that gave us ``oldest``."""

STILL_THERE: Final = timedelta(minutes=10)
"""How long somebody who was found in Slack is taken to be there: people are deactivated, and Slack says nothing."""

PAGE: Final = 200
PAGES: Final = 25
"""`WebSlack.find` reads at most 5,000 messages; beyond that it says that it does not know."""

SCOPES: Final = {
    "chat:write": "post",
    "channels:history": "look a message up in a public channel",
    "groups:history": "look a message up in a private channel",
    "im:history": "look a direct message up",
    "channels:read": "find a public channel by its name",
    "groups:read": "find a private channel by its name",
    "im:write": "open direct messages",
    "users:read": "find people",
    "users:read.email": "find people by e-mail address",
    "usergroups:read": "call user groups, and tell who is in one that may act",
    "commands": "answer /harken",
}
"""What the token should be allowed, and what for. Only the first is indispensable."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the token speaks for, as ``auth.test`` tells."""

    team: str
    user: str
    user_id: str
    bot_id: str | None
    url: str
    scopes: frozenset[str]
    """What the token may do; empty where Slack did not say."""


_GONE = frozenset({"message_not_found", "thread_not_found"})
_NOT_OURS = frozenset({"cant_delete_message"})


class WebSlack:
    """`monitor.slack.Slack` over HTTPS, through slack-sdk. Safe to use from several threads.

    Args:
        token: the bot token, ``xoxb-...``. Never appears in an error.
        base_url: where the methods live, with a trailing slash.
        timeout: the longest one call of a method here may take, however slowly the reply drips in. Looking up
            Slack's address comes on top; the system's resolver has its own limit.
    """

    def __init__(self, token: str, base_url: str = "https://slack.com/api/", timeout: timedelta = TIMEOUT) -> None:
        self._token = token.strip()
        self._base_url = base_url if base_url.endswith("/") else base_url + "/"
        self._timeout = timeout.total_seconds()
        # Reading the system's certificates takes tens of milliseconds, so once for all calls.
        self._tls = ssl.create_default_context()
        self._direct: dict[str, tuple[str, float]] = {}
        self._channels: dict[str, str] = {}
        self._groups: dict[str, tuple[str, float]] = {}
        self.directory = Directory(partial(self._call, looking=True))
        self.uploads = Uploads(partial(self._call, looking=True), self._tls, timeout)

    def post(
        self,
        channel: str,
        message: Message,
        *,
        delivery: str | None = None,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        """See `monitor.slack.Slack.post`."""
        with self._call() as slack:
            reply = slack.ask(
                slack.chat_postMessage,
                channel=channel,
                text=message.text,
                blocks=message.blocks or None,
                metadata=_metadata(delivery),
                thread_ts=thread,
                reply_broadcast=True if thread is not None and broadcast else None,
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
            )
            posted = Posted(replies.text(reply, "channel"), replies.text(reply, "ts"))
        if channel.startswith("#"):
            self._channels[channel] = posted.channel_id
        return posted

    def update(self, channel_id: str, ts: str, message: Message) -> None:
        """See `monitor.slack.Slack.update`. Blocks that are not given are taken away; the delivery id stays."""
        with self._call() as slack:
            slack.ask(
                slack.chat_update,
                channel=channel_id,
                ts=ts,
                text=message.text,
                blocks=message.blocks,
                parse="none",
                link_names=False,
            )

    def retract(self, channel_id: str, ts: str) -> None:
        """See `monitor.slack.Slack.retract`. What people wrote in the thread is theirs, and stays."""
        told, cursor = [ts], None
        with self._call() as slack:
            for _ in range(PAGES):
                try:
                    reply = slack.ask(slack.conversations_replies, channel=channel_id, ts=ts, limit=PAGE, cursor=cursor)
                except (Refused, LockedOut) as refused:
                    # A token that may not read a thread may still delete what it posted.
                    if refused.code in _GONE | {"missing_scope"}:
                        break
                    raise
                rows = replies.rows(reply, "messages")
                told += [replies.text(found, "ts") for found in rows if found.get("thread_ts") == ts]
                cursor = replies.more(reply).get("next_cursor")
                if not cursor:
                    break
            for each in dict.fromkeys(reversed(told)):
                try:
                    slack.ask(slack.chat_delete, channel=channel_id, ts=each)
                except Refused as refused:
                    if refused.code not in _GONE | _NOT_OURS:
                        raise

    def whisper(self, channel_id: str, user: str, message: Message) -> None:
        """See `monitor.slack.Slack.whisper`."""
        with self._call() as slack:
            slack.ask(
                slack.chat_postEphemeral,
                channel=channel_id,
                user=user,
                text=message.text,
                blocks=message.blocks or None,
                parse="none",
                link_names=False,
            )

    def user(self, mail: str) -> str:
        """The user id of whoever has this e-mail address in Slack.

        Raises:
            Refused: nobody has it, or our token may not look people up.
        """
        with self._call(looking=True) as slack:
            return replies.text(replies.table(slack.ask(slack.users_lookupByEmail, email=mail), "user"), "id")

    def members(self, group: str) -> frozenset[str]:
        """The user ids in a user group (``S...``).

        Raises:
            Refused: there is no such group, or our token may not read groups.
        """
        with self._call(looking=True) as slack:
            reply = slack.ask(slack.usergroups_users_list, usergroup=group)
        return frozenset(user for user in reply.get("users") or () if isinstance(user, str))

    def find(self, channel_id: str, delivery: str, oldest: datetime) -> Posted | None:
        """See `monitor.slack.Slack.find`."""
        since = f"{max(oldest.timestamp() - SKEW.total_seconds(), 0):.6f}"
        cursor: str | None = None
        with self._call(looking=True) as slack:
            if channel_id.startswith("#"):
                channel_id = self._named(slack, channel_id)
            for _ in range(PAGES):
                reply = slack.ask(
                    slack.conversations_history,
                    channel=channel_id,
                    oldest=since,
                    include_all_metadata=True,
                    limit=PAGE,
                    cursor=cursor,
                )
                for found in replies.rows(reply, "messages"):
                    if _delivery(found) == delivery:
                        return Posted(channel_id, replies.text(found, "ts"))
                cursor = replies.more(reply).get("next_cursor")
                if not cursor:
                    return None
        raise Refused("history_too_long", f"more than {PAGE * PAGES} messages")

    def open(self, user: str) -> str:
        """See `monitor.slack.Slack.open`. Whoever was found a short while ago is there still; later they are asked for.

        Raises:
            Refused: nobody is called that (``users_not_found``), or they were deactivated (``user_disabled``).
        """
        channel_id, asked = self._direct.get(user, ("", -math.inf))
        if time.monotonic() - asked < STILL_THERE.total_seconds():
            return channel_id
        user_id = self._there(user)
        if not channel_id:
            with self._call(looking=True) as slack:
                opened = slack.ask(slack.conversations_open, users=user_id)
                channel_id = replies.text(replies.table(opened, "channel"), "id")
        self._direct[user] = channel_id, time.monotonic()
        return channel_id

    def _there(self, user: str) -> str:
        """The id of a user who can read what they are sent; a token that may not look up user ids takes them as given.

        Raises:
            Refused: as `open`.
        """
        try:
            return self.directory.active(user)
        except Refused as refused:
            if refused.code == "missing_scope" and "@" not in user:
                return user
            raise

    def group(self, name: str) -> str:
        """See `monitor.slack.Slack.group`. Whoever was found a short while ago is there still."""
        known, asked = self._groups.get(name, ("", -math.inf))
        if time.monotonic() - asked < STILL_THERE.total_seconds():
            return known
        try:
            known = self.directory.group(name)
        except Refused:
            raise
        except SlackError:
            if not known:
                raise
        self._groups[name] = known, time.monotonic()
        return known

    def inside(self, channel: str) -> None:
        """See that our app is in a channel, given by name (``#care``) or id.

        Raises:
            Refused: it is not (``not_in_channel``, ``is_archived``, ``channel_not_found``).
        """
        if channel.startswith("#"):
            if channel in self.joined():
                return
            found = self.directory.public(channel)
        else:
            found = self.directory.channel(channel)
        if found is None:
            raise Refused("channel_not_found")
        if found.archived:
            raise Refused("is_archived")
        if not found.joined:
            raise Refused("not_in_channel")

    def joined(self) -> dict[str, str]:
        """The channels our app is in, public and private: ``#name`` -> id. Only there can it look a message up.

        Raises:
            Refused: our token may not list channels (``missing_scope``), or there are too many.
        """
        with self._call(looking=True) as slack:
            return self._joined(slack)

    def whoami(self) -> Identity:
        """Whom the token speaks for and what it may do. Posts nothing.

        Raises:
            SlackError: as everywhere; `LockedOut` where the token is no good.
        """
        with self._call() as slack:
            reply = slack.ask(slack.auth_test)
            scopes = slack.reply_headers.get("x-oauth-scopes", "")
            return Identity(
                team=replies.text(reply, "team"),
                user=replies.text(reply, "user"),
                user_id=replies.text(reply, "user_id"),
                bot_id=reply.get("bot_id"),
                url=str(reply.get("url") or ""),
                scopes=frozenset(filter(None, re.split(r"[,\s]+", scopes))),
            )

    def _named(self, slack: "_OneCall", name: str) -> str:
        """The id of the channel called ``name``, if our app is in it."""
        if name not in self._channels:
            self._channels.update(self._joined(slack))
        if name not in self._channels:
            raise Refused("not_in_channel", f"our app is in no channel called {name}")
        return self._channels[name]

    @staticmethod
    def _joined(slack: "_OneCall") -> dict[str, str]:
        found: dict[str, str] = {}
        cursor: str | None = None
        for _ in range(PAGES):
            reply = slack.ask(
                slack.users_conversations,
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=PAGE,
                cursor=cursor,
            )
            for channel in replies.rows(reply, "channels"):
                found[f"#{replies.text(channel, 'name')}"] = replies.text(channel, "id")
            cursor = replies.more(reply).get("next_cursor")
            if not cursor:
                return found
        raise Refused("too_many_channels", f"more than {PAGE * PAGES}")

    @contextlib.contextmanager
    def _call(self, *, looking: bool = False) -> Iterator["_OneCall"]:
        """A client for one call of a public method: its own deadline, its own memory of how far it got."""
        # Anything else would break inside the HTTP library, which shows the token in its error.
        if not re.fullmatch(r"[\x21-\x7e]+", self._token):
            raise LockedOut("invalid_auth", "it is empty or holds characters that no token has")
        if not _leads_somewhere(self._base_url):
            raise NotSent(f"{self._base_url} is no web address")
        one = _OneCall(self._token, self._base_url, self._tls, time.monotonic() + self._timeout)
        try:
            yield one
        except LockedOut as error:
            # The token is fine for posting; only this way of looking is closed to it.
            if looking and error.code == "missing_scope":
                raise Refused(error.code, error.detail) from error
            raise


class _OneCall(WebClient):
    """slack-sdk's client for one call, its octets carried by `monitor.slack.wire`.

    The SDK's own transport has no deadline, and reports a failure to connect and a lost reply alike.
    """

    def __init__(self, token: str, base_url: str, tls: ssl.SSLContext, deadline: float) -> None:
        # The SDK logs every failure as an error of its own; ours are raised, and logged where they are understood.
        silent = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)  # noqa: LOG001 - kept out of the hierarchy
        super().__init__(token=token, base_url=base_url, ssl=tls, retry_handlers=[], logger=silent)
        self._tls = tls
        self._deadline = deadline
        self._reached: bool | None = None
        """None until our transport is at work: should a later SDK pass it by, everything is in doubt."""
        self.reply_headers: dict[str, str] = {}
        """Headers of the last reply, names in lower case."""

    def ask(self, method: Callable[..., SlackResponse], **arguments: Any) -> dict[str, Any]:
        """Slack's reply to ``method``.

        Raises:
            SlackError: as the seam promises.
        """
        self._reached = None
        try:
            reply = method(**{name: value for name, value in arguments.items() if value is not None})
        except SlackError:
            raise
        except (OSError, http.client.HTTPException, SlackClientError, ValueError, LookupError) as error:
            raise self._broken(error) from error
        return dict(reply.data) if isinstance(reply.data, dict) else {}

    def _broken(self, error: Exception) -> SlackError:
        """Sort a failure of the wire by whether anything can have been sent."""
        reason = error.reason if isinstance(error, URLError) else error
        what = " ".join(str(getattr(reason, "strerror", None) or reason).split()) or type(reason).__name__
        if self._reached is False:
            return NotSent(f"Slack cannot be reached at {self.base_url} ({what})")
        return Doubtful(f"the connection to Slack broke off ({what})")

    def _perform_urllib_http_request_internal(
        self,
        url: str,  # noqa: ARG002 - the SDK gives both, and the request knows its address
        req: urllib.request.Request,
    ) -> dict[str, Any]:
        """Take the place of the SDK's transport: same request, same shape of reply, and only Slack's own "ok"."""
        self._reached = False
        answer = exchange(req, tls=self._tls, deadline=self._deadline, reached=self._now_reached)
        self.reply_headers = answer.headers
        replies.understand(answer)
        return {"status": answer.status, "headers": answer.headers, "body": answer.body.decode()}

    def _now_reached(self) -> None:
        self._reached = True


def _leads_somewhere(base_url: str) -> bool:
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _metadata(delivery: str | None) -> dict[str, Any] | None:
    return None if delivery is None else {"event_type": DELIVERY, "event_payload": {"delivery": delivery}}


def _delivery(message: Any) -> str | None:
    """The delivery id a message of the history carries, if it is one of ours."""
    metadata = message.get("metadata") if isinstance(message, dict) else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != DELIVERY:
        return None
    payload = metadata.get("event_payload")
    return payload.get("delivery") if isinstance(payload, dict) else None
