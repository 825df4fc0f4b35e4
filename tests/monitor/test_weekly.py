"""The weekly report in Slack: once a week, whatever happens; its page and picture below it."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import DESK, NOON, Desk, opened, post
from PIL import Image
from slack_blocks import faults
from slack_double import TOKEN, SlackDouble, drop, hang, rate_limited
from test_report import LADDER, of

from monitor import weekly
from monitor.config import Config, load
from monitor.report.picture import picture
from monitor.report_settings import WeeklyReport
from monitor.slack import weekly as render
from monitor.slack.client import WebSlack

REPORT = LADDER + '[report]\nto = "#care"\nweekday = "tue"\nat = "09:00"\n'
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=UTC)


class Week:
    """A line with a real database and the double for a Slack, on the eve of its report."""

    def __init__(self, told: Desk, slack: WebSlack, config: Config) -> None:
        self.told, self.slack, self.config = told, slack, config

    def turn(self, at: datetime) -> None:
        """What the daemon does now and then, at one instant."""
        self.told.clock.now = at
        weekly.turn(self.told.store, self.config, self.told.line.setup, at, self.slack.uploads.below)
        self.told.line.outbox.deliver_to("#care")


@pytest.fixture
def week(tmp_path: Path, slack_double: SlackDouble) -> Iterator[Week]:
    slack_double.scopes += ",files:write"
    slack = WebSlack(TOKEN, slack_double.base_url, timedelta(seconds=2))
    with opened(tmp_path, REPORT) as told:
        told.hear(post("a", 0), post("b", 0, by="sample_customer_02", thread="u"))
        told.clock.now = NOON + timedelta(minutes=30)
        told.hear(post("r", 30, "Sorry, here is your refund", by=DESK, to="a"))
    with opened(tmp_path, REPORT, slack=slack) as told:
        yield Week(told, slack, load(tmp_path / "harken.toml"))


def reports(double: SlackDouble) -> list[str]:
    return [shown.text for shown in double.shows("care") if "the week from" in shown.text]


def test_a_week_is_told_once_when_it_has_ended(week: Week, slack_double: SlackDouble) -> None:
    week.turn(TUESDAY - timedelta(seconds=1))
    assert reports(slack_double) == []
    for minutes in (0, 1, 2, 60, 11 * 60):
        week.turn(TUESDAY + timedelta(minutes=minutes))
    assert reports(slack_double) == ["Sample: the week from 2026-02-24 to 2026-03-03"]
    week.turn(TUESDAY + timedelta(weeks=1))
    assert len(reports(slack_double)) == 2


def test_the_page_and_a_picture_stand_below_the_message_once(week: Week, slack_double: SlackDouble) -> None:
    for minutes in range(4):
        week.turn(TUESDAY + timedelta(minutes=minutes))
    (shown,) = [one for one in slack_double.shows("care") if "the week from" in one.text]
    below = [(ts, name, content[:9]) for _, ts, name, content in slack_double.files]
    assert below == [
        (shown.ts, "report-2026-03-03.png", b"\x89PNG\r\n\x1a\n\x00"),
        (shown.ts, "report-2026-03-03.html", b"<!doctype"),
    ]


def test_a_daemon_that_starts_half_a_day_late_does_not_tell_of_an_old_week(
    week: Week, slack_double: SlackDouble
) -> None:
    week.turn(TUESDAY + timedelta(hours=12))
    assert reports(slack_double) == []


def test_files_that_certainly_did_not_arrive_are_tried_again(week: Week, slack_double: SlackDouble) -> None:
    week.turn(TUESDAY)
    slack_double.fail(rate_limited(), on="files.getUploadURLExternal")
    week.turn(TUESDAY + timedelta(minutes=1))
    assert slack_double.files == []
    week.turn(TUESDAY + timedelta(minutes=2))
    assert len(slack_double.files) == 2


def test_files_of_which_nobody_knows_whether_they_arrived_are_not_sent_again(
    week: Week, slack_double: SlackDouble
) -> None:
    week.turn(TUESDAY)
    slack_double.fail(drop(accept=True), on="files.completeUploadExternal")
    for minutes in (1, 2, 3):
        week.turn(TUESDAY + timedelta(minutes=minutes))
    assert len(slack_double.files) == 2
    assert len(slack_double.made("files.completeUploadExternal")) == 1


def test_without_the_scope_for_files_the_message_stands_and_nothing_is_tried_again(
    week: Week, slack_double: SlackDouble
) -> None:
    slack_double.scopes = slack_double.scopes.replace(",files:write", "")
    for minutes in range(4):
        week.turn(TUESDAY + timedelta(minutes=minutes))
    assert len(reports(slack_double)) == 1
    assert len(slack_double.made("files.getUploadURLExternal")) == 1


def test_a_message_whose_fate_is_unknown_is_looked_up_and_not_repeated(week: Week, slack_double: SlackDouble) -> None:
    slack_double.fail(hang(accept=True), on="chat.postMessage")
    for minutes in (0, 10, 20):
        week.turn(TUESDAY + timedelta(minutes=minutes))
    assert len(reports(slack_double)) == 1


def test_where_no_channel_is_named_there_is_no_report(week: Week, slack_double: SlackDouble, tmp_path: Path) -> None:
    off = tmp_path / "off"
    off.mkdir()
    with opened(off, LADDER, slack=week.slack) as told:
        quiet = Week(told, week.slack, load(off / "harken.toml"))
        quiet.turn(TUESDAY)
        assert quiet.config.report.to is None
    assert reports(slack_double) == []


@pytest.mark.parametrize(
    ("sentence", "now", "end"),
    [
        ("the very instant ends it", "2026-03-03T08:00:00", "2026-03-03T08:00:00"),
        ("a second before, the week before has ended last", "2026-03-03T07:59:59", "2026-02-24T08:00:00"),
        ("the clock on the wall counts in summer", "2026-03-31T08:00:00", "2026-03-31T07:00:00"),
        ("it stays so all week", "2026-03-09T23:00:00", "2026-03-03T08:00:00"),
    ],
)
def test_a_week_ends_by_the_clock_on_the_wall(sentence: str, now: str, end: str) -> None:
    settings = WeeklyReport(to="#care", weekday="tue", at="09:00").filled("Europe/Berlin")
    found = settings.weeks_end(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(end).replace(tzinfo=UTC), sentence


def test_the_week_of_a_clock_change_is_a_whole_one() -> None:
    settings = WeeklyReport(to="#care", weekday="tue", at="09:00").filled("Europe/Berlin")
    end = datetime(2026, 3, 31, 7, tzinfo=UTC)
    assert end - settings.weeks_start(end) == timedelta(days=7) - timedelta(hours=1)


def test_the_summary_holds_the_figures_and_what_could_not_be_heard(week: Week) -> None:
    said = weekly.summary(of(week.told))
    assert "2 customers asked, 1 of them were answered." in said
    assert "first reply, median: 30 min" in said
    assert "Not everything could be heard" in said
    assert "\n\n" in said
    assert said.partition("\n\n")[2].startswith("2026-03-02 ████████████████ 2")


def test_slack_takes_the_message_whatever_is_in_it() -> None:
    for text in (
        "",
        "one line",
        "a\nb\n\n██ 3\n",
        f"{'x' * 9000}\n{'y' * 9000}\n\n{'z' * 9000}",
        "<!channel>\n@here\n\n*",
    ):
        message = render.message(text)
        assert faults(message.blocks) == [], text[:10]
    assert "<!channel>" not in render.message("<!channel>\nx").text


def test_the_picture_is_a_picture_with_as_much_colour_as_there_are_customers(week: Week) -> None:
    image = Image.open(io.BytesIO(picture(of(week.told)))).convert("RGB")
    assert image.size == (1200, 628)
    columns = image.crop((0, 250, 1200, 541))
    seen = {colour: count for count, colour in columns.getcolors(1 << 20) or []}
    answered, not_ = seen[11, 114, 133], seen[232, 89, 12]
    assert answered == pytest.approx(not_, rel=0.05)
