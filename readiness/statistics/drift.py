"""Drift of a column: the population stability index with an interval that knows its sample size; tests of two samples.

The population stability index is sum (p - q) ln(p / q) over bins. In small samples it is large without any drift
((bins - 1)(1/n + 1/m) on average), so a bare "PSI > 0.1" is a verdict on the sample size. PSI / (1/n + 1/m) follows a
chi-square with bins - 1 degrees without drift (Yurdakul 2018) and nearly a noncentral one with drift: simulated, its
one-sided 5 % bounds miss in 4 to 7 % of samples for n, m from 100 to 10,000, ten bins, true PSI from 0 to 0.5.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, chndtr, chndtrinc
from threadpoolctl import threadpool_limits

from readiness.core.format import format_edges
from readiness.core.missing import Missing
from readiness.core.policy import DRIFT_BINS
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.dependence import Dependence, equal_groups, standard_error
from readiness.statistics.inference import Inference, OneSided, normal_quantile
from readiness.statistics.intervals import Normal, Unvaried
from readiness.statistics.scores import roc_auc

TOP_CATEGORIES = 20
"""Categories with a bin of their own; rarer ones share one."""
SMOOTHING = 0.5
"""Rows added to each bin: keeps the size of the test near 5 %, where a floor of 0.0001 gives 7 to 20 %."""
FEW_GROUPS = 30
"""Below so many groups their spread is not known well enough."""
MISSING = "missing"
OTHER = "other categories"
UNSEEN = "found in no other reference row"
UNCLEAR = frozenset({"", "nan", "none", "nat", "null", "<na>", "inf", "-inf"})
"""Texts, in small letters, that look as if there were none; they are put in quotation marks."""


@dataclass(frozen=True, slots=True)
class StabilityIndex(OneSided):
    """PSI less what chance alone adds; limits from the noncentral chi-square distribution.

    A form of its own: a sum of squares that cannot be below 0 and is skewed where it matters, near 0, on every scale.
    """

    raw: float
    """The customary PSI, with half a row added to each bin."""
    bins: int
    n_reference: int
    n_current: int
    method: str = "noncentral chi-square interval of the PSI less its chance part"

    @property
    def value(self) -> float:
        """max(0, PSI - its mean without drift)."""
        return max(0.0, self.raw - self.by_chance)

    @property
    def by_chance(self) -> float:
        """Mean of the PSI without any drift."""
        return (self.bins - 1) * self._scale

    @property
    def n(self) -> int:
        """Rows of the smaller side."""
        return min(self.n_reference, self.n_current)

    @property
    def p_value(self) -> float:
        """Chance of so large a PSI without drift."""
        return float(chdtrc(self.bins - 1, self.raw / self._scale))

    def lower(self, alpha: float) -> float:
        """Lower limit, 0 or more."""
        return min(self.value, self._noncentrality(1 - alpha, self.raw))

    def upper(self, alpha: float) -> float:
        """Upper limit; an index below its mean without drift counts as that mean, as no sample proves identity."""
        return self._noncentrality(alpha, max(self.raw, self.by_chance))

    @property
    def _scale(self) -> float:
        return 1 / self.n_reference + 1 / self.n_current

    def _noncentrality(self, chance: float, raw: float) -> float:
        """PSI at which an index of at most `raw` has this chance."""
        index, df = raw / self._scale, self.bins - 1
        if float(chndtr(index, df, 0.0)) <= chance:
            return 0.0
        return float(chndtrinc(index, df, chance)) * self._scale


@dataclass(frozen=True, slots=True)
class Drift:
    """One column now against the reference."""

    index: StabilityIndex
    cramers_v: float
    """Strength of the association between side and bin, 0 to 1 (Cramér 1946)."""
    bins: tuple[str, ...]
    reference_share: tuple[float, ...]
    current_share: tuple[float, ...]

    @property
    def p_value(self) -> float:
        """Chance of so large a PSI without drift."""
        return self.index.p_value


def numeric_drift(
    reference: Floats,
    current: Floats,
    bins: int = DRIFT_BINS,
    *,
    write: Callable[[Sequence[float]], list[str]] = lambda edges: format_edges(edges, 4),
) -> Drift | Missing:
    """Drift of a numeric column, in bins between the reference's quantiles; missing values are a bin of their own.

    Args:
        reference: training values, nan where missing.
        current: values now, nan where missing.
        bins: number of quantile bins; values that fill a whole bin get one of their own.
        write: puts ascending values into words.
    """
    known, now = reference[~np.isnan(reference)], current[~np.isnan(current)]
    edges = quantile_edges(known, bins)
    names = _names(edges, write)
    counts = [
        np.append(np.bincount(np.searchsorted(edges, side), minlength=len(edges) + 1), len(whole) - len(side))
        for side, whole in ((known, reference), (now, current))
    ]
    return drift_of_counts([*names, MISSING], counts[0].astype(float), counts[1].astype(float))


def _names(edges: Floats, write: Callable[[Sequence[float]], list[str]]) -> list[str]:
    """What the bins between the edges are called; of the pair of edges around a spike only the spike itself is said."""
    values = edges.tolist()
    spikes: dict[float | None, float] = {
        low: high for low, high in pairwise(values) if math.nextafter(high, -math.inf) == low
    }
    said = [value for value in values if value not in spikes]
    words: dict[float | None, str] = dict(zip(said, write(said), strict=True))
    names = []
    for low, high in pairwise([None, *values, None]):
        if low in spikes and high is not None:
            names.append(f"exactly {words[high]}")
            continue
        end = f"up to {words[high]}" if high in words else ""
        end = f"below {words[spikes[high]]}" if high in spikes else end
        start = f"above {words[low]}" if low in words else ""
        names.append(f"{start} and {end}" if start and end else start or end or "all values")
    return names


def quantile_edges(values: Floats, bins: int) -> Floats:
    """Inner edges of quantile bins (right end belongs to the bin), with spikes cut out into bins of their own."""
    if len(values) == 0:
        return np.empty(0)
    quantiles = np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf")
    edges, times = np.unique(quantiles, return_counts=True)
    return np.union1d(edges, np.nextafter(edges[times > 1], -math.inf))


def categorical_drift(reference: Iterable[object], current: Iterable[object]) -> Drift | Missing:
    """Drift of a column of categories; rare ones share a bin, so do those that no other reference row has.

    A value that is met once in the reference counts there as one that no other row has: of values that hardly come
    twice as many would else be new by chance (Good 1953).
    None, nan and pandas' missing values count as missing.
    """
    before, now = Counter(map(_category, reference)), Counter(map(_category, current))
    top = [name for name, _ in sorted(before.items(), key=lambda item: (-item[1], item[0])) if name != MISSING]
    if len(top) > TOP_CATEGORIES:
        top = [name for name in top[:TOP_CATEGORIES] if before[name] > 1]
    own = {name: name for name in (*top, MISSING)}
    sides: list[Counter[str]] = []
    for side, least in ((before, 2), (now, 1)):
        binned: Counter[str] = Counter()
        for name, count in side.items():
            binned[own.get(name, OTHER if before[name] >= least else UNSEEN)] += count
        sides.append(binned)
    names = [*top, OTHER, UNSEEN, MISSING]
    counts = [np.array([float(side[name]) for name in names]) for side in sides]
    return drift_of_counts(names, counts[0], counts[1])


def _category(value: object) -> str:
    missing = value is None or type(value).__name__ in ("NAType", "NaTType") or value != value
    text = str(value)
    is_unclear = text in (MISSING, OTHER, UNSEEN) or text.strip().casefold() in UNCLEAR
    return MISSING if missing else f"“{text}”" if is_unclear else text


def drift_of_counts(names: Sequence[str], reference: Floats, current: Floats) -> Drift | Missing:
    """Drift between two tables of counts over the same bins; bins that are empty on both sides are dropped."""
    n, m = float(reference.sum()), float(current.sum())
    if n == 0 or m == 0:
        return Missing("There are no rows to compare.")
    used = reference + current > 0
    labels = tuple(name for name, kept in zip(names, used.tolist(), strict=True) if kept)
    before, now = reference[used], current[used]
    bins = max(2, len(labels))
    p, q = (
        (np.pad(side, (0, bins - len(side))) + SMOOTHING) / (side.sum() + SMOOTHING * bins) for side in (before, now)
    )
    raw = float(((p - q) * np.log(p / q)).sum())
    return Drift(
        StabilityIndex(raw, bins, int(n), int(m)),
        _cramers_v(before, now),
        labels,
        tuple((before / n).tolist()),
        tuple((now / m).tolist()),
    )


def _cramers_v(before: Floats, now: Floats) -> float:
    table = np.stack((before, now))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return math.sqrt(float(((table - expected) ** 2 / expected).sum()) / float(table.sum()))


def rows_worth(bins: Integers, groups: Integers | None) -> int:
    """How many independent rows say as much of the shares of `bins` as these, shape (n,), that come in groups.

    n over the mean design effect of the shares, never below 1 (first-order correction of Rao and Scott 1981); all rows
    without groups, and one for each group where these are few: ten groups of 100 rows with an intra-class correlation
    of .5, without any drift, else pass a 0.2 % limit in 2 % of samples.
    """
    n = len(bins)
    if groups is None or n == 0:
        return n
    places = np.unique(groups, return_inverse=True)[1]
    count, width = int(places.max()) + 1, int(bins.max()) + 1
    if count < FEW_GROUPS:
        return count
    sizes = np.bincount(places, minlength=count).astype(float)
    shares = np.bincount(bins, minlength=width) / n
    used = np.flatnonzero((shares > 0) & (shares < 1))
    if not len(used):
        return n
    total = 0.0
    for k in used.tolist():
        residuals = np.bincount(places, weights=bins == k, minlength=count) - shares[k] * sizes
        total += count / (count - 1) * float(residuals @ residuals) / (n * float(shares[k]))
    effect = total / max(1, len(used) - 1)
    return max(1, round(n / max(1.0, effect)))


# A two-sample test by a classifier: whether columns tell rows of one table from rows of another
#
# A classifier learns to tell the two samples apart; the area under its ROC curve on rows that it was not fitted on is
# 0.5 where both come from one distribution (Lopez-Paz and Oquab 2017; Kim, Ramdas, Singh and Wasserman 2021). Areas are
# taken within each fold and averaged: scores of different folds are on different scales, and pooled they pull the area
# down.

FOLDS = 3
MOST_FITTED = 10_000
"""Rows that each classifier is fitted on; the others of its folds are told apart by it all the same."""
FEWEST = 10
"""Rows that each sample needs, as any ranking does."""
ROUNDS, LEAVES, RATE = 25, 8, 0.25
"""Boosted trees with eight leaves: three columns may act together."""
SALT = 0x74776F
POWER = 0.80
_METHOD = "mean of the areas of each fold, logit scale"
_STEP = 0.001

Sides = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TwoSampleTest:
    """How well the rows of two samples are told apart."""

    area: Inference
    """Mean area under the ROC curve of the folds, 0 to 1."""
    chance: Floats
    """(n,): of each row the chance to be of the second sample, by a classifier that was not fitted on it; a row whose
    fold could not be used has the share of the second sample."""


def compare_samples(
    codes: Array, second: Sides, groups: Integers | None = None, *, seed: int
) -> TwoSampleTest | Missing:
    """Fit a classifier for each fold on the others, and see how well it tells the samples apart.

    Args:
        codes: bins of the columns, shape (n, p).
        second: (n,): whether a row is of the second sample.
        groups: (n,) codes of whatever rows belong to; the rows of a group stay in one fold.
        seed: of the folds and of the rows that are fitted.
    """
    many, few = int(np.count_nonzero(second)), int(np.count_nonzero(~second))
    if min(many, few) < FEWEST:
        return Missing(f"one of the tables has {min(many, few)} rows; it takes {FEWEST} to tell anything", n=many + few)
    rng = np.random.default_rng([seed, SALT])
    folds = _folds(second, groups, rng)
    chance = np.full(len(second), many / (many + few))
    influence, areas = np.zeros(len(second)), []
    parts = list(_parts(folds, second, rng))
    with threadpool_limits(limits=1):  # sums are then taken in the same order on every machine
        for held_out, fitted in parts:
            chance[held_out] = _chances(codes, second, fitted, held_out, seed)
    # an area in each fold, as scores of classifiers that were fitted on other rows are on no common scale
    for held_out, _ in parts:
        ranked = roc_auc(chance[held_out], second[held_out], None, np.argsort(-chance[held_out], kind="stable"))
        influence[held_out] = ranked.influence / len(held_out)
        areas.append(ranked.value)
    if not areas:
        return Missing("the rows belong to so few groups that none can be kept apart", n=many + few)
    pulls = influence * (len(second) / len(areas))
    return TwoSampleTest(_infer_area(float(np.mean(areas)), pulls, groups, many, few), chance)


def _folds(second: Sides, groups: Integers | None, rng: np.random.Generator) -> Integers:
    """Fold of each row: as many of either sample in each; whole groups where there are any."""
    if groups is not None:
        return np.asarray(rng.permutation(int(groups.max()) + 1)[groups] % FOLDS, dtype=np.int64)
    folds = np.empty(len(second), dtype=np.int64)
    for side in (second, ~second):
        rows = np.flatnonzero(side)
        folds[rng.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return folds


def _parts(folds: Integers, second: Sides, rng: np.random.Generator) -> Iterator[tuple[Integers, Integers]]:
    """Positions that are held out and those that are fitted, where both samples are among either."""
    for fold in range(FOLDS):
        held_out, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if len(others) > MOST_FITTED:
            others = np.sort(rng.choice(others, MOST_FITTED, replace=False))
        if all(0 < np.count_nonzero(second[rows]) < len(rows) for rows in (held_out, others)):
            yield held_out, others


def _chances(codes: Array, second: Sides, fitted: Integers, asked: Integers, seed: int) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier

    smallest = int(np.clip(len(fitted) // 50, 5, 20))
    model = HistGradientBoostingClassifier(
        max_iter=ROUNDS, max_leaf_nodes=LEAVES, learning_rate=RATE, min_samples_leaf=smallest, early_stopping=False,
        random_state=seed % 2**32,
    )  # fmt: skip
    model.fit(codes[fitted], second[fitted])
    return np.asarray(model.predict_proba(codes[asked])[:, 1], dtype=np.float64)


def _infer_area(value: float, influence: Floats, groups: Integers | None, many: int, few: int) -> Inference:
    n = many + few
    dependence = Dependence(groups)
    if not 1e-12 < value < 1 - 1e-12:
        return Unvaried(float(round(value)), min(many, few, dependence.units or n), n)
    se, df = standard_error(influence, dependence)
    # with few rows placements understate the error near 1, so the larger of both is taken
    return Normal(value, max(se, area_error(value, many, few)), math.inf if groups is None else df, n, "logit", _METHOD,
                  0.0, 1.0)  # fmt: skip


def area_error(area: float, many: int, few: int) -> float:
    """Standard error of an area under the ROC curve with so many rows on either side (Hanley and McNeil 1982)."""
    above, below = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (many - 1) * (above - area**2) + (few - 1) * (below - area**2)
    return math.sqrt(max(0.0, spread) / (many * few))


def detectable_area(many: int, few: int, bar: float, alpha: float) -> float | None:
    """The smallest area whose lower limit lies above `bar` with 80 % chance; None where not even 1 would do."""
    distance = normal_quantile(alpha) + normal_quantile(1 - POWER)
    for area in np.arange(bar + _STEP, 1.0, _STEP):
        error = area_error(float(area), many, few) / (area * (1 - area))
        if math.log(area / (1 - area)) - distance * error > math.log(bar / (1 - bar)):
            return round(float(area), 3)
    return None


# Importance weights: what would be measured if the rows were mixed as in another sample
#
# A row that is r times as frequent in the other sample counts r times (Shimodaira 2000); r = odds of a classifier that
# tells the samples apart, over the odds of their sizes (Bickel, Brückner and Scheffer 2007). Only columns that have to
# do with the answers take part: a column that moves and tells nothing of them adds chance error and removes none
# (Brookhart et al. 2006).

LEAST_EXPLAINED = 0.0025
"""Share of the variance of an answer, of the truth or of an error, above what chance explains, from which a column has
to do with it: a correlation of 0.05."""
RELATED_ALPHA = 0.002


def importance_weights(chance: Floats, first: int, second: int) -> Floats:
    """Weights of rows of the first sample, mean 1, shape (n,).

    Args:
        chance: (n,) chance of each row to be of the second sample, by a classifier that was not fitted on it.
        first: rows of the first sample among those that the classifiers were fitted on.
        second: those of the second.

    Ratios of densities, whose mean is 1 by their nature, are cut at sqrt(n) (Ionides 2008): no single row decides.
    """
    safe = np.clip(chance, 1e-9, 1 - 1e-9)
    ratio = safe / (1 - safe) * (first / second)
    cut = np.minimum(ratio, math.sqrt(len(ratio)))
    return np.asarray(cut / cut.mean() if len(cut) else cut)


def effective_rows(weights: Floats) -> float:
    """How many rows of equal weight say as much: (sum w)² / sum w² (Kish 1965)."""
    return equal_groups(weights)


def related_columns(codes: Array, outcomes: Floats) -> Integers:
    """Positions of the columns whose bins tell something of any outcome.

    Args:
        codes: bins of the columns, shape (n, p), from 0.
        outcomes: what is answered, what is true, and what went wrong, shape (n, q), finite.

    The correlation ratio of each outcome on the bins of a column, less what chance explains, (bins - 1) / n, must reach
    `LEAST_EXPLAINED`, and be more than chance makes of it (n times the ratio is about chi-square).
    """
    n = len(codes)
    spread = outcomes - outcomes.mean(axis=0)
    total = (spread**2).sum(axis=0)
    spread, total = spread[:, total > 0], total[total > 0]
    found = []
    for k in range(codes.shape[1]):
        counts = np.bincount(codes[:, k]).astype(float)
        used = counts > 0
        sums = np.array([np.bincount(codes[:, k], weights=column) for column in spread.T]).reshape(-1, len(counts))
        explained = (sums[:, used] ** 2 / counts[used]).sum(axis=1) / total
        bins = int(used.sum())
        is_more = (explained - (bins - 1) / n >= LEAST_EXPLAINED) & (chdtrc(bins - 1, n * explained) < RELATED_ALPHA)
        if bins > 1 and is_more.any():
            found.append(k)
    return np.asarray(found, dtype=np.int64)
