"""Which part of the savings hangs on which cost? So that one cost may be changed without the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.questions.pricing import cost_table, error_costs, idle_class, idle_value
from readiness.spec import CostColumn

Floats = NDArray[np.float64]
NAMES = ("a false alarm", "a miss")


@dataclass(frozen=True, slots=True)
class Part:
    """What one cost contributes to the savings against doing nothing; all parts add up to the savings."""

    code: str
    """Stable: "FP", "UNDER"; empty for all that is not looked at by itself."""
    name: str
    """Of the error: "a false alarm"."""
    savings: Floats = field(compare=False)
    """(n,): savings of each row from this cost, before weighting."""
    cells: Floats | None = field(default=None, compare=False)
    """Binary with constant costs: the same in the cells TN, FP, FN, TP."""


def cost_parts(evidence: Evidence) -> tuple[Part, Part] | None:
    """The two parts: false alarms and misses, over and under, or the dearest pair of classes and all others."""
    costs = evidence.spec.errors.costs
    if costs is None:
        return None
    if evidence.task is Task.REGRESSION:
        return (
            None if costs.under is None or costs.over is None else _regression_parts(evidence, costs.under, costs.over)
        )
    if costs.matrix is not None:
        return _matrix(evidence, cost_table(costs.matrix, evidence.classes))
    return _binary_parts(evidence)


def _binary_parts(evidence: Evidence) -> tuple[Part, Part] | None:
    found, costs = error_costs(evidence), evidence.spec.errors.costs
    if found is None or costs is None:
        return None
    cases, idle = evidence.cases, idle_class(evidence)
    given = (costs.false_positive, costs.false_negative)
    if not any(isinstance(cost, CostColumn) for cost in given):
        a, b = (float(cost) for cost in given if isinstance(cost, int | float))
        cells = a * np.array([idle, idle - 1.0, 0, 0]), b * np.array([0, 0, -float(idle), 1.0 - idle])
        alarms, misses = (table[cases.cell_codes] for table in cells)
        return Part("FP", NAMES[0], alarms, cells[0]), Part("FN", NAMES[1], misses, cells[1])
    y, said = cases.y_true, cases.y_pred
    sign = {(0, 1): (idle == 1) - 1.0 * (said == 1), (1, 0): (idle == 0) - 1.0 * (said == 0)}
    alarm, miss = (np.where(y == true, sign[true, wrong], 0.0) for true, wrong in ((0, 1), (1, 0)))
    return Part("FP", NAMES[0], found[0] * alarm), Part("FN", NAMES[1], found[1] * miss)


def _matrix(evidence: Evidence, table: Floats) -> tuple[Part, Part]:
    """The pair of classes whose confusion costs most in all."""
    y, said, idle = evidence.cases.y_true, evidence.cases.y_pred, idle_class(evidence)
    sums = table * evidence.cases.cells
    true, wrong = np.unravel_index(int(np.argmax(sums)), sums.shape)
    alone = np.zeros_like(table)
    alone[true, wrong] = table[true, wrong]
    names = evidence.classes
    first, all_others = (part[y, idle] - part[y, said] for part in (alone, table - alone))
    return Part("CELL", f"{names[true]} taken for {names[wrong]}", first), Part("", "any other confusion", all_others)


def _regression_parts(evidence: Evidence, under: float, over: float) -> tuple[Part, Part]:
    own, idle = (said - evidence.cases.y_true for said in (evidence.cases.y_pred, idle_value(evidence)))
    above, below = ((np.maximum(sign * idle, 0) - np.maximum(sign * own, 0)) for sign in (1, -1))
    return (
        Part("OVER", "a unit predicted too high", over * above),
        Part("UNDER", "a unit predicted too low", under * below),
    )
