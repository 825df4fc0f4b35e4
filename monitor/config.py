"""The config file: TOML text in, typed settings out, every mistake at once with its line.

It checks what one file can say and reads secrets when asked for them; it opens no database and talks to no network.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, PrivateAttr, SerializeAsAny

import connectors
from connectors import Context, SourceSettings
from monitor.calendar import HoursSettings, open_in_a_year, opens_at
from monitor.drill_settings import Drills
from monitor.logs import hide
from monitor.report_settings import WeeklyReport
from monitor.rotas import ONCALL, RotaSettings
from monitor.second_way import FALLBACK
from monitor.settings import (
    Brand,
    Coach,
    Daemon,
    Fallback,
    Health,
    Heartbeat,
    Incidents,
    OwnPosts,
    Person,
    PolicySettings,
    PolicyTable,
    Retention,
    Settings,
    Slack,
    StepSettings,
    person_named,
)
from monitor.store.drills import SOURCE as DRILLS
from monitor.windows import QuietSettings
from rules.durations import spell
from rules.mistakes import Located, Mistake, Mistakes, did_you_mean, read_toml, validate
from rules.model import Severity

M = TypeVar("M", bound=BaseModel)

BUNDLED_RULES = Path(__file__).parent.parent / "rules" / "packs"
COACH = "coach"
"""The folder below the rule files that holds the coach's."""
DEFAULT_LADDER = ("0m", "deadline-10m", "deadline", "deadline+30m")
"""The steps of a policy that names none: each to the channel, the last one to the operators as well."""

SECTIONS: Mapping[str, type[BaseModel]] = {
    "brand": Brand,
    "slack": Slack,
    "source": SourceSettings,
    "policy": PolicyTable,
    "hours": HoursSettings,
    "person": Person,
    "incident": Incidents,
    "rota": RotaSettings,
    "quiet": QuietSettings,
    "coach": Coach,
    "drill": Drills,
    "report": WeeklyReport,
    "own_posts": OwnPosts,
    "fallback": Fallback,
    "retention": Retention,
    "heartbeat": Heartbeat,
    "health": Health,
    "daemon": Daemon,
}
"""Each table of the file and what reads it."""


class Document(Settings):
    """The outermost keys of the file; the tables' insides are read one by one, so that one mistake hides no other."""

    rules: str | None = Field(None, min_length=1, description="a folder of rule files; the bundled ones if left out")
    state: str = Field("harken.db", min_length=1, description="the database file")
    brand: dict[str, Any] = Field(description='a [brand] table with at least a name, such as name = "Acme"')
    slack: dict[str, Any] = Field({}, description="a [slack] table")
    source: tuple[dict[str, Any], ...] = Field((), description="[[source]] tables")
    policy: tuple[dict[str, Any], ...] = Field((), description="[[policy]] tables")
    hours: tuple[dict[str, Any], ...] = Field((), description="[[hours]] tables")
    person: tuple[dict[str, Any], ...] = Field((), description="[[person]] tables")
    incident: dict[str, Any] = Field({}, description="an [incident] table")
    rota: tuple[dict[str, Any], ...] = Field((), description="[[rota]] tables")
    quiet: tuple[dict[str, Any], ...] = Field((), description="[[quiet]] tables")
    coach: dict[str, Any] = Field({}, description="a [coach] table")
    drill: dict[str, Any] = Field({}, description="a [drill] table")
    report: dict[str, Any] = Field({}, description="a [report] table")
    own_posts: dict[str, Any] = Field({}, description="an [own_posts] table")
    fallback: dict[str, Any] = Field({}, description="a [fallback] table")
    retention: dict[str, Any] = Field({}, description="a [retention] table")
    heartbeat: dict[str, Any] = Field({}, description="a [heartbeat] table")
    health: dict[str, Any] = Field({}, description="a [health] table")
    daemon: dict[str, Any] = Field({}, description="a [daemon] table")


