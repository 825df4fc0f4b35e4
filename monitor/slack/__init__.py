"""The seam to Slack: what Harken asks of it, and how it can fail.

`client` talks to the real one, `local` stands in for it inside one process, `render` makes the messages. Everybody
else imports from here and knows neither. Nothing here sends, waits or retries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

Block = dict[str, Any]
"""One Block Kit block, as Slack takes it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What Slack shows."""

    text: str
    """The fallback for notifications and screen readers. Escaped, like every other field."""
    blocks: list[Block]
    """Empty where the text alone is the message."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message is. Only these two together find it again."""

    channel_id: str
    """The id Slack answered with, never the name we asked for: ``C...``, ``G...``, or ``D...`` for a direct message."""
    ts: str
    """Slack's name of the message within its channel."""


class SlackError(Exception):
    """Slack did not do as asked. The message is one plain sentence, without secrets."""


class Paused(SlackError):  # noqa: N818 - it names what happened, as callers say it
    """Too many requests (429): certainly not accepted; ask again after ``retry_after``.

    Args:
        retry_after: how long Slack asked us to wait, at least one second.
    """

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"Slack asks us to wait {retry_after.total_seconds():.0f} s")
        self.retry_after = retry_after


class Doubtful(SlackError):  # noqa: N818 - it names what happened, as callers say it
    """It may have been accepted: look the delivery id up before sending again."""


class NotSent(SlackError):  # noqa: N818 - it names what happened, as callers say it
    """Certainly not accepted: Slack was never reached. Try again."""


class Refused(SlackError):  # noqa: N818 - it names what happened, as callers say it
    """Refused for good: this recipient or this message will never be taken, others will.

    Args:
        code: Slack's error code, such as ``channel_not_found``.
        detail: what Slack said beside it.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"Slack refused it: {code}" + (f" ({detail})" if detail else ""))
        self.code = code
        self.detail = detail


class LockedOut(SlackError):  # noqa: N818 - it names what happened, as callers say it
    """The token itself is refused: nothing will go out until a person changes it.

    Args:
        code: Slack's error code, such as ``invalid_auth``.
        detail: what Slack said beside it, such as the scope it needs.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"Slack does not accept our token: {code}" + (f" ({detail})" if detail else ""))
        self.code = code
        self.detail = detail


@runtime_checkable
class Slack(Protocol):
    """Slack, as far as Harken needs it. Every method may be called from several threads and raises `SlackError`."""

    def post(
        self,
        channel: str,
        message: Message,
        *,
        delivery: str | None = None,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        """Post once; never tries twice by itself.

        Args:
            channel: a channel's name or id, or the id that `open` returned.
            message: what to post.
            delivery: our id for this delivery, found again by `find`. Opaque.
            thread: ``ts`` of the message to reply to.
            broadcast: show the reply in the channel too. Only with ``thread``.
        """
        ...

    def update(self, channel_id: str, ts: str, message: Message) -> None:
        """Replace what the message at ``ts`` shows. Doing it twice does no harm."""
        ...

    def retract(self, channel_id: str, ts: str) -> None:
        """Take away the message at ``ts`` and what we wrote in its thread. What is gone already is no failure."""
        ...

    def whisper(self, channel_id: str, user: str, message: Message) -> None:
        """Show ``message`` to one user in a channel, and to nobody else. It is not kept and never tried again."""
        ...

    def find(self, channel_id: str, delivery: str, oldest: datetime) -> Posted | None:
        """The message that carries ``delivery`` in the channel's history since ``oldest``, or None if there is none.

        Sees what the channel shows: top-level messages and broadcast replies, not plain replies.

        Args:
            channel_id: the channel's id; its name (``#care``) serves where nothing was ever posted there.
            delivery: our id, as given to `post`.
            oldest: how far to look back.

        Raises:
            Doubtful: Slack did not answer properly; ask again.
            Refused: it can never be known: we may not read this history (``not_in_channel``, ``missing_scope`` ...),
                or it is too long to walk (``history_too_long``).
        """
        ...

    def open(self, user: str) -> str:
        """The channel id of our direct messages with ``user``: a user id (``U...``) or an e-mail address."""
        ...

    def group(self, name: str) -> str:
        """The id (``S...``) of the user group of this handle or id, to be called in a message.

        Raises:
            Refused: there is none, or it is disabled: nobody would hear of it.
        """
        ...
