"""Rebuilds ``rules/weights.json`` from labelled posts. Same input, same bytes.

    python tools/train.py --labelled complaints.csv [--posts care.jsonl --labels tools/care_labels.csv]

``--labelled`` has the columns text, complaint (0 or 1) and, where known, brand_directed (0 or 1) and severity (1 to 4);
more than one file may be named. ``--posts`` are mentions as JSON lines whose labels lie in a file of their own, by id.
What every weight means is in ``docs/model-card.md``.

It writes no post: words and pairs of words that fewer than five posts use, accounts, links, numbers and the names of
the companies written to never enter the file. It needs numpy and scikit-learn, which Harken itself does not.
"""

import argparse
import csv
import json
import math
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from rules import evidence as ev
from rules.pack import Brand, load
from rules.scorer import FORMAT, HEADS, Cue, Scorer, seeker
from rules.text import clean

SEEN_IN = 5
"""Posts that must use a word or pair of words before it enters the file."""
_DIGITS = 6
"""Decimals kept of a weight."""
_C = {"complaint": 0.3, "addressed": 0.35, "severe": 0.1}
_LENGTH = {"complaint": 1.5, "addressed": 2.2, "severe": 3.0}
"""Of a post's vector of words, beside cues that are 0 or 1."""
WEIGHT = {"labelled": (1.0, 1.0), "extra": (0.8, 0.5), "seed": (0.5, 0.2), "bare": (0.0, 0.03)}
"""Weight of a post by where it came from, for ``complaint`` and for ``addressed``; ``bare`` are copies unnamed."""
_COMMON = 3
"""A name that so many posts of strangers use as a word is a word."""
_LONG = 5
"""Letters from which a word that an account's name begins with is the company's name."""
_SPELT_SMALL = 0.4
"""A word that is written small less often than this, where no sentence begins, is a name."""
_ONESELF = frozenset(("i", "im", "ive", "ill", "id"))
_INSIDE = re.compile(r"(?<=[a-z0-9,] )[#@]?([A-Za-z]+)")
_HANDLE = re.compile(r"@(\w+)")
_DESK = re.compile(
    r"(?:_|help|helps|support|cares?|service|services|customer|cust|uk|us|usa|hq|online|official|team)+$"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled post."""

    text: str
    complaint: int
    addressed: int
    severity: int = 0
    """1 to 4, or 0 where it is not known."""
    origin: str = "labelled"
    """A key of ``WEIGHT``."""
    domain: str = ""
    """What business it is about."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The weights of all heads over [cues | numbers | address | grams]."""

    grams: tuple[str, ...]
    idf: Any
    weights: dict[str, Any] = field(default_factory=dict)
    bias: dict[str, float] = field(default_factory=dict)


def read_cues(path: Path) -> list[Cue]:
    """The cues of a file, macros filled in."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    cues = []
    for cue in raw["cue"]:
        pattern = cue["pattern"]
        for name, stands_for in raw["macros"].items():
            pattern = pattern.replace("{" + name + "}", stands_for)
        cues.append(Cue(cue["name"], cue["why"], pattern, cue.get("sign", False), cue.get("quiet", False)))
    return cues


def read_seeds(path: Path) -> list[Row]:
    """Lines ``COMPLAINT ADDRESSED TEXT`` in words of our own: traps, and plain cases that the labelled posts lack."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Row(line[4:], int(line[0]), int(line[2]), 0, "seed") for line in lines if line]


def read_rows(labelled: Sequence[Path], posts: Path | None = None, labels: Path | None = None) -> list[Row]:
    """Labelled posts, then extra ones with the labels that stand elsewhere."""
    rows = []
    for path in labelled:
        with path.open(encoding="utf-8", newline="") as lines:
            rows += [
                Row(
                    row["text"],
                    int(row["complaint"]),
                    int(row.get("brand_directed") or 1),
                    int(row.get("severity") or 0),
                    domain=row.get("domain") or "",
                )
                for row in csv.DictReader(lines)
            ]
    if posts and labels:
        with labels.open(encoding="utf-8", newline="") as lines:
            label = {row["id"]: int(row["complaint"]) for row in csv.DictReader(lines)}
        with posts.open(encoding="utf-8") as lines:
            for mention in map(json.loads, lines):
                if mention["id"] in label:
                    rows.append(Row(mention["text"], label.pop(mention["id"]), 1, 0, "extra"))
    return rows


def bare(rows: Sequence[Row]) -> list[Row]:
    """The same posts without their handles, so that ``addressed`` learns to do without them."""
    return [replace(row, text=_HANDLE.sub("", row.text).strip(), origin="bare") for row in rows]


class Evidence:
    """The evidence of many posts as matrices."""

    def __init__(self, rows: Sequence[Row], cues: Sequence[Cue]) -> None:
        self.rows, self.cues = rows, cues
        book = load(
            {file.name: file.read_text("utf-8") for file in (ROOT / "rules" / "packs").glob("*.toml")}, Brand("")
        )
        find = seeker([cue.pattern for cue in cues])
        columns = [*(cue.name for cue in cues), *ev.NUMBERS]
        self._blind = np.array([float(name not in ev.ABOUT_HANDLES) for name in columns])
        signs = [cue.sign for cue in cues] + [name.startswith("signs_") or name == "tone_cold" for name in ev.NUMBERS]
        self.signs = np.flatnonzero(signs)
        self.against = np.array([len(cues) + ev.NUMBERS.index("tone_warm")])
        dense, address = [], []
        self._said: list[list[str]] = []
        for row in rows:
            text = clean(row.text)
            masked, handles = book.mask(text), [handle.lower() for handle in _HANDLE.findall(text)]
            post, tone = ev.read(masked), book.tone(masked)
            hits = find(post.line)
            counted = ev.cold(tone) + sum(cues[hit].sign for hit in hits)
            here = np.zeros(len(cues))
            here[hits] = 1.0
            dense.append([*here, *ev.numbers(post, {cues[hit].name for hit in hits}, counted, tone)])
            address.append(ev.address(handles, post))
            self._said.append(ev.general(post.tokens))
        self._dense, self._address = np.array(dense), np.array(address)

    @property
    def width(self) -> int:
        """Columns before the grams."""
        return self._dense.shape[1] + self._address.shape[1]

    def names(self, use: Collection[int]) -> frozenset[str]:
        """What the companies that the posts ``use`` write to are called, by their accounts."""
        called: set[str] = set()
        used: set[str] = set()
        strange: Counter[str] = Counter()
        for place in use:
            row = self.rows[place]
            if row.addressed:
                handles = [handle.lower() for handle in _HANDLE.findall(row.text)]
                called.update(handles, *({_DESK.sub("", handle), *handle.split("_")} for handle in handles))
                used.update(self._said[place])
            else:
                strange.update(set(self._said[place]))
        called |= {word for word in used if len(word) >= _LONG and any(name.startswith(word) for name in called)}
        return frozenset(name for name in called if len(name) > 1 and strange[name] < _COMMON)

    def _proper(self, use: Collection[int]) -> frozenset[str]:
        """Names of whatever kind, known by how they are spelt."""
        spelt, small = Counter[str](), Counter[str]()
        for place in use:
            found = set(_INSIDE.findall(self.rows[place].text))
            spelt.update({word.lower() for word in found})
            small.update({word for word in found if word.islower()})
        return frozenset(word for word, count in spelt.items() if small[word] < _SPELT_SMALL * count) - _ONESELF

    def grams(self, place: int, names: Collection[str]) -> set[str]:
        """The words and pairs of words of a post, companies being things."""
        return ev.grams([ev.THING if token in names else token for token in self._said[place]])

    def vocabulary(self, real: Sequence[int], seen: Sequence[int]) -> tuple[tuple[str, ...], Any, frozenset[str]]:
        """The grams of ``SEEN_IN`` posts and two domains of ``seen``, how telling each is, and the names hidden."""
        names = self.names(real)
        often = Counter(gram for place in real for gram in self.grams(place, names))
        enough = Counter[str]()
        among: dict[str, set[str]] = {}
        for place in seen:
            found = self.grams(place, names)
            enough.update(found)
            for gram in found:
                among.setdefault(gram, set()).add(self.rows[place].domain)
        wide = min(2, len({self.rows[place].domain for place in seen}))
        proper = self._proper(real)
        grams = tuple(
            sorted(
                gram
                for gram, count in enough.items()
                if count >= SEEN_IN and len(among[gram]) >= wide and proper.isdisjoint(gram.split())
            )
        )
        return grams, np.array([math.log((1 + len(real)) / (1 + often[gram])) + 1 for gram in grams]), names

    def matrix(self, use: Any, fitted: Fitted, head: str, names: Collection[str] = ()) -> Any:
        """[cues | numbers | address | grams]; what tells of accounts is zero but for ``addressed``."""
        number = {gram: column for column, gram in enumerate(fitted.grams)}
        values: list[float] = []
        columns: list[int] = []
        ends = [0]
        for place in use:
            here = sorted(number[gram] for gram in self.grams(place, names) if gram in number)
            length = math.sqrt(math.fsum(fitted.idf[column] ** 2 for column in here)) or 1.0
            columns += here
            values += [_LENGTH[head] * fitted.idf[column] / length for column in here]
            ends.append(len(columns))
        grams = sp.csr_matrix((values, columns, ends), shape=(len(use), len(fitted.grams)))
        sees = head == "addressed"
        dense = self._dense[use] * (1.0 if sees else self._blind)
        return sp.hstack([sp.csr_matrix(dense), sp.csr_matrix(self._address[use] * float(sees)), grams]).tocsr()


def fit(evidence: Evidence, use: Sequence[int] | Any) -> Fitted:
    """The heads fitted to the posts numbered ``use``. A head that sees one class only is certain, or silent."""
    use = np.asarray(use)
    rows = [evidence.rows[place] for place in use]
    origin = np.array([row.origin for row in rows])
    label = np.array([row.complaint for row in rows])
    addressed = np.array([row.addressed for row in rows])
    severity = np.array([row.severity for row in rows])
    weigh = np.array([WEIGHT[row.origin] for row in rows])
    real = np.isin(origin, ("labelled", "extra"))
    grams, idf, names = evidence.vocabulary(use[real], use[origin == "labelled"])
    fitted = Fitted(grams, idf)
    ours = (addressed == 1) & (weigh[:, 0] > 0)
    graded = (label == 1) & (severity > 0) & (origin == "labelled")
    plan = {
        "complaint": (ours, label, weigh[:, 0], None),
        "addressed": (np.ones(len(use), bool), addressed, weigh[:, 1], None),
        "severe": (graded, severity >= 3, np.ones(len(use)), "balanced"),  # noqa: PLR2004 - accusation and blame
    }
    for head, (at, wanted, weight, balance) in plan.items():
        target = wanted[at].astype(int)
        if len(set(target.tolist())) < 2:  # noqa: PLR2004 - two classes make a question
            fitted.weights[head] = np.zeros(evidence.width + len(grams))
            fitted.bias[head] = 9.0 if head == "addressed" else 0.0
            continue
        matrix = evidence.matrix(use[at], fitted, head, names)
        kept = np.ones(matrix.shape[1])
        while True:
            model = LogisticRegression(
                C=_C[head], solver="liblinear", tol=1e-6, max_iter=2000, random_state=0, class_weight=balance
            ).fit(matrix @ sp.diags(kept), target, sample_weight=weight[at])
            found = model.coef_[0] * kept
            # A sign of a complaint may not speak against one: drop those that would, and fit again.
            wrong = [*evidence.signs[found[evidence.signs] < 0], *evidence.against[found[evidence.against] > 0]]
            if head != "complaint" or not wrong:
                break
            kept[wrong] = 0.0
        fitted.weights[head] = np.round(found, _DIGITS) + 0.0
        fitted.bias[head] = round(float(model.intercept_[0]), _DIGITS)
    return fitted


def written(fitted: Fitted, cues: Sequence[Cue], posts: int) -> str:
    """The weights file: JSON, one piece of evidence a line, so that new weights can be read as a diff."""

    def weights(column: int, idf: float | None = None) -> list[float]:
        scales = [1.0 if idf is None else _LENGTH[head] * idf for head in HEADS]
        found = [float(fitted.weights[head][column]) * scale for head, scale in zip(HEADS, scales, strict=True)]
        return [round(weight, _DIGITS) + 0.0 for weight in found]

    def block(entries: Sequence[Sequence[object]]) -> str:
        return "[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "\n]"

    numbers, address = len(cues), len(cues) + len(ev.NUMBERS)
    grams = address + len(ev.ADDRESS)
    parts = {
        "format": str(FORMAT),
        "heads": json.dumps(HEADS),
        "posts": str(posts),
        "bias": json.dumps([fitted.bias[head] for head in HEADS]),
        "cues": block([[*cue[:3], int(cue.sign), int(cue.quiet), *weights(place)] for place, cue in enumerate(cues)]),
        "numbers": block([[name, *weights(numbers + place)] for place, name in enumerate(ev.NUMBERS)]),
        "address": block([[name, *weights(address + place)] for place, name in enumerate(ev.ADDRESS)]),
        "grams": block(
            [
                [gram, round(float(fitted.idf[place]), _DIGITS), *weights(grams + place, float(fitted.idf[place]))]
                for place, gram in enumerate(fitted.grams)
            ]
        ),
    }
    return "{\n" + ",\n".join(f'"{key}":{value}' for key, value in parts.items()) + "\n}\n"


