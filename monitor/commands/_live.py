"""What ``harken check --live`` asks of Slack: each line says one thing, and what to do where it is not so.

Posts nothing.
"""

from collections.abc import Callable, Iterator
from functools import partial

from monitor.config import Config
from monitor.roll import Roll
from monitor.slack import LockedOut, Refused, SlackError
from monitor.slack.client import SCOPES, WebSlack
from monitor.slack.directory import cure
from monitor.slack.upload import FILES

Attempt = tuple[str, Callable[[], str]]
"""What is tried, and the trying: returns what it found, or raises `SlackError`."""


class SlackCheck:
    """Asks Slack about everything that a config names there.

    Args:
        config: the config.
        roll: whom and what it names.
    """

    def __init__(self, config: Config, roll: Roll) -> None:
        self._config = config
        self._roll = roll
        self._scopes: frozenset[str] | None = None
        self._app = "harken"

    def attempts(self) -> Iterator[Attempt]:
        """Everything to try, in order; where logging in has failed by then, nothing comes after it."""
        yield "slack", self._log_in
        if (scopes := self._scopes) is not None:
            files = {FILES: "put the picture and the page below the weekly report"} if self._config.report.to else {}
            wanted = {**SCOPES, **files}
            yield from (("scope", partial(_lacks, scope, why)) for scope, why in wanted.items() if scope not in scopes)
            yield from (("channel", partial(self._channel, name)) for name in self._roll.channels)
            yield from (("person", partial(self._person, place, name)) for place, name in self._roll.people.items())
            yield from (("group", partial(self._group, place, name)) for place, name in self._roll.groups.items())
        yield "buttons", self._buttons

    def _slack(self) -> WebSlack:
        slack = self._config.slack
        return WebSlack(self._config.secret(slack.token_env, slack.token_file), slack.base_url, slack.timeout)

    def _log_in(self) -> str:
        who = self._slack().whoami()
        if who.scopes and "chat:write" not in who.scopes:
            raise LockedOut("missing_scope", "it needs chat:write; docs/slack.md says how to give it")
        self._scopes, self._app = who.scopes or frozenset((*SCOPES, FILES)), who.user
        return f"logged in as {who.user} at {who.team}"

    def _channel(self, name: str) -> str:
        try:
            self._slack().inside(name)
        except Refused as refused:
            raise SlackError(f"{name}: {cure(refused, self._app)}") from refused
        return f"{name} is there, and our app is in it"

    def _person(self, place: str, name: str) -> str:
        try:
            found = self._slack().directory.member(place)
        except Refused as refused:
            raise SlackError(f"{_called(name, place)}: {cure(refused)}") from refused
        if not found.active:
            raise SlackError(f"{_called(name, place)}: {cure(Refused('user_disabled'))}")
        guest = "; a guest, who sees only the channels they were invited to" if found.guest else ""
        return f"{_called(name, place)} is {found.name} ({found.id}) in Slack{guest}"

    def _group(self, place: str, name: str) -> str:
        try:
            found = self._slack().directory.group(place)
        except Refused as refused:
            raise SlackError(f"{name}: {cure(refused)}") from refused
        return f"{name} is {found} in Slack"

    def _buttons(self) -> str:
        slack = self._config.slack
        if slack.app_token_env is None and slack.app_token_file is None:
            return "none: without app_token_env nobody can click or type /harken"
        app_token = self._config.secret(slack.app_token_env, slack.app_token_file)
        try:
            WebSlack(app_token, slack.base_url, slack.timeout).directory.door(app_token)
        except (LockedOut, Refused) as error:
            cure = "make an app-level token (xapp-...) with the scope connections:write on Basic Information"
            raise SlackError(f"the app token opens no socket ({error.code}); {cure}") from error
        return "the app token opens a socket"


def _lacks(scope: str, why: str) -> str:
    cure = "add it on OAuth & Permissions, and install the app again"
    raise SlackError(f"{scope} is missing, to {why}; {cure}")


def _called(name: str, place: str) -> str:
    return name if place in name else f"{name} ({place})"
