"""Writes what the code alone knows: docs/commands.md, the tables of keys, and the JSON Schema of rule files.

It writes nothing that a person wrote: tables stand between the marks ``<!-- keys: NAME -->`` and ``<!-- end -->``.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import connectors
from connectors import SourceSettings
from monitor.calendar import HoursSettings, Week
from monitor.cli import harken
from monitor.config import BUNDLED_RULES, COACH, SECTIONS, Document
from monitor.settings import ReplyWithin, StepSettings, UpdateWithin
from rules import coach_grammar
from rules.durations import write
from rules.grammar import schema

DOCS = Path(__file__).parent
TABLES = re.compile(r"<!-- keys: ([\w.]+) -->\n.*?<!-- end -->", re.DOTALL)

EXIT_CODES = """Exit codes: 0 good, 1 the answer is no, 2 bad input. Errors are one line each on standard error:
`file:line: what; what to do`. Only `harken run` and `harken check --live` need tokens."""


def models() -> dict[str, type[BaseModel]]:
    """Every table of the config file, by the name that its marks carry."""
    inner: dict[str, type[BaseModel]] = {
        "policy.step": StepSettings,
        "policy.reply_within": ReplyWithin,
        "policy.update_within": UpdateWithin,
        "hours.week": Week,
    }
    kinds: dict[str, type[BaseModel]] = {
        f"source.{kind}": connectors.load(kind).Settings for kind in connectors.kinds()
    }
    return {"top": Document, **SECTIONS, "hours": HoursSettings, **inner, **kinds}


def keys(name: str) -> str:
    """The table of the keys of one table of the config file."""
    model = models()[name]
    known = set(SourceSettings.model_fields) if name.startswith("source.") else set()
    rows = [
        f"| `{info.alias or key}` | {_default(info)} | {info.description} |"
        for key, info in model.model_fields.items()
        if key not in known and not (name == "top" and key in SECTIONS)
    ]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows])


def _default(info: FieldInfo) -> str:
    """What a key is when it is left out, as it would be written."""
    value = info.default
    if info.is_required():
        return "must be given"
    if value is None or value in ("", (), {}) or isinstance(value, BaseModel):
        return ""
    return f"`{_written(value)}`"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, timedelta):
        return f'"{write(value)}"'
    return f'"{value}"' if isinstance(value, str) else str(value)


def commands() -> str:
    """docs/commands.md, from the commands' own help."""
    parts = [
        "# Commands",
        "<!-- written by `make docs` from the commands themselves -->",
        EXIT_CODES,
    ]
    for path, command, context in every_command():
        parts.append(f"{'#' * (path.count(' ') + 1)} `{path}`")
        parts.append("```\n" + " ".join((path, *command.collect_usage_pieces(context))) + "\n```")
        parts.append(re.sub(r"\n(?!\n)[ \t]*", "\n", (command.help or "").replace("\b", "").strip()))
        options = [each.get_help_record(context) for each in command.params if isinstance(each, click.Option)]
        rows = [f"| `{_cell(record[0])}` | {_cell(record[1])} |" for record in options if record]
        if rows:
            parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def every_command() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command below ``harken``, with its full name."""
    yield from _below(harken, click.Context(harken, info_name="harken"))


def _below(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield inner.command_path, command, inner
        if isinstance(command, click.Group):
            yield from _below(command, inner)


def pages() -> dict[Path, str]:
    """Every page with something of the code in it, as it should be."""
    settings = DOCS / "configuration.md"
    text = settings.read_text(encoding="utf-8")
    text = TABLES.sub(lambda mark: f"<!-- keys: {mark[1]} -->\n{keys(mark[1])}\n<!-- end -->", text)
    schemed = {
        BUNDLED_RULES / "schema.json": schema(),
        BUNDLED_RULES / COACH / "schema.json": coach_grammar.schema(),
    }
    written = {page: json.dumps(made, indent=2) + "\n" for page, made in schemed.items()}
    return {DOCS / "commands.md": commands(), settings: text, **written}


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page.relative_to(DOCS.parent)}")
