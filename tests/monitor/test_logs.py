"""Logs: safe on any terminal, silent about secrets, the same for structlog and logging."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from monitor import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    secrets = set(logs._SECRETS)
    root, raising, hook = logging.getLogger(), logging.raiseExceptions, threading.excepthook
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions, threading.excepthook = raising, hook
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    logs._SECRETS.clear()
    logs._SECRETS.update(secrets)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_on_a_terminal_it_is_text_and_elsewhere_json() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        logs.set_up(stream)
        structlog.get_logger("harken").warning("source down", source="reviews", why="no route", tries=3)
    assert terminal.getvalue()[19:] == ' warning  source down  source=reviews  why="no route"  tries=3\n'
    assert [{**line, "at": ""} for line in said(pipe)] == [
        {
            "at": "",
            "level": "warning",
            "event": "source down",
            "logger": "harken",
            "source": "reviews",
            "why": "no route",
            "tries": 3,
        }
    ]


def test_what_libraries_log_looks_the_same() -> None:
    stream = io.StringIO()
    logs.set_up(stream)
    logging.getLogger("somebody").error("%d of %s", 3, "them")
    (line,) = said(stream)
    assert (line["event"], line["level"], line["logger"]) == ("3 of them", "error", "somebody")


def test_chatter_of_libraries_is_kept_out_and_their_warnings_are_not() -> None:
    stream = io.StringIO()
    logs.set_up(stream)
    logging.getLogger("apscheduler.scheduler").info("Running job")
    logging.getLogger("apscheduler.scheduler").warning("missed")
    assert [line["event"] for line in said(stream)] == ["missed"]


@given(st.text(), st.text(), st.booleans())
def test_whatever_is_quoted_a_line_is_one_line_of_printable_characters(event: str, value: str, text: bool) -> None:
    stream = io.StringIO()
    logs.set_up(stream, as_text=text)
    structlog.get_logger().info(event, quoted=value, deep={value: [value]})
    written = stream.getvalue()
    assert written.endswith("\n")
    assert written[:-1].isprintable()


def test_colours_directions_and_line_breaks_become_escapes() -> None:
    stream = io.StringIO()
    logs.set_up(stream, as_text=True)
    structlog.get_logger().info("he said \x1b[31m\u202ehello\nERROR all lost")
    assert stream.getvalue()[29:] == "he said \\x1b[31m\\u202ehello\\nERROR all lost\n"


def test_json_gives_back_the_characters_that_were_logged() -> None:
    stream = io.StringIO()
    logs.set_up(stream, as_text=False)
    structlog.get_logger().info("x", quoted="\x1b\u202e\n\ud800")
    assert said(stream)[0]["quoted"] == "\x1b\u202e\n\ud800"


def fail(what: str) -> None:
    raise ValueError(what)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_secret_is_hidden_in_values_keys_addresses_and_tracebacks(as_text: bool) -> None:
    secret = logs.hide('s3"cr/et-of-ours')
    stream = io.StringIO()
    logs.set_up(stream, as_text=as_text)
    log = structlog.get_logger()
    log.info("it is %s", secret, deep={"inner": [f"<{secret}>"], "token": "abc", "path": "/x?y=s3%22cr%2Fet-of-ours"})
    try:
        fail(f"refused {secret}")
    except ValueError:
        log.exception("failed")
        logging.getLogger("library").exception("failed too")
    written = stream.getvalue()
    assert "ValueError: refused [hidden]" in written
    assert written.count("[hidden]") == 6
    for shape in (secret, "s3%22", "abc", "of-ours"):
        assert shape not in written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token xoxb-12-34-abcDEF is bad", "token [hidden] is bad"),
        ("xapp-1-A1-2-abc", "[hidden]"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [hidden]"),
        ("https://me:hunter2@example.org/x", "https://me:[hidden]@example.org/x"),
        ("GET /feed?api_key=abc123&page=2", "GET /feed?api_key=[hidden]&page=2"),
        ("https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/services/[hidden]"),
        ("whsec_MfKQ9r8GKYqrTwjU", "[hidden]"),
        ("basically fine, a key lime pie", "basically fine, a key lime pie"),
        ("https://example.org/a?page=2@3", "https://example.org/a?page=2@3"),
        ("12:30 at mail@example.org", "12:30 at mail@example.org"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_and_the_rest_is_not(text: str, shown: str) -> None:
    assert logs.redact(text) == shown


def test_secrets_that_overlap_are_hidden_whole() -> None:
    logs.hide("xoxb-ours-1")
    logs.hide("xoxb-ours-1-longer")
    assert (
        logs.redact("a xoxb-ours-1-other b xoxb-ours-1-longer c xoxb-ours-1 d") == "a [hidden] b [hidden] c [hidden] d"
    )
    logs.hide("inner,outer")
    assert logs.redact("?token=the-inner,outer&x=1") == "?token=[hidden]&x=1"


@given(st.lists(st.text("ab-", min_size=6, max_size=9), max_size=4), st.text("ab- =?&", max_size=40))
def test_no_secret_that_was_read_is_ever_shown(secrets: list[str], text: str) -> None:
    for secret in secrets:
        logs.hide(secret)
    shown = logs.redact(text + "".join(secrets))
    assert not any(secret in shown.replace("[hidden]", "\0") for secret in secrets)


def test_a_short_word_is_no_secret() -> None:
    logs.hide("the")
    logs.hide("")
    assert logs.redact("the end") == "the end"


def test_a_whole_page_is_cut() -> None:
    stream = io.StringIO()
    logs.set_up(stream, as_text=True)
    structlog.get_logger().info("x", page="a" * 1_000_000)
    assert len(stream.getvalue()) < 10_000
    assert "(1000000 characters)" in stream.getvalue()


def test_a_traceback_stays_readable_on_a_terminal() -> None:
    stream = io.StringIO()
    logs.set_up(stream, as_text=True)
    try:
        fail("\x1b[2J")
    except ValueError:
        structlog.get_logger().exception("failed", source="reviews")
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("error    failed  source=reviews")
    assert lines[1] == "  Traceback (most recent call last):"
    assert lines[-1] == "  ValueError: \\x1b[2J"


def test_a_thread_that_dies_is_logged() -> None:
    stream = io.StringIO()
    logs.set_up(stream, as_text=False)
    thread = threading.Thread(target=fail, args=("lost",), name="reader")
    thread.start()
    thread.join()
    (line,) = said(stream)
    assert line["event"] == "the thread reader died"
    assert "ValueError: lost" in line["exception"]


def test_a_log_nobody_can_write_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    logs.set_up(stream)
    stream.close()
    structlog.get_logger().info("x")
    assert capsys.readouterr() == ("", "")


def test_logs_go_to_standard_error() -> None:
    logs.set_up()
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr


@pytest.mark.parametrize("library", ["apscheduler.scheduler", "urllib3.connectionpool", "watchfiles.main"])
def test_what_libraries_say_of_their_own_work_stays_out_of_the_log(
    library: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up()
    logging.getLogger(library).info("1 change detected")
    assert capsys.readouterr().err == ""
    logging.getLogger(library).warning("cannot watch")
    assert "cannot watch" in capsys.readouterr().err
