"""What a draft is for, and what the coach says of replies that are posted already. Writes and posts nothing itself."""

import sqlite3

from monitor.review import derive
from monitor.setup import Setup
from monitor.store import posts
from monitor.store.cases import CaseRow
from rules.coach import Advice, coach
from rules.coach_book import Context
from rules.model import Kind
from rules.story import Moment, What


def context_of(db: sqlite3.Connection, row: CaseRow) -> Context:
    """What a reply in this case is for: where, to what, and in whose language."""
    case = derive(db, row)
    if case is None:
        return Context(row.source)
    return _context(db, row.source, case.standing.words[0])


def of_reply(db: sqlite3.Connection, row: CaseRow, moment: Moment, setup: Setup) -> tuple[Advice, ...]:
    """The grave advice on the reply of ours that a ``moment`` of a case tells of; none where it tells of none.

    Nothing either where the setup wants no notes, or the reply is gone.
    """
    if not setup.notes or moment.what is not What.ANSWERED or moment.mention is None:
        return ()
    key = (row.source, moment.mention)
    reply = posts.find(db, [key]).get(key)
    if reply is None or reply.post.gone_at is not None:
        return ()
    case = derive(db, row)
    ended = [one for one in case.silences if one.ended is not None and one.ended.id == moment.mention] if case else []
    context = _context(db, row.source, ended[0].words[0]) if ended else Context(row.source)
    return tuple(advice for advice in coach(reply.mention.text, context, setup.coach) if advice.must)


def _context(db: sqlite3.Connection, source: str, asked: str) -> Context:
    post = posts.find(db, [(source, asked)]).get((source, asked))
    if post is None:
        return Context(source)
    kind = Kind.COMPLAINT if post.verdict.kind is Kind.UNJUDGED else post.verdict.kind
    return Context(source, kind, post.verdict.lang)
