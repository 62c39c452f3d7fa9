"""Repeats among rows: how often, how often by chance alone, and how near the nearest of other rows is.

Rows come as 64-bit hashes. By chance a new row equals one of n known rows with about 1 - f1/n, where f1 of them have no
twin (Good 1953, after Turing); its variance is (f1 (1 - f1/n) + 2 f2) / n² (Esty 1983), f2 being the values that occur
twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr
from threadpoolctl import threadpool_limits

from readiness.statistics.cases import Floats, Integers
from readiness.statistics.dependence import variance_of_groups
from readiness.statistics.intervals import Binomial, Mover

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

CHANCE = 1e-3
"""Chance at which counts that repeat by themselves are held for counts that somebody made."""
LARGE = 100_000
"""Rows from which on hashes are sorted before they are looked up."""
_BITS = 23
MOST_OFTEN = 60
"""Up to so many repeats of a value are its numbers held against each other."""


def repeated_hashes(*tables: Hashes) -> Hashes:
    """Hashes that occur more than once in all tables together, in rising order and each once."""
    pooled = np.sort(np.concatenate(tables))
    return unique_hashes(pooled[1:][pooled[1:] == pooled[:-1]])


def unique_hashes(values: Hashes) -> Hashes:
    """The different values, in rising order."""
    rising = np.sort(values)  # for hashes many times faster than the table that np.unique makes
    new = np.ones(len(rising), dtype=bool)
    new[1:] = rising[1:] != rising[:-1]
    return np.asarray(rising[new])


def are_in_table(asked: Hashes, table: Hashes) -> Mask:
    """Which of `asked` (n,) stand in a table whose hashes are in rising order."""
    found = np.zeros(len(asked), dtype=bool)
    if not len(table):
        return found
    maybe = np.arange(len(asked)) if len(asked) < LARGE else np.flatnonzero(_may_be_in_table(asked, table))
    some = asked[maybe]
    if len(some) > LARGE and len(table) > LARGE:  # in rising order they are found many times faster
        order = np.argsort(some)
        maybe, some = maybe[order], some[order]
    found[maybe] = table[np.minimum(np.searchsorted(table, some), len(table) - 1)] == some
    return found


def _may_be_in_table(asked: Hashes, table: Hashes) -> Mask:
    """Which may, by a few bits of theirs (Bloom 1970)."""
    there = np.zeros(1 << _BITS, dtype=bool)
    there[_slots(table)] = True
    return np.asarray(there[_slots(asked)])


def _slots(values: Hashes) -> NDArray[np.uint64]:
    return np.asarray((values * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _BITS))


def singleton_hashes(values: Hashes) -> Hashes:
    """The values that occur once, in rising order."""
    found, counts = count_values(values)
    return np.asarray(found[counts == 1])


def count_values(values: Hashes) -> tuple[Hashes, Integers]:
    """The different values in rising order, and how often each occurs."""
    rising = np.sort(values)
    starts = np.flatnonzero(np.append(True, rising[1:] != rising[:-1])) if len(rising) else np.zeros(0, dtype=np.int64)
    return rising[starts], np.diff(np.append(starts, len(rising)))


def numbers_of_repeats(counts: Integers) -> Integers:
    """From how often each value occurs: at place k how many values occur k times."""
    return np.bincount(np.minimum(counts, MOST_OFTEN + 1), minlength=3).astype(np.int64)


def repeat_by_themselves(numbers: Integers) -> bool:
    """Whether values could repeat so by chance, when rows are drawn one by one from any mixture of values.

    With f_k values that occur k times, k! f_k are moments of a mixture, and such are log-convex:
    f_k² k / (k + 1) <= f_(k-1) f_(k+1), up to chance. Rows that were copied on purpose break it: of rows that stand
    there twice each, none occurs three times.

    Args:
        numbers: f_k at place k, as `numbers_of_repeats` gives them.
    """
    known = numbers[: MOST_OFTEN + 1].astype(float)
    for k in range(2, len(known)):
        below, here, above = known[k - 1], known[k], known[k + 1] if k + 1 < len(known) else 0.0
        least = max(0.0, here - 3 * np.sqrt(here)) ** 2 * k / (k + 1)
        if k < MOST_OFTEN and _too_few(above, least, below):
            return False
        if k > 2 and _too_few(below, least, above):  # rows without twin may be as few as they like only below two
            return False
    return True


def _too_few(found: float, product: float, other: float) -> bool:
    return bool(pdtr(found, product / (other + 3 * np.sqrt(other + 1))) < CHANCE)


@dataclass(frozen=True, slots=True)
class Known:
    """How many rows equal a known one, beside what chance gives."""

    twins: int
    """Of the asked rows, those that equal a known row."""
    asked: int
    known: int
    """Known rows, copies among them counted once."""
    alone: int
    """Of these, those without a twin."""
    pairs: int = 0
    """Values that occur twice among the known rows."""
    deff: float = 1.0
    """Design effect of the twins, where asked rows belong together."""
    df: float = np.inf

    @property
    def share(self) -> Binomial:
        """Of the asked rows, those that equal a known one."""
        return Binomial(float(self.twins), self.asked, self.deff, self.df)

    @property
    def by_chance(self) -> Binomial:
        """The share that chance gives."""
        plain = self.alone * (1 - self.alone / self.known)
        deff = (plain + 2 * self.pairs) / plain if plain > 0 else 1.0
        return Binomial(float(self.known - self.alone), self.known, deff)

    @property
    def excess(self) -> Mover:
        """The one less the other."""
        return Mover(self.share, self.by_chance)


def known_rows(asked: Hashes, table: Hashes, groups: Integers | None = None, *, alone: int = 0) -> Known:
    """Asked rows (n,) beside the rows of a table (m,), copies in it taken out; n and m + `alone` at least 1.

    `alone`: further rows of the table, without a twin anywhere.

    `groups`: codes of what asked rows belong to. A table of which each row stands there k times counts as one of which
    each stands there once.
    """
    found, counts = count_values(table)
    # a table of which every row was written k times is the same table: only what differs from that is a repeat
    if not alone and len(counts):
        counts = counts // int(np.gcd.reduce(counts))
    numbers = numbers_of_repeats(counts)
    twins = are_in_table(asked, found)
    deff, df = (1.0, np.inf) if groups is None else _design_effect(twins, groups)
    return Known(
        int(twins.sum()), len(asked), int(counts.sum()) + alone, int(numbers[1]) + alone, int(numbers[2]), deff, df
    )


def _design_effect(twins: Mask, groups: Integers) -> tuple[float, float]:
    share = float(twins.mean())
    rows = np.bincount(groups).astype(float)
    rows = rows[rows > 0]
    if share in (0.0, 1.0) or len(rows) < 2 or len(rows) == len(twins):
        return 1.0, np.inf
    sums = np.bincount(groups, weights=(twins - share) / len(twins))[np.bincount(groups) > 0].astype(float)
    variance, df = variance_of_groups(sums, rows / len(twins))
    return max(1.0, variance * len(twins) / (share * (1 - share))), df


PARTS, USUAL = 64, 10
"""Parts that a table is searched in, and which of their nearest rows is held for an ordinary neighbour."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest row in each part of a table, nearest first."""

    places: Integers
    """(n, parts): where they stand in the table."""
    distances: Floats
    """(n, parts): how far away they are; infinite for a part without another row."""

    @property
    def nearness(self) -> Floats:
        """(n,): distance to the nearest row over that to an ordinary neighbour, 0 to 1; not a number where the nearest
        is equal or nothing is known.

        Where rows lie smoothly, its distribution does not depend on how densely they do. A row that was copied and
        moved by less than neighbours are apart has a small one.
        """
        usual = self.distances[:, min(USUAL, self.distances.shape[1]) - 1]
        known = (self.distances[:, 0] > 0) & np.isfinite(usual)
        return np.asarray(np.where(known, self.distances[:, 0] / np.where(known, usual, 1.0), np.nan))


