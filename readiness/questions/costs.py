"""Costs of the candidate's errors, row by row, and of doing nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from readiness.core import policy
from readiness.core.format import format_edge, format_share
from readiness.core.keys import FindingKey, Topic
from readiness.core.policy import Task
from readiness.evidence.evidence import Evidence
from readiness.spec.schema import CostColumn, Costs
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess

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
    idle = do_nothing_class(evidence)

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


def do_nothing_class(evidence: Evidence) -> int:
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
    y, idle = evidence.cases.y_true, do_nothing_class(evidence)
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
    given, idle = evidence.spec.errors.do_nothing, do_nothing_value(evidence)

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


def do_nothing_value(evidence: Evidence) -> float:
    """Regression: what doing nothing predicts."""
    given = evidence.spec.errors.do_nothing
    return float(given) if isinstance(given, int | float) else median_value(evidence)


def median_value(evidence: Evidence) -> float:
    """Regression: the median of the training rows, where they are known."""
    median = evidence.alternative("median")
    known = None if median is None else median.predictions
    return float(known.y_pred[0]) if isinstance(known, Cases) else float(np.median(evidence.cases.y_true))


# ----------------------------------------------------------------------------------------------------
# Constant answers in place of a model: what it costs to answer the same for every row
#
# The best answer that needs no model may well be another one than doing nothing: where a miss costs fifty false alarms,
# calling every row positive is cheaper, and a model that calls nine rows of ten positive has saved nobody anything. The
# savings are judged against each of them, and every one must be beaten (intersection-union test, Berger 1982).
#
# Not every constant answer can be carried out. Where only so many rows can be acted on (`errors.capacity`), and where a
# ranking shows the first rows of each query, what needs no model is to act on as many rows, drawn at random; on as many
# as the candidate itself acts on, if that is more.


@dataclass(frozen=True, slots=True)
class Constant:
    """An answer that needs no model, and what it would cost row by row."""

    key: FindingKey
    """Of the savings against it."""
    name: str
    """In the data's own words: "always is_fraud = 1"."""
    cost: Floats = field(compare=False)
    """(n,), before weighting; an expectation where rows are drawn at random."""
    pull: Floats | None = field(default=None, compare=False)
    """(n,): what each row adds to the mean cost through the share of rows that is acted on, where that is measured."""
    cells: tuple[float, ...] | None = None
    """Binary with constant costs: savings in the cells TN, FP, FN, TP."""
    range: tuple[float | None, float | None] = (None, None)
    """The least and the most that any of the rows could save."""
    note: str = ""
    warning: str = ""


def chance_to_be_shown(evidence: Evidence) -> Floats | None:
    """Ranking: with which probability a random order shows each row, shape (n,); None for other tasks."""
    queries = evidence.cases.queries
    if queries is None:
        return None
    rows = np.bincount(queries)[queries]
    return np.asarray(np.minimum(evidence.spec.errors.top_k, rows) / rows)


def constants(evidence: Evidence, priced: Prices, shown: Floats | None = None) -> tuple[Constant, ...]:
    """The constant answers besides doing nothing; `shown` are the chances that a random order gives each row."""
    costs = evidence.spec.errors.costs
    if costs is None:
        return ()
    if evidence.task is Task.REGRESSION:
        return tuple(_of_values(evidence, costs))
    found = [_of_class(evidence, priced, code, shown) for code in _classes(evidence)]
    return tuple(sorted(found, key=lambda each: float(each.cost @ evidence.cases.relative_weight)))[
        : policy.MOST_CONSTANTS
    ]


def _classes(evidence: Evidence) -> Iterator[int]:
    idle = do_nothing_class(evidence)
    return (code for code in range(evidence.cases.n_classes) if code != idle)


