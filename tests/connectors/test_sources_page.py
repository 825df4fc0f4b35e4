"""What docs/sources.md shows works as it stands."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from connectors import Batch, Context, inbox, load

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_source_shown_is_right() -> None:
    shown = [source for block in blocks("toml") for source in tomllib.loads(block)["source"]]
    assert [source["kind"] for source in shown] == ["feed", "inbox", "file"]
    for source in shown:
        load(source["kind"]).Settings.model_validate(source)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="needs curl and openssl")
def test_the_signing_shown_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = re.search(r'`(echo "whsec_[^`]*)`', PAGE)
    assert made
    secret = subprocess.run(["bash", "-c", made[1]], capture_output=True, text=True, check=True).stdout.strip()
    monkeypatch.setenv("HARKEN_INBOX_SECRET", secret)
    source = next(tomllib.loads(block)["source"][0] for block in blocks("toml") if '"inbox"' in block)
    server = inbox.connect(inbox.Settings.model_validate({**source, "listen": "127.0.0.1:0"}), Context())
    heard: list[Batch] = []
    server.start(heard.append)
    (script,) = blocks("bash")
    try:
        asked = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:8787", f"127.0.0.1:{server.port}")],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
            env={**os.environ, "no_proxy": "127.0.0.1"},
        )
    finally:
        server.close()
    assert asked.stdout == '{"accepted": 1}\n', asked.stderr
    assert [one.text for one in heard[0].mentions] == ["Where is my parcel?"]


def test_every_answer_of_the_inbox_is_in_the_table() -> None:
    code = (Path(inbox.__file__).read_text(encoding="utf-8")).replace("\n", " ")
    table = PAGE.partition("| answer |")[2].partition("\n\n")[0]
    for status in sorted(set(re.findall(r'"([2-5]\d\d) [A-Z]', code))):
        assert status in table, status
