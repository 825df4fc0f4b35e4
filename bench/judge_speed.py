"""How fast the judge is on one core, against raw vaderSentiment in the same run: posts a second, memory, start-up.

Run with `make bench`. Posts are real ones where ../shared/data lies beside the project, else synthetic. It also proves
the tone equal to vaderSentiment's on 60,000 texts, most of them made up to be awkward.
"""

import csv
import random
import resource
import string
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from rules.judge import judge
from rules.model import Mention
from rules.pack import Brand, load
from rules.scorer import Scorer
from rules.tone import Tone

POSTS = ROOT.parent / "shared" / "data"
PACKS = {file.name: file.read_text("utf-8") for file in (ROOT / "rules" / "packs").glob("*.toml")}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SYNTHETIC = (
    "@acme my parcel has been stuck for nine days and nobody answers my mails. Where is it? {}",
    "Thanks acme, the driver waited until I was down the stairs. Much appreciated! {}",
    "Is anybody else going to the acme talk at the conference tomorrow afternoon? {}",
    "@acme you charged me twice for order {} and support hung up on me. I want a refund!!",
)
HOSTILE = {
    "1 MB of one letter": "a" * 10**6,
    "1 MB of words of rules": "why was i not refunded, still waiting, charged twice " * 20_000,
    "1 MB of accounts": "@a" * 500_000,
    "1 MB of entities": "&amp;" * 200_000,
    "1 MB of accents": "a" + "\u0301\u0316" * 500_000,
    "1 MB of emoji": "\U0001f621" * 250_000,
}


def main() -> int:
    posts = real() or [text.format(number) for number in range(2_500) for text in SYNTHETIC]
    vader = SentimentIntensityAnalyzer()
    print(f"{len(posts):,} {'real' if (POSTS / 'airline').exists() else 'synthetic'} posts, one core")
    reference = 0.0
    for extra in (0, 1_000, 10_000):
        began = time.process_time()
        book = load({**PACKS, "many.toml": many(extra)} if extra else PACKS, Brand("Acme", ("acme",)))
        Scorer((ROOT / "rules" / "weights.json").read_text("utf-8"))
        started = time.process_time() - began
        mentions = [Mention("x", "1", "1", "sample_customer_01", text, NOON) for text in posts]
        ours = rate(lambda mention, book=book: judge(mention, book), mentions)
        raw = rate(vader.polarity_scores, posts)
        reference = reference or ours / raw
        print(
            f"bundled rules + {extra:6,}  {ours:8,.0f} posts/s  {ours / raw:.2f} of VADER's {raw:,.0f} (asked 0.50)  "
            f"{ours / raw / reference:.2f} of no more rules (asked 0.80)  loaded in {started:.2f} s  "
            f"peak so far {peak():.0f} MB (asked 150 with 1,000)"
        )
    book = load(PACKS, Brand("Acme", ("acme",)))
    for name, text in HOSTILE.items():
        mention = Mention("x", "1", "1", "sample_customer_01", text, NOON)
        judge(mention, book)
        began = time.perf_counter()
        judge(mention, book)
        print(f"{name:24} {1000 * (time.perf_counter() - began):6.1f} ms (allowed 50)")
    print(f"highest memory, 10,000 rules and all posts included: {peak():.0f} MB")
    tone, unequal = Tone({}), 0
    texts = [*posts, *fuzzed(max(0, 60_000 - len(posts)))]
    for text in texts:
        unequal += tone(text) != vader.polarity_scores(text)["compound"]
    print(f"tone unlike vaderSentiment's: {unequal} of {len(texts):,} texts")
    return int(unequal > 0)


def rate(done: Callable[..., object], with_each: Sequence[object]) -> float:
    """The best of three turns, after one to warm up."""
    best = float("inf")
    for turn in range(4):
        began = time.process_time()
        for one in with_each:
            done(one)
        best = min(best, time.process_time() - began) if turn else best
    return len(with_each) / best


def real() -> list[str]:
    texts = []
    for name in ("complaints", "airline"):
        path = POSTS / name / "dev.csv"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                texts += [row["text"] for row in csv.DictReader(lines)]
    return texts


def peak() -> float:
    """The most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def many(count: int) -> str:
    """A rule file of made-up words, with a gap in every other phrase."""
    rng = random.Random(7)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(4, 9))) for _ in range(4_000)]
    rules = []
    for number in range(count):
        one, two, three = rng.sample(words, 3)
        rules.append(
            f'[[rule]]\nid = "made-{number}"\nany = ["{one} {two}", "{two} * {three}"]\n'
            'weight = 0.5\nwhy = "Made up."\n'
        )
    return 'about = "Made up."\n' + "".join(rules)


def fuzzed(count: int) -> list[str]:
    """Texts of telling words in any order, loud or not, with odd signs between."""
    rng = random.Random(11)
    lexicon = [
        *SentimentIntensityAnalyzer().lexicon,
        "not",
        "never",
        "so",
        "this",
        "but",
        "no",
        "least",
        "kind of",
        "very",
    ]
    ends = ["", "", "", "!", "?", "...", ",", "'s", "\U0001f621", "!!!", "\u00a0", "\n", "\u0130"]
    texts = []
    for _ in range(count):
        said = (rng.choice(lexicon) for _ in range(rng.randrange(14)))
        texts.append(" ".join((word.upper() if rng.random() < 0.2 else word) + rng.choice(ends) for word in said))
    return texts


if __name__ == "__main__":
    raise SystemExit(main())
