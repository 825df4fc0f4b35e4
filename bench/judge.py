"""How good the judge is, on posts it never saw: the whole of it, VADER alone, and words alone, in one run.

Run with `make bench`, or `python bench/judge.py [--seeds 3]`. The posts lie beside the project, in ../shared/data, and
are no part of it; without them this says so and measures nothing. In every fold the weights are learned anew without
the posts that are asked about, and without their copies. The rule files are those at hand: their authors have read some
of these posts, but none of the airlines'.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
POSTS = ROOT.parent / "shared" / "data"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HIGH_PRECISION = 0.8


def main() -> int:
    ask = argparse.ArgumentParser(description="Measure the judge on labelled posts.")
    ask.add_argument("--seeds", type=int, default=3, help="how often the posts are split anew")
    asked = ask.parse_args()
    if not (POSTS / "complaints" / "dev.csv").exists():
        print("bench/judge.py: the labelled posts (../shared/data) are not here; nothing measured")
        return 0
    try:
        measure(asked.seeds)
    except ImportError as error:
        print(f"bench/judge.py: {error}; install the development dependencies")
        return 2
    return 0


def measure(seeds: int) -> None:  # noqa: C901, PLR0915 - one table, made from top to bottom
    import numpy as np  # noqa: PLC0415 - absent where there is nothing to measure
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - the same
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - the same
    from sklearn.metrics import f1_score, precision_recall_curve, precision_score, recall_score, roc_auc_score  # noqa: PLC0415 - the same
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 - the same
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415 - the same
    from train import Evidence, bare, fit, read_cues, read_rows, read_seeds, written  # noqa: PLC0415 - the same
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 - the same

    from rules.judge import THRESHOLD, judge  # noqa: PLC0415 - the same
    from rules.model import Mention, Severity, Verdict  # noqa: PLC0415 - the same
    from rules.pack import Brand, load  # noqa: PLC0415 - the same
    from rules.scorer import Scorer  # noqa: PLC0415 - the same

    with (POSTS / "complaints" / "dev.csv").open(encoding="utf-8", newline="") as lines:
        domain = np.array([row["domain"] for row in csv.DictReader(lines)])
    with (POSTS / "airline" / "dev.csv").open(encoding="utf-8", newline="") as lines:
        flights = [
            (row["text"], row["sentiment"] == "negative", float(row["confidence"])) for row in csv.DictReader(lines)
        ]
    care = POSTS / "conversations" / "care.jsonl"
    given = read_rows([POSTS / "complaints" / "dev.csv"], care, ROOT / "tools" / "care_labels.csv")
    rows = [*given, *bare(given), *read_seeds(ROOT / "tools" / "seeds.txt")]
    cues = read_cues(ROOT / "tools" / "cues.toml")
    evidence = Evidence(rows, cues)
    count = len(domain)
    texts = [row.text for row in given[:count]]
    truth = np.array([row.complaint for row in given[:count]])
    severity = np.array([row.severity for row in given[:count]])
    ours = np.array([row.addressed for row in given[:count]]) == 1
    book = load({file.name: file.read_text("utf-8") for file in (ROOT / "rules" / "packs").glob("*.toml")}, Brand(""))
    vader = SentimentIntensityAnalyzer()

    def verdicts(asked: Iterable[str], scorer: Scorer | None, *, addressed: bool) -> list[Verdict]:
        return [
            judge(Mention("x", "1", "1", "a", text, NOON), book, addressed=addressed, scorer=scorer) for text in asked
        ]

    def learned_without(left_out: Sequence[int]) -> Scorer:
        gone = {*left_out, *(place + len(given) for place in left_out)}
        return Scorer(written(fit(evidence, [place for place in range(len(rows)) if place not in gone]), cues, 0))

    def words(use: Sequence[int], asked: Sequence[str]) -> "np.ndarray":
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, token_pattern=r"(?u)\b\w+\b|[!?]", sublinear_tf=True),
            LogisticRegression(C=5, class_weight="balanced", solver="liblinear", random_state=0),
        )
        return model.fit([hidden(texts[place]) for place in use], truth[list(use)]).predict_proba(
            [hidden(text) for text in asked]
        )[:, 1]

    def splits(seed: int) -> Iterator[tuple["np.ndarray", "np.ndarray"]]:
        strata = [f"{one}{two}" for one, two in zip(domain, truth, strict=True)]
        yield from StratifiedKFold(5, shuffle=True, random_state=seed).split(texts, strata)

    def by_domain() -> Iterator[tuple["np.ndarray", "np.ndarray"]]:
        for one in sorted(set(domain[ours])):
            yield np.flatnonzero(domain != one), np.flatnonzero(domain == one)

    def expected_error(wanted: "np.ndarray", said: "np.ndarray") -> float:
        bins = np.minimum((said * 10).astype(int), 9)
        return sum(
            abs(said[bins == one].mean() - wanted[bins == one].mean()) * (bins == one).mean()
            for one in set(bins.tolist())
        )

    def row(
        name: str, runs: Sequence["np.ndarray"], where: "np.ndarray", at: float, wanted: "np.ndarray" = truth
    ) -> None:
        def over(score: Callable[["np.ndarray"], float]) -> str:
            found = [score(said[where]) for said in runs]
            return f"{np.mean(found):.3f}" + (f"±{np.std(found):.3f}" if len(runs) > 1 else "      ")

        want = wanted[where]

        def found_at_precision(said: "np.ndarray") -> float:
            precision, recall, _ = precision_recall_curve(want, said)
            return float(recall[precision >= HIGH_PRECISION].max())

        print(
            f"{name:46} {over(lambda said: f1_score(want, said >= at, average='macro'))} "
            f"{over(lambda said: roc_auc_score(want, said))} {over(lambda said: expected_error(want, said))} "
            f"{over(lambda said: precision_score(want, said >= at))} "
            f"{over(lambda said: recall_score(want, said >= at))} "
            f"{over(found_at_precision)}"
        )

    product, known, baseline, graded = [], [], [], []
    for seed in range(seeds):
        said = {name: np.zeros(count) for name in ("product", "known", "words", "severe")}
        for use, asked in splits(seed):
            scorer = learned_without([int(place) for place in asked])
            found = verdicts([texts[place] for place in asked], scorer, addressed=False)
            said["product"][asked] = [verdict.score for verdict in found]
            found = verdicts([texts[place] for place in asked], scorer, addressed=True)
            said["known"][asked] = [verdict.score for verdict in found]
            said["severe"][asked] = [verdict.severity >= Severity.HIGH for verdict in found]
            said["words"][asked] = words(use, [texts[place] for place in asked])
        product.append(said["product"])
        known.append(said["known"])
        baseline.append(said["words"])
        graded.append(said["severe"])
    away = {name: np.full(count, 0.5) for name in ("product", "known", "words")}
    for use, asked in by_domain():
        scorer = learned_without([int(place) for place in asked])
        for name, addressed in (("product", False), ("known", True)):
            away[name][asked] = [
                verdict.score for verdict in verdicts([texts[place] for place in asked], scorer, addressed=addressed)
            ]
        away["words"][asked] = words(use, [texts[place] for place in asked])
    compound = np.array([vader.polarity_scores(text)["compound"] for text in texts])
    alone = (1 - compound) / 2
    cold = (1 + 0.05) / 2
    everything = np.ones(count, bool)
    print(
        f"\n{count} posts, {ours.sum()} to a brand, {seeds} splits into five; threshold {THRESHOLD}; "
        "± is between splits"
    )
    print(f"{'':46} macro-F1    ROC AUC     ECE         precision   recall      recall at P .80")
    row("the judge, to a brand", product, ours, THRESHOLD)
    row("the judge, to a brand and known to be", known, ours, THRESHOLD)
    row("the judge, all posts", product, everything, THRESHOLD)
    row("the judge, business never seen", [away["product"]], ours, THRESHOLD)
    row("the judge, business never seen, known to be", [away["known"]], ours, THRESHOLD)
    row("VADER, to a brand", [alone], ours, cold)
    row("VADER, all posts", [alone], everything, cold)
    row("words alone, to a brand", baseline, ours, 0.5)
    row("words alone, all posts", baseline, everything, 0.5)
    row("words alone, business never seen", [away["words"]], ours, 0.5)
    told = (truth == 1) & (severity > 0)
    worse = severity[told] >= 3
    mild = [f1_score(worse, found[told] >= 0.5, average="macro") for found in graded]
    share = float(np.mean([found[told].mean() for found in graded]))
    print(
        f"severity, mild against severe: macro-F1 {np.mean(mild):.3f}±{np.std(mild):.3f}; "
        f"called severe {share:.0%}, are {worse.mean():.0%}"
    )
    negative = np.array([flight[1] for flight in flights], int)
    sure = np.array([flight[2] for flight in flights]) >= 0.65
    asked = [flight[0] for flight in flights]
    scores = np.array([verdict.score for verdict in verdicts(asked, None, addressed=True)])
    compound = np.array([(1 - vader.polarity_scores(text)["compound"]) / 2 for text in asked])
    row("airlines (never trained on), negative or not", [scores], sure | True, THRESHOLD, negative)
    row("airlines, labels that are sure", [scores], sure, THRESHOLD, negative)
    row("VADER, airlines", [compound], sure | True, cold, negative)
    silent = load({"none.toml": 'about = "Nothing."\n[tone]\nzzzz = 1\n'}, Brand(""))
    book = silent
    row(
        "airlines, without rule files",
        [np.array([v.score for v in verdicts(asked, None, addressed=True)])],
        sure | True,
        THRESHOLD,
        negative,
    )


def hidden(text: str) -> str:
    """``text`` without the accounts it names."""
    return " ".join("xuser" if word.startswith("@") else word for word in text.split())


if __name__ == "__main__":
    raise SystemExit(main())
