"""What a message says, and that nobody's words can make it say or do anything else."""

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import slack_blocks
from hypothesis import given
from hypothesis import strategies as st

from connectors import Gap
from monitor.slack import Message
from monitor.slack.case import CaseView
from monitor.slack.links import Linked
from monitor.slack.render import case_message, details, narration, notice, page_message, redacted, standing
from monitor.slack.terminal import plain
from rules.leases import Lease
from rules.model import (
    Case,
    Ended,
    Ending,
    Kind,
    Mention,
    Page,
    Reason,
    Severity,
    Side,
    Silence,
    Span,
    Status,
    Verdict,
)
from rules.past import Past
from rules.quiet import Quiet
from rules.recovery import Duty, Owed

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
URL = "https://news.example/posts/1"


def a_view(
    text: str = "I was charged twice.",
    *,
    handle: str = "sample_customer_01",
    name: str | None = "Sample Name",
    followers: int | None = 12_300,
    source: str = "x",
    url: str | None = URL,
    latest: str | None = None,
    severity: Severity = Severity.HIGH,
    kind: Kind = Kind.COMPLAINT,
    reasons: tuple[Reason, ...] = (Reason("charged-twice", "says that they paid twice", 2.0),),
    topics: tuple[str, ...] = ("billing",),
    status: Status = Status.WAITING,
    ended: Ending | None = None,
    answer: Mention | None = None,
    deadline: datetime | None = NOON + 45 * MINUTE,
    brand: str = "Acme",
    case: str = "0123456789",
    chased: bool = False,
    blind_since: datetime | None = None,
    past: Past | None = None,
) -> CaseView:
    opened = Mention(source, "1", "1", handle, text, NOON, author_name=name, followers=followers, url=url)
    last = opened if latest is None else replace(opened, id="2", text=latest, posted_at=NOON + 30 * MINUTE)
    words = ("1",) if latest is None else ("1", "2")
    silence = Silence("", NOON, words, ((NOON, severity),), chased, ended)
    return CaseView(
        Case(case, source, "1", handle, (silence,)),
        silence,
        status,
        opened,
        last,
        Verdict(kind, severity, 0.93, "en", topics=topics, reasons=reasons),
        deadline,
        answer,
        brand,
        blind_since,
        past=past,
    )


def a_page(why: str = "the answer is due in 3 min") -> Page:
    return Page("0123456789", "", 1, 1, "#care", NOON + 42 * MINUTE, why)


def an_answered_view(
    text: str = "Sorry! It is on its way back.", by: str = "AcmeHelp", url: str | None = URL
) -> CaseView:
    at = NOON + 55 * MINUTE
    return a_view(
        status=Status.RESTING,
        ended=Ending("9", at, Ended.ANSWERED, by),
        answer=Mention("x", "9", "1", by, text, at, url=url),
    )


def says(message: Message) -> str:
    return plain(message, now=NOON + 42 * MINUTE)


