"""The facts behind the gallery: customers, cases, incidents and lists that nobody ever had, the same on every day.

Whatever somebody else would have chosen comes from a `Theirs`, so that the same messages can be made with any words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connectors import Gap
from monitor.slack.case import CaseView
from monitor.slack.digest import DigestView, Entry
from monitor.slack.digest import most as most_of_digest
from monitor.slack.handover import Briefing, Owing, Taken
from monitor.slack.links import Linked
from monitor.slack.lists import Row
from monitor.slack.status import Heard
from monitor.slack.storm import StormView
from monitor.store.incidents import Member
from rules.coach import Advice
from rules.leases import Lease
from rules.model import (
    Case,
    Ended,
    Ending,
    Kind,
    Mention,
    Page,
    Reason,
    Severity,
    Shift,
    Side,
    Silence,
    Span,
    Status,
    Verdict,
)
from rules.past import Past
from rules.quiet import Quiet
from rules.recovery import Owed
from rules.surge import Cause, Incident

NOW = datetime(2026, 11, 24, 12, 42, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SINCE = NOW - 24 * MINUTE
BLOCK = "\u2588"
BRAND = "Acme"
CASE = "3f9c2a71d0"
GROUP = "S0123CARE"


@dataclass(frozen=True, slots=True)
class Theirs:
    """Everything in a message that somebody else chose, each in turn where a message needs several."""

    texts: tuple[str, ...]
    answers: tuple[str, ...]
    authors: tuple[str, ...]
    names: tuple[str, ...]
    urls: tuple[str | None, ...]
    sources: tuple[str, ...]
    topics: tuple[str, ...]
    reasons: tuple[str, ...]
    drafts: tuple[str, ...]
    """Replies that colleagues had not posted yet."""
    common: tuple[str, ...]
    """Words that many posts have in common."""
    notes: tuple[str, ...]
    people: tuple[str, ...]
    """How colleagues are called in the config, or in Slack."""
    many: bool = False
    """Everything there can be several of is there in numbers."""

    def several(self, few: int) -> range:
        """As many as a message usually has, or more than it can show."""
        return range(60 if self.many else few)


USUAL = Theirs(
    texts=(
        "@Acme I was charged twice for order 1042 on Friday and nobody answers. Please refund me today.",
        "hello?? Still waiting. Third time I ask, next I call my bank.",
        "Paying with a card fails at the last step, whatever I try.",
        "Same here, the app says my card was declined. It was not.",
    ),
    answers=("We are so sorry! The second charge is on its way back to you, you will see it by tomorrow.",),
    authors=tuple(f"sample_customer_{number:02}" for number in range(1, 13)),
    names=("Sample Customer",),
    urls=("https://network.example/posts/1042",),
    sources=("x", "reddit", "bluesky"),
    topics=("billing", "refund"),
    reasons=(
        "says that they were charged twice",
        "asks for their money back",
        "nobody has answered them, they say",
    ),
    drafts=("We are sorry but you entered it wrong. We look into it.",),
    common=("card", "declined", "payment"),
    notes=("answered by phone",),
    people=("sam", "kim"),
)
LONG = Theirs(
    texts=("Ä long stòry that nobody would want to read to its very end, said again and again. " * 200, "why? " * 3000),
    answers=("We are very sorry indeed. " * 300,),
    authors=("a_handle_that_is_far_longer_than_any_network_allows_it_to_be" * 4, "שלום_עולם" * 30),
    names=("A Shown Name That Goes On And On " * 20,),
    urls=("https://a-very-long-name.of-a-network.example/" + "posts/" * 300 + "1042",),
    sources=("a-source-with-a-name-that-its-desk-was-very-fond-of" * 4,),
    topics=tuple(f"a topic that is called number {number} of many" for number in range(60)),
    reasons=tuple(f"reason number {number}, which explains itself at some length " * 8 for number in range(60)),
    drafts=("We are very sorry, and this is a long reply that nobody has posted yet. " * 100,),
    common=("interminable" * 20,) * 6,
    notes=("a note that explains everything " * 100,),
    people=("somebody with a very long name indeed " * 10,),
    many=True,
)


def pick(chosen: Sequence[str], number: int) -> str:
    """The one that is due as number ``number``."""
    return chosen[number % len(chosen)]


def post(theirs: Theirs, number: int = 0, *, at: datetime = SINCE, id_: str = "1042") -> Mention:
    """A customer's post."""
    return Mention(
        pick(theirs.sources, 0),
        id_,
        "1042",
        pick(theirs.authors, 0),
        pick(theirs.texts, number),
        at,
        author_name=pick(theirs.names, 0),
        followers=12_300,
        url=theirs.urls[0],
    )


