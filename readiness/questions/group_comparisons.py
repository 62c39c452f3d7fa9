"""How far apart are the groups of one segmentation: whose rows are selected, found, or raise false alarms?"""

from __future__ import annotations

from readiness import criteria as policy
from readiness.answers import Criterion
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.segmentation import Segmentation
from readiness.numbers import listed
from readiness.spec import Segments
from readiness.statistics.dependence import unknown_error
from readiness.statistics.inference import Undefined
from readiness.statistics.judging import Claim
from readiness.statistics.parity import (
    MEASURES,
    Group,
    GroupShares,
    LeastRatio,
    Spread,
    Widest,
    compare_groups,
    group_shares,
)

ALWAYS_SHOWN = ("demographic_parity_ratio", "equal_opportunity_difference")
"""Shown where the spec states no limit; the others say much the same."""

_NAMES = {
    "demographic_parity_ratio": "Predicted {positive}: lowest share over highest share of {by}",
    "demographic_parity_difference": "Predicted {positive}: highest share minus lowest share of {by}",
    "equal_opportunity_difference": "Rows with {positive} that were found: highest share minus lowest share of {by}",
    "equalized_odds_difference": "Rows found or false alarms, whichever are farther apart: highest share minus lowest "
    "share of {by}",
}
_NOUNS = ("rows", "rows with {positive}", "rows without {positive}")
_MARK = "four fifths (0.8) is the customary mark"


def group_comparisons(evidence: Evidence, i: int, segmentation: Segmentation, criteria: Segments) -> list[Claim]:
    """Claims about the i-th segmentation where the spec states a limit, and otherwise two facts; binary tasks only."""
    stated = [name for name in MEASURES if name in criteria.fairness]
    if evidence.task is not Task.BINARY:
        return [_claim(evidence, i, segmentation, name, Undefined(_ONLY_BINARY), "", criteria) for name in stated]
    names = [segmentation.text(code) for code in range(len(segmentation.labels))]
    enough = group_shares(evidence.cases, segmentation.codes, names, least_rows=policy.SEGMENT_ROWS)
    every = group_shares(evidence.cases, segmentation.codes, names, least_rows=1)
    found = []
    for measure in MEASURES:
        shares = every if measure in stated else enough  # where a limit is stated, nobody is left out
        compared = compare_groups(measure, shares)
        if measure in stated or (measure in ALWAYS_SHOWN and not isinstance(compared, Undefined)):
            reason = _reason(evidence, compared, shares, names)
            found.append(_claim(evidence, i, segmentation, measure, compared, reason, criteria))
    return found


_ONLY_BINARY = "groups are compared in this way only where the target has two classes"


def _claim(
    evidence: Evidence,
    i: int,
    segmentation: Segmentation,
    measure: str,
    compared: Spread | LeastRatio | Widest | Undefined,
    reason: str,
    criteria: Segments,
) -> Claim:
    limit, by_ratio = criteria.fairness.get(measure), measure.endswith("ratio")  # type: ignore[call-overload]
    unit = "ratio" if by_ratio else "points"
    bar = Criterion(">=" if by_ratio else "<=", limit, unit, criteria.origin("fairness")) if limit is not None else None
    few = isinstance(compared, Undefined) and evidence.task is Task.BINARY
    return Claim(
        f"SEGM-{i}-FAIR-{measure.upper()}",
        _NAMES[measure].format(positive=evidence.positive, by=segmentation.name),
        measure,
        compared,
        bar,
        unit=unit,
        blocking=bar is not None,
        withheld="" if bar is None else unknown_error(evidence.cases.dependence),
        reason=reason,
        needs=f"at least {policy.SEGMENT_ROWS} rows of each kind in two groups or more" if few else "",
        denominator="rows of all groups",
    )


def _reason(
    evidence: Evidence, compared: Spread | LeastRatio | Widest | Undefined, shares: GroupShares, names: list[str]
) -> str:
    """The two groups that are farthest apart, in counts, and the groups that were left out."""
    if isinstance(compared, Undefined):
        return compared.reason
    pair = compared.widest if isinstance(compared, Widest) else compared
    by_kind = (shares.selection, shares.recall, shares.false_positive_rate)
    kind = next(k for k, groups in enumerate(by_kind) if groups is pair.groups)
    noun = _NOUNS[kind].format(positive=evidence.positive)
    known = {group.name for group in pair.groups}
    left_out = [name for name in names if name not in known]
    texts = [
        f"lowest: {_counts(pair.lowest, noun)}; highest: {_counts(pair.highest, noun)}",
        f"left out with too few {noun}: {listed(left_out)}" if left_out else "",
        _MARK if isinstance(compared, LeastRatio) else "",
    ]
    return "; ".join(filter(None, texts))


def _counts(group: Group, noun: str) -> str:
    return f"{round(group.share.successes):,} of {group.share.n:,} {noun} where {group.name}"
