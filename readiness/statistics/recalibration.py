"""In which way are probabilities wrong: too high, too sure of themselves, or no better than chance allows?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr

from readiness.statistics.calibration import Probabilities
from readiness.statistics.cases import Floats
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals import Normal
from readiness.statistics.means import mean_of

NEAREST = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logarithms are taken."""
MOST_STEPS, CLOSE = 30, 1e-8
WARM_UP = 20_000
"""So many rows show where to start from, so that few steps need all of them."""
STEEPEST = 1e3
"""A slope beyond this means that the probabilities part the rows without a single exception."""
_SANDWICH = "logistic recalibration with a sandwich error (Cox 1958)"


def in_the_large(rows: Probabilities) -> Inference | Undefined:
    """Mean probability less the share that came true: above 0 is too high."""
    weight = None if np.all(rows.weight == 1) else rows.weight
    return mean_of(rows.given - rows.came_true, rows.dependence, weight=weight)


@dataclass(frozen=True, slots=True)
class Recalibration:
    """The line a + b · logit(p) that the log odds of what came true follow (Cox 1958)."""

    intercept: float
    slope: Inference
    """Below 1: too sure of itself; above 1: not sure enough."""
    extreme: int
    """Rows whose probability was 0 or 1 and had to be moved."""


def recalibrate(rows: Probabilities) -> Recalibration | Undefined:
    """Weighted maximum likelihood by Newton's steps.

    Undefined when only one class came true, when all probabilities are alike, and when they part the classes fully.
    """
    y, w = rows.came_true, rows.weight
    if not 0 < float(w @ y) < float(w.sum()) * (1 - 1e-12):
        return Undefined("Only one of the two outcomes came true.", rows.n)
    x = logit(np.clip(rows.given, NEAREST, 1 - NEAREST))
    if np.ptp(x) < 1e-9:
        return Undefined("All probabilities are alike, so there is no slope.", rows.n)
    few = slice(None, None, max(1, rows.n // WARM_UP))
    near = _newton(x[few], y[few], w[few]) if rows.n > 2 * WARM_UP else None
    found = _newton(x, y, w, IDENTITY if near is None else near[0])
    if found is None:
        return Undefined("The probabilities part the two classes without exception, so the slope has no limit.", rows.n)
    line, inverse = found
    residual = w * (y - expit(line[0] + line[1] * x))
    se, df = standard_error(rows.n * residual * (inverse[0, 1] + inverse[1, 1] * x), rows.dependence)
    slope = Normal(float(line[1]), se, df, rows.n, method=_SANDWICH)
    extreme = int(np.count_nonzero((rows.given < NEAREST) | (rows.given > 1 - NEAREST)))
    return Recalibration(float(line[0]), slope, extreme)


IDENTITY: Floats = np.array([0.0, 1.0])


def _newton(x: Floats, y: Floats, w: Floats, start: Floats = IDENTITY) -> tuple[Floats, Floats] | None:
    """Coefficients and the inverse information; None when they run away, as then no step is ever small.

    Steps are halved until the fit improves.
    """
    line, best = start, -math.inf
    step = np.zeros(2)
    for _ in range(MOST_STEPS):
        for halving in range(10):
            tried = line + step / 2**halving
            score = tried[0] + tried[1] * x
            fit = float((w * y) @ score - w @ np.logaddexp(0, score))
            if fit >= best:
                break
        line, best = tried, fit
        p = expit(score)
        spread, pull = w * p * (1 - p), w * (y - p)
        mixed = float(spread @ x)
        information = np.array([[float(spread.sum()), mixed], [mixed, float((spread * x) @ x)]])
        if abs(line[1]) > STEEPEST or np.linalg.cond(information) > 1e13:
            return None
        inverse = np.linalg.inv(information)
        step = inverse @ np.array([float(pull.sum()), float(pull @ x)])
        if float(np.abs(step).max()) < CLOSE * (1 + float(np.abs(line).max())):
            return line, inverse
    return None


@dataclass(frozen=True, slots=True)
class BrierExcess:
    """The Brier score less what the probabilities themselves promise: mean of (y - p)(1 - 2p) (Spiegelhalter 1986)."""

    excess: Inference
    """0 for a perfect model."""
    score: float
    z: float
    """The excess in units of its standard error under a perfect model; dependent rows: of its measured one."""

    @property
    def p_value(self) -> float:
        """Chance of so large an excess, up or down, in a perfect model."""
        return 2 * float(ndtr(-abs(self.z)))


def brier_excess(rows: Probabilities) -> BrierExcess | Undefined:
    """Spiegelhalter's test; Undefined where every probability is 0, 1 or a half, so that nothing could differ."""
    p, w = rows.given, rows.weight
    each = (rows.came_true - p) * (1 - 2 * p)
    value = float(w @ each) / rows.n
    own = math.sqrt(float(w**2 @ ((1 - 2 * p) ** 2 * np.clip(p * (1 - p), 0, None)))) / rows.n
    se, df = own, math.inf
    if rows.dependence.codes is not None:
        se, df = standard_error(w * (each - value), rows.dependence)
    if not 0 < se < math.inf:
        return Undefined("The probabilities leave no room for chance, so the test does not exist.", rows.n)
    seen, _ = standard_error(w * (each - value))
    excess = Normal(value, max(se, seen), df, rows.n, method="t-interval of (y - p)(1 - 2p) (Spiegelhalter 1986)")
    return BrierExcess(excess, float(w @ (rows.came_true - p) ** 2) / rows.n, value / se)


@dataclass(frozen=True, slots=True)
class BrierParts:
    """Brier score = reliability - resolution + uncertainty, nearly (Murphy 1973): exact for one probability a bin."""

    reliability: float
    """What wrong probabilities cost."""
    resolution: float
    """What telling rows apart gains."""
    uncertainty: float
    """The score of always giving the overall share."""


def brier_parts(rows: Probabilities) -> BrierParts:
    """Over the bins of the calibration error."""
    bins, w = rows.bins, rows.weight
    mass = np.bincount(bins, w)
    safe = np.where(mass > 0, mass, 1.0)
    given, true = (np.bincount(bins, w * values) / safe for values in (rows.given, rows.came_true))
    share = float(w @ rows.came_true) / rows.n
    return BrierParts(
        float(mass @ (given - true) ** 2) / rows.n,
        float(mass @ (true - share) ** 2) / rows.n,
        share * (1 - share),
    )
