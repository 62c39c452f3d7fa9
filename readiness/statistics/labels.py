"""Metrics of the confusion matrix, their intervals and influences.

A table has shape (true class, predicted class); binary class 1 is the positive one. Each metric is one function of the
table; influences of rows on it are its derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from readiness.core.metrics import METRICS
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.costs import UNSEEN, cell_draws, join_tails
from readiness.statistics.dependence import correlation, standard_error
from readiness.statistics.inference import Inference, Mapped
from readiness.statistics.intervals import Binomial, Draws, Normal, Unvaried, f1_of_share, mover_mean
from readiness.statistics.means import NO_ROWS, share_of, weighted_share
from readiness.statistics.scores import class_mean

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

SMALLEST = 1e-12
"""A sum of shares misses 0 or 1 by this much through roundings."""

# Metrics of two classes, from four cells
#
# Functions of the counts or shares of true negatives, false positives, false negatives and true positives, shape
# (4, ...), real or complex. They give 0/0 where the metric has no denominator, but agreement, which then is 0.

OfCells = Callable[[Array], Array]

_SHARES: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
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
SHARE_METRICS = frozenset(_SHARES)
F_SCORES = {"f2": 2.0, "f05": 0.5}
"""Weight beta of recall."""


def rows_that_count(metric: str) -> tuple[Array, Array]:
    """For a share: which of the four cells are hits, and among which, both (4,) of true and false."""
    hits, among = (np.isin(np.arange(4), cells) for cells in _SHARES[metric])
    return hits, among


def _share(metric: str) -> OfCells:
    hits, among = map(list, _SHARES[metric])
    return lambda cells: np.asarray(cells[hits].sum(axis=0) / cells[among].sum(axis=0))


def _f_score(beta: float) -> OfCells:
    """(1 + beta²) TP / ((1 + beta²) TP + beta² FN + FP)."""
    b = beta**2

    def value(cells: Array) -> Array:
        _, fp, fn, tp = cells
        return np.asarray((1 + b) * tp / ((1 + b) * tp + b * fn + fp))

    return value


def _balanced_accuracy(cells: Array) -> Array:
    tn, fp, fn, tp = cells
    return np.asarray((tp / (tp + fn) + tn / (tn + fp)) / 2)


def _kappa(cells: Array) -> Array:
    """As `_kappa_of_margins`, in a tenth of the time and exact for the rarest cells."""
    tn, fp, fn, tp = cells
    return _divide(2 * (tp * tn - fp * fn), (tp + fp) * (tn + fp) + (tp + fn) * (tn + fn))


def _matthews(cells: Array) -> Array:
    """As `_matthews_of_margins`, in a tenth of the time and exact for the rarest cells."""
    tn, fp, fn, tp = cells
    return _divide(tp * tn - fp * fn, np.sqrt((tp + fn) * (tn + fp) * (tp + fp) * (tn + fn)))


def _divide(above: Array, below: Array, least: float = 0.0) -> Array:
    """0 where the real part of what is below is `least` or less."""
    out = np.zeros(np.shape(below), np.result_type(above, below))
    return np.asarray(np.divide(above, below, out=out, where=np.real(below) > least))


_OF_CELLS: Mapping[str, OfCells] = {
    **{metric: _share(metric) for metric in _SHARES},
    "f1": _f_score(1.0),
    **{metric: _f_score(beta) for metric, beta in F_SCORES.items()},
    "balanced_accuracy": _balanced_accuracy,
    "cohen_kappa": _kappa,
    "matthews_corrcoef": _matthews,
}
BINARY_LABEL_METRICS = frozenset(_OF_CELLS)

# Metrics of any number of classes, from the diagonal and the margins
#
# Functions of the rows of each class that are right, that are truly of it, and that are predicted to be, each of shape
# (..., K), real or complex. Macro: every class counts alike, also one that was only predicted (as in scikit-learn);
# weighted: by its true rows. A class without denominator counts 0.

OfMargins = Callable[[Array, Array, Array], Array]


def _accuracy(right: Array, true: Array, predicted: Array) -> Array:  # noqa: ARG001  one form for all metrics
    return np.asarray(right.sum(axis=-1) / true.sum(axis=-1))


def _precisions(right: Array, true: Array, predicted: Array) -> Array:  # noqa: ARG001
    return _divide(right, predicted)


def _recalls(right: Array, true: Array, predicted: Array) -> Array:  # noqa: ARG001
    return _divide(right, true)


def _f1_scores(right: Array, true: Array, predicted: Array) -> Array:
    return _divide(2 * right, true + predicted)


def _jaccard_indices(right: Array, true: Array, predicted: Array) -> Array:
    return _divide(right, true + predicted - right)


def _macro(by_class: OfMargins, *, of_true: bool = False) -> OfMargins:
    """The mean over the classes that occur; `of_true`: that truly do."""

    def value(right: Array, true: Array, predicted: Array) -> Array:
        exists = np.real(true if of_true else true + predicted) > 0
        return np.asarray((by_class(right, true, predicted) * exists).sum(axis=-1) / exists.sum(axis=-1))

    return value


def _weighted(by_class: OfMargins) -> OfMargins:
    def value(right: Array, true: Array, predicted: Array) -> Array:
        return np.asarray((by_class(right, true, predicted) * true).sum(axis=-1) / true.sum(axis=-1))

    return value


def _kappa_of_margins(right: Array, true: Array, predicted: Array) -> Array:
    """Cohen (1960): what is right beyond chance, as a share of all that could be."""
    n = true.sum(axis=-1)
    by_chance = (true * predicted).sum(axis=-1) / n**2
    return _divide(right.sum(axis=-1) / n - by_chance, 1 - by_chance, SMALLEST)


def _matthews_of_margins(right: Array, true: Array, predicted: Array) -> Array:
    """Gorodkin (2004): covariance of truth and prediction over the root of both variances, summed over the classes."""
    n = true.sum(axis=-1)
    together = right.sum(axis=-1) / n - (true * predicted).sum(axis=-1) / n**2
    of_true, of_predicted = (1 - (margin**2).sum(axis=-1) / n**2 for margin in (true, predicted))
    varies = np.minimum(np.real(of_true), np.real(of_predicted)) > SMALLEST
    return np.where(varies, together / np.sqrt(np.where(varies, of_true * of_predicted, 1.0)), 0.0)


_OF_CLASSES: Mapping[str, OfMargins] = {
    "precision": _precisions,
    "recall": _recalls,
    "f1": _f1_scores,
    "jaccard": _jaccard_indices,
}
MICRO_METRICS = frozenset({"precision_micro", "recall_micro", "f1_micro"})
"""With one label for each row these are the accuracy."""
MULTICLASS_SHARES = MICRO_METRICS | {"accuracy"}
"""Metrics of more than two classes that are shares of all rows."""
_MACRO: Mapping[str, OfMargins] = {
    **{f"{name}_macro": _macro(by_class) for name, by_class in _OF_CLASSES.items()},
    "balanced_accuracy": _macro(_recalls, of_true=True),
}
MACRO_METRICS = frozenset(_MACRO)
_WEIGHTED: Mapping[str, OfMargins] = {
    f"{name}_weighted": _weighted(_OF_CLASSES[name]) for name in ("f1", "precision", "recall")
}
WEIGHTED_METRICS = frozenset(_WEIGHTED)
AVERAGE_METRICS = MACRO_METRICS | WEIGHTED_METRICS
AGREEMENT_METRICS = frozenset({"matthews_corrcoef", "cohen_kappa"})
"""How much true and predicted classes agree beyond chance, -1 to 1; 0 is what chance gives."""

_OF_MARGINS: Mapping[str, OfMargins] = {
    **dict.fromkeys(sorted(MULTICLASS_SHARES), _accuracy),
    **_MACRO,
    **_WEIGHTED,
    "cohen_kappa": _kappa_of_margins,
    "matthews_corrcoef": _matthews_of_margins,
}
MULTICLASS_LABEL_METRICS = frozenset(_OF_MARGINS)


def label_metric_values(metric: str, tables: Floats, *, binary: bool) -> Floats:
    """The metric of each table of shape (..., K, K); nan where it has no denominator."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if binary:
            values = _OF_CELLS[metric](np.moveaxis(tables.reshape(*tables.shape[:-2], 4), -1, 0))
        else:
            values = _OF_MARGINS[metric](*_margins(tables))
    # roundings carry a perfect correlation a little beyond 1
    return np.asarray(np.clip(values, -1.0, 1.0) if metric == "matthews_corrcoef" else values)


