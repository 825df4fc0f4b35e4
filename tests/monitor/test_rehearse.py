"""Rehearsals: recorded history through the real line on a virtual clock."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import _wire
from monitor.config import load
from monitor.history import read
from monitor.rehearse import Deed, Record, Rehearsal
from monitor.setup import Setup, setup
from rules.mistakes import Mistakes
from rules.model import Act, Mention

DATA = Path(__file__).parents[3] / "shared" / "data" / "conversations"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANGRY = "My parcel has been stuck for nine days, nobody answers and I want my money back"


def made(folder: Path, responders: Sequence[str], more: str = "") -> Setup:
    file = folder / "harken.toml"
    handles = ", ".join(f'"{handle}"' for handle in responders)
    file.write_text(f'[brand]\nname = "Sample"\nresponders = {{ x = [{handles}] }}\n{more}', encoding="utf-8")
    return setup(load(file))


def rehearsed(setup: Setup, history: Sequence[Mention | Deed], until: datetime | None = None) -> list[Record]:
    rehearsal = Rehearsal(setup, history, until)
    for _ in rehearsal.play():
        pass
    records = rehearsal.records()
    rehearsal.close()
    return records


def post(
    id_: str, author: str, minutes: float, text: str = ANGRY, *, to: str | None = None, thread: str = "t"
) -> Mention:
    return Mention("x", id_, thread, author, text, START + timedelta(minutes=minutes), reply_to=to)


def answers_missed(history: Sequence[Mention], responders: Sequence[str], records: Sequence[Record]) -> list[str]:
    """Silences that were not reported answered at the instant of the brand's own reply, found without the rules.

    Sound where every reply of the brand names the post it answers, as it does in the data used here.
    """
    by_id = {mention.id: mention for mention in history}
    reported = {(record.case, record.at, record.mention) for record in records if record.what == "answered"}
    missed = []
    for record in records:
        if record.what not in {"opened", "reopened"}:
            continue
        word = by_id[record.mention or ""]
        replies = [
            reply
            for reply in history
            if reply.author in responders
            and reply.thread == word.thread
            and reply.posted_at >= word.posted_at
            and by_id[reply.reply_to or ""].author == word.author
        ]
        if replies:
            first = min(replies, key=lambda reply: reply.posted_at)
            if (record.case, first.posted_at, first.id) not in reported:
                missed.append(word.id)
    return missed


def test_every_silence_answered_in_recorded_conversations_is_reported_answered_at_that_second(tmp_path: Path) -> None:
    if not DATA.exists():
        pytest.skip("the recorded conversations are not here")
    responders = (DATA / "responders.txt").read_text().split()
    with (DATA / "care.jsonl").open("rb") as lines:
        history = [entry for entry in read(lines, "care.jsonl") if isinstance(entry, Mention)]
    records = rehearsed(made(tmp_path, responders), history)
    assert sum(record.what in {"opened", "reopened"} for record in records) > 900
    assert answers_missed(history, responders, records) == []


def test_without_the_brands_replies_every_recorded_customer_goes_on_waiting(tmp_path: Path) -> None:
    if not DATA.exists():
        pytest.skip("the recorded conversations are not here")
    responders = (DATA / "responders.txt").read_text().split()
    with (DATA / "care.jsonl").open("rb") as lines:
        history = [entry for entry in read(lines, "care.jsonl") if isinstance(entry, Mention)]
    theirs = [mention for mention in history if mention.author not in responders]
    records = rehearsed(made(tmp_path, responders), theirs)
    assert {record.what for record in records} <= {"opened", "raised", "paged"}


def synthetic(count: int = 60) -> list[Mention]:
    """Conversations of one to three rounds: the customer asks, we answer after a while, the customer asks again."""
    history = []
    for number in range(count):
        author, thread = f"sample_customer_{number:02d}", f"t{number}"
        for turn in range(number % 3 + 1):
            asked, answered = f"{thread}-{turn}", f"{thread}-{turn}a"
            at = number * 7 + turn * 200
            history.append(post(asked, author, at, thread=thread, to=f"{thread}-{turn - 1}a" if turn else None))
            history.append(post(answered, "SampleHelp", at + 3 + number, "We are sorry.", thread=thread, to=asked))
    return history


def test_every_silence_of_a_synthetic_history_is_reported_answered_at_the_second_of_the_reply(tmp_path: Path) -> None:
    history = synthetic()
    records = rehearsed(made(tmp_path, ["SampleHelp"]), history)
    assert sum(record.what == "opened" for record in records) == 60
    assert sum(record.what == "reopened" for record in records) == 60
    assert answers_missed(history, ["SampleHelp"], records) == []


def test_a_history_may_stand_in_any_order(tmp_path: Path) -> None:
    history = synthetic()
    setup = made(tmp_path, ["SampleHelp"])
    assert rehearsed(setup, history[::-1]) == rehearsed(setup, history)


def test_a_rehearsal_pages_about_posts_of_any_age_at_the_instants_the_policy_names(tmp_path: Path) -> None:
    policy = """
