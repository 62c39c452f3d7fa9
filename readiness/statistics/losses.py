"""Sizes of errors: means of losses, their roots and ratios, explained variance, bias and the median error."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import xlogy

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Mapped
from readiness.statistics.intervals import WOODRUFF, Binomial, Normal, OrderStatistic, Unvaried
from readiness.statistics.means import design_effect, mean_of, wider_mean

# Losses of single rows: errors of values and of probabilities, and the rows for which they exist

PROBABILITY_LOSSES = frozenset({"log_loss", "brier"})
ROOTS = {"rmse": "mse", "rmsle": "msle"}
"""Roots of a mean, by the mean that they are the root of."""
EXPLAINED = frozenset({"r2", "explained_variance"})
EPSILON = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1 in the log loss, as in scikit-learn."""
NEAR_ZERO = EPSILON
"""A true value below this counts as this in the MAPE, as in scikit-learn."""
LARGEST = 1e50
"""Powers of errors beyond this, as the skewness takes them, are no numbers any more."""
_PINBALL = re.compile(r"pinball_(\d+)")


def quantile_of(metric: str) -> float | None:
    """Which quantile a pinball loss is of, 0 to 1; None for any other metric."""
    match = _PINBALL.fullmatch(metric)
    return int(match[1]) / 100 if match else None


def unusable(metric: str, cases: Cases) -> Missing | None:
    """Why this metric cannot be computed from these cases, if so."""
    if cases.n == 0:
        return Missing("There are no rows.")
    if cases.weight is not None and not cases.weight.sum() > 0:
        return Missing("These rows have no weight.", n=cases.n)
    if metric in PROBABILITY_LOSSES:
        if cases.y_score is None or not cases.is_probability:
            return Missing("There are no predicted probabilities.", n=cases.n)
        return None if np.isfinite(cases.y_score).all() else Missing("Some scores are missing or infinite.", n=cases.n)
    if not np.isfinite(cases.y_pred).all():
        return Missing("Some predictions are missing or infinite.", n=cases.n)
    if max(float(np.abs(_true(cases)).max()), float(np.abs(cases.y_pred.astype(float)).max())) > LARGEST:
        return Missing("Some values are larger than 10^50, too large to compute with their errors.", n=cases.n)
    return _why_outside(metric, cases)


def _why_outside(metric: str, cases: Cases) -> Missing | None:
    """Why a metric does not exist for these true and predicted numbers."""
    if metric in EXPLAINED and not float(cases.relative_weight @ squared_deviations(cases)) > 0:
        return Missing("The true values are all the same, so there is no variation to explain.", n=cases.n)
    if metric == "wmape" and not float(cases.relative_weight @ np.abs(_true(cases))) > 0:
        return Missing("The true values are all 0, so there is no sum to take a share of.", n=cases.n)
    if metric == "mape" and (zeros := int(np.count_nonzero(_true(cases) == 0))):
        rows = "1 true value is" if zeros == 1 else f"{zeros:,} true values are"
        return Missing(f"{rows} 0, of which no error is a percentage; judge wmape or mae instead.", n=cases.n)
    if metric in _LEAST:
        (true, or_equal), predicted, words = _LEAST[metric]
        low = float(_true(cases).min())
        if low < true or (low == true and not or_equal) or float(cases.y_pred.min()) <= predicted:
            return Missing(words, n=cases.n)
    return None


_LOGS = "Some true or predicted values are -1 or less, and their logarithm of one more does not exist."
_LEAST: Mapping[str, tuple[tuple[float, bool], float, str]] = {
    "msle": ((-1.0, False), -1.0, _LOGS),
    "rmsle": ((-1.0, False), -1.0, _LOGS),
    "mean_poisson_deviance": (
        (0.0, True),
        0.0,
        "The Poisson deviance needs true values of 0 or more and predictions above 0.",
    ),
    "mean_gamma_deviance": (
        (0.0, False),
        0.0,
        "The gamma deviance needs true values and predictions above 0.",
    ),
}
"""The least true value, whether it may be reached, the value that predictions must exceed, and what is said else."""


def row_losses(metric: str, cases: Cases) -> Floats:
    """The loss of each row, shape (n,), 0 or more: of a root the loss below it, of R² the squared error, of the
    explained variance the squared deviation of the error from its mean, of wMAPE and the median error the error.
    """
    if metric in PROBABILITY_LOSSES:
        assert cases.y_score is not None
        return probability_losses(metric, cases.y_true, cases.y_score)
    true, predicted = _true(cases), cases.y_pred.astype(float)
    if (quantile := quantile_of(metric)) is not None:
        return np.asarray(np.where(true >= predicted, quantile, 1 - quantile) * np.abs(true - predicted))
    if metric == "explained_variance":
        error = true - predicted
        return np.asarray((error - float(cases.relative_weight @ error) / cases.n) ** 2)
    return _MEANS[_MADE_OF.get(metric, metric)](true, predicted)


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


