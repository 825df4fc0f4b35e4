"""What the judge says of a post, with the bundled rules, and that nothing upsets it."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from math import exp
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules import judge as judges
from rules.judge import judge
from rules.model import Kind, Mark, Mention, Severity, Verdict
from rules.pack import Brand, RuleBook, load

PACKS = Path(judges.__file__).parent / "packs"
BRAND = Brand("Acme", ("acme", "Amazing Airlines"), frozenset({"acmehelp"}))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def texts() -> Mapping[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in PACKS.glob("*.toml")}


BOOK, TWIN = load(texts(), BRAND), load(texts(), BRAND)


def post(text: str, *, source: str = "x", followers: int | None = None, lang: str | None = None) -> Mention:
    return Mention(source, "1", "1", "sample_customer_01", text, NOON, followers=followers, lang=lang)


def said(text: str, book: RuleBook = BOOK, *, own: bool = False) -> Verdict:
    return judge(post(text), book, own=own)


COMPLAINTS = """\
@AcmeHelp refund please
My account got locked and support ghosted me
Great, charged twice again. Thanks a lot. @AcmeHelp
@AcmeHelp Still waiting for my order
Amazing Airlines cancelled my flight
@AcmeHelp no internet since yesterday, what is going on?
Hey @AcmeHelp, my parcel never arrived
@AcmeHelp worst customer service ever
@AcmeHelp why is your app so slow
@AcmeHelp I have been on hold for 45 minutes
@AcmeHelp your driver left my package in the rain and it is soaked
@AcmeHelp the printer won't print
Thanks for nothing @AcmeHelp
@AcmeHelp love how you never pick up the phone
@AcmeHelp Well done for losing my luggage
@AcmeHelp you charged me for a seat I never got
@AcmeHelp I can't log in and nobody answers
@AcmeHelp this is unacceptable
@AcmeHelp never flying with you again
@AcmeHelp where is my refund??
@AcmeHelp my screen cracked after two days
@AcmeHelp the checkout page keeps crashing
@AcmeHelp your agent hung up on me
@AcmeHelp I want a refund and an explanation
@AcmeHelp the delivery is three days late
@AcmeHelp I was overcharged on my last bill
@AcmeHelp disappointed with the quality
@AcmeHelp my bag is missing and no one cares
WTF @AcmeHelp
@AcmeHelp Seriously? Third time this week that the site is down
@AcmeHelp sent me the wrong size again
@AcmeHelp you guys are useless
@AcmeHelp Your website is broken, I cannot pay
@AcmeHelp what a joke of a company
@AcmeHelp stuck on the runway for two hours with no update
@AcmeHelp somebody hacked my account and you do nothing
@AcmeHelp I am cancelling my subscription, fed up
@AcmeHelp re\u200bfund my money, this is a sc\u00adam
@ACMEHELP NO SIGNAL AGAIN!!! FIX IT
@AcmeHelp you&#39;ve ruined our holiday
"""

QUESTIONS = """\
@AcmeHelp what time do you open on Sundays?
@AcmeHelp how do I change my seat?
@AcmeHelp do you ship to Norway
Does Acme have student discounts?
@AcmeHelp could you tell me which bus goes to the airport
@AcmeHelp is the blue one available in medium?
@AcmeHelp I have a question about my booking
?
??
@AcmeHelp any plans for a dark mode?
@AcmeHelp need help choosing a phone
@AcmeHelp can I bring my dog
Anyone know when the new Acme phone comes out?
@AcmeHelp please advise which form to use
"""

THANKS = """\
@AcmeHelp thank you!
@AcmeHelp Thanks for the quick reply
Thanks, that worked
@AcmeHelp cheers, all sorted now
@AcmeHelp thanks a lot for your help
@AcmeHelp ty
@AcmeHelp it came, thank you so much for the quick help!
@AcmeHelp Much appreciated
@AcmeHelp thank you so much, you fixed it
@AcmeHelp 🙏
"""

PRAISE = """\
I love this app
@AcmeHelp great service today
Shout out to @AcmeHelp and the night crew
@AcmeHelp you are the best
Best airline ever, never a problem
@AcmeHelp your team made my day
@Acme what a wonderful stay
Can't wait to fly with Acme
"""

OTHER = """\
@AcmeHelp
https://example.org/a
It is raining
@sample_customer_02 lol same
Acme opens a new shop in Leeds https://example.org/news

