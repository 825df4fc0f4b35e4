"""A feed's server may do anything: nothing hangs, swells or leads inside, and every failure names its cure."""

import contextlib
import json
import re
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from feed_writer import atom, item, rss
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_double import Handler, WebDouble, bomb, zeros, zipped

from connectors import Context, Cure, SourceError, _entries, _fetch, feed
from connectors._plain import text_of

GOOD = rss(item(1)).encode()


@pytest.fixture
def web() -> Iterator[WebDouble]:
    with WebDouble() as double:
        yield double


def poller(web: WebDouble, **changed: object) -> feed.FeedPoller:
    plain = {"name": "reviews", "kind": "feed", "url": web.url(), "allow_private": True, "timeout": "3s"}
    return feed.connect(feed.Settings.model_validate({**plain, **changed}), Context())


def refusal(web: WebDouble, answer: Callable[[Handler], None] | None = None, **changed: object) -> SourceError:
    """How reading fails; its message is one line that ends with what to do."""
    if answer is not None:
        web.answers["/feed.xml"] = answer
    with pytest.raises(SourceError) as refused:
        poller(web, **changed).poll(None)
    said = str(refused.value)
    assert said.isprintable()
    assert len(said) < 400
    assert re.search("; [a-z]", said), said
    return refused.value


def test_a_body_of_300_megabytes_is_cut_off_without_filling_memory(web: WebDouble) -> None:
    def endless(handler: Handler) -> None:
        handler.begin(Content_Type="application/xml")
        for piece in zeros(300):
            handler.raw(piece)

    tracemalloc.start()
    refused = refusal(web, endless)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "sent more than 10000000 bytes; raise max_bytes" in str(refused)
    assert refused.cure is Cure.PERSON
    assert peak < 40_000_000


def test_a_body_that_says_it_is_too_large_is_not_even_read(web: WebDouble) -> None:
    refused = refusal(web, lambda handler: handler.begin(Content_Length="300000000"))
    assert "sent more than" in str(refused)


