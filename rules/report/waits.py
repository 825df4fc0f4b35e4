"""How long customers waited, whether that was in time, and whether they had to ask again.

A wait counts in the time in which it began. Times are of those that ended; who still waits stands beside them, so that
no answer given makes a figure better than no answer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from rules import escalation
from rules.hours import open_between
from rules.model import Ended, Kind, Mark, Post, Severity, Silence
from rules.recovery import Done
from rules.report.dossier import Dossier, Facts
from rules.report.owed import duties_of
from rules.report.quantiles import quantile
from rules.report.values import Column, Drawn, Figure, Row, Section, Table, Unit

_OFTEN = 0.9
_APART = timedelta(hours=1)
"""Two words of ours nearer to each other are one answer in two parts."""
_ENDS = frozenset({Ended.ANSWERED, Ended.RESOLVED})
_HOW = (
    "The median is the time within which half of those who were answered had their answer, the 90th percentile the time"
    " within which nine of ten had. Who still waits is in neither: read them together."
)
NO_TOPIC = "(no topic)"


@dataclass(frozen=True, slots=True)
class Wait:
    """A customer's wait for us."""

    dossier: Dossier
    start: datetime
    end: datetime | None
    """When we spoke; None where we had not by the end of the report's time."""
    severity: Severity

    @property
    def length(self) -> timedelta | None:
        """By the clock on the wall."""
        return None if self.end is None else self.end - self.start

    @property
    def in_hours(self) -> timedelta | None:
        """The part of it that lies in the policy's open hours; all of it at severities that ignore them."""
        if self.end is None:
            return None
        policy = self.dossier.policy
        return open_between(self.start, self.end, None if self.severity in policy.always else policy.hours)


def firsts(facts: Facts) -> list[Wait]:
    """From each customer's first word to the first answer; what is none of ours, or was taken back, is no wait."""
    return [wait for each in facts.opened for wait in _waits(each) if wait.start == each.case.silences[0].start]


def nexts(facts: Facts) -> list[Wait]:
    """From a customer's first word after an answer to the next answer."""
    return [
        wait
        for each in facts.dossiers
        for wait in _waits(each)
        if wait.start > each.case.silences[0].start and facts.within(wait.start)
    ]


def updates(facts: Facts) -> list[Wait]:
    """From an answer that only promised to look to the next word of ours."""
    return [
        Wait(each, reply.posted_at, following, each.case.standing.severity)
        for each in facts.dossiers
        for reply, following in _followed(each)
        if Mark.HOLDING in reply.marks
        and facts.within(reply.posted_at)
        and (following is not None or each.case.standing.settled is None or not _by_hand(each))
    ]


def follow_ups(facts: Facts) -> list[Wait]:
    """From an answer to a later word of ours for which nobody had asked."""
    return [
        Wait(each, reply.posted_at, following, each.case.standing.severity)
        for each in facts.dossiers
        for reply, following in _followed(each)
        if Mark.HOLDING not in reply.marks
        and facts.within(reply.posted_at)
        and following is not None
        and following - reply.posted_at >= _APART
        and not any(reply.posted_at < word.posted_at <= following for word in each.words)
    ]


def replies(facts: Facts) -> Section:
    """How long customers waited for what."""
    first, later, update, follow = firsts(facts), nexts(facts), updates(facts), follow_ups(facts)
    kinds = (
        ("first reply", first),
        ("reply to who came back", later),
        ("update after a holding reply", update),
        ("follow-up nobody asked for", follow),
    )
    by: tuple[tuple[str, Callable[[Wait], Iterable[str]]], ...] = (
        ("severity", lambda wait: [wait.severity.word]),
        ("topic", lambda wait: wait.dossier.topics or [NO_TOPIC]),
        ("network", lambda wait: [wait.dossier.case.source]),
        ("hour", lambda wait: [f"{wait.dossier.hour:02}:00"]),
    )
    orders = {"severity": [each.word for each in reversed(Severity)], "hour": [f"{hour:02}:00" for hour in range(24)]}
    tables = [_table("waits", "Waits of every kind", "kind of wait", kinds)]
    for name, key in by:
        found: dict[str, list[Wait]] = {}
        for wait in first:
            for label in key(wait):
                found.setdefault(label, []).append(wait)
        if name in orders:
            groups = [(label, found[label]) for label in orders[name] if label in found]
        else:
            groups = sorted(found.items(), key=lambda group: (-len(group[1]), group[0]))
        heading = "asked at" if name == "hour" else name
        tables.append(_table(f"first_reply_by_{name}", f"First reply by {name}", heading, groups))
    return Section(
        "replies",
        "How long customers waited",
        (
            *_times("first_reply", "first reply", first),
            *_times("next_reply", "reply to who came back", later),
            *_times("update", "update after a holding reply", update),
            *_times("follow_up", "follow-up nobody asked for", follow),
        ),
        tuple(tables),
        (_HOW,),
    )


