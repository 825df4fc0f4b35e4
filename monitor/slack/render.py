"""Values in, Block Kit out. Reads no clock, asks nobody, sends nothing.

Other people's words stand in ``plain_text`` and ``rich_text`` only, which Slack shows and does not interpret. What
Slack does interpret (``mrkdwn``) holds our own words and dates, nothing else; the fallback text is escaped as a whole.
"""

import re
from collections.abc import Sequence

from monitor.slack import Message, after, case, words
from monitor.slack.case import CaseView
from monitor.slack.controls import controls
from monitor.slack.links import others
from monitor.slack.parts import Part, context, date, fallback, handle, link, plain, quote, rich, say, section, stated
from monitor.slack.untrusted import address, escape
from monitor.slack.untrusted import line as one_line
from monitor.slack.untrusted import words as shown
from rules.durations import spell
from rules.model import Page, Status
from rules.recovery import owed

_TITLE = 150
_BRIEF = 300
_PAGE = 280
_NOTICE = 2500
_LISTED = 12
_GROUP = re.compile(r"S[A-Z0-9]{2,20}")


def case_message(view: CaseView, *, repeat: bool = False) -> Message:
    """The one message of a case in a channel: how bad, until when, who, what, what came of it, and why.

    Args:
        view: the case.
        repeat: it may have arrived before.
    """
    title = case.title(view)
    blocks = [*case.warnings(view, repeat=repeat), {"type": "header", "text": plain(title, _TITLE)}]
    # What its author took back is shown by nobody any more, in whatever words.
    gone, waits = view.status is Status.WITHDRAWN, view.silence.ended is None
    blocks += [stated(case.times(view))] if waits else []
    blocks += [case.holder(view.lease)] if view.lease is not None and (waits or view.duty is not None) else []
    blocks += case.quiet(view)
    blocks += [] if gone else case.speech(view)
    blocks += [] if waits else [rich(*case.outcome(view)), context(case.times(view))]
    blocks += [] if view.duty is None else after.owing(view.duty)
    thanked = view.status is Status.RESTING and view.silence.thanked is not None
    blocks += [context(words.THANKED)] if thanked else []
    blocks += [rich(*others(view.linked, waits=waits))] if view.linked and not gone else []
    blocks += [context(case.history(view.past, linked=bool(view.linked)))] if view.past is not None and not gone else []
    blocks += [] if gone else [rich(*case.evidence(view.verdict))]
    blocks += [{"type": "context", "elements": [plain(case.label(view), 200)]}]
    if view.controls and view.status is Status.WAITING:
        blocks += [controls(view.case.id, view.lease)]
    elif view.controls and (view.status is Status.RESTING or view.duty is not None):
        blocks += [after.offers(view.case.id, view.duty, view.lease)]
    brief = "" if gone else f": {one_line(view.opened.text, _BRIEF) or words.NO_TEXT}"
    return Message(fallback(title + brief, repeat=repeat), blocks)


def page_message(view: CaseView, page: Page, *, repeat: bool = False) -> Message:
    """The notice that a case has come to its next step, for the thread of its message.

    Args:
        view: the case.
        page: what is owed, to whom and why.
        repeat: it may have arrived before.
    """
    title = _page_title(view, page)
    why = one_line(page.why, 300)
    told = [say(f"\n{why}")] if why else []
    blocks = case.warnings(view, repeat=repeat)
    blocks += [rich(section(say(title, bold=True), *told), quote(view.latest, _PAGE))]
    blocks += [context(words.ANSWER_DUE.format(due=date(view.deadline)))] if view.deadline and not owed(page) else []
    leads = link(words.OPEN_POST, view.latest.url or view.opened.url)
    blocks += [rich(section(*leads[1:]))] if leads else []
    said = f"{title}: {one_line(view.latest.text, _BRIEF) or words.NO_TEXT}"
    return Message(fallback(said, repeat=repeat), blocks)


def _page_title(view: CaseView, page: Page) -> str:
    """What a page is about: how long the customer has waited, or what we owe them."""
    title = words.HAS_WAITED if (what := owed(page)) is None else words.AFTER_TITLE[what]
    return title.format(
        level=words.LEVEL[view.silence.severity],
        who=handle(view.opened.author),
        source=one_line(view.opened.source, 20),
        waited=spell(page.due - view.silence.start),
    )


def calling(message: Message, group: str) -> Message:
    """The same message, calling a user group (``S...``) of Slack: whoever is in it is notified."""
    if not _GROUP.fullmatch(group):
        return message
    called = words.CALLED.format(group=f"<!subteam^{group}>")
    block = {"type": "section", "text": {"type": "mrkdwn", "text": called, "verbatim": True}}
    # It stands in the text as well, which is all there is where Slack refuses the blocks.
    return Message(f"{called} {message.text}", [block, *message.blocks] if message.blocks else [])


def details(view: CaseView, story: Sequence[str]) -> Message:
    """Everything that is known of a case, for one reader: every reason, what happened, and why under which policy.

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
    lists += [section(say(held))] if (held := case.quietly(view)) else []
    lists += [section(say(words.POLICY.format(policy=one_line(view.policy, 400))))] if view.policy else []
    title = case.title(view)
    blocks = [{"type": "header", "text": plain(title, _TITLE)}, *([rich(*lists)] if lists else [])]
    blocks += [rich(*others(view.linked, waits=view.silence.ended is None))] if view.linked else []
    blocks += [context(case.history(view.past, linked=bool(view.linked)))] if view.past is not None else []
    return Message(escape(title), blocks)


def standing(view: CaseView, said: str) -> Message:
    """How a case stands, for one reader who took it to stand otherwise.

    Args:
        view: the case.
        said: what comes of their click, in our own words.
    """
    title, over = case.title(view), view.silence.ended is not None
    blocks = [rich(section(say(said))), rich(section(say(title, bold=True)), *(case.outcome(view) if over else ()))]
    blocks += [case.holder(view.lease)] if view.lease is not None and not over else []
    return Message(escape(said), blocks)


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
    title = _page_title(view, page)
    leads = address(view.latest.url or view.opened.url)
    quoted = f'"{one_line(view.latest.text, _BRIEF) or words.NO_TEXT}"'
    return mark + title, "\n".join(filter(None, (one_line(page.why, 300), quoted, leads, case.label(view))))


def notice_plainly(text: str, *, repeat: bool = False) -> tuple[str, str]:
    """A notice about Harken itself as title and plain text."""
    return f"{words.REPEAT_MARK if repeat else ''}Harken", one_line(text, _NOTICE) or words.NO_TEXT


def narration(text: str, url: str | None = None, label: str = words.OPEN_POST) -> Message:
    """One sentence for a case's thread.

    Args:
        text: the sentence, raw; may hold anybody's words.
        url: a post it speaks of.
        label: what the link to that post says.
    """
    said = one_line(text, 1000) or words.NO_TEXT
    text = one_line(text, _BRIEF) or words.NO_TEXT
    return Message(escape(text), [rich(section(say(said), *link(label, url)))])


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
