"""Every word Harken itself says in Slack, in one place. No layout, no decisions, nobody else's text."""

from typing import Final

from rules.model import Ended, Kind, Severity, Status
from rules.recovery import Owed

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
REASONS: Final = "Why it was flagged"
HAPPENED: Final = "What happened"
POLICY: Final = "Under the policy {policy}"

SINCE: Final = "*Waiting since* {since} ({ago})"
WAITED: Final = "*Waited* from {since} to {until}"
DUE: Final = "*Answer due* {due} ({left})"
NONE_DUE: Final = "No answer is due while the policy's hours are closed"
NOT_DUE: Final = "no answer is due while the policy's hours are closed"
CHASED: Final = "*asked again*"
BLIND: Final = "⚠️ *Could not check since* {since}: an answer given on the network itself may be missing here."

NO_PAST: Final = "*History:* no other case of this author"
PAST: Final = "*History:* {said}"
PAST_TOGETHER: Final = "*History of all linked accounts:* {said}"
PAST_ONE: Final = "1 other case, {how}"
PAST_CASES: Final = "{count} other cases: {how}"
PAST_NEWEST: Final = "of the newest {count} other cases: {how}"
PAST_ENDED: Final = {
    None: "{count} waiting",
    Ended.ANSWERED: "{count} answered",
    Ended.RESOLVED: "{count} resolved",
    Ended.DISMISSED: "{count} dismissed",
    Ended.WITHDRAWN: "{count} taken back",
}
PAST_CHASED_ONCE: Final = "had to ask again once"
PAST_CHASED: Final = "had to ask again {count} times"
PAST_ANSWERED: Final = "last answered {at}"

LINKED: Final = "The same person, as linked by hand:"
LINKED_CASE: Final = "{level}{who} on {source}, case {case}"
LINKED_WAITS: Final = ": waiting"
LINKED_ENDED: Final = {
    Ended.ANSWERED: ": answered by {who}, ",
    Ended.RESOLVED: ": resolved by {who}, ",
    Ended.DISMISSED: ": dismissed by {who}, ",
    Ended.WITHDRAWN: ": taken back, ",
}
LINKED_NOT_ANSWERED: Final = "What was answered there is no answer here: this case still waits."
LINK_TWO: Final = "Name two cases: link CASE CASE, or unlink CASE CASE. Their ids stand at the end of each message."
LINK_NONE: Final = "No one case is called {case}."
LINK_ALREADY: Final = "Nothing to do: that is how they stand already."
LINK_DONE: Final = {
    "link": "Noted: {one} and {other} are one person's.",
    "unlink": "Noted: {one} and {other} are not one person's.",
}

HELD: Final = "🙋 {who} has it"
HELD_UNTIL: Final = "until {until}"
QUIET_LISTED: Final = "🔕 Pages held back, {quiet}"
MORE_QUIET: Final = "... and {count} more: harken mutes list"
QUIET_MUTED: Final = "🔕 Its author is muted"
QUIET_NAMED: Final = "🔕 Quiet: {name}"
QUIET_BY: Final = ", by {who}: nobody is paged about it unless it becomes a crisis"
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

TAKE: Final = "I'm on it"
BACK: Final = "Give it back"
NOT_A_COMPLAINT: Final = "Not a complaint"
ANSWERED_HOW: Final = "Answered ..."
ANSWERED_WAYS: Final = {"private": "in private", "elsewhere": "elsewhere", "phone": "by phone"}
MORE: Final = "More ..."
MORE_WAYS: Final = {
    "30m": "Put off for 30 minutes",
    "2h": "Put off for 2 hours",
    "tomorrow": "Put off until tomorrow",
    "assign": "Give it to somebody ...",
    "raise": "It is worse than that",
    "mute1d": "Mute this author for a day",
    "mute7d": "Mute this author for 7 days",
    "details": "Details",
}
ASSIGN_TO: Final = "Give it to ..."
NOT_ALLOWED: Final = "Sorry, only people whom Harken knows can do this. Whoever runs Harken can add you to its config."
NO_CASE: Final = "Harken does not know this case any more."
TAKEN: Final = "{who} has it already, until {until}. To take it over, give it to yourself under More."
NOT_TAKEN: Final = "Nobody has it: there is nothing to give back."
NOT_WAITING: Final = "Nobody waits in this case any more: it is {status}."
MUTED: Final = (
    "{who} on {source} is muted for {length}: nobody is paged about them unless it becomes a crisis. Their clocks run"
    " on. To end it sooner: harken mutes end {number}"
)
MUTED_ALREADY: Final = "{who} on {source} is muted already, until {until}."
NOBODY_CALLED: Final = "There is nobody like that to give it to."
FAILED: Final = "That could not be noted ({why}). Please try again, or use the terminal."

