"""The bar that each finding must be held against, given the spec, so that no record judges by a lower one."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from readiness.core import policy
from readiness.core.checklist import BEFORE_ALL, BOXES, NO_LIMIT, NO_PROOFS, Proofs, Source, conclusion
from readiness.core.findings import Answer, Criterion, Finding, Status
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import METRICS
from readiness.core.policy import Task
from readiness.spec.schema import Spec
from readiness.verdict.margins import TOPICS, required_margin


class Bar(NamedTuple):
    """What of a criterion decides a status."""

    op: str
    threshold: float
    refuted_beyond: float | None = None
    refutable: bool = True

    @classmethod
    def of(cls, criterion: Criterion) -> Bar:
        """The bar of a criterion."""
        return cls(criterion.op, criterion.threshold, criterion.refuted_beyond, criterion.refutable)


CLOSE = 1e-8
"""Recorded numbers have ten digits; a limit that follows from several agrees to fewer."""
DRIFT_SUMMARY = Topic.DRIFT_SUMMARY.key()
"""Stands for the drift of all features where none could be looked at."""

_CONSTANTS = frozenset({Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS, Topic.SAVINGS_QUANTILE, Topic.SAVINGS_MEDIAN})


def lower_bars(
    answers: Sequence[Answer],
    spec: Spec,
    task: Task,
    day: datetime.date = BEFORE_ALL,
    proofs: Proofs = NO_PROOFS,
) -> tuple[str, ...]:
    """Codes of the findings that are judged otherwise than against the spec's bar, with the spec's confidence.

    Where the spec states no bar there is nothing to judge: such a finding is *not assessed*, or attested in the spec.
    `day` is that of the review, on which an attestation may have expired; `proofs` is the evidence that is there.
    """
    other, without_bar = other_bars(answers, spec, task), (*unstated(spec), DRIFT_SUMMARY)
    judged = [f for answer in answers for f in answer.findings if f.status is not Status.NOT_ASSESSED]
    wrong = {f.code for f in judged if f.key in without_bar and not is_attested_instead(f, spec, day, proofs)}
    return tuple(f.code for f in judged if f.code in wrong or f.code in other)


def other_bars(answers: Sequence[Answer], spec: Spec, task: Task) -> tuple[str, ...]:
    """As `lower_bars`, so far as record and spec tell it by themselves: what is attested is taken as it is told."""
    by_key, without_bar = _by_key(spec), (*unstated(spec), DRIFT_SUMMARY)
    wrong = []
    for finding in (finding for answer in answers for finding in answer.findings):
        bar = by_key.get(finding.key) or _of_classes(finding, spec) or _by_family(finding, spec, task)
        if finding.key in without_bar:
            is_right = finding.bounds is None
        else:
            is_right = bar is None or _is_held(finding, bar, spec.alpha)
        if finding.status is not Status.NOT_ASSESSED and not is_right:
            wrong.append(finding.code)
    return tuple(wrong)


def stated_limits(spec: Spec) -> Mapping[FindingKey, Bar]:
    """By key of the finding the technical limits that the spec states, in `production` or as a business requirement."""
    stated: dict[FindingKey, Bar] = {}
    for metric, topic in TOPICS.items():
        given = getattr(spec.production, metric)
        required = [Bar(r.op, r.limit) for r in spec.business.requirements if r.metric == metric]
        if given is not None:
            stated[topic.key()] = Bar(">=" if METRICS[metric].greater_is_better else "<=", given)
        elif required:
            stated[topic.key()] = required[0]
    return stated


def unstated(spec: Spec) -> tuple[FindingKey, ...]:
    """Keys of the findings that say: the spec states nothing here that could be met."""
    limits = stated_limits(spec)
    return (
        *(() if spec.business.requirements else (Topic.NO_REQUIREMENTS.key(),)),
        *(() if spec.data.segments else (Topic.NO_SEGMENTS.key(),)),
        *(() if spec.errors.costs else (Topic.SAVINGS.key(),)),
        *(
            topic.key()
            for box in BOXES
            for topic in box.topics
            if topic in NO_LIMIT and not any(box.holds(key) for key in limits)
        ),
    )


def is_attested_instead(
    finding: Finding, spec: Spec, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS
) -> bool:
    """Whether a measured box holds the good outcome that the spec's `checklist` attests in place of a measurement."""
    boxes = [box for box in BOXES if box.source is Source.MEASURED and box.holds(finding.key)]
    said = conclusion(spec.checklist.get(boxes[0].key) if boxes else None, day, proofs)
    is_so = finding.outcome is said.outcome and finding.reason.endswith(said.reason) and finding.warning == said.warning
    return finding.bounds is None and is_so and said.outcome.status is Status.MET


def _is_held(finding: Finding, bar: Bar, alpha: float) -> bool:
    bounds, criterion = finding.bounds, finding.criterion
    if bounds is None or criterion is None:
        return False
    return bounds.alpha == alpha and Bar.of(criterion) == bar


