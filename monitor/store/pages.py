"""Pages owed and how each was settled, the messages they made, and the channels they went to."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.store.drills import SOURCE
from monitor.store.sqlite import instant, maybe_instant, stamp
from rules.model import Severity


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page as it is stored. A notice to the operators has no case."""

    delivery: str
    case: str | None
    silence: str
    round: int
    step: int
    recipient: str
    due: datetime
    why: str
    mention: str | None
    """Id of the post waited on."""
    severity: Severity
    blind_since: datetime | None
    """Since when an answer could not have been heard."""
    calls: str | None = None
    """Slack's id of the user group that it calls."""
    attempts: int = 0
    doubts: int = 0
    """Attempts of which nobody knows whether they arrived."""
    not_before: datetime | None = None
    outcome: str | None = None
    """How it was settled: ``sent``, ``overtaken``, why it was no longer wanted, or why the next recipient got it:
    ``refused``, or ``doubtful`` where nobody can tell whether it arrived. None until then."""
    channel: str | None = None
    ts: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A case's message in one channel."""

    case: str
    recipient: str
    channel: str
    ts: str
    told: str
    """What its thread was told last."""
    stale: bool = False
    """It does not show the present state of its case."""


def owe(db: sqlite3.Connection, pages: Iterable[PageRow]) -> int:
    """Note pages owed; one that is known already stays as it is. Returns how many are new."""
    before = db.total_changes
    for page in pages:
        db.execute(
            'insert into page (delivery, "case", silence, round, step, recipient, due, why, mention, severity,'
            " blind_since, doubts, calls) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (delivery) do nothing",
            (
                page.delivery,
                page.case,
                page.silence,
                page.round,
                page.step,
                page.recipient,
                stamp(page.due),
                page.why,
                page.mention,
                int(page.severity),
                None if page.blind_since is None else stamp(page.blind_since),
                page.doubts,
                page.calls,
            ),
        )
    return db.total_changes - before


def recipients(db: sqlite3.Connection, now: datetime) -> list[str]:
    """Who may be sent something at ``now``, the worst and longest due page first, mere updates last."""
    rows = db.execute(
        "select recipient, max(severity) as worst, min(due) as due from page"
        " where outcome is null and (not_before is null or not_before <= :now) group by recipient"
        " union all select distinct recipient, -1, '' from message"
        " where stale = 1 and (not_before is null or not_before <= :now)"
        " union all select distinct recipient, -1, '' from page"
        " where redact = 1 and (not_before is null or not_before <= :now)"
        " union all select distinct recipient, -1, '' from retraction"
        " where not_before is null or not_before <= :now"
        " order by worst desc, due",
        {"now": stamp(now)},
    )
    return list(dict.fromkeys(row["recipient"] for row in rows))


def ready(db: sqlite3.Connection, recipient: str, now: datetime, limit: int) -> list[PageRow]:
    """A recipient's unsettled pages that may be tried at ``now``, the worst and the longest due first."""
    rows = db.execute(
        "select * from page where outcome is null and recipient = ? and (not_before is null or not_before <= ?)"
        " order by severity desc, due, step limit ?",
        (recipient, stamp(now), limit),
    )
    return [_row(row) for row in rows]


def stuck(db: sqlite3.Connection, since: datetime, except_for: str) -> list[PageRow]:
    """Pages due by ``since`` to recipients who have had nothing although it was tried, but for ``except_for``."""
    rows = db.execute(
        "select * from page where outcome is null and due <= ?1 and recipient in"
        " (select recipient from page where outcome is null and attempts > 0 and due <= ?1 and recipient <> ?2)",
        (stamp(since), except_for),
    )
    return [_row(row) for row in rows]


def overtaken(db: sqlite3.Connection, page: PageRow) -> bool:
    """Whether a later page of the same silence is owed to the same recipient as well, or has reached them.

    Who calls a user group is overtaken by who calls it again only, and goes before whoever falls due with it.
    """
    row = db.execute(
        "select 1 from page where (outcome is null or outcome = 'sent') and \"case\" = :case and silence = :silence"
        " and recipient = :recipient and (((due, step) > (:due, :step) and (:calls is null or calls = :calls))"
        " or ((due, step) = (:due, :step) and :calls is null and calls is not null))",
        {
            "case": page.case,
            "silence": page.silence,
            "recipient": page.recipient,
            "due": stamp(page.due),
            "step": page.step,
            "calls": page.calls,
        },
    ).fetchone()
    return row is not None


