"""Rule files: what they may say, and every mistake with its line."""

import re
import time
from collections.abc import Mapping

import pytest

from rules.mistakes import Mistakes
from rules.pack import MOST_RULES, Brand, RuleBook, examine, load
from rules.text import clean, words

BRAND = Brand("Acme", ("acme", "acme app"), frozenset({"acmehelp"}))


def pack(*rules: str, head: str = 'about = "A test."') -> str:
    """A file with one ``[[rule]]`` for each of ``rules``, which leave out the id and the why."""
    body = "\n".join(f'[[rule]]\nid = "rule-{n}"\nwhy = "It says so."\n{text}' for n, text in enumerate(rules))
    return f"{head}\n{body}\n"


def book(*rules: str, head: str = 'about = "A test."') -> RuleBook:
    return load({"test.toml": pack(*rules, head=head)}, BRAND)


def matches(rule: str, text: str, *, own: bool = False, head: str = 'about = "A test."') -> bool:
    made = book(rule, head=head)
    masked = made.mask(clean(text))
    return [fired.id for fired in made.fired(masked, words(masked), own=own)] == ["rule-0"]


def mistakes(files: Mapping[str, str]) -> list[str]:
    with pytest.raises(Mistakes) as raised:
        load(files, BRAND)
    return [str(mistake) for mistake in raised.value.all]


@pytest.mark.parametrize(
    ("rule", "text", "matched"),
    [
        ('any = ["refund"]', "Refund!", True),
        ('any = ["refund"]', "refunded", False),
        ('any = ["refund*"]', "I was REFUNDED", True),
        ('any = ["*gate"]', "bendgate again", True),
        ('any = ["still waiting"]', "I am still, waiting", True),
        ('any = ["still waiting"]', "still I am waiting", False),
        ('any = ["still * waiting"]', "still waiting", True),
        ('any = ["still * waiting"]', "still I am waiting", True),
        ('any = ["still * waiting"]', "still for three whole weeks waiting", False),
        ('any = ["lost|lose my bag|bags"]', "you lose my bags", True),
        ('any = ["gift_card|voucher * expired"]', "the gift card has expired", True),
        ('any = ["e-mail"]', "no e mail yet", True),
        ('any = ["don\'t work"]', "They dont work", True),
        ('any = ["dont work"]', "They don\u2019t work", True),
        ('any = ["{brand} is down"]', "ACME is down", True),
        ('any = ["{brand} is down"]', "@AcmeHelp is down", True),
        ('any = ["{brand} is down"]', "Acme\u2019s is down", True),
        ('any = ["{handle} lied"]', "@sample_customer_01 lied", True),
        ('any = ["{number} days"]', "for 12 days", True),
        ('any = ["see {link}"]', "see https://example.org/a?b=c", True),
        ('any = ["example"]', "see https://example.org/a?b=c", False),
        ('any = ["😡"]', "why 😡😡", True),
        ('any = ["refund"]', "re\u200bfu\u00adnd", True),
        ('any = ["refund"]', "\uff32\uff25\uff26\uff35\uff2e\uff24", True),
        ('any = ["refund"]', "where&#39;s my &quot;refund&quot;", True),
        ('any = ["please"]', "pleeeeease", True),
        ('any = ["rückzahlung"]', "Ru\u0308ckzahlung jetzt", True),
        ('all = ["refund", "waiting"]', "waiting for my refund", True),
        ('all = ["refund", "waiting"]', "my refund", False),
        ('any = ["refund"]\nnone = ["thanks * refund"]', "thanks for the refund", False),
        ('near = ["order|parcel", "late|lost"]', "late as ever, my parcel", True),
        ('near = ["order|parcel", "late|lost"]\nwithin = 1', "my parcel is a bit late", False),
        ('near = ["not", "my fault", "yours"]', "this is yours and not at all my fault", True),
        ('pattern = "#\\\\d{4,}"', "order #12345", True),
        ('pattern = "#\\\\d{4,}"', "order #1", False),
        ('pattern = "refund"', "REFUND", True),
        ('any = ["order"]\npattern = "\\\\d"', "order 5", True),
        ('any = ["order"]\npattern = "\\\\d"', "order five", False),
    ],
)
def test_a_rule_matches_when_everything_it_asks_for_is_there(rule: str, text: str, matched: bool) -> None:
    assert matches(f"{rule}\nweight = 1", text) is matched