class Config(Settings):
    """Everything the config file says, with defaults filled in and paths made absolute."""

    file: Path
    rules: Path
    state: Path
    brand: Brand
    slack: Slack
    sources: tuple[SerializeAsAny[SourceSettings], ...]
    policies: tuple[PolicySettings, ...]
    """At least one; the last one fits every case."""
    hours: tuple[HoursSettings, ...]
    people: tuple[Person, ...]
    incident: Incidents
    rotas: tuple[RotaSettings, ...]
    quiets: tuple[QuietSettings, ...]
    coach: Coach
    drill: Drills
    """With ``to`` filled in; empty where there is nobody to drill."""
    report: WeeklyReport
    own_posts: OwnPosts
    fallback: Fallback
    retention: Retention
    heartbeat: Heartbeat
    health: Health
    daemon: Daemon

    _located: Located = PrivateAttr()

    def rule_texts(self) -> dict[str, str]:
        """The rule files, by the name to show in messages.

        Raises:
            Mistakes: there are none, or one cannot be read.
        """
        files = sorted(self.rules.glob("*.toml"))
        if not files:
            cure = 'point rules at a folder of .toml files; "harken init DIR" writes some'
            raise Mistakes([self._mistake("rules", f"no rule files in {shown(self.rules)}", cure)])
        return {shown(file): read_text(file) for file in files}

    def coach_texts(self) -> dict[str, str]:
        """The files of coach rules, by the name to show in messages.

        Raises:
            Mistakes: one cannot be read.
        """
        return coach_texts(self.rules)

    def secret(self, env: str | None, file: Path | str | None = None) -> str:
        """A secret, from ``file`` if there is one, else from the environment variable ``env``; hidden from logs.

        Raises:
            Mistakes: it is not there, or it is no secret.
        """
        if file is not None:
            place = self.file.parent / file
            found, cure = read_text(place).strip(), "write the secret into it, and nothing else"
            what, key = f"the file {shown(place)} holds no secret", str(place)
        else:
            found, key = os.environ.get(env or "", "").strip(), env or ""
            what, cure = f"the environment variable {key} is not set", "set it, or name a file that holds the secret"
        if found and not re.fullmatch(r"[\x21-\x7e]+", found):
            what = f"{key} holds more than a secret: there are blanks or control characters in it"
            raise Mistakes([self._mistake(key, what, "leave only the secret in it")])
        if not found:
            raise Mistakes([self._mistake(key, what, cure)])
        return hide(found)

    def context(self, source: SourceSettings) -> Context:
        """What the connector of ``source`` may know besides its own settings."""
        spoken = self.brand.responders
        return Context(
            responders=frozenset((*spoken.get(source.kind, ()), *spoken.get(source.name, ()))),
            aliases=self.brand.aliases,
        )

    def mistake(self, key: str, name: str, value: str, what: str, cure: str) -> Mistake:
        """A mistake at the line at which the table of the list ``key`` that is called so says ``value``."""
        tables = self._located.table.get(key, [])
        index = next((place for place, table in enumerate(tables) if table.get("name", "standard") == name), 0)
        at = (key, index)
        inside = (path for path, found in _leaves(self._located.table) if found == value and path[:2] == at)
        return self._located.mistake(next(inside, at), what, cure)

    def _mistake(self, value: str, what: str, cure: str) -> Mistake:
        """A mistake at the line whose key, text or path is ``value``, if the file has one."""
        leaves = _leaves(self._located.table)
        paths = (path for path, found in leaves if value in (path[-1], found, str(self.file.parent / str(found))))
        return Mistake(self._located.file, self._located.line(next(paths, ())), what, cure)


def load(path: Path) -> Config:
    """Read the config file at ``path``; paths inside it are relative to it.

    Raises:
        Mistakes: everything wrong in it.
    """
    if not path.is_file():
        raise Mistakes([Mistake(str(path), None, "there is no such file", 'write one with "harken init DIR"')])
    located = read_toml(read_text(path), shown(path))
    return _Reading(located).config(path.absolute())


def read_text(path: Path) -> str:
    """A file people edit, as text.

    Raises:
        Mistakes: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Mistakes([Mistake(shown(path), line, "this is not UTF-8 text", "save the file as UTF-8")]) from error
    except OSError as error:
        what = (error.strerror or "it cannot be read").lower()
        raise Mistakes([Mistake(shown(path), None, what, "check the path and its permissions")]) from error


def coach_texts(rules: Path) -> dict[str, str]:
    """The coach's files below a folder of rule files, by the name to show; the bundled ones where it has none.

    Raises:
        Mistakes: one cannot be read.
    """
    files = sorted((rules / COACH).glob("*.toml")) or sorted((BUNDLED_RULES / COACH).glob("*.toml"))
    return {shown(file): read_text(file) for file in files}


def shown(path: Path) -> str:
    """``path`` as messages show it: from the current folder where it lies inside it."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


