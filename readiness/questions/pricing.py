"""What do the candidate's errors cost, row by row, and what would doing nothing cost?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.spec import CostColumn, Costs
from readiness.statistics.cases import Cases
from readiness.statistics.guessing import Guess

Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prices:
    """Costs of each row, before weighting, under the candidate, under doing nothing, and under the current model."""

    candidate: Floats = field(compare=False)
    """(n,): 0 where the prediction is right."""
    nothing: Floats = field(compare=False)
    nothing_is: str
    """What doing nothing means, in words."""
    currency: str
    current: Floats | None = field(default=None, compare=False)
    cost_cells: tuple[float, ...] | None = None
    """Binary with constant costs: cost in the cells TN, FP, FN, TP."""
    savings_cells: tuple[float, ...] | None = None


def prices(evidence: Evidence) -> Prices | None:
    """The costs, or None when the spec does not state them."""
    costs = evidence.spec.errors.costs
    if costs is None:
        return None
    if evidence.task is Task.REGRESSION:
        return _regression(evidence, costs)
    if costs.matrix is not None:
        return _multiclass(evidence, costs)
    return _binary(evidence, costs)


def _current(evidence: Evidence) -> Cases | None:
    current = evidence.alternative("current")
    return current.predictions if current is not None and isinstance(current.predictions, Cases) else None


def _binary(evidence: Evidence, costs: Costs) -> Prices | None:
    if costs.false_positive is None or costs.false_negative is None:
        return None
    n, y = evidence.cases.n, evidence.cases.y_true
    fp, fn = (_per_row(evidence, costs, key, n) for key in ("false_positive", "false_negative"))
    idle = _do_nothing_code(evidence, default=0)

    def cost(predicted: NDArray[np.int64] | int) -> Floats:
        return np.where((y == 0) & (predicted == 1), fp, 0.0) + np.where((y == 1) & (predicted == 0), fn, 0.0)

    current = _current(evidence)
    priced = Prices(
        cost(evidence.cases.y_pred),
        cost(idle),
        f"always {evidence.gathered.data.target} = {evidence.classes[idle]}",
        costs.currency,
        None if current is None else cost(current.y_pred),
    )
    if isinstance(costs.false_positive, CostColumn) or isinstance(costs.false_negative, CostColumn):
        return priced
    a, b = float(costs.false_positive), float(costs.false_negative)
    idle_cells = (0.0, 0.0, b, b) if idle == 0 else (a, a, 0.0, 0.0)
    own_cells = (0.0, a, b, 0.0)
    savings = tuple(x - y for x, y in zip(idle_cells, own_cells, strict=True))
    return Prices(
        priced.candidate, priced.nothing, priced.nothing_is, priced.currency, priced.current, own_cells, savings
    )


def _per_row(evidence: Evidence, costs: Costs, key: str, n: int) -> Floats:
    given = getattr(costs, key)
    return evidence.costs[key] if isinstance(given, CostColumn) else np.full(n, float(given))


def _do_nothing_code(evidence: Evidence, default: int) -> int:
    label = evidence.spec.errors.do_nothing
    return default if label is None else evidence.classes.index(str(label))


def _multiclass(evidence: Evidence, costs: Costs) -> Prices:
    assert costs.matrix is not None
    names = evidence.classes
    table = np.array([[_of(_of(costs.matrix, t, {}), p, 0.0 if t == p else np.nan) for p in names] for t in names])
    y = evidence.cases.y_true
    idle = _do_nothing_code(evidence, default=0 if evidence.task is Task.BINARY else _largest_class(evidence))
    current = _current(evidence)
    return Prices(
        table[y, evidence.cases.y_pred],
        table[y, idle],
        f"always {evidence.gathered.data.target} = {names[idle]}",
        costs.currency,
        None if current is None else table[y, current.y_pred],
    )


def _of(table: Mapping[str, T], name: str, default: T) -> T:
    """What the table holds for a class; a spec spells true and false in small letters."""
    return table.get(name, table.get(name.lower(), default))


def _largest_class(evidence: Evidence) -> int:
    """The class that the majority baseline always names: the largest one in training, where it is known."""
    majority = evidence.alternative("majority")
    if majority is not None and isinstance(majority.predictions, Guess):
        return int(np.argmax(majority.predictions.probabilities))
    return int(np.argmax(evidence.gathered.data.class_rows))


def _regression(evidence: Evidence, costs: Costs) -> Prices | None:
    if costs.under is None or costs.over is None:
        return None
    y, over, under = evidence.cases.y_true, costs.over, costs.under
    median = evidence.alternative("median")
    given = evidence.spec.errors.do_nothing
    idle = float(given) if isinstance(given, int | float) else _constant(median.predictions if median else None, y)

    def cost(predicted: Floats | float) -> Floats:
        error = predicted - y
        return over * np.maximum(error, 0) + under * np.maximum(-error, 0)

    current = _current(evidence)
    return Prices(
        cost(evidence.cases.y_pred),
        cost(idle),
        f"always predicting {idle:.6g}" + ("" if given is not None else ", the median of the training rows"),
        costs.currency,
        None if current is None else cost(current.y_pred),
    )


def _constant(predictions: object, y: Floats) -> float:
    return float(predictions.y_pred[0]) if isinstance(predictions, Cases) else float(np.median(y))
