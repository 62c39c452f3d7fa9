"""The estimator of each metric: its value for cases, and how far chance may have moved it."""

from __future__ import annotations

import math

import numpy as np

from readiness.core.metrics import METRICS, TECHNICAL, Metric, metric_names
from readiness.core.policy import Task
from readiness.statistics.calibration import calibration_influence, measure_calibration_error
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.custom import measure_own, or_nan, own_value, withheld_own
from readiness.statistics.dependence import equal_groups, group_sums, unknown_error
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.judge_claims import few_groups
from readiness.statistics.labels import (
    BINARY_LABEL_METRICS,
    MACRO_METRICS,
    MULTICLASS_LABEL_METRICS,
    is_of_shares,
    measure_labels,
    row_influence,
)
from readiness.statistics.losses import NEAR_ZERO, SQUARED, loss_influence, measure_losses, row_losses, unusable
from readiness.statistics.ranking import measure_queries, withheld_queries
from readiness.statistics.scores import (
    CLASS_RANKING_METRICS,
    is_top_accuracy,
    measure_ranking,
    measure_top,
    ranked,
    too_few,
    top_influence,
)

__all__ = ["METRICS", "TECHNICAL", "Metric", "influence", "measure", "metric_names", "number", "withheld"]

MINIMUM_CLASS_ROWS = 5
"""True rows that every class needs before an average over them can be met: below, its intervals are too narrow."""
TAIL_ROWS, TAIL_SHARE = 1_000, 0.20
"""Metrics of squared errors are withheld when the worst 1 % of so many rows or more carry more than this share of the
squared error; of normal errors they carry 0.08. Fewer rows are left to the skewness, whose measured value is bounded by
their number: where the squares have no variance at all (10,000 errors of Student's t with 3 degrees of freedom), it
alone lets an upper limit miss in 9 % of samples, and together with this share in none."""
NEAR_ZERO_SHARE = 0.01
"""MAPE is withheld when more than this share of true values is close to 0."""
NEAR_ZERO_OF_MEDIAN = 1e-3
"""A true value is close to 0 below this fraction of the median absolute true value."""


def _measure_labels_once(metric: str, cases: Cases) -> Inference | Undefined:
    """Several questions ask for the same number of rows that depend on each other, which takes a pass over all."""
    if cases.is_plain:
        return measure_labels(metric, cases)
    key = f"labels {metric}"
    if key not in cases.remembered:
        cases.remembered[key] = measure_labels(metric, cases)
    found: Inference | Undefined = cases.remembered[key]
    return found


def measure(metric: str, cases: Cases) -> Inference | Undefined:
    """A metric of scored cases with its uncertainty; Undefined where it has no denominator or lacks its inputs.

    Raises:
        ValueError: the metric is not one of the task's.
    """
    _known(metric, cases)
    if cases.n == 0:
        return Undefined("There are no rows.")
    if metric in cases.own:
        return measure_own(metric, cases)
    if metric in _labels(cases):
        return _measure_labels_once(metric, cases)
    needs = cases.metric(metric).needs
    if needs == "order":
        return measure_queries(metric, cases)
    if needs == "scores" or metric in CLASS_RANKING_METRICS:
        return measure_ranking(metric, cases)
    if metric == "calibration_error":
        return measure_calibration_error(cases)
    return measure_top(metric, cases) if is_top_accuracy(metric) else measure_losses(metric, cases)


def number(metric: str, cases: Cases) -> float:
    """The number alone, NaN where there is none: spares a metric of the user's own the resamples of its interval."""
    if metric in cases.own:
        return or_nan(own_value(metric, cases))
    found = measure(metric, cases)
    return math.nan if isinstance(found, Undefined) else found.value


def influence(metric: str, cases: Cases) -> Floats | Undefined:
    """Influence of each row on a metric, shape (n,), mean 0 (see `influence`); Undefined as in `measure`."""
    _known(metric, cases)
    if metric in cases.own:
        return Undefined("Rows have no known influence on a metric of one's own.", cases.n)
    if metric in _labels(cases):
        result = measure_labels(metric, cases)
        return result if isinstance(result, Undefined) else row_influence(metric, cases)
    if cases.metric(metric).needs == "order":
        return Undefined("This is a mean over queries, and rows have no influence of their own.", cases.n)
    if cases.metric(metric).needs == "scores" or metric in CLASS_RANKING_METRICS:
        part = ranked(metric, cases)
        return part if isinstance(part, Undefined) else part.influence
    if metric == "calibration_error":
        return calibration_influence(cases)
    if is_top_accuracy(metric):
        return top_influence(metric, cases)
    problem = unusable(metric, cases)
    if problem is None and metric == "median_absolute_error":
        problem = Undefined("The median error has no row influences.", cases.n)
    return loss_influence(metric, cases) if problem is None else problem


