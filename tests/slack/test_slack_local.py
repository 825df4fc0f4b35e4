"""The Slack within the process keeps the promises of the real one; the terminal shows what Slack would."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import slack_double as double
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from slack_double import SlackDouble

from monitor.slack import Message, Refused, Slack
from monitor.slack.client import WebSlack
from monitor.slack.local import LocalPost, LocalSlack
from monitor.slack.render import narration, notice
from monitor.slack.terminal import plain, show

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HELLO = narration("hello")


class TestBothKeepTheirPromises:
    @pytest.fixture(params=["over the wire", "within the process"])
    def slack(self, request: pytest.FixtureRequest) -> Iterator[Slack]:
        if request.param == "within the process":
            yield LocalSlack(lambda: NOON)
            return
        with SlackDouble() as workspace:
            yield WebSlack(double.TOKEN, workspace.base_url)

    def test_a_channels_name_and_its_id_are_the_same_channel(self, slack: Slack) -> None:
        first = slack.post("#care", HELLO)
        second = slack.post(first.channel_id, HELLO)
        assert second.channel_id == first.channel_id
        assert second.ts > first.ts

    def test_a_delivery_is_found_in_its_own_channel_only(self, slack: Slack) -> None:
        posted = slack.post("#care", HELLO, delivery="d1")
        other = slack.post("#harken-ops", HELLO)
        assert slack.find(posted.channel_id, "d1", LONG_AGO) == posted
        assert slack.find("#care", "d1", LONG_AGO) == posted
        assert slack.find(posted.channel_id, "d2", LONG_AGO) is None
        assert slack.find(other.channel_id, "d1", LONG_AGO) is None

    def test_a_plain_reply_is_not_found_and_a_broadcast_is(self, slack: Slack) -> None:
        top = slack.post("#care", HELLO)
        slack.post("#care", HELLO, thread=top.ts, delivery="plain")
        loud = slack.post("#care", HELLO, thread=top.ts, broadcast=True, delivery="loud")
        assert slack.find(top.channel_id, "plain", LONG_AGO) is None
        assert slack.find(top.channel_id, "loud", LONG_AGO) == loud

    def test_of_two_copies_one_is_found_and_an_update_changes_neither_id(self, slack: Slack) -> None:
        copies = [slack.post("#care", HELLO, delivery="d1") for _ in range(2)]
        slack.update(copies[0].channel_id, copies[0].ts, narration("changed"))
        assert slack.find(copies[0].channel_id, "d1", LONG_AGO) in copies

    def test_a_person_has_one_direct_channel(self, slack: Slack) -> None:
        channel = slack.open("sample@example.org")
        assert slack.open("sample@example.org") == channel
        posted = slack.post(channel, HELLO, delivery="d1")
        assert posted.channel_id == channel
        assert slack.find(channel, "d1", LONG_AGO) == posted


class TestLocal:
    def test_it_keeps_what_each_message_shows_now(self) -> None:
        now = [NOON]
        slack = LocalSlack(lambda: now[0])
        posted = slack.post("#care", HELLO, delivery="d1")
        slack.post("#care", HELLO, thread=posted.ts)
        now[0] += timedelta(minutes=5)
        slack.update(posted.channel_id, posted.ts, narration("changed"))
        top, reply = slack.posts
        assert (top.channel, top.at, top.updated, top.message) == ("#care", NOON, now[0], narration("changed"))
        assert (top.visible, reply.visible, reply.thread) == (True, False, posted.ts)
        assert posted.ts.split(".")[0] == str(int(NOON.timestamp()))

    def test_a_direct_message_goes_by_the_persons_name(self) -> None:
        slack = LocalSlack(lambda: NOON)
        slack.post(slack.open("sample@example.org"), HELLO)
        assert [post.channel for post in slack.posts] == ["@sample@example.org"]

    def test_whoever_watches_is_told_of_posts_and_updates(self) -> None:
        seen: list[LocalPost] = []
        slack = LocalSlack(lambda: NOON, seen.append)
        posted = slack.post("#care", HELLO)
        slack.update(posted.channel_id, posted.ts, narration("changed"))
        assert [shown.message for shown in seen] == [HELLO, narration("changed")]

    def test_there_is_no_broadcast_without_a_thread(self) -> None:
        slack = LocalSlack(lambda: NOON)
        slack.post("#care", HELLO, broadcast=True)
        assert [post.broadcast for post in slack.posts] == [False]

    def test_older_than_asked_is_not_found(self) -> None:
        slack = LocalSlack(lambda: NOON)
        posted = slack.post("#care", HELLO, delivery="d1")
        assert slack.find(posted.channel_id, "d1", NOON) == posted
        assert slack.find(posted.channel_id, "d1", NOON + timedelta(seconds=1)) is None

    def test_what_is_not_there_is_refused(self) -> None:
        slack = LocalSlack(lambda: NOON)
        with pytest.raises(Refused, match="thread_not_found"):
            slack.post("#care", HELLO, thread="1.000001")
        with pytest.raises(Refused, match="message_not_found"):
            slack.update("C00000001", "1.000001", HELLO)

    def test_names_of_messages_never_repeat_and_grow(self) -> None:
        slack = LocalSlack(lambda: NOON)
        names = [slack.post("#care", HELLO).ts for _ in range(100)]
        assert all(one < next_ for one, next_ in pairwise(names))


def printed(message: Message, *, colour: bool = False) -> str:
    paper = io.StringIO()
    console = Console(file=paper, width=100, force_terminal=colour, color_system="truecolor" if colour else None)
    console.print(show(message, title="#care", now=NOON))
    return paper.getvalue()


class TestTerminal:
    def test_richs_own_markup_in_somebodys_words_stays_characters(self) -> None:
        text = "[red]x[/red] [link=http://evil.example]y[/] \\[bold] :fire:"
        assert text in printed(narration(text))
        assert text in plain(narration(text))

    def test_our_own_words_are_styled_and_our_dates_are_read(self) -> None:
        message = Message(
            "x",
            [
                {"type": "header", "text": {"type": "plain_text", "text": "*head*"}},
                {
                    "type": "context",
                    "elements": [
                        {
                            "type": "mrkdwn",
                            "text": "*Since* <!date^0^{date} {time}|1970-01-01> (<!date^0^{ago}|x>) &amp;",
                        }
                    ],
                },
            ],
        )
        assert plain(message, now=datetime(1970, 1, 1, 2, tzinfo=UTC)) == "*head*\nSince 1970-01-01 (2 hours ago) &"
        assert plain(message) == "*head*\nSince 1970-01-01 &"
        assert "\x1b[1;2mSince" in printed(message, colour=True)

    @pytest.mark.parametrize(
        ("length", "told"),
        [
            (timedelta(seconds=59), "just now"),
            (timedelta(seconds=-5), "just now"),
            (timedelta(minutes=1), "1 minute ago"),
            (timedelta(minutes=119), "1 hour ago"),
            (timedelta(days=2), "2 days ago"),
        ],
    )
    def test_ago_is_told_in_its_largest_unit(self, length: timedelta, told: str) -> None:
        said = {"type": "mrkdwn", "text": f"<!date^{int(NOON.timestamp())}^{{ago}}|x>"}
        assert plain(Message("x", [{"type": "context", "elements": [said]}]), now=NOON + length) == told

    def test_what_steers_a_terminal_is_left_out_whoever_made_the_message(self) -> None:
        evil = "a\x1b[31mb\x9b31m\x07\u202ec\u2066d\r"
        words = [{"type": "text", "text": evil}, {"type": "link", "url": "https://x.example/\x1b", "text": evil}]
        message = Message(
            evil,
            [
                {"type": "header", "text": {"type": "plain_text", "text": evil}},
                {"type": "context", "elements": [{"type": "mrkdwn", "text": evil}]},
                {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": words}]},
            ],
        )
        for shown in (printed(message), plain(message), printed(Message(evil, [])), plain(Message(evil, []))):
            assert "a[31mb31mcd" in shown
            assert not re.search("[\x07\x1b\x9b\r\u202e\u2066]", shown)

    def test_a_message_without_blocks_shows_its_text(self) -> None:
        assert plain(Message("a &lt;b&gt;", [])) == "a <b>"
        assert "a <b>" in printed(Message("a &lt;b&gt;", []))

    def test_a_link_shows_its_address_where_nothing_can_be_clicked(self) -> None:
        message = narration("see", "https://news.example/1")
        assert plain(message) == "see  Open the post (news.example) https://news.example/1"
        assert "]8;" in printed(message, colour=True)

    @given(st.text(st.characters(codec="utf-8"), max_size=200))
    def test_nobodys_words_steer_the_terminal(self, text: str) -> None:
        for message in (narration(text, f"https://news.example/{text}"), notice(text)):
            bare = printed(message)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", bare)
            # The only escapes are rich's own: colours, and links to where we say they lead.
            for escape in re.findall("\x1b(.{0,5})", printed(message, colour=True)):
                assert re.match(r"\[[0-9;]*m|\]8;|\\", escape)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", plain(message))
