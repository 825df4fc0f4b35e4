"""What may go wrong around an erasure: polls and pages in hand, numbers of acts, and what the file remembers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import CUSTOMER, Desk, opened, post

from connectors import Batch
from monitor.slack import Posted
from monitor.slack.local import LocalSlack
from monitor.store import cases, erasures
from rules.model import Act

OTHER = "sample_customer_02"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def erase(desk: Desk) -> None:
    with desk.store.write("ask") as db:
        erasures.ask(db, CUSTOMER, None, "sam", desk.clock())


def authors(desk: Desk) -> list[str]:
    with desk.store.read() as db:
        return [row.author for row in cases.every(db)]


def test_an_act_noted_after_an_erasure_is_seen(desk: Desk) -> None:
    desk.hear(post("1", thread="a"), post("2", by=OTHER, thread="b"))
    desk.line.act(Act("ack", "sam", desk.clock()), ("x", "a"), CUSTOMER, "terminal")
    erase(desk)
    desk.at(1)
    desk.line.act(Act("dismiss", "sam", desk.clock()), ("x", "b"), OTHER, "terminal")
    assert desk.case().status == "dismissed"


def test_the_log_of_changes_is_emptied_by_the_daemon_itself(desk: Desk, tmp_path: Path) -> None:
    desk.hear(post("1"))
    desk.line.act(Act("ack", "sam", desk.clock(), "asked @" + CUSTOMER), ("x", "t"), CUSTOMER, "terminal")
    desk.at(1)
    erase(desk)
    desk.at(2)
    desk.line.escalate()
    held = b"".join(file.read_bytes() for file in tmp_path.glob("harken.db*"))
    assert CUSTOMER.encode() not in held


def test_a_poll_that_was_in_hand_does_not_bring_them_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(batch: Batch) -> Batch:
        monkeypatch.undo()
        erase(desk)
        desk.line.escalate()
        return batch

    desk.hear(post("1"))
    monkeypatch.setattr(desk.line, "_remembered", late)
    desk.hear(post("1"), post("2", by=OTHER))
    assert authors(desk) == [OTHER]


def test_a_page_that_was_on_its_way_is_taken_back_once_it_arrives(desk: Desk) -> None:
    class Late(LocalSlack):
        def post(self, *args: Any, **kwargs: Any) -> Posted:
            posted = super().post(*args, **kwargs)
            if authors(desk):
                erase(desk)
                desk.line.escalate()
            return posted

    slack = Late(desk.clock)
    desk.line.outbox._slack = slack
    desk.hear(post("1"))
    desk.at(1)
    desk.at(2)
    assert authors(desk) == []
    assert slack.posts == []


def test_a_linked_case_shows_no_more_that_it_was_linked(desk: Desk) -> None:
    desk.hear(post("1", thread="a"), post("2", by=OTHER, thread="b"))
    desk.at(1)
    with desk.store.read() as db:
        one, two = sorted(cases.every(db), key=lambda row: row.author)
    for act, row in (
        (Act("link", "sam", desk.clock(), to=two.id), one),
        (Act("link", "sam", desk.clock(), to=one.id), two),
    ):
        desk.line.act(act, row.thread_key, row.author, "terminal")
    desk.at(2)
    erase(desk)
    desk.at(3)
    assert [shown for shown in desk.local.posts if shown.visible and CUSTOMER in repr(shown.message)] == []
