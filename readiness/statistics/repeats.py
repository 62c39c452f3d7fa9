"""Do values go together in rows that share a name, so that the rows say less than their number?

A sum of n errors that go together by name has D times the variance of n independent ones: D is the design effect (Kish
1965), here the squared sums by name over the sum of squares. D - 1 is the intra-class correlation times the number of
other rows that a row shares its name with, so both are learnt from a sample of rows, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readiness.statistics.cases import Floats, Integers

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


def repeats(quantity: Floats, codes: Integers, rows: int | None = None) -> Repeats:
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


def beyond_chance(deals: Sequence[int], alpha: float, family: int) -> tuple[bool, ...]:
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
