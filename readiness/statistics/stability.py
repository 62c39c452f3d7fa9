"""Stability: fold scores, their corrected mean, churn of predictions, windows of time and trend."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from readiness.core import policy
from readiness.core.missing import Missing
from readiness.core.policy import FEWEST_WINDOWS, MOST_WINDOWS, SEGMENT_POWER
from readiness.statistics.cases import Array, Cases, Floats, Integers
from readiness.statistics.dependence import (
    INDEPENDENT,
    Dependence,
    group_sums,
    is_panel,
    long_run_variance,
    standard_error,
    unknown_error,
)
from readiness.statistics.estimators import Metric, influence, measure
from readiness.statistics.inference import Inference, Mapped, Wrapped, normal_quantile, student_quantile, within_0_and_1
from readiness.statistics.intervals import Binomial, Mover, Normal, Unvaried
from readiness.statistics.losses import row_losses, unusable
from readiness.statistics.means import mean_of
from readiness.statistics.ranking import query_pulls

SPREAD = 1.96
"""Normal quantile of the range that 95 of 100 folds are expected in."""
NADEAU_BENGIO = "corrected t-interval of the mean over folds (Nadeau and Bengio 2003)"


@dataclass(frozen=True, slots=True)
class FoldFacts:
    """How the fold scores lie; all of it depends on the size of the folds and says little of the model's stability."""

    mean: float
    std: float
    """Sample standard deviation (n - 1)."""
    smallest: float
    largest: float
    low: float
    """mean - 1.96 std, or the lowest value there can be: range to expect of one fold; not an interval of the mean."""
    high: float
    grade: str
    """Grade of the standard deviation, or of its share of the mean: excellent, good, warning or unstable."""

    @property
    def range(self) -> float:
        """Largest minus smallest."""
        return self.largest - self.smallest

    @property
    def coefficient_of_variation(self) -> float:
        """Std as a share of the mean; infinite for a mean of 0."""
        return self.std / abs(self.mean) if self.mean else math.inf


def fold_facts(
    scores: Floats, *, ends: tuple[float, float] = (-math.inf, math.inf), relative: bool = False
) -> FoldFacts:
    """Facts of at least two fold scores of any shape.

    Args:
        scores: one score for each fold.
        ends: the lowest and the highest value that a score can have.
        relative: whether the grade is that of the standard deviation as a share of the mean, for errors without a
            fixed scale.
    """
    flat = np.asarray(scores, dtype=float).ravel()
    mean, std = float(flat.mean()), float(flat.std(ddof=1))
    low, high = max(ends[0], mean - SPREAD * std), min(ends[1], mean + SPREAD * std)
    grade = spread_grade(std / abs(mean) if relative and mean else std)
    return FoldFacts(mean, std, float(flat.min()), float(flat.max()), low, high, grade)


def spread_grade(spread: float) -> str:
    """Grade of a standard deviation between 0 and 1: excellent, good, warning or unstable."""
    return next((name for limit, name in policy.FOLD_STD_GRADES if spread < limit), "unstable")


def corrected_mean(
    scores: Floats, *, n_train: float, n_test: float, ends: tuple[float, float] = (0.0, 1.0)
) -> Inference | Missing:
    """Mean of repeated cross-validation scores: se = S · sqrt(1/J + n_test/n_train), Student with J - 1 degrees.

    It speaks of the procedure that fits the model, not of the one fitted model (Bates, Hastie and Tibshirani 2023).

    Args:
        scores: one score for each fold of each repeat, any shape, J in total.
        n_train: mean number of training rows of a fold.
        n_test: mean number of test rows of a fold.
        ends: the lowest and the highest value that a score can have; limits are cut off there.
    """
    flat = np.asarray(scores, dtype=float).ravel()
    if len(flat) < 2 or not np.isfinite(flat).all():
        return Missing("Fewer than two folds could be scored.", n=len(flat))
    mean, std = float(flat.mean()), float(flat.std(ddof=1))
    least, most = ends
    if std < 1e-12 * max(1.0, abs(mean)):
        return Unvaried(mean, max(1, round(n_test)), len(flat), least, most)
    se = std * math.sqrt(1 / len(flat) + n_test / n_train)
    return Normal(mean, se, len(flat) - 1.0, len(flat), "identity", NADEAU_BENGIO, least, most)


