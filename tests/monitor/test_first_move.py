"""Our own status page tells of trouble before people ask; posts without a topic that share words are an incident."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import DESK, LADDER, NOON, Desk, opened, post
from test_storm import BILLED, ON, at, complaint, storm_of

from connectors import Batch, SourceSettings
from monitor import surges
from monitor.cli import run
from monitor.store import cases, incidents, pages
from monitor.store.incidents import Member
from rules.first_move import Report, report
from rules.model import Mention, Status
from rules.surge import Incident

STATUS = f"""{ON}
[[source]]
name = "status"
kind = "feed"
role = "status"
url = "https://status.example.org/history.atom"
"""
TROUBLE = "Payments are charged twice. Investigating - We are looking into cards that were charged twice."
MENDED = (
    "Payments were charged twice. Resolved - Nobody is charged twice any more. Investigating - We are looking into it."
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path, STATUS) as it:
        status(it, -30)
        yield it


def status(desk: Desk, minutes: float, text: str = "", name: str = "s1") -> None:
    """What our status page brings."""
    desk.clock.now = NOON + timedelta(minutes=minutes)
    via = SourceSettings(name="status", kind="feed", role="status")
    said = Mention("status", name, name, "Sample Status", text, desk.clock.now, url="https://status.example.org/1")
    desk.line.listen(via, Batch((said,) if text else ()))


def the_one(desk: Desk) -> Incident:
    with desk.store.read() as db:
        (found,) = incidents.every(db)
    return found


def told(desk: Desk) -> list[str]:
    return [one.message.text for one in desk.shown() if "status page" in str(one.message.blocks)]


class TestFirstMove:
    def test_trouble_on_our_status_page_is_one_message_with_a_draft_and_those_affected_already(
        self, desk: Desk
    ) -> None:
        desk.hear(complaint(1, -3), complaint(2, -2), post("w", -2, "@sample my parcel never came", by="sample_other"))
        status(desk, 1, TROUBLE)
        at(desk, 2)
        (shown,) = [one for one in desk.shown() if "Before they ask" in one.message.text]
        said = str(shown.message.blocks)
        assert "sample_customer_0001" in said
        assert "sample_customer_0002" in said
        assert "sample_other" not in said
        assert "A first word in public" in said
        assert "Payments are charged twice" in said
        for minutes in range(3, 200, 20):
            at(desk, minutes)
        assert len([one for one in desk.shown() if "Before they ask" in one.message.text and one.delivery]) == 1

    def test_nobodys_own_pages_are_held_back_as_long_as_only_we_speak_of_it(self, desk: Desk) -> None:
        status(desk, 0, TROUBLE)
        desk.clock.now = NOON + timedelta(minutes=2)
        desk.hear(complaint(1, 1))
        at(desk, 3)
        with desk.store.read() as db:
            (row,) = cases.every(db)
            assert [page.outcome for page in pages.of_case(db, row.id)] == ["sent"]
            assert incidents.count(db, the_one(desk).id) == (1, 1)

    def test_nothing_our_status_page_says_opens_a_case(self, desk: Desk) -> None:
        status(desk, 0, f"{TROUBLE} {BILLED}")
        at(desk, 1)
        with desk.store.read() as db:
            assert cases.every(db) == []

    def test_once_people_come_in_numbers_it_is_the_same_incident_and_holds_their_pages(self, desk: Desk) -> None:
        status(desk, -1, TROUBLE)
        at(desk, 0)
        storm_of(desk, 40)
        at(desk, 40)
        found = the_one(desk)
        assert found.holding
        assert found.announced is not None
        with desk.store.read() as db:
            assert incidents.count(db, found.id) == (40, 40)
            own = pages.of_case(db, found.id)
            joined = [page.outcome for row in cases.every(db) for page in pages.of_case(db, row.id)]
        assert [page.outcome for page in own] == ["sent", "sent", "sent"]
        assert joined.count("joined") >= 30

    def test_when_the_page_says_that_it_is_over_the_message_tells_who_was_told_and_who_was_not(
        self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status(desk, 0, TROUBLE)
        desk.clock.now = NOON + timedelta(minutes=2)
        desk.hear(complaint(1, 1), complaint(2, 1))
        at(desk, 3)
        desk.clock.now = NOON + timedelta(minutes=20)
        desk.hear(post("a", 20, "We are sorry, your money is on its way back", by=DESK, to="p1", thread="t1"))
        status(desk, 30, MENDED)
        for minutes in (31, 32, 33):
            at(desk, minutes)
        (said,) = [str(one.message.blocks) for one in desk.shown() if "Calmer" in one.message.text]
        assert said.index("not told yet") < said.rindex("sample_customer_0002") < said.index("waits no more")
        assert said.index("waits no more") < said.rindex("sample_customer_0001")
        monkeypatch.chdir(tmp_path)
        assert run(["incidents", "show", the_one(desk).id]) == 0
        out = capsys.readouterr().out
        assert out.index("not told yet") < out.rindex("sample_customer_0002 at") < out.index("\ntold\n")
        assert out.index("\ntold\n") < out.rindex("sample_customer_0001 at")

    def test_it_is_over_when_nobody_in_it_waits(self, desk: Desk) -> None:
        status(desk, 0, TROUBLE)
        status(desk, 30, MENDED)
        at(desk, 31)
        assert the_one(desk).over is not None

    def test_a_new_post_that_says_so_ends_it_as_well_as_a_changed_one(self, desk: Desk) -> None:
        status(desk, 0, TROUBLE)
        status(desk, 30, "Cards that were charged twice: this is fixed.", name="s2")
        at(desk, 31)
        assert the_one(desk).calm is not None

    def test_a_post_that_is_read_again_and_an_update_of_it_are_no_second_prompt(self, desk: Desk) -> None:
        status(desk, 0, TROUBLE)
        status(desk, 5, TROUBLE)
        status(desk, 9, f"Identified - We know why. {TROUBLE}")
        at(desk, 10)
        assert len(told(desk)) == 1

    def test_planned_work_and_trouble_that_is_long_over_prompt_nothing(self, desk: Desk) -> None:
        status(desk, 0, "Scheduled maintenance of our payments on Sunday")
        desk.line.listen(
            SourceSettings(name="status", kind="feed", role="status"),
            Batch((Mention("status", "old", "old", "S", TROUBLE, NOON - timedelta(days=3)),)),
        )
        with desk.store.read() as db:
            assert incidents.every(db) == []

    def test_it_is_made_anew_from_facts_as_it_was(self, desk: Desk) -> None:
        def members() -> tuple[list[Member], list[Member]]:
            with desk.store.read() as db:
                return incidents.waiting(db, the_one(desk).id, -1), incidents.settled(db, the_one(desk).id)

        desk.hear(complaint(1, -3))
        status(desk, 1, TROUBLE)
        desk.clock.now = NOON + timedelta(minutes=2)
        desk.hear(complaint(2, 2), post("a", 2, "Sorry!", by=DESK, to="p1", thread="t1"))
        before = members()
        assert [len(each) for each in before] == [1, 1]
        surges.rebuild(desk.store, desk.clock(), desk.line.setup)
        assert members() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Investigating - We are looking into elevated error rates.", Report.TROUBLE),
        ("Elevated errors in checkout. Resolved - This incident has been resolved. Investigating - ...", Report.OVER),
        ("Monitoring - A fix has been implemented and we are monitoring the results.", Report.TROUBLE),
        ("Scheduled - We will be undergoing maintenance.", Report.NEITHER),
        ("Scheduled maintenance this Sunday, some pages may be unavailable", Report.NEITHER),
        ("Our app is down for some of you", Report.TROUBLE),
        ("The problem is not fixed yet, the app is still down", Report.TROUBLE),
        ("Everything is back to normal", Report.OVER),
        ("Störung bei der Anmeldung", Report.TROUBLE),
        ("Die Störung ist behoben", Report.OVER),
        ("Die Störung ist noch nicht behoben", Report.TROUBLE),
        ("We have a new logo", Report.NEITHER),
    ],
)
def test_what_a_status_page_says(text: str, says: Report) -> None:
    assert report(text) is says


CAROUSEL = "@sample I am so angry, I hate the carousel in your wizard, all turquoise"


class TestWithoutATopic:
    def test_many_who_share_telling_words_are_an_incident_that_names_them(self, tmp_path: Path) -> None:
        with opened(tmp_path, ON) as desk:
            desk.hear(*(complaint(n, n / 10, f"{CAROUSEL} number{n:03}") for n in range(20)))
            at(desk, 3)
            found = the_one(desk)
            assert "carousel" in found.matter.about
            with desk.store.read() as db:
                assert incidents.count(db, found.id) == (20, 20)
            desk.clock.now = NOON + timedelta(minutes=5)
            desk.hear(complaint(100, 5, "@sample the wizard shows no carousel at all, I hate it"))
            desk.hear(complaint(101, 5, "@sample I hate your rude bakery on the corner"))
            with desk.store.read() as db:
                assert incidents.count(db, found.id) == (21, 21)

    def test_many_who_have_nothing_in_common_are_none(self, tmp_path: Path) -> None:
        with opened(tmp_path, ON) as desk:
            things = "umbrella bakery fountain ladder violin kettle garden saddle tunnel anchor blanket candle"
            posts = (f"@sample I hate your awful {thing}" for thing in things.split())
            desk.hear(*(complaint(n, n / 10, said) for n, said in enumerate(posts)))
            at(desk, 3)
            with desk.store.read() as db:
                assert incidents.every(db) == []

    def test_a_deleted_post_leaves_none_of_its_words_behind(self, tmp_path: Path) -> None:
        with opened(tmp_path, ON) as desk:
            desk.hear(complaint(1, 0, CAROUSEL))
            desk.hear(gone=["p1"])
            with desk.store.read() as db:
                assert [row[0] for row in db.execute("select topic from topic_post")] == [""]


class TestManyThings:
    def test_two_causes_at_once_are_two_incidents_and_few_messages(self, tmp_path: Path) -> None:
        lost = "@sample my parcel never arrived, the courier lost it, where is it"
        burnt = "@sample you charged me twice and your product caught fire, my child was burned, I am calling my lawyer"
        with opened(tmp_path, ON) as desk:
            for poll in range(50):
                desk.clock.now = NOON + timedelta(minutes=(poll + 1) / 10)
                numbers = range(poll * 20, poll * 20 + 20)
                texts = [burnt if n % 400 == 399 else BILLED if n % 2 else lost for n in numbers]
                posts = [complaint(n, poll / 10, text) for n, text in zip(numbers, texts, strict=True)]
                desk.hear(*posts)
                at(desk, (poll + 1) / 10)
            at(desk, 20)
            with desk.store.read() as db:
                found = incidents.every(db)
                assert {one.topic for one in found} == {"billing", "delivery"}
                assert sum(incidents.count(db, one.id)[0] for one in found) == 1000
                crises = [row for row in cases.every(db) if row.severity.word == "crisis"]
                paged = {page.outcome for row in crises for page in pages.of_case(db, row.id)}
            assert len(crises) == 2
            assert paged == {"sent"}
            assert len(desk.shown()) <= 22
            assert {row.status for row in crises} == {Status.WAITING}


def test_a_role_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="role"), opened(tmp_path, STATUS.replace('"status"\nurl', '"stat"\nurl')):
        pass


assert LADDER in ON
