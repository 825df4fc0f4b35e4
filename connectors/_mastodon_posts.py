"""What a Mastodon server lists, to mentions: whatever has another shape is none.

Pure: it asks nobody and has no clock. Only public words are mentions: what was sent to followers or to named people
only, and what somebody merely boosts, is none. Where an entry stands in its listing is told by the time inside its id
where there is one (Mastodon's numbers, Pleroma's flakes, GoToSocial's ULIDs), else by the server's date.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors._plain import storable, text_of, tidy
from rules.model import Mention

SOURCE = "mastodon"

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"[^\s@]{1,200}(@[^\s@]{1,253})?")
_PUBLIC = frozenset({"public", "unlisted"})
_VISIBILITIES = frozenset({*_PUBLIC, "private", "direct", "local", "list", "mutuals_only", "self", "limited"})
_OLDEST, _LATEST = datetime(2008, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A time outside of these is no post's."""
_MANY = 10**15
"""More followers than there are people."""
_LAST = 5
"""Entries at the end of a page that tell how far down it reaches where the ids do not."""

_FLAKE, _ULID = re.compile(r"[0-9A-Za-z]{18}"), re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class UnreadableError(Exception):
    """A post has another shape than it should."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in a listing."""

    id: str
    """By which the listing is paged; empty where it cannot be told."""
    at: datetime | None
    """Where it stands in the order of the listing, or about there."""
    exact: bool
    """Whether ``at`` is what the server sorts by."""
    mention: Mention | None
    """Its thread is still that of a post that answers nobody. None where it is none of a public word about us."""
    unread: bool = False


class Names:
    """How people are called, the same wherever a server names them.

    Args:
        ours: the handles of our accounts as configured, with or without ``@host``.
        host: the server's own; its people are called without it.
    """

    def __init__(self, ours: Iterable[str], host: str) -> None:
        self._ours = {name.casefold(): name for name in ours}
        self._suffix = f"@{host}".casefold()

    def of(self, account: Any) -> str:
        """The handle of an account; empty where it has none."""
        found = account.get("acct") or account.get("username") if isinstance(account, dict) else None
        name = storable(found).removeprefix("@") if isinstance(found, str) else ""
        if not _NAME.fullmatch(name):
            return ""
        short = self.here(name)
        homes = {self._suffix, f"@{urlsplit(_link(account.get('url')) or '').hostname or ''}"}
        spelt = [short] if "@" in short else [short, *(short + home for home in homes)]
        return next((self._ours[one.casefold()] for one in spelt if one.casefold() in self._ours), short)

    def here(self, name: str) -> str:
        """``name`` without its host where that is the server's own."""
        return name[: -len(self._suffix)] if name.casefold().endswith(self._suffix) else name


def status_entry(status: Any, names: Names) -> Entry:
    """An entry of a listing of statuses."""
    return _entry(status, status, names)


def notification_entry(kind: str, notification: Any, names: Names) -> Entry:
    """An entry of the notifications, of which only those of one kind matter."""
    if isinstance(notification, dict) and isinstance(other := notification.get("type"), str) and other != kind:
        return Entry(identified(notification.get("id")), *_place(notification), None)
    return _entry(notification, notification.get("status") if isinstance(notification, dict) else None, names)


def mention_in(status: Any, names: Names) -> Mention | None:
    """A status as a mention; None where it is a boost or not public.

    Raises:
        UnreadableError: it is not shaped like a status.
    """
    if not isinstance(status, dict):
        raise UnreadableError
    if status.get("reblog") is not None:
        return None
    visibility = status.get("visibility")
    if not isinstance(visibility, str) or visibility not in _VISIBILITIES:
        raise UnreadableError
    if visibility not in _PUBLIC:
        return None
    own, at, account = identified(status.get("id")), _time(status.get("created_at")), status.get("account")
    author, answers, content = names.of(account), status.get("in_reply_to_id"), status.get("content")
    parent = identified(answers)
    if not own or at is None or not author or not isinstance(content, str) or not isinstance(account, dict):
        raise UnreadableError
    if answers is not None and not parent:
        raise UnreadableError
    warned = status.get("spoiler_text")
    head = tidy(warned) if isinstance(warned, str) else ""
    followers, lang = account.get("followers_count"), status.get("language")
    return Mention(
        source=SOURCE,
        id=own,
        thread=own,
        author=author,
        text=storable("\n\n".join(filter(None, (head, text_of(content))))),
        posted_at=at,
        reply_to=parent or None,
        author_id=identified(account.get("id")) or None,
        author_name=_line(account.get("display_name")),
        followers=followers if type(followers) is int and 0 <= followers < _MANY else None,
        lang=lang if isinstance(lang, str) and re.fullmatch(r"[A-Za-z-]{2,35}", lang) else None,
        url=_link(status.get("url")) or _link(status.get("uri")),
    )


