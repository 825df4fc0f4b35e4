"""Two cases of one person, linked by hand: shown in each other, counted together, and answered each by itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk import DESK, Desk, opened, post

from monitor import cli, links
from monitor.slack.terminal import plain
from monitor.store import cases
from monitor.store import links as stored
from monitor.store.cases import CaseRow
from rules.model import Act, Status

FIRST, SECOND, THIRD = "a", "b", "c"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Three customers wait, each in a thread of their own."""
    with opened(tmp_path) as made:
        for minute, thread in enumerate((FIRST, SECOND, THIRD)):
            made.hear(post(thread, minute, by=f"sample_customer_{thread}", thread=thread))
        made.at(3)
        yield made


def row(desk: Desk, thread: str) -> CaseRow:
    with desk.store.read() as db:
        return cases.of_threads(db, [("x", thread)])["x", thread][f"sample_customer_{thread}"]


def say(desk: Desk, what: str, one: str, other: str) -> bool:
    act = Act(what, "sam", desk.clock())
    with desk.store.write("link") as db:
        return links.note(db, row(desk, one), row(desk, other), act, "a test")


def message(desk: Desk, thread: str) -> str:
    case = row(desk, thread).id
    return next(plain(one.message) for one in desk.shown() if f"Case {case}" in plain(one.message))


def together(desk: Desk, thread: str) -> list[str]:
    with desk.store.read() as db:
        return stored.together(db, row(desk, thread).id)


def test_each_shows_the_other_and_their_threads_are_told_once_and_quietly(desk: Desk) -> None:
    loud = len(desk.shown())
    assert say(desk, "link", FIRST, SECOND)
    desk.at(4)
    desk.at(5)
    for one, other in ((FIRST, SECOND), (SECOND, FIRST)):
        assert f"@sample_customer_{other} on x, case {row(desk, other).id}: waiting" in message(desk, one)
        assert "History of all linked accounts: 1 other case, 1 waiting" in message(desk, one)
        told = [
            each
            for each in desk.local.posts
            if plain(each.message) == f"sam says that case {row(desk, other).id} is the same person's"
        ]
        assert [each.visible for each in told] == [False]
    assert "linked" not in message(desk, THIRD)
    assert len(desk.shown()) == loud


def test_an_answer_to_one_is_none_to_the_other_whose_message_says_so(desk: Desk) -> None:
    say(desk, "link", FIRST, SECOND)
    desk.at(10)
    desk.hear(post("9", 10, "Sorry! Done.", by=DESK, to=FIRST, thread=FIRST))
    desk.at(11)
    assert row(desk, FIRST).status is Status.RESTING
    assert row(desk, SECOND).status is Status.WAITING
    said = message(desk, SECOND)
    assert f"answered by {DESK}, 2026-03-02 12:10 UTC" in said
    assert "this case still waits" in said
    assert "last answered 2026-03-02 12:10 UTC" in said
    assert "this case still waits" not in message(desk, FIRST)


def test_links_hang_together_over_others_between_and_come_apart_again(desk: Desk) -> None:
    say(desk, "link", FIRST, SECOND)
    say(desk, "link", THIRD, SECOND)
    desk.at(4)
    first, second, third = (row(desk, each).id for each in (FIRST, SECOND, THIRD))
    assert together(desk, FIRST) == [second, third]
    assert together(desk, SECOND) == [first, third]
    assert third in message(desk, FIRST)
    say(desk, "unlink", SECOND, FIRST)
    desk.at(5)
    assert together(desk, FIRST) == []
    assert together(desk, THIRD) == [second]
    assert "linked" not in message(desk, FIRST)
    assert first not in message(desk, SECOND).partition("Case ")[0]
    assert first not in message(desk, THIRD).partition("Case ")[0]


def test_what_is_so_already_is_not_noted_again(desk: Desk) -> None:
    assert not say(desk, "unlink", FIRST, SECOND)
    assert not say(desk, "link", FIRST, FIRST)
    assert say(desk, "link", FIRST, SECOND)
    assert not say(desk, "link", SECOND, FIRST)
    assert say(desk, "unlink", FIRST, SECOND)


def test_a_link_pages_nobody_and_moves_no_clock(desk: Desk) -> None:
    before, owed = [row(desk, each) for each in (FIRST, SECOND)], len(desk.owed())
    say(desk, "link", FIRST, SECOND)
    desk.at(4)
    after = [row(desk, each) for each in (FIRST, SECOND)]
    for was, now in zip(before, after, strict=True):
        assert replace(now, revision=was.revision, derived=was.derived) == was
    assert len(desk.owed()) == owed


def test_links_are_found_by_an_index(desk: Desk) -> None:
    with desk.store.read() as db:
        plan = db.execute(
            "explain query plan select act, source, thread, author from act where holder = ?"
            " and act in ('link', 'unlink') order by id",
            ("x",),
        ).fetchall()
    assert "act_holder" in plan[0]["detail"]


def test_the_terminal_links_and_unlinks_and_shows_it(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = row(desk, FIRST).id, row(desk, SECOND).id
    rest = ["--config", str(tmp_path / "harken.toml")]
    assert cli.run(["cases", "link", first[:6], second, "--by", "sam", *rest]) == 0
    assert f"noted: {first} (sample_customer_a) link {second} (sample_customer_b) by sam" in capsys.readouterr().out
    assert cli.run(["cases", "link", second, first, *rest]) == 2
    assert f"stands with {first} like that already" in capsys.readouterr().err
    assert cli.run(["cases", "link", first, first, *rest]) == 2
    assert "is the same case" in capsys.readouterr().err
    assert cli.run(["cases", "show", first, *rest]) == 0
    said = capsys.readouterr().out
    assert f"linked by hand: sample_customer_b at x, waiting (case {second})" in said
    assert f"linked: sam says that case {second} is the same person's" in said
    assert cli.run(["cases", "unlink", first, second, *rest]) == 0
    assert cli.run(["cases", "link", first, "zzz", *rest]) == 2
    assert "names no case" in capsys.readouterr().err
