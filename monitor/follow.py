"""Follows a link that we have published, as far as a customer's browser would, and says where it led.

HEAD first, GET where a server will not answer that; five redirects at most, and of each body nothing. Every address is
checked when it is connected to, on every hop, so that neither a redirect nor a name that resolves differently a second
time leads inside; no cookies, no proxies, no secrets. It decides nothing about what it finds (see ``rules.slips``).
"""

import contextlib
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests

from connectors import Cure, SourceError
from connectors._fetch import Session, Transport, Watch, failures, shown
from rules.slips import Checked

_HOPS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_NOT_TO_HEAD = range(400, 600)
"""Some servers answer HEAD with an error and GET with the page."""
_SENT = {"User-Agent": "Harken (+link check)", "Accept": "*/*", "Accept-Encoding": "identity"}
TIMEOUT = timedelta(seconds=15)


def follow(url: str, *, allow_private: bool = False, timeout: timedelta = TIMEOUT) -> Checked:
    """What comes of following ``url``, within ``timeout`` for all of it.

    Args:
        url: where to begin.
        allow_private: addresses that are not on the public internet are fine. For tests, whose servers are here.
        timeout: most time for everything together.
    """
    here = url
    with contextlib.closing(Watch(timeout)) as watch, Session() as session:
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.mount_everywhere(Transport(watch, allow_private=allow_private))
        try:
            for _ in range(_HOPS + 1):
                status, leads = _once(session, here, watch)
                if status not in _MOVED:
                    return Checked(url, status, here)
                there = _next(here, leads)
                if there is None:
                    return Checked(url, status, here, why="redirects to something that is no web address")
                here = there
        except SourceError as error:
            return Checked(url, final=here, why=_why(here, url, error), passing=error.cure is not Cure.PERSON)
    return Checked(url, final=here, why=f"redirects more than {_HOPS} times")


def _once(session: requests.Session, url: str, watch: Watch) -> tuple[int, str]:
    """Status, and where it redirects to.

    Raises:
        SourceError: there is no answer.
    """
    with failures(shown(url), watch, slow="it is tried again"):
        try:
            answer = _asked(session, "HEAD", url, watch)
        except requests.ConnectionError:
            watch.left()
            return _asked(session, "GET", url, watch)
        return _asked(session, "GET", url, watch) if answer[0] in _NOT_TO_HEAD else answer


def _asked(session: requests.Session, how: str, url: str, watch: Watch) -> tuple[int, str]:
    sent = session.request(how, url, headers=_SENT, stream=True, allow_redirects=False, timeout=watch.left() + 1)
    with contextlib.closing(sent):
        return sent.status_code, sent.headers.get("Location", "")


def _next(here: str, location: str) -> str | None:
    try:
        there = urljoin(here, location)
        usable = bool(location) and urlsplit(there).scheme in {"http", "https"} and bool(urlsplit(there).hostname)
    except ValueError:
        return None
    return there if usable else None


def _why(here: str, url: str, error: SourceError) -> str:
    """What is wrong, without whom it is about, unless a redirect led there."""
    what = str(error).partition("; ")[0]
    if "not on the public internet" in what:
        what = f"{shown(here)} leads to an address that is not on the public internet"
    return what.removeprefix(f"{shown(here)} ") if here == url else what
