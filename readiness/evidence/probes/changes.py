"""How are a few real rows changed, so that each is still a row the model could be handed?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from readiness.criteria import PERTURBATION_SCALE

STRANGER = "a value never seen before"
EXTREME = 1e30
"""Beyond any measured quantity, and still within the range of single precision."""


def holds_words(values: pd.Series[Any]) -> bool:
    """Whether a column holds text or categories of any kind."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_object_dtype(dtype):
        return any(isinstance(value, str) for value in values)
    return bool(pd.api.types.is_string_dtype(dtype))


def holds_numbers(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers, truth values excepted."""
    return bool(pd.api.types.is_numeric_dtype(values.dtype)) and not pd.api.types.is_bool_dtype(values.dtype)


def with_gaps(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows with nothing in `columns`, in the form in which a table with gaps is read."""
    return rows.assign(**{name: _gaps(rows[name]) for name in columns})


def with_stranger(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with one value in `column` that no training row can have had."""
    values = rows[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        known = values.dtype.categories
        numeric = len(known) > 0 and pd.api.types.is_numeric_dtype(known.dtype)
        stranger = known.max() + 1 if numeric else STRANGER
        kind = pd.CategoricalDtype([*known, stranger], ordered=values.dtype.ordered)
        return rows.assign(**{column: pd.Series([stranger] * len(rows), index=rows.index, dtype=kind)})
    return rows.assign(**{column: pd.Series(STRANGER, index=rows.index, dtype=values.dtype)})


def with_extremes(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with, in turn, ten standard deviations below and above the mean, -1e30 and 1e30 in `column`."""
    values = rows[column].astype(float)
    known = values[np.isfinite(values)]
    middle = float(known.mean()) if len(known) else 0.0
    spread = float(known.std(ddof=0)) if len(known) else 0.0
    reach = PERTURBATION_SCALE * (spread or abs(middle) or 1.0)
    extremes = np.resize([middle - reach, middle + reach, -EXTREME, EXTREME], len(rows))
    return rows.assign(**{column: np.asarray(extremes)})


def _gaps(values: pd.Series[Any]) -> pd.Series[Any]:
    dtype: Any = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        dtype = object
    elif pd.api.types.is_integer_dtype(dtype):
        dtype = float
    gaps: pd.Series[Any] = pd.Series(np.nan, index=values.index, dtype=dtype)
    return gaps
