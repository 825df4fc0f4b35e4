"""What posts are about that a rule has no topic for: the telling words and the links that they share.

Pure: from texts and counts to subjects. A word tells something if it is neither small, nor a mood, nor said in any
complaint. That many share one is decided in ``surge``, from their numbers; here is only what may be shared.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rules.tone import Tone

NOTHING = ""
"""The subject of every post that has no topic: so many there are."""
WORD, LINK, WORDS, TOPICS = "word:", "link:", "words:", "topics:"
"""How subjects and matters begin that are no topic."""
_AT_LEAST = 2
"""So many of its words a post has to share to be about the same."""
_MOST = 24
"""Words of one post that are looked at."""
_NAMED = 6
_LONGEST = 200
_TOGETHER = 2
"""A word belongs to a matter if one in so many of those who say its first word say it as well."""
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_HANDLE = re.compile(r"@\S+")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SMALL_WORDS = """
about after again been being cannot could does doing dont even ever every from have having here into just like
more much only over please really same should since some still than that their them then there these they this
those today very want wants were what when where which while will with would your yours aber auch beim bitte
dass diese dieser doch eine einem einen einer euch haben hier immer kein keine nicht noch nach oder schon seit
sich sind ueber und warum wenn werden wieder wird
"""
_ALWAYS_WORDS = """
account actually anyone anything answer answered back because before best better call called change come coming company
customer customers days didn didnt doesn doesnt done email emails everyone experience fact feel find first folks found
getting give given going gone gonna good guys happen happened hello help helping here hour hours isn isnt issue issues
keep know last late least left line long look looking made make making many message messages minutes month months need
needs never next nobody none nothing online order orders other people person phone place problem problems product
read reply replies respond response said says send sent service show someone something soon sorry sort staff stop
support sure take taking tell team thank thanks thing things think this thought time times told took tried trying twice
used using wait waiting wasn wasnt week weeks went whats whole without won work working works world worst wrong
year years yesterday
alle alles anfrage antwort danke dann deren euer eure fehler firma ganz geht genau gerade gibt habe habt hallo hatte
heute ihnen ihre ihrem ihren ihrer jetzt kann konnte kunde kunden kundendienst kundenservice leider machen mehr mein
meine meinem meinen meiner melden meldet muss nachricht nichts niemand problem seine service sollte stunden tage tagen
unser unsere warte warten wegen weil weiter will wochen wollen worden wurde zwei
"""


@dataclass(frozen=True, slots=True)
class Matter:
    """What an incident is about: posts with at least so many of these subjects."""

    subjects: tuple[str, ...]
    least: int
    about: str
    """In words, for people. The words are other people's."""

    def of(self, subjects: Collection[str]) -> bool:
        """Whether a post with these subjects is about it."""
        return sum(subject in subjects for subject in self.subjects) >= self.least


def matter(topic: str) -> Matter:
    """The matter that an incident's topic names."""
    if topic.startswith(WORDS):
        said = topic.removeprefix(WORDS).split(",")
        return Matter(tuple(WORD + word for word in said), _AT_LEAST, f'"{", ".join(said)}"')
    if topic.startswith(TOPICS):
        topics = topic.removeprefix(TOPICS).split(",")
        return Matter(tuple(topics), 1, " or ".join(topics))
    if topic.startswith(LINK):
        return Matter((topic,), 1, f"a link to {topic.split('/')[2]}")
    return Matter((topic,), 1, topic)


def subjects(text: str, topics: Sequence[str], known: Collection[str] = ()) -> tuple[str, ...]:
    """What a post is about: the topics that rules gave it, or the words and links that may tell.

    Args:
        text: what it says.
        topics: what rules say it is about.
        known: names of the brand, which are in all posts anyway.
    """
    if topics:
        return tuple(topics)
    return (NOTHING, *(LINK + url for url in links(text)), *(WORD + word for word in words(text, known)[:_MOST]))


def words(text: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """Those of the ``telling`` words of a text that not any complaint may hold."""
    return tuple(word for word in telling(text, known) if word not in _always())


def telling(text: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """The words of a text that are neither small nor a name of the brand, each once, as they come."""
    names = {word.casefold() for name in known for word in _WORD.findall(name)}
    said = (word.casefold() for word in _WORD.findall(_HANDLE.sub(" ", _URL.sub(" ", text))))
    return tuple(word for word in dict.fromkeys(said) if word not in names and word not in _SMALL)


def links(text: str) -> tuple[str, ...]:
    """The addresses in a text, each once."""
    return tuple(dict.fromkeys(url.rstrip(".,;:!?") for url in _URL.findall(text) if len(url) <= _LONGEST))


def cluster(surging: Mapping[str, int], posts: Sequence[Collection[str]]) -> tuple[str, ...]:
    """Of the words that surge, those that are said together; none where fewer than two are.

    Args:
        surging: how many authors said each of them.
        posts: what the posts of the window are about, each as its subjects.
    """
    if not surging:
        return ()
    first = min(surging, key=lambda word: (-surging[word], word))
    those = [post for post in posts if first in post]
    together = Counter(word for post in those for word in post if word in surging)
    named = [word for word, count in together.items() if _TOGETHER * count >= len(those)]
    found = sorted(named, key=lambda word: (-together[word], word))[:_NAMED]
    return tuple(found) if len(found) >= _AT_LEAST else ()


def topic_of(said: Sequence[str]) -> str:
    """The topic of an incident whose posts share these words, or word subjects."""
    return WORDS + ",".join(word.removeprefix(WORD) for word in said)


def expected(before: int, of: int, now: int) -> float:
    """How many authors of ``now`` would say a word that ``before`` of the last ``of`` have said.

    Where little is known yet, a word may be one of those that one in ten says.
    """
    return now * (before + 1) / (of + 10)


_SMALL = frozenset(_SMALL_WORDS.split())


@cache
def _always() -> frozenset[str]:
    """Words that any complaint may hold, whatever it is about; those of mood among them."""
    return frozenset(_ALWAYS_WORDS.split()) | frozenset(Tone({}).lexicon)
