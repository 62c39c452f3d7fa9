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

FEWEST_MOMENTS = 5.0
"""Moments with the rarer outcome that a series counts as having, so that one miss says hardly less than none."""
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
    variance of the series in place of sums by group, and moments in place of groups; how much moments depend on each
    other cannot be learnt without any spread, so then they count as independent.
    """
    w, codes = cases.relative_weight, cases.dependence.codes
    n, total = len(hit), float(w.sum())
    share = float(w @ hit) / total
    unit_weights = group_sums(w, codes)
    se, df = standard_error(w * (hit - share), cases.dependence)
    most = math.inf if codes is None else df
    wholly = max(1.0, n * float(unit_weights @ unit_weights) / total**2)
    counted = hit[w > 0]
    if not 0 < share < 1 or counted.all() or not counted.any():  # a sum of weights may miss 1 by a rounding
        return wholly, most
    kish = n * float(w @ w) / total**2
    if codes is None:
        return max(1.0, kish, float(w**2 @ (hit - share) ** 2) / total**2 * n / (share * (1 - share))), most
    if math.isinf(se):
        return wholly, most
    partly = max(1.0, kish, (se * n / total) ** 2 * n / (share * (1 - share)))
    rarer = np.count_nonzero(np.bincount(codes[(w > 0) & (hit == (0 if share > 0.5 else 1))]))
    part = partly, min(most, max(float(rarer), FEWEST_MOMENTS if cases.dependence.is_serial else 1.0))
    return part if cases.dependence.is_serial else min(part, (wholly, most), key=_rows_lost)


def _rows_lost(design: tuple[float, float]) -> float:
    """Rows that are worth one independent row, at one-sided 5 %."""
    deff, df = design
    return deff * (student_quantile(REFERENCE_ALPHA, df) / normal_quantile(REFERENCE_ALPHA)) ** 2
