"""Severities that are told together: one message at a time of the day, and nobody neglected. Through the real line."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk import DESK, NOON, Desk, made, opened, post
from slack_blocks import TOTAL, faults, markup, size
from slack_double import TOKEN, SlackDouble, drop, status

from monitor.cli import run
from monitor.line import Line
from monitor.rehearse import Rehearsal
from monitor.review import rebuild
from monitor.slack.client import WebSlack
from monitor.slack.local import LocalPost
from monitor.store import cases, digests, pages
from monitor.store.pages import PageRow
from rules.model import Act, Mention, Severity

ASKS = "@sample do you ship to Norway?"
GATHERED = """
[[policy]]
name = "calm"
digest = ["low"]
digest_at = ["15:00", "09:00"]
reply_within = { low = "4h", normal = "1h", high = "1h", crisis = "1h" }
repeats = 0
  [[policy.step]]
  at = "0m"
  to = ["#care"]
  [[policy.step]]
  at = "deadline"
  to = ["#care", "#bosses"]
"""
THREE, NINE, SECOND_THREE = 180, 21 * 60, 27 * 60
"""Minutes after Monday noon: 15:00, 9:00 the next day, 15:00 the next day."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path, GATHERED) as it:
        yield it


def asks(number: int, minutes: float, text: str = ASKS) -> Mention:
    return post(f"p{number}", minutes, text, by=f"sample_customer_{number:02}", thread=f"t{number}")


def hear(desk: Desk, minutes: float, *mentions: Mention) -> None:
    desk.clock.now = NOON + timedelta(minutes=minutes)
    desk.hear(*mentions)


def sent(desk: Desk) -> list[PageRow]:
    """Every digest that was sent, as they fell due."""
    with desk.store.read() as db:
        return [page for page in pages.every_settled(db, "sent") if digests.named(page.case or "")]


def said(shown: LocalPost) -> str:
    return str(shown.message.blocks)


def test_at_its_time_one_message_lists_everybody_and_nobody_is_paged_before(desk: Desk) -> None:
    for number, minutes in ((1, 0), (2, 30), (3, 60)):
        hear(desk, minutes, asks(number, minutes))
        desk.at(minutes)
    desk.at(THREE - 1)
    assert desk.shown() == []
    desk.at(THREE)
    (shown,) = desk.shown()
    assert shown.message.text == "📋 3 customers of Sample wait for an answer"
    assert said(shown).index("sample_customer_01") < said(shown).index("sample_customer_03")
    assert "waiting 3 h, answer due in 1 h" in said(shown)
    assert desk.owed() == []


def test_a_case_is_in_every_digest_until_it_is_answered(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0), asks(2, 0))
    desk.at(THREE)
    desk.at(NINE)
    hear(desk, NINE + 5, post("a", NINE + 5, "Yes, we do", by=DESK, to="p1", thread="t1"))
    desk.at(SECOND_THREE)
    care = desk.shown()
    assert ["sample_customer_01" in said(one) for one in care] == [True, True, False]
    assert ["sample_customer_02" in said(one) for one in care] == [True, True, True]
    hear(desk, SECOND_THREE + 5, post("b", SECOND_THREE + 5, "Yes", by=DESK, to="p2", thread="t2"))
    desk.at(SECOND_THREE + 24 * 60)
    assert len(desk.shown()) == 3


def test_whoever_the_ladder_has_reached_by_then_gets_one(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0))
    desk.at(THREE)
    assert desk.shown("#bosses") == []
    desk.at(NINE)
    assert [len(desk.shown(channel)) for channel in ("#care", "#bosses")] == [2, 1]
    assert "17 h overdue" in said(desk.shown("#bosses")[0])


def test_a_raised_severity_leaves_the_digest_and_pages_at_once(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0), asks(2, 0))
    desk.at(10)
    with desk.store.read() as db:
        row = next(row for row in cases.every(db) if row.thread == "t1")
    desk.line.act(Act("raise", "sample_agent_01", desk.clock()), row.thread_key, row.author, "terminal")
    desk.line.deliver()
    assert [(page.step, page.due, page.outcome) for page in desk.owed()] == [(0, NOON + timedelta(minutes=10), "sent")]
    desk.at(THREE)
    digest = desk.shown()[-1]
    assert "sample_customer_02" in said(digest)
    assert "sample_customer_01" not in said(digest)


