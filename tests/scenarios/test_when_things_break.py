"""Stories of outages, kills and blindness: a page is never lost, and at most two copies of it arrive."""

import pytest
from slack_faults import Fault, drop, rate_limited, says, status
from stage import SECOND_WAY, Scene, Stage, policy

from monitor.slack import words

QUIET = policy(("0m", "#care"))
SPREAD = policy(("0m", "#care"), ("10m", "#bosses"), ("20m", "#desk"))


def slack_says(stage: Stage, fault: Fault, *, where: str | None = None) -> None:
    """From now on Slack answers every post, or those to one channel, with a fault."""
    only = None if where is None else {f"#{where}", stage.slack.named(where).id}
    stage.slack.choose = lambda call: (
        fault if call.method == "chat.postMessage" and (only is None or call.args["channel"] in only) else None
    )


class TestSlackIsDown:
    def test_an_hour_without_slack_loses_no_page_and_brings_none_twice(self, scene: Scene) -> None:
        stage = scene(SPREAD)
        stage.slack.stop()
        stage.at("12:00").customer()

        stage.at("13:00").slack.start()
        stage.until("13:10")

        assert stage.pages == ["13:01 #bosses", "13:01 #care", "13:01 #desk"]
        assert set(stage.outcomes()) == {"sent"}

    def test_after_five_minutes_pages_go_the_second_way_once_and_slack_gets_them_when_it_is_back(
        self, scene: Scene
    ) -> None:
        stage = scene(QUIET + SECOND_WAY)
        stage.slack.stop()
        stage.at("12:00").customer()

        stage.at("12:50").slack.start()
        stage.until("12:58")

        assert stage.pages == ["12:05 second way", "12:51 #care"]

    def test_what_was_answered_meanwhile_is_not_brought_any_more(self, scene: Scene) -> None:
        stage = scene(QUIET)
        stage.slack.stop()
        stage.at("12:00").customer()
        stage.at("12:20").we_answer()

        stage.at("13:00").slack.start()
        stage.until("13:10")

        assert stage.pages == []
        assert stage.outcomes() == {"answered": 1}

    def test_ten_minutes_of_too_many_requests_delay_a_channel_and_no_other(self, scene: Scene) -> None:
        stage = scene(policy(("0m", "#care #bosses")))
        slack_says(stage, rate_limited(60), where="care")
        stage.at("12:00").customer()

        stage.at("12:10").slack.heal()
        stage.until("12:15")

        assert stage.pages == ["12:00 #bosses", "12:10 #care"]
        assert len([call for call in stage.slack.made("chat.postMessage") if call.fault]) <= 11

    def test_a_revoked_token_is_told_the_second_way(self, scene: Scene) -> None:
        stage = scene(QUIET + SECOND_WAY)
        slack_says(stage, says("token_revoked"))

        stage.at("12:00").customer()
        stage.until("12:10")

        assert stage.pages == ["12:05 second way"]
        assert stage.line.outbox.locked_out is not None

    def test_a_second_way_that_takes_nothing_either_is_tried_until_it_does(self, scene: Scene) -> None:
        stage = scene(QUIET + SECOND_WAY)
        stage.slack.stop()
        stage.second_works = False
        stage.at("12:00").customer()
        stage.until("12:20")

        stage.second_works = True
        stage.until("12:30")
        stage.slack.start()

        assert [page for page in stage.pages if "second" in page] != []
        assert len(stage.sent_second) == 1


