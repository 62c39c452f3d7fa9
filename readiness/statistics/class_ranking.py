"""How well do scores tell many classes apart? ROC AUC of each class against the rest, and of each pair of classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.inference import Undefined
from readiness.statistics.placements import Ranked, roc_auc

CLASS_RANKING_METRICS = frozenset({"roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted"})
MISSING = "A class has no rows or all rows, so it cannot be ranked against others."


def ranked_classes(metric: str, cases: Cases) -> Ranked | Undefined:
    """The average of many AUCs with its row influences; scores have shape (n, K).

    One against the rest: the mean over classes (Fawcett 2006), or weighted by the true rows of each class. Each pair:
    the mean over ordered pairs (a, b) of the AUC of the score for a among rows of the classes a and b (Hand and Till
    2001), or weighted by the rows of both, as in scikit-learn.
    """
    shares = cases.cells.sum(axis=1) / max(1, cases.n)
    if not ((shares > 0) & (shares < 1)).all():
        return Undefined(MISSING, cases.n)
    weighted = metric.endswith("_weighted")
    total = weights = 0.0
    influence, aucs, parts = np.zeros(cases.n), np.zeros(cases.n_classes), np.zeros(cases.n_classes)
    for classes, rows, curve in _pairs(cases) if "_ovo" in metric else _rests(cases):
        weight = float(shares[classes].sum()) if weighted else 1.0
        total, weights = total + weight * curve.value, weights + weight
        influence[rows] += weight * curve.influence
        aucs[classes] += curve.value
        parts[classes] += 1
    value = total / weights
    if weighted:  # a row also adds to the weight of every part that its class belongs to
        influence += cases.relative_weight * (aucs - parts * value)[cases.y_true.astype(np.int64)]
    return Ranked(value, influence / weights)


_Part = tuple[list[int], Array, Ranked]
"""Classes that a part weighs, its rows as positions or a slice, and its curve, influences scaled to all rows."""


def _rests(cases: Cases) -> Iterator[_Part]:
    weight = None if cases.weight is None else cases.relative_weight
    for k, order, score in _columns(cases):
        yield [k], np.arange(cases.n), roc_auc(score, cases.y_true == k, weight, order)


def _pairs(cases: Cases) -> Iterator[_Part]:
    """Each column is sorted once; the rows of two classes keep their order."""
    n, y = cases.n, cases.y_true.astype(np.int64)
    for a, order, score in _columns(cases):
        classes = y[order]
        for b in range(cases.n_classes):
            if b == a:
                continue
            rows = order[(classes == a) | (classes == b)]
            weight = None if cases.weight is None else cases.relative_weight[rows]
            curve = roc_auc(score[rows], y[rows] == a, weight, np.arange(len(rows)))
            yield [a, b], rows, Ranked(curve.value, curve.influence * (n / len(rows)))


def _columns(cases: Cases) -> Iterator[tuple[int, Array, Floats]]:
    """Each class with its scores and the rows in descending order of them."""
    assert cases.y_score is not None
    for k in range(cases.n_classes):
        score = np.ascontiguousarray(cases.y_score[:, k])
        yield k, np.argsort(-score), score
