"""Every message that Harken shows in Slack, by name, made of the gallery's facts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from monitor.slack import (
    Message,
    coach,
    controls,
    digest,
    drill,
    handover,
    lists,
    render,
    status,
    storm,
    turns,
    weekly,
    words,
)
from monitor.slack.untrusted import line as one_line
from rules.model import Ended, Severity, Shift, Span, Status
from rules.past import Past
from rules.recovery import Duty, Owed
from tools.gallery import facts
from tools.gallery.facts import DAY, HOUR, MINUTE, NOW, Theirs


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the gallery."""

    name: str
    """What its files are called."""
    about: str
    """When people see it."""
    message: Message


def every(theirs: Theirs) -> list[Shown]:
    """All of them, in the order people meet them."""
    return [*_cases(theirs), *_further(theirs), *_incidents(theirs), *_answers(theirs), *_operators(theirs)]


def _cases(theirs: Theirs) -> Iterator[Shown]:
    """A case's message through its life."""
    waiting = facts.case(theirs)
    if theirs.many:
        waiting = replace(waiting, lease=facts.lease(theirs), blind_since=NOW - HOUR, linked=facts.linked(theirs))
    yield Shown("case-waiting", "A customer waits", render.case_message(waiting))
    chased = facts.case(theirs, severity=Severity.CRISIS, chased=True)
    yield Shown("case-chased", "They had to ask again: one severity higher", render.case_message(chased))
    taken = replace(facts.case(theirs), lease=facts.lease(theirs))
    yield Shown("case-taken", "Somebody has it", render.case_message(taken))
    put_off = replace(facts.case(theirs, severity=Severity.NORMAL), lease=facts.lease(theirs, put_off=True))
    yield Shown("case-put-off", "It was put off", render.case_message(put_off))
    muted = replace(facts.case(theirs), quiet=facts.quiet(theirs))
    yield Shown("case-muted", "Its author is muted: no pages but for a crisis", render.case_message(muted))
    answered = facts.case(theirs, status=Status.RESTING, ended=facts.answer())
    yield Shown("case-answered", "Answered on the network, in time", render.case_message(answered))
    late = replace(answered, silence=replace(answered.silence, ended=facts.answer(55)), past=Past((), 0, None))
    yield Shown("case-answered-late", "Answered on the network, too late", render.case_message(late))
    elsewhere = facts.case(theirs, status=Status.RESTING, ended=facts.decision(theirs, Ended.ANSWERED))
    yield Shown("case-answered-elsewhere", "Answered by phone, says a colleague", render.case_message(elsewhere))
    for name, title, owed in (
        ("case-update-owed", "Told to wait: an update is owed", Owed.UPDATE),
        ("case-elsewhere", "Taken elsewhere: how did it end?", Owed.PRIVATE),
        ("case-follow-up", "Resolved: a follow-up is due", Owed.FOLLOW_UP),
    ):
        said = theirs.answers[0] if theirs.many else "by 3pm"
        promise = said if owed is Owed.UPDATE else None
        duty = Duty(owed, "2", "SampleHelp", NOW, NOW + 3 * HOUR, Severity.HIGH, promise)
        resting = replace(answered, duty=duty, silence=replace(answered.silence, thanked=NOW))
        yield Shown(name, title, render.case_message(resting))
    dismissed = facts.case(theirs, status=Status.DISMISSED, ended=facts.decision(theirs, Ended.DISMISSED))
    yield Shown("case-dismissed", "Not a complaint, says a colleague", render.case_message(dismissed))
    gone = facts.case(theirs, status=Status.WITHDRAWN, ended=facts.decision(theirs, Ended.WITHDRAWN))
    yield Shown("case-withdrawn", "The customer deleted the post", render.case_message(gone))
    blind = replace(facts.case(theirs), blind_since=NOW - HOUR)
    yield Shown("case-blind", "What we posted ourselves could not be read", render.case_message(blind))
    window = replace(facts.case(theirs, severity=Severity.NORMAL), quiet=facts.window(theirs))
    yield Shown("case-in-a-window", "A maintenance window is open", render.case_message(window))
    repeat = render.case_message(facts.case(theirs), repeat=True)
    yield Shown("case-possible-repeat", "Nobody knows whether it had arrived before", repeat)
    linked = replace(facts.case(theirs), linked=facts.linked(theirs))
    yield Shown("case-linked", "Staff linked another case of the same person", render.case_message(linked))


def _further(theirs: Theirs) -> Iterator[Shown]:
    """What is said beside the case's message."""
    waiting = facts.case(theirs, chased=True)
    why = facts.pick(theirs.reasons, 0) if theirs.many else "the answer is due in 6 min"
    page = render.page_message(waiting, facts.page(why))
    yield Shown("page", "The next step of the ladder, in the thread and in the channel", page)
    direct = render.page_message(waiting, replace(facts.page(why), to="@sam"))
    yield Shown("page-direct", "The same to a person, as a direct message", direct)
    called = render.calling(page, facts.GROUP)
    yield Shown("page-group", "The same to a user group, which is called in the channel", called)
    yield Shown("drill", "A drill: it looks like any case, but for the mark", drill.marked(page, None))
    result = facts.pick(theirs.reasons, 0) if theirs.many else "sam took it after 2 min 10 s"
    case = replace(facts.case(theirs), lease=facts.lease(theirs))
    yield Shown("drill-over", "What came of it", drill.marked(render.case_message(case), result))
    told = render.narration(f"{facts.pick(theirs.people, 0)} has it for 1 h")
    yield Shown("thread-taken", "The thread tells the story: taken", told)
    ends = render.narration("answered by AcmeHelp after 20 min", theirs.urls[0], words.OPEN_ANSWER)
    yield Shown("thread-answered", "The thread tells the story: answered", ends)
    noted = coach.noted(ends, facts.advice(theirs)[1:])
    yield Shown("thread-noted", "The thread tells the story: answered, with a note of the coach", noted)
    yield Shown("page-redacted", "What it quoted was deleted by its author", render.redacted(why))
    yield Shown("digest", "Those who page nobody one by one, together", digest.message(facts.digest(theirs)))
    handed = handover.message(facts.briefing(theirs), NOW)
    yield Shown("handover", "To whoever comes on call, as a direct message", handed)