def passed_on(db: sqlite3.Connection, page: PageRow) -> set[str]:
    """Those whom this rung of the ladder was sent on from: a rota to who is on call, or who could not be reached."""
    rows = db.execute(
        "select recipient from page where outcome in ('refused', 'doubtful', 'handed on')"
        ' and "case" is ? and silence = ? and step = ?',
        (page.case, page.silence, page.step),
    )
    return {row["recipient"] for row in rows}


def oldest_unsettled(db: sqlite3.Connection) -> datetime | None:
    """When the oldest page fell due that is not settled yet."""
    return maybe_instant(db.execute("select min(due) from page where outcome is null").fetchone()[0])


def count_by_outcome(db: sqlite3.Connection) -> dict[str, int]:
    """How many pages were settled, by how; those that are not yet as ``owed``. Drills aside."""
    rows = db.execute(
        "select coalesce(outcome, 'owed') as how, count(*) as found from page"
        ' where "case" is null or "case" not in (select id from "case" where source = ?) group by how',
        (SOURCE,),
    )
    return {row["how"]: row["found"] for row in rows}


def get(db: sqlite3.Connection, delivery: str) -> PageRow | None:
    """The page called ``delivery``."""
    row = db.execute("select * from page where delivery = ?", (delivery,)).fetchone()
    return None if row is None else _row(row)


def of_case(db: sqlite3.Connection, case: str) -> list[PageRow]:
    """Every page ever owed for a case, as they fell due."""
    return [_row(row) for row in db.execute('select * from page where "case" = ? order by due, step', (case,))]


def every_settled(db: sqlite3.Connection, outcome: str) -> list[PageRow]:
    """All pages settled as ``outcome``, as they fell due."""
    rows = db.execute("select * from page where outcome = ? order by due, step, delivery", (outcome,))
    return [_row(row) for row in rows]


def begin(db: sqlite3.Connection, delivery: str) -> None:
    """Count an attempt before it is made; until its outcome is known it is in doubt."""
    db.execute("update page set attempts = attempts + 1, doubts = doubts + 1 where delivery = ?", (delivery,))


def not_sent(db: sqlite3.Connection, delivery: str, until: datetime) -> None:
    """The attempt in hand certainly did not arrive; the next one no sooner than ``until``."""
    db.execute("update page set doubts = doubts - 1, not_before = ? where delivery = ?", (stamp(until), delivery))


def put_off(db: sqlite3.Connection, delivery: str, until: datetime) -> None:
    """Leave it as doubtful as it is; the next attempt no sooner than ``until``."""
    db.execute("update page set not_before = ? where delivery = ?", (stamp(until), delivery))


def cleared(db: sqlite3.Connection, delivery: str) -> None:
    """The channel's history shows that no attempt has arrived."""
    db.execute("update page set doubts = 0 where delivery = ?", (delivery,))


def settle(
    db: sqlite3.Connection,
    deliveries: Sequence[str],
    outcome: str,
    now: datetime,
    *,
    channel: str | None = None,
    ts: str | None = None,
) -> None:
    """These pages are done with, for good."""
    db.executemany(
        "update page set outcome = ?, settled_at = ?, channel = ?, ts = ? where delivery = ?",
        [(outcome, stamp(now), channel, ts, delivery) for delivery in deliveries],
    )


_MESSAGE = '"case", recipient, channel, ts, told, stale'


def put_message(db: sqlite3.Connection, message: MessageRow) -> None:
    """Store a case's message in place of what was known of it."""
    db.execute(
        f"insert or replace into message ({_MESSAGE}) values (?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own column names
        (message.case, message.recipient, message.channel, message.ts, message.told, message.stale),
    )


def message(db: sqlite3.Connection, case: str, recipient: str) -> MessageRow | None:
    """The case's message at ``recipient``."""
    row = db.execute(
        f'select {_MESSAGE} from message where "case" = ? and recipient = ?',  # noqa: S608 - the same
        (case, recipient),
    ).fetchone()
    return None if row is None else _message(row)


def first_message(db: sqlite3.Connection, case: str) -> str | None:
    """Where the case's message appeared first."""
    row = db.execute(
        'select recipient from message where "case" = ? order by ts, recipient limit 1', (case,)
    ).fetchone()
    return None if row is None else str(row["recipient"])


def shown_in(db: sqlite3.Connection, case: str, channel: str) -> bool:
    """Whether a case's message stands in a channel, by Slack's id of it."""
    row = db.execute('select 1 from message where "case" = ? and channel = ?', (case, channel)).fetchone()
    return row is not None


def outdate(db: sqlite3.Connection, case: str) -> None:
    """The case has changed: its messages no longer show it."""
    db.execute('update message set stale = 1 where "case" = ?', (case,))


