"""What is in force: the rule book, who speaks for us, and the policies. Swapped whole on a reload, never changed."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors import STATUS
from connectors._walk import NetworkSettings
from monitor.calendar import HoursSettings
from monitor.config import Config
from monitor.rotas import RotaSettings, shifts
from monitor.settings import BEFORE_UPDATES, PolicySettings, not_a_channel
from monitor.store import cases
from monitor.store.posts import Heard, Key
from rules import rota, slips
from rules.choice import Opening, choose, named
from rules.coach_book import NO_COACH, CoachBook
from rules.coach_book import load as load_coach
from rules.judge import judge
from rules.likeness import LINK, matter
from rules.mistakes import Mistake, Mistakes, did_you_mean
from rules.model import Mention, Policy, Promise, Severity, Shift, Span, Verdict
from rules.pack import Brand, RuleBook, load
from rules.promises import promised
from rules.quiet import Quiet
from rules.surge import Terms

_DIRECT = ("feed", "inbox")
"""Kinds of sources that bring what was chosen for us."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The policy a case is under, and why."""

    policy: PolicySettings
    why: str


@dataclass(frozen=True)
class Setup:
    """What every stage of the line needs to know about the deployment."""

    brand: str
    book: RuleBook
    responders: Mapping[str, frozenset[str]]
    """Source (a mention's id space) -> handles that speak for us there, in lower case."""
    policies: tuple[PolicySettings, ...]
    operators: str
    zone: str = "UTC"
    """The brand's time zone."""
    channel: str = "#care"
    """Where cases appear unless a policy says otherwise."""
    direct: frozenset[str] = frozenset()
    """Sources whose posts are all written to us or about us, whether they name us or not."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Name of a configured source -> its kind, in the config's order."""
    fallback_after: timedelta | None = None
    """How long Slack may fail before pages go the second way out as well; None where there is none."""
    keep_others: timedelta | None = None
    """How long posts are kept in threads without a case; None is for ever."""
    look_for_deletions: timedelta | None = None
    """How young posts in no open case are that are read anew once a day; None leaves them."""
    keep_cases: timedelta | None = None
    """How long cases are kept that are over; None is for ever."""
    incident: Terms | None = None
    """When many cases are one incident; None where each is on its own."""
    drafts: tuple[str, str] = ("", "")
    """A first word in public about an incident, with ``{topic}`` and ``{brand}``; and where it has no topic."""
    statuses: frozenset[str] = frozenset()
    """Names of configured sources that are our own status page: whatever they bring is ours."""
    names: tuple[str, ...] = ()
    """What the brand is called."""
    coach: CoachBook = NO_COACH
    """What drafts and replies of ours are read by."""
    notes: bool = False
    """Replies that were posted get a note in the case's thread where the coach has something grave to say."""
    owners: tuple[str, ...] = ()
    """Who hears of slips in what our own accounts publish."""
    sour: slips.Terms | None = None
    """When replies below a post of ours have turned sour; None where nobody wants to know."""
    links: bool = False
    """The links of our own posts are followed."""
    controls: bool = False
    """Cases can be acted on from Slack."""
    rotas: Mapping[str, RotaSettings] = field(default_factory=dict)
    hours: Mapping[str, HoursSettings] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    """Name of a person -> their Slack user id or e-mail address."""
    zones: Mapping[str, str] = field(default_factory=dict)
    """Name of a person -> their own time zone, of those who have one."""
    wakes: Mapping[str, frozenset[Severity]] = field(default_factory=dict)
    """Name of a person -> severities for which they are woken beside Slack, of those who are."""
    quiets: tuple[Quiet, ...] = ()
    """The maintenance windows of the config."""
    given: Mapping[Key, Verdict] = field(default_factory=dict)
    """Verdicts on posts (source, id) that stand whatever the rules say: what was judged already is not judged again."""
    _pinned: dict[str, PolicySettings] = field(default_factory=dict, compare=False)
    _texts: dict[PolicySettings, str] = field(default_factory=dict, compare=False)

    def own(self, source: str, author: str, via: str = "") -> bool:
        """Whether ``author`` speaks for us at ``source``; ``via`` is the configured source that brought it."""
        return via in self.statuses or author.casefold() in self.responders.get(source, frozenset())

    def verdict(self, mention: Mention, *, own: bool, addressed: bool = False) -> Verdict:
        """What the rules make of a post; we wrote it (``own``), or the network says that it was said to us."""
        return self.given.get((mention.source, mention.id)) or judge(
            mention, self.book, own=own, addressed=addressed or mention.source in self.direct
        )

    def topics(self, mention: Mention) -> tuple[str, ...]:
        """What a post would be about if a customer had written it."""
        return judge(mention, self.book, addressed=True).topics

    def promise(self, mention: Mention, verdict: Verdict, posted_at: datetime, via: str) -> Promise | None:
        """When a post of ours, heard through ``via``, says that we will be back: in our zone, and in our hours."""
        policy = next((each for each in self.policies if not each.sources or via in each.sources), self.policies[-1])
        hours = policy.policy(posted_at).hours
        return promised(mention.text, posted_at, ZoneInfo(self.zone), hours, verdict.lang)

    def via(self, source: str) -> str:
        """The configured source that posts of ``source``, an id space, come by: one of that name, or of that kind."""
        if source in self.kinds:
            return source
        return next((name for name, kind in self.kinds.items() if kind == source), source)

    def first_word(self, topic: str) -> str:
        """A draft of what to say in public about an incident of this topic."""
        named, nameless = self.drafts
        plain = matter(topic).subjects == (topic,) and not topic.startswith(LINK)
        return (named if plain else nameless).replace("{topic}", topic).replace("{brand}", self.brand)

    def called(self, name: str | None) -> PolicySettings | None:
        """The policy of this name, if there is one."""
        return next((policy for policy in self.policies if policy.name == name), None)

    def policy_for(self, opening: Opening, route: str | None = None) -> Chosen:
        """The policy that a new case is pinned to, and why.

        Args:
            opening: the case; the first policy that fits it is taken, or the last one there is.
            route: the policy that a rule asks for, or the "#channel" where the case is to appear instead of the one
                that its policy names first. A policy that is no more counts for nothing.
        """
        asked = self.called(route)
        if asked is not None:
            return Chosen(asked, "a rule asks for it")
        choice = choose([policy.fit for policy in self.policies], opening)
        usual = self.policies[choice.place]
        if route is None or not _to_channel(route):
            return Chosen(usual, choice.why)
        return Chosen(usual.led_to(route), f"{choice.why}; a rule leads it into {route}")

    def opening(self, heard: Heard, severity: Severity) -> Opening:
        """What policies may ask about a case that this post opens at this severity."""
        mention, verdict = heard.mention, heard.verdict
        return Opening(
            source=heard.via,
            networks=frozenset({mention.source, self.kinds.get(heard.via, mention.source)}),
            severity=severity,
            topics=frozenset(verdict.topics),
            language=verdict.lang,
            followers=mention.followers,
            names=named(self.names, mention.text),
        )

    def on_call(self, name: str, overrides: Sequence[Shift], at: datetime) -> str | None:
        """Who is on call in the rota called ``name`` at ``at``; None if nobody is, or the rota is no more."""
        if name not in self.rotas:
            return None
        found = rota.on_call(shifts(self.rotas[name], self.hours, at, at + _DAY), overrides, at)
        return None if found is None else found.person

    def shifts(self, name: str, since: datetime, until: datetime) -> tuple[Shift, ...]:
        """The shifts of a rota that touch ``since`` to ``until``, overrides aside; none where the rota is no more."""
        return shifts(self.rotas[name], self.hours, since, until) if name in self.rotas else ()

    def gaps(self, name: str, overrides: Sequence[Shift], since: datetime, until: datetime) -> tuple[Span, ...]:
        """When nobody is on call in a rota that is meant to be covered all the time; none for one with hours."""
        if self.rotas[name].hours != "always":
            return ()
        return rota.gaps(shifts(self.rotas[name], self.hours, since, until), overrides, since, until)

    def pin(self, db: sqlite3.Connection, policy: PolicySettings) -> str:
        """Keep ``policy`` as it is now, for the cases that open under it; returns the name it is pinned as."""
        if policy not in self._texts:
            self._texts[policy] = policy.model_dump_json()
        return cases.pin(db, self._texts[policy])

    def pinned(self, db: sqlite3.Connection, name: str, since: datetime) -> Policy:
        """The policy pinned as ``name``, with its open hours from ``since`` on."""
        if name not in self._pinned:
            self._pinned[name] = PolicySettings.model_validate_json(
                json.dumps({**BEFORE_UPDATES, **json.loads(cases.pinned(db, name))})
            )
        return self._pinned[name].policy(since)