class _Reading:
    """Reads table after table and gathers what is wrong instead of stopping."""

    def __init__(self, located: Located) -> None:
        self.located = located
        self.found: list[Mistake] = []

    def config(self, file: Path) -> Config:
        document = self.one(Document)
        brand, slack = self.one(Brand, "brand"), self.one(Slack, "slack")
        health, daemon = self.one(Health, "health"), self.one(Daemon, "daemon")
        fallback, heartbeat = self.one(Fallback, "fallback"), self.one(Heartbeat, "heartbeat")
        retention = self.one(Retention, "retention")
        incident, drill = self.one(Incidents, "incident"), self.one(Drills, "drill")
        coach, own_posts = self.one(Coach, "coach"), self.one(OwnPosts, "own_posts")
        weekly = self.one(WeeklyReport, "report")
        sources = self.many("source", self.source)
        hours = self.many("hours", lambda at: self.one(HoursSettings, *at))
        people = self.many("person", lambda at: self.one(Person, *at))
        rotas = self.many("rota", lambda at: self.one(RotaSettings, *at))
        quiets = self.many("quiet", lambda at: self.one(QuietSettings, *at))
        policies = self.many("policy", lambda at: self.one(PolicyTable, *at))
        self.unique("source", sources, taken=(DRILLS,))
        self.unique("hours", hours, taken=("always",))
        self.unique("person", people)
        self.unique("rota", rotas)
        self.unique("policy", policies)
        self.known_hours("policy", policies, hours)
        self.known_hours("rota", rotas, hours)
        self.enough_hours(policies, hours)
        self.digests_go_out(policies, hours)
        self.somebody_for_all(policies)
        self.known_names(policies, brand)
        self.known_people(policies, people, rotas, slack, drill)
        self.known_fallback(policies, fallback, incident, drill)
        self.known_owners(incident, own_posts, people, rotas)
        if self.found or not (document and brand and slack and health and daemon):
            raise Mistakes(sorted(self.found, key=lambda mistake: mistake.line or 0))
        if not (fallback and heartbeat and retention and incident and coach and drill and own_posts and weekly):
            raise Mistakes(sorted(self.found, key=lambda mistake: mistake.line or 0))
        tables = {each.name: each.model_copy(update={"zone": each.zone or brand.zone}) for each in hours.values()}
        config = Config(
            file=file,
            rules=BUNDLED_RULES if document.rules is None else file.parent / document.rules,
            state=file.parent / document.state,
            brand=brand,
            slack=_absolute(slack, file.parent),
            sources=tuple(_absolute(source, file.parent) for source in sources.values()),
            policies=_policies(tuple(policies.values()), slack, tables, brand.zone),
            hours=tuple(tables.values()),
            people=tuple(people.values()),
            incident=incident.model_copy(update={"to": incident.to or (slack.channel,)}),
            rotas=tuple(each.model_copy(update={"zone": each.zone or brand.zone}) for each in rotas.values()),
            quiets=tuple(each.model_copy(update={"zone": each.zone or brand.zone}) for each in quiets.values()),
            coach=coach,
            drill=drill.filled(brand.zone, [each.name for each in rotas.values()]),
            report=weekly.filled(brand.zone),
            own_posts=own_posts.model_copy(update={"to": own_posts.to or (slack.channel,)}),
            fallback=fallback,
            retention=retention,
            heartbeat=heartbeat,
            health=health,
            daemon=daemon,
        )
        config._located = self.located  # noqa: SLF001 - a private field of ours cannot be given to the constructor
        return config

    def one(self, model: type[M], *at: str | int) -> M | None:
        """The table at ``at``, or its defaults if there is none; None if it has mistakes."""
        if at and at[0] not in self.located.table:
            return model() if at[0] != "brand" else None  # that [brand] is missing, Document says
        if not isinstance(self._table(at), dict):
            return None  # that it is no table, Document says
        try:
            return validate(model, self.located, at=at)
        except Mistakes as mistakes:
            self.found += mistakes.all
            return None

    def many(self, key: str, read: Callable[[tuple[str, int]], M | None]) -> dict[int, M]:
        """The tables of a list that are right, by their place in it."""
        tables = self.located.table.get(key, ())
        made = {index: read((key, index)) for index in range(len(tables) if isinstance(tables, list) else 0)}
        return {index: value for index, value in made.items() if value is not None}

    def source(self, at: tuple[str, int]) -> SourceSettings | None:
        """A ``[[source]]``, read by the settings of its own connector."""
        table = self._table(at)
        kind = table.get("kind") if isinstance(table, dict) else None
        if not isinstance(kind, str):
            return self.one(SourceSettings, *at)
        try:
            settings = connectors.load(kind).Settings
        except KeyError:
            known = connectors.kinds()
            meant = did_you_mean(kind, known)
            cure = f'did you mean "{meant}"?' if meant else f"there are {', '.join(known)}"
            self.found.append(self.located.mistake((*at, "kind"), "unknown kind of source", cure))
            return None
        return self.one(settings, *at)

    def unique(self, key: str, tables: Mapping[int, Any], taken: tuple[str, ...] = ()) -> None:
        seen = set(taken)
        for index, table in tables.items():
            if table.name in seen:
                what = f'another [[{key}]] is called "{table.name}" already'
                self.found.append(self.located.mistake((key, index, "name"), what, "give it a name of its own"))
            seen.add(table.name)

    def known_hours(self, key: str, tables: Mapping[int, Any], hours: Mapping[int, HoursSettings]) -> None:
        known = ["always", *(table.name for table in hours.values())]
        for index, table in tables.items():
            if table.hours not in known:
                meant = did_you_mean(table.hours, known)
                cure = f'did you mean "{meant}"?' if meant else f"add an [[hours]] table, or use {', '.join(known)}"
                what = f'no [[hours]] table is called "{table.hours}"'
                self.found.append(self.located.mistake((key, index, "hours"), what, cure))

    def enough_hours(self, policies: Mapping[int, PolicyTable], hours: Mapping[int, HoursSettings]) -> None:
        """A deadline that lies beyond the open hours of a year would never come."""
        tables = {table.name: table for table in hours.values()}
        for index, policy in policies.items():
            if policy.hours in tables and policy.longest > open_in_a_year(tables[policy.hours]):
                what = f'the hours "{policy.hours}" are open for less than {spell(policy.longest)} in a year'
                mistake = self.located.mistake(("policy", index, "hours"), what, "open them longer, or allow less time")
                self.found.append(mistake)

    def digests_go_out(self, policies: Mapping[int, PolicyTable], hours: Mapping[int, HoursSettings]) -> None:
        """A digest that never goes out would neglect whoever is in it."""
        tables = {table.name: table for table in hours.values()}
        for index, policy in policies.items():
            if policy.digest and not any(
                policy.hours not in tables or opens_at(tables[policy.hours], at) for at in policy.digest_at
            ):
                what, cure = "no digest is ever within the hours", "give at least one time at which they are open"
                self.found.append(self.located.mistake(("policy", index, "digest_at"), what, cure))

    def somebody_for_all(self, policies: Mapping[int, PolicyTable]) -> None:
        """A severity that no step is for would be neglected."""
        for index, policy in policies.items():
            steps = [each.step for each in policy.steps]
            deaf = [each.word for each in Severity if steps and not any(step.concerns(each) for step in steps)]
            if deaf:
                what, cure = f"no step is for {' and '.join(deaf)}", "leave severities out of a step that is for all"
                self.found.append(self.located.mistake(("policy", index, "step"), what, cure))

    def known_names(self, policies: Mapping[int, PolicyTable], brand: Brand | None) -> None:
        """A policy can only ask for names that the brand has."""
        known = [] if brand is None else [brand.name, *brand.aliases]
        for index, policy in policies.items():
            for place, name in enumerate(policy.names if known else ()):
                if name.casefold() not in map(str.casefold, known):
                    meant = did_you_mean(name, known)
                    cure = f'did you mean "{meant}"?' if meant else f"it is called {', '.join(known)}; add an alias"
                    at = ("policy", index, "names", place)
                    self.found.append(self.located.mistake(at, f'the brand is not called "{name}"', cure))

    def known_fallback(
        self,
        policies: Mapping[int, PolicyTable],
        fallback: Fallback | None,
        incident: Incidents | None,
        drill: Drills | None,
    ) -> None:
        """Whatever names the second way out needs one."""
        if fallback is None or fallback.url_env:
            return
        named: list[tuple[tuple[str | int, ...], Sequence[str]]] = [
            (("policy", index, "step", rung, "to"), step.to)
            for index, policy in policies.items()
            for rung, step in enumerate(policy.steps)
        ]
        named += [(("incident", "to"), incident.to)] if incident else []
        named += [(("drill", "to"), (drill.to,))] if drill else []
        cure = 'add [fallback] with url_env = ["NAME"] of a variable that holds an Apprise address'
        self.found += [
            self.located.mistake(at, "there is no second way out", cure) for at, to in named if FALLBACK in to
        ]

    def known_people(
        self,
        policies: Mapping[int, PolicyTable],
        people: Mapping[int, Person],
        rotas: Mapping[int, RotaSettings],
        slack: Slack | None,
        drill: Drills | None,
    ) -> None:
        named: list[tuple[tuple[str | int, ...], str]] = [
            (("policy", index, "step", rung, "to", place), to)
            for index, policy in policies.items()
            for rung, step in enumerate(policy.steps)
            for place, to in enumerate(step.to)
        ]
        named += [(("policy", index, "operators"), policy.operators) for index, policy in policies.items()]
        named += [(("slack", "operators"), slack.operators)] if slack else []
        named += [
            (("rota", index, "people", place), f"@{name}")
            for index, rota in rotas.items()
            for place, name in enumerate(rota.people)
        ]
        named += [(("drill", "to"), drill.to)] if drill else []
        known, turns = [person.name for person in people.values()], [rota.name for rota in rotas.values()]
        for path, to in named:
            if (wrong := unknown(to, known, turns)) is not None:
                self.found.append(self.located.mistake(path, *wrong))
        if drill and drill.monthly and not drill.to and not turns:
            cure = 'add to = "@name" or to = "#channel", or a [[rota]]'
            self.found.append(self.located.mistake(("drill", "monthly"), "there is nobody to drill", cure))

    def known_owners(
        self,
        incident: Incidents | None,
        own_posts: OwnPosts | None,
        people: Mapping[int, Person],
        rotas: Mapping[int, RotaSettings],
    ) -> None:
        known, turns = [person.name for person in people.values()], [rota.name for rota in rotas.values()]
        for table, found in (("incident", incident), ("own_posts", own_posts)):
            for place, to in enumerate(found.to if found else ()):
                if (wrong := unknown(to, known, turns)) is not None:
                    self.found.append(self.located.mistake((table, "to", place), *wrong))

    def _table(self, at: tuple[str | int, ...]) -> Any:
        here: Any = self.located.table
        for part in at:
            here = here[part]
        return here


