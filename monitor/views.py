"""A case as people see it: everything a message, a terminal or a report needs, gathered from the store."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors import Gap
from monitor import links, quiets
from monitor.past import past_of
from monitor.setup import Setup
from monitor.slack import Message, drill, render, words
from monitor.slack.case import CaseView
from monitor.store import drills, opinions, posts, sources
from monitor.store.cases import CaseRow
from monitor.store.drills import Drill
from monitor.store.posts import Heard
from rules import escalation, recovery
from rules.model import Case, Kind, Mention, Page, Policy, Reason, Side, Silence, Verdict
from rules.story import Moment, What, story


@dataclass(frozen=True, slots=True)
class View:
    """A case with its story."""

    row: CaseRow
    case: Case
    policy: Policy
    moments: tuple[Moment, ...]
    shown: CaseView
    drill: Drill | None = None
    """The drill that it is, if nobody really waits."""

    @property
    def revision(self) -> int:
        """Counts what changed about the case."""
        return self.row.revision

    def message(self, *, repeat: bool = False) -> Message:
        """The case's message in a channel."""
        return self._marked(render.case_message(self.shown, repeat=repeat))

    def page_message(self, page: Page, *, repeat: bool = False) -> Message:
        """The notice that it has come to its next step."""
        return self._marked(render.page_message(self.shown, page, repeat=repeat))

    def plainly(self, page: Page, *, repeat: bool = False) -> tuple[str, str]:
        """The same as title and plain text."""
        title, text = render.plainly(self.shown, page, repeat=repeat)
        return (title, text) if self.drill is None else drill.marked_plainly(title, text)

    def _marked(self, message: Message) -> Message:
        return message if self.drill is None else drill.marked(message, self.drill.result)

    def narration(self, moment: Moment) -> Message:
        """One moment of its story, for the thread; with the post that it speaks of, if that is at hand."""
        answer = self.shown.answer
        if answer is not None and answer.id == moment.mention:
            return render.narration(moment.why, answer.url, words.OPEN_ANSWER)
        post = next((one for one in (self.shown.latest, self.shown.opened) if one.id == moment.mention), None)
        return render.narration(moment.why, post.url if post else None)

    @property
    def told(self) -> str:
        """Names the last thing that happened."""
        return self.moments[-1].key

    def news(self, told: str) -> Sequence[Moment]:
        """What happened after the moment called ``told``; all but the opening if that is not known."""
        keys = [moment.key for moment in self.moments]
        after = self.moments[keys.index(told) + 1 :] if told in keys else self.moments[-1:]
        return [moment for moment in after if moment.what is not What.OPENED]

    def blind(self, since: datetime | None) -> "View":
        """The same, labelled: an answer given after ``since`` could not have been heard."""
        return replace(self, shown=replace(self.shown, blind_since=since))


def view(db: sqlite3.Connection, row: CaseRow, case: Case, setup: Setup, now: datetime) -> View:
    """Gather what is known of a case."""
    policy = setup.pinned(db, row.policy, row.opened_at)
    last = case.standing
    answer = (case.source, last.ended.id) if last.ended else None
    heard = posts.find(db, [(case.source, last.words[0]), (case.source, last.words[-1]), *([answer] if answer else [])])
    opened, latest = heard[case.source, last.words[0]], heard[case.source, last.words[-1]]
    replied = heard.get(answer) if answer else None
    linked = links.rows(db, row.id)
    shown = CaseView(
        case=case,
        silence=last,
        status=recovery.status(case, now, policy),
        opened=_shown(opened),
        latest=_shown(latest),
        verdict=_verdict(db, opened),
        deadline=escalation.deadline(last, policy),
        answer=_shown(replied) if replied else None,
        brand=setup.brand,
        controls=setup.controls,
        quiet=quiets.lasting(db, row, case, now),
        policy=f"{policy.name} ({row.chosen})" if row.chosen else policy.name,
        lease=escalation.lease(case, policy, now),
        duty=recovery.running(case, policy),
        past=past_of(db, row, case, linked),
        linked=links.shown(db, linked, setup, now),
        gaps=tuple(gap for gap in sources.gaps(db, row.via, Side.OURS) if _within(gap, last, now)),
    )
    drilled = drills.of_thread(db, row.thread) if row.source == drills.SOURCE else None
    return View(row, case, policy, story(case, policy, now), shown, drilled)


def _shown(heard: Heard) -> Mention:
    """A post as people see it: of one that is gone, only that it is."""
    return heard.mention if heard.post.gone_at is None else replace(heard.mention, text=words.DELETED)


def _within(gap: Gap, silence: Silence, now: datetime) -> bool:
    """Whether the customer waited during some of a gap."""
    return gap.since < (silence.ended.at if silence.ended else now) and gap.until > silence.start


def _verdict(db: sqlite3.Connection, heard: Heard) -> Verdict:
    """The judge's verdict, or a person's where the judge had missed a complaint."""
    missed = opinions.missed(db, heard.key)
    if missed is None or heard.verdict.complaint:
        return heard.verdict
    note = f": {missed.note}" if missed.note else "."
    said = words.MISSED.format(who=missed.by, note=note)
    return replace(heard.verdict, kind=Kind.COMPLAINT, reasons=(Reason("missed", said), *heard.verdict.reasons))
