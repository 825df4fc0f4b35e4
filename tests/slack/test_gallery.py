"""Every message there is, usual and at its limits: Slack takes it, and nobody's words make it do anything."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
import slack_blocks
import slack_markup
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slack_markup import Effect

from monitor.slack.untrusted import address
from tools.gallery.facts import GROUP, LONG, NOW, USUAL, Theirs
from tools.gallery.messages import Shown, every
from tools.gallery.page import page
from tools.gallery.picture import draw

PLACE = "https://network.example/posts/1042"


def spoken(text: str, url: str | None = PLACE, *, many: bool = False) -> Theirs:
    """Somebody who writes ``text`` wherever they can."""
    said = (text,)
    # A colleague without a name is nobody: that is another message.
    people = (text or "sam",)
    return Theirs(said, said, said, said, (url,), said, said, said, said, said, said, people, many=many)


class TestSlackTakesThem:
    @pytest.mark.parametrize("shown", [*every(USUAL), *every(LONG)], ids=lambda shown: shown.name)
    def test_every_message_is_within_block_kits_limits(self, shown: Shown) -> None:
        assert slack_blocks.faults(shown.message.blocks) == []
        assert slack_blocks.size(shown.message.blocks) <= slack_blocks.TOTAL
        assert 0 < len(shown.message.text) <= slack_blocks.TEXT

    @settings(max_examples=50)
    @given(
        st.text(st.characters(codec=None), max_size=40).map(lambda text: text * 300),
        st.sampled_from([PLACE, "https://network.example/" + "é" * 300, None]),
    )
    def test_and_so_it_is_with_any_words_however_many(self, text: str, url: str | None) -> None:
        for shown in every(spoken(text, url, many=True)):
            assert slack_blocks.faults(shown.message.blocks) == [], shown.name
            assert slack_blocks.size(shown.message.blocks) <= slack_blocks.TOTAL, shown.name

    def test_a_case_that_waits_has_four_controls_at_most(self) -> None:
        for shown in (*every(USUAL), *every(LONG)):
            for block in shown.message.blocks:
                if block["type"] == "actions":
                    assert len(block["elements"]) <= 4


# What nobody's words can do.
ENTITIES = [
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<!subteam^S0123|@team>",
    "<@U0123>",
    "<#C0123|general>",
    "<https://evil.example|https://acme.example/login>",
    "<mailto:a@b.example|write to us>",
    "&lt;!channel&gt;",
    "&amp;lt;!here&amp;gt;",
    "<!date^0^{date}^https://evil.example|now>",
    "@channel @here @everyone",
    ":rotating_light:",
    "*bold* _it_ ~no~ `code`",
    "acme.example",
    "https://acme.example/login",
]
ALONE = [*"<>&!@#|^*_~`:;/\\\n ", "\u202e", "\u200b", "U0123", "here"]
SIGNS = st.lists(st.sampled_from([*ENTITIES, *ALONE]), max_size=12)
WORDS = st.one_of(SIGNS.map("".join), st.text(st.characters(codec=None), max_size=60))
PLACES = st.one_of(
    st.none(),
    WORDS,
    WORDS.map("https://network.example/{}".format),
    WORDS.map("https://{}.network.example/".format),
    st.sampled_from(
        [
            "https://acme.example@evil.example/",
            "https://acme.example.evil.example/",
            "https://acme.example%2f.evil.example/",
            "https://\N{CYRILLIC SMALL LETTER A}cme.example/",
            "https://acme.example." + "a" * 60 + ".evil.example/",
            "https://evil.example/|https://acme.example",
            "HTTPS://NETWORK.EXAMPLE:8443/",
        ]
    ),
)


@st.composite
def theirs(draw_: st.DrawFn) -> Theirs:
    """Every field in other words."""
    fields = [(draw_(WORDS), draw_(WORDS)) for _ in range(10)]
    texts, answers, authors, names, sources, topics, reasons, drafts, common, notes = fields
    urls = (draw_(PLACES),)
    people = (draw_(WORDS) or "sam", draw_(WORDS) or "kim")
    return Theirs(
        *(texts, answers, authors, names, urls, sources, topics, reasons, drafts, common, notes, people),
        many=draw_(st.booleans()),
    )


def assert_does_nothing(shown: Shown, url: str | None) -> None:
    """It shows dates of ours, and links to ``url`` that say where they lead; and does nothing else."""
    found = slack_markup.effects(shown.message.blocks, shown.message.text)
    if shown.name == "page-group":
        # The one that is meant to: once in its blocks, once in its text, and whom the config names.
        called = [effect for effect in found if effect.kind == "mention"]
        assert called == [Effect("mention", f"!subteam^{GROUP}")] * 2
        assert shown.message.text.startswith(f"📣 <!subteam^{GROUP}> ")
        found = [effect for effect in found if effect.kind != "mention"]
    for effect in found:
        if effect.kind == "link":
            assert effect.what == address(url), (shown.name, effect)
            assert effect.what.startswith(("https://", "http://"))
            assert slack_markup.hidden(effect) == [], (shown.name, effect)
            assert effect.label
        else:
            assert effect.kind == "date", (shown.name, effect)
            assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", effect.label), (shown.name, effect)
    of_text = [one for one in slack_markup.of_markup(shown.message.text) if one.what != f"!subteam^{GROUP}"]
    assert of_text == [], shown.name


class TestNobodysWordsDoAnything:
    @given(theirs())
    def test_no_words_in_any_field_of_any_message_ping_broadcast_or_disguise_a_link(self, said: Theirs) -> None:
        for shown in every(said):
            assert_does_nothing(shown, said.urls[0])

    @pytest.mark.parametrize("text", ENTITIES)
    @pytest.mark.parametrize("many", [False, True])
    def test_nor_does_any_entity_that_slack_knows(self, text: str, many: bool) -> None:
        for shown in every(spoken(text, many=many)):
            assert_does_nothing(shown, PLACE)

    @given(WORDS)
    @example("<!channel>")
    def test_what_slack_interprets_is_the_same_whatever_the_words_are(self, text: str) -> None:
        def marked(shown: Shown) -> list[str]:
            return [node["text"] for node in slack_blocks.walk(shown.message.blocks) if node.get("type") == "mrkdwn"]

        for shown, harmless in zip(every(spoken(text)), every(spoken("harmless")), strict=True):
            assert marked(shown) == marked(harmless), shown.name


READ = [
    ("<!channel>", [Effect("broadcast", "!channel")]),
    ("a <@U1|sam> b", [Effect("mention", "@U1", "sam")]),
    ("<#C1>", [Effect("mention", "#C1")]),
    ("<!subteam^S1>", [Effect("mention", "!subteam^S1")]),
    ("<https://a.example|b.example>", [Effect("link", "https://a.example", "b.example")]),
    ("&lt;!channel&gt; > <", []),
]


class TestTheReaderItself:
    """A property is worth what its reader finds."""

    @pytest.mark.parametrize(("marked", "found"), READ)
    def test_it_finds_what_slack_would_do(self, marked: str, found: list[Effect]) -> None:
        assert slack_markup.effects([], marked) == found
        block = {"type": "section", "text": {"type": "mrkdwn", "text": marked, "verbatim": True}}
        assert slack_markup.effects([block], "") == found

    @pytest.mark.parametrize(
        ("word", "kind"),
        [
            ({"type": "user", "user_id": "U1"}, "mention"),
            ({"type": "usergroup", "usergroup_id": "S1"}, "mention"),
            ({"type": "channel", "channel_id": "C1"}, "mention"),
            ({"type": "broadcast", "range": "here"}, "broadcast"),
            ({"type": "link", "url": "https://a.example", "text": "x"}, "link"),
            ({"type": "emoji", "name": "fire"}, "emoji"),
        ],
    )
    def test_it_finds_what_rich_text_would_do(self, word: dict[str, str], kind: str) -> None:
        block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [word]}]}
        assert [effect.kind for effect in slack_markup.effects([block], "")] == [kind]

    @pytest.mark.parametrize(
        ("leads", "label", "lies"),
        [
            ("https://a.example/x", "Open the post (a.example)", []),
            ("https://www.a.example/x", "Open the post (a.example)", []),
            ("https://a.example/x", "acme.example", ["acme.example"]),
            ("https://acme.example.evil.example/", "(acme.example.evil.example)", []),
            ("https://acme.example.evil.example/", "(acme.example)", ["acme.example"]),
        ],
    )
    def test_it_finds_a_label_that_names_another_place(self, leads: str, label: str, lies: list[str]) -> None:
        assert slack_markup.hidden(Effect("link", leads, label)) == lies


class _Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.asked: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.asked += [name for name, _ in attrs if name in {"src", "srcset", "style", "action", "background"}]
        self.asked += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class TestPagesAndPictures:
    @settings(max_examples=30)
    @given(WORDS)
    @example("</style><script>alert(1)</script><img src=x onerror=y>")
    @example("'\"><svg/onload=x>")
    def test_a_page_shows_words_as_words_and_asks_nobody_for_anything(self, text: str) -> None:
        made = page(every(spoken(text)), "", NOW, "lead", "other.html")
        read = _Page(made)
        harmless = _Page(page(every(spoken("harmless")), "", NOW, "lead", "other.html"))
        assert read.tags == harmless.tags
        assert read.asked == []
        assert not re.search(r"url\(|@import", "".join(read.words))
        assert "default-src 'none'" in made

    @settings(max_examples=30)
    @given(WORDS)
    @example("</text><script>alert(1)</script>]]>&")
    def test_a_picture_is_well_formed_and_holds_words_as_words(self, text: str) -> None:
        for shown in every(spoken(text))[:3]:
            tags = {
                node.tag.rpartition("}")[2] for node in ET.fromstring(draw(shown.message, text and "x", NOW)).iter()
            }
            assert tags <= {"svg", "title", "style", "rect", "text", "tspan", "circle", "path"}

    def test_no_line_of_a_picture_runs_over_its_edge(self) -> None:
        for shown in every(LONG):
            for node in ET.fromstring(draw(shown.message, shown.about, NOW)).iter("{http://www.w3.org/2000/svg}text"):
                letters = len("".join(node.itertext()))
                assert float(node.attrib["x"]) + letters * 2.8 <= 720, "".join(node.itertext())

    def test_what_is_written_is_what_slack_is_sent(self) -> None:
        first = every(USUAL)[0]
        from tools.gallery.__main__ import files  # noqa: PLC0415 - a program, imported where it is tried

        stored = json.loads(files()["case-waiting.json"])
        assert stored == {"text": first.message.text, "blocks": first.message.blocks}
