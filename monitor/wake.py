"""How people are woken beside Slack, which respects Do Not Disturb: each by an address of their own.

Which pages wake whom is in the config; that a page is owed there as well, and sent, is for the outbox.
"""

from collections.abc import Callable, Sequence

from monitor import logs
from monitor.config import Config
from monitor.second_way import SecondWay
from rules.mistakes import Mistake, Mistakes

Way = Callable[[str, str], None]
"""Title and text -> sent, or raises NotSent."""


def ready(config: Config) -> None:
    """See that every address is there.

    Raises:
        Mistakes: one is not.
    """
    missing = [mistake for person in config.people if person.wake for mistake in _missing(config, person.wake)]
    if missing:
        raise Mistakes(missing)


def ways(config: Callable[[], Config]) -> Callable[[str], Way | None]:
    """Name of a person -> how they are woken, by the config in force; None where they are not, or cannot be."""

    def way(name: str) -> Way | None:
        found = config()
        variable = next((person.wake for person in found.people if person.name == name), None)
        if variable is None:
            return None
        try:
            return SecondWay([logs.hide(found.secret(variable))], variable)
        except Mistakes:
            return None

    return way


def _missing(config: Config, variable: str) -> Sequence[Mistake]:
    try:
        config.secret(variable)
    except Mistakes as mistakes:
        return mistakes.all
    return ()
