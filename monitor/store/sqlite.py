"""The database file: opening it, one writer at a time, units of work, a consistent copy.

One process writes (it holds a lock file); terminals append acts through ``append_only``. A database that does not pass
its check is refused, never replaced.
"""

import contextlib
import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from monitor.store.migrations import migrations

_BUSY_SECONDS = 5.0
_MADE = b"a database was made\n"
"""Ends the lock file once that is so: from then on an empty file is a lost one, not a new one."""


class StoreError(Exception):
    """The database cannot be used. The message says why and what to do, in one line."""


def stamp(instant: datetime) -> str:
    """``instant`` (aware, UTC) as the text it is stored as; text order is time order."""
    return instant.isoformat(timespec="microseconds")


def instant(stamped: str) -> datetime:
    """The instant stored as ``stamped``."""
    return datetime.fromisoformat(stamped)


def maybe_instant(stamped: str | None) -> datetime | None:
    """The same for a column that may be empty."""
    return None if stamped is None else datetime.fromisoformat(stamped)


class Store:
    """One process's hold on the database.

    Args:
        conn: an open connection in autocommit mode, shared by all threads under one lock.
        path: the file, or None in memory.
    """

    def __init__(self, conn: sqlite3.Connection, path: Path | None = None) -> None:
        conn.row_factory = sqlite3.Row
        self._conn = conn
        self._lock = threading.RLock()
        self._holder: int | None = None
        self.path = path

    @contextlib.contextmanager
    def write(self, label: str) -> Iterator[sqlite3.Connection]:
        """One unit of work: all of it is stored, or none.

        Args:
            label: what the unit does, for the log line of one that fails.

        Raises:
            StoreError: the database refused (disk full, locked, damaged). Nothing was stored.
        """
        with self._lock:
            try:
                self._conn.execute("begin immediate")
                try:
                    yield self._conn
                    self._conn.execute("commit")
                except BaseException:
                    if self._conn.in_transaction:
                        self._conn.execute("rollback")
                    raise
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: cannot store ({label}): {error}; {_cure(error)}") from error

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reading what is committed."""
        with self._lock:
            yield self._conn

    def clean(self) -> bool:
        """Leave nothing of what was deleted in the log of changes beside the file; False while a reader needs it."""
        with self._lock:
            try:
                busy: int = self._conn.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
            except sqlite3.Error:
                return False
            return not busy

    def close(self) -> None:
        """Close the file and let go of the lock."""
        with self._lock:
            self._conn.close()
            if self._holder is not None:
                os.close(self._holder)
                self._holder = None

    def hold(self, holder: int) -> None:
        """Keep the lock's file descriptor until ``close``."""
        self._holder = holder


def in_memory() -> Store:
    """A database that lives as long as the process: rehearsals and the demo."""
    conn = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrations.apply(Database(conn, execute_plugins=False))
    return Store(conn)


def open_writer(path: Path, who: str) -> Store:
    """Open the database to write, creating it where there is none.

    Args:
        path: the file.
        who: who we are, told to the next one who tries.

    Raises:
        StoreError: another process holds it, or it is damaged, or it cannot be opened.
    """
    holder, made_before = _lock(path, who)
    try:
        if made_before:
            _still_there(path)
        store = Store(_connect(path), path)
        with store.read() as conn:
            _check(conn, path)
            conn.execute("pragma journal_mode = wal")
            conn.execute("pragma synchronous = full")
            migrations.apply(Database(conn, execute_plugins=False))
        if not made_before:
            os.write(holder, _MADE)
    except sqlite3.Error as error:
        os.close(holder)
        raise StoreError(f"{path}: cannot open: {error}; {_cure(error)}") from error
    except StoreError:
        os.close(holder)
        raise
    store.hold(holder)
    return store


