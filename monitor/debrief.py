"""A debrief of a case or an incident as Markdown: what happened, with its facts, and the questions people answer.

It gathers and writes. It names no cause: the four it asks about are for people to tell apart.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.report.files import md
from monitor.report.gather import Scope, facts
from monitor.report.values import written
from monitor.review import derive
from monitor.setup import Setup
from monitor.store import debriefs, incidents, pages, posts, reports, sources
from monitor.store.cases import CaseRow
from monitor.store.debriefs import Action
from monitor.store.posts import Heard
from rules import escalation, surge
from rules.durations import spell
from rules.model import Case, Side
from rules.report.topics import BACK, spread
from rules.report.values import Unit
from rules.report.waits import kept, replies
from rules.story import story
from rules.surge import Incident

QUESTIONS = (
    ("What happened?", ("In two or three sentences, for somebody who was not there.",)),
    ("What did it mean for the customer?", ("What did they lose or fear, and what made it better or worse?",)),
    (
        "What was the cause?",
        (
            "- [ ] a rule was not followed: which one, and what made that the easy way?",
            "- [ ] a rule was not understood: by whom, and how would they have known?",
            "- [ ] it was not foreseen: what should be looked for from now on?",
            "- [ ] the process itself leads there: where does it, even if everybody follows it?",
        ),
    ),
    ("Was it a one-off, or is it systemic?", ()),
    ("What changes?", ()),
)
_SINCE = timedelta(weeks=6)
"""How long after a case or an incident began recurrence is still looked for: as far as it is now, if that is sooner."""
_MOST = 500
"""Lines of a time line; of a longer one the middle is left out."""
_QUOTED = 280


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the time line."""

    at: datetime
    what: str
    quote: str = ""
    """What somebody posted, as posted."""


def of_case(db: sqlite3.Connection, row: CaseRow, setup: Setup, zone: str, now: datetime) -> str | None:
    """The debrief of a case as Markdown; None where nothing is left of it."""
    case = derive(db, row)
    if case is None:
        return None
    policy = setup.pinned(db, row.policy, row.opened_at)
    first, opened = case.silences[0], posts.find(db, [(row.source, case.silences[0].words[0])])
    entries = [
        *(_said(heard, row) for heard in posts.texts(db, row.thread_key)),
        *(Entry(one.at, f"{one.what}: {one.why}") for one in story(case, policy, now)),
        *_paged(db, row.id),
        *_noted(db, row),
        *_unheard(db, row, first.start, now),
    ]
    deadline = escalation.deadline(first, policy)
    about = [
        ("customer", f"{row.author} at {row.source}"),
        ("severity", case.standing.severity.word),
        ("state", row.status.value),
        ("opened", _at(first.start, zone)),
        ("answer was due", "never" if deadline is None else _at(deadline, zone)),
        ("first answer", _first_answer(case, deadline)),
        ("asked again", f"{sum(each.chased for each in case.silences)} of {len(case.silences)} times they waited"),
        ("policy", policy.name),
    ]
    topics = next((heard.verdict.topics for heard in opened.values()), ())
    until = min(now, first.start + _SINCE)
    return _markdown(
        f"Debrief of case {row.id}",
        about,
        sorted(entries, key=lambda one: one.at),
        recurs=[_recurs(db, topic, until) for topic in topics] or ["No topic was told from its words."],
        actions=debriefs.every(db, row.id),
        zone=zone,
    )


def of_incident(db: sqlite3.Connection, incident: Incident, setup: Setup, zone: str, now: datetime) -> str:
    """The debrief of an incident as Markdown."""
    members = reports.members(db, incident.id)
    end = incident.over or now
    scope = Scope(incident.began, max(end, incident.noticed), zone, rehearsed=True)
    gathered = facts(db, setup, scope)
    told = [each for each in gathered.dossiers if each.case.id in set(members)]
    entries = [Entry(one.at, one.why) for one in surge.moments(incident, now)]
    for each in told:
        first = each.case.silences[0]
        entries.append(Entry(first.start, f"{each.case.author} is waiting for an answer (case {each.case.id})"))
        if first.ended is not None:
            entries.append(Entry(first.ended.at, f"{each.case.author} {first.ended.how} by {first.ended.by}"))
    entries += _paged(db, incident.id)
    only = replace(gathered, dossiers=told)
    figures = {figure.key: figure for section in (replies(only), kept(only)) for figure in section.figures}
    words = surge.cause([each.first for each in told if each.first is not None], setup.names)
    had, waiting = incidents.count(db, incident.id)
    about = [
        ("topic", incident.topic),
        ("began", _at(incident.began, zone)),
        ("noticed", f"{_at(incident.noticed, zone)}, {spell(incident.noticed - incident.began)} after it began"),
        ("no more came", "not yet" if incident.calm is None else _at(incident.calm, zone)),
        ("over", "not yet" if incident.over is None else _at(incident.over, zone)),
        ("customers", f"{had}, of whom {waiting} still wait"),
        ("at", ", ".join(incidents.sources(db, incident.id))),
        ("in their words", ", ".join(words.words) or "nothing in common"),
        *(
            (figures[key].title, f"{written(figures[key].value, figures[key].unit)} ({figures[key].note})")
            for key in ("first_reply", "first_reply_p90", "deadlines_kept", "asked_before_told")
        ),
    ]
    return _markdown(
        f"Debrief of incident {incident.id}",
        about,
        sorted(entries, key=lambda one: one.at),
        recurs=[_recurs(db, incident.topic, min(now, incident.began + _SINCE))],
        actions=debriefs.every(db, incident.id),
        zone=zone,
    )


