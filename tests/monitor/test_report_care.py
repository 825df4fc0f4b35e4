"""The report's medians held against arithmetic of this file's own, on recorded conversations where they are at hand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import load
from monitor.history import read
from monitor.rehearse import Rehearsal
from monitor.report.gather import Scope, facts
from monitor.setup import Setup, setup
from rules.model import Kind, Mention, Severity, Verdict
from rules.report.values import Report
from rules.report.whole import report

DATA = Path(__file__).parents[3] / "shared" / "data" / "conversations"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/conversations, which is not here")
ASKS = Verdict(Kind.COMPLAINT, Severity.NORMAL, 1.0, "en")


@pytest.fixture(scope="module")
def lines() -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / "care.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def accounts() -> set[str]:
    return {handle.lower() for handle in (DATA / "responders.txt").read_text().split()}


def reported(folder: Path, accounts: set[str], given: Mapping[tuple[str, str], Verdict]) -> tuple[Report, Rehearsal]:
    handles = ", ".join(f'"{handle}"' for handle in sorted(accounts))
    file = folder / "harken.toml"
    file.write_text(f'[brand]\nname = "Sample"\nresponders = {{ x = [{handles}] }}\n', encoding="utf-8")
    made: Setup = replace(setup(load(file)), given=given)
    with (DATA / "care.jsonl").open("rb") as history:
        entries = read(history, "care.jsonl")
    rehearsal = Rehearsal(made, entries)
    began = min(one.posted_at for one in entries if isinstance(one, Mention))
    for _ in rehearsal.play():
        pass
    scope = Scope(began, rehearsal.until, "UTC", rehearsed=True)
    with rehearsal.store.read() as db:
        return report(facts(db, made, scope)), rehearsal


def answer_times(lines: list[dict[str, str]], accounts: set[str], openers: set[str]) -> dict[str, timedelta]:
    """Opening post -> time to the first reply of an account to a post of its author in its thread, from then on.

    Sound where every reply names what it answers, and an account answers no post of its own: both are asserted.
    """
    by_id = {line["id"]: line for line in lines}
    times = {}
    for opener in openers:
        post = by_id[opener]
        asked_at = datetime.fromisoformat(post["posted_at"])
        for line in lines:
            if line["thread"] != post["thread"] or line["author"].lower() not in accounts:
                continue
            assert by_id[line["reply_to"]]["author"].lower() not in accounts
            took = datetime.fromisoformat(line["posted_at"]) - asked_at
            if by_id[line["reply_to"]]["author"] == post["author"] and took >= timedelta():
                times[opener] = min(took, times.get(opener, took))
    return times


def middle(times: list[timedelta]) -> timedelta:
    ordered = sorted(time.total_seconds() for time in times)
    half = len(ordered) // 2
    return timedelta(seconds=ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def test_where_every_customer_asks_the_median_is_that_of_the_file_alone(
    tmp_path: Path, lines: list[dict[str, str]], accounts: set[str]
) -> None:
    given = {("x", line["id"]): ASKS for line in lines if line["author"].lower() not in accounts}
    first: dict[tuple[str, str], str] = {}
    for line in sorted(lines, key=lambda each: (datetime.fromisoformat(each["posted_at"]), each["id"])):
        if line["author"].lower() not in accounts:
            first.setdefault((line["thread"], line["author"]), line["id"])
    times = answer_times(lines, accounts, set(first.values()))
    made, rehearsal = reported(tmp_path, accounts, given)
    rehearsal.close()
    assert (made.figure("heard").value, made.figure("answered").value) == (len(first), len(times))
    assert made.figure("first_reply").value == middle(list(times.values()))
    assert made.figure("unanswered").value == len(first) - len(times)


def test_where_the_rules_say_who_asks_the_medians_are_those_of_the_file(
    tmp_path: Path, lines: list[dict[str, str]], accounts: set[str]
) -> None:
    made, rehearsal = reported(tmp_path, accounts, {})
    opened = {record.mention or "" for record in rehearsal.records() if record.what == "opened"}
    rehearsal.close()
    times = answer_times(lines, accounts, opened)
    assert made.figure("heard").value == len(opened) > 900
    assert made.figure("first_reply").value == middle(list(times.values()))
    by_id = {line["id"]: line for line in lines}
    for row in made.table("first_reply_by_hour").rows:
        hour = [took for post, took in times.items() if by_id[post]["posted_at"][11:13] == row.label[:2]]
        assert row.values[0] == middle(hour), row.label
