"""What ``harken check --live`` asks of Slack: each line says one thing, and what to do where it is not so.

Posts nothing.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from monitor.config import Config
from monitor.roll import Roll
from monitor.slack import LockedOut, Refused, SlackError
from monitor.slack.client import SCOPES, WebSlack

Attempt = tuple[str, Callable[[], str]]
"""What is tried, and the trying: returns what it found, or raises `SlackError`."""

_INVITE: Final = 'type "/invite @{app}" there'
_CURES: Final = {
    "users_not_found": "nobody active has that address in Slack; write the one they use there, or their user id",
    "user_not_found": "nobody in Slack has that id; copy the member id from their profile",
    "user_disabled": "they were deactivated, or are an app; name somebody else",
    "no_such_subteam": "there is no such user group; write its handle as Slack shows it after the @",
    "subteam_disabled": "that user group is disabled; enable it in Slack, or name another",
    "plan_upgrade_required": "this workspace has no user groups; name people or channels instead",
    "missing_scope": "nobody can tell without the scope that is missing; add it and install the app again",
}


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
        self._joined: dict[str, str] | None = None

    def attempts(self) -> Iterator[Attempt]:
        """Everything to try, in order; where logging in has failed by then, nothing comes after it."""
        yield "slack", self._log_in
        if (scopes := self._scopes) is not None:
            yield from (("scope", partial(_lacks, scope)) for scope in SCOPES if scope not in scopes)
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
        self._scopes, self._app = who.scopes or frozenset(SCOPES), who.user
        return f"logged in as {who.user} at {who.team}"

    def _channel(self, name: str) -> str:
        slack, invite = self._slack(), _INVITE.format(app=self._app)
        try:
            if not name.startswith("#"):
                found = slack.directory.channel(name)
            else:
                if self._joined is None:
                    self._joined = slack.joined()
                if name in self._joined:
                    return f"{name} is there, and our app is in it"
                public = slack.directory.public(name)
                if public is None:
                    raise SlackError(f"{name} is no channel that our app can see; make it, and {invite}")
                found = public
        except Refused as refused:
            raise SlackError(f"{name}: {_cure(refused, f'no channel that our app can see; {invite}')}") from refused
        if found.archived:
            raise SlackError(f"{name} is archived; unarchive it, or name another channel")
        if not found.joined:
            raise SlackError(f"{name} is there, but our app is not in it; {invite}")
        return f"{name} is there, and our app is in it"

    def _person(self, place: str, name: str) -> str:
        try:
            found = self._slack().directory.member(place)
        except Refused as refused:
            raise SlackError(f"{_called(name, place)}: {_cure(refused, str(refused))}") from refused
        if not found.active:
            raise SlackError(f"{_called(name, place)}: {_CURES['user_disabled']}")
        guest = "; a guest, who sees only the channels they were invited to" if found.guest else ""
        return f"{_called(name, place)} is {found.name} ({found.id}) in Slack{guest}"

    def _group(self, place: str, name: str) -> str:
        try:
            found = self._slack().directory.group(place)
        except Refused as refused:
            raise SlackError(f"{name}: {_cure(refused, str(refused))}") from refused
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


def _lacks(scope: str) -> str:
    cure = "add it on OAuth & Permissions, and install the app again"
    raise SlackError(f"{scope} is missing, to {SCOPES[scope]}; {cure}")


def _called(name: str, place: str) -> str:
    return name if place in name else f"{name} ({place})"


def _cure(refused: Refused, otherwise: str) -> str:
    return _CURES.get(refused.code, otherwise)
