"""Config and rule files read anew: as a whole or not at all, and what is told of it."""

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import eventually

from monitor import config as configs
from monitor.reload import Bad, Good, Reload
from monitor.setup import setup
from monitor.watch import Watch

CONFIG = 'rules = "rules"\n[brand]\nname = "Acme"\n'
RULES = 'about = "A test."\n[[rule]]\nid = "one"\nany = ["one"]\nwhy = "It says so."\nweight = 1.5\n'


class Files:
    """A config and a folder of rule files."""

    def __init__(self, folder: Path) -> None:
        self.config, self.rules = folder / "harken.toml", folder / "rules"
        self.rules.mkdir()
        self.config.write_text(CONFIG)
        (self.rules / "a.toml").write_text(RULES)

    def reload(self) -> Reload:
        config = configs.load(self.config)
        texts = config.rule_texts()
        return Reload(config, setup(config, texts), texts, lambda: configs.load(self.config))

    def replace(self, name: str, text: str) -> None:
        """Save as editors do: a new file in the place of the old one."""
        new = self.rules / f"{name}.new"
        new.write_text(text)
        new.replace(self.rules / name)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def good(found: Good | Bad) -> Good:
    assert isinstance(found, Good), found
    return found


def bad(found: Good | Bad) -> Bad:
    assert isinstance(found, Bad), found
    return found


def test_a_changed_rule_is_put_in_force_and_told_with_its_file(files: Files) -> None:
    reload = files.reload()
    (files.rules / "a.toml").write_text(RULES.replace("1.5", "2"))
    found = good(reload())
    assert found.told == "rules reloaded: 1 rule changed (a.toml)"
    assert found.setup.book.rules[0].weight == 2
    assert good(reload()).told is None


def test_a_changed_config_is_told_by_its_tables(files: Files) -> None:
    reload = files.reload()
    files.config.write_text(f'{CONFIG}aliases = ["acme"]\n[slack]\nchannel = "#desk"\n')
    said = good(reload()).told
    assert said is not None
    assert said.startswith("rules reloaded: our names or accounts; config reloaded: ")
    assert {"[brand]", "[slack]", "[[policy]]"} <= set(said.replace(",", "").split())


def test_a_mistake_keeps_the_last_good_set_and_is_told_once_until_it_is_put_right(files: Files) -> None:
    reload = files.reload()
    (files.rules / "b.toml").write_text('about = "B."\n[[rule]]\nid = "two"\nani = ["two"]\n')
    first = bad(reload())
    assert first.told is not None
    assert first.told.startswith("Not reloaded, the last good config and rules stay:\n")
    assert 'b.toml:4: unknown key "ani"; did you mean "any"?' in first.told
    again = bad(reload())
    assert (again.mistakes, again.told) == (first.mistakes, None)
    (files.rules / "b.toml").unlink()
    assert good(reload()).told == "Config and rules are right again; nothing has changed."
    assert good(reload()).told is None


def test_of_many_mistakes_five_are_told_and_the_rest_counted(files: Files) -> None:
    reload = files.reload()
    (files.rules / "a.toml").write_text(RULES + "".join(f"key_{n} = 1\n" for n in range(9)))
    told = bad(reload()).told
    assert told is not None
    assert len(told.splitlines()) == 7
    assert told.endswith("and 4 more; harken check lists them all")


@pytest.mark.parametrize("length", [0, 1, 20, 60, 70, len(RULES) - 3, len(RULES) - 1])
def test_a_file_cut_anywhere_is_refused(files: Files, length: int) -> None:
    reload = files.reload()
    (files.rules / "a.toml").write_text(RULES[:length])
    assert bad(reload()).mistakes
    (files.rules / "a.toml").write_text(RULES)
    assert good(reload()).setup.book.rules[0].weight == 1.5


def test_a_failing_example_a_lost_policy_and_no_rules_at_all_are_refused(files: Files) -> None:
    reload = files.reload()
    for more in ('examples.flag = ["two"]\n', 'route = "nobody"\n'):
        (files.rules / "a.toml").write_text(RULES + more)
        assert bad(reload()).mistakes
    (files.rules / "a.toml").unlink()
    assert "no rule files" in str(bad(reload()).mistakes[0])


def test_a_file_that_is_written_while_it_is_read_is_nobodys_mistake(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    reload = files.reload()
    (files.rules / "a.toml").write_text(RULES[:40])
    load = configs.load

    def slowly(path: Path) -> configs.Config:
        (files.rules / "a.toml").write_text(RULES[:60])
        return load(path)

    monkeypatch.setattr(configs, "load", slowly)
    assert reload() == Bad((), None)


@pytest.fixture
def watched(files: Files) -> Iterator[Callable[[str], None]]:
    """Waits until the watch has said something, and then is quiet."""
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    watch = Watch(lambda: (files.config, files.rules), lambda: said.put("saved"))
    watch.start()

    def wait(what: str) -> None:
        eventually(lambda: not said.empty(), what, 5)
        said.get()

    yield wait
    watch.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "harken-watch"]


def test_every_way_to_save_is_noticed(files: Files, watched: Callable[[str], None]) -> None:
    files.replace("a.toml", RULES.replace("1.5", "2"))
    watched("a file put in the place of another")
    (files.rules / "a.toml").write_text(RULES)
    watched("a file written over")
    (files.rules / "b.toml").write_text(RULES.replace("one", "two"))
    watched("a new file")
    (files.rules / "b.toml").unlink()
    watched("a file removed")
    files.config.write_text(CONFIG + "# more\n")
    watched("the config")


def test_a_folder_that_is_taken_away_and_comes_back_is_watched_again(
    files: Files, watched: Callable[[str], None]
) -> None:
    away = files.rules.with_name("away")
    files.rules.rename(away)
    watched("the folder is gone")
    away.rename(files.rules)
    watched("the folder is back")
    files.replace("a.toml", RULES.replace("1.5", "2"))
    watched("a file in the folder that came back")


def test_a_link_to_another_folder_of_rules_is_followed(tmp_path: Path) -> None:
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.toml").write_text(RULES)
    rules, config = tmp_path / "rules", tmp_path / "harken.toml"
    rules.symlink_to("v1")
    config.write_text(CONFIG)
    said = threading.Event()
    watch = Watch(lambda: (config, rules), said.set)
    watch.start()
    try:
        (tmp_path / "link").symlink_to("v2")
        (tmp_path / "link").replace(rules)
        assert said.wait(5)
    finally:
        watch.stop()


def test_what_others_write_beside_the_config_is_no_save(files: Files, tmp_path: Path) -> None:
    said: list[str] = []
    watch = Watch(lambda: (files.config, files.rules), lambda: said.append("saved"))
    watch.start()
    for number in range(50):
        (tmp_path / "harken.db-wal").write_text(str(number))
        (files.rules / "notes.txt").write_text(str(number))
    files.replace("a.toml", RULES)
    eventually(lambda: said != [], "the save")
    watch.stop()
    assert said == ["saved"]
