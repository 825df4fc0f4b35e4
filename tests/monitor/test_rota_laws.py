"""Laws of turns: a rota without hours is never empty, whatever its zone, its handovers and who takes over when."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.calendar import HoursSettings, spans
from monitor.rotas import RotaSettings, shifts
from rules import rota
from rules.model import Shift, Span

ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Pago_Pago"]
ZONES += ["Pacific/Kiritimati", "America/Santiago"]
START = date(2026, 1, 5)
FIRST = datetime(2026, 1, 8, tzinfo=UTC)
"""By then the first turn has begun everywhere."""
MINUTES = 2 * 365 * 24 * 60

zones = st.sampled_from(ZONES)
moments = st.integers(0, MINUTES).map(lambda minute: FIRST + timedelta(minutes=minute))
handovers = st.times().map(lambda at: f"{at:%H:%M}")
rotas = st.builds(
    lambda people, days, handover, zone, hours: RotaSettings(
        name="desk",
        people=tuple(people),
        every=timedelta(days=days),
        start=START,
        handover=handover,
        zone=zone,
        hours=hours,
    ),
    st.lists(st.sampled_from(["sam", "kim", "lee"]), min_size=1, max_size=5),
    st.sampled_from([1, 2, 7, 10, 30]),
    handovers,
    zones,
    st.just("always"),
)
overrides = st.lists(
    st.builds(
        lambda person, at, minutes: Shift(person, Span(at, at + timedelta(minutes=minutes)), override=True),
        st.sampled_from(["sam", "kim", "lee", "max"]),
        moments,
        st.integers(0, 30 * 24 * 60),
    ),
    max_size=4,
)
EVENING = RotaSettings(
    name="desk", people=("sam",), every=timedelta(days=1), start=START, handover="18:00", zone="America/Los_Angeles"
)


def on_call(turns: RotaSettings, made: list[Shift], at: datetime) -> Shift | None:
    """As a page asks, which looks no further than a day."""
    return rota.on_call(shifts(turns, {}, at, at + timedelta(days=1)), made, at)


@given(turns=rotas, made=overrides, at=moments)
@example(turns=EVENING, made=[], at=datetime(2026, 3, 3, 0, 30, tzinfo=UTC))
def test_somebody_is_on_call_at_every_moment_of_a_rota_without_hours(
    turns: RotaSettings, made: list[Shift], at: datetime
) -> None:
    found = on_call(turns, made, at)
    assert found is not None
    assert found.span.start <= at < found.span.end


@given(turns=rotas, at=moments)
def test_whose_turn_it_is_follows_from_counting_handovers_on_the_wall(turns: RotaSettings, at: datetime) -> None:
    wall = at.astimezone(ZoneInfo(turns.zone)).replace(tzinfo=None)
    begun = datetime.combine(START, time.fromisoformat(turns.handover))
    edge = min((wall - begun) % turns.every, -(wall - begun) % turns.every)
    found = on_call(turns, [], at)
    assert found is not None
    # Within two hours of a handover, clocks that change decide; their own tests say how.
    if edge > timedelta(hours=2):
        assert found.person == turns.people[(wall - begun) // turns.every % len(turns.people)]


@given(turns=rotas, made=overrides, since=moments, days=st.integers(1, 60))
def test_a_calendar_has_no_hole_no_gap_and_agrees_with_who_is_on_call(
    turns: RotaSettings, made: list[Shift], since: datetime, days: int
) -> None:
    until = since + timedelta(days=days)
    own = shifts(turns, {}, since, until)
    pieces = rota.timeline(own, made, since, until)
    places = [piece.span if isinstance(piece, Shift) else piece for piece in pieces]
    assert rota.gaps(own, made, since, until) == ()
    assert (places[0].start, places[-1].end) == (since, until)
    assert all(one.end == other.start for one, other in pairwise(places))
    for piece in pieces:
        assert isinstance(piece, Shift)
        now = on_call(turns, made, piece.span.start)
        assert now is not None
        assert (now.person, now.override) == (piece.person, piece.override)


WEEK = {"mon": ["09:00-12:00", "13:00-17:00"], "wed": ["22:00-06:00"], "sun": ["01:30-02:30"]}


@given(turns=rotas, made=overrides, at=moments)
def test_in_a_rota_with_hours_somebody_is_on_call_exactly_while_they_are_open_or_somebody_took_over(
    turns: RotaSettings, made: list[Shift], at: datetime
) -> None:
    hours = HoursSettings.model_validate({"name": "desk", "zone": turns.zone, "week": WEEK})
    kept = turns.model_copy(update={"hours": "desk"})
    found = rota.on_call(shifts(kept, {"desk": hours}, at, at + timedelta(days=1)), made, at)
    opened = any(span.start <= at < span.end for span in spans(hours, at, at + timedelta(days=1)))
    taken = any(one.span.start <= at < one.span.end for one in made)
    assert (found is not None) is (opened or taken)