def test_a_customer_who_asks_again_is_worse_and_is_paged_about(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0))
    desk.at(THREE)
    hear(desk, THREE + 60, replace(asks(1, THREE + 60, "@sample hello?? still waiting for an answer"), id="again"))
    desk.at(THREE + 60)
    paged = sorted((page.recipient, page.step, page.outcome) for page in desk.owed())
    assert paged == [("#bosses", 1, "sent"), ("#care", 0, "overtaken"), ("#care", 1, "sent")]


def test_where_everybody_is_answered_there_is_no_digest(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0))
    hear(desk, 60, post("a", 60, "Yes, we do", by=DESK, to="p1", thread="t1"))
    desk.at(THREE)
    assert desk.shown() == []


def test_answered_at_the_very_instant_of_the_digest_is_answered(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0))
    hear(desk, THREE, post("a", THREE, "Yes, we do", by=DESK, to="p1", thread="t1"))
    desk.at(THREE)
    assert desk.shown() == []


def test_what_was_slept_through_is_one_digest(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0))
    desk.at(SECOND_THREE + 30)
    assert [page.due for page in sent(desk) if page.recipient == "#care"] == [NOON + timedelta(minutes=SECOND_THREE)]


def test_who_is_heard_late_brings_no_digest_out_of_its_time(desk: Desk) -> None:
    hear(desk, THREE + 300, asks(1, 0))
    desk.at(THREE + 300)
    assert desk.shown() == []
    desk.at(NINE)
    assert len(desk.shown()) == 1


def test_digests_go_out_within_the_hours_only(tmp_path: Path) -> None:
    week = '[[hours]]\nname = "desk"\nzone = "Europe/Berlin"\nweek = { mon = ["08:00-18:00"], tue = ["14:00-18:00"] }\n'
    with opened(tmp_path, GATHERED.replace('name = "calm"', 'name = "calm"\nhours = "desk"') + week) as desk:
        hear(desk, 0, asks(1, 0))
        for minutes in range(0, 30 * 60, 30):
            desk.at(minutes)
        due = [page.due for page in sent(desk) if page.recipient == "#care"]
    assert due == [NOON + timedelta(minutes=minutes) for minutes in (120, 26 * 60)]


def test_a_taken_case_stays_in_the_digest_and_says_who_has_it(desk: Desk) -> None:
    hear(desk, 0, asks(1, 0))
    row = desk.case()
    desk.at(5)
    desk.line.act(Act("ack", "sample_agent_01", desk.clock()), row.thread_key, row.author, "terminal")
    desk.at(THREE)
    assert "sample_agent_01 has it" in said(desk.shown()[0])


def test_a_hundred_hostile_names_are_within_slacks_limits_and_the_rest_is_counted(desk: Desk) -> None:
    for controls in (False, True):
        desk.line.setup = replace(desk.line.setup, controls=controls)
        minutes = 24 * 60 * controls
        nasty = "<!channel>&" + "w" * 300
        hear(
            desk,
            minutes,
            *(
                replace(
                    post(f"{controls}{n}", minutes, ASKS, by=f"{nasty}{n}", thread=f"{controls}{n}"),
                    url=f"https://x.example/{'u' * 2000}",
                )
                for n in range(60)
            ),
        )
        desk.at(THREE + minutes)
        shown = [one for one in desk.shown() if "📋" in one.message.text][-1]
        listed = 20 if controls else 40
        assert f"... and {60 * (1 + controls) - listed} more" in said(shown)
        assert faults(shown.message.blocks) == []
        assert size(shown.message.blocks) <= TOTAL
        assert all("<!channel>" not in text for text in markup(shown.message.blocks, shown.message.text))


def test_it_goes_to_whoever_is_on_call(tmp_path: Path) -> None:
    rota = (
        '\n[[person]]\nname = "sam"\nslack = "U0SAM"\n[[rota]]\nname = "desk"\npeople = ["sam"]\nstart = 2026-01-05\n'
    )
    with opened(tmp_path, GATHERED.replace('to = ["#care"]', 'to = ["oncall:desk"]') + rota) as desk:
        hear(desk, 0, asks(1, 0))
        desk.at(THREE)
        desk.line.deliver()
        assert [one.channel for one in desk.local.posts] == ["@U0SAM"]


