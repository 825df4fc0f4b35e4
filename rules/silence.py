"""Who is waiting, since when, and what ended it: the silence clock.

Pure functions from the posts of one thread to its cases. The order in which posts were heard does not matter, nor how
often; only what they say, when, and who answered whom. Pages are none of its business (see ``escalation``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rules.model import Act, Case, Ended, Ending, Kind, Mark, Post, Severity, Silence, Status, Verdict, case_id

_JUDGED_ASKING = frozenset({Kind.COMPLAINT, Kind.QUESTION})
_ASKING = _JUDGED_ASKING | {Kind.UNJUDGED}
_ENDING_ACTS = {"answered": Ended.ANSWERED, "dismiss": Ended.DISMISSED, "resolve": Ended.RESOLVED}
_NEVER = datetime.max.replace(tzinfo=UTC)


def bare(text: str) -> bool:
    """Whether ``text`` is nothing but question marks, apart from handles: a nudge ("?", "@SampleBrand ??")."""
    words = [word for word in text.split() if not word.startswith("@")]
    return bool(words) and all(set(word) <= set("?!\uff1f\u061f") and set(word) != {"!"} for word in words)


def asks(kind: Kind) -> bool:
    """Whether a post of this kind opens a case by itself."""
    return kind in _ASKING


def edited(old: Post, verdict: Verdict, *, nudge: bool, seen: datetime) -> Post:
    """What the clock makes of an edit of ``old`` that was seen at ``seen``.

    An edit that makes a post ask counts from when it was seen. What once asked goes on asking, at the severity it had
    reached: rewording a complaint is no answer to it, nor is writing it anew in a language that nobody here reads.
    """
    asked, now_asks = asks(old.kind), asks(verdict.kind)
    return replace(
        old,
        counts_from=seen if now_asks and not asked else old.counts_from,
        kind=old.kind if asked and verdict.kind not in _JUDGED_ASKING else verdict.kind,
        severity=max(old.severity, verdict.severity) if asked else verdict.severity,
        marks=old.marks | verdict.marks if asked else verdict.marks,
        bare=nudge,
        history=old.history and not (now_asks and not asked),
    )


def answered(thread: Iterable[Post]) -> dict[str, list[Post]]:
    """Which of our replies in one thread answered which customer.

    A reply answers the author it replies to, climbing through our own posts; where that ends at our own root or at a
    post nobody has heard, the customer of the thread who spoke last before it.

    Returns:
        Customer's handle -> our replies to them, in time order.
    """
    by_id = {post.id: post for post in thread}
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
        posts: all posts of the thread that are known, in any order.
        acts: what people did, by customer.
    """
    replies = answered(posts)
    words: dict[str, list[Post]] = {}
    for post in sorted({post.id: post for post in posts}.values(), key=_clock_order):
        if not post.own:
            words.setdefault(post.author, []).append(post)
    found = {}
    for author, theirs in words.items():
        endings = [Ending(reply.id, reply.posted_at, Ended.ANSWERED, reply.author) for reply in replies.get(author, ())]
        endings += [
            Ending(f"act:{act.act}:{act.at.isoformat()}:{act.by}", act.at, _ENDING_ACTS[act.act], act.by)
            for act in acts.get(author, ())
            if act.act in _ENDING_ACTS
        ]
        if silences := _silences(author, theirs, sorted(endings, key=lambda ending: (ending.at, ending.id))):
            found[author] = Case(case_id(source, thread, author), source, thread, author, silences)
    return found


def status(case: Case, now: datetime, rest: timedelta) -> Status:
    """Where ``case`` stands at ``now``. An answered case rests for ``rest``, then closes."""
    ended = case.silences[-1].ended
    if ended is None:
        return Status.WAITING
    if ended.how is Ended.WITHDRAWN:
        return Status.WITHDRAWN
    if ended.how is Ended.DISMISSED:
        return Status.DISMISSED
    if ended.how is Ended.RESOLVED or now >= ended.at + rest:
        return Status.CLOSED
    return Status.RESTING


def closes(case: Case, rest: timedelta) -> datetime | None:
    """When ``case`` closes if nobody speaks again; None where it waits or is over already."""
    ended = case.silences[-1].ended
    return ended.at + rest if ended is not None and ended.how is Ended.ANSWERED else None


def _order(post: Post) -> tuple[datetime, bool, str]:
    """Time order; at one instant a customer's word comes before the reply that covers it."""
    return post.posted_at, post.own, post.id


def _clock_order(post: Post) -> tuple[datetime, str]:
    return post.counts_from, post.id


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


def _silences(author: str, words: Sequence[Post], endings: Sequence[Ending]) -> tuple[Silence, ...]:
    """Cut one customer's words, in clock order, at what ended each silence, in time order."""
    silences: list[Silence] = []
    previous: Ending | None = None
    current: list[Post] = []
    first = min(words, key=_order)

    def end(ending: Ending | None) -> None:
        nonlocal previous
        if current:
            silences.append(_silence(previous, current, ending))
            current.clear()
        previous = ending

    def withdraw(by: datetime) -> None:
        """End the silence if all its words were gone by then."""
        if current and all((word.gone_at or _NEVER) <= by for word in current):
            last = max(word.gone_at or _NEVER for word in current)
            end(Ending(f"gone:{current[-1].id}", last, Ended.WITHDRAWN, author))

    left = list(endings)
    for word in words:
        while left and left[0].at < word.counts_from:
            withdraw(left[0].at)
            end(left.pop(0))
        withdraw(word.counts_from)
        nudge = Mark.CHASER in word.marks or (word.bare and word is not first)
        if current or (not word.history and _starts(word, previous, reopens=bool(silences), nudge=nudge)):
            current.append(_judged(word, nudge=nudge))
    for ending in left:
        withdraw(ending.at)
        end(ending)
    withdraw(_NEVER - timedelta.resolution)
    if current:
        end(None)
    return tuple(silences)


def _starts(word: Post, previous: Ending | None, *, reopens: bool, nudge: bool) -> bool:
    """Whether ``word`` begins a silence, given what ended the one before."""
    if asks(word.kind):
        return True
    if not reopens:
        return False
    after_answer = previous is not None and previous.how is Ended.ANSWERED
    return nudge or (after_answer and word.kind is Kind.OTHER)


def _judged(word: Post, *, nudge: bool) -> Post:
    """``word`` as the silence counts it: at ``low`` unless it asks, and marked if it chases."""
    return replace(
        word,
        severity=word.severity if word.kind in _JUDGED_ASKING else Severity.LOW,
        marks=frozenset({Mark.CHASER}) if nudge else frozenset(),
    )


def _silence(previous: Ending | None, words: Sequence[Post], ended: Ending | None) -> Silence:
    """One silence out of its words, each already counted by ``_judged``."""
    severities: list[tuple[datetime, Severity]] = []
    worst, chased = Severity.LOW, False
    for word in words:
        worst = max(worst, word.severity)
        chased = chased or Mark.CHASER in word.marks
        severity = worst.raised if chased else worst
        if not severities or severity > severities[-1][1]:
            severities.append((word.counts_from, severity))
    return Silence(
        after=previous.id if previous else "",
        start=words[0].counts_from,
        words=tuple(word.id for word in words),
        severities=tuple(severities),
        chased=chased,
        ended=ended,
    )
