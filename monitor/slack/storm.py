"""An incident as Slack shows it. Values in, Block Kit out; reads nothing, sends nothing.

Other people's words stand in ``plain_text`` and ``rich_text`` only, as in ``render``.
"""

from dataclasses import dataclass
from datetime import datetime

from monitor.slack import Block, Message, words
from monitor.slack.case import holder
from monitor.slack.controls import incident_controls
from monitor.slack.parts import context, date, fallback, handle, link, moment, plain, quote, rich, say, section
from monitor.slack.untrusted import address
from monitor.slack.untrusted import line as one_line
from monitor.store.incidents import Member
from rules.leases import Lease
from rules.model import Mention, Page
from rules.surge import Cause, Incident

_TITLE = 150
_FIRST = 400


@dataclass(frozen=True, slots=True)
class StormView:
    """What a message says about an incident."""

    incident: Incident
    members: int
    """How many cases have joined it."""
    waiting: int
    """How many of them nobody has answered yet."""
    sources: tuple[str, ...]
    worst: tuple[Member, ...]
    """Those who wait, the worst and the nearest deadline first; not all of them."""
    cause: Cause
    first: Mention | None
    """The post that it began with."""
    brand: str
    answered: int = 0
    """How many of them were answered, in public or elsewhere."""
    draft: str = ""
    """A first word to post in public."""
    lease: Lease | None = None
    """Who has it now."""
    statement: Mention | None = None
    """What we have said about it in public."""
    announcement: Mention | None = None
    """Where our own status page told of it."""
    told: tuple[Member, ...] = ()
    """Those who wait no more, the worst first; not all of them."""
    joined: datetime | None = None
    """When the last of them joined."""
    controls: bool = False

    @property
    def undone(self) -> bool:
        """Whether nothing has been said in public yet, and somebody may still have to."""
        return self.incident.over is None and self.statement is None


def message(view: StormView, *, repeat: bool = False) -> Message:
    """The one message of an incident: how many, about what, since when, why, who waits, and what to say first.

    Args:
        view: the incident.
        repeat: it may have arrived before.
    """
    title = _title(view)
    blocks: list[Block] = [context(words.REPEAT)] if repeat else []
    blocks += [{"type": "header", "text": plain(title, _TITLE)}, context(_times(view.incident))]
    blocks += [_counts(view)]
    blocks += [holder(view.lease)] if view.lease is not None else []
    blocks += _cause(view)
    if view.worst and view.incident.over is None:
        listed = [section(say(_listed(member)), *_due(member)) for member in view.worst]
        more = view.waiting - len(view.worst)
        listed += [section(say(words.MORE_CASES.format(count=more)))] if more > 0 else []
        heading = section(say(words.STORM_NOT_TOLD if view.incident.calm else words.STORM_WORST, bold=True))
        blocks += [rich(heading, {"type": "rich_text_list", "style": "bullet", "elements": listed})]
    if view.incident.calm is not None and view.told:
        blocks += [_told(view)]
    if view.incident.over is None:
        blocks += _statement(view)
    blocks += [{"type": "context", "elements": [plain(words.STORM_NAME.format(incident=view.incident.id), 200)]}]
    if view.controls and view.incident.over is None:
        all_ = view.joined if view.statement is not None and view.waiting else None
        blocks += [incident_controls(view.incident.id, view.lease, all_, view.waiting)]
    return Message(fallback(title, repeat=repeat), blocks)


def page_message(view: StormView, page: Page, *, repeat: bool = False) -> Message:
    """The notice that an incident has come to its next step, for the thread of its message."""
    title = _title(view)
    said = f"\n{one_line(page.why, 300)} ({words.STORM_COUNTS.format(members=view.members, waiting=view.waiting)})"
    blocks = [context(words.REPEAT)] if repeat else []
    return Message(fallback(title, repeat=repeat), [*blocks, rich(section(say(title, bold=True), say(said)))])


def plainly(view: StormView, page: Page, *, repeat: bool = False) -> tuple[str, str]:
    """The same as title and plain text, for a way out that is not Slack."""
    mark = words.REPEAT_MARK if repeat else ""
    lines = [one_line(page.why, 300), words.STORM_COUNTS.format(members=view.members, waiting=view.waiting)]
    return mark + _title(view), "\n".join([*lines, *map(_listed, view.worst)])


