"""Drills at work: a marked test case goes through the whole line, to the person on call, and ends by itself.

Whoever does anything about the case has taken the drill. What was asked for is a fact in the store; nothing here waits.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from connectors import Batch, SourceSettings
from monitor.acts import note
from monitor.outbox import notice
from monitor.settings import AckFor, PolicySettings, ReplyWithin, StepSettings
from monitor.setup import Setup
from monitor.slack import words
from monitor.store import cases, drills, pages, posts
from monitor.store.drills import SOURCE, Drill
from monitor.store.sqlite import Store
from rules.durations import spell
from rules.model import Act, Mention, Severity, case_id

AUTHOR = "harken_drill"
US = "harken"
_VIA = SourceSettings(name=SOURCE, kind="drill")
_LATER = timedelta(hours=1)
"""How long after its end the ladder would go on, if there were nobody to end it."""

_log = structlog.get_logger("harken.drill")

Listen = Callable[[SourceSettings, Batch], object]


def keep(store: Store, setup: Setup, now: datetime, listen: Listen) -> None:
    """Begin the drills that were asked for, and end those that somebody has taken or nobody has in time.

    Args:
        store: where they are.
        setup: what is in force.
        now: the present instant.
        listen: takes in what a source heard.
    """
    with store.read() as db:
        running = drills.running(db)
    for drill in running:
        if drill.begun_at is None:
            _begin(store, setup, now, listen, drill)
        else:
            _end(store, setup, now, drill)


def _begin(store: Store, setup: Setup, now: datetime, listen: Listen, drill: Drill) -> None:
    """Have its complaint heard. Killed before the end of this, it is heard again, which changes nothing."""
    case = case_id(SOURCE, drill.thread, AUTHOR)
    with store.write("drill") as db:
        try:
            policy = _policy(drill, setup)
        except ValueError:
            # Whatever stands there, it must not keep customers waiting.
            why = words.DRILL_TO_NOBODY.format(to=drill.to)
            _over(db, setup, replace(drill, begun_at=now, over_at=now, why=why))
            return
        drills.pin(db, drill, setup.pin(db, policy))
    text = words.DRILL_SAYS.format(brand=setup.brand)
    mention = Mention(SOURCE, drill.thread, drill.thread, AUTHOR, text, now)
    listen(_VIA, Batch((mention,), addressed=frozenset({mention.id})))
    with store.write("drill") as db:
        drills.begun(db, drill, case, now)
        if cases.get(db, case) is None:
            verdict = posts.find(db, [(SOURCE, mention.id)])[SOURCE, mention.id].verdict
            why = words.DRILL_TAKEN_FOR.format(kind=verdict.kind)
            _over(db, setup, replace(drill, begun_at=now, over_at=now, why=why))
    _log.info("a drill has begun", drill=drill.id, to=drill.to, by=drill.by)


def _policy(drill: Drill, setup: Setup) -> PolicySettings:
    """One step, at once, at any hour; nothing more before the drill is over."""
    each = dict.fromkeys((severity.word for severity in Severity), drill.wait)
    return PolicySettings(
        name="drill",
        reply_within=ReplyWithin.model_validate(each),
        ack_for=AckFor.model_validate(each),
        always=tuple(each),
        steps=(StepSettings(at="0m", to=(drill.to,)),),
        repeat=drill.wait + _LATER,
        repeats=0,
        operators=setup.operators,
    )


def _end(store: Store, setup: Setup, now: datetime, drill: Drill) -> None:
    with store.read() as db:
        done = posts.acts(db, (SOURCE, drill.thread)).get(AUTHOR, [])
        paged = [page.recipient for page in pages.of_case(db, drill.case or "") if page.outcome == "sent"]
    taken = next((act for act in done if act.by != US), None)
    late = drill.begun_at is not None and now >= drill.begun_at + drill.wait
    if taken is None and not late:
        return
    arrived = words.DRILL_PAGED.format(to=", ".join(paged)) if paged else words.DRILL_NOT_PAGED
    why = "" if taken is not None else words.DRILL_NOT_TAKEN.format(wait=spell(drill.wait), paged=arrived)
    with store.write("drill") as db:
        # Nobody is asked afterwards whether a drill is right by now.
        for act in ("resolve", "skip"):
            note(db, Act(act, US, now, words.DRILL_DONE), (SOURCE, drill.thread), AUTHOR, "drill")
        by, at = (None, None) if taken is None else (taken.by, taken.at)
        _over(db, setup, replace(drill, over_at=now, taken_by=by, taken_at=at, why=why))


def _over(db: sqlite3.Connection, setup: Setup, ended: Drill) -> None:
    drills.over(db, ended)
    said = words.DRILLED.format(drill=ended.id, to=ended.to, result=ended.result)
    pages.owe(db, [notice(setup.operators, said, ended.over_at or ended.asked_at, key=f"drill {ended.id}")])
    _log.info("a drill is over", drill=ended.id, to=ended.to, result=ended.result)
