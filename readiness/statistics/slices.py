"""Weak slices: all combinations of one or two columns, looked at at once.

Among a million combinations some look bad by chance alone, so what is found on one half of the rows is only a
suspicion, and has to be tested on the other half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from readiness.statistics.cases import Cases, Floats, Integers

# Rows and losses of every combination of one or two columns, counted at once
#
# Levels that stand in order are looked at in runs: "above 10 to 50" is a run of bins. The sums over all runs of two
# columns follow from one table of their steps by differences of its cumulated sums (summed-area tables; Crow 1984).

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

    def subset(self, rows: Mask) -> Losses:
        """Of some rows."""
        wrong = None if self.wrong is None else self.wrong[rows]
        return Losses(int(np.count_nonzero(rows)), wrong, tuple(power[rows] for power in self.powers))

    def places(self, cell: Codes, size: int) -> Codes:
        """For each row its cell of a table of so many cells, doubled by the loss where that is 0 or 1.

        Places may be added up to those of a larger table, one of them with a loss of 0, which saves a pass of the rows.
        """
        return cell if self.wrong is None else np.asarray(2 * cell + self.wrong, dtype=smallest_type(2 * size))

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


def smallest_type(size: int) -> type[np.integer]:
    """The smallest type for places below `size`: less memory to read."""
    return np.int16 if size <= np.iinfo(np.int16).max else np.int64


def sum_over_runs(table: Sums, axes: tuple[Axis, ...]) -> Sums:
    """Sums over all runs of each axis from those of the steps.

    Args:
        table: shape (channels, steps) or (channels, steps of the first, steps of the second).
        axes: one for each of its dimensions but the first; the result has runs in place of their steps.
    """
    for place, axis in enumerate(axes, 1):
        by_step = table.swapaxes(place, 1)
        # a run is a difference of two cumulated sums, so that all runs of m steps cost m² and not m³
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


# The search

LEAST_ROWS = 30
"""Fewest rows of a combination that is looked at."""
MOST_FOUND = 10
"""Combinations that are handed on to be tested: each further one makes every test stricter."""
SUSPICIOUS = 3.0
"""Certainty from which a combination is tested. One that could be proven on the other half hardly ever falls short."""
MOST_OF_TABLE = 20
"""Suspicious combinations of the same columns, none of which overlap."""
MOST_LOOKED_AT = 100
"""Suspicious combinations, the most certain first, that are compared with those already found."""
MOST_ROUNDS = 4
"""Times that each edge of a combination is moved to where it fits best."""
SAME_ROWS = 0.8
"""A combination lies in another when more than this part of its rows does."""
EDGE_ROWS = 50_000
"""Rows from which the edges of bins are taken; edges need no more."""
EDGE_ROOM = 0.15
"""How far an edge may be moved to be written with fewer digits, as a part of the way to the nearest other edge."""
TIME_BLOCKS = 40
"""Rows in time order are halved by blocks, because neighbours are alike."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows that have a level, or a run of levels, of one or two columns in common."""

    key: Key
    n: int
    effect: float
    """Mean loss of these rows minus that of all others."""
    z: float
    """How certain the effect is: see `certainty`."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked at and what stood out, the most certain first."""

    searched: int
    """Combinations with enough rows in them and outside."""
    found: tuple[Slice, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows that are searched, and what counts among them."""

    codes: Sequence[Codes]
    losses: Losses
    whole: Sums
    effect: float
    least_rows: int

    def has_enough(self, inside: Sums) -> Mask:
        """Which combinations have enough rows in them and outside."""
        return np.asarray((inside[0] >= self.least_rows) & (inside[0] <= self.losses.n - self.least_rows))


def search(
    codes: Sequence[Codes],
    levels: Sequence[int],
    loss: Mask | Floats,
    *,
    ordered: Sequence[int] = (),
    effect: float = 0.0,
    known: frozenset[Key] = frozenset(),
    least_rows: int = LEAST_ROWS,
    most: int = MOST_FOUND,
) -> Search:
    """Combinations of one or two columns whose mean loss stands out from that of all other rows.

    Levels that stand in order are looked at in runs, in steps of several levels where two columns are; the edges of
    what is found are then moved level by level to where they fit best. Ranked by certainty, since the largest effects
    are those of the smallest combinations. Rows count alike and as independent; the test on other rows must not.

    Args:
        codes: for each column the level of each row, 0..levels-1, shape (n,).
        levels: number of levels of each column.
        loss: of each row, shape (n,); booleans are counted in half the time of numbers.
        ordered: for each column, how many of its first levels stand in order; without it, none of any.
        effect: smallest effect that matters, in units of the loss.
        known: combinations that are looked at elsewhere; those that stand out tell their story there.
        least_rows: in the combination, and outside it.
        most: number of combinations to hand on.
    """
    if len(loss) == 0 or not len(codes):
        return Search(0, ())
    ordered = ordered or [0] * len(levels)
    losses = Losses.of(loss)
    rows = _Rows(codes, losses, losses.total(), effect, least_rows)
    axes = [axis_of(*size, max(1, size[1])) for size in zip(levels, ordered, strict=True)]
    steps = [axis_of(*size, MOST_STEPS) for size in zip(levels, ordered, strict=True)]
    searched, suspicious = 0, list[Slice]()
    for columns, own, sums in _tables(rows, axes, steps):
        is_large = rows.has_enough(sums)
        searched += int(np.count_nonzero(is_large))
        suspicious += _select_outstanding(columns, own, sums, is_large, rows)
    suspicious.sort(key=lambda each: -each.z)
    found = _select_distinct(suspicious, rows, known, most)
    fitted = {each.key: each for each in (_fit_spans(each, rows, axes) for each in found)}
    return Search(searched, tuple(sorted(fitted.values(), key=lambda each: -each.z)))


def rows_of(key: Key, codes: Sequence[Codes]) -> Mask:
    """Which rows a combination holds, shape (n,)."""
    parts = [_rows_between(codes[column], first, last) for column, first, last in key]
    return np.asarray(np.logical_and.reduce(parts), dtype=np.bool_)


def _rows_between(codes: Codes, first: int, last: int) -> Mask:
    return np.asarray(codes == first if first == last else (codes >= first) & (codes <= last), dtype=np.bool_)


def _tables(
    rows: _Rows, axes: Sequence[Axis], steps: Sequence[Axis]
) -> Iterator[tuple[tuple[int, ...], tuple[Axis, ...], Sums]]:
    """For each column and pair of columns the sums over all combinations of their runs."""
    for column, axis in enumerate(axes):
        cells = rows.losses.sums(rows.losses.places(rows.codes[column], axis.steps), axis.steps)
        yield (column,), (axis,), sum_over_runs(cells, (axis,))
    side = max(axis.steps for axis in steps)  # all tables have as many cells, so that places are added and no more
    size, kind = side**2, smallest_type(2 * side**2)
    # every pair of columns uses the same table of side², so a row's cell is the sum of two numbers that were made
    # once for each column: no product and no new type for each of the many pairs
    down = [axis.step_of.astype(kind)[codes] for axis, codes in zip(steps, rows.codes, strict=True)]
    across = [rows.losses.places(step, size) for step in down]
    stride = side if rows.losses.wrong is None else 2 * side
    down = [step * kind(stride) for step in down]
    for a, b in combinations(range(len(steps)), 2):
        cells = rows.losses.sums(down[a] + across[b], size).reshape(-1, side, side)
        both = (steps[a], steps[b])
        yield (a, b), both, sum_over_runs(cells[:, : both[0].steps, : both[1].steps], both)


def _select_outstanding(
    columns: tuple[int, ...], axes: tuple[Axis, ...], sums: Sums, is_large: Mask, rows: _Rows
) -> Iterator[Slice]:
    """The suspicious combinations of the same columns, the most certain first, none of which overlap."""
    outside = rows.whole.reshape(-1, *[1] * len(axes)) - sums
    gap = difference(sums, outside)
    chosen = np.asarray(is_large & (gap >= rows.effect))
    z, runs = certainty(sums[:, chosen], outside[:, chosen]), np.nonzero(chosen)
    # greedy, as in a spatial scan: take the most certain, drop all that overlap it in every column, go on
    for _ in range(MOST_OF_TABLE):
        best = int(np.argmax(z)) if z.size else 0
        if not z.size or z[best] < SUSPICIOUS:
            return
        place = tuple(int(run[best]) for run in runs)
        key = tuple(axis.span(column, run) for axis, column, run in zip(axes, columns, place, strict=True))
        yield Slice(key, int(sums[0][place]), float(gap[place]), float(z[best]))
        shared = [
            (axis.low[run] < axis.high[mine]) & (axis.high[run] > axis.low[mine])
            for axis, run, mine in zip(axes, runs, place, strict=True)
        ]
        z = np.where(np.logical_and.reduce(shared), -np.inf, z)


def _select_distinct(slices: Sequence[Slice], rows: _Rows, known: frozenset[Key], most: int) -> list[Slice]:
    """The first slices that each tell a story of their own, one that the known ones do not tell."""
    found: list[Slice] = []
    taken = [rows_of(each.key, rows.codes) for each in slices if each.key in known]
    covered = np.logical_or.reduce([np.zeros(rows.losses.n, dtype=bool), *taken])
    for each in [each for each in slices if each.key not in known][:MOST_LOOKED_AT]:
        if len(found) == most:
            break
        inside = rows_of(each.key, rows.codes)
        if _is_news(inside, taken, covered, rows):
            taken.append(inside)
            covered |= inside
            found.append(each)
    return found


def _is_news(inside: Mask, taken: Sequence[Mask], covered: Mask, rows: _Rows) -> bool:
    """Whether rows still stand out from the others that they lie in, or else without all that are taken already."""
    # a part of a slice already taken is news only if it is worse than the rest of that slice; what merely overlaps
    # must stand out without the rows that are told already
    size = int(np.count_nonzero(inside))
    for other in taken:
        if int(np.count_nonzero(inside & other)) > SAME_ROWS * size:
            return _stands_out(inside & other, other & ~inside, rows)
    return not (inside & covered).any() or _stands_out(inside & ~covered, ~(inside | covered), rows)


def _stands_out(inside: Mask, outside: Mask, rows: _Rows) -> bool:
    here, there = (rows.losses.subset(mask).total() for mask in (inside, outside))
    gap = difference(here, there)[0]
    return bool(gap >= rows.effect and certainty(here, there)[0] >= SUSPICIOUS)


def _fit_spans(found: Slice, rows: _Rows, axes: Sequence[Axis]) -> Slice:
    """The combination with each run of levels moved to where it is most certain, one column after the other."""
    if len(found.key) == 1:  # looked at level by level already
        return found
    for _ in range(MOST_ROUNDS):
        before = found
        for place, span in enumerate(found.key):
            axis, other = axes[span.column], found.key[1 - place]
            if len(axis.low) > axis.steps:  # levels that do not stand in order are runs of one
                found = _move_span(found, axis, span.column, other, rows)
        if found == before:
            break
    return found


def _move_span(found: Slice, axis: Axis, column: int, other: Span, rows: _Rows) -> Slice:
    """The run of levels of one column that is most certain within the given levels of the other."""
    within = _rows_between(rows.codes[other.column], other.first, other.last)
    losses = rows.losses.subset(within)
    sums = sum_over_runs(losses.sums(losses.places(rows.codes[column][within], axis.steps), axis.steps), (axis,))
    outside = rows.whole - sums
    gap = difference(sums, outside)
    z = np.where(rows.has_enough(sums) & (gap >= rows.effect), certainty(sums, outside), -np.inf)
    best = int(np.argmax(z))
    if not z[best] > found.z:
        return found
    key = tuple(sorted((axis.span(column, best), other)))
    return Slice(key, int(sums[0][best]), float(gap[best]), float(z[best]))


def first_half(cases: Cases, *, seed: int) -> Mask:
    """A seeded half of the rows, shape (n,), that keeps groups, else queries, whole, and blocks of time together."""
    units = _units(cases)
    count = cases.n if units is None else int(units.max(initial=-1)) + 1
    chosen = np.zeros(count, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(count)[: count // 2]] = True
    return chosen if units is None else chosen[units]


def _units(cases: Cases) -> Integers | None:
    if cases.groups is not None:
        return cases.groups
    if cases.queries is not None:
        return cases.queries
    if cases.time is None:
        return None
    place = np.empty(cases.n, dtype=np.int64)
    place[np.argsort(cases.time, kind="stable")] = np.arange(cases.n)
    return np.asarray(place * TIME_BLOCKS // max(1, cases.n), dtype=np.int64)


def quantile_edges(numbers: Floats, bins: int) -> Floats:
    """Inner edges that cut the finite numbers into at most `bins` parts of about equal size, ascending and distinct.

    Each is written with as few digits as leave it where it is among its neighbours, since people have to read them.
    """
    finite = numbers[:: max(1, len(numbers) // EDGE_ROWS)]
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return np.empty(0)
    finite = np.sort(finite)
    rank = np.arange(1, bins) / bins * (len(finite) - 1)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers further apart than a number can be
        edges = np.interp(rank, np.arange(len(finite)), finite)  # np.quantile sorts for each of them
        edges = np.unique(edges[np.isfinite(edges)])
        gaps = np.r_[np.inf, np.diff(edges), np.inf]
    room = EDGE_ROOM * np.minimum(gaps[:-1], gaps[1:])
    room = np.where(np.isfinite(room), room, 0.0)
    written = edges.copy()
    for digits in (9, 6, 4, 3, 2):
        short = np.array([float(f"{edge:.{digits}g}") for edge in edges])
        written = np.where(np.abs(short - edges) <= room, short, written)
    return written


def assign_bins(numbers: Floats, edges: Floats) -> npt.NDArray[np.int16]:
    """The bin of each number, 0..len(edges), upper edges included; numbers that are missing have the bin after."""
    codes = np.zeros(len(numbers), dtype=np.int8)
    for edge in edges:  # a pass for each of a few edges is faster than a search for each number
        codes += (numbers > edge).view(np.int8)
    codes[np.isnan(numbers)] = len(edges) + 1
    return codes.astype(np.int16)


def chance_of_so_many(found: int, *, drawn: int, marked: int, total: int) -> float:
    """How likely `found` or more of `marked` rows are among `drawn` of `total` rows that chance alone picks.

    The upper tail of the hypergeometric distribution, which Fisher's (1934) exact test goes by: its probabilities in
    proportion to the largest of them, from P(k + 1) / P(k) = (marked - k)(drawn - k) / ((k + 1)(total - marked - drawn
    + k + 1)), summed from the small ones on. A tail below 1e-307 of the largest is 0.
    """
    lowest, highest = max(0, drawn + marked - total), min(drawn, marked)
    if found <= lowest:
        return 1.0
    if found > highest:
        return 0.0
    k = np.arange(lowest, highest, dtype=np.float64)
    steps = (marked - k) * (drawn - k) / ((k + 1) * (total - marked - drawn + k + 1))
    mode = int(np.searchsorted(-steps, -1.0))  # the steps fall, and from here on they lead downwards
    down, up = np.cumprod(1 / steps[:mode][::-1]), np.cumprod(steps[mode:])
    chances = np.concatenate((down[::-1], [1.0], up))
    tail = float(np.sort(chances[found - lowest :]).sum())
    return min(1.0, tail / float(np.sort(chances).sum()))
