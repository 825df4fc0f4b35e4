"""Which entries of a feed are new, which are old under a new name, and which conversation each belongs to.

Pure: entries and what was known of the feed in, places out. It reads nothing and has no clock.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from connectors._entries import Entry, digest
from rules.model import Mention

_KEPT = 200
"""Posts remembered after they have left the feed: feeds behind several servers flap."""
_FEW = 4
"""In a feed shorter than this, one or two old posts coming in late are no reason for suspicion."""


class Known(NamedTuple):
    """What the cursor remembers of one post."""

    id: str
    guid: str
    """Hash of the guid it last had."""
    link: str
    text: str
    """Its fingerprint."""
    at: int
    """When it was posted, in seconds since 1970; first seen, where the feed gives no date."""
    thread: str


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry with its id and its place in a conversation."""

    entry: Entry
    id: str
    thread: str
    reply_to: str | None
    known: Known | None


@dataclass(frozen=True, slots=True)
class Placement:
    """A feed's entries, told apart."""

    posts: tuple[Placed, ...]
    """All of them, once each, in the feed's order."""
    renamed: tuple[Placed, ...]
    """Old posts that look new, if they are more than half of a feed we know: it changed its guids."""
    news: tuple[Placed, ...]
    """The new and the edited ones, without those."""

    @property
    def overlaps(self) -> bool:
        """Something of what we knew is still there."""
        return any(post.known for post in self.posts)


@dataclass(frozen=True, slots=True)
class Past:
    """What the cursor holds."""

    etag: str = ""
    modified: str = ""
    broken: bool = False
    """The feed was not well formed last time, and that has been said."""
    body: str = ""
    """Hash of the document, if all of it was taken in: the same document again holds nothing new."""
    known: tuple[Known, ...] = field(default=())

    @classmethod
    def read(cls, cursor: str | None, url: str) -> "Past":
        """The past that ``write`` wrote; nothing at first contact. A changed address forgets only the validators.

        Raises:
            ValueError: it is no cursor of a feed.
        """
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            known = tuple(Known(*one) for one in kept["known"])
            same = kept["url"] == digest(url)
            if not same:
                return cls(broken=kept["broken"], known=known)
            return cls(kept["etag"], kept["modified"], kept["broken"], kept["body"], known)
        except (TypeError, KeyError) as broken:
            raise ValueError(f"no cursor of a feed: {broken}") from broken

    def write(self, url: str) -> str:
        """One line of JSON."""
        kept = {name: getattr(self, name) for name in ("etag", "modified", "broken", "body", "known")}
        return json.dumps({"url": digest(url), **kept}, separators=(",", ":"))

    @property
    def validators(self) -> dict[str, str]:
        """Request headers that let the server say that nothing changed."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}

    def newest(self, now: datetime) -> datetime | None:
        """When the newest post we know was posted; one that says it was posted after ``now`` tells nothing."""
        newest = _newest(self.known, now)
        return datetime.fromtimestamp(newest, UTC) if newest else None

    def remembering(self, posts: Iterable[Placed], mentions: Sequence[Mention]) -> tuple[Known, ...]:
        """What is known once ``mentions`` are taken in: the feed's posts first, then the newest that have left it."""
        taken = {one.id: one for one in mentions}
        current = [_remembered(post, taken.get(post.id)) for post in posts]
        now = {one.id: one for one in current if one is not None}
        left = [one for one in self.known if one.id not in now]
        return (*now.values(), *left[:_KEPT])


def _remembered(post: Placed, taken: Mention | None) -> Known | None:
    if taken is None and (post.known is None or post.known.text != post.entry.fingerprint):
        return post.known
    at = int(taken.posted_at.timestamp()) if taken else post.known.at if post.known else 0
    entry = post.entry
    return Known(post.id, digest(entry.guid), digest(entry.link), entry.fingerprint, at, post.thread)


def place(entries: Sequence[Entry], known: Sequence[Known], now: datetime) -> Placement:
    """Find for each entry the post it is, or that it is new; and its thread.

    A post is the one we know if its guid is the same; else if its link is the same and so is its text or its date;
    else, when more than half of the feed looks new but old, if its text is the same.

    Args:
        entries: what the feed shows.
        known: what was known of it.
        now: the server's time.
    """
    entries = list({(one.guid, one.link, one.fingerprint, one.posted_at): one for one in entries}.values())
    newest = _newest(known, now)
    matches = _Matches(entries, known)
    strange = [index for index, match in enumerate(matches.found) if match is None]
    renamed = (
        {index for index in strange if matches.by_text(index) or _is_old(entries, index, newest)} if known else set()
    )
    if len(renamed) * 2 <= len(entries):
        renamed = set()
    for index in sorted(renamed):
        matches.found[index] = matches.take_by_text(index)
    named = dict(matches.names())
    places = _Places(named, entries, known)
    posts = {
        index: Placed(entries[index], name, *places.of(name), matches.found[index]) for index, name in named.items()
    }
    return Placement(
        posts=tuple(posts.values()),
        renamed=tuple(post for index, post in posts.items() if index in renamed),
        news=tuple(
            post
            for index, post in posts.items()
            if index not in renamed and (post.known is None or post.known.text != post.entry.fingerprint)
        ),
    )