HELP: Final = """\
/harken coach TEXT: what could be better in a reply before you post it
/harken open: who is waiting, the nearest deadline first
/harken mine: what you have taken
/harken case ID: one case
/harken find TEXT: cases by customer or words
/harken incidents: many customers, one cause
/harken status: sources and pages
/harken who: who is on call
/harken cover ROTA 18:00..22:00: take over that time
/harken swap ROTA @person: their next turn for yours
/harken uncover: take that back
/harken link CASE CASE, unlink CASE CASE: two cases of one person, or not
/harken resolved CASE what was done: it is settled for good
/harken promise CASE 2h: when an update is due, or none
/harken gesture CASE what was given: how it was made good
/harken skip CASE why: no follow-up"""
NOBODY_WAITS: Final = "Nobody is waiting for an answer, as far as Harken has heard."
UNHEARD: Final = "Not everything is heard: {sources}."
NOTHING_MINE: Final = "You have taken no case that still waits."
NOTHING_FOUND: Final = "Nothing was found."
LISTED: Final = "{level} {who} on {source}: waiting {waited}, {due}"
LISTED_HELD: Final = " · {who} has it"
DUE_IN: Final = "answer due in {left}"
OVERDUE: Final = "{late} overdue"
MORE_CASES: Final = "... and {count} more"

ON_CALL: Final = "You are on call in {rota} now"
ON_CALL_UNTIL: Final = ", until "
ON_CALL_AFTER: Final = ". Before you it was {person}."
ON_CALL_WAITING: Final = "{count} wait for an answer, the nearest deadline first:"
ON_CALL_ONE_WAITS: Final = "1 waits for an answer:"
ON_CALL_OWED: Final = "Who was answered and is owed more, the nearest first:"
ON_CALL_OWED_TO: Final = "{who} on {source}: {what}, said {by}; due "
OWED: Final = {
    Owed.UPDATE: "we would be back",
    Owed.PRIVATE: "it went on in private, and how that ended is not known",
    Owed.FOLLOW_UP: "it is resolved, and they are to be asked",
}
ON_CALL_HELD: Final = " · {who} has it until "
ON_CALL_PUT_OFF: Final = " · put off until "

WHO_IS: Final = "On call:"
WHO_NOW: Final = ": {person}, until "
WHO_NOBODY: Final = ": nobody, until "
WHO_FAR: Final = "further notice"
WHO_NEXT: Final = ", then {person}"
WHO_FROM: Final = " from "
NO_ROTAS: Final = "There are no rotas in the config."
WHICH_ROTA: Final = "Which rota, and what of it? There are {rotas}."
COVERED: Final = "You are on call in {rota} from "
READ_IN: Final = ". Times were read in {zone}."
NOT_COVERED: Final = "Nothing was noted: {why}."
SPAN_TO: Final = " to "
SWAPPED: Final = "You are on call in {rota} from "
SWAPPED_FOR: Final = "; instead, {other} is from "
SWAP_WITH_WHOM: Final = "Swap with whom? Write their name in Harken's config, such as: swap night @kim"
MEANT_PERSON: Final = "Nobody is called so in Harken's config. Did you mean @{name}?"
NO_TURNS: Final = (
    "Nothing was noted: in the next two months {one} or {other} has no turn in {rota} that is still to begin."
)
UNCOVER: Final = "Whoever it concerns is told. To take it back: /harken uncover"
UNCOVERED: Final = "Taken back: {person} in {rota} from "
NOTHING_TO_UNCOVER: Final = "There is nothing of yours to take back."
NO_PERSON: Final = "Sorry, only people with a [[person]] table in Harken's config can be on call."

