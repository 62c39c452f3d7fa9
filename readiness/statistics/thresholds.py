"""Which threshold would have cost least, and how much does the one in use give away? Never judged on its own rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.means import mean_of

Bools = npt.NDArray[np.bool_]


def cheapest_threshold(score: Floats, gain: Floats, order: Integers | None = None) -> float:
    """The threshold whose alarms (score >= threshold) gain most; of several the highest, inf for no alarm at all.

    One sort; ties of the score stay together. It lies midway between the last score above and the first one below.

    Args:
        score: larger is more positive, shape (n,).
        gain: what an alarm saves in that row, negative where it costs, shape (n,).
        order: positions of the rows to look at, by descending score; all rows when left out.
    """
    order = np.argsort(-score) if order is None else order
    ranked = score[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    totals = np.append(0.0, np.cumsum(gain[order])[ends])
    best = int(np.argmax(totals))
    if best == 0:
        return math.inf
    last = ends[best - 1]
    return float(ranked[last] if last + 1 == len(ranked) else (ranked[last] + ranked[last + 1]) / 2)


def halves(cases: Cases, seed: int) -> Bools:
    """True for a random half of the rows; groups are kept whole, and without groups each class is halved."""
    rng = np.random.default_rng(seed)
    if cases.groups is not None:
        codes = np.unique(cases.groups, return_inverse=True)[1]
        return np.asarray(rng.permutation(int(codes.max()) + 1)[codes] % 2 == 0)
    half = np.zeros(cases.n, dtype=bool)
    for code in (0, 1):
        rows = rng.permutation(np.flatnonzero(cases.y_true == code))
        half[rows[code::2]] = True
    return half


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """Two halves of the rows, each with the threshold that was best for the other one."""

    thresholds: tuple[float, ...]
    """Best for the first and for the second half."""
    regret: Inference | Undefined
    """Cost of a row by the labels in use, less that by the cross-fitted thresholds."""
    cost: Inference | Undefined
    """Cost of a row by the cross-fitted thresholds."""
    between: float
    """By how much the two thresholds differ in what a row costs, on all rows."""
    labels: Bools = field(repr=False, compare=False)
    """Which rows the cross-fitted thresholds call positive, shape (n,)."""

    @property
    def is_stable(self) -> bool:
        """Whether the two halves agree as closely as the cost is known."""
        if isinstance(self.cost, Undefined):
            return False
        low, high = self.cost.interval(0.95)
        return self.between <= (high - low) / 2


def cross_fit(cases: Cases, false_positive: Floats, false_negative: Floats, *, seed: int) -> CrossFitted | Undefined:
    """Tune on one half and score on the other, both ways.

    Args:
        cases: binary cases with scores.
        false_positive: cost of an alarm in rows without the positive class, shape (n,).
        false_negative: cost of no alarm in positive rows, shape (n,).
        seed: of the halves.
    """
    score = cases.y_score
    if score is None or not np.isfinite(score).all():
        return Undefined("There are no scores from which a threshold could be chosen.", cases.n)
    first = halves(cases, seed)
    positive = cases.y_true == 1
    if any(np.unique(positive[half]).size < 2 for half in (first, ~first)):
        return Undefined("Half of the rows holds only one class, so no threshold can be chosen.", cases.n)
    gain = np.where(positive, false_negative, -false_positive)
    weighed = gain * cases.relative_weight
    order = cases.descending
    own = tuple(cheapest_threshold(score, weighed, order[half[order]]) for half in (first, ~first))
    idle = np.where(positive, false_negative, 0.0)

    def cost(alarm: Bools) -> Floats:
        return np.asarray(idle - np.where(alarm, gain, 0.0))

    def mean(amounts: Floats) -> Inference | Undefined:
        return mean_of(amounts, cases.dependence, weight=cases.weight)

    labels = score >= np.where(first, own[1], own[0])
    crossed = cost(labels)
    between = cases.relative_weight @ (cost(score >= own[0]) - cost(score >= own[1])) / cases.n
    return CrossFitted(own, mean(cost(cases.y_pred == 1) - crossed), mean(crossed), abs(float(between)), labels)
