"""Intervals of one measured number: shown intervals and judged one-sided bounds, all in closed form."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc, betaincinv, expit, logit

from readiness.core.missing import Missing
from readiness.statistics.inference import (
    Exact,
    Inference,
    Mapped,
    OneSided,
    f1_of_jaccard,
    linear,
    normal_quantile,
    student_quantile,
)

__all__ = [
    "HALL", "WOODRUFF", "Binomial", "Draws", "Exact", "Inference", "Mapped", "Missing", "Mover", "MoverOf",
    "Normal", "OneSided", "OrderStatistic", "Unvaried", "f1_of_share", "linear", "mover_mean", "normal_quantile",
    "student_quantile",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Scale = Literal["identity", "log", "logit"]
Correction = Literal["none", "hall", "johnson"]
"""What widens a t-interval for skewness; see `Normal`."""
HALL = "t-interval of the mean, skewness-corrected (Hall 1992)"
WOODRUFF = "limits of the share of rows below, turned into values (Woodruff 1952)"
KORN_GRAUBARD = "Clopper-Pearson, effective rows (Korn and Graubard)"


@dataclass(frozen=True, slots=True)
class Binomial(OneSided):
    """A share of rows. Shown: Wilson (1927). Judged: Clopper and Pearson (1934), which never overstate.

    Clusters and weights enter as a design effect: both are computed for n / deff · (z / t_df)² rows (Korn and Graubard
    1998). Rows that depend on each other are shown with what is judged: Wilson's is too narrow near 0 and 1.
    `successes` need not be whole when rows carry weights.

    Of rows in groups it says how many groups its hits and its misses are spread over: the design effect near 0 or 1 is
    learnt from the groups that hold the rarer outcome alone, so it is believed only when there are enough of those (see
    `judge_claims.reservation`).
    """

    successes: float
    n: int
    deff: float = 1.0
    df: float = math.inf
    hit_groups: float | None = None
    """(sum of e)² / sum of e² with the hits e of each group: as many groups with equally many hits; 0 without any."""
    miss_groups: float | None = None
    """The same of the misses."""

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.successes / self.n

    @property
    def method(self) -> str:
        """Wilson, or Clopper-Pearson where rows depend on each other."""
        if self.is_clustered:
            return self.bound_method
        return "Wilson" if self.deff == 1 else "Wilson, effective rows"

    @property
    def bound_method(self) -> str:
        """Clopper-Pearson."""
        if self.is_clustered:
            return KORN_GRAUBARD
        return "Clopper-Pearson" if self.deff == 1 else "Clopper-Pearson, effective rows"

    @property
    def is_clustered(self) -> bool:
        """Whether rows depend on each other."""
        return self.hit_groups is not None or math.isfinite(self.df)

    @property
    def is_share(self) -> bool:
        """Always."""
        return True

    @property
    def ends(self) -> tuple[float, float]:
        """0 and 1."""
        return 0.0, 1.0

    def effective_rows(self, alpha: float) -> float:
        """How many independent rows these are worth at one-sided `alpha`."""
        shrink = normal_quantile(alpha) / student_quantile(alpha, self.df)
        return self.n / self.deff * shrink**2

    def interval(self, level: float) -> tuple[float, float]:
        """Wilson's score interval, or both limits that are judged."""
        tail = (1 - level) / 2
        if self.is_clustered:
            return self.lower(tail), self.upper(tail)
        p, n, z = self.value, self.effective_rows(tail), normal_quantile(tail)
        middle = p + z * z / (2 * n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
        return (0.0 if p <= 0 else min(low, p)), (1.0 if p >= 1 else max(high, p))

    def lower(self, alpha: float) -> float:
        """Clopper-Pearson: the share at which so many successes or more have chance `alpha`."""
        n = self.effective_rows(alpha)
        k = self.value * n
        return 0.0 if self.value <= 0 else float(betaincinv(k, n - k + 1, alpha))

    def upper(self, alpha: float) -> float:
        """Clopper-Pearson: the share at which so few successes or fewer have chance `alpha`."""
        n = self.effective_rows(alpha)
        k = self.value * n
        return 1.0 if self.value >= 1 else 1 - float(betaincinv(n - k, k + 1, alpha))


def f1_of_share(jaccard: Binomial) -> Mapped:
    """F1 = 2J / (1 + J) with the share J = TP / (TP + FP + FN) (Lam, Gopal and Qian 2023, indirect method)."""
    return Mapped(jaccard, f1_of_jaccard, note=" of TP/(TP+FP+FN)")


@dataclass(frozen=True, slots=True)
class Normal(OneSided):
    """A number and its standard error: g(value) ± reach · se · g'(value), mapped back and kept inside [least, most].

    The reach is Student's quantile t, where `correction` says nothing else:

    - "hall": the limits of a mean after Hall's (1992) cubic transformation, which takes the skewness out of t. With
      T = (mean - truth) / se and a = skewness / root units, T + a T²/3 + a² T³/27 + a/6 is nearly normal; it rises
      everywhere, so its inverse 3/a · ((1 + a (t - a/6))^(1/3) - 1) turns quantiles of t into limits.
    - "johnson": further by skewness · (2 z² + 1) / 6 on the side to which resamples are skewed (Johnson 1978, Hall
      1992), and never less far on the other. Simulated, one-sided 5 % bounds miss in 3 to 8 % of samples of shares with
      20 rows or more, where t alone misses in up to 14 %; for means of lognormal values in 11 % at 100 rows (t: 15 %)
      and 5 % at 1,000.
    """

    value: float
    se: float
    """Infinite: nothing is known of its chance error, so it has no limits and proves nothing."""
    df: float
    n: int
    scale: Scale = "identity"
    method: str = "t-interval"
    least: float = -math.inf
    most: float = math.inf
    unbiased: float | None = None
    """Of a number on the logit scale that is too high in small samples: what it is without that bias, from which the
    lower limit is taken."""
    correction: Correction = "none"
    skewness: float = 0.0
    """Third standardised moment: of the units for "hall", of the values of the resamples for "johnson"."""
    units: int = 1
    """Independent rows or groups, of which the skewness of "hall" is the one."""

    @property
    def ends(self) -> tuple[float, float]:
        """Least and most."""
        return self.least, self.most

    @property
    def is_share(self) -> bool:
        """Whether it is kept between 0 and 1."""
        return self.ends == (0, 1)

    def lower(self, alpha: float) -> float:
        """Lower limit."""
        if self.unbiased is not None:
            scale = self.unbiased * (1 - self.unbiased) / (self.value * (1 - self.value))
            return Normal(self.unbiased, self.se * scale, self.df, self.n, "logit").lower(alpha)
        return max(self.least, self._move(-self._reach(alpha, -1) * self.se))

    def upper(self, alpha: float) -> float:
        """Upper limit."""
        return min(self.most, self._move(self._reach(alpha, 1) * self.se))

    def _reach(self, alpha: float, side: int) -> float:
        """Standard errors between the value and its limit below (-1) or above (1)."""
        t = student_quantile(alpha, self.df)
        if self.correction == "hall":
            # T is (mean - truth), so its upper quantile makes the lower limit; never beyond the value itself
            return max(0.0, -side * self._invert_hall(-side * t))
        if self.correction == "johnson":
            z = normal_quantile(alpha)
            return t + max(0.0, side * self.skewness) * (2 * z * z + 1) / 6
        return t

    def _invert_hall(self, t: float) -> float:
        a = self.skewness / math.sqrt(self.units)
        by = a * (t - a / 6)
        if abs(by) < 1e-9:  # the limit without skewness, where 3/a would divide by nothing
            return t - a / 6
        # of 1 + by below 0 the real cube root is meant, which a power in floating point does not have
        return 3 / a * (math.expm1(math.log1p(by) / 3) if by > -1 else math.cbrt(1 + by) - 1)

    def _move(self, by: float) -> float:
        if self.scale == "log":
            return self.value * math.exp(min(by / self.value, 700.0))
        if self.scale == "logit":
            return float(expit(logit(self.value) + by / (self.value * (1 - self.value))))
        return self.value + by


@dataclass(frozen=True, slots=True)
class Unvaried(OneSided):
    """Every row said the same (all right, all pairs in order, all errors 0), so no spread could be measured.

    With confidence 1 - alpha at least alpha^(1/rows) of all cases are like that (Clopper and Pearson 1934 for n of n);
    the rest may lie anywhere in [least, most]. A form of its own: without any spread there is no standard error, and
    the share that is unseen moves both limits of a number that need not be a share.
    """

    value: float
    rows: int
    """Independent rows that were all alike."""
    n: int
    least: float = 0.0
    most: float = 1.0
    method: str = "no variation seen: limit from alpha^(1/n)"

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1."""
        return (self.least, self.most) == (0, 1)

    @property
    def at_end(self) -> bool:
        """Always: there is no variation."""
        return True

    def lower(self, alpha: float) -> float:
        """The value, unless the unseen rest is as low as can be."""
        return (
            self.value - self._unseen_share(alpha) * (self.value - self.least)
            if self.value > self.least
            else self.value
        )

    def upper(self, alpha: float) -> float:
        """The value, unless the unseen rest is as high as can be."""
        return (
            self.value + self._unseen_share(alpha) * (self.most - self.value) if self.value < self.most else self.value
        )

    def _unseen_share(self, alpha: float) -> float:
        return -math.expm1(math.log(alpha) / self.rows)


@dataclass(frozen=True, slots=True)
class OrderStatistic(OneSided):
    """A quantile of measured values with limits that are themselves measured values.

    Of independent values of equal weight their ranks follow the binomial law, without any assumption on the
    distribution; unbounded when there are too few values (p99: below 299 at one-sided 5 %). Of weighted or dependent
    values the limits of the `share` below the quantile are turned into values (Woodruff 1952).
    """

    values: Floats = field(repr=False, compare=False)
    """Sorted ascending, at least one."""
    q: float
    """0 < q < 1."""
    method: str = "order statistics with binomial ranks"
    between: float | None = None
    """What is shown in place of a measured value, such as the middle of the two that share a median."""
    share: Binomial | None = None
    """The share below the quantile, of as many rows as weights and dependence leave; None for plain values."""
    below: Floats = field(default_factory=lambda: np.empty(0), repr=False, compare=False)
    """With `share`: the share of the weight up to and with each value."""
    looks: int = 1
    """How often limits are looked at while values still come in, which may end with any of them: each look has its
    part of the error (Bonferroni), so that a limit is wrong at any look with no more than the whole."""

    @property
    def value(self) -> float:
        """The smallest value that at least a share q does not exceed, or what is shown in its place."""
        if self.between is not None:
            return self.between
        return float(self.values[max(0, math.ceil(self.n * self.q - 1e-9) - 1)])

    @property
    def n(self) -> int:
        """Number of values."""
        return len(self.values)

    def lower(self, alpha: float) -> float:
        """The largest r-th value with P(fewer than r values below the quantile) <= alpha."""
        alpha /= self.looks
        if self.share is not None:
            return self._value_at(self.share.lower(alpha)) if self._is_bounded(self.share, alpha) else -math.inf
        rank = bisect_right(range(self.n), alpha, key=lambda r: float(bdtr(r, self.n, self.q)))
        return float(self.values[rank - 1]) if rank else -math.inf

    def upper(self, alpha: float) -> float:
        """The smallest s-th value with P(s values or more below the quantile) <= alpha."""
        alpha /= self.looks
        if self.share is not None:
            return self._value_at(self.share.upper(alpha)) if self._is_bounded(self.share, alpha) else math.inf
        rank = bisect_left(range(self.n), -alpha, key=lambda s: -float(bdtrc(s, self.n, self.q)))
        return float(self.values[rank]) if rank < self.n else math.inf

    def _is_bounded(self, share: Binomial, alpha: float) -> bool:
        """Whether so few independent values can all lie on one side by chance: with that of max(q, 1 - q)^m."""
        return bool(max(self.q, 1 - self.q) ** share.effective_rows(alpha) <= alpha)

    def _value_at(self, share: float) -> float:
        """The value at which the weight below reaches a share; a share may miss it by the rounding of the sum."""
        return float(self.values[min(self.n - 1, int(np.searchsorted(self.below, share - 1e-12)))])


@dataclass(frozen=True, slots=True)
class Draws(OneSided):
    """Limits are quantiles of simulated values, sorted once."""

    value: float
    draws: Floats = field(repr=False, compare=False)
    """Sorted ascending."""
    n: int
    method: str

    def lower(self, alpha: float) -> float:
        """The `alpha` quantile."""
        return min(self.value, float(self.draws[math.floor(alpha * (len(self.draws) - 1))]))

    def upper(self, alpha: float) -> float:
        """The 1 - `alpha` quantile."""
        return max(self.value, float(self.draws[math.ceil((1 - alpha) * (len(self.draws) - 1))]))


@dataclass(frozen=True, slots=True)
class Mover(OneSided):
    """A - factor · b of two numbers, from the limits of each (MOVER; Zou and Donner 2008)."""

    a: Inference
    b: Inference
    factor: float = 1.0
    """Above 0."""
    correlation: float = 0.0
    """Between a and b, -1 to 1; 0 when they are independent."""
    same_rows: bool = False
    """Whether both are sums over the same rows, which then are counted once."""
    rows: int | None = None
    """Rows that it is counted in, where they are not those of both: a segment that is held against all others."""

    @property
    def value(self) -> float:
        """The difference."""
        return self.a.value - self.factor * self.b.value

    @property
    def n(self) -> int:
        """Rows of both, if not said otherwise."""
        if self.rows is not None:
            return self.rows
        return self.a.n if self.same_rows else self.a.n + self.b.n

    @property
    def is_difference(self) -> bool:
        """Yes."""
        return True

    @property
    def method(self) -> str:
        """Names the methods of both."""
        return _of_both(self.a.method, self.b.method)

    @property
    def bound_method(self) -> str:
        """Names the bounds of both."""
        return _of_both(self.a.bound_method, self.b.bound_method)

    def interval(self, level: float) -> tuple[float, float]:
        """Two-sided interval from the two-sided intervals of both."""
        (a_low, a_high), (b_low, b_high) = self.a.interval(level), self.b.interval(level)
        return self._limit_below(a_low, b_high), self._limit_above(a_high, b_low)

    def lower(self, alpha: float) -> float:
        """Lower limit: a low together with b high."""
        return self._limit_below(self.a.lower(alpha), self.b.upper(alpha))

    def upper(self, alpha: float) -> float:
        """Upper limit: a high together with b low."""
        return self._limit_above(self.a.upper(alpha), self.b.lower(alpha))

    def _limit_below(self, a_low: float, b_high: float) -> float:
        return self.value - self._combine_arms(self.a.value - a_low, self.factor * (b_high - self.b.value))

    def _limit_above(self, a_high: float, b_low: float) -> float:
        return self.value + self._combine_arms(a_high - self.a.value, self.factor * (self.b.value - b_low))

    def _combine_arms(self, a: float, b: float) -> float:
        """Length of two arms; what moves both alike moves their difference less."""
        if self.correlation == 0 or math.isinf(a) or math.isinf(b):
            return math.hypot(a, b)
        return math.sqrt(max(0.0, a * a + b * b - 2 * self.correlation * a * b))


@dataclass(frozen=True, slots=True)
class MoverOf(OneSided):
    """A function of several independent numbers, from the limits of each (MOVER; Zou and Donner 2008).

    The limit is the value and the length of one arm for each number: how far the function moves when that number alone
    is at its limit. A form beside `Mover`, as a function that is no difference has no arms that add up from those of
    its parts, and where it has no value its arm is without end.
    """

    function: Callable[..., float]
    """Of one value for each part; NaN where it has none."""
    parts: tuple[Inference, ...]
    n: int
    method: str
    rising: tuple[bool, ...] = ()
    """For each part whether the function grows with it; empty where that differs, so that both limits are tried."""
    least: float = -math.inf
    most: float = math.inf

    @property
    def value(self) -> float:
        """The function of all measured values, 0 where it has none, kept inside [least, most]."""
        return min(self.most, max(self.least, self._centre))

    @property
    def _centre(self) -> float:
        at = self.function(*(part.value for part in self.parts))
        return 0.0 if math.isnan(at) else at

    def lower(self, alpha: float) -> float:
        """The value less the length of all arms downwards."""
        return min(self.most, max(self.least, self._centre - self._length(alpha, -1)))

    def upper(self, alpha: float) -> float:
        """The value and the length of all arms upwards."""
        return min(self.most, max(self.least, self._centre + self._length(alpha, 1)))

    def _length(self, alpha: float, side: int) -> float:
        centre = self._centre
        return math.hypot(*(max(0.0, *(side * (end - centre) for end in ends)) for ends in self._ends(alpha, side)))

    def _ends(self, alpha: float, side: int) -> Iterator[list[float]]:
        """For each part the function with that part at a limit and all others where they were measured."""
        measured = [part.value for part in self.parts]
        for i, part in enumerate(self.parts):
            limits = [part.lower, part.upper]
            if self.rising:
                limits = [part.upper if self.rising[i] == (side > 0) else part.lower]
            found = [self.function(*measured[:i], limit(alpha), *measured[i + 1 :]) for limit in limits]
            yield [side * math.inf if math.isnan(end) else end for end in found]


def _of_both(a: str, b: str) -> str:
    return f"MOVER of {a}" if a == b else f"MOVER of {a}, and {b}"


def mover_mean(a: Inference, b: Inference, correlation: float = 0.0) -> Mapped:
    """(a + b) / 2 of two numbers, such as balanced accuracy (Zou and Donner 2008)."""
    return linear(Mover(a, linear(b, scale=-1), correlation=-correlation), scale=0.5)
