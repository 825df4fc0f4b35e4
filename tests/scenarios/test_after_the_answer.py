"""Stories of what follows an answer: the promise kept or broken, the hand-off, the end, and the word after it."""

from datetime import UTC, datetime, timedelta

import pytest
from desk import DESK
from stage import INCIDENTS, PEOPLE, THANKS, Scene, Stage, policy

from connectors import Batch, SourceSettings
from monitor.review import derive
from rules.model import Mention, Severity, Status
from rules.recovery import Done, Duty, duties

COMPLAINT = "@sample My parcel is broken and I want my money back"
AGAIN = "@sample Now the second parcel is broken as well, this is terrible"
OTHER = "sample_customer_02"
LOOKING = "We are looking into it."
BY_3 = "We are looking into it and will get back to you by 3pm."
PRIVATE = "Sorry to hear that! Please send us a DM with your order number."
REFUND = "Your money is on its way back to you, sorry for the trouble."
CLOCKS = """repeats = {repeats}
update_within = {{ low = "8h", normal = "8h", high = "8h", crisis = "8h" }}
warn_before = "30m"
private_rest = "2d"
follow_up_after = "3d"
ack_for = {{ low = "2h", normal = "2h", high = "2h", crisis = "2h" }}
"""
STEPS = (("0m", "#care"), ("deadline", "#bosses"))
CARE = policy(*STEPS, more=CLOCKS.format(repeats=0)) + PEOPLE
PATIENT = policy(*STEPS, more=CLOCKS.format(repeats=1)) + PEOPLE
WEEK = '[[hours]]\nname = "desk"\nweek = { mon = ["09:00-17:00"], tue = ["09:00-17:00"], fri = ["09:00-17:00"] }\n'
IN_HOURS = policy(*STEPS, more=CLOCKS.format(repeats=0) + 'hours = "desk"\n') + PEOPLE + "\n" + WEEK
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)
STATUS = (
    '\n[[source]]\nname = "status"\nkind = "feed"\nrole = "status"\nurl = "https://status.example.org/history.atom"\n'
)


def owed(stage: Stage) -> list[Duty]:
    """Everything that was ever owed to the customer of the only case."""
    row = stage.case()
    with stage.store.read() as db:
        found = derive(db, row)
        rules = stage.line.setup.pinned(db, row.policy, row.opened_at)
    assert found is not None
    return list(duties(found, rules))


def answered(stage: Stage, text: str, *, first: str = "12:00", then: str = "12:05") -> str:
    """A customer complains and we answer; returns our post's id."""
    stage.at(first).customer(COMPLAINT)
    return stage.at(then).we_answer(text)


def after_answer(stage: Stage) -> list[str]:
    """The pages after the one that told of the complaint."""
    return stage.pages[1:]