def _incidents(theirs: Theirs) -> Iterator[Shown]:
    """Many customers, one cause."""
    rising = facts.storm(theirs)
    yield Shown("incident", "Many customers at once about one topic", storm.message(rising))
    why = facts.pick(theirs.reasons, 0) if theirs.many else "nobody has said that it is over"
    page = replace(facts.page(why), case=rising.incident.id)
    yield Shown("incident-page", "Its next step", storm.page_message(rising, page, repeat=theirs.many))
    stated = storm.message(facts.storm(theirs, stated=True))
    yield Shown("incident-stated", "We have said something about it in public, and somebody has it", stated)
    announced = storm.message(facts.storm(theirs, announced=True))
    yield Shown("incident-announced", "Our own status page tells of trouble before people ask", announced)
    yield Shown("incident-calm", "No more come than usual", storm.message(facts.storm(theirs, calm=True)))
    yield Shown("incident-over", "Nobody in it waits", storm.message(facts.storm(theirs, calm=True, over=True)))


def _answers(theirs: Theirs) -> Iterator[Shown]:
    """What only the reader sees: answers to `/harken` and to clicks."""
    rows = facts.rows(theirs)
    remark = words.UNHEARD.format(sources=", ".join(facts.pick(theirs.sources, number) for number in range(1)))
    yield Shown("open", "/harken open", lists.listing(rows, NOW, empty=words.NOBODY_WAITS))
    nobody = lists.listing([], NOW, empty=words.NOBODY_WAITS, remark=remark)
    yield Shown("open-nobody", "/harken open, when nobody waits and a source is not heard", nobody)
    yield Shown("mine", "/harken mine", lists.listing(rows[1:2], NOW, empty=words.NOTHING_MINE))
    yield Shown("find", "/harken find", lists.listing(rows[-2:], NOW, empty=words.NOTHING_FOUND))
    who = turns.who(facts.turns(theirs), NOW)
    yield Shown("who", "/harken who", who)
    rota, span = facts.pick(theirs.people, 0) if theirs.many else "support", Span(NOW, NOW + 4 * HOUR)
    yield Shown("cover", "/harken cover", turns.covered(rota, span, "Europe/Berlin"))
    other = facts.pick(theirs.people, 1)
    yield Shown("swap", "/harken swap", turns.swapped(rota, other, span, Span(NOW + DAY, NOW + DAY + 4 * HOUR)))
    yield Shown("uncover", "/harken uncover", turns.uncovered([(rota, Shift(other, span))]))
    draft = coach.coached(facts.pick(theirs.drafts, 0), facts.advice(theirs))
    yield Shown("coach", "/harken coach", draft)
    yield Shown("coach-fine", "/harken coach, of a good reply", coach.coached(facts.pick(theirs.drafts, 0), ()))
    seen = status.status(facts.heard(theirs), NOW, waiting=4, resting=11, oldest=NOW - MINUTE)
    yield Shown("status", "/harken status", seen)
    yield Shown("help", "/harken", lists.sentences(words.HELP))
    view = replace(facts.case(theirs, chased=True), linked=facts.linked(theirs), policy=facts.pick(theirs.notes, 0))
    if not theirs.many:
        view = replace(view, policy="standard, for want of another")
    story = [facts.pick(theirs.reasons, number) for number in theirs.several(0)] or [
        f"{theirs.authors[0]} is waiting for an answer (normal)",
        f"{theirs.people[0]} has it for 1 h",
        f"{theirs.authors[0]} asked again: now high",
    ]
    yield Shown("details", "More, then Details; /harken case", render.details(view, story))
    yield from _clicks(theirs)


def _clicks(theirs: Theirs) -> Iterator[Shown]:
    """Answers to clicks from which nothing came, or which need one more word."""
    over = facts.case(theirs, status=Status.RESTING, ended=facts.answer())
    late = render.standing(over, words.NOT_WAITING.format(status=over.status))
    yield Shown("stale-click", "A click on a case that was answered meanwhile", late)
    taken = replace(facts.case(theirs), lease=facts.lease(theirs))
    said = words.TAKEN.format(who=one_line(facts.pick(theirs.people, 0), 60), until="13:38")
    yield Shown("taken-already", "A second person taps at once", render.standing(taken, said))
    yield Shown("not-allowed", "Somebody whom Harken does not know", lists.sentences(words.NOT_ALLOWED))
    yield Shown("assign", "More, then Give it to somebody", Message(words.ASSIGN_TO, [controls.whom(facts.CASE)]))


def _operators(theirs: Theirs) -> Iterator[Shown]:
    """What Harken says about itself."""
    down = f"{facts.pick(theirs.sources, 0)} has not been heard since 2026-11-24 12:02 UTC: "
    down += facts.pick(theirs.notes, 0) if theirs.many else "HTTP 503; Harken keeps trying"
    yield Shown("operators", "To the operators, about Harken itself", render.notice(down, repeat=theirs.many))
    week = weekly.message(facts.week(theirs), repeat=theirs.many)
    yield Shown("weekly", "What became of customers, once a week, with a picture and the page below it", week)
