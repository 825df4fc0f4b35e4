"""Our own posts: replies that turn sour, and links that lead nowhere or elsewhere, told to their owner once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import ANGRY, DESK, LADDER, NOON, Desk, opened, post
from test_follow import Web, status

from connectors import Batch
from monitor.config import load
from monitor.own_links import Links
from monitor.store import own_posts
from rules.mistakes import Mistakes
from rules.model import Mention

LINKS = f'{LADDER}\n[own_posts]\nlinks = true\nto = ["#social"]\n'
FEW = f'{LADDER}\n[own_posts]\nleast = 3\nto = ["#social"]\n'


def root(minutes: float = 0, text: str = "Our new app is out", id_: str = "root", by: str = DESK) -> Mention:
    return Mention("x", id_, id_, by, text, NOON + timedelta(minutes=minutes), url=f"https://x.example/{id_}")


def below(number: int, minutes: float, text: str = ANGRY) -> Mention:
    return post(f"r{number}", minutes, text, by=f"sample_customer_{number:02}", to="root", thread="root")


def told(desk: Desk, channel: str = "#social") -> list[str]:
    desk.line.deliver()
    return [one.message.text for one in desk.shown(channel)]


class TestSour:
    def test_the_owner_is_told_as_soon_as_enough_people_complain(self, tmp_path: Path) -> None:
        with opened(tmp_path, FEW) as desk:
            desk.clock.now = NOON + timedelta(minutes=10)
            desk.hear(root(), below(1, 1), below(2, 2))
            assert told(desk) == []
            desk.hear(below(3, 3))
            where = f"below the post of {DESK} on x of 2026-03-02 12:00 UTC (https://x.example/root)"
            assert told(desk) == [f"Harken: {where} 3 of the 3 people who replied complain within 30 min (normal)"]

    def test_once_for_each_degree_whatever_comes_after(self, tmp_path: Path) -> None:
        with opened(tmp_path, FEW) as desk:
            desk.clock.now = NOON + timedelta(minutes=29)
            desk.hear(root())
            for number in range(1, 29):
                desk.hear(below(number, number))
                desk.hear(below(number, number))
            assert sorted(said.rpartition("(")[2] for said in told(desk)) == ["high)", "normal)"]

    @pytest.mark.parametrize("place", [1, 3], ids=["a reply is last", "our post is last"])
    def test_the_order_in_which_they_are_heard_changes_nothing(self, tmp_path: Path, place: int) -> None:
        posts = [below(3, 3), below(1, 1), below(2, 2)]
        posts.insert(place, root())
        with opened(tmp_path, FEW) as desk:
            desk.clock.now = NOON + timedelta(minutes=29)
            for one in posts[:-1]:
                desk.hear(one)
            assert told(desk) == []
            desk.hear(posts[-1])
            assert len(told(desk)) == 1

    @pytest.mark.parametrize(
        "heard",
        [
            [root(by="sample_rival"), below(1, 1), below(2, 2), below(3, 3)],
            [root(), below(1, 1), below(2, 2), below(3, 3, "What a lovely day")],
            [root(), below(1, 0), below(2, 1), below(3, 31)],
            [root(), below(1, 1), below(1, 2), below(1, 3)],
        ],
        ids=["not our post", "one is content", "too far apart", "one person"],
    )
    def test_nobody_is_told_where_it_has_not(self, tmp_path: Path, heard: list[Mention]) -> None:
        with opened(tmp_path, FEW) as desk:
            desk.clock.now = NOON + timedelta(minutes=40)
            desk.hear(*heard)
            assert told(desk) == []

    def test_what_is_gone_counts_no_more_and_history_never_did(self, tmp_path: Path) -> None:
        with opened(tmp_path, FEW) as desk:
            desk.clock.now = NOON + timedelta(minutes=10)
            desk.hear(root(), below(1, 1), below(2, 2))
            desk.hear(gone=["r1"])
            desk.hear(below(3, 3))
            assert told(desk) == []
        (tmp_path / "new").mkdir()
        with opened(tmp_path / "new", FEW, met=False) as desk:
            desk.clock.now = NOON + timedelta(days=3)
            desk.hear(root(), below(1, 1), below(2, 2), below(3, 3))
            assert told(desk) == []

    def test_it_can_be_switched_off(self, tmp_path: Path) -> None:
        with opened(tmp_path, FEW.replace("least = 3", "least = 3\nsour = false")) as desk:
            desk.clock.now = NOON + timedelta(minutes=10)
            desk.hear(root(), below(1, 1), below(2, 2), below(3, 3))
            assert told(desk) == []


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.own_links._APART", 0)


class Followed:
    """A desk whose own links are followed, also to servers on this machine: tests alone may."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.links = Links(desk.line, allow_private=True)

    def publish(self, text: str, id_: str = "root", minutes: float = 0) -> list[str]:
        """Post something, follow what is due; returns what the owner has been told so far."""
        self.desk.hear(root(minutes, text, id_))
        self.links.turn()
        return told(self.desk)