class TestAPromise:
    def test_is_read_in_the_brands_zone_warned_of_and_paged_when_it_is_broken(self, scene: Scene) -> None:
        stage = scene(CARE, zone="Europe/Berlin")
        answered(stage, BY_3, first="13:00", then="13:05")

        stage.until("18:00")

        assert after_answer(stage) == ["14:30 #care", "15:00 #care", "16:00 #harken-ops"]
        assert stage.case().status is Status.RESTING

    def test_that_is_kept_pages_nobody_and_owes_nothing_more(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)

        stage.at("14:50").we_answer(REFUND)
        stage.until("23:00")

        assert after_answer(stage) == ["14:30 #care"]
        assert [duty.kept for duty in owed(stage)] == [True]
        assert stage.case().owed == ""

    def test_is_kept_by_a_word_at_the_very_instant_that_was_named(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)

        stage.at("15:00").we_answer(REFUND)
        stage.until("23:00")

        assert after_answer(stage) == ["14:30 #care"]
        assert [duty.kept for duty in owed(stage)] == [True]

    @pytest.mark.parametrize(
        ("begins", "words", "due"),
        [
            (SPRING, "We will get back to you tomorrow by 3pm.", "+1 15:00"),
            (SPRING, "We will get back to you within 24 hours.", "+1 16:00"),
            (AUTUMN, "We will get back to you tomorrow by 3pm.", "+1 15:00"),
            (AUTUMN, "We will get back to you within 24 hours.", "+1 14:00"),
        ],
        ids=["a time of day in spring", "hours in spring", "a time of day in autumn", "hours in autumn"],
    )
    def test_across_a_clock_change_means_the_clock_on_the_wall_and_hours_are_hours(
        self, scene: Scene, begins: datetime, words: str, due: str
    ) -> None:
        stage = scene(CARE, zone="Europe/Berlin", begins=begins, pace="15m")
        answered(stage, words, first="14:30", then="15:00")

        stage.until("+2 12:00")

        hour = due.removeprefix("+1 ").removesuffix(":00")
        assert after_answer(stage)[:2] == [f"+1 {int(hour) - 1}:30 #care", f"{due} #care"]

    def test_for_a_closed_week_end_is_warned_of_on_friday_and_paged_on_monday_morning(self, scene: Scene) -> None:
        stage = scene(IN_HOURS, begins=FRIDAY, pace="1h")
        answered(stage, "We will get back to you by Sunday 3pm.")

        stage.until("+3 09:30")

        assert after_answer(stage) == ["16:30 #care", "+3 09:00 #care"]

    def test_of_business_days_counts_no_week_end(self, scene: Scene) -> None:
        stage = scene(IN_HOURS, begins=FRIDAY, pace="1h")
        answered(stage, "We will get back to you within 2 business days.")

        stage.until("+4 16:59")
        assert after_answer(stage) == ["+4 16:30 #care"]
        assert owed(stage)[0].due == datetime(2026, 3, 10, 17, tzinfo=UTC)

    def test_for_tonight_is_paged_when_the_desk_opens(self, scene: Scene) -> None:
        stage = scene(IN_HOURS, pace="15m")
        answered(stage, "We will get back to you by 8pm.")

        stage.until("+1 09:30")

        assert after_answer(stage) == ["16:30 #care", "+1 09:00 #care"]

    def test_is_corrected_with_a_tap_and_taken_back_with_another(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)
        stage.at("12:10").taps("sam", "promise", "4h")
        stage.until("15:41")
        assert after_answer(stage) == ["15:40 #care"]

        stage.at("15:45").taps("sam", "promise", "none")
        stage.until("20:06")

        assert after_answer(stage) == ["15:40 #care", "19:35 #care", "20:05 #care"]

    def test_in_words_that_are_edited_into_a_real_answer_is_settled(self, scene: Scene) -> None:
        stage = scene(CARE)
        ours = answered(stage, BY_3)

        stage.at("13:00").edits(ours, REFUND, by=DESK)
        stage.until("23:00")

        assert after_answer(stage) == []
        assert stage.case().owed == ""

    def test_to_each_of_two_customers_in_one_thread_is_owed_to_each(self, scene: Scene) -> None:
        stage = scene(CARE)
        first = stage.at("12:00").customer(COMPLAINT)
        second = stage.at("12:01").customer(COMPLAINT, by=OTHER)
        stage.at("12:05").we_answer(BY_3, to=first)
        stage.at("12:06").we_answer("We are looking into it and will get back to you by 5pm.", to=second)

        stage.at("14:00").we_answer(REFUND, to=first)
        stage.until("17:00")

        assert stage.pages == ["12:00 #care", "12:01 #care", "16:30 #care", "17:00 #care"]
        assert [(row.author, row.owed) for row in stage.cases()] == [("sample_customer_01", ""), (OTHER, "update")]


class TestAnUpdate:
    def test_that_only_says_to_wait_longer_gives_one_and_owes_the_next(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, LOOKING)

        stage.at("14:00").we_answer("We are still looking into it and will get back to you by 5pm.")
        stage.until("17:00")

        assert after_answer(stage) == ["16:30 #care", "17:00 #care"]
        assert [duty.kept for duty in owed(stage)] == [True, None]

    def test_for_which_the_customer_has_to_ask_is_broken_and_they_wait_one_severity_up(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)

        stage.at("13:00").customer("@sample any news?")
        stage.until("16:30")

        assert stage.case().status is Status.WAITING
        assert stage.case().severity > Severity.LOW
        assert after_answer(stage) == ["13:00 #care", "14:00 #bosses", "15:00 #harken-ops"]
        assert [(duty.kept, duty.how) for duty in owed(stage)] == [(False, Done.ASKED)]

    def test_that_somebody_has_taken_and_does_not_give_comes_back_to_them_and_then_to_all(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)

        stage.at("15:05").taps("sam", "take")
        stage.until("18:00")

        assert after_answer(stage)[:2] == ["14:30 #care", "15:00 #care"]
        assert not [page for page in after_answer(stage)[2:] if page < "16:55"]
        assert "17:05 @sam" in stage.pages
        assert [page for page in stage.pages if page.endswith("#care") and page > "17:05"]

    @pytest.mark.parametrize(
        "point", [f"{when} {what}" for when in ("before", "after") for what in ("lease", "send", "settle")]
    )
    def test_whose_page_the_machine_dies_over_is_paged_once(self, scene: Scene, point: str) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)
        stage.until("14:59")

        stage.dies(point)
        stage.until("15:10")

        assert stage.deaths == [point]
        assert after_answer(stage).count("14:30 #care") == 1
        assert len(after_answer(stage)) == 2

    def test_that_falls_due_while_the_machine_is_off_is_paged_once_when_it_wakes(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)
        stage.until("12:06")

        stage.asleep_until("15:20")
        stage.restarts()
        stage.until("15:50")

        assert after_answer(stage) == ["15:20 #care"]

    def test_that_falls_due_while_slack_is_down_is_paged_when_it_is_back(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)
        stage.at("14:45").slack.stop()

        stage.at("15:40").slack.start()
        stage.until("15:50")

        assert after_answer(stage) == ["14:30 #care", "15:41 #care"]

    def test_that_is_given_while_slack_is_down_is_not_asked_for_afterwards(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)
        stage.at("14:45").slack.stop()
        stage.at("15:20").we_answer(REFUND)

        stage.at("15:40").slack.start()
        stage.until("18:00")

        assert after_answer(stage) == ["14:30 #care"]
        assert [duty.kept for duty in owed(stage)] == [False]


