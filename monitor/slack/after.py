"""What a case's message says and offers once its customer was answered. Values in, Block Kit out.

As everywhere, other people's words stand outside of markup: what we promised is quoted as plain text.
"""

from monitor.slack import Block, words
from monitor.slack.controls import BACK, TAKE, about, button, menu
from monitor.slack.parts import context, date, plain
from monitor.slack.untrusted import line as one_line
from rules.leases import Lease
from rules.recovery import Duty, Owed

PROMISE, RESOLVE, OPEN, NO_CONTACT, FOLLOWED, SKIP = "promise", "resolve", "open", "no_contact", "followed", "skip"
"""The controls, by their ``action_id``."""


def owing(duty: Duty) -> list[Block]:
    """What the customer is owed, and until when."""
    due = context(words.OWING[duty.owed].format(due=date(duty.due), left=date(duty.due, words.AGO)))
    if not duty.promise:
        return [due]
    said = plain(words.PROMISED.format(phrase=one_line(duty.promise, 120)), 200)
    return [due, {"type": "context", "elements": [said]}]


def offers(case: str, duty: Duty | None, lease: Lease | None) -> Block:
    """The controls of a case whose customer was answered: at most four.

    Args:
        case: its id.
        duty: what is owed, if something is.
        lease: who has it now, if somebody does.
    """
    resolved = menu(RESOLVE, words.RESOLVED_HOW, words.RESOLVED_WAYS)
    taken = lease is not None and lease.holder
    take = button(BACK, words.BACK) if taken else button(TAKE, words.TAKE)
    offered: list[Block] = [resolved]
    if duty is not None:
        offered = {
            Owed.UPDATE: [take, menu(PROMISE, words.UPDATE_WHEN, words.UPDATE_WAYS), resolved],
            Owed.PRIVATE: [resolved, button(OPEN, words.STILL_OPEN), button(NO_CONTACT, words.NEVER_CAME)],
            Owed.FOLLOW_UP: [button(FOLLOWED, words.WAS_ASKED), button(SKIP, words.NOT_ASKED)],
        }[duty.owed]
    return {"type": "actions", "block_id": about(case), "elements": offered}
