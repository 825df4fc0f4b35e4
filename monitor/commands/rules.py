"""Tries rule files before they go live, and says what they have been worth. Changes nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from monitor import books
from monitor.commands._rules_diff import command as diff
from monitor.commands._rules_report import command as report
from monitor.logs import plain
from rules import coach_book
from rules import judge as judges
from rules.book import RuleBook
from rules.model import Kind, Mention, Reason, Verdict
from rules.pack import Proof, examine, load
from rules.text import LONGEST, clean, words

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""When an explained text was posted: before any rule expires."""


@click.group()
def command() -> None:
    """Try rule files before they go live, and see what they are worth."""


command.add_command(report)
command.add_command(diff)


@command.command("test")
@books.options
def test(rules: Path | None, config: Path | None) -> None:
    """Run the examples of every rule, the coach's too. Exits with 1 if one fails, with 2 if a file is wrong."""
    chosen = books.choose(rules, config)
    book, proof = examine(chosen.files, chosen.brand)
    held = [_held(proof, len(book.rules), "rule", len(chosen.files), chosen.folder)]
    if chosen.coached is not None:
        coached, tried = coach_book.examine(chosen.coach)
        held.append(_held(tried, len(coached.rules), "coach rule", len(chosen.coach), chosen.coached))
    if not all(held):
        raise click.exceptions.Exit(1)


@command.command("explain")
@click.argument("text")
@books.options
@click.option("--own", is_flag=True, help="Read TEXT as a reply of ours.")
@click.option("--direct", is_flag=True, help="Read TEXT as one from a feed or an inbox: it speaks to us in any case.")
def explain(text: str, rules: Path | None, config: Path | None, own: bool, direct: bool) -> None:
    """Say why TEXT gets its verdict, as a sum of evidence."""
    chosen = books.choose(rules, config)
    book = load(chosen.files, chosen.brand)
    verdict = judges.judge(Mention("text", "1", "1", "", text, _ALWAYS), book, own=own, addressed=direct)
    quotes = _quotes(text, book, own=own)
    click.echo(highlighted(text, [quote for quoted in quotes.values() for quote in quoted]))
    for line in [*_summary(verdict), "", *_sum(verdict, quotes, book, own=own)]:
        click.echo(plain(line))


def _held(proof: Proof, rules: int, what: str, files: int, folder: str) -> bool:
    """Say what came of the examples; returns whether all hold."""
    for failure in proof.failures:
        wanted = "should match" if failure.wanted else "should pass"
        click.echo(plain(f"{failure.file}:{failure.line}  {failure.rule}  {wanted}  {failure.text}"))
    counted = (
        f"{_counted(proof.tried, 'example')} of {_counted(rules, what)} in {_counted(files, 'file')} of {plain(folder)}"
    )
    click.echo(f"{len(proof.failures)} of {counted} failed." if proof.failures else f"All {counted} hold.")
    return not proof.failures


def _counted(many: int, what: str) -> str:
    return f"{many} {what}{'s' * (many != 1)}"


def _summary(verdict: Verdict) -> list[str]:
    marks = f", marks {', '.join(sorted(verdict.marks))}" if verdict.marks else ""
    topics = f", about {', '.join(verdict.topics)}" if verdict.topics else ""
    lang = f", language {verdict.lang}" if verdict.lang else ""
    return [
        f"{verdict.kind.value}, {verdict.severity.word}, {verdict.score:.2f} sure of a complaint{marks}{topics}{lang}"
    ]


def highlighted(text: str, quotes: Iterable[str]) -> str:
    """``text`` on one line, cut to what is read of it, with the words of ``quotes`` in bold for terminals."""
    parts = text[:LONGEST].split()
    said = [(word, place) for place, part in enumerate(parts) for word in words(clean(part))]
    bold: set[int] = set()
    for quote in quotes:
        run = words(clean(quote))
        for start in range(len(said) - len(run) + 1):
            found = said[start : start + len(run)]
            if [word for word, _ in found] == run:
                bold.update(place for _, place in found)
    return " ".join(
        click.style(plain(part), bold=True) if place in bold else plain(part) for place, part in enumerate(parts)
    )


def _quotes(text: str, book: RuleBook, *, own: bool) -> dict[str, list[str]]:
    """Rule -> the words that set it off."""
    masked = book.mask(clean(text))
    line = words(masked)
    return {rule.id: book.quote(rule, masked, line) for rule in book.fired(masked, line, own=own)}


def _sum(verdict: Verdict, quotes: dict[str, list[str]], book: RuleBook, *, own: bool) -> list[str]:
    if own or verdict.kind is Kind.UNJUDGED:
        return [_line(reason, quotes, book) for reason in verdict.reasons]
    weighed = [reason for reason in verdict.reasons if reason.weight]
    total = judges.START + sum(reason.weight for reason in weighed)
    return [
        *(_line(reason, quotes, book) for reason in verdict.reasons if not reason.weight),
        f"{judges.START:+6.2f}  where every post starts",
        *(_line(reason, quotes, book) for reason in weighed),
        f"{total:+6.2f}  together: {verdict.score:.2f} sure; a complaint from {judges.THRESHOLD:.2f} on",
    ]


def _line(reason: Reason, quotes: dict[str, list[str]], book: RuleBook) -> str:
    weight = f"{reason.weight:+6.2f}" if reason.weight else "      "
    said = f"{weight}  {reason.rule}: {reason.why}"
    rule = next((rule for rule in book.rules if rule.id == reason.rule), None)
    if rule is None:
        return said
    severity = f" [{rule.severity.word}]" if rule.severity else ""
    return f"{said}{severity}  {' · '.join([f'{rule.file}:{rule.line}', *quotes.get(rule.id, ())])}"
