"""What an edit of the rules would have changed over stored history: which posts turn, which pages come, go or move.

Both rule sets judge every post that the edit can matter to. Only threads in which a verdict turned are rehearsed, on
the real line, for the pages of a thread follow from nothing but that thread. It changes nothing and sends nothing.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.rehearse import Deed, Entry, Record, Rehearsal, Told
from monitor.setup import Setup
from monitor.store import opinions, posts
from monitor.store.posts import Heard, Key
from rules.changes import Edit, because, turns
from rules.model import Verdict

Progress = Callable[[str, int, int], None]
"""Told the name of a stage, how much of it is done and how much there is."""
_SAY_EVERY = 500


@dataclass(frozen=True, slots=True)
class Turned:
    """A post of which the two rule sets say different things."""

    heard: Heard
    before: Verdict
    after: Verdict
    rules: tuple[str, ...]
    """What made the difference: ids of rules, or names of other evidence."""

    @property
    def becomes(self) -> bool | None:
        """True if it becomes a complaint, False if it is none any more, None if it turns otherwise."""
        return None if self.before.complaint is self.after.complaint else self.after.complaint


@dataclass(frozen=True, slots=True)
class PageChange:
    """A page that one of the rule sets does not owe, or owes at another time."""

    page: Record
    """As it is after the edit; as it was where it is no longer owed."""
    before: datetime | None
    """When it was due; None if it was not owed."""
    after: datetime | None
    """When it is due; None if it is not owed any more."""
    rules: tuple[str, ...]
    """What turned the posts of its thread."""

    @property
    def what(self) -> str:
        """``added``, ``removed`` or ``moved``."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "moved"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it."""

    judged: int
    turned: tuple[Turned, ...]
    pages: tuple[PageChange, ...]
    """In time order."""
    rehearsed: int
    """Posts of the threads that were rehearsed."""


def compare(
    db: sqlite3.Connection, before: Setup | None, after: Setup, *, since: datetime, now: datetime, progress: Progress
) -> Comparison:
    """Judge and rehearse everything posted from ``since`` on.

    Posts that were deleted are left out: their texts are forgotten. Of edited ones the last text is judged.

    Args:
        db: the connection to read from.
        before: the setup to compare with; None for the verdicts as they were given when the posts were heard.
        after: the other setup.
        since: how far back.
        now: when the rehearsals end.
        progress: told how far it is.
    """
    judged, turned = 0, []
    edit = None if before is None else Edit(before.book, after.book)
    total = posts.count_since(db, since)
    for heard in posts.since(db, since):
        if heard.post.gone_at is None:
            judged += 1
            if edit is None or edit.touches(heard.mention, own=heard.post.own):
                turned += _turned(heard, before, after)
        if judged % _SAY_EVERY == 0:
            progress("judging", judged, total)
    changes, rehearsed = _pages(db, turned, replace(after, given={}), since, now, progress)
    return Comparison(judged, tuple(turned), changes, rehearsed)


def _turned(heard: Heard, before: Setup | None, after: Setup) -> list[Turned]:
    """The post, if its verdicts differ."""
    own = heard.post.own
    was = heard.verdict if before is None else before.verdict(heard.mention, own=own, addressed=heard.addressed)
    now = after.verdict(heard.mention, own=own, addressed=heard.addressed)
    return [Turned(heard, was, now, because(was, now))] if turns(was, now) else []


def _pages(  # noqa: PLR0917 - the rest of ``compare``, which names them
    db: sqlite3.Connection, turned: Sequence[Turned], setup: Setup, since: datetime, now: datetime, progress: Progress
) -> tuple[tuple[PageChange, ...], int]:
    """The pages that differ, and how many posts were rehearsed for them."""
    if not turned:
        return (), 0
    causes: dict[Key, dict[str, None]] = {}
    for one in turned:
        causes.setdefault(one.heard.thread, {}).update(dict.fromkeys(one.rules))
    history, given = gathered(db, list(causes), since)
    count = len(history)

    def paged(verdicts: Mapping[Key, Verdict], done: int) -> dict[str | None, Record]:
        sent = _rehearsed(
            replace(setup, given={**given, **verdicts}),
            history,
            now,
            lambda taken: progress("rehearsing", done + taken, 2 * count),
        )
        return {page.delivery: page for page in sent}

    before = paged({one.heard.key: one.before for one in turned}, 0)
    after = paged({one.heard.key: one.after for one in turned}, count)
    return tuple(_differing(before, after, causes)), count


def gathered(db: sqlite3.Connection, threads: Sequence[Key], since: datetime) -> tuple[list[Entry], dict[Key, Verdict]]:
    """All that was said and done in some threads (source, thread), and the verdicts that stand: those from before."""
    history: list[Entry] = []
    given: dict[Key, Verdict] = {}
    heard_of: set[Key] = set()
    for thread in threads:
        for heard in posts.texts(db, thread):
            if heard.post.gone_at is None or heard.post.own:
                history.append(Told(heard.mention, heard.via, heard.post.history, heard.addressed))
                heard_of.add(heard.key)
                if heard.mention.posted_at < since or heard.post.gone_at is not None:
                    given[heard.key] = heard.verdict
        for author, done in posts.acts(db, thread).items():
            history += [Deed(act, *thread, author) for act in done]
    history += [opinion for opinion in opinions.every(db) if opinion.complaint and opinion.post in heard_of]
    return history, given


def _rehearsed(
    setup: Setup, history: Sequence[Entry], until: datetime, progress: Callable[[int], None]
) -> list[Record]:
    rehearsal = Rehearsal(setup, history, until)
    try:
        for taken in rehearsal.play():
            progress(taken)
        return rehearsal.paged()
    finally:
        rehearsal.close()


def _differing(
    before: dict[str | None, Record], after: dict[str | None, Record], causes: dict[Key, dict[str, None]]
) -> Iterator[PageChange]:
    changes = []
    for delivery in before.keys() | after.keys():
        was, now = before.get(delivery), after.get(delivery)
        if was is not None and now is not None and was.at == now.at:
            continue
        page = now or was
        assert page is not None  # noqa: S101 - the delivery is a key of one of the two
        rules = tuple(causes[page.source, page.thread])
        changes.append(PageChange(page, was.at if was else None, now.at if now else None, rules))
    yield from sorted(changes, key=lambda change: (change.page.at, change.page.case, change.page.step, change.page.to))
