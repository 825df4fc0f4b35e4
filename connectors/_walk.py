"""How a network's listings are read so that nothing is missed: walks, sweeps and what is remembered of them.

A listing is read backwards, newest post first, down to where the last walk began and a little further. Where a walk
stopped, the cursor says, which commits with the page that was read: whatever happens, the rest is read later. Now and
then a walk goes down as far as a post may come late below the last such one (a sweep). What a listing no longer shows
becomes a gap, and nothing is ever read for ever. Times are the network's own; there is no clock here.

In a model of 4,000 posts with late ones, outages and kills, reading the newest page only lost more than half, a cursor
kept before the walk had ended up to a third, walks without sweeps 33 to 80 posts, and this none.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from connectors import BOTH_SIDES, Batch, Cure, Gap, Gone, MeteredSettings, SourceError, Spent
from connectors._http import Http
from rules.durations import Duration
from rules.model import Mention, Side

MOST_PAGES = 200
"""Pages of one walk. What lies deeper is a gap: a flood must not keep what is new from being read."""
_IDLE_PAGES = 2
"""Pages in a row that neither hold a post new to the walk nor lead further down: the listing runs in circles."""
_DAWN = datetime(1990, 1, 1, tzinfo=UTC)


class NetworkSettings(MeteredSettings):
    """The keys of every source that reads a network by walks."""

    base_url: str = Field("", pattern=r"^(https?://[^\s?#@]+)?$", description="address of the network's API")
    timeout: Duration = Field(
        timedelta(seconds=20), ge=timedelta(seconds=1), le=timedelta(minutes=2), description="most time for one answer"
    )
    late: Duration = Field(timedelta(minutes=30), description="how long after its time a post may still appear")
    recheck: Duration = Field(
        timedelta(hours=6), gt=timedelta(0), description="time between two re-readings of the posts of open cases"
    )
    sweep: Duration = Field(
        timedelta(hours=1), gt=timedelta(0), description="time between two readings that go back for late posts"
    )


@dataclass(frozen=True, slots=True)
class Page:
    """What one request for a listing gave."""

    mentions: tuple[Mention, ...] = ()
    next: str | None = None
    """Where the listing goes on; None where it ends."""
    oldest: datetime | None = None
    """How far back it reaches, in the order the network sorts by; None where it holds nothing."""
    ends: str = ""
    """Why the listing ends here although there is more behind it, such as "it shows only 1000 posts"."""
    gone: tuple[Gone, ...] = ()
    addressed: frozenset[str] = frozenset()
    """As in ``Batch``."""
    reads: int = 0
    price: float = 0.0
    warning: str | None = None


Read = Callable[[datetime | None, str | None], Page]
"""(floor, token) -> a page: what was posted from ``floor`` on (None: as far back as may be), at ``token`` (None: the
newest). It may give posts below the floor.

Raises:
    StaleError: the token is not good any more; the walk begins again.
    TooOldError: the network does not go back to ``floor``; the walk goes as far back as may be, and the rest is a gap.
    SourceError: it could not be read.
"""


class StaleError(Exception):
    """A token of an earlier page is not good any more."""


class TooOldError(Exception):
    """The network does not go back that far. The message says how far it does."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One listing of a network."""

    name: str
    side: Side
    read: Read
    optional: bool = False
    """A network without this listing is heard all the same."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk under way."""

    start: datetime
    """The network's time when it began."""
    floor: datetime
    """Where it ends."""
    token: str | None
    oldest: datetime
    """How far down it has come."""
    pages: int
    sweeps: bool
    cut: str = ""
    """Why it will not come down to its floor."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of one stream."""

    top: datetime | None = None
    """When the last whole walk began."""
    swept: datetime | None = None
    """When the last whole sweep began."""
    walk: _Walk | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """What the cursor says."""

    at: str = ""
    """The stream whose turn it is; empty at the beginning of a round."""
    done: tuple[str, ...] = ()
    """The streams read whole in this round."""
    streams: Mapping[str, _Known] = field(default_factory=dict)