def nearest_rows(asked: Floats, table: Floats, itself: Integers | None = None) -> Neighbours:
    """For each asked row (n, d) the nearest row in each of up to 64 parts of a table (m, d), m at least 1.

    Parts are runs of rows, so the table should lie in random order. `itself`: (n,) the place of each asked row where it
    is one of the table, which is passed over. Single precision finds the rows, double precision the distances.
    """
    edges = np.linspace(0, len(table), min(PARTS, len(table)) + 1).astype(np.int64)
    single, few = table.astype(np.float32), asked.astype(np.float32)
    # |a - b|² / 2 = |b|²/2 - a·b + |a|²/2: the last term is the same for all b, so a product of matrices finds the
    # nearest b; of rows far from 0 single precision cancels, so the distances are taken anew from the differences
    halves = np.einsum("ij,ij->i", single, single) / 2
    places = np.empty((len(asked), len(edges) - 1), dtype=np.int64)
    room = np.empty(len(asked) * int(np.diff(edges).max()), dtype=np.float32)  # one for all parts: fresh memory is slow
    with threadpool_limits(limits=1):  # sums are then taken in the same order on every machine
        for k, (first, end) in enumerate(pairwise(edges.tolist())):
            apart = room[: len(asked) * (end - first)].reshape(len(asked), end - first)
            np.matmul(few, single[first:end].T, out=apart)
            np.subtract(halves[first:end], apart, out=apart)  # half the square, less what is the same for a row
            if itself is not None:
                own = np.flatnonzero((itself >= first) & (itself < end))
                apart[own, itself[own] - first] = np.inf
            places[:, k] = first + apart.argmin(axis=1)
    squares = [np.einsum("ij,ij->i", gap, gap) for gap in (table[column] - asked for column in places.T)]
    distances = np.sqrt(np.array(squares).T)
    if itself is not None:
        distances[places == itself[:, None]] = np.inf
    order = np.argsort(distances, axis=1, kind="stable")
    return Neighbours(np.take_along_axis(places, order, 1), np.take_along_axis(distances, order, 1))


