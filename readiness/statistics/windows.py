"""Into which windows of time do the rows fall, how sure is a metric in one of them, and how many can be proven?

Windows follow each other and hold as many rows each as can be, because rows of one moment stay together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from readiness.criteria import FEWEST_WINDOWS, MOST_WINDOWS, SEGMENT_POWER
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.dependence import group_sums, long_run_variance, standard_error, unknown_error
from readiness.statistics.inference import Inference, Mapped, OneSided, Undefined, normal_quantile, student_quantile
from readiness.statistics.intervals import Binomial
from readiness.statistics.metrics import Metric, influence
from readiness.statistics.panels import is_panel
from readiness.statistics.queries import query_pulls
from readiness.statistics.row_losses import row_losses, unusable

Bools = npt.NDArray[np.bool_]
FEWEST_ROWS = 10
"""A window of fewer rows says nothing, whatever its interval."""
PART_ROWS = 50
"""Rows that a part of the series needs before it tells how rows near in time depend on each other."""
MEDIAN_EFFICIENCY = 2 / math.pi
"""What a median of several parts is worth against their mean."""


def windows(ranks: Integers, count: int) -> Integers:
    """The window of each row, numbered from 0 in the order of time; fewer than `count` where moments hold many rows.

    Args:
        ranks: ranks of the rows in time, equal for rows of one moment, shape (n,).
        count: windows that are wanted.
    """
    ordered, n = np.sort(ranks), len(ranks)
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    wanted = n * np.arange(1, count) // count
    before, after = (np.searchsorted(ordered, ordered[wanted], side=side) for side in ("left", "right"))
    nearer = np.where(wanted - before <= after - wanted, before, after)
    edges = np.unique(ordered[nearer[(nearer > 0) & (nearer < n)]])
    return np.searchsorted(edges, ranks, side="right").astype(np.int64)


@dataclass(frozen=True, slots=True)
class Widening:
    """How much wider the limits of a number become because rows near in time depend on each other."""

    ratio: float = 1.0
    """Standard error in the order of time over that of independent rows, at least 1."""
    df: float = math.inf

    def at(self, alpha: float) -> float:
        """By what the distance of a one-sided limit is multiplied."""
        return self.ratio * student_quantile(alpha, self.df) / normal_quantile(alpha)


NOT_WIDER = Widening()


@dataclass(frozen=True, slots=True)
class Widened(OneSided):
    """An inference of independent rows with its limits moved away from the value."""

    inner: Inference
    widening: Widening
    least: float = -math.inf
    most: float = math.inf

    @property
    def value(self) -> float:
        """The inner value."""
        return self.inner.value

    @property
    def n(self) -> int:
        """Rows of the inner number."""
        return self.inner.n

    @property
    def method(self) -> str:
        """The inner method with a note."""
        return f"{self.inner.method}, widened for time order"

    @property
    def bound_method(self) -> str:
        """The inner method with a note."""
        return f"{self.inner.bound_method}, widened for time order"

    def interval(self, level: float) -> tuple[float, float]:
        """The inner interval, widened."""
        low, high = self.inner.interval(level)
        by = self.widening.at((1 - level) / 2)
        return self._moved(low, by), self._moved(high, by)

    def lower(self, alpha: float) -> float:
        """The inner limit, moved down."""
        return self._moved(self.inner.lower(alpha), self.widening.at(alpha))

    def upper(self, alpha: float) -> float:
        """The inner limit, moved up."""
        return self._moved(self.inner.upper(alpha), self.widening.at(alpha))

    def _moved(self, limit: float, by: float) -> float:
        return min(self.most, max(self.least, self.value + by * (limit - self.value)))


def ends_of(metric: Metric) -> tuple[float, float]:
    """The lowest and the highest value of a metric; nobody knows them of a user's own."""
    return (-math.inf, math.inf) if metric.needs == "own" else metric.ends


def widened(found: Inference | Undefined, by: Widening, *, ends: tuple[float, float]) -> Inference | Undefined:
    """The same number with wider limits, none beyond the values that there can be; a share of rows stays one, of fewer
    rows.
    """
    if isinstance(found, Undefined) or by is NOT_WIDER:
        return found
    if isinstance(found, Binomial):
        return replace(found, deff=found.deff * by.ratio**2, df=min(found.df, by.df))
    if isinstance(found, Mapped) and isinstance(found.inner, Binomial):
        inner = widened(found.inner, by, ends=(0.0, 1.0))
        return found if isinstance(inner, Undefined) else replace(found, inner=inner)
    return Widened(found, by, *ends)


def widening(metric: str, cases: Cases) -> Widening:
    """What rows near in time do to the error of a metric, learnt from all parts of the time, because one has too few.

    In each of up to ten parts: the long-run variance of the row influences over their plain variance, around the part's
    own mean. The median of these ratios counts, over that of chi-square, so that a decay in one part, which is what is
    looked for, does not pass for dependence. Few moments of many rows each have no parts; all of them tell. Rows in
    groups, and metrics without influences, are not widened.
    """
    known = cases.remembered.setdefault("widening", {})
    if metric not in known:
        known[metric] = _widening(metric, cases)
    found: Widening = known[metric]
    return found


