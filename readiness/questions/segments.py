"""Does it work for everyone?

Purpose: an average hides the people for whom the model is wrong; this question looks at each group by itself.
Method: each segment is compared with all other rows. The deficit must be proven to be below the limit; a segment with
too few rows of the metric's own denominator is not assessable, and the assessable ones must hold most rows.
Signs of risk: one segment far below the rest, most of all one that was rare in training.
Limits: only the named segments are looked at; a group that no column tells apart stays unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from readiness import criteria as policy
from readiness.answers import Answer, Criterion, Finding, Question, Status, not_assessed
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.segmentation import Segmentation
from readiness.numbers import format_value
from readiness.questions.by_segment import Deficit, Split, split_by
from readiness.questions.segment_facts import segment_facts, worst_segments
from readiness.questions.wording import denominator
from readiness.spec import Segments
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.intervals import Binomial, Mover
from readiness.statistics.judging import Claim, settle
from readiness.statistics.metrics import Metric, measure, withheld
from readiness.statistics.power import minimum_rows

TITLE = Question.SEGMENTS.words

TOO_SMALL = "not assessable"
"""How the reason begins for which a small segment is not judged."""
ALONE = "all rows are in this one segment"
MORE_GROUPS = "name a column that tells at least two groups apart"

NONE_NAMED = not_assessed(
    "SEGM-NONE",
    "Segments",
    "no segment column is named, so nobody knows for whom the model fails",
    needs="name the columns that tell groups apart under data.segments",
)


@dataclass(frozen=True, slots=True)
class Ruler:
    """One judged metric with its limit, and the rows that a segment needs to be assessable."""

    metric: Metric
    criterion: Criterion
    factor: float
    """1 for points of the metric; 1 + limit where errors are compared by ratio."""
    minimum: int
    warning: float
    noun: str
    """What the rows of the metric's denominator are called."""


def ask(evidence: Evidence, criteria: Segments) -> Answer:
    """Judge every segment against all other rows, in every segmentation that the spec names."""
    if not evidence.segmentations:
        return Answer(Question.SEGMENTS, (NONE_NAMED,))
    spec = evidence.spec
    judged = criteria.metrics or policy.SEGMENT_METRICS[evidence.task]
    rulers = [_ruler(evidence, criteria, name) for name in judged]
    claims: list[Claim] = []
    for i, segmentation in enumerate(evidence.segmentations, 1):
        for ruler in rulers:
            claims += _deficits(evidence, i, segmentation, ruler, criteria)
    findings = _without_small(settle(claims, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence))
    facts = [
        claim
        for i, segmentation in enumerate(evidence.segmentations, 1)
        for claim in segment_facts(evidence, i, segmentation, judged)
    ]
    shown = settle(facts, alpha=spec.alpha, level=spec.confidence)
    return Answer(Question.SEGMENTS, (*findings, *worst_segments(evidence, findings), *shown))


