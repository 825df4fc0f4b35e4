"""Laws about turns, in zones that change their clocks at midnight, by half an hour, or not at all."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.calendar import DAYS, HoursSettings, spans
from monitor.rotas import RotaSettings, shifts
from rules.rota import gaps, on_call, turns

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # at midnight, where the day begins at one o'clock
    "Africa/Cairo",  # the same, on a Friday
    "Australia/Lord_Howe",  # by half an hour
    "America/Asuncion",
    "Asia/Kolkata",
    "Pacific/Apia",
    "UTC",
]
NAMES = ("sam", "kim", "lee", "alex")
MINUTE = timedelta(minutes=1)
AROUND = [datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)]
ALL_DAY = HoursSettings.model_validate(
    {"name": "all", "zone": "Africa/Cairo", "week": {day: ["00:00-24:00"] for day in DAYS}}
)

instants = st.datetimes(*(at.replace(tzinfo=None) for at in AROUND)).map(lambda at: at.replace(tzinfo=UTC))


@st.composite
def rotas(draw: st.DrawFn, hours: str = "always") -> RotaSettings:
    clock = draw(st.times().map(lambda at: at.replace(second=0, microsecond=0)))
    return RotaSettings.model_validate(
        {
            "name": "night",
            "people": NAMES[: draw(st.integers(1, 4))],
            "every": timedelta(days=draw(st.sampled_from([1, 2, 7, 10, 14, 28]))),
            "start": draw(st.dates(date(2024, 6, 1), date(2024, 12, 30))),
            "handover": f"{clock:%H:%M}",
            "zone": draw(st.sampled_from(ZONES)),
            "hours": hours,
        }
    )


def who(rota: RotaSettings, hours: Sequence[HoursSettings], at: datetime, back: timedelta = timedelta()) -> str | None:
    tables = {table.name: table for table in hours}
    found = on_call(shifts(rota, tables, at - back, at + timedelta(days=1)), (), at)
    return None if found is None else found.person


def evening(zone: str) -> RotaSettings:
    """A rota that hands over every day, just before midnight."""
    about = {"name": "night", "people": ("sam", "kim"), "every": timedelta(days=1), "start": date(2024, 6, 1)}
    return RotaSettings.model_validate({**about, "handover": "23:59", "zone": zone})


@given(rotas(), instants)
@example(evening("America/New_York"), datetime(2026, 1, 7, 3, tzinfo=UTC))
@example(evening("Pacific/Honolulu"), datetime(2026, 1, 7, 9, tzinfo=UTC))
@example(evening("Etc/GMT+12"), datetime(2026, 1, 7, 11, tzinfo=UTC))
@example(evening("Pacific/Kiritimati"), datetime(2026, 1, 7, 9, tzinfo=UTC))
def test_in_a_covered_rota_somebody_is_always_on_call(rota: RotaSettings, at: datetime) -> None:
    assert who(rota, (), at) is not None
    until = at + timedelta(days=60)
    assert gaps(shifts(rota, {}, at, until), (), at, until) == ()


@given(rotas("all"), instants)
@example(
    RotaSettings.model_validate(
        {"name": "n", "people": ("sam",), "start": date(2024, 6, 1), "zone": "UTC", "hours": "all"}
    ),
    datetime(2026, 4, 23, 22, tzinfo=UTC),
)
def test_hours_that_never_close_leave_no_gap_either(rota: RotaSettings, at: datetime) -> None:
    until = at + timedelta(days=60)
    assert gaps(shifts(rota, {"all": ALL_DAY}, at, until), (), at, until) == ()


@given(rotas(), instants, st.integers(0, 90))
def test_who_is_on_call_does_not_depend_on_where_one_begins_to_count(
    rota: RotaSettings, at: datetime, days: int
) -> None:
    assert who(rota, (), at) == who(rota, (), at, back=timedelta(days=days))


@given(rotas(), instants)
def test_turns_change_at_the_handover_on_the_wall_clock_and_each_in_their_order(
    rota: RotaSettings, at: datetime
) -> None:
    found = shifts(rota, {}, at, at + timedelta(days=100))
    handover = time.fromisoformat(rota.handover)
    for before, after in pairwise(found):
        assert before.span.end == after.span.start
        place = rota.people.index(before.person) + 1
        assert after.person == rota.people[place % len(rota.people)]
        zone = ZoneInfo(rota.zone)
        earlier, wall = ((after.span.start - ago).astimezone(zone).replace(tzinfo=None) for ago in (MINUTE, 0 * MINUTE))
        due = datetime.combine(wall.date(), handover)
        # Where the clocks jump over the handover, it is the jump.
        assert wall == due or earlier < due < wall


week = st.fixed_dictionaries(
    {},
    optional={
        day: st.lists(st.sampled_from(["09:00-12:30", "13:30-18:00", "22:00-06:00", "00:00-24:00"]), max_size=2)
        for day in DAYS
    },
).filter(lambda week: any(week.values()))


@given(rotas("desk"), week, st.sampled_from(ZONES), instants)
def test_hours_keep_whose_turn_it_is_and_only_close_it(
    rota: RotaSettings, week: dict[str, list[str]], zone: str, at: datetime
) -> None:
    desk = HoursSettings.model_validate({"name": "desk", "zone": zone, "week": week})
    always = rota.model_copy(update={"hours": "always"})
    for moment in (at + hour * timedelta(hours=7, minutes=13) for hour in range(24)):
        opened = any(span.start <= moment < span.end for span in spans(desk, moment, moment + MINUTE))
        assert who(rota, (desk,), moment) == (who(always, (), moment) if opened else None)


@given(rotas(), instants)
def test_each_turn_ends_where_the_next_begins(rota: RotaSettings, at: datetime) -> None:
    until = at + timedelta(days=100)
    found = turns(shifts(rota, {}, at, until), (), at, until)
    assert found[0].span.start == at
    assert found[-1].span.end == until
    assert all(one.span.end == other.span.start and one.person != other.person for one, other in pairwise(found))
