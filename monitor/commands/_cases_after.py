"""``harken cases ...`` for once a customer was answered: resolved, promised, still open, made good, followed up."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from monitor.afterwards import NONE
from monitor.commands import _options
from monitor.commands._noting import by, note, noted
from rules.durations import parse
from rules.model import Act


class _When(click.ParamType[timedelta | str]):
    """``2h``: so long from now; ``none``."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta | str:
        if value == NONE:
            return NONE
        try:
            return parse(value)
        except ValueError as error:
            self.fail(f'"{value}" {error}, or "{NONE}"', param, ctx)


@click.command()
@click.argument("case")
@_options.config
@click.option("--asked", "state", flag_value="asked", help="The customer was asked whether it is right.")
@click.option("--confirmed", "state", flag_value="confirmed", help="The customer says that it is right.")
@note
@by
def resolve(case: str, file: Path, state: str | None, note: str, by: str | None) -> None:
    """Note that it is settled for good, with what was done as the note; it is followed up as its policy says."""
    noted(case, file, by, lambda now, who: Act("resolve", who, now, note, to=state or ""))


@click.command()
@click.argument("case")
@click.argument("when", type=_When())
@_options.config
@note
@by
def promise(case: str, when: timedelta | str, file: Path, note: str, by: str | None) -> None:
    """Note when the customer is to hear from you again: WHEN is so long from now, such as 2h, or none."""

    def act(now: datetime, who: str) -> Act:
        return Act("promise", who, now, note, until=now + when if isinstance(when, timedelta) else None)

    noted(case, file, by, act)


@click.command()
@click.argument("case")
@click.argument("what")
@_options.config
@click.option("--value", default="", help='What it was worth, such as "20 EUR".')
@by
def gesture(case: str, what: str, file: Path, value: str, by: str | None) -> None:
    """Note how it was made good: WHAT was given or done."""
    _said(what, "what was given or done")
    noted(case, file, by, lambda now, who: Act("gesture", who, now, what, to=value))


@click.command("open")
@click.argument("case")
@_options.config
@note
@by
def open_(case: str, file: Path, note: str, by: str | None) -> None:
    """Note that what was taken elsewhere is still open: an update is owed again."""
    noted(case, file, by, lambda now, who: Act("open", who, now, note))


@click.command("no-contact")
@click.argument("case")
@_options.config
@note
@by
def no_contact(case: str, file: Path, note: str, by: str | None) -> None:
    """Note that the customer never came where they were asked to."""
    noted(case, file, by, lambda now, who: Act("no_contact", who, now, note))


@click.command()
@click.argument("case")
@_options.config
@note
@by
def followed(case: str, file: Path, note: str, by: str | None) -> None:
    """Note that the customer was asked whether what was resolved is right by now."""
    noted(case, file, by, lambda now, who: Act("followed", who, now, note))


@click.command()
@click.argument("case")
@click.argument("why")
@_options.config
@by
def skip(case: str, why: str, file: Path, by: str | None) -> None:
    """Note that the customer is not asked whether it is right, and WHY."""
    _said(why, "why nobody asks")
    noted(case, file, by, lambda now, who: Act("skip", who, now, why))


def _said(text: str, what: str) -> None:
    if not text.strip():
        raise click.UsageError(f"it says nothing; say {what}")


COMMANDS: tuple[click.Command, ...] = (resolve, promise, gesture, open_, no_contact, followed, skip)
