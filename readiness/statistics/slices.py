"""Where does a model fail that nobody asked about? All combinations of one or two columns, looked at at once.

Among a million combinations some look bad by chance alone, so what is found on one half of the rows is only a
suspicion, and has to be tested on the other half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.slice_tables import (
    MOST_STEPS,
    Axis,
    Codes,
    Key,
    Losses,
    Mask,
    Span,
    Sums,
    axis_of,
    certainty,
    difference,
    over_runs,
    smallest,
)

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

    def enough(self, inside: Sums) -> Mask:
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
        is_large = rows.enough(sums)
        searched += int(np.count_nonzero(is_large))
        suspicious += _standing_out(columns, own, sums, is_large, rows)
    suspicious.sort(key=lambda each: -each.z)
    found = _distinct(suspicious, rows, known, most)
    fitted = {each.key: each for each in (_fitted(each, rows, axes) for each in found)}
    return Search(searched, tuple(sorted(fitted.values(), key=lambda each: -each.z)))


def rows_of(key: Key, codes: Sequence[Codes]) -> Mask:
    """Which rows a combination holds, shape (n,)."""
    parts = [_within(codes[column], first, last) for column, first, last in key]
    return np.asarray(np.logical_and.reduce(parts), dtype=np.bool_)


def _within(codes: Codes, first: int, last: int) -> Mask:
    return np.asarray(codes == first if first == last else (codes >= first) & (codes <= last), dtype=np.bool_)


def _tables(
    rows: _Rows, axes: Sequence[Axis], steps: Sequence[Axis]
) -> Iterator[tuple[tuple[int, ...], tuple[Axis, ...], Sums]]:
    """For each column and pair of columns the sums over all combinations of their runs."""
    for column, axis in enumerate(axes):
        cells = rows.losses.sums(rows.losses.places(rows.codes[column], axis.steps), axis.steps)
        yield (column,), (axis,), over_runs(cells, (axis,))
    side = max(axis.steps for axis in steps)  # all tables have as many cells, so that places are added and no more
    size, kind = side**2, smallest(2 * side**2)
    down = [axis.step_of.astype(kind)[codes] for axis, codes in zip(steps, rows.codes, strict=True)]
    across = [rows.losses.places(step, size) for step in down]
    stride = side if rows.losses.wrong is None else 2 * side
    down = [step * kind(stride) for step in down]
    for a, b in combinations(range(len(steps)), 2):
        cells = rows.losses.sums(down[a] + across[b], size).reshape(-1, side, side)
        both = (steps[a], steps[b])
        yield (a, b), both, over_runs(cells[:, : both[0].steps, : both[1].steps], both)


def _standing_out(
    columns: tuple[int, ...], axes: tuple[Axis, ...], sums: Sums, is_large: Mask, rows: _Rows
) -> Iterator[Slice]:
    """The suspicious combinations of the same columns, the most certain first, none of which overlap."""
    outside = rows.whole.reshape(-1, *[1] * len(axes)) - sums
    gap = difference(sums, outside)
    chosen = np.asarray(is_large & (gap >= rows.effect))
    z, runs = certainty(sums[:, chosen], outside[:, chosen]), np.nonzero(chosen)
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


def _distinct(slices: Sequence[Slice], rows: _Rows, known: frozenset[Key], most: int) -> list[Slice]:
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
    size = int(np.count_nonzero(inside))
    for other in taken:
        if int(np.count_nonzero(inside & other)) > SAME_ROWS * size:
            return _stands_out(inside & other, other & ~inside, rows)
    return not (inside & covered).any() or _stands_out(inside & ~covered, ~(inside | covered), rows)


def _stands_out(inside: Mask, outside: Mask, rows: _Rows) -> bool:
    here, there = (rows.losses.within(mask).total() for mask in (inside, outside))
    gap = difference(here, there)[0]
    return bool(gap >= rows.effect and certainty(here, there)[0] >= SUSPICIOUS)


def _fitted(found: Slice, rows: _Rows, axes: Sequence[Axis]) -> Slice:
    """The combination with each run of levels moved to where it is most certain, one column after the other."""
    if len(found.key) == 1:  # looked at level by level already
        return found
    for _ in range(MOST_ROUNDS):
        before = found
        for place, span in enumerate(found.key):
            axis, other = axes[span.column], found.key[1 - place]
            if len(axis.low) > axis.steps:  # levels that do not stand in order are runs of one
                found = _moved(found, axis, span.column, other, rows)
        if found == before:
            break
    return found


def _moved(found: Slice, axis: Axis, column: int, other: Span, rows: _Rows) -> Slice:
    """The run of levels of one column that is most certain within the given levels of the other."""
    within = _within(rows.codes[other.column], other.first, other.last)
    losses = rows.losses.within(within)
    sums = over_runs(losses.sums(losses.places(rows.codes[column][within], axis.steps), axis.steps), (axis,))
    outside = rows.whole - sums
    gap = difference(sums, outside)
    z = np.where(rows.enough(sums) & (gap >= rows.effect), certainty(sums, outside), -np.inf)
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


def binned(numbers: Floats, edges: Floats) -> npt.NDArray[np.int16]:
    """The bin of each number, 0..len(edges), upper edges included; numbers that are missing have the bin after."""
    codes = np.zeros(len(numbers), dtype=np.int8)
    for edge in edges:  # a pass for each of a few edges is faster than a search for each number
        codes += (numbers > edge).view(np.int8)
    codes[np.isnan(numbers)] = len(edges) + 1
    return codes.astype(np.int16)
