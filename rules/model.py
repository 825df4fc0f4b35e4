"""The values Harken reasons about, frozen. Nothing here decides, reads or writes anything.

Every instant is an aware ``datetime`` in UTC; every length of time is a ``timedelta``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a post is, as the judge sees it."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    PRAISE = "praise"
    THANKS = "thanks"
    OTHER = "other"
    UNJUDGED = "unjudged"
    """In a language no rule file speaks: a person has to read it."""


class Severity(IntEnum):
    """How bad it is. Ordered, so that ``max`` is the worst."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    CRISIS = 3

    @property
    def word(self) -> str:
        """The name on the wire and in config: ``low``, ``normal``, ``high`` or ``crisis``."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Severity":
        """The severity called ``word``.

        Raises:
            KeyError: ``word`` names none.
        """
        return cls[word.upper()]

    @property
    def raised(self) -> "Severity":
        """One step higher; ``crisis`` stays."""
        return Severity(min(self + 1, Severity.CRISIS))


class Mark(StrEnum):
    """What a verdict notes beside the kind."""

    CHASER = "chaser"
    """The customer asks again."""
    HOLDING = "holding"
    """Our reply only promises to look into it."""
    HANDOFF = "handoff"
    """Our reply moves the talk elsewhere ("please DM us")."""


class Side(StrEnum):
    """The two sides of a source that have to be heard."""

    THEIRS = "theirs"
    """What people say to us and about us."""
    OURS = "ours"
    """What our own accounts say."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A public post or reply that concerns us, as its network gave it.

    The fields and their order are the wire format (one JSON object a line).
    """

    source: str
    """The id space: the network's kind, or a feed's configured name."""
    id: str
    """Unique within ``source``."""
    thread: str
    """Id of the conversation's root within ``source``."""
    author: str
    """Handle of who wrote it, without a leading ``@``."""
    text: str
    """Plain text, exactly as posted. Never trusted."""
    posted_at: datetime
    reply_to: str | None = None
    """Id of the post this one answers, within ``source``."""
    author_id: str | None = None
    author_name: str | None = None
    followers: int | None = None
    lang: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence behind a verdict."""

    rule: str
    """Id of the rule, or of a built-in cue such as ``vader``."""
    why: str
    """One plain sentence for the person who is paged."""
    weight: float = 0.0
    """What it added to the evidence for a complaint, in log-odds; 0 where it decided something else."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge said of one text, and why."""

    kind: Kind
    severity: Severity
    score: float
    """How sure this is a complaint, 0 to 1."""
    lang: str | None
    """ISO 639-1 code, or None where no language could be told."""
    marks: frozenset[Mark] = frozenset()
    topics: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    route: str | None = None
    """The policy or "#channel" that a case which it opens is led to; None leaves that to the source."""

    @property
    def complaint(self) -> bool:
        """True exactly when the kind is complaint."""
        return self.kind is Kind.COMPLAINT


@dataclass(frozen=True, slots=True)
class Promise:
    """When we said we would be back, read from our own words."""

    until: datetime
    phrase: str
    """The words that said so, as they were written."""


@dataclass(frozen=True, slots=True)
class Post:
    """What the clock needs to know of one mention: a word. An edit that says more adds a word with the same id."""

    id: str
    author: str
    own: bool
    """Its author speaks for us."""
    posted_at: datetime
    counts_from: datetime
    """Since when it counts: when it was posted, or when the edit that added it was seen."""
    kind: Kind
    severity: Severity
    marks: frozenset[Mark] = frozenset()
    reply_to: str | None = None
    gone_at: datetime | None = None
    """When it was seen to be deleted or made private."""
    bare: bool = False
    """Nothing but question marks: a nudge, if its author has spoken before."""
    history: bool = False
    """Older than ``max_age`` at first contact with its source: starts nothing."""
    promise: Promise | None = None
    """When we will be back, where it is ours and says so."""