# Design effect of rows that share a name: they say less than their number where their values go together
#
# A sum of n errors that go together by name has D times the variance of n independent ones: D is the design effect
# (Kish 1965), here the squared sums by name over the sum of squares. D - 1 is the intra-class correlation times the
# number of other rows that a row shares its name with, so both are learnt from a sample of rows, too.

PERMUTED_ROWS = 5_000
PERMUTED_VALUES = 100
"""At least so many values are looked at, however many rows they have."""
SMOOTH = 3.0
"""Standard errors by which neighbouring values must be alike for a number to be a measure: one name in 700 is not."""
NEIGHBOURS, FEWEST_NEIGHBOURS, MOST_NEIGHBOURS = 0.1, 3, 30
"""How far apart values still are neighbours: a tenth of all values."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How a quantity goes together by the values of one column."""

    values: int
    """Distinct values among the rows that were looked at."""
    rows_each: float
    """Rows that share the value of a row, itself included, on average over the rows of the whole table."""
    correlation: float
    """Intra-class correlation."""
    looked_at: int

    @property
    def design_effect(self) -> float:
        """How many times wider the square of an interval should be, 1 or more."""
        return 1 + max(0.0, self.correlation) * (self.rows_each - 1)


def measure_repeats(quantity: Floats, codes: Integers, rows: int | None = None) -> Repeats:
    """A quantity (n,) by the values that `codes` (n,) stand for, -1 for none; `rows` of the table it is drawn from.

    The number of pairs of rows with one value grows with the square of the share that is drawn.
    """
    known = codes >= 0
    sizes = np.bincount(codes[known]).astype(float)
    pairs, n = float(sizes @ (sizes - 1)), len(quantity)
    whole = n if rows is None else rows
    each = 1 + pairs * (whole / n) / n if n else 1.0
    return Repeats(int(np.count_nonzero(sizes)), each, _correlation(quantity[known], codes[known], pairs), n)


