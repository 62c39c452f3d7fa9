"""How large is the median error, also when rows count differently or depend on each other?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from readiness.statistics.cases import Cases, Floats
from readiness.statistics.inference import Inference, OneSided
from readiness.statistics.influence import design_effect
from readiness.statistics.intervals import Binomial, OrderStatistic

WOODRUFF = "limits of the share of rows below, turned into values (Woodruff 1952)"


@dataclass(frozen=True, slots=True)
class _PlainMedian(OneSided):
    """The median of independent values of equal weight; limits are order statistics."""

    value: float
    """Between the two middle values, when their number is even."""
    order: OrderStatistic

    @property
    def n(self) -> int:
        """Number of values."""
        return self.order.n

    @property
    def method(self) -> str:
        """Order statistics."""
        return self.order.method

    @property
    def bound_method(self) -> str:
        """Order statistics."""
        return self.order.bound_method

    def lower(self, alpha: float) -> float:
        """One of the values."""
        return self.order.lower(alpha)

    def upper(self, alpha: float) -> float:
        """One of the values."""
        return self.order.upper(alpha)


@dataclass(frozen=True, slots=True)
class _EffectiveMedian(OneSided):
    """The median of weighted or dependent values: where the limits of the share below the median are reached."""

    value: float
    values: Floats = field(repr=False, compare=False)
    """Sorted ascending."""
    below: Floats = field(repr=False, compare=False)
    """Share of the weight up to and with each value."""
    share: Binomial
    """One half, of as many rows as the weights and the dependence leave."""
    method: str = WOODRUFF

    @property
    def n(self) -> int:
        """Number of values."""
        return len(self.values)

    @property
    def bound_method(self) -> str:
        """The shown method serves for the bounds, too."""
        return self.method

    def lower(self, alpha: float) -> float:
        """The value up to which the share below lies at its lower limit."""
        return self._at(self.share.lower(alpha)) if self._enough(alpha) else -math.inf

    def upper(self, alpha: float) -> float:
        """The value up to which the share below lies at its upper limit."""
        return self._at(self.share.upper(alpha)) if self._enough(alpha) else math.inf

    def _enough(self, alpha: float) -> bool:
        """All of m independent values lie on one side of the median with chance 2^-m."""
        return bool(0.5 ** self.share.effective_rows(alpha) <= alpha)

    def _at(self, share: float) -> float:
        return float(self.values[min(self.n - 1, int(np.searchsorted(self.below, share - 1e-12)))])


def median_of(losses: Floats, cases: Cases) -> Inference:
    """The (weighted) median of one loss for each row, shape (n,), with its uncertainty."""
    order = np.argsort(losses)
    values = losses[order]
    if cases.is_plain:
        return _PlainMedian(float(np.median(values)), OrderStatistic(values, 0.5))
    below = np.cumsum(cases.relative_weight[order]) / cases.n
    value = _weighted_median(values, below)
    deff, df = design_effect((losses <= value).astype(float), cases)
    rows = int(np.count_nonzero(cases.relative_weight))
    return _EffectiveMedian(value, values, below, Binomial(rows / 2, rows, deff * rows / cases.n, df))


def _weighted_median(values: Floats, below: Floats) -> float:
    """Where the share below passes one half; between two values when it is one half in between, as in scikit-learn."""
    lower, upper = (int(np.searchsorted(below, 0.5 + by)) for by in (-1e-12, 1e-12))
    last = len(values) - 1
    return float(values[min(lower, last)] + values[min(upper, last)]) / 2