def unknown(to: str, people: Sequence[str], rotas: Sequence[str]) -> tuple[str, str] | None:
    """What is wrong with a recipient that names a person or a rota there is not, and what to do; None if nothing is."""
    if to.startswith(ONCALL) and to.removeprefix(ONCALL) not in rotas:
        meant = did_you_mean(to.removeprefix(ONCALL), rotas)
        cure = f'did you mean "{ONCALL}{meant}"?' if meant else "add a [[rota]] of that name"
        return f'there is no rota for "{to}"', cure
    name = person_named(to)
    if name is None or name in people:
        return None
    meant = did_you_mean(name, people)
    return (
        f'nobody is called "{to}"',
        f'did you mean "@{meant}"?' if meant else f'add a [[person]] with name = "{name}"',
    )


def _absolute(settings: M, folder: Path) -> M:
    """``settings`` with every relative path in it starting from ``folder``."""
    paths = {key: folder / value for key, value in settings if isinstance(value, Path)}
    return settings.model_copy(update=paths) if paths else settings


def _policies(
    written: tuple[PolicyTable, ...], slack: Slack, tables: Mapping[str, HoursSettings], zone: str
) -> tuple[PolicySettings, ...]:
    """The policies with nothing left to look up, and one that fits every case at the end."""
    last = DEFAULT_LADDER[-1]
    ladder = tuple(
        StepSettings(at=at, to=(slack.channel, slack.operators) if at == last else (slack.channel,))
        for at in DEFAULT_LADDER
    )
    if not written or not written[-1].fit.every:
        written = (*written, PolicyTable(name="default" if written else "standard"))
    return tuple(
        PolicySettings(
            **{
                **dict(policy),
                "steps": policy.steps or ladder,
                "operators": policy.operators or slack.operators,
                "timetable": tables.get(policy.hours),
                "zone": (tables[policy.hours].zone if policy.hours in tables else zone) if policy.digest else "UTC",
            }
        )
        for policy in written
    )


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every key and list element below ``value``, with its path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pair for key, below in inner for pair in [((*path, key), below), *_leaves(below, (*path, key))]]
