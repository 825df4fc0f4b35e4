"""Bluesky's live stream: what concerns us is handed over within seconds. It only shortens the wait for the next poll.

Whatever is dropped here, the poll brings: a line too many in the queue, a post whose author cannot be named, a batch
that could not be stored. So nothing is tried twice but the connection, which is made again, ever later, for as long as
it takes; a stream that falls silent counts as broken. It goes on a few seconds before the last line it saw.
"""

import contextlib
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from connectors import Accept, Batch, Gone, SourceError
from connectors._bluesky_posts import POSTS, SOURCE, UnreadableError, mention_of
from connectors._jetstream_words import Commit, Words, commit_in, cursor_of, moment_in, renamed_in
from connectors._plain import printable
from rules.model import Mention

_NEWER = "network.bsky.jetstream.subscribeEvents"
ANYWHERE = f"wss://jetstream.us-east.bsky.network/xrpc/{_NEWER}"
"""A public instance."""
_LARGEST = 1 << 20
"""Bytes of one line; a post has some thousand."""
_BACK = timedelta(seconds=5)
_REPLAYED = 600.0
"""Seconds without a connection after which it begins with what is new: the poll was there meanwhile."""
_LONGEST_WAIT = 60.0
_HEALTHY = 30.0
"""Seconds that a connection lasts that was a good one."""
_TOLD_AFTER = 3
"""Connections that fail in a row before that is said."""
_WAITING = 1_000
"""Posts that wait to be handed over; with more the newest are left to the poll."""
_AT_ONCE = 25
"""Posts of one batch, and accounts of one question."""
_REMEMBERED = 20_000
_ASK_AGAIN = 60.0
"""Seconds before accounts of ours that could not be named are asked for again."""
_LISTEN = 0.2
"""Seconds in which a thread notices that it is to end."""


