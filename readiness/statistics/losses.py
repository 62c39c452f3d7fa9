"""How large are the errors, row by row? Means of losses (log loss, Brier, MAE, MAPE), RMSE and R²."""

from __future__ import annotations

import math

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Mapped, Undefined
from readiness.statistics.intervals import Normal, OrderStatistic, Unvaried

PROBABILITY_LOSSES = frozenset({"log_loss", "brier"})
VALUE_METRICS = frozenset({"mae", "mape", "rmse", "r2", "median_absolute_error"})
EPSILON = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1 in the log loss, as in scikit-learn."""
NEAR_ZERO = EPSILON
"""A true value below this counts as this in the MAPE, as in scikit-learn."""
T_LOG = "t-interval of the mean on the log scale"


def unusable(metric: str, cases: Cases) -> Undefined | None:
    """Why this metric cannot be computed from these cases, if so."""
    if cases.n == 0:
        return Undefined("There are no rows.")
    if cases.weight is not None and not cases.weight.sum() > 0:
        return Undefined("These rows have no weight.", cases.n)
    if metric in PROBABILITY_LOSSES:
        if cases.y_score is None or not cases.is_probability:
            return Undefined("There are no predicted probabilities.", cases.n)
        return None if np.isfinite(cases.y_score).all() else Undefined("Some scores are missing or infinite.", cases.n)
    if not np.isfinite(cases.y_pred).all():
        return Undefined("Some predictions are missing or infinite.", cases.n)
    if metric == "r2" and (cases.n < 2 or not _squared_deviations(cases).any()):
        return Undefined("The true values are all the same, so there is no variation to explain.", cases.n)
    return None


def row_losses(metric: str, cases: Cases) -> Floats:
    """The loss of each row, shape (n,), 0 or more; for rmse and r2 the squared error."""
    if metric in PROBABILITY_LOSSES:
        assert cases.y_score is not None
        return probability_losses(metric, cases.y_true, cases.y_score)
    error = np.abs(cases.y_true.astype(float) - cases.y_pred.astype(float))
    if metric == "mape":
        return np.asarray(error / np.maximum(np.abs(cases.y_true.astype(float)), NEAR_ZERO))
    return np.asarray(error**2 if metric in ("rmse", "r2") else error)


def probability_losses(metric: str, y_true: Floats, y_score: Floats) -> Floats:
    """Log loss or Brier loss of each row. Brier (1950): binary (p - y)², multiclass the sum over classes."""
    if y_score.ndim == 1:
        hit = np.where(y_true == 1, y_score, 1 - y_score)
        if metric == "brier":
            return np.asarray((1 - hit) ** 2)
    else:
        hit = np.take_along_axis(y_score, y_true.astype(np.int64)[:, None], axis=1)[:, 0]
        if metric == "brier":
            return np.asarray(np.maximum(0.0, (y_score**2).sum(axis=1) - 2 * hit + 1))
    return np.asarray(-np.log(np.clip(hit, EPSILON, 1 - EPSILON)))


def loss_influence(metric: str, cases: Cases) -> Floats:
    """Influence of each row on a mean of losses, the RMSE or R², shape (n,)."""
    losses, w = row_losses(metric, cases), cases.relative_weight
    mean = float(w @ losses) / cases.n
    if metric == "rmse":
        return w * (losses - mean) / (2 * math.sqrt(mean)) if mean > 0 else np.zeros(cases.n)
    if metric == "r2":
        spread = _squared_deviations(cases)
        variance = float(w @ spread) / cases.n
        return np.asarray(-w * (losses - mean / variance * spread) / variance)
    return np.asarray(w * (losses - mean))


def _squared_deviations(cases: Cases) -> Floats:
    y = cases.y_true.astype(float)
    return np.asarray((y - float(cases.relative_weight @ y) / cases.n) ** 2)


def measure_losses(metric: str, cases: Cases) -> Inference | Undefined:
    """A mean of losses, the RMSE, R² or the median absolute error with its uncertainty."""
    problem = unusable(metric, cases)
    if problem is not None:
        return problem
    losses = row_losses(metric, cases)
    if metric == "median_absolute_error":
        if not cases.is_plain:
            return Undefined("The median error is not available for rows with weights or groups.", cases.n)
        return OrderStatistic(np.sort(losses), 0.5)
    most = _largest_possible(metric, cases, losses)
    if metric == "r2":
        return _explained(cases, losses, most)
    mean = _mean(losses, cases, most, bounded=metric in PROBABILITY_LOSSES)
    return Mapped(mean, math.sqrt, note=", root of the mean squared error") if metric == "rmse" else mean


def _mean(losses: Floats, cases: Cases, most: float, *, bounded: bool) -> Inference:
    w = cases.relative_weight
    value = float(w @ losses) / cases.n
    se, df = standard_error(w * (losses - value), cases.dependence)
    if value > 0 and 1e-12 * value < se < math.inf:
        return Normal(value, se, df, cases.n, "log", T_LOG, 0.0, most if bounded else math.inf)
    return Unvaried(value, cases.dependence.units or cases.n, cases.n, 0.0, max(most, value))


def _explained(cases: Cases, losses: Floats, most: float) -> Inference:
    w = cases.relative_weight
    variance = float(w @ _squared_deviations(cases)) / cases.n
    value = 1 - float(w @ losses) / cases.n / variance
    se, df = standard_error(loss_influence("r2", cases), cases.dependence)
    if 1e-12 < se < math.inf:
        return Normal(value, se, df, cases.n, "identity", "delta method from row influences", most=1.0)
    return Unvaried(value, cases.dependence.units or cases.n, cases.n, 1 - most / variance, 1.0)


def _largest_possible(metric: str, cases: Cases, losses: Floats) -> float:
    """What a row's loss could be at worst: for values, an error as wide as the range of truths and predictions."""
    if metric == "log_loss":
        return -math.log(EPSILON)
    if metric == "brier":
        return 1.0 if cases.task is Task.BINARY else 2.0
    low = min(float(cases.y_true.min()), float(cases.y_pred.min()))
    high = max(float(cases.y_true.max()), float(cases.y_pred.max()))
    if metric == "mape" or not high > low or losses.max() >= high - low:
        return math.inf
    return (high - low) ** 2 if metric in ("rmse", "r2") else high - low
