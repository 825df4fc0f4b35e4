"""What people can press and type in Slack, and what came back of it. Pure: values in, values out; decides nothing.

What comes back is as untrusted as any post: whatever does not look like ours is nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.slack import Block, words
from monitor.slack.untrusted import line as one_line
from rules.leases import Lease

_CASE = re.compile(r"case:([0-9a-f]{10})|incident:(i-[0-9a-f]{8})")
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_PLACE = re.compile(r"[CDG][A-Z0-9]{2,20}")
_LONGEST = 500

TAKE, BACK, ANSWERED, DISMISS, MORE, ASSIGN = "take", "back", "answered", "dismiss", "more", "assign"
"""The controls, by their ``action_id``."""
_KNOWN = frozenset(
    {TAKE, BACK, ANSWERED, DISMISS, MORE, ASSIGN, "all", "promise", "resolve", "open", "no_contact", "followed", "skip"}
)
"""Those, and what is offered once a customer was answered: see ``after``."""
DETAILS = "details"
COACH = "coach"
"""A command, and the ``callback_id`` of the shortcut on a message that asks for the same."""
_DRAFT = 20_000
"""Characters of a draft."""
_MARKUP = re.compile(r"<([^<>|\s]*\|)?([^<>|]*)>")
"""A link as Slack writes it: where it leads, and its words."""
ALL = "all"
"""Of an incident: a public statement answers everybody."""


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody used a control of a case's message."""

    user: str
    """Slack's id of who did."""
    channel: str
    case: str
    """Its id, or that of an incident."""
    what: str
    """``TAKE``, ``BACK``, ``ANSWERED``, ``DISMISS``, ``MORE`` or ``ASSIGN``; of an incident also ``ALL``."""
    choice: str = ""
    """What was chosen, where there was a choice: one of ours, or for ``ASSIGN`` a user id."""


@dataclass(frozen=True, slots=True)
class Command:
    """Somebody typed ``/harken ...``."""

    user: str
    channel: str
    said: tuple[str, ...]
    """The words after it."""
    text: str = ""
    """All that was written after the first of them, as it was written."""


def controls(case: str, lease: Lease | None) -> Block:
    """The controls of a case that waits: at most four.

    Args:
        case: its id.
        lease: who has it now, if somebody does.
    """
    taken = lease is not None and lease.holder
    take = button(BACK, words.BACK) if taken else button(TAKE, words.TAKE, style="primary")
    answered = menu(ANSWERED, words.ANSWERED_HOW, words.ANSWERED_WAYS)
    elements = [take, answered, button(DISMISS, words.NOT_A_COMPLAINT), menu(MORE, words.MORE, words.MORE_WAYS)]
    return {"type": "actions", "block_id": about(case), "elements": elements}


def incident_controls(incident: str, lease: Lease | None, joined: datetime | None, waiting: int) -> Block:
    """The controls of an incident that is not over.

    Args:
        incident: its id.
        lease: who has it now, if somebody does.
        joined: when the last of those joined whom the message counts, where a statement may answer them; comes back
            with the click, so that nobody is answered whom the person did not see.
        waiting: how many these are.
    """
    elements = [button(TAKE, words.TAKE, style="primary") if lease is None else button(BACK, words.BACK)]
    if joined is not None:
        confirm = {
            "title": _plain(words.STORM_ALL_TITLE),
            "text": _plain(words.STORM_ALL_SURE),
            "confirm": _plain(words.STORM_ALL.format(waiting=waiting)),
            "deny": _plain(words.STORM_NOT_YET),
        }
        said = words.STORM_ALL.format(waiting=waiting)
        elements += [{**button(ALL, said, value=joined.isoformat()), "confirm": confirm}]
    elements += [menu(MORE, words.MORE, words.STORM_MORE_WAYS)]
    return {"type": "actions", "block_id": f"incident:{one_line(incident, 40)}", "elements": elements}


def whom(case: str) -> Block:
    """The control that asks to whom a case is to be given."""
    chooser = {"type": "users_select", "action_id": ASSIGN, "placeholder": _plain(words.ASSIGN_TO)}
    return {"type": "actions", "block_id": about(case), "elements": [chooser]}


def about(case: str) -> str:
    """The ``block_id`` of a case's controls."""
    return f"case:{one_line(case, 40)}"


def clicked(payload: Any) -> Click | None:
    """The click that an interaction's payload tells of; None if it is none of ours."""
    if not isinstance(payload, Mapping) or payload.get("type") != "block_actions":
        return None
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    user, channel = _id(payload.get("user"), _USER), _id(payload.get("channel"), _PLACE)
    if not isinstance(action, Mapping) or user is None or channel is None:
        return None
    case = _CASE.fullmatch(str(action.get("block_id"))[:_LONGEST])
    what = action.get("action_id")
    if case is None or what not in _KNOWN:
        return None
    return Click(user, channel, case[1] or case[2], what, _choice(action))


def commanded(payload: Any) -> Command | None:
    """The command that a payload tells of; None if it is none of ours."""
    if not isinstance(payload, Mapping):
        return None
    user, channel, said = (payload.get(key) for key in ("user_id", "channel_id", "text"))
    if not isinstance(user, str) or not isinstance(channel, str) or not _USER.fullmatch(user):
        return None
    if not _PLACE.fullmatch(channel):
        return None
    said = str(said or "")
    first, *rest = said.split(maxsplit=1)[:2] or ("",)
    text = _unescaped(rest[0]) if first == COACH and rest else ""
    return Command(user, channel, tuple(said[:_LONGEST].split()), text)


def asked(payload: Any) -> Command | None:
    """What the shortcut on a message asks for; None if it is none of ours."""
    if not isinstance(payload, Mapping) or payload.get("type") != "message_action":
        return None
    user, channel = _id(payload.get("user"), _USER), _id(payload.get("channel"), _PLACE)
    message = payload.get("message")
    text = message.get("text") if isinstance(message, Mapping) else None
    if payload.get("callback_id") != COACH or user is None or channel is None or not isinstance(text, str):
        return None
    return Command(user, channel, (COACH,), _unescaped(_MARKUP.sub(r"\2", text[:_DRAFT])))


def _unescaped(text: str) -> str:
    """``text`` as it was typed: Slack hands three signs over as entities."""
    return text[:_DRAFT].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _id(node: Any, form: re.Pattern[str]) -> str | None:
    found = node.get("id") if isinstance(node, Mapping) else None
    return found if isinstance(found, str) and form.fullmatch(found) else None


def _choice(action: Mapping[str, Any]) -> str:
    option = action.get("selected_option")
    chosen = option.get("value") if isinstance(option, Mapping) else action.get("selected_user") or action.get("value")
    return chosen[:_LONGEST] if isinstance(chosen, str) else ""


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": True}


def button(action: str, text: str, **more: str) -> Block:
    """A button that says ``text`` and comes back as ``action``."""
    return {"type": "button", "action_id": action, "text": _plain(text), **more}


def menu(action: str, text: str, ways: Mapping[str, str]) -> Block:
    """A menu under ``text`` of what comes back with ``action``: value -> label."""
    options = [{"text": _plain(label), "value": value} for value, label in ways.items()]
    return {"type": "static_select", "action_id": action, "placeholder": _plain(text), "options": options}