def _of_class(evidence: Evidence, priced: Prices, answer: int, shown: Floats | None) -> Constant:
    key = Topic.SAVINGS_CONSTANT.key() if evidence.task is Task.BINARY else Topic.SAVINGS_CLASS.key(answer + 1)
    cost, named = cost_of_always(evidence, answer), f"{evidence.gathered.data.target} = {evidence.classes[answer]}"
    if shown is not None:
        mixed = shown * cost + (1 - shown) * priced.nothing
        return Constant(key, "a random order that shows as many rows", mixed)
    acted = (evidence.cases.y_pred != do_nothing_class(evidence)).astype(np.float64)
    weight, n = evidence.cases.relative_weight, evidence.cases.n
    own, most = float(weight @ acted) / n, _capacity(evidence)
    if most >= 1:
        cells, span = savings_cells(evidence, answer)
        return Constant(key, f"always {named}", cost, cells=cells, range=span)
    share = max(own, most)
    mixed, drawn = (
        share * cost + (1 - share) * priced.nothing,
        f"{named} for {format_share(share)} of the rows at random",
    )
    note, pull, warning = f"only {format_share(most)} of the rows can be acted on", None, ""
    if own > most:
        note += f", the candidate acts on {format_share(own)}, so that as many are drawn"
        pull = (acted - own) * float(weight @ (cost - priced.nothing)) / n
        warning = "acts on more rows than can be acted on"
    return Constant(key, drawn, mixed, pull, note=note, warning=warning)


def _capacity(evidence: Evidence) -> float:
    """The share of rows that can be acted on, 1 where nothing is said."""
    given = evidence.spec.errors.capacity
    if given is None:
        return 1.0
    return given if given <= 1 else min(1.0, given / evidence.cases.n)


def _of_values(evidence: Evidence, costs: Costs) -> Iterator[Constant]:
    """The median, unless it is called doing nothing, and the quantile that costs least on the training rows."""
    if costs.under is None or costs.over is None:
        return
    if evidence.spec.errors.do_nothing is not None:
        median = median_value(evidence)
        yield Constant(
            Topic.SAVINGS_MEDIAN.key(), f"always {format_edge(median)} (the median)", cost_of_always(evidence, median)
        )
    if costs.under != costs.over:
        share = costs.under / (costs.under + costs.over)
        known, source = _known_values(evidence)
        best = float(np.quantile(known, share, method="inverted_cdf"))
        name = f"always {format_edge(best)} ({format_share(share)} of the {source} rows do not exceed it)"
        yield Constant(Topic.SAVINGS_QUANTILE.key(), name, cost_of_always(evidence, best))


def _known_values(evidence: Evidence) -> tuple[NDArray[np.float64], str]:
    if evidence.training is not None:
        return np.asarray(evidence.training.target, dtype=np.float64), "training"
    return np.asarray(evidence.cases.y_true, dtype=np.float64), "test"


# ----------------------------------------------------------------------------------------------------
# The part of the savings that hangs on each cost, so that one cost may be changed without the other.

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
    cases, idle = evidence.cases, do_nothing_class(evidence)
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
    y, said, idle = evidence.cases.y_true, evidence.cases.y_pred, do_nothing_class(evidence)
    sums = table * evidence.cases.cells
    true, wrong = np.unravel_index(int(np.argmax(sums)), sums.shape)
    alone = np.zeros_like(table)
    alone[true, wrong] = table[true, wrong]
    names = evidence.classes
    first, all_others = (part[y, idle] - part[y, said] for part in (alone, table - alone))
    return Part("CELL", f"{names[true]} taken for {names[wrong]}", first), Part("", "any other confusion", all_others)


def _regression_parts(evidence: Evidence, under: float, over: float) -> tuple[Part, Part]:
    own, idle = (said - evidence.cases.y_true for said in (evidence.cases.y_pred, do_nothing_value(evidence)))
    above, below = ((np.maximum(sign * idle, 0) - np.maximum(sign * own, 0)) for sign in (1, -1))
    return (
        Part("OVER", "a unit predicted too high", over * above),
        Part("UNDER", "a unit predicted too low", under * below),
    )
