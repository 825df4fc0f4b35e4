"""What an edit of the rules would have changed: posts that turn, and the pages that follow."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import ANGRY, CALM, CUSTOMER, DESK, LADDER, NOON, Desk, made, opened, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import Batch, SourceSettings
from monitor.cli import run
from monitor.compare import Comparison, compare
from monitor.rehearse import Deed, Rehearsal
from monitor.setup import Setup
from monitor.store import opinions
from monitor.store.opinions import MISSED, Opinion
from rules.model import Act, Kind, Mark, Mention, Severity, Verdict
from rules.pack import Brand, load

RULE = '[[rule]]\nid = "{0}"\nany = ["{0}"]\n{1}\nwhy = "It says {0}."\n'
BASE = 'about = "A test."\n' + RULE.format("unused", "weight = 1")
DAY = timedelta(days=1)


def with_rules(made: Setup, *rules: tuple[str, str]) -> Setup:
    """The setup with these rules (word, what it does) and no others."""
    text = BASE + "".join(RULE.format(*rule) for rule in rules)
    return replace(made, book=load({"test.toml": text}, Brand("Sample", ("sample",))))


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Watches no progress."""


def compared(desk: Desk, before: Setup | None, after: Setup, *, days: float = 30) -> Comparison:
    with desk.store.read() as db:
        now = desk.clock.now
        return compare(db, before, after, since=now - timedelta(days=days), now=now, progress=quiet)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path) as made:
        monkeypatch.setattr("monitor.clock.system", lambda: made.clock.now)
        yield made


def pages(found: Comparison) -> list[tuple[str, str | None, int | None]]:
    return [(change.what, change.page.to, change.page.step) for change in found.pages]


def test_a_post_that_becomes_a_complaint_adds_its_pages(desk: Desk) -> None:
    plain_, zork = with_rules(desk.line.setup), with_rules(desk.line.setup, ("zork", 'forces = "complaint"'))
    desk.hear(post("1", text="The zork is here, says the sample shop"), post("2", text=CALM, thread="u"))
    desk.at(24 * 60)
    found = compared(desk, plain_, zork)
    (one,) = found.turned
    assert (found.judged, found.rehearsed, one.heard.mention.id, one.becomes, one.rules) == (2, 1, "1", True, ("zork",))
    due = [("#care", 0), ("#bosses", 1), ("#care", 1), ("#harken-ops", 2)]
    assert pages(found) == [("added", to, step) for to, step in due]
    assert [change.after for change in found.pages] == [NOON + timedelta(hours=hours) for hours in (0, 1, 1, 2)]
    assert {change.rules for change in found.pages} == {("zork",)}
    back = compared(desk, zork, plain_)
    assert [one.becomes for one in back.turned] == [False]
    assert [what for what, _, _ in pages(back)] == ["removed"] * 4


def test_a_severity_that_rises_moves_the_deadline_and_the_pages_with_it(tmp_path: Path) -> None:
    more = """
    [[policy]]
    name = "standard"
    reply_within = { low = "2h", normal = "2h", high = "1h", crisis = "1h" }
    repeats = 0
      [[policy.step]]
      at = "deadline"
      to = ["#care"]
    """
    with opened(tmp_path, more) as desk:
        desk.hear(post("1", text="zork! " + ANGRY))
        desk.at(24 * 60)
        same = ("zork", 'forces = "complaint"')
        worse = ("zork", 'forces = "complaint"\nseverity = "high"')
        found = compared(desk, with_rules(desk.line.setup, same), with_rules(desk.line.setup, worse))
    assert [(change.what, change.before, change.after) for change in found.pages] == [
        ("moved", NOON + timedelta(hours=hours), NOON + timedelta(hours=hours - 1)) for hours in (2, 3)
    ]
    assert [one.becomes for one in found.turned] == [None]


