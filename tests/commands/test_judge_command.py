"""``harken judge`` and ``harken rules``, from outside: the real program on real pipes."""

import json
import os
import selectors
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.commands.rules import highlighted

HARKEN = [sys.executable, "-m", "monitor"]
ROOT = Path(__file__).parent.parent.parent
KEYS = ["id", "kind", "complaint", "severity", "score", "marks", "lang", "topics", "reasons"]


def harken(*args: str, stdin: bytes = b"", cwd: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*HARKEN, *args], input=stdin, capture_output=True, check=False, timeout=60, cwd=cwd)


def line(text: str, **more: Any) -> bytes:
    post = {"source": "x", "id": "7", "thread": "7", "author": "sample_customer_01", "text": text}
    return json.dumps({**post, "posted_at": "2026-03-02T12:00:00Z", **more}).encode() + b"\n"


def answers(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(said) for said in done.stdout.splitlines()]


def test_each_mention_gets_one_verdict_with_its_id_in_the_same_order() -> None:
    posts = [line(f"@AcmeHelp I was charged twice {n}", id=str(n)) for n in range(300)]
    done = harken("judge", stdin=b"".join(posts))
    said = answers(done)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [verdict["id"] for verdict in said] == [str(n) for n in range(300)]
    assert list(said[0]) == KEYS
    assert (said[0]["kind"], said[0]["complaint"], said[0]["severity"], said[0]["topics"]) == (
        "complaint",
        True,
        "high",
        ["billing"],
    )
    assert all(set(reason) == {"rule", "why"} for reason in said[0]["reasons"])


def test_bare_lines_are_judged_by_their_line_number_whatever_bytes_they_hold() -> None:
    lines = [b"refund please", b"", b"\xff\xfe noon \x00", b"?", "\U0001f600".encode(), b"thank you\r", b"no end"]
    said = answers(harken("judge", "--text", stdin=b"\n".join(lines)))
    assert [verdict["id"] for verdict in said] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [verdict["kind"] for verdict in said][:4] == ["complaint", "other", "other", "question"]
    assert said[5]["kind"] == "thanks"


def test_a_bad_line_is_answered_in_its_place_and_the_rest_is_judged() -> None:
    bad = [b"nonsense\n", b"\n", b'{"id": 7}\n', b"[1]\n", b"\xff\xfe\n", line("x", followers="many")]
    done = harken("judge", stdin=b"".join([line("first", id="a"), *bad, line("last", id="z")]))
    said = answers(done)
    assert done.returncode == 2
    assert [said[0]["id"], said[-1]["id"], len(said)] == ["a", "z", 8]
    assert [verdict["line"] for verdict in said[1:-1]] == [2, 3, 4, 5, 6, 7]
    assert all(verdict["error"] for verdict in said[1:-1])
    errors = done.stderr.decode().splitlines()
    assert [error.split(": ")[0] for error in errors] == [f"stdin:{n}" for n in range(2, 8)]
    assert all("; " in error for error in errors)


def test_nul_surrogates_and_unknown_keys_do_no_harm() -> None:
    done = harken("judge", stdin=line("a\0b \ud800", colour="red") + line("ok"))
    assert (done.returncode, len(answers(done))) == (0, 2)


def test_a_line_too_long_to_keep_is_refused_and_a_megabyte_is_judged() -> None:
    posts = [line("word " * 200_000 + "I was charged twice, refund please"), b"x" * (20 << 20) + b"\n", line("ok")]
    done = harken("judge", stdin=b"".join(posts))
    said = answers(done)
    assert done.returncode == 2
    assert (said[0]["kind"], said[1]["line"], said[2]["id"]) == ("complaint", 2, "7")


