"""X's posts as its API gives them, to mentions: whatever has another shape is none.

Pure: it asks nobody and has no clock.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors._plain import storable
from rules.model import Mention

SOURCE = "x"

_ID = re.compile(r"[0-9]{1,19}")
_HANDLE = re.compile(r"\w{1,50}", re.ASCII)
_LANG = re.compile(r"[a-z]{2}")
_OLDEST, _LATEST = datetime(2006, 3, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A time outside of these is no post's."""
_BEGAN = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
"""Since then an id says when it was given: milliseconds above 22 other bits."""
_EDITABLE = timedelta(hours=2)
"""Longer than X lets anybody edit a post."""
_MOST_FOLLOWERS = 10**10
_ESCAPED = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
"""X escapes these three, and no others."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post, or a later version of one."""

    mention: Mention
    """Under the id of its first version."""
    version: str
    """The id of this version."""
    newest: str
    """The id of its newest version."""
    at: datetime
    """When this version was posted: what X sorts by."""
    repost: bool
    """Somebody else's post, passed on without a word."""


def posts_in(answer: Mapping[str, Any], known: Mapping[str, str]) -> tuple[list[Post], int]:
    """The posts of an answer, and how many could not be read.

    Args:
        answer: what X sent.
        known: handles by id, for authors that the answer does not describe.
    """
    data, includes = answer.get("data"), answer.get("includes")
    users = includes.get("users") if isinstance(includes, dict) else None
    told = {identified(one.get("id")): one for one in listed(users) if isinstance(one, dict)}
    found = [_post(one, told, known) for one in (listed(data) or ([data] if isinstance(data, dict) else []))]
    posts = [one for one in found if one is not None]
    return posts, len(found) - len(posts)


def identified(value: object) -> str:
    """An id, given as text or as a number; empty where it is none."""
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    return text if _ID.fullmatch(text) else ""


def named(value: object) -> str:
    """A handle; empty where it is none."""
    return value if isinstance(value, str) and _HANDLE.fullmatch(value) else ""


def listed(value: object) -> list[Any]:
    """A list; empty where it is none."""
    return value if isinstance(value, list) else []


def _post(post: Any, users: Mapping[str, Mapping[str, Any]], known: Mapping[str, str]) -> Post | None:
    if not isinstance(post, dict):
        return None
    own, author_id, text = identified(post.get("id")), identified(post.get("author_id")), _text(post)
    at = _time(post["created_at"]) if "created_at" in post else _given(own)
    if not (own and author_id and text and at):
        return None
    user = users.get(author_id, {})
    handle = named(user.get("username")) or known.get(author_id, "")
    versions = sorted({own, *map(identified, _renamed(post, "edit_history_tweet_ids"))} - {""}, key=int)
    first, newest = versions[0], versions[-1]
    references = {
        one.get("type"): identified(one.get("id"))
        for one in _renamed(post, "referenced_tweets")
        if isinstance(one, dict) and isinstance(one.get("type"), str)
    }
    parent = references.get("replied_to") or None
    thread = identified(post.get("conversation_id")) or parent or first
    mention = Mention(
        source=SOURCE,
        id=first,
        thread=first if thread in versions else thread,
        author=handle or author_id,
        text=text,
        posted_at=_first_at(first, own, at),
        reply_to=parent,
        author_id=author_id,
        author_name=_name(user.get("name")),
        followers=_followers(user.get("public_metrics")),
        lang=_lang(post.get("lang")),
        url=f"https://x.com/{handle or 'i'}/status/{first}",
    )
    return Post(mention, own, newest, at, "retweeted" in references)


def _renamed(post: Mapping[str, Any], name: str) -> list[Any]:
    """A field that X is renaming from tweets to posts."""
    return listed(post.get(name)) or listed(post.get(name.replace("tweet", "post")))


def _text(post: Mapping[str, Any]) -> str:
    """The text, whole: that of a long post stands elsewhere."""
    notes = (post.get("note_tweet"), post.get("note_post"))
    bodies = [one.get("text") for one in notes if isinstance(one, dict)]
    text = next((one for one in [*bodies, post.get("text")] if isinstance(one, str) and one.strip()), "")
    for escaped, plain in _ESCAPED:
        text = text.replace(escaped, plain)
    return storable(text)


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        at = at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return at if at and _OLDEST <= at < _LATEST else None


def _given(name: str) -> datetime | None:
    """When an id was given; None where it does not say."""
    milliseconds = int(name or 0) >> 22
    at = _BEGAN + timedelta(milliseconds=milliseconds)
    return at if milliseconds and at < _LATEST else None


def _first_at(first: str, own: str, at: datetime) -> datetime:
    """When the first version of a post was posted. Its id says so, unless it is of another make."""
    given = _given(first)
    return given if first != own and given and timedelta(0) <= at - given <= _EDITABLE else at


def _name(value: object) -> str | None:
    return (" ".join(storable(value).split())[:100] or None) if isinstance(value, str) else None


def _followers(metrics: object) -> int | None:
    count = metrics.get("followers_count") if isinstance(metrics, dict) else None
    return count if type(count) is int and 0 <= count < _MOST_FOLLOWERS else None


def _lang(value: object) -> str | None:
    return value if isinstance(value, str) and _LANG.fullmatch(value) else None