class TestTakenElsewhere:
    @pytest.mark.parametrize(
        ("said", "left"), [(("resolve", "unasked"), "follow-up"), (("open", ""), "update"), (("no_contact", ""), "")]
    )
    def test_rests_then_somebody_is_asked_and_says_how_it_ended(
        self, scene: Scene, said: tuple[str, str], left: str
    ) -> None:
        stage = scene(CARE, pace="1h")
        answered(stage, PRIVATE)
        stage.until("+2 12:06")
        assert after_answer(stage) == ["+2 12:05 #care"]

        stage.at("+2 13:00").taps("sam", *said)
        stage.until("+2 20:30")

        assert stage.case().owed == left
        assert after_answer(stage)[1:] == (["+2 20:30 #care"] if left == "update" else [])

    def test_and_never_spoken_of_again_is_asked_about_again_and_then_the_operators_hear_of_it(
        self, scene: Scene
    ) -> None:
        stage = scene(PATIENT, pace="1h")
        answered(stage, PRIVATE)

        stage.until("+9 12:00")

        assert after_answer(stage) == ["+2 12:05 #care", "+2 20:05 #care", "+3 04:05 #harken-ops"]
        assert (stage.case().status, stage.case().owed) == (Status.RESTING, "private")


class TestTheEnd:
    def test_of_what_was_resolved_is_a_word_to_the_customer_days_later(self, scene: Scene) -> None:
        stage = scene(CARE, pace="1h")
        answered(stage, REFUND)
        stage.at("13:00").taps("sam", "resolve", "confirmed")
        stage.until("+3 13:00")
        assert after_answer(stage) == ["+3 13:00 #care"]

        stage.at("+3 14:00").taps("sam", "followed")
        stage.until("+9 12:00")

        assert after_answer(stage) == ["+3 13:00 #care"]
        assert (stage.case().status, stage.case().owed) == (Status.CLOSED, "")
        assert [duty.how for duty in owed(stage)] == [Done.FOLLOWED]

    def test_is_not_asked_about_where_somebody_says_why_not(self, scene: Scene) -> None:
        stage = scene(CARE, pace="1h")
        answered(stage, REFUND)
        stage.at("13:00").taps("sam", "resolve", "unasked")

        stage.at("14:00").asks("sam", f"skip {stage.case().id} they moved away")
        stage.until("+5 12:00")

        assert after_answer(stage) == []
        assert [(duty.how, duty.note) for duty in owed(stage)] == [(Done.SKIPPED, "they moved away")]

    def test_is_none_where_the_customer_complains_anew_and_the_case_reopens_with_its_history(
        self, scene: Scene
    ) -> None:
        stage = scene(CARE, pace="1h")
        answered(stage, REFUND)
        stage.at("13:00").taps("sam", "resolve", "unasked")
        before = stage.case().id

        stage.at("+1 10:00").customer(AGAIN)
        stage.until("+1 10:01")

        assert (stage.case().id, stage.case().status) == (before, Status.WAITING)
        assert after_answer(stage) == ["+1 10:00 #care"]
        assert any("resolved by sam" in said.casefold() for said in stage.thread)
        assert [duty.how for duty in owed(stage)] == [Done.ASKED]

    def test_is_suggested_by_thanks_and_made_by_nobody_but_people(self, scene: Scene) -> None:
        stage = scene(CARE)
        answered(stage, BY_3)

        stage.at("12:30").customer(THANKS)
        stage.until("15:00")

        assert "The customer thanked us" in stage.message()
        assert stage.case().status is Status.RESTING
        assert after_answer(stage) == ["14:30 #care", "15:00 #care"]


def test_trouble_on_our_own_status_page_asks_for_a_first_word_before_anybody_complains(scene: Scene) -> None:
    stage = scene(CARE + INCIDENTS + STATUS)
    ours = SourceSettings(name="status", kind="feed", role="status")
    stage.line.listen(ours, Batch(()))
    stage.at("12:10")
    text = "Payments are charged twice. Investigating - We are looking into cards that were charged twice."
    said = Mention("status", "s1", "s1", "Sample Status", text, stage.clock.now)

    stage.line.listen(ours, Batch((said,)))
    stage.until("12:30")

    assert [
        str(shown.text) for _, where, shown in stage.arrived if where == "#care" and "Before they ask" in shown.text
    ]
    assert stage.cases() == []
    assert stage.clock.now - said.posted_at == timedelta(minutes=20)
