"""Differences among several groups: highest minus lowest, and lowest over highest, of one share in each group.

Which group is highest is not known beforehand. The side that says "this close at least" is the widest limit over all
pairs: it can only be wrong when the limit of the truly extreme pair is, so it needs no adjustment. The side that says
"this far apart at least" is the best of all pairs, and is adjusted for their number (Bonferroni). These are forms of
their own: one `Mover` holds one pair, and here are as many as there are pairs of groups, computed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.inference import Inference, OneSided
from readiness.statistics.intervals import Binomial
from readiness.statistics.labels import measure_table
from readiness.statistics.means import share_of

# Confusion matrices of many groups by one bincount


def confusion_by_group(cases: Cases, codes: Integers, groups: int) -> Floats:
    """Confusion matrix of each group, shape (groups, true, predicted); weighted where rows carry weights.

    Args:
        cases: classified rows.
        codes: group of each row, 0..groups-1, shape (n,).
        groups: number of groups, some of which may be empty.
    """
    k = cases.n_classes
    index = codes * (k * k) + cases.cell_codes
    weight = None if cases.weight is None else cases.relative_weight
    return np.bincount(index, weight, groups * k * k).astype(float).reshape(groups, k, k)


def measure_by_group(
    metric: str, cases: Cases, codes: Integers, groups: int
) -> tuple[tuple[Inference | Missing, Inference | Missing], ...]:
    """For each group a label metric inside it and among all other rows; for independent rows of equal weight.

    Raises:
        ValueError: the rows carry weights or depend on each other; measure the subsets instead.
    """
    if not cases.is_plain:
        raise ValueError("rows have weights or groups; use measure(metric, cases.subset(rows)) instead")
    tables = confusion_by_group(cases, codes, groups)
    binary, whole = cases.task is Task.BINARY, tables.sum(axis=0)
    return tuple(
        (measure_table(metric, table, binary=binary), measure_table(metric, whole - table, binary=binary))
        for table in tables
    )


# Measures of parity and their intervals

MEASURES = (
    "demographic_parity_ratio",
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalized_odds_difference",
)
"""Names and definitions are those of fairlearn (Bird et al. 2020)."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group and its share of something."""

    name: str
    share: Binomial


@dataclass(frozen=True, slots=True)
class GroupShares:
    """What is compared, each over the groups that have enough rows of its denominator."""

    selection: tuple[Group, ...]
    """Share of all rows that are predicted positive."""
    recall: tuple[Group, ...]
    false_positive_rate: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class _Compared(OneSided):
    groups: tuple[Group, ...]
    """At least two."""

    @property
    def n(self) -> int:
        """Rows of all groups."""
        return sum(group.share.n for group in self.groups)

    @property
    def method(self) -> str:
        """Name of the interval."""
        raise NotImplementedError

    @property
    def lowest(self) -> Group:
        """The group with the smallest share, the first of equals."""
        return min(self.groups, key=lambda group: group.share.value)

    @property
    def highest(self) -> Group:
        """The group with the largest share, the first of equals."""
        return max(self.groups, key=lambda group: group.share.value)

    def _limits(self, alpha: float) -> tuple[Floats, Floats, Floats]:
        """Shares with their lower and upper limits, each of shape (groups,)."""
        shares = [group.share for group in self.groups]
        p, low, high = np.array([(share.value, share.lower(alpha), share.upper(alpha)) for share in shares]).T
        return p, low, high

    @property
    def _ordered_pairs(self) -> int:
        return len(self.groups) * (len(self.groups) - 1)


@dataclass(frozen=True, slots=True)
class Spread(_Compared):
    """Highest minus lowest share, each pair of groups by MOVER on Clopper-Pearson limits (Zou and Donner 2008)."""

    @property
    def value(self) -> float:
        """The difference of the extremes, 0 to 1."""
        return self.highest.share.value - self.lowest.share.value

    @property
    def method(self) -> str:
        """MOVER."""
        return "widest of all pairs of groups, each by MOVER of Clopper-Pearson"

    def lower(self, alpha: float) -> float:
        """The largest lower limit of any ordered pair, adjusted for their number; at least 0."""
        p, low, high = self._limits(alpha / self._ordered_pairs)
        limits = p[:, None] - p[None, :] - np.hypot((p - low)[:, None], (high - p)[None, :])
        return max(0.0, float(limits.max()))

    def upper(self, alpha: float) -> float:
        """The largest upper limit of any two groups; at most 1."""
        p, low, high = self._limits(alpha)
        limits = p[:, None] - p[None, :] + np.hypot((high - p)[:, None], (p - low)[None, :])
        np.fill_diagonal(limits, 0.0)
        return min(1.0, float(limits.max()))


