"""The inbox over real HTTP: who is let in, what is taken, and that nothing is confirmed before it is committed."""

import base64
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from connectors import Batch, Context, Cure, SourceError, _wire, inbox
from rules.model import Mention

SECRET = "whsec_" + base64.b64encode(b"a sample secret for tests only").decode()
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def mention(number: int) -> Mention:
    return Mention("shop", f"post-{number}", f"post-{number}", "sample_customer_01", "My parcel is late.", AT)


def wire(number: int, **changed: object) -> dict[str, object]:
    return {**json.loads(_wire.write(mention(number))), **changed}


class Office:
    """An inbox that is open, and what it handed over."""

    def __init__(self, **settings: object) -> None:
        plain = {"name": "inbox", "kind": "inbox", "listen": "127.0.0.1:0", "secret_env": "SAMPLE_INBOX_SECRET"}
        self.settings = inbox.Settings.model_validate({**plain, **settings})
        self.server = inbox.connect(self.settings, Context())
        self.batches: list[Batch] = []
        self.trouble: Exception | None = None
        self.server.start(self.accept)
        self.url = f"http://127.0.0.1:{self.server.port}/mentions"

    def accept(self, batch: Batch) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.batches.append(batch)

    @property
    def taken(self) -> list[str]:
        return [one.id for batch in self.batches for one in batch.mentions]

    def post(self, body: bytes | str, *, name: str = "msg-1", late: float = 0, **headers: str) -> requests.Response:
        data = body.encode() if isinstance(body, str) else body
        return requests.post(self.url, data=data, headers={**signed(data, name, late), **headers}, timeout=10)


def signed(body: bytes, name: str = "msg-1", late: float = 0) -> dict[str, str]:
    at = datetime.fromtimestamp(int(time.time() - late), UTC)
    text = body.decode("utf-8", "replace")
    signature = Webhook(SECRET).sign(name, at, text)
    return {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_INBOX_SECRET", SECRET)


@pytest.fixture
def office() -> Iterator[Office]:
    one = Office()
    yield one
    one.server.close()


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (json.dumps(wire(1)), ["post-1"]),
        (json.dumps(wire(1), indent=2), ["post-1"]),
        (json.dumps([wire(1), wire(2)]), ["post-1", "post-2"]),
        (json.dumps([wire(1), wire(2)], indent=2), ["post-1", "post-2"]),
        (json.dumps(wire(1)) + "\n\n" + json.dumps(wire(2)) + "\r\n", ["post-1", "post-2"]),
        ("\ufeff" + json.dumps(wire(1)), ["post-1"]),
        ("[]", []),
    ],
)
def test_one_object_an_array_and_json_lines_are_taken(office: Office, body: str, taken: list[str]) -> None:
    answer = office.post(body)
    assert (answer.status_code, answer.json()) == (200, {"accepted": len(taken)})
    assert office.taken == taken


