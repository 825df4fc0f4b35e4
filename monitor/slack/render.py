"""Values in, Block Kit out. Reads no clock, asks nobody, sends nothing.

Other people's words stand in ``plain_text`` and ``rich_text`` only, which Slack shows and does not interpret. What
Slack does interpret (``mrkdwn``) holds our own words and dates, nothing else; the fallback text is escaped as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors import Gap
from monitor.slack import Block, Message, words
from monitor.slack.controls import controls
from monitor.slack.parts import Part, context, date, fallback, handle, link, plain, quote, rich, say, section
from monitor.slack.untrusted import address, escape
from monitor.slack.untrusted import line as one_line
from monitor.slack.untrusted import words as shown
from rules.durations import spell
from rules.judge import WORDING
from rules.leases import Lease
from rules.model import Case, Ended, Mention, Page, Silence, Status, Verdict

_TITLE = 150
_BRIEF = 300
_FIRST = 1200
_LAST = 400
_ANSWER = 300
_PAGE = 280
_REASONS = 4
_NOTICE = 2500
_GAPS = 3
_LISTED = 12


@dataclass(frozen=True, slots=True)
class CaseView:
    """What a message says about a case."""

    case: Case
    silence: Silence
    """The one that waits, else the last."""
    status: Status
    opened: Mention
    """The first post of that silence."""
    latest: Mention
    """Its newest word."""
    verdict: Verdict
    """What the judge said of ``opened``."""
    deadline: datetime | None = None
    """When the answer is due; None where the policy's open hours end before that."""
    answer: Mention | None = None
    """The post that ended the silence, if one did and we have it."""
    brand: str = ""
    blind_since: datetime | None = None
    """Since when an answer given on the network could not have been heard."""
    lease: Lease | None = None
    """Who has it now, and until when."""
    controls: bool = False
    """It can be acted on from Slack."""
    gaps: tuple[Gap, ...] = ()
    """Times, while the customer waited, in which our own side was not heard."""


def case_message(view: CaseView, *, repeat: bool = False) -> Message:
    """The one message of a case in a channel: who, where, what, why, since when, until when, and how it ended.

    Args:
        view: the case.
        repeat: it may have arrived before.
    """
    title = _title(view)
    blocks = [*_warnings(view, repeat=repeat), {"type": "header", "text": plain(title, _TITLE)}]
    # What its author took back is shown by nobody any more, in whatever words.
    gone = view.status is Status.WITHDRAWN
    blocks += [] if gone else _said(view)
    blocks += [rich(*_ending(view))] if view.silence.ended else []
    blocks += [context(_times(view))]
    blocks += [_holder(view.lease)] if view.lease is not None and view.silence.ended is None else []
    blocks += [] if gone else [rich(*_why(view.verdict))]
    blocks += [{"type": "context", "elements": [plain(_name(view), 200)]}]
    if view.controls and view.status is Status.WAITING:
        blocks += [controls(view.case.id, view.lease)]
    brief = "" if gone else f": {one_line(view.opened.text, _BRIEF) or words.NO_TEXT}"
    return Message(fallback(title + brief, repeat=repeat), blocks)


def page_message(view: CaseView, page: Page, *, repeat: bool = False) -> Message:
    """The notice that a case has come to its next step, for the thread of its message.

    Args:
        view: the case.
        page: what is owed, to whom and why.
        repeat: it may have arrived before.
    """
    title = words.HAS_WAITED.format(
        level=words.LEVEL[view.silence.severity],
        who=handle(view.opened.author),
        source=one_line(view.opened.source, 20),
        waited=spell(page.due - view.silence.start),
    )
    why = one_line(page.why, 300)
    told = [say(f"\n{why}")] if why else []
    blocks = _warnings(view, repeat=repeat)
    blocks += [rich(section(say(title, bold=True), *told), quote(view.latest, _PAGE))]
    blocks += [context(words.ANSWER_DUE.format(due=date(view.deadline)))] if view.deadline else []
    leads = link(words.OPEN_POST, view.latest.url or view.opened.url)
    blocks += [rich(section(*leads))] if leads else []
    said = f"{title}: {one_line(view.latest.text, _BRIEF) or words.NO_TEXT}"
    return Message(fallback(said, repeat=repeat), blocks)


