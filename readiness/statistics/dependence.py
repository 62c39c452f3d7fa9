"""Dependence of rows, of one group or near in time, and how much less they say for it.

Groups go first: rows of one group are summed, and groups count as independent. Only a single series without groups is
looked at in the order of time; rows of one moment are summed, as nobody knows their order. Of many rows in few moments
see `panels`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Panels: a mean over many rows of few moments in time, such as twelve months of a thousand customers
#
# So few moments do not tell how much they depend on each other. But the rows of a moment tell how much chance there is
# without that, and only what moments differ beyond it can be alike in neighbours. That excess is taken for as alike as
# `ALIKE`, and as larger than measured by one standard error of it: a claim far from its limit holds all the same.
#
# Simulated (4 to 29 moments, first-order series with correlations of neighbours of 0 to 0.9, beside chance of rows of 0
# to 10 times its size): one-sided 5 % limits miss in at most 4.6 % of samples up to a correlation of 0.8, in at most 7
# % at 0.9. Limits of moments that are alike only by chance lie 4 to 8 plain standard errors away.

Floats = npt.NDArray[np.float64]

FEWEST_MOMENTS = 4
"""With fewer, hardly anything is known of how moments differ."""
MOMENTS_OF_SERIES = 30
"""From so many on the moments themselves tell how much they depend on each other."""
ROWS_OF_MOMENT = 10
"""Rows for each moment, on average, from which on they tell what chance there is without time."""
ALIKE = 0.9
"""Correlation of neighbours up to which limits hold, as for series of many moments."""


def is_panel(rows: int, moments: int) -> bool:
    """Whether so many rows of so many moments are many rows of few moments."""
    return FEWEST_MOMENTS <= moments < MOMENTS_OF_SERIES and rows >= ROWS_OF_MOMENT * moments


def variance_of_panel(sums: Floats, plain: float) -> tuple[float, float]:
    """Variance of a sum over the rows of a panel, and its degrees of freedom.

    plain + A · max(0, B (1 + root(2/(T - 1))) - plain), where B = T/(T - 1) · sum of squares is the variance if moments
    were independent, and A that of the mean of T alike moments over what B would show of them.

    Args:
        sums: influences summed by moment, whose own sum is 0, shape (T,), T >= 2.
        plain: variance of the sum if all rows were independent.
    """
    moments = len(sums)
    between = moments / (moments - 1) * float(sums @ sums)
    raised = between * (1 + math.sqrt(2 / (moments - 1)))
    return plain + alike_factor(moments) * max(0.0, raised - plain), float(moments - 1)


def alike_factor(moments: int) -> float:
    """By how much the variance of a mean of alike moments exceeds the sample variance over their number, on average.

    With v = 1 + 2 · sum of (1 - k/T) r^k, T times the variance of the mean over that of a moment: v over the sample
    variance's own expectation, (1 - v/T) · T/(T - 1).
    """
    lags = np.arange(1, moments)
    v = 1 + 2 * float(((1 - lags / moments) * ALIKE**lags).sum())
    return v / ((1 - v / moments) * moments / (moments - 1))


# Groups, series and their standard errors

Integers = npt.NDArray[np.int64]

TERMS_FACTOR, TERMS_POWER = 0.4, 2 / 3
MOST_TERMS = 400
"""Cosine terms of a long-run variance: 0.4 · T^(2/3) (Lazarus, Lewis, Stock and Watson 2018), and never more."""
MOST_BUCKETS = 20_000
"""Longer series are summed to so many pieces of equal length first; what is near in time stays together."""
NOTHING = 1e-9
MINIMUM_GROUPS = 10
"""Below ten groups cluster-robust errors are too small to trust (Cameron and Miller 2015)."""
MOST_PARTS, PART_MOMENTS = 10, 30
MINIMUM_MOMENTS = MOMENTS_OF_SERIES
"""Independent moments that a series must be worth. Simulated (first-order series, 12 to 1,000 moments, correlation of
neighbours 0 to 0.98): without this rule a one-sided 5 % bound misses in up to 34 % of samples, with it up to 0.9 and
300 moments in at most 8 %, and in most settings in fewer than 5 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Dependence:
    """What makes rows depend on each other; arrays of n rows."""

    groups: Integers | None = None
    """Codes of whatever rows belong to, such as users."""
    time: Integers | None = None
    """Ranks of the rows in time, 0 or more; equal for rows of one moment."""

    @property
    def is_serial(self) -> bool:
        """Whether the order in time is what counts; rows that are all of one moment have none."""
        return self.groups is None and self.time is not None and bool((self.time != self.time[:1]).any())

    @property
    def codes(self) -> Integers | None:
        """Codes of the units whose rows are summed: groups, else moments; None when every row is its own unit."""
        return self.time if self.is_serial else self.groups

    @property
    def units(self) -> int | None:
        """How many different groups, else moments in time, there are; None without either."""
        codes = self.codes
        if codes is None:
            return None
        return int(np.count_nonzero(np.bincount(codes))) if len(codes) else 0


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

    Groups: see `variance_of_groups`; every row is its own group when there are none. Time: the equal-weighted cosine
    estimate of the long-run variance, with as many degrees of freedom as it has terms (Lazarus, Lewis, Stock and Watson
    2018); of many rows in few moments that of a panel. Infinite for fewer than two groups or rows.
    """
    sums = group_sums(influence, dependence.codes)
    k, n = len(sums), len(influence)
    if k < 2:
        return math.inf, 1.0
    if dependence.is_serial and is_panel(n, k):
        variance, df = variance_of_panel(sums, n / (n - 1) * float(influence @ influence))
    elif dependence.is_serial:
        variance, df = long_run_variance(sums)
    elif dependence.groups is None:
        variance, df = k / (k - 1) * float(sums @ sums), float(k - 1)
    else:
        sizes = np.bincount(dependence.groups)
        variance, df = variance_of_groups(sums, sizes[sizes > 0] / n)
    return math.sqrt(variance) / n, df


def variance_of_groups(sums: Floats, shares: Floats) -> tuple[float, float]:
    """Variance of a sum over two groups or more, and its degrees of freedom, from the sums of influences by group.

    The bias-reduced linearisation (CR2) of a mean: sum over groups of (sum of influences)² / (1 - p), where a group
    holds the share p of the rows; its matrix of leverages has but this one value. Degrees of freedom are those of Bell
    and McCaffrey (2002) for independent rows. With K equal groups: K/(K - 1) · sum of squares, and K - 1.

    Args:
        sums: influences summed by group, shape (groups,).
        shares: share of the rows, or of their weight, in each group, below 1 and summing to 1.
    """
    left = 1 - shares
    # Satterthwaite's degrees of freedom, trace² / trace of the square, of the quadratic form that CR2 is
    apart = shares**2 / left  # squared off-diagonal entries of the quadratic form are products of these
    df = 1 / (float(shares @ shares) + float(apart.sum()) ** 2 - float(apart @ apart))
    return float(sums @ (sums / left)), max(1.0, df)


def equal_groups(amounts: Floats) -> float:
    """How many groups with equal amounts are as uneven as these: (sum e)² / sum e², 0 when all are 0 (Kish 1965)."""
    total, squares = float(amounts.sum()), float(amounts @ amounts)
    return total**2 / squares if squares > 0 else 0.0


def correlation(a: Floats, b: Floats, dependence: Dependence) -> float:
    """Correlation of two means with these influences, from 0 to 1; a negative one is not believed."""
    both, one, other = (standard_error(pull, dependence)[0] for pull in (a + b, a, b))
    if not (math.isfinite(both) and one > 0 and other > 0):
        return 0.0
    # Var(a + b) = Var(a) + Var(b) + 2 Cov(a, b), with the errors that allow for the dependence
    return min(1.0, max(0.0, (both**2 - one**2 - other**2) / (2 * one * other)))


def long_run_variance(series: Floats) -> tuple[float, float]:
    """Variance of the sum of a series with mean 0 in the order of time, two values or more, and its degrees of freedom.

    T times the mean over B cosine terms of (sqrt(2/T) · sum of u_t cos(pi j (t - 1/2) / T))², for T pieces u_t.
    """
    from scipy.fft import dct

    pieces = sum_in_buckets(series)
    count = len(pieces)
    terms = max(1, min(MOST_TERMS, count - 1, int(TERMS_FACTOR * len(series) ** TERMS_POWER)))
    # SciPy's type 2 transform is twice the sum of u_t cos(pi j (2t - 1) / 2T); its first term is the sum, which is 0
    cosines = dct(pieces, type=2)[1 : terms + 1] / 2 * math.sqrt(2 / count)
    variance, plain = count * float(np.mean(cosines**2)), float(series @ series)
    # a few terms may all miss a short series that is the same forwards and backwards
    return (variance if variance > NOTHING * plain else plain), float(terms)


def sum_in_buckets(series: Floats) -> Floats:
    """Sums of neighbours, so that at most `MOST_BUCKETS` pieces of nearly equal length are left."""
    count = len(series)
    if count <= MOST_BUCKETS:
        return series
    return np.asarray(np.add.reduceat(series, np.arange(MOST_BUCKETS) * count // MOST_BUCKETS), dtype=np.float64)


def independent_moments(influence: Floats, dependence: Dependence) -> float:
    """How many independent moments a series is worth, judged by how much neighbours in time are alike.

    T (1 - r) / (1 + r) for a correlation r of neighbours, which is raised by its bias in short series (Kendall 1954).
    It is taken around the mean of each of up to ten parts, so that one bad month is not taken for dependence. Rows
    without influence do not count: a recall knows nothing of the negatives between two positives.
    """
    assert dependence.time is not None
    pulling = np.abs(influence) > NOTHING
    rows = pulling if pulling.any() else np.ones(len(influence), dtype=bool)
    series = group_sums(influence[rows], dependence.time[rows])
    count = len(series)
    parts = max(1, min(MOST_PARTS, count // PART_MOMENTS))
    part = np.arange(count) * parts // max(1, count)
    series = series - (np.bincount(part, series) / np.bincount(part))[part] if parts > 1 else series
    power = float(series @ series)
    r = float(series[1:] @ series[:-1]) / power if power > 0 else 0.0
    # the bias is about -(1 + 3r)/T where a mean is taken off T values: here off T / parts of them
    r = min(1.0, max(0.0, r + (1 + 3 * r) * parts / count)) if power > 0 else 0.0
    return count * (1 - r) / (1 + r)


def _pulls_in_panel(influence: Floats, dependence: Dependence) -> bool:
    """Whether the rows that a number rests on are many in each of some moments."""
    assert dependence.time is not None
    pulling = np.abs(influence) > NOTHING
    rows = pulling if pulling.any() else np.ones(len(influence), dtype=bool)
    return is_panel(int(rows.sum()), int(np.count_nonzero(np.bincount(dependence.time[rows]))))


def _few_moments(units: int) -> str:
    return (
        f"The rows come from {units} moment{'' if units == 1 else 's'} in time; at least {MINIMUM_MOMENTS} are "
        "needed to know how much rows that are close in time depend on each other, or "
        f"{FEWEST_MOMENTS} with {ROWS_OF_MOMENT} rows each that count for this number."
    )


def unknown_error(dependence: Dependence, influence: Floats | None = None) -> str:
    """Why the chance error cannot be known well enough for a *met*; empty when it can.

    Args:
        dependence: of the rows.
        influence: of each row on the metric, shape (n,), where it is known.
    """
    units = dependence.units
    if units is None:
        return ""
    if not dependence.is_serial:
        of = "1 group" if units == 1 else f"{units} groups"
        too_few = f"The rows come from {of}; at least {MINIMUM_GROUPS} are needed to know the chance error."
        return too_few if units < MINIMUM_GROUPS else ""
    if units < MINIMUM_MOMENTS:
        return "" if influence is not None and _pulls_in_panel(influence, dependence) else _few_moments(units)
    if influence is None or units > MOST_BUCKETS:
        return ""
    worth = independent_moments(influence, dependence)
    if worth >= MINIMUM_MOMENTS:
        return ""
    return (
        f"Rows that are close in time are so alike that {units:,} moments say no more than about "
        f"{max(1, math.floor(worth))} independent ones; at least {MINIMUM_MOMENTS} are needed to know the chance error."
    )