def showed(db: sqlite3.Connection, message: MessageRow, revision: int) -> None:
    """The message shows ``revision`` of its case."""
    db.execute(
        'update message set stale = coalesce((select revision > ?1 from "case" where id = message."case"),'
        ' (select revision > ?1 from incident where id = message."case"), 0) where "case" = ?2 and recipient = ?3',
        (revision, message.case, message.recipient),
    )


def told(db: sqlite3.Connection, message: MessageRow, what: str) -> None:
    """The message's thread has been told ``what``."""
    db.execute(
        'update message set told = ? where "case" = ? and recipient = ?', (what, message.case, message.recipient)
    )


def not_told(db: sqlite3.Connection, message: MessageRow, last: str) -> None:
    """The message's thread has certainly been told nothing after ``last``: it is brought up to date again."""
    db.execute(
        'update message set told = ?, stale = 1 where "case" = ? and recipient = ?',
        (last, message.case, message.recipient),
    )


def give_up_message(db: sqlite3.Connection, message: MessageRow) -> None:
    """Stop keeping a message up to date: Slack will not have it changed."""
    db.execute('update message set stale = 0 where "case" = ? and recipient = ?', (message.case, message.recipient))


def put_off_message(db: sqlite3.Connection, message: MessageRow, until: datetime) -> None:
    """Bring the message up to date no sooner than ``until``."""
    db.execute(
        'update message set not_before = ? where "case" = ? and recipient = ?',
        (stamp(until), message.case, message.recipient),
    )


def forget_message(db: sqlite3.Connection, message: MessageRow) -> None:
    """The message is gone from Slack: the next page makes a new one."""
    db.execute('delete from message where "case" = ? and recipient = ?', (message.case, message.recipient))


def stale_messages(db: sqlite3.Connection, recipient: str, now: datetime, limit: int) -> list[MessageRow]:
    """A recipient's messages that do not show the present state of their case and may be brought up to date."""
    rows = db.execute(
        f"select {_MESSAGE} from message where stale = 1 and recipient = ?"  # noqa: S608 - the same
        " and (not_before is null or not_before <= ?) limit ?",
        (recipient, stamp(now), limit),
    )
    return [_message(row) for row in rows]


def channel_id(db: sqlite3.Connection, recipient: str) -> str | None:
    """Slack's id of the channel behind ``recipient``, once Slack has told it."""
    row = db.execute("select id from channel where recipient = ?", (recipient,)).fetchone()
    return None if row is None else str(row["id"])


def learn_channel(db: sqlite3.Connection, recipient: str, channel: str) -> None:
    """Remember Slack's id of the channel behind ``recipient``."""
    db.execute("insert or replace into channel values (?, ?)", (recipient, channel))


def owe_redactions(db: sqlite3.Connection, source: str, thread: str, author: str) -> None:
    """Pages about this customer that were sent quote what is gone by now: it is to be taken back."""
    db.execute(
        "update page set redact = 1 where outcome = 'sent' and ts is not null and \"case\" ="
        ' (select id from "case" where source = ? and thread = ? and author = ?) and not exists'
        ' (select 1 from message m where m."case" = page."case" and m.recipient = page.recipient and m.ts = page.ts)',
        (source, thread, author),
    )


def to_redact(db: sqlite3.Connection, recipient: str, now: datetime, limit: int) -> list[PageRow]:
    """Pages at ``recipient`` that quote what is gone, and may be tried at ``now``."""
    rows = db.execute(
        "select * from page where redact = 1 and recipient = ? and (not_before is null or not_before <= ?) limit ?",
        (recipient, stamp(now), limit),
    )
    return [_row(row) for row in rows]


def redacted(db: sqlite3.Connection, delivery: str) -> None:
    """The page quotes nothing any more, or Slack will not have it changed."""
    db.execute("update page set redact = 0 where delivery = ?", (delivery,))


def _message(row: sqlite3.Row) -> MessageRow:
    return MessageRow(row["case"], row["recipient"], row["channel"], row["ts"], row["told"], bool(row["stale"]))


def _row(row: sqlite3.Row) -> PageRow:
    return PageRow(
        delivery=row["delivery"],
        case=row["case"],
        silence=row["silence"],
        round=row["round"],
        step=row["step"],
        recipient=row["recipient"],
        due=instant(row["due"]),
        why=row["why"],
        mention=row["mention"],
        severity=Severity(row["severity"]),
        blind_since=maybe_instant(row["blind_since"]),
        calls=row["calls"],
        attempts=row["attempts"],
        doubts=row["doubts"],
        not_before=maybe_instant(row["not_before"]),
        outcome=row["outcome"],
        channel=row["channel"],
        ts=row["ts"],
        settled_at=maybe_instant(row["settled_at"]),
    )
