"""The local Slack itself, asked by the real SDK: it must be as strict as Slack, or the other tests prove nothing."""

import http.client
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import slack_blocks
import slack_double as double
from slack_double import SlackDouble
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

QUIET = {"parse": "none", "link_names": False}
PLAIN = {"type": "plain_text", "text": "x"}


@pytest.fixture
def local() -> Iterator[SlackDouble]:
    """A local Slack whose complaints the test itself reads."""
    with SlackDouble() as slack:
        yield slack


@pytest.fixture
def sdk(local: SlackDouble) -> WebClient:
    return WebClient(double.TOKEN, base_url=local.base_url, retry_handlers=[], timeout=5)


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return str(caught.value.response["error"])


class TestStrictness:
    @pytest.mark.filterwarnings("ignore:The top-level:UserWarning")
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            ({"text": "", "blocks": []}, "no_text"),
            ({"text": "x" * 40_001}, "msg_too_long"),
            ({"text": "x", "blocks": [{"type": "header", "text": {**PLAIN, "text": "x" * 151}}]}, "invalid_blocks"),
            (
                {"text": "x", "blocks": [{"type": "section", "text": {**PLAIN, "text": "x" * 2900}}] * 5},
                "msg_blocks_too_long",
            ),
            ({"text": "x", "metadata": {"event_type": "e"}}, "invalid_metadata_format"),
            (
                {"text": "x", "metadata": {"event_type": "e", "event_payload": {"k": "v" * 16_000}}},
                "metadata_too_large",
            ),
            ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
            ({"text": "x", "reply_broadcast": True}, "invalid_arguments"),
            ({"text": "x", "icon_emoji": ":x:"}, "invalid_arguments"),
            ({"text": "<!channel> x"}, "invalid_arguments"),
            ({"text": "<@U1> x"}, "invalid_arguments"),
            ({"text": "x", "parse": "full"}, "invalid_arguments"),
            ({"text": "x", "unfurl_links": True}, "invalid_arguments"),
        ],
    )
    def test_a_post_slack_would_reject_is_rejected_and_remembered(
        self, local: SlackDouble, sdk: WebClient, arguments: dict[str, Any], code: str
    ) -> None:
        assert code_of(sdk.chat_postMessage, channel="#care", **{**QUIET, **arguments}) == code
        assert local.shows("care") == []
        with pytest.raises(AssertionError, match=code):
            local.check()

    def test_an_unknown_method_channel_message_or_argument_is_remembered(
        self, local: SlackDouble, sdk: WebClient
    ) -> None:
        posted = sdk.chat_postMessage(channel="#care", text="x", **QUIET)
        theirs = local.say("care", "y")
        assert code_of(sdk.chat_getPermalink, channel=posted["channel"], message_ts=posted["ts"]) == "unknown_method"
        assert code_of(sdk.chat_postMessage, channel="#nowhere", text="x", **QUIET) == "channel_not_found"
        assert code_of(sdk.chat_update, channel="#care", ts=posted["ts"], text="x", **QUIET) == "channel_not_found"
        assert code_of(sdk.conversations_history, channel="#care") == "channel_not_found"
        care = posted["channel"]
        assert code_of(sdk.chat_update, channel=care, ts="1.000001", text="x", **QUIET) == "message_not_found"
        assert code_of(sdk.chat_update, channel=care, ts=theirs, text="x", **QUIET) == "cant_update_message"
        assert code_of(sdk.api_call, api_method="conversations.history", params={}) == "invalid_arguments"
        assert len(local.forgive()) == 7
        local.check()

    def test_what_a_test_sets_up_is_not_held_against_harken(self, local: SlackDouble, sdk: WebClient) -> None:
        local.add("old", archived=True)
        local.add("closed", member=False)
        assert code_of(sdk.chat_postMessage, channel="#old", text="x", **QUIET) == "is_archived"
        assert code_of(sdk.chat_postMessage, channel="#closed", text="x", **QUIET) == "not_in_channel"
        assert code_of(sdk.users_lookupByEmail, email="no@example.org") == "users_not_found"
        sdk.token = "xoxb-revoked"
        assert code_of(sdk.auth_test) == "invalid_auth"
        local.check()

    def test_a_get_is_remembered(self, local: SlackDouble) -> None:
        with pytest.raises(urllib.error.HTTPError, match="405"):
            urllib.request.urlopen(local.base_url + "auth.test")
        assert len(local.forgive()) == 1

    def test_the_fixture_fails_a_test_that_sends_anything_unexpected(self) -> None:
        def careless() -> None:
            with double.checked() as slack:
                client = WebClient(double.TOKEN, base_url=slack.base_url, retry_handlers=[])
                code_of(client.chat_postMessage, channel="#nowhere", text="x", **QUIET)

        with pytest.raises(AssertionError, match="channel_not_found"):
            careless()

    def test_a_workspace_with_a_pace_turns_the_second_post_of_a_channel_away(
        self, local: SlackDouble, sdk: WebClient
    ) -> None:
        local.pace = 30
        sdk.chat_postMessage(channel="#care", text="x", **QUIET)
        with pytest.raises(SlackApiError) as caught:
            sdk.chat_postMessage(channel="#care", text="x", **QUIET)
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
        sdk.chat_postMessage(channel="#harken-ops", text="x", **QUIET)


