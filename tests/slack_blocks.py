"""Slack's rules for Block Kit and for its markup, as far as Harken may ever meet them. Judges; changes nothing.

From docs.slack.dev/reference/block-kit. What Slack leaves unsaid is held to the strict side.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

BLOCKS = 50
TEXT = 3000
FIELD = 2000
HEADER = 150
TOTAL = 13_000
"""Characters of all blocks together; Slack says msg_blocks_too_long a little above."""

Node = Any


def faults(blocks: Node) -> list[str]:
    """Everything Slack would reject in ``blocks``, one sentence each; empty where it would take them."""
    if not isinstance(blocks, list):
        return ["blocks is not a list"]
    found: list[str] = []
    if len(blocks) > BLOCKS:
        found.append(f"more than {BLOCKS} blocks")
    names = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(names) != len(set(names)):
        found.append("two blocks share a block_id")
    for number, block in enumerate(blocks):
        found += [f"/{number}: {fault}" for fault in _block(block)]
    return found


def size(node: Node) -> int:
    """Characters of all texts within ``node``."""
    if isinstance(node, dict):
        own = node["text"] if isinstance(node.get("text"), str) else ""
        return _units(own) + sum(size(value) for value in node.values() if isinstance(value, dict | list))
    return sum(size(value) for value in node) if isinstance(node, list) else 0


def markup(blocks: list[Node], text: str = "") -> Iterator[str]:
    """Every string of a message that Slack reads as markup: mrkdwn objects, and the fallback text."""
    yield text
    yield from (str(node["text"]) for node in walk(blocks) if node.get("type") == "mrkdwn")


def walk(node: Node) -> Iterator[dict[str, Any]]:
    """Every object within ``node``, itself included, in order."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def commands(marked: str) -> list[str]:
    """What stands between angle brackets in a string of Slack markup: links, mentions, broadcasts, dates."""
    return re.findall(r"<([^<>]*)>", marked)


def pings(blocks: list[Node], text: str = "") -> list[str]:
    """Whom a message would notify by name: ``@U1``, ``!channel``, ``!subteam^S1`` ..."""
    found = [
        command
        for marked in markup(blocks, text)
        for command in commands(marked)
        if command[:1] in ("@", "!") and not command.startswith("!date^")
    ]
    loud = {"user", "usergroup", "broadcast", "channel", "team"}
    return found + [str(node["type"]) for node in walk(blocks) if node.get("type") in loud]