class Walker:
    """Reads some streams in turn, one page a poll. What must not be lost is in the cursor.

    Args:
        streams: the listings, what people say before what we say, so that no answer is older than its question.
        http: what they are read through.
        settings: how far to go back.
        overlap: how far below the last walk's beginning every walk goes, for posts that appear in the wrong order.
    """

    def __init__(self, streams: Sequence[Stream], http: Http, settings: NetworkSettings, overlap: timedelta) -> None:
        self._streams = {stream.name: stream for stream in streams}
        self._http = http
        self._settings = settings
        self._overlap = overlap
        self._failed: dict[str, SourceError] = {}
        """The streams that could not be read when last tried."""
        self._later: dict[str, float] = {}
        """When, by the monotonic clock, the network allows the next request for a stream."""
        self._missing: set[str] = set()
        """Optional streams that the network does not have."""
        self._met: dict[str, tuple[set[str], int]] = {}
        """The ids that the present walk of a stream has met, and in how many pages it has met no new one."""

    def poll(self, cursor: str | None, sides: frozenset[Side] = BOTH_SIDES) -> Batch:
        """The next page of the stream whose turn it is.

        Raises:
            SourceError: no stream could be read.
        """
        place, lost = _read(cursor)
        names = [name for name, stream in self._streams.items() if stream.side in sides and name not in self._missing]
        first = names.index(place.at) if place.at in names else 0
        warnings = [lost] if lost else []
        for number, name in enumerate(names[first:], first):
            try:
                known, page, gaps = self._step(self._streams[name], place.streams.get(name, _Known()))
            except SourceError as error:
                warnings += self._fails(self._streams[name], error)
                continue
            self._failed.pop(name, None)
            done = place.done if known.walk else (*place.done, name)
            left = [name] if known.walk else names[number + 1 :]
            place = replace(place, done=done, streams={**place.streams, name: known})
            return self._over(replace(place, at=left[0] if left else ""), sides, self._batch(page, gaps, warnings))
        if not place.done and (failures := [self._failed[name] for name in names if name in self._failed]):
            failures[0].spent = self._http.spent()
            raise failures[0]
        return self._over(replace(place, at=""), sides, self._batch(Page(), (), warnings))

    def _batch(self, page: Page, gaps: tuple[Gap, ...], warnings: list[str]) -> Batch:
        """What one page gave."""
        said = [*warnings, *filter(None, [page.warning])]
        said += [f"{self._http.network}: {gap.why}; posts may be missing" for gap in gaps]
        return Batch(
            mentions=page.mentions,
            gone=page.gone,
            gaps=gaps,
            addressed=page.addressed,
            warning="; ".join(said) or None,
            spent=self._http.spent() + Spent(reads=page.reads, price=page.price),
        )

    def _over(self, place: _Place, sides: frozenset[Side], batch: Batch) -> Batch:
        """``batch`` with its cursor, and with how far each side is read if the round ends with it."""
        wanted = [stream for name, stream in self._streams.items() if name not in self._missing]
        unread = {stream.side for stream in wanted if stream.name not in place.done}
        failed = [
            self._failed[stream.name] for stream in wanted if stream.side in sides and stream.name in self._failed
        ]
        more = bool(place.at)
        return replace(
            batch,
            cursor=_write(place if more else _Place(streams=place.streams)),
            more=more,
            sides=sides - unread,
            until=min((top for name in place.done if (top := place.streams[name].top)), default=None),
            failure=str(failed[0]) if failed and not more else None,
        )

    def _fails(self, stream: Stream, error: SourceError) -> list[str]:
        """Note that a stream could not be read; what is to be said of it at once."""
        if stream.optional and error.cure is Cure.PERSON:
            self._missing.add(stream.name)
            return [f"{error}; it goes on without its {stream.name}"]
        told, self._failed[stream.name] = self._failed.get(stream.name), error
        if error.retry_after is not None and error is not told:
            self._later[stream.name] = time.monotonic() + error.retry_after.total_seconds()
        return []

    def _step(self, stream: Stream, known: _Known) -> tuple[_Known, Page, tuple[Gap, ...]]:
        """Read one page of a stream; what is known of it then, and what was missed for good."""
        if time.monotonic() < self._later.get(stream.name, 0.0):
            raise self._failed.get(stream.name) or SourceError(
                f"{self._http.network} allows no further request for its {stream.name} yet; "
                "set every to a longer time if this lasts"
            )
        walk, page = self._page(stream, known)
        if self._http.pause is not None:
            self._later[stream.name] = time.monotonic() + self._http.pause.total_seconds()
        deeper = page.oldest is not None and page.oldest < walk.oldest
        walk = replace(walk, token=page.next, pages=walk.pages + 1, oldest=min(walk.oldest, page.oldest or walk.oldest))
        if page.oldest is not None and page.oldest < walk.floor:
            return self._whole(stream, known, walk), page, ()
        cut = walk.cut or page.ends if page.next is None else self._endless(stream, walk, page, deeper=deeper)
        if page.next is not None and not cut:
            return replace(known, walk=walk), page, ()
        return self._whole(stream, known, walk), page, self._missed(stream, known, walk, cut)

    def _page(self, stream: Stream, known: _Known) -> tuple[_Walk, Page]:
        """The walk under way, or a new one, and its next page."""
        if (walk := known.walk) is not None and walk.token is not None:
            try:
                return walk, stream.read(None if walk.cut else walk.floor, walk.token)
            except (StaleError, TooOldError):
                pass
        self._met.pop(stream.name, None)
        sweeps = known.top is None or known.swept is None or known.top - known.swept >= self._settings.sweep
        floor, cut = _floor(known, self._settings.late if sweeps else self._overlap, sweeps=sweeps), ""
        try:
            page = stream.read(floor, None)
        except TooOldError as limit:
            page, cut = stream.read(None, None), str(limit)
        now = self._http.now or max((one.posted_at for one in page.mentions), default=known.top or _DAWN)
        return _Walk(now, floor or now - self._settings.max_age, None, now, 0, sweeps, cut), page

    def _endless(self, stream: Stream, walk: _Walk, page: Page, *, deeper: bool) -> str:
        """Why a walk that could go on had better not; empty if it may."""
        met, idle = self._met.get(stream.name, (set(), 0))
        ids = {one.id for one in page.mentions}
        idle = 0 if deeper or ids - met else idle + 1
        self._met[stream.name] = (met | ids, idle)
        if idle >= _IDLE_PAGES:
            return "its listing runs in circles"
        return f"there were more than {MOST_PAGES} pages at once" if walk.pages >= MOST_PAGES else ""

    def _whole(self, stream: Stream, known: _Known, walk: _Walk) -> _Known:
        self._met.pop(stream.name, None)
        return _Known(top=walk.start, swept=walk.start if walk.sweeps else known.swept)

    def _missed(self, stream: Stream, known: _Known, walk: _Walk, why: str) -> tuple[Gap, ...]:
        """The time between where the last walk began and where this one had to stop, if it was to reach that far."""
        if not why or known.top is None or walk.oldest <= known.top:
            return ()
        return (Gap(stream.side, known.top, walk.oldest, f"{stream.name}: {why}"),)


def _floor(known: _Known, back: timedelta, *, sweeps: bool) -> datetime | None:
    """How far down to go: ``back`` below the beginning of the last walk or sweep; None at first contact."""
    since = known.swept if sweeps else known.top
    return None if since is None else since - back


def _read(cursor: str | None) -> tuple[_Place, str]:
    """What a cursor says, and what is to be said of it."""
    if cursor is None:
        return _Place(), ""
    try:
        kept = json.loads(cursor)
        streams = {name: _known(one) for name, one in kept["streams"].items()}
        return _Place(str(kept["at"]), tuple(name for name in kept["done"] if name in streams), streams), ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _Place(), "how far it was read is not known any more; it is read again from max_age back"


def _known(kept: Mapping[str, Any]) -> _Known:
    walk = kept["walk"]
    return _Known(
        top=_instant(kept["top"]),
        swept=_instant(kept["swept"]),
        walk=walk and _Walk(**{**walk, **{name: datetime.fromisoformat(walk[name]) for name in _INSTANTS}}),
    )


_INSTANTS = ("start", "floor", "oldest")


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _write(place: _Place) -> str:
    """One line of JSON."""
    return json.dumps(asdict(place), default=datetime.isoformat, separators=(",", ":"))
