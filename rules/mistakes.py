"""What is wrong in a file people edit, where, and how to put it right. Opens no file: text comes in, values go out.

TOML parsers give a line for syntax errors only, and validators give a path, so a small scanner turns a path into a
line. It reads text the real parser has accepted already and therefore checks nothing itself.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to put right."""

    file: str
    line: int | None
    what: str
    cure: str

    def __str__(self) -> str:
        """``file:line: what; cure``, always on one line and free of control characters."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in f"{where}: {self.what}; {self.cure}")


class Mistakes(Exception):  # noqa: N818 - it carries many, and its name says so
    """Everything found wrong, all at once."""

    def __init__(self, found: Iterable[Mistake]) -> None:
        self.all = tuple(found)
        super().__init__("\n".join(map(str, self.all)))


@dataclass(frozen=True, slots=True)
class Located:
    """A TOML document that knows where each of its keys stands."""

    file: str
    table: dict[str, Any]
    lines: Mapping[Path, int] = field(repr=False)

    def line(self, path: Sequence[str | int]) -> int | None:
        """The line, from 1, of the key or list element at ``path``, or of its nearest parent; None for no parent."""
        found = (self.lines.get(tuple(path[:length])) for length in range(len(path), 0, -1))
        return next((line for line in found if line is not None), None)

    def mistake(self, path: Sequence[str | int], what: str, cure: str) -> Mistake:
        """A mistake at ``path``."""
        return Mistake(self.file, self.line(path), what, cure)


def read_toml(text: str, file: str) -> Located:
    """Parse ``text``; ``file`` is only its name for messages.

    Raises:
        Mistakes: it is not TOML.
    """
    try:
        return Located(file, tomllib.loads(text), _Scanner(text.replace("\r\n", "\n")).lines)
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        at = re.match(r"line (\d+)", place)
        line = int(at[1]) if at else text.rstrip().count("\n") + 1
        raise Mistakes([Mistake(file, line, f"this is not TOML: {what}", "correct the line")]) from error
    except RecursionError as error:
        raise Mistakes([Mistake(file, None, "lists or tables nested too deep", "flatten them")]) from error


def validate(model: type[M], located: Located, *, at: Path = ()) -> M:
    """Make a ``model`` from the document, or from the table at path ``at`` in it.

    Raises:
        Mistakes: every error, each with its line.
    """
    table: Any = located.table
    for part in at:
        table = table[part]
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise Mistakes(
            located.mistake(at + found["loc"], *_sentence(model, at, found["loc"], dict(found)))
            for found in error.errors(include_url=False)
        ) from error


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``word`` was probably meant to be."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def _sentence(model: type[BaseModel], at: Path, loc: Path, found: Mapping[str, Any]) -> tuple[str, str]:
    """What and cure for one of pydantic's errors. Never repeats a value: it may be a secret in the wrong place."""
    key = next((part for part in reversed(at + loc) if isinstance(part, str) and part != "[key]"), "")
    context = found.get("ctx", {})
    if found["type"] == "extra_forbidden":
        known = _keys(model, loc[:-1])
        meant = did_you_mean(key, known)
        return f'unknown key "{key}"', f'did you mean "{meant}"?' if meant else f"known here: {', '.join(known)}"
    if found["type"] == "missing":
        return f'"{key}" is missing', f"add it{_described(model, loc)}"
    if found["type"] == "value_error":
        what, _, cure = str(context["error"]).partition("; ")
        return f'"{key}" {what}' if key else what, cure or f"correct it{_described(model, loc)}"
    if found["type"] in _WANTED:
        wanted = _WANTED[found["type"]].format(**context)
        return f'"{key}" should be {wanted}', f"it is {_shape(found['input'])}{_described(model, loc)}"
    what = found["msg"].removeprefix("Input ").removeprefix("should be ")
    if found["type"] == "literal_error" and (meant := _meant(found["input"], context["expected"])):
        return f'"{key}" should be {what}', f'did you mean "{meant}"?'
    return f'"{key}" should be {what}', f"correct it{_described(model, loc)}"