def half_width(inference: Inference, level: float) -> float:
    """The longer arm of the two-sided interval: half its width, unless one end was cut off at 0 or 1."""
    low, high = inference.interval(level)
    return max(high - inference.value, inference.value - low)


def churn(labels: Array, dependence: Dependence = INDEPENDENT) -> Inference | Missing:
    """Share of rows whose predicted label differs between two refits, averaged over all pairs of refits.

    Chance error of the rows (rare differences, Fay and Feuer 1997) and of the refits (delete-one jackknife) are added
    by MOVER (Milani Fard et al. 2016 for the measure).

    Args:
        labels: predicted labels, shape (refits, rows), each row predicted once by every refit.
        dependence: what makes the rows depend on each other.
    """
    refits, rows = labels.shape
    if refits < 2 or rows == 0:
        return Missing("There are fewer than two refits to compare.", n=rows)
    by_row, by_pair = np.zeros(rows), np.zeros((refits, refits))
    for r, s in combinations(range(refits), 2):
        differs = labels[r] != labels[s]
        by_row += differs
        by_pair[r, s] = by_pair[s, r] = float(differs.mean())
    share = mean_of(by_row / math.comb(refits, 2), dependence, least=0.0, most=1.0)
    if isinstance(share, Missing) or refits < 3:
        return share
    spread = Normal(0.0, _jackknife(by_pair), refits - 1.0, rows)
    return Mapped(Mover(share, spread), within_0_and_1, note=" and jackknife over the refits")


def mean_change(values: Floats, dependence: Dependence = INDEPENDENT) -> Inference | Missing:
    """Mean absolute difference between the predicted values of two refits, over rows and all pairs of refits.

    Args:
        values: predicted values, shape (refits, rows).
        dependence: what makes the rows depend on each other.
    """
    refits, rows = values.shape
    if refits < 2 or rows == 0:
        return Missing("There are fewer than two refits to compare.", n=rows)
    ordered = np.sort(values, axis=0)
    # The sum over pairs of sorted values: the k-th of R is added k times and taken off R - 1 - k times.
    pulls = 2.0 * np.arange(refits) - (refits - 1)
    return mean_of(np.asarray(pulls @ ordered) / math.comb(refits, 2), dependence, least=0.0)


def _jackknife(by_pair: Floats) -> float:
    """Standard error of the mean over pairs when refits are left out one at a time."""
    refits = len(by_pair)
    total = by_pair.sum() / 2
    without = (total - by_pair.sum(axis=1)) / math.comb(refits - 1, 2)
    return math.sqrt((refits - 1) / refits * float(((without - without.mean()) ** 2).sum()))


# The trend of a metric from the first row to the last: a straight line through what each row adds to it

FEWEST_TIMES = 10
"""Below so many different times a line through them says little."""
LEAST_SQUARES = "least squares on the place in time, error from {error}"
LONG_RUN = "the long-run variance (Lazarus et al. 2018)"
GROUPED = "sums by group (Liang and Zeger 1986)"


