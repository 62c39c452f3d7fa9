"""What do the candidate's errors cost, row by row, and what would doing nothing cost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_edge
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
    most_cost: float | None = None
    """The most that an error could cost in any of the rows; None: nobody knows."""
    savings_range: tuple[float | None, float | None] = (None, None)
    """The least and the most that any of the rows could save."""


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


def cost_of_always(evidence: Evidence, answer: float) -> Floats:
    """What each row would cost, before weighting, if every row got the same answer: the code of a class, or a number.

    Only where `prices` finds the costs stated.
    """
    costs, y = evidence.spec.errors.costs, evidence.cases.y_true
    assert costs is not None
    if evidence.task is Task.REGRESSION:
        assert costs.under is not None and costs.over is not None  # noqa: PT018
        return costs.over * np.maximum(answer - y, 0) + costs.under * np.maximum(y - answer, 0)
    if costs.matrix is not None:
        return np.asarray(cost_table(costs.matrix, evidence.classes)[y, int(answer)])
    found = error_costs(evidence)
    assert found is not None
    return np.where(y == 0, found[0], 0.0) if answer else np.where(y == 1, found[1], 0.0)


def savings_cells(evidence: Evidence, answer: int) -> tuple[tuple[float, ...] | None, tuple[float, float]]:
    """Savings against always giving one class: by the cells TN, FP, FN, TP where two costs are constant, else None;
    and the least and the most that any row could save.
    """
    costs = evidence.spec.errors.costs
    assert costs is not None
    if costs.matrix is not None:
        table = cost_table(costs.matrix, evidence.classes)
        saved = table[:, [answer]] - table
        return None, (float(saved.min()), float(saved.max()))
    found = error_costs(evidence)
    assert found is not None
    fp, fn = (float(amounts.max(initial=0)) for amounts in found)
    span = (-fp, fn) if answer == 0 else (-fn, fp)
    a, b = costs.false_positive, costs.false_negative
    if not (isinstance(a, int | float) and isinstance(b, int | float)):
        return None, span
    always = (0.0, 0.0, b, b) if answer == 0 else (a, a, 0.0, 0.0)
    return tuple(x - y for x, y in zip(always, (0.0, a, b, 0.0), strict=True)), span


def _current(evidence: Evidence) -> Cases | None:
    current = evidence.alternative("current")
    return current.predictions if current is not None and isinstance(current.predictions, Cases) else None


def error_costs(evidence: Evidence) -> tuple[Floats, Floats] | None:
    """Binary: what a false alarm, and what a miss, would cost in each row, shape (n,) each; None where not stated."""
    costs = evidence.spec.errors.costs
    if evidence.task is not Task.BINARY or costs is None or costs.matrix is not None:
        return None
    if costs.false_positive is None or costs.false_negative is None:
        return None
    n = evidence.cases.n
    return _per_row(evidence, costs, "false_positive", n), _per_row(evidence, costs, "false_negative", n)


def _binary(evidence: Evidence, costs: Costs) -> Prices | None:
    found = error_costs(evidence)
    if found is None:
        return None
    (fp, fn), y = found, evidence.cases.y_true
    idle = idle_class(evidence)

    def cost(predicted: NDArray[np.int64]) -> Floats:
        return np.where((y == 0) & (predicted == 1), fp, 0.0) + np.where((y == 1) & (predicted == 0), fn, 0.0)

    current = _current(evidence)
    cells, span = savings_cells(evidence, idle)
    priced = Prices(
        cost(evidence.cases.y_pred),
        cost_of_always(evidence, idle),
        _doing_nothing(evidence, idle),
        costs.currency,
        None if current is None else cost(current.y_pred),
        most_cost=max(float(fp.max(initial=0)), float(fn.max(initial=0))),
        savings_cells=cells,
        savings_range=span,
    )
    a, b = costs.false_positive, costs.false_negative
    if not (isinstance(a, int | float) and isinstance(b, int | float)):
        return priced
    return replace(priced, cost_cells=(0.0, a, b, 0.0))


def _doing_nothing(evidence: Evidence, idle: int) -> str:
    data = evidence.gathered.data
    return "showing nothing" if data.queries is not None else f"always {data.target} = {evidence.classes[idle]}"


def _per_row(evidence: Evidence, costs: Costs, key: str, n: int) -> Floats:
    given = getattr(costs, key)
    return evidence.costs[key] if isinstance(given, CostColumn) else np.full(n, float(given))


def idle_class(evidence: Evidence) -> int:
    """Code of the class that doing nothing predicts."""
    binary = evidence.task is Task.BINARY
    return _do_nothing_code(evidence, default=0 if binary else _largest_class(evidence))


def _do_nothing_code(evidence: Evidence, default: int) -> int:
    label = evidence.spec.errors.do_nothing
    return default if label is None else evidence.classes.index(str(label))


def _multiclass(evidence: Evidence, costs: Costs) -> Prices:
    assert costs.matrix is not None
    names = evidence.classes
    table = cost_table(costs.matrix, names)
    y, idle = evidence.cases.y_true, idle_class(evidence)
    current = _current(evidence)
    return Prices(
        table[y, evidence.cases.y_pred],
        cost_of_always(evidence, idle),
        f"always {evidence.gathered.data.target} = {names[idle]}",
        costs.currency,
        None if current is None else table[y, current.y_pred],
        most_cost=float(table.max()),
        savings_range=savings_cells(evidence, idle)[1],
    )


def cost_table(matrix: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> Floats:
    """Costs by true and predicted class, in the order of the codes."""
    return np.array([[_of(_of(matrix, t, {}), p, 0.0 if t == p else np.nan) for p in names] for t in names])


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
    given, idle = evidence.spec.errors.do_nothing, idle_value(evidence)

    def cost(predicted: Floats) -> Floats:
        error = predicted - y
        return over * np.maximum(error, 0) + under * np.maximum(-error, 0)

    current = _current(evidence)
    return Prices(
        cost(evidence.cases.y_pred),
        cost_of_always(evidence, idle),
        f"always predicting {format_edge(idle)}" + ("" if given is not None else ", the median of the training rows"),
        costs.currency,
        None if current is None else cost(current.y_pred),
    )


def idle_value(evidence: Evidence) -> float:
    """Regression: what doing nothing predicts."""
    given = evidence.spec.errors.do_nothing
    return float(given) if isinstance(given, int | float) else median_value(evidence)


def median_value(evidence: Evidence) -> float:
    """Regression: the median of the training rows, where they are known."""
    median = evidence.alternative("median")
    known = None if median is None else median.predictions
    return float(known.y_pred[0]) if isinstance(known, Cases) else float(np.median(evidence.cases.y_true))
