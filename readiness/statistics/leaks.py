"""Does one column give the answer away, and do test rows stand in the training table?

How well a column alone tells the target: the area under the ROC curve; for several classes of each against the rest,
weighted by their rows; for a number the absolute rank correlation (Spearman 1904). Suspicious is what tells nearly all
while all other columns tell little (Kaufman, Rosset, Perlich and Stitelman 2012).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from readiness.criteria import Task
from readiness.statistics.cases import Array, Floats, Integers

LEAST_AREA, LEAST_CORRELATION = 0.95, 0.98
AHEAD = 3.0
"""So many times more than any column that is not suspicious must it tell."""
MOST_AHEAD = 3
"""Where more columns than these tell nearly all, each is no surprise."""
BINS = 50


@dataclass(frozen=True, slots=True)
class Telling:
    """How well one column alone tells the target."""

    area: float
    """Area under the ROC curve, 0.5 to 1; for a number the absolute rank correlation, 0 to 1."""
    task: Task

    @property
    def lift(self) -> float:
        """What it tells beyond nothing."""
        return self.area - 0.5 if self.task.has_classes else self.area

    @property
    def is_nearly_all(self) -> bool:
        """Whether hardly anything is left to be told."""
        return self.area > (LEAST_AREA if self.task.has_classes else LEAST_CORRELATION)


def telling_number(values: Floats, y_true: Array, task: Task, n_classes: int) -> Telling:
    """Of a numeric column (n,); missing values count as lowest."""
    lowest = np.where(np.isnan(values), -np.inf, values)
    if not task.has_classes:
        return Telling(_rank_correlation(lowest, y_true.astype(float)), task)
    if task is Task.BINARY:
        return Telling(_area(lowest, y_true == 1), task)
    finite = values[np.isfinite(values)]
    edges = np.unique(np.quantile(finite, np.arange(1, BINS) / BINS)) if len(finite) else np.zeros(0)
    return telling_category(np.searchsorted(edges, lowest, side="right"), y_true, task, n_classes)


def telling_category(codes: Integers, y_true: Array, task: Task, n_classes: int) -> Telling:
    """Of a column of categories (n,), by the mean target of each in the other half of the rows.

    Codes count from 0; whatever is below that, such as pandas' -1 for a missing value, is a category of its own.
    """
    codes = np.where(codes < 0, codes.max(initial=-1) + 1, codes)
    if not task.has_classes:
        return Telling(_rank_correlation(_from_other_half(codes, y_true.astype(float)), y_true.astype(float)), task)
    looked_for = [1] if task is Task.BINARY else range(n_classes)
    rows = np.array([np.count_nonzero(y_true == k) for k in looked_for], dtype=float)
    areas = [_area(_from_other_half(codes, (y_true == k).astype(float)), y_true == k) for k in looked_for]
    return Telling(float(rows @ np.array(areas) / rows.sum()) if rows.sum() else 0.5, task)


def giveaways(told: Mapping[str, Telling]) -> tuple[str, ...]:
    """Columns that tell nearly all while no other comes near, the most telling first."""
    nearly_all = [name for name, each in told.items() if each.is_nearly_all]
    others = [each.lift for each in told.values() if not each.is_nearly_all]
    if len(nearly_all) > MOST_AHEAD or (len(nearly_all) > 1 and not others):
        return ()  # an easy task rather than a leak
    rest = max(others, default=0.0)
    ahead = [name for name in nearly_all if told[name].lift > AHEAD * rest]
    return tuple(sorted(ahead, key=lambda name: -told[name].area))


def _from_other_half(codes: Integers, target: Floats) -> Floats:
    """For each row the mean target of its category among the rows of the other half, even and odd."""
    half = np.arange(len(codes)) % 2
    means = np.full((2, int(codes.max(initial=0)) + 1), target.mean() if len(target) else 0.0)
    for other in (0, 1):
        rows = half == other
        counts = np.bincount(codes[rows], minlength=means.shape[1])
        sums = np.bincount(codes[rows], weights=target[rows], minlength=means.shape[1])
        means[other, counts > 0] = sums[counts > 0] / counts[counts > 0]
    return np.asarray(means[1 - half, codes])


def _area(values: Floats, positive: Array) -> float:
    """Area under the ROC curve, whichever way round is better (Mann and Whitney 1947)."""
    p, n = int(np.count_nonzero(positive)), len(positive)
    if p in (0, n):
        return 0.5
    area = (float(rankdata(values)[positive].sum()) - p * (p + 1) / 2) / (p * (n - p))
    return max(area, 1 - area)


def _rank_correlation(values: Floats, target: Floats) -> float:
    a, b = (rank - rank.mean() for rank in (rankdata(values), rankdata(target)))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return abs(float(a @ b)) / scale if scale > 0 else 0.0


def known_rows(asked: Array, table: Array) -> tuple[Array, Array]:
    """Of 64-bit row hashes: which of `asked` stand in `table`, and how often each does."""
    hashes, counts = np.unique(table, return_counts=True)
    if not len(hashes):
        return np.zeros(len(asked), dtype=bool), np.zeros(len(asked), dtype=np.int64)
    places = np.minimum(np.searchsorted(hashes, asked), len(hashes) - 1)
    found = hashes[places] == asked
    return found, np.where(found, counts[places], 0)
