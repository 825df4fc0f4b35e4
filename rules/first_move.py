"""The first move: what our own status page tells, so that we speak before people ask.

Pure: from a post's words to whether it tells of trouble, and about what. It reads the labels that status pages put
before their updates ("Investigating", "Resolved") and, where there are none, a few plain words in English and German.
"""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum

from rules import likeness
from rules.likeness import TOPICS


class Report(StrEnum):
    """What a post of a status page says."""

    TROUBLE = "trouble"
    OVER = "over"
    NEITHER = "neither"
    """Something else: work that is planned, or a look back."""


_LABEL = re.compile(
    r"\b(investigating|identified|monitoring|update|resolved|completed|scheduled|in progress|verifying|postmortem)"
    r"\s*[-:\u2013\u2014]",
    re.IGNORECASE,
)
_LABELS = {
    "investigating": Report.TROUBLE,
    "identified": Report.TROUBLE,
    "monitoring": Report.TROUBLE,
    "update": Report.TROUBLE,
    "resolved": Report.OVER,
}
_NOT_OVER = re.compile(
    r"\b(not|never|n't|until|once|when|if)\b[^.!?]{0,30}\b(resolved|fixed|restored|operational|normal)\b"
    r"|\b(noch nicht|sobald|bis)\b[^.!?]{0,30}\b(behoben|verf\u00fcgbar)\b",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\b(resolved|fixed|restored|recovered|back to normal|back up|back online|operational( again)?)\b"
    r"|\b(behoben|wiederhergestellt|wieder (verf\u00fcgbar|erreichbar|normal|online))\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(r"\b(scheduled|planned|upcoming) (maintenance|work)\b|\bgeplante\w* wartung", re.IGNORECASE)
_TROUBLE = re.compile(
    r"\b(outages?|down|degraded|degradation|disruptions?|disrupted|unavailable|interruptions?|failing|failures?|"
    r"incidents?|(elevated|increased|higher) (errors?|error rates?|latency|response times?)|errors|delays?|delayed|"
    r"slow|"
    r"problems? with|issues? with|trouble with|unable to|cannot|investigating)\b"
    r"|\b(st\u00f6rung\w*|ausfall|ausf\u00e4lle|gest\u00f6rt"
    r"|nicht (verf\u00fcgbar|erreichbar)|verz\u00f6gerung\w*|probleme? (mit|bei))",
    re.IGNORECASE,
)
_PAGES_WORDS = """
affected affecting aware completed component components continue degraded disruption elevated error errors fixed
identified impact impacted implemented incident incidents increased investigate investigating latency monitor
monitoring operational outage partial performance postmortem progress rates report reported reports resolved restored
scheduled service services some source status subset system systems unavailable update updates users
ausfall behoben betroffen dienst dienste fehler nutzer probleme st\u00f6rung st\u00f6rungen system systeme untersuchen
"""
"""Words of status pages that do not tell what is wrong."""
_PAGES_OWN = frozenset(_PAGES_WORDS.split())
_NAMED = 6


def report(text: str) -> Report:
    """Whether a post of our status page tells of trouble, or that it is over."""
    label = _LABEL.search(text)
    if label is not None:
        # Pages put the newest update first.
        return _LABELS.get(label[1].casefold(), Report.NEITHER)
    if _PLANNED.search(text):
        return Report.NEITHER
    if _OVER.search(text) and not _NOT_OVER.search(text):
        return Report.OVER
    return Report.TROUBLE if _TROUBLE.search(text) else Report.NEITHER


def topic(text: str, topics: Sequence[str], known: Collection[str] = ()) -> str:
    """What an incident is about that a status page tells of.

    Args:
        text: the post.
        topics: what rules would say that a customer's post of these words is about.
        known: names of the brand.
    """
    if topics:
        return topics[0] if len(topics) == 1 else TOPICS + ",".join(topics)
    said = [word for word in likeness.words(text, known) if word not in _PAGES_OWN][:_NAMED]
    return likeness.topic_of(said) if len(said) > 1 else "our service"


def speaks_of(text: str, topics: Sequence[str], incident: str, known: Collection[str] = ()) -> bool:
    """Whether a post of ours in public is about an incident's topic.

    Args:
        text: the post.
        topics: what rules would say that a customer's post of these words is about.
        incident: the incident's topic.
        known: names of the brand.
    """
    return likeness.matter(incident).of({*topics, *likeness.subjects(text, (), known)})
