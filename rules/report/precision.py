"""How often people agreed with each rule: of the posts of which they said something within the time.

Counts what the verdicts gave as reasons when the posts were judged; ``harken rules report`` judges anew by the rules as
they are now, and says as well what a rule would cost to drop.
"""

from rules.report.dossier import Facts
from rules.report.values import Column, Drawn, Row, Section, Table, Unit
from rules.worth import wilson


def precision(facts: Facts) -> Section:
    """Each rule's share of agreement, the worst known first."""
    claims = facts.claims or {}
    right: dict[str, int] = {}
    all_: dict[str, int] = {}
    cases: dict[str, dict[str, None]] = {}
    for post in facts.opined:
        for rule in {reason.rule for reason in post.verdict.reasons} & claims.keys():
            all_[rule] = all_.get(rule, 0) + 1
            right[rule] = right.get(rule, 0) + (claims[rule] is post.complaint)
            if post.case is not None:
                cases.setdefault(rule, {})[post.case] = None
    rows = []
    for rule in sorted(all_, key=lambda one: (right[one] / all_[one], -all_[one], one)):
        between = wilson(right[rule], all_[rule])
        assert between is not None  # noqa: S101 - a rule is counted where people said something
        values = (right[rule] / all_[rule], right[rule], all_[rule], f"{between[0]:.0%} to {between[1]:.0%}")
        rows.append(Row(rule, values, tuple(cases.get(rule, ()))))
    columns = (
        Column("people agreed", Unit.SHARE),
        Column("right", Unit.COUNT),
        Column("said something", Unit.COUNT),
        Column("95 % certain", Unit.TEXT),
    )
    table = Table("rules", "Precision of each rule", "rule", columns, tuple(rows), Drawn.BARS)
    says = (
        "People agree with a rule by answering or resolving what it called a complaint, and disagree by dismissing it;"
        " the limits are Wilson's."
        if rows
        else "Nobody has said yet which of these posts were complaints: answering, dismissing and"
        ' "harken cases missed" do.'
    )
    return Section("rules", "What the rules were worth", (), (table,) if rows else (), (says,))
