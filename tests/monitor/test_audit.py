"""What "all is well" means: each thing that can be wrong is said in a sentence, and stops the heartbeat."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from desk import DESK, NOON, Desk, opened, post

from connectors import SourceError
from monitor.audit import Audit


class Running:
    """A clock that only runs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._set = timedelta()

    def __call__(self) -> float:
        return (self._desk.clock.now - NOON - self._set).total_seconds()

    def set_wall(self, by: timedelta) -> None:
        """Somebody sets the clock on the wall; this one does not care."""
        self._desk.clock.now += by
        self._set += by


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def running(desk: Desk) -> Running:
    return Running(desk)


@pytest.fixture
def audit(desk: Desk, running: Running) -> Audit:
    return Audit(desk.line, lambda: True, lambda: {"sample-x": timedelta(minutes=30)}, monotonic=running)


def wrong(desk: Desk, audit: Audit) -> tuple[str, ...]:
    return audit(desk.clock.now).wrong


def test_nothing_is_wrong_while_sources_are_read_and_pages_leave(desk: Desk, audit: Audit) -> None:
    desk.hear(post("1"))
    desk.at(1)
    assert wrong(desk, audit) == ()


def test_a_page_that_is_not_settled_after_five_minutes_is_wrong(desk: Desk, audit: Audit) -> None:
    desk.hear(post("1"))
    for minutes, expected in ((5, ()), (6, ("a page has been due for 6 min and is not settled",))):
        desk.clock.now = NOON + timedelta(minutes=minutes)
        assert wrong(desk, audit) == expected


def test_a_ladder_that_nobody_looks_at_any_more_is_wrong(desk: Desk, audit: Audit) -> None:
    desk.at(0)
    desk.clock.now = NOON + timedelta(minutes=6)
    assert wrong(desk, audit) == ("no ladder has been looked at for 6 min",)
    desk.at(6)
    assert wrong(desk, audit) == ()


def test_a_source_is_wrong_once_it_fails_or_is_not_read_for_longer_than_it_may_be(desk: Desk, audit: Audit) -> None:
    desk.at(30)
    assert wrong(desk, audit) == ()
    desk.at(31)
    assert wrong(desk, audit) == ("sample-x has not been read for 31 min",)
    desk.line.failed(desk.via, SourceError("the server does not answer"))
    assert wrong(desk, audit) == ("sample-x is down: the server does not answer",)


def test_a_source_that_was_taken_out_of_the_config_is_no_longer_missed(desk: Desk, running: Running) -> None:
    desk.line.failed(desk.via, SourceError("the server does not answer"))
    there: set[str] = {"sample-x"}
    audit = Audit(desk.line, lambda: True, listening=lambda: frozenset(there), monotonic=running)
    assert wrong(desk, audit) != ()
    there.clear()
    assert wrong(desk, audit) == ()


def test_a_clock_that_was_set_is_not_trusted_for_ten_minutes(desk: Desk, audit: Audit, running: Running) -> None:
    desk.at(1)
    running.set_wall(timedelta(hours=1))
    assert wrong(desk, audit)[-1] == "the clock was set forward by 60 min"
    for minutes, trusted in ((9, False), (10, True)):
        now = 61 + minutes
        desk.hear()
        desk.at(now)
        assert (wrong(desk, audit) == ()) is trusted


def test_a_clock_that_is_corrected_by_seconds_is_trusted(desk: Desk, audit: Audit, running: Running) -> None:
    desk.at(1)
    running.set_wall(timedelta(seconds=59))
    assert wrong(desk, audit) == ()


def test_a_clock_that_says_it_is_before_the_newest_fact_is_wrong(desk: Desk, audit: Audit, running: Running) -> None:
    desk.hear(post("1"))
    desk.at(20)
    running.set_wall(-timedelta(minutes=15))
    assert wrong(desk, audit) == ("the clock was set back by 15 min",)
    restarted = Audit(desk.line, lambda: True, monotonic=running)
    (said,) = wrong(desk, restarted)
    assert said == "the clock says 2026-03-02T12:05 UTC, and the newest fact is of 2026-03-02T12:20 UTC"
    desk.at(19)
    assert wrong(desk, restarted) == ()


def test_a_full_disk_is_wrong(desk: Desk, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=49_999_999))
    assert wrong(desk, audit) == ("the disk of the database is full",)


def test_an_audit_costs_what_is_due_however_much_is_stored(desk: Desk, audit: Audit) -> None:
    def steps() -> int:
        counted = 0

        def step() -> int:
            nonlocal counted
            counted += 1
            return 0

        with desk.store.read() as db:
            db.set_progress_handler(step, 1)
            assert wrong(desk, audit) == ()
            db.set_progress_handler(None, 0)
        return counted

    def busy(numbers: range) -> None:
        for n in numbers:
            desk.hear(post(f"p{n}", 0, thread=f"t{n}", by=f"sample_customer_{n}"))
            desk.hear(post(f"a{n}", 0, "We are sorry", by=DESK, to=f"p{n}", thread=f"t{n}"))
        desk.at(1)

    busy(range(3))
    few = steps()
    busy(range(3, 200))
    assert steps() <= few + 20, "some rows more are compared, none is searched for"
