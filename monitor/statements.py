"""What we ourselves say in public about incidents: our posts that speak of one, and our status page that tells of one.

What a post says is decided in ``rules.first_move``. Nothing is ever posted for people.
"""

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from monitor.setup import Setup
from monitor.store import incidents
from monitor.store.posts import Heard
from rules import first_move, surge
from rules.first_move import Report
from rules.surge import Incident


def heard(db: sqlite3.Connection, fresh: Collection[Heard], now: datetime, setup: Setup) -> set[str]:
    """See what our own posts mean for incidents; returns those that are new or changed.

    Args:
        db: the unit of work that stored the posts.
        fresh: new posts, and those that read anew.
        now: the present instant.
        setup: what is in force.
    """
    changed: set[str] = set()
    for one in fresh:
        # What answers somebody is an answer; it speaks to one.
        if one.post.own and one.mention.reply_to is None and one.post.gone_at is None and not one.post.history:
            changed |= (_status if one.via in setup.statuses else _spoken)(db, one, now, setup)
    return changed


def _spoken(db: sqlite3.Connection, one: Heard, _now: datetime, setup: Setup) -> set[str]:
    """A post of ours in public: the incidents it speaks of."""
    running = [incident for incident in incidents.every(db, running=True) if _after(one, incident)]
    topics = setup.topics(one.mention) if running else ()
    spoken_of = [
        incident.id
        for incident in running
        if first_move.speaks_of(one.mention.text, topics, incident.topic, setup.names)
    ]
    for incident in spoken_of:
        incidents.state(db, incident, one.key, one.post.posted_at)
    return set(spoken_of)


def _status(db: sqlite3.Connection, one: Heard, now: datetime, setup: Setup) -> set[str]:
    """A post of our status page: it tells of trouble, or that it is over."""
    said = first_move.report(one.mention.text)
    known = incidents.announced_by(db, one.key)
    if said is Report.OVER:
        return _over(db, one, known, now, setup)
    if said is Report.NEITHER or known is not None or one.post.posted_at < now - surge.BASELINE:
        return set()
    topics = setup.topics(one.mention)
    for incident in incidents.rising(db):
        if first_move.speaks_of(one.mention.text, topics, incident.topic, setup.names):
            # It is known already; people have been told of it.
            return {incident.id}
    topic = first_move.topic(one.mention.text, topics, setup.names)
    at = one.post.posted_at
    told = Incident(incidents.name(topic, now), topic, began=at, noticed=now, needed=0, announced=at)
    incidents.put(db, told, now, one.key)
    return {told.id}


def _over(db: sqlite3.Connection, one: Heard, known: str | None, now: datetime, setup: Setup) -> set[str]:
    """The status page says that it is over: whatever this very post told of, or the latest that it speaks of."""
    announced = incidents.announced_at(db, one.mention.source)
    topics = setup.topics(one.mention)
    for incident in announced:
        speaks = known is None and first_move.speaks_of(one.mention.text, topics, incident.topic, setup.names)
        if incident.id == known or speaks:
            # People may go on to come in numbers: then it is calm when they do not.
            if not incident.holding:
                incidents.put(db, replace(incident, calm=now), now)
            return {incident.id}
    return set()


def _after(one: Heard, incident: Incident) -> bool:
    return one.post.posted_at >= (incident.announced or incident.began)