def open_reader(path: Path) -> Store:
    """Open an existing database to read, beside a running daemon.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    return _open_existing(path, read_only=True)


def held(path: Path) -> bool:
    """Whether a daemon holds the database at ``path``."""
    try:
        beside = os.open(path.with_name(path.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(beside, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(beside)
    return False


def append_only(path: Path) -> Store:
    """Open an existing database to append facts beside a running daemon: never checkpoints.

    Raises:
        StoreError: there is none, or it cannot be written.
    """
    store = _open_existing(path, read_only=False)
    with store.read() as conn:
        # Several checkpointing connections can reset the log under each other (SQLite 3.7 to 3.51.2).
        conn.execute("pragma wal_autocheckpoint = 0")
        conn.execute("pragma synchronous = full")
    return store


def backup(path: Path, target: Path) -> None:
    """Write a consistent copy of ``path`` to ``target``, also while a daemon runs.

    Raises:
        StoreError: there is no database, or the copy cannot be written, or ``target`` exists.
    """
    if target.exists():
        raise StoreError(f"{target}: exists already; name a file that does not, nothing was overwritten")
    part = target.with_name(target.name + ".part")
    source = open_reader(path)
    try:
        part.unlink(missing_ok=True)
        with source.read() as conn, contextlib.closing(sqlite3.connect(part)) as copy:
            conn.backup(copy)
            copy.execute("pragma journal_mode = delete")
            # Whoever opens the copy must not trust what it says of pages sent: see monitor.outbox.
            copy.execute("insert or replace into meta values ('home', 'copy')")
            copy.commit()
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot write the copy: {error}; check the folder and the space left") from error
    finally:
        source.close()


def moved(store: Store, conn: sqlite3.Connection) -> bool:
    """Whether this file is another than the one last written here: restored from a copy, or carried over.

    The first call on a new database says False; each call remembers the file for the next.
    """
    if store.path is None:
        return False
    info = store.path.stat()
    home = f"{info.st_dev}:{info.st_ino}"
    row = conn.execute("select value from meta where key = 'home'").fetchone()
    conn.execute("insert or replace into meta values ('home', ?)", (home,))
    return row is not None and row["value"] != home


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)


def _open_existing(path: Path, *, read_only: bool) -> Store:
    if not path.exists():
        raise StoreError(f"{path}: there is no database yet; start `harken run` once, or check `state` in the config")
    mode = "ro" if read_only else "rw"
    try:
        conn = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_SECONDS,
        )
        conn.execute("select 1 from meta limit 1").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot read: {error}; {_cure(error)}") from error
    return Store(conn, path)


def _still_there(path: Path) -> None:
    """A database that somebody took away was meant to go; one without a byte in it was lost."""
    if path.exists() and not path.stat().st_size:
        raise StoreError(f"{path}: the database has become empty; restore a backup, or remove it to begin anew")


def _check(conn: sqlite3.Connection, path: Path) -> None:
    found = conn.execute("pragma quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"{path}: the database is damaged ({found}); restore a backup, nothing was changed")
    tables = {row["name"] for row in conn.execute("select name from sqlite_master where type = 'table'")}
    if tables and "_sqlite_migrations" not in tables:
        raise StoreError(f"{path}: this is another program's database; set `state` to a file of Harken's own")


def _lock(path: Path, who: str) -> tuple[int, bool]:
    """Take the lock beside ``path`` and write ``who`` into it; the kernel lets go of it when the process ends.

    Returns:
        its file descriptor, and whether a database has been made here before.
    """
    beside = path.with_name(path.name + ".lock")
    try:
        holder = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{beside}: cannot write here: {error.strerror}; check the folder of `state`") from error
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held_by = os.read(holder, 500).decode("utf-8", "replace").split("\n")[0].strip()
        os.close(holder)
        raise StoreError(
            f"{path}: in use by {held_by or 'another process'}; stop that one first, two daemons would page twice"
        ) from error
    made_before = os.read(holder, 500).endswith(_MADE)
    os.ftruncate(holder, 0)
    os.lseek(holder, 0, os.SEEK_SET)
    os.write(holder, f"{who}\n".encode() + (_MADE if made_before else b""))
    return holder, made_before


def _cure(error: sqlite3.Error) -> str:
    said = str(error)
    if "full" in said:
        return "free some disk space; Harken goes on by itself"
    if "locked" in said or "busy" in said:
        return "another program holds the file open for writing; close it"
    if "malformed" in said or "not a database" in said:
        return "restore a backup; nothing was changed"
    if "readonly" in said or "unable to open" in said:
        return "check that the folder exists and may be written"
    return "check the disk, and that the file is a database of Harken"


def as_json(value: object) -> str:
    """``value`` as compact JSON, keys sorted: the same value, the same text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
