"""RSS, Atom and JSON feeds over HTTP: reviews, forums, comments, blogs.

It reads one address and nothing that the feed points to. A post that leaves the feed is not gone: a feed shows only its
newest posts. It keeps no clock: a post without a date gets the server's.

How a conversation is told: an entry that answers another says so with ``thr:in-reply-to`` (RFC 4685), with a link
``rel="in-reply-to"`` or, in a JSON Feed, with ``_harken: {reply_to, thread}``; an entry whose address or guid is that
of another entry with ``#...`` behind it belongs to that one's thread; so does ``ADDRESS#comment-...`` to ADDRESS. Any
other entry is a thread of its own.
"""

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pydantic import Field, field_validator

from connectors import BOTH_SIDES, Batch, Context, Cure, Gap, SourceError, SourceSettings
from connectors._entries import Entry, Feed, parse
from connectors._fetch import Fetched, Watch, date_in, get, shown
from connectors._known import Known, Past, Placed, Placement, place
from connectors._secrets import secret
from rules.durations import Duration
from rules.model import Mention, Side

_LOOK = timedelta(seconds=4)
"""A look has five seconds; parsing wants some of them."""

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.1"
_FUTURE = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for "now" where neither the post nor the server gives a date: a future time counts from when it was seen."""


_LONGEST_VALIDATOR = 1_000
_WINDOW = 4
"""A feed with fewer posts than this turns over in the normal course of things."""


class Settings(SourceSettings):
    """The keys of a source of kind ``feed``."""

    url: str = Field(description="address of the feed, http or https")
    allow_private: bool = Field(False, description="allow addresses that are not on the public internet")
    max_bytes: int = Field(10_000_000, ge=1_000, le=100_000_000, description="largest feed, after decompression")
    timeout: Duration = Field(
        timedelta(seconds=20), ge=timedelta(seconds=1), le=timedelta(minutes=2), description="most time for one reading"
    )
    ca_file: Path | None = Field(None, description="certificates to trust instead of the public ones, for sites inside")
    header_env: Mapping[str, str] = Field(
        {}, description='request headers from the environment, such as { Authorization = "REVIEWS_AUTHORIZATION" }'
    )

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError("is no http or https address")
        if parts.username or parts.password:
            raise ValueError("holds a password; name its environment variable in header_env instead")
        return url

    @field_validator("header_env")
    @classmethod
    def _header_names(cls, names: Mapping[str, str]) -> Mapping[str, str]:
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", name):
                raise ValueError(f"{name!r} is no name of a header")
        return names


def connect(settings: Settings, context: Context) -> "FeedPoller":
    """A connector for one feed; opens nothing yet.

    Raises:
        SourceError: an environment variable that ``header_env`` names, or ``ca_file``, is missing.
    """
    if settings.ca_file is not None and not settings.ca_file.is_file():
        raise SourceError(f"there is no ca_file {settings.ca_file}; set it to a file of certificates", cure=Cure.PERSON)
    del context  # a feed is read whole: what concerns us is decided by which feed is configured
    secrets = {name: secret(f"the header {name}", env, None, "set it") for name, env in settings.header_env.items()}
    return FeedPoller(settings, secrets)


class FeedPoller:
    """Reads one feed again and again."""

    def __init__(self, settings: Settings, secrets: Mapping[str, str]) -> None:
        self._settings = settings
        self._secrets = secrets
        self._seen: tuple[Known, ...] = ()
        """What the last poll knew, so that a look gives renamed posts the same ids. Lost on a restart, at no harm."""
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._closed = False

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """Read the feed, unless it says that nothing changed, and hand over what is new or edited in it.

        Both sides stand in one feed.

        Raises:
            SourceError: it could not be read.
        """
        del sides
        try:
            past, lost = Past.read(cursor, self._settings.url), ""
        except ValueError:
            past, lost = Past(), "what was known of the feed could not be read; it is taken in anew, without paging"
        answer = self._fetch(past.validators, self._settings.timeout)
        if answer.status == requests.codes.not_modified and past.validators:
            return Batch(cursor=cursor)
        self._seen = past.known
        if answer.status == requests.codes.ok and past.body == _hash(answer.body):
            return Batch(cursor=cursor)
        return self._news(self._parse(answer, past.known), answer, past, first=cursor is None, lost=lost)

    def look(self, ids: Sequence[str]) -> Batch:
        """Re-read the feed within five seconds: these posts, and every post in their threads, as they are now.

        Raises:
            SourceError: it could not be read.
        """
        answer = self._fetch({}, min(_LOOK, self._settings.timeout))
        feed = self._parse(answer, self._seen)
        now = _server_time(answer)
        mentions = _mentions(place(feed.entries, self._seen, now).posts, now, self._settings.name, first=False)
        wanted = set(ids)
        threads = wanted | {one.thread for one in mentions if one.id in wanted}
        return Batch(tuple(one for one in mentions if one.thread in threads or one.reply_to in wanted))

    def close(self) -> None:
        """Cut short a reading that is under way. Safe to call again, from any thread."""
        with self._lock:
            self._closed = True
            if self._watch is not None:
                self._watch.cut()

    def _fetch(self, validators: Mapping[str, str], timeout: timedelta) -> Fetched:
        watch = Watch(timeout)
        with self._lock:
            self._watch = watch
            if self._closed:
                watch.cut()
        try:
            return get(
                self._settings.url,
                headers={"Accept": _ACCEPT, **validators},
                private_headers=self._secrets,
                allow_private=self._settings.allow_private,
                limit=self._settings.max_bytes,
                ca_file=self._settings.ca_file,
                watch=watch,
            )
        except SourceError as cut:
            if self._closed:
                raise SourceError(
                    f"{shown(self._settings.url)} was being read when it was closed; read it again"
                ) from cut
            raise
        finally:
            with self._lock:
                self._watch = None

    def _parse(self, answer: Fetched, known: Sequence[Known]) -> Feed:
        if answer.status != requests.codes.ok:
            raise _refusal(answer)
        try:
            return parse(answer.body, url=answer.url, content_type=answer.headers.get("Content-Type", ""))
        except SourceError as broken:
            # a feed that has worked before is more likely to be under repair than to have a wrong address
            cure = Cure.RETRY if known and broken.cure is Cure.PERSON else broken.cure
            raise SourceError(f"{shown(answer.url)}: {broken}", cure=cure) from broken

    def _news(self, feed: Feed, answer: Fetched, past: Past, *, first: bool, lost: str) -> Batch:
        now = _server_time(answer)
        placed = place(feed.entries, past.known, now)
        more = bool(placed.renamed and placed.news)
        gaps = () if placed.renamed else _missed(placed, past, now)
        mentions = _mentions(placed.renamed or placed.news, now, self._settings.name, first=first)
        dated = any(one.entry.posted_at for one in placed.posts)
        # a document read in part, or taken in by halves, is asked for again even if the server says that it is the same
        whole = not feed.broken and not more
        after = Past(
            etag=answer.headers.get("ETag", "")[:_LONGEST_VALIDATOR] if whole else "",
            modified=answer.headers.get("Last-Modified", "")[:_LONGEST_VALIDATOR] if whole else "",
            broken=bool(feed.broken),
            body=_hash(answer.body) if whole else "",
            known=past.remembering(placed.posts, mentions),
        )
        return Batch(
            mentions=mentions,
            cursor=after.write(self._settings.url),
            more=more,
            gaps=gaps,
            quiet=bool(placed.renamed or lost) or (first and bool(mentions) and not dated),
            warning="; ".join(filter(None, (lost, *_warnings(feed, placed, past, gaps, shown(answer.url))))) or None,
        )


def _hash(body: bytes) -> str:
    return hashlib.blake2s(body).hexdigest()


def _mentions(posts: Sequence[Placed], now: datetime, source: str, *, first: bool) -> tuple[Mention, ...]:
    """The posts as mentions.

    A post without a date has the one it was first seen with. A new one has the server's, except at first contact, where
    it may be of any age: there it counts as old as the oldest post beside it.
    """
    dates = [post.entry.posted_at for post in posts if post.entry.posted_at]
    undated = min(dates) if first and dates else now
    return tuple(_mention(post, source, undated) for post in posts)


def _mention(post: Placed, source: str, undated: datetime) -> Mention:
    entry = post.entry
    first_seen = datetime.fromtimestamp(post.known.at, UTC) if post.known else undated
    return Mention(
        source=source,
        id=post.id,
        thread=post.thread,
        author=entry.author,
        text=_text(entry, answers=post.thread != post.id or post.reply_to is not None),
        posted_at=entry.posted_at or first_seen,
        reply_to=post.reply_to,
        author_id=entry.author_id,
        lang=entry.lang,
        url=entry.link or None,
    )


def _text(entry: Entry, *, answers: bool) -> str:
    """Title and text, unless the title only repeats how the text begins, or whom it answers."""
    title, text = entry.title, entry.text
    if not title or (text and (answers or text.startswith(title.rstrip(" .\u2026")))):
        return text
    return f"{title}\n\n{text}" if text else title


def _server_time(answer: Fetched) -> datetime:
    """What the server says of now."""
    dates = (date_in(answer.headers.get(name, "")) for name in ("Date", "Last-Modified"))
    return next(filter(None, dates), _FUTURE)


def _missed(placed: Placement, past: Past, now: datetime) -> tuple[Gap, ...]:
    """The time that fell out of the feed's window, if nothing of what we knew is in it any more."""
    dates = [post.entry.posted_at for post in placed.posts if post.entry.posted_at]
    since = past.newest(now)
    if placed.overlaps or since is None or len(placed.posts) < _WINDOW or not dates or min(dates) <= since:
        return ()
    why = "the feed turned over completely between two polls"
    return tuple(Gap(side, since, min(dates), why) for side in Side)


