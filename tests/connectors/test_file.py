"""A file of JSON lines: every line once, whatever is done to the file."""

import os
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import Context, Cure, SourceError, _wire, file
from rules.model import Mention

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def line(number: int, text: str = "My parcel is late.") -> str:
    return _wire.write(Mention("shop", f"post-{number}", f"post-{number}", "sample_customer_01", text, AT)) + "\n"


def lines(*numbers: int) -> str:
    return "".join(map(line, numbers))


class Reader:
    """Polls as the daemon would: a new connector after a restart, the cursor kept, ``more`` obeyed."""

    def __init__(self, path: Path, **options: object) -> None:
        self._settings = file.Settings.model_validate({"name": "drop", "kind": "file", "path": str(path), **options})
        self.poller = file.connect(self._settings, Context())
        self.cursor: str | None = None
        self.heard: list[int] = []
        self.warnings: list[str] = []

    def restart(self) -> None:
        self.poller = file.connect(self._settings, Context())

    def once(self) -> bool:
        batch = self.poller.poll(self.cursor)
        self.cursor = batch.cursor
        self.heard += [int(one.id.removeprefix("post-")) for one in batch.mentions]
        self.warnings += [batch.warning] if batch.warning else []
        return batch.more

    def read(self) -> list[int]:
        before = len(self.heard)
        for _ in range(1_000):
            if not self.once():
                return self.heard[before:]
        raise AssertionError("it never comes to an end")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drop.jsonl"


def append(path: Path, text: str | bytes) -> None:
    with path.open("ab") as out:
        out.write(text.encode() if isinstance(text, str) else text)


def test_lines_are_read_once_in_order_as_they_are_appended(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1, 2))
    assert reader.read() == [1, 2]
    assert reader.read() == []
    append(path, lines(3))
    reader.restart()
    assert reader.read() == [3]
    assert reader.warnings == []


def test_a_half_written_last_line_waits(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1) + line(2)[:20])
    assert reader.read() == [1]
    append(path, line(2)[20:-1])
    assert reader.read() == []
    append(path, "\n")
    assert reader.read() == [2]
    assert reader.warnings == []


def test_a_file_that_is_not_there_yet_is_nothing_new_and_said_once(path: Path) -> None:
    reader = Reader(path)
    assert (reader.read(), reader.read()) == ([], [])
    assert reader.warnings == [f"{path} is not there yet; waiting for it"]
    append(path, lines(1))
    assert reader.read() == [1]
    path.unlink()
    assert (reader.read(), reader.read()) == ([], [])
    assert len(reader.warnings) == 2
    append(path, lines(2))
    assert reader.read() == [2]


def test_a_bad_line_is_named_and_skipped_without_holding_up_the_rest(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1) + "\n  \nnot json\n" + '{"source": "shop"}\r\n' + "[]\n" + "\xff\xfe\n" + "\0\n" + lines(2))
    assert reader.read() == [1, 2]
    (said,) = reader.warnings
    assert f"{path}:4: it is not JSON" in said
    assert f"{path}:5: id is missing" in said
    assert said.endswith("and 2 more bad lines")
    assert "\n" not in said


def test_a_batch_is_bounded_in_lines_and_more_says_so(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(*range(1_201)))
    assert (reader.once(), len(reader.heard)) == (True, 500)
    assert (reader.once(), len(reader.heard)) == (True, 1_000)
    assert (reader.once(), reader.heard) == (False, list(range(1_201)))


def test_a_batch_is_bounded_in_bytes(path: Path) -> None:
    reader = Reader(path, max_bytes=1_000)
    append(path, lines(*range(50)))
    assert reader.once()
    assert 0 < len(reader.heard) < 10
    assert reader.read()
    assert reader.heard == list(range(50))


def test_a_line_that_is_too_long_is_skipped_wherever_it_stands(path: Path) -> None:
    reader = Reader(path, max_bytes=1_000)
    append(path, lines(1) + line(2, "x" * 5_000) + lines(3) + line(4, "x" * 10_000)[:-1])
    assert reader.read() == [1, 3]
    append(path, "x" * 10_000 + "\n" + lines(5))
    assert reader.read() == [5]
    assert [said.partition("; ")[0] for said in reader.warnings] == [
        f"{path}:2: it is longer than 1000 bytes",
        f"{path}:4: it is longer than 1000 bytes",
    ]


def test_a_renamed_file_is_finished_before_the_new_one_is_begun(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1))
    assert reader.read() == [1]
    append(path, lines(2))
    path.rename(f"{path}.1")
    assert reader.read() == [2]
    append(path, lines(4))
    append(Path(f"{path}.1"), lines(3))
    assert reader.read() == [3, 4]
    assert reader.warnings[1:] == []


def test_files_rotated_twice_between_two_polls_are_all_read(path: Path) -> None:
    for names in ((".2", ".1"), ("-20260301", "-20260302"), (".2026-03-01", ".2026-03-02")):
        reader = Reader(path)
        append(path, lines(1))
        assert reader.read() == [1]
        append(path, lines(2))
        path.rename(f"{path}{names[0]}")
        append(path, lines(3))
        path.rename(f"{path}{names[1]}")
        append(path, lines(4))
        assert reader.read() == [2, 3, 4]
        for found in path.parent.iterdir():
            found.unlink()


