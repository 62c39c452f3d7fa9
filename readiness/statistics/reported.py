"""What do the tests say that people usually report of two methods on the same rows? Facts beside the judged gain.

Both tests ask for any difference at all, however small; the judged gain asks for a margin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from readiness.statistics.cases import Cases, Floats
from readiness.statistics.comparison import mcnemar
from readiness.statistics.inference import Undefined
from readiness.statistics.intervals import Normal
from readiness.statistics.ranking import ranked

PAIRED_DELONG = "paired DeLong 1988, from both methods' placements of the same rows"


@dataclass(frozen=True, slots=True)
class Discordant:
    """Rows on which exactly one of two methods is right."""

    only_candidate: int
    only_other: int
    p_value: float
    """Exact and two-sided (McNemar 1947): the chance of so unequal a split if both were right equally often."""


def discordant(candidate: Cases, other: Cases) -> Discordant:
    """Where the two differ in being right, for labels on the same independent rows."""
    mine, theirs = candidate.y_pred == candidate.y_true, other.y_pred == other.y_true
    only = int(np.count_nonzero(mine & ~theirs)), int(np.count_nonzero(theirs & ~mine))
    return Discordant(*only, mcnemar(candidate, other))


def delong(candidate: Cases, other: Cases) -> Normal | Undefined:
    """ROC AUC of the candidate less that of the other, paired on the same independent rows (DeLong 1988).

    Undefined where a class has fewer than two rows, or where the two order all rows alike: there is no variation then.
    """
    mine, theirs = ranked("roc_auc", candidate), ranked("roc_auc", other)
    if isinstance(mine, Undefined):
        return mine
    if isinstance(theirs, Undefined):
        return theirs
    se = _delong_error(mine.influence - theirs.influence, candidate)
    if not 1e-12 < se < math.inf:
        return Undefined("Both put the rows in the same order, or a class has a single row.", candidate.n)
    return Normal(mine.value - theirs.value, se, math.inf, candidate.n, "identity", PAIRED_DELONG, -1.0, 1.0)


def delong_p(difference: Normal) -> float:
    """Two-sided chance of so large a difference of ROC AUC if there were none."""
    return 2 * float(ndtr(-abs(difference.value) / difference.se))


def _delong_error(influence: Floats, cases: Cases) -> float:
    """The root of the variance of both classes' placements, each with its own degrees of freedom."""
    total = 0.0
    for rows in (cases.y_true == 1, cases.y_true != 1):
        size = int(np.count_nonzero(rows))
        if size < 2:
            return math.inf
        total += size / (size - 1) * float(influence[rows] @ influence[rows])
    return math.sqrt(total) / cases.n
