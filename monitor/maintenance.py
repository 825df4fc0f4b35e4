"""What the operators are told of maintenance windows: that one has begun, and that it is over, once each.

Of muted authors they are told nothing: ``harken mutes`` and the cases' messages show those.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.outbox import notice
from monitor.setup import Setup
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
    about = f" ({', '.join(parts)})" if parts else ""
    until = f"{quiet.span.end:%Y-%m-%d %H:%M} UTC"
    return f"quiet: {quiet.name}{about}. Pages are held back until {until}, but for those of a crisis"


def _ending(quiet: Quiet) -> str:
    return f"{quiet.name} is over: whoever still waits is paged about now"
