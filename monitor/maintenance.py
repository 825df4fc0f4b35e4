"""What the operators are told of maintenance windows: that one has begun, and that it is over, once each.

Of muted authors they are told nothing: ``harken mutes`` and the cases' messages show those.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.outbox import notice
from monitor.setup import Setup
from monitor.slack import words
from monitor.store import pages, quiets
from monitor.store.quiets import QuietRow
from rules.quiet import Quiet


def tell(db: sqlite3.Connection, setup: Setup, rows: Sequence[QuietRow], now: datetime) -> None:
    """Conclusions were drawn from these: tell the operators of windows that have begun or ended, once each."""
    for row in rows:
        over = row.quiet.span.end <= now
        never = row.quiet.span.end <= row.quiet.span.start
        if row.quiet.name and not never and (row.told or not over):
            what = _ending(row.quiet) if over else _beginning(row.quiet)
            pages.owe(db, [notice(setup.operators, what, now, key=f"quiet {row.id} {'over' if over else 'begun'}")])
    quiets.saw(db, rows, now)


def _beginning(quiet: Quiet) -> str:
    parts = [*sorted(quiet.sources), *sorted(quiet.topics)]
    about = words.NOTE.format(note=", ".join(parts)) if parts else ""
    until = words.AT_UTC.format(at=quiet.span.end)
    return words.QUIET_BEGINS.format(name=quiet.name, about=about, until=until)


def _ending(quiet: Quiet) -> str:
    return words.QUIET_IS_OVER.format(name=quiet.name)
