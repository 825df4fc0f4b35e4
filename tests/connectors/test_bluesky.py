"""Bluesky over real HTTP: what is asked, what becomes of the answers, and what a half server still gives."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bluesky_double import PASSWORD, Bluesky, Person, Post, tid
from hypothesis import given
from hypothesis import strategies as st

from connectors import BOTH_SIDES, Batch, Context, Cure, Gone, LogsIn, SourceError, bluesky
from connectors._bluesky_posts import UnreadableError, mention_of
from rules.model import Mention, Side

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BRAND = Person("did:plc:brand", "brand.example.com", "Brand")
SECOND = Person("did:plc:second", "second.example.com")
ONE, TWO = (Person(f"did:plc:customer{n}", f"sample-customer-0{n}.example.com") for n in (1, 2))
EVERYBODY = (BRAND, SECOND, ONE, TWO)
CONTEXT = Context(frozenset((BRAND.handle,)), ("acme",))


@pytest.fixture
def far() -> Iterator[Bluesky]:
    with Bluesky(people={one.did: one for one in EVERYBODY}, account=BRAND, now=NOON + timedelta(hours=1)) as double:
        yield double


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUESKY_APP_PASSWORD", PASSWORD)


def settings(far: Bluesky, **changed: object) -> bluesky.Settings:
    plain = {"name": "sky", "kind": "bluesky", "base_url": far.url, "handle": BRAND.handle, "timeout": "2s"}
    return bluesky.Settings.model_validate({**plain, **changed})


@contextlib.contextmanager
def made(far: Bluesky, context: Context = CONTEXT, **changed: object) -> Iterator[bluesky.BlueskyPoller]:
    with contextlib.closing(bluesky.connect(settings(far, **changed), context)) as poller:
        yield poller


def walk(poller: bluesky.BlueskyPoller, cursor: str | None = None, sides: frozenset[Side] = BOTH_SIDES) -> list[Batch]:
    batches = [poller.poll(cursor, sides)]
    while batches[-1].more:
        batches.append(poller.poll(batches[-1].cursor, sides))
        assert len(batches) < 300
    return batches


def heard(batches: Sequence[Batch]) -> dict[str, Mention]:
    return {one.id: one for batch in batches for one in batch.mentions}


def texts(batches: Sequence[Batch]) -> set[str]:
    return {one.text for one in heard(batches).values()}


def post(by: Person, text: str, minutes: float = 0, **changed: object) -> Post:
    at = NOON + timedelta(minutes=minutes)
    plain = Post(by, text, at, at + timedelta(milliseconds=700), tid(at, len(text)))
    return replace(plain, **changed)  # type: ignore[arg-type]  # passed on


def reply(by: Person, text: str, to: Post, minutes: float = 1) -> Post:
    return post(by, text, minutes, root=to.root or to.uri, parent=to.uri)


# what is asked


def test_every_alias_query_and_handle_that_has_no_notifications_is_searched_for(far: Bluesky) -> None:
    context = Context(frozenset((BRAND.handle, SECOND.handle)), ("acme", "Acme App", 'ac"me', "#acme"))
    with made(far, context, queries=["from:x.example.com acme", "ACME"]) as poller:
        walk(poller)
    asked = {query["q"][0] for query in far.asked("searchPosts")}
    assert asked == {"acme", '"Acme App"', '"ac me"', "#acme", '"second.example.com"', "from:x.example.com acme"}
    assert all(query["sort"] == ["latest"] for query in far.asked("searchPosts"))


def test_a_poll_of_a_quiet_brand_is_one_request_a_listing(far: Bluesky) -> None:
    with made(far) as poller:
        batches = walk(poller)
        far.requests.clear()
        assert sum(batch.spent.requests for batch in walk(poller, batches[-1].cursor)) == 3
    assert [path.rpartition(".")[2] for path, _, _ in far.requests] == [
        "searchPosts",
        "listNotifications",
        "getAuthorFeed",
    ]


def test_a_search_goes_on_by_time_where_its_cursor_stops_short(far: Bluesky) -> None:
    for number in range(1_250):
        far.put(post(ONE, f"acme {number}", -number / 60))
    with made(far) as poller:
        batches = walk(poller)
    assert len(heard(batches)) == 1_250
    assert all("cursor" not in query for query in far.asked("searchPosts"))
    assert [batch.gaps for batch in batches if batch.gaps] == []


def test_posts_of_one_moment_that_fill_a_page_are_read_by_the_cursor(far: Bluesky) -> None:
    for number in range(250):
        far.put(post(ONE, f"acme {number}", key=tid(NOON, number)))
    far.put(post(ONE, "acme before", -1))
    with made(far) as poller:
        assert len(heard(walk(poller))) == 251


def test_a_search_whose_server_ignores_time_and_cursor_ends_in_a_gap_and_not_in_a_circle(far: Bluesky) -> None:
    with made(far) as poller:
        cursor = walk(poller)[-1].cursor
        far.now = NOON + timedelta(hours=3)
        views = [post(ONE, f"acme {n}", 170, key=tid(NOON, n)).view() for n in range(100)]
        body = json.dumps({"posts": views, "cursor": "100"}).encode()
        far.bodies["app.bsky.feed.searchPosts"] = lambda handler: handler.reply(body)
        batches = walk(poller, cursor)
    assert [gap.side for batch in batches for gap in batch.gaps] == [Side.THEIRS]
    assert len(far.asked("searchPosts")) < 10


def test_likes_between_the_notifications_hide_none_of_them(far: Bluesky) -> None:
    with made(far) as poller:
        cursor = walk(poller)[-1].cursor
        far.put(post(ONE, f"@{BRAND.handle} hello", 70))
        for number in range(700):
            far.like(TWO, NOON + timedelta(minutes=71, seconds=number / 100))
        far.now = NOON + timedelta(hours=2)
        ignores_reasons(far)
        batches = walk(poller, cursor)
    assert texts(batches) == {f"@{BRAND.handle} hello"}
    assert [batch.gaps for batch in batches if batch.gaps] == []


def ignores_reasons(far: Bluesky) -> None:
    notified = far._notified
    far._notified = lambda query: notified({**query, "reasons": []})  # type: ignore[method-assign]  # an older server


# what is heard


def test_a_reply_is_in_the_thread_of_its_root_and_a_quote_in_its_own(far: Bluesky) -> None:
    first = post(ONE, "acme is down")
    answer = reply(BRAND, "We are on it.", first)
    again = reply(ONE, "acme still is", answer, 2)
    quote = post(TWO, "acme again", 3, quotes=first.uri)
    for one in (first, answer, again, quote):
        far.put(one)
    with made(far) as poller:
        found = heard(walk(poller))
    assert {uri: (one.thread, one.reply_to) for uri, one in found.items()} == {
        first.uri: (first.uri, None),
        answer.uri: (first.uri, first.uri),
        again.uri: (first.uri, answer.uri),
        quote.uri: (quote.uri, None),
    }


def test_mentions_replies_and_quotes_of_our_account_are_addressed_whatever_their_words(far: Bluesky) -> None:
    news = post(BRAND, "Our new app is here.", -5)
    under = reply(ONE, "It has been three days.", news)
    called = post(TWO, f"@{BRAND.handle} hello?", 2)
    quoting = post(TWO, "They call this an apology.", 3, quotes=news.uri)
    found = post(TWO, "acme is a word", 4)
    for one in (news, under, called, quoting, found):
        far.put(one)
    far.like(TWO, NOON)
    with made(far) as poller:
        batches = walk(poller)
    assert frozenset().union(*(batch.addressed for batch in batches)) == {under.uri, called.uri, quoting.uri}
    assert set(heard(batches)) == {one.uri for one in (news, under, called, quoting, found)}


def test_what_several_of_our_accounts_post_is_heard_but_not_what_they_repost(far: Bluesky) -> None:
    customer = post(ONE, "nothing of ours")
    far.put(customer)
    far.put(post(BRAND, "one", 1))
    far.put(post(SECOND, "two", 2))
    for number in range(250):
        far.put(post(SECOND, "", 3, reposts=customer.uri, key=tid(NOON, number)))
    with made(far, Context(frozenset((BRAND.handle, SECOND.handle)), ("acme",))) as poller:
        assert texts(walk(poller)) == {"one", "two"}


@pytest.mark.parametrize(
    ("created", "counts"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(days=-30), timedelta(days=-30)),
        (timedelta(days=3_000), timedelta(seconds=1)),
        (timedelta(seconds=1), timedelta(seconds=1)),
    ],
)
def test_a_post_counts_from_its_own_time_but_never_from_after_it_was_seen(
    far: Bluesky, created: timedelta, counts: timedelta
) -> None:
    far.put(post(ONE, "acme", created=NOON + created, indexed=NOON + timedelta(seconds=1)))
    with made(far) as poller:
        (found,) = heard(walk(poller)).values()
    assert found.posted_at == NOON + counts


def test_one_post_that_claims_to_be_of_long_ago_does_not_end_the_reading_of_notifications(far: Bluesky) -> None:
    with made(far) as poller:
        cursor = walk(poller)[-1].cursor
        far.now = NOON + timedelta(hours=3)
        hello = f"@{BRAND.handle} hello"
        for number in range(150):
            far.put(post(ONE, f"{hello} {number}", 120 - number / 60))
        old = post(TWO, f"{hello} old", 121, created=NOON - timedelta(days=4_000)).view()
        ordered = far._notified

        def first(query: dict[str, list[str]]) -> str:
            page = json.loads(ordered(query))
            if "cursor" not in query:
                page["notifications"].insert(5, {**old, "reason": "mention"})
            return json.dumps(page)

        far._notified = first  # type: ignore[method-assign]  # listed by when it was seen
        found = heard(walk(poller, cursor))
    assert len(found) == 151


def test_a_post_of_no_known_shape_is_counted_once_and_the_others_are_heard(far: Bluesky) -> None:
    good = post(ONE, "acme").view()
    odd = [None, 7, {**good, "uri": -1}, {**good, "record": {"text": None}}, {**good, "author": {"handle": "a b"}}]
    body = json.dumps({"posts": [*odd, good]}).encode()
    far.bodies["app.bsky.feed.searchPosts"] = lambda handler: handler.reply(body)
    with made(far) as poller:
        first = walk(poller)
        then = walk(poller, first[-1].cursor)
    assert texts(first) == {"acme"}
    warnings = [batch.warning for batch in (*first, *then) if batch.warning]
    assert warnings == ["5 posts of Bluesky's search for acme could not be read; please report it"]


def test_who_has_no_handle_of_his_own_is_called_by_his_did() -> None:
    view = post(ONE, "acme").view()
    view["author"]["handle"] = "handle.invalid"
    assert mention_of(view).author == ONE.did


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ),
    st.sampled_from(
        (
            *("uri", "author", "record", "indexedAt", "author.handle", "author.displayName", "record.text"),
            *("record.reply", "record.createdAt", "record.langs", "record.reply.root", "record.reply.parent.uri"),
        )
    ),
)
def test_whatever_stands_in_a_post_it_is_a_mention_or_unreadable(odd: object, where: str) -> None:
    view = json.loads(json.dumps(reply(ONE, "acme", post(TWO, "first")).view()))
    *above, last = where.split(".")
    inner = view
    for name in above:
        inner = inner[name]
    inner[last] = odd
    with contextlib.suppress(UnreadableError):
        found = mention_of(view)
        assert found.posted_at.tzinfo is UTC
        assert found.author
        assert not found.author.startswith("@")
        found.text.encode("utf-8")


def test_an_edit_that_a_program_makes_is_heard_at_the_next_poll(far: Bluesky) -> None:
    first = post(ONE, "acme is slow", 55)
    far.put(first)
    with made(far) as poller:
        cursor = walk(poller)[-1].cursor
        far.put(replace(first, text="acme has lost my money"))
        assert texts(walk(poller, cursor)) == {"acme has lost my money"}


# looking again


def test_a_look_asks_for_25_posts_at_once_and_for_our_newest(far: Bluesky) -> None:
    posts = [post(ONE, f"acme {n}", n / 60) for n in range(30)]
    for one in posts[1:]:
        far.put(one)
    answer = reply(BRAND, "Here!", posts[2])
    far.put(answer)
    with made(far) as poller:
        looked = poller.look([*(one.uri for one in posts), "at://nonsense", "", "at://did:plc:x/app.bsky.feed.like/3"])
    assert looked is not None
    assert looked.gone == (Gone("bluesky", posts[0].uri),)
    assert {one.id for one in looked.mentions} == {answer.uri, *(one.uri for one in posts[1:])}
    assert [len(query["uris"]) for query in far.asked("getPosts")] == [25, 5]
    assert looked.spent.requests == 4


def test_a_post_that_is_there_but_cannot_be_read_is_not_gone(far: Bluesky) -> None:
    one = post(ONE, "acme")
    body = json.dumps({"posts": [{**one.view(), "record": None}]}).encode()
    far.bodies["app.bsky.feed.getPosts"] = lambda handler: handler.reply(body)
    with made(far) as poller:
        looked = poller.look([one.uri])
    assert looked is not None
    assert (looked.gone, looked.mentions) == ((), ())


def test_a_look_at_an_answer_without_posts_fails_rather_than_call_them_gone(far: Bluesky) -> None:
    far.bodies["app.bsky.feed.getPosts"] = lambda handler: handler.reply(b"{}")
    with made(far) as poller, pytest.raises(SourceError, match="without posts"):
        poller.look([post(ONE, "acme").uri])


# logging in


def test_a_login_that_ran_out_is_renewed_without_the_password_and_nothing_is_lost(far: Bluesky) -> None:
    with made(far) as poller:
        cursor = walk(poller)[-1].cursor
        far.put(post(ONE, "acme", 59))
        far.expire()
        assert texts(walk(poller, cursor)) == {"acme"}
    assert (len(far.asked("createSession")), len(far.asked("refreshSession"))) == (1, 1)


def test_a_login_that_cannot_be_renewed_is_made_anew(far: Bluesky) -> None:
    with made(far) as poller:
        walk(poller)
        far.expire()
        far.refusals["com.atproto.server.refresh"] = (401, {})
        assert walk(poller)[-1].sides == BOTH_SIDES
    assert len(far.asked("createSession")) == 2


def test_a_wrong_password_is_said_and_not_tried_again_and_again(far: Bluesky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUESKY_APP_PASSWORD", "wrong")
    with made(far) as poller:
        for _ in range(3):
            with pytest.raises(SourceError, match=r"401 .*app password") as refused:
                poller.poll(None)
            assert refused.value.cure is Cure.PERSON
            assert "wrong" not in str(refused.value)
    assert len(far.asked("createSession")) == 1


def test_the_password_may_stand_in_a_file_and_is_missed_when_it_does_not(far: Bluesky, tmp_path: Path) -> None:
    kept = tmp_path / "password"
    kept.write_text(f"{PASSWORD}\n")
    with made(far, password_env="NOT_SET_ANYWHERE", password_file=str(kept)) as poller:
        assert walk(poller)[-1].sides == BOTH_SIDES
    with pytest.raises(SourceError, match="app password") as missing, made(far, password_env="NOT_SET_ANYWHERE"):
        pass
    assert missing.value.cure is Cure.PERSON


def test_without_anything_to_listen_for_it_says_what_to_set(far: Bluesky) -> None:
    with pytest.raises(SourceError, match="set aliases and responders"):
        bluesky.connect(settings(far), Context())


def test_the_account_says_who_we_are_and_what_each_listing_shows(far: Bluesky) -> None:
    far.put(post(ONE, "acme"))
    far.refusals["app.bsky.notification"] = (403, {})
    with made(far) as poller:
        assert isinstance(poller, LogsIn)
        account = poller.account()
    assert account.who == "brand.example.com (did:plc:brand)"
    assert account.sees[0] == "search for acme: newest of 2026-03-02 12:00 UTC"
    assert account.sees[1].startswith("no notifications: Bluesky answered 403")
    assert account.sees[2] == "posts of brand.example.com: nothing yet"


def test_logged_in_as_nobody_of_ours_it_says_that_replies_are_not_heard(far: Bluesky) -> None:
    far.account = TWO
    far.put(post(ONE, f"@{TWO.handle} hello, friend"))
    with made(far, handle=TWO.handle) as poller:
        batches = walk(poller)
        again = walk(poller, batches[-1].cursor)
    assert texts(batches) == set()
    (warning,) = [batch.warning for batch in (*batches, *again) if batch.warning]
    assert "none of the responders" in warning
    assert batches[-1].sides == BOTH_SIDES
    assert far.asked("listNotifications") == []


# half servers


@pytest.mark.parametrize("order", ["newest first", "ascending", "irreversible"])
def test_a_server_of_repositories_only_is_heard_on_our_side_and_the_other_fails(far: Bluesky, order: str) -> None:
    far.bare, far.ascending, far.irreversible = True, order == "ascending", order == "irreversible"
    question = post(ONE, "acme?", -200)
    far.put(question)
    for number in range(250):
        far.put(reply(BRAND, f"answer {number}", question, -number / 10))
    with made(far) as poller:
        batches = walk(poller)
        assert len(heard(batches)) == 250
        assert {one.thread for one in heard(batches).values()} == {question.uri}
        assert batches[-1].sides == {Side.OURS}
        assert "neither search nor notifications" in (batches[-1].failure or "")
        far.put(reply(BRAND, "one more", question, 59))
        far.now = NOON + timedelta(hours=1, minutes=1)
        far.requests.clear()
        then = walk(poller, batches[-1].cursor)
        assert "one more" in texts(then)
        assert len(far.asked("listRecords")) <= 2
        assert poller.look([question.uri]) is None


def test_a_repository_that_lists_the_oldest_first_is_not_read_from_its_beginning_every_time(far: Bluesky) -> None:
    far.bare = far.irreversible = True
    for number in range(2_000):
        far.put(post(BRAND, f"news {number}", -60 * number))
    with made(far) as poller:
        batches = walk(poller)
        assert len(heard(batches)) in range(24, 130)
        far.put(post(BRAND, "one more", 61))
        far.now = NOON + timedelta(minutes=62)
        far.requests.clear()
        assert "one more" in texts(walk(poller, batches[-1].cursor))
        assert len(far.asked("listRecords")) == 1


def test_a_server_without_search_is_heard_by_its_notifications_and_that_is_said_once(far: Bluesky) -> None:
    far.put(post(ONE, f"@{BRAND.handle} hello"))
    far.refusals["app.bsky.feed.searchPosts"] = (501, {})
    with made(far) as poller:
        batches = walk(poller)
        again = walk(poller, batches[-1].cursor)
    assert texts(batches) == {f"@{BRAND.handle} hello"}
    assert batches[-1].sides == BOTH_SIDES
    (warning,) = [batch.warning for batch in (*batches, *again) if batch.warning]
    assert warning.endswith("it goes on without its search for acme")


@pytest.mark.parametrize("status", [404, 501])
def test_a_search_that_has_worked_and_is_no_more_is_a_failure(far: Bluesky, status: int) -> None:
    with made(far) as poller:
        cursor = walk(poller)[-1].cursor
        far.refusals["app.bsky.feed.searchPosts"] = (status, {})
        last = walk(poller, cursor)[-1]
    assert last.sides == {Side.OURS}
    assert str(status) in (last.failure or "")


def test_posts_are_asked_of_another_server_where_the_config_says_so(far: Bluesky) -> None:
    with made(far, appview="did:web:api.bsky.app#bsky_appview") as poller:
        walk(poller)
    sent = {path.rpartition("/")[2]: headers.get("atproto-proxy") for path, _, headers in far.requests}
    assert sent.pop("com.atproto.server.createSession") is None
    assert set(sent.values()) == {"did:web:api.bsky.app#bsky_appview"}


def test_a_responder_that_does_not_exist_is_named(far: Bluesky) -> None:
    with made(far, Context(frozenset(("nobody.example.com",)), ("acme",)), handle=BRAND.handle) as poller:
        last = walk(poller)[-1]
    assert last.sides == {Side.THEIRS}
    assert "nobody.example.com" in (last.failure or "")


def test_a_place_that_is_not_good_any_more_begins_the_listing_again(far: Bluesky) -> None:
    for number in range(150):
        far.put(post(BRAND, f"news {number}", -number))
    with made(far) as poller:
        cursor: str | None = None
        while True:
            batch = poller.poll(cursor)
            cursor = batch.cursor
            if len(batch.mentions) == 100:
                break
        refuse_once(far, "app.bsky.feed.getAuthorFeed")
        assert len(heard(walk(poller, cursor))) == 150


def refuse_once(far: Bluesky, method: str) -> None:
    def refused(handler: object) -> None:
        del far.bodies[method]
        handler.refuse(400, "InvalidRequest", message="Malformed cursor")  # type: ignore[attr-defined]  # the double's handler

    far.bodies[method] = refused


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.refuse(429, "RateLimitExceeded", ratelimit_remaining="0", ratelimit_reset="1772456530"),
        lambda handler: handler.refuse(429, "RateLimitExceeded", Retry_After="130"),
    ],
    ids=["by the limit's headers", "by Retry-After"],
)
def test_a_network_that_asks_for_time_gets_it(far: Bluesky, answer: Callable[[object], None]) -> None:
    far.now = datetime.fromtimestamp(1772456400, UTC)
    far.bodies["com.atproto.server.createSession"] = answer  # type: ignore[assignment]  # the double's handler
    with made(far) as poller, pytest.raises(SourceError) as asked:
        poller.poll(None)
    assert asked.value.retry_after == timedelta(seconds=130)
