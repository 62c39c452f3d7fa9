"""What would a candidate with the assumed values look like, and how would a metric of it spread from row to row?"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from readiness.catalogue import Metric
from readiness.criteria import Task
from readiness.delivery.assumptions import SPREAD, Assumed, Assumptions
from readiness.statistics.labels import BINARY_LABEL_METRICS, label_influence, label_metric_values
from readiness.statistics.power import auc_variance

Floats = NDArray[np.float64]

MEAN_LOSSES = frozenset(
    {"mae", "mse", "msle", "mape", "wmape", "log_loss", "brier", "mean_poisson_deviance", "mean_gamma_deviance"}
)
ROOTS = frozenset({"rmse", "rmsle"})
NORMAL_SQUARES = math.sqrt(2)
"""Standard deviation of a squared normal error, as a share of its mean."""
OF_ALL_ROWS = frozenset({"accuracy", "f1_micro", "precision_micro", "recall_micro"})


def is_mean_loss(name: str) -> bool:
    """Whether a metric is the mean of a loss of each row."""
    return name in MEAN_LOSSES or name.startswith("pinball_")


def is_share_of_all(name: str) -> bool:
    """Whether a metric is a share of all rows."""
    return name in OF_ALL_ROWS or (name.startswith("top_") and name.endswith("_accuracy"))


def row_spread(a: Assumptions, metric: Metric, value: float) -> float | None:
    """Standard deviation of a row's influence on a metric of this value; None when nobody can tell."""
    name = metric.name
    if name + SPREAD in a.stated:
        return a.stated[name + SPREAD]
    if a.task is Task.BINARY and name in BINARY_LABEL_METRICS and name != "accuracy":
        table = candidate_table(a, name, value)
        return None if table is None else _spread(table, label_influence(name, table, binary=True))
    if metric.needs == "order" or is_share_of_all(name):
        return math.sqrt(value * (1 - value))
    if is_mean_loss(name):
        return value
    if name in ROOTS:
        return value * NORMAL_SQUARES / 2
    if name in ("r2", "explained_variance") and 0 <= value < 1:
        return 2 * math.sqrt(value) * (1 - value)  # asymptotic, normal errors (Olkin and Finn 1995)
    share = None if a.prevalence is None else a.prevalence.value
    if name == "roc_auc" and share:
        return math.sqrt(auc_variance(value, share))
    return math.sqrt(value * (1 - value) / share) if name == "average_precision" and share else None


def _spread(table: Floats, influence: Floats) -> float:
    mean = float((table * influence).sum())
    return math.sqrt(max(0.0, float((table * influence**2).sum()) - mean**2))


def known_table(a: Assumptions) -> Floats | None:
    """Shares of the cells [[TN, FP], [FN, TP]] from assumed recall, precision and prevalence; None without them."""
    recall, precision, share = a.level("recall"), a.level("precision"), a.prevalence
    if recall is None or precision is None or share is None or not 0 < precision.value <= 1:
        return None
    return _table(share.value, recall.value, precision.value)


def candidate_table(a: Assumptions, metric: str, value: float) -> Floats | None:
    """The cells of a candidate with this value: of the assumed recall and precision if they agree with it, else of
    equal recall and precision; None without a share of positives, or when no such table has the value.
    """
    known = known_table(a)
    if known is not None and math.isclose(float(label_metric_values(metric, known, binary=True)), value, abs_tol=5e-3):
        return known
    if a.prevalence is None:
        return None
    recall = a.level("recall")
    if metric == "precision" and recall is not None and known is None and value > 0:
        known = _table(a.prevalence.value, recall.value, value)
        if known is not None:
            return known
    return _even_table(metric, value, a.prevalence.value)


def _table(share: float, recall: float, precision: float) -> Floats | None:
    found = share * recall
    alarms = found * (1 - precision) / precision
    if alarms > 1 - share:
        return None
    return np.array([[1 - share - alarms, alarms], [share - found, found]])


def _even_table(metric: str, value: float, share: float) -> Floats | None:
    """Recall = precision = q, found by bisection."""
    low, high = max(1e-9, (2 * share - 1) / share), 1.0 - 1e-12

    def at(q: float) -> Floats:
        return np.array([[1 - share - share * (1 - q), share * (1 - q)], [share * (1 - q), share * q]])

    def measured(q: float) -> float:
        return float(label_metric_values(metric, at(q), binary=True))

    start, end = measured(low), measured(high)
    if not min(start, end) <= value <= max(start, end):
        return None
    for _ in range(50):
        middle = (low + high) / 2
        if (measured(middle) < value) == (start < end):
            low = middle
        else:
            high = middle
    return at((low + high) / 2)


def level_of(a: Assumptions, name: str) -> Assumed | None:
    """The true value of a metric without a limit of its own; for binary labels also from recall and precision."""
    stated = a.level(name)
    if stated is not None:
        return stated
    table = known_table(a) if name in BINARY_LABEL_METRICS and a.task is Task.BINARY else None
    if table is None:
        return None
    value = float(label_metric_values(name, table, binary=True))
    return Assumed(value, "follows from the assumed recall and precision") if math.isfinite(value) else None
