"""The config file: what it means, and what is said of one that is wrong."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import BUNDLED_RULES, Config, load
from monitor.settings import PolicySettings
from rules.choice import Fit
from rules.mistakes import Mistakes
from rules.model import Severity, Span, Step

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
BRAND = '[brand]\nname = "Acme"\n'
FEED = '[[source]]\nname = "reviews"\nkind = "feed"\nurl = "https://example.org/feed.xml"\n'
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def read(folder: Path, text: str | bytes) -> Config:
    file = folder / "harken.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(file)


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    """What is said of ``text``, without the name of its folder."""
    with pytest.raises(Mistakes) as caught:
        read(folder, text)
    return [str(mistake).removeprefix(f"{folder}{os.sep}harken.toml:") for mistake in caught.value.all]


def test_the_example_is_a_working_file() -> None:
    config = load(EXAMPLE)
    assert (config.brand.name, config.sources[0].name, config.policies[0].name) == ("Acme", "reviews", "standard")
    assert config.rules == EXAMPLE.parent / "rules" / "packs"


def test_a_brand_is_all_it_takes(tmp_path: Path) -> None:
    config = read(tmp_path, BRAND)
    assert config.rules == BUNDLED_RULES
    assert config.state == tmp_path / "harken.db"
    assert (config.slack.token_env, config.slack.channel, config.slack.operators) == (
        "SLACK_BOT_TOKEN",
        "#care",
        "#harken-ops",
    )
    assert (config.sources, config.hours, config.people, config.health.address) == ((), (), (), None)
    assert (config.daemon.threads, config.daemon.told_after) == (4, timedelta(minutes=15))


def test_without_a_policy_the_channel_hears_of_all_and_the_operators_of_the_last(tmp_path: Path) -> None:
    config = read(tmp_path, BRAND + '[slack]\nchannel = "#help"\noperators = "#ops"\n')
    (policy,) = (each.policy(NOW) for each in config.policies)
    assert policy.steps == (
        Step(timedelta(0), ("#help",)),
        Step(timedelta(minutes=-10), ("#help",), from_deadline=True),
        Step(timedelta(0), ("#help",), from_deadline=True),
        Step(timedelta(minutes=30), ("#help", "#ops"), from_deadline=True),
    )
    assert policy.reply_within == {
        Severity.LOW: timedelta(hours=8),
        Severity.NORMAL: timedelta(hours=2),
        Severity.HIGH: timedelta(minutes=30),
        Severity.CRISIS: timedelta(minutes=10),
    }
    assert (policy.hours, policy.operators, policy.always) == (None, "#ops", frozenset({Severity.CRISIS}))


def test_relative_paths_start_from_the_file_and_not_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "harken.toml").write_text(
        f'rules = "mine"\nstate = "../var/h.db"\n{BRAND}[slack]\ntoken_file = "token"\n'
        '[[source]]\nname = "own"\nkind = "file"\npath = "../in/own.jsonl"\n'
    )
    monkeypatch.chdir(tmp_path)
    config = load(Path("etc/harken.toml"))
    assert config.rules == tmp_path / "etc" / "mine"
    assert config.state == tmp_path / "etc" / ".." / "var" / "h.db"
    assert config.slack.token_file == tmp_path / "etc" / "token"
    assert dict(config.sources[0])["path"] == tmp_path / "etc" / ".." / "in" / "own.jsonl"


def test_a_severity_left_out_of_reply_within_keeps_its_default(tmp_path: Path) -> None:
    config = read(tmp_path, BRAND + '[[policy]]\nname = "a"\nreply_within = { high = "20m" }\n')
    within = config.policies[0].policy(NOW).reply_within
    assert (within[Severity.HIGH], within[Severity.LOW]) == (timedelta(minutes=20), timedelta(hours=8))


@pytest.mark.parametrize(
    ("at", "step"),
    [
        ("0m", Step(timedelta(0), ("#a",))),
        ("30m", Step(timedelta(minutes=30), ("#a",))),
        ("deadline", Step(timedelta(0), ("#a",), from_deadline=True)),
        ("deadline-10m", Step(timedelta(minutes=-10), ("#a",), from_deadline=True)),
        ("deadline+15m", Step(timedelta(minutes=15), ("#a",), from_deadline=True)),
    ],
)
def test_a_step_falls_due_from_the_start_or_from_the_deadline(tmp_path: Path, at: str, step: Step) -> None:
    text = f'{BRAND}[[policy]]\nname = "a"\n[[policy.step]]\nat = "{at}"\nto = ["#a", "#a"]\n'
    assert read(tmp_path, text).policies[0].policy(NOW).steps == (step,)


HOURS = """
[[hours]]
name = "desk"
week = { mon = ["09:00-17:00"] }
closed = [2026-11-09, "2026-11-16"]
[[policy]]
name = "slow"
sources = ["reviews"]
hours = "desk"
"""


def test_the_hours_of_a_policy_are_spans_in_the_brands_zone_far_into_the_future(tmp_path: Path) -> None:
    config = read(tmp_path, BRAND + 'zone = "America/New_York"\n' + HOURS)
    spans = config.policies[0].policy(NOW).hours
    assert spans is not None
    assert spans[0] == Span(datetime(2026, 11, 2, 14, tzinfo=UTC), datetime(2026, 11, 2, 22, tzinfo=UTC))
    assert spans[1].start == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert spans[-1].end > NOW + timedelta(days=393)


def test_all_silences_of_a_month_share_one_expansion_of_the_hours(tmp_path: Path) -> None:
    policy = read(tmp_path, BRAND + HOURS).policies[0]
    assert policy.policy(NOW) is policy.policy(NOW + timedelta(days=20, hours=3))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_hours_at_the_ends_of_time_are_no_crash(tmp_path: Path, moment: str) -> None:
    assert read(tmp_path, BRAND + HOURS).policies[0].policy(datetime.fromisoformat(moment)).hours is not None


def test_a_policy_pinned_as_json_comes_back_the_same_with_its_hours(tmp_path: Path) -> None:
    text = '[[policy.step]]\nat = "deadline-10m"\nto = ["#a", "@U123"]\n'
    for policy in (*read(tmp_path, BRAND + HOURS + text).policies, *load(EXAMPLE).policies):
        pinned = policy.model_dump_json()
        assert PolicySettings.model_validate_json(pinned) == policy
        assert PolicySettings.model_validate_json(pinned).policy(NOW) == policy.policy(NOW)


def test_policies_divide_the_sources_and_the_last_one_fits_all(tmp_path: Path) -> None:
    config = read(tmp_path, BRAND + HOURS)
    assert [(each.name, each.fit) for each in config.policies] == [
        ("slow", Fit(sources=frozenset({"reviews"}))),
        ("default", Fit()),
    ]


def test_a_connector_is_told_the_handles_of_its_network_and_of_its_name(tmp_path: Path) -> None:
    brand = BRAND + 'aliases = ["acme"]\nresponders = { feed = ["@AcmeHelp"], reviews = ["Acme Care"], x = ["No"] }\n'
    config = read(tmp_path, brand + FEED)
    context = config.context(config.sources[0])
    assert (context.responders, context.aliases) == (frozenset({"AcmeHelp", "Acme Care"}), ("acme",))


# Every way to be wrong: a sentence, the text, what is said.
WRONG: list[tuple[str, str, list[str]]] = [
    ("broken TOML", BRAND + "rules = \n", ["3: this is not TOML: Invalid value; correct the line"]),
    (
        "no [brand]",
        'state = "a.db"\n',
        [' "brand" is missing; add it (a [brand] table with at least a name, such as name = "Acme")'],
    ),
    ("a brand without a name", "[brand]\n", ['1: "name" is missing; add it (what the brand is called)']),
    ("an unknown key", BRAND + "[slak]\n", ['3: unknown key "slak"; did you mean "slack"?']),
    ("an unknown key inside", BRAND + 'alias = ["a"]\n', ['3: unknown key "alias"; did you mean "aliases"?']),
    (
        "an unknown key of a source",
        BRAND + FEED + 'evry = "5m"\n',
        ['7: unknown key "evry"; did you mean "every"?'],
    ),
    (
        "a digest of a severity without the milder ones",
        BRAND + '[[policy]]\ndigest = ["normal"]\n',
        ["4: \"digest\" gathers a severity and pages about a milder one; write digest = ['low', 'normal']"],
    ),
    (
        "a digest at no time of day",
        BRAND + '[[policy]]\ndigest = ["low"]\ndigest_at = ["9:00"]\n',
        ['5: "digest_at" holds no time of day; write it as "09:00"'],
    ),
    (
        "a digest that is never within the hours",
        BRAND + HOURS + 'digest = ["low"]\ndigest_at = ["08:59", "17:00"]\n',
        ["13: no digest is ever within the hours; give at least one time at which they are open"],
    ),
    (
        "a digest at no time at all",
        BRAND + '[[policy]]\ndigest = ["low"]\ndigest_at = []\n',
        ["5: no digest is ever within the hours; give at least one time at which they are open"],
    ),
    (
        "a language that is none",
        BRAND + '[[policy]]\nlanguages = ["en", "german"]\n',
        ['4: "languages" names "german", which is no language; write ISO 639-1 codes, such as ["en", "de"]'],
    ),
    (
        "a severity that is none",
        BRAND + '[[policy]]\nseverities = ["crisys"]\n',
        ["4: \"severities\" should be 'low', 'normal', 'high' or 'crisis'; did you mean \"crisis\"?"],
    ),
    (
        "a name that the brand does not have",
        BRAND + 'aliases = ["acmeapp"]\n[[policy]]\nnames = ["ACME", "acmeap"]\n',
        ['5: the brand is not called "acmeap"; did you mean "acmeapp"?'],
    ),
    (
        "a severity that no step is for",
        BRAND + '[[policy]]\n[[policy.step]]\nat = "0m"\nto = ["#a"]\nseverities = ["high", "crisis"]\n',
        ["4: no step is for low and normal; leave severities out of a step that is for all"],
    ),
    (
        "a worse severity with more time",
        BRAND + '[[policy]]\nname = "a"\nreply_within = { low = "1h", normal = "30m", high = "45m" }\n',
        ['5: "reply_within" gives high more time than normal (45m and 30m); write high = "30m" or less'],
    ),
    (
        "a worse severity with more time by default",
        BRAND + '[[policy]]\nname = "a"\nreply_within = { high = "5m" }\n',
        ['5: "reply_within" gives crisis more time than high (10m and 5m); write crisis = "5m" or less'],
    ),
    (
        "a wrong type",
        BRAND + 'aliases = "acme"\n[daemon]\nthreads = "4"\n',
        [
            '3: "aliases" should be a list; it is text in quotes (what people call the brand)',
            '5: "threads" should be a whole number; it is text in quotes (how many sources are read at the same time)',
        ],
    ),
    (
        "a table that is none",
        "brand = 5\nsource = 5\n",
        [
            '1: "brand" should be a table; ...',
            '2: "source" should be a list; it is a number ([[source]] tables)',
        ],
    ),
    (
        "a bad length of time",
        BRAND + FEED + 'every = "5 minutes"\n',
        ['7: "every" is no length of time; write it as "90s", "10m", "2h" or "3d"'],
    ),
    (
        "no time at all between polls",
        BRAND + FEED + 'every = "0s"\n',
        ['7: "every" should be greater than 0 seconds; correct it (time between two polls)'],
    ),
    ("a bad zone", BRAND + 'zone = "Europe/Berlim"\n', ['3: "zone" is no time zone; did you mean "Europe/Berlin"?']),
    (
        "a zone that climbs out",
        BRAND + 'zone = "../../etc/passwd"\n',
        ['3: "zone" is no time zone; write it as "Europe/Berlin" or "UTC"'],
    ),
    (
        "two sources of one name",
        BRAND + FEED + FEED,
        ['8: another [[source]] is called "reviews" already; give it a name of its own'],
    ),
    ("an unknown kind", BRAND + FEED.replace('"feed"', '"fed"'), ['5: unknown kind of source; did you mean "feed"?']),
    (
        "an unknown timetable",
        BRAND + HOURS.replace('hours = "desk"', 'hours = "dusk"'),
        ['11: no [[hours]] table is called "dusk"; did you mean "desk"?'],
    ),
    (
        "hours too short for what is allowed",
        BRAND
        + '[[hours]]\nname = "desk"\nweek = { mon = ["09:00-09:15"] }\n'
        + '[[policy]]\nname = "p"\nhours = "desk"\nreply_within = { low = "1d" }\n',
        [
            '8: the hours "desk" are open for less than 1 d in a year; open them longer, or allow less time',
        ],
    ),
    (
        "a timetable called always",
        BRAND + HOURS.replace('"desk"', '"always"'),
        ['5: another [[hours]] is called "always" already; give it a name of its own'],
    ),
    (
        "a week that is wrong",
        BRAND + '[[hours]]\nname = "d"\nweek = { monday = [], tue = ["9-5"] }\n',
        [
            '5: "tue" holds no range of hours; write it as "09:00-17:30", "22:00-06:00" or "00:00-24:00"',
            '5: unknown key "monday"; did you mean "mon"?',
        ],
    ),
    (
        "a person nobody knows",
        BRAND
        + '[[person]]\nname = "desk_lead"\nslack = "U123"\n[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\n'
        + 'to = ["@desk_led", "@U999", "@a@example.org", "@desk_lead"]\n',
        ['10: nobody is called "@desk_led"; did you mean "@desk_lead"?'],
    ),
    (
        "a person when there are none",
        BRAND + '[slack]\noperators = "@boss"\n',
        ['4: nobody is called "@boss"; add a [[person]] with name = "boss"'],
    ),
    (
        "a recipient that is none",
        BRAND + '[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["care", "# x"]\n',
        [
            '7: "to" is no Slack channel; did you mean "#care"?',
            '7: "to" is no Slack channel; write "#care" or a channel id',
        ],
    ),
    (
        "a second way out that is none",
        BRAND + '[[policy]]\nname = "p"\n[[policy.step]]\nat = "0m"\nto = ["fallback"]\n',
        ["7: there is no second way out; ..."],
    ),
    (
        "a drill and an incident for a second way out that is none",
        BRAND + '[drill]\nto = "fallback"\n[incident]\nto = ["fallback"]\n',
        ["4: there is no second way out; ...", "6: there is no second way out; ..."],
    ),
    (
        "a step at no moment",
        BRAND + '[[policy]]\nname = "p"\n[[policy.step]]\nat = "deadline*2"\nto = []\n',
        [
            '6: "at" is no moment of a step; write "0m", "30m", "deadline-10m", "deadline" or "deadline+15m"',
            '7: "to" names nobody; ...',
        ],
    ),
    (
        "a secret in place of the name of its variable",
        BRAND + '[slack]\ntoken_env = "xoxb-1-2-3"\n',
        ['4: "token_env" is no name of an environment variable; put the secret in one, and its name here'],
    ),
    (
        "places that are none",
        BRAND + '[slack]\nbase_url = "slack.com"\n[health]\nlisten = "8080"\n',
        [
            '4: "base_url" is no web address; write it as "https://slack.com/api/"',
            '6: "listen" is no place to listen; write it as "127.0.0.1:8080"',
        ],
    ),
    (
        "mistakes everywhere, all at once and in the order of the file",
        """stat = "x"
