"""Listening, weighing and escalating, on a virtual clock and a real database."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import ANGRY, CALM, CUSTOMER, DESK, NOON, Desk, opened, post

from connectors import BOTH_SIDES, Batch, Cure, Gap, SourceError
from monitor.review import derive, rebuild
from monitor.store import cases, pages, posts, sources
from monitor.store.sqlite import StoreError
from rules.model import Act, Kind, Severity, Side, Status

ASKING = "@sample when does the shop open on Saturday?"
CRISIS = "@sample your product caught fire, my child was burned, I am calling my lawyer and the press"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def notices(desk: Desk) -> list[str]:
    return [one.message.text for one in desk.local.posts if one.channel == "#harken-ops"]


class TestWhatOpensAndWhatAnswers:
    def test_a_complaint_opens_a_case_and_owes_its_first_page_in_the_same_unit_of_work(self, desk: Desk) -> None:
        desk.hear(post("1"))
        assert desk.case().status is Status.WAITING
        assert [(page.step, page.recipient, page.due) for page in desk.owed()] == [(0, "#care", NOON)]

    def test_chatter_opens_nothing(self, desk: Desk) -> None:
        desk.hear(post("1", text=CALM))
        with desk.store.read() as db:
            assert cases.every(db) == []

    def test_an_answer_given_on_the_network_stops_the_clock(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.clock.now = NOON + timedelta(minutes=30)
        desk.hear(post("2", 20, "We are sorry", by=DESK, to="1"))
        desk.at(90)
        assert desk.case().status is Status.RESTING
        assert len(desk.shown()) == 1
        assert desk.shown("#bosses") == []

    def test_the_same_posts_heard_again_change_nothing(self, desk: Desk) -> None:
        for _ in range(3):
            desk.hear(post("1"))
            desk.at(1)
        assert desk.case().revision == 1
        assert len(desk.shown()) == 1

    def test_an_answer_heard_before_its_question_counts_all_the_same(self, desk: Desk) -> None:
        desk.clock.now = NOON + timedelta(minutes=30)
        desk.hear(post("2", 20, "We are sorry", by=DESK, to="1"))
        desk.hear(post("1"))
        desk.at(90)
        assert desk.case().status is Status.RESTING
        assert desk.owed() == []

    def test_a_future_post_is_clamped_to_when_it_was_first_seen(self, desk: Desk) -> None:
        desk.hear(post("1", minutes=10_000))
        assert desk.case().since == NOON

    def test_a_responder_named_in_another_case_of_letters_is_a_responder(self, desk: Desk) -> None:
        desk.hear(post("1", by=DESK.upper()))
        with desk.store.read() as db:
            assert cases.every(db) == []

    def test_an_impossible_old_date_is_no_date(self, desk: Desk) -> None:
        desk.hear(replace(post("1"), posted_at=datetime(1, 1, 1, tzinfo=UTC)))
        assert desk.case().since == NOON


class TestFirstContact:
    def test_posts_older_than_max_age_start_nothing_at_first_contact(self, tmp_path: Path) -> None:
        with opened(tmp_path, met=False) as desk:
            desk.hear(post("old", -25 * 60, thread="a"), post("young", -60, thread="b"))
            assert desk.case().opened_by == "young"

    def test_later_on_a_late_post_starts_its_silence_however_old_it_is(self, desk: Desk) -> None:
        desk.hear(post("old", -25 * 60))
        assert desk.case().since == NOON - timedelta(hours=25)

    def test_a_first_contact_of_several_pages_has_ended_only_with_the_last_page(self, tmp_path: Path) -> None:
        with opened(tmp_path, met=False) as desk:
            desk.hear(post("1", -30 * 60, thread="a"), more=True)
            desk.hear(post("2", -30 * 60, thread="b"))
            desk.hear(post("3", -30 * 60, thread="c"))
            assert desk.case().opened_by == "3"

    def test_no_case_pages_before_its_source_has_been_read_to_the_end(self, tmp_path: Path) -> None:
        with opened(tmp_path, met=False) as desk:
            desk.hear(post("1", -10), more=True)
            desk.at(1)
            assert desk.owed() == []
            desk.hear()
            desk.at(2)
            assert [page.due for page in desk.owed()] == [NOON - timedelta(minutes=10)]

    def test_an_answer_found_further_on_in_the_first_read_spares_the_page(self, tmp_path: Path) -> None:
        with opened(tmp_path, met=False) as desk:
            desk.hear(post("1", -10), more=True)
            desk.at(0)
            desk.hear(post("2", -5, "We are sorry", by=DESK, to="1"))
            desk.at(1)
            assert desk.local.posts == []

    def test_a_case_pages_with_a_label_once_reading_its_source_fails(self, tmp_path: Path) -> None:
        with opened(tmp_path, met=False) as desk:
            desk.hear(post("1", -10), more=True)
            desk.line.failed(desk.via, SourceError("no answer"))
            desk.at(1)
            (page,) = desk.owed()
            assert page.blind_since == NOON

    def test_one_side_alone_is_not_both(self, tmp_path: Path) -> None:
        with opened(tmp_path, met=False) as desk:
            desk.hear(post("1", -10), sides=frozenset({Side.THEIRS}))
            desk.at(1)
            assert desk.owed() == []
            desk.hear(sides=frozenset({Side.OURS}))
            desk.at(2)
            assert len(desk.owed()) == 1

    def test_what_a_feed_renamed_is_taken_in_without_a_page_and_the_operators_are_told(self, desk: Desk) -> None:
        desk.hear(post("1"), quiet=True, warning="it renamed all its posts")
        desk.at(1)
        assert desk.owed() == []
        assert any("renamed" in said for said in notices(desk))


class TestEditsAndDeletions:
    def test_an_edit_that_makes_a_complaint_counts_from_when_it_was_seen(self, desk: Desk) -> None:
        desk.hear(post("1", text=CALM))
        desk.clock.now = NOON + timedelta(minutes=40)
        desk.hear(post("1"))
        assert desk.case().since == NOON + timedelta(minutes=40)

    def test_an_answered_question_edited_into_a_complaint_waits_again_from_when_the_edit_was_seen(
        self, desk: Desk
    ) -> None:
        desk.hear(post("1", text=ASKING), post("2", 0, "At nine", by=DESK, to="1"))
        desk.at(40)
        desk.hear(post("1"))
        desk.at(41)
        assert (desk.case().status, desk.case().since) == (Status.WAITING, NOON + timedelta(minutes=40))
        assert [(page.silence, page.due) for page in desk.owed()] == [("2", NOON + timedelta(minutes=40))]

    def test_an_edit_that_says_nothing_new_leaves_an_answered_case_at_rest(self, desk: Desk) -> None:
        desk.hear(post("1"), post("2", 0, "We are sorry", by=DESK, to="1"))
        for minutes, text in ((40, CALM), (50, ANGRY)):
            desk.at(minutes)
            desk.hear(post("1", text=text))
        assert desk.case().status is Status.RESTING
        assert desk.owed() == []

    def test_an_edit_that_says_worse_raises_the_case_when_it_is_seen_and_not_before(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(10)
        before = desk.case().severity
        desk.hear(post("1", text=CRISIS))
        desk.hear(post("1"))
        row = desk.case()
        assert (row.since, row.severity) == (NOON, Severity.CRISIS)
        with desk.store.read() as db:
            case = derive(db, row)
        assert case is not None
        assert case.silences[0].severities == ((NOON, before), (NOON + timedelta(minutes=10), Severity.CRISIS))

    def test_an_edit_heard_again_adds_nothing(self, desk: Desk) -> None:
        desk.hear(post("1", text=CALM))
        for minutes in (10, 20):
            desk.at(minutes)
            desk.hear(post("1"))
        with desk.store.read() as db:
            assert [word.counts_from for word in posts.words(db, ("x", "1"))] == [NOON, NOON + timedelta(minutes=10)]
            assert len(posts.thread(db, ("x", "t"))) == 2

    def test_the_verdict_kept_is_that_of_the_current_text(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(10)
        desk.hear(post("1", text=CALM))
        with desk.store.read() as db:
            (heard,) = posts.find(db, [("x", "1")]).values()
        assert (heard.mention.text, heard.verdict.kind, heard.post.kind) == (CALM, Kind.OTHER, Kind.COMPLAINT)
        assert desk.case().status is Status.WAITING

    def test_with_a_post_all_that_edits_added_is_gone(self, desk: Desk) -> None:
        desk.hear(post("1", text=CALM))
        desk.at(10)
        desk.hear(post("1"))
        desk.at(20)
        desk.hear(gone=["1"])
        assert desk.case().status is Status.WITHDRAWN
        desk.at(30)
        desk.hear(post("1"))
        assert (desk.case().status, desk.case().since) == (Status.WAITING, NOON + timedelta(minutes=10))

    def test_threads_without_edits_look_for_them_in_an_index_only(self, desk: Desk) -> None:
        with desk.store.read() as db:
            read: list[str] = []
            db.set_trace_callback(read.append)
            posts.thread(db, ("x", "t"))
            db.set_trace_callback(None)
            plan = [row["detail"] for row in db.execute(f"explain query plan {read[0]}")]
        assert any("USING INDEX revision_word" in step for step in plan)
        assert not any(step.startswith("SCAN") for step in plan)

    def test_who_speaks_up_after_an_answer_and_takes_it_back_is_answered_as_before(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.hear(post("2", 1, "We are sorry", by=DESK, to="1"))
        desk.at(5)
        desk.hear(post("3", 5, "And it is still broken, I want my money back"))
        desk.at(6)
        assert desk.case().status is Status.WAITING
        desk.hear(gone=["3"])
        desk.at(7)
        row = desk.case()
        assert (row.status, row.since, row.next_due) == (
            Status.RESTING,
            NOON,
            NOON + timedelta(days=3, minutes=1),
        )
        assert "Answered" in desk.shown()[0].message.text
        assert any("took it back" in one.message.text for one in desk.local.posts)

    def test_only_the_current_text_is_kept_and_of_the_earlier_one_a_hash(self, desk: Desk) -> None:
        desk.hear(post("1", text="@sample secret words, my parcel is lost and nobody answers"))
        desk.hear(post("1"))
        with desk.store.read() as db:
            dump = "\n".join(db.iterdump())
        assert "secret words" not in dump
        assert 'INSERT INTO "revision"' in dump

    def test_a_silence_is_withdrawn_when_all_its_words_are_gone(self, desk: Desk) -> None:
        desk.hear(post("1"), post("2", 1))
        desk.at(2)
        desk.hear(gone=["1"])
        assert desk.case().status is Status.WAITING
        desk.hear(gone=["2"])
        desk.at(90)
        assert desk.case().status is Status.WITHDRAWN
        assert len(desk.shown()) == 1
        assert "nine days" not in str(desk.shown()[0].message)
        with desk.store.read() as db:
            assert "nine days" not in "".join(db.iterdump())

    def test_a_post_that_comes_back_waits_again(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.hear(gone=["1"])
        desk.hear(post("1"))
        assert desk.case().status is Status.WAITING

    def test_deleting_our_answer_does_not_undo_it(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.hear(post("2", 0, "We are sorry", by=DESK, to="1"))
        desk.hear(gone=["2"])
        assert desk.case().status is Status.RESTING

    def test_a_post_of_which_nothing_was_heard_may_be_gone(self, desk: Desk) -> None:
        desk.hear(gone=["never heard"])


class TestActs:
    def act(self, desk: Desk, what: str) -> None:
        row = desk.case()
        with desk.store.write("act") as db:
            posts.add_act(db, Act(what, "sample_agent", desk.clock.now), row.thread_key, row.author, "terminal")

    def test_an_act_appended_by_a_terminal_is_found_at_the_next_tick(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.clock.now = NOON + timedelta(minutes=2)
        self.act(desk, "answered")
        desk.at(3)
        assert desk.case().status is Status.RESTING
        assert any("answered by sample_agent" in one.message.text for one in desk.local.posts)

    def test_a_dismissed_case_is_left_alone_until_its_customer_complains_again(self, desk: Desk) -> None:
        desk.hear(post("1"))
        self.act(desk, "dismiss")
        desk.at(90)
        assert desk.case().status is Status.DISMISSED
        desk.hear(post("2", 91, "Fine"))
        assert desk.case().status is Status.DISMISSED
        desk.clock.now = NOON + timedelta(minutes=92)
        desk.hear(post("3", 92))
        assert desk.case().status is Status.WAITING

    @pytest.mark.parametrize(
        ("what", "status", "said"),
        [("resolve", Status.CLOSED, "resolved by"), ("dismiss", Status.DISMISSED, "dismissed by")],
    )
    def test_what_a_person_decides_about_an_answered_case_counts_at_once_and_is_told(
        self, desk: Desk, what: str, status: Status, said: str
    ) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.hear(post("2", 1, "We are sorry", by=DESK, to="1"))
        desk.at(2)
        self.act(desk, what)
        desk.at(3)
        follow_up = NOON + timedelta(days=3, minutes=2) if what == "resolve" else None
        assert (desk.case().status, desk.case().next_due) == (status, follow_up)
        assert any(f"{said} sample_agent" in one.message.text for one in desk.local.posts)
        assert status.value in desk.shown()[0].message.text.lower()


class TestSourcesThatFail:
    def test_the_operators_are_told_of_a_dead_source_after_a_while_and_once_and_when_it_is_back(
        self, desk: Desk
    ) -> None:
        desk.line.failed(desk.via, SourceError("the server does not answer"))
        desk.at(14)
        assert notices(desk) == []
        for minutes in (15, 16, 17):
            desk.line.failed(desk.via, SourceError("the server does not answer"))
            desk.at(minutes)
        assert len(notices(desk)) == 1
        desk.hear()
        desk.at(18)
        assert len(notices(desk)) == 2

    def test_a_page_says_since_when_an_answer_could_not_have_been_heard(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        desk.clock.now = NOON + timedelta(minutes=20)
        desk.line.failed(desk.via, SourceError("the server does not answer"))
        desk.at(60)
        assert {page.blind_since for page in desk.owed() if page.step == 1} == {NOON}

    def test_a_connector_that_raises_anything_else_is_a_source_that_fails(self, desk: Desk) -> None:
        class Broken:
            def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
                raise ZeroDivisionError

            def look(self, ids: Sequence[str]) -> Batch | None:
                return None

            def close(self) -> None: ...

        with pytest.raises(SourceError, match=r"ZeroDivisionError.*bug") as caught:
            desk.line.poll(desk.via, Broken())
        assert caught.value.cure is Cure.BUG

    def test_a_source_that_goes_on_warning_is_one_word_an_hour_to_the_operators(self, desk: Desk) -> None:
        for minutes in (0, 1, 30, 61):
            desk.clock.now = NOON + timedelta(minutes=minutes)
            desk.hear(warning=f"line {minutes} is no JSON")
        desk.at(62)
        assert len(notices(desk)) == 2

    def test_the_cursor_commits_with_what_it_fetched_or_not_at_all(self, desk: Desk) -> None:
        with desk.store.write("make it fail late") as db:
            db.execute("""create trigger full before insert on "case" begin select raise(abort, 'disk is full'); end""")
        with pytest.raises(StoreError, match="free some disk space"):
            desk.hear(post("1"), cursor="after 1")
        with desk.store.read() as db:
            assert sources.get(db, desk.via.name).cursor is None
            assert posts.find(db, [("x", "1")]) == {}

    def test_a_gap_is_remembered_with_the_side_it_blinds(self, desk: Desk) -> None:
        gap = Gap(Side.OURS, NOON, NOON + timedelta(hours=1), "it was down for too long")
        desk.hear(gaps=(gap,))
        with desk.store.read() as db:
            assert sources.gaps(db, desk.via.name, Side.OURS) == [gap]
            assert sources.gaps(db, desk.via.name, Side.THEIRS) == []


class Looker:
    """A connector that can re-read a post."""

    def __init__(self, found: Batch | SourceError | None) -> None:
        self.found = found
        self.asked: list[tuple[str, ...]] = []

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        return Batch()

    def look(self, ids: Sequence[str]) -> Batch | None:
        self.asked.append(tuple(ids))
        if isinstance(self.found, SourceError):
            raise self.found
        return self.found

    def close(self) -> None: ...


class TestLookingJustBeforeAPage:
    def test_an_answer_found_by_a_look_stops_the_page(self, desk: Desk) -> None:
        reply = post("2", 59, "We are sorry", by=DESK, to="1")
        looker = desk.line.pollers[desk.via.name] = Looker(Batch((reply,)))
        desk.hear(post("1"))
        desk.at(0)
        desk.at(60)
        assert looker.asked[-1] == ("1",)
        assert len(desk.shown()) == 1
        assert desk.case().status is Status.RESTING

    def test_a_look_is_spared_where_both_sides_were_read_since_the_page_fell_due(self, desk: Desk) -> None:
        looker = desk.line.pollers[desk.via.name] = Looker(Batch())
        desk.hear(post("1"))
        desk.clock.now = NOON + timedelta(minutes=61)
        desk.hear()
        desk.at(61)
        assert looker.asked == []
        assert len(desk.shown()) == 1

    def test_where_a_look_fails_the_page_goes_out_and_says_so(self, desk: Desk) -> None:
        desk.line.pollers[desk.via.name] = Looker(SourceError("no answer"))
        desk.hear(post("1"))
        desk.at(0)
        desk.at(60)
        assert "ould not check" in str(desk.shown()[-1].message) or "ould not be checked" in str(
            desk.shown()[-1].message
        )

    def test_a_look_leaves_the_cursor_where_it_was(self, desk: Desk) -> None:
        desk.line.pollers[desk.via.name] = Looker(Batch((post("9", 50, CALM, thread="u"),), cursor="elsewhere"))
        desk.hear(post("1"), cursor="here")
        desk.at(60)
        with desk.store.read() as db:
            assert sources.get(db, desk.via.name).cursor == "here"


class TestWhatIsDerivedCanBeMadeAgain:
    def test_everything_derived_about_cases_can_be_rebuilt_from_facts(self, desk: Desk) -> None:
        desk.hear(*(post(f"a{n}", -n, thread=f"t{n}", by=f"sample_customer_{n:02d}") for n in range(20)))
        desk.hear(*(post(f"b{n}", 0, "We are sorry", by=DESK, to=f"a{n}", thread=f"t{n}") for n in range(0, 20, 2)))
        desk.at(30)
        with desk.store.read() as db:
            before = cases.every(db)
        with desk.store.write("spoil") as db:
            db.execute("""update "case" set status = 'closed', severity = 0, since = opened_at, derived = ''""")
            db.execute("""update "case" set next_due = null, deadline = null""")
        rebuild(desk.store, desk.clock.now, desk.line.setup)
        with desk.store.read() as db:
            after = cases.every(db)
        assert [replace(row, revision=0) for row in after] == [replace(row, revision=0) for row in before]
        assert {row.status for row in after} == {Status.WAITING, Status.RESTING}

    def test_the_next_instant_is_kept_for_every_case_that_changes_by_itself(self, desk: Desk) -> None:
        desk.hear(post("1"))
        desk.at(1)
        assert desk.case().next_due == NOON + timedelta(hours=1)
        desk.at(60)
        desk.at(100)
        desk.clock.now = NOON + timedelta(minutes=101)
        desk.hear(post("2", 101, "We are sorry", by=DESK, to="1"))
        assert desk.case().next_due == NOON + timedelta(days=3, minutes=101)
        desk.at(3 * 24 * 60 + 101)
        assert (desk.case().status, desk.case().next_due) == (Status.CLOSED, None)

    def test_a_tick_reads_only_what_is_due(self, desk: Desk) -> None:
        desk.hear(*(post(f"{n}", 0, thread=f"t{n}", by=f"sample_customer_{n:03d}") for n in range(300)))
        with desk.store.read() as db:
            read: list[str] = []
            db.set_trace_callback(read.append)
            assert cases.due_threads(db, NOON + timedelta(minutes=1)) == []
            plan = db.execute(
                'explain query plan select source, thread from "case" where next_due <= ?', (NOON.isoformat(),)
            ).fetchall()
            db.set_trace_callback(None)
        assert any("case_next_due" in row["detail"] for row in plan)


class TestTheWorstComesFirst:
    def test_pages_leave_in_the_order_of_severity(self, desk: Desk) -> None:
        desk.hear(post("1", -2, thread="a"), post("2", -1, CRISIS, thread="b", by="sample_customer_02"))
        with desk.store.read() as db:
            ready = pages.ready(db, "#care", NOON, 10)
        assert [page.severity for page in ready] == sorted((page.severity for page in ready), reverse=True)
        assert ready[0].severity is Severity.CRISIS

    def test_steps_overtaken_together_become_one_page_for_each_recipient(self, desk: Desk) -> None:
        desk.clock.now = NOON + timedelta(minutes=90)
        desk.hear(post("1"))
        desk.at(90)
        assert len(desk.shown()) == 1
        assert len(desk.shown("#bosses")) == 1
        assert sorted(page.outcome or "" for page in desk.owed()) == ["overtaken", "sent", "sent"]


def test_who_speaks_for_us_may_be_learnt_later(tmp_path: Path) -> None:
    from monitor.daemon import apply_responders  # noqa: PLC0415 - it starts a scheduler's imports

    with opened(tmp_path) as desk:
        desk.hear(post("1"), post("2", 0, "So sorry to hear that", by="SampleHelpTwo", to="1"))
        assert desk.case().status is Status.WAITING
        desk.line.setup = replace(desk.line.setup, responders={"x": frozenset({"samplehelp", "samplehelptwo"})})
        apply_responders(desk.line)
        assert desk.case().status is Status.RESTING
        assert desk.case().author == CUSTOMER
        assert ANGRY
