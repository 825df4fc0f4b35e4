"""Stories of the silence clock: who waits, since when, until when, and what ends it."""

from datetime import timedelta

from desk import CALM, NOON
from slack_faults import says
from stage import LADDER, PEOPLE, THANKS, Scene, policy

from connectors import Batch
from monitor.slack import words
from rules.model import Mention, Severity, Status

QUESTION = "@sample when does the shop open on Saturday?"
AGAIN = "@sample My parcel is still stuck, I want my money back"
OTHER = "sample_customer_02"


class TestTheDeadline:
    def test_an_answer_exactly_at_the_deadline_is_in_time_and_nobody_further_is_paged(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()

        stage.at("13:00").we_answer()
        stage.until("15:00")

        assert stage.pages == ["12:00 #care"]
        assert words.IN_TIME in stage.message()

    def test_a_second_later_the_bosses_were_paged_and_the_message_says_how_late_it_was(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()

        stage.at("13:00:01").we_answer()
        stage.until("15:00")

        assert stage.pages == ["12:00 #care", "13:00 #bosses", "13:00 #care"]
        assert words.LATE.format(late="1 s") in stage.message()

    def test_a_deadline_that_nobody_keeps_is_repeated_thrice_and_then_the_operators_hear_of_it(
        self, scene: Scene
    ) -> None:
        stage = scene(policy(("0m", "#care"), ("deadline", "#bosses"), more='repeat = "1h"\nrepeats = 3'))
        stage.at("12:00").customer()

        stage.until("23:00")

        bosses = [f"{hour}:00 #bosses" for hour in (13, 14, 15, 16)]
        assert stage.pages == ["12:00 #care", *bosses, "17:00 #harken-ops"]

    def test_a_raised_case_is_due_sooner_and_has_waited_since_the_same_moment(self, scene: Scene) -> None:
        within = 'reply_within = { low = "4h", normal = "4h", high = "1h", crisis = "1h" }'
        stage = scene(policy(("0m", "#care"), ("deadline", "#bosses"), within=within))
        stage.at("12:00").customer()
        began = stage.case()

        stage.at("12:30").notes("sam", "raise")
        stage.until("13:30")

        assert stage.pages == ["12:00 #care", "13:00 #bosses"]
        assert (stage.case().since, stage.case().severity) == (began.since, Severity.HIGH)


class TestWhoWaits:
    def test_a_customer_who_writes_again_has_waited_since_the_first_word(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()

        stage.at("12:40").customer(CALM)
        stage.until("13:30")

        assert stage.case().since == NOON
        assert stage.pages == ["12:00 #care", "13:00 #bosses", "13:00 #care"]

    def test_a_third_post_without_an_answer_makes_it_worse(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()
        stage.at("12:10").customer(CALM)
        stage.until("12:19")
        before = stage.case().severity

        stage.at("12:20").customer(CALM)
        stage.until("12:21")

        assert stage.case().severity == before.raised
        assert any("asked again" in said for said in stage.thread)

    def test_several_customers_in_one_thread_wait_each_on_their_own(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()

        stage.at("12:20").customer(by=OTHER)
        stage.until("13:45")

        assert [row.author for row in stage.cases()] == ["sample_customer_01", OTHER]
        assert stage.pages == [
            *("12:00 #care", "12:20 #care"),
            *("13:00 #bosses", "13:00 #care", "13:20 #bosses", "13:20 #care"),
        ]

    def test_an_answer_to_one_customer_answers_nobody_else(self, scene: Scene) -> None:
        stage = scene()
        first = stage.at("12:00").customer()
        stage.at("12:20").customer(by=OTHER)

        stage.at("12:30").we_answer(to=first)
        stage.until("14:00")

        assert stage.case("sample_customer_01").status is Status.RESTING
        assert stage.case(OTHER).status is Status.WAITING
        assert stage.pages == ["12:00 #care", "12:20 #care", "13:20 #bosses", "13:20 #care"]

    def test_what_we_post_ourselves_opens_nothing_however_angry_it_sounds(self, scene: Scene) -> None:
        stage = scene()

        stage.at("12:00").customer(by="SampleHelp")
        stage.until("14:00")

        assert (stage.cases(), stage.pages) == ([], [])

    def test_thanks_in_the_middle_of_a_wait_close_nothing(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()

        stage.at("12:10").customer(THANKS)
        stage.until("13:30")

        assert stage.case().status is Status.WAITING
        assert stage.pages == ["12:00 #care", "13:00 #bosses", "13:00 #care"]

    def test_thanks_after_an_answer_start_nothing(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()
        stage.at("12:10").we_answer()

        stage.at("12:20").customer(THANKS)
        stage.until("15:00")

        assert stage.case().status is Status.RESTING
        assert stage.pages == ["12:00 #care"]

    def test_a_customer_who_is_not_content_with_the_answer_waits_anew_with_a_ladder_of_its_own(
        self, scene: Scene
    ) -> None:
        stage = scene()
        stage.at("12:00").customer()
        stage.at("12:10").we_answer()

        stage.at("14:00").customer(AGAIN)
        stage.until("15:30")

        assert stage.pages == ["12:00 #care", "14:00 #care", "15:00 #bosses", "15:00 #care"]
        assert any("waiting again" in said for said in stage.thread)

    def test_an_answered_case_closes_quietly_after_three_days(self, scene: Scene) -> None:
        stage = scene(pace="1h")
        stage.at("12:00").customer()
        stage.at("12:10").we_answer()

        stage.until("+3 13:00")

        assert stage.case().status is Status.CLOSED
        assert stage.pages == ["12:00 #care"]


class TestAnswersOnTheWay:
    def test_an_answer_found_at_the_network_just_before_the_page_spares_it(self, scene: Scene) -> None:
        stage = scene()
        asked = stage.at("12:00").customer()
        answer = Mention("x", "native", "t", "SampleHelp", "We are sorry", NOON.replace(minute=59), reply_to=asked)

        class Poller:
            def look(self, _ids: object) -> Batch:
                return Batch((answer,))

        stage.until("12:59")
        stage.line.pollers["sample-x"] = Poller()  # type: ignore[assignment]
        stage.between_polls("13:00")

        assert stage.pages == ["12:00 #care"]
        assert stage.case().status is Status.RESTING

    def test_an_answer_that_arrives_while_slack_takes_the_page_is_shown_in_the_very_same_message(
        self, scene: Scene
    ) -> None:
        stage = scene()
        asked = stage.at("12:00").customer()
        answer = Mention("x", "native", "t", "SampleHelp", "We are sorry", NOON, reply_to=asked)

        def meanwhile(call: object) -> None:
            stage.slack.heal()
            stage.line.listen(stage.via, Batch((answer,)))

        stage.slack.choose = meanwhile
        stage.until("14:00")

        assert stage.pages == ["12:00 #care"]
        assert words.ANSWERED.format(who="@SampleHelp") in stage.message()

    def test_a_case_dismissed_while_its_page_waits_is_not_paged_about(self, scene: Scene) -> None:
        stage = scene()
        stage.slack.fail(says("service_unavailable"), times=99)
        stage.at("12:00").customer()
        stage.until("12:10")

        stage.notes("sam", "dismiss")
        stage.slack.heal()
        stage.until("14:00")

        assert stage.pages == []
        assert stage.outcomes() == {"dismissed": 1}

    def test_a_customer_answered_by_phone_is_answered(self, scene: Scene) -> None:
        stage = scene(LADDER + PEOPLE)
        stage.at("12:00").customer()

        stage.at("12:30").taps("sam", "answered", "phone")
        stage.until("14:00")

        assert stage.pages == ["12:00 #care"]
        assert words.ANSWERED.format(who="@sam") in stage.message()


class TestWordsThatChange:
    def test_a_deleted_post_ends_the_wait_and_is_quoted_nowhere_any_more(self, scene: Scene) -> None:
        stage = scene()
        posted = stage.at("12:00").customer()
        stage.until("12:30")
        assert "nine days" in stage.message()

        stage.deletes(posted)
        stage.until("14:00")

        assert stage.pages == ["12:00 #care"]
        assert stage.case().status is Status.WITHDRAWN
        assert "nine days" not in stage.message()

    def test_an_edit_that_turns_small_talk_into_a_complaint_counts_from_when_it_was_seen(self, scene: Scene) -> None:
        stage = scene()
        posted = stage.at("12:00").customer(CALM)

        stage.at("12:40").edits(posted, AGAIN)
        stage.until("14:00")

        assert stage.pages == ["12:40 #care", "13:40 #bosses", "13:40 #care"]

    def test_deleting_our_answer_does_not_undo_it(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()
        answer = stage.at("12:10").we_answer()

        stage.at("12:20").deletes(answer)
        stage.until("14:00")

        assert stage.pages == ["12:00 #care"]
        assert stage.case().status is Status.RESTING


class TestHistory:
    def test_the_first_contact_with_a_network_pages_about_nothing_old(self, scene: Scene) -> None:
        stage = scene(met=False)
        old = [Mention("x", f"old{n}", f"old{n}", OTHER, AGAIN, NOON - timedelta(days=2)) for n in range(5)]
        young = Mention("x", "young", "young", "sample_customer_03", AGAIN, NOON - timedelta(minutes=30))

        stage.line.listen(stage.via, Batch((*old, young), more=False))
        stage.until("12:01")

        assert [row.author for row in stage.cases()] == ["sample_customer_03"]
        assert stage.pages == ["12:00 #care"]
