"""How a terminal notes what a person did about a case: one fact, appended; the daemon draws the conclusions."""

import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from monitor import afterwards, clock
from monitor import config as configs
from monitor.acts import note as note_act
from monitor.logs import plain
from monitor.review import derive
from monitor.setup import setup
from monitor.store import cases
from monitor.store.cases import CaseRow
from monitor.store.sqlite import Store, append_only
from rules import recovery
from rules.durations import spell
from rules.mistakes import Mistake, Mistakes
from rules.model import Act, Status

OF_WAITING = ("snooze", "assign", "raise")
"""What can be done about somebody who waits only."""
OF_CARE = {"ack": "take", "unack": "back"}
"""What can be done about what is owed after an answer as well."""

note = click.option("--note", default="", help="What to remember about it.")
by = click.option("--by", default=None, help="Who did it; by default who you are on this machine.")


def noted(case: str, file: Path, who: str | None, act: Callable[[datetime, str], Act]) -> None:
    """Append what somebody does now about a case, and say so.

    Raises:
        Mistakes: there is no such case, or nothing would come of it.
    """
    config = configs.load(file)
    store = append_only(config.state)
    try:
        row = find(store, case)
        done = act(clock.system(), who or getpass.getuser())
        after = OF_CARE.get(done.act, done.act)
        if done.act in OF_WAITING and row.status is not Status.WAITING:
            raise _useless(row, f"nobody waits in this case, it is {row.status}")
        if (after in OF_CARE.values() and row.status is not Status.WAITING) or after in afterwards.DEEDS:
            with store.read() as db:
                derived = derive(db, row)
                policy = setup(config).pinned(db, row.policy, row.opened_at)
            duty = None if derived is None else recovery.running(derived, policy)
            if (why := afterwards.hindrance(after, row.status, duty)) is not None:
                raise _useless(row, why)
        with store.write(done.act) as db:
            note_act(db, done, row.thread_key, row.author, "terminal")
    finally:
        store.close()
    to = (f" to {done.to}" if done.act in ("assign", "policy") else f" ({done.to})") if done.to else ""
    until = "" if done.until is None else f" for {spell(done.until - done.at)}"
    click.echo(plain(f"noted: {row.id} ({row.author}) {done.act}{to}{until} by {done.by}"))


def find(store: Store, case: str) -> CaseRow:
    """The case whose id begins with ``case``.

    Raises:
        Mistakes: none does, or several do.
    """
    with store.read() as db:
        found = cases.starting_with(db, case.lower()) if case else []
    if len(found) != 1:
        what = "names several cases" if found else "names no case"
        cure = "write more of it" if found else '"harken cases list --all" shows them'
        raise Mistakes([Mistake(case or '""', None, what, cure)])
    return found[0]


def _useless(row: CaseRow, what: str) -> Mistakes:
    return Mistakes([Mistake(row.id, None, what, f'"harken cases show {row.id}" tells how it stands')])
