"""What the contract asks of connectors that read a network by walks: two sides, bad days, and nothing ever lost."""

# ruff: noqa: S101, PLR2004, PT017 - a rule of the contract is an assertion, its days are plain numbers, and it needs no test framework

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

from connectors import BOTH_SIDES, Poller, SourceError
from connectors._stage import (
    CONTEXT,
    ENDLESS,
    HOSTILE,
    START,
    Network,
    Rule,
    Stage,
    ids,
    in_one_line,
    news,
    poller,
    settings_of,
    walk,
)
from connectors._walk import NetworkSettings
from rules.model import Mention, Side

_A_MOMENT = 0.3
"""Seconds in which a request is certainly under way."""
_REFUSALS = (400, 401, 402, 403, 404, 410, 429, 500, 502, 503)


def _of_networks(rule: Callable[[Network], None]) -> Rule:
    """Only for connectors that read a network by walks."""

    def held(stage: Stage) -> None:
        if isinstance(stage, Network):
            rule(stage)

    held.__name__, held.__doc__ = rule.__name__, rule.__doc__
    return held


@_of_networks
def both_sides_are_heard(stage: Network) -> None:
    """What our own accounts say stops the clock, in the thread of what it answers."""
    asked = stage.post(1, START)
    answer = stage.post(2, START + timedelta(minutes=1), ours=True, reply_to=asked)
    stage.publish([asked, answer])
    stage.at(START + timedelta(minutes=2))
    batches, _ = walk(stage)
    assert {one for batch in batches for one in batch.mentions} == {asked, answer}
    assert answer.thread == asked.thread
    assert batches[-1].sides == BOTH_SIDES
    assert batches[-1].until is not None
    assert batches[-1].until <= START + timedelta(minutes=2)


@_of_networks
def one_side_is_read_without_the_other(stage: Network) -> None:
    """A budget that runs out is kept for what we say ourselves."""
    asked = stage.post(1, START)
    answer = stage.post(2, START + timedelta(minutes=1), ours=True, reply_to=asked)
    stage.publish([asked, answer])
    stage.at(START + timedelta(minutes=2))
    cursor: str | None = None
    with contextlib.closing(poller(stage)) as one_sided:
        for _ in range(ENDLESS):
            batch = one_sided.poll(cursor, frozenset((Side.OURS,)))
            cursor = batch.cursor
            assert asked.id not in ids([batch])
            if not batch.more:
                break
    assert batch.sides == {Side.OURS}
    then, _ = walk(stage, cursor)
    assert asked.id in ids(then), "what was not read then is lost"


@_of_networks
def a_side_that_cannot_be_read_blinds_no_other(stage: Network) -> None:
    """The batch says which side was read, and why the other was not."""
    asked, answer = stage.post(1, START), stage.post(2, START, ours=True)
    stage.publish([asked, answer])
    stage.at(START + timedelta(minutes=2))
    for side, other, lacking in ((Side.OURS, Side.THEIRS, answer), (Side.THEIRS, Side.OURS, asked)):
        stage.refuse(500, side)
        batches, cursor = walk(stage)
        assert batches[-1].sides == {other}
        assert batches[-1].failure is not None
        in_one_line(SourceError(batches[-1].failure))
        stage.refuse(0)
        batches, _ = walk(stage, cursor)
        assert batches[-1].sides == BOTH_SIDES
        assert batches[-1].failure is None
        assert lacking.id in ids(batches)


@_of_networks
def every_refusal_says_what_helps(stage: Network) -> None:
    """Each status has its cure; a network that asks for time gets it."""
    stage.publish(stage.posts(2))
    for status in _REFUSALS:
        stage.refuse(status, Retry_After="7")
        with contextlib.closing(poller(stage)) as refused:
            try:
                refused.poll(None)
            except SourceError as failure:
                in_one_line(failure)
                assert str(status) in str(failure), f"{failure} does not name the status {status}"
                assert status not in (429, 503) or failure.retry_after == timedelta(seconds=7)
            else:
                raise AssertionError(f"status {status} is no failure")


