"""Reports from the store: what is gathered, as of when, and how it is written for whom."""

import csv
import io
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk import ANGRY, CALM, CUSTOMER, DESK, NOON, Desk, made, opened, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import Gap
from monitor.cli import harken
from monitor.report import files
from monitor.report.gather import Scope, facts
from monitor.report.page import html
from monitor.store import drills, sources
from rules.model import Act, Side
from rules.report.values import Column, Drawn, Figure, Listed, Report, Row, Section, Table, Unit
from rules.report.whole import report

HOUR = timedelta(hours=1)
LADDER = """
[[policy]]
name = "standard"
  [[policy.step]]
  at = "0m"
  to = ["#care", "@desk_lead"]
[[person]]
name = "desk_lead"
slack = "U12345"
[[source]]
name = "sample-x"
kind = "x"
"""


def of(told: Desk, since: timedelta = -HOUR, until: timedelta = 24 * HOUR, zone: str = "UTC") -> Report:
    with told.store.read() as db:
        return report(facts(db, told.line.setup, Scope(NOON + since, NOON + until, zone)))


def answered(told: Desk) -> None:
    """Two customers, one answered after half an hour, one never."""
    told.at(5)
    told.hear(post("a", 0), post("b", 5, by="sample_customer_02", thread="u"))
    told.at(30)
    told.hear(post("r", 30, "Sorry, here is your refund", by=DESK, to="a"))
    told.at(31)


def test_a_report_counts_what_the_store_knows(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER) as told:
        answered(told)
        found = of(told)
    assert [found.figure(key).value for key in ("heard", "answered", "unanswered")] == [2, 1, 1]
    assert found.figure("first_reply").value == timedelta(minutes=30)
    assert (found.heard, found.brand, found.sources) == (3, "Sample", ("sample-x",))
    to = {row.label: row.values[0] for row in found.table("pages_by_recipient").rows}
    assert to == {"#care": 2, "@desk_lead": 2}
    assert [each.author for each in found.cases] == [CUSTOMER, "sample_customer_02"]


def test_a_report_of_a_time_past_is_what_it_was_then(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER) as told:
        told.hear(post("a", 0))
        told.at(20)
        before = of(told, until=timedelta(minutes=20))
        told.at(30)
        told.hear(post("r", 30, "Sorry, here is your refund", by=DESK, to="a"))
        told.hear(gone=["a"])
        told.line.act(Act("dismiss", "sample_colleague", NOON + HOUR), ("x", "t"), CUSTOMER, "terminal")
        told.at(90)
        after = of(told, until=timedelta(minutes=20))
        assert of(told).figure("dismissed").value == 1
    assert before.figure("unanswered").value == 1
    assert list(after.figures) == list(before.figures)


def test_days_and_nights_are_those_of_the_brands_zone(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER) as told:
        told.at(11 * 60)
        told.hear(post("a", 11 * 60))
        told.at(11 * 60)
        here, there = of(told), of(told, zone="Asia/Tokyo")
    assert [row.label for row in here.table("heard_by_time").rows if row.values[0]] == ["2026-03-02"]
    assert [row.label for row in there.table("heard_by_time").rows if row.values[0]] == ["2026-03-03"]
    assert (here.figure("nights").value, there.figure("nights").value) == (1, 0)


def test_an_update_after_a_holding_reply_is_held_against_its_clock(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER) as told:
        told.hear(post("a", 0))
        told.at(10)
        told.hear(post("r", 10, "We are looking into this.", by=DESK, to="a"))
        told.at(200)
        before = of(told, until=timedelta(minutes=200))
        told.hear(post("s", 200, "Here is your refund.", by=DESK, to="a"))
        found = of(told)
    assert before.figure("updates_kept").value is None
    assert found.figure("updates_kept").value == 1.0
    assert found.figure("update").value == timedelta(minutes=190)


def test_a_drill_is_no_customer(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER) as told:
        with told.store.write("drill") as db:
            drills.ask(db, "#care", HOUR, "sample_colleague", NOON)
        told.at(1)
        told.at(2)
        assert told.shown()
        found = of(told)
    assert (found.figure("heard").value, found.heard, found.figure("pages").value, found.cases) == (0, 0, 0, ())


