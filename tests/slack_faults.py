"""How a call to the local Slack can go wrong. Values only; `slack_double` carries them out."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong. ``accept`` says whether Slack does what was asked all the same."""

    name: str
    accept: bool = False
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    """None is the true reply."""
    delivery: str = "whole"
    """whole, drop (no octet), cut (half of it), drip (an octet every 50 ms), hang (nothing, connection open)."""
    seconds: float = 0.0
    """How long the reply waits."""
    after: float = 0.0
    """How long Slack itself takes to do what was asked."""


def rate_limited(retry_after: str | int | None = 1) -> Fault:
    wait = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Fault("rate_limited", status=429, headers=wait, body=b'{"ok":false,"error":"ratelimited"}')


def status(code: int, *, accept: bool = False, body: bytes = b"<html>upstream broke</html>") -> Fault:
    return Fault(f"http_{code}", accept, code, (("Content-Type", "text/html"),), body)


def says(code: str, *, accept: bool = False) -> Fault:
    return Fault(code, accept, body=json.dumps({"ok": False, "error": code}).encode())


def drop(*, accept: bool = False) -> Fault:
    return Fault("drop", accept, delivery="drop")


def hang(seconds: float = 60, *, accept: bool = False) -> Fault:
    return Fault("hang", accept, delivery="hang", seconds=seconds)


def late(seconds: float) -> Fault:
    """Slack does it so much later that whoever asked may have given up, looked, and found nothing."""
    return Fault("late", accept=True, after=seconds)


def slow(seconds: float) -> Fault:
    return Fault("slow", accept=True, seconds=seconds)


def drip(*, accept: bool = True) -> Fault:
    return Fault("drip", accept, delivery="drip")


def html(*, accept: bool = False) -> Fault:
    return Fault("html", accept, 200, (("Content-Type", "text/html"),), b"<html><title>Sign in</title></html>")


def truncated(*, accept: bool = True) -> Fault:
    return Fault("truncated", accept, delivery="cut")


def body(octets: bytes, *, accept: bool = False) -> Fault:
    return Fault("body", accept, body=octets)