def _by_key(spec: Spec) -> dict[FindingKey, Bar]:
    stability = spec.stability
    bars = {
        Topic.SAVINGS.key(): Bar(">", policy.SAVINGS_PER_ROW),
        Topic.CURRENT_COST.key(): Bar(">=", 0.0),
        Topic.HALF_WIDTH.key(): Bar("<=", stability.half_width, refutable=False),
        Topic.CHURN.key(): Bar("<=", stability.churn_met, refuted_beyond=stability.churn_not_met),
        Topic.FOLD_STD.key(): Bar("<", stability.std),
        Topic.TREND.key(): Bar("<=", stability.trend_limit),
        **stated_limits(spec),
    }
    if spec.errors.interval is not None and spec.errors.interval.at_least is not None:
        bars[Topic.INTERVAL_COVERAGE.key()] = Bar(">=", spec.errors.interval.at_least)
    if spec.errors.value_per_prediction is not None:
        bars[Topic.COST.key()] = Bar("<", spec.errors.value_per_prediction)
    for k, requirement in enumerate(spec.business.requirements, 1):
        bars[Topic.REQUIREMENT.key(k)] = Bar(requirement.op, 0.0 if requirement.lift_over else requirement.limit)
    return bars


def _by_family(finding: Finding, spec: Spec, task: Task) -> Bar | None:
    kind, metric = finding.key.kind, finding.key.metric
    if kind is Topic.LIFT:
        method, human = finding.key.part("method"), spec.baseline.human
        name = human.metric if method == "human" and human else spec.baseline.metric or policy.PRIMARY_METRIC[task]
        return Bar.of(required_margin(spec.metric(name), spec.baseline, method).criterion)
    if kind in _CONSTANTS:
        return Bar(">", policy.SAVINGS_PER_ROW)
    if kind is Topic.SEGMENT_COVERAGE:
        return Bar(">=", spec.segments.coverage, refutable=False)
    if kind is Topic.CRITICAL_SEGMENTS:
        return Bar("<=", 0, refutable=False)
    if kind is Topic.DRIFT:
        return Bar("<=", spec.production.drift_limit)
    if kind is Topic.DRIFT_OF_ANSWERS:
        return Bar("<=", spec.production.drift_warning)
    if kind is Topic.WINDOW:
        return _deficit(spec.primary_metric(task).name, finding, spec, spec.stability.window_limit)
    if kind is Topic.SLICE:
        return _deficit(finding.metric, finding, spec, spec.segments.limit)
    if kind is Topic.FAIRNESS:
        return _group_comparison(metric, spec)
    is_deficit = kind in (Topic.DEFICIT, Topic.SMALL_DEFICIT)
    return _deficit(metric, finding, spec, spec.segments.limit) if is_deficit else None


def _of_classes(finding: Finding, spec: Spec) -> Bar | None:
    """Of several classes together the lowest floor; which they are is known where counts are (`tied_classes`)."""
    from readiness.verdict.recomputation.classes import COVERED, FOUND, TOLD_APART, floor_of  # computes numbers

    kind = finding.key.kind
    if kind in COVERED:
        return Bar(">=", spec.errors.class_coverage, refutable=False)
    if kind in TOLD_APART:
        return Bar(">", 0.0)
    if kind not in FOUND:
        return None
    found = None if finding.criterion is None else finding.criterion.threshold
    if kind is Topic.SMALL_CLASSES_FOUND and found in (spec.errors.class_floor, *spec.errors.floors.values()):
        return Bar(">=", found)
    return Bar(">=", floor_of(finding.segment.get("class", ""), spec))


def _group_comparison(measure: str, spec: Spec) -> Bar | None:
    limit = {str(name): limit for name, limit in spec.segments.fairness.items()}.get(measure)
    return None if limit is None else Bar(">=" if measure.endswith("_ratio") else "<=", limit)


def _deficit(name: str, finding: Finding, spec: Spec, limit: float) -> Bar | None:
    """The limit in points of the metric, scaled to the rate of all other rows that the finding holds; or by ratio,
    where the limit is in the contrast and zero is the bar. Without a rate in few numbers any narrower one will do.
    """
    from readiness.statistics.rate_limits import recorded_limit  # loads what computes numbers

    if name not in spec.metrics and name not in METRICS:
        return None
    metric, bounds, criterion = spec.metric(name), finding.bounds, finding.criterion
    if not metric.is_share:
        return Bar("<", limit if metric.greater_is_better else 0.0)
    if bounds is None or criterion is None:
        return Bar("<", limit)
    found = criterion.threshold
    if bounds.basis is None:
        return Bar("<", min(found, limit) if found > 0 else limit)
    scaled = recorded_limit(bounds.basis, metric, limit, alpha=spec.alpha)
    return Bar("<", found if math.isclose(found, scaled, rel_tol=CLOSE) else scaled)
