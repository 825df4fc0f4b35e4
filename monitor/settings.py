"""The shapes of the config file's tables, all but ``[[source]]``. Reads no file; no table knows of another.

Each key carries its description: messages show it, and a test holds the documentation to it.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from monitor.calendar import HoursSettings, Zone, is_open, moments, spans
from monitor.rotas import ONCALL
from rules.choice import Fit
from rules.durations import NEVER, Duration, OrNever, parse, write
from rules.mistakes import did_you_mean
from rules.model import ACK_FOR, Policy, Severity, Step

_AHEAD = timedelta(days=400)
"""How far past the start of a silence its open hours are expanded."""

GROUP = "group:"
"""How a step calls a user group of Slack: ``group:HANDLE``."""

_CHANNEL = re.compile(r"#[^\s#@<>&,;:!?A-Z]{1,80}|[CG][A-Z0-9]{2,20}")
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_GROUP = re.compile(r"S[A-Z0-9]{2,20}")
_HANDLE = re.compile(r"[^\s#@<>&,;:!?A-Z]{1,80}")
_MAIL = re.compile(r"[^\s@<>&]+@[^\s@<>&]+\.[^\s@<>&]+")
_PERSON = re.compile(r"\w[\w.-]*")
_CODES = frozenset(
    """aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl
    nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk und ur uz ve vi vo wa wo xh yi yo za zh zu""".split()  # noqa: SIM905 - a paragraph reads better than a list
)
"""ISO 639-1, and "und" for what the judge could not name."""


class Settings(BaseModel):
    """What all tables share: no unknown keys, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


def _channel(name: str) -> str:
    if _CHANNEL.fullmatch(name):
        return name
    meant = f"#{name.lstrip('#').lower()}"
    cure = f'did you mean "{meant}"?' if _CHANNEL.fullmatch(meant) else 'write "#care" or a channel id'
    raise ValueError(f"is no Slack channel; {cure}")


def _recipient(to: str) -> str:
    """Checks the form only; whether an ``@name`` is somebody is asked of all of the config."""
    if to == "fallback":
        return to
    if to.startswith(ONCALL):
        return to
    if to.startswith(GROUP):
        name = to.removeprefix(GROUP)
        if not (_HANDLE.fullmatch(name) or _GROUP.fullmatch(name)):
            raise ValueError(f'names no user group; write "{GROUP}care-team" as Slack shows it after the @')
        return to
    if to.startswith("@") and _GROUP.fullmatch(to[1:]):
        raise ValueError(f'is a user group; write "{GROUP}{to[1:]}"')
    if to.startswith("@"):
        if not any(form.fullmatch(to[1:]) for form in (_USER, _MAIL, _PERSON)):
            raise ValueError('names nobody; write "@name" of a [[person]], "@U123" or "@mail@example.org"')
        return to
    return _channel(to)


def first_channel(recipients: Iterable[str]) -> str | None:
    """The first of the recipients that is a channel."""
    return next((to for to in recipients if _CHANNEL.fullmatch(to)), None)


def person_named(to: str) -> str | None:
    """The name of the [[person]] that a recipient stands for, if it stands for one."""
    known = any(form.fullmatch(to[1:]) for form in (_USER, _MAIL))
    return to[1:] if to.startswith("@") and not known else None


def _web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise ValueError('is no web address; write it as "https://slack.com/api/"')
    return url if url.endswith("/") else f"{url}/"


def _listen(place: str) -> str:
    shape = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):([0-9]{1,5})", place)
    if shape is None or int(shape[2]) > 65535:  # noqa: PLR2004 - the highest port there is
        raise ValueError('is no place to listen; write it as "127.0.0.1:8080"')
    return place


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("is no name of an environment variable; put the secret in one, and its name here")
    return name


