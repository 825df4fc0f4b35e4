"""What people do about an incident as a whole, and that what is kept of it follows from facts. On a virtual clock."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import DESK, LADDER, NOON, Desk, opened, post
from test_storm import BILLED, ON, at, complaint, running, said, storm_of

from monitor import storm, storm_clicks, surges
from monitor.cli import run
from monitor.line import Line
from monitor.slack.controls import ALL, BACK, MORE, TAKE, Click, clicked
from monitor.store import cases, incidents, pages
from rules.model import Act, Status

STATEMENT = "We know that some of you were charged twice. Nobody will lose money over it, we are on it."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path, f'{ON}\n[slack]\napp_token_env = "HARKEN_TEST_APP"\n') as it:
        yield it


def click(desk: Desk, what: str, choice: str = "", *, by: str = "sam") -> str:
    """Use a control of the only incident's message; returns what only that person is told."""
    with desk.store.read() as db:
        (incident,) = incidents.every(db)
    answer = storm_clicks.clicked(desk.line, Click("U1", "C1", incident.id, what, choice), by)
    return "" if answer is None else answer.text


def button(desk: Desk) -> dict[str, Any] | None:
    """The button that answers all, as Slack would send it back."""
    (shown,) = [one for one in desk.local.posts if one.delivery and "Incident" in str(one.message.blocks)][:1]
    actions = [each for block in shown.message.blocks if block["type"] == "actions" for each in block["elements"]]
    found = [each for each in actions if each["action_id"] == ALL]
    return found[0] if found else None


