"""The weekly report: made when its week has ended, owed through the outbox once, its page and picture sent after it.

What is owed and what was tried are facts in the store, so that a week is never told twice, whatever is killed when. The
message is promised as every page is; the files are a courtesy: tried until Slack has certainly not taken them, never
again after a doubt.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor.config import Config
from monitor.outbox import notice
from monitor.report.gather import Scope, facts, told_by_others
from monitor.report.page import html
from monitor.report.picture import picture
from monitor.report.text import bar
from monitor.report.values import written
from monitor.setup import Setup
from monitor.slack import Doubtful, LockedOut, NotSent, Paused, Posted, Refused
from monitor.slack.upload import FILES, Attachment
from monitor.slack.weekly import KIND
from monitor.store import pages, weekly
from monitor.store.pages import PageRow
from monitor.store.sqlite import Store, open_reader
from rules.report.values import Report
from rules.report.whole import report

EVERY = timedelta(seconds=10)
_LATE = timedelta(hours=12)
"""A daemon that starts longer after a week's end does not tell of it."""
_FIGURES = (
    "unanswered",
    "first_reply",
    "first_reply_p90",
    "deadlines_kept",
    "asked_before_told",
    "promises_kept",
    "nights",
)
_BAR = 16

_log = structlog.get_logger("harken.weekly")

Share = Callable[[Posted, Sequence[Attachment]], None]
"""Puts files below a message; raises SlackError."""


def turn(store: Store, config: Config, setup: Setup, now: datetime, share: Share) -> bool:
    """Owe the report of the week that has ended, and send the files of one that was sent. Returns whether any is owed.

    Raises:
        StoreError: the database refused.
    """
    wanted = config.report
    if wanted.to is None:
        return False
    end = wanted.weeks_end(now)
    if now - end >= _LATE:
        return False
    page = _page(wanted.to, "", end)
    with store.read() as db:
        known = pages.get(db, page.delivery)
        tried = weekly.tried(db, page.delivery)
    if known is not None and (tried or known.outcome != "sent" or known.channel is None or known.ts is None):
        return False
    made = _made(config, setup, Scope(wanted.weeks_start(end), end, wanted.zone, told_by_others(config)))
    if known is None:
        with store.write("weekly report") as db:
            pages.owe(db, [_page(wanted.to, summary(made), end)])
        return True
    _attach(store, made, known, now, share)
    return False


def summary(made: Report) -> str:
    """A report in a few lines: a headline, sentences, an empty line and bars of the days."""
    lines = [f"{made.brand}: the week from {made.since:%Y-%m-%d} to {made.until:%Y-%m-%d}"]
    if made.quiet is not None:
        return "\n".join([*lines, made.quiet, *made.blind])
    asked, answered = (made.figure(key).value for key in ("heard", "answered"))
    lines.append(f"{asked} customers asked, {answered} of them were answered.")
    for figure in map(made.figure, _FIGURES):
        if figure.value is not None:
            note = f" ({figure.note})" if figure.note else ""
            lines.append(f"• {figure.title}: {written(figure.value, figure.unit)}{note}")
    recurring = [
        row.label for table in made.tables if table.key == "topics" for row in table.rows if "systemic" in row.values
    ]
    if recurring:
        lines.append(f"• systemic: {', '.join(recurring[:5])}")
    if made.blind:
        lines.append("Not everything could be heard: " + " ".join(made.blind))
    rows = made.table("heard_by_time").rows
    most = max(int(str(row.values[0])) for row in rows)
    bars = [f"{row.label} {bar(float(str(row.values[0])), most, _BAR)} {row.values[0]}" for row in rows]
    return "\n".join(lines) + "\n\n" + "\n".join(bars)


def _made(config: Config, setup: Setup, scope: Scope) -> Report:
    """The report, read beside the daemon's own connection, so that nothing waits for it."""
    reader = open_reader(config.state)
    try:
        with reader.read() as db:
            return report(facts(db, setup, scope))
    finally:
        reader.close()


def _attach(store: Store, made: Report, page: PageRow, now: datetime, share: Share) -> None:
    files = [
        Attachment(f"report-{made.until:%Y-%m-%d}.png", "The week", picture(made), _described(made)),
        Attachment(f"report-{made.until:%Y-%m-%d}.html", "The whole report", html(made).encode()),
    ]
    with store.write("weekly files") as db:
        weekly.begin(db, page.delivery, now)
    try:
        share(Posted(page.channel or "", page.ts or ""), files)
    except (NotSent, Paused, LockedOut) as error:
        with store.write("weekly files") as db:
            weekly.not_sent(db, page.delivery)
        _log.info("the files of the weekly report wait", why=str(error))
    except Refused as error:
        cure = f"give our app the scope {FILES}, or leave it: the message is complete without them"
        _log.warning("Slack does not take the files of the weekly report", why=str(error), cure=cure)
    except Doubtful as error:
        _log.warning(
            "nobody knows whether the files of the weekly report arrived; they are not sent again", why=str(error)
        )


def _described(made: Report) -> str:
    return summary(made).partition("\n\n")[0]


def _page(to: str, why: str, end: datetime) -> PageRow:
    made = notice(to, why, end, key=f"{KIND} {end.isoformat()}")
    return replace(made, silence=KIND)