class Ended(StrEnum):
    """How a silence came to its end."""

    ANSWERED = "answered"
    """A responder replied in public, or a person marked that they answered elsewhere."""
    DISMISSED = "dismissed"
    """A person said it is none of ours."""
    RESOLVED = "resolved"
    """A person closed the case for good."""
    WITHDRAWN = "withdrawn"
    """All its words are gone."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What ended a silence. The next silence is identified by it."""

    id: str
    """The answering post's id, or the key of a person's act or of a withdrawal."""
    at: datetime
    how: Ended
    by: str
    """Who: the responder's handle, the person, or the customer who withdrew."""
    marks: frozenset[Mark] = frozenset()
    """What the answering post is: holding, or a hand-off; empty for an answer that leaves nothing open."""
    promise: Promise | None = None
    """When the answering post says that we will be back."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person did about a case, from Slack, a terminal or a history file."""

    act: str
    """What ends a silence: ``answered``, ``dismiss``, ``resolve``. Who takes care of one: ``ack``, ``unack``,
    ``snooze``, ``assign``. How bad it is, and under what: ``raise``, ``policy``. What comes after an answer:
    ``promise``, ``open``, ``no_contact``, ``gesture``, ``followed``, ``skip``; see ``recovery``."""
    by: str
    at: datetime
    note: str = ""
    to: str = ""
    """Who takes it, for ``assign``; what it is under from then on, for ``policy``; for ``resolve`` whether the customer
    was ``asked`` if it is right or has ``confirmed`` that it is; for ``gesture`` what it was worth."""
    until: datetime | None = None
    """When it ends: for ``snooze``, for an ``ack`` that names its length, and for ``promise``, which takes back every
    promise if there is none."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What people made of who takes care of a silence: "I have it", "you take it", "later", "nobody has it"."""

    at: datetime
    act: str
    """``ack``, ``assign``, ``snooze`` or ``unack``."""
    by: str
    holder: str
    """Who has it from then on; empty for ``snooze`` and ``unack``."""
    until: datetime | None = None
    """When it ends, if that was said."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long one customer has waited, from the first unanswered word to its ending."""

    after: str
    """Id of the ending it follows; empty for a customer's first."""
    start: datetime
    words: tuple[str, ...]
    """Ids of the posts that wait, each once, in time order. The first one started it."""
    severities: tuple[tuple[datetime, Severity], ...]
    """The severity from each moment on, rising."""
    chased: bool
    """The customer had to ask again."""
    ended: Ending | None = None
    decided: tuple[Ending, ...] = ()
    """What people made of the case once this silence had ended and before the next: dismissed, resolved."""
    thanked: datetime | None = None
    """When the customer first thanked or praised us once this silence had ended."""
    later: tuple[Ending, ...] = ()
    """Our further answers once this silence had ended and before the next, in time order."""
    deeds: tuple[Act, ...] = ()
    """What people did for the customer after that and before the next silence, in time order: see ``recovery``."""
    held_after: tuple[Hold, ...] = ()
    """Who took care of what we owed the customer after that and before the next silence, in time order."""
    holds: tuple[Hold, ...] = ()
    """Who took care of it, in time order."""
    raised: tuple[tuple[datetime, str], ...] = ()
    """When somebody said that it is worse than it was taken for, and who."""
    asked: tuple[datetime, ...] = ()
    """When the customer complained, asked or chased, in time order."""

    @property
    def severity(self) -> Severity:
        """The highest so far."""
        return self.severities[-1][1]

    @property
    def settled(self) -> Ending | None:
        """The last word on it: what people decided since it ended, or its ending; None while it lasts."""
        return self.decided[-1] if self.decided else self.ended


@dataclass(frozen=True, slots=True)
class Span:
    """Open from ``start`` up to, not including, ``end``."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """A person's time on call."""

    person: str
    span: Span
    override: bool = False
    """They took it over from whoever's turn it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of a policy's ladder."""

    offset: timedelta
    to: tuple[str, ...]
    """A channel (``#care``), a person (``@...``)."""
    from_deadline: bool = False
    """The offset counts from the deadline; otherwise from the start of the silence."""
    severities: frozenset[Severity] = frozenset()
    """It is owed only while the silence is of one of these; empty: of any."""

    def concerns(self, severity: Severity) -> bool:
        """Whether it is owed at all while a silence is of this severity."""
        return not self.severities or severity in self.severities