def kept(facts: Facts) -> Section:
    """Whether answers came in time, and whether customers had to ask before we told."""
    waits = [
        (each, silence)
        for each in facts.dossiers
        for silence in each.case.silences
        if facts.within(silence.start)
        and (silence.ended is None or silence.ended.how in _ENDS)
        and not _dismissed(each)
    ]
    due = [
        (each, silence.severity, silence.ended.at if silence.ended else None, deadline)
        for each, silence in waits
        if (deadline := escalation.deadline(silence, each.policy)) is not None
        and (silence.ended is not None or deadline <= facts.until)
    ]
    met = [one for one in due if one[2] is not None and one[2] <= one[3]]
    late = [one for one in due if one[2] is None or one[2] > one[3]]
    spoke_first = [each for each, duty in duties_of(facts) if duty.how is Done.ASKED and not _dismissed(each)]
    chased = [*(each for each, silence in waits if _asked_again(silence)), *spoke_first]
    asked = _unique([*(each for each, _ in waits), *spoke_first])
    by = [
        (severity, [one for one in due if one[1] is severity], [one for one in met if one[1] is severity])
        for severity in reversed(Severity)
    ]
    table = Table(
        "deadlines_by_severity",
        "Deadlines kept by severity",
        "severity",
        (Column("kept", Unit.SHARE), Column("in time", Unit.COUNT), Column("due", Unit.COUNT)),
        tuple(
            Row(severity.word, (len(good) / len(all_), len(good), len(all_)), _ids(one[0] for one in all_))
            for severity, all_, good in by
            if all_
        ),
        Drawn.BARS,
    )
    return Section(
        "kept",
        "What we owed, and whether it came in time",
        (
            Figure(
                "deadlines_kept",
                "deadlines kept",
                Unit.SHARE,
                len(met) / len(due) if due else None,
                _ids(one[0] for one in due),
                f"{len(met)} of {len(due)} waits that were due",
            ),
            Figure("deadlines_missed", "deadlines missed", Unit.COUNT, len(late), _ids(one[0] for one in late)),
            Figure(
                "asked_before_told",
                "asked before we told",
                Unit.SHARE,
                len(_unique(chased)) / len(asked) if asked else None,
                _ids(chased),
                f"{len(_unique(chased))} of {len(asked)} customers had to ask again",
            ),
        ),
        (table,) if table.rows else (),
    )


def _asked_again(silence: Silence) -> bool:
    """Whether a customer chased us who had asked before: a first word may say that nobody answers elsewhere."""
    return silence.chased and (bool(silence.after) or len(silence.asked) > 1)


def heard(facts: Facts) -> Section:
    """How many asked, and what became of them."""
    opened = facts.opened
    fate = {each.case.id: _fate(each) for each in opened}
    earlier = [
        each
        for each in facts.dossiers
        if each.case.silences[0].start < facts.since and (waiting := each.case.waiting) and waiting.start < facts.since
    ]

    def having(*fates: str) -> list[Dossier]:
        return [each for each in opened if fate[each.case.id] in fates]

    def row(label: str, of: Sequence[Dossier]) -> Row:
        counted = [sum(fate[each.case.id] == one for each in of) for one in _FATES]
        return Row(label, (len(of), *counted), _ids(of))

    columns = (Column("heard", Unit.COUNT), *(Column(one, Unit.COUNT) for one in _FATES))

    def by(key: str, title: str, heading: str, labels: Iterable[str], of: Callable[[Dossier], str]) -> Table:
        groups: dict[str, list[Dossier]] = {label: [] for label in labels}
        for each in opened:
            groups.setdefault(of(each), []).append(each)
        drawn, series = (Drawn.STACKS, (1, 2)) if key == "heard_by_time" else (None, (0,))
        keep = key == "heard_by_time"
        rows = tuple(row(label, group) for label, group in groups.items() if group or keep)
        return Table(key, title, heading, columns, rows, drawn, series)

    complaints = [each for each in opened if each.kind is Kind.COMPLAINT]
    figures = (
        Figure("heard", "customers who asked", Unit.COUNT, len(opened), _ids(opened), "cases that opened"),
        Figure("complaints", "complaints heard", Unit.COUNT, len(complaints), _ids(complaints)),
        Figure("answered", "answered", Unit.COUNT, len(having(_ANSWERED)), _ids(having(_ANSWERED))),
        Figure(
            "unanswered",
            "never answered",
            Unit.COUNT,
            len(having(_UNANSWERED)),
            _ids(having(_UNANSWERED)),
            "up to the end of this time",
        ),
        Figure(
            "dismissed",
            "none of ours",
            Unit.COUNT,
            len(having(_DISMISSED)),
            _ids(having(_DISMISSED)),
            "people dismissed them",
        ),
        Figure(
            "withdrawn",
            "taken back before an answer",
            Unit.COUNT,
            len(having(_WITHDRAWN)),
            _ids(having(_WITHDRAWN)),
        ),
        Figure("from_before", "waiting from before", Unit.COUNT, len(earlier), _ids(earlier), "and still unanswered"),
    )
    tables = (
        by("heard_by_time", "Customers who asked, over time", "when", facts.periods, lambda each: each.period),
        by("heard_by_kind", "By what they said", "kind", [kind.value for kind in Kind], lambda each: each.kind.value),
        by("heard_by_network", "By network", "network", (), lambda each: each.case.source),
        by(
            "heard_by_severity",
            "By severity",
            "severity",
            [each.word for each in reversed(Severity)],
            lambda each: each.case.silences[0].severity.word,
        ),
    )
    return Section("heard", "What was heard", figures, tables)


