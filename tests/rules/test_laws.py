"""Laws of the clock and the ladder over order, repetition and time, held against histories that Hypothesis invents.

A history is a list of facts: each is a post, or a word that an edit added to one, as it was known from some instant on.
All instants are whole minutes, so that facts and pages often meet at one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from builders import CUSTOMER, DESK, NEIGHBOUR, OPERATORS, at
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.digest import latest
from rules.escalation import next_due, pages_due, still_wanted
from rules.model import Case, Ended, Kind, Mark, Page, Policy, Post, Severity, Silence, Span, Step, StillWanted, Verdict
from rules.silence import cases, edited

START = at("00:00")
MINUTE = timedelta(minutes=1)
LAST_POST = 120
HORIZON = 900
END = START + HORIZON * MINUTE


@dataclass(frozen=True)
class Fact:
    """A post, or what an edit added to it, as it is known from ``learned`` on."""

    learned: datetime
    post: Post


def minutes(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda count: count * MINUTE)


VERDICTS = st.builds(
    Verdict,
    st.sampled_from([*Kind, Kind.COMPLAINT, Kind.QUESTION]),
    st.sampled_from(Severity),
    st.just(0.5),
    st.just("en"),
    st.sampled_from([frozenset[Mark](), frozenset[Mark](), frozenset({Mark.CHASER})]),
)


@st.composite
def with_edits(draw: st.DrawFn, post: Post) -> list[Post]:
    """All that a post amounts to once some edits of it were seen."""
    words = [post]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        seen = words[-1].counts_from + draw(minutes(1, 40))
        further = edited(words, draw(VERDICTS), nudge=draw(st.integers(0, 4)) == 0, seen=seen)
        words += [] if further is None else [further]
    gone = draw(st.none() | minutes(1, 60))
    return [replace(word, gone_at=gone and words[-1].counts_from + gone) for word in words]


@st.composite
def posts(draw: st.DrawFn, authors: Sequence[str] = (CUSTOMER, NEIGHBOUR, DESK)) -> list[Post]:
    """A thread, in time order, with edits; who replies, replies to what was there, to nothing or to what is unheard."""
    made: list[Post] = []
    for number, minute in enumerate(sorted(draw(st.lists(st.integers(0, LAST_POST), max_size=9)))):
        author = draw(st.sampled_from(authors))
        posted = START + minute * MINUTE
        made.append(
            Post(
                id=str(number),
                author=author,
                own=author == DESK,
                posted_at=posted,
                counts_from=posted,
                kind=draw(st.sampled_from([*Kind, Kind.COMPLAINT, Kind.COMPLAINT, Kind.QUESTION])),
                severity=draw(st.sampled_from(Severity)),
                marks=frozenset({Mark.CHASER} if draw(st.integers(0, 4)) == 0 else ()),
                reply_to=draw(st.sampled_from([None, "unheard", str(number), *(post.id for post in made)])),
                bare=draw(st.integers(0, 4)) == 0,
                history=draw(st.integers(0, 9)) == 0,
            )
        )
    return [word for post in made for word in draw(with_edits(post))]


@st.composite
def tangled(draw: st.DrawFn) -> list[Post]:
    """A thread in which replies may go in circles."""
    thread = draw(posts())
    ids = sorted({post.id for post in thread})
    to = {post.id: draw(st.sampled_from([post.reply_to, *ids])) for post in thread}
    return [replace(post, reply_to=to[post.id]) for post in thread]


def on_time(thread: Iterable[Post]) -> list[Fact]:
    """What is learned of ``thread`` by who hears everything at once."""
    return late(thread, {})


def late(thread: Iterable[Post], delays: Mapping[str, timedelta]) -> list[Fact]:
    """What is learned of ``thread`` if posts are heard late; edits and deletions are dated when they are seen."""
    facts = []
    for post in thread:
        heard = post.posted_at + delays.get(post.id, timedelta())
        if post.counts_from > post.posted_at:
            if post.counts_from <= heard:
                continue
            heard = post.counts_from
        facts.append(Fact(heard, replace(post, gone_at=None)))
        if post.gone_at is not None:
            seen = max(post.gone_at, heard)
            facts.append(Fact(seen, replace(post, gone_at=seen)))
    return sorted(facts, key=lambda fact: fact.learned)


def known(facts: Iterable[Fact], now: datetime) -> dict[str, Case]:
    """The cases of all that was learned up to ``now``."""
    learned = {(fact.post.id, fact.post.counts_from): fact.post for fact in facts if fact.learned <= now}
    return cases("sample", "thread", list(learned.values()), {})


def owed(facts: Iterable[Fact], rules: Policy, now: datetime) -> set[Page]:
    return {page for case in known(facts, now).values() for page in pages_due(case, rules, now)}


LEVELS = st.just(frozenset[Severity]()) | st.frozensets(st.sampled_from(Severity))
STEPS = st.builds(
    Step,
    minutes(-60, 60),
    st.sampled_from([("#a",), ("#b", "@c")]),
    from_deadline=st.booleans(),
    severities=LEVELS,
).filter(lambda step: step.from_deadline or step.offset >= timedelta())
LATE_SPAN = Span(START + 400 * MINUTE, END)
SPANS = st.lists(st.integers(0, 300), max_size=10, unique=True).map(
    lambda cuts: (
        *(
            Span(START + opens * MINUTE, START + closes * MINUTE)
            for opens, closes in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)
        ),
        LATE_SPAN,
    )
)


QUIET = st.lists(st.integers(0, 400), max_size=4, unique=True).map(
    lambda cuts: tuple(
        Span(START + begins * MINUTE, START + ends * MINUTE)
        for begins, ends in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)
    )
)
GATHERED = (*[frozenset[Severity]()] * 3, frozenset({Severity.LOW}), frozenset({Severity.LOW, Severity.NORMAL}))
"""Most policies gather nothing."""


@st.composite
def policies(draw: st.DrawFn, *, sensible: bool = False) -> Policy:
    """Any policy; a ``sensible`` one is always open, gives the worse severity the shorter time and the same last step.

    Its steps are for all severities from one on.
    """
    allowed = draw(st.lists(minutes(0, 120), min_size=4, max_size=4))
    steps = draw(st.lists(STEPS, min_size=1, max_size=3))
    if sensible:
        steps = [
            replace(step, severities=frozenset(list(Severity)[min(step.severities, default=0) :])) for step in steps
        ]
        steps[-1] = replace(steps[-1], severities=frozenset())
    return Policy(
        name="sample",
        reply_within=dict(zip(Severity, sorted(allowed, reverse=True) if sensible else allowed, strict=True)),
        steps=tuple(steps),
        operators=OPERATORS,
        hours=None if sensible else draw(st.none() | SPANS),
        always=draw(st.frozensets(st.sampled_from(Severity))),
        repeat=draw(minutes(1, 60)),
        repeats=draw(st.integers(0, 3)),
        quiet=draw(QUIET),
        digest=frozenset[Severity]() if sensible else draw(st.sampled_from(GATHERED)),
        digest_at=tuple(
            START + minute * MINUTE for minute in sorted(draw(st.sets(st.integers(0, HORIZON), max_size=5)))
        ),
    )


TICKS = st.lists(minutes(0, HORIZON), min_size=1, max_size=8).map(
    lambda after: [START + length for length in sorted(after)]
)


# Order, repetition, spacing


@given(tangled(), st.data())
def test_any_arrival_order_and_any_repetition_give_the_same_cases(thread: list[Post], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(thread), max_size=5)) if thread else []
    heard = data.draw(st.permutations(thread + again))
    assert cases("sample", "thread", heard, {}) == cases("sample", "thread", thread, {})


@given(posts(), policies(), TICKS)
def test_any_tick_spacing_sees_the_same_pages_due(thread: list[Post], rules: Policy, ticks: list[datetime]) -> None:
    facts = on_time(thread)
    seen = set().union(*(owed(facts, rules, tick) for tick in ticks))
    assert seen == owed(facts, rules, ticks[-1])


@given(posts(), policies())
def test_ticking_at_facts_and_from_next_due_to_next_due_sees_every_page_at_the_instant_it_is_due(
    thread: list[Post], rules: Policy
) -> None:
    facts = on_time(thread)
    news = sorted({fact.learned for fact in facts})
    now: datetime | None = START
    seen: dict[Page, datetime] = {}
    while now is not None:
        for page in owed(facts, rules, now):
            seen.setdefault(page, now)
        coming = [fact for fact in news if fact > now][:1]
        coming += [due for case in known(facts, now).values() if (due := next_due(case, rules, now))]
        now = min(coming, default=None)
    assert seen == {page: page.due for page in owed(facts, rules, END + timedelta(days=365))}


@given(posts(), policies(sensible=True), TICKS, st.data())
def test_what_a_tick_saw_due_before_late_facts_came_stays_due_or_is_no_longer_wanted(
    thread: list[Post], rules: Policy, ticks: list[datetime], data: st.DataObject
) -> None:
    facts = late(thread, {post.id: data.draw(minutes(0, 200)) for post in thread})
    final = known(facts, END)
    due = {page.delivery: page.due for page in owed(facts, rules, END)}
    for tick in ticks:
        for case in known(facts, tick).values():
            for page in pages_due(case, rules, tick):
                if still_wanted(page, final[case.author], rules, END) is StillWanted.YES:
                    assert due[page.delivery] <= page.due


@given(posts(), policies(), TICKS)
def test_what_is_owed_is_never_unowed_by_facts_that_come_in_time(
    thread: list[Post], rules: Policy, ticks: list[datetime]
) -> None:
    facts = on_time(thread)
    assert all(owed(facts, rules, before) <= owed(facts, rules, after) for before, after in pairwise(ticks))


# Against a watchman


def counted(word: Post, *, first: bool) -> tuple[Severity, bool]:
    """How severe a word is to the watchman, and whether it asks again."""
    judged = word.kind in {Kind.COMPLAINT, Kind.QUESTION}
    return word.severity if judged else Severity.LOW, Mark.CHASER in word.marks or (word.bare and not first)


class Watchman:
    """Looks at one customer's thread every minute, remembers what he saw, and knows nothing of what is to come."""

    def __init__(self, thread: Sequence[Post], rules: Policy) -> None:
        self.thread = sorted(thread, key=lambda post: (post.counts_from, post.id))
        self.rules, self.every = rules, rules.repeat // MINUTE
        spans = rules.hours
        self.opened = [
            spans is None or any(span.start <= START + minute * MINUTE < span.end for span in spans)
            for minute in range(HORIZON + 1)
        ]
        self.before = [0, *accumulate(self.opened)]
        self.pages: list[tuple[int, int]] = []
        self.words: list[Post] = []
        self.chased, self.worst, self.since = False, Severity.LOW, 0
        self.rungs: dict[int, int] = {}
        self.quiet = [
            any(span.start <= START + minute * MINUTE < span.end for span in rules.quiet)
            for minute in range(HORIZON + 1)
        ]
        self.done, self.turn, self.last, self.origin, self.counted = 0, 0, -1, 0, 0
        self.spoken = self.reopens = self.answered = False

    def watch(self) -> list[tuple[int, int]]:
        """The minute and the rung of every page."""
        for minute in range(HORIZON + 1):
            now = START + minute * MINUTE
            if self.words and all(word.gone_at and word.gone_at <= now for word in self.words):
                self.words, self.answered = [], False
            for post in self.thread:
                if post.counts_from == now and not post.own:
                    self.hear(post, minute)
            if any(post.posted_at == now and post.own for post in self.thread) and self.spoken:
                self.words, self.answered = [], True
            if self.words:
                self.look(minute)
        return self.pages

    def hear(self, word: Post, minute: int) -> None:
        severity, asks_again = counted(word, first=not self.spoken)
        asks_again |= len({each.id for each in (*self.words, word)}) > 2
        self.spoken = True
        asks = word.kind in {Kind.COMPLAINT, Kind.QUESTION, Kind.UNJUDGED}
        speaks_up = self.reopens and (asks_again or (self.answered and word.kind is Kind.OTHER))
        if not self.words:
            if word.history or not (asks or speaks_up):
                return
            self.chased, self.worst, self.since, self.rungs, self.reopens = False, Severity.LOW, minute, {}, True
            self.done, self.turn, self.last = 0, 0, -1
        self.words.append(word)
        self.chased, self.worst = self.chased or asks_again, max(self.worst, severity)

    def look(self, minute: int) -> None:
        severity = self.worst.raised if self.chased else self.worst
        if severity in self.rules.digest:
            return
        meant = [rung for rung, step in enumerate(self.rules.steps) if severity in (step.severities or Severity)]
        for rung in meant:
            step = self.rules.steps[rung]
            allowance = self.rules.reply_within[severity] if step.from_deadline else timedelta()
            self.page(rung, self.since, max((allowance + step.offset) // MINUTE, 0), minute, severity)
        if meant and meant[-1] in self.rungs:
            if meant[-1] != self.last:
                self.last, self.turn, self.origin, self.counted = meant[-1], 0, self.rungs[meant[-1]], 0
            while self.turn <= self.rules.repeats:
                number, length = len(self.rules.steps) + self.done, (self.turn + 1 - self.counted) * self.every
                self.page(number, self.origin, length, minute, severity)
                if number not in self.rungs:
                    break
                self.done, self.turn = self.done + 1, self.turn + 1
                if self.was_held(length, minute, severity):
                    self.origin, self.counted = minute, self.turn

    def was_held(self, length: int, minute: int, severity: Severity) -> bool:
        """Whether it was quiet when a repeat would have fallen due that has just been paged."""
        always = severity in self.rules.always
        passed = (at for at in range(self.origin, minute + 1) if self.passed(self.origin, at, always=always) >= length)
        return self.quiet[next(passed)]

    def page(self, rung: int, since: int, length: int, minute: int, severity: Severity) -> None:
        """Page if ``length`` minutes have passed, unless it was done before or it is closed now."""
        if self.quiet[minute] and severity < Severity.CRISIS:
            return
        always = severity in self.rules.always
        passed, just_before = self.passed(since, minute, always=always), self.passed(since, minute - 1, always=always)
        if rung not in self.rungs and passed >= length and (always or self.opened[minute] or just_before < length):
            if length == 0 and not (always or self.opened[minute]):
                return
            self.rungs[rung] = minute
            self.pages.append((minute, rung))

    def passed(self, since: int, minute: int, *, always: bool) -> int:
        return minute - since if always else self.before[max(minute, since)] - self.before[since]


@settings(max_examples=400)
@given(posts(authors=(CUSTOMER, CUSTOMER, DESK)), policies())
def test_the_pages_due_are_those_of_a_watchman_who_looks_every_minute(thread: list[Post], rules: Policy) -> None:
    found = cases("sample", "thread", thread, {}).get(CUSTOMER)
    pages = pages_due(found, rules, END) if found else ()
    seen = {((page.due - START) // MINUTE, page.step) for page in pages}
    assert sorted(seen) == sorted(Watchman(thread, rules).watch())


@given(posts(), policies())
def test_a_page_is_never_due_before_its_offset(thread: list[Post], rules: Policy) -> None:
    for case in cases("sample", "thread", thread, {}).values():
        for page in pages_due(case, rules, END):
            if page.step < len(rules.steps):
                (silence,) = (one for one in case.silences if one.after == page.silence)
                step = rules.steps[page.step]
                severity = max(level for since, level in silence.severities if since <= page.due)
                allowance = rules.reply_within[severity] if step.from_deadline else timedelta()
                assert open_time(silence.start, page.due, rules, severity) >= max(allowance + step.offset, timedelta())


def open_time(since: datetime, until: datetime, rules: Policy, severity: Severity) -> timedelta:
    """How much of the time between two instants is open, minute by minute."""
    every = [since + count * MINUTE for count in range((until - since) // MINUTE)]
    spans = None if severity in rules.always else rules.hours
    return MINUTE * sum(spans is None or any(span.start <= one < span.end for span in spans) for one in every)


@given(posts(), policies())
def test_who_waits_is_in_every_digest_from_the_first_step_on_or_is_paged_about_one_by_one(
    thread: list[Post], rules: Policy
) -> None:
    facts = on_time(thread)
    plain = replace(rules, digest=frozenset())
    for now in rules.digest_at:
        for author, case in known(facts, now).items():
            silence = case.waiting
            if silence is None:
                continue
            found = latest(case, rules, now, silence.start)
            due = {page.to for page in pages_due(case, plain, now) if page.silence == silence.after}
            if silence.severity not in rules.digest:
                assert found is None
                assert {page.to for page in pages_due(case, rules, now) if page.silence == silence.after} <= {
                    to for step in rules.steps for to in step.to
                } | {OPERATORS}
            else:
                assert (set(found.to) if found else set()) == due, author
                assert all(page.silence != silence.after for page in pages_due(case, rules, now))


# Silences


@given(tangled(), policies())
def test_an_ended_silence_owes_nothing_from_its_end_on(thread: list[Post], rules: Policy) -> None:
    for case in cases("sample", "thread", thread, {}).values():
        pages = pages_due(case, rules, END)
        for silence in case.silences:
            if silence.ended is not None:
                assert all(page.due < silence.ended.at for page in pages if page.silence == silence.after)


@given(tangled())
def test_silences_of_a_case_are_in_order_never_overlap_and_have_names_of_their_own(thread: list[Post]) -> None:
    for case in cases("sample", "thread", thread, {}).values():
        assert len({silence.after for silence in case.silences}) == len(case.silences) > 0
        for silence, following in pairwise(case.silences):
            assert silence.ended is not None
            assert silence.start <= silence.ended.at <= following.start
        assert case.waiting is (case.silences[-1] if case.silences[-1].ended is None else None)


@given(tangled())
def test_the_words_of_a_silence_lie_after_the_ending_before_it_and_no_later_than_its_own(thread: list[Post]) -> None:
    for case in cases("sample", "thread", thread, {}).values():
        previous = None
        for silence in case.silences:
            inside = sorted((word for word in thread if within(word, silence)), key=lambda word: word.counts_from)
            times = {id_: min(word.counts_from for word in inside if word.id == id_) for id_ in silence.words}
            assert all(word.author == case.author for word in inside if word.id in silence.words)
            assert list(times.values()) == sorted(times.values())
            assert times[silence.words[0]] == silence.start
            if previous is not None:
                # Who posts again at the very instant of a withdrawal starts anew.
                assert silence.start > previous.at or (previous.how is Ended.WITHDRAWN and silence.start == previous.at)
            previous = silence.ended


def within(word: Post, silence: Silence) -> bool:
    """Whether a word counts from an instant at which ``silence`` lasts."""
    return silence.start <= word.counts_from and (silence.ended is None or word.counts_from <= silence.ended.at)


@given(tangled())
def test_every_complaint_and_question_waits_in_a_silence_unless_it_is_history_and_so_does_every_edit_that_makes_one(
    thread: list[Post],
) -> None:
    found = cases("sample", "thread", thread, {})
    asking = {Kind.COMPLAINT, Kind.QUESTION, Kind.UNJUDGED}
    for word in thread:
        if word.kind in asking and not word.own and not word.history:
            assert any(word.id in one.words and within(word, one) for one in found[word.author].silences)


@given(tangled())
def test_severity_never_falls_within_a_silence(thread: list[Post]) -> None:
    for case in cases("sample", "thread", thread, {}).values():
        for silence in case.silences:
            assert silence.severities[0][0] == silence.start
            for (since, level), (later, higher) in pairwise(silence.severities):
                assert since <= later
                assert level < higher


@given(posts(), TICKS)
def test_severity_never_falls_as_posts_come_in(thread: list[Post], ticks: list[datetime]) -> None:
    facts = on_time(thread)
    reached: dict[tuple[str, str], Severity] = {}
    for tick in ticks:
        for case in known(facts, tick).values():
            for silence in case.silences:
                key = (case.author, silence.after)
                assert silence.severity >= reached.get(key, Severity.LOW)
                reached[key] = silence.severity


@given(posts().filter(bool), VERDICTS, st.booleans(), st.data())
def test_an_edit_changes_nothing_before_it_was_seen(
    thread: list[Post], verdict: Verdict, nudge: bool, data: st.DataObject
) -> None:
    changed = data.draw(st.sampled_from(thread)).id
    thread = [replace(word, gone_at=None) if word.id == changed else word for word in thread]
    words = [word for word in thread if word.id == changed]
    seen = max(word.gone_at or word.counts_from for word in thread) + MINUTE
    further = edited(words, verdict, nudge=nudge, seen=seen)
    before = cases("sample", "thread", thread, {})
    after = cases("sample", "thread", [*thread, *([further] if further else [])], {})
    for author, case in before.items():
        for was, now in zip(case.silences, after[author].silences, strict=False):
            assert (was.after, was.start, was.words) == (now.after, now.start, now.words[: len(was.words)])
            assert was.severities == tuple(each for each in now.severities if each[0] < seen)


@given(posts(authors=(CUSTOMER,)), VERDICTS, st.booleans())
def test_an_edit_seen_again_adds_no_second_word(thread: list[Post], verdict: Verdict, nudge: bool) -> None:
    for id_ in {word.id for word in thread}:
        words = [word for word in thread if word.id == id_]
        further = edited(words, verdict, nudge=nudge, seen=END)
        if further is not None:
            assert edited([*words, further], verdict, nudge=nudge, seen=END + MINUTE) is None


@given(tangled())
def test_deleting_our_answers_undoes_nothing(thread: list[Post]) -> None:
    deleted = [replace(post, gone_at=post.counts_from + MINUTE) if post.own else post for post in thread]
    assert cases("sample", "thread", deleted, {}) == cases("sample", "thread", thread, {})


@given(posts(), policies(), minutes(LAST_POST + 60, HORIZON))
def test_the_next_due_is_the_smallest_page_due_after_now(thread: list[Post], rules: Policy, after: timedelta) -> None:
    now = START + after
    for case in cases("sample", "thread", thread, {}).values():
        if case.waiting:
            ahead = [page.due for page in pages_due(case, rules, END + timedelta(days=365)) if page.due > now]
            ahead += [span.end for span in rules.quiet if span.end > now]
            ahead += [due for due in rules.digest_at if due > now and case.waiting.severity in rules.digest]
            assert next_due(case, rules, now) == min(ahead, default=None)
