"""Says what could be better in a reply before it is posted. Writes nothing for anybody, and posts nothing."""

import json
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from monitor import books
from monitor import config as configs
from monitor.coaching import context_of
from monitor.logs import plain
from monitor.store import cases
from monitor.store.sqlite import open_reader
from rules.coach import Advice, coach
from rules.coach_book import Context, load
from rules.draft import LONGEST, Span
from rules.mistakes import Mistake, Mistakes, did_you_mean
from rules.model import Kind

_MOST = 4 * LONGEST
"""Bytes that are read: as many as the characters that the coach reads can have."""
_KINDS = [kind.value for kind in Kind if kind is not Kind.UNJUDGED]


@click.command()
@click.argument("draft", metavar="[FILE]", required=False, default="-", type=click.Path(allow_dash=True))
@click.option("--network", help='Where it is to be posted, such as "x" or "mastodon": it has to fit.')
@click.option(
    "--to", type=click.Choice(_KINDS), help="What it answers: only a complaint needs an apology.  [default: complaint]"
)
@click.option("--case", "case", help="The case it answers, by its id or the beginning of one: says where, and to what.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@books.options
def command(
    *,
    draft: str,
    network: str | None,
    to: str | None,
    case: str | None,
    as_json: bool,
    rules: Path | None,
    config: Path | None,
) -> None:
    """Say what could be better in the reply in FILE, or on standard input, before you post it.

    Exits with 0 if there is nothing to say, with 1 if there is advice, and with 2 if there is no draft to read.
    """
    book = load(books.choose(rules, config).coach)
    known = {name for rule in book.rules for name in (*rule.networks, *rule.limits)}
    if network is not None and known and network not in known:
        meant = did_you_mean(network, known)
        cure = f'did you mean "{meant}"?' if meant else f"there are {', '.join(sorted(known))}"
        raise click.UsageError(f'nothing is known of the network "{network}"; {cure}')
    context = Context() if case is None else _of_case(case, config or books.USUAL)
    context = Context(network or context.network, Kind(to) if to else context.answers, context.lang)
    text = _read(draft)
    found = coach(text, context, book)
    if as_json:
        advice = [_wire(one, text) for one in found]
        click.echo(json.dumps({"network": context.network, "to": context.answers.value, "advice": advice}))
    else:
        click.echo("\n".join(_shown(text, found)))
    if found:
        raise click.exceptions.Exit(1)


def _read(draft: str) -> str:
    """The draft, as text.

    Raises:
        Mistakes: it is none, or there is nothing in it.
    """
    name = "stdin" if draft == "-" else draft
    try:
        if draft == "-":
            octets = sys.stdin.buffer.read(_MOST)
        else:
            with Path(draft).open("rb") as file:
                octets = file.read(_MOST)
        # A character may be cut in two where reading ends.
        text = getincrementaldecoder("utf-8-sig")().decode(octets, final=len(octets) < _MOST)
    except OSError as error:
        what = (error.strerror or "it cannot be read").lower()
        raise Mistakes([Mistake(name, None, what, "check the path and its permissions")]) from error
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise Mistakes([Mistake(name, line, "this is not UTF-8 text", "save the draft as UTF-8")]) from error
    if not text.strip():
        raise Mistakes([Mistake(name, None, "there is no draft in it", "write the reply into it, or pipe it in")])
    return text.rstrip("\r\n")


def _of_case(name: str, file: Path) -> Context:
    """What a reply in the case called ``name`` is for.

    Raises:
        Mistakes: there is no such case, or more than one.
    """
    store = open_reader(configs.load(file).state)
    try:
        with store.read() as db:
            rows = cases.starting_with(db, name.lower()) if name.isalnum() else []
            if len(rows) != 1:
                what = "more than one case begins like this" if rows else "there is no such case"
                raise Mistakes([Mistake(name, None, what, 'see "harken cases list"')])
            return context_of(db, rows[0])
    finally:
        store.close()


def _wire(advice: Advice, text: str) -> dict[str, Any]:
    return {
        "rule": advice.rule,
        "severity": "must" if advice.must else "should",
        "say": advice.say,
        "spans": [list(span) for span in advice.spans],
        "words": [text[start:end] for start, end in advice.spans],
    }


def _shown(text: str, found: tuple[Advice, ...]) -> Iterator[str]:
    """The draft with the words in bold that something is said about, and what is said."""
    if not found:
        yield "Nothing to say: post it if you think that it is right."
        return
    yield "".join(_painted(text[:LONGEST], sorted({span for advice in found for span in advice.spans})))
    yield ""
    for advice in found:
        words = " · ".join(plain(" ".join(text[start:end].split()))[:60] for start, end in advice.spans[:5])
        yield f"{'must' if advice.must else 'should':<8}{plain(advice.say)}  ({plain(advice.rule)})"
        if words:
            yield f"{'':<8}{words}"


def _painted(text: str, spans: list[Span]) -> Iterator[str]:
    place = 0
    for start, end in spans:
        begin = max(start, place)
        yield plain(text[place:begin], keep="\n")
        if begin < end:
            yield click.style(plain(text[begin:end], keep="\n"), bold=True, underline=True)
        place = max(place, end)
    yield plain(text[place:], keep="\n")
