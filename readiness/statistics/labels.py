"""How often are the predicted labels right? Metrics of the confusion matrix, their intervals and influences.

A table has shape (true class, predicted class); binary class 1 is the positive one.
"""

from __future__ import annotations

import math

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.influence import design_effect
from readiness.statistics.intervals import Binomial, Normal, Unvaried, f1_from_counts, mover_mean

# Of the cells (true negative, false positive, false negative, true positive): which count, and among which.
_SHARES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "accuracy": ((0, 3), (0, 1, 2, 3)),
    "recall": ((3,), (2, 3)),
    "precision": ((3,), (1, 3)),
    "specificity": ((0,), (0, 1)),
    "false_positive_rate": ((1,), (0, 1)),
    "false_negative_rate": ((2,), (2, 3)),
    "f1": ((3,), (1, 2, 3)),
}
_NONE = {
    "recall": "There are no positives in these rows.",
    "precision": "No row was predicted positive.",
    "specificity": "There are no negatives in these rows.",
    "false_positive_rate": "There are no negatives in these rows.",
    "false_negative_rate": "There are no positives in these rows.",
    "f1": "There are no positives in these rows and none was predicted.",
}
BINARY_LABEL_METRICS = frozenset({*_SHARES, "balanced_accuracy"})
MACRO_METRICS = frozenset({"f1_macro", "f1_weighted", "precision_macro", "recall_macro", "balanced_accuracy"})
MULTICLASS_LABEL_METRICS = MACRO_METRICS | {"accuracy", "f1_micro"}
LOGIT_DELTA = "delta method on the logit scale from row influences (Takahashi et al. 2022)"


def label_metric_values(metric: str, tables: Floats, *, binary: bool) -> Floats:
    """The metric of each table of shape (..., K, K); nan where it has no denominator."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _binary_values(metric, tables) if binary else _multiclass_values(metric, tables)


def _binary_values(metric: str, tables: Floats) -> Floats:
    tn, fp, fn, tp = tables[..., 0, 0], tables[..., 0, 1], tables[..., 1, 0], tables[..., 1, 1]
    if metric == "balanced_accuracy":
        return np.asarray((tp / (tp + fn) + tn / (tn + fp)) / 2)
    cells = np.stack((tn, fp, fn, tp))
    hits, among = _SHARES[metric]
    share: Floats = cells[list(hits)].sum(axis=0) / cells[list(among)].sum(axis=0)
    return 2 * share / (1 + share) if metric == "f1" else share


def _multiclass_values(metric: str, tables: Floats) -> Floats:
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    true, predicted, total = tables.sum(axis=-1), tables.sum(axis=-2), tables.sum(axis=(-2, -1))
    if metric in ("accuracy", "f1_micro"):
        return np.asarray(right.sum(axis=-1) / total)
    if metric in ("recall_macro", "balanced_accuracy"):
        return _mean_where(right / true, true > 0)
    if metric == "precision_macro":
        return _mean_where(np.where(predicted > 0, right / predicted, 0.0), true + predicted > 0)
    f1 = 2 * right / (true + predicted)
    if metric == "f1_weighted":
        return np.asarray(np.where(true > 0, f1 * true, 0.0).sum(axis=-1) / total)
    return _mean_where(f1, true + predicted > 0)


def _mean_where(values: Floats, exists: Floats) -> Floats:
    return np.asarray(np.where(exists, values, 0.0).sum(axis=-1) / exists.sum(axis=-1))


def label_influence(metric: str, table: Floats, *, binary: bool) -> Floats:
    """Influence of a row in each cell of one table, shape (K, K); the metric must exist for the table."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _binary_influence(metric, table) if binary else _multiclass_influence(metric, table)


def _binary_influence(metric: str, table: Floats) -> Floats:
    if metric == "balanced_accuracy":
        return (_binary_influence("recall", table) + _binary_influence("specificity", table)) / 2
    hits, among = (np.isin(np.arange(4), cells).reshape(2, 2) for cells in _SHARES[metric])
    base = float(table[among].sum())
    if base == 0:
        return np.zeros((2, 2))
    share = float(table[hits].sum()) / base
    slope = 2 / (1 + share) ** 2 if metric == "f1" else 1.0
    return np.asarray(slope * float(table.sum()) / base * (hits - share * among))


def _multiclass_influence(metric: str, table: Floats) -> Floats:
    n, k = float(table.sum()), len(table)
    right, true, predicted = np.diagonal(table), table.sum(axis=1), table.sum(axis=0)
    if metric in ("accuracy", "f1_micro"):
        return np.asarray(np.eye(k) - right.sum() / n)
    if metric in ("recall_macro", "balanced_accuracy"):
        per_row = np.where(true > 0, 1 / true, 0.0) / np.count_nonzero(true)
        recall = np.where(true > 0, right / true, 0.0)
        return n * (np.diag(per_row) - (recall * per_row)[:, None])
    exists = true + predicted > 0
    if metric == "precision_macro":
        per_row = np.where(predicted > 0, 1 / predicted, 0.0) / np.count_nonzero(exists)
        precision = np.where(predicted > 0, right / predicted, 0.0)
        return n * (np.diag(per_row) - (precision * per_row)[None, :])
    f1 = np.where(exists, 2 * right / (true + predicted), 0.0)
    share = true / n if metric == "f1_weighted" else exists / np.count_nonzero(exists)
    per_row = np.where(exists, share / (true + predicted), 0.0)
    pulled = n * (np.diag(2 * per_row) - (f1 * per_row)[:, None] - (f1 * per_row)[None, :])
    return pulled + (f1 - f1 @ share)[:, None] if metric == "f1_weighted" else pulled


