"""How listings are walked: how far down, from where again, and what is said of what was missed. No network at all."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import BOTH_SIDES, Batch, Cure, SourceError, Spent
from connectors._walk import MOST_PAGES, NetworkSettings, Page, StaleError, Stream, TooOldError, Walker
from rules.model import Mention, Side

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OVERLAP = timedelta(minutes=5)
LATE = timedelta(minutes=30)
SWEEP = timedelta(hours=1)
MAX_AGE = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


class Wire:
    """What a walker asks of its ``Http``: a clock, a limit and a count."""

    network = "Sample"

    def __init__(self) -> None:
        self.now: datetime | None = START
        self.pause: timedelta | None = None
        self.requests = 0

    def spent(self) -> Spent:
        made, self.requests = self.requests, 0
        return Spent(requests=made)


class Listing:
    """One listing, newest first, two posts on a page. A token is the place of the last post of a page."""

    def __init__(self, wire: Wire, name: str = "search", side: Side = Side.THEIRS, size: int = 2) -> None:
        self.wire = wire
        self.name = name
        self.side = side
        self.size = size
        self.posts: dict[str, datetime] = {}
        self.asked: list[tuple[datetime | None, str | None]] = []
        self.failing: Exception | None = None
        self.optional = False
        self._numbers = count()

    def post(self, *minutes: float) -> list[str]:
        """Posts so many minutes after START."""
        names = []
        for minute in minutes:
            names.append(f"{self.name}-{next(self._numbers):04}")
            self.posts[names[-1]] = START + minute * MINUTE
        return names

    def read(self, floor: datetime | None, token: str | None) -> Page:
        self.wire.requests += 1
        self.asked.append((floor, token))
        if self.failing is not None:
            raise self.failing
        places = sorted((f"{at:%d %H:%M:%S.%f} {name}" for name, at in self.posts.items()), reverse=True)
        below = [place for place in places if token is None or place < token]
        shown = [place.split()[-1] for place in below[: self.size]]
        return Page(
            mentions=tuple(self.mention(name) for name in shown),
            next=below[self.size - 1] if len(below) > self.size else None,
            oldest=self.posts[shown[-1]] if shown else None,
        )

    def mention(self, name: str) -> Mention:
        return Mention("sample", name, name, "sample_customer_01", "Parcel is late.", self.posts[name])

    @property
    def stream(self) -> Stream:
        return Stream(self.name, self.side, self.read, optional=self.optional)


def walker(wire: Wire, *listings: Listing, **settings: object) -> Walker:
    plain = {"name": "sample", "kind": "sample", "late": LATE, "sweep": SWEEP, "max_age": MAX_AGE}
    given = NetworkSettings.model_validate({**plain, **settings})
    return Walker([one.stream for one in listings], wire, given, OVERLAP)  # type: ignore[arg-type]  # a stand-in


def one_round(walks: Walker, cursor: str | None = None, sides: frozenset[Side] = BOTH_SIDES) -> tuple[list[Batch], Any]:
    batches = []
    while not batches or batches[-1].more:
        batches.append(walks.poll(cursor, sides))
        cursor = batches[-1].cursor
        assert len(batches) < 3 * MOST_PAGES, "the round does not end"
    return batches, cursor


def heard(batches: Sequence[Batch]) -> list[str]:
    return [one.id for batch in batches for one in batch.mentions]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def listing(wire: Wire) -> Listing:
    return Listing(wire)


def after(minutes: float) -> datetime:
    return START + minutes * MINUTE


def test_first_contact_goes_max_age_back_and_no_further(wire: Wire, listing: Listing) -> None:
    new = listing.post(-1, -60, -1439)
    old = listing.post(-1441, -1442, -1443, -1444)
    batches, _ = one_round(walker(wire, listing))
    assert heard(batches)[:3] == new
    assert old[0] in heard(batches), "the page on which it ends is handed over whole"
    assert not {*old[1:]} & {*heard(batches)}
    assert {floor for floor, _ in listing.asked} == {None, START - MAX_AGE}
    assert listing.asked[0] == (None, None)


def test_the_next_walk_goes_a_little_below_where_the_last_one_began(wire: Wire, listing: Listing) -> None:
    walks = walker(wire, listing)
    _, cursor = one_round(walks)
    wire.now = after(10)
    one_round(walks, cursor)
    assert listing.asked[-1] == (START - OVERLAP, None)


def test_a_post_that_took_less_than_the_overlap_to_appear_is_heard_by_the_next_walk(
    wire: Wire, listing: Listing
) -> None:
    walks = walker(wire, listing)
    listing.post(-60, -50)
    _, cursor = one_round(walks)
    wire.now = after(10)
    late = listing.post(-4)
    batches, _ = one_round(walks, cursor)
    assert late[0] in heard(batches)


def test_a_sweep_goes_as_far_below_the_last_sweep_as_a_post_may_be_late(wire: Wire, listing: Listing) -> None:
    walks = walker(wire, listing)
    cursor = None
    for minute in (0, 20, 40, 61, 80):
        wire.now = after(minute)
        _, cursor = one_round(walks, cursor)
    floors = [floor for floor, _ in listing.asked]
    assert floors == [None, after(0) - OVERLAP, after(20) - OVERLAP, after(40) - OVERLAP, after(0) - LATE]


def test_a_round_that_was_not_whole_is_no_sweep(wire: Wire, listing: Listing) -> None:
    walks = walker(wire, listing)
    listing.post(*range(-60, 0, 10))
    batch = walks.poll(None)
    assert batch.more
    listing.failing = SourceError("Sample is down; wait")
    with pytest.raises(SourceError):
        walks.poll(batch.cursor)
    listing.failing = None
    wire.now = after(30)
    _, cursor = one_round(walks, batch.cursor)
    wire.now = after(50)
    one_round(walks, cursor)
    assert listing.asked[-1] == (START - OVERLAP, None), "what counts is when the walk began, not when it ended"


def test_a_walk_goes_on_in_another_life_where_it_stopped(wire: Wire, listing: Listing) -> None:
    posts = listing.post(*range(-60, 0, 10))
    cursor, found = None, list[str]()
    for _ in range(3):
        batch = walker(wire, listing).poll(cursor)
        cursor, found = batch.cursor, [*found, *heard([batch])]
    assert not batch.more
    assert sorted(found) == sorted(posts), "no page was read twice"


def test_a_page_that_was_not_committed_is_read_again(wire: Wire, listing: Listing) -> None:
    listing.post(*range(-60, 0, 10))
    walks = walker(wire, listing)
    first = walks.poll(None)
    lost = walks.poll(first.cursor)
    assert heard([walks.poll(first.cursor)]) == heard([lost])


def test_what_comes_while_a_walk_is_under_way_is_heard_by_the_next(wire: Wire, listing: Listing) -> None:
    listing.post(*range(-60, 0, 10))
    walks = walker(wire, listing)
    first = walks.poll(None)
    wire.now = after(2)
    new = listing.post(1)
    batches, cursor = one_round(walks, first.cursor)
    assert new[0] not in heard(batches)
    assert batches[-1].until == START
    assert new[0] in heard(one_round(walks, cursor)[0])


def test_a_token_that_is_not_good_any_more_begins_the_walk_again(wire: Wire, listing: Listing) -> None:
    posts = listing.post(*range(-60, 0, 10))
    walks = walker(wire, listing)
    first = walks.poll(None)
    listing.failing = StaleError()
    plainly = listing.read

    def read(floor: datetime | None, token: str | None) -> Page:
        if token is None:
            listing.failing = None
        return plainly(floor, token)

    listing.read = read  # type: ignore[method-assign]  # good again from the beginning
    batches, _ = one_round(walker(wire, listing), first.cursor)
    assert set(heard(batches)) == set(posts)
    assert not any(batch.gaps for batch in batches)


def too_old(listing: Listing) -> Callable[[datetime | None, str | None], Page]:
    """A network that goes ten minutes back."""
    plainly = listing.read

    def read(floor: datetime | None, token: str | None) -> Page:
        now = listing.wire.now or START
        if floor is not None and floor < now - 10 * MINUTE:
            raise TooOldError("it goes ten minutes back")
        listing.posts = {name: at for name, at in listing.posts.items() if at >= now - 10 * MINUTE}
        return plainly(floor, token)

    return read


def test_what_a_network_shows_no_more_is_a_gap(wire: Wire, listing: Listing) -> None:
    listing.read = too_old(listing)  # type: ignore[method-assign]  # a network with a window
    walks = walker(wire, listing)
    listing.post(-1)
    _, cursor = one_round(walks)
    wire.now = after(120)
    posts = listing.post(30, 112, 118)
    batches, cursor = one_round(walks, cursor)
    assert heard(batches) == posts[:0:-1]
    (gap,) = batches[-1].gaps
    assert (gap.side, gap.since, gap.until) == (Side.THEIRS, START, after(112))
    assert gap.why == "search: it goes ten minutes back"
    assert batches[-1].warning == "Sample: search: it goes ten minutes back; posts may be missing"
    wire.now = after(121)
    assert not any(batch.gaps for batch in one_round(walks, cursor)[0]), "a gap is told once"


def test_a_listing_too_short_for_a_sweep_only_is_no_gap(wire: Wire, listing: Listing) -> None:
    listing.read = too_old(listing)  # type: ignore[method-assign]  # as above
    walks = walker(wire, listing)
    cursor = None
    for minute in range(0, 200, 3):
        wire.now = after(minute)
        listing.post(minute)
        batches, cursor = one_round(walks, cursor)
        assert not any(batch.gaps for batch in batches), "all that came since the last walk was there"


def test_a_walk_that_was_interrupted_for_longer_than_the_network_goes_back_begins_again(
    wire: Wire, listing: Listing
) -> None:
    listing.read = too_old(listing)  # type: ignore[method-assign]  # as above
    _, cursor = one_round(walker(wire, listing))
    wire.now = after(5)
    listing.post(1, 2, 3)
    first = walker(wire, listing).poll(cursor)
    assert first.more
    wire.now = after(60)
    posts = listing.post(55, 56, 57)
    batches, _ = one_round(walker(wire, listing), first.cursor)
    assert set(heard(batches)) == set(posts)
    assert [(gap.since, gap.until) for gap in batches[-1].gaps] == [(START, after(55))]


def test_at_first_contact_there_is_nothing_to_have_missed(wire: Wire, listing: Listing) -> None:
    plainly = listing.read
    listing.read = lambda *asked: Page(plainly(*asked).mentions, oldest=after(-2), ends="it shows two posts")  # type: ignore[method-assign]  # short
    listing.post(*range(-60, 0, 10))
    batches, _ = one_round(walker(wire, listing))
    assert len(heard(batches)) == 2
    assert not any(batch.gaps for batch in batches)


def test_a_listing_that_breaks_off_above_the_last_walk_leaves_a_gap(wire: Wire, listing: Listing) -> None:
    walks = walker(wire, listing)
    _, cursor = one_round(walks)
    wire.now = after(30)
    listing.post(10, 20, 25)
    plainly = listing.read
    listing.read = lambda *asked: Page(plainly(*asked).mentions, oldest=after(20), ends="it shows two posts")  # type: ignore[method-assign]  # short
    batches, _ = one_round(walker(wire, listing), cursor)
    assert [(gap.since, gap.until, gap.why) for gap in batches[-1].gaps] == [
        (START, after(20), "search: it shows two posts")
    ]


def endless(listing: Listing, oldest: Callable[[int], datetime | None], *, same: bool) -> None:
    """Make ``listing`` go on for ever."""
    numbers = count()

    def read(floor: datetime | None, token: str | None) -> Page:
        del floor, token
        number = next(numbers)
        listing.posts[str(number)] = after(50)
        shown = (listing.mention("0" if same else str(number)),)
        return Page(shown, next=f"page {number}", oldest=oldest(number))

    listing.read = read  # type: ignore[method-assign]  # never-ending


@pytest.mark.parametrize(
    ("same", "deeper", "pages", "why"),
    [
        (True, False, 3, "its listing runs in circles"),
        (True, True, MOST_PAGES, f"there were more than {MOST_PAGES} pages at once"),
        (False, False, MOST_PAGES, f"there were more than {MOST_PAGES} pages at once"),
    ],
    ids=["the same post again and again", "deeper and deeper without news", "new posts for ever"],
)
def test_no_listing_is_read_for_ever(
    wire: Wire, listing: Listing, *, same: bool, deeper: bool, pages: int, why: str
) -> None:
    _, cursor = one_round(walker(wire, listing))
    wire.now = after(60)
    endless(listing, lambda number: after(50 - number / 10 if deeper else 50), same=same)
    batches, _ = one_round(walker(wire, listing), cursor)
    assert len(batches) == pages
    assert [gap.why for gap in batches[-1].gaps] == [f"search: {why}"]


def test_empty_pages_that_lead_nowhere_are_circles(wire: Wire, listing: Listing) -> None:
    _, cursor = one_round(walker(wire, listing))
    wire.now = after(60)
    listing.read = lambda *_: Page(next="more")  # type: ignore[method-assign]  # nothing, and more of it
    batches, _ = one_round(walker(wire, listing), cursor)
    assert len(batches) == 2
    assert [(gap.since, gap.until) for gap in batches[-1].gaps] == [(START, after(60))]


def test_an_empty_listing_is_read_whole(wire: Wire, listing: Listing) -> None:
    batches, _ = one_round(walker(wire, listing))
    assert [(batch.more, batch.until, batch.sides) for batch in batches] == [(False, START, BOTH_SIDES)]


def test_a_network_without_a_clock_is_taken_at_its_newest_post(wire: Wire, listing: Listing) -> None:
    wire.now = None
    listing.post(-7, -9)
    batches, _ = one_round(walker(wire, listing))
    assert batches[-1].until == after(-7)


@pytest.fixture
def both(wire: Wire) -> tuple[Listing, Listing]:
    theirs, ours = Listing(wire, "search"), Listing(wire, "own", Side.OURS)
    theirs.post(*range(-60, 0, 20))
    ours.post(-30)
    return theirs, ours


def test_what_they_say_is_read_before_what_we_say(wire: Wire, both: tuple[Listing, Listing]) -> None:
    batches, _ = one_round(walker(wire, *both))
    assert heard(batches) == ["search-0002", "search-0001", "search-0000", "own-0000"]
    assert [batch.more for batch in batches] == [True, True, False]


def test_a_round_has_read_up_to_where_its_first_walk_began(wire: Wire, both: tuple[Listing, Listing]) -> None:
    walks = walker(wire, *both)
    batch = walks.poll(None)
    wire.now = after(3)
    batches, _ = one_round(walks, batch.cursor)
    assert batches[-1].until == START


def test_one_side_that_fails_leaves_the_other_and_says_so(wire: Wire, both: tuple[Listing, Listing]) -> None:
    both[0].failing = SourceError("Sample is down; wait")
    walks = walker(wire, *both)
    batches, cursor = one_round(walks)
    assert heard(batches) == ["own-0000"]
    assert (batches[-1].sides, batches[-1].failure) == (frozenset((Side.OURS,)), "Sample is down; wait")
    both[0].failing = None
    wire.now = after(10)
    then, _ = one_round(walks, cursor)
    assert {"search-0000", "search-0001", "search-0002"} <= set(heard(then))
    assert (then[-1].sides, then[-1].failure) == (BOTH_SIDES, None)


def test_a_side_is_read_only_when_all_of_its_listings_are(wire: Wire, both: tuple[Listing, Listing]) -> None:
    inbox = Listing(wire, "inbox")
    inbox.failing = SourceError("Sample's inbox is closed; wait")
    batches, _ = one_round(walker(wire, both[0], inbox, both[1]))
    assert batches[-1].sides == {Side.OURS}
    assert batches[-1].failure == "Sample's inbox is closed; wait"
    assert len(heard(batches)) == 4, "what can be read is read all the same"


def test_where_nothing_can_be_read_it_is_a_failure_with_its_price(wire: Wire, both: tuple[Listing, Listing]) -> None:
    for one in both:
        one.failing = SourceError(f"{one.name} is down; wait")
    with pytest.raises(SourceError, match="search is down; wait") as failure:
        walker(wire, *both).poll(None)
    assert failure.value.spent == Spent(requests=2)


def test_one_side_can_be_read_alone(wire: Wire, both: tuple[Listing, Listing]) -> None:
    walks = walker(wire, *both)
    batches, cursor = one_round(walks, sides=frozenset((Side.OURS,)))
    assert heard(batches) == ["own-0000"]
    assert batches[-1].sides == {Side.OURS}
    assert both[0].asked == []
    assert "search-0000" in heard(one_round(walks, cursor)[0])


def test_a_walk_of_one_side_waits_while_the_other_is_read_alone(wire: Wire, both: tuple[Listing, Listing]) -> None:
    walks = walker(wire, *both)
    first = walks.poll(None)
    assert first.more
    ours, cursor = one_round(walks, first.cursor, frozenset((Side.OURS,)))
    theirs, _ = one_round(walks, cursor)
    assert sorted({*heard([first]), *heard(ours), *heard(theirs)}) == [
        "own-0000",
        "search-0000",
        "search-0001",
        "search-0002",
    ]


def test_an_optional_listing_that_is_not_there_is_missed_once(wire: Wire, both: tuple[Listing, Listing]) -> None:
    hashtags = Listing(wire, "hashtags")
    hashtags.optional = True
    hashtags.failing = SourceError("Sample has none; go on", cure=Cure.PERSON)
    walks = walker(wire, hashtags, *both)
    batches, cursor = one_round(walks)
    assert batches[0].warning == "Sample has none; go on; it goes on without its hashtags"
    assert (batches[-1].sides, batches[-1].failure) == (BOTH_SIDES, None)
    again, _ = one_round(walks, cursor)
    assert all(batch.warning is None for batch in again)
    assert len(hashtags.asked) == 1


def test_an_optional_listing_that_is_out_of_order_is_a_failure_like_any(
    wire: Wire, both: tuple[Listing, Listing]
) -> None:
    both[0].optional = True
    both[0].failing = SourceError("Sample is down; wait")
    batches, _ = one_round(walker(wire, *both))
    assert (batches[-1].sides, batches[-1].failure) == (frozenset((Side.OURS,)), "Sample is down; wait")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The monotonic clock, which stands still."""
    clock = SimpleNamespace(at=1_000.0)
    clock.monotonic = lambda: clock.at
    monkeypatch.setattr("connectors._walk.time", clock)
    return clock