class TestHistory:
    def test_json_and_form_bodies_are_understood_alike(self, local: SlackDouble) -> None:
        blocks = [{"type": "section", "text": PLAIN}]
        json_body = json.dumps({"channel": "#care", "text": "a", "blocks": blocks, **QUIET}).encode()
        form_body = urllib.parse.urlencode(
            {"channel": "#care", "text": "a", "blocks": json.dumps(blocks), "parse": "none", "link_names": "0"}
        ).encode()
        for kind, octets in (("application/json", json_body), ("application/x-www-form-urlencoded", form_body)):
            request = urllib.request.Request(
                local.base_url + "chat.postMessage",
                octets,
                {"Content-Type": kind, "Authorization": f"Bearer {double.TOKEN}"},
            )
            with urllib.request.urlopen(request) as reply:
                assert json.load(reply)["ok"] is True
        first, second = local.shows("care")
        assert (first.text, first.blocks) == (second.text, second.blocks) == ("a", blocks)
        local.check()

    def test_history_is_newest_first_paged_and_without_plain_replies(self, local: SlackDouble, sdk: WebClient) -> None:
        top = sdk.chat_postMessage(channel="#care", text="top", **QUIET)
        care = top["channel"]
        sdk.chat_postMessage(channel=care, text="reply", thread_ts=top["ts"], **QUIET)
        sdk.chat_postMessage(channel=care, text="loud", thread_ts=top["ts"], reply_broadcast=True, **QUIET)
        local.say("care", "last")
        pages = [
            [said["text"] for said in page["messages"]] for page in sdk.conversations_history(channel=care, limit=2)
        ]
        assert pages == [["last", "loud"], ["top"]]
        after = sdk.conversations_history(channel=care, oldest=top["ts"])
        assert [said["text"] for said in after["messages"]] == ["last", "loud"]
        upto = sdk.conversations_history(channel=care, oldest=top["ts"], inclusive=True)
        assert [said["text"] for said in upto["messages"]] == ["last", "loud", "top"]
        local.check()

    def test_metadata_is_told_only_when_asked_for_and_outlives_an_update(
        self, local: SlackDouble, sdk: WebClient
    ) -> None:
        metadata = {"event_type": "e", "event_payload": {"delivery": "d1"}}
        posted = sdk.chat_postMessage(channel="#care", text="x", metadata=metadata, **QUIET)
        sdk.chat_update(channel=posted["channel"], ts=posted["ts"], text="y", **QUIET)
        without = sdk.conversations_history(channel=posted["channel"])["messages"][0]
        told = sdk.conversations_history(channel=posted["channel"], include_all_metadata=True)["messages"][0]
        assert "metadata" not in without
        assert told["metadata"] == metadata
        [shown] = local.shows("care")
        assert (shown.text, shown.past, shown.edits) == ("y", ["x"], 1)

    def test_an_update_without_blocks_keeps_them_and_an_empty_list_takes_them_away(
        self, local: SlackDouble, sdk: WebClient
    ) -> None:
        blocks = [{"type": "section", "text": PLAIN}]
        posted = sdk.chat_postMessage(channel="#care", text="x", blocks=blocks, **QUIET)
        where = {"channel": posted["channel"], "ts": posted["ts"], **QUIET}
        sdk.chat_update(**where, text="y")
        assert local.shows("care")[0].blocks == blocks
        sdk.chat_update(**where, text="y", blocks=[])
        assert local.shows("care")[0].blocks == []


