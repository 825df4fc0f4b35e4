"""``harken rules diff``: what an edit of the rules would have changed over stored history. Reads only."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from monitor import books, clock, logs
from monitor import config as configs
from monitor.commands import _options
from monitor.compare import Comparison, PageChange, Turned, compare
from monitor.logs import plain
from monitor.setup import Setup, setup
from monitor.store.sqlite import open_reader, stamp
from rules.changes import changes
from rules.durations import spell
from rules.model import Verdict

_SAMPLES = 3
"""Posts shown for each rule."""
_LONGEST = 100
"""Characters shown of each."""


@click.command("diff")
@_options.config
@_options.since
@click.option(
    "--rules",
    "folder",
    type=click.Path(path_type=Path),
    help="The edited rule files. Left out: compare the verdicts as they were given with the rules as they are now.",
)
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line: posts, pages, then a summary.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if any page would be added, removed or moved.")
def command(file: Path, since: timedelta, folder: Path | None, jsonl: bool, exit_code: bool) -> None:
    """Say what an edit of the rules would have changed: posts judged otherwise, pages added, removed or moved.

    Judges the stored posts under both rule sets and rehearses the threads that turn, with the policies as they are now.
    Deleted posts are left out. Exits with 0 whatever was found, unless --exit-code is given.
    """
    logs.set_up(level=logging.WARNING)
    config = configs.load(file)
    live = setup(config)
    before, after = (None, live) if folder is None else (live, setup(config, books.texts(folder)))
    now = clock.system()
    store = open_reader(config.state)
    errors = Console(stderr=True)
    try:
        with store.read() as db, Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
            task = progress.add_task("judging", total=None)
            found = compare(
                db,
                before,
                after,
                since=now - since,
                now=now,
                progress=lambda stage, done, total: progress.update(
                    task, description=stage, completed=done, total=total
                ),
            )
    finally:
        store.close()
    if jsonl:
        for line in _lines(found):
            click.echo(json.dumps(line))
    else:
        _show(found, before, after, since)
    if exit_code and found.pages:
        raise click.exceptions.Exit(1)


def _lines(found: Comparison) -> Iterator[dict[str, Any]]:
    for one in found.turned:
        mention = one.heard.mention
        yield {
            "what": "post",
            "source": mention.source,
            "id": mention.id,
            "thread": mention.thread,
            "before": _verdict(one.before),
            "after": _verdict(one.after),
            "rules": one.rules,
            "text": mention.text,
        }
    for change in found.pages:
        page = change.page
        yield {
            "what": "page",
            "change": change.what,
            "before": None if change.before is None else stamp(change.before),
            "after": None if change.after is None else stamp(change.after),
            "to": page.to,
            "case": page.case,
            "source": page.source,
            "thread": page.thread,
            "mention": page.mention,
            "step": page.step,
            "why": page.why,
            "rules": change.rules,
        }
    yield {"what": "summary", "judged": found.judged, "rehearsed": found.rehearsed, **_counts(found)}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.kind,
        "severity": verdict.severity.word,
        "score": verdict.score,
        "marks": sorted(verdict.marks),
        "route": verdict.route,
    }


def _counts(found: Comparison) -> dict[str, int]:
    turned = Counter(one.becomes for one in found.turned)
    pages = Counter(change.what for change in found.pages)
    return {
        "become_complaints": turned[True],
        "stop_being_complaints": turned[False],
        "turn_otherwise": turned[None],
        "pages_added": pages["added"],
        "pages_removed": pages["removed"],
        "pages_moved": pages["moved"],
    }


def _show(found: Comparison, before: Setup | None, after: Setup, since: timedelta) -> None:
    console = Console(highlight=False)
    if before is not None:
        console.print(Text(f"rules: {plain(str(changes(before.book, after.book)))}"))
    if not found.judged:
        console.print(f"Nothing was heard in the last {spell(since)}: there is nothing to compare yet.")
        return
    counts = _counts(found)
    console.print(
        f"posts: of {found.judged:,} in the last {spell(since)}, {counts['become_complaints']:,} become complaints,"
        f" {counts['stop_being_complaints']:,} stop being one, {counts['turn_otherwise']:,} turn otherwise",
        soft_wrap=True,
    )
    console.print(
        f"pages: {counts['pages_added']:,} added, {counts['pages_removed']:,} removed, {counts['pages_moved']:,} moved"
    )
    for to, said in _woken(found.pages).items():
        console.print(Text(f"  {plain(to)}: {said}"))
    for rule in _rules(found):
        _show_rule(console, rule, found, after if before is None else before, after)


def _woken(pages: tuple[PageChange, ...]) -> dict[str, str]:
    """Recipient -> how many pages more, fewer and at another time, with the nearest and the furthest move."""
    said = {}
    for to in sorted({change.page.to or "" for change in pages}):
        theirs = [change for change in pages if change.page.to == to]
        counts = Counter(change.what for change in theirs)
        parts = [f"{counts[what]:,} {what}" for what in ("added", "removed", "moved") if counts[what]]
        moves = sorted(change.after - change.before for change in theirs if change.before and change.after)
        if moves:
            parts[-1] += (
                f" (by {spell(moves[0])} to {spell(moves[-1])})"
                if moves[0] != moves[-1]
                else f" (by {spell(moves[0])})"
            )
        said[to] = ", ".join(parts)
    return said


def _rules(found: Comparison) -> list[str]:
    """What turned posts, what turned most of them first."""
    return [rule for rule, _ in Counter(rule for one in found.turned for rule in one.rules).most_common()]


def _show_rule(console: Console, name: str, found: Comparison, before: Setup, after: Setup) -> None:
    turned = [one for one in found.turned if name in one.rules]
    becoming = Counter(one.becomes for one in turned)
    pages = Counter(change.what for change in found.pages if name in change.rules)
    rules = {rule.id: rule for setup_ in (before, after) for rule in setup_.book.rules}
    where = f" ({rules[name].file}:{rules[name].line})" if name in rules else ""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in turned[:_SAMPLES]:
        table.add_row(f"  {_turn(one)}", Text(_short(one.heard.mention.text)))
    console.print(
        Text(f"\n{plain(name)}{plain(where)}", "bold"),
        Text(
            f"  complaints +{becoming[True]:,} -{becoming[False]:,}, otherwise {becoming[None]:,};"
            f" pages +{pages['added']:,} -{pages['removed']:,}, {pages['moved']:,} moved"
        ),
        table,
        sep="\n",
    )


def _turn(one: Turned) -> str:
    was, now = (f"{verdict.kind.value} {verdict.severity.word}" for verdict in (one.before, one.after))
    if was == now:
        was, now = (
            " ".join(sorted(verdict.marks)) or verdict.route or "no mark" for verdict in (one.before, one.after)
        )
    return f"{was} -> {now}"


def _short(text: str) -> str:
    cut = plain(" ".join(text.split()))
    return cut if len(cut) <= _LONGEST else f"{cut[: _LONGEST - 1]}…"
