"""``harken init`` writes what ``harken check`` calls right."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_double import APP_TOKEN, TOKEN, Channel, SlackDouble, checked
from web_double import WebDouble

from monitor.cli import run
from monitor.config import BUNDLED_RULES, COACH
from monitor.slack.client import SCOPES

ROOT = Path(__file__).parents[2]
BRAND = '[brand]\nname = "Acme"\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)


def test_init_writes_a_config_and_the_rule_files_and_says_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "new/place"]) == 0
    made = {file.relative_to(tmp_path / "new" / "place") for file in (tmp_path / "new").rglob("*.*")}
    packs = {Path("rules") / "packs" / file.name for file in BUNDLED_RULES.glob("*.toml")}
    own = {Path("rules") / "packs" / name for name in ("my-rules.toml", "schema.json")}
    coach = {Path("rules") / "packs" / COACH / file.name for file in (BUNDLED_RULES / COACH).iterdir()}
    assert made == {Path("harken.toml"), *packs, *own, *coach}
    assert len(coach) > 3
    assert len(packs) > 3
    said = capsys.readouterr().out
    assert "wrote new/place/harken.toml\n" in said
    assert "harken check --config new/place/harken.toml --live" in said


def test_check_calls_right_what_init_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "."]) == 0
    capsys.readouterr()
    assert run(["check"]) == 0
    said, errors = capsys.readouterr()
    assert said.endswith("\nharken.toml is right.\n")
    assert "brand     Acme, Europe/Berlin; also called acme, acmeapp\n" in said
    assert f"in {len(list(BUNDLED_RULES.glob('*.toml'))) + 1} files of rules/packs\n" in said.replace(
        " rules in", " rules in"
    )
    assert "token from SLACK_BOT_TOKEN (not there; harken run needs it)" in said
    assert errors == ""


@pytest.mark.parametrize("there", ["harken.toml", "rules/packs/" + min(BUNDLED_RULES.glob("*.toml")).name])
def test_init_overwrites_nothing_and_then_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], there: str
) -> None:
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / there).write_text("mine")
    assert run(["init", "."]) == 2
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [tmp_path / there]
    assert (tmp_path / there).read_text() == "mine"
    assert capsys.readouterr() == ("", f"{there}: is there already; choose another folder, or move it away\n")


def test_init_into_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["init", "file"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_check_of_the_example_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--config", str(ROOT / "config.example.toml")]) == 0
    assert "is right.\n" in capsys.readouterr().out


def test_check_says_where_rules_route_their_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "harken.toml").write_text(f'rules = "mine"\n{BRAND}')
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "press.toml").write_text(
        'about = "Press."\n[[rule]]\nid = "press"\nany = ["journalist"]\nroute = "#press"\nwhy = "The press."\n'
    )
    assert run(["check"]) == 0
    assert "route     press (mine/press.toml:3) to #press\n" in capsys.readouterr().out


def test_check_tells_every_mistake_and_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "harken.toml").write_text('stat = "x"\n[brand]\nzone = "Mars"\n')
    assert run(["check"]) == 2
    said, errors = capsys.readouterr()
    assert said == ""
    assert errors.splitlines() == [
        'harken.toml:1: unknown key "stat"; did you mean "state"?',
        'harken.toml:2: "name" is missing; add it (what the brand is called)',
        'harken.toml:3: "zone" is no time zone; write it as "Europe/Berlin" or "UTC"',
    ]


def test_check_without_a_config_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 2
    assert capsys.readouterr().err == 'harken.toml: there is no such file; write one with "harken init DIR"\n'


def test_a_mistake_in_a_rule_file_is_told_with_its_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.toml").write_text("[[rule\n")
    (tmp_path / "harken.toml").write_text('rules = "mine"\n' + BRAND)
    assert run(["check"]) == 2
    assert capsys.readouterr().err.startswith("mine/a.toml:1: this is not TOML: ")


def test_check_warns_of_a_brand_nobody_speaks_for_and_of_no_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "harken.toml").write_text(BRAND)
    assert run(["check"]) == 0
    said = capsys.readouterr().out
    assert "speaks    nobody: Harken cannot see an answer" in said
    assert "source    none: nothing is heard" in said


def test_check_warns_of_a_policy_for_a_source_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "harken.toml").write_text(f'{BRAND}[[policy]]\nname = "p"\nsources = ["reviws"]\n')
    assert run(["check"]) == 0
    assert "\n            no [[source]] is called reviws\n" in capsys.readouterr().out


def test_what_the_config_says_cannot_colour_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "harken.toml").write_text('[brand]\nname = "Ac\\u001b[31mme\\u202e"\n')
    assert run(["check"]) == 0
    said = capsys.readouterr().out
    assert "Ac\\x1b[31mme\\u202e" in said
    assert said.replace("\n", "").isprintable()


FEED = """<rss version="2.0"><channel><title>Reviews</title><link>https://example.org/</link><description/>
<item><guid>1</guid><title>It broke</title><description>after a day</description>
<pubDate>Sun, 01 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"""


@pytest.fixture
def web() -> Iterator[WebDouble]:
    with WebDouble() as web:
        yield web


def source(name: str, url: str) -> str:
    return f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{url}"\nallow_private = true\n'


def live(tmp_path: Path, slack: SlackDouble, *sources: str) -> int:
    text = f'{BRAND}[slack]\nbase_url = "{slack.base_url}"\n{"".join(sources)}'
    (tmp_path / "harken.toml").write_text(text)
    return run(["check", "--live"])


def test_live_logs_in_and_reads_each_source_once_and_posts_nothing(
    tmp_path: Path,
    slack_double: SlackDouble,
    web: WebDouble,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    web.serve(FEED)
    assert live(tmp_path, slack_double, source("reviews", web.url())) == 0
    said = capsys.readouterr().out
    assert "\nslack     logged in as harken at " in said
    assert "\nreviews   read 1 posts, the newest " in said
    assert said.endswith("\nharken.toml is right, and everything answers.\n")
    assert "\nchannel   #care is there, and our app is in it\n" in said
    asked = [call.method for call in slack_double.calls]
    assert (asked, len(web.requests)) == (["auth.test", "users.conversations", "users.conversations"], 1)
    assert not (tmp_path / "harken.db").exists()


def test_live_tells_every_failure_and_exits_with_1(
    tmp_path: Path,
    slack_double: SlackDouble,
    web: WebDouble,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-wrong")
    web.serve(FEED)
    assert live(tmp_path, slack_double, source("gone", web.url("/none")), source("reviews", web.url())) == 1
    slack_double.forgive()
    said = capsys.readouterr().out
    assert "\nslack     failed: Slack does not accept our token: invalid_auth" in said
    assert "\ngone      failed: " in said
    assert "\nreviews   read 1 posts, the newest " in said
    assert "xoxb" not in said


def test_live_tells_which_rights_the_token_lacks(
    tmp_path: Path, slack_double: SlackDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    slack_double.scopes = ",".join(sorted(set(SCOPES) - {"im:write", "users:read"}))
    assert live(tmp_path, slack_double) == 1
    said = capsys.readouterr().out
    assert "\nscope     failed: im:write is missing, to open direct messages; add it on OAuth & Permissions" in said
    assert said.count("\nscope ") == 2
    slack_double.scopes = "im:write"
    assert live(tmp_path, slack_double) == 1
    assert "failed: Slack does not accept our token: missing_scope (it needs chat:write" in capsys.readouterr().out


NAMED = """
allow = ["S0CARE", "U0GUEST"]
app_token_env = "HARKEN_TEST_APP"
[[person]]
name = "sam"
slack = "sam@example.org"
[[person]]
name = "kim"
slack = "U0KIM"
[[policy]]
name = "p"
  [[policy.step]]
  at = "0m"
  to = ["#care", "@sam", "@lee@example.org", "C0SECRET"]
