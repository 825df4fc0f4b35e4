"""Shows the customers' cases, and notes what a person did about one.

Reads beside a running daemon. An act appends one fact and nothing else: the daemon draws the conclusions within a
second or two.
"""

import getpass
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import clock, links
from monitor import config as configs
from monitor.commands import _options
from monitor.commands._cases_after import COMMANDS
from monitor.commands._noting import by, find, note, noted
from monitor.config import Config
from monitor.history import ACTS
from monitor.logs import plain
from monitor.review import derive
from monitor.settings import person_named
from monitor.setup import setup
from monitor.store import cases, digests, incidents, opinions, pages, posts
from monitor.store.cases import CaseRow
from monitor.store.opinions import MISSED, Opinion
from monitor.store.pages import PageRow
from monitor.store.posts import Heard
from monitor.store.sqlite import Store, append_only, open_reader, stamp
from monitor.views import View, view
from rules.durations import spell
from rules.mistakes import Mistake, Mistakes, did_you_mean
from rules.model import Act, Status
from rules.story import Moment

_OPEN = (Status.WAITING, Status.RESTING)
_COLOURS = {"crisis": "bold red", "high": "red", "normal": "yellow", "low": ""}


@click.group()
def command() -> None:
    """Show the customers' cases, and note what you did about one."""


