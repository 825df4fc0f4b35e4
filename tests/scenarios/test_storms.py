"""Stories of many customers at once with one cause: one incident, and calm."""

from stage import INCIDENTS, LADDER, SECOND_WAY, Scene, Stage, crowd

from monitor.store import cases, incidents, pages
from rules.model import Status

BILLED = "@sample you charged me twice for my order, I want my money back"
BURNT = "@sample you charged me twice and your product caught fire, my child was burned, I am calling my lawyer"


def forty(stage: Stage, when: str = "12:00") -> None:
    """Forty customers within four minutes."""
    hour, minute = when.split(":")
    for turn in range(4):
        stage.at(f"{hour}:{int(minute) + turn:02}")
        crowd(stage, range(turn * 10, turn * 10 + 10), BILLED)


def about_the_storm(stage: Stage) -> list[str]:
    """When and where the incident itself was told."""
    with stage.store.read() as db:
        ids = {one.delivery for found in incidents.every(db) for one in pages.of_case(db, found.id)}
    return [f"{stage.told(at)} {where}" for at, where, shown in stage.arrived if shown.delivery in ids]


def test_forty_customers_in_four_minutes_are_one_incident_and_few_pages(scene: Scene) -> None:
    stage = scene(LADDER + INCIDENTS)

    forty(stage)
    stage.until("12:25")

    assert about_the_storm(stage) == ["12:00 #care"]
    assert len(stage.pages) == 1
    assert len([row for row in stage.cases() if row.status is Status.WAITING]) == 40


def test_a_crisis_in_the_middle_of_a_storm_keeps_a_ladder_of_its_own(scene: Scene) -> None:
    stage = scene(LADDER + INCIDENTS)
    forty(stage)

    stage.at("12:05").customer(BURNT, by="sample_customer_99", thread="fire")
    stage.until("12:06")
    burnt = stage.case("sample_customer_99")

    with stage.store.read() as db:
        assert [page.outcome for page in pages.of_case(db, burnt.id)] == ["sent"]


def test_an_incident_is_told_again_while_somebody_in_it_waits_and_then_the_operators_hear_of_it(scene: Scene) -> None:
    stage = scene(LADDER + INCIDENTS)

    forty(stage)
    stage.until("15:00")

    told = about_the_storm(stage)
    assert told[0] == "12:00 #care"
    assert [page.split()[1] for page in told] == ["#care"] * 4 + ["#harken-ops"]


def test_an_incident_is_over_once_everybody_in_it_is_answered_and_it_is_calm(scene: Scene) -> None:
    stage = scene(LADDER + INCIDENTS)
    forty(stage)
    stage.until("12:10")

    for number in range(40):
        stage.we_answer(to=f"c{number}", thread=f"t{number}")
    stage.until("13:30")

    with stage.store.read() as db:
        assert incidents.every(db, running=True) == []
        assert {row.status for row in cases.every(db)} == {Status.RESTING}
    assert about_the_storm(stage) == ["12:00 #care"]


def test_a_storm_while_slack_is_down_goes_the_second_way_as_one_and_is_one_message_when_slack_is_back(
    scene: Scene,
) -> None:
    stage = scene(LADDER + INCIDENTS + SECOND_WAY)
    stage.slack.stop()

    forty(stage)
    stage.at("12:20").slack.start()
    stage.until("12:29")

    assert len(stage.sent_second) == 1
    assert len(about_the_storm(stage)) == 1
    assert [page.split()[1] for page in stage.pages if "second" not in page] == ["#care"]


def test_a_restart_in_the_middle_of_a_storm_makes_no_second_incident(scene: Scene) -> None:
    stage = scene(LADDER + INCIDENTS)
    stage.at("12:00")
    crowd(stage, range(20), BILLED)

    stage.restarts()
    stage.at("12:02")
    crowd(stage, range(20, 40), BILLED)
    stage.until("12:20")

    assert about_the_storm(stage) == ["12:00 #care"]
    with stage.store.read() as db:
        assert len(incidents.every(db)) == 1
