"""What is in force: rules that route, and verdicts that stand."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import made, opened, post

from monitor.config import load
from monitor.setup import setup
from monitor.store import cases
from rules.mistakes import Mistakes

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
    assert kept.policy_for("sample-x", "press desk").name == "press desk"
    assert kept.policy_for("sample-x", "gone").name == "standard"
    assert kept.policy_for("sample-x").name == "standard"
    assert kept.policy_for("another", None).name == "press desk"


def test_a_verdict_that_is_given_stands_whatever_the_rules_say(tmp_path: Path) -> None:
    kept = setup(load(_config(tmp_path)), {"a.toml": RULES})
    zork, calm = post("1", text="zork"), post("2", text="nothing at all")
    given = {("x", "1"): kept.verdict(calm, own=False)}
    assert kept.verdict(zork, own=False).complaint
    assert not replace(kept, given=given).verdict(zork, own=False).complaint


def _config(folder: Path) -> Path:
    made(folder, POLICIES)
    return folder / "harken.toml"
