"""Where does a model fail that nobody asked about? All combinations of one or two levels of columns, counted at once.

Among thousands of combinations some look bad by chance alone, so what is found on one half of the rows is only a
suspicion, and has to be tested on the other half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from readiness.statistics.cases import Cases, Floats, Integers

Codes = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]

LEAST_ROWS = 30
"""Fewest rows of a combination that is looked at."""
MOST_FOUND = 10
"""Combinations that are handed on to be tested: each further one makes every test stricter."""
SUSPICIOUS = 3.0
"""Welch's z from which a combination is tested. One that could be proven on the other half hardly ever falls short."""
MOST_LOOKED_AT = 60
"""Suspicious combinations, largest z first, that are compared with those already found."""
SAME_ROWS = 0.8
"""A combination lies in another when more than this part of its rows does."""
EDGE_ROWS = 50_000
"""Rows from which the edges of bins are taken; edges need no more."""
TIME_BLOCKS = 40
"""Rows in time order are halved by blocks, because neighbours are alike."""

Key = tuple[tuple[int, int], ...]
"""One or two pairs of column and level, columns ascending."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows that have one or two levels in common."""

    key: Key
    n: int
    effect: float
    """Mean loss of these rows minus that of all others."""
    z: float
    """Effect over its standard error (Welch 1947)."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked at and what stood out, the most certain first."""

    searched: int
    """Combinations with enough rows in them and outside."""
    found: tuple[Slice, ...]


def search(
    codes: Sequence[Codes],
    levels: Sequence[int],
    loss: Mask | Floats,
    *,
    effect: float = 0.0,
    known: frozenset[Key] = frozenset(),
    least_rows: int = LEAST_ROWS,
    most: int = MOST_FOUND,
) -> Search:
    """Combinations of one or two levels whose mean loss stands out from that of all other rows.

    Ranked by Welch's z, since the largest effects are those of the smallest combinations. Rows count alike and as
    independent; the test on other rows must not.

    Args:
        codes: for each column the level of each row, 0..levels-1, shape (n,).
        levels: number of levels of each column.
        loss: of each row, shape (n,); booleans are counted in half the time of numbers.
        effect: smallest effect that matters, in units of the loss.
        known: combinations that are looked at elsewhere; those that stand out tell their story there.
        least_rows: in the combination, and outside it.
        most: number of combinations to hand on.
    """
    n = len(loss)
    parts = list(_counted(codes, levels, loss))
    if n == 0 or not parts:
        return Search(0, ())
    keys = [key for key, _ in parts]
    where = np.repeat(np.arange(len(parts)), [table.shape[1] for _, table in parts])
    inside = np.concatenate([table for _, table in parts], axis=1)
    whole = np.array([n, loss.sum(dtype=np.float64), (loss.astype(np.float64) ** 2).sum()])
    enough = (inside[0] >= least_rows) & (n - inside[0] >= least_rows)
    difference, z = _welch(inside, whole[:, None] - inside)
    wanted = np.flatnonzero(enough & (difference >= effect) & (z >= SUSPICIOUS))
    ranked = wanted[np.argsort(-z[wanted], kind="stable")][:MOST_LOOKED_AT]
    start = np.searchsorted(where, np.arange(len(parts)))
    found = [_key(keys[where[i]], int(i - start[where[i]]), levels) for i in ranked]
    slices = [
        Slice(key, int(inside[0, i]), float(difference[i]), float(z[i])) for key, i in zip(found, ranked, strict=True)
    ]
    return Search(int(np.count_nonzero(enough)), _distinct(slices, codes, loss, effect, known, most))


def rows_of(key: Key, codes: Sequence[Codes]) -> Mask:
    """Which rows have the levels of a combination, shape (n,)."""
    return np.asarray(np.logical_and.reduce([codes[column] == level for column, level in key]), dtype=np.bool_)


def _counted(
    codes: Sequence[Codes], levels: Sequence[int], loss: Mask | Floats
) -> Iterator[tuple[tuple[int, ...], Floats]]:
    """For each column and pair of columns the rows, sums and sums of squares of all its combinations, shape (3, ·)."""
    for column, size in enumerate(levels):
        yield (column,), _sums(codes[column].astype(np.int64), size, loss)
    for a, b in combinations(range(len(levels)), 2):
        yield (a, b), _sums(codes[a].astype(np.int64) * levels[b] + codes[b], levels[a] * levels[b], loss)


