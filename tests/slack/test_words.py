"""What people read in Slack stands in one place: whoever speaks to them keeps no words of their own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.slack import words

ROOT = Path(__file__).parents[2]
SENTENCE = re.compile(r"[^\W\d_]{2,}[,:;.]? [a-z{]")
"""Two words in a row: what nobody writes who means a key, a kind or a format."""
ERRORS = {
    "monitor/slack/__init__.py": "its errors are logged",
    "monitor/slack/client.py": "its errors are logged; what scopes are for is said by harken check",
    "monitor/slack/directory.py": "its cures are said by harken check as well",
    "monitor/slack/replies.py": "its errors are logged",
    "monitor/slack/terminal.py": "it says what Slack itself would say in place of a date",
}
PASSED_ON = {
    "monitor/daemon.py": "it passes on what the reload says",
    "monitor/weekly.py": "its words are the report's, which people also read elsewhere",
}
NO_SPEECH = {"write", "settle", "Mistake"}
"""Names of units of work, of outcomes in the store, and mistakes with their own cure."""


def speaking() -> list[Path]:
    """Files whose words reach Slack: those of its folder, and whoever takes words from it."""
    inside = sorted((ROOT / "monitor" / "slack").glob("*.py"))
    beside = [file for file in sorted((ROOT / "monitor").glob("*.py")) if "words" in imported(file)]
    return [file for file in inside + beside if file.name != "words.py" and shown(file) not in ERRORS]


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imported(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_bytes()))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "monitor.slack"]
    return {name.name for node in froms for name in node.names}


def said(code: str) -> Iterator[tuple[int, str]]:
    """Sentences in a file that are not docstrings, errors, logs or names in the store: line and text."""
    tree = ast.parse(code)
    passed: set[int] = set()
    for node in ast.walk(tree):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and silent(node.func)):
            passed |= {id(part) for part in ast.walk(node)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if id(node) not in passed and SENTENCE.search(text):
            yield node.lineno, text


def silent(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    of = called.value.id if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) else ""
    return name in NO_SPEECH or of == "_log"


@pytest.mark.parametrize("file", speaking(), ids=shown)
def test_whoever_speaks_to_people_in_slack_keeps_no_words_of_their_own(file: Path) -> None:
    found = [f"{shown(file)}:{line}: {text!r}: move it to words.py" for line, text in said(file.read_text())]
    assert found == []


def test_whoever_owes_a_notice_takes_its_words_from_there() -> None:
    calls = re.compile(r"(?<!def )(?<![.\w])notice\(")
    owing = [file for file in sorted((ROOT / "monitor").glob("*.py")) if calls.search(file.read_text())]
    assert len(owing) > 5
    without = {shown(file) for file in owing if "words" not in imported(file)}
    assert without <= set(PASSED_ON), "a notice's words belong into monitor/slack/words.py"


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('x = "two words"', ["two words"]),
        ('x = f"{who} has it"', [" has it"]),
        ('def f():\n    """Two words here."""\n    raise ValueError("two words")', []),
        ('_log.info("two words", why="of a log")', []),
        ('store.write("not sent")', []),
        ('x = {"rich_text_list": "plain_text"}', []),
        ('say("Nobody waits")', ["Nobody waits"]),
    ],
)
def test_the_search_finds_what_people_would_read(code: str, texts: list[str]) -> None:
    assert [text for _, text in said(code)] == texts


def test_no_word_stands_there_that_nobody_says() -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "monitor").rglob("*.py") if file.name != "words.py")
    named = [name for name in vars(words) if name.isupper()]
    assert [name for name in named if not re.search(rf"\bwords\.{name}\b", code)] == []
