"""The world around a Harken that keeps dying: three sources that go on talking, and a Slack that misbehaves.

It keeps its own account of what was said and what is to come of it, from what it did itself. It never asks Harken.
"""

import http.client
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import slack_faults as faults
from feed_writer import Item, atom
from running import free_port
from slack_double import Call, SlackDouble
from slack_faults import Fault
from web_double import Handler, WebDouble

US = "AcmeCare"
SOURCES = ("reviews", "desk", "forum")
"""Id spaces: the feed, the file, the inbox."""
CHANNELS = ("care", "lead", "closed", "harken-ops")
WINDOW = 200
"""Posts the feed shows; more than are posted while Harken is down."""
LINES_A_FILE = 40
FILES_KEPT = 8

CONFIG = """
rules = "{rules}"
state = "{state}"

[brand]
name = "Acme"
aliases = ["acme"]
responders = {{ reviews = ["AcmeCare"], desk = ["AcmeCare"], forum = ["AcmeCare"] }}

[slack]
base_url = "{slack}"
timeout = "1s"

[daemon]
told_after = "1s"

[incident]
enabled = false

[[source]]
name = "reviews"
kind = "feed"
every = "1s"
url = "{feed}"
allow_private = true

[[source]]
name = "desk-file"
kind = "file"
every = "1s"
path = "{file}"

[[source]]
name = "door"
kind = "inbox"
listen = "127.0.0.1:{inbox}"
unsigned = true

[[policy]]
name = "standard"
reply_within = {{ low = "3s", normal = "3s", high = "3s", crisis = "3s" }}
  [[policy.step]]
  at = "0m"
  to = ["#care"]
  [[policy.step]]
  at = "2s"
  to = ["#lead"]
  [[policy.step]]
  at = "deadline"
  to = ["#closed"]
"""


@dataclass
class Said:
    """One post."""

    source: str
    id: str
    thread: str
    author: str
    text: str
    at: datetime
    waits: bool
    """It asks for an answer."""
    answers: str | None = None
    served: bool = False
    """Whoever reads its source can have it, or has said that they have it."""

    def wire(self) -> str:
        about = {"source": self.source, "id": self.id, "thread": self.thread, "author": self.author, "text": self.text}
        return json.dumps({**about, "posted_at": self.at.isoformat(), "reply_to": self.answers})

    def item(self) -> Item:
        link = f"https://reviews.example/{self.id}"
        return Item(self.id, link, self.author, "", self.text, self.at, self.answers or "")


_ASKS = (
    "Acme charged me twice for order {n} and nobody answers. This is unacceptable.",
    "My Acme parcel {n} never arrived, I want my money back!",
    "The Acme app crashes at every start since update {n}, useless.",
)
_THANKS = ("Thank you Acme, order {n} is lovely!", "Acme made my day number {n}, great service.")


