"""Hacker News' posts as its search gives them, to mentions: whatever has another shape is none.

Pure: it asks nobody and has no clock.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors._plain import storable, text_of, tidy
from rules.model import Mention

SOURCE = "hackernews"

_ID = re.compile(r"[1-9][0-9]{0,17}")
_OLDEST, _LATEST = datetime(2006, 10, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A time outside of these is no post's."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A post with what is told of it beside the mention."""

    mention: Mention
    link: str
    """Where a story leads; empty where it has no address."""


def posts_in(answer: Mapping[str, Any]) -> tuple[list[Hit], int]:
    """The posts of one page, and how many could not be read."""
    found = [post_in(one) for one in answer["hits"]]
    hits = [one for one in found if one is not None]
    return hits, len(found) - len(hits)


def post_in(post: Any) -> Hit | None:
    """A post as the search gives it; None where it is not shaped like one."""
    if not isinstance(post, dict):
        return None
    own, parent = identified(post.get("objectID", post.get("id"))), identified(post.get("parent_id"))
    author, at, text = _name(post.get("author")), _time(post.get("created_at_i")), _text(post)
    if not (own and author and at and text):
        return None
    mention = Mention(
        source=SOURCE,
        id=own,
        thread=(identified(post.get("story_id")) or _tagged(post) or parent) if parent else own,
        author=author,
        text=text,
        posted_at=at,
        reply_to=parent or None,
        url=f"https://news.ycombinator.com/item?id={own}",
    )
    link = post.get("url")
    return Hit(mention, link if isinstance(link, str) else "")


def identified(value: object) -> str:
    """An id, given as a number or as text; empty where it is none."""
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    return text if _ID.fullmatch(text) else ""


def _tagged(post: Mapping[str, Any]) -> str:
    """The story among the tags of a comment that does not name it otherwise."""
    tags = post.get("_tags")
    names = (one.removeprefix("story_") for one in tags if isinstance(one, str)) if isinstance(tags, list) else ()
    return next((one for one in names if _ID.fullmatch(one)), "")


def _name(value: object) -> str:
    return " ".join(storable(value).split())[:100].removeprefix("@") if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromtimestamp(value, UTC) if type(value) is int else None
    except (ValueError, OverflowError, OSError):
        return None
    return at if at and _OLDEST <= at < _LATEST else None


def _text(post: Mapping[str, Any]) -> str:
    """Title and text; a title is no markup, but has references in it."""
    title, bodies = post.get("title"), (post.get(name) for name in ("comment_text", "story_text", "text"))
    body = next((text_of(one) for one in bodies if isinstance(one, str)), "")
    head = tidy(html.unescape(title)) if isinstance(title, str) else ""
    return storable("\n\n".join(filter(None, (head, body))))
