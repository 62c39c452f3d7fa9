"""Calibration: how far predicted probabilities are from the shares that come true, without the chance part.

The plain binned error is above 0 for a perfect model, too: on average 0.12 with 100 rows and 15 bins. Here the squared
difference of each bin is freed of its own sampling variance (Bröcker 2012; Kumar, Liang and Ma 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import chndtr, chndtrinc, expit, logit, ndtr

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.dependence import (
    MOST_BUCKETS,
    MOST_TERMS,
    TERMS_FACTOR,
    TERMS_POWER,
    Dependence,
    standard_error,
)
from readiness.statistics.inference import Inference, OneSided, normal_quantile, student_quantile
from readiness.statistics.intervals import Binomial, Normal, OrderStatistic
from readiness.statistics.means import REFERENCE_ALPHA, mean_of, weighted_share

MOST_BINS, ROWS_OF_A_BIN = 15, 50
"""As many bins of equal size as leave 50 rows in each, and never more than 15."""
MOST_NONCENTRAL = 1e5
"""Above this index the square root of a noncentral chi-square is as good as normal."""


@dataclass(frozen=True, eq=False)  # no slots: cached properties need a place
class Probabilities:
    """Probabilities that were given, and what came true; arrays of n rows."""

    given: Floats
    came_true: Floats
    """1 or 0."""
    weight: Floats
    """With mean 1."""
    dependence: Dependence
    descending: Integers | None = None
    """Positions of the rows by descending probability, where they are known."""

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.given)

    @cached_property
    def ranked(self) -> Floats:
        """The probabilities in ascending order."""
        return np.sort(self.given) if self.descending is None else self.given[self.descending[::-1]]

    @cached_property
    def bins(self) -> Integers:
        """The bin of each row, in which the calibration error looks at it; 0 on."""
        return equal_bins(self.given, max(1, min(MOST_BINS, self.n // ROWS_OF_A_BIN)), self.ranked)


@dataclass(frozen=True, slots=True)
class CalibrationError(OneSided):
    """Root of the mean squared difference between probability and share over bins, freed of its chance part.

    The plain squared error is taken for scale · noncentral chi-square with `chance / scale` degrees of freedom, which
    has the mean that is due: true squared error plus chance part. The limits are the true errors at which the one seen
    is just credible; the lower one is 0 unless a perfect model would seldom show so large an error. A form of its own
    for the reason of `drift.StabilityIndex`, with weights, dependence and large errors that a drift has not.
    """

    squared: float
    """Plain mean squared difference."""
    noise: float
    """What chance alone adds to it, as estimated without bias."""
    chance: float
    """The same, never less than a perfect model would show: used for the limits."""
    scale: float
    """Above 0."""
    n: int
    method: str = "binned error freed of chance (Kumar, Liang and Ma 2019), noncentral chi-square limits"

    @property
    def value(self) -> float:
        """0 to 1."""
        return math.sqrt(max(0.0, self.squared - self.noise))

    def lower(self, alpha: float) -> float:
        """The error below which so large a plain error has a chance of less than `alpha`."""
        return min(self.value, self._error(1 - alpha, self.squared))

    def upper(self, alpha: float) -> float:
        """The error above which so small a plain error has a chance of less than `alpha`; a plain error below its
        chance part counts as that part, as no sample proves perfection.
        """
        return min(1.0, max(self.value, self._error(alpha, max(self.squared, self.chance))))

    def _error(self, chance: float, squared: float) -> float:
        index, df = squared / self.scale, self.chance / self.scale
        if index > MOST_NONCENTRAL:
            middle = math.sqrt(index) + normal_quantile(chance)
            return math.sqrt(max(0.0, middle**2 - df) * self.scale)
        if float(chndtr(index, df, 0.0)) <= chance:
            return 0.0
        return math.sqrt(float(chndtrinc(index, df, chance)) * self.scale)


def probabilities_of(cases: Cases) -> Probabilities | Missing:
    """The probabilities of the cases, put together once.

    Binary: the probability of the positive class. More classes: that of the predicted one, and whether it is right.

    Missing without probabilities, without rows and where some are missing.
    """
    if "probabilities" not in cases.remembered:
        cases.remembered["probabilities"] = _collect_probabilities(cases)
    found: Probabilities | Missing = cases.remembered["probabilities"]
    return found


def _collect_probabilities(cases: Cases) -> Probabilities | Missing:
    if cases.n == 0:
        return Missing("There are no rows.")
    if cases.y_score is None or not cases.is_probability or not cases.task.has_classes:
        return Missing("There are no predicted probabilities.", n=cases.n)
    if cases.task is Task.BINARY:
        given, true = cases.y_score, cases.y_true == 1
    else:
        given, true = cases.y_score[np.arange(cases.n), cases.y_pred], cases.y_true == cases.y_pred
    if not np.isfinite(given).all():
        return Missing("Some probabilities are missing or infinite.", n=cases.n)
    if not cases.relative_weight.any():
        return Missing("These rows have no weight.", n=cases.n)
    order = cases.descending if cases.task is Task.BINARY else None
    return Probabilities(given.astype(float), true.astype(float), cases.relative_weight, cases.dependence, order)


def equal_bins(given: Floats, bins: int, ranked: Floats) -> Integers:
    """Bin of each row, 0 on: as equal in size as ties allow, never empty. `ranked` is `given` in ascending order."""
    return bins_between(given, ranked[np.arange(1, bins) * len(given) // bins])


def bins_between(given: Floats, cuts: Floats) -> Integers:
    """Bin of each row between ascending cuts, each of which begins a bin; numbered 0 on without gaps."""
    places = np.searchsorted(cuts, given, side="right")
    used = np.bincount(places, minlength=len(cuts) + 1) > 0
    return np.asarray((np.cumsum(used) - 1)[places], dtype=np.int64)


def measure_calibration_error(cases: Cases) -> Inference | Missing:
    """Calibration error, 0 to 1, of a binary task, or of the predicted classes of one with more.

    Missing as `probabilities_of`, for fewer than two rows, and for fewer than two groups.
    """
    rows = probabilities_of(cases)
    if isinstance(rows, Missing):
        return rows
    if rows.n < 2 or (rows.dependence.units or 2) < 2:
        return Missing("There are too few rows to tell calibration from chance.", n=rows.n)
    bins = rows.bins
    mass, difference = _by_bin(rows, bins)
    root = np.sqrt(mass / rows.n)
    seen = root * difference
    covariance, df = _covariance(rows, bins)
    noise = covariance * np.outer(root, root)
    cautious = noise * (student_quantile(REFERENCE_ALPHA, df) / normal_quantile(REFERENCE_ALPHA)) ** 2
    least = _least_variance(rows, bins) * root**2
    np.fill_diagonal(cautious, np.maximum(cautious.diagonal(), least))
    chance, squared = float(np.trace(cautious)), float(seen @ seen)
    # the scale that gives chi-square the variance that is due, and never less than that along the errors seen
    along = float(seen @ cautious @ seen) / squared if squared > 0 else 0.0
    scale = max(float((cautious**2).sum()) / chance, along)
    return CalibrationError(squared, float(np.trace(noise)), chance, scale, rows.n)


def calibration_influence(cases: Cases) -> Floats | Missing:
    """Influence of each row on the calibration error, shape (n,), mean 0; zeros where the error itself is 0."""
    rows, error = probabilities_of(cases), measure_calibration_error(cases)
    if isinstance(rows, Missing) or isinstance(error, Missing):
        return rows if isinstance(rows, Missing) else Missing("There are too few rows.", n=cases.n)
    bins = rows.bins
    mass, difference = _by_bin(rows, bins)
    d, residual = difference[bins], rows.came_true - rows.given
    # derivative of the sum over bins of mass · d²: by the difference of the bin, and by the mass that moves into it
    pull = rows.weight * (2 * d * (residual - d) + d**2 - float(mass @ difference**2) / rows.n)
    return np.asarray(pull / (2 * error.value)) if error.value > 0 else np.zeros(cases.n)


def _by_bin(rows: Probabilities, bins: Integers) -> tuple[Floats, Floats]:
    """Weight of each bin, and its mean difference between what came true and what was given."""
    mass = np.bincount(bins, rows.weight).astype(np.float64)
    difference = np.bincount(bins, rows.weight * (rows.came_true - rows.given)).astype(np.float64)
    return mass, np.divide(difference, mass, out=np.zeros_like(mass), where=mass > 0)


def _covariance(rows: Probabilities, bins: Integers) -> tuple[Floats, float]:
    """Covariances of the differences of the bins, and their degrees of freedom; as `dependence.standard_error`."""
    mass, difference = _by_bin(rows, bins)
    k = len(mass)
    pull = rows.weight * (rows.came_true - rows.given - difference[bins])
    pull = np.divide(pull, mass[bins], out=np.zeros_like(pull), where=mass[bins] > 0)
    # bins of independent rows share none, so nothing but the diagonal is left
    if rows.dependence.codes is None:
        counts = np.bincount(bins, minlength=k)
        return np.diag(np.bincount(bins, pull**2, k) * counts / np.maximum(1, counts - 1)), math.inf
    pieces = np.unique(rows.dependence.codes, return_inverse=True)[1]
    units = int(pieces.max()) + 1
    if rows.dependence.is_serial and units > MOST_BUCKETS:
        pieces = pieces * MOST_BUCKETS // units
    sums = np.bincount(pieces * k + bins, pull).astype(np.float64)
    # one bincount over (unit, bin); the last units may lack the last bins, which are filled with zeros
    sums = np.append(sums, np.zeros(-len(sums) % k)).reshape(-1, k)
    if rows.dependence.is_serial:
        return _long_run(sums, units)
    return np.asarray(units / (units - 1) * sums.T @ sums), float(units - 1)


def _long_run(sums: Floats, moments: int) -> tuple[Floats, float]:
    """As `dependence.long_run_variance`, for several series at once."""
    from scipy.fft import dct

    terms = max(1, min(MOST_TERMS, len(sums) - 1, int(TERMS_FACTOR * moments**TERMS_POWER)))
    cosines = dct(sums, type=2, axis=0)[1 : terms + 1] / 2 * math.sqrt(2 / len(sums))
    return np.asarray(len(sums) / terms * cosines.T @ cosines), float(terms)


def _least_variance(rows: Probabilities, bins: Integers) -> Floats:
    """Variance of each difference under a perfect model, and never less than with one more hit and one more miss."""
    mass = np.bincount(bins, rows.weight)[bins]
    part = np.divide(rows.weight, mass, out=np.zeros(rows.n), where=mass > 0)
    squares = np.bincount(bins, part**2)
    worth = np.divide(1.0, squares, out=np.ones_like(squares), where=squares > 0)
    given = np.clip(rows.given, 0.0, 1.0)
    perfect = np.bincount(bins, part**2 * given * (1 - given))
    share = (np.bincount(bins, part * rows.came_true) * worth + 1) / (worth + 2)
    return np.asarray(np.maximum(perfect, share * (1 - share) / worth))


# In which way probabilities are wrong: too high, too sure of themselves, or no more than chance allows

NEAREST = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logarithms are taken."""
MOST_STEPS, CLOSE = 30, 1e-8
WARM_UP = 20_000
"""So many rows show where to start from, so that few steps need all of them."""
STEEPEST = 1e3
"""A slope beyond this means that the probabilities part the rows without a single exception."""
_SANDWICH = "logistic recalibration with a sandwich error (Cox 1958)"


