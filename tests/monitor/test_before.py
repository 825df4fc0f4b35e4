"""A case's message knows what its customer has been through with us before, at the same source and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import DESK, Desk, opened, post

from monitor.slack.terminal import plain
from monitor.store import cases
from rules.model import Mention


def message(desk: Desk, thread: str) -> str:
    """What the case of ``thread`` says in its channel."""
    with desk.store.read() as db:
        (row,) = cases.of_threads(db, [("x", thread)])["x", thread].values()
    return next(plain(one.message) for one in desk.shown() if row.id in plain(one.message))


def history(desk: Desk, thread: str) -> str:
    return next(line for line in message(desk, thread).split("\n") if line.startswith("History"))


def answered_before(desk: Desk) -> None:
    """One case that was answered after the customer had to ask again."""
    desk.at(10)
    desk.hear(post("1", 0, thread="a"))
    desk.hear(post("2", 5, "@sample hello?? still waiting", thread="a", to="1"))
    desk.hear(post("3", 10, "Sorry! Done.", by=DESK, to="2", thread="a"))
    desk.at(11)


def test_the_message_of_a_customers_next_case_tells_of_the_ones_before(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        answered_before(desk)
        desk.at(60)
        desk.hear(post("4", 60, thread="b"))
        desk.at(61)
        assert history(desk, "b") == (
            "History: 1 other case, 1 answered · had to ask again once · last answered 2026-03-02 12:10 UTC"
        )


@pytest.mark.parametrize(
    "stranger",
    [post("4", 60, by="sample_customer_02", thread="b"), post("4", 60, by="sample_customer_01", thread="b")],
    ids=["another account", "an account of the same name elsewhere"],
)
def test_nobody_elses_history_is_theirs(tmp_path: Path, stranger: Mention) -> None:
    with opened(tmp_path) as desk:
        answered_before(desk)
        elsewhere = stranger.author == "sample_customer_01"
        desk.hear(replace(stranger, source="forum" if elsewhere else "x"))
        desk.at(61)
        found = [plain(one.message) for one in desk.shown() if "is waiting" in plain(one.message)]
        assert "History: no other case of this author" in found[-1]


def test_of_many_cases_the_newest_ten_are_counted(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        for number in range(12):
            desk.hear(post(f"p{number}", number, thread=f"t{number}"))
        desk.at(20)
        desk.hear(post("last", 30, thread="last"))
        desk.at(31)
        assert history(desk, "last") == "History: of the newest 10 other cases: 10 waiting"


def test_a_customers_cases_are_found_by_an_index(tmp_path: Path) -> None:
    with opened(tmp_path) as desk, desk.store.read() as db:
        plan = db.execute(
            'explain query plan select * from "case" where source = ? and author = ? order by since desc limit ?',
            ("x", "sample_customer_01", 12),
        ).fetchall()
        assert ["case_author" in row["detail"] for row in plan] == [True]


def test_the_thread_links_the_answer_it_tells_of(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        desk.hear(post("1"))
        desk.at(10)
        desk.hear(replace(post("2", 10, "Done.", by=DESK, to="1"), url="https://network.example/posts/2"))
        desk.at(11)
        told = [plain(one.message) for one in desk.local.posts if "answered by" in plain(one.message)]
        assert told == [
            f"answered by {DESK} after 10 min  Open the answer (network.example) https://network.example/posts/2"
        ]
