"""Where a text says when."""

import pytest

from rules.whens import whens


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        *(
            ("en", text)
            for text in (
                "by 3pm", "at 15:00", "by 3", "before noon", "within half an hour", "within the hour", "in 2 hours",
                "within 24 hours", "in the next few days", "in a couple of days", "within two working days",
                "later today", "tonight", "tomorrow morning", "by Friday", "next week", "by the end of the day",
                "by EOD", "in 10 mins", "on 25 November", "2026-11-25", "every hour", "within 3-5 business days",
            )
        ),
        *(
            ("de", text)
            for text in (
                "um 15 Uhr", "bis 15:30", "in zwei Stunden", "innerhalb von 24 Stunden", "in den nächsten 2 Stunden",
                "in den nächsten Tagen", "noch heute", "morgen früh", "bis Freitag", "nächste Woche", "Ende der Woche",
                "am 25.11.", "am 3. Dezember", "binnen 3 Werktagen", "in 10 Min",
            )
        ),
        ("fr", "15:30"),
    ],
)  # fmt: skip
def test_a_time_is_found(lang: str, text: str) -> None:
    assert list(whens(text, lang))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        *(
            ("en", text)
            for text in (
                "soon", "shortly", "as soon as possible", "in due course", "in a moment", "now", "we will let you know",
                "by 20 %", "at gate B", "order 12", "in minutes", "may we call", "for days",
            )
        ),
        *(("de", text) for text in ("in Kürze", "bald", "Guten Morgen", "so schnell wie möglich", "zeitnah")),
        ("fr", "demain"),
    ],
)  # fmt: skip
def test_what_nobody_can_count_on_is_no_time(lang: str, text: str) -> None:
    assert not list(whens(text, lang))
