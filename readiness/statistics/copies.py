"""How often do rows repeat, how often would they by chance alone, and how near is the nearest of other rows?

Rows come as 64-bit hashes. By chance a new row equals one of n known rows with about 1 - f1/n, where f1 of them have no
twin (Good 1953, after Turing); its variance is (f1 (1 - f1/n) + 2 f2) / n² (Esty 1983), f2 being the values that occur
twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from readiness.statistics.cases import Floats, Integers
from readiness.statistics.dependence import variance_of_groups
from readiness.statistics.intervals import Binomial, Mover

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

CHANCE = 1e-4
"""Chance at which counts that repeat by themselves are held for counts that somebody made."""
MOST_OFTEN = 60
"""Up to so many repeats of a value are its numbers held against each other."""


def repeated(*tables: Hashes) -> Hashes:
    """Hashes that occur more than once in all tables together, in rising order and each once."""
    pooled = np.sort(np.concatenate(tables))
    return np.asarray(np.unique(pooled[1:][pooled[1:] == pooled[:-1]]))


def stand_in(asked: Hashes, table: Hashes) -> Mask:
    """Which of `asked` (n,) stand in a table whose hashes are in rising order."""
    if not len(table):
        return np.zeros(len(asked), dtype=bool)
    places = np.minimum(np.searchsorted(table, asked), len(table) - 1)
    return np.asarray(table[places] == asked)


def occur_once(values: Hashes) -> Hashes:
    """The values that occur once, in rising order."""
    found, counts = _unique_with_counts(values)
    return np.asarray(found[counts == 1])


def _unique_with_counts(values: Hashes) -> tuple[Hashes, Integers]:
    found, counts = np.unique(values, return_counts=True)
    return found, counts.astype(np.int64)


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


def known_rows(asked: Hashes, table: Hashes, groups: Integers | None = None) -> Known:
    """Asked rows (n,) beside the rows of a table (m,), copies in it taken out; m and n at least 1.

    `groups`: codes of what asked rows belong to. A table of which each row stands there k times counts as one of which
    each stands there once.
    """
    found, counts = _unique_with_counts(table)
    counts = counts // max(1, int(np.gcd.reduce(counts)))
    numbers = numbers_of_repeats(counts)
    twins = stand_in(asked, found)
    deff, df = (1.0, np.inf) if groups is None else _design_effect(twins, groups)
    return Known(int(twins.sum()), len(asked), int(counts.sum()), int(numbers[1]), int(numbers[2]), deff, df)


def _design_effect(twins: Mask, groups: Integers) -> tuple[float, float]:
    share = float(twins.mean())
    rows = np.bincount(groups).astype(float)
    rows = rows[rows > 0]
    if share in (0.0, 1.0) or len(rows) < 2 or len(rows) == len(twins):
        return 1.0, np.inf
    sums = np.bincount(groups, weights=(twins - share) / len(twins))[np.bincount(groups) > 0].astype(float)
    variance, df = variance_of_groups(sums, rows / len(twins))
    return max(1.0, variance * len(twins) / (share * (1 - share))), df


def nearest(
    asked: Floats,
    table: Floats,
    *,
    labels: tuple[Integers, Integers] | None = None,
    window: int = 1_000,
    itself: Integers | None = None,
) -> Floats:
    """Distance (n,) from each asked row to the nearest of the `window` rows that lie closest by the first column.

    Both are compared alike: it is the nearest of all in small tables, and in large ones the nearest of those that can
    be near. A missing value and another label are one unit away.

    Args:
        asked: (n, d) scaled columns, d at least 1.
        table: (m, d) the same columns, m at least 2.
        labels: (n, c) and (m, c) codes of further columns, which agree or do not.
        window: how many rows of the table are looked at.
        itself: (n,) for each asked row its own place in the table, which is passed over; None: it is in none.
    """
    order = np.argsort(table[:, 0], kind="stable")
    sorted_by, m = table[order, 0], len(table)
    width = min(window, m)
    starts = np.clip(np.searchsorted(sorted_by, asked[:, 0]) - width // 2, 0, m - width)
    found = np.empty(len(asked))
    step = max(1, 2_000_000 // width)
    for first in range(0, len(asked), step):
        part = slice(first, first + step)
        rows = order[starts[part, None] + np.arange(width)]
        squares = _squares(asked[part], table, rows)
        if labels is not None:
            for ours, theirs in zip(labels[0][part].T, labels[1].T, strict=True):
                squares += theirs[rows] != ours[:, None]
        if itself is not None:
            squares[rows == itself[part, None]] = np.inf
        found[part] = squares.min(axis=1)
    return np.sqrt(found)


def _squares(asked: Floats, table: Floats, rows: Integers) -> Floats:
    total = np.zeros(rows.shape)
    for ours, theirs in zip(asked.T, table.T, strict=True):
        apart = theirs[rows] - ours[:, None]
        if np.isnan(ours).any() or np.isnan(theirs).any():
            one = np.isnan(theirs)[rows] != np.isnan(ours)[:, None]
            apart = np.where(one, 1.0, np.nan_to_num(apart))
        total += apart * apart
    return total
