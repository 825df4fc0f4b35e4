"""``harken sources``: how far each source is heard, for people and for programs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from running import harken

from connectors import Batch, Gap, SourceError, SourceSettings, Spent
from monitor import clock
from monitor.config import load
from monitor.line import Line
from monitor.setup import setup
from monitor.slack.local import LocalSlack
from monitor.store.sqlite import open_writer
from rules.model import Mention, Side

CONFIG = """
[brand]
name = "Sample"

[[source]]
name = "forum"
kind = "file"
path = "forum.jsonl"

[[source]]
name = "reviews"
kind = "file"
path = "reviews.jsonl"

[[source]]
name = "letters"
kind = "file"
path = "letters.jsonl"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "harken.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def told(folder: Path) -> None:
    """A database in which the forum is heard with a gap, the reviews are down, and nobody has read the letters."""
    now = clock.system()
    made = setup(load(folder / "harken.toml"))
    store = open_writer(folder / "harken.db", "a test")
    line = Line(store, LocalSlack(clock.system), made, clock.system)
    forum, reviews = (SourceSettings(name=name, kind="file") for name in ("forum", "reviews"))
    gap = Gap(Side.OURS, now - timedelta(hours=5), now - timedelta(hours=3), "too many posts")
    mention = Mention("forum", "1", "1", "sample_customer_01", "Hello", datetime(2026, 3, 2, tzinfo=UTC))
    line.listen(forum, Batch((mention,), gaps=(gap,), spent=Spent(3, 0, 1.25)))
    line.failed(reviews, SourceError("reviews.jsonl cannot be read\x1b[31m; check its permissions"))
    store.close()


def asked(folder: Path, *args: str) -> CompletedProcess[str]:
    return harken("sources", *args, "--config", folder / "harken.toml")


def test_before_the_first_run_every_source_is_never_read(folder: Path) -> None:
    ran = asked(folder)
    assert ran.returncode == 0
    assert ran.stdout.count("never read") == 3


def test_it_says_what_is_heard_what_is_down_and_why_and_what_nobody_has_read(folder: Path) -> None:
    told(folder)
    ran = asked(folder)
    assert ran.returncode == 0
    lines = ran.stdout.splitlines()
    assert any(line.startswith("forum") and " heard " in line and "3 requests, 1.25" in line for line in lines)
    assert any(line.startswith("reviews") and "down for" in line for line in lines)
    assert any(line.startswith("letters") and "never read" in line for line in lines)
    assert "reviews: reviews.jsonl cannot be read" in ran.stdout
    assert "forum: ours not heard from" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_programs_get_the_same_as_json(folder: Path) -> None:
    told(folder)
    forum, reviews, letters = (json.loads(line) for line in asked(folder, "--jsonl").stdout.splitlines())
    assert (forum["state"], reviews["state"], letters["state"]) == ("heard", "down", "never read")
    assert forum["month"] == {"requests": 3, "reads": 0, "price": 1.25}
    assert isinstance(forum["gaps"], list)
    assert forum["gaps"][0]["why"] == "too many posts"
    assert reviews["last_success"] is None
    assert reviews["failing_since"] is not None


def test_without_a_source_it_says_that_nothing_is_heard(folder: Path) -> None:
    (folder / "harken.toml").write_text('[brand]\nname = "Sample"\n', encoding="utf-8")
    assert "nothing is heard" in asked(folder).stdout
    assert "nothing would cost" in asked(folder, "cost").stdout


def test_a_source_that_nobody_charges_for_is_free(folder: Path) -> None:
    ran = asked(folder, "cost", "--source", "forum")
    assert (ran.returncode, ran.stdout) == (0, "forum: free; read 288 times a day\n")


def test_a_source_that_is_not_there_is_bad_input(folder: Path) -> None:
    ran = asked(folder, "cost", "--source", "nowhere")
    assert ran.returncode == 2
    assert "nowhere" in ran.stderr
