"""A small web server that serves feeds, well or badly. It knows nothing of Harken."""

import contextlib
import gzip
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One request, answered as the double was told for its path."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = 20
    server: "_Server"
    body = b""

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def do_GET(self) -> None:
        double = self.server.double
        double.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        answer = double.answers.get(self.path)
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client hung up, as it should on most of these
            if answer is None:
                self.reply(b"nothing here", status=404, kind="text/plain")
            else:
                answer(self)

    def reply(self, body: bytes, *, status: int = 200, kind: str = "application/xml", **headers: str) -> None:
        """A whole answer; ``Retry_After="3"`` becomes the header Retry-After."""
        self.begin(status=status, Content_Type=kind, Content_Length=str(len(body)), **headers)
        self.wfile.write(body)
        self.wfile.flush()

    def begin(self, *, status: int = 200, **headers: str) -> None:
        """Status line and headers."""
        self.send_response(status)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()

    def raw(self, text: bytes) -> None:
        """Bytes as they are, without any status line of ours."""
        self.wfile.write(text)
        self.wfile.flush()

    @property
    def stopping(self) -> threading.Event:
        """Set when the double closes, so that a never-ending answer ends with its test."""
        return self.server.double.stopping

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    double: "WebDouble"
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the request's own thread, then answer."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with contextlib.suppress(OSError), self.tls.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)


class WebDouble:
    """Serve what ``answers`` says by path, and keep what was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.double = self
        self._server.tls = tls
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str = "/feed.xml", host: str = "127.0.0.1") -> str:
        """The address of ``path``."""
        return f"{'https' if self._server.tls else 'http'}://{host}:{self._server.server_port}{path}"

    def serve(self, body: bytes | str, path: str = "/feed.xml", **options: object) -> None:
        """Answer ``path`` with ``body``; options as for ``Handler.reply``."""
        encoded = body.encode() if isinstance(body, str) else body
        self.answers[path] = lambda handler: handler.reply(encoded, **options)  # type: ignore[arg-type]  # passed on

    def headers(self) -> list[dict[str, str]]:
        """The headers of every request so far, names in lower case."""
        return [headers for _, headers in self.requests]


def zeros(megabytes: int) -> Iterator[bytes]:
    """So much of nothing, a megabyte at a time."""
    return (bytes(1_000_000) for _ in range(megabytes))


def bomb(megabytes: int) -> bytes:
    """A gzip body that swells to so many megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(piece) for piece in zeros(megabytes)) + packer.flush()


def zipped(body: bytes) -> bytes:
    """``body`` in gzip."""
    return gzip.compress(body)


class EveryPath(dict[str, Answer]):
    """Answers whatever is asked for by one function of the request and its path: a whole network."""

    def __init__(self, answer: Callable[[Handler, str], None]) -> None:
        super().__init__()
        self._answer = answer

    def get(self, path: str, default: Any = None) -> Any:
        """The answer to any path."""
        del default
        return lambda handler: self._answer(handler, path)


def said(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer of JSON, or of what is said to be."""
    return lambda handler: handler.reply(body, status=status, kind="application/json", **headers)


def ill_carried(whole: bytes) -> Iterator[tuple[str, Answer]]:
    """What a network does to a good answer on bad days: packs it wrongly, says nothing, speaks another protocol."""
    for packed in (b"no gzip", zipped(whole)[:-30], bomb(50)):
        yield "gzip", said(packed, Content_Encoding="gzip")
    yield "silence", lambda handler: handler.stopping.wait(5) and None
    yield "another protocol", lambda handler: handler.raw(b"no http at all\r\n\r\n")
