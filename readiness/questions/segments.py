"""Question 3: every segment against all other rows, and comparisons of groups.

Purpose: an average hides the people for whom the model is wrong; this question looks at each group by itself.
Method: each segment is compared with all other rows. The deficit must be proven to be below the limit; a segment with
too few rows of the metric's own denominator is not assessable, and the assessable ones must hold most rows. Groups are
compared with each other where the spec states how far apart they may be. Combinations of columns that nobody named are
searched for weak spots on one half of the rows, and what is found is tested on the other half.
Signs of risk: one segment far below the rest, most of all one that was rare in training.
Limits: a group that no column tells apart stays unseen; weak spots are searched by one or two columns at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from readiness.core import policy
from readiness.core.claims import Claims
from readiness.core.findings import Answer, Claim, Finding, Flag, Question, Status, not_stated
from readiness.core.format import format_value, listed
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import Segmentation
from readiness.questions.deficits import (
    CUT_QUERIES,
    STILL,
    WHOLE_QUERIES,
    Ruler,
    Split,
    deficit,
    real_differences,
    reason_to_withhold_apart,
    ruler_of,
    split_by,
    with_uncertain_size,
)
from readiness.questions.weak_slices import slice_findings, suspects, with_places
from readiness.questions.wording import count_of
from readiness.spec.schema import Segments
from readiness.spec.usual_segments import tells_people_apart
from readiness.statistics.cases import Cases
from readiness.statistics.dependence import Dependence, unknown_error
from readiness.statistics.estimators import measure
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.labels import worst_class_recall
from readiness.statistics.parity import (
    MEASURES,
    Group,
    GroupShares,
    LeastRatio,
    Spread,
    Widest,
    compare_groups,
    group_shares,
    null_gap,
    shrunken_gap,
)
from readiness.statistics.stability import unknown_dependence
from readiness.verdict.claims import claims_of, segment_metrics

# ----------------------------------------------------------------------------------------------------
# Facts of every segment besides what is judged: rows, metrics, the gap, and the worst one with its causes

SHOWN = {
    Task.BINARY: ("accuracy", "f1", "recall", "false_positive_rate"),
    Task.MULTICLASS: ("accuracy", "balanced_accuracy"),
    Task.REGRESSION: ("mae", "rmse"),
    Task.RANKING: ("ndcg_at_10",),
}
"""Metrics shown for each segment, judged or not."""

DISCRIMINATION = "discrimination (a legal liability)"
CAUSES = (
    "features that are missing or mean something else for this group",
    "too few training rows of this group",
    "a group that really behaves differently",
)


def segment_facts(evidence: Evidence, i: int, segmentation: Segmentation, judged: Sequence[str]) -> list[Measurement]:
    """Rows and metrics of every segment of the i-th segmentation, and the gap in the `judged` metrics."""
    counts = segmentation.counts.tolist()
    claims = [_rows(i, j, segmentation, counts) for j in range(1, len(counts) + 1)]
    for name in dict.fromkeys((*SHOWN[evidence.task], *judged)):
        splits = split_by(name, evidence.cases, segmentation)
        claims += [
            Measurement.fact(
                Topic.SEGMENT_VALUE.key(i, j, metric=name),
                f"{evidence.spec.metric(name).title} of {segmentation.text(j - 1)}",
                name,
                split.inside,
                unit=evidence.spec.metric(name).unit,
                segment=segmentation.labels[j - 1],
            )
            for j, split in enumerate(splits, 1)
        ]
        if name in judged:
            claims += _gap(evidence, i, segmentation, name, splits)
    return [*claims, *(_worst_classes(evidence, i, segmentation) if evidence.task is Task.MULTICLASS else ())]


def _worst_classes(evidence: Evidence, i: int, segmentation: Segmentation) -> list[Measurement]:
    """In each segment the class that is found least often; shown, because it was picked for being the lowest."""
    found = []
    for j, label in enumerate(segmentation.labels, 1):
        worst = worst_class_recall(evidence.cases.subset(segmentation.codes == j - 1))
        if not isinstance(worst, Missing):
            name = f"Worst class of {segmentation.text(j - 1)}: recall of {evidence.classes[worst[0]]}"
            key = Topic.SEGMENT_VALUE.key(i, j, metric="worst_class_recall")
            found.append(Measurement.fact(key, name, "worst_class_recall", worst[1], segment=label))
    return found


def _rows(i: int, j: int, segmentation: Segmentation, counts: Sequence[int]) -> Measurement:
    rows, trained = counts[j - 1], segmentation.training_rows
    return Measurement.fact(
        Topic.SEGMENT_ROWS.key(i, j),
        f"Rows of {segmentation.text(j - 1)}",
        "rows",
        Exact(float(rows), sum(counts)),
        unit="rows",
        segment=segmentation.labels[j - 1],
        reason="" if trained is None else f"{trained[j - 1]:,} training rows",
    )


def _gap(
    evidence: Evidence, i: int, segmentation: Segmentation, metric: str, splits: tuple[Split, ...]
) -> list[Measurement]:
    """Best minus worst, and what chance alone would give: with many small segments the gap is large by itself."""
    values = [split.inside for split in splits if isinstance(split.inside, Binomial)]
    if len(values) < 2:
        return []
    gap = max(v.value for v in values) - min(v.value for v in values)
    shares, rows = [v.value for v in values], [v.n for v in values]
    chance, even = null_gap(shares, rows, seed=evidence.spec.seed), shrunken_gap(shares, rows)
    title, name = evidence.spec.metric(metric).title, segmentation.name
    return [
        Measurement.fact(
            Topic.SEGMENT_GAP.key(i, metric=metric),
            f"Best minus worst {title} over {name}",
            metric,
            Exact(gap, len(values)),
            unit="points",
            reason=f"equal segments of these sizes would show {format_value(chance.expected)} on average, "
            f"95 times in 100 less than {format_value(chance.quantile)}; evened out for chance the gap is "
            f"{format_value(even)}",
        ),
    ]


def worst_segments(evidence: Evidence, findings: tuple[Finding, ...]) -> list[Finding]:
    """In each segmentation the segment with the largest deficit, and what may be behind it."""
    worst = []
    for i, segmentation in enumerate(evidence.segmentations, 1):
        own = [f for f in findings if f.key.number("segmentation") == i and f.segment and f.blocking and f.measured]
        if not own:
            continue
        finding = max(own, key=lambda f: f.measured.value if f.measured else 0.0)
        trained = _training_share(segmentation, finding)
        causes = "; ".join(_causes(finding)) if finding.status is not Status.MET else ""
        worst.append(
            Finding(
                Topic.WORST_SEGMENT.key(i),
                f"Largest deficit over {segmentation.name}",
                Status.NOT_ASSESSED,
                blocking=False,
                metric=finding.metric,
                segment=finding.segment,
                measured=finding.measured,
                reason=f"{finding.reason}{trained}" + (f". Possible causes: {causes}" if causes else ""),
                warning=finding.warning,
            )
        )
    return worst


def _causes(finding: Finding) -> tuple[str, ...]:
    """What may be behind a deficit; discrimination only where the columns tell people apart."""
    return (DISCRIMINATION, *CAUSES) if any(map(tells_people_apart, finding.segment)) else CAUSES


def _training_share(segmentation: Segmentation, finding: Finding) -> str:
    if segmentation.training_rows is None or finding.segment not in segmentation.labels:
        return ""
    trained = segmentation.training_rows[segmentation.labels.index(finding.segment)]
    return f"; {trained:,} of {sum(segmentation.training_rows):,} training rows are of this group"


# ----------------------------------------------------------------------------------------------------
# Parity among the groups of one segmentation: whose rows are selected, found, or raise false alarms

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


def group_comparisons(evidence: Evidence, demanded: Claims, i: int, segmentation: Segmentation) -> list[Measurement]:
    """Claims about the i-th segmentation where the spec states a limit, and otherwise two facts; binary tasks only."""
    stated = [name for name in MEASURES if name in evidence.spec.segments.fairness]
    if evidence.task is not Task.BINARY:
        return [_compare(evidence, demanded, i, segmentation, name, Missing(_ONLY_BINARY), "") for name in stated]
    names = [segmentation.text(code) for code in range(len(segmentation.labels))]
    enough = group_shares(evidence.cases, segmentation.codes, names, least_rows=policy.SEGMENT_ROWS)
    every = group_shares(evidence.cases, segmentation.codes, names, least_rows=1)
    found = []
    for comparison in MEASURES:
        shares = every if comparison in stated else enough  # where a limit is stated, nobody is left out
        compared = compare_groups(comparison, shares)
        if comparison in stated or (comparison in ALWAYS_SHOWN and not isinstance(compared, Missing)):
            reason = _reason(evidence, compared, shares, names)
            found.append(_compare(evidence, demanded, i, segmentation, comparison, compared, reason))
    return found


_ONLY_BINARY = "groups are compared in this way only where the target has two classes"


def _compare(
    evidence: Evidence,
    demanded: Claims,
    i: int,
    segmentation: Segmentation,
    comparison: str,
    compared: Spread | LeastRatio | Widest | Missing,
    reason: str,
) -> Measurement:
    """Judged where the spec states a limit, else a fact."""
    key = Topic.FAIRNESS.key(i, metric=comparison)
    name = _NAMES[comparison].format(positive=evidence.positive, by=segmentation.name)
    claim = demanded.find(key) or Claim(key, name, blocking=False)
    few = isinstance(compared, Missing) and evidence.task is Task.BINARY
    return Measurement(
        claim.with_name(name),
        comparison,
        compared,
        unit="ratio" if comparison.endswith("ratio") else "points",
        withheld=unknown_error(evidence.cases.dependence) if claim.blocking else "",
        reason=reason,
        needs=f"at least {policy.SEGMENT_ROWS} rows of each kind in two groups or more" if few else "",
        denominator="rows of all groups",
    )


def _reason(
    evidence: Evidence, compared: Spread | LeastRatio | Widest | Missing, shares: GroupShares, names: list[str]
) -> str:
    """The two groups that are farthest apart, in counts, and the groups that were left out."""
    if isinstance(compared, Missing):
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


# ----------------------------------------------------------------------------------------------------

TITLE = Question.SEGMENTS.words


def ask(evidence: Evidence, criteria: Segments) -> Answer:
    """Judge every segment against all other rows, in every segmentation that the spec names."""
    spec, named = evidence.spec, list(enumerate(evidence.segmentations, 1))
    demanded, judged = claims_of(spec, evidence.task), segment_metrics(spec, evidence.task)
    rulers = [ruler_of(evidence, criteria, name) for name in judged]
    claims = [claim for i, each in named for ruler in rulers for claim in _deficits(evidence, demanded, i, each, ruler)]
    claims = _withhold_if_nobody_compared(claims)
    compared = [claim for i, each in named for claim in group_comparisons(evidence, demanded, i, each)]
    suspected = suspects(evidence, rulers)
    findings, slices = _judge_as_family(
        evidence, [*claims, *(c for c in compared if c.claim.blocking)], suspected.claims
    )
    shown_slices = slice_findings(suspected, slices, criteria, proven=spec.evidence == "interval")
    facts = [claim for i, each in named for claim in segment_facts(evidence, i, each, judged)]
    shown = judge_claims(
        [*facts, *(c for c in compared if not c.claim.blocking)], alpha=spec.alpha, level=spec.confidence
    )
    return Answer(
        Question.SEGMENTS,
        (
            *map(not_stated, demanded.of_kind(Topic.NO_SEGMENTS)),
            *findings,
            *with_places(evidence, shown_slices, findings),
            *worst_segments(evidence, findings),
            *shown,
        ),
        {"overall": _overall(evidence, rulers)},
    )


def _overall(evidence: Evidence, rulers: Sequence[Ruler]) -> pd.DataFrame:
    """What the figure of groups is drawn against: columns metric, overall (its value on all rows) and tolerated (the
    value that a segment may fall to, or rise to where less is better, if all others are like all rows together).
    """
    rows = []
    for ruler in rulers:
        overall = measure(ruler.metric.name, evidence.cases)
        if not isinstance(overall, Missing):
            limit = ruler.of_rest(overall)[0].threshold
            tolerated = ruler.factor * overall.value + (-limit if ruler.metric.greater_is_better else limit)
            rows.append((ruler.metric.name, overall.value, tolerated))
    return pd.DataFrame(rows, columns=["metric", "overall", "tolerated"])


NOBODY_COMPARED = "practically all rows are in one segment, so that no segment was compared with another"


def _withhold_if_nobody_compared(claims: list[Measurement]) -> list[Measurement]:
    """The claims; where no segment at all could be compared with others, no coverage makes the answer a yes."""
    deficits = [claim for claim in claims if claim.key.kind is Topic.DEFICIT]
    if not deficits or any(Flag.TOO_SMALL not in claim.flags for claim in deficits):
        return claims
    needs = "name columns under data.segments of which at least two groups have enough rows"
    return [
        replace(claim, withheld=NOBODY_COMPARED, needs=needs)
        if claim.key.kind is Topic.SEGMENT_COVERAGE and _is_reached(claim)
        else claim
        for claim in claims
    ]


def _is_reached(claim: Measurement) -> bool:
    value = claim.inference
    return not isinstance(value, Missing) and claim.criterion is not None and claim.criterion.holds(value.value)


def _judge_as_family(
    evidence: Evidence, claims: Sequence[Measurement], suspected: Sequence[Measurement]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings of the claims and of the suspected weak spots, adjusted as one family."""
    spec, every = evidence.spec, [*claims, *suspected]
    findings = judge_claims(every, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    findings = with_uncertain_size(findings, real_differences(every, spec.alpha))
    return _without_small(findings[: len(claims)]), findings[len(claims) :]


def _without_small(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Segments that are too small do not block, unless their deficit is proven: harm cannot hide in a small group."""
    return tuple(_small(finding) if Flag.TOO_SMALL in finding.flags else finding for finding in findings)


def _small(finding: Finding) -> Finding:
    if finding.status is not Status.NOT_MET:
        return replace(finding, blocking=False)
    return replace(finding, reason=f"{finding.reason.removeprefix(f'{finding.withheld}; ')}; {STILL}", withheld="")


def _deficits(
    evidence: Evidence, demanded: Claims, i: int, segmentation: Segmentation, ruler: Ruler
) -> list[Measurement]:
    splits = split_by(ruler.metric.name, evidence.cases, segmentation)
    if any(split.inside is CUT_QUERIES for split in splits):
        ruler = replace(ruler, never=CUT_QUERIES.reason, remedy=WHOLE_QUERIES)
    large = [split.rows >= ruler.minimum for split in splits]
    alone = len(splits) == 1
    claims = [
        deficit(
            Topic.DEFICIT.key(i, j, metric=ruler.metric.name),
            segmentation.text(j - 1),
            segmentation.labels[j - 1],
            split,
            ruler,
            enough=enough and _has_others(split),
            alone=alone,
        )
        for j, (split, enough) in enumerate(zip(splits, large, strict=True), 1)
    ]
    by_row = _is_mean_of_rows(ruler.metric.name, evidence.cases)
    claims = [
        claim
        if claim.withheld
        else replace(claim, withheld=_reason_to_withhold(evidence.cases, segmentation, j, ruler, by_row))
        for j, claim in enumerate(claims)
    ]
    claims += _pool_small(evidence, i, segmentation, ruler, large)
    held = sum(split.rows for split in splits)
    coverage = _coverage(demanded, i, segmentation, ruler, large, held=held)
    return [*claims, coverage, *_critical(demanded, i, segmentation, ruler, large)]


def _has_others(split: Split) -> bool:
    """Whether there is somebody to compare with: beside practically everybody, others are the segments of few rows, and
    how many rows are in such is judged by the coverage.
    """
    return split.outside.n >= policy.SEGMENT_ROWS


def _is_mean_of_rows(name: str, cases: Cases) -> bool:
    """Whether the metric is a share or a mean error, for which nothing but too few groups stands in the way."""
    return name == "mae" or isinstance(measure(name, cases), Binomial)


def _reason_to_withhold(cases: Cases, segmentation: Segmentation, code: int, ruler: Ruler, by_row: bool) -> str:
    """Why no *met* may come from the metric in this segment or outside it, such as a class of too few rows."""
    inside, name = segmentation.codes == code, ruler.metric.name
    if not by_row:
        return reason_to_withhold_apart(name, cases, inside)
    if cases.groups is None:  # the same answer, without a copy of the rows
        return unknown_dependence(name, cases)
    return unknown_error(Dependence(cases.groups[inside])) or unknown_error(Dependence(cases.groups[~inside]))


def _pool_small(
    evidence: Evidence, i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool]
) -> list[Measurement]:
    """Segments that are too small by themselves, judged together where that is enough."""
    small = [code for code, enough in enumerate(large) if not enough]
    if len(small) < 2 or len(small) == len(large):
        return []
    codes = np.isin(segmentation.codes, small).astype(np.int64)
    labels = ({segmentation.name: "all others"}, {segmentation.name: "other small"})
    pool = Segmentation(segmentation.name, codes, labels)
    split = split_by(ruler.metric.name, evidence.cases, pool)[1]
    enough = split.rows >= ruler.minimum
    name = f"{len(small)} small segments of {segmentation.name} together"
    return [
        deficit(Topic.SMALL_DEFICIT.key(i, metric=ruler.metric.name), name, pool.labels[1], split, ruler, enough=enough)
    ]


def _coverage(
    demanded: Claims, i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool], *, held: int
) -> Measurement:
    """`held`: rows of the metric's own denominator that all segments hold together."""
    rows = segmentation.counts
    covered, total = int(rows[np.asarray(large)].sum()), int(rows.sum())
    small = [segmentation.text(code) for code, enough in enumerate(large) if not enough and rows[code]]
    named = listed(small)
    text = f"{covered:,} of {total:,} rows are in segments with at least {count_of(ruler.minimum, ruler.noun)}"
    text += f", and all segments together hold {held:,}" if held < ruler.minimum else ""
    text = f"none of {total:,} rows is in an assessable segment: {ruler.never}" if ruler.never else text
    name = f"Rows in assessable segments of {segmentation.name}, for {ruler.metric.title}"
    return Measurement(
        demanded.claim(Topic.SEGMENT_COVERAGE.key(i, metric=ruler.metric.name)).with_name(name),
        "coverage",
        Exact(covered / total, total),
        unit="share",
        reason=text + (f"; not assessable: {named}" if small else ""),
        needs=ruler.remedy if ruler.never else f"more rows of {named}" if small else "",
    )


def _critical(
    demanded: Claims, i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool]
) -> list[Measurement]:
    if not segmentation.critical:
        return []
    missing = [segmentation.text(code) for code in sorted(segmentation.critical) if not large[code]]
    name = f"Critical segments of {segmentation.name} that are too small, for {ruler.metric.title}"
    return [
        Measurement(
            demanded.claim(Topic.CRITICAL_SEGMENTS.key(i, metric=ruler.metric.name)).with_name(name),
            "segments",
            Exact(float(len(missing)), len(segmentation.critical)),
            unit="segments",
            reason=f"too small: {', '.join(missing)}" if missing else "every critical segment is large enough",
            needs=(ruler.remedy if ruler.never else f"at least {count_of(ruler.minimum, ruler.noun)} of each")
            if missing
            else "",
        )
    ]
