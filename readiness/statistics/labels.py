"""Metrics of the confusion matrix, their intervals and influences.

A table has shape (true class, predicted class); binary class 1 is the positive one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from readiness.core.policy import Task
from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.costs import UNSEEN, cell_draws, two_sided
from readiness.statistics.dependence import correlation, standard_error
from readiness.statistics.inference import Inference, Mapped, Undefined
from readiness.statistics.intervals import Binomial, Draws, Normal, Unvaried, f1_of_share, mover_mean
from readiness.statistics.means import NO_ROWS, share_of, weighted_share
from readiness.statistics.scores import class_mean

# ----------------------------------------------------------------------------------------------------
# How good are the labels on average over many classes? Means of each class's precision, recall, F1 and Jaccard index.
#
# Each is `of` times the rows that are right, over a sum of the rows that are truly, predictedly and rightly of the
# class. Macro: every class counts alike, also one that was only predicted (as in scikit-learn); weighted: by its true
# rows.


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


# ----------------------------------------------------------------------------------------------------
# How much do true and predicted classes agree beyond chance? Matthews correlation and Cohen's kappa of any table.
#
# A table has shape (true class, predicted class); both numbers lie between -1 and 1, and 0 is what chance gives.

AGREEMENT_METRICS = frozenset({"matthews_corrcoef", "cohen_kappa"})
ONE_CLASS = "All these rows are of one class, so there is no agreement beyond chance to measure."
FISHER = "delta method from row influences on Fisher's z scale"


@dataclass(frozen=True, slots=True)
class _Shares:
    """Shares of a table's rows, and what Gorodkin's (2004) correlation is made of."""

    right: Floats
    true: Floats
    """(..., K)."""
    predicted: Floats
    by_chance: Floats
    """Share of rows that would be right by chance."""

    @property
    def together(self) -> Floats:
        """Covariance of truth and prediction, summed over the classes."""
        return np.asarray(self.right - self.by_chance)

    @property
    def spread(self) -> Floats:
        """Product of both variances."""
        return np.asarray((1 - (self.true**2).sum(axis=-1)) * (1 - (self.predicted**2).sum(axis=-1)))


def _shares(tables: Floats) -> _Shares:
    shares = tables / tables.sum(axis=(-2, -1), keepdims=True)
    true, predicted = shares.sum(axis=-1), shares.sum(axis=-2)
    right = np.diagonal(shares, axis1=-2, axis2=-1).sum(axis=-1)
    return _Shares(np.asarray(right), true, predicted, (true * predicted).sum(axis=-1))


def agreement_values(metric: str, tables: Floats) -> Floats:
    """The metric of each table of shape (..., K, K); 0 where a margin has one class only, as in scikit-learn."""
    s = _shares(tables)
    if metric == "cohen_kappa":
        return _divided(s.together, 1 - s.by_chance)
    return np.clip(_divided(s.together, np.sqrt(np.maximum(0.0, s.spread))), -1.0, 1.0)


def agreement_of_four(metric: str, tn: Floats, fp: Floats, fn: Floats, tp: Floats) -> Floats:
    """The same of two classes from their four cells, in a tenth of the time."""
    positive, negative, said, unsaid = tp + fn, tn + fp, tp + fp, tn + fn
    together = tp * tn - fp * fn
    if metric == "cohen_kappa":
        below = said * negative + positive * unsaid
        return np.asarray(np.divide(2 * together, below, out=np.zeros(np.shape(below)), where=below > 0))
    below = np.sqrt(positive * negative * said * unsaid)
    return np.clip(np.divide(together, below, out=np.zeros(np.shape(below)), where=below > 0), -1.0, 1.0)


def _divided(above: Floats, below: Floats) -> Floats:
    exists = below > 1e-12  # a sum of shares misses 1 by roundings
    return np.asarray(np.divide(above, below, out=np.zeros(np.shape(below)), where=exists))


def agreement_influence(metric: str, table: Floats) -> Floats:
    """Influence of a row in each cell of one table, shape (K, K); 0 where the metric is 0 for want of classes."""
    s, k = _shares(table), len(table)
    more_right = np.eye(k) - s.right
    more_chance = s.predicted[:, None] + s.true[None, :] - 2 * s.by_chance
    if metric == "cohen_kappa":
        left = float(1 - s.by_chance)
        return more_right / left - float(1 - s.right) * more_chance / left**2 if left > 1e-12 else np.zeros((k, k))
    if float(s.spread) <= 1e-24:
        return np.zeros((k, k))
    of_true, of_predicted = ((p - float(p @ p)) / float(1 - p @ p) for p in (s.true, s.predicted))
    pulled = more_right - more_chance + s.together * (of_true[:, None] + of_predicted[None, :])
    return np.asarray(pulled / np.sqrt(s.spread))


def agreement_inference(value: float, se: float, df: float, n: int, alike: int) -> Inference:
    """The metric with its uncertainty on the scale of Fisher's z; `alike` rows stand behind a value without spread."""
    if abs(value) < 1 - 1e-12 and 0 < se < math.inf:
        z = Normal(math.atanh(value), se / (1 - value**2), max(1.0, df), n, "identity", FISHER)
        return Mapped(z, math.tanh)
    return Unvaried(value, alike, n, -1.0, 1.0)


