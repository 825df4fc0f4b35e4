"""Mentions from a file of JSON lines that anything may append to.

It reads each line once, through rotation (by rename or by copy), truncation and restarts, and leaves a half-written
last line for the next poll. It never writes, locks, renames or deletes, and keeps no file open between polls. Rotated
files are found beside the file as NAME.1, NAME.2 ... or NAME-20260131, uncompressed.
"""

import contextlib
import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pydantic import Field

from connectors import BOTH_SIDES, Batch, Context, Cure, SourceError, SourceSettings
from connectors._plain import printable
from connectors._wire import WireError, read
from rules.model import Mention, Side

_LINES = 500
"""Most lines in one batch."""
_TAIL = 256
"""Bytes before the place we stopped at, by which a file is known again."""
_KEPT = 32
"""Files remembered after rotation: somebody may still be writing to them."""
_TOLD = 3
"""Bad lines named in one warning."""
_ROTATED = re.compile(r"[.-]([0-9][0-9T:._-]*)")


class Settings(SourceSettings):
    """The keys of a source of kind ``file``."""

    path: Path = Field(description="the file of JSON lines; it need not exist yet")
    max_bytes: int = Field(
        4_000_000, ge=1_000, le=100_000_000, description="most bytes read at once; a longer line is skipped"
    )


def connect(settings: Settings, context: Context) -> "FilePoller":
    """A connector for one file; opens nothing yet."""
    del context  # each line says itself where it comes from
    return FilePoller(settings)


class _Mark(NamedTuple):
    """How far one file has been read."""

    device: int
    inode: int
    offset: int = 0
    tail: str = ""
    """Hash of the bytes before ``offset``."""
    line: int = 0
    """Lines before ``offset``."""
    skipping: bool = False
    """``offset`` lies inside a line that is too long."""

    @property
    def key(self) -> tuple[int, int]:
        return self.device, self.inode


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one file gave."""

    mark: _Mark
    mentions: tuple[Mention, ...] = ()
    mistakes: tuple[str, ...] = ()
    more: bool = False


class FilePoller:
    """Reads one file, and what became of it, from where the cursor says."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.path
        self._limit = settings.max_bytes
        self._said_absent = False

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """Read the next lines: at most 500, at most ``max_bytes``. Both sides stand in one file.

        Raises:
            SourceError: the file is there and cannot be read.
        """
        del sides
        marks, warnings = _marks(cursor)
        try:
            files = self._files()
            marks, lost = _followed(marks, files, self._path)
            readings = self._read(marks, files)
        except OSError as broken:
            raise SourceError(
                f"{printable(str(self._path), 300)} cannot be read ({os.strerror(broken.errno or 0)}); "
                "check its permissions",
                cure=Cure.PERSON,
            ) from broken
        if lost:
            warnings.append(
                f"{self._path}: it was cut off or replaced, and its rest is not beside it; lines may be missing"
            )
        warnings += self._absence(present=self._path in files)
        mistakes = [what for one in readings for what in one.mistakes]
        warnings += mistakes[:_TOLD] + (
            [f"and {len(mistakes) - _TOLD} more bad lines"] if len(mistakes) > _TOLD else []
        )
        return Batch(
            mentions=tuple(mention for one in readings for mention in one.mentions),
            cursor=_written([one.mark for one in readings]) if readings else cursor,
            more=any(one.more for one in readings),
            warning="; ".join(warnings) or None,
        )

    def look(self, ids: Sequence[str]) -> Batch | None:
        """A file cannot say what became of a post: None."""
        del ids
        return None

    def close(self) -> None:
        """Nothing is held between polls."""

    def _absence(self, *, present: bool) -> list[str]:
        """Said once, each time the file goes away; a file that is not there yet is nothing new, and no failure."""
        said, self._said_absent = self._said_absent, not present
        return [] if present or said else [f"{self._path} is not there yet; waiting for it"]

    def _files(self) -> dict[Path, os.stat_result]:
        """The file and its rotated forms, oldest first."""
        found = {}
        for path in (*_rotated(self._path), self._path):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            if stat.S_ISREG(status.st_mode):
                found[path] = status
            elif path == self._path:
                raise SourceError(f"{printable(str(path), 300)} is no plain file; set path to a file", cure=Cure.PERSON)
        return found

    def _read(self, marks: Sequence[_Mark], files: dict[Path, os.stat_result]) -> list[_Reading]:
        """Read on in each file, oldest first, until the batch is full."""
        paths = {(status.st_dev, status.st_ino): path for path, status in files.items()}
        readings: list[_Reading] = []
        lines, room = _LINES, self._limit
        for mark in marks:
            path = paths.get(mark.key)
            if path is None or files[path].st_size <= mark.offset:
                readings.append(_Reading(mark))
                continue
            if lines <= 0 or room <= 0:
                readings.append(_Reading(mark, more=True))
                continue
            reading = self._read_one(path, mark, lines, room)
            lines -= reading.mark.line - mark.line
            room -= reading.mark.offset - mark.offset
            readings.append(reading)
        return readings

    def _read_one(self, path: Path, mark: _Mark, lines: int, room: int) -> _Reading:
        try:
            with _opened(path, mark) as file:
                file.seek(mark.offset)
                piece = file.read(room)
                full = len(piece) == room
                step = _taken(piece, mark, lines, room=self._limit, rotated=path != self._path)
                offset = mark.offset + step.length
                tail = _tail(file, offset) if step.length else mark.tail
        except (FileNotFoundError, _MovedError):
            return _Reading(mark, more=True)  # rotated under our hands: the next poll finds it
        where = [f"{path}:{number}: {what}; mend or remove the line" for number, what in step.mistakes]
        after = mark._replace(offset=offset, tail=tail, line=mark.line + step.lines, skipping=step.skipping)
        return _Reading(after, tuple(step.mentions), tuple(where), more=full or step.lines >= lines)