def _handles(handles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(handle.strip().removeprefix("@") for handle in handles)


def _somebody(to: tuple[str, ...]) -> tuple[str, ...]:
    if not to:
        raise ValueError('names nobody; write at least one, such as ["#care"]')
    return to


def _filled(words: tuple[str, ...]) -> tuple[str, ...]:
    if not all(word.strip() for word in words):
        raise ValueError("holds an empty word; remove it")
    return words


def not_a_channel(name: str) -> str | None:
    """Why ``name`` is no channel's, as "what; what to do"; None if it is one's."""
    try:
        _channel(name)
    except ValueError as error:
        return str(error)
    return None


def _actor(who: str) -> str:
    if who == "*" or _USER.fullmatch(who) or _GROUP.fullmatch(who):
        return who
    raise ValueError(f'names "{who}", which is no Slack user id and no user group; write "U123", "S123" or "*"')


def _not_a_rota(to: str) -> str:
    """What Harken says of itself has no next recipient, for when nobody is on call."""
    if to.startswith(ONCALL):
        raise ValueError('is a rota, which may have nobody; name a channel or a person, such as "#harken-ops"')
    if to.startswith(GROUP):
        raise ValueError('is a user group, which has to be called somewhere; name a channel, such as "#harken-ops"')
    return to


def _languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    for code in codes:
        if code not in _CODES:
            meant = did_you_mean(code.lower(), _CODES)
            cure = f'did you mean "{meant}"?' if meant else 'write ISO 639-1 codes, such as ["en", "de"]'
            raise ValueError(f'names "{code}", which is no language; {cure}')
    return codes


def _mildest(levels: tuple[str, ...]) -> tuple[str, ...]:
    worst = max((Severity.of(level) for level in levels), default=None)
    milder = [level.word for level in Severity if worst is not None and level <= worst]
    if set(levels) != set(milder):
        raise ValueError(f"gathers a severity and pages about a milder one; write digest = {milder}")
    return levels


def _times(times: tuple[str, ...]) -> tuple[str, ...]:
    for at in times:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at, re.ASCII):
            raise ValueError('holds no time of day; write it as "09:00"')
    return times


Level = Literal["low", "normal", "high", "crisis"]
Channel = Annotated[str, AfterValidator(_channel)]
Recipient = Annotated[str, AfterValidator(_recipient)]
Variable = Annotated[str, AfterValidator(_variable)]
Words = Annotated[tuple[str, ...], AfterValidator(_filled)]


class Brand(Settings):
    """``[brand]``: whose name Harken listens for, and who speaks for it."""

    name: str = Field(min_length=1, description="what the brand is called")
    zone: Zone = Field("UTC", description="the brand's time zone, for people and working hours")
    aliases: Words = Field((), description="what people call the brand")
    responders: dict[str, Annotated[Words, AfterValidator(_handles)]] = Field(
        {}, description="the accounts that speak for us, by source"
    )


class Slack(Settings):
    """``[slack]``: where pages go, and how to log in."""

    token_env: Variable = Field("SLACK_BOT_TOKEN", description="environment variable that holds the bot token")
    token_file: Path | None = Field(None, description="file that holds the bot token, instead of token_env")
    app_token_env: Variable | None = Field(None, description="environment variable of the app token; none: no buttons")
    app_token_file: Path | None = Field(None, description="file that holds the app token, instead of app_token_env")
    allow: tuple[Annotated[str, AfterValidator(_actor)], ...] = Field(
        (), description='who may act from Slack beside every [[person]]: user ids, user groups ("S123"), "*" for all'
    )
    channel: Channel = Field("#care", description="where cases appear unless a policy says otherwise")
    operators: Annotated[Recipient, AfterValidator(_not_a_rota)] = Field(
        "#harken-ops", description="where Harken speaks about itself"
    )
    base_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "https://slack.com/api/", description="address of Slack's web API"
    )
    timeout: Duration = Field(timedelta(seconds=8), gt=timedelta(0), description="longest wait for an answer of Slack")


