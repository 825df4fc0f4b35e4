"""X over real HTTP: what is asked for, what is made of the answers, what is refused, and what it costs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import BOTH_SIDES, Batch, Context, Cure, SourceError, x
from connectors._x_posts import posts_in
from connectors.testing import START
from rules.model import Mention, Side

HERE = Path(__file__).parent
PAYLOADS = HERE.parents[1].parent / "shared" / "data" / "payloads" / "x.jsonl"
_spec = spec_from_file_location("stage_x", HERE / "stages" / "x.py")
assert _spec is not None
assert _spec.loader is not None
stage_x: Any = module_from_spec(_spec)
_spec.loader.exec_module(stage_x)
BRAND = Context(frozenset(("sample_brand",)), ("samplebrand",))
AUTHOR = {"author_id": "77", "author": "sample_customer_77"}


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Any]:
    with stage_x.stage(tmp_path) as made:
        yield made


def poller(far: Any, context: Context = BRAND, **changed: object) -> x.XPoller:
    return x.connect(x.Settings.model_validate({"name": "x", "kind": "x", **far.settings, **changed}), context)


def read(one: x.XPoller, cursor: str | None = None) -> tuple[list[Batch], str | None]:
    batches = []
    while True:
        batch = one.poll(cursor)
        batches.append(batch)
        cursor = batch.cursor
        if not batch.more:
            return batches, cursor


def heard(one: x.XPoller, cursor: str | None = None) -> dict[str, Mention]:
    return {each.id: each for batch in read(one, cursor)[0] for each in batch.mentions}


def asked(far: Any, place: str) -> list[dict[str, str]]:
    urls = [urlsplit(path) for path, _ in far.web.requests]
    return [{name: found[0] for name, found in parse_qs(one.query).items()} for one in urls if one.path == place]


def raw(number: int, text: str, **changed: Any) -> dict[str, Any]:
    at = START + timedelta(minutes=number)
    name = str(stage_x.id_at(at, number))
    plain = Mention("x", name, name, "sample_customer_77", text, at, author_id="77", lang="en")
    return {**stage_x.raw_of(plain), **changed}


def put(far: Any, *posts: dict[str, Any]) -> None:
    far.users["77"] = stage_x.user_of("77", "sample_customer_77")
    for one in posts:
        far.put(one)


def settings(**changed: object) -> x.Settings:
    return x.Settings.model_validate({"name": "x", "kind": "x", **changed})


def test_names_are_searched_for_together_without_reposts_and_without_our_own_posts() -> None:
    found = list(
        x.queries(settings(queries=["parcel acmee"]), Context(frozenset(("AcmeHelp",)), ("acme", 'Acme "App"')))
    )
    assert found == [
        '(acme OR "Acme App" OR @AcmeHelp) -is:retweet -from:AcmeHelp',
        "(parcel acmee) -is:retweet -from:AcmeHelp",
    ]


@pytest.mark.parametrize("alias", ["or", "AT&T", "acme-app", "-acme", "from:someone", "acme app"])
def test_what_x_would_take_for_an_operator_is_put_in_quotes(alias: str) -> None:
    assert list(x.queries(settings(), Context(aliases=(alias,)))) == [f'("{alias}") -is:retweet']


def test_many_names_make_several_queries_and_none_is_left_out_or_too_long() -> None:
    aliases = tuple(f"a sample brand {number:03}" for number in range(90))
    found = list(x.queries(settings(), Context(frozenset(f"sample_brand_{n:02}" for n in range(40)), aliases)))
    assert max(map(len, found)) <= 512
    assert len(found) > 1
    assert all(sum(f'"{alias}"' in query for query in found) == 1 for alias in aliases)


@pytest.mark.parametrize(
    ("changed", "context", "says"),
    [
        ({}, Context(), "has nothing to listen for"),
        ({}, Context(frozenset(("no handle!",))), "is no handle on X"),
        ({}, Context(aliases=("a" * 600,)), "too long"),
        ({"queries": ["b" * 600]}, Context(), "too long"),
        ({"token_file": "/nowhere/at/all"}, BRAND, "cannot be read"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_asked(
    far: Any, changed: dict[str, object], context: Context, says: str
) -> None:
    with pytest.raises(SourceError, match=says) as refused:
        poller(far, context, **changed)
    assert refused.value.cure is Cure.PERSON


def test_a_mention_counts_as_said_to_us_and_our_own_posts_do_not(far: Any) -> None:
    far.users["9001"] = stage_x.user_of("9001", "sample_boss")
    put(
        far,
        raw(1, "@sample_brand where is it?"),
        raw(2, "samplebrand is late"),
        raw(3, "Ask @sample_brand", author_id="9001"),
    )
    both = Context(frozenset(("sample_brand", "sample_boss")), ("samplebrand",))
    batches, _ = read(poller(far, both))
    texts = {one.id: one.text for batch in batches for one in batch.mentions}
    addressed = frozenset().union(*(batch.addressed for batch in batches))
    assert {texts[one] for one in addressed} == {"@sample_brand where is it?"}


def test_a_quote_is_a_mention_in_its_own_thread_and_a_repost_is_none(far: Any) -> None:
    quote = raw(2, "Look at samplebrand", referenced_tweets=[{"type": "quoted", "id": "5"}])
    put(far, quote, raw(3, "RT samplebrand", author_id="9000", referenced_tweets=[{"type": "retweeted", "id": "5"}]))
    found = heard(poller(far))
    assert {one.id: (one.thread, one.reply_to) for one in found.values()} == {quote["id"]: (quote["id"], None)}


def test_an_edited_post_keeps_its_first_id_and_time_and_gets_its_newest_text(far: Any) -> None:
    first = raw(1, "samplebrand is late")
    put(far, first)
    one = poller(far)
    before, cursor = read(one)
    far.edit(first["id"], "samplebrand has lost it & me")
    found = heard(one, cursor)[first["id"]]
    assert found == replace(before[1].mentions[0], text="samplebrand has lost it & me")
    assert (found.id, found.thread, found.posted_at) == (first["id"], first["id"], START + timedelta(minutes=1))
    assert one.look([first["id"]]).mentions[0] == found, "X gives the old text to whom asks for the first id"


def test_fields_that_x_has_renamed_are_understood(far: Any) -> None:
    old = raw(1, "samplebrand is late")
    new = raw(9, "samplebrand is lost", edit_history_post_ids=[old["id"], raw(9, "")["id"]])
    new["referenced_posts"] = [{"type": "replied_to", "id": "5"}]
    new["conversation_id"] = "4"
    posts, unread = posts_in({"data": [{**new, "edit_history_tweet_ids": None}]}, {"77": "sample_customer_77"})
    assert unread == 0
    assert (posts[0].mention.id, posts[0].mention.reply_to, posts[0].mention.thread) == (old["id"], "5", "4")


def test_a_field_that_x_refuses_is_asked_for_no_more_and_that_is_said_once(far: Any) -> None:
    far.fields["tweet.fields"] -= {"note_tweet", "referenced_tweets"}
    far.fields["tweet.fields"] |= {"referenced_posts"}
    put(far, raw(1, "samplebrand is late", referenced_posts=[{"type": "replied_to", "id": "5"}]))
    one = poller(far)
    batches, cursor = read(one)
    said = [batch.warning for batch in batches if batch.warning]
    assert said == ["X does not know note_tweet any more; it is read without it, please report this"]
    assert [each.reply_to for batch in batches for each in batch.mentions] == ["5"]
    before = len(far.web.requests)
    again, _ = read(one, cursor)
    assert not any(batch.warning for batch in again)
    assert len(far.web.requests) - before == len(again), "nothing is refused any more"


@pytest.mark.parametrize("said", ["Ambiguous use of and near: username", "no name", "public metrics"])
def test_a_refusal_that_names_no_field_takes_none_away(far: Any, said: str) -> None:
    body = json.dumps({"errors": [{"parameters": {"query": ["created"]}, "message": said}]}).encode()
    far.misbehaving = lambda handler: handler.reply(body, status=400, kind="application/json")
    one = poller(far, Context(aliases=("samplebrand",)))
    with pytest.raises(SourceError, match="answered 400"):
        one.poll(None)
    assert len(far.web.requests) == 1


def test_without_the_expansion_of_authors_posts_are_heard_by_the_authors_ids(far: Any) -> None:
    far.fields["expansions"] = set()
    put(far, raw(1, "samplebrand is late"), raw(2, "We are on it.", author_id="9000"))
    assert {one.author for one in heard(poller(far)).values()} == {"77", "sample_brand"}


@pytest.mark.parametrize("absent", [r"/by/username/", r"/by$"])
def test_our_account_is_found_in_the_one_way_or_the_other_and_only_once(far: Any, absent: str) -> None:
    far.absent = {absent}
    put(far, raw(2, "We are on it.", author_id="9000"))
    one = poller(far)
    _, cursor = read(one)
    read(one, cursor)
    assert sum("/users/by" in path for path, _ in far.web.requests) == (2 if "username" in absent else 1)


def test_an_account_that_does_not_exist_blinds_only_its_own_listings(far: Any) -> None:
    put(far, raw(1, "samplebrand is late"))
    batches, _ = read(poller(far, Context(frozenset(("nobody_here",)), ("samplebrand",))))
    assert [one.text for batch in batches for one in batch.mentions] == ["samplebrand is late"]
    assert batches[-1].failure is not None
    assert "X knows no account 'nobody_here'; correct" in batches[-1].failure
    assert batches[-1].sides == frozenset()


def test_a_listing_that_x_keeps_from_us_is_no_empty_one(far: Any) -> None:
    far.private = {"9000"}
    batches, _ = read(poller(far))
    assert batches[-1].failure is not None
    assert "X shows nothing here (Authorization Error)" in batches[-1].failure
    assert Side.OURS not in batches[-1].sides


def test_a_server_without_a_list_of_mentions_is_heard_by_its_search(far: Any) -> None:
    far.absent = {"/mentions$"}
    put(far, raw(1, "@sample_brand hello?"))
    batches, _ = read(poller(far))
    assert [one.text for batch in batches for one in batch.mentions] == ["@sample_brand hello?"]
    assert batches[-1].sides == BOTH_SIDES
    assert {one for batch in batches for one in batch.addressed}
    assert [one.warning for one in batches if one.warning] == [
        "X has no list of mentions of sample_brand; they are heard by the search alone"
    ]


def test_after_more_than_seven_days_there_is_a_gap_and_all_that_is_left_is_heard(far: Any) -> None:
    one = poller(far, Context(aliases=("samplebrand",)))
    put(far, raw(1, "samplebrand is late"))
    _, cursor = read(one)
    day = 24 * 60
    put(far, *(raw(9 * day + number, f"samplebrand {number}") for number in range(150)))
    put(far, raw(day, "samplebrand, in between"))
    batches, cursor = read(one, cursor)
    gaps = [gap for batch in batches for gap in batch.gaps]
    assert [(gap.side, "seven days" in gap.why) for gap in gaps] == [(Side.THEIRS, True)]
    assert sum(len(batch.mentions) for batch in batches) == 150
    assert not any(batch.gaps for batch in read(one, cursor)[0])


def test_what_an_account_lists_no_more_is_a_gap(far: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stage_x.LISTED, "tweets", 150)
    monkeypatch.setattr(x, "_OWN", 150)
    monkeypatch.setattr(stage_x.XStage._listing, "__defaults__", (150,))
    one = poller(far, Context(frozenset(("sample_brand",))))
    put(far, raw(0, "first", author_id="9000"))
    _, cursor = read(one)
    put(far, *(raw(number, f"{number}", author_id="9000") for number in range(5, 305)))
    batches, _ = read(one, cursor)
    assert [gap.side for batch in batches for gap in batch.gaps] == [Side.OURS]
    assert sum(len(batch.mentions) for batch in batches) == 150


def test_a_post_is_paid_for_once_a_day_unless_the_config_says_otherwise(far: Any) -> None:
    put(far, raw(1, "samplebrand, @sample_brand, is late"), raw(2, "We are on it.", author_id="9000"))
    for once, reads in ((True, (2, 0)), (False, (3, 3))):
        one = poller(far, once_a_day=once)
        first, cursor = read(one)
        again, _ = read(one, cursor)
        assert tuple(sum(batch.spent.reads for batch in each) for each in (first, again)) == reads
    price = sum(batch.spent.price for batch in read(poller(far))[0])
    assert price == pytest.approx(0.005 + 0.001 + 0.01)


def test_on_the_next_day_a_post_is_paid_for_again(far: Any) -> None:
    put(far, raw(1, "samplebrand is late"))
    one = poller(far)
    read(one)
    assert one.look([raw(1, "")["id"]]).spent.reads == 0
    far.at(START + timedelta(days=1))
    assert one.look([raw(1, "")["id"]]).spent.reads == 1


def test_the_price_is_that_of_what_the_last_week_held(far: Any) -> None:
    put(far, *(raw(number, "samplebrand is late") for number in range(70)))
    put(far, *(raw(number, "We are on it.", author_id="9000") for number in range(100, 114)))
    found = poller(far, every="10m").estimate()
    assert found.posts == pytest.approx(10 + 2)
    assert found.price == pytest.approx(30 * (10 * 0.005 + 2 * 0.001))
    assert found.requests == pytest.approx(3 * 144, abs=1)
    assert (found.spent.requests, found.spent.price) == (2, pytest.approx(0.01))


def test_many_accounts_are_counted_in_queries_that_x_takes(far: Any) -> None:
    poller(far, Context(frozenset(f"sample_brand_{number:02}" for number in range(40)))).estimate()
    assert max(len(one["query"]) for one in asked(far, "/2/tweets/counts/recent")) <= 512


def test_the_account_says_which_listings_answer(far: Any) -> None:
    put(far, raw(1, "samplebrand is late"), raw(2, "We are on it.", author_id="9000"))
    far.absent = {"/mentions$"}
    found = poller(far).account()
    assert "app" in found.who
    assert found.sees[0] == "search: 1 posts in seven days"
    assert found.sees[1].startswith("mentions of sample_brand: not read, X answered 404")
    assert found.sees[2] == "posts of sample_brand: newest post of 2026-03-02 09:02 UTC"


def test_a_look_asks_for_all_posts_at_once_and_hears_what_was_answered_since(far: Any) -> None:
    put(far, *(raw(number, "samplebrand is late") for number in range(1, 100)), raw(0, "Old news", author_id="9000"))
    answer = raw(200, "We are on it.", author_id="9000")
    put(far, answer)
    ids = [raw(number, "")["id"] for number in range(1, 100)]
    looked = poller(far).look([*ids, "", "x", "-1", "1" * 30])
    assert {one.id for one in looked.mentions} == {*ids, answer["id"]}
    assert [len(one["ids"].split(",")) for one in asked(far, "/2/tweets")] == [99]


def test_an_account_in_several_voices_is_heard_whole(far: Any) -> None:
    far.users["9001"] = stage_x.user_of("9001", "sample_boss")
    put(far, raw(1, "We are on it.", author_id="9000"), raw(2, "So am I.", author_id="9001"))
    found = heard(poller(far, Context(frozenset(("sample_brand", "sample_boss")))))
    assert {one.author for one in found.values()} == {"sample_brand", "sample_boss"}


def test_a_limit_that_is_used_up_is_waited_for_listing_by_listing(far: Any) -> None:
    far.left = {"x_rate_limit_remaining": "0", "x_rate_limit_reset": str(int(START.timestamp()) + 3_600)}
    one = poller(far)
    _, cursor = read(one)
    with pytest.raises(SourceError, match="allows no further request"):
        one.poll(cursor)


def test_the_bearer_token_is_in_no_log_however_much_is_logged(far: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    read(poller(far))
    assert any("Bearer" in headers["authorization"] for headers in far.web.headers())
    assert stage_x.TOKEN not in caplog.text


def test_an_address_may_end_in_the_apis_version(far: Any) -> None:
    put(far, raw(1, "samplebrand is late"))
    assert heard(poller(far, base_url=far.web.url("/2/")))


def test_posts_of_a_strange_shape_are_counted_and_cost_the_others_nothing(far: Any) -> None:
    good = raw(1, "samplebrand is late")
    bad = [{**good, "created_at": "9999-12-31T23:59:59.000Z"}, {**good, "id": -1}, {**good, "author_id": None}, None]
    far.show(json.dumps({"data": [good, *bad], "meta": {"result_count": 5}}).encode())
    batches, _ = read(poller(far))
    assert [one.text for batch in batches for one in batch.mentions] == ["samplebrand is late"]
    assert [one.warning for one in batches if one.warning] == ["4 posts of X could not be read; please report it"]


@pytest.mark.skipif(not PAYLOADS.is_file(), reason="the recorded payloads are not on this machine")
def test_every_recorded_post_of_others_that_names_its_author_is_read() -> None:
    """The recordings were made without fields: each loss is a post without an author, and none is anything else."""
    for line in PAYLOADS.read_text("utf-8").splitlines():
        recorded = json.loads(line)
        data = recorded["body"].get("data")
        posts = [one for one in data if "text" in one] if isinstance(data, list) else []
        found, unread = posts_in({**recorded["body"], "data": posts}, {})
        assert len(found) == 0, recorded["request"]
        assert unread == len(posts)
        found, unread = posts_in({"data": [{**one, "author_id": "77"} for one in posts]}, {})
        assert unread == 0, recorded["request"]
        assert [one.version for one in found] == [one["id"] for one in posts]
