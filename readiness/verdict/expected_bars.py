"""Which bar must each finding be held against, given the spec? So that no record judges by a lower one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from readiness import criteria as policy
from readiness.answers import Criterion, Finding
from readiness.catalogue import METRICS
from readiness.criteria import Task
from readiness.required import CODES, required_margin
from readiness.spec import Spec
from readiness.verdict.record import RecordedAnswer

Bar = tuple[str, float]
"""Comparison and threshold."""

_DEFICIT = re.compile(r"SEGM-\d+-(\d+|SMALL)-")
_COVERAGE = re.compile(r"SEGM-\d+-COVERAGE-")
_LIFT = re.compile(r"BASE-LIFT-")


def lower_bars(answers: Sequence[RecordedAnswer], spec: Spec, task: Task) -> tuple[str, ...]:
    """Codes of the findings that count and are held against another bar than the spec's."""
    by_code = _by_code(spec)
    wrong = []
    for answer in answers:
        for finding in answer.findings:
            bars = by_code.get(finding.code) or _by_family(finding, spec, task)
            if bars and finding.blocking and finding.criterion is not None and not _is_one_of(finding.criterion, bars):
                wrong.append(finding.code)
    return tuple(wrong)


def stated_limits(spec: Spec) -> Mapping[str, tuple[Bar, ...]]:
    """By finding code the technical limits that the spec states, in `production` or as a business requirement."""
    stated: dict[str, tuple[Bar, ...]] = {}
    for metric, code in CODES.items():
        given = getattr(spec.production, metric)
        required = [(r.op, r.limit) for r in spec.business.requirements if r.metric == metric]
        if given is not None:
            stated[code] = ((">=" if METRICS[metric].greater_is_better else "<=", given),)
        elif required:
            stated[code] = (required[0],)
    return stated


def _is_one_of(criterion: Criterion, bars: tuple[Bar, ...]) -> bool:
    return (criterion.op, criterion.threshold) in bars


def _by_code(spec: Spec) -> dict[str, tuple[Bar, ...]]:
    stability = spec.stability
    bars: dict[str, tuple[Bar, ...]] = {
        "ERRO-SAVINGS": ((">", policy.SAVINGS_PER_ROW),),
        "STAB-HALF-WIDTH": (("<=", stability.half_width),),
        "STAB-CHURN": (("<=", stability.churn_met),),
        "STAB-STD": (("<", stability.std),),
        **stated_limits(spec),
    }
    if spec.errors.value_per_prediction is not None:
        bars["ERRO-COST"] = (("<", spec.errors.value_per_prediction),)
    for k, requirement in enumerate(spec.business.requirements, 1):
        bars[f"BUSI-{k}"] = ((requirement.op, 0.0 if requirement.lift_over else requirement.limit),)
    return bars


def _by_family(finding: Finding, spec: Spec, task: Task) -> tuple[Bar, ...]:
    if _LIFT.match(finding.code):
        human = spec.baseline.human
        is_human = finding.code.endswith("-HUMAN") and human is not None
        name = human.metric if is_human and human else spec.baseline.metric or policy.PRIMARY_METRIC[task]
        bar = required_margin(METRICS[name], spec.baseline).criterion
        return ((bar.op, bar.threshold),)
    if _COVERAGE.match(finding.code):
        return ((">=", spec.segments.coverage),)
    if _DEFICIT.match(finding.code):
        return (("<", spec.segments.limit), ("<", 0.0))  # by points, or by ratio with the limit in the contrast
    return ()
