"""Laws of pages over random histories: posts, answers, acts, faults of Slack, kills, restarts and sleep, in any order.

What is owed is asked of the rules at every tick; what became of it is looked up in the store and in what Slack shows.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from desk import ANGRY, CALM
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from slack_double import SlackDouble
from slack_faults import Fault, drop, html, rate_limited, says, status
from stage import EMPLOYED, INCIDENTS, PEOPLE, SECOND_WAY, THANKS, Stage, crowd, policy, user

from monitor.audit import Audit
from monitor.review import derive
from monitor.slack import words
from monitor.store import cases, incidents, pages
from monitor.store.cases import CaseRow
from monitor.store.pages import PageRow
from monitor.store.sqlite import in_memory
from rules import escalation
from rules.model import REMINDER, Case, Policy

CONFIG = (
    policy(
        *(("0m", "#care"), ("20m", "oncall:desk"), ("deadline", "#care #bosses")),
        more='repeat = "30m"\nrepeats = 1\nack_for = { low = "40m", normal = "40m", high = "40m", crisis = "40m" }',
    )
    + PEOPLE
    + '\n[[rota]]\nname = "desk"\npeople = ["sam", "kim"]\nevery = "1d"\nstart = 2026-03-01\nhandover = "12:50"\n'
    + INCIDENTS
    + SECOND_WAY
)
BILLED = "@sample you charged me twice for my order, I want my money back"
CRISIS = "@sample your product caught fire, my child was burned, I am calling my lawyer and the press"
CUSTOMERS = tuple(f"sample_customer_{number:02}" for number in range(1, 6))
NOT_OWED = {"answered", "dismissed", "resolved", "withdrawn", "acked", "moved"}
"""How a page is settled that nobody needs any more."""
FAULTS: tuple[Fault, ...] = (
    *(drop(), drop(accept=True), status(503), status(500, accept=True), html(accept=True)),
    *(rate_limited(90), says("fatal_error", accept=True), says("internal_error")),
)

Deed = tuple[str, Callable[[Stage], None]]


def says_something(by: str, text: str, thread: str) -> Deed:
    return f"{by} posts", lambda stage: void(stage.customer(text, by=by, thread=thread))


def void(_: object) -> None:
    """Of what a deed returns nothing is wanted."""


def _answers(thread: str) -> Deed:
    def deed(stage: Stage) -> None:
        if stage.spoken_in(thread):
            stage.we_answer(thread=thread)

    return "we answer", deed


def _acts(act: str, number: int) -> Deed:
    def deed(stage: Stage) -> None:
        rows = stage.cases()
        if rows:
            now = stage.clock.now
            more = {"snooze": {"until": now + timedelta(minutes=15)}, "assign": {"to": "kim"}}.get(act, {})
            stage.notes("sam", act, row=rows[number % len(rows)], **more)

    return act, deed


def _breaks(fault: Fault, times: int) -> Deed:
    return f"Slack: {fault.name}", lambda stage: stage.slack.fail(fault, times=times)


def _cannot_look(stage: Stage) -> None:
    stage.slack.fail(says("missing_scope"), on="conversations.history", times=5)


def _reachable(*, there: bool) -> Deed:
    def deed(stage: Stage) -> None:
        if stage.slack.listening is not there:
            (stage.slack.start if there else stage.slack.stop)()

    return "Slack is there" if there else "Slack is gone", deed


def _archives(name: str, *, archived: bool) -> Deed:
    def deed(stage: Stage) -> None:
        stage.slack.named(name).archived = archived

    return f"#{name} archived" if archived else f"#{name} is back", deed


speaking: st.SearchStrategy[Deed] = st.builds(
    says_something,
    st.sampled_from(CUSTOMERS),
    st.sampled_from([ANGRY, BILLED, BILLED, CALM, THANKS, CRISIS]),
    st.sampled_from(["t1", "t2"]),
)
deeds: st.SearchStrategy[Deed] = st.one_of(
    *(speaking, speaking, speaking),
    st.builds(_answers, st.sampled_from(["t1", "t2"])),
    st.builds(
        _acts,
        st.sampled_from(["ack", "unack", "snooze", "assign", "raise", "dismiss", "answered", "resolve"]),
        st.integers(0, 4),
    ),
    st.builds(_breaks, st.sampled_from(FAULTS), st.integers(1, 6)),
    st.just(("history unreadable", _cannot_look)),
    st.builds(lambda there: _reachable(there=there), st.booleans()),
    st.sampled_from(
        [
            ("network fails", lambda stage: stage.network_fails()),
            ("network answers", lambda stage: stage.network_answers()),
        ]
    ),
    st.builds(lambda archived: _archives("care", archived=archived), st.booleans()),
    st.just(("restart", lambda stage: stage.restarts())),
    st.builds(
        lambda point: (f"killed {point}", lambda stage: stage.dies(point)),
        st.sampled_from([f"{when} {what}" for what in ("lease", "send", "settle") for when in ("before", "after")]),
    ),
)
entries = st.tuples(st.integers(0, 25), st.sampled_from(["awake", "awake", "asleep"]), deeds)
opening = st.tuples(st.integers(0, 5), st.just("awake"), speaking)
storm = (1, "awake", ("a storm", lambda stage: crowd(stage, range(12), BILLED)))
histories = st.builds(
    lambda first, then: [*first, *then],
    st.one_of(st.lists(opening, min_size=1, max_size=4), st.just([storm])),
    st.lists(entries, min_size=3, max_size=14),
)


class Watched(Stage):
    """A stage that asks the rules, at every tick, what is owed and still wanted."""

    wanted: set[str]

    def after_tick(self) -> None:
        with self.store.read() as db:
            for row in cases.every(db):
                case, under = self.facts(row)
                if case is not None:
                    due, _ = escalation.wanted(case, under, self.clock.now)
                    self.wanted |= {page.delivery for page in due}

    def facts(self, row: CaseRow) -> tuple[Case | None, Policy]:
        with self.store.read() as db:
            return derive(db, row), self.line.setup.pinned(db, row.policy, row.opened_at)


@contextmanager
def playing(history: list[tuple[int, str, Deed]]) -> Iterator[Watched]:
    """A history played to its end: then Slack is well again, and four hours pass."""
    people = {f"{name}@example.org": user(name) for name in EMPLOYED}
    channels = ("care", "bosses", "desk", "harken-ops")
    with tempfile.TemporaryDirectory() as folder, SlackDouble(channels=channels, people=people) as slack:
        stage = Watched(Path(folder), slack, CONFIG, pace="5m", store=in_memory())
        stage.wanted = set()
        for minutes, how, (name, deed) in history:
            event(name)
            when = stage.told(stage.clock.now + timedelta(minutes=minutes))
            if how == "asleep" and minutes:
                stage.asleep_until(when)
            else:
                stage.at(when)
            deed(stage)
        slack.heal()
        _reachable(there=True)[1](stage)
        stage.network_answers()
        stage.until(stage.told(stage.clock.now + timedelta(hours=4)))
        yield stage
        stage.close()
        slack.check()


def rows(stage: Stage) -> dict[str, PageRow]:
    """Every page about a customer or an incident."""
    with stage.store.read() as db:
        about = [row.id for row in cases.every(db)] + [one.id for one in incidents.every(db)]
        return {page.delivery: page for case in about for page in pages.of_case(db, case)}


slow = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@slow
@given(histories)
def test_every_due_page_is_delivered_joined_redirected_or_shown_undelivered(
    history: list[tuple[int, str, Deed]],
) -> None:
    with playing(history) as stage:
        found = rows(stage)
        shown = stage.slack.deliveries()
        assert stage.wanted <= found.keys(), "what is due is owed"
        for page in found.values():
            event(f"a page is settled as {page.outcome}")
            accounted(stage, page, found, shown)
        lost = [page for page in found.values() if page.outcome is None]
        assert bool(lost) <= bool(Audit(stage.line, lambda: True)(stage.clock.now).wrong), "undelivered, and it shows"


def accounted(stage: Stage, page: PageRow, found: dict[str, PageRow], shown: dict[str, list[tuple[str, str]]]) -> None:
    """What is said to have become of a page has become of it."""
    others = [one for one in found.values() if (one.case, one.silence) == (page.case, page.silence) and one != page]
    match page.outcome:
        case "sent" if page.recipient == "fallback":
            assert stage.sent_second
        case "sent":
            assert page.delivery in shown
        case "overtaken":
            later = [one for one in others if one.recipient == page.recipient]
            assert any((one.due, one.step) > (page.due, page.step) for one in later)
        case "joined":
            with stage.store.read() as db:
                holder = incidents.of_cases(db, [page.case or ""])
            assert holder
        case "handed on":
            assert any(one.step == page.step and one.recipient.startswith("@") for one in others)
        case "refused" | "doubtful":
            gone_on = [one for one in others if one.step == page.step and one.recipient != page.recipient]
            assert gone_on or page.recipient == "fallback"
        case outcome:
            assert outcome is None or outcome in NOT_OWED


@slow
@given(histories)
def test_slack_shows_nothing_that_was_not_owed_and_nothing_more_than_twice(
    history: list[tuple[int, str, Deed]],
) -> None:
    with playing(history) as stage:
        found = rows(stage)
        for delivery, places in stage.slack.deliveries().items():
            with stage.store.read() as db:
                page = pages.get(db, delivery)
            assert page is not None
            assert len(places) <= 2
            if len(places) == 2:
                (again,) = [one for _, _, one in stage.arrived if one.delivery == delivery][1:]
                assert (
                    words.REPEAT in f"{again.blocks} {again.past}" or words.REPEAT_MARK in f"{again.text} {again.past}"
                )
        assert all(page.outcome != "sent" or page.channel or page.recipient == "fallback" for page in found.values())


@slow
@given(histories)
def test_one_silence_has_one_ladder_however_often_it_is_looked_at(history: list[tuple[int, str, Deed]]) -> None:
    with playing(history) as stage:
        for row in stage.cases():
            case, under = stage.facts(row)
            assert case is not None
            for before, after in pairwise(case.silences):
                assert before.ended is not None
                assert before.ended.at <= after.start, "one waits at a time"
            ladder = [page for page in escalation.pages_due(case, under, stage.clock.now) if page.step != REMINDER]
            for silence in case.silences:
                climbed = [page for page in ladder if page.silence == silence.after]
                rounds = [page.round for page in climbed]
                assert rounds == sorted(rounds), "a round is over before the next begins"
                assert max(Counter((page.due, page.to) for page in climbed).values(), default=1) == 1
            with stage.store.read() as db:
                sent = [page for page in pages.of_case(db, row.id) if page.outcome == "sent"]
            told = Counter((page.silence, page.round, page.step, page.recipient) for page in sent)
            assert max(told.values(), default=1) == 1