def test_nothing_is_confirmed_before_it_is_committed(office: Office) -> None:
    office.trouble = RuntimeError("disk full")
    answer = office.post(json.dumps(wire(1)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "disk" not in answer.text
    office.trouble = None
    assert office.post(json.dumps(wire(1))).json() == {"accepted": 1}
    assert office.taken == ["post-1"]


def test_a_repetition_of_what_was_committed_is_confirmed_and_not_taken_again(office: Office) -> None:
    body = json.dumps(wire(1))
    assert office.post(body).json() == {"accepted": 1}
    assert office.post(body).json() == {"accepted": 0, "repeated": True}
    assert office.post(body, late=-3).json() == {"accepted": 0, "repeated": True}
    assert office.taken == ["post-1"]


def test_the_same_id_with_another_body_is_a_conflict_and_not_lost_in_silence(office: Office) -> None:
    office.post(json.dumps(wire(1)))
    answer = office.post(json.dumps(wire(2)))
    assert (answer.status_code, office.taken) == (409, ["post-1"])
    assert "give each its own" in answer.json()["error"]


def test_an_id_whose_body_was_refused_may_come_again(office: Office) -> None:
    assert office.post("nonsense").status_code == 422
    assert office.post(json.dumps(wire(1))).status_code == 200


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"webhook-id": ""}, "are needed"),
        ({"webhook-signature": ""}, "are needed"),
        ({"webhook-timestamp": ""}, "are needed"),
        ({"webhook-id": "x" * 300}, "at most 256"),
        ({"webhook-timestamp": "soon"}, "no time within 5 min"),
        ({"webhook-timestamp": "nan"}, "no time within 5 min"),
        ({"webhook-timestamp": "inf"}, "no time within 5 min"),
        ({"webhook-timestamp": "1e400"}, "no time within 5 min"),
        ({"webhook-id": "msg-2"}, "fits neither"),
        ({"webhook-signature": "v1,AAAA"}, "fits neither"),
        ({"webhook-signature": "v1"}, "fits neither"),
        ({"webhook-signature": "v1,a,b"}, "fits neither"),
        ({"webhook-signature": "v1,%%%"}, "fits neither"),
        ({"webhook-signature": "v2,AAAA"}, "fits neither"),
        ({"webhook-signature": "v1,\xe4\xf6"}, "fits neither"),
        ({"webhook-signature": "v1,A " * 2_000}, "fits neither"),
    ],
)
def test_what_is_not_signed_for_us_is_turned_away_with_a_reason(
    office: Office, headers: dict[str, str], why: str
) -> None:
    answer = office.post(json.dumps(wire(1)), **headers)
    assert (answer.status_code, office.batches) == (401, [])
    assert why in answer.json()["error"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(("late", "status"), [(0, 200), (290, 200), (-290, 200), (305, 401), (-305, 401)])
def test_a_time_stamp_is_good_for_five_minutes_either_way(office: Office, late: float, status: int) -> None:
    assert office.post(json.dumps(wire(1)), late=late).status_code == status


def test_the_tolerance_can_be_made_smaller() -> None:
    strict = Office(tolerance="20s")
    try:
        assert strict.post(json.dumps(wire(1)), late=30).status_code == 401
        assert strict.post(json.dumps(wire(1)), late=10).status_code == 200
    finally:
        strict.server.close()


def test_one_signature_of_several_is_enough_so_that_secrets_can_be_changed(office: Office) -> None:
    body = json.dumps(wire(1)).encode()
    good = signed(body)["webhook-signature"]
    assert office.post(body, **{"webhook-signature": f"v1,AAAA {good}"}).status_code == 200


def test_every_mistake_of_a_request_is_named_by_its_index_and_nothing_is_taken(office: Office) -> None:
    answer = office.post(json.dumps([wire(1), wire(2, id=7), None, wire(3, posted_at="today")]))
    assert (answer.status_code, office.batches) == (422, [])
    assert answer.json() == {
        "error": "3 of 4 mentions are wrong, and none was taken",
        "errors": [
            {"index": 1, "what": "id is a number, not text"},
            {"index": 2, "what": "it is null, not a JSON object"},
            {"index": 3, "what": "posted_at is not a time of RFC 3339 with a zone, such as 2026-01-31T09:30:00Z"},
        ],
    }
    lines = office.post(json.dumps(wire(1)) + "\n{broken\n", name="msg-2").json()
    assert [one["index"] for one in lines["errors"]] == [1]


@pytest.mark.parametrize(
    "body", [b"", b" \n ", b"null", b'"text"', b"7", b"\xff\xfe", b"[" * 10_000, b"9" * 5_000, b"{}", b"[null]", b"\0"]
)
def test_what_is_no_mention_is_refused_with_reasons(office: Office, body: bytes) -> None:
    answer = office.post(body)
    assert (answer.status_code, office.batches) in ((422, []), (401, []))
    assert answer.json()["error"]


def test_no_more_than_a_thousand_mentions_are_taken_at_once(office: Office) -> None:
    assert office.post(json.dumps([wire(n) for n in range(1_000)])).status_code == 200
    answer = office.post(json.dumps([wire(n) for n in range(1_001)]), name="msg-2")
    assert (answer.status_code, len(office.taken)) == (413, 1_000)


def test_a_body_that_is_too_large_is_refused_whichever_way_it_comes() -> None:
    small = Office(max_bytes=1_000)
    try:
        assert small.post("x" * 1_001).status_code == 413
        chunked = requests.post(small.url, data=iter([b"x" * 600, b"x" * 600]), timeout=10)
        assert chunked.status_code == 413
        exact = json.dumps(wire(1, text=""))
        exact = json.dumps(wire(1, text="x" * (1_000 - len(exact))))
        assert (len(exact), small.post(exact).status_code) == (1_000, 200)
    finally:
        small.server.close()


def test_a_body_of_300_megabytes_is_cut_off(office: Office) -> None:
    sent = 0
    with socket.create_connection(("127.0.0.1", office.server.port), timeout=10) as line, contextlib.suppress(OSError):
        line.sendall(b"POST /mentions HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n")
        while sent < 300_000_000:
            line.sendall(bytes(100_000))
            sent += 100_000
    assert sent < 30_000_000
    assert office.post(json.dumps(wire(1))).status_code == 200


def test_another_path_another_method_and_another_encoding_are_told_so(office: Office) -> None:
    assert requests.post(office.url + "/other", data=b"x", timeout=10).status_code == 404
    for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS"):
        answer = requests.request(method, office.url, timeout=10)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert office.post(b"x", **{"Content-Encoding": "gzip"}).status_code == 415


def test_a_message_sent_many_times_at_once_is_committed_once(office: Office) -> None:
    answers: list[dict[str, object]] = []

    def send(number: int) -> None:
        answers.append(office.post(json.dumps(wire(number % 4)), name=f"msg-{number % 4}").json())

    senders = [threading.Thread(target=send, args=(number,)) for number in range(24)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert sorted(office.taken) == ["post-0", "post-1", "post-2", "post-3"]
    assert (
        sorted(str(answer) for answer in answers)
        == ["{'accepted': 0, 'repeated': True}"] * 20 + ["{'accepted': 1}"] * 4
    )


def test_crooked_requests_are_refused_and_the_next_is_served(office: Office) -> None:
    for crooked in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"POST /mentions HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /mentions HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n",
        b"POST /mentions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /mentions HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /mentions HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GARBAGE\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", office.server.port), timeout=10) as line:
            line.sendall(crooked)
            status = line.recv(4_096).split(b" ")[1]
            assert status[:1] in (b"4", b"5"), crooked[:60]
    assert office.post(json.dumps(wire(1))).status_code == 200


