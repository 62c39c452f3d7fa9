"""How much does each row pull on a metric? Standard errors, clusters and design effects from row influences.

An influence has mean 0 over the rows and is scaled so that the metric behaves like the mean of `value + influence`.
Subtracting influences gives paired differences, summing them by group gives cluster-robust errors.
"""

from __future__ import annotations

import math

import numpy as np

from readiness.statistics.cases import Cases, Floats
from readiness.statistics.dependence import group_sums, standard_error
from readiness.statistics.inference import normal_quantile, student_quantile

MINIMUM_GROUPS = 10
"""Below ten groups cluster-robust errors are too small to trust (Cameron and Miller 2015)."""
REFERENCE_ALPHA = 0.05
"""Where two ways to count dependent rows are compared."""


def design_effect(hit: Floats, cases: Cases) -> tuple[float, float]:
    """How many times more rows a share needs than with independent rows of equal weight, and its degrees of freedom.

    `cases` are the rows of the denominator, `hit` is 1 where the row counts as a success. The variance of the weighted
    share, summed by group, over p(1-p)/n; never below 1 nor below Kish's (1965) n·sum w²/(sum w)².

    How much rows of a group depend on each other is learnt only from groups that hold the rarer outcome, so there are
    no more degrees of freedom than such groups (simulated: near 1, the usual K - 1 lets one-sided 5 % bounds miss in up
    to 9 % of samples, this in at most 5 %). Rows cannot depend more than wholly, so a group never counts as less than
    one row; without any spread (all hits or none) it counts as exactly one. Rows in time order have the long-run
    variance of the series in place of sums by group.
    """
    w = cases.relative_weight
    n, total = len(hit), float(w.sum())
    share = float(w @ hit) / total
    kish = n * float(w @ w) / total**2
    if cases.dependence.is_serial:
        return _serial_effect(hit, cases, share, max(1.0, kish))
    group_weights = group_sums(w, cases.groups)
    k = len(group_weights)
    wholly = max(1.0, n * float(group_weights @ group_weights) / total**2)
    most = math.inf if cases.groups is None else max(1.0, float(k - 1))
    counted = hit[w > 0]
    if not 0 < share < 1 or counted.all() or not counted.any():  # a sum of weights may miss 1 by a rounding
        return wholly, most
    sums = group_sums(w * (hit - share), cases.groups)
    variance = float(sums @ sums) / total**2
    if cases.groups is None:
        return max(1.0, kish, variance * n / (share * (1 - share))), most
    partly = max(1.0, kish, k / max(1, k - 1) * variance * n / (share * (1 - share)))
    rarer = np.unique(cases.groups[(w > 0) & (hit == (0 if share > 0.5 else 1))]).size
    return min((partly, min(most, float(rarer))), (wholly, most), key=_rows_lost)


def _serial_effect(hit: Floats, cases: Cases, share: float, least: float) -> tuple[float, float]:
    se, df = standard_error(cases.relative_weight * (hit - share), cases.dependence)
    varies = 1e-12 < share < 1 - 1e-12 and math.isfinite(se)
    rarer = float(np.count_nonzero(hit == (0 if share > 0.5 else 1)))
    deff = max(least, se**2 * len(hit) / (share * (1 - share))) if varies else least
    return deff, max(1.0, min(df, rarer)) if varies else df


def _rows_lost(design: tuple[float, float]) -> float:
    """Rows that are worth one independent row, at one-sided 5 %."""
    deff, df = design
    return deff * (student_quantile(REFERENCE_ALPHA, df) / normal_quantile(REFERENCE_ALPHA)) ** 2
