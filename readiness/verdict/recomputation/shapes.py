"""What each finding may be computed from: the shape of its basis by its code and metric, and the range of its numbers.

The shapes are those of `statistics.shapes`, the constants those of the recorded spec. A finding that no code names may
be anything, unless its metric is a share of rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Finding, Question
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import METRICS, TECHNICAL, Metric
from readiness.core.policy import Task
from readiness.spec.schema import Requirement, Spec
from readiness.statistics.metric_shapes import (
    contrast_ends,
    contrast_shapes,
    deficit_ends,
    deficit_shapes,
    is_counted,
    value_shapes,
)
from readiness.statistics.shapes import (
    A_SHARE,
    CHURN,
    COMPARED,
    DECLINE,
    MEAN,
    Rows,
    Shapes,
    any_of,
    fits,
    informedness_shapes,
)
from readiness.statistics.stability import ends_of
from readiness.verdict.margins import required_margin
from readiness.verdict.recomputation.bounds import CLOSE
from readiness.verdict.recomputation.classes import FOUND, TOLD_APART

if TYPE_CHECKING:
    from readiness.verdict.record import Record

_DEFICITS = frozenset({Topic.DEFICIT, Topic.SMALL_DEFICIT, Topic.SLICE, Topic.WINDOW})
PRICED = frozenset({
    Topic.COST, Topic.CURRENT_COST, Topic.SAVINGS, Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS, Topic.SAVINGS_QUANTILE,
    Topic.SAVINGS_MEDIAN,
})  # fmt: skip
"""Means of amounts: costs, savings against doing nothing, against other constant answers, and against another model."""
_EVERYWHERE, _SHARE = (-math.inf, math.inf), (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a finding may be computed from, and in which range its numbers lie."""

    shapes: Shapes
    """None: no formula on a few numbers gives it, so that it comes without a basis."""
    ends: tuple[float, float] = _EVERYWHERE
    limits_too: bool = True
    """Whether limits stay in the range as the value does; those of some t-intervals need not."""


def recorded_spec(record: Record) -> Spec:
    """The spec in the record, read again.

    Raises:
        InvalidReport: it is none.
    """
    try:
        spec = Spec.model_validate(record.gathered.spec)
        return spec if record.uses is None else spec.counted(record.uses.number)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidReport(
            f"The spec in the record is none that this version reads: {where[:80]}: {first['msg'][:120]}."
        ) from error


def check_shapes(record: Record, spec: Spec) -> None:
    """Every judged number comes from a formula that this program computes for its metric, and lies in its range.

    Raises:
        InvalidReport: naming the first finding that does not.
    """
    for answer in record.answers:
        for finding in answer.findings:
            if finding.measured is None or not (finding.bounds is not None or finding.key.kind is Topic.METHOD_VALUE):
                continue
            allowed = allowed_of(record, spec, answer.question, finding)
            if allowed is not None:
                _check_basis(finding, allowed)
                _check_range(finding, allowed)


def _check_basis(finding: Finding, allowed: Allowed) -> None:
    """Raises: InvalidReport."""
    basis = None if finding.bounds is None else finding.bounds.basis
    if basis is not None and not fits(basis, allowed.shapes):
        raise InvalidReport(
            f"Finding {finding.code} does not hold. It is computed by {_said(basis)}, and {finding.metric} here is not."
        )


def _said(basis: Basis) -> str:
    """The formulas from the outside in: "linear of mover of share and share", numbers that are constants included."""
    constants = {"scale", "shift", "factor", "correlation"}
    numbers = [
        f"{name} {value:.4g}" for name, value in basis.numbers.items() if name in constants and value is not None
    ]
    parts = " and ".join(_said(part) for part in basis.parts[:3])
    more = f" and {len(basis.parts) - 3} more" if len(basis.parts) > 3 else ""
    with_numbers = f"{basis.form[:40]} ({', '.join(numbers)})" if numbers else basis.form[:40]
    return f"{with_numbers} of {parts}{more}" if parts else with_numbers


def _check_range(finding: Finding, allowed: Allowed) -> None:
    """Raises: InvalidReport."""
    measured, bounds, (low, high) = finding.measured, finding.bounds, allowed.ends
    assert measured is not None
    numbers: list[tuple[str, float | None]] = [("value", measured.value)]
    if allowed.limits_too:
        numbers += [("interval", measured.low), ("interval", measured.high)]
        numbers += [] if bounds is None else [("lower bound", bounds.lower), ("upper bound", bounds.upper)]
    for name, number in numbers:
        if number is not None and not low - CLOSE * max(1.0, abs(low)) <= number <= high + CLOSE * max(1.0, abs(high)):
            raise InvalidReport(
                f"Finding {finding.code} does not hold. Its {name} is {number:.10g}; there is no "
                f"{finding.metric} {f'below {low:.10g}' if number < low else f'above {high:.10g}'} here."
            )