def chances(scorer: Scorer, rows: Sequence[Row]) -> Any:
    """How sure ``scorer`` alone is that each of the posts, known to speak to a company, is a complaint."""
    book = load({file.name: file.read_text("utf-8") for file in (ROOT / "rules" / "packs").glob("*.toml")}, Brand(""))
    found = []
    for row in rows:
        masked = book.mask(clean(row.text))
        found.append(1 / (1 + math.exp(-scorer.weigh(ev.read(masked), (), book.tone(masked)).complaint)))
    return np.array(found)


def main() -> int:
    """Train, write, and say how good it was before and is now."""
    here = Path(__file__).parent
    ask = argparse.ArgumentParser(description="Rebuild the judge's weights from labelled posts.")
    ask.add_argument("--labelled", type=Path, nargs="+", required=True, metavar="CSV")
    ask.add_argument("--posts", type=Path, metavar="JSONL")
    ask.add_argument("--labels", type=Path, metavar="CSV", default=here / "care_labels.csv")
    ask.add_argument("--cues", type=Path, default=here / "cues.toml")
    ask.add_argument("--seeds", type=Path, default=here / "seeds.txt")
    ask.add_argument("--out", type=Path, default=ROOT / "rules" / "weights.json")
    asked = ask.parse_args()
    cues, given = read_cues(asked.cues), read_rows(asked.labelled, asked.posts, asked.labels)
    rows = [*given, *bare(given), *read_seeds(asked.seeds)]
    evidence = Evidence(rows, cues)
    tried = [place for place, row in enumerate(given) if row.origin == "labelled" and row.addressed]
    truth = np.array([rows[place].complaint for place in tried])
    if asked.out.exists():
        try:
            said = chances(Scorer(asked.out.read_text(encoding="utf-8")), [rows[place] for place in tried])
            print(f"before: {_figures(truth, said)} (posts that it may have been trained on)")
        except (ValueError, KeyError) as error:
            print(f"before: {asked.out} cannot be read ({error})")
    if min(Counter(truth.tolist()).values(), default=0) >= SEEN_IN and len(set(truth.tolist())) > 1:
        said = np.zeros(len(tried))
        places = np.array(tried)
        for _, part in StratifiedKFold(5, shuffle=True, random_state=0).split(places, truth):
            left_out = {int(place) for place in places[part]}
            left_out |= {place + len(given) for place in left_out}
            fitted = fit(evidence, [place for place in range(len(rows)) if place not in left_out])
            scorer = Scorer(written(fitted, cues, 0))
            said[part] = chances(scorer, [rows[place] for place in places[part]])
        print(f"now:    {_figures(truth, said)} (each fifth of the posts by weights that never saw it)")
    fitted = fit(evidence, range(len(rows)))
    asked.out.write_text(written(fitted, cues, len(given)), encoding="utf-8", newline="\n")
    print(f"{asked.out}: {len(given)} posts, {len(fitted.grams)} words and pairs, {asked.out.stat().st_size:,} bytes")
    return 0


def _figures(truth: Any, said: Any) -> str:
    macro = f1_score(truth, said >= 0.5, average="macro")  # noqa: PLR2004 - as sure as not
    return f"macro-F1 {macro:.3f}, ROC AUC {roc_auc_score(truth, said):.3f} on {len(truth)} posts to a company"


if __name__ == "__main__":
    raise SystemExit(main())
