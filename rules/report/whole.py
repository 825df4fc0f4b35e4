"""The report as a whole: which sections there are, in which order. Computes no figure itself."""

from rules.model import Ended
from rules.report.dossier import Dossier, Facts
from rules.report.mood import recovery
from rules.report.owed import owed
from rules.report.precision import precision
from rules.report.toll import toll
from rules.report.topics import topics
from rules.report.values import Listed, Report, Section
from rules.report.waits import heard, kept, replies


def report(facts: Facts) -> Report:
    """What became of customers within a time."""
    sections = (heard, replies, kept, owed, recovery, topics, precision, toll)
    return Report(
        brand=facts.brand,
        since=facts.since,
        until=facts.until,
        zone=facts.zone,
        heard=facts.heard,
        sections=(*(section(facts) for section in sections), _coverage(facts)),
        sources=facts.sources,
        blind=facts.blind,
        cases=tuple(map(_listed, facts.dossiers)),
    )


def _listed(each: Dossier) -> Listed:
    first, case = each.case.silences[0], each.case
    answered = first.ended is not None and first.ended.how is Ended.ANSWERED
    return Listed(
        id=case.id,
        source=case.source,
        author=case.author,
        kind=each.kind.value,
        severity=case.standing.severity.word,
        opened=first.start,
        first_reply=first.ended.at - first.start if first.ended is not None and answered else None,
    )


def _coverage(facts: Facts) -> Section:
    """What could not be heard: nothing is said of those times, least of all that they were quiet."""
    if facts.blind:
        return Section("coverage", "What could not be heard", says=facts.blind)
    return Section("coverage", "What could not be heard", says=("No gap is known: every source was heard throughout.",))
