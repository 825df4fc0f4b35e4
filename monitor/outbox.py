"""Pages owed -> delivered, once, whatever happens.

Every attempt is counted and in doubt before it is made; only Slack's answer, or the channel's own history, clears it.
So a page is never lost, and at most two copies of it arrive, the second one labelled. What a page says is made by
``slack.render``, whether it is still wanted is decided by ``rules.escalation``.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from sqlite3 import Connection

import structlog

from connectors import SourceError
from monitor import digest, hand_on, handover, storm
from monitor.clock import Clock
from monitor.coaching import of_reply
from monitor.hand_on import page_of, readdressed
from monitor.review import derive
from monitor.rotas import ONCALL
from monitor.second_way import FALLBACK, WAKE
from monitor.settings import GROUP
from monitor.setup import Setup
from monitor.slack import (
    Doubtful,
    LockedOut,
    Message,
    NotSent,
    Paused,
    Posted,
    Refused,
    Slack,
    SlackError,
    render,
    weekly,
    words,
)
from monitor.slack.coach import noted
from monitor.store import cases, digests, erasures, incidents, pages
from monitor.store.cases import CaseRow
from monitor.store.erasures import Retraction
from monitor.store.pages import MessageRow, PageRow
from monitor.store.sqlite import Store
from monitor.views import View, view
from rules import escalation, surge
from rules.coach import Advice
from rules.model import Severity, StillWanted
from rules.story import Moment

_AT_ONCE = 50
"""Pages tried for one recipient before others get their turn."""
_SKEW = timedelta(minutes=5)
"""How far Slack's clock and ours may lie apart."""
_LONGEST = timedelta(minutes=5)
_SOON = timedelta(seconds=30)
_LOCKED_OUT = timedelta(seconds=60)
_SENDS_IN_DOUBT = 2
_GONE_MESSAGE = frozenset({"message_not_found", "thread_not_found", "cant_update_message"})
_OUR_FAULT = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text"})

_log = structlog.get_logger("harken.outbox")

_Kept = View | storm.Seen | digest.Seen
_Shown = _Kept | handover.Seen

Look = Callable[[CaseRow, datetime], bool]
"""Says whether there was anything to read; if not, nothing can have changed."""