def test_a_listing_whose_limit_is_reached_rests_until_it_is_not(
    wire: Wire, both: tuple[Listing, Listing], clock: SimpleNamespace
) -> None:
    walks = walker(wire, *both)
    wire.pause = timedelta(seconds=90)
    first = walks.poll(None)
    wire.pause = None
    batches, cursor = one_round(walks, first.cursor)
    assert len(both[0].asked) == 1
    assert heard(batches) == ["own-0000"]
    assert batches[-1].sides == {Side.OURS}
    assert batches[-1].failure == (
        "Sample allows no further request for its search yet; set every to a longer time if this lasts"
    )
    clock.at += 89
    one_round(walks, cursor)
    assert len(both[0].asked) == 1
    clock.at += 1
    then, _ = one_round(walks, cursor)
    assert then[-1].sides == BOTH_SIDES
    assert {*heard([first]), *heard(then)} >= {"search-0000", "search-0001", "search-0002"}


def test_a_listing_that_asks_for_time_gets_it(
    wire: Wire, both: tuple[Listing, Listing], clock: SimpleNamespace
) -> None:
    both[0].failing = SourceError("Sample wants time; wait", retry_after=timedelta(seconds=30))
    walks = walker(wire, *both)
    _, cursor = one_round(walks)
    both[0].failing = None
    clock.at += 29
    batches, cursor = one_round(walks, cursor)
    assert len(both[0].asked) == 1
    assert batches[-1].failure == "Sample wants time; wait", "why it is not read does not change"
    clock.at += 1
    assert one_round(walks, cursor)[0][-1].sides == BOTH_SIDES


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "null",
        "[]",
        "{}",
        "0",
        "[" * 100_000,
        '{"at": "", "done": [], "streams": {"search": {"top": "noon", "swept": null, "walk": null}}}',
        '{"at": "", "done": [], "streams": {"search": {"top": null, "swept": null, "walk": {"start": "x"}}}}',
    ],
    ids=["empty", "null", "list", "object", "number", "deep", "no time", "no walk"],
)
def test_a_cursor_of_nonsense_is_told_and_all_is_read_anew(wire: Wire, listing: Listing, cursor: str) -> None:
    posts = listing.post(-60, -50, -40)
    batches, _ = one_round(walker(wire, listing), cursor)
    assert batches[0].warning == "how far it was read is not known any more; it is read again from max_age back"
    assert set(heard(batches)) == set(posts)
    assert [batch.warning for batch in batches[1:]] == [None]


