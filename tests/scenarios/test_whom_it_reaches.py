"""Stories of who is paged: turns, handovers, working hours, and people who cannot be reached."""

from datetime import UTC, datetime

from stage import PEOPLE, SECOND_WAY, Scene, policy

from rules.model import Severity

CRISIS = "@sample your product caught fire, my child was burned, I am calling my lawyer and the press"
ROTA = """
[[rota]]
name = "desk"
people = ["sam", "kim"]
every = "1d"
start = {start}
handover = "12:30"
"""
TURNS = policy(("0m", "oncall:desk"), ("deadline", "oncall:desk")) + PEOPLE + ROTA.format(start="2026-03-01")
OPEN = """
[[hours]]
name = "desk"
week = {{ mon = ["09:00-12:30", "13:30-17:00"], tue = ["09:00-17:00"], wed = ["09:00-17:00"] }}
{more}
"""
BY_HOURS = policy(("0m", "#care"), ("deadline", "#bosses"), more='repeats = 0\nhours = "desk"\nalways = ["crisis"]')
DESK_HOURS = BY_HOURS + OPEN.format(more="")


class TestTurns:
    def test_a_handover_in_the_middle_of_a_ladder_pages_whoever_is_on_call_by_then(self, scene: Scene) -> None:
        stage = scene(TURNS)

        stage.at("12:00").customer()
        stage.until("13:30")

        assert stage.pages == ["12:00 @sam", "13:00 @kim"]

    def test_the_newcomer_hears_at_the_handover_what_is_open(self, scene: Scene) -> None:
        stage = scene(TURNS)

        stage.at("12:00").customer()
        stage.until("12:31")

        (said,) = stage.words_to("@kim")
        assert "sample_customer_01" in said

    def test_exactly_at_the_handover_the_newcomer_is_on_call(self, scene: Scene) -> None:
        stage = scene(TURNS)

        stage.at("12:30").customer()
        stage.until("12:31")

        assert stage.pages == ["12:30 @kim"]

    def test_where_nobody_is_on_call_the_next_one_is_paged_at_once_and_the_operators_hear_of_it(
        self, scene: Scene
    ) -> None:
        nobody = policy(("0m", "oncall:desk"), ("30m", "#bosses")) + PEOPLE + ROTA.format(start="2026-03-03")
        stage = scene(nobody)

        stage.at("12:00").customer()
        stage.until("12:10")

        assert stage.pages == ["12:00 #bosses"]
        assert any("nobody is on call" in said for said in stage.operators)

    def test_somebody_whom_slack_does_not_know_any_more_is_passed_over_at_once(self, scene: Scene) -> None:
        stage = scene(policy(("0m", "@sam"), ("30m", "@kim")) + PEOPLE)
        del stage.slack.people["sam@example.org"]

        stage.at("12:00").customer()
        stage.until("12:10")

        assert stage.pages == ["12:00 @kim"]
        assert any("@sam" in said for said in stage.operators)

    def test_somebody_whose_account_was_deactivated_is_passed_over_at_once_also_where_a_rota_names_them(
        self, scene: Scene
    ) -> None:
        stage = scene(TURNS.replace('to = ["oncall:desk"]', 'to = ["oncall:desk", "#bosses"]'))
        stage.at("12:00").customer()
        stage.until("12:10")
        stage.slack.deactivated.add("U0KIM")

        stage.until("13:10")

        assert stage.pages == ["12:00 #bosses", "12:00 @sam", "13:00 #bosses"]
        assert any("@kim" in said for said in stage.operators)

    def test_the_page_for_an_archived_channel_goes_to_the_next_one_with_the_reason(self, scene: Scene) -> None:
        stage = scene(policy(("0m", "#care"), ("30m", "#bosses")))
        stage.slack.named("care").archived = True

        stage.at("12:00").customer()
        stage.until("12:10")

        assert stage.pages == ["12:00 #bosses"]
        assert any("#care" in said and "is_archived" in said for said in stage.operators)

    def test_a_step_may_name_the_second_way_out(self, scene: Scene) -> None:
        stage = scene(policy(("0m", "#care"), ("deadline", "fallback")) + SECOND_WAY)

        stage.at("12:00").customer()
        stage.until("13:30")

        assert stage.pages == ["12:00 #care", "13:00 second way"]


