"""Says when the config or a rule file was saved. Reads none of them and decides nothing.

The folders are watched, not the files: editors and deployments put a new file in the place of the old one. What the
system does not tell of (network file systems, a folder that comes and goes) is found by looking, twice a second.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from watchfiles import watch

from monitor.config import COACH

_LOOK_EVERY = 500
"""Milliseconds between two looks when nothing was heard."""
_QUIET = 0.1
"""Seconds without a change after which a save counts as finished ..."""
_LONGEST = 1.0
"""... or this many after the first change: a file that is written all the time is not waited for."""

Places = Callable[[], tuple[Path, Path]]
"""The config file and the folder of rule files, as they are now."""
Stamp = Mapping[Path, tuple[int, int, int]]


def stamp(places: tuple[Path, Path]) -> Stamp:
    """What tells one state of the files from another, without reading them."""
    config, rules = places
    found = {}
    for file in (config, *rules.glob("*.toml"), *(rules / COACH).glob("*.toml")):
        with contextlib.suppress(OSError):
            status = file.stat()
            found[file] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


class Watch:
    """Watches in a thread of its own.

    Args:
        places: where to look; asked again and again, for the config names the folder.
        saved: called after every save, from the watching thread.
    """

    def __init__(self, places: Places, saved: Callable[[], None]) -> None:
        self._places = places
        self._saved = saved
        self._stop = threading.Event()
        self._seen = stamp(places())
        self._thread = threading.Thread(target=self._run, name="harken-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch; saves since this was made count."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join(timeout=_LONGEST * 2)

    def _run(self) -> None:
        while not self._stop.is_set():
            places = self._places()
            # A folder that cannot be watched, or is gone for now, is looked at until it can.
            with contextlib.suppress(OSError):
                self._listen(places)
            self._stop.wait(_LOOK_EVERY / 1000)
            self._look()

    def _listen(self, places: tuple[Path, Path]) -> None:
        """Look whenever something happens in the folders, until they are no longer the ones to watch."""
        folders = {places[0].parent, places[1], *filter(Path.is_dir, [places[1] / COACH])}
        for _ in watch(
            *folders,
            watch_filter=None,
            debounce=200,
            stop_event=self._stop,
            rust_timeout=_LOOK_EVERY,
            yield_on_timeout=True,
            recursive=False,
        ):
            self._look()
            if self._places() != places or not all(folder.is_dir() for folder in folders):
                return

    def _look(self) -> None:
        places = self._places()
        now = stamp(places)
        if now == self._seen:
            return
        end = time.monotonic() + _LONGEST
        while not self._stop.wait(_QUIET) and time.monotonic() < end:
            before, now = now, stamp(places)
            if now == before:
                break
        self._seen = now
        self._saved()
