"""How bad is it? Lines of each kind of stake, as people write them, with the bundled rules and weights.

47 of the first 54 lines were right with the rules as they stood before anybody had read them; rules were mended for
six, and one line was exchanged. How well `high` agrees with labels of accusation and blame, bench/judge.py measures.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import judge as judges
from rules.judge import judge
from rules.model import Mention, Severity
from rules.pack import Brand, load

PACKS = Path(judges.__file__).parent / "packs"
BOOK = load({file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}, Brand("Acme"))


def severity(text: str, followers: int | None = None) -> Severity:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    post = Mention("x", "1", "1", "sample_customer_01", f"@acme {text}", moment, followers=followers)
    return judge(post, BOOK).severity


LINES = """\
normal money: my refund has not arrived yet
high money: You charged my card twice for one ticket
high money: 400 pounds were taken from my account without my permission
high money: I was billed for a subscription I cancelled in May
high money: You stole my money, this is theft
high money: charged me 89 dollars for a bag you said was free, give my money back
high money: my account was hacked and somebody spent 300 euros
high money: you keep taking payments from a dead man's account
crisis safety: The heater you sold me caught fire last night
crisis safety: my daughter is in hospital after eating your salad
crisis safety: The charger exploded next to the cot
crisis safety: your driver nearly killed a cyclist on Mill Lane
crisis safety: There is a gas leak in our street and nobody comes
crisis safety: Your security guard assaulted my son
crisis safety: got an electric shock from the kettle
high safety: we are stranded at the station at midnight with two small kids
high safety: the stairs in your shop are dangerous, no rail at all
high safety: no heating for three days with a baby in the house
high legal: My solicitor will be in touch about the damage to my car
high legal: see you in small claims court
high legal: I will sue you for this
high legal: I am taking legal action over the lost parcel
high legal: this is illegal and I have reported it to the police
high press: I am telling the newspapers how you treat disabled passengers
high press: about to post everywhere how you treated us, let's make this go viral
high press: as a journalist I wonder why you ignore your customers, for comment please
high regulator: reporting you to the ombudsman
high regulator: I have complained to trading standards about your fake discounts
high regulator: you broke GDPR by sending my bill to a neighbour
normal plain: the app does not load
normal plain: my parcel is late
normal plain: the blue jacket came in the wrong size
normal plain: I cannot log in since the update
normal plain: the seat was broken and the screen was off
normal plain: no signal in Leeds this morning
normal plain: disappointed with the quality of the towels
normal plain: my order has not shipped
normal plain: your website is slow today
normal plain: waited ten minutes at the counter
high repeated: third time this week that the app does not load
high repeated: my parcel is late again, for the fourth time
high repeated: I have emailed five times and my order still has not shipped
high repeated: every single month the bill is wrong
high blame: you lied to me about the delivery
high blame: your staff are rude, incompetent liars
high blame: shame on you, you ruined my mother's birthday
high blame: you people do not care about customers, worst company ever
high blame: what a disgusting way to treat people, you should be ashamed
high blame: absolute scam of a company, avoid
low question: what time do you open on Sunday?
low question: can I pay with a gift card?
low question: is the ombudsman's leaflet in your shop?
low praise: the new heater is lovely and warm
low praise: my lawyer friend loves your new cafe
"""
"""Severity, what is at stake, and the line."""
TABLE = [
    (word, stake, text)
    for word, stake, text in (
        (*line.partition(": ")[0].split(), line.partition(": ")[2]) for line in LINES.splitlines()
    )
]
STAKES = {"money", "safety", "legal", "press", "regulator", "repeated", "blame", "plain", "question", "praise"}


@pytest.mark.parametrize(("word", "text"), [(word, text) for word, _, text in TABLE])
def test_severity_follows_from_what_is_at_stake(word: str, text: str) -> None:
    assert severity(text).word == word


@pytest.mark.parametrize("text", [text for word, stake, text in TABLE if stake == "plain"])
def test_a_plain_complaint_is_one_worse_when_many_people_read_its_author(text: str) -> None:
    assert severity(text, 49_999) is Severity.NORMAL
    assert severity(text, 50_000) is Severity.HIGH


@pytest.mark.parametrize("text", [text for word, stake, text in TABLE if stake == "praise"])
def test_praise_is_never_bad_whoever_reads_it(text: str) -> None:
    assert severity(text, 5_000_000) is Severity.LOW


def test_reach_makes_a_crisis_of_what_was_high_and_nothing_is_worse_than_a_crisis() -> None:
    assert severity("You charged my card twice for one ticket", 50_000) is Severity.CRISIS
    assert severity("The heater you sold me caught fire last night", 50_000) is Severity.CRISIS


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len({text for _, _, text in TABLE}) >= 40
    assert Counter(stake for _, stake, _ in TABLE).keys() == STAKES
