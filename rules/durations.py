"""Lengths of time as people write and read them. Knows nothing of clocks, calendars or working hours."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_SPELT = {"d": "d", "h": "h", "m": "min", "s": "s"}
_SHAPE = re.compile(r"([0-9]{1,10})([dhms])")
_LONGEST = timedelta(days=3650)


def parse(text: object) -> timedelta:
    """Read ``90s``, ``10m``, ``2h`` or ``3d``; a ``timedelta`` passes through.

    Raises:
        ValueError: it is written differently, or longer than ten years.
    """
    if isinstance(text, timedelta):
        return text
    shape = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if shape is None:
        raise ValueError('is no length of time; write it as "90s", "10m", "2h" or "3d"')
    amount, unit = shape.groups()
    if int(amount) > _LONGEST / _UNITS[unit]:
        raise ValueError("is longer than ten years; write a shorter time")
    return int(amount) * _UNITS[unit]


def write(length: timedelta) -> str:
    """The text that ``parse`` reads as ``length``, in the largest unit that fits whole; parts of a second are cut."""
    unit = next((unit for unit, size in _UNITS.items() if length and not length % size), "s")
    return f"{length // _UNITS[unit]}{unit}"


def spell(length: timedelta) -> str:
    """``length`` for people, in its two largest units: ``2 h 5 min``, ``45 s``, ``3 d``."""
    rest, parts = abs(length), []
    for unit, size in _UNITS.items():
        amount, rest = divmod(rest, size)
        parts.append((amount, _SPELT[unit]))
    first = next((index for index, (amount, _) in enumerate(parts) if amount), len(parts) - 1)
    spelt = " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount) or "0 s"
    return f"-{spelt}" if length < timedelta(0) and spelt != "0 s" else spelt


Duration = Annotated[timedelta, BeforeValidator(parse), PlainSerializer(write, return_type=str, when_used="json")]
"""A length of time in a settings file: written as ``parse`` reads it, zero or more."""


NEVER = "never"


def parse_or_never(text: object) -> timedelta | None:
    """As ``parse``; ``never`` is None.

    Raises:
        ValueError: it is neither.
    """
    if text is None or text == NEVER:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f'{error}, or "{NEVER}"') from None


def write_or_never(length: timedelta | None) -> str:
    """The text that ``parse_or_never`` reads as ``length``."""
    return NEVER if length is None else write(length)


OrNever = Annotated[
    timedelta | None,
    BeforeValidator(parse_or_never),
    PlainSerializer(write_or_never, return_type=str, when_used="json"),
]
"""A length of time in a settings file, or ``never``."""