def setup(config: Config, texts: Mapping[str, str] | None = None) -> Setup:
    """What ``config`` and its rule files put in force.

    Args:
        config: the config.
        texts: other rule files than the config's, name -> text.

    Raises:
        Mistakes: a rule file is wrong, or a rule names a policy that is not there.
    """
    handles = _handles(config)
    brand = Brand(config.brand.name, config.brand.aliases, frozenset().union(*handles.values()))
    book = load(config.rule_texts() if texts is None else texts, brand)
    if lost := [*_lost(book, [policy.name for policy in config.policies]), *_unknown_topics(config, book)]:
        raise Mistakes(lost)
    return Setup(
        brand=config.brand.name,
        zone=config.brand.zone,
        look_for_deletions=config.retention.deletions,
        keep_others=config.retention.others,
        keep_cases=config.retention.cases,
        book=book,
        responders=handles,
        direct=frozenset(source.name for source in config.sources if source.kind in _DIRECT),
        policies=config.policies,
        operators=config.slack.operators,
        channel=config.slack.channel,
        fallback_after=config.fallback.after if config.fallback.url_env else None,
        incident=_terms(config),
        statuses=frozenset(source.name for source in config.sources if source.role == STATUS),
        drafts=(config.incident.draft, config.incident.draft_without_topic),
        names=(config.brand.name, *config.brand.aliases),
        coach=_coach(tuple(config.coach_texts().items())),
        notes=config.coach.notes,
        owners=config.own_posts.to,
        sour=slips.Terms(config.own_posts.window, config.own_posts.least) if config.own_posts.sour else None,
        links=config.own_posts.links,
        controls=config.slack.app_token_env is not None or config.slack.app_token_file is not None,
        kinds={source.name: source.kind for source in config.sources},
        quiets=tuple(window.quiet for window in config.quiets),
        rotas={each.name: each for each in config.rotas},
        hours={table.name: table for table in config.hours},
        people={person.name: person.slack for person in config.people},
        wakes={each.name: frozenset(map(Severity.of, each.wake_for)) for each in config.people if each.wake},
        zones={person.name: person.zone for person in config.people if person.zone},
    )


