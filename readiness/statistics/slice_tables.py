"""How many rows, and how much loss, has every combination of one or two columns? Counted at once.

Levels that stand in order are looked at in runs: "above 10 to 50" is a run of bins. The sums over all runs of two
columns follow from one table of their steps by differences of its cumulated sums (summed-area tables; Crow 1984).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from readiness.statistics.cases import Floats, Integers

Codes = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]

MOST_STEPS = 10
"""Steps into which the ordered levels of a column are put where two columns are looked at: 54 runs of each."""

Sums = Floats
"""Rows, sum of losses and, unless all are 0 or 1, sum of squared losses of many combinations, shape (2 or 3, …)."""


class Span(NamedTuple):
    """Consecutive levels of one column."""

    column: int
    first: int
    last: int


Key = tuple[Span, ...]
"""One or two spans, columns ascending."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The runs of levels of one column that are looked at."""

    step_of: Integers
    """(levels,): the step of each level."""
    steps: int
    low: Integers
    high: Integers
    """(runs,): the first step of each run, and the one after its last."""
    first: Integers
    last: Integers
    """(runs,): the same in levels, `last` included."""

    def span(self, column: int, run: int) -> Span:
        """The levels of a run."""
        return Span(column, int(self.first[run]), int(self.last[run]))


def axis_of(levels: int, ordered: int, most_steps: int) -> Axis:
    """All runs of the first `ordered` levels, put into at most `most_steps` steps, and each other level by itself.

    The run of all ordered levels is left out, unless it is a single step: it says hardly more than no run at all.
    """
    size = max(1, -(-ordered // most_steps))
    runs = -(-ordered // size)
    low, high = np.triu_indices(runs + 1, 1)
    if runs > 1:
        is_part = high - low < runs
        low, high = low[is_part], high[is_part]
    single = np.arange(levels - ordered)
    level = np.arange(levels)
    return Axis(
        np.where(level < ordered, level // size, level - ordered + runs),
        runs + len(single),
        np.r_[low, runs + single],
        np.r_[high, runs + single + 1],
        np.r_[low * size, ordered + single],
        np.r_[np.minimum(high * size, ordered) - 1, ordered + single],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """The loss of every row, ready to be summed up by table."""

    n: int
    wrong: Mask | None
    """(n,): which losses are 1, where all are 0 or 1."""
    powers: tuple[Floats, ...] = ()
    """(n,) each: losses and their squares, where they are not."""

    @classmethod
    def of(cls, loss: Mask | Floats) -> Losses:
        """Booleans are counted in half the time of numbers."""
        if loss.dtype == np.bool_:
            return cls(len(loss), np.asarray(loss, dtype=np.bool_))
        return cls(len(loss), None, (np.asarray(loss, dtype=np.float64), loss.astype(np.float64) ** 2))

    def within(self, rows: Mask) -> Losses:
        """Of some rows."""
        wrong = None if self.wrong is None else self.wrong[rows]
        return Losses(int(np.count_nonzero(rows)), wrong, tuple(power[rows] for power in self.powers))

    def places(self, cell: Codes, size: int) -> Codes:
        """For each row its cell of a table of so many cells, doubled by the loss where that is 0 or 1.

        Places may be added up to those of a larger table, one of them with a loss of 0, which saves a pass of the rows.
        """
        return cell if self.wrong is None else np.asarray(2 * cell + self.wrong, dtype=smallest(2 * size))

    def sums(self, places: Codes, size: int) -> Sums:
        """Sums of each of the cells, given the place of each row, shape (2 or 3, size)."""
        if self.wrong is not None:
            right, wrong = np.bincount(places, minlength=2 * size).reshape(size, 2).T
            return np.stack((right + wrong, wrong)).astype(np.float64)
        rows = np.bincount(places, minlength=size)
        return np.stack((rows, *(np.bincount(places, power, size) for power in self.powers)))

    def total(self) -> Sums:
        """Sums of all rows, shape (2 or 3, 1)."""
        return self.sums(self.places(np.zeros(self.n, dtype=np.int64), 1), 1)


def smallest(size: int) -> type[np.integer]:
    """The smallest type for places below `size`: less memory to read."""
    return np.int16 if size <= np.iinfo(np.int16).max else np.int64


def over_runs(table: Sums, axes: tuple[Axis, ...]) -> Sums:
    """Sums over all runs of each axis from those of the steps.

    Args:
        table: shape (channels, steps) or (channels, steps of the first, steps of the second).
        axes: one for each of its dimensions but the first; the result has runs in place of their steps.
    """
    for place, axis in enumerate(axes, 1):
        by_step = table.swapaxes(place, 1)
        cumulated = np.zeros((by_step.shape[0], by_step.shape[1] + 1, *by_step.shape[2:]))
        np.cumsum(by_step, axis=1, out=cumulated[:, 1:])
        table = (cumulated[:, axis.high] - cumulated[:, axis.low]).swapaxes(place, 1)
    return table


def difference(inside: Sums, outside: Sums) -> Floats:
    """Mean loss inside less that outside; nan where one has no rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(inside[1] / inside[0] - outside[1] / outside[0])


def certainty(inside: Sums, outside: Sums) -> Floats:
    """How surely the mean loss inside differs from that outside: about standard normal where it does not.

    Of losses of 0 and 1 the signed root of the likelihood ratio, with which spatial scans compare parts of unequal size
    (Kulldorff 1997); of others Welch's (1947) z, whose spread inside is never taken for smaller than outside, so that
    a few rows that are all alike do not look certain.
    """
    if len(inside) == 2:
        ratio = 2 * (_log_likelihood(inside) + _log_likelihood(outside) - _log_likelihood(inside + outside))
        return np.asarray(np.sqrt(np.maximum(0.0, ratio)) * np.sign(difference(inside, outside)))
    with np.errstate(divide="ignore", invalid="ignore"):
        within, without = _variance(inside), _variance(outside)
        error = np.sqrt(np.maximum(within, without) / inside[0] + without / outside[0])
        return np.where(error > 0, difference(inside, outside) / error, 0.0)


def _log_likelihood(sums: Sums) -> Floats:
    """Of as many losses of 1 among so many rows, at their own share: k log(k/n) + (n-k) log((n-k)/n)."""
    n, wrong = sums
    return _x_log_x(wrong) + _x_log_x(n - wrong) - _x_log_x(n)


def _x_log_x(counts: Floats) -> Floats:
    return np.asarray(counts * np.log(np.maximum(counts, 1.0)))


def _variance(sums: Sums) -> Floats:
    n, first, second = sums
    return np.asarray(np.maximum(0.0, second - first**2 / n) / np.maximum(1.0, n - 1))