def _margins(tables: Floats) -> tuple[Floats, Floats, Floats]:
    """Diagonal, sums of rows, sums of columns, each (..., K)."""
    # sums as products: of many small tables they take a tenth of the time
    ones = np.ones(tables.shape[-1])
    return np.diagonal(tables, axis1=-2, axis2=-1), tables @ ones, ones @ tables


# Influences: one derivative for all metrics
#
# A metric f of the shares of the cells has the influence n · df/dx for a row in the cell x. The derivative is taken by
# a complex step (Squire and Trapp 1998): f(x + ih) = f(x) + ih f'(x) + ..., so its imaginary part over h is f' without
# any difference of nearly equal numbers, exact to the last digits for h as small as one likes.

STEP = 1e-30
ROUNDING = 1e-14
"""Influences are 0 below this share of the largest one: a metric that cannot change must show no chance error."""


def label_influence(metric: str, table: Floats, *, binary: bool) -> Floats:
    """Influence of a row in each cell of one table, shape (K, K); 0 where the metric has no denominator."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # margins tell agreement of rare cells well enough here, and they know which variances are roundings
        if binary and metric not in AGREEMENT_METRICS:
            slope = _slope_of_cells(_OF_CELLS[metric], table)
        else:
            slope = _slope_of_margins(_OF_MARGINS[metric], table)
    size = np.abs(slope)
    return np.where(size > ROUNDING * size.max(), slope * float(table.sum()), 0.0)


def _slope_of_cells(metric: OfCells, table: Floats) -> Floats:
    """Derivative by each cell, shape (2, 2)."""
    values = metric(table.reshape(4, 1) + _steps_of_cells())
    return (np.zeros(4) if np.isnan(values[4]) else values[:4].imag / STEP).reshape(2, 2)


def _slope_of_margins(metric: OfMargins, table: Floats) -> Floats:
    """Derivative by each cell, shape (K, K): a row there adds to its two margins and, if right, to the diagonal."""
    right, true, predicted = _steps_of_margins(len(table))
    values = metric(table.diagonal() + right, table.sum(axis=1) + true, table.sum(axis=0) + predicted)
    of_right, of_true, of_predicted = (values.imag / STEP).reshape(3, len(table))
    return np.asarray(np.diag(of_right) + of_true[:, None] + of_predicted)


@lru_cache(maxsize=1)
def _steps_of_cells() -> Array:
    """(4, 5): one step in each cell, and none, which tells whether there is a value at all."""
    return 1j * STEP * np.eye(4, 5)


@lru_cache(maxsize=8)
def _steps_of_margins(classes: int) -> Array:
    """(3, 3K, K): one step in each entry of the diagonal and of both margins."""
    return 1j * STEP * np.eye(3 * classes).reshape(3, classes, 3 * classes).swapaxes(1, 2)


def row_influence(metric: str, cases: Cases) -> Floats:
    """Influence of each row on a label metric, shape (n,)."""
    pull = label_influence(metric, cases.cells, binary=cases.task is Task.BINARY)
    by_row = pull.ravel()[cases.cell_codes]
    return by_row if cases.weight is None else by_row * cases.relative_weight


# Intervals

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
UNDEFINED = "It has no denominator in these rows."
ONE_CLASS = "All these rows are of one class, so there is no agreement beyond chance to measure."
FROM_0, FROM_MINUS_1 = (0.0, 1.0), (-1.0, 1.0)
"""Ranges of metrics whose limits have a scale of their own."""
DELTA = "delta method from row influences"
FISHER = "delta method from row influences on Fisher's z scale"
LOGIT_DELTA = "delta method on the logit scale from row influences (Takahashi et al. 2022)"
HALF = 0.5
DIRICHLET = (
    "Dirichlet draws on the counts (Goutte and Gaussier 2005), with half a row more in each cell for the lower limit "
    "and one more right row for the upper"
)


def measure_table(metric: str, table: Floats, *, binary: bool) -> Inference | Missing:
    """A metric with its uncertainty from a confusion matrix of independent rows."""
    if table.sum() == 0:
        return Missing(NO_ROWS)
    if binary and metric == "balanced_accuracy":
        recall, specificity = (measure_table(name, table, binary=True) for name in ("recall", "specificity"))
        return _mean_of_two(recall, specificity)
    if _is_share(metric, binary):
        hits, rows = _counts(metric, table, binary=binary)
        return _infer_share(metric, Binomial(hits, round(rows)) if rows else Missing(NONE.get(metric, NO_ROWS)))
    if (problem := _why_undefined(metric, table, binary=binary)) is not None:
        return problem
    if binary:
        return _draw_limits(metric, table)
    pull, n = label_influence(metric, table, binary=False), float(table.sum())
    se = math.sqrt(float((table * pull**2).sum()) / (n * max(1.0, n - 1)))
    return _infer_from_pulls(metric, table, table, se, n - 1, None, binary=False)


def measure_labels(metric: str, cases: Cases) -> Inference | Missing:
    """A metric of predicted labels with its uncertainty; weights, groups and time widen it."""
    binary = cases.task is Task.BINARY
    if cases.is_plain:
        return measure_table(metric, cases.counts, binary=binary)
    if cases.cells.sum() == 0:
        return Missing("These rows have no weight.", n=cases.n)
    if binary and metric == "balanced_accuracy":
        found, spared = (row_influence(name, cases) for name in ("recall", "specificity"))
        together = correlation(found, spared, cases.dependence)
        return _mean_of_two(measure_labels("recall", cases), measure_labels("specificity", cases), together)
    if _is_share(metric, binary):
        hits, among = rows_that_count(metric) if binary else (np.eye(cases.n_classes, dtype=bool).ravel(), None)
        inside = None if among is None else among[cases.cell_codes]
        return _infer_share(metric, share_of(hits[cases.cell_codes], cases, inside, none=NONE.get(metric, NO_ROWS)))
    if (problem := _why_undefined(metric, cases.cells, binary=binary)) is not None:
        return problem
    se, df = standard_error(row_influence(metric, cases), cases.dependence)
    return _infer_from_pulls(metric, cases.cells, cases.counts, se, df, cases.dependence.units, binary=binary)


def worst_class_recall(cases: Cases) -> tuple[int, Inference] | Missing:
    """Class code and recall of the class that is found least often; to be shown, not judged: it was picked for being
    the lowest.
    """
    true = cases.cells.sum(axis=1)
    if not true.any():
        return Missing(NO_ROWS)
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
    return metric in (SHARE_METRICS if binary else MULTICLASS_SHARES)


def _counts(metric: str, table: Floats, *, binary: bool) -> tuple[float, float]:
    """Hits and rows of a share."""
    if not binary:
        return float(np.trace(table)), float(table.sum())
    hits, among = rows_that_count(metric)
    return float(table.ravel()[hits].sum()), float(table.ravel()[among].sum())


def _infer_share(metric: str, share: Binomial | Missing) -> Inference | Missing:
    if metric != "f1" or isinstance(share, Missing):
        return share
    return f1_of_share(share)


def _mean_of_two(
    recall: Inference | Missing, specificity: Inference | Missing, together: float = 0.0
) -> Inference | Missing:
    if isinstance(recall, Missing) or isinstance(specificity, Missing):
        return recall if isinstance(recall, Missing) else specificity
    return mover_mean(recall, specificity, together)


def _why_undefined(metric: str, table: Floats, *, binary: bool) -> Missing | None:
    n = round(float(table.sum()))
    if metric in AGREEMENT_METRICS and np.count_nonzero(table.sum(axis=1)) < 2:
        return Missing(ONE_CLASS, n=n)
    if math.isnan(float(_value_of(metric, table, binary=binary))):
        return Missing(NONE.get(metric, UNDEFINED), n=n)
    return None


def _value_of(metric: str, table: Floats, *, binary: bool) -> float:
    # as in `label_influence`: margins know which variances of weighted cells are roundings
    return float(label_metric_values(metric, table, binary=binary and metric not in AGREEMENT_METRICS))


def _draw_limits(metric: str, table: Floats, seed: int = 0) -> Inference:
    """What is no share of four counts, nor a mean of two: F2, F0.5, Matthews correlation and kappa.

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
    return Draws(float(values(table)[0]), join_tails(low, np.maximum(low, high)), int(table.sum()), DIRICHLET)