def test_a_listing_that_is_new_in_the_config_begins_at_max_age(wire: Wire, both: tuple[Listing, Listing]) -> None:
    _, cursor = one_round(walker(wire, both[1]))
    batches, cursor = one_round(walker(wire, *both), cursor)
    assert {"search-0000", "search-0001", "search-0002"} <= set(heard(batches))
    assert not any(batch.gaps for batch in batches)
    one_round(walker(wire, both[1]), cursor)
    assert batches[-1].sides == BOTH_SIDES


def test_what_a_page_says_and_costs_is_passed_on(wire: Wire, listing: Listing) -> None:
    listing.post(-1)
    plainly = listing.read

    def read(floor: datetime | None, token: str | None) -> Page:
        page = plainly(floor, token)
        return Page(page.mentions, addressed=frozenset({"search-0000"}), reads=1, price=0.005, warning="a warning")

    listing.read = read  # type: ignore[method-assign]  # a page with everything
    batch = walker(wire, listing).poll(None)
    assert batch.addressed == {"search-0000"}
    assert batch.spent == Spent(requests=1, reads=1, price=0.005)
    assert batch.warning == "a warning"


class World:
    """A network with two sides, a walker in one of its lives, and what was heard so far."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.listings = (Listing(self.wire, "search"), Listing(self.wire, "own", Side.OURS))
        self.now = START
        self.found: set[str] = set()
        self._cursor: str | None = None
        self._coming: list[tuple[datetime, datetime, Listing]] = []
        self._on_time: dict[str, tuple[Side, datetime]] = {}
        self._forgets = False
        self.kill()

    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    def post(self, side: int, late: float) -> None:
        """Somebody posts between two readings, and it appears so many minutes later."""
        at = self.now + timedelta(seconds=0.5)
        self._coming.append((at + late * MINUTE, at, self.listings[side]))

    def flood(self, number: int) -> None:
        for _ in range(number):
            self.post(0, 0)

    def fail(self, side: int) -> None:
        self.listings[side].failing = SourceError("Sample is down; wait")

    def mend(self) -> None:
        for listing in self.listings:
            listing.failing = None

    def forget(self) -> None:
        """The next page is not committed."""
        self._forgets = True

    def kill(self) -> None:
        self._walks = walker(self.wire, *self.listings)

    def poll(self, times: int = 1) -> bool:
        """Whether there is more."""
        more = False
        for _ in range(times):
            self.now += timedelta(seconds=1)
            self.wire.now = self.now
            self._appear()
            try:
                batch = self._walks.poll(self._cursor)
            except SourceError:
                more = False
                continue
            more = self._forgets or batch.more
            if not self._forgets:
                self._commit(batch)
            self._forgets = False
        return more

    def _appear(self) -> None:
        for one in [one for one in self._coming if one[0] <= self.now]:
            self._coming.remove(one)
            appears, at, listing = one
            (name,) = listing.post((at - START) / MINUTE)
            if appears == at:
                self._on_time[name] = listing.side, at

    def _commit(self, batch: Batch) -> None:
        self._cursor = batch.cursor
        self.found.update(heard([batch]))
        assert not batch.gaps
        if not batch.more and batch.until is not None:
            for name, (side, at) in self._on_time.items():
                assert name in self.found or at > batch.until or side not in batch.sides, f"{name} is said to be read"

    def good_days(self) -> None:
        """All is well again, everything has appeared, and there is time to end a round and a walk, and to sweep."""
        self.mend()
        self.now += LATE
        for _ in range(4):
            self.now += SWEEP
            while self.poll():
                pass
        assert not self._coming


DOINGS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 200)),
    st.tuples(st.just("post"), st.integers(0, 1), st.just(0.0) | st.floats(0, 29.9)),
    st.tuples(st.just("flood"), st.integers(2, 9)),
    st.tuples(st.just("fail"), st.integers(0, 1)),
    st.tuples(st.sampled_from(("mend", "forget", "kill"))),
    st.tuples(st.just("poll"), st.integers(1, 6)),
)


@given(st.lists(DOINGS, max_size=60))
def test_whatever_happens_in_whatever_order_nothing_is_lost(doings: list[tuple[Any, ...]]) -> None:
    """Posts on time and late, floods, failures, kills, and pages that were not committed, on both sides.

    Whenever a side is said to have been read up to a moment, what was posted until then, and not late, has been.
    """
    world = World()
    for what, *how in doings:
        getattr(world, what)(*how)
    world.good_days()
    assert world.found >= {name for listing in world.listings for name in listing.posts}
