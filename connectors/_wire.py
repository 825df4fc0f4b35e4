"""The wire format: one mention as one JSON object. Reads it strictly, writes it in one form.

It refuses to guess: a wrong type is an error that names the field. It opens nothing and judges nothing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict

from rules.model import Mention

_LARGEST = 2**63 - 1
"""The largest whole number the store can keep."""

_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:)([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
"""A date and time of RFC 3339, section 5.6."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL and lone surrogates: no database and no network can carry them."""

_NEEDED = ("source", "id", "thread", "author")
"""Fields that name something and so may not be empty."""


class WireError(ValueError):
    """A line is no mention. The message is one plain sentence that names the field."""


@with_config(ConfigDict(strict=True))
class _Fields(TypedDict):
    """The JSON object, before its times and names are looked at."""

    source: str
    id: str
    thread: str
    author: str
    text: str
    posted_at: str
    reply_to: NotRequired[str | None]
    author_id: NotRequired[str | None]
    author_name: NotRequired[str | None]
    followers: NotRequired[int | None]
    lang: NotRequired[str | None]
    url: NotRequired[str | None]


_ADAPTER = TypeAdapter(_Fields)
_NAMES = tuple(field.name for field in fields(Mention))


def read(line: bytes | str) -> Mention:
    """The mention that ``line`` holds.

    Unknown keys are ignored and missing optional keys are null. Bytes that are not UTF-8, NUL and lone surrogates
    become U+FFFD; a handle loses a leading ``@``; the time is turned into UTC.

    Raises:
        WireError: it is not JSON, not an object, or a field is missing, of a wrong type or out of range.
    """
    try:
        found = _ADAPTER.validate_json(line)
    except ValidationError as refused:
        if refused.errors(include_url=False, include_input=False)[0]["type"] not in _BROKEN:
            raise WireError(_sentence(refused)) from refused
        return mention(_parse(line))
    if (b"\\u0000" if isinstance(line, bytes) else "\\u0000") in line:  # type: ignore[operator]  # one of the two
        found = _storable(found)
    return _build(found)


def mention(value: object) -> Mention:
    """The mention in an already parsed JSON value, held to the same rules as ``read``.

    Raises:
        WireError: as ``read``.
    """
    try:
        return _build(_ADAPTER.validate_python(_storable(value)))
    except ValidationError as refused:
        raise WireError(_sentence(refused)) from refused


def write(mention: Mention) -> str:
    """``mention`` as one line of JSON without its line end: ASCII only, keys in the order of the format, no nulls."""
    pairs = ((name, getattr(mention, name)) for name in _NAMES)
    return json.dumps({name: _plain(value) for name, value in pairs if value is not None})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value


def _parse(line: bytes | str) -> object:
    """Second try, with the standard library: it bears lone surrogates and a byte order mark."""
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as broken:
        raise WireError(f"it is not JSON: {broken.msg} at column {broken.pos + 1}") from broken
    except (ValueError, RecursionError) as broken:
        raise WireError("it is not JSON that can be read: nested too deeply, or a number too long") from broken


def _storable(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        name: _UNSTORABLE.sub("\ufffd", found) if isinstance(found, str) else found
        for name, found in value.items()
        if name in _NAMES
    }


def _build(found: _Fields) -> Mention:
    for name in _NEEDED:
        if not found[name].strip():  # type: ignore[literal-required]  # the names are its keys
            raise WireError(f"{name} is empty")
    followers = found.get("followers")
    if followers is not None and not 0 <= followers <= _LARGEST:
        raise WireError(f"followers is not between 0 and {_LARGEST}")
    return Mention(
        found["source"],
        found["id"],
        found["thread"],
        found["author"].removeprefix("@") or found["author"],
        found["text"],
        _instant(found["posted_at"]),
        found.get("reply_to"),
        found.get("author_id"),
        found.get("author_name"),
        followers,
        found.get("lang"),
        found.get("url"),
    )


def _instant(text: str) -> datetime:
    parts = _INSTANT.fullmatch(text)
    if parts is None:
        raise WireError("posted_at is not a time of RFC 3339 with a zone, such as 2026-01-31T09:30:00Z")
    day, time, second, fraction, zone = parts.groups()
    leap = second == "60"
    try:
        at = datetime.fromisoformat(f"{day}T{time}{'59' if leap else second}{fraction or ''}{zone.upper()}")
        return at.astimezone(UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError) as broken:
        raise WireError("posted_at is not a moment of the years 1 to 9999") from broken


_BROKEN = ("json_invalid", "string_unicode")
"""What pydantic calls a line it cannot parse, as against one with a wrong field."""

_WANTED = {"string_type": "text", "int_type": "a whole number", "dict_type": "an object"}


def _sentence(refused: ValidationError) -> str:
    return ", and ".join(_clause(error) for error in refused.errors(include_url=False))


def _clause(error: ErrorDetails) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if not name:
        return f"it is {_type(error['input'])}, not a JSON object"
    if error["type"] == "missing":
        return f"{name} is missing"
    wanted = _WANTED.get(error["type"])
    return f"{name} is {_type(error['input'])}, not {wanted}" if wanted else f"{name}: {error['msg']}"


def _type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")
