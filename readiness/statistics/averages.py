"""How good are the labels on average over many classes? Means of each class's precision, recall, F1 and Jaccard index.

Each is `of` times the rows that are right, over a sum of the rows that are truly, predictedly and rightly of the class.
Macro: every class counts alike, also one that was only predicted (as in scikit-learn); weighted: by its true rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readiness.statistics.cases import Floats


@dataclass(frozen=True, slots=True)
class _Ratio:
    """of · right / (true · rows truly of the class + predicted · rows so predicted + right · rows that are right)."""

    of: float
    true: float
    predicted: float
    right: float = 0.0


_RATIOS = {
    "precision": _Ratio(1, 0, 1),
    "recall": _Ratio(1, 1, 0),
    "f1": _Ratio(2, 1, 1),
    "jaccard": _Ratio(1, 1, 1, -1),
}
MICRO_METRICS = frozenset({"precision_micro", "recall_micro", "f1_micro"})
"""With one label for each row these are the accuracy."""
MACRO_METRICS = frozenset({"f1_macro", "precision_macro", "recall_macro", "jaccard_macro", "balanced_accuracy"})
WEIGHTED_METRICS = frozenset({"f1_weighted", "precision_weighted", "recall_weighted"})
AVERAGE_METRICS = MACRO_METRICS | WEIGHTED_METRICS


def average_values(metric: str, tables: Floats) -> Floats:
    """The average of each table of shape (..., K, K); nan for a table without rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        by_class, weights, _ = _parts(metric, tables)
        return np.asarray((by_class * weights).sum(axis=-1))


def average_influence(metric: str, table: Floats) -> Floats:
    """Influence of a row in each cell of one table, shape (K, K)."""
    n, k, ratio = float(table.sum()), len(table), _ratio(metric)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_class, weights, below = _parts(metric, table)
        pull = np.where(below > 0, weights / below, 0.0)
    lost = by_class * pull
    on_diagonal = np.diag(ratio.of * pull - ratio.right * lost)
    influence = n * (on_diagonal - ratio.true * lost[:, None] - ratio.predicted * lost[None, :])
    if metric in WEIGHTED_METRICS:
        influence = influence + (by_class - float(by_class @ weights))[:, None]
    return np.asarray(influence.reshape(k, k))


def _ratio(metric: str) -> _Ratio:
    return _RATIOS["recall" if metric == "balanced_accuracy" else metric.split("_")[0]]


def _parts(metric: str, tables: Floats) -> tuple[Floats, Floats, Floats]:
    """Value of each class, its weight in the average, and its denominator."""
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    true, predicted = tables.sum(axis=-1), tables.sum(axis=-2)
    ratio = _ratio(metric)
    below = ratio.true * true + ratio.predicted * predicted + ratio.right * right
    by_class = np.where(below > 0, ratio.of * right / below, 0.0)
    if metric in WEIGHTED_METRICS:
        return by_class, true / true.sum(axis=-1, keepdims=True), below
    exists = true > 0 if metric == "balanced_accuracy" else true + predicted > 0
    return by_class, exists / exists.sum(axis=-1, keepdims=True), below
