"""Every mistake is named with its file, its line and its cure."""

import tomllib
from typing import Any, Literal, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rules.durations import Duration
from rules.mistakes import Mistake, Mistakes, read_toml, validate

DOCUMENT = '''\
# a comment = 1
rules = "packs"
brand.name = "Acme # not a comment"
brand . "zo.ne" = 'x'

[slack]
blocks = [
  "one",  # ] a comment
  { a = 1, b.c = [2, 3] },
]
long = """
[not.a.header]
a = 1 \\""" "" """
after = true

[[policy]]
name = "a"
  [[policy.step]]
  at = "0m"
  [[policy.step]]
  at = 1979-05-27 07:32:00
[[policy]]
name = "b"
[policy.reply_within]
low = "8h"
  [[policy.step]]
  to = []
[a.b.c]
x = 1
[a]
y = \'\'\'it''s
two lines\'\'\'\'\'
z = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("rules",), 2),
        (("brand",), 3),
        (("brand", "name"), 3),
        (("brand", "zo.ne"), 4),
        (("slack",), 6),
        (("slack", "blocks"), 7),
        (("slack", "blocks", 0), 8),
        (("slack", "blocks", 1), 9),
        (("slack", "blocks", 1, "b", "c", 1), 9),
        (("slack", "long"), 11),
        (("slack", "after"), 14),
        (("policy",), 16),
        (("policy", 0), 16),
        (("policy", 0, "step", 0, "at"), 19),
        (("policy", 0, "step", 1), 20),
        (("policy", 1, "name"), 23),
        (("policy", 1, "reply_within", "low"), 25),
        (("policy", 1, "step", 0, "to"), 27),
        (("a", "b", "c", "x"), 29),
        (("a", "b"), 28),
        (("a",), 30),
        (("a", "z"), 33),
        (("policy", 1, "step", 0, "nothing", 7), 26),
        (("nothing",), None),
        ((), None),
    ],
)
def test_a_path_leads_to_its_line_or_to_its_nearest_parents(path: tuple[str | int, ...], line: int | None) -> None:
    assert read_toml(DOCUMENT, "x.toml").line(path) == line


KEYS = st.text("ab.\"'\\ é#=[]\n", max_size=4) | st.sampled_from(["name", "a-b", "1"])
SCALARS = st.sampled_from(
    [
        "1",
        "-0.5e3",
        "true",
        "1979-05-27 07:32:00",
        "1979-05-27T07:32:00Z",
        '"[x]"',
        "'a, b } # c'",
        '"""\n[x]\na = 1\n"""',
        '"""a\\"""b"" """""',
        "'''\n'' # \n'''''",
        '""',
        "''",
        '""""""',
    ],
)
BLANK = st.sampled_from(["", "  # ]}[,\n", "\n", " \n\n"])


def quoted(key: str) -> str:
    plain = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return key if key and key.replace("-", "").isalnum() and key.isascii() else f'"{plain}"'


@st.composite
def written_documents(  # noqa: C901 - one small writer for each shape of TOML
    draw: st.DrawFn,
) -> tuple[str, dict[tuple[str | int, ...], int]]:
    """A random TOML text and the line of every key and list element in it, known because we wrote it."""
    text: list[str] = []
    lines: dict[tuple[str | int, ...], int] = {}

    def here() -> int:
        return "".join(text).count("\n") + 1

    def value(path: tuple[str | int, ...], depth: int, *, one_line: bool = False) -> None:
        shape = draw(st.sampled_from(["scalar", "list", "table"] if depth < 3 else ["scalar"]))
        if shape == "scalar":
            text.append(draw(SCALARS))
        elif shape == "list":
            text.append("[")
            for index in range(draw(st.integers(0, 3))):
                text.append(draw(BLANK))
                lines[*path, index] = here()
                value((*path, index), depth + 1)
                text.append(draw(BLANK) + ",")
            text.append(draw(BLANK) + "]")
        else:
            text.append("{ ")
            for index, key in enumerate(draw(st.lists(KEYS, max_size=2, unique=True))):
                text.append(", " if index else "")
                pair((*path, key), depth + 1)
            text.append(" }")

    def pair(path: tuple[str | int, ...], depth: int) -> None:
        dotted = draw(st.lists(KEYS, max_size=2))
        full = (*path, *dotted)
        for length in range(len(path), len(full) + 1):
            lines[full[:length]] = here()
        text.append(draw(st.sampled_from([".", " . "])).join(quoted(str(part)) for part in (path[-1], *dotted)))
        text.append(draw(st.sampled_from(["=", " = ", "\t=  "])))
        value(full, depth)

    def body(path: tuple[str | int, ...]) -> None:
        for key in draw(st.lists(KEYS, max_size=3, unique=True)):
            text.append(draw(BLANK) + "\n  ")
            pair((*path, "k" + key), 0)
        text.append("\n" + draw(BLANK) + "\n")

    body(())
    for name in draw(st.lists(KEYS.map(lambda key: "t" + key), max_size=3, unique=True)):
        many = draw(st.booleans())
        for index in range(draw(st.integers(1, 3)) if many else 1):
            lines.setdefault((name,), here())
            path: tuple[str | int, ...] = (name, index) if many else (name,)
            lines[path] = here()
            text.append(f"[[ {quoted(name)} ]]" if many else f"[{quoted(name)}]")
            body(path)
            for inner in range(draw(st.integers(0, 2))):
                lines.setdefault((*path, "sub"), here())
                lines[*path, "sub", inner] = here()
                text.append(f"[[{quoted(name)}.sub]] # ]]")
                body((*path, "sub", inner))
    return "".join(text), lines


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, below in inner for found in [(*path, key), *every_path(below, (*path, key))]]


