"""Nothing is lost and nothing comes three times, however often the process is killed.

HARKEN_KILLS says how often (60 unless set; `make crash` takes 500), HARKEN_SEED with which dice.
"""

import ast
import contextlib
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from child import CALL, CALLS, COMMIT, DIES
from lives import Life, Lives
from running import DEADLINE
from slack_double import Shown
from world import Seen, World, seen, until

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("HARKEN_KILLS", "60"))
SEED = int(os.environ.get("HARKEN_SEED", "1"))
OUTSIDE = "at random, from outside"
PATIENCE = 3.0
"""Seconds a life gets to come to one of its points, before it is killed from outside."""
AT_ONCE = 12
"""Points at which one life may end."""
MANY = 500
"""So many kills meet every point."""
ELSEWHERE = {"act", "rebuild", "rehearsal", "answered all", "incidents"}
"""Units of work that the daemon does not do: acts of a terminal are appended by another process. For those of a storm
see `test_storm_crash`."""


def labels() -> set[str]:
    """The label of every unit of work in the program, read from its source."""
    found = set()
    for path in (ROOT / "monitor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write":
                found |= {
                    one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found - ELSEWHERE


def _points() -> list[str]:
    """Every point at which the process is to be killed."""
    commits = [f"{label}: {when}" for label in sorted(labels()) for when in COMMIT]
    return commits + [f"{call}: {when}" for call in CALLS for when in CALL]


POINTS = _points()


def live_and_die(life: Life, chance: random.Random, patience: float) -> str:
    """Let one life come to its end; returns what ended it."""
    if not life.over(patience):
        point = OUTSIDE
        if chance.random() < 0.1:
            life.signal(signal.SIGTERM)
        life.signal(signal.SIGKILL)
    else:
        assert until(lambda: life.has_said(DIES), DEADLINE), (life.code, life.said)
        point = next(line["point"] for line in life.said if line.get("event") == DIES)
    assert life.over(DEADLINE)
    # A SIGTERM that comes before anything is listened to ends the process as it ends any other.
    assert life.code in (-signal.SIGKILL, -signal.SIGTERM, 0), (life.code, life.said)
    wrong = [line for line in life.said if line["level"] in ("raw", "critical") or "bug" in str(line)]
    assert not wrong, wrong
    return point


@pytest.mark.timeout(400 + 10 * KILLS)
def test_nothing_is_lost_and_nothing_comes_three_times_however_often_harken_is_killed(tmp_path: Path) -> None:
    began, chance = time.monotonic(), random.Random(SEED)
    deaths: Counter[str] = Counter()
    with World(tmp_path, SEED) as world, Lives() as lives:
        run = ("run", "--config", str(world.config))
        for _ in range(KILLS):
            if chance.random() < 0.2:
                life = lives.start(*run)
                deaths[live_and_die(life, chance, chance.uniform(0.01, PATIENCE))] += 1
            else:
                # The points that were met least often, so that rare ones get their turn when they come.
                rare = sorted(POINTS, key=lambda point: (deaths[point], chance.random()))[:AT_ONCE]
                life = lives.start(*run, at=rare, nth=chance.choice((1, 1, 2)))
                deaths[live_and_die(life, chance, PATIENCE)] += 1
        killed = time.monotonic()
        last = lives.start(*run)
        world.hush()
        until(lambda: not unsettled(world), 240)
        left = unsettled(world)
        last.signal(signal.SIGTERM)
        assert last.over(DEADLINE)
        assert last.code == 0
        arrived = seen(world.slack)
        report(world, arrived, deaths, killed - began, time.monotonic() - killed)
        check(world, arrived)
        assert left == {}, last.said
        assert KILLS < MANY or all(deaths[point] for point in POINTS), "a point was never met"


def ask(world: World, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"{world.state.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def unsettled(world: World) -> dict[str, object]:
    """What still has to come, by what it is."""
    said = world.accounted()
    stored = set(ask(world, "select source, id from mention"))
    left = {
        "not served": [one.id for one in said if not one.served],
        "not stored": [one.id for one in said if (one.source, one.id) not in stored],
        "not settled": ask(world, "select * from page where outcome is null"),
        "not up to date": ask(world, "select * from message where stale = 1"),
        "not paged": sorted({one.author for one in world.waiting()} - seen(world.slack).paged("lead")),
    }
    return {what: which for what, which in left.items() if which}


def messages(world: World) -> list[tuple[Shown, str]]:
    """Each case's message as its channel shows it, and the state of its case; without those Slack let nobody change."""
    frozen = {
        call.args["ts"]
        for call in world.slack.made("chat.update")
        if call.fault in ("cant_update_message", "edit_window_closed")
    }
    known = ask(world, 'select channel, ts, status from message join "case" on "case".id = message."case"')
    shown = [
        (world.slack.channels[channel].messages.get(ts), status) for channel, ts, status in known if ts not in frozen
    ]
    return [(message, status) for message, status in shown if message is not None]


def check(world: World, arrived: Seen) -> None:
    """The invariants."""
    assert not world.broken, world.broken
    said = {(one.source, one.id): one for one in world.accounted()}
    stored = {(source, name): text for source, name, text in ask(world, "select source, id, text from mention")}
    assert said.keys() - stored.keys() == set(), "served and not stored"
    assert stored.keys() - said.keys() == set(), "stored and never said"
    assert all(stored[key] == one.text for key, one in said.items())

    due = {one.author for one in world.waiting()}
    for channel in ("care", "lead"):
        assert due - arrived.paged(channel) == set(), f"owed to #{channel} and not delivered"
    calm = {one.author for one in said.values() if not one.waits}
    assert not calm & (arrived.paged("care") | arrived.paged("lead")), "paged although nobody waited"

    assert max(arrived.copies.values()) <= 2, [one for one in arrived.copies.items() if one[1] > 2]
    assert max(arrived.narrations.values(), default=1) == 1, [one for one in arrived.narrations.items() if one[1] > 1]

    for shown, status in messages(world):
        assert {"waiting": "is waiting", "resting": "Answered"}[status] in shown.text, "not kept up to date"

    sent = {delivery for (delivery,) in ask(world, "select delivery from page where outcome = 'sent'")}
    assert sent - arrived.copies.keys() == set(), "settled as sent and never arrived"
    # What a person deletes while its reply is lost cannot be found again; it may have become unwanted by then.
    assert arrived.copies.keys() - sent <= world.deleted, "arrived and not settled as sent"
    assert ask(world, "pragma integrity_check") == [("ok",)]
    assert ask(world, "pragma foreign_key_check") == []

    excused = ("thread_not_found", "message_not_found") if world.deleted else ()
    assert [what for what in world.slack.unexpected if not any(code in what for code in excused)] == []


def report(world: World, arrived: Seen, deaths: Counter[str], killing: float, settling: float) -> None:
    said, copies = world.accounted(), Counter(arrived.copies.values())
    served, stored = sum(one.served for one in said), ask(world, "select count(*) from mention")[0][0]
    more = sum(count for times, count in copies.items() if times > 2)
    tops = [one for name in ("care", "lead") for one in world.slack.shows(name) if one.delivery and not one.thread_ts]
    astray = {one.ts for one in tops} - {ts for (ts,) in ask(world, "select ts from message")}
    twice = sum(times > 1 for times in arrived.narrations.values())
    calls = Counter(call.fault or "none" for call in world.slack.calls)
    lines = [
        f"{sum(deaths.values())} kills in {killing:.0f} s, settled {settling:.0f} s after the last; seed {SEED}",
        f"posts said {len(said)}, served {served}, stored {stored}",
        f"customers never answered {len(world.waiting())}, answered {len(world.answered)}",
        f"pages delivered {len(arrived.copies)}: once {copies[1]}, twice {copies[2]}, more often {more}",
        f"thread replies {len(arrived.narrations)}, told twice {twice}; deleted by people {len(world.deleted)}",
        f"messages {len(tops)}, of which nobody keeps up to date {len(astray)}",
        f"pages by outcome {dict(ask(world, 'select outcome, count(*) from page group by outcome'))}",
        "calls of Slack by fault " + ", ".join(f"{name} {count}" for name, count in calls.most_common()),
        "kills by point:",
        *(f"  {deaths[point]:4} {point}" for point in (OUTSIDE, *POINTS)),
    ]
    print("\n" + "\n".join(lines))  # noqa: T201 - `make crash` is run to read this
