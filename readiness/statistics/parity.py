"""How far apart are several groups? Highest minus lowest, and lowest over highest, of one share in each group.

Which group is highest is not known beforehand. The side that says "this close at least" is the widest limit over all
pairs: it can only be wrong when the limit of the truly extreme pair is, so it needs no adjustment. The side that says
"this far apart at least" is the best of all pairs, and is adjusted for their number (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.confusion import confusion_by_group
from readiness.statistics.inference import OneSided, Undefined
from readiness.statistics.intervals import Binomial
from readiness.statistics.shares import share_of

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
    def bound_method(self) -> str:
        """The shown method serves for the bounds, too."""
        return self.method

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
        found.append(tuple(None if isinstance(share, Undefined) else share for share in selected))
    return found


def compare_groups(measure: str, shares: GroupShares) -> Spread | LeastRatio | Widest | Undefined:
    """One of `MEASURES`; Undefined where fewer than two groups are left, or nobody is selected in any."""
    if measure == "equalized_odds_difference":
        pairs = [_spread(groups) for groups in (shares.recall, shares.false_positive_rate)]
        missing = next((each for each in pairs if isinstance(each, Undefined)), None)
        return missing or Widest(tuple(each for each in pairs if isinstance(each, Spread)))
    if measure == "equal_opportunity_difference":
        return _spread(shares.recall)
    spread = _spread(shares.selection)
    if measure == "demographic_parity_difference" or isinstance(spread, Undefined):
        return spread
    selected = spread.highest.share.successes > 0
    return LeastRatio(shares.selection) if selected else Undefined("no row of any group is predicted positive")


def _spread(groups: tuple[Group, ...]) -> Spread | Undefined:
    return Spread(groups) if len(groups) > 1 else Undefined("fewer than two groups have enough rows")
