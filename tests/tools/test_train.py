"""The weights are learned from labelled posts alone, the same every time, and keep nothing that was said by few."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="learning weights needs scikit-learn: pip install --group train")

from rules import evidence
from rules.scorer import Scorer

ROOT = Path(__file__).parents[2]
THINGS = ["parcel", "kettle", "ticket", "lamp", "sofa", "phone", "coat", "bill"]
GOOD = ["thank you so much for the {}", "love my new {}", "how do I order the {}?", "the {} works great"]
BAD = ["my {} never arrived", "why is the {} broken again?", "still waiting for my {}", "worst {} ever, refund me"]
STRANGE = ["my cat sleeps on the {}", "a {} for my birthday", "what a game, lol", "song of the day: {}"]


def posts() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for one, thing in enumerate(THINGS):
        domain = f"d{one % 3}"
        for two, (good, bad, strange) in enumerate(zip(GOOD, BAD, STRANGE, strict=True)):
            said = {"domain": domain, "brand_directed": 1}
            rows.append({**said, "text": f"@Zwick_Help {good.format(thing)}", "complaint": 0})
            rows.append({**said, "text": f"@Zwick_Help {bad.format(thing)} zwick", "complaint": 1, "severity": 1 + two})
            rows.append({"domain": domain, "brand_directed": 0, "text": strange.format(thing), "complaint": 0})
    rows += [{**rows[0], "text": f"@Zwick_Help a quokka took my {thing}"} for thing in THINGS[:4]]
    return [{"severity": "", **row} for row in rows]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("posts") / "posts.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, ["text", "complaint", "brand_directed", "severity", "domain"])
        writer.writeheader()
        writer.writerows(posts())
    return path


def train(labelled: Path, out: Path, seed: str = "0", *more: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "train.py", "--labelled", labelled, "--out", out, *more],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    return done.stdout


@pytest.fixture(scope="module")
def learned(labelled: Path) -> tuple[Path, str]:
    out = labelled.with_name("weights.json")
    return out, train(labelled, out)


def test_the_same_posts_give_the_same_bytes(labelled: Path, learned: tuple[Path, str]) -> None:
    again = labelled.with_name("again.json")
    train(labelled, again, "7")
    assert again.read_bytes() == learned[0].read_bytes()


def test_it_says_how_good_the_weights_were_and_are(labelled: Path, learned: tuple[Path, str]) -> None:
    assert "now:    macro-F1" in learned[1]
    assert "before" not in learned[1]
    assert "before: macro-F1" in train(labelled, learned[0])


def test_it_keeps_neither_names_nor_what_few_have_said(learned: tuple[Path, str]) -> None:
    grams = {word for row in json.loads(learned[0].read_text("utf-8"))["grams"] for word in row[0].split()}
    assert {"never", "waiting", evidence.THING} <= grams
    assert not {"zwick", "help", "quokka", "xuser"} & grams


def test_what_it_learned_tells_complaints_from_the_rest(learned: tuple[Path, str]) -> None:
    scorer = Scorer(learned[0].read_text("utf-8"))
    bad = scorer.weigh(evidence.read("brandmask my bicycle never arrived, still waiting"), (), 0.0)
    good = scorer.weigh(evidence.read("brandmask love my bicycle, thank you"), (), 0.6)
    assert bad.complaint > 0 > good.complaint


def test_posts_may_have_their_labels_elsewhere(labelled: Path) -> None:
    mentions, labels = labelled.with_name("m.jsonl"), labelled.with_name("l.csv")
    mentions.write_text(
        "".join(json.dumps({"id": str(n), "text": f"no {thing}"}) + "\n" for n, thing in enumerate(THINGS))
    )
    labels.write_text("id,complaint\n0,1\n2,0\n")
    out = labelled.with_name("more.json")
    told = train(labelled, out, "0", "--posts", str(mentions), "--labels", str(labels))
    assert f"{len(posts()) + 2} posts" in told