def _warnings(feed: Feed, placed: Placement, past: Past, gaps: Sequence[Gap], name: str) -> Iterator[str]:
    if feed.broken and not past.broken:
        yield f"{name} is not well formed ({feed.broken}); posts may be missing until it is mended"
    if placed.renamed:
        count = f"{len(placed.renamed)} of its {len(placed.posts)} posts"
        yield f"{name} seems to have given new names to {count}; they are taken in without paging"
    if gaps:
        yield f"{name}: {gaps[0].why}; posts may be missing, set every to a shorter time"


def _refusal(answer: Fetched) -> SourceError:
    """What an answer that is no feed means, and what helps."""
    name, status = shown(answer.url), answer.status
    code = requests.codes
    if status == code.too_many_requests:
        return SourceError(
            f"{name} says that we ask too often; set every to a longer time", retry_after=answer.retry_after
        )
    if status in _PERSON:
        return SourceError(f"{name} answered {status}: {_PERSON[status]}", cure=Cure.PERSON)
    if status >= code.server_error or status in {code.request_timeout, code.too_early, code.misdirected_request}:
        return SourceError(f"{name} is out of order ({status}); the site must mend it", retry_after=answer.retry_after)
    if status >= code.bad_request:
        return SourceError(f"{name} refuses the request ({status}); check url and header_env", cure=Cure.PERSON)
    return SourceError(f"{name} answered {status} where a feed should be; the site must mend it")


_PERSON = {
    401: "it wants a password; give it by header_env",
    402: "it wants to be paid; check the subscription",
    403: "it is not for us; check header_env, or ask the site to let us in",
    404: "there is nothing at this address; set url to where the feed is now",
    410: "the feed is gone for good; remove the source or set url to another feed",
}