class Health(Settings):
    """``[health]``: a web address that says how Harken is."""

    listen: Annotated[str, AfterValidator(_listen)] | None = Field(
        None, description='where GET /healthz is answered, such as "127.0.0.1:8080"; absent: nowhere'
    )

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to listen on, if any."""
        if self.listen is None:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class Fallback(Settings):
    """``[fallback]``: the second way out, for when Slack takes nothing."""

    url_env: tuple[Variable, ...] = Field(
        (), description="environment variables that each hold an Apprise address, such as ntfys://... or mailtos://..."
    )
    after: Duration = Field(
        timedelta(minutes=5), gt=timedelta(0), description="how long Slack may fail before pages go this way as well"
    )


_DRAFT = (
    "We see that many of you have trouble with {topic} right now. We are sorry, and we are looking into it. "
    "We will tell you more here as soon as we know more. {brand}"
)
_DRAFT_WITHOUT_TOPIC = (
    "We see that something of ours does not work for many of you right now. We are sorry, and we are looking into it. "
    "We will tell you more here as soon as we know more. {brand}"
)


class Incidents(Settings):
    """``[incident]``: when many cases are one incident, and who hears of it."""

    enabled: bool = Field(True, strict=True, description="false: many customers with one cause are no incident")
    window: Duration = Field(timedelta(minutes=10), gt=timedelta(0), description="the time within which authors count")
    least: int = Field(10, ge=2, strict=True, description="fewer authors with one cause are never an incident")
    to: tuple[Recipient, ...] = Field((), description='whom: "#channel", "@person" ...; slack.channel if left out')
    repeat: Duration = Field(timedelta(minutes=30), gt=timedelta(0), description="time between repeats of its page")
    repeats: int = Field(3, ge=0, le=100, strict=True, description="how often it is repeated while somebody waits")
    ack_for: Duration = Field(timedelta(hours=1), gt=timedelta(0), description="how long who takes it has it")
    draft: str = Field(_DRAFT, min_length=1, description="a first word to post, with {topic} and {brand}")
    draft_without_topic: str = Field(
        _DRAFT_WITHOUT_TOPIC, min_length=1, description="the same where posts share words or a link but no topic"
    )


class OwnPosts(Settings):
    """``[own_posts]``: how what our accounts publish is looked after."""

    to: tuple[Annotated[Recipient, AfterValidator(_not_a_rota)], ...] = Field(
        (), description='whom: "#channel", "@person" ...; slack.channel if left out'
    )
    sour: bool = Field(True, strict=True, description="true: tell when replies below a post of ours turn sour")
    window: Duration = Field(
        timedelta(minutes=30), gt=timedelta(0), description="the time within which people must complain"
    )
    least: int = Field(5, ge=2, strict=True, description="fewer people who complain are nothing unusual")
    links: bool = Field(
        False, strict=True, description="true: follow each link once, tell of those that lead nowhere or elsewhere"
    )


class Coach(Settings):
    """``[coach]``: what is said of our replies."""

    notes: bool = Field(
        False,
        strict=True,
        description="true: a quiet note in the case's thread on a posted reply that gives grave cause",
    )


class Retention(Settings):
    """``[retention]``: how long people's words are kept."""

    others: OrNever = Field(
        None, gt=timedelta(0), description='how long posts in threads without a case are kept; "never": no end'
    )
    cases: OrNever = Field(
        None, gt=timedelta(0), description='how long cases that are over are kept, with their posts; "never": no end'
    )
    deletions: OrNever = Field(
        None,
        gt=timedelta(0),
        description='how young posts in no open case are read anew once a day, to see what was deleted; "never": none',
    )


class Heartbeat(Settings):
    """``[heartbeat]``: an address that is called as long as all is well, so that its silence is noticed elsewhere."""

    url_env: Variable | None = Field(
        None, description="environment variable that holds the address; absent: nothing is called"
    )
    every: Duration = Field(timedelta(minutes=1), ge=timedelta(seconds=1), description="time between two calls")


class Daemon(Settings):
    """``[daemon]``: how ``harken run`` works."""

    threads: int = Field(4, ge=1, le=64, strict=True, description="how many sources are read at the same time")
    told_after: Duration = Field(
        timedelta(minutes=15), description="how long a source may be down before the operators are told"
    )


def _person(name: str) -> str:
    if not _PERSON.fullmatch(name) or _USER.fullmatch(name):
        raise ValueError('is no name for steps; write a word of letters, digits, ".", "_" and "-", not like "U123"')
    return name


def _slack_user(place: str) -> str:
    if not (_USER.fullmatch(place) or _MAIL.fullmatch(place)):
        raise ValueError('is no Slack user id and no e-mail address; write "U123" or "mail@example.org"')
    return place


class Person(Settings):
    """``[[person]]``: somebody a step can name."""

    name: Annotated[str, AfterValidator(_person)] = Field(description='how steps name them: "@name"')
    slack: Annotated[str, AfterValidator(_slack_user)] = Field(
        description="their Slack user id, or the e-mail address they use there"
    )
    zone: Zone = Field("", description="their time zone; each rota's if left out", validate_default=False)
    wake: Variable | None = Field(
        None, description="environment variable that holds an Apprise address of theirs, for when they are on call"
    )
    wake_for: tuple[Literal["low", "normal", "high", "crisis"], ...] = Field(
        ("high", "crisis"), description="severities of pages that use it, beside the direct message in Slack"
    )


class ReplyWithin(Settings):
    """``reply_within`` of a policy: how long a customer may wait, by severity."""

    low: Duration = Field(timedelta(hours=8), gt=timedelta(0), description="for low severity")
    normal: Duration = Field(timedelta(hours=2), gt=timedelta(0), description="for normal severity")
    high: Duration = Field(timedelta(minutes=30), gt=timedelta(0), description="for high severity")
    crisis: Duration = Field(timedelta(minutes=10), gt=timedelta(0), description="for a crisis")

    @model_validator(mode="after")
    def _worse_is_sooner(self) -> Self:
        within = [(severity.word, getattr(self, severity.word)) for severity in Severity]
        for (milder, at_most), (worse, allowed) in pairwise(within):
            if allowed > at_most:
                given = f"{write(allowed)} and {write(at_most)}"
                cure = f'write {worse} = "{write(at_most)}" or less'
                raise ValueError(f"gives {worse} more time than {milder} ({given}); {cure}")
        return self


