"""Who is waiting, since when, and what ended it: the silence clock.

Pure functions from the posts of one thread to its cases. The order in which posts were heard does not matter, nor how
often; only what they say, when, and who answered whom. Pages are none of its business (see ``escalation``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import starmap, zip_longest

from rules.model import (
    Act,
    Case,
    Ended,
    Ending,
    Hold,
    Kind,
    Link,
    Mark,
    Post,
    Severity,
    Silence,
    Verdict,
    case_id,
)

_JUDGED_ASKING = frozenset({Kind.COMPLAINT, Kind.QUESTION})
_ASKING = _JUDGED_ASKING | {Kind.UNJUDGED}
_THANKS = frozenset({Kind.THANKS, Kind.PRAISE})
_ENDING_ACTS = {"answered": Ended.ANSWERED, "dismiss": Ended.DISMISSED, "resolve": Ended.RESOLVED}
_HOLDS = frozenset({"ack", "assign", "snooze", "unack"})
_LINKS = frozenset({"link", "unlink"})
DEEDS = frozenset({"promise", "open", "no_contact", "gesture", "followed", "skip"})
"""What people do for a customer once they were answered."""
_MEANWHILE = _HOLDS | DEEDS | {"raise"}
"""What people do that ends no silence."""
_TOO_OFTEN = 3
"""So many posts without an answer are asking again, whatever they say."""
_DECISIONS = frozenset({Ended.DISMISSED, Ended.RESOLVED})


def bare(text: str) -> bool:
    """Whether ``text`` is nothing but question marks, apart from handles: a nudge ("?", "@SampleBrand ??")."""
    words = [word for word in text.split() if not word.startswith("@")]
    return bool(words) and all(set(word) <= set("?!\uff1f\u061f") and set(word) != {"!"} for word in words)


def asks(kind: Kind) -> bool:
    """Whether a post of this kind opens a case by itself."""
    return kind in _ASKING


def edited(words: Sequence[Post], verdict: Verdict, *, nudge: bool, seen: datetime) -> Post | None:
    """The further word that an edit adds to a post; None where it says nothing new.

    It says something new where it asks, complains, chases or is worse than anything the post has said before. What was
    said stays said: rewording a complaint is no answer to it.

    Args:
        words: all that the post has amounted to so far, one or more.
        verdict: what the judge says of the new text.
        nudge: the new text is ``bare``.
        seen: when the edit was seen.
    """
    further = replace(
        words[0],
        counts_from=seen,
        kind=verdict.kind,
        severity=verdict.severity,
        marks=verdict.marks,
        bare=nudge,
        history=False,
    )
    before = zip(*map(_weight, words), strict=True)
    return further if any(now > max(was) for now, was in zip(_weight(further), before, strict=True)) else None


def answered(thread: Iterable[Post]) -> dict[str, list[Post]]:
    """Which of our replies in one thread answered which customer.

    A reply answers the author it replies to, climbing through our own posts; where that ends at our own root or at a
    post nobody has heard, the customer of the thread who spoke last before it.

    Returns:
        Customer's handle -> our replies to them, in time order.
    """
    by_id = {post.id: post for post in sorted(thread, key=_clock_order)}
    answers: dict[str, list[Post]] = {}
    last_customer: str | None = None
    for post in sorted(by_id.values(), key=_order):
        if not post.own:
            last_customer = post.author
            continue
        customer = _climb(post, by_id) or last_customer
        if customer is not None:
            answers.setdefault(customer, []).append(post)
    return answers


def cases(source: str, thread: str, posts: Sequence[Post], acts: Mapping[str, Sequence[Act]]) -> dict[str, Case]:
    """Every case of one thread, waiting or not, by customer.

    Args:
        source: the thread's id space.
        thread: its key there.
        posts: all posts of the thread that are known, with the words that edits added, in any order.
        acts: what people did, by customer.
    """
    replies = answered(posts)
    words: dict[str, list[Post]] = {}
    # Of what one post said at one instant, the weightiest counts.
    in_order = sorted(posts, key=lambda post: (*_clock_order(post), _weight(post)))
    for post in {(post.id, post.counts_from): post for post in in_order}.values():
        if not post.own:
            words.setdefault(post.author, []).append(post)
    found = {}
    for author, theirs in words.items():
        endings = [
            Ending(reply.id, reply.posted_at, Ended.ANSWERED, reply.author, reply.marks, reply.promise)
            for reply in replies.get(author, ())
        ]
        endings += [
            Ending(f"act:{act.act}:{act.at.isoformat()}:{act.by}", act.at, _ENDING_ACTS[act.act], act.by)
            for act in acts.get(author, ())
            if act.act in _ENDING_ACTS
        ]
        done = sorted((act for act in acts.get(author, ()) if act.act in _MEANWHILE), key=lambda act: act.at)
        # What is noted twice was done once.
        done, endings = list(dict.fromkeys(done)), list(dict.fromkeys(endings))
        if silences := _silences(author, theirs, endings, done):
            silences = tuple(starmap(partial(_afterwards, done), zip_longest(silences, silences[1:])))
            linked = _links(acts.get(author, ()))
            found[author] = Case(case_id(source, thread, author), source, thread, author, silences, linked)
    return found


def _links(acts: Iterable[Act]) -> tuple[Link, ...]:
    said = (Link(act.at, act.by, act.to, act.act == "link") for act in acts if act.act in _LINKS)
    return tuple(sorted(said, key=lambda link: link.at))


def _hold(act: Act) -> Hold:
    holder = {"ack": act.by, "assign": act.to}.get(act.act, "")
    return Hold(act.at, act.act, act.by, holder, act.until)


def _order(post: Post) -> tuple[datetime, bool, str]:
    """Time order; at one instant a customer's word comes before the reply that covers it."""
    return post.posted_at, post.own, post.id


