"""Reddit over real HTTP: what concerns us, whose token is used, where a listing ends, and what a look sees."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from stages.reddit import HOME, WATCHED, RedditStage, Thing, reply, requests_of, said, stage, thing_of
from web_double import Handler

from connectors import Account, Batch, Context, Cure, Gone, SourceError, reddit
from connectors._reddit_posts import Post, listing, read
from connectors.testing import START
from rules.model import Mention, Side

RECORDED = Path(__file__).parents[2].parent / "shared" / "data" / "payloads" / "reddit.jsonl"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[RedditStage]:
    with stage(tmp_path) as made:
        yield made


def poller(
    far: RedditStage,
    responders: Sequence[str] = ("sample_brand",),
    aliases: Sequence[str] = ("samplebrand",),
    **settings: object,
) -> reddit.RedditPoller:
    plain = {"name": "reddit", "kind": "reddit", **far.settings}
    given = reddit.Settings.model_validate({**plain, **settings})
    return reddit.connect(given, Context(frozenset(responders), tuple(aliases)))


def walk(asks: reddit.RedditPoller, cursor: str | None = None) -> tuple[list[Batch], str | None]:
    batches = []
    for _ in range(200):
        batches.append(asks.poll(cursor))
        cursor = batches[-1].cursor
        if not batches[-1].more:
            return batches, cursor
    raise AssertionError("the walk does not end")


def heard(asks: reddit.RedditPoller) -> dict[str, Mention]:
    mentions = {one.id: one for batch in walk(asks)[0] for one in batch.mentions}
    asks.close()
    return mentions


def addressed(asks: reddit.RedditPoller) -> set[str]:
    names = {name for batch in walk(asks)[0] for name in batch.addressed}
    asks.close()
    return names


def submission(name: str, text: str = "Who delivers?", author: str = "sample_customer_01", **changed: Any) -> Thing:
    """In the subreddit that is watched, unless ``place`` says otherwise."""
    place, at = changed.pop("place", WATCHED), changed.pop("at", START)
    url = f"https://www.reddit.com/r/{place}/comments/{name}/parcels/"
    thing = thing_of(Mention("reddit", f"t3_{name}", f"t3_{name}", author, text, at, url=url))
    thing["data"].update(changed)
    return thing


def comment(
    name: str, parent: str, text: str = "Same here.", author: str = "sample_customer_02", **changed: Any
) -> Thing:
    root, place, at = changed.pop("root", "root1"), changed.pop("place", WATCHED), changed.pop("at", START)
    url = f"https://www.reddit.com/r/{place}/comments/{root}/parcels/{name}/"
    thing = thing_of(Mention("reddit", f"t1_{name}", f"t3_{root}", author, text, at, reply_to=parent, url=url))
    thing["data"].update(changed)
    return thing


def watching(far: RedditStage, **settings: object) -> reddit.RedditPoller:
    return poller(far, own_subreddits=[], subreddits=[WATCHED], **settings)


def test_everything_in_a_subreddit_of_ours_is_said_to_us(far: RedditStage) -> None:
    far.put(submission("a1", place=HOME))
    far.put(comment("c1", "t3_a1", root="a1", place=HOME))
    far.put(comment("c2", "t1_c1", "We are looking.", "Sample_Brand", root="a1", place=HOME))
    assert set(heard(poller(far))) == {"t3_a1", "t1_c1", "t1_c2"}
    assert addressed(poller(far)) == {"t3_a1", "t1_c1"}


@pytest.mark.parametrize(
    ("text", "concerns"),
    [
        ("Is samplebrand down?", True),
        ("SAMPLEBRAND's app", True),
        ("sämplebränd", True),
        ("samplebrands of all kinds", False),
        ("resamplebrand", False),
        ("see https://samplebrand.example/help", True),
        ("u/sample_brand please", True),
        ("ask /u/Sample_Brand.", True),
        ("u/sample_brand_fan is nice", False),
        ("anybody?", False),
    ],
)
def test_in_another_subreddit_only_what_names_us_concerns_us(far: RedditStage, text: str, *, concerns: bool) -> None:
    far.put(comment("c1", "t3_root1", text))
    assert ("t1_c1" in heard(watching(far))) is concerns


@pytest.mark.parametrize(
    ("told", "concerns", "to_us"),
    [
        ({"parent": "t1_ours"}, True, True),
        ({"parent": "t3_root1", "link_author": "sample_brand"}, True, True),
        ({"parent": "t3_root1", "is_submitter": True, "link_title": "Samplebrand lost it"}, True, False),
        ({"parent": "t3_root1", "is_submitter": False, "link_title": "Samplebrand lost it"}, False, False),
        ({"parent": "t3_root1", "is_submitter": True, "link_title": "Somebody lost it"}, False, False),
        ({"parent": "t1_theirs"}, False, False),
    ],
)
def test_in_another_subreddit_what_answers_us_concerns_us(
    far: RedditStage, told: dict[str, Any], *, concerns: bool, to_us: bool
) -> None:
    far.put(comment("ours", "t3_root1", "Sorry!", "sample_brand", place="elsewhere"))
    far.put(comment("c1", **told))
    assert ("t1_c1" in heard(watching(far))) is concerns
    assert ("t1_c1" in addressed(watching(far))) is to_us


def test_who_calls_us_by_our_handle_speaks_to_us(far: RedditStage) -> None:
    far.put(comment("c1", "t3_root1", "u/sample_brand, where is it?"))
    far.put(comment("c2", "t3_root1", "samplebrand, where is it?"))
    assert addressed(watching(far)) == {"t1_c1"}


def test_a_side_of_ours_that_cannot_be_read_does_not_hide_what_names_us(far: RedditStage) -> None:
    far.put(submission("a1", "samplebrand is late"))
    far.refuse(500, Side.OURS)
    batches, _ = walk(watching(far))
    assert "t3_a1" in {one.id for batch in batches for one in batch.mentions}
    assert batches[-1].sides == {Side.THEIRS}


def test_an_alias_is_searched_for_newest_first_and_as_a_phrase_where_it_is_one(far: RedditStage) -> None:
    walk(poller(far, aliases=('Sample "Brand" app', "samplebrand"), queries=["subreddit:logistics parcel"]))
    searches = [asked for path, asked in requests_of(far.web) if path == "search"]
    assert [one["q"] for one in searches] == ['"Sample Brand app"', "samplebrand", "subreddit:logistics parcel"]
    assert all(
        one == {"q": one["q"], "sort": "new", "type": "link", "limit": "100", "raw_json": "1"} for one in searches
    )


def test_what_a_query_of_the_config_finds_is_taken_as_it_is(far: RedditStage) -> None:
    far.put(submission("a1", "A parcel of nobody", place="elsewhere"))
    assert "t3_a1" not in heard(poller(far))
    assert "t3_a1" in heard(poller(far, queries=["parcel"]))


def test_a_search_is_heard_for_what_a_link_says(far: RedditStage) -> None:
    far.put(submission("a1", "Hm.", place="elsewhere", is_self=False, url="https://samplebrand.example/jobs"))
    assert "t3_a1" in heard(poller(far, queries=[], aliases=("samplebrand", "hm")))


def test_the_inbox_is_said_to_us_and_its_private_messages_are_left_alone(far: RedditStage) -> None:
    thing = comment("c1", "t1_ours", place="elsewhere", link_id=None, permalink=None)
    thing["data"].update(was_comment=True, context="/r/elsewhere/comments/root1/parcels/c1/?context=3")
    far.put(thing, "message/inbox", "message/mentions")
    message = {
        "kind": "t4",
        "data": {**thing["data"], "name": "t4_m1", "id": "m1", "was_comment": False, "context": ""},
    }
    far.put(message, "message/inbox")
    mentions = heard(poller(far))
    assert [(one.id, one.thread, one.reply_to) for one in mentions.values()] == [("t1_c1", "t3_root1", "t1_ours")]
    assert mentions["t1_c1"].url == "https://www.reddit.com/r/elsewhere/comments/root1/parcels/c1/"
    assert addressed(poller(far)) == {"t1_c1"}


def test_without_a_user_there_is_no_inbox_and_the_app_reads_as_itself(far: RedditStage) -> None:
    walk(poller(far, refresh_token_file=None))
    assert not [path for path, _ in requests_of(far.web) if path.startswith("message/")]
    assert [one["grant_type"] for one in far.grants] == ["client_credentials"]


def test_a_server_without_an_inbox_is_heard_all_the_same(far: RedditStage) -> None:
    far.publish(far.posts(2))
    found = far._found
    far._found = lambda place, asked: None if place.startswith("message") else found(place, asked)  # type: ignore[method-assign]  # one that has none
    batches, _ = walk(poller(far))
    assert batches[-1].failure is None
    assert "goes on without its inbox" in str([batch.warning for batch in batches])
    assert {one.id for batch in batches for one in batch.mentions} == {one.id for one in far.posts(2)}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_inbox_is_not_given_up_because_nothing_at_all_could_be_read(far: RedditStage, status: int) -> None:
    far.put(comment("c1", "t1_ours", place="elsewhere"), "message/inbox")
    asks = poller(far)
    far.refuse(status)
    with pytest.raises(SourceError):
        asks.poll(None)
    far.refuse(0)
    assert "t1_c1" in heard(asks)


def test_an_inbox_is_not_given_up_because_a_login_failed_just_before_it(far: RedditStage) -> None:
    far.put(comment("c1", "t1_ours", place="elsewhere"), "message/inbox")
    asks = poller(far)
    cursor = None
    for _ in ("posts", "comments", "search"):
        cursor = asks.poll(cursor).cursor
    far.tokens.clear()
    far.login = (401, {"error": 401})
    cursor = asks.poll(cursor).cursor
    far.login = None
    assert "t1_c1" in {one.id for batch in walk(asks, cursor)[0] for one in batch.mentions}


@pytest.mark.parametrize(
    ("settings", "grant"),
    [
        ({}, {"grant_type": "refresh_token", "refresh_token": "sample-refresh"}),
        (
            {"refresh_token_file": None, "username_env": "SAMPLE_NAME", "password_env": "SAMPLE_PASSWORD"},
            {"grant_type": "password", "username": "sample_brand", "password": "sample-password"},
        ),
        (
            {"refresh_token_file": None, "client_secret_file": None, "client_secret_env": ""},
            {"grant_type": "https://oauth.reddit.com/grants/installed_client"},
        ),
    ],
)
def test_each_way_to_log_in_asks_for_a_token_once(
    far: RedditStage, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], grant: dict[str, str]
) -> None:
    monkeypatch.setenv("SAMPLE_NAME", "sample_brand")
    monkeypatch.setenv("SAMPLE_PASSWORD", "sample-password")
    monkeypatch.setenv("praw_refresh_token", "of-somebody-else")
    walk(poller(far, **settings))
    assert len(far.grants) == 1
    assert grant.items() <= far.grants[0].items()
    agents = {headers["user-agent"] for headers in far.web.headers()}
    assert all(one.startswith("python:harken (by /u/sample_brand)") for one in agents)


def test_a_token_that_was_taken_back_is_renewed_at_once_and_nothing_is_lost(far: RedditStage) -> None:
    asks = poller(far)
    walk(asks)
    far.tokens.clear()
    far.publish(far.posts(2))
    began = time.monotonic()
    batches, _ = walk(asks)
    assert time.monotonic() - began < 2
    assert batches[-1].failure is None
    assert {one.id for batch in batches for one in batch.mentions} == {one.id for one in far.posts(2)}
    assert len(far.grants) == 2


def test_a_token_that_is_refused_when_it_is_new_needs_a_person(far: RedditStage) -> None:
    far.refuse(401, Side.THEIRS)
    asks = poller(far)
    with pytest.raises(SourceError, match="answered 401") as failure:
        asks.poll(None, frozenset((Side.THEIRS,)))
    assert failure.value.cure is Cure.PERSON


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, {"message": "Unauthorized", "error": 401}, "answered 401 to our login"),
        (400, {"message": "Bad Request", "error": 400}, "answered 400 to our login"),
        (200, {"error": "invalid_grant"}, "does not take our login"),
    ],
)
def test_a_login_that_is_not_taken_needs_a_person(far: RedditStage, status: int, body: object, says: str) -> None:
    far.login = (status, body)
    with pytest.raises(SourceError, match=says) as failure:
        poller(far).poll(None)
    assert failure.value.cure is Cure.PERSON
    assert "check the client id" in str(failure.value)


@pytest.mark.parametrize("status", [401, 429, 500, 502, 503])
def test_nothing_sleeps_or_is_tried_again_inside_a_poll(
    far: RedditStage, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("prawcore.sessions.time.sleep", slept.append)
    asks = poller(far, aliases=(), refresh_token_file=None, responders=())
    asks.poll(None)
    before = len(far.web.requests)
    far.refuse(status)
    with pytest.raises(SourceError):
        asks.poll(None)
    far.refuse(0)
    assert slept == []
    tries = [path for path, _ in requests_of(far.web)[before:] if path.endswith("/new")]
    assert len(tries) == 1


def test_a_limit_that_is_used_up_holds_back_every_listing_until_it_is_over(
    far: RedditStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prawcore.rate_limit.time.sleep", lambda _: pytest.fail("slept"))
    far.limit = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "100", "x-ratelimit-reset": "1"}
    asks = poller(far)
    first = asks.poll(None)
    before = len(far.web.requests)
    with pytest.raises(SourceError, match="allows no request for another 1 s") as failure:
        asks.look(["t3_a1"])
    assert failure.value.retry_after is not None
    assert failure.value.retry_after <= timedelta(seconds=1)
    assert len(far.web.requests) == before
    far.web.stopping.wait(1.1)
    far.limit = {}
    batches, _ = walk(asks, first.cursor)
    assert batches[-1].failure is None


def test_rate_limit_headers_that_are_not_whole_do_no_harm(far: RedditStage) -> None:
    far.publish(far.posts(2))
    for far.limit in ({"x-ratelimit-remaining": "3.0"}, {"x-ratelimit-remaining": "no", "x-ratelimit-used": "x"}):
        assert len(heard(poller(far))) == 2


def test_pages_go_on_after_the_last_post_and_never_before_one(far: RedditStage) -> None:
    far.publish(
        [
            one
            for number in range(500)
            if (one := far.post(number, START + timedelta(seconds=number))).id and number % 2 == 0
        ]
    )
    assert len(heard(poller(far))) == 250
    pages = [asked for path, asked in requests_of(far.web) if path.endswith("/new")]
    assert [("after" in one, "before" in one) for one in pages] == [(False, False), (True, False), (True, False)]


def test_a_listing_that_shows_no_more_leaves_a_gap(far: RedditStage) -> None:
    asks = poller(far)
    far.publish(far.posts(1))
    _, cursor = walk(asks)
    flood = START + timedelta(hours=1)
    far.publish([far.post(2 * number, flood + timedelta(seconds=number)) for number in range(1, 1_201)])
    far.at(flood + timedelta(hours=1))
    batches, _ = walk(asks, cursor)
    gaps = [gap for batch in batches for gap in batch.gaps]
    assert [(gap.side, gap.since, gap.until) for gap in gaps] == [
        (Side.THEIRS, START + timedelta(minutes=10), flood + timedelta(seconds=201))
    ]
    assert "shows no more than the newest 1000" in gaps[0].why


def test_a_page_whose_anchor_was_removed_begins_the_walk_again_and_loses_nothing(far: RedditStage) -> None:
    posts = [far.post(2 * number, START + timedelta(seconds=number)) for number in range(250)]
    far.publish(posts)
    asks = poller(far)
    first = asks.poll(None)
    anchor = posts[150]
    far.remove(anchor)
    batches, _ = walk(asks, first.cursor)
    found = {one.id for batch in (first, *batches) for one in batch.mentions}
    assert found >= {one.id for one in posts} - {anchor.id}


def test_a_server_that_always_promises_another_page_is_read_to_its_end(far: RedditStage) -> None:
    far.publish(far.posts(3))
    shows = far._listing

    def promising(name: str, asked: Any, wanted: Any) -> Any:
        page = shows(name, asked, wanted)
        children = page["data"]["children"]
        page["data"]["after"] = children[-1]["data"]["name"] if children else None
        return page

    far._listing = promising  # type: ignore[method-assign]  # another server's habit
    assert set(heard(poller(far))) == {one.id for one in far.posts(3)}


def test_a_pinned_post_at_the_top_does_not_end_a_walk(far: RedditStage) -> None:
    old = submission("pinned", "Read this", "sample_brand", place=HOME, at=START - timedelta(days=900), stickied=True)
    page = listing({"data": {"children": [old, submission("a1")], "after": None}})
    assert page.oldest == START


@pytest.mark.parametrize(
    "changed",
    [{"author": None}, {"author": "[deleted]"}, {"body": "[removed]"}, {"body": "[deleted]"}],
)
def test_what_is_gone_is_skipped_in_a_listing_and_told_by_a_look(far: RedditStage, changed: dict[str, Any]) -> None:
    thing = comment("c1", "t3_a1", root="a1", place=HOME)
    thing["data"].update(changed)
    far.put(thing)
    asks = poller(far)
    batches, _ = walk(asks)
    assert [one for batch in batches for one in (*batch.mentions, *batch.gone, batch.warning) if one] == []
    assert asks.look(["t1_c1"]).gone == (Gone("reddit", "t1_c1"),)


def test_a_submission_that_moderators_removed_is_gone() -> None:
    assert read(submission("a1", removed_by_category="moderator")) == Gone("reddit", "t3_a1")


def test_a_look_asks_for_a_hundred_at_once_and_minds_no_malformed_id(far: RedditStage) -> None:
    posts = [far.post(2 * number, START + timedelta(seconds=number)) for number in range(120)]
    far.publish(posts)
    asks = poller(far)
    looked = asks.look(["", "a,b", "t3_x y", "t5_abc", *(one.id for one in posts), "t3_never"])
    asked = [asked["id"].split(",") for path, asked in requests_of(far.web) if path == "api/info"]
    assert [len(one) for one in asked] == [100, 21]
    assert {one.id for one in looked.mentions} == {one.id for one in posts}
    assert looked.gone == (Gone("reddit", "t3_never"),)
    assert looked.spent.requests == 4


def test_a_look_at_a_post_that_cannot_be_read_does_not_call_it_gone(far: RedditStage) -> None:
    far.put(submission("a1"))
    far.things["t3_a1"]["data"]["created_utc"] = "yesterday"
    assert poller(far).look(["t3_a1"]).gone == ()


def test_a_look_that_fails_says_what_it_cost(far: RedditStage) -> None:
    far.refuse(503)
    with pytest.raises(SourceError) as failure:
        poller(far).look(["t3_a1"])
    assert failure.value.spent.requests >= 1


def test_an_edit_is_heard_under_the_same_name(far: RedditStage) -> None:
    first = far.post(2, START)
    far.publish([first])
    asks = poller(far)
    _, cursor = walk(asks)
    far.publish([replace(first, text="Parcel 2\n\nEDIT: it came.")])
    far.at(START + timedelta(minutes=12))
    batches, _ = walk(asks, cursor)
    assert {(one.id, one.text) for batch in batches for one in batch.mentions} == {
        (first.id, "Parcel 2\n\nEDIT: it came.")
    }


def test_every_responder_is_heard(far: RedditStage) -> None:
    far.put(comment("c1", "t3_x", "Hello", "Sample_Brand", place="one"))
    far.put(comment("c2", "t3_x", "Hello", "sample_founder", place="two"))
    mentions = heard(poller(far, ("sample_brand", "sample_founder")))
    assert {one.author for one in mentions.values()} == {"Sample_Brand", "sample_founder"}


def test_posts_in_a_wrong_shape_are_counted_and_cost_no_other(far: RedditStage) -> None:
    far.publish(far.posts(1))
    far.put(submission("a1", place=HOME, title=["x"], selftext=None))
    far.put(submission("a2", place=HOME, author=7))
    batches, _ = walk(poller(far))
    assert "2 of 3 posts of Reddit could not be read; please report it" in [batch.warning for batch in batches]
    assert {one.id for batch in batches for one in batch.mentions} == {far.posts(1)[0].id}


def test_an_answer_that_is_no_listing_is_a_failure(far: RedditStage) -> None:
    far.publish(far.posts(1))
    far.misbehaving = far._but_tokens(said(b'{"kind": "more"}'))
    with pytest.raises(SourceError, match="no listing; check base_url"):
        poller(far).poll(None)


def test_ids_may_be_numbers_and_names_may_be_missing() -> None:
    at = START.timestamp()
    found = read({"kind": "t1", "data": {"id": 17, "link_id": 4, "author": "@x", "body": "Hi", "created_utc": int(at)}})
    assert isinstance(found, Post)
    assert found.mention == Mention(
        "reddit", "t1_17", "t3_4", "x", "Hi", START, reply_to="t3_4", url="https://www.reddit.com/comments/4/_/17/"
    )


def test_logging_in_says_as_whom_and_what_there_is(far: RedditStage) -> None:
    account = poller(far, subreddits=[WATCHED, "misspelt"]).account()
    assert account == Account(
        "u/sample_brand",
        ("submissions and comments", "its inbox", f"r/{HOME}", f"r/{WATCHED}", "but not r/misspelt; check its name"),
    )
    assert "no responder" in str(poller(far, ("sample_founder",)).account().sees)
    assert poller(far, refresh_token_file=None).account().who.startswith("nobody")


def test_the_price_is_the_requests_of_all_listings(far: RedditStage) -> None:
    estimate = poller(far, ("sample_brand", "sample_founder"), every="10m").estimate()
    assert (estimate.posts, estimate.requests) == (None, 7 * 144)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"username_env": "NAME"}, "go together"),
        ({"username_env": "NAME", "password_env": "PASSWORD"}, "two logins"),
        (
            {
                "username_env": "NAME",
                "password_env": "PASSWORD",
                "refresh_token_file": None,
                "client_secret_env": "",
                "client_secret_file": None,
            },
            "only an app with a secret",
        ),
        ({"subreddits": ["a/b"]}, "subreddits"),
        ({"base_url": ""}, "base_url"),
    ],
)
def test_settings_that_cannot_work_are_refused(far: RedditStage, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        poller(far, **settings)


def test_what_is_missing_is_told_before_anything_is_asked(far: RedditStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDDIT_CLIENT_ID", raising=False)
    with pytest.raises(SourceError, match="REDDIT_CLIENT_ID with Reddit's client id cannot be read; make an app"):
        poller(far, client_id_file=None)
    with pytest.raises(SourceError, match="nothing to listen for; set aliases or responders"):
        poller(far, (), (), own_subreddits=[], subreddits=["x2"], refresh_token_file=None)
    with pytest.raises(SourceError, match="is no name on Reddit"):
        poller(far, ("Acme Care",))
    assert far.web.requests == []


def test_an_api_at_the_root_of_a_server_is_reached_too(far: RedditStage) -> None:
    def at_root(handler: Handler) -> None:
        far.misbehaving = None
        far.answer(handler, f"/api-of-reddit{handler.path}")
        far.misbehaving = at_root

    far.publish(far.posts(1))
    far.misbehaving = at_root
    root = str(far.settings["base_url"]).removesuffix("/api-of-reddit")
    assert set(heard(poller(far, base_url=f"{root}/"))) == {far.posts(1)[0].id}


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recorded answers of Reddit are not on this machine")
def test_every_post_of_the_recorded_answers_is_read_or_is_gone_for_a_reason() -> None:
    things = [
        thing
        for line in RECORDED.read_text("utf-8").splitlines()
        for thing in _things(json.loads(line)["body"])
        if thing["kind"] in ("t1", "t3")
    ]
    found = [(thing["data"], read(thing)) for thing in things]
    assert len(found) > 190
    unread = [post for post, one in found if one is None]
    assert all(post.get("promoted") for post in unread), "only advertisements are left out"
    for post, one in found:
        if isinstance(one, Gone):
            assert (
                post["author"] == "[deleted]" or "[removed]" in str(post.get("selftext")) or post["removed_by_category"]
            )
        elif one is not None:
            mention = one.mention
            assert (mention.id, mention.author) == (post["name"], post["author"])
            assert mention.posted_at == datetime.fromtimestamp(post["created_utc"], UTC)
            assert mention.thread == (post.get("link_id") or (post["name"] if "title" in post else mention.thread))
            assert mention.reply_to == post.get("parent_id")
            assert (post.get("body") or post.get("title") or "").strip() in mention.text


def _things(value: Any) -> Iterator[Thing]:
    """Everything in an answer that has a kind, however deep it lies."""
    if isinstance(value, dict):
        if isinstance(value.get("data"), dict) and "kind" in value:
            yield value
        for inner in value.values():
            yield from _things(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _things(inner)


def test_a_refusal_of_the_token_is_told_by_its_own_words(far: RedditStage) -> None:
    far.misbehaving = lambda handler: reply(handler, {"error": 429}, 429, Retry_After="7")
    with pytest.raises(SourceError, match="100 requests a minute") as failure:
        poller(far).poll(None)
    assert failure.value.retry_after == timedelta(seconds=7)
