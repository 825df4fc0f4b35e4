"""Who may act from Slack, and what their acts are signed with. Asks Slack who is who, and remembers it for a while."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from monitor.clock import Clock
from monitor.config import Config
from monitor.slack import SlackError

_REMEMBERED = timedelta(minutes=10)

_log = structlog.get_logger("harken.actors")


class Directory(Protocol):
    """What Slack knows of people. Both raise `SlackError`."""

    def user(self, mail: str) -> str:
        """The user id behind an e-mail address."""
        ...

    def members(self, group: str) -> frozenset[str]:
        """The user ids in a user group."""
        ...


class Actors:
    """Tells who may act: every ``[[person]]``, and whom ``slack.allow`` names.

    Args:
        directory: Slack.
        config: what is in force.
        clock: what time it is.
    """

    def __init__(self, directory: Directory, config: Callable[[], Config], clock: Clock) -> None:
        self._directory = directory
        self._config = config
        self._clock = clock
        self._known: dict[str, tuple[datetime, frozenset[str]]] = {}

    def name(self, user: str) -> str | None:
        """What acts of the Slack user with this id are signed with; None if they may not act."""
        config = self._config()
        for person in config.people:
            if user in self._ids(person.slack):
                return person.name
        allowed = config.slack.allow
        return user if "*" in allowed or any(user in self._ids(each) for each in allowed) else None

    def _ids(self, place: str) -> frozenset[str]:
        """The user ids that a user id, an e-mail address or a user group stands for."""
        if "@" not in place and not place.startswith("S"):
            return frozenset((place,))
        at, ids = self._known.get(place, (None, frozenset[str]()))
        now = self._clock()
        if at is None or now - at >= _REMEMBERED:
            ids = self._asked(place, ids)
            self._known[place] = now, ids
        return ids

    def _asked(self, place: str, before: frozenset[str]) -> frozenset[str]:
        try:
            return frozenset((self._directory.user(place),)) if "@" in place else self._directory.members(place)
        except SlackError as error:
            _log.warning("nobody can be found in Slack by this", place=place, why=str(error))
            return before