class TestFaults:
    def test_the_sdks_own_retry_posts_twice_when_the_reply_is_lost(self, local: SlackDouble) -> None:
        """The reason for ``retry_handlers=[]``: were this to change, the double or the fact would be wrong."""
        local.fail(double.drop(accept=True))
        eager = WebClient(
            double.TOKEN, base_url=local.base_url, retry_handlers=[ConnectionErrorRetryHandler(max_retry_count=1)]
        )
        eager.chat_postMessage(channel="#care", text="x", **QUIET)
        assert len(local.shows("care")) == 2

    @pytest.mark.parametrize("accept", [True, False])
    @pytest.mark.parametrize(
        "make", [double.drop, double.html, double.truncated, lambda *, accept: double.status(502, accept=accept)]
    )
    def test_a_faulty_call_is_done_exactly_when_it_says_so(
        self, local: SlackDouble, sdk: WebClient, make: Callable[..., double.Fault], accept: bool
    ) -> None:
        local.fail(make(accept=accept))
        with pytest.raises((SlackApiError, OSError, http.client.HTTPException)):
            sdk.chat_postMessage(channel="#care", text="x", **QUIET)
        assert len(local.shows("care")) == accept
        assert [call.accepted for call in local.calls] == [accept]

    def test_faults_choose_their_calls_and_run_out(self, local: SlackDouble, sdk: WebClient) -> None:
        local.fail(double.says("fatal_error"), times=2, where=lambda call: call.args["text"] == "bad")
        for text, code in (("good", None), ("bad", "fatal_error"), ("bad", "fatal_error"), ("bad", None)):
            if code is None:
                sdk.chat_postMessage(channel="#care", text=text, **QUIET)
            else:
                assert code_of(sdk.chat_postMessage, channel="#care", text=text, **QUIET) == code
        local.fail(double.says("fatal_error"), on=None, times=99)
        assert code_of(sdk.auth_test) == "fatal_error"
        local.heal()
        assert sdk.auth_test()["user"] == "harken"

    def test_a_hanging_call_is_let_go_when_the_double_stops(self, local: SlackDouble) -> None:
        local.fail(double.hang(60))
        hasty = WebClient(double.TOKEN, base_url=local.base_url, retry_handlers=[], timeout=1)
        with pytest.raises(TimeoutError):
            hasty.chat_postMessage(channel="#care", text="x", **QUIET)
        began = time.monotonic()
        local.stop()
        assert time.monotonic() - began < 3

    def test_it_remembers_everything_over_a_stop_and_start_on_the_same_port(
        self, local: SlackDouble, sdk: WebClient
    ) -> None:
        metadata = {"event_type": "e", "event_payload": {"delivery": "d1"}}
        sdk.chat_postMessage(channel="#care", text="x", metadata=metadata, **QUIET)
        local.stop()
        with pytest.raises(OSError, match="refused"):
            sdk.auth_test()
        local.start()
        sdk.chat_postMessage(channel="#care", text="x", metadata=metadata, **QUIET)
        assert [name for name, _ts in local.deliveries()["d1"]] == ["care", "care"]