class TestWhatACaseSays:
    def test_who_where_what_why_since_when_until_when_and_the_link(self) -> None:
        assert says(case_message(a_view())) == "\n".join(
            [
                "🟠 High: @sample_customer_01 on x is waiting",
                "Answer due 2026-11-22 12:45 UTC (3 minutes from now)",
                "Waiting since 2026-11-22 12:00 UTC (42 minutes ago)",
                "@sample_customer_01 (Sample Name, 12,300 followers) on x  Open the post (news.example) " + URL,
                "> I was charged twice.",
                "Flagged as a complaint (93 % sure), about billing:",
                "- says that they paid twice",
                "Case 0123456789 · Acme",
            ]
        )

    def test_the_notification_is_one_line(self) -> None:
        assert case_message(a_view("a\nb")).text == "🟠 High: @sample_customer_01 on x is waiting: a b"

    @pytest.mark.parametrize(
        ("name", "followers", "told"),
        [
            ("sample_customer_01", None, "@sample_customer_01 on x"),
            (None, None, "@sample_customer_01 on x"),
            ("", 0, "@sample_customer_01 (0 followers) on x"),
            (None, 1, "@sample_customer_01 (1 follower) on x"),
            ("Sample Name", None, "@sample_customer_01 (Sample Name) on x"),
        ],
    )
    def test_who_it_is_says_what_is_known_and_nothing_twice(
        self, name: str | None, followers: int | None, told: str
    ) -> None:
        assert f"\n{told}  Open" in says(case_message(a_view(name=name, followers=followers)))

    def test_the_newest_word_stands_below_the_first(self) -> None:
        said = says(case_message(a_view(latest="hello??", chased=True)))
        assert "Later, the last of 2 posts that wait:\n> hello??" in said
        assert said.index("asked again") < said.index("charged twice") < said.index("hello??")

    @pytest.mark.parametrize("severity", list(Severity))
    def test_severity_is_told_by_word_and_by_colour(self, severity: Severity) -> None:
        header = case_message(a_view(severity=severity)).blocks[0]["text"]["text"]
        assert severity.word in header.lower()
        assert header[0] in "⚪🟡🟠🔴"

    def test_an_answer_tells_who_after_how_long_how_late_and_where(self) -> None:
        said = says(case_message(an_answered_view()))
        assert said.startswith("✅ Answered: @sample_customer_01 on x\n")
        assert "Answered by @AcmeHelp after 55 min, 10 min late  Open the answer (news.example) " + URL in said
        assert "> Sorry! It is on its way back." in said
        assert "Waited from 2026-11-22 12:00 UTC to 2026-11-22 12:55 UTC" in said

    @pytest.mark.parametrize(
        ("deadline", "told"),
        [
            (NOON + 55 * MINUTE, "after 55 min, in time"),
            (NOON + 55 * MINUTE - timedelta(seconds=1), "after 55 min, 1 s late"),
            (None, "after 55 min\n"),
        ],
    )
    def test_an_answer_exactly_at_the_deadline_is_in_time(self, deadline: datetime | None, told: str) -> None:
        assert told in says(case_message(replace(an_answered_view(), deadline=deadline, answer=None)))

    def test_an_answer_given_elsewhere_names_the_person_and_quotes_nothing(self) -> None:
        said = says(case_message(replace(an_answered_view(by="Sample Person"), answer=None)))
        assert "Answered by @Sample Person after 55 min" in said
        assert "Open the answer" not in said

    @pytest.mark.parametrize(
        ("status", "how", "told"),
        [
            (Status.DISMISSED, Ended.DISMISSED, "Dismissed by @sample"),
            (Status.CLOSED, Ended.RESOLVED, "Resolved by @sample"),
            (Status.WITHDRAWN, Ended.WITHDRAWN, "Every post that waited is gone"),
        ],
    )
    def test_a_case_that_ended_otherwise_says_how(self, status: Status, how: Ended, told: str) -> None:
        view = a_view(status=status, ended=Ending("a1", NOON + MINUTE, how, "sample"))
        assert told in says(case_message(view))
        assert "is waiting" not in says(case_message(view))

    def test_what_a_person_decided_after_the_answer_is_told_beside_it(self) -> None:
        answered = an_answered_view()
        decided = (Ending("act", NOON + 60 * MINUTE, Ended.RESOLVED, "Sample Person"),)
        closed = replace(answered, status=Status.CLOSED, silence=replace(answered.silence, decided=decided))
        said = says(case_message(closed))
        assert said.index("Answered by @AcmeHelp after 55 min") < said.index("Resolved by @Sample Person")
        assert "Resolved" not in says(case_message(answered))

    def test_what_its_author_took_back_is_not_shown_any_more(self) -> None:
        ended = Ending("a1", NOON + MINUTE, Ended.WITHDRAWN, "sample_customer_01")
        message = case_message(a_view(latest="secret", status=Status.WITHDRAWN, ended=ended))
        assert says(message) == "\n".join(
            [
                "☑️ Withdrawn: @sample_customer_01 on x",
                "Every post that waited is gone",
                "Waited from 2026-11-22 12:00 UTC to 2026-11-22 12:01 UTC",
                "Case 0123456789 · Acme",
            ]
        )
        assert message.text == "☑️ Withdrawn: @sample_customer_01 on x"

    def test_blindness_is_told_while_the_case_waits_and_not_after(self) -> None:
        blind = says(case_message(a_view(blind_since=NOON - MINUTE)))
        assert blind.startswith("⚠️ Could not check since 2026-11-22 11:59 UTC")
        assert "Could not check" not in says(case_message(replace(an_answered_view(), blind_since=NOON)))

    def test_a_possible_repeat_says_so_above_everything_and_in_the_notification(self) -> None:
        for message in (
            case_message(a_view(), repeat=True),
            page_message(a_view(), a_page(), repeat=True),
            notice("the source reviews is down", repeat=True),
        ):
            assert says(message).startswith("♻️ Possible repeat")
            assert message.text.startswith("(possible repeat) ")

    @pytest.mark.parametrize(
        ("past", "told"),
        [
            (None, None),
            (Past((), 0, None), "History: no other case of this author"),
            (Past(((Ended.DISMISSED, 1),), 0, None), "History: 1 other case, 1 dismissed"),
            (Past((), 0, NOON), "History: last answered 2026-11-22 12:00 UTC"),
            (
                Past(((None, 1), (Ended.ANSWERED, 2)), 1, NOON),
                (
                    "History: 3 other cases: 1 waiting, 2 answered · had to ask again once"
                    " · last answered 2026-11-22 12:00 UTC"
                ),
            ),
            (
                Past(((Ended.ANSWERED, 9), (Ended.WITHDRAWN, 1)), 3, NOON, more=True),
                (
                    "History: of the newest 10 other cases: 9 answered, 1 taken back · had to ask again 3 times"
                    " · last answered 2026-11-22 12:00 UTC"
                ),
            ),
        ],
    )
    def test_what_the_customer_has_been_through_before_is_one_line(self, past: Past | None, told: str | None) -> None:
        for message in (case_message(a_view(past=past)), details(a_view(past=past), [])):
            lines = says(message).split("\n")
            assert [line for line in lines if line.startswith("History")] == ([told] if told else [])

    def test_linked_cases_are_told_with_how_they_stand_and_that_none_answers_the_other(self) -> None:
        ended = Ending("9", NOON, Ended.ANSWERED, "AcmeHelp")
        answered = Linked("aaaaaaaaaa", "reddit", "sample_other", Status.RESTING, Severity.LOW, ended)
        waiting = Linked("bbbbbbbbbb", "bluesky", "sample_third", Status.WAITING, Severity.CRISIS, None)
        view = replace(a_view(past=Past(((None, 1), (Ended.ANSWERED, 1)), 0, NOON)), linked=(answered, waiting))
        for said in (says(case_message(view)), says(details(view, []))):
            assert (
                "The same person, as linked by hand:\n"
                "- @sample_other on reddit, case aaaaaaaaaa: answered by AcmeHelp, 2026-11-22 12:00 UTC\n"
                "- 🔴 Crisis: @sample_third on bluesky, case bbbbbbbbbb: waiting\n"
                "What was answered there is no answer here: this case still waits.\n"
                "History of all linked accounts: 2 other cases: 1 waiting, 1 answered"
            ) in said
        assert "still waits" not in says(case_message(replace(view, linked=(waiting,))))
        assert "still waits" not in says(case_message(replace(an_answered_view(), linked=(answered,))))
        many = says(case_message(replace(view, linked=(waiting,) * 7)))
        assert many.count("sample_third") == 5
        assert "... and 2 more" in many

    def test_a_deadline_that_is_over_says_so_by_itself(self) -> None:
        assert "Answer due 2026-11-22 12:40 UTC (2 minutes ago)" in says(
            case_message(a_view(deadline=NOON + 40 * MINUTE))
        )

    def test_who_took_it_to_stand_otherwise_is_told_how_it_stands(self) -> None:
        held = replace(a_view(), lease=Lease("sam", NOON, NOON + MINUTE, lapses=True))
        assert says(standing(held, "sam has it")) == "\n".join(
            [
                "sam has it",
                "🟠 High: @sample_customer_01 on x is waiting",
                "🙋 sam has it",
                "until 2026-11-22 12:01 UTC",
            ]
        )
        said = says(standing(an_answered_view(), "nobody waits"))
        assert said.startswith(
            "nobody waits\n✅ Answered: @sample_customer_01 on x\nAnswered by @AcmeHelp after 55 min"
        )

    def test_no_deadline_and_no_language_are_told_in_words(self) -> None:
        said = says(case_message(a_view(deadline=None, kind=Kind.UNJUDGED, reasons=(), topics=())))
        assert "No answer is due while the policy's hours are closed" in said
        assert "Flagged as in a language no rule file speaks, so a person has to read it\nCase" in said

    def test_the_strongest_four_reasons_stand_in_order_of_weight(self) -> None:
        reasons = tuple(Reason(f"r{weight}", f"reason {weight}", weight) for weight in (1.0, -5.0, 3.0, 0.0, 2.0))
        listed = re.findall(r"- reason (\S+)", says(case_message(a_view(reasons=reasons))))
        assert listed == ["-5.0", "3.0", "2.0", "1.0"]

    def test_a_page_tells_how_long_why_the_newest_word_and_until_when(self) -> None:
        assert says(page_message(a_view(latest="hello??"), a_page(), repeat=False)) == "\n".join(
            [
                "🟠 High: @sample_customer_01 on x has waited 42 min",
                "the answer is due in 3 min",
                "> hello??",
                "Answer due 2026-11-22 12:45 UTC",
                "Open the post (news.example) " + URL,
            ]
        )

    def test_narration_and_notice_say_what_they_are_given(self) -> None:
        assert says(narration("answered by @AcmeHelp", URL)).startswith("answered by @AcmeHelp  Open the post")
        assert says(notice("reviews is down:\n503")) == "Harken: reviews is down:\n503"

    @pytest.mark.parametrize("empty", ["", "  \n ", "\u200b\u200b", "\u3164"])
    def test_a_post_that_shows_nothing_says_so(self, empty: str) -> None:
        assert "> (no words)" in says(case_message(a_view(empty)))
        assert says(narration(empty)) == "(no words)"
        assert "somebody on x" in says(case_message(a_view(handle=empty)))