def case(
    theirs: Theirs,
    *,
    severity: Severity = Severity.HIGH,
    status: Status = Status.WAITING,
    ended: Ending | None = None,
    chased: bool = False,
) -> CaseView:
    """A case that waits, or that has come to ``ended``; ``chased`` once the customer had to ask again."""
    opened = post(theirs)
    latest = post(theirs, 1, at=SINCE + 14 * MINUTE, id_="1043") if chased else opened
    ids = ("1042", "1043") if chased else ("1042",)
    silence = Silence("", SINCE, ids, ((SINCE, severity),), chased, ended)
    reasons = tuple(Reason(f"rule-{number}", each, 3.0 - number) for number, each in enumerate(theirs.reasons))
    answered = ended is not None and ended.how is Ended.ANSWERED and not ended.id.startswith("act:")
    return CaseView(
        case=Case(CASE, opened.source, "1042", opened.author, (silence,)),
        silence=silence,
        status=status,
        opened=opened,
        latest=latest,
        verdict=Verdict(Kind.COMPLAINT, severity, 0.97, "en", topics=theirs.topics, reasons=reasons),
        deadline=SINCE + 30 * MINUTE,
        answer=replace(opened, id="1050", author="AcmeHelp", text=theirs.answers[0]) if answered else None,
        brand=BRAND,
        controls=True,
        past=Past(((Ended.ANSWERED, 2), (Ended.DISMISSED, 1)), 1, NOW - 12 * DAY, more=theirs.many),
        gaps=tuple(Gap(Side.OURS, SINCE, SINCE + MINUTE, pick(theirs.notes, 0)) for _ in theirs.several(0)),
    )


def answer(minutes: int = 20, by: str = "AcmeHelp") -> Ending:
    """An answer in public, so long after the customer's word."""
    return Ending("1050", SINCE + minutes * MINUTE, Ended.ANSWERED, by)


def decision(theirs: Theirs, how: Ended) -> Ending:
    """What a person made of a case."""
    return Ending(f"act:{how}", SINCE + 20 * MINUTE, how, pick(theirs.people, 0))


def lease(theirs: Theirs, *, put_off: bool = False) -> Lease:
    """Somebody has a case for an hour, or has put it off."""
    start = NOW - 4 * MINUTE
    return Lease("" if put_off else pick(theirs.people, 0), start, start + HOUR, lapses=True)


def quiet(theirs: Theirs) -> Quiet:
    """Somebody has muted the author."""
    start, name = NOW - 4 * MINUTE, pick(theirs.people, 1) if theirs.many else ""
    return Quiet(Span(start, start + 24 * HOUR), pick(theirs.people, 0), name, pick(theirs.sources, 0), "somebody")


def window(theirs: Theirs) -> Quiet:
    """A maintenance window is open."""
    name = pick(theirs.notes, 0) if theirs.many else "payment provider moves"
    return Quiet(Span(NOW - HOUR, NOW + 2 * HOUR), pick(theirs.people, 0), name=name)


def linked(theirs: Theirs) -> tuple[Linked, ...]:
    """Other cases of the same person."""
    ends = answer()
    rows = [
        Linked(
            f"{0x81B0C4E2AA + 0x7654321 * number:010x}",
            pick(theirs.sources, number + 1),
            pick(theirs.authors, number + 1),
            *((Status.RESTING, Severity.NORMAL, ends) if number % 2 == 0 else (Status.WAITING, Severity.LOW, None)),
        )
        for number in theirs.several(2)
    ]
    return tuple(rows)


def page(why: str = "the answer is due in 6 min") -> Page:
    """A further step of the ladder."""
    return Page(CASE, "", 0, 1, "#care", NOW, why)


def rows(theirs: Theirs, few: int = 4) -> list[Row]:
    """Who waits, the nearest deadline first."""
    severities = (Severity.CRISIS, Severity.HIGH, Severity.NORMAL, Severity.LOW)
    return [
        Row(
            case=f"{0x3F9C2A71D0 + 0x1234567 * number:010x}",
            severity=severities[min(number, 3)],
            author=pick(theirs.authors, number),
            source=pick(theirs.sources, number),
            since=NOW - (24 + 9 * number) * MINUTE,
            deadline=NOW + (40 * number - 6) * MINUTE,
            holder=pick(theirs.people, 0) if number == 1 or theirs.many else "",
        )
        for number in theirs.several(few)
    ]


