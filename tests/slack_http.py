"""The local Slack's HTTP side: reads requests, hands them to the workspace, and breaks replies as a fault says."""

import contextlib
import json
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from slack_faults import Fault


class Workspace(Protocol):
    """What answers."""

    lock: Any
    """Guards everything the workspace knows."""
    stopping: threading.Event
    tubes: set[socket.socket]
    """The open connections."""
    tls: ssl.SSLContext | None
    scopes: str
    unexpected: list[str]

    def carry(self, name: str, content: bytes) -> int:
        """Take the content of a file; the HTTP status of the reply."""

    def take(self, method: str, args: dict[str, Any], token: str) -> tuple[dict[str, Any], Fault | None]:
        """One request: do it or not, and say how the reply is to go out."""


class SlackServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], slack: Workspace) -> None:
        super().__init__(address, _Handler)
        self.slack = slack

    def get_request(self) -> tuple[Any, Any]:
        tube, address = super().get_request()
        if self.slack.tls is not None:
            tube = self.slack.tls.wrap_socket(tube, server_side=True, do_handshake_on_connect=False)
        return tube, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in mid-sentence is no news; anything else is the double's own fault."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.slack.unexpected.append(f"the double broke: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = 30
    server: SlackServer

    def setup(self) -> None:
        super().setup()
        with self.server.slack.lock:
            self.server.slack.tubes.add(self.connection)

    def finish(self) -> None:
        with self.server.slack.lock:
            self.server.slack.tubes.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.slack.unexpected.append(f"GET {self.path}: every method is asked with POST")
        self.send_error(405)

    def do_POST(self) -> None:
        slack = self.server.slack
        length = int(self.headers.get("Content-Length", 0))
        octets = self.rfile.read(length)
        if len(octets) < length:
            self.close_connection = True
            return
        path = urlsplit(self.path).path
        if path.startswith("/upload/"):
            self._reply(b"OK", Fault("carried", status=slack.carry(path.removeprefix("/upload/"), octets)))
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        args = _arguments(self.headers.get_content_type(), octets)
        reply, fault = slack.take(path.removeprefix("/api/"), args, token)
        self._reply(json.dumps(reply).encode(), fault or Fault("none"))

    def _reply(self, true: bytes, fault: Fault) -> None:
        slack = self.server.slack
        if slack.stopping.wait(fault.seconds) or fault.delivery in ("hang", "drop"):
            self.close_connection = True
            return
        octets = true if fault.body is None else fault.body
        self.send_response(fault.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **dict(fault.headers)}.items():
            self.send_header(name, value)
        self.send_header("X-OAuth-Scopes", slack.scopes)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        if fault.delivery == "cut":
            self.wfile.write(octets[: len(octets) // 2])
            self.close_connection = True
        elif fault.delivery == "drip":
            for octet in octets:
                self.wfile.write(bytes([octet]))
                self.wfile.flush()
                if slack.stopping.wait(0.05):
                    break
        else:
            self.wfile.write(octets)
        self.wfile.flush()


def _arguments(kind: str, octets: bytes) -> dict[str, Any]:
    """The arguments of a JSON or a form body, alike."""
    if kind == "application/json":
        said = json.loads(octets or b"{}")
        return said if isinstance(said, dict) else {"json_not_object": said}
    args: dict[str, Any] = dict(parse_qsl(octets.decode(), keep_blank_values=True))
    for name in ("blocks", "metadata"):
        if name in args:
            args[name] = json.loads(args[name])
    return args