@_of_networks
def a_walk_over_many_pages_goes_on_where_it_stopped(stage: Network) -> None:
    """Killed between two pages, a walk is not begun again; nor is what came meanwhile forgotten."""
    many = [stage.post(number, START + timedelta(seconds=number)) for number in range(3 * stage.page + 2)]
    stage.publish(many)
    stage.at(START + timedelta(hours=1))
    cursor, found, polls = None, set[str](), 0
    for polls in count(1):
        with contextlib.closing(poller(stage)) as walker:
            batch = walker.poll(cursor)
        found |= set(ids([batch]))
        cursor = batch.cursor
        if polls == 2:
            late = stage.post(len(many), START + timedelta(hours=1))
            stage.publish([late])
        if not batch.more:
            break
    assert found >= {one.id for one in many}
    then, _ = walk(stage, cursor)
    assert found | set(ids(then)) == {one.id for one in (*many, late)}
    assert polls < 20, "a page is one poll, and no page is read again and again"


@_of_networks
def what_is_gone_is_heard_to_be_gone(stage: Network) -> None:
    """A look at a deleted post says so, and says nothing of one that is still there but what it says."""
    kept, gone = stage.post(1, START), stage.post(2, START)
    stage.publish([kept, gone])
    stage.at(START + timedelta(minutes=1))
    batches, _ = walk(stage)
    stage.remove(gone)
    with contextlib.closing(poller(stage)) as looker:
        looked = looker.look([kept.id, gone.id])
    assert looked is not None
    assert {(one.source, one.id) for one in looked.gone} == {(gone.source, gone.id)}
    assert kept.id in ids([looked])
    assert news(stage, [looked], batches) == []


@_of_networks
def a_look_hears_our_answer(stage: Network) -> None:
    """Somebody may have answered since the last poll: that is what a look is for."""
    asked = stage.post(1, START)
    stage.publish([asked])
    stage.at(START + timedelta(minutes=1))
    walk(stage)
    answer = stage.post(2, START + timedelta(minutes=2), ours=True, reply_to=asked)
    stage.publish([answer])
    stage.at(START + timedelta(minutes=3))
    with contextlib.closing(poller(stage)) as looker:
        looked = looker.look([asked.id])
    assert looked is not None
    assert answer in looked.mentions


@_of_networks
def what_reading_costs_is_said(stage: Network) -> None:
    """Every request is counted, those that fail too."""
    stage.publish(stage.posts(1))
    batches, _ = walk(stage)
    assert all(batch.spent.requests >= 1 for batch in batches)
    stage.refuse(500)
    with contextlib.closing(poller(stage)) as refused:
        try:
            refused.poll(None)
        except SourceError as failure:
            assert failure.spent.requests >= 1


@_of_networks
def closing_ends_a_poll_that_is_under_way(stage: Network) -> None:
    """A daemon that stops, or drops a source, does not wait for a network that says nothing."""
    stage.publish(stage.posts(1))
    if "silence" not in stage.hostile():
        return
    waiting = stage.module.connect(settings_of(stage, timeout="1m"), CONTEXT)
    assert isinstance(waiting, Poller)
    ended: list[str] = []

    def ask() -> None:
        try:
            waiting.poll(None)
        except SourceError as failure:
            ended.append(str(failure))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    time.sleep(_A_MOMENT)
    assert not ended, f"{ended} before it was closed"
    waiting.close()
    asking.join(HOSTILE)
    assert ended, "closing does not end a poll"
    in_one_line(SourceError(ended[0]))


@_of_networks
def a_budget_that_runs_out_in_the_middle_of_a_walk_loses_nothing(stage: Network) -> None:
    """From then on our own side is read, and the walk over what people say goes on once it may."""
    many = [stage.post(number, START + timedelta(seconds=number)) for number in range(3 * stage.page + 2)]
    answer = stage.post(len(many), START + timedelta(minutes=20), ours=True, reply_to=many[0])
    stage.publish([*many, answer])
    stage.at(START + timedelta(hours=1))
    found, cursor = set[str](), None
    with contextlib.closing(poller(stage)) as walker:
        # One page with both sides, a round of ours alone, then a round of both.
        for sides, pages in ((BOTH_SIDES, 1), (frozenset((Side.OURS,)), ENDLESS), (BOTH_SIDES, ENDLESS)):
            for _ in range(pages):
                batch = walker.poll(cursor, sides)
                found, cursor = found | set(ids([batch])), batch.cursor
                if not batch.more:
                    break
            assert pages == 1 or batch.sides == sides
            assert pages == 1 or answer.id in found
    assert found >= {one.id for one in many}


