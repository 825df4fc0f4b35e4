"""Every word Harken itself says in Slack, in one place. No layout, no decisions, nobody else's text."""

from typing import Final

from rules.model import Ended, Kind, Severity, Status

LEVEL: Final = {
    Severity.LOW: "⚪ Low",
    Severity.NORMAL: "🟡 Normal",
    Severity.HIGH: "🟠 High",
    Severity.CRISIS: "🔴 Crisis",
}

KIND: Final = {
    Kind.COMPLAINT: "a complaint ({sure} % sure)",
    Kind.QUESTION: "a question",
    Kind.PRAISE: "praise",
    Kind.THANKS: "thanks",
    Kind.OTHER: "something else",
    Kind.UNJUDGED: "in a language no rule file speaks, so a person has to read it",
}

TITLE: Final = {
    Status.WAITING: "{level}: {who} on {source} is waiting",
    Status.RESTING: "✅ Answered: {who} on {source}",
    Status.CLOSED: "✅ Closed: {who} on {source}",
    Status.WITHDRAWN: "☑️ Withdrawn: {who} on {source}",
    Status.DISMISSED: "☑️ Dismissed: {who} on {source}",
}

WHO: Final = "@{handle}"
NOBODY: Final = "somebody"
ON: Final = " on {source}"
ABOUT: Final = " ({parts})"
FOLLOWERS: Final = "{count:,} followers"
ONE_FOLLOWER: Final = "1 follower"
NO_TEXT: Final = "(no words)"
OPEN_POST: Final = "Open the post ({host})"
OPEN_ANSWER: Final = "Open the answer ({host})"
LATER: Final = "Later, the last of {count} posts that wait:"

JUDGED: Final = "Flagged as {kind}"
TOPICS: Final = ", about {topics}"
WHY: Final = ":"

SINCE: Final = "*Waiting since* {since} ({ago})"
WAITED: Final = "*Waited* from {since} to {until}"
DUE: Final = "*answer due* {due}"
NOT_DUE: Final = "no answer is due while the policy's hours are closed"
CHASED: Final = "*asked again*"
BLIND: Final = "⚠️ *Could not check since* {since}: an answer given on the network itself may be missing here."

HELD: Final = "🙋 {who} has it"
HELD_UNTIL: Final = "until {until}"
PUT_OFF: Final = "⏸️ Put off until {until}"
GAP: Final = "⚠️ *Not heard from* {since} *to* {until}: an answer given then may be missing here."
REDACTED: Final = "The post that was quoted here is deleted."
DELETED: Final = "(deleted by its author)"

ANSWERED: Final = "Answered by {who}"
ANSWERED_AFTER: Final = " after {waited}"
LATE: Final = ", {late} late"
IN_TIME: Final = ", in time"
DECIDED: Final = {Ended.DISMISSED: "Dismissed by {who}", Ended.RESOLVED: "Resolved by {who}"}
WITHDRAWN: Final = "Every post that waited is gone"

HAS_WAITED: Final = "{level}: {who} on {source} has waited {waited}"
ANSWER_DUE: Final = "Answer due {due}"
REPEAT: Final = "♻️ Possible repeat: Slack could not tell us whether this arrived before."
REPEAT_MARK: Final = "(possible repeat) "
CASE: Final = "Case {case}"
FOR: Final = " · {brand}"
NOTICE: Final = "Harken: {text}"

DATE: Final = "{date_short_pretty} {time}"
"""Slack's own tokens: the reader's time zone and language."""
AGO: Final = "{ago}"
PLAIN_DATE: Final = "{at} UTC"