def _units(text: str) -> int:
    """UTF-16 units: the strictest way of counting characters, and the browser's."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _keys(node: dict[str, Any], needed: set[str], allowed: set[str]) -> Iterator[str]:
    for key in sorted(needed - node.keys()):
        yield f"{node.get('type')}: {key} is missing"
    for key in sorted(node.keys() - needed - allowed - {"type"}):
        yield f"{node.get('type')}: {key} is not a key of it"


def _string(value: Node, limit: int, what: str) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield f"{what} is no text or empty"
    elif _units(value) > limit:
        yield f"{what} has more than {limit} characters"


def _words(node: Node, limit: int, what: str, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    """Check a text object."""
    if not isinstance(node, dict) or node.get("type") not in kinds:
        yield f"{what} is no {' or '.join(kinds)} object"
        return
    yield from _keys(node, {"text"}, {"emoji"} if node["type"] == "plain_text" else {"verbatim"})
    yield from _string(node.get("text"), limit, what)


def _block(block: Node) -> Iterator[str]:
    if not isinstance(block, dict):
        yield "a block is no object"
        return
    check = _KINDS.get(str(block.get("type")))
    if check is None:
        yield f"unsupported type: {block.get('type')}"
        return
    if "block_id" in block:
        yield from _string(block["block_id"], 255, "block_id")
    yield from check({key: value for key, value in block.items() if key != "block_id"})


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _keys(block, {"text"}, set())
    yield from _words(block.get("text"), HEADER, "header", ("plain_text",))


def _section(block: dict[str, Any]) -> Iterator[str]:
    yield from _keys(block, set(), {"text", "fields", "accessory", "expand"})
    if "text" not in block and "fields" not in block:
        yield "section has neither text nor fields"
    if "text" in block:
        yield from _words(block["text"], TEXT, "section")
    if "fields" in block:
        yield from _many(block["fields"], 10, "fields", lambda field: _words(field, FIELD, "field"))
    if "accessory" in block:
        yield from _button(block["accessory"])


def _context(block: dict[str, Any]) -> Iterator[str]:
    yield from _keys(block, {"elements"}, set())
    yield from _many(block.get("elements"), 10, "context", lambda element: _words(element, TEXT, "context"))


def _actions(block: dict[str, Any]) -> Iterator[str]:
    yield from _keys(block, {"elements"}, set())
    yield from _many(block.get("elements"), 25, "actions", _element)
    names = [element.get("action_id") for element in block.get("elements") or () if isinstance(element, dict)]
    if len(names) != len(set(names)):
        yield "two elements share an action_id"


def _divider(block: dict[str, Any]) -> Iterator[str]:
    yield from _keys(block, set(), set())


def _rich_text(block: dict[str, Any]) -> Iterator[str]:
    yield from _keys(block, {"elements"}, set())
    yield from _many(block.get("elements"), 100, "rich_text", _rich_part)


def _rich_part(part: Node) -> Iterator[str]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "rich_text_list":
        yield from _keys(part, {"elements", "style"}, {"indent", "offset", "border"})
        yield from _many(part.get("elements"), 100, kind, _rich_part)
    elif kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        yield from _keys(part, {"elements"}, {"border"})
        yield from _many(part.get("elements"), 1000, kind, _rich_word)
    else:
        yield f"unsupported rich text: {kind}"


def _rich_word(word: Node) -> Iterator[str]:
    kind = word.get("type") if isinstance(word, dict) else None
    if kind == "text":
        yield from _keys(word, {"text"}, {"style"})
        yield from _string(word.get("text"), TEXT, "rich text")
    elif kind == "link":
        yield from _keys(word, {"url"}, {"text", "style", "unsafe"})
        yield from _link(word.get("url"))
        if "text" in word:
            yield from _string(word["text"], TEXT, "link text")
    elif kind == "date":
        yield from _keys(word, {"timestamp", "format"}, {"fallback", "url", "style"})
        if not isinstance(word.get("timestamp"), int):
            yield "date has no whole timestamp"
    else:
        yield f"unsupported rich text word: {kind}"


def _button(node: Node) -> Iterator[str]:
    if not isinstance(node, dict) or node.get("type") != "button":
        yield "an element is no button"
        return
    yield from _keys(node, {"text"}, {"action_id", "value", "url", "style", "accessibility_label", "confirm"})
    yield from _words(node.get("text"), 75, "button", ("plain_text",))
    if "action_id" in node:
        yield from _string(node["action_id"], 255, "action_id")
    if "value" in node:
        yield from _string(node["value"], 2000, "value")
    if "url" in node:
        yield from _link(node["url"])
    if node.get("style", "primary") not in ("primary", "danger"):
        yield "button has a style of its own"


def _element(node: Node) -> Iterator[str]:
    kind = node.get("type") if isinstance(node, dict) else None
    if kind == "static_select":
        yield from _keys(node, {"options", "action_id", "placeholder"}, {"confirm", "initial_option"})
        yield from _words(node.get("placeholder"), 150, "placeholder", ("plain_text",))
        yield from _many(node.get("options"), 100, "options", _option)
    elif kind == "users_select":
        yield from _keys(node, {"action_id", "placeholder"}, {"confirm", "initial_user"})
        yield from _words(node.get("placeholder"), 150, "placeholder", ("plain_text",))
    else:
        yield from _button(node)


def _option(node: Node) -> Iterator[str]:
    if not isinstance(node, dict):
        yield "an option is no object"
        return
    yield from _keys(node, {"text", "value"}, {"description"})
    yield from _words(node.get("text"), 75, "option", ("plain_text",))
    yield from _string(node.get("value"), 150, "value")


def _link(url: Node) -> Iterator[str]:
    yield from _string(url, 3000, "url")
    if isinstance(url, str) and not re.match(r"https?://[^\s/]", url):
        yield "url is not http or https"


def _many(nodes: Node, limit: int, what: str, check: Callable[[Node], Iterator[str]]) -> Iterator[str]:
    if not isinstance(nodes, list) or not nodes:
        yield f"{what} has no elements"
        return
    if len(nodes) > limit:
        yield f"{what} has more than {limit} elements"
    for node in nodes:
        yield from check(node)


_KINDS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "rich_text": _rich_text,
}
