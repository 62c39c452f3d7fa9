"""The estimator of each metric: its value for cases, and how far chance may have moved it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from readiness.core.metrics import METRICS, TECHNICAL, Metric, metric_names
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.calibration import calibration_influence, measure_calibration_error
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.custom import measure_own, number_or_nan, own_value, reason_to_withhold_own
from readiness.statistics.dependence import equal_groups, group_sums, unknown_error
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import few_groups
from readiness.statistics.labels import (
    BINARY_LABEL_METRICS,
    MACRO_METRICS,
    MULTICLASS_LABEL_METRICS,
    is_of_shares,
    measure_labels,
    row_influence,
)
from readiness.statistics.losses import MEANS_OF_LOSSES, NEAR_ZERO, loss_influence, measure_losses, row_losses, unusable
from readiness.statistics.ranking import measure_queries, reason_to_withhold_queries
from readiness.statistics.scores import (
    CLASS_RANKING_METRICS,
    measure_ranking,
    measure_top,
    ranking_metric,
    top_influence,
    why_too_few,
)
from readiness.statistics.shapes import (
    A_SHARE,
    CALIBRATION,
    EXPLAINED,
    LOSS,
    MEAN,
    QUERIES,
    RANKED,
    ROOT,
    UNVARIED_SHARE,
    Rows,
    Shape,
    Shapes,
    shapes_of_labels,
)
from readiness.statistics.shapes import OWN as OWN_SHAPES

__all__ = [
    "ESTIMATORS",
    "METRICS",
    "TECHNICAL",
    "Estimator",
    "Metric",
    "estimator_named",
    "estimator_of",
    "influence",
    "measure",
    "metric_names",
    "number",
    "reason_to_withhold",
]

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


Measure = Callable[[str, Cases], Inference | Missing]
Pull = Callable[[str, Cases], Floats | Missing]
ShapesOf = Callable[[Metric, Rows], Shapes]
Pairing = Literal["cells", "losses", "influences", "queries", "resamples", "never"]
"""From what the difference of two methods on the same rows is told."""


@dataclass(frozen=True, slots=True)
class Estimator:
    """How a metric is computed from cases; each function takes its name and the cases."""

    measure: Measure
    """The number with its uncertainty."""
    influence: Pull
    """Of each row, shape (n,)."""
    shapes: ShapesOf
    """What may stand behind its value in a record, so that it can be recomputed; none where limits are simulated."""
    paired: Pairing = "influences"
    withheld: Callable[[str, Cases], str] = lambda _metric, _cases: ""
    """Why no *met* may come of it, beyond rows that depend on each other too much; empty when it may."""


def measure(metric: str, cases: Cases) -> Inference | Missing:
    """A metric of scored cases with its uncertainty; Missing where it has no denominator or lacks its inputs.

    Raises:
        ValueError: the metric is not one of the task's.
    """
    estimator = estimator_of(metric, cases)
    return estimator.measure(metric, cases) if cases.n else Missing("There are no rows.")


def number(metric: str, cases: Cases) -> float:
    """The number alone, NaN where there is none: spares a metric of the user's own the resamples of its interval."""
    if metric in cases.own:
        return number_or_nan(own_value(metric, cases))
    found = measure(metric, cases)
    return math.nan if isinstance(found, Missing) else found.value


def influence(metric: str, cases: Cases) -> Floats | Missing:
    """Influence of each row on a metric, shape (n,), mean 0 (see `means`); Missing as in `measure`."""
    return estimator_of(metric, cases).influence(metric, cases)


def reason_to_withhold(metric: str, cases: Cases) -> str:
    """Why no *met* may come from this metric on these cases, whatever its bounds; empty when it may.

    What the numbers behind the bounds tell by themselves is left to `reservations`.
    """
    estimator = estimator_of(metric, cases)
    if estimator.paired != "queries" and (too_dependent := _too_dependent(metric, cases)) != "":
        return too_dependent
    return estimator.withheld(metric, cases)


def estimator_of(metric: str, cases: Cases) -> Estimator:
    """What computes a metric of these cases.

    Raises:
        ValueError: the metric is not one of the task's.
    """
    if metric in cases.own:
        return OWN
    if metric not in METRICS or cases.task not in METRICS[metric].tasks:
        names = ", ".join(metric_names(cases.task))
        raise ValueError(f"metric is {metric!r}; for a {cases.task} task expected one of {names}")
    return estimator_named(METRICS[metric])


def estimator_named(metric: Metric) -> Estimator:
    """What computes a metric, whatever the cases.

    Raises:
        KeyError: it has no estimator; a metric that is measured rather than computed has none.
    """
    return OWN if metric.needs == "own" else ESTIMATORS[re.sub(r"(?<=_)\d+", "k", metric.name)]


# Labels


