"""How does a metric stand in each segment, and among all other rows? One bincount for all segments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readiness.cases import Cases
from readiness.criteria import Task
from readiness.inference import Inference, Undefined
from readiness.influence import design_effect
from readiness.intervals import Binomial, Normal
from readiness.metrics import measure
from readiness.segmentation import Segmentation

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Split:
    """A metric inside one segment and among all other rows."""

    inside: Inference | Undefined
    outside: Inference | Undefined
    rows: int
    """Rows of the segment in the metric's own denominator: positives for recall."""


@dataclass(frozen=True, slots=True)
class Deficit:
    """How much worse a segment is than all other rows, counted in rows of the segment; positive is worse."""

    difference: Inference
    n: int
    """Rows of the segment in the metric's own denominator."""

    @property
    def value(self) -> float:
        """The difference."""
        return self.difference.value

    @property
    def method(self) -> str:
        """Of the difference."""
        return self.difference.method

    @property
    def bound_method(self) -> str:
        """Of the difference."""
        return self.difference.bound_method

    def interval(self, level: float) -> tuple[float, float]:
        """Of the difference."""
        return self.difference.interval(level)

    def lower(self, alpha: float) -> float:
        """Of the difference."""
        return self.difference.lower(alpha)

    def upper(self, alpha: float) -> float:
        """Of the difference."""
        return self.difference.upper(alpha)


Pair = Callable[[Floats], tuple[Floats, Floats]]
"""From cells (segments, 4) in the order TN, FP, FN, TP to successes and denominators, (segments,) each."""

PROPORTIONS: dict[str, Pair] = {
    "accuracy": lambda c: (c[:, 0] + c[:, 3], c.sum(axis=1)),
    "recall": lambda c: (c[:, 3], c[:, 2] + c[:, 3]),
    "precision": lambda c: (c[:, 3], c[:, 1] + c[:, 3]),
    "specificity": lambda c: (c[:, 0], c[:, 0] + c[:, 1]),
    "false_positive_rate": lambda c: (c[:, 1], c[:, 0] + c[:, 1]),
    "false_negative_rate": lambda c: (c[:, 2], c[:, 2] + c[:, 3]),
}
"""Metrics that are shares of counts."""


def split_by(metric: str, cases: Cases, segmentation: Segmentation) -> tuple[Split, ...]:
    """The metric inside and outside every segment, in the order of the codes."""
    if metric in PROPORTIONS and cases.task is Task.BINARY:
        successes, rows = PROPORTIONS[metric](cells_by(cases, segmentation))
        return _shares(metric, cases, successes, rows)
    if metric == "accuracy":
        right = (cases.y_true == cases.y_pred).astype(np.float64)
        weights = cases.relative_weight
        size = len(segmentation.labels)
        hits = np.bincount(segmentation.codes, right * weights, size).astype(np.float64)
        rows = np.bincount(segmentation.codes, weights, size).astype(np.float64)
        return _shares(metric, cases, hits, rows)
    if metric == "mae":
        return _means(np.abs(cases.y_true - cases.y_pred), cases, segmentation)
    return tuple(_general(metric, cases, segmentation.codes == code) for code in range(len(segmentation.labels)))


def cells_by(cases: Cases, segmentation: Segmentation) -> Floats:
    """(segments, 4): TN, FP, FN, TP of each segment, weighted where rows carry weights."""
    index = 4 * segmentation.codes + cases.cell_codes
    counts = np.bincount(index, None if cases.weight is None else cases.relative_weight, minlength=4 * len(segmentation.labels))
    return counts.reshape(-1, 4).astype(np.float64)


def _design(metric: str, cases: Cases) -> tuple[float, float]:
    """Design effect and degrees of freedom of a share; (1, inf) for independent rows of equal weight."""
    if cases.is_plain:
        return 1.0, math.inf
    hit = cases.y_true == cases.y_pred
    if cases.task is Task.BINARY and metric in DENOMINATORS:
        rows = DENOMINATORS[metric](cases)
        if not rows.any():
            return 1.0, math.inf
        return design_effect(hit[rows].astype(np.float64), cases.subset(rows))
    return design_effect(hit.astype(np.float64), cases)


DENOMINATORS: dict[str, Callable[[Cases], NDArray[np.bool_]]] = {
    "recall": lambda cases: cases.y_true == 1,
    "false_negative_rate": lambda cases: cases.y_true == 1,
    "precision": lambda cases: cases.y_pred == 1,
    "specificity": lambda cases: cases.y_true == 0,
    "false_positive_rate": lambda cases: cases.y_true == 0,
}


def _shares(metric: str, cases: Cases, successes: Floats, rows: Floats) -> tuple[Split, ...]:
    deff, df = _design(metric, cases)
    whole_successes, whole_rows = float(successes.sum()), float(rows.sum())

    def share(k: float, n: float) -> Inference | Undefined:
        if round(n) < 1:
            return Undefined("no row of these counts for this metric")
        return Binomial(min(k, n) * round(n) / n, round(n), deff, df)

    return tuple(
        Split(share(k, n), share(max(0.0, whole_successes - k), whole_rows - n), round(n))
        for k, n in zip(successes.tolist(), rows.tolist(), strict=True)
    )


def _means(losses: Floats, cases: Cases, segmentation: Segmentation) -> tuple[Split, ...]:
    """Mean losses from sums and sums of squares; t-intervals with the variance of each side."""
    (deff, df), weights, size = _design("mae", cases), cases.relative_weight, len(segmentation.labels)
    n = np.bincount(segmentation.codes, minlength=size).astype(np.float64)
    w = np.bincount(segmentation.codes, weights, size)
    first = np.bincount(segmentation.codes, weights * losses, size)
    second = np.bincount(segmentation.codes, weights * losses**2, size)

    def mean(rows: float, total: float, sum1: float, sum2: float) -> Inference | Undefined:
        if rows < 2 or total <= 0:
            return Undefined("fewer than two rows")
        value = sum1 / total
        variance = max(0.0, sum2 / total - value**2) * rows / (rows - 1)
        if variance == 0:
            return Undefined("all errors are the same, so that no spread could be measured", int(rows))
        se = math.sqrt(variance / rows * deff)
        return Normal(value, se, min(rows - 1, df), int(rows), least=0.0)

    return tuple(
        Split(
            mean(n[g], w[g], first[g], second[g]),
            mean(n.sum() - n[g], w.sum() - w[g], first.sum() - first[g], second.sum() - second[g]),
            int(n[g]),
        )
        for g in range(size)
    )


def _general(metric: str, cases: Cases, mask: NDArray[np.bool_]) -> Split:
    """Any other metric, measured on the two parts."""
    if not mask.any():
        return Split(Undefined("no rows"), measure(metric, cases), 0)
    if mask.all():
        return Split(measure(metric, cases), Undefined("there are no other rows"), int(mask.sum()))
    return Split(measure(metric, cases.subset(mask)), measure(metric, cases.subset(~mask)), int(mask.sum()))