# What other people's words can do: nothing.
HOSTILE = [
    "<!channel> <!here> <!everyone> <!subteam^S1>",
    "<@U1> @channel @here",
    "<http://evil.example|https://acme.example/login>",
    "<https://evil.example>",
    "</> & &lt;!channel&gt; &amp;lt;",
    "*bold* _it_ ~no~ `code` ```block``` > quote",
    ":rotating_light: :fire:",
    "\u202egnihton\u202c \u2066x \u2067y \u200f",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07click\x1b]8;;\x07 \x07\x00\x9b31m",
    "[red]rich[/red] [link=http://evil.example]x[/link]",
    "a\u200bb\u200cc\u200dd\ufeffe\u00adf\u2060g\U000e0041",
    "שלום עולם مرحبا",
    "Z" + "\u0335" * 500,
    "Z" + "\u0335\u200d\u0336\u200b" * 100,
    "\ud800 \udfff \ufffe",
    "one\r\ntwo\u2028three\u2029four\vfive\n\n\n\n\nsix" + "\n" * 300 + "end",
    "👨‍👩‍👧‍👦" * 400,
    "&" * 10_000,
    "x" * 2_000_000,
    "\u200b" * 2_000_000,
    "<!date^0^{time}|x>",
    "{level} {who} %s",
    "",
]

