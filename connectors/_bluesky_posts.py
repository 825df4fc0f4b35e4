"""What Bluesky's answers say, as mentions. Knows every shape in which the AT Protocol gives a post; asks for nothing.

A post is read strictly: one of a wrong shape is no mention, and counted. Its time is the network's sort time, the
earlier of what its author's program wrote (``createdAt``) and when the network saw it, so that nobody posts from the
future. Alt texts, cards and quoted posts are not part of its text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors._plain import storable
from rules.model import Mention

SOURCE = "bluesky"
POSTS = "app.bsky.feed.post"
"""The collection of a repository that holds its owner's posts."""

_DID = r"did:[a-z]{1,20}:[A-Za-z0-9._:%-]{1,200}"
_POST = re.compile(rf"at://({_DID})/app\.bsky\.feed\.post/([A-Za-z0-9._:~-]{{1,512}})")
_ANY_URI = re.compile(r"at://[!-~]{1,2000}")
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_TID = re.compile(r"[234567a-j][2-7a-z]{12}")
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_DIGITS = {digit: value for value, digit in enumerate(_ALPHABET)}
_CLOCK_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAWN = datetime(1990, 1, 1, tzinfo=UTC)
"""Before it nobody posted anything, whatever a program wrote."""
_NOBODY = "handle.invalid"
"""What the network calls an account whose handle is not its own any more."""


class UnreadableError(ValueError):
    """A post of a shape that no post has."""


@dataclass(frozen=True, slots=True)
class Posts:
    """What one listing gave."""

    mentions: tuple[Mention, ...]
    oldest: datetime | None
    """How far back it goes: what the network sorts by, of the last entry that has it, a post or not. Never the least of
    all: one post that claims to be of long ago would end the reading."""
    unreadable: int


def is_post(uri: object) -> bool:
    """Whether ``uri`` names a post."""
    return isinstance(uri, str) and _POST.fullmatch(uri) is not None


def of_views(views: Iterable[object]) -> Posts:
    """Post views, as search and ``getPosts`` give them; notifications have the same shape."""
    mentions, times, unreadable = [], [], 0
    for view in views:
        try:
            mention = mention_of(view)
        except UnreadableError:
            unreadable += 1
            continue
        mentions.append(mention)
        times.append(mention.posted_at)
    return Posts(tuple(mentions), times[-1] if times else None, unreadable)


def of_notifications(found: Sequence[object], reasons: frozenset[str]) -> Posts:
    """The posts that we were notified of for one of ``reasons``; they are listed by ``indexedAt``."""
    listed = [one for one in found if isinstance(one, Mapping)]
    times = [at for one in listed if (at := instant(one.get("indexedAt"))) is not None]
    posts = of_views(one for one in listed if one.get("reason") in reasons)
    return Posts(posts.mentions, times[-1] if times else posts.oldest, posts.unreadable + len(found) - len(listed))


def of_feed(entries: Sequence[object]) -> Posts:
    """An author's feed without what the author only reposted or pinned."""
    listed = [entry for entry in entries if isinstance(entry, Mapping)]
    posts = of_views(entry.get("post") for entry in listed if entry.get("reason") is None)
    reason = listed[-1].get("reason") if listed else None
    reposted = instant(reason.get("indexedAt")) if isinstance(reason, Mapping) else None
    return Posts(posts.mentions, reposted or posts.oldest, posts.unreadable + len(entries) - len(listed))


def of_records(records: Iterable[object], handle: str) -> Posts:
    """Posts as a repository itself holds them, all by ``handle``; they are listed by the time in their keys."""
    mentions, times, unreadable = [], list[datetime](), 0
    for record in records:
        try:
            mention = mention_of(_view(record, handle))
        except UnreadableError:
            unreadable += 1
            continue
        mentions.append(mention)
        times += filter(None, [_time_in(mention.id)])
    return Posts(tuple(mentions), times[-1] if times else None, unreadable)


