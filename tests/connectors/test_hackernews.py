"""Hacker News over real HTTP: what is searched for, what of it is meant, in whose thread, and what a look sees."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from stages.hackernews import HackerNewsStage, Hit, hit_of, stage

from connectors import Batch, Context, Cure, Gone, SourceError, hackernews
from connectors.testing import START
from rules.model import Mention


@pytest.fixture
def far(tmp_path: Path) -> Iterator[HackerNewsStage]:
    with stage(tmp_path) as made:
        yield made


def poller(
    far: HackerNewsStage,
    responders: Sequence[str] = ("sample_brand",),
    aliases: Sequence[str] = ("samplebrand",),
    **settings: object,
) -> hackernews.HackerNewsPoller:
    plain = {"name": "hn", "kind": "hackernews", **far.settings}
    given = hackernews.Settings.model_validate({**plain, **settings})
    return hackernews.connect(given, Context(frozenset(responders), tuple(aliases)))


def read(asks: hackernews.HackerNewsPoller, cursor: str | None = None) -> tuple[list[Batch], str | None]:
    batches = []
    for _ in range(200):
        batches.append(asks.poll(cursor))
        cursor = batches[-1].cursor
        if not batches[-1].more:
            asks.close()
            return batches, cursor
    raise AssertionError("the walk does not end")


def heard(asks: hackernews.HackerNewsPoller) -> dict[str, Mention]:
    return {one.id: one for batch in read(asks)[0] for one in batch.mentions}


def asked(far: HackerNewsStage) -> list[dict[str, str]]:
    queries = (urlsplit(path).query for path, _ in far.web.requests)
    return [{name: found[0] for name, found in parse_qs(query).items()} for query in queries]


def story(name: int, author: str = "sample_customer_01", **changed: Any) -> Hit:
    at = changed.pop("at", START)
    plain = Mention("hackernews", str(name), str(name), author, "samplebrand is down", at)
    return {**hit_of(plain), "url": None, **changed}


def comment(name: int, parent: int, root: int, author: str = "sample_customer_02", **changed: Any) -> Hit:
    at = changed.pop("at", START)
    plain = Mention("hackernews", str(name), str(root), author, "Same here.", at, reply_to=str(parent))
    return {**hit_of(plain), **changed}


def test_an_alias_is_searched_for_as_a_phrase_without_guesses_at_spelling(far: HackerNewsStage) -> None:
    read(poller(far, (), ('Sample "Brand"',), queries=["samplebrand -jobs"]))
    searches = {one["query"]: one for one in asked(far)}
    assert set(searches) == {'"Sample  Brand"', "samplebrand -jobs"}
    for one in searches.values():
        assert one["tags"] == "(story,comment)"
        assert (one["advancedSyntax"], one["typoTolerance"], one["hitsPerPage"]) == ("true", "false", "100")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Is samplebrand down?", True),
        ("SAMPLEBRAND's app", True),
        ("samplebrands of all kinds", False),
        ("resamplebrand", False),
        ("a sample of a brand", False),
        ("sämplebränd", True),
        ("https://samplebrand.example/help", True),
    ],
)
def test_what_only_looks_like_an_alias_is_no_mention(far: HackerNewsStage, text: str, *, meant: bool) -> None:
    far.show(_answer(story(7, title=None, story_text=text)))
    assert bool(heard(poller(far, ()))) is meant


def test_a_comment_is_not_meant_because_its_storys_title_is(far: HackerNewsStage) -> None:
    far.show(_answer(comment(8, 7, 7, story_title="Samplebrand is down")))
    assert not heard(poller(far, ()))


@pytest.mark.parametrize(
    ("query", "text", "meant"),
    [
        ("parcel -samplebrand", "My parcels", True),
        ("parcel -samplebrand", "samplebrand", False),
        ('"late parcel" lost', "a late parcel", True),
        ('"late parcel" lost', "late parcels", False),
        ('"late parcel" lost', "it was LOST", True),
    ],
)
def test_what_a_query_finds_has_to_hold_one_of_its_words(
    far: HackerNewsStage, query: str, text: str, *, meant: bool
) -> None:
    far.show(_answer(story(7, title=None, story_text=text)))
    assert bool(heard(poller(far, (), (), queries=[query]))) is meant


def test_a_comment_is_in_the_thread_of_its_story_whatever_names_it(far: HackerNewsStage) -> None:
    far.show(
        _answer(
            comment(8, 7, 3, comment_text="samplebrand?"),
            comment(9, 8, 3, comment_text="samplebrand!", story_id=None),
            comment(10, 9, 3, comment_text="samplebrand.", story_id=None, _tags=None, parent_id="9", objectID=10),
        )
    )
    found = heard(poller(far, ()))
    assert {name: (one.thread, one.reply_to) for name, one in found.items()} == {
        "8": ("3", "7"),
        "9": ("3", "8"),
        "10": ("9", "9"),
    }


def test_comments_under_our_story_and_answers_to_our_comments_are_heard_without_our_name(far: HackerNewsStage) -> None:
    for hit in (
        story(1, "sample_brand", title="We have a new app"),
        comment(2, 1, 1),
        comment(3, 2, 1, "sample_customer_03"),
        comment(4, 2, 1, "sample_brand"),
        story(50, title="Which one do you use?"),
        comment(51, 50, 50, "sample_brand"),
        comment(52, 51, 50),
        comment(53, 50, 50, "sample_customer_03"),
        comment(61, 60, 60),
    ):
        far.put(hit)
    batches, _ = read(poller(far))
    assert {one.id for batch in batches for one in batch.mentions} == {"1", "2", "3", "4", "51", "52"}
    addressed = frozenset().union(*(batch.addressed for batch in batches))
    assert addressed == {"2", "52"}, "said to us, not only near us, and not by us"


def test_nobody_can_answer_what_we_said_more_than_two_weeks_ago(far: HackerNewsStage) -> None:
    far.put(story(1, "sample_brand", title="Old news", at=START - timedelta(days=15)))
    far.put(comment(2, 1, 1))
    assert "2" not in heard(poller(far))
    assert not any("story_" in one.get("tags", "") for one in asked(far))


def test_our_accounts_are_asked_for_together(far: HackerNewsStage) -> None:
    far.put(comment(2, 1, 1, "sample_brand"))
    far.put(comment(3, 1, 1, "sample_boss"))
    assert set(heard(poller(far, ("sample_brand", "sample_boss")))) == {"2", "3"}
    assert {one["tags"] for one in asked(far) if "author_" in one["tags"]} == {
        "(author_sample_boss,author_sample_brand)"
    }


def test_a_flood_beyond_what_one_search_shows_is_heard_whole(far: HackerNewsStage) -> None:
    many = [far.post(number, START + timedelta(seconds=number // 3)) for number in range(2_500)]
    many += [far.post(number, START + timedelta(hours=1)) for number in range(2_500, 2_850)]
    far.publish(many)
    far.at(START + timedelta(hours=2))
    batches, _ = read(poller(far, ()))
    assert {one.id for batch in batches for one in batch.mentions} == {one.id for one in many}
    assert not any(batch.gaps for batch in batches)


def test_pages_without_a_word_for_us_are_no_gap(far: HackerNewsStage) -> None:
    far.put(comment(1, 9, 9, "sample_brand"))
    _, cursor = read(poller(far))
    for number in range(2, 700):
        far.put(comment(number, 9, 9, at=START + timedelta(seconds=number)))
    far.put(comment(700, 1, 9))
    far.at(START + timedelta(minutes=12))
    batches, _ = read(poller(far), cursor)
    assert "700" in {one.id for batch in batches for one in batch.mentions}
    assert not any(batch.gaps for batch in batches)


def test_a_search_that_repeats_itself_is_left_with_a_gap(far: HackerNewsStage) -> None:
    far.publish(far.posts(1))
    _, cursor = read(poller(far, ()))
    far.at(START + timedelta(hours=3))
    same = [hit_of(far.post(number, START + timedelta(hours=2))) for number in range(100)]
    far.show(_answer(*same))
    batches, _ = read(poller(far, ()), cursor)
    assert len(batches) < 6
    assert [gap.why for gap in batches[-1].gaps] == ['search for "samplebrand": its listing runs in circles']


def test_a_server_may_give_fewer_posts_than_were_asked_for(
    far: HackerNewsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.hackernews.SHOWN", 20)
    far.publish(far.posts(90))
    far.at(START + timedelta(hours=2))
    assert len(heard(poller(far, ()))) == 90


def test_posts_that_cannot_be_read_are_counted_and_cost_no_other(far: HackerNewsStage) -> None:
    bad: list[Any] = [None, {}, story(7, author=None), story(7, created_at_i=-1), story(7, created_at_i=253402300799)]
    far.show(_answer(*bad, story(8)))
    batches, _ = read(poller(far, ()))
    assert [one.id for one in batches[0].mentions] == ["8"]
    assert batches[0].warning == "5 of 6 posts of Hacker News could not be read; please report it"


def test_an_edit_within_two_hours_is_heard_at_the_next_sweep(far: HackerNewsStage) -> None:
    first = far.post(1, START)
    edited = replace(first, text="Parcel 1 is here, thanks samplebrand.")
    far.publish([first])
    cursor, found = None, list[str]()
    for minute in range(1, 220, 20):
        far.publish([edited] if minute > 115 else [])
        far.at(START + timedelta(minutes=minute))
        batches, cursor = read(poller(far), cursor)
        found += [one.text for batch in batches for one in batch.mentions]
    assert edited.text in found


def test_a_look_tells_the_deleted_the_dead_and_the_unknown_from_the_living(far: HackerNewsStage) -> None:
    far.put(story(1))
    far.put(story(2, _firebase={"deleted": True, "by": None}))
    far.put(story(3, _firebase={"dead": True}))
    looked = poller(far, ()).look(["x", "1", "2", "3", "4", "-5", "", "1"])
    assert [one.id for one in looked.mentions] == ["1"]
    assert looked.gone == tuple(Gone("hackernews", name) for name in ("2", "3", "4"))
    assert looked.spent.requests == 4


def test_a_look_after_a_restart_finds_a_comments_story_again(far: HackerNewsStage) -> None:
    far.put(comment(8, 7, 3, comment_text="samplebrand &amp; I"))
    before = heard(poller(far, ()))
    assert poller(far, ()).look(["8"]).mentions == (before["8"],)


def test_without_the_firebase_the_search_says_whether_a_post_still_stands(far: HackerNewsStage) -> None:
    far.put(comment(8, 7, 3, comment_text="samplebrand &amp; I"))
    far.put(comment(9, 8, 3, "sample_brand"))
    before = heard(poller(far))
    looked = poller(far, firebase_url=None).look(["8", "404"])
    assert looked.mentions == (before["8"], before["9"])
    assert looked.gone == (Gone("hackernews", "404"),)
    assert not any(path.startswith("/v0/") for path, _ in far.web.requests)


def test_a_look_that_cannot_see_says_so_and_what_it_cost(far: HackerNewsStage) -> None:
    far.refuse(503)
    with pytest.raises(SourceError, match="503") as failure:
        poller(far, ()).look(["1"])
    assert failure.value.spent.requests == 1


def test_a_look_asks_for_no_more_than_ten_posts(far: HackerNewsStage) -> None:
    looked = poller(far, ()).look([str(number) for number in range(1, 30)])
    assert len(looked.gone) == looked.spent.requests == 10


def test_more_conversations_than_can_be_watched_are_told_once(far: HackerNewsStage) -> None:
    for number in range(1, 302):
        far.put(comment(number, 1_000 + number, 1_000 + number, "sample_brand", at=START + timedelta(seconds=number)))
    asks = poller(far)
    said: list[str | None] = []
    cursor = None
    for _ in range(20):
        batch = asks.poll(cursor)
        cursor = batch.cursor
        said.append(batch.warning)
    assert [one for one in said if one] == [
        "we speak in many conversations; replies are heard in the newest 200, or if they name us"
    ]
    watched = next(one["tags"] for one in asked(far) if "story_" in one["tags"])
    assert watched.startswith("comment,(story_1301,story_1300,")
    assert watched.endswith(",story_1102)")


def test_what_can_be_seen_without_an_account_is_told(far: HackerNewsStage) -> None:
    far.put(story(1))
    told = poller(far, ("Sample_Brand",)).account()
    assert told.who == "nobody: no account is needed"
    assert told.sees == ('1 posts that hold "samplebrand"', "0 posts of Sample_Brand; check the name, capitals count")


def test_what_it_would_cost_is_requests_only(far: HackerNewsStage) -> None:
    far.put(story(1))
    far.put(story(2, at=START - timedelta(days=30)))
    told = poller(far, every="10m").estimate()
    assert (told.posts, told.requests, told.price) == (1 / 7, 4 * 144, 0.0)
    assert told.spent.requests == 2


def test_nothing_to_listen_for_is_said_before_anything_is_asked(far: HackerNewsStage) -> None:
    with pytest.raises(SourceError, match="set aliases or responders") as failure:
        poller(far, (), ())
    assert failure.value.cure is Cure.PERSON
    with pytest.raises(SourceError, match="is no name on Hacker News"):
        poller(far, ("sample brand, pg",))
    assert not asked(far)


def test_times_are_those_of_the_network_in_utc(far: HackerNewsStage) -> None:
    far.show(_answer(story(7, created_at_i=1_772_443_800, created_at="1999-01-01T00:00:00Z")))
    assert heard(poller(far, ()))["7"].posted_at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _answer(*hits: Any) -> bytes:
    return json.dumps({"hits": hits}).encode()