class TestBrokenClients:
    def test_a_client_killed_in_mid_sentence_is_no_call_and_no_news(self, local: SlackDouble, sdk: WebClient) -> None:
        with socket.create_connection(("127.0.0.1", local.port)) as tube:
            tube.sendall(b"POST /api/chat.postMessage HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        sdk.auth_test()
        assert [call.method for call in local.calls] == ["auth.test"]
        local.check()

    def test_a_mistake_of_the_double_itself_is_remembered(self, local: SlackDouble, sdk: WebClient) -> None:
        with pytest.raises(http.client.RemoteDisconnected):
            sdk.conversations_history(channel=local.named("care").id, oldest="yesterday")
        [broke] = local.forgive()
        assert broke.startswith("the double broke: ValueError")


class TestSocketMode:
    def test_an_envelope_reaches_the_real_client_and_its_ack_comes_back(self, local: SlackDouble) -> None:
        web = WebClient(double.TOKEN, base_url=local.base_url, retry_handlers=[])
        client = SocketModeClient(app_token=double.APP_TOKEN, web_client=web, auto_reconnect_enabled=False)
        taken: list[SocketModeRequest] = []

        def take(client: SocketModeClient, request: SocketModeRequest) -> None:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            taken.append(request)

        client.socket_mode_request_listeners.append(take)  # type: ignore[arg-type]  # a function will do
        try:
            client.connect()
            local.wait_for(lambda: local.linked == 1)
            envelope = local.push("interactive", {"type": "block_actions"})
            local.wait_for(lambda: envelope in local.acks)
        finally:
            client.close()
        assert [request.payload for request in taken] == [{"type": "block_actions"}]
        local.check()

    def test_only_an_app_token_opens_a_socket(self, local: SlackDouble, sdk: WebClient) -> None:
        assert code_of(sdk.apps_connections_open, app_token=double.TOKEN) == "invalid_auth"


GOOD: list[dict[str, Any]] = [
    {"type": "header", "text": PLAIN},
    {"type": "section", "text": {"type": "mrkdwn", "text": "*x*", "verbatim": True}},
    {"type": "section", "fields": [PLAIN]},
    {"type": "context", "elements": [PLAIN]},
    {"type": "divider"},
    {"type": "actions", "elements": [{"type": "button", "text": PLAIN, "action_id": "a"}]},
    {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": "x"}]}]},
]
BAD: list[Any] = [
    "header",
    {"type": "video"},
    {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
    {"type": "header", "text": {"type": "plain_text", "text": ""}},
    {"type": "header", "text": PLAIN, "colour": "red"},
    {"type": "header"},
    {"type": "section"},
    {"type": "section", "fields": [PLAIN] * 11},
    {"type": "section", "text": {"type": "plain_text", "text": "x" * 3001}},
    {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": False}},
    {"type": "context", "elements": []},
    {"type": "actions", "elements": []},
    {"type": "actions", "elements": [{"type": "button", "text": {**PLAIN, "text": "x" * 76}}]},
    {"type": "actions", "elements": [{"type": "button", "text": PLAIN, "value": "x" * 2001}]},
    {"type": "actions", "elements": [{"type": "button", "text": PLAIN, "url": "javascript:alert(1)"}]},
    {"type": "actions", "elements": [{"type": "button", "text": PLAIN, "action_id": "a"}] * 2},
    {"type": "rich_text", "elements": []},
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]},
    {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "link", "url": "ftp://x"}]}],
    },
]


class TestBlocks:
    @pytest.mark.parametrize("block", GOOD, ids=[block["type"] for block in GOOD])
    def test_blocks_we_use_are_taken(self, block: dict[str, Any]) -> None:
        assert slack_blocks.faults([block]) == []

    @pytest.mark.parametrize("block", BAD)
    def test_blocks_slack_rejects_are_rejected(self, block: Any) -> None:
        assert slack_blocks.faults([block])

    def test_fifty_one_blocks_and_a_shared_id_are_rejected(self) -> None:
        assert slack_blocks.faults([{"type": "divider"}] * 50) == []
        assert slack_blocks.faults([{"type": "divider"}] * 51)
        assert slack_blocks.faults([{"type": "divider", "block_id": "a"}] * 2)

    @pytest.mark.parametrize(
        ("marked", "found"),
        [
            ("<!channel>", ["!channel"]),
            ("<@U1|x> <!subteam^S1>", ["@U1|x", "!subteam^S1"]),
            ("<!date^1^{time}|x> <https://x.example|y>", []),
            ("&lt;!channel&gt;", []),
        ],
    )
    def test_mentions_are_seen_in_every_string_slack_reads_as_markup(self, marked: str, found: list[str]) -> None:
        assert slack_blocks.pings([], marked) == found
        assert slack_blocks.pings([{"type": "section", "text": {"type": "mrkdwn", "text": marked}}]) == found
        assert slack_blocks.pings([{"type": "section", "text": {"type": "plain_text", "text": marked}}]) == []