# ----------------------------------------------------------------------------------------------------
# Which number do the four cells of a binary table give? Shares of rows, F-scores and balanced accuracy.
#
# Cells in this order: true negative, false positive, false negative, true positive.

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


# ----------------------------------------------------------------------------------------------------

MULTICLASS_LABEL_METRICS = AVERAGE_METRICS | MICRO_METRICS | AGREEMENT_METRICS | {"accuracy"}
LOGIT_DELTA = "delta method on the logit scale from row influences (Takahashi et al. 2022)"
HALF = 0.5
DIRICHLET = (
    "Dirichlet draws on the counts (Goutte and Gaussier 2005), with half a row more in each cell for the lower limit "
    "and one more right row for the upper"
)


def label_metric_values(metric: str, tables: Floats, *, binary: bool) -> Floats:
    """The metric of each table of shape (..., K, K); nan where it has no denominator."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if binary:
            return binary_values(metric, tables)
        if metric in AGREEMENT_METRICS:
            return agreement_values(metric, tables)
        if metric in AVERAGE_METRICS:
            return average_values(metric, tables)
        return np.asarray(np.diagonal(tables, axis1=-2, axis2=-1).sum(axis=-1) / tables.sum(axis=(-2, -1)))


def label_influence(metric: str, table: Floats, *, binary: bool) -> Floats:
    """Influence of a row in each cell of one table, shape (K, K); the metric must exist for the table."""
    if binary:
        return binary_influence(metric, table)
    if metric in AGREEMENT_METRICS:
        return agreement_influence(metric, table)
    if metric in AVERAGE_METRICS:
        return average_influence(metric, table)
    return np.asarray(np.eye(len(table)) - np.trace(table) / float(table.sum()))


def measure_table(metric: str, table: Floats, *, binary: bool) -> Inference | Undefined:
    """A metric with its uncertainty from a confusion matrix of independent rows."""
    if table.sum() == 0:
        return Undefined(NO_ROWS)
    if binary and metric == "balanced_accuracy":
        recall, specificity = (measure_table(name, table, binary=True) for name in ("recall", "specificity"))
        return _mean_of_two(recall, specificity)
    if _is_share(metric, binary):
        hits, rows = _counts(metric, table, binary=binary)
        return _from_share(metric, Binomial(hits, round(rows)) if rows else Undefined(NONE.get(metric, NO_ROWS)))
    if (problem := _unusable(metric, table)) is not None:
        return problem
    if binary:
        return _drawn(metric, table)
    pull, n = label_influence(metric, table, binary=False), float(table.sum())
    se = math.sqrt(float((table * pull**2).sum()) / (n * max(1.0, n - 1)))
    return _from_influence(metric, table, table, se, n - 1, None)


def measure_labels(metric: str, cases: Cases) -> Inference | Undefined:
    """A metric of predicted labels with its uncertainty; weights, groups and time widen it."""
    binary = cases.task is Task.BINARY
    if cases.is_plain:
        return measure_table(metric, cases.counts, binary=binary)
    if cases.cells.sum() == 0:
        return Undefined("These rows have no weight.", cases.n)
    if binary and metric == "balanced_accuracy":
        found, spared = (row_influence(name, cases) for name in ("recall", "specificity"))
        together = correlation(found, spared, cases.dependence)
        return _mean_of_two(measure_labels("recall", cases), measure_labels("specificity", cases), together)
    if _is_share(metric, binary):
        hits, among = rows_that_count(metric) if binary else (np.eye(cases.n_classes, dtype=bool).ravel(), None)
        inside = None if among is None else among[cases.cell_codes]
        return _from_share(metric, share_of(hits[cases.cell_codes], cases, inside, none=NONE.get(metric, NO_ROWS)))
    if (problem := _unusable(metric, cases.cells)) is not None:
        return problem
    se, df = standard_error(row_influence(metric, cases), cases.dependence)
    return _from_influence(metric, cases.cells, cases.counts, se, df, cases.dependence.units)


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
        return Undefined(NO_ROWS)
    recall = np.divide(np.diagonal(cases.cells), true, out=np.full(len(true), np.inf), where=true > 0)
    worst = int(np.argmin(recall))
    if cases.is_plain:
        return worst, Binomial(float(cases.counts[worst, worst]), int(cases.counts[worst].sum()))
    rows = cases.subset(cases.y_true == worst)
    return worst, weighted_share((rows.y_pred == worst).astype(float), rows)


def is_of_shares(metric: str, cases: Cases) -> bool:
    """Whether a label metric is a share of rows, or put together from shares with limits of their own."""
    binary = cases.task is Task.BINARY
    return _is_share(metric, binary) or (binary and metric == "balanced_accuracy")


def _is_share(metric: str, binary: bool) -> bool:
    return metric in SHARE_METRICS if binary else metric in MICRO_METRICS | {"accuracy"}


def _counts(metric: str, table: Floats, *, binary: bool) -> tuple[float, float]:
    """Hits and rows of a share."""
    if not binary:
        return float(np.trace(table)), float(table.sum())
    hits, among = rows_that_count(metric)
    return float(table.ravel()[hits].sum()), float(table.ravel()[among].sum())


def _from_share(metric: str, share: Binomial | Undefined) -> Inference | Undefined:
    if metric != "f1" or isinstance(share, Undefined):
        return share
    return f1_of_share(share)


def _mean_of_two(
    recall: Inference | Undefined, specificity: Inference | Undefined, together: float = 0.0
) -> Inference | Undefined:
    if isinstance(recall, Undefined) or isinstance(specificity, Undefined):
        return recall if isinstance(recall, Undefined) else specificity
    return mover_mean(recall, specificity, together)


def _unusable(metric: str, table: Floats) -> Undefined | None:
    n = round(float(table.sum()))
    if metric in AGREEMENT_METRICS and np.count_nonzero(table.sum(axis=1)) < 2:
        return Undefined(ONE_CLASS, n)
    return Undefined(NONE[metric], n) if metric in F_SCORES and table[0, 0] == table.sum() else None


def _drawn(metric: str, table: Floats, seed: int = 0) -> Inference:
    """F2, F0.5, Matthews correlation and kappa of four counts.

    Half a row in each cell keeps empty cells open, but it pulls a good candidate down: with 30 rows, 3 of them
    positive, its upper 5 % limit of F2 misses in 12 % of samples. So the upper limit counts one more row of the rarer
    class that is right, as Clopper and Pearson (1934) do for a share. Simulated with 30 to 300 rows and 5 to 50 %
    positives, either limit then misses in at most 6 % of samples.
    """
    one_more = np.full((2, 2), UNSEEN)
    rarer = 1 if metric in F_SCORES or table[1].sum() <= table[0].sum() else 0
    one_more[rarer, rarer] += 1

    def values(tables: Floats) -> Floats:
        return np.nan_to_num(label_metric_values(metric, tables.reshape(-1, 2, 2), binary=True))

    low, high = (np.sort(values(cell_draws(table, prior, seed))) for prior in (HALF, one_more.ravel()))
    return Draws(float(values(table)[0]), two_sided(low, np.maximum(low, high)), int(table.sum()), DIRICHLET)


def _from_influence(
    metric: str, cells: Floats, counts: Floats, se: float, df: float, groups: int | None
) -> Inference | Undefined:
    """The metric of weighted `cells`, which stand for `counts` of rows; shares on the logit scale."""
    binary = metric in F_SCORES
    value, n, true = float(label_metric_values(metric, cells, binary=binary)), int(counts.sum()), counts.sum(axis=1)
    alike = min(int(true[true > 0].min()), groups or n)
    if metric in AGREEMENT_METRICS:
        return agreement_inference(value, se, df, n, alike)
    if 1e-12 < value < 1 - 1e-12 and 0 < se < math.inf:
        if binary:
            return Normal(value, se, max(1.0, df), n, "logit", LOGIT_DELTA, 0.0, 1.0)
        rarest = max(1.0, min(df, alike - 1.0))
        mean = Normal(value, se, rarest, n, "logit", LOGIT_DELTA, 0.0, 1.0)
        return class_mean(mean, true, groups, weighted=metric.endswith("_weighted"))
    return Unvaried(min(1.0, max(0.0, value)), alike, n)


__all__ = [
    "BINARY_LABEL_METRICS",
    "MACRO_METRICS",
    "MULTICLASS_LABEL_METRICS",
    "label_influence",
    "label_metric_values",
    "measure_labels",
    "measure_table",
    "row_influence",
    "worst_class_recall",
]
