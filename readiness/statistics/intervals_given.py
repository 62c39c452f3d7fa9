"""Do intervals that come with predictions hold what they promise, and how wide would an honest band be?"""

from __future__ import annotations

import math

import numpy as np

from readiness.statistics.cases import Cases, Floats
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Binomial, OrderStatistic
from readiness.statistics.shares import weighted_share


def coverage(cases: Cases, low: Floats, high: Floats) -> Inference | Undefined:
    """Share of rows whose true value lies inside [low, high], arrays of n rows."""
    if cases.n == 0:
        return Undefined("There are no rows.")
    inside = ((low <= cases.y_true) & (cases.y_true <= high)).astype(float)
    if cases.is_plain:
        return Binomial(float(inside.sum()), cases.n)
    if not cases.relative_weight.any():
        return Undefined("These rows have no weight.", cases.n)
    return weighted_share(inside, cases)


def conformal_half_width(cases: Cases, level: float) -> Inference | Undefined:
    """Half-width of a band around predictions that holds a further row with chance `level` or more.

    The ceil((n + 1) · level)-th smallest absolute residual (Vovk, Gammerman and Shafer 2005; Lei et al. 2018); its
    limits are those of the quantile that it stands for. Only for exchangeable rows that count alike.
    """
    n = cases.n
    rank = math.ceil((n + 1) * level - 1e-9)
    if not cases.is_plain:
        return Undefined("Rows that depend on each other or count differently allow no such band.", n)
    if rank > n:
        return Undefined(f"{n:,} rows are too few: at least {math.ceil(level / (1 - level) - 1e-9):,} are needed.", n)
    size = np.sort(np.abs(cases.y_true - cases.y_pred).astype(float))
    quantile = min(rank / n, 1 - 1e-12)
    return OrderStatistic(size, quantile, "split-conformal rank (Vovk et al. 2005), limits with binomial ranks")