def _without_small(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Segments that are too small do not block, unless their deficit is proven: harm cannot hide in a small group."""
    return tuple(
        replace(finding, blocking=False)
        if finding.withheld.startswith(TOO_SMALL) and finding.status is not Status.NOT_MET
        else finding
        for finding in findings
    )


def _ruler(evidence: Evidence, criteria: Segments, name: str) -> Ruler:
    metric, source = evidence.spec.metric(name), criteria.origin("limit")
    overall = measure(name, evidence.cases)
    level = overall.value if not isinstance(overall, Undefined) else 0.5
    noun = denominator(name, evidence.positive)
    if metric.is_share:
        share = level if metric.greater_is_better else 1 - level
        needed = minimum_rows(share, criteria.limit, alpha=evidence.spec.alpha, power=criteria.power)
        minimum = evidence.cases.n + 1 if needed is None else needed
        return Ruler(metric, Criterion("<", criteria.limit, "points", source), 1.0, minimum, criteria.warning, noun)
    by_ratio = not metric.greater_is_better
    criterion = Criterion("<", 0.0 if by_ratio else criteria.limit, metric.unit, source)
    minimum = _rows_for_a_mean(evidence, criteria) if by_ratio else policy.SEGMENT_ROWS
    return Ruler(metric, criterion, 1 + criteria.limit if by_ratio else 1.0, minimum, criteria.warning, noun)


def _rows_for_a_mean(evidence: Evidence, criteria: Segments) -> int:
    """Rows at which a segment without deficit is met with the asked power: (z_a + z_b)² (sd / mean)² / limit²."""
    from scipy.special import ndtri

    losses = np.abs(evidence.cases.y_true - evidence.cases.y_pred)
    if evidence.task is not Task.REGRESSION or not losses.mean() > 0:
        return policy.SEGMENT_ROWS
    spread = float(losses.std(ddof=1) / losses.mean()) if len(losses) > 1 else 1.0
    quantiles = float(ndtri(1 - evidence.spec.alpha) + ndtri(criteria.power))
    return max(10, int(np.ceil((quantiles * spread / criteria.limit) ** 2)))


def _deficits(evidence: Evidence, i: int, segmentation: Segmentation, ruler: Ruler, criteria: Segments) -> list[Claim]:
    splits = split_by(ruler.metric.name, evidence.cases, segmentation)
    large = [split.rows >= ruler.minimum for split in splits]
    alone = len(splits) == 1
    claims = [
        _deficit(f"SEGM-{i}-{j}", segmentation.text(j - 1), segmentation.labels[j - 1], split, ruler, enough, alone)
        for j, (split, enough) in enumerate(zip(splits, large, strict=True), 1)
    ]
    claims = [
        claim if claim.withheld else replace(claim, withheld=_withheld(evidence, segmentation, j, ruler))
        for j, claim in enumerate(claims)
    ]
    claims += _pooled(evidence, i, segmentation, ruler, large)
    return [*claims, _coverage(i, segmentation, ruler, large, criteria), *_critical(i, segmentation, ruler, large)]


def _withheld(evidence: Evidence, segmentation: Segmentation, code: int, ruler: Ruler) -> str:
    """Why no *met* may come from the metric in this segment or outside it, such as a class of too few rows."""
    cases, name = evidence.cases, ruler.metric.name
    if cases.is_plain and (name == "mae" or isinstance(measure(name, cases), Binomial)):
        return ""  # shares and mean errors of independent rows are always fit to be judged
    inside = segmentation.codes == code
    return withheld(name, cases.subset(inside)) or withheld(name, cases.subset(~inside))


def _deficit(code: str, name: str, labels: object, split: Split, ruler: Ruler, enough: bool, alone: bool) -> Claim:
    metric = ruler.metric
    difference = _difference(split, ruler)
    too_few = f"{TOO_SMALL}: {split.rows:,} {ruler.noun}, {ruler.minimum:,} are needed"
    warning = ""
    if enough and not isinstance(difference, Undefined):
        share = _share_of_rest(difference.value, split, ruler)
        warning = f"a deficit above {ruler.warning:g}" if share > ruler.warning else ""
    return Claim(
        f"{code}-{metric.name.upper()}",
        f"Deficit in {metric.title} of {name}",
        metric.name,
        Undefined(ALONE) if alone else difference,
        ruler.criterion,
        unit=ruler.criterion.unit,
        segment=labels,  # type: ignore[arg-type]
        withheld="" if enough or alone else too_few,
        reason=ALONE if alone else _both(split, ruler) if enough else f"{too_few}; {_both(split, ruler)}",
        needs=MORE_GROUPS if alone else "" if enough else f"{ruler.minimum - split.rows:,} more {ruler.noun}",
        warning=warning,
        denominator=f"{ruler.noun} in {name}",
    )


def _difference(split: Split, ruler: Ruler) -> Inference | Undefined:
    """How much worse the segment is than all other rows; positive is worse."""
    inside, outside = split.inside, split.outside
    if isinstance(inside, Undefined):
        return inside
    if isinstance(outside, Undefined):
        return outside
    if ruler.metric.greater_is_better:
        return Deficit(Mover(outside, inside), split.rows)
    return Deficit(Mover(inside, outside, ruler.factor), split.rows)


def _share_of_rest(deficit: float, split: Split, ruler: Ruler) -> float:
    """The deficit in the units of the warning: points, or a share of the error of all other rows."""
    if ruler.factor == 1 or isinstance(split.outside, Undefined) or split.outside.value == 0:
        return deficit
    return deficit / split.outside.value + ruler.factor - 1


def _both(split: Split, ruler: Ruler) -> str:
    if isinstance(split.inside, Undefined):
        return split.inside.reason
    if isinstance(split.outside, Undefined):
        return split.outside.reason
    unit = ruler.metric.unit
    here, rest = format_value(split.inside.value, unit), format_value(split.outside.value, unit)
    title = ruler.metric.title
    judged = "" if ruler.factor == 1 else f"; what is judged is the error here less {ruler.factor:.4g} of theirs"
    counts = _counts(split, split.inside, ruler.noun)
    return f"{title} is {here} here ({counts}) and {rest} among all other rows{judged}"


def _counts(split: Split, inside: Inference, noun: str) -> str:
    if isinstance(inside, Binomial):
        return f"{round(inside.successes):,} of {inside.n:,} {noun}"
    return f"{split.rows:,} {noun}"


def _pooled(evidence: Evidence, i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool]) -> list[Claim]:
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
    return [_deficit(f"SEGM-{i}-SMALL", name, pool.labels[1], split, ruler, enough, alone=False)]


def _coverage(i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool], criteria: Segments) -> Claim:
    rows = segmentation.counts
    covered, total = int(rows[np.asarray(large)].sum()), int(rows.sum())
    small = [segmentation.text(code) for code, enough in enumerate(large) if not enough and rows[code]]
    named = ", ".join(small[:3]) + (f" and {len(small) - 3} more" if len(small) > 3 else "")
    text = f"{covered:,} of {total:,} rows are in segments with at least {ruler.minimum:,} {ruler.noun}"
    return Claim(
        f"SEGM-{i}-COVERAGE-{ruler.metric.name.upper()}",
        f"Rows in assessable segments of {segmentation.name}, for {ruler.metric.title}",
        "coverage",
        Exact(covered / total, total),
        Criterion(">=", criteria.coverage, "share", criteria.origin("coverage"), refutable=False),
        unit="share",
        reason=text + (f"; not assessable: {named}" if small else ""),
        needs=f"more rows of {named}" if small else "",
    )


def _critical(i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool]) -> list[Claim]:
    if not segmentation.critical:
        return []
    missing = [segmentation.text(code) for code in sorted(segmentation.critical) if not large[code]]
    return [
        Claim(
            f"SEGM-{i}-CRITICAL-{ruler.metric.name.upper()}",
            f"Critical segments of {segmentation.name} that are too small, for {ruler.metric.title}",
            "segments",
            Exact(float(len(missing)), len(segmentation.critical)),
            Criterion("<=", 0, "segments", "set in the spec: critical", refutable=False),
            unit="segments",
            reason=f"too small: {', '.join(missing)}" if missing else "every critical segment is large enough",
            needs=f"at least {ruler.minimum:,} rows of each" if missing else "",
        )
    ]