def test_a_long_time_is_told_by_months(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER) as told:
        answered(told)
        rows = of(told, since=timedelta(days=-70)).table("heard_by_time").rows
    assert [row.label for row in rows] == ["2025-12", "2026-01", "2026-02", "2026-03"]


def test_a_source_that_was_blind_or_late_or_never_heard_is_told(tmp_path: Path) -> None:
    other = LADDER + '[[source]]\nname = "reviews"\nkind = "feed"\nurl = "https://example.org/feed.xml"\n'
    with opened(tmp_path, other) as told:
        gap = Gap(Side.OURS, NOON - HOUR, NOON, "the network was down")
        told.hear(post("a", 0, CALM), gaps=(gap,))
        told.at(0)
        blind = of(told).blind
    assert any("what we say ourselves" in each and "the network was down" in each for each in blind)
    assert any(each.startswith("sample-x has been heard up to 2026-03-02 12:00 only") for each in blind)
    assert "reviews has never been heard: nothing is known of it." in blind


def test_a_source_that_fails_is_no_quiet_one(tmp_path: Path) -> None:
    with opened(tmp_path, LADDER) as told:
        told.hear(post("a", 0, CALM))
        with told.store.write("test") as db:
            known = sources.get(db, "sample-x")
            failing = known.coverage.__class__(known.coverage.theirs, known.coverage.ours, NOON + HOUR)
            sources.put(db, known.__class__("sample-x", None, known.met_at, failing))
        quiet = of(told, since=2 * HOUR)
    assert "Not all of them could be heard" in (quiet.quiet or "")
    assert "sample-x has not been heard since 2026-03-02 13:00." in quiet.blind


def run(*args: str) -> str:
    done = CliRunner().invoke(harken, ["report", *args], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The config of a deployment with a case answered and one not."""
    with opened(tmp_path, LADDER) as told:
        answered(told)
    return str(tmp_path / "harken.toml")


WHEN = ("--since", "2d", "--until", "2026-03-03T00:00:00Z")


def test_the_terminal_shows_the_figures(config: str) -> None:
    said = run("--config", config, *WHEN)
    assert re.search(r"never answered +1 ", said)
    assert re.search(r"first reply, median +30 min", said)


def test_every_figure_is_listed_down_to_its_cases(config: str) -> None:
    named = [line.rsplit("  ", 1)[0] for line in run("--config", config, *WHEN, "--cases", "?").splitlines()]
    assert {"unanswered", "heard_by_kind/complaint"} <= set(named)
    listed = run("--config", config, *WHEN, "--cases", "unanswered").splitlines()
    assert len(listed) == 1
    assert "sample_customer_02" in listed[0]


def test_a_figure_nobody_knows_is_told_with_what_was_meant(config: str) -> None:
    done = CliRunner().invoke(harken, ["report", "--config", config, *WHEN, "--cases", "unanswerd"])
    assert done.exit_code != 0
    assert 'did you mean "unanswered"?' in str(done.exception)


def test_a_time_outside_of_the_calendar_is_refused_in_one_line(config: str) -> None:
    for year in ("0003", "9999"):
        done = CliRunner().invoke(harken, ["report", "--config", config, "--until", f"{year}-01-01T00:00:00Z"])
        assert "nobody was heard in that year" in str(done.exception)


def test_a_file_is_written_as_its_name_ends(config: str, tmp_path: Path) -> None:
    for name, begins in (("r.html", "<!doctype html>"), ("r.md", "# Sample"), ("r.csv", "section,"), ("r.json", "{")):
        run("--config", config, *WHEN, "--out", str(tmp_path / name))
        assert (tmp_path / name).read_text(encoding="utf-8").lstrip().startswith(begins), name
    assert json.loads((tmp_path / "r.json").read_text())["sections"][0]["figures"][3]["value"] == 1
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text())))
    first = next(row for row in rows if row["key"] == "first_reply")
    assert (first["value"], len(first["cases"].split())) == ("1800.0", 1)


def test_a_time_in_which_nothing_was_heard_says_so_and_names_the_sources(config: str) -> None:
    said = run("--config", config, "--since", "1d", "--until", "2027-03-03T00:00:00Z")
    assert "Nothing was heard in this time; sources were sample-x." in " ".join(said.split())
    assert "first reply" not in said


def test_a_history_is_rehearsed_and_reported_on(tmp_path: Path) -> None:
    made(tmp_path)
    lines = [
        {
            "source": "x",
            "id": "a",
            "thread": "a",
            "author": CUSTOMER,
            "text": ANGRY,
            "posted_at": "2026-03-02T12:00:00Z",
        },
        {
            "source": "x",
            "id": "r",
            "thread": "a",
            "reply_to": "a",
            "author": DESK,
            "text": "Here it is",
            "posted_at": "2026-03-02T12:45:00Z",
        },
    ]
    history = tmp_path / "history.jsonl"
    history.write_text("\n".join(map(json.dumps, lines)))
    said = run("--config", str(tmp_path / "harken.toml"), "--history", str(history), "--format", "json")
    figures = {each["key"]: each["value"] for part in json.loads(said)["sections"] for each in part["figures"]}
    assert (figures["heard"], figures["first_reply"]) == (1, 2700.0)
    assert json.loads(said)["blind"] == []


class Reading(HTMLParser):
    """What a browser would make of a page: its elements and its words."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def hostile(text: str) -> Report:
    """A report in which ``text`` stands wherever others choose the words."""
    row = Row(text, (3, text), ("0123456789",))
    table = Table(
        "t", "Topics", "topic", (Column("cases", Unit.COUNT), Column("words", Unit.TEXT)), (row, row), Drawn.BARS
    )
    figure = Figure("heard", "heard", Unit.COUNT, 3, ("0123456789",), text)
    case = Listed("0123456789", text, text, "complaint", "normal", NOON, None)
    section = Section("heard", "What was heard", (figure,), (table,), (text,))
    return Report(text, NOON, NOON + HOUR, "UTC", 3, (section,), (text,), (text,), (case,))


TRICKS = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "</style><svg onload=alert(1)>",
        "</title><a href='javascript:alert(1)'>x</a>",
        "{{ 7*7 }}{% raw %}",
        "\u202egnp.exe",
        "\x00\x1b[31m",
        '=HYPERLINK("https://example.org")',
        "@SUM(1)",
        "| a | b |\n# head\n[x](https://example.org)",
        "![x](https://example.org/p.png)",
        "&lt;b&gt;",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.lists(st.one_of(TRICKS, st.text(max_size=30)), min_size=1, max_size=3).map("".join).filter(bool))
