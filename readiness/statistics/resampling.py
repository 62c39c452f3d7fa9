"""How would a number differ on other rows of the same kind? Rows drawn again and again, dependent rows together.

Each resample draws m of n units with replacement: rows (Efron 1979), whole groups, or blocks of neighbours in time that
run on from the last row to the first (Politis and Romano 1992). With m < n the spread is that of a smaller table, and
is scaled by the root of m / n (Bickel, Götze and van Zwet 1997), so that a million rows cost no more than 50,000.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from readiness.criteria import OWN_SECONDS
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.inference import OneSided, normal_quantile, student_quantile

STEPS = (25, 50, 100, 200)
"""The clock cuts only at these numbers of resamples, so that like machines give like intervals."""
FEWEST = 30
"""Below so many resamples the spread is not known well enough."""
MOST_ROWS = 50_000
"""Rows of one resample, at most."""
BLOCK_FACTOR = 2.5
"""Neighbours in time of one block: 2.5 · n^(1/3), growing as is best for a variance (Künsch 1989)."""


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """How one resample is drawn: `units` of `of` units, each a stretch of `order`."""

    order: Integers
    """(n,): positions of the rows, those of a unit next to each other."""
    starts: Integers
    """Where each unit begins in `order`."""
    lengths: Integers
    """Rows of each unit."""
    units: int
    """How many are drawn."""
    independent: int
    """How many units stand side by side without overlap."""
    words: str

    @property
    def share(self) -> float:
        """Rows of a resample as a share of all rows, on average; 1 or less."""
        return min(1.0, self.units / self.independent)

    def rows(self, rng: np.random.Generator) -> Integers:
        """Positions of the rows of one resample."""
        drawn = rng.integers(len(self.starts), size=self.units)
        lengths = self.lengths[drawn]
        inside = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.asarray(self.order[(np.repeat(self.starts[drawn], lengths) + inside) % len(self.order)])


@dataclass(frozen=True, slots=True)
class Resampled(OneSided):
    """A t-interval that reaches further on the side to which the resamples are skewed.

    By skewness · (2 z² + 1) / 6 standard errors (Johnson 1978, Hall 1992), and never less far on the other side.

    Simulated, one-sided 5 % bounds miss in 3 to 8 % of samples of shares with 20 rows or more, where the t-interval
    alone misses in up to 14 %; for means of lognormal values in 11 % at 100 rows (t: 15 %) and 5 % at 1,000.
    """

    value: float
    se: float
    """Infinite: no limits."""
    df: float
    n: int
    method: str
    skewness: float = 0.0
    """Of the values of the resamples."""

    @property
    def bound_method(self) -> str:
        """The shown method serves for the bounds, too."""
        return self.method

    def lower(self, alpha: float) -> float:
        """Lower limit."""
        return self.value - self.se * self._reach(alpha, -self.skewness)

    def upper(self, alpha: float) -> float:
        """Upper limit."""
        return self.value + self.se * self._reach(alpha, self.skewness)

    def _reach(self, alpha: float, skewness: float) -> float:
        z = normal_quantile(alpha)
        return student_quantile(alpha, self.df) + max(0.0, skewness) * (2 * z * z + 1) / 6


def draw_of(cases: Cases, most: int = MOST_ROWS) -> Draw:
    """How rows like these are drawn, about `most` rows at a time."""
    n, groups = cases.n, cases.groups if cases.groups is not None else cases.queries
    if groups is not None:
        counts = np.bincount(groups)
        counts = counts[counts > 0]
        units = min(len(counts), max(1, round(len(counts) * most / n)))
        order = np.argsort(groups, kind="stable")
        return Draw(order, np.cumsum(counts) - counts, counts, units, len(counts), "resamples of whole groups")
    if cases.time is not None:
        length = min(n, math.ceil(BLOCK_FACTOR * n ** (1 / 3)))
        blocks, words = max(1, n // length), f"resamples of blocks of {length:,} rows in time order"
        units = min(blocks, max(1, most // length))
        order = np.argsort(cases.time, kind="stable")
        return Draw(order, np.arange(n), np.full(n, length), units, blocks, words)
    each = np.arange(n)
    return Draw(each, each, np.ones(n, dtype=np.int64), min(n, most), n, "resamples")


def resample(number: Callable[[Integers], float], draw: Draw, seed: int) -> tuple[Floats, float]:
    """Values of `number` on resamples, NaN where it has none, and the seconds that they took.

    Cut by the clock only at `STEPS`; a step that the clock interrupts is thrown away.
    """
    rng, start, done = np.random.default_rng(seed), time.perf_counter(), 0
    values: list[float] = []
    for step in STEPS:
        while len(values) < step and time.perf_counter() - start <= OWN_SECONDS:
            values.append(number(draw.rows(rng)))
        if len(values) < step:
            break
        done = step
    return np.asarray(values[:done], dtype=np.float64), time.perf_counter() - start