class TestNobodyKnowsWhetherItArrived:
    def test_a_page_whose_reply_was_lost_is_found_in_the_channel_and_not_sent_again(self, scene: Scene) -> None:
        stage = scene(QUIET)
        stage.slack.fail(drop(accept=True))

        stage.at("12:00").customer()
        stage.until("12:30")

        assert stage.pages == ["12:00 #care"]
        assert words.REPEAT not in stage.message()

    def test_a_page_that_never_arrived_is_sent_again_without_a_word(self, scene: Scene) -> None:
        stage = scene(QUIET)
        stage.slack.fail(drop())

        stage.at("12:00").customer()
        stage.until("12:30")

        assert stage.pages == ["12:01 #care"]
        assert words.REPEAT not in stage.message()

    def test_where_the_channel_cannot_be_read_it_is_sent_once_more_and_says_that_it_may_be_a_repeat(
        self, scene: Scene
    ) -> None:
        stage = scene(QUIET)
        stage.slack.fail(drop(accept=True))
        stage.slack.fail(says("missing_scope"), on="conversations.history", times=99)

        stage.at("12:00").customer()
        stage.until("12:30")

        assert stage.pages == ["12:00 #care", "12:01 #care"]
        assert words.REPEAT in stage.message(number=1)

    def test_after_two_doubtful_attempts_the_next_one_gets_it(self, scene: Scene) -> None:
        stage = scene(policy(("0m", "#care"), ("3h", "#bosses")))
        slack_says(stage, status(500), where="care")
        stage.slack.fail(says("missing_scope"), on="conversations.history", times=99)

        stage.at("12:00").customer()
        stage.until("12:30")

        assert [page[6:] for page in stage.pages] == ["#bosses"]
        assert any("#care" in said for said in stage.operators)


class TestTheProcessEnds:
    @pytest.mark.parametrize(
        "point", [f"{when} {what}" for what in ("lease", "send", "settle") for when in ("before", "after")]
    )
    def test_a_daemon_killed_at_any_point_of_a_delivery_brings_the_page_exactly_once(
        self, scene: Scene, point: str
    ) -> None:
        stage = scene(QUIET)
        stage.dies(point)

        stage.at("12:00").customer()
        stage.until("12:30")

        assert [page[6:] for page in stage.pages] == ["#care"]
        assert stage.deaths == [point]
        assert stage.outcomes() == {"sent": 1}

    def test_a_machine_that_slept_over_three_steps_brings_one_page_to_each_recipient(self, scene: Scene) -> None:
        stage = scene(policy(("10m", "#care"), ("20m", "#care"), ("30m", "#care #bosses")))
        stage.at("12:00").customer()
        stage.until("12:05")

        stage.asleep_until("12:45")
        stage.until("12:50")

        assert stage.pages == ["12:45 #bosses", "12:45 #care"]
        assert stage.outcomes() == {"sent": 2, "overtaken": 2}

    def test_a_restart_in_the_middle_of_a_ladder_goes_on_where_it_was(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()
        stage.until("12:30")

        stage.restarts()
        stage.until("13:30")

        assert stage.pages == ["12:00 #care", "13:00 #bosses", "13:00 #care"]


class TestBlindIsNotSilent:
    def test_pages_go_on_while_a_network_cannot_be_read_and_say_since_when(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()
        stage.until("12:20")

        stage.network_fails()
        stage.until("13:30")

        assert stage.pages == ["12:00 #care", "13:00 #bosses", "13:00 #care"]
        assert words.BLIND.partition("{")[0] in stage.message("#bosses")

    def test_all_quiet_is_never_claimed_while_a_source_is_not_heard(self, scene: Scene) -> None:
        stage = scene()
        told = stage.at("12:10").asks("sam", "open")
        assert told is not None
        assert words.NOBODY_WAITS in told
        assert "sample-x" not in told

        stage.network_fails()
        told = stage.at("12:20").asks("sam", "open")

        assert told is not None
        assert words.UNHEARD.format(sources="sample-x") in told

    def test_the_operators_hear_of_a_dead_source_once_and_when_it_is_back(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").network_fails()
        stage.until("14:00")

        stage.network_answers()
        stage.until("14:10")

        assert ["has not been heard" in said for said in stage.operators] == [True, False]
        assert "is heard again" in stage.operators[1]

    def test_an_answer_given_while_we_were_blind_stops_the_pages_once_it_is_heard(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()
        stage.at("12:10").network_fails()
        stage.at("12:30").we_answer()
        stage.until("13:10")
        assert stage.pages == ["12:00 #care", "13:00 #bosses", "13:00 #care"]

        stage.network_answers()
        stage.until("15:00")

        assert len(stage.pages) == 3
        assert words.IN_TIME in stage.message()
