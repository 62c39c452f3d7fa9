"""How often are the predicted labels right? Metrics of the confusion matrix, their intervals and influences.

A table has shape (true class, predicted class); binary class 1 is the positive one.
"""

from __future__ import annotations

import math

import numpy as np

from readiness.criteria import Task
from readiness.statistics.agreement import (
    AGREEMENT_METRICS,
    ONE_CLASS,
    agreement_inference,
    agreement_influence,
    agreement_values,
)
from readiness.statistics.averages import (
    AVERAGE_METRICS,
    MACRO_METRICS,
    MICRO_METRICS,
    average_influence,
    average_values,
)
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.class_means import class_mean
from readiness.statistics.costs import UNSEEN, cell_draws, two_sided
from readiness.statistics.dependence import correlation, standard_error
from readiness.statistics.four_cells import (
    BINARY_LABEL_METRICS,
    F_SCORES,
    NONE,
    SHARE_METRICS,
    binary_influence,
    binary_values,
    rows_that_count,
)
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Binomial, Draws, Normal, Unvaried, f1_of_share, mover_mean
from readiness.statistics.shares import NO_ROWS, share_of, weighted_share

__all__ = [
    "BINARY_LABEL_METRICS", "MACRO_METRICS", "MULTICLASS_LABEL_METRICS", "label_influence", "label_metric_values",
    "measure_labels", "measure_table", "row_influence", "worst_class_recall",
]  # fmt: skip

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
