"""Where a text says when: a time of day, a day, a date, a length of time. Resolves none of them and promises nothing.

"Soon", "shortly" and "as soon as possible" say nothing a customer can count on, and are no find.
"""

import re
from collections.abc import Iterator

_NUMBER_EN = r"""(?:\d{1,3}(?:\s?(?:-|\u2013|to)\s?\d{1,3})?
    |an?|one|two|three|four|five|six|seven|ten|twelve|half\san|a\sfew|a\scouple\sof|the\snext\s(?:few|couple\sof))"""
_NUMBER_DE = r"""(?:\d{1,3}(?:\s?(?:-|\u2013|bis)\s?\d{1,3})?
    |eine[rnm]?|zwei|drei|vier|fünf|sechs|sieben|zehn|zwölf|einigen|wenigen|paar)"""
_DAY_EN = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DAY_DE = r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
_MONTH = r"(?:jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|mär)[a-zä]*"
_WHEN = {
    "en": rf"""
        \b(?:with)?in\s(?:the\snext\s|about\s|around\s)?{_NUMBER_EN}\s?(?:working\s|business\s)?
            (?:m(?:in(?:ute)?s?)?|h(?:ours?|rs?)?|days?|weeks?)\b
      | \b(?:in|over|within|for)\sthe\snext\s(?:few\s|couple\sof\s|{_NUMBER_EN}\s?)?
            (?:minutes?|hours?|(?:working\s|business\s)?days?|week)\b
      | \b(?:later\s)?(?:today|tonight|tomorrow)\b
      | \b(?:this|next|tomorrow)\s(?:morning|afternoon|evening|week(?:end)?|month|{_DAY_EN})\b
      | \b{_DAY_EN}s?\b
      | \bevery\s(?:\d+\s)?(?:minutes?|hours?|day)\b
      | \b(?:by\s(?:the\s)?)?(?:end\sof\s(?:the\s|this\s)?(?:day|week|month)|close\sof\sbusiness)\b
      | \bwithin\sthe\s(?:hour|day|week)\b
      | \b(?:by|before|at|around|until)\s(?:eod|cob|noon|midnight|lunch(?:time)?)\b
      | \b\d{{1,2}}(?:[:.]\d\d)?\s?[ap]\.?m\b
      | \b(?:by|before|until|till|at)\s\d{{1,2}}(?::\d\d)?\b(?!\s?%)
      | \b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}\b | \b{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b
    """,
    "de": rf"""
        \b(?:in(?:nerhalb)?|binnen)\s(?:von\s|der\snächsten\s|den\snächsten\s|etwa\s|ca\.\s)?{_NUMBER_DE}\s?
            (?:min(?:uten?)?|h|std|stunden?|(?:werk)?tage?n?|wochen?)\b
      | \b(?:in|innerhalb)\s(?:den|der)\snächsten\s(?:{_NUMBER_DE}\s)?(?:minuten|stunden|tagen?|wochen?)\b
      | \b(?<!guten\s)(?:noch\s)?(?:heute|morgen|übermorgen)\b
      | \b(?:diese|nächste|kommende)[rn]?\s(?:woche|monat|wochenende|{_DAY_DE})\b
      | \b(?:{_DAY_DE})s?\b
      | \bende\s(?:der|dieser|nächster)\swoche\b
      | \b\d{{1,2}}(?:[:.]\d\d)?\s?uhr\b
      | \b\d{{1,2}}\.\s?(?:\d{{1,2}}\.|{_MONTH}\b)
    """,
    "any": r"\b\d{4}-\d\d-\d\d\b | \b\d{1,2}:\d\d\b | \b\d{1,3}\s?(?:h|hrs?|std)\b",
}
_SOUGHT = {lang: re.compile(f"{pattern}|{_WHEN['any']}", re.IGNORECASE | re.VERBOSE) for lang, pattern in _WHEN.items()}


def whens(text: str, lang: str) -> Iterator[tuple[int, int]]:
    """Where ``text`` says when, in ``lang`` or in figures that need none."""
    for found in _SOUGHT.get(lang, _SOUGHT["any"]).finditer(text):
        yield found.span()
