"""``harken coach``, from outside: the real program on real pipes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest
from desk import made, opened, post

HARKEN = [sys.executable, "-m", "monitor"]
ROOT = Path(__file__).parent.parent.parent
GOOD = "We lost your bag, and we are sorry. It reaches your hotel by 6pm today."
BAD = "Sorry you feel that way. You should have read the mail. We call you at 5pm."
CONFIG = '[brand]\nname = "Sample"\naliases = ["sample"]\nresponders = { x = ["SampleHelp"] }\n'


def harken(*args: str, draft: str | bytes = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    octets = draft if isinstance(draft, bytes) else draft.encode()
    done = subprocess.run([*HARKEN, *args], input=octets, capture_output=True, check=False, timeout=60, cwd=cwd)
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
    )


def test_a_good_reply_gets_no_advice_and_exits_with_0() -> None:
    done = harken("coach", draft=GOOD)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Nothing to say: post it if you think that it is right.\n"


def test_advice_names_its_rule_and_its_words_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "draft.txt").write_text(BAD, encoding="utf-8")
    done = harken("coach", str(tmp_path / "draft.txt"))
    assert (done.returncode, done.stderr) == (1, "")
    said = done.stdout.splitlines()
    assert said[0] == BAD
    assert said[2].startswith("must    Be sorry for what you did")
    assert said[2].endswith("(sorry-you-feel)")
    assert said[3:6:2] == ["        Sorry you feel", "        You should have read"]


def test_json_holds_the_places_in_the_draft() -> None:
    done = harken("coach", "--json", "--network", "x", "-", draft=BAD)
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert (said["network"], said["to"]) == ("x", "complaint")
    first = said["advice"][0]
    assert list(first) == ["rule", "severity", "say", "spans", "words"]
    assert [BAD[start:end] for start, end in first["spans"]] == first["words"] == ["Sorry you feel"]


def test_what_it_answers_and_where_can_be_said() -> None:
    assert harken("coach", "--to", "question", draft="The doors open at 9am.").returncode == 0
    assert harken("coach", draft="The doors open at 9am.").returncode == 1
    assert "(too-long)" in harken("coach", "--network", "bluesky", draft=GOOD + "!" * 300).stdout


@pytest.mark.parametrize(
    ("args", "draft", "says"),
    [
        ((), b"", "stdin: there is no draft in it; write the reply into it, or pipe it in"),
        ((), b" \n\t", "stdin: there is no draft in it; write the reply into it, or pipe it in"),
        ((), b"one\n\xff", "stdin:2: this is not UTF-8 text; save the draft as UTF-8"),
        (("nowhere.txt",), b"", "nowhere.txt: no such file or directory; check the path and its permissions"),
        (("rules",), b"", "rules: is a directory; check the path and its permissions"),
        (
            ("--network", "y"),
            b"hi",
            'harken coach: nothing is known of the network "y"; there are bluesky, mastodon, reddit, x',
        ),
        (
            ("--network", "blusky"),
            b"hi",
            'harken coach: nothing is known of the network "blusky"; did you mean "bluesky"?',
        ),
        (("--case", "1a2b"), b"hi", 'harken.toml: there is no such file; write one with "harken init DIR"'),
        (("--rules", "nowhere"), b"hi", "nowhere: is no folder;"),
    ],
)
def test_bad_input_is_one_line_and_exits_with_2(args: tuple[str, ...], draft: bytes, says: str) -> None:
    done = harken("coach", *args, draft=draft)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(says)
    assert done.stderr.count("\n") == 1


def test_a_hostile_draft_moves_no_cursor_and_paints_nothing() -> None:
    done = harken("coach", draft="\x1b[31m\u202eSorry you feel\x07 that \x1b]0;x\x07way\r\nnow")
    assert done.returncode == 1
    assert all(char.isprintable() or char == "\n" for char in done.stdout)
    assert "\\x1b[31m\\u202eSorry you feel" in done.stdout


def test_a_megabyte_is_read_at_its_beginning() -> None:
    done = harken("coach", "--network", "x", draft="ü" * 1_000_000)
    assert (done.returncode, done.stderr) == (1, "")
    assert "20,000 of 280 on x" in done.stdout


def test_a_case_says_where_the_reply_goes_and_what_it_answers(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        desk.hear(post("1", text="@sample when do you open on Sunday?"))
        case = desk.case().id
    done = harken("coach", "--json", "--case", case[:6], draft="We open at 9am.", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"network": "x", "to": "question", "advice": []}
    done = harken("coach", "--case", "ffffffffff", draft="We open at 9am.", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, 'ffffffffff: there is no such case; see "harken cases list"\n')


OWN = """
about = "Ours."
[[advice]]
id = "ours"
any = ["widget"]
say = "Say gadget."
examples.flag = ["a widget"]
"""


def test_a_deployment_has_rules_of_its_own_and_the_bundled_ones_until_then(tmp_path: Path) -> None:
    copytree(ROOT / "rules" / "packs", tmp_path / "mine", ignore=lambda *_: ["coach"])
    (tmp_path / "harken.toml").write_text(f'rules = "mine"\n{CONFIG}', encoding="utf-8")
    assert "(sorry-you-feel)" in harken("coach", draft=BAD, cwd=tmp_path).stdout
    assert "coach" not in harken("rules", "test", cwd=tmp_path).stdout
    (tmp_path / "mine" / "coach").mkdir()
    (tmp_path / "mine" / "coach" / "ours.toml").write_text(OWN, encoding="utf-8")
    assert harken("coach", draft=BAD, cwd=tmp_path).returncode == 0
    assert "(ours)" in harken("coach", draft="my widget", cwd=tmp_path).stdout
    assert "All 1 example of 1 coach rule in 1 file of mine/coach hold." in harken("rules", "test", cwd=tmp_path).stdout


def test_rules_test_says_which_example_of_the_coach_fails(tmp_path: Path) -> None:
    copytree(ROOT / "rules" / "packs", tmp_path / "mine")
    (tmp_path / "mine" / "coach" / "ours.toml").write_text(OWN.replace("a widget", "a gadget"), encoding="utf-8")
    done = harken("rules", "test", "--rules", str(tmp_path / "mine"))
    assert done.returncode == 1
    assert f"{tmp_path}/mine/coach/ours.toml:7  ours  should match  a gadget" in done.stdout
    assert "1 of 124 examples of 36 coach rules" in done.stdout
    done = harken("coach", "--rules", str(tmp_path / "mine"), draft="x")
    assert done.returncode == 2
    assert 'ours.toml:7: rule "ours" does not match its own example: "a gadget"' in done.stderr


def test_a_wrong_coach_rule_refuses_the_whole_setup(tmp_path: Path) -> None:
    copytree(ROOT / "rules" / "packs", tmp_path / "mine")
    (tmp_path / "mine" / "coach" / "ours.toml").write_text(OWN.replace("any", "anny"), encoding="utf-8")
    (tmp_path / "harken.toml").write_text(f'rules = "mine"\n{CONFIG}', encoding="utf-8")
    done = harken("check", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, 'mine/coach/ours.toml:5: unknown key "anny"; did you mean "any"?\n')


def test_the_setup_of_a_deployment_holds_the_coach(tmp_path: Path) -> None:
    assert len(made(tmp_path).coach.rules) == 35


def test_what_the_page_shows_is_what_it_says() -> None:
    page = (ROOT / "docs" / "coach.md").read_text(encoding="utf-8")
    (draft,) = re.findall(r'^echo "(.*)" \| harken coach$', page, re.MULTILINE)
    shown = page.partition("```\n\n```\n")[2].partition("```")[0]
    assert harken("coach", draft=draft + "\n").stdout == shown