def test_a_verdict_comes_before_the_next_line_is_sent() -> None:
    with subprocess.Popen([*HARKEN, "judge", "--text"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        waiting = selectors.DefaultSelector()
        waiting.register(run.stdout, selectors.EVENT_READ)
        for text in (b"refund please\n", b"thank you\n"):
            os.write(run.stdin.fileno(), text)
            assert waiting.select(timeout=30), "no verdict came"
            assert json.loads(run.stdout.readline())["kind"] in ("complaint", "thanks")
        run.stdin.close()
        assert run.wait(30) == 0


def test_memory_stays_the_same_however_much_is_read() -> None:
    code = (
        "import resource, sys; from monitor.cli import run; run(['judge', '--text']); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )

    def peak(lines: int) -> int:
        posts = b"my order is late again\n" * lines
        done = subprocess.run([sys.executable, "-c", code], input=posts, capture_output=True, check=True, cwd=ROOT)
        assert done.stdout.count(b"\n") == lines
        return int(done.stderr)

    assert peak(40_000) < peak(400) + 15_000


def test_own_posts_are_known_by_the_config(tmp_path: Path) -> None:
    config = tmp_path / "harken.toml"
    config.write_text('[brand]\nname = "Acme"\nresponders = { x = ["AcmeHelp"] }\n')
    post = line("Please DM us your order number", author="acmehelp")
    (said,) = answers(harken("judge", "--config", str(config), stdin=post))
    assert (said["kind"], said["marks"]) == ("other", ["handoff"])


RULE = 'about = "A test."\n[[rule]]\nid = "odd"\nany = ["bananas"]\nforces = "complaint"\nwhy = "Bananas."\n'


def folder(tmp_path: Path, text: str) -> str:
    (tmp_path / "odd.toml").write_text(text)
    return str(tmp_path)


def test_a_folder_of_rules_takes_the_place_of_the_bundled_ones(tmp_path: Path) -> None:
    (said,) = answers(harken("judge", "--text", "--rules", folder(tmp_path, RULE), stdin=b"bananas\n"))
    assert (said["kind"], said["reasons"][0]) == ("complaint", {"rule": "odd", "why": "Bananas."})


@pytest.mark.parametrize("command", [("judge",), ("rules", "test"), ("rules", "explain", "x")])
def test_a_wrong_rule_file_is_refused_with_its_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = harken(*command, "--rules", folder(tmp_path, RULE.replace("any", "ani")), stdin=line("x"))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().strip().endswith('odd.toml:4: unknown key "ani"; did you mean "any"?')


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    done = harken("judge", "--rules", str(tmp_path))
    assert (done.returncode, b"has no rule files; " in done.stderr) == (2, True)


def test_the_bundled_examples_hold() -> None:
    done = harken("rules", "test")
    assert done.returncode == 0
    assert done.stdout.startswith(b"All ")


def test_a_failed_example_is_shown_with_its_line_and_exits_with_1(tmp_path: Path) -> None:
    rules = folder(tmp_path, RULE + 'examples.flag = ["bananas", "apples"]\n')
    done = harken("rules", "test", "--rules", rules)
    shown, count = done.stdout.decode().splitlines()
    assert (done.returncode, count) == (1, f"1 of 2 examples of 1 rule in 1 file of {rules} failed.")
    assert shown.endswith("odd.toml:7  odd  should match  apples")


def test_beside_a_config_its_own_rules_names_and_accounts_are_meant(tmp_path: Path) -> None:
    (tmp_path / "harken.toml").write_text('rules = "mine"\n[brand]\nname = "Acme"\nresponders = { x = ["AcmeHelp"] }\n')
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "odd.toml").write_text(RULE + 'examples.flag = ["bananas"]\n')
    tested = harken("rules", "test", cwd=tmp_path)
    assert (tested.returncode, tested.stdout) == (0, b"All 1 example of 1 rule in 1 file of mine hold.\n")
    assert b"mine/odd.toml:3 " in harken("rules", "explain", "bananas", cwd=tmp_path).stdout
    (said,) = answers(harken("judge", stdin=line("bananas", author="acmehelp"), cwd=tmp_path))
    assert said["kind"] == "other"
    (tmp_path / "mine" / "odd.toml").write_text(RULE.replace("any", "ani"))
    for command in (("rules", "test"), ("rules", "explain", "x"), ("judge",)):
        done = harken(*command, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, b'mine/odd.toml:4: unknown key "ani"; did you mean "any"?\n')


def test_explain_reads_a_text_as_one_that_is_for_us_when_told_so() -> None:
    text = "the lift was out of order again"
    assert "stranger" in harken("rules", "explain", text).stdout.decode()
    assert "stranger" not in harken("rules", "explain", "--direct", text).stdout.decode()


def test_explain_shows_the_sum_with_the_rule_its_file_and_the_words() -> None:
    said = harken("rules", "explain", "I was charged twice @AcmeHelp").stdout.decode()
    assert said.startswith("I was charged twice @AcmeHelp\ncomplaint, high, ")
    assert "-0.80  where every post starts" in said
    assert "double-charge: Says that money was taken more than once. [high]" in said
    assert "billing.toml:" in said
    assert "charged twice" in said
    weights = [float(row.split()[0]) for row in said.splitlines() if row[:6].strip()[:1] in ("+", "-")]
    assert sum(weights[:-1]) == pytest.approx(weights[-1], abs=0.03)


def test_explain_reads_a_text_as_ours_when_told_so() -> None:
    said = harken("rules", "explain", "--own", "Please DM us").stdout.decode()
    assert "marks handoff" in said


def test_what_is_explained_cannot_move_the_terminal() -> None:
    said = harken("rules", "explain", "refund \x1b[31m\u202e please").stdout
    assert b"\x1b" not in said


@pytest.mark.parametrize(
    ("text", "quotes", "bold"),
    [
        (
            "I was charged my fee TWICE, my friend!",
            ["charged my fee twice"],
            "I was *charged* *my* *fee* *TWICE,* my friend!",
        ),
        ("re\u200bfund  pleeease", ["refund please"], "*re\\u200bfund* *pleeease*"),
        ("nothing", ["refund"], "nothing"),
        ("", [""], ""),
    ],
)
def test_the_words_that_set_rules_off_are_bold(text: str, quotes: list[str], bold: str) -> None:
    said = highlighted(text, quotes).replace("\x1b[1m", "*").replace("\x1b[0m", "*")
    assert said == bold