def _newest(known: Sequence[Known], now: datetime) -> int:
    return max((one.at for one in known if one.at <= now.timestamp()), default=0)


def _is_old(entries: Sequence[Entry], index: int, newest: int) -> bool:
    at = entries[index].posted_at
    return len(entries) >= _FEW and (at is None or at.timestamp() <= newest)


class _Matches:
    """Which known post each entry is. No known post is given to two entries."""

    def __init__(self, entries: Sequence[Entry], known: Sequence[Known]) -> None:
        self._entries = entries
        self._guids = Counter(one.guid for one in entries)
        self._links = Counter(one.link for one in entries)
        self._texts = Counter(one.fingerprint for one in entries)
        self._taken: set[str] = set()
        self._ids = {one.id: one for one in known}
        by_guid, by_link, self._by_text = (_sole(known, name) for name in ("guid", "link", "text"))
        self.found: list[Known | None] = [None] * len(entries)
        for index, one in enumerate(entries):
            own = one.guid and self._guids[one.guid] == 1
            self.found[index] = self._take(by_guid.get(digest(one.guid)) if own else self._ids.get(self._own_name(one)))
        for index, one in enumerate(entries):
            if self.found[index] is None and one.link and self._links[one.link] == 1:
                same = by_link.get(digest(one.link))
                if same and (
                    same.text == one.fingerprint or (one.posted_at and same.at == int(one.posted_at.timestamp()))
                ):
                    self.found[index] = self._take(same)

    def by_text(self, index: int) -> Known | None:
        """The one known post, not yet found elsewhere, with just this author and text."""
        text = self._entries[index].fingerprint
        same = self._by_text.get(text) if self._texts[text] == 1 else None
        return same if same and same.id not in self._taken else None

    def take_by_text(self, index: int) -> Known | None:
        return self._take(self.by_text(index))

    def names(self) -> Iterator[tuple[int, str]]:
        """Index and id of each entry; the same entry twice is yielded once."""
        used = {one.id for one in self.found if one}
        for index, one in enumerate(self._entries):
            match = self.found[index]
            if match:
                yield index, match.id
                continue
            name = self._own_name(one)
            if name in used or name in self._ids:
                name = f"{name}#{one.fingerprint}"
            if name not in used:
                used.add(name)
                yield index, name

    def _own_name(self, one: Entry) -> str:
        """Its guid or link if no other entry has it, else one of them with a hash of what was said."""
        if one.guid and self._guids[one.guid] == 1:
            return one.guid
        if one.link and self._links[one.link] == 1:
            return one.link
        return f"{one.guid or one.link}#{digest(f'{one.fingerprint} {one.posted_at}')}"

    def _take(self, one: Known | None) -> Known | None:
        if one is None or one.id in self._taken:
            return None
        self._taken.add(one.id)
        return one


def _sole(known: Sequence[Known], name: str) -> dict[str, Known]:
    """Known posts by one of their hashes, where only one of them has it."""
    counts = Counter(getattr(one, name) for one in known)
    return {getattr(one, name): one for one in known if counts[getattr(one, name)] == 1}


class _Places:
    """Where in a conversation each entry stands."""

    def __init__(self, named: dict[int, str], entries: Sequence[Entry], known: Sequence[Known]) -> None:
        self._threads = {one.id: one.thread for one in known}
        self._ids: dict[str, str] = {}
        """Post ids by hash of an id, a guid or a link that only one post has."""
        for name in ("link", "guid"):
            self._ids.update((key, one.id) for key, one in _sole(known, name).items())
        links = Counter(entries[index].link for index in named)
        for index, name in named.items():
            one = entries[index]
            self._ids.update({digest(key): name for key in (one.guid, name, one.link if links[one.link] == 1 else "")})
        self._ids.update((digest(one.id), one.id) for one in known)
        self._ids.pop(digest(""), None)
        self._parents = {name: self._parent(entries[index], name) for index, name in named.items()}
        self._roots = {name: self._root(entries[index], name) for index, name in named.items()}

    def of(self, name: str) -> tuple[str, str | None]:
        """Thread, and the id of the post it answers."""
        seen, at = {name}, name
        while (parent := self._parents.get(at)) and parent not in seen:
            seen.add(parent)
            at = parent
        looped = self._parents.get(at) is not None
        root = min(seen) if looped else self._roots.get(at) or self._threads.get(at, at)
        return root, self._parents[name]

    def _id(self, name: str) -> str:
        return self._ids.get(digest(name), name)

    def _parent(self, one: Entry, own: str) -> str | None:
        parent = self._id(one.reply_to) if one.reply_to else None
        return None if parent == own else parent

    def _root(self, one: Entry, own: str) -> str | None:
        """The thread that an entry names itself, or that its address shows."""
        if one.thread:
            return self._id(one.thread)
        for name in (one.link, one.guid):
            page, _, part = name.partition("#")
            if page and part:
                root = self._ids.get(digest(page))
                if root and root != own:
                    return root
                if part.lower().startswith("comment"):
                    return page
        return None