class AckFor(Settings):
    """``ack_for`` of a policy: how long somebody has a case who takes it, by severity."""

    low: Duration = Field(ACK_FOR[Severity.LOW], gt=timedelta(0), description="for low severity")
    normal: Duration = Field(ACK_FOR[Severity.NORMAL], gt=timedelta(0), description="for normal severity")
    high: Duration = Field(ACK_FOR[Severity.HIGH], gt=timedelta(0), description="for high severity")
    crisis: Duration = Field(ACK_FOR[Severity.CRISIS], gt=timedelta(0), description="for a crisis")


class UpdateWithin(Settings):
    """``update_within`` of a policy: how soon a customer hears from us again who was told to wait, by severity."""

    low: OrNever = Field(timedelta(hours=24), description='for low severity; "never": no clock runs')
    normal: OrNever = Field(timedelta(hours=8), description="for normal severity")
    high: OrNever = Field(timedelta(hours=4), description="for high severity")
    crisis: OrNever = Field(timedelta(hours=1), description="for a crisis")


BEFORE_UPDATES = {
    "update_within": dict.fromkeys((severity.word for severity in Severity), NEVER),
    "private_rest": NEVER,
    "follow_up_after": NEVER,
}
"""What policies say that were pinned before any clock ran after an answer: none runs for their cases."""


def _offset(at: str) -> tuple[timedelta, bool]:
    """How far a step lies from the start of the silence, or from the deadline if the second value says so."""
    try:
        if at == "deadline":
            return timedelta(0), True
        if at.startswith(("deadline-", "deadline+")):
            length = parse(at[len("deadline-") :])
            return (-length if at[len("deadline")] == "-" else length), True
        return parse(at), False
    except ValueError:
        cure = 'write "0m", "30m", "deadline-10m", "deadline" or "deadline+15m"'
        raise ValueError(f"is no moment of a step; {cure}") from None


def _moment(at: str) -> str:
    _offset(at)
    return at


class StepSettings(Settings):
    """``[[policy.step]]``: one rung of a policy's ladder."""

    at: Annotated[str, AfterValidator(_moment)] = Field(
        description='when: "30m" after the silence began, "deadline", "deadline-10m" or "deadline+15m"'
    )
    to: Annotated[tuple[Recipient, ...], AfterValidator(_somebody)] = Field(
        description='whom: "#channel", a channel id, "@person", "oncall:ROTA", "group:HANDLE", "@U123", '
        '"@a@example.org", "fallback"'
    )
    severities: tuple[Level, ...] = Field((), description="only while the silence is of one of these; none: of any")

    @property
    def step(self) -> Step:
        """The rung as ``rules/`` reads it."""
        offset, from_deadline = _offset(self.at)
        severities = frozenset(map(Severity.of, self.severities))
        return Step(offset, tuple(dict.fromkeys(self.to)), from_deadline=from_deadline, severities=severities)


