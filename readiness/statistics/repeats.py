"""Do errors go together in rows that share a value, so that the rows say less than their number?

A sum of n errors that go together by value has D times the variance of n independent ones: D is the design effect (Kish
1965), here the squared sums by value over the sum of squares. D - 1 is the intra-class correlation times the number of
other rows that a row shares its value with, so both are learnt from a sample of rows, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readiness.statistics.cases import Floats, Integers

MOST_ROWS = 200_000
"""Rows that are looked at; a seeded sample above."""
PERMUTED_ROWS = 20_000
PERMUTATIONS = 200
CHANCE = 0.01
"""One-sided level at which chance is excluded."""
LEAST_EFFECT, LEAST_CORRELATION = 1.2, 0.02
FEWEST_VALUES = 20
LEAST_ROWS_EACH = 1.5
SMOOTH = 2.326
"""Standard errors by which neighbouring values must be alike for a number to be a measure, not a name: 1 %."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How errors go together by the values of one column."""

    values: int
    """Distinct values among the rows that were looked at."""
    rows_each: float
    """Rows that share the value of a row, itself included, on average over the rows of the whole table."""
    correlation: float
    """Intra-class correlation of the errors."""
    looked_at: int

    @property
    def design_effect(self) -> float:
        """How many times wider the square of an interval should be."""
        return 1 + max(0.0, self.correlation) * (self.rows_each - 1)

    @property
    def is_telling(self) -> bool:
        """Whether there are values enough, and errors go together enough to matter."""
        enough = self.values >= FEWEST_VALUES and self.rows_each >= LEAST_ROWS_EACH
        return enough and self.design_effect > LEAST_EFFECT and self.correlation > LEAST_CORRELATION


def repeats(errors: Floats, codes: Integers, rows: int | None = None) -> Repeats:
    """Errors (n,) by the values that `codes` (n,) stand for, -1 for none; `rows` of the table that they are drawn from.

    The number of pairs of rows with one value grows with the square of the share that is drawn.
    """
    known = codes >= 0
    sizes = np.bincount(codes[known]).astype(float)
    pairs, n = float(sizes @ (sizes - 1)), len(errors)
    whole = n if rows is None else rows
    each = 1 + pairs * (whole / n) / n if n else 1.0
    return Repeats(int(np.count_nonzero(sizes)), each, _correlation(errors[known], codes[known], pairs), n)


def _correlation(errors: Floats, codes: Integers, pairs: float) -> float:
    """Mean product of two centred errors of one value, over their variance."""
    centred = errors - errors.mean() if len(errors) else errors
    squares = float(centred @ centred)
    if pairs <= 0 or squares <= 0:
        return 0.0
    sums = np.bincount(codes, weights=centred)
    return (float(sums @ sums) - squares) / pairs / (squares / len(errors))


def is_chance(errors: Floats, codes: Integers, seed: int) -> bool:
    """Whether errors dealt out anew go together as much in more than 1 % of 200 deals.

    Of at most 20,000 rows, with all or none of the rows of a value.
    """
    known = codes >= 0
    errors, codes = errors[known], codes[known]
    rng = np.random.default_rng([seed, PERMUTATIONS])
    if len(errors) > PERMUTED_ROWS:
        place = rng.permutation(int(codes.max()) + 1)
        sizes = np.bincount(place[codes], minlength=len(place))
        kept = place[codes] < max(2, int(np.count_nonzero(np.cumsum(sizes) <= PERMUTED_ROWS)))
        errors, codes = errors[kept], codes[kept]
    centred = errors - errors.mean()
    found = _square_sum(centred, codes)
    deals = (_square_sum(rng.permutation(centred), codes) for _ in range(PERMUTATIONS))
    as_much = sum(deal >= found - 1e-12 * abs(found) for deal in deals)
    return bool((1 + as_much) / (1 + PERMUTATIONS) > CHANCE)


def is_measure(errors: Floats, codes: Integers, values: Floats) -> bool:
    """Whether neighbouring numbers have like errors, as ages have and names do not: a measure is no sign of repeats.

    `values` are the numbers behind the codes. Correlation of the mean errors of neighbours (von Neumann 1941).
    """
    sizes = np.bincount(codes, minlength=len(values)).astype(float)
    order = np.argsort(values, kind="stable")
    order = order[sizes[order] > 0]
    means = (np.bincount(codes, weights=errors, minlength=len(values))[order] / sizes[order]) - errors.mean()
    scaled = means * np.sqrt(sizes[order])
    squares = float(scaled @ scaled)
    if len(scaled) < 3 or squares <= 0:
        return False
    return float(scaled[1:] @ scaled[:-1]) / squares * float(np.sqrt(len(scaled))) > SMOOTH


def _square_sum(centred: Floats, codes: Integers) -> float:
    sums = np.bincount(codes, weights=centred)
    return float(np.sum(sums * sums))  # a dot product would wake threads, 200 times over