def withheld(metric: str, cases: Cases) -> str:
    """Why no *met* may come from this metric on these cases, whatever its bounds; empty when it may.

    What the numbers behind the bounds tell by themselves is left to `reservations`.
    """
    _known(metric, cases)
    if cases.metric(metric).needs == "order":
        return withheld_queries(metric, cases)
    if (too_dependent := _too_dependent(metric, cases)) != "":
        return too_dependent
    if metric in cases.own:
        return withheld_own(metric, cases)
    if metric in _labels(cases) and not is_of_shares(metric, cases) and (few := _few_groups_wrong(metric, cases)):
        return few
    if cases.task is Task.MULTICLASS and metric in MACRO_METRICS | CLASS_RANKING_METRICS:
        return _small_class(cases)
    if metric in ("roc_auc", "average_precision"):
        return too_few(metric, cases)
    if metric in SQUARED:
        return _heavy_tail(metric, cases)
    return _near_zero(cases) if metric == "mape" else ""


def _too_dependent(metric: str, cases: Cases) -> str:
    if not cases.dependence.is_serial or metric in cases.own:
        return unknown_error(cases.dependence)
    pull = influence(metric, cases)
    return unknown_error(cases.dependence, None if isinstance(pull, Undefined) else pull)


def _known(metric: str, cases: Cases) -> None:
    if metric not in cases.own and not (metric in METRICS and cases.task in METRICS[metric].tasks):
        names = ", ".join(metric_names(cases.task))
        raise ValueError(f"metric is {metric!r}; for a {cases.task} task expected one of {names}")


def _labels(cases: Cases) -> frozenset[str]:
    if not cases.task.has_classes:
        return frozenset()
    return BINARY_LABEL_METRICS if cases.task is Task.BINARY else MULTICLASS_LABEL_METRICS


def _small_class(cases: Cases) -> str:
    true = np.bincount(cases.y_true.astype(np.int64), minlength=cases.n_classes)
    small = int(np.count_nonzero(true < MINIMUM_CLASS_ROWS))
    if not small:
        return ""
    which = "1 class has" if small == 1 else f"{small} classes have"
    return (
        f"{which} fewer than {MINIMUM_CLASS_ROWS} true rows (the smallest has {int(true.min())}); "
        f"a mean over classes needs {MINIMUM_CLASS_ROWS} in each."
    )


def _few_groups_wrong(metric: str, cases: Cases) -> str:
    """Of metrics put together from several shares: a wrong row of a group counts by how much it pulls on the metric."""
    wrong = cases.y_true != cases.y_pred
    if cases.groups is None or not wrong.any() or not cases.cells.any():
        return ""
    pulls = np.abs(np.nan_to_num(row_influence(metric, cases))) * wrong
    groups = equal_groups(group_sums(pulls, cases.groups))
    return few_groups(groups, float(np.count_nonzero(pulls))) if groups > 0 else ""


def _heavy_tail(metric: str, cases: Cases) -> str:
    if cases.n < TAIL_ROWS or unusable(metric, cases) is not None:
        return ""
    worst = cases.n // 100
    losses = np.partition(row_losses(metric, cases), -worst)
    share = float(losses[-worst:].sum() / total) if (total := float(losses.sum())) > 0 else 0.0
    if share <= TAIL_SHARE:
        return ""
    return (
        f"The worst 1 % of rows carry {share:.0%} of the squared error, so no interval of it can be trusted; "
        "judge the mean absolute error instead."
    )


def _near_zero(cases: Cases) -> str:
    size = np.abs(cases.y_true.astype(float))
    if not len(size):
        return ""
    bar = max(NEAR_ZERO, NEAR_ZERO_OF_MEDIAN * float(np.median(size)))
    share = float(np.mean(size < bar))
    if share <= NEAR_ZERO_SHARE:
        return ""
    return (
        f"{share:.1%} of the true values are close to 0, where a percentage error says nothing; "
        "judge the mean absolute error instead."
    )