class PolicyTable(Settings):
    """``[[policy]]``: when somebody is paged about a silence, and who."""

    name: str = Field("standard", min_length=1, description="unique name of this policy")
    sources: tuple[str, ...] = Field((), description="the sources it is for; none: all; the first that fits is taken")
    networks: tuple[str, ...] = Field((), description='the networks it is for, such as ["x", "reddit"]; none: all')
    severities: tuple[Level, ...] = Field((), description="the severities of new cases it is for; none: all")
    topics: tuple[str, ...] = Field((), description="topics of the rule files, of which one has to be there; none: all")
    languages: Annotated[tuple[str, ...], AfterValidator(_languages)] = Field(
        (), description='the languages it is for, such as ["de"]; none: all'
    )
    followers: int = Field(0, ge=0, strict=True, description="only authors who have at least so many followers")
    names: tuple[str, ...] = Field((), description="only posts that use one of these names of the brand; none: all")
    reply_within: ReplyWithin = Field(ReplyWithin(), description="how long a customer may wait, by severity")
    hours: str = Field("always", description='"always", or the name of an [[hours]] table')
    always: tuple[Level, ...] = Field(("crisis",), description="severities that ignore the hours")
    steps: tuple[StepSettings, ...] = Field((), alias="step", description="the ladder; a sensible one if left out")
    repeat: Duration = Field(timedelta(hours=1), gt=timedelta(0), description="time between repeats of the last step")
    repeats: int = Field(3, ge=0, le=100, strict=True, description="how often the last step is repeated")
    rest: Duration = Field(timedelta(days=3), gt=timedelta(0), description="time from an answer until its case closes")
    ack_for: AckFor = Field(AckFor(), description="how long somebody has a case who takes it, by severity")
    holder_first: Duration = Field(
        timedelta(minutes=10), description="time the holder alone knows that this is over, before the latest step does"
    )
    digest: Annotated[tuple[Literal["low", "normal", "high"], ...], AfterValidator(_mildest)] = Field(
        (), description="severities whose cases are told together at digest_at instead of one by one"
    )
    digest_at: Annotated[tuple[str, ...], AfterValidator(_times)] = Field(
        ("09:00", "15:00"),
        description="times of day, within the hours, on the wall clock of the hours' zone or the brand's",
    )
    update_within: UpdateWithin = Field(
        UpdateWithin(), description="how soon a customer hears from us again who was told to wait, by severity"
    )
    warn_before: Duration = Field(
        timedelta(minutes=30), description="how long before such an update, or a promised one, is due it is said"
    )
    private_rest: OrNever = Field(
        timedelta(days=2), description='how long after "please DM us" somebody is asked how it ended; "never"'
    )
    follow_up_after: OrNever = Field(
        timedelta(days=3),
        description='how long after a case was resolved the customer is asked if it is right; "never"',
    )
    operators: Recipient = Field(
        "",
        description="told when nobody heard the last repeat; slack.operators if left out",
        validate_default=False,
    )

    @property
    def longest(self) -> timedelta:
        """The most open time from the start of a silence to its last step."""
        allowed = max(getattr(self.reply_within, each.word) for each in Severity)
        steps = [each.step for each in self.steps]
        return max((step.offset + (allowed if step.from_deadline else timedelta(0)) for step in steps), default=allowed)

    @property
    def fit(self) -> Fit:
        """What a case must be like for it, as ``rules/`` reads it."""
        return Fit(
            sources=frozenset(self.sources),
            networks=frozenset(self.networks),
            severities=frozenset(map(Severity.of, self.severities)),
            topics=frozenset(self.topics),
            languages=frozenset(self.languages),
            followers=self.followers,
            names=frozenset(map(str.casefold, self.names)),
        )


class PolicySettings(PolicyTable):
    """A policy with nothing left to look up: what is pinned to a case, as ``model_dump_json`` writes it."""

    timetable: HoursSettings | None = Field(None, description="the table that ``hours`` names; None is always open")
    zone: Zone = Field("UTC", description="the zone of ``digest_at``, where there is a digest")

    def led_to(self, channel: str) -> Self:
        """The same with ``channel`` for the one where its cases appear first, wherever the ladder names that one.

        Where the first step names people only, ``channel`` joins them.
        """
        first, *later = self.steps
        home = first_channel(first.to)
        if home is None:
            led = [first.model_copy(update={"to": (channel, *first.to)}), *later]
        else:
            led = [
                step.model_copy(update={"to": tuple(channel if to == home else to for to in step.to)})
                for step in self.steps
            ]
        return self.model_copy(update={"name": f"{self.name}, in {channel}", "steps": tuple(led)})

    def policy(self, since: datetime) -> Policy:
        """The policy for a silence that started at ``since``, its hours expanded to at least 400 days past it."""
        return _policy(self, since.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0))


@lru_cache(maxsize=256)
def _policy(settings: PolicySettings, month: datetime) -> Policy:
    until = month + min(_AHEAD + timedelta(days=31), datetime.max.replace(tzinfo=UTC) - month)
    hours = None if settings.timetable is None else spans(settings.timetable, month, until)
    digests = moments(settings.digest_at, settings.zone, month, until) if settings.digest else ()
    return Policy(
        name=settings.name,
        reply_within={severity: getattr(settings.reply_within, severity.word) for severity in Severity},
        steps=tuple(each.step for each in settings.steps),
        operators=settings.operators,
        hours=hours,
        always=frozenset(map(Severity.of, settings.always)),
        repeat=settings.repeat,
        repeats=settings.repeats,
        rest=settings.rest,
        ack_for={severity: getattr(settings.ack_for, severity.word) for severity in Severity},
        holder_first=settings.holder_first,
        digest=frozenset(map(Severity.of, settings.digest)),
        digest_at=tuple(at for at in digests if hours is None or is_open(hours, at)),
        update_within={
            severity: within
            for severity in Severity
            if (within := getattr(settings.update_within, severity.word)) is not None
        },
        warn_before=settings.warn_before,
        private_rest=settings.private_rest,
        follow_up_after=settings.follow_up_after,
    )
