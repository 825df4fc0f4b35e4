"""One server that speaks Mastodon's API, asked through Mastodon.py as one account of it.

Mastodon.py makes the requests. Its typed results are not used: they turn what has a wrong shape into None or leave it
as it is, rename ids, and ask more of the server than was asked of them (its timelines ask what the server allows
before every page). Its own low-level request gives the plain JSON, which is checked here post by post. It is told
neither to wait nor to read rate limits: one header in a wrong shape would be a failure.
"""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import requests
from mastodon import Mastodon

from connectors import Cure, SourceError
from connectors._http import Http, RefusedError
from connectors._mastodon_posts import Names, UnreadableError, ancestors_in, identified, mention_in
from connectors._walk import StaleError
from rules.model import Mention

NETWORK = "Mastodon"
POSTS = 40
"""Posts on one page: the most that servers give."""
_STUBBORN = 3
"""So often a conversation is asked for that the server cannot show, before it is done without."""
_AT_ONCE = 20
"""Posts that a server gives in one request by their ids."""
_CODES = requests.codes
GONE = frozenset({_CODES.not_found, _CODES.gone})
_ADVICE = {
    401: "it does not know our token, or wants one; make a new one under Preferences > Development",
    403: "our token may not read this; give it the scope read, and check that the account is not suspended",
    404: "there is nothing at this address; check base_url, and the names in responders",
    422: "it does not understand the request; check hashtags, queries and responders",
    429: "it takes 300 requests in five minutes; set every to a longer time",
}


class Server:
    """Answers in plain JSON, and what is made of a post by itself.

    Args:
        base_url: its address.
        timeout: most time for one answer.
        token: of our account.
        names: how people are called.
    """

    def __init__(self, base_url: str, timeout: timedelta, token: str, names: Names) -> None:
        self.http = Http(NETWORK, base_url=base_url, timeout=timeout, advice=_ADVICE)
        self._client = Mastodon(
            api_base_url=self.http.base_url,
            session=self.http.session,
            request_timeout=timeout.total_seconds(),
            ratelimit_method="throw",
            version_check_mode="none",
            user_agent="harken",
        )
        # given to the constructor, a token that happens to be the name of a file would be read from there
        self._client.access_token = token
        self._names = names
        self._accounts: dict[str, str] = {}
        """The ids of our accounts."""
        self._failed: dict[str, int] = {}
        """How often a conversation could not be shown."""
        self._by_ids = True
        """Whether the server gives several posts at once by their ids; old ones do not."""

    def ask(self, path: str, asked: Mapping[str, Any] | None = None) -> Any:
        """The plain JSON at ``path``.

        Raises:
            SourceError: there is none.
        """
        with self.http.telling():
            answer = self._client._Mastodon__api_request(  # type: ignore[attr-defined]  # noqa: SLF001 - the only way to plain JSON; see above
                "GET", path, dict(asked or {}), do_ratelimiting=False, return_response_object=True
            )
            return answer.json()

    def listed(self, path: str, asked: Mapping[str, Any], token: str | None) -> list[Any]:
        if token is not None and not identified(token):
            raise StaleError
        answer = self.ask(path, {**asked, "limit": POSTS, **({"max_id": token} if token else {})})
        if not isinstance(answer, list):
            raise SourceError(f"{NETWORK} sent an answer that is no list; check base_url")
        return answer

    def above(self, name: str) -> Mapping[str, str]:
        """The posts above one. A conversation that cannot be shown, even when asked again, has none."""
        try:
            above = ancestors_in(self.ask(f"/api/v1/statuses/{name}/context"))
        except RefusedError as refused:
            if refused.status == _CODES.too_many_requests:
                raise
            if refused.status >= _CODES.server_error:
                self._failed[name] = self._failed.get(name, 0) + 1
                if self._failed[name] < _STUBBORN:
                    raise
            above = {}
        self._failed.pop(name, None)
        return above

    def several(self, wanted: Sequence[str]) -> dict[str, Mention | None]:
        """Those of some posts that the server gives at once; None for one that is not public any more."""
        found: dict[str, Mention | None] = {}
        for start in range(0, len(wanted) if self._by_ids and len(wanted) > 1 else 0, _AT_ONCE):
            try:
                answer = self.ask("/api/v1/statuses", {"id[]": list(wanted[start : start + _AT_ONCE])})
            except RefusedError as refused:
                if refused.status >= _CODES.server_error or refused.status == _CODES.too_many_requests:
                    raise
                self._by_ids = False
                break
            for one in answer if isinstance(answer, list) else ():
                try:
                    found[identified(one.get("id")) if isinstance(one, dict) else ""] = mention_in(one, self._names)
                except UnreadableError:
                    continue
        return found

    def single(self, name: str) -> Mention | None:
        """A post as it is now; None where it is gone, or not public any more.

        Raises:
            SourceError: it could not be read.
        """
        try:
            found = self.ask(f"/api/v1/statuses/{name}")
        except RefusedError as refused:
            if refused.status in GONE:
                return None
            raise
        if isinstance(found, dict) and identified(found.get("id")) == name:
            with contextlib.suppress(UnreadableError):
                return mention_in(found, self._names)
        raise SourceError(f"{NETWORK} sent something else than the post asked for; check base_url")

    def id_of(self, name: str) -> str:
        """The id of one of our accounts, looked up once."""
        if name in self._accounts:
            return self._accounts[name]
        acct = self._names.here(name)
        try:
            found = [self.ask("/api/v1/accounts/lookup", {"acct": acct})]
        except RefusedError as refused:
            if refused.status not in GONE:
                raise
            answer = self.ask("/api/v1/accounts/search", {"q": acct, "limit": 5, "resolve": "true"})
            found = answer if isinstance(answer, list) else []
        for one in found:
            own = identified(one.get("id")) if isinstance(one, dict) else ""
            if own and self._names.of(one).casefold() == name.casefold():
                self._accounts[name] = own
                return own
        raise SourceError(
            f"{NETWORK} has no account {name!a}; set responders.mastodon to names such as acme or acme@other.example",
            cure=Cure.PERSON,
        )

    def forget(self, name: str) -> None:
        """Look one of our accounts up again before it is read."""
        self._accounts.pop(name, None)

    def scopes(self) -> Sequence[str]:
        """What the token allows, where the server says so."""
        try:
            found = self.ask("/api/v1/apps/verify_credentials")
        except RefusedError:
            return ()
        scopes = found.get("scopes") if isinstance(found, dict) else None
        named = [one for one in scopes if isinstance(one, str) and one.isascii()] if isinstance(scopes, list) else []
        return (f"scopes {' '.join(named)[:100]}",) if named else ()