def details(view: CaseView, story: Sequence[str]) -> Message:
    """Everything that is known of a case, for one reader: every reason, and what happened.

    Args:
        view: the case.
        story: what happened, a sentence each; may hold anybody's words.
    """
    reasons = [one_line(reason.why, 200) or one_line(reason.rule, 200) for reason in view.verdict.reasons[:_LISTED]]
    happened = [one_line(said, 300) for said in story[-_LISTED:]]
    lists: list[Part] = []
    for heading, said in ((words.REASONS, reasons), (words.HAPPENED, happened)):
        if listed := [section(say(each)) for each in said if each]:
            lists += [section(say(heading, bold=True))]
            lists += [{"type": "rich_text_list", "style": "bullet", "elements": listed}]
    title = _title(view)
    return Message(
        escape(title), [{"type": "header", "text": plain(title, _TITLE)}, *([rich(*lists)] if lists else [])]
    )


def redacted(why: str) -> Message:
    """What is left of a page whose customer has deleted what it quoted.

    Args:
        why: why the page was sent, in our own words.
    """
    said = f"{words.REDACTED} ({one_line(why, 300)})"
    return Message(escape(said), [rich(section(say(said)))])


def plainly(view: CaseView, page: Page, *, repeat: bool = False) -> tuple[str, str]:
    """A page as title and plain text, for a way out that is not Slack.

    Args:
        view: the case.
        page: what is owed, and why.
        repeat: it may have arrived before.
    """
    mark = words.REPEAT_MARK if repeat else ""
    title = words.HAS_WAITED.format(
        level=words.LEVEL[view.silence.severity],
        who=handle(view.opened.author),
        source=one_line(view.opened.source, 20),
        waited=spell(page.due - view.silence.start),
    )
    leads = address(view.latest.url or view.opened.url)
    quoted = f'"{one_line(view.latest.text, _BRIEF) or words.NO_TEXT}"'
    return mark + title, "\n".join(filter(None, (one_line(page.why, 300), quoted, leads, _name(view))))


def notice_plainly(text: str, *, repeat: bool = False) -> tuple[str, str]:
    """A notice about Harken itself as title and plain text."""
    return f"{words.REPEAT_MARK if repeat else ''}Harken", one_line(text, _NOTICE) or words.NO_TEXT


def narration(text: str, url: str | None = None) -> Message:
    """One sentence for a case's thread.

    Args:
        text: the sentence, raw; may hold anybody's words.
        url: a post it speaks of.
    """
    said = one_line(text, 1000) or words.NO_TEXT
    text = one_line(text, _BRIEF) or words.NO_TEXT
    return Message(escape(text), [rich(section(say(said), *link(words.OPEN_POST, url)))])


def notice(text: str, *, repeat: bool = False) -> Message:
    """What Harken says about itself, to the operators.

    Args:
        text: raw; may hold anybody's words.
        repeat: it may have arrived before.
    """
    said = words.NOTICE.format(text=shown(text, _NOTICE) or words.NO_TEXT)
    blocks = [context(words.REPEAT)] if repeat else []
    brief = words.NOTICE.format(text=one_line(text, _BRIEF) or words.NO_TEXT)
    return Message(fallback(brief, repeat=repeat), [*blocks, rich(section(say(said)))])


# The parts of a message.
def _title(view: CaseView) -> str:
    return words.TITLE[view.status].format(
        level=words.LEVEL[view.silence.severity],
        who=handle(view.opened.author),
        source=one_line(view.opened.source, 20),
    )


def _said(view: CaseView) -> list[Block]:
    """Who speaks, and in what words."""
    who = section(*_who(view.opened), *link(words.OPEN_POST, view.opened.url))
    blocks = [rich(who, quote(view.opened, _FIRST))]
    if view.latest.id != view.opened.id:
        later = section(say(words.LATER.format(count=len(view.silence.words))))
        blocks += [rich(later, quote(view.latest, _LAST))]
    return blocks


