"""The connector of docs/networks/your-own.md: its code is run, held to the contract, and added by another package."""

import importlib
import json
import re
import subprocess
import sys
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from running import environment
from web_double import Answer, Handler, WebDouble, zipped

from connectors.testing import ALIAS, RESPONDER, RULES, START, Network, Rule, heard, simulate
from rules.model import Mention, Side

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "networks" / "your-own.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
ENTRY = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]


class Routes(dict[str, Answer]):
    def __init__(self, stage: "ChirpStage") -> None:
        super().__init__()
        self.stage = stage

    def get(self, path: str, default: Any = None) -> Any:
        return lambda handler: self.stage.answer(handler, path)


class ChirpStage:
    """Chirp."""

    edits = True
    overlaps = True
    page = 50

    def __init__(self, web: WebDouble, module: Any) -> None:
        self.module = module
        self.settings: Mapping[str, Any] = {"base_url": web.url("").rstrip("/"), "timeout": "1s"}
        web.answers = Routes(self)
        self.now = START + timedelta(minutes=10)
        self.known: dict[int, Mention] = {}
        self.order: list[tuple[datetime, int]] = []
        self.refusal: tuple[int, Side | None, Mapping[str, str]] = (0, None, {})
        self.instead: Answer | None = None

    def posts(self, count: int, start: int = 0) -> list[Mention]:
        return [self.post(number, START + timedelta(minutes=number)) for number in range(start, start + count)]

    def post(self, number: int, at: datetime, *, ours: bool = False, reply_to: Mention | None = None) -> Mention:
        name = str(1_000_000 + number)
        author = RESPONDER if ours else f"sample_customer_{number:02}"
        thread = reply_to.thread if reply_to else name
        return Mention("chirp", name, thread, author, f"{ALIAS} {number}", at, reply_to.id if reply_to else None)

    def publish(self, mentions: Sequence[Mention]) -> None:
        for one in mentions:
            if int(one.id) not in self.known:
                insort(self.order, (one.posted_at, int(one.id)))
            self.known[int(one.id)] = one

    def at(self, now: datetime) -> None:
        self.now = now

    def remove(self, mention: Mention) -> None:
        self.order.remove((mention.posted_at, int(mention.id)))
        del self.known[int(mention.id)]

    def refuse(self, status: int, side: Side | None = None, **headers: str) -> None:
        self.refusal = (status, side, headers)

    def show(self, payload: bytes) -> None:
        self.instead = lambda handler: handler.reply(payload, kind="application/json")

    def hostile(self) -> Iterator[str]:
        bodies = [b"", b"<html>", b"{", b"\0", zipped(b"{}")[:-4], json.dumps({"posts": [None, {"id": -1}]}).encode()]
        for body in bodies:
            self.instead = lambda handler, body=body: handler.reply(body, kind="application/json")  # type: ignore[misc]
            yield f"body {body[:20]!r}"
        self.instead = lambda handler: handler.stopping.wait(10)  # type: ignore[assignment,return-value]
        yield "silence"
        self.instead = None

    def answer(self, handler: Handler, path: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        status, side, headers = self.refusal
        handler.date_time_string = lambda _=None: format_datetime(self.now, usegmt=True)  # type: ignore[method-assign]
        mine = Side.OURS if asked.get("by") else Side.THEIRS
        if self.instead is not None:
            self.instead(handler)
        elif status and side in (None, mine):
            handler.reply(b"{}", status=status, kind="application/json", **headers)
        else:
            body = json.dumps({"posts": [self.shown(one) for one in self.found(asked)]}).encode()
            handler.reply(body, kind="application/json")

    def found(self, asked: Mapping[str, str]) -> list[Mention]:
        if "ids" in asked:
            return [self.known[int(one)] for one in asked["ids"].split(",") if int(one) in self.known]
        place = len(self.order)
        if (before := asked.get("before")) is not None and int(before) in self.known:
            place = bisect_left(self.order, (self.known[int(before)].posted_at, int(before)))
        wanted: list[Mention] = []
        while place > 0 and len(wanted) < self.page:
            place -= 1
            one = self.known[self.order[place][1]]
            if (one.author == asked["by"]) if "by" in asked else one.author != RESPONDER:
                wanted.append(one)
        return wanted

    @staticmethod
    def shown(one: Mention) -> dict[str, Any]:
        return {
            "id": one.id,
            "root": one.thread,
            "parent": one.reply_to,
            "by": one.author,
            "text": one.text,
            "at": one.posted_at.isoformat(),
        }


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("chirp")
    (folder / "chirp.py").write_text(CODE, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("chirp")
    sys.path.remove(str(folder))
    del sys.modules["chirp"]


@pytest.fixture
def stage(module: Any) -> Iterator[ChirpStage]:
    with WebDouble() as web:
        yield ChirpStage(web, module)


def test_it_is_short() -> None:
    assert len(CODE.splitlines()) < 90


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_it_keeps_the_contract(stage: ChirpStage, rule: Rule) -> None:
    assert isinstance(stage, Network)
    rule(stage)


@pytest.mark.parametrize("seed", range(2))
def test_it_loses_nothing_in_a_bad_week(stage: ChirpStage, seed: int) -> None:
    simulate(stage, seed)


def test_a_post_that_is_none_is_passed_over_and_said(stage: ChirpStage) -> None:
    good = ChirpStage.shown(stage.post(1, START))
    payload = json.dumps({"posts": [good, None, {**good, "id": "x"}, {**good, "at": "9999"}]}).encode()
    assert {one.id for one in heard(stage, payload)} == {good["id"]}


def test_another_package_adds_a_kind_by_its_entry_point(tmp_path: Path) -> None:
    (tmp_path / "harken_chirp.py").write_text(CODE, encoding="utf-8")
    info = tmp_path / "harken_chirp-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: harken-chirp\nVersion: 1.0\n", encoding="utf-8")
    group, name = re.search(r'entry-points\."([\w.]+)"\]\n(.*)', ENTRY).groups()  # type: ignore[union-attr]
    (info / "entry_points.txt").write_text(f"[{group}]\n{name.replace(chr(34), '')}\n", encoding="utf-8")
    config = tmp_path / "harken.toml"
    config.write_text(
        '[brand]\nname = "Sample"\naliases = ["sample"]\n[[source]]\nname = "c"\nkind = "chirp"\n', encoding="utf-8"
    )
    env = environment()
    env["PYTHONPATH"] += f":{tmp_path}"
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "check", "--config", str(config)],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "c (chirp), read every 5 min" in done.stdout