def test_a_connection_serves_one_request_after_another(office: Office) -> None:
    line = http.client.HTTPConnection("127.0.0.1", office.server.port, timeout=10)
    for number in range(3):
        body = json.dumps(wire(number)).encode()
        line.request("POST", "/mentions", body, signed(body, f"msg-{number}"))
        assert json.loads(line.getresponse().read()) == {"accepted": 1}
    line.close()


def test_slow_senders_do_not_hold_up_the_others(office: Office) -> None:
    slow = [socket.create_connection(("127.0.0.1", office.server.port), timeout=10) for _ in range(20)]
    try:
        for line in slow:
            line.sendall(b"POST /mentions HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        assert office.post(json.dumps(wire(1))).status_code == 200
    finally:
        for line in slow:
            line.close()


def test_a_sender_that_dribbles_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    monkeypatch.setattr("connectors._web._PATIENCE", 0.3)
    with socket.create_connection(("127.0.0.1", office.server.port), timeout=10) as line:
        line.sendall(b"POST /mentions HTTP/1.1\r\nContent-Length: 100\r\n\r\n")
        assert any(_hung_up(line) for _ in range(100))


def _hung_up(line: socket.socket) -> bool:
    threading.Event().wait(0.1)
    try:
        line.sendall(b"x")
    except OSError:
        return True
    return False


def test_closing_finishes_the_request_in_hand_and_frees_the_port(office: Office) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def accept_slowly(batch: Batch) -> None:
        inside.set()
        go_on.wait(10)
        office.batches.append(batch)

    office.server.close()
    server = inbox.connect(office.settings, Context())
    server.start(accept_slowly)
    office.url = f"http://127.0.0.1:{server.port}/mentions"
    port = server.port
    answers: list[int] = []
    sender = threading.Thread(target=lambda: answers.append(office.post(json.dumps(wire(1))).status_code))
    sender.start()
    assert inside.wait(10)
    closing = threading.Thread(target=server.close)
    closing.start()
    go_on.set()
    closing.join(10)
    sender.join(10)
    assert (answers, office.taken) == ([200], ["post-1"])
    server.close()
    socket.create_server(("127.0.0.1", port)).close()


def test_a_port_that_is_taken_needs_a_person(office: Office) -> None:
    other = inbox.connect(office.settings.model_copy(update={"listen": f"127.0.0.1:{office.server.port}"}), Context())
    with pytest.raises(SourceError, match="cannot listen on") as refused:
        other.start(office.accept)
    assert refused.value.cure is Cure.PERSON
    other.close()


def test_an_unsigned_inbox_on_loopback_takes_anything_well_formed() -> None:
    open_office = Office(secret_env=None, unsigned=True)
    try:
        body = json.dumps(wire(1))
        assert requests.post(open_office.url, data=body, timeout=10).json() == {"accepted": 1}
        assert requests.post(open_office.url, data=body, timeout=10).json() == {"accepted": 1}
    finally:
        open_office.server.close()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "secret_env, secret_file, or unsigned"),
        ({"secret_env": "A", "secret_file": "b"}, "secret_env, secret_file, or unsigned"),
        ({"secret_env": "A", "unsigned": True}, "secret_env, secret_file, or unsigned"),
        ({"unsigned": True, "listen": "0.0.0.0:80"}, "on a loopback address only"),
        ({"unsigned": True, "listen": "[::]:80"}, "on a loopback address only"),
        ({"secret_env": "A", "listen": "localhost:80"}, "127.0.0.1:8787"),
        ({"secret_env": "A", "listen": "127.0.0.1:70000"}, "port"),
        ({"secret_env": "A", "listen": ":80"}, "127.0.0.1:8787"),
        ({"secret_env": "A", "path": "mentions"}, "path"),
        ({"secret_env": "A", "tolerance": "10m"}, "tolerance"),
    ],
)
def test_settings_that_would_leave_the_inbox_open_or_nowhere_are_refused(settings: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        inbox.Settings.model_validate({"name": "inbox", "kind": "inbox", **settings})


@pytest.mark.parametrize("secret", [None, "", "whsec_", "whsec_a", "ä"])
def test_a_secret_that_is_missing_or_none_needs_a_person(monkeypatch: pytest.MonkeyPatch, secret: str | None) -> None:
    monkeypatch.delenv("SAMPLE_INBOX_SECRET")
    if secret is not None:
        monkeypatch.setenv("SAMPLE_INBOX_SECRET", secret)
    with pytest.raises(SourceError, match=r"SAMPLE_INBOX_SECRET.*openssl rand") as refused:
        Office()
    assert refused.value.cure is Cure.PERSON


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    kept = tmp_path / "secret"
    with pytest.raises(SourceError, match="openssl rand"):
        Office(secret_env=None, secret_file=str(kept))
    kept.write_text(SECRET + "\n")
    office = Office(secret_env=None, secret_file=str(kept))
    try:
        assert office.post(json.dumps(wire(1))).status_code == 200
    finally:
        office.server.close()


def test_ids_are_forgotten_once_their_time_stamps_are_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    taken = inbox._Taken(timedelta(minutes=10).total_seconds())
    taken.put("msg-1", b"x")
    now[0] += 599
    assert taken.get("msg-1") == b"x"
    now[0] += 2
    assert taken.get("msg-1") is None
