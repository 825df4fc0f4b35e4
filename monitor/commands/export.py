"""Writes down everything that is kept about an author, for whoever asks what we know of them. Reads only."""

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from monitor import clock
from monitor import config as configs
from monitor.commands import _options
from monitor.logs import plain
from monitor.review import derive
from monitor.setup import Setup, setup
from monitor.store import cases, erasures, pages, posts
from monitor.store.cases import CaseRow
from monitor.store.posts import Heard
from monitor.store.sqlite import open_reader, stamp
from monitor.views import view
from rules.mistakes import Mistake, Mistakes


@click.command()
@_options.config
@click.option("--author", required=True, help="Whose: their handle, with or without @.")
@click.option("--source", default=None, help="Only at this source; by default everywhere.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Write to this file, which must not exist.")
def command(author: str, source: str | None, file: Path, out: Path | None) -> None:
    """Print everything that is kept about an author, as JSON: posts and verdicts, cases, acts, pages."""
    handle, config = author.removeprefix("@"), configs.load(file)
    if out is not None and out.exists():
        cure = "name a file that does not; nothing was overwritten"
        raise Mistakes([Mistake(str(out), None, "exists already", cure)])
    store, now = open_reader(config.state), clock.system()
    try:
        with store.read() as db:
            theirs = erasures.posts_of(db, handle, source)
            heard = posts.find(db, [(where, post) for where, post, _, _ in theirs])
            rows = [row for name in erasures.cases_of(db, handle, source) if (row := cases.get(db, name)) is not None]
            told = [_case(db, row, setup(config), now) for row in rows]
    finally:
        store.close()
    if not theirs:
        cure = "write the handle as the network does"
        raise Mistakes([Mistake(author or '""', None, "nothing is kept of anybody called so", cure)])
    found = {"author": handle, "exported_at": stamp(now), "posts": [*map(_post, heard.values())], "cases": told}
    if out is None:
        click.echo(json.dumps(found, indent=2))
        return
    out.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", errors="backslashreplace")
    click.echo(plain(f"{configs.shown(out)}: {len(theirs)} posts, {len(rows)} cases of {handle}"))


def _post(one: Heard) -> dict[str, Any]:
    said = one.mention
    return {
        "source": said.source,
        "id": said.id,
        "thread": said.thread,
        "author": said.author,
        "author_id": said.author_id,
        "author_name": said.author_name,
        "followers": said.followers,
        "text": said.text,
        "posted_at": stamp(said.posted_at),
        "url": said.url,
        "deleted_at": None if one.post.gone_at is None else stamp(one.post.gone_at),
        "kind": one.verdict.kind,
        "severity": one.verdict.severity.word,
        "score": one.verdict.score,
        "topics": one.verdict.topics,
        "reasons": [reason.why for reason in one.verdict.reasons],
    }


def _case(db: sqlite3.Connection, row: CaseRow, force: Setup, now: datetime) -> dict[str, Any]:
    case = derive(db, row)
    moments = () if case is None else view(db, row, case, force, now).moments
    noted = posts.acts(db, row.thread_key).get(row.author, [])
    return {
        "case": row.id,
        "source": row.source,
        "thread": row.thread,
        "status": row.status,
        "opened_at": stamp(row.opened_at),
        "story": [{"at": stamp(one.at), "what": one.what, "why": one.why} for one in moments],
        "acts": [{"act": one.act, "by": one.by, "at": stamp(one.at), "note": one.note} for one in noted],
        "pages": [
            {"to": page.recipient, "due": stamp(page.due), "outcome": page.outcome, "why": page.why}
            for page in pages.of_case(db, row.id)
        ],
    }
