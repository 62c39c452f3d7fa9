"""How wide a gap between best and worst would chance alone show? Many small segments differ by themselves.

A gap evened out for chance is for display alone: a small segment that is truly worse all but vanishes in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GAP_DRAWS = 4000
"""Parametric draws; the mean gap is then known to about 1 in 100 of itself."""
GAP_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class NullGap:
    """Best minus worst share when every segment truly has the pooled share."""

    observed: float
    expected: float
    """Mean over the draws."""
    quantile: float
    """What 95 of 100 draws stay at or below."""
    p_value: float
    """Share of draws at least as wide as observed, the observed one counted in (Davison and Hinkley 1997)."""


def null_gap(values: Sequence[float], rows: Sequence[int], *, seed: int, draws: int = GAP_DRAWS) -> NullGap:
    """The gap of segment shares `values` over `rows` rows each, beside what equal segments of these sizes would show.

    Args:
        values: share of each segment, 0 to 1, at least one segment.
        rows: rows of each segment's denominator, above 0.
        seed: of the random draws.
        draws: number of simulated sets of segments.
    """
    shares, n = np.asarray(values, dtype=float), np.asarray(rows, dtype=np.int64)
    pooled = min(1.0, max(0.0, float(shares @ n) / float(n.sum())))
    simulated = np.random.default_rng(seed).binomial(n, pooled, (draws, len(n))) / n
    gaps = np.ptp(simulated, axis=1)
    observed = float(np.ptp(shares))
    wider = int(np.count_nonzero(gaps >= observed - 1e-12))
    return NullGap(observed, float(gaps.mean()), float(np.quantile(gaps, GAP_LEVEL)), (wider + 1) / (draws + 1))


def shrunken_gap(values: Sequence[float], rows: Sequence[int]) -> float:
    """Best minus worst share after each is drawn towards the pooled one by as much as chance moved it.

    Constrained empirical Bayes (Louis 1984): m + root(B) · (p - m) with B = between / (between + within), where the
    variance between segments is what the observed variance has beyond that of chance (DerSimonian and Laird 1986).

    Args:
        values: share of each segment, 0 to 1, at least one segment.
        rows: rows of each segment's denominator, above 0.
    """
    shares, n = np.asarray(values, dtype=float), np.asarray(rows, dtype=float)
    pooled = float(shares @ n) / float(n.sum())
    if len(shares) < 2 or not 0 < pooled < 1:
        return 0.0
    chance = pooled * (1 - pooled)
    heterogeneity = float(n @ (shares - pooled) ** 2) / chance
    spread_of_rows = float(n.sum() - (n @ n) / n.sum())
    between = max(0.0, (heterogeneity - (len(n) - 1)) * chance / spread_of_rows)
    return float(np.ptp(pooled + np.sqrt(between / (between + chance / n)) * (shares - pooled)))
