"""Reddit's submissions and comments as its listings give them, to mentions: whatever has another shape is none.

Pure: it asks nobody and has no clock. What was deleted or removed is told apart from what cannot be read.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors import Gone, SourceError
from connectors._plain import storable
from rules.model import Mention

SOURCE = "reddit"

_SITE = "https://www.reddit.com"
_COMMENT, _SUBMISSION = "t1", "t3"
_FULLNAME = re.compile(r"t[13]_[0-9A-Za-z]{1,32}")
_NUMBER = re.compile(r"[0-9A-Za-z]{1,32}")
_PATH = re.compile(
    r"/(?:r|u|user)/[^/]{1,100}/comments/([0-9A-Za-z]{1,32})/[^\s\\]*|/comments/([0-9A-Za-z]{1,32})/[^\s\\]*"
)
_NOBODY = frozenset(("[deleted]", "[removed]"))
"""What stands in place of an author or a text that is gone."""
_OLDEST, _LATEST = datetime(2005, 6, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A time outside of these is no post's."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post with what is told of it beside the mention."""

    mention: Mention
    above: str = ""
    """Of a comment, the title of the submission it stands under."""
    under: str = ""
    """Of a comment, who wrote that submission."""
    link: str = ""
    """Of a submission, where it leads."""
    goes_on: bool = False
    """A comment by the author of the submission it stands under."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a listing."""

    posts: tuple[Post, ...]
    gone: tuple[Gone, ...]
    after: str | None
    """Where it goes on; None where it ends."""
    shown: int
    """So many things stand on it, of whatever sort."""
    unread: int
    """So many of them are posts in a shape that cannot be read."""
    oldest: datetime | None
    """The time of the last one: a listing is in the order of time, but for what is pinned to its top."""


def listing(answer: Any) -> Listing:
    """What an answer of Reddit's lists.

    Raises:
        SourceError: it is no listing.
    """
    inside = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(inside, dict) or not isinstance(inside.get("children"), list):
        raise SourceError("Reddit sent an answer that is no listing; check base_url")
    children = inside["children"]
    found = [read(one) for one in children]
    times = (_time(one["data"].get("created_utc")) for one in reversed(children) if _whole(one))
    after = inside.get("after")
    return Listing(
        posts=tuple(one for one in found if isinstance(one, Post)),
        gone=tuple(one for one in found if isinstance(one, Gone)),
        after=after if isinstance(after, str) and after.isprintable() and 0 < len(after) <= 100 else None,  # noqa: PLR2004 - a fullname has a dozen characters
        shown=len(children),
        unread=sum(one is None and _is_post(child) for one, child in zip(found, children, strict=True)),
        oldest=next(filter(None, times), None),
    )


def read(child: Any) -> Post | Gone | None:
    """One thing of a listing; None where it is no post (a private message, an advertisement) or not shaped like one."""
    if not _is_post(child) or not _whole(child):
        return None
    kind, post = child["kind"], child["data"]
    own, at = fullname(post.get("name") or post.get("id"), kind), _time(post.get("created_utc"))
    if not own or at is None or "author" not in post:
        return None
    text = _text(kind, post)
    author, path = _name(post["author"]), _path(post)
    if post["author"] is None or author in _NOBODY or text is None or post.get("removed_by_category"):
        return Gone(SOURCE, own)
    thread = own if kind == _SUBMISSION else fullname(post.get("link_id"), _SUBMISSION) or _root(path)
    if not author or not text or not thread:
        return None
    mention = Mention(
        source=SOURCE,
        id=own,
        thread=thread,
        author=author,
        text=text,
        posted_at=at,
        reply_to=(fullname(post.get("parent_id")) or thread) if kind == _COMMENT else None,
        author_id=_name(post.get("author_fullname")) or None,
        url=_SITE + (path or _plain_path(own, thread)),
    )
    return Post(
        mention,
        above=_said(post.get("link_title")) if kind == _COMMENT else "",
        under=_name(post.get("link_author")) if kind == _COMMENT else "",
        link=_said(post.get("url")) if kind == _SUBMISSION and not post.get("is_self") else "",
        goes_on=kind == _COMMENT and post.get("is_submitter") is True,
    )


def fullname(value: object, kind: str = "") -> str:
    """The name by which Reddit knows a post everywhere, such as ``t3_abc``; empty where it is none of this kind.

    Where ``kind`` is given, ``value`` may be without it, and a number.
    """
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if _FULLNAME.fullmatch(text):
        return text if text.startswith(kind) else ""
    return f"{kind}_{text}" if kind and _NUMBER.fullmatch(text) else ""


def _is_post(child: Any) -> bool:
    """Whether it is meant to be a submission or a comment, of a person."""
    if not isinstance(child, dict):
        return True
    kind, post = child.get("kind"), child.get("data")
    return kind in (_COMMENT, _SUBMISSION) and not (isinstance(post, dict) and post.get("promoted"))


def _whole(child: Any) -> bool:
    return isinstance(child, dict) and isinstance(child.get("data"), dict)


def _time(value: object) -> datetime | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    try:
        at = datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if _OLDEST <= at < _LATEST else None


def _text(kind: str, post: Mapping[str, Any]) -> str | None:
    """Title and text of a submission, or the text of a comment; None where it is gone, empty where there is none."""
    body = post.get("body" if kind == _COMMENT else "selftext")
    if isinstance(body, str) and body.strip() in _NOBODY:
        return None
    parts = [body] if kind == _COMMENT else [post.get("title"), body]
    return "\n\n".join(filter(None, (_said(part) for part in parts)))


def _said(value: object) -> str:
    return storable(value).strip() if isinstance(value, str) else ""


def _name(value: object) -> str:
    return " ".join(storable(value).split())[:100].removeprefix("@") if isinstance(value, str) else ""


def _path(post: Mapping[str, Any]) -> str:
    """Where it stands on the site, as a listing or an inbox says; empty where neither does."""
    for name in ("permalink", "context"):
        if isinstance(value := post.get(name), str):
            path = storable(value.removeprefix(_SITE)).partition("?")[0]
            if _PATH.fullmatch(path) and path.isprintable() and not urlsplit(path).netloc:
                return path
    return ""


def _root(path: str) -> str:
    """The submission in a path; an inbox does not name it otherwise."""
    found = _PATH.fullmatch(path)
    return f"{_SUBMISSION}_{found[1] or found[2]}" if found else ""


def _plain_path(own: str, thread: str) -> str:
    root = f"/comments/{thread.partition('_')[2]}/"
    return root if own == thread else f"{root}_/{own.partition('_')[2]}/"
