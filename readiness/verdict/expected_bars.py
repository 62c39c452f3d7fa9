"""The bar that each finding must be held against, given the spec, so that no record judges by a lower one."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from readiness.core import policy
from readiness.core.checklist import BEFORE_ALL, BOXES, NO_PROOFS, Proofs, Source, conclusion
from readiness.core.findings import Criterion, Finding, Status
from readiness.core.metrics import METRICS
from readiness.core.policy import Task
from readiness.core.withholding import DRIFT_OF_ANSWERS
from readiness.spec.schema import Spec
from readiness.verdict.margins import CODES, required_margin
from readiness.verdict.record import RecordedAnswer


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
DRIFT_SUMMARY = "PROD-DRIFT-SUMMARY"
"""Stands for the drift of all features where none could be looked at."""

_DEFICIT = re.compile(r"SEGM-\d+-(?:\d+|SMALL)-(\w+)")
_COVERAGE = re.compile(r"SEGM-\d+-COVERAGE-\w+")
_CRITICAL = re.compile(r"SEGM-\d+-CRITICAL-\w+")
_DRIFT = re.compile(r"PROD-DRIFT-\d+")
_SLICE = re.compile(r"SEGM-SLICE-\d+")
_WINDOW = re.compile(r"STAB-WINDOW-\d+")
_COMPARED = re.compile(r"SEGM-\d+-FAIR-(\w+)")
_LIFT = re.compile(r"BASE-LIFT-.+")
_CONSTANT = re.compile(r"ERRO-SAVINGS-(?:CONSTANT|CLASS-\d+|QUANTILE|MEDIAN)")


def lower_bars(
    answers: Sequence[RecordedAnswer],
    spec: Spec,
    task: Task,
    day: datetime.date = BEFORE_ALL,
    proofs: Proofs = NO_PROOFS,
) -> tuple[str, ...]:
    """Codes of the findings that are judged otherwise than against the spec's bar, with the spec's confidence.

    Where the spec states no bar there is nothing to judge: such a finding is *not assessed*, or attested in the spec.
    `day` is that of the review, on which an attestation may have expired; `proofs` is the evidence that is there.
    """
    other, unstated = other_bars(answers, spec, task), (*unstated_codes(spec), DRIFT_SUMMARY)
    judged = [f for answer in answers for f in answer.findings if f.status is not Status.NOT_ASSESSED]
    wrong = {f.code for f in judged if f.code in unstated and not is_attested_instead(f, spec, day, proofs)}
    return tuple(f.code for f in judged if f.code in wrong or f.code in other)


def other_bars(answers: Sequence[RecordedAnswer], spec: Spec, task: Task) -> tuple[str, ...]:
    """As `lower_bars`, so far as record and spec tell it by themselves: what is attested is taken as it is told."""
    by_code, unstated = _by_code(spec), (*unstated_codes(spec), DRIFT_SUMMARY)
    wrong = []
    for finding in (finding for answer in answers for finding in answer.findings):
        bar = by_code.get(finding.code) or _of_classes(finding, spec) or _by_family(finding, spec, task)
        if finding.code in unstated:
            is_right = finding.bounds is None
        else:
            is_right = bar is None or _is_held(finding, bar, spec.alpha)
        if finding.status is not Status.NOT_ASSESSED and not is_right:
            wrong.append(finding.code)
    return tuple(wrong)


def stated_limits(spec: Spec) -> Mapping[str, Bar]:
    """By finding code the technical limits that the spec states, in `production` or as a business requirement."""
    stated: dict[str, Bar] = {}
    for metric, code in CODES.items():
        given = getattr(spec.production, metric)
        required = [Bar(r.op, r.limit) for r in spec.business.requirements if r.metric == metric]
        if given is not None:
            stated[code] = Bar(">=" if METRICS[metric].greater_is_better else "<=", given)
        elif required:
            stated[code] = required[0]
    return stated


def unstated_codes(spec: Spec) -> tuple[str, ...]:
    """Codes of the findings that say: the spec states nothing here that could be met."""
    limits = stated_limits(spec)
    technical = [box.code for box in BOXES if any(code.startswith(box.code) for code in CODES.values() if box.code)]
    return (
        *(() if spec.business.requirements else ("BUSI-NONE",)),
        *(() if spec.data.segments else ("SEGM-NONE",)),
        *(() if spec.errors.costs else ("ERRO-SAVINGS",)),
        *(f"{box}-LIMIT" for box in technical if not any(code.startswith(box) for code in limits)),
    )


def is_attested_instead(
    finding: Finding, spec: Spec, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS
) -> bool:
    """Whether a measured box holds the good outcome that the spec's `checklist` attests in place of a measurement."""
    boxes = [box for box in BOXES if box.source is Source.MEASURED and finding.code.startswith(box.code)]
    said = conclusion(spec.checklist.get(boxes[0].key) if boxes else None, day, proofs)
    is_so = finding.outcome is said.outcome and finding.reason.endswith(said.reason) and finding.warning == said.warning
    return finding.bounds is None and is_so and said.outcome.status is Status.MET


