"""What a click on an incident's message does, and what ``/harken`` answers about incidents. See ``clicks``."""

from datetime import UTC, datetime, timedelta

from monitor import storm
from monitor.line import Line
from monitor.slack import Message, controls, words
from monitor.slack.controls import Click
from monitor.slack.lists import sentences
from monitor.slack.untrusted import line as one_line
from monitor.store import incidents
from rules import surge
from rules.durations import spell
from rules.leases import Lease
from rules.model import Act
from rules.surge import Incident

_FOR = {"30m": timedelta(minutes=30), "2h": timedelta(hours=2)}


def clicked(line: Line, click: Click, who: str) -> Message | None:
    """Note what somebody did about an incident as a whole. Returns what only they are told.

    Args:
        line: where acts go.
        click: what was used.
        who: whoever did; they may act.
    """
    now = line.clock()
    with line.store.read() as db:
        found = incidents.get(db, click.case)
    if found is None or line.setup.incident is None:
        return sentences(words.NO_CASE)
    incident, _ = found
    if incident.over is not None:
        return sentences(words.STORM_ENDED)
    if click.what == controls.ALL:
        return _answered(line, incident, click.choice, Act("answered", who, now, words.STORM_STATEMENT_NOTE))
    lease = surge.lease(incident, line.setup.incident, now)
    act = _act(click, who, now)
    refusal = words.NO_CASE if act is None else _refusal(act, lease)
    if act is None or refusal is not None:
        return sentences(refusal or words.NO_CASE)
    if lease is None or (act.act, lease.holder) != ("ack", who):
        with line.store.write("act") as db:
            incidents.add_act(db, incident.id, act, "slack")
        line.escalate()
    return None


def _refusal(act: Act, lease: Lease | None) -> str | None:
    """Why nothing comes of an act, given how the incident stands now."""
    if act.act == "ack" and lease is not None and lease.holder not in ("", act.by):
        return words.STORM_TAKEN.format(who=lease.holder)
    return words.NOT_TAKEN if act.act == "unack" and lease is None else None


def _act(click: Click, who: str, now: datetime) -> Act | None:
    if click.what == controls.MORE and click.choice in _FOR:
        return Act("snooze", who, now, until=now + _FOR[click.choice])
    name = {controls.TAKE: "ack", controls.BACK: "unack"}.get(click.what)
    return None if name is None else Act(name, who, now)


def _answered(line: Line, incident: Incident, seen: str, act: Act) -> Message:
    """Those whom the message counted when it was used are answered; who joined since is not."""
    try:
        until = datetime.fromisoformat(seen).astimezone(UTC)
    except ValueError:
        return sentences(words.NO_CASE)
    with line.store.write("act") as db:
        members = storm.answered_all(db, incident.id, act, "slack", until=until)
    line.escalate()
    return sentences(words.STORM_NOTED.format(count=len(members)) if members else words.STORM_NOBODY)


def listed(line: Line) -> Message:
    """The incidents that are not over."""
    return sentences(*(lines(line) or [words.NO_STORM]))


def lines(line: Line) -> list[str]:
    """The same, a line each; none where there is none."""
    now = line.clock()
    with line.store.read() as db:
        found = [(one, incidents.count(db, one.id)) for one in incidents.every(db, running=True)]
    return [
        words.STORM_LISTED.format(
            topic=one_line(one.matter.about, 60),
            members=members,
            waiting=waiting,
            lasted=spell(now - (one.announced or one.began)),
            incident=one.id,
        )
        for one, (members, waiting) in found
    ]


def with_incident(answer: Message, line: Line, case: str) -> Message:
    """What is said of a case, and that it is in an incident, where it is in one that is not over."""
    with line.store.read() as db:
        name = incidents.of_cases(db, [case]).get(case)
        found = None if name is None else incidents.get(db, name)
    if found is None or found[0].over is not None:
        return answer
    said = words.STORM_OF_CASE.format(incident=found[0].id, topic=one_line(found[0].matter.about, 60))
    return Message(answer.text, [*answer.blocks, *sentences(said).blocks])


def shown(line: Line, prefix: str) -> Message | None:
    """An incident's message as it stands, for one reader; None where ``prefix`` names none."""
    if not incidents.named(prefix):
        return None
    with line.store.read() as db:
        found = incidents.starting_with(db, prefix)
        seen = storm.seen(db, found[0].id, line.setup, line.clock()) if len(found) == 1 else None
    return None if seen is None else seen.message()