def test_whatever_others_write_stays_words_in_the_page(text: str) -> None:
    plain, read = Reading(html(hostile("harmless"))), Reading(html(hostile(text)))
    shapes = [(tag, sorted(attrs)) for tag, attrs in plain.tags if tag != "rect"]
    assert [(tag, sorted(attrs)) for tag, attrs in read.tags if tag != "rect"] == shapes
    assert {tag for tag, _ in read.tags}.isdisjoint({"script", "img", "iframe", "object", "form", "base"})
    assert all((attrs.get("href") or "#").startswith(("#", "data:,")) for _, attrs in read.tags)
    assert not any(sign in "".join(read.words) for sign in "\u202e\x00\x1b")


@given(st.one_of(TRICKS, st.text(min_size=1, max_size=40)))
def test_whatever_others_write_stays_words_in_markdown_and_no_formula_in_csv(text: str) -> None:
    lines = files.markdown(hostile(text)).splitlines()
    assert len(lines) == len(files.markdown(hostile("harmless")).splitlines())
    assert not any(re.search(r"(?<!\\)[<\[!`]", line) for line in lines)
    for row in csv.reader(io.StringIO(files.as_csv(hostile(text)))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_the_page_forbids_itself_everything_but_its_own_style() -> None:
    page = html(hostile("harmless"))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert not re.search(r"https?:|<script|url\(|@import|\sstyle=", page)


def test_every_table_has_a_caption_every_chart_a_title_and_no_heading_is_skipped() -> None:
    read = Reading(html(hostile("harmless")))
    tags = [tag for tag, _ in read.tags]
    assert tags.count("table") == tags.count("caption") == 3
    charts = [attrs for tag, attrs in read.tags if tag == "svg"]
    assert charts
    ids = {attrs.get("id") for _, attrs in read.tags}
    assert all(attrs["role"] == "img" and set((attrs["aria-labelledby"] or "").split()) <= ids for attrs in charts)
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