class TestLinks:
    def test_a_link_that_customers_cannot_follow_is_told_once(self, tmp_path: Path, web: Web) -> None:
        with opened(tmp_path, LINKS) as desk:
            ours = Followed(desk)
            said = ours.publish(f"See {web.url('/sale')}!")
            assert said == [
                f"Harken: {DESK} on x links to {web.url('/sale')}, which answers 404 (https://x.example/root)"
            ]
            assert ours.publish(f"Again: {web.url('/sale')}", "2") == said
            assert ours.publish("Edited, no link", "2") == said
            assert web.asked == [("HEAD", "/sale"), ("GET", "/sale")]

    def test_a_good_link_is_followed_once_and_what_came_of_it_is_a_fact(self, tmp_path: Path, web: Web) -> None:
        web.answers |= {"/a": status(302, Location="/b"), "/b": status(200)}
        with opened(tmp_path, LINKS) as desk:
            ours = Followed(desk)
            assert ours.publish(f"{web.url('/a')} {web.url('/a')}") == []
            assert ours.links.turn() == 0
            with desk.store.read() as db:
                (known,) = own_posts.every(db)
            assert (known.url, known.status, known.final) == (web.url("/a"), 200, web.url("/b"))
            assert len(web.asked) == 2

    def test_what_may_pass_is_tried_once_more_before_anybody_is_told(self, tmp_path: Path, web: Web) -> None:
        web.answers["/a"] = status(503)
        with opened(tmp_path, LINKS) as desk:
            ours = Followed(desk)
            assert ours.publish(web.url("/a")) == []
            assert ours.links.turn() == 0
            desk.clock.now = NOON + timedelta(minutes=2)
            assert ours.links.turn() == 1
            assert "which answers 503" in told(desk)[0]

    def test_what_has_passed_by_then_is_told_to_nobody(self, tmp_path: Path, web: Web) -> None:
        web.answers["/a"] = status(503)
        with opened(tmp_path, LINKS) as desk:
            ours = Followed(desk)
            ours.publish(web.url("/a"))
            web.answers["/a"] = status(200)
            desk.clock.now = NOON + timedelta(minutes=2)
            assert ours.links.turn() == 1
            assert told(desk) == []

    def test_a_link_to_a_site_where_none_has_led_is_told(self, tmp_path: Path, web: Web) -> None:
        web.answers["/win"] = status(200)
        with opened(tmp_path, LINKS) as desk:
            ours = Followed(desk)
            for number in range(12):
                desk.hear(root(0, f"News https://www.acme.example/{number}", f"old{number}"))
            with desk.store.write("test") as db:
                db.execute("update link set not_before = null")
            (said,) = ours.publish(f"Win! {web.url('/win')}")
            assert "which leads to 127.0.0.1, where none of the links in its last 12 posts with links led" in said
            assert len(ours.publish(f"Win again! {web.url('/win')}", "again")) == 1

    def test_customers_links_and_old_ones_and_deleted_posts_are_not_followed(self, tmp_path: Path, web: Web) -> None:
        with opened(tmp_path, LINKS, met=False) as desk:
            desk.clock.now = NOON + timedelta(days=3)
            desk.hear(root(0, web.url("/old"), "old"))
            desk.hear(post("1", 3 * 24 * 60, f"@sample {web.url('/theirs')}"))
            desk.hear(root(3 * 24 * 60, web.url("/gone"), "gone"))
            desk.hear(root(3 * 24 * 60, web.url("/edited"), "edited"))
            desk.hear(root(3 * 24 * 60, "Sorry, wrong link", "edited"), gone=["gone"])
            assert Links(desk.line, allow_private=True).turn() == 0
            assert web.asked == []

    def test_nothing_is_followed_unless_the_config_wants_it(self, tmp_path: Path, web: Web) -> None:
        with opened(tmp_path) as desk:
            assert Followed(desk).publish(web.url("/a")) == []
            assert web.asked == []

    def test_without_the_tests_allowance_nothing_on_this_machine_is_asked(self, tmp_path: Path, web: Web) -> None:
        web.answers["/a"] = status(200)
        with opened(tmp_path, LINKS) as desk:
            desk.hear(root(0, web.url("/a")))
            Links(desk.line).turn()
            assert web.asked == []
            assert "which leads to an address that is not on the public internet" in told(desk)[0]

    def test_a_turn_follows_a_bounded_number_of_links(self, tmp_path: Path, web: Web) -> None:
        with opened(tmp_path, LINKS) as desk:
            desk.hear(*(root(0, web.url(f"/{number}"), f"post{number}") for number in range(25)))
            links = Links(desk.line, allow_private=True)
            assert [links.turn(), links.turn(), links.turn()] == [20, 5, 0]

    def test_what_was_told_to_stop_begins_no_further_link(self, tmp_path: Path, web: Web) -> None:
        with opened(tmp_path, LINKS) as desk:
            desk.hear(root(0, web.url("/a")))
            links = Links(desk.line, allow_private=True)
            links.stop()
            assert links.turn() == 0
            assert web.asked == []

    def test_the_line_goes_on_while_a_server_lets_us_wait(self, tmp_path: Path, web: Web) -> None:
        def answer(_: object) -> None:
            desk.line.listen(desk.via, Batch((post("1"),)))

        web.answers["/a"] = answer  # type: ignore[assignment]
        with opened(tmp_path, LINKS) as desk:
            Followed(desk).publish(web.url("/a"))
            assert desk.case().author == "sample_customer_01"