@command.command("list")
@_options.config
@click.option("--all", "every", is_flag=True, help="Also those that are closed, withdrawn or dismissed.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def list_(file: Path, every: bool, limit: int, jsonl: bool) -> None:
    """List open cases, the nearest deadline first."""
    config = configs.load(file)
    store = open_reader(config.state)
    now = clock.system()
    with store.read() as db:
        rows = cases.by_clock(db, tuple(Status) if every else _OPEN, limit)
        counts = cases.count_by_status(db)
        members = incidents.of_cases(db, [row.id for row in rows])
        storms = [(one.id, one.topic, *incidents.count(db, one.id)) for one in incidents.every(db, running=True)]
        named = {row.policy: json.loads(cases.pinned(db, row.policy))["name"] for row in rows} if jsonl else {}
    store.close()
    if jsonl:
        for row in rows:
            click.echo(json.dumps({**_wire(row, named[row.policy]), "incident": members.get(row.id)}))
        return
    console = Console(highlight=False)
    if rows:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("case", "state", "severity", "customer", "where", "waiting", "due"):
            # Others choose these words: however long they are, the rest of the row stays to be read.
            theirs = heading in {"customer", "where"}
            table.add_column(heading, no_wrap=not theirs, max_width=20 if theirs else None)
        for row in rows:
            table.add_row(
                row.id,
                row.status,
                Text(row.severity.word, _COLOURS[row.severity.word]),
                Text(plain(row.author), no_wrap=True, overflow="ellipsis"),
                Text(plain(row.source), no_wrap=True, overflow="ellipsis"),
                spell(now - row.since) if row.status is Status.WAITING else "",
                _due(row, now),
            )
        console.print(table)
        console.print()
    for name, topic, had, left in storms:
        console.print(Text(plain(f"incident {name}: {topic}, {had} customers, {left} still wait")))
    waiting, resting = counts.get(Status.WAITING, 0), counts.get(Status.RESTING, 0)
    console.print(
        f"{waiting} waiting, {resting} answered and resting" if counts else "nobody has asked for anything yet"
    )


@command.command()
@click.argument("case")
@_options.config
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(case: str, file: Path, as_json: bool) -> None:
    """Show one case: who, what they said, why it was flagged, and everything that happened.

    CASE is its id, or as much of the beginning as names one.
    """
    config = configs.load(file)
    store = open_reader(config.state)
    try:
        row = find(store, case)
        with store.read() as db:
            derived = derive(db, row)
            seen = None if derived is None else view(db, row, derived, setup(config), clock.system())
            sent = pages.of_case(db, row.id)
            told = digests.telling(db, row.id)
            said = posts.texts(db, row.thread_key)
    finally:
        store.close()
    if seen is None:
        raise Mistakes([Mistake(case, None, "nothing is left of this case", "its posts belong to others by now")])
    if as_json:
        click.echo(json.dumps({**_wire(row, seen.policy.name), "story": [_moment(one) for one in seen.moments]}))
        return
    _show(seen, sent, told, said, config)


def _act(name: str, line: str) -> Callable[..., None]:
    """The command that notes act ``name``, of which nothing more is to be said."""

    @command.command(name, help=line)
    @click.argument("case")
    @_options.config
    @note
    @by
    def act(case: str, file: Path, note: str, by: str | None) -> None:
        noted(case, file, by, lambda now, who: Act(name, who, now, note))

    return act


_act("answered", "Note that the customer was answered elsewhere: in private, by phone.")
_act("dismiss", "Note that it is none of ours, or no complaint: rules are measured by it.")
_act("unack", "Give a case back: the next round of pages begins.")
_act("raise", "Note that it is worse than it was taken for: one severity higher.")


@command.command()
@click.argument("case")
@_options.config
@click.option(
    "--for", "length", type=_options.Length(), default=None, help="For how long; by default as its policy says."
)
@note
@by
def ack(case: str, file: Path, length: timedelta | None, note: str, by: str | None) -> None:
    """Take a case: nobody else is paged about it for a while. It is no answer, the customer's clock runs on."""
    noted(case, file, by, lambda now, who: Act("ack", who, now, note, until=None if length is None else now + length))


@command.command()
@click.argument("case")
@_options.config
@click.option("--for", "length", type=_options.Length(), default="30m", show_default=True, help="For how long.")
@note
@by
def snooze(case: str, file: Path, length: timedelta, note: str, by: str | None) -> None:
    """Put a case off for a while: nobody is paged about it until then."""
    noted(case, file, by, lambda now, who: Act("snooze", who, now, note, until=now + length))


@command.command()
@click.argument("case")
@click.argument("person")
@_options.config
@note
@by
def assign(case: str, person: str, file: Path, note: str, by: str | None) -> None:
    """Give a case to PERSON: the name of a [[person]], or a Slack user id."""
    to = person.removeprefix("@")
    known = [each.name for each in configs.load(file).people]
    if to not in known and person_named(f"@{to}") is not None:
        meant = did_you_mean(to, known)
        cure = f'did you mean "{meant}"?' if meant else "name a [[person]] of the config, or a Slack user id"
        raise Mistakes([Mistake(person or '""', None, "nobody is called so", cure)])
    noted(case, file, by, lambda now, who: Act("assign", who, now, note, to=to))


@command.command()
@click.argument("case")
@click.argument("name")
@_options.config
@note
@by
def policy(case: str, name: str, file: Path, note: str, by: str | None) -> None:
    """Put a running case under the policy NAME, as the config has it now; else it keeps the one it opened under."""
    known = [each.name for each in configs.load(file).policies]
    if name not in known:
        meant = did_you_mean(name, known)
        cure = f'did you mean "{meant}"?' if meant else f"there are {', '.join(known)}"
        raise Mistakes([Mistake(name or '""', None, "no policy is called so", cure)])
    noted(case, file, by, lambda now, who: Act("policy", who, now, note, to=name))


def _pair(name: str, line: str) -> None:
    """The command that notes of two cases whether they are one person's."""

    @command.command(name, help=line)
    @click.argument("case")
    @click.argument("other")
    @_options.config
    @note
    @by
    def pair(case: str, other: str, file: Path, note: str, by: str | None) -> None:
        store = append_only(configs.load(file).state)
        try:
            one, two = find(store, case), find(store, other)
            act = Act(name, by or getpass.getuser(), clock.system(), note)
            with store.write(name) as db:
                noted = links.note(db, one, two, act, "terminal")
        finally:
            store.close()
        if not noted:
            what = "is the same case" if one.id == two.id else f"stands with {two.id} like that already"
            raise Mistakes([Mistake(one.id, None, what, f'"harken cases show {one.id}" tells how it stands')])
        click.echo(plain(f"noted: {one.id} ({one.author}) {name} {two.id} ({two.author}) by {act.by}"))


_pair(links.LINK, "Note that two cases are one person's: each shows the other, and their histories count together.")
_pair(links.UNLINK, "Note that two cases that were linked are not one person's.")


for each in COMMANDS:
    command.add_command(each)
assert {act.replace("_", "-") for act in ACTS} <= command.commands.keys()  # noqa: S101 - both lists are ours


@command.command()
@click.argument("post")
@_options.config
@click.option("--source", default=None, help="Where it was posted, if posts of several sources are called so.")
@click.option("--note", default="", help="What to remember about it.")
@click.option("--by", default=None, help="Who says so; by default who you are on this machine.")
def missed(post: str, file: Path, source: str | None, note: str, by: str | None) -> None:
    """Note that POST is a complaint which Harken took for something else; its author waits from now on.

    POST is the address of a stored post, or its id.
    """
    config = configs.load(file)
    store = append_only(config.state)
    try:
        found = _post(store, post, source)
        who = by or getpass.getuser()
        with store.write("missed") as db:
            opinions.add(db, [Opinion(MISSED, found.key, who, clock.system(), note)], "terminal")
    finally:
        store.close()
    at = f"{found.mention.author} at {found.mention.source}"
    click.echo(plain(f"noted: {found.mention.id} ({at}) is a complaint that was missed, says {who}"))


def _post(store: Store, name: str, source: str | None) -> Heard:
    """The customer's post that ``name``, an id or an address as people copy it, stands for."""
    address = re.split("[?#]", name, maxsplit=1)[0].rstrip("/")
    names = dict.fromkeys(filter(None, (name.rstrip("/"), address, address.rpartition("/")[2])))
    with store.read() as db:
        # The whole name first: the last part of an address may be an id at another place.
        tried = (posts.called(db, [each], source) for each in names)
        found = next(filter(None, tried), [])
    if not found:
        raise Mistakes([Mistake(name or '""', None, "no stored post is called so", "copy its address, or its id")])
    if len(found) > 1:
        where = ", ".join(sorted({one.mention.source for one in found}))
        raise Mistakes([Mistake(name, None, f"posts of {where} are called so", "say which with --source")])
    if found[0].post.own:
        raise Mistakes([Mistake(name, None, "we wrote this ourselves", "name the customer's post")])
    if found[0].post.gone_at is not None:
        raise Mistakes([Mistake(name, None, "this post was deleted, and its text with it", "name another one")])
    return found[0]


def _due(row: CaseRow, now: datetime) -> Text:
    """When an answer is due, or what is owed after one."""
    due, what = row.owed_due, f"{row.owed} "
    if row.status is Status.WAITING:
        due, what = row.deadline, ""
    if due is None:
        return Text("")
    if due <= now:
        return Text(f"{what}{spell(now - due)} ago", "bold red")
    return Text(f"{what}in {spell(due - now)}")


def _wire(row: CaseRow, policy: str) -> dict[str, Any]:
    return {
        "case": row.id,
        "source": row.source,
        "thread": row.thread,
        "author": row.author,
        "status": row.status,
        "severity": row.severity.word,
        "since": stamp(row.since),
        "deadline": None if row.deadline is None else stamp(row.deadline),
        "owed": row.owed or None,
        "owed_due": None if row.owed_due is None else stamp(row.owed_due),
        "policy": policy,
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {"at": stamp(moment.at), "what": moment.what, "mention": moment.mention, "why": moment.why}


def _show(
    seen: View, sent: list[PageRow], told: list[tuple[datetime, str, str]], said: list[Heard], config: Config
) -> None:
    console, zone = Console(highlight=False), ZoneInfo(config.brand.zone)
    row, shown = seen.row, seen.shown

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"

    console.print(Text(f"case {row.id}: {plain(row.author)} at {plain(row.source)}, {row.status}", "bold"))
    console.print(Text(f"{row.severity.word}, policy {plain(shown.policy)}", _COLOURS[row.severity.word]))
    if shown.opened.url:
        console.print(Text(plain(shown.opened.url)))
    if row.status is Status.WAITING and row.deadline is not None:
        console.print(f"an answer is due {at(row.deadline)}")
    for other in shown.linked:
        who = f"linked by hand: {other.author} at {other.source}, {other.status} (case {other.case})"
        console.print(Text(plain(who)))
    if shown.quiet is not None:
        why = shown.quiet.name or "its author is muted"
        console.print(Text(plain(f"pages held back until {at(shown.quiet.span.end)}: {why}, by {shown.quiet.by}")))
    console.print(Text(f"\nwhat was said ({config.brand.zone})", "bold"))
    for one in said:
        who = f"{one.mention.author} (us)" if one.post.own else one.mention.author
        text = "(deleted)" if one.post.gone_at else one.mention.text
        console.print(Text(f"{at(one.post.posted_at)}  {plain(who)}: {plain(text)}"))
    console.print(Text(f"\nwhy: {shown.verdict.kind}, {shown.verdict.score:.0%} sure", "bold"))
    for reason in shown.verdict.reasons:
        console.print(Text(f"  {plain(reason.why)} ({plain(reason.rule)})"))
    console.print(Text("\nwhat happened", "bold"))
    happened = [(moment.at, f"{moment.what}: {moment.why}") for moment in seen.moments]
    happened += [(page.due, f"page to {page.recipient}, {page.outcome or 'owed'}: {page.why}") for page in sent]
    happened += [(moment, f"in a digest for {to}, {outcome}") for moment, to, outcome in told]
    for moment, what in sorted(happened):
        console.print(Text(f"{at(moment)}  {plain(what)}"))