def _clock_order(fact: Post | Ending) -> tuple[datetime, bool, str]:
    """Order on the clock; at one instant a word comes before the ending that covers it."""
    return (fact.counts_from, False, fact.id) if isinstance(fact, Post) else (fact.at, True, fact.id)


def _severity(word: Post) -> Severity:
    """How bad a word is to the clock: ``low`` unless it is judged to ask."""
    return word.severity if word.kind in _JUDGED_ASKING else Severity.LOW


def _weight(word: Post) -> tuple[bool, bool, Severity, bool]:
    """All that can make a word more than another: it asks, complains, how badly, and whether it chases."""
    return asks(word.kind), word.kind is Kind.COMPLAINT, _severity(word), word.bare or Mark.CHASER in word.marks


def _climb(reply: Post, by_id: Mapping[str, Post]) -> str | None:
    """The customer whose post ``reply`` answers, through our own posts between; None if there is none."""
    seen = set()
    post = reply
    while post.reply_to is not None and post.id not in seen:
        seen.add(post.id)
        parent = by_id.get(post.reply_to)
        if parent is None:
            return None
        if not parent.own:
            return parent.author
        post = parent
    return None


@dataclass(frozen=True, slots=True)
class _Word:
    """A post as a silence counts it."""

    post: Post
    severity: Severity
    chases: bool


def _silences(
    author: str, words: Sequence[Post], endings: Sequence[Ending], done: Sequence[Act]
) -> tuple[Silence, ...]:
    """Cut one customer's words at what ended each silence."""
    first = min(words, key=_order)
    silences: list[Silence] = []
    previous: Ending | None = None
    current: list[_Word] = []

    def end(ending: Ending | None) -> None:
        nonlocal previous
        silences.append(_silence(previous, current, ending, done))
        current.clear()
        previous = ending

    facts: list[Post | Ending] = sorted([*words, *endings], key=_clock_order)
    for fact in facts:
        withdrawal = _withdrawal(author, current)
        if withdrawal is not None and withdrawal.at <= _clock_order(fact)[0]:
            end(withdrawal)
        if isinstance(fact, Post):
            chases = Mark.CHASER in fact.marks or (fact.bare and fact is not first)
            chases = chases or len({word.post.id for word in current} | {fact.id}) >= _TOO_OFTEN
            if current or _starts(fact, previous, reopens=bool(silences), chases=chases):
                current.append(_Word(fact, _severity(fact), chases))
            elif silences and fact.kind in _THANKS and silences[-1].thanked is None:
                silences[-1] = replace(silences[-1], thanked=fact.counts_from)
        elif current:
            end(fact)
        else:
            previous = fact
            if silences:
                silences[-1] = _decided(silences[-1], fact)
    if current:
        end(_withdrawal(author, current))
    return tuple(silences)


