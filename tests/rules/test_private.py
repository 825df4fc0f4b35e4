"""What belongs to one person, and what only looks like it."""

import pytest

from rules import private
from rules.links import host, site, written


def found(spans: object, text: str) -> list[str]:
    return [text[start:end] for start, end in spans]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "mails"),
    [
        ("write to sample.customer.01@example.org.", ["sample.customer.01@example.org"]),
        ("(s+tag@mail.example.co.uk)", ["s+tag@mail.example.co.uk"]),
        ("help@example.org, Kundenservice@example.de, customer-service2@example.org", []),
        ("@sample_customer_01 and @sample@example.social", []),
        ("a@b", []),
        ("5 @ example.org", []),
    ],
)
def test_an_e_mail_address_of_a_desk_is_no_find(text: str, mails: list[str]) -> None:
    assert found(private.mails(text), text) == mails


@pytest.mark.parametrize(
    ("lang", "text", "phones"),
    [
        ("en", "call +49 151 23456789 now", ["+49 151 23456789"]),
        ("en", "07911 123456", ["07911 123456"]),
        ("en", "(212) 555-0187", ["(212) 555-0187"]),
        ("de", "0151 23456789", ["0151 23456789"]),
        ("de", "+43 664 1234567", ["+43 664 1234567"]),
        ("en", "0800 111 222", []),
        ("de", "0800 3301000", []),
        ("en", "order 4455667788 of 2026-11-25 at 14:00 for 1,299.00", []),
        ("en", "card 4111 1111 1111 1111", []),
        ("de", "IBAN DE89 3704 0044 0532 0130 00", []),
    ],
)
def test_a_phone_number_is_told_from_other_figures(lang: str, text: str, phones: list[str]) -> None:
    assert found(private.phones(text, lang), text) == phones


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("4111-1111-1111-1111!", ["4111-1111-1111-1111"]),
        ("378282246310005", ["378282246310005"]),
        ("4111 1111 1111 1112", []),
        ("0000 0000 0000 0000", []),
        ("12345678", []),
    ],
)
def test_a_card_is_known_by_its_check_digit(text: str, cards: list[str]) -> None:
    assert found(private.cards(text), text) == cards


@pytest.mark.parametrize(
    ("text", "accounts"),
    [
        ("DE89 3704 0044 0532 0130 00", ["DE89 3704 0044 0532 0130 00"]),
        ("to gb82west12345698765432 today", ["gb82west12345698765432"]),
        ("GB82 WEST 1234 5698 7654 32 by Friday", ["GB82 WEST 1234 5698 7654 32"]),
        ("DE89 3704 0044 0532 0130 01", []),
        ("AB12 CD34", []),
    ],
)
def test_an_account_is_known_by_its_check_digits_whatever_follows(text: str, accounts: list[str]) -> None:
    assert found(private.accounts(text), text) == accounts


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.org/a?b=c.", ["https://example.org/a?b=c"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("<HTTPS://Example.org>", ["HTTPS://Example.org"]),
        ("https:// and http://", []),
        ("http://[::1", []),
        ("example.org/help", []),
    ],
)
def test_a_written_link_ends_before_the_punctuation(text: str, links: list[str]) -> None:
    assert [link.url for link in written(text)] == links


@pytest.mark.parametrize(
    ("url", "whose"),
    [
        ("https://www.acme.co.uk/x", "acme.co.uk"),
        ("https://shop.ACME.co.uk./x", "acme.co.uk"),
        ("https://user@acme.com:8443/x", "acme.com"),
        ("https://sample.github.io/x", "sample.github.io"),
        ("https://m\u00fcnchen.example.de", "example.de"),
        ("http://192.0.2.7/x", "192.0.2.7"),
        ("http://localhost/x", "localhost"),
        ("http://", None),
        ("http://[::1", None),
        ("http://a..b/", None),
    ],
)
def test_a_site_is_what_somebody_has_registered(url: str, whose: str | None) -> None:
    assert site(url) == whose
    assert (host(url) is None) == (whose is None)
