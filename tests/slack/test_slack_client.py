"""WebSlack against the local Slack, through the real SDK: what is sent, and how each failure is told apart."""

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import slack_double as double
from slack_double import SlackDouble

from monitor.slack import Doubtful, LockedOut, Message, NotSent, Paused, Posted, Refused, Slack, SlackError, wire
from monitor.slack.client import PAGES, SCOPES, SKEW, WebSlack
from monitor.slack.replies import PAUSE

HELLO = Message("Hello", [{"type": "header", "text": {"type": "plain_text", "text": "Hello", "emoji": False}}])
SHORT = timedelta(milliseconds=400)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def slack(slack_double: SlackDouble) -> WebSlack:
    return WebSlack(double.TOKEN, slack_double.base_url)


def hurried(slack_double: SlackDouble, timeout: timedelta = SHORT) -> WebSlack:
    return WebSlack(double.TOKEN, slack_double.base_url, timeout)


def test_it_is_the_slack_everybody_else_knows(slack: WebSlack) -> None:
    assert isinstance(slack, Slack)


class TestPosting:
    def test_a_channel_asked_for_by_name_is_answered_with_its_id(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        posted = slack.post("#care", HELLO, delivery="d1")
        assert posted.channel_id == slack_double.named("care").id
        [shown] = slack_double.shows("care")
        assert (shown.ts, shown.text, shown.blocks, shown.delivery) == (posted.ts, "Hello", HELLO.blocks, "d1")

    def test_slack_is_told_to_look_for_no_names_no_links_and_no_previews(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        posted = slack.post("#care", HELLO)
        slack.update(posted.channel_id, posted.ts, HELLO)
        post, update = slack_double.calls
        quiet = {"parse": "none", "link_names": False}
        assert post.args.items() >= {**quiet, "unfurl_links": False, "unfurl_media": False}.items()
        assert update.args.items() >= quiet.items()

    def test_a_message_without_blocks_or_delivery_carries_neither(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack.post("#care", Message("Hello", []))
        [call] = slack_double.calls
        assert not call.args.keys() & {"blocks", "metadata", "thread_ts", "reply_broadcast"}

    def test_a_reply_goes_into_its_thread_and_only_a_broadcast_shows_in_the_channel(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        top = slack.post("#care", HELLO)
        slack.post(top.channel_id, HELLO, thread=top.ts)
        slack.post(top.channel_id, HELLO, thread=top.ts, broadcast=True)
        _, plain, loud = slack_double.shows("care")
        assert (plain.thread_ts, plain.broadcast) == (top.ts, False)
        assert (loud.thread_ts, loud.broadcast) == (top.ts, True)

    def test_an_update_replaces_text_and_blocks_and_keeps_the_delivery_id(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        posted = slack.post("#care", HELLO, delivery="d1")
        slack.update(posted.channel_id, posted.ts, Message("Answered", []))
        [shown] = slack_double.shows("care")
        assert (shown.text, shown.blocks, shown.delivery, shown.edits) == ("Answered", [], "d1", 1)
        assert slack.find(posted.channel_id, "d1", LONG_AGO) == posted

    def test_no_call_is_ever_made_twice_by_itself(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        for fault in (double.drop(accept=True), double.status(503), double.rate_limited(1)):
            slack_double.fail(fault)
        for number in (1, 2, 3):
            with pytest.raises(SlackError):
                slack.post("#care", HELLO)
            assert len(slack_double.calls) == number


ROWS: list[tuple[str, double.Fault, type[SlackError]]] = [
    ("429 with Retry-After", double.rate_limited(7), Paused),
    ("429 without Retry-After", double.rate_limited(None), Paused),
    ("ok false, ratelimited", double.says("ratelimited"), Paused),
    ("ok false, message_limit_exceeded", double.says("message_limit_exceeded"), Paused),
    ("500", double.status(500), Doubtful),
    ("502 after it was taken", double.status(502, accept=True), Doubtful),
    ("503 with Slack's own word", double.status(503, body=b'{"ok":false,"error":"service_unavailable"}'), Doubtful),
    ("408", double.status(408), Doubtful),
    ("a sign-in page with 200", double.html(), Doubtful),
    ("a sign-in page with 403", double.status(403), NotSent),
    ("a redirect", double.status(302), Doubtful),
    ("half a reply", double.truncated(), Doubtful),
    ("an empty reply", double.body(b""), Doubtful),
    ("a list", double.body(b"[1]"), Doubtful),
    ("null", double.body(b"null"), Doubtful),
    ("ok that is no truth value", double.body(b'{"ok": 1}'), Doubtful),
    ("no ok", double.body(b'{"channel": "C1", "ts": "1.2"}'), Doubtful),
    ("ok without a ts", double.body(b'{"ok": true, "channel": "C1"}'), Doubtful),
    ("ok with a ts that is no text", double.body(b'{"ok": true, "channel": "C1", "ts": 1.5}'), Doubtful),
    ("octets that are no text", double.body(b'{"ok": true, "x": "\xff"}'), Doubtful),
    ("nesting without end", double.body(b'{"ok":' * 100_000), Doubtful),
    ("ok false without a code", double.body(b'{"ok": false}'), Refused),
    ("ok false with odd company", double.body(b'{"ok":false,"error":"no_text","response_metadata":[]}'), Refused),
    ("dropped before it was taken", double.drop(), Doubtful),
    ("dropped after it was taken", double.drop(accept=True), Doubtful),
    ("fatal_error", double.says("fatal_error"), Doubtful),
    ("internal_error after it was taken", double.says("internal_error", accept=True), Doubtful),
    ("request_timeout", double.says("request_timeout"), NotSent),
    ("team_added_to_org", double.says("team_added_to_org"), NotSent),
    ("channel_not_found", double.says("channel_not_found"), Refused),
    ("restricted_action", double.says("restricted_action"), Refused),
    ("a code nobody has heard of", double.says("sun_spots"), Refused),
    ("a code with HTTP 400", double.status(400, body=b'{"ok":false,"error":"invalid_blocks"}'), Refused),
    ("invalid_auth", double.says("invalid_auth"), LockedOut),
    ("token_revoked", double.says("token_revoked"), LockedOut),
    ("account_inactive", double.says("account_inactive"), LockedOut),
    ("missing_scope", double.body(b'{"ok":false,"error":"missing_scope","needed":"chat:write"}'), LockedOut),
]


class TestFailures:
    @pytest.mark.parametrize(("fault", "error"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
    def test_each_way_slack_fails_says_whether_the_message_may_be_out(
        self, slack: WebSlack, slack_double: SlackDouble, fault: double.Fault, error: type[SlackError]
    ) -> None:
        slack_double.fail(fault)
        with pytest.raises(SlackError) as caught:
            slack.post("#care", HELLO, delivery="d1")
        assert type(caught.value) is error
        assert "\n" not in str(caught.value)
        assert double.TOKEN not in str(caught.value)

    @pytest.mark.parametrize("fault", [row[1] for row in ROWS if row[2] is not Doubtful])
    def test_what_is_said_to_be_out_of_doubt_was_never_taken(
        self, slack: WebSlack, slack_double: SlackDouble, fault: double.Fault
    ) -> None:
        slack_double.fail(fault)
        with pytest.raises(SlackError):
            slack.post("#care", HELLO, delivery="d1")
        assert slack_double.deliveries() == {}

    @pytest.mark.parametrize(
        ("header", "wait"),
        [
            ("7", timedelta(seconds=7)),
            ("0", timedelta(seconds=1)),
            ("-5", PAUSE),
            ("1.5", PAUSE),
            ("soon", PAUSE),
            ("Wed, 21 Oct 2026 07:28:00 GMT", PAUSE),
            ("999999999", timedelta(hours=1)),
            ("99999999999999999999", PAUSE),
            (None, PAUSE),
        ],
    )
    def test_retry_after_is_kept_within_a_second_and_an_hour(
        self, slack: WebSlack, slack_double: SlackDouble, header: str | None, wait: timedelta
    ) -> None:
        slack_double.fail(double.rate_limited(header))
        with pytest.raises(Paused) as caught:
            slack.post("#care", HELLO)
        assert caught.value.retry_after == wait

    def test_a_refusal_carries_slacks_code_and_its_reason(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        with pytest.raises(Refused) as caught:
            slack.post("#care", Message("Hello", [{"type": "actions", "elements": []}]))
        assert caught.value.code == "invalid_blocks"
        assert "actions has no elements" in caught.value.detail
        assert len(slack_double.forgive()) == 1

    def test_a_missing_scope_is_named(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.fail(double.body(b'{"ok":false,"error":"missing_scope","needed":"chat:write"}'))
        with pytest.raises(LockedOut, match=r"missing_scope.*chat:write"):
            slack.post("#care", HELLO)

    def test_a_refused_token_locks_us_out_everywhere(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.token = "xoxb-another"
        for call in (
            lambda: slack.post("#care", HELLO),
            lambda: slack.find("C00000001", "d1", LONG_AGO),
            lambda: slack.open("U0SAMPLE"),
            slack.whoami,
        ):
            with pytest.raises(LockedOut, match="invalid_auth"):
                call()

    @pytest.mark.parametrize("token", ["xoxb-a\nb", "xoxb-“quoted”", "", "xoxb a"])
    def test_a_token_that_is_none_is_refused_without_being_shown(self, slack_double: SlackDouble, token: str) -> None:
        with pytest.raises(LockedOut) as caught:
            WebSlack(token, slack_double.base_url).post("#care", HELLO)
        assert "xoxb" not in str(caught.value)
        assert slack_double.calls == []

    def test_white_space_around_a_token_is_taken_off(self, slack_double: SlackDouble) -> None:
        assert WebSlack(f" {double.TOKEN}\n", slack_double.base_url).whoami().user == "harken"


class TestTheWire:
    def test_a_refused_connection_is_not_sent(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.stop()
        with pytest.raises(NotSent, match=r"cannot be reached at http://127\.0\.0\.1"):
            slack.post("#care", HELLO)
        slack_double.start()
        slack.post("#care", HELLO)

    def test_were_the_sdk_to_pass_our_transport_by_nothing_would_count_as_certain(
        self, slack: WebSlack, slack_double: SlackDouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr("monitor.slack.client._OneCall._perform_urllib_http_request_internal")
        for fault in (double.drop(accept=True), double.status(500), double.rate_limited(), double.says("no_text")):
            slack_double.fail(fault)
            with pytest.raises(Doubtful):
                slack.post("#care", HELLO)

    def test_a_host_without_an_address_is_not_sent(self) -> None:
        with pytest.raises(NotSent):
            WebSlack(double.TOKEN, "http://slack.invalid/api/").post("#care", HELLO)

    @pytest.mark.parametrize("base_url", ["ftp://127.0.0.1/api/", "file:///etc/", "slack.example", "http://[bad/"])
    def test_a_base_url_that_leads_nowhere_is_not_sent(self, base_url: str) -> None:
        with pytest.raises(NotSent):
            WebSlack(double.TOKEN, base_url).post("#care", HELLO)

    @pytest.fixture
    def deaf(self) -> Iterator[int]:
        """A port whose queue of one is full, so that further connections are never answered."""
        with contextlib.ExitStack() as held:
            listening = held.enter_context(socket.socket())
            listening.bind(("127.0.0.1", 0))
            listening.listen(0)
            port = listening.getsockname()[1]
            for _ in range(4):
                tube = held.enter_context(socket.socket())
                tube.setblocking(False)
                tube.connect_ex(("127.0.0.1", port))
            yield port

    def test_a_connection_nobody_accepts_is_not_sent_and_ends_in_time(self, deaf: int) -> None:
        began = time.monotonic()
        with pytest.raises(NotSent):
            WebSlack(double.TOKEN, f"http://127.0.0.1:{deaf}/api/", SHORT).post("#care", HELLO)
        assert SHORT.total_seconds() <= time.monotonic() - began < 2

    def test_a_server_that_talks_no_tls_is_not_sent(self, slack_double: SlackDouble) -> None:
        secure = slack_double.base_url.replace("http://", "https://")
        with pytest.raises(NotSent):
            WebSlack(double.TOKEN, secure, SHORT).post("#care", HELLO)

    @pytest.mark.parametrize("accept", [True, False])
    def test_no_reply_in_time_is_doubtful(self, slack_double: SlackDouble, accept: bool) -> None:
        slack_double.fail(double.hang(accept=accept))
        began = time.monotonic()
        with pytest.raises(Doubtful):
            hurried(slack_double).post("#care", HELLO)
        assert time.monotonic() - began < 2

    def test_a_reply_that_drips_is_cut_off_at_the_deadline(self, slack_double: SlackDouble) -> None:
        slack_double.fail(double.drip())
        began = time.monotonic()
        with pytest.raises(Doubtful):
            hurried(slack_double).post("#care", HELLO)
        assert SHORT.total_seconds() <= time.monotonic() - began < 2

    def test_headers_that_drip_are_cut_off_at_the_deadline(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            done = threading.Event()

            def drip() -> None:
                tube, _ = server.accept()
                with tube:
                    for octet in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
                        try:
                            tube.send(bytes([octet]))
                        except OSError:
                            return
                        if done.wait(0.05):
                            return

            thread = threading.Thread(target=drip)
            thread.start()
            try:
                began = time.monotonic()
                with pytest.raises(Doubtful):
                    WebSlack(double.TOKEN, f"http://127.0.0.1:{server.getsockname()[1]}/", SHORT).post("#care", HELLO)
                assert time.monotonic() - began < 2
            finally:
                done.set()
                thread.join()

    def test_something_that_is_no_http_is_doubtful(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def shout() -> None:
                tube, _ = server.accept()
                with tube:
                    tube.recv(100_000)
                    tube.sendall(b"220 mail.example ESMTP\r\n")

            thread = threading.Thread(target=shout)
            thread.start()
            with pytest.raises(Doubtful):
                WebSlack(double.TOKEN, f"http://127.0.0.1:{server.getsockname()[1]}/").post("#care", HELLO)
            thread.join()

    def test_a_redirect_does_not_carry_the_token_elsewhere(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        with double.checked() as elsewhere:
            away = (("Location", elsewhere.base_url + "chat.postMessage"),)
            slack_double.fail(double.Fault("away", status=307, headers=away, body=b""))
            slack_double.fail(double.Fault("away", status=302, headers=away, body=b""))
            for _ in range(2):
                with pytest.raises(Doubtful):
                    slack.post("#care", HELLO)
            assert elsewhere.calls == []

    def test_a_reply_longer_than_any_real_one_is_not_read_to_its_end(
        self, slack: WebSlack, slack_double: SlackDouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wire, "BODY", 20)
        with pytest.raises(Doubtful, match="20 octets"):
            slack.post("#care", HELLO)

    def test_a_dead_address_leaves_time_for_a_living_one(
        self, slack_double: SlackDouble, deaf: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (deaf, slack_double.port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: found)
        slack = WebSlack(double.TOKEN, "http://slack.example/api/", 2 * SHORT)
        assert slack.post("#care", HELLO).ts

    def test_the_environments_proxy_is_used_and_its_exceptions_are_kept(
        self, slack: WebSlack, slack_double: SlackDouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", slack_double.base_url.removesuffix("/api/"))
        assert WebSlack(double.TOKEN, "http://slack.invalid/api/").whoami().user == "harken"
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        with pytest.raises(NotSent):
            slack.whoami()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert slack.whoami().user == "harken"

    def test_a_slow_reply_within_the_deadline_is_a_reply(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.fail(double.slow(0.3))
        assert slack.post("#care", HELLO).ts

    def test_eight_threads_share_one_client(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.choose = lambda call: double.drop() if call.number % 4 == 0 else None

        def post(number: int) -> str | None:
            try:
                return slack.post("#care", HELLO, delivery=f"d{number}").ts
            except Doubtful:
                return None

        with ThreadPoolExecutor(8) as pool:
            sent = list(pool.map(post, range(40)))
        assert sent.count(None) == 10
        assert len(slack_double.deliveries()) == 30
        assert {shown.ts for shown in slack_double.shows("care")} == set(sent) - {None}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    pem = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            openssl,
            *["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"],
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            pem,
            "-out",
            pem.with_suffix(".crt"),
        ],
        check=True,
        capture_output=True,
    )
    pem.write_text(pem.read_text() + pem.with_suffix(".crt").read_text())
    return pem


class TestTLS:
    @pytest.fixture
    def secure(self, slack_double: SlackDouble, certificate: Path) -> Iterator[str]:
        """The local Slack, under TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        slack_double.stop()
        slack_double.tls = context
        slack_double.start()
        return slack_double.base_url

    def test_a_certificate_nobody_vouches_for_is_not_sent(self, secure: str, slack_double: SlackDouble) -> None:
        with pytest.raises(NotSent, match="certificate"):
            WebSlack(double.TOKEN, secure).post("#care", HELLO)
        assert slack_double.calls == []

    def test_the_deadline_holds_under_tls_too(
        self, secure: str, slack_double: SlackDouble, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
        slack = WebSlack(double.TOKEN, secure, timedelta(seconds=1))
        assert slack.post("#care", HELLO).ts
        slack_double.fail(double.drip())
        with pytest.raises(Doubtful):
            slack.post("#care", HELLO)
        assert len(slack_double.shows("care")) == 2


class TestFinding:
    def test_what_was_taken_although_the_reply_was_lost_is_found(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        for number, fault in enumerate((double.drop(accept=True), double.truncated(), double.status(500, accept=True))):
            slack_double.fail(fault)
            with pytest.raises(Doubtful):
                slack.post("#care", HELLO, delivery=f"d{number}")
            found = slack.find(slack_double.named("care").id, f"d{number}", datetime.now(UTC))
            assert found == Posted(slack_double.named("care").id, slack_double.shows("care")[-1].ts)

    def test_what_slack_takes_late_is_found_once_it_is_there(self, slack_double: SlackDouble) -> None:
        slack_double.fail(double.late(1))
        slack = hurried(slack_double)
        with pytest.raises(Doubtful):
            slack.post("#care", HELLO, delivery="d1")
        care = slack_double.named("care").id
        assert slack.find(care, "d1", LONG_AGO) is None
        slack_double.wait_for(slack_double.deliveries)
        assert slack.find(care, "d1", LONG_AGO)

    def test_what_was_never_taken_is_not_found(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack.post("#care", HELLO, delivery="another")
        slack_double.say("care", "d1")
        assert slack.find(slack_double.named("care").id, "d1", LONG_AGO) is None

    def test_a_broadcast_reply_is_found_and_a_plain_reply_is_not(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        top = slack.post("#care", HELLO)
        slack.post("#care", HELLO, delivery="plain", thread=top.ts)
        loud = slack.post("#care", HELLO, delivery="loud", thread=top.ts, broadcast=True)
        assert slack.find(top.channel_id, "loud", LONG_AGO) == loud
        assert slack.find(top.channel_id, "plain", LONG_AGO) is None

    def test_it_is_found_on_a_late_page_however_short_the_pages_are(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack_double.page_limit = 3
        posted = slack.post("#care", HELLO, delivery="d1")
        for number in range(20):
            slack_double.say("care", f"chatter {number}")
        assert slack.find(posted.channel_id, "d1", LONG_AGO) == posted
        assert len(slack_double.made("conversations.history")) == 7

    def test_a_history_too_long_to_walk_is_said_to_be_unknown(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.page_limit = 1
        posted = slack.post("#care", HELLO, delivery="d1")
        for number in range(PAGES):
            slack_double.say("care", f"chatter {number}")
        with pytest.raises(Refused, match="history_too_long"):
            slack.find(posted.channel_id, "d1", LONG_AGO)

    def test_a_slow_history_ends_at_the_deadline_of_the_whole_search(self, slack_double: SlackDouble) -> None:
        slack_double.page_limit = 1
        for number in range(10):
            slack_double.say("care", f"chatter {number}")
        slack_double.choose = lambda _: double.slow(0.15)
        began = time.monotonic()
        with pytest.raises(Doubtful):
            hurried(slack_double).find(slack_double.named("care").id, "d1", LONG_AGO)
        assert time.monotonic() - began < 1.2

    def test_it_looks_back_a_little_further_than_asked_because_clocks_differ(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        posted = slack.post("#care", HELLO, delivery="d1")
        soon = datetime.now(UTC) + SKEW / 2
        assert slack.find(posted.channel_id, "d1", soon) == posted
        assert slack.find(posted.channel_id, "d1", soon + SKEW) is None

    @pytest.mark.parametrize("year", [1, 1969])
    def test_no_day_is_too_long_ago_to_look_back_to(self, slack: WebSlack, year: int) -> None:
        posted = slack.post("#care", HELLO, delivery="d1")
        assert slack.find(posted.channel_id, "d1", datetime(year, 1, 1, tzinfo=UTC)) == posted

    def test_a_history_we_may_not_read_is_refused_and_no_lockout(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack_double.fail(double.says("missing_scope"), on="conversations.history")
        with pytest.raises(Refused, match="missing_scope"):
            slack.find(slack_double.named("care").id, "d1", LONG_AGO)
        slack_double.add("private", member=False)
        with pytest.raises(Refused, match="not_in_channel"):
            slack.find(slack_double.named("private").id, "d1", LONG_AGO)

    @pytest.mark.parametrize(
        "messages",
        [
            '[{"ts": "1.2", "metadata": {"event_type": "another", "event_payload": {"delivery": "d1"}}}]',
            '[1, null, "x", {}]',
            '[{"metadata": 3}]',
            '[{"metadata": {"event_type": "harken_delivery"}}]',
        ],
    )
    def test_odd_messages_in_the_history_are_passed_over(
        self, slack: WebSlack, slack_double: SlackDouble, messages: str
    ) -> None:
        slack_double.fail(double.body(f'{{"ok":true,"messages":{messages}}}'.encode()), on="conversations.history")
        assert slack.find(slack_double.named("care").id, "d1", LONG_AGO) is None


class TestChannels:
    def test_a_message_is_found_by_the_channels_name_where_its_id_is_not_known_yet(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        """The very first post in a channel may be the one whose reply is lost."""
        slack_double.page_limit = 1
        slack_double.fail(double.drop(accept=True))
        with pytest.raises(Doubtful):
            slack.post("#care", HELLO, delivery="d1")
        found = slack.find("#care", "d1", LONG_AGO)
        assert found == Posted(slack_double.named("care").id, slack_double.shows("care")[0].ts)

    def test_a_channels_name_is_looked_up_once_and_never_after_a_post(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack.post("#care", HELLO)
        slack.find("#care", "d1", LONG_AGO)
        assert slack_double.made("users.conversations") == []
        for _ in range(2):
            slack.find("#harken-ops", "d1", LONG_AGO)
        assert len(slack_double.made("users.conversations")) == 1

    def test_a_channel_our_app_is_not_in_can_never_be_searched(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack_double.add("closed", member=False)
        slack_double.add("old", archived=True)
        for name in ("#closed", "#old", "#nowhere"):
            with pytest.raises(Refused, match="not_in_channel"):
                slack.find(name, "d1", LONG_AGO)
        assert slack.joined() == {"#care": "C00000001", "#harken-ops": "C00000002"}

    @pytest.mark.parametrize("channels", ["[1]", '[{"id": "C1"}]', '[{"name": "care", "id": 1}]', "{}", "null"])
    def test_a_list_of_channels_that_makes_no_sense_is_doubtful(
        self, slack: WebSlack, slack_double: SlackDouble, channels: str
    ) -> None:
        slack_double.fail(double.body(f'{{"ok":true,"channels":{channels}}}'.encode()), on="users.conversations")
        with pytest.raises(Doubtful):
            slack.joined()

    def test_a_token_that_may_not_list_channels_is_no_lockout(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.fail(double.says("missing_scope"), on="users.conversations")
        with pytest.raises(Refused, match="missing_scope"):
            slack.find("#care", "d1", LONG_AGO)


class TestPeople:
    def test_an_address_is_looked_up_once_and_its_direct_message_opened(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        channel = slack.open("sample@example.org")
        assert channel.startswith("D")
        assert slack.open("sample@example.org") == channel
        assert [call.method for call in slack_double.calls] == ["users.lookupByEmail", "conversations.open"]
        posted = slack.post(channel, HELLO, delivery="d1")
        assert posted.channel_id == channel
        assert slack.find(channel, "d1", LONG_AGO) == posted

    def test_a_user_id_is_asked_about_before_anything_is_sent_to_it(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack.open("U0SAMPLE")
        assert [call.method for call in slack_double.calls] == ["users.info", "conversations.open"]

    @pytest.mark.parametrize(
        ("user", "code"), [("U0SAMPLE", "user_disabled"), ("sample@example.org", "users_not_found")]
    )
    def test_somebody_who_was_deactivated_is_refused_although_slack_would_take_it(
        self, slack: WebSlack, slack_double: SlackDouble, user: str, code: str
    ) -> None:
        slack_double.deactivated.add("U0SAMPLE")
        with pytest.raises(Refused) as caught:
            slack.open(user)
        assert caught.value.code == code
        assert slack_double.made("conversations.open") == []

    @pytest.mark.parametrize("user", ["U0SAMPLE", "sample@example.org"])
    def test_who_leaves_is_noticed_within_ten_minutes_and_who_stays_is_not_asked_about_each_time(
        self, slack: WebSlack, slack_double: SlackDouble, monkeypatch: pytest.MonkeyPatch, user: str
    ) -> None:
        channel = slack.open(user)
        slack_double.deactivated.add("U0SAMPLE")
        assert slack.open(user) == channel
        later = time.monotonic() + 601
        monkeypatch.setattr("monitor.slack.client.time.monotonic", lambda: later)
        with pytest.raises(Refused):
            slack.open(user)

    def test_a_guest_is_somebody(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.guests.add("U0SAMPLE")
        assert slack.open("U0SAMPLE")
        assert slack.directory.member("U0SAMPLE").guest

    def test_a_token_that_may_not_look_up_user_ids_takes_them_as_given(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack_double.fail(double.says("missing_scope"), on="users.info")
        assert slack.open("U0SAMPLE").startswith("D")

    @pytest.mark.parametrize(("user", "code"), [("no@example.org", "users_not_found"), ("U9", "user_not_found")])
    def test_nobody_is_refused(self, slack: WebSlack, user: str, code: str) -> None:
        with pytest.raises(Refused) as caught:
            slack.open(user)
        assert caught.value.code == code

    def test_a_failed_look_up_is_not_remembered(self, slack: WebSlack, slack_double: SlackDouble) -> None:
        slack_double.fail(double.status(500), on="users.lookupByEmail")
        with pytest.raises(Doubtful):
            slack.open("sample@example.org")
        assert slack.open("sample@example.org")

    def test_a_scope_that_only_looking_people_up_needs_is_no_lockout(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        slack_double.fail(double.says("missing_scope"), on="users.lookupByEmail")
        with pytest.raises(Refused, match="missing_scope"):
            slack.open("sample@example.org")

    def test_whoami_tells_the_team_the_name_and_the_scopes(self, slack: WebSlack) -> None:
        me = slack.whoami()
        assert (me.team, me.user, me.user_id, me.bot_id) == ("Double", "harken", "U0HARKEN", "B0HARKEN")
        assert me.scopes == SCOPES.keys()


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("deploy/slack-manifest.yaml", r"(?m)^ +- ([a-z:.]+)"),
        ("docs/slack.md", r"(?m)^\| (`[a-z:.]+`(?:, `[a-z:.]+`)*) \|"),
    ],
)
def test_the_app_we_tell_people_to_make_may_do_exactly_what_we_need(file: str, named: str) -> None:
    rows = re.findall(named, (ROOT / file).read_text())
    scopes = {scope.strip("`") for row in rows for scope in row.split(", ")}
    assert {scope for scope in scopes if ":" in scope.rstrip(":") or scope == "commands"} == SCOPES.keys()


def test_the_local_slack_grants_exactly_what_we_need() -> None:
    assert SCOPES.keys() == double.SCOPES


class TestRetract:
    def test_a_token_that_may_not_read_threads_deletes_the_message(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        top = slack.post("#care", HELLO)
        slack_double.fail(double.says("missing_scope"), on="conversations.replies")
        slack.retract(top.channel_id, top.ts)
        assert slack_double.named("care").messages == {}

    def test_a_reply_goes_alone_and_a_message_with_its_replies(
        self, slack: WebSlack, slack_double: SlackDouble
    ) -> None:
        top = slack.post("#care", HELLO)
        replied = [slack.post(top.channel_id, HELLO, thread=top.ts) for _ in range(3)]
        slack.retract(top.channel_id, replied[1].ts)
        assert set(slack_double.named("care").messages) == {top.ts, replied[0].ts, replied[2].ts}
        slack.retract(top.channel_id, top.ts)
        assert slack_double.named("care").messages == {}