def _starts(word: Post, previous: Ending | None, *, reopens: bool, chases: bool) -> bool:
    """Whether ``word`` begins a silence, given what ended the one before."""
    if word.history:
        return False
    if asks(word.kind) or not reopens:
        return asks(word.kind)
    after_answer = previous is not None and previous.how is Ended.ANSWERED
    return chases or (after_answer and word.kind is Kind.OTHER)


def _withdrawal(author: str, words: Sequence[_Word]) -> Ending | None:
    """What ends a silence all of whose words are gone; None while one is left."""
    if not words or any(word.post.gone_at is None for word in words):
        return None
    last = max(filter(None, (word.post.gone_at for word in words)))
    return Ending(f"gone:{words[-1].post.id}", last, Ended.WITHDRAWN, author)


def _decided(silence: Silence, ending: Ending) -> Silence:
    """``silence``, over already, and what came after it: a person's decision says where the case stands."""
    if ending.how is Ended.ANSWERED:
        return replace(silence, later=(*silence.later, ending))
    again = silence.settled is not None and silence.settled.how is ending.how
    return replace(silence, decided=(*silence.decided, ending)) if ending.how in _DECISIONS and not again else silence


def _afterwards(done: Sequence[Act], silence: Silence, following: Silence | None) -> Silence:
    """``silence`` with what people did for the customer once it had ended, before the ``following`` one."""
    if silence.ended is None:
        return silence
    over = silence.ended.at
    after = [act for act in done if over <= act.at and (following is None or act.at < following.start)]
    holds = tuple(_hold(act) for act in after if act.act in _HOLDS)
    return replace(silence, deeds=tuple(act for act in after if act.act in DEEDS), held_after=holds)


def _silence(previous: Ending | None, words: Sequence[_Word], ended: Ending | None, done: Sequence[Act]) -> Silence:
    """One silence out of its words, and of what people did while it lasted."""
    start = words[0].post.counts_from
    meanwhile = [act for act in done if start <= act.at and (ended is None or act.at < ended.at)]
    raises = [act for act in meanwhile if act.act == "raise"]
    return Silence(
        after=previous.id if previous else "",
        start=start,
        words=tuple(dict.fromkeys(word.post.id for word in words)),
        severities=_severities(words, raises),
        chased=any(word.chases for word in words),
        ended=ended,
        holds=tuple(map(_hold, (act for act in meanwhile if act.act in _HOLDS))),
        raised=tuple((act.at, act.by) for act in raises),
        asked=tuple(word.post.counts_from for word in words if word.chases or word.post.kind in _JUDGED_ASKING),
    )


def _severities(words: Sequence[_Word], raises: Sequence[Act]) -> tuple[tuple[datetime, Severity], ...]:
    """The highest of the words, a step higher once somebody chased, and a step for each time that people said so."""
    said: list[tuple[datetime, _Word | None]] = [(word.post.counts_from, word) for word in words]
    said += [(act.at, None) for act in raises]
    found: list[tuple[datetime, Severity]] = []
    worst, chased, steps = Severity.LOW, False, 0
    # Sorting is stable: at one instant words come before what people made of them.
    for at, word in sorted(said, key=lambda one: one[0]):
        if word is None:
            steps += 1
        else:
            worst, chased = max(worst, word.severity), chased or word.chases
        severity = Severity(min(worst + chased + steps, Severity.CRISIS))
        if not found or severity > found[-1][1]:
            found.append((at, severity))
    return tuple(found)