def test_a_gzip_bomb_is_cut_off_without_filling_memory(web: WebDouble) -> None:
    packed = bomb(300)
    tracemalloc.start()
    refused = refusal(web, lambda handler: handler.reply(packed, Content_Encoding="gzip"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "sent more than 10000000 bytes" in str(refused)
    assert peak < 60_000_000


def test_a_good_gzip_body_is_read(web: WebDouble) -> None:
    web.serve(zipped(GOOD), Content_Encoding="gzip")
    assert len(poller(web).poll(None).mentions) == 1


def test_the_size_is_what_comes_out_of_the_compression(web: WebDouble) -> None:
    web.serve(zipped(rss(item(1, text="x" * 5_000)).encode()), Content_Encoding="gzip")
    assert "sent more than 5000 bytes" in str(refusal(web, max_bytes=5_000))


@pytest.mark.parametrize(
    "broken", [b"this is no gzip", zipped(GOOD)[:10] + b"\0" * 50, b"\x1f\x8b" + GOOD], ids=["plain", "zeros", "header"]
)
def test_a_body_that_is_not_compressed_as_it_says_is_for_the_site_to_mend(web: WebDouble, broken: bytes) -> None:
    refused = refusal(web, lambda handler: handler.reply(broken, Content_Encoding="gzip"))
    assert "not compressed as it says" in str(refused)
    assert refused.cure is Cure.RETRY


def test_a_gzip_body_cut_short_is_a_failure_or_a_broken_feed_but_never_nothing_new(web: WebDouble) -> None:
    whole = zipped(rss(*(item(n, text=f"{n} " * 50) for n in range(200))).encode())
    for end in range(20, len(whole), len(whole) // 15):
        web.serve(whole[:end], Content_Encoding="gzip")
        try:
            batch = poller(web).poll(None)
        except SourceError as refused:
            assert refused.cure is not Cure.BUG  # noqa: PT017 - either outcome is right
        else:
            assert "not well formed" in (batch.warning or "")


def test_a_body_shorter_than_it_says_is_a_failure(web: WebDouble) -> None:
    def short(handler: Handler) -> None:
        handler.begin(Content_Length=str(len(GOOD) + 10))
        handler.raw(GOOD)

    assert refusal(web, short).cure is Cure.RETRY


def test_a_chunked_body_that_breaks_off_is_a_failure(web: WebDouble) -> None:
    def short(handler: Handler) -> None:
        handler.begin(Transfer_Encoding="chunked")
        handler.raw(b"%x\r\n" % len(GOOD) + GOOD)

    assert refusal(web, short).cure is Cure.RETRY


def dribble(handler: Handler, pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        if handler.stopping.wait(0.05):
            return
        handler.raw(piece)


def forever(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def headers_forever(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\n")
    dribble(handler, forever(b"X: y\r\n"))


def one_header_forever(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nX: ")
    dribble(handler, forever(b"y"))


def continue_forever(handler: Handler) -> None:
    dribble(handler, forever(b"HTTP/1.1 100 Continue\r\n\r\n"))


def body_forever(handler: Handler) -> None:
    handler.begin(Content_Type="application/xml")
    dribble(handler, forever(b"<"))


def chunks_forever(handler: Handler) -> None:
    handler.begin(Transfer_Encoding="chunked")
    dribble(handler, forever(b"1\r\n<\r\n"))


def silent(handler: Handler) -> None:
    handler.stopping.wait(20)


def silent_after_headers(handler: Handler) -> None:
    handler.begin(Content_Length="1000")
    handler.stopping.wait(20)


@pytest.mark.parametrize(
    "answer",
    [one_header_forever, continue_forever, body_forever, chunks_forever, silent, silent_after_headers],
)
def test_a_server_that_never_comes_to_an_end_is_given_up_in_time(
    web: WebDouble, answer: Callable[[Handler], None]
) -> None:
    began = time.monotonic()
    refused = refusal(web, answer, timeout="1s")
    assert time.monotonic() - began < 2.5
    assert "did not answer in full within 1 s" in str(refused)
    assert refused.cure is Cure.RETRY


def test_endless_headers_are_given_up(web: WebDouble) -> None:
    began = time.monotonic()
    refusal(web, headers_forever, timeout="2s")
    assert time.monotonic() - began < 3.5


def test_closing_ends_a_reading_that_is_under_way(web: WebDouble) -> None:
    web.answers["/feed.xml"] = silent
    one = poller(web, timeout="60s")
    failures: list[Exception] = []

    def read() -> None:
        try:
            one.poll(None)
        except SourceError as refused:
            failures.append(refused)

    reading = threading.Thread(target=read)
    reading.start()
    while not web.requests:
        time.sleep(0.01)
    one.close()
    reading.join(5)
    assert [str(failure) for failure in failures] == [f"{web.url()} was being read when it was closed; read it again"]
    one.close()


def test_a_look_takes_less_than_five_seconds(web: WebDouble) -> None:
    web.answers["/feed.xml"] = silent
    began = time.monotonic()
    with pytest.raises(SourceError):
        poller(web, timeout="60s").look(["guid-1"])
    assert time.monotonic() - began < 5


# --- where it may go ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "2130706433", "0x7f000001"])
def test_an_address_inside_is_refused_however_it_is_written(web: WebDouble, host: str) -> None:
    refused = refusal(web, url=web.url(host=host), allow_private=False)
    assert "not on the public internet; set allow_private = true" in str(refused)
    assert refused.cure is Cure.PERSON
    assert web.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_these_addresses_are_not_on_the_public_internet(address: str) -> None:
    assert _fetch.private(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_these_addresses_are_on_the_public_internet(address: str) -> None:
    assert not _fetch.private(address)


def test_a_redirect_to_an_address_inside_is_refused_on_whichever_hop(
    web: WebDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_fetch, "private", lambda address: address != "127.0.0.1")
    web.answers["/a"] = lambda handler: handler.begin(status=302, Location="/b")
    web.answers["/b"] = lambda handler: handler.begin(status=307, Location=web.url(host="127.0.0.2"))
    web.serve(GOOD)
    refused = refusal(web, url=web.url("/a"), allow_private=False)
    assert "127.0.0.2" in str(refused)
    assert [path for path, _ in web.requests] == ["/a", "/b"]
    assert len(poller(web, allow_private=False).poll(None).mentions) == 1


def test_a_name_that_resolves_differently_the_second_time_gains_nothing(
    web: WebDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, answers = socket.getaddrinfo, iter(["127.0.0.1", "127.0.0.2", "127.0.0.3"])
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **kind: real(next(answers) if host == "feeds.example" else host, port, **kind),
    )
    monkeypatch.setattr(_fetch, "private", lambda address: address != "127.0.0.1")
    web.serve(GOOD)
    one = poller(web, url=web.url(host="feeds.example"), allow_private=False)
    assert len(one.poll(None).mentions) == 1
    with pytest.raises(SourceError, match=r"127\.0\.0\.2"):
        one.poll(None)
    assert len(web.requests) == 1


def test_three_redirects_are_followed_and_no_fourth(web: WebDouble) -> None:
    for number in range(4):
        there = f"/{number + 1}"
        web.answers[f"/{number}"] = lambda handler, there=there: handler.begin(status=301, Location=there)
    web.serve(GOOD, "/4")
    assert len(poller(web, url=web.url("/1")).poll(None).mentions) == 1
    refused = refusal(web, url=web.url("/0"))
    assert "more than 3 times" in str(refused)
    assert refused.cure is Cure.PERSON


def test_the_body_of_a_redirect_is_not_read(web: WebDouble) -> None:
    def endless(handler: Handler) -> None:
        handler.begin(status=302, Location="/b")
        dribble(handler, forever(b"x"))

    web.serve(GOOD, "/b")
    web.answers["/feed.xml"] = endless
    began = time.monotonic()
    assert len(poller(web).poll(None).mentions) == 1
    assert time.monotonic() - began < 2


def test_a_redirect_in_a_circle_ends(web: WebDouble) -> None:
    assert "more than 3 times" in str(refusal(web, lambda handler: handler.begin(status=302, Location="/feed.xml")))


@pytest.mark.parametrize(
    "there", ["file:///etc/passwd", "ftp://x.example/", "gopher://x.example/", "", "http://", "http://[::1", "data:,x"]
)
def test_a_redirect_to_no_web_address_is_refused(web: WebDouble, there: str) -> None:
    refused = refusal(web, lambda handler: handler.begin(status=302, Location=there))
    assert refused.cure is Cure.PERSON


def test_secret_headers_stay_with_the_host_they_are_for(web: WebDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_TOKEN", "sample-secret")
    web.answers["/a"] = lambda handler: handler.begin(status=302, Location="/b", Set_Cookie="a=b")
    web.answers["/b"] = lambda handler: handler.begin(status=302, Location=web.url(host="localhost"))
    web.serve(GOOD)
    poller(web, url=web.url("/a"), header_env={"X-Token": "SAMPLE_TOKEN"}).poll(None)
    assert [headers.get("x-token") for headers in web.headers()] == ["sample-secret", "sample-secret", None]
    assert all("cookie" not in headers for headers in web.headers())


def test_proxies_and_netrc_files_of_the_machine_are_ignored(
    web: WebDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.serve(GOOD)
    assert len(poller(web).poll(None).mentions) == 1


# --- what it may answer --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (204, Cure.RETRY), (304, Cure.RETRY), (400, Cure.PERSON), (401, Cure.PERSON), (402, Cure.PERSON),
        (403, Cure.PERSON), (404, Cure.PERSON), (406, Cure.PERSON), (408, Cure.RETRY), (410, Cure.PERSON),
        (418, Cure.PERSON), (421, Cure.RETRY), (425, Cure.RETRY), (429, Cure.RETRY), (451, Cure.PERSON),
        (500, Cure.RETRY), (502, Cure.RETRY), (503, Cure.RETRY), (504, Cure.RETRY), (520, Cure.RETRY),
    ],
)  # fmt: skip
def test_every_status_has_its_cure(web: WebDouble, status: int, cure: Cure) -> None:
    refused = refusal(web, lambda handler: handler.begin(status=status, Content_Length="0"))
    assert (refused.cure, str(status) in str(refused) or status == 429) == (cure, True)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("Mon, 02 Mar 2026 10:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 09:00:00 GMT", timedelta(0)),
        ("99999999", timedelta(days=1)),
        ("-5", None),
        ("soon", None),
        ("9" * 5_000, None),
        ("\xb2", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_the_server_asks_for_is_passed_on(
    web: WebDouble, status: int, asked: str, wait: timedelta | None
) -> None:
    head = f"HTTP/1.1 {status} x\r\nDate: Mon, 02 Mar 2026 10:00:00 GMT\r\nRetry-After: {asked}\r\n\r\n"
    assert refusal(web, lambda handler: handler.raw(head.encode("latin-1"))).retry_after == wait


PAGE = '<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/real.xml"></head>Hi</html>'


@pytest.mark.parametrize(
    "page",
    [
        "<html><body>Hi</body></html>",
        "\n<!-- x --><!doctype HTML><p>Hi",
        '<?xml version="1.0"?><html xmlns="x"/>',
        PAGE,
    ],
)
def test_a_web_page_is_an_error_and_not_nothing_new(web: WebDouble, page: str) -> None:
    refused = refusal(web, lambda handler: handler.reply(page.encode(), kind="text/html"))
    assert "is a web page, not a feed" in str(refused)
    assert refused.cure is Cure.PERSON


def test_a_web_page_that_names_its_feed_is_quoted_with_it(web: WebDouble) -> None:
    refused = refusal(web, lambda handler: handler.reply(PAGE.encode(), kind="text/html"))
    assert str(refused).endswith(f"set url to {web.url('/real.xml')}")


def test_a_web_page_where_a_feed_used_to_be_may_pass_by_itself(web: WebDouble) -> None:
    web.serve(GOOD)
    cursor = poller(web).poll(None).cursor
    web.serve(PAGE)
    with pytest.raises(SourceError) as refused:
        poller(web).poll(cursor)
    assert refused.value.cure is Cure.RETRY


@pytest.mark.parametrize("body", [b"", b" \r\n\t ", b"\xef\xbb\xbf", b"\0\0", b"\xff\xfe"])
def test_an_empty_answer_is_an_error_and_not_nothing_new(web: WebDouble, body: bytes) -> None:
    assert "is empty where a feed should be" in str(refusal(web, lambda handler: handler.reply(body)))


@pytest.mark.parametrize(
    "body",
    [b"plain words", b"{", b"{}", b"[]", b"null", b'{"version": 1, "items": []}', b'{"version":"https://jsonfeed.org/version/1"}',
     b'{"items":' + b"[" * 50_000, b"\x89PNG\r\n", b"<note/>", b"<?xml version='1.0'?><svg/>", b"%PDF-1.7"],
)  # fmt: skip
def test_what_is_no_feed_is_an_error_and_not_nothing_new(web: WebDouble, body: bytes) -> None:
    refusal(web, lambda handler: handler.reply(body))


def test_an_entity_bomb_neither_hangs_nor_swells(web: WebDouble) -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE rss [{entities}]>' + rss(item(1)).split("?>")[1].replace("Parcel", "&a9;")
    web.serve(body)
    tracemalloc.start()
    began = time.monotonic()
    refused = refusal(web)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "entities made of entities" in str(refused)
    assert time.monotonic() - began < 1
    assert peak < 20_000_000


def test_one_large_entity_used_often_neither_hangs_nor_swells(web: WebDouble) -> None:
    body = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x "{"x" * 50_000}">]>'
    body += rss(*(item(n, text="SPOT" * 100) for n in range(100))).split("?>")[1].replace("SPOT", "&x;")
    web.serve(body)
    began = time.monotonic()
    with contextlib.suppress(SourceError):
        poller(web).poll(None)
    assert time.monotonic() - began < 5


def test_an_entity_that_names_a_file_or_an_address_is_not_followed(web: WebDouble) -> None:
    for target in ("file:///etc/passwd", web.url("/secret")):
        body = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>' + rss(
            item(1, text="ENTITY")
        ).split("?>")[1].replace("ENTITY", "&x;")
        web.serve(body)
        texts = [one.text for one in poller(web).poll(None).mentions]
        assert "root:" not in "".join(texts)
    assert "/secret" not in [path for path, _ in web.requests]


def test_a_character_reference_of_many_digits_fails_in_words(web: WebDouble) -> None:
    web.serve(f"<rss version='2.0'><channel><item><title>&#{'9' * 6_000};<b></title></item></channel></rss>")
    try:
        poller(web).poll(None)
    except SourceError as refused:
        assert "please report it" in str(refused)  # noqa: PT017 - either outcome is right


def test_a_post_of_two_megabytes_is_taken_whole(web: WebDouble) -> None:
    web.serve(atom(item(1, text="late " * 400_000)))
    assert len(poller(web).poll(None).mentions[0].text) == 5 * 400_000 - 1


def test_control_and_bidi_characters_reach_the_store_as_they_are_but_nul_and_surrogates_do_not(web: WebDouble) -> None:
    post = {
        "id": "a\0b\ud800",
        "url": "https://x.example/\0",
        "title": "t\0",
        "content_text": "\x1b[31m\u202e\0\udfff <!channel>",
        "author": {"name": "@sample\0\n_customer_01"},
    }
    web.serve(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [post]}))
    (one,) = poller(web).poll(None).mentions
    assert (one.id, one.author) == ("a\ufffdb\ufffd", "sample\ufffd _customer_01")
    assert one.text == "t\ufffd\n\n\x1b[31m\u202e\ufffd\ufffd <!channel>"


@pytest.mark.parametrize(
    "items",
    [
        "[null]",
        '[[], 1, "x"]',
        "[{}]",
        '[{"id": {}, "url": [], "title": 3, "content_html": null, "authors": "x", "date_published": 5}]',
        '[{"authors": [null, 3]}]',
        '[{"authors": [], "author": {"name": {}}}]',
        '[{"url": "http://[::1"}]',
        '[{"_harken": 3}]',
        '[{"date_published": "-5"}]',
    ],
)
def test_a_json_feed_of_wrong_types_is_taken_as_far_as_it_goes(web: WebDouble, items: str) -> None:
    web.serve('{"version": "https://jsonfeed.org/version/1.1", "items": ' + items + "}")
    assert len(poller(web).poll(None).mentions) <= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cuts=st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=8)), max_size=6),
    write=st.sampled_from([atom, rss]),
)
def test_whatever_bytes_come_parsing_gives_entries_or_a_source_error(
    cuts: list[tuple[int, bytes]], write: Callable[..., str]
) -> None:
    body = write(item(1, title="a", answers="guid-2"), item(2)).encode()
    for at, piece in cuts:
        body = body[:at] + piece + body[at + len(piece) :]
    try:
        entries = _entries.parse(body, url="https://x.example/feed", content_type="").entries
    except SourceError as refused:
        assert str(refused).isprintable()  # noqa: PT017 - either outcome is right
    else:
        assert all(isinstance(one.text, str) for one in entries)


# --- HTML to text ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("a <b>bold</b> <a href='https://x.example/?a=1&b=2'>link</a>", "a bold link"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>one</p>\n\n<p>two</p>", "one\n\ntwo"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<a title='1 > 0'>x</a>", "x"),
        ("5 < 6 <3 a<b", "5 < 6 <3 a"),
        ("&lt;b&gt; &amp;amp; &nbsp;x &#128512; &eacute;", "<b> &amp; x \U0001f600 \xe9"),
        ("&#0; &#xD800; &#9999999999;", "\ufffd \ufffd &#9999999999;"),
        ("<script>alert('</p>')</script>a<style>b</style><!-- c --><title>d</title>", "a"),
        ("a<!-- never ends", "a"),
        ("a<script>never ends", "a"),
        ("<![CDATA[a]]>b", "b"),
        ("line\nbreak   and\tspace", "line break and space"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_reader_would_read(markup: str, text: str) -> None:
    assert text_of(markup) == text


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", "<a b='", "&", "&#", "<![CDATA[", "<div>", "</", "<script>", "<a ="]
)
def test_hostile_html_costs_no_more_than_its_length(piece: str) -> None:
    began = time.monotonic()
    text_of(piece * (1_000_000 // len(piece)))
    assert time.monotonic() - began < 5


@given(st.text(alphabet="<>/!-ab&#;'\"= \n", max_size=200))
def test_no_html_makes_the_conversion_fail(markup: str) -> None:
    assert isinstance(text_of(markup), str)
