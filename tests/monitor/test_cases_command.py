"""What ``harken cases`` prints: somebody else's words neither crowd out ours nor reach the terminal raw."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import opened, post

from monitor import cli

HOSTILE = "x" * 200 + "\x9b31m\u202e\u2028"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    with opened(tmp_path) as desk:
        desk.hear(replace(post("1"), source=HOSTILE, author=HOSTILE))
    return tmp_path / "harken.toml"


def test_a_long_source_or_handle_leaves_the_rest_of_the_row_to_be_read(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run(["cases", "list", "--all", "--config", str(config)]) == 0
    heading, row, *_ = capsys.readouterr().out.splitlines()
    assert heading.split() == ["case", "state", "severity", "customer", "where", "waiting", "due"]
    assert row.split()[3][0] == row.split()[4][0] == "x"
    assert row.split()[1] == "waiting"
    assert len(row.split()[0]) == 10


def test_json_lines_are_plain_ascii(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["cases", "list", "--all", "--jsonl", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert said.isascii()
    assert said.count("\n") == 1
