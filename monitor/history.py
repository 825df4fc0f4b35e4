"""History files: posts on the wire format and people's acts, one JSON object a line."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connectors import _wire
from monitor.rehearse import Deed
from rules.mistakes import Mistake, Mistakes
from rules.model import Act, Mention

ACTS = (
    *("answered", "dismiss", "resolve", "ack", "unack", "snooze", "assign", "raise", "policy"),
    *("promise", "open", "no_contact", "gesture", "followed", "skip"),
)
"""What a person may do about a case."""
_TO = {
    "assign": "to assign needs to, the person who takes it",
    "policy": "policy needs to, the name of the policy that the case is under from then on",
}
_YEARS = range(2, 8001)
"""Years that can be rehearsed: the calendar must have room for what is due before and after a post."""
_SHOWN = 20
"""Mistakes listed one by one; a file with more is not a history."""


def read(lines: Iterable[bytes], file: str) -> list[Mention | Deed]:
    """The posts and acts in ``lines``; empty lines are passed over.

    Args:
        lines: the file's lines.
        file: its name, for messages.

    Raises:
        Mistakes: lines that are neither, all of them up to twenty.
    """
    history: list[Mention | Deed] = []
    mistakes = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            history.append(_placed(_deed(line) if b'"act"' in line else _wire.read(line)))
        except _wire.WireError as error:
            mistakes.append(Mistake(file, number, str(error), "correct the line or remove it"))
            if len(mistakes) == _SHOWN:
                break
    if mistakes:
        raise Mistakes(mistakes)
    return history


def _placed(entry: Mention | Deed) -> Mention | Deed:
    at = entry.posted_at if isinstance(entry, Mention) else entry.act.at
    if at.year not in _YEARS:
        raise _wire.WireError(f"its time lies in the year {at.year}, where nothing can be rehearsed")
    return entry


def _deed(line: bytes) -> Mention | Deed:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise _wire.WireError("this is not JSON") from error
    if not isinstance(found, dict) or "act" not in found:
        return _wire.read(line)
    missing = [key for key in ("act", "source", "thread", "author", "by", "at") if not isinstance(found.get(key), str)]
    if missing:
        raise _wire.WireError(f"an act needs {', '.join(missing)}, as text")
    if found["act"] not in ACTS:
        raise _wire.WireError(f"there is no act {found['act']!r}; there are {', '.join(ACTS)}")
    until = None if found.get("until") is None else _moment(found, "until")
    act = Act(
        found["act"],
        found["by"],
        _moment(found, "at"),
        note=str(found.get("note") or ""),
        to=str(found.get("to") or ""),
        until=until,
    )
    if act.act == "snooze" and act.until is None:
        raise _wire.WireError("a snooze needs until, the time when it ends")
    if act.act in _TO and not act.to:
        raise _wire.WireError(_TO[act.act])
    return Deed(act, found["source"], found["thread"], found["author"].removeprefix("@"))


def _moment(found: dict[str, Any], key: str) -> datetime:
    try:
        at = datetime.fromisoformat(found[key])
    except (ValueError, TypeError) as error:
        raise _wire.WireError(f"{key} is no RFC 3339 time") from error
    if at.tzinfo is None:
        raise _wire.WireError(f"{key} has no time zone")
    return at.astimezone(UTC)
