"""User groups of Slack as recipients: called in the channel of the case, and passed over where nobody would hear it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import slack_blocks
import slack_double as double
from desk import NOON, Desk, made, post
from slack_double import Shown, SlackDouble, says, status

from monitor.slack import Message, render
from monitor.slack.client import WebSlack
from monitor.store import meta
from monitor.store.sqlite import open_writer
from rules.mistakes import Mistakes

LADDER = """
[[policy]]
name = "standard"
reply_within = { low = "1h", normal = "1h", high = "1h", crisis = "1h" }
repeats = 0
  [[policy.step]]
  at = "0m"
  to = [FIRST]
  [[policy.step]]
  at = "30m"
  to = ["group:care-team"]
  [[policy.step]]
  at = "50m"
  to = ["#bosses"]
"""
CALL = "<!subteam^S0CARE>"


@pytest.fixture
def local() -> Iterator[SlackDouble]:
    with double.checked(channels=("care", "bosses", "harken-ops")) as slack:
        slack.handles["care-team"] = "S0CARE"
        slack.callable = {"S0CARE"}
        yield slack


@pytest.fixture
def open_desk(tmp_path: Path, local: SlackDouble) -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def desk(first: str = '"#care"', ladder: str = LADDER) -> Desk:
        store = open_writer(tmp_path / "harken.db", "a test")
        config = ladder.replace("FIRST", first)
        opened.append(Desk(store, made(tmp_path, config), WebSlack(double.TOKEN, local.base_url)))
        return opened[-1]

    yield desk
    for one in opened:
        one.store.close()


def at(desk: Desk, minutes: float) -> None:
    """A page to a group is handed on in one turn and sent in the next."""
    for _ in range(2):
        desk.clock.now = NOON + timedelta(minutes=minutes)
        desk.hear()
        desk.at(minutes)


def calls(shown: Shown) -> list[str]:
    return [ping for ping in slack_blocks.pings(shown.blocks) if ping.startswith("!subteam")]


def outcomes(desk: Desk) -> list[tuple[str, str | None]]:
    return sorted((page.recipient, page.outcome) for page in desk.owed())


def test_a_group_is_called_in_the_thread_of_the_case_shown_in_its_channel(
    open_desk: Callable[..., Desk], local: SlackDouble
) -> None:
    desk = open_desk()
    desk.hear(post("1"))
    at(desk, 0)
    at(desk, 30)
    first, second = local.shows("care")
    assert (calls(first), calls(second)) == ([], ["!subteam^S0CARE"])
    assert (second.thread_ts, second.broadcast) == (first.ts, True)
    assert "no answer after 30 min" in repr(second.blocks)
    assert outcomes(desk) == [("#care", "sent"), ("#care", "sent"), ("group:care-team", "handed on")]


def test_where_a_case_has_no_message_yet_the_group_is_called_in_it_and_keeping_it_up_to_date_calls_nobody(
    open_desk: Callable[..., Desk], local: SlackDouble
) -> None:
    desk = open_desk('"group:care-team"')
    desk.hear(post("1"))
    at(desk, 0)
    (shown,) = local.shows("bosses")
    assert calls(shown) == ["!subteam^S0CARE"]
    desk.hear(post("2", 1, "We are sorry, here is your refund", by="SampleHelp", to="1"))
    at(desk, 1)
    shown, *_ = local.shows("bosses")
    assert shown.edits
    assert calls(shown) == []


def test_where_the_ladder_names_no_channel_it_is_called_where_cases_appear(tmp_path: Path, local: SlackDouble) -> None:
    ladder = '[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["group:S0CARE"]\n'
    store = open_writer(tmp_path / "harken.db", "a test")
    desk = Desk(store, made(tmp_path, ladder), WebSlack(double.TOKEN, local.base_url))
    desk.hear(post("1"))
    at(desk, 0)
    assert calls(local.shows("care")[0]) == ["!subteam^S0CARE"]
    store.close()


def test_a_channel_and_a_group_in_one_step_are_one_message_or_one_reply_and_the_group_is_called_once(
    open_desk: Callable[..., Desk], local: SlackDouble
) -> None:
    desk = open_desk('"#care", "group:care-team"')
    desk.hear(post("1"))
    at(desk, 0)
    at(desk, 1)
    assert sum(len(calls(shown)) for shown in local.shows("care")) == 1
    assert len([shown for shown in local.shows("care") if shown.delivery]) <= 2
    assert {outcome for _, outcome in outcomes(desk)} <= {"sent", "handed on", "overtaken"}


def test_a_call_is_not_overtaken_by_a_later_step_of_its_channel_that_calls_nobody(
    open_desk: Callable[..., Desk], local: SlackDouble
) -> None:
    desk = open_desk('"#care"', LADDER.replace('"#bosses"', '"#care"'))
    desk.hear(post("1"))
    at(desk, 0)
    at(desk, 55)
    assert sum(len(calls(shown)) for shown in local.shows("care")) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda local: local.handles.clear(), "no_such_subteam"),
        (lambda local: local.disabled.add("S0CARE"), "subteam_disabled"),
        (lambda local: local.fail(says("missing_scope"), on="usergroups.list"), "missing_scope"),
        (lambda local: local.fail(says("plan_upgrade_required"), on="usergroups.list"), "plan_upgrade_required"),
    ],
)
def test_a_group_that_nobody_hears_of_is_passed_over_at_once_and_the_operators_are_told(
    open_desk: Callable[..., Desk], local: SlackDouble, change: Callable[[SlackDouble], object], why: str
) -> None:
    change(local)
    desk = open_desk('"group:care-team"')
    desk.hear(post("1"))
    at(desk, 0)
    assert outcomes(desk) == [("#bosses", "sent"), ("group:care-team", "refused")]
    assert any(f"group:care-team cannot be reached: {why}" in one.text for one in local.shows("harken-ops"))


def test_while_slack_does_not_answer_the_page_stays_owed(open_desk: Callable[..., Desk], local: SlackDouble) -> None:
    local.fail(status(503), on="usergroups.list")
    desk = open_desk('"group:care-team"')
    desk.hear(post("1"))
    desk.at(0)
    assert outcomes(desk) == [("group:care-team", None)]
    at(desk, 10)
    assert len(local.shows("bosses")) == 1


def test_a_lost_reply_calls_nobody_twice(open_desk: Callable[..., Desk], local: SlackDouble) -> None:
    desk = open_desk('"group:care-team"')
    desk.hear(post("1"))
    local.fail(double.drop(accept=True))
    for minutes in (0, 5, 10):
        at(desk, minutes)
    assert len(local.shows("bosses")) == 1


def test_after_a_restored_backup_a_call_is_looked_up_before_it_is_made(
    open_desk: Callable[..., Desk], local: SlackDouble
) -> None:
    desk = open_desk('"group:care-team"')
    desk.hear(post("1"))
    desk.clock.now = NOON
    desk.line.escalate()
    with desk.store.write("test") as db:
        meta.restored(db, NOON)
    at(desk, 0)
    assert local.made("conversations.history")
    assert len(local.shows("bosses")) == 1


def test_an_incident_calls_a_group_where_it_is_told(open_desk: Callable[..., Desk], local: SlackDouble) -> None:
    incident = '\n[incident]\nenabled = true\nleast = 3\nto = ["group:care-team", "#bosses"]\n'
    desk = open_desk('"#care"', LADDER + incident)
    desk.hear()
    billed = "@sample you charged me twice for my order, I want my money back"
    for number in range(12):
        desk.clock.now = NOON + timedelta(seconds=10 * number)
        customer = f"sample_customer_{number:02}"
        desk.hear(post(f"p{number}", number / 6, billed, thread=f"t{number}", by=customer))
    at(desk, 3)
    assert [calls(shown) for shown in local.shows("bosses") if calls(shown)] == [["!subteam^S0CARE"]]


def test_where_slack_refuses_the_blocks_the_plain_text_calls_all_the_same(
    open_desk: Callable[..., Desk], local: SlackDouble
) -> None:
    local.fail(says("invalid_blocks"))
    desk = open_desk('"group:care-team"')
    desk.hear(post("1"))
    at(desk, 0)
    (shown, *_) = local.shows("bosses")
    assert shown.past[0].startswith(f"📣 {CALL}") if shown.past else shown.text.startswith(f"📣 {CALL}")


@pytest.mark.parametrize("group", ["<!channel>", "S0CARE> <!here", "s0care", "", "S0CARE\n"])
def test_what_is_no_group_id_calls_nobody(group: str) -> None:
    message = Message("text", [])
    assert render.calling(message, group) == message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["group:Care Team"]\n', "names no user group"),
        ('[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["group:"]\n', "names no user group"),
        ('[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["@S0CARE"]\n', 'write "group:S0CARE"'),
        ('[slack]\noperators = "group:ops"\n', "is a user group, which has to be called somewhere"),
    ],
)
def test_a_wrong_group_is_a_mistake_with_its_cure(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Mistakes) as caught:
        made(tmp_path, text)
    assert said in str(caught.value)
