"""What is shown of every segment besides what is judged: rows, metrics, the gap, and the worst one with its causes?"""

from __future__ import annotations

from collections.abc import Sequence

from readiness.answers import Finding, Status
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.evidence.segmentation import Segmentation
from readiness.numbers import format_value
from readiness.questions.by_segment import Split, split_by
from readiness.questions.people import tells_people_apart
from readiness.statistics.gap import null_gap, shrunken_gap
from readiness.statistics.inference import Exact, Undefined
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim
from readiness.statistics.labels import worst_class_recall

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


def segment_facts(evidence: Evidence, i: int, segmentation: Segmentation, judged: Sequence[str]) -> list[Claim]:
    """Rows and metrics of every segment of the i-th segmentation, and the gap in the `judged` metrics."""
    counts = segmentation.counts.tolist()
    claims = [_rows(i, j, segmentation, counts) for j in range(1, len(counts) + 1)]
    for name in dict.fromkeys((*SHOWN[evidence.task], *judged)):
        splits = split_by(name, evidence.cases, segmentation)
        claims += [
            Claim(
                f"SEGM-{i}-{j}-VALUE-{name.upper()}",
                f"{evidence.spec.metric(name).title} of {segmentation.text(j - 1)}",
                name,
                split.inside,
                None,
                unit=evidence.spec.metric(name).unit,
                segment=segmentation.labels[j - 1],
                blocking=False,
            )
            for j, split in enumerate(splits, 1)
        ]
        if name in judged:
            claims += _gap(evidence, i, segmentation, name, splits)
    return [*claims, *(_worst_classes(evidence, i, segmentation) if evidence.task is Task.MULTICLASS else ())]


def _worst_classes(evidence: Evidence, i: int, segmentation: Segmentation) -> list[Claim]:
    """In each segment the class that is found least often; shown, because it was picked for being the lowest."""
    found = []
    for j, label in enumerate(segmentation.labels, 1):
        worst = worst_class_recall(evidence.cases.subset(segmentation.codes == j - 1))
        if not isinstance(worst, Undefined):
            name = f"Worst class of {segmentation.text(j - 1)}: recall of {evidence.classes[worst[0]]}"
            code = f"SEGM-{i}-{j}-VALUE-WORST_CLASS_RECALL"
            found.append(Claim(code, name, "worst_class_recall", worst[1], None, segment=label, blocking=False))
    return found


def _rows(i: int, j: int, segmentation: Segmentation, counts: Sequence[int]) -> Claim:
    rows, trained = counts[j - 1], segmentation.training_rows
    return Claim(
        f"SEGM-{i}-{j}-ROWS",
        f"Rows of {segmentation.text(j - 1)}",
        "rows",
        Exact(float(rows), sum(counts)),
        None,
        unit="rows",
        segment=segmentation.labels[j - 1],
        blocking=False,
        reason="" if trained is None else f"{trained[j - 1]:,} training rows",
    )


def _gap(evidence: Evidence, i: int, segmentation: Segmentation, metric: str, splits: tuple[Split, ...]) -> list[Claim]:
    """Best minus worst, and what chance alone would give: with many small segments the gap is large by itself."""
    values = [split.inside for split in splits if isinstance(split.inside, Binomial)]
    if len(values) < 2:
        return []
    gap = max(v.value for v in values) - min(v.value for v in values)
    shares, rows = [v.value for v in values], [v.n for v in values]
    chance, even = null_gap(shares, rows, seed=evidence.spec.seed), shrunken_gap(shares, rows)
    title, name = evidence.spec.metric(metric).title, segmentation.name
    return [
        Claim(
            f"SEGM-{i}-GAP-{metric.upper()}",
            f"Best minus worst {title} over {name}",
            metric,
            Exact(gap, len(values)),
            None,
            unit="points",
            blocking=False,
            reason=f"equal segments of these sizes would show {format_value(chance.expected)} on average, "
            f"95 times in 100 less than {format_value(chance.quantile)}; evened out for chance the gap is "
            f"{format_value(even)}",
        ),
    ]


def worst_segments(evidence: Evidence, findings: tuple[Finding, ...]) -> list[Finding]:
    """In each segmentation the segment with the largest deficit, and what may be behind it."""
    worst = []
    for i, segmentation in enumerate(evidence.segmentations, 1):
        own = [f for f in findings if f.code.startswith(f"SEGM-{i}-") and f.segment and f.blocking and f.measured]
        if not own:
            continue
        finding = max(own, key=lambda f: f.measured.value if f.measured else 0.0)
        trained = _training_share(segmentation, finding)
        causes = "; ".join(_causes(finding)) if finding.status is not Status.MET else ""
        worst.append(
            Finding(
                f"SEGM-{i}-WORST",
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