[brand]
name = 5
[[source]]
name = "a"
kind = "nope"
[[source]]
name = "b"
kind = "feed"
[[policy]]
name = "p"
hours = "desk"
[slack]
channel = "care"
""",
        [
            '1: unknown key "stat"; did you mean "state"?',
            '3: "name" should be text in quotes; it is a number (what the brand is called)',
            "6: unknown kind of source; ...",
            '7: "url" is missing; ...',
            '12: no [[hours]] table is called "desk"; add an [[hours]] table, or use always',
            '14: "channel" is no Slack channel; did you mean "#care"?',
        ],
    ),
]


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong(tmp_path: Path, text: str, said: list[str]) -> None:
    found = mistakes(tmp_path, text)
    cut = [
        f"{each.partition('; ')[0]}; ..." if want.endswith("...") else each
        for each, want in zip(found, said, strict=False)
    ]
    assert (cut, len(found)) == (said, len(said))


def test_a_file_that_is_not_there_is_a_mistake_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match='there is no such file; write one with "harken init DIR"'):
        load(tmp_path / "none.toml")


def test_text_that_is_not_utf_8_is_refused_at_its_line(tmp_path: Path) -> None:
    assert mistakes(tmp_path, BRAND.encode() + b"rules = '\xff'") == [
        "3: this is not UTF-8 text; save the file as UTF-8"
    ]


def test_the_mark_some_editors_put_before_utf_8_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + BRAND.encode()).brand.name == "Acme"


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abdeknmorstuy_", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(["rules", "brand", "slack", "source", "policy", "hours", "person", "health", "daemon"]), JSON)
def test_any_value_in_any_place_is_read_or_refused_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: Any
) -> None:
    def toml(part: Any) -> str:
        if isinstance(part, dict):
            return "{" + ", ".join(f"{name} = {toml(each)}" for name, each in part.items()) + "}"
        if isinstance(part, list):
            return "[" + ", ".join(map(toml, part)) + "]"
        return json.dumps("" if part is None else part)

    folder = tmp_path_factory.getbasetemp()
    text = f"{key} = {toml(value)}\n" + (BRAND if key != "brand" else "")
    try:
        config = read(folder, text.encode("utf-8", "surrogatepass"))
    except Mistakes as found:
        config = None
        said = str(found)
    assert config is not None or said


class TestSecrets:
    def test_come_from_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SLACK_BOT_TOKEN", " xoxb-1-2 \n")
        assert read(tmp_path, BRAND).secret("SLACK_BOT_TOKEN") == "xoxb-1-2"

    def test_come_from_a_file_beside_the_config_if_one_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text("xoxb-3-4\n")
        assert read(tmp_path, BRAND).secret("SLACK_BOT_TOKEN", "token") == "xoxb-3-4"

    @pytest.mark.parametrize("value", [None, "", "  "])
    def test_that_are_not_set_are_a_mistake_where_they_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
    ) -> None:
        monkeypatch.delenv("MY_TOKEN", raising=False)
        if value is not None:
            monkeypatch.setenv("MY_TOKEN", value)
        config = read(tmp_path, BRAND + '[slack]\ntoken_env = "MY_TOKEN"\n')
        with pytest.raises(Mistakes) as caught:
            config.secret("MY_TOKEN")
        assert str(caught.value).endswith(
            "harken.toml:4: the environment variable MY_TOKEN is not set; set it, or name a file that holds the secret"
        )

    def test_in_a_file_that_is_missing_or_empty_are_a_mistake(self, tmp_path: Path) -> None:
        config = read(tmp_path, BRAND + '[slack]\ntoken_file = "token"\n')
        with pytest.raises(Mistakes, match="no such file or directory; check the path"):
            config.secret(None, config.slack.token_file)
        (tmp_path / "token").write_text("\n")
        with pytest.raises(Mistakes, match=r"toml:4: the file .*token holds no secret"):
            config.secret(None, config.slack.token_file)

    def test_with_blanks_in_them_are_a_mistake_that_does_not_tell_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MY_TOKEN", "xoxb-1 xoxb-2")
        with pytest.raises(Mistakes, match="leave only the secret") as caught:
            read(tmp_path, BRAND).secret("MY_TOKEN")
        assert "xoxb" not in str(caught.value)


def test_rule_files_are_named_as_messages_show_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "b.toml").write_text("b")
    (tmp_path / "mine" / "a.toml").write_text("a")
    (tmp_path / "mine" / "notes.txt").write_text("no")
    config = read(tmp_path, 'rules = "mine"\n' + BRAND)
    monkeypatch.chdir(tmp_path)
    assert list(config.rule_texts().items()) == [("mine/a.toml", "a"), ("mine/b.toml", "b")]


def test_a_folder_without_rule_files_is_a_mistake_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Mistakes, match=r"toml:1: no rule files in .*empty; point rules at a folder"):
        read(tmp_path, 'rules = "empty"\n' + BRAND).rule_texts()
