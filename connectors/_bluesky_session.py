"""XRPC, the AT Protocol's way to ask: logged in with an app password, and logged in again when the login runs out.

Tokens live in memory only. A refused password is not sent again and again: the network allows few logins a day.
"""

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors import Cure, SourceError
from connectors._http import Http, RefusedError

_REFUSED = 300.0
"""Seconds in which a refused login is not tried again."""
_WAIT = 4.0
"""Seconds to wait for another thread that is logging in."""
_UNAUTHORIZED = 401
BAD_REQUEST = 400
_EXPIRED = ('"ExpiredToken"', '"InvalidToken"')
_NOT_SERVED = frozenset({404, 501})
_NOT_SERVED_WORDS = ("XRPCNotSupported", "MethodNotImplemented", "MethodNotFound", "No service configured")


def not_served(refusal: RefusedError) -> bool:
    """Whether a server does not have the method at all, as a bare repository host says it."""
    return refusal.status in _NOT_SERVED or (
        refusal.status == BAD_REQUEST and any(word in refusal.said for word in _NOT_SERVED_WORDS)
    )


class Session:
    """One account at one server. Safe to use from several threads.

    Args:
        http: where it is.
        identifier: handle, DID or e-mail address of the account.
        password: an app password.
        appview: what the server is told to hand ``app.bsky.*`` on to; empty where it knows by itself.
    """

    def __init__(self, http: Http, identifier: str, password: str, appview: str = "") -> None:
        self.http = http
        self.handle = identifier
        """The account's handle, as the server says it once we are logged in."""
        self.did = ""
        self._identifier = identifier
        self._password = password
        self._appview = appview
        self._lock = threading.Lock()
        self._access = ""
        self._refresh = ""
        self._refusal: tuple[float, SourceError] | None = None

    def get(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """What a query answers.

        Raises:
            SourceError: nothing of use; ``RefusedError`` where the network said no.
        """
        access = self._access or self.login()
        try:
            return self._ask(method, params, access)
        except RefusedError as refusal:
            if not _ran_out(refusal):
                raise
        return self._ask(method, params, self.login(instead_of=access))

    def me(self) -> frozenset[str]:
        """Handle and DID of the account; asks for them once.

        Raises:
            SourceError: the server does not let us in.
        """
        if not self._access:
            self.login()
        return frozenset({self.handle.casefold(), self.did}) - {""}

    def again(self) -> None:
        """Log in anew.

        Raises:
            SourceError: the server does not let us in.
        """
        self.login(instead_of=self._access)

    def login(self, instead_of: str = "") -> str:
        """The access token to use instead of one that is not good any more.

        Raises:
            SourceError: the server does not let us in.
        """
        network = self.http.network
        if not self._lock.acquire(timeout=_WAIT):
            raise SourceError(f"{network} is being logged in to, which takes long; it is tried again")
        try:
            if self._access == instead_of:
                self._access = ""
                self._enter()
            return self._access
        finally:
            self._lock.release()

    def _ask(self, method: str, params: Mapping[str, Any], access: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access}"}
        if self._appview and method.startswith("app.bsky."):
            headers["atproto-proxy"] = self._appview
        answer = self.http.get(f"/xrpc/{method}", params, headers)
        if not isinstance(answer, dict):
            raise _strange(self.http)
        return answer

    def _enter(self) -> None:
        """Log in by the refresh token, or else by the password."""
        if self._refusal is not None and time.monotonic() < self._refusal[0]:
            again = self._refusal[1]
            raise SourceError(f"{again}", cure=again.cure, retry_after=again.retry_after) from again
        if self._refresh:
            refresh, self._refresh = self._refresh, ""
            try:
                return self._let_in("refreshSession", None, {"Authorization": f"Bearer {refresh}"})
            except RefusedError as refusal:
                if refusal.cure is Cure.RETRY:
                    self._refresh = refresh
                    raise
        try:
            return self._let_in("createSession", {"identifier": self._identifier, "password": self._password}, {})
        except SourceError as refusal:
            # not itself: what is refused here says nothing of the method that we wanted to ask
            failure = SourceError(f"{refusal}", cure=refusal.cure, retry_after=refusal.retry_after)
            if isinstance(refusal, RefusedError) and refusal.status in {BAD_REQUEST, _UNAUTHORIZED}:
                failure = SourceError(
                    f"{self.http.network} answered {refusal.status} to our login; check handle, make an app password "
                    "and put it where password_env or password_file says",
                    cure=Cure.PERSON,
                )
            wait = refusal.retry_after or timedelta(seconds=_REFUSED if failure.cure is Cure.PERSON else 0)
            self._refusal = (time.monotonic() + wait.total_seconds(), failure)
            raise failure from refusal

    def _let_in(self, method: str, body: Any, headers: Mapping[str, str]) -> None:
        answer = self.http.post(f"/xrpc/com.atproto.server.{method}", body, headers)
        tokens = [answer.get(name) for name in ("accessJwt", "refreshJwt")] if isinstance(answer, dict) else []
        if not tokens or not _is_token(tokens[0]):
            raise _strange(self.http)
        self._access, self._refresh = str(tokens[0]), str(tokens[1]) if _is_token(tokens[1]) else ""
        self.handle = answer["handle"] if isinstance(answer.get("handle"), str) else self.handle
        self.did = answer["did"] if isinstance(answer.get("did"), str) else self.did


def _ran_out(refusal: RefusedError) -> bool:
    return refusal.status == _UNAUTHORIZED or (
        refusal.status == BAD_REQUEST and any(word in refusal.said for word in _EXPIRED)
    )


def _is_token(token: object) -> bool:
    """Fit for a header."""
    return isinstance(token, str) and 0 < len(token) < 10_000 and token.isascii() and token.isprintable()  # noqa: PLR2004 - far more than any token


def _strange(http: Http) -> SourceError:
    return SourceError(
        f"{http.network} sent an answer of a shape that it never had; check base_url, or please report it",
        cure=Cure.RETRY,
    )