def decline(metric: str, cases: Cases, *, relative: bool = False) -> Inference | Missing:
    """By how much the metric gets worse from the first to the last row on a straight line; negative: it gets better.

    Each row's part in the metric (its loss or influence) is laid against its place in time from 0 to 1. The slope has
    the row influences (x - mean x) · residual / variance of x, whose error allows for rows that depend on each other.

    Args:
        metric: name of a metric.
        cases: rows with their ranks in time.
        relative: as a share of the metric on all rows, for errors without a fixed scale.
    """
    overall, parts = measure(metric, cases), influence(metric, cases)
    if isinstance(overall, Missing):
        return overall
    if isinstance(parts, Missing):
        return parts
    if cases.time is None or len(np.unique(cases.time)) < FEWEST_TIMES:
        return Missing(f"there are fewer than {FEWEST_TIMES} different times", n=cases.n)
    if relative and overall.value <= 0:
        return Missing("there is no error that could grow", n=cases.n)
    place = places_in_time(cases.time)
    centred = place - place.mean()
    spread = float(centred @ centred)
    slope = float(centred @ parts) / spread
    pulls = centred * (parts - parts.mean() - slope * centred) * (cases.n / spread)
    scale = 1.0
    if relative:
        scale = 1 / overall.value
        pulls = pulls - slope * scale * parts
    se, df = standard_error(pulls * scale, cases.dependence)
    if not 0 < se < math.inf:
        return Missing("no row differs from the others, so no trend can be told", n=cases.n)
    sign = -1.0 if cases.metric(metric).greater_is_better else 1.0
    method = LEAST_SQUARES.format(error=LONG_RUN if cases.dependence.is_serial else GROUPED)
    return Normal(sign * slope * scale, se, df, cases.n, "identity", method)