def notice(to: str, what: str, now: datetime, *, key: str | None = None) -> PageRow:
    """A page to the operators about Harken itself.

    Notices of one ``key`` are one notice; without a key, the same words on the same day are.
    """
    name = f"notice\0{to}\0{key or f'{what} {now:%Y-%m-%d}'}"
    delivery = hashlib.blake2s(name.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
    return PageRow(delivery, None, "", 0, 0, to, now, what, None, Severity.NORMAL, None)


def by_second_way(page: PageRow) -> PageRow:
    """A page as it is owed to the second way out: once, however many recipients Slack keeps waiting."""
    if page.case is None:
        delivery = notice(FALLBACK, page.why, page.due, key=page.delivery).delivery
        return replace(page, delivery=delivery, recipient=FALLBACK, attempts=0, doubts=0, not_before=None)
    return readdressed(page, FALLBACK)


class Outbox:
    """Sends what is owed. Each recipient is served by one thread at a time; none waits for another.

    Args:
        store: where pages stand.
        slack: where they go.
        clock: what time it is.
        setup: what is in force now.
        look: re-reads a case's posts at their network just before a page; raises SourceError if it cannot.
    """

    def __init__(self, store: Store, slack: Slack, clock: Clock, setup: Callable[[], Setup], look: Look) -> None:
        self._store = store
        self._slack = slack
        self._clock = clock
        self._setup = setup
        self._look = look
        self.second: Callable[[str, str], None] | None = None
        """The second way out: title and text -> sent, or raises NotSent; None where there is none."""
        self.own_way: Callable[[str], Callable[[str, str], None] | None] = lambda _person: None
        """Name of a person -> the same for them alone, for when they are on call; None where there is none."""
        self._paused: dict[str, datetime] = {}
        self._busy: set[str] = set()
        self._guard = threading.Lock()
        self.locked_out: str | None = None
        """Why Slack refuses our token, while it does."""

    def deliver(self) -> None:
        """Send everything that may be sent now, one recipient after the other."""
        for recipient in self.waiting():
            self.deliver_to(recipient)

    def waiting(self) -> list[str]:
        """Recipients with something to send now whom nobody is serving, the worst page first."""
        now = self._clock()
        with self._store.read() as db:
            recipients = pages.recipients(db, now)
        with self._guard:
            return [to for to in recipients if to not in self._busy and self._paused.get(to, now) <= now]

    def deliver_to(self, recipient: str) -> None:
        """Send what is owed to one recipient, worst first, then bring its messages up to date.

        Raises:
            StoreError: the database refused; whatever was sent is in doubt and will be looked up.
        """
        with self._guard:
            if recipient in self._busy:
                return
            self._busy.add(recipient)
        try:
            self._serve(recipient)
            self.locked_out = None
        except Paused as paused:
            self._pause(recipient, paused.retry_after, paused)
        except LockedOut as refused:
            if self.locked_out is None:
                _log.critical("Slack refuses our token; nothing can be sent", why=str(refused))
            self.locked_out = str(refused)
            self._pause(recipient, _LOCKED_OUT, refused)
        except SlackError as error:
            _log.warning("Slack did not take a page yet", to=recipient, why=str(error))
        finally:
            with self._guard:
                self._busy.discard(recipient)

    def _serve(self, recipient: str) -> None:
        now = self._clock()
        with self._store.read() as db:
            ready = pages.ready(db, recipient, now, _AT_ONCE)
            stale = pages.stale_messages(db, recipient, now, _AT_ONCE)
            quoting = pages.to_redact(db, recipient, now, _AT_ONCE)
            forgotten = erasures.to_retract(db, recipient, now, _AT_ONCE)
        for page in ready:
            self._settle_or_send(page)
        for message in stale:
            self._refresh(message)
        for page in quoting:
            self._redact(page)
        for gone in forgotten:
            self._retract(gone)

    def _settle_or_send(self, page: PageRow) -> None:
        """One page: clear its doubt, ask whether it is still wanted, look, send, settle."""
        if page.recipient == FALLBACK or page.recipient.startswith(WAKE):
            self._by_second_way(page)
            return
        if page.recipient.startswith(ONCALL):
            self._hand_on(page)
            return
        if page.recipient.startswith(GROUP):
            self._call(page)
            return
        if page.doubts:
            cleared = self._cleared(page)
            if cleared is None:
                return
            page = cleared
        if page.case is None:
            self._send_on_its_own(page)
        elif not _of_many(page.case):
            self._look_and_send(page)
        elif (seen := self._many_wanted(page)) is not None:
            self._send(page, seen)

    def _send_on_its_own(self, page: PageRow) -> None:
        """A page about no case: a notice, or what somebody takes over, as long as they are still on call."""
        if not handover.named(page):
            self._send(page, None)
            return
        now = self._clock()
        with self._store.write("wanted") as db:
            seen = handover.seen(db, page, self._setup(), now)
            if seen is None:
                pages.settle(db, [page.delivery], StillWanted.MOVED.value, now)
        if seen is not None:
            self._send(page, seen)

    def _look_and_send(self, page: PageRow) -> None:
        """A case's page: is it still wanted, also once the network has been asked?"""
        blind_since = page.blind_since
        seen = self._wanted(page)
        if seen is None:
            return
        try:
            if self._look(seen.row, page.due):
                seen = self._wanted(page)
        except SourceError as error:
            _log.info("could not look before paging", case=page.case, why=str(error))
            blind_since = blind_since or page.due
        if seen is not None:
            self._send(page, seen.blind(blind_since))

    def _hand_on(self, page: PageRow) -> None:
        """Owe a page to a rota to whoever is on call now; where nobody is, to the next recipient at once."""
        with self._store.write("on call") as db:
            found = hand_on.to_rota(db, page, self._setup(), self._clock())
        if not found:
            self._redirect(page, "refused", words.NOBODY_ON_CALL)

    def _call(self, page: PageRow) -> None:
        """Owe a page to a user group to its case's channel, where it is called; where there is none, to the next."""
        try:
            group = self._slack.group(page.recipient.removeprefix(GROUP))
        except Refused as refused:
            self._redirect(page, "refused", _said(refused))
            return
        except (Doubtful, NotSent) as error:
            self._put_off(page, error)
            raise
        with self._store.write("call") as db:
            hand_on.to_group(db, page, group, self._setup(), self._clock())

    def _by_second_way(self, page: PageRow) -> None:
        """Send a page by the second way out, or somebody's own: neither can be asked what it has, so twice at most."""
        now = self._clock()
        wanted = self._many_wanted if _of_many(page.case or "") else self._wanted
        seen = None if page.case is None else wanted(page)
        if page.case is not None and seen is None:
            return
        way = self.second if page.recipient == FALLBACK else self.own_way(page.recipient.removeprefix(WAKE))
        if page.doubts >= _SENDS_IN_DOUBT or way is None:
            with self._store.write("given up") as db:
                pages.settle(db, [page.delivery], "doubtful" if way else "refused", now)
                if way is None and page.recipient != FALLBACK:
                    said = words.NO_ADDRESS.format(to=page.recipient)
                    pages.owe(db, [notice(self._setup().operators, said, now)])
            return
        with self._store.write("lease") as db:
            pages.begin(db, page.delivery)
        repeat = page.doubts > 0
        if seen is None:
            title, text = render.notice_plainly(page.why, repeat=repeat)
        else:
            title, text = seen.plainly(page_of(page), repeat=repeat)
        try:
            way(title, text)
        except NotSent as error:
            with self._store.write("not sent") as db:
                pages.not_sent(db, page.delivery, self._later(page, error))
                if page.recipient != FALLBACK:
                    said = words.NOT_USED.format(to=page.recipient, because=error)
                    pages.owe(db, [notice(self._setup().operators, said, now)])
            raise
        with self._store.write("settle") as db:
            pages.settle(db, [page.delivery], "sent", self._clock())
        _log.info("page sent", to=page.recipient, case=page.case, step=page.step, why=page.why)

    def _wanted(self, page: PageRow) -> View | None:
        """The case as it stands, if the page should still go out; otherwise the page is settled and says why."""
        now = self._clock()
        with self._store.write("wanted") as db:
            row = cases.get(db, page.case or "")
            case = None if row is None else derive(db, row)
            if row is None or case is None:
                pages.settle(db, [page.delivery], StillWanted.MOVED.value, now)
                return None
            setup = self._setup()
            policy = setup.pinned(db, row.policy, row.opened_at)
            wanted = escalation.still_wanted(page_of(page), case, policy, now)
            if wanted is not StillWanted.YES:
                pages.settle(db, [page.delivery], wanted.value, now)
                return None
            held = setup.incident is not None and incidents.holding(db, row.id, page.silence) is not None
            if held and surge.holds(page.step, case.silences[-1].severity):
                pages.settle(db, [page.delivery], "joined", now)
                return None
            if pages.overtaken(db, page):
                pages.settle(db, [page.delivery], "overtaken", now)
                return None
            return view(db, row, case, setup, now)

    def _many_wanted(self, page: PageRow) -> storm.Seen | digest.Seen | None:
        """The same for an incident's own page and for a digest: wanted as long as somebody in it waits."""
        now, name, setup = self._clock(), page.case or "", self._setup()
        with self._store.write("wanted") as db:
            seen: storm.Seen | digest.Seen | None
            if digests.named(name):
                seen = digest.seen(db, name, page.due, setup, now)
                wanted = StillWanted.YES if seen is not None and seen.shown.waiting else StillWanted.ANSWERED
            else:
                seen = incident = storm.seen(db, name, setup, now)
                wanted = StillWanted.MOVED if incident is None else incident.wanted(page_of(page), setup, now)
            if seen is None or wanted is not StillWanted.YES or pages.overtaken(db, page):
                outcome = "overtaken" if wanted is StillWanted.YES else wanted.value
                pages.settle(db, [page.delivery], outcome, now)
                return None
            return seen

    def _cleared(self, page: PageRow) -> PageRow | None:
        """Look a doubtful page up in its channel's history.

        Returns:
            The page as it may be sent: out of doubt if it has certainly not arrived, as doubtful as it was where that
            cannot be known. None if it arrived, or must wait.
        """
        with self._store.read() as db:
            channel = pages.channel_id(db, page.recipient)
        try:
            channel = channel or self._channel(page.recipient)
            found = self._slack.find(channel, page.delivery, page.due - _SKEW)
        except Refused:
            channel, found = None, None
        except (Doubtful, NotSent) as error:
            self._put_off(page, error)
            raise
        if found is not None:
            self._sent(page, found, None)
            return None
        if channel is not None:
            with self._store.write("cleared") as db:
                pages.cleared(db, page.delivery)
            return replace(page, doubts=0)
        if page.doubts >= _SENDS_IN_DOUBT:
            self._redirect(page, "doubtful", words.NOBODY_CAN_TELL)
            return None
        return page

    def _send(self, page: PageRow, seen: _Shown | None) -> None:
        with self._store.write("lease") as db:
            top = pages.message(db, page.case, page.recipient) if page.case is not None else None
            channel = pages.channel_id(db, page.recipient)
            pages.begin(db, page.delivery)
        message = self._message(page, seen, top)
        try:
            # People are looked up each time: Slack takes messages to those who have left, and says nothing.
            to = self._channel(page.recipient) if page.recipient.startswith("@") or channel is None else channel
            try:
                posted = self._post(to, page, message, top)
            except Refused as refused:
                if refused.code not in _OUR_FAULT:
                    raise
                _log.error("Slack refused how a page was made; sent as plain text", why=str(refused))
                posted = self._post(to, page, Message(message.text, []), top)
        except (Paused, NotSent, LockedOut) as error:
            with self._store.write("not sent") as db:
                pages.not_sent(db, page.delivery, self._later(page, error))
            raise
        except Doubtful as error:
            self._put_off(page, error)
            raise
        except Refused as refused:
            self._refused(page, refused, top)
            return
        self._sent(page, posted, None if top is not None or isinstance(seen, handover.Seen) else seen)

    def _message(self, page: PageRow, seen: _Shown | None, top: MessageRow | None) -> Message:
        repeat = page.doubts > 0
        if seen is None:
            made = weekly.message if page.silence == weekly.KIND else render.notice
            return made(page.why, repeat=repeat)
        if top is None or isinstance(seen, handover.Seen):
            message = seen.message(repeat=repeat)
        else:
            message = seen.page_message(page_of(page), repeat=repeat)
        return message if page.calls is None else render.calling(message, page.calls)

    def _post(self, to: str, page: PageRow, message: Message, top: MessageRow | None) -> Posted:
        if top is None:
            return self._slack.post(to, message, delivery=page.delivery)
        return self._slack.post(top.channel, message, delivery=page.delivery, thread=top.ts, broadcast=True)

    def _channel(self, recipient: str) -> str:
        """Where Slack finds a recipient: a channel's name or id, or the direct messages with a person."""
        if not recipient.startswith("@"):
            return recipient
        name = recipient.removeprefix("@")
        return self._slack.open(self._setup().people.get(name, name))

    def _sent(self, page: PageRow, posted: Posted, shown: _Kept | None) -> None:
        """Settle a page that arrived; the first one of a case in a channel is its message there.

        Args:
            page: the page.
            posted: where it is.
            shown: the case as the message shows it, where the page is that message and we know what it says.
        """
        with self._store.write("settle") as db:
            if pages.get(db, page.delivery) is None:
                # Whom it is about was erased while it was on its way.
                erasures.owe_one(db, page.recipient, Retraction(posted.channel_id, posted.ts))
                return
            pages.settle(db, [page.delivery], "sent", self._clock(), channel=posted.channel_id, ts=posted.ts)
            pages.learn_channel(db, page.recipient, posted.channel_id)
            lasting = page.case is not None and not digests.named(page.case)
            if page.case is not None and lasting and pages.message(db, page.case, page.recipient) is None:
                told = shown.told if shown else ""
                row = MessageRow(page.case, page.recipient, posted.channel_id, posted.ts, told, stale=True)
                pages.put_message(db, row)
                if shown is not None:
                    pages.showed(db, row, shown.revision)
        _log.info(
            "page sent", to=page.recipient, case=page.case, step=page.step, why=page.why, due=page.due.isoformat()
        )

    def _refused(self, page: PageRow, refused: Refused, top: MessageRow | None) -> None:
        """A page that its recipient will never get goes to the next one, and the operators hear of it."""
        now = self._clock()
        if top is not None and refused.code in _GONE_MESSAGE:
            with self._store.write("forget message") as db:
                pages.forget_message(db, top)
                pages.not_sent(db, page.delivery, now)
            return
        with self._store.write("not sent") as db:
            pages.not_sent(db, page.delivery, now)
        self._redirect(page, "refused", _said(refused))

    def _redirect(self, page: PageRow, outcome: str, why: str) -> None:
        """Settle a page that its recipient cannot be given, or not for sure, and owe it to the next one."""
        now = self._clock()
        with self._store.write("redirect") as db:
            row = cases.get(db, page.case) if page.case is not None else None
            tried = {*pages.passed_on(db, page), page.recipient}
            setup = self._setup()
            policy = setup.pinned(db, row.policy, row.opened_at) if row is not None else None
            to = escalation.next_recipient(policy, page.severity, tried) if policy is not None else None
            if page.case is not None and _of_many(page.case) and setup.operators not in tried:
                to = setup.operators
            if to is None and page.case is None and page.recipient != setup.operators:
                # What one person is told, about themselves, is nobody else's.
                pages.settle(db, [page.delivery], outcome, now)
            elif to is None:
                # Nobody else is left: keep it, a person may mend the channel.
                pages.put_off(db, page.delivery, now + _LONGEST)
            else:
                reason = words.PASSED_ON.format(why=page.why, to=page.recipient, because=why)
                pages.settle(db, [page.delivery], outcome, now)
                pages.owe(db, [replace(readdressed(page, to), why=reason)])
            if page.recipient != setup.operators:
                said = words.UNREACHED.format(to=page.recipient, because=why)
                pages.owe(db, [notice(setup.operators, said, now)])
        _log.error("a recipient cannot be reached", to=page.recipient, why=why, redirected=to)

    def _refresh(self, message: MessageRow) -> None:
        """Bring a case's message up to date in place, and tell its thread what happened since."""
        now = self._clock()
        with self._store.read() as db:
            seen = self._seen(db, message.case, now)
        if seen is None:
            with self._store.write("give up message") as db:
                pages.give_up_message(db, message)
            return
        try:
            self._slack.update(message.channel, message.ts, seen.message())
            with self._store.write("shown") as db:
                pages.showed(db, message, seen.revision)
                if incidents.named(message.case):
                    # It changes with everybody who joins: Slack is not asked for each of them.
                    pages.put_off_message(db, message, now + _SOON)
            self._narrate(message, seen)
        except Refused as refused:
            _log.warning("a message cannot be kept up to date", case=message.case, why=str(refused))
            with self._store.write("give up message") as db:
                if refused.code in _GONE_MESSAGE:
                    pages.forget_message(db, message)
                else:
                    pages.give_up_message(db, message)
        except (Doubtful, NotSent):
            with self._store.write("put off message") as db:
                pages.put_off_message(db, message, now + _SOON)
            raise

    def _seen(self, db: Connection, case: str, now: datetime) -> View | storm.Seen | None:
        """What a message is about, as it stands."""
        if incidents.named(case):
            return storm.seen(db, case, self._setup(), now)
        row = cases.get(db, case)
        derived = None if row is None else derive(db, row)
        return None if row is None or derived is None else view(db, row, derived, self._setup(), now)

    def _redact(self, page: PageRow) -> None:
        """Take back what a page quoted: its author has."""
        try:
            self._slack.update(page.channel or "", page.ts or "", render.redacted(page.why))
        except Refused as refused:
            _log.warning("a page cannot be redacted", case=page.case, why=str(refused))
        except (Doubtful, NotSent) as error:
            self._put_off(page, error)
            raise
        with self._store.write("redacted") as db:
            pages.redacted(db, page.delivery)

    def _retract(self, gone: Retraction) -> None:
        """Take away a message, with its thread, that shows somebody who is forgotten."""
        try:
            self._slack.retract(gone.channel, gone.ts)
        except Refused as refused:
            _log.warning("a message cannot be taken away; delete it by hand", channel=gone.channel, why=str(refused))
        except SlackError:
            with self._store.write("put off retraction") as db:
                erasures.put_off(db, gone, self._clock() + _SOON)
            raise
        with self._store.write("retracted") as db:
            erasures.retracted(db, gone)

    def _narrate(self, message: MessageRow, seen: View | storm.Seen) -> None:
        """Tell a message's thread what happened since it was last told something."""
        told = message.told
        for moment in seen.news(told):
            # Marked before it is sent: a thread reply cannot be looked up, so in doubt it is not told again.
            with self._store.write("told") as db:
                pages.told(db, message, moment.key)
            said = noted(seen.narration(moment), self._advice(message, moment))
            try:
                self._slack.post(message.channel, said, thread=message.ts)
            except (Paused, NotSent, LockedOut):
                with self._store.write("not told") as db:
                    pages.not_told(db, message, told)
                raise
            told = moment.key

    def _advice(self, message: MessageRow, moment: Moment) -> tuple[Advice, ...]:
        """What is noted on the reply that a moment tells of: once, in the thread of the case's first message."""
        setup = self._setup()
        if not setup.notes:
            return ()
        with self._store.read() as db:
            row = cases.get(db, message.case)
            first = pages.first_message(db, message.case) == message.recipient
            return of_reply(db, row, moment, setup) if row is not None and first else ()

    def _put_off(self, page: PageRow, error: SlackError) -> None:
        with self._store.write("put off") as db:
            pages.put_off(db, page.delivery, self._later(page, error))

    def _later(self, page: PageRow, error: SlackError) -> datetime:
        """When to try again: when Slack says, or ever later up to five minutes."""
        if isinstance(error, Paused):
            return self._clock() + error.retry_after
        if isinstance(error, LockedOut):
            return self._clock() + _LOCKED_OUT
        return self._clock() + min(timedelta(seconds=2 ** min(page.attempts, 10)), _LONGEST)

    def _pause(self, recipient: str, length: timedelta, why: SlackError) -> None:
        with self._guard:
            self._paused[recipient] = self._clock() + length
        _log.info("pages wait", to=recipient, seconds=length.total_seconds(), why=str(why))


def _said(refused: Refused) -> str:
    return f"{refused.code} ({refused.detail})" if refused.detail else refused.code


def _of_many(case: str) -> bool:
    """Whether what a page is about is no single case."""
    return incidents.named(case) or digests.named(case)