COACH_HOW: Final = (
    "Write the reply after it: coach We are sorry ... With the id of a case before it, it is read for that."
)
COACH_FINE: Final = "Nothing to say: post it if you think that it is right."
COACH_SAYS: Final = "Before you post it:"
COACH_NOTE: Final = "Of this reply, quietly:"
COACH_MUST: Final = "Must: "
COACH_SHOULD: Final = "Could be better: "
COACH_RULE: Final = " ({rule})"

DIGEST: Final = "📋 {count} customers of {brand} wait for an answer"
DIGEST_ONE: Final = "📋 One customer of {brand} waits for an answer"
DIGEST_AT: Final = (
    "Digest of {at}: nobody was paged about these one by one. Each is in every digest until it is answered."
)
NOTED: Final = "Noted. A digest shows how things stood when it was sent."

STATUS_CASES: Final = "{waiting} waiting, {resting} answered and resting"
STATUS_SOURCE: Final = "{mark} {source}: {said}"
STATUS_WELL: Final = "✅"
STATUS_ILL: Final = "⚠️"
STATUS_NEVER: Final = "never read"
STATUS_HEARD: Final = "heard up to {ago} ago"
STATUS_DOWN: Final = "down: {why}"
STATUS_SETTLED: Final = "every page is settled"
STATUS_OLDEST: Final = "the oldest page not settled is {age} old"
MORE_SOURCES: Final = "... and {count} more sources"

STORM_RISING: Final = "🌩️ Incident: many people at once about {topic}, {waiting} wait"
STORM_ANNOUNCED: Final = "📣 Before they ask: our status page tells of trouble with {topic}, {waiting} wait"
STORM_CALM: Final = "🌦️ Calmer: {topic}, {waiting} of {members} still wait"
STORM_OVER: Final = "✅ Over: {topic}, {members} people were in it"
STORM_SINCE: Final = "*Since* {since}"
STORM_CALM_SINCE: Final = "*calmer since* {since}"
STORM_OVER_SINCE: Final = "*over since* {since}"
STORM_COUNTS: Final = "{members} customers so far, {waiting} still wait"
STORM_WERE: Final = "{members} customers"
STORM_TOLD: Final = ", {answered} answered"
STORM_WHERE: Final = " (on {sources})"
STORM_HELD: Final = " Their own pages are held back, their clocks run on."
STORM_CAUSE: Final = "What it is likely about"
STORM_WORDS: Final = "Words in common: {words}"
STORM_LINK: Final = "A link in common:"
STORM_FIRST: Final = "The first one was {who}:"
STORM_WORST: Final = "Who waits, the worst first"
STORM_NOT_TOLD: Final = "Who was not told yet, the worst first"
STORM_WHO_TOLD: Final = "Who waits no more"
STORM_HOW: Final = ": {how}"
STORM_STATUS: Final = "Our own status page:"
STORM_MEMBER: Final = "{level} {who} on {source}, case {case}"
STORM_DUE: Final = ", due "
STORM_SAY_FIRST: Final = "A first word in public, to be checked before you post it"
STORM_ANSWERED_ALL: Final = (
    "Once it is posted and you decide that it answers everybody here: harken incidents answered {incident}"
)
STORM_STATEMENT: Final = "What we have said about it in public"
STORM_DECIDE: Final = (
    "Does it answer those who wait here? That is yours to decide: harken incidents answered {incident}, or below."
)
STORM_ALL: Final = "It answers all {waiting}"
STORM_ALL_TITLE: Final = "Answered all?"
STORM_ALL_SURE: Final = (
    "Everybody who waits here now is noted as answered elsewhere, by you. Who asks again waits again."
)
STORM_STATEMENT_NOTE: Final = "by our public statement"
STORM_TAKEN: Final = "{who} has this incident already. They can give it back."
STORM_OF_CASE: Final = "It is in incident {incident} about {topic}: its own pages are held back."
STORM_NOT_YET: Final = "Not yet"
STORM_MORE_WAYS: Final = {"30m": "Put off for 30 minutes", "2h": "Put off for 2 hours"}
STORM_ENDED: Final = "This incident is over."
STORM_NOBODY: Final = "Nobody of those you saw waits any more."
STORM_NOTED: Final = "Noted: {count} answered by you."
STORM_LISTED: Final = "🌩️ {topic}: {members} customers, {waiting} wait, for {lasted} ({incident})"
NO_STORM: Final = "There is no incident."
STORM_NAME: Final = "Incident {incident}"

