"""Many customers at once, one cause: one incident, and calm. On a virtual clock, through the real line."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import DESK, LADDER, NOON, Desk, made, opened, post
from slack_blocks import faults, markup

from monitor import storm
from monitor.cli import run
from monitor.rehearse import Rehearsal
from monitor.store import cases, incidents, pages
from monitor.store.pages import PageRow
from rules.model import Act, Mention, Status

BILLED = "@sample you charged me twice for my order, I want my money back https://sample.example/pay"
ON = f"[incident]\nenabled = true\n{LADDER}"
CRISIS = "@sample you charged me twice and your product caught fire, my child was burned, I am calling my lawyer"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path, ON) as it:
        yield it


def complaint(number: int, minutes: float, text: str = BILLED) -> Mention:
    return post(f"p{number}", minutes, text, by=f"sample_customer_{number:04}", thread=f"t{number}")


def storm_of(desk: Desk, count: int, minutes: float = 5, polls: int = 50) -> None:
    """``count`` complaints spread over some minutes, heard poll by poll."""
    step = minutes / polls
    for poll in range(polls):
        numbers = range(poll * count // polls, (poll + 1) * count // polls)
        desk.clock.now = NOON + timedelta(minutes=(poll + 1) * step)
        desk.hear(*(complaint(n, poll * step, CRISIS if n == count - 1 else BILLED) for n in numbers))
        at(desk, (poll + 1) * step)


def at(desk: Desk, minutes: float) -> None:
    """Let the clock run, and send all that may be sent."""
    desk.at(minutes)
    while desk.line.outbox.waiting():
        desk.line.deliver()


def owed(desk: Desk) -> list[PageRow]:
    with desk.store.read() as db:
        return [page for row in cases.every(db) for page in pages.of_case(db, row.id)]


def running(desk: Desk) -> list[str]:
    with desk.store.read() as db:
        return [incident.id for incident in incidents.every(db, running=True)]


def said(desk: Desk, number: int = 0) -> str:
    """All of an incident's message."""
    found = [one for one in desk.local.posts if one.delivery and "Incident" in str(one.message.blocks)]
    return str(found[number].message.blocks)


def test_a_thousand_complaints_in_five_minutes_are_one_incident_and_at_most_twenty_other_messages(desk: Desk) -> None:
    storm_of(desk, 1000)
    at(desk, 90)
    assert len(running(desk)) == 1
    sent = [one for one in desk.local.posts if one.visible]
    about_it = [one for one in sent if "Incident" in one.message.text or "Calmer" in one.message.text]
    assert about_it
    assert len(sent) - 1 <= 20
    times = sorted(one.at for one in sent)
    for start in times:
        assert sum(start <= at < start + timedelta(minutes=1) for at in times) <= 20


def test_the_worst_are_listed_first_and_a_crisis_keeps_its_own_ladder(desk: Desk) -> None:
    storm_of(desk, 100)
    at(desk, 10)
    with desk.store.read() as db:
        worst = incidents.waiting(db, running(desk)[0], 5)
        crisis = pages.of_case(db, worst[0].case)
    assert worst[0].author == "sample_customer_0099"
    assert [page.outcome for page in crisis] == ["sent"]
    assert said(desk).index("sample_customer_0099") < said(desk).index("sample_customer_0001 on")


def test_owed_pages_of_members_settle_as_joined_and_their_clocks_run_on(desk: Desk) -> None:
    storm_of(desk, 100)
    at(desk, 90)
    outcomes = {page.outcome for page in owed(desk)}
    assert outcomes <= {"sent", "joined"}
    with desk.store.read() as db:
        rows = cases.every(db)
    assert all(row.status is Status.WAITING for row in rows)
    assert all(row.deadline is not None for row in rows)


def test_nine_customers_are_no_incident(desk: Desk) -> None:
    storm_of(desk, 9)
    at(desk, 6)
    assert running(desk) == []
    assert len(desk.shown()) == 9


def test_ten_posts_of_one_customer_are_no_incident(desk: Desk) -> None:
    desk.hear(*(post(f"p{n}", 0, BILLED, thread=f"t{n}") for n in range(12)))
    assert running(desk) == []


def test_an_answered_member_is_held_no_more(desk: Desk) -> None:
    storm_of(desk, 50)
    desk.clock.now = NOON + timedelta(minutes=6)
    desk.hear(post("a", 6, "We are sorry", by=DESK, to="p3", thread="t3"))
    desk.clock.now = NOON + timedelta(minutes=60)
    desk.hear(post("again", 60, "@sample nobody helps, you still owe me money", by="sample_customer_0003", thread="t3"))
    at(desk, 61)
    with desk.store.read() as db:
        row = next(row for row in cases.every(db) if row.thread == "t3")
        latest = pages.of_case(db, row.id)[-1]
    assert (latest.silence, latest.outcome) == ("a", "sent")