def calibration_in_the_large(rows: Probabilities) -> Inference | Missing:
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


def recalibrate(rows: Probabilities) -> Recalibration | Missing:
    """Weighted maximum likelihood by Newton's steps.

    Missing when only one class came true, when all probabilities are alike, and when they part the classes fully.
    """
    y, w = rows.came_true, rows.weight
    if not 0 < float(w @ y) < float(w.sum()) * (1 - 1e-12):
        return Missing("Only one of the two outcomes came true.", n=rows.n)
    x = logit(np.clip(rows.given, NEAREST, 1 - NEAREST))
    if np.ptp(x) < 1e-9:
        return Missing("All probabilities are alike, so there is no slope.", n=rows.n)
    few = slice(None, None, max(1, rows.n // WARM_UP))
    near = _newton(x[few], y[few], w[few]) if rows.n > 2 * WARM_UP else None
    found = _newton(x, y, w, IDENTITY if near is None else near[0])
    if found is None:
        return Missing("The probabilities part the two classes without exception, so the slope has no limit.", n=rows.n)
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
        # a full step overshoots where nearly all probabilities are near 0 or 1; as the likelihood is concave, some
        # part of it always improves
        for halving in range(10):
            tried = line + step / 2**halving
            score = tried[0] + tried[1] * x
            fit = float((w * y) @ score - w @ np.logaddexp(0, score))
            if fit >= best:
                break
        line, best = tried, fit
        p = expit(score)
        # score and information of the logistic likelihood in intercept and slope
        spread, pull = w * p * (1 - p), w * (y - p)
        mixed = float(spread @ x)
        information = np.array([[float(spread.sum()), mixed], [mixed, float((spread * x) @ x)]])
        # of classes that are parted fully the likelihood rises for ever, and the information vanishes on the way
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


def brier_excess(rows: Probabilities) -> BrierExcess | Missing:
    """Spiegelhalter's test; Missing where every probability is 0, 1 or a half, so that nothing could differ."""
    p, w = rows.given, rows.weight
    each = (rows.came_true - p) * (1 - 2 * p)
    value = float(w @ each) / rows.n
    own = math.sqrt(float(w**2 @ ((1 - 2 * p) ** 2 * np.clip(p * (1 - p), 0, None)))) / rows.n
    se, df = own, math.inf
    if rows.dependence.codes is not None:
        se, df = standard_error(w * (each - value), rows.dependence)
    if not 0 < se < math.inf:
        return Missing("The probabilities leave no room for chance, so the test does not exist.", n=rows.n)
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


# Intervals that come with predictions: how often they hold, and how wide an honest band would be


def coverage(cases: Cases, low: Floats, high: Floats) -> Inference | Missing:
    """Share of rows whose true value lies inside [low, high], arrays of n rows."""
    if cases.n == 0:
        return Missing("There are no rows.")
    inside = ((low <= cases.y_true) & (cases.y_true <= high)).astype(float)
    if cases.is_plain:
        return Binomial(float(inside.sum()), cases.n)
    if not cases.relative_weight.any():
        return Missing("These rows have no weight.", n=cases.n)
    return weighted_share(inside, cases)


def conformal_half_width(cases: Cases, level: float) -> Inference | Missing:
    """Half-width of a band around predictions that holds a further row with chance `level` or more.

    The ceil((n + 1) · level)-th smallest absolute residual (Vovk, Gammerman and Shafer 2005; Lei et al. 2018); its
    limits are those of the quantile that it stands for. Only for exchangeable rows that count alike.
    """
    n = cases.n
    rank = math.ceil((n + 1) * level - 1e-9)
    if not cases.is_plain:
        return Missing("Rows that depend on each other or count differently allow no such band.", n=n)
    if rank > n:
        return Missing(f"{n:,} rows are too few: at least {math.ceil(level / (1 - level) - 1e-9):,} are needed.", n=n)
    size = np.sort(np.abs(cases.y_true - cases.y_pred).astype(float))
    quantile = min(rank / n, 1 - 1e-12)
    return OrderStatistic(size, quantile, "split-conformal rank (Vovk et al. 2005), limits with binomial ranks")