class TestHours:
    def test_a_complaint_before_the_desk_opens_waits_for_it(self, scene: Scene) -> None:
        stage = scene(DESK_HOURS, begins=datetime(2026, 3, 2, 6, tzinfo=UTC), pace="15m")

        stage.at("06:30").customer()
        stage.until("10:30")

        assert stage.pages == ["09:00 #care", "10:00 #bosses"]

    def test_a_deadline_takes_the_lunch_break_out(self, scene: Scene) -> None:
        stage = scene(DESK_HOURS, pace="15m")

        stage.at("12:00").customer()
        stage.until("14:30")

        assert stage.pages == ["12:00 #care", "14:00 #bosses"]

    def test_who_complains_at_night_hears_from_us_in_the_morning_and_nobody_is_woken(self, scene: Scene) -> None:
        stage = scene(DESK_HOURS, begins=datetime(2026, 3, 3, 16, tzinfo=UTC), pace="15m")

        stage.at("22:00").customer()
        stage.until("+1 10:30")

        assert stage.pages == ["+1 09:00 #care", "+1 10:00 #bosses"]

    def test_a_crisis_at_night_pages_at_night(self, scene: Scene) -> None:
        stage = scene(DESK_HOURS, begins=datetime(2026, 3, 3, 16, tzinfo=UTC), pace="15m")

        stage.at("22:00").customer(CRISIS)
        stage.until("23:30")

        assert stage.case().severity is Severity.CRISIS
        assert stage.pages == ["22:00 #care", "23:00 #bosses"]

    def test_a_case_that_becomes_a_crisis_at_night_is_paged_at_night(self, scene: Scene) -> None:
        stage = scene(DESK_HOURS, begins=datetime(2026, 3, 3, 16, tzinfo=UTC), pace="15m")
        stage.at("22:00").customer()

        stage.at("23:00").customer(CRISIS)
        stage.until("23:30")

        assert stage.pages == ["23:00 #bosses", "23:00 #care"]

    def test_a_desk_that_is_open_at_night_counts_the_night_through(self, scene: Scene) -> None:
        nights = '[[hours]]\nname = "desk"\nweek = { mon = ["22:00-06:00"], tue = ["22:00-06:00"] }\n'
        stage = scene(BY_HOURS + nights, begins=datetime(2026, 3, 2, 20, tzinfo=UTC), pace="15m")

        stage.at("23:30").customer()
        stage.until("+1 01:00")

        assert stage.pages == ["23:30 #care", "+1 00:30 #bosses"]

    def test_on_a_holiday_nothing_is_due_and_the_morning_after_everything_is(self, scene: Scene) -> None:
        holidays = BY_HOURS + OPEN.format(more='holidays = ["DE-BE"]')
        stage = scene(holidays, begins=datetime(2026, 4, 6, 8, tzinfo=UTC), pace="1h")  # Easter Monday

        stage.at("10:00").customer()
        stage.until("+1 10:30")

        assert stage.pages == ["+1 09:00 #care", "+1 10:00 #bosses"]


class TestTheConfigChanges:
    def test_a_running_case_keeps_the_policy_it_opened_under_and_new_ones_get_the_new_one(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()

        stage.at("12:30").reloads(policy(("10m", "#desk")))
        stage.at("12:31").customer(by="sample_customer_02", thread="another")
        stage.until("13:15")

        assert stage.pages == ["12:00 #care", "12:41 #desk", "13:00 #bosses", "13:00 #care"]

    def test_until_somebody_puts_it_under_another_one(self, scene: Scene) -> None:
        stage = scene()
        stage.at("12:00").customer()

        stage.at("12:30").reloads(policy(("40m", "#desk")))
        stage.notes("sam", "policy", to="standard")
        stage.until("13:15")

        assert stage.pages == ["12:00 #care", "12:40 #desk"]
