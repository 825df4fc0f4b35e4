"""Whether answering helped: the same people's mood before and after, their thanks, and whether they had to come back.

Nothing is claimed from fewer than ten pairs, and one person is one pair, however often they wrote.
"""

from statistics import fmean

from rules.model import Ended, Kind
from rules.report.dossier import Dossier, Facts
from rules.report.quantiles import LEAST_PAIRS, Shift, shift
from rules.report.values import Figure, Section, Unit


def recovery(facts: Facts) -> Section:
    """The mood of those who were answered, before and after; thanks; who came back."""
    answered = [each for each in facts.opened if _answered(each)]
    pairs: dict[tuple[str, str], tuple[float, float, Dossier]] = {}
    for each in answered:
        if each.before is not None and each.after is not None:
            pairs.setdefault(each.person, (each.before, each.after, each))
    before = [was for was, _, _ in pairs.values()]
    after = [then for _, then, _ in pairs.values()]
    found, cases = shift(before, after), tuple(each.case.id for _, _, each in pairs.values())
    said = bool(found)
    thanked = [each for each in answered if _thanked(each)]
    back = [each for each in answered if len(each.case.silences) > 1]
    return Section(
        "recovery",
        "Whether it helped",
        (
            Figure(
                "mood_change",
                "change of mood",
                Unit.CHANGE,
                found.middle if found else None,
                cases,
                f"95 % certain to lie from {found.low:+.2f} to {found.high:+.2f}" if found else _too_few(len(pairs)),
            ),
            Figure("mood_before", "mood before", Unit.CHANGE, fmean(before) if said else None, cases, "mean, -1 to 1"),
            Figure("mood_after", "mood after", Unit.CHANGE, fmean(after) if said else None, cases, "mean, -1 to 1"),
            Figure("mood_pairs", "people who wrote before and after", Unit.COUNT, len(pairs), cases),
            _share("thanked", "said thanks", thanked, answered),
            _share("came_back", "came back", back, answered),
        ),
        (),
        (_says(found, len(pairs)),),
    )


def _says(found: Shift | None, pairs: int) -> str:
    if found is None:
        return f"Nothing is claimed about moods: {_too_few(pairs)}."
    how = "Moods rose after the answer" if found.low > 0 else "Moods fell after the answer"
    how = how if found.sure else "Whether moods changed cannot be told: the interval holds zero"
    return (
        f"{how}. Compared are the first word of a customer and the mean of what the same customer wrote after our"
        " answer, in English; the change is the Hodges-Lehmann estimate with the limits of Wilcoxon's signed-rank test."
        " Who wrote nothing more is not in it."
    )


def _too_few(pairs: int) -> str:
    return f"{pairs} people wrote before and after, and {LEAST_PAIRS} are needed"


def _share(key: str, title: str, some: list[Dossier], of: list[Dossier]) -> Figure:
    share = len(some) / len(of) if of else None
    ids = tuple(each.case.id for each in some)
    return Figure(key, title, Unit.SHARE, share, ids, f"{len(some)} of {len(of)} who were answered")


def _answered(each: Dossier) -> bool:
    ended, settled = each.case.silences[0].ended, each.case.settled
    dismissed = settled is not None and settled.how is Ended.DISMISSED
    return ended is not None and ended.how is Ended.ANSWERED and not dismissed


def _thanked(each: Dossier) -> bool:
    ended = each.case.silences[0].ended
    return ended is not None and any(word.kind is Kind.THANKS and word.posted_at > ended.at for word in each.words)