def told(desk: Desk) -> list[tuple[int, str]]:
    """Minutes after noon at which pages about the incident itself were sent, and to whom."""
    with desk.store.read() as db:
        own = pages.of_case(db, incidents.every(db)[0].id)
    return [((page.due - NOON) // timedelta(minutes=1), page.recipient) for page in own if page.outcome == "sent"]


def let_run(desk: Desk, minutes: range) -> None:
    for minute in minutes:
        at(desk, minute)


class TestTaken:
    def test_who_takes_an_incident_is_the_only_one_to_hear_of_it_until_the_lease_is_over(self, desk: Desk) -> None:
        storm_of(desk, 50)
        at(desk, 6)
        assert click(desk, TAKE) == ""
        let_run(desk, range(7, 75))
        assert told(desk) == [(1, "#care"), (56, "@sam"), (66, "@sam")]
        let_run(desk, range(75, 80))
        assert told(desk)[3:] == [(76, "#care")]

    def test_a_second_tap_changes_nothing_and_somebody_elses_is_refused(self, desk: Desk) -> None:
        storm_of(desk, 20)
        at(desk, 6)
        click(desk, TAKE)
        assert click(desk, TAKE) == ""
        assert "sam has this incident already" in click(desk, TAKE, by="kim")
        with desk.store.read() as db:
            assert len(incidents.acts(db, running(desk)[0])) == 1

    def test_given_back_it_is_paged_at_once(self, desk: Desk) -> None:
        storm_of(desk, 20)
        at(desk, 6)
        click(desk, TAKE)
        at(desk, 10)
        assert click(desk, BACK) == ""
        at(desk, 11)
        assert told(desk) == [(2, "#care"), (10, "#care")]
        assert "Nobody has it" in click(desk, BACK)

    def test_put_off_it_is_quiet_until_then(self, desk: Desk) -> None:
        storm_of(desk, 20)
        at(desk, 6)
        assert click(desk, MORE, "2h") == ""
        let_run(desk, range(7, 130, 3))
        assert told(desk) == [(2, "#care"), (126, "#care")]

    def test_its_message_says_who_has_it(self, desk: Desk) -> None:
        storm_of(desk, 20)
        at(desk, 6)
        click(desk, TAKE)
        at(desk, 8)
        assert "sam has it" in said(desk)

    def test_what_is_none_of_its_controls_does_nothing(self, desk: Desk) -> None:
        storm_of(desk, 20)
        assert click(desk, MORE, "for ever")
        assert click(desk, "dismiss")
        assert click(desk, ALL, "no time")
        with desk.store.read() as db:
            assert incidents.acts(db, running(desk)[0]) == []


class TestAnsweredAll:
    def stated(self, desk: Desk) -> None:
        storm_of(desk, 30)
        desk.clock.now = NOON + timedelta(minutes=7)
        desk.hear(post("s", 7, STATEMENT, by=DESK, thread="s"))
        at(desk, 8)

    def test_it_is_offered_once_we_have_said_something_in_public(self, desk: Desk) -> None:
        storm_of(desk, 30)
        at(desk, 6)
        assert button(desk) is None
        desk.hear(post("o", 6.5, "Our shop in the town is open again, come and see us!", by=DESK, thread="o"))
        desk.hear(post("r", 6.5, "We are sorry about the wrong charge", by=DESK, thread="t3", to="p3"))
        at(desk, 7)
        assert button(desk) is None
        desk.hear(post("s", 7, STATEMENT, by=DESK, thread="s"))
        at(desk, 8)
        assert button(desk) is not None
        assert STATEMENT in said(desk)

    def test_whom_the_person_saw_is_answered_and_who_came_since_is_not(self, desk: Desk) -> None:
        self.stated(desk)
        offered = button(desk)
        assert offered is not None
        assert "30" in offered["text"]["text"]
        desk.clock.now = NOON + timedelta(minutes=9)
        desk.hear(complaint(500, 9))
        assert click(desk, ALL, offered["value"]) == "Noted: 30 answered by you."
        assert "waits any more" in click(desk, ALL, offered["value"])
        with desk.store.read() as db:
            assert cases.count_by_status(db) == {Status.RESTING: 30, Status.WAITING: 1}
            assert incidents.count(db, running(desk)[0]) == (31, 1)

    def test_the_button_comes_back_from_slack_as_it_went(self, desk: Desk) -> None:
        self.stated(desk)
        offered = button(desk)
        assert offered is not None
        action = {"action_id": ALL, "block_id": f"incident:{running(desk)[0]}", "value": offered["value"]}
        payload = {"type": "block_actions", "user": {"id": "U0SAM"}, "channel": {"id": "C0CARE"}, "actions": [action]}
        came = clicked(payload)
        assert came == Click("U0SAM", "C0CARE", running(desk)[0], ALL, offered["value"])

    def test_once_it_is_over_a_click_is_answered_with_that(self, desk: Desk) -> None:
        self.stated(desk)
        with desk.store.write("answered all") as db:
            storm.answered_all(db, running(desk)[0], Act("answered", "sam", desk.clock()), "terminal")
        let_run(desk, range(9, 40))
        assert running(desk) == []
        assert "over" in click(desk, TAKE)
        assert "over" in click(desk, ALL, NOON.isoformat())


class TestTerminal:
    @pytest.fixture(autouse=True)
    def here(self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("monitor.clock.system", desk.clock)

    def test_taking_putting_off_and_giving_back_are_facts_of_their_own(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        storm_of(desk, 20)
        at(desk, 6)
        (incident,) = running(desk)
        assert run(["incidents", "ack", incident, "--by", "sam", "--for", "2h"]) == 0
        assert run(["incidents", "unack", incident, "--by", "sam"]) == 0
        assert run(["incidents", "snooze", incident, "--by", "sam"]) == 0
        assert "snooze for 30 min by sam" in capsys.readouterr().out
        at(desk, 8)
        with desk.store.read() as db:
            assert [(act.act, act.by) for act in incidents.acts(db, incident)] == [
                ("ack", "sam"),
                ("unack", "sam"),
                ("snooze", "sam"),
            ]
        assert "Put off" in said(desk)

    def test_only_the_cases_that_a_person_names_are_answered(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        storm_of(desk, 20)
        (incident,) = running(desk)
        with desk.store.read() as db:
            one, two = (row.id for row in cases.every(db)[:2])
        assert run(["incidents", "answered", incident, "--by", "sam", "--case", one, "--case", two]) == 0
        at(desk, 6)
        with desk.store.read() as db:
            assert incidents.count(db, incident) == (20, 18)
        assert run(["incidents", "answered", incident, "--case", one]) == 2
        assert "does not wait in" in capsys.readouterr().err
        assert run(["incidents", "show", incident]) == 0
        shown = capsys.readouterr().out
        assert "20 customers, 18 still wait, 2 answered" in shown
        assert "\nnot told yet\n" in shown
        assert shown.index("\ntold\n") < shown.index(f"{one}  ")

    def test_an_incident_that_is_over_is_neither_taken_nor_put_off(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        storm_of(desk, 20)
        (incident,) = running(desk)
        assert run(["incidents", "answered", incident, "--by", "sam"]) == 0
        let_run(desk, range(6, 40))
        assert run(["incidents", "ack", incident]) == 2
        assert "this incident is over" in capsys.readouterr().err


def everything(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """All that is kept of incidents, but for how often it changed."""
    tables = {
        "incident": "id, topic, began, noticed, needed, calm, over, announced, next_due",
        "member": '"case", silence, incident, joined, waits, ended, ended_at',
        "topic_post": "topic, at, source, thread, author, mention",
    }
    with desk.store.read() as db:
        return {
            name: [tuple(row) for row in db.execute(f"select {columns} from {name} order by {columns}")]
            for name, columns in tables.items()
        }


def a_life(desk: Desk) -> None:
    """A storm with answers, edits, deletions, late posts, somebody who asks again, and a second storm."""
    storm_of(desk, 40)
    desk.clock.now = NOON + timedelta(minutes=6)
    desk.hear(post("a1", 6, "We are sorry, it is mended", by=DESK, to="p3", thread="t3"))
    desk.hear(post("p4", 0.4, "@sample where is my parcel, it never arrived", by="sample_customer_0004", thread="t4"))
    desk.hear(gone=["p5"])
    desk.hear(complaint(700, 1))
    at(desk, 8)
    desk.clock.now = NOON + timedelta(minutes=9)
    desk.hear(post("again", 9, BILLED, by="sample_customer_0003", thread="t3"))
    let_run(desk, range(10, 60, 5))
    desk.clock.now = NOON + timedelta(minutes=60)
    desk.hear(*(complaint(1000 + n, 60) for n in range(20)))
    at(desk, 61)


class TestRebuilt:
    def test_members_and_what_posts_are_about_are_made_anew_from_facts(self, desk: Desk) -> None:
        a_life(desk)
        before = everything(desk)
        assert len(before["incident"]) == 2
        assert len(before["member"]) > 50
        with desk.store.write("a test") as db:
            incidents.forget_derived(db)
        assert everything(desk) != before
        surges.rebuild(desk.store, desk.clock(), desk.line.setup)
        assert everything(desk) == before

    def test_a_restart_in_the_middle_loses_nothing_and_begins_nothing_anew(self, desk: Desk) -> None:
        storm_of(desk, 20)
        desk.line = Line(desk.store, desk.local, desk.line.setup, desk.clock)
        desk.clock.now = NOON + timedelta(minutes=6)
        desk.hear(*(complaint(100 + n, 6) for n in range(20)))
        at(desk, 7)
        assert len(running(desk)) == 1
        with desk.store.read() as db:
            assert incidents.count(db, running(desk)[0]) == (40, 40)


def test_switched_off_in_the_middle_of_it_every_case_is_on_its_own_again(tmp_path: Path) -> None:
    with opened(tmp_path, ON) as desk:
        storm_of(desk, 20)
    with opened(tmp_path, f"[incident]\nenabled = false\n{LADDER}", slack=desk.local) as desk:
        desk.clock.now = NOON + timedelta(minutes=70)
        desk.hear()
        at(desk, 70)
        assert [page.outcome for page in desk.owed() if page.step == 1 and page.recipient == "#bosses"] == ["sent"] * 20
