"""What is a metric worth for these cases, and how far may chance have moved it?"""

from __future__ import annotations

import numpy as np

from readiness.catalogue import METRICS, TECHNICAL, Metric, metric_names
from readiness.criteria import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.influence import MINIMUM_GROUPS
from readiness.statistics.labels import (
    BINARY_LABEL_METRICS,
    MACRO_METRICS,
    MULTICLASS_LABEL_METRICS,
    measure_labels,
    row_influence,
)
from readiness.statistics.losses import NEAR_ZERO, loss_influence, measure_losses, row_losses, unusable
from readiness.statistics.ranking import measure_ranking, ranked

__all__ = ["METRICS", "TECHNICAL", "Metric", "influence", "measure", "metric_names", "withheld"]

MINIMUM_CLASS_ROWS = 5
"""True rows that every class needs before a macro average can be met: below, its intervals are too narrow."""
TAIL_SHARE = 0.30
"""RMSE and R² are withheld when the worst 1 % of rows carry more than this share of the squared error."""
NEAR_ZERO_SHARE = 0.01
"""MAPE is withheld when more than this share of true values is close to 0."""
NEAR_ZERO_OF_MEDIAN = 1e-3
"""A true value is close to 0 below this fraction of the median absolute true value."""


def measure(metric: str, cases: Cases) -> Inference | Undefined:
    """A metric of scored cases with its uncertainty; Undefined where it has no denominator or lacks its inputs.

    Raises:
        ValueError: the metric is not one of the task's.
    """
    _known(metric, cases)
    if cases.n == 0:
        return Undefined("There are no rows.")
    if metric in _labels(cases):
        return measure_labels(metric, cases)
    needs = cases.metric(metric).needs
    if needs == "scores" or metric == "roc_auc_ovr":
        return measure_ranking(metric, cases)
    return measure_losses(metric, cases)


def influence(metric: str, cases: Cases) -> Floats | Undefined:
    """Influence of each row on a metric, shape (n,), mean 0 (see `influence`); Undefined as in `measure`."""
    _known(metric, cases)
    if metric in _labels(cases):
        result = measure_labels(metric, cases)
        return result if isinstance(result, Undefined) else row_influence(metric, cases)
    if cases.metric(metric).needs == "scores" or metric == "roc_auc_ovr":
        part = ranked(metric, cases)
        return part if isinstance(part, Undefined) else part.influence
    problem = unusable(metric, cases)
    if problem is None and metric == "median_absolute_error":
        problem = Undefined("The median error has no row influences.", cases.n)
    return loss_influence(metric, cases) if problem is None else problem


def withheld(metric: str, cases: Cases) -> str:
    """Why no *met* may come from this metric on these cases, whatever its bounds; empty when it may."""
    _known(metric, cases)
    groups = cases.dependence.units
    if groups is not None and groups < MINIMUM_GROUPS:
        return f"The rows come from {groups} groups; at least {MINIMUM_GROUPS} are needed to know the chance error."
    if cases.task is Task.MULTICLASS and metric in MACRO_METRICS | {"roc_auc_ovr"} and metric != "f1_weighted":
        return _small_class(cases)
    if metric in ("rmse", "r2"):
        return _heavy_tail(cases)
    return _near_zero(cases) if metric == "mape" else ""


def _known(metric: str, cases: Cases) -> None:
    if metric not in cases.own and not (metric in METRICS and cases.task in METRICS[metric].tasks):
        names = ", ".join(metric_names(cases.task))
        raise ValueError(f"metric is {metric!r}; for a {cases.task} task expected one of {names}")


def _labels(cases: Cases) -> frozenset[str]:
    if cases.task is Task.REGRESSION:
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


def _heavy_tail(cases: Cases) -> str:
    if cases.n == 0 or not np.isfinite(cases.y_pred).all():
        return ""
    losses = np.sort(row_losses("rmse", cases))
    worst = max(1, cases.n // 100)
    share = float(losses[-worst:].sum() / total) if (total := float(losses.sum())) > 0 else 0.0
    if cases.n < 100 or share <= TAIL_SHARE:
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
