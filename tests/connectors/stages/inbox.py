"""The far end of an inbox: a program that sends signed requests to it."""

import base64
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import requests
from standardwebhooks.webhooks import Webhook

from connectors import _wire, load
from connectors.testing import NotTakenError, posts
from rules.model import Mention

SECRET = "whsec_" + base64.b64encode(b"a sample secret for tests only").decode()


class InboxStage:
    """Sends every post on one line of a request."""

    module = load("inbox")
    edits = True
    overlaps = False
    posts = staticmethod(posts)

    def __init__(self, folder: Path) -> None:
        kept = folder / "secret"
        kept.write_text(SECRET)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.settings = {"listen": f"127.0.0.1:{self._port}", "secret_file": str(kept), "max_bytes": 100_000}

    def publish(self, mentions: Sequence[Mention]) -> None:
        self.show("".join(_wire.write(one) + "\n" for one in mentions).encode())

    def show(self, payload: bytes) -> None:
        if self._send(payload) not in range(200, 300):
            raise NotTakenError

    def hostile(self) -> Iterator[str]:
        for body in (b"", b"\0", b"null", b"{}", b"[null]", b"[" * 10_000, b"{" * 10_000, b"9" * 5_000, bytes(200_000)):
            self._refused(self._send(body), f"body {body[:20]!r}")
            yield f"body {body[:20]!r}"
        self._refused(self._send(b"[]", signature="v1,AAAA"), "a wrong signature")
        yield "a wrong signature"
        with socket.create_connection(("127.0.0.1", self._port), timeout=5) as line:
            line.sendall(b"POST /mentions HTTP/1.1\r\nContent-Length: 50\r\n\r\n[]")
        yield "a request cut short"

    def _refused(self, status: int, way: str) -> None:
        if status not in range(400, 500):
            raise AssertionError(f"{way} was answered {status}")

    def _send(self, body: bytes, signature: str = "") -> int:
        at = datetime.fromtimestamp(int(time.time()), UTC)
        name = f"msg-{os.urandom(8).hex()}"
        good = Webhook(SECRET).sign(name, at, body.decode("utf-8", "replace"))
        stamp = str(int(at.timestamp()))
        headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature or good}
        url = f"http://127.0.0.1:{self._port}/mentions"
        return requests.post(url, data=body, headers=headers, timeout=5).status_code


@contextmanager
def stage(folder: Path) -> Iterator[InboxStage]:
    """A stage for one test."""
    yield InboxStage(folder)
