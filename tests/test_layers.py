"""The rooms: imports run one way, and ``rules/`` knows no clock, network, disk or chance."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("rules", "connectors", "monitor")

OUTSIDE = {
    "a clock": {"time", "sched"},
    "chance": {"random", "secrets", "uuid"},
    "the environment": {"os", "sys", "platform", "locale", "getpass", "argparse", "click"},
    "the network": {"socket", "ssl", "http", "urllib", "requests", "httpx", "urllib3", "smtplib", "webbrowser"},
    "the disk": {"io", "shutil", "tempfile", "glob", "sqlite3", "sqlite_utils", "mmap", "pickle", "shelve"},
    "other processes": {"subprocess", "multiprocessing", "signal", "asyncio", "threading", "concurrent"},
    "logs": {"logging", "structlog", "warnings", "rich"},
}
NOW = {"now", "utcnow", "today"}
CLOCKS = {
    "monitor/clock.py": "it is the clock",
    "connectors/inbox.py": "how fresh a signature is, only the clock on the wall can tell",
}
CALLS = {"open", "print", "input", "__import__", "exec", "eval"}
BUNDLED = {"language.py": {"pathlib"}, "scorer.py": {"pathlib"}}
"""Which file of ``rules/`` may know where the data lies that it, or a library, comes with."""


def files(*rooms: str) -> list[Path]:
    return sorted(file for room in rooms for file in (ROOT / room).rglob("*.py"))


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{shown(file)}:{node.lineno}: write the import out in full"
            yield node.module or ""


def asked_for_now(file: Path) -> list[int]:
    """Lines on which the file asks a clock for the time of day."""
    asked = [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Attribute)]
    return [
        node.lineno
        for node in asked
        if isinstance(node.value, ast.Name)
        and (
            (node.attr in NOW and node.value.id in {"datetime", "date"})
            or (node.value.id, node.attr) == ("time", "time")
        )
    ]


def test_imports_run_from_monitor_to_connectors_to_rules_and_never_back() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_rules_know_no_clock_chance_environment_network_disk_process_or_log() -> None:
    found = []
    for file in files("rules"):
        roots = {name.split(".")[0] for name in imported(file)}
        found += [f"{shown(file)} imports {what}" for what, modules in OUTSIDE.items() if roots & modules]
        if "pathlib" in roots - BUNDLED.get(file.name, set()):
            found.append(f"{shown(file)} imports the disk")
        called = {
            node.func.id
            for node in ast.walk(ast.parse(file.read_bytes()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        found += [f"{shown(file)} calls {name}" for name in called & CALLS]
    assert not found


def test_only_the_clock_reads_the_clock() -> None:
    asking = {shown(file): lines for file in files(*ROOMS) if (lines := asked_for_now(file))}
    assert set(asking) == set(CLOCKS), asking


def test_a_connector_knows_neither_the_store_nor_slack_nor_another_connector() -> None:
    for file in files("connectors"):
        names = set(imported(file))
        assert not {name.split(".")[0] for name in names} & {"monitor", "slack_sdk", "sqlite3", "sqlite_utils"}, file
        others = {name for name in names if name.startswith("connectors.") and not name.startswith("connectors._")}
        assert not others, f"{shown(file)} imports {others}"
        decisions = {name for name in names if name.startswith("rules")} - {"rules.model", "rules.durations"}
        assert not decisions, f"{shown(file)} imports {decisions}"


def test_sql_is_spoken_in_the_store_only() -> None:
    verbs = ("select ", "insert ", "update ", "delete ", "pragma ")
    for file in files("monitor"):
        if "store" not in file.parts:
            nodes = ast.walk(ast.parse(file.read_bytes()))
            texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
            spoken = [text for text in texts if text.lower().startswith(verbs)]
            assert not spoken, f"{shown(file)}: {spoken}"


def test_every_file_opens_with_what_it_does() -> None:
    silent = [shown(file) for file in files(*ROOMS) if not ast.get_docstring(ast.parse(file.read_bytes()))]
    assert not silent


def test_every_exception_to_the_linter_has_its_reason_beside_it() -> None:
    marks = {"# noqa": files(*ROOMS, "tests", "bench", "docs"), "# type: ignore": files(*ROOMS)}
    bare = [
        f"{shown(file)}:{number}: {line.strip()}"
        for mark, looked_at in marks.items()
        for file in looked_at
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if mark in line and file != Path(__file__)
        if not re.search(r"( - |# )\S", line.partition(mark)[2])
    ]
    assert not bare
