"""The documentation: every command, option and key is in it, and what it shows exists."""

import configparser
import importlib.util
import inspect
import pkgutil
import re
import shlex
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import click
import pytest

import connectors
import monitor.slack
from monitor import cli
from monitor.config import load
from monitor.slack import Message
from tools.gallery import __main__ as gallery
from tools.gallery.facts import USUAL
from tools.gallery.messages import every

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXAMPLE = ROOT / "config.example.toml"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def shell_lines(page: Path) -> list[str]:
    """What a page tells people to type."""
    blocks = re.findall(r"^[ ]*```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_pages_written_from_the_code_are_as_the_code_is_now(reference: ModuleType) -> None:
    for page, text in reference.pages().items():
        assert page.read_text(encoding="utf-8") == text, f"{shown(page)} is behind: run make docs"


def test_the_gallery_shows_what_slack_is_sent_now() -> None:
    made = gallery.files()
    for name, text in made.items():
        path = gallery.FOLDER / name
        assert path.exists(), f"{shown(path)} is missing: run make gallery"
        assert path.read_text(encoding="utf-8") == text, f"{shown(path)} is behind: run make gallery"
    stored = {path.relative_to(gallery.FOLDER).as_posix() for path in gallery.FOLDER.rglob("*.*")}
    assert stored == set(made), "docs/gallery holds what nobody makes: run make gallery"


def test_every_function_that_makes_a_message_is_in_the_gallery() -> None:
    """Add the message to tools/gallery/messages.py: then people can look at it, and it is tried with hostile words."""
    makers = {
        value.__code__: f"{module.name}.{name}"
        for module in pkgutil.iter_modules(monitor.slack.__path__, "monitor.slack.")
        for name, value in vars(importlib.import_module(module.name)).items()
        if inspect.isfunction(value) and value.__module__ == module.name and not name.startswith("_")
        if inspect.get_annotations(value, eval_str=True).get("return") is Message
    }
    called = set()
    sys.setprofile(lambda frame, event, _arg: called.add(frame.f_code) if event == "call" else None)
    try:
        every(USUAL)
    finally:
        sys.setprofile(None)
    assert sorted(name for code, name in makers.items() if code not in called) == []
    assert makers


def test_every_command_and_every_option_is_in_the_pages(reference: ModuleType) -> None:
    page = read("docs/commands.md")
    for path, command, _ in reference.every_command():
        section = page.partition(f" `{path}`\n")[2].partition("\n#")[0]
        assert section, path
        assert command.help, path
        for option in command.params:
            if isinstance(option, click.Option):
                assert all(name in section for name in option.opts), (path, option.opts)
                assert option.help, (path, option.opts)


def test_every_key_of_the_config_is_in_the_pages_with_its_meaning(reference: ModuleType) -> None:
    page = read("docs/configuration.md")
    for name, model in reference.models().items():
        assert f"<!-- keys: {name} -->\n" in page, f"docs/configuration.md has no table for {name}"
        for key, info in model.model_fields.items():
            assert info.description, f"{name}.{key} has no description"


def test_every_key_of_the_config_is_in_the_example(reference: ModuleType) -> None:
    """All but those of single connectors, which have their own section in the documentation."""
    example = EXAMPLE.read_text(encoding="utf-8")
    for name, model in reference.models().items():
        if name.startswith("source."):
            continue
        for key, info in model.model_fields.items():
            key = info.alias or key  # noqa: PLW2901 - the name people write
            assert re.search(rf"(^|[\[{{,.# ])({key} = |\[?\[?(\w+\.)?{key}\]\]?)", example, re.MULTILINE), (name, key)


def test_every_key_of_the_example_is_explained_where_it_first_stands() -> None:
    explained: set[str] = set()
    before = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        key = re.match(r" *(\w+) = ", line)
        if key and key[1] not in explained:
            assert "  # " in line or before.startswith("# "), line
            explained.add(key[1])
        before = line


def test_the_example_is_right_also_with_what_is_commented_out(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert load(EXAMPLE).brand.name == "Acme"
    full = re.sub(r"^# (\[\[source\]\]|\w+ = (\"|\[\"|\d|true|false))", r"\1", text, flags=re.MULTILINE)
    assert full != text
    (tmp_path / "harken.toml").write_text(full)
    config = load(tmp_path / "harken.toml")
    assert config.slack.token_file is not None
    assert config.slack.app_token_env is not None
    assert config.health.address is not None
    assert {"x", "reddit", "bluesky", "mastodon", "hackernews"} <= {source.kind for source in config.sources}


def test_what_the_example_shows_as_defaults_are_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "harken.toml").write_text('[brand]\nname = "Acme"\n')
    bare, example = load(tmp_path / "harken.toml"), load(EXAMPLE)
    assert (example.slack, example.daemon) == (bare.slack, bare.daemon)
    assert example.policies == bare.policies


def test_every_kind_of_source_has_its_section() -> None:
    page = read("docs/configuration.md")
    assert [kind for kind in connectors.kinds() if f'### `kind = "{kind}"`' not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_what_a_page_tells_people_to_type_exists(page: Path, reference: ModuleType) -> None:
    known = {path: command for path, command, _ in reference.every_command()}
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for line in shell_lines(page):
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert words[1] in targets, line
        if words[:1] == ["harken"]:
            path = max((path for path in known if f"{' '.join(words)} ".startswith(f"{path} ")), key=len, default="")
            assert path, line
            options = {name for each in known[path].params if isinstance(each, click.Option) for name in each.opts}
            assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_what_a_page_links_to_exists(page: Path) -> None:
    text = re.sub(r"^[ ]*```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("https://", "http://")):
            file, _, heading = target.partition("#")
            linked = page.parent / file if file else page
            assert linked.exists(), f"{shown(page)} links to {target}"
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
            slugs = {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in headings}
            assert not heading or heading in slugs, f"{shown(page)} links to {target}"


def test_the_readme_names_the_command_that_runs_the_tests_and_ci_runs_it() -> None:
    assert "make test" in " ".join(shell_lines(ROOT / "README.md"))
    assert "exec make check" in read(".ci/run")
    assert re.search(r"^check:.*\n(\t.*\n)*\t\$\(MAKE\) test\n", read("Makefile"), re.MULTILINE)


def test_every_make_target_is_told_by_make_help_or_is_a_file() -> None:
    targets = re.findall(r"^([a-z]+):(.*)$", read("Makefile"), re.MULTILINE)
    assert [name for name, rest in targets if "## " not in rest] == []


def test_lock_files_have_a_hash_for_everything_and_name_no_registry_and_no_machine() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = read(name)
        assert not re.search(r"://|^-|[/@]", text, re.MULTILINE), name
        entries = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries), name


def test_the_lock_files_hold_all_that_is_needed_and_agree() -> None:
    def locked(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==(\S+)", read(name), re.MULTILINE))

    def wanted(lines: list[object]) -> set[str]:
        return {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in lines if isinstance(line, str)}

    project = tomllib.loads(read("pyproject.toml"))
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    groups = project["dependency-groups"]
    assert wanted(project["project"]["dependencies"]) <= set(run)
    assert wanted(groups["build"]) <= set(run)
    assert wanted(groups["dev"]) <= set(dev)
    assert run.items() <= dev.items()


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    assert "\n## [Unreleased]\n" in read("CHANGELOG.md")


def test_decisions_are_numbered_without_a_gap_and_half_a_page_long() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, record in enumerate(records, 1):
        text = record.read_text(encoding="utf-8")
        assert record.name.startswith(f"{number:04}-"), record.name
        assert text.startswith(f"# {number}. "), record.name
        assert len(text.split()) <= 350, f"{record.name} is longer than half a page"


def test_the_systemd_unit_runs_and_reloads_what_exists() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells cases apart
    unit.read_string(read("deploy/harken.service"))
    service = unit["Service"]
    words = shlex.split(service["ExecStart"])
    assert words[1] in cli.harken.list_commands(click.Context(cli.harken))
    assert (service["Type"], service["ExecReload"]) == ("notify", "/bin/kill -HUP $MAINPID")
    assert int(service["TimeoutStopSec"]) > 10
