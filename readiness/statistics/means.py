"""What is the mean of amounts that differ from row to row, such as savings? Honest also when few rows decide it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammainccinv, gammaincinv

from readiness.statistics.cases import Floats
from readiness.statistics.dependence import INDEPENDENT, Dependence, group_sums, long_run_variance, standard_error
from readiness.statistics.inference import Inference, OneSided, Undefined, linear, normal_quantile, student_quantile
from readiness.statistics.influence import REFERENCE_ALPHA
from readiness.statistics.intervals import Mover, Normal, Unvaried
from readiness.statistics.panels import is_panel, variance_of_panel

COMMON = 0.5
"""When more than this share of rows has one and the same value, the others are counted as rare events."""
LOOKED_AT = 10_000
"""So many evenly spread rows show which value is the most common one, if one is."""
NOTHING = 1e-9
PLAIN_T = "t-interval of the mean"


@dataclass(frozen=True, slots=True)
class RareAmounts(OneSided):
    """Mean over n rows of amounts >= 0 that are mostly 0: a compound Poisson sum (Fay and Feuer 1997).

    Lower: gamma quantile with the observed sum y and sum of squares v: v/y · G⁻¹(y²/v, alpha). Upper: the same with one
    more event of the `largest` possible amount, so that it holds when no such event was seen.
    """

    total: float
    squares: float
    largest: float
    """Inf when nothing is known of how large an amount could be."""
    n: int
    method: str = "gamma interval of rare amounts"

    @property
    def value(self) -> float:
        """The mean."""
        return self.total / self.n

    @property
    def bound_method(self) -> str:
        """The shown method serves for the bounds, too."""
        return self.method

    def lower(self, alpha: float) -> float:
        """Lower limit, 0 without any event."""
        if self.total <= 0:
            return 0.0
        return float(gammaincinv(self.total**2 / self.squares, alpha)) * self.squares / self.total / self.n

    def upper(self, alpha: float) -> float:
        """Upper limit."""
        y, v = self.total + self.largest, self.squares + self.largest**2
        if not math.isfinite(y):
            return math.inf
        return float(gammainccinv(y * y / v, alpha)) * v / y / self.n if v > 0 else 0.0


@dataclass(frozen=True, slots=True)
class SameRows(Mover):
    """The difference of two sums over the same rows, which are counted once."""

    @property
    def n(self) -> int:
        """The rows."""
        return self.a.n


@dataclass(frozen=True, slots=True)
class SkewedMean(OneSided):
    """t-interval of a mean after Hall's (1992) cubic transformation, which takes the skewness out of t.

    With T = (mean - truth) / se and a = skewness / root n, T + a T²/3 + a² T³/27 + a/6 is nearly normal; it rises
    everywhere, so its inverse 3/a · ((1 + a (t - a/6))^(1/3) - 1) turns quantiles of Student's t into limits.
    """

    value: float
    se: float
    df: float
    skewness: float
    n: int
    units: int
    """Independent rows or groups, of which the skewness is the one."""
    method: str = "t-interval of the mean, skewness-corrected (Hall 1992)"

    @property
    def bound_method(self) -> str:
        """The shown method serves for the bounds, too."""
        return self.method

    def lower(self, alpha: float) -> float:
        """Lower limit, at most the mean."""
        return self.value - max(0.0, self._inverse(student_quantile(alpha, self.df))) * self.se

    def upper(self, alpha: float) -> float:
        """Upper limit, at least the mean."""
        return self.value - min(0.0, self._inverse(-student_quantile(alpha, self.df))) * self.se

    def _inverse(self, t: float) -> float:
        a = self.skewness / math.sqrt(self.units)
        by = a * (t - a / 6)
        if abs(by) < NOTHING:
            return t - a / 6
        return 3 / a * (math.expm1(math.log1p(by) / 3) if by > -1 else math.cbrt(1 + by) - 1)


@dataclass(frozen=True, slots=True)
class WiderMean(OneSided):
    """A mean of amounts: on each side the wider of two limits, one of which is corrected for skewness.

    The other one is a t-interval, on the log scale where amounts are never below 0, or one of rare amounts. Neither is
    believed with too few rows for the skewness (see `reservations`).
    """

    other: Inference
    corrected: SkewedMean

    @property
    def value(self) -> float:
        """The mean."""
        return self.other.value

    @property
    def n(self) -> int:
        """Rows."""
        return self.other.n

    @property
    def method(self) -> str:
        """That of the other interval, with a note."""
        return f"{self.other.method}, or skewness-corrected (Hall 1992) where wider"

    @property
    def bound_method(self) -> str:
        """The shown method serves for the bounds, too."""
        return self.method

    def lower(self, alpha: float) -> float:
        """The lower of both, in the range of the amounts."""
        low = min(self.other.lower(alpha), self.corrected.lower(alpha))
        return max(self.other.least, low) if isinstance(self.other, Normal) else low

    def upper(self, alpha: float) -> float:
        """The upper of both, in the range of the amounts."""
        high = max(self.other.upper(alpha), self.corrected.upper(alpha))
        return min(self.other.most, high) if isinstance(self.other, Normal) else high


def wider_mean(other: Normal, pulls: Floats, dependence: Dependence) -> WiderMean:
    """The mean with the limits of `other`, or those corrected for skewness.

    Args:
        other: the mean with its standard error.
        pulls: influence of each row on it, shape (n,).
        dependence: of the rows.
    """
    codes = None if dependence.is_serial and is_panel(len(pulls), dependence.units or 0) else dependence.codes
    units = group_sums(pulls, codes)  # in a panel rows are what is uneven; moments are too few to tell
    return WiderMean(other, SkewedMean(other.value, other.se, other.df, skewness(units), other.n, len(units)))


def skewness(deviations: Floats) -> float:
    """Third standardised moment of deviations from their mean."""
    squares = deviations * deviations
    variance = float(np.mean(squares))
    scale = variance**1.5  # of the tiniest numbers it is 0, though the variance is not
    return float(squares @ deviations) / len(deviations) / scale if scale > 0 else 0.0


def mean_of(
    values: Floats,
    dependence: Dependence = INDEPENDENT,
    *,
    weight: Floats | None = None,
    least: float | None = None,
    most: float | None = None,
) -> Inference | Undefined:
    """The (weighted) mean of one amount per row, shape (n,), with its uncertainty.

    A plain t-interval breaks down for rare expensive errors: with 2 % of rows at 50 and 10 % at 1, n = 100, its upper
    limit misses the truth in 13 of 100 samples instead of 5. So when more than half of the rows share one value, the
    amounts above and below it are two sums of rare events, combined by MOVER; else a t-interval, or where wider one
    corrected for skewness. Nothing is certain about events that were never seen: without any, limits follow from
    `least` and `most`. Rare events of independent rows with a known range hold at any number of rows; otherwise nobody
    knows how large an unseen one could be, and the limits are no narrower than those corrected for skewness.

    Args:
        values: amounts, before weighting.
        dependence: what makes rows depend on each other; a group, or a moment in time, then counts as one event.
        weight: weights of the rows.
        least: smallest amount that a row can have; by default as far down as the farthest amount seen.
        most: largest amount that a row can have; by default as far up as the farthest amount seen.
    """
    n = len(values)
    if n == 0:
        return Undefined("There are no rows.")
    if not np.isfinite(values).all():
        return Undefined("Some amounts are missing or infinite.", n)
    w = np.ones(n) if weight is None else weight * (n / float(weight.sum())) if weight.sum() > 0 else None
    if w is None:
        return Undefined("These rows have no weight.", n)
    looked_at = np.sort(values[:: max(1, n // LOOKED_AT)])
    common = float(looked_at[len(looked_at) // 2])  # the only value that clearly more than half of the rows can have
    value = float(w @ values) / n
    pulls = w * (values - value)
    se, df = standard_error(pulls, dependence)
    plain = Normal(value, se, df, n, method=PLAIN_T)
    if n == 1 or np.count_nonzero(values == common) > COMMON * n:
        rare = _around(common, values, dependence, w, least, most)
        is_known = least is not None and most is not None and dependence.codes is None
        return rare if is_known or not 0 < se < math.inf else replace(wider_mean(plain, pulls, dependence), other=rare)
    if not math.isfinite(se):
        return Unvaried(value, 1, n, -math.inf, math.inf)
    return wider_mean(plain, pulls, dependence)


def _around(
    common: float, values: Floats, dependence: Dependence, w: Floats, least: float | None, most: float | None
) -> Inference:
    """Mean of values that are mostly `common`: what lies above it minus what lies below it."""
    n, apart = len(values), values - common
    farthest = float(np.abs(apart).max()) or math.inf
    heaviest = float(w.max())
    up = farthest if most is None else max(0.0, most - common)
    down = farthest if least is None else max(0.0, common - least)
    above = _events(w * np.maximum(apart, 0), dependence, up * heaviest, n)
    below = _events(w * np.maximum(-apart, 0), dependence, down * heaviest, n)
    return linear(SameRows(above, below), shift=common)


def _events(by_row: Floats, dependence: Dependence, largest: float, n: int) -> RareAmounts:
    """In time order, events that come together count as fewer and larger ones; of few moments each row is an event."""
    amounts = group_sums(by_row, dependence.codes)
    together = _clustering(amounts) if dependence.is_serial else 1.0
    if dependence.is_serial and is_panel(n, len(amounts)):
        amounts, together = by_row, _clustering_in_panel(by_row, amounts)
    most = max(largest, float(amounts.max()))
    return RareAmounts(float(amounts.sum()), together * float(amounts @ amounts), together * most, n)


def _clustering(by_moment: Floats) -> float:
    """By how much the variance of the sum exceeds that of independent moments; never below 1.

    As the excess itself is known from few cosine terms, it is raised as Student's quantile exceeds the normal one.
    """
    deviations = by_moment - by_moment.mean()
    plain = float(deviations @ deviations)
    serial, df = long_run_variance(deviations)
    few = (student_quantile(REFERENCE_ALPHA, df) / normal_quantile(REFERENCE_ALPHA)) ** 2
    return few * max(1.0, serial / plain) if plain > 0 else few


def _clustering_in_panel(by_row: Floats, by_moment: Floats) -> float:
    """The same of many rows in few moments, over the variance of independent rows."""
    apart = by_row - by_row.mean()
    plain = float(apart @ apart)
    serial, df = variance_of_panel(by_moment - by_moment.mean(), plain)
    few = (student_quantile(REFERENCE_ALPHA, df) / normal_quantile(REFERENCE_ALPHA)) ** 2
    return few * max(1.0, serial / plain) if plain > 0 else few
