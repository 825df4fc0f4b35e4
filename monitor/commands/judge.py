"""Gives each post on standard input its verdict, one JSON line for one line. Keeps nothing and pages nobody.

Memory stays the same however long the input is; what has been read is answered at once, so that it can sit in a pipe.
A line that cannot be judged is answered by ``{"line": N, "error": "..."}`` in its place.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from connectors import _wire
from monitor import books
from monitor.cli import BAD_INPUT
from monitor.logs import plain
from rules.book import RuleBook
from rules.judge import judge
from rules.mistakes import Mistake
from rules.model import Mention, Verdict
from rules.pack import load

LONGEST = 8 << 20
"""Bytes of a line; longer ones are refused without being kept."""
_CHUNK = 1 << 16
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""When a bare line of text was posted: before any rule expires."""


@click.command()
@books.options
@click.option("--text", is_flag=True, help="Lines are bare text, not JSON; their ids are their line numbers.")
def command(rules: Path | None, config: Path | None, text: bool) -> None:
    """Judge posts: mentions as JSON lines on standard input, one verdict a line on standard output.

    Exits with 2 if a line could not be judged; every other line is judged all the same.
    """
    chosen = books.choose(rules, config)
    book = load(chosen.files, chosen.brand)
    good = True
    for number, line in _lines(sys.stdin.buffer):
        try:
            said = _bare(number, line, book) if text else _mention(line, chosen, book)
        except _wire.WireError as error:
            cure = "write one mention a line, or give --text for bare text"
            click.echo(plain(str(Mistake("stdin", number, str(error), cure))), err=True)
            said, good = {"line": number, "error": str(error)}, False
        sys.stdout.write(json.dumps(said) + "\n")
    if not good:
        raise click.exceptions.Exit(BAD_INPUT)


def written(mention: str, verdict: Verdict) -> dict[str, Any]:
    """A verdict on the wire."""
    return {
        "id": mention,
        "kind": verdict.kind.value,
        "complaint": verdict.complaint,
        "severity": verdict.severity.word,
        "score": verdict.score,
        "marks": sorted(verdict.marks),
        "lang": verdict.lang,
        "topics": list(verdict.topics),
        "reasons": [{"rule": reason.rule, "why": reason.why} for reason in verdict.reasons],
    }


def _mention(line: bytes | None, chosen: books.Sources, book: RuleBook) -> dict[str, Any]:
    if line is None:
        raise _wire.WireError(f"it is longer than {LONGEST:,} bytes")
    if not line.strip():
        raise _wire.WireError("it is empty")
    mention = _wire.read(line)
    own = mention.author.casefold() in chosen.responders.get(mention.source, ())
    return written(mention.id, judge(mention, book, own=own))


def _bare(number: int, line: bytes | None, book: RuleBook) -> dict[str, Any]:
    if line is None:
        raise _wire.WireError(f"it is longer than {LONGEST:,} bytes")
    post = Mention("text", str(number), str(number), "", line.decode("utf-8", "replace"), _ALWAYS)
    return written(post.id, judge(post, book))


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines of ``stream`` without their ends, numbered from 1, None for one that is too long.

    What has been judged goes out before more is waited for.
    """
    number, begun, too_long = 0, b"", False
    while chunk := stream.read1(_CHUNK):  # type: ignore[attr-defined]  # BinaryIO hides it; every buffered reader has it
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            number += 1
            line = begun + part
            yield number, None if too_long or len(line) > LONGEST else line.removesuffix(b"\r")
            begun, too_long = b"", False
        begun += rest
        if len(begun) > LONGEST:
            begun, too_long = b"", True
        sys.stdout.flush()
    if begun or too_long:
        yield number + 1, None if too_long else begun