def test_a_route_moves_a_case_to_another_policy(tmp_path: Path) -> None:
    more = """
    [[policy]]
    name = "standard"
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
    with opened(tmp_path, more) as desk:
        desk.hear(post("1", text="zork! " + ANGRY))
        desk.at(60)
        there = with_rules(desk.line.setup, ("zork", 'forces = "complaint"\nroute = "press desk"'))
        found = compared(desk, with_rules(desk.line.setup, ("zork", 'forces = "complaint"')), there)
        assert pages(found) == [("removed", "#care", 0), ("added", "#press", 0)]
        desk.line.setup = there
        desk.hear(post("2", text="zork again", by="sample_customer_02", thread="u"))
        desk.at(61)
        assert len(desk.shown("#press")) == 1


def test_a_route_moves_a_case_into_a_channel(desk: Desk) -> None:
    desk.hear(post("1", text="zork! " + ANGRY))
    desk.at(60)
    there = with_rules(desk.line.setup, ("zork", 'forces = "complaint"\nroute = "#press"'))
    found = compared(desk, with_rules(desk.line.setup, ("zork", 'forces = "complaint"')), there)
    assert pages(found) == [
        ("removed", "#care", 0),
        ("added", "#press", 0),
        ("removed", "#care", 1),
        ("added", "#press", 1),
    ]


def test_the_verdicts_as_they_were_given_are_compared_where_no_other_rules_are_named(desk: Desk) -> None:
    desk.line.setup = with_rules(desk.line.setup, ("zork", 'forces = "complaint"'))
    desk.hear(post("1", text="The zork is here"))
    desk.at(60)
    assert compared(desk, None, desk.line.setup).turned == ()
    found = compared(desk, None, with_rules(desk.line.setup))
    assert [one.becomes for one in found.turned] == [False]
    assert {what for what, _, _ in pages(found)} == {"removed"}


def test_what_was_answered_acted_on_and_taken_in_silently_is_rehearsed_as_it_was(desk: Desk) -> None:
    plain_, zork = with_rules(desk.line.setup), with_rules(desk.line.setup, ("zork", 'forces = "complaint"'))
    desk.line.setup = plain_
    desk.clock.now = NOON + timedelta(minutes=40)
    desk.hear(
        post("1", text="zork", thread="a"),
        post("2", 10, "We have mended it.", by=DESK, to="1", thread="a"),
        post("3", text="zork", thread="b", by="sample_customer_02"),
    )
    desk.line.listen(desk.via, Batch((post("4", text="zork", thread="c", by="sample_customer_03"),), quiet=True))
    resolved = Act("resolve", "sample_agent", NOON + timedelta(minutes=30))
    desk.line.act(resolved, ("x", "b"), "sample_customer_02", "a test")
    desk.at(24 * 60)
    found = compared(desk, plain_, zork)
    assert len(found.turned) == 3
    assert [(change.page.thread, change.page.to) for change in found.pages] == [("a", "#care"), ("b", "#care")]


def test_posts_from_before_stand_as_they_were_judged(desk: Desk) -> None:
    zork = with_rules(desk.line.setup, ("zork", 'forces = "complaint"'))
    desk.line.setup = with_rules(desk.line.setup)
    desk.hear(post("1", text="zork"))
    desk.at(3 * 24 * 60)
    desk.hear(post("2", 3 * 24 * 60, "zork again"))
    desk.at(4 * 24 * 60)
    found = compared(desk, desk.line.setup, zork, days=2)
    assert [one.heard.mention.id for one in found.turned] == ["2"]
    assert {change.page.mention for change in found.pages} == {"2"}


def test_a_deleted_post_is_left_out(desk: Desk) -> None:
    zork = with_rules(desk.line.setup, ("zork", 'forces = "complaint"'))
    desk.hear(post("1", text="zork"))
    desk.hear(gone=["1"])
    found = compared(desk, with_rules(desk.line.setup), zork)
    assert (found.judged, found.turned, found.pages) == (0, (), ())


KINDS = st.sampled_from([Kind.COMPLAINT, Kind.QUESTION, Kind.OTHER, Kind.THANKS])
VERDICTS = st.builds(
    Verdict,
    KINDS,
    st.sampled_from(Severity),
    st.just(0.5),
    st.just("en"),
    st.sampled_from([frozenset[Mark](), frozenset({Mark.CHASER})]),
)
THREADS = "abc"


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
def test_pages_of_threads_in_which_no_verdict_turned_cannot_differ(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    made = _MADE.get("setup") or _MADE.setdefault("setup", _setup(tmp_path_factory.mktemp("compare")))
    authors = [CUSTOMER, "sample_customer_02", DESK]
    count = data.draw(st.integers(1, 9))
    minutes, threads = st.integers(0, 300), st.sampled_from(THREADS)
    mentions = [
        post(str(n), data.draw(minutes), by=data.draw(st.sampled_from(authors)), thread=data.draw(threads))
        for n in range(count)
    ]
    history: list[Mention | Deed | Opinion] = [*mentions]
    if data.draw(st.booleans()):
        act = data.draw(st.sampled_from(["answered", "dismiss", "resolve"]))
        done = Act(act, "a", NOON + timedelta(minutes=data.draw(minutes)))
        history.append(Deed(done, "x", data.draw(threads), CUSTOMER))
    if data.draw(st.booleans()):
        named = str(data.draw(st.integers(0, count - 1)))
        history.append(Opinion(MISSED, ("x", named), "a", NOON + timedelta(minutes=300)))
    before = {("x", one.id): data.draw(VERDICTS) for one in mentions}
    turned = data.draw(st.sets(st.sampled_from(THREADS)))
    after = {("x", one.id): data.draw(VERDICTS) if one.thread in turned else before["x", one.id] for one in mentions}
    sent = [_sent(replace(made, given=verdicts), history) for verdicts in (before, after)]
    assert {page for page in sent[0] ^ sent[1] if page[0] not in turned} == set()
    kept = [one for one in history if _thread(one, mentions) in turned]
    alone = [_sent(replace(made, given=verdicts), kept) for verdicts in (before, after)]
    assert alone == [{page for page in side if page[0] in turned} for side in sent]


_MADE: dict[str, Setup] = {}


def _setup(folder: Path) -> Setup:
    with opened(folder) as desk:
        return desk.line.setup


def _paged(setup: Setup, history: list[Any]) -> list[Any]:
    rehearsal = Rehearsal(setup, history, NOON + DAY)
    for _ in rehearsal.play():
        pass
    found = rehearsal.paged()
    rehearsal.close()
    return found


def _sent(setup: Setup, history: list[Any]) -> set[Any]:
    return {(page.thread, page.delivery, page.at) for page in _paged(setup, history)} if history else set()


def _thread(entry: Mention | Deed | Opinion, mentions: list[Mention]) -> str:
    return mentions[int(entry.post[1])].thread if isinstance(entry, Opinion) else entry.thread


def test_more_pages_at_one_instant_than_are_tried_at_once_all_come_at_that_instant(tmp_path: Path) -> None:
    crowd = [post(str(n), by=f"sample_customer_{n}", thread=f"t{n}") for n in range(120)]
    alone = made(tmp_path, f"[incident]\nenabled = false\n{LADDER}")
    sent = _paged(alone, [*crowd, post("last", 30, by=DESK, thread="t3", to="3")])
    assert len([page for page in sent if page.at == NOON]) == 120


def edited(folder: Path, *rules: tuple[str, str]) -> Path:
    """A folder of rule files with these rules."""
    new = folder / "edited"
    new.mkdir(exist_ok=True)
    (new / "test.toml").write_text(BASE + "".join(RULE.format(*rule) for rule in rules))
    return new


@pytest.fixture
def two_sets(desk: Desk, tmp_path: Path) -> Path:
    """The config's rules have nothing to say; those in the folder returned find zork."""
    live = tmp_path / "rules"
    live.mkdir()
    (live / "test.toml").write_text(BASE)
    config = tmp_path / "harken.toml"
    config.write_text(f'rules = "rules"\n{config.read_text()}')
    desk.line.setup = with_rules(desk.line.setup)
    return edited(tmp_path, ("zork", 'forces = "complaint"'))


