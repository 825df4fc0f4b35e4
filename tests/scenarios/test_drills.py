"""Stories of drills: the whole chain to the person on call, with nobody waiting at its other end."""

from dataclasses import replace
from datetime import timedelta

from desk import ANGRY
from stage import LADDER, PEOPLE, SECOND_WAY, Scene, Stage, policy

from connectors import Batch
from monitor.metrics import exposition
from monitor.slack import words
from monitor.store import drills, opinions
from monitor.store.drills import Drill
from rules.model import Kind, Mention, Severity, Status, Verdict

ROTA = '\n[[rota]]\nname = "desk"\npeople = ["sam", "kim"]\nevery = "1d"\nstart = 2026-03-01\nhandover = "12:30"\n'
DESK = LADDER + PEOPLE + ROTA
DRILL = "harken_drill"


def asked(stage: Stage, to: str = "oncall:desk", minutes: int = 15) -> int:
    """Somebody asks for a drill, as a terminal does."""
    with stage.store.write("a story") as db:
        return drills.ask(db, to, timedelta(minutes=minutes), "lee", stage.clock.now)


def found(stage: Stage) -> Drill:
    with stage.store.read() as db:
        (drill,) = drills.every(db, 9)
    return drill


def drilled(stage: Stage) -> str:
    """The id of the drill's case."""
    case = found(stage).case
    assert case is not None
    return case


def test_whoever_is_on_call_takes_the_drill_and_it_ends_by_itself_with_the_time_it_took(scene: Scene) -> None:
    stage = scene(DESK)
    asked(stage)
    stage.until("12:01")
    assert stage.pages == ["12:00 @sam"]
    assert words.DRILL in stage.message("@sam")

    stage.at("12:02:05").taps("sam", "take", case=drilled(stage))
    stage.until("12:03")

    assert found(stage).result == "sam took it after 2 min 5 s"
    assert words.DRILL_OVER.format(result="sam took it after 2 min 5 s") in stage.message("@sam")
    assert any("sam took it after 2 min 5 s" in said for said in stage.operators)


def test_a_drill_that_nobody_takes_ends_all_the_same_and_says_so(scene: Scene) -> None:
    stage = scene(DESK)
    asked(stage)

    stage.until("15:00")

    assert stage.pages == ["12:00 @sam"]
    assert found(stage).over_at == stage.moment("12:15")
    assert found(stage).result == "nobody took it within 15 min (paged @sam)"
    assert "nobody took it within 15 min" in stage.message("@sam")
    assert len(stage.operators) == 1


def test_a_drill_during_an_outage_goes_the_second_way_and_says_what_it_is(scene: Scene) -> None:
    stage = scene(DESK + SECOND_WAY)
    stage.slack.stop()
    asked(stage)

    stage.until("12:10")
    stage.slack.start()

    ((_, title, text),) = stage.sent_second
    assert title.startswith(words.DRILL)
    assert text.startswith(words.DRILL)


def test_a_drill_in_the_night_pages_in_the_night(scene: Scene) -> None:
    closed = policy(("0m", "#care"), more='repeats = 0\nhours = "never"')
    stage = scene(closed + PEOPLE + ROTA + '\n[[hours]]\nname = "never"\nweek = { sat = ["09:00-10:00"] }\n')
    asked(stage)

    stage.until("12:01")

    assert stage.pages == ["12:00 @sam"]


def test_a_drill_is_no_customer_for_anybody_who_counts_or_lists_them(scene: Scene) -> None:
    stage = scene(DESK)
    stage.until("12:01")
    before = (stage.cases(), exposition(stage.line), *(stage.asks("sam", each) for each in ("open", "mine", "status")))

    asked(stage)
    stage.until("12:05")
    stage.clock.now = stage.moment("12:05")
    stage.taps("sam", "dismiss", case=drilled(stage))
    during = (stage.cases(), exposition(stage.line), *(stage.asks("sam", each) for each in ("open", "mine", "status")))

    assert during[0] == before[0] == []
    with stage.store.read() as db:
        assert opinions.every(db) == []
    assert during[2:4] == before[2:4]
    assert DRILL not in "".join(map(str, during))
    assert stage.asks("sam", "find drill") == stage.asks("sam", "find nonsense")
    assert "harken_cases{" not in during[1]
    assert "harken_acts_total{" not in during[1]
    assert "harken.drill" not in during[1]


def test_many_drills_make_no_storm(scene: Scene) -> None:
    stage = scene(DESK + "\n[incident]\nenabled = true\nleast = 2\n")
    for _ in range(5):
        asked(stage)

    stage.until("12:05")

    assert [page.split()[1] for page in stage.pages] == ["@sam"] * 5


def test_a_drill_goes_on_where_it_was_after_a_restart_and_begins_once(scene: Scene) -> None:
    stage = scene(DESK)
    asked(stage)
    stage.until("12:01")

    stage.restarts()
    stage.at("12:05").taps("kim", "take", case=drilled(stage))
    stage.until("12:20")

    assert stage.pages == ["12:00 @sam"]
    assert found(stage).taken_by == "kim"


def test_a_drill_to_somebody_who_cannot_be_reached_tells_the_operators_who_got_it(scene: Scene) -> None:
    stage = scene(DESK)
    del stage.slack.people["sam@example.org"]
    asked(stage, "@sam")

    stage.until("12:20")

    assert stage.pages == ["12:00 #harken-ops"]
    assert found(stage).result == "nobody took it within 15 min (paged #harken-ops)"


def test_rules_that_take_the_drill_for_no_complaint_are_what_it_finds(scene: Scene) -> None:
    stage = scene(DESK)
    praise = Verdict(Kind.PRAISE, Severity.LOW, 0.0, "en")
    stage.line.setup = replace(stage.line.setup, given={(drills.SOURCE, f"drill-{asked(stage)}"): praise})

    stage.until("12:05")

    assert stage.pages == []
    assert "no case opened" in (found(stage).result or "")


def test_nobody_else_may_post_under_the_name_of_drills(scene: Scene) -> None:
    stage = scene(DESK)

    posted = Mention(drills.SOURCE, "drill-1", "drill-1", DRILL, ANGRY, stage.clock.now)
    stage.line.listen(stage.via, Batch((posted,)))
    stage.until("12:05")

    assert stage.pages == []
    with stage.store.read() as db:
        assert db.execute("select count(*) from mention").fetchone()[0] == 0


def test_a_drill_to_nobody_is_over_at_once_and_keeps_no_customer_waiting(scene: Scene) -> None:
    stage = scene(DESK)
    asked(stage, "nobody at all")

    stage.customer()
    stage.until("12:05")

    assert stage.pages == ["12:00 #care"]
    assert found(stage).result == '"nobody at all" is nobody who can be paged'


def test_a_drill_does_not_hide_a_customer(scene: Scene) -> None:
    stage = scene(DESK)
    asked(stage)

    stage.at("12:03").customer()
    stage.until("12:10")

    assert stage.pages == ["12:00 @sam", "12:03 #care"]
    assert stage.case().status is Status.WAITING
