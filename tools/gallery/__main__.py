"""Writes ``docs/gallery``: every message that Harken shows in Slack, as Block Kit JSON, as a page and as pictures.

    python -m tools.gallery

The same code gives the same bytes; a test holds the committed files to it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from monitor.slack import Message
from tools.gallery.facts import LONG, NOW, USUAL
from tools.gallery.messages import Shown, every
from tools.gallery.page import page
from tools.gallery.picture import draw

FOLDER = Path(__file__).parent.parent.parent / "docs" / "gallery"
_USUAL = "Made by make gallery, from facts that nobody ever had."
_LONG = "When everything in them is as long, and as many, as it can be."


def files() -> dict[str, str]:
    """Name within ``docs/gallery`` -> what stands in it."""
    usual, long = every(USUAL), every(LONG)
    found = {"index.html": page(usual, "", NOW, _USUAL, "extreme.html")}
    found |= {"extreme.html": page(long, "extreme/", NOW, _LONG, "index.html")}
    found |= _json(usual, "") | _json(long, "extreme/")
    return found | {f"{each.name}.svg": draw(each.message, each.about, NOW) for each in usual}


def _json(shown: Sequence[Shown], folder: str) -> dict[str, str]:
    return {f"{folder}{each.name}.json": _wire(each.message) for each in shown}


def _wire(message: Message) -> str:
    return json.dumps({"text": message.text, "blocks": message.blocks}, ensure_ascii=False, indent=1) + "\n"


def write() -> None:
    """Write the files, and remove what is made no more."""
    made = files()
    for name, text in made.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in FOLDER.rglob("*.*"):
        if path.relative_to(FOLDER).as_posix() not in made:
            path.unlink()
    print(f"wrote {len(made)} files to docs/gallery")


if __name__ == "__main__":
    write()
