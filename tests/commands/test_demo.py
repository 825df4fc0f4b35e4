"""``harken demo``: what it prints, on whatever it prints to, and that its story is the one it should be."""

import io
import os
import pty
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from monitor import demo
from monitor.demo.outcomes import Fate, Outcome, outcomes
from monitor.demo.show import show
from monitor.rehearse import Record, Rehearsal
from rules.durations import spell
from rules.model import Ended, Mention, Severity

ROOT = Path(__file__).parents[2]
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|[34]8;[\d;]+)(?:;\d+)*m")

ALONE = """
import os, sys
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
def refuse(what, args):
    if what.startswith("socket.") and what != "socket.gethostname":
        raise RuntimeError(f"the demo used the network: {what} {args}")
    if what == "open" and isinstance(args[2], int) and args[2] & WRITING and args[0] != os.devnull:
        raise RuntimeError(f"the demo wrote a file: {args}")
sys.addaudithook(refuse)
from monitor.__main__ import main
sys.argv = ["harken", "demo", *sys.argv[1:]]
sys.exit(main())
"""
"""The demo in a process that may neither open a socket nor write a file."""


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-c", ALONE, *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=surroundings(**environment),
    )


def on_a_terminal(*options: str, **environment: str) -> tuple[int, str]:
    """The demo's exit code, and everything it wrote to a terminal of its own."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-B", "-c", ALONE, *options],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=surroundings(**environment),
    ) as process:
        os.close(theirs)
        heard = b"".join(reading(ours))
    os.close(ours)
    return process.returncode, heard.decode("utf-8", "replace")


def reading(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side has closed
            return
        if not piece:
            return
        yield piece


def surroundings(**environment: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment}


@pytest.fixture(scope="module")
def piped() -> subprocess.CompletedProcess[str]:
    return run(COLUMNS="100")


@pytest.fixture(scope="module")
def played() -> Iterator[Rehearsal]:
    rehearsal = demo.rehearsal()
    for _ in rehearsal.play():
        pass
    yield rehearsal
    rehearsal.close()


@pytest.fixture(scope="module")
def records(played: Rehearsal) -> list[Record]:
    return played.records()


@pytest.fixture(scope="module")
def found(played: Rehearsal, records: list[Record]) -> list[Outcome]:
    return outcomes(played, records)


def test_into_a_pipe_it_succeeds_without_network_files_or_logs(piped: subprocess.CompletedProcess[str]) -> None:
    assert (piped.returncode, piped.stderr) == (0, "")
    assert "harken init" in piped.stdout.splitlines()[-2]


def test_what_it_prints_is_the_same_every_time(piped: subprocess.CompletedProcess[str]) -> None:
    assert run("--plain", COLUMNS="100", TZ="Asia/Tokyo", PYTHONHASHSEED="7").stdout == piped.stdout


def test_nothing_it_pipes_steers_a_terminal(piped: subprocess.CompletedProcess[str]) -> None:
    assert STEERING.findall(piped.stdout) == []


@pytest.mark.parametrize("columns", [20, 60, 80, 140, 300])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    printed = io.StringIO()
    show(Console(file=printed, width=columns, highlight=False, emoji=False), live=False)
    lines = printed.getvalue().splitlines()
    assert len(lines) > 100
    assert [line for line in lines if cell_len(line) > columns] == []


def test_an_output_that_knows_only_ascii_is_no_crash() -> None:
    shown = run(PYTHONIOENCODING="ascii", PYTHONUTF8="0", COLUMNS="80")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "sample_customer_10" in shown.stdout
    assert shown.stdout.isascii()


def test_on_a_terminal_it_moves_and_is_over_in_ten_seconds() -> None:
    began = time.monotonic()
    code, shown = on_a_terminal(TERM="xterm-256color", COLUMNS="100")
    took = time.monotonic() - began
    assert code == 0
    assert "\x1b[?25l" in shown, "the cursor is hidden while the bar moves"
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "and comes back"
    assert COLOUR.search(shown)
    assert took < 10


def test_no_colour_is_shown_to_those_who_ask_for_none() -> None:
    code, shown = on_a_terminal(TERM="xterm-256color", NO_COLOR="1", COLUMNS="80")
    assert code == 0
    assert COLOUR.search(shown) is None


@pytest.mark.parametrize(("options", "term"), [((), "dumb"), (("--plain",), "xterm-256color")])
def test_a_dumb_terminal_and_plain_get_text_alone(options: tuple[str, ...], term: str) -> None:
    code, shown = on_a_terminal(*options, TERM=term, COLUMNS="80")
    assert code == 0
    assert STEERING.findall(shown.replace("\r\n", "\n")) == []


def test_every_case_of_the_table_is_what_the_records_say(
    records: list[Record], found: list[Outcome], piped: subprocess.CompletedProcess[str]
) -> None:
    table = piped.stdout[piped.stdout.index("\nEvery case") : piped.stdout.index("\nEvery silence")]
    assert {outcome.case for outcome in found} == {record.case for record in records}
    for outcome in found:
        mine = [record for record in records if record.case == outcome.case]
        starts = [record.at for record in mine if record.what in ("opened", "reopened")]
        ends = [record.at for record in mine if record.what in ("answered", "dismissed")]
        assert [wait.start for wait in outcome.waits] == starts
        assert [wait.end for wait in outcome.waits if wait.ended] == ends
        assert outcome.paged == Counter(record.to for record in mine if record.what == "paged")
        row = table[table.index(f"\n{outcome.author} {outcome.source} ") + 1 :].splitlines()
        assert outcome.severity.word in row[0]
        assert spell(outcome.waits[0].length) in row[0]
        ended = outcome.waits[-1].ended
        assert (ended.by if ended else "nobody") in row[0]
        for place, (to, times) in enumerate(outcome.paged.items()):
            assert row[place].rstrip().endswith(to if times == 1 else f"{to} ×{times}")  # noqa: RUF001 - as printed


def test_every_page_is_shown_once_when_it_falls_due(
    records: list[Record], piped: subprocess.CompletedProcess[str]
) -> None:
    told = re.findall(r"^(\d\d:\d\d)  page       (\S+) +([#@][\w-]+): ", piped.stdout, re.MULTILINE)
    owed = [(f"{record.at:%H:%M}", record.to) for record in records if record.what == "paged"]
    assert [(at, to) for at, _, to in told] == owed


def test_every_case_has_its_bar_in_the_chart(found: list[Outcome], piped: subprocess.CompletedProcess[str]) -> None:
    chart = piped.stdout[piped.stdout.index("\nEvery silence") :]
    for outcome in found:
        (bar,) = re.findall(rf"^{outcome.author} +(.*)$", chart, re.MULTILINE)
        assert ("▶" in bar) == (outcome.waits[-1].ended is None)
        assert ("●" in bar) == any(wait.ended is not None and wait.fate is not Fate.ASIDE for wait in outcome.waits)
        if outcome.worst.overdue:
            assert "┃" in bar


def posts() -> list[Mention]:
    return [entry for entry in demo.history() if isinstance(entry, Mention)]


def test_the_story_is_made_up_and_long_enough() -> None:
    told = posts()
    spoken = demo.config.load(demo.CONFIG).brand.responders.values()
    ours = {handle for handles in spoken for handle in handles}
    assert len(told) >= 40
    assert {post.source for post in told} == {"x", "reddit", "bluesky", "mastodon", "reviews"}
    assert all(post.author.startswith("sample_") or post.author in ours for post in told)
    assert all(post.url and ".example/" in post.url for post in told)


def test_some_are_answered_in_time_some_late_some_never(found: list[Outcome]) -> None:
    fates = Counter(outcome.fate for outcome in found)
    assert fates[Fate.IN_TIME] >= 5
    assert fates[Fate.LATE] >= 3
    assert fates[Fate.NEVER] >= 2
    assert fates[Fate.ASIDE] == 1


def test_one_asks_again_and_is_raised(records: list[Record]) -> None:
    raised = [record.why for record in records if record.what == "raised"]
    assert any(why.startswith("sample_customer_08 asked again") for why in raised)


def test_a_thank_you_after_an_answer_reopens_nothing(records: list[Record], found: list[Outcome]) -> None:
    last = {post.author: post.text for post in posts()}
    assert "thank you" in last["sample_customer_02"]
    (outcome,) = [outcome for outcome in found if outcome.author == "sample_customer_02"]
    assert [record.what for record in records if record.case == outcome.case][-1] == "answered"


def test_two_customers_in_one_thread_wait_separately(records: list[Record], found: list[Outcome]) -> None:
    threads = {record.case: record.thread for record in records}
    first, second = (
        next(outcome for outcome in found if outcome.author == author)
        for author in ("sample_customer_09", "sample_customer_10")
    )
    assert threads[first.case] == threads[second.case]
    assert (first.fate, second.fate) == (Fate.IN_TIME, Fate.LATE)


def test_an_answer_given_natively_or_on_the_phone_counts(found: list[Outcome]) -> None:
    by_id = {post.id: post for post in posts()}
    endings = {wait.ended for outcome in found for wait in outcome.waits if wait.ended}
    assert any(end.id in by_id and by_id[end.id].reply_to is None for end in endings), "a post that replies to nobody"
    assert any(end.id.startswith("act:answered") and end.how is Ended.ANSWERED for end in endings), "a person's mark"


def test_a_crisis_wakes_somebody_at_night_and_the_rest_waits_for_the_desk(
    records: list[Record], found: list[Outcome]
) -> None:
    (fire,) = [outcome for outcome in found if outcome.author == "sample_customer_22"]
    assert fire.severity is Severity.CRISIS
    night = [record for record in records if record.what == "paged" and not 7 <= record.at.hour < 21]
    assert {record.case for record in night} == {fire.case}
    assert night[0].at == fire.waits[0].start


def test_a_post_in_a_language_no_rule_file_reads_waits_for_a_person(found: list[Outcome]) -> None:
    (foreign,) = [outcome for outcome in found if outcome.author == "sample_customer_24"]
    assert foreign.severity is Severity.LOW


def test_the_picture_in_the_readme_fetches_nothing_and_is_named_there() -> None:
    picture = (ROOT / "docs" / "demo.svg").read_text("utf-8")
    assert "harken" in picture
    assert re.findall(r"@font-face|url\(\s*[\"']?http|href=", picture) == []
    assert "(docs/demo.svg)" in (ROOT / "README.md").read_text("utf-8")


def test_drawing_the_picture_again_gives_the_same_picture(tmp_path: Path) -> None:
    drawn = []
    for name in ("one.svg", "two.svg"):
        subprocess.run([sys.executable, ROOT / "docs" / "picture.py", tmp_path / name], check=True, env=surroundings())
        drawn.append((tmp_path / name).read_bytes())
    assert drawn[0] == drawn[1]