def identified(value: object) -> str:
    """An id, given as text or as a number; empty where it is none."""
    text = value if isinstance(value, str) else str(value) if type(value) is int and 0 < value < _MANY**2 else ""
    return text if _ID.fullmatch(text) else ""


def depth(entries: Sequence[Entry]) -> datetime | None:
    """How far down a page reaches. Dates that the server does not sort by may be far off for a post that came late."""
    exact = [one.at for one in entries if one.at and one.exact]
    if exact:
        return min(exact)
    return max((one.at for one in entries[-_LAST:] if one.at), default=None)


def ancestors_in(answer: Any) -> Mapping[str, str]:
    """The posts above another, each with the one that it answers; empty where it answers none."""
    found = answer.get("ancestors") if isinstance(answer, dict) else None
    above = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return {own: identified(one.get("in_reply_to_id")) for one in above if (own := identified(one.get("id")))}


def hashtags(words: Iterable[str]) -> tuple[str, ...]:
    """Words as hashtags: letters, digits and ``_``, and more than a number. Capitals do not count."""
    tags = (re.sub(r"\W+", "", word).lower() for word in words)
    return tuple(dict.fromkeys(tag for tag in tags if tag and not tag.isdecimal()))


def phrase(alias: str) -> str:
    """An alias as a search takes it: quoted where it holds blanks."""
    words = alias.replace('"', " ").split()
    return f'"{" ".join(words)}"' if len(words) > 1 else " ".join(words)


def naming(names: Iterable[str]) -> re.Pattern[str]:
    """Matches text that holds one of these names, whole."""
    ways = "|".join(re.escape(name) for name in names if name.strip())
    return re.compile(rf"(?<!\w)(?:{ways or r'(?!)'})(?!\w)", re.IGNORECASE)


def _entry(listed: Any, status: Any, names: Names) -> Entry:
    if not isinstance(listed, dict):
        return Entry("", None, exact=False, mention=None, unread=True)
    own = identified(listed.get("id"))
    try:
        return Entry(own, *_place(listed, whole=listed is not status), mention_in(status, names))
    except UnreadableError:
        return Entry(own, *_place(listed, whole=listed is not status), None, unread=True)


def _place(listed: Mapping[str, Any], *, whole: bool = True) -> tuple[datetime | None, bool]:
    """Where an entry stands. A notification's date is the server's own, a status's perhaps another server's."""
    inside = _time_inside(identified(listed.get("id")))
    return inside or _time(listed.get("created_at")), whole or inside is not None


def _time_inside(own: str) -> datetime | None:
    """The time that an id was made from."""
    if own.isdecimal():
        milliseconds = int(own) >> 16
    elif _ULID.fullmatch(own):
        milliseconds = _number(own[:10], _BASE32)
    elif _FLAKE.fullmatch(own):
        milliseconds = _number(own, _BASE62) >> 64
    else:
        return None
    return _moment(milliseconds / 1000)


def _number(digits: str, alphabet: str) -> int:
    value = 0
    for digit in digits:
        value = value * len(alphabet) + alphabet.index(digit)
    return value


def _moment(seconds: float) -> datetime | None:
    if not _OLDEST.timestamp() <= seconds < _LATEST.timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        at = at and (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at and _OLDEST <= at < _LATEST else None


def _line(value: object) -> str | None:
    return (" ".join(storable(value).split())[:200] or None) if isinstance(value, str) else None


def _link(value: object) -> str | None:
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s]{1,2000}", value):
        return None
    try:
        return storable(value) if urlsplit(value).hostname else None
    except ValueError:
        return None