def places_in_time(time: Integers) -> Floats:
    """The place of each row in the order of time, 0 to 1; rows of one moment share the middle of theirs."""
    _, codes, counts = np.unique(time, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    middle = (before + (counts - 1) / 2)[codes]
    return np.asarray(middle / max(1, len(time) - 1), dtype=np.float64)


# Windows of time: which rows fall into them, how sure a metric is in one, and how many can be proven
#
# Windows follow each other and hold as many rows each as can be, because rows of one moment stay together.

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

    def factor_at(self, alpha: float) -> float:
        """By what the distance of a one-sided limit is multiplied."""
        return self.ratio * student_quantile(alpha, self.df) / normal_quantile(alpha)


NOT_WIDER = Widening()


@dataclass(frozen=True, slots=True)
class Widened(Wrapped):
    """An inference of independent rows with its limits moved away from the value.

    No function of the inner limits alone, as `Mapped` is: by how much they move depends on the level that is asked for.
    """

    widening: Widening
    least: float = -math.inf
    most: float = math.inf

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
        by = self.widening.factor_at((1 - level) / 2)
        return self._move(low, by), self._move(high, by)

    def lower(self, alpha: float) -> float:
        """The inner limit, moved down."""
        return self._move(self.inner.lower(alpha), self.widening.factor_at(alpha))

    def upper(self, alpha: float) -> float:
        """The inner limit, moved up."""
        return self._move(self.inner.upper(alpha), self.widening.factor_at(alpha))

    def _move(self, limit: float, by: float) -> float:
        return min(self.most, max(self.least, self.value + by * (limit - self.value)))


def ends_of(metric: Metric) -> tuple[float, float]:
    """The lowest and the highest value of a metric; nobody knows them of a user's own."""
    return (-math.inf, math.inf) if metric.needs == "own" else metric.ends


def widen(found: Inference | Missing, by: Widening, *, ends: tuple[float, float]) -> Inference | Missing:
    """The same number with wider limits, none beyond the values that there can be; a share of rows stays one, of fewer
    rows.
    """
    if isinstance(found, Missing) or by is NOT_WIDER:
        return found
    if isinstance(found, Binomial):
        return replace(found, deff=found.deff * by.ratio**2, df=min(found.df, by.df))
    # the share below F1 is widened, not F1: its limits then stay between 0 and 1 by themselves
    if isinstance(found, Mapped) and isinstance(found.inner, Binomial):
        inner = widen(found.inner, by, ends=(0.0, 1.0))
        return found if isinstance(inner, Missing) else replace(found, inner=inner)
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
    if isinstance(pulls, Missing):
        return NOT_WIDER
    if is_of_few_moments(cases):
        (serial, df), plain = standard_error(pulls, cases.dependence), standard_error(pulls)[0]
        return Widening(max(1.0, serial / plain), df) if 0 < plain < math.inf else NOT_WIDER
    # around the mean of each part, so that the decline that is looked for is not taken for dependence
    codes = windows(cases.time, max(1, min(MOST_WINDOWS, cases.n // PART_ROWS)))
    found = [_variances(pulls[codes == code], cases.time[codes == code]) for code in range(int(codes.max()) + 1)]
    known = [(serial / plain, df) for plain, serial, df in found if 0 < plain < math.inf and serial < math.inf]
    if not known:
        return NOT_WIDER
    terms = float(np.mean([df for _, df in known]))
    # the median of chi-square over its degrees is about (1 - 2/(9 df))³ (Wilson and Hilferty 1931), not 1
    middle = float(np.median([ratio for ratio, _ in known])) / (1 - 2 / (9 * terms)) ** 3
    return Widening(math.sqrt(max(1.0, middle)), max(1.0, MEDIAN_EFFICIENCY * terms * len(known)))


def pulls_of(metric: str, cases: Cases) -> Floats | Missing:
    """Influence of each row on a metric, shape (n,); of a mean over queries, of each query at its first row; of a
    median, by whether the row lies above it. Missing for metrics of the user's own.
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
    if isinstance(pulls, Missing):
        return "how much rows that are close in time depend on each other is not known for this metric"
    return unknown_error(cases.dependence, pulls)


def _variances(pulls: Floats, time: Integers) -> tuple[float, float, float]:
    """Of the mean of some rows: as independent ones, in the order of time, and the terms that this one rests on."""
    around = pulls - pulls.mean()
    sums = group_sums(around, time)
    serial, df = long_run_variance(sums) if len(sums) > 1 else (math.inf, 1.0)
    return standard_error(around)[0] ** 2, serial / len(around) ** 2, df


def without_order(cases: Cases) -> Cases:
    """The same rows without their order, where it is order alone that makes them depend on each other."""
    return replace(cases, time=None) if cases.dependence.is_serial else cases


def rows_for_windows(cases: Cases) -> Cases:
    """The rows as windows of time compare them: where moments are few and hold many rows each, what a moment did is a
    fact about that moment, and only its rows are left to chance; else as they are.
    """
    return without_order(cases) if is_of_few_moments(cases) else cases


def is_of_few_moments(cases: Cases) -> bool:
    """Whether the rows are many in each of few moments (see `panels`)."""
    return cases.dependence.is_serial and is_panel(cases.n, cases.dependence.units or 0)


def widening_apart(metric: str, cases: Cases, inside: Bools) -> Widening:
    """What few moments of many rows do to the difference of a metric between some rows and all others.

    What moments do to all rows alike is in both sides and cancels. What is left is summed by moment, moments count as
    independent, and the difference is never surer than that of independent rows.
    """
    pulls = pulls_of(metric, cases)
    if isinstance(pulls, Missing) or cases.time is None:
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
    enough = (
        k for k in counts if overall.n >= k * FEWEST_ROWS and excluded_deficit(overall, k, factor, alpha) <= limit
    )
    return next(enough, 0)


def rows_for_two(overall: Inference, limit: float, *, factor: float = 1.0, alpha: float = 0.05) -> int:
    """About how many rows of the metric's denominator would make two windows provable."""
    ratio = excluded_deficit(overall, FEWEST_WINDOWS, factor, alpha) / limit if limit > 0 else math.inf
    least = FEWEST_WINDOWS * FEWEST_ROWS
    return max(least, math.ceil(overall.n * ratio**2)) if math.isfinite(ratio) else least


def excluded_deficit(overall: Inference, count: int, factor: float, alpha: float) -> float:
    """The deficit that is excluded in all of `count` windows with chance 80 %, when none of them is worse.

    With a K-th of the rows the error of a window is root K times that of all rows, and that of all other rows
    root K/(K-1) times.
    """
    arm = max(overall.value - overall.lower(alpha), overall.upper(alpha) - overall.value)
    error = arm / normal_quantile(alpha) * math.sqrt(count + factor**2 * count / (count - 1))
    return error * (normal_quantile(alpha) + normal_quantile(1 - SEGMENT_POWER ** (1 / count)))
