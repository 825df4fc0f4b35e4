"""What in a text belongs to one person: e-mail addresses, phone numbers, cards and bank accounts, and where they stand.

Finds by form and check digit, through libraries that know them; asks nobody whether they exist. Toll-free and shared
numbers are a company's and no find, and so are e-mail addresses of a desk, such as ``help@``.
"""

import re
from collections.abc import Iterator

from stdnum import iban, luhn

Span = tuple[int, int]
"""Where something starts and ends, in characters."""

_MAIL = re.compile(r"(?<![\w.+@-])([\w.+-]{1,64})@((?:[\w-]{1,63}\.){1,5}[a-z]{2,24})(?![\w@-])", re.IGNORECASE)
_DESKS = frozenset(
    """care contact customerservice datenschutz feedback hallo hello help hilfe info kontakt kundenservice legal office
    orders post press presse privacy returns sales service support team versand widerruf""".split()  # noqa: SIM905 - a paragraph reads better than a list
)
_DIGITS = re.compile(r"(?<![\w.,/-])\d(?:[ -]?\d){12,18}(?![\w-])")
_ACCOUNT = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)", re.IGNORECASE)
_REGIONS = {"de": ("DE", "AT", "CH")}
_ELSEWHERE = ("GB", "US")
"""Whose numbers are read that name no country."""


def mails(text: str) -> Iterator[Span]:
    """E-mail addresses of people."""
    for found in _MAIL.finditer(text):
        if re.sub(r"[\W_\d]", "", found[1].lower()) not in _DESKS:
            yield found.span()


def phones(text: str, lang: str) -> Iterator[Span]:
    """Phone numbers of people, as they are written where ``lang`` is spoken, or with the country in front."""
    import phonenumbers  # noqa: PLC0415 - most runs never need it, and it takes its time

    companies = {
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.UAN,
    }
    taken = [*cards(text), *accounts(text)]
    for region in _REGIONS.get(lang, _ELSEWHERE):
        for found in phonenumbers.PhoneNumberMatcher(text, region):
            span = found.start, found.end
            written = text[found.start : found.end]
            # A bare run of digits is an order number far more often.
            bare = written.isdigit() and not written.startswith("0")
            if bare or any(_meet(span, other) for other in taken):
                continue
            taken.append(span)
            if phonenumbers.number_type(found.number) not in companies:
                yield span


def cards(text: str) -> Iterator[Span]:
    """Numbers of payment cards."""
    for found in _DIGITS.finditer(text):
        number = re.sub(r"[ -]", "", found[0])
        if number[0] in "23456" and luhn.is_valid(number):
            yield found.span()


def accounts(text: str) -> Iterator[Span]:
    """Bank accounts: IBANs, written together or in groups."""
    for found in _ACCOUNT.finditer(text):
        # The words behind one may look like more of it.
        ends = [found.end(), *(found.start() + gap.start() for gap in re.finditer(" ", found[0]))]
        end = next((end for end in sorted(ends, reverse=True) if _account(text[found.start() : end])), None)
        if end is not None:
            yield found.start(), end


def _account(written: str) -> bool:
    return iban.is_valid(written.replace(" ", ""), check_country=False)


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
