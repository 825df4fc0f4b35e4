"""The far end of a feed: a web server that shows every post as Atom."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from feed_writer import Item, atom
from web_double import Handler, WebDouble, bomb, zipped

from connectors import load
from connectors.testing import posts
from rules.model import Mention


class FeedStage:
    """Serves a growing feed, newest post first."""

    module = load("feed")
    edits = True
    overlaps = False
    posts = staticmethod(posts)

    def __init__(self, web: WebDouble) -> None:
        self._web = web
        self._items: dict[str, Item] = {}
        self.settings = {"url": web.url(), "allow_private": True, "timeout": "1s", "max_bytes": 100_000}

    def publish(self, mentions: Sequence[Mention]) -> None:
        for one in mentions:
            self._items[one.id] = Item(one.id, one.id, one.author, "", one.text, one.posted_at, one.reply_to or "")
        self._web.serve(atom(*reversed(self._items.values())))

    def show(self, payload: bytes) -> None:
        self._web.serve(payload, kind="text/xml; charset=utf-8")

    def hostile(self) -> Iterator[str]:
        whole = atom(*(Item(guid=f"{n}", text="late " * 20) for n in range(20))).encode()
        for status in (204, 301, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503):
            self._web.serve(b"<html>no</html>", status=status)
            yield f"status {status}"
        bodies = [
            b"",
            b"\0",
            b"<html><body>Hi</body></html>",
            b"{",
            b"[]",
            b"null",
            b"\xff\xfe\x00",
            b"<rss>",
            b"\x1f\x8b",
        ]
        for body in [*bodies, whole[:-200], whole[100:], whole.replace(b"e", b"\0"), bytes(200_000)]:
            self._web.serve(body)
            yield f"body {body[:20]!r}"
        for packed in (b"no gzip", zipped(whole)[:-30], bomb(50)):
            self._web.serve(packed, Content_Encoding="gzip")
            yield "gzip"
        self._web.answers["/feed.xml"] = _silent
        yield "silence"
        self._web.answers["/feed.xml"] = lambda handler: handler.raw(b"no http at all\r\n\r\n")
        yield "another protocol"


def _silent(handler: Handler) -> None:
    handler.stopping.wait(10)


@contextmanager
def stage(folder: Path) -> Iterator[FeedStage]:
    """A stage for one test."""
    del folder
    with WebDouble() as web:
        yield FeedStage(web)
