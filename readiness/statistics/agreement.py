"""How much do true and predicted classes agree beyond chance? Matthews correlation and Cohen's kappa of any table.

A table has shape (true class, predicted class); both numbers lie between -1 and 1, and 0 is what chance gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from readiness.statistics.cases import Floats
from readiness.statistics.inference import Inference, Mapped
from readiness.statistics.intervals import Normal, Unvaried

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