@given(written_documents(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_path_of_any_document_has_the_line_it_was_written_on(
    written: tuple[str, dict[tuple[str | int, ...], int]], windows: bool
) -> None:
    text, lines = written
    located = read_toml(text.replace("\n", "\r\n") if windows else text, "x.toml")
    assert located.table == tomllib.loads(text)
    assert set(every_path(located.table)) == set(located.lines)
    assert located.lines == lines


@given(st.text("[]{}=.,#\"'\\\n\r\t ab1", max_size=30))
@settings(max_examples=500)
def test_any_text_is_read_or_refused_at_a_line(text: str) -> None:
    found: tuple[Mistake, ...] = ()
    try:
        located = read_toml(text, "x.toml")
    except Mistakes as mistakes:
        found = mistakes.all
    else:
        assert set(every_path(located.table)) == set(located.lines)
    assert all(mistake.line is not None for mistake in found)


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid")
    at: Duration = Field(description='when, such as "10m"')
    to: tuple[str, ...] = ()


class Door(BaseModel):
    lock: bool = False
    key: bool = False

    @model_validator(mode="after")
    def _needs_a_key(self) -> Self:
        if self.lock and not self.key:
            raise ValueError("needs a key if it has a lock; set key = true")
        return self


def test_a_mistake_of_a_whole_table_names_the_table() -> None:
    located = read_toml("[[door]]\n[[door]]\nlock = true\n", "x.toml")
    with pytest.raises(Mistakes, match=r'^x\.toml:2: "door" needs a key if it has a lock; set key = true$'):
        validate(Door, located, at=("door", 1))


class Ladder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    steps: tuple[Step, ...] = Field((), alias="step")
    within: dict[str, Duration] = {}
    mood: Literal["low", "high"] = "low"
    deep: dict[str, list[int]] = {}


def mistakes_of(text: str) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        validate(Ladder, read_toml(text, "x.toml"))
    return [str(mistake) for mistake in caught.value.all]


def test_all_mistakes_come_at_once_each_with_its_line_and_cure() -> None:
    assert mistakes_of('nam = "a"\nwithin = { low = "soon" }\n[[step]]\nat = 5\ntoo = []\n[[step]]\nto = "#a"\n') == [
        'x.toml: "name" is missing; add it',
        'x.toml:4: "at" is no length of time; write it as "90s", "10m", "2h" or "3d"',
        'x.toml:5: unknown key "too"; did you mean "to"?',
        'x.toml:6: "at" is missing; add it (when, such as "10m")',
        'x.toml:7: "to" should be a list; it is text in quotes',
        'x.toml:2: "low" is no length of time; write it as "90s", "10m", "2h" or "3d"',
        'x.toml:1: unknown key "nam"; did you mean "name"?',
    ]


def test_a_key_like_no_other_is_answered_with_the_known_ones() -> None:
    assert mistakes_of('name = "a"\nquux = 1') == [
        'x.toml:2: unknown key "quux"; known here: name, step, within, mood, deep'
    ]


def test_a_word_that_is_none_of_the_possible_ones_is_answered_with_the_nearest() -> None:
    assert mistakes_of('name = "a"\nmood = "hihg"') == [
        "x.toml:2: \"mood\" should be 'low' or 'high'; did you mean \"high\"?"
    ]
    assert mistakes_of('name = "a"\nmood = 5') == ["x.toml:2: \"mood\" should be 'low' or 'high'; correct it"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step = 5", '"step" should be a list; it is a number'),
        ("step = [5]", '"step" should be a table; it is a number'),
        ("within = []", '"within" should be a table; it is a list'),
        ('deep = { a = ["x"] }', '"a" should be a whole number; it is text in quotes'),
        ("deep = { a = [1.5] }", '"a" should be a whole number; it is a number'),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_the_words_of_the_file(text: str, said: str) -> None:
    assert mistakes_of(f'name = "a"\n{text}') == [f"x.toml:2: {said}"]


def test_a_wrong_value_is_never_repeated_for_it_may_be_a_secret() -> None:
    assert "xoxb" not in "".join(mistakes_of('name = ["xoxb-1"]\nwithin = { low = "xoxb-2" }\nstep = "xoxb-3"'))


@pytest.mark.parametrize(
    ("text", "where"),
    [("a = ", "x.toml:1: "), ("\n\nb = [1,\n", "x.toml:3: "), ("a = 1\na = 2\n", "x.toml:2: "), ("\x00", "x.toml:1: ")],
)
def test_text_that_is_not_toml_is_refused_at_its_line(text: str, where: str) -> None:
    with pytest.raises(Mistakes, match="this is not TOML") as caught:
        read_toml(text, "x.toml")
    assert str(caught.value).startswith(where)


def test_lists_nested_without_end_are_a_mistake_and_no_crash() -> None:
    with pytest.raises(Mistakes, match="nested too deep"):
        read_toml("a = " + "[" * 100_000, "x.toml")


def test_a_table_inside_the_document_can_be_read_alone() -> None:
    located = read_toml('[deep]\n[[deep.ladder]]\nname = "a"\n[[deep.ladder]]\nname = 5\n', "x.toml")
    assert validate(Ladder, located, at=("deep", "ladder", 0)).name == "a"
    with pytest.raises(Mistakes, match=r'x\.toml:5: "name" should be text in quotes; it is a number'):
        validate(Ladder, located, at=("deep", "ladder", 1))


def test_a_mistake_is_one_line_whatever_it_quotes() -> None:
    assert str(Mistake("x.toml", None, 'unknown key "a\nb\x1b[31m\u202e"', "remove it")) == (
        'x.toml: unknown key "a\\x0ab\\x1b[31m\\x202e"; remove it'
    )
