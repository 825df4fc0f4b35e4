"""The command line: finds its commands, and says what is wrong in one line each."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from monitor import cli, logs
from rules.mistakes import Mistake, Mistakes


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Replaces what ``harken check`` does."""
    monkeypatch.setattr(logs, "set_up", lambda: None)

    def replace(does: Callable[[], Any]) -> None:
        made = SimpleNamespace(command=click.command(name="check")(does))
        monkeypatch.setitem(sys.modules, "monitor.commands.check", made)

    return replace


def fail(error: BaseException) -> Callable[[], None]:
    def does() -> None:
        raise error

    return does


def test_help_lists_every_command_with_its_line_and_imports_none() -> None:
    code = (
        "import sys; from monitor.cli import run; run(['--help']); "
        "print(sorted(m for m in sys.modules if m.startswith(('monitor.commands.', 'pydantic', 'structlog'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    for name in cli.harken.list_commands(click.Context(cli.harken)):
        assert f"\n  {name} " in done.stdout
    assert "  init       Writes a config and rule files to edit" in done.stdout


def test_every_command_has_its_line() -> None:
    for name in cli.harken.list_commands(click.Context(cli.harken)):
        assert cli._first_line(name), name


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chek"], 'harken: there is no command "chek"; did you mean "check"?\n'),
        (["init"], "harken init: Missing argument 'DIR'; see \"harken init --help\"\n"),
        (["init", "--dry", "x"], "harken init: No such option '--dry'; see \"harken init --help\"\n"),
        (["init", "a", "b"], 'harken init: Got unexpected extra argument (b); see "harken init --help"\n'),
        (["--nope"], "harken: No such option '--nope'; see \"harken --help\"\n"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(args) == 2
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize("args", [[], ["cases"], ["rules"]])
def test_no_command_at_all_is_answered_with_the_help_as_it_is(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*args, "--help"]) == 0
    helped = capsys.readouterr().out
    assert cli.run(args) == 2
    assert capsys.readouterr() == ("", helped)


def test_mistakes_are_one_line_each_and_exit_code_2(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command(fail(Mistakes([Mistake("a.toml", 3, "wrong\n\x1b[31m", "fix it"), Mistake("b.toml", None, "bad", "cure")])))
    assert cli.run(["check"]) == 2
    assert capsys.readouterr().err == "a.toml:3: wrong\\x0a\\x1b[31m; fix it\nb.toml: bad; cure\n"


def test_a_file_that_cannot_be_used_is_one_line_and_exit_code_2(
    command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    command(fail(PermissionError(13, "Permission denied", "/x/y.db")))
    assert cli.run(["check"]) == 2
    assert capsys.readouterr().err == "/x/y.db: permission denied; check the path and its permissions\n"


def test_an_answer_of_no_is_exit_code_1(command: Any) -> None:
    command(fail(click.exceptions.Exit(1)))
    assert cli.run(["check"]) == 1


def test_what_a_command_returns_is_no_exit_code_unless_a_number(command: Any) -> None:
    command(lambda: "done")
    assert cli.run(["check"]) == 0


def test_a_person_who_interrupts_hears_nothing_more(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command(fail(KeyboardInterrupt()))
    assert cli.run(["check"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_our_own_fault_is_told_with_its_traceback_but_without_secrets(
    command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    command(fail(RuntimeError("lost https://me:hunter2@example.org/ \x1b[31m xoxb-1-2-3-4")))
    assert cli.run(["check"]) == 70
    said = capsys.readouterr().err
    assert "RuntimeError: lost https://me:[hidden]@example.org/ \\x1b[31m [hidden]\n" in said
    assert said.endswith("harken: this is a fault in Harken itself; please report it with the lines above\n")


STAND_IN = (
    "import click, sys, time; from types import SimpleNamespace; from monitor import cli\n"
    "sys.modules['monitor.commands.check'] = SimpleNamespace(command=click.command()(lambda: {does}))\n"
    "sys.stdin.read(); sys.exit(cli.run(['check']))"
)


def started(does: str) -> "subprocess.Popen[bytes]":
    """A process whose ``check`` evaluates ``does`` once its standard input is closed."""
    code = [sys.executable, "-c", STAND_IN.format(does=does)]
    return subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_a_reader_who_leaves_is_no_error(size: int) -> None:
    with started(f"click.echo('x' * {size})") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_a_reader_who_leaves_a_table_is_no_error_either() -> None:
    with started("__import__('rich.console').console.Console().print('x')") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_output_that_finds_no_room_is_one_line_and_exit_code_2(size: int) -> None:
    code = [sys.executable, "-c", STAND_IN.format(does=f"click.echo('x' * {size})")]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(code, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b"output: no space left on device; make room, or write it elsewhere\n"
    assert done.returncode == 2


def test_closed_streams_are_empty_ones() -> None:
    shell = f"{sys.executable} -m monitor judge --text <&- >&-"
    done = subprocess.run(["/bin/sh", "-c", shell], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_control_c_ends_the_process_with_130() -> None:
    with started("(click.echo('ready'), sys.stdout.flush(), time.sleep(60))") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.close()
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert process.stderr.read().strip() == b""


def test_the_module_and_the_script_are_the_same_program() -> None:
    module = subprocess.run([sys.executable, "-m", "monitor", "--version"], capture_output=True, text=True, check=True)
    script = subprocess.run(
        [str(Path(sys.executable).parent / "harken"), "--version"], capture_output=True, text=True, check=True
    )
    assert module.stdout == script.stdout
    assert module.stdout.startswith("harken ")
