"""The command ``harken``: finds its commands in ``monitor/commands/`` and imports one only when it is called.

It turns failures into one line each on standard error and an exit code, and does nothing else: a command's work is in
its own file, whose ``command`` is a click command or group. The first line of that file is its line in the help.
"""

import ast
import errno
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from monitor import commands

_IN_A_LINE = frozenset(
    {"StoreError", "SourceError", "RefusedError", "LockedOut", "Refused", "NotSent", "Doubtful", "Paused"}
)
"""Failures that say in one line what happened and what to do; named, so that none of their modules has to be loaded."""
BAD_INPUT, BUG, READER_LEFT, INTERRUPTED = 2, 70, 141, 130
"""Exit codes beside 0 (good) and 1 (the answer is no); 70 is the system's word for a fault in the program."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class _ReaderLeftError(Exception):
    """Whoever read our output has stopped reading."""


class Commands(click.Group):
    """A group whose commands are the files of ``monitor/commands/``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        del ctx
        return sorted(found.name for found in pkgutil.iter_modules(commands.__path__) if found.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called ``cmd_name``, imported now."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = importlib.import_module(f"{commands.__name__}.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a guess at what an unknown word was meant to be."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            meant = get_close_matches(args[0], names, n=1)
            cure = f'did you mean "{meant[0]}"?' if meant else f"there are {', '.join(names)}"
            raise click.UsageError(f'there is no command "{args[0]}"; {cure}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands and their lines, without importing any of them."""
        if lines := [(name, _first_line(name)) for name in self.list_commands(ctx)]:
            with formatter.section("Commands"):
                formatter.write_dl(lines)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, its logs set up before."""
        from monitor import logs  # noqa: PLC0415 - takes a tenth of a second, which --help can do without

        logs.set_up()
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeftError from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="harken", message="harken %(version)s")
def harken() -> None:
    """Hears what people say about a brand in public, and wakes the right person before the silence becomes a crisis."""


def run(args: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    _open_what_is_closed()
    try:
        code = harken.main(list(args), prog_name="harken", standalone_mode=False)
        sys.stdout.flush()
    except (_ReaderLeftError, BrokenPipeError):
        _drop_output()
        return READER_LEFT
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # rich says it so, with a code of its own
            return READER_LEFT
        raise
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        _say(_usage(error))
        return BAD_INPUT
    except Exception as error:  # noqa: BLE001 - the last place that can say something useful about it
        return _failed(error)
    return code if isinstance(code, int) else 0


def _open_what_is_closed() -> None:
    """Whoever closed our input or output gives us nothing to read, and wants nothing to be written."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open as long as we run
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as we run


def _drop_output() -> None:
    """What is still buffered has nowhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _usage(error: click.ClickException) -> str:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "harken"
    what = error.format_message().rstrip(".")
    return f"{path}: {what}" if "; " in what else f'{path}: {what}; see "{path} --help"'


def _failed(error: Exception) -> int:
    """Say what is known about ``error``: mistakes line by line, a file's trouble in one, anything else as our bug."""
    from monitor.logs import redact  # noqa: PLC0415 - only needed now
    from rules.mistakes import Mistake, Mistakes  # noqa: PLC0415 - only needed now

    if isinstance(error, Mistakes):
        for mistake in error.all:
            _say(redact(str(mistake)))
        return BAD_INPUT
    if type(error).__name__ in _IN_A_LINE:
        _say(redact(str(error)))
        return BAD_INPUT
    if isinstance(error, OSError) and error.filename is not None:
        what = (error.strerror or "it cannot be used").lower()
        _say(str(Mistake(str(error.filename), None, what, "check the path and its permissions")))
        return BAD_INPUT
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        _drop_output()
        _say(str(Mistake("output", None, (error.strerror or "").lower(), "make room, or write it elsewhere")))
        return BAD_INPUT
    _say(redact("".join(traceback.format_exception(error))).rstrip())
    _say("harken: this is a fault in Harken itself; please report it with the lines above")
    return BUG


def _say(text: str) -> None:
    """One message on standard error, free of control characters."""
    from monitor.logs import plain  # noqa: PLC0415 - only needed now

    click.echo(plain(text, keep="\n"), err=True)


def _first_line(name: str) -> str:
    """What the file of a command says it does, up to its first full stop."""
    path = Path(commands.__path__[0]) / name
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    said = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    return said.split("\n")[0].split(". ")[0].rstrip(".")