def test_files_rotated_before_first_contact_are_left_alone(path: Path) -> None:
    append(Path(f"{path}.1"), lines(1))
    append(path, lines(2))
    assert Reader(path).read() == [2]


def test_other_files_beside_it_are_none_of_ours(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1))
    assert reader.read() == [1]
    for name in (".bak", ".1.gz", "x", "2", ".tmp"):
        append(Path(f"{path}{name}"), lines(9))
    path.rename(f"{path}.1")
    append(path, lines(2))
    assert reader.read() == [2]


def test_a_whole_last_line_of_a_rotated_file_needs_no_line_end(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1) + line(2)[:-1])
    assert reader.read() == [1]
    path.rename(f"{path}.1")
    append(path, lines(3))
    assert reader.read() == [2, 3]
    append(Path(f"{path}.1"), "\n" + lines(4))
    assert reader.read() == [4]


def test_a_file_copied_and_cut_off_is_finished_in_its_copy(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1, 2))
    assert reader.read() == [1, 2]
    append(path, lines(3))
    shutil.copyfile(path, f"{path}.1")
    os.truncate(path, 0)
    append(path, lines(4))
    assert reader.read() == [3, 4]
    assert reader.warnings == []


def test_a_file_cut_off_and_grown_beyond_where_we_were_is_noticed(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1))
    assert reader.read() == [1]
    os.truncate(path, 0)
    append(path, lines(2, 3, 4))
    assert reader.read() == [2, 3, 4]
    assert "it was cut off or replaced" in reader.warnings[0]


def test_a_new_file_in_place_of_the_old_one_is_read_from_its_start(path: Path) -> None:
    reader = Reader(path)
    append(path, lines(1))
    assert reader.read() == [1]
    other = path.with_name("other")
    append(other, lines(2))
    other.replace(path)
    assert reader.read() == [2]


def test_a_cursor_that_cannot_be_read_means_reading_again_from_the_start(path: Path) -> None:
    append(path, lines(1))
    for cursor in ("", "{}", "[]", "null", '{"read":3}', '{"read":[[1]]}'):
        reader = Reader(path)
        reader.cursor = cursor
        assert reader.read() == [1]
        assert "read again from its start" in reader.warnings[0]


def test_what_is_no_plain_file_needs_a_person_and_blocks_nothing(path: Path) -> None:
    os.mkfifo(path)
    folder = path.with_name("folder")
    folder.mkdir()
    for wrong in (path, folder, Path("/dev/zero")):
        with pytest.raises(SourceError, match="is no plain file") as refused:
            Reader(wrong).read()
        assert refused.value.cure is Cure.PERSON


def test_a_path_through_a_file_needs_a_person(path: Path) -> None:
    append(path, "")
    with pytest.raises(SourceError, match="cannot be read") as refused:
        Reader(path / "deeper").read()
    assert refused.value.cure is Cure.PERSON


def test_a_look_at_a_file_says_nothing(path: Path) -> None:
    assert Reader(path).poller.look(["post-1"]) is None


class Writer:
    """Appends numbered lines of all lengths, sometimes by halves, and rotates as logrotate does."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.written = 0
        self.half = ""
        self._chance = random.Random(seed)

    def append(self, cut: int = 0) -> None:
        text = self.half + "".join(self._line() for _ in range(self._chance.randint(1, 12)))
        append(self.path, text[: len(text) - cut])
        self.half = text[len(text) - cut :]

    def append_half(self) -> None:
        self.append(self._chance.randint(1, 40))

    def rotate(self) -> None:
        if self.half or not self.path.exists():
            return
        for number in range(60, 0, -1):
            older = Path(f"{self.path}.{number}")
            if older.exists():
                older.rename(f"{self.path}.{number + 1}")
        self.path.rename(f"{self.path}.1")
        if self._chance.random() < 0.3:  # a program that has not noticed yet
            append(Path(f"{self.path}.1"), self._line())

    def finish(self) -> None:
        append(self.path, self.half)

    def _line(self) -> str:
        self.written += 1
        return line(self.written, "x" * self._chance.choice([0, 10, 300]))


ACTS = ("append", "append", "append_half", "rotate", "read", "once", "restart")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), max_size=40), seed=st.integers(0, 2**16))
def test_no_line_is_lost_and_none_doubled_by_appends_rotations_and_restarts(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str], seed: int
) -> None:
    path = tmp_path_factory.mktemp("drop") / "drop.jsonl"
    writer, reader = Writer(path, seed), Reader(path, max_bytes=1_000)
    append(path, "")
    reader.read()
    for act in acts:
        getattr(writer if hasattr(writer, act) else reader, act)()
    writer.finish()
    reader.read()
    assert sorted(reader.heard) == list(range(1, writer.written + 1))
