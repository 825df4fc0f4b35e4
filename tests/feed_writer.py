"""Writes small feeds for tests: RSS, Atom and JSON Feed from the same plain posts."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    """A post in a feed. Empty means that the feed says nothing of it."""

    guid: str = ""
    link: str = ""
    author: str = "sample_customer_01"
    title: str = ""
    text: str = "My parcel is late."
    at: datetime | None = START
    answers: str = ""


def item(number: int, **changed: object) -> Item:
    """Post number so and so, a minute after the one before."""
    plain = {
        "guid": f"guid-{number}",
        "link": f"https://reviews.example/{number}",
        "text": f"Parcel {number} is late.",
        "at": START + timedelta(minutes=number),
    }
    return Item(**{**plain, **changed})  # type: ignore[arg-type]  # the names are its fields


def atom(*items: Item, author: str = "") -> str:
    """An Atom feed."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:thr="http://purl.org/syndication/thread/1.0"><title>Sample reviews</title>'
        + _tag("author", _tag("name", author), raw=True)
        + "".join(map(_atom_entry, items))
        + "</feed>"
    )


def _atom_entry(one: Item) -> str:
    return (
        "<entry>"
        + _tag("id", one.guid)
        + (f"<link href={quoteattr(one.link)}/>" if one.link else "")
        + _tag("author", _tag("name", one.author), raw=True)
        + _tag("title", one.title)
        + (f'<content type="html">{escape(one.text)}</content>' if one.text else "")
        + _tag("published", one.at.isoformat() if one.at else "")
        + (f"<thr:in-reply-to ref={quoteattr(one.answers)}/>" if one.answers else "")
        + "</entry>"
    )


def rss(*items: Item) -> str:
    """An RSS 2.0 feed."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:thr="http://purl.org/syndication/thread/1.0"><channel><title>Sample reviews</title>'
        + "".join(map(_rss_item, items))
        + "</channel></rss>"
    )


def _rss_item(one: Item) -> str:
    return (
        "<item>"
        + (f'<guid isPermaLink="false">{escape(one.guid)}</guid>' if one.guid else "")
        + _tag("link", one.link)
        + _tag("dc:creator", one.author)
        + _tag("title", one.title)
        + _tag("description", one.text)
        + _tag("pubDate", format_datetime(one.at) if one.at else "")
        + (f"<thr:in-reply-to ref={quoteattr(one.answers)}/>" if one.answers else "")
        + "</item>"
    )


def json_feed(*items: Item) -> str:
    """A JSON Feed 1.1."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Sample reviews",
            "items": [
                {
                    "id": one.guid,
                    "url": one.link,
                    "authors": [{"name": one.author}],
                    "title": one.title,
                    "content_html": one.text,
                    "date_published": one.at.isoformat() if one.at else None,
                    "_harken": {"reply_to": one.answers},
                }
                for one in items
            ],
        }
    )


def _tag(name: str, text: str, *, raw: bool = False) -> str:
    return f"<{name}>{text if raw else escape(text)}</{name}>" if text else ""