class _Step(NamedTuple):
    """What was taken out of a piece of a file."""

    mentions: list[Mention]
    mistakes: list[tuple[int, str]]
    length: int
    """Bytes that are done with."""
    lines: int
    skipping: bool


def _taken(piece: bytes, mark: _Mark, lines: int, *, room: int, rotated: bool) -> _Step:
    """Take whole lines out of ``piece``.

    Args:
        piece: what follows ``mark`` in its file.
        mark: where it begins.
        lines: the most to take.
        room: as many bytes without a line end are too long a line.
        rotated: nobody should be writing to this file any more, so a last line that is whole needs no line end.
    """
    mentions: list[Mention] = []
    mistakes: list[tuple[int, str]] = []
    at, count, skipping = 0, 0, mark.skipping
    while count < lines and (end := piece.find(b"\n", at)) >= 0:
        count += 1
        line, at = piece[at:end], end + 1
        try:
            if line.strip() and not skipping:
                mentions.append(read(line))
        except WireError as wrong:
            mistakes.append((mark.line + count, str(wrong)))
        skipping = False
    rest = piece[at:]
    if count < lines and skipping:
        at = len(piece)
    elif count < lines and len(rest) >= room:
        mistakes.append((mark.line + count + 1, f"it is longer than {room} bytes"))
        at, skipping = len(piece), True
    elif count < lines and rotated:
        with contextlib.suppress(WireError):  # half-written: somebody may still be at it
            mentions.append(read(rest))
            at = len(piece)
    return _Step(mentions, mistakes, at, count, skipping)


class _MovedError(Exception):
    """Another file has taken this one's name since we looked."""


def _opened(path: Path, mark: _Mark) -> BinaryIO:
    """The file at ``path``, if it is the one that was marked. Never waits, even if a pipe has taken its place."""
    file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0)  # noqa: SIM115, PTH123 - the caller closes it; a descriptor has no Path
    status = os.fstat(file.fileno())
    if (status.st_dev, status.st_ino) != mark.key or not stat.S_ISREG(status.st_mode) or status.st_size < mark.offset:
        file.close()
        raise _MovedError
    return file


def _tail(file: BinaryIO, offset: int) -> str:
    """A hash of what stands just before ``offset``."""
    file.seek(max(0, offset - _TAIL))
    return hashlib.blake2s(file.read(min(offset, _TAIL)), digest_size=8).hexdigest()


def _rotated(path: Path) -> list[Path]:
    """The rotated forms of ``path``, oldest first: by date, or by number with the highest first."""
    found = []
    for beside in path.parent.iterdir() if path.parent.is_dir() else ():
        shape = _ROTATED.fullmatch(beside.name[len(path.name) :]) if beside.name.startswith(path.name) else None
        if shape:
            short = shape[1].isdigit() and len(shape[1]) < len("20260131") - 1
            found.append(((1, -int(shape[1]), "") if short else (0, 0, shape[1]), beside))
    return [beside for _, beside in sorted(found)]


def _followed(marks: Sequence[_Mark], files: dict[Path, os.stat_result], path: Path) -> tuple[list[_Mark], bool]:
    """The marks, moved on to where their files are now, with a new one for each file that has come since.

    Returns them oldest first, and whether the file we were reading is nowhere to be found.
    """
    order = list(files)
    kept: list[_Mark] = []
    claimed: set[Path] = set()
    last: Path | None = None
    lost = False
    for mark in marks:
        last = _whereabouts(mark, files, claimed)
        lost = last is None and mark.offset > 0
        if last is not None:
            claimed.add(last)
            status = files[last]
            kept.append(mark._replace(device=status.st_dev, inode=status.st_ino))
    if last is not None:
        newer = order[order.index(last) + 1 :]
    elif path in files:
        newer = [path]
    else:
        return list(marks), False
    fresh = [_Mark(files[beside].st_dev, files[beside].st_ino) for beside in newer if beside not in claimed]
    return [*kept, *fresh][-_KEPT:], lost


def _whereabouts(mark: _Mark, files: dict[Path, os.stat_result], claimed: set[Path]) -> Path | None:
    """Where the marked file is now: the one with its number, else the one that reads the same up to the mark."""
    named = [name for name, status in files.items() if (status.st_dev, status.st_ino) == mark.key]
    others = [name for name in files if name not in named] if mark.offset else []
    for name in (*named, *others):
        if name not in claimed and _fits(mark, name, files[name]):
            return name
    return None


def _fits(mark: _Mark, path: Path, status: os.stat_result) -> bool:
    if status.st_size < mark.offset:
        return False
    if not mark.offset:
        return True
    try:
        with _opened(path, mark._replace(device=status.st_dev, inode=status.st_ino)) as file:
            return _tail(file, mark.offset) == mark.tail
    except (OSError, _MovedError):
        return False


def _marks(cursor: str | None) -> tuple[list[_Mark], list[str]]:
    """What the cursor says, and what is to be said of it."""
    if cursor is None:
        return [], []
    try:
        return [_Mark(*one) for one in json.loads(cursor)["read"]], []
    except (ValueError, TypeError, KeyError):
        return [], ["how far the file was read is not known any more; it is read again from its start"]


def _written(marks: Sequence[_Mark]) -> str:
    return json.dumps({"read": marks}, separators=(",", ":"))