[[policy]]
name = "standard"
reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }
repeats = 0
[[policy.step]]
at = "0m"
to = ["#care"]
[[policy.step]]
at = "deadline"
to = ["#care", "#bosses"]
"""
    records = rehearsed(made(tmp_path, [], policy), [post("1", "sample_customer_01", 0)], START + timedelta(minutes=90))
    paged = [
        (record.at - START, record.step, record.to, record.mention) for record in records if record.what == "paged"
    ]
    hour = timedelta(hours=1)
    assert sorted(paged) == [(timedelta(), 0, "#care", "1"), (hour, 1, "#bosses", "1"), (hour, 1, "#care", "1")]


def test_a_rehearsal_ends_when_it_is_told_to(tmp_path: Path) -> None:
    setup = made(tmp_path, [])
    history = [post("1", "sample_customer_01", 0), post("2", "sample_customer_02", 60, thread="u")]
    records = rehearsed(setup, history, START + timedelta(minutes=30))
    assert {record.thread for record in records} == {"t"}
    assert max(record.at for record in records) <= START + timedelta(minutes=30)


def test_an_answer_at_the_very_instant_a_page_falls_due_stops_it(tmp_path: Path) -> None:
    history = [post("1", "sample_customer_01", 0), post("2", "SampleHelp", 0, "We are sorry.", to="1")]
    records = rehearsed(made(tmp_path, ["samplehelp"]), history)
    assert [record.what for record in records] == ["opened", "answered", "closed"]


def test_an_act_in_a_history_ends_the_silence(tmp_path: Path) -> None:
    deed = Deed(Act("answered", "sample_agent", START + timedelta(minutes=5)), "x", "t", "sample_customer_01")
    records = rehearsed(made(tmp_path, []), [post("1", "sample_customer_01", 0), deed])
    assert [(record.what, record.at - START) for record in records if record.what != "paged"] == [
        ("opened", timedelta()),
        ("answered", timedelta(minutes=5)),
        ("closed", timedelta(days=3, minutes=5)),
    ]


def test_a_history_file_holds_posts_and_acts_and_says_which_lines_are_neither() -> None:
    good = _wire.write(post("1", "sample_customer_01", 0)).encode()
    deed = {"act": "dismiss", "source": "x", "thread": "t", "author": "@sample_customer_01", "by": "sample_agent"}
    act = json.dumps({**deed, "at": "2026-03-02T09:05:00Z"}).encode()
    entries = read([good, b"\n", act], "history.jsonl")
    assert [type(entry) for entry in entries] == [Mention, Deed]
    assert isinstance(entries[1], Deed)
    assert entries[1].author == "sample_customer_01"
    bad = [
        b"{",
        b'{"act":"dance"}',
        act.replace(b"dismiss", b"dance"),
        act.replace(b"Z", b""),
        json.dumps([1]).encode(),
    ]
    with pytest.raises(Mistakes) as caught:
        read(bad, "history.jsonl")
    assert [mistake.line for mistake in caught.value.all] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_times_that_leave_the_calendar_no_room_are_named_with_their_line(at: str) -> None:
    odd = {**json.loads(_wire.write(post("1", "sample_customer_01", 0))), "posted_at": at}
    deed = {"act": "resolve", "source": "x", "thread": "t", "author": "a", "by": "b", "at": at}
    with pytest.raises(Mistakes, match=r"history\.jsonl:1: its time lies in the year \d+.*\n?.*") as caught:
        read([json.dumps(line).encode() for line in (odd, deed)], "history.jsonl")
    assert [mistake.line for mistake in caught.value.all] == [1, 2]


def test_history_of_a_network_comes_by_the_source_that_reads_it_and_is_under_that_sources_policy(
    tmp_path: Path,
) -> None:
    more = """
    [[source]]
    name = "our wire"
    kind = "file"
    path = "wire.jsonl"

    [[policy]]
    name = "for the wire"
    sources = ["our wire"]
      [[policy.step]]
      at = "0m"
      to = ["#wire"]
    """
    setup = made(tmp_path, [], more)
    mention = Mention("file", "1", "1", "sample_customer_01", ANGRY, START)
    assert {record.to for record in rehearsed(setup, [mention]) if record.step == 0} == {"#wire"}
    elsewhere = Mention("x", "1", "1", "sample_customer_01", ANGRY, START)
    assert {record.to for record in rehearsed(setup, [elsewhere]) if record.step == 0} == {"#care"}
