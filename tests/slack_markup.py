"""Slack's markup and rich text, read by its documentation and by nothing of Harken's: what a message would do.

From docs.slack.dev: "Formatting message text" and the rich_text block. A reader, not a judge: it tells what is there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_ENTITY = re.compile(r"<([^<>]*)>")
_LOUD = {
    "user": "user_id",
    "usergroup": "usergroup_id",
    "broadcast": "range",
    "channel": "channel_id",
    "team": "team_id",
}
_NAME = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
"""What a reader takes for the name of a place: ``acme.example``."""


@dataclass(frozen=True)
class Effect:
    """Something in a message that is more than characters."""

    kind: str
    """``mention``, ``broadcast``, ``link``, ``date`` or ``emoji``."""
    what: str
    label: str = ""
    """What the reader sees instead of it."""


def effects(blocks: list[Any], text: str) -> list[Effect]:
    """Everything that a message does beside showing characters."""
    found = list(of_markup(text))
    for node in _objects(blocks):
        kind = node.get("type")
        if kind == "mrkdwn":
            found += of_markup(node["text"])
            if node.get("verbatim") is not True:
                # Slack then links addresses and names of channels by itself.
                found += [Effect("link", address) for address in re.findall(r"https?://\S+", node["text"])]
        elif kind == "plain_text" and node.get("emoji", True):
            found += [Effect("emoji", name) for name in re.findall(r":([a-z0-9_+-]+):", node["text"])]
        elif kind in _LOUD and _LOUD[kind] in node:
            found.append(Effect("broadcast" if kind == "broadcast" else "mention", str(node[_LOUD[kind]])))
        elif kind == "link" or "url" in node:
            found.append(Effect("link", node.get("url", ""), _label(node)))
        elif kind == "emoji":
            found.append(Effect("emoji", node.get("name", "")))
        elif kind == "date":
            found.append(Effect("date", str(node.get("timestamp")), node.get("fallback", "")))
        found += [Effect("mention", str(node[key])) for key in node if key.startswith("initial_")]
    return found


def of_markup(marked: str) -> Iterator[Effect]:
    """What stands between angle brackets, which is all that Slack's markup can do."""
    for inner in _ENTITY.findall(marked):
        what, _, label = inner.partition("|")
        if what.startswith(("@", "#")):
            yield Effect("mention", what, label)
        elif what.startswith("!date^"):
            yield Effect("date", what, label)
        elif what.startswith("!"):
            yield Effect("mention" if what.startswith("!subteam^") else "broadcast", what, label)
        else:
            yield Effect("link", what, label)


def hidden(effect: Effect) -> list[str]:
    """Names of places in a link's label that are not where it leads."""
    host = re.sub(r"^[a-z]+://", "", effect.what, flags=re.IGNORECASE).partition("/")[0].lower()
    named = (name.lower() for name in _NAME.findall(effect.label))
    return [
        name for name in named if name != host.partition(":")[0] and not f".{host.partition(':')[0]}".endswith(name)
    ]


def _label(node: dict[str, Any]) -> str:
    said = node.get("text", "")
    return said if isinstance(said, str) else str(said.get("text", ""))


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(value)
