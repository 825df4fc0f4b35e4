"""Mastodon over real HTTP: what is asked for, what of it is public and about us, in whose thread, what a look sees."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError
from stages.mastodon import OURS, MastodonStage, said, stage, status_of
from web_double import Handler

from connectors import Batch, Context, Cure, Gone, SourceError, mastodon
from connectors._mastodon_posts import (
    Names,
    UnreadableError,
    depth,
    identified,
    mention_in,
    notification_entry,
    status_entry,
)
from connectors.testing import START
from rules.model import Mention, Side

PAYLOADS = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "mastodon.jsonl"
NAMES = Names(["sample_brand"], "mastodon.example")


@pytest.fixture
def far(tmp_path: Path) -> Iterator[MastodonStage]:
    with stage(tmp_path) as made:
        yield made


def poller(
    far: MastodonStage,
    responders: Sequence[str] = ("sample_brand",),
    aliases: Sequence[str] = ("samplebrand",),
    **settings: object,
) -> mastodon.MastodonPoller:
    plain = {"name": "masto", "kind": "mastodon", **far.settings}
    given = mastodon.Settings.model_validate({**plain, **settings})
    return mastodon.connect(given, Context(frozenset(responders), tuple(aliases)))


def read(asks: mastodon.MastodonPoller, cursor: str | None = None) -> tuple[list[Batch], str | None]:
    batches = []
    for _ in range(200):
        batches.append(asks.poll(cursor))
        cursor = batches[-1].cursor
        if not batches[-1].more:
            asks.close()
            return batches, cursor
    raise AssertionError("the walk does not end")


def heard(asks: mastodon.MastodonPoller) -> dict[str, Mention]:
    return {one.id: one for batch in read(asks)[0] for one in batch.mentions}


def asked(far: MastodonStage, start: str) -> list[tuple[str, dict[str, str]]]:
    parts = (urlsplit(path) for path, _ in far.web.requests)
    return [
        (one.path, {name: found[0] for name, found in parse_qs(one.query).items()})
        for one in parts
        if one.path.startswith(start)
    ]


def tagged(far: MastodonStage, number: int, **changed: Any) -> Mention:
    """A post in the timeline of the hashtag; ``number`` is a multiple of three."""
    one = far.post(number, START + timedelta(seconds=number))
    far.put(status_of(one, **changed))
    return one


def test_mentions_quotes_hashtags_searches_and_our_own_posts_are_asked_for_without_boosts(far: MastodonStage) -> None:
    read(poller(far, aliases=["samplebrand", "Sample Brand!"], queries=["error 4711"]))
    assert [one.get("types[]") for _, one in asked(far, "/api/v1/notifications")] == ["mention", "quote"]
    # the second alias without its blank is the same hashtag
    assert [path for path, _ in asked(far, "/api/v1/timelines")] == ["/api/v1/timelines/tag/samplebrand"]
    searches = [one for _, one in asked(far, "/api/v2/search")]
    assert [one["q"] for one in searches] == ["samplebrand", '"Sample Brand!"', "error 4711"]
    assert {one["type"] for one in searches} == {"statuses"}
    (path, own) = asked(far, f"/api/v1/accounts/{OURS}")[0]
    assert path == f"/api/v1/accounts/{OURS}/statuses"
    assert own == {"exclude_reblogs": "true", "limit": "40"}
    assert all(headers["authorization"] == "Bearer sample-token" for _, headers in far.web.requests)


def test_hashtags_of_the_config_take_the_place_of_the_aliases(far: MastodonStage) -> None:
    read(poller(far, hashtags=["#Straße", "42"]))
    assert [path for path, _ in asked(far, "/api/v1/timelines")] == ["/api/v1/timelines/tag/stra%C3%9Fe"]


def test_a_mention_is_said_to_us_and_a_hashtag_is_not(far: MastodonStage) -> None:
    tag, named, _ = far.posts(3)
    far.publish([tag, named])
    batches, _ = read(poller(far))
    assert {one for batch in batches for one in batch.addressed} == {named.id}
    assert {one.id for batch in batches for one in batch.mentions} == {tag.id, named.id}


def test_notifications_of_a_server_that_knows_no_kinds_are_told_apart_here(far: MastodonStage) -> None:
    one = tagged(far, 3)
    listed = [
        {
            "id": "3",
            "type": "favourite",
            "created_at": one.posted_at.isoformat(),
            "status": status_of(far.post(9, START)),
        },
        {"id": "2", "type": "mention", "created_at": one.posted_at.isoformat(), "status": status_of(one)},
        {"id": "1", "type": "follow", "created_at": one.posted_at.isoformat()},
    ]
    entries = [notification_entry("mention", found, NAMES) for found in listed]
    assert [entry.mention and entry.mention.id for entry in entries] == [None, one.id, None]
    assert not any(entry.unread for entry in entries)


def test_a_quote_of_us_is_said_to_us_in_a_thread_of_its_own(far: MastodonStage) -> None:
    ours = far.post(1, START, ours=True)
    quoting = far.post(2, START + timedelta(minutes=1))
    far.put(status_of(ours))
    far.put(status_of(quoting, quote={"state": "accepted", "quoted_status": status_of(ours)}), lists=[])
    far.notify("quote", status_of(quoting))
    batches, _ = read(poller(far))
    (found,) = (one for batch in batches for one in batch.mentions if one.id == quoting.id)
    assert found.thread == quoting.id
    assert any(quoting.id in batch.addressed for batch in batches)


@pytest.mark.parametrize("visibility", ["private", "direct", "local", "limited"])
def test_what_is_not_public_is_no_mention_and_no_answer(far: MastodonStage, visibility: str) -> None:
    asking = far.post(1, START)
    far.put(status_of(asking, visibility=visibility))
    far.put(status_of(far.post(2, START, ours=True, reply_to=asking), visibility=visibility))
    batches, _ = read(poller(far))
    assert [batch.mentions for batch in batches if batch.mentions] == []
    assert [batch.warning for batch in batches if batch.warning] == []


def test_a_boost_is_no_mention(far: MastodonStage) -> None:
    one = tagged(far, 3)
    tagged(far, 6, reblog=status_of(one))
    assert set(heard(poller(far))) == {one.id}


def test_a_content_warning_stands_before_its_text_and_markup_is_gone(far: MastodonStage) -> None:
    one = tagged(
        far, 3, spoiler_text="Parcels &", content="<p>Late <a href='https://x.example'>#samplebrand</a><br>No!</p>"
    )
    assert heard(poller(far))[one.id].text == "Parcels &\n\nLate #samplebrand\nNo!"


def test_a_long_conversation_is_climbed_once_and_remembered(far: MastodonStage) -> None:
    root = far.post(2, START)
    far.put(status_of(root), lists=[])
    above = root
    for number in range(3, 9):
        lists = [] if number < 7 else ["tag/samplebrand"]
        above = replace(far.post(number, START + timedelta(seconds=number)), reply_to=above.id)
        far.put(status_of(above), lists=lists)
    asks = poller(far)
    batches, cursor = [asks.poll(None)], None
    while batches[-1].more:
        cursor = batches[-1].cursor
        batches.append(asks.poll(cursor))
    found = [one for batch in batches for one in batch.mentions]
    assert len(found) == 2
    assert {one.thread for one in found} == {root.id}
    assert len([path for path, _ in asked(far, "/api/v1/statuses") if path.endswith("/context")]) == 1
    asks.look([above.id])
    assert len([path for path, _ in asked(far, "/api/v1/statuses") if path.endswith("/context")]) == 1
    asks.close()


def test_posts_below_one_that_cannot_be_seen_share_the_thread_named_by_it(far: MastodonStage) -> None:
    first = replace(far.post(3, START), reply_to="4711")
    second = replace(far.post(6, START + timedelta(seconds=1)), reply_to=first.id)
    for one in (first, second):
        far.put(status_of(one))
    assert {one.thread for one in heard(poller(far)).values()} == {"4711"}
    # asked in another order, by a process that knows nothing
    far.put(status_of(first, visibility="private"))
    assert {one.thread for one in heard(poller(far)).values()} == {"4711"}


def test_posts_that_answer_each_other_in_a_circle_are_heard(far: MastodonStage) -> None:
    first, second = far.post(3, START), far.post(6, START + timedelta(seconds=1))
    far.put(status_of(replace(second, reply_to=first.id)))
    far.put(status_of(replace(first, reply_to=second.id)))
    far.misbehaving = _circling(far)
    assert set(heard(poller(far))) == {first.id, second.id}


def _circling(far: MastodonStage) -> Any:
    def answer(handler: Handler) -> None:
        if handler.path.endswith("/context"):
            said(json.dumps({"ancestors": list(far.statuses.values()), "descendants": []}).encode())(handler)
            return
        far.misbehaving = None
        far.answer(handler, handler.path)
        far.misbehaving = answer

    return answer


def test_a_page_full_of_conversations_is_read_in_parts_and_whole(far: MastodonStage) -> None:
    roots = [far.post(number, START + timedelta(seconds=number)) for number in range(60)]
    for root in roots:
        far.put(status_of(root), lists=[])
        answer = far.post(
            1_000 + root.posted_at.second * 3, START + timedelta(minutes=5, seconds=root.posted_at.second)
        )
        far.put(status_of(replace(answer, reply_to=root.id)), lists=["tag/samplebrand"])
    batches, _ = read(poller(far))
    found = {one.id: one for batch in batches for one in batch.mentions}
    assert len(found) == 60
    assert all(one.thread == one.reply_to for one in found.values())
    assert max(len(batch.mentions) for batch in batches) <= 20
    assert max(batch.spent.requests for batch in batches) <= 25


def test_a_conversation_that_the_server_fails_to_show_holds_nothing_up_for_ever(far: MastodonStage) -> None:
    one = replace(far.post(3, START), reply_to="99")
    far.put(status_of(one))
    asks, cursor, found = poller(far), None, set[str]()
    good = far.answer

    def failing(handler: Handler) -> None:
        if handler.path.endswith("/context"):
            said(b'{"error": "no"}', status=500)(handler)
            return
        far.misbehaving = None
        good(handler, handler.path)
        far.misbehaving = failing

    far.misbehaving = failing
    for _ in range(30):
        batch = asks.poll(cursor)
        cursor = batch.cursor
        found |= {mention.id for mention in batch.mentions}
    asks.close()
    assert found == {one.id}


def test_an_edit_is_heard_under_the_same_id_at_the_next_sweep(far: MastodonStage) -> None:
    one = tagged(far, 0)
    far.publish([far.post(number, START + timedelta(minutes=30)) for number in range(3, 180, 3)])
    far.at(START + timedelta(minutes=50))
    _, cursor = read(poller(far, sweep="20m"))
    far.put(status_of(replace(one, text="It is #samplebrand again."), edited_at="2026-03-02T10:00:00.000Z"))
    said_then = {}
    for minutes in (55, 75, 80):
        far.at(START + timedelta(minutes=minutes))
        batches, cursor = read(poller(far, sweep="20m"), cursor)
        said_then[minutes] = {found.text for batch in batches for found in batch.mentions if found.id == one.id}
    assert said_then == {55: set(), 75: set(), 80: {"It is #samplebrand again."}}


def test_a_server_that_gives_small_numbers_as_ids_is_walked_whole(far: MastodonStage) -> None:
    for number in range(1, 101):
        # every tenth came from another server, hours after it was written
        at = START + timedelta(seconds=number) - timedelta(hours=30 if number % 10 == 0 else 0)
        one = replace(far.post(0, at), id=str(number))
        far.put(status_of(one), lists=["tag/samplebrand"])
    assert len(heard(poller(far))) == 100


def test_ids_tell_where_a_post_stands_at_servers_of_three_kinds() -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    late = {"created_at": "2026-03-01T00:00:00Z"}
    milliseconds = int(at.timestamp() * 1000)
    ulid, left = "", milliseconds
    for _ in range(10):
        left, digit = divmod(left, 32)
        ulid = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit] + ulid
    flake, left = "", milliseconds << 64
    while left:
        left, digit = divmod(left, 62)
        flake = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit] + flake
    for own in (str(milliseconds << 16), ulid + "0" * 16, flake):
        assert depth([status_entry({"id": own, **late}, NAMES)]) == at, own
    assert depth([status_entry({"id": "12", **late}, NAMES)]) == datetime(2026, 3, 1, tzinfo=UTC)


def test_without_times_in_ids_one_late_post_does_not_make_a_page_reach_far_down() -> None:
    listed = [{"id": "9", "created_at": "2026-03-02T09:00:00Z"}, {"id": "8", "created_at": "2026-03-01T09:00:00Z"}]
    assert depth([status_entry(one, NAMES) for one in listed]) == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_posts_of_a_wrong_shape_are_counted_and_the_others_taken(far: MastodonStage) -> None:
    good = tagged(far, 3)
    tagged(far, 6, account={"id": "77"})
    tagged(far, 9, created_at="9999-12-31T23:59:59Z")
    batches, _ = read(poller(far))
    assert {one.id for batch in batches for one in batch.mentions} == {good.id}
    assert [batch.warning for batch in batches if batch.warning] == [
        "2 of 3 posts of Mastodon could not be read; please report it"
    ]


@pytest.mark.parametrize("name", ["id", "account", "created_at", "content", "in_reply_to_id", "visibility"])
@pytest.mark.parametrize("value", [-1, 1.5, True, [], {}, "\0", "@", "a b"])
def test_a_status_with_a_hostile_field_is_unreadable(far: MastodonStage, name: str, value: object) -> None:
    status = status_of(far.post(1, START))
    if name == "content" and isinstance(value, str):
        assert mention_in({**status, name: value}, NAMES)
    else:
        with pytest.raises(UnreadableError):
            mention_in({**status, name: value}, NAMES)


def test_ids_given_as_numbers_are_the_same_ids() -> None:
    assert identified(117) == identified("117") == "117"
    assert [identified(bad) for bad in (0, -1, True, None, 1.0, "", "a/b", "a?b", "x" * 65, 10**40)] == [""] * 10


@pytest.mark.parametrize("written", ["sample_brand", "Sample_Brand", "sample_brand@mastodon.example"])
def test_a_responder_is_known_however_the_server_and_the_config_write_it(written: str) -> None:
    names = Names([written], "mastodon.example")
    for acct in ("sample_brand", "SAMPLE_BRAND", "sample_brand@mastodon.example"):
        assert names.of({"acct": acct}).casefold() == written.casefold()
    assert names.of({"acct": "sample_brand@other.example"}) == "sample_brand@other.example"
    assert names.of({"acct": "somebody@mastodon.example"}) == "somebody"


def test_several_responders_are_ours_those_of_other_servers_too(far: MastodonStage) -> None:
    far.accounts["sample_status@other.example"] = "77"
    one = replace(far.post(3, START), author="sample_status@other.example", author_id="77")
    far.put(status_of(one), lists=["77/statuses"])
    far.put(status_of(far.post(4, START, ours=True)))
    asks = poller(far, responders=["sample_brand", "sample_status@other.example"])
    batch = asks.poll(None, frozenset({Side.OURS}))
    batches = [batch, *read(asks, batch.cursor)[0]]
    assert {mention.author for each in batches for mention in each.mentions} == {
        "sample_brand",
        "sample_status@other.example",
    }
    assert len(asked(far, "/api/v1/accounts/lookup")) == 2


def test_a_server_without_lookup_is_searched_for_the_account(far: MastodonStage) -> None:
    far.missing.add("/api/v1/accounts/lookup")
    ours = far.post(1, START, ours=True)
    far.publish([ours])
    assert set(heard(poller(far))) == {ours.id}


def test_a_responder_that_nobody_knows_is_told_and_blinds_only_our_side(far: MastodonStage) -> None:
    batches, _ = read(poller(far, responders=["nobody_here"]))
    assert batches[-1].sides == {Side.THEIRS}
    assert batches[-1].failure is not None
    assert "'nobody_here'; set responders.mastodon" in batches[-1].failure


def test_a_server_without_search_is_heard_without_it(far: MastodonStage) -> None:
    far.missing.add("/api/v2/search")
    one = tagged(far, 3)
    batches, _ = read(poller(far))
    assert {mention.id for batch in batches for mention in batch.mentions} == {one.id}
    assert batches[-1].sides == frozenset(Side)
    assert ["it goes on without its search for samplebrand" in (batch.warning or "") for batch in batches].count(
        True
    ) == 1


def test_a_search_is_paged_by_counting_and_misses_nothing(far: MastodonStage) -> None:
    many = [far.post(number, START + timedelta(milliseconds=number)) for number in range(2, 300, 3)]
    far.publish(many)
    assert set(heard(poller(far))) == {one.id for one in many}
    assert [one["offset"] for _, one in asked(far, "/api/v2/search")] == ["0", "40", "80", "100"]


def test_a_search_that_is_pushed_down_between_two_pages_is_read_on_to_what_was_not_met(far: MastodonStage) -> None:
    old = [far.post(number, START + timedelta(milliseconds=number)) for number in range(2, 182, 3)]
    far.publish(old)
    asks = poller(far, responders=[], hashtags=[])
    cursor = None
    for _ in range(3):  # mentions, quotes, and the first page of the search
        first = asks.poll(cursor)
        cursor = first.cursor
    assert len(first.mentions) == 40
    far.publish([far.post(number, START + timedelta(minutes=5)) for number in range(182, 602, 3)])
    batches, _ = read(asks, cursor)
    found = {one.id for batch in (first, *batches) for one in batch.mentions}
    assert found >= {one.id for one in old}
    assert [gap for batch in batches for gap in batch.gaps] == []


@pytest.mark.parametrize("cursor_token", ["x", "1 x", "-1", "1 2026-03-02T09:00:00", ""])
def test_a_place_in_a_search_that_makes_no_sense_is_a_new_beginning(far: MastodonStage, cursor_token: str) -> None:
    many = [far.post(number, START + timedelta(milliseconds=number)) for number in range(2, 182, 3)]
    far.publish(many)
    asks = poller(far, responders=[], hashtags=[])
    cursor = None
    for _ in range(3):
        cursor = asks.poll(cursor).cursor
    kept = json.loads(cursor or "")
    kept["streams"]["search for samplebrand"]["walk"]["token"] = cursor_token
    batches, _ = read(asks, json.dumps(kept))
    assert {one.id for batch in batches for one in batch.mentions} == {one.id for one in many}


def test_a_server_without_notifications_of_quotes_is_heard_without_them(far: MastodonStage) -> None:
    one = tagged(far, 3)

    def refusing(handler: Handler) -> None:
        if "quote" in handler.path:
            said(b'{"error": "unknown type"}', status=400)(handler)
            return
        far.misbehaving = None
        far.answer(handler, handler.path)
        far.misbehaving = refusing

    far.misbehaving = refusing
    batches, _ = read(poller(far))
    assert {mention.id for batch in batches for mention in batch.mentions} == {one.id}
    assert batches[-1].sides == frozenset(Side)


def test_with_local_what_the_servers_own_people_post_is_kept_if_it_names_us(far: MastodonStage) -> None:
    kept, other, part = (far.post(number, START) for number in (30, 31, 32))
    far.put(status_of(kept, content="<p>SampleBrand, hello</p>"), lists=["public"])
    far.put(status_of(other, content="<p>Nice weather</p>"), lists=["public"])
    far.put(status_of(part, content="<p>samplebranding</p>"), lists=["public"])
    assert set(heard(poller(far))) == set()
    assert set(heard(poller(far, local=True))) == {kept.id}
    assert [one["local"] for _, one in asked(far, "/api/v1/timelines/public")][:1] == ["true"]


def test_a_limit_reached_is_waited_for_as_the_headers_say(far: MastodonStage) -> None:
    far.headers = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": (far.now + timedelta(minutes=3)).isoformat()}
    asks = poller(far, aliases=[], hashtags=["samplebrand"])
    _, cursor = read(asks)
    made = len(far.web.requests)
    with pytest.raises(SourceError, match="allows no further request"):
        asks.poll(cursor)
    assert len(far.web.requests) == made


def test_headers_in_a_wrong_shape_are_no_failure(far: MastodonStage) -> None:
    far.headers = {"X_RateLimit_Remaining": "many", "X_RateLimit_Reset": "soon", "Link": "<<<", "Deprecation": "true"}
    one = tagged(far, 3)
    assert set(heard(poller(far))) == {one.id}


def test_a_token_that_is_the_name_of_a_file_is_a_token(
    far: MastodonStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sample-token").write_text("another-secret", "ascii")
    monkeypatch.chdir(tmp_path)
    assert poller(far).account().who.startswith("sample_brand at ")


def test_a_look_asks_for_all_at_once_and_for_those_missing_one_by_one(far: MastodonStage) -> None:
    kept, gone = far.post(3, START), far.post(6, START)
    hidden = far.post(9, START)
    far.publish([kept])
    far.put(status_of(hidden, visibility="private"))
    asks = poller(far)
    looked = asks.look([kept.id, gone.id, hidden.id, "a/../b", "", "\0", kept.id])
    asks.close()
    assert looked.mentions == (kept,)
    assert set(looked.gone) == {Gone("mastodon", gone.id), Gone("mastodon", hidden.id)}
    paths = [path for path, _ in asked(far, "/api/v1/statuses")]
    assert paths == ["/api/v1/statuses", f"/api/v1/statuses/{gone.id}"]


def test_a_look_at_an_old_server_takes_a_request_for_each_post(far: MastodonStage) -> None:
    far.missing.add("/api/v1/statuses")
    kept, other = far.post(3, START), far.post(6, START)
    far.publish([kept, other])
    asks = poller(far)
    for _ in range(2):
        assert set(asks.look([kept.id, other.id]).mentions) == {kept, other}
    asks.close()
    assert [path for path, _ in asked(far, "/api/v1/statuses")].count("/api/v1/statuses") == 1


def test_a_look_that_is_refused_takes_nothing_for_gone(far: MastodonStage) -> None:
    one = tagged(far, 3)
    for status in (401, 403, 500):
        far.refuse(status)
        asks = poller(far)
        with pytest.raises(SourceError, match=str(status)) as refused:
            asks.look([one.id, "4711"])
        asks.close()
        assert refused.value.spent.requests >= 1


def test_logging_in_says_as_whom_and_what_the_token_allows(far: MastodonStage) -> None:
    asks = poller(far)
    found = asks.account()
    asks.close()
    assert found.who == "sample_brand at 127.0.0.1"
    assert found.sees == ("what mentions sample_brand", "posts of sample_brand", "scopes read")


def test_a_config_without_server_token_or_anything_to_listen_for_says_what_to_set(
    far: MastodonStage, tmp_path: Path
) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        mastodon.Settings.model_validate({"name": "masto", "kind": "mastodon"})
    with pytest.raises(SourceError, match="set aliases or responders") as nothing:
        poller(far, responders=[], aliases=[])
    with pytest.raises(SourceError, match="Mastodon's access token cannot be read; make an access token") as missing:
        poller(far, token_file=str(tmp_path / "none"))
    assert nothing.value.cure is missing.value.cure is Cure.PERSON


@pytest.mark.skipif(not PAYLOADS.is_file(), reason="the recorded answers of others are not on this machine")
def test_every_recorded_status_of_others_is_read_or_is_not_public() -> None:
    found, losses, unread = 0, 0, []
    for line in PAYLOADS.read_text("utf-8").splitlines():
        for status in _statuses(json.loads(line)["body"]):
            try:
                mention = mention_in(status, NAMES)
            except UnreadableError:
                unread.append(status["id"])
                continue
            found += mention is not None
            losses += mention is None
            assert (mention is None) == (status["visibility"] in {"direct", "private"} or bool(status.get("reblog")))
    assert unread == []
    assert (found, losses) == (147, 10)


def _statuses(value: Any) -> Iterator[dict[str, Any]]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and {"content", "account", "visibility"} <= value.keys():
        yield value
    for one in inside:
        yield from _statuses(one)
