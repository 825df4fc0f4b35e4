"""Files put below a message in Slack. One attempt, in Slack's three steps; only the last of them shows anything.

So whatever fails before it has certainly put nothing there, and whatever fails in it may have.
"""

import http.client
import ssl
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from monitor.slack import Doubtful, NotSent, Posted, replies
from monitor.slack.wire import exchange

FILES = "files:write"
"""The scope that our app needs for it."""

Call = Callable[[], AbstractContextManager[Any]]
"""Opens one call of Slack's: something with ``ask`` and the SDK's methods."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to be put below a message."""

    name: str
    title: str
    content: bytes
    described: str = ""
    """What a picture shows, for whoever cannot see it."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Puts files below messages.

    Args:
        call: opens one call of Slack's.
        tls: whom to trust.
        timeout: the longest that carrying one file may take.
    """

    call: Call
    tls: ssl.SSLContext
    timeout: timedelta

    def below(self, posted: Posted, files: Sequence[Attachment]) -> None:
        """Put ``files`` into the thread of a message, together.

        Raises:
            NotSent: nothing was put there.
            Paused: nothing was put there; Slack wants to be left alone for a while.
            LockedOut: nothing was put there; the token is no good.
            Doubtful: nobody knows.
            Refused: Slack does not want them; ``missing_scope`` where our app may not.
        """
        try:
            carried = [{"id": self._carried(one), "title": one.title} for one in files]
        except Doubtful as error:
            raise NotSent(str(error)) from error
        with self.call() as slack:
            slack.ask(
                slack.files_completeUploadExternal, files=carried, channel_id=posted.channel_id, thread_ts=posted.ts
            )

    def _carried(self, file: Attachment) -> str:
        """The id of ``file`` once its content is at Slack, where nobody sees it yet."""
        with self.call() as slack:
            reply = slack.ask(
                slack.files_getUploadURLExternal,
                filename=file.name,
                length=len(file.content),
                alt_txt=file.described or None,
            )
        name, address = replies.text(reply, "file_id"), replies.text(reply, "upload_url")
        if not address.startswith(("https://", "http://")):
            raise NotSent("Slack named no address to carry a file to")
        request = urllib.request.Request(  # noqa: S310 - looked at above
            address, file.content, {"Content-Type": "application/octet-stream"}, method="POST"
        )
        deadline = time.monotonic() + self.timeout.total_seconds()
        try:
            answer = exchange(request, tls=self.tls, deadline=deadline, reached=lambda: None)
        except (OSError, http.client.HTTPException) as error:
            raise NotSent(f"a file could not be carried to Slack ({error})") from error
        if answer.status != HTTPStatus.OK:
            raise NotSent(f"Slack took no file: HTTP {answer.status}")
        return name
