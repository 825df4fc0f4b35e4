"""Who is on call, covers and swaps from Slack and from a terminal: the same facts, told to everybody concerned."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import slack_blocks
import slack_double as double
from desk import NOON, Desk
from slack_double import SlackDouble

from monitor import covers
from monitor.actors import Actors
from monitor.cli import run
from monitor.clicks import Clicks
from monitor.config import load
from monitor.setup import setup
from monitor.slack.client import WebSlack
from monitor.store import overrides
from monitor.store.sqlite import open_writer
from rules.model import Shift, Span

CONFIG = """
[brand]
name = "Sample"

[slack]
app_token_env = "HARKEN_TEST_APP"
allow = ["U0GUEST"]

[[person]]
name = "sam"
slack = "U0SAM"
zone = "America/New_York"

[[person]]
name = "kim"
slack = "kim@example.org"

[[person]]
name = "lee"
slack = "U0LEE"

[[rota]]
name = "night"
people = ["sam", "kim"]
every = "1d"
start = 2026-03-01
handover = "12:30"
zone = "Europe/Berlin"
"""
"""At noon of 2 March it is 13:00 in Berlin: Kim is on call; Sam from 11:30 UTC of the third on."""
DESK = '[[rota]]\nname = "desk"\npeople = ["lee"]\nstart = 2026-03-10\n'
PEOPLE = {"sam@example.org": "U0SAM", "kim@example.org": "U0KIM", "l@example.org": "U0LEE", "g@example.org": "U0GUEST"}


class Office:
    """A desk with a local Slack, and people who type."""

    def __init__(self, folder: Path, local: SlackDouble, more: str = "") -> None:
        file = folder / "harken.toml"
        file.write_text(CONFIG + more, encoding="utf-8")
        config = load(file)
        self.local = local
        slack = WebSlack(double.TOKEN, local.base_url)
        self.desk = Desk(open_writer(folder / "harken.db", "a test"), setup(config), slack)
        actors = Actors(slack, lambda: config, self.desk.line.clock)
        self.clicks = Clicks(self.desk.line, slack, lambda: config, actors)
        self.desk.at(0)

    def says(self, words: str, by: str = "U0SAM") -> str:
        """What ``/harken words`` answers, dates as their moment."""
        command = {"command": "/harken", "text": words, "user_id": by, "channel_id": self.local.named("care").id}
        self.clicks.take("slash_commands", command)
        return said(self.local.whispers[-1][3])

    def told(self, channel: str) -> list[str]:
        """What somebody was told in direct messages, but for handovers."""
        self.desk.line.escalate()
        self.desk.line.deliver()
        if channel not in self.local.channels:
            return []
        return [said(one.blocks) for one in self.local.shows(channel) if not one.text.startswith("You are")]

    def noted(self) -> list[tuple[str, str, str]]:
        with self.desk.store.read() as db:
            return [
                (one.shift.person, f"{one.shift.span.start:%d %H:%M}", f"{one.shift.span.end:%d %H:%M}")
                for one in overrides.of(db, self.desk.clock.now)
            ]


def said(blocks: list[object]) -> str:
    words = (node for node in slack_blocks.walk(blocks) if node.get("type") in ("text", "date"))
    return "".join(str(node.get("text") or node.get("fallback") or "") for node in words)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with double.checked(people=dict(PEOPLE)) as local:
        made = Office(tmp_path, local)
        yield made
        made.desk.store.close()


class TestWho:
    def test_who_is_on_call_until_when_and_who_is_next_in_every_rota(self, tmp_path: Path) -> None:
        with double.checked(people=dict(PEOPLE)) as local:
            office = Office(tmp_path, local, DESK)
            answer = office.says("who")
            assert "night: kim, until 2026-03-03 11:30 UTC, then sam" in answer
            assert "desk: nobody, until 2026-03-10 09:00 UTC, then lee" in answer
            assert "desk" not in office.says("who night")
            assert "There are night, desk" in office.says("who nigth")
            office.desk.store.close()

    def test_anybody_may_ask(self, office: Office) -> None:
        assert "night: kim" in office.says("who", by="U0GUEST")


class TestCover:
    @pytest.mark.parametrize(
        ("words", "start", "end"),
        [
            ("cover night until 10:00", "02 12:00", "02 15:00"),
            ("cover night 10:00", "02 12:00", "02 15:00"),
            ("cover until 10:00", "02 12:00", "02 15:00"),
            ("cover night 2h", "02 12:00", "02 14:00"),
            ("cover night 10:00..12:00", "02 15:00", "02 17:00"),
            ("cover night from 10:00 to 12:00", "02 15:00", "02 17:00"),
            ("cover night 22:00..6:00", "03 03:00", "03 11:00"),
            ("cover night tomorrow 9:00..tomorrow 10:00", "03 14:00", "03 15:00"),
            ("cover night fri 18:00..mon 9:00", "06 23:00", "09 13:00"),
            ("cover night 2026-03-04 18:00..2026-03-05 09:00", "04 23:00", "05 14:00"),
            ("cover night 10:00..3h", "02 15:00", "02 18:00"),
        ],
    )
    def test_times_are_read_in_the_zone_of_who_types_them(
        self, office: Office, words: str, start: str, end: str
    ) -> None:
        answer = office.says(words)
        assert office.noted() == [("sam", start, end)]
        assert "You are on call in night from 2026-03-0" in answer
        assert "(America/New_York)" not in answer
        assert "Times were read in America/New_York" in answer

    def test_somebody_without_a_zone_types_the_rotas(self, office: Office) -> None:
        office.says("cover night until 14:00", by="U0LEE")
        assert office.noted() == [("lee", "02 12:00", "02 13:00")]

    def test_who_is_covered_for_hears_of_it_once_and_who_typed_it_does_not(self, office: Office) -> None:
        office.says("cover night until 10:00")
        for _ in range(3):
            (told,) = office.told("DU0KIM")
            assert told.startswith("Harken: sam is on call in night instead of kim from Mon 2026-03-02 13:00")
            assert told.endswith(" to Mon 2026-03-02 16:00 (Europe/Berlin), noted by sam")
        assert office.told("DU0SAM") == []

    def test_it_is_in_force_at_once_and_taken_back_as_easily(self, office: Office) -> None:
        office.says("cover night until 10:00")
        assert "night: sam, until 2026-03-02 15:00 UTC, then kim" in office.says("who")
        assert "Taken back: sam in night from" in office.says("uncover")
        assert "night: kim" in office.says("who")
        assert "nothing of yours" in office.says("uncover")
        assert office.noted() == []
        told = office.told("DU0KIM")
        assert [one.startswith("Harken: taken back: sam is on call") for one in told] == [False, True]

    def test_what_is_taken_back_before_anybody_was_told_is_told_to_nobody(self, office: Office) -> None:
        now = office.desk.clock.now
        with office.desk.store.write("test") as db:
            shift = Shift("sam", Span(now, now + timedelta(hours=1)))
            number = covers.cover(db, "night", shift, now, by="boss")
            overrides.remove(db, number, now)
        assert office.told("DU0KIM") == office.told("DU0SAM") == []

    def test_nobody_takes_back_what_somebody_else_noted(self, office: Office) -> None:
        office.says("cover night until 10:00")
        assert "nothing of yours" in office.says("uncover", by="U0LEE")
        assert len(office.noted()) == 1

    @pytest.mark.parametrize(
        ("words", "by", "answer"),
        [
            ("cover night soon", "U0SAM", '"soon" is no time; write it as'),
            ("cover night 25:00", "U0SAM", "is no time"),
            ("cover night 2026-13-01 10:00", "U0SAM", "is no time"),
            ("cover night 2026-03-01 10:00", "U0SAM", "over before it begins"),
            ("cover", "U0SAM", "Which rota"),
            ("cover night", "U0SAM", "is no time"),
            ("cover night 2h", "U0STRANGER", "only people whom Harken knows"),
            ("cover night 2h", "U0GUEST", "[[person]]"),
            ("swap night", "U0SAM", "Swap with whom?"),
            ("swap night @sam", "U0SAM", "Swap with whom?"),
            ("swap night @kin", "U0SAM", "Did you mean @kim?"),
            ("swap night @lee", "U0SAM", "no turn in night"),
            ("swap night <@U0GUEST|guest>", "U0SAM", "Swap with whom?"),
        ],
    )
    def test_what_cannot_be_done_says_why_and_notes_nothing(
        self, office: Office, words: str, by: str, answer: str
    ) -> None:
        office.local.people["stranger@example.org"] = "U0STRANGER"
        assert answer in office.says(words, by=by)
        assert office.noted() == []


class TestSwap:
    @pytest.mark.parametrize("other", ["@kim", "kim", "<@U0KIM>", "<@U0KIM|kim>"])
    def test_two_people_take_each_others_next_turn_and_both_know(self, office: Office, other: str) -> None:
        answer = office.says(f"swap night {other}")
        assert office.noted() == [("sam", "04 11:30", "05 11:30"), ("kim", "03 11:30", "04 11:30")]
        assert "from 2026-03-04 11:30 UTC to 2026-03-05 11:30 UTC; instead, kim is from 2026-03-03 11:30" in answer
        (told,) = office.told("DU0KIM")
        assert "sam is on call in night instead of kim from Wed 2026-03-04 12:30" in told
        assert "kim is on call in night instead of sam from Tue 2026-03-03 12:30" in told
        assert told.endswith("noted by sam (a swap)")

    def test_a_swap_is_taken_back_whole(self, office: Office) -> None:
        office.says("swap night @kim")
        assert office.says("uncover").count("Taken back") == 2
        assert office.noted() == []


class TestTerminal:
    @pytest.fixture(autouse=True)
    def here(self, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_a_swap_notes_the_same_facts_and_both_are_told(
        self, office: Office, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["oncall", "swap", "night", "@sam", "kim", "--by", "boss"]) == 0
        first, second = capsys.readouterr().out.splitlines()
        assert first.startswith("sam is on call in night from ")
        assert second.startswith("kim is on call in night from ")
        office.desk.clock.now = datetime.now(UTC)
        assert {person for person, _, _ in office.noted()} == {"sam", "kim"}
        office.desk.hear()
        for channel in ("DU0SAM", "DU0KIM"):
            assert office.told(channel)[-1].endswith("noted by boss (a swap)")

    def test_an_override_that_is_over_before_the_daemon_sees_it_is_told_to_nobody(self, office: Office) -> None:
        until = datetime.now(UTC) + timedelta(hours=1)
        assert run(["oncall", "override", "night", "lee", "--to", until.isoformat(), "--by", "boss"]) == 0
        office.desk.clock.now = until + timedelta(hours=1)
        office.desk.hear()
        assert office.told("DU0LEE") == []

    @pytest.mark.parametrize(
        ("words", "code", "why"),
        [
            (["night", "sam", "sam"], 2, "nobody swaps with themselves"),
            (["night", "sam", "lee"], 1, ""),
            (["nigth", "sam", "kim"], 2, 'did you mean "night"?'),
        ],
    )
    def test_what_cannot_be_swapped(
        self, words: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["oncall", "swap", *words]) == code
        assert why in capsys.readouterr().err


def test_the_help_names_every_command(office: Office) -> None:
    answer = office.says("help")
    assert all(f"{name}" in answer for name in ("who", "cover", "swap", "uncover"))
    assert office.desk.clock.now == NOON