def _said(heard: Heard, row: CaseRow) -> Entry:
    who = f"{heard.mention.author} (us)" if heard.post.own else heard.mention.author
    other = "" if heard.post.own or heard.mention.author == row.author else ", another customer,"
    if heard.post.gone_at is not None:
        return Entry(heard.post.posted_at, f"{who}{other} posted something that is gone")
    return Entry(heard.post.posted_at, f"{who}{other} posted", heard.mention.text[:_QUOTED])


def _paged(db: sqlite3.Connection, about: str) -> Iterator[Entry]:
    for page in pages.of_case(db, about):
        yield Entry(page.due, f"page to {page.recipient}, {page.outcome or 'owed'}: {page.why}")


def _noted(db: sqlite3.Connection, row: CaseRow) -> Iterator[Entry]:
    for act in posts.acts(db, row.thread_key).get(row.author, ()):
        if act.note:
            yield Entry(act.at, f"{act.by} noted with {act.act}: {act.note}")


def _unheard(db: sqlite3.Connection, row: CaseRow, since: datetime, now: datetime) -> Iterator[Entry]:
    for side in Side:
        for gap in sources.gaps(db, row.via, side):
            if gap.until > since and gap.since < now:
                yield Entry(
                    gap.since, f"{row.via}, {side} side: not heard for {spell(gap.until - gap.since)} ({gap.why})"
                )


def _first_answer(case: Case, deadline: datetime | None) -> str:
    ended = case.silences[0].ended
    if ended is None:
        return "none yet"
    took = f"{ended.how} by {ended.by} after {spell(ended.at - case.silences[0].start)}"
    if deadline is None:
        return took
    late = ended.at - deadline
    return f"{took}, {spell(late)} late" if ended.at > deadline else f"{took}, in time"


def _recurs(db: sqlite3.Connection, topic: str, until: datetime) -> str:
    asked = reports.asked(db, until - BACK, until).get(topic, [])
    found = spread(asked, reports.first_post(db), until)
    change = f", {found.change}" if found.change else ""
    people = "1 person" if found.authors == 1 else f"{written(found.authors, Unit.COUNT)} people"
    return f"{topic}: {people} in {found.weeks} of the {found.known} weeks known{change}: {found.pattern}."


def _at(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _markdown(
    title: str,
    about: Sequence[tuple[str, str]],
    entries: Sequence[Entry],
    *,
    recurs: Sequence[str],
    actions: Sequence[Action],
    zone: str,
) -> str:
    parts = [f"# {md(title)}", "\n".join(f"* {md(name)}: {md(value)}" for name, value in about)]
    parts.append(f"## Time line ({md(zone)})")
    parts.append("\n".join(_lines(entries, zone)))
    for question, hints in QUESTIONS:
        parts.append(f"## {question}")
        if hints:
            parts.append("\n".join(hints))
        if question.startswith("Was it"):
            parts.append("\n".join(f"* {md(each)}" for each in recurs))
        if question.startswith("What changes"):
            parts.append("\n".join(map(_action, actions)) or 'Nothing is noted yet: "harken debrief action add" does.')
    return "\n\n".join(parts) + "\n"


def _lines(entries: Sequence[Entry], zone: str) -> Iterator[str]:
    half = _MOST // 2
    cut = len(entries) > _MOST
    for number, entry in enumerate(entries):
        if cut and number == half:
            yield f"* ... {len(entries) - _MOST} more ..."
        if not cut or number < half or number >= len(entries) - half:
            quote = f": “{md(entry.quote)}”" if entry.quote else ""
            yield f"* {_at(entry.at, zone)} {md(entry.what)}{quote}"


def _action(action: Action) -> str:
    due = "" if action.due is None else f", by {action.due}"
    done = "" if action.done_at is None else f", done {action.done_at:%Y-%m-%d} by {action.done_by}"
    note = f" ({action.note})" if action.note else ""
    said = md(f"{action.what}, {action.who}{due}{done}{note}")
    return f"- [{' ' if action.done_at is None else 'x'}] {action.id}: {said}"
