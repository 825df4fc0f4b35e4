"""The transport that all networks share: bounded, counted, and plain about what is wrong."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses
from web_double import Handler, WebDouble, bomb, zipped

from connectors import Cure, SourceError
from connectors._http import Http, RefusedError

GOOD = b'{"good": true}'
NOW = "Mon, 02 Mar 2026 12:00:00 GMT"


@pytest.fixture
def web() -> Iterator[WebDouble]:
    with WebDouble() as double:
        yield double


def http(web: WebDouble, timeout: float = 2, **options: object) -> Http:
    return Http("Sample", base_url=web.url(""), timeout=timedelta(seconds=timeout), **options)  # type: ignore[arg-type]


def says(body: bytes = GOOD, status: int = 200, **headers: str) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.date_time_string = lambda _=None: NOW  # type: ignore[method-assign]
        handler.reply(body, status=status, kind="application/json", **headers)

    return answer


def drips(handler: Handler) -> None:
    """A header that never ends, a byte at a time."""
    handler.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(200):
        handler.raw(b"x")
        if handler.stopping.wait(0.05):
            return


def test_json_is_read_and_the_networks_clock_with_it(web: WebDouble) -> None:
    web.answers["/a?b=c"] = says()
    one = http(web)
    assert one.get("/a", {"b": "c"}) == {"good": True}
    assert one.now == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert one.pause is None


def test_every_request_is_counted_once_and_those_that_fail_too(web: WebDouble) -> None:
    web.answers["/a"] = says()
    one = http(web)
    one.get("/a")
    with pytest.raises(RefusedError):
        one.get("/nothing")
    assert one.spent().requests == 2
    assert one.spent().requests == 0


REFUSALS = [
    (400, Cure.BUG, "please report this"),
    (401, Cure.PERSON, "token"),
    (402, Cure.PERSON, "paid"),
    (403, Cure.PERSON, "permissions"),
    (404, Cure.PERSON, "base_url"),
    (418, Cure.PERSON, "config of this source"),
    (429, Cure.RETRY, "too often"),
    (302, Cure.PERSON, "base_url"),
    (500, Cure.RETRY, "out of order"),
    (503, Cure.RETRY, "out of order"),
]


@pytest.mark.parametrize(("status", "cure", "words"), REFUSALS)
def test_a_refusal_says_its_status_its_cure_and_what_the_network_said(
    web: WebDouble, status: int, cure: Cure, words: str
) -> None:
    web.answers["/a"] = says(b'{"detail": "not\\u001b[31m today"}', status, Retry_After="7")
    with pytest.raises(RefusedError, match=rf"^Sample answered {status} to /a; .*{words}") as caught:
        http(web).get("/a")
    assert (caught.value.status, caught.value.cure) == (status, cure)
    assert caught.value.retry_after == timedelta(seconds=7)
    assert "not" in caught.value.said
    assert caught.value.said.isprintable()
    assert "today" not in str(caught.value)


def test_a_network_may_say_it_in_its_own_words_and_see_statuses_for_itself(web: WebDouble) -> None:
    web.answers["/a"] = says(b"{}", 402)
    with pytest.raises(RefusedError, match="add credits"):
        http(web, advice={402: "add credits"}).get("/a")
    assert http(web, passes=frozenset({402})).session.get(web.url("/a")).status_code == 402


LIMITS = [
    ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "1772452860"}, timedelta(seconds=60)),
    ({"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2026-03-02T12:05:00.000Z"}, timedelta(minutes=5)),
    ({"x_ratelimit_remaining": "0.0", "x_ratelimit_reset": "90"}, timedelta(seconds=90)),
    ({"RateLimit_Remaining": "0", "RateLimit_Reset": "1772452801"}, timedelta(seconds=1)),
    ({"x_rate_limit_remaining": "1", "x_rate_limit_reset": "1772452860"}, None),
    ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "soon"}, None),
    ({"x_rate_limit_remaining": "none", "x_rate_limit_reset": "9"}, None),
    ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "1e300"}, None),
    ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "1"}, timedelta(seconds=1)),
    ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "9999999999"}, timedelta(days=1)),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "pause"), LIMITS)
def test_a_rate_limit_that_is_used_up_is_a_pause_however_it_is_written(
    web: WebDouble, headers: dict[str, str], pause: timedelta | None
) -> None:
    web.answers["/a"] = says(GOOD, **headers)
    one = http(web)
    one.get("/a")
    assert one.pause == pause


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says(b"<html><body>Hello</body></html>"), "no JSON"),
        (says(b""), "no JSON"),
        (says(b'{"cut": '), "cannot be read"),
        (says(zipped(json.dumps(list(range(9_999))).encode())[:4_000], Content_Encoding="gzip"), "cannot be read"),
        (says(b"no gzip", Content_Encoding="gzip"), "not compressed"),
        (says(bomb(60), Content_Encoding="gzip"), "ask for fewer"),
        (lambda handler: handler.raw(b"no http at all\r\n\r\n"), "could not be read"),
    ],
)
def test_whatever_is_no_json_is_a_source_error_in_one_line(web: WebDouble, answer: object, said: str) -> None:
    web.answers["/a"] = answer  # type: ignore[assignment]
    with pytest.raises(SourceError, match=said) as caught:
        http(web).get("/a")
    assert str(caught.value).isprintable()
    assert "; " in str(caught.value)


def test_a_good_gzip_body_is_read(web: WebDouble) -> None:
    web.answers["/a"] = says(gzip.compress(GOOD), Content_Encoding="gzip")
    assert http(web).get("/a") == {"good": True}


def test_a_server_that_drips_is_cut_off_in_time_wherever_it_stands(web: WebDouble) -> None:
    web.answers["/a"] = drips
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"did not answer in full within 0\.5 s"):
        http(web, 0.5).get("/a")
    assert time.monotonic() - began < 3


def test_within_bounds_all_requests_of_this_thread_together(web: WebDouble) -> None:
    web.answers["/a"] = says()
    web.answers["/slow"] = drips
    one = http(web, 30)
    began = time.monotonic()
    with one.within(timedelta(seconds=0.5)):
        one.get("/a")
        with pytest.raises(SourceError):
            one.get("/slow")
        with pytest.raises(SourceError, match="did not answer in time"):
            one.get("/a")
    assert time.monotonic() - began < 3
    assert one.get("/a") == {"good": True}


def test_closing_cuts_what_is_under_way_in_another_thread(web: WebDouble) -> None:
    web.answers["/slow"] = drips
    one = http(web, 30)
    failed: list[str] = []

    def ask() -> None:
        try:
            one.get("/slow")
        except SourceError as error:
            failed.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    deadline = time.monotonic() + 5
    while not web.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    one.close()
    one.close()
    thread.join(5)
    assert failed == ["Sample was being read when it was closed; read it again"]


def test_what_an_sdk_sends_elsewhere_goes_to_base_url(web: WebDouble) -> None:
    web.answers["/2/tweets"] = says()
    one = http(web, instead_of="https://api.sample.example")
    assert one.session.get("https://api.sample.example/2/tweets").json() == {"good": True}


def test_a_redirect_is_not_followed_and_no_secret_goes_along(web: WebDouble) -> None:
    web.answers["/a"] = says(b"{}", 302, Location=web.url("/stolen"))
    with pytest.raises(RefusedError) as caught:
        http(web).get("/a", headers={"Authorization": "Bearer sample-secret"})
    assert [path for path, _ in web.requests] == ["/a"]
    assert "sample-secret" not in str(caught.value)


def test_proxies_and_netrc_of_the_machine_are_not_used(web: WebDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    web.answers["/a"] = says()
    assert http(web).get("/a") == {"good": True}


def test_what_an_sdk_makes_of_a_failure_is_turned_back(web: WebDouble) -> None:
    web.answers["/a"] = says(b"{}", 500)
    one = http(web)

    class SdkError(Exception):
        pass

    def sdk() -> None:
        try:
            one.session.get(web.url("/a"))
        except Exception as error:
            raise SdkError("something happened") from error

    with pytest.raises(RefusedError, match="Sample answered 500"), one.telling():
        sdk()
    with pytest.raises(SourceError, match=r"cannot be read \(KeyError\)") as caught, one.telling():
        raise KeyError("nobody knows")
    assert caught.value.cure is Cure.BUG


@responses.activate
def test_mocks_of_requests_work_below_it() -> None:
    responses.get("https://sample.example/a", json={"mocked": True})
    one = Http("Sample", base_url="https://sample.example", timeout=timedelta(seconds=2))
    assert one.get("/a") == {"mocked": True}


def test_json_is_posted(web: WebDouble) -> None:
    heard: list[bytes] = []

    def take(handler: Handler) -> None:
        heard.append(handler.body)
        handler.reply(GOOD, kind="application/json")

    web.answers["/a"] = take
    assert http(web).post("/a", {"name": "sample"}) == {"good": True}
    assert json.loads(heard[0]) == {"name": "sample"}


def test_an_address_where_nobody_listens_says_so() -> None:
    with pytest.raises(SourceError, match="Sample could not be read"):
        Http("Sample", base_url="http://127.0.0.1:1", timeout=timedelta(seconds=2)).get("/a")


def test_the_session_is_one_of_requests(web: WebDouble) -> None:
    assert isinstance(http(web).session, requests.Session)
