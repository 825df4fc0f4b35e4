"""Weigh: which posts of a batch are new or not what they were, and what the judge makes of them. Stores nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connectors import Batch, SourceSettings
from monitor.setup import Setup
from monitor.store.drills import SOURCE
from monitor.store.posts import Heard, Key
from rules import silence
from rules.model import Kind, Mark, Mention, Post, Reason
from rules.repeats import repeats

_FIRST_POST = datetime(1990, 1, 1, tzinfo=UTC)
_EVER = datetime.min.replace(tzinfo=UTC)
_REPEATED = Reason("repeated", "Says again what its author has said before in this conversation.")
_TWICE = timedelta(minutes=5)
"""Whoever sends the same again within this time did so by mistake."""
_GRATEFUL = frozenset({Kind.THANKS, Kind.PRAISE})
_NEVER = datetime.max.replace(tzinfo=UTC)


def oldest(via: SourceSettings, batch: Batch, now: datetime, *, met: bool) -> datetime:
    """Posts older than this are history: they start nothing."""
    if batch.quiet:
        return _NEVER
    return _EVER if met else now - via.max_age


@dataclass(frozen=True, slots=True)
class Weigher:
    """Judges what is new in a batch."""

    setup: Setup
    via: str
    now: datetime
    oldest: datetime
    addressed: frozenset[str]
    """Ids of what the network notified us of."""

    said: Mapping[tuple[Key, str], Sequence[tuple[str, datetime, str]]] = field(default_factory=dict)
    """What is known to be said in the threads of the batch, as ``posts.earlier`` has it."""

    def fresh(self, mentions: Iterable[Mention], known: Mapping[Key, Heard]) -> list[Heard]:
        """Those of the mentions that are new or not what they were, judged; the last word on each id counts."""
        latest = {
            (mention.source, mention.id): mention
            for mention in mentions
            # Whoever posts under the name of drills would be counted by nobody.
            if mention.source != SOURCE or self.via == SOURCE
        }
        return [
            self._weigh(mention, known.get(key))
            for key, mention in latest.items()
            if key not in known or self._altered(mention, known[key])
        ]

    def _altered(self, mention: Mention, old: Heard) -> bool:
        was = old.mention
        return (
            mention.text != was.text
            or mention.thread != was.thread
            or mention.reply_to != was.reply_to
            or old.post.gone_at is not None
        )

    def _weigh(self, mention: Mention, old: Heard | None) -> Heard:
        own = self.setup.own(mention.source, mention.author, self.via)
        addressed = mention.id in self.addressed or (old is not None and old.addressed)
        verdict = self.setup.verdict(mention, own=own, addressed=addressed)
        if not own and verdict.kind not in _GRATEFUL and self._repeats(mention):
            verdict = replace(verdict, marks=verdict.marks | {Mark.CHASER}, reasons=(*verdict.reasons, _REPEATED))
        if old is not None:
            post = replace(old.post, own=own, author=mention.author, reply_to=mention.reply_to, gone_at=None)
            if own:
                # What we owe follows from our words as they stand; what a customer said stays said.
                promise = self.setup.promise(mention, verdict, post.posted_at, old.via)
                post = replace(post, marks=verdict.marks, promise=promise)
            return Heard(mention, verdict, post, old.via, old.first_seen, addressed)
        # A date in the future, or before there were networks, is none: the post counts from when it was first seen.
        posted_at = mention.posted_at if _FIRST_POST <= mention.posted_at <= self.now else self.now
        post = Post(
            id=mention.id,
            author=mention.author,
            own=own,
            posted_at=posted_at,
            counts_from=posted_at,
            kind=verdict.kind,
            severity=verdict.severity,
            marks=verdict.marks,
            reply_to=mention.reply_to,
            bare=silence.bare(mention.text),
            history=posted_at < self.oldest,
            promise=self.setup.promise(mention, verdict, posted_at, self.via) if own else None,
        )
        return Heard(mention, verdict, post, self.via, self.now, addressed)

    def _repeats(self, mention: Mention) -> bool:
        """Whether its author says in it over again what they said before in this thread."""
        told = self.said.get(((mention.source, mention.thread), mention.author), ())
        return repeats(
            mention.text, (text for post, at, text in told if post != mention.id and mention.posted_at - at >= _TWICE)
        )