def storm(
    theirs: Theirs, *, calm: bool = False, over: bool = False, announced: bool = False, stated: bool = False
) -> StormView:
    """Many customers, one cause; which our status page told of before (``announced``), or we have spoken of since."""
    began = NOW - 18 * MINUTE
    incident = Incident("i-5b7e90c1", pick(theirs.topics, 0), began, began + 4 * MINUTE, 11)
    incident = replace(incident, calm=NOW - 3 * MINUTE if calm else None, over=NOW if over else None)
    incident = replace(incident, needed=0, announced=began) if announced else incident
    worst = tuple(
        Member(one.case, one.source, one.author, one.severity, one.since, one.deadline) for one in rows(theirs, 5)
    )
    waiting = 0 if over else 9 if calm else 47
    shown = () if over else worst[:12]
    first = post(theirs, 2, at=began)
    return StormView(
        incident=incident,
        members=52,
        waiting=waiting,
        sources=tuple(pick(theirs.sources, number) for number in theirs.several(3)),
        worst=shown,
        cause=Cause(theirs.common, theirs.urls[0]),
        first=first,
        brand=BRAND,
        answered=52 - waiting,
        draft=f"Many of you have trouble with {incident.topic} right now. We are sorry, and we are on it. {BRAND}",
        lease=lease(theirs) if stated or theirs.many else None,
        statement=post(theirs, 1, at=NOW - 2 * MINUTE) if stated or theirs.many else None,
        announcement=post(theirs, 3, at=began) if announced else None,
        told=tuple(replace(one, ended="answered") for one in worst[:12]) if calm else (),
        joined=NOW - MINUTE,
        controls=True,
    )


def briefing(theirs: Theirs) -> Briefing:
    """What somebody who comes on call takes over."""
    held = {1: lease(theirs), 2: lease(theirs, put_off=True)}
    taken = [Taken(replace(row, holder=""), held.get(number)) for number, row in enumerate(rows(theirs, 3))][:15]
    rota = pick(theirs.people, 0) if theirs.many else "support"
    owing = [Owing(row, Owed.UPDATE, pick(theirs.people, 0), NOW + HOUR) for row in rows(theirs, 3)[-1:]]
    owing *= 15 if theirs.many else 1
    return Briefing(rota, pick(theirs.people, 1), NOW + 8 * HOUR, taken, 60 if theirs.many else 3, owing)


def digest(theirs: Theirs) -> DigestView:
    """Those who wait and page nobody one by one."""
    listed = rows(theirs, 4)[2:]
    most = most_of_digest(controls=True)
    entries = tuple(
        Entry(
            case=one.case,
            severity=one.severity,
            author=one.author,
            source=one.source,
            topics=theirs.topics,
            since=one.since - 5 * HOUR,
            deadline=one.deadline,
            url=theirs.urls[0],
            lease=lease(theirs) if number == 1 else None,
        )
        for number, one in enumerate(listed[:most])
    )
    return DigestView(NOW, NOW, len(listed), entries, BRAND, controls=True)


def advice(theirs: Theirs) -> tuple[Advice, ...]:
    """What the coach has to say about a reply."""
    if theirs.many:
        return tuple(Advice(pick(theirs.notes, 0), each, must=True, spans=((0, 12),)) for each in theirs.reasons)
    return (
        Advice("blame", "Do not give the customer the fault: say what you will do.", must=True, spans=((17, 37),)),
        Advice("when", "Say until when they hear from you again.", must=False),
    )


def turns(theirs: Theirs) -> list[tuple[str, list[Shift]]]:
    """Who is on call in which rota, now and next."""
    names = [pick(("support", "weekend"), number) if not theirs.many else pick(theirs.people, 0) for number in range(2)]
    first, second = pick(theirs.people, 0), pick(theirs.people, 1)
    now = Shift(first, Span(NOW - 5 * HOUR, NOW + 3 * HOUR))
    following = Shift(second, Span(NOW + 3 * HOUR, NOW + 11 * HOUR))
    return [(names[0], [now, following]), (names[1], [replace(following, span=Span(NOW + 4 * DAY, NOW + 6 * DAY))])]


def heard(theirs: Theirs) -> list[Heard]:
    """How far each source is heard."""
    states: tuple[tuple[datetime | None, str | None], ...] = (
        (NOW - MINUTE, None),
        (NOW - 40 * MINUTE, pick(theirs.notes, 0) if theirs.many else "HTTP 503"),
        (None, None),
    )
    return [Heard(pick(theirs.sources, number), *states[number % 3]) for number in theirs.several(3)]


def week(theirs: Theirs) -> str:
    """A weekly report, as ``monitor.weekly`` words it."""
    figures = (
        "25 customers asked, 16 of them were answered.",
        "\u2022 never answered: 9 (up to the end of this time)",
        "\u2022 first reply, median: 22 min (of 16; 9 still wait)",
        "\u2022 deadlines kept: 64% (16 of 25 waits that were due)",
        f"\u2022 systemic: {pick(theirs.topics, 0)}",
    )
    said = "\n".join((f"{BRAND}: the week from 2026-03-02 to 2026-03-09", *figures))
    return f"{said}\n\n2026-03-02 {4 * BLOCK} 4\n2026-03-03 {9 * BLOCK} 9"