Make = Callable[[str], Message]


def everywhere(text: str, url: str | None = None) -> Iterator[Message]:
    """Every kind of message, with ``text`` wherever somebody else's words may stand."""
    url = text if url is None else url
    hostile = a_view(
        text,
        handle=text,
        name=text,
        source=text,
        url=url,
        latest=text,
        reasons=(Reason(text, text, 1.0), Reason(text, "", 0.5)),
        topics=(text, text),
        brand=text,
        case=text,
        chased=True,
        blind_since=NOON,
    )
    lease = Lease(text or "sam", NOON, NOON + MINUTE, lapses=True)
    hostile = replace(hostile, gaps=(Gap(Side.OURS, NOON, NOON + MINUTE, text),) * 5, lease=lease, controls=True)
    muted = Quiet(Span(NOON, NOON + MINUTE), text, name=text)
    hostile = replace(hostile, policy=text, quiet=muted)
    at = NOON + MINUTE
    answered = replace(
        hostile,
        silence=replace(hostile.silence, ended=Ending(text, at, Ended.ANSWERED, text)),
        status=Status.RESTING,
        answer=Mention(text, text, text, text, text, at, author_name=text, url=url),
    )
    past = Past(((None, 2), (Ended.ANSWERED, 3)), 4, NOON)
    by = Ending(text, NOON, Ended.ANSWERED, text)
    linked = (Linked(text, text, text, Status.RESTING, Severity.HIGH, by),) * 3
    linked += (Linked(text, text, text, Status.WAITING, Severity.HIGH, None),) * 4
    hostile = replace(hostile, past=past, linked=linked)
    yield case_message(hostile, repeat=True)
    yield details(hostile, [text] * 20)
    yield standing(hostile, "no longer")
    yield standing(answered, "no longer")
    yield case_message(answered)
    for owed in Owed:
        duty = Duty(owed, text, text, NOON, at, Severity.HIGH, text)
        thanked = replace(answered.silence, thanked=at)
        yield case_message(replace(answered, duty=duty, silence=thanked))
        yield page_message(replace(answered, duty=duty), replace(a_page(text), silence=duty.id))
    yield page_message(hostile, a_page(text), repeat=True)
    yield narration(text, url)
    yield redacted(text)
    yield notice(text, repeat=True)


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def read_markup(marked: str) -> tuple[str, list[str]]:
    """Slack's markup, read as Slack does: the plain characters, and whatever stands in angle brackets."""
    found: list[str] = []

    def keep(command: re.Match[str]) -> str:
        found.append(command[1])
        return ""

    rest = re.sub(r"<([^>]*)>", keep, marked)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", rest), "a bare bracket or ampersand"
    return unescape(rest), found