def _sums(index: Integers, size: int, loss: Mask | Floats) -> Floats:
    if loss.dtype == np.bool_:
        right, wrong = np.bincount(index * 2 + loss, minlength=2 * size).reshape(size, 2).T
        return np.stack((right + wrong, wrong, wrong)).astype(np.float64)
    rows = np.bincount(index, minlength=size)
    return np.stack((rows, *(np.bincount(index, loss**power, size) for power in (1, 2)))).astype(np.float64)


def _welch(inside: Floats, outside: Floats) -> tuple[Floats, Floats]:
    """Difference of the means and its z; the spread inside is never taken for smaller than outside, so that a few rows
    that are all alike do not look certain.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = inside[1] / inside[0] - outside[1] / outside[0]
        within, without = _variance(inside), _variance(outside)
        error = np.sqrt(np.maximum(within, without) / inside[0] + without / outside[0])
        return difference, np.where(error > 0, difference / error, 0.0)


def _variance(sums: Floats) -> Floats:
    n, first, second = sums
    return np.asarray(np.maximum(0.0, second - first**2 / n) / np.maximum(1.0, n - 1))


def _key(columns: tuple[int, ...], cell: int, levels: Sequence[int]) -> Key:
    if len(columns) == 1:
        return ((columns[0], cell),)
    a, b = columns
    return (a, cell // levels[b]), (b, cell % levels[b])


def _distinct(
    slices: Sequence[Slice],
    codes: Sequence[Codes],
    loss: Mask | Floats,
    effect: float,
    known: frozenset[Key],
    most: int,
) -> tuple[Slice, ...]:
    """The first slices that each tell a story of their own, one that the known ones do not tell."""
    found: list[Slice] = []
    taken = [rows_of(each.key, codes) for each in slices if each.key in known]
    covered = np.logical_or.reduce([np.zeros(len(loss), dtype=bool), *taken])
    for each in slices:
        if len(found) == most:
            break
        rows = rows_of(each.key, codes)
        if each.key not in known and _is_news(rows, taken, covered, loss, effect):
            taken.append(rows)
            covered |= rows
            found.append(each)
    return tuple(found)


def _is_news(rows: Mask, taken: Sequence[Mask], covered: Mask, loss: Mask | Floats, effect: float) -> bool:
    """Whether rows still stand out from the others that they lie in, or else without all that are taken already."""
    size = int(np.count_nonzero(rows))
    for other in taken:
        if int(np.count_nonzero(rows & other)) > SAME_ROWS * size:
            return _stands_out(rows & other, other & ~rows, loss, effect)
    return not (rows & covered).any() or _stands_out(rows & ~covered, ~(rows | covered), loss, effect)


def _stands_out(inside: Mask, outside: Mask, loss: Mask | Floats, effect: float) -> bool:
    parts = [loss[mask].astype(np.float64) for mask in (inside, outside)]
    sums = [np.array([[len(part)], [part.sum()], [(part**2).sum()]]) for part in parts]
    difference, z = _welch(sums[0], sums[1])
    return bool(difference[0] >= effect and z[0] >= SUSPICIOUS)


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

    They are written with as few digits as leave them where they are, since people have to read them.
    """
    finite = numbers[:: max(1, len(numbers) // EDGE_ROWS)]
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return np.empty(0)
    edges = np.unique(np.quantile(finite, np.arange(1, bins) / bins))
    room = 0.05 * float(np.diff(edges).min()) if len(edges) > 1 else 0.0
    for digits in (2, 3, 4, 6, 9):
        short = np.array([float(f"{edge:.{digits}g}") for edge in edges])
        if np.abs(short - edges).max() <= room:
            return short
    return edges


def binned(numbers: Floats, edges: Floats) -> npt.NDArray[np.int16]:
    """The bin of each number, 0..len(edges), upper edges included; numbers that are missing have the bin after."""
    codes = np.zeros(len(numbers), dtype=np.int16)
    for edge in edges:  # a pass for each of a few edges is faster than a search for each number
        codes += numbers > edge
    codes[np.isnan(numbers)] = len(edges) + 1
    return codes
