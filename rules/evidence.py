"""What of a post the scorer weighs: its tokens, how it looks and sounds, its runs of words, and to whom it speaks.

One pass over masked text, shared by scoring and by training, so that both see the same. It knows no weights, keeps no
post, and never looks at what an account is called further than whether that looks like a company's.
"""

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rules.text import BRAND, HANDLE, LINK

# One alternative per kind of token and no nested repeats: time is linear in the text.
_CHUNK = re.compile(
    r"pic\.twitter\.com/\S+"
    r"|[$\u00a3\u20ac\u20b9]?[A-Za-z0-9]+(?:[.,:][0-9][0-9A-Za-z]*)*"
    r"|[!?]+|\.\.+"
    r"|[:;=]-?(?:[()|]+|[pPdD]\b)|:-?/\B"
    r"|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_CLOCK = re.compile(r"[0-9]{1,2}(?:[:.][0-9][0-9])?(?:am|pm)|[0-9]{1,2}[:.][0-9][0-9]")
_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*|[.,:]")
_CURRENCIES = frozenset(("dollar", "dollars", "bucks", "pound", "pounds", "quid", "euro", "euros", "rupees"))
_CURRENCIES |= frozenset(("gbp", "usd", "eur", "inr"))
_APOSTROPHES = {ord("'"): None, ord("`"): None}
_CODE = 5
"""Digits from which a number is an order's or a ticket's."""
_ASCII = 127
_EMOJI = (
    dict.fromkeys("😡😠🤬😤😒🙄😞😔😢😭😩😫😣😖☹🙁😕👎💔😑😐🤦😪😓😥😰🤮🤢😾", "xneg")
    | dict.fromkeys("😊😀😃😄😁😍🥰😘❤💕💖👍🙏🎉✨🤗👏💙💚💛💜🧡☺🙂😎💯🥳🤩♥", "xpos")
    | dict.fromkeys("😂🤣😆😅😹", "xlol")
)
_SUPPORT = re.compile(r"care|help|support|service|cust|ask|assist|answers|team")
_BUSINESS = re.compile(
    r"_(?:uk|us|usa|in|ca|au|eu|ie|de|global|official|social)$"
    r"|(?:uk|usa|hq|app|air|airlines?|airways|bank|mobile|store|shop|stores|rail|trains?|railway|bus|news|games?|tv"
    r"|media|power|energy|insurance|hotels?|online|official|telecom|broadband|corp|inc|tech|india|cosmetics"
    r"|foods?|inn|mart|depot|express|motors?|grid|buy|burgers?|pizza|coffee|gas|water|pay|cards?|group)$"
)
THING = "xthing"
_THINGS = frozenset(
    """phone phones laptop computer pc tablet tv console printer watch headphones earphones camera charger battery
    screen app apps website site account email order orders package packages parcel parcels delivery item items product
    products shoes shoe trainers dress shirt jacket jeans coat bag bags luggage suitcase flight flights plane planes
    train trains bus buses tram ticket tickets seat seats booking reservation hotel room car driver store stores shop
    shops bank card cards bill bills contract tariff plan broadband internet wifi network signal power electricity gas
    water food meal pizza coffee burger restaurant game games update software drivers subscription membership voucher
    code gift airport station gate city line route terminal airline airlines album song songs music playlist video
    videos channel""".split()  # noqa: SIM905 - a paragraph reads better than a list
)
"""What people complain about differs from one business to the next; that they complain of it does not."""

NUMBERS = (
    "length",
    "words_le3",
    "words_le7",
    "words_ge20",
    "caps",
    "shout",
    "excl_count",
    "question_count",
    "handles",
    "hashes",
    "elongated",
    "stops",
    "digits",
    "low_start",
    "end_stop",
    "newline",
    "quote",
    "signs_ge1",
    "signs_ge2",
    "signs_ge3",
    "signs_ge5",
    "signs_ge8",
    "signs_log",
    "q_only",
    "thanks_only",
    "praise_only",
    "info_only",
    "reply_only",
    "thanks_signs",
    "praise_signs",
    "q_signs",
    "info_signs",
    "short_only",
    "excl_only",
    "thanks_praise",
    "q_please",
    "q_signs_ge3",
    "tone_cold",
    "tone_warm",
)
"""The numbers of a post, in the order in which ``numbers`` gives them."""
SIGNS = slice(NUMBERS.index("signs_ge1"), NUMBERS.index("signs_log") + 1)
"""The numbers that count signs of a complaint."""
SOUND = slice(NUMBERS.index("tone_cold"), NUMBERS.index("tone_warm") + 1)
"""The numbers that tell of the tone."""
ADDRESS = (
    "to_support",
    "to_support_first",
    "to_business",
    "to_person_digit",
    "to_person_underscore",
    "to_many",
    "to_first",
)
"""What the accounts that a post names look like, in the order in which ``address`` gives it."""
ABOUT_HANDLES = frozenset(("no_user", "user_first", "user_mid", "user_multi", "handles"))
"""Cues and numbers that tell of accounts: they say to whom a post speaks, not what it says."""
START_OF_POST, END_OF_POST = "<s>", "</s>"
_COLD = -0.3
"""A tone up to here is a sign of a complaint."""


class _Shape(NamedTuple):
    """What one chunk of text becomes."""

    tokens: tuple[str, ...]
    words: int = 0
    capitals: int = 0
    digits: int = 0
    drawn_out: bool = False
    low: bool = False


class Post(NamedTuple):
    """A text as the scorer reads it."""

    tokens: list[str]
    """Words in lower case without apostrophes; amounts, times, codes, emoji, accounts and links by their kind."""
    looks: list[float]
    """The first of ``NUMBERS``."""
    words: int

    @property
    def line(self) -> str:
        """The tokens with one space between them and one at both ends: what cues are sought in."""
        return f" {' '.join(self.tokens)} "


_MASKS = {BRAND: _Shape(("xuser",)), HANDLE: _Shape(("xuser",)), LINK: _Shape(("xurl",))}


def _squeezed(word: str) -> tuple[str, bool]:
    """``soooo`` -> ``soo`` and whether anything was drawn out."""
    kept: list[str] = []
    run, last, drawn_out = 0, "", False
    for letter in word:
        run = run + 1 if letter == last else 1
        last = letter
        if run <= 2:
            kept.append(letter)
        else:
            drawn_out = True
    return "".join(kept), drawn_out


def _sign(chunk: str) -> _Shape | None:
    """The shape of a chunk that is no word."""
    first = chunk[0]
    if first in "!?":
        other = "?" if first == "!" else "!"
        return _Shape((first + (other if other in chunk else "") + ("+" if len(chunk) > 1 else ""),))
    if first == ".":
        return _Shape(("..",))
    if first in ":;=":
        return _Shape(("xneg" if chunk[-1] in "(|/" else "xpos",))
    if ord(first) > _ASCII and not chunk[1:]:
        kind = _EMOJI.get(first)
        return _Shape((kind,) if kind else ())
    return None


@lru_cache(maxsize=20_000)
def _shape(chunk: str) -> _Shape:
    known = _MASKS.get(chunk) or _sign(chunk)
    if known is not None:
        return known
    if "/" in chunk:
        return _MASKS[LINK]
    low = chunk.lower()
    if low.isalpha():
        word, drawn_out = _squeezed(low)
        capitals = int(len(chunk) > 2 and chunk.isupper())
        return _Shape((word,), 1, capitals, 0, drawn_out, chunk[0].islower())
    digits = sum(map(str.isdigit, low))
    kind = (
        "xmoney" if not low[0].isalnum() else "xtime" if _CLOCK.fullmatch(low) else "xcode" if digits >= _CODE else ""
    )
    if kind:
        return _Shape((kind,), digits=digits)
    parts = _NUMBER.sub(lambda found: " 0 " if found[0][0].isdigit() else " ", low).split()
    said = sum(part != "0" for part in parts)
    return _Shape(tuple(_squeezed(part)[0] for part in parts), said, 0, digits, low=chunk[0].islower())


def read(masked: str) -> Post:
    """The tokens and the looks of clean, masked text."""
    if masked.isascii():
        plain = masked.translate(_APOSTROPHES) if "'" in masked or "`" in masked else masked
    else:
        parted = unicodedata.normalize("NFKD", masked).translate(_APOSTROPHES)
        plain = "".join(sign for sign in parted if not unicodedata.combining(sign))
    tokens: list[str] = []
    words = capitals = digits = 0
    drawn_out, low = False, None
    for said, new, loud, figures, drawn, small in map(_shape, _CHUNK.findall(plain)):
        tokens += said
        digits += figures
        if new:
            words += new
            capitals += loud
            drawn_out = drawn_out or drawn
            if low is None:
                low = small
    if digits:
        tokens = _amounts_and_times(tokens)
    handles = tokens.count("xuser")
    last = plain.rstrip()[-1:]
    return Post(
        tokens,
        [
            min(words, 40) / 20,
            float(words <= 3),
            float(words <= 7),
            float(words >= 20),
            min(capitals, 5) / 3,
            float(words > 3 and capitals > 0.6 * words),
            min(plain.count("!"), 4) / 3,
            min(plain.count("?"), 3) / 2,
            min(handles, 4) / 3,
            min(plain.count("#"), 4) / 3,
            float(drawn_out),
            min(plain.count("."), 5) / 4,
            min(digits, 12) / 8,
            float(bool(low)),
            float(last != "" and last in ".!"),
            float("\n" in plain),
            float('"' in plain),
        ],
        words,
    )


def _amounts_and_times(tokens: list[str]) -> list[str]:
    """``0 dollars`` and ``rs 0`` are amounts, ``0 pm`` is a time."""
    merged: list[str] = []
    for word in tokens:
        last = merged[-1] if merged else ""
        if (last == "0" and word in _CURRENCIES) or (last == "rs" and word == "0"):
            merged[-1] = "xmoney"
        elif last == "0" and word in ("am", "pm"):
            merged[-1] = "xtime"
        else:
            merged.append(word)
    return merged


def cold(tone: float) -> int:
    """1 where the tone counts as a sign of a complaint itself."""
    return int(tone <= _COLD)


def numbers(post: Post, cues: Collection[str], signs: int, tone: float) -> list[float]:
    """``NUMBERS`` of a post, given the names of the cues that hit, how many of them are signs, and the tone."""
    return [*post.looks, *_together(post.words, cues, signs), max(0.0, -tone), max(0.0, tone)]


@lru_cache(maxsize=256)
def counts(signs: int) -> tuple[float, ...]:
    """The numbers that count signs of a complaint: at least 1, 2, 3, 5, 8, and many."""
    return (*(float(signs >= least) for least in (1, 2, 3, 5, 8)), math.log1p(signs))


def _together(words: int, cues: Collection[str], signs: int) -> list[float]:
    """What counts only in company."""
    none, two = signs == 0, signs >= 2
    question, thanks, praise = "q_end" in cues, "thanks" in cues, "praise" in cues
    info = "ask_info" in cues
    return [
        *counts(signs),
        float(none and question),
        float(none and thanks),
        float(none and praise),
        float(none and info),
        float(none and "reply_short" in cues),
        float(two and thanks),
        float(two and praise),
        float(two and question),
        float(two and info),
        float(none and words <= 7),
        float(none and "excl" in cues),
        float(thanks and praise),
        float(question and "please" in cues),
        float(question and signs >= 3),
    ]


def address(handles: Sequence[str], post: Post) -> list[float]:
    """To whom a post speaks, by the look of the accounts it names (lower case, without ``@``)."""
    if not handles:
        return [0.0] * len(ADDRESS)
    support = [bool(_SUPPORT.search(handle)) for handle in handles]
    business = [bool(_BUSINESS.search(handle)) for handle in handles]
    strangers = [handle for handle, known in zip(handles, support, strict=True) if not known]
    people = [handle for handle, one, two in zip(handles, support, business, strict=True) if not one and not two]
    return [
        float(any(support)),
        float(support[0]),
        float(any(business)),
        float(any(any(map(str.isdigit, handle)) for handle in strangers)),
        float(any("_" in handle for handle in people)),
        float(len(handles) >= 3),
        float(post.tokens[0] == "xuser"),
    ]


def general(tokens: Iterable[str]) -> list[str]:
    """The tokens that runs of words are made of: without accounts, and with one word for all things."""
    return [_GENERAL(token, token) for token in tokens if token != "xuser"]  # noqa: S105 - no password


_GENERAL = dict.fromkeys(_THINGS, THING).get


def grams(tokens: Sequence[str]) -> set[str]:
    """The distinct words and pairs of words of ``general`` tokens, the ends of the post among them."""
    return {*tokens, *map(" ".join, pairwise((START_OF_POST, *tokens, END_OF_POST)))}
