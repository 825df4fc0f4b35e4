"""A stage for stories: a desk on a virtual clock, a real database, and a local Slack reached through the real SDK.

What happens is told in time order: ``at`` lets the clock run up to a moment, then somebody does something; ``until``
lets it run to a moment and that one's pages leave. What Slack showed is asked afterwards.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import slack_double as double
from desk import ANGRY, CUSTOMER, DESK, NOON
from slack_double import Shown, SlackDouble

from connectors import Batch, Gone, SourceError, SourceSettings
from monitor.actors import Actors
from monitor.clicks import Clicks
from monitor.clock import Virtual
from monitor.config import Config, load
from monitor.daemon import begin
from monitor.line import Line
from monitor.setup import Setup, setup
from monitor.slack import NotSent
from monitor.slack.client import WebSlack
from monitor.slack.socket import SOCKETS, Sockets
from monitor.store import cases, incidents, pages
from monitor.store.cases import CaseRow
from monitor.store.sqlite import Store, open_writer
from rules.durations import parse
from rules.model import Act, Mention

EMPLOYED = ("sam", "kim", "lee")
PEOPLE = "".join(f'\n[[person]]\nname = "{name}"\nslack = "{name}@example.org"\n' for name in EMPLOYED)
SECOND_WAY = '\n[fallback]\nurl_env = ["HARKEN_TEST_SECOND"]\nafter = "5m"\n'
INCIDENTS = "\n[incident]\nenabled = true\n"
BRAND = """
[brand]
name = "Sample"
zone = "{zone}"
aliases = ["sample"]
responders = {{ x = ["SampleHelp"] }}

