"""An HTTP endpoint that takes mentions from anything that can send them: one JSON object, a JSON array or JSON lines.

Every request is signed as Standard Webhooks says (standardwebhooks.com), unless the inbox listens on loopback and is
told to take unsigned ones. It answers 2xx only once the mentions are committed. It speaks plain HTTP: for the world
outside, put a TLS proxy before it. It knows what it has taken only as long as a time stamp is good, and forgets it in a
restart; taking the same mention twice changes nothing.
"""

import hashlib
import ipaddress
import json
import logging
import os
import re
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from connectors import Accept, Batch, Context, Cure, SourceError, SourceSettings, _wire
from connectors._secrets import secret
from connectors._web import Answer, Web
from rules.durations import Duration, spell
from rules.model import Mention

_LOG = logging.getLogger(__name__)

_MENTIONS = 1_000
"""Most mentions in one request: they are one transaction."""
_TOLD = 100
"""Most mistakes named in one answer."""
_SIGNED_BY = ("webhook-id", "webhook-timestamp", "webhook-signature")
_LONGEST_ID = 256
_REMEMBERED = 100_000
"""Most webhook ids kept; about 20 MB."""
_COME_BACK = 30
"""Seconds after which a sender may try again what could not be committed."""


class Settings(SourceSettings):
    """The keys of a source of kind ``inbox``."""

    listen: str = Field("127.0.0.1:8787", description="address and port to listen on; port 0 takes any free one")
    path: str = Field("/mentions", pattern=r"^/[!-~]*$", description="path that takes mentions")
    secret_env: str | None = Field(None, description="environment variable with the signing secret (whsec_...)")
    secret_file: Path | None = Field(None, description="file with the signing secret, instead of secret_env")
    unsigned: bool = Field(False, description="take unsigned requests; on a loopback address only")
    max_bytes: int = Field(5_000_000, ge=1_000, le=100_000_000, description="largest request body")
    tolerance: Duration = Field(
        timedelta(minutes=5),
        ge=timedelta(seconds=1),
        le=timedelta(minutes=5),
        description="how far a request's time stamp may be off",
    )

    @field_validator("listen")
    @classmethod
    def _an_address(cls, listen: str) -> str:
        _address(listen)
        return listen

    @model_validator(mode="after")
    def _signed_or_local(self) -> Self:
        if (self.secret_env is not None) + (self.secret_file is not None) + self.unsigned != 1:
            raise ValueError("needs one of secret_env, secret_file, or unsigned = true on a loopback address")
        if self.unsigned and not _address(self.listen)[0].is_loopback:
            raise ValueError("takes unsigned requests on a loopback address only; set listen to 127.0.0.1:PORT")
        return self


def _address(listen: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    host, _, port = listen.rpartition(":")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise ValueError('is no address and port; write "127.0.0.1:8787" or "[::1]:8787"') from None
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) >= 1 << 16:
        raise ValueError("has no port between 0 and 65535; write it as in 127.0.0.1:8787")
    return address, int(port)


def connect(settings: Settings, context: Context) -> "InboxServer":
    """An inbox; opens nothing yet, but reads its secret.

    Raises:
        SourceError: the secret is missing or is none.
    """
    del context  # each mention says itself where it comes from
    return InboxServer(settings, None if settings.unsigned else Webhook(_secret(settings)))


def _secret(settings: Settings) -> str:
    cure = 'put a secret there, made with: echo "whsec_$(openssl rand -base64 24)"'
    found = secret("the inbox's secret", settings.secret_env, settings.secret_file, cure)
    try:
        Webhook(found)
    except (EmptyWebhookSecretError, ValueError) as broken:
        place = settings.secret_env or settings.secret_file
        raise SourceError(f"{place} holds no secret of Standard Webhooks; {cure}", cure=Cure.PERSON) from broken
    return found


class _RefusedError(Exception):
    """The request is not taken; the answer says why."""

    def __init__(self, status: str, error: str, headers: tuple[tuple[str, str], ...] = (), **more: object) -> None:
        super().__init__(error)
        self.answer = Answer(status, {"error": error, **more}, headers)


