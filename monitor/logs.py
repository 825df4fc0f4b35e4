"""What Harken says about itself: text on a terminal, JSON lines otherwise, both through structlog and ``logging``.

Whatever reaches a log may quote strangers: control and direction characters are escaped in text and in JSON, and
secrets are hidden wherever they turn up: in values, addresses and tracebacks. It decides nothing about what is logged.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO
from urllib.parse import quote

HIDDEN = "[hidden]"
_LONGEST = 8000
"""Characters of one value that are kept: a log line is no place for a whole page."""
_QUIET = ("apscheduler", "slack_sdk", "urllib3", "waitress", "watchfiles")

_SECRETS: set[str] = set()
_SECRET_KEY = re.compile(r"token|secret|password|authorization|cookie", re.IGNORECASE)
_SECRET_SHAPES = re.compile(
    r"""(?P<head>\b(?:bearer|basic)\s+|://[^\s/@:]*:(?=[^\s/@]+@)|[?&;][\w.-]{0,30}?(?:token|key|secret|password|signature|sig|auth|code)=)
        [^\s&#"'<>@,)\]}]+
      | \bx(?:ox[a-z]|app)-[\w-]{6,}
      | \bwhsec_[\w+/=-]{6,}
      | (?P<hook>://hooks\.slack\.com/[a-z]+/)[\w/-]+
    """,
    re.IGNORECASE | re.VERBOSE,
)


def hide(secret: str) -> str:
    """Have ``secret`` hidden from now on wherever it would be logged; returns it."""
    if len(secret) >= 6:  # noqa: PLR2004 - shorter ones are no secrets, and would hide half of what is said
        _SECRETS.update((secret, quote(secret, safe=""), json.dumps(secret)[1:-1]))
    return secret


def redact(text: str) -> str:
    """``text`` without secrets: those that were ever read, and all that look like one."""
    known = re.compile("|".join(map(re.escape, sorted(_SECRETS, key=len, reverse=True)))) if _SECRETS else None
    spans = [found.span() for found in known.finditer(text)] if known else []
    spans += [
        (max(found.end("head"), found.end("hook"), found.start()), found.end())
        for found in _SECRET_SHAPES.finditer(text)
    ]
    parts, place = [], 0
    for start, end in sorted(spans):
        if start >= place:
            parts += [text[place:start], HIDDEN]
        place = max(place, end)  # one may begin inside another: none of either is shown
    return "".join((*parts, text[place:]))


def plain(text: str, *, keep: str = "") -> str:
    """``text`` that cannot move a cursor, colour a terminal or turn its direction: such characters become escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def set_up(stream: TextIO | None = None, *, as_text: bool | None = None, level: int = logging.INFO) -> None:
    """Send all logs to ``stream`` (standard error), as text if it is a terminal or ``as_text`` says so."""
    import structlog  # noqa: PLC0415 - takes a tenth of a second, which --help can do without

    stream = sys.stderr if stream is None else stream
    render = _text if (stream.isatty() if as_text is None else as_text) else _json
    stamps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_secrets, render],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *stamps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # a log that cannot be written must not stop what it was about
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    threading.excepthook = _thread_died


def _thread_died(died: threading.ExceptHookArgs) -> None:
    if died.exc_value is not None and not isinstance(died.exc_value, SystemExit):
        name = died.thread.name if died.thread else "a thread"
        logging.getLogger("harken").error("the thread %s died", name, exc_info=died.exc_value)


def _without_secrets(_logger: Any, _method: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key): HIDDEN if _SECRET_KEY.search(str(key)) else _hidden(value) for key, value in said.items()}


def _hidden(value: Any) -> Any:
    """``value`` as plain JSON, without secrets."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return _without_secrets(None, "", value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(each) for each in value]
    text = redact(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"


def _json(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> str:
    first = {key: said.pop(key) for key in ("at", "level", "event", "logger") if key in said}
    return json.dumps({**first, **said}, ensure_ascii=True)


def _text(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> str:
    said.pop("logger", None)
    trace = "".join(f"\n  {plain(line, keep=chr(9))}" for key in ("stack", "exception") for line in _lines(said, key))
    start = f"{str(said.pop('at', ''))[:19].replace('T', ' ')} {said.pop('level', ''):<8} {said.pop('event', '')}"
    pairs = (f"{key}={value if _bare(value) else json.dumps(value, ensure_ascii=False)}" for key, value in said.items())
    return plain("  ".join((start, *pairs))) + trace


def _lines(said: MutableMapping[str, Any], key: str) -> list[str]:
    return str(said.pop(key, None) or "").split("\n") if said.get(key) else []


def _bare(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[^\s\"'=]+", value))
