"""The far end of a file: a program that appends lines to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors import _wire, load
from connectors.testing import posts
from rules.model import Mention


class FileStage:
    """Appends every post as a line."""

    module = load("file")
    edits = True
    overlaps = False
    posts = staticmethod(posts)

    def __init__(self, path: Path) -> None:
        self._path = path
        self.settings = {"path": str(path), "max_bytes": 2_000}

    def publish(self, mentions: Sequence[Mention]) -> None:
        with self._path.open("a", encoding="utf-8") as out:
            out.writelines(_wire.write(one) + "\n" for one in mentions)

    def show(self, payload: bytes) -> None:
        self._path.write_bytes(payload)

    def hostile(self) -> Iterator[str]:
        for body in (
            b"",
            b"\0" * 10_000,
            b"\xff\n" * 1_000,
            b"[" * 10_000,
            b"[" * 1_900 + b"\n",
            b"{}\n",
            b"null\n",
            b"\n" * 5_000,
        ):
            self._path.write_bytes(body)
            yield f"body {body[:20]!r}"
        self._path.unlink()
        yield "no file"
        self._path.mkdir()
        yield "a folder"
        self._path.rmdir()
        self._path.symlink_to(self._path)
        yield "a link to itself"


@contextmanager
def stage(folder: Path) -> Iterator[FileStage]:
    """A stage for one test."""
    yield FileStage(folder / "drop.jsonl")