class InboxServer:
    """Listens for mentions and hands them over."""

    def __init__(self, settings: Settings, webhook: Webhook | None) -> None:
        self._settings = settings
        self._webhook = webhook
        self._taken = _Taken(2 * settings.tolerance.total_seconds())
        self._one_at_a_time = threading.Lock()
        self._web: Web | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._web.port if self._web else _address(self._settings.listen)[1]

    def start(self, accept: Accept) -> None:
        """Listen in threads of its own, and give what arrives to ``accept``.

        Raises:
            SourceError: it cannot listen there.
        """
        host, port = _address(self._settings.listen)
        try:
            family = socket.AF_INET6 if host.version == 6 else socket.AF_INET  # noqa: PLR2004 - the version's own number
            listening = socket.create_server((str(host), port), family=family)
        except OSError as broken:
            raise SourceError(
                f"cannot listen on {self._settings.listen} ({os.strerror(broken.errno or 0)}); "
                "free the port or set listen to another",
                cure=Cure.PERSON,
            ) from broken
        self._web = Web(listening, lambda asked, read: self._answer(asked, read, accept), self._settings.max_bytes)

    def close(self) -> None:
        """Finish the requests in hand, then stop. Safe to call again."""
        web, self._web = self._web, None
        if web is not None:
            web.close()

    def _answer(self, asked: Mapping[str, Any], read: Callable[[], bytes], accept: Accept) -> Answer:
        try:
            self._check_request(asked)
            body = read()
            if len(body) > self._settings.max_bytes:
                raise self._too_large()
            name = self._check_signature(asked, body)
            return self._take(name, body, accept)
        except _RefusedError as refused:
            return refused.answer

    def _check_request(self, asked: Mapping[str, Any]) -> None:
        if asked["PATH_INFO"] != self._settings.path:
            raise _RefusedError("404 Not Found", "there is nothing here; check the path")
        if asked["REQUEST_METHOD"] != "POST":
            raise _RefusedError("405 Method Not Allowed", "send mentions with POST", (("Allow", "POST"),))
        if asked.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise _RefusedError("415 Unsupported Media Type", "send the body uncompressed")
        if int(asked.get("CONTENT_LENGTH") or 0) > self._settings.max_bytes:
            raise self._too_large()

    def _too_large(self) -> _RefusedError:
        return _RefusedError("413 Content Too Large", f"send at most {self._settings.max_bytes} bytes at once")

    def _check_signature(self, asked: Mapping[str, Any], body: bytes) -> str:
        """The signed id of the request; empty where nothing is signed."""
        if self._webhook is None:
            return ""
        headers = {name: asked.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in _SIGNED_BY}
        if not all(headers.values()) or len(headers["webhook-id"]) > _LONGEST_ID:
            raise _unauthorised(
                f"the headers {', '.join(_SIGNED_BY)} are needed, the id at most {_LONGEST_ID} characters"
            )
        try:
            # how fresh a signature is can only be told by the clock on the wall, as the package itself does
            late = abs(time.time() - float(headers["webhook-timestamp"]))
            in_time = late <= self._settings.tolerance.total_seconds()
        except ValueError:
            in_time = False
        if not in_time:
            allowed = spell(self._settings.tolerance)
            raise _unauthorised(f"webhook-timestamp is no time within {allowed} of now; check the clocks on both sides")
        try:
            self._webhook.verify(body, headers, json_parse=False)
        except Exception as broken:  # the package lets slip whatever a crooked header makes its parsing raise
            raise _unauthorised(
                "webhook-signature fits neither this body nor this id and time; check the secret"
            ) from broken
        return str(headers["webhook-id"])

    def _take(self, name: str, body: bytes, accept: Accept) -> Answer:
        digest = hashlib.blake2s(body).digest()
        with self._one_at_a_time:
            before = self._taken.get(name)
            if name and before == digest:
                return Answer("200 OK", {"accepted": 0, "repeated": True})
            if name and before is not None:
                raise _RefusedError("409 Conflict", "this webhook-id came with another body before; give each its own")
            mentions = _mentions(body)
            try:
                accept(Batch(mentions))
            except Exception as broken:
                _LOG.warning(
                    "mentions that came in could not be committed; the sender is asked to come back", exc_info=True
                )
                raise _RefusedError(
                    "503 Service Unavailable",
                    "the mentions could not be stored; send them again later",
                    (("Retry-After", str(_COME_BACK)),),
                ) from broken
            if name:
                self._taken.put(name, digest)
        return Answer("200 OK", {"accepted": len(mentions)})


def _unauthorised(why: str) -> _RefusedError:
    return _RefusedError("401 Unauthorized", why, (("WWW-Authenticate", "StandardWebhooks"),))


def _mentions(body: bytes) -> tuple[Mention, ...]:
    """All mentions in ``body``, or every mistake in it."""
    found: list[Mention] = []
    mistakes: list[dict[str, object]] = []
    count = 0
    for index, read in enumerate(_parts(body)):
        count = index + 1
        if count > _MENTIONS:
            raise _RefusedError("413 Content Too Large", f"send at most {_MENTIONS} mentions at once")
        try:
            found.append(read())
        except _wire.WireError as wrong:
            mistakes.append({"index": index, "what": str(wrong)})
    if mistakes:
        said = f"{len(mistakes)} of {count} mentions are wrong, and none was taken"
        raise _RefusedError("422 Unprocessable Content", said, errors=mistakes[:_TOLD])
    if not body.strip():
        raise _RefusedError("422 Unprocessable Content", "the body is empty; send at least one mention", errors=[])
    return tuple(found)


def _parts(body: bytes) -> Iterable[Callable[[], Mention]]:
    """How to read each mention in ``body``: an array, one object over any number of lines, or an object a line."""
    try:
        whole = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        lines = (line for line in body.split(b"\n") if line.strip())
        return (lambda line=line: _wire.read(line) for line in lines)  # type: ignore[misc]  # bound now, not later
    values = whole if isinstance(whole, list) else [whole]
    return (lambda value=value: _wire.mention(value) for value in values)  # type: ignore[misc]  # bound now, not later


class _Taken:
    """The webhook ids that were committed, with a hash of what came under them, for as long as a time stamp is good."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ids: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()

    def get(self, name: str) -> bytes | None:
        """The hash of the body that came under ``name``."""
        now = time.monotonic()
        while self._ids:
            oldest = next(iter(self._ids))
            if self._ids[oldest][0] > now and len(self._ids) <= _REMEMBERED:
                break
            del self._ids[oldest]
        return self._ids.get(self._key(name), (0.0, None))[1]

    def put(self, name: str, digest: bytes) -> None:
        """Remember that ``name`` was committed."""
        self._ids[self._key(name)] = (time.monotonic() + self._seconds, digest)

    @staticmethod
    def _key(name: str) -> bytes:
        return hashlib.blake2s(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
