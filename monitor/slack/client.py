"""Slack over the wire: one call, one attempt, one deadline, and every failure told apart.

It never retries, never sleeps and never guesses: whoever calls decides what a failure means for a page. The question
behind every branch here is "may Slack have taken it?", because a page sent twice is a nuisance and a page lost is the
thing Harken exists to prevent.
"""

import contextlib
import http.client
import json
import logging
import re
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.web.slack_response import SlackResponse

from monitor.slack import Doubtful, LockedOut, Message, NotSent, Paused, Posted, Refused, SlackError
from monitor.slack.wire import Answer, exchange

DELIVERY: Final = "harken_delivery"
"""The ``event_type`` of the metadata that carries our delivery id."""

TIMEOUT: Final = timedelta(seconds=8)
"""Below the ten seconds within which the daemon has to stop."""

SKEW: Final = timedelta(minutes=10)
"""How far Slack's clock, which names the messages, may be behind the one that gave us ``oldest``."""

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
}
"""What the token should be allowed, and what for. Only the first is indispensable."""

PAUSE: Final = timedelta(seconds=30)
"""How long to wait where Slack says "too often" and does not say how long."""
LONGEST_PAUSE: Final = timedelta(hours=1)

# Slack's own lists of error codes: docs.slack.dev/reference/methods/chat.postMessage and its siblings.
_TOKEN = frozenset(
    {
        "account_inactive",
        "accesslimited",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
_TOO_OFTEN = frozenset({"message_limit_exceeded", "rate_limited", "ratelimited"})
_MAYBE = frozenset({"fatal_error", "internal_error", "service_unavailable"})
_NOT_NOW = frozenset({"external_channel_migrating", "request_timeout", "team_added_to_org"})
_MAYBE_STATUS = frozenset({408, 499})
"""4xx says that nothing was done, except these two: the server stopped listening, or we did."""


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
        self._direct: dict[str, str] = {}
        self._channels: dict[str, str] = {}

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
            posted = Posted(_text(reply, "channel"), _text(reply, "ts"))
        if channel.startswith("#"):
            self._channels[channel.lower()] = posted.channel_id
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

    def find(self, channel_id: str, delivery: str, oldest: datetime) -> Posted | None:
        """See `monitor.slack.Slack.find`."""
        since = f"{(oldest - SKEW).timestamp():.6f}"
        cursor: str | None = None
        with self._call(looking=True) as slack:
            if channel_id.startswith("#"):
                channel_id = self._named(slack, channel_id)
            for _ in range(PAGES):
                reply = slack.ask(
                    slack.conversations_history,
                    channel=channel_id,
                    oldest=since,
                    inclusive=True,
                    include_all_metadata=True,
                    limit=PAGE,
                    cursor=cursor,
                )
                for found in _list(reply, "messages"):
                    if _delivery(found) == delivery:
                        return Posted(channel_id, _text(found, "ts"))
                cursor = _more(reply).get("next_cursor")
                if not cursor:
                    return None
        raise Refused("history_too_long", f"more than {PAGE * PAGES} messages")

    def open(self, user: str) -> str:
        """See `monitor.slack.Slack.open`. What was found once is remembered: a direct message keeps its channel id.

        Raises:
            Refused: nobody is called that (``users_not_found``), or our token may not look people up
                (``missing_scope``).
        """
        known = self._direct.get(user)
        if known is not None:
            return known
        with self._call(looking=True) as slack:
            user_id = user
            if "@" in user:
                found = slack.ask(slack.users_lookupByEmail, email=user)
                user_id = _text(_dict(found, "user"), "id")
            opened = slack.ask(slack.conversations_open, users=user_id)
            channel_id = _text(_dict(opened, "channel"), "id")
        self._direct[user] = channel_id
        return channel_id

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
                team=_text(reply, "team"),
                user=_text(reply, "user"),
                user_id=_text(reply, "user_id"),
                bot_id=reply.get("bot_id"),
                url=str(reply.get("url") or ""),
                scopes=frozenset(filter(None, re.split(r"[,\s]+", scopes))),
            )

    def _named(self, slack: "_OneCall", name: str) -> str:
        """The id of the channel called ``name``, if our app is in it."""
        if name.lower() not in self._channels:
            self._channels.update(self._joined(slack))
        if name.lower() not in self._channels:
            raise Refused("not_in_channel", f"our app is in no channel called {name}")
        return self._channels[name.lower()]

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
            for channel in _list(reply, "channels"):
                found[f"#{_text(channel, 'name')}"] = _text(channel, "id")
            cursor = _more(reply).get("next_cursor")
            if not cursor:
                return found
        raise Refused("too_many_channels", f"more than {PAGE * PAGES}")

    @contextlib.contextmanager
    def _call(self, *, looking: bool = False) -> Iterator["_OneCall"]:
        """A client for one call of a public method: its own deadline, its own memory of how far it got."""
        # Anything else would break inside the HTTP library, which shows the token in its error.
        if not re.fullmatch(r"[\x21-\x7e]+", self._token):
            raise LockedOut("invalid_auth", "it is empty or holds characters that no token has")
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
        self._reached = False
        self.reply_headers: dict[str, str] = {}
        """Headers of the last reply, names in lower case."""

    def ask(self, method: Callable[..., SlackResponse], **arguments: Any) -> dict[str, Any]:
        """Slack's reply to ``method``.

        Raises:
            SlackError: as the seam promises.
        """
        self._reached = False
        try:
            reply = method(**{name: value for name, value in arguments.items() if value is not None})
        except SlackError:
            raise
        except (OSError, http.client.HTTPException, SlackClientError, ValueError, LookupError) as error:
            raise self._broken(error) from error
        return dict(reply.data) if isinstance(reply.data, dict) else {}

    def _broken(self, error: Exception) -> SlackError:
        """Sort a failure of the wire by whether anything can have been sent."""
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if self._reached:
            return Doubtful(f"the connection to Slack broke off ({what})")
        return NotSent(f"Slack cannot be reached at {self.base_url} ({what})")

    def _perform_urllib_http_request_internal(self, url: str, req: urllib.request.Request) -> dict[str, Any]:
        """Take the place of the SDK's transport: same request, same shape of reply, and only Slack's own "ok"."""
        if not url.lower().startswith(("http://", "https://")):
            raise NotSent(f"{self.base_url} is no address of Slack")
        answer = exchange(req, tls=self._tls, deadline=self._deadline, reached=self._now_reached)
        self.reply_headers = answer.headers
        _understand(answer)
        return {"status": answer.status, "headers": answer.headers, "body": answer.body.decode()}

    def _now_reached(self) -> None:
        self._reached = True


def _understand(answer: Answer) -> None:
    """Let pass what is Slack's own "ok", and nothing else.

    Raises:
        SlackError: as the seam promises.
    """
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Paused(_pause(answer.headers))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _MAYBE_STATUS:
        raise Doubtful(f"Slack answered with HTTP {answer.status}")
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and said.get("ok") is False:
        raise _refusal(said, answer.headers)
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise NotSent(f"something before Slack turned us away with HTTP {answer.status}; check base_url and the proxy")
    if answer.status != HTTPStatus.OK or not isinstance(said, dict) or said.get("ok") is not True:
        kind = answer.headers.get("content-type", "an unnamed type").split(";")[0][:50]
        raise Doubtful(f"HTTP {answer.status} with {len(answer.body)} octets of {kind} is no reply of Slack's")


def _refusal(said: dict[str, Any], headers: dict[str, str]) -> SlackError:
    """What ``ok: false`` means for whoever sent it. A code nobody has listed is taken as a final no."""
    code = str(said.get("error") or "no_error_code")
    if code in _TOO_OFTEN:
        return Paused(_pause(headers))
    if code in _MAYBE:
        return Doubtful(f"Slack answered {code}: it may have gone through")
    if code in _NOT_NOW:
        return NotSent(f"Slack answered {code}")
    notes = _more(said).get("messages")
    detail = "; ".join(str(note) for note in notes)[:300] if isinstance(notes, list) else ""
    if code in _TOKEN:
        needed = said.get("needed")
        return LockedOut(code, f"it needs {needed}" if needed else detail)
    return Refused(code, detail)


def _pause(headers: dict[str, str]) -> timedelta:
    """``Retry-After`` in seconds, between one second and an hour."""
    said = headers.get("retry-after", "").strip()
    if not re.fullmatch(r"[0-9]{1,9}", said):
        return PAUSE
    return min(max(timedelta(seconds=int(said)), timedelta(seconds=1)), LONGEST_PAUSE)


def _metadata(delivery: str | None) -> dict[str, Any] | None:
    return None if delivery is None else {"event_type": DELIVERY, "event_payload": {"delivery": delivery}}


def _delivery(message: Any) -> str | None:
    """The delivery id a message of the history carries, if it is one of ours."""
    metadata = message.get("metadata") if isinstance(message, dict) else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != DELIVERY:
        return None
    payload = metadata.get("event_payload")
    return payload.get("delivery") if isinstance(payload, dict) else None


def _more(reply: dict[str, Any]) -> dict[str, Any]:
    """What Slack says about its own reply."""
    more = reply.get("response_metadata")
    return more if isinstance(more, dict) else {}


# Each of these reads one field of a reply that said ok; without the field we cannot know what was done.
def _field(reply: dict[str, Any], name: str, kind: type) -> Any:
    value = reply.get(name)
    if not isinstance(value, kind):
        raise Doubtful(f"Slack said ok, without a proper {name!r}")
    return value


def _text(reply: dict[str, Any], name: str) -> str:
    return str(_field(reply, name, str))


def _dict(reply: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(_field(reply, name, dict))


def _list(reply: dict[str, Any], name: str) -> list[Any]:
    return list(_field(reply, name, list))
