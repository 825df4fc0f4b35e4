"""What the line makes of networks: sides, gaps, budgets, posts that are gone, and posts that come between two polls."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import ANGRY, CALM, DESK, NOON, Desk, made, post

from connectors import BOTH_SIDES, Batch, Gap, Gone, MeteredSettings, SourceError, Spent
from monitor.store import pages, posts, sources, spending
from monitor.store.sqlite import open_writer
from rules.model import Side, Status

OURS, THEIRS = frozenset((Side.OURS,)), frozenset((Side.THEIRS,))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = open_writer(tmp_path / "harken.db", "a test")
    yield Desk(store, made(tmp_path))
    store.close()


def said(desk: Desk) -> str:
    """Everything Slack shows now."""
    return "\n".join(repr(one.message) for one in desk.local.posts)


def notices(desk: Desk) -> list[str]:
    """What the operators were told."""
    return [one.message.text for one in desk.local.posts if one.channel == "#harken-ops"]


class Network:
    """A connector that does as it is told."""

    def __init__(self, *batches: Batch) -> None:
        self.batches = list(batches)
        self.asked: list[frozenset[Side]] = []
        self.looked: list[tuple[str, ...]] = []
        self.found: Batch | None = Batch()

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        self.asked.append(sides)
        return self.batches.pop(0) if self.batches else Batch(sides=sides)

    def look(self, ids: Sequence[str]) -> Batch | None:
        self.looked.append(tuple(ids))
        return self.found

    def close(self) -> None: ...


class TestSides:
    def test_a_side_that_could_not_be_read_is_a_source_that_fails_and_the_other_is_heard_all_the_same(
        self, desk: Desk
    ) -> None:
        desk.hear(sides=BOTH_SIDES)
        desk.clock.now = NOON + timedelta(minutes=20)
        desk.hear(post("1", 19), sides=THEIRS, failure="the timeline answered 403; check its permissions")
        with desk.store.read() as db:
            source = sources.get(db, desk.via.name)
        assert source.coverage.ours == NOON
        assert source.coverage.theirs == NOON + timedelta(minutes=20)
        assert source.coverage.failing_since == NOON + timedelta(minutes=20)
        assert source.failure == "the timeline answered 403; check its permissions"
        desk.at(21)
        assert {page.blind_since for page in desk.owed()} == {NOON}

    def test_the_operators_hear_of_it_after_a_while_and_again_when_both_sides_are_read(self, desk: Desk) -> None:
        for minutes in (0, 10, 20, 30):
            desk.clock.now = NOON + timedelta(minutes=minutes)
            desk.hear(sides=THEIRS, failure="the timeline answered 403; check its permissions")
            desk.at(minutes)
        assert len(notices(desk)) == 1
        assert "403" in notices(desk)[0]
        desk.hear()
        desk.at(31)
        assert len(notices(desk)) == 2

    def test_where_only_what_people_say_cannot_be_read_nothing_is_said_of_blindness(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.clock.now = NOON + timedelta(minutes=30)
        desk.hear(sides=OURS, failure="search answered 500; it is tried again")
        desk.clock.now = NOON + timedelta(minutes=60)
        desk.hear(sides=OURS, failure="search answered 500; it is tried again")
        desk.at(60)
        assert {page.blind_since for page in desk.owed() if page.step == 1} == {None}

    def test_a_side_is_read_as_far_as_the_network_says(self, desk: Desk) -> None:
        desk.clock.now = NOON + timedelta(minutes=5)
        desk.hear(until=NOON + timedelta(minutes=3))
        with desk.store.read() as db:
            assert sources.get(db, desk.via.name).coverage.heard == NOON + timedelta(minutes=3)


class TestWhatTheNetworkNotifiedUsOf:
    def test_it_is_judged_as_said_to_us_though_it_names_nobody(self, desk: Desk) -> None:
        text = "nine days now and still no parcel"
        desk.hear(post("1", text=text, thread="a"), post("2", text=text, thread="b"), addressed=frozenset({"2"}))
        with desk.store.read() as db:
            found = posts.find(db, [("x", "1"), ("x", "2")])
        assert found["x", "2"].verdict.score > found["x", "1"].verdict.score
        assert found["x", "2"].addressed
        assert not found["x", "1"].addressed

    def test_an_edit_that_comes_by_another_way_is_still_said_to_us(self, desk: Desk) -> None:
        desk.hear(post("1", text="hello there"), addressed=frozenset({"1"}))
        desk.hear(post("1", text="hello there, any news?"))
        with desk.store.read() as db:
            assert posts.find(db, [("x", "1")])["x", "1"].addressed


class TestGaps:
    GAP = Gap(Side.OURS, NOON + timedelta(minutes=10), NOON + timedelta(minutes=50), "the window is 7 days")

    def test_a_case_that_waited_during_a_gap_of_our_side_says_so_and_another_does_not(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        assert "Not heard from" not in said(desk)
        desk.clock.now = NOON + timedelta(minutes=51)
        desk.hear(post("2", 51, by="sample_customer_02", thread="u"), gaps=(self.GAP,))
        desk.at(52)
        told = [repr(one.message) for one in desk.local.posts if one.channel == "#care"]
        assert ["Not heard from" in one for one in told] == [True, False]

    def test_a_gap_of_their_side_takes_nothing_from_our_answers(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.hear(gaps=(Gap(Side.THEIRS, self.GAP.since, self.GAP.until, "too many posts"),))
        desk.at(2)
        assert "Not heard from" not in said(desk)


class TestPostsThatAreGone:
    def test_what_pages_quoted_is_taken_back_from_slack_everywhere(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.at(60)
        assert said(desk).count("nine days") >= 2
        desk.hear(gone=["1"])
        desk.at(61)
        assert "nine days" not in said(desk)
        assert "deleted" in said(desk)
        assert desk.case().status is Status.WITHDRAWN
        with desk.store.read() as db:
            assert posts.find(db, [("x", "1")])["x", "1"].mention.text == ""
            assert pages.to_redact(db, "#care", desk.clock.now, 9) == []

    def test_a_customer_who_deletes_one_of_two_words_waits_for_the_other(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.hear(post("2", 2, "Still nothing from you, this is a disgrace", to="1"), gone=["1"])
        desk.at(3)
        assert desk.case().status is Status.WAITING
        assert "nine days" not in said(desk)
        assert "disgrace" in said(desk)


class TestRechecks:
    def test_the_posts_of_open_cases_are_read_again_and_nothing_else(self, desk: Desk) -> None:
        network = Network()
        desk.clock.now = NOON + timedelta(minutes=2)
        desk.hear(post("1"), post("2", 1, "Thanks for looking into it", to="1"))
        desk.hear(post("3", text=CALM, by="sample_customer_02", thread="u"))
        desk.line.recheck(desk.via, network)
        assert network.looked == [("2", "1")]

    def test_others_are_read_again_once_a_day_as_far_back_as_the_config_says(self, desk: Desk) -> None:
        network = Network()
        desk.line.setup = replace(desk.line.setup, look_for_deletions=timedelta(days=30))
        desk.hear(post("1"), post("3", text=CALM, by="sample_customer_02", thread="u"))
        desk.line.recheck(desk.via, network)
        assert sorted(network.looked[0]) == ["1", "3"]
        desk.line.recheck(desk.via, network)
        assert network.looked[1] == ("1",)
        desk.clock.now = NOON + timedelta(days=1)
        network.found = Batch(gone=(Gone("x", "3"),))
        desk.line.recheck(desk.via, network)
        assert sorted(network.looked[2]) == ["1", "3"]
        with desk.store.read() as db:
            assert posts.find(db, [("x", "3")])["x", "3"].mention.text == ""
        desk.clock.now = NOON + timedelta(days=40)
        desk.line.recheck(desk.via, network)
        assert network.looked[3] == ("1",)

    def test_a_post_found_to_be_gone_withdraws_its_case(self, desk: Desk) -> None:
        network = Network()
        network.found = Batch(gone=(Gone("x", "1"),))
        desk.hear(post("1"))
        desk.line.recheck(desk.via, network)
        assert desk.case().status is Status.WITHDRAWN


class TestBudgets:
    VIA = MeteredSettings(name="sample-x", kind="x", budget=10.0)

    def spend(self, desk: Desk, price: float) -> bool:
        return desk.line.poll(self.VIA, Network(Batch(spent=Spent(1, 100, price))))

    def test_what_was_spent_is_counted_by_calendar_month_and_survives(self, desk: Desk) -> None:
        self.spend(desk, 1.0)
        self.spend(desk, 0.5)
        desk.line.failed(self.VIA, SourceError("no; wait", spent=Spent(requests=2)))
        with desk.store.read() as db:
            assert spending.get(db, "sample-x", "2026-03").spent == Spent(4, 200, 1.5)
            assert spending.get(db, "sample-x", "2026-04").spent == Spent()

    def test_the_operators_are_told_once_at_50_80_and_100_per_cent(self, desk: Desk) -> None:
        for price in (4, 1, 1, 2, 1, 1):
            try:
                self.spend(desk, price)
            except SourceError:
                break
            desk.at(1)
        told = [one for one in notices(desk) if "budget" in one or "spend this month" in one]
        assert ["50 %" in told[0], "80 %" in told[1], "100 %" in told[2]] == [True] * 3
        assert len(told) == 3

    def test_from_the_reserve_on_only_our_own_side_is_read_and_that_is_said(self, desk: Desk) -> None:
        self.spend(desk, 8.5)
        network = Network()
        desk.line.poll(self.VIA, network)
        assert network.asked == [OURS]
        with desk.store.read() as db:
            failure = sources.get(db, "sample-x").failure
        assert failure is not None
        assert "kept back for our own posts" in failure
        assert "wait until 1 April" in failure

    def test_a_budget_that_is_used_up_stops_polls_and_looks_until_the_next_month(self, desk: Desk) -> None:
        self.spend(desk, 10.0)
        network = Network()
        with pytest.raises(SourceError, match="used up; raise its budget, or wait until 1 April"):
            desk.line.poll(self.VIA, network)
        desk.hear(post("1"))
        desk.line.via["sample-x"] = self.VIA
        with pytest.raises(SourceError, match="used up"):
            desk.line.recheck(self.VIA, network)
        assert network.asked == []
        assert network.looked == []
        desk.clock.now = datetime(2026, 4, 1, tzinfo=UTC)
        desk.line.poll(self.VIA, network)
        assert network.asked == [BOTH_SIDES]

    def test_a_case_pages_though_nothing_may_be_read_any_more_and_says_so(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(0)
        self.spend(desk, 10.0)
        desk.clock.now = NOON + timedelta(minutes=59)
        with pytest.raises(SourceError) as caught:
            self.spend(desk, 0.0)
        desk.line.failed(self.VIA, caught.value)
        desk.at(60)
        assert {page.blind_since for page in desk.owed() if page.step == 1} == {NOON}

    def test_a_rate_that_does_not_last_is_slowed(self, desk: Desk) -> None:
        assert desk.line.allowed(self.VIA).pace == 1.0
        self.spend(desk, 4.0)
        assert desk.line.allowed(self.VIA).pace > 2


def test_what_comes_between_two_polls_moves_neither_the_cursor_nor_how_far_a_source_is_heard(desk: Desk) -> None:
    desk.hear(cursor="as polled")
    with desk.store.read() as db:
        before = sources.get(db, desk.via.name)
    desk.clock.now = NOON + timedelta(minutes=5)
    desk.line.listen(desk.via, Batch((post("1", 4, ANGRY),), cursor="of the stream"), looked=True)
    with desk.store.read() as db:
        assert sources.get(db, desk.via.name) == before
    assert desk.case().author == "sample_customer_01"
    desk.hear(post("2", 5, "We are sorry", by=DESK, to="1"))
    assert desk.case().status is Status.RESTING
