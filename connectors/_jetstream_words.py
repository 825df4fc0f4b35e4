"""Which lines of Bluesky's live stream concern us. Values in, values out: reads no socket and asks nobody.

A line is first sought through as it is, bytes of JSON, for every word at once, and only what may concern us is parsed.
That first sieve lets too much through and, for words written by any common program, nothing too little. It takes both
wires of Jetstream: the older one (``time_us``, ``commit``) and ``network.bsky.jetstream.subscribeEvents``.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import re2  # type: ignore[import-untyped]  # the library carries no types

from connectors._bluesky_posts import POSTS, instant

_MEMORY = 64 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OPERATIONS = frozenset({"create", "update", "delete"})
_BEFORE = r"(?:^|[^\pL\pN_])"
_BEFORE_RAW = r"(?:[^\pL\pN_]|\\[bfnrt]|\\u[0-9a-f]{4})"
_AFTER = r"(?:$|[^\pL\pN_])"
_NOTHING = r"\x00\x00"
"""Stands nowhere in JSON; a set of nothing cannot be asked."""
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_BLANK = r"(?:\s|\\[nrt]|\\u00a0)+"
_EMBEDDED = re.compile(r"at://(did:[a-z]+:[^/]+)/")


@dataclass(frozen=True, slots=True)
class Commit:
    """What somebody did to one of his posts."""

    did: str
    key: str
    operation: str
    """create, update or delete."""
    record: Mapping[str, Any]
    """Empty where the post is deleted."""
    at: datetime
    """When the stream saw it."""

    @property
    def uri(self) -> str:
        """The post's id."""
        return f"at://{self.did}/{POSTS}/{self.key}"


def commit_in(line: bytes) -> Commit | None:
    """What a line says was done to a post; None where it says nothing of that, or cannot be read."""
    found = _object_in(line)
    inner = found.get("payload", found.get("commit"))
    if not isinstance(inner, dict) or inner.get("collection") != POSTS:
        return None
    at, did = moment_in(line, found), inner.get("did", found.get("did"))
    key, operation, record = inner.get("rkey"), inner.get("operation"), inner.get("record")
    if not (isinstance(did, str) and isinstance(key, str) and at and operation in _OPERATIONS):
        return None
    return Commit(did, key, operation, record if isinstance(record, dict) else {}, at)


def moment_in(line: bytes, parsed: Mapping[str, Any] | None = None) -> datetime | None:
    """When the stream saw what a line says, by its own clock."""
    found = _object_in(line) if parsed is None else parsed
    payload, micros = found.get("payload"), found.get("time_us")
    if isinstance(payload, dict):
        return instant(payload.get("witnessedAt")) or instant(payload.get("time"))
    try:
        return _EPOCH + micros * _MICROSECOND if type(micros) is int and micros > 0 else None
    except OverflowError:
        return None


def cursor_of(at: datetime) -> int:
    """A moment as a place to go on from, which both wires take."""
    return (at - _EPOCH) // _MICROSECOND


def renamed_in(line: bytes) -> str:
    """The DID of an account whose handle may have changed; empty where the line says nothing of that."""
    if b"dentity" not in line or b'"record"' in line:
        return ""
    found = _object_in(line)
    inner = found.get("payload", found)
    did = inner.get("did") if isinstance(inner, dict) else None
    return did if isinstance(did, str) else ""


def _object_in(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class Words:
    """What to listen for.

    Args:
        names: what people call us, and the handles of our accounts.
        dids: our accounts.
    """

    def __init__(self, names: Sequence[str], dids: Sequence[str]) -> None:
        self._ours = frozenset(dids)
        shapes = [unicodedata.normalize(form, name) for name in names for form in ("NFC", "NFD")]
        self._raw = _set(*_patterns(shapes, _BEFORE_RAW, _as_json), *map(re2.escape, dids))
        self._exact = _set(*_patterns(shapes[::2], _BEFORE, _as_text))

    def may_concern_us(self, line: bytes) -> bool:
        """Whether a line is worth parsing."""
        if b"app.bsky.feed.post" not in line:
            return False
        return b'"delete"' in line or bool(self._raw.Match(line))

    def concern_us(self, commit: Commit) -> bool:
        """Whether a post is ours, speaks to us or names us."""
        if commit.did in self._ours or self.speaks_to_us(commit):
            return True
        text = commit.record.get("text")
        return isinstance(text, str) and bool(self._exact.Match(unicodedata.normalize("NFC", text)))

    def speaks_to_us(self, commit: Commit) -> bool:
        """Whether a post answers, mentions or quotes one of our accounts."""
        return commit.did not in self._ours and not self._ours.isdisjoint(_spoken_to(commit.record))


def _spoken_to(record: Mapping[str, Any]) -> Iterator[str]:
    """The DIDs of the accounts that a post answers, mentions and quotes."""
    reply, embed, facets = record.get("reply"), record.get("embed"), record.get("facets")
    yield from _did_at(reply, "root", "uri")
    yield from _did_at(reply, "parent", "uri")
    yield from _did_at(embed, "record", "uri")
    yield from _did_at(embed, "record", "record", "uri")
    for facet in facets if isinstance(facets, list) else ():
        features = facet.get("features") if isinstance(facet, dict) else None
        for feature in features if isinstance(features, list) else ():
            did = feature.get("did") if isinstance(feature, dict) else None
            if isinstance(did, str):
                yield did


def _did_at(inner: Any, *path: str) -> Iterator[str]:
    for name in path:
        inner = inner.get(name) if isinstance(inner, dict) else None
    if isinstance(inner, str) and (found := _EMBEDDED.match(inner)):
        yield found[1]


def _patterns(names: Sequence[str], before: str, written: Callable[[str], str]) -> Iterator[str]:
    """One pattern for all names: what may stand around a word is large, and needed once.

    In scripts that put no spaces between words, anything may stand around it.
    """
    apart, joined = list[str](), list[str]()
    for name in dict.fromkeys(filter(str.strip, names)):
        (joined if re2.search(_UNSPACED, name) else apart).append(written(name))
    if apart:
        yield f"{before}(?:{'|'.join(apart)}){_AFTER}"
    yield from joined


def _set(*patterns: str) -> "re2.Set":
    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = _MEMORY, False, False
    made = re2.Set.SearchSet(options)
    for pattern in patterns or (_NOTHING,):
        made.Add(pattern)
    made.Compile()
    return made


def _as_text(name: str) -> str:
    """A pattern for a name in plain text."""
    return r"\s+".join(map(re2.escape, name.split()))


def _as_json(name: str) -> str:
    """A pattern for a name as any program may have written it in JSON."""
    return _BLANK.join("".join(map(_character, word)) for word in name.split())


def _character(one: str) -> str:
    if one.isascii() and (one.isalnum() or one in "_-.@#"):
        return str(re2.escape(one))
    shapes = {one, *(shape for shape in (one.lower(), one.upper()) if len(shape) == 1)}
    escaped = (json.dumps(shape)[1:-1] if not shape.isascii() else f"\\u{ord(shape):04x}" for shape in shapes)
    return "(?:\\\\?" + "|".join([re2.escape(one), *(re2.escape(shape) for shape in escaped)]) + ")"
