"""Delivery: the real SDK against a local Slack that fails in every way Slack does."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import CUSTOMER, DESK, LADDER, NOON, Desk, opened, post
from slack_double import TOKEN, SlackDouble, drop, hang, html, rate_limited, says, status, truncated
from slack_faults import Fault

from monitor.slack.client import WebSlack
from monitor.store import meta, pages

QUICK = timedelta(seconds=0.4)


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble(channels=("care", "bosses", "harken-ops")) as double:
        yield double
        double.check()


@pytest.fixture
def desk(slack: SlackDouble, tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path, slack=WebSlack(TOKEN, slack.base_url, QUICK)) as made:
        yield made


def care(slack: SlackDouble) -> list[str]:
    """What the channel shows at top level or broadcast."""
    return [shown.text for shown in slack.shows("care") if shown.thread_ts is None or shown.broadcast]


def copies(slack: SlackDouble) -> list[int]:
    return [len(places) for places in slack.deliveries().values()]


def outcomes(desk: Desk) -> list[tuple[int, str, str | None]]:
    return sorted((page.step, page.recipient, page.outcome) for page in desk.owed())


def later(desk: Desk, *minutes: float) -> None:
    for minute in minutes:
        desk.at(minute)


class TestOneCaseOneMessage:
    def test_the_first_page_is_the_cases_message_and_the_next_one_a_broadcast_in_its_thread(
        self, desk: Desk, slack: SlackDouble
    ) -> None:
        desk.hear(post("1"))
        later(desk, 0, 60)
        top, reply = (shown for shown in slack.shows("care") if shown.delivery)
        assert (top.thread_ts, reply.thread_ts, reply.broadcast) == (None, top.ts, True)

    def test_another_channel_gets_its_own_copy(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        later(desk, 0, 60)
        assert len(slack.shows("bosses")) == 1

    def test_an_answer_updates_every_copy_in_place_and_is_told_in_its_thread_without_a_broadcast(
        self, desk: Desk, slack: SlackDouble
    ) -> None:
        desk.hear(post("1"))
        later(desk, 0, 60)
        pages_before = copies(slack)
        desk.clock.now = NOON + timedelta(minutes=70)
        desk.hear(post("2", 65, "We are sorry", by=DESK, to="1"))
        later(desk, 71)
        for channel in ("care", "bosses"):
            top = slack.shows(channel)[0]
            told = slack.shows(channel)[-1]
            assert "nswered" in str(top.blocks)
            assert f"answered by {DESK} after 1 h 5 min" in told.text
            assert (told.thread_ts, told.broadcast) == (top.ts, False)
        assert copies(slack) == pages_before

    def test_a_message_somebody_deleted_is_made_anew_by_the_next_page(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        later(desk, 0)
        slack.named("care").messages.clear()
        later(desk, 60, 61)
        assert len(slack.forgive()) <= 1
        assert len(care(slack)) == 1
        assert slack.shows("care")[0].thread_ts is None

    def test_a_person_gets_a_direct_message(self, slack: SlackDouble, tmp_path: Path) -> None:
        ladder = LADDER.replace('to = ["#care"]', 'to = ["@sample@example.org"]')
        with opened(tmp_path, ladder, slack=WebSlack(TOKEN, slack.base_url, QUICK)) as desk:
            desk.hear(post("1"))
            later(desk, 0)
            assert outcomes(desk) == [(0, "@sample@example.org", "sent")]
            assert slack.made("conversations.open")


class TestTheThreadIsTold:
    def test_a_thread_reply_that_slack_turned_away_is_told_later(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        later(desk, 0)
        slack.fail(rate_limited(60), where=lambda call: "thread_ts" in call.args)
        desk.hear(post("2", 0, "We are sorry", by=DESK, to="1"))
        later(desk, 1, 1.5, 3, 4)
        assert [f"answered by {DESK}" in shown.text for shown in slack.shows("care")] == [False, True]

    def test_a_thread_reply_that_may_have_arrived_is_not_told_again(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        later(desk, 0)
        slack.fail(drop(accept=True), where=lambda call: "thread_ts" in call.args)
        desk.hear(post("2", 0, "We are sorry", by=DESK, to="1"))
        later(desk, 1, 3, 10)
        assert len(slack.shows("care")) == 2


ACCEPTED: list[tuple[str, Fault]] = [
    ("the connection drops after Slack accepted", drop(accept=True)),
    ("Slack accepts and never answers", hang(2, accept=True)),
    ("Slack accepts and answers 500", status(500, accept=True)),
    ("Slack accepts and answers 502", status(502, accept=True)),
    ("Slack accepts and says fatal_error", says("fatal_error", accept=True)),
    ("Slack accepts and says internal_error", says("internal_error", accept=True)),
    ("Slack accepts and a proxy answers HTML", html(accept=True)),
    ("Slack accepts and the answer breaks off", truncated(accept=True)),
]
REFUSED_FOR_NOW: list[tuple[str, Fault]] = [
    ("the connection drops before Slack accepted", drop()),
    ("Slack never answers and did not accept", hang(2)),
    ("Slack answers 500", status(500)),
    ("Slack answers 503", status(503)),
    ("Slack says internal_error", says("internal_error")),
    ("a proxy answers HTML", html()),
    ("Slack says 429", rate_limited(1)),
]


class TestAfterAnyDoubt:
    @pytest.mark.parametrize("fault", [fault for _, fault in ACCEPTED], ids=[name for name, _ in ACCEPTED])
    def test_a_page_that_arrived_is_found_and_not_sent_again(
        self, desk: Desk, slack: SlackDouble, fault: Fault
    ) -> None:
        desk.hear(post("1"))
        slack.fail(fault)
        later(desk, 0, 0.2, 1, 2)
        assert copies(slack) == [1]
        assert outcomes(desk) == [(0, "#care", "sent")]

    @pytest.mark.parametrize(
        "fault", [fault for _, fault in REFUSED_FOR_NOW], ids=[name for name, _ in REFUSED_FOR_NOW]
    )
    def test_a_page_that_did_not_arrive_is_sent_once(self, desk: Desk, slack: SlackDouble, fault: Fault) -> None:
        desk.hear(post("1"))
        slack.fail(fault)
        later(desk, 0, 0.2, 1, 2)
        assert copies(slack) == [1]
        assert outcomes(desk) == [(0, "#care", "sent")]
        assert "repeat" not in care(slack)[0].lower()

    def test_while_history_cannot_be_read_now_nothing_is_sent_again(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        slack.fail(drop(accept=True))
        slack.fail(status(500), on="conversations.history", times=3)
        later(desk, 0, 1, 2, 4, 10, 20)
        assert copies(slack) == [1]
        assert outcomes(desk) == [(0, "#care", "sent")]

    def test_where_nobody_may_read_history_a_second_copy_goes_out_labelled_and_then_the_next_recipient_is_told(
        self, desk: Desk, slack: SlackDouble
    ) -> None:
        desk.hear(post("1"))
        slack.fail(drop(accept=True), times=2)
        slack.fail(says("missing_scope"), on="conversations.history", times=1000)
        slack.fail(says("missing_scope"), on="users.conversations", times=1000)
        later(desk, *range(0, 50, 2))
        assert ["repeat" in text.lower() for text in care(slack)] == [False, True]
        assert outcomes(desk) == [(0, "#bosses", "sent"), (0, "#care", "doubtful")]
        assert "nobody can tell" in "".join(shown.text for shown in slack.shows("harken-ops"))

    def test_a_channel_archived_while_in_doubt_loses_no_page(self, desk: Desk, slack: SlackDouble) -> None:
        slack.named("care").archived = True
        slack.fail(drop(accept=True), times=2)
        desk.hear(post("1"))
        later(desk, *range(0, 50, 2))
        assert len(slack.shows("bosses")) == 1

    def test_what_a_crash_left_in_the_air_is_looked_up_first(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        (page,) = desk.owed()
        with desk.store.write("a crash right after the attempt was counted") as db:
            pages.begin(db, page.delivery)
        later(desk, 1)
        assert slack.made("conversations.history")
        assert copies(slack) == [1]

    def test_a_restored_copy_sends_nothing_that_was_sent_before(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        later(desk, 0)
        with desk.store.write("as the copy knew it") as db:
            db.execute("update page set outcome = null, settled_at = null, doubts = 0")
            db.execute("delete from message")
            meta.restored(db, desk.clock.now)
        later(desk, 1)
        assert copies(slack) == [1]
        assert outcomes(desk) == [(0, "#care", "sent")]


class TestWaiting:
    def test_a_rate_limit_delays_a_page_for_as_long_as_slack_says(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        slack.fail(rate_limited(60))
        later(desk, 0, 0.5, 0.9)
        assert care(slack) == []
        later(desk, 1.1)
        assert len(care(slack)) == 1

    def test_a_channel_that_must_wait_holds_up_no_other(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        care_id = slack.named("care").id
        slack.fail(rate_limited(600), times=100, where=lambda call: call.args["channel"] in ("#care", care_id))
        later(desk, 0, 60)
        assert len(slack.shows("bosses")) == 1
        assert care(slack) == []

    def test_while_slack_cannot_be_reached_nothing_is_in_doubt_and_all_goes_out_afterwards(
        self, desk: Desk, slack: SlackDouble
    ) -> None:
        desk.hear(post("1"))
        slack.stop()
        later(desk, 0, 1, 5)
        assert [page.doubts for page in desk.owed()] == [0]
        slack.start()
        later(desk, 30)
        assert copies(slack) == [1]
        assert slack.made("conversations.history") == []

    def test_a_revoked_token_loses_nothing(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        slack.token = "xoxb-another"
        later(desk, 0, 1, 5)
        assert desk.line.outbox.locked_out is not None
        slack.token = TOKEN
        later(desk, 10)
        assert desk.line.outbox.locked_out is None
        assert copies(slack) == [1]


class TestARecipientWhoCannotBeReached:
    @pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "not_in_channel", "restricted_action"])
    def test_the_page_goes_to_the_next_one_and_the_operators_are_told(
        self, desk: Desk, slack: SlackDouble, code: str
    ) -> None:
        desk.hear(post("1"))
        slack.fail(says(code), where=lambda call: call.args["channel"] == "#care")
        later(desk, 0, 1)
        assert outcomes(desk) == [(0, "#bosses", "sent"), (0, "#care", "refused")]
        assert code in "".join(shown.text for shown in slack.shows("harken-ops"))

    def test_where_nobody_is_left_the_page_is_kept_until_somebody_mends_a_channel(
        self, desk: Desk, slack: SlackDouble
    ) -> None:
        desk.hear(post("1"))
        slack.fail(says("channel_not_found"), times=1000)
        later(desk, 0, 1, 2, 3)
        assert slack.deliveries() == {}
        slack.heal()
        later(desk, 20)
        assert outcomes(desk)[-1] == (0, "#harken-ops", "sent")
        assert set(copies(slack)) == {1}

    def test_blocks_that_slack_rejects_go_out_as_plain_text(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        slack.fail(says("invalid_blocks"), where=lambda call: bool(call.args.get("blocks")))
        later(desk, 0)
        assert len(care(slack)) == 1
        assert CUSTOMER in care(slack)[0]


class TestNoLongerWanted:
    def test_a_page_whose_case_was_answered_before_it_left_is_settled_unsent(
        self, desk: Desk, slack: SlackDouble
    ) -> None:
        desk.hear(post("1"))
        desk.hear(post("2", 0, "We are sorry", by=DESK, to="1"))
        later(desk, 1)
        assert slack.calls == []
        assert outcomes(desk) == [(0, "#care", "answered")]

    def test_an_answer_that_arrives_while_slack_makes_us_wait_stops_the_page(
        self, desk: Desk, slack: SlackDouble
    ) -> None:
        desk.hear(post("1"))
        slack.fail(rate_limited(600))
        later(desk, 0)
        desk.hear(post("2", 1, "We are sorry", by=DESK, to="1"))
        later(desk, 11)
        assert slack.deliveries() == {}

    def test_a_page_put_off_until_a_later_one_has_arrived_is_overtaken(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        slack.fail(rate_limited(3600))
        later(desk, 0)
        with desk.store.write("as if the first had to wait for longer") as db:
            pages.put_off(db, desk.owed()[0].delivery, NOON + timedelta(minutes=70))
        later(desk, 60, 61, 71)
        assert [(step, how) for step, to, how in outcomes(desk) if to == "#care"] == [(0, "overtaken"), (1, "sent")]
        assert len(care(slack)) == 1

    def test_a_withdrawn_post_is_not_paged_about(self, desk: Desk, slack: SlackDouble) -> None:
        desk.hear(post("1"))
        desk.hear(gone=["1"])
        later(desk, 1)
        assert slack.calls == []
        assert outcomes(desk) == [(0, "#care", "withdrawn")]
