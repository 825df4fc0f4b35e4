"""Every connector in connectors/ keeps the contract. A new file there is found, and fails until it has its stage."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import _entries, _wire, kinds, load
from connectors._walk import NetworkSettings
from connectors.testing import RULES, Network, Rule, Stage, heard, simulate

HERE = Path(__file__).parent
FEEDS = HERE.parents[1].parent / "shared" / "data" / "payloads" / "feeds"
NETWORKS = [kind for kind in kinds() if issubclass(load(kind).Settings, NetworkSettings)]
SEEDS = 20
NO_POSTS = {"LICENSE"}
"""Files beside the recorded feeds that are none."""


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    kind = request.param
    path = HERE / "stages" / f"{kind}.py"
    assert path.exists(), f"connectors/{kind}.py needs its far end in tests/connectors/stages/{kind}.py"
    spec = importlib.util.spec_from_file_location(f"stage_{kind}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.stage(tmp_path) as made:
        yield made


def test_the_first_connectors_are_found() -> None:
    assert {"feed", "file", "inbox"} <= set(kinds())
    assert "testing" not in kinds()


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
@pytest.mark.parametrize("stage", kinds(), indirect=True)
def test_a_connector_keeps_the_contract(stage: Stage, rule: Rule) -> None:
    rule(stage)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("stage", NETWORKS, indirect=True)
def test_4000_posts_with_late_ones_outages_and_kills_are_all_heard_and_none_twice(stage: Stage, seed: int) -> None:
    assert isinstance(stage, Network), "a connector that reads by walks has a stage with a clock and two sides"
    simulate(stage, seed)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_has_a_page_that_says_how_to_set_it_up(kind: str) -> None:
    page = HERE.parents[1] / "docs" / "networks" / f"{kind}.md"
    assert page.is_file(), f"docs/networks/{kind}.md says what to register, which permissions, what it costs and misses"


@pytest.mark.parametrize("stage", kinds(), indirect=True)
def test_a_recorded_payload_gives_just_the_mentions_written_beside_it(
    stage: Stage, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["stage"]
    recorded = sorted(path for path in (HERE / "recorded" / kind).glob("*") if path.suffix != ".expected")
    assert recorded, f"connectors/{kind}.py needs a recorded payload in tests/connectors/recorded/{kind}/"
    for payload in recorded:
        expected = payload.with_suffix(".expected").read_text("utf-8").splitlines()
        assert [_wire.write(one) for one in heard(stage, payload.read_bytes())] == expected, payload.name


@pytest.mark.skipif(not FEEDS.is_dir(), reason="the recorded feeds are not on this machine")
def test_every_recorded_feed_of_others_is_parsed_without_an_unexplained_loss() -> None:
    feeds = [path for path in sorted(FEEDS.iterdir()) if path.name not in NO_POSTS]
    assert feeds
    for path in feeds:
        body = path.read_bytes()
        found = _entries.parse(body, url="https://feeds.example/", content_type="application/xml")
        opened = sum(body.count(tag) for tag in (b"<entry>", b"<entry ", b"<item>", b"<item "))
        assert len(found.entries) == opened, path.name
