"""What a customer has been through with us before: counted from their other cases. Finds no cases, matches nobody."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rules.model import Case, Ended

_ORDER = (None, Ended.ANSWERED, Ended.RESOLVED, Ended.DISMISSED, Ended.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Past:
    """A customer's history with us, but for what a case stands for now."""

    ended: tuple[tuple[Ended | None, int], ...]
    """How their other cases stand, None for waiting, and how many of them do; never zero."""
    chased: int
    """How often they had to ask again before."""
    answered: datetime | None
    """When they were last answered before; None if never."""
    more: bool = False
    """They have more cases than were counted: the newest ones were."""

    @property
    def cases(self) -> int:
        """How many other cases were counted."""
        return sum(count for _, count in self.ended)


def past(case: Case, others: Iterable[Case], *, more: bool = False) -> Past:
    """The history that goes with ``case``: its earlier silences, and the customer's other cases.

    Args:
        case: the case that is looked at.
        others: other cases of the same customer, in any order.
        more: there are still others.
    """
    others = tuple(others)
    standing = Counter(None if (settled := other.settled) is None else settled.how for other in others)
    before = [silence for silence in case.silences if silence.start < case.standing.start]
    before += [silence for other in others for silence in other.silences]
    return Past(
        ended=tuple((how, standing[how]) for how in _ORDER if standing[how]),
        chased=sum(silence.chased for silence in before),
        answered=max(
            (one.ended.at for one in before if one.ended is not None and one.ended.how is Ended.ANSWERED), default=None
        ),
        more=more,
    )
