"""What it cost the people on duty: pages by person and week, and nights in which they were woken."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from rules.report.dossier import Facts, Sent
from rules.report.values import Column, Drawn, Figure, Row, Section, Table, Unit

_WEEK = timedelta(weeks=1)


def toll(facts: Facts) -> Section:
    """Who was paged how often; a channel is nobody's sleep, so nights are counted for persons."""
    weeks = max((facts.until - facts.since) / _WEEK, 1 / 7)
    by: dict[str, list[Sent]] = {}
    for page in facts.sent:
        by.setdefault(page.to, []).append(page)
    people = {to: pages for to, pages in by.items() if to.startswith("@")}
    woken = {(to, page.night) for to, pages in people.items() for page in pages if page.night is not None}
    nights = Counter(to for to, _ in woken)
    to_people = [page for pages in people.values() for page in pages]
    rows = tuple(
        Row(
            to,
            (len(by[to]), len(by[to]) / weeks, nights[to] if to in people else None),
            tuple(dict.fromkeys(page.case for page in by[to] if page.case)),
        )
        for to in sorted(by, key=lambda one: (one not in people, -len(by[one]), one))
    )
    columns = (Column("pages", Unit.COUNT), Column("a week", Unit.NUMBER), Column("nights woken", Unit.COUNT))
    at_night = [page for page in to_people if page.night is not None]
    return Section(
        "toll",
        "What it cost the people on duty",
        (
            Figure("pages", "pages sent", Unit.COUNT, len(facts.sent), _cases(facts.sent)),
            Figure(
                "pages_per_person",
                "pages per person and week",
                Unit.NUMBER,
                len(to_people) / len(people) / weeks if people else None,
                _cases(to_people),
                f"{len(people)} people" if people else "no page went to a person, only to channels",
            ),
            Figure("nights", "nights woken", Unit.COUNT, len(woken), _cases(at_night), "from 22:00 to 07:00"),
        ),
        (Table("pages_by_recipient", "Pages by recipient", "recipient", columns, rows, Drawn.BARS),) if rows else (),
    )


def _cases(pages: Iterable[Sent]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(page.case for page in pages if page.case))
