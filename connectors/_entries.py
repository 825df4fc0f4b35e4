"""The bytes of a feed to its entries: RSS and Atom through feedparser, JSON Feed by hand.

It decides nothing about what is new and opens nothing: feedparser is given bytes, never an address.
"""

import calendar
import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from connectors import Cure, SourceError
from connectors._plain import printable, storable, text_of

_LONGEST_NAME = 200
_LONGEST_KEY = 500
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No post is older than the web: an earlier date is a program's zero."""

_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_NESTED = re.compile(rb"<!ENTITY[^<>&]*&[A-Za-z_:]")
"""An entity made of entities: no feed needs one, and a few of them swell to gigabytes."""
_LINK = re.compile(rb"<link\b[^>]{0,1000}>", re.IGNORECASE)
_HREF = re.compile(rb"""href\s*=\s*["']([^"'\s]{1,500})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One post of a feed, before anything is known of its place in a conversation."""

    guid: str
    """What the feed calls it; empty where it says nothing."""
    link: str
    """Its http or https address; empty where it has none."""
    author: str
    author_id: str | None
    title: str
    text: str
    posted_at: datetime | None
    """None where the feed gives no date that can be believed."""
    reply_to: str
    """Guid or link of the entry it answers; empty where it says nothing."""
    thread: str
    """Guid or link of the entry at the root of its conversation; empty where it says nothing."""
    lang: str | None

    @property
    def fingerprint(self) -> str:
        """A hash of who said what."""
        return digest("\0".join((self.author, self.title, self.text)))


@dataclass(frozen=True, slots=True)
class Feed:
    """All entries of one document, in its order."""

    entries: tuple[Entry, ...]
    broken: str = ""
    """Why it is not well formed, if it is not: some entries may be missing."""


def digest(text: str) -> str:
    """Sixteen characters that stand for ``text``."""
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def parse(body: bytes, *, url: str, content_type: str) -> Feed:
    """The entries in ``body``.

    Args:
        body: the document, decompressed.
        url: where it came from, for addresses relative to it.
        content_type: as the server said; only its character set counts.

    Raises:
        SourceError: it is empty, a web page, or no feed of any kind.
    """
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
        raise SourceError("the answer is empty where a feed should be; the site must mend it")
    if body.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"{":
        return _json(body, url)
    if _NESTED.search(body):
        raise SourceError("the feed declares entities made of entities, as attacks do; the site must mend it")
    try:
        found = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": content_type},  # no address: ids would be made absolute too
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        entries = tuple(_entry(one, found, url) for one in found.entries)
    except Exception as broken:  # feedparser's lax mode fails in many ways on hostile input
        raise SourceError(
            f"the feed makes the parser fail ({type(broken).__name__}); please report it with the feed", cure=Cure.BUG
        ) from broken
    if not found.get("version") and (not entries or _PAGE.match(body)):
        raise _no_feed(body, url, content_type)
    return Feed(entries, _complaint(found))


def _complaint(found: Any) -> str:
    """Why feedparser thinks the document broken; a wrong label on a good document is no reason."""
    why = found.get("bozo_exception") if found.get("bozo") else None
    if why is None or isinstance(why, feedparser.CharacterEncodingOverride | feedparser.NonXMLContentType):
        return ""
    return printable(getattr(why, "getMessage", why.__str__)()) or type(why).__name__


def _no_feed(body: bytes, url: str, content_type: str) -> SourceError:
    if not _PAGE.match(body[:10_000]):
        kind = printable(content_type) or "no content type"
        return SourceError(f"the answer is no feed ({kind}); set url to an RSS, Atom or JSON feed", cure=Cure.PERSON)
    named = _named_feed(body[:200_000], url)
    advice = f"it names its feed: set url to {named}" if named else "set url to the feed itself"
    return SourceError(f"the answer is a web page, not a feed; {advice}", cure=Cure.PERSON)


def _named_feed(page: bytes, url: str) -> str:
    """The feed that a web page says it has."""
    for link in _LINK.findall(page):
        address = _HREF.search(link)
        if address and re.search(rb"application/(?:rss|atom|feed)\+(?:xml|json)", link):
            return printable(_web(url, address[1].decode("ascii", "replace")), 200)
    return ""


def _entry(one: Any, found: Any, url: str) -> Entry:
    body = max(one.get("content") or [{}], key=lambda part: "html" not in str(part.get("type"))) or {}
    body = body if body.get("value") else one.get("summary_detail") or {}
    title = one.get("title_detail") or {}
    author, author_id = _author(one, found)
    answers = _answers(one)
    return Entry(
        guid=_key(one.get("id")),
        link=_web(url, one.get("link")),
        author=author,
        author_id=author_id,
        title=_text(title.get("value"), title.get("type")).strip(),
        text=_text(body.get("value"), body.get("type")),
        posted_at=next(filter(None, (_moment(one, name) for name in _DATES)), None),
        reply_to=_key(answers.get("ref") or answers.get("href")),
        thread="",
        lang=None,  # what a feed declares is its software's default, seldom the language of a post
    )


_MAILED = re.compile(r"\S+@\S+\s+\((.+)\)")
"""How RSS writes an author: ``address (name)``. feedparser mistakes the newer top-level domains."""

_DATES = ("published", "created", "updated")


def _answers(one: Any) -> Mapping[str, str]:
    """The ``thr:in-reply-to`` element (RFC 4685), which feedparser files under whatever prefix the feed uses."""
    for name, value in one.items():
        if name.rpartition("_")[2] == "in-reply-to":
            return value if isinstance(value, Mapping) else {"ref": str(value)}
    linked = (link for link in one.get("links") or () if link.get("rel") == "in-reply-to")
    return next(linked, {})


def _author(one: Any, found: Any) -> tuple[str, str | None]:
    """The author of an entry; in Atom an entry without one has its feed's (RFC 4287, 4.2.1)."""
    holders = [one]
    if str(found.get("version")).startswith("atom"):
        holders += [one.get("source") or {}, found.feed]
    for holder in holders:
        said = holder.get("author_detail") or {}
        mailed = _MAILED.fullmatch(_str(holder.get("author")).strip())
        name = _name(mailed[1] if mailed else said.get("name") or holder.get("author") or said.get("href"))
        if name:
            return name, _key(said.get("href")) or None
    return "unknown", None


def _json(body: bytes, url: str) -> Feed:
    """A JSON Feed (jsonfeed.org, version 1 and 1.1)."""
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as broken:
        raise SourceError("the answer begins as JSON and then breaks off; the site must mend it") from broken
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(found.get("version")):
        raise SourceError("the answer is JSON but no JSON Feed; set url to a feed", cure=Cure.PERSON)
    kept = [item for item in items if isinstance(item, dict)]
    broken_ones = "" if len(kept) == len(items) else "items that are no objects"
    return Feed(tuple(_item(item, found, url) for item in kept), broken_ones)


def _item(item: dict[str, Any], feed: dict[str, Any], url: str) -> Entry:
    person = _person(item) or _person(feed)
    ours = item.get("_harken") if isinstance(item.get("_harken"), dict) else {}
    markup = _str(item.get("content_html"))
    plain = _str(item.get("content_text")) or ("" if markup else _str(item.get("summary")))
    number = item.get("id")
    return Entry(
        guid=_key(str(number) if isinstance(number, int | float) else number),
        link=_web(url, item.get("url")),
        author=_name(person.get("name") or person.get("url")) or "unknown",
        author_id=_key(person.get("url")) or None,
        title=_text(_str(item.get("title")), "text/plain"),
        text=_text(plain, "text/plain") if plain else _text(markup, "text/html"),
        posted_at=_stamp(item.get("date_published")) or _stamp(item.get("date_modified")),
        reply_to=_key((ours or {}).get("reply_to")),
        thread=_key((ours or {}).get("thread")),
        lang=_lang(item.get("language")),
    )


def _person(holder: dict[str, Any]) -> dict[str, Any]:
    """The first author, under the key of version 1.1 or of version 1."""
    listed = holder.get("authors")
    people = listed if isinstance(listed, list) and listed else [holder.get("author")]
    return next((one for one in people if isinstance(one, dict)), {})


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(value: object, kind: object) -> str:
    text = _str(value)
    return storable(text).strip() if kind == "text/plain" else storable(text_of(text))


def _name(value: object) -> str:
    """A handle: one line, no leading ``@``, not long."""
    return " ".join(storable(_str(value)).split())[:_LONGEST_NAME].removeprefix("@")


def _key(value: object) -> str:
    """An id as the feed gave it; a very long one stands for itself by its hash."""
    text = storable(_str(value).strip())
    return text if len(text) <= _LONGEST_KEY else f"long:{digest(text)}"


def _web(base: str, link: object) -> str:
    """``link`` made absolute, if it is an http or https address; else empty."""
    text = storable(_str(link).strip())
    try:
        there = urljoin(base, text) if text else ""
        return there if urlsplit(there).scheme in {"http", "https"} and urlsplit(there).hostname else ""
    except ValueError:
        return ""


def _lang(value: object) -> str | None:
    found = re.match("[A-Za-z]{2,3}(?![A-Za-z])", _str(value))
    return found[0].lower() if found else None


def _moment(one: Any, name: str) -> datetime | None:
    """A time as feedparser gives it: a ``struct_time`` in UTC. It reads a negative year as something else."""
    parts = dict.get(one, f"{name}_parsed")  # its own get() would pass one date off as another
    if not parts or _str(dict.get(one, name)).lstrip().startswith("-"):
        return None
    try:
        at = datetime.fromtimestamp(calendar.timegm(parts), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return at if at >= _OLDEST else None


def _stamp(value: object) -> datetime | None:
    """A time of RFC 3339, as JSON Feed wants it; without a zone it is taken as UTC."""
    try:
        at = datetime.fromisoformat(_str(value).strip().upper())
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at >= _OLDEST else None
