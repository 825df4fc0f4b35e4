"""One account's posts as its repository lists them, for servers that have repositories and nothing of Bluesky.

The usual order is newest first. Some servers list the oldest first; of those, some can be asked for the reverse, and
the others are read forward from where the walk is to end.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from connectors import Cure, SourceError
from connectors._bluesky_listings import Found, Listing
from connectors._bluesky_posts import POSTS, key_at, of_records
from connectors._bluesky_session import BAD_REQUEST, Session
from connectors._http import RefusedError
from connectors._walk import NetworkSettings, StaleError
from rules.model import Mention


class Records:
    """The posts in one repository.

    Args:
        session: where it is.
        settings: how far to go back at first contact.
        account: whose it is.
    """

    def __init__(self, session: Session, settings: NetworkSettings, account: str) -> None:
        self._session, self._settings, self._account = session, settings, account
        self._reverse = False
        self._forward: str | None = None
        """What stands before the key in the cursor of a server that lists the oldest first and nothing else."""

    def __call__(self, floor: datetime | None, token: str | None) -> Found:
        """A page from the newest post down, or of a server that cannot do so, from ``floor`` up.

        Raises:
            StaleError: the token is not good any more.
            SourceError: it could not be read.
        """
        try:
            if self._forward is not None:
                return self._upward(floor, token)
            found = self._listed(floor, token)
            if (found.next or token) and not self._reverse and _ascends(found.posts.mentions):
                return self._turned(floor, found)
        except RefusedError as refusal:
            if refusal.status == BAD_REQUEST:
                raise unknown(self._account) from refusal
            raise
        return found

    def _turned(self, floor: datetime | None, found: Found) -> Found:
        """What a listing with the oldest first gives when it is turned round."""
        self._reverse = True
        try:
            return self._listed(floor, None)
        except RefusedError as refusal:
            if refusal.status != BAD_REQUEST:
                raise
        self._reverse = False
        key = found.posts.mentions[-1].id.rpartition("/")[2]
        if found.next is None or not found.next.endswith(key):
            raise StaleError  # of a walk that began before the last restart
        self._forward = found.next.removesuffix(key)
        return self._upward(floor, None)

    def _upward(self, floor: datetime | None, token: str | None) -> Found:
        """Every page up to the newest post; only there the walk may end, so no page says how far back it reaches."""
        if token is None and (now := self._session.http.now or floor) is not None:
            token = f"{self._forward}{key_at(floor or now - self._settings.max_age)}"
        found = self._listed(None, token)
        return replace(found, posts=replace(found.posts, oldest=None))

    def _listed(self, floor: datetime | None, token: str | None) -> Found:
        params = {"repo": self._account, "collection": POSTS, **({"reverse": "true"} if self._reverse else {})}
        take = partial(of_records, handle=self._account)
        return Listing(self._session, "com.atproto.repo.listRecords", "records", params, take)(floor, token)


def _ascends(mentions: Sequence[Mention]) -> bool:
    keys = [one.id.rpartition("/")[2] for one in mentions]
    return len(keys) > 1 and keys[0] < keys[-1]


def unknown(account: str) -> SourceError:
    """The failure that an account is not to be found."""
    return SourceError(
        f"Bluesky does not show the posts of {account}; correct its name in responders, or let it unblock us",
        cure=Cure.PERSON,
    )
