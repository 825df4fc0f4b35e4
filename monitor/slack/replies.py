"""What Slack's replies mean for whoever asked. Reads them; sends nothing.

The question behind every branch is "may Slack have taken it?", because a page sent twice is a nuisance and a page lost
is the thing Harken exists to prevent. What cannot be read counts as "it may".
"""

import json
import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from monitor.slack import Doubtful, LockedOut, NotSent, Paused, Refused, SlackError
from monitor.slack.wire import Answer

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


def understand(answer: Answer) -> None:
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
    notes = more(said).get("messages")
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


def more(reply: dict[str, Any]) -> dict[str, Any]:
    """What Slack says about its own reply."""
    more = reply.get("response_metadata")
    return more if isinstance(more, dict) else {}


def text(reply: Any, name: str) -> str:
    """The string ``name`` of a reply that said ok; without it we cannot know what was done.

    Raises:
        Doubtful: there is none.
    """
    return str(_field(reply, name, str))


def table(reply: Any, name: str) -> dict[str, Any]:
    """As `text`, an object."""
    return dict(_field(reply, name, dict))


def rows(reply: Any, name: str) -> list[Any]:
    """As `text`, a list."""
    return list(_field(reply, name, list))


def _field(reply: Any, name: str, kind: type) -> Any:
    value = reply.get(name) if isinstance(reply, dict) else None
    if not isinstance(value, kind):
        raise Doubtful(f"Slack said ok, without a proper {name!r}")
    return value