def squared_deviations(cases: Cases) -> Floats:
    """Squared distance of each true value from their mean, shape (n,)."""
    y = _true(cases)
    return np.asarray((y - float(cases.relative_weight @ y) / cases.n) ** 2)


def _true(cases: Cases) -> Floats:
    return cases.y_true.astype(float)


def _absolute(true: Floats, predicted: Floats) -> Floats:
    return np.asarray(np.abs(true - predicted))


def _squared(true: Floats, predicted: Floats) -> Floats:
    return np.asarray((true - predicted) ** 2)


def _squared_logs(true: Floats, predicted: Floats) -> Floats:
    return np.asarray((np.log1p(true) - np.log1p(predicted)) ** 2)


def _relative(true: Floats, predicted: Floats) -> Floats:
    return np.asarray(np.abs(true - predicted) / np.maximum(np.abs(true), NEAR_ZERO))


def _poisson(true: Floats, predicted: Floats) -> Floats:
    """2 (y log(y / m) - y + m) (McCullagh and Nelder 1989); never below 0 but for roundings."""
    return np.maximum(0.0, 2 * (xlogy(true, true / predicted) - true + predicted))


def _gamma(true: Floats, predicted: Floats) -> Floats:
    """2 (log(m / y) + y / m - 1) (McCullagh and Nelder 1989)."""
    return np.maximum(0.0, 2 * (np.log(predicted / true) + true / predicted - 1))


_MEANS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "mae": _absolute,
    "mse": _squared,
    "msle": _squared_logs,
    "mape": _relative,
    "mean_poisson_deviance": _poisson,
    "mean_gamma_deviance": _gamma,
}
"""Losses of values whose mean is a metric, from true and predicted values."""
MEANS_OF_LOSSES = frozenset(_MEANS)
_MADE_OF = {**ROOTS, "r2": "mse", "wmape": "mae", "median_absolute_error": "mae"}
"""The loss of each row of metrics that are no mean of losses."""


# The median error, also when rows count differently or depend on each other


def median_of(losses: Floats, cases: Cases) -> Inference:
    """The (weighted) median of one loss for each row, shape (n,), with its uncertainty."""
    order = np.argsort(losses)
    values = losses[order]
    if cases.is_plain:
        return OrderStatistic(values, 0.5, between=float(np.median(values)))
    below = np.cumsum(cases.relative_weight[order]) / cases.n
    value = _weighted_median(values, below)
    deff, df = design_effect((losses <= value).astype(float), cases)
    rows = int(np.count_nonzero(cases.relative_weight))
    half = Binomial(rows / 2, rows, deff * rows / cases.n, df)
    return OrderStatistic(values, 0.5, WOODRUFF, between=value, share=half, below=below)


def _weighted_median(values: Floats, below: Floats) -> float:
    """Where the share below passes one half; between two values when it is one half in between, as in scikit-learn."""
    lower, upper = (int(np.searchsorted(below, 0.5 + by)) for by in (-1e-12, 1e-12))
    last = len(values) - 1
    return float(values[min(lower, last)] + values[min(upper, last)]) / 2


# Metrics of losses, with their intervals and influences

T_LOG = "t-interval of the mean on the log scale"
RATIO = "delta method of a ratio of sums, on the log scale"


def measure_losses(metric: str, cases: Cases) -> Inference | Missing:
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
        return _infer_explained(metric, cases, losses, most)
    if metric == "wmape":
        return _infer_above_zero(_ratio(cases, losses), loss_influence(metric, cases), cases, most, RATIO)
    bounded = metric in PROBABILITY_LOSSES
    mean = _infer_above_zero(_mean(losses, cases), _pulls(losses, cases), cases, most, T_LOG, bounded=bounded)
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


def _infer_above_zero(
    value: float, influence: Floats, cases: Cases, most: float, method: str, *, bounded: bool = False
) -> Inference:
    se, df = standard_error(influence, cases.dependence)
    if value > 0 and 1e-12 * value < se < math.inf:
        mean = Normal(value, se, df, cases.n, "log", method, 0.0, most if bounded else math.inf)
        return wider_mean(mean, influence, cases.dependence)
    return Unvaried(value, cases.dependence.units or cases.n, cases.n, 0.0, max(most, value))


def _bias(cases: Cases) -> Inference | Missing:
    errors = signed_errors(cases)
    most = _largest_possible("mae", cases, np.abs(errors))
    far = most if math.isfinite(most) and not errors.any() else None
    return mean_of(errors, cases.dependence, weight=cases.weight, least=None if far is None else -far, most=far)


def _infer_explained(metric: str, cases: Cases, losses: Floats, most: float) -> Inference:
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