def test_a_rule_of_ours_reads_only_our_posts() -> None:
    rule, head = 'any = ["dm us"]\nmark = "handoff"', 'about = "Ours."\nby = "us"'
    assert matches(rule, "please DM us", own=True, head=head)
    assert not matches(rule, "please DM us", own=False, head=head)


def test_a_name_with_spaces_is_masked_as_one_word() -> None:
    assert matches('any = ["{brand} sucks"]\nweight = 1', "the Acme  App sucks")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('about = "x"\n[[rule]]\nid = "a"\nany = ["b"]\nweight = 1\n', ':2: "why" is missing'),
        (pack('ani = ["b"]\nweight = 1'), ':5: unknown key "ani"; did you mean "any"?'),
        (pack('any = ["b"]\nweight = "strong"'), ':6: "weight" should be'),
        (pack('any = "b"\nweight = 1'), ':5: "any" should be'),
        (
            pack("weight = 1"),
            ':3: rule "rule-0" looks for nothing; give it any, all, near, pattern, handles or followers',
        ),
        (pack('any = ["b"]'), ':3: rule "rule-0" changes nothing; give it a weight'),
        (pack('any = ["ok",\n  "* b"]\nweight = 1'), ':6: rule "rule-0" any phrase "* b" begins or ends with a "*"'),
        (pack('any = ["(a|b)"]\nweight = 1'), 'has a "("'),
        (pack('any = ["a*"]\nweight = 1'), 'has "a*", which fits almost anything; give at least 3 letters'),
        (pack('any = ["!!!"]\nweight = 1'), 'has "!!!", which is no word'),
        (pack('any = ["{band}"]\nweight = 1'), 'has "{band}"; known are {brand}'),
        (pack('any = ["a|b|c|d|e|f|g|h " ]\nweight = 99'), '"weight" should be'),
        (pack('near = ["a"]\nweight = 1'), ':5: rule "rule-0" near names 1; name two or three phrases'),
        (pack('pattern = "(a"\nweight = 1'), ':5: rule "rule-0" pattern is no RE2 pattern (missing ): (a)'),
        (pack("pattern = '(?=a)'\nweight = 1"), "RE2 knows no look-around"),
        (pack("pattern = 'a*'\nweight = 1"), "matches an empty text"),
        (pack('any = ["b"]\nmark = "holding"'), ':6: rule "rule-0" "holding" is for our own posts; add by = "us"'),
        (pack('any = ["b"]\nweight = 1', head='about = "x"\nby = "us"'), "reads our own posts but has no mark"),
        (pack('any = ["b"]\nweight = 1\nuntil = "soon"'), '"until" should be'),
        (pack('any = ["b"]\nweight = 1\nexamples.flag = ["a",\n"c"]'), ':7: rule "rule-0" does not match its own'),
        (pack('any = ["b"]\nweight = 1\nexamples.pass = ["a b"]'), "matches an example that it must let pass"),
        ('about = "x"\n[[rule]\n', ":2: this is not TOML"),
        ("", '"about" is missing'),
        ('about = "x"\n', "the file has no rule; add a [[rule]], or remove the file"),
        ('about = "x"\nlang = "English"\n', '"lang" should be'),
        ('about = "x"\n[tone]\nrefund = -9\n', '"refund" should be'),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_its_cure(text: str, said: str) -> None:
    found = mistakes({"test.toml": text})
    assert any(said in mistake for mistake in found), found
    assert all(re.match(r"test\.toml(:\d+)?: .+; .+", mistake) for mistake in found)


def test_all_mistakes_of_all_files_are_reported_together() -> None:
    files = {
        "a.toml": pack('any = ["* b"]\nweight = 1', 'any = ["b"]\nweight = 1\nexamples.flag = ["c"]'),
        "b.toml": 'about = "x"\n[[rule]\n',
        "c.toml": pack("pattern = '('\nweight = 1", head='about = "x"\ntopik = "y"'),
    }
    found = mistakes(files)
    assert [mistake.split(":")[0] for mistake in found] == ["a.toml", "a.toml", "a.toml", "b.toml", "c.toml"] or len(
        found
    ) >= 4
    assert {mistake.split(":")[0] for mistake in found} == set(files)


def test_two_rules_of_one_id_are_a_mistake_that_names_both_places() -> None:
    rule = 'any = ["b"]\nweight = 1'
    assert mistakes({"a.toml": pack(rule), "b.toml": pack(rule)}) == [
        'b.toml:3: a rule "rule-0" stands at a.toml:3 already; give this one another id'
    ]


