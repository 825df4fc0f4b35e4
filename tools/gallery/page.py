"""The gallery as a page: looks like Slack, asks nobody for anything, and holds no script."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from tools.gallery.messages import Shown
from tools.gallery.reading import Piece, Run, read

_STYLE = """
:root { --paper: #fff; --ink: #1d1c1d; --faint: #616061; --line: #dddddd; --link: #1264a3; --wash: #f8f8f8;
        --go: #007a5a; --quote: #dddddd; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #1a1d21; --ink: #d1d2d3; --faint: #ababad; --line: #3f4146; --link: #4aa3df; --wash: #222529;
          --go: #148567; --quote: #4b4e54; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--wash); color: var(--ink); line-height: 1.46;
       font: 15px/1.46 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; }
main { max-width: 720px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 15px; margin: 40px 0 8px; }
h2 a { font-weight: normal; font-size: 12px; margin-left: 8px; } a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; } p.lead, .faint { color: var(--faint); }
article { display: grid; grid-template-columns: 36px 1fr; gap: 8px; background: var(--paper);
          border: 1px solid var(--line); border-radius: 8px; padding: 16px; overflow-wrap: anywhere; }
.face { width: 36px; height: 36px; border-radius: 6px; background: #123b4a; color: #ffd166; display: grid;
        place-items: center; font-weight: 900; font-size: 20px; }
.who { font-weight: 900; } .app { font-size: 10px; font-weight: bold; color: var(--faint); background: var(--wash);
       border-radius: 2px; padding: 1px 3px; margin: 0 4px; vertical-align: 1px; } .at { font-size: 12px; }
.header { font-size: 18px; font-weight: 900; margin: 4px 0 6px; } .text { margin: 4px 0; white-space: pre-wrap; }
.small { font-size: 13px; color: var(--faint); margin: 4px 0; white-space: pre-wrap; }
blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid var(--quote); border-radius: 2px;
             white-space: pre-wrap; }
ul { margin: 2px 0 6px; padding-left: 26px; } .actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0 2px; }
.control { border: 1px solid var(--line); border-radius: 4px; padding: 3px 12px; font-weight: bold; font-size: 14px; }
.primary { background: var(--go); border-color: var(--go); color: #fff; }
.menu::after { content: "▾"; margin-left: 10px; color: var(--faint); }
"""


def page(shown: Sequence[Shown], folder: str, now: datetime, lead: str, other: str) -> str:
    """All messages, one below the other.

    Args:
        shown: the messages.
        folder: where their JSON lies, seen from the page.
        now: when they are looked at.
        lead: a sentence above them.
        other: the other page, which shows the same messages in another size.
    """
    parts = [_article(each, folder, now) for each in shown]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            "<title>What Harken says in Slack</title>",
            f"<style>{_STYLE}</style>",
            "<main>",
            "<h1>What Harken says in Slack</h1>",
            f'<p class="lead">{escape(lead)} <a href="{other}">The same in another size</a></p>',
            *parts,
            "</main>",
            "</html>",
            "",
        ]
    )


def _article(each: Shown, folder: str, now: datetime) -> str:
    head = f'<h2 id="{each.name}">{escape(each.about)}<a href="{folder}{each.name}.json">{each.name}.json</a></h2>'
    who = f'<span class="who">Harken</span><span class="app">APP</span><span class="at faint">{now:%H:%M}</span>'
    pieces = "\n".join(map(_piece, read(each.message.blocks, now)))
    return f'{head}\n<article><div class="face">H</div><div>{who}\n{pieces}\n</div></article>'


def _piece(piece: Piece) -> str:
    if piece.kind == "list":
        return f"<ul>{''.join(f'<li>{_runs(row)}</li>' for row in piece.rows)}</ul>"
    if piece.kind == "actions":
        labels = zip(piece.rows, piece.styles, strict=True)
        return f'<div class="actions">{"".join(_control(row, style) for row, style in labels)}</div>'
    tag = "blockquote" if piece.kind == "quote" else "div"
    return "".join(f'<{tag} class="{piece.kind}">{_runs(row)}</{tag}>' for row in piece.rows)


def _control(row: Sequence[Run], style: str) -> str:
    return f'<span class="control {style}">{_runs(row)}</span>'


def _runs(runs: Sequence[Run]) -> str:
    return "".join(map(_run, runs))


def _run(run: Run) -> str:
    said = escape(run.text)
    said = f"<b>{said}</b>" if run.bold else said
    return said if run.url is None else f'<a href="{escape(run.url)}" rel="noreferrer nofollow">{said}</a>'
