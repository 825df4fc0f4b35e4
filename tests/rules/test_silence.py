"""Who waits, since when, and what ends it: every rule of the silence clock, and its boundary cases in tables."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import (
    CUSTOMER,
    DESK,
    NEIGHBOUR,
    act,
    at,
    case,
    chaser,
    clock,
    complaint,
    edit,
    nudge,
    policy,
    reply,
    said,
    silences,
)

from rules.model import Act, Ended, Kind, Mark, Post, Severity, Silence, Status, case_id
from rules.recovery import closes, status
from rules.silence import answered, asks, bare, cases

POLICY = policy()


def shown(*posts: Post, acts: Sequence[Act] = (), of: str = CUSTOMER) -> list[str]:
    """Each silence of a customer as "10:00-10:20 answered", or "10:00-" while it lasts."""
    return [
        f"{clock(one.start)}-{clock(one.ended.at)} {one.ended.how}" if one.ended else f"{clock(one.start)}-"
        for one in silences(*posts, acts=acts, of=of)
    ]


def only(*posts: Post, of: str = CUSTOMER) -> Silence:
    (silence,) = silences(*posts, of=of)
    return silence


# Both sides


def test_an_answer_given_natively_on_the_network_stops_the_clock() -> None:
    asked = complaint("10:00")
    answer = reply("10:20", to=asked)
    ending = only(asked, answer).ended
    assert ending is not None
    assert (ending.id, ending.at, ending.how, ending.by) == (answer.id, at("10:20"), Ended.ANSWERED, DESK)


def test_a_person_can_mark_that_the_answer_was_given_in_private() -> None:
    ending = silences(complaint("10:00"), acts=[act("answered", "10:20")])[0].ended
    assert ending is not None
    assert (ending.at, ending.how, ending.by) == (at("10:20"), Ended.ANSWERED, "sample_colleague")


# What opens


OPENS = [
    pytest.param(complaint("10:00"), ["10:00-"], id="a complaint opens a case"),
    pytest.param(said("10:00", Kind.QUESTION), ["10:00-"], id="a question opens a case"),
    pytest.param(said("10:00", Kind.UNJUDGED), ["10:00-"], id="an unjudged post opens a case"),
    pytest.param(said("10:00", Kind.PRAISE), [], id="praise opens none"),
    pytest.param(said("10:00", Kind.THANKS), [], id="thanks open none"),
    pytest.param(said("10:00", Kind.OTHER), [], id="other opens none"),
    pytest.param(chaser("10:00"), [], id="a chaser that neither complains nor asks opens none"),
    pytest.param(nudge("10:00"), [], id="a bare question mark as a customer's first word opens none"),
    pytest.param(
        complaint("10:00", by=DESK), [], id="an own post never opens one, even where it reads like a complaint"
    ),
]


@pytest.mark.parametrize(("post", "expected"), OPENS)
def test_a_complaint_a_question_or_an_unjudged_post_opens_a_case(post: Post, expected: list[str]) -> None:
    assert shown(post, of=post.author) == expected


@pytest.mark.parametrize("kind", Kind)
def test_own_posts_never_open_a_case(kind: Kind) -> None:
    assert cases("sample", "thread", [said("10:00", kind, by=DESK)], {}) == {}


@pytest.mark.parametrize("kind", Kind)
def test_whether_a_post_opens_a_case_can_be_asked_of_its_kind_alone(kind: Kind) -> None:
    assert asks(kind) == bool(shown(said("10:00", kind)))


def test_an_unjudged_post_opens_a_case_at_low_whatever_the_judge_guessed() -> None:
    assert only(said("10:00", Kind.UNJUDGED, severity=Severity.CRISIS)).severity is Severity.LOW


def test_a_customer_keeps_one_case_per_thread_with_a_name_that_never_changes() -> None:
    found = case(complaint("10:00"), reply("10:20"), complaint("10:40"))
    assert found is not None
    assert (found.id, found.source, found.thread, found.author) == (
        case_id("sample", "thread", CUSTOMER),
        "sample",
        "thread",
        CUSTOMER,
    )
    assert len(found.silences) == 2


def test_praise_that_was_thanked_for_is_no_case_to_reopen() -> None:
    assert shown(said("10:00", Kind.PRAISE), reply("10:10"), said("10:20", Kind.OTHER), chaser("10:30")) == []


# What reopens


ANSWERED = (complaint("10:00"), reply("10:20"))

REOPENS = [
    pytest.param(complaint("11:00"), Severity.NORMAL, id="a complaint after an answer starts a new silence"),
    pytest.param(said("11:00", Kind.QUESTION), Severity.NORMAL, id="a question after an answer starts a new silence"),
    pytest.param(chaser("11:00"), Severity.NORMAL, id="a chaser after an answer starts one, low and one step higher"),
    pytest.param(
        chaser("11:00", Kind.COMPLAINT), Severity.HIGH, id="a complaining chaser, one step above its complaint"
    ),
    pytest.param(nudge("11:00"), Severity.NORMAL, id="a bare question mark after an answer is a chaser"),
    pytest.param(chaser("11:00", Kind.THANKS), Severity.NORMAL, id="thanks that ask again are a chaser"),
    pytest.param(said("11:00", Kind.UNJUDGED), Severity.LOW, id="an unjudged post after an answer starts one at low"),
    pytest.param(
        said("11:00", Kind.OTHER, severity=Severity.HIGH), Severity.LOW, id="other after an answer starts one at low"
    ),
]


@pytest.mark.parametrize(("post", "severity"), REOPENS)
def test_after_an_answer_a_complaint_question_chaser_or_other_starts_a_new_silence(
    post: Post, severity: Severity
) -> None:
    first, second = silences(*ANSWERED, post)
    assert (second.start, second.words, second.severity) == (at("11:00"), (post.id,), severity)
    assert second.ended is None
    assert first.ended is not None
    assert second.after == first.ended.id


@pytest.mark.parametrize("kind", [Kind.THANKS, Kind.PRAISE])
def test_after_an_answer_thanks_and_praise_start_no_silence(kind: Kind) -> None:
    assert shown(*ANSWERED, said("11:00", kind)) == ["10:00-10:20 answered"]


def test_a_word_after_the_thanks_starts_its_silence_at_its_own_time() -> None:
    after = shown(*ANSWERED, said("11:00", Kind.THANKS), said("11:30", Kind.OTHER))
    assert after == ["10:00-10:20 answered", "11:30-"]


# What rests


RESTS = [
    pytest.param((complaint("10:00"),), (), "Fri 10:00", Status.WAITING, id="nobody answered: it waits, however long"),
    pytest.param(ANSWERED, (), "10:20", Status.RESTING, id="at the answer it rests"),
    pytest.param(ANSWERED, (), "Thu 10:19:59", Status.RESTING, id="one second before three days it still rests"),
    pytest.param(ANSWERED, (), "Thu 10:20", Status.CLOSED, id="exactly three days after the answer it closes"),
    pytest.param((*ANSWERED, complaint("11:00")), (), "Thu 10:20", Status.WAITING, id="who speaks up again waits"),
    pytest.param((*ANSWERED, said("11:00", Kind.THANKS)), (), "Thu 10:20", Status.CLOSED, id="thanks prolong nothing"),
    pytest.param((complaint("10:00", gone="10:10"),), (), "10:10", Status.WITHDRAWN, id="all words gone: withdrawn"),
    pytest.param(
        (complaint("10:00"),), (act("dismiss", "10:10"),), "10:10", Status.DISMISSED, id="none of ours: dismissed"
    ),
    pytest.param(
        (complaint("10:00"),), (act("resolve", "10:10"),), "10:10", Status.CLOSED, id="resolved: closed at once"
    ),
    pytest.param(
        ANSWERED, (act("resolve", "10:30"),), "10:30", Status.CLOSED, id="resolved once answered: at once too"
    ),
    pytest.param(
        ANSWERED, (act("dismiss", "10:30"),), "10:30", Status.DISMISSED, id="dismissed once answered: at once"
    ),
    pytest.param(
        ANSWERED,
        (act("dismiss", "10:30"), act("resolve", "10:40")),
        "10:40",
        Status.CLOSED,
        id="of two decisions the last stands",
    ),
    pytest.param(
        (*ANSWERED, reply("10:40")),
        (act("dismiss", "10:30"),),
        "10:40",
        Status.DISMISSED,
        id="a further reply undoes no decision",
    ),
    pytest.param(
        (*ANSWERED, reply("Tue 10:20")), (), "Thu 10:20", Status.CLOSED, id="a further reply prolongs no rest"
    ),
    pytest.param(
        (*ANSWERED, complaint("11:00")), (act("resolve", "10:30"),), "11:00", Status.WAITING, id="and then speaks up"
    ),
    pytest.param(
        (complaint("10:00", gone="10:10"),),
        (act("dismiss", "10:20"),),
        "10:20",
        Status.DISMISSED,
        id="a person may dismiss what was withdrawn",
    ),
    pytest.param(
        (*ANSWERED, complaint("11:00", gone="11:05")),
        (),
        "11:05",
        Status.RESTING,
        id="spoke up and took it back: the answer before it stands",
    ),
    pytest.param(
        (*ANSWERED, complaint("11:00", gone="11:05")), (), "Thu 10:20", Status.CLOSED, id="and rests no longer for it"
    ),
    pytest.param(
        (*ANSWERED, complaint("Fri 11:00", gone="Fri 11:05")),
        (),
        "Fri 11:05",
        Status.CLOSED,
        id="spoke up after it had closed and took it back: closed",
    ),
    pytest.param(
        (complaint("10:00"), complaint("11:00", gone="11:05")),
        (act("dismiss", "10:20"),),
        "11:05",
        Status.DISMISSED,
        id="so does a decision before it",
    ),
    pytest.param(
        (complaint("10:00", gone="10:05"), complaint("11:00", gone="11:05")),
        (),
        "11:05",
        Status.WITHDRAWN,
        id="took back everything: withdrawn",
    ),
]


@pytest.mark.parametrize(("posts", "acts", "now", "expected"), RESTS)
def test_a_final_answer_rests_the_case_and_a_rested_case_closes_after_rest(
    posts: tuple[Post, ...], acts: tuple[Act, ...], now: str, expected: Status
) -> None:
    found = case(*posts, acts=acts)
    assert found is not None
    assert status(found, at(now), POLICY) is expected


def test_a_resting_case_knows_when_it_closes_and_no_other_does() -> None:
    resting, waiting, gone = case(*ANSWERED), case(complaint("10:00")), case(complaint("10:00", gone="10:10"))
    assert resting is not None
    assert waiting is not None
    assert gone is not None
    assert closes(resting, POLICY) == at("Thu 10:20")
    assert closes(waiting, POLICY) is None
    assert closes(gone, POLICY) is None
    decided = case(*ANSWERED, acts=[act("dismiss", "10:30")])
    assert decided is not None
    assert closes(decided, POLICY) is None


def test_a_case_that_its_author_reopened_and_took_back_closes_no_earlier_than_that() -> None:
    resting, closed = (case(*ANSWERED, complaint(f"{day} 10:00", gone=f"{day} 10:05")) for day in ("Tue", "Fri"))
    assert resting is not None
    assert closed is not None
    assert closes(resting, POLICY) == at("Thu 10:20")
    assert closes(closed, POLICY) == at("Fri 10:05")


def test_what_people_decide_about_a_case_that_is_over_is_noted_once_with_the_silence_it_follows() -> None:
    acts = [act("resolve", "10:30"), act("resolve", "10:31"), act("answered", "10:32")]
    first, second = silences(*ANSWERED, complaint("11:00"), acts=acts)
    assert [(one.how, one.at) for one in first.decided] == [(Ended.RESOLVED, at("10:30"))]
    assert first.ended is not None
    assert first.ended.how is Ended.ANSWERED
    assert second.decided == ()
    assert silences(*ANSWERED, complaint("11:00"), acts=acts * 2) == (first, second)


# Silence


STARTS = [
    pytest.param((complaint("10:00"), complaint("10:30")), "10:00", id="a second complaint does not restart it"),
    pytest.param((complaint("10:00"), chaser("10:30")), "10:00", id="a chaser does not restart it"),
    pytest.param((complaint("10:00"), said("10:30", Kind.THANKS)), "10:00", id="thanks in advance do not end it"),
    pytest.param((said("09:50", Kind.OTHER), complaint("10:00")), "10:00", id="small talk before it does not start it"),
    pytest.param((said("09:50", Kind.PRAISE), complaint("10:00")), "10:00", id="praise before it does not start it"),
    pytest.param(
        (complaint("10:00"), complaint("10:05", severity=Severity.CRISIS)),
        "10:00",
        id="a raised severity never moves it",
    ),
    pytest.param((complaint("10:00"), complaint("10:10", by=NEIGHBOUR)), "10:00", id="nor does anybody else's word"),
    pytest.param(
        (complaint("10:00"), reply("10:20"), complaint("10:30"), complaint("10:40")),
        "10:30",
        id="after an answer it starts with the first word not covered by it",
    ),
]


@pytest.mark.parametrize(("posts", "start"), STARTS)
def test_a_silence_starts_with_the_first_word_no_responder_has_answered_and_further_words_do_not_restart_it(
    posts: tuple[Post, ...], start: str
) -> None:
    silence = silences(*posts)[-1]
    assert silence.ended is None
    assert clock(silence.start) == start


def test_every_word_since_the_start_belongs_to_the_silence_in_time_order() -> None:
    words = (complaint("10:00"), said("10:05", Kind.OTHER), said("10:06", Kind.THANKS), chaser("10:07"))
    assert only(*reversed(words)).words == tuple(word.id for word in words)


def test_a_silence_is_identified_by_the_answer_it_follows_or_none() -> None:
    answer = reply("10:20")
    assert [one.after for one in silences(complaint("10:00"), answer, complaint("11:00"))] == ["", answer.id]


def test_a_silence_keeps_its_name_when_an_earlier_word_turns_up_late() -> None:
    late, answer, again = complaint("09:00"), reply("10:20"), complaint("11:00")
    before, after = silences(complaint("10:00"), answer, again), silences(late, complaint("10:00"), answer, again)
    assert [one.after for one in before] == [one.after for one in after] == ["", answer.id]
    assert (clock(before[0].start), clock(after[0].start)) == ("10:00", "09:00")


def test_of_several_answers_a_silence_follows_the_last() -> None:
    second = reply("10:30")
    assert silences(complaint("10:00"), reply("10:20"), second, complaint("11:00"))[-1].after == second.id


LOW, NORMAL, HIGH, CRISIS = Severity

SEVERITIES = [
    pytest.param((complaint("10:00"),), ["10:00 normal"], id="one word gives its own"),
    pytest.param(
        (complaint("10:00"), complaint("10:05", severity=HIGH)),
        ["10:00 normal", "10:05 high"],
        id="a worse word raises it from its own time on",
    ),
    pytest.param(
        (complaint("10:00", severity=HIGH), complaint("10:05", severity=LOW)),
        ["10:00 high"],
        id="a milder word does not",
    ),
    pytest.param(
        (complaint("10:00"), said("10:05", Kind.THANKS)), ["10:00 normal"], id="thanks do not: only people lower it"
    ),
    pytest.param(
        (complaint("10:00"), chaser("10:05")), ["10:00 normal", "10:05 high"], id="chasing raises it one step"
    ),
    pytest.param(
        (complaint("10:00"), chaser("10:05"), chaser("10:10"), nudge("10:15")),
        ["10:00 normal", "10:05 high"],
        id="chasing raises it once",
    ),
    pytest.param(
        (complaint("10:00"), chaser("10:05"), complaint("10:10", severity=HIGH)),
        ["10:00 normal", "10:05 high", "10:10 crisis"],
        id="a worse word after chasing is one step above that word",
    ),
    pytest.param(
        (complaint("10:00"), complaint("10:05", severity=HIGH), chaser("10:10")),
        ["10:00 normal", "10:05 high", "10:10 crisis"],
        id="chasing after a worse word is one step above that word",
    ),
    pytest.param(
        (complaint("10:00", severity=CRISIS), chaser("10:05")), ["10:00 crisis"], id="there is nothing above crisis"
    ),
    pytest.param((complaint("10:00"), nudge("10:05")), ["10:00 normal", "10:05 high"], id='a bare "?" is chasing'),
    pytest.param(
        (said("09:00", Kind.PRAISE), replace(nudge("10:00"), kind=Kind.QUESTION)),
        ["10:00 high"],
        id='a bare "?" that opens a case chases if its author has spoken before',
    ),
    pytest.param(
        (replace(nudge("10:00"), kind=Kind.QUESTION),),
        ["10:00 normal"],
        id='a bare "?" as the first word chases nobody',
    ),
    pytest.param(
        (chaser("10:00", Kind.COMPLAINT),), ["10:00 high"], id="a complaint that itself says it asks again is raised"
    ),
    pytest.param(
        (said("10:00", Kind.UNJUDGED, severity=HIGH), complaint("10:05")),
        ["10:00 low", "10:05 normal"],
        id="unjudged counts as low until a judged word comes",
    ),
]


@pytest.mark.parametrize(("posts", "expected"), SEVERITIES)
def test_its_severity_is_the_highest_of_its_words_one_step_higher_once_for_chasing(
    posts: tuple[Post, ...], expected: list[str]
) -> None:
    assert [f"{clock(since)} {severity.word}" for since, severity in only(*posts).severities] == expected


def test_chasing_is_noted() -> None:
    assert only(complaint("10:00"), nudge("10:10")).chased
    assert not only(complaint("10:00"), complaint("10:10")).chased


def test_a_new_silence_is_judged_by_its_own_words() -> None:
    _, second = silences(complaint("10:00", severity=CRISIS), reply("10:20"), complaint("11:00", severity=LOW))
    assert second.severity is LOW


BARE = [
    ("?", True),
    ("???", True),
    ("? ?", True),
    ("?!", True),
    ("@SampleBrand ??", True),
    ("\uff1f", True),
    ("\u061f", True),
    ("", False),
    ("@SampleBrand", False),
    ("!!", False),
    ("? !", False),
    ("hello?", False),
    ("?? please", False),
    ("...", False),
]


@pytest.mark.parametrize(("text", "expected"), BARE)
def test_a_bare_nudge_is_nothing_but_question_marks_apart_from_handles(text: str, expected: bool) -> None:
    assert bare(text) is expected


# Who is answered


ASKED = complaint("10:00")
THEIRS = complaint("10:05", by=NEIGHBOUR)
ROOT = reply("09:00")
BOTH = ["10:00-", "10:05-"]
MINE = ["10:00-10:20 answered", "10:05-"]
NEIGHBOURS = ["10:00-", "10:05-10:20 answered"]

WHO = [
    pytest.param((reply("10:20", to=ASKED),), MINE, id="the author it replies to, though another spoke since"),
    pytest.param((reply("10:20", to=THEIRS),), NEIGHBOURS, id="a reply to a third party leaves the first waiting"),
    pytest.param((reply("10:20"),), NEIGHBOURS, id="a reply to nobody answers who spoke last before it"),
    pytest.param((reply("10:20", to="never heard"),), NEIGHBOURS, id="so does a reply to a post nobody has heard"),
    pytest.param((ROOT, reply("10:20", to=ROOT)), NEIGHBOURS, id="so does one that ends at our own root"),
    pytest.param(
        (reply("10:10", to=ASKED), reply("10:20", to=f"{DESK} 10:10")),
        ["10:00-10:10 answered", "10:05-"],
        id="a reply to our own reply climbs to whom that one answered",
    ),
    pytest.param(
        (ROOT, reply("10:10", to=ROOT), reply("10:20", to=f"{DESK} 10:10")),
        ["10:00-", "10:05-10:10 answered"],
        id="climbing to our own root ends nowhere",
    ),
    pytest.param(
        (reply("10:10", to="never heard"), reply("10:20", to=f"{DESK} 10:10")),
        ["10:00-", "10:05-10:10 answered"],
        id="climbing to a post nobody has heard ends nowhere",
    ),
    pytest.param(
        (reply("10:20", to=f"{DESK} 10:21"), reply("10:21", to=f"{DESK} 10:20")),
        NEIGHBOURS,
        id="a circle of replies ends nowhere",
    ),
    pytest.param((reply("10:20", to=f"{DESK} 10:20"),), NEIGHBOURS, id="a reply to itself ends nowhere"),
    pytest.param((reply("09:59"),), BOTH, id="a reply before anybody spoke answers nobody"),
    pytest.param((ROOT,), BOTH, id="our own root answers nobody"),
    pytest.param((reply("10:20", to=ASKED, gone="10:21"),), MINE, id="deleting our answer does not undo it"),
    pytest.param(
        (reply("10:10", to=ASKED, gone="10:11"), reply("10:20", to=f"{DESK} 10:10")),
        ["10:00-10:10 answered", "10:05-"],
        id="climbing goes through a deleted post of ours",
    ),
    pytest.param(
        (said("10:20", Kind.OTHER, by="sample_customer_03", to=ASKED),),
        BOTH,
        id="another customer's reply answers nobody",
    ),
    pytest.param((reply("10:05"),), ["10:00-", "10:05-10:05 answered"], id="at one instant posts come before replies"),
]


@pytest.mark.parametrize(("posts", "expected"), WHO)
def test_a_responders_reply_answers_the_author_it_replies_to_climbing_through_our_own_posts_or_who_spoke_last(
    posts: tuple[Post, ...], expected: list[str]
) -> None:
    every = (ASKED, THEIRS, *posts)
    assert shown(*every) + shown(*every, of=NEIGHBOUR) == expected


COVERS = [
    pytest.param((complaint("10:00"), complaint("10:10")), ["10:00-10:20 answered"], id="all words before it"),
    pytest.param(
        (complaint("10:19:59"),), ["10:19:59-10:20 answered"], id="a word one second before the reply is covered"
    ),
    pytest.param(
        (complaint("10:20"),), ["10:20-10:20 answered"], id="a word at the very instant of the reply is covered"
    ),
    pytest.param((complaint("10:20:01"),), ["10:20:01-"], id="a word one second after the reply waits"),
    pytest.param(
        (complaint("10:00"), complaint("10:20:01")),
        ["10:00-10:20 answered", "10:20:01-"],
        id="words on both sides of it: the later one waits from its own time",
    ),
]


@pytest.mark.parametrize(("posts", "expected"), COVERS)
def test_an_answer_covers_all_that_customers_words_in_the_thread_posted_no_later_than_the_reply(
    posts: tuple[Post, ...], expected: list[str]
) -> None:
    early = said("09:00", Kind.OTHER)
    assert shown(early, *posts, reply("10:20", to=early)) == expected


def test_of_two_replies_the_first_ends_the_silence() -> None:
    assert shown(complaint("10:00"), reply("10:30"), reply("10:20")) == ["10:00-10:20 answered"]


def test_several_customers_in_one_thread_wait_separately() -> None:
    mine, theirs = complaint("10:00"), complaint("10:10", by=NEIGHBOUR)
    found = cases("sample", "thread", [mine, theirs, reply("10:20", to=mine)], {})
    assert {author: one.waiting is not None for author, one in found.items()} == {CUSTOMER: False, NEIGHBOUR: True}
    assert found[CUSTOMER].id != found[NEIGHBOUR].id


def test_an_act_concerns_its_own_customer_only() -> None:
    found = cases("sample", "thread", [ASKED, THEIRS], {CUSTOMER: [act("dismiss", "10:20")]})
    assert found[CUSTOMER].waiting is None
    assert found[NEIGHBOUR].waiting is not None


def test_our_replies_are_listed_by_customer_in_time_order() -> None:
    first, second = reply("10:20", to=ASKED), reply("10:30", to=ASKED)
    third = reply("10:40", to=THEIRS)
    assert answered([third, second, ASKED, THEIRS, first]) == {CUSTOMER: [first, second], NEIGHBOUR: [third]}


def test_an_act_that_is_no_answer_ends_nothing() -> None:
    assert shown(complaint("10:00"), acts=[act("ack", "10:05")]) == ["10:00-"]


def test_two_acts_of_one_instant_give_the_same_case_in_either_order() -> None:
    acts = [act("answered", "10:20"), act("dismiss", "10:20")]
    posts = (complaint("10:00"), complaint("11:00"))
    assert silences(*posts, acts=acts) == silences(*posts, acts=acts[::-1])


@pytest.mark.parametrize("how", ["dismiss", "resolve"])
def test_what_a_person_closed_is_reopened_by_a_complaint_but_not_by_other_for_it_is_no_answer(how: str) -> None:
    closed = f"10:00-10:20 {Ended.DISMISSED if how == 'dismiss' else Ended.RESOLVED}"
    posts = (complaint("10:00"), said("11:00", Kind.OTHER))
    assert shown(*posts, acts=[act(how, "10:20")]) == [closed]
    assert shown(*posts, complaint("12:00"), acts=[act(how, "10:20")]) == [closed, "12:00-"]


# Time


def test_repetition_changes_nothing() -> None:
    posts = [replace(nudge("10:00"), kind=Kind.QUESTION), complaint("10:05"), reply("10:20"), complaint("11:00")]
    assert silences(*posts, *posts) == silences(*posts)
    assert answered(posts * 2) == answered(posts)


# First contact


HISTORY = [
    pytest.param((said("10:00", Kind.COMPLAINT, history=True),), [], id="history starts nothing"),
    pytest.param(
        (said("10:00", Kind.COMPLAINT, history=True), complaint("11:00")),
        ["11:00-"],
        id="a new word counts from itself",
    ),
    pytest.param(
        (said("10:00", Kind.COMPLAINT, history=True), reply("10:20"), said("11:00", Kind.OTHER)),
        [],
        id="an answer to history is no answer to reopen from",
    ),
]


@pytest.mark.parametrize(("posts", "expected"), HISTORY)
def test_first_contact_with_a_source_starts_nothing_about_history(posts: tuple[Post, ...], expected: list[str]) -> None:
    assert shown(*posts) == expected


def test_who_spoke_in_history_has_spoken_before() -> None:
    asked_again = replace(nudge("11:00"), kind=Kind.QUESTION)
    assert only(said("10:00", Kind.COMPLAINT, history=True), asked_again).chased


# Edits


QUESTION = said("10:00", Kind.QUESTION)
SMALL_TALK = said("11:00", Kind.OTHER)

EDITS = [
    pytest.param(
        edit(said("10:00", Kind.PRAISE), seen="11:00", kind=Kind.COMPLAINT),
        ["11:00-"],
        id="praise edited into a complaint",
    ),
    pytest.param(
        edit(said("10:00", Kind.OTHER), seen="11:00", kind=Kind.QUESTION),
        ["11:00-"],
        id="other edited into a question",
    ),
    pytest.param(
        edit(said("10:00", Kind.OTHER), seen="11:00", kind=Kind.UNJUDGED),
        ["11:00-"],
        id="other edited into what nobody here reads",
    ),
    pytest.param(
        edit(said("10:00", Kind.COMPLAINT, history=True), seen="11:00", kind=Kind.COMPLAINT),
        [],
        id="history reworded stays history",
    ),
    pytest.param(
        edit(said("10:00", Kind.PRAISE, history=True), seen="11:00", kind=Kind.COMPLAINT),
        ["11:00-"],
        id="history edited into a complaint is no longer history",
    ),
    pytest.param(
        edit(said("10:00", Kind.COMPLAINT, history=True), seen="11:00", kind=Kind.COMPLAINT, severity=Severity.CRISIS),
        ["11:00-"],
        id="history edited into something worse is no longer history",
    ),
    pytest.param(
        edit(complaint("10:00"), seen="11:00", kind=Kind.COMPLAINT), ["10:00-"], id="a complaint reworded waits on"
    ),
    pytest.param(edit(QUESTION, seen="11:00", kind=Kind.COMPLAINT), ["10:00-"], id="a question does not restart"),
    pytest.param(
        edit(complaint("10:00"), seen="11:00", kind=Kind.PRAISE),
        ["10:00-"],
        id="a complaint edited into praise waits on",
    ),
    pytest.param(
        edit(said("10:00", Kind.PRAISE), seen="11:00", kind=Kind.THANKS),
        [],
        id="praise edited into thanks starts nothing",
    ),
    pytest.param(
        (*edit(QUESTION, seen="11:00", kind=Kind.COMPLAINT), reply("10:20")),
        ["10:00-10:20 answered", "11:00-"],
        id="an answered question edited into a complaint waits in a new silence",
    ),
    pytest.param(
        (*edit(complaint("10:00"), seen="11:00", kind=Kind.COMPLAINT, severity=Severity.HIGH), reply("10:20")),
        ["10:00-10:20 answered", "11:00-"],
        id="an answered complaint edited into a worse one waits in a new silence",
    ),
    pytest.param(
        (*edit(complaint("10:00"), seen="11:00", kind=Kind.OTHER, marks=[Mark.CHASER]), reply("10:20")),
        ["10:00-10:20 answered", "11:00-"],
        id="an answered complaint edited to ask again waits in a new silence",
    ),
    pytest.param(
        (*edit(complaint("10:00"), seen="11:00", kind=Kind.COMPLAINT), reply("10:20")),
        ["10:00-10:20 answered"],
        id="an answered complaint reworded stays answered",
    ),
    pytest.param(
        (*edit(complaint("10:00"), seen="11:00", kind=Kind.QUESTION), reply("10:20")),
        ["10:00-10:20 answered"],
        id="so does one edited into a question no worse",
    ),
    pytest.param(
        (
            *edit(
                *edit(complaint("10:00"), seen="11:00", kind=Kind.THANKS),
                seen="12:00",
                kind=Kind.COMPLAINT,
            ),
            reply("10:20"),
        ),
        ["10:00-10:20 answered"],
        id="so does one edited to and fro",
    ),
    pytest.param(
        (
            *edit(
                *edit(said("10:00", Kind.OTHER), seen="11:00", kind=Kind.COMPLAINT),
                seen="12:00",
                kind=Kind.COMPLAINT,
            ),
            reply("11:20"),
        ),
        ["11:00-11:20 answered"],
        id="so does one that an edit made a complaint",
    ),
    pytest.param(
        (*ANSWERED, *edit(SMALL_TALK, seen="12:00", kind=Kind.COMPLAINT)),
        ["10:00-10:20 answered", "11:00-"],
        id="other that waits after an answer keeps its start when it is edited into a complaint",
    ),
    pytest.param(
        edit(complaint("10:00", gone="11:30"), seen="11:00", kind=Kind.COMPLAINT, severity=Severity.HIGH),
        ["10:00-11:30 withdrawn"],
        id="with a post all that it ever said is gone",
    ),
]


@pytest.mark.parametrize(("posts", "expected"), EDITS)
def test_an_edit_adds_a_word_where_it_newly_asks_or_complains_or_is_worse_and_takes_nothing_back(
    posts: tuple[Post, ...], expected: list[str]
) -> None:
    assert shown(*posts) == shown(*reversed(posts)) == expected


def test_an_answer_before_the_edit_was_seen_does_not_cover_it() -> None:
    grown = edit(said("10:00", Kind.PRAISE), seen="11:00", kind=Kind.COMPLAINT)
    assert shown(*grown, reply("10:20")) == ["11:00-"]
    assert shown(*grown, reply("11:00")) == ["11:00-11:00 answered"]


RAISED_BY_EDITS = [
    pytest.param(
        edit(complaint("10:00", severity=HIGH), seen="11:00", kind=Kind.COMPLAINT, severity=CRISIS),
        ["10:00 high", "11:00 crisis"],
        id="a worse text raises it from when it was seen",
    ),
    *(
        pytest.param(
            edit(complaint("10:00", severity=HIGH), seen="11:00", kind=kind, severity=LOW),
            ["10:00 high"],
            id=f"a milder {kind} lowers nothing",
        )
        for kind in Kind
    ),
    pytest.param(
        edit(complaint("10:00"), seen="11:00", kind=Kind.PRAISE, severity=CRISIS),
        ["10:00 normal"],
        id="what does not ask is never worse",
    ),
    pytest.param(
        edit(said("10:00", Kind.UNJUDGED), seen="11:00", kind=Kind.QUESTION),
        ["10:00 low", "11:00 normal"],
        id="what nobody could read, once it can be read",
    ),
    pytest.param(
        edit(complaint("10:00"), seen="11:00", kind=Kind.COMPLAINT, marks=[Mark.CHASER]),
        ["10:00 normal", "11:00 high"],
        id="a text that asks again chases",
    ),
    pytest.param(
        edit(chaser("10:00", Kind.COMPLAINT), seen="11:00", kind=Kind.COMPLAINT),
        ["10:00 high"],
        id="a text that asks again no more has asked again all the same",
    ),
    pytest.param(
        edit(complaint("10:00"), seen="11:00", kind=Kind.OTHER, nudge=True),
        ["10:00 normal", "11:00 high"],
        id="a post edited into a bare question mark is a nudge",
    ),
    pytest.param(
        (complaint("10:00"), *edit(said("10:10", Kind.OTHER), seen="10:20", kind=Kind.COMPLAINT, severity=HIGH)),
        ["10:00 normal", "10:20 high"],
        id="the severity of an edit counts from when it was seen",
    ),
]


@pytest.mark.parametrize(("posts", "expected"), RAISED_BY_EDITS)
def test_a_severity_raised_by_an_edit_counts_from_when_it_was_seen_and_no_edit_lowers_it(
    posts: tuple[Post, ...], expected: list[str]
) -> None:
    assert [f"{clock(since)} {severity.word}" for since, severity in only(*posts).severities] == expected


def test_other_that_waits_after_an_answer_is_raised_when_it_is_edited_into_a_complaint() -> None:
    _, second = silences(*ANSWERED, *edit(SMALL_TALK, seen="12:00", kind=Kind.COMPLAINT))
    assert [(clock(since), severity) for since, severity in second.severities] == [("11:00", LOW), ("12:00", NORMAL)]


def test_a_silence_lists_an_edited_post_once() -> None:
    words = edit(complaint("10:00"), seen="11:00", kind=Kind.COMPLAINT, severity=CRISIS)
    assert len(words) == 2
    assert only(*words, complaint("10:30")).words == (words[0].id, f"{CUSTOMER} 10:30")


def test_of_what_one_post_said_at_one_instant_the_weightiest_counts() -> None:
    words = edit(said("10:00", Kind.OTHER), seen="10:00", kind=Kind.COMPLAINT)
    assert shown(*words) == shown(*reversed(words)) == ["10:00-"]


def test_who_has_spoken_before_is_told_by_when_words_were_posted_not_by_when_an_edit_made_them_count() -> None:
    grown = edit(said("10:00", Kind.PRAISE), seen="11:00", kind=Kind.COMPLAINT)
    assert only(*grown, replace(nudge("10:30"), kind=Kind.QUESTION)).chased


# Deletions


GONE = [
    pytest.param((complaint("10:00", gone="10:10"),), ["10:00-10:10 withdrawn"], id="its only word is gone"),
    pytest.param(
        (complaint("10:00", gone="10:10"), complaint("10:05")),
        ["10:00-"],
        id="one word is left: it waits on from the first",
    ),
    pytest.param(
        (complaint("10:00", gone="10:30"), complaint("10:05", gone="10:10")),
        ["10:00-10:30 withdrawn"],
        id="withdrawn when the last of its words goes",
    ),
    pytest.param(
        (complaint("10:00", gone="10:10"), reply("10:20")),
        ["10:00-10:10 withdrawn"],
        id="a reply comes after it was gone",
    ),
    pytest.param(
        (complaint("10:00", gone="10:10"), reply("10:20"), complaint("10:30")),
        ["10:00-10:10 withdrawn", "10:30-"],
        id="a reply between the withdrawal and the next word changes neither",
    ),
    pytest.param(
        (complaint("10:00", gone="10:30"), reply("10:20")), ["10:00-10:20 answered"], id="deleted after it was answered"
    ),
    pytest.param(
        (complaint("10:00", gone="10:10"), complaint("10:30")),
        ["10:00-10:10 withdrawn", "10:30-"],
        id="posted again after it was withdrawn: a new silence",
    ),
    pytest.param(
        (complaint("10:00", gone="10:10"), complaint("10:10")),
        ["10:00-10:10 withdrawn", "10:10-"],
        id="posted again at the instant it was withdrawn: a new silence",
    ),
    pytest.param(
        (complaint("10:00", gone="10:10"), said("10:30", Kind.OTHER)),
        ["10:00-10:10 withdrawn"],
        id="other after a withdrawal follows no answer: it starts nothing",
    ),
    pytest.param(
        (complaint("10:00", gone="10:10"), complaint("10:30", gone="10:40")),
        ["10:00-10:10 withdrawn", "10:30-10:40 withdrawn"],
        id="withdrawn twice",
    ),
    pytest.param(
        (*ANSWERED, said("11:00", Kind.OTHER, gone="11:05")),
        ["10:00-10:20 answered", "11:00-11:05 withdrawn"],
        id="a silence after an answer is withdrawn by itself",
    ),
    pytest.param(
        (complaint("10:00"), reply("10:20", gone="10:21")),
        ["10:00-10:20 answered"],
        id="deleting our answer undoes nothing",
    ),
]


@pytest.mark.parametrize(("posts", "expected"), GONE)
def test_a_silence_is_withdrawn_when_all_its_words_are_gone_and_deleting_our_answer_does_not_undo_it(
    posts: tuple[Post, ...], expected: list[str]
) -> None:
    assert shown(*posts) == expected


def test_silences_after_withdrawals_have_names_of_their_own() -> None:
    again = silences(complaint("10:00", gone="10:10"), complaint("10:30", gone="10:40"), complaint("11:00"))
    assert len({one.after for one in again}) == 3
    assert again[0].ended is not None
    assert again[0].ended.by == CUSTOMER


# People raise it


def test_a_person_who_says_that_it_is_worse_raises_it_by_one_from_then_on() -> None:
    (silence,) = silences(complaint("10:00"), acts=[act("raise", "10:20")])
    assert silence.severities == ((at("10:00"), Severity.NORMAL), (at("10:20"), Severity.HIGH))
    assert silence.raised == ((at("10:20"), "sample_colleague"),)


def test_who_raises_a_crisis_changes_nothing() -> None:
    (silence,) = silences(complaint("10:00", severity=Severity.CRISIS), acts=[act("raise", "10:20")])
    assert silence.severities == ((at("10:00"), Severity.CRISIS),)


def test_a_raise_adds_to_what_chasing_raised_and_to_worse_words() -> None:
    words = (complaint("10:00", severity=Severity.LOW), chaser("10:10"), complaint("10:30", severity=Severity.NORMAL))
    (silence,) = silences(*words, acts=[act("raise", "10:20")])
    assert [severity for _, severity in silence.severities] == [
        Severity.LOW,
        Severity.NORMAL,
        Severity.HIGH,
        Severity.CRISIS,
    ]


def test_a_third_post_without_an_answer_is_asking_again_whatever_it_says() -> None:
    words = (complaint("10:00"), said("10:10", Kind.OTHER), said("10:20", Kind.OTHER))
    (silence,) = silences(*words)
    assert silence.chased
    assert silence.severities == ((at("10:00"), Severity.NORMAL), (at("10:20"), Severity.HIGH))
    (answered, _) = silences(words[0], reply("10:05"), *words[1:])
    assert not answered.chased


def test_an_edit_is_no_further_post() -> None:
    first, second = complaint("10:00", severity=Severity.LOW), said("10:10", Kind.OTHER)
    (silence,) = silences(*edit(first, seen="10:30", kind=Kind.COMPLAINT, severity=Severity.NORMAL), second)
    assert not silence.chased
