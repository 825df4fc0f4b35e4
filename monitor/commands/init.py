"""Writes a config and rule files to edit.

It overwrites nothing: if one of the files is there already, it writes none.
"""

from pathlib import Path

import click

from monitor.config import BUNDLED_RULES, COACH, shown
from monitor.logs import plain
from rules.mistakes import Mistake, Mistakes

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
STARTER = Path(__file__).parent.parent / "starter.toml"
"""A rule file with every key in it and a comment beside each, to begin with."""

NEXT = """
Next:
  1. Edit {config}: the brand, the accounts that speak for it, the sources.
     Write rules of your own into rules/packs/my-rules.toml.
  2. Put your Slack bot token into the environment: export SLACK_BOT_TOKEN=...
  3. harken check --config {config} --live
  4. harken run --config {config}"""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Write harken.toml and a folder of rule files into DIR, to edit, with a commented one to begin your own."""
    config = folder / "harken.toml"
    texts = {config: EXAMPLE.read_text(encoding="utf-8")}
    texts |= {
        folder / "rules" / "packs" / file.name: file.read_text(encoding="utf-8")
        for file in (*sorted(BUNDLED_RULES.glob("*.toml")), BUNDLED_RULES / "schema.json")
    }
    texts |= {
        folder / "rules" / "packs" / COACH / file.name: file.read_text(encoding="utf-8")
        for file in sorted((BUNDLED_RULES / COACH).iterdir())
    }
    texts[folder / "rules" / "packs" / "my-rules.toml"] = STARTER.read_text(encoding="utf-8")
    there = [file for file in texts if file.exists() or file.is_symlink()]
    if there:
        cure = "choose another folder, or move it away"
        raise Mistakes(Mistake(str(file), None, "is there already", cure) for file in there)
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
        click.echo(f"wrote {plain(shown(file))}")
    click.echo(plain(NEXT.format(config=shown(config)), keep="\n"))