@lru_cache(maxsize=4)
def _coach(texts: tuple[tuple[str, str], ...]) -> CoachBook:
    """The coach's files, compiled; as they seldom change, once."""
    return load_coach(dict(texts))


def _terms(config: Config) -> Terms | None:
    said = config.incident
    if not said.enabled:
        return None
    return Terms(said.window, said.least, said.to, config.slack.operators, said.repeat, said.repeats, said.ack_for)


def _handles(config: Config) -> dict[str, frozenset[str]]:
    """Source (a mention's id space) -> who speaks for us there, in lower case.

    A network's id space is its kind, also where the accounts are listed under the name of a source that reads it.
    """
    found: dict[str, frozenset[str]] = {}
    kinds = {source.name: source.kind for source in config.sources if isinstance(source, NetworkSettings)}
    for name, spoken in config.brand.responders.items():
        for space in {name, kinds.get(name, name)}:
            found[space] = found.get(space, frozenset()) | {handle.casefold() for handle in spoken}
    return found


def _lost(book: RuleBook, policies: Sequence[str]) -> list[Mistake]:
    """The rules that send their cases nowhere."""
    lost = []
    for rule in book.rules:
        if rule.route is None or rule.route in policies:
            continue
        if _to_channel(rule.route):
            wrong = not_a_channel(rule.route)
            if wrong is not None:
                what, _, cure = wrong.partition("; ")
                lost.append(Mistake(rule.file, rule.line, f'route "{rule.route}" of rule "{rule.id}" {what}', cure))
            continue
        meant = did_you_mean(rule.route, policies)
        cure = f'did you mean "{meant}"?' if meant else f'there are {", ".join(policies)}; a channel is written "#name"'
        lost.append(Mistake(rule.file, rule.line, f'rule "{rule.id}" has no such route: "{rule.route}"', cure))
    return lost


def _unknown_topics(config: Config, book: RuleBook) -> list[Mistake]:
    """The topics that policies and windows ask for and no rule has."""
    known = sorted({rule.topic for rule in book.rules if rule.topic is not None})
    unknown = []
    asked = [("policy", policy.name, topic) for policy in config.policies for topic in policy.topics]
    asked += [("quiet", window.name, topic) for window in config.quiets for topic in window.topics]
    for key, name, topic in asked:
        if topic not in known:
            meant = did_you_mean(topic, known)
            cure = f'did you mean "{meant}"?' if meant else f"there are {', '.join(known) or 'none'}"
            unknown.append(config.mistake(key, name, topic, f'no rule has the topic "{topic}"', cure))
    return unknown


def _to_channel(route: str) -> bool:
    """Whether a rule's route names a channel; what begins otherwise is a policy's name."""
    return route.startswith("#")