def allowed_of(record: Record, spec: Spec, question: Question, finding: Finding) -> Allowed | None:
    """What a finding may be computed from; None where nobody can tell."""
    kind, name = finding.key.kind, finding.metric
    rows, metric = rows_of(record), _metric(spec, name)
    if name in TECHNICAL:
        return None
    if kind in _BY_TOPIC:
        return _BY_TOPIC[kind]
    if kind in PRICED:
        return Allowed(MEAN if kind is Topic.CURRENT_COST or not is_drawn(spec, rows) else ())
    if kind in FOUND:
        return Allowed(A_SHARE, _SHARE)
    if kind in TOLD_APART:
        return Allowed(informedness_shapes(rows), (-1.0, 1.0))
    if kind is Topic.FAIRNESS:
        return Allowed(COMPARED.get(name, ()), _SHARE)
    found = None if metric is None else _of_metric(spec, question, finding.key, metric, rows)
    if found is not None:
        return found
    if not is_counted(name, rows.task):
        return None
    known = () if metric is None else any_of((value_shapes(metric, rows), deficit_shapes(metric, rows, (1.0, 1.0))))
    return Allowed((*known, *COMPARED.get(name, ())))


def _of_metric(spec: Spec, question: Question, key: FindingKey, metric: Metric, rows: Rows) -> Allowed | None:
    """By the key: a value, a deficit of some rows, or a gain; None for a key of the user's own."""
    if key.kind is Topic.METHOD_VALUE:
        return Allowed((), ends_of(metric))
    if key.kind in _DEFICITS:
        return _deficit(spec, metric, rows, in_windows=question is Question.STABILITY)
    if key.kind is Topic.LIFT:
        factor = required_margin(metric, spec.baseline, key.part("method")).factor
        return _contrast(metric, rows, factor, unpaired=is_human(spec, key.part("method")))
    stated = stated_requirement(spec, key)
    return None if stated is None else _stated(spec, stated, metric, rows)


_BY_TOPIC = {
    Topic.INTERVAL_COVERAGE: Allowed(A_SHARE, _SHARE),
    Topic.CHURN: Allowed(CHURN, _SHARE, limits_too=False),
    **dict.fromkeys((Topic.MONOTONIC, Topic.INVARIANT), Allowed(A_SHARE, _SHARE)),
    Topic.TREND: Allowed(DECLINE),
    Topic.HALF_WIDTH: Allowed((), (0.0, math.inf)),
    Topic.FOLD_STD: Allowed((), (0.0, math.inf)),
}


def rows_of(record: Record) -> Rows:
    """What makes the scored rows other than independent and alike, by the recorded spec."""
    data, task = record.gathered.spec.get("data", {}), Task(record.gathered.data.task)
    depends = any(data.get(name) for name in ("group", "time", "weight")) or task is Task.RANKING
    return Rows(task, not depends, bool(data.get("time")) and not data.get("group"))


def _metric(spec: Spec, name: str) -> Metric | None:
    if name in spec.metrics:
        return spec.metric(name)
    return METRICS.get(name)


def is_drawn(spec: Spec, rows: Rows) -> bool:
    """Whether means of amounts are simulated from four counts: where two constant costs meet independent rows."""
    costs = spec.errors.costs
    given = () if costs is None else (costs.false_positive, costs.false_negative)
    is_constant = bool(given) and all(isinstance(cost, int | float) for cost in given)
    return is_constant and rows.is_plain and rows.task is Task.BINARY and getattr(spec.errors, "capacity", None) is None


def _deficit(spec: Spec, metric: Metric, rows: Rows, *, in_windows: bool) -> Allowed:
    if metric.is_share or metric.greater_is_better:
        return Allowed(deficit_shapes(metric, rows, (1.0, 1.0)), deficit_ends(metric, 1.0))
    factor = 1 + (spec.stability.window_limit if in_windows else spec.segments.limit)
    return Allowed(deficit_shapes(metric, rows, (factor, factor)), deficit_ends(metric, factor))


def _contrast(metric: Metric, rows: Rows, factor: float, *, unpaired: bool) -> Allowed:
    shapes = contrast_shapes(metric, rows, (factor, factor), unpaired=unpaired)
    return Allowed(shapes, contrast_ends(metric, factor), limits_too=False)


def is_human(spec: Spec, key: str) -> bool:
    """Whether a baseline is the figure of people, which is compared unpaired."""
    return key == "human" and spec.baseline.human is not None


def stated_requirement(spec: Spec, key: FindingKey) -> Requirement | None:
    """The business requirement that a finding answers."""
    number, stated = key.number("requirement"), spec.business.requirements
    return stated[number - 1] if 1 <= number <= len(stated) else None


def relative_factor(stated: Requirement, metric: Metric) -> float | None:
    """By what the other method's number is multiplied; None where the requirement asks for no gain."""
    if stated.gain_over:
        return 1.0
    return None if not stated.lift_over else 1 + (stated.limit if metric.greater_is_better else -stated.limit)


def _stated(spec: Spec, stated: Requirement, metric: Metric, rows: Rows) -> Allowed:
    if stated.of_class is not None and rows.task is Task.MULTICLASS:
        rows = Rows(Task.BINARY, rows.is_plain, rows.in_time)
    factor = relative_factor(stated, metric)
    if factor is None:
        return Allowed(value_shapes(metric, rows), ends_of(metric))
    over = stated.lift_over or stated.gain_over or ""
    return _contrast(metric, rows, factor, unpaired=is_human(spec, over))
