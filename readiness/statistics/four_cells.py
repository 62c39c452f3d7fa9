"""Which number do the four cells of a binary table give? Shares of rows, F-scores and balanced accuracy.

Cells in this order: true negative, false positive, false negative, true positive.
"""

from __future__ import annotations

import numpy as np

from readiness.statistics.agreement import AGREEMENT_METRICS, agreement_influence, agreement_of_four
from readiness.statistics.cases import Array, Floats

_SHARES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "accuracy": ((0, 3), (0, 1, 2, 3)),
    "recall": ((3,), (2, 3)),
    "precision": ((3,), (1, 3)),
    "specificity": ((0,), (0, 1)),
    "negative_predictive_value": ((0,), (0, 2)),
    "false_positive_rate": ((1,), (0, 1)),
    "false_negative_rate": ((2,), (2, 3)),
    "jaccard": ((3,), (1, 2, 3)),
    "f1": ((3,), (1, 2, 3)),
}
"""Which cells count, and among which. F1 is 2J / (1 + J) of the Jaccard index J."""
F_SCORES = {"f2": 2.0, "f05": 0.5}
"""Weight beta of recall: (1 + beta²) TP / ((1 + beta²) TP + beta² FN + FP)."""
SHARE_METRICS = frozenset(_SHARES)
BINARY_LABEL_METRICS = frozenset({*_SHARES, *F_SCORES, "balanced_accuracy"}) | AGREEMENT_METRICS

NO_POSITIVES, NO_NEGATIVES = "There are no positives in these rows.", "There are no negatives in these rows."
NEITHER = "There are no positives in these rows and none was predicted."
NONE = {
    "recall": NO_POSITIVES,
    "precision": "No row was predicted positive.",
    "specificity": NO_NEGATIVES,
    "negative_predictive_value": "No row was predicted negative.",
    "false_positive_rate": NO_NEGATIVES,
    "false_negative_rate": NO_POSITIVES,
    **dict.fromkeys(("f1", "f2", "f05", "jaccard"), NEITHER),
}
"""Why a metric has no value, where its denominator is empty."""


def binary_values(metric: str, tables: Floats) -> Floats:
    """The metric of each table of shape (..., 2, 2); nan where it has no denominator."""
    tn, fp, fn, tp = tables[..., 0, 0], tables[..., 0, 1], tables[..., 1, 0], tables[..., 1, 1]
    if metric in AGREEMENT_METRICS:
        return agreement_of_four(metric, tn, fp, fn, tp)
    if metric == "balanced_accuracy":
        return np.asarray((tp / (tp + fn) + tn / (tn + fp)) / 2)
    if metric in F_SCORES:
        b = F_SCORES[metric] ** 2
        return np.asarray((1 + b) * tp / ((1 + b) * tp + b * fn + fp))
    cells = np.stack((tn, fp, fn, tp))
    hits, among = _SHARES[metric]
    share: Floats = cells[list(hits)].sum(axis=0) / cells[list(among)].sum(axis=0)
    return 2 * share / (1 + share) if metric == "f1" else share


def binary_influence(metric: str, table: Floats) -> Floats:
    """Influence of a row in each cell of one table, shape (2, 2); 0 where the metric has no denominator."""
    if metric in AGREEMENT_METRICS:
        return agreement_influence(metric, table)
    if metric == "balanced_accuracy":
        return (binary_influence("recall", table) + binary_influence("specificity", table)) / 2
    above, below = _weights(metric)
    base = float((table * below).sum())
    if base == 0:
        return np.zeros((2, 2))
    share = float((table * above).sum()) / base
    slope = 2 / (1 + share) ** 2 if metric == "f1" else 1.0
    return np.asarray(slope * float(table.sum()) / base * (above - share * below))


def _weights(metric: str) -> tuple[Floats, Floats]:
    """How often each cell counts above and below the line, both (2, 2)."""
    if metric in F_SCORES:
        b = F_SCORES[metric] ** 2
        return np.array([[0.0, 0.0], [0.0, 1 + b]]), np.array([[0.0, 1.0], [b, 1 + b]])
    hits, among = rows_that_count(metric)
    return hits.reshape(2, 2).astype(float), among.reshape(2, 2).astype(float)


def rows_that_count(metric: str) -> tuple[Array, Array]:
    """For a share: which of the four cells are hits, and among which, both (4,) of true and false."""
    hits, among = (np.isin(np.arange(4), cells) for cells in _SHARES[metric])
    return hits, among