def _correlation(quantity: Floats, codes: Integers, pairs: float) -> float:
    """Mean product of two centred numbers of one value, over their variance."""
    centred = quantity - quantity.mean() if len(quantity) else quantity
    squares = float(centred @ centred)
    if pairs <= 0 or squares <= 0:
        return 0.0
    sums = np.bincount(codes, weights=centred)
    return (float(sums @ sums) - squares) / pairs / (squares / len(quantity))


def deals_without_match(quantity: Floats, codes: Integers, seed: int, most: int) -> int:
    """How many times a quantity is dealt out anew before it goes together by `codes` as much as it does: 0 to `most`.

    With k deals and no match, the permutation test has p = 1 / (k + 1) (Phipson and Smyth 2010); it ends with the first
    match. Of about 5,000 rows, with all or none of the rows of a value.
    """
    known = codes >= 0
    quantity, codes = quantity[known], codes[known]
    if not len(quantity):
        return 0
    rng = np.random.default_rng([seed, PERMUTED_ROWS])
    if len(quantity) > PERMUTED_ROWS:
        place = rng.permutation(int(codes.max()) + 1)
        sizes = np.bincount(place[codes], minlength=len(place))
        enough = np.cumsum(np.minimum(sizes, 1)) <= PERMUTED_VALUES
        kept = place[codes] < int(np.count_nonzero(enough | (np.cumsum(sizes) <= PERMUTED_ROWS)))
        quantity, codes = quantity[kept], codes[kept]
    centred = quantity - quantity.mean()
    codes = np.unique(codes, return_inverse=True)[1]
    found = _square_sum(centred, codes)
    least = found - 1e-12 * abs(found)
    for deal in range(most):
        if _square_sum(rng.permutation(centred), codes) >= least:
            return deal
    return most


def deals_needed(alpha: float, claims: int) -> int:
    """Deals without a match from which on p is below alpha / claims."""
    return math.ceil(claims / alpha)


def are_beyond_chance(deals: Sequence[int], alpha: float, family: int) -> tuple[bool, ...]:
    """For each column, whether chance is excluded at `alpha` when `family` columns are looked at (Holm 1979).

    Args:
        deals: made without a match, by column.
        alpha: chance of one wrong alarm or more.
        family: columns that are looked at, at least as many as `deals`.
    """
    found = [False] * len(deals)
    for left, k in enumerate(sorted(range(len(deals)), key=lambda k: -deals[k])):
        if deals[k] < deals_needed(alpha, family - left):
            break
        found[k] = True
    return tuple(found)


def is_measure(quantity: Floats, codes: Integers, values: Floats) -> bool:
    """Whether neighbouring numbers are alike in a quantity, as ages are and names are not: a measure names nothing.

    `values` are the numbers behind the codes. Correlation of the means of neighbours (von Neumann 1941), summed over
    how far they are apart: a broad trend then shows in few values, too.
    """
    sizes = np.bincount(codes, minlength=len(values)).astype(float)
    order = np.argsort(values, kind="stable")
    order = order[sizes[order] > 0]
    means = (np.bincount(codes, weights=quantity, minlength=len(values))[order] / sizes[order]) - quantity.mean()
    scaled = means * np.sqrt(sizes[order])
    squares = float(scaled @ scaled)
    furthest = min(MOST_NEIGHBOURS, max(FEWEST_NEIGHBOURS, int(NEIGHBOURS * len(scaled))), len(scaled) - 1)
    lags = range(1, furthest + 1)
    if len(scaled) < 3 or squares <= 0:
        return False
    alike = sum(float(scaled[lag:] @ scaled[:-lag]) for lag in lags) / squares
    return alike * math.sqrt(len(scaled) / len(lags)) > SMOOTH


def _square_sum(centred: Floats, codes: Integers) -> float:
    sums = np.bincount(codes, weights=centred)
    return float(np.sum(sums * sums))  # a dot product would wake threads, 1,000 times over