OUR_DATE = re.compile(r"!date\^\d+\^(\{date_short_pretty\} \{time\}|\{ago\})\|\d{4}-\d\d-\d\d \d\d:\d\d UTC")


def assert_harmless(message: Message, link: str | None = None) -> None:
    assert slack_blocks.faults(message.blocks) == []
    assert slack_blocks.size(message.blocks) <= slack_blocks.TOTAL
    assert slack_blocks.pings(message.blocks, message.text) == []
    assert message.text.strip()
    assert len(message.text) <= 3000
    for marked in slack_blocks.markup(message.blocks, message.text):
        _, commands = read_markup(marked)
        assert all(OUR_DATE.fullmatch(command) for command in commands)
    links = {node["url"] for node in slack_blocks.walk(message.blocks) if "url" in node}
    assert links <= {link}
    for text in strings([message.blocks, message.text]):
        assert text.count("\u2068") == text.count("\u2069")
        assert longest_pile(text) <= 4
        for char in set(text) - {"\n", "\u2068", "\u2069", "\u200c", "\u200d"}:
            assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"), hex(ord(char))
    json.dumps(message.blocks).encode()


def longest_pile(text: str) -> int:
    """The most combining marks on one letter, whatever invisible characters stand between them."""
    longest = marks = 0
    for char in text.translate({0x200C: None, 0x200D: None}):
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        longest = max(longest, marks)
    return longest


def markup_of(message: Message) -> list[str]:
    return [str(node["text"]) for node in slack_blocks.walk(message.blocks) if node.get("type") == "mrkdwn"]


class TestOtherPeoplesWords:
    @pytest.mark.parametrize("text", HOSTILE, ids=[repr(text[:20]) for text in HOSTILE])
    def test_hostile_words_in_every_field_ping_link_and_disguise_nothing(self, text: str) -> None:
        began = time.monotonic()
        for message in everywhere(text):
            assert_harmless(message)
        assert time.monotonic() - began < 1

    @given(st.text(st.characters(codec=None), max_size=300))
    def test_any_words_in_every_field_ping_link_and_disguise_nothing(self, text: str) -> None:
        for message in everywhere(text, url="https://news.example/"):
            assert_harmless(message, "https://news.example/")

    @given(
        st.lists(st.sampled_from([*"<>&!@#|^\\*_~`[]\n:;/", "channel", "http://", "U1", "\u202e", "&lt;"]), max_size=60)
    )
    def test_any_jumble_of_slacks_own_signs_does_neither(self, signs: list[str]) -> None:
        for message in everywhere("".join(signs), url=""):
            assert_harmless(message)

    @given(st.text(max_size=200))
    def test_what_slack_interprets_is_the_same_whatever_the_words_are(self, text: str) -> None:
        """Nothing of anybody's words reaches a field that Slack reads as markup."""
        assert [markup_of(message) for message in everywhere(text)] == [
            markup_of(message) for message in everywhere("harmless")
        ]

    @given(st.text(max_size=200))
    def test_the_notification_reads_back_as_plain_words(self, text: str) -> None:
        for message in everywhere(text):
            words, commands = read_markup(message.text)
            assert commands == []
            assert "\n" not in words

    def test_words_arrive_as_they_were_written(self) -> None:
        text = 'Ça va? 100 % <b>&amp; "quoted" {x} — naïve 日本語 👩‍👧 می‌خواهم'
        [quote] = [
            node
            for node in slack_blocks.walk(case_message(a_view(text)).blocks)
            if node.get("type") == "rich_text_quote"
        ]
        assert quote["elements"][0]["text"] == text

    def test_a_long_post_is_cut_and_shows_that_it_was(self) -> None:
        said = says(case_message(a_view("word " * 100_000)))
        assert "word…" in said
        assert len(said) < 2500

    def test_a_tall_post_is_cut_and_shows_that_it_was(self) -> None:
        quoted = re.findall(r"(?m)^> .*", says(case_message(a_view("\n".join(f"line {n}" for n in range(300))))))
        assert quoted[-1] == "> line 24…"
        assert len(quoted) == 25

    def test_right_to_left_names_are_kept_from_turning_our_words_around(self) -> None:
        name = "שלום"
        header = case_message(a_view(handle=name)).blocks[0]["text"]["text"]
        assert header == f"🟠 High: @\u2068{name}\u2069 on x is waiting"

    def test_every_field_of_a_view_is_tried(self) -> None:
        """A field added to CaseView must be added to `everywhere` too."""
        assert [field.name for field in fields(CaseView)] == [
            "case",
            "silence",
            "status",
            "opened",
            "latest",
            "verdict",
            "deadline",
            "answer",
            "brand",
            "blind_since",
            "lease",
            "controls",
            "gaps",
            "quiet",
            "policy",
            "duty",
            "linked",
            "past",
        ]