"""


def test_live_looks_up_every_channel_person_and_group_and_opens_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("HARKEN_TEST_APP", APP_TOKEN)
    people = {f"{name}@example.org": f"U0{name.upper()}" for name in ("sam", "kim", "lee", "guest")}
    with checked(people=people) as slack:
        slack.handles["care-team"], slack.guests = "S0CARE", {"U0GUEST"}
        slack.channels["C0SECRET"] = Channel("C0SECRET", "secret", private=True)
        assert live(tmp_path, slack, NAMED) == 0
        said = capsys.readouterr().out
    for line in (
        "channel   #care is there, and our app is in it",
        "channel   C0SECRET is there, and our app is in it",
        "person    @sam (sam@example.org) is sample (U0SAM) in Slack",
        "person    U0GUEST is sample (U0GUEST) in Slack; a guest, who sees only the channels they were invited to",
        "group     S0CARE is S0CARE in Slack",
        "buttons   the app token opens a socket",
    ):
        assert f"\n{line}\n" in said


def test_live_says_of_everything_that_is_missing_what_to_do_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("HARKEN_TEST_APP", "xapp-wrong")
    people = {"sam@example.org": "U0SAM", "kim@example.org": "U0KIM"}
    with checked(channels=(), people=people) as slack:
        slack.deactivated = {"U0SAM", "U0KIM"}
        slack.handles["care-team"], slack.disabled = "S0CARE", {"S0CARE"}
        slack.add("care", member=False)
        slack.add("harken-ops", private=True, member=False)
        slack.channels["C0SECRET"] = Channel("C0SECRET", "secret", archived=True)
        assert live(tmp_path, slack, NAMED) == 1
        said = capsys.readouterr().out
        assert "chat.postMessage" not in {call.method for call in slack.calls}
    for line in (
        'channel   failed: #care: it is there, but our app is not in it; type "/invite @harken" there',
        "channel   failed: #harken-ops: our app sees no such channel; make it, and type",
        "channel   failed: C0SECRET: it is archived; unarchive it",
        "person    failed: @sam (sam@example.org): nobody active has that address",
        "person    failed: @kim (U0KIM): they were deactivated",
        "person    failed: @lee@example.org: nobody active has that address",
        "person    failed: U0GUEST: nobody in Slack has that id",
        "group     failed: S0CARE: that user group is disabled",
        "buttons   failed: the app token opens no socket (invalid_auth); make an app-level token",
    ):
        assert f"\n{line}" in said


def test_live_without_a_token_reads_the_sources_and_then_says_what_is_missing(
    tmp_path: Path, slack_double: SlackDouble, web: WebDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    web.serve(FEED)
    assert live(tmp_path, slack_double, source("reviews", web.url())) == 2
    said, errors = capsys.readouterr()
    assert "\nreviews   read 1 posts, the newest " in said
    assert errors.count("\n") == 1
    assert "environment variable SLACK_BOT_TOKEN is not set" in errors


def test_live_opens_a_door_that_listens_and_closes_it_again(
    tmp_path: Path, slack_double: SlackDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    door = '[[source]]\nname = "door"\nkind = "inbox"\nlisten = "127.0.0.1:0"\nunsigned = true\n'
    assert live(tmp_path, slack_double, door) == 0
    assert "\ndoor      can listen\n" in capsys.readouterr().out
