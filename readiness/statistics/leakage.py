"""How well one column alone tells the target, on rows that it was not learnt from.

Rows are cut into two halves. In each a column is fitted in the plainest way there is (the mean target of each of its
values or bins; of a number that is to be told, a straight line within each bin) and asked about the other half, so that
neither many categories nor fine bins can look good by chance (Stone 1974). What stands out like that is what Kaufman,
Rosset, Perlich and Stitelman (2012) call a giveaway.

*Skill* is 2 · area under the ROC curve - 1 for classes (of several: of each against the rest, weighted by rows) and R²
for numbers: 1 is everything, 0 is nothing. *Loss* of a row is its squared error, of class probabilities Brier's score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.inference import Exact, Inference, linear
from readiness.statistics.intervals import Normal, Unvaried

MOST_LEVELS = 1024
"""Values of a number that are told apart."""
EDGE_ROWS = 8192
"""Rows from which the levels of a number are taken."""
MOST_BINS, ROWS_PER_BIN, FEWEST_BINS = 64, 20, 4
TAIL_ROWS = 16
"""Bins at both ends are halved down to so many rows: rare classes and long tails sit there."""
MOST_VALUES = 256
"""Up to so many values, seen ten times each, every value is a bin of its own."""
FEW = 12
"""Coarse groups of a column, for two columns at a time."""
MOST_CLASSES = 20
"""Classes that are looked at, the most frequent first."""
LEAST_UNEXPLAINED = 1e-9
"""Up to here numbers are the same but for rounding."""
BEYOND_SQUARES = 1e100
"""Numbers from here on are scaled before they are squared."""
BY_PLACEMENTS = "t-interval from placements (DeLong), rows not fitted on"
BY_RESIDUALS = "delta method from squared errors, rows not fitted on"
Way = Literal["order", "value", "gap"]


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be told, on n rows, and which half each row is in."""

    task: Task
    codes: Integers
    """(n,): class codes; of a number or a ranking not looked at."""
    numbers: Floats
    """(n,): the number, or 1.0 for the class that is looked for."""
    half: Integers
    """(n,): 0 or 1."""
    classes: tuple[int, ...] = ()
    """Several classes: the codes that are looked at."""

    @classmethod
    def of(cls, task: Task, y: Array, half: Integers) -> Target:
        """From class codes or numbers; a ranking asks for rows that are relevant at all."""
        if task is Task.MULTICLASS:
            codes = y.astype(np.int64)
            often = np.argsort(-np.bincount(codes), kind="stable")[:MOST_CLASSES]
            return cls(task, codes, np.zeros(len(y)), half, tuple(int(k) for k in often if np.any(codes == k)))
        numbers = np.asarray(y, dtype=np.float64)
        if (largest := float(np.abs(numbers).max(initial=0.0))) >= BEYOND_SQUARES:
            numbers = numbers / largest
        if task is Task.RANKING:
            cut = 0.0 if np.any(numbers <= 0) else float(np.median(numbers))
            numbers = (numbers > cut).astype(np.float64)
        return cls(task, numbers.astype(np.int64) if task is not Task.REGRESSION else half, numbers, half)

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.half)

    @property
    def is_number(self) -> bool:
        """Whether a number is to be told."""
        return self.task is Task.REGRESSION

    @property
    def sides(self) -> tuple[int, ...]:
        """The classes whose areas are looked at: the positive one of two."""
        return self.classes if self.task is Task.MULTICLASS else (1,)

    @property
    def width(self) -> int:
        """Numbers that a fit holds for each value of a column."""
        return 1 if self.task is not Task.MULTICLASS else int(self.codes.max(initial=0)) + 1

    def is_of(self, side: int) -> Array:
        """(n,): rows of a class."""
        return np.asarray(self.codes == side)

    def subset(self, rows: Array) -> Target:
        """The same of some rows, given as a mask or as positions."""
        return replace(self, codes=self.codes[rows], numbers=self.numbers[rows], half=self.half[rows])

    @cached_property
    def can_be_told(self) -> bool:
        """Whether rows differ in it, in either half."""
        what = self.codes if self.task is Task.MULTICLASS else self.numbers
        return all(np.unique(what[self.half == h]).size > 1 for h in (0, 1))

    @cached_property
    def losses_of_nothing(self) -> Floats:
        """(n,): squared errors of one and the same answer for all rows."""
        if self.task is not Task.MULTICLASS:
            return np.asarray((self.numbers - self.numbers.mean()) ** 2)
        shares = np.bincount(self.codes) / self.n
        return np.asarray(1 - 2 * shares[self.codes] + shares @ shares)

    def sums(self, cells: Integers, size: int) -> tuple[Floats, Floats]:
        """Of each half and cell the rows (2, size) and the sums of the target (2, size, width)."""
        of_half = cells + size * self.half
        rows = np.bincount(of_half, minlength=2 * size).astype(np.float64).reshape(2, size)
        k = self.width
        if self.task is Task.MULTICLASS:
            sums: Array = np.bincount(of_half * k + self.codes, minlength=2 * size * k)
        else:
            sums = np.bincount(of_half, weights=self.numbers, minlength=2 * size)
        return rows, sums.astype(np.float64).reshape(2, size, k)

    def means(self, cells: Integers, size: int) -> Floats:
        """For each half, what the other half says of each cell, (2, size, width): its mean drawn a row to that of all.

        A cell that the other half does not have gets the mean of all its rows.
        """
        rows, sums = (of[::-1] for of in self.sums(cells, size))
        all_rows = sums.sum(axis=1, keepdims=True) / np.maximum(1.0, rows.sum(axis=1))[:, None, None]
        return np.asarray((sums + all_rows) / (rows[:, :, None] + 1))


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column of n rows, cut in three ways."""

    cells: Integers
    """(n,): bins or categories, 0 for what is missing."""
    size: int
    few: Integers
    """(n,): at most FEW coarse groups."""
    levels: Integers | None = None
    """(n,): finer bins in the order of the values; None: a category."""
    values: Floats | None = None
    """(n,): numbers, NaN where missing."""
    reading: str = ""
    """What of a text was looked at, where that was not the whole: "the first letter of {}"."""
    tried: int = 1
    """Readings of which this tells the most."""
    can_tell: bool = True
    """Whether anything of it can be learnt from other rows; not where each value stands for itself."""

    @property
    def gaps(self) -> Array:
        """(n,): where nothing stands."""
        return np.asarray(self.cells == 0)

    def subset(self, rows: Array) -> Column:
        """The same of some rows."""
        levels = None if self.levels is None else self.levels[rows]
        values = None if self.values is None else self.values[rows]
        return replace(self, cells=self.cells[rows], few=self.few[rows], levels=levels, values=values)


def column_of_numbers(values: Floats) -> Column:
    """A numeric column (n,); NaN is missing, and what is infinite is as large as the largest."""
    there = ~np.isnan(values)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    values = np.where(there, np.clip(np.where(there, values, 0.0), low, high), np.nan)
    known = values[there]
    step = max(1, len(known) // EDGE_ROWS)
    edges = np.unique(known[::step])
    if len(edges) > MOST_LEVELS:
        edges = np.unique(np.quantile(known[::step], np.arange(1, MOST_LEVELS) / MOST_LEVELS, method="lower"))
    levels = np.zeros(len(values), dtype=np.int64)
    levels[there] = 1 + np.searchsorted(edges, known, side="left")
    counts = np.bincount(levels, minlength=len(edges) + 2)
    bins = _bins_of(counts)
    return Column(bins[levels], int(bins.max(initial=0)) + 1, _group_levels(counts, FEW - 1)[levels], levels, values)


def _bins_of(counts: Integers) -> Integers:
    """For each level its bin; level 0 is what is missing, and stays 0."""
    known, n = counts[1:], int(counts[1:].sum())
    if np.count_nonzero(known) <= min(MOST_VALUES, max(FEWEST_BINS, n // 10)):
        return np.append(0, np.cumsum(known > 0)).astype(np.int64)
    bins = min(MOST_BINS, max(FEWEST_BINS, n // ROWS_PER_BIN))
    cuts, tail = list(np.arange(1, bins) / bins), 0.5 / bins
    while tail * n >= TAIL_ROWS:
        cuts += [tail, 1 - tail]
        tail /= 2
    before = (np.cumsum(known) - known / 2) / max(1, n)
    return _number_levels(np.searchsorted(np.sort(cuts), before))


def _group_levels(counts: Integers, most: int) -> Integers:
    known = counts[1:]
    return _number_levels(
        np.minimum(most - 1, ((np.cumsum(known) - known / 2) / max(1, known.sum()) * most)).astype(int)
    )


def _number_levels(bins: Array) -> Integers:
    """Bins of the levels from 1 on, numbered without a gap; what is missing is 0."""
    return np.append(0, 1 + np.unique(bins, return_inverse=True)[1]).astype(np.int64)


def column_of_categories(codes: Integers) -> Column:
    """A column of categories (n,); whatever is below 0, such as pandas' -1, is missing."""
    cells = np.maximum(codes, -1).astype(np.int64) + 1
    counts = np.bincount(cells)
    ranks = np.full(len(counts), FEW - 1, dtype=np.int64)
    ranks[1 + np.argsort(-counts[1:], kind="stable")[: FEW - 2]] = np.arange(1, min(FEW - 2, len(counts) - 1) + 1)
    ranks[0] = 0
    return Column(cells, len(counts), ranks[cells])