def _is_held(finding: Finding, bar: Bar, alpha: float) -> bool:
    bounds, criterion = finding.bounds, finding.criterion
    if bounds is None or criterion is None:
        return False
    return bounds.alpha == alpha and Bar.of(criterion) == bar


def _by_code(spec: Spec) -> dict[str, Bar]:
    stability = spec.stability
    bars = {
        "ERRO-SAVINGS": Bar(">", policy.SAVINGS_PER_ROW),
        "ERRO-CURRENT": Bar(">=", 0.0),
        "STAB-HALF-WIDTH": Bar("<=", stability.half_width, refutable=False),
        "STAB-CHURN": Bar("<=", stability.churn_met, refuted_beyond=stability.churn_not_met),
        "STAB-STD": Bar("<", stability.std),
        "STAB-TREND": Bar("<=", stability.trend_limit),
        **stated_limits(spec),
    }
    if spec.errors.interval is not None and spec.errors.interval.at_least is not None:
        bars["ERRO-COVERAGE"] = Bar(">=", spec.errors.interval.at_least)
    if spec.errors.value_per_prediction is not None:
        bars["ERRO-COST"] = Bar("<", spec.errors.value_per_prediction)
    for k, requirement in enumerate(spec.business.requirements, 1):
        bars[f"BUSI-{k}"] = Bar(requirement.op, 0.0 if requirement.lift_over else requirement.limit)
    return bars


def _by_family(finding: Finding, spec: Spec, task: Task) -> Bar | None:
    code = finding.code
    if _LIFT.fullmatch(code):
        human = spec.baseline.human
        is_human = code.endswith("-HUMAN") and human is not None
        name = human.metric if is_human and human else spec.baseline.metric or policy.PRIMARY_METRIC[task]
        key = code.removeprefix("BASE-LIFT-").lower()
        return Bar.of(required_margin(spec.metric(name), spec.baseline, key).criterion)
    if _CONSTANT.fullmatch(code):
        return Bar(">", policy.SAVINGS_PER_ROW)
    if _COVERAGE.fullmatch(code):
        return Bar(">=", spec.segments.coverage, refutable=False)
    if _CRITICAL.fullmatch(code):
        return Bar("<=", 0, refutable=False)
    if _DRIFT.fullmatch(code):
        return Bar("<=", spec.production.drift_limit)
    if code == DRIFT_OF_ANSWERS:
        return Bar("<=", spec.production.drift_warning)
    if _WINDOW.fullmatch(code):
        return _deficit(spec.primary_metric(task).name, finding, spec, spec.stability.window_limit)
    if _SLICE.fullmatch(code):
        return _deficit(finding.metric, finding, spec, spec.segments.limit)
    if compared := _COMPARED.fullmatch(code):
        return _group_comparison(compared[1].lower(), spec)
    deficit = _DEFICIT.fullmatch(code)
    return _deficit(deficit[1].lower(), finding, spec, spec.segments.limit) if deficit else None


def _of_classes(finding: Finding, spec: Spec) -> Bar | None:
    """Of several classes together the lowest floor; which they are is known where counts are (`tied_classes`)."""
    from readiness.verdict.recomputation.classes import CLASS, COVERAGE, floor_of  # loads what computes numbers

    if COVERAGE.fullmatch(finding.code):
        return Bar(">=", spec.errors.class_coverage, refutable=False)
    told = CLASS.fullmatch(finding.code)
    if told is None:
        return None
    if told[1] == "APART":
        return Bar(">", 0.0)
    found = None if finding.criterion is None else finding.criterion.threshold
    if told[2] is None and found in (spec.errors.class_floor, *spec.errors.floors.values()):
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