@dataclass(frozen=True, slots=True)
class LeastRatio(_Compared):
    """Lowest over highest share, each pair by MOVER-R on Clopper-Pearson limits (Donner and Zou 2012).

    At least one share is above 0.
    """

    @property
    def value(self) -> float:
        """The ratio of the extremes, 0 to 1."""
        return self.lowest.share.value / self.highest.share.value

    @property
    def method(self) -> str:
        """MOVER-R."""
        return "widest of all pairs of groups, each by MOVER-R of Clopper-Pearson"

    def lower(self, alpha: float) -> float:
        """The smallest lower limit of any two groups."""
        p, low, high = self._limits(alpha)
        top, bottom = p**2 - (p - low) ** 2, p**2 - (high - p) ** 2
        root = _larger_root(p, top, bottom)
        limits = np.divide(top[:, None], root, out=np.zeros_like(root), where=root > 0)
        np.fill_diagonal(limits, 1.0)
        return float(limits.min())

    def upper(self, alpha: float) -> float:
        """The smallest upper limit of any ordered pair, adjusted for their number; at most 1."""
        p, low, high = self._limits(alpha / self._ordered_pairs)
        top, bottom = p**2 - (high - p) ** 2, p**2 - (p - low) ** 2
        root = _larger_root(p, top, bottom)
        limits = np.divide(root, bottom[None, :], out=np.full_like(root, np.inf), where=bottom[None, :] > 0)
        np.fill_diagonal(limits, np.inf)
        return min(1.0, float(limits.min()))


def _larger_root(p: Floats, top: Floats, bottom: Floats) -> Floats:
    """Of B x² - 2 p_i p_j x + A = 0, times B: the limit of p_i / p_j is A over it, or it over B."""
    product = np.outer(p, p)
    return np.asarray(product + np.sqrt(np.maximum(0.0, product**2 - np.outer(top, bottom))))


@dataclass(frozen=True, slots=True)
class Widest(OneSided):
    """The larger of several spreads, such as that of recall and that of the false positive rate."""

    spreads: tuple[Spread, ...]

    @property
    def widest(self) -> Spread:
        """The larger one."""
        return max(self.spreads, key=lambda spread: spread.value)

    @property
    def value(self) -> float:
        """Of the larger one."""
        return self.widest.value

    @property
    def n(self) -> int:
        """Rows of all spreads."""
        return sum(spread.n for spread in self.spreads)

    @property
    def method(self) -> str:
        """That of the spreads."""
        return self.widest.method

    @property
    def bound_method(self) -> str:
        """That of the spreads."""
        return self.widest.method

    def lower(self, alpha: float) -> float:
        """The larger lower limit, adjusted for the number of spreads."""
        return max(spread.lower(alpha / len(self.spreads)) for spread in self.spreads)

    def upper(self, alpha: float) -> float:
        """The larger upper limit; wrong only when that of the truly larger spread is."""
        return max(spread.upper(alpha) for spread in self.spreads)


def group_shares(cases: Cases, codes: Integers, names: Sequence[str], *, least_rows: int) -> GroupShares:
    """Shares of each group of binary rows, of those with at least `least_rows` in the share's own denominator.

    Args:
        cases: binary rows; weights and dependent rows widen what is known of each share.
        codes: group of each row, 0..len(names)-1, shape (n,).
        names: of the groups.
        least_rows: fewest rows of the denominator.
    """
    parts = _from_tables(cases, codes, len(names)) if cases.is_plain else _from_rows(cases, codes, len(names))
    shares = [
        tuple(Group(name, share) for name, share in zip(names, column, strict=True) if share and share.n >= least_rows)
        for column in zip(*parts, strict=True)
    ]
    return GroupShares(*shares)


def _from_tables(cases: Cases, codes: Integers, groups: int) -> list[tuple[Binomial | None, ...]]:
    """Selection, recall and false positive rate of each group from its confusion matrix."""
    return [
        (_share(fp + tp, tn + fp + fn + tp), _share(tp, fn + tp), _share(fp, tn + fp))
        for tn, fp, fn, tp in confusion_by_group(cases, codes, groups).reshape(groups, 4).tolist()
    ]


