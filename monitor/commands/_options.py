"""Options that several commands share. Does nothing by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from rules.durations import parse

config = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    default="harken.toml",
    show_default=True,
    help="The config file.",
)


class Length(click.ParamType[timedelta]):
    """A length of time on the command line, written as in the config."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """A length of time as the config has it."""
        try:
            return value if isinstance(value, timedelta) else parse(value)
        except ValueError:
            self.fail(f'{value!r} is no length of time; write it as "30d" or "2h"', param, ctx)


class Instant(click.ParamType[datetime]):
    """An instant on the command line."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """RFC 3339; a time without a zone is taken as UTC."""
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'{value!r} is no time; write it as "2026-03-01T12:00:00Z"', param, ctx)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


_MARGIN = timedelta(days=800)
"""No command looks further from a moment than this; nearer to the end of all time there is no arithmetic."""


class Moment(click.ParamType[datetime]):
    """A moment on the command line; one without a zone is of a zone that only the command knows."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, without a zone where none was written."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            _ = moment - _MARGIN, moment + _MARGIN
        except (ValueError, OverflowError):
            self.fail(f'{value!r} is no moment; write it as "2026-01-31 09:00"', param, ctx)
        return moment


since = click.option(
    "--since", type=Length(), default="30d", show_default=True, help="How far back: posts of so long ago or less."
)
