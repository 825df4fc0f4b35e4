"""The second way out: Apprise, for when Slack takes nothing, and for steps that name it.

It sends plain text and says whether that worked. Whether a page is due there is decided elsewhere.
"""

import logging
from collections.abc import Sequence

import structlog

from monitor.slack import NotSent

FALLBACK = "fallback"
"""The recipient that stands for the second way out."""
WAKE = "wake:"
"""The recipient that stands for a person's own way beside Slack: ``wake:NAME``."""

_log = structlog.get_logger("harken.second_way")


class SecondWay:
    """Sends by every address it was given; one that takes it is enough.

    Args:
        urls: Apprise addresses, such as ``ntfys://...`` or ``mailtos://...``. Secrets: never shown.
        where: what holds them, for people.
    """

    def __init__(self, urls: Sequence[str], where: str = "[fallback]") -> None:
        self._urls = tuple(urls)
        self._where = where

    def __call__(self, title: str, text: str) -> None:
        """Send once.

        Raises:
            NotSent: no address took it.
        """
        import apprise  # noqa: PLC0415 - takes a sixth of a second, and most deployments never need it

        # It logs addresses, secrets and all, where something is wrong with them.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        taken = 0
        for number, url in enumerate(self._urls, 1):
            way = apprise.Apprise()
            if not way.add(url):
                _log.error("an address of the second way out is none that Apprise knows", number=number)
                continue
            taken += bool(way.notify(title=title, body=text, body_format=apprise.NotifyFormat.TEXT))
        if not taken:
            raise NotSent(f"the second way out took nothing either; check what {self._where} holds")


def known(url: str) -> bool:
    """Whether Apprise knows what to do with an address; sends nothing."""
    import apprise  # noqa: PLC0415 - the same

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return bool(apprise.Apprise().add(url))
