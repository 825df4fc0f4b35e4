"""Which rule files a command uses: a folder it names, those of a config, or the bundled ones. Judges nothing.

A ``harken.toml`` in the working directory is the config where none is named: who edits the files beside it and runs
``harken rules test`` means those, not the bundled ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from monitor import config as configs
from monitor.config import BUNDLED_RULES, COACH, coach_texts, read_text, shown
from rules.book import Brand
from rules.mistakes import Mistake, Mistakes

USUAL = Path("harken.toml")


@dataclass(frozen=True)
class Sources:
    """Rule files by name, and whom they are about."""

    files: dict[str, str]
    brand: Brand
    responders: dict[str, frozenset[str]]
    """Source -> handles that speak for us there, in lower case."""
    folder: str
    """Where the files are, for people."""
    coach: dict[str, str]
    """The coach's files by name."""
    coached: str | None = None
    """Where they are, for people; None where the bundled ones stand in for none."""


def choose(rules: Path | None, config: Path | None) -> Sources:
    """The files of the folder ``rules``, else those of ``config``, else the bundled ones.

    Raises:
        Mistakes: the config is wrong, or there are no rule files.
    """
    if config is None and not USUAL.is_file():
        folder = rules or BUNDLED_RULES
        return Sources(texts(folder), Brand(""), {}, shown(folder), coach_texts(folder), _coached(folder))
    read = configs.load(config or USUAL)
    spoken = {source: frozenset(map(str.casefold, handles)) for source, handles in read.brand.responders.items()}
    brand = Brand(read.brand.name, read.brand.aliases, frozenset().union(*spoken.values()))
    folder = rules or read.rules
    files = texts(rules) if rules else read.rule_texts()
    return Sources(files, brand, spoken, shown(folder), coach_texts(folder), _coached(folder))


def _coached(folder: Path) -> str | None:
    return shown(folder / COACH) if any((folder / COACH).glob("*.toml")) else None


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--rules`` and ``--config`` to a command."""
    folder = click.Path(path_type=Path)
    config_help = f"Use the rules, names and accounts of this config.  [default: {USUAL}, if there is one]"
    command = click.option("--config", type=folder, help=config_help)(command)
    return click.option("--rules", type=folder, help="Use the rule files of this folder.")(command)


def texts(folder: Path) -> dict[str, str]:
    """The rule files of ``folder``, by the name to show in messages.

    Raises:
        Mistakes: there are none, or one cannot be read.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        what = "has no rule files" if folder.is_dir() else "is no folder"
        raise Mistakes(
            [Mistake(shown(folder), None, what, 'name a folder of .toml files; "harken init DIR" writes some')]
        )
    return {shown(file): read_text(file) for file in files}