class Remembered:
    """The latest so many keys, with what belongs to them. Safe to use from several threads."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._kept: dict[str, Any] = {}
        self._lock = threading.Lock()

    def add(self, keys: Iterable[str], value: Any = None) -> None:
        with self._lock:
            for key in keys:
                self._kept.pop(key, None)
                self._kept[key] = value
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def get(self, key: str) -> Any:
        return self._kept.get(key)

    def drop(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def __contains__(self, key: str) -> bool:
        return key in self._kept


class Jetstream:
    """Follows one stream, in two threads: one reads and sieves, the other asks for names and hands over.

    Args:
        url: where it is.
        names: what people call us, and the handles of our accounts.
        accounts: how many accounts are ours.
        ours: asks for them, DID -> handle; asked again until it gives all.
        profiles: asks who some DIDs are, DID -> author as a post view has it.
        heard: the ids of the posts that were handed over, by the poll too: of others no deletion is told.
        accept: takes a batch.
        silence: seconds without a line after which the stream counts as broken.
        wait: seconds before the first attempt to connect again.
    """

    def __init__(
        self,
        url: str,
        *,
        names: Sequence[str],
        accounts: int,
        ours: Callable[[], Mapping[str, str]],
        profiles: Callable[[Sequence[str]], Mapping[str, Mapping[str, Any]]],
        heard: Remembered,
        accept: Accept,
        silence: float = 60.0,
        wait: float = 1.0,
    ) -> None:
        self._url, self._names, self._accounts, self._ask_ours, self._ask_who = url, names, accounts, ours, profiles
        self._heard, self._accept, self._silence, self._first_wait = heard, accept, silence, wait
        self._ours: Mapping[str, str] = {}
        self._ask_at = 0.0
        self._words = Words(names, ())
        self._authors = Remembered()
        self._queue: queue.Queue[Commit | Batch] = queue.Queue(_WAITING)
        self._closing = threading.Event()
        self._connection: ClientConnection | None = None
        self._last: tuple[float, bytes] | None = None
        """The last line, and when it came by the monotonic clock."""
        self._failures = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._hand_over)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop, within a second. Safe to call again, from any thread."""
        self._closing.set()
        if (connection := self._connection) is not None:
            with contextlib.suppress(OSError):  # closed already
                connection.close()
        for thread in self._threads:
            if thread.ident is not None and thread is not threading.current_thread():
                thread.join(timeout=0.4)

    def _read(self) -> None:
        """Connect again and again."""
        while not self._closing.is_set():
            began, why = time.monotonic(), "it was closed"
            try:
                self._lines()
            except Exception as broken:  # noqa: BLE001 - whatever it was, the stream goes on
                why = type(broken).__name__
            self._failures = 1 if time.monotonic() - began > _HEALTHY else self._failures + 1
            if self._failures == _TOLD_AFTER and not self._closing.is_set():
                self._say(
                    f"Bluesky's live stream at {printable(urlsplit(self._url).netloc)} breaks off ({why}); it is tried "
                    "again and again, and posts come by the poll meanwhile"
                )
            longest = min(self._first_wait * 2 ** min(self._failures - 1, 10), _LONGEST_WAIT)
            self._closing.wait(longest * random.uniform(0.5, 1))  # noqa: S311 - so that not all come back at once

    def _lines(self) -> None:
        """Read one connection until it breaks.

        Raises:
            OSError: it did, or fell silent; other errors of the library, too.
        """
        newer = _NEWER in self._url
        with connect(
            self._address(newer=newer),
            subprotocols=[Subprotocol("xrpc.v1.json")] if newer else None,
            open_timeout=10,
            close_timeout=0.2,
            max_size=4 * _LARGEST,
            proxy=None,
            user_agent_header="Harken",
        ) as connection:
            self._connection = connection
            try:
                while not self._closing.is_set():
                    line = connection.recv(self._silence, decode=False)
                    self._last = (time.monotonic(), line)
                    self._sieve(line)
            finally:
                self._connection = None

    def _address(self, *, newer: bool) -> str:
        """Where to connect: posts only, from a little before the last line."""
        asked: dict[str, str | int] = {"collections" if newer else "wantedCollections": POSTS}
        asked["maxMessageSizeBytes"] = _LARGEST
        if self._last is not None and time.monotonic() - self._last[0] < _REPLAYED:
            at = moment_in(self._last[1])
            asked |= {} if at is None else {"cursor": cursor_of(at - _BACK)}
        parts = urlsplit(self._url)
        query = "&".join(filter(None, [parts.query, urlencode(asked)]))
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") or "/subscribe", query, ""))

    def _sieve(self, line: bytes) -> None:
        """Put aside what concerns us."""
        if not self._words.may_concern_us(line):
            if did := renamed_in(line):
                self._authors.drop(did)
            return
        commit = commit_in(line)
        if commit is None:
            return
        if commit.operation != "delete" and self._words.concern_us(commit):
            self._heard.add((commit.uri,))
        elif commit.operation != "delete" or commit.uri not in self._heard:
            return
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(commit)

    def _say(self, warning: str) -> None:
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(Batch(sides=frozenset(), warning=warning))

    def _hand_over(self) -> None:
        """Name the authors, and hand over what was put aside."""
        while not self._closing.is_set():
            self._know_ourselves()
            waiting = self._put_aside()
            commits = [one for one in waiting if isinstance(one, Commit)]
            with contextlib.suppress(Exception):  # who could not store it has said so, and the poll brings it again
                for batch in (one for one in waiting if isinstance(one, Batch)):
                    self._accept(batch)
                if commits:
                    self._accept(self._batch(commits))

    def _put_aside(self) -> list[Commit | Batch]:
        found: list[Commit | Batch] = []
        with contextlib.suppress(queue.Empty):
            found.append(self._queue.get(timeout=_LISTEN))
            while len(found) < _AT_ONCE:
                found.append(self._queue.get_nowait())
        return found

    def _know_ourselves(self) -> None:
        """Learn which accounts are ours; until then, posts are known by their words only."""
        if len(self._ours) >= self._accounts or time.monotonic() < self._ask_at:
            return
        self._ask_at = time.monotonic() + _ASK_AGAIN
        with contextlib.suppress(SourceError):
            self._ours = self._ask_ours()
            self._words = Words(self._names, tuple(self._ours))

    def _batch(self, commits: Sequence[Commit]) -> Batch:
        """What is known of some posts now. It says nothing of how far either side is read."""
        posts = [one for one in commits if one.operation != "delete"]
        self._learn({one.did for one in posts})
        mentions, addressed = list[Mention](), set[str]()
        for post in posts:
            author = self._authors.get(post.did) or {"handle": self._ours.get(post.did)}
            view = {"uri": post.uri, "author": author, "record": post.record, "indexedAt": post.at.isoformat()}
            with contextlib.suppress(UnreadableError):  # or of nobody that we can name
                mentions.append(mention_of(view))
                addressed |= {post.uri} if self._words.speaks_to_us(post) else set()
        return Batch(
            mentions=tuple(mentions),
            gone=tuple(Gone(SOURCE, one.uri) for one in commits if one.operation == "delete"),
            sides=frozenset(),
            addressed=frozenset(addressed),
        )

    def _learn(self, dids: set[str]) -> None:
        """Ask who some accounts are, where that is not known."""
        if unknown := sorted(did for did in dids if did not in self._authors):
            with contextlib.suppress(SourceError):
                for did, author in self._ask_who(unknown).items():
                    self._authors.add((did,), author)
