"""What we owed customers after an answer: updates, promises, a word on how a private talk ended, follow-ups.

What is owed, and when it is done, says ``rules.recovery``. A duty counts in the time in which it began.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from rules.recovery import Done, Duty, Owed, duties
from rules.report.dossier import Dossier, Facts
from rules.report.values import Column, Figure, Row, Section, Table, Unit

Pair = tuple[Dossier, Duty]

_ENDS = {
    Done.RESOLVED: "resolved",
    Done.OPEN: "still open",
    Done.NO_CONTACT: "no contact",
    Done.ASKED: "the customer spoke in public again",
    Done.TOLD: "we spoke in public again",
    Done.DISMISSED: "none of ours",
}
_UNTOLD = "nobody has said"


def owed(facts: Facts) -> Section:
    """Whether we told customers more in time and before they asked, and how private talks and resolutions ended."""
    all_ = duties_of(facts)
    updates = _due([pair for pair in all_ if pair[1].owed is Owed.UPDATE], facts)
    promised = _due([pair for pair in all_ if pair[1].promise is not None], facts)
    follow = _due([pair for pair in all_ if pair[1].owed is Owed.FOLLOW_UP], facts)
    private = [pair for pair in all_ if pair[1].owed is Owed.PRIVATE]
    broken = [pair for pair in promised if not pair[1].kept]
    followed = [pair for pair in follow if pair[1].how is Done.FOLLOWED]
    figures = (
        _share(
            "updates_kept", "updates in time, before anybody asked", [p for p in updates if p[1].kept], updates, "due"
        ),
        _share("promises_kept", "promises kept", [p for p in promised if p[1].kept], promised, "due"),
        Figure("promises_broken", "promises broken", Unit.COUNT, len(broken), _ids(broken)),
        _share("follow_ups_done", "follow-ups done", followed, follow, "due, the others skipped or late"),
        Figure("private", "taken private", Unit.COUNT, len(private), _ids(private)),
    )
    return Section("owed", "What we owed after an answer", figures, (_endings(private),) if private else ())


def duties_of(facts: Facts) -> list[Pair]:
    """Everything that we came to owe customers within the time."""
    return [
        (each, duty) for each in facts.dossiers for duty in duties(each.case, each.policy) if facts.within(duty.since)
    ]


def _due(pairs: Sequence[Pair], facts: Facts) -> list[Pair]:
    """Those that have ended or should have."""
    return [(each, duty) for each, duty in pairs if duty.ended is not None or duty.due <= facts.until]


def _share(key: str, title: str, some: Sequence[Pair], of: Sequence[Pair], what: str) -> Figure:
    share = len(some) / len(of) if of else None
    return Figure(key, title, Unit.SHARE, share, _ids(of), f"{len(some)} of {len(of)} that were {what}")


def _endings(private: Sequence[Pair]) -> Table:
    said = {id(duty): _ENDS.get(duty.how, _UNTOLD) if duty.how else _UNTOLD for _, duty in private}
    counted = Counter(said.values())
    rows = tuple(
        Row(how, (count,), _ids(pair for pair in private if said[id(pair[1])] == how))
        for how, count in counted.most_common()
    )
    return Table("private_by_ending", "Taken private, and how it ended", "how", (Column("times", Unit.COUNT),), rows)


def _ids(pairs: Iterable[Pair]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.case.id for each, _ in pairs))
