"""Stories of taking a case: an ack is a lease and no answer, and every click counts once."""

from datetime import UTC, datetime

from desk import CALM
from stage import PEOPLE, Scene, Stage, policy

from monitor.slack import words
from monitor.store import posts

AGAIN = "@sample I still wait, where is my parcel? I want my money back"
ACK = 'repeats = 0\nack_for = { low = "2h", normal = "2h", high = "2h", crisis = "2h" }'
DESK = policy(("0m", "#care"), ("deadline", "#care #bosses"), more=ACK) + PEOPLE
"""Who takes a case has it for two hours, an hour longer than the answer is due."""


class TestALease:
    def test_who_takes_a_case_and_stays_silent_is_reminded_paged_first_and_then_the_others_are(
        self, scene: Scene
    ) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()

        stage.at("12:05").taps("sam", "take")
        stage.until("15:00")

        assert stage.pages == ["12:00 #care", "13:55 @sam", "14:05 @sam", "14:15 #bosses", "14:15 #care"]

    def test_the_message_shows_who_has_it_and_that_nobody_does_any_more(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()

        stage.at("12:05").taps("sam", "take")
        stage.until("12:06")
        assert words.HELD.format(who="sam") in stage.message()

        stage.until("14:06")
        assert words.HELD.format(who="sam") not in stage.message()

    def test_the_customers_clock_runs_on_while_somebody_has_the_case(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        due = stage.case().deadline

        stage.at("12:05").taps("sam", "take")
        stage.until("12:30")

        assert stage.case().deadline == due

    def test_a_customer_who_asks_again_after_the_ack_ends_the_lease_at_once(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.at("12:05").taps("sam", "take")

        stage.at("12:20").customer(AGAIN)
        stage.until("12:40")

        assert stage.pages == ["12:00 #care", "12:20 @sam", "12:30 #care"]

    def test_a_word_that_crosses_the_ack_leaves_the_lease_as_it_is(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.at("12:05").taps("sam", "take")

        stage.at("12:06:30").customer(AGAIN)
        stage.until("13:30")

        assert stage.pages == ["12:00 #care"]

    def test_small_talk_of_the_customer_leaves_the_lease_as_it_is(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.at("12:05").taps("sam", "take")

        stage.at("12:20").customer(CALM)
        stage.until("13:30")

        assert stage.pages == ["12:00 #care"]

    def test_an_answer_during_the_lease_ends_it_all(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.at("12:05").taps("sam", "take")

        stage.at("13:30").we_answer()
        stage.until("16:00")

        assert stage.pages == ["12:00 #care"]

    def test_a_case_given_back_starts_the_next_round_at_once(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.at("12:05").taps("sam", "take")

        stage.at("12:30").taps("sam", "back")
        stage.until("13:30")

        assert stage.pages == ["12:00 #care", "12:30 #care", "13:00 #bosses", "13:00 #care"]

    def test_a_snooze_always_ends(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()

        stage.at("12:05").taps("sam", "more", "2h")
        stage.until("15:00")

        assert stage.pages == ["12:00 #care", "14:05 #bosses", "14:05 #care"]

    def test_a_case_given_to_somebody_else_is_theirs_from_then_on(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.at("12:05").taps("sam", "take")

        stage.at("12:35").taps("sam", "assign", "kim")
        stage.until("14:40")

        assert stage.pages == ["12:00 #care", "14:25 @kim", "14:35 @kim"]
        assert words.HELD.format(who="kim") not in stage.message()

    def test_a_lease_lasts_as_long_as_it_says_while_the_clocks_go_forward(self, scene: Scene) -> None:
        night = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
        stage = scene(DESK, begins=night, zone="Europe/Berlin")
        stage.at("01:00").customer()

        stage.at("01:30").taps("sam", "take")
        stage.until("05:00")

        # There is no two o'clock: two hours after half past one it is half past four.
        assert stage.pages == ["01:00 #care", "04:20 @sam", "04:30 @sam", "04:40 #bosses", "04:40 #care"]

    def test_put_off_until_tomorrow_is_nine_on_the_wall_also_when_the_clocks_go_back_in_between(
        self, scene: Scene
    ) -> None:
        stage = scene(DESK, begins=datetime(2026, 10, 24, 10, tzinfo=UTC), zone="Europe/Berlin", pace="10m")
        stage.at("12:00").customer()

        stage.at("12:05").taps("sam", "more", "tomorrow")
        stage.until("+1 09:30")

        assert stage.pages == ["12:00 #care", "+1 09:00 #bosses", "+1 09:00 #care"]


class TestTaps:
    def acts(self, stage: Stage) -> list[str]:
        with stage.store.read() as db:
            return [f"{act.by} {act.act}" for found in posts.acts(db, ("x", "t")).values() for act in found]

    def test_of_two_people_who_tap_at_once_one_has_it_and_the_other_is_told_who(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.until("12:05")

        stage.tap_together(("sam", "take"), ("kim", "take"))
        stage.until("12:06")

        (act,) = self.acts(stage)
        winner, loser = ("sam", "kim") if act == "sam ack" else ("kim", "sam")
        assert words.HELD.format(who=winner) in stage.message()
        ((_, whom, told, _),) = stage.slack.whispers
        assert (whom, winner in told) == (f"U0{loser.upper()}", True)

    def test_the_same_tap_twice_counts_once(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()

        stage.at("12:05").taps("sam", "dismiss")
        told = stage.taps("sam", "dismiss")

        assert self.acts(stage) == ["sam dismiss"]
        assert told is not None
        assert "dismissed" in told

    def test_a_tap_on_an_answered_case_changes_nothing_and_is_told_how_it_stands(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()
        stage.at("12:10").we_answer()

        told = stage.at("12:11").taps("sam", "take")

        assert self.acts(stage) == []
        assert told is not None
        assert words.NOT_WAITING.format(status="resting") in told

    def test_somebody_who_may_not_act_is_politely_refused(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()

        told = stage.at("12:05").taps("guest", "take")

        assert self.acts(stage) == []
        assert told is not None
        assert words.NOT_ALLOWED in told

    def test_what_a_tap_does_a_terminal_does(self, scene: Scene) -> None:
        stage = scene(DESK)
        stage.at("12:00").customer()

        stage.at("12:05").notes("sam", "ack")
        stage.until("14:10")

        assert stage.pages == ["12:00 #care", "13:55 @sam", "14:05 @sam"]
