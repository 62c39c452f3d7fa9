"""Slightly changed rows, to see whether the candidate keeps its answer: numbers move, a few categories are redrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.evidence.cache.cache import PERTURBED, Cache
from readiness.evidence.cache.entries import pack_scores, unpack_scores
from readiness.evidence.cache.store import Entry
from readiness.evidence.candidate import Candidate

NOTHING = Cache()
MOST_ROWS = 5_000
CATEGORY_SHARE = 0.01
"""Share of the categories that are redrawn from their own column."""
ROUGHLY_WHOLE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Perturbed:
    """What the candidate says of the same rows before and after a small change."""

    rows: NDArray[np.int64]
    """Positions among the test rows."""
    before: NDArray[Any]
    after: NDArray[Any]
    """Class codes, or values for regression."""
    numbers: int
    """Columns of numbers that were moved."""
    categories: int
    """Columns of categories of which a few were redrawn."""


def score_perturbed(
    candidate: Candidate,
    frame: pd.DataFrame,
    predicted: NDArray[Any],
    rows: NDArray[np.int64],
    *,
    size: float,
    cache: Cache = NOTHING,
) -> Perturbed | Missing:
    """Score `rows` of the test table again, with small changes.

    Args:
        candidate: the model, which sees copies only.
        frame: all test rows.
        predicted: what the candidate said about all test rows.
        rows: positions of at most a few thousand of them.
        size: standard deviation of the changes as a share of a column's interquartile range.
        cache: where it is looked for first, and where it goes.
    """
    if (found := cache.get(PERTURBED, lambda entry: _read(entry, candidate, predicted, rows), size=size)) is not None:
        return found
    try:
        changed, numbers, categories = shaken(frame.iloc[rows], candidate.features, size=size, seed=candidate.seed)
        if not numbers + categories:
            return Missing("no feature can be changed a little")
        said = candidate.score(changed)
    except Exception as error:  # a model that stumbles over a small change does not end the review
        return Missing(f"scoring rows with small changes failed: {' '.join(str(error).split())[:200]}")
    arrays, facts = pack_scores(said, "", candidate)
    cache.put(PERTURBED, arrays, {**facts, "numbers": numbers, "categories": categories}, size=size)
    return Perturbed(rows, predicted[rows], said.predicted, numbers, categories)


def _read(entry: Entry, candidate: Candidate, predicted: NDArray[Any], rows: NDArray[np.int64]) -> Perturbed | None:
    said, facts = unpack_scores(entry, "", entry.facts, candidate, len(rows)), entry.facts
    if said is None:
        return None
    return Perturbed(rows, predicted[rows], said.predicted, int(facts["numbers"]), int(facts["categories"]))


def shaken(frame: pd.DataFrame, features: Sequence[str], *, size: float, seed: int) -> tuple[pd.DataFrame, int, int]:
    """A copy with small changes, and how many columns of numbers and of categories were changed.

    Numbers get normal noise with `size` times the column's interquartile range; they stay within what the column
    holds, whole numbers stay whole, and gaps, truth values and dates stay as they are.
    """
    random = np.random.default_rng([seed, len(frame)])
    changed = frame[list(features)].copy()
    numbers = categories = 0
    for name in features:
        column = frame[name]
        if pd.api.types.is_bool_dtype(column.dtype) or _is_moment(column):
            continue
        if pd.api.types.is_numeric_dtype(column.dtype):
            moved = _add_noise(column, size, random)
            numbers += moved is not None
            changed[name] = column if moved is None else moved
        else:
            changed[name] = _redrawn(column, random)
            categories += 1
    return changed, numbers, categories


def _is_moment(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_datetime64_any_dtype(column.dtype) or pd.api.types.is_timedelta64_dtype(column.dtype)


def _add_noise(column: pd.Series[Any], size: float, random: np.random.Generator) -> pd.Series[Any] | None:
    """The column with noise; None where its middle half is all the same, so that nothing tells how far is little."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    noise = random.standard_normal(len(values))  # drawn also when it is not used, so that columns do not share theirs
    known = np.isfinite(values)
    if not known.any():
        return None
    low, high = np.quantile(values[known], (0.25, 0.75))
    if not high > low:
        return None
    moved = np.clip(values + noise * size * (high - low), values[known].min(), values[known].max())
    if np.abs(values[known] - np.rint(values[known])).max() < ROUGHLY_WHOLE:
        moved = np.rint(moved)
    result = column.copy()
    result.iloc[np.flatnonzero(known)] = moved[known].astype(_plain_dtype(column))
    return result


def _plain_dtype(column: pd.Series[Any]) -> np.dtype[Any]:
    dtype = getattr(column.dtype, "numpy_dtype", column.dtype)
    return np.dtype(dtype) if isinstance(dtype, np.dtype) else np.dtype(np.float64)


def _redrawn(column: pd.Series[Any], random: np.random.Generator) -> pd.Series[Any]:
    """One entry in a hundred becomes the entry of another row; gaps stay."""
    known = np.flatnonzero(column.notna().to_numpy())
    hit = known[random.random(len(known)) < CATEGORY_SHARE]
    result = column.copy()
    if len(hit):
        result.iloc[hit] = column.iloc[random.choice(known, len(hit))].array
    return result