class TestLinks:
    @pytest.mark.parametrize(
        ("url", "link"),
        [
            (URL, URL),
            ("HTTPS://News.Example/a", "https://news.example/a"),
            ("http://news.example:8080/a?b=c&d=%20#e", "http://news.example:8080/a?b=c&d=%20#e"),
            (" https://news.example ", "https://news.example"),
            ("https://news.example/a b", "https://news.example/a%20b"),
            ("https://news.example/<!channel>|x", "https://news.example/%3C!channel%3E%7Cx"),
            ("https://news.example/a?q=é|<>", "https://news.example/a?q=%C3%A9%7C%3C%3E"),
            ("https://news.example/\u202egnp", "https://news.example/%E2%80%AEgnp"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://\N{CYRILLIC SMALL LETTER A}pple.example/", "https://xn--pple-43d.example/"),
            ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
            ("https://a_b.example/@sample/1", "https://a_b.example/@sample/1"),
        ],
    )
    def test_a_web_address_leads_where_it_seems_to(self, url: str, link: str) -> None:
        [found] = {node["url"] for node in slack_blocks.walk(case_message(a_view(url=url)).blocks) if "url" in node}
        assert found == link

    @pytest.mark.parametrize(
        "url",
        [
            None,
            "",
            "news.example/a",
            "//news.example/a",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "slack://channel?id=1",
            "https://",
            "https:///a",
            "https://x.example@evil.example/",
            "https://x.example\\@evil.example/",
            "https://evil.example\\.x.example/",
            "https://x.example%2fevil.example/",
            "https://x.example|evil/",
            "https://x.example:port/",
            "https://x.example:99999/",
            "https://[::1",
            "https://a..b/",
            "https://x.example/a\nb",
            "https://x.example/\x1b[31m",
            "https://" + "x" * 300 + ".example/",
            "https://x.example/" + "a" * 2000,
            "https://x.example/" + "é" * 1000,
        ],
    )
    def test_anything_else_is_no_link(self, url: str | None) -> None:
        for message in (case_message(a_view(url=url)), case_message(an_answered_view(url=url))):
            links = {node["url"] for node in slack_blocks.walk(message.blocks) if "url" in node}
            assert links <= {URL}
        assert "Open the post" not in says(case_message(a_view(url=url)))

    @given(st.text(max_size=80))
    def test_no_address_carries_anything_that_is_not_plain(self, tail: str) -> None:
        for message in everywhere("x", url="https://news.example/" + tail):
            for node in slack_blocks.walk(message.blocks):
                if "url" in node:
                    assert re.fullmatch(r"https://news\.example/[!-~]*", node["url"])
                    assert not set(node["url"]) & set('<>|"\\^` {}')


EXTREMES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
]


@pytest.mark.parametrize("at", EXTREMES)
def test_the_ends_of_the_calendar_can_be_shown(at: datetime) -> None:
    view = replace(a_view(), deadline=at, blind_since=at)
    assert slack_blocks.faults(case_message(view).blocks) == []
    assert f"{at.year:04d}-" in says(case_message(view))
    for marked in markup_of(case_message(view)):
        assert all(OUR_DATE.fullmatch(command) for command in read_markup(marked)[1])
