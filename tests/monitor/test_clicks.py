"""Buttons and commands, with the real SDK's sockets against a local Slack and a real line behind them."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import slack_double as double
from desk import CUSTOMER, LADDER, NOON, Desk, post
from slack_double import SlackDouble

from monitor.actors import Actors
from monitor.clicks import Clicks
from monitor.config import load
from monitor.setup import setup
from monitor.slack.client import WebSlack
from monitor.slack.socket import Sockets
from monitor.store import cases, posts, quiets
from monitor.store.sqlite import open_writer
from rules.model import Act, Span, Status

PEOPLE = {"sam@example.org": "U0SAM", "kim@example.org": "U0KIM", "guest@example.org": "U0GUEST"}
CONFIG = f"""
[brand]
name = "Sample"
zone = "Europe/Berlin"
aliases = ["sample"]
responders = {{ x = ["SampleHelp"] }}
{LADDER}
[slack]
app_token_env = "HARKEN_TEST_APP"
allow = ["S0CARE"]

[[person]]
name = "sam"
slack = "sam@example.org"

[[source]]
name = "sample-x"
kind = "file"
path = "x.jsonl"
"""


class Office:
    """A desk whose cases are in a local Slack, with sockets open."""

    def __init__(self, folder: Path, local: SlackDouble, *, more: str = "") -> None:
        file = folder / "harken.toml"
        file.write_text(CONFIG + more, encoding="utf-8")
        config = load(file)
        self.local = local
        self.slack = WebSlack(double.TOKEN, local.base_url)
        self.desk = Desk(open_writer(folder / "harken.db", "a test"), setup(config), self.slack)
        line = self.desk.line
        actors = Actors(self.slack, lambda: config, line.clock)
        self.clicks = Clicks(line, self.slack, lambda: config, actors)
        self.sockets = Sockets(double.APP_TOKEN, local.base_url, self.clicks.take)

    def case(self) -> str:
        """A case whose message is there."""
        self.desk.hear(post("1"))
        self.desk.at(0)
        return self.desk.case().id

    def click(self, what: str, choice: str = "", *, by: str = "U0SAM", case: str | None = None) -> None:
        """What Slack sends for a click, taken in at once."""
        self.clicks.take("interactive", self.payload(what, choice, by=by, case=case))

    def payload(self, what: str, choice: str = "", *, by: str = "U0SAM", case: str | None = None) -> dict[str, Any]:
        action: dict[str, Any] = {"action_id": what, "block_id": f"case:{case or self.desk.case().id}"}
        if what == "assign":
            action["selected_user"] = choice
        elif choice:
            action["selected_option"] = {"value": choice, "text": {"type": "plain_text", "text": "x"}}
        channel = {"id": self.local.named("care").id}
        return {"type": "block_actions", "user": {"id": by}, "channel": channel, "actions": [action]}

    def says(self, words: str, by: str = "U0SAM") -> str:
        """What ``/harken words`` answers."""
        command = {"command": "/harken", "text": words, "user_id": by, "channel_id": self.local.named("care").id}
        self.clicks.take("slash_commands", command)
        return repr(self.local.whispers[-1])

    def acts(self) -> list[Act]:
        with self.desk.store.read() as db:
            return posts.acts(db, ("x", "t")).get(CUSTOMER, [])

    def told(self) -> str:
        """What who clicked was told last."""
        return repr(self.local.whispers[-1][2:]) if self.local.whispers else ""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with SlackDouble(people=dict(PEOPLE), channels=("care", "bosses", "harken-ops")) as local:
        local.groups["S0CARE"] = {"U0KIM"}
        made = Office(tmp_path, local)
        yield made
        made.sockets.close()
        made.desk.store.close()
        local.check()


class TestSockets:
    def test_two_sockets_are_opened_and_a_click_becomes_a_fact(self, office: Office) -> None:
        case = office.case()
        office.sockets.start()
        office.local.wait_for(lambda: office.local.linked == 2)
        envelope = office.local.push("interactive", office.payload("take", case=case))
        office.local.wait_for(lambda: envelope in office.local.acks)
        office.local.wait_for(office.acts)
        assert [(act.act, act.by) for act in office.acts()] == [("ack", "sam")]

    def test_an_envelope_that_comes_twice_is_taken_once(self, office: Office) -> None:
        case = office.case()
        taken: list[str] = []
        sockets = Sockets(double.APP_TOKEN, office.local.base_url, lambda kind, _payload: taken.append(kind))
        sockets.start()
        office.local.wait_for(lambda: office.local.linked == 2)
        office.local.push("interactive", office.payload("take", case=case), envelope="the same")
        office.local.push("interactive", office.payload("take", case=case), envelope="the same")
        last = office.local.push("slash_commands", {})
        office.local.wait_for(lambda: last in office.local.acks and "slash_commands" in taken)
        sockets.close()
        assert taken == ["interactive", "slash_commands"]
        office.local.forgive()

    def test_a_socket_that_drops_is_opened_again(self, office: Office) -> None:
        office.sockets.start()
        office.local.wait_for(lambda: office.local.linked == 2)
        office.local.hang_up()
        office.local.wait_for(lambda: office.local.linked == 2, 30)
        office.case()
        envelope = office.local.push("interactive", office.payload("take"))
        office.local.wait_for(lambda: envelope in office.local.acks)

    def test_an_app_token_that_slack_refuses_stops_nothing_else(self, office: Office) -> None:
        sockets = Sockets("xapp-wrong", office.local.base_url, lambda _kind, _payload: None)
        sockets.start()
        office.local.wait_for(lambda: any(call.method == "apps.connections.open" for call in office.local.calls))
        assert sockets.open == 0
        sockets.close()
        office.local.forgive()


ACTS = [
    ("take", "", Act("ack", "sam", NOON)),
    ("answered", "phone", Act("answered", "sam", NOON, "by phone")),
    ("answered", "private", Act("answered", "sam", NOON, "in private")),
    ("dismiss", "", Act("dismiss", "sam", NOON)),
    ("more", "raise", Act("raise", "sam", NOON)),
    ("more", "30m", Act("snooze", "sam", NOON, until=NOON.replace(minute=30))),
    ("more", "tomorrow", Act("snooze", "sam", NOON, until=NOON.replace(day=3, hour=8))),
    ("assign", "U0KIM", Act("assign", "sam", NOON, to="U0KIM")),
]


class TestClicks:
    @pytest.mark.parametrize(("what", "choice", "act"), ACTS)
    def test_each_control_is_one_fact_with_who_and_when(self, office: Office, what: str, choice: str, act: Act) -> None:
        office.case()
        office.click(what, choice)
        assert office.acts() == [act]
        assert office.local.whispers == []

    def test_the_message_follows_and_the_button_turns(self, office: Office) -> None:
        office.case()
        message = next(iter(office.local.named("care").messages.values()))
        assert "I'm on it" in repr(message.blocks)
        office.click("take")
        office.desk.at(1)
        assert "sam has it" in repr(message.blocks)
        assert "Give it back" in repr(message.blocks)
        office.click("answered", "elsewhere")
        office.desk.at(2)
        assert office.desk.case().status is Status.RESTING
        assert "I'm on it" not in repr(message.blocks)
        assert "Resolved ..." in repr(message.blocks)

    def test_where_the_cases_own_message_is_not_there_as_in_a_digest_who_clicked_is_told_that_it_is_noted(
        self, office: Office
    ) -> None:
        office.desk.hear(post("1"))
        office.click("take")
        assert [act.act for act in office.acts()] == ["ack"]
        assert "Noted. A digest shows how things stood when it was sent." in office.told()

    @pytest.mark.parametrize(("choice", "days", "said"), [("mute1d", 1, "1 d"), ("mute7d", 7, "7 d")])
    def test_an_author_is_muted_for_a_limited_time_and_a_second_click_says_how_it_stands(
        self, office: Office, choice: str, days: int, said: str
    ) -> None:
        office.case()
        office.click("more", choice)
        with office.desk.store.read() as db:
            (row,) = quiets.running(db, NOON)
        assert (row.quiet.author, row.quiet.by, row.via) == (CUSTOMER, "sam", "slack")
        assert row.quiet.span == Span(NOON, NOON + timedelta(days=days))
        assert f"@{CUSTOMER} on x is muted for {said}" in office.told()
        office.click("more", choice)
        assert "is muted already, until" in office.told()
        office.desk.at(1)
        message = next(iter(office.local.named("care").messages.values()))
        assert "Its author is muted, by sam" in repr(message.blocks)
        assert f"{CUSTOMER} on x, from 2026-03-02 13:00" in office.says("status")

    def test_only_who_may_act_may_mute(self, office: Office) -> None:
        office.case()
        office.click("more", "mute7d", by="U0GUEST")
        with office.desk.store.read() as db:
            assert quiets.running(db, NOON) == []
        assert "only people whom Harken knows" in office.told()

    def test_a_member_of_an_allowed_group_may_act_and_anybody_else_gets_a_polite_no(self, office: Office) -> None:
        office.case()
        office.click("take", by="U0KIM")
        assert [act.by for act in office.acts()] == ["U0KIM"]
        office.click("dismiss", by="U0GUEST")
        assert len(office.acts()) == 1
        assert "only people whom Harken knows" in office.told()

    def test_two_who_tap_at_once_are_one_who_has_it_and_one_who_is_told(self, office: Office) -> None:
        office.case()
        office.click("take")
        office.click("take", by="U0KIM")
        assert [act.by for act in office.acts()] == ["sam"]
        assert "sam has it already, until 15:00" in office.told()

    def test_a_stale_click_changes_nothing_and_says_how_the_case_stands(self, office: Office) -> None:
        office.case()
        office.click("answered", "private")
        office.click("dismiss")
        assert [act.act for act in office.acts()] == ["answered"]
        assert "it is resting" in office.told()
        assert "Answered by @sam" in office.told()

    def test_nobody_can_give_back_what_nobody_has(self, office: Office) -> None:
        office.case()
        office.click("back")
        assert office.acts() == []
        assert "nothing to give back" in office.told()

    def test_giving_it_to_somebody_asks_to_whom_and_only_to_who_may_act(self, office: Office) -> None:
        office.case()
        office.click("more", "assign")
        assert "users_select" in office.told()
        office.click("assign", "U0GUEST")
        assert office.acts() == []
        assert "nobody like that" in office.told()

    def test_details_are_for_one_reader_also_of_a_case_that_is_over(self, office: Office) -> None:
        office.case()
        office.click("answered", "phone")
        office.click("more", "details")
        assert "What happened" in office.told()
        assert "answered by sam" in office.told()

    @pytest.mark.parametrize(
        "payload",
        [
            {},
            {"type": "block_actions"},
            {"type": "block_actions", "user": {"id": "U0SAM"}, "channel": {"id": "C1"}, "actions": []},
            {"type": "block_actions", "user": {"id": 7}, "channel": {"id": "C1"}, "actions": [{"action_id": "take"}]},
            {"type": "block_actions", "user": {"id": "U0SAM"}, "channel": None, "actions": [None]},
            {
                "type": "block_actions",
                "user": {"id": "U0SAM"},
                "channel": {"id": "C1"},
                "actions": [{"action_id": "take", "block_id": "case:../../etc"}],
            },
            {"type": "view_submission"},
        ],
    )
    def test_what_does_not_look_like_ours_is_nothing(self, office: Office, payload: dict[str, Any]) -> None:
        office.case()
        office.clicks.take("interactive", payload)
        office.clicks.take("events_api", payload)
        assert office.acts() == []
        assert office.local.whispers == []

    def test_a_case_that_is_not_there_is_said_to_be_unknown(self, office: Office) -> None:
        office.case()
        office.click("take", case="0123456789")
        assert "does not know this case" in office.told()


class TestCommands:
    def test_open_lists_who_waits_and_says_what_is_not_heard(self, office: Office) -> None:
        office.case()
        said = office.says("open")
        assert CUSTOMER in said
        assert "answer due in" in said
        assert "Not everything is heard" not in said

    def test_where_a_source_is_not_heard_nobody_waits_is_not_the_whole_truth(self, office: Office) -> None:
        said = office.says("open")
        assert "Nobody is waiting for an answer, as far as Harken has heard" in said
        assert "Not everything is heard: sample-x" in said

    def test_mine_is_what_i_have(self, office: Office) -> None:
        office.case()
        assert "You have taken no case" in office.says("mine")
        office.click("take")
        assert CUSTOMER in office.says("mine")
        assert "You have taken no case" in office.says("mine", by="U0KIM")

    def test_cases_are_found_by_words_and_by_customer(self, office: Office) -> None:
        office.case()
        assert CUSTOMER in office.says("find PARCEL")
        assert CUSTOMER in office.says(f"find @{CUSTOMER}")
        assert "Nothing was found" in office.says("find zebra")

    def test_one_case_is_shown_by_the_beginning_of_its_id(self, office: Office) -> None:
        case = office.case()
        assert "What happened" in office.says(f"case {case[:5]}")
        assert "Nothing was found" in office.says("case zzz")
        assert "Nothing was found" in office.says("case")

    def test_status_says_what_is_heard(self, office: Office) -> None:
        office.case()
        said = office.says("status")
        assert "1 waiting" in said
        assert "sample-x: heard up to" in said

    def test_two_cases_are_linked_by_who_may_act_and_taken_apart_again(self, office: Office) -> None:
        first = office.case()
        office.desk.hear(post("2", by="sample_customer_02", thread="u"))
        office.desk.at(0)
        with office.desk.store.read() as db:
            second = cases.of_threads(db, [("x", "u")])["x", "u"]["sample_customer_02"].id
        assert "only people whom Harken knows" in office.says(f"link {first} {second}", by="U0GUEST")
        assert f"Noted: {first} and {second} are one person's" in office.says(f"link {first[:6].upper()} {second}")
        assert "Nothing to do" in office.says(f"link {second} {first}")
        assert [(act.act, act.by, act.to) for act in office.acts()] == [("link", "sam", second)]
        assert "sample_customer_02 on x" in office.says(f"case {first}")
        assert "are not one person's" in office.says(f"unlink {first} {second}")

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ("link", "Name two cases"),
            ("unlink abc", "Name two cases"),
            ("link zzz <!channel>", "No one case is called"),
        ],
    )
    def test_a_link_that_names_no_two_cases_says_what_to_write(self, office: Office, words: str, told: str) -> None:
        office.case()
        assert told in office.says(words)
        assert office.acts() == []

    @pytest.mark.parametrize("words", ["", "help", "dance", "find"])
    def test_anything_else_says_what_there_is(self, office: Office, words: str) -> None:
        assert "open: who is waiting" in office.says(words)

    def test_hostile_words_of_a_customer_ping_nobody_in_a_list(self, office: Office) -> None:
        office.desk.hear(post("1", by="<!channel>", text="<!here> my parcel is lost, refund me now"))
        office.desk.at(0)
        assert "<!channel>" not in office.local.whispers.__repr__().replace("&lt;!channel&gt;", "")
        office.says("open")
        text, blocks = office.local.whispers[-1][2:]
        assert "<!" not in text
        assert {part["type"] for block in blocks for part in block["elements"][0]["elements"]} == {"text"}


def test_the_environment_is_not_needed_for_any_of_this() -> None:
    assert "HARKEN_TEST_APP" not in os.environ
