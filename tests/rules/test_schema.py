"""The JSON Schema of rule files: editors and Harken agree on what may stand in one."""

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from rules.grammar import PackText, RuleText, schema
from rules.mistakes import Mistakes
from rules.pack import Brand, load

ROOT = Path(__file__).parents[2]
PACKS = sorted((ROOT / "rules" / "packs").glob("*.toml"))
STARTER = ROOT / "monitor" / "starter.toml"
HEAD = 'about = "A test."\n'
RULE = '[[rule]]\nid = "a"\nany = ["b"]\nweight = 1\nwhy = "So."\n'


def complaints(text: str) -> list[str]:
    """What an editor underlines in a rule file."""
    read = json.loads(json.dumps(tomllib.loads(text), default=date.isoformat))
    return [error.message for error in Draft7Validator(schema()).iter_errors(read)]


def refused(text: str) -> bool:
    try:
        load({"a.toml": text}, Brand("Sample"))
    except Mistakes:
        return True
    return False


def test_the_schema_is_one_and_is_shipped_as_it_is() -> None:
    Draft7Validator.check_schema(schema())
    assert json.loads((ROOT / "rules" / "packs" / "schema.json").read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("file", [*PACKS, STARTER], ids=lambda file: file.name)
def test_every_rule_file_names_the_schema_and_keeps_to_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("#:schema ./schema.json\n")
    assert complaints(text) == []


@pytest.mark.parametrize(
    "text",
    [
        HEAD + RULE.replace("any", "ani"),
        HEAD + RULE.replace("weight = 1", 'weight = "1"'),
        HEAD + RULE.replace("weight = 1", "weight = 11"),
        HEAD + RULE.replace("weight = 1", "weight = true"),
        HEAD + RULE + 'raises = "yes"\n',
        HEAD + RULE + "followers = -1\n",
        HEAD + RULE + "within = 2.5\n",
        HEAD + RULE.replace("weight = 1", 'severity = "worse"'),
        HEAD + RULE.replace('"a"', '"A b"'),
        HEAD + RULE.replace('["b"]', '"b"'),
        HEAD + RULE.replace('why = "So."', ""),
        HEAD + RULE + "examples.flog = ['b']\n",
        HEAD + "[tone]\nhelp = 5\n",
        HEAD + 'by = "them"\n' + RULE,
        RULE,
    ],
)
def test_what_an_editor_underlines_harken_refuses_and_the_other_way_round(text: str) -> None:
    assert complaints(text)
    assert refused(text)


def test_every_key_has_its_meaning_in_the_schema() -> None:
    made = schema()
    rule = made["$defs"]["RuleText"]["properties"]
    assert set(made["properties"]) == set(PackText.model_fields)
    assert set(rule) == set(RuleText.model_fields)
    assert all(key["description"] for key in (*made["properties"].values(), *rule.values()))
    assert "null" not in json.dumps(made)


def without_comments(text: str) -> str:
    """The starter with every key that is commented out let in."""
    return re.sub(r"^# (\[tone\]|[a-z]+ = )", r"\1", text, flags=re.MULTILINE)


def test_the_starter_shows_every_key_and_each_works() -> None:
    text = STARTER.read_text(encoding="utf-8")
    (made,) = load({"starter.toml": text}, Brand("Sample")).rules
    assert made.weight > 0
    full = without_comments(text).replace('by = "us"', 'by = "customer"')
    shown = tomllib.loads(full)
    assert set(shown) == set(PackText.model_fields)
    assert set(shown["rule"][0]) == set(RuleText.model_fields)
    # All conditions at once fit no short example.
    assert not refused(full.replace('examples.flag = ["My sample widget broke after a day"]', ""))


@pytest.mark.parametrize("weight", ["nan", "inf", "-inf", "+nan"])
def test_a_weight_that_is_no_number_is_a_mistake(weight: str) -> None:
    assert refused(HEAD + RULE.replace("weight = 1", f"weight = {weight}"))
