"""Which rows depend on each other, and how much less do they say for it? Rows of one group, and rows near in time.

Groups go first: rows of one group are summed, and groups count as independent. Only a single series without groups is
looked at in the order of time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TERMS_FACTOR, TERMS_POWER = 0.4, 2 / 3
MOST_TERMS = 400
"""Cosine terms of a long-run variance: 0.4 · n^(2/3) (Lazarus, Lewis, Stock and Watson 2018), and never more."""
MOST_BUCKETS = 20_000
"""Longer series are summed to so many pieces of equal length first; what is near in time stays together."""


@dataclass(frozen=True, slots=True, eq=False)
class Dependence:
    """What makes rows depend on each other; arrays of n rows."""

    groups: Integers | None = None
    """Codes of whatever rows belong to, such as users."""
    time: Integers | None = None
    """Ranks of the rows in time; equal for rows of one moment."""

    @property
    def is_serial(self) -> bool:
        """Whether the order in time is what counts."""
        return self.groups is None and self.time is not None

    @property
    def units(self) -> int | None:
        """How many different groups there are; None without groups."""
        if self.groups is None:
            return None
        return int(np.count_nonzero(np.bincount(self.groups))) if len(self.groups) else 0


INDEPENDENT = Dependence()
"""Rows that say nothing of each other."""


def group_sums(values: Floats, groups: Integers | None) -> Floats:
    """Sums of `values` by group, only of groups that occur; the values themselves without groups."""
    if groups is None:
        return values
    counts = np.bincount(groups)
    return np.asarray(np.bincount(groups, weights=values)[counts > 0], dtype=np.float64)


def standard_error(influence: Floats, dependence: Dependence = INDEPENDENT) -> tuple[float, float]:
    """Standard error and degrees of freedom of a mean of `influence`, shape (n,), whose own mean is 0.

    Groups: se² = K/(K-1) · sum over groups of (sum of influences)² / n², with K - 1 degrees of freedom (Liang and Zeger
    1986); every row is its own group when there are none. Time: the equal-weighted cosine estimate of the long-run
    variance, with as many degrees of freedom as it has terms (Lazarus, Lewis, Stock and Watson 2018). Infinite for
    fewer than two groups, and for fewer than four rows in time order.
    """
    if dependence.is_serial and dependence.time is not None:
        return _serial_error(influence, dependence.time)
    sums = group_sums(influence, dependence.groups)
    k = len(sums)
    if k < 2:
        return math.inf, 1.0
    return math.sqrt(k / (k - 1) * float(sums @ sums)) / len(influence), float(k - 1)


def _serial_error(influence: Floats, time: Integers) -> tuple[float, float]:
    """The mean over B cosine terms of sqrt(2/T) · sum of u_t cos(pi j (t - 1/2) / T), squared, is the long-run variance
    of the T pieces u_t of the series.
    """
    from scipy.fft import dct

    n = len(influence)
    pieces = in_buckets(influence, time)
    terms = min(MOST_TERMS, len(pieces) - 1, int(TERMS_FACTOR * n**TERMS_POWER))
    if terms < 1:
        return math.inf, 1.0
    cosines = dct(pieces, type=2)[1 : terms + 1] / 2 * math.sqrt(2 / len(pieces))
    return math.sqrt(len(pieces) * float(np.mean(cosines**2))) / n, float(terms)


def in_buckets(values: Floats, time: Integers) -> Floats:
    """Sums of `values` in the order of time, of at most `MOST_BUCKETS` pieces with as many rows each as can be."""
    ordered = values if np.all(time[1:] >= time[:-1]) else values[np.argsort(time, kind="stable")]
    n = len(values)
    if n <= MOST_BUCKETS:
        return ordered
    return np.asarray(np.add.reduceat(ordered, np.arange(MOST_BUCKETS) * n // MOST_BUCKETS), dtype=np.float64)