class World:
    """Everything outside Harken's process.

    Args:
        folder: where the file source, the config and the database live.
        seed: what happens follows from it; when, follows from the machine.
        pace: seconds between two posts.
    """

    def __init__(self, folder: Path, seed: int, pace: float = 0.5) -> None:
        self.random = random.Random(seed)
        self.pace = pace
        self.config = folder / "harken.toml"
        self.state = folder / "harken.db"
        self.file = folder / "desk.jsonl"
        self.inbox = free_port()
        self.slack = SlackDouble(channels=CHANNELS)
        self.slack.named("closed").archived = True
        self.slack.choose = self._slack_fault
        self.web = WebDouble()
        self.web.answers["/feed.xml"] = self._serve_feed
        self.said: list[Said] = []
        self.answered: dict[str, Said] = {}
        """The answer, by id of the post it answers."""
        self.deleted: set[str] = set()
        """Delivery ids of messages that people removed from Slack."""
        self.healthy = False
        self._lines = 0
        self._stopping = threading.Event()
        self._ended = False
        self._lock = threading.Lock()
        self.broken: list[BaseException] = []
        """What went wrong in the world itself."""
        self._threads = [threading.Thread(target=self._alive, args=(work,)) for work in (self._talk, self._knock)]

    def __enter__(self) -> Self:
        self.slack.start()
        self.web.__enter__()
        about = {"slack": self.slack.base_url, "feed": self.web.url(), "file": self.file, "inbox": self.inbox}
        rules = Path(__file__).parents[2] / "rules" / "packs"
        self.config.write_text(CONFIG.format(rules=rules, state=self.state, **about))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self.web.__exit__(None, None, None)
        self.slack.stop()

    def hush(self) -> None:
        """Nobody says anything new, and nothing goes wrong any more; what was said is still being served."""
        self._stopping.set()
        self._threads[0].join()
        self.slack.heal()
        self.healthy = True

    # What was said, and what is to come of it.
    def accounted(self) -> list[Said]:
        with self._lock:
            return list(self.said)

    def waiting(self) -> list[Said]:
        """Whoever asked and was never answered."""
        return [one for one in self.accounted() if one.waits and one.id not in self.answered]

    def _alive(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the test says so, a thread cannot
            self.broken.append(error)

    def _talk(self) -> None:
        while not self._stopping.wait(self.pace * self.random.uniform(0.2, 1.8)):
            self._somebody_posts()
            if self.random.random() < 0.4:
                self._we_answer()
            if self.random.random() < 0.1:
                self._somebody_deletes_a_message()

    def _somebody_posts(self) -> None:
        number, source = len(self.said) + 1, self.random.choice(SOURCES)
        waits = self.random.random() < 0.8
        text = self.random.choice(_ASKS if waits else _THANKS).format(n=number)
        name = f"{source}-{number}"
        self._say(Said(source, name, name, f"sample_customer_{number:05}", text, datetime.now(UTC), waits))

    def _we_answer(self) -> None:
        """Sometimes at once, sometimes long after the page."""
        known = self.accounted()[-30:]
        open_ones = [one for one in known if one.waits and one.id not in self.answered]
        if open_ones:
            asked = self.random.choice(open_ones)
            text = f"So sorry {asked.author}, this is mended now."
            reply = Said(asked.source, f"{asked.id}-a", asked.thread, US, text, datetime.now(UTC), False, asked.id)
            self.answered[asked.id] = reply
            self._say(reply)

    def _say(self, one: Said) -> None:
        with self._lock:
            self.said.append(one)
        if one.source == "desk":
            self._append(one)

    # The feed.
    def _serve_feed(self, handler: Handler) -> None:
        wrong = 1.0 if self.healthy else self.random.random()
        if wrong < 0.15:
            handler.reply(b"out of order", status=503)
            return
        with self._lock:
            shown = [one for one in self.said if one.source == "reviews"][-WINDOW:]
        body = atom(*(one.item() for one in reversed(shown))).encode()
        if wrong < 0.25:
            handler.begin(Content_Type="application/atom+xml", Content_Length=str(len(body)))
            handler.raw(body[: len(body) // 2])
            return
        handler.reply(body)
        for one in shown:
            one.served = True

    # The file.
    def _append(self, one: Said) -> None:
        """Write a line, sometimes in two halves, and rotate the file now and then."""
        if self._lines == LINES_A_FILE:
            self._rotate()
        line = one.wire() + "\n"
        cut = self.random.randrange(len(line)) if self.random.random() < 0.2 else 0
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line[:cut])
            file.flush()
            if cut:
                self._stopping.wait(self.pace)
            file.write(line[cut:])
        self._lines += 1
        one.served = True

    def _rotate(self) -> None:
        for number in range(FILES_KEPT - 1, 0, -1):
            older = self.file.with_name(f"{self.file.name}.{number}")
            if older.exists():
                older.replace(self.file.with_name(f"{self.file.name}.{number + 1}"))
        self.file.replace(self.file.with_name(f"{self.file.name}.1"))
        self._lines = 0

    # The inbox.
    def _knock(self) -> None:
        """Post what is new to the inbox, in order, again and again until it says 2xx."""
        while True:
            over = self._stopping.is_set()
            waiting = [one for one in self.accounted() if one.source == "forum" and not one.served]
            for one in waiting:
                while not self._posted(one):
                    if self._ended:
                        return
                    time.sleep(0.05)
            if over and not waiting:
                return
            self._stopping.wait(0.05)

    def _posted(self, one: Said) -> bool:
        door = http.client.HTTPConnection("127.0.0.1", self.inbox, timeout=3)
        try:
            door.request("POST", "/mentions", one.wire(), {"Content-Type": "application/json"})
            status = door.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            door.close()
        assert status in (200, 503), f"the inbox answered {status}"
        one.served = status == 200
        return one.served

    # Slack.
    def _slack_fault(self, call: Call) -> Fault | None:
        table = _SLACK_FAULTS
        if call.method == "chat.update":
            table += _UPDATE_FAULTS
        elif call.method == "chat.postMessage" and "metadata" not in call.args:
            table += _NARRATION_FAULTS
        picked = self.random.random()
        for share, fault in table:
            if picked < share:
                return fault
            picked -= share
        return None

    def _somebody_deletes_a_message(self) -> None:
        """One of the newest, so that its case has further pages to come; never a second copy of the same."""
        with self.slack.lock:
            shown = self.slack.named("care").messages
            tops = [one for one in shown.values() if one.thread_ts is None and one.delivery not in self.deleted]
            if tops:
                gone = self.random.choice(tops[-3:])
                del shown[gone.ts]
                self.deleted.add(gone.delivery or "")


_SLACK_FAULTS: tuple[tuple[float, Fault], ...] = (
    (0.05, faults.drop(accept=True)),
    (0.03, faults.drop()),
    (0.03, faults.hang(3, accept=True)),
    (0.02, faults.hang(3)),
    (0.03, faults.slow(0.3)),
    (0.04, faults.rate_limited(1)),
    (0.02, faults.status(500, accept=True)),
    (0.02, faults.status(502)),
    (0.01, faults.html(accept=True)),
    (0.01, faults.truncated()),
    (0.01, faults.says("fatal_error", accept=True)),
    (0.01, faults.says("internal_error")),
)
_UPDATE_FAULTS = ((0.03, faults.says("cant_update_message")), (0.03, faults.says("edit_window_closed")))
_NARRATION_FAULTS = ((0.2, faults.rate_limited(1)),)


@dataclass(frozen=True)
class Seen:
    """What arrived in Slack, whether or not it is still there."""

    copies: Counter[str]
    """Times each delivery id was accepted."""
    pages: dict[str, list[Call]]
    """Accepted pages by channel."""
    narrations: Counter[tuple[str, str, str]]
    """Times each (channel, thread, text) was told."""

    def paged(self, channel: str) -> set[str]:
        """Customers named by a page there."""
        return {name for call in self.pages.get(channel, ()) for name in _CUSTOMER.findall(call.args["text"])}


_CUSTOMER = re.compile(r"sample_customer_[0-9]{5}")


def seen(slack: SlackDouble) -> Seen:
    """Everything that Slack has accepted so far."""
    found = Seen(Counter(), {}, Counter())
    ids = {channel.id: channel.name for channel in slack.channels.values()}
    for call in slack.made("chat.postMessage"):
        if not call.accepted:
            continue
        channel = ids.get(call.args["channel"], call.args["channel"].removeprefix("#"))
        if "metadata" in call.args:
            found.copies[call.args["metadata"]["event_payload"]["delivery"]] += 1
            found.pages.setdefault(channel, []).append(call)
        else:
            found.narrations[channel, call.args["thread_ts"], call.args["text"]] += 1
    return found


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in that time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
