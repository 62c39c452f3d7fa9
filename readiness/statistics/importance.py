"""What would be measured if the rows were mixed as in another sample? Importance weights, and how few rows carry them.

A row that is r times as frequent in the other sample counts r times (Shimodaira 2000); r = odds of a classifier that
tells the samples apart, over the odds of their sizes (Bickel, Brückner and Scheffer 2007). Only columns that have to do
with the answers take part: a column that moves and tells nothing of them adds chance error and removes none
(Brookhart et al. 2006).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtrc

from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.dependence import equal_groups

LEAST_EXPLAINED = 0.0025
"""Share of the variance of an answer, of the truth or of an error, above what chance explains, from which a column has
to do with it: a correlation of 0.05."""
RELATED_ALPHA = 0.002


def importance_weights(chance: Floats, first: int, second: int) -> Floats:
    """Weights of rows of the first sample, mean 1, shape (n,).

    Args:
        chance: (n,) chance of each row to be of the second sample, by a classifier that was not fitted on it.
        first: rows of the first sample among those that the classifiers were fitted on.
        second: those of the second.

    Ratios of densities, whose mean is 1 by their nature, are cut at sqrt(n) (Ionides 2008): no single row decides.
    """
    safe = np.clip(chance, 1e-9, 1 - 1e-9)
    ratio = safe / (1 - safe) * (first / second)
    cut = np.minimum(ratio, math.sqrt(len(ratio)))
    return np.asarray(cut / cut.mean() if len(cut) else cut)


def effective_rows(weights: Floats) -> float:
    """How many rows of equal weight say as much: (sum w)² / sum w² (Kish 1965)."""
    return equal_groups(weights)


def related_columns(codes: Array, outcomes: Floats) -> Integers:
    """Positions of the columns whose bins tell something of any outcome.

    Args:
        codes: bins of the columns, shape (n, p), from 0.
        outcomes: what is answered, what is true, and what went wrong, shape (n, q), finite.

    The correlation ratio of each outcome on the bins of a column, less what chance explains, (bins - 1) / n, must reach
    `LEAST_EXPLAINED`, and be more than chance makes of it (n times the ratio is about chi-square).
    """
    n = len(codes)
    spread = outcomes - outcomes.mean(axis=0)
    total = (spread**2).sum(axis=0)
    spread, total = spread[:, total > 0], total[total > 0]
    found = []
    for k in range(codes.shape[1]):
        counts = np.bincount(codes[:, k]).astype(float)
        used = counts > 0
        sums = np.array([np.bincount(codes[:, k], weights=column) for column in spread.T]).reshape(-1, len(counts))
        explained = (sums[:, used] ** 2 / counts[used]).sum(axis=1) / total
        bins = int(used.sum())
        is_more = (explained - (bins - 1) / n >= LEAST_EXPLAINED) & (chdtrc(bins - 1, n * explained) < RELATED_ALPHA)
        if bins > 1 and is_more.any():
            found.append(k)
    return np.asarray(found, dtype=np.int64)
