"""Debriefs: what happened with its facts, the questions, and what is to change."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk import CUSTOMER, DESK, NOON, opened, post
from test_report import LADDER

from monitor.cli import harken
from monitor.store import incidents
from rules.mistakes import Mistakes
from rules.model import Act

BILLED = "@sample you charged me twice for my order, I want my money back"
STORM = LADDER + "[incident]\nenabled = true\n"


def run(folder: Path, *args: str) -> str:
    done = CliRunner().invoke(
        harken, ["debrief", *args, "--config", str(folder / "harken.toml")], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(folder: Path, *args: str) -> str:
    with pytest.raises(Mistakes) as mistakes:
        run(folder, *args)
    return str(mistakes.value.all[0])


@pytest.fixture
def case(tmp_path: Path) -> str:
    """A case that was taken, chased and answered late."""
    with opened(tmp_path, LADDER) as told:
        told.hear(post("a", 0, "@sample my *parcel* is lost, nobody answers, I want my money back\n# now"))
        told.at(5)
        told.line.act(Act("ack", "sample_colleague", told.clock.now, "asking the depot"), ("x", "t"), CUSTOMER, "slack")
        told.at(60)
        told.hear(post("b", 60, "@sample any news? still waiting"))
        told.at(24 * 60)
        told.hear(post("r", 24 * 60, "Sorry, your refund is on its way", by=DESK, to="b"))
        told.at(24 * 60)
        return told.case().id


def test_a_debrief_tells_what_happened_in_order_with_its_facts(tmp_path: Path, case: str) -> None:
    said = run(tmp_path, case)
    assert said.startswith(f"# Debrief of case {case}\n")
    assert re.search(r"first answer: answered by SampleHelp after 1 d, .* late", said)
    assert "asked again: 1 of 1 times they waited" in said
    times = re.findall(r"^\* (2026-\d\d-\d\d \d\d:\d\d) ", said, re.MULTILINE)
    assert times == sorted(times)
    for part in ("page to \\#care, sent", "acked: sample\\_colleague has it", "noted with ack: asking the depot"):
        assert part in said, part


def test_words_of_others_stay_words_in_a_debrief(tmp_path: Path, case: str) -> None:
    said = run(tmp_path, case)
    assert "my \\*parcel\\* is lost" in said
    assert "\n# now" not in said


def test_a_debrief_asks_for_the_cause_and_says_what_is_known_of_recurrence(tmp_path: Path, case: str) -> None:
    said = run(tmp_path, "show", case)
    causes = re.findall(r"^- \[ \] (.*?):", said, re.MULTILINE)
    assert causes == [
        "a rule was not followed",
        "a rule was not understood",
        "it was not foreseen",
        "the process itself leads there",
    ]
    assert re.search(r"1 person in 1 of the 6 weeks known: one-off", said)


def test_an_incident_is_debriefed_with_its_customers(tmp_path: Path) -> None:
    with opened(tmp_path, STORM) as told:
        for number in range(12):
            told.hear(post(f"a{number}", 0, BILLED, by=f"sample_{number}", thread=f"t{number}"))
        told.at(3)
        told.hear(post("r0", 3, "We are on it", by=DESK, to="a0", thread="t0"))
        told.at(4)
        with told.store.read() as db:
            (incident,) = incidents.every(db)
    said = run(tmp_path, incident.id)
    assert said.startswith(f"# Debrief of incident {incident.id}\n")
    assert "customers: 12, of whom 11 still wait" in said
    assert "first reply, median: 3 min" in said
    assert all(f"sample\\_{number} is waiting" in said for number in range(12))


def test_an_action_is_added_listed_and_done_once(tmp_path: Path, case: str) -> None:
    assert run(tmp_path, "action", "list") == "nothing is to be done\n"
    added = run(
        tmp_path, "action", "add", case[:6], "answer at weekends", "--who", "lee", "--due", "2026-04-01", "--by", "kim"
    )
    assert added == f"noted: 1 ({case}) answer at weekends, lee by 2026-04-01\n"
    run(tmp_path, "action", "add", case, "tell the depot", "--by", "kim")
    listed = run(tmp_path, "action", "list", case)
    assert listed.index("answer at weekends") < listed.index("tell the depot")
    assert "late" in listed
    assert "- [ ] 1: answer at weekends, lee, by 2026-04-01" in run(tmp_path, case)
    run(tmp_path, "action", "done", "1", "--by", "lee", "--note", "rota changed")
    assert "answer at weekends" not in run(tmp_path, "action", "list")
    (first, second) = map(json.loads, run(tmp_path, "action", "list", "--all", "--jsonl").splitlines())
    assert (first["id"], second["done_by"], second["note"]) == (2, "lee", "rota changed")
    assert "was done on" in refused(tmp_path, "action", "done", "1")
    assert re.search(r"- \[x\] 1: .* done 20\d\d", run(tmp_path, case))


def test_what_nobody_knows_is_told_with_what_to_do(tmp_path: Path, case: str) -> None:
    assert "names no case and no incident" in refused(tmp_path, "ffffffff00")
    assert "names no case and no incident" in refused(tmp_path, "action", "add", "i-0000", "anything")
    assert "no action has this number" in refused(tmp_path, "action", "done", "7")
    assert "says nothing" in refused(tmp_path, "action", "add", case, " ")


def test_a_debrief_somebody_may_have_written_in_is_not_overwritten(tmp_path: Path, case: str) -> None:
    out = tmp_path / "debrief.md"
    run(tmp_path, case, "--out", str(out))
    out.write_text(out.read_text() + "It was the depot.")
    assert "exists already" in refused(tmp_path, case, "--out", str(out))
    assert out.read_text().endswith("It was the depot.")


def test_an_action_is_late_the_day_after_it_was_due() -> None:
    from monitor.store.debriefs import Action  # noqa: PLC0415 - only needed here

    action = Action(1, "c", "w", "lee", date(2026, 3, 2), "kim", NOON)
    assert [action.late(date(2026, 3, day)) for day in (1, 2, 3)] == [False, False, True]
