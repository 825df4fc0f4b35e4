"""A storm, and the process killed at each labelled point of its way: one incident, all of its members, nothing lost.

Each point gets a storm of its own: the first life dies there, the second one has to make everything right. `make crash`
takes every point; otherwise HARKEN_SEED picks a few.
"""

import contextlib
import json
import random
import signal
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from child import CALL, COMMIT
from lives import Lives
from running import DEADLINE, harken
from slack_double import SlackDouble
from test_crash import KILLS, MANY, SEED
from world import until

CONFIG = """
state = "{state}"

[brand]
name = "Acme"
aliases = ["acme"]

[slack]
base_url = "{slack}"
timeout = "1s"

[incident]
enabled = true

[[source]]
name = "desk-file"
kind = "file"
every = "1s"
path = "{file}"

[[policy]]
name = "standard"
reply_within = {{ low = "2h", normal = "2h", high = "2h", crisis = "2h" }}
  [[policy.step]]
  at = "0m"
  to = ["#care"]
"""
WORDS = ("listen", "wanted", "lease", "settle", "shown", "incidents")
"""The units of work on a storm's way."""
CALLS = ("post page", "update")
POINTS = [f"{label}: {when}" for label in WORDS for when in COMMIT] + [
    f"{one}: {when}" for one in CALLS for when in CALL
]
BILLED = "Acme charged me twice for order {n} and nobody answers. This is unacceptable."
BURNT = "Acme charged me twice and your product caught fire, my child was burned, I am calling my lawyer"
FIRST, THEN, AFTER = 16, 24, 36
"""Complaints when it begins, while it lasts, and after the death: so many in all by then."""
PATIENCE = 8.0
FEW = 6
MEMBERS = AFTER


def say(file: Path, numbers: range) -> None:
    with file.open("a", encoding="utf-8") as lines:
        for number in numbers:
            text = BURNT if number == 0 else BILLED.format(n=number)
            about = {"source": "desk", "id": f"p{number}", "thread": f"t{number}", "text": text}
            about |= {"author": f"sample_customer_{number:05}", "posted_at": datetime.now(UTC).isoformat()}
            lines.write(json.dumps(about) + "\n")


def ask(state: Path, sql: str) -> list[tuple[Any, ...]]:
    if not state.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"{state.as_uri()}?mode=ro", uri=True)) as db:
        try:
            return db.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []


def right(state: Path) -> bool:
    """Whether there is nothing left to do."""
    return (
        ask(state, "select count(*) from member") == [(MEMBERS,)]
        and ask(state, "select count(*) from page where outcome is null") == [(0,)]
        and ask(state, "select count(*) from message where stale = 1") == [(0,)]
    )


def storm(folder: Path, lives: Lives, point: str) -> bool:
    """One storm, in which the process dies at ``point`` once. Returns whether it came by there."""
    folder.mkdir()
    state, file, config = folder / "harken.db", folder / "desk.jsonl", folder / "harken.toml"
    with SlackDouble(channels=("care", "harken-ops")) as slack:
        config.write_text(CONFIG.format(state=state, slack=slack.base_url, file=file))
        say(file, range(FIRST))
        first = lives.start("run", "--config", str(config), at=[point])
        # What shows that more have joined, or that somebody has it, is done only once there is a message.
        until(lambda: first.over() or bool(ask(state, "select 1 from message")), PATIENCE)
        say(file, range(FIRST, THEN))
        if point.startswith("incidents") and not first.over():
            name = ask(state, "select id from incident")[0][0]
            assert harken("incidents", "ack", name, "--config", config, "--by", "sam").returncode == 0
        met = first.over(PATIENCE)
        first.signal(signal.SIGKILL)
        assert first.over(DEADLINE)
        say(file, range(THEN, AFTER))
        last = lives.start("run", "--config", str(config))
        assert until(lambda: right(state), 60), (point, ask(state, "select outcome, count(*) from page group by 1"))
        last.signal(signal.SIGTERM)
        assert last.over(DEADLINE)
        check(state, slack, point)
    return met


def check(state: Path, slack: SlackDouble, point: str) -> None:
    assert ask(state, "select count(*) from mention") == [(MEMBERS,)], point
    assert ask(state, "select count(*) from incident") == [(1,)], point
    assert ask(state, "select count(*) from \"case\" where status = 'waiting'") == [(MEMBERS,)], point
    own = 'select outcome, count(*) from page where "case" {} (select id from incident) group by 1'
    assert dict(ask(state, own.format("in"))) == {"sent": 1}, point
    # Only the crisis is paged about on its own.
    assert dict(ask(state, own.format("not in"))) == {"joined": MEMBERS - 1, "sent": 1}, point
    copies = Counter(
        call.args["metadata"]["event_payload"]["delivery"]
        for call in slack.made("chat.postMessage")
        if call.accepted and "metadata" in call.args
    )
    assert len(copies) == 2, point
    assert max(copies.values()) <= 2, point
    shown = [one for one in slack.shows("care") if "Incident" in one.text]
    assert any(f"{MEMBERS} customers" in repr(one.blocks) for one in shown), point
    assert slack.unexpected == [], point


@pytest.mark.timeout(1200)
def test_killed_at_each_point_of_a_storms_way_there_is_one_incident_and_nothing_is_lost(tmp_path: Path) -> None:
    met, points = set(), POINTS if KILLS >= MANY else random.Random(SEED).sample(POINTS, FEW)
    with Lives() as lives:
        for number, point in enumerate(points):
            if storm(tmp_path / str(number), lives, point):
                met.add(point)
    assert met == set(points)