def measure_table(metric: str, table: Floats, *, binary: bool) -> Inference | Undefined:
    """A metric with its uncertainty from a confusion matrix of independent rows."""
    if table.sum() == 0:
        return Undefined("There are no rows.")
    if binary and metric == "balanced_accuracy":
        recall, specificity = (measure_table(name, table, binary=True) for name in ("recall", "specificity"))
        return _mean_of_two(recall, specificity)
    if binary or metric in ("accuracy", "f1_micro"):
        hits, rows = _share(metric, table, binary=binary)
        return _from_share(metric, hits, round(rows), 1.0, math.inf)
    pull = label_influence(metric, table, binary=False)
    n = float(table.sum())
    se = math.sqrt(float((table * pull**2).sum()) / (n * max(1.0, n - 1)))
    return _macro(metric, table, table, se, n - 1, None)


def measure_labels(metric: str, cases: Cases) -> Inference | Undefined:
    """A metric of predicted labels with its uncertainty; weights and groups widen it."""
    binary = cases.task is Task.BINARY
    if cases.is_plain:
        return measure_table(metric, cases.counts, binary=binary)
    if cases.cells.sum() == 0:
        return Undefined("These rows have no weight.", cases.n)
    if binary and metric == "balanced_accuracy":
        return _mean_of_two(measure_labels("recall", cases), measure_labels("specificity", cases))
    if binary or metric in ("accuracy", "f1_micro"):
        return _dependent_share(metric, cases, binary=binary)
    se, df = standard_error(row_influence(metric, cases), cases.dependence)
    return _macro(metric, cases.cells, cases.counts, se, df, cases.dependence.units)


def row_influence(metric: str, cases: Cases) -> Floats:
    """Influence of each row on a label metric, shape (n,)."""
    pull = label_influence(metric, cases.cells, binary=cases.task is Task.BINARY)
    by_row = pull.ravel()[cases.cell_codes]
    return by_row if cases.weight is None else by_row * cases.relative_weight


def worst_class_recall(cases: Cases) -> tuple[int, Inference] | Undefined:
    """Class code and recall of the class that is found least often; to be shown, not judged: it was picked for being
    the lowest.
    """
    true = cases.cells.sum(axis=1)
    if not true.any():
        return Undefined("There are no rows.")
    recall = np.divide(np.diagonal(cases.cells), true, out=np.full(len(true), np.inf), where=true > 0)
    worst = int(np.argmin(recall))
    rows = cases if cases.is_plain else cases.subset(cases.y_true == worst)
    if cases.is_plain:
        return worst, Binomial(float(cases.counts[worst, worst]), int(cases.counts[worst].sum()))
    hit = (rows.y_pred == worst).astype(float)
    deff, df = design_effect(hit, rows)
    return worst, Binomial(float(recall[worst]) * rows.n, rows.n, deff, df)


def _share(metric: str, table: Floats, *, binary: bool) -> tuple[float, float]:
    if not binary:
        return float(np.trace(table)), float(table.sum())
    hits, among = _SHARES[metric]
    return float(table.ravel()[list(hits)].sum()), float(table.ravel()[list(among)].sum())


def _from_share(metric: str, hits: float, rows: int, deff: float, df: float) -> Inference | Undefined:
    if rows == 0:
        return Undefined(_NONE.get(metric, "There are no rows."))
    if metric == "f1":
        return f1_from_counts(hits, rows - hits, 0.0, deff=deff, df=df)
    return Binomial(hits, rows, deff, df)


def _dependent_share(metric: str, cases: Cases, *, binary: bool) -> Inference | Undefined:
    k = cases.n_classes
    if binary:
        hits, among = (np.isin(np.arange(4), cells) for cells in _SHARES[metric])
    else:
        hits, among = np.eye(k, dtype=bool).ravel(), np.ones(k * k, dtype=bool)
    rows = among[cases.cell_codes] & (cases.relative_weight > 0)
    inside = cases.subset(rows)
    if inside.n == 0:
        return Undefined(_NONE.get(metric, "There are no rows."))
    hit = hits[cases.cell_codes[rows]].astype(float)
    share = float(inside.relative_weight @ hit) / inside.n
    deff, df = design_effect(hit, inside)
    return _from_share(metric, min(share, 1.0) * inside.n, inside.n, deff, df)


def _mean_of_two(recall: Inference | Undefined, specificity: Inference | Undefined) -> Inference | Undefined:
    if isinstance(recall, Undefined) or isinstance(specificity, Undefined):
        return recall if isinstance(recall, Undefined) else specificity
    return mover_mean(recall, specificity)


def _macro(
    metric: str, cells: Floats, counts: Floats, se: float, df: float, groups: int | None
) -> Inference | Undefined:
    value = float(label_metric_values(metric, cells, binary=False))
    n = int(counts.sum())
    if not math.isfinite(value):
        return Undefined("There are no rows.", n)
    if 0 < value < 1 and 0 < se < math.inf:
        return Normal(value, se, max(1.0, df), n, "logit", LOGIT_DELTA, 0.0, 1.0)
    true = counts.sum(axis=1)
    return Unvaried(min(1.0, max(0.0, value)), min(int(true[true > 0].min()), groups or n), n)