def _infer_from_pulls(
    metric: str, cells: Floats, counts: Floats, se: float, df: float, groups: int | None, *, binary: bool
) -> Inference | Missing:
    """The metric of weighted `cells`, which stand for `counts` of rows, on a scale that keeps its limits in its range:
    from 0 to 1 the logit, from -1 to 1 Fisher's z.
    """
    value, n, true = _value_of(metric, cells, binary=binary), int(counts.sum()), counts.sum(axis=1)
    alike, ends = min(int(true[true > 0].min()), groups or n), METRICS[metric].ends
    if ends == FROM_MINUS_1:
        return agreement_inference(value, se, df, n, alike)
    if ends != FROM_0:
        if not 1e-12 < se < math.inf:
            return Unvaried(value, alike, n, *ends)
        return Normal(value, se, max(1.0, df), n, "identity", DELTA, *ends)
    if 1e-12 < value < 1 - 1e-12 and 0 < se < math.inf:
        if binary:
            return Normal(value, se, max(1.0, df), n, "logit", LOGIT_DELTA, 0.0, 1.0)
        rarest = max(1.0, min(df, alike - 1.0))
        mean = Normal(value, se, rarest, n, "logit", LOGIT_DELTA, 0.0, 1.0)
        return class_mean(mean, true, groups, weighted=metric in WEIGHTED_METRICS)
    return Unvaried(min(1.0, max(0.0, value)), alike, n)


def agreement_inference(value: float, se: float, df: float, n: int, alike: int) -> Inference:
    """The metric with its uncertainty on the scale of Fisher's z; `alike` rows stand behind a value without spread."""
    if abs(value) < 1 - 1e-12 and 0 < se < math.inf:
        z = Normal(math.atanh(value), se / (1 - value**2), max(1.0, df), n, "identity", FISHER)
        return Mapped(z, math.tanh)
    return Unvaried(value, alike, n, -1.0, 1.0)