_WANTED = {
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a table"),
    **dict.fromkeys(("string_type", "path_type"), "text in quotes"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "string_too_short": "at least {min_length} characters long",
    "too_short": "a list of {min_length} or more",
    "too_long": "a list of {max_length} at most",
}
"""What should have been there, by pydantic's name for the error, where its words are not those of a TOML file."""


def _meant(value: object, expected: str) -> str | None:
    return did_you_mean(value, re.findall(r"'([^']*)'", expected)) if isinstance(value, str) else None


def _shape(value: object) -> str:
    shapes = {bool: "true or false", str: "text in quotes", int: "a number", float: "a number"}
    shapes |= {list: "a list", dict: "a table"}
    return shapes.get(type(value), "something else")


def _described(model: type[BaseModel], loc: Path) -> str:
    owner = _owner(model, loc[:-1])
    names = {info.alias or name: info for name, info in owner.model_fields.items()} if owner else {}
    info = names.get(str(loc[-1])) if loc else None
    return f" ({info.description})" if info is not None and info.description else ""


def _keys(model: type[BaseModel], loc: Path) -> list[str]:
    owner = _owner(model, loc)
    return [info.alias or name for name, info in owner.model_fields.items()] if owner else []


def _owner(model: type[BaseModel], loc: Path) -> type[BaseModel] | None:
    """The model that reads the table at ``loc``."""
    here: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, int):
            continue
        fields = {info.alias or name: info for name, info in here.model_fields.items()} if here else {}
        here = _inner(fields[part].annotation) if part in fields else None
    return here


def _inner(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_inner, get_args(annotation))), None)


_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*(\.?)""")
_SCALAR = re.compile(
    r'''"""(?s:\\.|[^\\])*?"{3,5}|\'\'\'(?s:.)*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|[^,\]}#\n]*''',
)


class _Scanner:
    """Walks valid TOML once and notes the line of every key and list element."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0
        self.counted, self.line = 0, 1
        self.lines: dict[Path, int] = {}
        self.sizes: dict[Path, int] = {}
        table: Path = ()
        while self._blank() < len(text):
            if text[self.place] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _blank(self) -> int:
        return self._move(_BLANK)

    def _move(self, shape: re.Pattern[str]) -> int:
        if found := shape.match(self.text, self.place):
            self.place = found.end()
        return self.place

    def _here(self) -> int:
        self.line += self.text.count("\n", self.counted, self.place)
        self.counted = self.place
        return self.line

    def _key(self) -> list[str]:
        parts, more = [], True
        while more and (found := _KEY.match(self.text, self.place)):
            part, self.place = found[1], found.end()
            parts.append(tomllib.loads(f"key = {part}")["key"] if part[0] in "\"'" else part)
            more = bool(found[2])
        return parts

    def _header(self) -> Path:
        line, many = self._here(), self.text.startswith("[[", self.place)
        self.place += 1 + many
        *parents, last = self._key()
        self.place += 1 + many
        path: Path = ()
        for part in parents:
            path = self._latest((*path, part), line)
        path = (*path, last)
        if not many:
            self.lines[path] = line
            return path
        self.lines.setdefault(path, line)
        self.sizes[path] = self.sizes.get(path, 0) + 1
        return self._latest(path, line)

    def _latest(self, path: Path, line: int) -> Path:
        """``path``, or the last table of the list of tables there."""
        self.lines.setdefault(path, line)
        if path in self.sizes:
            path = (*path, self.sizes[path] - 1)
            self.lines.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line, path = self._here(), table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.place += 1
        self._blank()
        self._value(path)

    def _value(self, path: Path) -> None:
        opening, index = self.text[self.place], 0
        if opening not in "[{":
            self._move(_SCALAR)
            return
        self.place += 1
        while self.text[self._blank()] not in "]}":
            if opening == "{":
                self._pair(path)
            else:
                self.lines[*path, index] = self._here()
                self._value((*path, index))
                index += 1
            if self.text[self._blank()] == ",":
                self.place += 1
        self.place += 1
