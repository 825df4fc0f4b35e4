"""Following a link: real requests to servers on this machine, which alone tests may reach."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from monitor.follow import follow
from rules.slips import Checked

SOON = timedelta(seconds=2)


class Web:
    """A server whose answers the test decides: path -> what to do with the request."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.cookies: list[str | None] = []
        self.sent: list[dict[str, str]] = []
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        web = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web.asked.append((self.command, self.path))
                web.cookies.append(self.headers.get("Cookie"))
                web.sent.append({name.lower(): value for name, value in self.headers.items()})
                self.close_connection = True
                with contextlib.suppress(OSError):
                    web.answers.get(self.path, status(404))(self)

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content_Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.flush()

    return answer


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.close()


def found(url: str) -> Checked:
    return follow(url, allow_private=True, timeout=SOON)


@pytest.mark.parametrize("code", [200, 204, 404, 410, 429, 500, 503])
def test_the_status_is_what_the_server_says(web: Web, code: int) -> None:
    web.answers["/"] = status(code)
    assert found(web.url()) == Checked(web.url(), code, web.url())


def test_a_page_is_asked_for_by_head_and_nothing_of_it_is_read(web: Web) -> None:
    web.answers["/"] = status(200, Content_Length="1000000000000")
    assert found(web.url()).status == 200
    assert web.asked == [("HEAD", "/")]


@pytest.mark.parametrize("code", [403, 404, 405, 501])
def test_a_server_that_will_not_answer_head_is_asked_by_get(web: Web, code: int) -> None:
    web.answers["/"] = lambda handler: status(code if handler.command == "HEAD" else 200)(handler)
    assert found(web.url()).status == 200
    assert [how for how, _ in web.asked] == ["HEAD", "GET"]


def test_a_server_that_hangs_up_on_head_is_asked_by_get(web: Web) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.command == "HEAD":
            handler.connection.shutdown(socket.SHUT_RDWR)
        else:
            status(200)(handler)

    web.answers["/"] = answer
    assert found(web.url()).status == 200


def test_redirects_are_followed_to_their_end(web: Web) -> None:
    web.answers |= {
        "/": status(301, Location="/a"),
        "/a": status(307, Location=web.url("/b?c=d")),
        "/b?c=d": status(200),
    }
    assert found(web.url()) == Checked(web.url(), 200, web.url("/b?c=d"))


def test_five_redirects_are_followed_and_no_sixth(web: Web) -> None:
    web.answers |= {f"/{n}": status(302, Location=f"/{n + 1}") for n in range(6)} | {"/6": status(200)}
    assert found(web.url("/1")).status == 200
    assert found(web.url("/0")).why == "redirects more than 5 times"


@pytest.mark.parametrize(
    "where", ["", "ftp://example.org/", "javascript:alert(1)", "file:///etc/passwd", "http://[::1"]
)
def test_a_redirect_to_no_web_address_is_not_followed(web: Web, where: str) -> None:
    web.answers["/"] = status(302, Location=where)
    assert found(web.url()).why == "redirects to something that is no web address"


def test_no_cookie_is_kept_and_no_secret_sent(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    web.answers |= {"/": status(302, Location="/a", Set_Cookie="a=b; Path=/"), "/a": status(200)}
    assert found(web.url()).status == 200
    assert web.cookies == [None, None]
    assert all(set(sent) <= {"host", "user-agent", "accept", "accept-encoding", "connection"} for sent in web.sent)


@pytest.mark.parametrize("way", ["silent", "a byte at a time"])
def test_a_server_that_takes_too_long_is_left(web: Web, way: str) -> None:
    gone = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        while not gone.wait(0.1):
            if way != "silent":
                handler.wfile.write(b"H")

    web.answers["/"] = answer
    began = time.monotonic()
    checked = follow(web.url(), allow_private=True, timeout=timedelta(seconds=1))
    gone.set()
    assert time.monotonic() - began < 5
    assert checked.passing
    assert checked.why == "did not answer in full within 1 s"


def test_a_name_that_nobody_has_is_said_so() -> None:
    checked = found("http://no-such-name.invalid/x")
    assert checked.passing
    assert checked.why == "could not be read (its name was not found)"


def test_a_closed_port_is_said_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert found(f"http://127.0.0.1:{port}/").why == "could not be read (Connection refused)"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/"])
def test_an_address_inside_is_never_asked(web: Web, url: str) -> None:
    web.answers["/"] = status(200)
    checked = follow(url.format(port=web.server.server_port), timeout=SOON)
    assert web.asked == []
    assert checked.status is None
    assert not checked.passing
    assert str(checked.why).endswith("leads to an address that is not on the public internet")


@pytest.mark.parametrize(
    "where",
    [
        "http://10.0.0.5/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
    ],
)
def test_private_shared_and_link_local_addresses_are_never_asked(where: str) -> None:
    assert "not on the public internet" in str(follow(where, timeout=SOON).why)


def public_only(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Names resolve to each of ``answers`` in turn; 203.0.113.7 is public to us and is the server on this machine."""
    turns = iter(answers)

    def resolve(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(turns)]

    monkeypatch.setattr("connectors._fetch.socket.getaddrinfo", resolve)


def test_a_name_that_resolves_inside_the_second_time_is_not_asked(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is public when the link is followed and private when its redirect is: DNS rebinding."""
    web.answers["/"] = status(302, Location="/inside")
    port = web.server.server_port
    checks = iter([False, True])
    monkeypatch.setattr("connectors._fetch.private", lambda _address: next(checks))
    public_only(monkeypatch, ["127.0.0.1"], ["127.0.0.1"])
    checked = follow(f"http://rebind.example:{port}/", timeout=SOON)
    assert web.asked == [("HEAD", "/")]
    assert str(checked.why).endswith("leads to an address that is not on the public internet")
    assert not checked.passing


def test_a_redirect_inside_says_where_it_leads(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.answers["/"] = status(302, Location="http://10.0.0.5/admin?secret=x")
    checks = iter([False, True])
    monkeypatch.setattr("connectors._fetch.private", lambda _address: next(checks))
    checked = follow(web.url(), timeout=SOON)
    assert checked.why == "http://10.0.0.5/admin leads to an address that is not on the public internet"


@pytest.mark.parametrize(
    "url", ["http://", "http://a..b/", "http://[::1", "http://example.org:99999/", "http://\ud800/"]
)
def test_an_address_that_is_none_is_no_fault_of_ours(url: str) -> None:
    assert follow(url, timeout=SOON).why