def column_of_two(a: Column, b: Column, target: Target) -> Column:
    """Two columns at once: each pair of their bins is a value."""
    most = max(FEW, min(MOST_BINS // 2, int(np.sqrt(target.n / ROWS_PER_BIN))))
    first, second = (_coarsen(each, most) for each in (a, b))
    codes = np.unique(first * (int(second.max(initial=0)) + 1) + second, return_inverse=True)[1]
    return column_of_categories(codes.astype(np.int64))


def _coarsen(column: Column, most: int) -> Integers:
    if column.size <= most or column.levels is None:
        return column.cells if column.size <= most else column.few
    return _group_levels(np.bincount(column.levels), most)[column.levels]


# What a column tells --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ColumnSkill:
    """What one column alone tells of the target."""

    measured: Inference | Missing
    """Area under the ROC curve, 0 to 1; of a number R²."""
    losses: Floats
    """(n,): squared error of each row."""
    scores: Floats
    """(n,): larger for what is said to be more; of several classes the code of the class that is named."""
    way: Way
    unexplained: float
    """The losses as a share of those of saying the same of every row."""

    @property
    def value(self) -> float:
        """The area, or R²; not a number where nothing can be told."""
        return float("nan") if isinstance(self.measured, Missing) else self.measured.value


def skill_of(value: float, task: Task) -> float:
    """From 0, which is nothing, to 1: of an area 2 · area - 1, of R² itself."""
    return value if task is Task.REGRESSION else 2 * value - 1


def measure_column(column: Column, target: Target) -> ColumnSkill:
    """What a column tells by its order, by its values, or by what is missing in it; the best of these."""
    told = _measure_number(column, target) if target.is_number else _measure_class(column, target)
    share = float(column.gaps.mean())
    if share in (0.0, 1.0) or column.size <= 2:
        return told
    gaps = _gap_column(column)
    by_gap = _measure_number(gaps, target, "gap") if target.is_number else _measure_class(gaps, target, "gap")
    return by_gap if by_gap.unexplained <= told.unexplained else told


def _gap_column(column: Column) -> Column:
    cells = np.where(column.gaps, 1, 2)
    return Column(cells, 3, cells)


def _measure_class(column: Column, target: Target, way: Way = "value") -> ColumnSkill:
    means = target.means(column.cells, column.size)
    if target.task is not Task.MULTICLASS:
        scores = means[target.half, column.cells, 0]
        losses = (target.numbers - scores) ** 2
    else:
        losses = 1 - 2 * means[target.half, column.cells, target.codes]
        losses += np.square(means).sum(axis=2)[target.half, column.cells]
        scores = means.argmax(axis=2)[target.half, column.cells].astype(np.float64)
    measured, by_order = _area(column, means, target)
    if by_order is not None:
        way, scores = "order", by_order
    return ColumnSkill(measured, losses, scores, way, _share(losses, target))


def _share(losses: Floats, target: Target) -> float:
    return float(losses.mean() / max(1e-300, float(target.losses_of_nothing.mean())))


def _area(column: Column, means: Floats, target: Target) -> tuple[Inference | Missing, Floats | None]:
    """The area, and the scores where the order of the values is better than the mean of each bin."""
    rows, found, turned = [], [], None
    for side in target.sides:
        positive = target.is_of(side)
        area = _area_of_fits(column.cells, means[:, :, side if target.width > 1 else 0], positive, target.half)
        if column.levels is not None:
            ordered, sign = _area_of_order(column.levels, positive)
            if ordered.value > area.value:
                area, turned = ordered, (column.levels * sign).astype(np.float64)
        found.append(area)
        rows.append(np.count_nonzero(positive))
    if target.task is Task.MULTICLASS:
        turned = None
    return _average_areas(found, np.array(rows, dtype=float), target.n), turned


@dataclass(frozen=True, slots=True)
class Area:
    """An area under the ROC curve with the variance of its estimate."""

    value: float
    variance: float
    pairs: int
    """Rows of the smaller side."""


def area_of(scores: Floats, positive: Floats, negative: Floats) -> Area:
    """Of cells with a score each and so many rows of both sides; ties count half (DeLong, DeLong, Clarke-Pearson 1988).

    Cells of one score are one cell.
    """
    _, place = np.unique(scores, return_inverse=True)
    p, q = np.bincount(place, weights=positive), np.bincount(place, weights=negative)
    n_p, n_q = float(p.sum()), float(q.sum())
    if min(n_p, n_q) == 0:
        return Area(0.5, 0.0, 0)
    wins, beaten = (np.cumsum(q) - q / 2) / n_q, 1 - (np.cumsum(p) - p / 2) / n_p
    value = float(p @ wins) / n_p
    variance = sum(
        float(w @ (v - value) ** 2) / total / max(1.0, total - 1) for w, v, total in ((p, wins, n_p), (q, beaten, n_q))
    )
    return Area(min(1.0, max(0.0, value)), variance, int(min(n_p, n_q)))


def _area_of_fits(cells: Integers, means: Floats, positive: Array, half: Integers) -> Area:
    """The mean of both halves, each by what the other says."""
    size = means.shape[1]
    counts = np.bincount(cells + size * (half + 2 * positive), minlength=4 * size).reshape(2, 2, size)
    areas = [area_of(means[h], counts[1, h], counts[0, h]) for h in (0, 1)]
    known = [area for area in areas if area.pairs]
    if not known:
        return Area(0.5, 0.0, 0)
    n = len(known)
    return Area(sum(a.value for a in known) / n, sum(a.variance for a in known) / n**2, sum(a.pairs for a in known))


def _area_of_order(levels: Integers, positive: Array) -> tuple[Area, int]:
    size = int(levels.max(initial=0)) + 1
    counts = np.bincount(levels + size * positive, minlength=2 * size).reshape(2, size)
    area = area_of(np.arange(size, dtype=float), counts[1], counts[0])
    if area.value >= 0.5:
        return area, 1
    return Area(1 - area.value, area.variance, area.pairs), -1


def _average_areas(areas: Sequence[Area], rows: Floats, n: int) -> Inference | Missing:
    """The mean of areas, weighted by rows, as if they all erred alike, which is as wide as can be."""
    known = [k for k, area in enumerate(areas) if area.pairs]
    if not known:
        return Missing("the rows are all of one class", n=n)
    share = rows[known] / rows[known].sum()
    value = float(share @ [areas[k].value for k in known])
    se = float(share @ [areas[k].variance ** 0.5 for k in known])
    pairs = sum(areas[k].pairs for k in known) if len(known) > 1 else areas[known[0]].pairs
    return area_inference(value, se, min(pairs, n), n)


def area_inference(value: float, se: float, alike: int, n: int) -> Inference:
    """An area on the scale of the logit; `alike` rows of the smaller side stand behind one of 1."""
    if value >= 1 - 1e-12 or value <= 1e-12 or se <= 0:
        return Unvaried(min(1.0, max(0.0, value)), max(1, alike), n, 0.0, 1.0)
    return Normal(value, se, max(1.0, alike - 1.0), n, "logit", BY_PLACEMENTS, 0.0, 1.0)


# Numbers that are to be told ------------------------------------------------------------------------------------


def _measure_number(column: Column, target: Target, way: Way = "value") -> ColumnSkill:
    means = target.means(column.cells, column.size)[target.half, column.cells, 0]
    tried = [means] if column.values is None else [means, *_lines(column, target, means)]
    losses = [(target.numbers - said) ** 2 for said in tried]
    best = min(range(len(tried)), key=lambda k: float(losses[k].mean()))
    least = losses[best]
    return ColumnSkill(infer_explained(least, target.losses_of_nothing), least, tried[best], way, _share(least, target))


def _lines(column: Column, target: Target, means: Floats) -> list[Floats]:
    """Straight lines, fitted on the other half: one for all, and one in each bin, ending a range beyond its numbers.

    Without that end in between: long tails take it.
    """
    assert column.values is not None
    cells, size, y = column.cells, column.size, target.numbers
    x = np.where(column.gaps, 0.0, column.values)
    largest = float(np.abs(x).max(initial=0.0))
    # squares of numbers near the largest that there are would overflow
    x = x / (largest if largest > 0 else 1.0)
    y = y - (centre := float(y.mean()))
    whole, endless, ending = (np.empty(target.n) for _ in range(3))
    gap = np.minimum(cells, 1)
    for h in (0, 1):
        fitted, asked = target.half != h, target.half == h
        whole[asked] = _on_lines(gap, 2, x, y, fitted, asked)
        endless[asked] = _on_lines(cells, size, x, y, fitted, asked)
        low, high = float(y[fitted].min(initial=0.0)), float(y[fitted].max(initial=0.0))
        # a line of a narrow bin may run anywhere beyond it; it is believed for one range further on either side
        ending[asked] = np.clip(endless[asked], 2 * low - high, 2 * high - low)
    # a line through one or two rows meets them exactly and says nothing of others; there the mean of the bin counts
    few = (np.bincount(cells + size * target.half, minlength=2 * size).reshape(2, size) < 3)[1 - target.half, cells]
    return [
        whole + centre,
        *(np.where(few | ~np.isfinite(said), means, said + centre) for said in (endless, ending)),
    ]


def _on_lines(cells: Integers, size: int, x: Floats, y: Floats, fitted: Array, asked: Array) -> Floats:
    """What the line of each bin says of some rows, by others."""
    slope, at, mean = _fit_lines(cells[fitted], x[fitted], y[fitted], size)
    return np.asarray(mean[cells[asked]] + slope[cells[asked]] * (x[asked] - at[cells[asked]]))


def _fit_lines(cells: Integers, x: Floats, y: Floats, size: int) -> tuple[Floats, Floats, Floats]:
    """Slope, mean of x and mean of y in each bin, all (size,)."""
    rows = np.maximum(1, np.bincount(cells, minlength=size))
    at, mean = (np.bincount(cells, weights=each, minlength=size) / rows for each in (x, y))
    apart = x - at[cells]
    squares = np.bincount(cells, weights=apart**2, minlength=size)
    together = np.bincount(cells, weights=apart * (y - mean[cells]), minlength=size)
    return np.divide(together, squares, out=np.zeros(size), where=squares > 1e-24 * rows), at, mean


def infer_explained(losses: Floats, of_nothing: Floats) -> Inference | Missing:
    """R² of n rows from their squared errors and those of saying the mean; limits on the log of what is unexplained.

    Influence of a row on u = mean(losses) / mean(of_nothing): (loss - u · of_nothing) / mean(of_nothing).
    """
    n, scale = len(losses), float(of_nothing.mean()) if len(of_nothing) else 0.0
    if n < 3 or not scale > 0 or not np.isfinite(scale):
        return Missing("all rows have the same value", n=n)
    share = float(losses.mean()) / scale
    if not np.isfinite(share):
        return Missing("the values are too large to be compared", n=n)
    if share <= LEAST_UNEXPLAINED:
        return Exact(1.0, n)
    se = float(np.std((losses - share * of_nothing) / scale, ddof=1)) / n**0.5
    unexplained = Normal(share, se, n - 1.0, n, "log", BY_RESIDUALS)
    return linear(unexplained, scale=-1.0, shift=1.0)
