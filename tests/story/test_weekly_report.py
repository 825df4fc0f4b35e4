"""The weekly report from outside: the real process posts it once, with its files, also over a kill."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from running import eventually, harken, run
from slack_double import SlackDouble
from test_daemon import World, post
from web_double import WebDouble


def test_the_daemon_posts_the_week_that_has_just_ended_once_and_not_again_after_a_kill(
    tmp_path: Path, slack_double: SlackDouble
) -> None:
    slack_double.scopes += ",files:write"
    ended = datetime.now(UTC) - timedelta(minutes=1)
    with WebDouble() as web:
        world = World(tmp_path, slack_double, web)
        report = f'[report]\nto = "#harken-ops"\nweekday = "{ended:%a}"\nat = "{ended:%H:%M}"\n'.lower()
        world.config.write_text(world.config.read_text() + report.replace("[report]", "\n[report]"))
        with run(world.config):
            eventually(lambda: len(slack_double.files) == 2, "the report with its files")
            world.publish(post("a"))
            world.paged()
        with run(world.config) as again:
            again.wait_said("listening")
            world.polled_again(3)
        told = [shown for shown in slack_double.shows("harken-ops") if "the week from" in shown.text]
        assert len(told) == 1
        assert {(channel, ts) for channel, ts, _, _ in slack_double.files} == {("harken-ops", told[0].ts)}
        assert len(slack_double.files) == 2
        said = harken("report", "--config", world.config, "--cases", "heard")
        assert said.stdout.count("reviews") == 1, said.stderr