DRILL: Final = "🧪 This is a drill."
DRILL_HOW: Final = "No customer said it. Take it as you would any case: that is all it asks, and it ends by itself."
DRILL_OVER: Final = "🧪 The drill is over: {result}."

# What Harken says about itself and its people: to the operators, and to whom it concerns.
HEARD_AGAIN: Final = "{source} is heard again"
WARNS: Final = "{source}: {warning}"
NOT_HEARD: Final = "{source} has not been heard since {since}: {why}"
FIRST_TRY: Final = "its first try"
AT_UTC: Final = "{at:%Y-%m-%d %H:%M} UTC"
ROTA_GAP: Final = "nobody is on call in {rota} from {since:%Y-%m-%d %H:%M} {until}; harken oncall override fills it"
ROTA_GAP_TO: Final = "to {at}"
ROTA_GAP_ON: Final = "on, for two months at least"
HANDED_OVER: Final = "{person} is on call in {rota} now, after {before}"
BUDGET_SPENT: Final = (
    "what {source} may spend in {now:%B} is used up{kept}; raise its budget, or wait until {day} {ends:%B}"
)
BUDGET_KEPT: Final = ", but for what is kept back for our own posts"
BUG: Final = "{what}; this is a bug, please report it"
PUT_THERE: Final = "a person put it there"
CHOSEN_DRILL: Final = "it is a drill"
UNREADABLE: Final = "it cannot be read"
BUDGET: Final = "{source} has used {used:.0f} % of what it may spend this month{what}"
BUDGET_OVER: Final = ": it is not read any more until the month ends; raise its budget"
BUDGET_RESERVE: Final = ": from now on only our own posts are read, and open cases looked at; raise its budget"
BUDGET_END: Final = ": at this rate the end is reached on {day} {end:%B}"
BUDGET_SLOWER: Final = "; it is read {pace:.1f} times less often, so that it lasts"
NOBODY_ON_CALL: Final = "nobody is on call; harken oncall show tells the gaps"
NOBODY_CAN_TELL: Final = "nobody can tell whether pages arrive there; let our app read its history"
PASSED_ON: Final = "{why} ({to} could not be reached: {because})"
UNREACHED: Final = "{to} cannot be reached: {because}"
NO_ADDRESS: Final = "{to}: there is no address"
NOT_USED: Final = "{to} could not be used: {because}"
COVER: Final = "{person} is on call in {rota}{of} {span}"
COVER_OF: Final = " instead of {people}"
COVER_AND: Final = " and "
COVER_UNDONE: Final = "taken back: {what}"
COVER_NOTED: Final = "{said}, noted by {by}{note}"
NOTE: Final = " ({note})"
ON_CALL_NOW: Final = "now"
ON_CALL_WHEN: Final = "on call in {rota} {when}"
ON_CALL_FROM: Final = "from {at:%a %Y-%m-%d %H:%M} ({zone})"
AHEAD: Final = "; {said}"
BELOW: Final = "below the post of {author} on {source} of {at}{where}"
QUIET_BEGINS: Final = "quiet: {name}{about}. Pages are held back until {until}, but for those of a crisis"
QUIET_IS_OVER: Final = "{name} is over: whoever still waits is paged about now"
MISSING: Final = "{who} cannot be reached in Slack: {why}{ahead}"
DRILL_SAYS: Final = "{brand}, this is a drill: my order never arrived, nobody answers me and I want my money back."
DRILL_DONE: Final = "the drill is over"
DRILLED: Final = "drill {drill}, to {to}: {result}"
DRILL_TO_NOBODY: Final = '"{to}" is nobody who can be paged'
DRILL_TAKEN_FOR: Final = "your rules take its words for {kind}, so no case opened; see harken rules explain"
DRILL_PAGED: Final = "paged {to}"
DRILL_NOT_PAGED: Final = "no page arrived"
DRILL_NOT_TAKEN: Final = "nobody took it within {wait} ({paged})"
DIGEST_WHY: Final = "a digest: {count} customers wait"
DIGEST_WHY_ONE: Final = "a digest: one customer waits"
LINK_WRONG: Final = "{author} on {source} links to {url}, which {wrong}{where}"
LINK_STRANGE: Final = "leads to {site}, where none of the links in its last {known} posts with links led"
RIGHT_AGAIN: Final = "Config and rules are right again; nothing has changed."
NOT_RELOADED: Final = "Not reloaded, the last good config and rules stay:"
MORE_MISTAKES: Final = "and {count} more; harken check lists them all"
RULES_RELOADED: Final = "rules reloaded: {what}"
COACH_RELOADED: Final = "coach rules reloaded: {count} of them"
CONFIG_RELOADED: Final = "config reloaded: {keys} changed"
MISSED: Final = "{who} says that it is a complaint and was missed{note}"

