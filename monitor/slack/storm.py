"""An incident as Slack shows it. Values in, Block Kit out; reads nothing, sends nothing.

Other people's words stand in ``plain_text`` and ``rich_text`` only, as in ``render``.
"""

from dataclasses import dataclass

from monitor.slack import Block, Message, words
from monitor.slack.parts import context, date, fallback, handle, link, moment, plain, quote, rich, say, section
from monitor.slack.untrusted import address
from monitor.slack.untrusted import line as one_line
from monitor.store.incidents import Member
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


def message(view: StormView, *, repeat: bool = False) -> Message:
    """The one message of an incident: how many, about what, since when, why, who waits, and what to say first.

    Args:
        view: the incident.
        repeat: it may have arrived before.
    """
    title = _title(view)
    blocks: list[Block] = [context(words.REPEAT)] if repeat else []
    blocks += [{"type": "header", "text": plain(title, _TITLE)}, context(_times(view.incident))]
    over = view.incident.over is not None
    counts = words.STORM_WERE if over else words.STORM_COUNTS
    counts = counts.format(members=view.members, waiting=view.waiting)
    where = words.STORM_WERE_ON if over else words.STORM_WHERE
    where = where.format(sources=one_line(", ".join(view.sources), 200))
    blocks += [rich(section(say(counts, bold=True), say(where)))]
    blocks += _cause(view)
    if view.worst and view.incident.over is None:
        listed = [section(say(_listed(member)), *_due(member)) for member in view.worst]
        more = view.waiting - len(view.worst)
        listed += [section(say(words.MORE_CASES.format(count=more)))] if more > 0 else []
        heading = section(say(words.STORM_WORST, bold=True))
        blocks += [rich(heading, {"type": "rich_text_list", "style": "bullet", "elements": listed})]
    if view.incident.over is None:
        draft = words.STORM_DRAFT.format(topic=one_line(view.incident.topic, 60), brand=one_line(view.brand, 60))
        drafted = {"type": "rich_text_quote", "elements": [say(draft)]}
        blocks += [rich(section(say(words.STORM_SAY_FIRST, bold=True)), drafted)]
        blocks += [rich(section(say(words.STORM_ANSWERED_ALL.format(incident=view.incident.id))))]
    blocks += [{"type": "context", "elements": [plain(words.STORM_NAME.format(incident=view.incident.id), 200)]}]
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
    state = words.STORM_OVER if view.incident.over else words.STORM_CALM if view.incident.calm else words.STORM_RISING
    return state.format(topic=one_line(view.incident.topic, 60), waiting=view.waiting, members=view.members)


def _times(incident: Incident) -> str:
    """Since when, and since when no longer. Markup, made of our own words and of dates."""
    said = [words.STORM_SINCE.format(since=date(incident.began))]
    said += [words.STORM_CALM_SINCE.format(since=date(incident.calm))] if incident.calm else []
    said += [words.STORM_OVER_SINCE.format(since=date(incident.over))] if incident.over else []
    return " · ".join(said)


def _cause(view: StormView) -> list[Block]:
    """What they have in common."""
    parts = []
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


def _listed(member: Member) -> str:
    level, source = words.LEVEL[member.severity], one_line(member.source, 20)
    return words.STORM_MEMBER.format(level=level, who=handle(member.author), source=source, case=member.case)


def _due(member: Member) -> list[Block]:
    """When their answer is due."""
    if member.deadline is None:
        return []
    return [say(words.STORM_DUE), moment(member.deadline)]
