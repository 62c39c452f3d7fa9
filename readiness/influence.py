"""How much does each row pull on a metric? Standard errors, clusters and design effects from row influences.

An influence has mean 0 over the rows and is scaled so that the metric behaves like the mean of `value + influence`.
Subtracting influences gives paired differences, summing them by group gives cluster-robust errors.
"""

from __future__ import annotations

import math

import numpy as np

from readiness.cases import Cases, Floats, Integers

MINIMUM_GROUPS = 10
"""Below ten groups cluster-robust errors are too small to trust (Cameron and Miller 2015)."""


def group_sums(values: Floats, groups: Integers | None) -> Floats:
    """Sums of `values` by group, only of groups that occur; the values themselves without groups."""
    if groups is None:
        return values
    counts = np.bincount(groups)
    return np.asarray(np.bincount(groups, weights=values)[counts > 0], dtype=np.float64)


def standard_error(influence: Floats, groups: Integers | None = None) -> tuple[float, float]:
    """Standard error and degrees of freedom of a mean of `influence`.

    se² = K/(K-1) · sum over groups of (sum of influences)² / n², with K - 1 degrees of freedom (Liang and Zeger 1986);
    every row is its own group when there are none. Infinite for fewer than two groups.
    """
    sums = group_sums(influence, groups)
    k = len(sums)
    if k < 2:
        return math.inf, 1.0
    return math.sqrt(k / (k - 1) * float(sums @ sums)) / len(influence), float(k - 1)


def group_count(groups: Integers | None) -> int | None:
    """How many different groups there are; None without groups."""
    return None if groups is None else int(np.count_nonzero(np.bincount(groups))) if len(groups) else 0


def design_effect(hit: Floats, cases: Cases) -> tuple[float, float]:
    """How many times more rows a share needs than with independent rows of equal weight, and its degrees of freedom.

    `cases` are the rows of the denominator, `hit` is 1 where the row counts as a success. The variance of the weighted
    share, summed by group, over p(1-p)/n; never below 1 nor below Kish's (1965) n·sum w²/(sum w)². Without any spread
    (all hits or none) nothing is known of the dependence, so the rows of a group count as one.
    """
    w = cases.relative_weight
    n, total = len(hit), float(w.sum())
    share = float(w @ hit) / total
    kish = n * float(w @ w) / total**2
    df = math.inf if cases.groups is None else max(1.0, float((group_count(cases.groups) or 0) - 1))
    if 0 < share < 1:
        sums = group_sums(w * (hit - share), cases.groups)
        k = len(sums)
        few = 1.0 if cases.groups is None else k / max(1, k - 1)
        variance = few * float(sums @ sums) / total**2
        return max(1.0, kish, variance * n / (share * (1 - share))), df
    sums = group_sums(w, cases.groups)
    return max(1.0, n * float(sums @ sums) / total**2), df
