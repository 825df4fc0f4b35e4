"""What our own replies do is judged and stored, though they open no case."""

from pathlib import Path

import pytest
from desk import DESK, opened, post

from monitor.store import posts
from rules.model import Mark

REPLIES = [
    ("We're looking into this and will get back to you.", {Mark.HOLDING}),
    ("Please DM us your order number.", {Mark.HANDOFF}),
    ("We have refunded the fee.", set()),
]


@pytest.mark.parametrize(("text", "marks"), REPLIES)
def test_the_marks_of_our_own_reply_are_stored_with_its_verdict_and_its_post(
    tmp_path: Path, text: str, marks: set[Mark]
) -> None:
    with opened(tmp_path) as desk:
        desk.hear(post("1"), post("2", 20, text, by=DESK, to="1"))
        with desk.store.read() as db:
            heard = posts.find(db, [("x", "2")])[("x", "2")]
    assert heard.post.own
    assert heard.verdict.marks == heard.post.marks == marks
