"""Socket Mode: clicks and commands come in over two sockets that we opened, so no port of ours is open.

Every envelope is acknowledged before anything is done about it (Slack waits three seconds), taken once however often it
comes, and handed to one thread. A socket that says nothing any more is replaced. It decides nothing; a click that gets
lost on the way is what the terminal is for.
"""

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import structlog
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from monitor import clock

SOCKETS: Final = 2
"""Slack gives each envelope to one of them; while one is replaced the other listens."""
_WATCH: Final = 2.0
"""Seconds between two looks at the sockets."""
_SILENT: Final = 40.0
"""Seconds without an answer to our pings after which a socket is dead, whatever it says."""
_REMEMBERED: Final = 10_000

_log = structlog.get_logger("harken.socket")

Take = Callable[[str, dict[str, Any]], None]
"""(kind of the envelope, its payload) -> done."""


class Sockets:
    """Listens until it is closed.

    Args:
        app_token: ``xapp-...``.
        base_url: where Slack's methods live.
        take: what is done about an envelope, in a thread of our own; it may take its time.
    """

    def __init__(self, app_token: str, base_url: str, take: Take) -> None:
        # The SDK logs every failure as an error of its own; ours are logged once, where they are understood.
        silent = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)  # noqa: LOG001 - kept out of the hierarchy
        web = WebClient(base_url=base_url, retry_handlers=[], logger=silent, timeout=8)
        self._clients = [
            SocketModeClient(app_token, logger=silent, web_client=web, concurrency=1, auto_reconnect_enabled=False)
            for _ in range(SOCKETS)
        ]
        for client in self._clients:
            client.socket_mode_request_listeners.append(self._received)
        self._take = take
        self._came: queue.SimpleQueue[SocketModeRequest | None] = queue.SimpleQueue()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._down = False

    def start(self) -> None:
        """Begin to listen; goes on by itself after failures."""
        for work in (self._watch, self._work):
            threading.Thread(target=work, name=f"harken-socket-{work.__name__}", daemon=True).start()

    @property
    def open(self) -> int:
        """How many sockets are alive."""
        return sum(map(_alive, self._clients))

    def close(self) -> None:
        """Stop listening. What was acknowledged and not done yet is done or lost with the process."""
        self._stop.set()
        self._came.put(None)
        for client in self._clients:
            threading.Thread(target=client.close, daemon=True).start()

    def _watch(self) -> None:
        while True:
            for client in self._clients:
                if not self._stop.is_set() and not _alive(client):
                    self._connect(client)
            if self._stop.wait(_WATCH):
                return

    def _connect(self, client: SocketModeClient) -> None:
        try:
            client.wss_uri = None
            client.connect()
        except Exception as error:  # noqa: BLE001 - whatever the SDK or the network says, it is tried again
            if not self._down and not self.open:
                _log.warning(
                    "Slack's socket cannot be opened; buttons do nothing, and it is tried again", why=str(error)
                )
            self._down = True
            return
        if self._down:
            self._down = False
            _log.info("Slack's socket is open again")

    def _received(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        try:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        except Exception as error:  # noqa: BLE001 - Slack sends it again, to the other socket
            _log.info("an envelope could not be acknowledged", why=str(error))
            return
        with self._guard:
            if request.envelope_id in self._seen:
                return
            self._seen[request.envelope_id] = None
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        self._came.put(request)

    def _work(self) -> None:
        while (request := self._came.get()) is not None:
            try:
                self._take(request.type, request.payload)
            except Exception:  # noqa: BLE001 - the next click has to be heard
                _log.exception("a click could not be taken in; this is a bug, please report it", kind=request.type)


def _alive(client: SocketModeClient) -> bool:
    """Whether it is connected and Slack has answered our pings lately: sockets die without a word."""
    session = client.current_session
    if session is None or not client.is_connected():
        return False
    heard = session.last_ping_pong_time
    return heard is None or clock.system().timestamp() - heard < _SILENT
