"""What a message says about a case, part by part. Values in, Block Kit out; lays no message out.

Other people's words stand in ``plain_text`` and ``rich_text`` only, as in ``render``.
"""

from dataclasses import dataclass
from datetime import datetime

from connectors import Gap
from monitor.slack import Block, words
from monitor.slack.links import Linked
from monitor.slack.parts import Part, context, date, handle, link, plain, quote, rich, say, section
from monitor.slack.untrusted import line as one_line
from rules.durations import spell
from rules.judge import WORDING
from rules.leases import Lease
from rules.model import Case, Ended, Mention, Silence, Status, Verdict
from rules.past import Past
from rules.quiet import Quiet
from rules.recovery import Duty, Owed

_FIRST = 1200
_LAST = 400
_ANSWER = 300
_REASONS = 4
_GAPS = 3


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
    quiet: Quiet | None = None
    """What holds back the pages about it now."""
    policy: str = ""
    """What it is called that says when and whom, and why that one."""
    duty: Duty | None = None
    """What the customer is owed after an answer."""
    linked: tuple[Linked, ...] = ()
    """Other cases that people say are the same person's."""
    past: Past | None = None
    """What the customer has been through with us before."""


def title(view: CaseView) -> str:
    """How it stands, in one line: how bad, who, where."""
    owed = view.status is Status.RESTING and view.duty is not None and view.duty.owed is Owed.UPDATE
    return (words.UPDATE_OWED if owed else words.TITLE[view.status]).format(
        level=words.LEVEL[view.silence.severity],
        who=handle(view.opened.author),
        source=one_line(view.opened.source, 20),
    )


def speech(view: CaseView) -> list[Block]:
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


def times(view: CaseView) -> str:
    """Until when and since when. Markup, made of our own words and of dates."""
    ended, since = view.silence.ended, date(view.silence.start)
    if ended:
        waited = words.WAITED.format(since=since, until=date(ended.at))
        return " · ".join([waited] + [words.CHASED] * view.silence.chased)
    due = words.NONE_DUE
    if view.deadline:
        due = words.DUE.format(due=date(view.deadline), left=date(view.deadline, words.AGO))
    waits = words.SINCE.format(since=since, ago=date(view.silence.start, words.AGO))
    return f"{due}\n" + " · ".join([waits] + [words.CHASED] * view.silence.chased)


def history(past: Past, *, linked: bool) -> str:
    """What the customer has been through with us before. Markup, made of our own words, numbers and dates."""
    if not past.cases and past.answered is None and not past.chased:
        return words.NO_PAST
    counted = words.PAST_NEWEST if past.more else words.PAST_ONE if past.cases == 1 else words.PAST_CASES
    how = ", ".join(words.PAST_ENDED[ended].format(count=count) for ended, count in past.ended)
    said = [counted.format(count=past.cases, how=how)] if past.cases else []
    if past.chased:
        said += [words.PAST_CHASED_ONCE if past.chased == 1 else words.PAST_CHASED.format(count=past.chased)]
    said += [words.PAST_ANSWERED.format(at=date(past.answered))] if past.answered else []
    return (words.PAST_TOGETHER if linked else words.PAST).format(said=" · ".join(said))


def holder(lease: Lease) -> Block:
    """Who has it, or that it was put off; and until when."""
    if not lease.holder:
        return context(words.PUT_OFF.format(until=date(lease.end)))
    # A date is only shown in markup, and a name only outside of it.
    holder = plain(words.HELD.format(who=one_line(lease.holder, 60)), 200)
    until = {"type": "mrkdwn", "text": words.HELD_UNTIL.format(until=date(lease.end)), "verbatim": True}
    return {"type": "context", "elements": [holder, until]}


def quiet(view: CaseView) -> list[Block]:
    """That pages are held back, by whom, and until when."""
    said = quietly(view)
    if view.quiet is None or not said:
        return []
    until = {"type": "mrkdwn", "text": words.HELD_UNTIL.format(until=date(view.quiet.span.end)), "verbatim": True}
    return [{"type": "context", "elements": [plain(said, 200), until]}]


def quietly(view: CaseView) -> str:
    """The same in plain words, without the time; empty where nothing is held back."""
    if view.quiet is None or view.silence.ended is not None:
        return ""
    why = words.QUIET_NAMED.format(name=one_line(view.quiet.name, 60)) if view.quiet.name else words.QUIET_MUTED
    return why + words.QUIET_BY.format(who=one_line(view.quiet.by, 60))


def outcome(view: CaseView) -> list[Part]:
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


def evidence(verdict: Verdict) -> list[Part]:
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


def warnings(view: CaseView, *, repeat: bool) -> list[Block]:
    """What the reader must not take for certain."""
    blocks = [context(words.REPEAT)] if repeat else []
    if view.blind_since is not None and view.silence.ended is None:
        blocks += [context(words.BLIND.format(since=date(view.blind_since)))]
    for gap in view.gaps[-_GAPS:]:
        blocks += [context(words.GAP.format(since=date(gap.since), until=date(gap.until)))]
    return blocks


def label(view: CaseView) -> str:
    """What people call it."""
    brand = one_line(view.brand, 60)
    return words.CASE.format(case=one_line(view.case.id, 40)) + (words.FOR.format(brand=brand) if brand else "")