def _view(record: object, handle: str) -> dict[str, Any]:
    """A record in the shape of a post view. Its repository has no ``indexedAt``; the key says when it was written."""
    if not isinstance(record, Mapping) or not isinstance(uri := record.get("uri"), str):
        raise UnreadableError
    at = _time_in(uri)
    return {
        "uri": uri,
        "author": {"handle": handle},
        "record": record.get("value"),
        "indexedAt": at and at.isoformat(),
    }


def mention_of(view: object) -> Mention:
    """The mention that a post view is.

    Raises:
        UnreadableError: it is none.
    """
    if not isinstance(view, Mapping):
        raise UnreadableError
    uri, author, record = view.get("uri"), view.get("author"), view.get("record")
    found = _POST.fullmatch(uri) if isinstance(uri, str) else None
    if found is None or not isinstance(author, Mapping) or not isinstance(record, Mapping):
        raise UnreadableError
    did, key = found.groups()
    text = record.get("text")
    if not isinstance(text, str):
        raise UnreadableError
    handle = handle_of(author.get("handle"), did)
    root, parent = answered(record.get("reply"))
    return Mention(
        source=SOURCE,
        id=found[0],
        thread=root or found[0],
        author=handle,
        text=storable(text),
        posted_at=_posted_at(record.get("createdAt"), view.get("indexedAt")),
        reply_to=parent,
        author_id=did,
        author_name=_name(author.get("displayName")),
        lang=_lang(record.get("langs")),
        url=f"https://bsky.app/profile/{handle}/post/{key}",
    )


def handle_of(handle: object, did: str) -> str:
    """What an account is called; its DID where its handle is not its own.

    Raises:
        UnreadableError: that is no handle.
    """
    if not isinstance(handle, str) or not re.fullmatch(r"@?[A-Za-z0-9._:-]{1,253}", handle):
        raise UnreadableError
    return did if handle == _NOBODY else handle.removeprefix("@")


def answered(reply: object) -> tuple[str | None, str | None]:
    """Root and parent of a reply; two times None for a post that is none.

    Raises:
        UnreadableError: it answers nothing that can be named.
    """
    if reply is None:
        return None, None
    if not isinstance(reply, Mapping):
        raise UnreadableError
    root, parent = (_uri_in(reply.get(name)) for name in ("root", "parent"))
    return root or parent, parent or root


def _uri_in(reference: object) -> str | None:
    uri = reference.get("uri") if isinstance(reference, Mapping) else None
    if uri is None:
        return None
    if not isinstance(uri, str) or _ANY_URI.fullmatch(uri) is None:
        raise UnreadableError
    return uri


def _posted_at(created: object, indexed: object) -> datetime:
    """The network's sort time."""
    known = [at for at in map(instant, (created, indexed)) if at is not None]
    if not known or min(known) < _DAWN:
        raise UnreadableError
    return min(known)


def instant(text: object) -> datetime | None:
    """A moment as the protocol writes it, in UTC; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _time_in(uri: str) -> datetime | None:
    """When a record was written, as its key says; None where the key is no TID."""
    key = uri.rpartition("/")[2]
    if _TID.fullmatch(key) is None:
        return None
    number = 0
    for digit in key:
        number = number << 5 | _DIGITS[digit]
    return _EPOCH + timedelta(microseconds=number >> _CLOCK_BITS)


def key_at(at: datetime) -> str:
    """The key that a record written at ``at`` has at the least."""
    number = (at - _EPOCH) // timedelta(microseconds=1) << _CLOCK_BITS
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def _name(name: object) -> str | None:
    return (storable(name).strip() or None) if isinstance(name, str) else None


def _lang(langs: object) -> str | None:
    """The first language that its author's program wrote."""
    first = langs[0] if isinstance(langs, list) and langs else None
    return first if isinstance(first, str) and _LANG.fullmatch(first) else None
