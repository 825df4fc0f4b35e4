"""What a click in Slack does: checked, noted as a fact, answered to whoever did it.

The same acts as ``harken cases``, and no others. A click on what is no longer so changes nothing and is answered with
how the case stands now. Who may act is in the config; everybody else gets a polite no.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from monitor import afterwards, links, storm_clicks
from monitor.actors import Actors
from monitor.config import Config
from monitor.line import Line
from monitor.questions import Questions, details, duty_of, lease_of, standing
from monitor.quiets import muted
from monitor.slack import Message, Slack, SlackError, after, controls, words
from monitor.slack.controls import Click, Command
from monitor.slack.lists import sentences
from monitor.slack.untrusted import line as one_line
from monitor.store import cases, incidents, pages
from monitor.store.cases import CaseRow
from monitor.store.sqlite import StoreError
from monitor.turns import Turns
from rules.durations import spell
from rules.model import Act, Status

_MORNING = time(9)
_PAIR = 2
_MUTE_FOR = {"mute1d": timedelta(days=1), "mute7d": timedelta(days=7)}
_AFTER = frozenset({after.PROMISE, after.RESOLVE, after.OPEN, after.NO_CONTACT, after.FOLLOWED, after.SKIP})
_FOR = {"30m": timedelta(minutes=30), "2h": timedelta(hours=2)}
_PLAIN = {controls.TAKE: "ack", controls.BACK: "unack", controls.DISMISS: "dismiss", "raise": "raise"}

_log = structlog.get_logger("harken.clicks")


class Clicks:
    """Takes in what came over Slack's socket.

    Args:
        line: where acts go.
        slack: where answers go.
        config: what is in force.
        actors: who may act.
    """

    def __init__(self, line: Line, slack: Slack, config: Callable[[], Config], actors: Actors) -> None:
        self._line = line
        self._slack = slack
        self._config = config
        self._actors = actors
        self._questions = Questions(line, config, actors)
        self._turns = Turns(line, config, actors)

    def take(self, kind: str, payload: dict[str, Any]) -> None:
        """Do what an envelope of ``kind`` asks for."""
        reads = {"interactive": _interaction, "slash_commands": controls.commanded}.get(kind)
        asked = reads(payload) if reads is not None else None
        if asked is None:
            _log.info("something came from Slack that is none of ours", kind=kind)
            return
        try:
            answer = self._of_click(asked) if isinstance(asked, Click) else self._command(asked)
        except StoreError as error:
            answer = sentences(words.FAILED.format(why=error))
        if answer is not None:
            self._whisper(asked, answer)

    def _command(self, command: Command) -> Message:
        """Link two cases, or take that back; say what became of one; anything else only asks."""
        what, *names = command.said or ("",)
        if what in afterwards.COMMANDS:
            return self._say(command, what, names)
        if what not in (links.LINK, links.UNLINK):
            return self._turns.answer(command) or self._questions.answer(command)
        who = self._actors.name(command.user)
        if who is None or len(names) != _PAIR:
            return sentences(words.NOT_ALLOWED if who is None else words.LINK_TWO)
        with self._line.store.read() as db:
            found = [cases.starting_with(db, name.lower()) if name.isalnum() else [] for name in names]
        for name, rows in zip(names, found, strict=True):
            if len(rows) != 1:
                return sentences(words.LINK_NONE.format(case=one_line(name, 40)))
        (one,), (other,) = found
        with self._line.store.write("link") as db:
            noted = links.note(db, one, other, Act(what, who, self._line.clock()), "slack")
        self._line.escalate()
        return sentences(words.LINK_DONE[what].format(one=one.id, other=other.id) if noted else words.LINK_ALREADY)

    def _say(self, command: Command, what: str, said: Sequence[str]) -> Message:
        """What became of a case, in a person's own words."""
        who, now = self._actors.name(command.user), self._line.clock()
        if who is None or not said:
            return sentences(words.DEED_HELP if who is not None else words.NOT_ALLOWED)
        with self._line.store.read() as db:
            rows = cases.starting_with(db, said[0].lower()) if said[0].isalnum() else []
        if len(rows) != 1:
            return sentences(words.LINK_NONE.format(case=one_line(said[0], 40)))
        why = afterwards.refusal(afterwards.named(what), rows[0].status, duty_of(self._line, rows[0]))
        if why is not None:
            return standing(self._line, rows[0], now, why)
        try:
            act = afterwards.typed(what, " ".join(said[1:]), who, now)
        except ValueError:
            return sentences(words.NO_LENGTH)
        self._line.act(act, rows[0].thread_key, rows[0].author, "slack")
        return sentences(words.DEED_NOTED.format(case=rows[0].id))

    def _whisper(self, asked: Click | Command, answer: Message) -> None:
        try:
            self._slack.whisper(asked.channel, asked.user, answer)
        except SlackError as error:
            _log.info("an answer did not reach who clicked", why=str(error))

    def _of_click(self, click: Click) -> Message | None:
        """Whatever it is about: a case, or an incident as a whole."""
        who = self._actors.name(click.user)
        if who is not None and incidents.named(click.case):
            return storm_clicks.clicked(self._line, click, who)
        return self._click(click)

    def _click(self, click: Click) -> Message | None:
        """Note the act; the message is brought up to date by itself. Returns what only the reader is told."""
        who, now = self._actors.name(click.user), self._line.clock()
        with self._line.store.read() as db:
            row = cases.get(db, click.case)
        if who is None or row is None:
            return sentences(words.NOT_ALLOWED if who is None else words.NO_CASE)
        if click.what == controls.MORE and click.choice == controls.DETAILS:
            return details(self._line, row, now)
        if (refusal := self._refusal(click, row, who, now)) is not None:
            return standing(self._line, row, now, refusal)
        if click.what == controls.MORE and click.choice == controls.ASSIGN:
            return Message(words.ASSIGN_TO, [controls.whom(row.id)])
        return self._do(click, row, who, now)

    def _do(self, click: Click, row: CaseRow, who: str, now: datetime) -> Message | None:
        """Note what a click that nothing speaks against stands for."""
        if click.what == controls.MORE and click.choice in _MUTE_FOR:
            return self._mute(row, _MUTE_FOR[click.choice], who, now)
        act = self._act(click, who, now)
        if act is None:
            return sentences(words.NO_CASE)
        self._line.act(act, row.thread_key, row.author, "slack")
        with self._line.store.read() as db:
            seen = pages.shown_in(db, row.id, click.channel)
        # Where the case's own message stands, it shows what was done; a digest stays as it is.
        return None if seen else sentences(words.NOTED)

    def _mute(self, row: CaseRow, length: timedelta, who: str, now: datetime) -> Message:
        """Mute a case's author for a while, unless they are for as long already."""
        about = {"who": words.WHO.format(handle=one_line(row.author, 34)), "source": one_line(row.source, 20)}
        with self._line.store.read() as db:
            found = muted(db, (row.source, row.author), now)
        if found is not None and found.quiet.span.end >= now + length:
            until = f"{found.quiet.span.end.astimezone(ZoneInfo(self._config().brand.zone)):%Y-%m-%d %H:%M}"
            return sentences(words.MUTED_ALREADY.format(**about, until=until))
        number = self._line.mute((row.source, row.author), length, who, "slack")
        return sentences(words.MUTED.format(**about, length=spell(length), number=number))

    def _refusal(self, click: Click, row: CaseRow, who: str, now: datetime) -> str | None:
        """Why nothing comes of a click, given how the case stands now; None where something does."""
        if click.what in _AFTER or (click.what in (controls.TAKE, controls.BACK) and row.status is not Status.WAITING):
            why = afterwards.refusal(click.what, row.status, duty_of(self._line, row))
            if why is not None or click.what in _AFTER:
                return why
        elif row.status is not Status.WAITING:
            return words.NOT_WAITING.format(status=row.status)
        lease = lease_of(self._line, row, now)
        if click.what == controls.TAKE and lease is not None and lease.holder not in ("", who):
            until = f"{lease.end.astimezone(ZoneInfo(self._config().brand.zone)):%H:%M}"
            return words.TAKEN.format(who=lease.holder, until=until)
        if click.what == controls.BACK and lease is None:
            return words.NOT_TAKEN
        if click.what == controls.ASSIGN and self._actors.name(click.choice) is None:
            return words.NOBODY_CALLED
        return None

    def _act(self, click: Click, who: str, now: datetime) -> Act | None:
        """The act that a click stands for; None if it is none that we know."""
        if click.what in _AFTER:
            return afterwards.pressed(click.what, click.choice, who, now, self._config().brand.zone)
        if click.what == controls.ANSWERED and click.choice in words.ANSWERED_WAYS:
            return Act("answered", who, now, note=words.ANSWERED_WAYS[click.choice])
        if click.what == controls.ASSIGN:
            return Act("assign", who, now, to=self._actors.name(click.choice) or "")
        if click.what == controls.MORE and click.choice in (*_FOR, "tomorrow"):
            return Act("snooze", who, now, until=self._until(click.choice, now))
        name = _PLAIN.get(click.choice if click.what == controls.MORE else click.what)
        return None if name is None else Act(name, who, now)

    def _until(self, choice: str, now: datetime) -> datetime:
        """When a snooze ends: after a while, or tomorrow at nine in the brand's zone."""
        if choice in _FOR:
            return now + _FOR[choice]
        zone = ZoneInfo(self._config().brand.zone)
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, _MORNING, zone).astimezone(now.tzinfo)


def _interaction(payload: dict[str, Any]) -> Click | Command | None:
    return controls.clicked(payload) or controls.asked(payload)