[[source]]
name = "sample-x"
kind = "file"
path = "x.jsonl"
"""
ONE_HOUR = 'reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }'
THANKS = "Thank you so much, that is great"
_SECOND = "second way"


def policy(*steps: tuple[str, str], more: str = "repeats = 0", within: str = ONE_HOUR, name: str = "standard") -> str:
    """A policy whose every step is (when, whom); whom may be several, parted by blanks."""
    rungs = "".join(f'  [[policy.step]]\n  at = "{at}"\n  to = {json.dumps(to.split())}\n' for at, to in steps)
    return f'\n[[policy]]\nname = "{name}"\n{within}\n{more}\n{rungs}'


LADDER = policy(("0m", "#care"), ("deadline", "#care #bosses"))
"""The channel hears at once, the bosses when the answer is due an hour later."""


_MADE: dict[str, Setup] = {}


class Killed(BaseException):
    """The process is gone: nothing after this point runs, nothing is cleaned up."""


class Stage:
    """Everything a story needs.

    Args:
        folder: where the config and the database live.
        slack: the local Slack.
        config: what stands in the config beside the brand and its source.
        begins: when the story begins.
        zone: the brand's zone; times of day are told in it.
        pace: time between two looks at what is due, as the daemon's tick; due instants are never missed.
        met: the source has been read before.
        store: the database, if it is not to be a file; it outlives restarts.
    """

    via = SourceSettings(name="sample-x", kind="x")

    def __init__(
        self,
        folder: Path,
        slack: SlackDouble,
        config: str = LADDER,
        *,
        begins: datetime = NOON,
        zone: str = "UTC",
        pace: str = "1m",
        met: bool = True,
        store: Store | None = None,
    ) -> None:
        self.slack = slack
        self.zone = ZoneInfo(zone)
        self.clock = Virtual(begins)
        self._begins = begins
        self._pace = parse(pace)
        self._folder = folder
        self.config = self._load(config)
        self._kept = store
        self.store = self._opened()
        self.line = self._line()
        self.arrived: list[tuple[datetime, str, Shown]] = []
        """Everything new that Slack showed: when, where, what."""
        self.sent_second: list[tuple[datetime, str, str]] = []
        """What went the second way: when, title, text."""
        self.second_works = True
        self.deaths: list[str] = []
        """Where the process was killed."""
        self._known: set[tuple[str, str]] = set()
        self._unheard: list[Mention] = []
        self._gone: list[Gone] = []
        self._deaf: str | None = None
        self._numbers = 0
        self._last: dict[str, str] = {}
        if met:
            self._poll()

    # Time.
    def at(self, when: str) -> Self:
        """Let the clock run up to ``when``; what is due then has yet to leave, so that posts come first."""
        self._run(self.moment(when))
        return self

    def until(self, when: str) -> Self:
        """Let the clock run to ``when``; what is due then leaves."""
        self._run(self.moment(when))
        self._tick()
        return self

    def between_polls(self, when: str) -> Self:
        """What is due at ``when`` leaves, although the network is not polled at that moment."""
        self.clock.now = self.moment(when)
        self._tick(polls=False)
        return self

    def asleep_until(self, when: str) -> Self:
        """The machine sleeps: nothing happens until it wakes at ``when``."""
        self.clock.now = self.moment(when)
        self._tick()
        return self

    def moment(self, when: str) -> datetime:
        """``"13:00"`` is on the day the story begins, ``"+1 09:00"`` on the day after; on the brand's wall."""
        days, _, clock = when.rpartition(" ")
        day = self._begins.astimezone(self.zone).date() + timedelta(days=int(days or 0))
        return datetime.combine(day, time.fromisoformat(clock), self.zone).astimezone(UTC)

    # What others do.
    def customer(self, text: str = ANGRY, *, by: str = CUSTOMER, thread: str = "t", to: str | None = None) -> str:
        """A customer posts; returns the post's id."""
        return self._post(by, text, thread, to)

    def we_answer(
        self, text: str = "We are sorry, it is on its way.", *, to: str | None = None, thread: str = "t"
    ) -> str:
        """Our account answers on the network itself: the latest post there, unless ``to`` names another."""
        return self._post(DESK, text, thread, to or self._last[thread])

    def edits(self, post: str, text: str, *, by: str = CUSTOMER, thread: str = "t") -> None:
        """The author of a post changes its words."""
        self._unheard.append(Mention("x", post, thread, by, text, self.clock.now))
        self._poll()

    def deletes(self, post: str) -> None:
        """The author of a post deletes it."""
        self._gone.append(Gone("x", post))
        self._poll()

    def network_fails(self, why: str = "the server does not answer") -> None:
        """From now on the network cannot be read."""
        self._deaf = why
        self._poll()

    def network_answers(self) -> None:
        """The network can be read again; what was posted meanwhile is heard."""
        self._deaf = None
        self._poll()

    # What our people do.
    def taps(self, who: str, what: str, choice: str = "", *, case: str | None = None) -> str | None:
        """Somebody uses a control of the customer's case, or of ``case``; returns what only they are told."""
        return self._asked("interactive", self._tap(who, what, choice, case or self.case().id))

    def tap_together(self, *taps: tuple[str, str]) -> None:
        """Several people (who, what) tap in the same moment: over Slack's sockets, and each waits for nobody."""
        before = len(self.slack.acks)
        sockets = Sockets(double.APP_TOKEN, self.slack.base_url, self.clicks.take)
        sockets.start()
        self.slack.wait_for(lambda: self.slack.linked == SOCKETS)
        for who, what in taps:
            self.slack.push("interactive", self._tap(who, what, "", self.case().id))
        self.slack.wait_for(lambda: len(self.slack.acks) == before + len(taps))
        self.slack.wait_for(lambda: self.slack.whispers)
        sockets.close()

    def asks(self, who: str, words: str) -> str | None:
        """Somebody types ``/harken words``; returns the answer."""
        place = self.slack.named("care").id
        return self._asked("slash_commands", {"user_id": user(who), "channel_id": place, "text": words})

    def notes(self, who: str, act: str, *, row: CaseRow | None = None, **more: Any) -> None:
        """Somebody notes an act about a case, or the only one, from a terminal."""
        row = row or self.case()
        self.line.act(Act(act, who, self.clock.now, **more), row.thread_key, row.author, "terminal")

    def reloads(self, config: str) -> None:
        """Somebody saves another config."""
        self.config = self._load(config)
        self.line.setup = self._setup

    # What becomes of the machine.
    def restarts(self) -> None:
        """The process ends and begins anew on the same database."""
        if self._kept is None:
            self.store.close()
        self.store = self._opened()
        self.line = self._line()
        begin(self.line)

    def dies(self, point: str) -> None:
        """The process will be killed at ``point`` of the next delivery, and started again within a minute.

        A point is "before ..." or "after ..." and one of "lease", "send", "settle".
        """
        (self._die_around_send if point.endswith("send") else self._die_around_write)(point)

    # What was seen.
    @property
    def pages(self) -> list[str]:
        """Every page about a customer that Slack showed, or the second way took: when and where, in that order."""
        found = [(at, where) for at, where, shown in self.arrived if self._about_somebody(shown)]
        found += [(at, _SECOND) for at, title, _ in self.sent_second if title != "Harken"]
        return [f"{self.told(at)} {where}" for at, where in sorted(found)]

    @property
    def operators(self) -> list[str]:
        """What Harken told the operators of itself."""
        return self.words_to("#harken-ops")

    def words_to(self, where: str) -> list[str]:
        """What Harken told somebody that is about no customer."""
        said = (shown for _, to, shown in self.arrived if to == where and shown.delivery)
        return [f"{shown.text} {shown.blocks}" for shown in said if not self._about_somebody(shown)]

    @property
    def thread(self) -> list[str]:
        """What the case's thread was told, in any channel."""
        return [shown.text for _, _, shown in self.arrived if shown.delivery is None]

    def message(self, where: str = "#care", number: int = 0) -> str:
        """All that a case's message in a channel shows now: fallback text and blocks."""
        shown = self.slack.shows(f"D{user(where[1:])}" if where.startswith("@") else where)
        tops = [one for one in shown if not one.thread_ts and self._about_somebody(one)]
        return f"{tops[number].text} {tops[number].blocks}"

    def case(self, author: str = CUSTOMER) -> CaseRow:
        """The case of a customer; there is one."""
        with self.store.read() as db:
            (row,) = [row for row in cases.every(db) if row.author == author]
        return row

    def cases(self) -> list[CaseRow]:
        """All cases."""
        with self.store.read() as db:
            return cases.every(db)

    def spoken_in(self, thread: str) -> bool:
        """Whether anybody has posted there."""
        return thread in self._last

    def outcomes(self) -> Counter[str]:
        """How the pages of cases were settled, and how many of each."""
        with self.store.read() as db:
            owed = [page for row in cases.every(db) for page in pages.of_case(db, row.id)]
        return Counter(page.outcome or "owed" for page in owed)

    def told(self, at: datetime) -> str:
        """An instant as stories tell it."""
        local = at.astimezone(self.zone)
        days = (local.date() - self._begins.astimezone(self.zone).date()).days
        return (f"+{days} " if days else "") + local.strftime("%H:%M:%S").removesuffix(":00")

    def close(self) -> None:
        """The story is over."""
        self.store.close()

    # Behind the stage.
    def _load(self, config: str) -> Config:
        file = self._folder / "harken.toml"
        text = BRAND.format(zone=self.zone.key) + config
        file.write_text(text, encoding="utf-8")
        loaded = load(file)
        # Rules take a quarter of a second to read, and what they put in force never changes.
        if text not in _MADE:
            _MADE[text] = setup(loaded)
        self._setup = _MADE[text]
        return loaded

    def _opened(self) -> Store:
        if self._kept is None:
            return open_writer(self._folder / "harken.db", "a story")
        self._kept.__dict__.pop("write", None)
        return self._kept

    def _line(self) -> Line:
        line = Line(self.store, WebSlack(double.TOKEN, self.slack.base_url), self._setup, self.clock)
        if self.config.fallback.url_env:
            line.outbox.second = self._second
        actors = Actors(line.outbox._slack, lambda: self.config, self.clock)  # type: ignore[arg-type]
        self.clicks = Clicks(line, line.outbox._slack, lambda: self.config, actors)
        return line

    def _second(self, title: str, text: str) -> None:
        if not self.second_works:
            raise NotSent("it takes nothing either")
        self.sent_second.append((self.clock.now, title, text))

    def _post(self, by: str, text: str, thread: str, to: str | None) -> str:
        self._numbers += 1
        id_ = f"p{self._numbers}"
        self._last[thread] = id_
        self._unheard.append(Mention("x", id_, thread, by, text, self.clock.now, reply_to=to))
        self._poll()
        return id_

    def _poll(self) -> None:
        if self._deaf is not None:
            self.line.failed(self.via, SourceError(self._deaf))
            return
        batch = Batch(tuple(self._unheard), tuple(self._gone))
        self._unheard, self._gone = [], []
        self.line.listen(self.via, batch)

    def _run(self, until: datetime) -> None:
        assert until >= self.clock.now, "a story is told in time order"
        if until > self.clock.now:
            self._tick()
        while (following := self._next()) < until:
            self.clock.now = following
            self._tick()
        self.clock.now = until

    def _next(self) -> datetime:
        """The next tick, or the next instant at which something falls due, whichever is sooner."""
        with self.store.read() as db:
            due = [cases.next_due(db), incidents.next_due(db)]
        return min([self.clock.now + self._pace, *(one for one in due if one is not None and one > self.clock.now)])

    def _tick(self, *, polls: bool = True) -> None:
        try:
            if polls:
                self._poll()
            self.line.escalate()
            # A page may be handed on by one turn and sent by the next.
            for _ in range(20):
                if not self.line.outbox.waiting():
                    break
                self.line.deliver()
        except Killed as killed:
            self.deaths.append(str(killed))
            self._look_at_slack()
            self.restarts()
        self._look_at_slack()
        self.after_tick()

    def after_tick(self) -> None:
        """For stages that look at more."""

    def _look_at_slack(self) -> None:
        for channel in list(self.slack.channels.values()):
            where = f"@{_named(channel.id[1:])}" if channel.id.startswith("D") else f"#{channel.name}"
            for shown in self.slack.shows(channel.id):
                if (channel.id, shown.ts) not in self._known:
                    self._known.add((channel.id, shown.ts))
                    self.arrived.append((self.clock.now, where, shown))

    def _about_somebody(self, shown: Shown) -> bool:
        with self.store.read() as db:
            page = pages.get(db, shown.delivery or "")
        return page is not None and page.case is not None

    def _tap(self, who: str, what: str, choice: str, case: str) -> dict[str, Any]:
        action: dict[str, Any] = {"action_id": what, "block_id": f"case:{case}"}
        if what == "assign":
            action["selected_user"] = user(choice)
        elif choice:
            action["selected_option"] = {"value": choice}
        place = {"id": self.slack.named("care").id}
        return {"type": "block_actions", "user": {"id": user(who)}, "channel": place, "actions": [action]}

    def _asked(self, kind: str, payload: dict[str, Any]) -> str | None:
        before = len(self.slack.whispers)
        self.clicks.take(kind, payload)
        told = self.slack.whispers[before:]
        return f"{told[0][2]} {told[0][3]}" if told else None

    def _die_around_send(self, point: str) -> None:
        slack = self.line.outbox._slack
        real = slack.post

        def post(*args: Any, **more: Any) -> Any:
            if point == "after send":
                real(*args, **more)
            raise Killed(point)

        slack.post = post  # type: ignore[method-assign]

    def _die_around_write(self, point: str) -> None:
        real, label = self.store.write, point.split()[1]

        @contextlib.contextmanager
        def write(said: str) -> Iterator[Any]:
            with real(said) as db:
                yield db
                if said == label and point.startswith("before"):
                    raise Killed(point)
            if said == label:
                raise Killed(point)

        self.store.write = write  # type: ignore[method-assign]


Scene = Callable[..., Stage]


def user(name: str) -> str:
    """The Slack user id of somebody on the stage."""
    return f"U0{name.upper()}"


def _named(user_id: str) -> str:
    return user_id.removeprefix("U0").lower()


def crowd(stage: Stage, numbers: Sequence[int], text: str) -> None:
    """Many customers post at once, each in a thread of their own."""
    for number in numbers:
        id_ = f"c{number}"
        stage._last[f"t{number}"] = id_
        by = f"sample_customer_{number:04}"
        stage._unheard.append(Mention("x", id_, f"t{number}", by, text, stage.clock.now))
    stage._poll()