def _who(mention: Mention) -> list[Part]:
    """Handle, shown name, followers and network. Only the handle is bold: the shown name can claim to be anybody."""
    about = [name] if (name := one_line(mention.author_name or "", 60)) and name != mention.author else []
    if mention.followers is not None:
        about += [words.ONE_FOLLOWER if mention.followers == 1 else words.FOLLOWERS.format(count=mention.followers)]
    known = words.ABOUT.format(parts=", ".join(about)) if about else ""
    source = words.ON.format(source=one_line(mention.source, 60))
    return [say(handle(mention.author), bold=True), say(known + source)]


def _times(view: CaseView) -> str:
    """Since when and until when. Markup, made of our own words and of dates."""
    ended = view.silence.ended
    since = date(view.silence.start)
    if ended:
        said = [words.WAITED.format(since=since, until=date(ended.at))]
    else:
        said = [words.SINCE.format(since=since, ago=date(view.silence.start, words.AGO))]
        said += [words.DUE.format(due=date(view.deadline)) if view.deadline else words.NOT_DUE]
    return " · ".join(said + [words.CHASED] * view.silence.chased)


def _holder(lease: Lease) -> Block:
    """Who has it, or that it was put off; and until when."""
    if not lease.holder:
        return context(words.PUT_OFF.format(until=date(lease.end)))
    # A date is only shown in markup, and a name only outside of it.
    holder = plain(words.HELD.format(who=one_line(lease.holder, 60)), 200)
    until = {"type": "mrkdwn", "text": words.HELD_UNTIL.format(until=date(lease.end)), "verbatim": True}
    return {"type": "context", "elements": [holder, until]}


def _ending(view: CaseView) -> list[Part]:
    """Who ended the silence and how, after how long, and what they said; and what was decided since."""
    ended, settled = view.silence.ended, view.silence.settled
    decided = []
    if settled is not None and settled.how in words.DECIDED:
        decided = [section(say(words.DECIDED[settled.how].format(who=handle(settled.by)), bold=True))]
    if ended is None or ended.how is not Ended.ANSWERED:
        return decided or [section(say(words.WITHDRAWN, bold=True))]
    after = words.ANSWERED_AFTER.format(waited=spell(ended.at - view.silence.start))
    if view.deadline is not None:
        late = ended.at > view.deadline
        after += words.LATE.format(late=spell(ended.at - view.deadline)) if late else words.IN_TIME
    said = section(
        say(words.ANSWERED.format(who=handle(ended.by)), bold=True),
        say(after),
        *link(words.OPEN_ANSWER, view.answer.url if view.answer else None),
    )
    return [said, *([quote(view.answer, _ANSWER)] if view.answer else []), *decided]


def _why(verdict: Verdict) -> list[Part]:
    """What it was taken for, and the strongest evidence."""
    judged = words.JUDGED.format(kind=words.KIND[verdict.kind].format(sure=round(100 * verdict.score)))
    topics = one_line(", ".join(verdict.topics), 200)
    judged += words.TOPICS.format(topics=topics) if topics else ""
    # Sorting is stable: among equals the judge's own order stands.
    named = [reason for reason in verdict.reasons if reason.rule != WORDING]
    strongest = sorted(named, key=lambda reason: -abs(reason.weight))[:_REASONS]
    reasons = [said for reason in strongest if (said := one_line(reason.why, 200) or one_line(reason.rule, 200))]
    if not reasons:
        return [section(say(judged))]
    listed = [section(say(reason)) for reason in reasons]
    return [section(say(judged + words.WHY)), {"type": "rich_text_list", "style": "bullet", "elements": listed}]


def _warnings(view: CaseView, *, repeat: bool) -> list[Block]:
    blocks = [context(words.REPEAT)] if repeat else []
    if view.blind_since is not None and view.silence.ended is None:
        blocks += [context(words.BLIND.format(since=date(view.blind_since)))]
    for gap in view.gaps[-_GAPS:]:
        blocks += [context(words.GAP.format(since=date(gap.since), until=date(gap.until)))]
    return blocks


def _name(view: CaseView) -> str:
    brand = one_line(view.brand, 60)
    return words.CASE.format(case=one_line(view.case.id, 40)) + (words.FOR.format(brand=brand) if brand else "")