_ANSWERED, _UNANSWERED, _DISMISSED, _WITHDRAWN = "answered", "never answered", "none of ours", "taken back"
_FATES = (_ANSWERED, _UNANSWERED, _DISMISSED, _WITHDRAWN)


def _fate(each: Dossier) -> str:
    """What became of a customer's first wait."""
    first = each.case.silences[0]
    if _dismissed(each):
        return _DISMISSED
    if first.ended is None:
        return _UNANSWERED
    return _WITHDRAWN if first.ended.how is Ended.WITHDRAWN else _ANSWERED


def _dismissed(each: Dossier) -> bool:
    """Whether people said of it at last that it is none of ours."""
    settled = each.case.settled
    first = each.case.silences[0].settled
    return any(one is not None and one.how is Ended.DISMISSED for one in (settled, first))


def _by_hand(each: Dossier) -> bool:
    """Whether people closed it for good."""
    settled = each.case.settled
    return settled is not None and settled.how in (Ended.RESOLVED, Ended.DISMISSED)


def _waits(each: Dossier) -> list[Wait]:
    """Every silence of a case that was for us to end, in time order."""
    if _dismissed(each):
        return []
    return [
        Wait(each, silence.start, None if silence.ended is None else silence.ended.at, silence.severity)
        for silence in each.case.silences
        if silence.ended is None or silence.ended.how in _ENDS
    ]


def _followed(each: Dossier) -> Iterator[tuple[Post, datetime | None]]:
    """Each answer with the time of our next word to the same customer."""
    yield from ((reply, following.posted_at) for reply, following in pairwise(each.replies))
    if each.replies:
        yield each.replies[-1], None


def _times(key: str, title: str, waits: Sequence[Wait]) -> Iterator[Figure]:
    """Median and 90th percentile, by the wall and, where a policy has hours, in those."""
    ended = [wait for wait in waits if wait.end is not None]
    cases = _ids(wait.dossier for wait in ended)
    waiting = len(waits) - len(ended)
    note = f"of {len(ended)}" + (f"; {waiting} still wait" if waiting else "")
    lengths = [wait.length for wait in ended if wait.length is not None]
    in_hours = [wait.in_hours for wait in ended if wait.in_hours is not None]
    for suffix, share, said in (("", 0.5, "median"), ("_p90", _OFTEN, "90th percentile")):
        yield Figure(f"{key}{suffix}", f"{title}, {said}", Unit.TIME, quantile(lengths, share), cases, note)
        if _has_hours(waits):
            name, told = f"{key}{suffix}_in_hours", f"{title}, {said} in working hours"
            yield Figure(name, told, Unit.TIME, quantile(in_hours, share), cases, note)


def _has_hours(waits: Iterable[Wait]) -> bool:
    """Whether working hours say anything that the clock on the wall does not."""
    return any(wait.dossier.policy.hours is not None for wait in waits)


def _table(key: str, title: str, of: str, groups: Iterable[tuple[str, Sequence[Wait]]]) -> Table:
    groups = [(label, waits) for label, waits in groups if waits]
    hours = _has_hours(wait for _, waits in groups for wait in waits)
    columns = [Column("median", Unit.TIME), Column("nine of ten", Unit.TIME)]
    if hours:
        columns += [Column("median, open hours", Unit.TIME), Column("nine of ten, open hours", Unit.TIME)]
    columns += [Column("answered", Unit.COUNT), Column("still waiting", Unit.COUNT)]
    rows = []
    for label, waits in groups:
        lengths = [wait.length for wait in waits if wait.length is not None]
        in_hours = [wait.in_hours for wait in waits if wait.in_hours is not None]
        values = (
            *(quantile(lengths, share) for share in (0.5, _OFTEN)),
            *(quantile(in_hours, share) for share in (0.5, _OFTEN) if hours),
            len(lengths),
            len(waits) - len(lengths),
        )
        rows.append(Row(label, values, _ids(wait.dossier for wait in waits)))
    return Table(key, title, of, tuple(columns), tuple(rows), Drawn.BARS)


def _unique(dossiers: Iterable[Dossier]) -> dict[str, Dossier]:
    return {each.case.id: each for each in dossiers}


def _ids(dossiers: Iterable[Dossier]) -> tuple[str, ...]:
    return tuple(_unique(dossiers))