def test_diff_says_which_posts_turn_which_pages_come_whom_they_wake_and_why(
    desk: Desk, two_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.hear(post("1", text="The \x1b[31m zork \x1b[0m is \u202ehere\nin the shop"), post("2", text=CALM, thread="u"))
    desk.at(24 * 60)
    assert run(["rules", "diff", "--rules", str(two_sets)]) == 0
    said, errors = capsys.readouterr()
    assert errors == ""
    assert "rules: +1 rule (test.toml)\n" in said
    assert "posts: of 2 in the last 30 d, 1 become complaints, 0 stop being one, 0 turn otherwise\n" in said
    assert "pages: 4 added, 0 removed, 0 moved\n  #bosses: 1 added\n  #care: 2 added\n  #harken-ops: 1 added\n" in said
    assert "\nzork (edited/test.toml:8)\n  complaints +1 -0, otherwise 0; pages +4 -0, 0 moved\n" in said
    assert "other low -> complaint normal" in said
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_diff_in_json_lines_ends_with_a_summary_and_can_say_by_its_exit_code_that_pages_change(
    desk: Desk, two_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.hear(post("1", text="The zork is here"))
    desk.at(24 * 60)
    args = ["rules", "diff", "--rules", str(two_sets), "--jsonl"]
    assert run([*args, "--exit-code"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["what"] for line in lines] == ["post", "page", "page", "page", "page", "summary"]
    turned, added = lines[:2]
    assert (turned["before"]["kind"], turned["after"]["kind"], turned["rules"]) == ("other", "complaint", ["zork"])
    assert (added["change"], added["to"], added["mention"], added["before"]) == ("added", "#care", "1", None)
    assert lines[1]["after"] == "2026-03-02T12:00:00.000000+00:00"
    assert lines[-1] == {
        "what": "summary",
        "judged": 1,
        "rehearsed": 1,
        "become_complaints": 1,
        "stop_being_complaints": 0,
        "turn_otherwise": 0,
        "pages_added": 4,
        "pages_removed": 0,
        "pages_moved": 0,
    }
    assert run([*args[:2], "--exit-code", "--jsonl"]) == 0
    assert run(args) == 0


def test_diff_speaks_in_words_where_there_is_nothing_to_compare(
    desk: Desk, two_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "diff", "--since", "2d", "--rules", str(two_sets)]) == 0
    assert capsys.readouterr().out.endswith("Nothing was heard in the last 2 d: there is nothing to compare yet.\n")


def test_diff_refuses_wrong_rules_and_a_route_to_nowhere(
    desk: Desk, two_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(tmp_path, ("zork", 'forces = "complaint"\nroute = "standart"'))
    assert run(["rules", "diff", "--rules", str(two_sets)]) == 2
    assert capsys.readouterr().err == (
        'edited/test.toml:8: rule "zork" has no such route: "standart"; did you mean "standard"?\n'
    )
    assert run(["rules", "diff", "--rules", "nowhere"]) == 2
    assert "nowhere: is no folder" in capsys.readouterr().err


def test_diff_reads_beside_a_daemon_and_changes_nothing(desk: Desk, two_sets: Path, tmp_path: Path) -> None:
    desk.hear(post("1", text="The zork is here"))
    with desk.store.read() as db:
        before = list(db.iterdump())
    assert run(["rules", "diff", "--rules", str(two_sets)]) == 0
    with desk.store.read() as db:
        assert list(db.iterdump()) == before


def test_a_missed_complaint_is_rehearsed_as_one(desk: Desk) -> None:
    desk.line.setup = with_rules(desk.line.setup)
    desk.hear(post("1", text="zork"), post("2", 0, "thank you", by="sample_customer_02"))
    with desk.store.write("missed") as db:
        opinions.add(db, [Opinion(MISSED, ("x", "1"), "sample_agent", NOON + timedelta(minutes=20))], "a test")
    desk.at(24 * 60)
    found = compared(desk, desk.line.setup, with_rules(desk.line.setup, ("zork", 'forces = "complaint"')))
    # It waited from 12:20 on already; found by a rule, it waits from 12:00 on.
    assert {(change.what, change.after) for change in found.pages if change.page.step == 0} == {("moved", NOON)}
    assert {change.before for change in found.pages if change.page.step == 0} == {NOON + timedelta(minutes=20)}


def test_a_source_of_another_name_than_its_posts_keeps_its_policy(tmp_path: Path) -> None:
    more = '[[policy]]\nname = "one"\nsources = ["sample-x"]\nrepeats = 0\n[[policy.step]]\nat = "0m"\nto = ["#ours"]\n'
    with opened(tmp_path, more) as desk:
        desk.line.setup = with_rules(desk.line.setup)
        desk.hear(post("1", text="zork"))
        desk.line.listen(SourceSettings(name="other", kind="x"), Batch((post("2", text="zork", thread="u"),)))
        desk.at(60)
        found = compared(desk, desk.line.setup, with_rules(desk.line.setup, ("zork", 'forces = "complaint"')))
    assert ("#ours", "1") in {(change.page.to, change.page.mention) for change in found.pages}
    assert ("#ours", "2") not in {(change.page.to, change.page.mention) for change in found.pages}
