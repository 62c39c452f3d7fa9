"""What is the loss of one row? Errors of values and of probabilities, and the rows for which they exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import xlogy

from readiness.statistics.cases import Cases, Floats
from readiness.statistics.inference import Undefined

PROBABILITY_LOSSES = frozenset({"log_loss", "brier"})
ROOTS = {"rmse": "mse", "rmsle": "msle"}
"""Roots of a mean, by the mean that they are the root of."""
EXPLAINED = frozenset({"r2", "explained_variance"})
SQUARED = frozenset({"mse", "rmse"}) | EXPLAINED
"""Metrics of squared errors, which a few large errors decide."""
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


def is_mean_of_losses(metric: str) -> bool:
    """Whether a metric is the mean over the rows of a loss of 0 or more."""
    return metric in PROBABILITY_LOSSES or metric in _MEANS or quantile_of(metric) is not None


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
    if max(float(np.abs(_true(cases)).max()), float(np.abs(cases.y_pred.astype(float)).max())) > LARGEST:
        return Undefined("Some values are larger than 10^50, too large to compute with their errors.", cases.n)
    return _outside(metric, cases)


def _outside(metric: str, cases: Cases) -> Undefined | None:
    """Why a metric does not exist for these true and predicted numbers."""
    if metric in EXPLAINED and not float(cases.relative_weight @ squared_deviations(cases)) > 0:
        return Undefined("The true values are all the same, so there is no variation to explain.", cases.n)
    if metric == "wmape" and not float(cases.relative_weight @ np.abs(_true(cases))) > 0:
        return Undefined("The true values are all 0, so there is no sum to take a share of.", cases.n)
    if metric == "mape" and (zeros := int(np.count_nonzero(_true(cases) == 0))):
        rows = "1 true value is" if zeros == 1 else f"{zeros:,} true values are"
        return Undefined(f"{rows} 0, of which no error is a percentage; judge wmape or mae instead.", cases.n)
    if metric in _LEAST:
        (true, or_equal), predicted, words = _LEAST[metric]
        low = float(_true(cases).min())
        if low < true or (low == true and not or_equal) or float(cases.y_pred.min()) <= predicted:
            return Undefined(words, cases.n)
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
    name = "mse" if metric == "r2" else ROOTS.get(metric, metric)
    return _MEANS.get(name, _absolute)(true, predicted)


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


def _of_the_truth(true: Floats, predicted: Floats) -> Floats:
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
    "mape": _of_the_truth,
    "mean_poisson_deviance": _poisson,
    "mean_gamma_deviance": _gamma,
}
"""Losses of values whose mean is a metric, from true and predicted values."""
