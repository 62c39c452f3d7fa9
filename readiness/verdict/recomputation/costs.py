"""Costs that must agree: what errors cost follows from the confusion matrix and the prices, and savings from costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from readiness.core.errors import InvalidReport
from readiness.core.findings import Finding, Question
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.spec.schema import Costs, Spec
from readiness.statistics.cases import Floats
from readiness.statistics.costs import mean_cost_from_cells
from readiness.verdict.recomputation.counts import cells
from readiness.verdict.recomputation.shapes import is_drawn, rows_of
from readiness.verdict.recomputation.values import counted_cells, is_close, largest_classes

if TYPE_CHECKING:
    from readiness.verdict.record import Record

TOTAL, NOTHING, SAVED, SHARE, SAVINGS, COST = (
    topic.key().code
    for topic in (
        Topic.TOTAL_COST, Topic.NOTHING_COST, Topic.TOTAL_SAVINGS, Topic.SAVINGS_SHARE, Topic.SAVINGS, Topic.COST,
    )
)  # fmt: skip
_DRAWN = 0.25
"""Share of its distance from the value by which a simulated limit may differ from one that is simulated elsewhere."""


class _Prices(NamedTuple):
    """Costs by true and predicted class, (K, K)."""

    own: Floats
    idle: int
    """The class that doing nothing names."""

    @property
    def nothing(self) -> Floats:
        """Under doing nothing, (K, K)."""
        return self.always(self.idle)

    def always(self, answer: int) -> Floats:
        """Under naming one class always, (K, K)."""
        return np.repeat(self.own[:, [answer]], len(self.own), axis=1)


def check_costs(record: Record, spec: Spec) -> None:
    """Raises:
    InvalidReport: costs and savings contradict each other, or the right and wrong rows at their price.
    """
    found = {f.code: f for f in record.answer(Question.ERRORS).findings if f.measured is not None}
    if SAVINGS not in found or found[SAVINGS].bounds is None:
        return
    _check_sums(found, record.gathered.data.rows_scored)
    table = _cells(record)
    possible = [] if spec.errors.costs is None or table is None else list(_prices(record, spec, table))
    if not possible or table is None:
        return
    fitting = [prices for prices in possible if _fits(found, prices, table)]
    if not fitting:
        own, nothing = _sums(possible[0], table)
        raise InvalidReport(
            f"Finding {TOTAL} or {NOTHING} does not hold. They say {_value(found, TOTAL):.10g} and "
            f"{_value(found, NOTHING):.10g}; the right and wrong rows at their price give {own:.10g} and "
            f"{nothing:.10g}."
        )
    if record.gathered.data.task != Task.RANKING:
        _check_constants(found, spec, fitting[0], table)
    if is_drawn(spec, rows_of(record)):
        _check_limits(record, found, spec, fitting[0], table)


def _value(found: Mapping[str, Finding], code: str) -> float:
    """Raises: InvalidReport: the finding is missing."""
    measured = found[code].measured if code in found else None
    if measured is None:
        raise InvalidReport(f"The record says what is saved, and lacks the finding {code}.")
    return measured.value


def _check_sums(found: Mapping[str, Finding], rows: int) -> None:
    """Raises: InvalidReport."""
    total, nothing = _value(found, TOTAL), _value(found, NOTHING)
    saved, scale = nothing - total, max(abs(nothing), abs(total))
    expected = {SAVED: saved, SAVINGS: saved / rows, COST: total / rows}
    for code, value in expected.items():
        if not is_close(_value(found, code), value, scale=scale if code == SAVED else scale / rows):
            raise InvalidReport(
                f"Finding {code} does not hold. It says {_value(found, code):.10g}; the recorded costs of all errors, "
                f"{total:.10g}, and of doing nothing, {nothing:.10g}, on {rows:,} rows give {value:.10g}."
            )
    if min(total, nothing) < 0:
        raise InvalidReport(
            f"Finding {TOTAL if total < 0 else NOTHING} does not hold. No error costs less than nothing."
        )
    if SHARE in found and not (nothing > 0 and is_close(_value(found, SHARE), saved / nothing, scale=scale / nothing)):
        raise InvalidReport(f"Finding {SHARE} does not hold. It is another share of what doing nothing costs.")
    for code in (SAVINGS, COST):
        measured = found[code].measured
        if measured is not None and measured.n != rows:
            raise InvalidReport(
                f"Finding {code} does not hold. It speaks of {measured.n:,} rows; scored were {rows:,}."
            )


def _cells(record: Record) -> Floats | None:
    """The confusion matrix, also that of rows of a ranking that are shown or not; None where rows have weights."""
    if record.gathered.data.task == Task.RANKING and not record.gathered.spec.get("data", {}).get("weight"):
        return cells(record)
    return counted_cells(record)


def _prices(record: Record, spec: Spec, table: Floats) -> Iterator[_Prices]:
    """For every class that doing nothing may stand for; none where costs differ from row to row."""
    costs, classes = spec.errors.costs, record.gathered.data.classes
    own = None if costs is None else _own(costs, classes)
    if own is None or own.shape != table.shape:
        return
    stated = spec.errors.do_nothing
    places = [k for k, name in enumerate(classes) if stated is not None and str(stated) == name]
    if stated is None:
        places = [0] if len(table) == 2 else list(largest_classes(record, table))
    for place in places or range(len(table)):
        yield _Prices(own, place)


def _own(costs: Costs, classes: tuple[str, ...]) -> Floats | None:
    if costs.matrix is not None:
        matrix = {
            true.lower(): {said.lower(): cost for said, cost in row.items()} for true, row in costs.matrix.items()
        }
        names = [name.lower() for name in classes]
        if len(set(names)) < len(names) or set(matrix) < set(names):
            return None
        return np.array([[float(matrix[true].get(said, 0.0)) for said in names] for true in names])
    given = costs.false_positive, costs.false_negative
    alarm, miss = (float(cost) if isinstance(cost, int | float) else None for cost in given)
    return None if alarm is None or miss is None else np.array([[0.0, alarm], [miss, 0.0]])


def _fits(found: Mapping[str, Finding], prices: _Prices, table: Floats) -> bool:
    sums = _sums(prices, table)
    scale = max(map(abs, sums))
    pairs = zip((TOTAL, NOTHING), sums, strict=True)
    return all(is_close(_value(found, code), expected, scale=scale) for code, expected in pairs)


def _sums(prices: _Prices, table: Floats) -> list[float]:
    """What all rows cost under the candidate and under doing nothing."""
    return [float((part * table).sum()) for part in (prices.own, prices.nothing)]


def _check_constants(found: Mapping[str, Finding], spec: Spec, prices: _Prices, table: Floats) -> None:
    """Savings against naming one class always, or, where only so many rows can be acted on, for as many rows.

    Raises:
        InvalidReport: they are not those of the right and wrong rows at their price.
    """
    rows, (own, nothing) = float(table.sum()), _sums(prices, table)
    capacity = getattr(spec.errors, "capacity", None)
    most = 1.0 if capacity is None else capacity if capacity <= 1 else min(1.0, capacity / rows)
    share = max(most, 1 - float(table[:, prices.idle].sum()) / rows)
    for code, finding in found.items():
        answer = {Topic.SAVINGS_CLASS: finding.key.number("class") - 1, Topic.SAVINGS_CONSTANT: 1 - prices.idle}.get(
            finding.key.kind
        )
        if answer is None or finding.bounds is None or not 0 <= answer < len(table):
            continue
        always = float((prices.always(answer) * table).sum())
        cost = always if most >= 1 else share * always + (1 - share) * nothing
        if not is_close(_value(found, code), (cost - own) / rows, scale=max(abs(cost), abs(own)) / rows):
            raise InvalidReport(
                f"Finding {code} does not hold. It says {_value(found, code):.10g} for each row; the right and wrong "
                f"rows at their price give {(cost - own) / rows:.10g}."
            )


def _check_limits(record: Record, found: Mapping[str, Finding], spec: Spec, prices: _Prices, table: Floats) -> None:
    """Limits that were simulated from four counts are simulated once more; only roughly the same ones come out of
    other versions of the libraries.

    Raises:
        InvalidReport: a limit is nowhere near.
    """
    for code, cost in ((SAVINGS, prices.nothing - prices.own), (COST, prices.own)):
        finding, made = found[code], mean_cost_from_cells(table, cost.ravel(), seed=spec.seed)
        measured, bounds, criterion = finding.measured, finding.bounds, finding.criterion
        if isinstance(made, Missing) or measured is None:
            continue
        limits = [*zip((measured.low, measured.high), made.interval(measured.level), strict=True)]
        if bounds is not None and criterion is not None and record.rule == "interval":
            lower, upper = bounds.alphas(criterion)
            limits += [(bounds.lower, made.lower(lower)), (bounds.upper, made.upper(upper))]
        for here, there in limits:
            arm = abs(there - made.value)
            if here is None or abs(here - there) > _DRAWN * arm + 1e-9 * max(1.0, abs(there)):
                said = "missing" if here is None else f"{here:.10g}"
                raise InvalidReport(
                    f"Finding {code} does not hold. One of its limits is {said}; the right and wrong rows at their "
                    f"price give about {there:.6g}."
                )