def _share(hits: float, rows: float) -> Binomial | None:
    return Binomial(hits, round(rows)) if rows else None


def _from_rows(cases: Cases, codes: Integers, groups: int) -> list[tuple[Binomial | None, ...]]:
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes, minlength=groups))[:-1])
    found: list[tuple[Binomial | None, ...]] = []
    for part in (cases.subset(each) for each in rows):
        among = (None, part.y_true == 1, part.y_true == 0)
        selected = (share_of(part.y_pred == 1, part, mask) for mask in among)
        found.append(tuple(None if isinstance(share, Missing) else share for share in selected))
    return found


def compare_groups(measure: str, shares: GroupShares) -> Spread | LeastRatio | Widest | Missing:
    """One of `MEASURES`; Missing where fewer than two groups are left, or nobody is selected in any."""
    if measure == "equalized_odds_difference":
        pairs = [_spread(groups) for groups in (shares.recall, shares.false_positive_rate)]
        missing = next((each for each in pairs if isinstance(each, Missing)), None)
        return missing or Widest(tuple(each for each in pairs if isinstance(each, Spread)))
    if measure == "equal_opportunity_difference":
        return _spread(shares.recall)
    spread = _spread(shares.selection)
    if measure == "demographic_parity_difference" or isinstance(spread, Missing):
        return spread
    selected = spread.highest.share.successes > 0
    return LeastRatio(shares.selection) if selected else Missing("no row of any group is predicted positive")


def _spread(groups: tuple[Group, ...]) -> Spread | Missing:
    return Spread(groups) if len(groups) > 1 else Missing("fewer than two groups have enough rows")


# The gap between best and worst that chance alone would show: many small segments differ by themselves
#
# A gap evened out for chance is for display alone: a small segment that is truly worse all but vanishes in it.

GAP_DRAWS = 4000
"""Parametric draws; the mean gap is then known to about 1 in 100 of itself."""
GAP_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class NullGap:
    """Best minus worst share when every segment truly has the pooled share."""

    observed: float
    expected: float
    """Mean over the draws."""
    quantile: float
    """What 95 of 100 draws stay at or below."""
    p_value: float
    """Share of draws at least as wide as observed, the observed one counted in (Davison and Hinkley 1997)."""


def null_gap(values: Sequence[float], rows: Sequence[int], *, seed: int, draws: int = GAP_DRAWS) -> NullGap:
    """The gap of segment shares `values` over `rows` rows each, beside what equal segments of these sizes would show.

    Args:
        values: share of each segment, 0 to 1, at least one segment.
        rows: rows of each segment's denominator, above 0.
        seed: of the random draws.
        draws: number of simulated sets of segments.
    """
    shares, n = np.asarray(values, dtype=float), np.asarray(rows, dtype=np.int64)
    pooled = min(1.0, max(0.0, float(shares @ n) / float(n.sum())))
    simulated = np.random.default_rng(seed).binomial(n, pooled, (draws, len(n))) / n
    gaps = np.ptp(simulated, axis=1)
    observed = float(np.ptp(shares))
    wider = int(np.count_nonzero(gaps >= observed - 1e-12))
    return NullGap(observed, float(gaps.mean()), float(np.quantile(gaps, GAP_LEVEL)), (wider + 1) / (draws + 1))


def shrunken_gap(values: Sequence[float], rows: Sequence[int]) -> float:
    """Best minus worst share after each is drawn towards the pooled one by as much as chance moved it.

    Constrained empirical Bayes (Louis 1984): m + root(B) · (p - m) with B = between / (between + within), where the
    variance between segments is what the observed variance has beyond that of chance (DerSimonian and Laird 1986).

    Args:
        values: share of each segment, 0 to 1, at least one segment.
        rows: rows of each segment's denominator, above 0.
    """
    shares, n = np.asarray(values, dtype=float), np.asarray(rows, dtype=float)
    pooled = float(shares @ n) / float(n.sum())
    if len(shares) < 2 or not 0 < pooled < 1:
        return 0.0
    chance = pooled * (1 - pooled)
    heterogeneity = float(n @ (shares - pooled) ** 2) / chance
    spread_of_rows = float(n.sum() - (n @ n) / n.sum())
    between = max(0.0, (heterogeneity - (len(n) - 1)) * chance / spread_of_rows)
    return float(np.ptp(pooled + np.sqrt(between / (between + chance / n)) * (shares - pooled)))
