"""Does the metric decline from the first row to the last? A straight line through what each row adds to it."""

from __future__ import annotations

import math

import numpy as np

from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Normal
from readiness.statistics.metrics import influence, measure

FEWEST_TIMES = 10
"""Below so many different times a line through them says little."""
LEAST_SQUARES = "least squares on the place in time, error from {error}"
LONG_RUN = "the long-run variance (Lazarus et al. 2018)"
GROUPED = "sums by group (Liang and Zeger 1986)"


def decline(metric: str, cases: Cases, *, relative: bool = False) -> Inference | Undefined:
    """By how much the metric gets worse from the first to the last row on a straight line; negative: it gets better.

    Each row's part in the metric (its loss or influence) is laid against its place in time from 0 to 1. The slope has
    the row influences (x - mean x) · residual / variance of x, whose error allows for rows that depend on each other.

    Args:
        metric: name of a metric.
        cases: rows with their ranks in time.
        relative: as a share of the metric on all rows, for errors without a fixed scale.
    """
    overall, parts = measure(metric, cases), influence(metric, cases)
    if isinstance(overall, Undefined):
        return overall
    if isinstance(parts, Undefined):
        return parts
    if cases.time is None or len(np.unique(cases.time)) < FEWEST_TIMES:
        return Undefined(f"there are fewer than {FEWEST_TIMES} different times", cases.n)
    if relative and overall.value <= 0:
        return Undefined("there is no error that could grow", cases.n)
    place = places(cases.time)
    centred = place - place.mean()
    spread = float(centred @ centred)
    slope = float(centred @ parts) / spread
    pulls = centred * (parts - parts.mean() - slope * centred) * (cases.n / spread)
    scale = 1.0
    if relative:
        scale = 1 / overall.value
        pulls = pulls - slope * scale * parts
    se, df = standard_error(pulls * scale, cases.dependence)
    if not 0 < se < math.inf:
        return Undefined("no row differs from the others, so no trend can be told", cases.n)
    sign = -1.0 if cases.metric(metric).greater_is_better else 1.0
    method = LEAST_SQUARES.format(error=LONG_RUN if cases.dependence.is_serial else GROUPED)
    return Normal(sign * slope * scale, se, df, cases.n, "identity", method)


def places(time: Integers) -> Floats:
    """The place of each row in the order of time, 0 to 1; rows of one moment share the middle of theirs."""
    _, codes, counts = np.unique(time, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    middle = (before + (counts - 1) / 2)[codes]
    return np.asarray(middle / max(1, len(time) - 1), dtype=np.float64)