def _widening(metric: str, cases: Cases) -> Widening:
    if not cases.dependence.is_serial or cases.time is None or cases.n < FEWEST_ROWS:
        return NOT_WIDER
    pulls = pulls_of(metric, cases)
    if isinstance(pulls, Undefined):
        return NOT_WIDER
    if is_of_few_moments(cases):
        (serial, df), plain = standard_error(pulls, cases.dependence), standard_error(pulls)[0]
        return Widening(max(1.0, serial / plain), df) if 0 < plain < math.inf else NOT_WIDER
    codes = windows(cases.time, max(1, min(MOST_WINDOWS, cases.n // PART_ROWS)))
    found = [_variances(pulls[codes == code], cases.time[codes == code]) for code in range(int(codes.max()) + 1)]
    known = [(serial / plain, df) for plain, serial, df in found if 0 < plain < math.inf and serial < math.inf]
    if not known:
        return NOT_WIDER
    terms = float(np.mean([df for _, df in known]))
    middle = float(np.median([ratio for ratio, _ in known])) / (1 - 2 / (9 * terms)) ** 3
    return Widening(math.sqrt(max(1.0, middle)), max(1.0, MEDIAN_EFFICIENCY * terms * len(known)))


def pulls_of(metric: str, cases: Cases) -> Floats | Undefined:
    """Influence of each row on a metric, shape (n,); of a mean over queries, of each query at its first row; of a
    median, by whether the row lies above it. Undefined for metrics of the user's own.
    """
    if metric in cases.own:
        return influence(metric, cases)
    if cases.metric(metric).needs == "order":
        return query_pulls(metric, cases)
    if metric == "median_absolute_error":
        if (problem := unusable(metric, cases)) is not None:
            return problem
        losses = row_losses(metric, cases)
        above = (losses > np.median(losses)).astype(np.float64)
        return np.asarray(cases.relative_weight * (above - float(cases.relative_weight @ above) / cases.n))
    return influence(metric, cases)


def unknown_dependence(metric: str, cases: Cases) -> str:
    """Why nobody knows what rows near in time do to a metric in some of the rows; empty when it is known."""
    if not cases.dependence.is_serial:
        return unknown_error(cases.dependence)
    pulls = pulls_of(metric, cases)
    if isinstance(pulls, Undefined):
        return "how much rows that are close in time depend on each other is not known for this metric"
    return unknown_error(cases.dependence, pulls)


def _variances(pulls: Floats, time: Integers) -> tuple[float, float, float]:
    """Of the mean of some rows: as independent ones, in the order of time, and the terms that this one rests on."""
    around = pulls - pulls.mean()
    sums = group_sums(around, time)
    serial, df = long_run_variance(sums) if len(sums) > 1 else (math.inf, 1.0)
    return standard_error(around)[0] ** 2, serial / len(around) ** 2, df


def independent(cases: Cases) -> Cases:
    """The same rows without their order, where it is order alone that makes them depend on each other."""
    return replace(cases, time=None) if cases.dependence.is_serial else cases


def within_moments(cases: Cases) -> Cases:
    """The rows as windows of time compare them: where moments are few and hold many rows each, what a moment did is a
    fact about that moment, and only its rows are left to chance; else as they are.
    """
    return independent(cases) if is_of_few_moments(cases) else cases


def is_of_few_moments(cases: Cases) -> bool:
    """Whether the rows are many in each of few moments (see `panels`)."""
    return cases.dependence.is_serial and is_panel(cases.n, cases.dependence.units or 0)


def widening_apart(metric: str, cases: Cases, inside: Bools) -> Widening:
    """What few moments of many rows do to the difference of a metric between some rows and all others.

    What moments do to all rows alike is in both sides and cancels. What is left is summed by moment, moments count as
    independent, and the difference is never surer than that of independent rows.
    """
    pulls = pulls_of(metric, cases)
    if isinstance(pulls, Undefined) or cases.time is None:
        return NOT_WIDER
    both = np.zeros(cases.n)
    for side, sign in ((inside, 1.0), (~inside, -1.0)):
        rows = side & (np.abs(pulls) > 0)
        if not rows.any():
            return NOT_WIDER
        both[rows] = sign * (pulls[rows] - pulls[rows].mean()) / np.count_nonzero(rows)
    sums, plain = group_sums(both, cases.time), float(both @ both)
    moments = len(sums)
    between = moments / (moments - 1) * float(sums @ sums)
    return Widening(math.sqrt(max(1.0, between / plain)), float(moments - 1)) if plain > 0 else NOT_WIDER


def provable_windows(overall: Inference, limit: float, *, factor: float = 1.0, alpha: float = 0.05) -> int:
    """The most windows, 10 to 2, of which all would be *met* with chance 80 % if no window were worse; 0: not even 2.

    Args:
        overall: the metric on all rows.
        limit: the deficit that must be excluded, in the unit of the metric.
        factor: 1; where inside - factor · outside is compared with 0, 1 + the limit as a share.
        alpha: one-sided chance of a wrong *met*.
    """
    counts = range(MOST_WINDOWS, FEWEST_WINDOWS - 1, -1)
    enough = (k for k in counts if overall.n >= k * FEWEST_ROWS and reach(overall, k, factor, alpha) <= limit)
    return next(enough, 0)


def rows_for_two(overall: Inference, limit: float, *, factor: float = 1.0, alpha: float = 0.05) -> int:
    """About how many rows of the metric's denominator would make two windows provable."""
    ratio = reach(overall, FEWEST_WINDOWS, factor, alpha) / limit if limit > 0 else math.inf
    least = FEWEST_WINDOWS * FEWEST_ROWS
    return max(least, math.ceil(overall.n * ratio**2)) if math.isfinite(ratio) else least


def reach(overall: Inference, count: int, factor: float, alpha: float) -> float:
    """The deficit that is excluded in all of `count` windows with chance 80 %, when none of them is worse.

    With a K-th of the rows the error of a window is root K times that of all rows, and that of all other rows
    root K/(K-1) times.
    """
    arm = max(overall.value - overall.lower(alpha), overall.upper(alpha) - overall.value)
    error = arm / normal_quantile(alpha) * math.sqrt(count + factor**2 * count / (count - 1))
    return error * (normal_quantile(alpha) + normal_quantile(1 - SEGMENT_POWER ** (1 / count)))
