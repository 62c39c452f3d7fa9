"""The threshold that would have cost least, never judged on the rows it was chosen on; and concentration of errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from readiness.core.missing import Missing
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.dependence import standard_error
from readiness.statistics.inference import Inference, Mapped
from readiness.statistics.intervals import Normal
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


def split_in_halves(cases: Cases, seed: int) -> Bools:
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
    regret: Inference | Missing
    """Cost of a row by the labels in use, less that by the cross-fitted thresholds."""
    cost: Inference | Missing
    """Cost of a row by the cross-fitted thresholds."""
    between: float
    """By how much the two thresholds differ in what a row costs, on all rows."""
    labels: Bools = field(repr=False, compare=False)
    """Which rows the cross-fitted thresholds call positive, shape (n,)."""

    @property
    def is_stable(self) -> bool:
        """Whether the two halves agree as closely as the cost is known."""
        if isinstance(self.cost, Missing):
            return False
        low, high = self.cost.interval(0.95)
        return self.between <= (high - low) / 2


def cross_fit(cases: Cases, false_positive: Floats, false_negative: Floats, *, seed: int) -> CrossFitted | Missing:
    """Tune on one half and score on the other, both ways.

    Args:
        cases: binary cases with scores.
        false_positive: cost of an alarm in rows without the positive class, shape (n,).
        false_negative: cost of no alarm in positive rows, shape (n,).
        seed: of the halves.
    """
    score = cases.y_score
    if score is None or not np.isfinite(score).all():
        return Missing("There are no scores from which a threshold could be chosen.", n=cases.n)
    first = split_in_halves(cases, seed)
    positive = cases.y_true == 1
    if any(np.unique(positive[half]).size < 2 for half in (first, ~first)):
        return Missing("Half of the rows holds only one class, so no threshold can be chosen.", n=cases.n)
    gain = np.where(positive, false_negative, -false_positive)
    weighed = gain * cases.relative_weight
    order = cases.descending
    own = tuple(cheapest_threshold(score, weighed, order[half[order]]) for half in (first, ~first))
    idle = np.where(positive, false_negative, 0.0)

    def cost(alarm: Bools) -> Floats:
        return np.asarray(idle - np.where(alarm, gain, 0.0))

    def mean(amounts: Floats) -> Inference | Missing:
        return mean_of(amounts, cases.dependence, weight=cases.weight)

    labels = score >= np.where(first, own[1], own[0])
    crossed = cost(labels)
    between = cases.relative_weight @ (cost(score >= own[0]) - cost(score >= own[1])) / cases.n
    return CrossFitted(own, mean(cost(cases.y_pred == 1) - crossed), mean(crossed), abs(float(between)), labels)


# Concentration: whether few rows carry most of the harm, and where errors are larger

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


def rank_correlation(a: Floats, b: Floats, cases: Cases) -> Inference | Missing:
    """Spearman's rank correlation, its interval on Fisher's scale (Bonett and Wright 2000).

    se = root of (1 + r²/2) / (n - 3), times the factor by which dependent or weighted rows know less, which is that of
    the influences of a correlation of the ranks.
    """
    if cases.n < FEWEST:
        return Missing(f"There are fewer than {FEWEST} rows.", n=cases.n)
    w = cases.relative_weight
    u, v = (_standardise(ranks(values), w) for values in (a, b))
    if not u.any() or not v.any():
        return Missing("All values are alike, so there is nothing to correlate.", n=cases.n)
    value = float(np.clip(w @ (u * v) / cases.n, -1, 1))
    if abs(value) > 1 - 1e-9:
        return Missing("The two orders are the same, so no interval exists.", n=cases.n)
    plain = u * v - value * (u**2 + v**2) / 2
    one, _ = standard_error(plain - plain.mean())
    real, df = standard_error(w * plain, cases.dependence)
    wider = 1.0 if cases.is_plain or one == 0 else max(1.0, real / one)
    if not math.isfinite(wider):
        return Missing("There are too few groups.", n=cases.n)
    se = wider * math.sqrt((1 + value**2 / 2) / (cases.n - 3))
    on_scale = Normal(math.atanh(value), se, math.inf if cases.is_plain else df, cases.n, method="Fisher's scale")
    return Mapped(on_scale, math.tanh, note=", rank correlation (Bonett and Wright 2000)")


def _standardise(values: Floats, w: Floats) -> Floats:
    away = values - float(w @ values) / len(values)
    spread = math.sqrt(float(w @ away**2) / len(values))
    return np.asarray(away / spread) if spread > 0 else np.zeros(len(values))


def mean_in_tails(order: Floats, amounts: Floats, part: float = 0.1) -> tuple[float, float]:
    """Mean of `amounts` in the rows where `order` is lowest and where it is highest, a `part` of the rows each."""
    rows = max(1, int(part * len(order)))
    ranked = amounts[np.argsort(order, kind="stable")]
    return float(ranked[:rows].mean()), float(ranked[-rows:].mean())
