"""How large are the errors? Means of losses, their roots and ratios, explained variance, bias and the median error."""

from __future__ import annotations

import math

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Mapped, Undefined
from readiness.statistics.intervals import Normal, Unvaried
from readiness.statistics.means import mean_of, wider_mean
from readiness.statistics.medians import median_of
from readiness.statistics.row_losses import (
    EPSILON,
    EXPLAINED,
    PROBABILITY_LOSSES,
    ROOTS,
    quantile_of,
    row_losses,
    squared_deviations,
    unusable,
)

T_LOG = "t-interval of the mean on the log scale"
RATIO = "delta method of a ratio of sums, on the log scale"


def measure_losses(metric: str, cases: Cases) -> Inference | Undefined:
    """A metric of values or of probabilities with its uncertainty."""
    problem = unusable(metric, cases)
    if problem is not None:
        return problem
    if metric == "bias":
        return _bias(cases)
    losses = row_losses(metric, cases)
    if metric == "median_absolute_error":
        return median_of(losses, cases)
    most = _largest_possible(metric, cases, losses)
    if metric in EXPLAINED:
        return _explained(metric, cases, losses, most)
    if metric == "wmape":
        return _above_zero(_ratio(cases, losses), loss_influence(metric, cases), cases, most, RATIO)
    bounded = metric in PROBABILITY_LOSSES
    mean = _above_zero(_mean(losses, cases), _pulls(losses, cases), cases, most, T_LOG, bounded=bounded)
    return Mapped(mean, math.sqrt, note=", root of the mean") if metric in ROOTS else mean


def loss_influence(metric: str, cases: Cases) -> Floats:
    """Influence of each row on a metric that `measure_losses` knows, shape (n,); the median error has none.

    Of a mean of losses l it is l - mean; of its root this over twice the root; of the ratio R of two sums e and y
    (e - R y) / mean y; of 1 - (mean l) / v with the variance v, mean of s, (mean l / v · s - l) / v.
    """
    if metric == "bias":
        return _pulls(signed_errors(cases), cases)
    losses, w = row_losses(metric, cases), cases.relative_weight
    if metric == "wmape":
        size = np.abs(cases.y_true.astype(float))
        return np.asarray(w * (losses - _ratio(cases, losses) * size) / _mean(size, cases))
    if metric in EXPLAINED:
        spread = squared_deviations(cases)
        variance, mean = _mean(spread, cases), _mean(losses, cases)
        return np.asarray(w * (mean / variance * spread - losses) / variance)
    pulls = _pulls(losses, cases)
    if metric not in ROOTS:
        return pulls
    mean = _mean(losses, cases)
    return pulls / (2 * math.sqrt(mean)) if mean > 0 else np.zeros(cases.n)


def signed_errors(cases: Cases) -> Floats:
    """Predicted minus true, shape (n,)."""
    return np.asarray(cases.y_pred.astype(float) - cases.y_true.astype(float))


def _mean(values: Floats, cases: Cases) -> float:
    return float(cases.relative_weight @ values) / cases.n


def _pulls(values: Floats, cases: Cases) -> Floats:
    return np.asarray(cases.relative_weight * (values - _mean(values, cases)))


def _ratio(cases: Cases, errors: Floats) -> float:
    return _mean(errors, cases) / _mean(np.abs(cases.y_true.astype(float)), cases)


def _above_zero(
    value: float, influence: Floats, cases: Cases, most: float, method: str, *, bounded: bool = False
) -> Inference:
    se, df = standard_error(influence, cases.dependence)
    if value > 0 and 1e-12 * value < se < math.inf:
        mean = Normal(value, se, df, cases.n, "log", method, 0.0, most if bounded else math.inf)
        return wider_mean(mean, influence, cases.dependence)
    return Unvaried(value, cases.dependence.units or cases.n, cases.n, 0.0, max(most, value))


def _bias(cases: Cases) -> Inference | Undefined:
    errors = signed_errors(cases)
    most = _largest_possible("mae", cases, np.abs(errors))
    far = most if math.isfinite(most) and not errors.any() else None
    return mean_of(errors, cases.dependence, weight=cases.weight, least=None if far is None else -far, most=far)


def _explained(metric: str, cases: Cases, losses: Floats, most: float) -> Inference:
    variance = _mean(squared_deviations(cases), cases)
    value = 1 - _mean(losses, cases) / variance
    pulls = loss_influence(metric, cases)
    se, df = standard_error(pulls, cases.dependence)
    if 1e-12 < se < math.inf:
        delta = Normal(value, se, df, cases.n, "identity", "delta method from row influences", most=1.0)
        return wider_mean(delta, pulls, cases.dependence)
    return Unvaried(value, cases.dependence.units or cases.n, cases.n, 1 - most / variance, 1.0)


def _largest_possible(metric: str, cases: Cases, losses: Floats) -> float:
    """What a row's loss could be at worst: for values, an error as wide as the range of truths and predictions."""
    if metric == "log_loss":
        return -math.log(EPSILON)
    if metric == "brier":
        return 1.0 if cases.task is Task.BINARY else 2.0
    low = min(float(cases.y_true.min()), float(cases.y_pred.min()))
    high = max(float(cases.y_true.max()), float(cases.y_pred.max()))
    wide = high - low
    if (quantile := quantile_of(metric)) is not None:
        most = wide * max(quantile, 1 - quantile)
    elif metric == "mae":
        most = wide
    elif metric in ("mse", "rmse") or metric in EXPLAINED:
        most = wide**2
    else:
        return math.inf
    return most if wide > 0 and losses.max() < most else math.inf
