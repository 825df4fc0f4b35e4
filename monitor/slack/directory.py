"""Who and what is in Slack: people, user groups, channels, the app's own sockets. Looks up; posts nothing.

Slack takes a direct message to somebody who was deactivated without a word, so nobody is written to unasked.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from monitor.slack import Refused, replies

_PAGE: Final = 1000
_PAGES: Final = 10

_CURES: Final = {
    "users_not_found": "nobody active has that address in Slack; write the one they use there, or their user id",
    "user_not_found": "nobody in Slack has that id; copy the member id from their profile",
    "user_disabled": "they were deactivated, or are an app; name somebody else",
    "no_such_subteam": "there is no such user group; write its handle as Slack shows it after the @",
    "subteam_disabled": "that user group is disabled; enable it in Slack, or name another",
    "plan_upgrade_required": "this workspace has no user groups; name people or channels instead",
    "channel_not_found": 'our app sees no such channel; make it, and type "/invite @{app}" there',
    "not_in_channel": 'it is there, but our app is not in it; type "/invite @{app}" there',
    "is_archived": "it is archived; unarchive it, or name another channel",
    "missing_scope": "nobody can tell without the scope that is missing; add it and install the app again",
}
"""What to do about each of Slack's refusals; ``{app}`` is our app's name."""

Call = Callable[[], AbstractContextManager[Any]]
"""Opens one call of Slack's: something with ``ask`` and the SDK's methods."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person, as Slack knows them."""

    id: str
    name: str
    active: bool = True
    """They can read what they are sent: not deactivated, and no app."""
    guest: bool = False
    """They see only the channels they were invited to."""


@dataclass(frozen=True, slots=True)
class Group:
    """A user group, as Slack knows it."""

    id: str
    handle: str
    """What people type after the @."""
    active: bool = True
    """Disabled groups are kept by Slack, and call nobody."""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, as Slack knows it."""

    id: str
    name: str
    joined: bool
    """Our app is in it."""
    archived: bool = False


def cure(refused: Refused, app: str = "harken") -> str:
    """What a refusal means, and what to do about it; ``app`` is what our app is called."""
    known = _CURES.get(refused.code)
    return str(refused) if known is None else known.format(app=app)


class Directory:
    """Asks Slack who is who. Every method raises `SlackError`.

    Args:
        call: opens one call.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def member(self, place: str) -> Member:
        """Whoever has this user id or e-mail address.

        Raises:
            Refused: nobody has it (``users_not_found`` also where they were deactivated, ``user_not_found``), or our
                token may not look people up.
        """
        with self._call() as slack:
            if "@" in place:
                reply = slack.ask(slack.users_lookupByEmail, email=place)
            else:
                reply = slack.ask(slack.users_info, user=place)
        found = replies.table(reply, "user")
        gone = bool(found.get("deleted")) or bool(found.get("is_bot"))
        guest = bool(found.get("is_restricted")) or bool(found.get("is_ultra_restricted"))
        return Member(replies.text(found, "id"), str(found.get("name") or ""), active=not gone, guest=guest)

    def active(self, place: str) -> str:
        """The user id of somebody who can read what they are sent.

        Raises:
            Refused: as `member`, or they were deactivated (``user_disabled``).
        """
        found = self.member(place)
        if not found.active:
            raise Refused("user_disabled", "they were deactivated, or are an app")
        return found.id

    def door(self, app_token: str) -> None:
        """See whether an app token (``xapp-...``) may open a socket; opens none.

        Raises:
            LockedOut: it may not.
        """
        with self._call() as slack:
            replies.text(slack.ask(slack.apps_connections_open, app_token=app_token), "url")

    def groups(self) -> list[Group]:
        """Every user group, disabled ones as well.

        Raises:
            Refused: our token may not list them, or the workspace has none (``plan_upgrade_required``).
        """
        with self._call() as slack:
            reply = slack.ask(slack.usergroups_list, include_disabled=True)
        return [
            Group(replies.text(row, "id"), str(row.get("handle") or ""), active=not row.get("date_delete"))
            for row in replies.rows(reply, "usergroups")
        ]

    def group(self, name: str) -> str:
        """The id of the group with this handle or id.

        Raises:
            Refused: there is none (``no_such_subteam``), or it is disabled (``subteam_disabled``).
        """
        for found in self.groups():
            if name in (found.handle, found.id):
                if found.active:
                    return found.id
                raise Refused("subteam_disabled", "somebody disabled that user group")
        raise Refused("no_such_subteam", "there is no user group of that handle")

    def channel(self, channel_id: str) -> Place:
        """The channel of this id.

        Raises:
            Refused: there is none that our app can see (``channel_not_found``).
        """
        with self._call() as slack:
            found = replies.table(slack.ask(slack.conversations_info, channel=channel_id), "channel")
        return _place(found, channel_id)

    def public(self, name: str) -> Place | None:
        """The public channel called ``#name``; None where there is none, as far as the first ten thousand go."""
        cursor: str | None = None
        with self._call() as slack:
            for _ in range(_PAGES):
                reply = slack.ask(slack.conversations_list, types="public_channel", limit=_PAGE, cursor=cursor)
                for row in replies.rows(reply, "channels"):
                    if f"#{row.get('name')}" == name:
                        return _place(row, replies.text(row, "id"))
                cursor = replies.more(reply).get("next_cursor")
                if not cursor:
                    break
        return None


def _place(row: dict[str, Any], channel_id: str) -> Place:
    joined, archived = bool(row.get("is_member")), bool(row.get("is_archived"))
    return Place(channel_id, str(row.get("name") or ""), joined=joined, archived=archived)