def _measure_labels_once(metric: str, cases: Cases) -> Inference | Missing:
    """Several questions ask for the same number of rows that depend on each other, which takes a pass over all."""
    if cases.is_plain:
        return measure_labels(metric, cases)
    key = f"labels {metric}"
    if key not in cases.remembered:
        cases.remembered[key] = measure_labels(metric, cases)
    found: Inference | Missing = cases.remembered[key]
    return found


def _influence_on_labels(metric: str, cases: Cases) -> Floats | Missing:
    result = measure_labels(metric, cases)
    return result if isinstance(result, Missing) else row_influence(metric, cases)


def _reason_to_withhold_labels(metric: str, cases: Cases) -> str:
    if not is_of_shares(metric, cases) and (few := _few_groups_wrong(metric, cases)):
        return few
    return _small_class(metric, cases) if cases.task is Task.MULTICLASS and metric in MACRO_METRICS else ""


def _small_class(_metric: str, cases: Cases) -> str:
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


# Scores


def _influence_on_ranking(metric: str, cases: Cases) -> Floats | Missing:
    part = ranking_metric(metric, cases)
    return part if isinstance(part, Missing) else part.influence


# Losses


def _influence_on_losses(metric: str, cases: Cases) -> Floats | Missing:
    problem = unusable(metric, cases)
    return loss_influence(metric, cases) if problem is None else problem


def _influence_on_median(metric: str, cases: Cases) -> Floats | Missing:
    return unusable(metric, cases) or Missing("The median error has no row influences.", n=cases.n)


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


def _near_zero(_metric: str, cases: Cases) -> str:
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


# Dependence


def _too_dependent(metric: str, cases: Cases) -> str:
    if not cases.dependence.is_serial or metric in cases.own:
        return unknown_error(cases.dependence)
    pull = influence(metric, cases)
    return unknown_error(cases.dependence, None if isinstance(pull, Missing) else pull)


# The table


def _always(*shapes: Shape) -> ShapesOf:
    return lambda _metric, _rows: shapes


def _without_influence(reason: str) -> Pull:
    return lambda _, cases: Missing(reason, n=cases.n)


OWN = Estimator(
    measure_own,
    _without_influence("Rows have no known influence on a metric of one's own."),
    _always(*OWN_SHAPES),
    "resamples",
    reason_to_withhold_own,
)
"""Of a metric that the user brought."""
_LABELS = Estimator(_measure_labels_once, _influence_on_labels, shapes_of_labels, "cells", _reason_to_withhold_labels)
_RANKING = Estimator(measure_ranking, _influence_on_ranking, _always(*RANKED), withheld=why_too_few)
_CLASS_RANKING = Estimator(measure_ranking, _influence_on_ranking, _always(UNVARIED_SHARE), withheld=_small_class)
_CALIBRATION = Estimator(
    lambda _, cases: measure_calibration_error(cases),
    lambda _, cases: calibration_influence(cases),
    _always(*CALIBRATION),
)
_MEAN_LOSS = Estimator(measure_losses, _influence_on_losses, _always(*LOSS), "losses")
_OF_LOSSES = Estimator(measure_losses, _influence_on_losses, _always(*LOSS))
"""Roots and ratios of mean losses."""
_QUERIES = Estimator(
    measure_queries,
    _without_influence("This is a mean over queries, and rows have no influence of their own."),
    _always(*QUERIES),
    "queries",
    reason_to_withhold_queries,
)
ESTIMATORS: Mapping[str, Estimator] = {
    **dict.fromkeys(BINARY_LABEL_METRICS | MULTICLASS_LABEL_METRICS, _LABELS),
    **dict.fromkeys(("roc_auc", "average_precision"), _RANKING),
    **dict.fromkeys(CLASS_RANKING_METRICS, _CLASS_RANKING),
    "calibration_error": _CALIBRATION,
    "top_k_accuracy": Estimator(measure_top, top_influence, _always(*A_SHARE)),
    **dict.fromkeys((*sorted(MEANS_OF_LOSSES), "pinball_k", "log_loss", "brier"), _MEAN_LOSS),
    "mape": replace(_MEAN_LOSS, withheld=_near_zero),
    "mse": replace(_MEAN_LOSS, withheld=_heavy_tail),
    "rmse": replace(_OF_LOSSES, shapes=_always(*ROOT), withheld=_heavy_tail),
    "rmsle": replace(_OF_LOSSES, shapes=_always(*ROOT)),
    **dict.fromkeys(
        ("r2", "explained_variance"), replace(_OF_LOSSES, shapes=_always(*EXPLAINED), withheld=_heavy_tail)
    ),
    "wmape": _OF_LOSSES,
    "median_absolute_error": replace(_OF_LOSSES, influence=_influence_on_median, shapes=_always()),
    "bias": replace(_OF_LOSSES, shapes=_always(*MEAN), paired="never"),
    **dict.fromkeys(("ndcg", "ndcg_at_k", "map", "mrr", "precision_at_k", "recall_at_k"), _QUERIES),
}
"""By the name of the metric; k stands for any number in it."""
