"""Slack within this process: keeps what it is told and shows it to whoever asks. No network, no faults, no limits.

For ``harken demo`` and rehearsals, where the line must run as it is and nothing may leave the machine. The double that
tests Harken against Slack's rules and failures is another thing, in ``tests/``.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from monitor.slack import Message, Posted, Refused


@dataclass(frozen=True, slots=True)
class LocalPost:
    """One message as its channel shows it."""

    at: datetime
    """When it was posted."""
    channel: str
    """What was asked for: ``#care``, or ``@somebody`` for a direct message."""
    channel_id: str
    ts: str
    message: Message
    """What it shows now."""
    delivery: str | None = None
    thread: str | None = None
    broadcast: bool = False
    updated: datetime | None = None
    """When it was last updated."""

    @property
    def visible(self) -> bool:
        """The channel itself shows it, not only a thread."""
        return self.thread is None or self.broadcast


class LocalSlack:
    """`monitor.slack.Slack` in memory. Every channel, every user and every group exists.

    Args:
        clock: what time it is; names the messages.
        watch: told of every post and every update, in the thread that made it.
    """

    def __init__(self, clock: Callable[[], datetime], watch: Callable[[LocalPost], None] | None = None) -> None:
        self._clock = clock
        self._watch = watch
        self.whispers: list[tuple[str, str, Message]] = []
        """What was shown to one user only: channel id, user, message."""
        self._posts: dict[tuple[str, str], LocalPost] = {}
        self._delivered: dict[tuple[str, str], Posted] = {}
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._numbers = count(1)
        self._lock = threading.RLock()

    @property
    def posts(self) -> list[LocalPost]:
        """Everything posted, as it looks now, in the order it was posted."""
        with self._lock:
            return list(self._posts.values())

    def post(
        self,
        channel: str,
        message: Message,
        *,
        delivery: str | None = None,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        """See `monitor.slack.Slack.post`."""
        now = self._clock()
        with self._lock:
            channel_id = self._id(channel, "C")
            if thread is not None and (channel_id, thread) not in self._posts:
                raise Refused("thread_not_found")
            ts = f"{int(now.timestamp())}.{next(self._numbers):06d}"
            name = self._names[channel_id]
            shown = LocalPost(now, name, channel_id, ts, message, delivery, thread, broadcast and thread is not None)
            self._posts[channel_id, ts] = shown
            posted = Posted(channel_id, ts)
            if delivery is not None and shown.visible:
                self._delivered.setdefault((channel_id, delivery), posted)
        self._tell(shown)
        return posted

    def update(self, channel_id: str, ts: str, message: Message) -> None:
        """See `monitor.slack.Slack.update`."""
        now = self._clock()
        with self._lock:
            before = self._posts.get((channel_id, ts))
            if before is None:
                raise Refused("message_not_found")
            shown = replace(before, message=message, updated=now)
            self._posts[channel_id, ts] = shown
        self._tell(shown)

    def retract(self, channel_id: str, ts: str) -> None:
        """See `monitor.slack.Slack.retract`."""
        with self._lock:
            thread = [key for key, shown in self._posts.items() if key[0] == channel_id and shown.thread == ts]
            for key in [(channel_id, ts), *thread]:
                self._posts.pop(key, None)

    def whisper(self, channel_id: str, user: str, message: Message) -> None:
        """See `monitor.slack.Slack.whisper`."""
        with self._lock:
            self.whispers.append((channel_id, user, message))

    def find(self, channel_id: str, delivery: str, oldest: datetime) -> Posted | None:
        """See `monitor.slack.Slack.find`."""
        with self._lock:
            posted = self._delivered.get((self._id(channel_id, "C"), delivery))
            return posted if posted and self._posts[posted.channel_id, posted.ts].at >= oldest else None

    def open(self, user: str) -> str:
        """See `monitor.slack.Slack.open`."""
        with self._lock:
            return self._id(f"@{user.removeprefix('@')}", "D")

    def group(self, name: str) -> str:
        """See `monitor.slack.Slack.group`."""
        with self._lock:
            return self._id(f"group:{name}", "S")

    def _id(self, channel: str, kind: str) -> str:
        if channel in self._names:
            return channel
        if channel not in self._ids:
            channel_id = f"{kind}{len(self._ids) + 1:08d}"
            self._ids[channel] = channel_id
            self._names[channel_id] = channel
        return self._ids[channel]

    def _tell(self, shown: LocalPost) -> None:
        if self._watch is not None:
            self._watch(shown)