class TestExactlyOnce:
    def test_a_process_that_dies_before_a_digest_is_owed_loses_none(self, desk: Desk) -> None:
        hear(desk, 0, asks(1, 0))
        # The case is reviewed for another reason, and nothing more comes of that process.
        hear(desk, THREE, post("n", THREE, "@sample thanks all the same", by="sample_customer_01", thread="t1"))
        with desk.store.read() as db:
            assert [one.recipient for one in digests.not_owed(db)] == ["#care"]
        desk.line = Line(desk.store, desk.local, desk.line.setup, desk.clock)
        desk.at(THREE + 1)
        assert len(desk.shown()) == 1

    def test_deriving_everything_anew_owes_nothing_anew(self, desk: Desk) -> None:
        hear(desk, 0, asks(1, 0))
        desk.at(THREE)
        rebuild(desk.store, desk.clock(), desk.line.setup)
        desk.at(THREE + 1)
        assert len(desk.shown()) == 1

    def test_one_that_may_have_arrived_is_looked_up_and_not_sent_again(self, tmp_path: Path) -> None:
        with SlackDouble(channels=("care", "harken-ops")) as slack:
            with opened(tmp_path, GATHERED, slack=WebSlack(TOKEN, slack.base_url, timedelta(seconds=0.4))) as desk:
                hear(desk, 0, asks(1, 0))
                slack.fail(drop(accept=True), times=1)
                for minutes in (THREE, THREE + 1, THREE + 2):
                    desk.at(minutes)
            assert len(slack.shows("care")) == 1
            slack.forgive()

    def test_one_that_slack_did_not_take_gives_way_to_the_next(self, tmp_path: Path) -> None:
        with SlackDouble(channels=("care", "bosses", "harken-ops")) as slack:
            with opened(tmp_path, GATHERED, slack=WebSlack(TOKEN, slack.base_url, timedelta(seconds=0.4))) as desk:
                hear(desk, 0, asks(1, 0))
                slack.fail(status(403), times=1)
                desk.at(THREE)
                desk.at(NINE)
                desk.at(NINE + 1)
                with desk.store.read() as db:
                    assert pages.count_by_outcome(db) == {"sent": 3, "overtaken": 1}
            assert [len(slack.shows(name)) for name in ("care", "bosses", "harken-ops")] == [1, 1, 1]
            slack.forgive()

    def test_where_its_channel_is_refused_the_operators_get_it(self, tmp_path: Path) -> None:
        with SlackDouble(channels=("harken-ops",)) as slack:
            with opened(tmp_path, GATHERED, slack=WebSlack(TOKEN, slack.base_url, timedelta(seconds=2))) as desk:
                hear(desk, 0, asks(1, 0))
                desk.at(THREE)
                desk.at(THREE + 1)
            assert any("📋" in shown.text for shown in slack.shows("harken-ops"))
            slack.forgive()


def test_a_rehearsal_tells_who_was_in_a_digest(tmp_path: Path) -> None:
    rehearsal = Rehearsal(made(tmp_path, GATHERED), [asks(1, 0), asks(2, 1)], NOON + timedelta(minutes=THREE + 1))
    for _ in rehearsal.play():
        pass
    told = [(record.what, record.at, record.to, record.thread) for record in rehearsal.records() if record.to]
    rehearsal.close()
    at = NOON + timedelta(minutes=THREE)
    assert told == [("digest", at, "#care", "t1"), ("digest", at, "#care", "t2")]


def test_the_terminal_says_in_which_digests_a_case_was(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    hear(desk, 0, asks(1, 0))
    desk.at(THREE)
    assert run(["cases", "show", desk.case().id]) == 0
    assert "2026-03-02 15:00:00  in a digest for #care, sent" in capsys.readouterr().out
    assert desk.case().severity is Severity.LOW


def test_a_user_group_is_called_once_for_all_of_them_in_the_channel(tmp_path: Path) -> None:
    with opened(tmp_path, GATHERED.replace('to = ["#care"]', 'to = ["group:care-team"]')) as desk:
        hear(desk, 0, asks(1, 0))
        desk.at(THREE)
        desk.line.deliver()
        (one,) = desk.local.posts
        assert one.channel == "#care"
        assert one.message.text.startswith("📣 <!subteam")
        assert "One customer of Sample waits" in one.message.text
        assert [page.outcome for page in sent(desk)] == ["sent"]
