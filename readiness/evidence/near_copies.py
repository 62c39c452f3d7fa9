"""Test rows that lie nearer to a training row than their surroundings explain: copies that were moved.

Of each test row it is asked how far the nearest training row is, beside an ordinary neighbour. The same is asked of
training rows from the same surroundings, each beside the other ones. Without copies both shares are alike, wherever the
rows lie and however densely. Equal rows are left out, so tables of few values, whose rows are equal or far apart, are
not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.policy import SOUNDNESS_ALPHA
from readiness.evidence.row_hashes import value_bits
from readiness.statistics.cases import Floats, Integers
from readiness.statistics.copies import nearest_rows
from readiness.statistics.intervals import Binomial, Mover

MOST_ASKED, FEWEST_ASKED = 2_500, 200
"""Rows of each table whose nearest is looked for; fewer in large tables."""
PRODUCTS = 2_500_000_000
"""About so many are taken in one search."""
MOST_COLUMNS, FEWEST_COLUMNS, MOST_LABELS = 30, 12, 4
"""Columns by which the distance is taken, numbers (fewer in large tables) and others."""
LEVELS = (0.005, 0.02, 0.05, 0.10, 0.20)
"""Shares of the training rows that lie nearest to another one, each asked for how many test rows lie as near. Above the
first, more than twice as many must: no other mixture of rows makes that of one in fifty."""
BESIDE = 5
"""Which neighbour of a test row, by distance, is the training row that it is compared with."""
FEWEST_ROWS = 200
"""Of the training table."""
FEW_VALUES = 0.2
"""A column of fewer values, beside so many rows, is no scale."""
FURTHEST = 10.0
"""Spreads from the middle beyond which values count as alike."""
_SIGNS = 4


@dataclass(frozen=True, slots=True)
class Near:
    """How many of the asked test rows are near copies."""

    near: int
    asked: int
    """Of the test rows that were looked at, those that equal no training row."""
    of: int
    """All test rows that equal no training row."""
    columns: tuple[str, ...]
    own: int
    """Of the asked training rows, those that lie as near to another one."""
    own_asked: int

    @property
    def excess(self) -> Mover:
        """What is more than among training rows, whose share is known from no more rows than were asked."""
        return Mover(self.share, Binomial(float(self.own), self.own_asked))

    @property
    def share(self) -> Binomial:
        """Of the asked test rows, those that are near copies."""
        return Binomial(float(self.near), self.asked)


def near_copies(test: pd.DataFrame, train: pd.DataFrame, features: Sequence[str], seed: int) -> Near | None:
    """Near copies among the test rows; None where the columns are too few or too coarse to tell.

    `features` stand in both tables; `test` holds no rows that equal a training row.
    """
    scales = _scales(train, features)
    if not scales or len(train) < FEWEST_ROWS or not len(test):
        return None
    rng = np.random.default_rng([seed, MOST_ASKED])
    labels = [name for name in features if _is_label(train[name]) and _is_shared(train[name])][:MOST_LABELS]
    gaps = [name for name in scales if train[name].hasnans or test[name].hasnans]
    table = _each_once(_points(train, scales, gaps, labels), rng)
    asked = _sample_positions(len(test), int(PRODUCTS / table.size), rng)
    found = nearest_rows(_points(test.iloc[asked], scales, gaps, labels), table)
    beside = np.unique(found.places[:, min(BESIDE, found.places.shape[1]) - 1])
    # The yardstick is how near training rows lie to each other in the same places: those that lie beside the asked test
    # rows (the BESIDE-th nearest of each, for the nearest would be the copy itself), never a random sample, since rows
    # in thin places lie far from everything.
    own = nearest_rows(table[beside], table, itself=beside).nearness
    theirs, mine = (each[np.isfinite(each)] for each in (found.nearness, own))
    if min(len(theirs), len(mine)) == 0 or len(mine) < len(own) / 2:
        return None
    return _most_telling(theirs, mine, len(test), (*scales, *labels))


def _most_telling(theirs: Floats, mine: Floats, of: int, columns: tuple[str, ...]) -> Near:
    """The counts at the first level at which test rows surely are twice as often as near; else at the lowest."""
    levels = [_count_near(theirs, mine, level, of, columns) for level in LEVELS]
    alpha = SOUNDNESS_ALPHA / len(LEVELS)
    # several levels are tried, so each at its share of the chance of error (Bonferroni)
    surely = [each for level, each in zip(LEVELS, levels, strict=True) if each.excess.lower(alpha) > level]
    return max(surely, key=lambda each: each.excess.value, default=levels[0])


def _count_near(theirs: Floats, mine: Floats, level: float, of: int, columns: tuple[str, ...]) -> Near:
    limit = float(np.quantile(mine, level))
    near, own = (int(np.count_nonzero(each < limit)) for each in (theirs, mine))
    return Near(near, len(theirs), of, columns, own, len(mine))


def _sample_positions(n: int, most: int, rng: np.random.Generator) -> Integers:
    asked = int(np.clip(most, FEWEST_ASKED, MOST_ASKED))
    return np.arange(n) if n <= asked else np.sort(rng.choice(n, asked, replace=False))


def _each_once(points: Floats, rng: np.random.Generator) -> Floats:
    """(m, d): the different rows in random order."""
    # One number for each row, by random weights: equal rows have equal numbers, and different ones differ but by a
    # coincidence of floats. Sorting numbers is much faster than np.unique(axis=0), which sorts rows as bytes.
    mixed = points @ rng.normal(size=points.shape[1])
    order = np.argsort(mixed)
    first = np.append(True, np.diff(mixed[order]) > 0)
    return np.asarray(points[rng.permutation(order[first])])


def _scales(train: pd.DataFrame, features: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Middle and spread of the numeric columns of most values, those first; none where even those have few."""
    some = train.iloc[:: max(1, len(train) // 2_000)]
    values = {name: _numbers(some[name]) for name in features if not _is_label(train[name])}
    telling = {name: len(np.unique(each[np.isfinite(each)])) / len(some) for name, each in values.items()}
    most = int(np.clip(PRODUCTS / (FEWEST_ASKED * max(1, len(train))), FEWEST_COLUMNS, MOST_COLUMNS))
    chosen = sorted(telling, key=lambda name: -telling[name])[:most]
    if not chosen or telling[chosen[0]] < FEW_VALUES:
        return {}
    return {name: scale for name in chosen if (scale := _scale(values[name])) is not None}


def _scale(values: Floats) -> tuple[float, float] | None:
    """Middle and spread, from ten to ninety percent of the values as of a normal; None for a constant."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, middle, high = np.quantile(known, (0.1, 0.5, 0.9))
    # 2.563 = 2 · 1.2816, the distance of the 10 % and 90 % points of a normal in standard deviations; where four fifths
    # of the values are one and the same, that is zero, and the deviation itself serves
    spread = float(high - low) / 2.563 or float(known.std())
    return (float(middle), spread) if np.isfinite(spread) and spread > 0 else None


def _numbers(values: pd.Series[Any]) -> Floats:
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _points(
    frame: pd.DataFrame, scales: dict[str, tuple[float, float]], gaps: Sequence[str], labels: Sequence[str]
) -> Floats:
    """(n, d): numbers in units of their spread, which of them are missing, and places of the labels.

    A missing number lies in the middle and one unit aside.
    """
    columns = []
    for name, (middle, spread) in scales.items():
        values = (_numbers(frame[name]) - middle) / spread
        columns.append(np.clip(np.nan_to_num(values, nan=0.0), -FURTHEST, FURTHEST))
    columns += [np.asarray(frame[name].isna(), dtype=np.float64) for name in gaps]
    places = [place for name in labels for place in _places(frame[name])]
    return np.array(columns + places).T


def _places(values: pd.Series[Any]) -> list[Floats]:
    """Corners of a cube in which two values are one unit apart on average."""
    # Multiplicative hashing (Knuth): 2^64 over the golden ratio spreads even consecutive bits over the upper ones. Two
    # values differ in half of their _SIGNS signs on average, so the corners lie one unit apart.
    mixed = value_bits(values) * np.uint64(0x9E3779B97F4A7C15)
    return [((mixed >> np.uint64(63 - k)) & np.uint64(1)) / (_SIGNS / 2) ** 0.5 for k in range(_SIGNS)]


def _is_label(values: pd.Series[Any]) -> bool:
    return not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype)


def _is_shared(values: pd.Series[Any]) -> bool:
    """Whether rows share their labels; names of rows bring none of them near to another."""
    bits = value_bits(values.iloc[:: max(1, len(values) // 2_000)])
    return len(np.unique(bits)) < len(bits) / 2
