"""The coach in Slack: to the writer of a draft alone, and as a quiet note on a reply that was posted."""

from pathlib import Path
from typing import Any

import pytest
from desk import DESK, LADDER, Desk, opened, post
from slack_blocks import faults, pings, walk

from monitor.actors import Actors
from monitor.clicks import Clicks
from monitor.config import load
from monitor.slack import Message
from monitor.slack.coach import coached, noted
from monitor.slack.lists import sentences
from rules.coach import Advice

BAD = "Sorry you feel that way. As we already told you, it arrives on Friday. <!channel> & <https://evil.example|x>"
NOTES = f"{LADDER}\n[coach]\nnotes = true\n"


def bold(message: Message) -> list[str]:
    return [part["text"] for part in walk(message.blocks) if part.get("style") == {"bold": True}]


def texts(message: Message) -> str:
    return "\n".join(part["text"] for part in walk(message.blocks) if part.get("type") == "text")


class TestMessages:
    def test_the_words_are_bold_and_the_draft_is_whole(self) -> None:
        found = (Advice("blame", "Leave it out.", True, ((4, 8),)), Advice("when", "Say when.", False))
        message = coached("Oh, you should.\nNow", found)
        assert not faults(message.blocks)
        assert bold(message) == ["you ", "Before you post it:", "Must: "]
        quoted = message.blocks[0]["elements"][0]["elements"]
        assert "".join(part["text"] for part in quoted) == "Oh, you should.\nNow"

    def test_nothing_of_a_draft_pings_links_or_overflows(self) -> None:
        draft = "<!channel> @here <https://evil.example|click> *bold* \u202e" * 400
        message = coached(draft, (Advice("blame", "No.", True, tuple((n, n + 3) for n in range(0, 2000, 7))),))
        assert not faults(message.blocks)
        assert not pings(message.blocks, message.text)
        assert "\u202e" not in texts(message)

    def test_a_narration_without_advice_is_left_alone(self) -> None:
        said = sentences("answered")
        assert noted(said, ()) is said
        assert not faults(noted(said, (Advice("email", "Take it out.", True),)).blocks)


class Writer:
    """Somebody who asks the coach in Slack."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        config = load(folder / "harken.toml")
        self.desk = desk
        actors = Actors(desk.local, lambda: config, desk.line.clock)
        self.clicks = Clicks(desk.line, desk.local, lambda: config, actors)

    def types(self, text: str) -> Message:
        self.clicks.take("slash_commands", {"command": "/harken", "text": text, "user_id": "U01", "channel_id": "C01"})
        return self.told()

    def points_at(self, text: str, callback: str = "coach") -> None:
        payload: dict[str, Any] = {"type": "message_action", "callback_id": callback, "message": {"text": text}}
        self.clicks.take("interactive", payload | {"user": {"id": "U01"}, "channel": {"id": "C01"}})

    def told(self) -> Message:
        channel, user, message = self.desk.local.whispers[-1]
        assert (channel, user) == ("C01", "U01")
        assert not faults(message.blocks)
        return message


class TestAsked:
    def test_the_writer_alone_is_answered(self, tmp_path: Path) -> None:
        with opened(tmp_path) as desk:
            said = Writer(desk, tmp_path).types(f"coach {BAD}")
            assert "(sorry-you-feel)" in texts(said)
            assert "Sorry you feel" in bold(said)
            assert "As we already told" in bold(said)
            assert desk.local.posts == []

    def test_line_breaks_and_more_than_500_characters_are_read(self, tmp_path: Path) -> None:
        with opened(tmp_path) as desk:
            said = Writer(desk, tmp_path).types(f"coach\n{'We are sorry. ' * 60}\nYou should have read it.")
            assert "(blame)" in texts(said)

    def test_a_case_before_it_says_what_it_is_for(self, tmp_path: Path) -> None:
        with opened(tmp_path) as desk:
            desk.hear(post("1", text="@sample when do you open on Sunday?"))
            writer = Writer(desk, tmp_path)
            assert "Nothing to say" in texts(writer.types(f"coach {desk.case().id} We open at 9am."))
            assert "(no-apology)" in texts(writer.types("coach We open at 9am."))
            assert "(too-long)" in texts(writer.types(f"coach {desk.case().id} {'We open at 9am. ' * 30}"))

    @pytest.mark.parametrize("text", ["coach", "coach  ", "coach\n"])
    def test_without_a_draft_it_says_how(self, tmp_path: Path, text: str) -> None:
        with opened(tmp_path) as desk:
            assert "Write the reply after it" in texts(Writer(desk, tmp_path).types(text))

    def test_the_shortcut_on_a_message_reads_what_it_says(self, tmp_path: Path) -> None:
        with opened(tmp_path) as desk:
            writer = Writer(desk, tmp_path)
            writer.points_at(
                "Sorry &amp; see <https://example.org/order-12345|our page>. <mailto:a@b.example|a@b.example>"
            )
            said = texts(writer.told())
            assert "Sorry & see our page. a@b.example" in said.replace("\n", "")
            assert "(email)" in said
            writer.points_at("Sorry", callback="another")
            writer.clicks.take("interactive", {"type": "message_action", "callback_id": "coach", "message": 3})
            assert len(desk.local.whispers) == 1


class TestNotes:
    def hear(self, desk: Desk, reply: str) -> None:
        desk.hear(post("1"))
        desk.at(0)
        desk.at(5)
        desk.hear(post("2", 5, reply, by=DESK, to="1"))
        desk.at(5)

    def told(self, desk: Desk) -> list[str]:
        return [texts(one.message) for one in desk.local.posts if not one.visible]

    def test_a_reply_that_must_not_stand_gets_one_quiet_note_in_the_thread(self, tmp_path: Path) -> None:
        with opened(tmp_path, NOTES) as desk:
            self.hear(desk, "You should have read the mail. Kindly wait.")
            desk.at(10)
            (said,) = self.told(desk)
            assert "answered by SampleHelp" in said
            assert "(blame)" in said
            assert "(jargon)" not in said
            assert len(desk.shown()) == 1

    def test_a_reply_that_could_only_be_better_gets_none(self, tmp_path: Path) -> None:
        with opened(tmp_path, NOTES) as desk:
            self.hear(desk, "Kindly wait, we are looking into it.")
            answered, promised = self.told(desk)
            assert answered == "answered by SampleHelp after 5 min"
            assert promised.startswith("SampleHelp told them to wait")

    def test_nobody_is_told_unless_the_config_wants_it(self, tmp_path: Path) -> None:
        with opened(tmp_path) as desk:
            self.hear(desk, "You should have read the mail.")
            (said,) = self.told(desk)
            assert said == "answered by SampleHelp after 5 min"

    def test_a_case_in_two_channels_has_the_note_in_the_first(self, tmp_path: Path) -> None:
        with opened(tmp_path, NOTES) as desk:
            desk.hear(post("1"))
            desk.at(0)
            desk.at(60)
            desk.at(65)
            desk.hear(post("2", 65, "You should have read the mail.", by=DESK, to="1"))
            desk.at(65)
            where = [one.channel for one in desk.local.posts if "(blame)" in texts(one.message)]
            assert where == ["#care"]

    def test_a_reply_that_is_gone_by_then_gets_none(self, tmp_path: Path) -> None:
        with opened(tmp_path, NOTES) as desk:
            desk.hear(post("1"))
            desk.at(0)
            desk.at(5)
            desk.hear(post("2", 5, "You should have read the mail.", by=DESK, to="1"))
            desk.hear(gone=["2"])
            desk.at(5)
            assert self.told(desk) == ["answered by SampleHelp after 5 min"]
