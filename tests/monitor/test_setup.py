"""What is in force: rules that route, and verdicts that stand."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import made, opened, post

from monitor.config import load
from monitor.setup import setup
from monitor.store import cases
from rules.choice import Opening
from rules.mistakes import Mistakes
from rules.model import Severity

POLICIES = """
[[policy]]
name = "standard"
sources = ["sample-x"]
repeats = 0
[[policy.step]]
at = "0m"
to = ["#care"]
[[policy]]
name = "press desk"
repeats = 0
[[policy.step]]
at = "0m"
to = ["#press"]
"""
RULES = """about = "A test."
[[rule]]
id = "quoted"
any = ["journalist"]
forces = "complaint"
severity = "high"
route = "press desk"
why = "The press asks."
[[rule]]
id = "angry"
any = ["zork"]
forces = "complaint"
why = "It zorks."
"""


def heard_through(source: str) -> Opening:
    return Opening(source, frozenset({"x"}), Severity.NORMAL)


def test_a_rule_that_routes_puts_the_case_it_opens_under_that_policy_and_others_keep_theirs(tmp_path: Path) -> None:
    with opened(tmp_path, POLICIES) as desk:
        config = load(tmp_path / "harken.toml")
        desk.line.setup = setup(config, {"a.toml": RULES})
        desk.hear(
            post("1", text="I am a journalist and it zorks: zork"),
            post("2", text="zork", by="sample_customer_02", thread="u"),
        )
        desk.at(1)
        assert [len(desk.shown(channel)) for channel in ("#care", "#press")] == [1, 1]
        desk.line.setup = setup(config, {"a.toml": RULES.replace('route = "press desk"\n', "")})
        desk.hear(post("3", 1, "zork again"))
        desk.at(2)
        with desk.store.read() as db:
            names = [desk.line.setup.pinned(db, row.policy, row.opened_at).name for row in cases.every(db)]
    assert sorted(names) == ["press desk", "standard"]


def test_a_route_to_a_policy_that_is_not_there_is_a_mistake_with_file_line_and_cure(tmp_path: Path) -> None:
    made(tmp_path, POLICIES)
    config = load(tmp_path / "harken.toml")
    with pytest.raises(Mistakes) as raised:
        setup(config, {"a.toml": RULES.replace("press desk", "pres desk")})
    assert [str(mistake) for mistake in raised.value.all] == [
        'a.toml:3: rule "quoted" has no such route: "pres desk"; did you mean "press desk"?'
    ]
    with pytest.raises(Mistakes, match="there are standard, press desk"):
        setup(config, {"a.toml": RULES.replace("press desk", "zzzz")})


def test_a_route_to_a_policy_that_is_no_more_counts_for_nothing(tmp_path: Path) -> None:
    kept = made(tmp_path, POLICIES)
    assert kept.policy_for(heard_through("sample-x"), "press desk").policy.name == "press desk"
    assert kept.policy_for(heard_through("sample-x"), "gone").policy.name == "standard"
    assert kept.policy_for(heard_through("sample-x")).policy.name == "standard"
    assert kept.policy_for(heard_through("another"), None).policy.name == "press desk"


CHANNEL = RULES.replace('"press desk"', '"#press-room"')


def test_a_rule_that_routes_into_a_channel_keeps_the_ladder_and_moves_only_the_channel_it_begins_in(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as desk:
        desk.line.setup = setup(load(tmp_path / "harken.toml"), {"a.toml": CHANNEL})
        desk.hear(
            post("1", text="I am a journalist"),
            post("2", text="zork", by="sample_customer_02", thread="u"),
        )
        desk.at(24 * 60)
        paged = {page.mention: [] for page in desk.owed()}
        for page in desk.owed():
            paged[page.mention].append((page.step, page.recipient))
        with desk.store.read() as db:
            names = {row.thread: desk.line.setup.pinned(db, row.policy, row.opened_at).name for row in cases.every(db)}
    assert paged["1"][:3] == [(0, "#press-room"), (1, "#press-room"), (1, "#bosses")]
    assert paged["2"][:3] == [(0, "#care"), (1, "#care"), (1, "#bosses")]
    assert names == {"t": "standard, in #press-room", "u": "standard"}


@pytest.mark.parametrize(
    ("first", "then", "led"),
    [
        (["#care"], ["#care", "@U0000001"], [("#new",), ("#new", "@U0000001")]),
        (["@U0000001", "#care"], ["#bosses"], [("@U0000001", "#new"), ("#bosses",)]),
        (["@U0000001"], ["#care"], [("#new", "@U0000001"), ("#care",)]),
        (["#care", "#new"], ["#new"], [("#new",), ("#new",)]),
    ],
)
def test_a_channel_takes_the_place_of_the_one_where_cases_appear_first(
    tmp_path: Path, first: list[str], then: list[str], led: list[tuple[str, ...]]
) -> None:
    steps = "".join(f'[[policy.step]]\nat = "{at}"\nto = {to}\n' for at, to in (("0m", first), ("deadline", then)))
    routed = made(tmp_path, f'[[policy]]\nname = "one"\n{steps}').policy_for(heard_through("sample-x"), "#new").policy
    assert [each.step.to for each in routed.steps] == led
    assert routed.led_to("#other").operators == routed.operators


def test_a_channel_that_slack_cannot_have_is_a_mistake_with_file_line_and_cure(tmp_path: Path) -> None:
    made(tmp_path, POLICIES)
    with pytest.raises(Mistakes) as raised:
        setup(load(tmp_path / "harken.toml"), {"a.toml": CHANNEL.replace("#press-room", "#Press")})
    assert [str(mistake) for mistake in raised.value.all] == [
        'a.toml:3: route "#Press" of rule "quoted" is no Slack channel; did you mean "#press"?'
    ]


def test_a_policy_called_like_a_channel_is_still_a_policy(tmp_path: Path) -> None:
    kept = made(tmp_path, POLICIES.replace('"press desk"', '"#desk"'))
    assert kept.policy_for(heard_through("sample-x"), "#desk").policy.name == "#desk"


def test_a_verdict_that_is_given_stands_whatever_the_rules_say(tmp_path: Path) -> None:
    kept = setup(load(_config(tmp_path)), {"a.toml": RULES})
    zork, calm = post("1", text="zork"), post("2", text="nothing at all")
    given = {("x", "1"): kept.verdict(calm, own=False)}
    assert kept.verdict(zork, own=False).complaint
    assert not replace(kept, given=given).verdict(zork, own=False).complaint


def _config(folder: Path) -> Path:
    made(folder, POLICIES)
    return folder / "harken.toml"


def test_accounts_listed_under_the_name_of_a_networks_source_speak_for_us_in_that_networks_posts(
    tmp_path: Path,
) -> None:
    file = tmp_path / "harken.toml"
    file.write_text(
        '[brand]\nname = "Sample"\nresponders = { x = ["One"], "our hn" = ["Two"], reviews = ["Three"] }\n'
        '[[source]]\nname = "our hn"\nkind = "hackernews"\n'
        '[[source]]\nname = "reviews"\nkind = "feed"\nurl = "https://reviews.example/feed"\n',
        encoding="utf-8",
    )
    made = setup(load(file))
    assert made.own("hackernews", "two")
    assert made.own("x", "ONE")
    assert made.own("reviews", "Three")
    assert not made.own("feed", "Three")
    assert not made.own("x", "two")
