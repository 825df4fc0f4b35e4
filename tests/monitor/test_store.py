"""The database file: one writer, whole units of work, honest copies, and no damage made worse."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from desk import opened, post

from monitor.store import cases, posts
from monitor.store.migrations import migrations
from monitor.store.sqlite import StoreError, append_only, backup, moved, open_reader, open_writer
from rules.model import Act


def test_a_second_writer_is_refused_and_told_who_holds_the_file(tmp_path: Path) -> None:
    store = open_writer(tmp_path / "harken.db", "process 4711 on sample-host")
    with pytest.raises(StoreError, match=r"harken\.db: in use by process 4711 on sample-host; stop that one first"):
        open_writer(tmp_path / "harken.db", "another")
    store.close()
    open_writer(tmp_path / "harken.db", "another").close()


def test_the_lock_goes_with_its_process_however_that_ends(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from monitor.store.sqlite import open_writer;"
        "store = open_writer(Path(sys.argv[1]), 'x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "harken.db")], check=False)
    open_writer(tmp_path / "harken.db", "next").close()


def test_what_is_committed_is_durable_and_in_write_ahead_mode(tmp_path: Path) -> None:
    store = open_writer(tmp_path / "harken.db", "x")
    with store.read() as db:
        assert db.execute("pragma journal_mode").fetchone()[0] == "wal"
        assert db.execute("pragma synchronous").fetchone()[0] == 2
    store.close()


def test_a_unit_of_work_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        with pytest.raises(StoreError), desk.store.write("half of it") as db:
            db.executemany("insert into meta values (?, ?)", [("half", "done"), ("half", None)])
        with desk.store.read() as db:
            assert db.execute("select * from meta where key = 'half'").fetchone() is None


def test_a_full_disk_is_said_in_one_line_and_loses_nothing_stored(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        desk.hear(post("1"))
        with desk.store.read() as db:
            size = db.execute("pragma page_count").fetchone()[0]
            db.execute(f"pragma max_page_count = {size}")
        with pytest.raises(StoreError, match=r"disk is full; free some disk space; Harken goes on by itself"):
            desk.hear(*(post(f"{n}", thread=f"t{n}", text="a lost parcel " * 200) for n in range(2, 60)))
        with desk.store.read() as db:
            assert list(posts.find(db, [("x", "1"), ("x", "2")])) == [("x", "1")]
            db.execute("pragma max_page_count = 1000000")
        desk.hear(post("2", thread="u"))
        with desk.store.read() as db:
            assert len(cases.every(db)) == 2


def test_a_file_somebody_else_holds_locked_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.store.sqlite._BUSY_SECONDS", 0.05)
    with opened(tmp_path) as desk:
        other = sqlite3.connect(tmp_path / "harken.db", isolation_level=None)
        other.execute("begin immediate")
        with pytest.raises(StoreError, match="another program holds the file open for writing; close it"):
            desk.hear(post("1"))
        other.execute("rollback")
        other.close()
        desk.hear(post("1"))
        assert desk.case().opened_by == "1"


@pytest.mark.parametrize(
    ("how", "spoil"),
    [
        ("truncated", lambda octets: octets[: len(octets) // 2 // 4096 * 4096]),
        ("zeroed pages", lambda octets: octets[:8192] + bytes(16384) + octets[24576:]),
        ("not a database", lambda octets: b"a letter to a friend\n" * 500),
    ],
)
def test_a_damaged_database_is_refused_and_left_as_it_is(tmp_path: Path, how: str, spoil: object) -> None:
    assert how
    with opened(tmp_path) as desk:
        desk.hear(*(post(f"{n}", thread=f"t{n}", by=f"sample_customer_{n}") for n in range(50)))
    file = tmp_path / "harken.db"
    spoilt = spoil(file.read_bytes())  # type: ignore[operator]
    file.write_bytes(spoilt)
    for beside in ("harken.db-wal", "harken.db-shm"):
        (tmp_path / beside).unlink(missing_ok=True)
    with pytest.raises(StoreError, match="restore a backup"):
        open_writer(file, "x")
    assert file.read_bytes() == spoilt


def test_a_database_that_has_become_empty_is_no_new_one(tmp_path: Path) -> None:
    file = tmp_path / "harken.db"
    file.touch()
    for _ in range(2):
        open_writer(file, "x").close()
    file.write_bytes(b"")
    with pytest.raises(StoreError, match="has become empty; restore a backup"):
        open_writer(file, "x")
    assert file.read_bytes() == b""
    file.unlink()
    open_writer(file, "x").close()


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "theirs.db"
    with contextlib.closing(sqlite3.connect(file)) as theirs:
        theirs.execute("create table letters (text)")
        theirs.commit()
    before = file.read_bytes()
    with pytest.raises(StoreError, match="another program's database"):
        open_writer(file, "x")
    assert file.read_bytes() == before


def test_a_backup_made_while_the_daemon_writes_is_whole(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        stop = threading.Event()

        def write() -> None:
            number = 0
            while not stop.is_set():
                desk.hear(*(post(f"{number}-{n}", thread=f"{number}-{n}") for n in range(20)))
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(3):
                backup(tmp_path / "harken.db", tmp_path / f"copy{number}.db")
        finally:
            stop.set()
            writer.join()
    for number in range(3):
        with sqlite3.connect(tmp_path / f"copy{number}.db") as copy:
            assert copy.execute("pragma integrity_check").fetchone()[0] == "ok"
            assert copy.execute("select count(*) % 20 from mention").fetchone()[0] == 0


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    open_writer(tmp_path / "harken.db", "x").close()
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="nothing was overwritten"):
        backup(tmp_path / "harken.db", tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_copy_knows_that_it_is_one_however_it_was_made(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        with desk.store.write("x") as db:
            assert not moved(desk.store, db)
        desk.hear(post("1"))
        with desk.store.write("x") as db:
            assert not moved(desk.store, db)
        backup(tmp_path / "harken.db", tmp_path / "copy.db")
    (tmp_path / "plain.db").write_bytes((tmp_path / "harken.db").read_bytes())
    for name in ("copy.db", "plain.db"):
        store = open_writer(tmp_path / name, "x")
        with store.write("x") as db:
            assert moved(store, db)
        with store.write("x") as db:
            assert not moved(store, db)
        store.close()


def test_acts_are_appended_beside_a_running_daemon_without_a_checkpoint(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        desk.hear(post("1"))
        wal = tmp_path / "harken.db-wal"
        before = wal.stat().st_size
        terminal = append_only(tmp_path / "harken.db")
        with terminal.read() as db:
            assert db.execute("pragma wal_autocheckpoint").fetchone()[0] == 0
        with terminal.write("act") as db:
            posts.add_act(
                db, Act("dismiss", "sample_agent", desk.clock.now), ("x", "t"), desk.case().author, "terminal"
            )
        terminal.close()
        assert wal.stat().st_size > before
        desk.line.escalate()
        assert desk.case().status == "dismissed"


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        desk.hear(post("1"))
        reader = open_reader(tmp_path / "harken.db")
        with pytest.raises(StoreError, match="cannot store"), reader.write("x") as db:
            db.execute("delete from mention")
        reader.close()


def test_where_there_is_no_database_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database yet"):
        open_reader(tmp_path / "harken.db")
    assert list(tmp_path.iterdir()) == []


def test_migrations_apply_once_and_in_order(tmp_path: Path) -> None:
    open_writer(tmp_path / "harken.db", "x").close()
    open_writer(tmp_path / "harken.db", "x").close()
    with sqlite3.connect(tmp_path / "harken.db") as db:
        names = [row[0] for row in db.execute("select name from _sqlite_migrations order by id")]
    assert names == [one.name for one in migrations._migrations]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="check the folder of `state`"):
        open_writer(tmp_path / "nowhere" / "harken.db", "x")
