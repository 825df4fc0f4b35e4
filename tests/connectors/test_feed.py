"""Feeds over real HTTP: what is taken in, under which id, in which conversation."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from feed_writer import START, Item, atom, item, json_feed, rss
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_double import WebDouble

from connectors import Batch, Context, Cure, Gap, SourceError, feed
from rules.model import Mention, Side

WRITERS = [atom, rss, json_feed]


@pytest.fixture
def web() -> Iterator[WebDouble]:
    with WebDouble() as double:
        yield double


def poller(web: WebDouble, **settings: object) -> feed.FeedPoller:
    plain = {"name": "reviews", "kind": "feed", "url": web.url(), "allow_private": True}
    return feed.connect(feed.Settings.model_validate({**plain, **settings}), Context())


def read(web: WebDouble, body: str, cursor: str | None = None) -> Batch:
    web.serve(body)
    return poller(web).poll(cursor)


def ids(batch: Batch) -> list[str]:
    return [one.id for one in batch.mentions]


@pytest.mark.parametrize("write", WRITERS)
def test_an_entry_of_any_kind_of_feed_becomes_a_mention(web: WebDouble, write: Callable[..., str]) -> None:
    batch = read(web, write(item(1, title="Late", text="<p>My <a href='https://x.example'>parcel</a> &amp; I</p>")))
    assert batch.mentions == (
        Mention(
            source="reviews",
            id="guid-1",
            thread="guid-1",
            author="sample_customer_01",
            text="Late\n\nMy parcel & I",
            posted_at=START + timedelta(minutes=1),
            url="https://reviews.example/1",
        ),
    )
    assert (batch.more, batch.quiet, batch.warning, batch.gaps) == (False, False, None, ())


@pytest.mark.parametrize("write", WRITERS)
def test_only_what_is_new_or_edited_is_handed_over_again(web: WebDouble, write: Callable[..., str]) -> None:
    first = read(web, write(item(1), item(2)))
    assert ids(first) == ["guid-1", "guid-2"]
    second = read(web, write(item(1), item(2, text="Parcel 2 is lost!"), item(3)), first.cursor)
    assert ids(second) == ["guid-2", "guid-3"]
    assert read(web, write(item(1), item(2, text="Parcel 2 is lost!"), item(3)), second.cursor).mentions == ()


@pytest.mark.parametrize("write", WRITERS)
def test_a_reply_is_tied_to_the_post_it_answers_and_to_its_thread(web: WebDouble, write: Callable[..., str]) -> None:
    batch = read(web, write(item(1), item(2, answers="guid-1"), item(3, answers="guid-2", author="AcmeHelp")))
    assert [(one.thread, one.reply_to) for one in batch.mentions] == [
        ("guid-1", None),
        ("guid-1", "guid-1"),
        ("guid-1", "guid-2"),
    ]


def test_a_reply_may_name_the_link_of_what_it_answers(web: WebDouble) -> None:
    batch = read(web, atom(item(1), item(2, answers="https://reviews.example/1")))
    assert (batch.mentions[1].thread, batch.mentions[1].reply_to) == ("guid-1", "guid-1")


def test_a_reply_to_a_post_that_has_left_the_feed_stays_in_its_thread(web: WebDouble) -> None:
    first = read(web, atom(item(1), item(2, answers="guid-1")))
    second = read(web, atom(item(3, answers="guid-2")), first.cursor)
    assert (second.mentions[0].thread, second.mentions[0].reply_to) == ("guid-1", "guid-2")


def test_a_reply_to_a_post_nobody_has_seen_makes_that_post_the_thread(web: WebDouble) -> None:
    batch = read(web, atom(item(2, answers="guid-1")))
    assert (batch.mentions[0].thread, batch.mentions[0].reply_to) == ("guid-1", "guid-1")


def test_replies_that_answer_each_other_in_a_circle_are_one_thread(web: WebDouble) -> None:
    batch = read(web, atom(item(1, answers="guid-2"), item(2, answers="guid-1"), item(3, answers="guid-3")))
    assert [(one.thread, one.reply_to) for one in batch.mentions] == [
        ("guid-1", "guid-2"),
        ("guid-1", "guid-1"),
        ("guid-3", None),
    ]


def test_comments_on_a_page_are_one_thread_by_their_addresses(web: WebDouble) -> None:
    page = "https://blog.example/late"
    batch = read(web, rss(item(1, guid=page, link=page), item(2, link=f"{page}#c7"), item(3, link=f"{page}#comment-8")))
    assert {one.thread for one in batch.mentions} == {page}
    alone = read(web, rss(item(3, link=f"{page}#comment-8"), item(4, link=f"{page}#review-9")))
    assert [one.thread for one in alone.mentions] == [page, "guid-4"]


def test_the_title_of_a_reply_is_left_out_because_it_repeats_what_is_answered(web: WebDouble) -> None:
    batch = read(web, atom(item(1, title="Late"), item(2, title="Re: Late", text="Sorry!", answers="guid-1")))
    assert batch.mentions[1].text == "Sorry!"


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("", "Where is it?", "Where is it?"),
        ("Where is it?", "", "Where is it?"),
        ("Where is...", "Where is it?", "Where is it?"),
        ("Help", "Where is it?", "Help\n\nWhere is it?"),
        ("", "", ""),
        ("5 &lt; 6 &amp; 7", "<script>x</script>a<br>b", "5 < 6 & 7\n\na\nb"),
    ],
)
def test_a_post_is_its_title_and_its_text_without_saying_anything_twice(
    web: WebDouble, title: str, text: str, said: str
) -> None:
    assert read(web, rss(item(1, title=title, text=text))).mentions[0].text == said


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("<author>post@shop.example (Sample Customer)</author>", "Sample Customer"),
        ("<author>@sample_customer_01</author>", "sample_customer_01"),
        ("<dc:creator> sample\n customer </dc:creator>", "sample customer"),
        ("", "unknown"),
        ("<author></author>", "unknown"),
    ],
)
def test_an_author_of_rss_is_a_name_on_one_line(web: WebDouble, written: str, author: str) -> None:
    body = rss(item(1, author="")).replace("</item>", written + "</item>")
    assert read(web, body).mentions[0].author == author


def test_an_atom_entry_without_an_author_has_its_feeds(web: WebDouble) -> None:
    assert read(web, atom(item(1, author=""), author="Sample Blog")).mentions[0].author == "Sample Blog"


# --- names ------------------------------------------------------------


def feed_of(numbers: range, **changed: Callable[[int], object]) -> str:
    return rss(*(item(n, **{name: make(n) for name, make in changed.items()}) for n in numbers))


def test_a_new_guid_with_the_same_link_is_the_same_post(web: WebDouble) -> None:
    first = read(web, feed_of(range(10)))
    second = read(web, feed_of(range(10), guid=lambda n: f"other-{n}"), first.cursor)
    assert (second.mentions, second.quiet) == ((), False)
    third = read(web, feed_of(range(10), guid=lambda n: f"other-{n}", text=lambda n: f"edited {n}"), second.cursor)
    assert ids(third) == [f"guid-{n}" for n in range(10)]


def test_a_feed_that_renames_its_posts_is_taken_in_without_paging_and_says_so(web: WebDouble) -> None:
    renamed = {"guid": lambda n: f"other-{n}", "link": lambda n: f"https://moved.example/{n}"}
    first = read(web, feed_of(range(10)))
    second = read(web, feed_of(range(10), **renamed), first.cursor)
    assert second.quiet
    assert "given new names to 10 of its 10 posts" in (second.warning or "")
    assert ids(second) == [f"guid-{n}" for n in range(10)]
    third = read(web, feed_of(range(10), **renamed), second.cursor)
    assert (third.mentions, third.quiet, third.warning) == ((), False, None)


def test_old_posts_that_nobody_knows_are_suspicious_when_they_are_more_than_half_of_the_feed(web: WebDouble) -> None:
    first = read(web, feed_of(range(10, 20)))
    half = read(web, feed_of(range(5, 15)), first.cursor)
    assert (half.quiet, len(half.mentions)) == (False, 5)
    more = read(web, feed_of(range(4, 14)), first.cursor)
    assert (more.quiet, len(more.mentions)) == (True, 6)


def test_what_is_really_new_among_renamed_posts_comes_loud_in_the_next_batch(web: WebDouble) -> None:
    first = read(web, feed_of(range(10)))
    web.serve(feed_of(range(12), guid=lambda n: f"other-{n}", link=lambda n: f"https://moved.example/{n}"), ETag='"a"')
    second = poller(web).poll(first.cursor)
    assert (second.quiet, second.more, ids(second)) == (True, True, [f"guid-{n}" for n in range(10)])
    third = poller(web).poll(second.cursor)
    assert (third.quiet, third.more, ids(third)) == (False, False, ["other-10", "other-11"])


def test_a_burst_of_new_posts_is_no_renaming_but_a_gap_if_the_feed_turned_over(web: WebDouble) -> None:
    first = read(web, feed_of(range(10)))
    burst = read(web, feed_of(range(20, 30)), first.cursor)
    assert (burst.quiet, len(burst.mentions)) == (False, 10)
    since, until = START + timedelta(minutes=9), START + timedelta(minutes=20)
    assert burst.gaps == tuple(
        Gap(side, since, until, "the feed turned over completely between two polls") for side in Side
    )
    assert "set every to a shorter time" in (burst.warning or "")


def test_posts_that_share_a_link_are_told_apart_by_guid(web: WebDouble) -> None:
    product = {"link": lambda _: "https://shop.example/product"}
    first = read(web, feed_of(range(3), **product))
    second = read(web, feed_of(range(1, 4), **product), first.cursor)
    assert (len(first.mentions), ids(second)) == (3, ["guid-3"])


def test_another_post_under_the_only_link_of_a_feed_is_a_new_post(web: WebDouble) -> None:
    first = read(web, rss(item(1, link="https://shop.example/")))
    assert ids(read(web, rss(item(2, link="https://shop.example/")), first.cursor)) == ["guid-2"]


def test_without_a_guid_the_link_is_the_id_and_without_either_a_hash_of_what_was_said(web: WebDouble) -> None:
    body = rss(item(1, guid=""), item(2, guid="", link=""), item(3, guid="", link=""))
    first = read(web, body)
    assert ids(first)[0] == "https://reviews.example/1"
    assert len(set(ids(first))) == 3
    assert read(web, body, first.cursor).mentions == ()


def test_one_guid_for_all_posts_does_not_merge_them(web: WebDouble) -> None:
    body = feed_of(range(3), guid=lambda _: "same")
    first = read(web, body)
    assert len(set(ids(first))) == 3
    assert read(web, body, first.cursor).mentions == ()
    nameless = feed_of(range(3), guid=lambda _: "same", link=lambda _: "")
    assert len(set(ids(read(web, nameless)))) == 3


def test_the_same_entry_twice_is_one_post(web: WebDouble) -> None:
    first = read(web, rss(item(1), item(1)))
    assert len(first.mentions) == 1
    assert read(web, rss(item(1), item(1)), first.cursor).mentions == ()


def test_a_post_that_comes_back_to_the_feed_is_not_new(web: WebDouble) -> None:
    first = read(web, feed_of(range(10)))
    second = read(web, feed_of(range(5, 12)), first.cursor)
    third = read(web, feed_of(range(12)), second.cursor)
    assert (ids(second), third.mentions) == (["guid-10", "guid-11"], ())


# --- time ------------------------------------------------------------


def test_a_future_date_is_handed_over_as_the_feed_gives_it(web: WebDouble) -> None:
    future = datetime(2199, 1, 1, tzinfo=UTC)
    assert read(web, atom(item(1, at=future))).mentions[0].posted_at == future


@pytest.mark.parametrize("date", ["", "soon", "0001-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "1969-12-31T00:00:00Z"])
def test_a_post_without_a_date_that_can_be_believed_counts_from_the_servers_now(web: WebDouble, date: str) -> None:
    first = read(web, atom(item(1)))
    body = atom(item(2, at=None), item(1)).replace("</id>", f"</id><published>{date}</published>", 1)
    web.answers["/feed.xml"] = lambda handler: handler.raw(
        b"HTTP/1.1 200 OK\r\nDate: Mon, 02 Mar 2026 10:00:00 GMT\r\nConnection: close\r\n\r\n" + body.encode()
    )
    batch = poller(web).poll(first.cursor)
    assert batch.mentions[0].posted_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    web.serve(body.replace("Parcel 2", "Box 2"))
    again = poller(web).poll(batch.cursor)
    assert again.mentions[0].posted_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_at_first_contact_a_post_without_a_date_counts_as_old_as_the_oldest_beside_it(web: WebDouble) -> None:
    batch = read(web, rss(item(5), item(6, at=None), item(3)))
    assert (batch.mentions[1].posted_at, batch.quiet) == (START + timedelta(minutes=3), False)


def test_at_first_contact_a_feed_without_any_dates_is_taken_in_without_paging(web: WebDouble) -> None:
    first = read(web, rss(item(1, at=None), item(2, at=None)))
    assert (first.quiet, len(first.mentions)) == (True, 2)
    second = read(web, rss(item(1, at=None), item(2, at=None), item(3, at=None)), first.cursor)
    assert (second.quiet, ids(second)) == (False, ["guid-3"])


# --- asking again ------------------------------------------------------------


def test_a_feed_that_did_not_change_is_not_sent_again(web: WebDouble) -> None:
    web.serve(rss(item(1)), ETag='"v1"', Last_Modified="Mon, 02 Mar 2026 10:00:00 GMT")
    first = poller(web).poll(None)
    web.answers["/feed.xml"] = lambda handler: handler.begin(status=304)
    second = poller(web).poll(first.cursor)
    assert (second.mentions, second.cursor, second.more) == ((), first.cursor, False)
    asked = web.headers()[-1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"v1"', "Mon, 02 Mar 2026 10:00:00 GMT")
    assert "if-none-match" not in web.headers()[0]


def test_the_same_document_again_is_not_even_parsed(web: WebDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(web, rss(item(1)))
    monkeypatch.setattr(feed, "parse", None)
    second = read(web, rss(item(1)), first.cursor)
    assert (second.mentions, second.cursor) == ((), first.cursor)


def test_another_address_is_asked_without_the_old_validators(web: WebDouble) -> None:
    web.serve(rss(item(1)), ETag='"v1"')
    first = poller(web).poll(None)
    web.serve(rss(item(1), item(2)), "/other.xml")
    second = poller(web, url=web.url("/other.xml")).poll(first.cursor)
    assert ids(second) == ["guid-2"]
    assert "if-none-match" not in web.headers()[-1]


def test_a_feed_cut_short_is_taken_in_once_said_and_asked_for_again(web: WebDouble) -> None:
    whole = rss(item(1), item(2))
    web.serve(whole[: whole.index("<item>", whole.index("guid-1"))], ETag='"v1"')
    first = poller(web).poll(None)
    assert ids(first) == ["guid-1"]
    assert "is not well formed" in (first.warning or "")
    again = poller(web).poll(first.cursor)
    assert (again.warning, "if-none-match" in web.headers()[-1]) == (None, False)
    web.serve(whole, ETag='"v1"')
    assert ids(poller(web).poll(again.cursor)) == ["guid-2"]


def test_a_look_re_reads_the_thread_of_a_post_and_nothing_else(web: WebDouble) -> None:
    one = poller(web)
    web.serve(atom(item(1), item(2)))
    cursor = one.poll(None).cursor
    web.serve(atom(item(1), item(2), item(3, author="AcmeHelp", answers="guid-1")), ETag='"v1"')
    looked = one.look(["guid-1"])
    assert ids(looked) == ["guid-1", "guid-3"]
    assert looked.gone == ()
    assert ids(one.poll(cursor)) == ["guid-3"]
    assert one.look(["guid-9"]).mentions == ()


def test_a_cursor_that_cannot_be_read_means_taking_the_feed_in_anew_without_paging(web: WebDouble) -> None:
    for cursor in (
        "",
        "{}",
        "[]",
        '{"known": 3}',
        "null",
        '{"url":"","etag":"","modified":"","broken":0,"body":"","known":[["a"]]}',
    ):
        batch = read(web, rss(item(1)), cursor)
        assert (ids(batch), batch.quiet) == (["guid-1"], True)
        assert "could not be read" in (batch.warning or "")


def test_an_empty_feed_is_nothing_new(web: WebDouble) -> None:
    for body in (rss(), atom(), json_feed()):
        assert read(web, body).mentions == ()


def test_a_large_feed_costs_little_more_than_its_parsing(web: WebDouble) -> None:
    first = read(web, feed_of(range(2_000)))
    assert len(first.mentions) == 2_000
    assert read(web, feed_of(range(2_000)), first.cursor).mentions == ()


# --- settings ------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "reviews.example/feed",
        "ftp://reviews.example/",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
        "http://a:b@reviews.example/",
        "http://h:99999/",
    ],
)
def test_an_address_that_is_no_web_address_is_refused_before_anything_runs(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        feed.Settings(name="reviews", kind="feed", url=url)


def test_secret_headers_come_from_the_environment(web: WebDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_AUTHORIZATION", "Bearer sample")
    web.serve(rss(item(1)))
    poller(web, header_env={"Authorization": "SAMPLE_AUTHORIZATION"}).poll(None)
    assert web.headers()[-1]["authorization"] == "Bearer sample"


@pytest.mark.parametrize("value", [None, "", "a\nb", "ä"])
def test_a_secret_header_that_is_missing_or_no_header_needs_a_person(
    web: WebDouble, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("SAMPLE_AUTHORIZATION", raising=False)
    if value is not None:
        monkeypatch.setenv("SAMPLE_AUTHORIZATION", value)
    with pytest.raises(SourceError, match="SAMPLE_AUTHORIZATION") as refused:
        poller(web, header_env={"Authorization": "SAMPLE_AUTHORIZATION"})
    assert refused.value.cure is Cure.PERSON


def test_a_feed_that_was_empty_at_first_contact_pages_about_its_first_post(web: WebDouble) -> None:
    first = read(web, rss())
    second = read(web, rss(item(1, at=None)), first.cursor)
    assert (ids(second), second.quiet) == (["guid-1"], False)


def test_one_post_from_the_future_does_not_make_the_others_look_old(web: WebDouble) -> None:
    future = item(99, at=datetime(2199, 1, 1, tzinfo=UTC))
    first = read(web, rss(future, *(item(n) for n in range(4))))
    second = read(web, rss(future, *(item(n) for n in range(4, 12))), first.cursor)
    assert (len(second.mentions), second.quiet) == (8, False)


def test_a_relative_link_starts_from_the_feed_and_a_guid_stays_as_it_is(web: WebDouble) -> None:
    (one,) = read(web, atom(item(1, guid="a1", link="/posts/1"))).mentions
    assert (one.id, one.url) == ("a1", web.url("/posts/1"))
    (other,) = read(web, rss(item(2, link="javascript:alert(1)"))).mentions
    assert other.url is None


def _number(text: str) -> str:
    return text.split(" is ", maxsplit=1)[0]


class Ears:
    """Reads a feed again and again, and keeps under which ids each post was heard."""

    def __init__(self, web: WebDouble) -> None:
        self._web = web
        self._cursor: str | None = None
        self.names: dict[str, set[str]] = {}

    def poll(self, site: "Site") -> None:
        more = True
        while more:
            batch = read(self._web, site.feed(), self._cursor)
            self._cursor, more = batch.cursor, batch.more
            for one in batch.mentions:
                self.names.setdefault(_number(one.text), set()).add(one.id)


class Site:
    """A site whose feed shows its newest posts, sometimes edited, renamed in one way or another, or out of date."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._posts: list[Item] = []
        self.window = 12

    @property
    def numbers(self) -> set[str]:
        return {_number(one.text) for one in self._posts}

    def post(self) -> None:
        for _ in range(self._chance.randint(1, 4)):
            self._posts.append(item(len(self._posts)))

    def edit(self) -> None:
        if self._posts:
            index = self._chance.randrange(max(0, len(self._posts) - 4), len(self._posts))
            self._posts[index] = replace(self._posts[index], text=self._posts[index].text + " Still!")

    def rename(self) -> None:
        change = self._chance.choice([{"guid": True}, {"link": True}, {"guid": True, "link": True}])
        self._posts = [
            replace(one, **{name: f"https://renamed.example/{self._chance.random()}" for name in change})
            for one in self._posts
        ]

    def feed(self) -> str:
        return rss(*reversed(self._posts[-self.window :]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(["post", "edit", "rename"]), max_size=25), seed=st.integers(0, 2**16))
def test_no_post_is_lost_and_none_has_two_names_whatever_the_feed_calls_it(
    web: WebDouble, acts: list[str], seed: int
) -> None:
    site, ears = Site(seed), Ears(web)
    for act in acts:
        getattr(site, act)()
        ears.poll(site)
    assert {name: len(ids) for name, ids in ears.names.items()} == dict.fromkeys(site.numbers, 1)
