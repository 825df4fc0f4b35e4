"""Files of coach rules: what they may say, and every mistake with its line."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from rules.coach import coach
from rules.coach_book import Context, examine, load
from rules.coach_grammar import AdviceText, CoachText, schema
from rules.mistakes import Mistakes

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "rules" / "packs" / "coach"
HEAD = 'about = "A test."\n'


def rule(text: str, id_: str = "rule-a") -> str:
    return f'[[advice]]\nid = "{id_}"\nsay = "Say it so."\n{text}\n'


def mistakes(**files: str) -> list[str]:
    with pytest.raises(Mistakes) as raised:
        load({f"{name}.toml": text for name, text in files.items()})
    return [str(mistake) for mistake in raised.value.all]


def given(text: str, draft: str, network: str | None = None, *, head: str = HEAD) -> bool:
    return bool(coach(draft, Context(network, lang="en"), load({"test.toml": head + rule(text)})))


@pytest.mark.parametrize(
    ("text", "draft", "wanted"),
    [
        ('any = ["our policy"]', "it is our policy", True),
        ('any = ["our policy"]', "it is our wish", False),
        ('any = ["policy"]\nnone = ["new policy"]', "our new policy", False),
        ('all = ["policy", "sorry"]', "our policy", False),
        ('all = ["policy", "sorry"]', "sorry, our policy", True),
        ('near = ["sorry", "but"]\nwithin = 2', "sorry for it, but no", True),
        ('near = ["sorry", "but"]\nwithin = 2', "sorry for all of it, but no", False),
        ('pattern = "\\\\d{4}"', "code 1234", True),
        ('pattern = "\\\\d{4}"', "https://example.org/1234", False),
        ('any = ["sorry"]\nat_least = 1', "hello", True),
        ('any = ["sorry"]\nat_least = 1', "sorry", False),
        ('any = ["sorry"]\nat_most = 1', "sorry", False),
        ('any = ["sorry"]\nat_most = 1', "sorry sorry", True),
        ('any = ["we will"]\nlacks = ["when"]', "we will call", True),
        ('any = ["we will"]\nlacks = ["when"]', "we will call by 3pm", False),
        ('finds = "email"', "to sample@example.org", True),
        ('finds = "email"\npublic = ["@example.org"]', "to sample@example.org", False),
        ('finds = "phone"\npublic = ["+44 7911 123456"]', "call +44 (7911) 123456", False),
        ('finds = "link"', "see https://example.org", True),
        ('finds = "link"', "see nothing", False),
    ],
)
def test_advice_is_given_where_all_is_there_that_it_asks_for(text: str, draft: str, wanted: bool) -> None:
    assert given(text, draft) is wanted


def test_a_rule_may_be_for_some_networks_some_posts_and_one_language() -> None:
    assert given('any = ["hi"]\nnetworks = ["x"]', "hi", "x")
    assert not given('any = ["hi"]\nnetworks = ["x"]', "hi", "reddit")
    assert not given('any = ["hi"]\nto = ["praise"]', "hi")
    assert not given('any = ["hi"]', "hi", head=HEAD + 'lang = "de"\n')
    assert given('any = ["hi"]', "hi", head=HEAD + 'lang = "any"\n')


def test_a_limit_is_the_teams_own() -> None:
    text = 'finds = "length"\nlimits = { x = 5 }'
    assert given(text, "123456", "x")
    assert not given(text, "12345", "x")
    assert not given(text, "123456", "mastodon")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (rule('anny = ["a"]'), 'a.toml:5: unknown key "anny"; did you mean "any"?'),
        (rule(""), 'a.toml:3: rule "rule-a" looks for nothing; give it any, all, near, pattern or finds'),
        (rule('any = ["* late"]'), 'a.toml:5: rule "rule-a" any phrase "* late" begins or ends with a "*" of its own;'),
        (rule('any = [\n  "a",\n  "b(",\n]'), 'a.toml:7: rule "rule-a" any phrase "b(" has a "("'),
        (rule('pattern = "("'), 'a.toml:5: rule "rule-a" pattern is no RE2 pattern'),
        (rule('pattern = "a*"'), 'a.toml:5: rule "rule-a" pattern matches an empty text and so every draft;'),
        (rule('near = ["a"]'), 'a.toml:5: rule "rule-a" near names 1; name two or three phrases'),
        (rule('any = ["a"]\nseverity = "may"'), "a.toml:6: \"severity\" should be 'must' or 'should'"),
        (rule('finds = "fone"'), 'did you mean "phone"?'),
        (rule('finds = "length"'), 'has limits, or finds = "length", without the other; write both or none'),
        (rule('any = ["a"]\nat_least = 1\nat_most = 2'), "has at_least and at_most; keep one of them"),
        (rule('all = ["a"]\nat_most = 2'), "counts, and so may not have all or near; use any, pattern or finds"),
        (rule('any = ["a"]\nat_most = -1'), 'a.toml:6: "at_most" should be greater than or equal to 0'),
        (rule('any = ["a"]\nexamples.flag = ["b"]'), 'a.toml:6: rule "rule-a" does not match its own example: "b";'),
        (
            rule('any = ["a"]\nexamples.pass = ["a"]'),
            'a.toml:6: rule "rule-a" matches an example that it must let pass',
        ),
        (rule('any = ["a"]') + rule('any = ["b"]'), 'a.toml:7: rule "rule-a" has the id of the one at a.toml:3;'),
        ('[[advice]]\nid = "b"\nany = ["a"]', 'a.toml:2: "say" is missing; add it (the suggestion:'),
        ("", "a.toml: the file has no rule; add an [[advice]], or remove the file"),
        (rule('any = ["a'), "a.toml:5: this is not TOML"),
    ],
)
def test_a_mistake_has_its_line_and_its_cure(text: str, sentence: str) -> None:
    (found,) = mistakes(a=HEAD + text)
    assert sentence in found


def test_all_mistakes_of_all_files_are_said_at_once() -> None:
    found = mistakes(a=HEAD + rule('any = ["("]'), b=HEAD + rule('any = [")"]', "rule-b"), c="x")
    assert [sentence.partition(":")[0] for sentence in found] == ["a.toml", "b.toml", "c.toml"]


def test_an_example_of_a_length_is_read_for_the_strictest_network() -> None:
    text = 'finds = "length"\nlimits = { x = 3, reddit = 9 }\nexamples.flag = ["1234"]\nexamples.pass = ["123"]'
    _, proof = examine({"a.toml": HEAD + rule(text)})
    assert (proof.tried, proof.failures) == (2, ())


def test_the_bundled_rules_prove_themselves_with_their_examples() -> None:
    book, proof = examine({file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.toml")})
    assert proof.failures == ()
    assert proof.tried >= 3 * len(book.rules)
    assert book.languages == {"en", "de"}


def test_the_schema_is_shipped_as_it_is_and_every_key_has_its_meaning() -> None:
    made = schema()
    Draft7Validator.check_schema(made)
    assert json.loads((FOLDER / "schema.json").read_text(encoding="utf-8")) == made
    rules = made["$defs"]["AdviceText"]["properties"]
    assert (set(made["properties"]), set(rules)) == (set(CoachText.model_fields), set(AdviceText.model_fields))
    assert all(key["description"] for key in (*made["properties"].values(), *rules.values()))


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.name)
def test_every_file_names_the_schema(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("#:schema ./schema.json\n")


def test_the_fingerprint_changes_with_the_text_only() -> None:
    one, other = HEAD + rule('any = ["a"]'), HEAD + rule('any = ["b"]')
    assert load({"a.toml": one}).fingerprint == load({"a.toml": one}).fingerprint
    assert load({"a.toml": one}).fingerprint != load({"a.toml": other}).fingerprint


PAGE = (ROOT / "docs" / "coach.md").read_text(encoding="utf-8")


def test_the_page_names_every_key_and_every_rule_and_shows_a_good_file() -> None:
    written = {"examples": "`examples.flag`"}
    keys = [*AdviceText.model_fields, *CoachText.model_fields]
    assert [key for key in keys if written.get(key, f"`{key}`") not in PAGE] == []
    book = load({file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.toml")})
    assert [rule.id for rule in book.rules if f"`{rule.id.removeprefix('de-')}`" not in PAGE] == []
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(load({"shown.toml": shown}).rules) == 2
