"""Test rows that lie nearer to training rows than these do to each other: copies that were moved a little.

A test row counts as a near copy when its nearest training row is nearer than the nearest other training row is in all
but 0.5 % of the training rows, and ten times nearer than usual: without copies, half a percent of the test rows or
fewer are. Equal rows are left out, so tables of few values, whose rows are equal or far apart, are not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from readiness.evidence.row_hashes import value_bits
from readiness.statistics.cases import Floats, Integers
from readiness.statistics.copies import Hashes, Neighbours
from readiness.statistics.intervals import Binomial, Mover

ASKED = 2_500
"""Rows of each table whose nearest is looked for."""
WINDOW = 1_000
"""Training rows that are looked at for each of them: those closest in the most telling column."""
MOST_COLUMNS, MOST_LABELS = 5, 2
"""Columns by which the distance is taken, numbers and others; a copy is near in each of them."""
NEAREST_SHARE = 0.005
USUALLY = 0.1
"""Of the usual distance; shifts between tables bring rows no nearer than that."""
FEWEST_ROWS = 200
"""Of the training table: one in two hundred of them must exist."""
FEW_VALUES = 0.2
"""A column of fewer values, beside so many rows, is no scale."""


@dataclass(frozen=True, slots=True)
class Near:
    """How many of the asked test rows are near copies."""

    near: int
    asked: int
    of: int
    """All test rows that equal no training row."""
    window: int
    """Training rows that each was held against; fewer than there are where the table is large."""
    train_rows: int
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
    rng = np.random.default_rng([seed, ASKED])
    labels = [name for name in features if name not in scales and _is_label(train[name])][:MOST_LABELS]
    asked, own = _sampled(len(test), rng), _sampled(len(train), rng)
    some = test.iloc[asked]
    numbers, words = _scaled(train, scales), _coded(train, labels)
    rows = Neighbours.of(numbers, words)
    to_train = rows.distances(_scaled(some, scales), _coded(some, labels), WINDOW)
    among = rows.distances(numbers[:, own], words[:, own], WINDOW, itself=own)
    among = among[among > 0]
    if len(among) < FEWEST_ROWS:
        return None
    limit = min(float(np.quantile(among, NEAREST_SHARE)), USUALLY * float(np.median(among)))
    hits = int(((to_train < limit) & (to_train > 0)).sum())
    window, near = min(WINDOW, len(train)), int((among < limit).sum())
    return Near(hits, len(asked), len(test), window, len(train), (*scales, *labels), near, len(among))


def _sampled(n: int, rng: np.random.Generator) -> Integers:
    return np.arange(n) if n <= ASKED else np.sort(rng.choice(n, ASKED, replace=False))


def _scales(train: pd.DataFrame, features: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Middle and spread of the numeric columns of most values, those first; none where even those have few."""
    some = train.iloc[:: max(1, len(train) // 2_000)]
    values = {name: _numbers(some[name]) for name in features if not _is_label(train[name])}
    telling = {name: len(np.unique(each[np.isfinite(each)])) / len(some) for name, each in values.items()}
    chosen = sorted(telling, key=lambda name: -telling[name])[:MOST_COLUMNS]
    if not chosen or telling[chosen[0]] < FEW_VALUES:
        return {}
    return {name: scale for name in chosen if (scale := _scale(values[name])) is not None}


def _scale(values: Floats) -> tuple[float, float] | None:
    """Middle and spread, from ten to ninety percent of the values as of a normal; None for a constant."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, middle, high = np.quantile(known, (0.1, 0.5, 0.9))
    spread = float(high - low) / 2.563 or float(known.std())
    return (float(middle), spread) if np.isfinite(spread) and spread > 0 else None


def _numbers(values: pd.Series[Any]) -> Floats:
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _scaled(frame: pd.DataFrame, scales: dict[str, tuple[float, float]]) -> Floats:
    """(d, n) in units of the spread, clipped where a value is beyond all others."""
    columns = []
    for name, (middle, spread) in scales.items():
        values = (_numbers(frame[name]) - middle) / spread
        columns.append(np.clip(values, -1e6, 1e6))
    return np.array(columns)


def _is_label(values: pd.Series[Any]) -> bool:
    return not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype)


def _coded(frame: pd.DataFrame, names: Sequence[str]) -> Hashes:
    if not names:
        return np.zeros((0, len(frame)), dtype=np.uint64)
    return np.array([value_bits(frame[name]) for name in names])