12345
"""


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kind, text)
        for kind, block in (
            (Kind.COMPLAINT, COMPLAINTS),
            (Kind.QUESTION, QUESTIONS),
            (Kind.THANKS, THANKS),
            (Kind.PRAISE, PRAISE),
            (Kind.OTHER, OTHER),
        )
        for text in block.rstrip("\n").split("\n")
    ],
)
def test_a_post_is_of_the_kind_a_reader_would_give_it(kind: Kind, text: str) -> None:
    verdict = said(text)
    assert (verdict.kind, verdict.complaint) == (kind, kind is Kind.COMPLAINT), verdict


@pytest.mark.parametrize(
    ("severity", "text"),
    [
        (Severity.LOW, "@AcmeHelp what time do you open?"),
        (Severity.LOW, "@AcmeHelp great service today"),
        (Severity.NORMAL, "@AcmeHelp the app does not load"),
        (Severity.NORMAL, "@AcmeHelp disappointed with the quality"),
        (Severity.HIGH, "@AcmeHelp I was charged twice"),
        (Severity.HIGH, "@AcmeHelp you will hear from my lawyer"),
        (Severity.HIGH, "@AcmeHelp I am reporting you to the ombudsman"),
        (Severity.HIGH, "@AcmeHelp I'm going to the press with this"),
        (Severity.HIGH, "@AcmeHelp somebody hacked my account"),
        (Severity.HIGH, "@AcmeHelp this plug is dangerous"),
        (Severity.CRISIS, "@AcmeHelp your charger caught fire in my hand"),
        (Severity.CRISIS, "@AcmeHelp my son was hospitalised after eating this"),
        (Severity.CRISIS, "@AcmeHelp your guard harassed my daughter, racist"),
    ],
)
def test_severity_follows_from_what_is_at_stake(severity: Severity, text: str) -> None:
    assert said(text).severity is severity


@pytest.mark.parametrize(
    "text",
    [
        "@AcmeHelp advice on updating would be lovely, mine is stuck. Thank you",
        "@AcmeHelp please enable the calendar in my account. Thanks",
        "@AcmeHelp sent you a DM, kindly check. Thank you",
    ],
)
def test_thanks_in_advance_do_not_close_what_is_asked(text: str) -> None:
    assert said(text).kind in (Kind.QUESTION, Kind.COMPLAINT)


def test_thanks_in_a_long_account_are_manners() -> None:
    account = "I opened the settings and picked the second profile and then the window with the list came up " * 2
    assert said(f"@AcmeHelp Thanks! {account}").kind is Kind.OTHER


def test_a_repeated_failure_is_one_severity_worse() -> None:
    assert said("@AcmeHelp the app does not load").severity is Severity.NORMAL
    assert said("@AcmeHelp third time this week that the app does not load").severity is Severity.HIGH


def test_reach_makes_a_complaint_worse_and_praise_not() -> None:
    complaint, praise = "@AcmeHelp the app does not load", "@AcmeHelp great service today"
    assert judge(post(complaint, followers=49_999), BOOK).severity is Severity.NORMAL
    assert judge(post(complaint, followers=50_000), BOOK).severity is Severity.HIGH
    assert judge(post(praise, followers=5_000_000), BOOK).severity is Severity.LOW


CHASERS = """\
@AcmeHelp any update on this?
@AcmeHelp hello? Is anyone there?
@AcmeHelp still waiting for your reply
@AcmeHelp following up on my message from Monday
@AcmeHelp I messaged you twice already
@AcmeHelp still no answer
@AcmeHelp third time I am asking
@AcmeHelp any news
@AcmeHelp please respond
@AcmeHelp how much longer?
"""

NO_CHASERS = """\
@AcmeHelp thank you for the update
@AcmeHelp the update broke my phone
@AcmeHelp great news
@AcmeHelp I love the new version
@AcmeHelp what time do you open?
?
"""


@pytest.mark.parametrize("text", CHASERS.splitlines())
def test_who_asks_again_is_marked_a_chaser(text: str) -> None:
    assert Mark.CHASER in said(text).marks


@pytest.mark.parametrize("text", NO_CHASERS.splitlines())
def test_who_does_not_ask_again_is_not_marked(text: str) -> None:
    assert said(text).marks == frozenset()


OWN = [
    ("We're looking into this and will get back to you.", {Mark.HOLDING}),
    ("Sorry about that! Our engineers are working on it.", {Mark.HOLDING}),
    ("I've passed this on to the team, bear with us.", {Mark.HOLDING}),
    ("We are aware of the outage and will update you shortly.", {Mark.HOLDING}),
    ("Hang tight, we'll keep you posted.", {Mark.HOLDING}),
    ("Please DM us your order number.", {Mark.HANDOFF}),
    ("Could you send us a direct message with your booking code?", {Mark.HANDOFF}),
    ("Please call us on 0800 000 000.", {Mark.HANDOFF}),
    ("Can you email us at the address on our site?", {Mark.HANDOFF}),
    ("DM us your details and we'll look into it.", {Mark.HANDOFF, Mark.HOLDING}),
    ("Your refund was sent this morning.", set()),
    ("You can change your seat under My Trips.", set()),
    ("Glad to hear it works now!", set()),
    ("We open at nine on Sundays.", set()),
    ("The outage has been fixed and service is back up.", set()),
    ("Happy to help! If you have any other questions, DM us.", set()),
]


@pytest.mark.parametrize(("text", "marks"), OWN)
def test_our_own_reply_is_marked_for_what_it_only_promises(text: str, marks: set[Mark]) -> None:
    verdict = said(text, own=True)
    assert verdict.marks == marks
    assert (verdict.kind, verdict.severity, verdict.score) == (Kind.OTHER, Severity.LOW, 0.0)
    assert verdict.reasons


def test_our_own_post_is_never_a_complaint_whatever_it_says() -> None:
    assert said("Our service is terrible and broken, refund everybody", own=True).kind is Kind.OTHER


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "Mi pedido no ha llegado y nadie contesta"),
        ("fr", "Je n'ai toujours pas re\u00e7u mon remboursement"),
        ("ja", "\u8fd4\u91d1\u3057\u3066\u304f\u3060\u3055\u3044"),
        ("ru", "\u0413\u0434\u0435 \u043c\u043e\u0439 \u0437\u0430\u043a\u0430\u0437?"),
    ],
)
def test_a_language_without_a_rule_file_is_left_to_a_person(lang: str, text: str) -> None:
    verdict = said(text)
    assert (verdict.kind, verdict.lang, verdict.severity) == (Kind.UNJUDGED, lang, Severity.LOW)
    assert "person" in verdict.reasons[0].why


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.COMPLAINT, "@AcmeHelp Wo bleibt mein Paket? Ich warte seit drei Wochen!"),
        (Kind.COMPLAINT, "@AcmeHelp Die App funktioniert schon wieder nicht, so eine Frechheit"),
        (Kind.COMPLAINT, "@AcmeHelp Ihr habt doppelt abgebucht, ich will mein Geld zur\u00fcck"),
        (Kind.QUESTION, "@AcmeHelp Wann gibt es die blaue Jacke wieder in meiner Gr\u00f6\u00dfe?"),
        (Kind.THANKS, "@AcmeHelp Vielen Dank f\u00fcr die schnelle Hilfe"),
    ],
)
def test_german_is_judged_by_its_own_file(kind: Kind, text: str) -> None:
    verdict = said(text)
    assert (verdict.kind, verdict.lang) == (kind, "de")


def test_a_post_of_which_the_rules_of_its_language_make_nothing_is_left_to_a_person() -> None:
    verdict = said("Gestern war ich mit meiner Schwester im Kino und danach noch beim Italiener")
    assert (verdict.kind, verdict.lang) == (Kind.UNJUDGED, "de")
    assert "find nothing" in verdict.reasons[0].why


def test_a_script_that_nothing_reads_is_left_to_a_person_without_a_name() -> None:
    verdict = said("\ua000\ua001\ua002 \ua003\ua004")
    assert (verdict.kind, verdict.lang) == (Kind.UNJUDGED, None)


def test_a_short_text_takes_the_language_its_network_names_unless_a_rule_reads_it() -> None:
    assert judge(post("Paket weg", lang="de-AT"), load({"a.toml": EMPTY}, BRAND)).kind is Kind.UNJUDGED
    assert judge(post("refund pls", lang="de"), BOOK).kind is not Kind.UNJUDGED


EMPTY = 'about = "x"\n[[rule]]\nid = "a"\nany = ["zzzz"]\nweight = 1\nwhy = "x"\n'


def rule_file(rules: str) -> RuleBook:
    return load({"t.toml": f'about = "A test."\n{rules}'}, BRAND)


def test_a_file_for_another_language_makes_that_language_judged() -> None:
    german = 'about = "Deutsch."\nlang = "de"\n[[rule]]\nid = "de"\nany = ["kaputt"]\nweight = 4\nwhy = "Kaputt."\n'
    book = load({"de.toml": german}, BRAND)
    verdict = said("Das Paket ist schon wieder kaputt und niemand hilft mir", book)
    assert (verdict.kind, verdict.lang) == (Kind.COMPLAINT, "de")
    assert all(reason.rule != "de" for reason in said("they say kaputt when they are tired", book).reasons)


def test_a_rule_can_decide_the_kind_and_a_complaint_outweighs_other() -> None:
    book = rule_file(
        '[[rule]]\nid = "spam"\nany = ["giveaway"]\nforces = "other"\nwhy = "Spam."\n'
        '[[rule]]\nid = "fire"\nany = ["on fire"]\nforces = "complaint"\nwhy = "Fire."\n'
    )
    spam, fire = said("worst terrible awful giveaway", book), said("giveaway on fire", book)
    assert (spam.kind, spam.score < 0.05) == (Kind.OTHER, True)
    assert (fire.kind, fire.score > 0.95) == (Kind.COMPLAINT, True)


def test_a_rule_counts_through_its_last_day_only() -> None:
    book = rule_file('[[rule]]\nid = "a"\nany = ["x1"]\nforces = "complaint"\nuntil = 2026-03-02\nwhy = "A."\n')
    last = Mention("x", "1", "1", "a", "x1", datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC))
    next_day = Mention("x", "1", "1", "a", "x1", datetime(2026, 3, 3, tzinfo=UTC))
    assert judge(last, book).complaint
    assert not judge(next_day, book).complaint


def test_a_rule_for_one_network_leaves_others_alone() -> None:
    book = rule_file('[[rule]]\nid = "a"\nany = ["x1"]\nforces = "complaint"\nnetworks = ["reddit"]\nwhy = "A."\n')
    assert judge(post("x1", source="reddit"), book).complaint
    assert not judge(post("x1", source="x"), book).complaint


@pytest.mark.parametrize("text", [*COMPLAINTS.splitlines(), *QUESTIONS.splitlines(), *THANKS.splitlines()])
def test_the_reasons_add_up_to_the_score(text: str) -> None:
    verdict = said(text)
    log_odds = judges.START + sum(reason.weight for reason in verdict.reasons)
    assert verdict.score == pytest.approx(1 / (1 + exp(-log_odds)), abs=1e-4)
    assert all(reason.why.endswith((".", ").")) for reason in verdict.reasons)


ANY_TEXT = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(COMPLAINTS.split() + QUESTIONS.split()), max_size=40).map(" ".join),
    st.text(st.characters(categories=["Mn", "Cf", "Cc", "Cs", "So", "Zs"]), max_size=100),
)


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT, st.booleans(), st.sampled_from([None, "de", "und", "\0", "\ud800", ""]))
@example("\ud800\udfff\0", False, "en")
@example("&#0;&#xD800;&#x110000;&lt;", False, None)
def test_any_text_gets_one_verdict_with_reasons_and_always_the_same(text: str, own: bool, lang: str | None) -> None:
    mention = post(text, lang=lang)
    verdict = judge(mention, BOOK, own=own)
    assert 0 <= verdict.score <= 1
    assert verdict.reasons
    assert judge(mention, TWIN, own=own) == verdict


NAMES = ["Zzyzx", "Amazing Scam", "Fraud & Co", "BROKEN", "love", "Refund+", "404"]
NAMED = {name: load(texts(), Brand(name, (), frozenset({"acmehelp"}))) for name in NAMES}


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize(
    "text", ["my parcel from {} is late", "{} is great", "{}'s app", "see {}, where are you?", "{}"]
)
def test_what_we_are_called_does_not_change_the_score(text: str, name: str) -> None:
    plain = said(text.format("Zzyzx"), NAMED["Zzyzx"])
    for spelt in (name, name.upper(), name.lower(), "@AcmeHelp"):
        assert said(text.format(spelt), NAMED[name]) == plain


def test_a_handle_or_a_link_is_not_read_as_words() -> None:
    bare = said("@sample_person_02 see you at noon https://example.org/a")
    loaded = said("@worst_scam_broken_02 see you at noon https://example.org/refund-terrible-scam")
    assert loaded == bare


HOSTILE = {
    "one word": "a" * 1_000_000,
    "one letter words": "a " * 500_000,
    "not": "not " * 250_000,
    "never good": "never so good but " * 60_000,
    "handles": "@a" * 500_000,
    "dots": "@a.a" * 300_000,
    "links": "http://" * 200_000,
    "entities": "&amp;" * 200_000,
    "open entities": "&" * 1_000_000,
    "combining": "a" + "\u0301\u0316" * 500_000,
    "expanding": "\ufdfa" * 500_000,
    "invisible": "\u200b" * 1_000_000,
    "emoji": "😡" * 500_000,
    "chinese": "\u6f22" * 500_000,
    "capitals": "AAA" * 300_000,
    "quotes": "'" * 1_000_000,
    "exclamation": "!?" * 500_000,
    "drawn out": "soooo " * 200_000,
    "words of rules": " ".join(COMPLAINTS.split()) * 500,
    "names": "acme " * 200_000,
    "spaces": " " * 1_000_000,
    "lines": "\n" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_however_long_or_hostile_holds_the_judge_up(name: str) -> None:
    mention = post(HOSTILE[name])
    judge(mention, BOOK)
    best = min(_timed(mention) for _ in range(3))
    assert best < 0.05


def _timed(mention: Mention) -> float:
    start = time.perf_counter()
    judge(mention, BOOK)
    return time.perf_counter() - start


def test_what_stands_at_the_end_of_a_long_post_is_still_read() -> None:
    assert said("filler words " * 50_000 + " I was charged twice, refund please").complaint


def test_the_bundled_files_load_quickly_and_are_small_enough_to_read() -> None:
    start = time.process_time()
    load(texts(), BRAND)
    assert time.process_time() - start < 0.5
    assert all(text.count("[[rule]]") <= 12 for text in texts().values())