def test_an_incident_becomes_calm_and_is_over_once_everybody_is_answered(desk: Desk) -> None:
    storm_of(desk, 50)
    at(desk, 26)
    with desk.store.read() as db:
        (calm,) = incidents.every(db)
    assert calm.calm is not None
    assert calm.calm <= NOON + timedelta(minutes=25)
    assert calm.over is None
    with desk.store.write("answered all") as db:
        act = Act("answered", "sample_agent_01", desk.clock(), "posted a statement")
        assert len(storm.answered_all(db, calm.id, act, "terminal")) == 50
    at(desk, 27)
    assert running(desk) == []
    assert "Over" in said(desk)
    with desk.store.read() as db:
        assert {row.status for row in cases.every(db)} == {Status.RESTING}


def test_its_own_page_repeats_while_somebody_waits_and_at_last_the_operators_hear(desk: Desk) -> None:
    storm_of(desk, 50)
    for minutes in range(10, 200, 10):
        at(desk, minutes)
    with desk.store.read() as db:
        own = pages.of_case(db, running(desk)[0])
    assert [(page.step, page.recipient) for page in own] == [
        *((step, "#care") for step in range(4)),
        (4, "#harken-ops"),
    ]


def test_an_incident_says_what_it_is_likely_about_and_drafts_a_first_word(desk: Desk) -> None:
    storm_of(desk, 50)
    shown = said(desk)
    assert "charged" in shown
    assert "https://sample.example/pay" in shown
    assert "sample_customer_0000" in shown
    assert "trouble with billing" in shown


def test_without_being_switched_off_there_are_incidents(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        storm_of(desk, 30)
        assert len(running(desk)) == 1


def test_switched_off_every_case_is_on_its_own(tmp_path: Path) -> None:
    with opened(tmp_path, f"[incident]\nenabled = false\n{LADDER}") as desk:
        storm_of(desk, 30)
        assert running(desk) == []
        assert len(desk.shown()) == 30


def test_a_second_topic_of_the_same_posts_begins_no_second_incident(desk: Desk) -> None:
    storm_of(desk, 100)
    with desk.store.read() as db:
        assert len(incidents.every(db)) == 1


def test_its_message_is_within_the_limits_of_slack_whatever_people_write(desk: Desk) -> None:
    nasty = f"{BILLED} <!channel> <https://evil.example|x> " + "w" * 5000
    desk.hear(*(complaint(n, 0, nasty) for n in range(40)))
    at(desk, 1)
    shown = next(one.message for one in desk.local.posts if "Incident" in one.message.text)
    assert faults(shown.blocks) == []
    assert all("<!channel>" not in text for text in markup(shown.blocks, shown.text))


def test_a_rehearsal_tells_of_incidents(tmp_path: Path) -> None:
    rehearsal = Rehearsal(made(tmp_path, ON), [complaint(n, n / 10) for n in range(30)], NOON + timedelta(hours=2))
    for _ in rehearsal.play():
        pass
    told = [(record.what, record.case[:2]) for record in rehearsal.records() if record.case.startswith("i-")]
    rehearsal.close()
    assert told.count(("incident", "i-")) == 2
    assert ("paged", "i-") in told


class TestTerminal:
    @pytest.fixture(autouse=True)
    def here(self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_an_incident_is_listed_and_a_person_decides_that_a_statement_answers_everybody(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["incidents", "list"]) == 0
        assert capsys.readouterr().out == "there is no incident\n"
        storm_of(desk, 30)
        (incident,) = running(desk)
        assert run(["incidents", "list"]) == 0
        listed = capsys.readouterr().out
        assert listed.startswith(f"{incident}  ")
        assert "30 customers, 30 still wait" in listed
        assert run(["incidents", "answered", incident[:5], "--by", "sam", "--note", "our statement"]) == 0
        assert f"noted: 30 customers of {incident}" in capsys.readouterr().out
        at(desk, 10)
        with desk.store.read() as db:
            assert cases.count_by_status(db) == {Status.RESTING: 30}
            assert incidents.count(db, incident) == (30, 0)

    @pytest.mark.parametrize("name", ["", "i-nothing"])
    def test_an_incident_that_is_not_there_is_bad_input(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["incidents", "answered", name]) == 2
        assert "names no incident" in capsys.readouterr().err