class TestConfig:
    @pytest.mark.parametrize(
        ("table", "says"),
        [
            ('[own_posts]\nto = ["@nobody"]\n', '4: nobody is called "@nobody"; add a [[person]] with name = "nobody"'),
            ('[incident]\nto = ["@nobody"]\n', '4: nobody is called "@nobody"; add a [[person]] with name = "nobody"'),
            (
                '[own_posts]\nto = ["oncall:desk"]\n',
                '4: "to" is a rota, which may have nobody; name a channel or a person',
            ),
            ("[own_posts]\nleast = 1\n", '4: "least" should be greater than or equal to 2'),
            ('[own_posts]\nwindow = "0m"\n', '4: "window" should be greater than'),
            ("[own_posts]\nlink = true\n", '4: unknown key "link"; did you mean "links"?'),
            ("[coach]\nnotes = 1\n", '4: "notes" should be'),
        ],
    )
    def test_a_mistake_has_its_line_and_its_cure(self, tmp_path: Path, table: str, says: str) -> None:
        (tmp_path / "harken.toml").write_text(f'[brand]\nname = "Sample"\n{table}', encoding="utf-8")
        with pytest.raises(Mistakes) as raised:
            load(tmp_path / "harken.toml")
        (found,) = map(str, raised.value.all)
        assert says in found

    def test_the_owner_is_the_channel_of_the_cases_unless_somebody_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "harken.toml").write_text(
            '[brand]\nname = "Sample"\n[slack]\nchannel = "#desk"\n', encoding="utf-8"
        )
        config = load(tmp_path / "harken.toml")
        assert (config.own_posts.to, config.own_posts.sour, config.own_posts.links) == (("#desk",), True, False)
        assert config.coach.notes is False