HAS_WAITED: Final = "{level}: {who} on {source} has waited {waited}"
ANSWER_DUE: Final = "Answer due {due}"
CALLED: Final = "📣 {group}"
REPEAT: Final = "♻️ Possible repeat: Slack could not tell us whether this arrived before."
REPEAT_MARK: Final = "(possible repeat) "
CASE: Final = "Case {case}"
FOR: Final = " · {brand}"
NOTICE: Final = "Harken: {text}"

DATE: Final = "{date_short_pretty} {time}"
"""Slack's own tokens: the reader's time zone and language."""
AGO: Final = "{ago}"
PLAIN_DATE: Final = "{at} UTC"

UPDATE_OWED: Final = "⏳ Update owed: {who} on {source}"
OWING: Final = {
    Owed.UPDATE: "⏳ *We owe an update* by {due} ({left})",
    Owed.PRIVATE: "🔒 *Taken elsewhere*: on {due} ({left}) somebody is asked how it ended",
    Owed.FOLLOW_UP: "📅 *Follow-up* on {due} ({left}): ask whether it is right by now",
}
PROMISED: Final = 'We said: "{phrase}"'
THANKED: Final = "🙏 The customer thanked us. If all is well, say that it is resolved."
AFTER_TITLE: Final = {
    Owed.UPDATE: "{level}: we owe {who} on {source} an update",
    Owed.PRIVATE: "{who} on {source} was taken elsewhere",
    Owed.FOLLOW_UP: "{who} on {source} was resolved",
}
RESOLVED_HOW: Final = "Resolved ..."
RESOLVED_WAYS: Final = {
    "confirmed": "and the customer says so",
    "asked": "and the customer was asked",
    "unasked": "but the customer was not asked",
}
UPDATE_WHEN: Final = "Next update ..."
UPDATE_WAYS: Final = {
    "1h": "in 1 hour",
    "4h": "in 4 hours",
    "tomorrow": "tomorrow at 9:00",
    "2d": "in 2 days",
    "none": "we promised no time",
}
STILL_OPEN: Final = "Still open"
NEVER_CAME: Final = "They never came"
WAS_ASKED: Final = "The customer was asked"
NOT_ASKED: Final = "Leave it"
STILL_WAITS: Final = "The customer waits for an answer: this is for afterwards."
NOTHING_OWED: Final = "There is nothing like that to be said of this case any more."
DEED_HELP: Final = "Say which case, and what: resolved CASE what was done"
DEED_NOTED: Final = "Noted for case {case}."
WAITS_FIRST: Final = "the customer waits for an answer first"
NONE_OWED: Final = "nothing of that kind is owed in this case"
NOBODY_IN_IT: Final = "nobody waits in this case, it is {status}"
NO_LENGTH: Final = "Say when the update is due as 90m, 2h or 3d from now, or none."