@pytest.mark.parametrize("length", [30, 80, 120, 160])
def test_a_file_that_breaks_off_inside_a_rule_is_refused(length: int) -> None:
    whole = (
        'about = "Truncated."\n[[rule]]\nid = "first"\nany = ["refund"]\nweight = 1\nwhy = "Asks for money."\n'
        '[[rule]]\nid = "second"\nany = ["invoice"]\nweight = 1\nwhy = "Asks for a bill."\n'
    )
    assert load({"t.toml": whole}, BRAND)
    assert mistakes({"t.toml": whole[:length]})


def test_a_file_of_50000_rules_is_refused_before_it_is_parsed() -> None:
    text = 'about = "x"\n' + '[[rule]]\nid = "a"\n' * 50_000
    (found,) = mistakes({"big.toml": text})
    assert found.startswith("big.toml: the file has 900,012 characters and 50,000 rules; ")
    assert f"{MOST_RULES:,} are the most" in found


def test_50000_rules_in_many_files_are_refused_before_they_are_parsed() -> None:
    text = 'about = "x"\n' + "[[rule]]\nnonsense" * 10_000
    start = time.process_time()
    assert mistakes({f"{n}.toml": text for n in range(5)}) == [
        f"rules: there are 50,000 rules in all; {MOST_RULES:,} are the most; take some out"
    ]
    assert time.process_time() - start < 1


def test_more_rules_in_all_than_fit_are_refused() -> None:
    each = MOST_RULES // 2 + 1
    rule = '[[rule]]\nid = "{0}"\nany = ["{0}"]\nweight = 1\nwhy = "x"\n'
    files = {f"{name}.toml": 'about = "x"\n' + "".join(rule.format(f"{name}{n}") for n in range(each)) for name in "ab"}
    assert mistakes(files) == [
        f"rules: there are {MOST_RULES + 2:,} rules in all; {MOST_RULES:,} are the most; take some out"
    ]


@pytest.mark.parametrize("pattern", ["(x{500}){3}", "(?:[a-z]{0,100}[0-9]){40}", "x{800}" * 50])
def test_a_pattern_too_large_to_be_cheap_is_a_mistake(pattern: str) -> None:
    assert len(mistakes({"t.toml": pack(f"pattern = '{pattern}'\nweight = 1")})) == 1


def test_a_phrase_with_too_many_ways_is_a_mistake() -> None:
    slot = "|".join(f"w{n}" for n in range(20))
    found = mistakes({"t.toml": pack(f'any = ["{slot} {slot} {slot}"]\nweight = 1')})
    assert "says it in more than 2,000 ways" in found[0]


def test_an_example_holds_even_where_we_are_called_by_one_of_its_words() -> None:
    text = pack('any = ["love it"]\nweight = 1\nexamples.flag = ["I love it"]\nexamples.pass = ["we hate it"]')
    assert load({"t.toml": text}, Brand("Love", ("hate",))).rules


def test_failed_examples_can_be_counted_apart_from_other_mistakes() -> None:
    text = pack('any = ["b"]\nweight = 1\nexamples.flag = ["b", "c"]\nexamples.pass = ["d"]')
    made, proof = examine({"t.toml": text}, BRAND)
    assert [rule.id for rule in made.rules] == ["rule-0"]
    assert proof.tried == 3
    assert [(failure.text, failure.wanted, failure.line) for failure in proof.failures] == [("c", True, 7)]


def test_the_fingerprint_changes_with_the_text_and_with_the_brand_and_not_otherwise() -> None:
    files = {"a.toml": pack('any = ["b"]\nweight = 1')}
    same = load(files, BRAND).fingerprint
    assert load(dict(files), BRAND).fingerprint == same
    assert load({"a.toml": files["a.toml"] + "# note\n"}, BRAND).fingerprint != same
    assert load(files, Brand("Other")).fingerprint != same
    assert load({"b.toml": files["a.toml"]}, BRAND).fingerprint != same


def test_a_rule_with_only_a_route_says_something() -> None:
    (rule,) = book('any = ["b"]\nroute = "press desk"').rules
    assert rule.route == "press desk"


def test_the_last_day_there_is_is_no_end() -> None:
    (rule,) = book('any = ["b"]\nweight = 1\nuntil = 9999-12-31').rules
    assert rule.ends is None


def test_two_rules_of_one_id_are_a_mistake_that_names_the_other_place_also_across_files() -> None:
    text = pack('any = ["b"]\nweight = 1')
    (found,) = mistakes({"a.toml": text, "b.toml": text})
    assert found == 'b.toml:3: a rule "rule-0" stands at a.toml:3 already; give this one another id'