def _title(view: StormView) -> str:
    incident = view.incident
    rising = words.STORM_RISING if incident.holding else words.STORM_ANNOUNCED
    state = words.STORM_OVER if incident.over else words.STORM_CALM if incident.calm else rising
    return state.format(topic=one_line(incident.matter.about, 60), waiting=view.waiting, members=view.members)


def _counts(view: StormView) -> Block:
    """How many, where, and who of them has been told."""
    over = view.incident.over is not None
    counts = (words.STORM_WERE if over else words.STORM_COUNTS).format(members=view.members, waiting=view.waiting)
    told = words.STORM_TOLD.format(answered=view.answered) if view.members else ""
    where = words.STORM_WHERE.format(sources=one_line(", ".join(view.sources), 200)) if view.sources else ""
    held = words.STORM_HELD if view.incident.holding and not over else ""
    return rich(section(say(counts, bold=True), say(f"{told}{where}.{held}")))


def _statement(view: StormView) -> list[Block]:
    """What we have said in public, or a draft of it; and what a person may then decide."""
    if view.statement is None:
        drafted = {"type": "rich_text_quote", "elements": [say(one_line(view.draft, 600))]}
        after = words.STORM_ANSWERED_ALL.format(incident=view.incident.id)
        return [rich(section(say(words.STORM_SAY_FIRST, bold=True)), drafted), rich(section(say(after)))]
    heading = section(say(words.STORM_STATEMENT, bold=True), *link(words.OPEN_POST, view.statement.url))
    decide = words.STORM_DECIDE.format(incident=view.incident.id)
    decided = [rich(section(say(decide)))] if view.waiting else []
    return [rich(heading, quote(view.statement, _FIRST)), *decided]


def _times(incident: Incident) -> str:
    """Since when, and since when no longer. Markup, made of our own words and of dates."""
    said = [words.STORM_SINCE.format(since=date(incident.announced or incident.began))]
    said += [words.STORM_CALM_SINCE.format(since=date(incident.calm))] if incident.calm else []
    said += [words.STORM_OVER_SINCE.format(since=date(incident.over))] if incident.over else []
    return " · ".join(said)


def _cause(view: StormView) -> list[Block]:
    """What they have in common."""
    parts = []
    if view.announcement is not None:
        parts += [section(say(words.STORM_STATUS), *link(words.OPEN_POST, view.announcement.url))]
        parts += [quote(view.announcement, _FIRST)]
    if view.cause.words:
        said = one_line(", ".join(view.cause.words), 200)
        parts += [section(say(words.STORM_WORDS.format(words=said)))]
    shared = address(view.cause.link)
    if shared is not None:
        parts += [section(say(words.STORM_LINK), *link("{host}", shared))]
    if view.first is not None:
        parts += [
            section(
                say(words.STORM_FIRST.format(who=handle(view.first.author))), *link(words.OPEN_POST, view.first.url)
            )
        ]
        parts += [quote(view.first, _FIRST)]
    return [rich(section(say(words.STORM_CAUSE, bold=True)), *parts)] if parts else []


def _told(view: StormView) -> Block:
    """Once it is calm: who was told, and who was let go without a word."""
    listed = [section(say(_listed(member)), say(words.STORM_HOW.format(how=member.ended))) for member in view.told]
    more = view.members - view.waiting - len(view.told)
    listed += [section(say(words.MORE_CASES.format(count=more)))] if more > 0 else []
    heading = section(say(words.STORM_WHO_TOLD, bold=True))
    return rich(heading, {"type": "rich_text_list", "style": "bullet", "elements": listed})


def _listed(member: Member) -> str:
    level, source = words.LEVEL[member.severity], one_line(member.source, 20)
    return words.STORM_MEMBER.format(level=level, who=handle(member.author), source=source, case=member.case)


def _due(member: Member) -> list[Block]:
    """When their answer is due."""
    if member.deadline is None:
        return []
    return [say(words.STORM_DUE), moment(member.deadline)]