ACK_FOR = {
    Severity.LOW: timedelta(hours=8),
    Severity.NORMAL: timedelta(hours=2),
    Severity.HIGH: timedelta(hours=1),
    Severity.CRISIS: timedelta(minutes=30),
}
"""How long an ack holds unless the policy says otherwise."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When and whom."""

    name: str
    reply_within: Mapping[Severity, timedelta]
    steps: tuple[Step, ...]
    operators: str
    """Who is told when the last repeat has gone unheard."""
    hours: tuple[Span, ...] | None = None
    """Open hours in time order, reaching well past every deadline; None is always open."""
    always: frozenset[Severity] = frozenset()
    """Severities that ignore the hours."""
    repeat: timedelta = timedelta(hours=1)
    repeats: int = 3
    rest: timedelta = timedelta(days=3)
    """How long an answered case rests before it closes."""
    ack_for: Mapping[Severity, timedelta] = field(default_factory=lambda: dict(ACK_FOR))
    """How long a person has a case who takes it, by severity."""
    holder_first: timedelta = timedelta(minutes=10)
    """How long the holder alone knows that this is over, before the latest step hears of it."""
    digest: frozenset[Severity] = frozenset()
    """Severities that owe no pages of their own: see ``rules.digest``."""
    digest_at: tuple[datetime, ...] = ()
    """When digests go out, in time order."""
    update_within: Mapping[Severity, timedelta] = field(default_factory=dict)
    """How soon a customer hears from us again who was told to wait, by severity; where there is none, no clock runs."""
    warn_before: timedelta = timedelta(minutes=30)
    """How long before that its owner is reminded."""
    private_rest: timedelta | None = None
    """How long a case rests that was taken elsewhere, before its owner is asked how it ended; None asks nobody."""
    follow_up_after: timedelta | None = None
    """How long after a case was resolved somebody is to ask the customer if it is right; None leaves that."""
    quiet: tuple[Span, ...] = ()
    """When pages about the case at hand are held back, but for a crisis: in time order and apart."""


@dataclass(frozen=True, slots=True)
class Link:
    """People said that another case is the same person's, or that it is not."""

    at: datetime
    by: str
    case: str
    """The other case."""
    same: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One customer's need in one thread."""

    id: str
    source: str
    thread: str
    author: str
    silences: tuple[Silence, ...]
    """In time order; the last one is the one that may still be waiting."""
    links: tuple[Link, ...] = ()
    """What people said of its being one person's with another case, in time order. It changes no silence."""

    @property
    def waiting(self) -> Silence | None:
        """The silence nobody has ended yet, if there is one."""
        return self.silences[-1] if self.silences and self.silences[-1].ended is None else None

    @property
    def standing(self) -> Silence:
        """The silence that says where the case stands: the last one, but for those their author took back."""
        kept = (one for one in reversed(self.silences) if one.settled is None or one.settled.how is not Ended.WITHDRAWN)
        return next(kept, self.silences[-1])

    @property
    def settled(self) -> Ending | None:
        """The ending that the status follows from and that ``rest`` counts from; None while somebody waits."""
        return self.standing.settled


def case_id(source: str, thread: str, author: str) -> str:
    """A short, stable name for the case of ``author`` in ``thread``: ten hex digits, the same on every machine."""
    key = "\0".join((source, thread, author)).encode("utf-8", "surrogatepass")
    return hashlib.blake2s(key, digest_size=5).hexdigest()


class Status(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    RESTING = "resting"
    """Answered; reopens if the customer speaks up."""
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    DISMISSED = "dismissed"


HOLDER, REMINDER = -1, -2
"""Steps outside the ladder: the holder hears that their time is over, or nearly so."""


@dataclass(frozen=True, slots=True)
class Page:
    """One notice owed to one recipient."""

    case: str
    silence: str
    """``after`` of the silence it is about."""
    round: int
    step: int
    """Rung of the ladder, from 0; past the last rung it is a repeat of the last. See also ``HOLDER``, ``REMINDER``."""
    to: str
    due: datetime
    why: str
    """Why it is owed, in words: printed in Slack, in logs and in rehearsals."""

    @property
    def delivery(self) -> str:
        """The id this page carries through Slack: the same for the same page, whoever computes it and whenever."""
        key = "\0".join((self.case, self.silence, str(self.round), str(self.step), self.to))
        return hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


class StillWanted(StrEnum):
    """Whether a page owed some time ago should still go out."""

    YES = "yes"
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    ACKED = "acked"
    """Somebody has it by now."""
    DONE = "done"
    """What we owed is done."""
    MOVED = "moved"
    """The facts changed: this silence no longer exists as it was."""
