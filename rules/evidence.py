"""What of a post the scorer weighs: its tokens, how it looks and sounds, its runs of words, and to whom it speaks.

One pass over masked text, shared by scoring and by training, so that both see the same. It knows no weights, keeps no
post, and never looks at what an account is called further than whether that looks like a company's.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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
_UNITS = _CURRENCIES | {"rs", "am", "pm"}
_APOSTROPHES = {ord("'"): None, ord("`"): None}
_THRICE = re.compile(r"(.)\1{2,}", re.DOTALL)
_STOPS = (".", "!", "?")
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
COMPANY = slice(NUMBERS.index("signs_ge1"), NUMBERS.index("q_signs_ge3") + 1)
"""The numbers of what counts only in company: ``SIGNS``, and what a few cues say beside them."""
SOUND = slice(NUMBERS.index("tone_cold"), NUMBERS.index("tone_warm") + 1)
"""The numbers that tell of the tone."""
TOGETHER = frozenset(("q_end", "thanks", "praise", "ask_info", "reply_short", "excl", "please"))
"""The cues that say something else in company."""
BRIEF = 7
"""Up to so many words are a few."""
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


class Shape(NamedTuple):
    """What a piece of text becomes."""

    tokens: tuple[str, ...] = ()
    counted: int = 0
    """How many words, words in capitals, digits, words drawn out and accounts, as one number that adds up."""
    low: bool | None = None
    """Whether its first word begins with a small letter; None without a word."""


class Post(NamedTuple):
    """A text as the scorer reads it."""

    line: str
    """Its tokens with one space between them and one at both ends: what cues are sought in."""
    general: Sequence[str]
    """``general`` of the tokens."""
    counts: tuple[int, ...]
    """How it looks: one for each of ``LOOKS``, and never more than the most of it."""
    words: int

    @property
    def tokens(self) -> list[str]:
        """Words in lower case without apostrophes; amounts, times, codes, emoji, accounts and links by their kind."""
        return self.line.split()


_BITS = 16
"""More than enough for anything that is counted of a text of ``LONGEST`` characters."""
_FIELD = (1 << _BITS) - 1


def _counted(words: int = 0, capitals: int = 0, digits: int = 0, drawn_out: int = 0, accounts: int = 0) -> int:
    return words | capitals << _BITS | digits << 2 * _BITS | drawn_out << 3 * _BITS | accounts << 4 * _BITS


def _share(most: int) -> Callable[[int], tuple[float, ...]]:
    return lambda count: (count / most,)


LOOKS: tuple[tuple[int, Callable[[int], tuple[float, ...]]], ...] = (
    (40, lambda words: (words / 20, float(words <= 3), float(words <= 7), float(words >= 20))),
    (5, _share(3)),  # words in capitals
    (1, _share(1)),  # shouted
    (4, _share(3)),  # exclamation marks
    (3, _share(2)),  # question marks
    (4, _share(3)),  # accounts
    (4, _share(3)),  # hash signs
    (1, _share(1)),  # a letter drawn out
    (5, _share(4)),  # full stops
    (12, _share(8)),  # digits
    (1, _share(1)),  # begins with a small letter
    (1, _share(1)),  # ends with a stop
    (1, _share(1)),  # has lines
    (1, _share(1)),  # quotes
)
"""What is counted of how a post looks: up to how many, and which of the first ``NUMBERS`` a count becomes."""

_MOST = tuple(most for most, _ in LOOKS)
_ACCOUNT = Shape(("xuser",), _counted(accounts=1))
_MASKS = {BRAND: _ACCOUNT, HANDLE: _ACCOUNT, LINK: Shape(("xurl",))}


def _squeezed(word: str) -> tuple[str, bool]:
    """``soooo`` -> ``soo`` and whether anything was drawn out."""
    squeezed = _THRICE.sub(r"\1\1", word)
    return squeezed, squeezed != word


def _sign(chunk: str) -> Shape | None:
    """The shape of a chunk that is no word."""
    first = chunk[0]
    if first in "!?":
        other = "?" if first == "!" else "!"
        return Shape((first + (other if other in chunk else "") + ("+" if len(chunk) > 1 else ""),))
    if first == ".":
        return Shape(("..",))
    if first in ":;=":
        return Shape(("xneg" if chunk[-1] in "(|/" else "xpos",))
    if ord(first) > _ASCII and not chunk[1:]:
        kind = _EMOJI.get(first)
        return Shape((kind,) if kind else ())
    return None


@lru_cache(maxsize=10_000)
def _shape(chunk: str) -> Shape:
    known = _MASKS.get(chunk) or _sign(chunk)
    if known is not None:
        return known
    if "/" in chunk:
        return _MASKS[LINK]
    low = chunk.lower()
    if low.isalpha():
        word, drawn_out = _squeezed(low)
        capitals = int(len(chunk) > 2 and chunk.isupper())
        return Shape((word,), _counted(1, capitals, drawn_out=drawn_out), chunk[0].islower())
    digits = sum(map(str.isdigit, low))
    kind = (
        "xmoney" if not low[0].isalnum() else "xtime" if _CLOCK.fullmatch(low) else "xcode" if digits >= _CODE else ""
    )
    if kind:
        return Shape((kind,), _counted(digits=digits))
    parts = _NUMBER.sub(lambda found: " 0 " if found[0][0].isdigit() else " ", low).split()
    said = sum(part != "0" for part in parts)
    begins = chunk[0].islower() if said else None
    return Shape(tuple(_squeezed(part)[0] for part in parts), _counted(said, digits=digits), begins)


def _bare(text: str) -> str:
    """``text`` without apostrophes and accents."""
    if text.isascii():
        return text.translate(_APOSTROPHES) if "'" in text or "`" in text else text
    parted = unicodedata.normalize("NFKD", text).translate(_APOSTROPHES)
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


def shape(piece: str) -> Shape:
    """The shape of a piece of clean, masked text that no blank parts."""
    shapes = [_shape(chunk) for chunk in _CHUNK.findall(_bare(piece))]
    if len(shapes) == 1:
        return shapes[0]
    tokens = tuple(token for one in shapes for token in one.tokens)
    return Shape(tokens, sum(one.counted for one in shapes), _first(one.low for one in shapes))


def _first(low: Iterable[bool | None]) -> bool | None:
    for small in low:
        if small is not None:
            return small
    return None


def read(masked: str) -> Post:
    """The tokens and the looks of clean, masked text."""
    shapes = [shape(piece) for piece in masked.split()]
    tokens = [token for one in shapes for token in one.tokens]
    counted = sum(one.counted for one in shapes)
    return post(masked, f" {' '.join(tokens)} ", general(tokens), counted, [one.low for one in shapes])


def post(masked: str, line: str, plain: Sequence[str], counted: int, low: Sequence[bool | None]) -> Post:
    """Clean, masked text as the scorer reads it, put together from the shapes of its pieces.

    Args:
        masked: the text.
        line: all their tokens, one space between them and one at both ends.
        plain: ``general`` of the tokens.
        counted: all that they counted.
        low: how each of them begins.
    """
    words, capitals, digits = counted & _FIELD, counted >> _BITS & _FIELD, counted >> 2 * _BITS & _FIELD
    if digits and not _UNITS.isdisjoint(tokens := line.split()):
        tokens = _amounts_and_times(tokens)
        line, plain = f" {' '.join(tokens)} ", general(tokens)
    counts = (
        words,
        capitals,
        words > 3 and capitals > 0.6 * words,
        masked.count("!"),
        masked.count("?"),
        counted >> 4 * _BITS,
        masked.count("#"),
        counted >> 3 * _BITS & _FIELD,
        masked.count("."),
        digits,
        _first(low) is True,
        _end(masked) in (".", "!"),
        "\n" in masked,
        '"' in masked,
    )
    return Post(line, plain, tuple(map(min, counts, _MOST)), words)


def _end(masked: str) -> str:
    """The last character of a text that is neither blank nor an apostrophe nor an accent."""
    last = masked[-1:]
    if last.isalnum() or last in _STOPS:
        return last
    return _bare(masked).rstrip()[-1:]


def _amounts_and_times(tokens: Iterable[str]) -> list[str]:
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
    looks = [value for (_, becomes), count in zip(LOOKS, post.counts, strict=True) for value in becomes(count)]
    return [*looks, *together(post.words, cues, signs), *sound(tone)]


def sound(tone: float) -> tuple[float, float]:
    """The numbers that tell of the tone."""
    return max(0.0, -tone), max(0.0, tone)


@lru_cache(maxsize=256)
def counts(signs: int) -> tuple[float, ...]:
    """The numbers that count signs of a complaint: at least 1, 2, 3, 5, 8, and many."""
    return (*(float(signs >= least) for least in (1, 2, 3, 5, 8)), math.log1p(signs))


def together(words: int, cues: Collection[str], signs: int) -> list[float]:
    """The numbers of what counts only in company."""
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
        float(none and words <= BRIEF),
        float(none and "excl" in cues),
        float(thanks and praise),
        float(question and "please" in cues),
        float(question and signs >= 3),
    ]


@lru_cache(maxsize=4_096)
def _account(handle: str) -> tuple[bool, bool, bool, bool]:
    """Whether an account looks like a help desk, like a business, like a person with a number or an underscore."""
    support, business = bool(_SUPPORT.search(handle)), bool(_BUSINESS.search(handle))
    return (
        support,
        business,
        not support and any(map(str.isdigit, handle)),
        not support and not business and "_" in handle,
    )


def address(handles: Sequence[str], post: Post) -> list[float]:
    """To whom a post speaks, by the look of the accounts it names (lower case, without ``@``)."""
    if not handles:
        return [0.0] * len(ADDRESS)
    support, business, digit, underscore = zip(*map(_account, handles), strict=True)
    return [
        float(True in support),
        float(support[0]),
        float(True in business),
        float(True in digit),
        float(True in underscore),
        float(len(handles) >= 3),
        float(post.line.startswith(" xuser ")),
    ]


def general(tokens: Iterable[str]) -> list[str]:
    """The tokens that runs of words are made of: without accounts, and with one word for all things."""
    return [_GENERAL(token, token) for token in tokens if token != "xuser"]  # noqa: S105 - no password


_GENERAL = dict.fromkeys(_THINGS, THING).get


def pairs(tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of words of ``general`` tokens, the ends of the post among them."""
    return pairwise((START_OF_POST, *tokens, END_OF_POST))


def grams(tokens: Sequence[str]) -> set[str]:
    """The distinct words and pairs of words of ``general`` tokens."""
    return {*tokens, *map(" ".join, pairs(tokens))}