NETWORK_RULES: tuple[Rule, ...] = (
    both_sides_are_heard,
    one_side_is_read_without_the_other,
    a_side_that_cannot_be_read_blinds_no_other,
    every_refusal_says_what_helps,
    a_walk_over_many_pages_goes_on_where_it_stopped,
    what_is_gone_is_heard_to_be_gone,
    a_look_hears_our_answer,
    what_reading_costs_is_said,
    closing_ends_a_poll_that_is_under_way,
    a_budget_that_runs_out_in_the_middle_of_a_walk_loses_nothing,
)


def simulate(stage: Network, seed: int, posts: int = 4_000) -> None:
    """Days at a network with late posts, floods, outages and kills: nothing is lost, and nothing is stored twice.

    Whenever a side is said to have been read up to a moment, all of it that was not late has been.

    Raises:
        AssertionError: it is not so.
    """
    chance = random.Random(seed)  # noqa: S311 - chance in a test
    settings = settings_of(stage)
    assert isinstance(settings, NetworkSettings)
    appearing = sorted(_posts(stage, chance, posts, settings.late), key=lambda one: one[0])
    promptly = {one.id: one for at, one in appearing if at == one.posted_at}
    ours = {one.id for _, one in appearing if one.author == stage.post(0, START, ours=True).author}
    stored: dict[str, Mention] = {}
    cursor: str | None = None
    now, shown = START, 0
    walker = poller(stage)
    while shown < posts or now < appearing[-1][0] + settings.late + 2 * settings.sweep:
        now += timedelta(minutes=chance.choice((10, 20, 40, 90)) if chance.random() < 0.97 else 600)
        more = True
        stage.refuse(503, chance.choice((None, Side.OURS, Side.THEIRS)) if chance.random() < 0.1 else None)
        if chance.random() < 0.9:
            stage.refuse(0)
        while more:
            now += timedelta(seconds=1)
            arrived = shown
            while arrived < posts and appearing[arrived][0] <= now:
                arrived += 1
            stage.publish([one for _, one in appearing[shown:arrived]])
            shown = arrived
            stage.at(now)
            if chance.random() < 0.05:
                walker.close()
                walker = poller(stage)
            try:
                batch = walker.poll(cursor)
            except SourceError:
                break
            if chance.random() < 0.05:
                continue
            stored |= {one.id: one for one in batch.mentions}
            cursor, more = batch.cursor, batch.more
            assert not batch.gaps, f"{batch.gaps} after {now - START}"
            if not more and batch.until is not None:
                for one in promptly.values():
                    side = Side.OURS if one.id in ours else Side.THEIRS
                    assert one.id in stored or one.posted_at > batch.until or side not in batch.sides, (
                        f"{side} is said to be read up to {batch.until}, and a post of {one.posted_at} is not there"
                    )
    walker.close()
    stored |= {one.id: one for one in _good_days(stage, cursor, now, settings.sweep)}
    everything = {one.id: one for _, one in appearing}
    assert stored.keys() == everything.keys(), f"{len(everything.keys() - stored.keys())} of {posts} posts are lost"
    assert all(stored[name] == one for name, one in everything.items())


def _good_days(stage: Network, cursor: str | None, now: datetime, sweep: timedelta) -> Iterator[Mention]:
    """What is heard once all is well again: a round and a walk may be half done, and then comes a sweep."""
    stage.refuse(0)
    for day in range(1, 5):
        stage.at(now + day * sweep)
        batches, cursor = walk(stage, cursor)
        yield from (one for batch in batches for one in batch.mentions)


def _posts(stage: Network, chance: random.Random, number: int, late: timedelta) -> Iterator[tuple[datetime, Mention]]:
    """Posts with the moment each appears: most at once, some late, now and then a flood; one in ten is our reply."""
    at, last = START, None
    for place in range(number):
        at += timedelta(seconds=chance.choice((0, 1)) if place % 1000 < 150 else chance.randrange(1, 240))
        ours = last is not None and chance.random() < 0.1
        post = stage.post(place, at, ours=ours, reply_to=last if ours else None)
        if not ours:
            last = post
        yield at + (chance.random() * late * 0.99 if chance.random() < 0.05 else timedelta()), post
