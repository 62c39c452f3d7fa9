"""Do few rows carry most of the harm, and are errors larger in some range of the predictions?"""

from __future__ import annotations

import math

import numpy as np

from readiness.statistics.cases import Cases, Floats
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Mapped, Undefined
from readiness.statistics.intervals import Normal

FEWEST = 10
"""Rows below which no rank correlation is given."""


def share_of_largest(amounts: Floats, part: float) -> float:
    """Share of the sum of `amounts` (0 or more, not all 0) that the largest `part` of the rows carry."""
    rows = max(1, math.ceil(part * len(amounts) - 1e-9))
    others = np.partition(amounts, len(amounts) - rows)[: len(amounts) - rows]
    return 1 - float(others.sum()) / float(amounts.sum())


def ranks(values: Floats) -> Floats:
    """Ranks from 1 on, ties sharing their mean."""
    found, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    del found
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[codes], dtype=np.float64)


def rank_correlation(a: Floats, b: Floats, cases: Cases) -> Inference | Undefined:
    """Spearman's rank correlation, its interval on Fisher's scale (Bonett and Wright 2000).

    se = root of (1 + r²/2) / (n - 3), times the factor by which dependent or weighted rows know less, which is that of
    the influences of a correlation of the ranks.
    """
    if cases.n < FEWEST:
        return Undefined(f"There are fewer than {FEWEST} rows.", cases.n)
    w = cases.relative_weight
    u, v = (_standardised(ranks(values), w) for values in (a, b))
    if not u.any() or not v.any():
        return Undefined("All values are alike, so there is nothing to correlate.", cases.n)
    value = float(np.clip(w @ (u * v) / cases.n, -1, 1))
    if abs(value) > 1 - 1e-9:
        return Undefined("The two orders are the same, so no interval exists.", cases.n)
    plain = u * v - value * (u**2 + v**2) / 2
    one, _ = standard_error(plain - plain.mean())
    real, df = standard_error(w * plain, cases.dependence)
    wider = 1.0 if cases.is_plain or one == 0 else max(1.0, real / one)
    if not math.isfinite(wider):
        return Undefined("There are too few groups.", cases.n)
    se = wider * math.sqrt((1 + value**2 / 2) / (cases.n - 3))
    on_scale = Normal(math.atanh(value), se, math.inf if cases.is_plain else df, cases.n, method="Fisher's scale")
    return Mapped(on_scale, math.tanh, note=", rank correlation (Bonett and Wright 2000)")


def _standardised(values: Floats, w: Floats) -> Floats:
    away = values - float(w @ values) / len(values)
    spread = math.sqrt(float(w @ away**2) / len(values))
    return np.asarray(away / spread) if spread > 0 else np.zeros(len(values))


def mean_in_tails(order: Floats, amounts: Floats, part: float = 0.1) -> tuple[float, float]:
    """Mean of `amounts` in the rows where `order` is lowest and where it is highest, a `part` of the rows each."""
    rows = max(1, int(part * len(order)))
    ranked = amounts[np.argsort(order, kind="stable")]
    return float(ranked[:rows].mean()), float(ranked[-rows:].mean())
